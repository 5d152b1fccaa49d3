//! AWS CodeDeploy: deployments and their instances, as the detail of an event.

use alloc::string::String;

use crate::events::field::event;

event! {
    /// A deployment or an instance (AWS CodeDeploy User Guide, "Monitoring deployments with Amazon
    /// CloudWatch Events").
    pub struct StateChangeNotification {
        instance_group_id: String as "instanceGroupId",
        region: String,
        application: String,
        deployment_id: String as "deploymentId",
        state: String,
        deployment_group: String as "deploymentGroup",
    }

    /// An instance of a deployment.
    pub struct DeploymentStateChangeNotification {
        instance_id: String as "instanceId",
        region: String,
        state: String,
        application: String,
        deployment_id: String as "deploymentId",
        instance_group_id: String as "instanceGroupId",
        deployment_group: String as "deploymentGroup",
    }

    /// A run of a pipeline that deploys.
    pub struct InstanceStateChangeNotification {
        pipeline: String,
        version: String,
        state: String,
        execution_id: String as "execution-id",
    }
}
