//! Amazon EMR: changes of clusters.

use crate::events::field::event;

event! {
    /// The detail of an event of Amazon EMR: a change of a scaling policy (Amazon EMR Management
    /// Guide, "Monitoring Amazon EMR events with CloudWatch").
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::emr::AutoScalingPolicyStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<AutoScalingPolicyStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_EMR_POLICY.as_bytes())?;
    /// assert_eq!(event.detail.get()?.resource_id.get()?, "ig-TEA7");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AutoScalingPolicyStateChange {
        resource_id: String as "resourceId",
        cluster_id: String as "clusterId",
        state: String,
        message: String,
        scaling_resource_type: String as "scalingResourceType",
    }

    /// The detail of an event of Amazon EMR: a change of the state of a cluster.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::emr::ClusterStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<ClusterStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_EMR_CLUSTER.as_bytes())?;
    /// assert_eq!(event.detail.get()?.severity.get()?, "INFO");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::emr::InstanceGroupStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<InstanceGroupStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_EMR_INSTANCE_GROUP.as_bytes())?;
    /// assert_eq!(event.detail.get()?.market.get()?, "ON_DEMAND");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::emr::StepStatusChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<StepStatusChange> =
    ///     json::parse(samples::EVENTBRIDGE_EMR_STEP.as_bytes())?;
    /// assert_eq!(event.detail.get()?.severity.get()?, "ERROR");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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
