//! Destinations of AWS Lambda: records of invocations that nobody has waited for, and of batches that
//! were given up.

use alloc::string::String;

use super::Timestamp;
use super::field::event;
use crate::json::Value;

event! {
    /// An asynchronous invocation (AWS Lambda Developer Guide, "Capturing records of Lambda
    /// asynchronous invocations"), or a batch of a stream ("Retain discarded batch records"). It is
    /// the body of an SQS message, the message of a notification, or the detail of an event.
    pub struct LambdaDestinationEvent {
        /// `1.0`
        version: String,
        timestamp: Timestamp,
        request_context: LambdaDestinationRequestContext as "requestContext",
        /// The event of the invocation.
        request_payload: Value as "requestPayload",
        response_context: LambdaDestinationResponseContext as "responseContext",
        /// What the function has returned: its answer or its error.
        response_payload: Value as "responsePayload",
        kinesis_batch_info: LambdaDestinationBatch as "KinesisBatchInfo",
        dynamodb_batch_info: LambdaDestinationBatch as "DDBStreamBatchInfo",
    }

    /// The invocation.
    pub struct LambdaDestinationRequestContext {
        request_id: String as "requestId",
        function_arn: String as "functionArn",
        /// `Success`, `RetriesExhausted`, `EventAgeExceeded` or `RetryAttemptsExhausted`
        condition: String,
        approximate_invoke_count: i64 as "approximateInvokeCount",
    }

    /// The answer.
    pub struct LambdaDestinationResponseContext {
        status_code: u16 as "statusCode",
        executed_version: String as "executedVersion",
        /// `Handled` or `Unhandled`
        function_error: String as "functionError",
    }

    /// Where the records of a batch still are.
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
