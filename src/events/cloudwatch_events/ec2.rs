//! Amazon EC2: changes of instances.

use crate::events::field::event;

event! {
    /// The detail of an event of Amazon EC2: a change of the state of an instance (Amazon EC2 User
    /// Guide, "Automate Amazon EC2 using EventBridge").
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::ec2::InstanceStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<InstanceStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_EC2.as_bytes())?;
    /// assert_eq!(event.detail.get()?.instance_id.get()?, "i-0a1b2c3d4e5f67890");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct InstanceStateChange {
        instance_id: String as "instance-id",
        /// `pending`, `running`, `stopping`, `stopped`, `shutting-down` or `terminated`
        state: String,
    }
}
