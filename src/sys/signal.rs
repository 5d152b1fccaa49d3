//! The signal that announces the end of the process, taken by a thread that waits for it.

use alloc::boxed::Box;
use core::ffi::{c_int, c_void};
use core::ptr;

/// Stack of the thread, in bytes: what a shutdown hook may need. It is only used as far as it is
/// touched.
const STACK_LEN: usize = 256 * 1024;

/// Has `f` called on a thread of its own when SIGTERM comes, which does nothing else any more. False:
/// the system has no more threads, and everything is as it was.
///
/// The signal is blocked for the calling thread and for those that it starts, so that it interrupts
/// nobody; one that has other threads by now may lose it to them.
pub(crate) fn on_sigterm(f: fn()) -> bool {
    const SIGTERM: c_int = 15;
    const SIG_BLOCK: c_int = 0;
    const SIG_UNBLOCK: c_int = 1;

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
    extern "C" fn start(arg: *mut c_void) -> *mut c_void {
        // SAFETY: `arg` is what `on_sigterm` has made of a box, and nobody else has it.
        let f = unsafe { Box::from_raw(arg.cast::<fn()>()) };
        let set = sigterm();
        let mut signal = 0;
        while signal != SIGTERM {
            // SAFETY: `set` is a signal set, and `signal` writable (sigwait(3)).
            unsafe { sigwait(&raw const set, &raw mut signal) };
        }
        f();
        ptr::null_mut()
    }
    let set = sigterm();
    // SAFETY: `set` is a signal set, and the old one is not asked for (pthread_sigmask(3)).
    unsafe { pthread_sigmask(SIG_BLOCK, &raw const set, ptr::null_mut()) };
    let arg = Box::into_raw(Box::new(f));
    // SAFETY: the box is the thread's alone from now on; what is in it is `Send`.
    if unsafe { super::thread::create(STACK_LEN, start, arg.cast()) }.is_some() {
        return true;
    }
    // SAFETY: there is no thread that has it. The set is as above.
    unsafe {
        drop(Box::from_raw(arg));
        pthread_sigmask(SIG_UNBLOCK, &raw const set, ptr::null_mut());
    }
    false
}
