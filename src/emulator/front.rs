//! The caller's side: Lambda's Invoke API, and a function URL on all other paths.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::Reply;
use super::event::{ASYNC_PAYLOAD_LEN_MAX, Answer, Event, Failure, PAYLOAD_LEN_MAX, Part, Start};
use super::event_stream::{invoke_complete, payload_chunk};
use super::exchange::{BodyFault, Exchange, Request};
use super::function::{Function, Throttled};
use super::lifecycle::UNAVAILABLE;
use super::page;
use super::report::ms;
use super::server::Service;
use super::url::{self, PRELUDE_TYPE, Prelude, WebResponse};
use crate::encoding::{base64, decode_base64, decode_percent};
use crate::json;
use crate::json::Reader;

const INVOKE: &str = "/2015-03-31/functions/";
const INVOKE_STREAM: &str = "/2021-11-15/functions/";
/// Longest client context, in base64 ("Invoke", Lambda API reference).
const CLIENT_CONTEXT_LEN_MAX: usize = 3583;

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// What callers reach.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) function: Arc<Function>,
    /// Whether a line is written for each request.
    pub(super) tell: bool,
}

/// An error of the Invoke API: its status, its name, and what it says.
struct ApiError(u16, &'static str, String);

impl Service for Front {
    fn answer(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let began = Instant::now();
        let result = self.route(request, exchange);
        if self.tell {
            let Request { method, target, .. } = request;
            eprintln!(
                "{method} {target}: {} in {} ms",
                exchange.status(),
                ms(began.elapsed())
            );
        }
        result
    }
}

impl Front {
    fn route(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let path = request.path();
        let named = |prefix: &str, suffix: &str| {
            path.strip_prefix(prefix)?
                .strip_suffix(suffix)
                .map(str::to_owned)
        };
        let whole = named(INVOKE, "/invocations");
        let result = match (request.method.as_str(), whole) {
            ("POST", Some(name)) => self.invoke(&name, request, exchange),
            ("POST", None) => match named(INVOKE_STREAM, "/response-streaming-invocations") {
                Some(name) => self.invoke_stream(&name, request, exchange),
                None => return self.url(request, exchange),
            },
            _ => return self.url(request, exchange),
        };
        let Err(ApiError(status, name, message)) = result? else {
            return Ok(());
        };
        let document = json!({ "Type": "User", "Message": message });
        exchange.reply(
            status,
            &[JSON, ("X-Amzn-ErrorType", name)],
            &json::to_vec(&document),
        )
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
        let event = match self.event(name, kind, request, exchange)? {
            Ok(event) => event,
            Err(error) => return Ok(Err(error)),
        };
        if kind == "DryRun" {
            return exchange.reply(204, &[], b"").map(Ok);
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
        if kind == "Event" {
            // Nobody waits for what it comes to, but it does come to something.
            return match self.function.invoke_unattended(event) {
                Ok(()) => exchange.reply(202, &fields, b"").map(Ok),
                Err(Throttled) => Ok(Err(throttled())),
            };
        }
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

    /// `InvokeWithResponseStream`.
    fn invoke_stream(
        &self,
        name: &str,
        request: &Request,
        exchange: &mut Exchange<'_>,
    ) -> Answered {
        let event = match self.event(name, "RequestResponse", request, exchange)? {
            Ok(event) => event,
            Err(error) => return Ok(Err(error)),
        };
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

    /// The event of an Invoke request, checked as Lambda does.
    fn event(
        &self,
        name: &str,
        kind: &str,
        request: &Request,
        exchange: &mut Exchange<'_>,
    ) -> io::Result<Result<Event, ApiError>> {
        let settings = &self.function.settings;
        let Some(qualifier) = qualifier(name, request.query(), &settings.name) else {
            let message = format!(
                "Function not found: {}; the function here is named {}",
                name, settings.name
            );
            return Ok(Err(ApiError(404, "ResourceNotFoundException", message)));
        };
        let len_max = match kind {
            "RequestResponse" | "DryRun" => PAYLOAD_LEN_MAX,
            "Event" => ASYNC_PAYLOAD_LEN_MAX,
            _ => {
                let message = format!(
                    "Value '{kind}' at 'invocationType' failed to satisfy constraint: Member must \
                     satisfy enum value set: [Event, RequestResponse, DryRun]"
                );
                return Ok(Err(ApiError(400, "ValidationException", message)));
            }
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
            let message = format!("Could not parse request body into json: {error}");
            return Ok(Err(ApiError(
                400,
                "InvalidRequestContentException",
                message,
            )));
        }
        let mut event = self.function.event(body);
        if !qualifier.is_empty() {
            event.function_arn = format!("{}:{qualifier}", event.function_arn);
        }
        if let Some(context) = request.text("X-Amz-Client-Context") {
            let decoded = decode_base64(context.as_bytes())
                .ok()
                .and_then(|b| String::from_utf8(b).ok());
            let text = decoded.filter(|text| {
                context.len() <= CLIENT_CONTEXT_LEN_MAX && check_json(text.as_bytes()).is_ok()
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
        event.body = url::event(request, &body, source, &event.request_id, SystemTime::now());
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
    let is_it = name == function || name == "function";
    is_it.then(|| {
        if suffix.is_empty() {
            asked.unwrap_or_default()
        } else {
            suffix
        }
        .to_owned()
    })
}

/// Why `text` is no JSON.
fn check_json(text: &[u8]) -> Result<(), json::Error> {
    let mut reader = Reader::from_bytes(text)?;
    reader.skip()?;
    reader.end()
}

/// Why `text` is no event: a sentence. A byte order mark in front of the JSON is allowed.
pub(super) fn check_event(text: &[u8]) -> Result<(), String> {
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
