//! Lambda function URLs: requests as they come, which are those of an HTTP API.
//! [`run_http`](crate::run_http) reads and answers them like any other.

use super::apigw::{
    ApiGatewayV2HttpRequest, ApiGatewayV2HttpRequestContext, ApiGatewayV2HttpResponse,
};

/// A request to a function URL (AWS Lambda Developer Guide, "Invoking Lambda function URLs").
pub type LambdaFunctionUrlRequest = ApiGatewayV2HttpRequest;

/// What Lambda says about a request.
pub type LambdaFunctionUrlRequestContext = ApiGatewayV2HttpRequestContext;

/// The answer to it.
pub type LambdaFunctionUrlResponse = ApiGatewayV2HttpResponse;
