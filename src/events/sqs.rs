//! Amazon SQS: messages of a queue.

use super::batch::{BatchResponse, GroupOf, check_id, run_batch};
use super::field::{event, parse_json};
use super::{Base64, EpochMillis, Map};
use crate::context::Context;
use crate::error::Result;
use crate::json::FromJson;

event! {
    /// The event of Amazon SQS: a batch of messages (AWS Lambda Developer Guide, "Using Lambda with
    /// Amazon SQS").
    ///
    /// ```
    /// use tiny_lambda::events::sqs::SqsEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: SqsEvent = json::parse(samples::SQS.as_bytes())?;
    /// let value = event.records.get()?[0].message_id.get()?;
    /// assert_eq!(value, "059f36b4-87a3-44ab-83d2-661975830a7d");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct SqsEvent {
        records: Vec<SqsMessage> as "Records",
    }

    /// A message of a queue.
    ///
    /// ```
    /// use tiny_lambda::events::sqs::SqsMessage;
    /// use tiny_lambda::json;
    ///
    /// let message: SqsMessage = json::parse(br#"{"messageId": "m1", "body": "a1"}"#)?;
    /// assert_eq!(message.body.get()?, "a1");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct SqsMessage {
        /// The ID of the message.
        message_id: String as "messageId",
        /// The handle with which the message can be deleted.
        receipt_handle: String as "receiptHandle",
        /// The body; [`SqsMessage::json`] parses it.
        body: String,
        attributes: SqsAttributes,
        message_attributes: Map<SqsMessageAttribute> as "messageAttributes",
        md5_of_body: String as "md5OfBody",
        md5_of_message_attributes: String as "md5OfMessageAttributes",
        /// `aws:sqs`
        event_source: String as "eventSource",
        /// The ARN of the queue.
        event_source_arn: String as "eventSourceARN",
        aws_region: String as "awsRegion",
    }

    /// The attributes that SQS sets.
    pub struct SqsAttributes {
        /// How often the message was received, including this time: a decimal number.
        approximate_receive_count: String as "ApproximateReceiveCount",
        sent_timestamp: EpochMillis as "SentTimestamp",
        sender_id: String as "SenderId",
        approximate_first_receive_timestamp: EpochMillis as "ApproximateFirstReceiveTimestamp",
        /// Only for a FIFO queue.
        sequence_number: String as "SequenceNumber",
        /// Only for a FIFO or fair queue.
        message_group_id: String as "MessageGroupId",
        /// Only for a FIFO queue.
        message_deduplication_id: String as "MessageDeduplicationId",
        aws_trace_header: String as "AWSTraceHeader",
        dead_letter_queue_source_arn: String as "DeadLetterQueueSourceArn",
    }

    /// An attribute that the sender has set.
    pub struct SqsMessageAttribute {
        /// `String`, `Number` or `Binary`, which a dot and a label of the sender may follow.
        data_type: String as "dataType",
        string_value: String as "stringValue",
        binary_value: Base64 as "binaryValue",
        /// Reserved by SQS, always empty.
        string_list_values: Vec<String> as "stringListValues",
        /// Reserved by SQS, always empty.
        binary_list_values: Vec<Base64> as "binaryListValues",
    }

    /// The result of the API call `ReceiveMessage`, which an Amazon EventBridge pipe or an AWS Step
    /// Functions state machine may pass on.
    ///
    /// ```
    /// use tiny_lambda::events::sqs::SqsApiEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: SqsApiEvent = json::parse(samples::SQS_API.as_bytes())?;
    /// let value = event.messages.get()?[0].message_id.get()?;
    /// assert_eq!(value, "00006a38-5b1c-4d7e-9f20-3a6c8e0d5a18");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct SqsApiEvent {
        messages: Vec<SqsApiMessage> as "Messages",
    }

    /// A message of a queue.
    pub struct SqsApiMessage {
        message_id: String as "MessageId",
        receipt_handle: String as "ReceiptHandle",
        body: String as "Body",
        md5_of_body: String as "Md5OfBody",
        md5_of_message_attributes: String as "Md5OfMessageAttributes",
        attributes: SqsAttributes as "Attributes",
        message_attributes: Map<SqsApiMessageAttribute> as "MessageAttributes",
    }

    /// An attribute that the sender has set.
    pub struct SqsApiMessageAttribute {
        data_type: String as "DataType",
        string_value: String as "StringValue",
        binary_value: Base64 as "BinaryValue",
        string_list_values: Vec<String> as "StringListValues",
        binary_list_values: Vec<Base64> as "BinaryListValues",
    }
}

impl SqsMessage {
    /// Parses the body as JSON.
    ///
    /// ```
    /// use tiny_lambda::events::sqs::SqsMessage;
    /// use tiny_lambda::json;
    ///
    /// let message: SqsMessage = json::parse(br#"{"body": "[1, 2]"}"#)?;
    /// assert_eq!(message.json::<Vec<u8>>()?, [1, 2]);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no body, or it is not the JSON of a `T`. The message has the offset.
    #[track_caller]
    pub fn json<T: FromJson>(&self) -> Result<T> {
        parse_json("SqsMessage.body", self.body.get()?.as_bytes())
    }

    /// Returns whether the message is from a FIFO queue. The ARN of a FIFO queue ends in `.fifo`. If
    /// the event has no ARN, the message has a sequence number only if the queue is a FIFO queue.
    fn is_fifo(&self) -> bool {
        match self.event_source_arn.ok() {
            Some(queue) => queue.as_bytes().ends_with(b".fifo"),
            None => self
                .attributes
                .ok()
                .is_some_and(|attributes| attributes.sequence_number.ok().is_some()),
        }
    }

    /// Returns the ID of the message group, if the message has one.
    fn group(&self) -> Option<&str> {
        let group = self.attributes.ok()?.message_group_id.ok()?;
        Some(group.as_str()).filter(|group| !group.is_empty())
    }
}

/// Calls `f` for each message; see [`batch`](super::batch). If the queue is a FIFO queue, the first failure ends
/// the batch, as the AWS Lambda Developer Guide recommends ("Handling errors for an SQS event
/// source in Lambda"). [`each_with_options`] can continue with the other message groups.
///
/// ```
/// use tiny_lambda::events::{samples, sqs};
/// use tiny_lambda::{Context, json};
///
/// let event: sqs::SqsEvent = json::parse(samples::SQS.as_bytes())?;
/// let response = sqs::each(&event, &Context::default(), |message| {
///     let order: json::Value = message.json()?;
///     println!("{order}");
///     Ok(())
/// })?;
/// // The second sample message is not JSON.
/// assert_eq!(response.failures, ["2e1424d4-f796-459a-8184-9c92662be6da"]);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// If the event has no messages, or a message has no ID, so that it could not be reported. Lambda
/// then retries the whole batch.
#[track_caller]
pub fn each(
    event: &SqsEvent,
    cx: &Context,
    f: impl FnMut(&SqsMessage) -> Result<()>,
) -> Result<BatchResponse> {
    each_with_options(event, cx, EachOptions::default(), f)
}

/// The options of [`each_with_options`].
///
/// ```
/// use tiny_lambda::events::{samples, sqs};
/// use tiny_lambda::{Context, json};
///
/// let event: sqs::SqsEvent = json::parse(samples::SQS.as_bytes())?;
/// let options = sqs::EachOptions::default().continue_other_groups(true);
/// let cx = Context::default();
/// let response = sqs::each_with_options(&event, &cx, options, |_| Ok(()))?;
/// assert!(response.failures.is_empty());
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EachOptions {
    continue_other_groups: bool,
}

impl EachOptions {
    /// Sets whether a failure in a FIFO queue ends only its message group. The later messages of
    /// that group are then reported as failed without being handled, which keeps their order, and
    /// the messages of other groups are handled. By default the first failure ends the batch.
    ///
    /// A message without a group ID, which SQS does not send from a FIFO queue, counts as a message
    /// of every group: it is not handled after a failure, and its failure ends the batch. The
    /// option has no effect on other queues, including fair queues, because their messages have no
    /// order.
    ///
    /// ```
    /// use tiny_lambda::events::sqs::EachOptions;
    ///
    /// let options = EachOptions::default().continue_other_groups(true);
    /// assert_ne!(options, EachOptions::default());
    /// ```
    #[must_use]
    pub fn continue_other_groups(mut self, on: bool) -> EachOptions {
        self.continue_other_groups = on;
        self
    }
}

/// Calls `f` for each message, as [`each`] does, with options.
///
/// ```
/// use tiny_lambda::events::sqs::{EachOptions, SqsEvent, each_with_options};
/// use tiny_lambda::{Context, json};
///
/// # let message = |id: &str, group: &str, body: &str| format!(
/// #     r#"{{"messageId": "{id}", "body": "{body}", "attributes": {{"MessageGroupId": "{group}"}},
/// #         "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:orders.fifo"}}"#);
/// # let messages = [message("1", "a", "?"), message("2", "b", "7"), message("3", "a", "8")];
/// # let text = format!(r#"{{"Records": [{}]}}"#, messages.join(","));
/// let event: SqsEvent = json::parse(text.as_bytes())?;
/// let options = EachOptions::default().continue_other_groups(true);
/// let response = each_with_options(&event, &Context::default(), options, |message| {
///     println!("{}", message.json::<u32>()?);
///     Ok(())
/// })?;
/// // Message 1 of group a is not a number, so message 3 of that group was not handled.
/// assert_eq!(response.failures, ["1", "3"]);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// Those of [`each`].
#[track_caller]
pub fn each_with_options(
    event: &SqsEvent,
    cx: &Context,
    options: EachOptions,
    mut f: impl FnMut(&SqsMessage) -> Result<()>,
) -> Result<BatchResponse> {
    let messages = event.records.get()?;
    let mut is_fifo = false;
    for (index, message) in messages.iter().enumerate() {
        check_id(&message.message_id, "SqsMessage.messageId", index)?;
        is_fifo |= message.is_fifo();
    }
    let group_of: Option<GroupOf<SqsMessage>> = match (is_fifo, options.continue_other_groups) {
        (false, _) => None,
        (true, false) => Some(|_| None),
        (true, true) => Some(SqsMessage::group),
    };
    Ok(run_batch(
        cx,
        "SQS message",
        messages,
        |message| message.message_id.ok(),
        group_of,
        &mut f,
    ))
}
