//! A worker serves invocations one after another: `next`, handle, then respond or report the error.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::context::Context;
use crate::encoding::{Digits, decimal, push_decimal};
use crate::error::{Error, Result};
use crate::http1::connection::Reply;
use crate::http1::head;
use crate::log;
use crate::runtime::address::{ENDPOINT_ERROR, Endpoint};
use crate::runtime::api;
use crate::runtime::client::{Call, ExchangeError};
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
    let endpoint = match Endpoint::from_env() {
        Some(Ok(endpoint)) => {
            let _ = Worker::new(endpoint).report_to(call, error);
            return;
        }
        endpoint => endpoint,
    };
    log::error(None, error);
    if let Some(Err(error)) = endpoint {
        log::error(None, &error);
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
    /// The value of `_X_AMZN_TRACE_ID` in the environment; empty if it is not set.
    exported_trace_id: String,
}

impl Worker {
    // `inline(never)`: it is seldom called, from many places.
    #[inline(never)]
    pub(crate) fn new(endpoint: &'static Endpoint) -> Worker {
        Worker {
            pending: PendingResponse::new(endpoint),
            next_head: Vec::with_capacity(NEXT_LEN),
            reply: Vec::new(),
            cx: Context::default(),
            exported_trace_id: String::new(),
        }
    }

    /// Waits for the next invocation without a time limit. Returns the place of its event in `reply`.
    pub(crate) fn next(&mut self) -> Result<Range<usize>> {
        const CALL: [&str; 2] = ["GET", "invocation/next"];
        let mut pauses = PAUSES_MS.iter();
        loop {
            sys::flush_stdout();
            let was_connected = self.pending.client.stream.is_some();
            self.free_memory();
            self.pending.invocation.begin(&mut self.cx);
            self.pending.body.clear();
            if self.next_head.is_empty() {
                self.pending.client.endpoint.push_next(&mut self.next_head);
            }
            let pause = match self.get() {
                Ok(Reply { status: 204, .. }) => EMPTY_PAUSE_MS,
                Ok(Reply {
                    status: 200..=299,
                    body,
                    ..
                }) => {
                    self.pending.invocation.end_head(&mut self.cx);
                    if self.cx.request_id.is_empty() {
                        let problem = "reply without Lambda-Runtime-Aws-Request-Id";
                        return Err(self.error(CALL, problem));
                    }
                    return Ok(body);
                }
                // The server has closed an idle connection, as it may.
                Err(ExchangeError::Receive(error)) if was_connected && error.is_hangup() => {
                    continue;
                }
                // The server cannot go on; only a new execution environment helps.
                reply @ Ok(Reply {
                    status: 403 | 500, ..
                }) => return Err(self.exchange_failed(CALL, &reply)),
                reply => self.next_failed(CALL, &reply, pauses.next())?,
            };
            sys::sleep_ms(pause);
        }
    }

    /// Returns the pause before the next attempt to get `next`, or the error that ends the runtime after
    /// the last attempt.
    ///
    /// A reply that cannot be read is logged. If its head names the invocation, the error is posted too.
    /// But a reply that was cut off is only asked for again: Lambda hands out an event until it gets a
    /// response.
    fn next_failed(
        &mut self,
        call: [&str; 2],
        reply: &Result<Reply, ExchangeError>,
        pause: Option<&u16>,
    ) -> Result<u16> {
        let problem = self.exchange_failed(call, reply);
        if let Err(ExchangeError::Receive(error)) = reply {
            self.pending.invocation.end_head(&mut self.cx);
            if !error.is_cut() && !self.cx.request_id.is_empty() {
                self.report(&problem)?;
            } else if pause.is_some() && !self.reply.is_empty() {
                log::error(None, &problem);
            }
        }
        pause.copied().ok_or(problem)
    }

    /// Waits until Lambda has restored a snapshot of the process ("Runtime hooks for custom runtimes").
    pub(crate) fn restore_next(&mut self) -> Result<()> {
        const CALL: [&str; 2] = ["GET", api::RESTORE_NEXT];
        let endpoint = self.pending.client.endpoint;
        endpoint.push_get(&mut self.next_head, api::RESTORE_NEXT);
        // Unflushed output would become part of the snapshot.
        sys::flush_stdout();
        match self.get() {
            Ok(Reply {
                status: 200..=299, ..
            }) => Ok(()),
            reply => Err(self.exchange_failed(CALL, &reply)),
        }
    }

    /// Sets `_X_AMZN_TRACE_ID`, where X-Ray's SDKs look for the trace of the current invocation ("Using
    /// the Lambda runtime API for custom runtimes").
    pub(crate) fn set_trace_id(&mut self) {
        let trace_id = self.cx.xray_trace_id.as_deref().unwrap_or("");
        if trace_id != self.exported_trace_id {
            let name = match trace_id {
                "" => "",
                _ => api::TRACE_ID_ENTRY,
            };
            sys::set_env_entry([name.as_bytes(), trace_id.as_bytes()]);
            self.exported_trace_id.clear();
            self.exported_trace_id.push_str(trace_id);
        }
    }

    /// Calls the handler. Afterwards the response is in `self.pending`, or has been streamed.
    pub(crate) fn handle(&mut self, event: Range<usize>, handler: &dyn Handler) -> Result<()> {
        self.pending.set_null();
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
                let PendingResponse {
                    client,
                    head,
                    invocation,
                    content_type,
                    ..
                } = &mut self.pending;
                client
                    .endpoint
                    .push_response(head, invocation, content_type, len);
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
        let has_invocation = !self.pending.invocation.path_id.is_empty();
        log::error(has_invocation.then_some(&self.cx), error);
        self.pending.set_json(error);
        let PendingResponse {
            client,
            head,
            invocation,
            body,
            ..
        } = &mut self.pending;
        // The cause is part of the trace, so it is only made if there is one.
        let mut cause = String::new();
        if self.cx.xray_trace_id.is_some() {
            cause = error.xray_cause();
        }
        let error_type = error.error_type();
        client
            .endpoint
            .push_error(head, invocation, call, error_type, &cause, body.len());
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
        match reply {
            Ok(Reply {
                status: 200..=299, ..
            }) => Ok(()),
            reply => self.post_failed(call, &reply),
        }
    }

    fn post_failed(&mut self, call: &str, reply: &Result<Reply, ExchangeError>) -> Result<()> {
        let problem = self.exchange_failed(["POST", call], reply);
        // "Container error. Non-recoverable state. Runtime should exit promptly."
        if matches!(reply, Ok(Reply { status: 500.., .. })) {
            return Err(problem);
        }
        log::error(Some(&self.cx), &problem);
        Ok(())
    }

    /// Sends `next_head`, and receives the reply with its invocation.
    fn get(&mut self) -> Result<Reply, ExchangeError> {
        let PendingResponse {
            client, invocation, ..
        } = &mut self.pending;
        let sent = client.send([&self.next_head, &[], &[]], None);
        let call = Call::Next(invocation, &mut self.cx);
        client.receive(sent, self.next_head.len(), call, &mut self.reply)
    }

    fn post_once(&mut self) -> Result<Reply, ExchangeError> {
        let sent = self.pending.send();
        let len = self
            .pending
            .head
            .len()
            .saturating_add(self.pending.body.len());
        self.receive_post(sent, len)
    }

    fn receive_post(
        &mut self,
        sent: Result<(), ExchangeError>,
        request_len: usize,
    ) -> Result<Reply, ExchangeError> {
        let PendingResponse {
            client, invocation, ..
        } = &mut self.pending;
        client.receive(sent, request_len, Call::Post(invocation), &mut self.reply)
    }

    /// Frees the memory that an unusually large event or response has needed.
    fn free_memory(&mut self) {
        free_if_large(&mut self.reply);
        free_if_large(&mut self.pending.body);
        sys::trim_heap();
    }

    /// Returns the error for an exchange that failed or whose reply has an unexpected status.
    fn exchange_failed(&self, call: [&str; 2], reply: &Result<Reply, ExchangeError>) -> Error {
        let text = match reply {
            Ok(reply) => self.status_text(reply),
            Err(error) => error.text(),
        };
        self.error(call, &text)
    }

    /// Returns the status of a reply and the start of its body.
    fn status_text(&self, reply: &Reply) -> String {
        let body = head::trim(range_of(&self.reply, reply.body.clone()));
        let mut text = String::from("status ");
        push_decimal(&mut text, reply.status.into());
        text.push_str(": ");
        head::push_text(&mut text, body.get(..256).unwrap_or(body));
        text
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
    let (digits, max_digits) = (&mut Digits::default(), &mut Digits::default());
    let message = [
        "the response has ",
        decimal(len as u64, digits),
        " bytes, Lambda takes no more than ",
        decimal(api::RESPONSE_LEN_MAX as u64, max_digits),
    ];
    Error::of("Function.ResponseSizeTooLarge", &message)
}
