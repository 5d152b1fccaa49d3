//! Amazon EventBridge: events of rules, pipes and schedules.

use super::Timestamp;
use super::field::event;
use crate::json::Value;

event! {
    /// An event of an event bus (Amazon EventBridge User Guide, "Events in Amazon EventBridge").
    /// `T` is the type of its detail: one of the types of [`events`](super) for details, or one of
    /// your own.
    ///
    /// ```
    /// use tiny_lambda::events::{eventbridge::EventBridgeEvent, samples};
    /// use tiny_lambda::{json, json_struct};
    ///
    /// json_struct! { struct Placed { order: String, cents: u64 } }
    ///
    /// let event: EventBridgeEvent<Placed> = json::parse(samples::EVENTBRIDGE.as_bytes())?;
    /// assert_eq!(event.source.get()?, "com.example.shop");
    /// assert_eq!(event.detail.get()?.cents, 500);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct EventBridgeEvent<T = Value> {
        /// `0`
        version: String,
        /// The unique ID of the event.
        id: String,
        /// The kind of detail, such as `Scheduled Event`.
        detail_type: String as "detail-type",
        /// The sender: `aws.` and the name of a service, or a name of your own.
        source: String,
        /// The ID of the AWS account.
        account: String,
        /// When the event happened.
        time: Timestamp,
        /// The AWS Region in which the event happened.
        region: String,
        /// The ARNs of the resources that the event is about; the rule's ARN if it is a schedule's
        /// event.
        resources: Vec<String>,
        /// The data of the event, which depends on its source.
        detail: T,
        /// The name of the replay, if the event is replayed from an archive.
        replay_name: String as "replay-name",
    }
}

/// The event of a schedule, whose detail is empty.
pub type ScheduledEvent = EventBridgeEvent<Value>;
