//! AWS Secrets Manager: rotation of secrets.

use alloc::string::String;

use super::field::event;

event! {
    /// A step of a rotation (AWS Secrets Manager User Guide, "Lambda rotation functions").
    pub struct SecretsManagerSecretRotationEvent {
        /// `createSecret`, `setSecret`, `testSecret` or `finishSecret`
        step: String as "Step",
        /// The secret's ARN.
        secret_id: String as "SecretId",
        /// The version that is being made.
        client_request_token: String as "ClientRequestToken",
        rotation_token: String as "RotationToken",
    }
}
