//! [`Handler`], and the functions that make one from a closure.
//!
//! [`run`](crate::run) and the other functions of the crate's root make the handler themselves. These are
//! for tests and tools, with [`Runtime`](crate::Runtime) and [`emulator`](crate::emulator).

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Range;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::http::{self, HttpFn, IntoResponse, Method, Request, Response, Router, WebRequest};
use crate::json::{self, FromJson, ToJson};
use crate::log;
use crate::runtime::pending::free_if_large;
use crate::runtime::response::Responder;
use crate::sys;

/// Handles invocations. [`json()`], [`http()`](fn@http), [`bytes()`] and [`streaming()`] make a handler
/// from a closure.
///
/// It is `Sync`, because a process may handle several invocations at once.
///
/// ```
/// use tiny_lambda::{Context, Handler, Responder, Result, emulator};
///
/// struct Echo;
///
/// impl Handler for Echo {
///     fn handle(&self, event: &[u8], _: &Context, out: Responder<'_>) -> Result<()> {
///         out.bytes(event.to_vec());
///         Ok(())
///     }
/// }
/// assert_eq!(emulator::invoke(&Echo, b"[1]")?.body, b"[1]");
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Handler: Sync {
    /// Handles one invocation: reads `event` and responds through `out`.
    ///
    /// ```
    /// use tiny_lambda::{Context, Handler, Responder, Result, handler};
    ///
    /// /// Logs the length of each event in bytes.
    /// struct LogLen<H>(H);
    ///
    /// impl<H: Handler> Handler for LogLen<H> {
    ///     fn handle(&self, event: &[u8], cx: &Context, out: Responder<'_>) -> Result<()> {
    ///         tiny_lambda::info!(cx, "{} bytes", event.len());
    ///         self.0.handle(event, cx, out)
    ///     }
    /// }
    /// let double = LogLen(handler::json(|n: u32, _| Ok(u64::from(n) * 2)));
    /// # let _ = double;
    /// ```
    ///
    /// # Errors
    /// The invocation has failed: Lambda sends the error's type and message to the caller. A response that
    /// was given to `out` before, but not streamed, is dropped.
    fn handle(&self, event: &[u8], cx: &Context, out: Responder<'_>) -> Result<()>;

    /// Does the same for an event in the buffer in which it was received. The buffer may be freed or used
    /// again once the event has been read.
    #[doc(hidden)]
    fn handle_in_place(
        &self,
        buffer: &mut Vec<u8>,
        event: Range<usize>,
        cx: &Context,
        out: Responder<'_>,
    ) -> Result<()> {
        self.handle(range_of(buffer, event), cx, out)
    }

    /// Returns the kind of events that this handler reads, as `FromJson` names it. The local Lambda prints another
    /// command for web requests. Functions for Lambda do not have this method, which takes a place in their vtable.
    #[cfg(all(debug_assertions, feature = "emulator"))]
    #[doc(hidden)]
    fn event_kind(&self) -> Option<&'static str> {
        None
    }
}

/// Makes a handler that reads its event from JSON and responds with JSON, as [`run`](crate::run) does.
///
/// An event that `E` cannot read fails the invocation with the error `Runtime.UnmarshalError`, which says
/// what was expected, and where. If `E` is an event of an AWS service ([`events`](crate::events)), the error
/// also shows up to 40 bytes of the event from that place on, and its line in the log ends with the first 256
/// bytes of the event, unless the environment variable `LAMBDA_LOG_EVENT` is `off`.
///
/// ```
/// use tiny_lambda::{emulator, handler};
///
/// let double = handler::json(|n: u32, _| Ok(u64::from(n) * 2));
/// assert_eq!(emulator::invoke(&double, b"21")?.body, b"42");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn json<E: FromJson, R: ToJson>(f: impl JsonFn<E, R> + Sync) -> impl Handler + fmt::Debug {
    Json(f, PhantomData)
}

/// Makes a handler that reads and returns bytes, as [`run_bytes`](crate::run_bytes) does.
///
/// ```
/// use tiny_lambda::{emulator, handler};
///
/// let echo = handler::bytes(|event, _| Ok(event.to_vec()));
/// assert_eq!(emulator::invoke(&echo, b"[1]")?.body, b"[1]");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn bytes(f: impl BytesFn + Sync) -> impl Handler + fmt::Debug {
    Bytes(f)
}

/// Makes a handler of web requests, as [`run_http`](crate::run_http) does.
///
/// If `f` returns an error, the response has status 500 and the error is logged; see
/// [`http`](mod@crate::http).
///
/// ```
/// use tiny_lambda::handler;
///
/// let hello = handler::http(|request, _| Ok(format!("You asked for {}", request.path())));
/// # let _ = hello;
/// ```
///
/// A [`Router`] is a handler already.
pub fn http<R: IntoResponse>(f: impl HttpFn<R>) -> impl Handler + fmt::Debug {
    Http(f, PhantomData)
}

/// A handler that [`run_http`](crate::run_http) serves: a [`Router`], or a function of a [`Request`] and a
/// [`Context`]. `E` is the type of the request and `R` that of the response.
///
/// ```
/// use tiny_lambda::handler::HttpHandler;
/// use tiny_lambda::http::{Request, Router};
/// use tiny_lambda::{Context, Result};
///
/// fn serves<E, R>(_: &impl HttpHandler<E, R>) {}
/// fn greet(_: Request, _: &Context) -> Result<&'static str> {
///     Ok("hi")
/// }
/// serves(&greet);
/// serves(&Router::new().get("/", greet));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle web requests",
    label = "expected a `Router`, or an `Fn(Request, &Context) -> Result<R>` with `tiny_lambda::Result`",
    note = "a handler is synchronous: instead of an `async fn`, call `block_on` of your executor in it"
)]
pub trait HttpHandler<E, R> {
    #[doc(hidden)]
    fn into_handler(self) -> impl Handler
    where
        E: WebRequest,
        R: IntoResponse;
}

#[diagnostic::do_not_recommend]
impl<F: Fn(E, &Context) -> Result<R> + Sync, E, R> HttpHandler<E, R> for F {
    fn into_handler(self) -> impl Handler
    where
        E: WebRequest,
        R: IntoResponse,
    {
        http(move |request, cx| self(E::from_request(request), cx))
    }
}

impl HttpHandler<Request, Response> for Router<'_> {
    fn into_handler(self) -> impl Handler {
        self
    }
}

/// Serves web requests as [`run_http`](crate::run_http) does.
///
/// ```
/// use tiny_lambda::emulator;
/// use tiny_lambda::events::samples;
/// use tiny_lambda::http::{Response, Router};
/// use tiny_lambda::json;
///
/// let router = Router::new().post("/orders/{id}", |_, _| Ok((201, "new")));
/// let reply = emulator::invoke(&router, samples::HTTP_API.as_bytes())?;
/// assert_eq!(json::parse::<Response>(&reply.body).map(|response| response.status), Ok(201));
/// # Ok::<(), std::io::Error>(())
/// ```
impl Handler for Router<'_> {
    fn handle(&self, event: &[u8], cx: &Context, out: Responder<'_>) -> Result<()> {
        serve_http(event, cx, out, &|request| Router::handle(self, request, cx))
    }

    #[cfg(all(debug_assertions, feature = "emulator"))]
    fn event_kind(&self) -> Option<&'static str> {
        Request::kind()
    }
}

/// Makes a handler that may stream its response, as [`run_streaming`](crate::run_streaming) does.
///
/// ```
/// use std::io::Write;
/// use tiny_lambda::{emulator, handler};
///
/// let hello = handler::streaming(|name: String, _, out| {
///     write!(out.start("text/plain")?, "Hello, {name}!")?;
///     Ok(())
/// });
/// assert_eq!(emulator::invoke(&hello, br#""Ada""#)?.body, b"Hello, Ada!");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn streaming<E: FromJson>(f: impl StreamingFn<E> + Sync) -> impl Handler + fmt::Debug {
    Streaming(f, PhantomData)
}

/// Defines names for bounds of closures. They are traits, so that the compiler can say what is wrong with a
/// function that is not such a closure.
macro_rules! closures {
    ($(
        $(#[$doc:meta])*
        $name:ident<$($type:ident),*>: $label:literal, Fn($($arg:ty),*) -> $result:ty;
    )*) => {$(
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "the arguments or the return type of this handler do not fit",
            label = $label,
            note = "handlers are synchronous: instead of an `async fn`, write a `fn` that calls `block_on` of \
                    your executor",
            note = "a handler returns `tiny_lambda::Result`: a plain value is returned in `Ok`, and a function \
                    with another error type is called as `|event, cx: &Context| Ok(f(event, cx)?)`",
            note = "`run` serves JSON, `run_http` web requests, `run_streaming` streams and `run_bytes` bytes"
        )]
        pub trait $name<$($type),*>: Fn($($arg),*) -> $result {}

        #[diagnostic::do_not_recommend]
        impl<$($type,)* F: Fn($($arg),*) -> $result> $name<$($type),*> for F {}
    )*};
}

closures! {
    /// A closure or function that [`run`](crate::run) serves: `Fn(E, &Context) -> Result<R>`.
    ///
    /// ```
    /// use tiny_lambda::Context;
    /// use tiny_lambda::handler::JsonFn;
    ///
    /// fn call(f: impl JsonFn<u32, u32>) -> tiny_lambda::Result<u32> {
    ///     f(3, &Context::default())
    /// }
    /// assert_eq!(call(|n, _| Ok(n * 2)), Ok(6));
    /// ```
    JsonFn<E, R>: "expected `fn(event: E, cx: &Context) -> tiny_lambda::Result<R>`",
        Fn(E, &Context) -> Result<R>;
    /// A closure or function that [`run_with_init`](crate::run_with_init) serves:
    /// `Fn(&S, E, &Context) -> Result<R>`.
    ///
    /// ```
    /// use tiny_lambda::Context;
    /// use tiny_lambda::handler::SharedFn;
    ///
    /// fn call(f: impl SharedFn<u32, u32, u32>) -> tiny_lambda::Result<u32> {
    ///     f(&2, 3, &Context::default())
    /// }
    /// assert_eq!(call(|factor, n, _| Ok(n * factor)), Ok(6));
    /// ```
    SharedFn<S, E, R>: "expected `fn(shared: &S, event: E, cx: &Context) -> tiny_lambda::Result<R>`",
        Fn(&S, E, &Context) -> Result<R>;
    /// A closure or function that [`run_streaming`](crate::run_streaming) serves:
    /// `Fn(E, &Context, Responder<'_>) -> Result<()>`.
    ///
    /// ```
    /// use tiny_lambda::handler::{self, StreamingFn};
    /// use tiny_lambda::{Handler, emulator};
    ///
    /// fn logged(f: impl StreamingFn<u32> + Sync) -> impl Handler {
    ///     handler::streaming(move |n, cx, out| f(n, cx, out).inspect_err(|error| println!("{error}")))
    /// }
    /// let double = logged(|n, _, out| Ok(out.json(&(n * 2))));
    /// assert_eq!(emulator::invoke(&double, b"21")?.body, b"42");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    StreamingFn<E>: "expected `fn(event: E, cx: &Context, out: Responder<'_>) -> tiny_lambda::Result<()>`",
        Fn(E, &Context, Responder<'_>) -> Result<()>;
    /// A closure or function that [`run_bytes`](crate::run_bytes) serves:
    /// `Fn(&[u8], &Context) -> Result<Vec<u8>>`.
    ///
    /// ```
    /// use tiny_lambda::Context;
    /// use tiny_lambda::handler::BytesFn;
    ///
    /// fn call(f: impl BytesFn) -> tiny_lambda::Result<Vec<u8>> {
    ///     f(b"[1]", &Context::default())
    /// }
    /// assert_eq!(call(|event, _| Ok(event.to_vec()))?, b"[1]");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    BytesFn<>: "expected `fn(event: &[u8], cx: &Context) -> tiny_lambda::Result<Vec<u8>>`",
        Fn(&[u8], &Context) -> Result<Vec<u8>>;
}

/// Returns the bytes of `buffer` in `range`, which must lie in it.
pub(crate) fn range_of(buffer: &[u8], range: Range<usize>) -> &[u8] {
    let bytes = buffer.get(range);
    debug_assert!(bytes.is_some(), "the range lies in the buffer");
    bytes.unwrap_or_default()
}

struct Json<F, E, R>(F, PhantomData<fn(E) -> R>);

impl<E: FromJson, R: ToJson, F: Fn(E, &Context) -> Result<R> + Sync> Handler for Json<F, E, R> {
    fn handle(&self, event: &[u8], cx: &Context, out: Responder<'_>) -> Result<()> {
        let mut buffer = Vec::new();
        buffer.extend_from_slice(event);
        self.handle_in_place(&mut buffer, 0..event.len(), cx, out)
    }

    fn handle_in_place(
        &self,
        buffer: &mut Vec<u8>,
        event: Range<usize>,
        cx: &Context,
        out: Responder<'_>,
    ) -> Result<()> {
        let handle = |buffer: &mut Vec<u8>, event| {
            let event = parse(range_of(buffer, event))?;
            // A large event's memory is free for a large response, unless the event may have to be logged.
            if E::kind().is_none() {
                free_if_large(buffer);
            }
            out.json(&(self.0)(event, cx)?);
            Ok(())
        };
        if E::kind().is_none() {
            return handle(buffer, event);
        }
        handle(buffer, event.clone())
            .map_err(|error| log_if_unread(error, range_of(buffer, event), cx))
    }

    #[cfg(all(debug_assertions, feature = "emulator"))]
    fn event_kind(&self) -> Option<&'static str> {
        E::kind()
    }
}

fn parse<E: FromJson>(event: &[u8]) -> Result<E> {
    json::parse(event).map_err(|error| match E::kind() {
        // Shows a part of the event, as the function's author may never have seen one of an AWS service.
        Some(kind) => Error::unmarshal(kind, &error, event.get(error.offset()..).unwrap_or(b"")),
        None => Error::of(Error::UNMARSHAL, &[error.text()]),
    })
}

/// How many bytes of an event that could not be read are logged, unless `LAMBDA_LOG_EVENT` is `off`.
const LOGGED_LEN_MAX: usize = 256;

/// Logs `error` with the start of the event if it says that the event, or a member that the handler has asked
/// for, could not be read. The caller logs it otherwise.
fn log_if_unread(mut error: Error, event: &[u8], cx: &Context) -> Error {
    if error.error_type() == Error::UNMARSHAL && sys::env(c"LAMBDA_LOG_EVENT") != Some(b"off") {
        let start = event.get(..LOGGED_LEN_MAX).unwrap_or(event);
        log::error(Some(cx), &error.with_event(start));
        error.set_logged();
    }
    error
}

struct Http<F, R>(F, PhantomData<fn() -> R>);

impl<R: IntoResponse, F: HttpFn<R>> Handler for Http<F, R> {
    fn handle(&self, event: &[u8], cx: &Context, out: Responder<'_>) -> Result<()> {
        serve_http(event, cx, out, &|request| {
            (self.0)(request, cx).map(IntoResponse::into_response)
        })
    }

    #[cfg(all(debug_assertions, feature = "emulator"))]
    fn event_kind(&self) -> Option<&'static str> {
        Request::kind()
    }
}

fn serve_http(
    event: &[u8],
    cx: &Context,
    out: Responder<'_>,
    f: &dyn Fn(Request) -> Result<Response>,
) -> Result<()> {
    let request = Request::from_event(event).map_err(|error| log_if_unread(error, event, cx))?;
    let caller = request.caller();
    let is_head = *request.method() == Method::Head;
    let respond = |result: Result<Response>| {
        let mut response = result.unwrap_or_else(http::error_response);
        // The error of the function for which the response was made.
        if let Some(error) = response.failure.take() {
            log::error(Some(cx), &log_if_unread(error, event, cx));
        }
        if is_head {
            response.omit_body();
        }
        response
    };
    let mut response = respond(f(request));
    if let Err(error) = http::ResponseEvent::new(&response, caller) {
        response = respond(Err(error));
    }
    out.json(&http::ResponseEvent::new(&response, caller)?);
    Ok(())
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
        let handle = |out: Responder<'_>| (self.0)(parse(event)?, cx, out);
        if E::kind().is_some() {
            return handle(out).map_err(|error| log_if_unread(error, event, cx));
        }
        handle(out)
    }

    #[cfg(all(debug_assertions, feature = "emulator"))]
    fn event_kind(&self) -> Option<&'static str> {
        E::kind()
    }
}

/// Implements `Debug`, which closures do not implement.
macro_rules! debug_as {
    ($($handler:ident<$($type:ident),+> => $text:literal;)+) => {$(
        impl<$($type),+> fmt::Debug for $handler<$($type),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($text)
            }
        }
    )+};
}

debug_as! {
    Json<F, E, R> => "handler::json(..)";
    Http<F, R> => "handler::http(..)";
    Streaming<F, E> => "handler::streaming(..)";
    Bytes<F> => "handler::bytes(..)";
}
