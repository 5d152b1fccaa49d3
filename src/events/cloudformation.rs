//! AWS CloudFormation: custom resources.
//!
//! The provider framework of the AWS CDK takes a [`CloudFormationProviderResponse`] as the function's
//! response. Without it, the function sends a [`CloudFormationCustomResourceResponse`] by an HTTPS
//! request to [`response_url`](CloudFormationCustomResourceRequest::response_url), a presigned URL of
//! Amazon S3:
//!
//! - The method is `PUT`, and the body is that of
//!   [`to_body`](CloudFormationCustomResourceResponse::to_body).
//! - The header `content-type` is sent and empty, because the URL is signed for an empty one.
//! - The header `content-length` is sent, because S3 does not accept chunked bodies here.
//! - The function sends a response in every case. CloudFormation waits for it for one hour, or for the
//!   resource's `ServiceTimeout`.
//!
//! This crate has no TLS. With the crate `ureq`, version 3, a whole function is:
//!
//! ```ignore
//! use tiny_lambda::events::cloudformation::{
//!     CloudFormationCustomResourceRequest as Request, CloudFormationCustomResourceResponse as Response,
//! };
//! use tiny_lambda::{Context, Result, json_struct};
//!
//! json_struct! { struct Properties { bucket: String as "Bucket" } }
//!
//! fn main() -> ! {
//!     tiny_lambda::run(handle)
//! }
//!
//! fn handle(event: Request<Properties>, _: &Context) -> Result<()> {
//!     let response = match apply(&event) {
//!         Ok(id) => Response::success(&event, &id),
//!         Err(error) => Response::failed(&event, error.error_message()),
//!     };
//!     let body = response.to_body()?;
//!     ureq::put(event.response_url.get()?).header("content-type", "").send(&body[..])?;
//!     Ok(())
//! }
//!
//! /// Creates, updates or deletes the resource, and returns its physical ID.
//! fn apply(event: &Request<Properties>) -> Result<String> {
//!     match event.request_type.get()?.as_str() {
//!         "Delete" => Ok(event.physical_resource_id.get()?.clone()),
//!         _ => Ok(format!("notifier-of-{}", event.resource_properties.get()?.bucket)),
//!     }
//! }
//! ```

use super::Map;
use super::field::event;
use crate::error::{Error, Result};
use crate::json::{self, Value};

/// The longest response that CloudFormation accepts, in bytes (AWS CloudFormation User Guide, "Custom
/// resource response objects").
const BODY_LEN_MAX: usize = 4096;

event! {
    /// The event of AWS CloudFormation: a custom resource to create, update or delete (AWS
    /// CloudFormation User Guide, "CloudFormation custom resource request and response reference").
    /// `P` is the type of its properties, and `O` that of the properties before an update, which may be
    /// those of an older template. CloudFormation sends each number and boolean of a template as a
    /// string, and adds the property `ServiceToken`.
    ///
    /// ```
    /// use tiny_lambda::events::cloudformation::CloudFormationCustomResourceRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CloudFormationCustomResourceRequest =
    ///     json::parse(samples::CLOUDFORMATION.as_bytes())?;
    /// assert_eq!(event.request_type.get()?, "Update");
    /// assert_eq!(event.resource_properties.get()?.value("Bucket")?, "photos");
    ///
    /// tiny_lambda::json_struct! {
    ///     struct Notifier { bucket: String as "Bucket", prefixes: Vec<String> as "Prefixes" }
    /// }
    /// let event: CloudFormationCustomResourceRequest<Notifier> =
    ///     json::parse(samples::CLOUDFORMATION.as_bytes())?;
    /// assert_eq!(event.resource_properties.get()?.bucket, "photos");
    /// assert!(event.old_resource_properties.get()?.prefixes.is_empty());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CloudFormationCustomResourceRequest<P = Map<Value>, O = P> {
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
        resource_properties: P as "ResourceProperties",
        /// Only in requests to update a resource.
        old_resource_properties: O as "OldResourceProperties",
    }

    /// The response for a custom resource (the same page). [`success`](Self::success) and
    /// [`failed`](Self::failed) fill in what CloudFormation requires.
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

impl CloudFormationCustomResourceResponse {
    /// Returns the response to a request that succeeded. `physical_resource_id` has 1 to 1,024 bytes.
    /// If it differs from that of the request to update a resource, CloudFormation deletes the old
    /// resource by another request.
    ///
    /// ```
    /// use tiny_lambda::events::cloudformation::{
    ///     CloudFormationCustomResourceRequest, CloudFormationCustomResourceResponse,
    /// };
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let request: CloudFormationCustomResourceRequest =
    ///     json::parse(samples::CLOUDFORMATION.as_bytes())?;
    /// let mut response = CloudFormationCustomResourceResponse::success(&request, "notifier-1");
    /// response.data.get_or_insert_default().insert("Name", &"orders".into());
    /// assert_eq!(response.status.get()?, "SUCCESS");
    /// assert_eq!(response.request_id, request.request_id);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn success<P, O>(
        request: &CloudFormationCustomResourceRequest<P, O>,
        physical_resource_id: &str,
    ) -> Self {
        CloudFormationCustomResourceResponse {
            status: "SUCCESS".into(),
            physical_resource_id: physical_resource_id.into(),
            stack_id: request.stack_id.clone(),
            request_id: request.request_id.clone(),
            logical_resource_id: request.logical_resource_id.clone(),
            ..Self::default()
        }
    }

    /// Returns the response to a request that failed. The physical ID is that of the request. A
    /// request to create a resource has none; the response has the request ID then.
    ///
    /// ```
    /// use tiny_lambda::events::cloudformation::{
    ///     CloudFormationCustomResourceRequest, CloudFormationCustomResourceResponse,
    /// };
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let request: CloudFormationCustomResourceRequest =
    ///     json::parse(samples::CLOUDFORMATION.as_bytes())?;
    /// let response = CloudFormationCustomResourceResponse::failed(&request, "no such bucket");
    /// assert_eq!(response.reason.get()?, "no such bucket");
    /// assert_eq!(response.physical_resource_id.get()?, "notifier-1");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn failed<P, O>(request: &CloudFormationCustomResourceRequest<P, O>, reason: &str) -> Self {
        let id = request
            .physical_resource_id
            .ok()
            .or(request.request_id.ok());
        CloudFormationCustomResourceResponse {
            status: "FAILED".into(),
            reason: reason.into(),
            ..Self::success(request, id.map_or("", String::as_str))
        }
    }

    /// Returns the body of the `PUT` request to the response URL, at most 4,096 bytes. A longer
    /// `Reason` is cut off, so that a failure is reported in any case.
    ///
    /// ```
    /// use tiny_lambda::events::cloudformation::CloudFormationCustomResourceResponse as Response;
    ///
    /// let mut response = Response::default();
    /// response.status.set("FAILED");
    /// response.reason.set("x".repeat(5000));
    /// assert!(response.to_body()?.len() <= 4096);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the body is longer than 4,096 bytes without a reason: `Data` is too large.
    #[track_caller]
    pub fn to_body(&self) -> Result<Vec<u8>> {
        let mut body = json::to_vec(self);
        let mut shorter = self.clone();
        while body.len() > BODY_LEN_MAX {
            let reason = shorter.reason.take().unwrap_or_default();
            if reason.is_empty() {
                let problem = "the response to CloudFormation has more than 4096 bytes";
                return Err(Error::new("Runtime.ResponseTooLarge", problem));
            }
            // In JSON a character may have six bytes, so the number to remove is not known.
            let half: String = reason.chars().take(reason.chars().count() / 2).collect();
            shorter.reason.set(half);
            body = json::to_vec(&shorter);
        }
        Ok(body)
    }
}
