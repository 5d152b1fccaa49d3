//! Partial batch responses: what [`sqs::each`](super::sqs::each),
//! [`kinesis::each`](super::kinesis::each), [`dynamodb::each`](super::dynamodb::each) and
//! [`kafka::each`](super::kafka::each) have in common.
//!
//! If the closure returns an error for a record, or panics in profile `unwind`, the error is logged
//! and the record is reported in `batchItemFailures`, so that Lambda retries it without the others.
//! The event source mapping must list `ReportBatchItemFailures` (AWS Lambda Developer Guide,
//! "Handling errors for an SQS event source in Lambda"). If the records have an order, the first
//! failure ends the batch, or the Kafka partition, or the message group
//! ([`sqs::EachOptions`](super::sqs::EachOptions)).
//!
//! When a tenth of the time is left before the deadline, but at most one second, the records that
//! were not handled are reported as failed. After a timeout Lambda would retry the whole batch.

use super::Field;
use super::field::unmarshal_error;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::json::{self, FromJson, Reader, ToJson, Value, Writer};
use crate::log;
use crate::runtime::panic;
use crate::sys;

/// The response to a batch: the records that failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchResponse {
    /// The identifier of each failed record: the message ID of Amazon SQS, or the sequence number
    /// of a stream.
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

/// Reads the form that is written. `batchItemFailures` may be missing or `null`, which Lambda
/// treats as no failures (AWS Lambda Developer Guide, "Success and failure conditions").
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

/// The response to a batch of a tumbling window (AWS Lambda Developer Guide, "Implementing stateful
/// Kinesis Data Streams processing in Lambda"): the state for the next batch of the window, and the
/// records that failed.
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
    /// The state: an object of at most 1 MB.
    pub state: Value,
    /// The response of [`kinesis::each`](super::kinesis::each) or
    /// [`dynamodb::each`](super::dynamodb::each).
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

/// Reads the form that is written. A missing `state` is `null`.
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

/// Reads a response and returns the identifiers of the records that failed. `on_other` is called
/// for each other member, and returns whether it has read the value. On an error the reader does
/// not move.
pub(super) fn read_failures<T: FromJson>(
    r: &mut Reader<'_>,
    on_other: &mut dyn FnMut(&str, &mut Reader<'_>) -> Result<bool, json::Error>,
) -> Result<Vec<T>, json::Error> {
    r.attempt_replacing(true, |r| failures(r, on_other))
}

fn failures<T: FromJson>(
    r: &mut Reader<'_>,
    on_other: &mut dyn FnMut(&str, &mut Reader<'_>) -> Result<bool, json::Error>,
) -> Result<Vec<T>, json::Error> {
    let mut failures = Vec::new();
    r.begin_object()?;
    while let Some(name) = r.next_member()? {
        if name == "batchItemFailures" {
            let list = Option::<Vec<ItemFailure<T>>>::from_json(r)?;
            let list = list.unwrap_or_default().into_iter();
            failures = list.map(|failure| failure.0).collect();
        } else if !on_other(&name, r)? {
            r.skip()?;
        }
    }
    Ok(failures)
}

/// An entry of `batchItemFailures` that is read.
struct ItemFailure<T>(T);

impl<T: FromJson> FromJson for ItemFailure<T> {
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
        Ok(ItemFailure(identifier?))
    }
}

/// Writes the member `batchItemFailures`.
pub(super) fn write_failures<T: ToJson>(w: &mut Writer, identifiers: &[T]) {
    w.name("batchItemFailures");
    w.begin_array();
    for identifier in identifiers {
        w.element(&ItemFailureRef(identifier));
    }
    w.end_array();
}

/// An entry of `batchItemFailures` that is written.
struct ItemFailureRef<'a, T>(&'a T);

impl<T: ToJson> ToJson for ItemFailureRef<'_, T> {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        w.member("itemIdentifier", self.0);
        w.end_object();
    }
}

/// The longest time before the deadline that is reserved for the response.
const MARGIN_MAX_MS: u64 = 1000;

/// Calls the closure for the records of a batch until the time is up.
#[derive(Debug)]
pub(super) struct BatchRunner<'c> {
    cx: &'c Context,
    /// The name of a record in the log.
    record_name: &'static str,
    /// When the batch ends, in milliseconds since the Unix epoch.
    end_ms: u64,
    /// Whether that time has passed.
    is_late: bool,
}

impl<'c> BatchRunner<'c> {
    pub(super) fn new(cx: &'c Context, record_name: &'static str) -> BatchRunner<'c> {
        let now_ms = sys::unix_time_ms();
        let left_ms = cx.deadline_ms().unwrap_or(0).saturating_sub(now_ms);
        let margin_ms = MARGIN_MAX_MS.min(left_ms / 10);
        let end_ms = match left_ms {
            // There is no deadline, or it has passed, as with some local emulators.
            0 => u64::MAX,
            _ => now_ms.saturating_add(left_ms).saturating_sub(margin_ms),
        };
        BatchRunner {
            cx,
            record_name,
            end_ms,
            is_late: false,
        }
    }

    /// Calls `f` for the record `id`, unless the time is up, and logs an error. Returns whether the
    /// record was handled.
    pub(super) fn run(&mut self, id: &str, f: &mut dyn FnMut() -> Result<()>) -> bool {
        if self.is_late {
            return false;
        }
        self.is_late = sys::unix_time_ms() >= self.end_ms;
        let result = if self.is_late {
            Err(Error::of("Runtime.BatchCut", &["no time left"]))
        } else {
            panic::run_part(f)
        };
        if let Err(error) = &result {
            self.log(id, error);
        }
        result.is_ok()
    }

    /// Logs the error of a record.
    fn log(&self, id: &str, error: &Error) {
        let error_type = String::from(error.error_type());
        let error = Error::new(
            error_type,
            format_args!("{} {id}: {}", self.record_name, error.error_message()),
        );
        log::error(Some(self.cx), &error);
    }
}

/// Returns the identifier of a record.
///
/// # Errors
/// If it is missing or empty. Lambda retries the whole batch for an empty identifier, without an
/// error message.
#[track_caller]
pub(super) fn record_id<'e>(field: &'e Field<String>, name: &str) -> Result<&'e str> {
    let id = field.get()?;
    if id.is_empty() {
        return Err(unmarshal_error(name, " is empty"));
    }
    Ok(id)
}

/// The order of the records, which decides what is not handled after a failure.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order<'e> {
    /// No order: all other records are handled.
    Unordered,
    /// One order: no later record is handled.
    Ordered,
    /// An order in each group: no later record of the group is handled. `None` is a record whose
    /// group is unknown. It may be in any group, so it is not handled after a failure, and no
    /// record is handled after its failure.
    PerGroup(&'e [Option<&'e str>]),
}

/// The groups of the records that failed.
#[derive(Debug, Default)]
struct FailedGroups<'e> {
    names: Vec<&'e str>,
    /// Whether a record of an unknown group failed.
    has_unknown: bool,
}

impl<'e> FailedGroups<'e> {
    fn insert(&mut self, group: Option<&'e str>) {
        match group {
            Some(name) => self.names.push(name),
            None => self.has_unknown = true,
        }
    }

    /// Returns whether a record that failed may be in `group`.
    fn contains(&self, group: Option<&str>) -> bool {
        let is_named = match group {
            Some(name) => self.names.contains(&name),
            None => !self.names.is_empty(),
        };
        self.has_unknown || is_named
    }
}

/// Calls `f` with the index of each record. Returns the `ids` of the records that failed or were
/// not handled.
pub(super) fn run_batch(
    cx: &Context,
    record_name: &'static str,
    ids: &[&str],
    order: Order<'_>,
    f: &mut dyn FnMut(usize) -> Result<()>,
) -> BatchResponse {
    let mut runner = BatchRunner::new(cx, record_name);
    let mut failures = Vec::new();
    let mut failed_groups = FailedGroups::default();
    for (index, id) in ids.iter().enumerate() {
        let group = match order {
            Order::PerGroup(groups) => groups.get(index).copied().flatten(),
            Order::Unordered | Order::Ordered => None,
        };
        let has_ended = match order {
            Order::Unordered => false,
            Order::Ordered => !failures.is_empty(),
            Order::PerGroup(_) => failed_groups.contains(group),
        };
        if has_ended || !runner.run(id, &mut || f(index)) {
            failures.push(String::from(*id));
            if !has_ended {
                failed_groups.insert(group);
            }
        }
    }
    BatchResponse { failures }
}

/// Calls `f` with the index of each record of a stream. Only the first failure is returned, because
/// Lambda retries from there.
pub(super) fn run_stream_batch(
    cx: &Context,
    record_name: &'static str,
    ids: &[&str],
    f: &mut dyn FnMut(usize) -> Result<()>,
) -> BatchResponse {
    let mut response = run_batch(cx, record_name, ids, Order::Ordered, f);
    response.failures.truncate(1);
    response
}
