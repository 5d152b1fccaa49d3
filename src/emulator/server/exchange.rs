//! One HTTP/1.1 request on a connection, as a server sees it, and the reply to it.

use std::io::{self, Write as _};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use crate::emulator::server::fault_injection::Fault;
use crate::emulator::server::loan::{Later, Loan};
use crate::emulator::server::response::{Outgoing, Outlet};
use crate::emulator::server::{Connection, Use};
use crate::http1::body::Body;
use crate::http1::connection::send;
use crate::http1::head::{self, Framing, HEAD_LEN_MAX, HeadError};
use crate::sys;

/// Room made for each read: a streamed response is passed on in parts of at most this length.
const READ_LEN: usize = 64 * 1024;
/// How much of a body that nobody wants is still read, so that its sender sees the reply: a socket
/// that is closed with bytes unread resets the connection. Enough for a response that is a little
/// too large, which is what happens.
const DISCARD_LEN_MAX: usize = 8 * 1024 * 1024;

/// How long the head of a request may take from its first byte to its last.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a caller's body may take, and one second more for each so many bytes of it that have
/// come: a body of 6 MB may take 25 minutes, and one that hardly comes at all 20 seconds.
const BODY_TIME_MAX: Duration = Duration::from_secs(20);
const BODY_RATE_MIN: u64 = 4096;
/// How long what is left of a request is read after the reply to it.
const LINGER_MAX: Duration = Duration::from_secs(5);

/// The head of a request.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As it was sent, but in origin form: it begins with `/`.
    pub(crate) target: String,
    /// Host and port of a target in absolute form.
    pub(crate) authority: Option<String>,
    /// Names as they were sent.
    pub(crate) fields: Vec<(String, String)>,
    /// The sender speaks HTTP/1.0, which knows no chunks.
    is_1_0: bool,
}

impl Request {
    /// The first field of that name, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let is_it = |field: &&(String, String)| field.0.eq_ignore_ascii_case(name);
        self.fields
            .iter()
            .find(is_it)
            .map(|(_, value)| value.as_str())
    }

    /// The same, where an empty value means that there is none.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.header(name).filter(|value| !value.is_empty())
    }

    /// The target up to its query.
    pub(crate) fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The target's query, still encoded; empty where there is none.
    pub(crate) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// A request that cannot be answered by a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadRequest {
    Malformed,
    Host,
    TooLong,
    Version,
    Coding,
    Expectation,
    /// It comes too slowly.
    TimedOut,
}

impl BadRequest {
    /// Answers in the words of AWS's servers, which are those of Go.
    pub(crate) fn send(self, mut stream: &TcpStream) {
        let (status, text) = match self {
            BadRequest::Malformed => ("400 Bad Request", None),
            BadRequest::TimedOut => ("408 Request Timeout", None),
            BadRequest::Host => ("400 Bad Request: missing required Host header", None),
            BadRequest::TooLong => ("431 Request Header Fields Too Large", None),
            BadRequest::Version => (
                "505 HTTP Version Not Supported: unsupported protocol version",
                None,
            ),
            BadRequest::Coding => ("501 Not Implemented", Some("Unsupported transfer encoding")),
            BadRequest::Expectation => ("417 Expectation Failed", Some("")),
        };
        let text = text.unwrap_or(status);
        let reply = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{text}",
            text.len(),
        );
        if stream.write_all(reply.as_bytes()).is_ok() {
            linger(stream);
        }
    }
}

/// Ends a connection whose reply has been sent, but whose peer may still be writing.
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

/// Has reads on a connection wait no longer than until `time` after `began`; false: that has passed.
fn limit_reads(stream: &TcpStream, began: Instant, time: Duration) -> bool {
    let left = time.saturating_sub(began.elapsed());
    !left.is_zero() && stream.set_read_timeout(Some(left)).is_ok()
}

/// Why a request's body did not come whole.
#[derive(Debug)]
pub(crate) enum BodyFault {
    /// Longer than the reader accepts.
    TooLong,
    /// The connection ended or failed within it, or its framing is broken.
    Cut,
}

/// How far the body of a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Incoming {
    /// The peer waits for `100 Continue` before it sends it.
    Held,
    Coming,
    Whole,
}

/// A request whose body may be read, and whose reply has to be sent.
#[derive(Debug)]
pub(crate) struct Exchange<'c> {
    stream: &'c Arc<Connection>,
    inbox: &'c mut Vec<u8>,
    framing: Framing,
    /// Where the body begins in `inbox`, or what has come of it so far.
    head_len: usize,
    body: Option<Body>,
    incoming: Incoming,
    outlet: Outlet,
    /// Since when its body is waited for where its time is limited, and how much has come.
    waiting: Option<(Instant, u64)>,
    /// Nobody wants the body: it is skipped, and not waited for long.
    is_unwanted: bool,
    /// Where the connection goes back to after a loan.
    back: &'c mut Option<Sender<Vec<u8>>>,
    /// Trailers of the request's body.
    pub(crate) trailers: Vec<(String, String)>,
}

impl<'c> Exchange<'c> {
    /// Waits for a request; `None`: the peer has left. `back` is where the connection goes back to
    /// after a loan.
    pub(crate) fn begin(
        stream: &'c Arc<Connection>,
        inbox: &'c mut Vec<u8>,
        back: &'c mut Option<Sender<Vec<u8>>>,
    ) -> Result<Option<(Request, Exchange<'c>)>, BadRequest> {
        let mut seen = 0;
        let mut began = None;
        stream.set_use(Use::Idle);
        let (request, head) = loop {
            // RFC 9112, section 2.2: empty lines in front of a request are ignored.
            while let [b'\r' | b'\n', ..] = inbox.as_slice() {
                inbox.remove(0);
            }
            let is_worth_it = inbox.get(seen..).is_some_and(|new| new.contains(&b'\n'));
            seen = inbox.len();
            if is_worth_it {
                if let Some(parsed) = parse(inbox)? {
                    break parsed;
                }
            } else if seen >= HEAD_LEN_MAX {
                return Err(BadRequest::TooLong);
            }
            if !inbox.is_empty() {
                stream.set_use(Use::Reading);
                let began = *began.get_or_insert_with(Instant::now);
                if !limit_reads(stream, began, HEAD_TIME_MAX) {
                    return Err(BadRequest::TimedOut);
                }
            }
            match read(stream, inbox, 0) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(BadRequest::TimedOut);
                }
                Ok(0) | Err(_) if inbox.is_empty() => return Ok(None),
                Ok(0) | Err(_) => return Err(BadRequest::Malformed),
            }
        };
        if began.is_some() {
            let _ = stream.set_read_timeout(None);
        }
        let exchange = Exchange::new(stream, inbox, back, &request, head);
        Ok(Some((request, exchange)))
    }

    /// Reads once; a request that is whole with that, its body too.
    pub(crate) fn at_once(
        stream: &'c Arc<Connection>,
        inbox: &'c mut Vec<u8>,
        back: &'c mut Option<Sender<Vec<u8>>>,
    ) -> Option<(Request, Exchange<'c>)> {
        let Ok(1..) = read(stream, inbox, 0) else {
            return None;
        };
        let (request, head) = parse(inbox).ok()??;
        let Framing::Length(len) = head.framing else {
            return None;
        };
        let end = head.len.checked_add(usize::try_from(len).ok()?)?;
        let exchange = Exchange::new(stream, inbox, back, &request, head);
        let is_whole = exchange.inbox.len() >= end && exchange.incoming != Incoming::Held;
        is_whole.then_some((request, exchange))
    }

    fn new(
        stream: &'c Arc<Connection>,
        inbox: &'c mut Vec<u8>,
        back: &'c mut Option<Sender<Vec<u8>>>,
        request: &Request,
        head: Head,
    ) -> Exchange<'c> {
        let Head {
            framing,
            close,
            len: head_len,
        } = head;
        let outgoing = match (request.method.as_str(), request.is_1_0) {
            ("HEAD", _) => Outgoing::Nothing,
            (_, true) => Outgoing::Plain,
            (_, false) => Outgoing::Chunked,
        };
        Exchange {
            stream,
            inbox,
            framing,
            head_len,
            body: None,
            incoming: match framing {
                Framing::Length(0) => Incoming::Whole,
                _ if request.text("expect").is_some() => Incoming::Held,
                _ => Incoming::Coming,
            },
            outlet: Outlet::new(outgoing, close, request.is_1_0),
            waiting: None,
            is_unwanted: false,
            back,
            trailers: Vec::new(),
        }
    }

    /// Reads the whole body, which may have up to `len_max` bytes.
    pub(crate) fn read_body(&mut self, len_max: usize) -> Result<Vec<u8>, BodyFault> {
        let (mut body, mut done) = self.body()?;
        loop {
            let len = body.range().len();
            if len.saturating_add(body.missing()) > len_max {
                self.body = Some(body);
                return Err(BodyFault::TooLong);
            }
            if done {
                let bytes = self.inbox.get(body.range()).unwrap_or_default().to_vec();
                self.end_body(&body);
                return Ok(bytes);
            }
            done = self.more(&mut body)?;
        }
    }

    /// Reads the next part of the body; `None` after the last one.
    pub(crate) fn read_part(&mut self) -> Result<Option<Vec<u8>>, BodyFault> {
        if self.incoming == Incoming::Whole {
            return Ok(None);
        }
        let (mut body, mut done) = self.body()?;
        loop {
            let bytes = self.inbox.get(body.range()).unwrap_or_default().to_vec();
            body.drain(self.inbox);
            if done {
                self.end_body(&body);
            }
            if !bytes.is_empty() {
                self.body = Some(body);
                return Ok(Some(bytes));
            }
            if done {
                return Ok(None);
            }
            done = self.more(&mut body)?;
        }
    }

    /// The body as far as it has come; true: it is whole.
    fn body(&mut self) -> Result<(Body, bool), BodyFault> {
        if self.incoming == Incoming::Held {
            self.incoming = Incoming::Coming;
            let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
            send(self.stream, [go_on, b"", b""]).map_err(|_| BodyFault::Cut)?;
        }
        let mut body = match self.body.take() {
            Some(body) => body,
            // Its length is looked at here, where a body that is too long can still be skipped.
            None => {
                Body::new(self.framing, self.head_len, usize::MAX).map_err(|_| BodyFault::Cut)?
            }
        };
        let done = self.advance(&mut body)?;
        Ok((body, done))
    }

    fn more(&mut self, body: &mut Body) -> Result<bool, BodyFault> {
        let mut is_late = false;
        if !self.stream.is_patient() || self.is_unwanted {
            let (began, n) = *self.waiting.get_or_insert_with(|| (Instant::now(), 0));
            let more = Duration::from_secs(n / BODY_RATE_MIN);
            is_late = !limit_reads(self.stream, began, BODY_TIME_MAX.saturating_add(more));
            self.stream.set_use(Use::Reading);
        }
        let read = if is_late {
            Err(io::ErrorKind::WouldBlock.into())
        } else {
            read(self.stream, self.inbox, body.missing().min(READ_LEN))
        };
        if let Ok(n @ 1..) = read {
            if let Some((_, sum)) = &mut self.waiting {
                *sum = sum.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
            }
            return self.advance(body);
        }
        self.outlet.close = true;
        let is_late = read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        if is_late && self.outlet.status == 0 {
            BadRequest::TimedOut.send(self.stream);
        }
        Err(BodyFault::Cut)
    }

    fn advance(&mut self, body: &mut Body) -> Result<bool, BodyFault> {
        let trailers = &mut self.trailers;
        let mut keep = |name: &[u8], value: &[u8]| {
            let mut text = String::new();
            head::push_text(&mut text, value);
            trailers.push((String::from_utf8_lossy(name).into_owned(), text));
        };
        let advanced = body.advance(self.inbox, &mut keep);
        if advanced.is_err() {
            self.outlet.close = true;
        }
        advanced.map_err(|_| BodyFault::Cut)
    }

    fn end_body(&mut self, body: &Body) {
        if self.waiting.take().is_some() {
            let _ = self.stream.set_read_timeout(None);
            self.stream.set_use(Use::Busy);
        }
        self.incoming = Incoming::Whole;
        self.head_len = body.range().end;
    }

    /// Where the request comes from.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        self.stream.peer_addr().ok().map(|addr| addr.ip())
    }

    /// Sends a whole reply. A request whose body was not read, or not to its end, ends the
    /// connection, unless the little that is left of it can be skipped.
    pub(crate) fn reply(
        &mut self,
        status: u16,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        self.discard();
        self.outlet.whole(self.stream, status, fields, body)?;
        if self.incoming != Incoming::Whole {
            linger(self.stream);
        }
        Ok(())
    }

    /// Lends the connection to whoever has the reply one day; what else has come on it waits for
    /// that. `None`: it cannot be lent.
    pub(crate) fn later(&mut self) -> Option<Later> {
        self.discard();
        let back = self.back.take()?;
        self.make_room();
        let loan = Loan::new(Arc::clone(self.stream), std::mem::take(self.inbox), back);
        Some(Later::new(loan, self.outlet.clone()))
    }

    /// Adds a header field to the reply, whatever else it has.
    pub(crate) fn add_field(&mut self, name: &str, value: &str) {
        self.outlet.add_field(name, value);
    }

    /// What is to go wrong with the reply.
    pub(crate) fn faults(&mut self) -> &mut Vec<Fault> {
        &mut self.outlet.faults
    }

    /// The status of the reply; 0 before it.
    pub(crate) fn status(&self) -> u16 {
        self.outlet.status
    }

    /// Skips what is left of the body, or decides to close the connection.
    fn discard(&mut self) {
        let mut left = DISCARD_LEN_MAX;
        self.is_unwanted = true;
        // Who waits to be told to send a body is not, and need not send it.
        while self.incoming == Incoming::Coming && left > 0 {
            match self.read_part() {
                Ok(Some(bytes)) => left = left.saturating_sub(bytes.len()),
                Ok(None) => break,
                Err(_) => left = 0,
            }
        }
        self.outlet.close |= self.incoming != Incoming::Whole;
    }

    /// Begins a reply whose length nobody knows yet.
    pub(crate) fn start(&mut self, status: u16, fields: &[(&str, &str)]) -> io::Result<()> {
        self.discard();
        self.outlet.start(self.stream, status, fields)
    }

    /// Sends a part of a reply that [`start`](Self::start) began.
    pub(crate) fn part(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.outlet.part(self.stream, bytes)
    }

    /// Ends a reply that [`start`](Self::start) began.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.outlet.finish(self.stream)
    }

    /// Makes room for the next request; false: there is none on this connection.
    pub(crate) fn end(mut self) -> bool {
        if self.outlet.close || self.incoming != Incoming::Whole {
            return false;
        }
        self.make_room();
        true
    }

    fn make_room(&mut self) {
        let end = self.head_len.min(self.inbox.len());
        self.inbox.drain(..end);
        self.head_len = 0;
    }
}

/// What the head of a request says about the rest.
struct Head {
    framing: Framing,
    close: bool,
    len: usize,
}

/// The request whose head stands in front of `inbox`; `None`: it has not come whole.
fn parse(inbox: &[u8]) -> Result<Option<(Request, Head)>, BadRequest> {
    let mut request = Request::default();
    let fields = &mut request.fields;
    let mut keep = |name: &[u8], value: &[u8]| {
        let mut text = String::new();
        head::push_text(&mut text, value);
        fields.push((String::from_utf8_lossy(name).into_owned(), text));
    };
    let line = inbox.split(|&b| b == b'\n').next().unwrap_or_default();
    let version = line.trim_ascii_end().rsplit(|&b| b == b' ').next();
    let parsed = head::request(inbox, &mut keep).map_err(|error| match error {
        HeadError::TooLong => BadRequest::TooLong,
        HeadError::TransferCoding => BadRequest::Coding,
        HeadError::RequestLine if version.is_some_and(|v| v.starts_with(b"HTTP/2")) => {
            BadRequest::Version
        }
        _ => BadRequest::Malformed,
    })?;
    let Some(head) = parsed else {
        return Ok(None);
    };
    request.method = String::from_utf8_lossy(head.method).into_owned();
    (request.target, request.authority) = origin_form(&String::from_utf8_lossy(head.target));
    request.is_1_0 = version == Some(b"HTTP/1.0");
    let (framing, close, len) = (head.framing, head.close, head.len);
    if !request.target.starts_with('/') && request.target != "*" {
        return Err(BadRequest::Malformed);
    }
    let is_host = |field: &&(String, String)| field.0.eq_ignore_ascii_case("host");
    match request.fields.iter().filter(is_host).count() {
        0 if !request.is_1_0 => return Err(BadRequest::Host),
        0 | 1 => {}
        // RFC 9112, section 3.2: who is meant cannot be told.
        _ => return Err(BadRequest::Malformed),
    }
    let expected = request.text("expect");
    if expected.is_some_and(|value| !value.eq_ignore_ascii_case("100-continue")) {
        return Err(BadRequest::Expectation);
    }
    Ok(Some((
        request,
        Head {
            framing,
            close,
            len,
        },
    )))
}

fn read(stream: &TcpStream, inbox: &mut Vec<u8>, missing: usize) -> io::Result<usize> {
    let room = missing.max(READ_LEN / 8);
    if inbox.capacity().saturating_sub(inbox.len()) < room {
        inbox.reserve(room);
    }
    loop {
        match sys::receive(stream, inbox, 0) {
            Err(errno) if errno.is_interrupted() => {}
            result => return Ok(result?),
        }
    }
}

/// The path and query of any form of target (RFC 9112, section 3.2), and the authority that one in
/// absolute form names.
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
