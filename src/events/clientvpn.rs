//! AWS Client VPN: client connect handlers.

use super::field::event;

event! {
    /// The event of AWS Client VPN: a client that connects (AWS Client VPN Administrator Guide,
    /// "Connection authorization in AWS Client VPN").
    ///
    /// ```
    /// use tiny_lambda::events::clientvpn::ClientVpnConnectionHandlerRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: ClientVpnConnectionHandlerRequest =
    ///     json::parse(samples::CLIENT_VPN.as_bytes())?;
    /// assert_eq!(event.connection_id.get()?, "cvpn-connection-0a1b2c3d4e5f67890");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ClientVpnConnectionHandlerRequest {
        connection_id: String as "connection-id",
        endpoint_id: String as "endpoint-id",
        common_name: String as "common-name",
        username: String,
        /// The operating system of the client.
        os_platform: String as "platform",
        os_platform_version: String as "platform-version",
        public_ip: String as "public-ip",
        client_openvpn_version: String as "client-openvpn-version",
        aws_client_version: String as "aws-client-version",
        groups: String,
        /// `v1`, `v2` or `v3`
        schema_version: String as "schema-version",
    }

    /// The response to a [`ClientVpnConnectionHandlerRequest`].
    ///
    /// ```
    /// use tiny_lambda::events::clientvpn::ClientVpnConnectionHandlerResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: ClientVpnConnectionHandlerResponse =
    ///     json::parse(samples::CLIENT_VPN_RESPONSE.as_bytes())?;
    /// assert_eq!(response.schema_version.get()?, "v3");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ClientVpnConnectionHandlerResponse {
        allow: bool,
        /// The message for a client that may not connect.
        error_msg_on_failed_posture_compliance: String
            as "error-msg-on-failed-posture-compliance",
        error_msg_on_denied_connection: String as "error-msg-on-denied-connection",
        posture_compliance_statuses: Vec<String> as "posture-compliance-statuses",
        schema_version: String as "schema-version",
    }
}
