//! Child processes, pipes and signals, for the emulator, on Linux, macOS and FreeBSD.

#[cfg(not(all(target_os = "linux", not(tiny_lambda_portable))))]
use core::ffi::c_long;
#[cfg(target_os = "freebsd")]
use core::ffi::c_uint;
use core::ffi::{c_int, c_ulong, c_void};
#[cfg(target_os = "freebsd")]
use core::ptr;
use core::sync::atomic::{AtomicI32, Ordering};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::OnceLock;

// These numbers are the same on each system.
const SIGHUP: c_int = 1;
const SIGINT: c_int = 2;
const SIGQUIT: c_int = 3;
pub(crate) const SIGKILL: c_int = 9;
pub(crate) const SIGTERM: c_int = 15;
const POLLIN: i16 = 1;
const ESRCH: i32 = 3;
const SIG_IGN: usize = 1;

/// Returns the number that a constant has on this system. Linux has the same on x86_64 and aarch64; those of macOS and
/// FreeBSD are in sys/signal.h, sys/wait.h and sys/resource.h.
const fn number(linux: c_int, macos: c_int, freebsd: c_int) -> c_int {
    if cfg!(target_os = "linux") {
        linux
    } else if cfg!(target_os = "macos") {
        macos
    } else {
        freebsd
    }
}

pub(crate) const SIGCONT: c_int = number(18, 19, 19);
pub(crate) const SIGSTOP: c_int = number(19, 17, 17);
const P_PID: c_int = number(1, 1, 0);
const WEXITED: c_int = number(4, 4, 16);
const WNOWAIT: c_int = number(0x0100_0000, 0x20, 8);
const RLIMIT_NOFILE: c_int = number(7, 8, 8);

/// `id_t`.
#[cfg(not(target_os = "freebsd"))]
type Id = u32;
#[cfg(target_os = "freebsd")]
type Id = i64;

/// `nfds_t`.
#[cfg(target_os = "linux")]
type NFds = c_ulong;
#[cfg(not(target_os = "linux"))]
type NFds = core::ffi::c_uint;

#[repr(C)]
struct PollFd {
    fd: c_int,
    events: i16,
    revents: i16,
}

/// `siginfo_t`: at most 128 bytes. It begins with the `int`s `si_signo`, `si_errno` and `si_code`.
#[repr(C, align(8))]
struct SigInfo([c_int; 32]);

/// `struct rlimit` where `rlim_t` is 64 bits wide (getrlimit(2)).
#[repr(C)]
#[derive(Clone, Copy)]
struct Limit {
    soft: c_ulong,
    hard: c_ulong,
}

unsafe extern "C" {
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn waitid(kind: c_int, id: Id, info: *mut SigInfo, options: c_int) -> c_int;
    fn poll(fds: *mut c_void, n: NFds, timeout_ms: c_int) -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
    fn write(fd: c_int, bytes: *const c_void, len: usize) -> isize;
    #[cfg(target_os = "linux")]
    fn prctl(option: c_int, ...) -> c_int;
    fn getppid() -> c_int;
    fn getrlimit(resource: c_int, limit: *mut Limit) -> c_int;
    fn setrlimit(resource: c_int, limit: *const Limit) -> c_int;
}

/// The limit of open files before [`raise_descriptor_limit`] raised it.
static LIMIT_BEFORE: OnceLock<Limit> = OnceLock::new();

/// Returns the soft and the hard limit of open files; `None` if they are not known.
fn descriptor_limits() -> Option<Limit> {
    let mut limit = Limit { soft: 0, hard: 0 };
    // SAFETY: `limit` has the layout of the `struct rlimit` that `getrlimit` writes.
    (unsafe { getrlimit(RLIMIT_NOFILE, &raw mut limit) } == 0).then_some(limit)
}

/// Returns how many files this process may have open at once; `None` if that is not known.
pub(crate) fn descriptor_limit() -> Option<usize> {
    let limit = descriptor_limits()?;
    Some(usize::try_from(limit.soft).unwrap_or(usize::MAX))
}

/// Raises the soft limit of open files to the hard limit, on macOS to at most
/// 10,240 (`OPEN_MAX` in its setrlimit(2)). Processes that are started with
/// [`end_with_parent`] get the limit from before.
pub(crate) fn raise_descriptor_limit() {
    let Some(before) = descriptor_limits() else {
        return;
    };
    let raised = Limit {
        soft: if cfg!(target_os = "macos") {
            before.hard.min(10_240)
        } else {
            before.hard
        },
        ..before
    };
    if raised.soft <= before.soft {
        return;
    }
    // SAFETY: `raised` has the layout of the `struct rlimit` that `setrlimit` reads.
    if unsafe { setrlimit(RLIMIT_NOFILE, &raw const raised) } == 0 {
        let _ = LIMIT_BEFORE.set(before);
    }
}

/// Makes the kernel kill the process that `command` starts as soon as the thread that starts it ends, which
/// it also does if this process is killed (PR_SET_PDEATHSIG(2const)). The thread must live as long as the
/// started process is needed. Only Linux can do this.
pub(crate) fn end_with_parent(command: &mut Command) {
    let parent = std::process::id();
    let limit = LIMIT_BEFORE.get();
    let before_exec = move || {
        if let Some(limit) = limit {
            // A failure is ignored: a limit that stays raised does no harm.
            // SAFETY: `limit` has the layout of the `struct rlimit` that `setrlimit` reads.
            unsafe { setrlimit(RLIMIT_NOFILE, limit) };
        }
        #[cfg(target_os = "linux")]
        {
            const PR_SET_PDEATHSIG: c_int = 1;
            let signal = c_ulong::from(SIGKILL.unsigned_abs());
            // A failure is ignored: where the call is not allowed, the process is started without it.
            // SAFETY: the arguments of this option are numbers.
            unsafe { prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) };
        }
        // If the parent ended before the call above, the kernel will not send the signal.
        // SAFETY: `getppid` has no arguments.
        if u32::try_from(unsafe { getppid() }) != Ok(parent) {
            return Err(io::Error::from_raw_os_error(ESRCH));
        }
        Ok(())
    };
    // SAFETY: the closure runs between `fork` and `exec`. It only makes system calls: it allocates nothing
    // and takes no lock (signal-safety(7)).
    unsafe { command.pre_exec(before_exec) };
}

/// Sends `signal` to every process of the group whose first process was `id`. Ignores errors: the group may
/// have ended.
pub(crate) fn kill_group(id: u32, signal: c_int) {
    // 0 would be this process's own group, and -1 all processes (kill(2)).
    if let Some(group) = c_int::try_from(id).ok().filter(|&id| id > 1) {
        // SAFETY: `kill` takes any numbers and changes no memory of this process.
        unsafe { kill(0_i32.saturating_sub(group), signal) };
    }
}

/// Waits until child process `id` has ended. Does not reap it, so its id is not used again yet.
pub(crate) fn wait_for_exit(id: u32) {
    /// `CLD_STOPPED`, the same on each system.
    const STOPPED: c_int = 5;

    let mut info = SigInfo([0; 32]);
    loop {
        // SAFETY: `info` has the size and alignment of the `siginfo_t` that `waitid` writes.
        let result = unsafe { waitid(P_PID, Id::from(id), &raw mut info, WEXITED | WNOWAIT) };
        let interrupted = || io::Error::last_os_error().kind() == io::ErrorKind::Interrupted;
        if result == 0 && info.0[2] == STOPPED {
            // macOS also reports that the process is stopped, whatever the options say (Go's issue 19314).
            super::sleep_ms(10);
        } else if result == 0 || !interrupted() {
            return;
        }
    }
}

/// Reaps a child process that has ended. Returns its status, and `None` as the peak of its resident memory: Linux counts
/// that of the process that has started it, too (`setmax_mm_hiwater_rss` in the kernel's fs/exec.c).
#[cfg(all(target_os = "linux", not(tiny_lambda_portable)))]
pub(crate) fn reap(mut child: Child) -> io::Result<(ExitStatus, Option<u64>)> {
    Ok((child.wait()?, None))
}

/// Reaps a child process that has ended. Returns its status and the peak of its resident memory in KB.
#[cfg(not(all(target_os = "linux", not(tiny_lambda_portable))))]
pub(crate) fn reap(child: Child) -> io::Result<(ExitStatus, Option<u64>)> {
    use std::os::unix::process::ExitStatusExt as _;

    /// `struct rusage`: 18 words, less or more with other C libraries of 32 bits. Two times of two words each come
    /// first, then `ru_maxrss` (getrusage(2)).
    type Usage = [c_long; 64];

    unsafe extern "C" {
        fn wait4(pid: c_int, status: *mut c_int, options: c_int, usage: *mut Usage) -> c_int;
    }
    let id = c_int::try_from(child.id()).map_err(io::Error::other)?;
    let (mut status, mut usage): (c_int, Usage) = (0, [0; 64]);
    loop {
        // SAFETY: `status` and `usage` are writable, and `usage` is longer than a `struct rusage` (wait4(2)).
        if unsafe { wait4(id, &raw mut status, 0, &raw mut usage) } == id {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let peak = u64::try_from(usage[4]).unwrap_or(0);
    // macOS counts bytes, and others count KB (getrusage(2)).
    let peak_kb = if cfg!(target_os = "macos") {
        peak / 1024
    } else {
        peak
    };
    Ok((ExitStatus::from_raw(status), Some(peak_kb)))
}

/// Reads the peak of the resident memory of a running process in KB from proc(5).
#[cfg(target_os = "linux")]
pub(crate) fn peak_kb(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let mut lines = status.lines();
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().strip_suffix("kB")?.trim_end().parse().ok()
}

/// Returns the peak of the memory of a running process in KB: `ri_lifetime_max_phys_footprint` of `rusage_info_v4`
/// (sys/resource.h), which Activity Monitor shows. getrusage(2) has none of another process that runs.
#[cfg(target_os = "macos")]
pub(crate) fn peak_kb(id: u32) -> Option<u64> {
    const RUSAGE_INFO_V4: c_int = 4;
    /// 37 words: an id of two words, and counters of one. The one above is the 29th counter.
    type Usage = [u64; 64];

    unsafe extern "C" {
        fn proc_pid_rusage(pid: c_int, flavor: c_int, to: *mut Usage) -> c_int;
    }
    let (id, mut usage): (c_int, Usage) = (id.try_into().ok()?, [0; 64]);
    // SAFETY: `usage` is writable and longer than a `rusage_info_v4` (libproc.h).
    let result = unsafe { proc_pid_rusage(id, RUSAGE_INFO_V4, &raw mut usage) };
    (result == 0).then_some(usage[30] / 1024)
}

/// Returns the peak of the resident memory of a running process in KB: `ki_rusage.ru_maxrss` of its `struct kinfo_proc`
/// (sys/user.h). getrusage(2) has none of another process that runs.
#[cfg(target_os = "freebsd")]
pub(crate) fn peak_kb(id: u32) -> Option<u64> {
    const CTL_KERN: c_int = 1;
    const KERN_PROC: c_int = 14;
    const KERN_PROC_PID: c_int = 1;
    /// `KINFO_PROC_SIZE` of 64-bit systems is 1088 bytes. 32-bit systems have another, and no peak here.
    type Info = [u64; 136];

    unsafe extern "C" {
        fn sysctl(
            name: *const c_int,
            n_names: c_uint,
            to: *mut Info,
            len: *mut usize,
            new: *const c_void,
            new_len: usize,
        ) -> c_int;
    }
    let name = [CTL_KERN, KERN_PROC, KERN_PROC_PID, id.try_into().ok()?];
    let (mut info, mut len) = ([0; 136], size_of::<Info>());
    // SAFETY: `name` has four numbers, `info` is writable for `len` bytes, and no new value is passed (sysctl(3)).
    let result = unsafe {
        sysctl(
            name.as_ptr(),
            4,
            &raw mut info,
            &raw mut len,
            ptr::null(),
            0,
        )
    };
    // The peak is 640 bytes from the beginning.
    (result == 0 && len == size_of::<Info>()).then_some(info[80])
}

#[cfg(all(target_os = "linux", not(tiny_lambda_portable)))]
fn open_pipe(fds: &mut [c_int; 2]) -> c_int {
    const O_CLOEXEC: c_int = 0o2_000_000;

    unsafe extern "C" {
        fn pipe2(fds: *mut c_int, flags: c_int) -> c_int;
    }
    // SAFETY: `fds` has room for the two numbers that `pipe2` writes.
    unsafe { pipe2(fds.as_mut_ptr(), O_CLOEXEC) }
}

/// macOS has no `pipe2`. A child process that another thread starts between the calls inherits the pipe.
#[cfg(not(all(target_os = "linux", not(tiny_lambda_portable))))]
fn open_pipe(fds: &mut [c_int; 2]) -> c_int {
    const F_SETFD: c_int = 2;
    const FD_CLOEXEC: c_int = 1;

    unsafe extern "C" {
        fn pipe(fds: *mut c_int) -> c_int;
        fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    }
    // SAFETY: `fds` has room for the two numbers that `pipe` writes. The arguments of this command of `fcntl` are
    // numbers (fcntl(2)); a descriptor that is not open is an error.
    unsafe {
        let result = pipe(fds.as_mut_ptr());
        for fd in *fds {
            if result == 0 {
                fcntl(fd, F_SETFD, FD_CLOEXEC);
            }
        }
        result
    }
}

/// Opens a pipe. Returns the end to read from and the end to write to. Child processes inherit neither.
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    if open_pipe(&mut fds) != 0 {
        return Err(io::Error::last_os_error());
    }
    let [from, to] = fds;
    // SAFETY: `open_pipe` has just opened both, so nothing else owns them.
    Ok(unsafe { (OwnedFd::from_raw_fd(from), OwnedFd::from_raw_fd(to)) })
}

/// Returns whether a read would not block. With `wait`, waits until it would not.
pub(crate) fn is_readable(fd: impl AsFd, wait: bool) -> bool {
    let fd = fd.as_fd().as_raw_fd();
    let mut asked = PollFd {
        fd,
        events: POLLIN,
        revents: 0,
    };
    loop {
        // SAFETY: `asked` is one entry, as the second argument says. Its descriptor is open while `fd` is
        // borrowed.
        let n = unsafe { poll((&raw mut asked).cast(), 1, if wait { -1 } else { 0 }) };
        if n >= 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return n > 0;
        }
    }
}

/// The pipe that the signal handler writes to.
static INTERRUPTED: AtomicI32 = AtomicI32::new(-1);

extern "C" fn on_interrupt(signal: c_int) {
    // Numbers of signals are below 65.
    let byte = u8::try_from(signal).unwrap_or(0);
    let pipe = INTERRUPTED.load(Ordering::Relaxed);
    // SAFETY: `write` is async-signal-safe (POSIX, 2.4.3) and reads one byte. The pipe is never closed and
    // takes it, so `errno` does not change.
    unsafe { write(pipe, (&raw const byte).cast(), 1) };
}

/// Redirects SIGINT, SIGTERM, SIGHUP and SIGQUIT, so that they do not end this process. Returns a pipe from
/// which their numbers can be read, one byte each. If SIGHUP is ignored, as under nohup(1), it stays ignored.
pub(crate) fn interrupts() -> io::Result<File> {
    let (from, to) = pipe()?;
    INTERRUPTED.store(to.into_raw_fd(), Ordering::Relaxed);
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
        // SAFETY: the handler only makes async-signal-safe calls. Child processes do not inherit it.
        let before = unsafe { signal(number, on_interrupt as *const () as usize) };
        if number == SIGHUP && before == SIG_IGN {
            // SAFETY: `SIG_IGN` is not the address of a function (signal(2)).
            unsafe { signal(number, SIG_IGN) };
        }
    }
    Ok(File::from(from))
}
