//! AWS IoT Core: custom authentication, as it first was.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use super::iam::IamPolicyDocument;

event! {
    /// Who wants to connect.
    pub struct IotCustomAuthorizerRequest {
        http_context: IotHttpContext as "httpContext",
        mqtt_context: IotMqttContext as "mqttContext",
        tls_context: IotTlsContext as "tlsContext",
        authorization_token: String as "token",
        token_signature: String as "tokenSignature",
    }

    /// HTTP.
    pub struct IotHttpContext {
        headers: super::Map<String>,
        query_string: String as "queryString",
    }

    /// MQTT.
    pub struct IotMqttContext {
        client_id: String as "clientId",
        password: super::Base64,
        username: String,
    }

    /// TLS.
    pub struct IotTlsContext {
        server_name: String as "serverName",
    }

    /// The answer.
    pub struct IotCustomAuthorizerResponse {
        is_authenticated: bool as "isAuthenticated",
        principal_id: String as "principalId",
        disconnect_after_in_seconds: i32 as "disconnectAfterInSeconds",
        refresh_after_in_seconds: i32 as "refreshAfterInSeconds",
        policy_documents: Vec<IamPolicyDocument> as "policyDocuments",
    }
}
