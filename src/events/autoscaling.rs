//! Amazon EC2 Auto Scaling: instances that come and go, as the detail of an event:
//! `EventBridgeEvent<AutoScalingDetail>`.

use alloc::string::String;

use super::field::event;
use super::{EventBridgeEvent, Map, Timestamp};
use crate::json::Value;

/// An event of a group.
pub type AutoScalingEvent = EventBridgeEvent<AutoScalingDetail>;

event! {
    /// What happens to an instance (Amazon EC2 Auto Scaling User Guide, "Amazon EC2 Auto Scaling
    /// event reference"): lifecycle actions, and launches and terminations that went well or not.
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
