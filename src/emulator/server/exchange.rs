//! One HTTP/1.1 request on a connection, and the response to it.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::emulator::server::fault_injection::ResponseFaults;
use crate::emulator::server::response::BodyCoding;
use crate::emulator::server::{Connection, ConnectionUse, lock};
use crate::http1::body::Body;
use crate::http1::head::{self, Framing, HEAD_LEN_MAX, HeadError};

/// Bytes that are read at once, and so the longest part of a streamed body.
const READ_LEN: usize = 64 * 1024;
/// How much of an unwanted body is still read. Closing a socket with unread bytes resets the
/// connection, and the peer may lose the response. This is enough for a body that is a little too
/// large.
const DISCARD_LEN_MAX: usize = 8 * 1024 * 1024;

/// How long the head of a request may take from its first byte to its last.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a caller's body may take, plus one second for each [`BODY_RATE_MIN`] bytes that were received.
const BODY_TIME_MAX: Duration = Duration::from_secs(20);
const BODY_RATE_MIN: u64 = 4096;
/// How long the rest of a request is read after the response to it.
const LINGER_MAX: Duration = Duration::from_secs(5);

/// The head of a request.
#[derive(Debug, Default)]
pub(crate) struct HttpRequest {
    pub(crate) method: String,
    /// The target as it was sent, but in origin form: it begins with `/`.
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
    pub(crate) fn send(self, mut stream: &TcpStream) {
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
        if stream.write_all(response.as_bytes()).is_ok() {
            linger(stream);
        }
    }
}

/// Closes a connection whose response has been sent while the peer may still be writing: reads the
/// rest, so that the peer is not reset before it has read the response.
pub(super) fn linger(stream: &TcpStream) {
    linger_for(stream, LINGER_MAX);
}

fn linger_for(mut stream: &TcpStream, time: Duration) {
    let _ = stream.shutdown(Shutdown::Write);
    let began = Instant::now();
    let mut left = DISCARD_LEN_MAX;
    let mut scratch = [0; 4096];
    while left > 0 && limit_reads(stream, began, time).is_ok() {
        match stream.read(&mut scratch) {
            Ok(n @ 1..) => left = left.saturating_sub(n),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => break,
        }
    }
}

/// Sets the timeout of the next read to what is left of `time` since `began`. If nothing is left, returns the error of a
/// read whose timeout has passed. Call it before each read, also before one that is repeated after a signal, because the
/// timeout of a socket starts again with each read.
fn limit_reads(stream: &TcpStream, began: Instant, time: Duration) -> io::Result<()> {
    match time.saturating_sub(began.elapsed()) {
        Duration::ZERO => Err(io::ErrorKind::WouldBlock.into()),
        left => stream.set_read_timeout(Some(left)),
    }
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
pub(super) enum BodyProgress {
    /// The peer waits for `100 Continue` before it sends the body.
    AwaitsContinue,
    Reading,
    Done,
}

/// A request whose body may be read, and whose response has to be sent (see `response.rs`).
#[derive(Debug)]
pub(crate) struct Exchange<'c> {
    pub(super) connection: &'c Connection,
    /// Bytes that were read from the connection and belong to this request or a later one. The head is
    /// before the body.
    buffer: &'c mut Vec<u8>,
    body: Body,
    pub(super) progress: BodyProgress,
    /// When the wait for a body with a time limit began, and how many bytes were received since.
    body_wait: Option<(Instant, u64)>,
    /// Whether the body has no time limit.
    pub(crate) allows_slow_body: bool,
    /// Trailers of the request's body.
    pub(crate) trailers: Vec<(String, String)>,
    pub(super) coding: BodyCoding,
    /// Whether the connection ends after the response.
    pub(super) close: bool,
    /// Whether the peer speaks HTTP/1.0, where a connection ends unless both sides say otherwise.
    pub(super) is_http_1_0: bool,
    /// The status that was sent; 0 before the response.
    pub(crate) status: u16,
    /// Lines of header fields that are added to the response.
    pub(super) added_lines: String,
    /// The faults that are injected into a whole response.
    pub(crate) faults: ResponseFaults,
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
        let progress = match head.framing {
            Framing::Length(0) => BodyProgress::Done,
            _ if request.non_empty_header("expect").is_some() => BodyProgress::AwaitsContinue,
            _ => BodyProgress::Reading,
        };
        // The readers of a body check its length, so that a body that is too long can still be skipped.
        let body = Body::new(head.framing, head.len, usize::MAX);
        let exchange = Exchange {
            connection,
            buffer,
            body: body.map_err(|_| RequestError::Malformed)?,
            progress,
            body_wait: None,
            allows_slow_body: false,
            trailers: Vec::new(),
            coding: match (request.method.as_str(), request.is_http_1_0) {
                ("HEAD", _) => BodyCoding::None,
                (_, true) => BodyCoding::UntilClose,
                (_, false) => BodyCoding::Chunked,
            },
            close: head.close,
            is_http_1_0: request.is_http_1_0,
            status: 0,
            added_lines: String::new(),
            faults: ResponseFaults::default(),
        };
        Ok(Some((request, exchange)))
    }

    /// Keeps the server from closing this connection to make room for others.
    pub(crate) fn keep_connection(&self) {
        lock(&self.connection.state).is_kept = true;
    }

    /// Closes the connection after the response that is sent next.
    pub(crate) fn close_after_response(&mut self) {
        self.close = true;
    }

    /// Reads the whole body, which may have up to `len_max` bytes.
    pub(crate) fn read_body(&mut self, len_max: usize) -> Result<Vec<u8>, BodyReadError> {
        let mut body = Vec::new();
        while let Some(part) = self.read_part()? {
            if body.len().saturating_add(part.len()) > len_max {
                return Err(BodyReadError::TooLong);
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }

    /// Reads the next part of the body. Returns `None` after the last one.
    pub(crate) fn read_part(&mut self) -> Result<Option<Vec<u8>>, BodyReadError> {
        if self.progress == BodyProgress::AwaitsContinue {
            self.progress = BodyProgress::Reading;
            let sent = self.write(&[b"HTTP/1.1 100 Continue\r\n\r\n"]);
            sent.map_err(|_| BodyReadError::Cut)?;
        }
        while self.progress == BodyProgress::Reading {
            let trailers = &mut self.trailers;
            let mut keep = |name: &[u8], value: &[u8]| trailers.push(text_field(name, value));
            let Ok(is_done) = self.body.advance(self.buffer, &mut keep) else {
                self.close = true;
                return Err(BodyReadError::Cut);
            };
            let part = self.buffer.get(self.body.range());
            debug_assert!(part.is_some(), "a body's range lies within the buffer");
            let part = part.unwrap_or_default().to_vec();
            self.body.drain(self.buffer);
            if is_done {
                self.end_body();
            }
            if !part.is_empty() {
                return Ok(Some(part));
            }
            if !is_done {
                self.read_more()?;
            }
        }
        Ok(None)
    }

    /// Reads once, perhaps nothing if a signal interrupts it.
    fn read_more(&mut self) -> Result<(), BodyReadError> {
        let read = self.limit_body_time();
        let read = read.and_then(|()| read_once(self.connection, self.buffer));
        if let Ok(n @ 1..) = read {
            if let Some((_, sum)) = &mut self.body_wait {
                *sum = sum.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
            }
            return Ok(());
        }
        if matches!(&read, Err(error) if error.kind() == io::ErrorKind::Interrupted) {
            return Ok(());
        }
        self.close = true;
        let is_late = read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        if is_late && self.status == 0 {
            RequestError::TimedOut.send(self.connection);
        }
        Err(BodyReadError::Cut)
    }

    fn limit_body_time(&mut self) -> io::Result<()> {
        if self.allows_slow_body {
            return Ok(());
        }
        self.connection.set_use(ConnectionUse::Reading);
        let (began, n) = *self.body_wait.get_or_insert_with(|| (Instant::now(), 0));
        let more = Duration::from_secs(n / BODY_RATE_MIN);
        limit_reads(self.connection, began, BODY_TIME_MAX.saturating_add(more))
    }

    fn end_body(&mut self) {
        if self.body_wait.take().is_some() {
            let _ = self.connection.set_read_timeout(None);
            self.connection.set_use(ConnectionUse::Busy);
        }
        self.progress = BodyProgress::Done;
    }

    /// Returns the address of the peer.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        self.connection.peer_addr().ok().map(|addr| addr.ip())
    }

    /// Skips the rest of the body, or decides to close the connection.
    pub(super) fn discard_body(&mut self) {
        let mut left = DISCARD_LEN_MAX;
        self.allows_slow_body = false;
        // A peer that waits for `100 Continue` does not get it, and need not send the body.
        while self.progress == BodyProgress::Reading && left > 0 {
            let len = self
                .read_part()
                .map_or(left, |part| part.map_or(0, |it| it.len()));
            left = left.saturating_sub(len);
        }
        self.close |= self.progress != BodyProgress::Done;
    }

    /// Removes the request from the buffer. Returns whether the connection can serve another one.
    pub(crate) fn end(self) -> bool {
        if self.close || self.progress != BodyProgress::Done {
            return false;
        }
        let end = self.body.range().end;
        debug_assert!(end <= self.buffer.len());
        self.buffer.drain(..end.min(self.buffer.len()));
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
    let mut began = None;
    connection.set_use(ConnectionUse::Idle);
    loop {
        // RFC 9112, section 2.2: empty lines before a request are ignored.
        let is_line_end = |b: &&u8| matches!(b, b'\r' | b'\n');
        buffer.drain(..buffer.iter().take_while(is_line_end).count());
        if let Some(parsed) = parse_head(buffer)? {
            let _ = connection.set_read_timeout(None);
            return Ok(Some(parsed));
        }
        if !buffer.is_empty() {
            connection.set_use(ConnectionUse::Reading);
            let began = *began.get_or_insert_with(Instant::now);
            let limited = limit_reads(connection, began, HEAD_TIME_MAX);
            limited.map_err(|_| RequestError::TimedOut)?;
        }
        match read_once(connection, buffer) {
            Ok(1..) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
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
    if head.len > HEAD_LEN_MAX {
        return Err(RequestError::HeadTooLong);
    }
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

/// Reads once and appends the received bytes to `buffer`. Returns their number.
fn read_once(mut stream: &TcpStream, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut scratch = vec![0; READ_LEN];
    let n = stream.read(&mut scratch)?;
    buffer.extend_from_slice(scratch.get(..n).unwrap_or_default());
    Ok(n)
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

#[cfg(all(
    test,
    any(target_os = "linux", target_os = "macos", target_os = "freebsd")
))]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    /// The caller of a read that a signal interrupts limits the next read to the time that is left.
    #[test]
    fn an_interrupted_read_is_not_repeated_with_the_whole_timeout() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        limit_reads(&stream, Instant::now(), Duration::from_secs(60)).unwrap();
        let mut buffer = Vec::new();
        let read = crate::sys::with_signals(u32::MAX, || read_once(&stream, &mut buffer));
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::Interrupted);
        // A peer that sends nothing gets as long as it would without signals.
        let began = Instant::now();
        crate::sys::with_signals(u32::MAX, || {
            linger_for(&stream, Duration::from_millis(300));
        });
        assert!(began.elapsed() >= Duration::from_millis(290));
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}
