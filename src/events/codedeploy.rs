//! AWS CodeDeploy: deployments, as the detail of an event, and hooks of their lifecycle.

use alloc::string::String;

use super::EventBridgeEvent;
use super::field::event;

/// An event of a deployment.
pub type CodeDeployEvent = EventBridgeEvent<CodeDeployEventDetail>;

event! {
    /// A deployment or an instance in it (AWS CodeDeploy User Guide, "Monitoring deployments with
    /// Amazon CloudWatch Events").
    pub struct CodeDeployEventDetail {
        application: String,
        deployment_id: String as "deploymentId",
        instance_group_id: String as "instanceGroupId",
        deployment_group: String as "deploymentGroup",
        /// `START`, `SUCCESS`, `FAILURE`, `READY` or `STOP`
        state: String,
        region: String,
        /// Of events of an instance.
        instance_id: String as "instanceId",
    }

    /// A hook ("AppSpec 'hooks' section for an AWS Lambda deployment").
    pub struct CodeDeployLifecycleEvent {
        deployment_id: String as "DeploymentId",
        lifecycle_event_hook_execution_id: String as "LifecycleEventHookExecutionId",
    }
}
