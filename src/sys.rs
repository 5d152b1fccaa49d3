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
pub(crate) fn write_stderr(mut bytes: &[u8]) {
    use core::ffi::{c_int, c_void};

    unsafe extern "C" {
        fn write(fd: c_int, buf: *const c_void, len: usize) -> isize;
    }
    while !bytes.is_empty() {
        // SAFETY: `bytes` is readable for its whole length; a descriptor that is not open is an
        // error code (write(2)).
        let n = unsafe { write(2, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(n) {
            Ok(n) if n > 0 => bytes = bytes.get(n..).unwrap_or_default(),
            Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}

/// The same where there is no POSIX.
#[cfg(not(unix))]
pub(crate) fn write_stderr(bytes: &[u8]) {
    let _ = io::Write::write_all(&mut io::stderr(), bytes);
}

/// Connects to `addr` within `timeout`, and leaves it at that with what is sent: a write that
/// cannot go on for so long is `WouldBlock`, and may be repeated.
///
/// std can do this too, with two more system calls, and 6 KB for its clock's error messages.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn connect(addr: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
    use core::ffi::{c_int, c_long, c_void};
    use std::os::fd::{FromRawFd, OwnedFd};

    const AF_INET: u16 = 2;
    const AF_INET6: u16 = 10;
    const SOCK_STREAM: c_int = 1;
    const SOCK_CLOEXEC: c_int = 0o2_000_000;
    const SOL_SOCKET: c_int = 1;
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
    let micros = c_long::from(timeout.subsec_micros());
    let timeout = TimeVal(
        c_long::try_from(timeout.as_secs()).unwrap_or(c_long::MAX),
        micros,
    );
    // SAFETY: `timeout` and `name` are readable for the length that is passed, which is no more
    // than their size, and of the layout that socket(7), ip(7) and ipv6(7) have. The option also
    // bounds `connect` (socket(7)); if it could not be set, that only takes longer.
    let connected = unsafe {
        let value = (&raw const timeout).cast();
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, value, 16);
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
pub(crate) fn connect(addr: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
    TcpStream::connect_timeout(&addr, timeout)
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
