//! Secrets of AWS Secrets Manager, from the AWS Parameters and Secrets Lambda Extension.
//!
//! Source: AWS Secrets Manager User Guide, "Use AWS Secrets Manager secrets in AWS Lambda functions".

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::parameters::{BINARY, IDLE, NO_EXTENSION, NONE, text};
use super::{Call, Service, Step};
use crate::encoding::decode_base64;
use crate::error::Result;
use crate::json::FromJson;

static SERVICE: Service = Service {
    subject: "secret \"",
    error_type: "SecretError",
    not_found: "SecretNotFound",
    access_denied: "SecretAccessDenied",
    no_value: "malformed reply: it has neither SecretString nor SecretBinary",
    refused: NO_EXTENSION,
    idle: &IDLE,
};

const PATH: &str = "GET /secretsmanager/get?secretId=";

/// Returns the text of a secret. [`Secret`] has the other forms.
///
/// ```no_run
/// use tiny_lambda::services::secret;
///
/// let key = secret("payments/api-key")?;
/// # let _ = key;
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// `id` is the secret's name or ARN. The function's role needs `secretsmanager:GetSecretValue`, and `kms:Decrypt` if
/// the secret has a key of its own.
///
/// # Errors
/// See the [module](super#errors).
#[inline]
#[track_caller]
pub fn secret(id: &str) -> Result<String> {
    text(&SERVICE, PATH, [id], "")
}

/// A secret that is requested by [`text`](Self::text) or one of the methods beside it.
///
/// ```no_run
/// use tiny_lambda::services::Secret;
///
/// tiny_lambda::json_struct! { struct Login { username: String, password: String } }
///
/// let login: Login = Secret::new("db").json()?;
/// let previous: Login = Secret::new("db").version_stage("AWSPREVIOUS").json()?;
/// # let _ = (login, previous);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a secret is requested by `text`, `bytes` or `json`"]
pub struct Secret {
    call: Call,
}

impl Secret {
    /// Names a secret by its name or ARN. Nothing is sent.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Secret;
    ///
    /// let key = Secret::new("payments/api-key").text()?;
    /// # let _ = key;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn new(id: &str) -> Secret {
        let mut call = Call::new(&SERVICE);
        call.push_names(&[PATH], &[id]);
        Secret { call }
    }

    /// Requests the version with this ID instead of the current one.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Secret;
    ///
    /// let key = Secret::new("key").version_id("b1c367b9-7f53-4a47-82c4-be51a054b953").text()?;
    /// # let _ = key;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn version_id(mut self, id: &str) -> Secret {
        self.call.push_path("&versionId=", id);
        self
    }

    /// Requests the version with this staging label, such as `AWSPREVIOUS`, instead of `AWSCURRENT`.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Secret;
    ///
    /// let key = Secret::new("key").version_stage("AWSPREVIOUS").text()?;
    /// # let _ = key;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn version_stage(mut self, stage: &str) -> Secret {
        self.call.push_path("&versionStage=", stage);
        self
    }

    /// Returns the text of the secret.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Secret;
    ///
    /// let key = Secret::new("key").text()?;
    /// # let _ = key;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the [module](super#errors), and if the secret is binary.
    #[inline]
    #[track_caller]
    pub fn text(mut self) -> Result<String> {
        let step = self.call.read_value();
        self.call.take_text(step)
    }

    /// Returns the bytes of the secret: those of a binary secret, or the UTF-8 of its text.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Secret;
    ///
    /// let key: Vec<u8> = Secret::new("signing-key").bytes()?;
    /// # let _ = key;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// See the [module](super#errors).
    #[inline]
    #[track_caller]
    pub fn bytes(mut self) -> Result<Vec<u8>> {
        let step = self.call.read_bytes();
        self.call.end(step)?;
        Ok(self.call.body)
    }

    /// Reads the text of the secret as JSON.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Secret;
    ///
    /// tiny_lambda::json_struct! { struct Login { username: String, password: String } }
    ///
    /// let login: Login = Secret::new("db").json()?;
    /// # let _ = login;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`text`](Self::text), and if the text is not JSON of that type. The message has the place, but not the
    /// text.
    #[track_caller]
    pub fn json<T: FromJson>(mut self) -> Result<T> {
        let step = self.call.read_value();
        self.call.secret_json(step)
    }
}

impl Call {
    /// Sends the request. Makes the bytes of a secret the body.
    #[inline]
    fn read_bytes(&mut self) -> Step {
        let place = self.read_reply()?;
        self.body = mem::take(&mut self.text).into_bytes();
        match place {
            NONE => self.failed(self.service.no_value),
            BINARY => match decode_base64(&self.body) {
                Ok(bytes) => {
                    self.body = bytes;
                    Ok(())
                }
                Err(_) => self.failed("its binary value is not base64"),
            },
            _ => Ok(()),
        }
    }
}
