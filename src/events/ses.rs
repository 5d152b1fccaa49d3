//! Amazon SES: received emails.

use super::Timestamp;
use super::field::event;

event! {
    /// The event of Amazon SES: received emails (Amazon SES Developer Guide, "Contents of
    /// notifications for Amazon SES email receiving"). The event has no bodies; a rule can store
    /// the emails in Amazon S3.
    ///
    /// ```
    /// use tiny_lambda::events::ses::SimpleEmailEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: SimpleEmailEvent = json::parse(samples::SES.as_bytes())?;
    /// assert_eq!(event.records.get()?[0].event_version.get()?, "1.0");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct SimpleEmailEvent {
        records: Vec<SimpleEmailRecord> as "Records",
    }

    /// An email and its source.
    pub struct SimpleEmailRecord {
        event_version: String as "eventVersion",
        /// `aws:ses`
        event_source: String as "eventSource",
        ses: SimpleEmailService,
    }

    /// An email and the results of its checks.
    pub struct SimpleEmailService {
        mail: SimpleEmailMessage,
        receipt: SimpleEmailReceipt,
        /// Only in notifications of an SNS action: the email as text, or in base64 if the action is
        /// configured so.
        content: String,
    }

    /// An email.
    pub struct SimpleEmailMessage {
        common_headers: SimpleEmailCommonHeaders as "commonHeaders",
        source: String,
        timestamp: Timestamp,
        destination: Vec<String>,
        headers: Vec<SimpleEmailHeader>,
        headers_truncated: bool as "headersTruncated",
        message_id: String as "messageId",
    }

    /// A header of an email.
    pub struct SimpleEmailHeader {
        name: String,
        value: String,
    }

    /// The headers that most emails have.
    pub struct SimpleEmailCommonHeaders {
        from: Vec<String>,
        to: Vec<String>,
        cc: Vec<String>,
        bcc: Vec<String>,
        sender: String,
        reply_to: Vec<String> as "replyTo",
        return_path: String as "returnPath",
        message_id: String as "messageId",
        /// A time such as `Fri, 11 Sep 2015 20:32:32 +0000`.
        date: String,
        subject: String,
    }

    /// The results of the checks of an email, and the action.
    pub struct SimpleEmailReceipt {
        recipients: Vec<String>,
        timestamp: Timestamp,
        spam_verdict: SimpleEmailVerdict as "spamVerdict",
        dkim_verdict: SimpleEmailVerdict as "dkimVerdict",
        dmarc_verdict: SimpleEmailVerdict as "dmarcVerdict",
        /// `none`, `quarantine` or `reject`; only if the DMARC check failed.
        dmarc_policy: String as "dmarcPolicy",
        spf_verdict: SimpleEmailVerdict as "spfVerdict",
        virus_verdict: SimpleEmailVerdict as "virusVerdict",
        action: SimpleEmailReceiptAction,
        /// In milliseconds.
        processing_time_millis: i64 as "processingTimeMillis",
    }

    /// The result of a check.
    pub struct SimpleEmailVerdict {
        /// `PASS`, `FAIL`, `GRAY` or `PROCESSING_FAILED`
        status: String,
    }

    /// The action of a rule.
    pub struct SimpleEmailReceiptAction {
        /// `S3`, `SNS`, `Bounce`, `Lambda`, `Stop` or `WorkMail`
        action_type: String as "type",
        topic_arn: String as "topicArn",
        bucket_name: String as "bucketName",
        object_key: String as "objectKey",
        object_key_prefix: String as "objectKeyPrefix",
        smtp_reply_code: String as "smtpReplyCode",
        status_code: String as "statusCode",
        message: String,
        sender: String,
        organization_arn: String as "organizationArn",
        /// `Event` or `RequestResponse`
        invocation_type: String as "invocationType",
        function_arn: String as "functionArn",
    }

    /// The response of a function that a rule invokes with type `RequestResponse`.
    ///
    /// ```
    /// use tiny_lambda::events::ses::SimpleEmailDisposition;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: SimpleEmailDisposition = json::parse(samples::SES_DISPOSITION.as_bytes())?;
    /// assert_eq!(event.disposition.get()?, "STOP_RULE");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct SimpleEmailDisposition {
        /// `CONTINUE`, `STOP_RULE` or `STOP_RULE_SET`
        disposition: String,
    }
}
