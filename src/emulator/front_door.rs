//! Web requests of a test, as the events of each front door. Pure, except for [`invoke_http`].
//!
//! The forms are those of the AWS pages that `http/request_event.rs` names, and of the samples in `events`.

use std::io;

use crate::emulator::invoke::{BodyText, invoke};
use crate::emulator::invoke_api::url_event::{
    PRELUDE_TYPE, Prelude, UrlResponse, parse_prelude, parse_response,
};
use crate::encoding::{Escapes, base64, decode_percent_lossy, push_percent_encoded};
use crate::http::{Body, Request, Response};
use crate::json;
use crate::json::{Object, Value};
use crate::runtime::handler::Handler;
use crate::sys::utf8;

/// A front door: an AWS service that calls a function for web requests.
///
/// ```
/// use tiny_lambda::emulator::{self, FrontDoor};
/// use tiny_lambda::http::{Method, Request, Response, Router};
/// use tiny_lambda::{Context, handler};
///
/// let router = Router::new().get("/orders/{id}", |request: Request, _: &Context| {
///     Ok(Response::text(format!("order {}", request.param::<u32>("id")?)))
/// });
/// let api = handler::http(|request, cx: &Context| router.handle(request, cx));
/// let request = Request::new(Method::Get, "/orders/7");
/// for &front_door in FrontDoor::HTTP {
///     let response = emulator::invoke_http(&api, front_door, &request)?;
///     assert_eq!((response.status, response.body.as_str()), (200, Some("order 7")));
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FrontDoor {
    /// An Amazon API Gateway REST API with the resource `/{proxy+}`.
    RestApi,
    /// An Amazon API Gateway HTTP API with payload format 1.0 and the route `$default`.
    HttpApiV1,
    /// An Amazon API Gateway HTTP API with payload format 2.0 and the route `$default`.
    HttpApi,
    /// A Lambda function URL.
    FunctionUrl,
    /// An Application Load Balancer.
    Alb,
    /// An Application Load Balancer whose target group has multi-value headers.
    AlbMultiValue,
    /// Amazon VPC Lattice, event version 1.0.
    LatticeV1,
    /// Amazon VPC Lattice, event version 2.0.
    LatticeV2,
    /// An Amazon API Gateway WebSocket API. The path of the request is the route: `/$connect`,
    /// `/$disconnect`, `/$default` or one of your own.
    WebSocket,
}

/// The address of the caller in the events (RFC 5737).
const SOURCE_IP: &str = "192.0.2.1";
const REQUEST_ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
/// 2026-01-01T00:00:00Z
const TIME_MS: u64 = 1_767_225_600_000;
const TIME_TEXT: &str = "01/Jan/2026:00:00:00 +0000";

impl FrontDoor {
    /// The front doors of HTTP requests: all but [`WebSocket`](Self::WebSocket).
    pub const HTTP: &[FrontDoor] = &[
        FrontDoor::RestApi,
        FrontDoor::HttpApiV1,
        FrontDoor::HttpApi,
        FrontDoor::FunctionUrl,
        FrontDoor::Alb,
        FrontDoor::AlbMultiValue,
        FrontDoor::LatticeV1,
        FrontDoor::LatticeV2,
    ];

    /// Returns the event that the front door makes from a request, as JSON. With
    /// [`invoke`](super::invoke) a test sees the exact response that the front door would get.
    ///
    /// [`Request::new`] makes the request. A text body is sent as text, and bytes are sent in base64. The
    /// headers `Host` and `X-Forwarded-For` are added if the request does not have them.
    ///
    /// ```
    /// use tiny_lambda::emulator::{self, FrontDoor};
    /// use tiny_lambda::handler;
    /// use tiny_lambda::http::{Method, Request, Response};
    ///
    /// let api = handler::http(|_, _| Ok(Response::new(204)));
    /// let request = Request::new(Method::Get, "/");
    /// let response = emulator::invoke(&api, FrontDoor::Alb.event(&request))?;
    /// emulator::assert_json_eq(&response, tiny_lambda::json!({
    ///     "statusCode": 204,
    ///     "statusDescription": "204 No Content",
    ///     "headers": {},
    ///     "body": "",
    ///     "isBase64Encoded": false,
    /// }));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn event(self, request: &Request) -> String {
        let parts = Parts::new(self, request);
        let (body, is_base64) = match request.body() {
            Ok(Body::Text(text)) => (Value::from(text.as_str()), false),
            Ok(Body::Bytes(bytes)) => (Value::from(utf8::into_text(base64(bytes))), true),
            Ok(Body::Empty) | Err(_) => match self {
                FrontDoor::Alb
                | FrontDoor::AlbMultiValue
                | FrontDoor::LatticeV1
                | FrontDoor::LatticeV2 => (Value::from(""), false),
                _ => (Value::Null, false),
            },
        };
        let mut event = match self {
            FrontDoor::RestApi | FrontDoor::HttpApiV1 => parts.rest_api(self),
            FrontDoor::HttpApi | FrontDoor::FunctionUrl => parts.http_api(self),
            FrontDoor::Alb | FrontDoor::AlbMultiValue => parts.alb(self),
            FrontDoor::LatticeV1 => parts.lattice_v1(),
            FrontDoor::LatticeV2 => parts.lattice_v2(),
            FrontDoor::WebSocket => parts.web_socket(),
        };
        let leaves_out_null = matches!(
            self,
            FrontDoor::HttpApi | FrontDoor::FunctionUrl | FrontDoor::WebSocket
        );
        if !(leaves_out_null && body.is_null()) {
            event.insert("body", body);
        }
        let is_base64_name = match self {
            FrontDoor::LatticeV1 => "is_base64_encoded",
            _ => "isBase64Encoded",
        };
        event.insert(is_base64_name, is_base64);
        Value::Object(event).to_string()
    }
}

/// Runs `handler` for one web request, as [`invoke`](super::invoke) does for an event, and returns the
/// response that the front door would send to its client.
///
/// [`FrontDoor::event`] returns the event, for tests of the exact JSON of the response.
///
/// ```
/// use tiny_lambda::emulator::{self, FrontDoor};
/// use tiny_lambda::handler;
/// use tiny_lambda::http::{Method, Request};
///
/// let api = handler::http(|request, _| Ok(format!("You asked for {}", request.path())));
/// let request = Request::new(Method::Get, "/orders");
/// let response = emulator::invoke_http(&api, FrontDoor::Alb, &request)?;
/// assert_eq!(response.body, "You asked for /orders");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The invocation failed, or the front door cannot read the response. The client would get status 502 (500
/// from API Gateway and VPC Lattice).
pub fn invoke_http(
    handler: &dyn Handler,
    front_door: FrontDoor,
    request: &Request,
) -> io::Result<Response> {
    let reply = invoke(handler, front_door.event(request))?;
    let has_no_status = |value: Value| value.get("statusCode").is_none();
    let infers = matches!(front_door, FrontDoor::HttpApi | FrontDoor::FunctionUrl)
        && json::parse_replacing_surrogates(&reply.body).is_ok_and(has_no_status);
    let response = if reply.is_error() {
        return reply.json();
    } else if reply.content_type.as_deref() == Some(PRELUDE_TYPE) {
        match parse_prelude(&reply.body) {
            Prelude::Whole(response) => Some(response),
            Prelude::Incomplete | Prelude::Malformed => None,
        }
    } else if infers {
        // Payload format 2.0 infers a response from JSON without a status.
        parse_response(&reply.body)
    } else {
        return reply.json();
    };
    response.map(http_response).ok_or_else(|| {
        let text = format!("expected a web response, found {}", BodyText(&reply.body));
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}

fn http_response(response: UrlResponse) -> Response {
    let mut converted = Response::new(response.status);
    for (name, value) in &response.fields {
        converted.headers.append(name, value);
    }
    converted.body = match String::from_utf8(response.body) {
        Ok(text) if text.is_empty() => Body::Empty,
        Ok(text) => Body::Text(text),
        Err(error) => Body::Bytes(error.into_bytes()),
    };
    converted
}

/// The parts of a request that several front doors use.
struct Parts<'r> {
    request: &'r Request,
    method: String,
    path: &'r str,
    /// Names and values. Names are in lower case, except from API Gateway's REST and WebSocket APIs.
    headers: Vec<(String, String)>,
    /// Names and values as they were sent.
    query: Vec<(String, String)>,
    decoded_query: Vec<(String, String)>,
}

impl<'r> Parts<'r> {
    fn new(front_door: FrontDoor, request: &'r Request) -> Parts<'r> {
        let keeps_case = matches!(front_door, FrontDoor::RestApi | FrontDoor::WebSocket);
        let own = [("Host", domain(front_door)), ("X-Forwarded-For", SOURCE_IP)];
        let own = own
            .into_iter()
            .filter(|(name, _)| request.header(name).is_none());
        let headers = request.headers().iter().chain(own).map(|(name, value)| {
            let mut name = name.to_owned();
            if !keeps_case {
                name.make_ascii_lowercase();
            }
            (name, value.to_owned())
        });
        let headers = headers.collect();
        let pairs = request.query_string().split('&');
        let pairs = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        });
        let query: Vec<_> = pairs.collect();
        let decoded = |text: &str| {
            utf8::to_string_lossy(&decode_percent_lossy(text.as_bytes(), Escapes::Form))
        };
        let decoded_query = query
            .iter()
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        Parts {
            request,
            method: request.method().to_string(),
            path: request.raw_path(),
            headers,
            query,
            decoded_query,
        }
    }

    /// Returns the path parameters, encoded or decoded; `null` if there are none.
    fn path_parameters(&self, is_encoded: bool, proxy: Option<&str>) -> Value {
        let mut parameters = Object::new();
        if let Some(proxy) = proxy.filter(|proxy| !proxy.is_empty()) {
            parameters.insert("proxy", proxy);
        }
        for (name, value) in self.request.captures() {
            let mut encoded = String::new();
            push_percent_encoded(&mut encoded, value);
            parameters.insert(name, if is_encoded { &encoded } else { value }.as_str());
        }
        or_null(parameters)
    }

    /// The event of a REST API, or of an HTTP API with payload format 1.0.
    fn rest_api(&self, front_door: FrontDoor) -> Object {
        let is_http_api = front_door == FrontDoor::HttpApiV1;
        let path = match front_door {
            FrontDoor::HttpApiV1 => decoded_path(self.path),
            _ => self.path.to_owned(),
        };
        let proxy = self.path.strip_prefix('/').unwrap_or_default();
        let (resource, proxy, stage) = match (is_http_api, proxy) {
            (true, _) => ("$default", None, "$default"),
            (false, "") => ("/", None, "prod"),
            (false, proxy) => ("/{proxy+}", Some(proxy), "prod"),
        };
        let base = if is_http_api { "" } else { "/prod" };
        let whole_path = format!("{base}{path}");
        let mut event = Object::new();
        if is_http_api {
            event.insert("version", "1.0");
        }
        event.insert("resource", resource);
        event.insert("path", path);
        event.insert("httpMethod", self.method.as_str());
        event.insert("headers", last(&self.headers));
        event.insert("multiValueHeaders", lists(&self.headers));
        event.insert("queryStringParameters", or_null(last(&self.decoded_query)));
        let queries = or_null(lists(&self.decoded_query));
        event.insert("multiValueQueryStringParameters", queries);
        event.insert("pathParameters", self.path_parameters(!is_http_api, proxy));
        event.insert("stageVariables", Value::Null);
        let context = json!({
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": domain(front_door),
            "httpMethod": self.method,
            "identity": { "sourceIp": SOURCE_IP, "userAgent": self.user_agent() },
            "path": whole_path,
            "protocol": "HTTP/1.1",
            "requestId": REQUEST_ID,
            "requestTime": TIME_TEXT,
            "requestTimeEpoch": TIME_MS,
            "resourcePath": resource,
            "stage": stage,
        });
        event.insert("requestContext", context);
        event
    }

    /// The event of an HTTP API with payload format 2.0, or of a function URL.
    fn http_api(&self, front_door: FrontDoor) -> Object {
        let path = match front_door {
            FrontDoor::HttpApi => decoded_path(self.path),
            _ => self.path.to_owned(),
        };
        let is_cookie = |(name, _): &&(String, String)| name == "cookie";
        let cookies = self.headers.iter().filter(is_cookie);
        let cookies = cookies.flat_map(|(_, value)| value.split(';').map(str::trim));
        let cookies: Vec<&str> = cookies.collect();
        let mut headers = joined(&self.headers, ",");
        // Recorded events of function URLs have the header too.
        if front_door == FrontDoor::HttpApi {
            headers.remove("cookie");
        }
        let mut event = Object::new();
        event.insert("version", "2.0");
        event.insert("routeKey", "$default");
        event.insert("rawPath", path.as_str());
        event.insert("rawQueryString", self.request.query_string());
        if !cookies.is_empty() {
            event.insert("cookies", json!(cookies));
        }
        event.insert("headers", headers);
        let query = joined(&self.decoded_query, ",");
        if !query.is_empty() {
            event.insert("queryStringParameters", query);
        }
        let parameters = self.path_parameters(false, None);
        if !parameters.is_null() {
            event.insert("pathParameters", parameters);
        }
        let context = json!({
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": domain(front_door),
            "domainPrefix": "local",
            "http": {
                "method": self.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": self.user_agent(),
            },
            "requestId": REQUEST_ID,
            "routeKey": "$default",
            "stage": "$default",
            "time": TIME_TEXT,
            "timeEpoch": TIME_MS,
        });
        event.insert("requestContext", context);
        event
    }

    fn alb(&self, front_door: FrontDoor) -> Object {
        let mut event = Object::new();
        let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/local/6d0ecf831eec9f09";
        event.insert(
            "requestContext",
            json!({ "elb": { "targetGroupArn": arn } }),
        );
        event.insert("httpMethod", self.method.as_str());
        event.insert("path", self.path);
        if front_door == FrontDoor::AlbMultiValue {
            event.insert("multiValueQueryStringParameters", lists(&self.query));
            event.insert("multiValueHeaders", lists(&self.headers));
        } else {
            event.insert("queryStringParameters", last(&self.query));
            event.insert("headers", last(&self.headers));
        }
        event
    }

    fn lattice_v1(&self) -> Object {
        let mut event = Object::new();
        event.insert("raw_path", self.path);
        event.insert("method", self.method.as_str());
        event.insert("headers", joined(&self.headers, ", "));
        event.insert("query_string_parameters", last(&self.decoded_query));
        event
    }

    fn lattice_v2(&self) -> Object {
        let mut event = Object::new();
        event.insert("version", "2.0");
        event.insert("path", self.path);
        event.insert("method", self.method.as_str());
        event.insert("headers", lists(&self.headers));
        event.insert("queryStringParameters", lists(&self.decoded_query));
        let arn = "arn:aws:vpc-lattice:us-east-1:123456789012";
        let context = json!({
            "serviceNetworkArn": format!("{arn}:servicenetwork/sn-0bf3f2882e9cc805a"),
            "serviceArn": format!("{arn}:service/svc-0a40eebed65f8d69c"),
            "targetGroupArn": format!("{arn}:targetgroup/tg-6d0ecf831eec9f09"),
            "region": "us-east-1",
            "timeEpoch": format!("{TIME_MS}000"),
        });
        event.insert("requestContext", context);
        event
    }

    fn web_socket(&self) -> Object {
        let route = self.path.strip_prefix('/').unwrap_or(self.path);
        let route = if route.is_empty() { "$default" } else { route };
        let event_type = match route {
            "$connect" => "CONNECT",
            "$disconnect" => "DISCONNECT",
            _ => "MESSAGE",
        };
        let mut event = Object::new();
        // A message is sent through a WebSocket, without headers and a query.
        if event_type != "MESSAGE" {
            event.insert("headers", last(&self.headers));
            event.insert("multiValueHeaders", lists(&self.headers));
        }
        if event_type == "CONNECT" && !self.query.is_empty() {
            event.insert("queryStringParameters", last(&self.decoded_query));
            event.insert(
                "multiValueQueryStringParameters",
                lists(&self.decoded_query),
            );
        }
        let context = json!({
            "routeKey": route,
            "eventType": event_type,
            "messageDirection": "IN",
            "stage": "prod",
            "connectedAt": TIME_MS,
            "requestTime": TIME_TEXT,
            "requestTimeEpoch": TIME_MS,
            "identity": { "sourceIp": SOURCE_IP, "userAgent": self.user_agent() },
            "requestId": REQUEST_ID,
            "domainName": domain(FrontDoor::WebSocket),
            "connectionId": "L0SM9cOFvHcCIhw=",
            "apiId": "local",
        });
        event.insert("requestContext", context);
        event
    }

    fn user_agent(&self) -> &str {
        self.request.header("user-agent").unwrap_or_default()
    }
}

/// Returns the host name of a front door.
fn domain(front_door: FrontDoor) -> &'static str {
    match front_door {
        FrontDoor::RestApi | FrontDoor::HttpApiV1 | FrontDoor::HttpApi | FrontDoor::WebSocket => {
            "local.execute-api.us-east-1.amazonaws.com"
        }
        FrontDoor::FunctionUrl => "local.lambda-url.us-east-1.on.aws",
        FrontDoor::Alb | FrontDoor::AlbMultiValue => "local.us-east-1.elb.amazonaws.com",
        FrontDoor::LatticeV1 | FrontDoor::LatticeV2 => {
            "local.7d67968.vpc-lattice-svcs.us-east-1.on.aws"
        }
    }
}

/// Returns a path as an HTTP API passes it on: decoded, except `%2F`.
fn decoded_path(path: &str) -> String {
    let mut decoded = String::new();
    let mut rest = path;
    loop {
        let slash = rest.find("%2F").into_iter().chain(rest.find("%2f")).min();
        let (part, slash) = rest
            .split_at_checked(slash.unwrap_or(rest.len()))
            .unwrap_or((rest, ""));
        utf8::push_lossy(
            &mut decoded,
            &decode_percent_lossy(part.as_bytes(), Escapes::All),
        );
        let Some((slash, after)) = slash.split_at_checked(3) else {
            return decoded;
        };
        decoded.push_str(slash);
        rest = after;
    }
}

/// Returns an object with the last value of each name.
fn last(pairs: &[(String, String)]) -> Object {
    let mut object = Object::new();
    for (name, value) in pairs {
        object.insert(name, value.as_str());
    }
    object
}

/// Returns an object with a list of the values of each name.
fn lists(pairs: &[(String, String)]) -> Object {
    grouped(pairs, |values| values.into_iter().collect())
}

/// Returns an object with the values of each name, joined by `separator`.
fn joined(pairs: &[(String, String)], separator: &str) -> Object {
    grouped(pairs, |values| values.join(separator).into())
}

/// Returns an object with the result of `value_of` for the values of each name.
fn grouped(pairs: &[(String, String)], value_of: impl Fn(Vec<&str>) -> Value) -> Object {
    let mut object = Object::new();
    for (name, _) in pairs {
        let values = pairs.iter().filter(|pair| pair.0 == *name);
        object.insert(name, value_of(values.map(|pair| pair.1.as_str()).collect()));
    }
    object
}

/// Returns `null` in place of an object without members.
fn or_null(object: Object) -> Value {
    if object.is_empty() {
        return Value::Null;
    }
    Value::Object(object)
}
