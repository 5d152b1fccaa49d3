//! The function URL: any request is an event, and the function's response becomes the HTTP response.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::SystemTime;

use crate::emulator::invoke_api::url_event::{
    PRELUDE_TYPE, Prelude, http_event, parse_prelude, parse_response,
};
use crate::emulator::invoke_api::{InvokeApi, JSON, send_text};
use crate::emulator::message::{
    InvocationEvent, PAYLOAD_LEN_MAX, ResponsePart, ResponseReceiver, ResponseStart,
};
use crate::emulator::scheduler::ThrottledError;
use crate::emulator::server::exchange::{BodyReadError, Exchange, HttpRequest};
use crate::emulator::server::response::reason_phrase;
use crate::error::Error;
use crate::json;
use crate::json::Object;

impl InvokeApi {
    pub(super) fn serve_url(
        &self,
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> io::Result<()> {
        let body = match exchange.read_body(PAYLOAD_LEN_MAX) {
            Ok(body) => body,
            Err(BodyReadError::TooLong) => return send_text(exchange, 413, reason_phrase(413)),
            Err(BodyReadError::Cut) => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        let Some(event) = self.url_event(request, &body, exchange) else {
            return send_text(exchange, 413, reason_phrase(413));
        };
        let id = event.request_id.clone();
        let parts = match self.scheduler.invoke(event) {
            Ok(parts) => parts,
            Err(ThrottledError) => return send_text(exchange, 429, "Rate Exceeded."),
        };
        let id = ("X-Amzn-RequestId", id.as_str());
        match parts.recv() {
            Ok(ResponsePart::Start(start)) => send_stream(&start, &parts, exchange, id),
            Ok(ResponsePart::Whole(start, body)) if start.error_type.is_none() => {
                let Some(response) = parse_response(&body) else {
                    let text = "expected an HTTP response from the function, found other JSON";
                    return send_text(exchange, 502, text);
                };
                let fields = response.fields_with(id);
                let head_len = response.head_len.filter(|_| request.method == "HEAD");
                let len = head_len.unwrap_or(response.body.len());
                exchange.respond_with_len(response.status, &fields, &response.body, len)
            }
            // AWS sends 502 alone. A developer wants to see the error.
            Ok(ResponsePart::Whole(start, document)) => {
                exchange.respond(502, &[JSON, id], &with_hint(&start, document))
            }
            _ => send_text(exchange, 502, "the function's response was lost"),
        }
    }

    /// Returns the event of a web request; `None` if it is too long.
    pub(super) fn url_event(
        &self,
        request: &HttpRequest,
        body: &[u8],
        exchange: &Exchange<'_>,
    ) -> Option<InvocationEvent> {
        let source = exchange.peer().unwrap_or(IpAddr::from(Ipv4Addr::LOCALHOST));
        let mut event = self.scheduler.new_event(Vec::new());
        if let Some(trace_id) = request.non_empty_header("X-Amzn-Trace-Id") {
            event.trace_id = Some(trace_id.to_owned());
        }
        event.body = http_event(request, body, source, &event, SystemTime::now());
        Some(event).filter(|event| event.body.len() <= PAYLOAD_LEN_MAX)
    }
}

/// Adds a hint to an error document if the function cannot read web requests: it probably expects an event
/// of its own, which was posted to the wrong path.
fn with_hint(start: &ResponseStart, document: Vec<u8>) -> Vec<u8> {
    let is_unmarshal = start.error_type.as_deref() == Some(Error::UNMARSHAL);
    match json::parse::<Object>(&document) {
        Ok(mut document) if is_unmarshal => {
            document.insert("hint", HINT);
            json::to_vec(&document)
        }
        _ => document,
    }
}

const HINT: &str = "this request was an event of a function URL; \
    POST /2015-03-31/functions/function/invocations sends its body as the event";

/// Sends a streamed response.
fn send_stream(
    start: &ResponseStart,
    parts: &ResponseReceiver,
    exchange: &mut Exchange<'_>,
    id: (&str, &str),
) -> io::Result<()> {
    let content_type = start.content_type.as_deref();
    let content_type = content_type.unwrap_or("application/octet-stream");
    if content_type != PRELUDE_TYPE {
        exchange.start(200, &[("Content-Type", content_type), id])?;
        return send_rest(parts, exchange);
    }
    let mut bytes = Vec::new();
    let response = loop {
        match parse_prelude(&bytes) {
            Prelude::Whole(response) => break response,
            Prelude::Malformed => {
                let text =
                    "expected a streamed response that begins with a JSON head and 8 NUL bytes";
                return send_text(exchange, 502, text);
            }
            Prelude::Incomplete => {}
        }
        match parts.recv() {
            Ok(ResponsePart::Data(part)) => bytes.extend_from_slice(&part),
            Ok(ResponsePart::End(Some(error))) => {
                return exchange.respond(502, &[JSON, id], &error.document);
            }
            _ => {
                return send_text(
                    exchange,
                    502,
                    "the function's response ended within its head",
                );
            }
        }
    };
    exchange.start(response.status, &response.fields_with(id))?;
    exchange.send_part(&response.body)?;
    send_rest(parts, exchange)
}

/// Sends the rest of a streamed response, whose head has been sent.
fn send_rest(parts: &ResponseReceiver, exchange: &mut Exchange<'_>) -> io::Result<()> {
    loop {
        match parts.recv() {
            Ok(ResponsePart::Data(bytes)) => exchange.send_part(&bytes)?,
            Ok(ResponsePart::End(None)) => return exchange.finish(),
            // The status has been sent, so only a missing end can show an error.
            _ => return Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}
