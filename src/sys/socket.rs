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
    const NAMES: [(Errno, &'static str); 8] = [
        (Errno::BROKEN_PIPE, "Broken pipe"),
        (Errno(101), "Network unreachable"),
        (Errno::CONNECTION_RESET, "Connection reset"),
        (Errno::TIMED_OUT, "Timed out"),
        (Errno(111), "Connection refused"),
        (Errno(113), "Host unreachable"),
        (Errno(24), "Too many open files"),
        (Errno(12), "Out of memory"),
    ];
    pub(crate) const BROKEN_PIPE: Errno = Errno(32);
    pub(crate) const CONNECTION_RESET: Errno = Errno(104);
    const TIMED_OUT: Errno = Errno(110);

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
        text.push_str(known.map_or("Error", |(_, name)| name));
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

/// Returns how many of the bytes that were written to `stream` its peer has not acknowledged, sent or
/// not (tcp(7), `SIOCOUTQ`).
#[cold]
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn n_unacknowledged(stream: &TcpStream) -> usize {
    const SIOCOUTQ: usize = 0x5411;

    let mut n: c_int = 0;
    let to = (&raw mut n).expose_provenance();
    // SAFETY: `n` is writable, and of the type that `SIOCOUTQ` writes; the descriptor is open as
    // long as `stream` is borrowed.
    let _ = unsafe { call(number::IOCTL, [fd(stream), SIOCOUTQ, to]) };
    usize::try_from(n).unwrap_or(0)
}

/// Elsewhere nobody knows.
#[cold]
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn n_unacknowledged(_: &TcpStream) -> usize {
    0
}

/// Returns the error that is pending on `stream`, and clears it (socket(7), `SO_ERROR`).
#[cold]
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn pending_error(stream: &TcpStream) -> Errno {
    const SOL_SOCKET: usize = 1;
    const SO_ERROR: usize = 4;

    let (mut errno, mut len) = (Errno(0), 4_u32);
    let to = (&raw mut errno.0).expose_provenance();
    let args = [
        fd(stream),
        SOL_SOCKET,
        SO_ERROR,
        to,
        (&raw mut len).expose_provenance(),
        0,
    ];
    // SAFETY: `to` is the address of the four writable bytes that `len` tells of (getsockopt(2)); the
    // descriptor is open as long as `stream` is borrowed.
    let _ = unsafe { call_long(number::GETSOCKOPT, args) };
    errno
}

/// Elsewhere nobody knows.
#[cold]
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
fn pending_error(_: &TcpStream) -> Errno {
    Errno(0)
}

/// Whether the peer had closed the connection before the last `len` bytes were sent, and took none
/// of them. `errno` is what a write has failed with, if one has. Linux reports `EPIPE` when bytes
/// that arrive after the peer has closed are refused (tcp(7)), and none of those bytes is
/// acknowledged.
#[cold]
pub(crate) fn has_taken_nothing(stream: &TcpStream, len: usize, errno: Option<Errno>) -> bool {
    errno.unwrap_or_else(|| pending_error(stream)) == Errno::BROKEN_PIPE
        && n_unacknowledged(stream) == len
}

/// Whether nothing can be asked on an idle connection any more: its peer has closed it, or has sent
/// something that nobody asked for.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn is_over(stream: &TcpStream) -> bool {
    const MSG_PEEK: usize = 2;
    const MSG_DONTWAIT: usize = 0x40;

    let mut byte = 0_u8;
    let to = (&raw mut byte).expose_provenance();
    let args = [fd(stream), to, 1, MSG_PEEK | MSG_DONTWAIT, 0, 0];
    // SAFETY: `byte` is writable for its one byte (recv(2)); the descriptor is open as long as
    // `stream` is borrowed.
    let n = unsafe { call_long(number::RECVFROM, args) };
    !n.is_err_and(|errno| errno.is_would_block() || errno.is_interrupted())
}

/// Elsewhere the next write tells.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn is_over(_: &TcpStream) -> bool {
    false
}

/// Writes once, as much of `parts` as the socket takes: how many bytes it took. A peer that has gone
/// is an error, and no signal, whatever the process does about SIGPIPE.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn send(stream: &TcpStream, parts: [&[u8]; 3]) -> Result<usize, Errno> {
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
        int(MSG_NOSIGNAL),
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
/// go on, and waits for a reply, so that nothing gets lost when the process ends. Waits without limit
/// while the peer has not acknowledged all of the stream, and then for `WAIT_MS`.
#[cfg(unix)]
pub(crate) fn write_last(fd: core::ffi::c_int, mut bytes: &[u8]) {
    use core::mem::ManuallyDrop;
    use std::os::fd::FromRawFd;

    const WAIT_MS: u64 = 40_000;

    // SAFETY: the owner of the descriptor is on this thread's stack and does not go on, so that nobody
    // closes it meanwhile; it is not closed here either.
    let stream = ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(fd) });
    let may_be_repeated = |errno: Errno| errno.is_interrupted() || errno.is_would_block();
    while !bytes.is_empty() {
        match send(&stream, [bytes, &[], &[]]) {
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(errno) if may_be_repeated(errno) => {}
            Err(_) => return,
        }
    }
    let mut byte = Vec::with_capacity(1);
    let mut limit_ms = u64::MAX;
    while let Err(errno) = receive(&stream, &mut byte, 0) {
        let now_ms = super::unix_time_ms();
        if !may_be_repeated(errno) || now_ms > limit_ms {
            return;
        }
        if n_unacknowledged(&stream) == 0 {
            limit_ms = limit_ms.min(now_ms.saturating_add(WAIT_MS));
        }
    }
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
    const F_DUPFD_CLOEXEC: usize = 1030;
    /// Standard input, output and error are below. Where the process was started with one of them
    /// closed, a new socket gets its number, and what is printed would go to the peer.
    const STANDARD_FDS_END: usize = 3;
    const IS_CONNECTED: Errno = Errno(106);
    /// A `connect` whose time is up: the first one, and one that goes on with an earlier one.
    const IN_PROGRESS: Errno = Errno(115);
    const ALREADY: Errno = Errno(114);

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
    let mut fd = unsafe { call(number::SOCKET, args) }?;
    // SAFETY: `socket` has just opened `fd`, so that nobody else owns it. It is a C `int`.
    let mut stream = TcpStream::from(unsafe { OwnedFd::from_raw_fd(to_int(fd)) });
    if fd < STANDARD_FDS_END {
        // SAFETY: no pointers are passed (fcntl(2)).
        fd = unsafe { call(number::FCNTL, [fd, F_DUPFD_CLOEXEC, STANDARD_FDS_END]) }?;
        // SAFETY: `fcntl` has just opened the new `fd`. The old one is closed with its stream.
        stream = TcpStream::from(unsafe { OwnedFd::from_raw_fd(to_int(fd)) });
    }
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
    let mut limit_ms = u64::MAX;
    loop {
        // SAFETY: `name` is readable for the length that is passed, which is no more than its size,
        // and of the layout that ip(7) and ipv6(7) have.
        match unsafe { call(number::CONNECT, [fd, from, name_len]) } {
            Ok(_) | Err(IS_CONNECTED) => return Ok(stream),
            Err(IN_PROGRESS | ALREADY) => return Err(Errno::TIMED_OUT),
            // A signal, or a freeze of the process, has interrupted the call, and the kernel goes on
            // connecting: the next call waits for that (connect(2), EINTR).
            Err(errno) if errno.is_interrupted() => {
                let now_ms = super::unix_time_ms();
                if now_ms > limit_ms {
                    return Err(Errno::TIMED_OUT);
                }
                let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
                limit_ms = limit_ms.min(now_ms.saturating_add(timeout_ms));
            }
            Err(errno) => return Err(errno),
        }
    }
}

/// The same elsewhere.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn connect(
    addr: SocketAddr,
    timeout: Duration,
    stall: Duration,
) -> Result<TcpStream, Errno> {
    let stream = TcpStream::connect_timeout(&addr, timeout);
    // Not the number of a standard stream that was closed: std makes copies above them.
    #[cfg(unix)]
    let stream = stream.and_then(|stream| match std::os::fd::AsRawFd::as_raw_fd(&stream) {
        0..=2 => stream.try_clone(),
        _ => Ok(stream),
    });
    let stream = stream.and_then(|stream| stream.set_read_timeout(Some(stall)).map(|()| stream));
    stream.map_err(|error| Errno(error.raw_os_error().unwrap_or(0)))
}
