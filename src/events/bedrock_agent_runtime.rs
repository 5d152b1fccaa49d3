//! Agents for Amazon Bedrock: action groups.

use alloc::string::String;
use alloc::vec::Vec;

use super::Map;
use super::field::event;
use crate::json::Value;

event! {
    /// What an agent wants done (Amazon Bedrock User Guide, "Configure Lambda functions to send
    /// information that an Amazon Bedrock agent elicits from the user").
    pub struct AgentEvent {
        message_version: String as "messageVersion",
        agent: Agent,
        input_text: String as "inputText",
        session_id: String as "sessionId",
        action_group: String as "actionGroup",
        /// Of groups that are defined by an OpenAPI schema.
        api_path: String as "apiPath",
        /// Of groups that are defined by an OpenAPI schema.
        http_method: String as "httpMethod",
        /// Of groups that are defined by functions.
        function: String,
        parameters: Vec<AgentParameter>,
        request_body: AgentRequestBody as "requestBody",
        session_attributes: Map<String> as "sessionAttributes",
        prompt_session_attributes: Map<String> as "promptSessionAttributes",
    }

    /// The agent.
    pub struct Agent {
        name: String,
        id: String,
        alias: String,
        version: String,
    }

    /// A parameter.
    pub struct AgentParameter {
        name: String,
        parameter_type: String as "type",
        value: String,
    }

    /// A body.
    pub struct AgentRequestBody {
        /// By content type.
        content: Map<AgentProperties>,
    }

    /// The properties of a body.
    pub struct AgentProperties {
        properties: Vec<AgentParameter>,
    }

    /// The answer.
    pub struct AgentResponse {
        message_version: String as "messageVersion",
        /// Its form is that of the kind of group.
        response: Map<Value>,
        session_attributes: Map<String> as "sessionAttributes",
        prompt_session_attributes: Map<String> as "promptSessionAttributes",
    }
}
