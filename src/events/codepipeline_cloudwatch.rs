//! AWS CodePipeline: executions of pipelines, stages and actions.

use super::field::event;
use super::{EventBridgeEvent, Map};
use crate::json::{Number, Value};

/// The name that `aws_lambda_events` gives to the detail.
pub type CodePipelineEventDetail = CodePipelineCloudWatchEventDetail;

/// The event of a pipeline.
pub type CodePipelineCloudWatchEvent = EventBridgeEvent<CodePipelineCloudWatchEventDetail>;

event! {
    /// The detail of an event of AWS CodePipeline: the state of an execution of a pipeline, a stage
    /// or an action (AWS CodePipeline User Guide, "Monitoring CodePipeline events").
    ///
    /// ```
    /// use tiny_lambda::events::codepipeline_cloudwatch::CodePipelineCloudWatchEventDetail;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<CodePipelineCloudWatchEventDetail> =
    ///     json::parse(samples::CODEPIPELINE.as_bytes())?;
    /// assert_eq!(event.detail.get()?.pipeline.get()?, "orders");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CodePipelineCloudWatchEventDetail {
        pipeline: String,
        /// The version of the pipeline, a number or a string.
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

    /// The type of an action.
    pub struct CodePipelineEventDetailType {
        owner: String,
        category: String,
        provider: String,
        version: Value,
    }
}
