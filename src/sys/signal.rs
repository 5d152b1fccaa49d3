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
