//! AWS CloudFormation: custom resources.
//!
//! CloudFormation expects the response as an HTTPS `PUT` request to
//! [`response_url`](CloudFormationCustomResourceRequest::response_url). This crate has no HTTPS
//! client. The provider framework of the AWS CDK sends it for its functions, which return a
//! [`CloudFormationProviderResponse`].

use super::Map;
use super::field::event;
use crate::json::Value;

event! {
    /// The event of AWS CloudFormation: a custom resource to create, update or delete (AWS
    /// CloudFormation User Guide, "CloudFormation custom resource request and response reference").
    ///
    /// ```
    /// use tiny_lambda::events::cloudformation::CloudFormationCustomResourceRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CloudFormationCustomResourceRequest =
    ///     json::parse(samples::CLOUDFORMATION.as_bytes())?;
    /// assert_eq!(event.request_type.get()?, "Update");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CloudFormationCustomResourceRequest {
        /// `Create`, `Update` or `Delete`
        request_type: String as "RequestType",
        request_id: String as "RequestId",
        /// The URL for the response; events of the provider framework do not have it.
        response_url: String as "ResponseURL",
        resource_type: String as "ResourceType",
        logical_resource_id: String as "LogicalResourceId",
        /// Missing in requests to create a resource.
        physical_resource_id: String as "PhysicalResourceId",
        stack_id: String as "StackId",
        service_token: String as "ServiceToken",
        resource_properties: Map<Value> as "ResourceProperties",
        /// Only in requests to update a resource.
        old_resource_properties: Map<Value> as "OldResourceProperties",
    }

    /// The response for a custom resource (the same page), at most 4,096 bytes.
    ///
    /// ```
    /// use tiny_lambda::events::cloudformation::CloudFormationCustomResourceResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: CloudFormationCustomResourceResponse =
    ///     json::parse(samples::CLOUDFORMATION_RESPONSE.as_bytes())?;
    /// assert_eq!(response.status.get()?, "SUCCESS");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CloudFormationCustomResourceResponse {
        /// `SUCCESS` or `FAILED`
        status: String as "Status",
        /// Why the request failed.
        reason: String as "Reason",
        physical_resource_id: String as "PhysicalResourceId",
        stack_id: String as "StackId",
        request_id: String as "RequestId",
        logical_resource_id: String as "LogicalResourceId",
        /// Whether CloudFormation masks `Data` in its output.
        no_echo: bool as "NoEcho",
        /// Values for `Fn::GetAtt`.
        data: Map<Value> as "Data",
    }

    /// The response of a function of the CDK's provider framework.
    ///
    /// ```
    /// use tiny_lambda::events::cloudformation::CloudFormationProviderResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: CloudFormationProviderResponse =
    ///     json::parse(samples::CLOUDFORMATION_PROVIDER_RESPONSE.as_bytes())?;
    /// assert_eq!(response.physical_resource_id.get()?, "bucket-7");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CloudFormationProviderResponse {
        physical_resource_id: String as "PhysicalResourceId",
        /// Whether CloudFormation masks `Data` in its output.
        no_echo: bool as "NoEcho",
        /// Values for `Fn::GetAtt`.
        data: Map<Value> as "Data",
    }
}
