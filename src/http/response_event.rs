//! Writes a [`Response`] in the form that the front door of the request reads.
//!
//! The forms are those of the AWS pages that `request_event.rs` names. An HTTP API and a function
//! URL read `headers` and `cookies`; the others read `headers`, or `multiValueHeaders` if the
//! request had them; an Application Load Balancer also reads `statusDescription`.

use alloc::string::String;

use super::headers::{INVALID_HEADER, is_field_name, is_field_value};
use super::query::split;
use super::request_event::push_separated;
use super::response::invalid_response;
use super::{BAD_REQUEST, Body, HeaderMap, Origin, PAYLOAD_TOO_LARGE, Response};
use crate::encoding::{Digits, decimal};
use crate::error::{Error, Result};
use crate::http1::head::is;
use crate::json::{ToJson, Writer};
use crate::sys::utf8;

/// Returns the response to a handler's error. The message is sent if the error is the caller's
/// fault; otherwise the status is 500, and the error is kept in the response for the log.
pub(crate) fn error_response(error: Error) -> Response {
    let status = match error.error_type() {
        BAD_REQUEST => 400,
        PAYLOAD_TOO_LARGE => 413,
        _ => {
            let response = Response::text("Internal Server Error").with_status(500);
            let failure = Some(error);
            return Response {
                failure,
                ..response
            };
        }
    };
    Response::text(error.error_message()).with_status(status)
}

/// What the form of a response depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(super) origin: Origin,
    /// Whether the event of the request had `multiValueHeaders`.
    pub(super) is_multi_value: bool,
}

const SET_COOKIE: &str = "set-cookie";

/// The message about a response with several cookies that the front door cannot send.
const SEVERAL_COOKIES: &str = "only one Set-Cookie can be sent to this front door; \
    for several, switch on multi-value headers of the target group";

/// The members in which headers are written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    /// `headers`, and `cookies` for the values of `Set-Cookie`.
    Cookies,
    /// `headers`.
    Single,
    /// `multiValueHeaders`.
    Multiple,
}

/// A response that is written in the form that its caller reads.
#[derive(Debug)]
pub(crate) struct ResponseEvent<'r> {
    response: &'r Response,
    form: Form,
    has_description: bool,
}

impl<'r> ResponseEvent<'r> {
    /// Chooses the form of `response` for `caller`.
    ///
    /// # Errors
    /// If the response cannot be sent: a status that is not in 100 to 599, an invalid header, or
    /// several cookies where the front door can send one only.
    #[track_caller]
    pub(crate) fn new(response: &'r Response, caller: Caller) -> Result<ResponseEvent<'r>> {
        if !(100..=599).contains(&response.status) {
            let mut digits = Digits::default();
            let status = utf8::text(decimal(response.status.into(), &mut digits));
            return Err(invalid_response(format_args!(
                "status {status} is not in 100 to 599"
            )));
        }
        for (name, value) in &response.headers {
            if !is_field_name(name) || !is_field_value(value) {
                return Err(invalid_response(INVALID_HEADER));
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
            // Cookies contain commas, so their values cannot be joined by commas.
            _ if n_cookies > 1 => return Err(invalid_response(SEVERAL_COOKIES)),
            _ => Form::Single,
        };
        Ok(ResponseEvent {
            response,
            form,
            has_description: matches!(
                caller.origin,
                Origin::Alb | Origin::LatticeV1 | Origin::LatticeV2
            ),
        })
    }
}

impl ToJson for ResponseEvent<'_> {
    #[inline(never)]
    fn to_json(&self, w: &mut Writer) {
        let response = self.response;
        w.begin_object();
        w.member("statusCode", &response.status);
        if self.has_description {
            // It must be the code, one space and the reason phrase ("Lambda functions as targets"),
            // so it is left out for a status without a phrase.
            if let Some(text) = status_description(response.status) {
                w.member("statusDescription", text);
            }
        }
        // A load balancer requires the member even if it is empty ("Lambda functions as targets").
        if !response.headers.is_empty() || self.has_description {
            write_headers(w, &response.headers, self.form);
        }
        let is_base64 = matches!(response.body, Body::Bytes(_));
        w.name("body");
        match &response.body {
            Body::Empty => w.string(""),
            Body::Text(text) => w.string(text),
            Body::Bytes(bytes) => w.base64(bytes),
        }
        w.member("isBase64Encoded", &is_base64);
        w.end_object();
    }
}

/// Writes the members that have the headers.
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
        write_values(w, headers, name, form == Form::Multiple);
    }
    w.end_object();
    if form == Form::Cookies && headers.get(SET_COOKIE).is_some() {
        w.name("cookies");
        write_values(w, headers, SET_COOKIE, true);
    }
}

/// Writes the values of all headers called `name`: as an array, or joined by commas.
#[inline(never)]
fn write_values(w: &mut Writer, headers: &HeaderMap, name: &str, as_list: bool) {
    if as_list {
        w.begin_array();
        for value in headers.get_all(name) {
            w.element(value);
        }
        w.end_array();
        return;
    }
    // RFC 9110, section 5.3: fields of one name mean the same as their values joined by commas.
    let mut joined = String::new();
    for value in headers.get_all(name) {
        push_separated(&mut joined, ", ", value);
    }
    w.string(&joined);
}

/// Returns the reason phrase of a status; `None` if the table does not have it.
pub(crate) fn reason_phrase(status: u16) -> Option<&'static str> {
    status_description(status)?.get(4..)
}

/// Returns code and reason phrase of a status, such as `200 OK`.
fn status_description(status: u16) -> Option<&'static str> {
    let mut digits = Digits::default();
    let code = utf8::text(decimal(status.into(), &mut digits));
    split(STATUS_DESCRIPTIONS, b'\n').find(|line| line.starts_with(code))
}

/// Statuses and their reason phrases (IANA, "HTTP Status Code Registry"). Statuses that functions
/// hardly ever send are left out: each costs about 20 bytes in every function that uses `run_http`.
const STATUS_DESCRIPTIONS: &str = "\
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
