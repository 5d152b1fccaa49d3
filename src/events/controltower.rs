//! AWS Control Tower: lifecycle events.

use super::Timestamp;
use super::cloudwatch_events::CloudTrailRecord;
use super::field::event;

/// The detail of an event of AWS Control Tower: it has completed an action on a landing zone (AWS Control
/// Tower User Guide, "Lifecycle events in AWS Control Tower"). CloudTrail records it like a
/// call of an API, with an `event_name` such as `CreateManagedAccount`.
pub type ControlTowerLifecycleEvent = CloudTrailRecord<ServiceEventDetails>;

event! {
    /// The result of the action: the one member that corresponds to the event's name.
    pub struct ServiceEventDetails {
        create_managed_account_status: ActionStatus as "createManagedAccountStatus",
        update_managed_account_status: ActionStatus as "updateManagedAccountStatus",
        enable_guardrail_status: ActionStatus as "enableGuardrailStatus",
        disable_guardrail_status: ActionStatus as "disableGuardrailStatus",
        setup_landing_zone_status: ActionStatus as "setupLandingZoneStatus",
        update_landing_zone_status: ActionStatus as "updateLandingZoneStatus",
        register_organizational_unit_status: ActionStatus as "registerOrganizationalUnitStatus",
        deregister_organizational_unit_status: ActionStatus as "deregisterOrganizationalUnitStatus",
        precheck_organizational_unit_status: ActionStatus as "precheckOrganizationalUnitStatus",
        enable_baseline_status: ActionStatus as "enableBaselineStatus",
        reset_enabled_baseline_status: ActionStatus as "resetEnabledBaselineStatus",
        update_enabled_baseline_status: ActionStatus as "updateEnabledBaselineStatus",
        disable_baseline_status: ActionStatus as "disableBaselineStatus",
    }

    /// The result of an action. Which members it has depends on the action.
    pub struct ActionStatus {
        /// `SUCCEEDED` or `FAILED`
        state: String,
        message: String,
        requested_timestamp: Timestamp as "requestedTimestamp",
        /// The name of `requested_timestamp` in the result of an action on controls.
        request_timestamp: Timestamp as "requestTimestamp",
        completed_timestamp: Timestamp as "completedTimestamp",
        organizational_unit: OrganizationalUnit as "organizationalUnit",
        organizational_units: Vec<OrganizationalUnit> as "organizationalUnits",
        account: Account,
        accounts: Vec<Account>,
        guardrails: Vec<Guardrail>,
        /// Only for an action on the landing zone.
        root_organizational_id: String as "rootOrganizationalId",
        enabled_baseline_details: EnabledBaselineDetails as "enabledBaselineDetails",
        baseline_details: EnabledBaselineDetails as "baselineDetails",
    }

    /// An organizational unit.
    pub struct OrganizationalUnit {
        organizational_unit_name: String as "organizationalUnitName",
        organizational_unit_id: String as "organizationalUnitId",
        /// Only in the result of a check.
        failed_prechecks: Vec<String> as "failedPrechecks",
    }

    /// An AWS account.
    pub struct Account {
        account_name: String as "accountName",
        account_id: String as "accountId",
        /// Only in the result of a check.
        failed_prechecks: Vec<String> as "failedPrechecks",
    }

    /// A control.
    pub struct Guardrail {
        guardrail_id: String as "guardrailId",
        guardrail_behavior: String as "guardrailBehavior",
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

/// The result of an action on an account.
pub type ManagedAccountStatus = ActionStatus;

/// The result of an action on controls.
pub type GuardrailStatus = ActionStatus;

/// The result of an action on the landing zone.
pub type LandingZoneStatus = ActionStatus;

/// The result of registering an organizational unit, or ending that.
pub type OrganizationalUnitRegistrationStatus = ActionStatus;

/// The result of checking whether an organizational unit can be registered.
pub type PrecheckOrganizationalUnitStatus = ActionStatus;

/// The result of an action on a baseline.
pub type BaselineStatus = ActionStatus;

/// An organizational unit that was checked.
pub type PrecheckOrganizationalUnit = OrganizationalUnit;

/// An account that was checked.
pub type PrecheckAccount = Account;
