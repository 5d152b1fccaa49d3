//! [`Responder`]: takes the response of one invocation from the handler.

use alloc::vec::Vec;
use core::mem;

use crate::error::Result;
use crate::json::{ToJson, Writer};
use crate::runtime::address::Endpoint;
use crate::runtime::api;
use crate::runtime::client::{Client, ExchangeError};
use crate::runtime::invocation::Invocation;
use crate::runtime::streaming::{self, BodyWriter, Stream};
use crate::runtime::worker_state::StateSlot;

/// Buffers with a larger capacity than this, in bytes, are freed when the invocation does not need them
/// any more.
const KEPT_LEN_MAX: usize = 256 << 10;

/// The response or error of the current invocation, while it is made and sent.
#[derive(Debug)]
pub(crate) struct PendingResponse {
    pub(crate) client: Client,
    pub(crate) invocation: Invocation,
    /// The head of the request. In a stream: what is sent in front of the next chunk.
    pub(crate) head: Vec<u8>,
    pub(crate) content_type: &'static str,
    /// The body of the request. In a stream: what is not sent yet.
    pub(crate) body: Vec<u8>,
    /// The state of a streamed response, once the handler has started it.
    pub(crate) stream: Option<Stream>,
    /// Where a panic that ends the process finds the invocation.
    pub(crate) state: StateSlot,
}

impl PendingResponse {
    pub(crate) fn new(endpoint: &'static Endpoint) -> PendingResponse {
        PendingResponse {
            client: Client::new(endpoint),
            invocation: Invocation::new(),
            head: Vec::new(),
            content_type: api::JSON,
            body: Vec::new(),
            stream: None,
            state: StateSlot::new(),
        }
    }

    /// Makes the response to `null`, which is the response of a handler that does not respond: callers
    /// of Lambda expect JSON.
    pub(crate) fn set_null(&mut self) {
        self.content_type = api::JSON;
        self.body.clear();
        self.body.extend_from_slice(b"null");
    }

    /// Makes `value` the body, as JSON.
    pub(crate) fn set_json<T: ToJson + ?Sized>(&mut self, value: &T) {
        self.body.clear();
        let mut w = Writer::new(mem::take(&mut self.body));
        value.to_json(&mut w);
        self.body = w.into_inner();
    }

    /// Sends head and body.
    pub(crate) fn send(&mut self) -> core::result::Result<(), ExchangeError> {
        let parts = [self.head.as_slice(), &self.body, &[]];
        self.client.send(parts, Some(&self.invocation))
    }
}

/// Frees a buffer that is unusually large.
// `inline(never)`: it is called from several places, once per invocation.
#[inline(never)]
pub(crate) fn free_if_large(buffer: &mut Vec<u8>) {
    if buffer.capacity() > KEPT_LEN_MAX {
        *buffer = Vec::new();
    }
}

/// Takes the response of one invocation. If it is dropped unused, the response is `null`.
///
/// ```
/// use tiny_lambda::{emulator, handler};
///
/// let echo = handler::streaming(|text: String, _, out| {
///     out.json(&text);
///     Ok(())
/// });
/// let reply = emulator::invoke(&echo, br#""hello""#)?;
/// assert_eq!(reply.body, br#""hello""#);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Responder<'c> {
    pending: &'c mut PendingResponse,
}

impl<'c> Responder<'c> {
    pub(crate) fn new(pending: &'c mut PendingResponse) -> Responder<'c> {
        Responder { pending }
    }

    /// Responds with `value` as JSON.
    ///
    /// ```
    /// use tiny_lambda::handler;
    ///
    /// let sum = handler::streaming(|numbers: Vec<u32>, _, out| {
    ///     out.json(&numbers.iter().sum::<u32>());
    ///     Ok(())
    /// });
    /// # let _ = sum;
    /// ```
    pub fn json<R: ToJson + ?Sized>(self, value: &R) {
        self.pending.set_json(value);
    }

    /// Responds with `body` as it is, without a copy. Its content type is `application/octet-stream`.
    ///
    /// ```
    /// use tiny_lambda::handler;
    ///
    /// let zeros = handler::streaming(|len: usize, _, out| {
    ///     out.bytes(vec![0; len]);
    ///     Ok(())
    /// });
    /// # let _ = zeros;
    /// ```
    pub fn bytes(self, body: Vec<u8>) {
        self.pending.content_type = api::BYTES;
        self.pending.body = body;
    }

    /// Starts a streamed response of up to 200 MB ("Response streaming for Lambda functions"). What is
    /// written reaches the caller while the handler runs. The runtime ends the stream when the handler
    /// returns.
    ///
    /// The caller decides whether it sees a stream: by `InvokeWithResponseStream`, or by a function URL
    /// whose invoke mode is `RESPONSE_STREAM`. Other callers receive the response in one piece.
    ///
    /// ```
    /// use std::io::Write;
    /// use tiny_lambda::handler;
    ///
    /// let count = handler::streaming(|n: u32, _, out| {
    ///     let mut body = out.start("text/plain")?;
    ///     for i in 0..n {
    ///         writeln!(body, "line {i}")?;
    ///     }
    ///     Ok(())
    /// });
    /// # let _ = count;
    /// ```
    ///
    /// # Errors
    /// `content_type` has a character that a header value cannot have.
    #[track_caller]
    pub fn start(self, content_type: &str) -> Result<BodyWriter<'c>> {
        streaming::start(self.pending, content_type)
    }

    /// Starts a streamed response to a web request: status and headers first, then the body as it is
    /// written. The header `Set-Cookie` may be given several times. The values of any other header that
    /// is given several times are joined by commas (RFC 9110, section 5.3).
    ///
    /// ```
    /// use std::io::Write;
    /// use tiny_lambda::{handler, http};
    ///
    /// let page = handler::streaming(|request: http::Request, _, out| {
    ///     let mut body = out.start_http(200, &[("Content-Type", "text/plain")])?;
    ///     writeln!(body, "You asked for {}", request.path())?;
    ///     Ok(())
    /// });
    /// # let _ = page;
    /// ```
    ///
    /// # Errors
    /// The status is not in 100 to 599, a name or value has a character that a header cannot have, or
    /// status and headers together are longer than 16 KB.
    #[track_caller]
    pub fn start_http(self, status: u16, headers: &[(&str, &str)]) -> Result<BodyWriter<'c>> {
        streaming::start_http(self.pending, status, headers)
    }
}
