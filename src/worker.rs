//! A worker: one connection to the Runtime API, and what is said on it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use std::io;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::api::{self, Endpoint, Invocation};
use crate::http1::connection::{self, Fault, Reply};
use crate::http1::head;
use crate::response::Response;
use crate::{Context, Error, Handler, Responder, Result, log, sys};

/// How long a connection may take to be made. The Runtime API is on the same machine.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(250);

/// Pauses between attempts to get `next` that fail in a row; after the last one the runtime ends,
/// and with it the execution environment, which is how Lambda heals.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(100)];

/// Pause after an emulator has said that it has nothing to deliver (204).
const EMPTY_PAUSE: Duration = Duration::from_millis(10);

/// Buffers longer than this are given back after the invocation that needed them, in bytes.
const KEPT_LEN_MAX: usize = 256 << 10;

/// Posts a failure of the Init phase.
#[cold]
pub(crate) fn report_init(endpoint: &Endpoint, error: &Error) {
    let mut worker = Worker::new(endpoint);
    worker.response.set_json(error);
    let len = worker.response.body.len();
    endpoint.push_init_error(&mut worker.head, error.error_type(), len);
    let _ = worker.post("init/error");
}

/// Posts that an invocation has failed, from outside of its worker, which is lost.
#[cold]
#[cfg(panic = "abort")]
pub(crate) fn report(endpoint: &Endpoint, invocation: &Invocation, error: &Error) {
    let mut worker = Worker::new(endpoint);
    worker.invocation.set(invocation);
    worker.cx.request_id.clone_from(&invocation.path_id);
    let _ = worker.report(error);
}

/// Serves invocations one at a time, on a connection of its own.
#[derive(Debug)]
pub(crate) struct Worker<'r> {
    pub(crate) endpoint: &'r Endpoint,
    stream: Option<TcpStream>,
    /// The reply that came last; an event is read from here without a copy.
    inbox: Vec<u8>,
    /// The head of the request on its way out.
    head: Vec<u8>,
    response: Response,
    pub(crate) invocation: Invocation,
    cx: Context,
}

/// Why an exchange failed.
#[derive(Debug)]
enum Trouble {
    Connect(io::Error),
    /// The connection took this many bytes of the request.
    Send(usize, io::Error),
    Receive(Fault),
}

impl Trouble {
    /// Whether the peer cannot have got any of the request.
    fn is_before_request(&self) -> bool {
        matches!(self, Trouble::Connect(_) | Trouble::Send(0, _))
    }

    /// Whether the peer may just have closed a connection that it had kept open for a while.
    fn is_hangup(&self) -> bool {
        match self {
            Trouble::Send(..) | Trouble::Receive(Fault::Closed) => true,
            Trouble::Receive(Fault::Io(error)) => {
                matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
                )
            }
            Trouble::Connect(_) | Trouble::Receive(_) => false,
        }
    }

    #[cold]
    fn describe(&self) -> String {
        match self {
            Trouble::Connect(error) => format!("cannot connect: {error}"),
            Trouble::Send(_, error) => format!("cannot send: {error}"),
            Trouble::Receive(fault) => format!("{fault}"),
        }
    }
}

impl<'r> Worker<'r> {
    pub(crate) fn new(endpoint: &'r Endpoint) -> Worker<'r> {
        Worker {
            endpoint,
            stream: None,
            inbox: Vec::new(),
            head: Vec::new(),
            response: Response::new(),
            invocation: Invocation::new(),
            cx: Context::default(),
        }
    }

    /// Waits for the next invocation, for as long as it takes: where its event stands.
    pub(crate) fn next(&mut self) -> Result<Range<usize>> {
        const CALL: &str = "GET invocation/next";
        let mut pauses = PAUSES.iter();
        loop {
            let was_connected = self.stream.is_some();
            self.give_back();
            self.invocation.begin(&mut self.cx);
            self.response.body.clear();
            self.endpoint.push_next(&mut self.head);
            let problem = match self.exchange(true) {
                Ok(Reply { status: 204, .. }) => {
                    thread::sleep(EMPTY_PAUSE);
                    continue;
                }
                Ok(Reply {
                    status: 200..=299,
                    body,
                    ..
                }) => {
                    Invocation::end(&mut self.cx);
                    if self.cx.request_id.is_empty() {
                        return Err(
                            self.problem(CALL, "reply without Lambda-Runtime-Aws-Request-Id")
                        );
                    }
                    return Ok(body);
                }
                Ok(reply) => {
                    let problem = self.refusal(&reply);
                    // The server's state is broken, which nothing heals but a new one.
                    if matches!(reply.status, 403 | 500) {
                        return Err(self.problem(CALL, &problem));
                    }
                    problem
                }
                // The server has closed an idle connection, as it may.
                Err(trouble) if was_connected && trouble.is_hangup() => continue,
                Err(trouble) => trouble.describe(),
            };
            match pauses.next() {
                Some(pause) => thread::sleep(*pause),
                None => return Err(self.problem(CALL, &problem)),
            }
        }
    }

    /// Calls the handler; the response is then in `self.response`.
    pub(crate) fn handle(&mut self, event: Range<usize>, handler: &dyn Handler) -> Result<()> {
        // What a handler that says nothing has said: Lambda's callers expect JSON.
        self.response.set_json(&());
        let event = self.inbox.get(event).unwrap_or_default();
        let responder = Responder {
            response: &mut self.response,
        };
        handler.handle(event, &self.cx, responder)
    }

    /// Posts the response, or else the error. What Lambda does not take is logged, and is no
    /// reason to end; only a server that says it has failed is.
    pub(crate) fn answer(&mut self, result: Result<()>) -> Result<()> {
        let len = self.response.body.len();
        match result {
            Ok(()) if len <= api::RESPONSE_LEN_MAX => {
                let content_type = self.response.content_type;
                self.endpoint
                    .push_response(&mut self.head, &self.invocation, content_type, len);
                self.post("response")
            }
            Ok(()) => self.report(&too_large(len)),
            Err(error) => self.report(&error),
        }
    }

    /// Logs an error of the handler and posts it.
    #[cold]
    fn report(&mut self, error: &Error) -> Result<()> {
        log::error(
            &self.cx.request_id,
            &[error.error_type(), ": ", error.error_message()],
        );
        self.response.set_json(error);
        let len = self.response.body.len();
        self.endpoint
            .push_error(&mut self.head, &self.invocation, error.error_type(), len);
        self.post("error")
    }

    /// Posts `self.head` and the body. Sent again only if nothing of it was: serving is at most
    /// once.
    fn post(&mut self, call: &str) -> Result<()> {
        let mut sent = self.exchange(false);
        if sent.as_ref().is_err_and(Trouble::is_before_request) {
            sent = self.exchange(false);
        }
        match sent {
            Ok(Reply {
                status: 200..=299, ..
            }) => Ok(()),
            Ok(reply) => self.refused(call, &reply),
            Err(trouble) => {
                let problem = self.problem(&format!("POST {call}"), &trouble.describe());
                log::error(&self.cx.request_id, &[problem.error_message()]);
                Ok(())
            }
        }
    }

    #[cold]
    fn refused(&mut self, call: &str, reply: &Reply) -> Result<()> {
        let problem = self.problem(&format!("POST {call}"), &self.refusal(reply));
        // "Container error. Non-recoverable state. Runtime should exit promptly."
        if reply.status >= 500 {
            return Err(problem);
        }
        log::error(&self.cx.request_id, &[problem.error_message()]);
        Ok(())
    }

    /// Sends `self.head` with the response's body, and receives the reply; that of `next` carries
    /// an invocation.
    fn exchange(&mut self, is_next: bool) -> Result<Reply, Trouble> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => sys::connect(self.endpoint.addr, CONNECT_TIMEOUT).map_err(Trouble::Connect)?,
        };
        let sent = connection::send(&stream, &self.head, &self.response.body);
        if let Err((0, error)) = sent {
            return Err(Trouble::Send(0, error));
        }
        let (invocation, cx) = (&mut self.invocation, &mut self.cx);
        let mut on_field = |name: &[u8], value: &[u8]| {
            if is_next {
                invocation.take(cx, name, value);
            }
        };
        let len_max = if is_next {
            api::EVENT_LEN_MAX
        } else {
            api::REPLY_LEN_MAX
        };
        let reply = connection::receive(&stream, &mut self.inbox, len_max, &mut on_field);
        match (sent, reply) {
            // A server may answer before it has read the whole request, and close.
            (Err(_), Ok(reply)) => Ok(reply),
            (Err((sent, error)), Err(_)) => Err(Trouble::Send(sent, error)),
            (Ok(()), Ok(reply)) => {
                if !reply.close {
                    self.stream = Some(stream);
                }
                Ok(reply)
            }
            (Ok(()), Err(fault)) => Err(Trouble::Receive(fault)),
        }
    }

    /// Gives back what an unusually large event or response has needed.
    fn give_back(&mut self) {
        for buffer in [&mut self.inbox, &mut self.response.body] {
            if buffer.capacity() > KEPT_LEN_MAX {
                *buffer = Vec::new();
            }
        }
    }

    /// What the server has said where it should have said yes.
    #[cold]
    fn refusal(&self, reply: &Reply) -> String {
        let body = self.inbox.get(reply.body.clone()).unwrap_or_default();
        let body = body.trim_ascii();
        let mut text = format!("status {}: ", reply.status);
        head::push_text(&mut text, body.get(..256).unwrap_or(body));
        text
    }

    #[cold]
    fn problem(&self, call: &str, problem: &str) -> Error {
        let authority = &self.endpoint.authority;
        Error::new(
            api::ENDPOINT_ERROR,
            format_args!("Runtime API at {authority}: {call}: {problem}"),
        )
    }
}

#[cold]
fn too_large(len: usize) -> Error {
    let max = api::RESPONSE_LEN_MAX;
    let message = format_args!("the response has {len} bytes, Lambda takes no more than {max}");
    Error::new("Function.ResponseSizeTooLarge", message)
}
