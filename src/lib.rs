//! The front door of an AWS Lambda runtime for Rust: std only, no dependencies.
//!
//! A handler goes in, and a Lambda function comes out:
//!
//! ```no_run
//! use tiny_lambda::{Context, Result, json_struct};
//!
//! json_struct! { struct Request { name: String } }
//! json_struct! { struct Response { message: String } }
//!
//! fn main() -> ! {
//!     tiny_lambda::run(hello)
//! }
//!
//! fn hello(request: Request, _: &Context) -> Result<Response> {
//!     Ok(Response {
//!         message: format!("Hello, {}!", request.name),
//!     })
//! }
//! ```
//!
//! `./build.sh` makes of it a `function.zip` with one static executable of some 80 KB.
//!
//! | a handler that | is run by |
//! | --- | --- |
//! | takes and gives JSON | [`run`], [`run_with_init`] |
//! | answers web requests, of whatever front door | [`run_http`] |
//! | streams its response | [`run_streaming`] |
//! | takes and gives bytes | [`run_bytes`] |
//!
//! [`mod@json`] has the types and macros for events and responses of one's own, [`events`] those of AWS
//! services, [`log`] the macros for the function's log, and [`emulator`] a local Lambda, for tests and
//! for trying things out.
//!
//! Nothing that a caller, an event or the Runtime API can send makes the runtime panic. The source
//! is meant to be read: an event's path is socket, `http1`, `api`, `worker`, `handler`, `json`, your
//! closure, and back through `json`, `response`, `api`, `http1`.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    ),
    allow(clippy::string_slice, clippy::arithmetic_side_effects)
)]

extern crate alloc;

mod api;
mod context;
mod current;
mod deadline;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod encoding;
mod error;
pub mod events;
mod extension;
pub mod handler;
pub mod http;
mod http1;
pub mod json;
pub mod log;
mod panic;
mod response;
mod runtime;
mod snapstart;
mod start;
mod sys;
mod worker;

use alloc::vec::Vec;
use core::mem::ManuallyDrop;

pub use context::{ClientApplication, ClientContext, CognitoIdentity, Context, Function, function};
pub use deadline::DeadlineWarning;
pub use error::{Error, Result};
pub use extension::on_shutdown;
pub use handler::Handler;
pub use response::{BodyWriter, Responder};
pub use runtime::Runtime;
pub use snapstart::{after_restore, before_snapshot};
#[doc(hidden)]
pub use start::start;

use json::{FromJson, ToJson};
use worker::Worker;

/// Serves invocations with `f`, which takes its event from JSON and answers in JSON.
///
/// ```no_run
/// fn main() -> ! {
///     tiny_lambda::run(|name: String, _| Ok(format!("Hello, {name}!")))
/// }
/// ```
///
/// An error of `f` is posted to Lambda with its type and message, and the next invocation is
/// served. An event that is not what `E` reads is such an error, `Runtime.UnmarshalError`, which
/// says where. A panic is posted too, with its message and place; where panics abort, as in the
/// default build, the process then ends, and Lambda starts another for the next invocation.
///
/// What `f` prints reaches the log line by line, and text without the end of its line when `f` has
/// returned or panicked. For that, the runtime takes the lock of [`std::io::stdout`] before it waits
/// for the next event: a thread that keeps [`lock`](std::io::Stdout::lock) stops it. [`log`] writes at
/// once.
///
/// A panic hook that is set ([`std::panic::set_hook`]) before `run`, or in [`init()`](init), is called
/// first; then the panic is logged and posted. One that is set in `f` has to call the hook that
/// [`std::panic::take_hook`] returns, as Sentry's does: it replaces the runtime's.
///
/// Without Lambda, that is without the variable `AWS_LAMBDA_RUNTIME_API`, a debug build serves
/// itself on a local port; a release build says how to run it and exits with 1.
pub fn run<E: FromJson, R: ToJson>(f: impl Fn(E, &Context) -> Result<R> + Sync) -> ! {
    serve(&handler::json(f))
}

/// Serves web requests with `f`, whoever sends them; see [`http`].
///
/// ```no_run
/// fn main() -> ! {
///     tiny_lambda::run_http(|request, _| Ok(format!("You asked for {}", request.path())))
/// }
/// ```
pub fn run_http<R: http::IntoResponse>(
    f: impl Fn(http::Request, &Context) -> Result<R> + Sync,
) -> ! {
    serve(&handler::http(f))
}

/// Serves invocations with `f`, which takes and gives bytes. See [`run`].
///
/// ```no_run
/// fn main() -> ! {
///     tiny_lambda::run_bytes(|event, _| Ok(event.to_vec()))
/// }
/// ```
pub fn run_bytes(f: impl Fn(&[u8], &Context) -> Result<Vec<u8>> + Sync) -> ! {
    serve(&handler::bytes(f))
}

/// Serves invocations with `f`, which takes its event from JSON and streams its response: the
/// caller sees the beginning while `f` is still at work. See [`run`] and [`Responder::start`].
///
/// ```no_run
/// use std::io::Write;
///
/// fn main() -> ! {
///     tiny_lambda::run_streaming(|n: u32, _, out| {
///         let mut body = out.start("text/plain")?;
///         for i in 0..n {
///             writeln!(body, "line {i}")?;
///         }
///         Ok(())
///     })
/// }
/// ```
pub fn run_streaming<E: FromJson>(
    f: impl Fn(E, &Context, Responder<'_>) -> Result<()> + Sync,
) -> ! {
    serve(&handler::streaming(f))
}

/// Runs code of the Init phase: what is done once, before the first invocation. A failure, be it
/// an error or a panic, is posted to Lambda, which shows it to the first caller; then the process
/// exits with 1.
///
/// ```no_run
/// fn main() -> ! {
///     let greeting = tiny_lambda::init(|| Ok(std::fs::read_to_string("greeting.txt")?));
///     tiny_lambda::run(move |name: String, _| Ok(format!("{greeting}, {name}!")))
/// }
/// ```
pub fn init<T>(f: impl FnOnce() -> Result<T>) -> T {
    runtime::init(f)
}

/// Runs `init`, code of the Init phase as [`init()`](init) has it, and then serves invocations with
/// `f`, which is lent what came of it.
///
/// ```no_run
/// fn main() -> ! {
///     tiny_lambda::run_with_init(
///         || Ok(std::fs::read_to_string("greeting.txt")?),
///         |greeting, name: String, _| Ok(format!("{greeting}, {name}!")),
///     )
/// }
/// ```
pub fn run_with_init<S: Sync, E: FromJson, R: ToJson>(
    init: impl FnOnce() -> Result<S>,
    f: impl Fn(&S, E, &Context) -> Result<R> + Sync,
) -> ! {
    let state = runtime::init(init);
    run(|event, cx| f(&state, event, cx))
}

/// Serves invocations at the address that Lambda names; without one, on this machine or not at all.
fn serve(handler: &dyn Handler) -> ! {
    let result = match api::Endpoint::from_env() {
        Some(endpoint) => endpoint.and_then(|endpoint| {
            // The process ends with it.
            let mut worker = ManuallyDrop::new(Worker::new(endpoint));
            #[cfg(panic = "abort")]
            runtime::require_one_worker(&mut worker);
            panic::own_process();
            runtime::serve(&mut worker, runtime::n_workers(), handler)
        }),
        #[cfg(all(debug_assertions, feature = "emulator"))]
        None => emulator::serve_local(handler),
        #[cfg(not(all(debug_assertions, feature = "emulator")))]
        None => Err(Error::of(api::ENDPOINT_ERROR, &[NO_ENDPOINT])),
    };
    if let Err(error) = &result {
        log::error(None, error);
    }
    sys::exit(1);
}

#[cfg(not(all(debug_assertions, feature = "emulator")))]
const NO_ENDPOINT: &str = "AWS_LAMBDA_RUNTIME_API is not set: outside Lambda, use `cargo run` \
    or `./build.sh --invoke '{}'`";

/// The programs of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
