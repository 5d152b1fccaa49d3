//! One request and its reply within a time limit, on a connection that is kept for the next one.
//!
//! These functions and all their callers are `inline`, so that they are compiled in the crates that call them. In
//! this crate they would be second callers of the functions that the runtime inlines, and `hello` would have 208
//! bytes more.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;
use std::net::TcpStream;

use super::body::Body;
use super::connection::{ReceiveError, Reply};
use super::head::{self, Framing};
use super::remove_range;
use crate::encoding::lengths::add;
use crate::sys::{self, Errno, IdleStream};

/// Bytes that are reserved for a read of unknown length.
const READ_LEN: usize = 4 * 1024;

/// Interim replies (1xx) accepted before the final one, as in [`connection`](super::connection).
const INTERIM_MAX: u32 = 16;

/// A request as it is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The request line and the header fields, with the empty line at the end.
    pub(crate) head: &'a [u8],
    pub(crate) body: &'a [u8],
    /// When the exchange ends at the latest, in milliseconds since the Unix epoch.
    pub(crate) end_ms: u64,
}

/// What an exchange depends on besides the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// The method is `HEAD`: the reply has no body, whatever its head says (RFC 9110, section 9.3.2).
    pub(crate) is_head: bool,
    /// Whether a request may be sent again of which the peer has taken the first bytes, or all of them: the
    /// function gets the connection, and the error and the number of bytes if sending failed.
    pub(crate) can_repeat: CanRepeat,
    pub(crate) send: Send,
    /// The longest body of a reply accepted, in bytes.
    pub(crate) body_len_max: usize,
}

pub(crate) type Sent = Result<(), (usize, Errno)>;
type Send = fn(&TcpStream, &Request<'_>) -> Sent;
type CanRepeat = fn(&TcpStream, &Request<'_>, &Sent, &ReceiveError) -> bool;

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum ExchangeError {
    Connect(Errno),
    Receive(ReceiveError),
}

impl ExchangeError {
    /// Returns the error message.
    #[inline]
    pub(crate) fn text(&self) -> String {
        match self {
            ExchangeError::Connect(errno) => errno.message("cannot connect: "),
            ExchangeError::Receive(error) => error.text(),
        }
    }
}

/// Sends `request` to `addr` and receives the reply into `buffer`, which keeps the reply's head before the
/// body. Uses the connection in `idle` if there is one, and leaves it there if it can be used again.
///
/// The peer may close an idle connection at any time. The request is then repeated once on a new connection,
/// if the peer has read nothing of it, or if the method is idempotent and no byte of a reply has arrived
/// (RFC 9110, section 9.2.2; RFC 9112, section 9.3.1). A request on a new connection is never repeated.
#[inline]
pub(crate) fn exchange(
    addr: SocketAddr,
    idle: &IdleStream,
    request: &Request<'_>,
    kind: Kind,
    buffer: &mut Vec<u8>,
) -> Result<Reply, ExchangeError> {
    let mut kept = idle.take().filter(|stream| !sys::is_stale(stream));
    loop {
        let is_kept = kept.is_some();
        let stream = if let Some(stream) = kept.take() {
            stream
        } else {
            let left = time_left(request.end_ms);
            sys::connect(addr, left, left).map_err(ExchangeError::Connect)?
        };
        let sent = (kind.send)(&stream, request);
        // A peer may reply before it has read the whole request.
        match receive(&stream, request.end_ms, kind, buffer) {
            Ok(reply) => {
                if sent.is_ok() && !reply.close {
                    drop(idle.put(stream));
                }
                return Ok(reply);
            }
            Err(error) if is_kept && (kind.can_repeat)(&stream, request, &sent, &error) => {}
            Err(error) => return Err(ExchangeError::Receive(error)),
        }
    }
}

/// Sends a request that is shorter than the buffer of a socket, which takes it at once. A longer one that the peer
/// does not read in time is not sent whole.
#[inline]
pub(crate) fn send_short(stream: &TcpStream, request: &Request<'_>) -> Sent {
    let len = add(request.head.len(), request.body.len());
    match sys::send(stream, [request.head, request.body, &[]]) {
        Ok(sent) if sent < len => Err((sent, Errno::TIMED_OUT)),
        Ok(_) => Ok(()),
        Err(errno) => Err((0, errno)),
    }
}

/// Sends a request of any length.
#[inline]
pub(crate) fn send(stream: &TcpStream, request: &Request<'_>) -> Sent {
    let mut sent = 0_usize;
    loop {
        let head = request.head.get(sent..).unwrap_or_default();
        let body_sent = sent.saturating_sub(request.head.len());
        let body = request.body.get(body_sent..).unwrap_or_default();
        if head.is_empty() && body.is_empty() {
            return Ok(());
        }
        let left = time_left(request.end_ms);
        sys::set_timeouts(stream, left);
        match sys::send(stream, [head, body, &[]]) {
            Ok(n) => sent = add(sent, n),
            Err(errno) if errno.is_interrupted() || errno.is_would_block() => {
                if left == NONE_LEFT {
                    return Err((sent, Errno::TIMED_OUT));
                }
            }
            Err(errno) => return Err((sent, errno)),
        }
    }
}

/// An idempotent request may be sent again if no byte of a reply has arrived.
#[inline]
pub(crate) fn can_repeat_idempotent(
    _: &TcpStream,
    _: &Request<'_>,
    _: &Sent,
    error: &ReceiveError,
) -> bool {
    error.is_hangup()
}

/// Any other request may be sent again if the peer has read nothing of it.
#[inline]
pub(crate) fn can_repeat_any(
    stream: &TcpStream,
    request: &Request<'_>,
    sent: &Sent,
    _: &ReceiveError,
) -> bool {
    let (len, errno) = match sent {
        Ok(()) => (add(request.head.len(), request.body.len()), None),
        Err((len, errno)) => (*len, Some(*errno)),
    };
    sys::delivered_nothing(stream, len, errno)
}

/// The shortest time limit of a socket: no limit is shorter, and zero means no limit (socket(7)).
const NONE_LEFT: Duration = Duration::from_millis(1);

/// Returns the time that is left until `end_ms`, or [`NONE_LEFT`].
#[inline]
fn time_left(end_ms: u64) -> Duration {
    Duration::from_millis(end_ms.saturating_sub(sys::unix_time_ms()).max(1))
}

/// Receives the final reply. Unlike [`connection::receive`](super::connection::receive), it ends at a time,
/// also if bytes arrive all the time.
#[inline]
fn receive(
    stream: &TcpStream,
    end_ms: u64,
    kind: Kind,
    buffer: &mut Vec<u8>,
) -> Result<Reply, ReceiveError> {
    buffer.clear();
    let mut n_interim = 0_u32;
    let head = loop {
        match head::response(buffer, &mut |_, _| ()).map_err(ReceiveError::Head)? {
            Some(head) if head.status >= 200 => break head,
            // 101 is the reply to a request with `Upgrade`.
            Some(head) if head.status != 101 && n_interim < INTERIM_MAX => {
                n_interim = n_interim.saturating_add(1);
                remove_range(buffer, 0, head.len);
            }
            Some(_) => return Err(ReceiveError::Interim),
            None if read(stream, buffer, 0, end_ms)? > 0 => {}
            None if buffer.is_empty() => return Err(ReceiveError::Closed),
            None => return Err(ReceiveError::HeadCut),
        }
    };
    let framing = if kind.is_head {
        Framing::Length(0)
    } else {
        head.framing
    };
    let mut body = Body::new(framing, head.len, kind.body_len_max).map_err(ReceiveError::Body)?;
    while !body
        .advance(buffer, &mut |_, _| ())
        .map_err(ReceiveError::Body)?
    {
        if read(stream, buffer, body.missing(), end_ms)? == 0 {
            body.end().map_err(ReceiveError::Body)?;
            break;
        }
    }
    let range = body.range();
    Ok(Reply {
        status: head.status,
        // Bytes after the reply belong to no request, so the connection is not used again.
        close: head.close || range.end != buffer.len(),
        body: range,
    })
}

/// Reads once. Returns 0 if the peer has closed the connection.
#[inline]
fn read(
    stream: &TcpStream,
    buffer: &mut Vec<u8>,
    missing: usize,
    end_ms: u64,
) -> Result<usize, ReceiveError> {
    let reserved = buffer.try_reserve(missing.max(READ_LEN));
    reserved.map_err(|_| ReceiveError::Memory)?;
    loop {
        let left = time_left(end_ms);
        if left == NONE_LEFT {
            return Err(ReceiveError::Stalled);
        }
        sys::set_timeouts(stream, left);
        match sys::receive(stream, buffer, 0) {
            Err(errno) if errno.is_interrupted() || errno.is_would_block() => {}
            result => return result.map_err(ReceiveError::Io),
        }
    }
}

/// Removes the head of a reply from `buffer`, so that it has the body only.
#[inline]
pub(crate) fn keep_body(reply: &Reply, buffer: &mut Vec<u8>) {
    buffer.truncate(reply.body.end);
    remove_range(buffer, 0, reply.body.start);
}
