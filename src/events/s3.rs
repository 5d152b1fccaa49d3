//! Amazon S3: what has happened to objects, jobs of Batch Operations, and Object Lambda.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use super::{FormText, Map, Timestamp};
use crate::json::Value;

event! {
    /// Notifications (Amazon S3 User Guide, "Event message structure").
    pub struct S3Event {
        records: Vec<S3EventRecord> as "Records",
    }

    /// What Amazon S3 sends to a queue or topic when its notifications are configured, in place of an
    /// [`S3Event`] (Amazon S3 User Guide, "Walkthrough: Configuring a bucket for notifications").
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

    /// What has happened to an object.
    pub struct S3EventRecord {
        event_version: String as "eventVersion",
        /// `aws:s3`
        event_source: String as "eventSource",
        aws_region: String as "awsRegion",
        event_time: Timestamp as "eventTime",
        /// Such as `ObjectCreated:Put`.
        event_name: String as "eventName",
        user_identity: S3UserIdentity as "userIdentity",
        request_parameters: S3RequestParameters as "requestParameters",
        /// `x-amz-request-id` and `x-amz-id-2`, which AWS Support may ask for.
        response_elements: Map<String> as "responseElements",
        s3: S3Entity,
        /// Of `ObjectRestore:Completed`.
        glacier_event_data: S3GlacierEventData as "glacierEventData",
        /// Of `ObjectRestore:…`, where it stands in the record itself.
        restore_event_data: S3RestoreEventData as "restoreEventData",
        /// Of `LifecycleTransition`.
        lifecycle_event_data: S3LifecycleEventData as "lifecycleEventData",
        /// Of `IntelligentTiering`.
        intelligent_tiering_event_data: S3IntelligentTieringEventData
            as "intelligentTieringEventData",
        /// Of `Replication:…`.
        replication_event_data: S3ReplicationEventData as "replicationEventData",
    }

    /// An object that was restored.
    pub struct S3GlacierEventData {
        restore_event_data: S3RestoreEventData as "restoreEventData",
    }

    /// How long the copy stays.
    pub struct S3RestoreEventData {
        lifecycle_restoration_expiry_time: Timestamp as "lifecycleRestorationExpiryTime",
        lifecycle_restore_storage_class: String as "lifecycleRestoreStorageClass",
    }

    /// An object that a lifecycle rule has moved.
    pub struct S3LifecycleEventData {
        transition_event_data: S3TransitionEventData as "transitionEventData",
    }

    /// Where it was moved.
    pub struct S3TransitionEventData {
        destination_storage_class: String as "destinationStorageClass",
    }

    /// An object that was moved to another tier.
    pub struct S3IntelligentTieringEventData {
        destination_access_tier: String as "destinationAccessTier",
    }

    /// An object that could not be replicated, or not in time.
    pub struct S3ReplicationEventData {
        replication_rule_id: String as "replicationRuleId",
        destination_bucket: String as "destinationBucket",
        s3_operation: String as "s3Operation",
        request_time: Timestamp as "requestTime",
        failure_reason: String as "failureReason",
        /// A time, in seconds.
        threshold: Value,
        replication_time: Value as "replicationTime",
    }

    /// What has happened to an object, as the detail of an event of an event bus:
    /// `EventBridgeEvent<S3EventBridgeDetail>` (Amazon S3 User Guide, "EventBridge event message
    /// structure"). The key is not encoded there.
    pub struct S3EventBridgeDetail {
        version: String,
        bucket: S3Bucket,
        object: S3EventBridgeObject,
        request_id: String as "request-id",
        requester: String,
        source_ip_address: String as "source-ip-address",
        /// The call that was made, such as `PutObject`.
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
        /// In bytes.
        size: i64,
        etag: String,
        version_id: String as "version-id",
        sequencer: String,
    }

    /// Who did it.
    pub struct S3UserIdentity {
        principal_id: String as "principalId",
    }

    /// From where it was done.
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
        /// Encoded as in a form: [`FormText::decode`] gives the key that other calls want.
        key: FormText,
        /// Some senders of such events add it.
        url_decoded_key: String as "urlDecodedKey",
        /// In bytes.
        size: i64,
        e_tag: String as "eTag",
        version_id: String as "versionId",
        /// Hexadecimal; of events about one key the greater one is the later one.
        sequencer: String,
    }

    /// A task of S3 Batch Operations (Amazon S3 User Guide, "Invoke AWS Lambda function").
    pub struct S3BatchJobEvent {
        invocation_schema_version: String as "invocationSchemaVersion",
        invocation_id: String as "invocationId",
        job: S3BatchJob,
        tasks: Vec<S3BatchJobTask>,
    }

    /// The job.
    pub struct S3BatchJob {
        id: String,
        /// Of schema version 2.0.
        user_arguments: Map<String> as "userArguments",
    }

    /// An object to work on.
    pub struct S3BatchJobTask {
        task_id: String as "taskId",
        /// Encoded as in a form.
        s3_key: FormText as "s3Key",
        s3_version_id: String as "s3VersionId",
        s3_bucket_arn: String as "s3BucketArn",
        /// Of schema version 2.0.
        s3_bucket: String as "s3Bucket",
    }

    /// The answer to a task of S3 Batch Operations.
    pub struct S3BatchJobResponse {
        invocation_schema_version: String as "invocationSchemaVersion",
        /// What becomes of tasks that the answer does not name: `PermanentFailure`, for example.
        treat_missing_keys_as: String as "treatMissingKeysAs",
        invocation_id: String as "invocationId",
        results: Vec<S3BatchJobResult>,
    }

    /// What became of an object.
    pub struct S3BatchJobResult {
        task_id: String as "taskId",
        /// `Succeeded`, `TemporaryFailure` or `PermanentFailure`
        result_code: String as "resultCode",
        result_string: String as "resultString",
    }

    /// A request to S3 Object Lambda (Amazon S3 User Guide, "Writing Lambda functions for S3 Object
    /// Lambda Access Points"). The answer to `GetObject` is a call of S3 over HTTPS.
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

    /// How the original is reached.
    pub struct S3ObjectContext {
        /// Presigned; it holds for a short time.
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

    /// What the caller has asked for.
    pub struct S3UserRequest {
        url: String,
        headers: Map<String>,
    }
}
