//! Amazon VPC Lattice: requests to a target group of Lambda functions, as they come.
//! [`run_http`](crate::run_http) reads and answers them like any other.

use alloc::string::String;

use super::field::event;
use super::iam::OneOrMany;
use super::{EpochMicros, Map};

event! {
    /// A request, event version 1.0 (Amazon VPC Lattice User Guide, "Lambda functions as targets").
    pub struct VpcLatticeRequestV1 {
        raw_path: String,
        method: String,
        headers: Map<String>,
        query_string_parameters: Map<String>,
        body: String,
        is_base64_encoded: bool,
    }

    /// A request, event version 2.0.
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

    /// The answer to both.
    pub struct VpcLatticeResponse {
        status_code: u16 as "statusCode",
        /// As in `200 OK`.
        status_description: String as "statusDescription",
        headers: Map<String>,
        body: String,
        is_base64_encoded: bool as "isBase64Encoded",
    }

    /// Where a request comes from.
    pub struct VpcLatticeRequestV2Context {
        service_network_arn: String as "serviceNetworkArn",
        service_arn: String as "serviceArn",
        target_group_arn: String as "targetGroupArn",
        identity: VpcLatticeRequestV2Identity,
        region: String,
        time_epoch: EpochMicros as "timeEpoch",
    }

    /// Who has sent it.
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
