//! Amazon EC2 Auto Scaling: launches and terminations of instances.

use super::field::event;
use super::{EventBridgeEvent, Map, Timestamp};
use crate::json::Value;

/// The event of an Auto Scaling group.
pub type AutoScalingEvent = EventBridgeEvent<AutoScalingDetail>;

event! {
    /// The detail of an event of Amazon EC2 Auto Scaling: a lifecycle action, or a launch or
    /// termination that succeeded or failed (Amazon EC2 Auto Scaling User Guide, "Amazon EC2 Auto
    /// Scaling event reference").
    ///
    /// ```
    /// use tiny_lambda::events::autoscaling::AutoScalingDetail;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<AutoScalingDetail> =
    ///     json::parse(samples::AUTOSCALING.as_bytes())?;
    /// let value = event.detail.get()?.lifecycle_action_token.get()?;
    /// assert_eq!(value, "00006a15-5b1c-4d7e-9f20-3a6c8e0d5509");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AutoScalingDetail {
        lifecycle_action_token: String as "LifecycleActionToken",
        auto_scaling_group_name: String as "AutoScalingGroupName",
        lifecycle_hook_name: String as "LifecycleHookName",
        ec2_instance_id: String as "EC2InstanceId",
        lifecycle_transition: String as "LifecycleTransition",
        notification_metadata: String as "NotificationMetadata",
        origin: String as "Origin",
        destination: String as "Destination",
        status_code: String as "StatusCode",
        description: String as "Description",
        activity_id: String as "ActivityId",
        details: Map<Value> as "Details",
        request_id: String as "RequestId",
        status_message: String as "StatusMessage",
        start_time: Timestamp as "StartTime",
        end_time: Timestamp as "EndTime",
        cause: String as "Cause",
    }
}
