//! The items of the other files for systems other than 64-bit Linux: macOS, BSD, Windows and 32-bit Linux.
//!
//! Functions are developed and tested on these systems but never deployed there, so everything is as
//! simple as std makes it, and some of it does nothing.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Instant, SystemTime};

use super::Errno;

// environment.rs, where it does not exist

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
pub(crate) use environment::*;
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
mod environment {
    use alloc::boxed::Box;
    use alloc::vec::Vec;
    use core::ffi::CStr;
    use std::sync::{Mutex, PoisonError};

    pub(crate) fn env(name: &CStr) -> Option<&'static [u8]> {
        let value = std::env::var(name.to_str().ok()?).ok()?;
        Some(Box::leak(value.into_boxed_str().into_boxed_bytes()))
    }

    /// The entry that [`set_env_entry`] has set.
    static ENTRY: Mutex<Vec<u8>> = Mutex::new(Vec::new());

    pub(crate) fn set_env_entry(entry: [&[u8]; 2]) {
        let entry = entry.concat();
        #[cfg(windows)]
        set_env(&entry);
        *ENTRY.lock().unwrap_or_else(PoisonError::into_inner) = entry;
    }

    /// Sets the variable of `entry`, which is `NAME=` and the value, or empty: then the variable is removed.
    #[cfg(windows)]
    fn set_env(entry: &[u8]) {
        let text = core::str::from_utf8(entry).unwrap_or_default();
        let before = ENTRY.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let before = core::str::from_utf8(&before).unwrap_or_default();
        // SAFETY: on Windows, threads may read and change variables at the same time (`std::env::set_var`).
        unsafe {
            if let Some((name, value)) = text.split_once('=') {
                std::env::set_var(name, value);
            } else if let Some((name, _)) = before.split_once('=') {
                std::env::remove_var(name);
            }
        }
    }

    #[cfg(panic = "abort")]
    pub(crate) fn env_entry() -> [u8; 512] {
        let entry = ENTRY.lock().unwrap_or_else(PoisonError::into_inner);
        let mut array = [0; 512];
        for (to, byte) in array.iter_mut().zip(&*entry) {
            *to = *byte;
        }
        array
    }
}

// os.rs

pub(crate) fn write_stderr(bytes: &[u8]) {
    let _ = io::stderr().write_all(bytes);
}

pub(crate) fn flush_stdout() {
    let _ = io::stdout().flush();
}

/// Claims the end of the process for this thread, and blocks any other thread forever. Returns again
/// if the same thread has claimed it before, as a function registered by `atexit` may.
pub(crate) fn claim_exit(_: i32) {
    super::has_claimed_exit();
}

pub(crate) fn exit(status: i32) -> ! {
    claim_exit(status);
    std::process::exit(status)
}

pub(crate) fn sleep_ms(ms: u16) {
    thread::sleep(Duration::from_millis(ms.into()));
}

pub(crate) fn unix_time_ms() -> u64 {
    // A clock before 1970 counts as 1970.
    let time = SystemTime::UNIX_EPOCH.elapsed().unwrap_or(Duration::ZERO);
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn unix_time_nanos() -> u64 {
    let time = SystemTime::UNIX_EPOCH.elapsed().unwrap_or(Duration::ZERO);
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(unix)]
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), Errno> {
    let file = std::fs::File::open("/dev/urandom");
    let result = file.and_then(|mut file| file.read_exact(bytes));
    result.map_err(|error| errno(&error))
}

#[cfg(windows)]
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), Errno> {
    #[link(name = "bcryptprimitives", kind = "raw-dylib")]
    unsafe extern "system" {
        #[link_name = "ProcessPrng"]
        fn process_prng(to: *mut u8, len: usize) -> i32;
    }
    // SAFETY: `bytes` is writable for its whole length. The function always returns TRUE (ProcessPrng, Windows
    // documentation).
    unsafe { process_prng(bytes.as_mut_ptr(), bytes.len()) };
    Ok(())
}

pub(crate) fn random_u32() -> u32 {
    let mut number = [0x5a; 4];
    // Without random numbers of the system it is a fixed one.
    let _: Result<(), Errno> = fill_random(&mut number);
    u32::from_le_bytes(number)
}

#[cfg(unix)]
pub(crate) fn ignore_broken_pipes() {
    use core::ffi::c_int;

    const SIGPIPE: c_int = 13;
    const SIG_IGN: usize = 1;

    unsafe extern "C" {
        fn signal(number: c_int, handler: usize) -> usize;
    }
    // SAFETY: `SIG_IGN` is not the address of a function, and the old handler is not used (signal(2)).
    unsafe { signal(SIGPIPE, SIG_IGN) };
}

/// Does nothing: Windows has no such signal.
#[cfg(not(unix))]
pub(crate) fn ignore_broken_pipes() {}

// signal.rs, where it does not exist

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
pub(crate) use signal::*;
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
mod signal {
    pub(crate) const CAN_WAIT_FOR_SIGTERM: bool = false;

    pub(crate) fn block_sigterm() {}

    /// Blocks forever. It is not called.
    pub(crate) fn wait_for_sigterm() {
        loop {
            super::sleep_ms(u16::MAX);
        }
    }

    pub(crate) fn call_sigterm_handler() {}
}

// socket.rs

/// Returns the number of an error. Errors of one kind have one number: Windows has several for a connection that the
/// peer has closed. std makes some errors itself, without a number.
fn errno(error: &io::Error) -> Errno {
    use io::ErrorKind;
    match error.kind() {
        ErrorKind::BrokenPipe | ErrorKind::NotConnected => Errno::BROKEN_PIPE,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => Errno::CONNECTION_RESET,
        ErrorKind::ConnectionRefused => Errno::CONNECTION_REFUSED,
        ErrorKind::TimedOut => Errno::TIMED_OUT,
        ErrorKind::WouldBlock => Errno::WOULD_BLOCK,
        ErrorKind::Interrupted => Errno::INTERRUPTED,
        _ => Errno(error.raw_os_error().unwrap_or(0)),
    }
}

/// Returns the number of an error of a read. Windows says `WSAETIMEDOUT` if the timeout of the socket has passed; other
/// systems say so if the peer does not acknowledge anything.
fn read_errno(error: &io::Error) -> Errno {
    match errno(error) {
        Errno::TIMED_OUT if cfg!(windows) => Errno::WOULD_BLOCK,
        errno => errno,
    }
}

/// Reads once into the spare capacity of `buf`, which is filled with zeros first.
pub(crate) fn receive(
    mut stream: &TcpStream,
    buf: &mut Vec<u8>,
    _len_wanted: usize,
) -> Result<usize, Errno> {
    let len = buf.len();
    buf.resize(buf.capacity(), 0);
    let read = stream.read(buf.get_mut(len..).unwrap_or_default());
    buf.truncate(len.saturating_add(*read.as_ref().unwrap_or(&0)));
    read.map_err(|error| read_errno(&error))
}

/// Writes once, as much of `parts` as the socket takes. Returns how many bytes it took.
///
/// Returns an error if the peer has closed the connection. Without this check the write succeeds, and the caller does
/// not notice that the peer has read nothing.
///
/// The write itself does not block. Windows does not tell how many bytes a write took whose timeout has passed
/// (`SO_SNDTIMEO`, Windows documentation).
pub(crate) fn send<const N: usize>(
    mut stream: &TcpStream,
    parts: [&[u8]; N],
) -> Result<usize, Errno> {
    if peek(stream).is_ok_and(|n| n == 0) {
        return Err(Errno::BROKEN_PIPE);
    }
    let parts = parts.map(io::IoSlice::new);
    let (timeout, began) = (stream.write_timeout().ok().flatten(), Instant::now());
    let has_time = || timeout.is_none_or(|timeout| began.elapsed() < timeout);
    let _ = stream.set_nonblocking(true);
    let sent = loop {
        match stream.write_vectored(&parts) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && has_time() => sleep_ms(1),
            sent => break sent,
        }
    };
    let _ = stream.set_nonblocking(false);
    sent.map_err(|error| errno(&error))
}

pub(crate) fn send_bytes(stream: &TcpStream, bytes: &[u8]) -> Result<usize, Errno> {
    send(stream, [bytes])
}

/// Sends one datagram without waiting.
pub(crate) fn send_datagram(addr: SocketAddr, bytes: &[u8]) -> Result<(), Errno> {
    let any: SocketAddr = match addr {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let sent = UdpSocket::bind(any).and_then(|socket| {
        socket.set_nonblocking(true)?;
        socket.send_to(bytes, addr)
    });
    sent.map(|_| ()).map_err(|error| errno(&error))
}

/// Does nothing: std has no function for it.
#[cfg(feature = "emulator")]
pub(crate) fn enlarge_receive_buffer(_: &UdpSocket, _: u32) {}

/// Returns 0: std has no function for it.
pub(crate) fn n_unacknowledged(_: &TcpStream) -> usize {
    0
}

/// Returns whether a write of nothing failed because the peer had closed the connection. Whether bytes
/// that the socket took have reached the peer is not known.
pub(crate) fn delivered_nothing(_: &TcpStream, len: usize, errno: Option<Errno>) -> bool {
    len == 0 && matches!(errno, Some(Errno::BROKEN_PIPE | Errno::CONNECTION_RESET))
}

/// Returns whether an idle connection is closed, or has bytes that were not requested.
pub(crate) fn is_stale(stream: &TcpStream) -> bool {
    !peek(stream).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// Returns how many bytes, up to one, can be read without waiting; 0 if the peer has closed the connection.
fn peek(stream: &TcpStream) -> io::Result<usize> {
    let _ = stream.set_nonblocking(true);
    let peeked = stream.peek(&mut [0]);
    let _ = stream.set_nonblocking(false);
    peeked
}

/// A second handle of a connection, for the thread that ends the process.
#[derive(Debug)]
pub(crate) struct SocketHandle(Option<TcpStream>);

impl SocketHandle {
    pub(crate) fn of(stream: &TcpStream) -> SocketHandle {
        SocketHandle(stream.try_clone().ok())
    }

    pub(crate) fn send_last(&self, bytes: &[u8]) {
        if let Some(mut stream) = self.0.as_ref() {
            let _ = stream.write_all(bytes);
            let _ = stream.read(&mut [0]);
        }
    }
}

pub(crate) fn connect(
    addr: &SocketAddr,
    timeout_ms: u64,
    read_timeout_ms: u64,
) -> Result<TcpStream, Errno> {
    let connect = || {
        let stream = TcpStream::connect_timeout(addr, Duration::from_millis(timeout_ms))?;
        stream.set_read_timeout(Some(Duration::from_millis(read_timeout_ms)))?;
        stream.set_write_timeout(Some(Duration::from_millis(timeout_ms)))?;
        Ok(stream)
    };
    connect().map_err(|error| errno(&error))
}

pub(crate) fn set_read_timeout(stream: &TcpStream, timeout_ms: u64) {
    let _ = stream.set_read_timeout(Some(Duration::from_millis(timeout_ms)));
}

pub(crate) fn set_write_timeout(stream: &TcpStream, timeout_ms: u64) {
    let _ = stream.set_write_timeout(Some(Duration::from_millis(timeout_ms)));
}

/// A place for a connection that no thread uses at the moment.
#[derive(Debug)]
pub(crate) struct IdleStream(Mutex<Option<TcpStream>>);

impl IdleStream {
    pub(crate) const fn new() -> IdleStream {
        IdleStream(Mutex::new(None))
    }

    pub(crate) fn take(&self) -> Option<TcpStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn put(&self, stream: TcpStream) -> Option<TcpStream> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.replace(stream)
    }
}

// thread.rs

#[derive(Debug)]
pub(crate) struct Thread(thread::JoinHandle<()>);

impl Thread {
    pub(crate) fn spawn(stack_len: usize, f: Box<dyn FnOnce() + Send>) -> Option<Thread> {
        let builder = thread::Builder::new().stack_size(stack_len);
        builder.spawn(f).ok().map(Thread)
    }

    pub(crate) fn join(self) {
        let _ = self.0.join();
    }
}

#[derive(Debug, Default)]
pub(crate) struct Event(Mutex<bool>, Condvar);

impl Event {
    pub(crate) fn set(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.1.notify_one();
    }

    pub(crate) fn wait_ms(&self, ms: u64) -> bool {
        let is_set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let timeout = Duration::from_millis(ms);
        let waited = self.1.wait_timeout_while(is_set, timeout, |it| !*it);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(panic = "unwind")]
pub(crate) fn in_parallel(n: usize, stack_len: usize, f: &(dyn Fn() + Sync)) {
    thread::scope(|scope| {
        for _ in 1..n {
            let builder = thread::Builder::new().stack_size(stack_len);
            if builder.spawn_scoped(scope, f).is_err() {
                break;
            }
        }
        f();
    });
}

// child.rs, where it does not exist

#[cfg(all(
    feature = "emulator",
    not(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))
))]
pub(crate) use child::*;
#[cfg(all(
    feature = "emulator",
    not(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))
))]
mod child {
    use std::io::{self, Read};
    use std::net::TcpStream;
    use std::process::Child;
    use std::thread;

    // Linux's numbers. No process gets these signals here.
    pub(crate) const SIGTERM: i32 = 15;
    pub(crate) const SIGCONT: i32 = 18;
    pub(crate) const SIGSTOP: i32 = 19;

    /// Returns `None`: the limit is not known.
    pub(crate) fn descriptor_limit() -> Option<usize> {
        None
    }

    pub(crate) fn raise_descriptor_limit() {}

    /// Returns false: std cannot ask.
    pub(crate) fn is_readable(_: &TcpStream, _: bool) -> bool {
        false
    }

    /// Returns whether a pipe holds bytes.
    #[cfg(windows)]
    pub(crate) fn has_input(pipe: &impl std::os::windows::io::AsRawHandle) -> bool {
        use core::ffi::c_void;
        use core::ptr::null_mut;

        #[link(name = "kernel32", kind = "raw-dylib")]
        unsafe extern "system" {
            #[link_name = "PeekNamedPipe"]
            fn peek_named_pipe(
                pipe: *mut c_void,
                bytes: *mut c_void,
                len: u32,
                n_read: *mut u32,
                n_available: *mut u32,
                n_left: *mut u32,
            ) -> i32;
        }
        let (pipe, mut n) = (pipe.as_raw_handle(), 0);
        // SAFETY: the handle is open while `pipe` is borrowed, and `n` is writable. The other pointers may be null, and
        // no bytes are requested (PeekNamedPipe, Windows documentation).
        let result =
            unsafe { peek_named_pipe(pipe, null_mut(), 0, null_mut(), &raw mut n, null_mut()) };
        result != 0 && n > 0
    }

    /// Returns false: std cannot ask.
    #[cfg(not(windows))]
    pub(crate) fn has_input<P>(_: &P) -> bool {
        false
    }

    /// Returns the peak of a process's resident memory in KB.
    #[cfg(windows)]
    pub(crate) fn peak_kb(child: &Child) -> Option<u64> {
        use core::ffi::c_void;
        use std::os::windows::io::AsRawHandle as _;

        /// `PROCESS_MEMORY_COUNTERS`.
        #[repr(C)]
        struct Counters {
            len: u32,
            n_page_faults: u32,
            peak_working_set_len: usize,
            others: [usize; 7],
        }
        #[link(name = "kernel32", kind = "raw-dylib")]
        unsafe extern "system" {
            #[link_name = "K32GetProcessMemoryInfo"]
            fn get_process_memory_info(process: *mut c_void, to: *mut Counters, len: u32) -> i32;
        }
        let len = u32::try_from(size_of::<Counters>()).unwrap_or(0);
        let mut counters = Counters {
            len,
            n_page_faults: 0,
            peak_working_set_len: 0,
            others: [0; 7],
        };
        // SAFETY: the handle is open while `child` is borrowed, and `counters` is writable for its length
        // (GetProcessMemoryInfo, Windows documentation).
        let result =
            unsafe { get_process_memory_info(child.as_raw_handle(), &raw mut counters, len) };
        let peak = u64::try_from(counters.peak_working_set_len).ok()?;
        (result != 0).then_some(peak / 1024)
    }

    /// Returns `None`: std cannot ask.
    #[cfg(not(windows))]
    pub(crate) fn peak_kb(_: &Child) -> Option<u64> {
        None
    }

    /// Signals that never come.
    pub(crate) struct NoSignals;

    impl Read for NoSignals {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            loop {
                thread::park();
            }
        }
    }

    /// Returns no signals: Ctrl-C ends this process and all others of its console.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the function of child.rs can fail"
    )]
    pub(crate) fn interrupts() -> io::Result<NoSignals> {
        Ok(NoSignals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use io::ErrorKind;

    #[test]
    fn errors_of_sockets_are_classified_by_their_kind() {
        for (kind, want) in [
            (ErrorKind::BrokenPipe, Errno::BROKEN_PIPE),
            (ErrorKind::NotConnected, Errno::BROKEN_PIPE),
            (ErrorKind::ConnectionReset, Errno::CONNECTION_RESET),
            (ErrorKind::ConnectionAborted, Errno::CONNECTION_RESET),
            (ErrorKind::ConnectionRefused, Errno::CONNECTION_REFUSED),
            (ErrorKind::TimedOut, Errno::TIMED_OUT),
            (ErrorKind::WouldBlock, Errno::WOULD_BLOCK),
            (ErrorKind::Interrupted, Errno::INTERRUPTED),
        ] {
            assert_eq!(errno(&kind.into()), want, "{kind}");
        }
        // Only Windows reports the timeout of a socket like this.
        let timeout = read_errno(&ErrorKind::TimedOut.into());
        assert_eq!(timeout.is_would_block(), cfg!(windows));
    }
}
