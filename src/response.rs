//! [`Responder`] and [`BodyWriter`]: a response in one piece, or streamed.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use std::io;
use std::net::TcpStream;
use std::time::Duration;

use crate::api::{self, Endpoint, Invocation};
use crate::current::{self, OpenStream};
use crate::encoding::base64;
use crate::http1::connection::{self, STALL_TIMEOUT};
use crate::json::{self, ToJson, Writer};
use crate::sys::{self, Errno};
use crate::{Context, Error, Result, log};

/// How long a connection may take to be made. The Runtime API is on the same machine.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_millis(250);

/// Pause between two attempts to connect, in milliseconds.
const CONNECT_PAUSE_MS: u16 = 100;

/// How often a connection for an answer is tried where the invocation has no deadline, or has passed
/// it, as with some emulators.
const CONNECT_TRIES: u32 = 3;

/// The same while there is time until the deadline: for a quarter of an hour, the longest that
/// Lambda lets a function run ("Lambda quotas"). Some emulators name a deadline months ahead.
const CONNECT_TRIES_MAX: u32 = 9000;

/// Longest error document that fits into a trailer, in bytes, before it becomes base64: Lambda's
/// server, as every one that is made with Go's `net/http`, takes trailers of no more than 4 KB.
const TRAILER_DOCUMENT_LEN_MAX: usize = 2800;

/// A write to a stream goes out when so many bytes wait, in bytes.
const CHUNK_LEN: usize = 8 * 1024;

/// Buffers longer than this are given back when the invocation does not need them any more, in
/// bytes: to the allocator, which keeps them for the next that is as long, and for one invocation
/// more.
const KEPT_LEN_MAX: usize = 256 << 10;

/// What a worker says to the Runtime API, and the connection on which it does.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) stream: Option<TcpStream>,
    pub(crate) invocation: Invocation,
    /// The head of the request on its way out; of a stream, what goes in front of the next chunk.
    pub(crate) head: Vec<u8>,
    pub(crate) content_type: &'static str,
    /// The body of the request; of a stream, what waits to become a chunk.
    pub(crate) body: Vec<u8>,
    pub(crate) streaming: Option<Streaming>,
    /// Bytes of the stream that were sent, in its framing.
    pub(crate) stream_len: usize,
    /// Where a panic that ends the process finds the invocation.
    pub(crate) seat: current::Seat,
}

/// A response that is streamed.
#[derive(Debug)]
pub(crate) struct Streaming {
    /// Its head has been sent, so that no other answer can be given any more.
    pub(crate) has_begun: bool,
    /// The connection has failed, and why.
    broken: Option<Errno>,
    /// Ends it. Behind a pointer, so that a function that never streams does not hold the code.
    pub(crate) end: End,
}

/// Ends a stream, with an error trailer if it failed: whether that was sent. One that failed before its
/// head was sent is an error like any other.
pub(crate) type End =
    fn(&mut Outbox, &Context, Result<()>) -> Result<core::result::Result<(), Trouble>>;

/// Why an exchange failed.
#[derive(Debug)]
pub(crate) enum Trouble {
    Connect(Errno),
    /// The connection took this many bytes of the request.
    Send(usize, Errno),
    Receive(connection::Fault),
}

impl Trouble {
    pub(crate) fn text(&self) -> String {
        match self {
            Trouble::Connect(error) => error.behind("cannot connect: "),
            Trouble::Send(_, error) => error.behind("cannot send: "),
            Trouble::Receive(fault) => fault.text(),
        }
    }
}

impl Outbox {
    pub(crate) fn new(endpoint: &'static Endpoint) -> Outbox {
        Outbox {
            endpoint,
            stream: None,
            invocation: Invocation::new(),
            head: Vec::new(),
            content_type: api::JSON,
            body: Vec::new(),
            streaming: None,
            stream_len: 0,
            seat: current::Seat::new(),
        }
    }

    /// The body becomes `value` in JSON, which is what it is taken for where nobody says otherwise.
    pub(crate) fn set_json<T: ToJson + ?Sized>(&mut self, value: &T) {
        self.body.clear();
        let mut w = Writer::new(mem::take(&mut self.body));
        value.to_json(&mut w);
        self.body = w.into_inner();
    }

    /// Sends head and body, on a new connection if there is none or if the old one takes nothing.
    pub(crate) fn send(&mut self) -> core::result::Result<(), Trouble> {
        let parts = [self.head.as_slice(), &self.body, &[]];
        let answered = Some(&self.invocation);
        send(self.endpoint, &mut self.stream, answered, parts)
    }
}

/// Gives a buffer back that is unusually large; of others, nothing is changed.
// From several places, once for each invocation.
#[inline(never)]
pub(crate) fn give_back(buffer: &mut Vec<u8>) {
    if buffer.capacity() > KEPT_LEN_MAX {
        *buffer = Vec::new();
    }
}

/// Sends `parts`, on a new connection if there is none or if the old one takes nothing. For an answer
/// to an invocation a connection is tried again until the deadline.
pub(crate) fn send(
    endpoint: &Endpoint,
    stream: &mut Option<TcpStream>,
    answered: Option<&Invocation>,
    parts: [&[u8]; 3],
) -> core::result::Result<(), Trouble> {
    if let Some(stream) = stream {
        match connection::send(stream, parts) {
            Ok(()) => return Ok(()),
            // Not a byte of it was taken: the peer had closed the connection.
            Err((0, _)) => {}
            Err((sent, error)) => return Err(Trouble::Send(sent, error)),
        }
    }
    let mut n_tries = 0_u32;
    let new = loop {
        let error = match sys::connect(endpoint.addr, CONNECT_TIMEOUT, STALL_TIMEOUT) {
            Ok(new) => break new,
            Err(error) => error,
        };
        n_tries = n_tries.wrapping_add(1);
        let n_tries_max = match answered {
            // Whoever asks for `next` does so again.
            None => 1,
            Some(invocation) if invocation.has_time_left() => CONNECT_TRIES_MAX,
            Some(_) => CONNECT_TRIES,
        };
        if n_tries >= n_tries_max {
            return Err(Trouble::Connect(error));
        }
        sys::pause(CONNECT_PAUSE_MS);
    };
    let new = stream.insert(new);
    connection::send(new, parts).map_err(|(sent, error)| Trouble::Send(sent, error))
}

/// Takes the response to one invocation. One that is dropped unused answers `null`.
#[derive(Debug)]
pub struct Responder<'c> {
    out: &'c mut Outbox,
}

impl<'c> Responder<'c> {
    pub(crate) fn new(out: &'c mut Outbox) -> Responder<'c> {
        Responder { out }
    }

    /// Answers with `value` in JSON.
    pub fn json<R: ToJson + ?Sized>(self, value: &R) {
        self.out.set_json(value);
    }

    /// Answers with bytes as they are, without a copy.
    pub fn bytes(self, body: Vec<u8>) {
        self.out.content_type = api::BYTES;
        self.out.body = body;
    }

    /// Begins a response that is streamed, of up to 200 MB ("Response streaming for Lambda
    /// functions"). What it is written reaches the caller while the handler runs; that it ends is
    /// said when the handler returns.
    ///
    /// Whether the caller sees a stream is the caller's choice: `InvokeWithResponseStream`, or a
    /// function URL whose invoke mode is `RESPONSE_STREAM`. Others get it in one piece.
    ///
    /// # Errors
    /// `content_type` has a character that no header can have.
    #[track_caller]
    pub fn start(self, content_type: &str) -> Result<BodyWriter<'c>> {
        if !api::is_field_value(content_type) {
            return Err(invalid(content_type));
        }
        let out = self.out;
        out.body.clear();
        out.stream_len = 0;
        out.endpoint
            .push_streaming(&mut out.head, &out.invocation, content_type);
        out.streaming = Some(Streaming {
            has_begun: false,
            broken: None,
            end,
        });
        Ok(BodyWriter { out })
    }

    /// Begins a streamed response to a web request: status, headers, and then the body, as it is
    /// written. Fields of the name `Set-Cookie` may come more than once; of others, the values are
    /// joined by commas (RFC 9110, section 5.3).
    ///
    /// # Errors
    /// The status is not one of 100 to 599, a name or value is one that no header can have, or all
    /// of them are more than 16 KB.
    #[track_caller]
    pub fn start_http(self, status: u16, fields: &[(&str, &str)]) -> Result<BodyWriter<'c>> {
        let prelude = prelude(status, fields)?;
        let writer = self.start(api::HTTP_INTEGRATION)?;
        for chunk in [prelude.as_slice(), PRELUDE_END] {
            push_chunk_len(&mut writer.out.head, chunk.len());
            writer.out.head.extend_from_slice(chunk);
            writer.out.head.extend_from_slice(b"\r\n");
        }
        Ok(writer)
    }
}

/// What ends the metadata of a streamed web response.
const PRELUDE_END: &[u8] = &[0; 8];

/// Within this many bytes API Gateway wants the metadata and its end ("Set up a Lambda proxy
/// integration with payload response streaming").
const PRELUDE_LEN_MAX: usize = 16 * 1024;

/// The metadata in front of a streamed web response ("Response streaming for Lambda functions",
/// HTTP integration).
#[track_caller]
fn prelude(status: u16, fields: &[(&str, &str)]) -> Result<Vec<u8>> {
    if !matches!(status, 100..=599) {
        return Err(Error::new(
            "Runtime.InvalidResponse",
            format_args!("{status} is no HTTP status, which are 100 to 599"),
        ));
    }
    let mut headers: Vec<(&str, String)> = Vec::new();
    let mut cookies = Vec::new();
    for &(name, value) in fields {
        if !api::is_field_name(name) || !api::is_field_value(value) {
            return Err(invalid(name));
        }
        if name.eq_ignore_ascii_case("set-cookie") {
            cookies.push(value);
        } else if let Some((_, values)) = headers
            .iter_mut()
            .find(|(other, _)| name.eq_ignore_ascii_case(other))
        {
            values.push_str(", ");
            values.push_str(value);
        } else {
            headers.push((name, value.into()));
        }
    }
    let mut w = Writer::new(Vec::new());
    w.begin_object();
    w.member("statusCode", &status);
    w.member("headers", &headers);
    w.member("cookies", &cookies);
    w.end_object();
    let prelude = w.into_inner();
    let len = prelude.len().wrapping_add(PRELUDE_END.len());
    if len > PRELUDE_LEN_MAX {
        return Err(Error::new(
            "Runtime.InvalidResponse",
            format_args!(
                "status and headers have {len} bytes, a stream begins with {PRELUDE_LEN_MAX} at most"
            ),
        ));
    }
    Ok(prelude)
}

#[track_caller]
fn invalid(text: &str) -> Error {
    Error::new(
        "Runtime.InvalidResponse",
        format_args!(
            "\"{}\" cannot stand in an HTTP header",
            text.escape_default()
        ),
    )
}

/// Writes the body of a streamed response.
///
/// What is written goes out when 8 KB wait, or at once by [`flush`](io::Write::flush). A write
/// blocks while the caller is slower than the handler: Lambda passes the first 6 MB on as they
/// come, and 2 MB a second after that.
///
/// When the handler returns, the runtime writes the end; if it returns an error or panics, the
/// error goes to the caller as a trailer behind what was already sent, and as a plain error if
/// nothing was.
///
/// # Errors
/// A write fails if the caller, or the Runtime API, has gone; and so does each one after it.
#[derive(Debug)]
pub struct BodyWriter<'c> {
    out: &'c mut Outbox,
}

impl io::Write for BodyWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let out = &mut *self.out;
        if bytes.len() < CHUNK_LEN.saturating_sub(out.body.len()) {
            out.body.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        // What waits and what comes go out as one chunk each, neither of them copied again.
        if !out.body.is_empty() {
            let waiting = mem::take(&mut out.body);
            let sent = send_chunk(out, &waiting);
            out.body = waiting;
            out.body.clear();
            sent?;
        }
        send_chunk(out, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let waiting = mem::take(&mut self.out.body);
        let sent = send_chunk(self.out, &waiting);
        self.out.body = waiting;
        self.out.body.clear();
        Ok(sent?)
    }
}

/// Sends what stands in the head, and `chunk` if it is not empty: an empty one would be the end. If a
/// panic of another thread ends the stream meanwhile, this waits for the end of the process.
fn send_chunk(out: &mut Outbox, chunk: &[u8]) -> core::result::Result<(), Errno> {
    let mut current = out.seat.lock();
    let sent = send_chunk_now(out, chunk);
    let has_begun = out.streaming.as_ref().is_some_and(|it| it.has_begun);
    if let (Some(current), Some(stream), true) = (&mut current, &out.stream, has_begun) {
        current.stream = open_stream(stream);
    }
    sent
}

/// The same in a worker that has [`Seat::lock`](current::Seat::lock)ed its place.
fn send_chunk_now(out: &mut Outbox, chunk: &[u8]) -> core::result::Result<(), Errno> {
    let Some(streaming) = &mut out.streaming else {
        return Ok(());
    };
    if let Some(errno) = streaming.broken {
        return Err(errno);
    }
    if chunk.is_empty() && out.head.is_empty() {
        return Ok(());
    }
    let mut end: &[u8] = b"";
    if !chunk.is_empty() {
        push_chunk_len(&mut out.head, chunk.len());
        end = b"\r\n";
    }
    let parts = [out.head.as_slice(), chunk, end];
    let len = parts.iter().map(|part| part.len());
    let len = len.fold(0, usize::wrapping_add);
    let sent = if streaming.has_begun {
        match &out.stream {
            Some(stream) => {
                connection::send(stream, parts).map_err(|(sent, error)| Trouble::Send(sent, error))
            }
            None => Err(Trouble::Receive(connection::Fault::Closed)),
        }
    } else {
        send_first(out.endpoint, &mut out.stream, &out.invocation, parts, len)
    };
    out.stream_len = out.stream_len.saturating_add(len);
    let has_sent = match &sent {
        Ok(()) => true,
        Err(Trouble::Send(sent, _)) => *sent > 0,
        Err(_) => false,
    };
    if has_sent && !streaming.has_begun {
        streaming.has_begun = true;
        if let Some(stream) = &out.stream {
            // Chunks are written when they are to be seen, so nothing is gained by waiting for
            // more. A socket that does not know the option is only slower.
            let _ = stream.set_nodelay(true);
        }
    }
    out.head.clear();
    sent.map_err(|trouble| {
        let errno = match trouble {
            Trouble::Connect(errno) | Trouble::Send(_, errno) => errno,
            Trouble::Receive(_) => Errno::BROKEN_PIPE,
        };
        streaming.broken = Some(errno);
        errno
    })
}

/// Sends the first bytes of a stream, `len` in all. Once some are taken there is no way back, so a
/// server that has closed its connection while the handler was at work must be noticed here: later
/// the bytes are gone.
fn send_first(
    endpoint: &Endpoint,
    stream: &mut Option<TcpStream>,
    invocation: &Invocation,
    parts: [&[u8]; 3],
    len: usize,
) -> core::result::Result<(), Trouble> {
    if stream.as_ref().is_some_and(sys::is_over) {
        *stream = None;
    }
    let is_used = stream.is_some();
    let sent = send(endpoint, stream, Some(invocation), parts);
    let (len, errno) = match &sent {
        Err(Trouble::Send(n, errno)) => (*n, Some(*errno)),
        Ok(()) => (len, None),
        Err(_) => return sent,
    };
    match stream {
        // It was closed at this moment, as no new connection is.
        Some(old) if is_used && sys::has_taken_nothing(old, len, errno) => {
            *stream = None;
            send(endpoint, stream, Some(invocation), parts)
        }
        _ => sent,
    }
}

/// See [`End`].
fn end(
    out: &mut Outbox,
    cx: &Context,
    result: Result<()>,
) -> Result<core::result::Result<(), Trouble>> {
    let has_begun = out.streaming.as_ref().is_some_and(|it| it.has_begun);
    let error = match result {
        Err(error) if !has_begun => {
            out.streaming = None;
            return Err(error);
        }
        result => result.err(),
    };
    if let Some(error) = &error {
        log::error(Some(cx), error);
    }
    let sent = send_end(out, error.as_ref());
    out.streaming = None;
    Ok(sent)
}

/// Sends the last data, the last chunk, and what went wrong.
fn send_end(out: &mut Outbox, error: Option<&Error>) -> core::result::Result<(), Trouble> {
    let waiting = mem::take(&mut out.body);
    let sent = send_chunk_now(out, &waiting);
    out.body = waiting;
    out.body.clear();
    sent.map_err(|errno| Trouble::Send(1, errno))?;
    push_end(&mut out.body, error);
    match &out.stream {
        Some(stream) => connection::send(stream, [out.body.as_slice(), &[], &[]])
            .map_err(|(sent, error)| Trouble::Send(sent, error)),
        None => Err(Trouble::Receive(connection::Fault::Closed)),
    }
}

/// The last chunk, and the error trailers ("Response streaming": errors within a stream).
fn push_end(out: &mut Vec<u8>, error: Option<&Error>) {
    out.extend_from_slice(b"0\r\n");
    if let Some(error) = error {
        let mut error = error.clone();
        let mut document = json::to_vec(&error);
        while document.len() > TRAILER_DOCUMENT_LEN_MAX && error.error_message().len() > 16 {
            error.shorten(error.error_message().len() / 2);
            document = json::to_vec(&error);
        }
        api::push_error_trailers(out, error.error_type(), &base64(&document));
    }
    out.extend_from_slice(b"\r\n");
}

/// The response that is sent on `stream`, for a panic that ends the process.
#[cfg(unix)]
fn open_stream(stream: &TcpStream) -> Option<OpenStream> {
    use std::os::fd::AsRawFd;

    Some(OpenStream {
        fd: stream.as_raw_fd(),
        end: |fd, invocation, error| {
            let cx = Context {
                request_id: invocation.path_id.clone(),
                ..Context::default()
            };
            log::error(Some(&cx), error);
            let mut end = Vec::new();
            push_end(&mut end, Some(error));
            sys::write_last(fd, &end);
        },
    })
}

/// Where there are no descriptors, such a stream is cut.
#[cfg(not(unix))]
fn open_stream(_: &TcpStream) -> Option<OpenStream> {
    None
}

/// The line in front of a chunk (RFC 9112, section 7.1).
fn push_chunk_len(out: &mut Vec<u8>, len: usize) {
    let digits = usize::BITS
        .wrapping_sub(len.leading_zeros())
        .div_ceil(4)
        .max(1);
    for digit in (0..digits).rev() {
        let nibble = (len >> digit.wrapping_mul(4)) & 15;
        out.extend(b"0123456789abcdef".get(nibble));
    }
    out.extend_from_slice(b"\r\n");
}
