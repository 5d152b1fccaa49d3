//! Amazon EMR: changes of clusters.

use crate::events::field::event;

event! {
    /// The detail of an event of Amazon EMR: a change of a scaling policy (Amazon EMR Management
    /// Guide, "Monitoring Amazon EMR events with CloudWatch").
    pub struct AutoScalingPolicyStateChange {
        resource_id: String as "resourceId",
        cluster_id: String as "clusterId",
        state: String,
        message: String,
        scaling_resource_type: String as "scalingResourceType",
    }

    /// The detail of an event of Amazon EMR: a change of the state of a cluster.
    pub struct ClusterStateChange {
        severity: String,
        /// JSON.
        state_change_reason: String as "stateChangeReason",
        name: String,
        cluster_id: String as "clusterId",
        state: String,
        message: String,
    }

    /// The detail of an event of Amazon EMR: a change of an instance group.
    pub struct InstanceGroupStateChange {
        market: String,
        severity: String,
        /// A decimal number.
        requested_instance_count: String as "requestedInstanceCount",
        instance_type: String as "instanceType",
        instance_group_type: String as "instanceGroupType",
        instance_group_id: String as "instanceGroupId",
        cluster_id: String as "clusterId",
        /// A decimal number.
        running_instance_count: String as "runningInstanceCount",
        state: String,
        message: String,
    }

    /// The detail of an event of Amazon EMR: a change of the status of a step.
    pub struct StepStatusChange {
        severity: String,
        action_on_failure: String as "actionOnFailure",
        step_id: String as "stepId",
        name: String,
        cluster_id: String as "clusterId",
        state: String,
        message: String,
    }
}
