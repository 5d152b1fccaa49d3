//! [`Request`]: one type for the requests of all front doors.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::str::{self, FromStr};

use super::response_event::{Answer, Caller};
use super::{
    Body, HeaderMap, Method, PAYLOAD_TOO_LARGE, Pairs, Response, bad_request, query, request_event,
};
use crate::encoding::{Escapes, decode_percent_lossy};
use crate::error::{Error, Result};
use crate::json::{self, FromJson, Kind, Reader, Value};
use crate::log;

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

/// How many segments of a path are looked at for where the API's own route begins, so that a long
/// path does not take long. AWS allows base paths of several levels, of 300 characters in all.
const BASE_SEGMENTS_MAX: usize = 16;

/// A web request. Tests make one with [`new`](Self::new).
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) caller: Caller,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) raw_path: String,
    /// Whether all escapes in the path but `%2F` are decoded already.
    pub(super) has_decoded_path: bool,
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
            has_decoded_path: false,
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
    /// it: not UTF-8 or not JSON.
    #[track_caller]
    pub fn from_event(event: &[u8]) -> Result<Request> {
        match str::from_utf8(event) {
            Ok(text) => match request_event::read(text) {
                Ok(request) => Ok(request),
                Err(error) => Err(error.here()),
            },
            // The reader says where.
            Err(_) => match json::parse::<json::Ignored>(event) {
                Err(error) => {
                    let there = event.get(error.offset()..).unwrap_or_default();
                    Err(Error::unmarshal(request_event::REQUEST, &error, there))
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

    /// Its path without an API's stage, otherwise as the event has it. An HTTP API decodes it before,
    /// all but `%2F`; the others hand it on as it was sent (see [`http`](super#encoding)). A
    /// [`Router`](super::Router) knows the difference. Of a WebSocket, `/` and the route:
    /// `/$connect`. Empty if the event names none.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What [`path`](Self::path) begins with that is no part of the API: the base path under which
    /// a custom domain name has it (API Gateway Developer Guide, "Map API stages to a custom domain
    /// name"). Empty if there is none.
    ///
    /// It is what stands in front of the API's own route, `resource` or `routeKey`, and so unknown
    /// where that is `$default`.
    ///
    /// ```
    /// use tiny_lambda::http::Request;
    ///
    /// let request = Request::from_event(
    ///     br#"{"httpMethod": "GET", "resource": "/healthz", "path": "/online/healthz"}"#,
    /// )?;
    /// assert_eq!(request.path(), "/online/healthz");
    /// assert_eq!(request.base_path(), "/online");
    /// assert_eq!(request.route_path(), "/healthz");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn base_path(&self) -> &str {
        self.path.get(..self.base_path_len()).unwrap_or_default()
    }

    /// [`path`](Self::path) without [`base_path`](Self::base_path): what a
    /// [`Router`](super::Router) compares with its patterns first. `/` if nothing else is left.
    pub fn route_path(&self) -> &str {
        match self.path.get(self.base_path_len()..) {
            Some("") if !self.path.is_empty() => "/",
            path => path.unwrap_or_default(),
        }
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
    /// None: whatever was sent is a query (URL Standard), see [`Pairs`]. It is a `Result` like that
    /// of [`form`](Self::form).
    pub fn query(&self) -> Result<Pairs> {
        Ok(Pairs::read(self.query_string.as_bytes()))
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
    #[track_caller]
    pub fn into_body(self) -> Result<Body> {
        match self.body {
            Ok(body) => Ok(body),
            Err(error) => Err(error.here()),
        }
    }

    /// Its body as JSON. A byte order mark in front is skipped.
    ///
    /// # Errors
    /// `Http.BadRequest`, which says what was expected and where, if it is none.
    #[track_caller]
    pub fn json<T: FromJson>(&self) -> Result<T> {
        match json::parse_after_bom(self.body()?.as_bytes()) {
            Ok(value) => Ok(value),
            Err(error) => Err(bad_request(format_args!("in the body: {error}"))),
        }
    }

    /// Its body as a form, `application/x-www-form-urlencoded`.
    ///
    /// # Errors
    /// Those of [`body`](Self::body). Whatever was sent is a form (URL Standard), see [`Pairs`].
    #[track_caller]
    pub fn form(&self) -> Result<Pairs> {
        Ok(Pairs::read(self.body()?.as_bytes()))
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

    /// A parameter of the path, decoded: what a [`Router`](super::Router) has found in its place, or
    /// else what the API's own route has (`pathParameters`).
    pub fn path_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some((_, value)) = self.captures.iter().find(|capture| capture.0 == name) {
            return Some(Cow::Borrowed(value));
        }
        self.api_parameter(name)
    }

    /// A parameter of the API's own route, decoded.
    fn api_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.text_at(&["pathParameters", name])?;
        // A REST API hands it on as it was sent, an HTTP API decodes all of it.
        Some(match self.path_escapes() {
            Escapes::Slashes => value,
            escapes => Cow::Owned(decode_percent_lossy(value.as_bytes(), escapes)),
        })
    }

    /// Which escapes there still are in [`path`](Self::path).
    pub(super) fn path_escapes(&self) -> Escapes {
        if self.has_decoded_path || self.caller.origin == Origin::WebSocket {
            Escapes::Slashes
        } else {
            Escapes::All
        }
    }

    /// The path's segments, decoded; `None` if it does not begin with a slash.
    pub(super) fn segments(&self, path: &str) -> Option<Vec<String>> {
        let escapes = self.path_escapes();
        let segments = query::split(path.strip_prefix('/')?, b'/');
        let decode = |segment: &str| decode_percent_lossy(segment.as_bytes(), escapes);
        Some(segments.map(decode).collect())
    }

    /// The length of what stands in front of the API's own route in the path.
    fn base_path_len(&self) -> usize {
        let route = match self.caller.origin {
            Origin::RestApi => self.text_at(&["resource"]),
            // `GET /orders/{id}`
            Origin::HttpApi => self
                .text_at(&["routeKey"])
                .map(|key| Cow::Owned(query::split_once(&key, b' ').1.into())),
            _ => None,
        };
        let Some(route) = route else { return 0 };
        let Some(route) = route.strip_prefix('/') else {
            return 0;
        };
        let Some(segments) = self.segments(&self.path) else {
            return 0;
        };
        // What a REST API has at `/a` is what it has at `/a/` too.
        let segments = match segments.split_last() {
            Some((last, rest)) if last.is_empty() => rest,
            _ => &segments,
        };
        if route.is_empty() {
            // Nothing of the path is the route's, so that the event must say it elsewhere: only on a
            // custom domain name is the context's path without the stage in front, if there is one.
            let is_custom = match self.context_text(&["path"]) {
                Some(path) => path == self.raw_path,
                None => self.context_text(&["domainName"]).is_some_and(|name| {
                    query::split(&name, b'.').all(|label| label != "execute-api")
                }),
            };
            return if is_custom {
                self.base_len_of(segments.len())
            } else {
                0
            };
        }
        for base in 0..segments.len().min(BASE_SEGMENTS_MAX) {
            let Some((before, rest)) = segments.split_at_checked(base) else {
                break;
            };
            if self.is_route(route, rest) {
                let is_path = !before.iter().any(String::is_empty);
                return if is_path { self.base_len_of(base) } else { 0 };
            }
        }
        0
    }

    /// The length of the path's first segments, with the slash in front of each.
    fn base_len_of(&self, n_segments: usize) -> usize {
        let mut slashes = self.path.bytes().enumerate().filter(|byte| byte.1 == b'/');
        slashes
            .nth(n_segments)
            .map_or(self.path.len(), |slash| slash.0)
    }

    /// Whether `segments` are what the API's route `/{route}` has matched.
    fn is_route(&self, route: &str, segments: &[String]) -> bool {
        let mut segments = segments.iter();
        for part in query::split(route, b'/') {
            let name = part
                .strip_prefix('{')
                .and_then(|part| part.strip_suffix('}'));
            if let Some(name) = name.and_then(|name| name.strip_suffix('+')) {
                let rest: Vec<&str> = segments.by_ref().map(String::as_str).collect();
                let value = self.api_parameter(name).unwrap_or_default();
                return value.strip_suffix('/').unwrap_or(&value) == rest.join("/");
            }
            let Some(segment) = segments.next() else {
                return false;
            };
            let is_same = match name {
                Some(name) => self.api_parameter(name).as_deref() == Some(segment),
                None => part == segment,
            };
            if !is_same {
                return false;
            }
        }
        segments.next().is_none()
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
            Err(_) => Err(query::malformed(name)),
        }
    }

    /// A variable of the API's stage.
    pub fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.text_at(&["stageVariables", name])
    }

    /// The IP address of the caller, without a port or an IPv6 zone.
    ///
    /// API Gateway and function URLs name it in `requestContext`. Behind a load balancer and VPC
    /// Lattice it is the last one of `X-Forwarded-For`, the only one that the caller cannot make up;
    /// a load balancer that preserves client ports adds the port to it. `None` if what stands there
    /// is no address, such as `unknown` or the `test-invoke-source-ip` of API Gateway's console.
    pub fn source_ip(&self) -> Option<Cow<'_, str>> {
        let text = match self.caller.origin {
            Origin::RestApi | Origin::WebSocket => self.context_text(&["identity", "sourceIp"])?,
            Origin::HttpApi | Origin::FunctionUrl => self.context_text(&["http", "sourceIp"])?,
            Origin::Alb | Origin::LatticeV1 | Origin::LatticeV2 => {
                let fields = self.headers.get_all("x-forwarded-for");
                let list = fields.flat_map(|field| query::split(field, b','));
                // RFC 9110, section 5.6.1.2: elements of a list may be empty.
                Cow::Borrowed(list.filter(|text| !text.trim_ascii().is_empty()).last()?)
            }
        };
        match text {
            Cow::Borrowed(text) => address(text).map(Cow::Borrowed),
            Cow::Owned(text) => address(&text).map(|text| Cow::Owned(text.into())),
        }
    }

    /// What the API's authorizer has found out; `None` where there is none.
    ///
    /// An authorizer function's `context` is `authorizer()?.get("lambda")` in an HTTP API, and
    /// `authorizer()` itself in a REST API.
    pub fn authorizer(&self) -> Option<Value> {
        let value = self.raw_at(&["requestContext", "authorizer"])?;
        json::parse_replacing_surrogates(value.as_bytes()).ok()
    }

    /// A claim of the caller's token, which the API's own JWT or Amazon Cognito authorizer has
    /// checked. Of a claim that is no string it is the JSON.
    pub fn claim(&self, name: &str) -> Option<Cow<'_, str>> {
        let raw = self
            .raw_at(&["requestContext", "authorizer", "jwt", "claims", name])
            .or_else(|| self.raw_at(&["requestContext", "authorizer", "claims", name]))?;
        match Reader::new(raw).replacing_surrogates().string() {
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
    #[track_caller]
    pub fn answer(&self, response: &Response) -> Result<Vec<u8>> {
        if let Some(error) = &response.failure {
            log::error(None, error);
        }
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
        r.replacing_surrogates().string().ok()
    }

    fn text_at(&self, path: &[&str]) -> Option<Cow<'_, str>> {
        let r = find(Reader::new(&self.event), path)?;
        r.replacing_surrogates().string().ok()
    }

    fn raw_at(&self, path: &[&str]) -> Option<&str> {
        let raw = find(Reader::new(&self.event), path)?.raw().ok()?;
        (raw != "null").then_some(raw)
    }
}

/// The IP address that `text` is, or has in front of a port: `192.0.2.1:80`, `[2001:db8::1]:80`. Of
/// `fe80::1%eth0` it is the one without the zone (RFC 4007, section 11).
fn address(text: &str) -> Option<&str> {
    let without_zone = |text| query::split_once(text, b'%').0;
    let is_address = |text: &&str| text.parse::<IpAddr>().is_ok();
    let text = text.trim_ascii();
    if let Some(text) = text.strip_prefix('[') {
        let (host, port) = text.split_once(']')?;
        let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_digits);
        return Some(without_zone(host))
            .filter(is_address)
            .filter(|_| is_port);
    }
    let whole = Some(without_zone(text)).filter(is_address);
    whole.or_else(|| {
        let (host, port) = text.rsplit_once(':')?;
        Some(host).filter(is_address).filter(|_| is_digits(port))
    })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
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
        Some(request_event::REQUEST)
    }

    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        r.attempt(|r| {
            let event = r.raw()?;
            request_event::read(event).map_err(|error| r.error(error.error_message()))
        })
    }
}
