//! [`Runtime`]: the loop of next, handle, respond or report, and the Init phase before it.

pub(crate) mod address;
pub(crate) mod api;
mod client;
pub(crate) mod deadline;
pub mod handler;
pub(crate) mod invocation;
pub(crate) mod log_macros;
pub(crate) mod no_main;
pub(crate) mod panic;
pub(crate) mod pending;
pub(crate) mod response;
pub(crate) mod shutdown;
pub(crate) mod snapstart;
pub(crate) mod streaming;
pub(crate) mod worker;
mod worker_state;

use alloc::string::String;
use core::sync::atomic::AtomicBool;

use crate::encoding::parse_decimal;
#[cfg(panic = "abort")]
use crate::encoding::{Digits, decimal};
use crate::error::{Error, Result};
#[cfg(panic = "unwind")]
use crate::log;
use crate::runtime::address::Endpoint;
use crate::runtime::handler::Handler;
use crate::runtime::worker::Worker;
use crate::sys;

/// Serves the invocations of a Runtime API at a given address, for tests and tools. [`run`](crate::run)
/// and the other functions of the crate's root serve those of Lambda.
///
/// ```no_run
/// use tiny_lambda::{Runtime, handler};
///
/// fn main() -> tiny_lambda::Result<()> {
///     let double = handler::json(|n: u32, _| Ok(u64::from(n) * 2));
///     Runtime::at("127.0.0.1:9001").concurrency(4).serve(&double)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    endpoint: String,
    n_workers: usize,
}

impl Runtime {
    /// Makes a runtime for the Runtime API at `endpoint`. It has the form of the variable
    /// `AWS_LAMBDA_RUNTIME_API`: `host:port`, where the host is an IP address or `localhost`, optionally
    /// with `http://` before it and a path after it. [`serve`](Self::serve) reports a malformed address.
    ///
    /// ```
    /// use tiny_lambda::{Runtime, handler};
    ///
    /// let echo = handler::bytes(|event, _| Ok(event.to_vec()));
    /// assert!(Runtime::at("no address").serve(&echo).is_err());
    /// ```
    pub fn at(endpoint: &str) -> Runtime {
        Runtime {
            endpoint: endpoint.into(),
            n_workers: 1,
        }
    }

    /// Sets how many invocations are served at once, each on a thread and a connection of its own. 0 counts
    /// as 1, the default. [`run`](crate::run) takes the number from `AWS_LAMBDA_MAX_CONCURRENCY`.
    ///
    /// ```
    /// let runtime = tiny_lambda::Runtime::at("127.0.0.1:9001").concurrency(4);
    /// # let _ = runtime;
    /// ```
    #[must_use]
    pub fn concurrency(mut self, n: usize) -> Runtime {
        self.n_workers = n.max(1);
        self
    }

    /// Serves invocations until the Runtime API fails. Never returns `Ok`.
    ///
    /// ```
    /// use std::thread;
    /// use tiny_lambda::emulator::Emulator;
    /// use tiny_lambda::{Runtime, handler};
    ///
    /// let echo = handler::bytes(|event, _| Ok(event.to_vec()));
    /// let emulator = Emulator::start()?;
    /// let runtime = Runtime::at(&emulator.addr().to_string());
    /// thread::scope(|scope| {
    ///     scope.spawn(|| runtime.serve(&echo).ok());
    ///     let response = emulator.invoke(b"[1]");
    ///     // Ends the runtime.
    ///     drop(emulator);
    ///     assert_eq!(response?.body, b"[1]");
    ///     Ok::<(), std::io::Error>(())
    /// })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// The address is malformed, the Runtime API cannot be reached, it has replied that it cannot go on
    /// (status 403, or a 5xx), or [`concurrency`](Self::concurrency) is more than 1 and panics abort.
    pub fn serve(&self, handler: &dyn Handler) -> Result<()> {
        // An endpoint borrows its text for the life of the process, since Lambda's is in the environment.
        let endpoint = Endpoint::parse(String::leak(self.endpoint.clone()))?;
        serve(&mut Worker::new(endpoint), self.n_workers, handler)
    }
}

/// The stack of a worker's thread, in bytes: enough for a handler, and for JSON of the greatest depth. Only
/// pages that are touched use memory.
#[cfg(panic = "unwind")]
const STACK_LEN: usize = 2 * 1024 * 1024;

/// Returns how many invocations Lambda sends to one process at once (AWS Lambda Developer Guide, "Lambda
/// Managed Instances"). Everywhere else it is one.
pub(crate) fn n_workers() -> usize {
    let n = sys::env(c"AWS_LAMBDA_MAX_CONCURRENCY").and_then(parse_decimal);
    n.and_then(|n| usize::try_from(n).ok()).unwrap_or(1)
}

/// Serves up to `n_workers` invocations at once until the Runtime API fails; a single one with `worker`.
pub(crate) fn serve(worker: &mut Worker, n_workers: usize, handler: &dyn Handler) -> Result<()> {
    static HAS_HOOK: AtomicBool = AtomicBool::new(false);

    panic::install(&HAS_HOOK);
    snapstart::wait_for_restore(worker.pending.client.endpoint);
    if n_workers <= 1 {
        return work(worker, true, handler);
    }
    #[cfg(panic = "abort")]
    return Err(cannot_serve_many(n_workers));
    #[cfg(panic = "unwind")]
    serve_many(worker.pending.client.endpoint, n_workers, handler)
}

/// If one worker fails, the others go on, since Lambda may still have invocations for them.
#[cfg(panic = "unwind")]
fn serve_many(endpoint: &'static Endpoint, n_workers: usize, handler: &dyn Handler) -> Result<()> {
    sys::in_parallel(n_workers, STACK_LEN, &|| {
        if let Err(error) = work(&mut Worker::new(endpoint), false, handler) {
            log::error(None, &error);
        }
    });
    Err(Error::of(address::ENDPOINT_ERROR, &["no worker is left"]))
}

/// Posts an init error and ends the process if Lambda wants several invocations served at once and this
/// build cannot do so. If it served them one at a time, Lambda would refuse callers at random.
#[cfg(panic = "abort")]
pub(crate) fn require_one_worker(worker: &mut Worker) {
    let n_workers = n_workers();
    if n_workers > 1 {
        let _ = worker.report_to(api::INIT_ERROR, &cannot_serve_many(n_workers));
        sys::exit(worker::INIT_EXIT_STATUS);
    }
}

/// Refuses several workers if panics abort, since one panic would end all invocations of the process.
#[cfg(panic = "abort")]
fn cannot_serve_many(n_workers: usize) -> Error {
    let digits = &mut Digits::default();
    let message = [
        "AWS_LAMBDA_MAX_CONCURRENCY is ",
        sys::utf8::text(decimal(n_workers as u64, digits)),
        ", but this build serves one; use `build.sh --profile unwind`",
    ];
    Error::of("Runtime.Concurrency", &message)
}

/// Serves invocations one after another. Sets `_X_AMZN_TRACE_ID` if this worker is the only one.
// `inline(never)`: addresses relative to the pointer to `worker` are shorter than those in a large frame.
#[inline(never)]
fn work(worker: &mut Worker, is_only: bool, handler: &dyn Handler) -> Result<()> {
    loop {
        let event = worker.next()?;
        if is_only {
            worker.set_trace_id();
        }
        let (result, state_lock) = panic::run_invocation(worker, event, handler);
        worker.respond(result)?;
        drop(state_lock);
    }
}

/// Runs code of the Init phase. Posts a failure and ends the process then.
pub(crate) fn init<T>(f: impl FnOnce() -> Result<T>) -> T {
    static HAS_HOOK: AtomicBool = AtomicBool::new(false);

    panic::set_function_process();
    panic::install(&HAS_HOOK);
    panic::run_init(api::INIT_ERROR, f)
        .unwrap_or_else(|error| worker::init_failed(api::INIT_ERROR, &error))
}
