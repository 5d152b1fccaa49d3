//! One exchange on a socket: a request goes out in one write, and its whole reply comes in.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use std::io::{self, IoSlice, Write};
use std::net::TcpStream;

use super::body::{Body, BodyError};
use super::cut_out;
use super::head::{self, HeadError, OnField};
use crate::sys;

/// Room that is made for a read whose length nobody knows yet: most heads and events fit.
const READ_LEN: usize = 8 * 1024;

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

/// Why no reply came.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The connection was closed before the first byte of a reply.
    Closed,
    /// The connection was closed within the head of a reply.
    HeadCut,
    /// The socket failed.
    Io(io::Error),
    Head(HeadError),
    Body(BodyError),
    /// More interim replies than anybody sends.
    Interim,
    /// No memory for what the peer announced.
    Memory,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Closed => f.write_str("connection closed without a reply"),
            Fault::HeadCut => f.write_str("connection closed within the head"),
            Fault::Io(error) => error.fmt(f),
            Fault::Head(error) => error.fmt(f),
            Fault::Body(error) => error.fmt(f),
            Fault::Interim => f.write_str("too many interim replies"),
            Fault::Memory => f.write_str("no memory for the reply"),
        }
    }
}

/// Sends `head` and `body` with as few writes as the socket takes, which for a short body is one.
///
/// # Errors
/// How many bytes the socket had taken, and why it took no more.
pub(crate) fn send(
    mut stream: &TcpStream,
    head: &[u8],
    body: &[u8],
) -> Result<(), (usize, io::Error)> {
    let mut sent = 0_usize;
    loop {
        let head_left = head.get(sent..).unwrap_or_default();
        let body_left = body
            .get(sent.saturating_sub(head.len())..)
            .unwrap_or_default();
        let wrote = match (head_left, body_left) {
            ([], []) => return Ok(()),
            (left, []) | ([], left) => stream.write(left),
            _ => stream.write_vectored(&[IoSlice::new(head_left), IoSlice::new(body_left)]),
        };
        match wrote {
            Ok(0) => return Err((sent, io::ErrorKind::WriteZero.into())),
            Ok(n) => sent = sent.wrapping_add(n),
            // `WouldBlock`: the peer is slow to read, which is its right.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                ) => {}
            Err(error) => return Err((sent, error)),
        }
    }
}

/// Receives a whole reply into `inbox`, whose earlier content is dropped and whose room is kept.
/// Its body may have up to `body_len_max` bytes; `on_field` sees the fields of the final reply,
/// the earlier ones again where the head comes in pieces.
pub(crate) fn receive(
    stream: &TcpStream,
    inbox: &mut Vec<u8>,
    body_len_max: usize,
    on_field: &mut OnField<'_>,
) -> Result<Reply, Fault> {
    inbox.clear();
    let head = receive_head(stream, inbox, on_field)?;
    let mut body = Body::new(head.framing, head.len, body_len_max).map_err(Fault::Body)?;
    while !body.advance(inbox, &mut |_, _| ()).map_err(Fault::Body)? {
        if read(stream, inbox, body.missing())? == 0 {
            body.end().map_err(Fault::Body)?;
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
fn receive_head(
    stream: &TcpStream,
    inbox: &mut Vec<u8>,
    on_field: &mut OnField<'_>,
) -> Result<head::ResponseHead, Fault> {
    let mut interim = 0_u32;
    let mut seen = 0_usize;
    loop {
        // A head that comes byte by byte is not read again for each of them, but for each line.
        let is_worth_it = inbox
            .get(seen..)
            .is_some_and(|new| seen < 8 || new.contains(&b'\n'));
        seen = inbox.len();
        let head = match is_worth_it {
            true => head::response(inbox, on_field).map_err(Fault::Head)?,
            false if seen < head::HEAD_LEN_MAX => None,
            false => return Err(Fault::Head(HeadError::TooLong)),
        };
        match head {
            None => {
                if read(stream, inbox, 0)? == 0 {
                    return Err(if seen == 0 {
                        Fault::Closed
                    } else {
                        Fault::HeadCut
                    });
                }
            }
            Some(head) if head.status >= 200 => return Ok(head),
            // 101 would be the answer to an `Upgrade`, which was not asked for.
            Some(head) if head.status == 101 || interim == INTERIM_MAX => {
                return Err(Fault::Interim);
            }
            Some(head) => {
                interim = interim.wrapping_add(1);
                cut_out(inbox, 0, head.len);
                seen = 0;
            }
        }
    }
}

/// Reads once, at least `missing` bytes if they are there. 0: the peer has closed the connection.
fn read(stream: &TcpStream, inbox: &mut Vec<u8>, missing: usize) -> Result<usize, Fault> {
    let spare = inbox.capacity().wrapping_sub(inbox.len());
    if missing > spare {
        inbox
            .try_reserve_exact(missing)
            .map_err(|_| Fault::Memory)?;
    } else if spare < READ_LEN / 8 {
        inbox.try_reserve(READ_LEN).map_err(|_| Fault::Memory)?;
    }
    loop {
        match sys::receive(stream, inbox) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result.map_err(Fault::Io),
        }
    }
}
