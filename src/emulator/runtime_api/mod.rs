//! The Runtime API of an environment: its paths, checks in AWS's order, and AWS's replies to the letter.

mod extensions_api;
pub(crate) mod faults;

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use crate::emulator::environment::Environment;
use crate::emulator::environment::state_machine::{
    InvocationOutcome, PostKind, RuntimeCallError, RuntimeState,
};
use crate::emulator::message::{
    FunctionError, InvocationEvent, PAYLOAD_LEN_MAX, ResponsePart, ResponseSender, ResponseStart,
    STREAM_LEN_MAX,
};
use crate::emulator::report::{error_document, error_type, refusal_document};
use crate::emulator::runtime_api::faults::{CallFaults, FaultInjector, InjectedFault};
use crate::emulator::server::access::AccessRules;
use crate::emulator::server::exchange::{BodyReadError, Exchange, HttpRequest};
use crate::emulator::server::{Service, connections_max};
use crate::emulator::settings::METADATA_TOKEN;
use crate::encoding::{decode_base64, decode_percent};

const RUNTIME: &str = "/2018-06-01/runtime/";
const EXTENSION: &str = "/2020-01-01/extension/";
const TELEMETRY: &str = "/2022-07-01/telemetry";
const LOGS: &str = "/2020-08-15/logs";
const PING: &str = "/2018-06-01/ping";
const METADATA: &str = "/2026-01-15/metadata/execution-environment";
/// Methods that AWS's servers accept for any path.
const METHODS: [&str; 9] = [
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
];
/// Longest error document of a Managed Instance, and of an init error, in bytes.
const ERROR_LEN_MAX: usize = 1024 * 1024;

const REQUEST_ID: &str = "Lambda-Runtime-Aws-Request-Id";
const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY: &str = "Lambda-Runtime-Function-Error-Body";
const RESPONSE_MODE: &str = "Lambda-Runtime-Function-Response-Mode";
const INVOCATION_ID: &str = "Lambda-Runtime-Invocation-Id";

/// The fields with which Go's servers send an error as plain text.
const PLAIN: [(&str, &str); 2] = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("X-Content-Type-Options", "nosniff"),
];

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Serves the Runtime, Extensions and Telemetry APIs of one environment.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    environment: Arc<Environment>,
    access: Arc<AccessRules>,
    fault_injector: FaultInjector,
}

/// One call.
struct ApiCall<'a, 'c> {
    request: &'a HttpRequest,
    exchange: &'a mut Exchange<'c>,
    faults: CallFaults,
}

/// Why a call is refused.
enum RuntimeApiError {
    Call(RuntimeCallError),
    Truncated,
    TooLarge,
}

impl From<RuntimeCallError> for RuntimeApiError {
    fn from(error: RuntimeCallError) -> RuntimeApiError {
        RuntimeApiError::Call(error)
    }
}

impl RuntimeApiError {
    /// Returns the status and the document of the reply.
    fn response(&self) -> (u16, Vec<u8>) {
        let (status, error_type, message) = match self {
            RuntimeApiError::Call(RuntimeCallError::RequestId) => {
                (400, "InvalidRequestID", "Invalid request ID".to_owned())
            }
            RuntimeApiError::Call(RuntimeCallError::ResponseMode) => (
                400,
                "InvalidFunctionResponseMode",
                "Invalid function response mode".to_owned(),
            ),
            RuntimeApiError::Call(RuntimeCallError::Timeout) => {
                (410, "InvokeTimeout", "Invoke timeout".to_owned())
            }
            RuntimeApiError::Call(RuntimeCallError::Transition(from, to)) => {
                let (from, to) = (from.name(), to.name());
                let message = format!(
                    "State transition from {from} to {to} failed for runtime. \
                     Error: State transition is not allowed"
                );
                (403, "InvalidStateTransition", message)
            }
            RuntimeApiError::Truncated => (
                400,
                "TruncatedHTTPRequest",
                "HTTP request detected as truncated".to_owned(),
            ),
            RuntimeApiError::TooLarge => {
                let message =
                    format!("Exceeded maximum allowed payload size ({PAYLOAD_LEN_MAX} bytes).");
                (413, "RequestEntityTooLarge", message)
            }
        };
        (status, refusal_document(error_type, &message))
    }
}

impl ApiCall<'_, '_> {
    /// Replies that a response or an error has been accepted.
    fn accept(&mut self) -> io::Result<()> {
        if self.faults.has(InjectedFault::Status200) {
            return self.exchange.respond(200, &[], b"");
        }
        self.exchange
            .respond(202, &[JSON], b"{\"status\":\"OK\"}\n")
    }

    fn refuse(&mut self, error: impl Into<RuntimeApiError>) -> io::Result<()> {
        let (status, document) = error.into().response();
        self.exchange.respond(status, &[JSON], &document)
    }

    /// Refuses the method of the call. The path has the method `allowed` only.
    fn refuse_method(&mut self, allowed: &str) -> io::Result<()> {
        self.exchange.respond(405, &[("Allow", allowed)], b"")
    }

    fn refuse_path(&mut self) -> io::Result<()> {
        self.exchange.respond(404, &PLAIN, b"404 page not found\n")
    }

    /// Returns the error type that the runtime has named.
    fn error_type(&self) -> String {
        error_type(self.request.header(ERROR_TYPE).unwrap_or_default())
    }

    /// Sends the event and everything that belongs to it, in the headers that AWS sends.
    fn send_event(&mut self, event: &InvocationEvent) -> io::Result<()> {
        let deadline_ms = if self.faults.has(InjectedFault::Clock) {
            // What cargo-lambda's emulator sends: ten minutes after the epoch.
            600_000
        } else {
            event.told_deadline_ms.unwrap_or(event.deadline_ms)
        };
        let deadline = deadline_ms.to_string();
        let mut fields = vec![
            ("Content-Type", event.content_type.as_str()),
            (REQUEST_ID, event.request_id.as_str()),
            ("Lambda-Runtime-Deadline-Ms", deadline.as_str()),
            (
                "Lambda-Runtime-Invoked-Function-Arn",
                event.function_arn.as_str(),
            ),
            (INVOCATION_ID, event.attempt_id.as_str()),
        ];
        for (name, value) in [
            ("Lambda-Runtime-Trace-Id", &event.trace_id),
            ("Lambda-Runtime-Client-Context", &event.client_context),
            ("Lambda-Runtime-Cognito-Identity", &event.cognito_identity),
            ("Lambda-Runtime-Aws-Tenant-Id", &event.tenant_id),
        ] {
            match value {
                Some(value) => fields.push((name, value.as_str())),
                None if self.faults.has(InjectedFault::EmptyHeaders) => fields.push((name, "")),
                None => {}
            }
        }
        if self.faults.has(InjectedFault::NoHeaders) {
            fields.retain(|(name, _)| *name == REQUEST_ID);
        }
        self.exchange.respond(200, &fields, &event.body)
    }
}

impl Service for RuntimeApi {
    fn connections_max(&self) -> usize {
        // One for each concurrent invocation, and as many for everything else.
        let settings = &self.environment.settings;
        let n = settings.concurrency.unwrap_or(1);
        let wanted = usize::try_from(n).unwrap_or(usize::MAX).saturating_mul(2);
        connections_max(settings.environments).max(wanted)
    }

    fn handle(&self, request: &HttpRequest, exchange: &mut Exchange<'_>) -> io::Result<()> {
        if let Err(text) = self.access.check_program(request) {
            let document = refusal_document("AccessDenied", &text);
            return exchange.respond(403, &[JSON], &document);
        }
        let faults = self.fault_injector.draw();
        exchange.faults = faults.response_faults();
        exchange.allows_slow_body = request.path().ends_with("/response");
        // An invocation may be running while the connections of runtimes and extensions are idle.
        if request.path().ends_with("/next") {
            exchange.keep_connection();
        }
        let mut call = ApiCall {
            request,
            exchange,
            faults,
        };
        let path = request.path();
        if let Some(result) = RuntimeApi::inject_status(path, &mut call) {
            return result;
        }
        if !METHODS.contains(&request.method.as_str()) {
            return call.exchange.respond(405, &[], b"");
        }
        if let Some(route) = path.strip_prefix(RUNTIME) {
            return self.handle_runtime(route, &mut call);
        }
        if let Some(route) = path.strip_prefix(EXTENSION) {
            return self.handle_extension(route, &mut call);
        }
        match (request.method.as_str(), path) {
            (_, TELEMETRY) => self.subscribe(&mut call),
            (_, LOGS) => refuse_logs_api(&mut call),
            ("GET", PING) => call.exchange.respond(200, &PLAIN[..1], b"pong"),
            (_, PING) => call.refuse_method("GET"),
            ("GET", METADATA) => send_metadata(&mut call),
            (_, METADATA) => {
                let text = b"Method Not Allowed\n";
                call.exchange.respond(405, &PLAIN, text)
            }
            // RFC 9110, section 9.3.7: `*` stands for the server itself.
            ("OPTIONS", "*") => call.exchange.respond(200, &[], b""),
            _ => call.refuse_path(),
        }
    }
}

impl RuntimeApi {
    pub(crate) fn new(environment: Arc<Environment>, access: Arc<AccessRules>) -> RuntimeApi {
        let settings = &environment.settings;
        RuntimeApi {
            fault_injector: FaultInjector::new(&settings.faults, settings.seed),
            access,
            environment,
        }
    }

    /// Replies with a status if an injected fault says so.
    fn inject_status(path: &str, call: &mut ApiCall<'_, '_>) -> Option<io::Result<()>> {
        let route = path.strip_prefix(RUNTIME).unwrap_or_default();
        let is_next = route == "invocation/next";
        let is_post = route.ends_with("/response") || route.ends_with("/error");
        let has = |fault| call.faults.has(fault);
        if has(InjectedFault::Status500) && (is_next || is_post) {
            let document = refusal_document("InternalServerError", "Internal Server Error");
            Some(call.exchange.respond(500, &[JSON], &document))
        } else if has(InjectedFault::Status204) && is_next {
            Some(call.exchange.respond(204, &[], b""))
        } else if has(InjectedFault::Status403) && is_post {
            let (from, to) = (RuntimeState::Ready, RuntimeState::Response);
            Some(call.refuse(RuntimeCallError::Transition(from, to)))
        } else if has(InjectedFault::Status410) && is_post {
            Some(call.refuse(RuntimeCallError::Timeout))
        } else {
            None
        }
    }

    /// Handles a call whose path is `/2018-06-01/runtime/` and `route`.
    fn handle_runtime(&self, route: &str, call: &mut ApiCall<'_, '_>) -> io::Result<()> {
        let method = call.request.method.as_str();
        match (method, route) {
            ("GET", "invocation/next") => return self.next(call),
            ("POST", "init/error") => return self.init_error(call),
            ("GET", "restore/next") => return self.restore_next(call),
            ("POST", "restore/error") => return self.restore_error(call),
            (_, "invocation/next") => return call.refuse_method("GET"),
            (_, "init/error") => return call.refuse_method("POST"),
            (_, "restore/next") if self.environment.settings.snap_start => {
                return call.refuse_method("GET");
            }
            (_, "restore/error") if self.environment.settings.snap_start => {
                return call.refuse_method("POST");
            }
            _ => {}
        }
        let invocation = route.strip_prefix("invocation/");
        match (method, invocation.and_then(|rest| rest.split_once('/'))) {
            ("POST", Some((id, "response"))) => self.post(PostKind::Response, &decode_id(id), call),
            ("POST", Some((id, "error"))) => self.post(PostKind::Error, &decode_id(id), call),
            (_, Some((_, "response" | "error"))) => call.refuse_method("POST"),
            _ => call.refuse_path(),
        }
    }

    /// Handles `GET next`, a long poll: waits for an event on the connection's own thread.
    fn next(&self, call: &mut ApiCall<'_, '_>) -> io::Result<()> {
        let mut state = self.environment.lock();
        if let Err(error) = state.runtime.poll() {
            drop(state);
            return call.refuse(error);
        }
        if state.is_gone() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if state.first_poll.is_none() {
            state.first_poll = Some(Instant::now());
            state.extensions.close();
        }
        // An event that is already handed out is handed out again.
        let event = state.runtime.take_event();
        let events = event.is_none().then(|| state.add_long_poll());
        drop(state);
        self.environment.notify();
        let event = match events {
            // The sender is dropped when the process has ended.
            Some(events) => events.recv().ok(),
            None => event,
        };
        let event = event.ok_or(io::ErrorKind::ConnectionAborted)?;
        call.send_event(&event)
    }

    /// Notes that the runtime has posted a response or an error for `id`.
    fn finish_response(&self, id: &str, outcome: InvocationOutcome) {
        let mut state = self.environment.lock();
        state.runtime.finish_response(id, outcome);
        drop(state);
        // An invocation of an ordinary function is over with the next call of `next`, which notifies.
        if self.environment.settings.concurrency.is_some() {
            self.environment.notify();
        }
    }

    /// Ends the response to `id` with an error of Lambda, which `send` sends to the caller.
    fn end_with_error(
        &self,
        id: &str,
        error: FunctionError,
        len: u64,
        send: impl FnOnce(FunctionError),
    ) {
        let error_type = Some(error.error_type.clone());
        send(error);
        self.finish_response(id, InvocationOutcome { error_type, len });
    }

    /// Handles a response or an error that the runtime posts for invocation `id`.
    fn post(&self, kind: PostKind, id: &str, call: &mut ApiCall<'_, '_>) -> io::Result<()> {
        let attempt_id = call.request.non_empty_header(INVOCATION_ID);
        let (mode, error_type) = match kind {
            PostKind::Response => (call.request.non_empty_header(RESPONSE_MODE), None),
            PostKind::Error => (None, Some(call.error_type())),
        };
        let begun = {
            let mut state = self.environment.lock();
            state.runtime.begin_response(id, attempt_id, kind, mode)
        };
        let sender = match begun {
            Ok(sender) => sender,
            Err(error) => {
                if error == RuntimeCallError::ResponseMode {
                    self.report_invalid_mode(id);
                }
                return call.refuse(error);
            }
        };
        let content_type = call.request.non_empty_header("Content-Type");
        let start = ResponseStart {
            content_type: content_type.map(str::to_owned),
            error_type,
        };
        let result = match mode {
            Some(_) => self.pass_on_stream(id, &sender, start, call)?,
            None => self.pass_on_whole(id, &sender, start, call)?,
        };
        match result {
            Ok(outcome) => {
                self.finish_response(id, outcome);
                call.accept()
            }
            Err(error) => call.refuse(error),
        }
    }

    /// Reads a whole response or error and passes it on to the caller.
    fn pass_on_whole(
        &self,
        id: &str,
        sender: &ResponseSender,
        start: ResponseStart,
        call: &mut ApiCall<'_, '_>,
    ) -> io::Result<Result<InvocationOutcome, RuntimeApiError>> {
        let is_concurrent = self.environment.settings.concurrency.is_some();
        let len_max = if start.error_type.is_some() && is_concurrent {
            ERROR_LEN_MAX
        } else {
            PAYLOAD_LEN_MAX
        };
        let body = match call.exchange.read_body(len_max) {
            Ok(_) if call.faults.has(InjectedFault::Status413) => Err(BodyReadError::TooLong),
            body => body,
        };
        match body {
            Ok(body) => {
                let len = body.len().try_into().unwrap_or(u64::MAX);
                let error_type = start.error_type.clone();
                // Lambda makes an error document from the header if the runtime has sent none.
                let body = match &error_type {
                    Some(error_type) if body.is_empty() => error_document(error_type, ""),
                    _ => body,
                };
                sender.send(ResponsePart::Whole(start, body));
                Ok(Ok(InvocationOutcome { error_type, len }))
            }
            Err(BodyReadError::TooLong) => {
                let error = FunctionError::too_large();
                self.end_with_error(id, error, 0, |error| sender.send_error(error));
                Ok(Err(RuntimeApiError::TooLarge))
            }
            Err(BodyReadError::Cut) => self.handle_cut(id, |error| sender.send_error(error)),
        }
    }

    /// Passes a streamed response on to the caller while it comes.
    fn pass_on_stream(
        &self,
        id: &str,
        sender: &ResponseSender,
        start: ResponseStart,
        call: &mut ApiCall<'_, '_>,
    ) -> io::Result<Result<InvocationOutcome, RuntimeApiError>> {
        self.environment.lock().runtime.set_started(id);
        sender.send(ResponsePart::Start(start));
        let end = |error| sender.send(ResponsePart::End(error));
        let mut len = 0_u64;
        loop {
            match call.exchange.read_part() {
                Ok(Some(bytes)) => {
                    len = len.saturating_add(bytes.len().try_into().unwrap_or(u64::MAX));
                    if len > STREAM_LEN_MAX {
                        let error = FunctionError::too_large();
                        self.end_with_error(id, error, len, |error| end(Some(error)));
                        return Ok(Err(RuntimeApiError::TooLarge));
                    }
                    // The function goes on even if the caller has left.
                    sender.send(ResponsePart::Data(bytes));
                }
                Ok(None) => break,
                Err(_) => return self.handle_cut(id, |error| end(Some(error))),
            }
        }
        let error = trailer_error(&call.exchange.trailers);
        let error_type = error.as_ref().map(|error| error.error_type.clone());
        end(error);
        Ok(Ok(InvocationOutcome { error_type, len }))
    }

    /// Handles a connection that was lost within a response. An ordinary function stays in its state
    /// until the timeout, as on AWS. A Managed Instance reports an error and goes on.
    fn handle_cut(
        &self,
        id: &str,
        send_error: impl FnOnce(FunctionError),
    ) -> io::Result<Result<InvocationOutcome, RuntimeApiError>> {
        if self.environment.settings.concurrency.is_none() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let error = FunctionError::new("Runtime.TruncatedResponse", "Response was truncated");
        self.end_with_error(id, error, 0, send_error);
        Ok(Err(RuntimeApiError::Truncated))
    }

    /// Reports a response mode that does not exist, of a Managed Instance. An ordinary function stays in
    /// its state until the timeout, as on AWS.
    fn report_invalid_mode(&self, id: &str) {
        if self.environment.settings.concurrency.is_none() {
            return;
        }
        let error = FunctionError::new(
            "Runtime.InvalidResponseModeHeader",
            "Invalid function response mode",
        );
        let sender = self.environment.lock().runtime.response_of(id);
        self.end_with_error(id, error, 0, |error| {
            if let Some(sender) = sender {
                sender.send_error(error);
            }
        });
    }

    fn init_error(&self, call: &mut ApiCall<'_, '_>) -> io::Result<()> {
        let result = self.environment.lock().runtime.init_error();
        match result {
            Ok(()) => self.read_init_error(call),
            Err(error) => call.refuse(error),
        }
    }

    fn restore_error(&self, call: &mut ApiCall<'_, '_>) -> io::Result<()> {
        let result = self.environment.lock().runtime.restore_error();
        match result {
            None => call.refuse_path(),
            Some(Err(error)) => call.refuse(error),
            Some(Ok(())) => self.read_init_error(call),
        }
    }

    fn read_init_error(&self, call: &mut ApiCall<'_, '_>) -> io::Result<()> {
        let error_type = call.error_type();
        // The reply is sent first: the process is killed when the error is known.
        let (replied, document) = match call.exchange.read_body(ERROR_LEN_MAX) {
            Ok(document) => (call.accept(), document),
            Err(BodyReadError::TooLong) => {
                let text = format!("expected at most {ERROR_LEN_MAX} bytes of an init error");
                let document = error_document(&error_type, &text);
                (call.refuse(RuntimeApiError::TooLarge), document)
            }
            Err(BodyReadError::Cut) => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        self.environment.lock().init_error = Some(FunctionError {
            error_type,
            document,
        });
        self.environment.notify();
        replied
    }

    fn restore_next(&self, call: &mut ApiCall<'_, '_>) -> io::Result<()> {
        let result = self.environment.lock().runtime.restore();
        match result {
            None => call.refuse_path(),
            Some(Err(error)) => call.refuse(error),
            // No snapshot is taken: the process that was started is restored at once.
            Some(Ok(())) => call.exchange.respond(200, &[], b""),
        }
    }
}

/// Replies that the Logs API is not supported, as AWS's own emulator does. The Telemetry API has
/// replaced it.
fn refuse_logs_api(call: &mut ApiCall<'_, '_>) -> io::Result<()> {
    if call.request.method != "PUT" {
        return call.refuse_method("PUT");
    }
    let document = refusal_document("Logs.NotSupported", "Logs API is not supported");
    call.exchange.respond(202, &[JSON], &document)
}

/// Replies with a made-up availability zone ("Using the Lambda metadata endpoint").
fn send_metadata(call: &mut ApiCall<'_, '_>) -> io::Result<()> {
    let authorization = call.request.header("Authorization");
    let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
    if token != Some(METADATA_TOKEN) {
        return call.exchange.respond(401, &PLAIN, b"Unauthorized\n");
    }
    let fields = [JSON, ("Cache-Control", "private, max-age=43200, immutable")];
    let document = b"{\"AvailabilityZoneID\":\"use1-az1\"}";
    call.exchange.respond(200, &fields, document)
}

/// Returns the error in the trailers of a streamed response, if there is one.
fn trailer_error(trailers: &[(String, String)]) -> Option<FunctionError> {
    let trailer = |name: &str| {
        let mut trailers = trailers.iter();
        let found = trailers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        let value = found.map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    };
    let (header, body) = (trailer(ERROR_TYPE), trailer(ERROR_BODY));
    if header.is_none() && body.is_none() {
        return None;
    }
    let error_type = error_type(header.unwrap_or_default());
    let document = body
        .and_then(|body| decode_base64(body.as_bytes()).ok())
        .unwrap_or_else(|| error_document(&error_type, body.unwrap_or_default()));
    Some(FunctionError {
        error_type,
        document,
    })
}

/// Returns the request id in a path.
fn decode_id(id: &str) -> String {
    decode_percent(id, false).map_or_else(|_| id.to_owned(), Cow::into_owned)
}
