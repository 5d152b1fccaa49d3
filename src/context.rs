//! What Lambda says about this invocation ([`Context`]) and about this function ([`Function`]).

use alloc::string::String;
use std::env;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

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
    /// JSON that the caller sent along, as it came. From `Lambda-Runtime-Client-Context`.
    pub client_context: Option<String>,
    /// The caller's Amazon Cognito identity, as JSON. From `Lambda-Runtime-Cognito-Identity`.
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
