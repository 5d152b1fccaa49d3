//! Configuration and feature flags of AWS AppConfig, from the AWS AppConfig Agent Lambda extension.
//!
//! Source: AWS AppConfig User Guide, "Using AWS AppConfig Agent with AWS Lambda" and "Retrieving basic and
//! multi-variant feature flags".

use alloc::string::String;
use alloc::vec::Vec;
use core::slice;

use super::{AFTER_PATH, Call, Service, Step, TIMEOUT_MS, emulated, push_all};
use crate::error::{Error, Result};
use crate::http::client::end_ms;
use crate::http::is_field_value;
use crate::json::{self, FromJson, Object, Reader, ToJson, Value, Writer};
use crate::json_struct;
use crate::sys::IdleStream;

static SERVICE: Service = Service {
    subject: "configuration \"",
    error_type: "ConfigurationError",
    not_found: "ConfigurationNotFound",
    access_denied: "ConfigurationAccessDenied",
    no_value: "",
    refused: "; the function needs the layer of the AWS AppConfig Agent: \
        https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-integration-lambda-extensions-versions.html",
    idle: &IDLE,
};

/// The connection to the agent.
static IDLE: IdleStream = IdleStream::new();

/// Returns a configuration as text: that of a configuration profile, as deployed in an environment of an application.
/// [`Configuration`] has the other forms.
///
/// ```no_run
/// use tiny_lambda::services::configuration;
///
/// let limits = configuration("shop", "prod", "limits")?;
/// # let _ = limits;
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// Each of the three is a name or an ID. The function's role needs `appconfig:StartConfigurationSession` and
/// `appconfig:GetLatestConfiguration`.
///
/// # Errors
/// See the [module](super#errors).
#[inline]
#[track_caller]
pub fn configuration(application: &str, environment: &str, profile: &str) -> Result<String> {
    text([application, environment, profile])
}

/// Returns a configuration as text. Not inlined, since that makes the caller's stack frame large, which is 300 bytes
/// more. Generic, so that it is compiled in the crate that calls it: in this crate it makes `hello` larger.
#[inline(never)]
#[track_caller]
fn text<const N: usize>(names: [&str; N]) -> Result<String> {
    let mut call = Call::new(&SERVICE);
    call.push_names(&PARTS, &names);
    call.text.push_str(" HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let step = call.request_configuration().and_then(|()| call.read_text());
    call.take_text(step)
}

/// The texts before the names of application, environment and profile in the request line.
static PARTS: [&str; 3] = ["GET /applications/", "/environments/", "/configurations/"];

impl Call {
    /// Sends the request, whose head must be complete, and receives the reply.
    #[inline]
    fn request_configuration(&mut self) -> Step {
        let addr = match emulated::service_addr(emulated::Service::Configuration) {
            Some(addr) => addr,
            None => self.local(c"AWS_APPCONFIG_EXTENSION_HTTP_PORT", 2772)?,
        };
        let status = self.send(addr, end_ms(TIMEOUT_MS))?;
        self.check(status)
    }
}

/// A configuration that is requested by [`text`](Self::text) or one of the methods beside it.
///
/// ```no_run
/// use tiny_lambda::services::Configuration;
///
/// tiny_lambda::json_struct! { struct Limits { orders: u32, cents: u64 } }
///
/// let limits: Limits = Configuration::new("shop", "prod", "limits").json()?;
/// let flags = Configuration::new("shop", "prod", "features").flag("gifts").flags()?;
/// if flags.is_enabled("gifts") && limits.orders > 0 {
///     // ...
/// }
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a configuration is requested by `text`, `bytes`, `json` or `flags`"]
pub struct Configuration {
    call: Call,
    /// The names of the requested flags; all flags if it is empty.
    flags: Vec<String>,
    /// [`AFTER_PATH`], and lines with header fields.
    fields: String,
    /// A part of the context has control characters.
    is_invalid: bool,
}

impl Configuration {
    /// Names a configuration by application, environment and configuration profile, each by its name or ID. Nothing
    /// is sent.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Configuration;
    ///
    /// let text = Configuration::new("shop", "prod", "limits").text()?;
    /// # let _ = text;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn new(application: &str, environment: &str, profile: &str) -> Configuration {
        let mut call = Call::new(&SERVICE);
        call.push_names(&PARTS, &[application, environment, profile]);
        Configuration {
            call,
            flags: Vec::new(),
            fields: AFTER_PATH.into(),
            is_invalid: false,
        }
    }

    /// Requests one feature flag. Called more than once, it requests several. Without it, all flags of the profile are
    /// requested. The agent must have version 2.0.45 or newer.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Configuration;
    ///
    /// let flags = Configuration::new("shop", "prod", "features").flag("gifts").flag("beta").flags()?;
    /// # let _ = flags;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[inline]
    pub fn flag(mut self, name: &str) -> Configuration {
        let separator = if self.flags.is_empty() {
            "?flag="
        } else {
            "&flag="
        };
        self.call.push_path(separator, name);
        self.flags.push(name.into());
        self
    }

    /// Adds a key and a value to the context by which the agent chooses the variants of flags.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Configuration;
    ///
    /// let features = Configuration::new("shop", "prod", "features");
    /// let flags = features.context("userId", "ada@example.com").context("country", "GB").flags()?;
    /// # let _ = flags;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// The request fails if the key or the value has control characters.
    #[inline]
    pub fn context(mut self, key: &str, value: &str) -> Configuration {
        self.is_invalid |= !is_field_value(key) || !is_field_value(value);
        push_all(&mut self.fields, &["Context: ", key, "=", value, "\r\n"]);
        self
    }

    /// Returns the configuration as text.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Configuration;
    ///
    /// let text = Configuration::new("shop", "prod", "greeting").text()?;
    /// # let _ = text;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the [module](super#errors), and if the configuration is not UTF-8.
    #[inline]
    #[track_caller]
    pub fn text(mut self) -> Result<String> {
        self.request()?;
        let step = self.call.read_text();
        self.call.take_text(step)
    }

    /// Returns the bytes of the configuration.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Configuration;
    ///
    /// let bytes: Vec<u8> = Configuration::new("shop", "prod", "logo").bytes()?;
    /// # let _ = bytes;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// See the [module](super#errors).
    #[inline]
    #[track_caller]
    pub fn bytes(mut self) -> Result<Vec<u8>> {
        self.request()?;
        Ok(self.call.body)
    }

    /// Reads the configuration as JSON.
    ///
    /// ```no_run
    /// use tiny_lambda::services::Configuration;
    ///
    /// tiny_lambda::json_struct! { struct Limits { orders: u32, cents: u64 } }
    ///
    /// let limits: Limits = Configuration::new("shop", "prod", "limits").json()?;
    /// # let _ = limits;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the [module](super#errors), and if the configuration is not JSON of that type.
    #[track_caller]
    pub fn json<T: FromJson>(mut self) -> Result<T> {
        self.request()?;
        match json::parse_after_bom(&self.call.body) {
            Ok(value) => Ok(value),
            Err(error) => Err(self.not_json(&error)),
        }
    }

    /// Reads the configuration as feature flags (type `AWS.AppConfig.FeatureFlags`).
    ///
    /// ```no_run
    /// use tiny_lambda::services::Configuration;
    ///
    /// let flags = Configuration::new("shop", "prod", "features").flags()?;
    /// for (name, flag) in &flags {
    ///     println!("{name}: {}", flag.enabled);
    /// }
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the [module](super#errors), and if the configuration does not consist of feature flags.
    #[inline]
    #[track_caller]
    pub fn flags(mut self) -> Result<FeatureFlags> {
        self.request()?;
        match (
            json::parse_after_bom(&self.call.body),
            self.flags.as_slice(),
        ) {
            (Ok(flags), _) => Ok(flags),
            // The agent replies to a request for one flag with the flag itself.
            (Err(error), [name]) => match json::parse_after_bom(&self.call.body) {
                Ok(flag) => Ok(FeatureFlags(Vec::from([(name.clone(), flag)]))),
                Err(flag_error) => {
                    // Older agents reply with all flags by name. Attributes are not objects.
                    let document = json::parse_after_bom::<Object>(&self.call.body);
                    let is_named =
                        |document: Object| matches!(document.get(name), Some(Value::Object(_)));
                    let has_names = document.is_ok_and(is_named);
                    Err(self.not_json(if has_names { &error } else { &flag_error }))
                }
            },
            (Err(error), _) => Err(self.not_json(&error)),
        }
    }

    #[inline]
    #[track_caller]
    fn request(&mut self) -> Result<()> {
        let step = if self.is_invalid {
            self.call.failed("the context has control characters")
        } else {
            push_all(&mut self.call.text, &[&self.fields, "\r\n"]);
            self.call.request_configuration()
        };
        self.call.end(step)
    }

    /// Returns the error for a configuration that is not JSON of the requested type.
    #[inline]
    #[track_caller]
    fn not_json(&self, error: &json::Error) -> Error {
        Error::new(
            SERVICE.error_type,
            format_args!("{}{error}", self.call.message),
        )
    }
}

/// Feature flags by name.
///
/// ```
/// use tiny_lambda::json;
/// use tiny_lambda::services::FeatureFlags;
///
/// let flags: FeatureFlags = json::parse(br#"{"gifts": {"enabled": true, "limit": 3}}"#)?;
/// assert!(flags.is_enabled("gifts") && !flags.is_enabled("beta"));
/// let limit = flags.get("gifts").and_then(|flag| flag.attributes.get("limit"));
/// assert_eq!(limit.and_then(|limit| limit.as_u64()), Some(3));
/// # Ok::<(), json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeatureFlags(Vec<(String, FeatureFlag)>);

json_struct! {
    /// A feature flag.
    ///
    /// ```
    /// use tiny_lambda::json;
    /// use tiny_lambda::services::FeatureFlag;
    ///
    /// let flag: FeatureFlag = json::parse(br#"{"enabled": true, "color": "red"}"#)?;
    /// assert!(flag.enabled);
    /// assert_eq!(flag.attribute::<String>("color")?.as_deref(), Some("red"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    #[non_exhaustive]
    pub struct FeatureFlag {
        /// Whether the flag is on.
        pub enabled: bool,
        /// The attributes of the flag. Most agents send none if the flag is off.
        pub attributes: Object as ..,
    }
}

impl FeatureFlags {
    /// Returns a flag.
    ///
    /// ```
    /// use tiny_lambda::json;
    /// use tiny_lambda::services::FeatureFlags;
    ///
    /// let flags: FeatureFlags = json::parse(br#"{"gifts": {"enabled": true}}"#)?;
    /// assert!(flags.get("gifts").is_some_and(|flag| flag.enabled));
    /// # Ok::<(), json::Error>(())
    /// ```
    #[inline]
    pub fn get(&self, name: &str) -> Option<&FeatureFlag> {
        self.0
            .iter()
            .rev()
            .find(|(it, _)| it == name)
            .map(|(_, flag)| flag)
    }

    /// Returns whether a flag is there and is on.
    ///
    /// ```
    /// use tiny_lambda::services::FeatureFlags;
    ///
    /// assert!(!FeatureFlags::default().is_enabled("gifts"));
    /// ```
    #[inline]
    pub fn is_enabled(&self, name: &str) -> bool {
        self.get(name).is_some_and(|flag| flag.enabled)
    }

    /// Returns the flags with their names, in order.
    ///
    /// ```
    /// use tiny_lambda::json;
    /// use tiny_lambda::services::FeatureFlags;
    ///
    /// let flags: FeatureFlags = json::parse(br#"{"a": {"enabled": true}, "b": {"enabled": false}}"#)?;
    /// assert_eq!(flags.iter().filter(|(_, flag)| flag.enabled).count(), 1);
    /// # Ok::<(), json::Error>(())
    /// ```
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FeatureFlag)> {
        self.0.iter().map(|(name, flag)| (name.as_str(), flag))
    }
}

impl FeatureFlag {
    /// Reads an attribute as a type. Returns `None` if there is none of this name, or it is `null`.
    ///
    /// ```
    /// use tiny_lambda::json;
    /// use tiny_lambda::services::FeatureFlag;
    ///
    /// let flag: FeatureFlag = json::parse(br#"{"enabled": true, "limit": 3}"#)?;
    /// assert_eq!(flag.attribute::<u8>("limit")?, Some(3));
    /// assert_eq!(flag.attribute::<u8>("color")?, None);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// The attribute does not have that type.
    #[track_caller]
    pub fn attribute<T: FromJson>(&self, name: &str) -> Result<Option<T>> {
        let value: &Value = match self.attributes.get(name) {
            Some(value) => value,
            None => return Ok(None),
        };
        match json::parse(&json::to_vec(value)) {
            Ok(attribute) => Ok(attribute),
            // The plain form, `map_err`, takes a closure, which does not know the caller's place.
            Err(error) => Err(Error::new(
                SERVICE.error_type,
                format_args!("attribute \"{name}\": {error}"),
            )),
        }
    }
}

impl FromJson for FeatureFlags {
    #[inline]
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        Vec::from_json(r).map(FeatureFlags)
    }
}

impl ToJson for FeatureFlags {
    #[inline]
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        for (name, flag) in &self.0 {
            w.member(name, flag);
        }
        w.end_object();
    }
}

impl<'a> IntoIterator for &'a FeatureFlags {
    type Item = &'a (String, FeatureFlag);
    type IntoIter = slice::Iter<'a, (String, FeatureFlag)>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
