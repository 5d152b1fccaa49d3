//! Amazon Kinesis Data Streams: records of a shard.

use alloc::string::String;
use alloc::vec::Vec;

use super::batch::{self, BatchResponse};
use super::field::event;
use super::{Base64, EpochSeconds, Map, Timestamp};
use crate::context::Context;
use crate::error::Result;
use crate::json::Value;

event! {
    /// A batch of records (AWS Lambda Developer Guide, "Using Lambda with Kinesis"). The members
    /// behind the records are those of tumbling windows.
    pub struct KinesisEvent {
        records: Vec<KinesisEventRecord> as "Records",
        window: TumblingWindow,
        /// What the function has returned for the window so far.
        state: Map<Value>,
        shard_id: String as "shardId",
        event_source_arn: String as "eventSourceARN",
        is_final_invoke_for_window: bool as "isFinalInvokeForWindow",
        is_window_terminated_early: bool as "isWindowTerminatedEarly",
    }

    /// The time that a window spans.
    pub struct TumblingWindow {
        start: Timestamp,
        end: Timestamp,
    }

    /// A record and where it comes from.
    pub struct KinesisEventRecord {
        kinesis: KinesisRecord,
        /// `aws:kinesis`
        event_source: String as "eventSource",
        event_version: String as "eventVersion",
        /// Shard and sequence number.
        event_id: String as "eventID",
        /// `aws:kinesis:record`
        event_name: String as "eventName",
        invoke_identity_arn: String as "invokeIdentityArn",
        aws_region: String as "awsRegion",
        /// The stream.
        event_source_arn: String as "eventSourceARN",
    }

    /// A record.
    pub struct KinesisRecord {
        kinesis_schema_version: String as "kinesisSchemaVersion",
        partition_key: String as "partitionKey",
        sequence_number: String as "sequenceNumber",
        data: Base64,
        approximate_arrival_timestamp: EpochSeconds as "approximateArrivalTimestamp",
        encryption_type: String as "encryptionType",
    }
}

/// Handles each record with `f`; see [`batch`]. The first failure ends the batch, and Lambda goes on
/// there.
///
/// # Errors
/// If the event has no records, or one without a sequence number: the whole batch is tried again.
#[track_caller]
pub fn each(
    event: &KinesisEvent,
    cx: &Context,
    mut f: impl FnMut(&KinesisEventRecord) -> Result<()>,
) -> Result<BatchResponse> {
    let records = event.records.get()?;
    let mut ids = Vec::with_capacity(records.len());
    for record in records {
        let sequence_number = &record.kinesis.get()?.sequence_number;
        ids.push(batch::id(sequence_number, "KinesisRecord.sequenceNumber")?);
    }
    let mut handle = |index: usize| records.get(index).map_or(Ok(()), &mut f);
    Ok(batch::each_in_order(
        cx,
        "Kinesis record",
        &ids,
        &mut handle,
    ))
}
