//! The operations Invoke, InvokeAsync and InvokeWithResponseStream.

use std::io;

use crate::emulator::InvokeResponse;
use crate::emulator::environment::lifecycle::UNAVAILABLE;
use crate::emulator::invoke_api::event_stream::{invoke_complete, payload_chunk};
use crate::emulator::invoke_api::{
    ApiResult, InvokeApi, InvokeApiError, JSON, check_event, qualified, try_api,
};
use crate::emulator::message::{
    ASYNC_PAYLOAD_LEN_MAX, FunctionError, InvocationEvent, PAYLOAD_LEN_MAX, ResponsePart,
    ResponseReceiver, ResponseStart,
};
use crate::emulator::scheduler::ThrottledError;
use crate::emulator::server::exchange::{BodyReadError, Exchange, HttpRequest};
use crate::encoding::{base64, decode_base64};
use crate::json;
use crate::json::Value;

/// Longest client context in base64 ("Invoke", Lambda API reference).
const CLIENT_CONTEXT_LEN_MAX: usize = 3583;

impl InvokeApi {
    pub(super) fn invoke(
        &self,
        name: &str,
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> ApiResult {
        let kind = invocation_type(request);
        let kinds = (kind, &["Event", "RequestResponse", "DryRun"][..]);
        let event = try_api!(self.read_event(name, kinds, request, exchange)?);
        if kind == "DryRun" {
            return exchange.respond(204, &[], b"").map(Ok);
        }
        if kind == "Event" {
            return self.invoke_async(event, exchange);
        }
        let id = event.request_id.clone();
        let trace_id = event.trace_id.clone().unwrap_or_default();
        let parts = try_api!(self.start_invocation(event));
        let Ok(response) = InvokeResponse::receive(&parts) else {
            return Ok(Err(InvokeApiError::ended()));
        };
        let log = base64_log_tail(request, &parts);
        let mut fields = vec![
            ("X-Amzn-RequestId", id.as_str()),
            (
                "X-Amz-Executed-Version",
                self.scheduler.settings.version.as_str(),
            ),
            ("X-Amzn-Trace-Id", trace_id.as_str()),
            JSON,
        ];
        if response.error_type.as_deref() == Some(UNAVAILABLE) {
            return exchange.respond(400, &fields, &response.body).map(Ok);
        }
        if response.is_error() {
            fields.push(("X-Amz-Function-Error", "Unhandled"));
        }
        if !log.is_empty() {
            fields.push(("X-Amz-Log-Result", &log));
        }
        exchange.respond(200, &fields, &response.body).map(Ok)
    }

    /// Accepts an asynchronous invocation. Its response goes nowhere; it is repeated if it fails.
    pub(super) fn invoke_async(
        &self,
        event: InvocationEvent,
        exchange: &mut Exchange<'_>,
    ) -> ApiResult {
        let id = event.request_id.clone();
        let trace_id = event.trace_id.clone().unwrap_or_default();
        let fields = [
            ("X-Amzn-RequestId", id.as_str()),
            ("X-Amzn-Trace-Id", trace_id.as_str()),
        ];
        match self.scheduler.invoke_async(event) {
            Ok(()) => exchange.respond(202, &fields, b"").map(Ok),
            Err(ThrottledError) => Ok(Err(InvokeApiError::throttled())),
        }
    }

    pub(super) fn invoke_with_response_stream(
        &self,
        name: &str,
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> ApiResult {
        let kind = invocation_type(request);
        let kinds = (kind, &["RequestResponse", "DryRun"][..]);
        let event = try_api!(self.read_event(name, kinds, request, exchange)?);
        if kind == "DryRun" {
            return exchange.respond(204, &[], b"").map(Ok);
        }
        let id = event.request_id.clone();
        let parts = try_api!(self.start_invocation(event));
        let Ok(first) = parts.recv() else {
            return Ok(Err(InvokeApiError::ended()));
        };
        let content_type = match &first {
            ResponsePart::Whole(start, _) | ResponsePart::Start(start) => {
                start.content_type.as_deref()
            }
            _ => None,
        };
        let content_type = content_type.unwrap_or("application/octet-stream");
        let version = self.scheduler.settings.version.as_str();
        let fields = [
            ("Content-Type", "application/vnd.amazon.eventstream"),
            ("X-Amzn-RequestId", id.as_str()),
            ("X-Amz-Executed-Version", version),
            ("X-Amzn-Remapped-Content-Type", content_type),
        ];
        exchange.start(200, &fields)?;
        let error = send_chunks(first, &parts, exchange)?;
        let log = base64_log_tail(request, &parts);
        let mut complete = json::Object::new();
        if let Some(error) = error {
            let document = String::from_utf8_lossy(&error.document);
            complete.insert("ErrorCode", error.error_type);
            complete.insert("ErrorDetails", document.into_owned());
        }
        complete.insert("LogResult", log);
        exchange.send_part(&invoke_complete(&json::to_vec(&complete)))?;
        exchange.finish().map(Ok)
    }

    fn start_invocation(&self, event: InvocationEvent) -> Result<ResponseReceiver, InvokeApiError> {
        let started = self.scheduler.invoke(event);
        started.map_err(|ThrottledError| InvokeApiError::throttled())
    }

    /// Reads and checks the event of a request as Lambda does. `kind` is the invocation type of the
    /// request, `kinds` are those that the operation has.
    pub(super) fn read_event(
        &self,
        name: &str,
        (kind, kinds): (&str, &[&str]),
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> ApiResult<InvocationEvent> {
        let qualifier = try_api!(self.qualifier(name, request));
        if !kinds.contains(&kind) {
            let message = format!(
                "1 validation error detected: Value '{kind}' at 'invocationType' failed to satisfy \
                 constraint: Member must satisfy enum value set: [{}]",
                kinds.join(", ")
            );
            let error = InvokeApiError::new(400, "ValidationException", message);
            return Ok(Err(error));
        }
        let body = try_api!(read_payload(kind, exchange)?);
        let mut event = self.scheduler.new_event(body);
        event.function_arn = qualified(event.function_arn, &qualifier);
        event.client_context = try_api!(client_context(request));
        if let Some(trace_id) = request.non_empty_header("X-Amzn-Trace-Id") {
            event.trace_id = Some(trace_id.to_owned());
        }
        let header = |name| request.non_empty_header(name).map(str::to_owned);
        event.tenant_id = header("X-Amz-Tenant-Id");
        event.cognito_identity = header("X-Amz-Cognito-Identity");
        Ok(Ok(event))
    }
}

/// Returns the invocation type of a request.
fn invocation_type(request: &HttpRequest) -> &str {
    let header = request.non_empty_header("X-Amz-Invocation-Type");
    header.unwrap_or("RequestResponse")
}

/// Reads the payload of an invocation of the type `kind`.
fn read_payload(kind: &str, exchange: &mut Exchange<'_>) -> ApiResult<Vec<u8>> {
    let len_max = match kind {
        "Event" => ASYNC_PAYLOAD_LEN_MAX,
        _ => PAYLOAD_LEN_MAX,
    };
    let payload = match exchange.read_body(len_max) {
        // The function gets an empty object for an invocation without a payload.
        Ok(payload) if payload.is_empty() => b"{}".to_vec(),
        Ok(payload) => payload,
        Err(BodyReadError::TooLong) => {
            let message = format!(
                "Request must be smaller than {len_max} bytes for the InvokeFunction operation"
            );
            let error = InvokeApiError::new(413, "RequestTooLargeException", message);
            return Ok(Err(error));
        }
        Err(BodyReadError::Cut) => return Err(io::ErrorKind::UnexpectedEof.into()),
    };
    if let Err(error) = check_event(&payload) {
        // Version 2 of the AWS CLI takes a payload for base64 and sends the decoded bytes.
        let message = format!(
            "Could not parse request body into json: {error}. With the AWS CLI, add \
             --cli-binary-format raw-in-base64-out"
        );
        let error = InvokeApiError::new(400, "InvalidRequestContentException", message);
        return Ok(Err(error));
    }
    Ok(Ok(payload))
}

/// Returns the client context of a request as JSON text.
fn client_context(request: &HttpRequest) -> Result<Option<String>, InvokeApiError> {
    let Some(context) = request.non_empty_header("X-Amz-Client-Context") else {
        return Ok(None);
    };
    let decoded = decode_base64(context.as_bytes()).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.filter(|text| {
        let value: Result<Value, _> = json::parse_replacing_surrogates(text.as_bytes());
        let is_object = value.is_ok_and(|value| value.as_object().is_some());
        context.len() <= CLIENT_CONTEXT_LEN_MAX && is_object
    });
    match text {
        // It becomes a header field of the Runtime API, which is one line.
        Some(text) => Ok(Some(text.replace(['\r', '\n'], " "))),
        None => Err(InvokeApiError::new(
            400,
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
        )),
    }
}

/// Sends the parts of a response as events of the stream. Returns the error at its end, if there is one.
fn send_chunks(
    first: ResponsePart,
    parts: &ResponseReceiver,
    exchange: &mut Exchange<'_>,
) -> io::Result<Option<FunctionError>> {
    let mut part = Some(first);
    loop {
        match part {
            Some(ResponsePart::Whole(
                ResponseStart {
                    error_type: Some(error_type),
                    ..
                },
                document,
            )) => {
                return Ok(Some(FunctionError {
                    error_type,
                    document,
                }));
            }
            Some(ResponsePart::Whole(_, bytes)) => {
                if !bytes.is_empty() {
                    exchange.send_part(&payload_chunk(&bytes))?;
                }
                return Ok(None);
            }
            Some(ResponsePart::Data(bytes)) => exchange.send_part(&payload_chunk(&bytes))?,
            Some(ResponsePart::Start(_) | ResponsePart::LogTail(_)) => {}
            Some(ResponsePart::End(error)) => return Ok(error),
            // The response was cut off, and so is the stream.
            None => return Err(io::ErrorKind::ConnectionAborted.into()),
        }
        part = parts.recv().ok();
    }
}

/// Waits until the invocation is over and returns the end of its log in base64; empty if the request does
/// not ask for it.
fn base64_log_tail(request: &HttpRequest, parts: &ResponseReceiver) -> String {
    if request.non_empty_header("X-Amz-Log-Type") != Some("Tail") {
        return String::new();
    }
    let mut tail = Vec::new();
    while let Ok(part) = parts.recv() {
        if let ResponsePart::LogTail(log) = part {
            tail = log;
        }
    }
    base64(&tail)
}
