//! Amazon Lex V2: fulfilment of intents.

use super::Map;
use super::field::event;
use crate::json;
use crate::json::Value;

event! {
    /// The event of an Amazon Lex V2 bot (Amazon Lex V2 Developer Guide, "AWS Lambda input event
    /// format for Lex V2").
    ///
    /// ```
    /// use tiny_lambda::events::lex::LexV2Event;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: LexV2Event = json::parse(samples::LEX_V2.as_bytes())?;
    /// assert_eq!(event.invocation_source.get()?, "FulfillmentCodeHook");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct LexV2Event {
        message_version: String as "messageVersion",
        /// `DialogCodeHook` or `FulfillmentCodeHook`
        invocation_source: String as "invocationSource",
        /// `DTMF`, `Speech` or `Text`
        input_mode: String as "inputMode",
        response_content_type: String as "responseContentType",
        session_id: String as "sessionId",
        input_transcript: String as "inputTranscript",
        invocation_label: String as "invocationLabel",
        bot: LexV2Bot,
        interpretations: Vec<Value>,
        proposed_next_state: Value as "proposedNextState",
        request_attributes: Map<String> as "requestAttributes",
        session_state: LexV2SessionState as "sessionState",
        transcriptions: Vec<Value>,
    }

    /// The bot that invoked the function.
    pub struct LexV2Bot {
        id: String,
        name: String,
        alias_id: String as "aliasId",
        alias_name: String as "aliasName",
        locale_id: String as "localeId",
        version: String,
    }

    /// The state of a conversation.
    pub struct LexV2SessionState {
        active_contexts: Vec<Value> as "activeContexts",
        session_attributes: Map<String> as "sessionAttributes",
        runtime_hints: Value as "runtimeHints",
        dialog_action: Value as "dialogAction",
        intent: LexV2Intent,
        originating_request_id: String as "originatingRequestId",
        ..other
    }

    /// An intent.
    pub struct LexV2Intent {
        confirmation_state: String as "confirmationState",
        name: String,
        slots: Map<Value>,
        state: String,
        kendra_response: Value as "kendraResponse",
        ..other
    }

    /// The response to a [`LexV2Event`].
    ///
    /// ```
    /// use tiny_lambda::events::lex::LexV2Response;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: LexV2Response = json::parse(samples::LEX_V2_RESPONSE.as_bytes())?;
    /// let value = response.session_state.get()?.originating_request_id.get()?;
    /// assert_eq!(value, "00006a34-5b1c-4d7e-9f20-3a6c8e0d5984");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct LexV2Response {
        session_state: LexV2SessionState as "sessionState",
        messages: Vec<Value>,
        request_attributes: Map<String> as "requestAttributes",
    }
}

impl LexV2Response {
    /// Returns the response that ends the conversation about the intent of `event`. `state` is that of
    /// the intent, `Fulfilled` or `Failed`, and `text` is the message for the user. The rest of the
    /// session's state is that of the event (Amazon Lex V2 Developer Guide, "AWS Lambda response format
    /// for Lex V2").
    ///
    /// ```
    /// use tiny_lambda::events::lex::{LexV2Event, LexV2Response};
    /// use tiny_lambda::json;
    ///
    /// let event: LexV2Event =
    ///     json::parse(br#"{"sessionState":{"intent":{"name":"OrderTea","state":"InProgress"}}}"#)?;
    /// let response = LexV2Response::close(&event, "Fulfilled", "two teas");
    /// assert_eq!(response.session_state.get()?.intent.get()?.state.get()?, "Fulfilled");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn close(event: &LexV2Event, state: &str, text: &str) -> LexV2Response {
        let mut session_state = event.session_state.clone();
        let session = session_state.get_or_insert_default();
        session.dialog_action.set(json!({ "type": "Close" }));
        session.intent.get_or_insert_default().state.set(state);
        let message = json!({ "contentType": "PlainText", "content": text });
        LexV2Response {
            session_state,
            messages: Vec::from([message]).into(),
            request_attributes: event.request_attributes.clone(),
        }
    }
}
