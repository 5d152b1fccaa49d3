//! The responses of functions: the event of an Amazon Cognito trigger, and responses to other services.

use tiny_lambda::Error;
use tiny_lambda::events::cloudformation::{
    CloudFormationCustomResourceRequest, CloudFormationCustomResourceResponse,
};
use tiny_lambda::events::cognito::{
    CognitoEventUserPoolsCreateAuthChallenge, CognitoEventUserPoolsCustomMessage,
    CognitoEventUserPoolsDefineAuthChallenge, CognitoEventUserPoolsInboundFederation,
    CognitoEventUserPoolsMigrateUser, CognitoEventUserPoolsPostConfirmation,
    CognitoEventUserPoolsPreSignup, CognitoEventUserPoolsPreTokenGen,
    CognitoEventUserPoolsPreTokenGenV2, CognitoEventUserPoolsVerifyAuthChallenge,
};
use tiny_lambda::events::{Field, Map, samples};
use tiny_lambda::json::{self, FromJson, ToJson, Value};

use super::samples::{all, each_change, is_part, read};
use super::types::type_of;

fn text(value: &impl ToJson) -> String {
    String::from_utf8(json::to_vec(value)).unwrap()
}

/// `response` is the member `response` as Amazon Cognito sends it, and `want` its value as it is sent back.
#[track_caller]
fn check_trigger<T: FromJson + ToJson>(response: &str, change: impl Fn(&mut T), want: &str) {
    const EVENT: &str = r#"{"version":"1","triggerSource":"T","userName":"ada","callerContext":{"clientId":"c"},"request":{"userAttributes":{"sub":"9f"}}"#;
    let mut event: T = read(&format!("{EVENT}{response}}}"));
    change(&mut event);
    assert_eq!(text(&event), format!("{EVENT},\"response\":{want}}}"));
}

#[test]
fn only_the_response_of_a_cognito_trigger_changes() {
    let nones = ["", r#","response":null"#, r#","response":{}"#];
    for none in nones {
        check_trigger(
            none,
            |event: &mut CognitoEventUserPoolsPreSignup| {
                event.response_mut().auto_confirm_user.set(true);
            },
            r#"{"autoConfirmUser":true}"#,
        );
        check_trigger(
            none,
            |event: &mut CognitoEventUserPoolsPostConfirmation| {
                event.response_mut();
            },
            "{}",
        );
        check_trigger(
            none,
            |event: &mut CognitoEventUserPoolsMigrateUser| {
                let response = event.response_mut();
                response
                    .user_attributes
                    .set(Map::from_iter([("email", "a@b".to_owned())]));
                response.final_user_status.set("CONFIRMED");
                response.message_action.set("SUPPRESS");
                response
                    .desired_delivery_mediums
                    .set(vec!["EMAIL".to_owned()]);
            },
            r#"{"userAttributes":{"email":"a@b"},"finalUserStatus":"CONFIRMED","messageAction":"SUPPRESS","desiredDeliveryMediums":["EMAIL"]}"#,
        );
        check_trigger(
            none,
            |event: &mut CognitoEventUserPoolsCustomMessage| {
                event.response_mut().email_subject.set("Welcome");
            },
            r#"{"emailSubject":"Welcome"}"#,
        );
        check_trigger(
            none,
            |event: &mut CognitoEventUserPoolsInboundFederation| {
                let attributes = &mut event.response_mut().user_attributes_to_map;
                attributes
                    .get_or_insert_default()
                    .insert("email", &"a@b".to_owned());
            },
            r#"{"userAttributesToMap":{"email":"a@b"}}"#,
        );
        check_trigger(
            none,
            |event: &mut CognitoEventUserPoolsDefineAuthChallenge| {
                event.response_mut().challenge_name.set("CUSTOM_CHALLENGE");
                event.response_mut().issue_tokens.set(false);
            },
            r#"{"challengeName":"CUSTOM_CHALLENGE","issueTokens":false}"#,
        );
        check_trigger(
            none,
            |event: &mut CognitoEventUserPoolsCreateAuthChallenge| {
                let parameters = &mut event.response_mut().private_challenge_parameters;
                parameters
                    .get_or_insert_default()
                    .insert("answer", &"tea".to_owned());
            },
            r#"{"privateChallengeParameters":{"answer":"tea"}}"#,
        );
        check_trigger(
            none,
            |event: &mut CognitoEventUserPoolsVerifyAuthChallenge| {
                event.response_mut().answer_correct.set(true);
            },
            r#"{"answerCorrect":true}"#,
        );
    }
}

#[test]
fn the_response_that_cognito_sends_is_kept() {
    // The values that Cognito sends stay as they are.
    check_trigger(
        r#","response":{"autoConfirmUser":false,"autoVerifyEmail":null,"new":[1]}"#,
        |event: &mut CognitoEventUserPoolsPreSignup| {
            event.response_mut().auto_confirm_user.set(true);
        },
        r#"{"autoConfirmUser":true,"autoVerifyEmail":null,"new":[1]}"#,
    );
    for none in ["", ",\"response\":{\"claimsOverrideDetails\":null}"] {
        check_trigger(
            none,
            |event: &mut CognitoEventUserPoolsPreTokenGen| {
                let details = event
                    .response_mut()
                    .claims_override_details
                    .get_or_insert_default();
                let claims = details.claims_to_add_or_override.get_or_insert_default();
                claims.insert("tier", &"gold".to_owned());
            },
            r#"{"claimsOverrideDetails":{"claimsToAddOrOverride":{"tier":"gold"}}}"#,
        );
    }
    check_trigger(
        r#","response":{"claimsAndScopeOverrideDetails":null}"#,
        |event: &mut CognitoEventUserPoolsPreTokenGenV2| {
            let response = event.response_mut();
            let details = response
                .claims_and_scope_override_details
                .get_or_insert_default();
            let token = details.access_token_generation.get_or_insert_default();
            token.scopes_to_add.set(vec!["orders/read".to_owned()]);
        },
        r#"{"claimsAndScopeOverrideDetails":{"accessTokenGeneration":{"scopesToAdd":["orders/read"]}}}"#,
    );
}

/// Members that the types do not have, whatever their values are.
#[test]
fn an_event_that_is_sent_back_keeps_its_unknown_members() {
    let mut n = 0;
    for (name, text) in all() {
        let is_sent_back = name.starts_with("cognito");
        if !is_sent_back {
            continue;
        }
        let whole: Value = json::parse(&text).unwrap();
        let again = type_of(&name).2;
        each_change(&whole, &mut |how, changed| {
            let written: Value = json::parse(&again(&json::to_vec(changed)).unwrap()).unwrap();
            assert!(is_part(changed, &written), "{name}, {how}: {written}");
            n += 1;
        });
    }
    assert!(n > 1000, "{n}");

    let event: CognitoEventUserPoolsPreSignup =
        read(r#" { "a" : [ 1 , {} ] , "userName" : "ada", "b\u00e9\"" :1.50,"c":null , "a":2}"#);
    assert_eq!(
        text(&event),
        r#"{"userName":"ada","a":[ 1 , {} ],"bé\"":1.50,"c":null,"a":2}"#
    );
    assert_eq!(event.other.value("c").unwrap(), Value::Null);
}

/// The state of a conversation of Amazon Lex is sent back too.
#[test]
fn a_state_of_lex_keeps_its_unknown_members() {
    let event: tiny_lambda::events::lex::LexV2Event =
        read(r#"{"sessionState":{"new":1,"intent":{"name":"Order","more":[2]}}}"#);
    let mut response = tiny_lambda::events::lex::LexV2Response::default();
    response.session_state = event.session_state;
    let state = response.session_state.get_mut().unwrap();
    state.intent.get_mut().unwrap().state.set("Fulfilled");
    assert_eq!(
        text(&response),
        r#"{"sessionState":{"intent":{"name":"Order","state":"Fulfilled","more":[2]},"new":1}}"#
    );
}

tiny_lambda::json_struct! {
    #[derive(Debug, Clone, PartialEq)]
    struct Notifier { bucket: String as "Bucket" }
}
tiny_lambda::json_struct! {
    #[derive(Debug, Clone, PartialEq)]
    struct OldNotifier { topic: String as "Topic" }
}

#[test]
fn a_custom_resource_has_properties_of_a_type() {
    const UPDATE: &str = r#"{"RequestType":"Update","ResourceProperties":{"ServiceToken":"arn","Bucket":"b"},"OldResourceProperties":{"Topic":"t"}}"#;
    let event: CloudFormationCustomResourceRequest<Notifier, OldNotifier> = read(UPDATE);
    assert_eq!(event.resource_properties.get().unwrap().bucket, "b");
    assert_eq!(event.old_resource_properties.get().unwrap().topic, "t");
    // The type of the old properties is that of the new ones unless it is named.
    let event: CloudFormationCustomResourceRequest<Notifier> = read(UPDATE);
    assert_eq!(event.resource_properties.get().unwrap().bucket, "b");
    let error = event.old_resource_properties.get().unwrap_err();
    let want = "CloudFormationCustomResourceRequest.OldResourceProperties: missing member `Bucket` \
                at $.OldResourceProperties ";
    assert!(error.error_message().starts_with(want), "{error}");
    let event: CloudFormationCustomResourceRequest = read(UPDATE);
    let properties = event.resource_properties.get().unwrap();
    assert_eq!(properties.value("Bucket").unwrap(), "b");
}

#[test]
fn the_response_for_a_custom_resource_has_what_cloudformation_requires() {
    #[track_caller]
    fn check(request: &str, want_success: &str, want_failed: &str) {
        let request: CloudFormationCustomResourceRequest<Notifier> = read(request);
        let success = CloudFormationCustomResourceResponse::success(&request, "new");
        assert_eq!(text(&success), want_success);
        let failed = CloudFormationCustomResourceResponse::failed(&request, "no \"tea\"");
        assert_eq!(text(&failed), want_failed);
        assert_eq!(failed.to_body().unwrap(), want_failed.as_bytes());
    }
    check(
        r#"{"RequestType":"Create","StackId":"s","RequestId":"r","LogicalResourceId":"l"}"#,
        r#"{"Status":"SUCCESS","PhysicalResourceId":"new","StackId":"s","RequestId":"r","LogicalResourceId":"l"}"#,
        r#"{"Status":"FAILED","Reason":"no \"tea\"","PhysicalResourceId":"r","StackId":"s","RequestId":"r","LogicalResourceId":"l"}"#,
    );
    check(
        r#"{"RequestType":"Delete","PhysicalResourceId":"p","StackId":"s","RequestId":"r","LogicalResourceId":"l"}"#,
        r#"{"Status":"SUCCESS","PhysicalResourceId":"new","StackId":"s","RequestId":"r","LogicalResourceId":"l"}"#,
        r#"{"Status":"FAILED","Reason":"no \"tea\"","PhysicalResourceId":"p","StackId":"s","RequestId":"r","LogicalResourceId":"l"}"#,
    );
}

#[test]
fn the_body_for_a_custom_resource_has_at_most_4096_bytes() {
    /// `overhead` is the length of the body for an empty reason.
    #[track_caller]
    fn check(reason: &str, is_cut: bool) {
        let mut response = CloudFormationCustomResourceResponse::default();
        response.status.set("FAILED");
        response.reason.set(reason);
        let body = response.to_body().unwrap();
        assert!(body.len() <= 4096, "{}", body.len());
        let sent: CloudFormationCustomResourceResponse = json::parse(&body).unwrap();
        let sent_reason = sent.reason.get().unwrap();
        assert!(reason.starts_with(sent_reason.as_str()));
        assert_eq!(sent_reason.len() < reason.len(), is_cut);
        // The response itself is as it was.
        assert_eq!(response.reason, Field::from(reason));
    }
    let max = 4096 - r#"{"Status":"FAILED","Reason":""}"#.len();
    check("", false);
    check(&"x".repeat(max), false);
    check(&"x".repeat(max + 1), true);
    check(&"é".repeat(max), true);
    check(&"\u{1}".repeat(max), true);
    check(&"x".repeat(1_000_000), true);

    let mut response = CloudFormationCustomResourceResponse::default();
    let data = response.data.get_or_insert_default();
    data.insert("Large", &Value::from("x".repeat(4096)));
    response.reason.set("because");
    let error: Error = response.to_body().unwrap_err();
    assert_eq!(error.error_type(), "Runtime.ResponseTooLarge");
    assert_eq!(
        error.error_message(),
        "the response to CloudFormation has more than 4096 bytes"
    );
}

/// The sample of a request has no member that the type does not have.
#[test]
fn a_response_to_the_sample_of_a_custom_resource_can_be_sent() {
    let request: CloudFormationCustomResourceRequest = read(samples::CLOUDFORMATION);
    let response = CloudFormationCustomResourceResponse::success(&request, "notifier-1");
    let sent: CloudFormationCustomResourceResponse =
        json::parse(&response.to_body().unwrap()).unwrap();
    assert_eq!(sent, response);
    assert_eq!(sent.logical_resource_id, request.logical_resource_id);
}

#[test]
fn a_response_from_an_event_has_what_the_service_requires() {
    use tiny_lambda::events::bedrock_agent_runtime::{AgentEvent, AgentResponse};
    use tiny_lambda::events::lex::{LexV2Event, LexV2Response};
    use tiny_lambda::events::s3::{S3BatchJobEvent, S3BatchJobResponse, S3BatchJobResult};

    let lex = |event: &str| {
        let event: LexV2Event = read(event);
        text(&LexV2Response::close(&event, "Fulfilled", "two teas"))
    };
    assert_eq!(
        lex(
            r#"{"sessionState":{"sessionAttributes":{"table":"7"},"intent":{"name":"Order","slots":null,
                "state":"InProgress"}},"requestAttributes":{"x":"1"}}"#
        ),
        r#"{"sessionState":{"sessionAttributes":{"table":"7"},"dialogAction":{"type":"Close"},"intent":{"name":"Order","slots":null,"state":"Fulfilled"}},"messages":[{"contentType":"PlainText","content":"two teas"}],"requestAttributes":{"x":"1"}}"#
    );
    assert_eq!(
        lex("{}"),
        r#"{"sessionState":{"dialogAction":{"type":"Close"},"intent":{"state":"Fulfilled"}},"messages":[{"contentType":"PlainText","content":"two teas"}]}"#
    );

    let agent = |event: &str| text(&AgentResponse::new(&read::<AgentEvent>(event), "[1]"));
    assert_eq!(
        agent(samples::BEDROCK_AGENT),
        r#"{"messageVersion":"1.0","response":{"actionGroup":"orders","apiPath":"/orders","httpMethod":"POST","httpStatusCode":200,"responseBody":{"application/json":{"body":"[1]"}}},"sessionAttributes":{"table": "7"},"promptSessionAttributes":{}}"#
    );
    assert_eq!(
        agent(r#"{"actionGroup":"orders","function":"order"}"#),
        r#"{"messageVersion":"1.0","response":{"actionGroup":"orders","function":"order","functionResponse":{"responseBody":{"TEXT":{"body":"[1]"}}}}}"#
    );

    let event: S3BatchJobEvent = read(samples::S3_BATCH);
    let tasks = event.tasks.get().unwrap();
    let results = vec![
        S3BatchJobResult::succeeded(&tasks[0], "done"),
        S3BatchJobResult::temporary_failure(&tasks[1], "later"),
        S3BatchJobResult::permanent_failure(&tasks[1], "never"),
    ];
    assert_eq!(
        text(&S3BatchJobResponse::new(&event, results)),
        r#"{"invocationSchemaVersion":"2.0","treatMissingKeysAs":"TemporaryFailure","invocationId":"aW52b2NhdGlvbklk","results":[{"taskId":"t1","resultCode":"Succeeded","resultString":"done"},{"taskId":"t2","resultCode":"TemporaryFailure","resultString":"later"},{"taskId":"t2","resultCode":"PermanentFailure","resultString":"never"}]}"#
    );
}
