//! Bodies of HTTP/1.1 messages, taken out of their framing in place (RFC 9112, sections 6 and 7): pure.

use alloc::vec::Vec;
use core::ops::Range;

use super::head::{Framing, HEAD_LEN_MAX, HeadError, OnField, fields, split_line};
use super::{cut_out, move_down};
use crate::encoding::parse_number;

/// Longest line with a chunk's size. Its extensions mean nothing to us, but they are part of it.
const SIZE_LINE_LEN_MAX: usize = 4096;

/// What is wrong with a body.
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
    /// Longer than the caller accepts.
    TooLong,
}

impl BodyError {
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

/// A body on its way into a buffer, behind the head that announced it.
#[derive(Debug)]
pub(crate) struct Body {
    start: usize,
    /// Bytes up to here are the body; what follows is still in its framing.
    end: usize,
    len_max: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Bytes that are still to come.
    Length(usize),
    UntilClose,
    ChunkSize,
    /// Bytes of the chunk that are still to come.
    Chunk(usize),
    ChunkEnd,
    /// Bytes of the trailer section so far.
    Trailers(usize),
    Done,
}

impl Body {
    /// A body that begins at `start` of its buffer, and may have up to `len_max` bytes.
    pub(crate) fn new(framing: Framing, start: usize, len_max: usize) -> Result<Body, BodyError> {
        let state = match framing {
            Framing::Length(0) => State::Done,
            Framing::Length(len) => match usize::try_from(len) {
                Ok(len) if len <= len_max => State::Length(len),
                _ => return Err(BodyError::TooLong),
            },
            Framing::Chunked => State::ChunkSize,
            Framing::UntilClose => State::UntilClose,
        };
        Ok(Body {
            start,
            end: start,
            len_max,
            state,
        })
    }

    /// Where the part of the body that has come stands in the buffer.
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// How many bytes are certain to come: what to make room for.
    pub(crate) fn missing(&self) -> usize {
        match self.state {
            State::Length(missing) | State::Chunk(missing) => missing,
            _ => 0,
        }
    }

    /// Takes what `buf` has got since the last call out of its framing. True: the body is whole,
    /// and bytes of `buf` behind [`range`](Self::range) are not part of it.
    #[inline(never)]
    pub(crate) fn advance(
        &mut self,
        buf: &mut Vec<u8>,
        on_trailer: &mut OnField<'_>,
    ) -> Result<bool, BodyError> {
        let mut from = self.end;
        loop {
            let unread = buf.get(from..).unwrap_or_default();
            match self.state {
                State::Length(missing) => {
                    let got = missing.min(unread.len());
                    self.end = self.end.wrapping_add(got);
                    self.state = match missing.wrapping_sub(got) {
                        0 => State::Done,
                        missing => State::Length(missing),
                    };
                    // Nothing had to be moved: what follows stays where it is.
                    return Ok(self.state == State::Done);
                }
                State::UntilClose => {
                    self.end = buf.len();
                    let fits = self.end.wrapping_sub(self.start) <= self.len_max;
                    return if fits {
                        Ok(false)
                    } else {
                        Err(BodyError::TooLong)
                    };
                }
                State::ChunkSize => {
                    let Some((line, rest)) = split_line(unread) else {
                        if unread.len() > SIZE_LINE_LEN_MAX {
                            return Err(BodyError::ChunkSize);
                        }
                        break;
                    };
                    from = buf.len().wrapping_sub(rest.len());
                    let room = self.len_max.wrapping_sub(self.end.wrapping_sub(self.start));
                    self.state = match chunk_size(line).ok_or(BodyError::ChunkSize)? {
                        0 => State::Trailers(0),
                        size if size <= room => State::Chunk(size),
                        _ => return Err(BodyError::TooLong),
                    };
                }
                State::Chunk(missing) => {
                    let got = missing.min(unread.len());
                    let to = from.wrapping_add(got);
                    move_down(buf, from, to, self.end);
                    self.end = self.end.wrapping_add(got);
                    from = to;
                    if got < missing {
                        self.state = State::Chunk(missing.wrapping_sub(got));
                        break;
                    }
                    self.state = State::ChunkEnd;
                }
                State::ChunkEnd => {
                    let end_len = match unread {
                        [b'\r', b'\n', ..] => 2,
                        [b'\n', ..] => 1,
                        [] | [b'\r'] => break,
                        _ => return Err(BodyError::ChunkEnd),
                    };
                    from = from.wrapping_add(end_len);
                    self.state = State::ChunkSize;
                }
                State::Trailers(section_len) => {
                    let (len, is_end) =
                        fields(unread, None, on_trailer).map_err(BodyError::Trailer)?;
                    let section_len = section_len.wrapping_add(len);
                    if unread.len().max(section_len) > HEAD_LEN_MAX {
                        return Err(BodyError::Trailer(HeadError::TooLong));
                    }
                    from = from.wrapping_add(len);
                    if !is_end {
                        self.state = State::Trailers(section_len);
                        break;
                    }
                    self.state = State::Done;
                }
                State::Done => break,
            }
        }
        // What is not decoded yet moves up behind what is.
        cut_out(buf, self.end, from);
        Ok(self.state == State::Done)
    }

    /// Says that the connection has ended, which ends the body too, or cuts it short.
    pub(crate) fn end(&mut self) -> Result<(), BodyError> {
        match self.state {
            State::Done | State::UntilClose => {
                self.state = State::Done;
                Ok(())
            }
            _ => Err(BodyError::Truncated),
        }
    }

    /// Forgets the part of the body that has come, so that a long one needs no long buffer.
    /// [`range`](Self::range) is empty afterwards, and the limit counts anew.
    #[cfg(any(test, feature = "emulator"))]
    pub(crate) fn drain(&mut self, buf: &mut Vec<u8>) {
        cut_out(buf, self.start, self.end);
        self.end = self.start;
    }
}

/// The number in front of a chunk; what follows a `;` are extensions, which a recipient that does
/// not know them ignores (RFC 9112, section 7.1.1).
fn chunk_size(line: &[u8]) -> Option<usize> {
    let digits = line.split(|&b| b == b';').next()?.trim_ascii_end();
    parse_number(digits, 16).and_then(|size| usize::try_from(size).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    /// Feeds `bytes` in pieces of `step` bytes: the body, its trailers, and what came after.
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
    fn a_length_is_kept_to() {
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
    fn without_a_length_the_end_of_the_connection_ends_it() {
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
