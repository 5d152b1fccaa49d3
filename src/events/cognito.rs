//! Amazon Cognito: triggers of user pools, and sync events of identity pools.
//!
//! A trigger answers with its own event, whose `response` it has filled in:
//!
//! ```
//! use tiny_lambda::events::cognito::CognitoEventUserPoolsPreSignup;
//! use tiny_lambda::{Context, Result};
//!
//! type Event = CognitoEventUserPoolsPreSignup;
//!
//! fn confirm(mut event: Event, _: &Context) -> Result<Event> {
//!     let mut response = event.response.take()?;
//!     response.auto_confirm_user = true.into();
//!     event.response = response.into();
//!     Ok(event)
//! }
//! # let event = tiny_lambda::json::parse(tiny_lambda::events::samples::COGNITO_PRE_SIGNUP.as_bytes())?;
//! # let event = confirm(event, &Context::default())?;
//! # assert_eq!(event.response.get()?.auto_confirm_user.get()?, &true);
//! # Ok::<(), tiny_lambda::Error>(())
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use super::{Base64, Map};
use crate::json::Value;

/// Events of triggers: all have the same members but for request and response.
macro_rules! triggers {
    ($($(#[$attribute:meta])* $name:ident $request:ident $response:ident),* $(,)?) => {
        event! {$(
            $(#[$attribute])*
            pub struct $name {
                version: String,
                /// Which trigger, and why: `PreSignUp_SignUp`.
                trigger_source: String as "triggerSource",
                region: String,
                user_pool_id: String as "userPoolId",
                user_name: String as "userName",
                caller_context: CognitoEventUserPoolsCallerContext as "callerContext",
                request: $request,
                response: $response,
            }
        )*}
    };
}

triggers! {
    /// Before a user signs up (Amazon Cognito Developer Guide, "Pre sign-up Lambda trigger").
    CognitoEventUserPoolsPreSignup
        CognitoEventUserPoolsPreSignupRequest CognitoEventUserPoolsPreSignupResponse,
    /// Before a user signs in ("Pre authentication Lambda trigger").
    CognitoEventUserPoolsPreAuthentication
        CognitoEventUserPoolsPreAuthenticationRequest CognitoEventUserPoolsEmptyResponse,
    /// After a user was confirmed ("Post confirmation Lambda trigger").
    CognitoEventUserPoolsPostConfirmation
        CognitoEventUserPoolsPostConfirmationRequest CognitoEventUserPoolsEmptyResponse,
    /// After a user has signed in ("Post authentication Lambda trigger").
    CognitoEventUserPoolsPostAuthentication
        CognitoEventUserPoolsPostAuthenticationRequest CognitoEventUserPoolsEmptyResponse,
    /// Before a token is made, event version 1 ("Pre token generation Lambda trigger").
    CognitoEventUserPoolsPreTokenGen
        CognitoEventUserPoolsPreTokenGenRequest CognitoEventUserPoolsPreTokenGenResponse,
    /// Before a token is made, event versions 2 and 3.
    CognitoEventUserPoolsPreTokenGenV2
        CognitoEventUserPoolsPreTokenGenRequest CognitoEventUserPoolsPreTokenGenResponseV2,
    /// When a user is not there, but may be elsewhere ("Migrate user Lambda trigger").
    CognitoEventUserPoolsMigrateUser
        CognitoEventUserPoolsMigrateUserRequest CognitoEventUserPoolsMigrateUserResponse,
    /// Before a message goes out ("Custom message Lambda trigger").
    CognitoEventUserPoolsCustomMessage
        CognitoEventUserPoolsCustomMessageRequest CognitoEventUserPoolsCustomMessageResponse,
    /// A message that a sender of your own is to deliver ("Custom email sender Lambda trigger",
    /// "Custom SMS sender Lambda trigger").
    CognitoEventUserPoolsCustomSender
        CognitoEventUserPoolsCustomSenderRequest CognitoEventUserPoolsEmptyResponse,
    /// When a user comes from another provider of identities ("Inbound federation Lambda trigger").
    CognitoEventUserPoolsInboundFederation
        CognitoEventUserPoolsInboundFederationRequest
        CognitoEventUserPoolsInboundFederationResponse,
    /// What to ask next ("Define auth challenge Lambda trigger").
    CognitoEventUserPoolsDefineAuthChallenge
        CognitoEventUserPoolsDefineAuthChallengeRequest
        CognitoEventUserPoolsDefineAuthChallengeResponse,
    /// A question of your own ("Create auth challenge Lambda trigger").
    CognitoEventUserPoolsCreateAuthChallenge
        CognitoEventUserPoolsCreateAuthChallengeRequest
        CognitoEventUserPoolsCreateAuthChallengeResponse,
    /// Whether the answer was right ("Verify auth challenge response Lambda trigger").
    CognitoEventUserPoolsVerifyAuthChallenge
        CognitoEventUserPoolsVerifyAuthChallengeRequest
        CognitoEventUserPoolsVerifyAuthChallengeResponse,
}

event! {
    /// Who has called.
    pub struct CognitoEventUserPoolsCallerContext {
        aws_sdk_version: String as "awsSdkVersion",
        client_id: String as "clientId",
    }

    /// Nothing is expected.
    pub struct CognitoEventUserPoolsEmptyResponse {}

    /// Who signs up.
    pub struct CognitoEventUserPoolsPreSignupRequest {
        user_attributes: Map<String> as "userAttributes",
        validation_data: Map<String> as "validationData",
        client_metadata: Map<String> as "clientMetadata",
    }

    /// What becomes of them.
    pub struct CognitoEventUserPoolsPreSignupResponse {
        auto_confirm_user: bool as "autoConfirmUser",
        auto_verify_email: bool as "autoVerifyEmail",
        auto_verify_phone: bool as "autoVerifyPhone",
    }

    /// Who signs in.
    pub struct CognitoEventUserPoolsPreAuthenticationRequest {
        user_attributes: Map<String> as "userAttributes",
        validation_data: Map<String> as "validationData",
        client_metadata: Map<String> as "clientMetadata",
        user_not_found: bool as "userNotFound",
    }

    /// Who was confirmed.
    pub struct CognitoEventUserPoolsPostConfirmationRequest {
        user_attributes: Map<String> as "userAttributes",
        client_metadata: Map<String> as "clientMetadata",
    }

    /// Who has signed in.
    pub struct CognitoEventUserPoolsPostAuthenticationRequest {
        new_device_used: bool as "newDeviceUsed",
        user_attributes: Map<String> as "userAttributes",
        client_metadata: Map<String> as "clientMetadata",
    }

    /// Whom a token is for.
    pub struct CognitoEventUserPoolsPreTokenGenRequest {
        user_attributes: Map<String> as "userAttributes",
        group_configuration: GroupConfiguration as "groupConfiguration",
        client_metadata: Map<String> as "clientMetadata",
        /// Of event versions 2 and 3.
        scopes: Vec<String>,
    }

    /// The groups of a user.
    pub struct GroupConfiguration {
        groups_to_override: Vec<String> as "groupsToOverride",
        iam_roles_to_override: Vec<String> as "iamRolesToOverride",
        preferred_role: String as "preferredRole",
    }

    /// What a token should say.
    pub struct CognitoEventUserPoolsPreTokenGenResponse {
        claims_override_details: ClaimsOverrideDetails as "claimsOverrideDetails",
    }

    /// Changes of claims.
    pub struct ClaimsOverrideDetails {
        group_override_details: GroupConfiguration as "groupOverrideDetails",
        claims_to_add_or_override: Map<String> as "claimsToAddOrOverride",
        claims_to_suppress: Vec<String> as "claimsToSuppress",
    }

    /// What tokens should say.
    pub struct CognitoEventUserPoolsPreTokenGenResponseV2 {
        claims_and_scope_override_details: ClaimsAndScopeOverrideDetails
            as "claimsAndScopeOverrideDetails",
    }

    /// Changes of both tokens.
    pub struct ClaimsAndScopeOverrideDetails {
        group_override_details: GroupConfiguration as "groupOverrideDetails",
        id_token_generation: TokenGeneration as "idTokenGeneration",
        access_token_generation: TokenGeneration as "accessTokenGeneration",
    }

    /// Changes of a token.
    pub struct TokenGeneration {
        claims_to_add_or_override: Map<Value> as "claimsToAddOrOverride",
        claims_to_suppress: Vec<String> as "claimsToSuppress",
        /// Of access tokens.
        scopes_to_add: Vec<String> as "scopesToAdd",
        /// Of access tokens.
        scopes_to_suppress: Vec<String> as "scopesToSuppress",
    }

    /// Who signs in.
    pub struct CognitoEventUserPoolsMigrateUserRequest {
        password: String,
        user_attributes: Map<String> as "userAttributes",
        validation_data: Map<String> as "validationData",
        client_metadata: Map<String> as "clientMetadata",
    }

    /// Who they are.
    pub struct CognitoEventUserPoolsMigrateUserResponse {
        user_attributes: Map<String> as "userAttributes",
        /// `CONFIRMED` or `RESET_REQUIRED`
        final_user_status: String as "finalUserStatus",
        /// `SUPPRESS`: no welcome.
        message_action: String as "messageAction",
        desired_delivery_mediums: Vec<String> as "desiredDeliveryMediums",
        force_alias_creation: bool as "forceAliasCreation",
        /// Whether the user has to sign in with a code in a text message.
        enable_sms_mfa: bool as "enableSMSMFA",
    }

    /// What the message is about.
    pub struct CognitoEventUserPoolsCustomMessageRequest {
        user_attributes: Map<Value> as "userAttributes",
        /// What stands for the code; the text must have it.
        code_parameter: String as "codeParameter",
        /// What stands for the name; the text must have it.
        username_parameter: String as "usernameParameter",
        /// What stands for a link, where the pool confirms by links.
        link_parameter: String as "linkParameter",
        client_metadata: Map<String> as "clientMetadata",
    }

    /// The message.
    pub struct CognitoEventUserPoolsCustomMessageResponse {
        sms_message: String as "smsMessage",
        email_message: String as "emailMessage",
        email_subject: String as "emailSubject",
    }

    /// What is to be delivered.
    pub struct CognitoEventUserPoolsCustomSenderRequest {
        /// `customEmailSenderRequestV1` or `customSMSSenderRequestV1`
        request_type: String as "type",
        /// Encrypted with the pool's key of AWS KMS, by the AWS Encryption SDK.
        code: Base64,
        client_metadata: Map<String> as "clientMetadata",
        user_attributes: Map<Value> as "userAttributes",
    }

    /// What the provider says.
    pub struct CognitoEventUserPoolsInboundFederationRequest {
        provider_name: String as "providerName",
        /// `OIDC`, `SAML`, `Facebook`, `Google`, `SignInWithApple` or `LoginWithAmazon`
        provider_type: String as "providerType",
        attributes: Map<Value>,
    }

    /// What becomes of it.
    pub struct CognitoEventUserPoolsInboundFederationResponse {
        user_attributes_to_map: Map<String> as "userAttributesToMap",
    }

    /// A challenge that was answered.
    pub struct CognitoEventUserPoolsChallengeResult {
        challenge_name: String as "challengeName",
        challenge_result: bool as "challengeResult",
        challenge_metadata: String as "challengeMetadata",
    }

    /// What was answered so far.
    pub struct CognitoEventUserPoolsDefineAuthChallengeRequest {
        user_attributes: Map<String> as "userAttributes",
        session: Vec<CognitoEventUserPoolsChallengeResult>,
        client_metadata: Map<String> as "clientMetadata",
        user_not_found: bool as "userNotFound",
    }

    /// What comes next.
    pub struct CognitoEventUserPoolsDefineAuthChallengeResponse {
        challenge_name: String as "challengeName",
        issue_tokens: bool as "issueTokens",
        fail_authentication: bool as "failAuthentication",
    }

    /// Which question is wanted.
    pub struct CognitoEventUserPoolsCreateAuthChallengeRequest {
        user_attributes: Map<String> as "userAttributes",
        challenge_name: String as "challengeName",
        session: Vec<CognitoEventUserPoolsChallengeResult>,
        client_metadata: Map<String> as "clientMetadata",
        user_not_found: bool as "userNotFound",
    }

    /// The question.
    pub struct CognitoEventUserPoolsCreateAuthChallengeResponse {
        /// For the client.
        public_challenge_parameters: Map<String> as "publicChallengeParameters",
        /// For the trigger that verifies the answer.
        private_challenge_parameters: Map<String> as "privateChallengeParameters",
        challenge_metadata: String as "challengeMetadata",
    }

    /// The answer.
    pub struct CognitoEventUserPoolsVerifyAuthChallengeRequest {
        user_attributes: Map<String> as "userAttributes",
        private_challenge_parameters: Map<String> as "privateChallengeParameters",
        /// What the client has said; a string, in practice.
        challenge_answer: Value as "challengeAnswer",
        client_metadata: Map<String> as "clientMetadata",
        user_not_found: bool as "userNotFound",
    }

    /// Whether it is right.
    pub struct CognitoEventUserPoolsVerifyAuthChallengeResponse {
        answer_correct: bool as "answerCorrect",
    }

    /// A sync of an identity pool's data set (Amazon Cognito Developer Guide, "Cognito events").
    pub struct CognitoEvent {
        dataset_name: String as "datasetName",
        dataset_records: Map<CognitoDatasetRecord> as "datasetRecords",
        event_type: String as "eventType",
        identity_id: String as "identityId",
        identity_pool_id: String as "identityPoolId",
        region: String,
        version: i64,
    }

    /// A record of a data set.
    pub struct CognitoDatasetRecord {
        new_value: String as "newValue",
        old_value: String as "oldValue",
        op: String,
    }
}
