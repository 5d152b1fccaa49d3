//! The state of each worker, which the panic hook reads when a panic ends the process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::runtime::address::Endpoint;
use crate::runtime::invocation::Invocation;
use crate::sys::SocketHandle;

/// Whether panics call a hook. With `build.sh --profile tiny` they end the process at once, and nothing reads
/// the state.
pub(crate) const HAS_HOOK: bool = cfg!(not(panic = "immediate-abort"));

/// What a worker does at the moment, as far as the panic hook needs it.
#[derive(Debug, Default)]
pub(crate) struct WorkerState {
    pub(crate) phase: Phase,
    pub(crate) endpoint: Option<&'static Endpoint>,
    pub(crate) invocation: Invocation,
    /// The streamed response, once its head was sent. Workers send chunks only while the state is locked,
    /// so that no chunk can follow the error that ends the stream.
    pub(crate) stream: Option<OpenStream>,
}

#[derive(Debug, Default)]
pub(crate) enum Phase {
    /// Neither initialises nor serves an invocation.
    #[default]
    Idle,
    /// Runs code of the Init phase; a failure is posted to this call.
    #[cfg(panic = "abort")]
    Init(&'static str),
    Invoke,
    /// The worker has ended; another may take the slot.
    #[cfg(panic = "unwind")]
    Free,
}

/// A streamed response whose head was sent.
#[derive(Debug)]
pub(crate) struct OpenStream {
    pub(crate) socket: SocketHandle,
    /// Logs the error and ends the stream with it. It is called through this pointer so that a function
    /// that never streams does not contain it.
    pub(crate) end: fn(&SocketHandle, &Invocation, &Error),
}

#[cfg(panic = "unwind")]
pub(crate) use unwind::{StateSlot, for_each};
#[cfg(panic = "unwind")]
mod unwind {
    use alloc::boxed::Box;
    use alloc::vec::Vec;
    use core::cell::OnceCell;
    use core::mem;

    use super::{Mutex, MutexGuard, Phase, PoisonError, WorkerState};

    /// The states of all workers. A worker that ends frees its slot for another.
    static SLOTS: Mutex<Vec<&'static Mutex<WorkerState>>> = Mutex::new(Vec::new());

    fn lock(state: &'static Mutex<WorkerState>) -> MutexGuard<'static, WorkerState> {
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of one worker, which is registered on first use.
    #[derive(Debug)]
    pub(crate) struct StateSlot(OnceCell<&'static Mutex<WorkerState>>);

    impl StateSlot {
        pub(crate) const fn new() -> StateSlot {
            StateSlot(OnceCell::new())
        }

        /// Locks the worker's state.
        pub(crate) fn lock(&self) -> Option<MutexGuard<'static, WorkerState>> {
            Some(lock(self.0.get_or_init(|| {
                let mut slots = SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
                for slot in slots.iter() {
                    // A slot that is locked is in use.
                    if let Ok(mut state) = slot.try_lock() {
                        if matches!(state.phase, Phase::Free) {
                            state.phase = Phase::Idle;
                            return *slot;
                        }
                    }
                }
                let slot: &'static Mutex<WorkerState> = Box::leak(Box::default());
                slots.push(slot);
                slot
            })))
        }
    }

    impl Drop for StateSlot {
        fn drop(&mut self) {
            if let Some(slot) = self.0.get() {
                lock(slot).phase = Phase::Free;
            }
        }
    }

    /// Calls `f` with the state of each worker. The states stay locked, so that no worker sends anything
    /// afterwards.
    pub(crate) fn for_each(f: impl Fn(&mut WorkerState)) {
        for slot in SLOTS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let mut state = lock(slot);
            f(&mut state);
            mem::forget(state);
        }
    }
}

#[cfg(panic = "abort")]
pub(crate) use abort::{StateSlot, current_id, lock};
#[cfg(panic = "abort")]
mod abort {
    use alloc::string::String;

    use super::{HAS_HOOK, Invocation, Mutex, MutexGuard, Phase, PoisonError, WorkerState};

    /// The state of the only worker: a process whose panics abort has one.
    static STATE: Mutex<WorkerState> = Mutex::new(WorkerState {
        phase: Phase::Idle,
        endpoint: None,
        invocation: Invocation::new(),
        stream: None,
    });

    // `inline(never)`: it is called from several places.
    #[inline(never)]
    pub(crate) fn lock() -> MutexGuard<'static, WorkerState> {
        STATE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the request ID of the current invocation, as a path has it. Does not wait: the state is
    /// locked while a response is sent, and after a panic.
    pub(crate) fn current_id() -> Option<String> {
        let state = STATE.try_lock().ok()?;
        matches!(state.phase, Phase::Invoke).then(|| state.invocation.path_id.clone())
    }

    /// The state of the only worker.
    #[derive(Debug)]
    pub(crate) struct StateSlot;

    impl StateSlot {
        pub(crate) const fn new() -> StateSlot {
            StateSlot
        }

        /// Locks the worker's state; `None` if no panic hook can read it.
        pub(crate) fn lock(&self) -> Option<MutexGuard<'static, WorkerState>> {
            HAS_HOOK.then(lock)
        }
    }
}
