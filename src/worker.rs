//! A worker: one connection to the Runtime API, and what is said on it.
//!
//! A response and the `next` behind it are two exchanges, although one write could carry both: with
//! two system calls instead of four, the same loop served 1.22 times as many invocations a second,
//! with 0.77 of the CPU time (medians of paired runs). But a `next` that is sent cannot be taken
//! back. When the answer to the response in front of it is 413, the error that has to follow stands
//! behind a `next` that may have been answered already; when it is 403 or 5xx, or the connection
//! ends, the process must end, and Lambda has handed it an event that nobody will serve.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::api::{self, Endpoint, Invocation};
use crate::encoding::{Digits, decimal, push_decimal};
use crate::http1::connection::{self, Fault, Reply};
use crate::http1::head;
use crate::response::{self, Outbox, Trouble};
use crate::sys::Errno;
use crate::{Context, Error, Handler, Responder, Result, log, sys};

/// Pauses between attempts to get `next` that fail in a row, in milliseconds; after the last one the runtime ends,
/// and with it the execution environment, which is how Lambda heals.
const PAUSES_MS: [u16; 2] = [50, 100];

/// Pause after an emulator has said that it has nothing to deliver (204), in milliseconds.
const EMPTY_PAUSE_MS: u16 = 10;

/// The reply to an answer of which the peer has acknowledged every byte may be late by one read timeout, and
/// by one more for so many bytes: the peer's system may hold bytes that the peer has not read yet.
const LEN_PER_WAIT: usize = 64 * 1024;

/// Room for the head of `GET next` on Lambda, in bytes: it is made in one piece.
const NEXT_LEN: usize = 256;

/// What is wrong with an invocation that cannot be answered.
const NAMELESS: &str = "reply without Lambda-Runtime-Aws-Request-Id";

/// Exit code of a process whose Init phase has failed.
pub(crate) const INIT_EXIT_STATUS: i32 = 1;

/// Ends the process over a failure outside of invocations, which is posted to `call`, once.
pub(crate) fn init_failed(call: &str, error: &Error) -> ! {
    report_init(call, error);
    sys::exit(INIT_EXIT_STATUS);
}

/// Logs and posts such a failure.
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

/// Posts that an invocation has failed, from outside of its worker, which is lost.
pub(crate) fn report(endpoint: &'static Endpoint, invocation: &Invocation, error: &Error) {
    let mut worker = Worker::new(endpoint);
    worker.out.invocation.set(invocation);
    worker.cx.request_id.clone_from(&invocation.path_id);
    let _ = worker.report(error);
}

/// Serves invocations one at a time, on a connection of its own.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) out: Outbox,
    /// The head of `GET next`, which is the same each time.
    next: Vec<u8>,
    /// The reply that came last; an event is read from here without a copy.
    inbox: Vec<u8>,
    pub(crate) cx: Context,
}

impl Worker {
    // Seldom called, and from many places.
    #[inline(never)]
    pub(crate) fn new(endpoint: &'static Endpoint) -> Worker {
        Worker {
            out: Outbox::new(endpoint),
            next: Vec::with_capacity(NEXT_LEN),
            inbox: Vec::new(),
            cx: Context::default(),
        }
    }

    /// Waits for the next invocation, for as long as it takes: where its event stands.
    pub(crate) fn next(&mut self) -> Result<Range<usize>> {
        const CALL: [&str; 2] = ["GET", "invocation/next"];
        let mut pauses = PAUSES_MS.iter();
        loop {
            sys::flush_stdout();
            let was_connected = self.out.stream.is_some();
            self.give_back();
            self.out.invocation.begin(&mut self.cx);
            self.out.body.clear();
            if self.next.is_empty() {
                self.out.endpoint.push_next(&mut self.next);
            }
            let pause = match self.exchange(true) {
                Ok(Reply { status: 204, .. }) => EMPTY_PAUSE_MS,
                Ok(Reply {
                    status: 200..=299,
                    body,
                    ..
                }) => {
                    self.out.invocation.end(&mut self.cx);
                    if self.cx.request_id.is_empty() {
                        return Err(self.error(CALL, NAMELESS));
                    }
                    return Ok(body);
                }
                // The server has closed an idle connection, as it may.
                Err(Trouble::Receive(fault)) if was_connected && fault.is_hangup() => continue,
                // The server's state is broken, which nothing heals but a new one.
                reply @ Ok(Reply {
                    status: 403 | 500, ..
                }) => return Err(self.problem(CALL, &reply)),
                reply => self.next_failed(CALL, &reply, pauses.next())?,
            };
            sys::pause(pause);
        }
    }

    /// Returns the pause until `next` is asked for again, or the error that ends the runtime if there is
    /// none. A reply that cannot be read is logged, and posted as the error of its invocation if it says
    /// which. One that was cut off is only asked for again: Lambda hands out an event until it is
    /// answered.
    fn next_failed(
        &mut self,
        call: [&str; 2],
        reply: &Result<Reply, Trouble>,
        pause: Option<&u16>,
    ) -> Result<u16> {
        let problem = self.problem(call, reply);
        if let Err(Trouble::Receive(fault)) = reply {
            self.out.invocation.end(&mut self.cx);
            if !fault.is_cut() && !self.cx.request_id.is_empty() {
                self.report(&problem)?;
            } else if pause.is_some() && !self.inbox.is_empty() {
                log::error(None, &problem);
            }
        }
        pause.copied().ok_or(problem)
    }

    /// Waits until a snapshot that Lambda has taken is restored ("Runtime hooks for custom
    /// runtimes").
    pub(crate) fn restore_next(&mut self) -> Result<()> {
        const CALL: [&str; 2] = ["GET", api::RESTORE_NEXT];
        self.out
            .endpoint
            .push_get(&mut self.next, api::RESTORE_NEXT);
        // What waits there would become part of the snapshot.
        sys::flush_stdout();
        match self.exchange(true) {
            Ok(Reply {
                status: 200..=299, ..
            }) => Ok(()),
            reply => Err(self.problem(CALL, &reply)),
        }
    }

    /// Names the trace of this invocation where X-Ray's SDKs look for it ("Using the Lambda runtime
    /// API for custom runtimes").
    pub(crate) fn set_trace_id(&mut self) {
        if self.out.invocation.takes_new_trace() {
            // One that has come is not empty.
            let (name, trace_id) = match &self.cx.xray_trace_id {
                Some(trace_id) => (api::TRACE_ID_ENTRY, trace_id.as_str()),
                None => ("", ""),
            };
            sys::set_env([name.as_bytes(), trace_id.as_bytes()]);
        }
    }

    /// Calls the handler; the response is then in `self.out`, or on its way.
    pub(crate) fn handle(&mut self, event: Range<usize>, handler: &dyn Handler) -> Result<()> {
        // What a handler that says nothing has said: Lambda's callers expect JSON.
        self.out.content_type = api::JSON;
        self.out.body.clear();
        self.out.body.extend_from_slice(b"null");
        let out = Responder::new(&mut self.out);
        handler.take(&mut self.inbox, event, &self.cx, out)
    }

    /// Posts the response, or else the error. What Lambda does not take is logged, and is no
    /// reason to end; only a server that says it has failed is.
    pub(crate) fn answer(&mut self, result: Result<()>) -> Result<()> {
        if let Some(streaming) = &self.out.streaming {
            return match (streaming.end)(&mut self.out, &self.cx, result) {
                Ok(sent) => {
                    let reply = self.receive(sent, false, self.out.stream_len);
                    self.conclude("response", reply)
                }
                Err(error) => self.report(&error),
            };
        }
        let len = self.out.body.len();
        match result {
            Ok(()) if len <= api::RESPONSE_LEN_MAX => {
                let Outbox {
                    endpoint,
                    head,
                    invocation,
                    content_type,
                    ..
                } = &mut self.out;
                endpoint.push_response(head, invocation, content_type, len);
                self.post("response")
            }
            Ok(()) => self.report(&too_large(len)),
            Err(error) => self.report(&error),
        }
    }

    /// Logs an error of the handler and posts it.
    fn report(&mut self, error: &Error) -> Result<()> {
        self.report_to("error", error)
    }

    /// Logs an error and posts it: as that of the invocation, or to `call` if there is none yet.
    pub(crate) fn report_to(&mut self, call: &str, error: &Error) -> Result<()> {
        let has_invocation = !self.out.invocation.path_id.is_empty();
        log::error(has_invocation.then_some(&self.cx), error);
        self.out.set_json(error);
        let Outbox {
            endpoint,
            head,
            invocation,
            body,
            ..
        } = &mut self.out;
        // Nobody looks for the cause where nothing is traced.
        let mut cause = String::new();
        if self.cx.xray_trace_id.is_some() {
            cause = error.xray_cause();
        }
        let error_type = error.error_type();
        endpoint.push_error(head, invocation, call, error_type, &cause, body.len());
        self.post(call)
    }

    /// Posts what stands in `self.out`. Sent again only if nothing of it was: serving is at most
    /// once.
    fn post(&mut self, call: &str) -> Result<()> {
        let reply = match self.exchange(false) {
            // The server had closed the connection while the handler was at work, as it may.
            Err(Trouble::Send(0, _)) => self.exchange(false),
            reply => reply,
        };
        self.conclude(call, reply)
    }

    fn conclude(&mut self, call: &str, reply: Result<Reply, Trouble>) -> Result<()> {
        match reply {
            Ok(Reply {
                status: 200..=299, ..
            }) => Ok(()),
            reply => self.failed(call, &reply),
        }
    }

    fn failed(&mut self, call: &str, reply: &Result<Reply, Trouble>) -> Result<()> {
        let problem = self.problem(["POST", call], reply);
        // "Container error. Non-recoverable state. Runtime should exit promptly."
        if matches!(reply, Ok(Reply { status: 500.., .. })) {
            return Err(problem);
        }
        log::error(Some(&self.cx), &problem);
        Ok(())
    }

    /// Sends `GET next` or what stands in `self.out`, and receives the reply; that of `next`
    /// carries an invocation.
    fn exchange(&mut self, is_next: bool) -> Result<Reply, Trouble> {
        let sent = if is_next {
            response::send(
                self.out.endpoint,
                &mut self.out.stream,
                None,
                [&self.next, &[], &[]],
            )
        } else {
            self.out.send()
        };
        let len = self.out.head.len().wrapping_add(self.out.body.len());
        self.receive(sent, is_next, len)
    }

    /// Receives the reply to a request of `len` bytes, or what has come of one of which the peer took
    /// only a part.
    fn receive(
        &mut self,
        sent: Result<(), Trouble>,
        is_next: bool,
        len: usize,
    ) -> Result<Reply, Trouble> {
        let Outbox {
            stream: kept,
            invocation,
            ..
        } = &mut self.out;
        let (Some(stream), Ok(()) | Err(Trouble::Send(1.., _))) = (&*kept, &sent) else {
            *kept = None;
            return Err(sent.err().unwrap_or(Trouble::Receive(Fault::Closed)));
        };
        let len_max = if is_next {
            api::EVENT_LEN_MAX
        } else {
            api::REPLY_LEN_MAX
        };
        let mut n_waits = len / LEN_PER_WAIT;
        let reply = loop {
            let mut on_field = |name: &[u8], value: &[u8]| {
                if is_next {
                    invocation.take(&mut self.cx, name, value);
                }
            };
            let inbox = &mut self.inbox;
            let reply = connection::receive(stream, inbox, is_next, len_max, &mut on_field);
            if !matches!(reply, Err(Fault::Stalled)) || !inbox.is_empty() {
                break reply;
            }
            if sys::n_unacknowledged(stream) == 0 && !invocation.has_time_left() {
                if n_waits == 0 {
                    break reply;
                }
                n_waits = n_waits.wrapping_sub(1);
            }
        };
        let (len, errno) = match &sent {
            Err(Trouble::Send(n, errno)) => (*n, Some(*errno)),
            _ => (len, None),
        };
        let result = match reply {
            Ok(reply) if sent.is_ok() && !reply.close => return Ok(reply),
            // A server may answer before it has read the whole request, and close.
            Ok(reply) => Ok(reply),
            Err(_) if !is_next && sys::has_taken_nothing(stream, len, errno) => {
                Err(Trouble::Send(0, Errno::BROKEN_PIPE))
            }
            Err(fault) => Err(sent.err().unwrap_or(Trouble::Receive(fault))),
        };
        *kept = None;
        result
    }

    /// Gives back what an unusually large event or response has needed.
    fn give_back(&mut self) {
        response::give_back(&mut self.inbox);
        response::give_back(&mut self.out.body);
        sys::trim_heap();
    }

    /// What has failed, or what the server has said where it should have said yes.
    fn problem(&self, call: [&str; 2], reply: &Result<Reply, Trouble>) -> Error {
        let text = match reply {
            Ok(reply) => self.refusal(reply),
            Err(trouble) => trouble.text(),
        };
        self.error(call, &text)
    }

    fn refusal(&self, reply: &Reply) -> String {
        let body = self.inbox.get(reply.body.clone()).unwrap_or_default();
        let body = head::trim(body);
        let mut text = String::from("status ");
        push_decimal(&mut text, reply.status.into());
        text.push_str(": ");
        head::push_text(&mut text, body.get(..256).unwrap_or(body));
        text
    }

    fn error(&self, [method, call]: [&str; 2], problem: &str) -> Error {
        let authority = self.out.endpoint.authority;
        Error::of(
            api::ENDPOINT_ERROR,
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
