//! AWS CodePipeline: runs of pipelines, stages and actions, as the detail of an event:
//! `EventBridgeEvent<CodePipelineCloudWatchEventDetail>`.

use alloc::string::String;

use super::field::event;
use super::{EventBridgeEvent, Map};
use crate::json::{Number, Value};

/// What `aws_lambda_events` calls the detail.
pub type CodePipelineEventDetail = CodePipelineCloudWatchEventDetail;

/// An event of a pipeline.
pub type CodePipelineCloudWatchEvent = EventBridgeEvent<CodePipelineCloudWatchEventDetail>;

event! {
    /// A run (AWS CodePipeline User Guide, "Monitoring CodePipeline events").
    pub struct CodePipelineCloudWatchEventDetail {
        pipeline: String,
        /// Which version of the pipeline it is.
        version: Value,
        execution_id: String as "execution-id",
        stage: String,
        action: String,
        state: String,
        region: String,
        action_type: CodePipelineEventDetailType as "type",
        execution_trigger: Map<String> as "execution-trigger",
        execution_result: Value as "execution-result",
        start_time: String as "start-time",
        pipeline_execution_attempt: Number as "pipeline-execution-attempt",
    }

    /// An action's type.
    pub struct CodePipelineEventDetailType {
        owner: String,
        category: String,
        provider: String,
        version: Value,
    }
}
