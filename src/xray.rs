//! Subsegments of X-Ray traces: how long the parts of an invocation took, and what they did.
//!
//! ```
//! use tiny_lambda::{Context, Result, xray};
//!
//! fn handler(id: String, _: &Context) -> Result<String> {
//!     let order = xray::try_subsegment("DynamoDB", |subsegment| {
//!         subsegment.aws("operation", "GetItem").aws("table_name", "orders");
//!         load(&id)
//!     })?;
//!     Ok(xray::subsegment("render", || format!("<h1>{order}</h1>")))
//! }
//! # fn load(id: &str) -> Result<String> { Ok(id.into()) }
//! # assert_eq!(handler("7".into(), &Context::default()).unwrap(), "<h1>7</h1>");
//! ```
//!
//! [`subsegment`] measures a closure. [`subsegment_with`] passes a [`Subsegment`] to it, which takes annotations,
//! metadata, and data about calls of other services. [`try_subsegment`] also records the closure's error.
//!
//! A subsegment is sent when its closure ends, also if the closure panics and panics unwind. Within a closure,
//! subsegments of the same thread are nested. Other threads take the [`Trace`] with them:
//!
//! ```
//! use std::thread;
//! use tiny_lambda::xray::{self, Trace};
//!
//! xray::subsegment("fan out", || {
//!     let trace = Trace::current();
//!     thread::scope(|scope| {
//!         scope.spawn(move || trace.subsegment("first half", || ()));
//!         scope.spawn(move || trace.subsegment("second half", || ()));
//!     });
//! });
//! ```
//!
//! Subsegments are sent only if Lambda traces the invocation (its tracing header has `Sampled=1`) and names an X-Ray
//! daemon in `AWS_XRAY_DAEMON_ADDRESS`. Otherwise, as in tests of a handler, the closures run and nothing else
//! happens. Each one is a datagram to the daemon, which is sent without waiting, and errors are ignored (AWS X-Ray
//! Developer Guide, "AWS X-Ray segment documents" and "Sending trace data to X-Ray"). Active tracing must be turned
//! on for the function, whose role needs `AWSXRayDaemonWriteAccess`.
//!
//! The IDs are random numbers of the kernel, so that functions restored from one SnapStart snapshot have different
//! ones.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;
use core::net::SocketAddr;
use core::str;

#[cfg(feature = "emulator")]
use crate::context::local;
use crate::context::{Context, current};
use crate::encoding::hex_digit;
use crate::encoding::lengths::add;
use crate::error::{Error, Result};
use crate::http1::address::socket_addr;
use crate::http1::head;
use crate::json::{self, ToJson, Writer};
use crate::sys::{self, utf8};

/// The largest document that is sent, in bytes. X-Ray takes up to 64 kB.
const DOCUMENT_LEN_MAX: usize = 64_000;

/// The most bytes of a datagram without the details: 300, and a name whose characters have four bytes each.
const START_LEN_MAX: usize = 300 + 4 * NAME_LEN_MAX;

/// The most characters of a name ("AWS X-Ray segment documents", `name`).
const NAME_LEN_MAX: usize = 200;

/// The most characters of the key and the value of an annotation ("Add annotations and metadata to segments").
const KEY_LEN_MAX: usize = 500;
const VALUE_LEN_MAX: usize = 1_000;

/// The most annotations of a subsegment. X-Ray indexes 50 of a trace ("AWS X-Ray segment documents", `annotations`).
const ANNOTATIONS_MAX: usize = 50;

/// The most members of each other object of a subsegment, so that a loop in a function does not take quadratic time.
const MEMBERS_MAX: usize = 1_000;

/// The most bytes kept of the message of an error.
const MESSAGE_LEN_MAX: usize = 4_000;

/// The namespace of metadata that names none, as in AWS's SDKs.
const DEFAULT_NAMESPACE: &str = "default";

/// Bytes of a trace ID: `1-`, 8 hexadecimal digits, `-` and 24 hexadecimal digits.
const ROOT_LEN: usize = 35;

/// Bytes of the ID of a segment or subsegment, which are hexadecimal digits.
const ID_LEN: usize = 16;

std::thread_local! {
    /// The innermost subsegment that this thread is in.
    static CURRENT: Cell<Trace> = const { Cell::new(Trace::NONE) };
}

/// The place of new subsegments: a trace, and the segment or subsegment of it that is their parent.
///
/// It can be copied to other threads. If the trace is not sampled, its subsegments are not sent.
// All bytes are 0 if the trace is not sampled. The plain form, an `Option` of both, adds 300 bytes to a function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    root: [u8; ROOT_LEN],
    parent_id: [u8; ID_LEN],
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace")
            .field("is_sampled", &self.is_sampled())
            .field("root", &utf8::text(&self.root))
            .field("parent", &utf8::text(&self.parent_id))
            .finish()
    }
}

impl Trace {
    const NONE: Trace = Trace {
        root: [0; ROOT_LEN],
        parent_id: [0; ID_LEN],
    };

    /// Returns the innermost subsegment that this thread is in, or else the segment of the invocation that this
    /// thread serves. On a thread that a handler has started there may be none: use the trace of the handler's
    /// thread, or [`of`](Self::of).
    ///
    /// ```
    /// use tiny_lambda::xray::Trace;
    ///
    /// let trace = Trace::current();
    /// std::thread::spawn(move || trace.subsegment("send mail", || ())).join().unwrap();
    /// ```
    #[inline(never)]
    pub fn current() -> Trace {
        let current = Trace::innermost();
        if current.is_sampled() {
            return current;
        }
        current::with_trace_header(Trace::parse)
    }

    fn innermost() -> Trace {
        CURRENT.try_with(Cell::get).unwrap_or(Trace::NONE)
    }

    /// Returns the segment of the invocation of `cx`, or the innermost subsegment of that invocation that this
    /// thread is in.
    ///
    /// ```
    /// use tiny_lambda::{Context, xray::Trace};
    ///
    /// let mut cx = Context::default();
    /// cx.xray_trace_id = Some(
    ///     "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".into(),
    /// );
    /// assert!(Trace::of(&cx).is_sampled());
    /// assert!(!Trace::of(&Context::default()).is_sampled());
    /// ```
    pub fn of(cx: &Context) -> Trace {
        let header = cx.xray_trace_id.as_deref().unwrap_or_default();
        let trace = Trace::parse(header.as_bytes());
        let current = Trace::innermost();
        if trace.root == current.root {
            current
        } else {
            trace
        }
    }

    /// Returns whether subsegments are sent if there is an X-Ray daemon.
    ///
    /// ```
    /// use tiny_lambda::xray::Trace;
    ///
    /// // No invocation is served here.
    /// assert!(!Trace::current().is_sampled());
    /// ```
    pub fn is_sampled(&self) -> bool {
        self.root.first() != Some(&0)
    }

    /// Calls `f` in a subsegment of this trace. See [`subsegment`](fn@subsegment).
    ///
    /// ```
    /// let trace = tiny_lambda::xray::Trace::current();
    /// assert_eq!(trace.subsegment("sum", || 1 + 2), 3);
    /// ```
    pub fn subsegment<T>(&self, name: &str, f: impl FnOnce() -> T) -> T {
        let mut guard = Guard(Span::begin(self, name));
        let value = f();
        guard.end(false);
        value
    }

    /// Calls `f` with a subsegment of this trace. See [`subsegment_with`].
    ///
    /// ```
    /// let trace = tiny_lambda::xray::Trace::current();
    /// trace.subsegment_with("cache", |subsegment| {
    ///     subsegment.annotation("hit", true);
    /// });
    /// ```
    pub fn subsegment_with<T>(&self, name: &str, f: impl FnOnce(&mut Subsegment) -> T) -> T {
        let mut subsegment = Subsegment::begin(self, name);
        let value = f(&mut subsegment);
        subsegment.end(false);
        value
    }

    /// Calls `f` with a subsegment of this trace, and records the error that `f` returns. See [`try_subsegment`].
    ///
    /// ```
    /// let trace = tiny_lambda::xray::Trace::current();
    /// let n: u8 = trace.try_subsegment("parse", |_| Ok("7".parse()?))?;
    /// # assert_eq!(n, 7);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// That of `f`.
    pub fn try_subsegment<T>(
        &self,
        name: &str,
        f: impl FnOnce(&mut Subsegment) -> Result<T>,
    ) -> Result<T> {
        self.subsegment_with(name, |subsegment| {
            let result = f(subsegment);
            if let Err(error) = &result {
                subsegment.exception(error);
            }
            result
        })
    }

    /// Reads a tracing header, such as `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`
    /// (AWS X-Ray Developer Guide, "Tracing header"). Other fields may be in it, any order, and white space around
    /// fields. A trace that is not sampled and a malformed header give an empty trace.
    #[inline(never)]
    fn parse(header: &[u8]) -> Trace {
        let mut trace = Trace::NONE;
        let mut sampled = [0];
        // A header in the environment ends with 0.
        for field in header.split(|byte| matches!(byte, b';' | 0)) {
            let field = head::trim(field);
            copy_value(field, b"Root=", &mut trace.root);
            copy_value(field, b"Parent=", &mut trace.parent_id);
            copy_value(field, b"Sampled=", &mut sampled);
        }
        // The bytes of an ID that is missing are 0.
        let is_in_id = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
        if sampled == *b"1" && trace.root.iter().chain(&trace.parent_id).all(is_in_id) {
            trace
        } else {
            Trace::NONE
        }
    }
}

/// Copies the value of a field of a tracing header, if the field has this name and a value of this length.
#[inline(never)]
fn copy_value(field: &[u8], name: &[u8], to: &mut [u8]) {
    let value = field.get(name.len()..).unwrap_or_default();
    if field.starts_with(name) && value.len() == to.len() {
        for (to, byte) in to.iter_mut().zip(value) {
            *to = *byte;
        }
    }
}

/// Calls `f` in a subsegment of the current invocation, and returns its value.
///
/// `name` says what is called or done, such as `"DynamoDB"` or `"render"`. X-Ray takes up to 200 characters:
/// letters, digits, white space and `_ . : / % & # = + \ - @`. `_` replaces other ones.
///
/// ```
/// let sum = tiny_lambda::xray::subsegment("sum", || (1..=100).sum::<u32>());
/// assert_eq!(sum, 5050);
/// ```
pub fn subsegment<T>(name: &str, f: impl FnOnce() -> T) -> T {
    Trace::current().subsegment(name, f)
}

/// Calls `f` with a subsegment of the current invocation, and returns its value. See [`subsegment`].
///
/// ```
/// use tiny_lambda::xray;
///
/// let price = xray::subsegment_with("price", |subsegment| {
///     let cents = 250;
///     subsegment.annotation("cents", cents).metadata("parts", &[200, 50]);
///     cents
/// });
/// assert_eq!(price, 250);
/// ```
pub fn subsegment_with<T>(name: &str, f: impl FnOnce(&mut Subsegment) -> T) -> T {
    Trace::current().subsegment_with(name, f)
}

/// Calls `f` with a subsegment of the current invocation, and returns its result. An error marks the subsegment as
/// a fault and becomes its [`exception`](Subsegment::exception). See [`subsegment`].
///
/// ```
/// use tiny_lambda::xray;
///
/// let result = xray::try_subsegment("parse", |_| Ok("300".parse::<u8>()?));
/// assert_eq!(result.unwrap_err().error_type(), "ParseIntError");
/// ```
///
/// # Errors
/// That of `f`.
pub fn try_subsegment<T>(name: &str, f: impl FnOnce(&mut Subsegment) -> Result<T>) -> Result<T> {
    Trace::current().try_subsegment(name, f)
}

/// A subsegment that has begun.
struct Span {
    /// The datagram up to the end time.
    datagram: Vec<u8>,
    start_nanos: u64,
    /// The subsegment that this thread was in before.
    outer: Trace,
}

impl Span {
    /// Begins a subsegment; `None` if it would not be sent.
    #[inline(never)]
    fn begin(trace: &Trace, name: &str) -> Option<Span> {
        if !trace.is_sampled() {
            return None;
        }
        let mut inner = *trace;
        fill_id(&mut inner.parent_id)?;
        let start_nanos = sys::unix_time_nanos();
        let mut w = Writer::new(start(trace, &inner.parent_id, start_nanos));
        w.string(utf8::text(&restrict(name, NAME_LEN_MAX, is_in_name)));
        w.raw(",\"end_time\":");
        Some(Span {
            datagram: w.into_inner(),
            start_nanos,
            outer: CURRENT.try_with(|it| it.replace(inner)).unwrap_or(inner),
        })
    }

    /// Ends the subsegment and sends it. `details` are further members of the document.
    #[inline(never)]
    fn end(mut self, is_fault: bool, details: &[u8]) {
        let addr = sys::env(c"AWS_XRAY_DAEMON_ADDRESS").and_then(daemon_addr);
        #[cfg(feature = "emulator")]
        let root = Trace::innermost().root;
        let _ = CURRENT.try_with(|it| it.set(self.outer));
        if let Some(addr) = addr {
            self.finish(sys::unix_time_nanos(), is_fault, details);
            // Nobody could do anything about an error: the daemon may be gone or its buffer full.
            let _ = sys::send_datagram(addr, &self.datagram);
            return;
        }
        #[cfg(feature = "emulator")]
        if local::is_used() {
            self.finish(sys::unix_time_nanos(), is_fault, details);
            local::take_datagram(utf8::text(&root), &self.datagram);
        }
    }

    /// Completes the datagram.
    fn finish(&mut self, end_nanos: u64, is_fault: bool, details: &[u8]) {
        // The clock may have been set back.
        let end = seconds(end_nanos.max(self.start_nanos));
        let fault = if is_fault { ",\"fault\":true" } else { "" };
        for part in [&end, fault.as_bytes(), details, b"}"] {
            self.datagram.extend_from_slice(part);
        }
    }
}

/// Returns the datagram up to the name.
fn start(trace: &Trace, id: &[u8], start_nanos: u64) -> Vec<u8> {
    let mut datagram = Vec::new();
    for part in [
        b"{\"format\":\"json\",\"version\":1}\n{\"type\":\"subsegment\",\"id\":\"".as_slice(),
        id,
        b"\",\"trace_id\":\"",
        &trace.root,
        b"\",\"parent_id\":\"",
        &trace.parent_id,
        b"\",\"start_time\":",
        &seconds(start_nanos),
        b",\"name\":",
    ] {
        datagram.extend_from_slice(part);
    }
    datagram
}

/// Ends a subsegment without details. If it is dropped before, because `f` has panicked, the subsegment is a fault.
struct Guard(Option<Span>);

impl Guard {
    fn end(&mut self, is_fault: bool) {
        if let Some(span) = self.0.take() {
            span.end(is_fault, &[]);
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.end(true);
    }
}

/// A subsegment, to which the closure of [`subsegment_with`] or [`try_subsegment`] adds data.
///
/// Its methods do nothing if the trace is not sampled.
///
/// ```
/// use tiny_lambda::xray;
///
/// xray::subsegment_with("api.example.com", |subsegment| {
///     subsegment.http_request("POST", "https://api.example.com/orders");
///     // The call.
///     subsegment.http_response(201);
/// });
/// ```
pub struct Subsegment {
    span: Option<Span>,
    details: Details,
}

impl fmt::Debug for Subsegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subsegment")
            .field("is_sampled", &self.is_sampled())
            .finish_non_exhaustive()
    }
}

impl Subsegment {
    fn begin(trace: &Trace, name: &str) -> Subsegment {
        Subsegment {
            span: Span::begin(trace, name),
            details: Details::default(),
        }
    }

    #[inline(never)]
    fn end(&mut self, is_fault: bool) {
        if let Some(span) = self.span.take() {
            let details = self.details.text(DOCUMENT_LEN_MAX - START_LEN_MAX);
            span.end(is_fault || self.details.is_fault, &details);
        }
    }

    /// Returns whether the subsegment will be sent.
    ///
    /// ```
    /// tiny_lambda::xray::subsegment_with("sum", |subsegment| {
    ///     // No invocation is served here.
    ///     assert!(!subsegment.is_sampled());
    /// });
    /// ```
    pub fn is_sampled(&self) -> bool {
        self.span.is_some()
    }

    /// Adds an annotation, by which traces can be searched. It replaces an earlier one with the same key.
    ///
    /// The value is a text, a number or a `bool`. A text is cut off after 1,000 characters; a float that is not
    /// finite is left out. A key has up to 500 ASCII letters, digits and `_`; `_` replaces other characters. X-Ray
    /// indexes up to 50 annotations of a trace: further ones of a subsegment are left out.
    ///
    /// ```
    /// tiny_lambda::xray::subsegment_with("order", |subsegment| {
    ///     subsegment.annotation("tier", "gold").annotation("cents", 250).annotation("paid", true);
    /// });
    /// ```
    pub fn annotation(&mut self, key: &str, value: impl AnnotationValue) -> &mut Subsegment {
        if self.is_sampled() {
            self.details.annotate(key, value.to_annotation());
        }
        self
    }

    /// Adds metadata, which the trace shows, in the namespace `default`. See [`metadata_in`](Self::metadata_in).
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// tiny_lambda::xray::subsegment_with("order", |subsegment| {
    ///     subsegment.metadata("parts", [1, 2]).metadata("order", json!({ "id": "a1" }));
    /// });
    /// ```
    pub fn metadata(&mut self, key: &str, value: impl ToJson) -> &mut Subsegment {
        self.metadata_in(DEFAULT_NAMESPACE, key, value)
    }

    /// Adds metadata in a namespace; an empty name means `default`. It replaces earlier metadata with the same namespace and key.
    ///
    /// A document has up to 64 kB: metadata that does not fit in it is left out, and so are members after the first
    /// 1,000. Namespaces that begin with `AWS.`
    /// are X-Ray's own: metadata in them is left out, too.
    ///
    /// ```
    /// tiny_lambda::xray::subsegment_with("order", |subsegment| {
    ///     subsegment.metadata_in("shop", "items", 3);
    /// });
    /// ```
    pub fn metadata_in(
        &mut self,
        namespace: &str,
        key: &str,
        value: impl ToJson,
    ) -> &mut Subsegment {
        if self.is_sampled() && !namespace.as_bytes().starts_with(b"AWS.") {
            let json = json::to_vec(&value);
            let namespace = if namespace.is_empty() {
                DEFAULT_NAMESPACE
            } else {
                namespace
            };
            self.details.set("metadata", namespace, key, &json);
        }
        self
    }

    /// Makes this a call of an AWS service, which the trace map shows as a node, and sets a member of its data:
    /// `operation`, `region`, `request_id`, `account_id`, `table_name` or `queue_url`. The name of the subsegment is
    /// that of the service, such as `DynamoDB`.
    ///
    /// ```
    /// tiny_lambda::xray::subsegment_with("DynamoDB", |subsegment| {
    ///     subsegment.aws("operation", "PutItem").aws("table_name", "orders");
    /// });
    /// ```
    pub fn aws(&mut self, key: &str, value: impl ToJson) -> &mut Subsegment {
        if self.is_sampled() {
            self.details.namespace = "aws";
            self.details.set("aws", "", key, &json::to_vec(&value));
        }
        self
    }

    /// Makes this a call of another service, such as a database, which the trace map shows as a node.
    /// [`http_request`](Self::http_request) does the same.
    ///
    /// ```
    /// tiny_lambda::xray::subsegment_with("orders@db.example.com", |subsegment| {
    ///     subsegment.remote();
    /// });
    /// ```
    pub fn remote(&mut self) -> &mut Subsegment {
        if self.details.namespace.is_empty() {
            self.details.namespace = "remote";
        }
        self
    }

    /// Records the HTTP request of a call, which becomes a [`remote`](Self::remote) one unless it is one of AWS. The
    /// name of the subsegment is that of the host.
    ///
    /// ```
    /// tiny_lambda::xray::subsegment_with("api.example.com", |subsegment| {
    ///     subsegment.http_request("GET", "https://api.example.com/orders/7");
    /// });
    /// ```
    pub fn http_request(&mut self, method: &str, url: &str) -> &mut Subsegment {
        if self.is_sampled() {
            self.details
                .set("http", "request", "method", &json::to_vec(method));
            self.details
                .set("http", "request", "url", &json::to_vec(url));
        }
        self.remote()
    }

    /// Records the status of the HTTP response. A status of 400 to 499 sets the flag [`error`](Self::set_error), 429
    /// also [`throttle`](Self::set_throttle), and 500 and more [`fault`](Self::set_fault).
    ///
    /// ```
    /// tiny_lambda::xray::subsegment_with("api.example.com", |subsegment| {
    ///     subsegment.http_response(503);
    /// });
    /// ```
    pub fn http_response(&mut self, status: u16) -> &mut Subsegment {
        if self.is_sampled() {
            self.details
                .set("http", "response", "status", &json::to_vec(&status));
        }
        match status {
            429 => self.set_throttle().set_error(),
            400..=499 => self.set_error(),
            500.. => self.set_fault(),
            _ => self,
        }
    }

    /// Marks the subsegment as an error of the caller.
    ///
    /// ```
    /// tiny_lambda::xray::subsegment_with("check", |subsegment| {
    ///     subsegment.set_error();
    /// });
    /// ```
    pub fn set_error(&mut self) -> &mut Subsegment {
        self.details.is_error = true;
        self
    }

    /// Marks the subsegment as a fault of this function or of the service that it calls.
    ///
    /// ```
    /// tiny_lambda::xray::subsegment_with("check", |subsegment| {
    ///     subsegment.set_fault();
    /// });
    /// ```
    pub fn set_fault(&mut self) -> &mut Subsegment {
        self.details.is_fault = true;
        self
    }

    /// Marks the subsegment as throttled by the service that it calls.
    ///
    /// ```
    /// tiny_lambda::xray::subsegment_with("check", |subsegment| {
    ///     subsegment.set_throttle();
    /// });
    /// ```
    pub fn set_throttle(&mut self) -> &mut Subsegment {
        self.details.is_throttle = true;
        self
    }

    /// Records an error as the cause, and marks the subsegment as a fault. Several errors can be recorded. A message
    /// is cut off after 4,000 bytes.
    ///
    /// ```
    /// use tiny_lambda::Error;
    ///
    /// tiny_lambda::xray::subsegment_with("cache", |subsegment| {
    ///     subsegment.exception(&Error::new("CacheMiss", "no entry for a1"));
    /// });
    /// ```
    pub fn exception(&mut self, error: &Error) -> &mut Subsegment {
        if self.is_sampled() {
            self.details.push_exception(error);
        }
        self.set_fault()
    }
}

impl Drop for Subsegment {
    fn drop(&mut self) {
        self.end(true);
    }
}

/// A value of an annotation: a text, a number or a `bool`.
///
/// ```
/// use tiny_lambda::xray::{AnnotationValue, Trace};
///
/// fn call(trace: Trace, answer: impl AnnotationValue) {
///     trace.subsegment_with("call", |subsegment| {
///         subsegment.annotation("answer", answer);
///     });
/// }
/// call(Trace::current(), 42);
/// call(Trace::current(), "yes");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value of an annotation",
    label = "X-Ray takes text, numbers and `bool`",
    note = "`metadata` takes everything that implements `ToJson`"
)]
pub trait AnnotationValue: private::Sealed {
    #[doc(hidden)]
    fn to_annotation(&self) -> Vec<u8>;
}

mod private {
    pub trait Sealed {}
}

macro_rules! annotation_values {
    ($($type:ty)*) => {$(
        impl private::Sealed for $type {}

        impl AnnotationValue for $type {
            fn to_annotation(&self) -> Vec<u8> {
                json::to_vec(self)
            }
        }
    )*};
}

annotation_values! { bool u8 u16 u32 u64 usize i8 i16 i32 i64 isize f32 f64 }

impl private::Sealed for str {}

impl AnnotationValue for str {
    fn to_annotation(&self) -> Vec<u8> {
        let end = self.char_indices().nth(VALUE_LEN_MAX);
        let text = end.and_then(|(end, _)| self.get(..end));
        json::to_vec(text.unwrap_or(self))
    }
}

impl private::Sealed for String {}

impl AnnotationValue for String {
    fn to_annotation(&self) -> Vec<u8> {
        self.as_str().to_annotation()
    }
}

impl<T: private::Sealed + ?Sized> private::Sealed for &T {}

impl<T: AnnotationValue + ?Sized> AnnotationValue for &T {
    fn to_annotation(&self) -> Vec<u8> {
        T::to_annotation(self)
    }
}

/// What a subsegment says beside its name and times.
#[derive(Default)]
struct Details {
    is_error: bool,
    is_fault: bool,
    is_throttle: bool,
    /// `aws`, `remote` or empty.
    namespace: &'static str,
    /// The elements of an array, with commas between them.
    exceptions: Vec<u8>,
    entries: Vec<Entry>,
}

/// A member of an object in the document.
struct Entry {
    /// The object.
    group: &'static str,
    /// The object within `group` that has the member; empty if it is `group` itself.
    subgroup: String,
    key: String,
    /// Name and value.
    member: Vec<u8>,
}

impl Details {
    #[inline(never)]
    fn annotate(&mut self, key: &str, json: Vec<u8>) {
        // A float that is not finite.
        if json != b"null" {
            let key = restrict(key, KEY_LEN_MAX, |byte| byte.is_ascii_alphanumeric());
            self.set("annotations", "", utf8::text(&key), &json);
        }
    }

    /// Sets a member, unless it does not even fit in an empty document.
    #[inline(never)]
    fn set(&mut self, group: &'static str, subgroup: &str, key: &str, json: &[u8]) {
        let mut w = Writer::default();
        w.string(key);
        let mut member = w.into_inner();
        member.push(b':');
        member.extend_from_slice(json);
        if member.len() > DOCUMENT_LEN_MAX {
            return;
        }
        let is_same =
            |it: &&mut Entry| it.group == group && it.subgroup == subgroup && it.key == key;
        if let Some(entry) = self.entries.iter_mut().find(is_same) {
            entry.member = member;
            return;
        }
        let n_members = self.entries.iter().filter(|it| it.group == group);
        let n_members_max = if group == "annotations" {
            ANNOTATIONS_MAX
        } else {
            MEMBERS_MAX
        };
        if n_members.count() < n_members_max {
            self.entries.push(Entry {
                group,
                subgroup: subgroup.into(),
                key: key.into(),
                member,
            });
        }
    }

    #[inline(never)]
    fn push_exception(&mut self, error: &Error) {
        let mut id = [0; ID_LEN];
        if fill_id(&mut id).is_none() {
            return;
        }
        let mut error = error.clone();
        error.shorten(MESSAGE_LEN_MAX);
        let mut w = Writer::default();
        w.raw("{\"id\":\"");
        w.raw(utf8::text(&id));
        w.raw("\",\"type\":");
        w.string(error.error_type());
        w.raw(",\"message\":");
        w.string(error.error_message());
        w.raw("}");
        let exception = w.into_inner();
        // The message of one exception has at most six bytes for each of its bytes.
        if self.exceptions.len().saturating_add(exception.len()) < DOCUMENT_LEN_MAX / 2 {
            push_element(&mut self.exceptions, &exception);
        }
    }

    /// Returns members of the document, each after a comma, with `len_max` bytes at most. Members that do not fit
    /// are left out; those of `metadata` come last.
    #[inline(never)]
    fn text(&self, len_max: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for (is_set, flag) in [
            (self.is_error, ",\"error\":true"),
            (self.is_throttle, ",\"throttle\":true"),
        ] {
            if is_set {
                out.extend_from_slice(flag.as_bytes());
            }
        }
        if !self.exceptions.is_empty() {
            for part in [b",\"cause\":{\"exceptions\":[", &*self.exceptions, b"]}"] {
                out.extend_from_slice(part);
            }
        }
        if !self.namespace.is_empty() {
            for part in [",\"namespace\":\"", self.namespace, "\""] {
                out.extend_from_slice(part.as_bytes());
            }
        }
        for group in ["aws", "http", "annotations", "metadata"] {
            let members = self.members(group, len_max.saturating_sub(out.len()));
            if !members.is_empty() {
                out.push(b',');
                out.extend_from_slice(&object(group, &members));
            }
        }
        out
    }

    /// Returns the members of a group that fit in `len_max` bytes, with commas between them.
    fn members(&self, group: &str, len_max: usize) -> Vec<u8> {
        /// Quotes, colons, braces and commas around a subgroup and its group, and the longest name of a group.
        const AROUND_LEN_MAX: usize = 32;

        let mut out = Vec::new();
        let of_group = || self.entries.iter().filter(|entry| entry.group == group);
        for (index, first) in of_group().enumerate() {
            let is_same = |entry: &&Entry| entry.subgroup == first.subgroup;
            if of_group().take(index).any(|entry| is_same(&entry)) {
                continue;
            }
            // A byte of a name has at most six bytes in JSON.
            let name_len_max = first.subgroup.len().saturating_mul(6);
            let around = name_len_max.saturating_add(AROUND_LEN_MAX);
            let mut left = len_max.saturating_sub(out.len()).saturating_sub(around);
            let mut members = Vec::new();
            for entry in of_group().filter(is_same) {
                let len = entry.member.len().saturating_add(1);
                if let Some(rest) = left.checked_sub(len) {
                    left = rest;
                    push_element(&mut members, &entry.member);
                }
            }
            if !members.is_empty() && !first.subgroup.is_empty() {
                members = object(&first.subgroup, &members);
            }
            if !members.is_empty() {
                push_element(&mut out, &members);
            }
        }
        out
    }
}

/// Appends an element to a list with commas.
fn push_element(list: &mut Vec<u8>, element: &[u8]) {
    if !list.is_empty() {
        list.push(b',');
    }
    list.extend_from_slice(element);
}

/// Returns a member whose value is an object with these members.
fn object(name: &str, members: &[u8]) -> Vec<u8> {
    let mut w = Writer::default();
    w.string(name);
    w.raw(":{");
    let mut member = w.into_inner();
    member.extend_from_slice(members);
    member.push(b'}');
    member
}

/// Returns the first `len_max` characters of `text`, with `_` in place of ASCII characters that are not allowed. An
/// empty text becomes `_`, because X-Ray refuses empty names.
#[inline(never)]
fn restrict(text: &str, len_max: usize, is_allowed: fn(u8) -> bool) -> Vec<u8> {
    let mut restricted = Vec::new();
    let mut n_chars = 0_usize;
    for byte in text.bytes() {
        // Other bytes of a character begin with the bits 10 (RFC 3629, section 3).
        n_chars = n_chars.saturating_add(usize::from(byte & 0xc0 != 0x80));
        if n_chars > len_max {
            break;
        }
        restricted.push(if is_allowed(byte) { byte } else { b'_' });
    }
    if restricted.is_empty() {
        restricted.push(b'_');
    }
    restricted
}

/// Returns whether a byte may be in a name. X-Ray takes these ASCII characters, and letters of all scripts. A check
/// of the latter would bring 3 KB of Unicode tables, so all characters that are not ASCII pass.
fn is_in_name(byte: u8) -> bool {
    match byte {
        b' ' | b'#' | b'%' | b'&' | b'+' | b'-'..=b':' | b'=' | b'@' | b'\\' | b'_' | 0x80.. => {
            true
        }
        _ => byte.is_ascii_alphabetic(),
    }
}

/// Returns a time in seconds with six decimals. A time before the year 2001 becomes the first one with ten digits.
#[inline(never)]
fn seconds(nanos: u64) -> [u8; 17] {
    let mut rest = nanos.max(1_000_000_000_000_000_000) / 1_000;
    let mut text = *b"0000000000.000000";
    for byte in text.iter_mut().rev().filter(|byte| **byte == b'0') {
        *byte |= u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    text
}

/// Makes `id` a new ID. Returns `None` if the kernel has no random numbers.
fn fill_id(id: &mut [u8]) -> Option<()> {
    sys::fill_random(id).ok()?;
    for byte in id {
        *byte = hex_digit(*byte);
    }
    Some(())
}

/// Returns the address for datagrams in `host:port` or `tcp:host:port udp:host:port`, the forms that AWS's SDKs read.
/// The host is an IP address.
#[inline(never)]
fn daemon_addr(text: &[u8]) -> Option<SocketAddr> {
    let start = text.windows(4).position(|part| part == b"udp:");
    let udp = text.get(start.map_or(0, |start| add(start, 4))..)?;
    let addr = udp.split(|byte| *byte == b' ').next()?;
    socket_addr(utf8::to_str(addr)?).ok()
}

#[cfg(test)]
mod tests;
