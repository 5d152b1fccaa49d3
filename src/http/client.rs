//! A client for plain HTTP/1.1 at a numeric address: sidecars, extensions, webhooks inside a VPC.
//!
//! ```no_run
//! use std::time::Duration;
//! use tiny_lambda::http::client::Client;
//! use tiny_lambda::json;
//!
//! # fn main() -> tiny_lambda::Result<()> {
//! let client = Client::new("http://10.0.3.7:8080/api")?.timeout(Duration::from_secs(2));
//! let reply = client.post("/orders").header("X-Shop", "a1").json(&json!({ "id": 7 })).send()?;
//! let total: u64 = reply.error_for_status()?.json()?;
//! # let _ = total;
//! # Ok(())
//! # }
//! ```
//!
//! There is no TLS and no resolver: an address is `http://`, an IP address or `localhost`, and a port. For
//! `https://` and host names use a crate such as ureq, or the AWS SDK. With the feature `dns`, host names work,
//! which makes a function 45 KB larger. Redirects are not followed, and nothing is decompressed.
//!
//! # Connections
//! A client keeps one connection and uses it for the next request. If several threads send at once, each has a
//! connection of its own. The peer may close an idle connection at any time. The client notices that, and then
//! repeats the request once on a new connection if the peer has read nothing of it, or if the method is
//! idempotent (`GET`, `HEAD`, `PUT`, `DELETE`, `OPTIONS`, `TRACE`; RFC 9110, section 9.2.2) and no byte of the
//! final reply has arrived. A request on a new connection is never repeated.
//!
//! # Errors
//! | error type | meaning |
//! | --- | --- |
//! | `HttpClient.InvalidRequest` | the address, method, path or a header is malformed; nothing was sent |
//! | `HttpClient.Unreachable` | no connection was made, because it was refused or not accepted in time; nothing was sent |
//! | `HttpClient.Timeout` | there was no whole reply in time; the peer may have read the request |
//! | `HttpClient.InvalidReply` | the connection ended early, or the reply is malformed, too long or not what was asked for |
//! | `HttpClient.Status` | the status is an error; only from [`Reply::error_for_status`] |

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Display};
use core::net::SocketAddr;
use core::str;
use core::time::Duration;

use super::{HeaderMap, is_field_name, is_field_value};
use crate::context::current;
use crate::encoding::lengths::add;
use crate::encoding::{push_decimal, push_percent_encoded};
use crate::error::{Error, Result};
use crate::http1::address::{self, socket_addr};
use crate::http1::connection::ReceiveError;
use crate::http1::exchange::{self, ExchangeError, Kind};
use crate::http1::head::{self, is, push_text};
use crate::http1::remove_range;
use crate::json::{self, FromJson, ToJson};
use crate::sys::{self, IdleStream, utf8};

const INVALID_REQUEST: &str = "HttpClient.InvalidRequest";
const INVALID_REPLY: &str = "HttpClient.InvalidReply";

/// The time limit of a request if [`Client::timeout`] does not set one, in milliseconds.
const TIMEOUT_MS: u64 = 10_000;

/// The longest time limit, in milliseconds. The time at which the request ends must be below 2^64.
const TIMEOUT_MS_MAX: u64 = u64::MAX / 2;

/// The longest body of a reply accepted if [`Client::limit_body`] does not set a limit, in bytes.
const BODY_LEN_MAX: usize = 10 * 1024 * 1024;

/// The idempotent methods (RFC 9110, section 9.2.2).
const IDEMPOTENT: [&str; 6] = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"];

/// The longest start of a reply's body that an error about the status contains, in bytes.
const EXCERPT_LEN_MAX: usize = 1024;

/// A client for the HTTP server at one address. See the [module](self).
///
/// ```
/// use std::net::SocketAddr;
/// use tiny_lambda::http::client::Client;
///
/// let client = Client::new("localhost:2772")?;
/// assert_eq!(client.addr(), SocketAddr::from(([127, 0, 0, 1], 2772)));
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// A client can be shared by threads, for example as the value that [`run_with_init`](crate::run_with_init) makes.
/// With SnapStart, send no request before the snapshot: a connection to another machine does not outlive it.
#[derive(Debug)]
pub struct Client {
    addr: SocketAddr,
    /// Host and port, for the header `Host` and for messages.
    authority: String,
    /// The start of every path, without a slash at its end.
    base: String,
    timeout_ms: u64,
    body_len_max: usize,
    idle: IdleStream,
}

impl Client {
    /// Makes a client for an address such as `127.0.0.1:2772`, `localhost:2772`, `[::1]:2772` or
    /// `http://10.0.3.7:8080/api`. The port is 80 if there is none. A path is put before the path of every request.
    /// Nothing is sent.
    ///
    /// ```
    /// use tiny_lambda::http::client::Client;
    ///
    /// assert!(Client::new("http://127.0.0.1:2772").is_ok());
    /// let error = Client::new("https://127.0.0.1").unwrap_err();
    /// assert_eq!(error.error_type(), "HttpClient.InvalidRequest");
    /// assert!(error.error_message().contains("no TLS"));
    /// ```
    ///
    /// # Errors
    /// The address is malformed, has a host name, or begins with `https://`.
    #[inline]
    #[track_caller]
    pub fn new(address: &str) -> Result<Client> {
        let invalid = |why: &str| {
            // A user and a query may have a password, so the message shows neither of them.
            let is_secret = address.bytes().any(|b| matches!(b, b'@' | b'?'));
            let shown = if is_secret { "..." } else { address };
            let parts = ["invalid address \"", shown, "\": ", why];
            Error::of(INVALID_REQUEST, &parts)
        };
        let rest = match address.split_at_checked("https://".len()) {
            Some((scheme, _)) if is(scheme.as_bytes(), b"https://") => {
                let why = "there is no TLS: use http://, or a crate such as ureq";
                return Err(invalid(why).here());
            }
            _ => match address.split_at_checked("http://".len()) {
                Some((scheme, rest)) if is(scheme.as_bytes(), b"http://") => rest,
                _ => address,
            },
        };
        let slash = rest.bytes().position(|b| b == b'/').unwrap_or(rest.len());
        let (authority, base) = rest.split_at_checked(slash).unwrap_or((rest, ""));
        let is_allowed = |b: u8| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'@');
        if !rest.bytes().all(is_allowed) {
            return Err(invalid("expected host:port and perhaps a path").here());
        }
        let addr = match socket_addr(authority) {
            Ok(addr) => addr,
            Err(address::NOT_AN_ADDRESS) => {
                let why = "there is no resolver: use an IP address or localhost (other names need the feature `dns`)";
                return Err(invalid(why).here());
            }
            Err(why) => return Err(invalid(why).here()),
        };
        Ok(Client {
            addr,
            authority: authority.into(),
            base: base.strip_suffix('/').unwrap_or(base).into(),
            timeout_ms: TIMEOUT_MS,
            body_len_max: BODY_LEN_MAX,
            idle: IdleStream::new(),
        })
    }

    /// Returns the address of the server.
    ///
    /// ```
    /// use tiny_lambda::http::client::Client;
    ///
    /// assert!(Client::new("[::1]:80")?.addr().is_ipv6());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Sets the time limit of a request, from connecting to the last byte of the reply. The default is ten seconds.
    /// During an invocation, a request takes at most seven eighths of the time that is left before the deadline, so
    /// that the function can still return an error. Units below a millisecond are ignored.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tiny_lambda::http::client::Client;
    ///
    /// let client = Client::new("127.0.0.1:2772")?.timeout(Duration::from_millis(500));
    /// # let _ = client;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn timeout(mut self, timeout: Duration) -> Client {
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.timeout_ms = timeout_ms.min(TIMEOUT_MS_MAX);
        self
    }

    /// Sets the length of the longest body of a reply that is accepted, in bytes. A longer one is an error. The
    /// default is 10 MiB.
    ///
    /// ```
    /// use tiny_lambda::http::client::Client;
    ///
    /// let client = Client::new("127.0.0.1:2772")?.limit_body(64 * 1024);
    /// # let _ = client;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn limit_body(mut self, len: usize) -> Client {
        self.body_len_max = len;
        self
    }

    /// Makes a `GET` request. See [`request`](Self::request).
    ///
    /// ```no_run
    /// use tiny_lambda::http::client::Client;
    ///
    /// let reply = Client::new("127.0.0.1:2772")?.get("/ping").send()?;
    /// assert_eq!(reply.status, 200);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn get(&self, path: &str) -> RequestBuilder<'_> {
        self.request("GET", path)
    }

    /// Makes a `POST` request. See [`request`](Self::request).
    ///
    /// ```no_run
    /// use tiny_lambda::http::client::Client;
    ///
    /// let reply = Client::new("127.0.0.1:2772")?.post("/orders").body("id=7").send()?;
    /// assert!(reply.is_success());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn post(&self, path: &str) -> RequestBuilder<'_> {
        self.request("POST", path)
    }

    /// Makes a request with any method, such as `PUT`. `path` begins with `/` and may have a query; it is sent as it
    /// is, so other characters than those of a URL must be percent-encoded. An empty path is the path of the
    /// client's address, or `/`; a query may follow it: `?page=2`.
    ///
    /// ```no_run
    /// use tiny_lambda::http::client::Client;
    ///
    /// let reply = Client::new("127.0.0.1:2772")?.request("DELETE", "/orders/7").send()?;
    /// assert_eq!(reply.status, 204);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder<'_> {
        let mut request = RequestBuilder {
            client: self,
            has_host: false,
            has_content_type: false,
            is_last: false,
            is_json: false,
            target: self.base.clone(),
            method: method.into(),
            fields: String::new(),
            body: Cow::Borrowed(&[]),
            problem: None,
        };
        // RFC 9112, section 3.2.1: a path is sent even if it is empty.
        if request.target.is_empty() && !path.as_bytes().starts_with(b"/") {
            request.target.push('/');
        }
        request.target.push_str(path);
        let is_allowed = |b: u8| b.is_ascii_graphic() && b != b'#';
        if !matches!(path.as_bytes(), [] | [b'/' | b'?', ..]) || !path.bytes().all(is_allowed) {
            request.problem = Some("the path must begin with / and be percent-encoded");
        }
        if !is_field_name(method) {
            request.problem = Some("the method is not a token");
        }
        request
    }
}

/// A request that is not sent yet. [`Client::get`] and the methods beside it make one.
///
/// ```no_run
/// use tiny_lambda::http::client::{Client, Reply, RequestBuilder};
///
/// let client = Client::new("127.0.0.1:2772")?;
/// let request: RequestBuilder<'_> = client.get("/items").query("name", "green tea");
/// let reply: Reply = request.send()?;
/// # let _ = reply;
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a request is sent by `send`"]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the request"
)]
pub struct RequestBuilder<'c> {
    client: &'c Client,
    has_host: bool,
    has_content_type: bool,
    /// The header has `Connection: close`.
    is_last: bool,
    /// The body is JSON.
    is_json: bool,
    method: String,
    target: String,
    /// Lines with header fields.
    fields: String,
    body: Cow<'c, [u8]>,
    /// What is wrong with the request; [`send`](Self::send) reports it.
    problem: Option<&'static str>,
}

/// Shows method and path only: the query, the header fields and the body may be secret.
impl fmt::Debug for RequestBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        f.debug_struct("RequestBuilder")
            .field("addr", &self.client.addr)
            .field("method", &self.method)
            .field("path", &path)
            .finish_non_exhaustive()
    }
}

impl<'c> RequestBuilder<'c> {
    /// Adds a header field. [`send`](Self::send) fails in these cases:
    /// - The name is not a token, or the value has control characters.
    /// - The name is `Content-Length` or `Transfer-Encoding`: the client sets them.
    /// - A second `Host` or `Content-Type` is added.
    /// - The value of `Connection` is neither `close` nor `keep-alive`. With `close`, the request has a connection of
    ///   its own.
    ///
    /// ```
    /// use tiny_lambda::http::client::Client;
    ///
    /// let client = Client::new("127.0.0.1:2772")?;
    /// let error = client.get("/").header("X-Name", "a\r\nX-Admin: 1").send().unwrap_err();
    /// assert_eq!(error.error_type(), "HttpClient.InvalidRequest");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn header(mut self, name: &str, value: &str) -> RequestBuilder<'c> {
        let is_named = |word: &str| is(name.as_bytes(), word.as_bytes());
        if is_named("content-length") || is_named("transfer-encoding") {
            self.problem = Some("the client sets Content-Length and Transfer-Encoding itself");
        } else if !is_field_name(name) || !is_field_value(value) {
            self.problem = Some(super::headers::INVALID_HEADER);
        } else if is_named("host") && self.has_host
            || is_named("content-type") && self.has_content_type
        {
            self.problem = Some("Host and Content-Type cannot be repeated");
        } else if is_named("connection") {
            let has_value = |word: &str| is(value.as_bytes(), word.as_bytes());
            self.is_last |= has_value("close");
            if !has_value("close") && !has_value("keep-alive") {
                self.problem = Some("Connection must be close or keep-alive");
            }
        }
        self.has_host |= is_named("host");
        self.has_content_type |= is_named("content-type");
        push_field(&mut self.fields, name, value);
        self
    }

    /// Adds a name and a value to the query of the path, both percent-encoded.
    ///
    /// ```no_run
    /// use tiny_lambda::http::client::Client;
    ///
    /// let client = Client::new("127.0.0.1:2772")?;
    /// // GET /items?name=green%20tea&page=2
    /// let reply = client.get("/items").query("name", "green tea").query("page", "2").send()?;
    /// # let _ = reply;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn query(mut self, name: &str, value: &str) -> RequestBuilder<'c> {
        let has_query = self.target.bytes().any(|b| b == b'?');
        self.target.push(if has_query { '&' } else { '?' });
        push_percent_encoded(&mut self.target, name);
        self.target.push('=');
        push_percent_encoded(&mut self.target, value);
        self
    }

    /// Sets the body: text or bytes.
    ///
    /// ```no_run
    /// use tiny_lambda::http::client::Client;
    ///
    /// let client = Client::new("127.0.0.1:2772")?;
    /// client.post("/a").body("text").send()?;
    /// client.post("/b").header("Content-Type", "image/png").body(b"\x89PNG").send()?;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn body<B: AsRef<[u8]> + ?Sized>(mut self, body: &'c B) -> RequestBuilder<'c> {
        self.body = Cow::Borrowed(body.as_ref());
        self.is_json = false;
        self
    }

    /// Sets the body to `value` as JSON, with the `Content-Type` `application/json` unless there is one.
    ///
    /// ```no_run
    /// use tiny_lambda::http::client::Client;
    /// use tiny_lambda::json;
    ///
    /// let client = Client::new("127.0.0.1:2772")?;
    /// client.post("/orders").json(&json!({ "id": 7 })).send()?;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn json<T: ToJson + ?Sized>(mut self, value: &T) -> RequestBuilder<'c> {
        self.body = Cow::Owned(json::to_vec(value));
        self.is_json = true;
        self
    }

    /// Sends the request and receives the whole reply. A status such as 404 is not an error: see
    /// [`Reply::error_for_status`].
    ///
    /// ```no_run
    /// use tiny_lambda::http::client::Client;
    ///
    /// let reply = Client::new("127.0.0.1:2772")?.get("/").send()?;
    /// println!("{} {}", reply.status, reply.text()?);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// See the [module](self#errors).
    #[inline]
    #[track_caller]
    pub fn send(self) -> Result<Reply> {
        let client = self.client;
        // The query may have a secret, so no message shows it.
        let path_len = self.target.bytes().position(|b| b == b'?');
        let path = self.target.get(..path_len.unwrap_or(self.target.len()));
        let subject = [
            &self.method,
            " http://",
            &client.authority,
            path.unwrap_or_default(),
        ];
        let subject: String = subject.into_iter().collect();
        let error = |error_type, why: &str| Error::of(error_type, &[&subject, ": ", why]);
        if let Some(problem) = self.problem {
            return Err(error(INVALID_REQUEST, problem).here());
        }
        let head = [&self.method, " ", &self.target, " HTTP/1.1\r\n"];
        let mut head: String = head.into_iter().collect();
        if !self.has_host {
            push_field(&mut head, "Host", &client.authority);
        }
        let method = self.method.as_str();
        // RFC 9110, section 8.6: these methods have a length also without a body.
        if !self.body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
            head.push_str("Content-Length: ");
            push_decimal(&mut head, self.body.len() as u64);
            head.push_str("\r\n");
        }
        if self.is_json && !self.has_content_type {
            push_field(&mut head, "Content-Type", "application/json");
        }
        head.push_str(&self.fields);
        head.push_str("\r\n");
        let kind = Kind {
            is_head: method == "HEAD",
            body_len_max: client.body_len_max,
            end_ms: end_ms(client.timeout_ms),
        };
        let is_idempotent = IDEMPOTENT.contains(&method);
        let mut buffer = Vec::new();
        let own = IdleStream::new();
        let idle = if self.is_last { &own } else { &client.idle };
        let request: [&[u8]; 2] = [head.as_bytes(), &self.body];
        let result = exchange::exchange(
            client.addr,
            idle,
            kind,
            &mut buffer,
            |stream| exchange::send(stream, request, kind.end_ms),
            |stream, sent, error| {
                if is_idempotent {
                    error.is_hangup()
                } else {
                    let len = add(head.len(), self.body.len());
                    exchange::delivered_nothing(stream, sent, len)
                }
            },
        );
        let reply = match result {
            Ok(reply) => reply,
            Err(failure) => {
                let error_type = match &failure {
                    ExchangeError::Receive(ReceiveError::Stalled) => "HttpClient.Timeout",
                    ExchangeError::Receive(_) => INVALID_REPLY,
                    ExchangeError::Connect(_) => "HttpClient.Unreachable",
                };
                // The buffer holds the head of the unexpected interim reply.
                let is_upgrade = buffer.get(8..12) == Some(b" 101");
                let why = match failure {
                    ExchangeError::Receive(ReceiveError::Interim) if is_upgrade => {
                        "unexpected status 101: the client does not switch protocols".into()
                    }
                    _ => failure.text(),
                };
                return Err(error(error_type, &why).here());
            }
        };
        let mut headers = HeaderMap::new();
        let parsed = head::response(&buffer, &mut |name, value| {
            let mut texts = [String::new(), String::new()];
            for (text, bytes) in texts.iter_mut().zip([name, value]) {
                push_text(text, bytes);
            }
            let [name, value] = texts;
            headers.append(&name, &value);
        });
        debug_assert!(parsed.is_ok(), "the head was parsed before");
        buffer.truncate(reply.body.end);
        remove_range(&mut buffer, 0, reply.body.start);
        Ok(Reply {
            status: reply.status,
            headers,
            body: buffer,
            subject,
        })
    }
}

#[inline]
fn push_field(fields: &mut String, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        fields.push_str(part);
    }
}

/// Returns when a request that begins now ends at the latest, in milliseconds since the Unix epoch: after
/// `timeout_ms`, or after seven eighths of the time that is left before the invocation's deadline. A deadline that
/// has passed does not count, since some emulators send one.
#[inline]
pub(crate) fn end_ms(timeout_ms: u64) -> u64 {
    let now_ms = sys::unix_time_ms();
    // Without a deadline, and after it, this is longer than every other limit.
    let left_ms = current::deadline_ms().unwrap_or(0).wrapping_sub(now_ms);
    let left_ms = left_ms.wrapping_sub(left_ms / 8);
    now_ms.wrapping_add(timeout_ms.min(left_ms))
}

/// A reply.
///
/// ```no_run
/// use tiny_lambda::http::client::Client;
///
/// let reply = Client::new("127.0.0.1:2772")?.get("/items").send()?;
/// if reply.status == 200 && reply.headers.get("content-type") == Some("application/json") {
///     let items: Vec<String> = reply.json()?;
///     # let _ = items;
/// }
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The status code, such as 200.
    pub status: u16,
    /// The header fields. U+FFFD replaces bytes that are not UTF-8.
    pub headers: HeaderMap,
    /// The body without its framing. Empty for `HEAD`, 204 and 304.
    pub body: Vec<u8>,
    /// Method and address of the request, for messages.
    subject: String,
}

impl Reply {
    /// Returns whether the status is 2xx.
    ///
    /// ```no_run
    /// use tiny_lambda::http::client::Client;
    ///
    /// assert!(Client::new("127.0.0.1:2772")?.get("/").send()?.is_success());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Returns the reply if its status is below 400, or an error with the status and the start of the body.
    ///
    /// ```no_run
    /// use tiny_lambda::http::client::Client;
    ///
    /// let reply = Client::new("127.0.0.1:2772")?.get("/items").send()?.error_for_status()?;
    /// # let _ = reply;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// The status is 400 or higher.
    #[track_caller]
    #[inline]
    pub fn error_for_status(self) -> Result<Reply> {
        if self.status < 400 {
            return Ok(self);
        }
        let mut text = String::new();
        push_status(&mut text, self.status);
        let excerpt = head::trim(self.body.get(..EXCERPT_LEN_MAX).unwrap_or(&self.body));
        if !excerpt.is_empty() {
            text.push_str(": ");
            push_text(&mut text, excerpt);
        }
        Err(self.error("HttpClient.Status", &text))
    }

    /// Returns the body as text.
    ///
    /// ```no_run
    /// use tiny_lambda::http::client::Client;
    ///
    /// println!("{}", Client::new("127.0.0.1:2772")?.get("/").send()?.text()?);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// The body is not UTF-8.
    #[track_caller]
    #[inline]
    pub fn text(&self) -> Result<&str> {
        let Some(text) = utf8::to_str(&self.body) else {
            let why = "expected text, found bytes that are not UTF-8";
            return Err(self.error(INVALID_REPLY, &why));
        };
        Ok(text)
    }

    /// Reads the body as JSON.
    ///
    /// ```no_run
    /// use tiny_lambda::http::client::Client;
    /// use tiny_lambda::json::Value;
    ///
    /// let document: Value = Client::new("127.0.0.1:2772")?.get("/").send()?.json()?;
    /// # let _ = document;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// The body is not JSON of that type.
    #[track_caller]
    pub fn json<T: FromJson>(&self) -> Result<T> {
        match json::parse_after_bom(&self.body) {
            Ok(value) => Ok(value),
            Err(error) => Err(self.error(INVALID_REPLY, &error)),
        }
    }

    #[track_caller]
    #[inline]
    fn error(&self, error_type: &'static str, why: &dyn Display) -> Error {
        Error::new(error_type, format_args!("{}: {why}", self.subject))
    }
}

/// Appends `status 404`.
#[inline]
pub(crate) fn push_status(text: &mut String, status: u16) {
    text.push_str("status ");
    push_decimal(text, status.into());
}
