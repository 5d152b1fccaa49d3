//! SIGTERM, which announces the end of the process. All threads block it, and one thread waits for it, so
//! that it interrupts no code. This is for Linux, macOS and FreeBSD.

use core::ffi::c_int;
use core::ptr;

/// Whether this system lets a thread wait for SIGTERM.
pub(crate) const CAN_WAIT_FOR_SIGTERM: bool = true;

const SIGTERM: c_int = 15;
/// 0 on Linux, 1 on BSD and macOS. `SIG_UNBLOCK` is the next number.
const SIG_BLOCK: c_int = if cfg!(target_os = "linux") { 0 } else { 1 };

/// `sigset_t`: 128 bytes with glibc and musl, in words as the kernel has them; 4 bytes on macOS, 16 on FreeBSD.
type SigSet = [u64; 16];

/// The set that consists of SIGTERM: bit `n - 1` is set if signal `n` is in it.
static SIGTERM_SET: SigSet = [1 << 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// `struct sigaction`: 152 bytes with glibc and musl, less elsewhere. The handler is its first field.
type SigAction = [usize; 256 / size_of::<usize>()];

unsafe extern "C" {
    fn pthread_sigmask(how: c_int, set: *const SigSet, old: *mut SigSet) -> c_int;
    fn sigwait(set: *const SigSet, signal: *mut c_int) -> c_int;
    fn sigaction(signal: c_int, new: *const SigAction, old: *mut SigAction) -> c_int;
    fn raise(signal: c_int) -> c_int;
}

/// Calls the SIGTERM handler that the function has set, if any, on this thread. The system does not call it
/// while the signal is blocked.
pub(crate) fn call_sigterm_handler() {
    const SIG_UNBLOCK: c_int = SIG_BLOCK + 1;
    /// `SIG_DFL` is 0.
    const SIG_IGN: usize = 1;

    let mut old: SigAction = [0; 256 / size_of::<usize>()];
    // SAFETY: `old` is writable and longer than a `struct sigaction`, and no new action is passed
    // (sigaction(2)). `SIGTERM_SET` is a signal set (pthread_sigmask(3)). The handler of a signal may be
    // called at any time.
    unsafe {
        if sigaction(SIGTERM, ptr::null(), &raw mut old) == 0 && old[0] > SIG_IGN {
            pthread_sigmask(SIG_UNBLOCK, &raw const SIGTERM_SET, ptr::null_mut());
            raise(SIGTERM);
        }
    }
}

/// Blocks SIGTERM for this thread and for those that it starts from now on: the signal stays pending.
pub(crate) fn block_sigterm() {
    // SAFETY: `SIGTERM_SET` is a signal set, and the old one is not requested (pthread_sigmask(3)).
    unsafe { pthread_sigmask(SIG_BLOCK, &raw const SIGTERM_SET, ptr::null_mut()) };
}

/// Waits for SIGTERM, which every thread has blocked.
pub(crate) fn wait_for_sigterm() {
    let mut signal = 0;
    while signal != SIGTERM {
        // SAFETY: `SIGTERM_SET` is a signal set, and `signal` is writable (sigwait(3)).
        unsafe { sigwait(&raw const SIGTERM_SET, &raw mut signal) };
    }
}

/// Calls `f` while a signal interrupts this thread every 20 milliseconds, `n_signals` times at most.
#[cfg(test)]
#[cfg_attr(
    not(feature = "emulator"),
    allow(dead_code, reason = "`portable.rs` has no test that calls it")
)]
pub(crate) fn with_signals<T>(n_signals: u32, f: impl FnOnce() -> T) -> T {
    use core::sync::atomic::{AtomicBool, Ordering};
    use core::time::Duration;
    use std::thread;

    const SIGUSR1: c_int = if cfg!(target_os = "linux") { 10 } else { 30 };

    extern "C" fn ignore(_: c_int) {}
    unsafe extern "C" {
        fn signal(signal: c_int, handler: usize) -> usize;
        fn siginterrupt(signal: c_int, interrupts: c_int) -> c_int;
        fn pthread_self() -> usize;
        fn pthread_kill(thread: usize, signal: c_int) -> c_int;
    }
    let ignore: extern "C" fn(c_int) = ignore;
    // SAFETY: the handler does nothing.
    let thread = unsafe {
        signal(SIGUSR1, ignore as usize);
        siginterrupt(SIGUSR1, 1);
        pthread_self()
    };
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..n_signals {
                thread::sleep(Duration::from_millis(20));
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                // SAFETY: this scope belongs to the thread, which therefore has not ended.
                unsafe { pthread_kill(thread, SIGUSR1) };
            }
        });
        let result = f();
        is_over.store(true, Ordering::Relaxed);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU32, Ordering};

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no signals")]
    fn the_sigterm_handler_of_the_function_is_called() {
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
            // `SIG_DFL` and `SIG_IGN` are not functions, so nothing is called.
            for handler in [0, 1] {
                // SAFETY: `SIG_DFL` and `SIG_IGN` (signal(2)).
                unsafe { signal(SIGTERM, handler) };
                call_sigterm_handler();
            }
            assert_eq!(N_CALLS.load(Ordering::Relaxed), 0);
            // SAFETY: `count` only changes an atomic number. `raise` sends the signal to this thread, which
            // has blocked it.
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
