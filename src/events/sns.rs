//! Amazon SNS: notifications of a topic.

use super::field::{event, parse_json};
use super::{Map, Timestamp};
use crate::error::Result;
use crate::json::FromJson;

event! {
    /// The event of Amazon SNS: notifications (AWS Lambda Developer Guide, "Invoking Lambda
    /// functions with Amazon SNS notifications"). In practice there is always one.
    ///
    /// ```
    /// use tiny_lambda::events::sns::SnsEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: SnsEvent = json::parse(samples::SNS.as_bytes())?;
    /// assert_eq!(event.records.get()?[0].sns.get()?.sns_message_type.get()?, "Notification");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct SnsEvent {
        records: Vec<SnsRecord> as "Records",
    }

    /// A notification and its source.
    pub struct SnsRecord {
        /// `aws:sns`
        event_source: String as "EventSource",
        event_version: String as "EventVersion",
        event_subscription_arn: String as "EventSubscriptionArn",
        sns: SnsMessage as "Sns",
    }

    /// A notification. If an SQS queue subscribes to the topic without raw message delivery, the
    /// body of its messages is the JSON of this type.
    ///
    /// ```
    /// use tiny_lambda::events::sns::SnsMessage;
    /// use tiny_lambda::json;
    ///
    /// let notification: SnsMessage = json::parse(br#"{"Subject": "Order", "Message": "a1"}"#)?;
    /// assert_eq!(notification.message.get()?, "a1");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct SnsMessage {
        /// `Notification`; subscribers other than functions also get `SubscriptionConfirmation` and
        /// `UnsubscribeConfirmation`.
        sns_message_type: String as "Type",
        message_id: String as "MessageId",
        topic_arn: String as "TopicArn",
        subject: String as "Subject",
        /// The message that was published; [`SnsMessage::json`] parses it.
        message: String as "Message",
        timestamp: Timestamp as "Timestamp",
        signature_version: String as "SignatureVersion",
        signature: String as "Signature",
        signing_cert_url: String as "SigningCertUrl",
        unsubscribe_url: String as "UnsubscribeUrl",
        /// The name of this member in notifications to other subscribers than functions.
        signing_cert_url_of_queue: String as "SigningCertURL",
        /// The name of this member in notifications to other subscribers than functions.
        unsubscribe_url_of_queue: String as "UnsubscribeURL",
        message_attributes: Map<SnsMessageAttribute> as "MessageAttributes",
        /// The URL that confirms a subscription; only in a `SubscriptionConfirmation`.
        subscribe_url: String as "SubscribeURL",
        /// The token that confirms a subscription; only in a `SubscriptionConfirmation`.
        token: String as "Token",
    }

    /// An attribute that the publisher has set.
    pub struct SnsMessageAttribute {
        /// `String`, `String.Array`, `Number` or `Binary`
        data_type: String as "Type",
        value: String as "Value",
    }
}

impl SnsMessage {
    /// Parses the message as JSON.
    ///
    /// ```
    /// use tiny_lambda::events::sns::SnsMessage;
    /// use tiny_lambda::json;
    ///
    /// let notification: SnsMessage = json::parse(br#"{"Message": "[1, 2]"}"#)?;
    /// assert_eq!(notification.json::<Vec<u8>>()?, [1, 2]);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no message, or it is not the JSON of a `T`. The message has the offset.
    #[track_caller]
    pub fn json<T: FromJson>(&self) -> Result<T> {
        parse_json("SnsMessage.Message", self.message.get()?.as_bytes())
    }
}
