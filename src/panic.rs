//! What becomes of a panic: an error that is posted with its message and its place.
//!
//! Where panics unwind, the handler's panic ends the invocation, and the next one is served.
//! Where they abort, the hook posts the error before the process ends.

/// What a panic in `main` ends a Rust program with.
const EXIT_STATUS: i32 = 101;

#[cfg(panic = "unwind")]
pub(crate) use unwind::{guard, guard_init, guard_record, install};
#[cfg(panic = "unwind")]
mod unwind {
    use core::cell::{Cell, RefCell};
    use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
    use std::sync::Once;

    use super::EXIT_STATUS;
    use crate::api::{Endpoint, Invocation};
    #[cfg(unix)]
    use crate::response::end_lost_stream;
    use crate::worker::{self, Worker};
    use crate::{Error, Result, log};

    std::thread_local! {
        /// Whether code is guarded, and where its failure is posted if that is no invocation's.
        static GUARDED: Cell<Option<&'static str>> = const { Cell::new(None) };
        static PANIC: RefCell<Option<Error>> = const { RefCell::new(None) };
        /// The invocation that this thread serves.
        static CURRENT: RefCell<(Option<&'static Endpoint>, Invocation)> =
            const { RefCell::new((None, Invocation::new())) };
    }

    /// Has panics of guarded code noted with their place, instead of printed.
    pub(crate) fn install() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let others = panic::take_hook();
            panic::set_hook(alloc::boxed::Box::new(move |info| {
                if let Ok(Some(call)) = GUARDED.try_with(Cell::get) {
                    if is_the_last(info) {
                        report_and_exit(call);
                    }
                    let error = Error::from_panic(info);
                    let _ = PANIC
                        .try_with(|panic| panic.try_borrow_mut().map(|mut p| *p = Some(error)));
                } else {
                    others(info);
                }
            }));
        });
    }

    /// Whether this says that there was a panic while another one unwound: behind it there is no way
    /// on. What core calls it is all that there is to know it by.
    fn is_the_last(info: &PanicHookInfo<'_>) -> bool {
        let text = info.payload().downcast_ref::<&str>();
        text.is_some_and(|text| text.starts_with("panic in a destructor during cleanup"))
    }

    /// Has the panic before the last posted, and ends the process: it would only be aborted.
    fn report_and_exit(call: &str) -> ! {
        let noted = PANIC.try_with(RefCell::take).ok().flatten();
        let error = noted.unwrap_or_else(|| Error::panic("panicked while panicking"));
        if !call.is_empty() {
            worker::init_failed(call, &error);
        }
        let _ = CURRENT.try_with(|current| match current.try_borrow().as_deref() {
            Ok((Some(endpoint), invocation)) if !end_lost_stream(&error) => {
                worker::report(endpoint, invocation, &error);
            }
            _ => log::error(None, &error),
        });
        std::process::exit(EXIT_STATUS);
    }

    #[cfg(not(unix))]
    fn end_lost_stream(_: &Error) -> bool {
        false
    }

    /// Lets `worker` handle an invocation, and makes an error of a panic.
    pub(crate) fn guard(
        worker: &mut Worker,
        f: impl FnOnce(&mut Worker) -> Result<()>,
    ) -> Result<()> {
        let _ = CURRENT.try_with(|current| {
            if let Ok(mut current) = current.try_borrow_mut() {
                current.0 = Some(worker.out.endpoint);
                current.1.set(&worker.out.invocation);
            }
        });
        guard_init("", || f(worker))
    }

    /// Handles one record of a batch, and makes an error of a panic.
    pub(crate) fn guard_record(f: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        guard_init("", f)
    }

    /// Calls `f`, and makes an error of a panic.
    pub(crate) fn guard_init<T>(call: &'static str, f: impl FnOnce() -> Result<T>) -> Result<T> {
        // It may be part of what is guarded already.
        let was_guarded = GUARDED.replace(Some(call));
        // What `f` has half done is not looked at again: a handler is `Sync` and shared with other
        // invocations anyway, and the response of one that failed is written anew.
        let result = panic::catch_unwind(AssertUnwindSafe(f));
        GUARDED.set(was_guarded);
        result.unwrap_or_else(|payload| {
            // Dropping it could panic again.
            core::mem::forget(payload);
            let noted = PANIC.take();
            Err(noted.unwrap_or_else(|| Error::panic("panicked")))
        })
    }
}

#[cfg(panic = "abort")]
pub(crate) use abort::{guard, guard_init, guard_record, install};
#[cfg(panic = "abort")]
mod abort {
    use alloc::boxed::Box;
    use core::mem;
    use std::panic;
    use std::sync::{Mutex, PoisonError};

    use super::EXIT_STATUS;
    use crate::api::{Endpoint, Invocation};
    use crate::response::Outbox;
    #[cfg(unix)]
    use crate::response::end_lost_stream;
    use crate::worker::{self, Worker};
    use crate::{Error, Result, log, sys};

    /// Where panics abort at once (`build.sh --profile tiny`), nobody calls the hook.
    const HAS_HOOK: bool = cfg!(not(panic = "immediate-abort"));

    /// What is at work, and what the hook has to report if it panics.
    enum Phase {
        Other,
        /// And where its failure is posted.
        Init(&'static str),
        Invoke,
    }

    struct Current {
        phase: Phase,
        endpoint: Option<&'static Endpoint>,
        invocation: Invocation,
    }

    /// What the process is at. There is one worker where panics abort.
    static CURRENT: Mutex<Current> = Mutex::new(Current {
        phase: Phase::Other,
        endpoint: None,
        invocation: Invocation::new(),
    });

    /// Says what comes next, and for which invocation, if for one. Out of line: it is called often
    /// enough to count in bytes.
    #[inline(never)]
    fn enter(phase: Phase, out: Option<&Outbox>) {
        if !HAS_HOOK {
            return;
        }
        let mut now = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        now.phase = phase;
        if let Some(out) = out {
            now.endpoint = Some(out.endpoint);
            now.invocation.set(&out.invocation);
        }
    }

    /// Has a panic posted before it ends the process.
    pub(crate) fn install() {
        if HAS_HOOK {
            panic::set_hook(Box::new(|info| {
                report(&Error::from_panic(info));
                sys::exit(EXIT_STATUS);
            }));
        }
    }

    fn report(error: &Error) {
        // Nobody who holds it can panic; if that were wrong, the process would only end unreported.
        let Ok(mut current) = CURRENT.try_lock() else {
            return;
        };
        match (
            mem::replace(&mut current.phase, Phase::Other),
            current.endpoint,
        ) {
            (Phase::Init(call), _) => worker::init_failed(call, error),
            (Phase::Invoke, Some(endpoint)) if !end_lost_stream(error) => {
                worker::report(endpoint, &current.invocation, error);
            }
            _ => log::error(None, error),
        }
    }

    #[cfg(not(unix))]
    fn end_lost_stream(_: &Error) -> bool {
        false
    }

    /// Handles one record of a batch; a panic ends the process as any other.
    pub(crate) fn guard_record(f: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        f()
    }

    /// Lets `worker` handle an invocation; a panic is posted as its error.
    pub(crate) fn guard(
        worker: &mut Worker,
        f: impl FnOnce(&mut Worker) -> Result<()>,
    ) -> Result<()> {
        enter(Phase::Invoke, Some(&worker.out));
        let result = f(worker);
        enter(Phase::Other, None);
        result
    }

    /// Calls `f`; a panic is posted to `call`.
    pub(crate) fn guard_init<T>(call: &'static str, f: impl FnOnce() -> Result<T>) -> Result<T> {
        enter(Phase::Init(call), None);
        let result = f();
        enter(Phase::Other, None);
        result
    }
}
