//! [`Responder`]: takes the response of one invocation from the handler.

use alloc::vec::Vec;

use crate::error::Result;
use crate::json::ToJson;
use crate::runtime::api;
use crate::runtime::pending::PendingResponse;
use crate::runtime::streaming::{self, BodyWriter};

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
