//! Amazon DynamoDB Streams: changes of items, and the values in them.

use core::fmt;
use std::time::SystemTime;

use super::batch::{BatchResponse, RECORDS, check_id, run_stream_batch};
use super::field::{event, parse_json, unmarshal_error};
use super::kinesis::TumblingWindow;
use super::{Base64, EpochMicros, EpochMillis, EpochSeconds, Map};
use crate::context::Context;
use crate::error::Result;
use crate::json::{self, FromJson, Number, Reader, ToJson, Value, Writer};

event! {
    /// The event of Amazon DynamoDB Streams: a batch of changes (AWS Lambda Developer Guide, "Using
    /// AWS Lambda with Amazon DynamoDB"). The members after `records` are those of a tumbling
    /// window.
    ///
    /// ```
    /// use tiny_lambda::events::dynamodb::DynamoDbEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: DynamoDbEvent = json::parse(samples::DYNAMODB.as_bytes())?;
    /// assert_eq!(event.records.get()?[0].event_id.get()?, "c4ca4238a0b923820dcc509a6f75849b");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct DynamoDbEvent {
        records: Vec<DynamoDbEventRecord> as "Records",
        window: TumblingWindow,
        /// The state that the function returned for the previous batch of the window.
        state: Map<Value>,
        shard_id: String as "shardId",
        event_source_arn: String as "eventSourceARN",
        is_final_invoke_for_window: bool as "isFinalInvokeForWindow",
        is_window_terminated_early: bool as "isWindowTerminatedEarly",
    }

    /// A change and its source.
    pub struct DynamoDbEventRecord {
        event_id: String as "eventID",
        /// `INSERT`, `MODIFY` or `REMOVE`
        event_name: String as "eventName",
        event_version: String as "eventVersion",
        /// `aws:dynamodb`
        event_source: String as "eventSource",
        aws_region: String as "awsRegion",
        /// Only for an item that has expired: the service, `dynamodb.amazonaws.com`.
        user_identity: DynamoDbUserIdentity as "userIdentity",
        dynamodb: DynamoDbStreamRecord,
        /// The ARN of the stream.
        event_source_arn: String as "eventSourceARN",
        table_name: String as "tableName",
        /// `application/json`
        record_format: String as "recordFormat",
    }

    /// The identity that made a change.
    pub struct DynamoDbUserIdentity {
        identity_type: String as "type",
        principal_id: String as "principalId",
    }

    /// A change of an item.
    ///
    /// ```
    /// use tiny_lambda::events::dynamodb::DynamoDbStreamRecord;
    /// use tiny_lambda::json;
    ///
    /// let record: DynamoDbStreamRecord = json::parse(br#"{"NewImage": {"id": {"S": "a1"}}}"#)?;
    /// assert_eq!(record.new_image.get()?.value("id")?.as_str(), Some("a1"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct DynamoDbStreamRecord {
        /// In seconds, or in the unit of the next member, which records of Kinesis Data Streams for
        /// DynamoDB have. [`DynamoDbStreamRecord::creation_time`] takes that into account.
        approximate_creation_date_time: EpochSeconds as "ApproximateCreationDateTime",
        /// `MILLISECOND` or `MICROSECOND`
        approximate_creation_date_time_precision: String
            as "ApproximateCreationDateTimePrecision",
        keys: Item as "Keys",
        /// The item after the change; missing unless the view type of the stream includes it.
        new_image: Item as "NewImage",
        /// The item before the change; missing unless the view type of the stream includes it.
        old_image: Item as "OldImage",
        sequence_number: String as "SequenceNumber",
        size_bytes: i64 as "SizeBytes",
        stream_view_type: String as "StreamViewType",
    }
}

impl DynamoDbStreamRecord {
    /// Returns the time of the change. The number is in the unit that the precision of the record
    /// names, or else in seconds.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use tiny_lambda::events::dynamodb::DynamoDbStreamRecord;
    /// use tiny_lambda::json;
    ///
    /// let record: DynamoDbStreamRecord = json::parse(
    ///     br#"{"ApproximateCreationDateTime": 1500,
    ///         "ApproximateCreationDateTimePrecision": "MILLISECOND"}"#,
    /// )?;
    /// assert_eq!(record.creation_time()?, UNIX_EPOCH + Duration::from_millis(1500));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the time is missing or not a number, or the precision is unknown.
    #[track_caller]
    pub fn creation_time(&self) -> Result<SystemTime> {
        const NAME: &str = "DynamoDbStreamRecord.ApproximateCreationDateTime";
        let time = self.approximate_creation_date_time.get()?;
        let text = time.as_str().as_bytes();
        let precision = &self.approximate_creation_date_time_precision;
        if precision.is_absent() {
            return time.to_system_time();
        }
        match precision.get()?.as_str() {
            "SECOND" => time.to_system_time(),
            "MILLISECOND" => parse_json::<EpochMillis>(NAME, text)?.to_system_time(),
            "MICROSECOND" => parse_json::<EpochMicros>(NAME, text)?.to_system_time(),
            _ => Err(unmarshal_error(NAME, " has an unknown precision")),
        }
    }
}

/// The attributes of an item.
///
/// ```
/// use tiny_lambda::events::dynamodb::Item;
/// use tiny_lambda::json;
///
/// let item: Item = json::parse(br#"{"id": {"S": "a1"}}"#)?;
/// assert_eq!(item.value("id")?.as_str(), Some("a1"));
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
pub type Item = Map<AttributeValue>;

/// A value of an item (Amazon DynamoDB API Reference, "AttributeValue").
///
/// ```
/// use tiny_lambda::events::dynamodb::{AttributeValue, Item};
/// use tiny_lambda::json;
///
/// let item: Item = json::parse(br#"{"id": {"S": "a1"}, "price": {"N": "3.10"}}"#)?;
/// assert_eq!(item.value("id")?.as_str(), Some("a1"));
/// // A number has up to 38 digits, more than an `f64`; its text has all of them.
/// assert_eq!(item.value("price")?.as_number().map(|n| n.as_str()), Some("3.10"));
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// `{"S": …}`
    String(String),
    /// `{"N": "…"}`, whose text is kept
    Number(Number),
    /// `{"B": …}`
    Binary(Base64),
    /// `{"BOOL": …}`
    Bool(bool),
    /// `{"NULL": true}`
    Null,
    /// `{"L": […]}`
    List(Vec<AttributeValue>),
    /// `{"M": {…}}`
    Map(Item),
    /// `{"SS": […]}`
    StringSet(Vec<String>),
    /// `{"NS": ["…"]}`
    NumberSet(Vec<Number>),
    /// `{"BS": […]}`
    BinarySet(Vec<Base64>),
}

impl AttributeValue {
    /// Returns the string; `None` if the value is of another type.
    ///
    /// ```
    /// use tiny_lambda::events::dynamodb::AttributeValue;
    ///
    /// assert_eq!(AttributeValue::String("a1".into()).as_str(), Some("a1"));
    /// assert_eq!(AttributeValue::Null.as_str(), None);
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        match self {
            AttributeValue::String(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the number; `None` if the value is of another type.
    ///
    /// ```
    /// use tiny_lambda::events::dynamodb::AttributeValue;
    ///
    /// let seven = AttributeValue::Number(7.into());
    /// assert_eq!(seven.as_number().and_then(|number| number.to_u64()), Some(7));
    /// ```
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            AttributeValue::Number(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the boolean; `None` if the value is of another type.
    ///
    /// ```
    /// use tiny_lambda::events::dynamodb::AttributeValue;
    ///
    /// assert_eq!(AttributeValue::Bool(true).as_bool(), Some(true));
    /// ```
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            AttributeValue::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the values of the list; `None` if the value is of another type.
    ///
    /// ```
    /// use tiny_lambda::events::dynamodb::AttributeValue;
    /// use tiny_lambda::json;
    ///
    /// let list: AttributeValue = json::parse(br#"{"L": [{"S": "a"}, {"S": "b"}]}"#)?;
    /// assert_eq!(list.as_list().map(|values| values.len()), Some(2));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn as_list(&self) -> Option<&[AttributeValue]> {
        match self {
            AttributeValue::List(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the values of the map; `None` if the value is of another type.
    ///
    /// ```
    /// use tiny_lambda::events::dynamodb::AttributeValue;
    /// use tiny_lambda::json;
    ///
    /// let address: AttributeValue = json::parse(br#"{"M": {"city": {"S": "Bern"}}}"#)?;
    /// let city = address.as_map().and_then(|members| members.get("city"));
    /// assert_eq!(city, Some(AttributeValue::String("Bern".into())));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn as_map(&self) -> Option<&Item> {
        match self {
            AttributeValue::Map(value) => Some(value),
            _ => None,
        }
    }
}

/// Reads a number that is in a JSON string.
fn number(r: &mut Reader<'_>) -> Result<Number, json::Error> {
    let text = r.string()?;
    json::parse(text.as_bytes()).map_err(|_| r.error_expected("a number in quotes"))
}

impl FromJson for AttributeValue {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        const WHAT: &str = "a value with its type, such as {\"S\": \"\"}";
        r.attempt_replacing(true, |r| {
            r.begin_object()?;
            let value = match r.next_member()?.as_deref() {
                Some("S") => AttributeValue::String(String::from_json(r)?),
                Some("N") => AttributeValue::Number(number(r)?),
                Some("B") => AttributeValue::Binary(Base64::from_json(r)?),
                Some("BOOL") => AttributeValue::Bool(bool::from_json(r)?),
                Some("NULL") => {
                    if r.raw()? != "true" {
                        return Err(r.error_expected("true"));
                    }
                    AttributeValue::Null
                }
                Some("L") => AttributeValue::List(Vec::from_json(r)?),
                Some("M") => AttributeValue::Map(Map::from_json(r)?),
                Some("SS") => AttributeValue::StringSet(Vec::from_json(r)?),
                Some("NS") => {
                    let mut numbers = Vec::new();
                    r.begin_array()?;
                    while r.next_element()? {
                        numbers.push(number(r)?);
                    }
                    AttributeValue::NumberSet(numbers)
                }
                Some("BS") => AttributeValue::BinarySet(Vec::from_json(r)?),
                _ => return Err(r.error_expected(WHAT)),
            };
            if r.next_member()?.is_some() {
                return Err(r.error_expected(WHAT));
            }
            Ok(value)
        })
    }
}

impl ToJson for AttributeValue {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        match self {
            AttributeValue::String(value) => w.member("S", value),
            AttributeValue::Number(value) => w.member("N", value.as_str()),
            AttributeValue::Binary(value) => w.member("B", value),
            AttributeValue::Bool(value) => w.member("BOOL", value),
            AttributeValue::Null => w.member("NULL", &true),
            AttributeValue::List(value) => w.member("L", value),
            AttributeValue::Map(value) => w.member("M", value),
            AttributeValue::StringSet(value) => w.member("SS", value),
            AttributeValue::NumberSet(value) => {
                let numbers: Vec<&str> = value.iter().map(Number::as_str).collect();
                w.member("NS", &numbers);
            }
            AttributeValue::BinarySet(value) => w.member("BS", value),
        }
        w.end_object();
    }
}

/// Shows the JSON: `{"S": "a1"}`.
impl fmt::Debug for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}

/// Calls `f` for each change; see [`batch`](super::batch). The first failure ends the batch, and Lambda retries
/// from there.
///
/// ```
/// use tiny_lambda::events::{dynamodb, samples};
/// use tiny_lambda::{Context, json};
///
/// let event: dynamodb::DynamoDbEvent = json::parse(samples::DYNAMODB.as_bytes())?;
/// let response = dynamodb::each(&event, &Context::default(), |record| {
///     println!("{}", record.event_name.get()?);
///     Ok(())
/// })?;
/// assert!(response.failures.is_empty());
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// If the event has no records, or a record has no sequence number. Lambda then retries the whole
/// batch.
#[track_caller]
pub fn each(
    event: &DynamoDbEvent,
    cx: &Context,
    mut f: impl FnMut(&DynamoDbEventRecord) -> Result<()>,
) -> Result<BatchResponse> {
    let records = event.records.get()?;
    for (index, record) in records.iter().enumerate() {
        check_id(
            &record.dynamodb.get_in(RECORDS, index)?.sequence_number,
            "DynamoDbStreamRecord.SequenceNumber",
            index,
        )?;
    }
    Ok(run_stream_batch(
        cx,
        "DynamoDB record",
        records,
        |record| record.dynamodb.ok()?.sequence_number.ok(),
        &mut f,
    ))
}
