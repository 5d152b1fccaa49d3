//! [`Responder`]: how a handler answers.

use alloc::vec::Vec;
use core::mem;

use crate::api::{BYTES, JSON};
use crate::json::{ToJson, Writer};

/// A response on its way out.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) content_type: &'static str,
    /// Its room is kept from one invocation to the next.
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) const fn new() -> Response {
        Response {
            content_type: JSON,
            body: Vec::new(),
        }
    }

    /// Becomes `value` in JSON.
    pub(crate) fn set_json<T: ToJson + ?Sized>(&mut self, value: &T) {
        self.content_type = JSON;
        self.body.clear();
        let mut w = Writer::new(mem::take(&mut self.body));
        value.to_json(&mut w);
        self.body = w.into_inner();
    }
}

/// Takes the response to one invocation. One that is dropped unused answers `null`.
#[derive(Debug)]
pub struct Responder<'c> {
    pub(crate) response: &'c mut Response,
}

impl Responder<'_> {
    /// Answers with `value` in JSON.
    pub fn json<R: ToJson + ?Sized>(self, value: &R) {
        self.response.set_json(value);
    }

    /// Answers with bytes as they are, without a copy.
    pub fn bytes(self, body: Vec<u8>) {
        self.response.content_type = BYTES;
        self.response.body = body;
    }
}
