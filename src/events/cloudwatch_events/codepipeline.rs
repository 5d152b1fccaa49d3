//! AWS CodePipeline: runs, as the detail of an event.

use alloc::string::String;

use crate::events::field::event;
use crate::json::Value;

event! {
    /// A run of a pipeline (AWS CodePipeline User Guide, "Monitoring CodePipeline events").
    pub struct PipelineExecutionStateChange {
        pipeline: String,
        version: Value,
        state: String,
        execution_id: String as "execution-id",
    }

    /// A run of a stage.
    pub struct StageExecutionStateChange {
        pipeline: String,
        version: Value,
        execution_id: String as "execution-id",
        stage: String,
        state: String,
    }

    /// A run of an action.
    pub struct ActionExecutionStateChange {
        pipeline: String,
        version: Value,
        execution_id: String as "execution-id",
        stage: String,
        action: String,
        state: String,
        region: String,
        action_type: ActionExecutionStateChangeType as "type",
    }

    /// The type of an action.
    pub struct ActionExecutionStateChangeType {
        owner: String,
        category: String,
        provider: String,
        version: Value,
    }
}
