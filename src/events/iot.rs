//! AWS IoT Core: custom authentication and provisioning hooks.
//!
//! The event of an IoT rule is the message that the device sent: define a type of your own for it.

use super::field::event;
use super::iam::IamPolicyDocument;
use super::{Base64, Map};

event! {
    /// The event of AWS IoT Core for a custom authorizer: a device that connects (AWS IoT Core
    /// Developer Guide, "Defining your Lambda function").
    ///
    /// ```
    /// use tiny_lambda::events::iot::IotCoreCustomAuthorizerRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: IotCoreCustomAuthorizerRequest =
    ///     json::parse(samples::IOT_AUTHORIZER.as_bytes())?;
    /// assert_eq!(event.token.get()?, "aToken");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct IotCoreCustomAuthorizerRequest {
        token: String,
        signature_verified: bool as "signatureVerified",
        /// `tls`, `http` and `mqtt`
        protocols: Vec<String>,
        protocol_data: IotCoreProtocolData as "protocolData",
        connection_metadata: IotCoreConnectionMetadata as "connectionMetadata",
    }

    /// The data of each protocol of a connection.
    pub struct IotCoreProtocolData {
        tls: IotCoreTlsContext,
        http: IotCoreHttpContext,
        mqtt: IotCoreMqttContext,
    }

    /// The TLS data of a connection.
    pub struct IotCoreTlsContext {
        server_name: String as "serverName",
        /// Only for a client that presented a certificate.
        x509_certificate_pem: String as "x509CertificatePem",
        principal_id: String as "principalId",
    }

    /// The HTTP data of a connection.
    pub struct IotCoreHttpContext {
        headers: Map<String>,
        query_string: String as "queryString",
    }

    /// The MQTT data of a connection.
    pub struct IotCoreMqttContext {
        client_id: String as "clientId",
        password: Base64,
        username: String,
    }

    /// The connection.
    pub struct IotCoreConnectionMetadata {
        id: String,
    }

    /// The response of a custom authorizer.
    ///
    /// ```
    /// use tiny_lambda::events::iot::IotCoreCustomAuthorizerResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: IotCoreCustomAuthorizerResponse =
    ///     json::parse(samples::IOT_AUTHORIZER_RESPONSE.as_bytes())?;
    /// assert_eq!(response.principal_id.get()?, "kettle");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct IotCoreCustomAuthorizerResponse {
        is_authenticated: bool as "isAuthenticated",
        principal_id: String as "principalId",
        /// In seconds, 300 to 86,400.
        disconnect_after_in_seconds: u32 as "disconnectAfterInSeconds",
        /// In seconds, 300 to 86,400.
        refresh_after_in_seconds: u32 as "refreshAfterInSeconds",
        policy_documents: Vec<IamPolicyDocument> as "policyDocuments",
    }

    /// The event of AWS IoT Core for a pre-provisioning hook: a device to provision (AWS IoT Core
    /// Developer Guide, "Pre-provisioning hooks").
    ///
    /// ```
    /// use tiny_lambda::events::iot::IotPreProvisionHookRequest;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: IotPreProvisionHookRequest =
    ///     json::parse(samples::IOT_PROVISIONING.as_bytes())?;
    /// assert_eq!(event.claim_certificate_id.get()?, "c1");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct IotPreProvisionHookRequest {
        claim_certificate_id: String as "claimCertificateId",
        certificate_id: String as "certificateId",
        certificate_pem: String as "certificatePem",
        template_arn: String as "templateArn",
        template_name: String as "templateName",
        client_id: String as "clientId",
        parameters: Map<String>,
    }

    /// The response of a pre-provisioning hook.
    ///
    /// ```
    /// use tiny_lambda::events::iot::IotPreProvisionHookResponse;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let response: IotPreProvisionHookResponse =
    ///     json::parse(samples::IOT_PROVISIONING_RESPONSE.as_bytes())?;
    /// assert!(*response.allow_provisioning.get()?);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct IotPreProvisionHookResponse {
        allow_provisioning: bool as "allowProvisioning",
        parameter_overrides: Map<String> as "parameterOverrides",
    }
}
