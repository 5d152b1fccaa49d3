//! The process's standard streams, end, and clock.

use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};
use std::io::{self, Write};

use super::Errno;
use super::socket::unsent;
use super::syscall::{TimeSpec, number, syscall};

/// Writes `bytes` to standard error. Ignores write errors, as there is nowhere to report them.
///
/// A pipe takes up to 4 KB at once (pipe(7), `PIPE_BUF`). Longer texts of two threads could get mixed, so
/// the threads write one after another. The plain form is std's `Mutex`, which also wakes the waiting
/// threads and is 300 bytes more.
pub(crate) fn write_stderr(mut bytes: &[u8]) {
    const STDERR: usize = 2;
    static IS_WRITING: AtomicBool = AtomicBool::new(false);

    while IS_WRITING.swap(true, Ordering::Acquire) {
        sleep_ms(1);
    }
    while !bytes.is_empty() {
        let args = [STDERR, bytes.as_ptr().expose_provenance(), bytes.len()];
        // SAFETY: `bytes` is readable for its whole length; a closed descriptor is an error (write(2)).
        match unsafe { syscall(number::WRITE, args) } {
            Ok(n) if n > 0 => bytes = unsent(bytes, n),
            Err(errno) if errno.is_interrupted() => {}
            _ => break,
        }
    }
    IS_WRITING.store(false, Ordering::Release);
}

/// `build.sh` sets the variable if the linker's map of the executable shows that nothing else uses std's
/// standard output. Without the flush, the zip of `hello` is 900 bytes smaller.
const STDOUT_CAN_BE_USED: bool = option_env!("TINY_LAMBDA_STDOUT_IS_UNUSED").is_none();

/// Writes printed text that does not end with a line end. std buffers it until the line or the process
/// ends. Waits if another thread holds the lock of std's standard output, as `print!` does.
#[inline(never)]
pub(crate) fn flush_stdout() {
    if STDOUT_CAN_BE_USED {
        // Ignores write errors, as there is nowhere to report them.
        let _ = io::stdout().flush();
    }
}

/// Claims the end of the process for this thread, since C's `exit` may be called only once. Blocks if
/// another thread has claimed it. If this thread has, a function registered by `atexit` called this, and
/// the process ends at once.
pub(crate) fn claim_exit(status: c_int) {
    unsafe extern "C" {
        fn _exit(status: c_int) -> !;
    }
    if super::has_claimed_exit() {
        // SAFETY: it may be called at any time (_exit(2)).
        unsafe { _exit(status) }
    }
}

/// Ends the process, after the functions registered by `atexit` have run and standard output was flushed.
///
/// Only std's `exit` flushes standard output without waiting for a thread that holds its lock, and that
/// thread may be waiting for this one. If nothing uses standard output, the C library's `exit` is enough,
/// which is 1.2 KB less.
pub(crate) fn exit(status: c_int) -> ! {
    unsafe extern "C" {
        fn exit(status: c_int) -> !;
    }
    claim_exit(status);
    if STDOUT_CAN_BE_USED {
        std::process::exit(status);
    }
    // SAFETY: `exit` may be called once (exit(3)), and `claim_exit` returns to one thread only.
    unsafe { exit(status) }
}

/// Waits for `ms` milliseconds, also if signals interrupt it. The plain form is `std::thread::sleep`,
/// which also reads a clock.
pub(crate) fn sleep_ms(ms: u16) {
    // Miri makes no system call.
    if cfg!(miri) {
        return std::thread::sleep(std::time::Duration::from_millis(ms.into()));
    }
    let mut time = TimeSpec::from_ms(ms.into());
    let time = (&raw mut time).expose_provenance();
    // SAFETY: `time` is readable and writable, and has the layout of nanosleep(2). The kernel reads it,
    // and writes the time that is left to it if a signal interrupts the call.
    while unsafe { syscall(number::NANOSLEEP, [time, time]) }.is_err_and(Errno::is_interrupted) {}
}

/// Returns the milliseconds since the Unix epoch.
///
/// The plain form is std's `SystemTime`, which is 6 KB more, for the messages of its errors. The C
/// library's `clock_gettime` avoids the system call, and is 700 bytes more.
pub(crate) fn unix_time_ms() -> u64 {
    let mut time = TimeSpec::from_ms(0);
    read_clock(&mut time);
    time.to_ms()
}

/// Returns the nanoseconds since the Unix epoch.
pub(crate) fn unix_time_nanos() -> u64 {
    let mut time = TimeSpec::from_ms(0);
    read_clock(&mut time);
    time.to_nanos()
}

// The plain form returns the time; it adds 33 bytes to the zip of `hello` in profile `tiny`.
#[inline(always)]
fn read_clock(time: &mut TimeSpec) {
    const CLOCK_REALTIME: usize = 0;

    let to = ptr::from_mut(time).expose_provenance();
    // SAFETY: `time` is writable and has the layout of clock_gettime(2).
    let result = unsafe { syscall(number::CLOCK_GETTIME, [CLOCK_REALTIME, to]) };
    debug_assert!(result.is_ok(), "this clock always exists");
}

/// Fills `bytes` with random numbers of the kernel, which are fit for keys (getrandom(2)). There is no pool in
/// the process, because all copies of a SnapStart snapshot would have the same one.
///
/// # Errors
/// The kernel is older than Linux 3.17, or a filter forbids the call.
pub(crate) fn fill_random(mut bytes: &mut [u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let to = bytes.as_mut_ptr().expose_provenance();
        // SAFETY: `bytes` is writable for its whole length.
        match unsafe { syscall(number::GETRANDOM, [to, bytes.len(), 0]) } {
            // A signal may end the call early, with fewer bytes.
            Ok(n) => bytes = bytes.get_mut(n..).unwrap_or_default(),
            Err(errno) if errno.is_interrupted() => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Returns a random number of the kernel. Without random numbers, which does not happen on Lambda, it is a fixed one.
/// There is no loop, since a signal does not interrupt the call for up to 256 bytes (getrandom(2)).
///
/// The plain form is [`fill_random`], with which a function that inserts members into an object has 80 bytes more.
pub(crate) fn random_u32() -> u32 {
    let mut number = 0x5a5a_5a5a_u32;
    let to = (&raw mut number).expose_provenance();
    // SAFETY: `number` is writable for 4 bytes.
    let _: Result<usize, Errno> = unsafe { syscall(number::GETRANDOM, [to, size_of::<u32>(), 0]) };
    number
}

/// Makes a write to a pipe without a reader an error instead of a signal that ends the process, as std's
/// start-up does. The plain form is the C library's `signal`, which is 600 bytes more.
pub(crate) fn ignore_broken_pipes() {
    const SIGPIPE: usize = 13;
    const SIG_IGN: usize = 1;
    /// The length of a set of signals in bytes.
    const SET_LEN: usize = 8;

    // The kernel's `struct sigaction` on either architecture: handler, flags, perhaps a restorer, and an
    // empty set of signals.
    let action = [SIG_IGN, 0, 0, 0];
    let action = (&raw const action).expose_provenance();
    // SAFETY: `action` is readable for its whole length, `SIG_IGN` is not the address of a function, and
    // the old action is not requested (sigaction(2)).
    let result = unsafe { syscall(number::RT_SIGACTION, [SIGPIPE, action, 0, SET_LEN]) };
    debug_assert!(result.is_ok(), "SIGPIPE can be ignored");
}
