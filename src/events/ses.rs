//! Amazon SES: mails that were received.

use alloc::string::String;
use alloc::vec::Vec;

use super::Timestamp;
use super::field::event;

event! {
    /// Mails (Amazon SES Developer Guide, "Contents of notifications for Amazon SES email
    /// receiving"). Their bodies are in Amazon S3, if a rule puts them there.
    pub struct SimpleEmailEvent {
        records: Vec<SimpleEmailRecord> as "Records",
    }

    /// A mail and where it comes from.
    pub struct SimpleEmailRecord {
        event_version: String as "eventVersion",
        /// `aws:ses`
        event_source: String as "eventSource",
        ses: SimpleEmailService,
    }

    /// A mail and what became of it.
    pub struct SimpleEmailService {
        mail: SimpleEmailMessage,
        receipt: SimpleEmailReceipt,
        /// The mail itself, in notifications of an SNS action: text, or base64 if the action says so.
        content: String,
    }

    /// A mail.
    pub struct SimpleEmailMessage {
        common_headers: SimpleEmailCommonHeaders as "commonHeaders",
        source: String,
        timestamp: Timestamp,
        destination: Vec<String>,
        headers: Vec<SimpleEmailHeader>,
        headers_truncated: bool as "headersTruncated",
        message_id: String as "messageId",
    }

    /// A header.
    pub struct SimpleEmailHeader {
        name: String,
        value: String,
    }

    /// The headers that most mails have.
    pub struct SimpleEmailCommonHeaders {
        from: Vec<String>,
        to: Vec<String>,
        cc: Vec<String>,
        bcc: Vec<String>,
        sender: String,
        reply_to: Vec<String> as "replyTo",
        return_path: String as "returnPath",
        message_id: String as "messageId",
        /// As in `Fri, 11 Sep 2015 20:32:32 +0000`.
        date: String,
        subject: String,
    }

    /// What SES has found.
    pub struct SimpleEmailReceipt {
        recipients: Vec<String>,
        timestamp: Timestamp,
        spam_verdict: SimpleEmailVerdict as "spamVerdict",
        dkim_verdict: SimpleEmailVerdict as "dkimVerdict",
        dmarc_verdict: SimpleEmailVerdict as "dmarcVerdict",
        /// `none`, `quarantine` or `reject`, if DMARC has failed.
        dmarc_policy: String as "dmarcPolicy",
        spf_verdict: SimpleEmailVerdict as "spfVerdict",
        virus_verdict: SimpleEmailVerdict as "virusVerdict",
        action: SimpleEmailReceiptAction,
        /// In milliseconds.
        processing_time_millis: i64 as "processingTimeMillis",
    }

    /// What was found.
    pub struct SimpleEmailVerdict {
        /// `PASS`, `FAIL`, `GRAY` or `PROCESSING_FAILED`
        status: String,
    }

    /// What was done.
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

    /// What a function that decides about a mail answers.
    pub struct SimpleEmailDisposition {
        /// `CONTINUE`, `STOP_RULE` or `STOP_RULE_SET`
        disposition: String,
    }
}
