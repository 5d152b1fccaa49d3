//! Amazon CloudWatch Logs: events of a subscription, which come compressed.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::{event, parse_json, unmarshal_error};
use super::{Base64, EpochMillis, Map};
use crate::encoding::gunzip;
use crate::error::Result;

event! {
    /// What a subscription delivers (Amazon CloudWatch Logs User Guide, "Real-time processing of log
    /// data with subscriptions"). [`LogsEvent::data`] opens it.
    pub struct LogsEvent {
        aws_logs: AwsLogs as "awslogs",
    }

    /// JSON in gzip in base64.
    pub struct AwsLogs {
        data: Base64,
    }

    /// Log events of one stream.
    pub struct LogData {
        owner: String,
        log_group: String as "logGroup",
        log_stream: String as "logStream",
        subscription_filters: Vec<String> as "subscriptionFilters",
        /// `DATA_MESSAGE`, or `CONTROL_MESSAGE` for a test of the subscription.
        message_type: String as "messageType",
        log_events: Vec<LogEntry> as "logEvents",
        policy_level: String as "policyLevel",
    }

    /// A log event.
    pub struct LogEntry {
        id: String,
        timestamp: EpochMillis,
        message: String,
        /// What the filter's pattern has found.
        extracted_fields: Map<String> as "extractedFields",
    }
}

/// The most bytes that data is decompressed to. A batch has a few megabytes; a thousandth of this
/// length can decompress to it.
const DATA_LEN_MAX: usize = 32 << 20;

impl LogsEvent {
    /// The log events.
    ///
    /// ```
    /// use tiny_lambda::events::{cloudwatch_logs::LogsEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: LogsEvent = json::parse(samples::CLOUDWATCH_LOGS.as_bytes())?;
    /// let data = event.data()?;
    /// assert_eq!(data.log_group.get()?, "/aws/lambda/orders");
    /// assert_eq!(data.log_events.get()?[1].message.get()?, "order b2: no tea left");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If it is not JSON in gzip in base64, or decompresses to more than 32 MB.
    #[track_caller]
    pub fn data(&self) -> Result<LogData> {
        LogData::from_base64(self.aws_logs.get()?.data.get()?)
    }
}

impl LogData {
    /// Reads log events that a subscription has delivered to Amazon Kinesis Data Streams or Amazon
    /// Data Firehose: JSON in gzip, in the record's data.
    ///
    /// ```no_run
    /// use tiny_lambda::events::cloudwatch_logs::LogData;
    /// use tiny_lambda::events::kinesis::{self, KinesisEvent};
    /// use tiny_lambda::{Context, Result};
    ///
    /// fn main() -> ! {
    ///     tiny_lambda::run(|event: KinesisEvent, cx: &Context| {
    ///         kinesis::each(&event, cx, |record| {
    ///             let data = LogData::from_base64(record.kinesis.get()?.data.get()?)?;
    ///             if data.is_control_message() {
    ///                 return Ok(());
    ///             }
    ///             for entry in data.log_events.get()? {
    ///                 println!("{}", entry.message.get()?);
    ///             }
    ///             Ok(())
    ///         })
    ///     })
    /// }
    /// ```
    ///
    /// Where Firehose decompresses the data itself, they are JSON:
    /// [`data.json::<LogData>()`](Base64::json) reads them.
    ///
    /// # Errors
    /// If it is not JSON in gzip in base64, or decompresses to more than 32 MB.
    #[track_caller]
    pub fn from_base64(data: &Base64) -> Result<LogData> {
        LogData::from_gzip(&data.decode()?)
    }

    /// Reads log events from JSON in gzip, as they are in a record's decoded data, or in an object
    /// that Firehose has written to Amazon S3 from one record.
    ///
    /// # Errors
    /// If it is not JSON in gzip, or decompresses to more than 32 MB.
    #[track_caller]
    pub fn from_gzip(bytes: &[u8]) -> Result<LogData> {
        // No closure: the error names the place that this function was called from.
        match gunzip(bytes, DATA_LEN_MAX) {
            Ok(json) => parse_json("LogData", &json),
            Err(error) => Err(unmarshal_error("LogData: ", error)),
        }
    }

    /// Returns whether this is a test of the subscription, which CloudWatch Logs sends to see whether
    /// the destination can be reached, and which has no log event of a log group.
    pub fn is_control_message(&self) -> bool {
        self.message_type
            .ok()
            .is_some_and(|kind| kind == "CONTROL_MESSAGE")
    }
}
