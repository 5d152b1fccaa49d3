//! One invocation in a test: the event with the data of its context, and the response.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::SystemTime;

use crate::emulator::Emulator;
use crate::emulator::message::{InvocationData, ResponsePart, ResponseReceiver, collect_response};
use crate::emulator::server::lock;
use crate::emulator::services::data::{Content, ServiceData};
use crate::emulator::services::metrics::Metric;
use crate::emulator::services::xray::Subsegment;
use crate::json::{self, FromJson, Value};
use crate::runtime::Runtime;
use crate::runtime::handler::Handler;

/// The result of an invocation: a response or an error document.
///
/// ```
/// use tiny_lambda::{Error, Result, emulator, handler};
///
/// let fail = handler::json(|(), _| -> Result<()> { Err(Error::new("SoldOut", "no seat is left")) });
/// let response = emulator::invoke(&fail, b"null")?;
/// assert!(response.is_error());
/// assert_eq!(response.error_type.as_deref(), Some("Function.SoldOut"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// `Debug` shows the body as text.
#[derive(Clone)]
#[non_exhaustive]
pub struct InvokeResponse {
    /// The response, or the error document if it [is an error](Self::is_error).
    pub body: Vec<u8>,
    /// The content type that the function sent. Callers on Lambda get it for streamed responses only.
    pub content_type: Option<String>,
    /// The error type as Lambda counts it (`Function.Unknown`, `Runtime.ExitError`, `Sandbox.Timedout`,
    /// ...); `None` for a response.
    pub error_type: Option<String>,
    data: Arc<Mutex<PendingData>>,
}

/// The data of an invocation that are complete when it ends.
#[derive(Debug, Default)]
struct PendingData {
    /// Where the data will arrive; `None` if it has.
    parts: Option<ResponseReceiver>,
    data: InvocationData,
}

impl PendingData {
    /// Waits until the invocation is over.
    fn complete(&mut self) -> &InvocationData {
        if let Some(parts) = self.parts.take() {
            self.data = data_of(parts.iter());
        }
        &self.data
    }
}

/// Returns the data in the parts that follow a response. There is none if the emulator has ended before the
/// invocation.
pub(super) fn data_of(parts: impl Iterator<Item = ResponsePart>) -> InvocationData {
    let data = parts.filter_map(|part| match part {
        ResponsePart::Report(data) => Some(data),
        _ => None,
    });
    data.last().unwrap_or_default()
}

/// Compares body, content type and error type.
impl PartialEq for InvokeResponse {
    fn eq(&self, other: &InvokeResponse) -> bool {
        (&self.body, &self.content_type, &self.error_type)
            == (&other.body, &other.content_type, &other.error_type)
    }
}

impl Eq for InvokeResponse {}

impl InvokeResponse {
    /// Returns whether the invocation failed: the function reported an error, exited, or timed out.
    ///
    /// ```
    /// use tiny_lambda::{emulator, handler};
    ///
    /// let half = handler::json(|n: u32, _| Ok(n / 2));
    /// assert!(!emulator::invoke(&half, b"2")?.is_error());
    /// assert!(emulator::invoke(&half, b"-2")?.is_error());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_error(&self) -> bool {
        self.error_type.is_some()
    }

    /// Returns the body as text. U+FFFD replaces bytes that are not UTF-8.
    ///
    /// ```
    /// use tiny_lambda::{emulator, handler};
    ///
    /// let greet = handler::json(|name: String, _| Ok(format!("Hello, {name}!")));
    /// assert_eq!(emulator::invoke(&greet, r#""Ada""#)?.text(), r#""Hello, Ada!""#);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Reads the response from JSON.
    ///
    /// [`assert_json_eq`](super::assert_json_eq) compares it with expected JSON.
    ///
    /// ```
    /// use tiny_lambda::{emulator, handler};
    ///
    /// let greet = handler::json(|name: String, _| Ok(format!("Hello, {name}!")));
    /// assert_eq!(emulator::invoke(&greet, r#""Ada""#)?.json::<String>()?, "Hello, Ada!");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// The body is not JSON of that type, or the invocation failed. The error has the body or the function's
    /// error. The error document itself can be read by `json::parse(&response.body)`.
    pub fn json<T: FromJson>(&self) -> io::Result<T> {
        if let Some(error_type) = &self.error_type {
            let message = self.error_message().unwrap_or_default();
            let text = format!("the invocation failed with {error_type}: {message}");
            return Err(io::Error::other(text));
        }
        json::parse(&self.body).map_err(|error| {
            let text = format!("{error} in the response {}", BodyText(&self.body));
            io::Error::new(io::ErrorKind::InvalidData, text)
        })
    }

    /// Returns the message of the error; `None` if the invocation did not fail, or the error document has no
    /// message.
    ///
    /// ```
    /// use tiny_lambda::{Error, Result, emulator, handler};
    ///
    /// let fail = handler::json(|(), _| -> Result<()> { Err(Error::new("SoldOut", "no seat is left")) });
    /// let response = emulator::invoke(&fail, "null")?;
    /// assert_eq!(response.error_message().as_deref(), Some("no seat is left"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn error_message(&self) -> Option<String> {
        self.error_type.as_ref()?;
        let document: Value = json::parse_replacing_surrogates(&self.body).ok()?;
        Some(document.get("errorMessage")?.as_str()?.to_owned())
    }

    /// Returns the metrics that the function has written during the invocation, in CloudWatch's embedded metric
    /// format, with those of its Init phase if it was a part of it. If one environment serves several invocations at
    /// once, the response of the invocation that ends first has all their metrics.
    ///
    /// Waits until the invocation is over, which is when the runtime asks for the next event.
    ///
    /// ```
    /// use tiny_lambda::{emulator, handler};
    ///
    /// let quiet = handler::json(|n: u32, _| Ok(n));
    /// assert_eq!(emulator::invoke(&quiet, "1")?.metrics(), []);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn metrics(&self) -> Vec<Metric> {
        lock(&self.data).complete().metrics.clone()
    }

    /// Returns the subsegments that the function has sent to X-Ray during the invocation, each with those that it
    /// contains. There are none if the trace is not sampled: see [`Settings::xray`](super::Settings::xray).
    ///
    /// Waits until the invocation is over, which is when the runtime asks for the next event.
    ///
    /// ```
    /// use tiny_lambda::{emulator, handler};
    ///
    /// let quiet = handler::json(|n: u32, _| Ok(n));
    /// assert_eq!(emulator::invoke(&quiet, "1")?.subsegments(), []);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn subsegments(&self) -> Vec<Subsegment> {
        lock(&self.data).complete().subsegments.clone()
    }

    /// Returns the response with the data that follows in `parts`.
    pub(super) fn with_parts(self, parts: ResponseReceiver) -> InvokeResponse {
        lock(&self.data).parts = Some(parts);
        self
    }

    /// Returns the response with the data in the parts that followed it.
    pub(super) fn with_rest(self, rest: Vec<ResponsePart>) -> InvokeResponse {
        lock(&self.data).data = data_of(rest.into_iter());
        self
    }

    pub(super) fn receive(parts: &ResponseReceiver) -> io::Result<InvokeResponse> {
        let (start, body) = collect_response(parts).ok_or_else(|| {
            let text = "the emulator ended before the response";
            io::Error::new(io::ErrorKind::ConnectionAborted, text)
        })?;
        Ok(InvokeResponse {
            body,
            content_type: start.content_type,
            error_type: start.error_type,
            data: Arc::default(),
        })
    }
}

impl AsRef<[u8]> for InvokeResponse {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[expect(
    clippy::missing_fields_in_debug,
    reason = "the data may not have arrived"
)]
impl fmt::Debug for InvokeResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvokeResponse")
            .field("body", &format_args!("{}", BodyText(&self.body)))
            .field("content_type", &self.content_type)
            .field("error_type", &self.error_type)
            .finish()
    }
}

/// Displays a body: JSON as it is, other text as a Rust string, other bytes as a Rust byte string.
pub(super) struct BodyText<'b>(pub(super) &'b [u8]);

impl fmt::Display for BodyText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(self.0) {
            Ok(text) if json::parse::<json::Ignored>(self.0).is_ok() => f.write_str(text),
            Ok(text) => write!(f, "{text:?}"),
            Err(_) => write!(f, "b\"{}\"", self.0.escape_ascii()),
        }
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident $field:ident $example:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// ```
        /// use tiny_lambda::emulator::InvokeRequest;
        ///
        #[doc = concat!("let request = InvokeRequest::new(\"{}\").", stringify!($name), "(", stringify!($example), ");")]
        #[doc = concat!("assert_eq!(request.", stringify!($field), ".as_deref(), Some(", stringify!($example), "));")]
        /// ```
        #[must_use]
        pub fn $name(mut self, $field: impl fmt::Display) -> InvokeRequest {
            self.$field = Some($field.to_string());
            self
        }
    )*};
}

/// An event and the data that Lambda passes to the function with it: that of a [`Context`](crate::Context).
/// The emulator chooses the data that is `None`.
///
/// ```
/// use std::time::SystemTime;
/// use tiny_lambda::emulator::{self, InvokeRequest};
/// use tiny_lambda::{Context, handler};
///
/// let who = handler::json(|(), cx: &Context| {
///     Ok((cx.tenant_id.clone(), cx.remaining().map(|left| left.as_secs())))
/// });
/// let late = InvokeRequest::new("null").with_tenant_id("blue").with_deadline(SystemTime::UNIX_EPOCH);
/// assert_eq!(emulator::invoke(&who, late)?.text(), r#"["blue",0]"#);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Bytes, text and JSON values are events without other data:
///
/// ```
/// use tiny_lambda::{emulator, handler, json};
///
/// let first = handler::json(|list: Vec<String>, _| Ok(list.first().cloned()));
/// assert_eq!(emulator::invoke(&first, b"[]")?.text(), "null");
/// assert_eq!(emulator::invoke(&first, r#"["a"]"#)?.text(), r#""a""#);
/// assert_eq!(emulator::invoke(&first, json!(["a"]))?.text(), r#""a""#);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvokeRequest {
    /// The event. Any bytes are allowed, although Lambda accepts JSON only.
    pub event: Vec<u8>,
    /// The request id; `None` for a new UUID.
    pub request_id: Option<String>,
    /// The deadline that the function receives; `None` for the real one. The invocation ends with its
    /// timeout in any case.
    pub deadline: Option<SystemTime>,
    /// The ARN that was invoked; `None` for that of the function.
    pub invoked_function_arn: Option<String>,
    /// The X-Ray tracing header; `None` for a new trace, which is sampled if
    /// [`Settings::xray`](super::Settings::xray) is set.
    pub xray_trace_id: Option<String>,
    /// The caller's client context, as JSON.
    pub client_context: Option<String>,
    /// The caller's Amazon Cognito identity, as JSON.
    pub identity: Option<String>,
    /// The tenant, for functions with tenant isolation.
    pub tenant_id: Option<String>,
    /// What is added to the local services before the invocation begins.
    pub(crate) services: ServiceData,
}

impl InvokeRequest {
    /// Returns a request with this event and no other member set. The event may be bytes, text, or a JSON
    /// [`Value`].
    ///
    /// ```
    /// let request = tiny_lambda::emulator::InvokeRequest::new(b"[1]");
    /// assert_eq!((request.event.as_slice(), request.request_id), (b"[1]".as_slice(), None));
    /// ```
    pub fn new(event: impl Into<InvokeRequest>) -> InvokeRequest {
        event.into()
    }

    setters! {
        /// Returns the request with a [`request_id`](crate::Context::request_id).
        with_request_id request_id "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
        /// Returns the request with an [`invoked_function_arn`](crate::Context::invoked_function_arn).
        with_invoked_function_arn invoked_function_arn "arn:aws:lambda:eu-west-1:123456789012:function:f:prod";
        /// Returns the request with an [`xray_trace_id`](crate::Context::xray_trace_id).
        with_xray_trace_id xray_trace_id "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e";
        /// Returns the request with a [`client_context`](crate::Context::client_context), which is JSON.
        with_client_context client_context r#"{"custom":{"cart":7}}"#;
        /// Returns the request with an [`identity`](crate::Context::identity), which is JSON.
        with_identity identity r#"{"cognitoIdentityId":"eu-west-1:1234"}"#;
        /// Returns the request with a [`tenant_id`](crate::Context::tenant_id).
        with_tenant_id tenant_id "blue";
    }

    /// Returns the request with a [`deadline`](crate::Context::deadline).
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use tiny_lambda::emulator::InvokeRequest;
    ///
    /// let soon = SystemTime::now() + Duration::from_secs(1);
    /// assert_eq!(InvokeRequest::new("{}").with_deadline(soon).deadline, Some(soon));
    /// ```
    #[must_use]
    pub fn with_deadline(mut self, deadline: SystemTime) -> InvokeRequest {
        self.deadline = Some(deadline);
        self
    }

    /// Adds a parameter to the local Parameter Store before the invocation begins, as
    /// [`Emulator::parameter`] does. Later invocations of the same emulator find it too.
    ///
    /// ```
    /// use tiny_lambda::emulator::InvokeRequest;
    ///
    /// let request = InvokeRequest::new("{}").with_parameter("/db/url", "postgres://db");
    /// // `Debug` shows no values.
    /// assert!(!format!("{request:?}").contains("postgres"));
    /// ```
    #[must_use]
    pub fn with_parameter(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> InvokeRequest {
        self.services.parameters.push((name.into(), value.into()));
        self
    }

    /// Adds a secret to the local Secrets Manager before the invocation begins, as [`Emulator::secret`] does.
    /// Later invocations of the same emulator find it too.
    ///
    /// ```
    /// use tiny_lambda::emulator::InvokeRequest;
    /// use tiny_lambda::json;
    ///
    /// let request = InvokeRequest::new("{}").with_secret("db", json!({ "password": "p" }));
    /// ```
    #[must_use]
    pub fn with_secret(
        mut self,
        name: impl Into<String>,
        value: impl Into<Content>,
    ) -> InvokeRequest {
        self.services.secrets.push((name.into(), value.into().0));
        self
    }

    /// Adds a configuration to the local AppConfig before the invocation begins, as
    /// [`Emulator::configuration`] does. Later invocations of the same emulator find it too.
    ///
    /// ```
    /// use tiny_lambda::emulator::InvokeRequest;
    /// use tiny_lambda::json;
    ///
    /// let flags = json!({ "new_checkout": { "enabled": true } });
    /// let request = InvokeRequest::new("{}").with_configuration("shop", "prod", "flags", flags);
    /// ```
    #[must_use]
    pub fn with_configuration(
        mut self,
        application: impl Into<String>,
        environment: impl Into<String>,
        profile: impl Into<String>,
        content: impl Into<Content>,
    ) -> InvokeRequest {
        let id = [application.into(), environment.into(), profile.into()];
        let content = content.into().0;
        self.services.configurations.push((id, content));
        self
    }
}

macro_rules! impl_from {
    ($($type:ty, $event:ident => $bytes:expr;)*) => {$(
        impl From<$type> for InvokeRequest {
            fn from($event: $type) -> InvokeRequest {
                InvokeRequest {
                    event: $bytes,
                    ..InvokeRequest::default()
                }
            }
        }
    )*};
}

impl_from! {
    Vec<u8>, event => event;
    &Vec<u8>, event => event.clone();
    &[u8], event => event.to_vec();
    String, event => event.into_bytes();
    &String, event => event.clone().into_bytes();
    &str, event => event.as_bytes().to_vec();
    Value, event => json::to_vec(&event);
    &Value, event => json::to_vec(event);
}

impl<const N: usize> From<&[u8; N]> for InvokeRequest {
    fn from(event: &[u8; N]) -> InvokeRequest {
        event.as_slice().into()
    }
}

/// Runs `handler` for one event, through the real loop and over a loopback socket, and joins the threads
/// that it started. The event may be bytes, text, a JSON [`Value`], or an [`InvokeRequest`] with the data of
/// a [`Context`](crate::Context).
///
/// ```
/// use tiny_lambda::{emulator, handler};
///
/// let double = handler::json(|n: u32, _| Ok(n * 2));
/// assert_eq!(emulator::invoke(&double, "21")?.text(), "42");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If it cannot listen on loopback. An error of the handler is an [`InvokeResponse`].
pub fn invoke(
    handler: &dyn Handler,
    event: impl Into<InvokeRequest>,
) -> io::Result<InvokeResponse> {
    invoke_in_process(Emulator::start()?, handler, event.into())
}

/// Invokes `handler` once, as [`invoke`] does, and waits until the invocation is reported.
pub(super) fn invoke_in_process(
    emulator: Emulator,
    handler: &dyn Handler,
    request: InvokeRequest,
) -> io::Result<InvokeResponse> {
    let addr = emulator.addr().to_string();
    thread::scope(|scope| {
        scope.spawn(move || drop(Runtime::at(&addr).serve(handler)));
        let response = emulator.invoke_to_its_end(request);
        // Ends the loop, which the scope waits for.
        drop(emulator);
        response
    })
}
