//! The operations Invoke, InvokeAsync and InvokeWithResponseStream.

use std::io;
use std::iter;

use crate::emulator::InvokeResponse;
use crate::emulator::environment::lifecycle::UNAVAILABLE;
use crate::emulator::invoke::data_of;
use crate::emulator::invoke_api::event_stream::{invoke_complete, payload_chunk};
use crate::emulator::invoke_api::{
    ApiError, ApiResult, InvokeApi, JSON, check_event, qualified, refused,
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
use crate::sys::utf8;

/// Longest client context in base64 ("Invoke", Lambda API reference).
const CLIENT_CONTEXT_LEN_MAX: usize = 3583;

/// The length of the end of a log that callers get in `X-Amz-Log-Result`: "the last 4 KB of the execution log".
const LOG_TAIL_LEN_MAX: usize = 4096;

/// Returns the error for an invocation that finds the queue full.
fn throttled(_: ThrottledError) -> ApiError {
    refused(429, "TooManyRequestsException", "Rate Exceeded.")
}

/// Returns the error for an invocation that gets no response.
fn ended() -> ApiError {
    refused(500, "ServiceException", "The emulator has ended.")
}

impl InvokeApi {
    pub(super) fn invoke(
        &self,
        qualifier: &str,
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> ApiResult {
        let kind = invocation_type(request);
        let kinds = ["Event", "RequestResponse", "DryRun"];
        let event = self.read_event(qualifier, kind, &kinds, request, exchange)?;
        if kind == "DryRun" {
            return Ok(exchange.respond(204, &[], b"")?);
        }
        if kind == "Event" {
            return self.enqueue(event, exchange);
        }
        let id = event.request_id.clone();
        let trace_id = event.trace_id.clone().unwrap_or_default();
        let parts = self.scheduler.invoke(event).map_err(throttled)?;
        let response = InvokeResponse::receive(&parts).map_err(|_| ended())?;
        let log = base64_log_tail(request, &parts);
        let version = self.scheduler.settings.version.as_str();
        let mut fields = vec![
            ("X-Amzn-RequestId", id.as_str()),
            ("X-Amz-Executed-Version", version),
            ("X-Amzn-Trace-Id", trace_id.as_str()),
            JSON,
        ];
        if response.error_type.as_deref() == Some(UNAVAILABLE) {
            return Ok(exchange.respond(400, &fields, &response.body)?);
        }
        if response.is_error() {
            fields.push(("X-Amz-Function-Error", "Unhandled"));
        }
        if !log.is_empty() {
            fields.push(("X-Amz-Log-Result", &log));
        }
        Ok(exchange.respond(200, &fields, &response.body)?)
    }

    pub(super) fn invoke_async(
        &self,
        qualifier: &str,
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> ApiResult {
        let event = self.read_event(qualifier, "Event", &["Event"], request, exchange)?;
        self.enqueue(event, exchange)
    }

    /// Accepts an asynchronous invocation. Its response goes nowhere; it is repeated if it fails.
    fn enqueue(&self, event: InvocationEvent, exchange: &mut Exchange<'_>) -> ApiResult {
        let id = event.request_id.clone();
        let trace_id = event.trace_id.clone().unwrap_or_default();
        self.scheduler.invoke_async(event).map_err(throttled)?;
        let fields = [
            ("X-Amzn-RequestId", id.as_str()),
            ("X-Amzn-Trace-Id", trace_id.as_str()),
        ];
        Ok(exchange.respond(202, &fields, b"")?)
    }

    pub(super) fn invoke_with_response_stream(
        &self,
        qualifier: &str,
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> ApiResult {
        let kind = invocation_type(request);
        let kinds = ["RequestResponse", "DryRun"];
        let event = self.read_event(qualifier, kind, &kinds, request, exchange)?;
        if kind == "DryRun" {
            return Ok(exchange.respond(204, &[], b"")?);
        }
        let id = event.request_id.clone();
        let parts = self.scheduler.invoke(event).map_err(throttled)?;
        let first = parts.recv().map_err(|_| ended())?;
        let content_type = match &first {
            ResponsePart::Whole(start, _) | ResponsePart::Start(start) => {
                start.content_type.as_deref()
            }
            _ => None,
        };
        let content_type = content_type.unwrap_or("application/octet-stream");
        let fields = [
            ("Content-Type", "application/vnd.amazon.eventstream"),
            ("X-Amzn-RequestId", id.as_str()),
            ("X-Amz-Executed-Version", &self.scheduler.settings.version),
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
        Ok(exchange.finish()?)
    }

    /// Reads and checks the event of a request as Lambda does. `kind` is the invocation type of the
    /// request, `kinds` are those that the operation has.
    fn read_event(
        &self,
        qualifier: &str,
        kind: &str,
        kinds: &[&str],
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> ApiResult<InvocationEvent> {
        if !kinds.contains(&kind) {
            let message = format!(
                "1 validation error detected: Value '{kind}' at 'invocationType' failed to satisfy \
                 constraint: Member must satisfy enum value set: [{}]",
                kinds.join(", ")
            );
            return Err(refused(400, "ValidationException", message));
        }
        let mut event = self.scheduler.new_event(read_payload(kind, exchange)?);
        event.function_arn = qualified(event.function_arn, qualifier);
        event.client_context = client_context(request)?;
        let header = |name| request.non_empty_header(name).map(str::to_owned);
        event.trace_id = header("X-Amzn-Trace-Id").or(event.trace_id);
        event.tenant_id = header("X-Amz-Tenant-Id");
        event.cognito_identity = header("X-Amz-Cognito-Identity");
        Ok(event)
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
    let mut payload = exchange.read_body(len_max).map_err(|error| match error {
        BodyReadError::TooLong => {
            let message = format!(
                "Request must be smaller than {len_max} bytes for the InvokeFunction operation"
            );
            refused(413, "RequestTooLargeException", message)
        }
        BodyReadError::Cut => ApiError::ConnectionLost(io::ErrorKind::UnexpectedEof.into()),
    })?;
    // The function gets an empty object for an invocation without a payload.
    if payload.is_empty() {
        payload.extend_from_slice(b"{}");
    }
    match check_event(&payload) {
        Ok(()) => Ok(payload),
        Err(error) => {
            // Version 2 of the AWS CLI decodes a payload as base64 and sends the decoded bytes.
            let message = format!(
                "Could not parse request body into json: {error}. With the AWS CLI, add \
                 --cli-binary-format raw-in-base64-out"
            );
            Err(refused(400, "InvalidRequestContentException", message))
        }
    }
}

/// Returns the client context of a request as JSON text.
fn client_context(request: &HttpRequest) -> ApiResult<Option<String>> {
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
    let Some(text) = text else {
        let message = "Client context must be a valid Base64-encoded JSON object.";
        return Err(refused(400, "InvalidRequestContentException", message));
    };
    // It becomes a header field of the Runtime API, which is one line.
    Ok(Some(text.replace(['\r', '\n'], " ")))
}

/// Sends the parts of a response as events of the stream. Returns the error at its end, if there is one.
fn send_chunks(
    first: ResponsePart,
    parts: &ResponseReceiver,
    exchange: &mut Exchange<'_>,
) -> io::Result<Option<FunctionError>> {
    for part in iter::once(first).chain(parts) {
        match part {
            ResponsePart::Whole(ResponseStart { error_type, .. }, bytes) => {
                if let Some(error_type) = error_type {
                    let document = bytes;
                    return Ok(Some(FunctionError {
                        error_type,
                        document,
                    }));
                }
                if !bytes.is_empty() {
                    exchange.send_part(&payload_chunk(&bytes))?;
                }
                return Ok(None);
            }
            ResponsePart::Data(bytes) => exchange.send_part(&payload_chunk(&bytes))?,
            ResponsePart::Start(_) | ResponsePart::Report(_) => {}
            ResponsePart::End(error) => return Ok(error),
        }
    }
    // The response was cut off, and so is the stream.
    Err(io::ErrorKind::ConnectionAborted.into())
}

/// Waits until the invocation is over and returns the end of its log in base64; empty if the request does
/// not ask for it.
fn base64_log_tail(request: &HttpRequest, parts: &ResponseReceiver) -> String {
    if request.non_empty_header("X-Amz-Log-Type") != Some("Tail") {
        return String::new();
    }
    let log = data_of(parts.iter()).log;
    let start = log.len().saturating_sub(LOG_TAIL_LEN_MAX);
    utf8::into_text(base64(log.get(start..).unwrap_or_default()))
}
