//! AWS Systems Manager: automations, commands, maintenance windows and associations.

use crate::events::Timestamp;
use crate::events::field::event;
use crate::json::{Number, Value};

event! {
    /// The detail of an event of AWS Systems Manager: a change of the status of an automation step, or
    /// of an automation (AWS Systems Manager User Guide, "Reference: Amazon EventBridge event patterns and types for
    /// Systems Manager").
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::ssm::Ec2AutomationStepStatusChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<Ec2AutomationStepStatusChange> =
    ///     json::parse(samples::EVENTBRIDGE_SSM_AUTOMATION_STEP.as_bytes())?;
    /// let value = event.detail.get()?.execution_id.get()?;
    /// assert_eq!(value, "00006a6b-5b1c-4d7e-9f20-3a6c8e0d6177");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct Ec2AutomationStepStatusChange {
        execution_id: String as "ExecutionId",
        definition: String as "Definition",
        definition_version: Value as "DefinitionVersion",
        status: String as "Status",
        end_time: String as "EndTime",
        start_time: String as "StartTime",
        /// In seconds.
        time: Number as "Time",
        /// Only in events about an automation.
        executed_by: String as "ExecutedBy",
        // Only in events about a step.
        step_name: String as "StepName",
        action: String as "Action",
    }

    /// The detail of an event of AWS Systems Manager: a change of the state of a change calendar.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::ssm::StateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<StateChange> =
    ///     json::parse(samples::EVENTBRIDGE_SSM_CALENDAR.as_bytes())?;
    /// assert_eq!(event.detail.get()?.state.get()?, "OPEN");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct StateChange {
        /// `OPEN` or `CLOSED`
        state: String,
        at_time: Timestamp as "atTime",
        next_transition_time: Timestamp as "nextTransitionTime",
    }

    /// The detail of an event of AWS Systems Manager: a change of the compliance of a resource.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::ssm::ConfigurationComplianceStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<ConfigurationComplianceStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_SSM_COMPLIANCE.as_bytes())?;
    /// assert_eq!(event.detail.get()?.last_runtime.get()?, "2026-11-15T09:00:00Z");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ConfigurationComplianceStateChange {
        last_runtime: String as "last-runtime",
        compliance_status: String as "compliance-status",
        resource_type: String as "resource-type",
        resource_id: String as "resource-id",
        compliance_type: String as "compliance-type",
        patch_baseline_id: String as "patch-baseline-id",
        severity: String,
    }

    /// The detail of an event of AWS Systems Manager about a maintenance window. Which members it has
    /// depends on the event.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::ssm::MaintenanceWindowDetail;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<MaintenanceWindowDetail> =
    ///     json::parse(samples::EVENTBRIDGE_SSM_WINDOW.as_bytes())?;
    /// assert_eq!(event.detail.get()?.window_id.get()?, "mw-1");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct MaintenanceWindowDetail {
        window_id: String as "window-id",
        window_execution_id: String as "window-execution-id",
        task_execution_id: String as "task-execution-id",
        window_target_id: String as "window-target-id",
        owner_information: String as "owner-information",
        start_time: String as "start-time",
        end_time: String as "end-time",
        status: String,
    }

    /// The detail of an event of AWS Systems Manager: a change of a parameter in Parameter Store.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::ssm::ParameterStoreStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<ParameterStoreStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_SSM_PARAMETER.as_bytes())?;
    /// assert_eq!(event.detail.get()?.operation.get()?, "Update");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ParameterStoreStateChange {
        /// `Create`, `Update`, `Delete` or `LabelParameterVersion`
        operation: String,
        name: String,
        parameter_type: String as "type",
        description: String,
    }

    /// The detail of an event of AWS Systems Manager: a change of the status of a command, or
    /// of a command on one instance.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::ssm::Ec2CommandStatusChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<Ec2CommandStatusChange> =
    ///     json::parse(samples::EVENTBRIDGE_SSM_COMMAND.as_bytes())?;
    /// let value = event.detail.get()?.command_id.get()?;
    /// assert_eq!(value, "00006a70-5b1c-4d7e-9f20-3a6c8e0d6230");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct Ec2CommandStatusChange {
        command_id: String as "command-id",
        document_name: String as "document-name",
        /// Only in events about one instance.
        instance_id: String as "instance-id",
        expire_after: String as "expire-after",
        parameters: Value,
        requested_date_time: String as "requested-date-time",
        status: String,
    }

    /// The detail of an event of AWS Systems Manager: a change of an association.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::ssm::Ec2StateManagerAssociationStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<Ec2StateManagerAssociationStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_SSM_ASSOCIATION.as_bytes())?;
    /// let value = event.detail.get()?.association_id.get()?;
    /// assert_eq!(value, "00006a72-5b1c-4d7e-9f20-3a6c8e0d627a");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct Ec2StateManagerAssociationStateChange {
        association_id: String as "association-id",
        document_name: String as "document-name",
        association_version: String as "association-version",
        document_version: String as "document-version",
        /// JSON.
        targets: String,
        creation_date: String as "creation-date",
        last_successful_execution_date: String as "last-successful-execution-date",
        last_execution_date: String as "last-execution-date",
        last_updated_date: String as "last-updated-date",
        status: String,
        /// JSON.
        association_status_aggregated_count: String as "association-status-aggregated-count",
        schedule_expression: String as "schedule-expression",
        association_cwe_version: String as "association-cwe-version",
    }

    /// The detail of an event of AWS Systems Manager: a change of an association of one instance.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::ssm::Ec2StateManagerInstanceAssociationStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<Ec2StateManagerInstanceAssociationStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_SSM_INSTANCE_ASSOCIATION.as_bytes())?;
    /// let value = event.detail.get()?.association_id.get()?;
    /// assert_eq!(value, "00006a73-5b1c-4d7e-9f20-3a6c8e0d629f");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct Ec2StateManagerInstanceAssociationStateChange {
        association_id: String as "association-id",
        instance_id: String as "instance-id",
        document_name: String as "document-name",
        document_version: String as "document-version",
        /// JSON.
        targets: String,
        creation_date: String as "creation-date",
        last_successful_execution_date: String as "last-successful-execution-date",
        last_execution_date: String as "last-execution-date",
        status: String,
        detailed_status: String as "detailed-status",
        error_code: String as "error-code",
        execution_summary: String as "execution-summary",
        output_url: String as "output-url",
        instance_association_cwe_version: String as "instance-association-cwe-version",
    }
}

/// The detail of an event of AWS Systems Manager: a change of the status of an automation.
pub type Ec2AutomationExecutionStatusChange = Ec2AutomationStepStatusChange;

/// The detail of an event of AWS Systems Manager: a change of the status of a command on one instance.
pub type Ec2CommandInvocationStatusChange = Ec2CommandStatusChange;

/// The detail of an event of AWS Systems Manager: a target that was registered with a maintenance
/// window, or deregistered.
pub type MaintenanceWindowTargetRegistration = MaintenanceWindowDetail;

/// The detail of an event of AWS Systems Manager: a change of a maintenance window's execution.
pub type MaintenanceWindowExecutionStateChange = MaintenanceWindowDetail;

/// The detail of an event of AWS Systems Manager: a change of a task's execution in a maintenance
/// window.
pub type MaintenanceWindowTaskExecutionStateChange = MaintenanceWindowDetail;

/// The detail of an event of AWS Systems Manager: a change of a task's execution on one target.
pub type MaintenanceWindowTaskTargetInvocationStateChange = MaintenanceWindowDetail;

/// The detail of an event of AWS Systems Manager: a change of a maintenance window.
pub type MaintenanceWindowStateChange = MaintenanceWindowDetail;
