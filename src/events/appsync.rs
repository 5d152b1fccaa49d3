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
        arguments: Map<Value>,
        /// Its form is that of the API's authorization.
        identity: Value,
        /// The parent's value.
        source: Map<Value>,
        request: AppSyncRequest,
        info: AppSyncInfo,
        prev: Value,
        stash: Map<Value>,
        /// Of errors in front.
        error: Value,
        result: Value,
        out_errors: Vec<Value> as "outErrors",
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
