//! The Runtime API's paths, header names and limits, and the heads of the requests to it.
//!
//! Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".

use alloc::vec::Vec;

use crate::encoding::{Digits, decimal};
use crate::runtime::address::Endpoint;
use crate::runtime::invocation::Invocation;
use crate::sys::utf8;

pub(crate) use crate::http::{is_field_name, is_field_value};

/// The longest response that is not streamed, in bytes: 6 MB and 100 bytes, as Lambda's own server has it
/// ("Lambda quotas").
pub(crate) const RESPONSE_LEN_MAX: usize = 6 * 1024 * 1024 + 100;

/// The longest event accepted, in bytes. Lambda's limit is that of responses; local emulators can be set
/// to take more.
pub(crate) const EVENT_LEN_MAX: usize = 64 << 20;

/// The longest reply to a `POST` accepted, in bytes. Lambda's are one sentence.
pub(crate) const REPLY_LEN_MAX: usize = 1 << 20;

/// The call to which Lambda replies when there is an event.
pub(crate) const NEXT: &str = "invocation/next";

/// The call that reports a failure of the Init phase.
pub(crate) const INIT_ERROR: &str = "init/error";

/// The call that reports a failure after a SnapStart restore.
pub(crate) const RESTORE_ERROR: &str = "restore/error";

/// The call to which Lambda replies when a snapshot is restored.
pub(crate) const RESTORE_NEXT: &str = "restore/next";

/// The start of the environment's entry that holds the trace ID for X-Ray's SDKs.
pub(crate) const TRACE_ID_ENTRY: &str = "_X_AMZN_TRACE_ID=";

/// The content type of JSON (RFC 8259, section 11).
pub(crate) const JSON: &str = "application/json";

/// The content type of unknown bytes (RFC 2046, section 4.5.1).
pub(crate) const BYTES: &str = "application/octet-stream";

/// The content type of a streamed web response, which starts with a metadata prelude.
pub(crate) const HTTP_INTEGRATION: &str = "application/vnd.awslambda.http-integration-response";

/// The start of every path of the Runtime API.
const VERSION: &str = "/2018-06-01/runtime/";

/// The start of the paths of invocations.
const INVOCATION: &str = "/2018-06-01/runtime/invocation/";

/// The start of every path of the Extensions API ("Using the Lambda Extensions API to create
/// extensions").
const EXTENSION_VERSION: &str = "/2020-01-01/extension/";

/// The header field that identifies a registered extension.
pub(crate) const EXTENSION_ID: &str = "Lambda-Extension-Identifier";

/// The header field that identifies an attempt to deliver an event. The response repeats it.
const NONCE: &str = "Lambda-Runtime-Invocation-Id: ";

/// CRLF ending the `Host` line, then the `User-Agent` line.
const USER_AGENT: &str = concat!(
    "\r\nUser-Agent: tiny-lambda/",
    env!("CARGO_PKG_VERSION"),
    "\r\n"
);

/// The trailers that a stream may end with. The head of the stream announces them.
const ERROR_TRAILERS: &str =
    "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body";

/// The longest error type in a header field. Names of types are shorter, and a head has a limit.
const ERROR_TYPE_LEN_MAX: usize = 200;

// Each of these replaces the content of `head` by the head of a request.
impl Endpoint {
    /// A `GET` of `call`.
    pub(crate) fn push_get(&self, head: &mut Vec<u8>, call: &str) {
        self.begin(head, "GET ", [VERSION, call, ""]);
        head.extend_from_slice(b"\r\n");
    }

    /// `POST response` for a body of `len` bytes.
    pub(crate) fn push_response(
        &self,
        head: &mut Vec<u8>,
        invocation: &Invocation,
        content_type: &str,
        len: usize,
    ) {
        let path = [INVOCATION, &invocation.path_id, "/response"];
        let mut end = self.write_begin(head, "POST ", path);
        if !invocation.nonce.is_empty() {
            end = write_all(head, end, &[NONCE, &invocation.nonce, "\r\n"]);
        }
        let digits = &mut Digits::default();
        let texts = [
            "Content-Type: ",
            content_type,
            "\r\nContent-Length: ",
            utf8::text(decimal(len as u64, digits)),
            "\r\n\r\n",
        ];
        end = write_all(head, end, &texts);
        head.truncate(end);
    }

    /// `POST response` for a body in chunks.
    pub(crate) fn push_streaming(
        &self,
        head: &mut Vec<u8>,
        invocation: &Invocation,
        content_type: &str,
    ) {
        let path = [INVOCATION, &invocation.path_id, "/response"];
        self.begin(head, "POST ", path);
        push_field(head, "Content-Type: ", content_type);
        push_field(head, "Lambda-Runtime-Function-Response-Mode: ", "streaming");
        push_field(head, "Transfer-Encoding: ", "chunked");
        push_field(head, "Trailer: ", ERROR_TRAILERS);
        push_nonce(head, invocation);
        head.extend_from_slice(b"\r\n");
    }

    /// `POST error` for a body of `len` bytes. If there is no invocation yet, a `POST` of `call`:
    /// [`INIT_ERROR`] or [`RESTORE_ERROR`].
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
        self.begin(head, "POST ", path);
        push_field(head, "Content-Type: ", JSON);
        push_error_type(head, error_type);
        if !cause.is_empty() {
            push_field(head, "Lambda-Runtime-Function-XRay-Error-Cause: ", cause);
        }
        push_nonce(head, invocation);
        push_length(head, len);
    }

    /// The whole request that registers an internal extension without events.
    pub(crate) fn push_register(&self, request: &mut Vec<u8>) {
        const EVENTS: &[u8] = b"{\"events\":[]}";
        self.begin(request, "POST ", [EXTENSION_VERSION, "register", ""]);
        push_field(request, "Lambda-Extension-Name: ", "tiny-lambda-shutdown");
        push_length(request, EVENTS.len());
        request.extend_from_slice(EVENTS);
    }

    /// The request by which an extension waits for an event.
    pub(crate) fn push_event_next(&self, head: &mut Vec<u8>, id: &str) {
        self.begin(head, "GET ", [EXTENSION_VERSION, "event/next", ""]);
        push_all(head, &[EXTENSION_ID, ": ", id, "\r\n\r\n"]);
    }

    /// The request line and the fields that every request has.
    fn begin(&self, head: &mut Vec<u8>, method: &str, path: [&str; 3]) {
        let end = self.write_begin(head, method, path);
        head.truncate(end);
    }

    /// Writes the same over the old content of `head`. Returns where it ends.
    fn write_begin(&self, head: &mut Vec<u8>, method: &str, [root, call, end]: [&str; 3]) -> usize {
        let texts = [
            method,
            self.base,
            root,
            call,
            end,
            " HTTP/1.1\r\nHost: ",
            self.authority,
            USER_AGENT,
        ];
        write_all(head, 0, &texts)
    }
}

/// Appends the type of an error in the form that Lambda accepts: `Runtime.` or `Function.`, and a word of
/// letters that starts with a capital. Lambda replaces any other value by `Runtime.Unknown`.
fn push_error_type(head: &mut Vec<u8>, error_type: &str) {
    let is_ours = error_type.starts_with("Runtime.");
    let category = if is_ours { "Runtime." } else { "Function." };
    let reason = error_type.strip_prefix(category).unwrap_or(error_type);
    push_all(head, &["Lambda-Runtime-Function-Error-Type: ", category]);
    let start = head.len();
    let letters = reason.bytes().filter(u8::is_ascii_alphabetic);
    for letter in letters.take(ERROR_TYPE_LEN_MAX) {
        head.push(letter);
    }
    if let Some([first, _, ..]) = head.get_mut(start..) {
        first.make_ascii_uppercase();
    } else {
        head.truncate(start);
        head.extend_from_slice(b"Unknown");
    }
    head.extend_from_slice(b"\r\n");
}

/// Appends the trailers of a stream that has failed; `document` is its error in base64.
pub(crate) fn push_error_trailers(out: &mut Vec<u8>, error_type: &str, document: &str) {
    push_error_type(out, error_type);
    push_field(out, "Lambda-Runtime-Function-Error-Body: ", document);
}

/// Appends the ID of the delivery attempt, if the invocation has one.
fn push_nonce(head: &mut Vec<u8>, invocation: &Invocation) {
    if !invocation.nonce.is_empty() {
        push_field(head, NONCE, &invocation.nonce);
    }
}

/// Appends a field; `name` ends with a colon and a space.
fn push_field(head: &mut Vec<u8>, name: &str, value: &str) {
    push_all(head, &[name, value, "\r\n"]);
}

/// Appends the length of the body and ends the head.
fn push_length(head: &mut Vec<u8>, len: usize) {
    let digits = &mut Digits::default();
    push_field(
        head,
        "Content-Length: ",
        utf8::text(decimal(len as u64, digits)),
    );
    push_all(head, &["\r\n"]);
}

fn push_all(head: &mut Vec<u8>, texts: &[&str]) {
    write_all(head, head.len(), texts);
}

/// Writes `texts` over the content of `head` from `at` on. Returns where they end.
///
/// The head of a response mostly has the length of the previous one. So each text is copied over an old one,
/// and the buffer never grows: 6 % fewer instructions per invocation (callgrind, `hello`). The plain form is
/// `head.clear()` and `extend_from_slice` for each text.
fn write_all(head: &mut Vec<u8>, mut at: usize, texts: &[&str]) -> usize {
    for text in texts {
        let end = at.saturating_add(text.len());
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec;

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
            &|h| endpoint.push_get(h, NEXT),
            &format!("GET {base}/invocation/next"),
            "",
        );
        let mut invocation = Invocation::new();
        invocation.path_id = "a-1".into();
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
}
