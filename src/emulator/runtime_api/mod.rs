//! The Runtime API of an environment: its paths, checks in AWS's order, and AWS's replies to the letter.

mod extensions_api;
pub(crate) mod faults;

use std::io;
use std::sync::Arc;
use std::time::Instant;

use crate::context::local::LOCAL_TOKEN;
use crate::emulator::environment::Environment;
use crate::emulator::environment::extensions::{ExtensionCallError, ExtensionState};
use crate::emulator::environment::state_machine::{
    InvocationOutcome, RuntimeCallError, RuntimeState,
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
use crate::encoding::{decode_base64, decode_percent};

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

/// Why a call has no regular reply.
enum CallError {
    /// The connection is lost, or has to be closed.
    Connection(io::Error),
    /// The call is refused with this status, error type and message.
    Refused(u16, &'static str, String),
}

type CallResult = Result<(), CallError>;

/// Handles the calls of one path.
type CallHandler = fn(&RuntimeApi, &mut ApiCall<'_, '_>) -> CallResult;

impl From<io::Error> for CallError {
    fn from(error: io::Error) -> CallError {
        CallError::Connection(error)
    }
}

impl From<io::ErrorKind> for CallError {
    fn from(kind: io::ErrorKind) -> CallError {
        CallError::Connection(kind.into())
    }
}

impl From<ExtensionCallError> for CallError {
    fn from(error: ExtensionCallError) -> CallError {
        CallError::Refused(403, error.error_type, error.message)
    }
}

impl From<RuntimeCallError> for CallError {
    fn from(error: RuntimeCallError) -> CallError {
        let refused = |status, error_type, message: &str| {
            CallError::Refused(status, error_type, message.to_owned())
        };
        match error {
            RuntimeCallError::RequestId => refused(400, "InvalidRequestID", "Invalid request ID"),
            RuntimeCallError::ResponseMode => {
                let message = "Invalid function response mode";
                refused(400, "InvalidFunctionResponseMode", message)
            }
            RuntimeCallError::Timeout => refused(410, "InvokeTimeout", "Invoke timeout"),
            RuntimeCallError::Transition(from, to) => {
                let message = format!(
                    "State transition from {from:?} to {to:?} failed for runtime. \
                     Error: State transition is not allowed"
                );
                refused(403, "InvalidStateTransition", &message)
            }
            RuntimeCallError::Truncated => {
                let message = "HTTP request detected as truncated";
                refused(400, "TruncatedHTTPRequest", message)
            }
            RuntimeCallError::TooLarge => {
                let message =
                    format!("Exceeded maximum allowed payload size ({PAYLOAD_LEN_MAX} bytes).");
                refused(413, "RequestEntityTooLarge", &message)
            }
        }
    }
}

impl ApiCall<'_, '_> {
    fn respond(&mut self, status: u16, fields: &[(&str, &str)], body: &[u8]) -> CallResult {
        Ok(self.exchange.respond(status, fields, body)?)
    }

    fn refuse(&mut self, error: CallError) -> io::Result<()> {
        match error {
            CallError::Connection(error) => Err(error),
            CallError::Refused(status, error_type, message) => {
                let document = refusal_document(error_type, &message);
                self.exchange.respond(status, &[JSON], &document)
            }
        }
    }

    /// Replies that a response or an error has been accepted.
    fn accept(&mut self) -> CallResult {
        if self.faults.has(InjectedFault::Status200) {
            return self.respond(200, &[], b"");
        }
        self.respond(202, &[JSON], b"{\"status\":\"OK\"}\n")
    }

    /// Returns the error type that the runtime has named.
    fn error_type(&self) -> String {
        error_type(self.request.header(ERROR_TYPE).unwrap_or_default())
    }

    /// Sends the event and everything that belongs to it, in the headers that AWS sends.
    fn send_event(&mut self, event: &InvocationEvent) -> CallResult {
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
        self.respond(200, &fields, &event.body)
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
        let handled = self.handle_call(&mut call);
        handled.or_else(|error| call.refuse(error))
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

    fn handle_call(&self, call: &mut ApiCall<'_, '_>) -> CallResult {
        let (method, path) = (call.request.method.as_str(), call.request.path());
        inject_status(path, &call.faults)?;
        if !METHODS.contains(&method) {
            return call.respond(405, &[], b"");
        }
        match self.route(path) {
            Some((allowed, handle)) if method == allowed => handle(self, call),
            Some(_) if path == METADATA => call.respond(405, &PLAIN, b"Method Not Allowed\n"),
            Some((allowed, _)) => call.respond(405, &[("Allow", allowed)], b""),
            // RFC 9110, section 9.3.7: `*` means the server itself.
            None if (method, path) == ("OPTIONS", "*") => call.respond(200, &[], b""),
            None => call.respond(404, &PLAIN, b"404 page not found\n"),
        }
    }

    /// Returns the method of a path and what handles it; `None` if there is no such path.
    fn route(&self, path: &str) -> Option<(&'static str, CallHandler)> {
        let is_snap_start = self.environment.settings.snap_start;
        let segments: Vec<&str> = path.split('/').collect();
        let (version, segments) = segments.strip_prefix(&[""])?.split_first()?;
        let route: (&str, CallHandler) = match (*version, segments) {
            ("2018-06-01", ["ping"]) => ("GET", |_, call| call.respond(200, &PLAIN[..1], b"pong")),
            ("2018-06-01", ["runtime", rest @ ..]) => match rest {
                ["invocation", "next"] => ("GET", RuntimeApi::next),
                ["invocation", _, "response"] => ("POST", |api, call| {
                    api.post(RuntimeState::InvocationResponse, call)
                }),
                ["invocation", _, "error"] => ("POST", |api, call| {
                    api.post(RuntimeState::InvocationErrorResponse, call)
                }),
                ["init", "error"] => ("POST", RuntimeApi::init_error),
                ["restore", "next"] if is_snap_start => ("GET", RuntimeApi::restore_next),
                ["restore", "error"] if is_snap_start => ("POST", RuntimeApi::restore_error),
                _ => return None,
            },
            ("2020-01-01", ["extension", rest @ ..]) => match rest {
                ["register"] => ("POST", RuntimeApi::register),
                ["event", "next"] => ("GET", RuntimeApi::extension_next),
                ["init", "error"] => ("POST", |api, call| {
                    api.extension_error(ExtensionState::InitError, call)
                }),
                ["exit", "error"] => ("POST", |api, call| {
                    api.extension_error(ExtensionState::ExitError, call)
                }),
                _ => return None,
            },
            ("2022-07-01", ["telemetry"]) => ("PUT", RuntimeApi::subscribe),
            ("2020-08-15", ["logs"]) => ("PUT", |_, call| {
                // AWS's own emulator does the same. The Telemetry API has replaced the Logs API.
                let document = refusal_document("Logs.NotSupported", "Logs API is not supported");
                call.respond(202, &[JSON], &document)
            }),
            _ if path == METADATA => ("GET", send_metadata),
            _ => return None,
        };
        Some(route)
    }

    /// Handles `GET next`, a long poll: waits for an event on the connection's own thread.
    fn next(&self, call: &mut ApiCall<'_, '_>) -> CallResult {
        if call.faults.has(InjectedFault::Status204) {
            return call.respond(204, &[], b"");
        }
        let mut state = self.environment.lock();
        state.runtime.poll()?;
        if state.is_gone() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if state.first_poll.is_none() {
            state.first_poll = Some(Instant::now());
            state.extensions.is_open = false;
        }
        // An event that is already handed out is handed out again.
        let event = state.runtime.take_event();
        let events = event.is_none().then(|| state.add_long_poll());
        drop(state);
        self.environment.notify();
        // The sender is dropped when the process has ended.
        let event = event.or_else(|| events?.recv().ok());
        call.send_event(&*event.ok_or(io::ErrorKind::ConnectionAborted)?)
    }

    /// Handles a response or an error that the runtime posts, which changes the state to `to`.
    fn post(&self, to: RuntimeState, call: &mut ApiCall<'_, '_>) -> CallResult {
        let id = invocation_id(call.request.path());
        let is_concurrent = self.environment.settings.concurrency.is_some();
        let is_error = to == RuntimeState::InvocationErrorResponse;
        let attempt_id = call.request.non_empty_header(INVOCATION_ID);
        let mode = call.request.non_empty_header(RESPONSE_MODE);
        let mode = mode.filter(|_| !is_error);
        let content_type = call.request.non_empty_header("Content-Type");
        let start = ResponseStart {
            content_type: content_type.map(str::to_owned),
            error_type: is_error.then(|| call.error_type()),
        };
        let mut state = self.environment.lock();
        let begun = state.runtime.begin_response(&id, attempt_id, to, mode);
        let tracked = state.runtime.find(&id);
        let tracked_response = tracked.map(|invocation| invocation.response.clone());
        drop(state);
        let response = match (begun, tracked_response) {
            (Ok(response), _) => response,
            (Err(error @ RuntimeCallError::ResponseMode), Some(response)) if is_concurrent => {
                let message = "Invalid function response mode";
                let failure = FunctionError::new("Runtime.InvalidResponseModeHeader", message);
                self.finish_with_error(&id, failure, 0, |failure| response.send_error(failure));
                return Err(error.into());
            }
            (Err(error), _) => return Err(error.into()),
        };
        let mut outcome = InvocationOutcome {
            error_type: start.error_type.clone(),
            len: 0,
        };
        let passed_on = match mode {
            Some(_) => self.pass_on_stream(&id, &response, start, call, &mut outcome),
            None => self.pass_on_whole(&response, start, call, &mut outcome),
        };
        let (failure, error) = match passed_on {
            Ok(()) => {
                self.finish_response(&id, outcome);
                return call.accept();
            }
            Err(BodyReadError::TooLong) => (FunctionError::too_large(), RuntimeCallError::TooLarge),
            // An ordinary function stays in its state until the timeout, as on AWS. A Managed Instance
            // reports an error and goes on.
            Err(BodyReadError::Cut) if !is_concurrent => {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Err(BodyReadError::Cut) => (
                FunctionError::new("Runtime.TruncatedResponse", "Response was truncated"),
                RuntimeCallError::Truncated,
            ),
        };
        self.finish_with_error(&id, failure, outcome.len, |failure| match mode {
            Some(_) => response.send(ResponsePart::End(Some(failure))),
            None => response.send_error(failure),
        });
        Err(error.into())
    }

    /// Reads a whole response or error and passes it on to the caller.
    fn pass_on_whole(
        &self,
        response: &ResponseSender,
        start: ResponseStart,
        call: &mut ApiCall<'_, '_>,
        outcome: &mut InvocationOutcome,
    ) -> Result<(), BodyReadError> {
        let is_concurrent = self.environment.settings.concurrency.is_some();
        let len_max = match &start.error_type {
            Some(_) if is_concurrent => ERROR_LEN_MAX,
            _ => PAYLOAD_LEN_MAX,
        };
        let mut body = call.exchange.read_body(len_max)?;
        if call.faults.has(InjectedFault::Status413) {
            return Err(BodyReadError::TooLong);
        }
        outcome.len = body.len().try_into().unwrap_or(u64::MAX);
        // Lambda makes an error document from the header if the runtime has sent none.
        if let (Some(error_type), true) = (&start.error_type, body.is_empty()) {
            body = error_document(error_type, "");
        }
        response.send(ResponsePart::Whole(start, body));
        Ok(())
    }

    /// Passes a streamed response on to the caller while it comes.
    fn pass_on_stream(
        &self,
        id: &str,
        response: &ResponseSender,
        start: ResponseStart,
        call: &mut ApiCall<'_, '_>,
        outcome: &mut InvocationOutcome,
    ) -> Result<(), BodyReadError> {
        if let Some(invocation) = self.environment.lock().runtime.find(id) {
            invocation.has_started = true;
        }
        response.send(ResponsePart::Start(start));
        while let Some(bytes) = call.exchange.read_part()? {
            let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            outcome.len = outcome.len.saturating_add(len);
            if outcome.len > STREAM_LEN_MAX {
                return Err(BodyReadError::TooLong);
            }
            // The function goes on even if the caller has left.
            response.send(ResponsePart::Data(bytes));
        }
        let error = trailer_error(&call.exchange.trailers);
        outcome.error_type = error.as_ref().map(|error| error.error_type.clone());
        response.send(ResponsePart::End(error));
        Ok(())
    }

    /// Ends the response to `id` with an error of Lambda, which `send` sends to the caller.
    fn finish_with_error(
        &self,
        id: &str,
        failure: FunctionError,
        len: u64,
        send: impl FnOnce(FunctionError),
    ) {
        let error_type = Some(failure.error_type.clone());
        send(failure);
        self.finish_response(id, InvocationOutcome { error_type, len });
    }

    /// Notes that the runtime has posted a response or an error for `id`.
    fn finish_response(&self, id: &str, outcome: InvocationOutcome) {
        self.environment
            .update(|state| state.runtime.finish_response(id, outcome));
    }

    fn init_error(&self, call: &mut ApiCall<'_, '_>) -> CallResult {
        self.environment.lock().runtime.init_error()?;
        self.read_init_error(call)
    }

    fn restore_error(&self, call: &mut ApiCall<'_, '_>) -> CallResult {
        self.environment.lock().runtime.restore_error()?;
        self.read_init_error(call)
    }

    fn read_init_error(&self, call: &mut ApiCall<'_, '_>) -> CallResult {
        let error_type = call.error_type();
        // The reply is sent first: the process is killed when the error is known.
        let (replied, document) = match call.exchange.read_body(ERROR_LEN_MAX) {
            Ok(document) => (call.accept(), document),
            Err(BodyReadError::TooLong) => {
                let text = format!("expected at most {ERROR_LEN_MAX} bytes of an init error");
                let replied = call.refuse(RuntimeCallError::TooLarge.into());
                let document = error_document(&error_type, &text);
                (replied.map_err(CallError::Connection), document)
            }
            Err(BodyReadError::Cut) => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        let error = FunctionError {
            error_type,
            document,
        };
        self.environment
            .update(|state| state.init_error = Some(error));
        replied
    }

    fn restore_next(&self, call: &mut ApiCall<'_, '_>) -> CallResult {
        self.environment.lock().runtime.restore()?;
        // No snapshot is taken: the process that was started is restored at once.
        call.respond(200, &[], b"")
    }
}

/// Refuses a call of the runtime if an injected fault says so.
fn inject_status(path: &str, faults: &CallFaults) -> CallResult {
    let route = path.strip_prefix("/2018-06-01/runtime/");
    let route = route.unwrap_or_default();
    let is_post = route.ends_with("/response") || route.ends_with("/error");
    if faults.has(InjectedFault::Status500) && (is_post || route == "invocation/next") {
        let message = "Internal Server Error".to_owned();
        return Err(CallError::Refused(500, "InternalServerError", message));
    }
    if faults.has(InjectedFault::Status403) && is_post {
        let (from, to) = (RuntimeState::Ready, RuntimeState::InvocationResponse);
        return Err(RuntimeCallError::Transition(from, to).into());
    }
    if faults.has(InjectedFault::Status410) && is_post {
        return Err(RuntimeCallError::Timeout.into());
    }
    Ok(())
}

/// Replies with a made-up availability zone ("Using the Lambda metadata endpoint").
fn send_metadata(_: &RuntimeApi, call: &mut ApiCall<'_, '_>) -> CallResult {
    let authorization = call.request.header("Authorization");
    let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
    if token != Some(LOCAL_TOKEN) {
        return call.respond(401, &PLAIN, b"Unauthorized\n");
    }
    let fields = [JSON, ("Cache-Control", "private, max-age=43200, immutable")];
    call.respond(200, &fields, b"{\"AvailabilityZoneID\":\"use1-az1\"}")
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

/// Returns the request id in the path of a response or an error.
fn invocation_id(path: &str) -> String {
    let id = path.split('/').nth(4).unwrap_or_default();
    let decoded = decode_percent(id, false).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    text.unwrap_or_else(|| id.to_owned())
}
