//! Fault injection: what goes wrong with a response on its way to the peer.

use std::io::{self, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// Bytes of a split response that are sent in small pieces: its head, and the beginning of its body.
const SPLIT_LEN_MAX: usize = 1500;
/// Length of each small piece, in bytes.
const PIECE_LEN: usize = 3;
/// How late a slow response is.
const DELAY: Duration = Duration::from_millis(200);

/// The faults of one response. The default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each fault is independent")]
pub(crate) struct ResponseFaults {
    pub(crate) is_slow: bool,
    pub(crate) is_split: bool,
    pub(crate) is_chunked: bool,
    pub(crate) is_lower_case: bool,
    pub(crate) cut: Option<Cut>,
}

/// Where a connection ends too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Before,
    Within,
    After,
}

impl ResponseFaults {
    /// Sends a whole response with these faults. Returns an error if the connection has to end.
    pub(crate) fn send(self, mut stream: &TcpStream, head: &str, body: &[u8]) -> io::Result<()> {
        if self.is_slow {
            thread::sleep(DELAY);
        }
        for piece in self.pieces(head, body) {
            stream.write_all(&piece)?;
        }
        match self.cut {
            Some(_) => Err(io::ErrorKind::ConnectionAborted.into()),
            None => Ok(()),
        }
    }

    /// Returns the bytes that are sent, in pieces. `head` ends with `Content-Length` and an empty line
    /// if the response has a body.
    fn pieces(self, head: &str, body: &[u8]) -> Vec<Vec<u8>> {
        let length = format!("Content-Length: {}\r\n", body.len());
        let (mut head, mut body) = (head.to_owned(), body.to_vec());
        if self.is_chunked && head.contains(&length) {
            head = head.replace(&length, "Transfer-Encoding: chunked\r\n");
            body = chunked(&body);
        }
        if self.is_lower_case {
            let line = |line: &str| match line.split_once(':') {
                Some((name, value)) => format!("{}:{value}", name.to_ascii_lowercase()),
                None => line.to_owned(),
            };
            head = head.split_inclusive("\r\n").map(line).collect();
        }
        let mut bytes = [head.as_bytes(), &body].concat();
        match self.cut {
            Some(Cut::Before) => bytes.clear(),
            Some(Cut::Within) => bytes.truncate(bytes.len() / 2),
            Some(Cut::After) | None => {}
        }
        let mut pieces = Vec::new();
        if self.is_split {
            let rest = bytes.split_off(bytes.len().min(SPLIT_LEN_MAX));
            pieces.extend(bytes.chunks(PIECE_LEN).map(<[u8]>::to_vec));
            bytes = rest;
        }
        if !bytes.is_empty() {
            pieces.push(bytes);
        }
        pieces
    }
}

/// Returns a body in two chunks with extensions, followed by a trailer (RFC 9112, section 7.1).
fn chunked(body: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    for half in body.chunks(body.len().div_ceil(2).max(1)) {
        coded.extend_from_slice(format!("{:x};x=y\r\n", half.len()).as_bytes());
        coded.extend_from_slice(half);
        coded.extend_from_slice(b"\r\n");
    }
    coded.extend_from_slice(b"0\r\nX-Trailer: x\r\n\r\n");
    coded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_changed_by_their_faults() {
        #[track_caller]
        fn check(head: &str, faults: ResponseFaults, want: &str) {
            let got = faults.pieces(head, b"abc").concat();
            assert_eq!(String::from_utf8(got).unwrap(), want, "{faults:?}");
        }
        let head = "HTTP/1.1 200 OK\r\nX-Y: Z\r\nContent-Length: 3\r\n\r\n";
        let none = ResponseFaults::default();
        let cut = |cut| ResponseFaults {
            cut: Some(cut),
            ..none
        };
        let whole = format!("{head}abc");
        check(head, none, &whole);
        check(head, cut(Cut::After), &whole);
        check(head, cut(Cut::Before), "");
        check(head, cut(Cut::Within), &whole[..whole.len() / 2]);
        let split = ResponseFaults {
            is_split: true,
            ..none
        };
        check(head, split, &whole);
        let pieces = split.pieces(head, b"abc");
        assert!(pieces.iter().all(|piece| piece.len() <= PIECE_LEN));
        let lower_case = ResponseFaults {
            is_lower_case: true,
            ..none
        };
        let lower = "HTTP/1.1 200 OK\r\nx-y: Z\r\ncontent-length: 3\r\n\r\nabc";
        check(head, lower_case, lower);
        let is_chunked = ResponseFaults {
            is_chunked: true,
            ..none
        };
        let chunked = "HTTP/1.1 200 OK\r\nX-Y: Z\r\nTransfer-Encoding: chunked\r\n\r\n\
                       2;x=y\r\nab\r\n1;x=y\r\nc\r\n0\r\nX-Trailer: x\r\n\r\n";
        check(head, is_chunked, chunked);
    }
}
