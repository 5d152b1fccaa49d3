//! [`HttpFn`] and [`WebRequest`]: the bounds of web handlers, with the compiler's messages about other types.

use super::Request;
use crate::context::Context;
use crate::error::Result;

/// A function that handles web requests: every `Fn(Request, &Context) -> Result<R>` that is `Sync`.
///
/// The methods of [`Router`](super::Router) and [`handler::http`](fn@crate::handler::http) take one. The `R` is
/// a type that implements [`IntoResponse`](super::IntoResponse).
///
/// ```
/// use tiny_lambda::http::{HttpFn, IntoResponse, Method, Request};
/// use tiny_lambda::{Context, Result};
///
/// fn status_of<R: IntoResponse>(f: impl HttpFn<R>, target: &str) -> Result<u16> {
///     let response = f(Request::new(Method::Get, target), &Context::default())?;
///     Ok(response.into_response().status)
/// }
/// assert_eq!(status_of(|request, _| Ok(request.path().len().to_string()), "/tea"), Ok(200));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle web requests",
    label = "expected an `Fn(Request, &Context) -> Result<R>` with `tiny_lambda::Result`",
    note = "a handler is synchronous: instead of an `async fn`, call `block_on` of your executor in it",
    note = "a `Router` is a handler already: pass it as it is, or to `run_http` or `Router::nest`"
)]
pub trait HttpFn<R>: Fn(Request, &Context) -> Result<R> + Sync {}

#[diagnostic::do_not_recommend]
impl<F: Fn(Request, &Context) -> Result<R> + Sync, R> HttpFn<R> for F {}

/// The argument of a function that [`run_http`](crate::run_http) serves. Only [`Request`] implements it.
///
/// ```
/// use tiny_lambda::http::{Request, WebRequest};
///
/// fn takes_web_requests<E: WebRequest>() {}
///
/// takes_web_requests::<Request>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a web request",
    label = "the handler of `run_http` takes an `http::Request`",
    note = "a handler that takes its event as JSON is started by `run`; the JSON in the body of a web request is \
            `request.json()`"
)]
pub trait WebRequest: Sized {
    #[doc(hidden)]
    fn from_request(request: Request) -> Self;
}

impl WebRequest for Request {
    fn from_request(request: Request) -> Request {
        request
    }
}
