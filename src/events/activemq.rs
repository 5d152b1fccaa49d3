//! Amazon MQ for Apache ActiveMQ: messages of a broker.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use super::{Base64, EpochMillis, Map};
use crate::json::Value;

event! {
    /// A batch of messages (AWS Lambda Developer Guide, "Using Lambda with Amazon MQ"). Batches
    /// cannot fail in part.
    pub struct ActiveMqEvent {
        /// `aws:mq`
        event_source: String as "eventSource",
        event_source_arn: String as "eventSourceArn",
        messages: Vec<ActiveMqMessage>,
    }

    /// A message.
    pub struct ActiveMqMessage {
        message_id: String as "messageID",
        /// `jms/text-message` or `jms/bytes-message`
        message_type: String as "messageType",
        data: Base64,
        connection_id: String as "connectionId",
        /// `correlationId` is read too: AWS's pages have both.
        correlation_id: String as "correlationID" or "correlationId",
        timestamp: EpochMillis,
        delivery_mode: i64 as "deliveryMode",
        reply_to: String as "replyTo",
        jms_type: String as "type",
        expiration: EpochMillis,
        priority: i64,
        redelivered: bool,
        persistent: bool,
        destination: ActiveMqDestination,
        broker_in_time: EpochMillis as "brokerInTime",
        broker_out_time: EpochMillis as "brokerOutTime",
        properties: Map<Value>,
    }

    /// A queue.
    pub struct ActiveMqDestination {
        physical_name: String as "physicalName",
    }
}
