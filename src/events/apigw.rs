//! Amazon API Gateway: the events of REST, HTTP and WebSocket APIs, and of Lambda authorizers.
//!
//! A function that responds to web requests is simpler with [`run_http`](crate::run_http), which
//! reads the events of all services that send web requests. These types have the members that only one kind of event
//! has.

use super::field::event;
use super::iam::IamPolicyDocument;
use super::{EpochMillis, Map};
use crate::json::Value;

event! {
    /// The event of an Amazon API Gateway REST API, or of an HTTP API with payload format 1.0: a
    /// request (Amazon API Gateway Developer Guide, "Lambda proxy integrations in API Gateway").
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayProxyRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: ApiGatewayProxyRequest = json::parse(samples::REST_API.as_bytes())?;
    /// assert_eq!(event.resource.get()?, "/orders/{id}");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ApiGatewayProxyRequest {
        /// `1.0` in an event of an HTTP API; a REST API sends no version.
        version: String,
        resource: String,
        path: String,
        http_method: String as "httpMethod",
        /// The last value of each header.
        headers: Map<String>,
        multi_value_headers: Map<Vec<String>> as "multiValueHeaders",
        /// Decoded; the last value of each parameter.
        query_string_parameters: Map<String> as "queryStringParameters",
        multi_value_query_string_parameters: Map<Vec<String>> as "multiValueQueryStringParameters",
        path_parameters: Map<String> as "pathParameters",
        stage_variables: Map<String> as "stageVariables",
        request_context: ApiGatewayProxyRequestContext as "requestContext",
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// The response to an [`ApiGatewayProxyRequest`].
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayProxyResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: ApiGatewayProxyResponse =
    ///     json::parse(samples::REST_API_RESPONSE.as_bytes())?;
    /// assert_eq!(response.body.get()?, "two teas");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ApiGatewayProxyResponse {
        status_code: u16 as "statusCode",
        headers: Map<String>,
        multi_value_headers: Map<Vec<String>> as "multiValueHeaders",
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// The context of a request to a REST API, or of an event of a WebSocket API.
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
        /// Begins with the stage.
        path: String,
        http_method: String as "httpMethod",
        /// A time such as `15/Nov/2026:09:30:00 +0000`.
        request_time: String as "requestTime",
        request_time_epoch: EpochMillis as "requestTimeEpoch",
        /// `claims` of an Amazon Cognito authorizer, or the `context` that a Lambda authorizer
        /// returned.
        authorizer: Map<Value>,
        /// Only in events for an authorizer with payload format 1.0.
        http: ApiGatewayV2HttpDescription,
        route_key: String as "routeKey",
        time: String,
        time_epoch: EpochMillis as "timeEpoch",
        // The next members are only in events of a WebSocket API.
        /// The ID of the connection, to which messages can be sent.
        connection_id: String as "connectionId",
        connected_at: EpochMillis as "connectedAt",
        /// `CONNECT`, `MESSAGE` or `DISCONNECT`
        event_type: String as "eventType",
        /// `IN`
        message_direction: String as "messageDirection",
        message_id: String as "messageId",
        integration_latency: String as "integrationLatency",
        status: String,
        error: String,
        disconnect_status_code: i64 as "disconnectStatusCode",
        disconnect_reason: String as "disconnectReason",
    }

    /// The caller of a request.
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

    /// The certificate of a client that uses mutual TLS.
    pub struct ClientCert {
        client_cert_pem: String as "clientCertPem",
        subject_dn: String as "subjectDN",
        issuer_dn: String as "issuerDN",
        serial_number: String as "serialNumber",
        validity: ClientCertValidity,
    }

    /// The period in which a certificate is valid, as in `May 28 12:30:02 2019 GMT`.
    pub struct ClientCertValidity {
        not_before: String as "notBefore",
        not_after: String as "notAfter",
    }

    /// The event of an Amazon API Gateway HTTP API with payload format 2.0, or of a function URL: a
    /// request (Amazon API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP
    /// APIs in API Gateway").
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayV2HttpRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: ApiGatewayV2HttpRequest = json::parse(samples::HTTP_API.as_bytes())?;
    /// assert_eq!(event.route_key.get()?, "POST /orders/{id}");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ApiGatewayV2HttpRequest {
        /// `2.0`
        version: String,
        route_key: String as "routeKey",
        /// Begins with the stage, unless that is `$default`.
        raw_path: String as "rawPath",
        raw_query_string: String as "rawQueryString",
        /// Each is `name=value`. They are not in `headers`.
        cookies: Vec<String>,
        /// Names are in lower case; values of one name are joined by commas.
        headers: Map<String>,
        /// Values of one name are joined by commas.
        query_string_parameters: Map<String> as "queryStringParameters",
        path_parameters: Map<String> as "pathParameters",
        request_context: ApiGatewayV2HttpRequestContext as "requestContext",
        stage_variables: Map<String> as "stageVariables",
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// The response to an [`ApiGatewayV2HttpRequest`].
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayV2HttpResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: ApiGatewayV2HttpResponse =
    ///     json::parse(samples::HTTP_API_RESPONSE.as_bytes())?;
    /// assert_eq!(response.body.get()?, "two teas");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ApiGatewayV2HttpResponse {
        status_code: u16 as "statusCode",
        headers: Map<String>,
        /// The values of the `Set-Cookie` headers.
        cookies: Vec<String>,
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// The context of a request to an HTTP API.
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
        /// A time such as `15/Nov/2026:09:30:00 +0000`.
        time: String,
        time_epoch: EpochMillis as "timeEpoch",
        http: ApiGatewayV2HttpDescription,
        authentication: ApiGatewayV2Authentication,
    }

    /// The result of the authorizer: one of these members.
    pub struct ApiGatewayV2Authorizer {
        jwt: ApiGatewayV2Jwt,
        /// The `context` that a Lambda authorizer returned.
        lambda: Map<Value>,
        iam: ApiGatewayV2Iam,
    }

    /// A JSON Web Token that the JWT authorizer has verified.
    pub struct ApiGatewayV2Jwt {
        claims: Map<Value>,
        scopes: Vec<String>,
    }

    /// The IAM identity of a caller.
    pub struct ApiGatewayV2Iam {
        access_key: String as "accessKey",
        account_id: String as "accountId",
        caller_id: String as "callerId",
        cognito_identity: ApiGatewayV2CognitoIdentity as "cognitoIdentity",
        principal_org_id: String as "principalOrgId",
        user_arn: String as "userArn",
        user_id: String as "userId",
    }

    /// The Amazon Cognito identity of a caller.
    pub struct ApiGatewayV2CognitoIdentity {
        amr: Vec<String>,
        identity_id: String as "identityId",
        identity_pool_id: String as "identityPoolId",
    }

    /// The request line and the caller of a request.
    pub struct ApiGatewayV2HttpDescription {
        method: String,
        path: String,
        protocol: String,
        source_ip: String as "sourceIp",
        user_agent: String as "userAgent",
    }

    /// The method by which a client has authenticated itself.
    pub struct ApiGatewayV2Authentication {
        client_cert: ClientCert as "clientCert",
    }

    /// The event of an Amazon API Gateway REST API for a Lambda authorizer of type `TOKEN` (Amazon
    /// API Gateway Developer Guide, "Use API Gateway Lambda authorizers").
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayCustomAuthorizerRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: ApiGatewayCustomAuthorizerRequest =
    ///     json::parse(samples::AUTHORIZER_TOKEN.as_bytes())?;
    /// assert_eq!(event.authorization_token.get()?, "Bearer 31d4d96e");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ApiGatewayCustomAuthorizerRequest {
        /// `TOKEN`
        authorizer_type: String as "type",
        authorization_token: String as "authorizationToken",
        method_arn: String as "methodArn",
    }

    /// The event of a REST or WebSocket API for a Lambda authorizer of type `REQUEST`, or of an
    /// HTTP API for an authorizer with payload format 1.0.
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: ApiGatewayCustomAuthorizerRequestTypeRequest =
    ///     json::parse(samples::AUTHORIZER_REQUEST.as_bytes())?;
    /// assert_eq!(event.resource.get()?, "/orders/{id}");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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

    /// The response of a Lambda authorizer: a policy that allows or denies calls.
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayCustomAuthorizerResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: ApiGatewayCustomAuthorizerResponse =
    ///     json::parse(samples::AUTHORIZER_RESPONSE.as_bytes())?;
    /// assert_eq!(response.principal_id.get()?, "user-7");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ApiGatewayCustomAuthorizerResponse {
        principal_id: String as "principalId",
        policy_document: IamPolicyDocument as "policyDocument",
        /// Strings, numbers and booleans for the function that handles the request.
        context: Map<Value>,
        usage_identifier_key: String as "usageIdentifierKey",
    }

    /// The event of an HTTP API for a Lambda authorizer with payload format 2.0 (Amazon API Gateway
    /// Developer Guide, "Control access to HTTP APIs with AWS Lambda authorizers").
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayV2CustomAuthorizerV2Request;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: ApiGatewayV2CustomAuthorizerV2Request =
    ///     json::parse(samples::AUTHORIZER_HTTP_API.as_bytes())?;
    /// assert_eq!(event.route_key.get()?, "GET /orders");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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

    /// The simple response of a Lambda authorizer, for an HTTP API that has simple responses
    /// enabled.
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayV2CustomAuthorizerSimpleResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: ApiGatewayV2CustomAuthorizerSimpleResponse =
    ///     json::parse(samples::AUTHORIZER_SIMPLE_RESPONSE.as_bytes())?;
    /// assert!(*response.is_authorized.get()?);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ApiGatewayV2CustomAuthorizerSimpleResponse {
        is_authorized: bool as "isAuthorized",
        /// Values for the function that handles the request.
        context: Map<Value>,
    }
}

/// The event of an Amazon API Gateway WebSocket API: a connection that opens or closes, or a message
/// (Amazon API Gateway Developer Guide, "Integrations for WebSocket APIs in API Gateway").
pub type ApiGatewayWebsocketProxyRequest = ApiGatewayProxyRequest;

/// The context of an event of a WebSocket API.
pub type ApiGatewayWebsocketProxyRequestContext = ApiGatewayProxyRequestContext;

/// The event of an HTTP API for a Lambda authorizer with payload format 1.0.
pub type ApiGatewayV2CustomAuthorizerV1Request = ApiGatewayCustomAuthorizerRequestTypeRequest;

/// The response of a Lambda authorizer to an HTTP API: the same policy as for a REST API.
pub type ApiGatewayV2CustomAuthorizerIamPolicyResponse = ApiGatewayCustomAuthorizerResponse;

impl ApiGatewayCustomAuthorizerResponse {
    /// Returns a policy that allows `principal_id` to call `resource`, an ARN in which `*` matches
    /// any text.
    ///
    /// API Gateway caches the policy for the other requests of the caller, so it should allow
    /// everything that the caller may call.
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayCustomAuthorizerResponse;
    ///
    /// let api = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*";
    /// let response = ApiGatewayCustomAuthorizerResponse::allow("ada", api);
    /// assert_eq!(response.principal_id.get()?, "ada");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn allow(principal_id: &str, resource: &str) -> Self {
        Self::with_effect("Allow", principal_id, resource)
    }

    /// Returns a policy that denies `principal_id` calls of `resource`: the caller receives status
    /// 403. For status 401, return an error whose message is `Unauthorized`.
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayCustomAuthorizerResponse;
    ///
    /// let response = ApiGatewayCustomAuthorizerResponse::deny("ada", "*");
    /// let policy = response.policy_document.get()?;
    /// assert_eq!(policy.statement.get()?[0].effect.get()?, "Deny");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn deny(principal_id: &str, resource: &str) -> Self {
        Self::with_effect("Deny", principal_id, resource)
    }

    fn with_effect(effect: &str, principal_id: &str, resource: &str) -> Self {
        ApiGatewayCustomAuthorizerResponse {
            principal_id: principal_id.into(),
            policy_document: IamPolicyDocument::invoke_api(effect, resource).into(),
            ..Self::default()
        }
    }
}

impl ApiGatewayV2CustomAuthorizerSimpleResponse {
    /// Returns a response that allows or denies the request.
    ///
    /// ```
    /// use tiny_lambda::events::apigw::ApiGatewayV2CustomAuthorizerSimpleResponse;
    /// use tiny_lambda::json;
    ///
    /// let response = ApiGatewayV2CustomAuthorizerSimpleResponse::new(true);
    /// assert_eq!(json::to_vec(&response), br#"{"isAuthorized":true}"#);
    /// ```
    pub fn new(is_authorized: bool) -> Self {
        ApiGatewayV2CustomAuthorizerSimpleResponse {
            is_authorized: is_authorized.into(),
            ..Self::default()
        }
    }
}
