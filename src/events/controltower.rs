//! AWS Control Tower: lifecycle events.

use super::Timestamp;
use super::cloudwatch_events::CloudTrailUserIdentity;
use super::field::event;
use crate::json::Value;

event! {
    /// The detail of an event of AWS Control Tower: an action on a landing zone that was completed
    /// (AWS Control Tower User Guide, "Lifecycle events in AWS Control Tower").
    pub struct ControlTowerLifecycleEvent {
        event_version: String as "eventVersion",
        user_identity: CloudTrailUserIdentity as "userIdentity",
        event_time: Timestamp as "eventTime",
        event_source: String as "eventSource",
        /// Such as `CreateManagedAccount`.
        event_name: String as "eventName",
        aws_region: String as "awsRegion",
        source_ip_address: String as "sourceIPAddress",
        user_agent: String as "userAgent",
        request_parameters: Value as "requestParameters",
        response_elements: Value as "responseElements",
        event_id: String as "eventID",
        read_only: bool as "readOnly",
        event_type: String as "eventType",
        management_event: bool as "managementEvent",
        recipient_account_id: String as "recipientAccountId",
        service_event_details: ServiceEventDetails as "serviceEventDetails",
        event_category: String as "eventCategory",
    }

    /// The result of the action: the one member that corresponds to the event's name.
    pub struct ServiceEventDetails {
        create_managed_account_status: ManagedAccountStatus as "createManagedAccountStatus",
        update_managed_account_status: ManagedAccountStatus as "updateManagedAccountStatus",
        enable_guardrail_status: GuardrailStatus as "enableGuardrailStatus",
        disable_guardrail_status: GuardrailStatus as "disableGuardrailStatus",
        setup_landing_zone_status: LandingZoneStatus as "setupLandingZoneStatus",
        update_landing_zone_status: LandingZoneStatus as "updateLandingZoneStatus",
        register_organizational_unit_status: OrganizationalUnitRegistrationStatus
            as "registerOrganizationalUnitStatus",
        deregister_organizational_unit_status: OrganizationalUnitRegistrationStatus
            as "deregisterOrganizationalUnitStatus",
        precheck_organizational_unit_status: PrecheckOrganizationalUnitStatus
            as "precheckOrganizationalUnitStatus",
        enable_baseline_status: BaselineStatus as "enableBaselineStatus",
        reset_enabled_baseline_status: BaselineStatus as "resetEnabledBaselineStatus",
        update_enabled_baseline_status: BaselineStatus as "updateEnabledBaselineStatus",
        disable_baseline_status: BaselineStatus as "disableBaselineStatus",
    }

    /// The result of an action on an account.
    pub struct ManagedAccountStatus {
        organizational_unit: OrganizationalUnit as "organizationalUnit",
        account: Account,
        /// `SUCCEEDED` or `FAILED`
        state: String,
        message: String,
        requested_timestamp: Timestamp as "requestedTimestamp",
        completed_timestamp: Timestamp as "completedTimestamp",
    }

    /// The result of an action on controls.
    pub struct GuardrailStatus {
        organizational_units: Vec<OrganizationalUnit> as "organizationalUnits",
        guardrails: Vec<Guardrail>,
        state: String,
        message: String,
        request_timestamp: Timestamp as "requestTimestamp",
        completed_timestamp: Timestamp as "completedTimestamp",
    }

    /// The result of an action on the landing zone.
    pub struct LandingZoneStatus {
        state: String,
        message: String,
        root_organizational_id: String as "rootOrganizationalId",
        organizational_units: Vec<OrganizationalUnit> as "organizationalUnits",
        accounts: Vec<Account>,
        requested_timestamp: Timestamp as "requestedTimestamp",
        completed_timestamp: Timestamp as "completedTimestamp",
    }

    /// The result of registering an organizational unit, or ending that.
    pub struct OrganizationalUnitRegistrationStatus {
        state: String,
        message: String,
        organizational_unit: OrganizationalUnit as "organizationalUnit",
        requested_timestamp: Timestamp as "requestedTimestamp",
        completed_timestamp: Timestamp as "completedTimestamp",
    }

    /// The result of checking whether an organizational unit can be registered.
    pub struct PrecheckOrganizationalUnitStatus {
        organizational_unit: PrecheckOrganizationalUnit as "organizationalUnit",
        accounts: Vec<PrecheckAccount>,
        state: String,
        message: String,
        requested_timestamp: Timestamp as "requestedTimestamp",
        completed_timestamp: Timestamp as "completedTimestamp",
    }

    /// The result of an action on a baseline.
    pub struct BaselineStatus {
        enabled_baseline_details: EnabledBaselineDetails as "enabledBaselineDetails",
        baseline_details: EnabledBaselineDetails as "baselineDetails",
        requested_timestamp: Timestamp as "requestedTimestamp",
        completed_timestamp: Timestamp as "completedTimestamp",
    }

    /// An organizational unit.
    pub struct OrganizationalUnit {
        organizational_unit_name: String as "organizationalUnitName",
        organizational_unit_id: String as "organizationalUnitId",
    }

    /// An AWS account.
    pub struct Account {
        account_name: String as "accountName",
        account_id: String as "accountId",
    }

    /// A control.
    pub struct Guardrail {
        guardrail_id: String as "guardrailId",
        guardrail_behavior: String as "guardrailBehavior",
    }

    /// An organizational unit that was checked.
    pub struct PrecheckOrganizationalUnit {
        organizational_unit_name: String as "organizationalUnitName",
        organizational_unit_id: String as "organizationalUnitId",
        failed_prechecks: Vec<String> as "failedPrechecks",
    }

    /// An account that was checked.
    pub struct PrecheckAccount {
        account_name: String as "accountName",
        account_id: String as "accountId",
        failed_prechecks: Vec<String> as "failedPrechecks",
    }

    /// A baseline and its target.
    pub struct EnabledBaselineDetails {
        arn: String,
        parent_identifier: String as "parentIdentifier",
        target_identifier: String as "targetIdentifier",
        baseline_identifier: String as "baselineIdentifier",
        baseline_version: String as "baselineVersion",
        status_summary: BaselineStatusSummary as "statusSummary",
        parameters: Vec<BaselineParameter>,
    }

    /// The state of a baseline.
    pub struct BaselineStatusSummary {
        last_operation_identifier: String as "lastOperationIdentifier",
        status: String,
    }

    /// A parameter of a baseline.
    pub struct BaselineParameter {
        key: String,
        value: BaselineParameterValue,
    }

    /// The value of a parameter.
    pub struct BaselineParameterValue {
        untyped: BaselineUntypedValue,
    }

    /// The value itself.
    pub struct BaselineUntypedValue {
        object: String,
    }
}
