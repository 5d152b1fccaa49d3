//! AWS CloudFormation: requests for custom resources, and their answers.
//!
//! CloudFormation wants the answer by `PUT` to [`response_url`](CloudFormationCustomResourceRequest),
//! over HTTPS, which is beyond this crate. The CDK's provider framework does that for its
//! functions, which return a [`CloudFormationProviderResponse`].

use alloc::string::String;

use super::Map;
use super::field::event;
use crate::json::Value;

event! {
    /// A request (AWS CloudFormation User Guide, "Custom resource request objects").
    pub struct CloudFormationCustomResourceRequest {
        /// `Create`, `Update` or `Delete`
        request_type: String as "RequestType",
        request_id: String as "RequestId",
        /// Where the answer goes; the provider framework leaves it out.
        response_url: String as "ResponseURL",
        resource_type: String as "ResourceType",
        logical_resource_id: String as "LogicalResourceId",
        /// Of updates and deletions.
        physical_resource_id: String as "PhysicalResourceId",
        stack_id: String as "StackId",
        service_token: String as "ServiceToken",
        resource_properties: Map<Value> as "ResourceProperties",
        /// Of updates.
        old_resource_properties: Map<Value> as "OldResourceProperties",
    }

    /// An answer ("Custom resource response objects"): 4 KB at most.
    pub struct CloudFormationCustomResourceResponse {
        /// `SUCCESS` or `FAILED`
        status: String as "Status",
        /// Why it has failed.
        reason: String as "Reason",
        physical_resource_id: String as "PhysicalResourceId",
        stack_id: String as "StackId",
        request_id: String as "RequestId",
        logical_resource_id: String as "LogicalResourceId",
        no_echo: bool as "NoEcho",
        data: Map<Value> as "Data",
    }

    /// What a function behind the CDK's provider framework returns.
    pub struct CloudFormationProviderResponse {
        physical_resource_id: String as "PhysicalResourceId",
        no_echo: bool as "NoEcho",
        data: Map<Value> as "Data",
    }
}
