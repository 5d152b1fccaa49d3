//! What each worker is doing, for a panic that ends the process.

use core::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::runtime::api::{Endpoint, Invocation};

/// What a worker is doing.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) phase: Phase,
    pub(crate) endpoint: Option<&'static Endpoint>,
    pub(crate) invocation: Invocation,
    /// The stream that is the response, once its head was sent. Chunks are only sent while this is
    /// locked, so that nothing can follow the error that ends it.
    pub(crate) stream: Option<OpenStream>,
}

#[derive(Debug)]
pub(crate) enum Phase {
    Other,
    /// And where its failure is posted.
    #[cfg(panic = "abort")]
    Init(&'static str),
    Invoke,
    /// No worker has this any more.
    #[cfg(panic = "unwind")]
    Free,
}

/// A stream whose head was sent.
#[derive(Debug)]
pub(crate) struct OpenStream {
    /// The descriptor of its connection, which its worker owns.
    pub(crate) fd: core::ffi::c_int,
    /// The code that logs the error and ends the stream with it. Behind a pointer, so that a function
    /// that never streams does not hold it.
    pub(crate) end: fn(core::ffi::c_int, &Invocation, &Error),
}

impl OpenStream {
    /// Logs the error and ends the stream with it. Its worker does not go on.
    pub(crate) fn end(&self, invocation: &Invocation, error: &Error) {
        (self.end)(self.fd, invocation, error);
    }
}

impl Current {
    const fn new() -> Current {
        Current {
            phase: Phase::Other,
            endpoint: None,
            invocation: Invocation::new(),
            stream: None,
        }
    }

    /// Begins an invocation.
    pub(crate) fn enter(&mut self, endpoint: &'static Endpoint, invocation: &Invocation) {
        self.phase = Phase::Invoke;
        self.endpoint = Some(endpoint);
        self.invocation.set(invocation);
    }

    /// Ends what was begun.
    pub(crate) fn leave(&mut self) {
        self.phase = Phase::Other;
        self.stream = None;
    }

    /// Ends the phase, and returns which it was.
    pub(crate) fn take_phase(&mut self) -> Phase {
        mem::replace(&mut self.phase, Phase::Other)
    }
}

#[cfg(panic = "unwind")]
pub(crate) use unwind::{Seat, for_each};
#[cfg(panic = "unwind")]
mod unwind {
    use alloc::boxed::Box;
    use alloc::vec::Vec;
    use core::cell::OnceCell;

    use super::{Current, Mutex, MutexGuard, Phase, PoisonError, mem};

    /// All that there have been; a worker that ends leaves its own to another one.
    static SEATS: Mutex<Vec<&'static Mutex<Current>>> = Mutex::new(Vec::new());

    fn lock(current: &'static Mutex<Current>) -> MutexGuard<'static, Current> {
        current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker's place among those whose invocations fail if the process ends.
    #[derive(Debug)]
    pub(crate) struct Seat(OnceCell<&'static Mutex<Current>>);

    impl Seat {
        pub(crate) const fn new() -> Seat {
            Seat(OnceCell::new())
        }

        /// What the worker is doing.
        pub(crate) fn lock(&self) -> Option<MutexGuard<'static, Current>> {
            Some(lock(self.0.get_or_init(|| {
                let mut seats = SEATS.lock().unwrap_or_else(PoisonError::into_inner);
                for seat in seats.iter() {
                    // One that is locked is in use.
                    if let Ok(mut current) = seat.try_lock() {
                        if matches!(current.phase, Phase::Free) {
                            current.phase = Phase::Other;
                            return *seat;
                        }
                    }
                }
                let seat: &'static Mutex<Current> = Box::leak(Box::new(Mutex::new(Current::new())));
                seats.push(seat);
                seat
            })))
        }
    }

    impl Drop for Seat {
        fn drop(&mut self) {
            if let Some(seat) = self.0.get() {
                lock(seat).phase = Phase::Free;
            }
        }
    }

    /// Calls `f` with what each worker is doing. Each waits from then on before it sends anything.
    pub(crate) fn for_each(f: impl Fn(&mut Current)) {
        for seat in SEATS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let mut current = lock(seat);
            f(&mut current);
            mem::forget(current);
        }
    }
}

#[cfg(panic = "abort")]
pub(crate) use abort::{Seat, lock};
#[cfg(panic = "abort")]
mod abort {
    use super::{Current, Mutex, MutexGuard, PoisonError};

    /// Where panics abort at once (`build.sh --profile tiny`), std calls no hook, which would ask.
    const HAS_HOOK: bool = cfg!(not(panic = "immediate-abort"));

    /// What the process is doing. There is one worker where panics abort.
    static CURRENT: Mutex<Current> = Mutex::new(Current::new());

    // Out of line: it is called often enough to count in bytes.
    #[inline(never)]
    pub(crate) fn lock() -> MutexGuard<'static, Current> {
        CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker's place in `CURRENT`.
    #[derive(Debug)]
    pub(crate) struct Seat;

    impl Seat {
        pub(crate) const fn new() -> Seat {
            Seat
        }

        /// What the worker is doing; `None` where no hook asks for it.
        pub(crate) fn lock(&self) -> Option<MutexGuard<'static, Current>> {
            HAS_HOOK.then(lock)
        }
    }
}
