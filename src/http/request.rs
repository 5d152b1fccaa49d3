//! [`Request`]: one type for the requests of all front doors.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::{self, FromStr};

use super::answer::{Answer, Caller};
use super::{
    Body, HeaderMap, Method, PAYLOAD_TOO_LARGE, Pairs, Response, bad_request, event, pairs,
};
use crate::json::{self, FromJson, Kind, Reader, Value};
use crate::{Error, Result};

/// Who has sent a request, and in which form the response must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// An Amazon API Gateway REST API, or an HTTP API with payload format 1.0.
    RestApi,
    /// An Amazon API Gateway HTTP API with payload format 2.0.
    HttpApi,
    /// A Lambda function URL.
    FunctionUrl,
    /// An Amazon API Gateway WebSocket API.
    WebSocket,
    /// An Application Load Balancer.
    Alb,
    /// Amazon VPC Lattice, event version 1.0.
    LatticeV1,
    /// Amazon VPC Lattice, event version 2.0.
    LatticeV2,
}

/// A web request. Tests make one with [`new`](Self::new).
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) caller: Caller,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) raw_path: String,
    pub(super) query_string: String,
    pub(super) headers: HeaderMap,
    /// An error if it is no text, or should be base64 and is none.
    pub(super) body: Result<Body>,
    pub(super) event: String,
    /// What a router has found in the path, decoded.
    pub(super) captures: Vec<(String, String)>,
}

impl Request {
    /// A request to a function URL, for tests. `target` is a path, with a query behind a `?`.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Post, "/orders?dry=1")
    ///     .with_header("Content-Type", "application/json")
    ///     .with_body(r#"{"quantity": 2}"#);
    /// assert_eq!(request.path(), "/orders");
    /// assert_eq!(request.query()?.get("dry"), Some("1"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn new(method: Method, target: &str) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Request {
            caller: Caller {
                origin: Origin::FunctionUrl,
                is_multi_value: false,
            },
            method,
            path: path.into(),
            raw_path: path.into(),
            query_string: query.into(),
            headers: HeaderMap::new(),
            body: Ok(Body::Empty),
            event: "{}".into(),
            captures: Vec::new(),
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Request {
        self.headers.append(name, value);
        self
    }

    /// The same with another body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Body>) -> Request {
        self.body = Ok(body.into());
        self
    }

    /// The same with a parameter of the path, for tests of a handler that has it from a router.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: &str) -> Request {
        self.captures.push((name.into(), value.into()));
        self
    }

    /// Reads the request that an event carries.
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` if it carries none, be it for a direct invoke or for a mistake in
    /// it: not UTF-8 or not JSON, malformed base64, a header that is none.
    pub fn from_event(event: &[u8]) -> Result<Request> {
        match str::from_utf8(event) {
            Ok(text) => event::read(text),
            // The reader says where.
            Err(_) => match json::parse::<json::Ignored>(event) {
                Err(error) => {
                    let there = event.get(error.offset()..).unwrap_or_default();
                    Err(Error::unmarshal(event::REQUEST, &error, there))
                }
                Ok(_) => Err(Error::new(Error::UNMARSHAL, "not UTF-8")),
            },
        }
    }

    /// Who has sent it.
    pub fn origin(&self) -> Origin {
        self.caller.origin
    }

    pub(crate) fn caller(&self) -> Caller {
        self.caller
    }

    /// Its method. Messages of a WebSocket are `GET`, as the request that opened it was. An event
    /// that names none has [`Method::Other`] with an empty text.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Its path without an API's stage, otherwise unchanged: whether escapes in it are decoded
    /// already differs by front door. Of a WebSocket, `/` and the route: `/$connect`. Empty if the
    /// event names none.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its path as the event has it: of an HTTP API with the stage.
    pub fn raw_path(&self) -> &str {
        &self.raw_path
    }

    /// The host that it went to: the `Host` header, else the domain name that the event names.
    pub fn host(&self) -> Option<Cow<'_, str>> {
        match self.header("host") {
            Some(host) => Some(Cow::Borrowed(host)),
            None => self.context_text(&["domainName"]),
        }
    }

    /// Its query without the `?`, encoded; empty if it has none. Where the front door hands on
    /// names and values alone, they are encoded again.
    pub fn query_string(&self) -> &str {
        &self.query_string
    }

    /// Its query, decoded.
    ///
    /// # Errors
    /// `Http.BadRequest` if an escape in it is malformed.
    #[track_caller]
    pub fn query(&self) -> Result<Pairs> {
        match Pairs::read(&self.query_string) {
            Ok(pairs) => Ok(pairs),
            Err(error) => Err(bad_request(format_args!("in the query: {error}"))),
        }
    }

    /// Its headers. An HTTP API joins those of one name with commas, in one value.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The value of the first header called `name`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The names and values of its cookies, as they were sent.
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .get_all("cookie")
            .flat_map(|value| value.split(';'))
            .filter_map(|cookie| cookie.trim_ascii().split_once('='))
    }

    /// The value of the first cookie called `name`.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies()
            .find_map(|cookie| (cookie.0 == name).then_some(cookie.1))
    }

    /// Its body, however it came.
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` if it is no string in the event, or should be base64 and is none:
    /// the fault of the sender of the event, so that the answer is a 500.
    #[track_caller]
    pub fn body(&self) -> Result<&Body> {
        match &self.body {
            Ok(body) => Ok(body),
            Err(error) => Err(error.clone().here()),
        }
    }

    /// Its body, without a copy.
    ///
    /// # Errors
    /// As [`body`](Self::body).
    pub fn into_body(self) -> Result<Body> {
        self.body
    }

    /// Its body as JSON.
    ///
    /// # Errors
    /// `Http.BadRequest`, which says what was expected and where, if it is none.
    #[track_caller]
    pub fn json<T: FromJson>(&self) -> Result<T> {
        match json::parse(self.body()?.as_bytes()) {
            Ok(value) => Ok(value),
            Err(error) => Err(bad_request(format_args!("in the body: {error}"))),
        }
    }

    /// Its body as a form, `application/x-www-form-urlencoded`.
    ///
    /// # Errors
    /// `Http.BadRequest` if it is none.
    #[track_caller]
    pub fn form(&self) -> Result<Pairs> {
        let Some(text) = self.body()?.as_str() else {
            return Err(bad_request("in the form: not UTF-8"));
        };
        match Pairs::read(text) {
            Ok(pairs) => Ok(pairs),
            Err(error) => Err(bad_request(format_args!("in the form: {error}"))),
        }
    }

    /// Refuses a body longer than `len_max` bytes.
    ///
    /// # Errors
    /// `Http.PayloadTooLarge` if it is.
    #[track_caller]
    pub fn limit_body(&self, len_max: usize) -> Result<()> {
        if self.body()?.len() <= len_max {
            return Ok(());
        }
        let message = format!("the body is longer than {len_max} bytes");
        Err(Error::new(PAYLOAD_TOO_LARGE, message))
    }

    /// A parameter of the path: what a [`Router`](super::Router) has found in its place, decoded, or
    /// else what the API's own route has (`pathParameters`), as it hands it on.
    pub fn path_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.captures.iter().find(|capture| capture.0 == name) {
            Some((_, value)) => Some(Cow::Borrowed(value)),
            None => self.text_at(&["pathParameters", name]),
        }
    }

    /// A parameter of the path as a `T`.
    ///
    /// # Errors
    /// `Http.BadRequest` if it is none. One that the route does not have is the function's mistake,
    /// and an error as any other.
    #[track_caller]
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T> {
        let Some(value) = self.path_parameter(name) else {
            let message = format!("the route has no parameter `{name}`");
            return Err(Error::new("Http.NoSuchParameter", message));
        };
        match value.parse() {
            Ok(value) => Ok(value),
            Err(_) => Err(pairs::malformed(name)),
        }
    }

    /// A variable of the API's stage.
    pub fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.text_at(&["stageVariables", name])
    }

    /// The address of the caller. Behind a load balancer and VPC Lattice it is the last one of
    /// `X-Forwarded-For`, which is the one that the caller cannot make up.
    pub fn source_ip(&self) -> Option<Cow<'_, str>> {
        match self.caller.origin {
            Origin::RestApi | Origin::WebSocket => self.context_text(&["identity", "sourceIp"]),
            Origin::HttpApi | Origin::FunctionUrl => self.context_text(&["http", "sourceIp"]),
            Origin::Alb | Origin::LatticeV1 | Origin::LatticeV2 => {
                let forwarded = self.headers.get_all("x-forwarded-for").last()?;
                let last = forwarded.rsplit(',').next()?.trim_ascii();
                (!last.is_empty()).then_some(Cow::Borrowed(last))
            }
        }
    }

    /// What the API's authorizer has found out; `None` where there is none.
    ///
    /// An authorizer function's `context` is `authorizer()?.get("lambda")` in an HTTP API, and
    /// `authorizer()` itself in a REST API.
    pub fn authorizer(&self) -> Option<Value> {
        let value = self.raw_at(&["requestContext", "authorizer"])?;
        json::parse(value.as_bytes()).ok()
    }

    /// A claim of the caller's token, which the API's own JWT or Amazon Cognito authorizer has
    /// checked. Of a claim that is no string it is the JSON.
    pub fn claim(&self, name: &str) -> Option<Cow<'_, str>> {
        let raw = self
            .raw_at(&["requestContext", "authorizer", "jwt", "claims", name])
            .or_else(|| self.raw_at(&["requestContext", "authorizer", "claims", name]))?;
        match Reader::new(raw).string() {
            Ok(text) => Some(text),
            Err(_) => Some(Cow::Borrowed(raw)),
        }
    }

    /// A response in JSON, in the form that the sender of this request wants: what
    /// [`run_http`](crate::run_http) answers with.
    ///
    /// # Errors
    /// If it cannot be sent: a status out of range, a header that is none, or more than one cookie
    /// where only one can be.
    pub fn answer(&self, response: &Response) -> Result<Vec<u8>> {
        Ok(json::to_vec(&Answer::new(response, self.caller)?))
    }

    /// The event as it came, with `null` for the body's text: for what has no method here.
    ///
    /// ```
    /// use tiny_lambda::http::Request;
    /// use tiny_lambda::json::{self, Value};
    ///
    /// let request = Request::from_event(br#"{"httpMethod": "GET", "path": "/", "body": "hi",
    ///     "requestContext": {"apiId": "1234567890"}}"#)?;
    /// let event: Value = json::parse(request.event().as_bytes())?;
    /// assert_eq!(event.pointer("/requestContext/apiId").and_then(Value::as_str), Some("1234567890"));
    /// assert!(event.get("body").is_some_and(Value::is_null));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn event(&self) -> &str {
        &self.event
    }

    /// A string of `requestContext`.
    fn context_text(&self, path: &[&str]) -> Option<Cow<'_, str>> {
        let mut r = find(Reader::new(&self.event), &["requestContext"])?;
        r = find(r, path)?;
        r.string().ok()
    }

    fn text_at(&self, path: &[&str]) -> Option<Cow<'_, str>> {
        find(Reader::new(&self.event), path)?.string().ok()
    }

    fn raw_at(&self, path: &[&str]) -> Option<&str> {
        let raw = find(Reader::new(&self.event), path)?.raw().ok()?;
        (raw != "null").then_some(raw)
    }
}

/// Goes to the value that a path of members leads to; the last one of each name.
fn find<'j>(mut r: Reader<'j>, path: &[&str]) -> Option<Reader<'j>> {
    for step in path {
        if r.peek().ok()? != Kind::Object {
            return None;
        }
        r.begin_object().ok()?;
        let mut found = None;
        while let Some(name) = r.next_member().ok()? {
            if name == *step {
                found = Some(r.clone());
            }
            r.skip().ok()?;
        }
        r = found?;
    }
    Some(r)
}

/// So that `run_streaming` takes a web request; [`run_http`](crate::run_http) reads it itself.
impl FromJson for Request {
    fn kind() -> Option<&'static str> {
        Some(event::REQUEST)
    }

    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        let event = r.raw()?;
        event::read(event).map_err(|error| r.error(error.error_message()))
    }
}
