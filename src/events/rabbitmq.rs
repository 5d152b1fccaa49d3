//! Amazon MQ for RabbitMQ: messages of a broker.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use super::{Base64, Map};
use crate::json::Value;

event! {
    /// A batch of messages (AWS Lambda Developer Guide, "Using Lambda with Amazon MQ"). Batches
    /// cannot fail in part.
    pub struct RabbitMqEvent {
        /// `aws:rmq`
        event_source: String as "eventSource",
        event_source_arn: String as "eventSourceArn",
        /// By queue and virtual host: `orders::/`.
        messages_by_queue: Map<Vec<RabbitMqMessage>> as "rmqMessagesByQueue",
    }

    /// A message.
    pub struct RabbitMqMessage {
        basic_properties: RabbitMqBasicProperties as "basicProperties",
        data: Base64,
        redelivered: bool,
    }

    /// What is said about a message.
    pub struct RabbitMqBasicProperties {
        content_type: String as "contentType",
        content_encoding: String as "contentEncoding",
        /// Texts are `{"bytes": [104, 105]}`.
        headers: Map<Value>,
        delivery_mode: u8 as "deliveryMode",
        priority: u8,
        correlation_id: String as "correlationId",
        reply_to: String as "replyTo",
        /// In milliseconds.
        expiration: String,
        message_id: String as "messageId",
        /// As in `Jan 1, 1970, 12:33:41 AM`.
        timestamp: String,
        message_type: String as "type",
        user_id: String as "userId",
        app_id: String as "appId",
        cluster_id: String as "clusterId",
        body_size: u64 as "bodySize",
    }
}
