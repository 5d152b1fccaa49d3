//! The caller's side: Lambda's Invoke API, and a function URL on all other paths.

mod configuration;
mod event_stream;
mod function_url;
mod invoke;
mod page;
pub(crate) mod url_event;

use std::io;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::emulator::environment::logs::print_line;
use crate::emulator::report::ms;
use crate::emulator::scheduler::Scheduler;
use crate::emulator::server::Service;
use crate::emulator::server::access::{self, AccessRules};
use crate::emulator::server::exchange::{Exchange, HttpRequest};
use crate::encoding::{Escapes, decode_percent, decode_percent_lossy};
use crate::json;
use crate::json::Reader;

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Fields of a response that web pages of an allowed origin may read.
const EXPOSED_FIELDS: &str = "X-Amzn-RequestId, X-Amzn-ErrorType, X-Amzn-Trace-Id, \
                              X-Amz-Executed-Version, X-Amz-Function-Error, X-Amz-Log-Result, \
                              X-Amzn-Remapped-Content-Type";

/// Serves callers.
#[derive(Debug)]
pub(crate) struct InvokeApi {
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) access: Arc<AccessRules>,
    /// Whether each request is logged on a line.
    pub(crate) logs_requests: bool,
    /// When the server started, which callers get as the function's last modification.
    pub(crate) started: SystemTime,
    pub(crate) revision_id: String,
}

/// Why an operation of the Invoke API has not sent its response.
#[derive(Debug)]
enum ApiError {
    ConnectionLost(io::Error),
    /// The call is refused. The caller gets this status, error type and message.
    Refused(u16, &'static str, String),
}

type ApiResult<T = ()> = Result<T, ApiError>;

impl From<io::Error> for ApiError {
    fn from(error: io::Error) -> ApiError {
        ApiError::ConnectionLost(error)
    }
}

/// Returns the error with which a call is refused.
fn refused(status: u16, error_type: &'static str, message: impl Into<String>) -> ApiError {
    ApiError::Refused(status, error_type, message.into())
}

impl ApiError {
    fn send(self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        match self {
            ApiError::ConnectionLost(error) => Err(error),
            ApiError::Refused(status, error_type, message) => {
                let document = json!({ "Type": "User", "Message": message });
                let fields = [JSON, ("X-Amzn-ErrorType", error_type)];
                exchange.respond(status, &fields, &json::to_vec(&document))
            }
        }
    }
}

impl Service for InvokeApi {
    fn handle(&self, request: &HttpRequest, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let began = Instant::now();
        let result = self.route(request, exchange);
        if self.logs_requests && !page::is_quiet(request) {
            let HttpRequest { method, target, .. } = request;
            let (status, took) = (exchange.status, ms(began.elapsed()));
            print_line(&format!("{method} {target}: {status} in {took} ms"));
        }
        result
    }
}

/// An operation of Lambda's API. Its first parameter is the version or alias of the function.
type Operation = fn(&InvokeApi, &str, &HttpRequest, &mut Exchange<'_>) -> ApiResult;

/// Returns the method and the operation of a path, and the function's name in it ("Actions", Lambda API
/// reference).
fn operation_of(path: &str) -> Option<(&'static str, Operation, &str)> {
    let (version, rest) = path.strip_prefix('/')?.split_once("/functions/")?;
    let (name, suffix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (method, operation): (_, Operation) = match (version, suffix) {
        ("2015-03-31", "/invocations") => ("POST", InvokeApi::invoke),
        ("2021-11-15", "/response-streaming-invocations") => {
            ("POST", InvokeApi::invoke_with_response_stream)
        }
        // This path is documented with a slash at the end.
        ("2014-11-13", "/invoke-async" | "/invoke-async/") => ("POST", InvokeApi::invoke_async),
        ("2015-03-31", "" | "/configuration") => ("GET", InvokeApi::get_function),
        _ => return None,
    };
    (!name.is_empty()).then_some((method, operation, name))
}

/// Returns whether a path belongs to AWS's APIs, whose paths begin with the date of a version. Such a
/// request never reaches the function. A proxy may have encoded a slash.
fn is_api_path(path: &str) -> bool {
    let decoded = decode_percent_lossy(path.as_bytes(), Escapes::All);
    let path = String::from_utf8_lossy(&decoded);
    let path = path.trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    let fits = |(b, pattern): (u8, &u8)| match pattern {
        b'd' => b.is_ascii_digit(),
        _ => b == *pattern,
    };
    first.len() == 10 && first.bytes().zip(b"20dd-dd-dd").all(fits)
}

impl InvokeApi {
    fn route(&self, request: &HttpRequest, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let is_api = is_api_path(request.path());
        let allowed_origin = match self.access.check(request) {
            Ok(allowed_origin) => allowed_origin,
            Err(text) if is_api => {
                return refused(403, "AccessDeniedException", text).send(exchange);
            }
            Err(text) => return send_text(exchange, 403, &text),
        };
        if page::is_for_page(request) {
            return self.serve_page(request, exchange);
        }
        if is_api {
            return self.route_api(request, allowed_origin, exchange);
        }
        // RFC 9110, section 9.3.7: `*` means the server itself.
        if request.target == "*" {
            let is_options = request.method == "OPTIONS";
            return exchange.respond(if is_options { 200 } else { 400 }, &[], b"");
        }
        // The function replies to preflight requests, as with a function URL without a CORS
        // configuration. Only the field about private networks is added.
        let field = allowed_origin.and_then(|_| access::private_network_field(request));
        if let Some((name, value)) = field {
            exchange.add_field(name, &value);
        }
        self.serve_url(request, exchange)
    }

    fn route_api(
        &self,
        request: &HttpRequest,
        allowed_origin: Option<&str>,
        exchange: &mut Exchange<'_>,
    ) -> io::Result<()> {
        if let Some(origin) = allowed_origin {
            for (name, value) in access::cors_fields(request, origin, EXPOSED_FIELDS) {
                exchange.add_field(name, &value);
            }
            if access::is_preflight(request) {
                return exchange.respond(204, &[], b"");
            }
        }
        let result = self.operate(request, exchange);
        result.or_else(|error| error.send(exchange))
    }

    fn operate(&self, request: &HttpRequest, exchange: &mut Exchange<'_>) -> ApiResult {
        let (method, path) = (request.method.as_str(), request.path());
        let Some((wanted, operation, name)) = operation_of(path) else {
            let message = format!(
                "{method} {path} is not served; the local Lambda has Invoke, InvokeAsync, \
                 InvokeWithResponseStream, GetFunction and GetFunctionConfiguration, and paths \
                 that begin with a date do not reach the function"
            );
            return Err(refused(404, "UnknownOperationException", message));
        };
        if method != wanted {
            exchange.add_field("Allow", wanted);
            let message = format!("expected the method {wanted}, found {method} {path}");
            return Err(refused(405, "UnknownOperationException", message));
        }
        operation(self, &self.qualifier(name, request)?, request, exchange)
    }

    /// Returns the version or alias that a request names; empty if it names none.
    fn qualifier(&self, name: &str, request: &HttpRequest) -> ApiResult<String> {
        let own_name = &self.scheduler.settings.name;
        let Some(qualifier) = find_qualifier(name, request.query(), own_name) else {
            let message =
                format!("Function not found: {name}; the function here is named {own_name}");
            return Err(refused(404, "ResourceNotFoundException", message));
        };
        // It becomes part of an ARN, which is a header of the Runtime API.
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"$_-.".contains(&b);
        if !qualifier.bytes().all(is_allowed) {
            let message = format!(
                "1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy \
                 constraint: Member must satisfy regular expression pattern: \
                 \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
            );
            return Err(refused(400, "ValidationException", message));
        }
        Ok(qualifier)
    }
}

fn send_text(exchange: &mut Exchange<'_>, status: u16, text: &str) -> io::Result<()> {
    let fields = [("Content-Type", "text/plain; charset=utf-8")];
    exchange.respond(status, &fields, format!("{text}\n").as_bytes())
}

/// Returns the version or alias that a call names: after the function's name, at the end of an ARN, or in
/// the query; empty if it names none. Returns `None` if the call names another function.
fn find_qualifier(path_name: &str, query: &str, own_name: &str) -> Option<String> {
    let decoded = String::from_utf8(decode_percent(path_name, false).ok()?).ok()?;
    let words: Vec<&str> = decoded.split(':').collect();
    let (name, suffix) = match words.as_slice() {
        [name] | [_, "function", name] | ["arn", _, "lambda", _, _, "function", name] => {
            (*name, "")
        }
        [name, suffix]
        | [_, "function", name, suffix]
        | ["arn", _, "lambda", _, _, "function", name, suffix] => (*name, *suffix),
        _ => return None,
    };
    if name != own_name && name != "function" {
        return None;
    }
    let mut parameters = query.split('&');
    let parameter = parameters.find_map(|pair| pair.strip_prefix("Qualifier="));
    let parameter = decode_percent(parameter.unwrap_or_default(), true).ok()?;
    Some(match suffix {
        "" => String::from_utf8(parameter).ok()?,
        suffix => suffix.to_owned(),
    })
}

/// Returns an ARN with a version or alias, if there is one.
fn qualified(arn: String, qualifier: &str) -> String {
    if qualifier.is_empty() {
        arn
    } else {
        format!("{arn}:{qualifier}")
    }
}

/// Checks that `text` is an event: JSON, which may begin with a byte order mark.
pub(crate) fn check_event(text: &[u8]) -> Result<(), String> {
    // A byte order mark of UTF-16, or a character below U+0100 in UTF-16 without one.
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..] = text {
        return Err(
            "expected UTF-8, found UTF-16, which `>` writes in Windows PowerShell 5; save it for \
             example with `Out-File -Encoding utf8`"
                .to_owned(),
        );
    }
    let check = |text| {
        let mut reader = Reader::from_bytes(text)?;
        reader.skip()?;
        reader.end()
    };
    check(json::without_bom(text)).map_err(|error: json::Error| error.to_string())
}
