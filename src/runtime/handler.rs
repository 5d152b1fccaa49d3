//! [`Handler`], and the shapes of closure that make one.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Range;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::http::{self, IntoResponse, Request, Response};
use crate::http1::head::push_text;
use crate::json::{self, FromJson, ToJson};
use crate::log;
use crate::runtime::pending::free_if_large;
use crate::runtime::response::Responder;
use crate::sys;

/// What serves invocations: [`json()`], [`http()`](fn@http), [`bytes()`] and [`streaming()`] make
/// one from a closure.
///
/// Several invocations may run at once, hence `Sync`.
pub trait Handler: Sync {
    /// Serves one invocation: reads `event` and answers through `out`.
    ///
    /// # Errors
    /// Whatever it cannot do: the caller is told type and message. An answer that was already
    /// given to `out` is dropped then.
    fn handle(&self, event: &[u8], cx: &Context, out: Responder<'_>) -> Result<()>;

    /// The same, with the event in the buffer that it came in, whose room may be used for something
    /// else once the event is read.
    #[doc(hidden)]
    fn handle_in_place(
        &self,
        inbox: &mut Vec<u8>,
        event: Range<usize>,
        cx: &Context,
        out: Responder<'_>,
    ) -> Result<()> {
        self.handle(inbox.get(event).unwrap_or_default(), cx, out)
    }
}

/// A handler that takes its event from JSON and answers in JSON; [`run`](crate::run) has the same.
///
/// An event that is not what `E` reads is the error `Runtime.UnmarshalError`, which says what was
/// expected, and where. Of an event of AWS ([`events`](crate::events)) it also shows what is there, and
/// the log has how the event begins, up to 256 bytes of it, unless the variable `LAMBDA_LOG_EVENT` is
/// `off`.
///
/// ```
/// use tiny_lambda::handler;
/// let double = handler::json(|n: u32, _| Ok(u64::from(n) * 2));
/// # let _ = double;
/// ```
pub fn json<E: FromJson, R: ToJson>(
    f: impl Fn(E, &Context) -> Result<R> + Sync,
) -> impl Handler + fmt::Debug {
    Json(f, PhantomData)
}

/// A handler that takes and gives bytes; [`run_bytes`](crate::run_bytes) has the same.
pub fn bytes(f: impl Fn(&[u8], &Context) -> Result<Vec<u8>> + Sync) -> impl Handler + fmt::Debug {
    Bytes(f)
}

/// A handler of web requests; [`run_http`](crate::run_http) has the same.
///
/// An error of `f` is answered with status 500, and logged: see [`http`](mod@crate::http).
pub fn http<R: IntoResponse>(
    f: impl Fn(Request, &Context) -> Result<R> + Sync,
) -> impl Handler + fmt::Debug {
    Http(f, PhantomData)
}

/// A handler that streams its response; [`run_streaming`](crate::run_streaming) has the same.
pub fn streaming<E: FromJson>(
    f: impl Fn(E, &Context, Responder<'_>) -> Result<()> + Sync,
) -> impl Handler + fmt::Debug {
    Streaming(f, PhantomData)
}

struct Json<F, E, R>(F, PhantomData<fn(E) -> R>);

impl<E: FromJson, R: ToJson, F: Fn(E, &Context) -> Result<R> + Sync> Handler for Json<F, E, R> {
    fn handle(&self, event: &[u8], cx: &Context, out: Responder<'_>) -> Result<()> {
        if E::kind().is_none() {
            let mut inbox = Vec::new();
            inbox.extend_from_slice(event);
            return self.handle_in_place(&mut inbox, 0..event.len(), cx, out);
        }
        let serve = |out: Responder<'_>| {
            let event = parse(event)?;
            out.json(&(self.0)(event, cx)?);
            Ok(())
        };
        serve(out).inspect_err(|error| log_odd_event(error, event, cx))
    }

    fn handle_in_place(
        &self,
        inbox: &mut Vec<u8>,
        event: Range<usize>,
        cx: &Context,
        out: Responder<'_>,
    ) -> Result<()> {
        let bytes = inbox.get(event).unwrap_or_default();
        // What may have to be logged stays.
        if E::kind().is_some() {
            return self.handle(bytes, cx, out);
        }
        let event = parse(bytes)?;
        // A large response gets the room that a large event has had.
        free_if_large(inbox);
        out.json(&(self.0)(event, cx)?);
        Ok(())
    }
}

fn parse<E: FromJson>(event: &[u8]) -> Result<E> {
    json::parse(event).map_err(|error| match E::kind() {
        Some(kind) => unknown_event(kind, &error, event),
        None => unmarshal_error(&error),
    })
}

fn unmarshal_error(error: &json::Error) -> Error {
    Error::of(Error::UNMARSHAL, &[error.text()])
}

/// What AWS has sent and nobody here has written is worth more words.
fn unknown_event(kind: &str, error: &json::Error, event: &[u8]) -> Error {
    let there = event.get(error.offset()..).unwrap_or_default();
    Error::unmarshal(kind, error, there)
}

/// Bytes of an event that was not understood that are logged, unless `LAMBDA_LOG_EVENT` is `off`.
const LOGGED_LEN_MAX: usize = 256;

/// Shows an event that `error` is about, be it as a whole or a member that the handler has asked for.
fn log_odd_event(error: &Error, event: &[u8], cx: &Context) {
    if error.error_type() != Error::UNMARSHAL || sys::env(c"LAMBDA_LOG_EVENT") == Some(b"off") {
        return;
    }
    let mut text = String::from("the event begins with ");
    push_text(&mut text, event.get(..LOGGED_LEN_MAX).unwrap_or(event));
    log::error(Some(cx), &Error::new(Error::UNMARSHAL, text));
}

struct Http<F, R>(F, PhantomData<fn() -> R>);

impl<R: IntoResponse, F: Fn(Request, &Context) -> Result<R> + Sync> Handler for Http<F, R> {
    fn handle(&self, event: &[u8], cx: &Context, out: Responder<'_>) -> Result<()> {
        serve_http(event, cx, out, &|request| {
            (self.0)(request, cx).map(IntoResponse::into_response)
        })
    }
}

fn serve_http(
    event: &[u8],
    cx: &Context,
    out: Responder<'_>,
    f: &dyn Fn(Request) -> Result<Response>,
) -> Result<()> {
    let request =
        Request::from_event(event).inspect_err(|error| log_odd_event(error, event, cx))?;
    let caller = request.caller();
    let response = f(request).unwrap_or_else(http::error_response);
    log_failure(&response, event, cx);
    match http::ResponseEvent::new(&response, caller) {
        Ok(event) => out.json(&event),
        Err(error) => {
            let response = http::error_response(error);
            log_failure(&response, event, cx);
            out.json(&http::ResponseEvent::new(&response, caller)?);
        }
    }
    Ok(())
}

/// Logs the function's own error that `response` is the response to.
fn log_failure(response: &Response, event: &[u8], cx: &Context) {
    if let Some(error) = &response.failure {
        log_odd_event(error, event, cx);
        log::error(Some(cx), error);
    }
}

struct Bytes<F>(F);

impl<F: Fn(&[u8], &Context) -> Result<Vec<u8>> + Sync> Handler for Bytes<F> {
    fn handle(&self, event: &[u8], cx: &Context, out: Responder<'_>) -> Result<()> {
        out.bytes((self.0)(event, cx)?);
        Ok(())
    }
}

struct Streaming<F, E>(F, PhantomData<fn(E)>);

impl<E: FromJson, F: Fn(E, &Context, Responder<'_>) -> Result<()> + Sync> Handler
    for Streaming<F, E>
{
    fn handle(&self, event: &[u8], cx: &Context, out: Responder<'_>) -> Result<()> {
        let serve = |out: Responder<'_>| (self.0)(parse(event)?, cx, out);
        if E::kind().is_some() {
            return serve(out).inspect_err(|error| log_odd_event(error, event, cx));
        }
        serve(out)
    }
}

// A closure has nothing to show.
impl<F, E, R> fmt::Debug for Json<F, E, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("handler::json(..)")
    }
}

impl<F, R> fmt::Debug for Http<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("handler::http(..)")
    }
}

impl<F, E> fmt::Debug for Streaming<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("handler::streaming(..)")
    }
}

impl<F> fmt::Debug for Bytes<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("handler::bytes(..)")
    }
}
