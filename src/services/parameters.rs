//! Parameters of AWS Systems Manager Parameter Store, from the AWS Parameters and Secrets Lambda Extension.
//!
//! Source: AWS Systems Manager User Guide, "Using Parameter Store parameters in AWS Lambda functions".

use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use super::{Call, Service, Step, TIMEOUT_MS, emulated, is_field_value};
use crate::encoding::{Digits, decimal};
use crate::error::Result;
use crate::http::client::end_ms;
use crate::json::{self, FromJson, Reader};
use crate::sys::{self, IdleStream, utf8};

static SERVICE: Service = Service {
    subject: "parameter \"",
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

const PATH: &str = "GET /systemsmanager/parameters/get?name=";
const DECRYPTED: &str = "&withDecryption=true";

/// Requests the value of a parameter or the text of a secret. Not inlined, and generic, for the reasons that
/// [`configuration`](super::configuration()) has.
#[inline(never)]
#[track_caller]
pub(super) fn text<const N: usize>(
    service: &'static Service,
    path: &str,
    names: [&str; N],
    query: &str,
) -> Result<String> {
    let mut call = Call::new(service);
    call.push_names(&[path], &names);
    call.text.push_str(query);
    let step = call.read_value();
    call.take_text(step)
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
    text(&SERVICE, PATH, [name], DECRYPTED)
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
        let mut call = Call::new(&SERVICE);
        call.push_names(&[PATH], &[name]);
        Parameter {
            call,
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
        let step = self.request();
        self.call.take_text(step)
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
        let step = self.request();
        self.call.secret_json(step)
    }

    #[inline]
    fn request(&mut self) -> Step {
        if !self.is_encrypted {
            self.call.text.push_str(DECRYPTED);
        }
        self.call.read_value()
    }
}

/// How long a call is repeated because the extension is not ready, in milliseconds.
const NOT_READY_MS: u64 = 400;

/// The first pause before a call is repeated, in milliseconds. Each pause is twice as long as the one before.
const FIRST_PAUSE_MS: u16 = 10;

/// The members of a reply that may have the value. If a reply has several, the last of this list counts.
const MEMBERS: [&str; 3] = ["SecretBinary", "SecretString", "Parameter"];

/// No member of the list.
pub(super) const NONE: usize = 0;
/// The place of `SecretBinary` in the list.
pub(super) const BINARY: usize = 1;

impl Call {
    /// Sends the request. Reads the value of a parameter or the text of a secret.
    #[inline]
    pub(super) fn read_value(&mut self) -> Step {
        match self.read_reply()? {
            NONE => self.failed(self.service.no_value),
            BINARY => self.failed("it is binary: use `bytes`"),
            _ => Ok(()),
        }
    }

    /// Sends the request to the AWS Parameters and Secrets Lambda Extension. Repeats it while the extension is not
    /// ready. Reads the value. Returns the place of its member in [`MEMBERS`].
    #[inline]
    pub(super) fn read_reply(&mut self) -> Step<usize> {
        let token = sys::env(c"AWS_SESSION_TOKEN").and_then(utf8::to_str);
        let token = token.or_else(emulated::token);
        // The extension refuses tokens of the container credentials, which SnapStart functions have instead.
        let is_valid = |token: &&str| !token.is_empty() && is_field_value(token);
        let Some(token) = token.filter(is_valid) else {
            let why = "AWS_SESSION_TOKEN is not set or has control characters: functions with SnapStart have none, \
                and the extension does not support them";
            return self.failed(why);
        };
        self.text
            .push_str(" HTTP/1.1\r\nHost: localhost\r\nX-Aws-Parameters-Secrets-Token: ");
        self.text.push_str(token);
        self.text.push_str("\r\n\r\n");
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
                return match read_reply(&self.body, &mut self.text) {
                    Ok(place) => Ok(place),
                    Err(error) => self.malformed(&error),
                };
            }
            sys::sleep_ms(pause_ms);
            pause_ms = pause_ms.wrapping_mul(2);
        }
    }
}

/// Reads the value in the body of a reply. Returns the place of its member in [`MEMBERS`], or [`NONE`]. Not inlined, and
/// generic, for the reasons that [`configuration`](super::configuration()) has.
#[inline(never)]
fn read_reply<T: FromJson>(body: &[u8], value: &mut T) -> Result<usize, json::Error> {
    let mut r = Reader::from_bytes(body)?;
    let place = read_member(&mut r, &MEMBERS, value)?;
    r.end()?;
    Ok(place)
}

/// Reads the member of an object that comes last in `names` and is not `null`. Returns its place in this list, counted
/// from 1, or [`NONE`]. The value of `Parameter` is a member of an object.
///
/// The plain form is a `json_struct!`, which is 200 bytes more. Generic for the reason that
/// [`configuration`](super::configuration()) has.
#[inline(never)]
fn read_member<T: FromJson>(
    r: &mut Reader<'_>,
    names: &[&str],
    value: &mut T,
) -> Result<usize, json::Error> {
    let mut found = NONE;
    r.begin_object()?;
    while let Some(name) = r.next_member()? {
        let index = names.iter().position(|it| *it == name);
        let place = index.map_or(NONE, |index| index.wrapping_add(1));
        if place == NONE || place < found {
            r.skip()?;
        } else if names.len() == 1 || !r.null_if_next() {
            found = place;
            let mut start = r.clone();
            if place < MEMBERS.len() {
                value.read_json(r)?;
            } else if read_member(r, &["Value"], value)? == NONE {
                // An object is not a string, which is an error at its place.
                value.read_json(&mut start)?;
            }
        }
    }
    Ok(found)
}

/// Returns whether `part`, which is not empty, occurs in `bytes`.
#[inline]
fn contains(bytes: &[u8], part: &str) -> bool {
    let mut windows = bytes.windows(part.len().max(1));
    windows.any(|window| window == part.as_bytes())
}
