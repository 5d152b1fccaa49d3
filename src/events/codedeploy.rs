//! AWS CodeDeploy: deployments and lifecycle hooks.

use super::EventBridgeEvent;
use super::field::event;

/// The event of a deployment.
pub type CodeDeployEvent = EventBridgeEvent<CodeDeployEventDetail>;

event! {
    /// The detail of an event of AWS CodeDeploy: the state of a deployment or of an instance (AWS
    /// CodeDeploy User Guide, "Monitoring deployments with Amazon CloudWatch Events").
    ///
    /// ```
    /// use tiny_lambda::events::codedeploy::CodeDeployEventDetail;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<CodeDeployEventDetail> =
    ///     json::parse(samples::CODEDEPLOY.as_bytes())?;
    /// assert_eq!(event.detail.get()?.application.get()?, "orders");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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
    ///
    /// ```
    /// use tiny_lambda::events::codedeploy::CodeDeployLifecycleEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CodeDeployLifecycleEvent =
    ///     json::parse(samples::CODEDEPLOY_LIFECYCLE.as_bytes())?;
    /// assert_eq!(event.deployment_id.get()?, "d-TEA000007");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CodeDeployLifecycleEvent {
        deployment_id: String as "DeploymentId",
        lifecycle_event_hook_execution_id: String as "LifecycleEventHookExecutionId",
    }
}
