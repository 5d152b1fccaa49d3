//! Amazon Data Firehose: records to transform.

use super::field::event;
use super::{Base64, EpochMillis, Map};
use crate::json::Value;

event! {
    /// The event of Amazon Data Firehose: a batch of records (Amazon Data Firehose Developer Guide,
    /// "Transform source data in Amazon Data Firehose"). The response must have a result for each
    /// record.
    ///
    /// ```
    /// use tiny_lambda::events::firehose::KinesisFirehoseEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: KinesisFirehoseEvent = json::parse(samples::FIREHOSE.as_bytes())?;
    /// assert_eq!(event.invocation_id.get()?, "1c2d3e4f-5061-7283-94a5-b6c7d8e9f001");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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
        /// The data of a record of Amazon MSK, which has no `data`.
        kafka_record_value: Base64 as "kafkaRecordValue",
        msk_record_metadata: KinesisFirehoseMskRecordMetadata as "mskRecordMetadata",
    }

    /// The position of a record in an Amazon MSK topic.
    pub struct KinesisFirehoseMskRecordMetadata {
        /// A decimal number.
        offset: String,
        /// A decimal number.
        partition_id: String as "partitionId",
        approximate_arrival_timestamp: EpochMillis as "approximateArrivalTimestamp",
    }

    /// The position of a record in a Kinesis data stream.
    pub struct KinesisFirehoseRecordMetadata {
        shard_id: String as "shardId",
        partition_key: String as "partitionKey",
        sequence_number: String as "sequenceNumber",
        /// A number, or an empty string.
        subsequence_number: Value as "subsequenceNumber",
        approximate_arrival_timestamp: EpochMillis as "approximateArrivalTimestamp",
    }

    /// The response to a [`KinesisFirehoseEvent`].
    ///
    /// ```
    /// use tiny_lambda::events::firehose::KinesisFirehoseResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: KinesisFirehoseResponse =
    ///     json::parse(samples::FIREHOSE_RESPONSE.as_bytes())?;
    /// assert_eq!(response.records.get()?[0].record_id.get()?, "record-0");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct KinesisFirehoseResponse {
        records: Vec<KinesisFirehoseResponseRecord>,
    }

    /// The result for a record.
    pub struct KinesisFirehoseResponseRecord {
        record_id: String as "recordId",
        /// `Ok`, `Dropped` or `ProcessingFailed`
        result: String,
        data: Base64,
        /// The data of a record of Amazon MSK, which has no `data`.
        kafka_record_value: Base64 as "kafkaRecordValue",
        metadata: KinesisFirehoseResponseRecordMetadata,
    }

    /// The destination of a record.
    pub struct KinesisFirehoseResponseRecordMetadata {
        /// The keys for dynamic partitioning.
        partition_keys: Map<String> as "partitionKeys",
        otf_metadata: KinesisFirehoseOtfMetadata as "otfMetadata",
    }

    /// The Apache Iceberg table in which a record is stored (Amazon Data Firehose Developer Guide,
    /// "Route incoming records to different Iceberg tables").
    pub struct KinesisFirehoseOtfMetadata {
        destination_table_name: String as "destinationTableName",
        destination_database_name: String as "destinationDatabaseName",
        /// `insert`, `update` or `delete`
        operation: String,
    }
}

impl KinesisFirehoseResponseRecord {
    /// Returns the result for a record that was transformed to `data`.
    ///
    /// ```
    /// use tiny_lambda::events::firehose::KinesisFirehoseResponseRecord;
    ///
    /// let record = KinesisFirehoseResponseRecord::ok("1", b"tea");
    /// assert_eq!(record.data.get()?.decode()?, b"tea");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn ok(record_id: &str, data: &[u8]) -> Self {
        let mut record = Self::with_result(record_id, "Ok");
        record.data = Base64::encode(data).into();
        record
    }

    /// Returns the result for a record that Firehose is to drop.
    ///
    /// ```
    /// use tiny_lambda::events::firehose::KinesisFirehoseResponseRecord;
    ///
    /// assert_eq!(KinesisFirehoseResponseRecord::dropped("1").result.get()?, "Dropped");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn dropped(record_id: &str) -> Self {
        Self::with_result(record_id, "Dropped")
    }

    /// Returns the result for a record that could not be transformed. Firehose stores it as failed.
    ///
    /// ```
    /// use tiny_lambda::events::firehose::KinesisFirehoseResponseRecord;
    ///
    /// assert_eq!(KinesisFirehoseResponseRecord::failed("1").result.get()?, "ProcessingFailed");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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
