//! The invocation that this thread serves, for code that gets no [`Context`](super::Context): log lines, calls
//! of local services, traces.

#[cfg(panic = "abort")]
mod strategy {
    use core::sync::atomic::{AtomicU64, Ordering};

    use crate::context::Context;
    use crate::sys::{self, AtomicFn};

    /// Returns the context for log lines. The runtime sets it, since only the runtime knows the worker's state.
    static LOG_CONTEXT: AtomicFn<Context> = AtomicFn::new();

    /// Records the function that returns the context for log lines.
    pub(crate) fn set_log_context(f: fn() -> Context) {
        LOG_CONTEXT.set(f);
    }

    /// Returns the context for a log line that names none. It has no request ID outside of invocations and in
    /// profile `tiny`. Returns `None` before the first invocation.
    pub(crate) fn log_context() -> Option<Context> {
        LOG_CONTEXT.call()
    }

    /// The deadline of the only worker's invocation, in milliseconds since the Unix epoch; 0 if there is none.
    /// The linker leaves it and its writes out of a function that never reads it.
    static DEADLINE_MS: AtomicU64 = AtomicU64::new(0);

    /// Records the deadline of the invocation that begins; 0 at its end or if there is none.
    pub(crate) fn set_deadline_ms(deadline_ms: u64) {
        DEADLINE_MS.store(deadline_ms, Ordering::Relaxed);
    }

    /// Returns the deadline of the current invocation in milliseconds since the Unix epoch; `None` if there is
    /// none.
    pub(crate) fn deadline_ms() -> Option<u64> {
        match DEADLINE_MS.load(Ordering::Relaxed) {
            0 => None,
            ms => Some(ms),
        }
    }

    /// Calls `f` with the X-Ray tracing header of the current invocation, which is empty if there is none. Other
    /// threads get that of the only worker, too.
    pub(crate) fn with_trace_header<T>(f: impl FnOnce(&[u8]) -> T) -> T {
        const NAME: &str = "_X_AMZN_TRACE_ID=";

        // The worker sets this entry of the environment for SDKs. It sets no other entry.
        f(sys::env_entry().get(NAME.len()..).unwrap_or_default())
    }
}

#[cfg(panic = "unwind")]
mod strategy {
    use core::cell::{Cell, RefCell};

    use crate::context::Context;

    std::thread_local! {
        /// The request ID, tenant ID and tracing header of the invocation that this thread serves.
        static CONTEXT: RefCell<Context> = RefCell::default();
        /// The deadline of that invocation in milliseconds since the Unix epoch; 0 if there is none.
        static DEADLINE_MS: Cell<u64> = const { Cell::new(0) };
    }

    /// Records the deadline of the invocation that begins; 0 at its end or if there is none.
    pub(crate) fn set_deadline_ms(deadline_ms: u64) {
        DEADLINE_MS.set(deadline_ms);
    }

    /// Returns the deadline of the current invocation in milliseconds since the Unix epoch; `None` if there is
    /// none, as on a thread that serves no invocation.
    pub(crate) fn deadline_ms() -> Option<u64> {
        match DEADLINE_MS.get() {
            0 => None,
            ms => Some(ms),
        }
    }

    /// Calls `f` with the X-Ray tracing header of the invocation that this thread serves, which is empty if there is
    /// none.
    pub(crate) fn with_trace_header<T>(f: impl FnOnce(&[u8]) -> T) -> T {
        // After an invocation, its header stays, so that its memory is used again, and the request ID is empty.
        let header = with_context(|cx| {
            let is_current = !cx.request_id.is_empty();
            cx.xray_trace_id.clone().filter(|_| is_current)
        });
        f(header.flatten().unwrap_or_default().as_bytes())
    }

    /// Does nothing: each thread has its own context.
    pub(crate) fn set_log_context(_: fn() -> Context) {}

    /// Returns the context for a log line that names none. It has no request ID outside of invocations. Returns
    /// `None` if the thread is ending or a log line is being made.
    pub(crate) fn log_context() -> Option<Context> {
        with_context(|cx| cx.clone())
    }

    /// Calls `f` with the context for log lines. Returns `None` if the thread is ending or a log line is being
    /// made.
    pub(crate) fn with_context<T>(f: impl FnOnce(&mut Context) -> T) -> Option<T> {
        let result = CONTEXT.try_with(|cx| Some(f(&mut *cx.try_borrow_mut().ok()?)));
        result.ok().flatten()
    }
}

pub(crate) use strategy::*;
