//! Sends a request on a socket, and receives the whole reply.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use std::net::TcpStream;

use super::body::{Body, BodyError};
use super::head::{self, Framing, HeadError, OnField};
use super::remove_range;
use crate::encoding::lengths::{add, skip, subtract};
use crate::sys::{self, Errno};

/// Bytes that are reserved for a read of unknown length. Most heads and events fit.
const READ_LEN: usize = 8 * 1024;

/// Length of the end of a long body, in bytes, that is not waited for in one read: a read there returns
/// what has arrived, so that bytes after the body are noticed. One read waits for everything before it.
/// A read for each piece that arrives takes a tenth more time.
const REST_LEN: usize = 64 * 1024;

/// The read timeout of a connection, in milliseconds: how long the peer may send nothing before and within a reply.
/// It does not apply before the reply to `next`, nor before the reply to a response that the peer is
/// still receiving. Within a long body a stall is noticed after at most twice this time.
pub(crate) const STALL_MS: u64 = 10_000;

/// Interim replies (1xx) accepted before the final one. RFC 9110, section 15.2, allows any number; a
/// server has no reason for more than one or two.
const INTERIM_MAX: usize = 16;

/// A reply that was received whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Where its body is in the buffer.
    pub(crate) body: Range<usize>,
    /// The connection cannot be used for another request.
    pub(crate) close: bool,
}

impl Reply {
    pub(crate) fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// Why a reply was not received whole.
#[derive(Debug)]
pub(crate) enum ReceiveError {
    /// The connection was closed before the first byte of a reply.
    Closed,
    /// The connection was closed within the head of a reply.
    HeadCut,
    /// The socket failed.
    Io(Errno),
    /// The head is malformed.
    Head(HeadError),
    /// The body is malformed, incomplete or too long.
    Body(BodyError),
    /// The peer sent nothing for [`STALL_MS`].
    Stalled,
    /// More than [`INTERIM_MAX`] interim replies, or status 101.
    Interim,
    /// There is no memory for the length that the peer announced.
    Memory,
}

impl ReceiveError {
    /// Returns whether the peer may have closed an idle connection before it received the request.
    pub(crate) fn is_hangup(&self) -> bool {
        matches!(
            self,
            ReceiveError::Closed | ReceiveError::Io(Errno::CONNECTION_RESET | Errno::BROKEN_PIPE)
        )
    }

    /// Returns whether the connection failed within the reply, so that a retry may succeed.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(
            self,
            ReceiveError::Closed
                | ReceiveError::HeadCut
                | ReceiveError::Io(_)
                | ReceiveError::Stalled
                | ReceiveError::Body(BodyError::Truncated)
        )
    }

    /// Returns the error message.
    pub(crate) fn text(&self) -> String {
        String::from(match self {
            ReceiveError::Closed => "connection closed without a reply",
            ReceiveError::HeadCut => "connection closed within the head",
            ReceiveError::Io(error) => return error.message(""),
            ReceiveError::Head(error) => error.text(),
            ReceiveError::Body(error) => error.text(),
            ReceiveError::Stalled => "no whole reply in time",
            ReceiveError::Interim => "unexpected interim reply",
            ReceiveError::Memory => "no memory for the reply",
        })
    }
}

/// Sends `parts` with as few writes as possible, which for short ones is one.
///
/// # Errors
/// The number of bytes that were sent, and the error of the socket.
pub(crate) fn send(stream: &TcpStream, mut parts: [&[u8]; 3]) -> Result<(), (usize, Errno)> {
    let len = parts.iter().map(|part| part.len()).sum();
    let mut sent = 0;
    loop {
        match sys::send(stream, parts) {
            Ok(n) => {
                sent = add(sent, n);
                if sent >= len {
                    return Ok(());
                }
                let mut left = n;
                for part in &mut parts {
                    let n = left.min(part.len());
                    left = subtract(left, n);
                    *part = skip(part, n);
                }
            }
            // A peer may read slowly: there is no timeout for writes.
            Err(errno) if errno.is_interrupted() || errno.is_would_block() => {}
            Err(errno) => return Err((sent, errno)),
        }
    }
}

/// Receives a whole reply into `buffer`, which is cleared first.
///
/// The body may have up to `body_len_max` bytes. `on_field` is called with the fields of the final
/// reply, and again with the first ones if the head arrives in pieces. If `may_be_late`, the first
/// byte is waited for without a timeout. If `end_ms` is not 0, the call ends at this time, in milliseconds since
/// the Unix epoch, also if bytes arrive all the time. If `is_head`, the reply to `HEAD` is received, which has no
/// body, whatever its head says (RFC 9110, section 9.3.2). After [`ReceiveError::Stalled`] with an empty buffer nothing
/// is lost: another call can still receive the reply.
pub(crate) fn receive(
    stream: &TcpStream,
    buffer: &mut Vec<u8>,
    may_be_late: bool,
    end_ms: u64,
    is_head: bool,
    body_len_max: usize,
    on_field: &mut OnField<'_>,
) -> Result<Reply, ReceiveError> {
    buffer.clear();
    let head = receive_head(stream, buffer, may_be_late, end_ms, on_field)?;
    let framing = if is_head {
        Framing::Length(0)
    } else {
        head.framing
    };
    let mut body = Body::new(framing, head.len, body_len_max).map_err(ReceiveError::Body)?;
    while !body
        .advance(buffer, &mut |_, _| ())
        .map_err(ReceiveError::Body)?
    {
        if read(stream, buffer, body.missing(), false, end_ms)? == 0 {
            body.end().map_err(ReceiveError::Body)?;
            break;
        }
    }
    let range = body.range();
    // Bytes after the reply belong to no request, so the connection is not used again.
    let close = head.close || range.end != buffer.len();
    Ok(Reply {
        status: head.status,
        body: range,
        close,
    })
}

/// Receives the head of the final reply. Bytes after it stay in `buffer`.
#[inline(never)]
fn receive_head(
    stream: &TcpStream,
    buffer: &mut Vec<u8>,
    may_be_late: bool,
    end_ms: u64,
    on_field: &mut OnField<'_>,
) -> Result<head::ResponseHead, ReceiveError> {
    let (mut n_interim, mut seen) = (0, 0);
    loop {
        // The head is parsed again for each line that arrives, not for each byte. The first eight
        // bytes are parsed at once, so that a peer that does not speak HTTP is noticed.
        let new = skip(buffer, seen);
        let is_parsed = !new.is_empty() && (seen < 8 || head::split_line(new).is_some());
        seen = buffer.len();
        let head = match is_parsed {
            true => head::response(buffer, on_field).map_err(ReceiveError::Head)?,
            false if seen < head::HEAD_LEN_MAX => None,
            false => return Err(ReceiveError::Head(HeadError::TooLong)),
        };
        match head {
            None => {
                if read(stream, buffer, 0, may_be_late && seen == 0, end_ms)? == 0 {
                    return Err(match seen {
                        0 => ReceiveError::Closed,
                        _ => ReceiveError::HeadCut,
                    });
                }
            }
            Some(head) if head.status >= 200 => return Ok(head),
            // 101 is the reply to a request with `Upgrade`, which is never sent.
            Some(head) if head.status == 101 || n_interim == INTERIM_MAX => {
                return Err(ReceiveError::Interim);
            }
            Some(head) => {
                n_interim = add(n_interim, 1);
                remove_range(buffer, 0, head.len);
                seen = 0;
            }
        }
    }
}

/// Reads once: at least `missing` bytes less [`REST_LEN`], and more if they have arrived. Returns 0 if
/// the peer has closed the connection. If `may_be_late`, there is no timeout.
fn read(
    stream: &TcpStream,
    buffer: &mut Vec<u8>,
    missing: usize,
    may_be_late: bool,
    end_ms: u64,
) -> Result<usize, ReceiveError> {
    let room = if missing == 0 { READ_LEN } else { missing };
    buffer.try_reserve(room).map_err(|_| ReceiveError::Memory)?;
    let mut limit_ms = u64::MAX;
    loop {
        if end_ms > 0 {
            let left_ms = end_ms.saturating_sub(sys::unix_time_ms());
            if left_ms == 0 {
                return Err(ReceiveError::Stalled);
            }
            sys::set_read_timeout(stream, left_ms);
        }
        match sys::receive(stream, buffer, missing.saturating_sub(REST_LEN)) {
            // Each call has a timeout of its own, and a signal restarts it. So the time since the first
            // interrupted call counts.
            Err(errno) if errno.is_interrupted() => {
                let now_ms = sys::unix_time_ms();
                if !may_be_late && now_ms > limit_ms {
                    return Err(ReceiveError::Stalled);
                }
                // `saturating_add` is nine bytes more, and the clock is far from its end.
                limit_ms = limit_ms.min(now_ms.wrapping_add(STALL_MS));
            }
            Err(errno) if errno.is_would_block() => {
                if !may_be_late {
                    return Err(ReceiveError::Stalled);
                }
            }
            result => return result.map_err(ReceiveError::Io),
        }
    }
}
