//! The messages between a caller and a function, and their size limits: events, responses and errors.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::emulator::history::Recorder;
use crate::emulator::report::{InvocationReport, error_document};
use crate::emulator::services::metrics::Metric;
use crate::emulator::services::xray::Subsegment;
use crate::runtime::api::RESPONSE_LEN_MAX;

/// Longest synchronous event and longest response that is not streamed, in bytes. AWS's servers use
/// one constant for both.
pub(crate) const PAYLOAD_LEN_MAX: usize = RESPONSE_LEN_MAX;
/// Longest event of an asynchronous invocation, in bytes: 1 MB since October 2025.
pub(crate) const ASYNC_PAYLOAD_LEN_MAX: usize = 1024 * 1024;
/// Longest streamed response, in bytes: 200 MB since 2025.
pub(crate) const STREAM_LEN_MAX: u64 = 200 * 1024 * 1024;
/// Parts of a response that may wait for a slow caller. A data part is at most one read long, so this
/// bounds the memory of a stream.
const PARTS_MAX: usize = 4;

/// What the runtime gets with `GET next`.
#[derive(Debug, Clone, Default)]
pub(crate) struct InvocationEvent {
    pub(crate) request_id: String,
    /// Names this attempt (`Lambda-Runtime-Invocation-Id`).
    pub(crate) attempt_id: String,
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: String,
    pub(crate) function_arn: String,
    /// When Lambda ends the invocation, in milliseconds since the Unix epoch.
    pub(crate) deadline_ms: u64,
    /// The deadline that the runtime is told instead, if any.
    pub(crate) told_deadline_ms: Option<u64>,
    pub(crate) trace_id: Option<String>,
    /// JSON text, already decoded from base64.
    pub(crate) client_context: Option<String>,
    pub(crate) cognito_identity: Option<String>,
    pub(crate) tenant_id: Option<String>,
}

/// One part of a response on its way to the caller.
#[derive(Debug)]
pub(crate) enum ResponsePart {
    /// The whole response.
    Whole(ResponseStart, Vec<u8>),
    /// The beginning of a streamed response.
    Start(ResponseStart),
    Data(Vec<u8>),
    /// The end of a streamed response. A stream without this part was cut.
    End(Option<FunctionError>),
    /// Sent when the invocation is over.
    Report(InvocationData),
}

/// The output of an invocation besides its response: the report, the log, metrics and subsegments.
#[derive(Debug, Default)]
pub(crate) struct InvocationData {
    pub(crate) report: InvocationReport,
    /// The end of the log.
    pub(crate) log: Vec<u8>,
    pub(crate) metrics: Vec<Metric>,
    /// Lines of text: one for each metric, and one for each value that CloudWatch would ignore.
    pub(crate) metric_lines: String,
    pub(crate) subsegments: Vec<Subsegment>,
}

/// What is known about a response before its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ResponseStart {
    pub(crate) content_type: Option<String>,
    /// The error type (`Function.Unknown`, `Runtime.ExitError`, ...) if the body is an error document.
    pub(crate) error_type: Option<String>,
}

/// An error that the function, or Lambda in its place, reports instead of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionError {
    pub(crate) error_type: String,
    /// The error document, as JSON text.
    pub(crate) document: Vec<u8>,
}

impl FunctionError {
    /// Returns an error that Lambda itself reports.
    pub(crate) fn new(error_type: &str, message: &str) -> FunctionError {
        FunctionError {
            error_type: error_type.to_owned(),
            document: error_document(error_type, message),
        }
    }

    /// Returns the error for a response that is too long.
    pub(crate) fn too_large() -> FunctionError {
        let message = format!(
            "Response payload size exceeded maximum allowed payload size ({PAYLOAD_LEN_MAX} bytes)."
        );
        FunctionError::new("Function.ResponseSizeTooLarge", &message)
    }
}

/// The end of a response channel that the function's side writes to.
#[derive(Debug, Clone)]
pub(crate) struct ResponseSender {
    parts: SyncSender<ResponsePart>,
    /// Records what is sent, whether the caller gets it or not.
    pub(crate) recorder: Recorder,
}

/// The end of a response channel that the caller reads from.
pub(crate) type ResponseReceiver = Receiver<ResponsePart>;

/// Returns the channel for one response. It holds few parts, so a slow caller slows the function down.
pub(crate) fn response_channel(recorder: Recorder) -> (ResponseSender, ResponseReceiver) {
    let (parts, receiver) = sync_channel(PARTS_MAX);
    (ResponseSender { parts, recorder }, receiver)
}

impl ResponseSender {
    /// Sends a part. Does nothing if the caller has left.
    pub(crate) fn send(&self, part: ResponsePart) {
        self.record(&part);
        drop(self.parts.send(part));
    }

    /// Sends a part if the channel has room, and drops it otherwise.
    pub(crate) fn try_send(&self, part: ResponsePart) {
        self.record(&part);
        drop(self.parts.try_send(part));
    }

    fn record(&self, part: &ResponsePart) {
        match part {
            ResponsePart::Whole(start, bytes) => match &start.error_type {
                Some(error_type) => self.recorder.fail(error_type, bytes),
                None => self.recorder.push(bytes),
            },
            ResponsePart::Start(start) => {
                self.recorder
                    .set_content_type(start.content_type.as_deref());
            }
            ResponsePart::Data(bytes) => self.recorder.push(bytes),
            ResponsePart::End(Some(error)) => {
                self.recorder.fail(&error.error_type, &error.document);
            }
            ResponsePart::End(None) => {}
            ResponsePart::Report(data) => self.recorder.end(
                &data.report,
                &data.log,
                &data.metric_lines,
                &data.subsegments,
            ),
        }
    }

    /// Sends an error document as the whole response.
    pub(crate) fn send_error(&self, error: FunctionError) {
        let start = ResponseStart {
            content_type: Some("application/json".to_owned()),
            error_type: Some(error.error_type),
        };
        self.send(ResponsePart::Whole(start, error.document));
    }
}

/// Collects a response that may be streamed. Returns `None` if the channel ends before the response does.
///
/// The caller did not ask for a stream, so the limit of buffered responses holds.
pub(crate) fn collect_response(parts: &ResponseReceiver) -> Option<(ResponseStart, Vec<u8>)> {
    let mut start = ResponseStart::default();
    let mut body = Vec::new();
    let error = loop {
        match parts.recv().ok()? {
            ResponsePart::Whole(start, body) => return Some((start, body)),
            ResponsePart::Start(received) => start = received,
            ResponsePart::Data(bytes)
                if body.len().saturating_add(bytes.len()) > PAYLOAD_LEN_MAX =>
            {
                start.content_type = Some("application/json".to_owned());
                break FunctionError::too_large();
            }
            ResponsePart::Data(bytes) => body.extend_from_slice(&bytes),
            ResponsePart::End(Some(error)) => break error,
            ResponsePart::End(None) => return Some((start, body)),
            ResponsePart::Report(_) => {}
        }
    };
    start.error_type = Some(error.error_type);
    Some((start, error.document))
}
