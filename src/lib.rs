//! An AWS Lambda runtime for Rust that uses only the standard library.
//!
//! This is a whole function:
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
//! `./build.sh` builds it into a `function.zip` with one static executable of less than 70 KB (x86_64).
//!
//! | The handler | Function |
//! | --- | --- |
//! | reads and returns JSON | [`run`], [`run_with_init`] |
//! | handles web requests of API Gateway, a function URL or a load balancer | [`run_http`], [`run_http_with_init`] |
//! | streams its response | [`run_streaming`], [`run_streaming_with_init`] |
//! | reads and returns bytes | [`run_bytes`], [`run_bytes_with_init`] |
//!
//! | What there is for it | Module |
//! | --- | --- |
//! | JSON: types and macros for your own events and responses | [`mod@json`] |
//! | events of AWS services, batches | [`events`] |
//! | web requests and responses, a router; a client for plain HTTP | [`http`], [`http::client`] |
//! | log lines with fields | [`log`] |
//! | CloudWatch metrics | [`mod@metrics`] |
//! | subsegments of X-Ray traces | [`xray`] |
//! | parameters, secrets, configurations, feature flags, metadata | [`services`] |
//! | signatures: HMAC, webhooks, AWS Signature Version 4 | [`signing`] |
//! | settings from environment variables | [`mod@env`] |
//! | random numbers and UUIDs | [`random`] |
//! | gzip | [`encoding`] |
//! | a local Lambda for tests and `cargo run`; handlers as values | [`emulator`], [`handler`] |
//!
//! `use tiny_lambda::json` imports the module and the macro of that name:
//!
//! ```
//! use tiny_lambda::json;
//!
//! let event: json::Value = json::parse(br#"{"n":1}"#)?;
//! assert_eq!(event, json!({ "n": 1 }));
//! # Ok::<(), json::Error>(())
//! ```
//!
//! Nothing that a caller, an event or the Runtime API can send makes the runtime panic.
//!
//! To read the source, follow an event: `runtime/mod.rs`, `worker.rs`, `client.rs` with `http1` (receive),
//! `handler.rs` with `json`, your closure, and back through `response.rs` and `client.rs`.
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

mod context;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod encoding;
pub mod env;
mod error;
pub mod events;
pub mod http;
mod http1;
pub mod json;
pub mod log;
pub mod metrics;
pub mod random;
mod runtime;
pub mod services;
pub mod signing;
mod sys;
pub mod xray;

use core::mem::ManuallyDrop;

pub use context::{ClientApplication, ClientContext, CognitoIdentity, Context, Function, function};
#[doc(hidden)]
pub use error::{BailBoxed, BailFrom, BailText, BailValue};
pub use error::{Error, Result};
pub use runtime::Runtime;
pub use runtime::deadline::DeadlineWarning;
pub use runtime::handler::{self, Handler};
#[doc(hidden)]
pub use runtime::log_macros::log_current;
#[doc(hidden)]
pub use runtime::no_main::run_without_std_start;
pub use runtime::response::Responder;
pub use runtime::shutdown::on_shutdown;
pub use runtime::snapstart::{after_restore, before_snapshot};
pub use runtime::streaming::BodyWriter;

use handler::{BytesFn, JsonFn, SharedFn, StreamingFn};
use json::{FromJson, ToJson};
use runtime::worker::Worker;
use runtime::{address, panic};

/// Serves invocations with `f`, which reads its event from JSON and returns its response as JSON.
///
/// ```no_run
/// fn main() -> ! {
///     tiny_lambda::run(|name: String, _| Ok(format!("Hello, {name}!")))
/// }
/// ```
///
/// If `f` returns an error, its type and message are posted to Lambda, and the next invocation is served.
/// If `E` cannot read an event, the error is `Runtime.UnmarshalError` and says where. A panic is posted too,
/// with its message and place. If panics abort, as in the default build, the process ends then, and Lambda
/// starts another one for the next invocation.
///
/// The function does not return. When the Runtime API fails, the process ends with exit code 1.
///
/// Each line that `f` prints is written to the log when it ends. Text without a line end is written when
/// `f` has returned or panicked. For that, the runtime takes the lock of [`std::io::stdout`] before it waits
/// for the next event, so a thread must not keep that [`lock`](std::io::Stdout::lock). The macros of [`log`]
/// write at once.
///
/// A panic hook that was set ([`std::panic::set_hook`]) before `run` or in [`init()`](init) is called first.
/// Then the panic is logged and posted. A hook that is set in `f` replaces the runtime's. It must call the
/// hook that [`std::panic::take_hook`] returns, as Sentry's does.
///
/// If the environment variable `AWS_LAMBDA_RUNTIME_API` is not set, the process does not run in Lambda. A
/// debug build then serves the handler with a local Lambda ([`emulator`]). A release build logs an error and
/// ends with exit code 1.
pub fn run<E: FromJson, R: ToJson>(f: impl JsonFn<E, R> + Sync) -> ! {
    serve(&handler::json(f))
}

/// Serves web requests with `handler`, from API Gateway, a function URL, a load balancer or VPC Lattice.
/// The handler is a function or a [`Router`](http::Router). See [`http`] and [`run`].
///
/// ```no_run
/// use tiny_lambda::http::Request;
/// use tiny_lambda::{Context, Result};
///
/// fn main() -> ! {
///     tiny_lambda::run_http(greet)
/// }
///
/// fn greet(request: Request, _: &Context) -> Result<String> {
///     Ok(format!("You asked for {}", request.path()))
/// }
/// ```
///
/// A closure names the types of both parameters, because the handler may also be a router. Without them, the
/// compiler says "type annotations needed" or "implementation of `FnOnce` is not general enough".
///
/// ```no_run
/// use tiny_lambda::Context;
/// use tiny_lambda::http::Request;
///
/// fn main() -> ! {
///     tiny_lambda::run_http(|_: Request, _: &Context| Ok("Hello!"))
/// }
/// ```
///
/// The closures of a router need no types:
///
/// ```no_run
/// use tiny_lambda::http::Router;
///
/// fn main() -> ! {
///     let router = Router::new()
///         .get("/", |_, _| Ok("Hello!"))
///         .get("/{name}", |request, _| Ok(format!("Hello, {}!", request.param::<String>("name")?)));
///     tiny_lambda::run_http(router)
/// }
/// ```
pub fn run_http<E: http::WebRequest, R: http::IntoResponse>(
    handler: impl handler::HttpHandler<E, R>,
) -> ! {
    serve(&handler.into_handler())
}

/// Serves invocations with `f`, which reads and returns bytes. See [`run`].
///
/// ```no_run
/// fn main() -> ! {
///     tiny_lambda::run_bytes(|event, _| Ok(event.to_vec()))
/// }
/// ```
pub fn run_bytes(f: impl BytesFn + Sync) -> ! {
    serve(&handler::bytes(f))
}

/// Serves invocations with `f`, which reads its event from JSON and streams its response. See [`run`].
///
/// [`Responder::start`] starts the stream: the caller receives what is written while `f` is still running.
/// `f` may also respond in one piece, with [`Responder::json`] or [`Responder::bytes`].
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
pub fn run_streaming<E: FromJson>(f: impl StreamingFn<E> + Sync) -> ! {
    serve(&handler::streaming(f))
}

/// Runs code of the Init phase, once, before the first invocation. Returns its value.
///
/// If `f` returns an error or panics, the error is posted to Lambda, which sends it to the first caller, and
/// the process ends with exit code 1.
///
/// ```no_run
/// fn main() -> ! {
///     let greeting = tiny_lambda::init(|| Ok(std::fs::read_to_string("greeting.txt")?));
///     tiny_lambda::run(move |name: String, _| Ok(format!("{greeting}, {name}!")))
/// }
/// ```
pub fn init<T>(f: impl FnOnce() -> Result<T>) -> T {
    init_phase(f)
}

/// Runs code of the Init phase, unless the arguments request a text of the local Lambda.
fn init_phase<T>(f: impl FnOnce() -> Result<T>) -> T {
    #[cfg(feature = "emulator")]
    if cfg!(debug_assertions) && address::Endpoint::from_env().is_none() {
        emulator::print_requested_text();
    }
    runtime::init(f)
}

/// Runs code of the Init phase as [`init()`](init) does, and then serves invocations with `f`, which borrows
/// the value that `init` has returned. See [`run`].
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
    f: impl SharedFn<S, E, R> + Sync,
) -> ! {
    let state = init_phase(init);
    run(|event, cx: &Context| f(&state, event, cx))
}

/// Runs code of the Init phase as [`init()`](init) does, and then serves web requests with `f`, which borrows
/// the value that `init` has returned. See [`run_http`].
///
/// ```no_run
/// fn main() -> ! {
///     tiny_lambda::run_http_with_init(
///         || Ok(std::fs::read_to_string("greeting.txt")?),
///         |greeting, request, _| Ok(format!("{greeting}, {}!", request.path())),
///     )
/// }
/// ```
///
/// The value may be a router, whose routes own or borrow what they need:
///
/// ```no_run
/// use tiny_lambda::Result;
/// use tiny_lambda::http::Router;
///
/// fn main() -> ! {
///     tiny_lambda::run_http_with_init(router, Router::handle)
/// }
///
/// fn router() -> Result<Router<'static>> {
///     let greeting = std::fs::read_to_string("greeting.txt")?;
///     Ok(Router::new().get("/", move |_, _| Ok(greeting.clone())))
/// }
/// ```
pub fn run_http_with_init<S: Sync, R: http::IntoResponse>(
    init: impl FnOnce() -> Result<S>,
    f: impl Fn(&S, http::Request, &Context) -> Result<R> + Sync,
) -> ! {
    let state = init_phase(init);
    serve(&handler::http(|request, cx| f(&state, request, cx)))
}

/// Runs code of the Init phase as [`init()`](init) does, and then serves invocations with `f`, which borrows
/// the value that `init` has returned and streams its response. See [`run_streaming`].
///
/// ```no_run
/// use std::io::Write;
///
/// fn main() -> ! {
///     tiny_lambda::run_streaming_with_init(
///         || Ok(std::fs::read("page.html")?),
///         |page, _: tiny_lambda::http::Request, _, out| {
///             let mut body = out.start_http(200, &[("Content-Type", "text/html")])?;
///             Ok(body.write_all(page)?)
///         },
///     )
/// }
/// ```
pub fn run_streaming_with_init<S: Sync, E: FromJson>(
    init: impl FnOnce() -> Result<S>,
    f: impl Fn(&S, E, &Context, Responder<'_>) -> Result<()> + Sync,
) -> ! {
    let state = init_phase(init);
    run_streaming(|event, cx, out| f(&state, event, cx, out))
}

/// Runs code of the Init phase as [`init()`](init) does, and then serves invocations with `f`, which borrows
/// the value that `init` has returned and reads and returns bytes. See [`run_bytes`].
///
/// ```no_run
/// fn main() -> ! {
///     tiny_lambda::run_bytes_with_init(
///         || Ok(std::fs::read("header.bin")?),
///         |header, event, _| Ok([header, event].concat()),
///     )
/// }
/// ```
pub fn run_bytes_with_init<S: Sync>(
    init: impl FnOnce() -> Result<S>,
    f: impl Fn(&S, &[u8], &Context) -> Result<Vec<u8>> + Sync,
) -> ! {
    let state = init_phase(init);
    run_bytes(|event, cx| f(&state, event, cx))
}

/// Serves the invocations of Lambda's Runtime API. If there is none, serves a local Lambda in debug builds.
fn serve(handler: &dyn Handler) -> ! {
    let result = match address::Endpoint::from_env() {
        Some(endpoint) => endpoint.and_then(|endpoint| {
            // Not dropped, since the process ends afterwards.
            let mut worker = ManuallyDrop::new(Worker::new(endpoint));
            #[cfg(panic = "abort")]
            runtime::require_one_worker(&mut worker);
            panic::set_function_process();
            runtime::serve(&mut worker, runtime::n_workers(), handler)
        }),
        #[cfg(all(debug_assertions, feature = "emulator"))]
        None => emulator::serve_local(handler),
        #[cfg(not(all(debug_assertions, feature = "emulator")))]
        None => Err(Error::of(address::ENDPOINT_ERROR, &[NO_ENDPOINT])),
    };
    if let Err(error) = &result {
        log::error(None, error);
    }
    sys::exit(1);
}

#[cfg(not(all(debug_assertions, feature = "emulator")))]
const NO_ENDPOINT: &str = "AWS_LAMBDA_RUNTIME_API is not set: outside Lambda, use `cargo run` \
    or `./build.sh --invoke '{}'`";

/// Compiles the programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles the programs of the page about the local Lambda.
#[cfg(all(doctest, feature = "emulator"))]
#[doc = include_str!("../docs/local-lambda.md")]
struct LocalLambda;

/// Compiles the programs of the page for users of Powertools.
#[cfg(doctest)]
#[doc = include_str!("../docs/powertools.md")]
struct Powertools;
