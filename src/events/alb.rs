//! Application Load Balancers: requests to a target group of Lambda functions, as they come.
//! [`run_http`](crate::run_http) reads and answers them like any other.

use alloc::string::String;
use alloc::vec::Vec;

use super::Map;
use super::field::event;

event! {
    /// A request (Elastic Load Balancing, Application Load Balancers, "Lambda functions as targets").
    /// It has single values or lists of them, as the target group is set.
    pub struct AlbTargetGroupRequest {
        http_method: String as "httpMethod",
        path: String,
        /// Encoded.
        query_string_parameters: Map<String> as "queryStringParameters",
        /// Encoded.
        multi_value_query_string_parameters: Map<Vec<String>> as "multiValueQueryStringParameters",
        headers: Map<String>,
        multi_value_headers: Map<Vec<String>> as "multiValueHeaders",
        request_context: AlbTargetGroupRequestContext as "requestContext",
        is_base64_encoded: bool as "isBase64Encoded",
        body: String,
    }

    /// The answer to it.
    pub struct AlbTargetGroupResponse {
        status_code: u16 as "statusCode",
        /// As in `200 OK`.
        status_description: String as "statusDescription",
        headers: Map<String>,
        multi_value_headers: Map<Vec<String>> as "multiValueHeaders",
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// Where a request comes from.
    pub struct AlbTargetGroupRequestContext {
        elb: ElbContext,
    }

    /// The load balancer.
    pub struct ElbContext {
        target_group_arn: String as "targetGroupArn",
    }
}
