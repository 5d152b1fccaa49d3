//! Amazon Bedrock Agents: action groups.

use super::Map;
use super::field::event;
use crate::json;
use crate::json::{ToJson, Value};

event! {
    /// The event of an Amazon Bedrock agent: an action to perform (Amazon Bedrock User Guide,
    /// "Configure Lambda functions to send information that an Amazon Bedrock agent elicits from
    /// the user").
    ///
    /// ```
    /// use tiny_lambda::events::bedrock_agent_runtime::AgentEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: AgentEvent = json::parse(samples::BEDROCK_AGENT.as_bytes())?;
    /// assert_eq!(event.input_text.get()?, "two teas, please");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AgentEvent {
        message_version: String as "messageVersion",
        agent: Agent,
        /// The user's input.
        input_text: String as "inputText",
        session_id: String as "sessionId",
        action_group: String as "actionGroup",
        /// Only for an action group that is defined by an OpenAPI schema.
        api_path: String as "apiPath",
        /// Only for an action group that is defined by an OpenAPI schema.
        http_method: String as "httpMethod",
        /// Only for an action group that is defined by functions.
        function: String,
        parameters: Vec<AgentParameter>,
        request_body: AgentRequestBody as "requestBody",
        session_attributes: Map<String> as "sessionAttributes",
        prompt_session_attributes: Map<String> as "promptSessionAttributes",
    }

    /// The agent that invoked the function.
    pub struct Agent {
        name: String,
        id: String,
        alias: String,
        version: String,
    }

    /// A parameter of an action.
    pub struct AgentParameter {
        name: String,
        parameter_type: String as "type",
        value: String,
    }

    /// The request body of an action.
    pub struct AgentRequestBody {
        /// The properties by content type.
        content: Map<AgentProperties>,
    }

    /// The properties of a request body.
    pub struct AgentProperties {
        properties: Vec<AgentParameter>,
    }

    /// The response to an [`AgentEvent`].
    ///
    /// ```
    /// use tiny_lambda::events::bedrock_agent_runtime::AgentResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: AgentResponse = json::parse(samples::BEDROCK_AGENT_RESPONSE.as_bytes())?;
    /// assert_eq!(response.message_version.get()?, "1.0");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AgentResponse {
        message_version: String as "messageVersion",
        /// Its members depend on the kind of action group.
        response: Map<Value>,
        session_attributes: Map<String> as "sessionAttributes",
        prompt_session_attributes: Map<String> as "promptSessionAttributes",
    }
}

impl AgentResponse {
    /// Returns the response to an action with the result `body`. If an OpenAPI schema defines the action
    /// group, the result is JSON and has status 200. If functions define it, the result is text. The attributes of the
    /// session are those of the event (Amazon Bedrock User Guide, "Configure Lambda functions to send information that
    /// an Amazon Bedrock agent elicits from the user").
    ///
    /// ```
    /// use tiny_lambda::events::bedrock_agent_runtime::{AgentEvent, AgentResponse};
    /// use tiny_lambda::json;
    ///
    /// let event: AgentEvent = json::parse(br#"{"actionGroup": "orders", "function": "order"}"#)?;
    /// let response = AgentResponse::new(&event, "two teas");
    /// assert_eq!(
    ///     json::to_vec(&response.response),
    ///     br#"{"actionGroup":"orders","function":"order","functionResponse":{"responseBody":{"TEXT":{"body":"two teas"}}}}"#
    /// );
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn new(event: &AgentEvent, body: &str) -> AgentResponse {
        let mut response = Map::default();
        response.insert("actionGroup", &event.action_group.ok().to_value());
        if let Some(function) = event.function.ok() {
            response.insert("function", &function.to_value());
            let text = json!({ "responseBody": { "TEXT": { "body": body } } });
            response.insert("functionResponse", &text);
        } else {
            response.insert("apiPath", &event.api_path.ok().to_value());
            response.insert("httpMethod", &event.http_method.ok().to_value());
            response.insert("httpStatusCode", &Value::from(200));
            let json = json!({ "application/json": { "body": body } });
            response.insert("responseBody", &json);
        }
        AgentResponse {
            message_version: "1.0".into(),
            response: response.into(),
            session_attributes: event.session_attributes.clone(),
            prompt_session_attributes: event.prompt_session_attributes.clone(),
        }
    }
}
