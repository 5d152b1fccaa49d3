//! One request and its reply within a time limit, on a connection that is kept for the next one.
//!
//! These functions and their callers are `inline`, so that they are compiled in the crates that call them: as plain
//! functions they make `hello` 14 bytes larger. What they share with the runtime is not `inline`, so that there is no
//! second copy of it.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use std::net::TcpStream;

use super::connection::{self, ReceiveError, Reply};
use crate::encoding::lengths::{add, skip, subtract};
use crate::sys::{self, Errno, IdleStream};

/// A request as it is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The request line, the header fields with the empty line at the end, and the body.
    pub(crate) parts: [&'a [u8]; 3],
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
            let left_ms = left_ms(request.end_ms);
            sys::connect(&addr, left_ms, left_ms).map_err(ExchangeError::Connect)?
        };
        let sent = (kind.send)(&stream, request);
        // A peer may reply before it has read the whole request.
        let Kind {
            is_head,
            body_len_max,
            ..
        } = kind;
        match connection::receive(
            &stream,
            buffer,
            false,
            request.end_ms,
            is_head,
            body_len_max,
            &mut |_, _| (),
        ) {
            Ok(reply) => {
                if sent.is_ok() && !reply.close {
                    drop(idle.put(stream));
                }
                return Ok(reply);
            }
            Err(error)
                if is_kept
                    && buffer.is_empty()
                    && (kind.can_repeat)(&stream, request, &sent, &error) => {}
            Err(error) => return Err(ExchangeError::Receive(error)),
        }
    }
}

/// Sends a request that is shorter than the buffer of a socket, which takes it at once. A longer one that the peer
/// does not read in time is not sent whole.
#[inline]
pub(crate) fn send_short(stream: &TcpStream, request: &Request<'_>) -> Sent {
    let len = request.parts.iter().map(|part| part.len()).sum();
    match sys::send(stream, request.parts) {
        Ok(sent) if sent < len => Err((sent, Errno::TIMED_OUT)),
        Ok(_) => Ok(()),
        Err(errno) => Err((0, errno)),
    }
}

/// How long a write waits before the connection is examined for a reply, in milliseconds.
const WRITE_WAIT_MS: u64 = 50;

/// Returns whether the peer has sent the final reply or has closed the connection. The start of an interim reply
/// (1xx) means that the peer still reads the request.
#[inline]
fn is_answered(stream: &TcpStream) -> bool {
    let mut start = [0; b"HTTP/1.1 1".len()];
    sys::is_stale(stream)
        && !stream
            .peek(&mut start)
            .is_ok_and(|n| n == start.len() && start.ends_with(b" 1"))
}

/// Sends a request of any length. Stops if the peer replies and does not read any more: the reply to a request that
/// is too long may come early, and a client then stops sending (RFC 9112, section 9.5).
#[inline]
pub(crate) fn send(stream: &TcpStream, request: &Request<'_>) -> Sent {
    let mut sent = 0_usize;
    loop {
        let mut skipped = sent;
        let parts = request.parts.map(|part| {
            let n = skipped.min(part.len());
            skipped = subtract(skipped, n);
            skip(part, n)
        });
        if parts.iter().all(|part| part.is_empty()) {
            return Ok(());
        }
        let left_ms = left_ms(request.end_ms);
        sys::set_write_timeout(stream, left_ms.min(WRITE_WAIT_MS));
        match sys::send(stream, parts) {
            Ok(n) => sent = add(sent, n),
            Err(errno) if errno.is_interrupted() || errno.is_would_block() => {
                if left_ms == LEFT_MS_MIN || is_answered(stream) {
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
        Ok(()) => (request.parts.iter().map(|part| part.len()).sum(), None),
        Err((len, errno)) => (*len, Some(*errno)),
    };
    sys::delivered_nothing(stream, len, errno)
}

/// The shortest time limit of a socket, in milliseconds: zero means no limit (socket(7)).
const LEFT_MS_MIN: u64 = 1;

/// Returns the time that is left until `end_ms` in milliseconds, or [`LEFT_MS_MIN`].
#[inline]
fn left_ms(end_ms: u64) -> u64 {
    end_ms.saturating_sub(sys::unix_time_ms()).max(LEFT_MS_MIN)
}
