//! One HTTP/1.1 request on a connection, and the response to it.

use std::io::{self, Write as _};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::emulator::server::fault_injection::ResponseFaults;
use crate::emulator::server::response::{BodyCoding, ResponseWriter, send_all};
use crate::emulator::server::{Connection, ConnectionUse};
use crate::http1::body::Body;
use crate::http1::head::{self, Framing, HEAD_LEN_MAX, HeadError};
use crate::sys;

/// Bytes that are read at once, and so the longest part of a streamed body.
const READ_LEN: usize = 64 * 1024;
/// How much of an unwanted body is still read. Closing a socket with unread bytes resets the
/// connection, and the peer may lose the response. This is enough for a body that is a little too
/// large.
const DISCARD_LEN_MAX: usize = 8 * 1024 * 1024;

/// How long the head of a request may take from its first byte to its last.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a caller's body may take, plus one second for each [`BODY_RATE_MIN`] bytes that have come.
const BODY_TIME_MAX: Duration = Duration::from_secs(20);
const BODY_RATE_MIN: u64 = 4096;
/// How long the rest of a request is read after the response to it.
const LINGER_MAX: Duration = Duration::from_secs(5);

/// The head of a request.
#[derive(Debug, Default)]
pub(crate) struct HttpRequest {
    pub(crate) method: String,
    /// As it was sent, but in origin form: it begins with `/`.
    pub(crate) target: String,
    /// Host and port of a target in absolute form.
    pub(crate) authority: Option<String>,
    /// Names as they were sent.
    pub(crate) fields: Vec<(String, String)>,
    /// Whether the peer speaks HTTP/1.0, which has no chunked coding.
    is_http_1_0: bool,
}

impl HttpRequest {
    /// Returns the first field of that name, ignoring case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// Returns the values of all fields of that name, ignoring case.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let has_name = move |field: &&(String, String)| field.0.eq_ignore_ascii_case(name);
        let fields = self.fields.iter().filter(has_name);
        fields.map(|(_, value)| value.as_str())
    }

    /// Returns the first field of that name; `None` if it is missing or empty.
    pub(crate) fn non_empty_header(&self, name: &str) -> Option<&str> {
        self.header(name).filter(|value| !value.is_empty())
    }

    /// Returns the target up to its query.
    pub(crate) fn path(&self) -> &str {
        self.split_target().0
    }

    /// Returns the target's query, still encoded; empty if there is none.
    pub(crate) fn query(&self) -> &str {
        self.split_target().1
    }

    fn split_target(&self) -> (&str, &str) {
        self.target.split_once('?').unwrap_or((&self.target, ""))
    }
}

/// Why a request never reaches a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestError {
    Malformed,
    MissingHost,
    HeadTooLong,
    Version,
    TransferCoding,
    Expectation,
    TimedOut,
}

impl RequestError {
    /// Sends the response to such a request, in the words of Go's servers, which AWS's are built on.
    pub(crate) fn send(self, stream: &TcpStream) {
        let (status, text) = match self {
            RequestError::Malformed => ("400 Bad Request", None),
            RequestError::TimedOut => ("408 Request Timeout", None),
            RequestError::MissingHost => ("400 Bad Request: missing required Host header", None),
            RequestError::HeadTooLong => ("431 Request Header Fields Too Large", None),
            RequestError::Version => (
                "505 HTTP Version Not Supported: unsupported protocol version",
                None,
            ),
            RequestError::TransferCoding => {
                ("501 Not Implemented", Some("Unsupported transfer encoding"))
            }
            RequestError::Expectation => ("417 Expectation Failed", Some("")),
        };
        let text = text.unwrap_or(status);
        let response = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{text}",
            text.len(),
        );
        if (&*stream).write_all(response.as_bytes()).is_ok() {
            linger(stream);
        }
    }
}

/// Closes a connection whose response has been sent while the peer may still be writing: reads the
/// rest, so that the peer is not reset before it has read the response.
fn linger(mut stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let began = Instant::now();
    let mut left = DISCARD_LEN_MAX;
    let mut scratch = [0; 4096];
    while left > 0 && limit_reads(stream, began, LINGER_MAX) {
        let Ok(n @ 1..) = io::Read::read(&mut stream, &mut scratch) else {
            break;
        };
        left = left.saturating_sub(n);
    }
}

/// Lets reads wait until `time` after `began`. Returns false if that time has passed.
fn limit_reads(stream: &TcpStream, began: Instant, time: Duration) -> bool {
    let left = time.saturating_sub(began.elapsed());
    !left.is_zero() && stream.set_read_timeout(Some(left)).is_ok()
}

/// Why a request's body could not be read whole.
#[derive(Debug)]
pub(crate) enum BodyReadError {
    /// The body is longer than the reader accepts.
    TooLong,
    /// The connection ended or failed within the body, or its framing is malformed.
    Cut,
}

/// How far the body of a request has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyProgress {
    /// The peer waits for `100 Continue` before it sends the body.
    AwaitsContinue,
    Reading,
    Done,
}

/// A request whose body may be read, and whose response has to be sent.
#[derive(Debug)]
pub(crate) struct Exchange<'c> {
    connection: &'c Connection,
    /// Bytes that were read from the connection and belong to this request or a later one.
    buffer: &'c mut Vec<u8>,
    framing: Framing,
    /// Bytes at the front of `buffer` that are done with: the head, and later the body.
    consumed_len: usize,
    body: Option<Body>,
    progress: BodyProgress,
    writer: ResponseWriter,
    /// When the wait for a body of limited time began, and how many bytes have come since.
    body_wait: Option<(Instant, u64)>,
    /// Whether the body is skipped. A skipped body has limited time.
    is_discarding: bool,
    /// Trailers of the request's body.
    pub(crate) trailers: Vec<(String, String)>,
}

impl<'c> Exchange<'c> {
    /// Waits for a request. Returns `None` if the peer has closed the connection.
    pub(crate) fn begin(
        connection: &'c Connection,
        buffer: &'c mut Vec<u8>,
    ) -> Result<Option<(HttpRequest, Exchange<'c>)>, RequestError> {
        let Some((request, head)) = read_head(connection, buffer)? else {
            return Ok(None);
        };
        let coding = match (request.method.as_str(), request.is_http_1_0) {
            ("HEAD", _) => BodyCoding::None,
            (_, true) => BodyCoding::UntilClose,
            (_, false) => BodyCoding::Chunked,
        };
        let progress = match head.framing {
            Framing::Length(0) => BodyProgress::Done,
            _ if request.non_empty_header("expect").is_some() => BodyProgress::AwaitsContinue,
            _ => BodyProgress::Reading,
        };
        let exchange = Exchange {
            connection,
            buffer,
            framing: head.framing,
            consumed_len: head.len,
            body: None,
            progress,
            writer: ResponseWriter::new(coding, head.close, request.is_http_1_0),
            body_wait: None,
            is_discarding: false,
            trailers: Vec::new(),
        };
        Ok(Some((request, exchange)))
    }

    /// Reads the whole body, which may have up to `len_max` bytes.
    pub(crate) fn read_body(&mut self, len_max: usize) -> Result<Vec<u8>, BodyReadError> {
        let (mut body, mut is_done) = self.take_body()?;
        loop {
            let len = body.range().len();
            if len.saturating_add(body.missing()) > len_max {
                self.body = Some(body);
                return Err(BodyReadError::TooLong);
            }
            if is_done {
                let bytes = self.buffered(&body);
                self.end_body(&body);
                return Ok(bytes);
            }
            is_done = self.read_more(&mut body)?;
        }
    }

    /// Reads the next part of the body. Returns `None` after the last one.
    pub(crate) fn read_part(&mut self) -> Result<Option<Vec<u8>>, BodyReadError> {
        if self.progress == BodyProgress::Done {
            return Ok(None);
        }
        let (mut body, mut is_done) = self.take_body()?;
        loop {
            let bytes = self.buffered(&body);
            body.drain(self.buffer);
            if is_done {
                self.end_body(&body);
            }
            if !bytes.is_empty() {
                self.body = Some(body);
                return Ok(Some(bytes));
            }
            if is_done {
                return Ok(None);
            }
            is_done = self.read_more(&mut body)?;
        }
    }

    fn buffered(&self, body: &Body) -> Vec<u8> {
        let bytes = self.buffer.get(body.range());
        debug_assert!(bytes.is_some(), "a body's range lies within the buffer");
        bytes.unwrap_or_default().to_vec()
    }

    /// Returns the body as far as it has been read, and whether that is all of it.
    fn take_body(&mut self) -> Result<(Body, bool), BodyReadError> {
        if self.progress == BodyProgress::AwaitsContinue {
            self.progress = BodyProgress::Reading;
            let response = b"HTTP/1.1 100 Continue\r\n\r\n";
            send_all(self.connection, [response, b"", b""]).map_err(|_| BodyReadError::Cut)?;
        }
        let mut body = match self.body.take() {
            Some(body) => body,
            // The caller checks the length, so that a body that is too long can still be skipped.
            None => Body::new(self.framing, self.consumed_len, usize::MAX)
                .map_err(|_| BodyReadError::Cut)?,
        };
        let is_done = self.parse_more(&mut body)?;
        Ok((body, is_done))
    }

    /// Reads once. Returns whether the body is complete.
    fn read_more(&mut self, body: &mut Body) -> Result<bool, BodyReadError> {
        let mut is_late = false;
        if !self.connection.allows_slow_body() || self.is_discarding {
            let (began, n) = *self.body_wait.get_or_insert_with(|| (Instant::now(), 0));
            let more = Duration::from_secs(n / BODY_RATE_MIN);
            is_late = !limit_reads(self.connection, began, BODY_TIME_MAX.saturating_add(more));
            self.connection.set_use(ConnectionUse::Reading);
        }
        let read = if is_late {
            Err(io::ErrorKind::WouldBlock.into())
        } else {
            let missing = body.missing().min(READ_LEN);
            read_once(self.connection, self.buffer, missing)
        };
        if let Ok(n @ 1..) = read {
            if let Some((_, sum)) = &mut self.body_wait {
                *sum = sum.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
            }
            return self.parse_more(body);
        }
        self.writer.close = true;
        let is_late = read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        if is_late && self.writer.status == 0 {
            RequestError::TimedOut.send(self.connection);
        }
        Err(BodyReadError::Cut)
    }

    /// Parses what is in the buffer. Returns whether the body is complete.
    fn parse_more(&mut self, body: &mut Body) -> Result<bool, BodyReadError> {
        let trailers = &mut self.trailers;
        let mut keep = |name: &[u8], value: &[u8]| trailers.push(text_field(name, value));
        body.advance(self.buffer, &mut keep).map_err(|_| {
            self.writer.close = true;
            BodyReadError::Cut
        })
    }

    fn end_body(&mut self, body: &Body) {
        if self.body_wait.take().is_some() {
            let _ = self.connection.set_read_timeout(None);
            self.connection.set_use(ConnectionUse::Busy);
        }
        self.progress = BodyProgress::Done;
        self.consumed_len = body.range().end;
    }

    /// Returns the address of the peer.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        self.connection.peer_addr().ok().map(|addr| addr.ip())
    }

    /// Sends a whole response. Skips a body that was not read to its end, or closes the connection if
    /// too much of it is left.
    pub(crate) fn respond(
        &mut self,
        status: u16,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        self.discard_body();
        self.writer
            .send_whole(self.connection, status, fields, body)?;
        if self.progress != BodyProgress::Done {
            linger(self.connection);
        }
        Ok(())
    }

    /// Adds a header field to the response that is sent later.
    pub(crate) fn add_field(&mut self, name: &str, value: &str) {
        self.writer.add_field(name, value);
    }

    /// Sets what goes wrong with a whole response.
    pub(crate) fn set_faults(&mut self, faults: ResponseFaults) {
        self.writer.faults = faults;
    }

    /// Returns the status that was sent; 0 before the response.
    pub(crate) fn status(&self) -> u16 {
        self.writer.status
    }

    /// Skips the rest of the body, or decides to close the connection.
    fn discard_body(&mut self) {
        let mut left = DISCARD_LEN_MAX;
        self.is_discarding = true;
        // A peer that waits for `100 Continue` does not get it, and need not send the body.
        while self.progress == BodyProgress::Reading && left > 0 {
            match self.read_part() {
                Ok(Some(bytes)) => left = left.saturating_sub(bytes.len()),
                Ok(None) => break,
                Err(_) => left = 0,
            }
        }
        self.writer.close |= self.progress != BodyProgress::Done;
    }

    /// Begins a response of unknown length.
    pub(crate) fn start(&mut self, status: u16, fields: &[(&str, &str)]) -> io::Result<()> {
        self.discard_body();
        self.writer.start(self.connection, status, fields)
    }

    /// Sends a part of a response that [`start`](Self::start) began.
    pub(crate) fn send_part(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.send_part(self.connection, bytes)
    }

    /// Ends a response that [`start`](Self::start) began.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.writer.finish(self.connection)
    }

    /// Removes the request from the buffer. Returns whether the connection can serve another one.
    pub(crate) fn end(self) -> bool {
        if self.writer.close || self.progress != BodyProgress::Done {
            return false;
        }
        debug_assert!(self.consumed_len <= self.buffer.len());
        self.buffer
            .drain(..self.consumed_len.min(self.buffer.len()));
        true
    }
}

/// What the head of a request says about its body and its connection.
struct RequestFraming {
    framing: Framing,
    close: bool,
    /// Length of the head, in bytes.
    len: usize,
}

/// Waits for the head of a request. Returns `None` if the peer has closed the connection.
fn read_head(
    connection: &Connection,
    buffer: &mut Vec<u8>,
) -> Result<Option<(HttpRequest, RequestFraming)>, RequestError> {
    let mut seen_len = 0;
    let mut began = None;
    connection.set_use(ConnectionUse::Idle);
    loop {
        // RFC 9112, section 2.2: empty lines in front of a request are ignored.
        while let [b'\r' | b'\n', ..] = buffer.as_slice() {
            buffer.remove(0);
        }
        // A head ends with a line end, so bytes without one cannot complete it.
        let has_line_end = buffer
            .get(seen_len..)
            .is_some_and(|new| new.contains(&b'\n'));
        seen_len = buffer.len();
        if has_line_end {
            if let Some(parsed) = parse_head(buffer)? {
                if began.is_some() {
                    let _ = connection.set_read_timeout(None);
                }
                return Ok(Some(parsed));
            }
        } else if seen_len >= HEAD_LEN_MAX {
            return Err(RequestError::HeadTooLong);
        }
        if !buffer.is_empty() {
            connection.set_use(ConnectionUse::Reading);
            let began = *began.get_or_insert_with(Instant::now);
            if !limit_reads(connection, began, HEAD_TIME_MAX) {
                return Err(RequestError::TimedOut);
            }
        }
        match read_once(connection, buffer, 0) {
            Ok(1..) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(RequestError::TimedOut);
            }
            Ok(0) | Err(_) if buffer.is_empty() => return Ok(None),
            Ok(0) | Err(_) => return Err(RequestError::Malformed),
        }
    }
}

/// Parses the head at the front of `buffer`. Returns `None` if it is incomplete.
fn parse_head(buffer: &[u8]) -> Result<Option<(HttpRequest, RequestFraming)>, RequestError> {
    let mut request = HttpRequest::default();
    let fields = &mut request.fields;
    let mut keep = |name: &[u8], value: &[u8]| fields.push(text_field(name, value));
    let line = buffer.split(|&b| b == b'\n').next().unwrap_or_default();
    let version = line.trim_ascii_end().rsplit(|&b| b == b' ').next();
    let parsed = head::request(buffer, &mut keep).map_err(|error| match error {
        HeadError::TooLong => RequestError::HeadTooLong,
        HeadError::TransferCoding => RequestError::TransferCoding,
        HeadError::RequestLine if version.is_some_and(|v| v.starts_with(b"HTTP/2")) => {
            RequestError::Version
        }
        _ => RequestError::Malformed,
    })?;
    let Some(head) = parsed else {
        return Ok(None);
    };
    let framing = RequestFraming {
        framing: head.framing,
        close: head.close,
        len: head.len,
    };
    request.method = String::from_utf8_lossy(head.method).into_owned();
    (request.target, request.authority) = origin_form(&String::from_utf8_lossy(head.target));
    request.is_http_1_0 = version == Some(b"HTTP/1.0");
    if !request.target.starts_with('/') && request.target != "*" {
        return Err(RequestError::Malformed);
    }
    match request.headers("host").count() {
        0 if !request.is_http_1_0 => return Err(RequestError::MissingHost),
        0 | 1 => {}
        // RFC 9112, section 3.2: more than one Host field is an error.
        _ => return Err(RequestError::Malformed),
    }
    let expected = request.non_empty_header("expect");
    if expected.is_some_and(|value| !value.eq_ignore_ascii_case("100-continue")) {
        return Err(RequestError::Expectation);
    }
    Ok(Some((request, framing)))
}

/// Returns a header field as text.
fn text_field(name: &[u8], value: &[u8]) -> (String, String) {
    let mut text = String::new();
    head::push_text(&mut text, value);
    (String::from_utf8_lossy(name).into_owned(), text)
}

/// Reads once into `buffer`, with room for `missing` bytes or an eighth of [`READ_LEN`].
fn read_once(stream: &TcpStream, buffer: &mut Vec<u8>, missing: usize) -> io::Result<usize> {
    // `reserve` does nothing if there is enough room.
    buffer.reserve(missing.max(READ_LEN / 8));
    loop {
        match sys::receive(stream, buffer, 0) {
            Err(errno) if errno.is_interrupted() => {}
            result => return Ok(result?),
        }
    }
}

/// Returns path and query of any form of target (RFC 9112, section 3.2), and the authority of a target
/// in absolute form.
fn origin_form(target: &str) -> (String, Option<String>) {
    let rest = target
        .strip_prefix("http://")
        .or_else(|| target.strip_prefix("https://"));
    let Some(rest) = rest else {
        return (target.to_owned(), None);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let slash = if path.starts_with('/') { "" } else { "/" };
    (format!("{slash}{path}"), Some(authority.to_owned()))
}
