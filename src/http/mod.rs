//! Web requests and responses of the AWS services that call a function for them.
//!
//! A *front door* is an AWS service that calls a function for web requests: an Amazon API Gateway REST
//! API, HTTP API or WebSocket API, a function URL, an Application Load Balancer or Amazon VPC Lattice. A
//! [`Request`] is read from its event, and [`Request::origin`] says which of them it was. A
//! [`Response`] is written in the form that this front door reads.
//!
//! ```no_run
//! use tiny_lambda::http::{Request, Response};
//! use tiny_lambda::{Context, Result};
//!
//! fn main() -> ! {
//!     tiny_lambda::run_http(greet)
//! }
//! fn greet(request: Request, _: &Context) -> Result<Response> {
//!     let query = request.query()?;
//!     let name = query.get("name").unwrap_or("world");
//!     Ok(Response::text(format!("Hello, {name}!")))
//! }
//! ```
//!
//! # Errors
//! If the handler returns an error, the caller receives status 500 without the message, which is
//! logged. Two types of errors are the caller's fault, and the caller receives their message:
//! `Http.BadRequest` (400), which [`Request::json`], [`Request::param`] and [`Query::parse`]
//! return, and `Http.PayloadTooLarge` (413), which [`Request::limit_body`] returns.
//!
//! An unexpected member does not make an event unreadable: `headers` that are not an object count
//! as no headers, and a method or path that is not a string is its JSON. A header with an invalid
//! name is left out, and control characters in values become spaces. If the body is not what the
//! event says that it is, [`Request::body`] and the methods that read the body return an error. If
//! a response has an invalid header, nothing of it is sent, and the caller receives status 500.
//!
//! # Encoding
//! Front doors differ in what they decode. [`Request::param`], [`Request::query`] and [`Router`]
//! take that into account, so that every value is decoded exactly once:
//!
//! | front door | path | path parameters | query |
//! | --- | --- | --- | --- |
//! | REST API | as sent | as sent | decoded |
//! | HTTP API, payload format 1.0 | decoded, except `%2F` | decoded | decoded |
//! | HTTP API, payload format 2.0 | decoded, except `%2F` | decoded | as sent |
//! | function URL | as sent | none | as sent |
//! | Application Load Balancer | as sent | none | as sent |
//! | VPC Lattice | as sent | none | decoded |
//! | WebSocket API | the route | none | decoded |
//!
//! Headers and cookies are always as sent. Malformed encoding is not an error: a `%` without two
//! hexadecimal digits is kept, and bytes that are not UTF-8 become U+FFFD (URL Standard).
//!
//! # Streaming
//! A [`Request`] is read from JSON like any other event, so the handler of
//! [`run_streaming`](crate::run_streaming) can take one.
//! [`Responder::start_http`](crate::Responder::start_http) sends status and headers; the body is
//! then written in pieces.
//!
//! ```no_run
//! use std::io::Write;
//! use tiny_lambda::http::Request;
//! use tiny_lambda::{Context, Responder, Result};
//!
//! fn main() -> ! {
//!     tiny_lambda::run_streaming(count)
//! }
//! fn count(request: Request, _: &Context, out: Responder<'_>) -> Result<()> {
//!     let mut body = out.start_http(200, &[("Content-Type", "text/plain")])?;
//!     for n in 0..request.query()?.parse("to")?.unwrap_or(10) {
//!         writeln!(body, "{n}")?;
//!     }
//!     Ok(())
//! }
//! ```

mod body;
pub mod client;
mod cookie;
mod cors;
mod etag;
mod handler;
mod headers;
mod method;
mod query;
mod request;
mod request_event;
mod response;
mod response_event;
mod router;

pub use body::Body;
pub use cookie::Cookie;
pub use cors::Cors;
pub use handler::{HttpFn, WebRequest};
pub use headers::{HeaderMap, PairIter};
pub(crate) use headers::{is_field_name, is_field_value};
pub use method::Method;
pub use query::Query;
pub use request::{Origin, Request};
pub use response::{IntoResponse, Response};
#[cfg(feature = "emulator")]
#[allow(unused_imports, reason = "for the status lines of the emulator")]
pub(crate) use response_event::reason_phrase;
pub(crate) use response_event::{ResponseEvent, error_response};
pub use router::Router;

use core::fmt::Display;

use crate::error::Error;

/// The type of an error for which the caller receives status 400 and the message.
const BAD_REQUEST: &str = "Http.BadRequest";
/// The type of an error for which the caller receives status 413 and the message.
const PAYLOAD_TOO_LARGE: &str = "Http.PayloadTooLarge";

/// Returns the error about a malformed request.
#[track_caller]
fn bad_request(message: impl Display) -> Error {
    Error::new(BAD_REQUEST, message)
}

#[cfg(test)]
mod tests;
