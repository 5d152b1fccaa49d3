//! [`Runtime`]: the loop of next, handle, respond or report; and the Init phase in front of it.

use alloc::string::String;

use crate::api::{self, Endpoint};
use crate::worker::{self, Worker};
use crate::{Error, Handler, Result, log, panic};

/// A Runtime API, and the loop that serves its invocations. [`run`](crate::run) and its like have
/// it at the address that Lambda names; this is for tests and tools.
#[derive(Debug, Clone)]
pub struct Runtime {
    endpoint: String,
}

impl Runtime {
    /// The Runtime API at `endpoint`, which is what `AWS_LAMBDA_RUNTIME_API` holds: `host:port`,
    /// with or without `http://` in front and a path behind.
    pub fn at(endpoint: &str) -> Runtime {
        Runtime {
            endpoint: endpoint.into(),
        }
    }

    /// Serves invocations, one after another, until the Runtime API has gone.
    ///
    /// # Errors
    /// The address is malformed, the Runtime API cannot be reached any more, or it has said that
    /// it cannot go on.
    pub fn serve(&self, handler: &dyn Handler) -> Result<()> {
        serve(&Endpoint::parse(&self.endpoint)?, handler)
    }
}

/// Serves invocations until the Runtime API has gone.
pub(crate) fn serve(endpoint: &Endpoint, handler: &dyn Handler) -> Result<()> {
    panic::install();
    let mut worker = Worker::new(endpoint);
    loop {
        let event = worker.next()?;
        let result = panic::guard(&mut worker, |worker| worker.handle(event, handler));
        worker.answer(result)?;
    }
}

/// Runs code of the Init phase. A failure is posted, then the process ends.
pub(crate) fn init<T>(f: impl FnOnce() -> Result<T>) -> T {
    panic::install();
    panic::guard_init(f).unwrap_or_else(|error| init_failed(&error))
}

/// Ends the process over a failure of the Init phase, which is posted once.
#[cold]
pub(crate) fn init_failed(error: &Error) -> ! {
    log::error("", &[error.error_type(), ": ", error.error_message()]);
    match endpoint() {
        Some(Ok(endpoint)) => worker::report_init(&endpoint, error),
        Some(Err(error)) => log::error("", &[error.error_message()]),
        None => {}
    }
    std::process::exit(1);
}

/// The Runtime API that Lambda names, if it does.
pub(crate) fn endpoint() -> Option<Result<Endpoint>> {
    let text = std::env::var_os(api::ENDPOINT_VARIABLE)?;
    // An address that is no text at all is as malformed as any other.
    Some(Endpoint::parse(text.to_str().unwrap_or("\u{fffd}")))
}
