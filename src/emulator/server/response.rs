//! How a reply goes out: whole or in parts, and with what is to go wrong with it.

use std::fmt::Write;
use std::io;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::emulator::report::civil;
use crate::emulator::server::fault_injection::{Fault, mangle};
use crate::http1::connection::send;

/// How late a slow reply is.
const SLOW: Duration = Duration::from_millis(200);

/// How a body is sent whose length nobody knows yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outgoing {
    Chunked,
    /// As HTTP/1.0 has it: the end of the connection ends it.
    Plain,
    /// There is none to be sent.
    Nothing,
}

/// What there is to know about a reply before its content.
#[derive(Debug, Clone)]
pub(crate) struct Outlet {
    outgoing: Outgoing,
    /// No other request is served on this connection.
    pub(crate) close: bool,
    /// The peer speaks HTTP/1.0, where connections end unless it is said that they do not.
    is_1_0: bool,
    /// 0 before the reply.
    pub(crate) status: u16,
    /// Lines of header fields that the reply has in any case.
    added_lines: String,
    /// What is to go wrong.
    pub(crate) faults: Vec<Fault>,
}

impl Outlet {
    pub(crate) fn new(outgoing: Outgoing, close: bool, is_1_0: bool) -> Outlet {
        Outlet {
            outgoing,
            close,
            is_1_0,
            status: 0,
            added_lines: String::new(),
            faults: Vec::new(),
        }
    }

    /// Adds a header field to the reply, whatever else it has.
    pub(crate) fn add_field(&mut self, name: &str, value: &str) {
        let _ = write!(self.added_lines, "{name}: {value}\r\n");
    }

    /// Sends a whole reply.
    pub(crate) fn whole(
        &mut self,
        stream: &TcpStream,
        status: u16,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        let (head, body) = self.framed(status, fields, body);
        if self.faults.is_empty() {
            Ok(send(stream, [head.as_bytes(), body, b""]).map_err(|(_, errno)| errno)?)
        } else {
            send_mangled(stream, &self.faults, &head, body)
        }
    }

    /// The head of a whole reply, and what is sent of its body.
    pub(crate) fn framed<'b>(
        &mut self,
        status: u16,
        fields: &[(&str, &str)],
        body: &'b [u8],
    ) -> (String, &'b [u8]) {
        let mut head = self.head(status, fields);
        // RFC 9110, section 8.6: no length with these.
        if !matches!(status, 100..=199 | 204) {
            let _ = write!(head, "Content-Length: {}\r\n", body.len());
        }
        head.push_str("\r\n");
        let is_bodiless = self.outgoing == Outgoing::Nothing || matches!(status, 204 | 304);
        (head, if is_bodiless { b"" } else { body })
    }

    /// Begins a reply whose length nobody knows yet.
    pub(crate) fn start(
        &mut self,
        stream: &TcpStream,
        status: u16,
        fields: &[(&str, &str)],
    ) -> io::Result<()> {
        if matches!(status, 204 | 304) {
            self.outgoing = Outgoing::Nothing;
        }
        self.close |= self.outgoing == Outgoing::Plain;
        let mut head = self.head(status, fields);
        if self.outgoing == Outgoing::Chunked {
            head.push_str("Transfer-Encoding: chunked\r\n");
        }
        head.push_str("\r\n");
        send(stream, [head.as_bytes(), b"", b""]).map_err(|(_, errno)| errno.into())
    }

    /// Sends a part of a reply that [`start`](Self::start) began.
    pub(crate) fn part(&self, stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
        let sent = match self.outgoing {
            // An empty chunk would be the last one.
            _ if bytes.is_empty() => Ok(()),
            Outgoing::Nothing => Ok(()),
            Outgoing::Plain => send(stream, [bytes, b"", b""]),
            Outgoing::Chunked => {
                let size = format!("{:x}\r\n", bytes.len());
                send(stream, [size.as_bytes(), bytes, b"\r\n"])
            }
        };
        sent.map_err(|(_, errno)| errno.into())
    }

    /// Ends a reply that [`start`](Self::start) began.
    pub(crate) fn finish(&self, stream: &TcpStream) -> io::Result<()> {
        match self.outgoing {
            Outgoing::Chunked => {
                send(stream, [b"0\r\n\r\n", b"", b""]).map_err(|(_, errno)| errno.into())
            }
            Outgoing::Plain | Outgoing::Nothing => Ok(()),
        }
    }

    fn head(&mut self, status: u16, fields: &[(&str, &str)]) -> String {
        self.status = status;
        let mut head = String::with_capacity(1024);
        let minor = u8::from(!self.is_1_0);
        let _ = write!(head, "HTTP/1.{minor} {status} {}\r\n", reason(status));
        for (name, value) in fields {
            for text in [name, ": ", value, "\r\n"] {
                head.push_str(text);
            }
        }
        head.push_str(&self.added_lines);
        let _ = write!(head, "Date: {}\r\n", civil(SystemTime::now()).http_date());
        if self.close {
            head.push_str("Connection: close\r\n");
        } else if self.is_1_0 {
            head.push_str("Connection: keep-alive\r\n");
        }
        head
    }
}

/// Sends a reply with its faults, one of which may be that the connection is lost.
pub(crate) fn send_mangled(
    stream: &TcpStream,
    faults: &[Fault],
    head: &str,
    body: &[u8],
) -> io::Result<()> {
    if faults.contains(&Fault::Slow) {
        thread::sleep(SLOW);
    }
    let mangled = mangle(faults, head, body);
    for piece in mangled.pieces {
        send(stream, [piece.as_slice(), b"", b""]).map_err(|(_, error)| error)?;
    }
    if mangled.is_cut {
        Err(io::ErrorKind::ConnectionAborted.into())
    } else {
        Ok(())
    }
}

/// The reason phrase of a status (RFC 9110, section 15); clients ignore it.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
