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

/// What an exchange depends on besides the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// The method is `HEAD`: the reply has no body, whatever its head says (RFC 9110, section 9.3.2).
    pub(crate) is_head: bool,
    /// The longest body of a reply accepted, in bytes.
    pub(crate) body_len_max: usize,
    /// When the exchange ends at the latest, in milliseconds since the Unix epoch.
    pub(crate) end_ms: u64,
}

/// The result of sending a request: if it failed, the number of bytes that were sent and the error.
pub(crate) type Sent = Result<(), (usize, Errno)>;

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

/// Sends a request to `addr` by `transmit` and receives the reply into `buffer`, which keeps the reply's head before the
/// body. Uses the connection in `idle` if there is one, and leaves it there if it can be used again.
///
/// The peer may close an idle connection at any time. The request is then repeated once on a new connection if no
/// byte of the final reply has arrived and `can_repeat` agrees: if the peer has read nothing of the request, or if the
/// method is idempotent (RFC 9110, section 9.2.2; RFC 9112, section 9.3.1). A request on a new connection is never
/// repeated.
#[inline]
pub(crate) fn exchange(
    addr: SocketAddr,
    idle: &IdleStream,
    kind: Kind,
    buffer: &mut Vec<u8>,
    transmit: impl Fn(&TcpStream) -> Sent,
    can_repeat: impl Fn(&TcpStream, &Sent, &ReceiveError) -> bool,
) -> Result<Reply, ExchangeError> {
    let Kind {
        is_head,
        body_len_max,
        end_ms,
    } = kind;
    let mut kept = idle.take().filter(|stream| !sys::is_stale(stream));
    loop {
        let is_kept = kept.is_some();
        let stream = if let Some(stream) = kept.take() {
            stream
        } else {
            let left_ms = left_ms(end_ms);
            sys::connect(&addr, left_ms, left_ms).map_err(ExchangeError::Connect)?
        };
        let sent = transmit(&stream);
        // A peer may reply before it has read the whole request.
        match connection::receive(
            &stream,
            buffer,
            false,
            end_ms,
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
            Err(error) if is_kept && buffer.is_empty() && can_repeat(&stream, &sent, &error) => {}
            Err(error) => return Err(ExchangeError::Receive(error)),
        }
    }
}

/// Sends a request that is shorter than the buffer of a socket, which takes it at once. A longer one that the peer
/// does not read in time is not sent whole.
#[inline]
pub(crate) fn send_short(stream: &TcpStream, request: &[u8]) -> Sent {
    match sys::send_bytes(stream, request) {
        Ok(sent) if sent < request.len() => Err((sent, Errno::TIMED_OUT)),
        Ok(_) => Ok(()),
        Err(errno) => Err((0, errno)),
    }
}

/// How long a write waits before the connection is examined for a reply, in milliseconds.
const WRITE_WAIT_MS: u64 = 50;

/// Returns whether the peer has sent the start of the final reply or has closed the connection. After an interim reply
/// (1xx) the peer still reads the request, so one is read and discarded. After 101 it does not (RFC 9110, section
/// 15.2.2).
#[inline]
fn has_final_reply(stream: &TcpStream) -> bool {
    const INTERIM: &[u8] = b"HTTP/1.1 1";
    const SWITCHING: &[u8] = b"HTTP/1.1 101";
    const END: &[u8] = b"\r\n\r\n";

    // An interim reply that is longer ends the request. Usual limits of servers for a head are 8 to 16 KiB.
    let mut start = [0; 16 * 1024];
    if !sys::is_stale(stream) {
        return false;
    }
    let n = stream.peek(&mut start).unwrap_or(0);
    let head = start.get(..n).unwrap_or_default();
    if !head.starts_with(INTERIM) || head.starts_with(SWITCHING) {
        return n == 0 || !INTERIM.starts_with(head);
    }
    // The plain form parses the head, which is 448 bytes more.
    let Some(end) = head.windows(END.len()).position(|window| window == END) else {
        return n == start.len();
    };
    let interim_len = add(end, END.len());
    let mut interim = Vec::with_capacity(interim_len);
    sys::receive(stream, &mut interim, interim_len).is_err()
}

/// Sends a request of any length. Stops if the peer replies and does not read any more: the reply to a request that
/// is too long may come early, and a client then stops sending (RFC 9112, section 9.5).
#[inline]
pub(crate) fn send(stream: &TcpStream, request: [&[u8]; 2], end_ms: u64) -> Sent {
    let mut sent = 0_usize;
    loop {
        let mut skipped = sent;
        let parts = request.map(|part| {
            let n = skipped.min(part.len());
            skipped = subtract(skipped, n);
            skip(part, n)
        });
        if parts.iter().all(|part| part.is_empty()) {
            return Ok(());
        }
        let left_ms = left_ms(end_ms);
        // A peer that reads all the time does not prolong the request.
        if left_ms == LEFT_MS_MIN {
            return Err((sent, Errno::TIMED_OUT));
        }
        sys::set_write_timeout(stream, left_ms.min(WRITE_WAIT_MS));
        match sys::send(stream, parts) {
            Ok(n) => sent = add(sent, n),
            Err(errno) if errno.is_interrupted() || errno.is_would_block() => {
                if has_final_reply(stream) {
                    return Err((sent, Errno::TIMED_OUT));
                }
            }
            Err(errno) => return Err((sent, errno)),
        }
    }
}

/// Returns whether the peer has read nothing of a request of `len` bytes, so that any request may be sent again.
#[inline]
pub(crate) fn delivered_nothing(stream: &TcpStream, sent: &Sent, len: usize) -> bool {
    let (len, errno) = match sent {
        Ok(()) => (len, None),
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
