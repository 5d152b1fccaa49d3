//! Amazon MSK and self-managed Apache Kafka: records of topics.

use alloc::string::String;
use alloc::vec::Vec;

use super::batch::{Driver, write_failures};
use super::field::event;
use super::{Base64, EpochMillis, Map};
use crate::json::{Number, ToJson, Writer};
use crate::{Context, Result};

event! {
    /// A batch of records (AWS Lambda Developer Guide, "Using Lambda with Amazon MSK").
    pub struct KafkaEvent {
        /// `aws:kafka` or `SelfManagedKafka`
        event_source: String as "eventSource",
        /// The cluster; a self-managed one has none.
        event_source_arn: String as "eventSourceArn",
        /// Addresses, with commas between them.
        bootstrap_servers: String as "bootstrapServers",
        /// By topic and partition: `orders-0`.
        records: Map<Vec<KafkaRecord>>,
    }

    /// A record.
    pub struct KafkaRecord {
        topic: String,
        partition: i64,
        offset: i64,
        timestamp: EpochMillis,
        /// `CREATE_TIME` or `LOG_APPEND_TIME`
        timestamp_type: String as "timestampType",
        key: Base64,
        value: Base64,
        /// Each has one name; values are bytes as numbers.
        headers: Vec<Map<Vec<i16>>>,
        /// Where the mapping names a schema registry.
        key_schema_metadata: KafkaSchemaMetadata as "keySchemaMetadata",
        /// Where the mapping names a schema registry.
        value_schema_metadata: KafkaSchemaMetadata as "valueSchemaMetadata",
    }

    /// What a key or value is written in (AWS Lambda Developer Guide, "Using schema registries with
    /// Kafka event sources in Lambda").
    pub struct KafkaSchemaMetadata {
        /// `AVRO`, `JSON` or `PROTOBUF`
        data_format: String as "dataFormat",
        schema_id: String as "schemaId",
    }
}

/// What of a batch has failed: of each partition the first record that did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KafkaBatchResponse {
    /// Topic and partition, as `orders-0`, and the offset.
    pub failures: Vec<(String, i64)>,
}

/// `{"batchItemFailures":[{"itemIdentifier":{"partition":"orders-0","offset":7}}]}`
impl ToJson for KafkaBatchResponse {
    fn to_json(&self, w: &mut Writer) {
        struct Identifier<'a>(&'a (String, i64));
        impl ToJson for Identifier<'_> {
            fn to_json(&self, w: &mut Writer) {
                w.begin_object();
                w.member("partition", &self.0.0);
                w.member("offset", &self.0.1);
                w.end_object();
            }
        }
        let identifiers: Vec<Identifier<'_>> = self.failures.iter().map(Identifier).collect();
        w.begin_object();
        write_failures(w, &identifiers);
        w.end_object();
    }
}

/// Handles each record with `f`; see [`batch`](super::batch). The first failure of a partition ends
/// it, and Lambda goes on there; the others are handled all the same.
///
/// # Errors
/// If the event has no records, or one without an offset: the whole batch is tried again.
pub fn each(
    event: &KafkaEvent,
    cx: &Context,
    mut f: impl FnMut(&KafkaRecord) -> Result<()>,
) -> Result<KafkaBatchResponse> {
    let mut driver = Driver::new(cx, "Kafka record");
    let mut response = KafkaBatchResponse::default();
    for (partition, records) in event.records.get()?.to_vec()? {
        for record in &records {
            let offset = *record.offset.get()?;
            let id = [&partition, " ", Number::from(offset).as_str()].concat();
            if !driver.record(&id, &mut || f(record)) {
                response.failures.push((partition.clone(), offset));
                break;
            }
        }
    }
    Ok(response)
}
