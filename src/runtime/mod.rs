//! [`Runtime`]: the loop of next, handle, respond or report; and the Init phase in front of it.

pub(crate) mod address;
pub(crate) mod api;
mod client;
pub(crate) mod deadline;
pub mod handler;
pub(crate) mod invocation;
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

/// A Runtime API, and the loop that serves its invocations. [`run`](crate::run) and its like have
/// it at the address that Lambda names; this is for tests and tools.
#[derive(Debug, Clone)]
pub struct Runtime {
    endpoint: String,
    n_workers: usize,
}

impl Runtime {
    /// The Runtime API at `endpoint`, which is what `AWS_LAMBDA_RUNTIME_API` holds: `host:port`,
    /// with or without `http://` in front and a path behind.
    pub fn at(endpoint: &str) -> Runtime {
        Runtime {
            endpoint: endpoint.into(),
            n_workers: 1,
        }
    }

    /// The same, with up to `n` invocations at once, each on a thread and a connection of its own:
    /// what [`run`](crate::run) does where `AWS_LAMBDA_MAX_CONCURRENCY` is more than one.
    #[must_use]
    pub fn concurrency(mut self, n: usize) -> Runtime {
        self.n_workers = n.max(1);
        self
    }

    /// Serves invocations until the Runtime API has gone.
    ///
    /// # Errors
    /// The address is malformed, the Runtime API cannot be reached any more, or it has said that
    /// it cannot go on.
    pub fn serve(&self, handler: &dyn Handler) -> Result<()> {
        // It is kept for good, as Lambda's own address is, which stands in the environment.
        let endpoint = Endpoint::parse(String::leak(self.endpoint.clone()))?;
        serve(&mut Worker::new(endpoint), self.n_workers, handler)
    }
}

/// Stack of a worker that has a thread of its own, in bytes: what a handler may need, and JSON as
/// deep as it may be. It is only used as far as it is touched.
#[cfg(panic = "unwind")]
const STACK_LEN: usize = 2 * 1024 * 1024;

/// How many invocations Lambda wants to have served at once, in one process (AWS Lambda Developer
/// Guide, "Lambda Managed Instances"); everywhere else, one.
pub(crate) fn n_workers() -> usize {
    let n = sys::env(c"AWS_LAMBDA_MAX_CONCURRENCY").and_then(parse_decimal);
    n.and_then(|n| usize::try_from(n).ok()).unwrap_or(1)
}

/// Serves up to `n_workers` invocations at once until the Runtime API has gone; if it is one, by
/// `worker`.
pub(crate) fn serve(worker: &mut Worker, n_workers: usize, handler: &dyn Handler) -> Result<()> {
    static HAS_HOOK: AtomicBool = AtomicBool::new(false);

    panic::install(&HAS_HOOK);
    snapstart::restore(worker.pending.client.endpoint);
    if n_workers <= 1 {
        return work(worker, true, handler);
    }
    serve_many(worker, n_workers, handler)
}

/// One worker that ends does not take the others along: each is a place for invocations.
#[cfg(panic = "unwind")]
fn serve_many(worker: &mut Worker, n_workers: usize, handler: &dyn Handler) -> Result<()> {
    let endpoint = worker.pending.client.endpoint;
    sys::in_parallel(n_workers, STACK_LEN, &|| {
        if let Err(error) = work(&mut Worker::new(endpoint), false, handler) {
            log::error(None, &error);
        }
    });
    Err(Error::of(address::ENDPOINT_ERROR, &["no worker is left"]))
}

/// Where panics abort, one would end all invocations of the process, so several are refused.
#[cfg(panic = "abort")]
fn serve_many(_: &mut Worker, n_workers: usize, _: &dyn Handler) -> Result<()> {
    Err(cannot_serve_many(n_workers))
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

#[cfg(panic = "abort")]
fn cannot_serve_many(n_workers: usize) -> Error {
    let digits = &mut Digits::default();
    let message = [
        "AWS_LAMBDA_MAX_CONCURRENCY is ",
        decimal(n_workers as u64, digits),
        ", but this build serves one; use `build.sh --profile unwind`",
    ];
    Error::of("Runtime.Concurrency", &message)
}

/// Serves invocations, one after another. The only worker also keeps `_X_AMZN_TRACE_ID`.
// A pointer to what is used all the time is shorter than a place on the stack.
#[inline(never)]
fn work(worker: &mut Worker, is_only: bool, handler: &dyn Handler) -> Result<()> {
    loop {
        let event = worker.next()?;
        if is_only {
            worker.set_trace_id();
        }
        let (result, guard) = panic::guard(worker, |worker| worker.handle(event, handler));
        worker.respond(result)?;
        drop(guard);
    }
}

/// Runs code of the Init phase. A failure is posted, then the process ends.
pub(crate) fn init<T>(f: impl FnOnce() -> Result<T>) -> T {
    static HAS_HOOK: AtomicBool = AtomicBool::new(false);

    panic::own_process();
    panic::install(&HAS_HOOK);
    panic::guard_init(api::INIT_ERROR, f)
        .unwrap_or_else(|error| worker::init_failed(api::INIT_ERROR, &error))
}
