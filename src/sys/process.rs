//! Processes and signals, for the emulator.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicI32, Ordering};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::time::Duration;

// Linux's numbers, the same on x86_64 and aarch64.
pub(crate) const SIGINT: c_int = 2;
pub(crate) const SIGKILL: c_int = 9;
pub(crate) const SIGTERM: c_int = 15;
pub(crate) const SIGCONT: c_int = 18;
pub(crate) const SIGSTOP: c_int = 19;
const O_CLOEXEC: c_int = 0o2_000_000;
const POLLIN: i16 = 1;
const P_PID: c_int = 1;
const WEXITED: c_int = 4;
const WNOWAIT: c_int = 0x0100_0000;

#[repr(C)]
struct PollFd {
    fd: c_int,
    events: i16,
    revents: i16,
}

/// A `siginfo_t`: 128 bytes.
#[repr(C, align(8))]
struct SigInfo([u8; 128]);

unsafe extern "C" {
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn waitid(kind: c_int, id: u32, info: *mut SigInfo, options: c_int) -> c_int;
    fn pipe2(fds: *mut c_int, flags: c_int) -> c_int;
    // `nfds_t` is `unsigned long` on Linux.
    fn poll(fds: *mut c_void, n: usize, timeout_ms: c_int) -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
    fn write(fd: c_int, bytes: *const c_void, len: usize) -> isize;
}

/// Sends `signal` to every process of the group that is named after its first process. There
/// may be none any more, which is what its sender wants.
pub(crate) fn kill_group(id: u32, signal: c_int) {
    // 0 and 1 would be our own group and everybody's.
    if let Some(id) = c_int::try_from(id).ok().filter(|&id| id > 1) {
        // SAFETY: `kill` takes any numbers and touches no memory of ours.
        unsafe { kill(id.wrapping_neg(), signal) };
    }
}

/// Waits until child `id` has ended, and leaves it to be waited for: its id stays taken.
pub(crate) fn wait_for_exit(id: u32) {
    let mut info = SigInfo([0; 128]);
    loop {
        // SAFETY: `info` has the size and alignment of the `siginfo_t` that `waitid` writes.
        let result = unsafe { waitid(P_PID, id, &raw mut info, WEXITED | WNOWAIT) };
        let interrupted = || io::Error::last_os_error().kind() == io::ErrorKind::Interrupted;
        if result == 0 || !interrupted() {
            return;
        }
    }
}

/// A pipe: the end to read from and the end to write to, neither inherited by children.
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    // SAFETY: `fds` is room for the two numbers that `pipe2` writes.
    if unsafe { pipe2(fds.as_mut_ptr(), O_CLOEXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let [from, to] = fds;
    // SAFETY: `pipe2` has just opened both, and nobody else knows of them.
    Ok(unsafe { (OwnedFd::from_raw_fd(from), OwnedFd::from_raw_fd(to)) })
}

/// Whether a read would not block; `wait`: waits until it would not.
pub(crate) fn is_readable(fd: impl AsFd, wait: bool) -> bool {
    let fd = fd.as_fd().as_raw_fd();
    let mut asked = PollFd {
        fd,
        events: POLLIN,
        revents: 0,
    };
    loop {
        // SAFETY: `asked` is the one entry that `poll` is told of, open as long as it is borrowed.
        let n = unsafe { poll((&raw mut asked).cast(), 1, if wait { -1 } else { 0 }) };
        if n >= 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return n > 0;
        }
    }
}

/// Wakes a thread that waits for a socket.
#[derive(Debug)]
pub(crate) struct Bell {
    from: File,
    to: File,
}

impl Bell {
    pub(crate) fn new() -> io::Result<Bell> {
        let (from, to) = pipe()?;
        Ok(Bell {
            from: from.into(),
            to: to.into(),
        })
    }

    /// Wakes whoever waits. Each ring is [silenced](Self::silence) once.
    pub(crate) fn ring(&self) {
        let _ = (&self.to).write_all(b"\n");
    }

    pub(crate) fn silence(&self) {
        let _ = (&self.from).read_exact(&mut [0]);
    }

    /// Waits for the bell and for `socket` to have something to read, up to `limit`, which is
    /// rounded up to whole milliseconds, or up to a signal; whether there is anything.
    pub(crate) fn wait_with(&self, socket: impl AsFd, limit: Duration) -> bool {
        let ask = |fd: c_int| PollFd {
            fd,
            events: POLLIN,
            revents: 0,
        };
        let mut asked = [ask(socket.as_fd().as_raw_fd()), ask(self.from.as_raw_fd())];
        let ms = limit.as_nanos().div_ceil(1_000_000);
        let ms = c_int::try_from(ms).unwrap_or(c_int::MAX);
        // SAFETY: `asked` are the two entries that `poll` is told of, open as long as they are
        // borrowed.
        unsafe { poll((&raw mut asked).cast(), 2, ms) > 0 }
    }
}

/// Where the handler of SIGINT and SIGTERM writes to.
static INTERRUPTED: AtomicI32 = AtomicI32::new(-1);

extern "C" fn on_interrupt(signal: c_int) {
    let byte = u8::try_from(signal).unwrap_or(0);
    // SAFETY: `write` is async-signal-safe (POSIX, 2.4.3), reads the one byte, and a pipe that
    // is never closed takes it, so that it leaves `errno` alone.
    unsafe {
        write(
            INTERRUPTED.load(Ordering::Relaxed),
            (&raw const byte).cast(),
            1,
        )
    };
}

/// From now on SIGINT and SIGTERM do not end this process: their numbers come out of the pipe
/// that is returned, a byte each.
pub(crate) fn interrupts() -> io::Result<File> {
    let (from, to) = pipe()?;
    INTERRUPTED.store(to.into_raw_fd(), Ordering::Relaxed);
    for number in [SIGINT, SIGTERM] {
        // SAFETY: the handler does only what a handler may. Children do not inherit it.
        unsafe { signal(number, on_interrupt as *const () as usize) };
    }
    Ok(File::from(from))
}
