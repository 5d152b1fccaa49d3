//! The Runtime API on an environment's listener: paths, checks in AWS's order, and AWS's replies to the letter.

pub(crate) mod extensions;
mod extensions_api;
pub(crate) mod state_machine;
pub(crate) mod telemetry;

use std::borrow::Cow;
use std::io;
use std::time::Instant;

use crate::emulator::environment::{Environment, Stage};
use crate::emulator::message::{
    Event, Failure, PAYLOAD_LEN_MAX, Part, Reply, STREAM_LEN_MAX, Start, send_error,
};
use crate::emulator::report::{error_document, error_type, refusal_document};
use crate::emulator::runtime_api::state_machine::{Kind, Outcome, Refusal, State};
use crate::emulator::server::exchange::{BodyFault, Exchange, Request};
use crate::emulator::server::fault_injection::Fault;
use crate::emulator::server::loan::{Later, Loan};
use crate::emulator::server::{Service, connections_max};
use crate::emulator::settings::METADATA_TOKEN;
use crate::encoding::{decode_base64, decode_percent};

const RUNTIME: &str = "/2018-06-01/runtime/";
const EXTENSION: &str = "/2020-01-01/extension/";
const PING: &str = "/2018-06-01/ping";
/// Methods that AWS's servers know at all.
const METHODS: [&str; 9] = [
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
];
const METADATA: &str = "/2026-01-15/metadata/execution-environment";
/// Bytes in an error document, for Managed Instances.
const ERROR_LEN_MAX: usize = 1024 * 1024;

const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY: &str = "Lambda-Runtime-Function-Error-Body";
const RESPONSE_MODE: &str = "Lambda-Runtime-Function-Response-Mode";
const INVOCATION_ID: &str = "Lambda-Runtime-Invocation-Id";

/// What Go's servers say about errors in plain text.
const PLAIN: [(&str, &str); 2] = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("X-Content-Type-Options", "nosniff"),
];

pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Replies that are not the machine's own.
enum Problem {
    Refused(Refusal),
    Truncated,
    TooLarge,
}

impl Service for Environment {
    fn is_patient(&self, request: &Request) -> bool {
        request.path().ends_with("/response")
    }

    /// A runtime's connection and an extension's: an invocation may be under way when they are idle.
    fn keeps(&self, request: &Request) -> bool {
        request.path().ends_with("/next")
    }

    fn connections_max(&self) -> usize {
        // One for each invocation at once, and as many for all else.
        let n = self.settings.concurrency.unwrap_or(1);
        let wanted = usize::try_from(n).unwrap_or(usize::MAX).saturating_mul(2);
        connections_max(self.settings.environments).max(wanted)
    }

    fn answer(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        if let Err(text) = self.access.check_runtime(request) {
            let document = refusal_document("AccessDenied", &text);
            return exchange.reply(403, &[JSON], &document);
        }
        let path = request.path();
        let method = request.method.as_str();
        let route = path.strip_prefix(RUNTIME).unwrap_or_default();
        *exchange.faults() = self.dice.draw();
        if !exchange.faults().is_empty() && Environment::strike(route, exchange)? {
            return Ok(());
        }
        if !METHODS.contains(&method) {
            return exchange.reply(405, &[], b"");
        }
        match (method, route) {
            ("GET", "invocation/next") => return self.next(exchange),
            ("POST", "init/error") => return self.init_error(request, exchange),
            ("GET", "restore/next") => return self.restore_next(exchange),
            ("POST", "restore/error") => return self.restore_error(request, exchange),
            (_, "invocation/next") => return wrong_method(exchange, "GET"),
            (_, "init/error") => return wrong_method(exchange, "POST"),
            (_, "restore/next") if self.settings.snap_start => {
                return wrong_method(exchange, "GET");
            }
            (_, "restore/error") if self.settings.snap_start => {
                return wrong_method(exchange, "POST");
            }
            _ => {}
        }
        match (method, path) {
            (_, "/2022-07-01/telemetry") => return self.telemetry(request, exchange),
            (_, "/2020-08-15/logs") => return logs_api(request, exchange),
            ("GET", PING) => return exchange.reply(200, &PLAIN[..1], b"pong"),
            (_, PING) => return wrong_method(exchange, "GET"),
            ("GET", METADATA) => return metadata(request, exchange),
            (_, METADATA) => return exchange.reply(405, &PLAIN, b"Method Not Allowed\n"),
            // RFC 9110, section 9.3.7: a question about the server as such.
            ("OPTIONS", "*") => return exchange.reply(200, &[], b""),
            _ => {}
        }
        if let Some(route) = path.strip_prefix(EXTENSION) {
            return self.extension(route, request, exchange);
        }
        let call = route
            .strip_prefix("invocation/")
            .and_then(|rest| rest.split_once('/'));
        match (method, call) {
            ("POST", Some((id, "response"))) => self.response(&decoded(id), request, exchange),
            ("POST", Some((id, "error"))) => self.error(&decoded(id), request, exchange),
            (_, Some((_, "response" | "error"))) => wrong_method(exchange, "POST"),
            _ => not_found(exchange),
        }
    }
}

impl Environment {
    /// Lets those faults strike that are a status; true: the request has been answered by one.
    fn strike(route: &str, exchange: &mut Exchange<'_>) -> io::Result<bool> {
        let is_next = route == "invocation/next";
        let is_answer = route.ends_with("/response") || route.ends_with("/error");
        let faults = exchange.faults().clone();
        let has = |fault| faults.contains(&fault);
        if has(Fault::Status500) && (is_next || is_answer) {
            let document = refusal_document("InternalServerError", "Internal Server Error");
            exchange.reply(500, &[JSON], &document)?;
        } else if has(Fault::Status204) && is_next {
            exchange.reply(204, &[], b"")?;
        } else if has(Fault::Status403) && is_answer {
            let refusal = Refusal::Transition(State::Ready, State::Response);
            refuse(exchange, Problem::Refused(refusal))?;
        } else if has(Fault::Status410) && is_answer {
            refuse(exchange, Problem::Refused(Refusal::Timeout))?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn next(&self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let later = exchange.later().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut inner = self.lock();
        if let Err(refusal) = inner.machine.poll() {
            drop(inner);
            let (status, document) = refused(Problem::Refused(refusal));
            drop(later.reply(status, &[JSON], &document));
            return Ok(());
        }
        if inner.stage == Stage::Gone {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if inner.polled_at.is_none() {
            inner.polled_at = Some(Instant::now());
            inner.extensions.close();
        }
        // There is one already where it is asked for again.
        let ready = if let Some(event) = inner.machine.take() {
            Some((later, event))
        } else {
            inner.nexts.push(later);
            None
        };
        // Who is woken wants the lock.
        drop(inner);
        self.news();
        if let Some((later, event)) = ready {
            drop(send_event(later, &event));
        }
        Ok(())
    }

    fn response(&self, id: &str, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let mode = request.text(RESPONSE_MODE);
        let begun =
            self.lock()
                .machine
                .begin_answer(id, request.text(INVOCATION_ID), Kind::Response, mode);
        let reply = match begun {
            Ok(reply) => reply,
            Err(refusal) => {
                if refusal == Refusal::ResponseMode {
                    self.refuse_mode(id);
                }
                return refuse(exchange, Problem::Refused(refusal));
            }
        };
        let start = Start {
            content_type: request.text("Content-Type").map(str::to_owned),
            error_type: None,
        };
        let result = match mode {
            Some(_) => self.take_stream(id, &reply, start, exchange)?,
            None => self.take_whole(id, &reply, start, exchange)?,
        };
        match result {
            Ok(outcome) => {
                self.answered(id, outcome);
                accept(exchange)
            }
            Err(problem) => refuse(exchange, problem),
        }
    }

    /// Passes a response on in one piece.
    fn take_whole(
        &self,
        id: &str,
        reply: &Reply,
        start: Start,
        exchange: &mut Exchange<'_>,
    ) -> io::Result<Result<Outcome, Problem>> {
        let len_max = match start.error_type {
            Some(_) if self.settings.concurrency.is_some() => ERROR_LEN_MAX,
            _ => PAYLOAD_LEN_MAX,
        };
        let body = match exchange.read_body(len_max) {
            Ok(_) if exchange.faults().contains(&Fault::Status413) => Err(BodyFault::TooLong),
            body => body,
        };
        match body {
            Ok(body) => {
                let len = body.len().try_into().unwrap_or(u64::MAX);
                let error_type = start.error_type.clone();
                // Lambda makes an error document from the header where the runtime sent none.
                let body = match &error_type {
                    Some(error_type) if body.is_empty() => error_document(error_type, ""),
                    _ => body,
                };
                reply.send(Part::Whole(start, body));
                Ok(Ok(Outcome { error_type, len }))
            }
            Err(BodyFault::TooLong) => {
                let failure = Failure::too_large();
                let error_type = Some(failure.error_type.clone());
                send_error(reply, failure);
                self.answered(id, Outcome { error_type, len: 0 });
                Ok(Err(Problem::TooLarge))
            }
            Err(BodyFault::Cut) => self.cut(id, |failure| send_error(reply, failure)),
        }
    }

    /// Passes a streamed response on as it comes.
    fn take_stream(
        &self,
        id: &str,
        reply: &Reply,
        start: Start,
        exchange: &mut Exchange<'_>,
    ) -> io::Result<Result<Outcome, Problem>> {
        self.lock().machine.mark_begun(id);
        reply.send(Part::Start(start));
        let end = |failure| reply.send(Part::End(failure));
        let mut len = 0_u64;
        loop {
            match exchange.read_part() {
                Ok(Some(bytes)) => {
                    len = len.saturating_add(bytes.len().try_into().unwrap_or(u64::MAX));
                    if len > STREAM_LEN_MAX {
                        let failure = Failure::too_large();
                        let error_type = Some(failure.error_type.clone());
                        end(Some(failure));
                        self.answered(id, Outcome { error_type, len });
                        return Ok(Err(Problem::TooLarge));
                    }
                    // A caller who has left is no reason to stop the function.
                    reply.send(Part::Data(bytes));
                }
                Ok(None) => break,
                Err(_) => return self.cut(id, |failure| end(Some(failure))),
            }
        }
        let failure = stream_failure(&exchange.trailers);
        let error_type = failure.as_ref().map(|failure| failure.error_type.clone());
        end(failure);
        Ok(Ok(Outcome { error_type, len }))
    }

    /// The connection was lost within a response: an ordinary function is stuck from here on, as
    /// it is on AWS; Managed Instances go on.
    fn cut(&self, id: &str, tell: impl FnOnce(Failure)) -> io::Result<Result<Outcome, Problem>> {
        if self.settings.concurrency.is_none() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let error_type = "Runtime.TruncatedResponse".to_owned();
        let document = error_document(&error_type, "Response was truncated");
        tell(Failure {
            error_type: error_type.clone(),
            document,
        });
        self.answered(
            id,
            Outcome {
                error_type: Some(error_type),
                len: 0,
            },
        );
        Ok(Err(Problem::Truncated))
    }

    /// A response with a mode that does not exist: stuck, or reported, as [`cut`](Self::cut) is.
    fn refuse_mode(&self, id: &str) {
        if self.settings.concurrency.is_none() {
            return;
        }
        let error_type = "Runtime.InvalidResponseModeHeader".to_owned();
        let document = error_document(&error_type, "Invalid function response mode");
        let reply = self.lock().machine.reply_of(id);
        if let Some(reply) = reply {
            send_error(
                &reply,
                Failure {
                    error_type: error_type.clone(),
                    document,
                },
            );
        }
        self.answered(
            id,
            Outcome {
                error_type: Some(error_type),
                len: 0,
            },
        );
    }

    fn error(&self, id: &str, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let nonce = request.text(INVOCATION_ID);
        let begun = self
            .lock()
            .machine
            .begin_answer(id, nonce, Kind::Error, None);
        let reply = match begun {
            Ok(reply) => reply,
            Err(refusal) => return refuse(exchange, Problem::Refused(refusal)),
        };
        let kind = error_type(request.header(ERROR_TYPE).unwrap_or_default());
        let start = Start {
            content_type: request.text("Content-Type").map(str::to_owned),
            error_type: Some(kind),
        };
        match self.take_whole(id, &reply, start, exchange)? {
            Ok(outcome) => {
                self.answered(id, outcome);
                accept(exchange)
            }
            Err(problem) => refuse(exchange, problem),
        }
    }

    fn init_error(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let taken = self.lock().machine.init_error();
        if let Err(refusal) = taken {
            return refuse(exchange, Problem::Refused(refusal));
        }
        self.take_init_error(request, exchange)
    }

    fn restore_error(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let taken = self.lock().machine.restore_error();
        match taken {
            None => not_found(exchange),
            Some(Err(refusal)) => refuse(exchange, Problem::Refused(refusal)),
            Some(Ok(())) => self.take_init_error(request, exchange),
        }
    }

    fn take_init_error(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let error_type = error_type(request.header(ERROR_TYPE).unwrap_or_default());
        match exchange.read_body(ERROR_LEN_MAX) {
            Ok(document) => {
                // The reply comes first: whoever leads kills the process when it hears of this.
                let replied = accept(exchange);
                self.init_failed(Failure {
                    error_type,
                    document,
                });
                replied
            }
            Err(BodyFault::TooLong) => {
                let replied = refuse(exchange, Problem::TooLarge);
                let document = error_document(&error_type, "the init error is too long");
                self.init_failed(Failure {
                    error_type,
                    document,
                });
                replied
            }
            Err(BodyFault::Cut) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn restore_next(&self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let taken = self.lock().machine.restore();
        match taken {
            None => not_found(exchange),
            Some(Err(refusal)) => refuse(exchange, Problem::Refused(refusal)),
            // No snapshot is taken here: what was started is what is restored, at once.
            Some(Ok(())) => exchange.reply(200, &[], b""),
        }
    }
}

/// The event and everything that belongs to it, in the headers that AWS sends.
pub(crate) fn send_event(next: Later, event: &Event) -> Option<Loan> {
    let has = |fault| next.faults().contains(&fault);
    let (is_bare, is_empty) = (has(Fault::NoHeaders), has(Fault::EmptyHeaders));
    // What cargo-lambda's emulator sends: ten minutes after the epoch.
    let deadline_ms = if has(Fault::Clock) {
        600_000
    } else {
        event.told_deadline_ms.unwrap_or(event.deadline_ms)
    };
    let deadline = deadline_ms.to_string();
    let mut fields = vec![
        ("Content-Type", event.content_type.as_str()),
        ("Lambda-Runtime-Aws-Request-Id", event.request_id.as_str()),
        ("Lambda-Runtime-Deadline-Ms", deadline.as_str()),
        (
            "Lambda-Runtime-Invoked-Function-Arn",
            event.function_arn.as_str(),
        ),
        (INVOCATION_ID, event.nonce.as_str()),
    ];
    for (name, value) in [
        ("Lambda-Runtime-Trace-Id", &event.trace_id),
        ("Lambda-Runtime-Client-Context", &event.client_context),
        ("Lambda-Runtime-Cognito-Identity", &event.cognito_identity),
        ("Lambda-Runtime-Aws-Tenant-Id", &event.tenant_id),
    ] {
        match value {
            Some(value) => fields.push((name, value.as_str())),
            None if is_empty => fields.push((name, "")),
            None => {}
        }
    }
    if is_bare {
        fields.retain(|(name, _)| *name == "Lambda-Runtime-Aws-Request-Id");
    }
    next.reply(200, &fields, &event.body)
}

pub(crate) fn accept(exchange: &mut Exchange<'_>) -> io::Result<()> {
    if exchange.faults().contains(&Fault::Status200) {
        return exchange.reply(200, &[], b"");
    }
    exchange.reply(202, &[JSON], b"{\"status\":\"OK\"}\n")
}

fn refuse(exchange: &mut Exchange<'_>, problem: Problem) -> io::Result<()> {
    let (status, document) = refused(problem);
    exchange.reply(status, &[JSON], &document)
}

/// What a call gets that is refused: the status, and the document.
fn refused(problem: Problem) -> (u16, Vec<u8>) {
    let (status, error_type, message) = match problem {
        Problem::Refused(Refusal::RequestId) => {
            (400, "InvalidRequestID", "Invalid request ID".to_owned())
        }
        Problem::Refused(Refusal::ResponseMode) => (
            400,
            "InvalidFunctionResponseMode",
            "Invalid function response mode".to_owned(),
        ),
        Problem::Refused(Refusal::Timeout) => (410, "InvokeTimeout", "Invoke timeout".to_owned()),
        Problem::Refused(Refusal::Transition(from, to)) => {
            let (from, to) = (from.name(), to.name());
            let message = format!(
                "State transition from {from} to {to} failed for runtime. \
                 Error: State transition is not allowed"
            );
            (403, "InvalidStateTransition", message)
        }
        Problem::Truncated => (
            400,
            "TruncatedHTTPRequest",
            "HTTP request detected as truncated".to_owned(),
        ),
        Problem::TooLarge => {
            let message =
                format!("Exceeded maximum allowed payload size ({PAYLOAD_LEN_MAX} bytes).");
            (413, "RequestEntityTooLarge", message)
        }
    };
    (status, refusal_document(error_type, &message))
}

pub(crate) fn wrong_method(exchange: &mut Exchange<'_>, allowed: &str) -> io::Result<()> {
    exchange.reply(405, &[("Allow", allowed)], b"")
}

pub(crate) fn not_found(exchange: &mut Exchange<'_>) -> io::Result<()> {
    exchange.reply(404, &PLAIN, b"404 page not found\n")
}

/// The Logs API is not served, as it is not by AWS's own emulator: new code has the Telemetry API.
fn logs_api(request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
    if request.method != "PUT" {
        return wrong_method(exchange, "PUT");
    }
    let document = refusal_document("Logs.NotSupported", "Logs API is not supported");
    exchange.reply(202, &[JSON], &document)
}

/// Where the function runs, which is nowhere ("Using the Lambda metadata endpoint").
fn metadata(request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
    let token = request
        .header("Authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    if token != Some(METADATA_TOKEN) {
        return exchange.reply(401, &PLAIN, b"Unauthorized\n");
    }
    let fields = [JSON, ("Cache-Control", "private, max-age=43200, immutable")];
    exchange.reply(200, &fields, b"{\"AvailabilityZoneID\":\"use1-az1\"}")
}

/// The error in the trailers of a streamed response, if there is one.
fn stream_failure(trailers: &[(String, String)]) -> Option<Failure> {
    let trailer = |name: &str| {
        let found = trailers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    };
    let (kind, body) = (trailer(ERROR_TYPE), trailer(ERROR_BODY));
    if kind.is_none() && body.is_none() {
        return None;
    }
    let error_type = error_type(kind.unwrap_or_default());
    let document = body
        .and_then(|body| decode_base64(body.as_bytes()).ok())
        .unwrap_or_else(|| error_document(&error_type, body.unwrap_or_default()));
    Some(Failure {
        error_type,
        document,
    })
}

/// A request id as it stands in a path.
fn decoded(id: &str) -> String {
    decode_percent(id, false).map_or_else(|_| id.to_owned(), Cow::into_owned)
}
