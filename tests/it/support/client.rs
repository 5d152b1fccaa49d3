//! An HTTP client for tests: sends any bytes, and shows each part of the reply.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::runtime_api::HANG_TIMEOUT;

/// A connection. A read that hangs is a failure.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

/// A reply as it was received, with the body without framing.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self
            .fields
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> Client {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(HANG_TIMEOUT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client {
            stream: BufReader::new(stream),
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// Sends a request with a `Content-Length`; `fields` are whole lines.
    pub(crate) fn request(&mut self, line: &str, fields: &str, body: &[u8]) -> Reply {
        let len = body.len();
        let head =
            format!("{line} HTTP/1.1\r\nHost: localhost\r\n{fields}Content-Length: {len}\r\n\r\n");
        self.send(&[head.as_bytes(), body].concat());
        self.reply(line.starts_with("HEAD"))
    }

    pub(crate) fn shut_write(&mut self) {
        let _ = self.stream.get_ref().shutdown(std::net::Shutdown::Write);
    }

    /// Whether the server closes the connection without another byte.
    pub(crate) fn is_closed(&mut self) -> bool {
        matches!(self.stream.read(&mut [0]), Ok(0) | Err(_))
    }

    /// Whether a byte arrives within `limit`.
    #[cfg(unix)]
    pub(crate) fn has_come(&mut self, limit: std::time::Duration) -> bool {
        let stream = self.stream.get_ref();
        let before = stream.read_timeout().unwrap();
        stream.set_read_timeout(Some(limit)).unwrap();
        let has_come = self.stream.fill_buf().is_ok();
        self.stream.get_ref().set_read_timeout(before).unwrap();
        has_come
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end_matches("\r\n").to_owned()
    }

    /// Reads a reply, without a body if the request was `HEAD`.
    pub(crate) fn reply(&mut self, to_head: bool) -> Reply {
        let line = self.line();
        let status = line
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| line.strip_prefix("HTTP/1.0 "))
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .unwrap_or_else(|| panic!("no status line: {line:?}"));
        let mut reply = Reply {
            status,
            fields: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").expect("a field");
            reply.fields.push((name.to_owned(), value.to_owned()));
        }
        if to_head || matches!(status, 100..=199 | 204 | 304) {
        } else if reply.field("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk() {
                reply.body.extend(chunk);
            }
        } else if let Some(len) = reply.field("content-length") {
            reply.body = vec![0; len.parse().unwrap()];
            self.stream.read_exact(&mut reply.body).unwrap();
        } else {
            self.stream.read_to_end(&mut reply.body).unwrap();
        }
        reply
    }

    /// Reads a reply and returns the length of its body; `None` if it was cut.
    pub(crate) fn body_len(mut self) -> Option<u64> {
        let mut length = None;
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            length = length.or_else(|| line.strip_prefix("Content-Length: ")?.parse().ok());
        }
        if length.is_some() {
            return length;
        }
        let mut len = 0;
        loop {
            let mut size = String::new();
            self.stream.read_line(&mut size).ok()?;
            let size = u64::from_str_radix(size.trim_end(), 16).ok()?;
            let skipped =
                std::io::copy(&mut (&mut self.stream).take(size + 2), &mut std::io::sink());
            if size == 0 || skipped.ok()? < size + 2 {
                return (size == 0).then_some(len);
            }
            len += size;
        }
    }

    /// Reads a chunk; `None` after the last one, with the trailers read.
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = self.line();
        let digits = line.split(';').next().unwrap();
        let size = usize::from_str_radix(digits, 16).expect("a chunk's size");
        if size == 0 {
            while !self.line().is_empty() {}
            return None;
        }
        let mut chunk = vec![0; size];
        self.stream.read_exact(&mut chunk).unwrap();
        assert_eq!(self.line(), "");
        Some(chunk)
    }
}
