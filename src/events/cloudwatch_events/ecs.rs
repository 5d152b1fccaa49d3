//! Amazon ECS: changes of container instances.

use crate::events::Timestamp;
use crate::events::field::event;
use crate::json::{Number, Value};

event! {
    /// The detail of an event of Amazon ECS: a change of a container instance (Amazon Elastic
    /// Container Service Developer Guide, "Amazon ECS container instance state change events").
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::ecs::ContainerInstanceStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<ContainerInstanceStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_ECS.as_bytes())?;
    /// assert_eq!(event.detail.get()?.ec2_instance_id.get()?, "i-0a1b2c3d");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ContainerInstanceStateChange {
        agent_connected: bool as "agentConnected",
        agent_update_status: String as "agentUpdateStatus",
        attributes: Vec<Attribute>,
        attachments: Vec<Value>,
        cluster_arn: String as "clusterArn",
        container_instance_arn: String as "containerInstanceArn",
        ec2_instance_id: String as "ec2InstanceId",
        capacity_provider_name: String as "capacityProviderName",
        registered_resources: Vec<Resource> as "registeredResources",
        remaining_resources: Vec<Resource> as "remainingResources",
        pending_tasks_count: i64 as "pendingTasksCount",
        running_tasks_count: i64 as "runningTasksCount",
        registered_at: Timestamp as "registeredAt",
        /// `REGISTERING`, `ACTIVE`, `DRAINING`, `DEREGISTERING`, `INACTIVE` or
        /// `REGISTRATION_FAILED`
        status: String,
        status_reason: String as "statusReason",
        /// A number that grows with each change.
        version: Number,
        version_info: VersionInfo as "versionInfo",
        updated_at: Timestamp as "updatedAt",
        account_type: String as "accountType",
    }

    /// An attribute of a container instance.
    pub struct Attribute {
        name: String,
        value: String,
        target_id: String as "targetId",
        target_type: String as "targetType",
    }

    /// A resource of a container instance: CPU units, memory in MiB, or ports.
    pub struct Resource {
        /// `CPU`, `MEMORY`, `PORTS`, `PORTS_UDP` or `GPU`
        name: String,
        /// `INTEGER`, `DOUBLE`, `LONG` or `STRINGSET`
        resource_type: String as "type",
        integer_value: Number as "integerValue",
        long_value: Number as "longValue",
        double_value: Number as "doubleValue",
        string_set_value: Vec<String> as "stringSetValue",
    }

    /// The versions of the container agent and of Docker.
    pub struct VersionInfo {
        agent_hash: String as "agentHash",
        agent_version: String as "agentVersion",
        docker_version: String as "dockerVersion",
    }
}
