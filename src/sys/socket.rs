//! Sockets: reads into memory that was not cleared, writes of several parts, errors without std's texts.

use alloc::vec::Vec;
use core::ffi::c_int;
use core::mem::{self, ManuallyDrop};
use core::net::SocketAddr;
use core::sync::atomic::{AtomicI32, Ordering};
use std::io::IoSlice;
use std::net::TcpStream;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd, RawFd};

use super::syscall::{int_result, number, syscall};
use super::{Errno, unix_time_ms};

const SOL_SOCKET: usize = 1;
const SO_RCVTIMEO: usize = 20;
const SO_SNDTIMEO: usize = 21;
const MSG_DONTWAIT: usize = 0x40;
const MSG_NOSIGNAL: usize = 0x4000;
const SOCK_CLOEXEC: usize = 0o2_000_000;

/// Returns the descriptor of `stream` as an argument.
#[expect(clippy::cast_sign_loss, reason = "a descriptor is not negative")]
fn fd_arg(stream: &impl AsRawFd) -> usize {
    stream.as_raw_fd() as usize
}

/// Returns the rest of `bytes` after the first `n`, which were written.
pub(super) fn unsent(bytes: &[u8], n: usize) -> &[u8] {
    debug_assert!(n <= bytes.len(), "more bytes written than there are");
    bytes.get(n..).unwrap_or_default()
}

/// Reads once from `stream` into the spare capacity of `buf`. If `len_wanted` is not 0, waits for that
/// many bytes, unless the connection ends or the read timeout passes, and reads no more than them.
/// Returns how many bytes were read; 0: the peer has closed the connection, or there is no spare capacity.
///
/// The plain form is `Read::read`, which takes memory that was cleared first.
#[inline]
pub(crate) fn receive(
    stream: &TcpStream,
    buf: &mut Vec<u8>,
    len_wanted: usize,
) -> Result<usize, Errno> {
    const MSG_WAITALL: usize = 0x100;

    let spare = buf.spare_capacity_mut();
    let to = spare.as_mut_ptr().expose_provenance();
    let (len, flags) = match len_wanted {
        0 => (spare.len(), 0),
        _ => (spare.len().min(len_wanted), MSG_WAITALL),
    };
    // SAFETY: `spare` is writable for its whole length, and `recvfrom` (recv(2)) writes at most `len`
    // bytes, and no address. The descriptor is open while `stream` is borrowed.
    let n = unsafe { syscall(number::RECVFROM, [fd_arg(stream), to, len, flags, 0, 0]) }?;
    debug_assert!(n <= len, "more bytes read than asked for");
    // SAFETY: `recvfrom` has initialised the first `n` bytes of the spare capacity, which has at least
    // that many, so `len + n <= capacity`, and the sum does not overflow.
    unsafe { buf.set_len(buf.len().unchecked_add(n)) };
    Ok(n)
}

/// Returns how many of the bytes that were written to `stream` its peer has not acknowledged, whether they
/// were sent or not (tcp(7), `SIOCOUTQ`).
#[inline]
pub(crate) fn n_unacknowledged(stream: &TcpStream) -> usize {
    const SIOCOUTQ: usize = 0x5411;

    let mut n: c_int = 0;
    let to = (&raw mut n).expose_provenance();
    // SAFETY: `n` is writable and has the type that `SIOCOUTQ` writes. The descriptor is open while
    // `stream` is borrowed.
    let result = unsafe { syscall(number::IOCTL, [fd_arg(stream), SIOCOUTQ, to]) };
    debug_assert!(result.is_ok() && n >= 0, "a TCP socket has this number");
    usize::try_from(n).unwrap_or(0)
}

/// Returns the error that is pending on `stream`, and clears it (socket(7), `SO_ERROR`).
#[inline]
fn pending_error(stream: &TcpStream) -> Errno {
    const SO_ERROR: usize = 4;

    let (mut errno, mut len) = (Errno(0), 4_u32);
    let to = (&raw mut errno.0).expose_provenance();
    let len = (&raw mut len).expose_provenance();
    let args = [fd_arg(stream), SOL_SOCKET, SO_ERROR, to, len];
    // SAFETY: `to` is the address of four writable bytes, which is the length at `len` (getsockopt(2)).
    // The descriptor is open while `stream` is borrowed.
    let result = unsafe { syscall(number::GETSOCKOPT, args) };
    debug_assert!(result.is_ok(), "every socket has this option");
    errno
}

/// Returns whether none of the last `len` bytes that were sent reached the peer, because it had closed the
/// connection before. `errno` is the error of a write, if one failed.
///
/// Linux reports `EPIPE` if the peer refuses bytes that arrive after it has closed the connection (tcp(7)),
/// and such bytes are never acknowledged.
#[inline]
pub(crate) fn delivered_nothing(stream: &TcpStream, len: usize, errno: Option<Errno>) -> bool {
    errno.unwrap_or_else(|| pending_error(stream)) == Errno::BROKEN_PIPE
        && n_unacknowledged(stream) == len
}

/// Returns whether an idle connection can take no further request: its peer has closed it, or has sent
/// bytes that were not requested.
#[inline]
pub(crate) fn is_stale(stream: &TcpStream) -> bool {
    const MSG_PEEK: usize = 2;

    let mut byte = 0_u8;
    let to = (&raw mut byte).expose_provenance();
    let args = [fd_arg(stream), to, 1, MSG_PEEK | MSG_DONTWAIT, 0, 0];
    // SAFETY: `byte` is writable for its one byte (recv(2)). The descriptor is open while `stream` is
    // borrowed.
    let n = unsafe { syscall(number::RECVFROM, args) };
    !n.is_err_and(|errno| errno.is_would_block() || errno.is_interrupted())
}

/// Writes once, as much of `parts` as the socket takes. Returns how many bytes it took. A closed
/// connection is an error and no signal, whatever the process does about SIGPIPE.
#[inline]
pub(crate) fn send<const N: usize>(stream: &TcpStream, parts: [&[u8]; N]) -> Result<usize, Errno> {
    let iov = parts.map(IoSlice::new);
    // `struct msghdr`, whose `int`s are followed by padding: no address, the parts, no control data, no flags.
    let msg = [0, 0, iov.as_ptr().expose_provenance(), iov.len(), 0, 0, 0];
    let args = [
        fd_arg(stream),
        (&raw const msg).expose_provenance(),
        MSG_NOSIGNAL,
    ];
    // SAFETY: `msg` has no address and no control data. std promises that an `IoSlice` is a `struct iovec`,
    // and each is readable for its length (sendmsg(2)). The descriptor is open while `stream` is borrowed.
    unsafe { syscall(number::SENDMSG, args) }
}

/// Does the same as [`send`] for one part, with less code.
#[inline]
pub(crate) fn send_bytes(stream: &TcpStream, bytes: &[u8]) -> Result<usize, Errno> {
    let from = bytes.as_ptr().expose_provenance();
    let args = [fd_arg(stream), from, bytes.len(), MSG_NOSIGNAL, 0, 0];
    // SAFETY: `bytes` is readable for its whole length, and there is no address (sendto(2)). The descriptor is open
    // while `stream` is borrowed.
    unsafe { syscall(number::SENDTO, args) }
}

/// The socket of a worker, for the thread that ends the process. Does not own the socket.
#[derive(Debug)]
pub(crate) struct SocketHandle(c_int);

impl SocketHandle {
    pub(crate) fn of(stream: &TcpStream) -> SocketHandle {
        SocketHandle(stream.as_raw_fd())
    }

    /// Sends the last bytes of a connection and waits for a reply, so that nothing is lost when the process
    /// ends. Waits without limit while the peer has not acknowledged all bytes, and then for `WAIT_MS`. The
    /// worker that owns the socket must not use it any more.
    pub(crate) fn send_last(&self, mut bytes: &[u8]) {
        const WAIT_MS: u64 = 40_000;

        // SAFETY: the worker is blocked or lies further up on this thread's stack, and does not go on, so
        // nothing closes the descriptor meanwhile. It is not closed here either.
        let stream = ManuallyDrop::new(unsafe { TcpStream::from(owned_fd(self.0)) });
        let can_retry = |errno: Errno| errno.is_interrupted() || errno.is_would_block();
        while !bytes.is_empty() {
            match send_bytes(&stream, bytes) {
                Ok(n) => bytes = unsent(bytes, n),
                Err(errno) if can_retry(errno) => {}
                Err(_) => return,
            }
        }
        let mut byte = Vec::with_capacity(1);
        let mut limit_ms = u64::MAX;
        while let Err(errno) = receive(&stream, &mut byte, 0) {
            let now_ms = unix_time_ms();
            if !can_retry(errno) || now_ms > limit_ms {
                return;
            }
            if n_unacknowledged(&stream) == 0 {
                limit_ms = limit_ms.min(now_ms.saturating_add(WAIT_MS));
            }
        }
    }
}

/// `struct sockaddr_in` or `struct sockaddr_in6` (ip(7), ipv6(7)): the family, the port, the IPv4 address or
/// flow information, the IPv6 address, and the scope.
#[repr(C)]
struct SockAddr(u16, [u8; 2], [u8; 4], [u8; 16], u32);

impl SockAddr {
    /// Returns the address in the kernel's form, and its length. `sockaddr_in` ends with eight bytes of padding.
    fn new(addr: &SocketAddr) -> (SockAddr, usize) {
        const AF_INET: u16 = 2;
        const AF_INET6: u16 = 10;

        let port = addr.port().to_be_bytes();
        match addr {
            SocketAddr::V4(v4) => (SockAddr(AF_INET, port, v4.ip().octets(), [0; 16], 0), 16),
            SocketAddr::V6(v6) => {
                let scope = v6.scope_id();
                (
                    SockAddr(AF_INET6, port, [0; 4], v6.ip().octets(), scope),
                    28,
                )
            }
        }
    }
}

/// Sends one datagram to `addr` from a socket of its own, without waiting.
///
/// The plain form is std's `UdpSocket`, with two more system calls.
pub(crate) fn send_datagram(addr: SocketAddr, bytes: &[u8]) -> Result<(), Errno> {
    const SOCK_DGRAM: usize = 2;

    let (name, name_len) = SockAddr::new(&addr);
    let args = [name.0.into(), SOCK_DGRAM | SOCK_CLOEXEC, 0];
    // SAFETY: no pointers are passed (socket(2)).
    let fd = unsafe { syscall(number::SOCKET, args) }?;
    // SAFETY: `socket` has just opened `fd`, so nothing else owns it. It is a C `int`.
    let socket = unsafe { owned_fd(int_result(fd)) };
    let args = [
        fd,
        bytes.as_ptr().expose_provenance(),
        bytes.len(),
        MSG_DONTWAIT,
        (&raw const name).expose_provenance(),
        name_len,
    ];
    // SAFETY: `bytes` is readable for its whole length. `name` is readable for `name_len` bytes, which is at most
    // its size, and has the layout of ip(7) and ipv6(7) (sendto(2)).
    let sent = unsafe { syscall(number::SENDTO, args) };
    drop(socket);
    sent.map(|_| ())
}

/// Does the same as `OwnedFd::from_raw_fd`, without the panic for -1.
///
/// # Safety
/// `fd` must be an open descriptor that nothing else owns.
#[inline(always)]
unsafe fn owned_fd(fd: RawFd) -> OwnedFd {
    // SAFETY: `OwnedFd` has the representation of a descriptor, says its documentation, and is never -1, as no open
    // descriptor is.
    unsafe { mem::transmute(fd) }
}

/// Opens a TCP socket whose descriptor is not one of the standard streams. If the process was started
/// with one of these closed, a new socket gets its number, and what is printed would go to the peer.
#[inline]
fn open_socket(family: u16) -> Result<TcpStream, Errno> {
    const SOCK_STREAM: usize = 1;
    const F_DUPFD_CLOEXEC: usize = 1030;
    const STANDARD_FDS_END: usize = 3;

    let args = [family.into(), SOCK_STREAM | SOCK_CLOEXEC, 0];
    // SAFETY: no pointers are passed (socket(2)).
    let fd = unsafe { syscall(number::SOCKET, args) }?;
    // SAFETY: `socket` has just opened `fd`, so nothing else owns it. It is a C `int`.
    let stream = TcpStream::from(unsafe { owned_fd(int_result(fd)) });
    if fd >= STANDARD_FDS_END {
        return Ok(stream);
    }
    // SAFETY: no pointers are passed (fcntl(2)).
    let fd = unsafe { syscall(number::FCNTL, [fd, F_DUPFD_CLOEXEC, STANDARD_FDS_END]) }?;
    // SAFETY: `fcntl` has just opened this `fd`. The first one is closed with its stream.
    Ok(TcpStream::from(unsafe { owned_fd(int_result(fd)) }))
}

/// Sets a timeout of `stream` (socket(7)). Ignores errors: without the timeout the socket only waits
/// longer.
#[inline]
fn set_timeout(stream: &TcpStream, option: usize, timeout_ms: u64) {
    /// `struct timeval`, whose fields are as wide as `long` and not negative here: 16 bytes.
    #[repr(C)]
    struct TimeVal(u64, u64);

    let time = TimeVal(timeout_ms / 1000, (timeout_ms % 1000).saturating_mul(1000));
    let from = (&raw const time).expose_provenance();
    let args = [fd_arg(stream), SOL_SOCKET, option, from, 16];
    // SAFETY: `time` is readable for its 16 bytes and has the layout of socket(7).
    let _ = unsafe { syscall(number::SETSOCKOPT, args) };
}

/// Makes the kernel keep about `len` bytes of datagrams until they are read, or as many as it permits: a process
/// without privileges gets `net.core.rmem_max` (socket(7)).
#[cfg(feature = "emulator")]
pub(crate) fn enlarge_receive_buffer(socket: &std::net::UdpSocket, len: u32) {
    const SO_RCVBUF: usize = 8;
    const SO_RCVBUFFORCE: usize = 33;

    for option in [SO_RCVBUFFORCE, SO_RCVBUF] {
        let from = (&raw const len).expose_provenance();
        let args = [fd_arg(socket), SOL_SOCKET, option, from, size_of_val(&len)];
        // SAFETY: `len` is readable for its four bytes, which are a C `int` (socket(7)).
        if unsafe { syscall(number::SETSOCKOPT, args) }.is_ok() {
            return;
        }
    }
}

/// Limits how long a read of `stream` waits. The limit must not be zero, which means no limit (socket(7)).
#[inline]
pub(crate) fn set_read_timeout(stream: &TcpStream, timeout_ms: u64) {
    set_timeout(stream, SO_RCVTIMEO, timeout_ms);
}

/// Limits how long a write of `stream` waits. The limit must not be zero, which means no limit (socket(7)).
#[inline]
pub(crate) fn set_write_timeout(stream: &TcpStream, timeout_ms: u64) {
    set_timeout(stream, SO_SNDTIMEO, timeout_ms);
}

/// A place for a connection that no thread uses at the moment. To take or to put it never waits.
///
/// The plain form is a `Mutex<Option<TcpStream>>`, which is 700 bytes more.
#[derive(Debug)]
pub(crate) struct IdleStream(AtomicI32);

impl IdleStream {
    /// Means that there is no connection.
    const NONE: c_int = -1;

    pub(crate) const fn new() -> IdleStream {
        IdleStream(AtomicI32::new(IdleStream::NONE))
    }

    /// Takes the connection, if there is one.
    pub(crate) fn take(&self) -> Option<TcpStream> {
        self.swap(IdleStream::NONE)
    }

    /// Puts a connection here. Returns the one that was here, if any.
    pub(crate) fn put(&self, stream: TcpStream) -> Option<TcpStream> {
        self.swap(stream.into_raw_fd())
    }

    /// Replaces the descriptor. Returns the former one as a connection.
    fn swap(&self, fd: c_int) -> Option<TcpStream> {
        match self.0.swap(fd, Ordering::AcqRel) {
            IdleStream::NONE => None,
            // SAFETY: only `put` stores a descriptor, which it took from its owner, and this swap has removed it.
            // So nothing else owns it.
            fd => Some(unsafe { TcpStream::from(owned_fd(fd)) }),
        }
    }
}

impl Drop for IdleStream {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// Connects to `addr` within `timeout_ms`. A read that waits for longer than `read_timeout_ms`, or a write for
/// longer than `timeout_ms`, fails with an error that [`is_would_block`](Errno::is_would_block). If signals interrupt the
/// call, it takes up to twice `timeout_ms`.
///
/// The plain form is std's `TcpStream::connect_timeout`, with two more system calls, and 6 KB for its
/// clock's error messages.
pub(crate) fn connect(
    addr: &SocketAddr,
    timeout_ms: u64,
    read_timeout_ms: u64,
) -> Result<TcpStream, Errno> {
    const IS_CONNECTED: Errno = Errno(106);
    // The timeout has passed for a first `connect`, and for one that continues an earlier one.
    const IN_PROGRESS: Errno = Errno(115);
    const ALREADY: Errno = Errno(114);

    let (name, name_len) = SockAddr::new(addr);
    let stream = open_socket(name.0)?;
    set_timeout(&stream, SO_RCVTIMEO, read_timeout_ms);
    let args = [
        fd_arg(&stream),
        (&raw const name).expose_provenance(),
        name_len,
    ];
    // This also bounds `connect` (socket(7)).
    set_timeout(&stream, SO_SNDTIMEO, timeout_ms);
    // The time limit starts with the first interruption, so that a call without interruptions needs no clock. A clock is
    // a system call here.
    let mut end_ms = u64::MAX;
    loop {
        // SAFETY: `name` is readable for `name_len` bytes, which is at most its size, and has the layout of
        // ip(7) and ipv6(7).
        match unsafe { syscall(number::CONNECT, args) } {
            Ok(_) | Err(IS_CONNECTED) => {
                if end_ms < u64::MAX {
                    set_timeout(&stream, SO_SNDTIMEO, timeout_ms);
                }
                return Ok(stream);
            }
            Err(IN_PROGRESS | ALREADY) => return Err(Errno::TIMED_OUT),
            // A signal or a freeze of the process has interrupted the call. The kernel goes on connecting,
            // and the next call waits for that (connect(2), EINTR).
            Err(errno) if errno.is_interrupted() => {
                let now_ms = unix_time_ms();
                end_ms = end_ms.min(now_ms.saturating_add(timeout_ms));
                if now_ms >= end_ms {
                    return Err(Errno::TIMED_OUT);
                }
                set_timeout(&stream, SO_SNDTIMEO, end_ms.saturating_sub(now_ms));
            }
            Err(errno) => return Err(errno),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;
    use std::net::{Ipv4Addr, TcpListener};
    use std::time::Instant;

    /// A system call that a signal has interrupted is repeated, for the time that is left.
    #[test]
    #[cfg_attr(miri, ignore = "Miri has no signals")]
    fn signals_do_not_prolong_a_connect() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        // Linux ignores new connections while the queue of the listener is full (listen(2)).
        let mut queued = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&addr, Duration::from_millis(100)) {
            queued.push(stream);
        }
        // No signal, signals at first, and signals all the time.
        for n_signals in [0, 45, u32::MAX] {
            let begin = Instant::now();
            let result = crate::sys::with_signals(n_signals, || connect(&addr, 1000, 1000));
            let took = begin.elapsed();
            assert_eq!(result.err(), Some(Errno::TIMED_OUT));
            assert!(took >= Duration::from_millis(990), "{took:?}");
            assert!(took < Duration::from_millis(1700), "{took:?}");
        }
    }

    /// The time that was left for the connect is not the limit of writes.
    #[test]
    #[cfg_attr(miri, ignore = "Miri has no signals")]
    fn an_interrupted_connect_does_not_shorten_the_timeout_of_writes() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&addr, Duration::from_millis(100)) {
            queued.push(stream);
        }
        let stream = std::thread::scope(|scope| {
            // The kernel asks again after a second, and then there is room in the queue.
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                for _ in &queued {
                    listener.accept().unwrap();
                }
            });
            crate::sys::with_signals(20, || connect(&addr, 5000, 1000)).unwrap()
        });
        let timeout = stream.write_timeout().unwrap();
        assert_eq!(timeout, Some(Duration::from_secs(5)));
    }
}
