//! The invocation that this thread serves, for code that gets no [`Context`](super::Context): log lines, calls
//! of local services, traces.

#[cfg(panic = "abort")]
mod strategy {
    use core::sync::atomic::{AtomicU64, Ordering};

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
}

#[cfg(panic = "unwind")]
mod strategy {
    use core::cell::{Cell, RefCell};

    use crate::context::Context;

    std::thread_local! {
        /// The request ID and tenant ID of the invocation that this thread serves, for log lines.
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

    /// Calls `f` with the context for log lines. Returns `None` if the thread is ending or a log line is being
    /// made.
    pub(crate) fn with_context<T>(f: impl FnOnce(&mut Context) -> T) -> Option<T> {
        let result = CONTEXT.try_with(|cx| Some(f(&mut *cx.try_borrow_mut().ok()?)));
        result.ok().flatten()
    }
}

pub(crate) use strategy::*;
