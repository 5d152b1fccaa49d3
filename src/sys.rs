//! The only unsafe code: what the operating system offers and std does not, or only with a copy.
#![allow(unsafe_code)]

use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::net::TcpStream;

/// Reads once from `stream` into the spare capacity of `buf`, which nobody has to clear first.
/// Returns how many bytes came; 0: the peer has closed the connection, or there is no room.
#[cfg(unix)]
pub(crate) fn receive(stream: &TcpStream, buf: &mut Vec<u8>) -> io::Result<usize> {
    use core::ffi::{c_int, c_void};
    use std::os::fd::AsRawFd;

    unsafe extern "C" {
        fn recv(fd: c_int, buf: *mut c_void, len: usize, flags: c_int) -> isize;
    }
    let spare = buf.spare_capacity_mut();
    // SAFETY: `spare` is writable for its whole length, and `recv` (POSIX.1-2017) writes no more
    // than it is told; the descriptor is open as long as `stream` is borrowed.
    let n = unsafe {
        recv(
            stream.as_raw_fd(),
            spare.as_mut_ptr().cast(),
            spare.len(),
            0,
        )
    };
    let Ok(n) = usize::try_from(n) else {
        return Err(io::Error::last_os_error());
    };
    // SAFETY: `recv` has initialised the first `n` bytes of the spare capacity, no more than
    // there were, so `len + n <= capacity`.
    unsafe { buf.set_len(buf.len().wrapping_add(n)) };
    Ok(n)
}

/// The same where there is no POSIX: through a buffer that was cleared first.
#[cfg(not(unix))]
pub(crate) fn receive(mut stream: &TcpStream, buf: &mut Vec<u8>) -> io::Result<usize> {
    let len = buf.len();
    buf.resize(buf.capacity(), 0);
    let read = io::Read::read(&mut stream, buf.get_mut(len..).unwrap_or_default());
    buf.truncate(len.wrapping_add(*read.as_ref().unwrap_or(&0)));
    read
}

/// Writes to standard error, as far as it takes it: nobody is left to tell that it does not.
/// Without std's lock on it, of which a line in one write has no need.
#[cfg(unix)]
pub(crate) fn write_stderr(bytes: &[u8]) {
    write_all(2, bytes);
}

/// The same where there is no POSIX.
#[cfg(not(unix))]
pub(crate) fn write_stderr(bytes: &[u8]) {
    let _ = io::Write::write_all(&mut io::stderr(), bytes);
}

#[cfg(unix)]
fn write_all(fd: core::ffi::c_int, mut bytes: &[u8]) {
    use core::ffi::{c_int, c_void};

    unsafe extern "C" {
        fn write(fd: c_int, buf: *const c_void, len: usize) -> isize;
    }
    while !bytes.is_empty() {
        // SAFETY: `bytes` is readable for its whole length; a descriptor that is not open is an
        // error code (write(2)).
        let n = unsafe { write(fd, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(n) {
            Ok(n) if n > 0 => bytes = bytes.get(n..).unwrap_or_default(),
            Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}

/// Writes the last bytes of a connection whose owner, further up on this thread's stack, will not
/// go on, and waits for a reply or the read timeout, so that nothing gets lost.
#[cfg(all(panic = "abort", unix))]
pub(crate) fn write_last(fd: core::ffi::c_int, bytes: &[u8]) {
    use core::ffi::c_int;

    unsafe extern "C" {
        fn read(fd: c_int, buf: *mut u8, len: usize) -> isize;
    }
    write_all(fd, bytes);
    let mut byte = 0;
    // SAFETY: `byte` is writable, for one byte; a descriptor that is not open is an error code
    // (read(2)).
    let _ = unsafe { read(fd, &raw mut byte, 1) };
}

/// Sets the variable `name`, always the same one, to `value`, or hides it.
///
/// Not by `setenv`, which frees the text that another thread may be reading, nor by std, whose lock
/// keeps its own readers out, at 6 KB for messages: the variable is one buffer, which is never
/// freed and always ends, so that whoever reads it meanwhile reads old, new or mixed text.
#[cfg(unix)]
pub(crate) fn set_env(name: &str, value: Option<&str>) {
    use core::ffi::{c_char, c_int};
    use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};

    /// Longer than any tracing header; the last byte stays 0.
    static ENTRY: [AtomicU8; 512] = [const { AtomicU8::new(0) }; 512];
    static IS_PUT: AtomicBool = AtomicBool::new(false);

    unsafe extern "C" {
        fn putenv(entry: *mut c_char) -> c_int;
    }
    let fits = |value: &&str| name.len().saturating_add(value.len()) < ENTRY.len().wrapping_sub(2);
    let Some(value) = value.filter(fits) else {
        // An entry without a name is no variable's.
        ENTRY
            .iter()
            .take(1)
            .for_each(|byte| byte.store(0, Ordering::Relaxed));
        return;
    };
    let text = name.bytes().chain([b'=']).chain(value.bytes()).chain([0]);
    for (byte, new) in ENTRY.iter().zip(text) {
        byte.store(new, Ordering::Relaxed);
    }
    if !IS_PUT.swap(true, Ordering::Relaxed) {
        // SAFETY: `ENTRY` lives as long as the process, and ends with a 0 whatever is stored in
        // it. The environment itself is only changed by this first call, before the first handler
        // runs (putenv(3)).
        unsafe { putenv(ENTRY.as_ptr().cast_mut().cast()) };
    }
}

/// The same where there is no POSIX: X-Ray's SDKs have no need of it outside of Lambda.
#[cfg(not(unix))]
pub(crate) fn set_env(_: &str, _: Option<&str>) {}

/// Calls `f` on `n` threads at once, of which this is one, and returns when all have. Each of the
/// others has a stack of `stack_len` bytes. Where the system has no more threads, there are fewer.
///
/// std's threads can do this too, with 39 KB.
#[cfg(unix)]
pub(crate) fn in_parallel(n: usize, stack_len: usize, f: &(dyn Fn() + Sync)) {
    use core::ffi::{c_int, c_void};
    use core::ptr;

    /// `pthread_attr_t`, which has 56 bytes with glibc and musl (64 on arm64), and as many on other
    /// systems.
    #[repr(C, align(16))]
    struct Attr([u8; 128]);
    type Start = extern "C" fn(*mut c_void) -> *mut c_void;

    unsafe extern "C" {
        fn pthread_attr_init(attr: *mut Attr) -> c_int;
        fn pthread_attr_setstacksize(attr: *mut Attr, len: usize) -> c_int;
        fn pthread_create(
            thread: *mut usize,
            attr: *const Attr,
            start: Start,
            arg: *mut c_void,
        ) -> c_int;
        fn pthread_join(thread: usize, value: *mut *mut c_void) -> c_int;
    }
    extern "C" fn start(arg: *mut c_void) -> *mut c_void {
        let f: *const &(dyn Fn() + Sync) = arg.cast();
        // SAFETY: `arg` is the address of `f` in the frame of `in_parallel`, which waits for this
        // thread before it ends; `f` is `Sync`. A panic does not leave an `extern "C"` function,
        // it aborts.
        unsafe { (*f)() };
        ptr::null_mut()
    }
    /// Waits for its threads when it goes out of scope, however that comes.
    struct Threads(Vec<usize>);
    impl Drop for Threads {
        fn drop(&mut self) {
            for &thread in &self.0 {
                // SAFETY: each was created and not joined before (pthread_join(3)).
                unsafe { pthread_join(thread, ptr::null_mut()) };
            }
        }
    }
    let mut attr = Attr([0; 128]);
    let mut threads = Threads(Vec::new());
    let arg: *const &(dyn Fn() + Sync) = &raw const f;
    for _ in 1..n {
        let mut thread = 0_usize;
        // SAFETY: `attr` has room for a `pthread_attr_t`, `thread` is as wide as a `pthread_t`;
        // `arg` lives until the thread has been joined, as `threads` is dropped before `f`.
        let failed = unsafe {
            pthread_attr_init(&raw mut attr);
            pthread_attr_setstacksize(&raw mut attr, stack_len);
            pthread_create(
                &raw mut thread,
                &raw const attr,
                start,
                arg.cast_mut().cast(),
            )
        };
        if failed != 0 {
            break;
        }
        threads.0.push(thread);
    }
    f();
}

/// The same where there is no POSIX.
#[cfg(not(unix))]
pub(crate) fn in_parallel(n: usize, stack_len: usize, f: &(dyn Fn() + Sync)) {
    std::thread::scope(|scope| {
        for _ in 1..n {
            let builder = std::thread::Builder::new().stack_size(stack_len);
            if builder.spawn_scoped(scope, f).is_err() {
                break;
            }
        }
        f();
    });
}

/// Milliseconds since the Unix epoch. std's clock has it too, with 6 KB for how it could fail.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn unix_time_ms() -> u64 {
    use core::ffi::{c_int, c_long};

    /// `struct timespec` (clock_gettime(2)).
    #[repr(C)]
    struct TimeSpec(c_long, c_long);
    const CLOCK_REALTIME: c_int = 0;

    unsafe extern "C" {
        fn clock_gettime(clock: c_int, time: *mut TimeSpec) -> c_int;
    }
    let mut time = TimeSpec(0, 0);
    // SAFETY: `time` is writable and of the layout that clock_gettime(2) has. A failure, which this
    // clock does not know, would leave the epoch.
    unsafe { clock_gettime(CLOCK_REALTIME, &raw mut time) };
    let secs = u64::try_from(time.0).unwrap_or(0);
    secs.wrapping_mul(1000)
        .wrapping_add(u64::try_from(time.1 / 1_000_000).unwrap_or(0))
}

/// The same elsewhere.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn unix_time_ms() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Connects to `addr` within `timeout`. A read or write on it that cannot go on for so long as
/// `stall` says is `WouldBlock`, and may be repeated.
///
/// std can do this too, with two more system calls, and 6 KB for its clock's error messages.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn connect(
    addr: SocketAddr,
    timeout: Duration,
    stall: Duration,
) -> io::Result<TcpStream> {
    use core::ffi::{c_int, c_long, c_void};
    use std::os::fd::{FromRawFd, OwnedFd};

    const AF_INET: u16 = 2;
    const AF_INET6: u16 = 10;
    const SOCK_STREAM: c_int = 1;
    const SOCK_CLOEXEC: c_int = 0o2_000_000;
    const SOL_SOCKET: c_int = 1;
    const SO_RCVTIMEO: c_int = 20;
    const SO_SNDTIMEO: c_int = 21;

    /// `struct sockaddr_in` and `struct sockaddr_in6` (ip(7), ipv6(7)).
    #[repr(C)]
    struct SockAddr {
        family: u16,
        port: [u8; 2],
        /// IPv4: the address; IPv6: flow information.
        word: [u8; 4],
        ipv6: [u8; 16],
        scope: u32,
    }
    /// `struct timeval`, where `time_t` is as wide as `long`: 16 bytes.
    #[repr(C)]
    struct TimeVal(c_long, c_long);

    unsafe extern "C" {
        fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int;
        fn connect(fd: c_int, addr: *const c_void, len: u32) -> c_int;
        fn setsockopt(
            fd: c_int,
            level: c_int,
            name: c_int,
            value: *const c_void,
            len: u32,
        ) -> c_int;
    }
    let mut name = SockAddr {
        family: AF_INET,
        port: addr.port().to_be_bytes(),
        word: [0; 4],
        ipv6: [0; 16],
        scope: 0,
    };
    // sizeof (struct sockaddr_in), which has eight bytes of nothing at its end, and sockaddr_in6.
    let mut name_len = 16;
    match addr {
        SocketAddr::V4(v4) => name.word = v4.ip().octets(),
        SocketAddr::V6(v6) => {
            (name.family, name.ipv6, name.scope) = (AF_INET6, v6.ip().octets(), v6.scope_id());
            name_len = 28;
        }
    }
    // SAFETY: no pointers are passed (socket(2)).
    let fd = unsafe { socket(c_int::from(name.family), SOCK_STREAM | SOCK_CLOEXEC, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `socket` has just opened `fd`, so that nobody else owns it.
    let stream = TcpStream::from(unsafe { OwnedFd::from_raw_fd(fd) });
    let time_val = |time: Duration| {
        let secs = c_long::try_from(time.as_secs()).unwrap_or(c_long::MAX);
        TimeVal(secs, c_long::from(time.subsec_micros()))
    };
    let (timeout, stall) = (time_val(timeout), time_val(stall));
    // SAFETY: `timeout`, `stall` and `name` are readable for the length that is passed, which is
    // no more than their size, and of the layout that socket(7), ip(7) and ipv6(7) have. The first
    // option also bounds `connect` (socket(7)); one that could not be set only means longer waits.
    let connected = unsafe {
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, (&raw const timeout).cast(), 16);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, (&raw const stall).cast(), 16);
        connect(fd, (&raw const name).cast(), name_len)
    };
    if connected == 0 {
        Ok(stream)
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The same elsewhere.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn connect(
    addr: SocketAddr,
    timeout: Duration,
    stall: Duration,
) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&addr, timeout)?;
    stream.set_read_timeout(Some(stall))?;
    Ok(stream)
}

/// What unwinding needs, for programs that never unwind: with `panic = "abort"` std only asks for
/// a backtrace, and is told here that the stack has no frames. Without these definitions std's own
/// bring a symbolizer along, three quarters of a small function (measured: 390 KB against 88 KB).
#[cfg(all(panic = "abort", not(debug_assertions), target_env = "musl"))]
mod unwind {
    use core::ffi::{c_int, c_void};

    /// `_URC_END_OF_STACK` of the Itanium C++ ABI, Level I: there is no (further) frame.
    const END_OF_STACK: c_int = 5;

    macro_rules! stubs {
        ($($name:ident($($arg:ident: $type:ty),*) $(-> $ret:ty = $value:expr)?;)*) => {$(
            // SAFETY: this symbol stands for the unwinder's of the same name and signature. No
            // frame of a program built with `panic = "abort"` is ever unwound, so that none of
            // them is called with anything to do; those that are asked answer "nothing there".
            #[unsafe(no_mangle)]
            extern "C" fn $name($(_: $type),*) $(-> $ret)? {
                $($value)?
            }
        )*};
    }

    stubs! {
        _Unwind_Backtrace(trace: *const c_void, arg: *mut c_void) -> c_int = END_OF_STACK;
        _Unwind_RaiseException(exception: *mut c_void) -> c_int = END_OF_STACK;
        _Unwind_Resume(exception: *mut c_void);
        _Unwind_DeleteException(exception: *mut c_void);
        _Unwind_GetIP(context: *mut c_void) -> usize = 0;
        _Unwind_GetIPInfo(context: *mut c_void, before: *mut c_int) -> usize = 0;
        _Unwind_GetCFA(context: *mut c_void) -> usize = 0;
        _Unwind_GetGR(context: *mut c_void, index: c_int) -> usize = 0;
        _Unwind_SetGR(context: *mut c_void, index: c_int, value: usize);
        _Unwind_SetIP(context: *mut c_void, value: usize);
        _Unwind_GetRegionStart(context: *mut c_void) -> usize = 0;
        _Unwind_GetTextRelBase(context: *mut c_void) -> usize = 0;
        _Unwind_GetDataRelBase(context: *mut c_void) -> usize = 0;
        _Unwind_FindEnclosingFunction(pc: *mut c_void) -> *mut c_void = core::ptr::null_mut();
        _Unwind_GetLanguageSpecificData(context: *mut c_void) -> *mut c_void = core::ptr::null_mut();
    }
}

/// What the emulator needs to lead processes.
#[cfg(all(feature = "emulator", target_os = "linux"))]
pub(crate) use process::*;

#[cfg(all(feature = "emulator", target_os = "linux"))]
mod process {
    use core::ffi::{c_int, c_void};
    use core::sync::atomic::{AtomicI32, Ordering};
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};

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
        fn poll(fds: *mut PollFd, n: usize, timeout_ms: c_int) -> c_int;
        fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
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
        // SAFETY: `asked` is the one entry that `poll` is told of, open as long as it is borrowed.
        unsafe { poll(&raw mut asked, 1, if wait { -1 } else { 0 }) > 0 }
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
            unsafe { signal(number, on_interrupt) };
        }
        Ok(File::from(from))
    }
}

/// Linux's numbers, for processes that there are none of elsewhere.
#[cfg(all(feature = "emulator", not(target_os = "linux")))]
pub(crate) const SIGCONT: i32 = 18;
#[cfg(all(feature = "emulator", not(target_os = "linux")))]
pub(crate) const SIGSTOP: i32 = 19;

/// Where there are no signals to be had, nothing comes out of this pipe.
#[cfg(all(feature = "emulator", not(target_os = "linux")))]
pub(crate) fn interrupts() -> io::Result<std::net::TcpStream> {
    Err(io::ErrorKind::Unsupported.into())
}
