//! AWS CodePipeline: actions that invoke a function.

use super::field::event;

event! {
    /// The event of AWS CodePipeline: a job (AWS CodePipeline User Guide, "Invoke an AWS Lambda
    /// function in a pipeline in CodePipeline"). The function reports its result by a call of the
    /// API of CodePipeline.
    ///
    /// ```
    /// use tiny_lambda::events::codepipeline_job::CodePipelineJobEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CodePipelineJobEvent = json::parse(samples::CODEPIPELINE_JOB.as_bytes())?;
    /// assert_eq!(event.job.get()?.id.get()?, "00006a24-5b1c-4d7e-9f20-3a6c8e0d5734");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CodePipelineJobEvent {
        job: CodePipelineJob as "CodePipeline.job",
    }

    /// A job.
    pub struct CodePipelineJob {
        id: String,
        account_id: String as "accountId",
        data: CodePipelineData,
    }

    /// The input of a job.
    pub struct CodePipelineData {
        action_configuration: CodePipelineActionConfiguration as "actionConfiguration",
        input_artifacts: Vec<CodePipelineArtifact> as "inputArtifacts",
        output_artifacts: Vec<CodePipelineArtifact> as "outputArtifacts",
        artifact_credentials: CodePipelineArtifactCredentials as "artifactCredentials",
        continuation_token: String as "continuationToken",
        encryption_key: CodePipelineEncryptionKey as "encryptionKey",
    }

    /// The configuration of an action.
    pub struct CodePipelineActionConfiguration {
        configuration: CodePipelineConfiguration,
    }

    /// The function to invoke, and its parameters.
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

    /// The location of an artifact.
    pub struct CodePipelineArtifactLocation {
        s3_location: CodePipelineS3Location as "s3Location",
        /// `S3`
        location_type: String as "type",
    }

    /// An object in Amazon S3.
    pub struct CodePipelineS3Location {
        bucket_name: String as "bucketName",
        object_key: String as "objectKey",
    }

    /// Temporary credentials for the artifacts.
    pub struct CodePipelineArtifactCredentials {
        secret_access_key: String as "secretAccessKey",
        session_token: String as "sessionToken",
        access_key_id: String as "accessKeyId",
        expiration_time: super::EpochMillis as "expirationTime",
    }

    /// The key that encrypts the artifacts.
    pub struct CodePipelineEncryptionKey {
        id: String,
        key_type: String as "type",
    }
}
