//! AWS AppSync: resolvers and authorizers of GraphQL APIs.

use alloc::string::String;
use alloc::vec::Vec;

use super::Map;
use super::field::event;
use crate::json::Value;

event! {
    /// A field to resolve, as a direct Lambda resolver gets it (AWS AppSync Developer Guide, "Context
    /// object reference"). The answer is the field's value.
    pub struct AppSyncDirectResolverEvent {
        /// Of AWS Amplify's `@function` directive, in place of `info`.
        type_name: String as "typeName",
        /// Of AWS Amplify's `@function` directive, in place of `info`.
        field_name: String as "fieldName",
        arguments: Map<Value>,
        identity: AppSyncIdentity,
        /// The parent's value.
        source: Map<Value>,
        request: AppSyncRequest,
        info: AppSyncInfo,
        prev: AppSyncPrevResult,
        stash: Map<Value>,
        /// Of errors in front.
        error: Value,
        result: Value,
        out_errors: Vec<Value> as "outErrors",
    }

    /// Who has asked; what is there depends on the API's authorization, and of an API key it is
    /// `null`.
    pub struct AppSyncIdentity {
        // IAM
        account_id: String as "accountId",
        cognito_identity_pool_id: String as "cognitoIdentityPoolId",
        cognito_identity_id: String as "cognitoIdentityId",
        cognito_identity_auth_type: String as "cognitoIdentityAuthType",
        cognito_identity_auth_provider: String as "cognitoIdentityAuthProvider",
        user_arn: String as "userArn",
        source_ip: Vec<String> as "sourceIp",
        username: String,
        /// The caller's unique ID; an IAM user's begins with `AIDA`.
        user: String,
        // Amazon Cognito user pools and OpenID Connect
        sub: String,
        issuer: String,
        claims: Map<Value>,
        /// `ALLOW` or `DENY`
        default_auth_strategy: String as "defaultAuthStrategy",
        groups: Vec<String>,
        // A function
        resolver_context: Map<Value> as "resolverContext",
        /// What a function of the Events API has returned.
        handler_context: Map<Value> as "handlerContext",
    }

    /// What the resolver in front has returned, in a pipeline.
    pub struct AppSyncPrevResult {
        result: Value,
    }

    /// Messages of a channel, or a subscription to it (AWS AppSync Events API Developer Guide, "AWS
    /// Lambda data source and direct Lambda integration").
    pub struct AppSyncEventsRequest {
        identity: AppSyncIdentity,
        result: Value,
        request: AppSyncRequest,
        info: AppSyncEventsInfo,
        error: Value,
        prev: Value,
        stash: Map<Value>,
        out_errors: Vec<Value> as "outErrors",
        /// Of `PUBLISH`.
        events: Vec<AppSyncEventsMessage>,
    }

    /// What is asked for.
    pub struct AppSyncEventsInfo {
        channel: AppSyncEventsChannel,
        channel_namespace: AppSyncEventsNamespace as "channelNamespace",
        /// `PUBLISH` or `SUBSCRIBE`
        operation: String,
    }

    /// A channel.
    pub struct AppSyncEventsChannel {
        path: String,
        segments: Vec<String>,
    }

    /// A namespace.
    pub struct AppSyncEventsNamespace {
        name: String,
    }

    /// A message; the answer has them in the same form.
    pub struct AppSyncEventsMessage {
        id: String,
        payload: Value,
        /// Of an answer: why this one is refused.
        error: String,
    }

    /// The request.
    pub struct AppSyncRequest {
        headers: Map<String>,
        domain_name: String as "domainName",
    }

    /// The query.
    pub struct AppSyncInfo {
        field_name: String as "fieldName",
        parent_type_name: String as "parentTypeName",
        variables: Map<Value>,
        selection_set_list: Vec<String> as "selectionSetList",
        selection_set_graphql: String as "selectionSetGraphQL",
    }

    /// What a mapping template hands on, for a request or a batch of them.
    pub struct AppSyncResolverTemplate {
        version: String,
        /// `Invoke` or `BatchInvoke`
        operation: String,
        payload: Value,
    }

    /// A question of an API to its authorizer ("Authorization and authentication", AWS_LAMBDA).
    pub struct AppSyncLambdaAuthorizerRequest {
        authorization_token: String as "authorizationToken",
        request_context: AppSyncLambdaAuthorizerRequestContext as "requestContext",
        request_headers: Map<String> as "requestHeaders",
    }

    /// What the caller wants.
    pub struct AppSyncLambdaAuthorizerRequestContext {
        api_id: String as "apiId",
        account_id: String as "accountId",
        request_id: String as "requestId",
        query_string: String as "queryString",
        query_document: String as "queryDocument",
        operation_name: String as "operationName",
        variables: Map<Value>,
    }

    /// The answer.
    pub struct AppSyncLambdaAuthorizerResponse {
        is_authorized: bool as "isAuthorized",
        /// For resolvers.
        resolver_context: Map<Value> as "resolverContext",
        denied_fields: Vec<String> as "deniedFields",
        /// In seconds.
        ttl_override: i64 as "ttlOverride",
    }
}
