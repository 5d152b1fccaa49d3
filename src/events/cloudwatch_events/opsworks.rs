//! AWS OpsWorks Stacks: instances and deployments, as the detail of an event.

use alloc::string::String;
use alloc::vec::Vec;

use crate::events::field::event;

event! {
    /// An instance in another state.
    pub struct InstanceStateChange {
        initiated_by: String,
        hostname: String,
        stack_id: String as "stack-id",
        layer_ids: Vec<String> as "layer-ids",
        instance_id: String as "instance-id",
        ec2_instance_id: String as "ec2-instance-id",
        status: String,
    }

    /// A command.
    pub struct CommandStateChange {
        command_id: String as "command-id",
        instance_id: String as "instance-id",
        command_type: String as "type",
        status: String,
    }

    /// A deployment.
    pub struct DeploymentStateChange {
        /// In seconds.
        duration: i64,
        stack_id: String as "stack-id",
        instance_ids: Vec<String> as "instance-ids",
        deployment_id: String as "deployment-id",
        command: String,
        status: String,
    }

    /// An alert.
    pub struct Alert {
        stack_id: String as "stack-id",
        instance_id: String as "instance-id",
        alert_type: String as "type",
        message: String,
    }
}
