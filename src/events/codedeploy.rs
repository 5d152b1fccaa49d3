//! AWS CodeDeploy: deployments and lifecycle hooks.

use super::EventBridgeEvent;
use super::field::event;

/// The event of a deployment.
pub type CodeDeployEvent = EventBridgeEvent<CodeDeployEventDetail>;

event! {
    /// The detail of an event of AWS CodeDeploy: the state of a deployment or of an instance (AWS
    /// CodeDeploy User Guide, "Monitoring deployments with Amazon CloudWatch Events").
    pub struct CodeDeployEventDetail {
        application: String,
        deployment_id: String as "deploymentId",
        instance_group_id: String as "instanceGroupId",
        deployment_group: String as "deploymentGroup",
        /// `START`, `SUCCESS`, `FAILURE`, `READY` or `STOP`
        state: String,
        region: String,
        /// Only in events about an instance.
        instance_id: String as "instanceId",
    }

    /// The event of AWS CodeDeploy for a lifecycle hook (AWS CodeDeploy User Guide, "AppSpec
    /// 'hooks' section for an AWS Lambda deployment").
    pub struct CodeDeployLifecycleEvent {
        deployment_id: String as "DeploymentId",
        lifecycle_event_hook_execution_id: String as "LifecycleEventHookExecutionId",
    }
}
