//! One exchange on a socket: a request goes out in one write, and its whole reply comes in.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use core::time::Duration;
use std::net::TcpStream;

use super::body::{Body, BodyError};
use super::cut_out;
use super::head::{self, HeadError, OnField};
use crate::sys::{self, Errno};

/// Room that is made for a read whose length nobody knows yet: most heads and events fit.
const READ_LEN: usize = 8 * 1024;

/// Of a long body all but so much is waited for in one read, in bytes: a read for each piece that has
/// come costs a tenth more time. The rest takes what is there, so that what is too much is seen.
const REST_LEN: usize = 64 * 1024;

/// Read timeout of a connection: how long a reply may be in coming, or stand still within itself. One to
/// `next`, and one to an answer that is still being taken, may be later. Within a long body a
/// standstill is noticed after twice that at the latest.
pub(crate) const STALL_TIMEOUT: Duration = Duration::from_secs(10);

#[expect(clippy::cast_possible_truncation, reason = "it is ten seconds")]
const STALL_MS: u64 = STALL_TIMEOUT.as_millis() as u64;

/// Interim replies (1xx) accepted in front of the final one. RFC 9110, section 15.2, has any
/// number; no server has a reason for more than one or two.
const INTERIM_MAX: u32 = 16;

/// A reply that came whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Where its body stands in the inbox.
    pub(crate) body: Range<usize>,
    /// Nothing more can be asked on this connection.
    pub(crate) close: bool,
}

/// Why no whole reply was received.
#[derive(Debug)]
pub(crate) enum ReceiveError {
    /// The connection was closed before the first byte of a reply.
    Closed,
    /// The connection was closed within the head of a reply.
    HeadCut,
    /// The socket failed.
    Io(Errno),
    Head(HeadError),
    Body(BodyError),
    /// Nothing came for [`STALL_TIMEOUT`].
    Stalled,
    /// More interim replies than anybody sends.
    Interim,
    /// No memory for what the peer announced.
    Memory,
}

impl ReceiveError {
    /// Whether the peer may just have closed a connection that it had kept open for a while.
    pub(crate) fn is_hangup(&self) -> bool {
        matches!(
            self,
            ReceiveError::Closed | ReceiveError::Io(Errno::CONNECTION_RESET | Errno::BROKEN_PIPE)
        )
    }

    /// Whether the reply was cut off by the connection, and may come whole the next time.
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

    pub(crate) fn text(&self) -> String {
        String::from(match self {
            ReceiveError::Closed => "connection closed without a reply",
            ReceiveError::HeadCut => "connection closed within the head",
            ReceiveError::Io(error) => return error.message(""),
            ReceiveError::Head(error) => error.text(),
            ReceiveError::Body(error) => error.text(),
            ReceiveError::Stalled => "no whole reply in time",
            ReceiveError::Interim => "too many interim replies",
            ReceiveError::Memory => "no memory for the reply",
        })
    }
}

/// Sends `parts` with as few writes as the socket takes, which for short ones is one.
///
/// # Errors
/// How many bytes the socket had taken, and why it took no more.
pub(crate) fn send(stream: &TcpStream, mut parts: [&[u8]; 3]) -> Result<(), (usize, Errno)> {
    let lens = parts.iter().map(|part| part.len());
    let len = lens.fold(0, usize::wrapping_add);
    let mut sent = 0_usize;
    loop {
        match sys::send(stream, parts) {
            Ok(n) => {
                sent = sent.wrapping_add(n);
                if sent >= len {
                    return Ok(());
                }
                let mut left = n;
                for part in &mut parts {
                    let n = left.min(part.len());
                    left = left.wrapping_sub(n);
                    *part = part.get(n..).unwrap_or_default();
                }
            }
            // The peer is slow to read, which is its right.
            Err(errno) if errno.is_interrupted() || errno.is_would_block() => {}
            Err(errno) => return Err((sent, errno)),
        }
    }
}

/// Receives a whole reply into `inbox`, whose earlier content is dropped and whose room is kept.
/// Its body may have up to `body_len_max` bytes; `on_field` sees the fields of the final reply,
/// the earlier ones again where the head comes in pieces. A reply that `may_be_late` is waited for
/// without end, until its first byte. After [`ReceiveError::Stalled`] with an empty inbox nothing is lost:
/// the reply may be received later.
pub(crate) fn receive(
    stream: &TcpStream,
    inbox: &mut Vec<u8>,
    may_be_late: bool,
    body_len_max: usize,
    on_field: &mut OnField<'_>,
) -> Result<Reply, ReceiveError> {
    inbox.clear();
    let head = receive_head(stream, inbox, may_be_late, on_field)?;
    let mut body = Body::new(head.framing, head.len, body_len_max).map_err(ReceiveError::Body)?;
    while !body
        .advance(inbox, &mut |_, _| ())
        .map_err(ReceiveError::Body)?
    {
        if read(stream, inbox, body.missing(), false)? == 0 {
            body.end().map_err(ReceiveError::Body)?;
            break;
        }
    }
    let range = body.range();
    // What follows a reply that was not asked for cannot belong to the next one.
    let close = head.close || range.end != inbox.len();
    Ok(Reply {
        status: head.status,
        body: range,
        close,
    })
}

/// Receives the head of the final reply; what came behind it stays in `inbox`.
#[inline(never)]
fn receive_head(
    stream: &TcpStream,
    inbox: &mut Vec<u8>,
    may_be_late: bool,
    on_field: &mut OnField<'_>,
) -> Result<head::ResponseHead, ReceiveError> {
    let mut interim = 0_u32;
    let mut seen = 0_usize;
    loop {
        // A head that comes byte by byte is not read again for each of them, but for each line.
        let new = inbox.get(seen..).unwrap_or_default();
        let is_worth_it = !new.is_empty() && (seen < 8 || head::has_line_end(new));
        seen = inbox.len();
        let head = match is_worth_it {
            true => head::response(inbox, on_field).map_err(ReceiveError::Head)?,
            false if seen < head::HEAD_LEN_MAX => None,
            false => return Err(ReceiveError::Head(HeadError::TooLong)),
        };
        match head {
            None => {
                if read(stream, inbox, 0, may_be_late && seen == 0)? == 0 {
                    return Err(match seen {
                        0 => ReceiveError::Closed,
                        _ => ReceiveError::HeadCut,
                    });
                }
            }
            Some(head) if head.status >= 200 => return Ok(head),
            // 101 would be the answer to an `Upgrade`, which was not asked for.
            Some(head) if head.status == 101 || interim == INTERIM_MAX => {
                return Err(ReceiveError::Interim);
            }
            Some(head) => {
                interim = interim.wrapping_add(1);
                cut_out(inbox, 0, head.len);
                seen = 0;
            }
        }
    }
}

/// Reads once, `missing` bytes and more if they are there. 0: the peer has closed the connection.
/// What `may_be_late` is waited for without end.
fn read(
    stream: &TcpStream,
    inbox: &mut Vec<u8>,
    missing: usize,
    may_be_late: bool,
) -> Result<usize, ReceiveError> {
    let spare = inbox.capacity().wrapping_sub(inbox.len());
    if missing > spare {
        inbox
            .try_reserve_exact(missing)
            .map_err(|_| ReceiveError::Memory)?;
    } else if spare < READ_LEN / 8 {
        inbox
            .try_reserve(READ_LEN)
            .map_err(|_| ReceiveError::Memory)?;
    }
    let mut limit_ms = u64::MAX;
    loop {
        match sys::receive(stream, inbox, missing.saturating_sub(REST_LEN)) {
            // Each call has a timeout of its own, which signals that come more often keep from passing.
            Err(errno) if errno.is_interrupted() => {
                let now_ms = sys::unix_time_ms();
                if !may_be_late && now_ms > limit_ms {
                    return Err(ReceiveError::Stalled);
                }
                limit_ms = limit_ms.min(now_ms.saturating_add(STALL_MS));
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
