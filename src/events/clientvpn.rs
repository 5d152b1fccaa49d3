//! AWS Client VPN: who may connect.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;

event! {
    /// A client that wants to connect (AWS Client VPN Administrator Guide, "Connection
    /// authorization").
    pub struct ClientVpnConnectionHandlerRequest {
        connection_id: String as "connection-id",
        endpoint_id: String as "endpoint-id",
        common_name: String as "common-name",
        username: String,
        /// `OS`
        os_platform: String as "platform",
        os_platform_version: String as "platform-version",
        public_ip: String as "public-ip",
        client_openvpn_version: String as "client-openvpn-version",
        aws_client_version: String as "aws-client-version",
        groups: String,
        /// `v1`, `v2` or `v3`
        schema_version: String as "schema-version",
    }

    /// The answer.
    pub struct ClientVpnConnectionHandlerResponse {
        allow: bool,
        /// What the client is shown, if it may not.
        error_msg_on_failed_posture_compliance: String
            as "error-msg-on-failed-posture-compliance",
        error_msg_on_denied_connection: String as "error-msg-on-denied-connection",
        posture_compliance_statuses: Vec<String> as "posture-compliance-statuses",
        schema_version: String as "schema-version",
    }
}
