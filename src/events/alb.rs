//! Application Load Balancers: the events of a target group of Lambda functions.
//! [`run_http`](crate::run_http) reads them, and writes the responses.

use super::Map;
use super::field::event;

event! {
    /// The event of an Application Load Balancer: a request (User Guide for Application Load
    /// Balancers, "Use Lambda functions as targets of an Application Load Balancer"). The attribute
    /// `lambda.multi_value_headers.enabled` of the target group decides whether values are strings
    /// or lists of strings.
    ///
    /// ```
    /// use tiny_lambda::events::alb::AlbTargetGroupRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: AlbTargetGroupRequest = json::parse(samples::ALB.as_bytes())?;
    /// assert_eq!(event.http_method.get()?, "POST");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AlbTargetGroupRequest {
        http_method: String as "httpMethod",
        path: String,
        /// The values as the caller encoded them.
        query_string_parameters: Map<String> as "queryStringParameters",
        /// The values as the caller encoded them.
        multi_value_query_string_parameters: Map<Vec<String>> as "multiValueQueryStringParameters",
        headers: Map<String>,
        multi_value_headers: Map<Vec<String>> as "multiValueHeaders",
        request_context: AlbTargetGroupRequestContext as "requestContext",
        /// Whether `body` is bytes in base64.
        is_base64_encoded: bool as "isBase64Encoded",
        body: String,
    }

    /// The response to an [`AlbTargetGroupRequest`].
    ///
    /// ```
    /// use tiny_lambda::events::alb::AlbTargetGroupResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: AlbTargetGroupResponse = json::parse(samples::ALB_RESPONSE.as_bytes())?;
    /// assert_eq!(response.status_description.get()?, "200 OK");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AlbTargetGroupResponse {
        status_code: u16 as "statusCode",
        /// Code and reason phrase, such as `200 OK`.
        status_description: String as "statusDescription",
        headers: Map<String>,
        multi_value_headers: Map<Vec<String>> as "multiValueHeaders",
        body: String,
        /// Whether `body` is bytes in base64.
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// The source of a request.
    pub struct AlbTargetGroupRequestContext {
        elb: ElbContext,
    }

    /// The load balancer of a request.
    pub struct ElbContext {
        /// The ARN of the target group.
        target_group_arn: String as "targetGroupArn",
    }
}
