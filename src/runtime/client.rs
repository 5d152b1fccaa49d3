//! One connection to the Runtime API: connects, sends a request, receives its reply. It retries to connect,
//! and says whether a request can be sent again because the peer has read none of it (`worker` does that).
//!
//! A `POST` and the `next` after it are two exchanges, although one write could carry both. With two
//! system calls instead of four, the same loop served 1.22 times as many invocations a second with 0.77
//! of the CPU time (medians of paired runs). But a `next` that was sent cannot be taken back. If the
//! reply to the response is 413, the error has to be posted after a `next` that may have got its event
//! already. If it is 403 or 5xx, or the connection ends, the process must end, and Lambda has handed it
//! an event that no process will serve.

use alloc::string::String;
use alloc::vec::Vec;
use std::net::TcpStream;

use crate::context::Context;
use crate::http1::connection::{self, ReceiveError, Reply, STALL_MS};
use crate::http1::head::OnField;
use crate::runtime::address::Endpoint;
use crate::runtime::api;
use crate::runtime::invocation::Invocation;
use crate::sys::{self, Errno};

/// Time limit for making a connection, in milliseconds. The Runtime API is on the same machine.
const CONNECT_TIMEOUT_MS: u64 = 250;

/// Pause between two attempts to connect, in milliseconds.
const CONNECT_PAUSE_MS: u16 = 100;

/// Attempts to connect for a `POST` if the invocation has no deadline, or has passed it, as with some
/// emulators.
const CONNECT_TRIES: u32 = 3;

/// Attempts to connect for a `POST` before the deadline: fifteen minutes, the longest time that Lambda
/// lets a function run ("Lambda quotas"). Some emulators name a deadline months ahead.
const CONNECT_TRIES_MAX: u32 = 9000;

/// Once the peer has acknowledged every byte of a `POST`, the reply may be late by one read timeout, and by
/// one more per this many bytes. The reason is that the peer's system may hold bytes that the peer has not
/// read yet.
const LEN_PER_WAIT: usize = 64 * 1024;

/// Why an exchange failed.
#[derive(Debug)]
pub(crate) enum ExchangeError {
    Connect(Errno),
    /// The connection took this many bytes of the request, and no more.
    Send(usize, Errno),
    Receive(ReceiveError),
}

/// The result of sending a request.
pub(crate) type Sent = Result<(), ExchangeError>;

impl ExchangeError {
    /// There is no connection any more.
    pub(crate) const CLOSED: ExchangeError = ExchangeError::Receive(ReceiveError::Closed);

    pub(crate) fn text(&self) -> String {
        match self {
            ExchangeError::Connect(errno) => errno.message("cannot connect: "),
            ExchangeError::Send(_, errno) => errno.message("cannot send: "),
            ExchangeError::Receive(error) => error.text(),
        }
    }
}

/// The request whose reply is received.
#[derive(Debug)]
pub(crate) enum Call<'a> {
    /// A `GET` to which Lambda replies when there is an event, with no time limit. The header fields of the
    /// reply are read into the context.
    Next(&'a mut Invocation, &'a mut Context),
    /// A `POST` for this invocation, to which Lambda replies at once.
    Post(&'a Invocation),
}

/// A client of the Runtime API with at most one open connection.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) stream: Option<TcpStream>,
}

impl Client {
    pub(crate) const fn new(endpoint: &'static Endpoint) -> Client {
        Client {
            endpoint,
            stream: None,
        }
    }

    /// Sends `parts`, on a new connection if there is none or if the old one takes nothing. With an
    /// `invocation`, the client retries a failed connect until its deadline.
    pub(crate) fn send(&mut self, parts: [&[u8]; 3], invocation: Option<&Invocation>) -> Sent {
        if let Some(stream) = &self.stream {
            match connection::send(stream, parts) {
                Ok(()) => return Ok(()),
                // The peer had closed the connection: it took no byte.
                Err((0, _)) => {}
                Err((sent, errno)) => return Err(ExchangeError::Send(sent, errno)),
            }
        }
        let stream = self.connect(invocation)?;
        connection::send(stream, parts).map_err(|(sent, errno)| ExchangeError::Send(sent, errno))
    }

    fn connect(&mut self, invocation: Option<&Invocation>) -> Result<&TcpStream, ExchangeError> {
        let n_tries_max = || match invocation {
            // The worker asks for `next` again.
            None => 1,
            Some(invocation) if invocation.has_time_left() => CONNECT_TRIES_MAX,
            Some(_) => CONNECT_TRIES,
        };
        let mut n_tries = 0_u32;
        loop {
            // `saturating_add` is nine bytes more, and 2^32 attempts take 13 years.
            n_tries = n_tries.wrapping_add(1);
            match sys::connect(&self.endpoint.addr, CONNECT_TIMEOUT_MS, STALL_MS) {
                Ok(new) => return Ok(self.stream.insert(new)),
                Err(errno) if n_tries >= n_tries_max() => {
                    return Err(ExchangeError::Connect(errno));
                }
                Err(_) => sys::sleep_ms(CONNECT_PAUSE_MS),
            }
        }
    }

    /// Sends the first `len` bytes of a stream. Once the server has taken some, the stream cannot be
    /// sent again, because the runtime does not keep its bytes. So this notices here if the server has
    /// closed the connection while the handler was running.
    pub(crate) fn send_first(
        &mut self,
        parts: [&[u8]; 3],
        len: usize,
        invocation: &Invocation,
    ) -> Sent {
        if self.stream.as_ref().is_some_and(sys::is_stale) {
            self.stream = None;
        }
        let is_used = self.stream.is_some();
        let sent = self.send(parts, Some(invocation));
        match &self.stream {
            // The server closed it at this moment; it does not do that to a new connection.
            Some(old) if is_used && delivered_nothing(old, &sent, len) => {
                self.stream = None;
                self.send(parts, Some(invocation))
            }
            _ => sent,
        }
    }

    /// Receives a reply within one read timeout.
    pub(crate) fn receive_with(
        &mut self,
        buffer: &mut Vec<u8>,
        on_field: &mut OnField<'_>,
    ) -> Result<Reply, ExchangeError> {
        let stream = self.stream.as_ref();
        let stream = stream.ok_or(ExchangeError::CLOSED)?;
        let reply = connection::receive(
            stream,
            buffer,
            false,
            0,
            false,
            api::REPLY_LEN_MAX,
            on_field,
        )
        .map_err(ExchangeError::Receive)?;
        if reply.close {
            self.stream = None;
        }
        Ok(reply)
    }

    /// Receives the reply to a request of `request_len` bytes into `buffer`. `sent` is the result of
    /// sending it: a server may reply before it has read the whole request.
    ///
    /// # Errors
    /// `ExchangeError::Send(0, _)`: the server has closed the connection without reading any of the
    /// request, so that it may be sent again.
    pub(crate) fn receive(
        &mut self,
        sent: Sent,
        request_len: usize,
        mut call: Call<'_>,
        buffer: &mut Vec<u8>,
    ) -> Result<Reply, ExchangeError> {
        let (Some(stream), Ok(()) | Err(ExchangeError::Send(1.., _))) = (&self.stream, &sent)
        else {
            self.stream = None;
            return Err(sent.err().unwrap_or(ExchangeError::CLOSED));
        };
        let is_next = matches!(call, Call::Next(..));
        let len_max = if is_next {
            api::EVENT_LEN_MAX
        } else {
            api::REPLY_LEN_MAX
        };
        let mut n_waits = request_len / LEN_PER_WAIT;
        let reply = loop {
            let mut on_field = |name: &[u8], value: &[u8]| {
                if let Call::Next(invocation, cx) = &mut call {
                    invocation.read_field(cx, name, value);
                }
            };
            let reply =
                connection::receive(stream, buffer, is_next, 0, false, len_max, &mut on_field);
            if !matches!(reply, Err(ReceiveError::Stalled)) || !buffer.is_empty() {
                break reply;
            }
            // A slow caller: Lambda's server reads the response only as fast as the caller does.
            let has_time_left =
                matches!(call, Call::Post(invocation) if invocation.has_time_left());
            if sys::n_unacknowledged(stream) == 0 && !has_time_left {
                let Some(n) = n_waits.checked_sub(1) else {
                    break reply;
                };
                n_waits = n;
            }
        };
        let result = match reply {
            Ok(reply) if sent.is_ok() && !reply.close => return Ok(reply),
            Ok(reply) => Ok(reply),
            Err(_) if !is_next && delivered_nothing(stream, &sent, request_len) => {
                Err(ExchangeError::Send(0, Errno::BROKEN_PIPE))
            }
            Err(error) => Err(sent.err().unwrap_or(ExchangeError::Receive(error))),
        };
        self.stream = None;
        result
    }
}

/// Returns whether the server has read nothing of a request of `len` bytes; `sent` is the result of
/// sending it.
fn delivered_nothing(stream: &TcpStream, sent: &Sent, len: usize) -> bool {
    match sent {
        Ok(()) => sys::delivered_nothing(stream, len, None),
        Err(ExchangeError::Send(n, errno)) => sys::delivered_nothing(stream, *n, Some(*errno)),
        Err(_) => false,
    }
}
