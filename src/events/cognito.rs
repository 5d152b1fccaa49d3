//! Amazon Cognito: triggers of user pools, and the sync trigger of identity pools.
//!
//! The response to a trigger is its own event, with the `response` filled in. Members that the types
//! here do not have are kept, so that Amazon Cognito gets back what it sent:
//!
//! ```
//! use tiny_lambda::events::cognito::CognitoEventUserPoolsPreSignup as Event;
//! use tiny_lambda::{Context, Result};
//!
//! fn confirm(mut event: Event, _: &Context) -> Result<Event> {
//!     event.response_mut().auto_confirm_user.set(true);
//!     Ok(event)
//! }
//! # let event = tiny_lambda::json::parse(tiny_lambda::events::samples::COGNITO_PRE_SIGNUP.as_bytes())?;
//! # let event = confirm(event, &Context::default())?;
//! # assert_eq!(event.response.get()?.auto_confirm_user.get()?, &true);
//! # Ok::<(), tiny_lambda::Error>(())
//! ```
//!
//! An object in the response that the event does not have, or that is `null`, is made by
//! [`get_or_insert_default`](super::Field::get_or_insert_default):
//!
//! ```
//! use tiny_lambda::events::cognito::CognitoEventUserPoolsPreTokenGen as Event;
//! use tiny_lambda::{Context, Result};
//!
//! fn add_claim(mut event: Event, _: &Context) -> Result<Event> {
//!     let details = event.response_mut().claims_override_details.get_or_insert_default();
//!     details.claims_to_add_or_override.get_or_insert_default().insert("tier", &"gold".to_owned());
//!     Ok(event)
//! }
//! # let event = tiny_lambda::json::parse(br#"{"response": {"claimsOverrideDetails": null}}"#)?;
//! # let event = add_claim(event, &Context::default())?;
//! # let claims = r#"{"response":{"claimsOverrideDetails":{"claimsToAddOrOverride":{"tier":"gold"}}}}"#;
//! # assert_eq!(tiny_lambda::json::to_vec(&event), claims.as_bytes());
//! # Ok::<(), tiny_lambda::Error>(())
//! ```
//!
//! To refuse a sign-up or a sign-in, return an error: the client gets its message.

use super::field::event;
use super::{Base64, Map};
use crate::json::Value;

/// Defines the events of triggers, which differ only in their request and response.
macro_rules! triggers {
    ($($(#[$attribute:meta])* $name:ident $request:ident $response:ident),* $(,)?) => {
        event! {$(
            $(#[$attribute])*
            pub struct $name {
                version: String,
                /// The trigger and its cause, such as `PreSignUp_SignUp`.
                trigger_source: String as "triggerSource",
                region: String,
                user_pool_id: String as "userPoolId",
                user_name: String as "userName",
                caller_context: CognitoEventUserPoolsCallerContext as "callerContext",
                request: $request,
                response: $response,
                ..other
            }
        )*}

        $(
            impl $name {
                /// Returns the response, to change it. If the event has none, it is set to an empty one.
                ///
                /// ```
                #[doc = concat!("use tiny_lambda::events::cognito::", stringify!($name), " as Event;")]
                /// use tiny_lambda::json;
                ///
                /// let mut event = Event::default();
                /// event.response_mut();
                /// assert_eq!(json::to_vec(&event), br#"{"response":{}}"#);
                /// ```
                pub fn response_mut(&mut self) -> &mut $response {
                    self.response.get_or_insert_default()
                }
            }
        )*
    };
}

triggers! {
    /// The event before a user signs up (Amazon Cognito Developer Guide, "Pre sign-up Lambda
    /// trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsPreSignup;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsPreSignup =
    ///     json::parse(samples::COGNITO_PRE_SIGNUP.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "PreSignUp_SignUp");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsPreSignup
        CognitoEventUserPoolsUserRequest CognitoEventUserPoolsPreSignupResponse,
    /// The event before a user signs in ("Pre authentication Lambda trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsPreAuthentication;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsPreAuthentication =
    ///     json::parse(samples::COGNITO_PRE_AUTHENTICATION.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "PreAuthentication_Authentication");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsPreAuthentication
        CognitoEventUserPoolsUserRequest CognitoEventUserPoolsEmptyResponse,
    /// The event after a user was confirmed ("Post confirmation Lambda trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsPostConfirmation;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsPostConfirmation =
    ///     json::parse(samples::COGNITO_POST_CONFIRMATION.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "PostConfirmation_ConfirmSignUp");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsPostConfirmation
        CognitoEventUserPoolsUserRequest CognitoEventUserPoolsEmptyResponse,
    /// The event after a user has signed in ("Post authentication Lambda trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsPostAuthentication;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsPostAuthentication =
    ///     json::parse(samples::COGNITO_POST_AUTHENTICATION.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "PostAuthentication_Authentication");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsPostAuthentication
        CognitoEventUserPoolsUserRequest CognitoEventUserPoolsEmptyResponse,
    /// The event before tokens are generated, version 1 ("Pre token generation Lambda trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsPreTokenGen;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsPreTokenGen =
    ///     json::parse(samples::COGNITO_TOKEN_GENERATION.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "TokenGeneration_HostedAuth");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsPreTokenGen
        CognitoEventUserPoolsPreTokenGenRequest CognitoEventUserPoolsPreTokenGenResponse,
    /// The event before tokens are generated, versions 2 and 3 (the same page).
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsPreTokenGenV2;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsPreTokenGenV2 =
    ///     json::parse(samples::COGNITO_TOKEN_GENERATION_V2.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "TokenGeneration_Authentication");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsPreTokenGenV2
        CognitoEventUserPoolsPreTokenGenRequest CognitoEventUserPoolsPreTokenGenResponseV2,
    /// The event when a user who is not in the user pool signs in ("Migrate user Lambda trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsMigrateUser;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsMigrateUser =
    ///     json::parse(samples::COGNITO_MIGRATE_USER.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "UserMigration_Authentication");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsMigrateUser
        CognitoEventUserPoolsUserRequest CognitoEventUserPoolsMigrateUserResponse,
    /// The event before a message is sent ("Custom message Lambda trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsCustomMessage;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsCustomMessage =
    ///     json::parse(samples::COGNITO_CUSTOM_MESSAGE.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "CustomMessage_SignUp");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsCustomMessage
        CognitoEventUserPoolsCustomMessageRequest CognitoEventUserPoolsCustomMessageResponse,
    /// The event for a message that the function sends itself ("Custom email sender Lambda
    /// trigger", "Custom SMS sender Lambda trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsCustomSender;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsCustomSender =
    ///     json::parse(samples::COGNITO_CUSTOM_SENDER.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "CustomEmailSender_SignUp");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsCustomSender
        CognitoEventUserPoolsCustomSenderRequest CognitoEventUserPoolsEmptyResponse,
    /// The event when a user signs in through an identity provider ("Inbound federation Lambda
    /// trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsInboundFederation;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsInboundFederation =
    ///     json::parse(samples::COGNITO_INBOUND_FEDERATION.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "InboundFederation_ExternalProvider");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsInboundFederation
        CognitoEventUserPoolsInboundFederationRequest
        CognitoEventUserPoolsInboundFederationResponse,
    /// The event to choose the next challenge ("Define Auth challenge Lambda trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsDefineAuthChallenge;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsDefineAuthChallenge =
    ///     json::parse(samples::COGNITO_DEFINE_AUTH_CHALLENGE.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "DefineAuthChallenge_Authentication");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsDefineAuthChallenge
        CognitoEventUserPoolsAuthChallengeRequest
        CognitoEventUserPoolsDefineAuthChallengeResponse,
    /// The event to create a challenge ("Create Auth challenge Lambda trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsCreateAuthChallenge;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsCreateAuthChallenge =
    ///     json::parse(samples::COGNITO_CREATE_AUTH_CHALLENGE.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "CreateAuthChallenge_Authentication");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsCreateAuthChallenge
        CognitoEventUserPoolsAuthChallengeRequest
        CognitoEventUserPoolsCreateAuthChallengeResponse,
    /// The event to verify the response to a challenge ("Verify Auth challenge response Lambda
    /// trigger").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsVerifyAuthChallenge;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEventUserPoolsVerifyAuthChallenge =
    ///     json::parse(samples::COGNITO_VERIFY_AUTH_CHALLENGE.as_bytes())?;
    /// assert_eq!(event.trigger_source.get()?, "VerifyAuthChallengeResponse_Authentication");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    CognitoEventUserPoolsVerifyAuthChallenge
        CognitoEventUserPoolsAuthChallengeRequest
        CognitoEventUserPoolsVerifyAuthChallengeResponse,
}

event! {
    /// The client that made the request.
    pub struct CognitoEventUserPoolsCallerContext {
        aws_sdk_version: String as "awsSdkVersion",
        client_id: String as "clientId",
        ..other
    }

    /// The response to a trigger that expects no values.
    pub struct CognitoEventUserPoolsEmptyResponse { ..other }

    /// The user who signs up, signs in, or was confirmed, and what the client sent. Which members it
    /// has depends on the trigger.
    pub struct CognitoEventUserPoolsUserRequest {
        user_attributes: Map<String> as "userAttributes",
        validation_data: Map<String> as "validationData",
        client_metadata: Map<String> as "clientMetadata",
        /// Only before a user signs in.
        user_not_found: bool as "userNotFound",
        /// Only after a user has signed in.
        new_device_used: bool as "newDeviceUsed",
        /// Only for a user who is not in the user pool.
        password: String,
        ..other
    }

    /// The confirmations and verifications that need no action of the user.
    pub struct CognitoEventUserPoolsPreSignupResponse {
        auto_confirm_user: bool as "autoConfirmUser",
        auto_verify_email: bool as "autoVerifyEmail",
        auto_verify_phone: bool as "autoVerifyPhone",
        ..other
    }

    /// The user for whom tokens are generated.
    pub struct CognitoEventUserPoolsPreTokenGenRequest {
        user_attributes: Map<String> as "userAttributes",
        group_configuration: GroupConfiguration as "groupConfiguration",
        client_metadata: Map<String> as "clientMetadata",
        /// Only in event versions 2 and 3.
        scopes: Vec<String>,
        ..other
    }

    /// The groups and IAM roles of a user.
    pub struct GroupConfiguration {
        groups_to_override: Vec<String> as "groupsToOverride",
        iam_roles_to_override: Vec<String> as "iamRolesToOverride",
        preferred_role: String as "preferredRole",
        ..other
    }

    /// The changes to the ID token.
    pub struct CognitoEventUserPoolsPreTokenGenResponse {
        claims_override_details: ClaimsOverrideDetails as "claimsOverrideDetails",
        ..other
    }

    /// The claims and groups to change in the ID token.
    pub struct ClaimsOverrideDetails {
        group_override_details: GroupConfiguration as "groupOverrideDetails",
        claims_to_add_or_override: Map<String> as "claimsToAddOrOverride",
        claims_to_suppress: Vec<String> as "claimsToSuppress",
        ..other
    }

    /// The changes to the ID and the access token.
    pub struct CognitoEventUserPoolsPreTokenGenResponseV2 {
        claims_and_scope_override_details: ClaimsAndScopeOverrideDetails
            as "claimsAndScopeOverrideDetails",
        ..other
    }

    /// The claims, groups and scopes to change.
    pub struct ClaimsAndScopeOverrideDetails {
        group_override_details: GroupConfiguration as "groupOverrideDetails",
        id_token_generation: TokenGeneration as "idTokenGeneration",
        access_token_generation: TokenGeneration as "accessTokenGeneration",
        ..other
    }

    /// The claims and scopes to change in one token.
    pub struct TokenGeneration {
        claims_to_add_or_override: Map<Value> as "claimsToAddOrOverride",
        claims_to_suppress: Vec<String> as "claimsToSuppress",
        /// Only for access tokens.
        scopes_to_add: Vec<String> as "scopesToAdd",
        /// Only for access tokens.
        scopes_to_suppress: Vec<String> as "scopesToSuppress",
        ..other
    }

    /// The user to create in the user pool.
    pub struct CognitoEventUserPoolsMigrateUserResponse {
        user_attributes: Map<String> as "userAttributes",
        /// `CONFIRMED` or `RESET_REQUIRED`
        final_user_status: String as "finalUserStatus",
        /// `SUPPRESS` if no welcome message is to be sent.
        message_action: String as "messageAction",
        desired_delivery_mediums: Vec<String> as "desiredDeliveryMediums",
        force_alias_creation: bool as "forceAliasCreation",
        /// Whether the user must sign in with a code from a text message.
        enable_sms_mfa: bool as "enableSMSMFA",
        ..other
    }

    /// The message to customize.
    pub struct CognitoEventUserPoolsCustomMessageRequest {
        user_attributes: Map<Value> as "userAttributes",
        /// The placeholder for the code, which the message must contain.
        code_parameter: String as "codeParameter",
        /// The placeholder for the user name, which the message must contain.
        username_parameter: String as "usernameParameter",
        /// The placeholder for the link, if the user pool confirms users by links.
        link_parameter: String as "linkParameter",
        client_metadata: Map<String> as "clientMetadata",
        ..other
    }

    /// The customized message.
    pub struct CognitoEventUserPoolsCustomMessageResponse {
        sms_message: String as "smsMessage",
        email_message: String as "emailMessage",
        email_subject: String as "emailSubject",
        ..other
    }

    /// The message to send.
    pub struct CognitoEventUserPoolsCustomSenderRequest {
        /// `customEmailSenderRequestV1` or `customSMSSenderRequestV1`
        request_type: String as "type",
        /// The code, encrypted by the AWS Encryption SDK with the AWS KMS key of the user pool.
        code: Base64,
        client_metadata: Map<String> as "clientMetadata",
        user_attributes: Map<Value> as "userAttributes",
        ..other
    }

    /// The user, as the identity provider describes it.
    pub struct CognitoEventUserPoolsInboundFederationRequest {
        provider_name: String as "providerName",
        /// `OIDC`, `SAML`, `Facebook`, `Google`, `SignInWithApple` or `LoginWithAmazon`
        provider_type: String as "providerType",
        attributes: Map<Value>,
        ..other
    }

    /// The attributes to set.
    pub struct CognitoEventUserPoolsInboundFederationResponse {
        user_attributes_to_map: Map<String> as "userAttributesToMap",
        ..other
    }

    /// A challenge that the user has responded to.
    pub struct CognitoEventUserPoolsChallengeResult {
        challenge_name: String as "challengeName",
        challenge_result: bool as "challengeResult",
        challenge_metadata: String as "challengeMetadata",
        ..other
    }

    /// The challenge to create, to verify, or to choose after those so far. Which members it has
    /// depends on the trigger.
    pub struct CognitoEventUserPoolsAuthChallengeRequest {
        user_attributes: Map<String> as "userAttributes",
        client_metadata: Map<String> as "clientMetadata",
        user_not_found: bool as "userNotFound",
        /// Only to create a challenge.
        challenge_name: String as "challengeName",
        /// The challenges so far; not to verify a challenge.
        session: Vec<CognitoEventUserPoolsChallengeResult>,
        /// Only to verify a challenge.
        private_challenge_parameters: Map<String> as "privateChallengeParameters",
        /// The user's response, in practice a string; only to verify a challenge.
        challenge_answer: Value as "challengeAnswer",
        ..other
    }

    /// The next challenge, or the end of the authentication.
    pub struct CognitoEventUserPoolsDefineAuthChallengeResponse {
        challenge_name: String as "challengeName",
        issue_tokens: bool as "issueTokens",
        fail_authentication: bool as "failAuthentication",
        ..other
    }

    /// The challenge.
    pub struct CognitoEventUserPoolsCreateAuthChallengeResponse {
        /// Parameters for the client.
        public_challenge_parameters: Map<String> as "publicChallengeParameters",
        /// Parameters for the trigger that verifies the user's response.
        private_challenge_parameters: Map<String> as "privateChallengeParameters",
        challenge_metadata: String as "challengeMetadata",
        ..other
    }

    /// Whether the user's response was correct.
    pub struct CognitoEventUserPoolsVerifyAuthChallengeResponse {
        answer_correct: bool as "answerCorrect",
        ..other
    }

    /// The event of an Amazon Cognito identity pool: a data set to synchronize (Amazon Cognito
    /// Developer Guide, "Customizing workflows with Amazon Cognito Events").
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CognitoEvent = json::parse(samples::COGNITO_SYNC.as_bytes())?;
    /// assert_eq!(event.dataset_name.get()?, "cart");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CognitoEvent {
        dataset_name: String as "datasetName",
        dataset_records: Map<CognitoDatasetRecord> as "datasetRecords",
        event_type: String as "eventType",
        identity_id: String as "identityId",
        identity_pool_id: String as "identityPoolId",
        region: String,
        version: i64,
        ..other
    }

    /// A record of a data set.
    pub struct CognitoDatasetRecord {
        new_value: String as "newValue",
        old_value: String as "oldValue",
        op: String,
        ..other
    }
}

/// The user who signs up.
pub type CognitoEventUserPoolsPreSignupRequest = CognitoEventUserPoolsUserRequest;

/// The user who signs in.
pub type CognitoEventUserPoolsPreAuthenticationRequest = CognitoEventUserPoolsUserRequest;

/// The user who was confirmed.
pub type CognitoEventUserPoolsPostConfirmationRequest = CognitoEventUserPoolsUserRequest;

/// The user who has signed in.
pub type CognitoEventUserPoolsPostAuthenticationRequest = CognitoEventUserPoolsUserRequest;

/// The user who signs in, or has forgotten the password.
pub type CognitoEventUserPoolsMigrateUserRequest = CognitoEventUserPoolsUserRequest;

/// The challenges so far.
pub type CognitoEventUserPoolsDefineAuthChallengeRequest =
    CognitoEventUserPoolsAuthChallengeRequest;

/// The challenge to create.
pub type CognitoEventUserPoolsCreateAuthChallengeRequest =
    CognitoEventUserPoolsAuthChallengeRequest;

/// The user's response to a challenge.
pub type CognitoEventUserPoolsVerifyAuthChallengeRequest =
    CognitoEventUserPoolsAuthChallengeRequest;
