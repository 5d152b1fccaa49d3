//! Amazon SNS: notifications of a topic.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::{event, parse_json};
use super::{Map, Timestamp};
use crate::error::Result;
use crate::json::FromJson;

event! {
    /// Notifications (AWS Lambda Developer Guide, "Invoking Lambda functions with Amazon SNS
    /// notifications"): always one, in practice.
    pub struct SnsEvent {
        records: Vec<SnsRecord> as "Records",
    }

    /// A notification and where it comes from.
    pub struct SnsRecord {
        /// `aws:sns`
        event_source: String as "EventSource",
        event_version: String as "EventVersion",
        event_subscription_arn: String as "EventSubscriptionArn",
        sns: SnsMessage as "Sns",
    }

    /// A notification. The same object, in JSON, is the body of an SQS message when a queue has
    /// subscribed to the topic without raw delivery.
    pub struct SnsMessage {
        /// `Notification`; subscribers other than functions also get `SubscriptionConfirmation` and
        /// `UnsubscribeConfirmation`.
        sns_message_type: String as "Type",
        message_id: String as "MessageId",
        topic_arn: String as "TopicArn",
        subject: String as "Subject",
        /// What was published; [`SnsMessage::json`] reads it.
        message: String as "Message",
        timestamp: Timestamp as "Timestamp",
        signature_version: String as "SignatureVersion",
        signature: String as "Signature",
        signing_cert_url: String as "SigningCertUrl",
        unsubscribe_url: String as "UnsubscribeUrl",
        /// As subscribers other than functions have it.
        signing_cert_url_of_queue: String as "SigningCertURL",
        /// As subscribers other than functions have it.
        unsubscribe_url_of_queue: String as "UnsubscribeURL",
        message_attributes: Map<SnsMessageAttribute> as "MessageAttributes",
        /// What confirms a subscription, of a `SubscriptionConfirmation`.
        subscribe_url: String as "SubscribeURL",
        /// What confirms a subscription.
        token: String as "Token",
    }

    /// What a publisher says about a notification.
    pub struct SnsMessageAttribute {
        /// `String`, `String.Array`, `Number` or `Binary`
        data_type: String as "Type",
        value: String as "Value",
    }
}

impl SnsMessage {
    /// The message as JSON.
    ///
    /// # Errors
    /// If there is no message, or it is no JSON of this type: where.
    #[track_caller]
    pub fn json<T: FromJson>(&self) -> Result<T> {
        parse_json("SnsMessage.Message", self.message.get()?.as_bytes())
    }
}
