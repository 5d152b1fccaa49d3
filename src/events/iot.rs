//! AWS IoT Core: custom authentication, and messages of rules.
//!
//! A rule's message is what the device has sent: take it as a type of your own.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use super::iam::IamPolicyDocument;
use super::{Base64, Map};

event! {
    /// Who wants to connect (AWS IoT Core Developer Guide, "Creating a custom authorizer").
    pub struct IotCoreCustomAuthorizerRequest {
        token: String,
        signature_verified: bool as "signatureVerified",
        /// `tls`, `http` and `mqtt`
        protocols: Vec<String>,
        protocol_data: IotCoreProtocolData as "protocolData",
        connection_metadata: IotCoreConnectionMetadata as "connectionMetadata",
    }

    /// What each protocol says.
    pub struct IotCoreProtocolData {
        tls: IotCoreTlsContext,
        http: IotCoreHttpContext,
        mqtt: IotCoreMqttContext,
    }

    /// TLS.
    pub struct IotCoreTlsContext {
        server_name: String as "serverName",
        /// Of a client that has shown a certificate.
        x509_certificate_pem: String as "x509CertificatePem",
        principal_id: String as "principalId",
    }

    /// HTTP.
    pub struct IotCoreHttpContext {
        headers: Map<String>,
        query_string: String as "queryString",
    }

    /// MQTT.
    pub struct IotCoreMqttContext {
        client_id: String as "clientId",
        password: Base64,
        username: String,
    }

    /// The connection.
    pub struct IotCoreConnectionMetadata {
        id: String,
    }

    /// The answer.
    pub struct IotCoreCustomAuthorizerResponse {
        is_authenticated: bool as "isAuthenticated",
        principal_id: String as "principalId",
        /// 300 to 86,400.
        disconnect_after_in_seconds: u32 as "disconnectAfterInSeconds",
        /// 300 to 86,400.
        refresh_after_in_seconds: u32 as "refreshAfterInSeconds",
        policy_documents: Vec<IamPolicyDocument> as "policyDocuments",
    }

    /// A device that wants to be provisioned (AWS IoT Core Developer Guide, "Pre-provisioning
    /// hooks").
    pub struct IotPreProvisionHookRequest {
        claim_certificate_id: String as "claimCertificateId",
        certificate_id: String as "certificateId",
        certificate_pem: String as "certificatePem",
        template_arn: String as "templateArn",
        template_name: String as "templateName",
        client_id: String as "clientId",
        parameters: Map<String>,
    }

    /// Whether it may be.
    pub struct IotPreProvisionHookResponse {
        allow_provisioning: bool as "allowProvisioning",
        parameter_overrides: Map<String> as "parameterOverrides",
    }
}
