//! AWS Config: custom rules.

use super::field::event;

event! {
    /// The event of AWS Config for a custom rule: a resource to evaluate (AWS Config Developer
    /// Guide, "Example Events for AWS Config Rules").
    ///
    /// ```
    /// use tiny_lambda::events::config::ConfigEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: ConfigEvent = json::parse(samples::CONFIG.as_bytes())?;
    /// assert_eq!(event.account_id.get()?, "123456789012");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ConfigEvent {
        account_id: String as "accountId",
        config_rule_arn: String as "configRuleArn",
        config_rule_id: String as "configRuleId",
        config_rule_name: String as "configRuleName",
        /// Whether the resource no longer matches the scope of the rule.
        event_left_scope: bool as "eventLeftScope",
        execution_role_arn: String as "executionRoleArn",
        /// The JSON of the change or schedule that triggered the evaluation.
        invoking_event: String as "invokingEvent",
        /// The token that `PutEvaluations` requires.
        result_token: String as "resultToken",
        /// The JSON of the parameters of the rule.
        rule_parameters: String as "ruleParameters",
        evaluation_mode: String as "evaluationMode",
        version: String,
    }
}
