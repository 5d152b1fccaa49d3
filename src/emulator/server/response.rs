//! The response writer: sends a response whole or in parts, with the faults that were injected.

use std::fmt::Write;
use std::io;
use std::net::TcpStream;
use std::time::SystemTime;

use crate::emulator::server::fault_injection::ResponseFaults;
use crate::emulator::time::civil;
use crate::http;
use crate::http1::connection::send;

/// How a body of unknown length is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyCoding {
    Chunked,
    /// The end of the connection ends the body, as in HTTP/1.0.
    UntilClose,
    /// No body is sent.
    None,
}

/// Writes one response to a connection.
#[derive(Debug)]
pub(crate) struct ResponseWriter {
    coding: BodyCoding,
    /// Whether the connection ends after this response.
    pub(crate) close: bool,
    /// Whether the peer speaks HTTP/1.0, where a connection ends unless both sides say otherwise.
    is_http_1_0: bool,
    /// The status that was sent; 0 before the response.
    pub(crate) status: u16,
    /// Lines of header fields that are added to every response.
    added_lines: String,
    pub(crate) faults: ResponseFaults,
}

impl ResponseWriter {
    pub(crate) fn new(coding: BodyCoding, close: bool, is_http_1_0: bool) -> ResponseWriter {
        ResponseWriter {
            coding,
            close,
            is_http_1_0,
            status: 0,
            added_lines: String::new(),
            faults: ResponseFaults::default(),
        }
    }

    /// Adds a header field to the response that is sent later.
    pub(crate) fn add_field(&mut self, name: &str, value: &str) {
        let _ = write!(self.added_lines, "{name}: {value}\r\n");
    }

    /// Sends a whole response.
    pub(crate) fn send_whole(
        &mut self,
        stream: &TcpStream,
        status: u16,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        let mut head = self.head(status, fields);
        // RFC 9110, section 8.6: no Content-Length with these.
        if !matches!(status, 100..=199 | 204) {
            let _ = write!(head, "Content-Length: {}\r\n", body.len());
        }
        head.push_str("\r\n");
        let is_bodiless = self.coding == BodyCoding::None || matches!(status, 204 | 304);
        let body = if is_bodiless { b"" } else { body };
        if self.faults == ResponseFaults::default() {
            send_all(stream, [head.as_bytes(), body, b""])
        } else {
            self.faults.send(stream, &head, body)
        }
    }

    /// Begins a response of unknown length.
    pub(crate) fn start(
        &mut self,
        stream: &TcpStream,
        status: u16,
        fields: &[(&str, &str)],
    ) -> io::Result<()> {
        if matches!(status, 204 | 304) {
            self.coding = BodyCoding::None;
        }
        self.close |= self.coding == BodyCoding::UntilClose;
        let mut head = self.head(status, fields);
        if self.coding == BodyCoding::Chunked {
            head.push_str("Transfer-Encoding: chunked\r\n");
        }
        head.push_str("\r\n");
        send_all(stream, [head.as_bytes(), b"", b""])
    }

    /// Sends a part of a response that [`start`](Self::start) began.
    pub(crate) fn send_part(&self, stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
        match self.coding {
            // RFC 9112, section 7.1: an empty chunk ends the body.
            _ if bytes.is_empty() => Ok(()),
            BodyCoding::None => Ok(()),
            BodyCoding::UntilClose => send_all(stream, [bytes, b"", b""]),
            BodyCoding::Chunked => {
                let size = format!("{:x}\r\n", bytes.len());
                send_all(stream, [size.as_bytes(), bytes, b"\r\n"])
            }
        }
    }

    /// Ends a response that [`start`](Self::start) began.
    pub(crate) fn finish(&self, stream: &TcpStream) -> io::Result<()> {
        match self.coding {
            BodyCoding::Chunked => send_all(stream, [b"0\r\n\r\n", b"", b""]),
            BodyCoding::UntilClose | BodyCoding::None => Ok(()),
        }
    }

    fn head(&mut self, status: u16, fields: &[(&str, &str)]) -> String {
        self.status = status;
        let mut head = String::with_capacity(1024);
        let minor = u8::from(!self.is_http_1_0);
        let _ = write!(
            head,
            "HTTP/1.{minor} {status} {}\r\n",
            reason_phrase(status)
        );
        for (name, value) in fields {
            for text in [name, ": ", value, "\r\n"] {
                head.push_str(text);
            }
        }
        head.push_str(&self.added_lines);
        let _ = write!(head, "Date: {}\r\n", civil(SystemTime::now()).http_date());
        if self.close {
            head.push_str("Connection: close\r\n");
        } else if self.is_http_1_0 {
            head.push_str("Connection: keep-alive\r\n");
        }
        head
    }
}

/// Sends all parts, one after the other.
pub(crate) fn send_all(stream: &TcpStream, parts: [&[u8]; 3]) -> io::Result<()> {
    send(stream, parts).map_err(|(_, errno)| errno.into())
}

/// Returns the reason phrase of a status; empty if it has none here. Clients ignore it.
pub(crate) fn reason_phrase(status: u16) -> &'static str {
    http::reason_phrase(status).unwrap_or_default()
}
