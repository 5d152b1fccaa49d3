//! AWS CodePipeline: actions that invoke a function.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;

event! {
    /// A job (AWS CodePipeline User Guide, "Invoke an AWS Lambda function in a pipeline"). That it
    /// went well is told to CodePipeline's API.
    pub struct CodePipelineJobEvent {
        job: CodePipelineJob as "CodePipeline.job",
    }

    /// A job.
    pub struct CodePipelineJob {
        id: String,
        account_id: String as "accountId",
        data: CodePipelineData,
    }

    /// What it is about.
    pub struct CodePipelineData {
        action_configuration: CodePipelineActionConfiguration as "actionConfiguration",
        input_artifacts: Vec<CodePipelineArtifact> as "inputArtifacts",
        output_artifacts: Vec<CodePipelineArtifact> as "outputArtifacts",
        artifact_credentials: CodePipelineArtifactCredentials as "artifactCredentials",
        continuation_token: String as "continuationToken",
        encryption_key: CodePipelineEncryptionKey as "encryptionKey",
    }

    /// An action's configuration.
    pub struct CodePipelineActionConfiguration {
        configuration: CodePipelineConfiguration,
    }

    /// A function and what it is told.
    pub struct CodePipelineConfiguration {
        function_name: String as "FunctionName",
        user_parameters: String as "UserParameters",
    }

    /// An artifact.
    pub struct CodePipelineArtifact {
        location: CodePipelineArtifactLocation,
        revision: String,
        name: String,
    }

    /// Where an artifact is.
    pub struct CodePipelineArtifactLocation {
        s3_location: CodePipelineS3Location as "s3Location",
        /// `S3`
        location_type: String as "type",
    }

    /// An object of Amazon S3.
    pub struct CodePipelineS3Location {
        bucket_name: String as "bucketName",
        object_key: String as "objectKey",
    }

    /// What opens artifacts.
    pub struct CodePipelineArtifactCredentials {
        secret_access_key: String as "secretAccessKey",
        session_token: String as "sessionToken",
        access_key_id: String as "accessKeyId",
        expiration_time: super::EpochMillis as "expirationTime",
    }

    /// What they are encrypted with.
    pub struct CodePipelineEncryptionKey {
        id: String,
        key_type: String as "type",
    }
}
