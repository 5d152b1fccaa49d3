//! Amazon MQ for Apache ActiveMQ: messages of a broker.

use super::field::event;
use super::{Base64, EpochMillis, Map};
use crate::json::Value;

event! {
    /// The event of Amazon MQ for Apache ActiveMQ: a batch of messages (AWS Lambda Developer Guide,
    /// "Using Lambda with Amazon MQ"). A batch fails as a whole.
    ///
    /// ```
    /// use tiny_lambda::events::activemq::ActiveMqEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: ActiveMqEvent = json::parse(samples::ACTIVEMQ.as_bytes())?;
    /// assert_eq!(event.messages.get()?[0].message_type.get()?, "jms/text-message");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ActiveMqEvent {
        /// `aws:mq`
        event_source: String as "eventSource",
        /// The ARN of the broker.
        event_source_arn: String as "eventSourceArn",
        messages: Vec<ActiveMqMessage>,
    }

    /// A message of an ActiveMQ broker.
    pub struct ActiveMqMessage {
        message_id: String as "messageID",
        /// `jms/text-message` or `jms/bytes-message`
        message_type: String as "messageType",
        /// The body of the message.
        data: Base64,
        connection_id: String as "connectionId",
        /// Also read as `correlationId`: AWS's pages have both names.
        correlation_id: String as "correlationID" or "correlationId",
        /// When the message was sent.
        timestamp: EpochMillis,
        /// 2 if the broker stores the message, 1 if not.
        delivery_mode: i64 as "deliveryMode",
        reply_to: String as "replyTo",
        jms_type: String as "type",
        /// When the message expires; 0 if it does not.
        expiration: EpochMillis,
        /// 0 to 9; 9 is the most urgent.
        priority: i64,
        /// Whether the message was delivered before.
        redelivered: bool,
        persistent: bool,
        destination: ActiveMqDestination,
        /// When the broker received the message.
        broker_in_time: EpochMillis as "brokerInTime",
        /// When the broker sent the message.
        broker_out_time: EpochMillis as "brokerOutTime",
        /// The properties that the sender has set.
        properties: Map<Value>,
    }

    /// The queue of a message.
    pub struct ActiveMqDestination {
        physical_name: String as "physicalName",
    }
}
