//! [`Request`]: a web request, from any front door.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::str::FromStr;

use super::response_event::{Caller, ResponseEvent};
use super::router::captures;
use super::{
    Body, HeaderMap, Method, PAYLOAD_TOO_LARGE, Query, Response, bad_request, query, request_event,
};
use crate::encoding::{Escapes, decode_percent_lossy};
use crate::error::{Error, Result};
use crate::json::{self, FromJson, Kind, Reader, Value};
use crate::log;
use crate::sys::utf8;

/// The front door that a request came through, which decides the form of the response.
///
/// ```
/// use tiny_lambda::http::{Method, Origin, Request};
///
/// assert_eq!(Request::new(Method::Get, "/").origin(), Origin::FunctionUrl);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// The most segments that a base path may have. It bounds the search for the start of the API's
/// route, which compares the rest of the path once for each segment. AWS allows base paths of
/// several levels with 300 characters in all.
const BASE_SEGMENTS_MAX: usize = 16;

/// A web request. Tests create one by [`new`](Self::new).
///
/// ```
/// use tiny_lambda::http::{Method, Origin, Request};
///
/// let request = Request::new(Method::Post, "/orders/7?dry=1")
///     .with_header("Host", "shop.example")
///     .with_header("Cookie", "session=31d4d96e; theme=dark")
///     .with_param("id", "7")
///     .with_body("item=green+tea");
/// assert_eq!(request.origin(), Origin::FunctionUrl);
/// assert_eq!((request.method(), request.path()), (&Method::Post, "/orders/7"));
/// assert_eq!(request.param::<u32>("id")?, 7);
/// assert_eq!(request.query_string(), "dry=1");
/// assert_eq!(request.header("host"), Some("shop.example"));
/// assert_eq!(request.cookie("theme"), Some("dark"));
/// request.limit_body(1000)?;
/// assert_eq!(request.form()?.get("item"), Some("green tea"));
/// assert_eq!(request.into_body()?.as_str(), Some("item=green+tea"));
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) caller: Caller,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) raw_path: String,
    /// Whether the front door has decoded the path, except `%2F`.
    pub(super) has_decoded_path: bool,
    pub(super) query_string: String,
    pub(super) headers: HeaderMap,
    /// An error if the event has a body that is not a string, or malformed base64.
    pub(super) body: Result<Body>,
    /// The event, with `null` in place of the body.
    pub(super) event: String,
    /// The path parameters of the router's pattern: names and decoded values.
    pub(super) captures: Vec<(String, String)>,
}

impl Request {
    /// Returns a request to a function URL, for tests. `target` is a path, which `?` and a query
    /// may follow.
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

    /// Returns the request with a header, which replaces earlier ones of that name, as
    /// [`Response::with_header`] does.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Get, "/").with_header("Accept", "text/html");
    /// let request = request.with_header("accept", "text/plain");
    /// assert_eq!(request.headers().get_all("accept").collect::<Vec<_>>(), ["text/plain"]);
    /// ```
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Request {
        self.headers.insert(name, value);
        self
    }

    /// Returns the request with one more header, which leaves earlier ones of that name in place.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Get, "/")
    ///     .with_appended_header("Accept", "text/html")
    ///     .with_appended_header("Accept", "text/plain");
    /// assert_eq!(request.headers().get_all("accept").count(), 2);
    /// ```
    #[must_use]
    pub fn with_appended_header(mut self, name: &str, value: &str) -> Request {
        self.headers.append(name, value);
        self
    }

    /// Returns the request with another body.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Post, "/").with_body("tea");
    /// assert_eq!(request.body()?.as_str(), Some("tea"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Body>) -> Request {
        self.body = Ok(body.into());
        self
    }

    /// Returns the request with a path parameter, for tests of a handler that a router calls.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Get, "/orders/7").with_param("id", "7");
    /// assert_eq!(request.param::<u32>("id")?, 7);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[must_use]
    pub fn with_param(mut self, name: &str, value: &str) -> Request {
        self.captures.push((name.into(), value.into()));
        self
    }

    /// Reads the event of a front door.
    ///
    /// ```
    /// use tiny_lambda::events::samples;
    /// use tiny_lambda::http::{Origin, Request};
    ///
    /// let request = Request::from_event(samples::HTTP_API.as_bytes())?;
    /// assert_eq!(request.origin(), Origin::HttpApi);
    /// assert!(Request::from_event(b"{}").is_err());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` if the event is not a web request, for example because the function
    /// was invoked directly, or if it is not JSON or not UTF-8.
    #[track_caller]
    pub fn from_event(event: &[u8]) -> Result<Request> {
        match utf8::to_str(event) {
            Some(text) => match request_event::read_request(text) {
                Ok(request) => Ok(request),
                Err(error) => Err(error.here()),
            },
            // The JSON reader reports where.
            None => match json::parse::<json::Ignored>(event) {
                Err(error) => Err(request_event::unmarshal_error(
                    request_event::REQUEST,
                    &error,
                    event,
                )),
                Ok(_) => Err(Error::new(Error::UNMARSHAL, "not UTF-8")),
            },
        }
    }

    /// Returns the front door that the request came through.
    ///
    /// ```
    /// use tiny_lambda::events::samples;
    /// use tiny_lambda::http::{Origin, Request};
    ///
    /// let request = Request::from_event(samples::ALB.as_bytes())?;
    /// assert_eq!(request.origin(), Origin::Alb);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn origin(&self) -> Origin {
        self.caller.origin
    }

    /// Returns the properties of the request that determine the form of the response.
    pub(crate) fn caller(&self) -> Caller {
        self.caller
    }

    /// Returns the method. That of a WebSocket message is `GET`, like that of the request that
    /// opened the WebSocket. If the event has no method, it is [`Method::Other`] with an empty
    /// text.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// assert_eq!(*Request::new(Method::Post, "/").method(), Method::Post);
    /// ```
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the path without the stage of the API. An HTTP API has decoded it, except `%2F`;
    /// from the others it is as the caller sent it (see [`http`](super#encoding)). For a WebSocket
    /// it is `/` and the route, such as `/$connect`. Empty if the event has no path.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// assert_eq!(Request::new(Method::Get, "/a%20b?c=1").path(), "/a%20b");
    /// ```
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the base path: the prefix of [`path`](Self::path) to which a custom domain name maps
    /// the API (API Gateway Developer Guide, "Map API stages to a custom domain name"). Empty if
    /// there is none.
    ///
    /// It is the part of the path before the route of the API (`resource` or `routeKey` in the
    /// event), so it is unknown, and empty, if that route is `$default`.
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
        self.split_path().0
    }

    /// Returns [`path`](Self::path) without [`base_path`](Self::base_path), which a
    /// [`Router`](super::Router) compares with its patterns first. It is `/` if nothing is left.
    ///
    /// ```
    /// use tiny_lambda::http::Request;
    ///
    /// let request = Request::from_event(
    ///     br#"{"httpMethod": "GET", "path": "/shop/7", "resource": "/{id}",
    ///         "pathParameters": {"id": "7"}}"#,
    /// )?;
    /// assert_eq!(request.route_path(), "/7");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn route_path(&self) -> &str {
        match self.split_path() {
            (base, "") if !base.is_empty() => "/",
            (_, path) => path,
        }
    }

    /// Returns the path as it is in the event: that of an HTTP API begins with the stage.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// assert_eq!(Request::new(Method::Get, "/a%20b?c=1").raw_path(), "/a%20b");
    /// ```
    pub fn raw_path(&self) -> &str {
        &self.raw_path
    }

    /// Returns the value of the `Host` header, or else the domain name in the event.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Get, "/").with_header("Host", "shop.example");
    /// assert_eq!(request.host().as_deref(), Some("shop.example"));
    /// ```
    pub fn host(&self) -> Option<Cow<'_, str>> {
        match self.header("host") {
            Some(host) => Some(Cow::Borrowed(host)),
            None => self.context_text(&["domainName"]),
        }
    }

    /// Returns the encoded query without the `?`; empty if there is none. If the event has decoded
    /// names and values instead, they are encoded again.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// assert_eq!(Request::new(Method::Get, "/?tag=a%20b").query_string(), "tag=a%20b");
    /// ```
    pub fn query_string(&self) -> &str {
        &self.query_string
    }

    /// Returns the decoded query.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Get, "/?tag=a%20b");
    /// assert_eq!(request.query()?.get("tag"), Some("a b"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// None: every text is a query (see [`Query`]). The return type is that of
    /// [`form`](Self::form).
    pub fn query(&self) -> Result<Query> {
        Ok(Query::from_bytes(self.query_string.as_bytes()))
    }

    /// Returns the headers. An HTTP API has joined the values of headers of one name by commas.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Get, "/").with_header("Accept", "text/html");
    /// assert_eq!(request.headers().len(), 1);
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the value of the first header called `name`.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Get, "/").with_header("Accept", "text/html");
    /// assert_eq!(request.header("ACCEPT"), Some("text/html"));
    /// assert_eq!(request.header("Range"), None);
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// Returns the names and values of the cookies, as they were sent.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Get, "/").with_header("Cookie", "id=7; theme=dark");
    /// assert_eq!(request.cookies().collect::<Vec<_>>(), [("id", "7"), ("theme", "dark")]);
    /// ```
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .get_all("cookie")
            .flat_map(|value| value.split(';'))
            .filter_map(|cookie| cookie.trim_ascii().split_once('='))
    }

    /// Returns the value of the first cookie called `name`.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Get, "/").with_header("Cookie", "id=7; theme=dark");
    /// assert_eq!(request.cookie("theme"), Some("dark"));
    /// ```
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies()
            .find_map(|cookie| (cookie.0 == name).then_some(cookie.1))
    }

    /// Returns the body.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Post, "/").with_body("tea");
    /// assert_eq!(request.body()?.as_bytes(), b"tea");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` if the body in the event is not a string, or is malformed base64.
    /// That is not the caller's fault: the response has status 500.
    #[track_caller]
    pub fn body(&self) -> Result<&Body> {
        match &self.body {
            Ok(body) => Ok(body),
            Err(error) => Err(error.clone().here()),
        }
    }

    /// Returns the body without copying it.
    ///
    /// ```
    /// use tiny_lambda::http::{Body, Method, Request};
    ///
    /// let request = Request::new(Method::Post, "/").with_body("tea");
    /// assert_eq!(request.into_body()?, Body::from("tea"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`body`](Self::body).
    #[track_caller]
    pub fn into_body(self) -> Result<Body> {
        match self.body {
            Ok(body) => Ok(body),
            Err(error) => Err(error.here()),
        }
    }

    /// Parses the body as JSON. A byte order mark at the start is skipped.
    ///
    /// # Errors
    /// `Http.BadRequest` if the body is not the JSON of a `T`. The message says what was expected, and where.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Post, "/").with_body("[1, 2]");
    /// assert_eq!(request.json::<Vec<u32>>()?, [1, 2]);
    /// assert!(request.json::<bool>().is_err());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[track_caller]
    pub fn json<T: FromJson>(&self) -> Result<T> {
        match json::parse_after_bom(self.body()?.as_bytes()) {
            Ok(value) => Ok(value),
            Err(error) => Err(bad_request(format_args!("in the body: {error}"))),
        }
    }

    /// Returns the names and values of the body, which is a form
    /// (`application/x-www-form-urlencoded`).
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Post, "/").with_body("item=green+tea&count=2");
    /// let form = request.form()?;
    /// assert_eq!((form.get("item"), form.parse("count")?), (Some("green tea"), Some(2)));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`body`](Self::body): every text is a form (see [`Query`]).
    #[track_caller]
    pub fn form(&self) -> Result<Query> {
        Ok(Query::from_bytes(self.body()?.as_bytes()))
    }

    /// Checks that the body has at most `len_max` bytes.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Post, "/").with_body("tea");
    /// request.limit_body(3)?;
    /// assert_eq!(request.limit_body(2).unwrap_err().error_type(), "Http.PayloadTooLarge");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Http.PayloadTooLarge` if it has more.
    #[track_caller]
    pub fn limit_body(&self, len_max: usize) -> Result<()> {
        if self.body()?.len() <= len_max {
            return Ok(());
        }
        Err(Error::new(
            PAYLOAD_TOO_LARGE,
            format_args!("the body is longer than {len_max} bytes"),
        ))
    }

    /// Returns a decoded path parameter: that of the [`Router`](super::Router)'s pattern, or else
    /// that of the API's route (`pathParameters` in the event).
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Get, "/orders/a7").with_param("id", "a7");
    /// assert_eq!(request.path_parameter("id").as_deref(), Some("a7"));
    /// assert_eq!(request.path_parameter("name"), None);
    /// ```
    pub fn path_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some((_, value)) = self.captures.iter().find(|capture| capture.0 == name) {
            return Some(Cow::Borrowed(value));
        }
        self.api_parameter(name)
    }

    /// Returns the names and values of the router's path parameters and of
    /// [`with_param`](Self::with_param).
    #[cfg(feature = "emulator")]
    pub(crate) fn captures(&self) -> &[(String, String)] {
        &self.captures
    }

    /// Returns a decoded path parameter of the API's route.
    fn api_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.text_at(&["pathParameters", name])?;
        // An HTTP API has decoded the whole value, a REST API nothing of it.
        Some(match self.path_escapes() {
            Escapes::Slashes => value,
            escapes => Cow::Owned(utf8::to_string_lossy(&decode_percent_lossy(
                value.as_bytes(),
                escapes,
            ))),
        })
    }

    /// Returns the escapes that are still encoded in [`path`](Self::path).
    pub(super) fn path_escapes(&self) -> Escapes {
        if self.has_decoded_path || self.caller.origin == Origin::WebSocket {
            Escapes::Slashes
        } else {
            Escapes::All
        }
    }

    /// Returns the decoded segments of `path`; `None` if it does not begin with a slash.
    pub(super) fn segments(&self, path: &str) -> Option<Vec<String>> {
        let escapes = self.path_escapes();
        let segments = query::split(path.strip_prefix('/')?, b'/');
        let decode = |segment: &str| {
            utf8::to_string_lossy(&decode_percent_lossy(segment.as_bytes(), escapes))
        };
        Some(segments.map(decode).collect())
    }

    /// Splits the path at the start of the API's route.
    fn split_path(&self) -> (&str, &str) {
        let start = self.find_route_start().unwrap_or(0);
        self.path.split_at_checked(start).unwrap_or_default()
    }

    /// Returns the offset in the path at which the API's route starts; `None` if it is not found.
    fn find_route_start(&self) -> Option<usize> {
        let route = match self.caller.origin {
            Origin::RestApi => self.text_at(&["resource"])?,
            // `GET /orders/{id}`
            Origin::HttpApi => {
                let key = self.text_at(&["routeKey"])?;
                Cow::Owned(query::split_once(&key, b' ').1.into())
            }
            _ => return None,
        };
        let segments = self.segments(&self.path)?;
        // A REST API also serves the resource `/a` at `/a/`.
        let segments = match segments.split_last() {
            Some((last, rest)) if last.is_empty() => rest,
            _ => &segments,
        };
        if route == "/" {
            // The path is the base path or nothing.
            return self
                .has_custom_domain()
                .then(|| self.prefix_len(segments.len()));
        }
        for base in 0..segments.len().min(BASE_SEGMENTS_MAX) {
            let (before, rest) = segments.split_at_checked(base)?;
            if self.is_route(&route, rest) {
                let is_path = !before.iter().any(String::is_empty);
                return is_path.then(|| self.prefix_len(base));
            }
        }
        None
    }

    /// Returns whether the request was sent to a custom domain name. If so, the path in
    /// `requestContext` has no stage; an event without that path has the domain name.
    fn has_custom_domain(&self) -> bool {
        match self.context_text(&["path"]) {
            Some(path) => path == self.raw_path,
            None => self
                .context_text(&["domainName"])
                .is_some_and(|name| query::split(&name, b'.').all(|label| label != "execute-api")),
        }
    }

    /// Returns the length of the first segments of the path, with the slash before each.
    fn prefix_len(&self, n_segments: usize) -> usize {
        let mut slashes = self.path.bytes().enumerate().filter(|byte| byte.1 == b'/');
        slashes
            .nth(n_segments)
            .map_or(self.path.len(), |slash| slash.0)
    }

    /// Returns whether the API's route has matched `segments`, given the path parameters in the event.
    fn is_route(&self, route: &str, segments: &[String]) -> bool {
        let is_value = |(name, value): &(String, String)| {
            let parameter = self.api_parameter(name).unwrap_or_default();
            parameter == *value || parameter.strip_suffix('/') == Some(value)
        };
        captures(route, segments).is_some_and(|captures| captures.iter().all(is_value))
    }

    /// Parses a path parameter.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request};
    ///
    /// let request = Request::new(Method::Get, "/orders/7").with_param("id", "7");
    /// assert_eq!(request.param::<u32>("id")?, 7);
    /// assert_eq!(request.param::<bool>("id").unwrap_err().error_type(), "Http.BadRequest");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Http.BadRequest` if the value cannot be parsed. `Http.NoSuchParameter` if the route has no
    /// such parameter: the function's mistake, so the caller receives status 500.
    #[track_caller]
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T> {
        let Some(value) = self.path_parameter(name) else {
            let message = format!("the route has no parameter `{name}`");
            return Err(Error::new("Http.NoSuchParameter", message));
        };
        match value.parse() {
            Ok(value) => Ok(value),
            Err(_) => Err(query::malformed_value(name)),
        }
    }

    /// Returns a stage variable of the API.
    ///
    /// ```
    /// use tiny_lambda::http::Request;
    ///
    /// let request = Request::from_event(
    ///     br#"{"httpMethod": "GET", "path": "/", "stageVariables": {"table": "orders"}}"#,
    /// )?;
    /// assert_eq!(request.stage_variable("table").as_deref(), Some("orders"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.text_at(&["stageVariables", name])
    }

    /// Returns the IP address of the caller, without a port or an IPv6 zone.
    ///
    /// From API Gateway and a function URL it is `sourceIp` in `requestContext`. From a load
    /// balancer and VPC Lattice it is the last address of `X-Forwarded-For`, the only one that the
    /// caller cannot forge; a load balancer that preserves client ports appends the port to it.
    /// `None` if the value is not an address, such as `unknown`, or `test-invoke-source-ip` from
    /// API Gateway's console.
    ///
    /// ```
    /// use tiny_lambda::http::Request;
    ///
    /// let request = Request::from_event(
    ///     br#"{"httpMethod": "GET", "path": "/",
    ///         "requestContext": {"identity": {"sourceIp": "192.0.2.44"}}}"#,
    /// )?;
    /// assert_eq!(request.source_ip().as_deref(), Some("192.0.2.44"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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
            Cow::Borrowed(text) => ip_address(text).map(Cow::Borrowed),
            Cow::Owned(text) => ip_address(&text).map(|text| Cow::Owned(text.into())),
        }
    }

    /// Returns the result of the API's authorizer; `None` if the event has none.
    ///
    /// ```
    /// use tiny_lambda::http::Request;
    /// use tiny_lambda::json::Value;
    ///
    /// let request = Request::from_event(
    ///     br#"{"httpMethod": "GET", "path": "/", "stageVariables": {"table": "orders"},
    ///         "requestContext": {"authorizer": {"claims": {"sub": "ada"}},
    ///             "identity": {"sourceIp": "192.0.2.44"}}}"#,
    /// )?;
    /// assert!(request.authorizer().is_some_and(|result| result.get("claims").is_some()));
    /// assert_eq!(request.claim("sub").as_deref(), Some("ada"));
    /// assert_eq!(request.stage_variable("table").as_deref(), Some("orders"));
    /// assert_eq!(request.source_ip().as_deref(), Some("192.0.2.44"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// The `context` that a Lambda authorizer returns is `authorizer()?.get("lambda")` in an HTTP
    /// API, and `authorizer()` in a REST API.
    pub fn authorizer(&self) -> Option<Value> {
        let value = self.raw_at(&["requestContext", "authorizer"])?;
        json::parse_replacing_surrogates(value.as_bytes()).ok()
    }

    /// Returns a claim of the caller's token, which the JWT or Amazon Cognito authorizer of the API
    /// has verified. A claim that is not a string is returned as JSON.
    ///
    /// ```
    /// use tiny_lambda::http::Request;
    ///
    /// let request = Request::from_event(
    ///     br#"{"httpMethod": "GET", "path": "/",
    ///         "requestContext": {"authorizer": {"claims": {"sub": "ada", "age": 36}}}}"#,
    /// )?;
    /// assert_eq!(request.claim("sub").as_deref(), Some("ada"));
    /// assert_eq!(request.claim("age").as_deref(), Some("36"));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn claim(&self, name: &str) -> Option<Cow<'_, str>> {
        let raw = self
            .raw_at(&["requestContext", "authorizer", "jwt", "claims", name])
            .or_else(|| self.raw_at(&["requestContext", "authorizer", "claims", name]))?;
        let text = Reader::new(raw).replacing_surrogates().string();
        Some(text.unwrap_or(Cow::Borrowed(raw)))
    }

    /// Writes a response as JSON in the form that the front door of this request reads, as
    /// [`run_http`](crate::run_http) does.
    ///
    /// ```
    /// use tiny_lambda::http::{Method, Request, Response};
    /// use tiny_lambda::json::{self, Value};
    ///
    /// let request = Request::new(Method::Get, "/");
    /// let response: Value = json::parse(&request.encode_response(&Response::text("hi"))?)?;
    /// assert_eq!(response.get("body"), Some(&Value::from("hi")));
    /// assert!(request.encode_response(&Response::new(99)).is_err());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the response cannot be sent: a status that is not in 100 to 599, an invalid header, or
    /// several cookies where the front door can send one only.
    #[track_caller]
    pub fn encode_response(&self, response: &Response) -> Result<Vec<u8>> {
        if let Some(error) = &response.failure {
            log::error(None, error);
        }
        let mut without_body;
        let mut response = response;
        if self.method == Method::Head {
            without_body = response.clone();
            without_body.omit_body();
            response = &without_body;
        }
        Ok(json::to_vec(&ResponseEvent::new(response, self.caller)?))
    }

    /// Returns the event with `null` in place of the body, for members that no method here returns.
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

    /// Returns the string at a path of members below `requestContext`.
    fn context_text(&self, path: &[&str]) -> Option<Cow<'_, str>> {
        let mut r = find_member(Reader::new(&self.event), &["requestContext"])?;
        r = find_member(r, path)?;
        r.replacing_surrogates().string().ok()
    }

    /// Returns the string at a path of members.
    fn text_at(&self, path: &[&str]) -> Option<Cow<'_, str>> {
        let r = find_member(Reader::new(&self.event), path)?;
        r.replacing_surrogates().string().ok()
    }

    /// Returns the JSON at a path of members; `None` if it is `null`.
    fn raw_at(&self, path: &[&str]) -> Option<&str> {
        let raw = find_member(Reader::new(&self.event), path)?.raw().ok()?;
        (raw != "null").then_some(raw)
    }
}

/// Returns the IP address in `text` without a port, as in `192.0.2.1:80` and `[2001:db8::1]:80`,
/// and without a zone, as in `fe80::1%eth0` (RFC 4007, section 11).
fn ip_address(text: &str) -> Option<&str> {
    fn without_port(text: &str) -> Option<&str> {
        let address = match text.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']')?,
            None => text,
        };
        let address = query::split_once(address, b'%').0;
        address.parse::<IpAddr>().is_ok().then_some(address)
    }
    let text = text.trim_ascii();
    without_port(text).or_else(|| {
        let (address, port) = text.rsplit_once(':')?;
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
        without_port(address).filter(|_| is_port)
    })
}

/// Returns a reader at the value at a path of members. Of members with one name the last is used.
fn find_member<'j>(mut r: Reader<'j>, path: &[&str]) -> Option<Reader<'j>> {
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

/// Reads the event of a front door, for [`run_streaming`](crate::run_streaming).
impl FromJson for Request {
    fn kind() -> Option<&'static str> {
        Some(request_event::REQUEST)
    }

    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        r.attempt(|r| {
            let event = r.raw()?;
            request_event::read_request(event).map_err(|error| r.error(error.error_message()))
        })
    }
}
