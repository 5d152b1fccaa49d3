//! The response of the current invocation while it is made and sent: its buffers, and the state of its
//! stream.

use alloc::vec::Vec;
use core::mem;

use crate::context::Context;
use crate::error::Result;
use crate::json::{ToJson, Writer};
use crate::runtime::address::Endpoint;
use crate::runtime::api;
use crate::runtime::client::{Client, Sent};
use crate::runtime::invocation::Invocation;
use crate::runtime::worker_state::StateSlot;
use crate::sys::Errno;

/// Buffers with a larger capacity than this, in bytes, are freed when the invocation does not need them
/// any more.
const KEPT_LEN_MAX: usize = 256 << 10;

/// The response or error of the current invocation, while it is made and sent.
#[derive(Debug)]
pub(crate) struct PendingResponse {
    pub(crate) client: Client,
    pub(crate) invocation: Invocation,
    /// The head of the request. In a stream: the bytes that are sent before the next chunk.
    pub(crate) head: Vec<u8>,
    pub(crate) content_type: &'static str,
    /// The body of the request. In a stream: the bytes that are not sent yet.
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

    /// Returns whether the head of a streamed response has been sent.
    pub(crate) fn has_begun(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.has_begun)
    }

    /// Makes `value` the body, as JSON.
    pub(crate) fn set_json<T: ToJson + ?Sized>(&mut self, value: &T) {
        self.body.clear();
        let mut w = Writer::new(mem::take(&mut self.body));
        value.to_json(&mut w);
        self.body = w.into_inner();
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

/// The state of a streamed response.
#[derive(Debug)]
pub(crate) struct Stream {
    /// Its head has been sent, so that the invocation cannot get another response.
    pub(crate) has_begun: bool,
    /// Why the connection has failed.
    pub(crate) error: Option<Errno>,
    /// Bytes that were sent, in chunked framing.
    pub(crate) sent_len: usize,
    /// `streaming::finish`. It is called through this pointer so that a function that never streams does not
    /// contain it: 1.9 KB of the zip. The plain form is a direct call.
    pub(crate) finish: Finish,
}

/// Sends the end of a stream, with error trailers if the handler failed. Returns the handler's error if
/// nothing of the stream was sent, so that the worker posts it. Otherwise returns the result of sending,
/// and how many bytes were sent in all.
pub(crate) type Finish = fn(&mut PendingResponse, &Context, Result<()>) -> Result<(Sent, usize)>;
