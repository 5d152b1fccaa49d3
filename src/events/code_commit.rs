//! AWS CodeCommit: triggers of repositories.

use super::field::event;

event! {
    /// The event of AWS CodeCommit: changes of repositories (AWS CodeCommit User Guide, "Example:
    /// Create an AWS CodeCommit trigger for an AWS Lambda function").
    ///
    /// ```
    /// use tiny_lambda::events::code_commit::CodeCommitEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CodeCommitEvent = json::parse(samples::CODE_COMMIT.as_bytes())?;
    /// let value = event.records.get()?[0].event_id.get()?;
    /// assert_eq!(value, "00006a1e-5b1c-4d7e-9f20-3a6c8e0d5656");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CodeCommitEvent {
        records: Vec<CodeCommitRecord> as "Records",
    }

    /// A change of a repository.
    pub struct CodeCommitRecord {
        event_id: String as "eventId",
        event_version: String as "eventVersion",
        /// A time such as `2016-01-01T23:59:59.000+0000`.
        event_time: String as "eventTime",
        event_trigger_name: String as "eventTriggerName",
        event_part_number: u64 as "eventPartNumber",
        code_commit: CodeCommitCodeCommit as "codecommit",
        event_name: String as "eventName",
        event_trigger_config_id: String as "eventTriggerConfigId",
        event_source_arn: String as "eventSourceARN",
        user_identity_arn: String as "userIdentityARN",
        /// `aws:codecommit`
        event_source: String as "eventSource",
        aws_region: String as "awsRegion",
        event_total_parts: u64 as "eventTotalParts",
        custom_data: String as "customData",
    }

    /// The branches and tags that changed.
    pub struct CodeCommitCodeCommit {
        references: Vec<CodeCommitReference>,
    }

    /// A branch or tag that changed.
    pub struct CodeCommitReference {
        commit: String,
        reference: String as "ref",
        created: bool,
        deleted: bool,
    }
}
