//! Amazon S3: notifications, Batch Operations and Object Lambda.

use super::field::event;
use super::{FormText, Map, Timestamp};
use crate::json::Value;

event! {
    /// The event of an Amazon S3 notification (Amazon S3 User Guide, "Event message structure").
    ///
    /// ```
    /// use tiny_lambda::events::s3::S3Event;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: S3Event = json::parse(samples::S3.as_bytes())?;
    /// assert_eq!(event.records.get()?[0].event_name.get()?, "ObjectCreated:Put");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct S3Event {
        records: Vec<S3EventRecord> as "Records",
    }

    /// The event that Amazon S3 sends to a queue or topic instead of an [`S3Event`] when
    /// notifications are configured (Amazon S3 User Guide, "Walkthrough: Configuring a bucket for
    /// notifications (SNS topic or SQS queue)").
    ///
    /// ```
    /// use tiny_lambda::events::s3::S3TestEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: S3TestEvent = json::parse(samples::S3_TEST.as_bytes())?;
    /// assert_eq!(event.service.get()?, "Amazon S3");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct S3TestEvent {
        /// `Amazon S3`
        service: String as "Service",
        /// `s3:TestEvent`
        event: String as "Event",
        time: Timestamp as "Time",
        bucket: String as "Bucket",
        request_id: String as "RequestId",
        host_id: String as "HostId",
    }

    /// An event of an object.
    pub struct S3EventRecord {
        event_version: String as "eventVersion",
        /// `aws:s3`
        event_source: String as "eventSource",
        aws_region: String as "awsRegion",
        event_time: Timestamp as "eventTime",
        /// The type of the event, such as `ObjectCreated:Put`.
        event_name: String as "eventName",
        user_identity: S3UserIdentity as "userIdentity",
        request_parameters: S3RequestParameters as "requestParameters",
        /// `x-amz-request-id` and `x-amz-id-2`, which AWS Support may ask for.
        response_elements: Map<String> as "responseElements",
        s3: S3Entity,
        /// Only for `ObjectRestore:Completed`.
        glacier_event_data: S3GlacierEventData as "glacierEventData",
        /// Only for `ObjectRestore:…`, in records that do not have it in `glacierEventData`.
        restore_event_data: S3RestoreEventData as "restoreEventData",
        /// Only for `LifecycleTransition`.
        lifecycle_event_data: S3LifecycleEventData as "lifecycleEventData",
        /// Only for `IntelligentTiering`.
        intelligent_tiering_event_data: S3IntelligentTieringEventData
            as "intelligentTieringEventData",
        /// Only for `Replication:…`.
        replication_event_data: S3ReplicationEventData as "replicationEventData",
    }

    /// A restored object.
    pub struct S3GlacierEventData {
        restore_event_data: S3RestoreEventData as "restoreEventData",
    }

    /// The time until which a restored copy is kept, and its storage class.
    pub struct S3RestoreEventData {
        lifecycle_restoration_expiry_time: Timestamp as "lifecycleRestorationExpiryTime",
        lifecycle_restore_storage_class: String as "lifecycleRestoreStorageClass",
    }

    /// An object that a lifecycle rule moved.
    pub struct S3LifecycleEventData {
        transition_event_data: S3TransitionEventData as "transitionEventData",
    }

    /// The storage class to which an object was moved.
    pub struct S3TransitionEventData {
        destination_storage_class: String as "destinationStorageClass",
    }

    /// An object that was moved to another access tier.
    pub struct S3IntelligentTieringEventData {
        destination_access_tier: String as "destinationAccessTier",
    }

    /// An object that was not replicated, or not in time.
    pub struct S3ReplicationEventData {
        replication_rule_id: String as "replicationRuleId",
        destination_bucket: String as "destinationBucket",
        s3_operation: String as "s3Operation",
        request_time: Timestamp as "requestTime",
        failure_reason: String as "failureReason",
        /// The time limit for the replication, in seconds.
        threshold: Value,
        replication_time: Value as "replicationTime",
    }

    /// The detail of an event of Amazon S3 on an event bus (Amazon S3 User Guide, "EventBridge
    /// event message structure"). The key is not encoded.
    ///
    /// ```
    /// use tiny_lambda::events::s3::S3EventBridgeDetail;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<S3EventBridgeDetail> =
    ///     json::parse(samples::S3_EVENTBRIDGE.as_bytes())?;
    /// assert_eq!(event.detail.get()?.request_id.get()?, "TEA7REQUEST");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct S3EventBridgeDetail {
        version: String,
        bucket: S3Bucket,
        object: S3EventBridgeObject,
        request_id: String as "request-id",
        requester: String,
        source_ip_address: String as "source-ip-address",
        /// The API call, such as `PutObject`.
        reason: String,
        /// `Permanently Deleted` or `Delete Marker Created`
        deletion_type: String as "deletion-type",
        restore_expiry_time: Timestamp as "restore-expiry-time",
        source_storage_class: String as "source-storage-class",
        destination_storage_class: String as "destination-storage-class",
        destination_access_tier: String as "destination-access-tier",
    }

    /// An object.
    pub struct S3EventBridgeObject {
        key: String,
        /// The length in bytes.
        size: i64,
        etag: String,
        version_id: String as "version-id",
        sequencer: String,
    }

    /// The identity that made the request.
    pub struct S3UserIdentity {
        principal_id: String as "principalId",
    }

    /// The source of the request.
    pub struct S3RequestParameters {
        source_ip_address: String as "sourceIPAddress",
    }

    /// A bucket and an object in it.
    pub struct S3Entity {
        schema_version: String as "s3SchemaVersion",
        configuration_id: String as "configurationId",
        bucket: S3Bucket,
        object: S3Object,
    }

    /// A bucket.
    pub struct S3Bucket {
        name: String,
        owner_identity: S3UserIdentity as "ownerIdentity",
        arn: String,
    }

    /// An object.
    pub struct S3Object {
        /// Encoded as in a form: [`FormText::decode`] returns the key that API calls use.
        key: FormText,
        /// The decoded key; AWS does not send it, some tools do.
        url_decoded_key: String as "urlDecodedKey",
        /// The length in bytes.
        size: i64,
        e_tag: String as "eTag",
        version_id: String as "versionId",
        /// A hexadecimal number. Of two events for one key, the one with the greater number is the
        /// later one.
        sequencer: String,
    }

    /// The event of S3 Batch Operations: a task (Amazon S3 User Guide, "Invoke AWS Lambda
    /// function").
    ///
    /// ```
    /// use tiny_lambda::events::s3::S3BatchJobEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: S3BatchJobEvent = json::parse(samples::S3_BATCH.as_bytes())?;
    /// assert_eq!(event.invocation_schema_version.get()?, "2.0");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct S3BatchJobEvent {
        invocation_schema_version: String as "invocationSchemaVersion",
        invocation_id: String as "invocationId",
        job: S3BatchJob,
        tasks: Vec<S3BatchJobTask>,
    }

    /// The job of a task.
    pub struct S3BatchJob {
        id: String,
        /// Only in schema version 2.0.
        user_arguments: Map<String> as "userArguments",
    }

    /// An object to process.
    pub struct S3BatchJobTask {
        task_id: String as "taskId",
        /// Encoded as in a form.
        s3_key: FormText as "s3Key",
        s3_version_id: String as "s3VersionId",
        s3_bucket_arn: String as "s3BucketArn",
        /// Only in schema version 2.0.
        s3_bucket: String as "s3Bucket",
    }

    /// The response to an [`S3BatchJobEvent`].
    ///
    /// ```
    /// use tiny_lambda::events::s3::S3BatchJobResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: S3BatchJobResponse = json::parse(samples::S3_BATCH_RESPONSE.as_bytes())?;
    /// assert_eq!(response.invocation_schema_version.get()?, "2.0");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct S3BatchJobResponse {
        invocation_schema_version: String as "invocationSchemaVersion",
        /// The result of tasks that `results` does not have, such as `PermanentFailure`.
        treat_missing_keys_as: String as "treatMissingKeysAs",
        invocation_id: String as "invocationId",
        results: Vec<S3BatchJobResult>,
    }

    /// The result for an object.
    pub struct S3BatchJobResult {
        task_id: String as "taskId",
        /// `Succeeded`, `TemporaryFailure` or `PermanentFailure`
        result_code: String as "resultCode",
        result_string: String as "resultString",
    }

    /// The event of S3 Object Lambda: a request (Amazon S3 User Guide, "Writing Lambda functions
    /// for S3 Object Lambda Access Points"). The function responds to `GetObject` by the HTTPS
    /// request `WriteGetObjectResponse`.
    ///
    /// ```
    /// use tiny_lambda::events::s3::S3ObjectLambdaEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: S3ObjectLambdaEvent = json::parse(samples::S3_OBJECT_LAMBDA.as_bytes())?;
    /// assert_eq!(event.x_amz_request_id.get()?, "00006a36-5b1c-4d7e-9f20-3a6c8e0d59ce");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct S3ObjectLambdaEvent {
        x_amz_request_id: String as "xAmzRequestId",
        get_object_context: S3ObjectContext as "getObjectContext",
        head_object_context: S3ObjectContext as "headObjectContext",
        list_objects_context: S3ObjectContext as "listObjectsContext",
        list_objects_v2_context: S3ObjectContext as "listObjectsV2Context",
        configuration: S3ObjectLambdaConfiguration,
        user_request: S3UserRequest as "userRequest",
        user_identity: Value as "userIdentity",
        protocol_version: String as "protocolVersion",
    }

    /// The URL of the original object, and the token for the response.
    pub struct S3ObjectContext {
        /// A presigned URL of the original object, which expires soon.
        input_s3_url: String as "inputS3Url",
        output_route: String as "outputRoute",
        output_token: String as "outputToken",
    }

    /// The access point.
    pub struct S3ObjectLambdaConfiguration {
        access_point_arn: String as "accessPointArn",
        supporting_access_point_arn: String as "supportingAccessPointArn",
        payload: String,
    }

    /// The request of the caller.
    pub struct S3UserRequest {
        url: String,
        headers: Map<String>,
    }
}

impl S3BatchJobResponse {
    /// Returns the response to a batch of tasks. S3 retries tasks that have no result.
    ///
    /// ```
    /// use tiny_lambda::events::s3::{S3BatchJobEvent, S3BatchJobResponse, S3BatchJobResult};
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: S3BatchJobEvent = json::parse(samples::S3_BATCH.as_bytes())?;
    /// let tasks = event.tasks.get()?.iter();
    /// let results = tasks.map(|task| S3BatchJobResult::succeeded(task, "done")).collect();
    /// let response = S3BatchJobResponse::new(&event, results);
    /// assert_eq!(response.invocation_id, event.invocation_id);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn new(event: &S3BatchJobEvent, results: Vec<S3BatchJobResult>) -> S3BatchJobResponse {
        S3BatchJobResponse {
            invocation_schema_version: event.invocation_schema_version.clone(),
            treat_missing_keys_as: "TemporaryFailure".into(),
            invocation_id: event.invocation_id.clone(),
            results: results.into(),
        }
    }
}

/// Defines the constructors of results.
macro_rules! results {
    ($($(#[$attribute:meta])* $name:ident $code:literal;)*) => {
        impl S3BatchJobResult {$(
            $(#[$attribute])*
            ///
            /// ```
            /// use tiny_lambda::events::s3::{S3BatchJobResult, S3BatchJobTask};
            ///
            #[doc = concat!("let result = S3BatchJobResult::", stringify!($name), "(&S3BatchJobTask::default(), \"why\");")]
            #[doc = concat!("assert_eq!(result.result_code.get()?, \"", $code, "\");")]
            /// # Ok::<(), tiny_lambda::Error>(())
            /// ```
            pub fn $name(task: &S3BatchJobTask, text: &str) -> S3BatchJobResult {
                S3BatchJobResult {
                    task_id: task.task_id.clone(),
                    result_code: $code.into(),
                    result_string: text.into(),
                }
            }
        )*}
    };
}

results! {
    /// Returns the result of a task that succeeded, with a text for the completion report.
    succeeded "Succeeded";
    /// Returns the result of a task that S3 is to retry, with a text for the completion report.
    temporary_failure "TemporaryFailure";
    /// Returns the result of a task that failed for good, with a text for the completion report.
    permanent_failure "PermanentFailure";
}
