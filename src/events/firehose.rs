//! Amazon Data Firehose: records to transform.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use super::{Base64, EpochMillis, Map};
use crate::json::Value;

event! {
    /// A batch of records (Amazon Data Firehose Developer Guide, "Transform source data"). The
    /// answer must name each of them.
    pub struct KinesisFirehoseEvent {
        invocation_id: String as "invocationId",
        delivery_stream_arn: String as "deliveryStreamArn",
        source_kinesis_stream_arn: String as "sourceKinesisStreamArn",
        source_msk_arn: String as "sourceMSKArn",
        region: String,
        records: Vec<KinesisFirehoseEventRecord>,
    }

    /// A record.
    pub struct KinesisFirehoseEventRecord {
        record_id: String as "recordId",
        approximate_arrival_timestamp: EpochMillis as "approximateArrivalTimestamp",
        data: Base64,
        kinesis_record_metadata: KinesisFirehoseRecordMetadata as "kinesisRecordMetadata",
        /// In place of the data, of a record of Amazon MSK.
        kafka_record_value: Base64 as "kafkaRecordValue",
        msk_record_metadata: KinesisFirehoseMskRecordMetadata as "mskRecordMetadata",
    }

    /// Where a record was in a topic.
    pub struct KinesisFirehoseMskRecordMetadata {
        /// A decimal number.
        offset: String,
        /// A decimal number.
        partition_id: String as "partitionId",
        approximate_arrival_timestamp: EpochMillis as "approximateArrivalTimestamp",
    }

    /// Where a record was in a stream.
    pub struct KinesisFirehoseRecordMetadata {
        shard_id: String as "shardId",
        partition_key: String as "partitionKey",
        sequence_number: String as "sequenceNumber",
        /// A number, or an empty text.
        subsequence_number: Value as "subsequenceNumber",
        approximate_arrival_timestamp: EpochMillis as "approximateArrivalTimestamp",
    }

    /// What became of the records.
    pub struct KinesisFirehoseResponse {
        records: Vec<KinesisFirehoseResponseRecord>,
    }

    /// What became of a record.
    pub struct KinesisFirehoseResponseRecord {
        record_id: String as "recordId",
        /// `Ok`, `Dropped` or `ProcessingFailed`
        result: String,
        data: Base64,
        /// In place of the data, of a record of Amazon MSK.
        kafka_record_value: Base64 as "kafkaRecordValue",
        metadata: KinesisFirehoseResponseRecordMetadata,
    }

    /// Where a record goes.
    pub struct KinesisFirehoseResponseRecordMetadata {
        /// For dynamic partitioning.
        partition_keys: Map<String> as "partitionKeys",
        otf_metadata: KinesisFirehoseOtfMetadata as "otfMetadata",
    }

    /// Where a record goes in Apache Iceberg tables (Amazon Data Firehose Developer Guide, "Route
    /// incoming records to different Iceberg tables").
    pub struct KinesisFirehoseOtfMetadata {
        destination_table_name: String as "destinationTableName",
        destination_database_name: String as "destinationDatabaseName",
        /// `insert`, `update` or `delete`
        operation: String,
    }
}

impl KinesisFirehoseResponseRecord {
    /// The record `record_id` becomes `data`.
    pub fn ok(record_id: &str, data: &[u8]) -> Self {
        let mut record = Self::with_result(record_id, "Ok");
        record.data = Base64::encode(data).into();
        record
    }

    /// The record `record_id` is left out.
    pub fn dropped(record_id: &str) -> Self {
        Self::with_result(record_id, "Dropped")
    }

    /// The record `record_id` could not be transformed; Firehose keeps it as failed.
    pub fn failed(record_id: &str) -> Self {
        Self::with_result(record_id, "ProcessingFailed")
    }

    fn with_result(record_id: &str, result: &str) -> Self {
        KinesisFirehoseResponseRecord {
            record_id: record_id.into(),
            result: result.into(),
            ..Self::default()
        }
    }
}
