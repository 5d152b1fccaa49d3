//! Data from Lambda about an invocation ([`Context`]), its caller, and the function ([`Function`]).

pub(crate) mod current;
#[cfg(feature = "emulator")]
pub(crate) mod local;

use alloc::string::String;
use std::env;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use crate::encoding::decode_base64;
use crate::json::{self, FromJson, Object, Reader, ToJson, Writer};
use crate::sys;

/// The data that Lambda sends with an invocation, in the headers of the Runtime API's reply to `next` (AWS
/// Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes").
///
/// U+FFFD replaces bytes that are not UTF-8. [`Default`] makes a context for tests:
///
/// ```
/// let mut cx = tiny_lambda::Context::default();
/// cx.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".into();
/// assert_eq!(cx.deadline, None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Context {
    /// Identifies this invocation in logs and traces. From `Lambda-Runtime-Aws-Request-Id`.
    pub request_id: String,
    /// The time at which Lambda ends the invocation; `None` if Lambda sent no valid time. From
    /// `Lambda-Runtime-Deadline-Ms`, in milliseconds since the Unix epoch. Some local emulators send a
    /// time that has passed.
    pub deadline: Option<SystemTime>,
    /// The ARN of the function, version or alias that was invoked; `None` if Lambda sent none. From
    /// `Lambda-Runtime-Invoked-Function-Arn`.
    pub invoked_function_arn: Option<String>,
    /// The X-Ray tracing header; `None` if tracing is off. From `Lambda-Runtime-Trace-Id`.
    pub xray_trace_id: Option<String>,
    /// The client context: text that the caller has sent, usually JSON; `None` if it sent none.
    /// [`Self::parse_client_context`] reads it. From `Lambda-Runtime-Client-Context`.
    pub client_context: Option<String>,
    /// The caller's Amazon Cognito identity as JSON; `None` if it has none. [`Self::parse_identity`] reads
    /// it. From `Lambda-Runtime-Cognito-Identity`.
    pub identity: Option<String>,
    /// The ID of the tenant that the execution environment serves; `None` if the function has no tenant
    /// isolation. From `Lambda-Runtime-Aws-Tenant-Id`.
    pub tenant_id: Option<String>,
}

impl Context {
    /// Returns the time left before the [`deadline`](Self::deadline): zero once it has passed, `None` if
    /// there is no deadline.
    ///
    /// Uses the wall clock, as the deadline does. It is right again after the execution environment was
    /// frozen.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// let mut cx = tiny_lambda::Context::default();
    /// cx.deadline = Some(SystemTime::now() + Duration::from_secs(3));
    /// assert!(cx.remaining() > Some(Duration::from_secs(2)));
    /// ```
    pub fn remaining(&self) -> Option<Duration> {
        let now = Duration::from_millis(sys::unix_time_ms());
        let now = SystemTime::UNIX_EPOCH.checked_add(now)?;
        let left = self.deadline?.duration_since(now);
        Some(left.unwrap_or(Duration::ZERO))
    }

    /// Returns the [`deadline`](Self::deadline) in milliseconds since the Unix epoch; `None` if there is no
    /// deadline. A time before 1970 counts as 0.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// let mut cx = tiny_lambda::Context::default();
    /// cx.deadline = Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_542_409_706_888));
    /// assert_eq!(cx.deadline_ms(), Some(1_542_409_706_888));
    /// ```
    pub fn deadline_ms(&self) -> Option<u64> {
        let since_epoch = self.deadline?.duration_since(SystemTime::UNIX_EPOCH);
        let ms = since_epoch.unwrap_or(Duration::ZERO).as_millis();
        Some(u64::try_from(ms).unwrap_or(u64::MAX))
    }

    /// Reads [`client_context`](Self::client_context) as a [`ClientContext`], a [`Value`](json::Value) or a
    /// type of your own. Returns `None` if the caller sent none.
    ///
    /// ```
    /// use tiny_lambda::{ClientContext, Context};
    ///
    /// let mut cx = Context::default();
    /// cx.client_context = Some(r#"{"client":{"app_title":"Shop"},"custom":{"cart":7}}"#.into());
    /// let sent: ClientContext = cx.parse_client_context()?.unwrap_or_default();
    /// assert_eq!(sent.client.unwrap_or_default().app_title.as_deref(), Some("Shop"));
    /// assert_eq!(sent.custom.unwrap_or_default().get("cart"), Some(&7.into()));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// The text is not JSON of that type. A caller may send any text.
    pub fn parse_client_context<T: FromJson>(&self) -> Result<Option<T>, json::Error> {
        self.client_context
            .as_deref()
            .map(json_or_base64)
            .transpose()
    }

    /// Reads [`identity`](Self::identity) as a [`CognitoIdentity`], a [`Value`](json::Value) or a type of
    /// your own. Returns `None` if the caller has none.
    ///
    /// ```
    /// use tiny_lambda::{CognitoIdentity, Context};
    ///
    /// let mut cx = Context::default();
    /// cx.identity = Some(r#"{"cognitoIdentityId":"eu-west-1:1234"}"#.into());
    /// let identity: CognitoIdentity = cx.parse_identity()?.unwrap_or_default();
    /// assert_eq!(identity.identity_id.as_deref(), Some("eu-west-1:1234"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// The text is not JSON of that type.
    pub fn parse_identity<T: FromJson>(&self) -> Result<Option<T>, json::Error> {
        self.identity.as_deref().map(json_or_base64).transpose()
    }
}

/// Reads JSON or base64 of JSON. Lambda decodes the base64 that a caller sends; cargo-lambda's emulator
/// passes it on as it is.
fn json_or_base64<T: FromJson>(text: &str) -> Result<T, json::Error> {
    json::parse(text.as_bytes()).or_else(|error| {
        let decoded = decode_base64(text.as_bytes()).map_err(|_| error.clone())?;
        json::parse(&decoded).map_err(|_| error)
    })
}

/// Defines structs whose members are optional: a member that is missing, `null` or of another type is
/// `None`, and the other members are read all the same. A caller may send any JSON.
macro_rules! lenient {
    ($(
        $(#[$attribute:meta])*
        pub struct $name:ident {$(
            $(#[$field_attribute:meta])*
            pub $field:ident : Option<$type:ty> as $json_name:literal
        ),* $(,)?}
    )*) => {$(
        $(#[$attribute])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {$(
            $(#[$field_attribute])*
            pub $field: Option<$type>,
        )*}

        impl FromJson for $name {
            fn kind() -> Option<&'static str> {
                Some(stringify!($name))
            }

            fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
                r.attempt(|r| {
                    let mut value = $name::default();
                    r.begin_object()?;
                    while let Some(name) = r.next_member()? {
                        match &*name {
                            $($json_name => value.$field = member(r)?,)*
                            _ => r.skip()?,
                        }
                    }
                    Ok(value)
                })
            }
        }

        impl ToJson for $name {
            fn to_json(&self, w: &mut Writer) {
                w.begin_object();
                $(if let Some(value) = &self.$field {
                    w.member($json_name, value);
                })*
                w.end_object();
            }
        }
    )*};
}

/// Reads a member's value if it is a `T`, and skips it if it is other JSON.
fn member<T: FromJson>(r: &mut Reader<'_>) -> Result<Option<T>, json::Error> {
    let value = T::from_json(r).ok();
    if value.is_none() {
        r.skip()?;
    }
    Ok(value)
}

lenient! {
    /// The client context of a mobile app (AWS Mobile SDK, `ClientContext`).
    ///
    /// A member that is missing, `null` or of another type is `None`. The same holds within
    /// [`client`](Self::client). To tell these cases apart, read the context as a [`Value`](json::Value).
    ///
    /// ```
    /// use tiny_lambda::{ClientContext, json};
    ///
    /// let text = br#"{"custom": {"cart": 7}, "env": "not an object"}"#;
    /// let sent: ClientContext = json::parse(text)?;
    /// assert!(sent.custom.is_some_and(|custom| custom.contains_key("cart")));
    /// assert_eq!(sent.environment, None);
    /// # Ok::<(), json::Error>(())
    /// ```
    pub struct ClientContext {
        /// The app.
        pub client: Option<ClientApplication> as "client",
        /// Members that the app's author has defined.
        pub custom: Option<Object> as "custom",
        /// The device and operating system that the app runs on.
        pub environment: Option<Object> as "env",
        /// The caller's trace context (W3C Recommendation "Trace Context"), which Lambda adds.
        pub w3c: Option<Object> as "w3c",
    }

    /// A mobile app, part of a [`ClientContext`].
    ///
    /// ```
    /// use tiny_lambda::{ClientApplication, json};
    ///
    /// let app: ClientApplication = json::parse(br#"{"app_title": "Shop"}"#)?;
    /// assert_eq!(app.app_title.as_deref(), Some("Shop"));
    /// # Ok::<(), json::Error>(())
    /// ```
    pub struct ClientApplication {
        /// Identifies this installation of the app.
        pub installation_id: Option<String> as "installation_id",
        /// The app's name.
        pub app_title: Option<String> as "app_title",
        /// The app's version as shown to users.
        pub app_version_name: Option<String> as "app_version_name",
        /// The app's version as used by programs.
        pub app_version_code: Option<String> as "app_version_code",
        /// The name of the app's package.
        pub app_package_name: Option<String> as "app_package_name",
    }

    /// An Amazon Cognito identity.
    ///
    /// ```
    /// use tiny_lambda::{CognitoIdentity, json};
    ///
    /// let identity: CognitoIdentity = json::parse(br#"{"cognitoIdentityId": "eu-west-1:1234"}"#)?;
    /// assert_eq!(identity.identity_id.as_deref(), Some("eu-west-1:1234"));
    /// # Ok::<(), json::Error>(())
    /// ```
    pub struct CognitoIdentity {
        /// The ID of the identity.
        pub identity_id: Option<String> as "cognitoIdentityId",
        /// The ID of the identity pool that it belongs to.
        pub identity_pool_id: Option<String> as "cognitoIdentityPoolId",
    }
}

/// Data about this function, from the environment variables that Lambda sets (AWS Lambda Developer Guide,
/// "Working with Lambda environment variables"). A field is `None` if its variable is not set or empty.
///
/// [`function()`] returns it.
///
/// ```
/// let function: &tiny_lambda::Function = tiny_lambda::function();
/// println!("{} MB", function.memory_mb.unwrap_or_default());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Function {
    /// The name of the function. From `AWS_LAMBDA_FUNCTION_NAME`.
    pub name: Option<String>,
    /// The version of the function: `$LATEST` or a number. From `AWS_LAMBDA_FUNCTION_VERSION`.
    pub version: Option<String>,
    /// The configured memory in MB. From `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`.
    pub memory_mb: Option<u32>,
    /// The handler setting, which this crate does not use. From `_HANDLER`.
    pub handler: Option<String>,
    /// The name of the Amazon CloudWatch Logs group. From `AWS_LAMBDA_LOG_GROUP_NAME`.
    pub log_group: Option<String>,
    /// The name of the log stream of this execution environment. From `AWS_LAMBDA_LOG_STREAM_NAME`.
    pub log_stream: Option<String>,
    /// The AWS Region that the function runs in. From `AWS_REGION`.
    pub region: Option<String>,
}

/// Returns data about this function. Reads the environment at the first call.
///
/// ```
/// let function = tiny_lambda::function();
/// if function.memory_mb < Some(1024) {
///     println!("{} needs more memory", function.name.as_deref().unwrap_or("this function"));
/// }
/// ```
pub fn function() -> &'static Function {
    static FUNCTION: OnceLock<Function> = OnceLock::new();
    FUNCTION.get_or_init(|| {
        let text = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        Function {
            name: text("AWS_LAMBDA_FUNCTION_NAME"),
            version: text("AWS_LAMBDA_FUNCTION_VERSION"),
            memory_mb: text("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|mb| mb.parse().ok()),
            handler: text("_HANDLER"),
            log_group: text("AWS_LAMBDA_LOG_GROUP_NAME"),
            log_stream: text("AWS_LAMBDA_LOG_STREAM_NAME"),
            region: text("AWS_REGION"),
        }
    })
}
