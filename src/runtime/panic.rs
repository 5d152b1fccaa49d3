//! What becomes of a panic: an error that is logged and posted with its message and its place.
//!
//! Where panics unwind, the handler's panic ends the invocation, and the next one is served. Where
//! they abort, the hook posts the error before the process ends. A panic hook that the function has
//! set is called first in both cases.

use alloc::boxed::Box;
use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::panic::{self, PanicHookInfo};

use crate::error::Error;
use crate::log;
use crate::runtime::worker;
use crate::runtime::worker_state::{Phase, WorkerState};
use crate::sys;

/// Exit code of a process that ends by a panic, as std has it.
const EXIT_STATUS: i32 = 101;

/// Where panics abort at once (`build.sh --profile tiny`), std calls no hook.
const HAS_HOOK: bool = cfg!(not(panic = "immediate-abort"));

/// Milliseconds between two looks at whether the first panic has been reported.
const REPORT_PAUSE_MS: u16 = 5;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// What our hook does, with the hook that it has replaced.
type RunHook = fn(&PanicHookInfo<'_>, &Hook, bool);

std::thread_local! {
    /// Whether this thread is within a hook that our hook has called.
    static IS_CHAINING: Cell<bool> = const { Cell::new(false) };
}

/// Has panics reported from here on. Called by `init` and by `run`, and by each only once: a hook
/// that the function sets between them has replaced ours, so that ours has to be set again in front.
pub(crate) fn install(is_set: &AtomicBool) {
    if HAS_HOOK && !is_set.swap(true, Ordering::Relaxed) {
        set_hook(run_hook);
    }
}

/// Sets our hook in front of the one that is set.
fn set_hook(run: RunHook) {
    let earlier = panic::take_hook();
    // std's own hook is set now, so the second call returns that one.
    let default = panic::take_hook();
    // std makes both boxes at the same place in its code, so that two of its own hook have the same
    // vtable, and no data. If that were wrong, a panic would only be printed by std too.
    let is_default = ptr::eq(&raw const *earlier, &raw const *default);
    panic::set_hook(Box::new(move |info| run(info, &earlier, is_default)));
}

/// Calls the hook that was set before ours. Returns whether ours has to go on: it has not if it was
/// called by that hook of another hook of ours, which goes on.
fn chain(info: &PanicHookInfo<'_>, earlier: &Hook, is_wanted: bool) -> bool {
    if is_wanted {
        let was_chaining = IS_CHAINING.replace(true);
        earlier(info);
        IS_CHAINING.set(was_chaining);
    }
    !IS_CHAINING.get()
}

/// Posts that what goes on has failed. Returns the exit code; `None`: nothing was going on.
fn fail(state: &mut WorkerState, error: &Error) -> Option<i32> {
    match (state.take_phase(), state.endpoint) {
        #[cfg(panic = "abort")]
        (Phase::Init(call), _) => {
            worker::report_init(call, error);
            return Some(worker::INIT_EXIT_STATUS);
        }
        (Phase::Invoke, Some(endpoint)) => match state.stream.take() {
            Some(stream) => stream.end(&state.invocation, error),
            None => worker::report(endpoint, &state.invocation, error),
        },
        _ => return None,
    }
    Some(EXIT_STATUS)
}

/// Calls `report`, which returns an exit code, and ends the process. If another thread that has
/// panicked is doing so, this waits until that one has sent its report, and no longer.
fn report_and_exit(error: &Error, report: impl FnOnce() -> i32) -> ! {
    static IS_REPORTING: AtomicBool = AtomicBool::new(false);
    /// The exit code, once the report has been sent.
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

#[cfg(panic = "unwind")]
use unwind::run_hook;
#[cfg(panic = "unwind")]
pub(crate) use unwind::{guard, guard_init, guard_part, own_process};
#[cfg(panic = "unwind")]
mod unwind {
    use alloc::boxed::Box;
    use alloc::format;
    use alloc::string::String;
    use core::any::{Any, TypeId};
    use core::cell::{Cell, RefCell};
    use core::mem;
    use core::sync::atomic::{AtomicBool, Ordering};
    use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
    use std::sync::MutexGuard;

    use super::{EXIT_STATUS, Hook, WorkerState, chain, fail, report_and_exit};
    use crate::context::Context;
    use crate::error::with_sources;
    use crate::error::{Error, Result};
    use crate::log;
    use crate::runtime::worker::{self, Worker};
    use crate::runtime::worker_state;

    /// What is guarded.
    #[derive(Clone, Copy)]
    enum Guarded {
        /// And where its failure is posted.
        Init(&'static str),
        Invocation,
        /// A record of a batch or a shutdown hook, whose caller logs its error.
        Part,
    }

    /// A panic since the guard began.
    struct Noted {
        error: Error,
        payload: PayloadId,
    }

    std::thread_local! {
        static GUARDED: Cell<Option<Guarded>> = const { Cell::new(None) };
        /// The last two panics since the guard began, and the later one last.
        static NOTED: RefCell<[Option<Noted>; 2]> = const { RefCell::new([None, None]) };
        /// Names the invocation that this thread serves, for log lines.
        static CONTEXT: RefCell<Option<Context>> = const { RefCell::new(None) };
    }

    /// Whether the process is that of a function, so that the panics of all threads are logged here.
    /// A test that serves invocations is not: std's hook shows its panics.
    static IS_OWN_PROCESS: AtomicBool = AtomicBool::new(false);

    /// Says that this process is that of a function.
    pub(crate) fn own_process() {
        IS_OWN_PROCESS.store(true, Ordering::Relaxed);
    }

    /// What identifies a payload in the hook and behind `catch_unwind`, between which it moves: its
    /// type, and where the bytes of a text are.
    #[derive(PartialEq, Eq)]
    struct PayloadId(TypeId, Option<(usize, usize)>);

    impl PayloadId {
        fn of(payload: &(dyn Any + Send)) -> PayloadId {
            let text = payload_text(payload);
            let bytes = text.map(|text| (text.as_ptr().addr(), text.len()));
            PayloadId(payload.type_id(), bytes)
        }
    }

    fn payload_text(payload: &(dyn Any + Send)) -> Option<&str> {
        match payload.downcast_ref::<&str>() {
            Some(text) => Some(text),
            None => payload.downcast_ref::<String>().map(String::as_str),
        }
    }

    /// Why std ends the process after a panic.
    enum Reason {
        /// A destructor panicked that ran because of another panic.
        Destructor,
        /// A panic came to a function that does not unwind, such as an `extern "C"` one.
        Boundary,
        /// std found undefined behaviour.
        Itself,
    }

    impl Reason {
        /// std has no stable way to ask for it but the text of the panic. Tests prove it for this
        /// version of std (tests/it/process.rs); without it, a panic is only logged.
        fn of(info: &PanicHookInfo<'_>) -> Option<Reason> {
            let text = payload_text(info.payload())?;
            let is = |start: &str| text.starts_with(start);
            if is("panic in a destructor during cleanup") {
                Some(Reason::Destructor)
            } else if is("panic in a function that cannot unwind") {
                Some(Reason::Boundary)
            } else {
                is("unsafe precondition(s) violated").then_some(Reason::Itself)
            }
        }
    }

    pub(super) fn run_hook(info: &PanicHookInfo<'_>, earlier: &Hook, is_default: bool) {
        let guarded = GUARDED.try_with(Cell::get).ok().flatten();
        let is_ours = guarded.is_some() || IS_OWN_PROCESS.load(Ordering::Relaxed);
        if !chain(info, earlier, !is_default || !is_ours) || !is_ours {
            return;
        }
        let error = Error::from_panic(info);
        if let Some(reason) = Reason::of(info) {
            end_process(guarded, reason, error);
        }
        note(guarded, info, error);
    }

    /// Logs a panic, or keeps it until it is known what it belongs to.
    ///
    /// A second panic may be that of a destructor that runs because of the first one, and then ends
    /// the process with the first one as the reason.
    fn note(guarded: Option<Guarded>, info: &PanicHookInfo<'_>, mut error: Error) {
        let payload = PayloadId::of(info.payload());
        let noted = NOTED.try_with(|noted| {
            let mut noted = noted.try_borrow_mut().ok()?;
            let [first, last] = &mut *noted;
            if let Some(last) = last {
                log_once(&mut last.error);
            }
            let is_kept = match guarded {
                Some(Guarded::Part) => true,
                Some(_) => last.is_some(),
                None => false,
            };
            if !is_kept {
                log_once(&mut error);
            }
            *first = last.replace(Noted {
                error: error.clone(),
                payload,
            });
            Some(())
        });
        // A thread that is ending has no thread-local variables any more.
        if !matches!(noted, Ok(Some(()))) {
            log_once(&mut error);
        }
    }

    /// Logs the error of a panic, unless that has been done.
    fn log_once(error: &mut Error) {
        let logged = CONTEXT.try_with(|cx| {
            let cx = cx.try_borrow().ok();
            log::error(cx.as_deref().and_then(Option::as_ref), error);
        });
        if logged.is_err() {
            log::error(None, error);
        }
        error.set_logged();
    }

    /// Logs the panics that have not been logged, and forgets all of them. Those that are left when
    /// guarded code returns were caught by that code.
    fn log_noted() {
        let noted = NOTED.try_with(|noted| {
            noted
                .try_borrow_mut()
                .ok()
                .map(|mut it| mem::take(&mut *it))
        });
        for noted in noted.ok().flatten().into_iter().flatten().flatten() {
            let mut error = noted.error;
            log_once(&mut error);
        }
    }

    /// Reports a panic that std ends the process with, and ends it. The panic is often only the
    /// consequence of one before it, which is then what is reported.
    fn end_process(guarded: Option<Guarded>, reason: Reason, mut error: Error) -> ! {
        let noted = NOTED.try_with(RefCell::take).ok();
        let [first, last] = noted.unwrap_or_default();
        let first = match reason {
            Reason::Destructor => first.or(last),
            Reason::Boundary => last,
            Reason::Itself => None,
        };
        if let Some(noted) = first {
            error = noted.error;
        }
        log_once(&mut error);
        let error = error;
        report_and_exit(&error, || {
            if let Some(Guarded::Init(call)) = guarded {
                worker::report_init(call, &error);
                return worker::INIT_EXIT_STATUS;
            }
            worker_state::for_each(|state| {
                fail(state, &error);
            });
            EXIT_STATUS
        })
    }

    /// Lets `worker` handle an invocation, and makes an error of a panic. A panic that ends the process
    /// waits as long as what is returned with the result lives: until the response has been sent.
    pub(crate) fn guard(
        worker: &mut Worker,
        f: impl FnOnce(&mut Worker) -> Result<()>,
    ) -> (Result<()>, Option<MutexGuard<'static, WorkerState>>) {
        if let Some(mut state) = worker.pending.state.lock() {
            state.enter(worker.pending.client.endpoint, &worker.pending.invocation);
        }
        let _ = CONTEXT.try_with(|cx| {
            if let Ok(mut cx) = cx.try_borrow_mut() {
                let cx = cx.get_or_insert_with(Context::default);
                cx.request_id.clone_from(&worker.cx.request_id);
                cx.tenant_id.clone_from(&worker.cx.tenant_id);
            }
        });
        let result = guarded(Guarded::Invocation, || f(worker));
        let state = worker.pending.state.lock().map(|mut state| {
            state.leave();
            state
        });
        // Another guard may follow on this thread, which is not of this invocation.
        let _ = CONTEXT.try_with(|cx| {
            if let Ok(Some(cx)) = cx.try_borrow_mut().as_deref_mut() {
                cx.request_id.clear();
            }
        });
        (result, state)
    }

    /// Handles a part of what is guarded, whose error the caller logs, and makes an error of a panic.
    pub(crate) fn guard_part(f: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        guarded(Guarded::Part, f)
    }

    /// Runs code of the Init phase, and makes an error of a panic. One that cannot be caught is posted
    /// to `call`.
    pub(crate) fn guard_init<T>(call: &'static str, f: impl FnOnce() -> Result<T>) -> Result<T> {
        guarded(Guarded::Init(call), f)
    }

    fn guarded<T>(what: Guarded, f: impl FnOnce() -> Result<T>) -> Result<T> {
        // It may be part of what is guarded already.
        let outer = GUARDED.replace(Some(what));
        log_noted();
        // What `f` has half done is not looked at again: a handler is `Sync` and shared with other
        // invocations anyway, and the response of one that failed is written anew.
        let result = panic::catch_unwind(AssertUnwindSafe(f));
        let result = result.unwrap_or_else(|payload| Err(caught(payload)));
        log_noted();
        GUARDED.set(outer);
        result
    }

    /// The error of a panic that was caught.
    fn caught(payload: Box<dyn Any + Send>) -> Error {
        let id = PayloadId::of(&*payload);
        let noted = NOTED.try_with(|noted| {
            let mut noted = noted.try_borrow_mut().ok()?;
            let [_, last] = &mut *noted;
            last.take_if(|noted| noted.payload == id)
        });
        let error = match noted.ok().flatten() {
            Some(noted) => noted.error,
            // One that was caught before and resumed, here or on another thread.
            None => Error::panic(&payload_message(&*payload)),
        };
        // A destructor may panic, and so may that of the payload of that panic.
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            mem::forget(payload);
        }
        error
    }

    /// The message of a panic whose place is not known.
    fn payload_message(payload: &(dyn Any + Send)) -> String {
        type Shown = Box<dyn core::error::Error + Send + Sync>;
        let show = || match payload_text(payload) {
            Some(text) => String::from(text),
            None => match payload.downcast_ref::<Shown>() {
                Some(error) => with_sources(&**error),
                None => String::from(Error::NO_TEXT),
            },
        };
        // Code of the function shows its error, and may panic.
        let text = panic::catch_unwind(AssertUnwindSafe(show));
        let text = text.unwrap_or_else(|payload| {
            mem::forget(payload);
            String::from(Error::NO_TEXT)
        });
        format!("panicked: {text}")
    }
}

#[cfg(panic = "abort")]
use abort::run_hook;
#[cfg(panic = "abort")]
pub(crate) use abort::{guard, guard_init, guard_part, own_process};
#[cfg(panic = "abort")]
mod abort {
    use std::panic::PanicHookInfo;
    use std::sync::MutexGuard;

    use super::{EXIT_STATUS, HAS_HOOK, Hook, Phase, WorkerState, chain, fail, report_and_exit};
    use crate::error::{Error, Result};
    use crate::log;
    use crate::runtime::worker::Worker;
    use crate::runtime::worker_state;

    /// Every panic ends a process whose panics abort.
    pub(crate) fn own_process() {}

    pub(super) fn run_hook(info: &PanicHookInfo<'_>, earlier: &Hook, is_default: bool) {
        if !chain(info, earlier, !is_default) {
            return;
        }
        let error = Error::from_panic(info);
        report_and_exit(&error, || {
            // A worker that is sending its response does so to the end. Nothing may be sent after the
            // error, so this stays locked.
            let mut state = worker_state::lock();
            let status = fail(&mut state, &error).unwrap_or_else(|| {
                log::error(None, &error);
                EXIT_STATUS
            });
            core::mem::forget(state);
            status
        })
    }

    /// Lets `worker` handle an invocation; a panic is posted as its error. A panic of another thread
    /// waits as long as what is returned with the result lives: until the response has been sent.
    pub(crate) fn guard(
        worker: &mut Worker,
        f: impl FnOnce(&mut Worker) -> Result<()>,
    ) -> (Result<()>, Option<MutexGuard<'static, WorkerState>>) {
        if let Some(mut state) = worker.pending.state.lock() {
            state.enter(worker.pending.client.endpoint, &worker.pending.invocation);
        }
        let result = f(worker);
        let state = worker.pending.state.lock().map(|mut state| {
            state.leave();
            state
        });
        (result, state)
    }

    /// Handles a part of what is guarded; a panic ends the process as any other.
    pub(crate) fn guard_part(f: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        f()
    }

    /// Calls `f`; a panic is posted to `call`.
    pub(crate) fn guard_init<T>(call: &'static str, f: impl FnOnce() -> Result<T>) -> Result<T> {
        if !HAS_HOOK {
            return f();
        }
        worker_state::lock().phase = Phase::Init(call);
        let result = f();
        worker_state::lock().phase = Phase::Idle;
        result
    }
}
