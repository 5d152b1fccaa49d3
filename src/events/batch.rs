//! Batches that may fail in part: the driver behind `sqs::each` and its like.
//!
//! A record whose closure returns an error, or panics where panics unwind, is logged and reported
//! in `batchItemFailures`, so that it alone is tried again; the event source mapping must list
//! `ReportBatchItemFailures` (AWS Lambda Developer Guide, "Handling errors for an SQS event source
//! in Lambda"). Where the order of records counts, the first failure ends the batch, or a Kafka
//! partition's part of it.
//!
//! Shortly before the deadline, a tenth of the time but no more than a second, the rest of the
//! batch is handed back: better than a timeout, after which all of it would be tried again.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::Field;
use super::field::unmarshal_error;
use crate::json::{ToJson, Value, Writer};
use crate::{Context, Error, Result, log, panic};

/// What of a batch has failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchResponse {
    /// What names each failed record to its source: the message ID of Amazon SQS, or the sequence
    /// number of a stream.
    pub failures: Vec<String>,
}

/// `{"batchItemFailures":[{"itemIdentifier":"…"}]}`
impl ToJson for BatchResponse {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        write_failures(w, &self.failures);
        w.end_object();
    }
}

/// The answer to a batch of a tumbling window (AWS Lambda Developer Guide, "Using the batch window
/// with streams"): what it has come to, for the next batch of the window, and what has failed.
///
/// ```
/// use tiny_lambda::events::batch::{BatchResponse, TimeWindowResponse};
/// use tiny_lambda::json;
///
/// let response = TimeWindowResponse {
///     state: json!({ "sum": 7 }),
///     batch: BatchResponse::default(),
/// };
/// assert_eq!(json::to_vec(&response), br#"{"state":{"sum":7},"batchItemFailures":[]}"#);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TimeWindowResponse {
    /// An object, of 1 MB at most.
    pub state: Value,
    /// What [`kinesis::each`](super::kinesis::each) or its like has returned.
    pub batch: BatchResponse,
}

impl ToJson for TimeWindowResponse {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        w.member("state", &self.state);
        write_failures(w, &self.batch.failures);
        w.end_object();
    }
}

/// The member that names what has failed.
pub(super) fn write_failures<T: ToJson>(w: &mut Writer, identifiers: &[T]) {
    w.name("batchItemFailures");
    w.begin_array();
    for identifier in identifiers {
        w.element(&Failure(identifier));
    }
    w.end_array();
}

struct Failure<'a, T>(&'a T);

impl<T: ToJson> ToJson for Failure<'_, T> {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        w.member("itemIdentifier", self.0);
        w.end_object();
    }
}

/// Longest time kept free in front of the deadline, for the response.
const MARGIN_MAX: Duration = Duration::from_secs(1);

/// Handles one batch.
#[derive(Debug)]
pub(super) struct Driver<'c> {
    cx: &'c Context,
    /// What a record is called in the log.
    what: &'static str,
    margin: Option<Duration>,
    /// Whether the deadline has ended the batch.
    is_late: bool,
}

impl<'c> Driver<'c> {
    pub(super) fn new(cx: &'c Context, what: &'static str) -> Driver<'c> {
        // Local emulators name deadlines that are long past.
        let remaining = cx.remaining().filter(|remaining| !remaining.is_zero());
        Driver {
            cx,
            what,
            margin: remaining.and_then(|span| Some(MARGIN_MAX.min(span.checked_div(10)?))),
            is_late: false,
        }
    }

    /// Handles a record, unless there is no time left. Returns whether that went well.
    pub(super) fn record(&mut self, id: &str, f: &mut dyn FnMut() -> Result<()>) -> bool {
        if self.is_late {
            return false;
        }
        self.is_late = match (self.cx.remaining(), self.margin) {
            (Some(remaining), Some(margin)) => remaining <= margin,
            _ => false,
        };
        let result = if self.is_late {
            Err(Error::new("Runtime.BatchCut", "no time left"))
        } else {
            panic::guard_part(f)
        };
        if let Err(error) = &result {
            self.log(id, error);
        }
        result.is_ok()
    }

    #[cold]
    fn log(&self, id: &str, error: &Error) {
        let error_type = String::from(error.error_type());
        let mut message = String::from(self.what);
        for text in [" ", id, ": ", error.error_message()] {
            message.push_str(text);
        }
        log::error(Some(self.cx), &Error::new(error_type, message));
    }
}

/// What names a record. An empty text names none, and would have Lambda try the whole batch again
/// without a word of why.
pub(super) fn id<'e>(field: &'e Field<String>, name: &str) -> Result<&'e str> {
    match field.get()?.as_str() {
        "" => Err(unmarshal_error(name, " is empty")),
        id => Ok(id),
    }
}

/// Handles records one after the other; `ids` name them. Where their order counts, `stops`, the
/// first failure ends it. Returns the ids of those that failed or were not handled.
pub(super) fn each(
    cx: &Context,
    what: &'static str,
    ids: &[&str],
    stops: bool,
    f: &mut dyn FnMut(usize) -> Result<()>,
) -> BatchResponse {
    let mut driver = Driver::new(cx, what);
    let mut failures = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let has_ended = stops && !failures.is_empty();
        if has_ended || !driver.record(id, &mut || f(index)) {
            failures.push(String::from(*id));
        }
    }
    BatchResponse { failures }
}

/// The same for a stream: the first failure says where Lambda goes on, so it alone is named.
pub(super) fn each_in_order(
    cx: &Context,
    what: &'static str,
    ids: &[&str],
    f: &mut dyn FnMut(usize) -> Result<()>,
) -> BatchResponse {
    let mut response = each(cx, what, ids, true, f);
    response.failures.truncate(1);
    response
}
