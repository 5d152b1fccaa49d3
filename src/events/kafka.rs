//! Amazon MSK and self-managed Apache Kafka: records of topics.

use super::batch::{BatchRunner, read_response, write_failures};
use super::field::event;
use super::{Base64, EpochMillis, Map};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::json::{self, FromJson, Number, Reader, ToJson, Writer};
use crate::json_struct;

event! {
    /// The event of Amazon MSK or self-managed Apache Kafka: a batch of records (AWS Lambda
    /// Developer Guide, "Using Lambda with Amazon MSK").
    ///
    /// ```
    /// use tiny_lambda::events::kafka::KafkaEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: KafkaEvent = json::parse(samples::KAFKA.as_bytes())?;
    /// assert_eq!(event.event_source.get()?, "aws:kafka");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct KafkaEvent {
        /// `aws:kafka` or `SelfManagedKafka`
        event_source: String as "eventSource",
        /// The ARN of the cluster; a self-managed cluster has none.
        event_source_arn: String as "eventSourceArn",
        /// Addresses, separated by commas.
        bootstrap_servers: String as "bootstrapServers",
        /// The records by topic and partition, such as `orders-0`.
        records: Map<Vec<KafkaRecord>>,
    }

    /// A record of a topic.
    ///
    /// ```
    /// use tiny_lambda::events::kafka::KafkaRecord;
    /// use tiny_lambda::json;
    ///
    /// let record: KafkaRecord = json::parse(br#"{"topic": "orders", "value": "aGk="}"#)?;
    /// assert_eq!(record.value.get()?.decode()?, b"hi");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct KafkaRecord {
        topic: String,
        partition: i64,
        offset: i64,
        timestamp: EpochMillis,
        /// `CREATE_TIME` or `LOG_APPEND_TIME`
        timestamp_type: String as "timestampType",
        key: Base64,
        value: Base64,
        /// Each object has one name, and its bytes as numbers: -128 to 127 as AWS sends them, or 0
        /// to 255. [`KafkaRecord::header`] and [`KafkaRecord::headers`] return the bytes.
        headers: Vec<Map<Vec<i16>>>,
        /// Only if the event source mapping has a schema registry.
        key_schema_metadata: KafkaSchemaMetadata as "keySchemaMetadata",
        /// Only if the event source mapping has a schema registry.
        value_schema_metadata: KafkaSchemaMetadata as "valueSchemaMetadata",
    }

    /// The schema of a key or value (AWS Lambda Developer Guide, "Using schema registries with
    /// Kafka event sources in Lambda").
    pub struct KafkaSchemaMetadata {
        /// `AVRO`, `JSON` or `PROTOBUF`
        data_format: String as "dataFormat",
        schema_id: String as "schemaId",
    }
}

impl KafkaRecord {
    /// Returns the bytes of the last header called `name`, as `lastHeader` of Kafka's client does.
    ///
    /// Lambda sends bytes as signed numbers: `-61` is the byte `0xc3`. Numbers up to 255 are read
    /// too.
    ///
    /// ```
    /// use tiny_lambda::events::kafka::KafkaRecord;
    /// use tiny_lambda::json;
    ///
    /// let record: KafkaRecord = json::parse(br#"{"headers": [{"city": [90, -61, -68, 114, 105]}]}"#)?;
    /// assert_eq!(record.header("city").as_deref(), Some("Züri".as_bytes()));
    /// assert_eq!(record.header("country"), None);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn header(&self, name: &str) -> Option<Vec<u8>> {
        let headers = self.headers().filter(|header| header.0 == name);
        headers.last().map(|header| header.1)
    }

    /// Returns the names and bytes of the headers, in order, without headers whose value is `null`
    /// or has a number that is not a byte.
    ///
    /// ```
    /// use tiny_lambda::events::kafka::KafkaRecord;
    /// use tiny_lambda::json;
    ///
    /// let record: KafkaRecord = json::parse(br#"{"headers": [{"city": [66, 101, 114, 110]}]}"#)?;
    /// let headers: Vec<_> = record.headers().collect();
    /// assert_eq!(headers, [("city".to_owned(), b"Bern".to_vec())]);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn headers(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        let maps = self.headers.ok().map_or(&[][..], Vec::as_slice).iter();
        maps.flat_map(Map::iter)
            .filter_map(|(name, numbers)| Some((name, header_bytes(&numbers)?)))
    }
}

/// Converts signed or unsigned numbers to bytes; `None` if one is out of range.
fn header_bytes(numbers: &[i16]) -> Option<Vec<u8>> {
    let byte = |number: &i16| match number {
        -128..=255 => Some(number.to_le_bytes()[0]),
        _ => None,
    };
    numbers.iter().map(byte).collect()
}

/// The failures of a batch: the first failed record of each partition.
///
/// ```
/// use tiny_lambda::events::kafka::KafkaBatchResponse;
/// use tiny_lambda::json;
///
/// let response = KafkaBatchResponse {
///     failures: vec![("orders-0".to_owned(), 7)],
///     ..KafkaBatchResponse::default()
/// };
/// let text = r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"orders-0","offset":7}}]}"#;
/// assert_eq!(json::to_vec(&response), text.as_bytes());
/// ```
#[derive(Debug, Clone, Default)]
pub struct KafkaBatchResponse {
    /// Topic and partition, such as `orders-0`, and the offset of the record.
    pub failures: Vec<(String, i64)>,
    /// The failed records and their errors, for tests. They are not written.
    pub errors: Vec<((String, i64), Error)>,
}

/// Compares what Lambda receives: the failed records.
impl PartialEq for KafkaBatchResponse {
    fn eq(&self, other: &KafkaBatchResponse) -> bool {
        self.failures == other.failures
    }
}

impl Eq for KafkaBatchResponse {}

/// Returns the response for records that failed, without their errors.
impl From<Vec<(String, i64)>> for KafkaBatchResponse {
    fn from(failures: Vec<(String, i64)>) -> KafkaBatchResponse {
        let errors = Vec::new();
        KafkaBatchResponse { failures, errors }
    }
}

/// `{"batchItemFailures":[{"itemIdentifier":{"partition":"orders-0","offset":7}}]}`
impl ToJson for KafkaBatchResponse {
    fn to_json(&self, w: &mut Writer) {
        let failures = self.failures.iter().cloned();
        let identifiers: Vec<Identifier> = failures
            .map(|(partition, offset)| Identifier { partition, offset })
            .collect();
        w.begin_object();
        write_failures(w, &identifiers);
        w.end_object();
    }
}

/// Reads the form that is written.
impl FromJson for KafkaBatchResponse {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        let (failures, _) = read_response::<Identifier>(r)?;
        let failures = failures.into_iter();
        let failures: Vec<_> = failures.map(|at| (at.partition, at.offset)).collect();
        Ok(failures.into())
    }
}

json_struct! {
    struct Identifier {
        partition: String,
        offset: i64,
    }
}

/// Calls `f` for each record; see [`batch`](super::batch). The first failure of a partition ends
/// that partition, and Lambda retries from there. The other partitions are handled.
///
/// ```
/// use tiny_lambda::events::{kafka, samples};
/// use tiny_lambda::{Context, json};
///
/// let event: kafka::KafkaEvent = json::parse(samples::KAFKA.as_bytes())?;
/// let response = kafka::each(&event, &Context::default(), |record| {
///     let value: json::Value = record.value.get()?.json()?;
///     println!("{value}");
///     Ok(())
/// })?;
/// // The second sample record is not JSON.
/// assert_eq!(response.failures.len(), 1);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// If the event has no records, or a record has no offset. Lambda then retries the whole batch.
#[track_caller]
pub fn each(
    event: &KafkaEvent,
    cx: &Context,
    mut f: impl FnMut(&KafkaRecord) -> Result<()>,
) -> Result<KafkaBatchResponse> {
    let mut runner = BatchRunner::new(cx, "Kafka record");
    let mut response = KafkaBatchResponse::default();
    for (partition, records) in event.records.get()?.to_vec()? {
        for (index, record) in records.iter().enumerate() {
            let array = ["$.records[\"", &partition, "\"]"].concat();
            let offset = *record.offset.get_in(&array, index)?;
            let id = [&partition, " ", Number::from(offset).as_str()].concat();
            if let Err(error) = runner.run(&id, &mut || f(record)) {
                let at = (partition, offset);
                response.failures.push(at.clone());
                response.errors.push((at, error));
                break;
            }
        }
    }
    Ok(response)
}
