//! AWS Lambda: records of asynchronous invocations and of discarded batches, for destinations.

use super::field::{event, parse_json};
use super::{Map, Timestamp};
use crate::error::Result;
use crate::json::{self, FromJson, Value};

event! {
    /// The event of an AWS Lambda destination: a record of an asynchronous invocation (AWS Lambda
    /// Developer Guide, "Capturing records of Lambda asynchronous invocations"), or of a discarded
    /// batch ("Retain discarded batch records for a Kinesis Data Streams event source in Lambda").
    /// It is the body of an SQS message, the message of an SNS notification, or the detail of an
    /// EventBridge event.
    ///
    /// ```
    /// use tiny_lambda::events::lambda_destinations::LambdaDestinationEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: LambdaDestinationEvent =
    ///     json::parse(samples::LAMBDA_DESTINATION.as_bytes())?;
    /// let value = event.request_context.get()?.request_id.get()?;
    /// assert_eq!(value, "00006a33-5b1c-4d7e-9f20-3a6c8e0d595f");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct LambdaDestinationEvent {
        /// `1.0`
        version: String,
        timestamp: Timestamp,
        request_context: LambdaDestinationRequestContext as "requestContext",
        /// The event of the invocation.
        request_payload: Value as "requestPayload",
        response_context: LambdaDestinationResponseContext as "responseContext",
        /// The response or the error of the function.
        response_payload: Value as "responsePayload",
        kinesis_batch_info: LambdaDestinationBatch as "KinesisBatchInfo",
        dynamodb_batch_info: LambdaDestinationBatch as "DDBStreamBatchInfo",
        kafka_batch_info: LambdaDestinationKafkaBatch as "KafkaBatchInfo",
        /// Only for a destination in Amazon S3: the JSON of the event of the batch, in a string,
        /// which [`LambdaDestinationEvent::batch`] parses.
        payload: Value,
    }

    /// The invocation.
    pub struct LambdaDestinationRequestContext {
        request_id: String as "requestId",
        function_arn: String as "functionArn",
        /// `Success`, `RetriesExhausted`, `EventAgeExceeded` or `RetryAttemptsExhausted`
        condition: String,
        approximate_invoke_count: i64 as "approximateInvokeCount",
    }

    /// The response of the function.
    pub struct LambdaDestinationResponseContext {
        status_code: u16 as "statusCode",
        executed_version: String as "executedVersion",
        /// `Handled` or `Unhandled`
        function_error: String as "functionError",
    }

    /// The position of a batch of Kafka records.
    pub struct LambdaDestinationKafkaBatch {
        batch_size: i64 as "batchSize",
        event_source_arn: String as "eventSourceArn",
        /// Addresses, separated by commas.
        bootstrap_servers: String as "bootstrapServers",
        /// In bytes.
        payload_size: i64 as "payloadSize",
        /// The records by topic and partition, such as `orders-0`.
        record_info: Map<LambdaDestinationKafkaRecords> as "recordInfo",
    }

    /// The records of a partition.
    pub struct LambdaDestinationKafkaRecords {
        /// A number, or a number in a string.
        first_record_offset: Value as "firstRecordOffset",
        /// A number, or a number in a string.
        last_record_offset: Value as "lastRecordOffset",
        first_record_timestamp: Timestamp as "firstRecordTimestamp",
        last_record_timestamp: Timestamp as "lastRecordTimestamp",
    }

    /// The position of a batch of a stream's records.
    pub struct LambdaDestinationBatch {
        shard_id: String as "shardId",
        start_sequence_number: String as "startSequenceNumber",
        end_sequence_number: String as "endSequenceNumber",
        approximate_arrival_of_first_record: Timestamp as "approximateArrivalOfFirstRecord",
        approximate_arrival_of_last_record: Timestamp as "approximateArrivalOfLastRecord",
        batch_size: i64 as "batchSize",
        stream_arn: String as "streamArn",
    }
}

impl LambdaDestinationEvent {
    /// Parses the [`payload`](Self::payload): the event of the discarded batch.
    ///
    /// ```
    /// use tiny_lambda::events::kinesis::KinesisEvent;
    /// use tiny_lambda::events::lambda_destinations::LambdaDestinationEvent;
    /// use tiny_lambda::json;
    ///
    /// let event: LambdaDestinationEvent = json::parse(br#"{"payload": "{\"Records\": []}"}"#)?;
    /// let batch: KinesisEvent = event.batch()?;
    /// assert!(batch.records.get()?.is_empty());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no payload, or it is not the JSON of a `T`. The message has the offset.
    #[track_caller]
    pub fn batch<T: FromJson>(&self) -> Result<T> {
        const NAME: &str = "LambdaDestinationEvent.payload";
        match self.payload.get()? {
            Value::String(text) => parse_json(NAME, text.as_bytes()),
            value => parse_json(NAME, &json::to_vec(value)),
        }
    }
}
