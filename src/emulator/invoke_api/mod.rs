//! The caller's side: Lambda's Invoke API, and a function URL on all other paths.

mod configuration;
mod event_stream;
mod function_url;
mod invoke;
mod page;
mod url_event;

use std::io;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::emulator::environment::logs::print_line;
use crate::emulator::report::{ms, uuid};
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
    scheduler: Arc<Scheduler>,
    access: Arc<AccessRules>,
    /// Whether each request is logged on a line.
    logs_requests: bool,
    /// When the server started, which callers get as the function's last modification.
    started: SystemTime,
    revision_id: String,
}

/// An error of the Invoke API.
#[derive(Debug)]
struct InvokeApiError {
    status: u16,
    name: &'static str,
    message: String,
}

/// `Err`: the connection is lost; `Ok(Err)`: the caller gets an error.
type ApiResult<T = ()> = io::Result<Result<T, InvokeApiError>>;

/// Evaluates to the value of an `Ok`. Returns from the function with an `Err`, which is sent to the caller.
macro_rules! try_api {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Ok(Err(error)),
        }
    };
}
use try_api;

impl InvokeApiError {
    fn new(status: u16, name: &'static str, message: impl Into<String>) -> InvokeApiError {
        InvokeApiError {
            status,
            name,
            message: message.into(),
        }
    }

    /// Returns the error for an invocation that finds the queue full.
    fn throttled() -> InvokeApiError {
        InvokeApiError::new(429, "TooManyRequestsException", "Rate Exceeded.")
    }

    /// Returns the error for an invocation that gets no response.
    fn ended() -> InvokeApiError {
        InvokeApiError::new(500, "ServiceException", "The emulator has ended.")
    }

    fn send(&self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let document = json!({ "Type": "User", "Message": self.message.as_str() });
        let fields = [JSON, ("X-Amzn-ErrorType", self.name)];
        exchange.respond(self.status, &fields, &json::to_vec(&document))
    }
}

impl Service for InvokeApi {
    fn handle(&self, request: &HttpRequest, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let began = Instant::now();
        let result = self.route(request, exchange);
        if self.logs_requests {
            let HttpRequest { method, target, .. } = request;
            let (status, took) = (exchange.status, ms(began.elapsed()));
            print_line(&format!("{method} {target}: {status} in {took} ms"));
        }
        result
    }
}

/// An operation of Lambda's API that is served, with its parameter `FunctionName`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation<'p> {
    Invoke(&'p str),
    InvokeWithResponseStream(&'p str),
    InvokeAsync(&'p str),
    GetFunction(&'p str),
    GetFunctionConfiguration(&'p str),
}

impl<'p> Operation<'p> {
    /// Returns the operation of a path, and its method ("Actions", Lambda API reference).
    fn of(path: &'p str) -> Option<(&'static str, Operation<'p>)> {
        let (version, rest) = path.strip_prefix('/')?.split_once("/functions/")?;
        let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
        // GetFunction has no suffix, and no slash after the name.
        let ends_with_name = path.ends_with(name);
        if name.is_empty() {
            return None;
        }
        match (version, rest) {
            ("2015-03-31", "invocations") => Some(("POST", Operation::Invoke(name))),
            ("2021-11-15", "response-streaming-invocations") => {
                Some(("POST", Operation::InvokeWithResponseStream(name)))
            }
            // This path is documented with a slash at the end.
            ("2014-11-13", "invoke-async" | "invoke-async/") => {
                Some(("POST", Operation::InvokeAsync(name)))
            }
            ("2015-03-31", "configuration") => {
                Some(("GET", Operation::GetFunctionConfiguration(name)))
            }
            ("2015-03-31", "") if ends_with_name => Some(("GET", Operation::GetFunction(name))),
            _ => None,
        }
    }
}

/// Returns whether a path belongs to AWS's APIs, whose paths begin with the date of a version. Such a
/// request never reaches the function. A proxy may have encoded a slash.
fn is_api_path(path: &str) -> bool {
    let path = decode_percent_lossy(path.as_bytes(), Escapes::All);
    let path = path.trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    let fits_date = |(i, b): (usize, u8)| match i {
        0 => b == b'2',
        1 => b == b'0',
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    };
    first.len() == 10 && first.bytes().enumerate().all(fits_date)
}

impl InvokeApi {
    pub(crate) fn new(
        scheduler: Arc<Scheduler>,
        access: Arc<AccessRules>,
        logs_requests: bool,
    ) -> InvokeApi {
        InvokeApi {
            scheduler,
            access,
            logs_requests,
            started: SystemTime::now(),
            revision_id: uuid(),
        }
    }

    fn route(&self, request: &HttpRequest, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let is_api = is_api_path(request.path());
        let allowed_origin = match self.access.check(request) {
            Ok(allowed_origin) => allowed_origin,
            Err(text) if is_api => {
                return InvokeApiError::new(403, "AccessDeniedException", text).send(exchange);
            }
            Err(text) => return send_text(exchange, 403, &text),
        };
        if is_api {
            return self.route_api(request, allowed_origin, exchange);
        }
        // RFC 9110, section 9.3.7: `*` stands for the server itself.
        if request.target == "*" {
            let is_options = request.method == "OPTIONS";
            return exchange.respond(if is_options { 200 } else { 400 }, &[], b"");
        }
        // The function answers preflight requests, as with a function URL without a CORS
        // configuration. Only the field about private networks is added.
        if allowed_origin.is_some() {
            if let Some((name, value)) = access::private_network_field(request) {
                exchange.add_field(name, &value);
            }
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
        let (method, path) = (request.method.as_str(), request.path());
        let result = match Operation::of(path) {
            Some((wanted, operation)) if wanted == method => {
                self.operate(operation, request, exchange)?
            }
            Some((wanted, _)) => {
                exchange.add_field("Allow", wanted);
                let message = format!("expected the method {wanted}, found {method} {path}");
                Err(InvokeApiError::new(
                    405,
                    "UnknownOperationException",
                    message,
                ))
            }
            None => {
                let message = format!(
                    "{method} {path} is not served; the local Lambda has Invoke, InvokeAsync, \
                     InvokeWithResponseStream, GetFunction and GetFunctionConfiguration, and paths \
                     that begin with a date do not reach the function"
                );
                Err(InvokeApiError::new(
                    404,
                    "UnknownOperationException",
                    message,
                ))
            }
        };
        result.or_else(|error| error.send(exchange))
    }

    fn operate(
        &self,
        operation: Operation<'_>,
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> ApiResult {
        match operation {
            Operation::Invoke(name) => self.invoke(name, request, exchange),
            Operation::InvokeWithResponseStream(name) => {
                self.invoke_with_response_stream(name, request, exchange)
            }
            Operation::InvokeAsync(name) => {
                let kind = ("Event", &["Event"][..]);
                let event = try_api!(self.read_event(name, kind, request, exchange)?);
                self.invoke_async(event, exchange)
            }
            Operation::GetFunction(name) => {
                let qualifier = try_api!(self.qualifier(name, request));
                let document = json!({
                    "Configuration": self.configuration(&qualifier),
                    "Code": { "RepositoryType": "S3" },
                });
                let body = json::to_vec(&document);
                exchange.respond(200, &[JSON], &body).map(Ok)
            }
            Operation::GetFunctionConfiguration(name) => {
                let qualifier = try_api!(self.qualifier(name, request));
                let body = json::to_vec(&self.configuration(&qualifier));
                exchange.respond(200, &[JSON], &body).map(Ok)
            }
        }
    }

    /// Returns the version or alias that a request names; empty if it names none.
    fn qualifier(&self, name: &str, request: &HttpRequest) -> Result<String, InvokeApiError> {
        let own_name = &self.scheduler.settings.name;
        let Some(qualifier) = find_qualifier(name, request.query(), own_name) else {
            let message =
                format!("Function not found: {name}; the function here is named {own_name}");
            return Err(InvokeApiError::new(
                404,
                "ResourceNotFoundException",
                message,
            ));
        };
        // It becomes part of an ARN, which is a header of the Runtime API.
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"$_-.".contains(&b);
        if !qualifier.bytes().all(is_allowed) {
            let message = format!(
                "1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy \
                 constraint: Member must satisfy regular expression pattern: \
                 \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
            );
            return Err(InvokeApiError::new(400, "ValidationException", message));
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
    let decoded = decode_percent(path_name, false).ok()?;
    let words: Vec<&str> = decoded.split(':').collect();
    let words = match words.as_slice() {
        ["arn", _, "lambda", _, _, "function", rest @ ..] | [_, "function", rest @ ..]
            if !rest.is_empty() =>
        {
            rest
        }
        words => words,
    };
    let (name, suffix) = match words {
        [name] => (*name, ""),
        [name, suffix] => (*name, *suffix),
        _ => return None,
    };
    if name != own_name && name != "function" {
        return None;
    }
    let mut parameters = query.split('&');
    let parameter = parameters.find_map(|pair| pair.strip_prefix("Qualifier="));
    let parameter = decode_percent(parameter.unwrap_or_default(), true).ok()?;
    Some(if suffix.is_empty() {
        parameter.into_owned()
    } else {
        suffix.to_owned()
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
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] = text {
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
