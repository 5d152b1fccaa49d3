//! AWS AppSync: resolvers and authorizers of GraphQL and Events APIs.

use super::Map;
use super::field::event;
use crate::json::Value;

event! {
    /// The event of AWS AppSync for a direct Lambda resolver: a field to resolve (AWS AppSync
    /// Developer Guide, "AWS AppSync JavaScript resolver context object reference"). The response
    /// is the value of the field.
    ///
    /// ```
    /// use tiny_lambda::events::appsync::AppSyncDirectResolverEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: AppSyncDirectResolverEvent = json::parse(samples::APPSYNC.as_bytes())?;
    /// assert_eq!(event.identity.get()?.username.get()?, "ada");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AppSyncDirectResolverEvent {
        /// In events of AWS Amplify's `@function` directive, which have no `info`.
        type_name: String as "typeName",
        /// In events of AWS Amplify's `@function` directive, which have no `info`.
        field_name: String as "fieldName",
        arguments: Map<Value>,
        identity: AppSyncIdentity,
        /// The value of the parent field.
        source: Map<Value>,
        request: AppSyncRequest,
        info: AppSyncInfo,
        prev: AppSyncPrevResult,
        stash: Map<Value>,
        /// The error of an earlier step.
        error: Value,
        result: Value,
        out_errors: Vec<Value> as "outErrors",
    }

    /// The caller of a request. The authorization mode of the API decides which members it has;
    /// with an API key it is `null`.
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
        /// The unique ID of the caller; that of an IAM user begins with `AIDA`.
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
        /// The context that a Lambda authorizer of an Events API returned.
        handler_context: Map<Value> as "handlerContext",
    }

    /// The result of the previous function of a pipeline resolver.
    pub struct AppSyncPrevResult {
        result: Value,
    }

    /// The event of an AWS AppSync Events API: messages that are published to a channel, or a
    /// subscription to it (AWS AppSync Events API Developer Guide, "Direct data source integrations
    /// using Lambda").
    ///
    /// ```
    /// use tiny_lambda::events::appsync::AppSyncEventsRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: AppSyncEventsRequest = json::parse(samples::APPSYNC_EVENTS.as_bytes())?;
    /// assert_eq!(event.identity.get()?.account_id.get()?, "123456789012");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AppSyncEventsRequest {
        identity: AppSyncIdentity,
        result: Value,
        request: AppSyncRequest,
        info: AppSyncEventsInfo,
        error: Value,
        prev: Value,
        stash: Map<Value>,
        out_errors: Vec<Value> as "outErrors",
        /// The messages, if the operation is `PUBLISH`.
        events: Vec<AppSyncEventsMessage>,
    }

    /// The operation and the channel of an event.
    pub struct AppSyncEventsInfo {
        channel: AppSyncEventsChannel,
        channel_namespace: AppSyncEventsNamespace as "channelNamespace",
        /// `PUBLISH` or `SUBSCRIBE`
        operation: String,
    }

    /// The channel of an event.
    pub struct AppSyncEventsChannel {
        path: String,
        segments: Vec<String>,
    }

    /// The namespace of a channel.
    pub struct AppSyncEventsNamespace {
        name: String,
    }

    /// A message of a channel. The response has messages of the same form.
    pub struct AppSyncEventsMessage {
        id: String,
        payload: Value,
        /// In a response: why this message is rejected.
        error: String,
    }

    /// The HTTP request of the caller.
    pub struct AppSyncRequest {
        headers: Map<String>,
        domain_name: String as "domainName",
    }

    /// The GraphQL query that has the field.
    pub struct AppSyncInfo {
        field_name: String as "fieldName",
        parent_type_name: String as "parentTypeName",
        variables: Map<Value>,
        selection_set_list: Vec<String> as "selectionSetList",
        selection_set_graphql: String as "selectionSetGraphQL",
    }

    /// The data that a request mapping template passes to the function: a request, or a batch of them (AWS
    /// AppSync Developer Guide, "AWS AppSync resolver mapping template reference for Lambda").
    ///
    /// ```
    /// use tiny_lambda::events::appsync::AppSyncResolverTemplate;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: AppSyncResolverTemplate = json::parse(samples::APPSYNC_TEMPLATE.as_bytes())?;
    /// assert_eq!(event.operation.get()?, "Invoke");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AppSyncResolverTemplate {
        version: String,
        /// `Invoke` or `BatchInvoke`
        operation: String,
        payload: Value,
    }

    /// The event of AWS AppSync for a Lambda authorizer (AWS AppSync Developer Guide, "Configuring
    /// authorization and authentication to secure your GraphQL APIs", AWS_LAMBDA).
    ///
    /// ```
    /// use tiny_lambda::events::appsync::AppSyncLambdaAuthorizerRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: AppSyncLambdaAuthorizerRequest =
    ///     json::parse(samples::APPSYNC_AUTHORIZER.as_bytes())?;
    /// assert_eq!(event.authorization_token.get()?, "custom-token");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AppSyncLambdaAuthorizerRequest {
        authorization_token: String as "authorizationToken",
        request_context: AppSyncLambdaAuthorizerRequestContext as "requestContext",
        request_headers: Map<String> as "requestHeaders",
    }

    /// The request that is to be authorized.
    pub struct AppSyncLambdaAuthorizerRequestContext {
        api_id: String as "apiId",
        account_id: String as "accountId",
        request_id: String as "requestId",
        query_string: String as "queryString",
        query_document: String as "queryDocument",
        operation_name: String as "operationName",
        variables: Map<Value>,
    }

    /// The response of a Lambda authorizer.
    ///
    /// ```
    /// use tiny_lambda::events::appsync::AppSyncLambdaAuthorizerResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: AppSyncLambdaAuthorizerResponse =
    ///     json::parse(samples::APPSYNC_AUTHORIZER_RESPONSE.as_bytes())?;
    /// assert!(*response.is_authorized.get()?);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AppSyncLambdaAuthorizerResponse {
        is_authorized: bool as "isAuthorized",
        /// Values for the resolvers.
        resolver_context: Map<Value> as "resolverContext",
        denied_fields: Vec<String> as "deniedFields",
        /// How long the response is cached, in seconds.
        ttl_override: i64 as "ttlOverride",
    }
}
