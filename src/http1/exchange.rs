//! One request and its reply within a time limit, on a connection that is kept for the next one.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;
use std::net::TcpStream;

use super::body::Body;
use super::connection::{ReceiveError, Reply};
use super::head::{self, Framing};
use super::remove_range;
use crate::encoding::lengths::{add, subtract};
use crate::sys::{self, Errno, IdleStream};

/// Bytes that are reserved for a read of unknown length.
const READ_LEN: usize = 4 * 1024;

/// Interim replies (1xx) accepted before the final one, as in [`connection`](super::connection).
const INTERIM_MAX: u32 = 16;

/// A request as it is sent, and what its reply may be.
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
    /// The method is idempotent (RFC 9110, section 9.2.2).
    pub(crate) is_idempotent: bool,
    /// The longest body of a reply accepted, in bytes.
    pub(crate) body_len_max: usize,
}

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum ExchangeError {
    Connect(Errno),
    Send(Errno),
    Receive(ReceiveError),
}

impl ExchangeError {
    /// Returns the error message.
    pub(crate) fn text(&self) -> String {
        match self {
            ExchangeError::Connect(errno) => errno.message("cannot connect: "),
            ExchangeError::Send(errno) => errno.message("cannot send: "),
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
        let stream = match kept.take() {
            Some(stream) => stream,
            None => connect(addr, request.end_ms)?,
        };
        let sent = send(&stream, request);
        // A peer may reply before it has read the whole request.
        match receive(&stream, request.end_ms, kind, buffer) {
            Ok(reply) => {
                if sent.is_ok() && !reply.close {
                    drop(idle.put(stream));
                }
                return Ok(reply);
            }
            Err(error) => {
                let can_repeat = is_kept
                    && match (kind.is_idempotent, sent) {
                        (true, _) => error.is_hangup(),
                        (false, Ok(len)) => sys::delivered_nothing(&stream, len, None),
                        (false, Err((len, errno))) => {
                            sys::delivered_nothing(&stream, len, Some(errno))
                        }
                    };
                if !can_repeat {
                    return Err(match sent {
                        Err((_, errno)) if error.is_hangup() => ExchangeError::Send(errno),
                        _ => ExchangeError::Receive(error),
                    });
                }
            }
        }
    }
}

/// Returns the time that is left until `end_ms`; `None` if there is none.
fn time_left(end_ms: u64) -> Option<Duration> {
    let left_ms = end_ms.saturating_sub(sys::unix_time_ms());
    (left_ms > 0).then_some(Duration::from_millis(left_ms))
}

fn connect(addr: SocketAddr, end_ms: u64) -> Result<TcpStream, ExchangeError> {
    let left = time_left(end_ms).ok_or(Errno::TIMED_OUT);
    left.and_then(|left| sys::connect(addr, left, left))
        .map_err(ExchangeError::Connect)
}

/// Sends `request`. Returns its length.
///
/// # Errors
/// The number of bytes that were sent, and the error of the socket.
fn send(stream: &TcpStream, request: &Request<'_>) -> Result<usize, (usize, Errno)> {
    let mut sent = 0_usize;
    loop {
        let head = request.head.get(sent..).unwrap_or_default();
        let body_sent = sent.saturating_sub(request.head.len());
        let body = request.body.get(body_sent..).unwrap_or_default();
        if head.is_empty() && body.is_empty() {
            return Ok(sent);
        }
        let left = time_left(request.end_ms).ok_or((sent, Errno::TIMED_OUT))?;
        sys::set_timeouts(stream, left);
        match sys::send(stream, [head, body, &[]]) {
            Ok(n) => sent = add(sent, n),
            Err(errno) if errno.is_interrupted() || errno.is_would_block() => {}
            Err(errno) => return Err((sent, errno)),
        }
    }
}

/// Receives the final reply. Unlike [`connection::receive`](super::connection::receive), it ends at a time,
/// also if bytes arrive all the time.
fn receive(
    stream: &TcpStream,
    end_ms: u64,
    kind: Kind,
    buffer: &mut Vec<u8>,
) -> Result<Reply, ReceiveError> {
    buffer.clear();
    let mut n_interim = 0_u32;
    let mut final_head = None;
    loop {
        let mut missing = 0;
        if let Some((head, body)) = &mut final_head {
            let (head, body): (&mut head::ResponseHead, &mut Body) = (head, body);
            let is_whole = body.advance(buffer, &mut |_, _| ());
            if is_whole.map_err(ReceiveError::Body)? {
                return Ok(reply(head, body, buffer));
            }
            missing = body.missing();
        } else if let Some(mut head) =
            head::response(buffer, &mut |_, _| ()).map_err(ReceiveError::Head)?
        {
            if head.status < 200 {
                n_interim = n_interim.saturating_add(1);
                // 101 is the reply to a request with `Upgrade`.
                if head.status == 101 || n_interim > INTERIM_MAX {
                    return Err(ReceiveError::Interim);
                }
                remove_range(buffer, 0, head.len);
                continue;
            }
            if kind.is_head {
                head.framing = Framing::Length(0);
            }
            let body = Body::new(head.framing, head.len, kind.body_len_max);
            final_head = Some((head, body.map_err(ReceiveError::Body)?));
            continue;
        }
        let left = time_left(end_ms).ok_or(ReceiveError::Stalled)?;
        sys::set_timeouts(stream, left);
        let reserved = buffer.try_reserve(missing.max(READ_LEN));
        reserved.map_err(|_| ReceiveError::Memory)?;
        match sys::receive(stream, buffer, 0) {
            Ok(0) => match &final_head {
                Some((head, body)) => {
                    body.end().map_err(ReceiveError::Body)?;
                    return Ok(reply(head, body, buffer));
                }
                None if buffer.is_empty() => return Err(ReceiveError::Closed),
                None => return Err(ReceiveError::HeadCut),
            },
            Ok(_) => {}
            Err(errno) if errno.is_interrupted() || errno.is_would_block() => {}
            Err(errno) => return Err(ReceiveError::Io(errno)),
        }
    }
}

fn reply(head: &head::ResponseHead, body: &Body, buffer: &[u8]) -> Reply {
    let range = body.range();
    Reply {
        status: head.status,
        // Bytes after the reply belong to no request, so the connection is not used again.
        close: head.close || range.end != buffer.len(),
        body: range,
    }
}

/// Removes the head of a reply from `buffer`, so that it has the body only.
pub(crate) fn keep_body(reply: &Reply, buffer: &mut Vec<u8>) {
    buffer.truncate(reply.body.end);
    remove_range(buffer, 0, reply.body.start);
    debug_assert!(buffer.len() == subtract(reply.body.end, reply.body.start));
}
