//! The response of an exchange: sent whole or in parts, with the faults that were injected.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::SystemTime;

use crate::emulator::server::exchange::{BodyProgress, Exchange, linger};
use crate::emulator::time::civil;
use crate::http;

/// How a body of unknown length is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyCoding {
    Chunked,
    /// The end of the connection ends the body, as in HTTP/1.0.
    UntilClose,
    /// No body is sent.
    None,
}

impl Exchange<'_> {
    /// Adds a header field to the response that is sent later.
    pub(crate) fn add_field(&mut self, name: &str, value: &str) {
        let _ = write!(self.added_lines, "{name}: {value}\r\n");
    }

    /// Sends a whole response. Skips a body that was not read to its end, or closes the connection if
    /// too much of it is left.
    pub(crate) fn respond(
        &mut self,
        status: u16,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        self.respond_with_len(status, fields, body, body.len())
    }

    /// Sends a whole response with this length in `Content-Length`. It may differ from the length of `body`
    /// if the request is a `HEAD` request, whose response has no body (RFC 9110, section 8.6).
    pub(crate) fn respond_with_len(
        &mut self,
        status: u16,
        fields: &[(&str, &str)],
        body: &[u8],
        len: usize,
    ) -> io::Result<()> {
        let mut head = self.head(status, fields);
        // RFC 9110, section 8.6: no Content-Length with these.
        if !matches!(status, 100..=199 | 204) {
            let _ = write!(head, "Content-Length: {len}\r\n");
        }
        head.push_str("\r\n");
        let is_bodiless = self.coding == BodyCoding::None || matches!(status, 204 | 304);
        let body = if is_bodiless { b"" } else { body };
        self.faults.send(self.connection, &head, body)?;
        if self.progress != BodyProgress::Done {
            linger(self.connection);
        }
        Ok(())
    }

    /// Begins a response of unknown length.
    pub(crate) fn start(&mut self, status: u16, fields: &[(&str, &str)]) -> io::Result<()> {
        if matches!(status, 204 | 304) {
            self.coding = BodyCoding::None;
        }
        self.close |= self.coding == BodyCoding::UntilClose;
        let mut head = self.head(status, fields);
        if self.coding == BodyCoding::Chunked {
            head.push_str("Transfer-Encoding: chunked\r\n");
        }
        self.write(&[head.as_bytes(), b"\r\n"])
    }

    /// Sends a part of a response that [`start`](Self::start) began.
    pub(crate) fn send_part(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.coding {
            // RFC 9112, section 7.1: an empty chunk ends the body.
            _ if bytes.is_empty() => Ok(()),
            BodyCoding::None => Ok(()),
            BodyCoding::UntilClose => self.write(&[bytes]),
            BodyCoding::Chunked => {
                let size = format!("{:x}\r\n", bytes.len());
                self.write(&[size.as_bytes(), bytes, b"\r\n"])
            }
        }
    }

    /// Ends a response that [`start`](Self::start) began.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match self.coding {
            BodyCoding::Chunked => self.write(&[b"0\r\n\r\n"]),
            BodyCoding::UntilClose | BodyCoding::None => Ok(()),
        }
    }

    /// Returns the head of a response, without the field that frames the body and the empty line.
    fn head(&mut self, status: u16, fields: &[(&str, &str)]) -> String {
        self.discard_body();
        self.status = status;
        let minor = u8::from(!self.is_http_1_0);
        let reason = reason_phrase(status);
        let mut head = format!("HTTP/1.{minor} {status} {reason}\r\n");
        for (name, value) in fields {
            let _ = write!(head, "{name}: {value}\r\n");
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

    /// Sends all parts with one write.
    pub(super) fn write(&self, parts: &[&[u8]]) -> io::Result<()> {
        (&self.connection.stream).write_all(&parts.concat())
    }
}

/// Returns the reason phrase of a status; empty if it has none here. Clients ignore it.
pub(crate) fn reason_phrase(status: u16) -> &'static str {
    http::reason_phrase(status).unwrap_or_default()
}
