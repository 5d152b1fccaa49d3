//! From a [`Response`] to what its caller's front door wants.
//!
//! The shapes are those of the AWS pages named in `event.rs`; in short: an HTTP API and a function
//! URL want `headers` and `cookies`, the others `headers`, or `multiValueHeaders` where the request
//! had them, and an Application Load Balancer a `statusDescription` beside the code.

use alloc::string::String;

use super::headers::{NO_HEADER, is_name, is_value};
use super::pairs::split;
use super::response::unsendable;
use super::{BAD_REQUEST, Body, HeaderMap, Origin, PAYLOAD_TOO_LARGE, Response};
use crate::http1::head::is;
use crate::json::{Number, ToJson, Writer};
use crate::{Error, Result};

/// What a handler's error is answered with. The text of one that is the function's own fault is
/// for the log alone, and kept for that beside the response.
#[cold]
pub(crate) fn failure(error: Error) -> Response {
    let status = match error.error_type() {
        BAD_REQUEST => 400,
        PAYLOAD_TOO_LARGE => 413,
        _ => {
            return Response {
                failure: Some(error),
                ..Response::text("Internal Server Error").with_status(500)
            };
        }
    };
    Response::text(error.error_message()).with_status(status)
}

/// Who reads a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(super) origin: Origin,
    /// Whether the request's event had `multiValueHeaders`.
    pub(super) is_multi_value: bool,
}

const SET_COOKIE: &str = "set-cookie";

const COOKIES: &str = "only one Set-Cookie can be sent to this front door; \
    for several, switch on multi-value headers of the target group";

/// How headers are written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    /// `headers`, and `cookies` apart.
    Cookies,
    /// `headers`.
    Single,
    /// `multiValueHeaders`.
    Multiple,
}

/// A response in the form that its caller wants.
#[derive(Debug)]
pub(crate) struct Answer<'r> {
    response: &'r Response,
    form: Form,
    has_description: bool,
}

impl<'r> Answer<'r> {
    /// Answers `caller` with `response`.
    ///
    /// # Errors
    /// If it cannot be sent: a status out of range, or a header that is none.
    #[track_caller]
    pub(crate) fn new(response: &'r Response, caller: Caller) -> Result<Answer<'r>> {
        if !(100..=599).contains(&response.status) {
            let mut message = String::from("status ");
            message.push_str(Number::from(u64::from(response.status)).as_str());
            message.push_str(" is not in 100 to 599");
            return Err(unsendable(message));
        }
        for (name, value) in response.headers.iter() {
            if !is_name(name) || !is_value(value) {
                return Err(unsendable(NO_HEADER));
            }
        }
        let n_cookies = response.headers.get_all(SET_COOKIE).take(2).count();
        let is_multi_value = caller.is_multi_value;
        let form = match caller.origin {
            Origin::HttpApi | Origin::FunctionUrl => Form::Cookies,
            Origin::RestApi | Origin::WebSocket if is_multi_value || n_cookies > 1 => {
                Form::Multiple
            }
            Origin::Alb if is_multi_value => Form::Multiple,
            // Cookies have commas in them, so that several in one value would be one broken one.
            _ if n_cookies > 1 => return Err(unsendable(COOKIES)),
            _ => Form::Single,
        };
        Ok(Answer {
            response,
            form,
            has_description: matches!(
                caller.origin,
                Origin::Alb | Origin::LatticeV1 | Origin::LatticeV2
            ),
        })
    }
}

#[cfg(feature = "emulator")]
impl Answer<'_> {
    /// Returns a status with its reason phrase, `404 Not Found`, if the status has one here.
    pub(crate) fn status_line(status: u16) -> Option<&'static str> {
        let is_it = |line: &&str| line.get(..3).and_then(|code| code.parse().ok()) == Some(status);
        split(STATUS_LINES, b'\n').find(is_it)
    }
}

impl ToJson for Answer<'_> {
    #[inline(never)]
    fn to_json(&self, w: &mut Writer) {
        let Response {
            status,
            headers,
            body,
            ..
        } = self.response;
        w.begin_object();
        w.member("statusCode", status);
        if self.has_description {
            let code = Number::from(u64::from(*status));
            let known = split(STATUS_LINES, b'\n');
            let mut known = known.filter(|line| line.starts_with(code.as_str()));
            // It must be "code and reason phrase with one space between", so that a status without
            // a phrase has none ("Lambda functions as targets").
            if let Some(line) = known.next() {
                w.member("statusDescription", line);
            }
        }
        // A load balancer wants them even where there are none ("Lambda functions as targets").
        if !headers.is_empty() || self.has_description {
            write_headers(w, headers, self.form);
        }
        let is_base64 = matches!(body, Body::Bytes(_));
        w.name("body");
        match body {
            Body::Empty => w.string(""),
            Body::Text(text) => w.string(text),
            Body::Bytes(bytes) => w.base64(bytes),
        }
        w.member("isBase64Encoded", &is_base64);
        w.end_object();
    }
}

#[inline(never)]
fn write_headers(w: &mut Writer, headers: &HeaderMap, form: Form) {
    w.name(if form == Form::Multiple {
        "multiValueHeaders"
    } else {
        "headers"
    });
    w.begin_object();
    for (index, (name, _)) in headers.iter().enumerate() {
        let is_cookie = is(name.as_bytes(), SET_COOKIE.as_bytes());
        let mut before = headers.iter().take(index);
        if form == Form::Cookies && is_cookie
            || before.any(|field| is(field.0.as_bytes(), name.as_bytes()))
        {
            continue;
        }
        w.name(name);
        if form == Form::Multiple {
            write_list(w, headers.get_all(name));
            continue;
        }
        // RFC 9110, section 5.3: what several fields of one name mean.
        let mut values = String::new();
        for value in headers.get_all(name) {
            values.push_str(if values.is_empty() { "" } else { ", " });
            values.push_str(value);
        }
        w.string(&values);
    }
    w.end_object();
    if form == Form::Cookies && headers.get(SET_COOKIE).is_some() {
        w.name("cookies");
        write_list(w, headers.get_all(SET_COOKIE));
    }
}

fn write_list<'a>(w: &mut Writer, values: impl Iterator<Item = &'a str>) {
    w.begin_array();
    for value in values {
        w.element(value);
    }
    w.end_array();
}

/// Statuses and their reason phrases ("HTTP Status Codes", IANA registry). Those that functions
/// hardly ever send are left out, since each costs some twenty bytes of every HTTP function.
const STATUS_LINES: &str = "\
200 OK
201 Created
202 Accepted
204 No Content
206 Partial Content
301 Moved Permanently
302 Found
303 See Other
304 Not Modified
307 Temporary Redirect
308 Permanent Redirect
400 Bad Request
401 Unauthorized
402 Payment Required
403 Forbidden
404 Not Found
405 Method Not Allowed
406 Not Acceptable
408 Request Timeout
409 Conflict
410 Gone
411 Length Required
412 Precondition Failed
413 Content Too Large
414 URI Too Long
415 Unsupported Media Type
416 Range Not Satisfiable
422 Unprocessable Content
423 Locked
428 Precondition Required
429 Too Many Requests
451 Unavailable For Legal Reasons
500 Internal Server Error
501 Not Implemented
502 Bad Gateway
503 Service Unavailable
504 Gateway Timeout";
