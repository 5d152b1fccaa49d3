//! Amazon Lex: fulfilment of intents, V1 and V2.

use alloc::string::String;
use alloc::vec::Vec;

use super::Map;
use super::field::event;
use crate::json::{Number, Value};

event! {
    /// What a bot asks, V1 (Amazon Lex V1 Developer Guide, "Lambda function input event and response
    /// format").
    pub struct LexEvent {
        message_version: String as "messageVersion",
        /// `FulfillmentCodeHook` or `DialogCodeHook`
        invocation_source: String as "invocationSource",
        user_id: String as "userId",
        input_transcript: String as "inputTranscript",
        session_attributes: Map<String> as "sessionAttributes",
        request_attributes: Map<String> as "requestAttributes",
        bot: LexBot,
        /// `Text` or `Voice`
        output_dialog_mode: String as "outputDialogMode",
        current_intent: LexCurrentIntent as "currentIntent",
        alternative_intents: Vec<LexCurrentIntent> as "alternativeIntents",
        recent_intent_summary_view: Vec<Value> as "recentIntentSummaryView",
        sentiment_response: Value as "sentimentResponse",
        active_contexts: Vec<Value> as "activeContexts",
        dialog_action: LexDialogAction as "dialogAction",
    }

    /// A bot.
    pub struct LexBot {
        name: String,
        alias: String,
        version: String,
    }

    /// An intent.
    pub struct LexCurrentIntent {
        name: String,
        nlu_intent_confidence_score: Number as "nluIntentConfidenceScore",
        slots: Map<String>,
        slot_details: Map<LexSlotDetail> as "slotDetails",
        confirmation_status: String as "confirmationStatus",
    }

    /// A slot.
    pub struct LexSlotDetail {
        resolutions: Vec<Map<String>>,
        original_value: String as "originalValue",
    }

    /// The answer, V1.
    pub struct LexResponse {
        session_attributes: Map<String> as "sessionAttributes",
        dialog_action: LexDialogAction as "dialogAction",
        active_contexts: Vec<Value> as "activeContexts",
        recent_intent_summary_view: Vec<Value> as "recentIntentSummaryView",
    }

    /// What comes next.
    pub struct LexDialogAction {
        /// `ElicitIntent`, `ElicitSlot`, `ConfirmIntent`, `Delegate` or `Close`
        dialog_action_type: String as "type",
        fulfillment_state: String as "fulfillmentState",
        message: Map<String>,
        intent_name: String as "intentName",
        slots: Map<String>,
        slot_to_elicit: String as "slotToElicit",
        response_card: LexResponseCard as "responseCard",
    }

    /// What a user is shown.
    pub struct LexResponseCard {
        version: i64,
        content_type: String as "contentType",
        generic_attachments: Vec<LexAttachment> as "genericAttachments",
    }

    /// A card.
    pub struct LexAttachment {
        title: String,
        sub_title: String as "subTitle",
        image_url: String as "imageUrl",
        attachment_link_url: String as "attachmentLinkUrl",
        buttons: Vec<Map<String>>,
    }

    /// What a bot asks, V2 (Amazon Lex V2 Developer Guide, "AWS Lambda input event format for
    /// Lex V2").
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

    /// A bot, V2.
    pub struct LexV2Bot {
        id: String,
        name: String,
        alias_id: String as "aliasId",
        alias_name: String as "aliasName",
        locale_id: String as "localeId",
        version: String,
    }

    /// How far a talk has come, V2.
    pub struct LexV2SessionState {
        active_contexts: Vec<Value> as "activeContexts",
        session_attributes: Map<String> as "sessionAttributes",
        runtime_hints: Value as "runtimeHints",
        dialog_action: Value as "dialogAction",
        intent: LexV2Intent,
        originating_request_id: String as "originatingRequestId",
    }

    /// An intent, V2.
    pub struct LexV2Intent {
        confirmation_state: String as "confirmationState",
        name: String,
        slots: Map<Value>,
        state: String,
        kendra_response: Value as "kendraResponse",
    }

    /// The answer, V2.
    pub struct LexV2Response {
        session_state: LexV2SessionState as "sessionState",
        messages: Vec<Value>,
        request_attributes: Map<String> as "requestAttributes",
    }
}
