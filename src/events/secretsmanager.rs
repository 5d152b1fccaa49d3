//! AWS Secrets Manager: rotation of secrets.

use super::field::event;

event! {
    /// The event of AWS Secrets Manager: a step of a rotation (AWS Secrets Manager User Guide,
    /// "Rotation by Lambda function").
    ///
    /// ```
    /// use tiny_lambda::events::secretsmanager::SecretsManagerSecretRotationEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: SecretsManagerSecretRotationEvent =
    ///     json::parse(samples::SECRETSMANAGER.as_bytes())?;
    /// assert_eq!(event.step.get()?, "createSecret");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct SecretsManagerSecretRotationEvent {
        /// `createSecret`, `setSecret`, `testSecret` or `finishSecret`
        step: String as "Step",
        /// The ARN of the secret.
        secret_id: String as "SecretId",
        /// The ID of the new version of the secret.
        client_request_token: String as "ClientRequestToken",
        rotation_token: String as "RotationToken",
    }
}
