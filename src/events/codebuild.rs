//! AWS CodeBuild: builds and their phases.

use super::EventBridgeEvent;
use super::field::event;
use crate::json::{Number, Value};

/// The event of a build.
pub type CodeBuildEvent = EventBridgeEvent<CodeBuildEventDetail>;

event! {
    /// The detail of an event of AWS CodeBuild: a build or a phase of it (AWS CodeBuild User Guide,
    /// "Build notifications input format reference").
    ///
    /// ```
    /// use tiny_lambda::events::codebuild::CodeBuildEventDetail;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<CodeBuildEventDetail> =
    ///     json::parse(samples::CODEBUILD.as_bytes())?;
    /// assert_eq!(event.detail.get()?.build_status.get()?, "SUCCEEDED");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CodeBuildEventDetail {
        build_status: String as "build-status",
        project_name: String as "project-name",
        build_id: String as "build-id",
        additional_information: CodeBuildEventAdditionalInformation as "additional-information",
        current_phase: String as "current-phase",
        current_phase_context: String as "current-phase-context",
        version: String,
        completed_phase_status: String as "completed-phase-status",
        completed_phase: String as "completed-phase",
        completed_phase_context: String as "completed-phase-context",
        completed_phase_duration_seconds: Number as "completed-phase-duration-seconds",
        /// A time such as `Sep 1, 2017 4:12:29 PM`.
        completed_phase_start: String as "completed-phase-start",
        completed_phase_end: String as "completed-phase-end",
    }

    /// More about a build.
    pub struct CodeBuildEventAdditionalInformation {
        artifact: CodeBuildArtifact,
        environment: CodeBuildEnvironment,
        timeout_in_minutes: Number as "timeout-in-minutes",
        queued_timeout_in_minutes: Number as "queued-timeout-in-minutes",
        build_complete: bool as "build-complete",
        build_number: Number as "build-number",
        initiator: String,
        build_start_time: String as "build-start-time",
        source: CodeBuildSource,
        source_version: String as "source-version",
        logs: CodeBuildLogs,
        phases: Vec<CodeBuildPhase>,
        cache: Value,
        network_interface: Value as "network-interface",
        vpc_config: Value as "vpc-config",
    }

    /// The output of a build.
    pub struct CodeBuildArtifact {
        md5_sum: String as "md5sum",
        sha256_sum: String as "sha256sum",
        location: String,
    }

    /// The environment of a build.
    pub struct CodeBuildEnvironment {
        image: String,
        privileged_mode: bool as "privileged-mode",
        image_pull_credentials_type: String as "image-pull-credentials-type",
        compute_type: String as "compute-type",
        environment_type: String as "type",
        environment_variables: Vec<CodeBuildEnvironmentVariable> as "environment-variables",
    }

    /// An environment variable of a build.
    pub struct CodeBuildEnvironmentVariable {
        name: String,
        variable_type: String as "type",
        value: String,
    }

    /// The source of a build.
    pub struct CodeBuildSource {
        location: String,
        source_type: String as "type",
        buildspec: String,
        auth: Value,
    }

    /// The log of a build.
    pub struct CodeBuildLogs {
        group_name: String as "group-name",
        stream_name: String as "stream-name",
        deep_link: String as "deep-link",
    }

    /// A phase of a build.
    pub struct CodeBuildPhase {
        phase_context: Vec<Value> as "phase-context",
        start_time: String as "start-time",
        end_time: String as "end-time",
        duration_in_seconds: Number as "duration-in-seconds",
        phase_type: String as "phase-type",
        phase_status: String as "phase-status",
    }
}
