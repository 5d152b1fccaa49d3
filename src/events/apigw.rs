//! Amazon API Gateway: requests of REST, HTTP and WebSocket APIs as they come, and authorizers.
//!
//! A function that answers requests is simpler with [`run_http`](crate::run_http), which reads all
//! of them alike. These types are for those who want what only one kind has.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use super::iam::IamPolicyDocument;
use super::{EpochMillis, Map};
use crate::json::Value;

event! {
    /// A request to a REST API, or to an HTTP API with payload format 1.0 (Amazon API Gateway
    /// Developer Guide, "Lambda proxy integrations in API Gateway").
    pub struct ApiGatewayProxyRequest {
        /// `1.0`, of an HTTP API.
        version: String,
        resource: String,
        path: String,
        http_method: String as "httpMethod",
        /// Of headers with one name the last one.
        headers: Map<String>,
        multi_value_headers: Map<Vec<String>> as "multiValueHeaders",
        /// Decoded; of parameters with one name the last one.
        query_string_parameters: Map<String> as "queryStringParameters",
        multi_value_query_string_parameters: Map<Vec<String>> as "multiValueQueryStringParameters",
        path_parameters: Map<String> as "pathParameters",
        stage_variables: Map<String> as "stageVariables",
        request_context: ApiGatewayProxyRequestContext as "requestContext",
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// The answer to it.
    pub struct ApiGatewayProxyResponse {
        status_code: u16 as "statusCode",
        headers: Map<String>,
        multi_value_headers: Map<Vec<String>> as "multiValueHeaders",
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// What a REST API says about a request.
    pub struct ApiGatewayProxyRequestContext {
        account_id: String as "accountId",
        api_id: String as "apiId",
        resource_id: String as "resourceId",
        resource_path: String as "resourcePath",
        deployment_id: String as "deploymentId",
        operation_name: String as "operationName",
        stage: String,
        domain_name: String as "domainName",
        domain_prefix: String as "domainPrefix",
        request_id: String as "requestId",
        extended_request_id: String as "extendedRequestId",
        protocol: String,
        identity: ApiGatewayRequestIdentity,
        /// With the stage in front.
        path: String,
        http_method: String as "httpMethod",
        /// As in `15/Nov/2026:09:30:00 +0000`.
        request_time: String as "requestTime",
        request_time_epoch: EpochMillis as "requestTimeEpoch",
        /// `claims` of Amazon Cognito, or what a function of your own has returned.
        authorizer: Map<Value>,
        /// Of an authorizer's request with payload format 1.0.
        http: ApiGatewayV2HttpDescription,
        route_key: String as "routeKey",
        time: String,
        time_epoch: EpochMillis as "timeEpoch",
        /// Of a WebSocket API's authorizer, as those that follow.
        connection_id: String as "connectionId",
        connected_at: EpochMillis as "connectedAt",
        event_type: String as "eventType",
        message_direction: String as "messageDirection",
    }

    /// Who has sent a request.
    pub struct ApiGatewayRequestIdentity {
        cognito_identity_pool_id: String as "cognitoIdentityPoolId",
        account_id: String as "accountId",
        cognito_identity_id: String as "cognitoIdentityId",
        caller: String,
        api_key: String as "apiKey",
        api_key_id: String as "apiKeyId",
        access_key: String as "accessKey",
        source_ip: String as "sourceIp",
        cognito_authentication_type: String as "cognitoAuthenticationType",
        cognito_amr: Vec<String> as "cognitoAmr",
        cognito_authentication_provider: String as "cognitoAuthenticationProvider",
        user_arn: String as "userArn",
        user_agent: String as "userAgent",
        user: String,
        principal_org_id: String as "principalOrgId",
        client_cert: ClientCert as "clientCert",
    }

    /// A client's certificate, of mutual TLS.
    pub struct ClientCert {
        client_cert_pem: String as "clientCertPem",
        subject_dn: String as "subjectDN",
        issuer_dn: String as "issuerDN",
        serial_number: String as "serialNumber",
        validity: ClientCertValidity,
    }

    /// When a certificate holds, as in `May 28 12:30:02 2019 GMT`.
    pub struct ClientCertValidity {
        not_before: String as "notBefore",
        not_after: String as "notAfter",
    }

    /// A request to an HTTP API with payload format 2.0, or to a function URL (Amazon API Gateway
    /// Developer Guide, "AWS Lambda proxy integrations for HTTP APIs").
    pub struct ApiGatewayV2HttpRequest {
        /// `2.0`
        version: String,
        route_key: String as "routeKey",
        /// With the stage in front, unless that is `$default`.
        raw_path: String as "rawPath",
        raw_query_string: String as "rawQueryString",
        /// As in `name=value`; they are not among the headers.
        cookies: Vec<String>,
        /// In lower case; values of one name are joined with commas.
        headers: Map<String>,
        /// Values of one name are joined with commas.
        query_string_parameters: Map<String> as "queryStringParameters",
        path_parameters: Map<String> as "pathParameters",
        request_context: ApiGatewayV2HttpRequestContext as "requestContext",
        stage_variables: Map<String> as "stageVariables",
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// The answer to it.
    pub struct ApiGatewayV2HttpResponse {
        status_code: u16 as "statusCode",
        headers: Map<String>,
        /// Each is a `Set-Cookie`.
        cookies: Vec<String>,
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// What an HTTP API says about a request.
    pub struct ApiGatewayV2HttpRequestContext {
        route_key: String as "routeKey",
        route_id: String as "routeId",
        account_id: String as "accountId",
        stage: String,
        request_id: String as "requestId",
        authorizer: ApiGatewayV2Authorizer,
        api_id: String as "apiId",
        domain_name: String as "domainName",
        domain_prefix: String as "domainPrefix",
        /// As in `15/Nov/2026:09:30:00 +0000`.
        time: String,
        time_epoch: EpochMillis as "timeEpoch",
        http: ApiGatewayV2HttpDescription,
        authentication: ApiGatewayV2Authentication,
    }

    /// What an authorizer has found out.
    pub struct ApiGatewayV2Authorizer {
        jwt: ApiGatewayV2Jwt,
        /// What a function of your own has returned.
        lambda: Map<Value>,
        iam: ApiGatewayV2Iam,
    }

    /// A token.
    pub struct ApiGatewayV2Jwt {
        claims: Map<Value>,
        scopes: Vec<String>,
    }

    /// An identity of IAM.
    pub struct ApiGatewayV2Iam {
        access_key: String as "accessKey",
        account_id: String as "accountId",
        caller_id: String as "callerId",
        cognito_identity: ApiGatewayV2CognitoIdentity as "cognitoIdentity",
        principal_org_id: String as "principalOrgId",
        user_arn: String as "userArn",
        user_id: String as "userId",
    }

    /// An identity of Amazon Cognito.
    pub struct ApiGatewayV2CognitoIdentity {
        amr: Vec<String>,
        identity_id: String as "identityId",
        identity_pool_id: String as "identityPoolId",
    }

    /// The request itself.
    pub struct ApiGatewayV2HttpDescription {
        method: String,
        path: String,
        protocol: String,
        source_ip: String as "sourceIp",
        user_agent: String as "userAgent",
    }

    /// How the client has proved itself.
    pub struct ApiGatewayV2Authentication {
        client_cert: ClientCert as "clientCert",
    }

    /// What happens on a WebSocket (Amazon API Gateway Developer Guide, "Integrating backend
    /// services into WebSocket APIs").
    pub struct ApiGatewayWebsocketProxyRequest {
        resource: String,
        path: String,
        http_method: String as "httpMethod",
        headers: Map<String>,
        multi_value_headers: Map<Vec<String>> as "multiValueHeaders",
        query_string_parameters: Map<String> as "queryStringParameters",
        multi_value_query_string_parameters: Map<Vec<String>> as "multiValueQueryStringParameters",
        path_parameters: Map<String> as "pathParameters",
        stage_variables: Map<String> as "stageVariables",
        request_context: ApiGatewayWebsocketProxyRequestContext as "requestContext",
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// What the API says about it.
    pub struct ApiGatewayWebsocketProxyRequestContext {
        account_id: String as "accountId",
        resource_id: String as "resourceId",
        stage: String,
        request_id: String as "requestId",
        identity: ApiGatewayRequestIdentity,
        resource_path: String as "resourcePath",
        authorizer: Map<Value>,
        http_method: String as "httpMethod",
        api_id: String as "apiId",
        connected_at: EpochMillis as "connectedAt",
        /// What answers go to.
        connection_id: String as "connectionId",
        domain_name: String as "domainName",
        error: String,
        /// `CONNECT`, `MESSAGE` or `DISCONNECT`
        event_type: String as "eventType",
        extended_request_id: String as "extendedRequestId",
        operation_name: String as "operationName",
        integration_latency: String as "integrationLatency",
        /// `IN`
        message_direction: String as "messageDirection",
        message_id: String as "messageId",
        request_time: String as "requestTime",
        request_time_epoch: EpochMillis as "requestTimeEpoch",
        route_key: String as "routeKey",
        status: String,
        deployment_id: String as "deploymentId",
        domain_prefix: String as "domainPrefix",
        path: String,
        protocol: String,
        disconnect_status_code: i64 as "disconnectStatusCode",
        disconnect_reason: String as "disconnectReason",
    }

    /// A question of a REST API to a token authorizer (Amazon API Gateway Developer Guide, "Use API
    /// Gateway Lambda authorizers").
    pub struct ApiGatewayCustomAuthorizerRequest {
        /// `TOKEN`
        authorizer_type: String as "type",
        authorization_token: String as "authorizationToken",
        method_arn: String as "methodArn",
    }

    /// A question of a REST or WebSocket API to a request authorizer, or of an HTTP API in format 1.0.
    pub struct ApiGatewayCustomAuthorizerRequestTypeRequest {
        version: String,
        /// `REQUEST`
        authorizer_type: String as "type",
        method_arn: String as "methodArn",
        identity_source: String as "identitySource",
        authorization_token: String as "authorizationToken",
        resource: String,
        path: String,
        http_method: String as "httpMethod",
        headers: Map<String>,
        multi_value_headers: Map<Vec<String>> as "multiValueHeaders",
        query_string_parameters: Map<String> as "queryStringParameters",
        multi_value_query_string_parameters: Map<Vec<String>> as "multiValueQueryStringParameters",
        path_parameters: Map<String> as "pathParameters",
        stage_variables: Map<String> as "stageVariables",
        request_context: ApiGatewayProxyRequestContext as "requestContext",
    }

    /// The answer to them: what the caller may do.
    pub struct ApiGatewayCustomAuthorizerResponse {
        principal_id: String as "principalId",
        policy_document: IamPolicyDocument as "policyDocument",
        /// Strings, numbers and booleans, for the function behind.
        context: Map<Value>,
        usage_identifier_key: String as "usageIdentifierKey",
    }

    /// A question of an HTTP API in format 2.0.
    pub struct ApiGatewayV2CustomAuthorizerV2Request {
        version: String,
        /// `REQUEST`
        authorizer_type: String as "type",
        route_arn: String as "routeArn",
        identity_source: Vec<String> as "identitySource",
        route_key: String as "routeKey",
        raw_path: String as "rawPath",
        raw_query_string: String as "rawQueryString",
        cookies: Vec<String>,
        headers: Map<String>,
        query_string_parameters: Map<String> as "queryStringParameters",
        request_context: ApiGatewayV2HttpRequestContext as "requestContext",
        path_parameters: Map<String> as "pathParameters",
        stage_variables: Map<String> as "stageVariables",
    }

    /// The simple answer to it, where the API has switched that on; else it is a policy.
    pub struct ApiGatewayV2CustomAuthorizerSimpleResponse {
        is_authorized: bool as "isAuthorized",
        /// For the function behind.
        context: Map<Value>,
    }
}

/// A question of an HTTP API to an authorizer with payload format 1.0.
pub type ApiGatewayV2CustomAuthorizerV1Request = ApiGatewayCustomAuthorizerRequestTypeRequest;

/// An HTTP API takes the same policies as a REST API.
pub type ApiGatewayV2CustomAuthorizerIamPolicyResponse = ApiGatewayCustomAuthorizerResponse;

impl ApiGatewayCustomAuthorizerResponse {
    /// Lets `principal_id` call `resource`, an ARN in which `*` stands for anything.
    ///
    /// API Gateway keeps the answer for other methods of one caller: grant all that it may call.
    pub fn allow(principal_id: &str, resource: &str) -> Self {
        Self::new(
            principal_id,
            IamPolicyDocument::invoke_api("Allow", resource),
        )
    }

    /// Keeps `principal_id` from calling `resource`: 403. For a 401, return the error whose message
    /// is `Unauthorized`.
    pub fn deny(principal_id: &str, resource: &str) -> Self {
        Self::new(
            principal_id,
            IamPolicyDocument::invoke_api("Deny", resource),
        )
    }

    fn new(principal_id: &str, policy: IamPolicyDocument) -> Self {
        ApiGatewayCustomAuthorizerResponse {
            principal_id: principal_id.into(),
            policy_document: policy.into(),
            ..Self::default()
        }
    }
}

impl ApiGatewayV2CustomAuthorizerSimpleResponse {
    /// Yes or no.
    pub fn new(is_authorized: bool) -> Self {
        ApiGatewayV2CustomAuthorizerSimpleResponse {
            is_authorized: is_authorized.into(),
            ..Self::default()
        }
    }
}
