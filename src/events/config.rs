//! AWS Config: custom rules.

use alloc::string::String;

use super::field::event;

event! {
    /// What a rule has to look at (AWS Config Developer Guide, "Example events for AWS Config rules").
    pub struct ConfigEvent {
        account_id: String as "accountId",
        config_rule_arn: String as "configRuleArn",
        config_rule_id: String as "configRuleId",
        config_rule_name: String as "configRuleName",
        /// Whether the resource is not the rule's any more.
        event_left_scope: bool as "eventLeftScope",
        execution_role_arn: String as "executionRoleArn",
        /// JSON.
        invoking_event: String as "invokingEvent",
        /// What the answer to Config's API must have.
        result_token: String as "resultToken",
        /// JSON.
        rule_parameters: String as "ruleParameters",
        evaluation_mode: String as "evaluationMode",
        version: String,
    }
}
