//! Amazon Kinesis Data Streams: records of a shard.

use super::batch::{BatchResponse, RECORDS, check_id, run_stream_batch};
use super::field::event;
use super::{Base64, EpochSeconds, Map, Timestamp};
use crate::context::Context;
use crate::error::Result;
use crate::json::Value;

event! {
    /// The event of Amazon Kinesis Data Streams: a batch of records (AWS Lambda Developer Guide,
    /// "Using Lambda to process records from Amazon Kinesis Data Streams"). The members after
    /// `records` are those of a tumbling window.
    ///
    /// ```
    /// use tiny_lambda::events::kinesis::KinesisEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: KinesisEvent = json::parse(samples::KINESIS.as_bytes())?;
    /// assert_eq!(event.records.get()?[0].event_name.get()?, "aws:kinesis:record");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct KinesisEvent {
        records: Vec<KinesisEventRecord> as "Records",
        window: TumblingWindow,
        /// The state that the function returned for the previous batch of the window.
        state: Map<Value>,
        shard_id: String as "shardId",
        event_source_arn: String as "eventSourceARN",
        is_final_invoke_for_window: bool as "isFinalInvokeForWindow",
        is_window_terminated_early: bool as "isWindowTerminatedEarly",
    }

    /// The period of a tumbling window.
    pub struct TumblingWindow {
        start: Timestamp,
        end: Timestamp,
    }

    /// A record and its source.
    pub struct KinesisEventRecord {
        kinesis: KinesisRecord,
        /// `aws:kinesis`
        event_source: String as "eventSource",
        event_version: String as "eventVersion",
        /// The shard and the sequence number.
        event_id: String as "eventID",
        /// `aws:kinesis:record`
        event_name: String as "eventName",
        invoke_identity_arn: String as "invokeIdentityArn",
        aws_region: String as "awsRegion",
        /// The ARN of the stream.
        event_source_arn: String as "eventSourceARN",
    }

    /// A record of a stream.
    pub struct KinesisRecord {
        kinesis_schema_version: String as "kinesisSchemaVersion",
        partition_key: String as "partitionKey",
        sequence_number: String as "sequenceNumber",
        data: Base64,
        approximate_arrival_timestamp: EpochSeconds as "approximateArrivalTimestamp",
        encryption_type: String as "encryptionType",
    }
}

/// Calls `f` for each record; see [`batch`](super::batch). The first failure ends the batch, and Lambda retries
/// from there.
///
/// ```
/// use tiny_lambda::events::{kinesis, samples};
/// use tiny_lambda::{Context, json};
///
/// let event: kinesis::KinesisEvent = json::parse(samples::KINESIS.as_bytes())?;
/// let response = kinesis::each(&event, &Context::default(), |record| {
///     let value: json::Value = record.kinesis.get()?.data.get()?.json()?;
///     println!("{value}");
///     Ok(())
/// })?;
/// // The second sample record is not JSON.
/// assert_eq!(response.failures.len(), 1);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// If the event has no records, or a record has no sequence number. Lambda then retries the whole
/// batch.
#[track_caller]
pub fn each(
    event: &KinesisEvent,
    cx: &Context,
    mut f: impl FnMut(&KinesisEventRecord) -> Result<()>,
) -> Result<BatchResponse> {
    let records = event.records.get()?;
    for (index, record) in records.iter().enumerate() {
        check_id(
            &record.kinesis.get_in(RECORDS, index)?.sequence_number,
            "KinesisRecord.sequenceNumber",
            index,
        )?;
    }
    Ok(run_stream_batch(
        cx,
        "Kinesis record",
        records,
        |record| record.kinesis.ok()?.sequence_number.ok(),
        &mut f,
    ))
}
