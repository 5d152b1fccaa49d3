//! Sockets: reads without a cleared buffer, writes of several parts, errors without std's texts.

use alloc::string::String;
use alloc::vec::Vec;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
use core::ffi::{c_int, c_void};
use core::net::SocketAddr;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
use core::ptr;
use core::time::Duration;
use std::io;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
use std::io::IoSlice;
use std::net::TcpStream;

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
use super::call::{call, call_long, int, number, to_int};
use crate::encoding::push_decimal;

/// Why a system call failed: `errno` (errno(3)).
///
/// std's `io::Error` says it too, with 4 KB of texts and conversions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errno(pub(super) i32);

// Linux's numbers, the same on x86_64 and arm64; elsewhere those that matter are the same, or are
// only told by number.
impl Errno {
    const NAMES: [(Errno, &'static str); 9] = [
        (Errno::BROKEN_PIPE, "Broken pipe"),
        (Errno(101), "Network unreachable"),
        (Errno::CONNECTION_RESET, "Connection reset"),
        (Errno(110), "Timed out"),
        (Errno(111), "Connection refused"),
        (Errno(113), "Host unreachable"),
        // What a `connect` ends with whose time is up.
        (Errno(115), "Timed out"),
        (Errno(24), "Too many open files"),
        (Errno(12), "Out of memory"),
    ];
    pub(crate) const BROKEN_PIPE: Errno = Errno(32);
    pub(crate) const CONNECTION_RESET: Errno = Errno(104);

    /// A signal came in between: to be tried again.
    pub(crate) fn is_interrupted(self) -> bool {
        self == Errno(4)
    }

    /// The socket's time is up: it may be tried again.
    pub(crate) fn is_would_block(self) -> bool {
        matches!(self, Errno(11 | 35))
    }

    /// Its text, behind what could not be done.
    pub(crate) fn behind(self, what: &str) -> String {
        let mut text = String::from(what);
        let known = Errno::NAMES.iter().find(|(errno, _)| *errno == self);
        text.push_str(known.map_or("Failed", |(_, name)| name));
        text.push_str(" (os error ");
        push_decimal(&mut text, self.0.unsigned_abs().into());
        text.push(')');
        text
    }
}

impl From<Errno> for io::Error {
    fn from(errno: Errno) -> io::Error {
        io::Error::from_raw_os_error(errno.0)
    }
}

/// Its descriptor, as an argument.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn fd(stream: &TcpStream) -> usize {
    int(std::os::fd::AsRawFd::as_raw_fd(stream))
}

/// Reads once from `stream` into the spare capacity of `buf`, which nobody has to clear first: what is
/// there, or, where `awaited` is not 0, as many bytes as that says, unless the connection ends or its
/// time is up. Returns how many bytes came; 0: the peer has closed the connection, or there is no
/// room.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn receive(
    stream: &TcpStream,
    buf: &mut Vec<u8>,
    awaited: usize,
) -> Result<usize, Errno> {
    const MSG_WAITALL: usize = 0x100;

    let spare = buf.spare_capacity_mut();
    let to = spare.as_mut_ptr().expose_provenance();
    let (len, flags) = match awaited {
        0 => (spare.len(), 0),
        _ => (spare.len().min(awaited), MSG_WAITALL),
    };
    // SAFETY: `spare` is writable for its whole length, and `recvfrom` (recv(2)) writes no more than
    // it is told, and no address; the descriptor is open as long as `stream` is borrowed.
    let n = unsafe { call_long(number::RECVFROM, [fd(stream), to, len, flags, 0, 0]) }?;
    // SAFETY: `recvfrom` has initialised the first `n` bytes of the spare capacity, no more than
    // there were, so `len + n <= capacity`.
    unsafe { buf.set_len(buf.len().wrapping_add(n)) };
    Ok(n)
}

/// The same elsewhere: through a buffer that was cleared first.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn receive(
    mut stream: &TcpStream,
    buf: &mut Vec<u8>,
    _awaited: usize,
) -> Result<usize, Errno> {
    let len = buf.len();
    buf.resize(buf.capacity(), 0);
    let read = io::Read::read(&mut stream, buf.get_mut(len..).unwrap_or_default());
    buf.truncate(len.wrapping_add(*read.as_ref().unwrap_or(&0)));
    read.map_err(|error| Errno(error.raw_os_error().unwrap_or(0)))
}

/// Whether nothing of the last `len` bytes that were sent has reached the peer of a connection that
/// has ended: it had closed its end before. Linux then has `EPIPE` pending, as the answer to bytes
/// that come to a closed door, and those bytes are not among the acknowledged ones (tcp(7)).
#[cold]
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn has_taken_nothing(stream: &TcpStream, len: usize) -> bool {
    const SOL_SOCKET: usize = 1;
    const SO_ERROR: usize = 4;
    const IPPROTO_TCP: usize = 6;
    const TCP_INFO: usize = 11;

    /// `struct tcp_info` of linux/tcp.h, as far as Linux 4.19 has it.
    #[repr(C)]
    struct TcpInfo {
        _state: [u64; 15],
        /// With one more for the beginning of the connection (RFC 4898, `ThruOctetsAcked`).
        bytes_acked: u64,
        _rates: [u64; 9],
        bytes_sent: u64,
    }
    let option = |level, name, value: usize, len: &mut u32| {
        let len = ptr::from_mut(len).expose_provenance();
        // SAFETY: `value` is the address of so many writable bytes as `len` says, of which
        // `getsockopt` writes no more (getsockopt(2)); the descriptor is open as long as `stream` is
        // borrowed.
        unsafe { call_long(number::GETSOCKOPT, [fd(stream), level, name, value, len, 0]) }
    };
    let mut errno = Errno(0);
    let to = (&raw mut errno.0).expose_provenance();
    if option(SOL_SOCKET, SO_ERROR, to, &mut 4).is_err() || errno != Errno::BROKEN_PIPE {
        return false;
    }
    let mut info = TcpInfo {
        _state: [0; 15],
        bytes_acked: 0,
        _rates: [0; 9],
        bytes_sent: 0,
    };
    let mut info_len = 208;
    let to = (&raw mut info).expose_provenance();
    let result = option(IPPROTO_TCP, TCP_INFO, to, &mut info_len);
    let n_open = info.bytes_sent.checked_add(1);
    let n_open = n_open.and_then(|sent| sent.checked_sub(info.bytes_acked));
    result.is_ok() && info_len == 208 && n_open == u64::try_from(len).ok()
}

/// Elsewhere nobody knows.
#[cold]
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn has_taken_nothing(_: &TcpStream, _: usize) -> bool {
    false
}

/// Writes once, as much of `parts` as the socket takes: how many bytes it took. A peer that has gone
/// is an error, and no signal, whatever the process does about SIGPIPE.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn send(stream: &TcpStream, parts: [&[u8]; 3]) -> Result<usize, Errno> {
    send_with(0, stream, parts)
}

/// The same, but does not wait: what the socket does not take at once it does not take.
#[cfg(all(feature = "emulator", target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn try_send(stream: &TcpStream, parts: [&[u8]; 3]) -> Result<usize, Errno> {
    const MSG_DONTWAIT: c_int = 0x40;

    match send_with(MSG_DONTWAIT, stream, parts) {
        Err(errno) if errno.is_interrupted() || errno.is_would_block() => Ok(0),
        result => result,
    }
}

/// Elsewhere it takes nothing.
#[cfg(all(
    feature = "emulator",
    not(all(target_os = "linux", target_pointer_width = "64"))
))]
pub(crate) fn try_send(_: &TcpStream, _: [&[u8]; 3]) -> Result<usize, Errno> {
    Ok(0)
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[inline(always)]
fn send_with(flags: c_int, stream: &TcpStream, parts: [&[u8]; 3]) -> Result<usize, Errno> {
    const MSG_NOSIGNAL: c_int = 0x4000;

    /// `struct msghdr` (sendmsg(2)), as the kernel has it; `name_len` is narrower there, and followed
    /// by bytes that mean nothing.
    #[repr(C)]
    struct MsgHdr<'p> {
        name: *const c_void,
        name_len: usize,
        iov: *const IoSlice<'p>,
        iov_len: usize,
        control: *const c_void,
        control_len: usize,
        flags: c_int,
    }
    let iov = parts.map(IoSlice::new);
    let msg = MsgHdr {
        name: ptr::null(),
        name_len: 0,
        iov: iov.as_ptr(),
        iov_len: iov.len(),
        control: ptr::null(),
        control_len: 0,
        flags: 0,
    };
    let args = [
        fd(stream),
        (&raw const msg).expose_provenance(),
        int(flags | MSG_NOSIGNAL),
    ];
    // SAFETY: `msg` names no address and no control data; an `IoSlice` is a `struct iovec`, as
    // std promises, and each is readable for its length (sendmsg(2)).
    unsafe { call(number::SENDMSG, args) }
}

/// The same elsewhere.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn send(mut stream: &TcpStream, parts: [&[u8]; 3]) -> Result<usize, Errno> {
    let wrote = io::Write::write_vectored(&mut stream, &parts.map(io::IoSlice::new));
    wrote.map_err(|error| Errno(error.raw_os_error().unwrap_or(0)))
}

/// Writes all of `bytes` to the descriptor `fd`, or as much as it takes.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(super) fn write_all(fd: c_int, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let args = [int(fd), bytes.as_ptr().expose_provenance(), bytes.len()];
        // SAFETY: `bytes` is readable for its whole length; a descriptor that is not open is an
        // error (write(2)).
        match unsafe { call(number::WRITE, args) } {
            Ok(n) if n > 0 => bytes = bytes.get(n..).unwrap_or_default(),
            Err(errno) if errno.is_interrupted() => {}
            _ => return,
        }
    }
}

/// The same elsewhere.
#[cfg(all(unix, not(all(target_os = "linux", target_pointer_width = "64"))))]
pub(super) fn write_all(fd: core::ffi::c_int, bytes: &[u8]) {
    use std::os::fd::FromRawFd;

    // SAFETY: nobody closes the descriptor meanwhile: it is standard error, or that of a stream
    // whose owner will not go on. It is not closed here either.
    let mut file = core::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(fd) });
    let _ = io::Write::write_all(&mut *file, bytes);
}

/// Writes the last bytes of a connection whose owner, further up on this thread's stack, will not
/// go on, and waits for a reply or the read timeout, so that nothing gets lost.
#[cfg(unix)]
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

/// Connects to `addr` within `timeout`. A read or write on it that cannot go on for so long as
/// `stall` says would block, and may be repeated.
///
/// std can do this too, with two more system calls, and 6 KB for its clock's error messages.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn connect(
    addr: SocketAddr,
    timeout: Duration,
    stall: Duration,
) -> Result<TcpStream, Errno> {
    use core::ffi::c_long;
    use std::os::fd::{FromRawFd, OwnedFd};

    const AF_INET: u16 = 2;
    const AF_INET6: u16 = 10;
    const SOCK_STREAM: usize = 1;
    const SOCK_CLOEXEC: usize = 0o2_000_000;
    const SOL_SOCKET: usize = 1;
    const SO_RCVTIMEO: usize = 20;
    const SO_SNDTIMEO: usize = 21;

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
    let args = [name.family.into(), SOCK_STREAM | SOCK_CLOEXEC, 0];
    // SAFETY: no pointers are passed (socket(2)).
    let fd = unsafe { call(number::SOCKET, args) }?;
    // SAFETY: `socket` has just opened `fd`, so that nobody else owns it. It is a C `int`.
    let stream = TcpStream::from(unsafe { OwnedFd::from_raw_fd(to_int(fd)) });
    let set = |option, time: Duration| {
        let secs = c_long::try_from(time.as_secs()).unwrap_or(c_long::MAX);
        let time = TimeVal(secs, time.subsec_micros().into());
        let from = (&raw const time).expose_provenance();
        // SAFETY: `time` is readable for the 16 bytes that it has, and of the layout that socket(7)
        // has. One that could not be set only means longer waits.
        let _ = unsafe { call_long(number::SETSOCKOPT, [fd, SOL_SOCKET, option, from, 16, 0]) };
    };
    // This also bounds `connect` (socket(7)).
    set(SO_SNDTIMEO, timeout);
    set(SO_RCVTIMEO, stall);
    let from = (&raw const name).expose_provenance();
    // SAFETY: `name` is readable for the length that is passed, which is no more than its size, and
    // of the layout that ip(7) and ipv6(7) have.
    unsafe { call(number::CONNECT, [fd, from, name_len]) }?;
    Ok(stream)
}

/// The same elsewhere.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn connect(
    addr: SocketAddr,
    timeout: Duration,
    stall: Duration,
) -> Result<TcpStream, Errno> {
    let stream = TcpStream::connect_timeout(&addr, timeout);
    let stream = stream.and_then(|stream| stream.set_read_timeout(Some(stall)).map(|()| stream));
    stream.map_err(|error| Errno(error.raw_os_error().unwrap_or(0)))
}
