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
//! In tests, the response tells why each record failed:
//!
//! ```
//! use tiny_lambda::events::{samples, sqs};
//! use tiny_lambda::{Context, Error, json};
//!
//! let event: sqs::SqsEvent = json::parse(samples::SQS.as_bytes())?;
//! let response = sqs::each(&event, &Context::default(), |message| match message.body.get()?.as_str() {
//!     "two teas, please" => Err(Error::new("OutOfTea", "no tea today")),
//!     _ => Ok(()),
//! })?;
//! let (id, error) = &response.errors[0];
//! assert_eq!(id, "2e1424d4-f796-459a-8184-9c92662be6da");
//! assert_eq!(error.to_string(), "OutOfTea: no tea today");
//! # Ok::<(), Error>(())
//! ```
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
///
/// ```
/// use tiny_lambda::events::batch::BatchResponse;
/// use tiny_lambda::json;
///
/// let response = BatchResponse {
///     failures: vec!["a1".to_owned()],
///     ..BatchResponse::default()
/// };
/// assert_eq!(json::to_vec(&response), br#"{"batchItemFailures":[{"itemIdentifier":"a1"}]}"#);
/// ```
#[derive(Debug, Clone, Default)]
pub struct BatchResponse {
    /// The identifier of each failed record: the message ID of Amazon SQS, or the sequence number
    /// of a stream.
    pub failures: Vec<String>,
    /// The identifier and the error of each failed record, for tests. They are not written. The error
    /// of a record that was not handled, because one before it failed or because the time was up, has
    /// the type `Runtime.BatchCut`.
    pub errors: Vec<(String, Error)>,
}

/// Compares what Lambda receives: the identifiers of the failed records.
impl PartialEq for BatchResponse {
    fn eq(&self, other: &BatchResponse) -> bool {
        self.failures == other.failures
    }
}

impl Eq for BatchResponse {}

/// Returns the response for records that failed, without their errors.
///
/// ```
/// use tiny_lambda::events::batch::BatchResponse;
///
/// let response = BatchResponse::from(vec!["a1".to_owned()]);
/// assert_eq!(response.failures, ["a1"]);
/// ```
impl From<Vec<String>> for BatchResponse {
    fn from(failures: Vec<String>) -> BatchResponse {
        let errors = Vec::new();
        BatchResponse { failures, errors }
    }
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
        let (failures, _) = read_response(r)?;
        Ok(failures.into())
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
        let (failures, state) = read_response(r)?;
        let batch = failures.into();
        Ok(TimeWindowResponse { state, batch })
    }
}

/// Reads a response and returns the identifiers of the records that failed, and the state of a
/// tumbling window. On an error the reader does not move.
pub(super) fn read_response<T: FromJson>(
    r: &mut Reader<'_>,
) -> Result<(Vec<T>, Value), json::Error> {
    r.attempt_replacing(true, |r| {
        let mut failures = None;
        let mut state = Value::Null;
        r.begin_object()?;
        while let Some(name) = r.next_member()? {
            match &*name {
                "batchItemFailures" => failures = Option::<Vec<ItemFailure<T>>>::from_json(r)?,
                "state" => state = Value::from_json(r)?,
                _ => r.skip()?,
            }
        }
        let failures = failures.unwrap_or_default().into_iter();
        Ok((failures.map(|failure| failure.0).collect(), state))
    })
}

/// An entry of `batchItemFailures`.
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

impl<T: ToJson> ToJson for ItemFailure<T> {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        w.member("itemIdentifier", &self.0);
        w.end_object();
    }
}

/// Writes the member `batchItemFailures`.
pub(super) fn write_failures<T: ToJson>(w: &mut Writer, identifiers: &[T]) {
    w.name("batchItemFailures");
    w.begin_array();
    for identifier in identifiers {
        w.element(&ItemFailure(identifier));
    }
    w.end_array();
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

    /// Calls `f` for the record `id`, unless the time is up, and logs an error. Only the first record
    /// for which there is no time is logged.
    ///
    /// # Errors
    /// That of `f`, or that the record was not handled.
    pub(super) fn run(&mut self, id: &str, f: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        if self.is_late {
            return Err(not_handled("no time left"));
        }
        self.is_late = sys::unix_time_ms() >= self.end_ms;
        let result = if self.is_late {
            Err(not_handled("no time left"))
        } else {
            panic::run_part(f)
        };
        if let Err(error) = &result {
            let error = Error::new(
                String::from(error.error_type()),
                format_args!("{} {id}: {}", self.record_name, error.error_message()),
            );
            log::error(Some(self.cx), &error);
        }
        result
    }
}

/// Returns the error of a record that was not handled.
fn not_handled(reason: &str) -> Error {
    Error::of("Runtime.BatchCut", &[reason])
}

/// Where the records of most events are.
pub(super) const RECORDS: &str = "$.Records";

/// Checks the identifier `name` of the record `index` of [`RECORDS`].
///
/// # Errors
/// If it is missing or empty. Lambda retries the whole batch for an empty identifier, without an
/// error message.
#[track_caller]
pub(super) fn check_id(id: &Field<String>, name: &str, index: usize) -> Result<()> {
    if id.get_in(RECORDS, index)?.is_empty() {
        return Err(unmarshal_error(name, " is empty").at_element(RECORDS, index));
    }
    Ok(())
}

/// Returns the identifier of a record, which [`check_id`] has accepted.
pub(super) type IdOf<R> = fn(&R) -> Option<&String>;

/// Returns the group of a record. `None` if it is unknown: the record may be in any group.
pub(super) type GroupOf<R> = fn(&R) -> Option<&str>;

/// Calls `f` for each record. If there is a `group_of`, the records of a group have an order, and
/// none of them is handled after a failure. Returns the identifiers of the records that failed or
/// were not handled.
pub(super) fn run_batch<R>(
    cx: &Context,
    record_name: &'static str,
    records: &[R],
    id_of: IdOf<R>,
    group_of: Option<GroupOf<R>>,
    f: &mut dyn FnMut(&R) -> Result<()>,
) -> BatchResponse {
    let mut runner = BatchRunner::new(cx, record_name);
    let mut response = BatchResponse::default();
    let mut failed_groups: Vec<Option<&str>> = Vec::new();
    for record in records {
        let id = id_of(record).map_or("", String::as_str);
        debug_assert!(!id.is_empty(), "`check_id` has accepted the identifier");
        let group = group_of.and_then(|group_of| group_of(record));
        let mut failed = failed_groups.iter();
        let has_ended = group_of.is_some()
            && failed.any(|failed| failed.is_none() || group.is_none() || *failed == group);
        let result = if has_ended {
            Err(not_handled("not handled after a record that failed"))
        } else {
            runner.run(id, &mut || f(record))
        };
        if let Err(error) = result {
            response.failures.push(String::from(id));
            response.errors.push((String::from(id), error));
            if !has_ended {
                failed_groups.push(group);
            }
        }
    }
    response
}

/// Calls `f` for each record of a stream. Only the first failure is returned, because Lambda
/// retries from there.
pub(super) fn run_stream_batch<R>(
    cx: &Context,
    record_name: &'static str,
    records: &[R],
    id_of: IdOf<R>,
    f: &mut dyn FnMut(&R) -> Result<()>,
) -> BatchResponse {
    let mut response = run_batch(cx, record_name, records, id_of, Some(|_| None), f);
    response.failures.truncate(1);
    response.errors.truncate(1);
    response
}
