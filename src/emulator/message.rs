//! One invocation on its way in (an event and what belongs to it) and out again (the parts of an answer).

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use crate::emulator::report::error_document;
use crate::emulator::server::lock;

/// Bytes in a synchronous event, and in a response that is not streamed: 6 MB and a little, the
/// constant of AWS's servers.
pub(crate) const PAYLOAD_LEN_MAX: usize = 6 * 1024 * 1024 + 100;
/// Bytes in the event of an asynchronous invocation: 1 MB since October 2025.
pub(crate) const ASYNC_PAYLOAD_LEN_MAX: usize = 1024 * 1024;
/// Bytes in a streamed response: 200 MB since 2025.
pub(crate) const STREAM_LEN_MAX: u64 = 200 * 1024 * 1024;
/// Parts of an answer that may wait for a slow caller; a data part is at most one read long.
const PARTS_MAX: usize = 4;

/// What the runtime gets with `GET next`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Event {
    pub(crate) request_id: String,
    /// Names this attempt (`Lambda-Runtime-Invocation-Id`).
    pub(crate) nonce: String,
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: String,
    pub(crate) function_arn: String,
    /// When Lambda gives the invocation up; milliseconds since the Unix epoch.
    pub(crate) deadline_ms: u64,
    /// What the runtime is told instead.
    pub(crate) told_deadline_ms: Option<u64>,
    pub(crate) trace_id: Option<String>,
    /// JSON text, no longer base64.
    pub(crate) client_context: Option<String>,
    pub(crate) cognito_identity: Option<String>,
    pub(crate) tenant_id: Option<String>,
}

/// A piece of an answer on its way to the caller.
#[derive(Debug)]
pub(crate) enum Part {
    /// All of it.
    Whole(Start, Vec<u8>),
    /// The beginning of one that is streamed.
    Start(Start),
    Data(Vec<u8>),
    /// The end of a streamed answer. One whose parts cease without it was cut.
    End(Option<Failure>),
    /// The end of the log, when the invocation is over.
    Log(Vec<u8>),
}

/// The beginning of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) content_type: Option<String>,
    /// The body is an error document; this is its kind (`Function.Unknown`, `Runtime.ExitError`, ...).
    pub(crate) error_type: Option<String>,
}

/// What a function, or Lambda in its place, reports instead of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error_type: String,
    /// The error document, as JSON text.
    pub(crate) document: Vec<u8>,
}

impl Failure {
    /// One that Lambda itself reports.
    pub(crate) fn new(error_type: &str, message: &str) -> Failure {
        let document = error_document(error_type, message);
        Failure {
            error_type: error_type.to_owned(),
            document,
        }
    }

    /// What the caller hears of a response that is too large.
    pub(crate) fn too_large() -> Failure {
        let message = format!(
            "Response payload size exceeded maximum allowed payload size ({PAYLOAD_LEN_MAX} bytes)."
        );
        Failure::new("Function.ResponseSizeTooLarge", &message)
    }
}

/// The way of an answer to its caller.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// To one who waits at its other end.
    Way(SyncSender<Part>),
    /// To one who leads the invocation, and looks at it between other things.
    Gathered(Arc<Mutex<Gathering>>),
}

/// Where the caller finds it.
pub(crate) type Answer = Receiver<Part>;

/// Makes the way of one answer. A streamed one is slowed down by a slow caller.
pub(crate) fn answer_way() -> (Reply, Answer) {
    let (way, answer) = sync_channel(PARTS_MAX);
    (Reply::Way(way), answer)
}

impl Reply {
    /// Sends a part. A caller who has left does not matter.
    pub(crate) fn send(&self, part: Part) {
        match self {
            Reply::Way(way) => drop(way.send(part)),
            Reply::Gathered(gathering) => lock(gathering).push(part),
        }
    }

    /// The same, but a part that there is no room for is dropped.
    pub(crate) fn try_send(&self, part: Part) {
        match self {
            Reply::Way(way) => drop(way.try_send(part)),
            Reply::Gathered(gathering) => lock(gathering).push(part),
        }
    }
}

/// An answer that comes in parts, put together.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    start: Start,
    body: Vec<u8>,
    is_whole: bool,
}

impl Gathering {
    pub(crate) fn push(&mut self, part: Part) {
        if self.is_whole {
            return;
        }
        match part {
            Part::Whole(start, body) => {
                (self.start, self.body) = (start, body);
                self.is_whole = true;
            }
            Part::Start(start) => self.start = start,
            // Nothing is streamed to who does not ask for a stream: the limit is the usual one.
            Part::Data(bytes) if self.body.len().saturating_add(bytes.len()) > PAYLOAD_LEN_MAX => {
                self.fail(Failure::too_large());
                self.start.content_type = Some("application/json".to_owned());
            }
            Part::Data(bytes) => self.body.extend_from_slice(&bytes),
            Part::End(Some(failure)) => self.fail(failure),
            Part::End(None) => self.is_whole = true,
            Part::Log(_) => {}
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.start.error_type = Some(failure.error_type);
        self.body = failure.document;
        self.is_whole = true;
    }

    /// The answer, once it is whole; then it is gone.
    pub(crate) fn take(&mut self) -> Option<(Start, Vec<u8>)> {
        let (start, body) = (&mut self.start, &mut self.body);
        self.is_whole
            .then(|| (std::mem::take(start), std::mem::take(body)))
    }
}

/// Sends an error document that is the whole answer. A caller who has left does not matter.
pub(crate) fn send_error(reply: &Reply, failure: Failure) {
    let start = Start {
        content_type: Some("application/json".to_owned()),
        error_type: Some(failure.error_type),
    };
    reply.send(Part::Whole(start, failure.document));
}

/// Milliseconds since the Unix epoch.
pub(crate) fn epoch_ms(time: SystemTime) -> u64 {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
