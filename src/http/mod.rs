//! Web requests and responses, as the events of AWS's front doors carry them.
//!
//! One [`Request`] stands for a request to an Amazon API Gateway REST API, HTTP API or WebSocket
//! API, a function URL, an Application Load Balancer or Amazon VPC Lattice; [`Request::origin`]
//! says which. A [`Response`] is written in the form that this origin wants.
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
//! An error that the handler returns is answered with status 500 and without its text, which
//! goes to the log. One whose type begins with `Http.` is the caller's fault and is told:
//! `Http.BadRequest` (400), which [`Request::json`] and its like return, and
//! `Http.PayloadTooLarge` (413).
//!
//! No member of an event keeps it from being a [`Request`], whatever it is: what is no object has
//! no headers, and a method or path that is no string is its JSON. A header whose name no header can
//! have is left out, and control characters in a value become spaces. A body that cannot be what the
//! event says is an error of [`Request::body`] and of what reads it. A response with a header that
//! cannot be sent is answered with status 500: none of it is sent.
//!
//! # Encoding
//! Front doors differ in what they decode. [`Request::param`], [`Request::query`] and [`Router`] know
//! that, so that a value is decoded exactly once:
//!
//! | front door | path | path parameters | query |
//! | --- | --- | --- | --- |
//! | REST API | as sent | as sent | decoded |
//! | HTTP API, payload format 1.0 | decoded but for `%2F` | decoded | decoded |
//! | HTTP API, payload format 2.0 | decoded but for `%2F` | decoded | as sent |
//! | function URL | as sent | none | as sent |
//! | Application Load Balancer | as sent | none | as sent |
//! | VPC Lattice | as sent | none | decoded |
//! | WebSocket API | the route | none | decoded |
//!
//! Headers and cookies are as sent everywhere. Nothing that a caller sends is refused for its
//! encoding: a `%` without two hexadecimal digits is kept, and bytes that are not UTF-8 become U+FFFD
//! (URL Standard).
//!
//! # Streaming
//! A [`Request`] is read from JSON like any other event, so a response that is sent piece by piece
//! needs no front door of its own, only a head: [`run_streaming`](crate::run_streaming) takes a
//! `Request`, and its responder's [`start_http`](crate::Responder::start_http) sends the head.
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
mod cookie;
mod cors;
mod etag;
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
pub use headers::HeaderMap;
pub use method::Method;
pub use query::Pairs;
pub use request::{Origin, Request};
pub use response::{IntoResponse, Response};
pub(crate) use response_event::{Answer, failure};
pub use router::Router;

use core::fmt::Display;

use crate::error::Error;

/// The type of an error that is answered with status 400 and its message.
const BAD_REQUEST: &str = "Http.BadRequest";
/// The type of an error that is answered with status 413 and its message.
const PAYLOAD_TOO_LARGE: &str = "Http.PayloadTooLarge";

#[track_caller]
fn bad_request(message: impl Display) -> Error {
    Error::new(BAD_REQUEST, message)
}

#[cfg(test)]
mod tests;
