//! [`Response`]: a web response, and the types that become one.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;

use super::request_event::{for_each_pair, for_each_text};
use super::{Body, Cookie, HeaderMap, error_response};
use crate::encoding::{Digits, decimal};
use crate::error::{Error, Result};
use crate::json::private::WebBody;
use crate::json::{self, Base64, FromJson, Reader, ToJson};
use crate::signing::webhook::WebhookError;
use crate::sys::utf8;

/// A web response.
///
/// ```
/// use tiny_lambda::http::Response;
///
/// let response = Response::text("gone").with_status(410).with_header("Cache-Control", "no-store");
/// assert_eq!(response.headers.get("content-type"), Some("text/plain; charset=utf-8"));
/// let page = Response::html("<p>tea</p>");
/// assert_eq!(page.headers.get("content-type"), Some("text/html; charset=utf-8"));
/// let image = Response::bytes("image/png", [0x89, b'P', b'N', b'G']);
/// assert_eq!(image.body.len(), 4);
/// let created = Response::json(&[1, 2]).with_status(201);
/// assert_eq!(created.body.as_str(), Some("[1,2]"));
/// let redirect = Response::redirect("/orders/7");
/// assert_eq!((redirect.status, redirect.headers.get("location")), (303, Some("/orders/7")));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Response {
    /// The status code (RFC 9110, section 15): 100 to 599.
    pub status: u16,
    /// The headers; each cookie is a `Set-Cookie` of its own.
    pub headers: HeaderMap,
    /// The body. Text is sent as it is, bytes in base64.
    pub body: Body,
    /// The error for which this response was made, for the log. It is not sent.
    pub(crate) failure: Option<Error>,
}

/// Compares what is sent: status, headers and body.
impl PartialEq for Response {
    fn eq(&self, other: &Response) -> bool {
        self.status == other.status && self.headers == other.headers && self.body == other.body
    }
}

impl Eq for Response {}

impl Response {
    /// Returns a response without headers and body.
    ///
    /// ```
    /// use tiny_lambda::http::Response;
    ///
    /// let response = Response::new(204);
    /// assert!(response.headers.is_empty() && response.body.is_empty());
    /// ```
    pub fn new(status: u16) -> Response {
        Response {
            status,
            headers: HeaderMap::new(),
            body: Body::Empty,
            failure: None,
        }
    }

    /// Returns a response with plain text, `text/plain; charset=utf-8`.
    ///
    /// ```
    /// use tiny_lambda::http::Response;
    ///
    /// let response = Response::text("tea");
    /// assert_eq!((response.status, response.body.as_str()), (200, Some("tea")));
    /// ```
    pub fn text(text: impl Into<String>) -> Response {
        Response::with_type("text/plain; charset=utf-8", Body::Text(text.into()))
    }

    /// Returns a response with an HTML page, `text/html; charset=utf-8`.
    ///
    /// ```
    /// use tiny_lambda::http::Response;
    ///
    /// let response = Response::html("<p>tea</p>");
    /// assert_eq!(response.headers.get("content-type"), Some("text/html; charset=utf-8"));
    /// ```
    pub fn html(text: impl Into<String>) -> Response {
        Response::with_type("text/html; charset=utf-8", Body::Text(text.into()))
    }

    /// Returns a response with a value as JSON, `application/json`.
    ///
    /// ```
    /// use tiny_lambda::http::Response;
    /// use tiny_lambda::json;
    ///
    /// let response = Response::json(&json!({ "ok": true }));
    /// assert_eq!(response.body.as_str(), Some(r#"{"ok":true}"#));
    /// ```
    pub fn json<T: ToJson + ?Sized>(value: &T) -> Response {
        Response::from_json_bytes(json::to_vec(value))
    }

    fn from_json_bytes(json: Vec<u8>) -> Response {
        let body = match utf8::to_string(json) {
            Ok(text) => Body::Text(text),
            // A `ToJson` of the user has written something else.
            Err(json) => Body::Bytes(json),
        };
        Response::with_type("application/json", body)
    }

    /// Returns a response with bytes of a content type.
    ///
    /// ```
    /// use tiny_lambda::http::Response;
    ///
    /// let response = Response::bytes("image/png", [0x89, b'P', b'N', b'G']);
    /// assert_eq!(response.headers.get("content-type"), Some("image/png"));
    /// ```
    pub fn bytes(content_type: &str, bytes: impl Into<Vec<u8>>) -> Response {
        Response::with_type(content_type, Body::Bytes(bytes.into()))
    }

    /// Returns a redirect to `location` with status 303: the caller sends a `GET` request there,
    /// whatever the method was (RFC 9110, section 15.4.4). Statuses 307 and 308 keep the method;
    /// set one by [`with_status`](Self::with_status).
    ///
    /// ```
    /// use tiny_lambda::http::Response;
    ///
    /// let response = Response::redirect("/orders/7");
    /// assert_eq!((response.status, response.headers.get("location")), (303, Some("/orders/7")));
    /// ```
    pub fn redirect(location: &str) -> Response {
        Response::new(303).with_header("Location", location)
    }

    fn with_type(content_type: &str, body: Body) -> Response {
        let response = Response::new(200).with_header("Content-Type", content_type);
        Response { body, ..response }
    }

    /// Returns the response with another status.
    ///
    /// ```
    /// use tiny_lambda::http::Response;
    ///
    /// assert_eq!(Response::text("gone").with_status(410).status, 410);
    /// ```
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Response {
        self.status = status;
        self
    }

    /// Returns the response with a header, which replaces earlier ones of that name.
    ///
    /// ```
    /// use tiny_lambda::http::Response;
    ///
    /// let response = Response::text("# Tea").with_header("Content-Type", "text/markdown");
    /// assert_eq!(response.headers.get_all("content-type").collect::<Vec<_>>(), ["text/markdown"]);
    /// ```
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Response {
        self.headers.insert(name, value);
        self
    }

    /// Returns the response with one more header, which leaves earlier ones of that name in place.
    ///
    /// ```
    /// use tiny_lambda::http::Response;
    ///
    /// let response = Response::text("tea")
    ///     .with_appended_header("Link", "</a>; rel=prev")
    ///     .with_appended_header("Link", "</c>; rel=next");
    /// assert_eq!(response.headers.get_all("link").count(), 2);
    /// ```
    #[must_use]
    pub fn with_appended_header(mut self, name: &str, value: &str) -> Response {
        self.headers.append(name, value);
        self
    }

    /// Returns the response with one more cookie.
    ///
    /// ```
    /// use tiny_lambda::http::{Cookie, Response};
    ///
    /// let response = Response::new(204)
    ///     .with_cookie(Cookie::new("id", "7")?)
    ///     .with_cookie(Cookie::new("theme", "dark")?);
    /// assert_eq!(response.headers.get_all("set-cookie").count(), 2);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn with_cookie(mut self, cookie: Cookie) -> Response {
        self.headers.append("Set-Cookie", &cookie.into_value());
        self
    }

    /// Returns the response with another body.
    ///
    /// ```
    /// use tiny_lambda::http::{Body, Response};
    ///
    /// assert_eq!(Response::new(200).with_body("tea").body, Body::from("tea"));
    /// ```
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Body>) -> Response {
        self.body = body.into();
        self
    }

    /// Removes the body and notes its length in `Content-Length`: the response to a `HEAD` request has the
    /// headers of that to `GET` (RFC 9110, section 9.3.2).
    pub(crate) fn omit_body(&mut self) {
        const CONTENT_LENGTH: &str = "Content-Length";
        // RFC 9110, section 8.6: a response with status 1xx or 204 has no length, and one with 304 needs none.
        let has_length = self.status >= 200 && self.status != 204 && self.status != 304;
        if has_length && self.headers.get(CONTENT_LENGTH).is_none() {
            let mut digits = Digits::default();
            let len = utf8::text(decimal(self.body.len() as u64, &mut digits));
            self.headers.append(CONTENT_LENGTH, len);
        }
        self.body = Body::Empty;
    }
}

/// Reads a response from any of the forms in which it is sent, so that a test can examine the
/// response of a function. Each cookie becomes a `Set-Cookie` after the other headers, an empty
/// body is [`Body::Empty`], and the values of headers that the form has joined stay joined. An
/// escape for one half of a surrogate pair becomes U+FFFD.
///
/// ```
/// use tiny_lambda::http::{Method, Request, Response};
/// use tiny_lambda::json;
///
/// let response = Response::text("hi").with_status(201);
/// let sent = Request::new(Method::Get, "/").encode_response(&response)?;
/// assert_eq!(json::parse::<Response>(&sent)?, response);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
impl FromJson for Response {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        r.attempt_replacing(true, read_response)
    }
}

fn read_response(r: &mut Reader<'_>) -> Result<Response, json::Error> {
    let mut status = None;
    let mut headers = HeaderMap::new();
    let mut multiple = HeaderMap::new();
    let mut cookies = HeaderMap::new();
    let mut body = None;
    let mut is_base64 = None;
    r.begin_object()?;
    while let Some(name) = r.next_member()? {
        match &*name {
            "statusCode" => status = Some(u16::from_json(r)?),
            "headers" => for_each_pair(r, &mut |name, value| headers.append(name, value))?,
            "multiValueHeaders" => {
                for_each_pair(r, &mut |name, value| multiple.append(name, value))?;
            }
            "cookies" => for_each_text(r, &mut |cookie| cookies.append("Set-Cookie", cookie))?,
            "body" => {
                body = Some(r.clone());
                Option::<String>::from_json(r)?;
            }
            "isBase64Encoded" => is_base64 = Option::from_json(r)?,
            _ => r.skip()?,
        }
    }
    let Some(status) = status else {
        return Err(r.error("missing member `statusCode`"));
    };
    let mut response = Response::new(status);
    for (name, value) in &headers {
        if multiple.get(name).is_none() {
            response.headers.append(name, value);
        }
    }
    response.headers.extend(&multiple);
    response.headers.extend(&cookies);
    if let Some(mut r) = body {
        response.body = if is_base64 == Some(true) {
            let bytes = Option::<Base64>::from_json(&mut r)?;
            bytes.map_or(Body::Empty, |bytes| Body::Bytes(bytes.0))
        } else {
            match Option::<String>::from_json(&mut r)? {
                Some(text) if !text.is_empty() => Body::Text(text),
                _ => Body::Empty,
            }
        };
    }
    Ok(response)
}

/// Returns the error about a response that cannot be sent.
#[track_caller]
pub(super) fn invalid_response(message: impl Display) -> Error {
    Error::new("Http.Response", message)
}

const OCTET_STREAM: &str = "application/octet-stream";

/// A type that a handler may return in place of a [`Response`].
///
/// Every type that implements [`ToJson`] does, so that a handler can return its own structs.
///
/// | value | status | body |
/// | --- | --- | --- |
/// | `&str`, `String`, `Cow<str>` | 200 | the text, `text/plain; charset=utf-8` |
/// | `Vec<u8>`, `&[u8]`, `[u8; N]` | 200 | the bytes, `application/octet-stream` |
/// | `()` | 204 | none |
/// | `None` | 404 | none |
/// | `Some(value)` | that of the value | that of the value |
/// | `(status, value)`, with a `u16` or `i32` | the status | that of the value |
/// | any other type that implements [`ToJson`] | 200 | its JSON, `application/json` |
/// | `Ok(value)`, `Err(value)` in a handler's `Ok` | that of the value | that of the value |
/// | [`WebhookError`](crate::signing::webhook::WebhookError) | 401 | the reason |
///
/// ```
/// use tiny_lambda::http::IntoResponse;
/// use tiny_lambda::json_struct;
///
/// json_struct! { struct Order { id: u32 } }
///
/// let response = Order { id: 7 }.into_response();
/// assert_eq!(response.headers.get("content-type"), Some("application/json"));
/// assert_eq!(response.body.as_str(), Some(r#"{"id":7}"#));
/// assert_eq!((201, vec![Order { id: 7 }]).into_response().body.as_str(), Some(r#"[{"id":7}]"#));
/// assert_eq!("hi".into_response().body.as_str(), Some("hi"));
/// assert_eq!(None::<Order>.into_response().status, 404);
/// assert_eq!(().into_response().status, 204);
/// ```
///
/// A type that does not implement [`ToJson`] may implement this trait itself:
///
/// ```
/// use tiny_lambda::http::{IntoResponse, Response};
///
/// struct Page(String);
///
/// impl IntoResponse for Page {
///     fn into_response(self) -> Response {
///         Response::html(self.0)
///     }
/// }
/// assert_eq!(Page("<p>".into()).into_response().with_status(404).status, 404);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as a web response",
    label = "neither a `Response` nor a type that implements `ToJson`",
    note = "a handler returns a `Response`, text, bytes or a type that implements `ToJson`, such as one of \
            `json_struct!`; `Response::json(&value)` makes a response to which status and headers can be added"
)]
pub trait IntoResponse {
    /// Converts the value to a response.
    ///
    /// ```
    /// use tiny_lambda::http::IntoResponse;
    ///
    /// assert_eq!((404, "no such order").into_response().status, 404);
    /// ```
    fn into_response(self) -> Response;
}

impl IntoResponse for Response {
    fn into_response(self) -> Response {
        self
    }
}

/// JSON, text, bytes or nothing: see [`IntoResponse`].
#[diagnostic::do_not_recommend]
impl<T: ToJson> IntoResponse for T {
    fn into_response(self) -> Response {
        let (status, body) = self.to_web_body();
        let response = match body {
            WebBody::Empty => Response::new(200),
            WebBody::Text(text) => Response::text(text),
            WebBody::Bytes(bytes) => Response::bytes(OCTET_STREAM, bytes),
            WebBody::Json(json) => Response::from_json_bytes(json),
        };
        response.with_status(status)
    }
}

/// The response with the status.
impl IntoResponse for (u16, Response) {
    fn into_response(self) -> Response {
        self.1.with_status(self.0)
    }
}

/// Status 401 and the reason. If the reason is the function's secret, the status is 500, and the log has the reason.
impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        match self {
            WebhookError::InvalidSecret => error_response(self.into()),
            _ => Response::text(self.to_string()).with_status(401),
        }
    }
}

/// `None` has status 404.
impl IntoResponse for Option<Response> {
    fn into_response(self) -> Response {
        self.unwrap_or(Response::new(404))
    }
}

/// The response of either value; the error may be a status and its reason.
impl<T: IntoResponse, E: IntoResponse> IntoResponse for Result<T, E> {
    fn into_response(self) -> Response {
        match self {
            Ok(value) => value.into_response(),
            Err(value) => value.into_response(),
        }
    }
}
