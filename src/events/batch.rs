//! Batches that may fail in part: the driver behind `sqs::each` and its like.
//!
//! A record whose closure returns an error, or panics where panics unwind, is logged and reported
//! in `batchItemFailures`, so that it alone is tried again; the event source mapping must list
//! `ReportBatchItemFailures` (AWS Lambda Developer Guide, "Handling errors for an SQS event source
//! in Lambda"). Where the order of records counts, the first failure ends the batch, or a Kafka
//! partition's part of it, or a message group's ([`sqs::EachOptions`](super::sqs::EachOptions)).
//!
//! Shortly before the deadline, a tenth of the time but no more than a second, the rest of the
//! batch is handed back: better than a timeout, after which all of it would be tried again.

use alloc::string::String;
use alloc::vec::Vec;

use super::Field;
use super::field::unmarshal_error;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::json::{self, FromJson, Reader, ToJson, Value, Writer};
use crate::log;
use crate::runtime::panic;
use crate::sys;

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

/// As it is written. `batchItemFailures` may be missing or `null`: Lambda takes that as a batch
/// without failures (AWS Lambda Developer Guide, "Success and failure conditions").
///
/// ```
/// use tiny_lambda::events::batch::BatchResponse;
/// use tiny_lambda::json;
///
/// let text = br#"{"batchItemFailures":[{"itemIdentifier":"a1"}]}"#;
/// assert_eq!(json::parse::<BatchResponse>(text)?.failures, ["a1"]);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
impl FromJson for BatchResponse {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        let failures = read_failures(r, &mut |_, _| Ok(false))?;
        Ok(BatchResponse { failures })
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

/// As it is written; a `state` that is missing is `null`.
impl FromJson for TimeWindowResponse {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        let mut state = Value::Null;
        let failures = read_failures(r, &mut |name, r| {
            if name == "state" {
                state = Value::from_json(r)?;
            }
            Ok(name == "state")
        })?;
        let batch = BatchResponse { failures };
        Ok(TimeWindowResponse { state, batch })
    }
}

/// Reads a response and returns the identifiers of what has failed. `other` is offered each other
/// member and returns whether it has read its value. Leaves the reader in its place on an error.
pub(super) fn read_failures<T: FromJson>(
    r: &mut Reader<'_>,
    other: &mut dyn FnMut(&str, &mut Reader<'_>) -> Result<bool, json::Error>,
) -> Result<Vec<T>, json::Error> {
    r.attempt_replacing(true, |r| failures(r, other))
}

fn failures<T: FromJson>(
    r: &mut Reader<'_>,
    other: &mut dyn FnMut(&str, &mut Reader<'_>) -> Result<bool, json::Error>,
) -> Result<Vec<T>, json::Error> {
    let mut failures = Vec::new();
    r.begin_object()?;
    while let Some(name) = r.next_member()? {
        if name == "batchItemFailures" {
            let list = Option::<Vec<ReadFailure<T>>>::from_json(r)?;
            let list = list.unwrap_or_default().into_iter();
            failures = list.map(|failure| failure.0).collect();
        } else if !other(&name, r)? {
            r.skip()?;
        }
    }
    Ok(failures)
}

/// A failure as it is read: `{"itemIdentifier":…}`.
struct ReadFailure<T>(T);

impl<T: FromJson> FromJson for ReadFailure<T> {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        let mut identifier = None;
        r.begin_object()?;
        while let Some(name) = r.next_member()? {
            if name == "itemIdentifier" {
                identifier = Some(T::from_json(r)?);
            } else {
                r.skip()?;
            }
        }
        let identifier = identifier.ok_or_else(|| r.error_expected("a member itemIdentifier"));
        Ok(ReadFailure(identifier?))
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
const MARGIN_MAX_MS: u64 = 1000;

/// Handles one batch.
#[derive(Debug)]
pub(super) struct Driver<'c> {
    cx: &'c Context,
    /// What a record is called in the log.
    what: &'static str,
    /// When the rest of the batch is handed back, in Unix time.
    end_ms: u64,
    /// Whether the deadline has ended the batch.
    is_late: bool,
}

impl<'c> Driver<'c> {
    pub(super) fn new(cx: &'c Context, what: &'static str) -> Driver<'c> {
        let now_ms = sys::unix_time_ms();
        let left = cx.remaining().unwrap_or_default();
        let left_ms = left.as_secs().saturating_mul(1000);
        let left_ms = left_ms.saturating_add(left.subsec_millis().into());
        let margin_ms = MARGIN_MAX_MS.min(left_ms / 10);
        let end_ms = match left_ms {
            // There is no deadline, or one that is long past, as local emulators name them.
            0 => u64::MAX,
            _ => now_ms.saturating_add(left_ms).saturating_sub(margin_ms),
        };
        Driver {
            cx,
            what,
            end_ms,
            is_late: false,
        }
    }

    /// Handles a record, unless there is no time left. Returns whether that went well.
    pub(super) fn record(&mut self, id: &str, f: &mut dyn FnMut() -> Result<()>) -> bool {
        if self.is_late {
            return false;
        }
        self.is_late = sys::unix_time_ms() >= self.end_ms;
        let result = if self.is_late {
            Err(Error::of("Runtime.BatchCut", &["no time left"]))
        } else {
            panic::guard_part(f)
        };
        if let Err(error) = &result {
            self.log(id, error);
        }
        result.is_ok()
    }

    fn log(&self, id: &str, error: &Error) {
        let error_type = String::from(error.error_type());
        let message = format_args!("{} {id}: {}", self.what, error.error_message());
        log::error(Some(self.cx), &Error::new(error_type, message));
    }
}

/// What names a record. An empty text names none, and would have Lambda try the whole batch again
/// without a word of why.
#[track_caller]
pub(super) fn id<'e>(field: &'e Field<String>, name: &str) -> Result<&'e str> {
    let id = field.get()?;
    if id.is_empty() {
        return Err(unmarshal_error(name, " is empty"));
    }
    Ok(id)
}

/// Which records are not handled once one has failed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order<'e> {
    /// None: their order does not count.
    Free,
    /// All that follow.
    Whole,
    /// Those that follow in the same group. `None` is a record whose group is not known: it may be
    /// in any group, so it is not handled after any failure, and nothing is handled after it has
    /// failed.
    Groups(&'e [Option<&'e str>]),
}

/// The groups in which a record has failed.
#[derive(Debug, Default)]
struct FailedGroups<'e> {
    names: Vec<&'e str>,
    /// Whether a record has failed whose group is not known.
    has_unknown: bool,
}

impl<'e> FailedGroups<'e> {
    fn insert(&mut self, group: Option<&'e str>) {
        match group {
            Some(name) => self.names.push(name),
            None => self.has_unknown = true,
        }
    }

    /// Returns whether a record in `group` might follow one that has failed.
    fn contains(&self, group: Option<&str>) -> bool {
        let is_named = match group {
            Some(name) => self.names.contains(&name),
            None => !self.names.is_empty(),
        };
        self.has_unknown || is_named
    }
}

/// Handles records one after the other; `ids` name them. Returns the ids of those that failed or
/// were not handled.
pub(super) fn each(
    cx: &Context,
    what: &'static str,
    ids: &[&str],
    order: Order<'_>,
    f: &mut dyn FnMut(usize) -> Result<()>,
) -> BatchResponse {
    let mut driver = Driver::new(cx, what);
    let mut failures = Vec::new();
    let mut failed_groups = FailedGroups::default();
    for (index, id) in ids.iter().enumerate() {
        let group = match order {
            Order::Groups(groups) => groups.get(index).copied().flatten(),
            Order::Free | Order::Whole => None,
        };
        let has_ended = match order {
            Order::Free => false,
            Order::Whole => !failures.is_empty(),
            Order::Groups(_) => failed_groups.contains(group),
        };
        if has_ended || !driver.record(id, &mut || f(index)) {
            failures.push(String::from(*id));
            if !has_ended {
                failed_groups.insert(group);
            }
        }
    }
    BatchResponse { failures }
}

/// Handles the records of a stream: the first failure says where Lambda goes on, so it alone is
/// named.
pub(super) fn each_in_order(
    cx: &Context,
    what: &'static str,
    ids: &[&str],
    f: &mut dyn FnMut(usize) -> Result<()>,
) -> BatchResponse {
    let mut response = each(cx, what, ids, Order::Whole, f);
    response.failures.truncate(1);
    response
}
