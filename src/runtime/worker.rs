//! A worker serves invocations one after another: `next`, handle, then respond or report the error. It
//! sends a request again if the peer has read none of it, and pauses after a failed `next`.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

use crate::context::Context;
use crate::encoding::push_decimal;
use crate::error::{Error, Result};
use crate::http1::connection::Reply;
use crate::http1::head;
use crate::log;
use crate::runtime::address::{ENDPOINT_ERROR, Endpoint};
use crate::runtime::api;
use crate::runtime::client::{Call, ExchangeError, Sent};
use crate::runtime::handler::{Handler, range_of};
use crate::runtime::invocation::Invocation;
use crate::runtime::pending::{PendingResponse, free_if_large};
use crate::runtime::response::Responder;
use crate::sys;

/// Pauses between attempts to get `next` that fail in a row, in milliseconds. After the last one the
/// runtime ends, and Lambda starts another execution environment.
const PAUSES_MS: [u16; 2] = [50, 100];

/// Pause after an emulator has replied that there is no event (204), in milliseconds.
const EMPTY_PAUSE_MS: u16 = 10;

/// Bytes that the head of `GET next` has at most on Lambda. It is allocated once.
const NEXT_LEN: usize = 256;

/// Exit code of a process whose Init phase has failed.
pub(crate) const INIT_EXIT_STATUS: i32 = 1;

/// Logs a failure outside of invocations, posts it to `call`, and ends the process.
pub(crate) fn init_failed(call: &str, error: &Error) -> ! {
    report_init(call, error);
    sys::exit(INIT_EXIT_STATUS);
}

/// Logs a failure outside of invocations and posts it to `call`.
pub(crate) fn report_init(call: &str, error: &Error) {
    match Endpoint::from_env() {
        Some(Ok(endpoint)) => {
            let _ = Worker::new(endpoint).report_to(call, error);
        }
        #[cfg(all(debug_assertions, feature = "emulator"))]
        None => log::error(None, &error.with_place()),
        endpoint => {
            log::error(None, error);
            if let Some(Err(error)) = endpoint {
                log::error(None, &error);
            }
        }
    }
}

/// Posts that an invocation has failed whose own worker cannot do so.
pub(crate) fn report(endpoint: &'static Endpoint, invocation: &Invocation, error: &Error) {
    let mut worker = Worker::new(endpoint);
    worker.pending.invocation.set(invocation);
    worker.cx.request_id.clone_from(&invocation.path_id);
    let _ = worker.report(error);
}

/// Serves invocations one at a time, on a connection of its own.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) pending: PendingResponse,
    /// The head of `GET next`, which is the same each time.
    next_head: Vec<u8>,
    /// The reply that was received last. The handler reads the event in it without a copy.
    reply: Vec<u8>,
    pub(crate) cx: Context,
}

impl Worker {
    // `inline(never)`: it is seldom called, from many places.
    #[inline(never)]
    pub(crate) fn new(endpoint: &'static Endpoint) -> Worker {
        let mut next_head = Vec::with_capacity(NEXT_LEN);
        endpoint.push_get(&mut next_head, api::NEXT);
        Worker {
            pending: PendingResponse::new(endpoint),
            next_head,
            reply: Vec::new(),
            cx: Context::default(),
        }
    }

    /// Waits for the next invocation without a time limit. Returns the place of its event in `reply`.
    pub(crate) fn next(&mut self) -> Result<Range<usize>> {
        let mut pauses = PAUSES_MS.iter();
        loop {
            sys::flush_stdout();
            let was_connected = self.pending.client.stream.is_some();
            // The memory that an unusually large event or response has needed.
            free_if_large(&mut self.reply);
            free_if_large(&mut self.pending.body);
            sys::trim_heap();
            log::end_invocation(&self.cx);
            self.pending.invocation.begin(&mut self.cx);
            self.pending.body.clear();
            let pause = match self.get() {
                Ok(reply) if reply.status == 204 => EMPTY_PAUSE_MS,
                Ok(reply) if reply.is_success() => {
                    self.pending.invocation.end_head(&mut self.cx);
                    if self.cx.request_id.is_empty() {
                        let problem = "reply without Lambda-Runtime-Aws-Request-Id";
                        return Err(self.error(["GET", api::NEXT], problem));
                    }
                    return Ok(reply.body);
                }
                // The server has closed an idle connection, as it may.
                Err(ExchangeError::Receive(error)) if was_connected && error.is_hangup() => {
                    continue;
                }
                reply => self.next_failed(&reply, pauses.next())?,
            };
            sys::sleep_ms(pause);
        }
    }

    /// Returns the pause before the next attempt to get `next`, or the error that ends the runtime after
    /// the last attempt. After status 403 or 500 only a new execution environment helps.
    ///
    /// A reply that cannot be read is logged. If its head names the invocation, the error is posted too.
    /// After a reply that was cut off, the runtime only sends `next` again: Lambda hands out the same event
    /// until it gets a response.
    fn next_failed(
        &mut self,
        reply: &Result<Reply, ExchangeError>,
        pause: Option<&u16>,
    ) -> Result<u16> {
        let mut problem = self.exchange_failed(["GET", api::NEXT], reply);
        match reply {
            Ok(reply) if matches!(reply.status, 403 | 500) => return Err(problem),
            Err(ExchangeError::Receive(error)) => {
                self.pending.invocation.end_head(&mut self.cx);
                if !error.is_cut() && !self.cx.request_id.is_empty() {
                    self.report(&problem)?;
                    problem.set_logged();
                } else if pause.is_some() && !self.reply.is_empty() {
                    log::error(None, &problem);
                }
            }
            _ => {}
        }
        pause.copied().ok_or(problem)
    }

    /// Waits until Lambda has restored a snapshot of the process ("Runtime hooks for custom runtimes").
    pub(crate) fn restore_next(&mut self) -> Result<()> {
        let endpoint = self.pending.client.endpoint;
        endpoint.push_get(&mut self.next_head, api::RESTORE_NEXT);
        // Unflushed output would become part of the snapshot.
        sys::flush_stdout();
        match self.get() {
            Ok(reply) if reply.is_success() => Ok(()),
            reply => Err(self.exchange_failed(["GET", api::RESTORE_NEXT], &reply)),
        }
    }

    /// Sets `_X_AMZN_TRACE_ID`, where X-Ray's SDKs look for the trace of the current invocation ("Using
    /// the Lambda runtime API for custom runtimes").
    pub(crate) fn set_trace_id(&mut self) {
        if mem::take(&mut self.pending.invocation.has_new_texts) {
            let entry = match &self.cx.xray_trace_id {
                Some(trace_id) => [api::TRACE_ID_ENTRY.as_bytes(), trace_id.as_bytes()],
                None => [b"".as_slice(), b""],
            };
            sys::set_env_entry(entry);
        }
    }

    /// Calls the handler. Afterwards the response is in `self.pending`, or has been streamed.
    pub(crate) fn handle(&mut self, event: Range<usize>, handler: &dyn Handler) -> Result<()> {
        // The response of a handler that does not respond: callers of Lambda expect JSON.
        self.pending.content_type = api::JSON;
        self.pending.body.clear();
        self.pending.body.extend_from_slice(b"null");
        let out = Responder::new(&mut self.pending);
        handler.handle_in_place(&mut self.reply, event, &self.cx, out)
    }

    /// Posts the response if `result` is `Ok`, and the error otherwise. If Lambda refuses the response,
    /// the refusal is logged and the next invocation is served.
    ///
    /// # Errors
    /// The server says that it has failed (5xx), so that the runtime has to end.
    pub(crate) fn respond(&mut self, result: Result<()>) -> Result<()> {
        if let Some(stream) = &self.pending.stream {
            return match (stream.finish)(&mut self.pending, &self.cx, result) {
                Ok((sent, len)) => {
                    let reply = self.receive_post(sent, len);
                    self.check_reply("response", reply)
                }
                Err(error) => self.report(&error),
            };
        }
        let len = self.pending.body.len();
        match result {
            Ok(()) if len <= api::RESPONSE_LEN_MAX => {
                let pending = &mut self.pending;
                pending.client.endpoint.push_response(
                    &mut pending.head,
                    &pending.invocation,
                    pending.content_type,
                    len,
                );
                self.post("response")
            }
            Ok(()) => self.report(&too_large(len)),
            Err(error) => self.report(&error),
        }
    }

    /// Logs the invocation's error and posts it.
    fn report(&mut self, error: &Error) -> Result<()> {
        self.report_to("error", error)
    }

    /// Logs an error and posts it as the error of the current invocation, or to `call` if there is none.
    pub(crate) fn report_to(&mut self, call: &str, error: &Error) -> Result<()> {
        // Outside of an invocation the context has no request ID.
        log::error(Some(&self.cx), error);
        let pending = &mut self.pending;
        pending.set_json(error);
        // The cause is part of the trace, so it is only made if there is one.
        let trace_id = self.cx.xray_trace_id.as_ref();
        let cause = trace_id.map_or_else(String::new, |_| error.xray_cause());
        pending.client.endpoint.push_error(
            &mut pending.head,
            &pending.invocation,
            call,
            error.error_type(),
            &cause,
            pending.body.len(),
        );
        self.post(call)
    }

    /// Posts the head and body in `self.pending`.
    fn post(&mut self, call: &str) -> Result<()> {
        let reply = match self.post_once() {
            // The server had closed the connection while the handler was running, as it may. It has read
            // nothing of the request, so it is sent again; a request of which it has read a part is not,
            // since an invocation is served at most once.
            Err(ExchangeError::Send(0, _)) => self.post_once(),
            reply => reply,
        };
        self.check_reply(call, reply)
    }

    fn check_reply(&mut self, call: &str, reply: Result<Reply, ExchangeError>) -> Result<()> {
        if reply.as_ref().is_ok_and(Reply::is_success) {
            return Ok(());
        }
        let problem = self.exchange_failed(["POST", call], &reply);
        // "Container error. Non-recoverable state. Runtime should exit promptly."
        if reply.is_ok_and(|reply| reply.status >= 500) {
            return Err(problem);
        }
        log::error(Some(&self.cx), &problem);
        Ok(())
    }

    /// Sends `next_head`, and receives the reply with its invocation.
    fn get(&mut self) -> Result<Reply, ExchangeError> {
        let client = &mut self.pending.client;
        let sent = client.send([&self.next_head, &[], &[]], None);
        let call = Call::Next(&mut self.pending.invocation, &mut self.cx);
        client.receive(sent, self.next_head.len(), call, &mut self.reply)
    }

    fn post_once(&mut self) -> Result<Reply, ExchangeError> {
        let pending = &mut self.pending;
        let parts = [pending.head.as_slice(), &pending.body, &[]];
        let len = parts.iter().map(|part| part.len()).sum();
        let sent = pending.client.send(parts, Some(&pending.invocation));
        self.receive_post(sent, len)
    }

    fn receive_post(&mut self, sent: Sent, request_len: usize) -> Result<Reply, ExchangeError> {
        let call = Call::Post(&self.pending.invocation);
        let client = &mut self.pending.client;
        client.receive(sent, request_len, call, &mut self.reply)
    }

    /// Returns the error for an exchange that failed or whose reply has an unexpected status.
    fn exchange_failed(&self, call: [&str; 2], reply: &Result<Reply, ExchangeError>) -> Error {
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => return self.error(call, &error.text()),
        };
        let mut text = String::from("status ");
        push_decimal(&mut text, reply.status.into());
        text.push_str(": ");
        let body = head::trim(range_of(&self.reply, reply.body.clone()));
        head::push_text(&mut text, body.get(..256).unwrap_or(body));
        self.error(call, &text)
    }

    fn error(&self, [method, call]: [&str; 2], problem: &str) -> Error {
        let authority = self.pending.client.endpoint.authority;
        Error::of(
            ENDPOINT_ERROR,
            &[
                "Runtime API at ",
                authority,
                ": ",
                method,
                " ",
                call,
                ": ",
                problem,
            ],
        )
    }
}

fn too_large(len: usize) -> Error {
    let mut message = String::from("the response has ");
    push_decimal(&mut message, len as u64);
    message.push_str(" bytes, Lambda takes no more than ");
    push_decimal(&mut message, api::RESPONSE_LEN_MAX as u64);
    Error::of("Function.ResponseSizeTooLarge", &[&message])
}
