//! Amazon VPC Lattice: the events of a target group of Lambda functions.
//! [`run_http`](crate::run_http) reads them, and writes the responses.

use super::field::event;
use super::iam::OneOrMany;
use super::{EpochMicros, Map};

event! {
    /// The event of Amazon VPC Lattice, version 1.0: a request (Amazon VPC Lattice User Guide,
    /// "Lambda functions as targets in VPC Lattice").
    ///
    /// ```
    /// use tiny_lambda::events::vpc_lattice::VpcLatticeRequestV1;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: VpcLatticeRequestV1 = json::parse(samples::LATTICE_V1.as_bytes())?;
    /// assert_eq!(event.raw_path.get()?, "/orders/42");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct VpcLatticeRequestV1 {
        raw_path: String,
        method: String,
        headers: Map<String>,
        query_string_parameters: Map<String>,
        body: String,
        is_base64_encoded: bool,
    }

    /// The event of Amazon VPC Lattice, version 2.0: a request (the same page).
    ///
    /// ```
    /// use tiny_lambda::events::vpc_lattice::VpcLatticeRequestV2;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: VpcLatticeRequestV2 = json::parse(samples::LATTICE_V2.as_bytes())?;
    /// assert_eq!(event.path.get()?, "/orders/42");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct VpcLatticeRequestV2 {
        version: String,
        path: String,
        method: String,
        headers: Map<OneOrMany>,
        query_string_parameters: Map<OneOrMany> as "queryStringParameters" or "query_string_parameters",
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
        request_context: VpcLatticeRequestV2Context as "requestContext",
    }

    /// The response to both versions.
    ///
    /// ```
    /// use tiny_lambda::events::vpc_lattice::VpcLatticeResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: VpcLatticeResponse = json::parse(samples::LATTICE_RESPONSE.as_bytes())?;
    /// assert_eq!(response.status_description.get()?, "200 OK");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct VpcLatticeResponse {
        status_code: u16 as "statusCode",
        /// Code and reason phrase, such as `200 OK`.
        status_description: String as "statusDescription",
        headers: Map<String>,
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// The source of a request.
    pub struct VpcLatticeRequestV2Context {
        service_network_arn: String as "serviceNetworkArn",
        service_arn: String as "serviceArn",
        target_group_arn: String as "targetGroupArn",
        identity: VpcLatticeRequestV2Identity,
        region: String,
        time_epoch: EpochMicros as "timeEpoch",
    }

    /// The caller of a request.
    pub struct VpcLatticeRequestV2Identity {
        source_vpc_arn: String as "sourceVpcArn",
        /// `AWS_IAM` or `NONE`
        identity_type: String as "type",
        principal: String,
        principal_org_id: String as "principalOrgID",
        session_name: String as "sessionName",
        x509_issuer_ou: String as "x509IssuerOu",
        x509_san_dns: String as "x509SanDns",
        x509_san_name_cn: String as "x509SanNameCn",
        x509_san_uri: String as "x509SanUri",
        x509_subject_cn: String as "x509SubjectCn",
    }
}
