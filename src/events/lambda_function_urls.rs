//! Lambda function URLs: their events are those of an HTTP API.
//! [`run_http`](crate::run_http) reads them, and writes the responses.

use super::apigw::{
    ApiGatewayV2HttpRequest, ApiGatewayV2HttpRequestContext, ApiGatewayV2HttpResponse,
};

/// The event of a function URL: a request (AWS Lambda Developer Guide, "Invoking Lambda function
/// URLs").
pub type LambdaFunctionUrlRequest = ApiGatewayV2HttpRequest;

/// The context of a request to a function URL.
pub type LambdaFunctionUrlRequestContext = ApiGatewayV2HttpRequestContext;

/// The response to a [`LambdaFunctionUrlRequest`].
pub type LambdaFunctionUrlResponse = ApiGatewayV2HttpResponse;
