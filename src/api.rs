//! The Runtime API: its address, paths, header names, status codes and limits; they stand nowhere else.
//!
//! Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::str;
use std::time::{Duration, SystemTime};

use crate::encoding::{Digits, decimal, push_percent_escape};
use crate::http1::{head, scan};
use crate::{Context, Error, Result, sys};

/// Longest response that is not streamed, in bytes: 6 MB and a little, as Lambda's own server has
/// it ("Lambda quotas").
pub(crate) const RESPONSE_LEN_MAX: usize = 6 * 1024 * 1024 + 100;

/// Longest event accepted, in bytes. Lambda's own limit is that of responses; local emulators can
/// be told to take more.
pub(crate) const EVENT_LEN_MAX: usize = 64 << 20;

/// Where a failure of the Init phase is posted.
pub(crate) const INIT_ERROR: &str = "init/error";

/// Where a failure after a SnapStart restore is posted.
pub(crate) const RESTORE_ERROR: &str = "restore/error";

/// What blocks until a snapshot is restored.
pub(crate) const RESTORE_NEXT: &str = "restore/next";

/// Where X-Ray's SDKs look for the trace of an invocation.
pub(crate) const TRACE_ID_ENTRY: &str = "_X_AMZN_TRACE_ID=";

/// Longest reply to a `POST` accepted, in bytes: they are a sentence.
pub(crate) const REPLY_LEN_MAX: usize = 1 << 20;

/// Content type of JSON (RFC 8259, section 11).
pub(crate) const JSON: &str = "application/json";

/// Content type of bytes of which nothing is known (RFC 2046, section 4.5.1).
pub(crate) const BYTES: &str = "application/octet-stream";

/// Content type of a streamed web response, which begins with its metadata.
pub(crate) const HTTP_INTEGRATION: &str = "application/vnd.awslambda.http-integration-response";

/// What begins every path.
const VERSION: &str = "/2018-06-01/runtime/";

/// What begins the paths of invocations.
const INVOCATION: &str = "/2018-06-01/runtime/invocation/";

/// The same of the Extensions API ("Using the Lambda Extensions API to create extensions").
const EXTENSION_VERSION: &str = "/2020-01-01/extension/";

/// What names an extension that has registered.
pub(crate) const EXTENSION_ID: &str = "Lambda-Extension-Identifier";

/// What names an attempt to deliver an event.
const NONCE: &str = "Lambda-Runtime-Invocation-Id: ";

/// The end of one line, and a whole one.
const USER_AGENT: &str = concat!(
    "\r\nUser-Agent: tiny-lambda/",
    env!("CARGO_PKG_VERSION"),
    "\r\n"
);

/// Where the Runtime API is.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) addr: SocketAddr,
    /// As it was given, for `Host` and for messages.
    pub(crate) authority: &'static str,
    /// In front of every path; empty on Lambda. cargo-lambda's emulator has one per function.
    base: &'static str,
}

impl Endpoint {
    /// The Runtime API that Lambda names, if it does.
    pub(crate) fn from_env() -> Option<Result<&'static Endpoint>> {
        let text = sys::env(sys::ENDPOINT_VARIABLE)?;
        // An address that is no text at all is as malformed as any other.
        Some(Endpoint::parse(str::from_utf8(text).unwrap_or("\u{fffd}")))
    }

    /// Reads an address as Lambda or an emulator gives it: `host:port`, with or without `http://`
    /// in front and a path behind. It is kept for good.
    pub(crate) fn parse(text: &'static str) -> Result<&'static Endpoint> {
        let invalid = |why: &str| {
            let parts = ["AWS_LAMBDA_RUNTIME_API is \"", text, "\": ", why];
            Error::of(ENDPOINT_ERROR, &parts)
        };
        let rest = text.strip_prefix("http://").unwrap_or(text);
        let slash = rest.bytes().position(|b| b == b'/').unwrap_or(rest.len());
        let (authority, base) = rest.split_at_checked(slash).unwrap_or((rest, ""));
        let base = base.strip_suffix("/").unwrap_or(base);
        if authority.starts_with("https:") {
            return Err(invalid("the Runtime API is plain http"));
        }
        if !rest
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'@'))
        {
            return Err(invalid("it must be host:port"));
        }
        let addr = socket_addr(authority).map_err(invalid)?;
        Ok(Box::leak(Box::new(Endpoint {
            addr,
            authority,
            base,
        })))
    }

    /// Writes the head of `GET next`.
    pub(crate) fn push_next(&self, head: &mut Vec<u8>) {
        self.push(head, "GET ", [INVOCATION, "next", ""]);
        head.extend_from_slice(b"\r\n");
    }

    /// Writes the head of a `GET`.
    pub(crate) fn push_get(&self, head: &mut Vec<u8>, call: &str) {
        self.push(head, "GET ", [VERSION, call, ""]);
        head.extend_from_slice(b"\r\n");
    }

    /// Writes the head of `POST response`, for a body of `len` bytes.
    pub(crate) fn push_response(
        &self,
        head: &mut Vec<u8>,
        invocation: &Invocation,
        content_type: &str,
        len: usize,
    ) {
        let path = [INVOCATION, &invocation.path_id, "/response"];
        let at = self.write(head, "POST ", path);
        let nonce = invocation.nonce.as_str();
        let (nonce_name, type_name) = match nonce {
            "" => ("", "Content-Type: "),
            _ => (NONCE, "\r\nContent-Type: "),
        };
        let digits = &mut Digits::default();
        let texts = [
            nonce_name,
            nonce,
            type_name,
            content_type,
            "\r\nContent-Length: ",
            decimal(len as u64, digits),
            "\r\n\r\n",
        ];
        let end = write_all(head, at, &texts);
        head.truncate(end);
    }

    /// Writes the head of a `POST response` whose body comes in chunks.
    pub(crate) fn push_streaming(
        &self,
        head: &mut Vec<u8>,
        invocation: &Invocation,
        content_type: &str,
    ) {
        let path = [INVOCATION, &invocation.path_id, "/response"];
        self.push(head, "POST ", path);
        push_field(head, "Content-Type: ", content_type);
        push_field(head, "Lambda-Runtime-Function-Response-Mode: ", "streaming");
        push_field(head, "Transfer-Encoding: ", "chunked");
        push_field(head, "Trailer: ", ERROR_TRAILERS);
        invocation.push_nonce(head);
        head.extend_from_slice(b"\r\n");
    }

    /// Writes the head of `POST error`, for a body of `len` bytes. If there is no invocation yet, it is that
    /// of a `POST` of `call`: [`INIT_ERROR`] or [`RESTORE_ERROR`].
    pub(crate) fn push_error(
        &self,
        head: &mut Vec<u8>,
        invocation: &Invocation,
        call: &str,
        error_type: &str,
        cause: &str,
        len: usize,
    ) {
        let path = match invocation.path_id.as_str() {
            "" => [VERSION, call, ""],
            id => [INVOCATION, id, "/error"],
        };
        self.push(head, "POST ", path);
        push_field(head, "Content-Type: ", JSON);
        push_error_type(head, error_type);
        if !cause.is_empty() {
            push_field(head, "Lambda-Runtime-Function-XRay-Error-Cause: ", cause);
        }
        invocation.push_nonce(head);
        push_length(head, len);
    }

    /// Writes the request that registers an internal extension which hears of no events.
    pub(crate) fn push_register(&self, request: &mut Vec<u8>) {
        const EVENTS: &[u8] = b"{\"events\":[]}";
        self.push(request, "POST ", [EXTENSION_VERSION, "register", ""]);
        push_field(request, "Lambda-Extension-Name: ", "tiny-lambda-shutdown");
        push_length(request, EVENTS.len());
        request.extend_from_slice(EVENTS);
    }

    /// Writes the request of an extension that is ready.
    pub(crate) fn push_event_next(&self, head: &mut Vec<u8>, id: &str) {
        self.push(head, "GET ", [EXTENSION_VERSION, "event/next", ""]);
        push_all(head, &[EXTENSION_ID, ": ", id, "\r\n"]);
        head.extend_from_slice(b"\r\n");
    }

    /// Writes the request line and the fields that every request has.
    fn push(&self, head: &mut Vec<u8>, method: &str, path: [&str; 3]) {
        let len = self.write(head, method, path);
        head.truncate(len);
    }

    /// Writes the same over what stands in `head`: where it ends.
    fn write(&self, head: &mut Vec<u8>, method: &str, [root, call, answer]: [&str; 3]) -> usize {
        let texts = [
            method,
            self.base,
            root,
            call,
            answer,
            " HTTP/1.1\r\nHost: ",
            self.authority,
            USER_AGENT,
        ];
        write_all(head, 0, &texts)
    }
}

/// `errorType` of what stands between the runtime and the Runtime API.
pub(crate) const ENDPOINT_ERROR: &str = "Runtime.LambdaRuntimeClientError";

/// `host:port`, where the host is an IP address or `localhost`; HTTP's own port if there is none.
fn socket_addr(authority: &str) -> core::result::Result<SocketAddr, &'static str> {
    // The colon in front of the port is the last one, unless it is within brackets.
    let (host, port) = match split_last(authority) {
        Some((host, port)) if !authority.ends_with(']') => (host, head::decimal(port.as_bytes())),
        _ => (authority, Some(80)),
    };
    let port = port.and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or("its port is not a number up to 65535")?;
    let ip = match host.as_bytes() {
        [b'[', host @ .., b']'] => ipv6(host).map(IpAddr::V6),
        name if head::is(name, b"localhost") => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        host => ipv4(host).map(IpAddr::V4),
    };
    match ip {
        Some(ip) => Ok(SocketAddr::new(ip, port)),
        None if host.is_empty() => Err("it must be host:port"),
        None => resolve(host, port),
    }
}

/// What stands before and behind the last colon: std's own search of strings is 600 bytes.
fn split_last(text: &str) -> Option<(&str, &str)> {
    let (front, colon) = text.split_at_checked(text.bytes().rposition(|b| b == b':')?)?;
    Some((front, colon.get(1..)?))
}

// std's parser of addresses is 4 KB, most of it for forms that no URL has.

/// Four decimal numbers without leading zeros (RFC 3986, section 3.2.2).
fn ipv4(host: &[u8]) -> Option<Ipv4Addr> {
    let (mut bits, mut n_octets) = (0, 0_u32);
    for text in host.split(|&b| b == b'.') {
        let is_plain = text.len() == 1 || text.first() != Some(&b'0');
        let octet = u8::try_from(head::decimal(text).filter(|_| is_plain)?).ok()?;
        bits = bits << 8 | u32::from(octet);
        n_octets = n_octets.wrapping_add(1);
    }
    (n_octets == 4).then(|| Ipv4Addr::from(bits))
}

/// Eight groups of hexadecimal digits, or fewer with `::` for one or more groups of zeros
/// (RFC 4291, section 2.2, forms 1 and 2).
fn ipv6(host: &[u8]) -> Option<Ipv6Addr> {
    let (mut groups, mut n) = ([[0; 2]; 8], 0_usize);
    // Where `::` stands, once it has come.
    let (mut gap, mut rest) = match host {
        [b':', b':', rest @ ..] => (Some(0), rest),
        _ => (None, host),
    };
    while !rest.is_empty() {
        let len = rest.iter().position(|&b| b == b':').unwrap_or(rest.len());
        let (digits, behind) = rest.split_at_checked(len)?;
        let group = u16::try_from(head::number(digits, 16)?).ok()?;
        *groups.get_mut(n).filter(|_| len <= 4)? = group.to_be_bytes();
        n = n.wrapping_add(1);
        rest = match behind {
            [b':', b':', behind @ ..] if gap.is_none() => {
                gap = Some(n);
                behind
            }
            [b':', behind @ ..] if !behind.is_empty() => behind,
            [] => behind,
            _ => return None,
        };
    }
    // `::` stands for one group or more: what is behind it moves to the end.
    let mut end = groups.len();
    if (n == end) != gap.is_none() {
        return None;
    }
    while n > gap.unwrap_or(n) {
        (n, end) = (n.wrapping_sub(1), end.wrapping_sub(1));
        let group = mem::take(groups.get_mut(n)?);
        *groups.get_mut(end)? = group;
    }
    let octets: [u8; 16] = groups.as_flattened().try_into().ok()?;
    Some(Ipv6Addr::from(octets))
}

#[cfg(feature = "dns")]
fn resolve(host: &str, port: u16) -> core::result::Result<SocketAddr, &'static str> {
    use std::net::ToSocketAddrs;
    let addrs = (host, port).to_socket_addrs();
    addrs
        .ok()
        .and_then(|mut addrs| addrs.next())
        .ok_or("its host name has no address")
}

/// A resolver is 45 KB, and Lambda names its API by number.
#[cfg(not(feature = "dns"))]
fn resolve(_: &str, _: u16) -> core::result::Result<SocketAddr, &'static str> {
    Err("its host must be an IP address or localhost (other names need the feature `dns`)")
}

/// What identifies an invocation on the wire.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// The request ID, as it stands in a path; empty if there was none.
    pub(crate) path_id: String,
    /// Names this attempt to deliver the event; to be sent back if it came.
    nonce: String,
    /// Until when an answer is wanted, in milliseconds since the Unix epoch; 0: nobody has said.
    deadline_ms: u64,
    /// Which of [`texts`] have come, from the lowest bit on.
    came: u8,
    /// Which of them have changed since [`takes_new_trace`](Self::takes_new_trace) was called.
    changed: u8,
}

impl Invocation {
    pub(crate) const fn new() -> Invocation {
        Invocation {
            path_id: String::new(),
            nonce: String::new(),
            deadline_ms: 0,
            came: 0,
            changed: 0,
        }
    }

    /// Becomes a copy of `other`, in the room that it has.
    pub(crate) fn set(&mut self, other: &Invocation) {
        self.path_id.clone_from(&other.path_id);
        self.nonce.clone_from(&other.nonce);
        self.deadline_ms = other.deadline_ms;
    }

    /// Whether there is a deadline, and it has not passed.
    pub(crate) fn has_time_left(&self) -> bool {
        self.deadline_ms > sys::unix_time_ms()
    }

    fn push_nonce(&self, head: &mut Vec<u8>) {
        if !self.nonce.is_empty() {
            push_field(head, NONCE, &self.nonce);
        }
    }

    /// Forgets the invocation before; the room of its texts is kept, and those that may be the same
    /// again until [`end`](Self::end).
    pub(crate) fn begin(&mut self, cx: &mut Context) {
        self.path_id.clear();
        self.nonce.clear();
        self.came = 0;
        self.deadline_ms = 0;
        cx.request_id.clear();
        cx.deadline = None;
    }

    /// Takes a field of `next`'s reply, into the context or into what the answer needs.
    pub(crate) fn take(&mut self, cx: &mut Context, name: &[u8], value: &[u8]) {
        let is = |wanted: &[u8]| scan::is_name(name, wanted);
        let [arn, trace_id, client_context, identity, tenant_id] = texts(cx);
        let (text, bit) = match name.len() {
            29 if is(b"lambda-runtime-aws-request-id") => {
                self.set_id(&mut cx.request_id, value);
                return;
            }
            26 if is(b"lambda-runtime-deadline-ms") => {
                let ms = head::decimal(value);
                self.deadline_ms = ms.unwrap_or(0);
                cx.deadline = ms.and_then(deadline);
                return;
            }
            28 if is(b"lambda-runtime-invocation-id") => {
                self.nonce.clear();
                head::push_text(&mut self.nonce, value);
                return;
            }
            35 if is(b"lambda-runtime-invoked-function-arn") => (arn, 1),
            23 if is(b"lambda-runtime-trace-id") => (trace_id, TRACE_ID_BIT),
            29 if is(b"lambda-runtime-client-context") => (client_context, 4),
            31 if is(b"lambda-runtime-cognito-identity") => (identity, 8),
            28 if is(b"lambda-runtime-aws-tenant-id") => (tenant_id, 16),
            _ => return,
        };
        // The last one counts; one that is empty says as much as none.
        self.came &= !bit;
        if !value.is_empty() {
            self.came |= bit;
            if set_text(text.get_or_insert_default(), value) {
                self.changed |= bit;
            }
        }
    }

    /// Takes the request ID, which goes into paths as it came; only what no path segment may have is
    /// percent-encoded.
    fn set_id(&mut self, text: &mut String, id: &[u8]) {
        text.clear();
        self.path_id.clear();
        let rest = id.get(scan::plain(id)..).unwrap_or_default();
        match str::from_utf8(id) {
            Ok(id) if rest.iter().all(|&b| is_segment_char(b)) => {
                text.push_str(id);
                self.path_id.push_str(id);
            }
            _ => {
                head::push_text(text, id);
                push_path_segment(&mut self.path_id, id);
            }
        }
    }

    /// Says that the head has ended: a text that did not come is absent.
    pub(crate) fn end(&mut self, cx: &mut Context) {
        let mut bit = 1;
        for text in texts(cx) {
            if self.came & bit == 0 && text.take().is_some() {
                self.changed |= bit;
            }
            bit <<= 1;
        }
    }

    /// Whether the trace is another one than it was when this was called last.
    pub(crate) fn takes_new_trace(&mut self) -> bool {
        mem::take(&mut self.changed) & TRACE_ID_BIT != 0
    }
}

/// What may be absent.
fn texts(cx: &mut Context) -> [&mut Option<String>; 5] {
    [
        &mut cx.invoked_function_arn,
        &mut cx.xray_trace_id,
        &mut cx.client_context,
        &mut cx.identity,
        &mut cx.tenant_id,
    ]
}

/// The second of them.
const TRACE_ID_BIT: u8 = 2;

/// Whether `text` had to be changed to be `value`.
fn set_text(text: &mut String, value: &[u8]) -> bool {
    let is_new = !scan::is_same(text.as_bytes(), value);
    if is_new {
        text.clear();
        head::push_text(text, value);
    }
    is_new
}

/// The time that lies so many milliseconds after the Unix epoch; `None` where no clock has it.
fn deadline(ms: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms))
}

/// RFC 3986, section 3.3: what a path segment may consist of.
fn is_segment_char(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&'..=b',' | b';' | b'='
        )
        || matches!(b, b':' | b'@' | b'%')
}

fn push_path_segment(path: &mut String, bytes: &[u8]) {
    for &b in bytes {
        if is_segment_char(b) {
            path.push(char::from(b));
        } else {
            push_percent_escape(path, b);
        }
    }
}

/// Longest reason of an error in its header: what names a type is no longer, and heads have a limit.
const REASON_LEN_MAX: usize = 200;

/// Lambda knows errors by `Runtime.` or `Function.` and a word of letters that begins with a
/// capital; other values are lost in `Runtime.Unknown`.
fn push_error_type(head: &mut Vec<u8>, error_type: &str) {
    let (category, reason) = match error_type.strip_prefix("Runtime.") {
        Some(reason) => ("Runtime.", reason),
        None => (
            "Function.",
            error_type.strip_prefix("Function.").unwrap_or(error_type),
        ),
    };
    push_all(head, &["Lambda-Runtime-Function-Error-Type: ", category]);
    let start = head.len();
    for mut b in reason
        .bytes()
        .filter(u8::is_ascii_alphabetic)
        .take(REASON_LEN_MAX)
    {
        if head.len() == start {
            b.make_ascii_uppercase();
        }
        head.push(b);
    }
    let unknown = if head.len() < start.wrapping_add(2) {
        head.truncate(start);
        "Unknown"
    } else {
        ""
    };
    push_all(head, &[unknown, "\r\n"]);
}

/// What a stream may end with, which its head has to announce.
const ERROR_TRAILERS: &str =
    "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body";

/// Writes the trailers of a stream that has failed; `document` is its error in base64.
pub(crate) fn push_error_trailers(out: &mut Vec<u8>, error_type: &str, document: &str) {
    push_error_type(out, error_type);
    push_field(out, "Lambda-Runtime-Function-Error-Body: ", document);
}

/// RFC 9110, section 5.6.2: a name is a token.
pub(crate) fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(head::is_token)
}

/// RFC 9110, section 5.5: no control character but the tab, and none at all that ends a line.
pub(crate) fn is_field_value(value: &str) -> bool {
    value.bytes().all(|b| b == b'\t' || !b.is_ascii_control())
}

/// Writes a field, whose `name` comes with its colon.
fn push_field(head: &mut Vec<u8>, name: &str, value: &str) {
    push_all(head, &[name, value, "\r\n"]);
}

fn push_all(head: &mut Vec<u8>, texts: &[&str]) {
    write_all(head, head.len(), texts);
}

/// Writes `texts` over what stands in `head` from `at` on: where they end. In the room that was left
/// by a head like this one, a text is but copied.
fn write_all(head: &mut Vec<u8>, mut at: usize, texts: &[&str]) -> usize {
    for text in texts {
        let end = at.wrapping_add(text.len());
        if let Some(place) = head.get_mut(at..end) {
            place.copy_from_slice(text.as_bytes());
        } else {
            head.truncate(at);
            head.extend_from_slice(text.as_bytes());
        }
        at = end;
    }
    at
}

/// Ends a head: the last field is how many bytes follow.
fn push_length(head: &mut Vec<u8>, len: usize) {
    let digits = &mut Digits::default();
    let texts = ["Content-Length: ", decimal(len as u64, digits), "\r\n\r\n"];
    push_all(head, &texts);
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec;

    /// 12.1: 1.
    #[test]
    fn an_address_is_taken_as_lambda_and_the_emulators_give_it() {
        #[track_caller]
        fn check(text: &'static str, addr: &str, base: &str) {
            let endpoint = Endpoint::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(
                (endpoint.addr.to_string().as_str(), endpoint.base),
                (addr, base)
            );
        }
        check("127.0.0.1:9001", "127.0.0.1:9001", "");
        check("169.254.100.1:9001", "169.254.100.1:9001", "");
        check("[::1]:9001", "[::1]:9001", "");
        check("localhost:9001", "127.0.0.1:9001", "");
        check("LocalHost", "127.0.0.1:80", "");
        check("127.0.0.1", "127.0.0.1:80", "");
        check("[::1]", "[::1]:80", "");
        check("http://127.0.0.1:9001", "127.0.0.1:9001", "");
        check("http://127.0.0.1:9001/", "127.0.0.1:9001", "");
        check("http://[::]:9000/.rt/hello", "[::]:9000", "/.rt/hello");
        check(
            "http://127.0.0.1:9000/.rt/hello/",
            "127.0.0.1:9000",
            "/.rt/hello",
        );
        check("127.0.0.1:9000/base", "127.0.0.1:9000", "/base");
    }

    #[test]
    fn an_address_that_is_none_is_refused_with_its_text_and_the_reason() {
        #[track_caller]
        fn check(text: &'static str, why: &str) {
            let error = Endpoint::parse(text).expect_err(text);
            assert_eq!(
                error.error_message(),
                format!("AWS_LAMBDA_RUNTIME_API is \"{text}\": {why}")
            );
            assert_eq!(error.error_type(), "Runtime.LambdaRuntimeClientError");
        }
        let shape = "it must be host:port";
        check("", shape);
        check(":9001", shape);
        check("127.0.0.1:9001 ", shape);
        check("user@127.0.0.1:9001", shape);
        check("127.0.0.1:9001/a?b", shape);
        check("caf\u{e9}:80", shape);
        check("https://127.0.0.1:9001", "the Runtime API is plain http");
        let port = "its port is not a number up to 65535";
        check("127.0.0.1:", port);
        check("127.0.0.1:65536", port);
        check("localhost:-1", port);
        check("localhost:http", port);
        if cfg!(not(feature = "dns")) {
            let host =
                "its host must be an IP address or localhost (other names need the feature `dns`)";
            check("example.test:9001", host);
            check("256.0.0.1:9001", host);
            check("[127.0.0.1]:9001", host);
            check("::1:9001", host);
        }
    }

    #[test]
    fn ip_addresses_are_read_as_std_reads_them() {
        let words = [
            "", ":", "::", "1", "0", "ffff", "10000", "g", ".", "255", "256", "01", "1.2.3.4",
        ];
        for a in words {
            for b in words {
                for c in words {
                    for text in [
                        format!("{a}{b}{c}"),
                        format!("{a}:{b}:{c}"),
                        format!("{a}.{b}.{c}.7"),
                    ] {
                        // Form 3 of RFC 4291, an IPv4 address at the end, is left out.
                        if !(text.contains(':') && text.contains('.')) {
                            assert_eq!(ipv6(text.as_bytes()), text.parse().ok(), "{text}");
                        }
                        assert_eq!(ipv4(text.as_bytes()), text.parse().ok(), "{text}");
                    }
                }
            }
        }
        for text in [
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8:9",
            ":1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8:",
            "1:2:3:4:5:6:7:",
            "00001::",
            "1::3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1::2::3",
        ] {
            assert_eq!(ipv6(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn requests_are_what_the_reference_says() {
        let endpoint = Endpoint::parse("http://[::1]:9000/.rt/f").unwrap();
        let host = format!("Host: [::1]:9000{USER_AGENT}");
        let mut head = vec![b'x'];
        let mut check = |push: &dyn Fn(&mut Vec<u8>), line: &str, fields: &str| {
            push(&mut head);
            let want = format!("{line} HTTP/1.1\r\n{host}{fields}\r\n");
            assert_eq!(
                head.escape_ascii().to_string(),
                want.as_bytes().escape_ascii().to_string()
            );
        };
        let base = "/.rt/f/2018-06-01/runtime";
        check(
            &|h| endpoint.push_next(h),
            &format!("GET {base}/invocation/next"),
            "",
        );
        let mut invocation = Invocation {
            path_id: "a-1".into(),
            ..Invocation::default()
        };
        check(
            &|h| endpoint.push_response(h, &invocation, "a/b", 120),
            &format!("POST {base}/invocation/a-1/response"),
            "Content-Type: a/b\r\nContent-Length: 120\r\n",
        );
        invocation.nonce = "n 1".into();
        check(
            &|h| endpoint.push_error(h, &invocation, "error", "Oops", "{}", 0),
            &format!("POST {base}/invocation/a-1/error"),
            "Content-Type: application/json\r\n\
             Lambda-Runtime-Function-Error-Type: Function.Oops\r\n\
             Lambda-Runtime-Function-XRay-Error-Cause: {}\r\n\
             Lambda-Runtime-Invocation-Id: n 1\r\nContent-Length: 0\r\n",
        );
        check(
            &|h| {
                endpoint.push_error(
                    h,
                    &Invocation::new(),
                    INIT_ERROR,
                    "Runtime.Panic",
                    "",
                    usize::MAX,
                );
            },
            &format!("POST {base}/init/error"),
            &format!(
                "Content-Type: application/json\r\n\
                 Lambda-Runtime-Function-Error-Type: Runtime.Panic\r\nContent-Length: {}\r\n",
                usize::MAX
            ),
        );
        // Over a longer head, and over a shorter one.
        for (nonce, field) in [
            ("", ""),
            ("n 2", "Lambda-Runtime-Invocation-Id: n 2\r\n"),
            ("", ""),
        ] {
            invocation.nonce = nonce.into();
            check(
                &|h| endpoint.push_response(h, &invocation, "a/b", 7),
                &format!("POST {base}/invocation/a-1/response"),
                &format!("{field}Content-Type: a/b\r\nContent-Length: 7\r\n"),
            );
        }
    }

    /// 12.1: 30.
    #[test]
    fn an_error_type_is_brought_into_lambdas_pattern() {
        #[track_caller]
        fn check(error_type: &str, want: &str) {
            let mut head = Vec::new();
            push_error_type(&mut head, error_type);
            let want = format!("Lambda-Runtime-Function-Error-Type: {want}\r\n");
            assert_eq!(head, want.as_bytes());
        }
        check("ParseIntError", "Function.ParseIntError");
        check("Runtime.UnmarshalError", "Runtime.UnmarshalError");
        check(
            "Function.ResponseSizeTooLarge",
            "Function.ResponseSizeTooLarge",
        );
        check("io::Error", "Function.IoError");
        check("order_not_found", "Function.Ordernotfound");
        check("E42", "Function.Unknown");
        check("", "Function.Unknown");
        check("Runtime.", "Runtime.Unknown");
        check("a\r\nX: y", "Function.AXy");
    }

    /// Takes `fields` into a context that held something else before.
    fn take(fields: &[(&str, &[u8])]) -> (Invocation, Context) {
        let (mut invocation, mut cx) = (Invocation::default(), Context::default());
        let all = "Aws-Request-Id Deadline-Ms Invoked-Function-Arn Trace-Id Client-Context \
                   Cognito-Identity Aws-Tenant-Id Invocation-Id";
        for name in all.split(' ') {
            invocation.take(&mut cx, format!("Lambda-Runtime-{name}").as_bytes(), b"1");
        }
        assert!(
            texts(&mut cx)
                .iter()
                .all(|text| text.as_deref() == Some("1"))
        );
        assert!(cx.deadline.is_some());
        invocation.begin(&mut cx);
        for (name, value) in fields {
            invocation.take(&mut cx, name.as_bytes(), value);
        }
        invocation.end(&mut cx);
        (invocation, cx)
    }

    #[test]
    fn a_field_that_did_not_come_is_none() {
        let (invocation, mut cx) = take(&[]);
        assert_eq!((invocation.path_id, invocation.nonce), Default::default());
        assert_eq!((cx.request_id.as_str(), cx.deadline), ("", None));
        assert!(texts(&mut cx).iter().all(|text| text.is_none()));
        let (_, cx) = take(&[
            ("lambda-runtime-trace-id", b""),
            ("LAMBDA-RUNTIME-AWS-TENANT-ID", b"t"),
            ("lambda-runtime-client-context", b"1"),
            ("lambda-runtime-cognito-identity", b"1"),
            ("lambda-runtime-cognito-identity", b""),
        ]);
        assert_eq!(
            (cx.xray_trace_id, cx.tenant_id.as_deref()),
            (None, Some("t"))
        );
        assert_eq!(
            (cx.client_context.as_deref(), cx.identity),
            (Some("1"), None)
        );
    }

    #[test]
    fn a_trace_is_new_if_it_is_another_one() {
        let (mut invocation, mut cx) = (Invocation::default(), Context::default());
        let traces = [
            (None, false),
            (Some("Root=1-5bef4de7"), true),
            (Some("Root=1-5bef4de7"), false),
            (Some("Root=1-5bef4de8"), true),
            (Some(""), true),
            (None, false),
        ];
        for (trace, want) in traces {
            invocation.begin(&mut cx);
            if let Some(value) = trace {
                invocation.take(&mut cx, b"Lambda-Runtime-Trace-Id", value.as_bytes());
                invocation.take(&mut cx, b"Lambda-Runtime-Aws-Tenant-Id", b"t");
            }
            invocation.end(&mut cx);
            let text = trace.filter(|trace| !trace.is_empty());
            assert_eq!(cx.xray_trace_id.as_deref(), text);
            assert_eq!(invocation.takes_new_trace(), want, "{trace:?}");
        }
    }

    #[test]
    fn a_deadline_is_milliseconds_or_none() {
        #[track_caller]
        fn check(value: &str, want_ms: Option<u64>) {
            let (_, cx) = take(&[("Lambda-Runtime-Deadline-Ms", value.as_bytes())]);
            let want = want_ms.map(|ms| SystemTime::UNIX_EPOCH + Duration::from_millis(ms));
            assert_eq!(cx.deadline, want, "{value:?}");
        }
        check("1542409706888", Some(1_542_409_706_888));
        check("600000", Some(600_000));
        check("0", Some(0));
        check("", None);
        check("-1", None);
        check("soon", None);
        check("1e3", None);
        check("18446744073709551616", None);
    }

    /// 12.1: 14.
    #[test]
    fn a_request_id_stays_as_it_is_unless_no_path_can_have_it() {
        #[track_caller]
        fn check(id: &[u8], want: &str) {
            assert_eq!(
                take(&[("Lambda-Runtime-Aws-Request-Id", id)]).0.path_id,
                want
            );
        }
        check(
            b"8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        );
        check(b"a:b@c;d=e", "a:b@c;d=e");
        check(b"a%20b", "a%20b");
        check(b"../x?y#z w", "..%2Fx%3Fy%23z%20w");
        check(b"\xc3\xa9\xff", "%C3%A9%FF");
    }
}
