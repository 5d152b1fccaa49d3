//! The signal that announces the end of the process: nobody is interrupted by it, one thread waits for it.

use core::ffi::c_int;
use core::ptr;

const SIGTERM: c_int = 15;
const SIG_BLOCK: c_int = 0;

/// `sigset_t`: 128 bytes with glibc and musl.
#[repr(C, align(8))]
struct SigSet([u8; 128]);

unsafe extern "C" {
    fn sigemptyset(set: *mut SigSet) -> c_int;
    fn sigaddset(set: *mut SigSet, signal: c_int) -> c_int;
    fn pthread_sigmask(how: c_int, set: *const SigSet, old: *mut SigSet) -> c_int;
    fn sigwait(set: *const SigSet, signal: *mut c_int) -> c_int;
    fn sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int;
    fn raise(signal: c_int) -> c_int;
}

fn sigterm() -> SigSet {
    let mut set = SigSet([0; 128]);
    // SAFETY: `set` has the size and alignment of a `sigset_t` (sigsetops(3)).
    unsafe {
        sigemptyset(&raw mut set);
        sigaddset(&raw mut set, SIGTERM);
    }
    set
}

/// `struct sigaction`: 152 bytes with glibc and musl, of which the handler is first.
#[repr(C, align(8))]
struct Action {
    handler: usize,
    _rest: [u8; 248],
}

/// Calls the handler of SIGTERM that the function has set, if it has, on this thread: while the signal is
/// blocked, the system does not.
pub(crate) fn call_sigterm_handler() {
    const SIG_UNBLOCK: c_int = 1;
    /// `SIG_IGN`; `SIG_DFL` is 0.
    const IGNORE: usize = 1;

    let mut old = Action {
        handler: 0,
        _rest: [0; 248],
    };
    let set = sigterm();
    // SAFETY: `old` is writable and longer than a `struct sigaction`, and no new one is passed
    // (sigaction(2)); `set` is a signal set (pthread_sigmask(3)). A handler that the function has set
    // may be called at any time.
    unsafe {
        if sigaction(SIGTERM, ptr::null(), &raw mut old) == 0 && old.handler > IGNORE {
            pthread_sigmask(SIG_UNBLOCK, &raw const set, ptr::null_mut());
            raise(SIGTERM);
        }
    }
}

/// Has SIGTERM wait, as far as this thread and those are concerned that it starts from now on.
pub(crate) fn block_sigterm() {
    let set = sigterm();
    // SAFETY: `set` is a signal set, and the old one is not asked for (pthread_sigmask(3)).
    unsafe { pthread_sigmask(SIG_BLOCK, &raw const set, ptr::null_mut()) };
}

/// Waits for a SIGTERM that every thread has blocked.
pub(crate) fn wait_for_sigterm() {
    let set = sigterm();
    let mut signal = 0;
    while signal != SIGTERM {
        // SAFETY: `set` is a signal set, and `signal` writable (sigwait(3)).
        unsafe { sigwait(&raw const set, &raw mut signal) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_handler_that_was_set_is_called_too() {
        static N_CALLS: AtomicU32 = AtomicU32::new(0);
        extern "C" fn count(_: c_int) {
            N_CALLS.fetch_add(1, Ordering::Relaxed);
        }
        unsafe extern "C" {
            fn signal(signal: c_int, handler: usize) -> usize;
        }
        let count: extern "C" fn(c_int) = count;
        std::thread::spawn(move || {
            block_sigterm();
            // Without a handler, and with one that ignores the signal, nothing is called.
            for handler in [0, 1] {
                // SAFETY: `SIG_DFL` and `SIG_IGN` (signal(2)).
                unsafe { signal(SIGTERM, handler) };
                call_sigterm_handler();
            }
            assert_eq!(N_CALLS.load(Ordering::Relaxed), 0);
            // SAFETY: `count` only touches an atomic number; `raise` is of this thread, which has
            // blocked the signal.
            unsafe {
                signal(SIGTERM, count as usize);
                raise(SIGTERM);
            }
            wait_for_sigterm();
            assert_eq!(N_CALLS.load(Ordering::Relaxed), 0);
            call_sigterm_handler();
            assert_eq!(N_CALLS.load(Ordering::Relaxed), 1);
        })
        .join()
        .unwrap();
    }
}
