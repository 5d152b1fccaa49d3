//! Panics: each becomes an error with its message and place, which is logged and posted.
//!
//! If panics unwind (`build.sh --profile unwind`), a panic of the handler is caught and fails its
//! invocation, and the next one is served. If panics abort, the panic hook posts the error before the
//! process ends. In both cases a panic hook that the function has set is called first.
//!
//! std ends the process after some panics even if panics unwind, for example after one in a destructor
//! that runs because of another panic. The hook posts the error then, too.

use alloc::boxed::Box;
use core::cell::Cell;
use core::mem;
use core::ops::Range;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::panic::{self, PanicHookInfo};
use std::sync::MutexGuard;

use crate::context::current;
use crate::error::{Error, Result};
use crate::log;
#[cfg(debug_assertions)]
use crate::metrics;
use crate::runtime::handler::Handler;
use crate::runtime::worker::{self, Worker};
use crate::runtime::worker_state::{HAS_HOOK, Phase, WorkerState};
use crate::sys;

/// Exit code of a process that a panic has ended, as std has it.
const EXIT_STATUS: i32 = 101;

/// How often a thread looks whether the panic of another thread has been reported, in milliseconds.
const REPORT_PAUSE_MS: u16 = 5;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

std::thread_local! {
    /// Whether this thread is within a hook that our hook has called.
    static IS_IN_EARLIER_HOOK: Cell<bool> = const { Cell::new(false) };
}

/// Sets our panic hook, which calls the one that was set before if it is not std's.
///
/// `init` and `run` call this, each with an `is_set` of its own: a hook that the function sets between them
/// replaces ours, so ours must be set again.
pub(crate) fn install(is_set: &AtomicBool) {
    if !HAS_HOOK || is_set.swap(true, Ordering::Relaxed) {
        return;
    }
    let earlier = panic::take_hook();
    // The first call has set std's own hook, so the second call returns that one.
    let default = panic::take_hook();
    // std makes both boxes at the same place in its code, so two boxes of its own hook have the same vtable
    // and no data. If that changed, std would print each panic in addition to our log line.
    let is_default = ptr::eq(&raw const *earlier, &raw const *default);
    panic::set_hook(Box::new(move |info| run_hook(info, &earlier, is_default)));
}

/// Calls the hook that was set before ours, if it `is_wanted`.
///
/// Returns whether this call of our hook must handle the panic. The earlier hook may call another one of
/// ours, from an earlier [`install`]. Only the outermost one handles the panic.
fn call_earlier(info: &PanicHookInfo<'_>, earlier: &Hook, is_wanted: bool) -> bool {
    if is_wanted {
        let was_in_earlier_hook = IS_IN_EARLIER_HOOK.replace(true);
        earlier(info);
        IS_IN_EARLIER_HOOK.set(was_in_earlier_hook);
    }
    !IS_IN_EARLIER_HOOK.get()
}

/// Posts `error` as that of the worker's current phase. Returns the exit code; `None` if the worker is idle.
fn post_failure(state: &mut WorkerState, error: &Error) -> Option<i32> {
    match (mem::take(&mut state.phase), state.endpoint) {
        #[cfg(panic = "abort")]
        (Phase::Init(call), _) => {
            worker::report_init(call, error);
            return Some(worker::INIT_EXIT_STATUS);
        }
        (Phase::Invoke, Some(endpoint)) => match state.stream.take() {
            // The worker must not send anything afterwards.
            Some(stream) => (stream.end)(&stream.socket, &state.invocation, error),
            None => worker::report(endpoint, &state.invocation, error),
        },
        _ => return None,
    }
    Some(EXIT_STATUS)
}

/// Runs the handler for an invocation of `worker`.
///
/// Returns the locked state of the worker, too: a panic on another thread that ends the process waits
/// until the lock is dropped, so that the response is sent first.
pub(crate) fn run_invocation(
    worker: &mut Worker,
    event: Range<usize>,
    handler: &dyn Handler,
) -> (Result<()>, Option<MutexGuard<'static, WorkerState>>) {
    if let Some(mut state) = worker.pending.state.lock() {
        state.phase = Phase::Invoke;
        state.endpoint = Some(worker.pending.client.endpoint);
        state.invocation.set(&worker.pending.invocation);
    }
    current::set_deadline_ms(worker.pending.invocation.deadline_ms);
    current::set_log_context(current_context);
    let result = handle(worker, event, handler);
    // A test finds invalid metrics, of which CloudWatch would not tell.
    #[cfg(debug_assertions)]
    let result = result.and(metrics::take_error());
    current::set_deadline_ms(0);
    let state = worker.pending.state.lock().map(|mut state| {
        state.phase = Phase::Idle;
        state.stream = None;
        state
    });
    (result, state)
}

/// Calls `report`, which returns an exit code, and ends the process. If another thread is reporting a panic
/// already, waits until that report has been sent, and then ends the process.
fn report_and_exit(error: &Error, report: impl FnOnce() -> i32) -> ! {
    static IS_REPORTING: AtomicBool = AtomicBool::new(false);
    /// The exit code once the report has been sent, 0 before that.
    static STATUS: AtomicI32 = AtomicI32::new(0);

    if IS_REPORTING.swap(true, Ordering::Relaxed) {
        log::error(None, error);
        while STATUS.load(Ordering::Relaxed) == 0 {
            sys::sleep_ms(REPORT_PAUSE_MS);
        }
    } else {
        STATUS.store(report(), Ordering::Relaxed);
    }
    // Each of these threads calls this, and the first call ends the process.
    sys::exit(STATUS.load(Ordering::Relaxed));
}

pub(crate) use strategy::{current_context, run_init, run_part, set_function_process};
use strategy::{handle, run_hook};

#[cfg(panic = "unwind")]
mod strategy {
    use alloc::boxed::Box;
    use alloc::format;
    use alloc::string::String;
    use core::any::{Any, TypeId};
    use core::cell::{Cell, RefCell};
    use core::mem;
    use core::ops::Range;
    use core::sync::atomic::{AtomicBool, Ordering};
    use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

    use super::{EXIT_STATUS, Hook, call_earlier, post_failure, report_and_exit};
    use crate::context::{Context, current};
    use crate::error::{Error, Result, payload_text, with_sources};
    use crate::log;
    use crate::metrics;
    use crate::runtime::handler::Handler;
    use crate::runtime::worker::{self, Worker};
    use crate::runtime::worker_state;

    /// The kind of code that runs within [`catch`].
    #[derive(Clone, Copy)]
    enum Scope {
        /// Code of the Init phase. Its error is posted to this call of the Runtime API.
        Init(&'static str),
        Invocation,
        /// The handler of one record of a batch, or a shutdown hook. The caller logs its error.
        Part,
    }

    /// A panic that the hook has seen.
    struct SeenPanic {
        error: Error,
        payload: PayloadId,
    }

    std::thread_local! {
        /// The innermost scope that this thread is in.
        static SCOPE: Cell<Option<Scope>> = const { Cell::new(None) };
        /// The last two panics within that scope, the later one last.
        static LAST_PANICS: RefCell<[Option<SeenPanic>; 2]> =
            const { RefCell::new([None, None]) };
    }

    /// Whether this is the process of a function, so that the panics of all threads are logged here. In a
    /// test that serves invocations, std's hook prints the panics of other threads.
    static IS_FUNCTION_PROCESS: AtomicBool = AtomicBool::new(false);

    /// Records that this is the process of a function.
    pub(crate) fn set_function_process() {
        IS_FUNCTION_PROCESS.store(true, Ordering::Relaxed);
    }

    /// Identifies a payload in the hook and after `catch_unwind`. It moves in between, so this is its type,
    /// and the address and length of the text if it is a string.
    type PayloadId = (TypeId, Option<(usize, usize)>);

    fn payload_id(payload: &(dyn Any + Send)) -> PayloadId {
        let text = payload_text(payload);
        let bytes = text.map(|text| (text.as_ptr().addr(), text.len()));
        (payload.type_id(), bytes)
    }

    /// Returns the panic that has caused another one, of the last two panics before that one.
    type Cause = fn([Option<SeenPanic>; 2]) -> Option<SeenPanic>;

    /// The panics after which std ends the process: the start of the message, and the cause. The first is a
    /// panic in a destructor that runs because of another panic. The second reaches a function that cannot
    /// unwind, such as an `extern "C"` one. The third is undefined behaviour that std has detected.
    ///
    /// std identifies them by nothing but their messages. Tests check the messages of this version of std
    /// (tests/it/runtime/process.rs). If a later version changes them, such a panic is only logged.
    static ABORTING_PANICS: [(&str, Cause); 3] = [
        ("panic in a destructor during cleanup", |[first, last]| {
            first.or(last)
        }),
        ("panic in a function that cannot unwind", |[_, last]| last),
        ("unsafe precondition(s) violated", |_| None),
    ];

    pub(super) fn run_hook(info: &PanicHookInfo<'_>, earlier: &Hook, is_default: bool) {
        let scope = SCOPE.try_with(Cell::get).ok().flatten();
        let is_handled = scope.is_some() || IS_FUNCTION_PROCESS.load(Ordering::Relaxed);
        if !call_earlier(info, earlier, !is_default || !is_handled) || !is_handled {
            return;
        }
        let error = Error::from_panic(info);
        let text = payload_text(info.payload()).unwrap_or_default();
        let is_start = |(start, _): &&(&str, Cause)| text.starts_with(start);
        if let Some((_, cause)) = ABORTING_PANICS.iter().find(is_start) {
            end_process(scope, *cause, error);
        }
        record(scope, info, error);
    }

    /// Logs a panic, or keeps it until the code that called the panicking code decides.
    ///
    /// In a [`Scope::Part`] the caller logs the error. A second panic in any scope may be that of a
    /// destructor that runs because of the first one. Then std ends the process, and the first panic is the
    /// error that is posted.
    fn record(scope: Option<Scope>, info: &PanicHookInfo<'_>, mut error: Error) {
        let payload = payload_id(info.payload());
        let recorded = with_last_panics(|[first, last]| {
            if let Some(last) = last {
                log_once(&mut last.error);
            }
            let can_wait = match scope {
                Some(Scope::Part) => true,
                Some(_) => last.is_some(),
                None => false,
            };
            if !can_wait {
                log_once(&mut error);
            }
            *first = last.replace(SeenPanic {
                error: error.clone(),
                payload,
            });
            Some(())
        });
        if recorded.is_none() {
            log_once(&mut error);
        }
    }

    /// Returns the result of `f` for the last panics; `None` if the thread is ending and they are
    /// destroyed, or if they are in use.
    fn with_last_panics<T>(f: impl FnOnce(&mut [Option<SeenPanic>; 2]) -> Option<T>) -> Option<T> {
        let result = LAST_PANICS.try_with(|panics| f(&mut *panics.try_borrow_mut().ok()?));
        result.ok().flatten()
    }

    /// Logs the error of a panic, unless it was logged before.
    fn log_once(error: &mut Error) {
        if current::with_context(|cx| log::error(Some(cx), error)).is_none() {
            log::error(None, error);
        }
        error.set_logged();
    }

    /// Logs the recorded panics that were not logged, and forgets all of them. Those that are left when a
    /// scope ends were caught by the function's own code.
    fn log_recorded() {
        let panics = with_last_panics(|panics| Some(mem::take(panics)));
        for mut panic in panics.into_iter().flatten().flatten() {
            log_once(&mut panic.error);
        }
    }

    /// Reports a panic after which std ends the process, and ends it. Reports the panic before it if that
    /// one is the cause.
    fn end_process(scope: Option<Scope>, cause: Cause, mut error: Error) -> ! {
        let panics = with_last_panics(|panics| Some(mem::take(panics)));
        if let Some(cause) = panics.and_then(cause) {
            error = cause.error;
        }
        log_once(&mut error);
        metrics::write_all();
        let error = error;
        report_and_exit(&error, || {
            if let Some(Scope::Init(call)) = scope {
                worker::report_init(call, &error);
                return worker::INIT_EXIT_STATUS;
            }
            worker_state::for_each(|state| {
                post_failure(state, &error);
            });
            EXIT_STATUS
        })
    }

    /// Runs the handler, and makes a panic its error.
    pub(super) fn handle(
        worker: &mut Worker,
        event: Range<usize>,
        handler: &dyn Handler,
    ) -> Result<()> {
        current::with_context(|cx| {
            cx.request_id.clone_from(&worker.cx.request_id);
            cx.tenant_id.clone_from(&worker.cx.tenant_id);
            cx.xray_trace_id.clone_from(&worker.cx.xray_trace_id);
        });
        let result = catch(Scope::Invocation, || worker.handle(event, handler));
        // A later panic on this thread does not belong to this invocation.
        current::with_context(|cx| cx.request_id.clear());
        result
    }

    /// Returns a context for a log line that names none: it has the request ID and tenant ID of the
    /// invocation that this thread serves.
    pub(crate) fn current_context() -> Context {
        current::log_context().unwrap_or_default()
    }

    /// Runs a part of an invocation or of the shutdown, and makes a panic its error. The caller logs the
    /// error.
    pub(crate) fn run_part(f: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        catch(Scope::Part, f)
    }

    /// Runs code of the Init phase, and makes a panic its error. A panic after which std ends the process is
    /// posted to `call`.
    pub(crate) fn run_init<T>(call: &'static str, f: impl FnOnce() -> Result<T>) -> Result<T> {
        catch(Scope::Init(call), f)
    }

    fn catch<T>(scope: Scope, f: impl FnOnce() -> Result<T>) -> Result<T> {
        // Scopes can be nested.
        let outer = SCOPE.replace(Some(scope));
        log_recorded();
        // `AssertUnwindSafe`: what a panic of `f` leaves half done is not read again. A handler is `Sync` and
        // shared with other invocations anyway, and the response of a failed one is written anew.
        let result = panic::catch_unwind(AssertUnwindSafe(f));
        let result = result.unwrap_or_else(|payload| Err(error_of(payload)));
        log_recorded();
        SCOPE.set(outer);
        result
    }

    /// Returns the error of a panic that was caught.
    fn error_of(payload: Box<dyn Any + Send>) -> Error {
        let id = payload_id(&*payload);
        let recorded = with_last_panics(|[_, last]| last.take_if(|panic| panic.payload == id));
        let error = match recorded {
            Some(panic) => panic.error,
            // The function has caught the panic before, here or on another thread, and resumed it.
            None => Error::panic(payload_message(&*payload)),
        };
        // The destructor of the payload may panic, and so may the destructor of that panic's payload.
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            mem::forget(payload);
        }
        error
    }

    /// Returns the message of a panic whose place is not known.
    fn payload_message(payload: &(dyn Any + Send)) -> String {
        type DynError = Box<dyn core::error::Error + Send + Sync>;
        let to_text = || match payload_text(payload) {
            Some(text) => String::from(text),
            None => match payload.downcast_ref::<DynError>() {
                Some(error) => with_sources(&**error),
                None => String::from(Error::NO_TEXT),
            },
        };
        // The function's `Display` of an error may panic.
        let text = panic::catch_unwind(AssertUnwindSafe(to_text));
        let text = text.unwrap_or_else(|payload| {
            mem::forget(payload);
            String::from(Error::NO_TEXT)
        });
        format!("panicked: {text}")
    }
}

#[cfg(panic = "abort")]
mod strategy {
    use core::ops::Range;
    use std::panic::PanicHookInfo;

    use super::{EXIT_STATUS, HAS_HOOK, Hook, Phase, call_earlier, post_failure, report_and_exit};
    use crate::context::Context;
    use crate::error::{Error, Result};
    use crate::log;
    use crate::metrics;
    use crate::runtime::handler::Handler;
    use crate::runtime::worker::Worker;
    use crate::runtime::worker_state;

    /// Does nothing: the hook handles every panic, as each ends the process.
    pub(crate) fn set_function_process() {}

    pub(super) fn run_hook(info: &PanicHookInfo<'_>, earlier: &Hook, is_default: bool) {
        if !call_earlier(info, earlier, !is_default) {
            return;
        }
        metrics::write_all();
        let error = Error::from_panic(info);
        report_and_exit(&error, || {
            // Waits until the worker has sent the response that it is sending. The state stays locked, since
            // nothing may be sent after the error.
            let mut state = worker_state::lock();
            let status = post_failure(&mut state, &error).unwrap_or_else(|| {
                log::error(None, &error);
                EXIT_STATUS
            });
            core::mem::forget(state);
            status
        })
    }

    /// Returns a context for a log line that names none: it has the request ID of the current invocation.
    /// In profile `tiny` nothing keeps the ID, since that would add bytes to functions that do not need it.
    pub(crate) fn current_context() -> Context {
        let id = if HAS_HOOK {
            worker_state::current_id()
        } else {
            None
        };
        Context {
            request_id: id.unwrap_or_default(),
            ..Context::default()
        }
    }

    /// Runs the handler. The hook posts a panic as its error.
    pub(super) fn handle(
        worker: &mut Worker,
        event: Range<usize>,
        handler: &dyn Handler,
    ) -> Result<()> {
        worker.handle(event, handler)
    }

    /// Runs a part of an invocation or of the shutdown. A panic ends the process.
    pub(crate) fn run_part(f: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        f()
    }

    /// Runs code of the Init phase. The hook posts a panic to `call`.
    pub(crate) fn run_init<T>(call: &'static str, f: impl FnOnce() -> Result<T>) -> Result<T> {
        if !HAS_HOOK {
            return f();
        }
        worker_state::lock().phase = Phase::Init(call);
        let result = f();
        worker_state::lock().phase = Phase::Idle;
        result
    }
}
