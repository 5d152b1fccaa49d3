//! Amazon CloudWatch Logs: log events of a subscription.

use super::field::{event, parse_json, unmarshal_error};
use super::{Base64, EpochMillis, Map};
use crate::encoding::gunzip;
use crate::error::Result;

event! {
    /// The event of Amazon CloudWatch Logs: log events of a subscription (Amazon CloudWatch Logs
    /// User Guide, "Real-time processing of log data with subscriptions"). [`LogsEvent::data`]
    /// decompresses them.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_logs::LogsEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: LogsEvent = json::parse(samples::CLOUDWATCH_LOGS.as_bytes())?;
    /// assert_eq!(event.data()?.message_type.get()?, "DATA_MESSAGE");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct LogsEvent {
        aws_logs: AwsLogs as "awslogs",
    }

    /// The compressed log events.
    pub struct AwsLogs {
        /// The JSON of a [`LogData`], compressed by gzip, in base64.
        data: Base64,
    }

    /// Log events of one log stream.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_logs::LogData;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: LogData = json::parse(samples::CLOUDWATCH_LOGS_DATA.as_bytes())?;
    /// assert_eq!(event.owner.get()?, "123456789012");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct LogData {
        /// The ID of the AWS account that owns the log group.
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
        /// The fields that the filter pattern extracted.
        extracted_fields: Map<String> as "extractedFields",
    }
}

/// The most bytes that data may have after decompression. A batch has a few megabytes, and gzip can
/// expand data a thousandfold.
const DATA_LEN_MAX: usize = 32 << 20;

impl LogsEvent {
    /// Decompresses and parses the log events.
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
    /// If the data is not JSON compressed by gzip in base64, or has more than 32 MB after
    /// decompression.
    #[track_caller]
    pub fn data(&self) -> Result<LogData> {
        LogData::from_base64(self.aws_logs.get()?.data.get()?)
    }
}

impl LogData {
    /// Reads the log events that a subscription delivers to Amazon Kinesis Data Streams or Amazon
    /// Data Firehose: the data of a record.
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
    /// If Firehose is configured to decompress the data, use
    /// [`data.json::<LogData>()`](Base64::json) instead.
    ///
    /// # Errors
    /// If the data is not JSON compressed by gzip in base64, or has more than 32 MB after
    /// decompression.
    #[track_caller]
    pub fn from_base64(data: &Base64) -> Result<LogData> {
        LogData::from_gzip(&data.decode()?)
    }

    /// Reads log events from JSON that is compressed by gzip: the decoded data of a record, or an
    /// object that Firehose wrote to Amazon S3 from one record.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_logs::{LogData, LogsEvent};
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: LogsEvent = json::parse(samples::CLOUDWATCH_LOGS.as_bytes())?;
    /// let bytes = event.aws_logs.get()?.data.get()?.decode()?;
    /// assert_eq!(LogData::from_gzip(&bytes)?, event.data()?);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the data is not JSON compressed by gzip, or has more than 32 MB after decompression.
    #[track_caller]
    pub fn from_gzip(bytes: &[u8]) -> Result<LogData> {
        // `map_err` with a closure would lose the caller's location.
        match gunzip(bytes, DATA_LEN_MAX) {
            Ok(json) => parse_json("LogData", &json),
            Err(error) => Err(unmarshal_error("LogData: ", error)),
        }
    }

    /// Returns whether this is a test of the subscription. CloudWatch Logs sends it to check that
    /// the destination can be reached; it has no log events of a log group.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_logs::LogData;
    /// use tiny_lambda::json;
    ///
    /// let data: LogData = json::parse(br#"{"messageType": "CONTROL_MESSAGE"}"#)?;
    /// assert!(data.is_control_message());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn is_control_message(&self) -> bool {
        self.message_type
            .ok()
            .is_some_and(|kind| kind == "CONTROL_MESSAGE")
    }
}
