//! Decodes the bodies of HTTP/1.1 messages in place (RFC 9112, sections 6 and 7). Pure.

use alloc::vec::Vec;
use core::ops::Range;

use super::head::{Framing, HEAD_LEN_MAX, HeadError, OnField, fields, split_line};
use super::{move_down, remove_range};
use crate::encoding::lengths::{add, skip, subtract};
use crate::encoding::parse_number;

/// The longest line with a chunk's size accepted, in bytes. Chunk extensions are ignored, but they are
/// part of the line.
const SIZE_LINE_LEN_MAX: usize = 4096;

/// Why a body is malformed or incomplete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// The connection ended before the body did.
    Truncated,
    /// A chunk's size is not a hexadecimal number, or its line is too long.
    ChunkSize,
    /// A chunk is not followed by an empty line.
    ChunkEnd,
    /// The trailer section is malformed.
    Trailer(HeadError),
    /// The body is longer than the caller accepts.
    TooLong,
}

impl BodyError {
    /// Returns the error message.
    pub(crate) fn text(self) -> &'static str {
        match self {
            BodyError::Truncated => "connection closed within the body",
            BodyError::ChunkSize => "malformed chunk size",
            BodyError::ChunkEnd => "malformed chunk end",
            BodyError::Trailer(_) => "malformed trailer",
            BodyError::TooLong => "body too long",
        }
    }
}

/// A body that is being received into a buffer, after its head.
#[derive(Debug)]
pub(crate) struct Body {
    /// Where the body begins in the buffer.
    start: usize,
    /// Where the decoded part of the body ends. The bytes after it are not decoded yet.
    end: usize,
    /// The longest body accepted, in bytes.
    len_max: usize,
    is_chunked: bool,
    state: State,
}

/// What is expected next.
#[derive(Debug)]
enum State {
    /// This many more bytes of a chunk, or of a body that has a length.
    Data(usize),
    /// Any bytes, until the connection is closed.
    UntilClose,
    /// The line with the size of a chunk.
    ChunkSize,
    /// The line end after a chunk.
    ChunkEnd,
    /// The trailer section. The number counts its bytes that have been read.
    Trailers(usize),
    /// Nothing: the body is complete.
    Done,
}

impl Body {
    /// Returns a body that begins at `start` of its buffer and may have up to `len_max` bytes.
    pub(crate) fn new(framing: Framing, start: usize, len_max: usize) -> Result<Body, BodyError> {
        let state = match framing {
            Framing::Length(0) => State::Done,
            Framing::Length(len) => match usize::try_from(len) {
                Ok(len) if len <= len_max => State::Data(len),
                _ => return Err(BodyError::TooLong),
            },
            Framing::Chunked => State::ChunkSize,
            Framing::UntilClose => State::UntilClose,
        };
        Ok(Body {
            start,
            end: start,
            len_max,
            is_chunked: framing == Framing::Chunked,
            state,
        })
    }

    /// Returns where the decoded part of the body is in the buffer.
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Returns how many more bytes the framing has announced, so that the caller reserves memory for them.
    pub(crate) fn missing(&self) -> usize {
        match self.state {
            State::Data(missing) => missing,
            _ => 0,
        }
    }

    /// Decodes the bytes that were appended to `buf` since the last call.
    ///
    /// Returns whether the body is complete. If so, bytes of `buf` after [`range`](Self::range) are
    /// not part of it.
    #[inline(never)]
    pub(crate) fn advance(
        &mut self,
        buf: &mut Vec<u8>,
        on_trailer: &mut OnField<'_>,
    ) -> Result<bool, BodyError> {
        // Where the bytes that are not decoded yet begin.
        let mut from = self.end;
        loop {
            let unread = skip(buf, from);
            match self.state {
                State::Data(missing) => {
                    let got = missing.min(unread.len());
                    from = self.take_data(got, buf, from);
                    if got < missing {
                        break;
                    }
                }
                State::UntilClose => {
                    (self.end, from) = (buf.len(), buf.len());
                    if subtract(self.end, self.start) > self.len_max {
                        return Err(BodyError::TooLong);
                    }
                    break;
                }
                State::ChunkSize => {
                    let Some((size, rest)) = chunk_size(unread)? else {
                        break;
                    };
                    from = subtract(buf.len(), rest.len());
                    self.state = match size {
                        0 => State::Trailers(0),
                        _ => State::Data(size),
                    };
                    if size > subtract(self.len_max, subtract(self.end, self.start)) {
                        return Err(BodyError::TooLong);
                    }
                }
                State::ChunkEnd => {
                    let end_len = match unread {
                        [b'\r', b'\n', ..] => 2,
                        [b'\n', ..] => 1,
                        [] | [b'\r'] => break,
                        _ => return Err(BodyError::ChunkEnd),
                    };
                    from = add(from, end_len);
                    self.state = State::ChunkSize;
                }
                State::Trailers(earlier_len) => {
                    let (len, is_end) =
                        fields(unread, None, on_trailer).map_err(BodyError::Trailer)?;
                    let section_len = add(earlier_len, len);
                    if unread.len().max(section_len) > HEAD_LEN_MAX {
                        return Err(BodyError::Trailer(HeadError::TooLong));
                    }
                    from = add(from, len);
                    if !is_end {
                        self.state = State::Trailers(section_len);
                        break;
                    }
                    self.state = State::Done;
                }
                State::Done => break,
            }
        }
        // The bytes that are not decoded yet follow the decoded part.
        remove_range(buf, self.end, from);
        Ok(matches!(self.state, State::Done))
    }

    /// Takes `got` bytes of the body, which begin at `from`. Returns where they end.
    fn take_data(&mut self, got: usize, buf: &mut [u8], from: usize) -> usize {
        let to = add(from, got);
        move_down(buf, from, to, self.end);
        self.end = add(self.end, got);
        self.state = match subtract(self.missing(), got) {
            0 if self.is_chunked => State::ChunkEnd,
            0 => State::Done,
            missing => State::Data(missing),
        };
        to
    }

    /// Ends the body because the connection was closed.
    ///
    /// # Errors
    /// If the body is incomplete.
    pub(crate) fn end(&self) -> Result<(), BodyError> {
        let is_whole = matches!(self.state, State::Done | State::UntilClose);
        is_whole.then_some(()).ok_or(BodyError::Truncated)
    }

    /// Removes the decoded part of the body from the buffer, so that a long body needs no long buffer.
    /// [`range`](Self::range) is empty afterwards, and the limit applies to the bytes that follow.
    #[cfg(any(test, feature = "emulator"))]
    pub(crate) fn drain(&mut self, buf: &mut Vec<u8>) {
        remove_range(buf, self.start, self.end);
        self.end = self.start;
    }
}

/// Parses the line before a chunk. Returns the size and the bytes after the line, or `None` if the line has
/// not ended. A recipient ignores the extensions after `;` that it does not know (RFC 9112, section 7.1.1).
fn chunk_size(bytes: &[u8]) -> Result<Option<(usize, &[u8])>, BodyError> {
    let Some((line, rest)) = split_line(bytes) else {
        let can_end = bytes.len() <= SIZE_LINE_LEN_MAX;
        return can_end.then_some(None).ok_or(BodyError::ChunkSize);
    };
    let digits = line.split(|&b| b == b';').next().unwrap_or_default();
    let size = parse_number(digits.trim_ascii_end(), 16).ok_or(BodyError::ChunkSize)?;
    let size = usize::try_from(size).map_err(|_| BodyError::ChunkSize)?;
    Ok(Some((size, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    /// Decodes `bytes` in pieces of `step` bytes. Returns the body, its trailers and the bytes after it.
    fn read(
        framing: Framing,
        bytes: &[u8],
        step: usize,
        len_max: usize,
    ) -> Result<(String, String, String), BodyError> {
        let mut buf = b"head".to_vec();
        let mut body = Body::new(framing, 4, len_max)?;
        let mut trailers = String::new();
        let mut keep = |name: &[u8], value: &[u8]| {
            let field = [name, b"=", value, b";"].concat();
            trailers.push_str(core::str::from_utf8(&field).unwrap());
        };
        let mut done = body.advance(&mut buf, &mut keep)?;
        let mut pieces = bytes.chunks(step);
        while !done {
            let Some(piece) = pieces.next() else {
                body.end()?;
                break;
            };
            buf.extend_from_slice(piece);
            done = body.advance(&mut buf, &mut keep)?;
        }
        let after: Vec<u8> = buf[body.range().end..]
            .iter()
            .chain(pieces.flatten())
            .copied()
            .collect();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(&buf[..4], b"head");
        Ok((text(&buf[body.range()]), trailers, text(&after)))
    }

    #[track_caller]
    fn check(framing: Framing, bytes: &str, want: Result<(&str, &str, &str), BodyError>) {
        for step in 1..=bytes.len().max(1) {
            let got = read(framing, bytes.as_bytes(), step, 100);
            let got = got
                .as_ref()
                .map(|(b, t, a)| (b.as_str(), t.as_str(), a.as_str()));
            assert_eq!(got.map_err(|e| *e), want, "{bytes:?} in steps of {step}");
        }
    }

    #[test]
    fn a_body_ends_at_its_length() {
        check(Framing::Length(0), "", Ok(("", "", "")));
        check(Framing::Length(0), "x", Ok(("", "", "x")));
        check(Framing::Length(3), "abc", Ok(("abc", "", "")));
        check(Framing::Length(3), "abcdef", Ok(("abc", "", "def")));
        check(Framing::Length(3), "ab", Err(BodyError::Truncated));
        check(Framing::Length(3), "", Err(BodyError::Truncated));
        check(Framing::Length(101), "", Err(BodyError::TooLong));
        check(Framing::Length(u64::MAX), "", Err(BodyError::TooLong));
    }

    #[test]
    fn a_body_without_a_length_ends_with_the_connection() {
        check(Framing::UntilClose, "", Ok(("", "", "")));
        check(Framing::UntilClose, "abc", Ok(("abc", "", "")));
        check(
            Framing::UntilClose,
            &"x".repeat(101),
            Err(BodyError::TooLong),
        );
    }

    #[test]
    fn chunks_are_joined() {
        let check = |bytes: &str, want| check(Framing::Chunked, bytes, want);
        check("0\r\n\r\n", Ok(("", "", "")));
        check("3\r\nabc\r\n0\r\n\r\n", Ok(("abc", "", "")));
        check(
            "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nmore",
            Ok(("abcde", "", "more")),
        );
        check("3;a=b;c=\"d\"\r\nabc\r\n0;x\r\n\r\n", Ok(("abc", "", "")));
        check("3 \r\nabc\r\n0\r\n\r\n", Ok(("abc", "", "")));
        check("003\nabc\n0\n\n", Ok(("abc", "", "")));
        check("A\r\n0123456789\r\n0\r\n\r\n", Ok(("0123456789", "", "")));
        check("0\r\nx: y\r\nZ:\r\n\r\n", Ok(("", "x=y;Z=;", "")));
        check(
            "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n00\r\n\r\n",
            Ok(("abc", "", "")),
        );
    }

    #[test]
    fn chunks_that_are_cut_or_malformed_are_refused() {
        let check = |bytes: &str, want| check(Framing::Chunked, bytes, Err(want));
        for whole in ["3;x\r\nabc\r\n0\r\nx: y\r\n\r\n"] {
            for cut in 0..whole.len() {
                check(&whole[..cut], BodyError::Truncated);
            }
        }
        for size in [
            "",
            ";x",
            "g",
            "-1",
            "0x1",
            " 1",
            "1 1",
            "10000000000000000",
            "fffffffffffffffff",
        ] {
            check(&format!("{size}\r\n"), BodyError::ChunkSize);
        }
        check(&"0".repeat(SIZE_LINE_LEN_MAX + 1), BodyError::ChunkSize);
        check("3\r\nabcd\r\n", BodyError::ChunkEnd);
        check("3\r\nabc\rx", BodyError::ChunkEnd);
        check(
            "0\r\nno field\r\n\r\n",
            BodyError::Trailer(HeadError::Field),
        );
        check("65\r\n", BodyError::TooLong);
        check("ffffffffffffffff\r\n", BodyError::TooLong);
        check(
            &format!("64\r\n{}\r\n1\r\n", "x".repeat(100)),
            BodyError::TooLong,
        );
    }

    #[test]
    fn a_long_body_can_be_drained() {
        let mut buf = b"head".to_vec();
        let mut body = Body::new(Framing::Chunked, 4, 100).unwrap();
        let mut got = Vec::new();
        let mut done = false;
        for piece in b"5\r\nhello\r\n3;x\r\n, w\r\n4\r\norld\r\n0\r\n\r\nnext".chunks(3) {
            buf.extend_from_slice(piece);
            done = done || body.advance(&mut buf, &mut |_, _| ()).unwrap();
            got.extend_from_slice(&buf[body.range()]);
            body.drain(&mut buf);
        }
        assert_eq!((got.as_slice(), done), (b"hello, world".as_slice(), true));
        assert_eq!(buf, b"headnext");
    }
}
