//! The caller's side: Lambda's Invoke API, and a function URL on all other paths.

mod event_stream;
mod function_url;
mod page;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::emulator::Reply;
use crate::emulator::environment::lifecycle::UNAVAILABLE;
use crate::emulator::environment::logs::say;
use crate::emulator::invoke_api::event_stream::{invoke_complete, payload_chunk};
use crate::emulator::invoke_api::function_url::{self as url, PRELUDE_TYPE, Prelude, WebResponse};
use crate::emulator::message::{
    ASYNC_PAYLOAD_LEN_MAX, Answer, Event, Failure, PAYLOAD_LEN_MAX, Part, Start,
};
use crate::emulator::report::{civil, ms, uuid};
use crate::emulator::scheduler::{Function, Throttled};
use crate::emulator::server::Service;
use crate::emulator::server::access::{self, Access};
use crate::emulator::server::exchange::{BodyFault, Exchange, Request};
use crate::encoding::{Escapes, base64, decode_base64, decode_percent, decode_percent_lossy};
use crate::json;
use crate::json::{Reader, Value};

/// Longest client context, in base64 ("Invoke", Lambda API reference).
const CLIENT_CONTEXT_LEN_MAX: usize = 3583;

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// What callers reach.
#[derive(Debug)]
pub(crate) struct Front {
    function: Arc<Function>,
    access: Arc<Access>,
    /// Whether a line is written for each request.
    tell: bool,
    /// When it began: when the function was last modified, as far as callers are told.
    began: SystemTime,
    revision: String,
}

/// An error of the Invoke API: its status, its name, and what it says.
struct ApiError(u16, &'static str, String);

impl Service for Front {
    fn answer(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let began = Instant::now();
        let result = self.route(request, exchange);
        if self.tell {
            let Request { method, target, .. } = request;
            say(&format!(
                "{method} {target}: {} in {} ms",
                exchange.status(),
                ms(began.elapsed())
            ));
        }
        result
    }
}

/// An operation of Lambda's API that is served, and its parameter `FunctionName`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation<'p> {
    Invoke(&'p str),
    InvokeWithResponseStream(&'p str),
    InvokeAsync(&'p str),
    GetFunction(&'p str),
    GetFunctionConfiguration(&'p str),
}

impl<'p> Operation<'p> {
    /// The operation of a path, and its method ("Actions", Lambda API reference).
    fn of(path: &'p str) -> Option<(&'static str, Operation<'p>)> {
        let (version, rest) = path.strip_prefix('/')?.split_once("/functions/")?;
        let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
        // Without a suffix a slash at the end is one too many.
        let has_slash = !path.ends_with(name);
        if name.is_empty() {
            return None;
        }
        match (version, rest) {
            ("2015-03-31", "invocations") => Some(("POST", Operation::Invoke(name))),
            ("2021-11-15", "response-streaming-invocations") => {
                Some(("POST", Operation::InvokeWithResponseStream(name)))
            }
            // It is documented with a slash at the end.
            ("2014-11-13", "invoke-async" | "invoke-async/") => {
                Some(("POST", Operation::InvokeAsync(name)))
            }
            ("2015-03-31", "configuration") => {
                Some(("GET", Operation::GetFunctionConfiguration(name)))
            }
            ("2015-03-31", "") if !has_slash => Some(("GET", Operation::GetFunction(name))),
            _ => None,
        }
    }
}

/// Whether a path belongs to AWS's APIs, whose paths begin with the date of a version: such a request
/// is never one to the function. A proxy may have encoded a slash.
fn is_api_path(path: &str) -> bool {
    let path = decode_percent_lossy(path.as_bytes(), Escapes::All);
    let path = path.trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    let is_date = |(i, b): (usize, u8)| match i {
        0 => b == b'2',
        1 => b == b'0',
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    };
    first.len() == 10 && first.bytes().enumerate().all(is_date)
}

impl Front {
    pub(crate) fn new(function: Arc<Function>, access: Arc<Access>, tell: bool) -> Front {
        Front {
            function,
            access,
            tell,
            began: SystemTime::now(),
            revision: uuid(),
        }
    }

    fn route(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let is_api = is_api_path(request.path());
        let allowed = match self.access.check(request) {
            Ok(allowed) => allowed,
            Err(text) if is_api => {
                return send_error(exchange, &ApiError(403, "AccessDeniedException", text));
            }
            Err(text) => return plain(exchange, 403, &text),
        };
        if !is_api {
            // RFC 9110, section 9.3.7: a question about the server as such.
            if request.target == "*" {
                let status = if request.method == "OPTIONS" {
                    200
                } else {
                    400
                };
                return exchange.reply(status, &[], b"");
            }
            // The function answers preflight requests, as with a function URL that has no CORS
            // configuration; only what concerns this machine is added.
            if let (Some(_), Some((name, value))) =
                (allowed, access::private_network_field(request))
            {
                exchange.add_field(name, &value);
            }
            return self.url(request, exchange);
        }
        if let Some(origin) = allowed {
            for (name, value) in access::cors_fields(request, origin) {
                exchange.add_field(name, &value);
            }
            if access::is_preflight(request) {
                return exchange.reply(204, &[], b"");
            }
        }
        let result = match Operation::of(request.path()) {
            Some((method, operation)) if method == request.method => {
                self.operate(operation, request, exchange)?
            }
            Some((method, _)) => {
                exchange.add_field("Allow", method);
                let message = format!("{} {} is no operation", request.method, request.path());
                Err(ApiError(405, "UnknownOperationException", message))
            }
            None => {
                let message = format!(
                    "{} {} is not served here: the local Lambda has Invoke, InvokeAsync, \
                     InvokeWithResponseStream, GetFunction and GetFunctionConfiguration. Paths that \
                     begin with a date belong to AWS's API and do not reach the function",
                    request.method,
                    request.path()
                );
                Err(ApiError(404, "UnknownOperationException", message))
            }
        };
        match result {
            Ok(()) => Ok(()),
            Err(error) => send_error(exchange, &error),
        }
    }

    fn operate(
        &self,
        operation: Operation<'_>,
        request: &Request,
        exchange: &mut Exchange<'_>,
    ) -> Answered {
        match operation {
            Operation::Invoke(name) => self.invoke(name, request, exchange),
            Operation::InvokeWithResponseStream(name) => {
                self.invoke_stream(name, request, exchange)
            }
            Operation::InvokeAsync(name) => {
                let event = match self.event(name, ("Event", &["Event"]), request, exchange)? {
                    Ok(event) => event,
                    Err(error) => return Ok(Err(error)),
                };
                self.invoke_unattended(event, exchange)
            }
            Operation::GetFunction(name) | Operation::GetFunctionConfiguration(name) => {
                let qualifier = match self.qualifier(name, request) {
                    Ok(qualifier) => qualifier,
                    Err(error) => return Ok(Err(error)),
                };
                let mut document = self.configuration(&qualifier);
                if let Operation::GetFunction(_) = operation {
                    let mut function = json::Object::new();
                    function.insert("Configuration", document);
                    function.insert("Code", json!({ "RepositoryType": "S3" }));
                    document = function;
                }
                exchange
                    .reply(200, &[JSON], &json::to_vec(&document))
                    .map(Ok)
            }
        }
    }

    /// What `GetFunctionConfiguration` says. The function's variables are not in it: they may be
    /// those of the developer's own shell.
    fn configuration(&self, qualifier: &str) -> json::Object {
        let settings = &self.function.settings;
        let code_len = settings
            .bootstrap
            .as_deref()
            .and_then(|path| std::fs::metadata(path).ok())
            .map_or(0, |metadata| metadata.len());
        let architecture = if std::env::consts::ARCH == "aarch64" {
            "arm64"
        } else {
            "x86_64"
        };
        let (apply_on, optimization) = if settings.snap_start {
            ("PublishedVersions", "On")
        } else {
            ("None", "Off")
        };
        let log_format = if settings.json_log_level.is_some() {
            "JSON"
        } else {
            "Text"
        };
        let timeout = settings.timeout.as_millis().div_ceil(1000);
        let modified = civil(self.began).rfc3339().replace('Z', "+0000");
        let mut document = json::Object::new();
        let mut set = |name: &str, value: Value| document.insert(name, value);
        set("FunctionName", settings.name.as_str().into());
        set("FunctionArn", qualified(settings.arn(), qualifier).into());
        set("Runtime", "provided.al2023".into());
        set("Role", "arn:aws:iam::012345678912:role/local".into());
        set("Handler", settings.handler.as_str().into());
        set("CodeSize", code_len.into());
        set("Description", "".into());
        set("Timeout", u64::try_from(timeout).unwrap_or(u64::MAX).into());
        set("MemorySize", settings.memory_mb.into());
        set("LastModified", modified.into());
        set("Version", settings.version.as_str().into());
        set("TracingConfig", json!({ "Mode": "PassThrough" }));
        set("RevisionId", self.revision.as_str().into());
        set("State", "Active".into());
        set("LastUpdateStatus", "Successful".into());
        set("PackageType", "Zip".into());
        set("Architectures", json!([architecture]));
        set("EphemeralStorage", json!({ "Size": 512 }));
        set(
            "SnapStart",
            json!({ "ApplyOn": apply_on, "OptimizationStatus": optimization }),
        );
        let group = format!("/aws/lambda/{}", settings.name);
        set(
            "LoggingConfig",
            json!({ "LogFormat": log_format, "LogGroup": group }),
        );
        document
    }
}

/// `Err`: the connection is lost; `Ok(Err)`: the caller is told of an error.
type Answered = io::Result<Result<(), ApiError>>;

impl Front {
    /// `Invoke`.
    fn invoke(&self, name: &str, request: &Request, exchange: &mut Exchange<'_>) -> Answered {
        let kind = request
            .text("X-Amz-Invocation-Type")
            .unwrap_or("RequestResponse");
        let kinds = ["Event", "RequestResponse", "DryRun"];
        let event = match self.event(name, (kind, &kinds), request, exchange)? {
            Ok(event) => event,
            Err(error) => return Ok(Err(error)),
        };
        if kind == "DryRun" {
            return exchange.reply(204, &[], b"").map(Ok);
        }
        if kind == "Event" {
            return self.invoke_unattended(event, exchange);
        }
        let id = event.request_id.clone();
        let trace = event.trace_id.clone().unwrap_or_default();
        let version = self.function.settings.version.as_str();
        let fields = [
            ("X-Amzn-RequestId", id.as_str()),
            ("X-Amz-Executed-Version", version),
            ("X-Amzn-Trace-Id", trace.as_str()),
        ];
        let wants_log = request.text("X-Amz-Log-Type") == Some("Tail");
        let queued = if wants_log {
            event
        } else {
            let mut answered = None;
            let mut on_answer = |answer: (Start, Vec<u8>)| {
                answered = Some(send_reply(exchange, &fields, &Reply::from(answer), ""));
            };
            match self.function.lead(event, &mut on_answer) {
                None => return answered.map_or(Ok(Err(gone())), |sent| sent.map(Ok)),
                Some(event) => event,
            }
        };
        let answer = match self.function.invoke(queued) {
            Ok(answer) => answer,
            Err(Throttled) => return Ok(Err(throttled())),
        };
        let Ok(reply) = Reply::receive(&answer) else {
            return Ok(Err(gone()));
        };
        let log = if wants_log {
            base64(&log_tail(&answer))
        } else {
            String::new()
        };
        send_reply(exchange, &fields, &reply, &log).map(Ok)
    }

    /// Accepts an asynchronous invocation: nobody waits for its response, but it is repeated if it
    /// fails.
    fn invoke_unattended(&self, event: Event, exchange: &mut Exchange<'_>) -> Answered {
        let id = event.request_id.clone();
        let trace = event.trace_id.clone().unwrap_or_default();
        let fields = [
            ("X-Amzn-RequestId", id.as_str()),
            ("X-Amzn-Trace-Id", trace.as_str()),
        ];
        match self.function.invoke_unattended(event) {
            Ok(()) => exchange.reply(202, &fields, b"").map(Ok),
            Err(Throttled) => Ok(Err(throttled())),
        }
    }

    /// `InvokeWithResponseStream`.
    fn invoke_stream(
        &self,
        name: &str,
        request: &Request,
        exchange: &mut Exchange<'_>,
    ) -> Answered {
        let kind = request
            .text("X-Amz-Invocation-Type")
            .unwrap_or("RequestResponse");
        let kinds = ["RequestResponse", "DryRun"];
        let event = match self.event(name, (kind, &kinds), request, exchange)? {
            Ok(event) => event,
            Err(error) => return Ok(Err(error)),
        };
        if kind == "DryRun" {
            return exchange.reply(204, &[], b"").map(Ok);
        }
        let id = event.request_id.clone();
        let answer = match self.function.invoke(event) {
            Ok(answer) => answer,
            Err(Throttled) => return Ok(Err(throttled())),
        };
        let Ok(first) = answer.recv() else {
            return Ok(Err(gone()));
        };
        let content_type = match &first {
            Part::Whole(start, _) | Part::Start(start) => start.content_type.clone(),
            _ => None,
        };
        let version = self.function.settings.version.clone();
        let fields = [
            ("Content-Type", "application/vnd.amazon.eventstream"),
            ("X-Amzn-RequestId", id.as_str()),
            ("X-Amz-Executed-Version", version.as_str()),
            (
                "X-Amzn-Remapped-Content-Type",
                content_type
                    .as_deref()
                    .unwrap_or("application/octet-stream"),
            ),
        ];
        exchange.start(200, &fields)?;
        let mut part = Some(first);
        let failure = loop {
            match part {
                Some(Part::Whole(
                    Start {
                        error_type: Some(error_type),
                        ..
                    },
                    document,
                )) => {
                    break Some(Failure {
                        error_type,
                        document,
                    });
                }
                Some(Part::Whole(_, bytes)) => {
                    if !bytes.is_empty() {
                        exchange.part(&payload_chunk(&bytes))?;
                    }
                    break None;
                }
                Some(Part::Data(bytes)) => exchange.part(&payload_chunk(&bytes))?,
                Some(Part::Start(_) | Part::Log(_)) => {}
                Some(Part::End(failure)) => break failure,
                // Cut: so is the stream.
                None => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
            part = answer.recv().ok();
        };
        let log = match request.text("X-Amz-Log-Type") {
            Some("Tail") => base64(&log_tail(&answer)),
            _ => String::new(),
        };
        let mut complete = json::Object::new();
        if let Some(failure) = failure {
            complete.insert("ErrorCode", failure.error_type);
            complete.insert(
                "ErrorDetails",
                String::from_utf8_lossy(&failure.document).into_owned(),
            );
        }
        complete.insert("LogResult", log);
        exchange.part(&invoke_complete(&json::to_vec(&complete)))?;
        exchange.finish().map(Ok)
    }

    /// The version or alias that a request names; empty: none.
    fn qualifier(&self, name: &str, request: &Request) -> Result<String, ApiError> {
        let settings = &self.function.settings;
        let Some(qualifier) = qualifier(name, request.query(), &settings.name) else {
            let message = format!(
                "Function not found: {}; the function here is named {}",
                name, settings.name
            );
            return Err(ApiError(404, "ResourceNotFoundException", message));
        };
        // It becomes part of an ARN, which is a header of the Runtime API.
        let is_ok = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'$' | b'_' | b'-' | b'.');
        if !qualifier.bytes().all(is_ok) {
            let message = format!(
                "1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy \
                 constraint: Member must satisfy regular expression pattern: \
                 \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
            );
            return Err(ApiError(400, "ValidationException", message));
        }
        Ok(qualifier)
    }

    /// The event of an Invoke request, checked as Lambda does; its invocation type comes with those
    /// that the operation has.
    fn event(
        &self,
        name: &str,
        (kind, kinds): (&str, &[&str]),
        request: &Request,
        exchange: &mut Exchange<'_>,
    ) -> io::Result<Result<Event, ApiError>> {
        let qualifier = match self.qualifier(name, request) {
            Ok(qualifier) => qualifier,
            Err(error) => return Ok(Err(error)),
        };
        if !kinds.contains(&kind) {
            let message = format!(
                "1 validation error detected: Value '{kind}' at 'invocationType' failed to satisfy \
                 constraint: Member must satisfy enum value set: [{}]",
                kinds.join(", ")
            );
            return Ok(Err(ApiError(400, "ValidationException", message)));
        }
        let len_max = match kind {
            "Event" => ASYNC_PAYLOAD_LEN_MAX,
            _ => PAYLOAD_LEN_MAX,
        };
        let body = match exchange.read_body(len_max) {
            Ok(body) => body,
            Err(BodyFault::TooLong) => {
                let message = format!(
                    "Request must be smaller than {len_max} bytes for the InvokeFunction operation"
                );
                return Ok(Err(ApiError(413, "RequestTooLargeException", message)));
            }
            Err(BodyFault::Cut) => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        // An invocation without a payload comes to the function as an empty object.
        let body = if body.is_empty() {
            b"{}".to_vec()
        } else {
            body
        };
        if let Err(error) = check_event(&body) {
            // The second version of the AWS CLI takes a payload for base64, and sends what it decodes to.
            let message = format!(
                "Could not parse request body into json: {error}. With the AWS CLI, add \
                 --cli-binary-format raw-in-base64-out"
            );
            return Ok(Err(ApiError(
                400,
                "InvalidRequestContentException",
                message,
            )));
        }
        let mut event = self.function.event(body);
        event.function_arn = qualified(event.function_arn, &qualifier);
        if let Some(context) = request.text("X-Amz-Client-Context") {
            let decoded = decode_base64(context.as_bytes())
                .ok()
                .and_then(|b| String::from_utf8(b).ok());
            let text = decoded.filter(|text| {
                let value: Result<Value, _> = json::parse_replacing_surrogates(text.as_bytes());
                let is_object = value.is_ok_and(|value| value.as_object().is_some());
                context.len() <= CLIENT_CONTEXT_LEN_MAX && is_object
            });
            let Some(text) = text else {
                let message = "Client context must be a valid Base64-encoded JSON object.";
                return Ok(Err(ApiError(
                    400,
                    "InvalidRequestContentException",
                    message.to_owned(),
                )));
            };
            // It becomes a header, whose line it must not leave.
            event.client_context = Some(text.replace(['\r', '\n'], " "));
        }
        if let Some(trace_id) = request.text("X-Amzn-Trace-Id") {
            event.trace_id = Some(trace_id.to_owned());
        }
        event.tenant_id = request.text("X-Amz-Tenant-Id").map(str::to_owned);
        event.cognito_identity = request.text("X-Amz-Cognito-Identity").map(str::to_owned);
        Ok(Ok(event))
    }

    /// A function URL: any request is an event, and its answer a response.
    fn url(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let body = match exchange.read_body(PAYLOAD_LEN_MAX) {
            Ok(body) => body,
            Err(BodyFault::TooLong) => return plain(exchange, 413, "Request Entity Too Large"),
            Err(BodyFault::Cut) => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        let source = exchange.peer().unwrap_or(IpAddr::from([127, 0, 0, 1]));
        let mut event = self.function.event(Vec::new());
        if let Some(trace_id) = request.text("X-Amzn-Trace-Id") {
            event.trace_id = Some(trace_id.to_owned());
        }
        event.body = url::event(request, &body, source, &event, SystemTime::now());
        if event.body.len() > PAYLOAD_LEN_MAX {
            return plain(exchange, 413, "Request Entity Too Large");
        }
        let id = event.request_id.clone();
        let answer = match self.function.invoke(event) {
            Ok(answer) => answer,
            Err(Throttled) => return plain(exchange, 429, "Rate Exceeded."),
        };
        let id = ("X-Amzn-RequestId", id.as_str());
        match answer.recv() {
            Ok(Part::Whole(
                Start {
                    error_type: None, ..
                },
                body,
            )) => match url::response(&body) {
                Some(response) => {
                    let mut fields = fields_of(&response);
                    fields.push(id);
                    exchange.reply(response.status, &fields, &response.body)
                }
                None => plain(exchange, 502, "The function's answer is no HTTP response."),
            },
            Ok(Part::Whole(..)) if page::is_asked_for(request) => {
                let html = ("Content-Type", "text/html; charset=utf-8");
                exchange.reply(200, &[html, id], page::page().as_bytes())
            }
            // AWS says no more than 502; whoever develops a function wants to see why.
            Ok(Part::Whole(_, document)) => exchange.reply(502, &[JSON, id], &document),
            Ok(Part::Start(start)) => stream(&start, &answer, exchange, id),
            _ => plain(exchange, 502, "The function's answer was lost."),
        }
    }
}

/// Answers an Invoke request with what the invocation came to, and the end of its log if there is one.
fn send_reply(
    exchange: &mut Exchange<'_>,
    fields: &[(&str, &str)],
    reply: &Reply,
    log: &str,
) -> io::Result<()> {
    let mut fields = [fields, &[JSON]].concat();
    if reply.error_type.as_deref() == Some(UNAVAILABLE) {
        return exchange.reply(400, &fields, &reply.body);
    }
    if reply.is_error() {
        fields.push(("X-Amz-Function-Error", "Unhandled"));
    }
    if !log.is_empty() {
        fields.push(("X-Amz-Log-Result", log));
    }
    exchange.reply(200, &fields, &reply.body)
}

/// Passes a streamed answer on to a web client.
fn stream(
    start: &Start,
    answer: &Answer,
    exchange: &mut Exchange<'_>,
    id: (&str, &str),
) -> io::Result<()> {
    let content_type = start
        .content_type
        .as_deref()
        .unwrap_or("application/octet-stream");
    if content_type == PRELUDE_TYPE {
        let mut bytes = Vec::new();
        let response = loop {
            match url::prelude(&bytes) {
                Prelude::Whole(response) => break response,
                Prelude::Malformed => {
                    let text = "The function's answer does not begin with a head and 8 NUL bytes.";
                    return plain(exchange, 502, text);
                }
                Prelude::Unfinished => {}
            }
            match answer.recv() {
                Ok(Part::Data(part)) => bytes.extend_from_slice(&part),
                Ok(Part::End(Some(failure))) => {
                    return exchange.reply(502, &[JSON, id], &failure.document);
                }
                _ => return plain(exchange, 502, "The function's answer has no head."),
            }
        };
        let mut fields = fields_of(&response);
        fields.push(id);
        exchange.start(response.status, &fields)?;
        exchange.part(&response.body)?;
    } else {
        exchange.start(200, &[("Content-Type", content_type), id])?;
    }
    loop {
        match answer.recv() {
            Ok(Part::Data(bytes)) => exchange.part(&bytes)?,
            Ok(Part::End(None)) => return exchange.finish(),
            // The status has been sent: that the end is missing is all that can be said.
            _ => return Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

fn fields_of(response: &WebResponse) -> Vec<(&str, &str)> {
    response
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

fn send_error(exchange: &mut Exchange<'_>, error: &ApiError) -> io::Result<()> {
    let ApiError(status, name, message) = error;
    let document = json!({ "Type": "User", "Message": message.as_str() });
    exchange.reply(
        *status,
        &[JSON, ("X-Amzn-ErrorType", name)],
        &json::to_vec(&document),
    )
}

fn plain(exchange: &mut Exchange<'_>, status: u16, text: &str) -> io::Result<()> {
    let fields = [("Content-Type", "text/plain; charset=utf-8")];
    exchange.reply(status, &fields, format!("{text}\n").as_bytes())
}

/// The version or alias that a call names: after the name, at the end of an ARN, or in the query;
/// empty: none. `None`: it names another function.
fn qualifier(path_name: &str, query: &str, function: &str) -> Option<String> {
    let decoded = decode_percent(path_name, false).ok()?;
    let words: Vec<&str> = decoded.split(':').collect();
    let rest = match words.as_slice() {
        ["arn", _, "lambda", _, _, "function", rest @ ..] | [_, "function", rest @ ..]
            if !rest.is_empty() =>
        {
            rest
        }
        rest => rest,
    };
    let (name, suffix) = match rest {
        [name] => (*name, ""),
        [name, suffix] => (*name, *suffix),
        _ => return None,
    };
    let asked = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("Qualifier="));
    let asked = decode_percent(asked.unwrap_or_default(), true).ok()?;
    let is_it = name == function || name == "function";
    is_it.then(|| {
        if suffix.is_empty() {
            asked.into_owned()
        } else {
            suffix.to_owned()
        }
    })
}

/// An ARN with the version or alias that a call names.
fn qualified(arn: String, qualifier: &str) -> String {
    if qualifier.is_empty() {
        arn
    } else {
        format!("{arn}:{qualifier}")
    }
}

/// Why `text` is no JSON.
fn check_json(text: &[u8]) -> Result<(), json::Error> {
    let mut reader = Reader::from_bytes(text)?;
    reader.skip()?;
    reader.end()
}

/// Why `text` is no event: a sentence. A byte order mark in front of the JSON is allowed.
pub(crate) fn check_event(text: &[u8]) -> Result<(), String> {
    // A byte order mark of UTF-16, or a character below U+0100 without one.
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] = text {
        return Err(
            "it is UTF-16, which `>` writes in Windows PowerShell 5; save it as UTF-8, for example \
             with `Out-File -Encoding utf8`"
                .to_owned(),
        );
    }
    check_json(json::without_bom(text)).map_err(|error| error.to_string())
}

/// The end of the invocation's log, which comes when it is over.
fn log_tail(answer: &Answer) -> Vec<u8> {
    let mut tail = Vec::new();
    while let Ok(part) = answer.recv() {
        if let Part::Log(log) = part {
            tail = log;
        }
    }
    tail
}

fn throttled() -> ApiError {
    ApiError(429, "TooManyRequestsException", "Rate Exceeded.".to_owned())
}

fn gone() -> ApiError {
    ApiError(
        500,
        "ServiceException",
        "The emulator has ended.".to_owned(),
    )
}
