//! What Lambda says about this invocation ([`Context`]), its caller, and this function ([`Function`]).

use alloc::string::String;
use std::env;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use crate::encoding::decode_base64;
use crate::json::{self, FromJson, Object, Reader, ToJson, Writer};
use crate::sys;

/// What Lambda says about one invocation, from the headers of the Runtime API's `next` (AWS
/// Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes").
///
/// Text that is not UTF-8 has U+FFFD in its place. [`Default`] makes one for tests:
///
/// ```
/// let mut cx = tiny_lambda::Context::default();
/// cx.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".into();
/// assert_eq!(cx.remaining(), None);
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Context {
    /// Names this invocation in logs and traces. From `Lambda-Runtime-Aws-Request-Id`.
    pub request_id: String,
    /// When Lambda gives the invocation up; `None` where no time was named. From
    /// `Lambda-Runtime-Deadline-Ms`, which is in milliseconds since the Unix epoch. Local
    /// emulators name times that are long past.
    pub deadline: Option<SystemTime>,
    /// The function, version or alias that was invoked. From
    /// `Lambda-Runtime-Invoked-Function-Arn`.
    pub invoked_function_arn: Option<String>,
    /// The X-Ray tracing header; `None` where tracing is off. From `Lambda-Runtime-Trace-Id`.
    pub xray_trace_id: Option<String>,
    /// JSON that the caller sent along, as it came, whatever it is: [`Self::parse_client_context`]
    /// reads it. From `Lambda-Runtime-Client-Context`.
    pub client_context: Option<String>,
    /// The caller's Amazon Cognito identity, as JSON: [`Self::parse_identity`] reads it. From
    /// `Lambda-Runtime-Cognito-Identity`.
    pub identity: Option<String>,
    /// The tenant that the execution environment belongs to, for functions with tenant isolation.
    /// From `Lambda-Runtime-Aws-Tenant-Id`.
    pub tenant_id: Option<String>,
}

impl Context {
    /// Time until [`deadline`](Self::deadline); zero once it has passed, `None` where there is
    /// none. It is taken from the wall clock, as the deadline is, which an execution environment
    /// that was frozen has right again.
    pub fn remaining(&self) -> Option<Duration> {
        let now = Duration::from_millis(sys::unix_time_ms());
        let now = SystemTime::UNIX_EPOCH.checked_add(now)?;
        Some(self.deadline?.duration_since(now).unwrap_or_default())
    }

    /// Reads [`client_context`](Self::client_context): as a [`ClientContext`], a
    /// [`Value`](json::Value) or a type of your own. `None`: the caller sent none.
    ///
    /// ```
    /// use tiny_lambda::{ClientContext, Context};
    ///
    /// let mut cx = Context::default();
    /// cx.client_context = Some(r#"{"client":{"app_title":"Shop"},"custom":{"cart":7}}"#.into());
    /// let sent: Option<ClientContext> = cx.parse_client_context()?;
    /// let sent = sent.unwrap_or_default();
    /// assert_eq!(sent.client.unwrap().app_title.as_deref(), Some("Shop"));
    /// assert_eq!(sent.custom.unwrap().get("cart"), Some(&7.into()));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// It is not such JSON. Who calls the function may send anything.
    pub fn parse_client_context<T: FromJson>(&self) -> Result<Option<T>, json::Error> {
        let text = self.client_context.as_deref();
        text.map(json_or_base64).transpose()
    }

    /// Reads [`identity`](Self::identity): as a [`CognitoIdentity`], a [`Value`](json::Value) or a
    /// type of your own. `None`: the caller has none.
    ///
    /// # Errors
    /// It is not such JSON.
    pub fn parse_identity<T: FromJson>(&self) -> Result<Option<T>, json::Error> {
        let text = self.identity.as_deref();
        text.map(json_or_base64).transpose()
    }
}

/// Lambda hands JSON on; cargo-lambda's emulator hands on what the caller sent, which is base64.
fn json_or_base64<T: FromJson>(text: &str) -> Result<T, json::Error> {
    json::parse(text.as_bytes()).or_else(|error| {
        let decoded = decode_base64(text.as_bytes()).ok();
        decoded
            .and_then(|text| json::parse(&text).ok())
            .ok_or(error)
    })
}

/// Structs whose members are read one by one: a member that is missing, `null` or of another type is
/// `None` and does not keep the others from being read. The caller may send anything.
macro_rules! lenient {
    ($(
        $(#[$attribute:meta])*
        pub struct $name:ident {$(
            $(#[$field_attribute:meta])*
            pub $field:ident : Option<$type:ty> as $json_name:literal
        ),* $(,)?}
    )*) => {$(
        $(#[$attribute])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {$(
            $(#[$field_attribute])*
            pub $field: Option<$type>,
        )*}

        impl FromJson for $name {
            fn kind() -> Option<&'static str> {
                Some(stringify!($name))
            }

            fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
                let start = r.clone();
                let mut read = || {
                    let mut value = $name::default();
                    r.begin_object()?;
                    while let Some(name) = r.next_member()? {
                        match &*name {
                            $($json_name => value.$field = member(r)?,)*
                            _ => r.skip()?,
                        }
                    }
                    Ok(value)
                };
                let result = read();
                if result.is_err() {
                    *r = start;
                }
                result
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
    let start = r.clone();
    if let Ok(value) = T::from_json(r) {
        return Ok(Some(value));
    }
    *r = start;
    r.skip()?;
    Ok(None)
}

lenient! {
    /// What a mobile app sends along (AWS Mobile SDK, `ClientContext`). See
    /// [`Context::parse_client_context`].
    ///
    /// A member that is missing, `null` or of another type is `None`, and so is one within
    /// [`client`](Self::client). Where such a member matters, read the context as a
    /// [`Value`](json::Value).
    pub struct ClientContext {
        /// The app.
        pub client: Option<ClientApplication> as "client",
        /// What the app's author has chosen.
        pub custom: Option<Object> as "custom",
        /// The app's device and system.
        pub environment: Option<Object> as "env",
        /// The caller's trace, in the words of the W3C, which Lambda adds.
        pub w3c: Option<Object> as "w3c",
    }

    /// A mobile app, within a [`ClientContext`].
    pub struct ClientApplication {
        /// Names this installation of it.
        pub installation_id: Option<String> as "installation_id",
        /// Its name.
        pub app_title: Option<String> as "app_title",
        /// Its version, for readers.
        pub app_version_name: Option<String> as "app_version_name",
        /// Its version, for programs.
        pub app_version_code: Option<String> as "app_version_code",
        /// Its package.
        pub app_package_name: Option<String> as "app_package_name",
    }

    /// An identity of Amazon Cognito. See [`Context::parse_identity`].
    pub struct CognitoIdentity {
        /// The identity.
        pub identity_id: Option<String> as "cognitoIdentityId",
        /// The pool that it is in.
        pub identity_pool_id: Option<String> as "cognitoIdentityPoolId",
    }
}

/// What Lambda says about this function, in the environment variables that it sets (AWS Lambda
/// Developer Guide, "Working with Lambda environment variables"). Absent ones are `None`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Function {
    /// Its name. From `AWS_LAMBDA_FUNCTION_NAME`.
    pub name: Option<String>,
    /// Its version, `$LATEST` or a number. From `AWS_LAMBDA_FUNCTION_VERSION`.
    pub version: Option<String>,
    /// Memory that it was given, in MB. From `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`.
    pub memory_mb: Option<u32>,
    /// Its handler setting, which a native executable is free to ignore. From `_HANDLER`.
    pub handler: Option<String>,
    /// The Amazon CloudWatch Logs group. From `AWS_LAMBDA_LOG_GROUP_NAME`.
    pub log_group: Option<String>,
    /// The log stream of this execution environment. From `AWS_LAMBDA_LOG_STREAM_NAME`.
    pub log_stream: Option<String>,
    /// The AWS Region. From `AWS_REGION`.
    pub region: Option<String>,
}

/// What Lambda says about this function. The environment is read at the first call.
///
/// ```
/// let name = tiny_lambda::function().name.as_deref().unwrap_or("no name");
/// # let _ = name;
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
