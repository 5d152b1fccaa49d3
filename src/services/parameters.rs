//! Parameters of AWS Systems Manager Parameter Store, from the AWS Parameters and Secrets Lambda Extension.
//!
//! Source: AWS Systems Manager User Guide, "Using Parameter Store parameters in AWS Lambda functions".

use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use super::{Call, Service, TIMEOUT_MS, emulated};
use crate::encoding::{Digits, decimal};
use crate::error::Result;
use crate::http::client::end_ms;
use crate::http::is_field_value;
use crate::json::{self, FromJson};
use crate::json_struct;
use crate::sys::{self, IdleStream, utf8};

static SERVICE: Service = Service {
    error_type: "ParameterError",
    not_found: "ParameterNotFound",
    access_denied: "ParameterAccessDenied",
    no_value: "malformed reply: unexpected JSON at $",
    refused: NO_EXTENSION,
    idle: &IDLE,
};

/// The connection to the extension.
pub(super) static IDLE: IdleStream = IdleStream::new();

pub(super) const NO_EXTENSION: &str = "; the function needs the layer of the AWS Parameters and Secrets Lambda \
    Extension: \
    https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html";

static PARTS: [[&str; 2]; 1] = [["parameter \"", "GET /systemsmanager/parameters/get?name="]];
const DECRYPTED: &str = "&withDecryption=true";

/// Requests the value of a parameter or the text of a secret. Not inlined, and generic, for the reasons that
/// [`configuration`](super::configuration()) has.
#[inline(never)]
#[track_caller]
pub(super) fn text<const N: usize>(
    service: &'static Service,
    parts: &[[&str; 2]],
    names: [&str; N],
    query: &str,
) -> Result<String> {
    let mut call = Call::new(service, parts, names);
    call.head.push_str(query);
    call.value()
}

/// Returns the value of a parameter, decrypted. [`Parameter`] has the other forms.
///
/// ```no_run
/// use tiny_lambda::services::parameter;
///
/// let url = parameter("/db/url")?;
/// # let _ = url;
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// `name` is the parameter's name or ARN, without a version. The function's role needs `ssm:GetParameter`, and
/// `kms:Decrypt` for a `SecureString`.
///
/// # Errors
/// See the [module](super#errors).
#[inline]
#[track_caller]
pub fn parameter(name: &str) -> Result<String> {
    text(&SERVICE, &PARTS, [name], DECRYPTED)
}

/// A parameter that is requested by [`text`](Self::text) or one of the methods beside it.
///
/// ```no_run
/// use tiny_lambda::services::Parameter;
///
/// let old = Parameter::new("/db/url").version(3).text()?;
/// let hosts = Parameter::new("/db/hosts").list()?;
/// # let _ = (old, hosts);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a parameter is requested by `text`, `list` or `json`"]
pub struct Parameter {
    call: Call,
    is_encrypted: bool,
}

json_struct! {
    /// A reply of the extension. One type for both services is smaller than two.
    pub(super) struct Reply {
        pub(super) parameter: Option<Stored> as "Parameter",
        pub(super) secret: Option<String> as "SecretString",
        pub(super) binary: Option<String> as "SecretBinary",
    }
}

json_struct! {
    pub(super) struct Stored { pub(super) value: String as "Value" }
}

impl Parameter {
    /// Names a parameter by its name or ARN. Nothing is sent.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Parameter;
    ///
    /// let url = Parameter::new("/db/url").text()?;
    /// # let _ = url;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn new(name: &str) -> Parameter {
        Parameter {
            call: Call::new(&SERVICE, &PARTS, [name]),
            is_encrypted: false,
        }
    }

    /// Requests a version instead of the latest one. If there is a [`label`](Self::label) too, the one that was
    /// set first counts.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Parameter;
    ///
    /// let url = Parameter::new("/db/url").version(3).text()?;
    /// # let _ = url;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn version(mut self, version: u64) -> Parameter {
        let mut digits = Digits::default();
        self.call
            .push_path("&version=", utf8::text(decimal(version, &mut digits)));
        self
    }

    /// Requests the version that has a label.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Parameter;
    ///
    /// let url = Parameter::new("/db/url").label("prod").text()?;
    /// # let _ = url;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn label(mut self, label: &str) -> Parameter {
        self.call.push_path("&label=", label);
        self
    }

    /// Requests the value of a `SecureString` as it is stored: encrypted, in base64.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Parameter;
    ///
    /// let encrypted = Parameter::new("/db/password").without_decryption().text()?;
    /// # let _ = encrypted;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn without_decryption(mut self) -> Parameter {
        self.is_encrypted = true;
        self
    }

    /// Returns the value.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Parameter;
    ///
    /// let url = Parameter::new("/db/url").text()?;
    /// # let _ = url;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// See the [module](super#errors).
    #[inline]
    #[track_caller]
    pub fn text(mut self) -> Result<String> {
        self.request()
    }

    /// Returns the values of a `StringList`.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Parameter;
    ///
    /// for host in Parameter::new("/db/hosts").list()? {
    ///     println!("{host}");
    /// }
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// See the [module](super#errors).
    #[inline]
    #[track_caller]
    pub fn list(self) -> Result<Vec<String>> {
        // A pattern of one `char` in place of a list has a panic path in std.
        Ok(self.text()?.split([',']).map(String::from).collect())
    }

    /// Reads the value as JSON.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Parameter;
    ///
    /// tiny_lambda::json_struct! { struct Database { host: String, port: u16 } }
    ///
    /// let database: Database = Parameter::new("/db").json()?;
    /// # let _ = database;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// See the [module](super#errors).
    #[track_caller]
    pub fn json<T: FromJson>(mut self) -> Result<T> {
        let value = self.request()?;
        self.call.secret_json(&value)
    }

    /// Sends the request. Returns the value.
    #[inline]
    #[track_caller]
    fn request(&mut self) -> Result<String> {
        if !self.is_encrypted {
            self.call.head.push_str(DECRYPTED);
        }
        self.call.value()
    }
}

/// How long a call is repeated because the extension is not ready, in milliseconds.
const NOT_READY_MS: u64 = 400;

/// The first pause before a call is repeated, in milliseconds. Each pause is twice as long as the one before.
const FIRST_PAUSE_MS: u16 = 10;

impl Call {
    /// Sends the request. Returns the value of a parameter or the text of a secret.
    #[inline]
    #[track_caller]
    pub(super) fn value(&mut self) -> Result<String> {
        let reply = self.reply()?;
        match (reply.parameter, reply.secret) {
            (Some(Stored { value }), _) | (None, Some(value)) => Ok(value),
            _ if reply.binary.is_some() => Err(self.failed("it is binary: use `bytes`", "")),
            _ => Err(self.failed(self.service.no_value, "")),
        }
    }

    /// Sends the request to the AWS Parameters and Secrets Lambda Extension. Repeats it while the extension is not
    /// ready. Returns the reply.
    #[inline]
    #[track_caller]
    pub(super) fn reply(&mut self) -> Result<Reply> {
        let token = sys::env(c"AWS_SESSION_TOKEN").and_then(utf8::to_str);
        let token = token.or_else(emulated::token);
        // The extension refuses tokens of the container credentials, which SnapStart functions have instead.
        let is_valid = |token: &&str| !token.is_empty() && is_field_value(token);
        let Some(token) = token.filter(is_valid) else {
            let why = "AWS_SESSION_TOKEN is not set or has control characters: functions with SnapStart have none, \
                and the extension does not support them";
            return Err(self.failed(why, ""));
        };
        self.head
            .push_str(" HTTP/1.1\r\nHost: localhost\r\nX-Aws-Parameters-Secrets-Token: ");
        self.head.push_str(token);
        self.head.push_str("\r\n\r\n");
        let addr = match emulated::service_addr(emulated::Service::ParametersAndSecrets) {
            Some(addr) => addr,
            None => self.local(c"PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", 2773)?,
        };
        let end_ms = end_ms(TIMEOUT_MS);
        // `saturating_add` is nine bytes more, and the clock is far from its end.
        let retry_end_ms = end_ms.min(sys::unix_time_ms().wrapping_add(NOT_READY_MS));
        let mut pause_ms = FIRST_PAUSE_MS;
        loop {
            let status = self.send(addr, end_ms)?;
            let pause_end_ms = sys::unix_time_ms().wrapping_add(pause_ms.into());
            let is_ready = status == 200 || !contains(&self.body, "not ready");
            if is_ready || pause_end_ms >= retry_end_ms {
                // The status of most errors of AWS is 400.
                let status = match status {
                    400.. if contains(&self.body, "AccessDenied") => 403,
                    400.. if contains(&self.body, "NotFound") => 404,
                    _ => status,
                };
                self.check(status)?;
                return match json::parse(&self.body) {
                    Ok(reply) => Ok(reply),
                    Err(error) => Err(self.malformed(error.path())),
                };
            }
            sys::sleep_ms(pause_ms);
            pause_ms = pause_ms.wrapping_mul(2);
        }
    }
}

/// Returns whether `part`, which is not empty, occurs in `bytes`.
#[inline]
fn contains(bytes: &[u8], part: &str) -> bool {
    let mut windows = bytes.windows(part.len().max(1));
    windows.any(|window| window == part.as_bytes())
}
