//! Amazon MQ for RabbitMQ: messages of a broker.

use super::field::event;
use super::{Base64, Map};
use crate::json::Value;

event! {
    /// The event of Amazon MQ for RabbitMQ: a batch of messages (AWS Lambda Developer Guide, "Using
    /// Lambda with Amazon MQ"). A batch fails as a whole.
    ///
    /// ```
    /// use tiny_lambda::events::rabbitmq::RabbitMqEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: RabbitMqEvent = json::parse(samples::RABBITMQ.as_bytes())?;
    /// assert_eq!(event.event_source.get()?, "aws:rmq");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct RabbitMqEvent {
        /// `aws:rmq`
        event_source: String as "eventSource",
        event_source_arn: String as "eventSourceArn",
        /// The messages by queue and virtual host, such as `orders::/`.
        messages_by_queue: Map<Vec<RabbitMqMessage>> as "rmqMessagesByQueue",
    }

    /// A message of a RabbitMQ broker.
    pub struct RabbitMqMessage {
        basic_properties: RabbitMqBasicProperties as "basicProperties",
        /// The body of the message.
        data: Base64,
        redelivered: bool,
    }

    /// The properties of a message.
    pub struct RabbitMqBasicProperties {
        content_type: String as "contentType",
        content_encoding: String as "contentEncoding",
        /// Text values have the form `{"bytes": [104, 105]}`.
        headers: Map<Value>,
        delivery_mode: u8 as "deliveryMode",
        priority: u8,
        correlation_id: String as "correlationId",
        reply_to: String as "replyTo",
        /// When the message expires, in milliseconds after it was sent.
        expiration: String,
        message_id: String as "messageId",
        /// A time such as `Jan 1, 1970, 12:33:41 AM`.
        timestamp: String,
        message_type: String as "type",
        user_id: String as "userId",
        app_id: String as "appId",
        cluster_id: String as "clusterId",
        /// The length of the body in bytes.
        body_size: u64 as "bodySize",
    }
}
