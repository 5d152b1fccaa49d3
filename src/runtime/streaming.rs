//! Streamed responses: [`BodyWriter`], the metadata prelude, chunks, and error trailers.
//!
//! Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes", response
//! streaming; RFC 9112, section 7.1, for the chunks.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use std::io;
use std::net::TcpStream;

use crate::context::Context;
use crate::encoding::{base64, hex_digit};
use crate::error::{Error, Result};
use crate::http1::connection;
use crate::json::{self, Writer};
use crate::log;
use crate::runtime::api;
use crate::runtime::client::{ExchangeError, Sent};
use crate::runtime::pending::{PendingResponse, Stream};
use crate::runtime::worker_state::OpenStream;
use crate::sys::{Errno, SocketHandle, utf8};

/// The longest error document that fits into a trailer, in bytes, before it becomes base64. Lambda's
/// server, like every server that uses Go's `net/http`, takes trailers of at most 4 KB.
const TRAILER_DOCUMENT_LEN_MAX: usize = 2800;

/// Bytes that a [`BodyWriter`] buffers before it sends them.
const BUFFER_LEN: usize = 8 * 1024;

/// Ends the metadata prelude.
pub(crate) const PRELUDE_END: &[u8] = &[0; 8];

/// The longest prelude with its end, in bytes, that API Gateway takes ("Set up a Lambda proxy integration
/// with payload response streaming").
pub(crate) const PRELUDE_LEN_MAX: usize = 16 * 1024;

/// Starts a streamed response. See [`Responder::start`](crate::Responder::start).
#[track_caller]
pub(crate) fn start<'c>(
    pending: &'c mut PendingResponse,
    content_type: &str,
) -> Result<BodyWriter<'c>> {
    if !api::is_field_value(content_type) {
        return Err(invalid_header(content_type));
    }
    pending.body.clear();
    let endpoint = pending.client.endpoint;
    endpoint.push_streaming(&mut pending.head, &pending.invocation, content_type);
    pending.stream = Some(Stream {
        has_begun: false,
        error: None,
        sent_len: 0,
        finish,
    });
    Ok(BodyWriter { pending })
}

/// Starts a streamed web response. See [`Responder::start_http`](crate::Responder::start_http).
#[track_caller]
pub(crate) fn start_http<'c>(
    pending: &'c mut PendingResponse,
    status: u16,
    headers: &[(&str, &str)],
) -> Result<BodyWriter<'c>> {
    let prelude = prelude(status, headers)?;
    let writer = start(pending, api::HTTP_INTEGRATION)?;
    for chunk in [prelude.as_slice(), PRELUDE_END] {
        push_chunk_len(&mut writer.pending.head, chunk.len());
        writer.pending.head.extend_from_slice(chunk);
        writer.pending.head.extend_from_slice(b"\r\n");
    }
    Ok(writer)
}

/// Returns the metadata before a streamed web response ("Response streaming for Lambda functions",
/// HTTP integration).
#[track_caller]
fn prelude(status: u16, fields: &[(&str, &str)]) -> Result<Vec<u8>> {
    if !matches!(status, 100..=599) {
        return Err(invalid(format_args!(
            "{status} is not an HTTP status: expected 100 to 599"
        )));
    }
    let mut headers: Vec<(&str, String)> = Vec::new();
    let mut cookies = Vec::new();
    for &(name, value) in fields {
        if !api::is_field_name(name) || !api::is_field_value(value) {
            return Err(invalid_header(name));
        }
        if name.eq_ignore_ascii_case("set-cookie") {
            cookies.push(value);
            continue;
        }
        let is_same = |(other, _): &&mut (&str, String)| name.eq_ignore_ascii_case(other);
        if let Some((_, values)) = headers.iter_mut().find(is_same) {
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
    let len = prelude.len().saturating_add(PRELUDE_END.len());
    if len > PRELUDE_LEN_MAX {
        return Err(invalid(format_args!(
            "status and headers have {len} bytes: a streamed response may have {PRELUDE_LEN_MAX}"
        )));
    }
    Ok(prelude)
}

#[track_caller]
fn invalid_header(text: &str) -> Error {
    let text = text.escape_default();
    invalid(format_args!("\"{text}\" cannot stand in an HTTP header"))
}

/// Makes the error of a response that cannot be sent.
#[track_caller]
fn invalid(problem: fmt::Arguments<'_>) -> Error {
    Error::new("Runtime.InvalidResponse", problem)
}

/// Writes the body of a streamed response.
///
/// Bytes are sent when 8 KB are buffered, or at once by [`flush`](io::Write::flush). A write blocks while
/// the caller reads more slowly than the handler writes: Lambda passes on the first 6 MB at once, and
/// 2 MB a second after that.
///
/// When the handler returns, the runtime sends the end of the stream. If the handler returns an error or
/// panics, the caller receives the error as a trailer after the bytes that were sent; if none was sent,
/// the caller receives a plain function error.
///
/// # Errors
/// A write fails if the caller or the Runtime API has closed the connection. Every write after it fails
/// too.
///
/// ```no_run
/// use std::io::Write;
///
/// fn main() -> ! {
///     tiny_lambda::run_streaming(|n: u32, _, out| {
///         let mut body = out.start("text/plain")?;
///         for i in 0..n {
///             writeln!(body, "line {i}")?;
///             body.flush()?;
///         }
///         Ok(())
///     })
/// }
/// ```
#[derive(Debug)]
pub struct BodyWriter<'c> {
    pending: &'c mut PendingResponse,
}

impl io::Write for BodyWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let pending = &mut *self.pending;
        if bytes.len() < BUFFER_LEN {
            pending.body.extend_from_slice(bytes);
            if pending.body.len() >= BUFFER_LEN {
                send_chunk(pending, None)?;
            }
            return Ok(bytes.len());
        }
        // Many bytes are a chunk of their own, so that they are not copied.
        if !pending.body.is_empty() {
            send_chunk(pending, None)?;
        }
        send_chunk(pending, Some(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(send_chunk(self.pending, None)?)
    }
}

/// Sends the head, if it is not sent yet, and a chunk: `bytes`, or the buffer if there are none. If a panic
/// of another thread ends the stream meanwhile, this blocks until the process ends.
fn send_chunk(pending: &mut PendingResponse, bytes: Option<&[u8]>) -> Result<(), Errno> {
    let mut state = pending.state.lock();
    let sent = send_chunk_locked(pending, bytes);
    if let (Some(state), Some(stream), true) =
        (&mut state, &pending.client.stream, pending.has_begun())
    {
        state.stream.get_or_insert_with(|| open_stream(stream));
    }
    sent
}

/// Does the same for a worker that has [locked](crate::runtime::worker_state::StateSlot::lock) its state.
fn send_chunk_locked(pending: &mut PendingResponse, bytes: Option<&[u8]>) -> Result<(), Errno> {
    let Some(stream) = &mut pending.stream else {
        return Ok(());
    };
    if let Some(errno) = stream.error {
        return Err(errno);
    }
    let chunk = bytes.unwrap_or(&pending.body);
    let mut end: &[u8] = b"";
    // An empty chunk would end the stream.
    if !chunk.is_empty() {
        push_chunk_len(&mut pending.head, chunk.len());
        end = b"\r\n";
    }
    let parts = [pending.head.as_slice(), chunk, end];
    let len: usize = parts.iter().map(|part| part.len()).sum();
    if len == 0 {
        return Ok(());
    }
    let client = &mut pending.client;
    let sent = if stream.has_begun {
        send_on(client.stream.as_ref(), parts)
    } else {
        client.send_first(parts, len, &pending.invocation)
    };
    stream.sent_len = stream.sent_len.saturating_add(len);
    let has_sent = matches!(sent, Ok(()) | Err(ExchangeError::Send(1.., _)));
    if let (Some(socket), true) = (&client.stream, has_sent && !stream.has_begun) {
        stream.has_begun = true;
        // The handler flushes what the caller is to see at once, so nothing is gained by waiting for
        // more. Without the option the stream is only slower, so an error is ignored.
        let _ = socket.set_nodelay(true);
    }
    pending.head.clear();
    if bytes.is_none() {
        pending.body.clear();
    }
    sent.map_err(|error| {
        let errno = match error {
            ExchangeError::Connect(errno) | ExchangeError::Send(_, errno) => errno,
            ExchangeError::Receive(_) => Errno::BROKEN_PIPE,
        };
        stream.error = Some(errno);
        errno
    })
}

/// Sends `parts` on the connection that has the stream.
fn send_on(stream: Option<&TcpStream>, parts: [&[u8]; 3]) -> Sent {
    let stream = stream.ok_or(ExchangeError::CLOSED)?;
    connection::send(stream, parts).map_err(|(sent, errno)| ExchangeError::Send(sent, errno))
}

/// See [`Finish`](crate::runtime::pending::Finish).
fn finish(
    pending: &mut PendingResponse,
    cx: &Context,
    result: Result<()>,
) -> Result<(Sent, usize)> {
    let error = match result {
        Err(error) if !pending.has_begun() => {
            pending.stream = None;
            return Err(error);
        }
        result => result.err(),
    };
    if let Some(error) = &error {
        log::error(Some(cx), error);
    }
    let sent = send_end(pending, error.as_ref());
    let stream = pending.stream.take();
    Ok((sent, stream.map_or(0, |stream| stream.sent_len)))
}

/// Sends the buffer, the last chunk, and the error trailers.
fn send_end(pending: &mut PendingResponse, error: Option<&Error>) -> Sent {
    send_chunk_locked(pending, None).map_err(|errno| ExchangeError::Send(1, errno))?;
    push_end(&mut pending.body, error);
    send_on(pending.client.stream.as_ref(), [&pending.body, &[], &[]])
}

/// Appends the last chunk and the error trailers ("Response streaming": errors within a stream).
fn push_end(out: &mut Vec<u8>, error: Option<&Error>) {
    out.extend_from_slice(b"0\r\n");
    if let Some(error) = error {
        let mut error = error.clone();
        let mut document = json::to_vec(&error);
        while document.len() > TRAILER_DOCUMENT_LEN_MAX && error.error_message().len() > 16 {
            error.shorten(error.error_message().len() / 2);
            document = json::to_vec(&error);
        }
        api::push_error_trailers(out, error.error_type(), utf8::text(&base64(&document)));
    }
    out.extend_from_slice(b"\r\n");
}

/// Returns the stream on connection `stream`, for a panic that ends the process.
fn open_stream(stream: &TcpStream) -> OpenStream {
    OpenStream {
        socket: SocketHandle::of(stream),
        end: |socket, invocation, error| {
            let cx = Context {
                request_id: invocation.path_id.clone(),
                ..Context::default()
            };
            log::error(Some(&cx), error);
            let mut end = Vec::new();
            push_end(&mut end, Some(error));
            socket.send_last(&end);
        },
    }
}

/// Appends the line before a chunk: its length in hexadecimal.
fn push_chunk_len(out: &mut Vec<u8>, len: usize) {
    let n_bits = usize::BITS.saturating_sub(len.leading_zeros());
    for digit in (0..n_bits.div_ceil(4).max(1)).rev() {
        let [low, ..] = (len >> digit.saturating_mul(4)).to_le_bytes();
        out.push(hex_digit(low));
    }
    out.extend_from_slice(b"\r\n");
}
