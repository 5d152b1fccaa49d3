//! The page for browsers, on which a developer invokes the function and reads what came of it, and the paths that
//! its script calls.
//!
//! | request | reply |
//! | --- | --- |
//! | `GET /_local/` | the page |
//! | `GET /_local/history`, with `?since=N` | the last invocations; status 204 if nothing has changed since the change `N` |
//! | `GET /_local/history/ID` | an invocation. `ID` is its number or a request ID |
//! | `GET /_local/samples` | the sample events |
//! | `POST /_local/invoke` | invokes the function with the body as its event. The reply is its response, in the parts in which it comes |
//! | `POST /_local/request` | the same for a web request: `{"method":…,"path":…,"headers":[[name,value],…],"body":…}` |

use std::io;

use crate::emulator::invoke_api::url_event::{
    PRELUDE_TYPE, Prelude, UrlResponse, parse_prelude, parse_response,
};
use crate::emulator::invoke_api::{InvokeApi, JSON, check_event, send_text};
use crate::emulator::message::{InvocationEvent, PAYLOAD_LEN_MAX, ResponsePart};
use crate::emulator::report::uuid;
use crate::emulator::scheduler::ThrottledError;
use crate::emulator::server::access;
use crate::emulator::server::exchange::{BodyReadError, Exchange, HttpRequest};
use crate::emulator::server::response::reason_phrase;
use crate::events::samples;
use crate::json;
use crate::json::{Object, Value};

const PAGE: &str = include_str!("page.html");
/// The paths that the page's script calls begin with this.
const PREFIX: &str = "/_local/";
/// The host on which all requests are for the function.
const FUNCTION_HOST: &str = "function.localhost";

const TEXT: (&str, &str) = ("Content-Type", "text/plain; charset=utf-8");

/// Returns whether a request is for the page and not for the function.
///
/// These are paths below `/_local/`, and `/` and `/favicon.ico` if a browser loads them as a document or an image: most
/// functions serve neither, and would log an error. Nothing on the host `function.localhost` is for the page.
pub(super) fn is_for_page(request: &HttpRequest) -> bool {
    let host = request.header("host").unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    if access::host_name(name).as_deref() == Some(FUNCTION_HOST) {
        return false;
    }
    let is_front = matches!(request.target.as_str(), "/" | "/favicon.ico");
    request.path().starts_with(PREFIX) || (is_front && is_loaded_by_browser(request))
}

/// Returns whether a browser loads a document or an image. A browser says so in `Sec-Fetch-Dest` (Fetch Metadata
/// Request Headers), or else in `Accept`.
fn is_loaded_by_browser(request: &HttpRequest) -> bool {
    let is_loaded = if let Some(destination) = request.header("sec-fetch-dest") {
        matches!(destination, "document" | "iframe" | "image")
    } else {
        let types = request.header("accept").unwrap_or_default();
        types.contains("text/html") || types.contains("image/")
    };
    request.method == "GET" && is_loaded
}

/// Returns whether a request is left out of the log: the page sends one every few seconds.
pub(super) fn is_quiet(request: &HttpRequest) -> bool {
    request.method == "GET" && is_for_page(request)
}

impl InvokeApi {
    pub(super) fn serve_page(
        &self,
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> io::Result<()> {
        // `--allow-origin` lets a page call the function. It does not let the page read what others have sent.
        if let Err(text) = self.access.without_origins().check(request) {
            return send_text(exchange, 403, &text);
        }
        let nonce = uuid();
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; \
             img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        for (name, value) in [
            ("Content-Security-Policy", policy.as_str()),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Referrer-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
        ] {
            exchange.add_field(name, value);
        }
        let path = request.path();
        let name = path.strip_prefix(PREFIX).unwrap_or_default();
        let is_post = matches!(name, "invoke" | "request");
        let wanted = if is_post { "POST" } else { "GET" };
        if request.method != wanted {
            exchange.add_field("Allow", wanted);
            let text = format!("expected the method {wanted}, found {}", request.method);
            return send_text(exchange, 405, &text);
        }
        match (name, name.strip_prefix("history/")) {
            ("", _) if path != "/favicon.ico" => {
                let html = ("Content-Type", "text/html; charset=utf-8");
                exchange.respond(200, &[html], PAGE.replace("NONCE", &nonce).as_bytes())
            }
            ("history", _) => self.send_history(request, exchange),
            (_, Some(id)) => match self.scheduler.history.find(id) {
                Some(mut details) => {
                    details.insert("web", web_response(&details));
                    exchange.respond(200, &[JSON], &json::to_vec(&details))
                }
                None => send_text(exchange, 404, "this invocation is not kept any more"),
            },
            ("samples", _) => exchange.respond(200, &[JSON], samples().as_bytes()),
            ("invoke" | "request", _) => match self.read_page_event(name, request, exchange) {
                Ok(event) => self.send_response(event, exchange),
                Err(Some((status, text))) => send_text(exchange, status, &text),
                Err(None) => Err(io::ErrorKind::UnexpectedEof.into()),
            },
            _ => send_text(exchange, 404, "the page has no such path"),
        }
    }

    fn send_history(&self, request: &HttpRequest, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let (n_changes, invocations) = self.scheduler.history.list();
        if request.query() == format!("since={n_changes}") {
            return exchange.respond(204, &[], b"");
        }
        let settings = &self.scheduler.settings;
        let document = json!({
            "name": settings.name,
            "changes": n_changes,
            "invocations": invocations,
        });
        exchange.respond(200, &[JSON], &json::to_vec(&document))
    }

    /// Reads the event that the page sends. An error has a status and a message, or none if the connection was lost.
    fn read_page_event(
        &self,
        name: &str,
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> Result<InvocationEvent, Option<(u16, String)>> {
        let too_long = || (413, reason_phrase(413).to_owned());
        let body = exchange
            .read_body(PAYLOAD_LEN_MAX)
            .map_err(|error| match error {
                BodyReadError::TooLong => Some(too_long()),
                BodyReadError::Cut => None,
            })?;
        if name == "request" {
            let host = request.header("host").unwrap_or_default();
            let (request, body) = web_request(&body, host).map_err(|text| (400, text))?;
            return Ok(self
                .url_event(&request, &body, exchange)
                .ok_or_else(too_long)?);
        }
        check_event(&body).map_err(|text| (400, text))?;
        Ok(self.scheduler.new_event(body))
    }

    /// Invokes the function, and sends its response in the parts in which it comes. The end of the reply is the end of
    /// the invocation.
    fn send_response(&self, event: InvocationEvent, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let id = event.request_id.clone();
        let parts = match self.scheduler.invoke(event) {
            Ok(parts) => parts,
            Err(ThrottledError) => return send_text(exchange, 429, "Rate Exceeded."),
        };
        exchange.start(200, &[TEXT, ("X-Amzn-RequestId", &id)])?;
        for part in parts {
            if let ResponsePart::Whole(_, bytes) | ResponsePart::Data(bytes) = part {
                exchange.send_part(&bytes)?;
            }
        }
        exchange.finish()
    }
}

/// Returns the web request that the page describes in JSON, and its body. `page_host` is the host of the page.
fn web_request(document: &[u8], page_host: &str) -> Result<(HttpRequest, Vec<u8>), String> {
    let document: Value = json::parse(document).map_err(|error: json::Error| error.to_string())?;
    let text = |name| {
        document
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let is_token = |text: &str| {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        !text.is_empty() && text.bytes().all(is_allowed)
    };
    let (method, target) = (text("method"), text("path"));
    if !is_token(method) {
        return Err(format!("expected a method such as GET, found {method:?}"));
    }
    if !target.starts_with('/') || !target.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(format!(
            "expected a path that begins with / and is percent-encoded, found {target:?}"
        ));
    }
    let headers = document.get("headers").and_then(Value::as_array);
    let mut fields = Vec::new();
    for header in headers.unwrap_or_default() {
        let part = |pointer| {
            header
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (name, value) = (part("/0"), part("/1"));
        if !is_token(name) || value.chars().any(|c| c.is_control() && c != '\t') {
            return Err(format!(
                "expected a header such as name: value, found {name:?}: {value:?}"
            ));
        }
        fields.push((name.to_owned(), value.to_owned()));
    }
    let mut request = HttpRequest::default();
    request.method = method.to_owned();
    request.target = target.to_owned();
    request.fields = fields;
    if request.header("host").is_none() {
        request
            .fields
            .push(("Host".to_owned(), page_host.to_owned()));
    }
    Ok((request, text("body").as_bytes().to_vec()))
}

/// Returns the web response in the details of an invocation; `None` if the event is no web request, or if the response
/// is an error or incomplete.
fn web_response(details: &Object) -> Option<Value> {
    let text = |name: &str| details.get(name)?.get("text")?.as_str();
    let event: Value = json::parse_replacing_surrogates(text("event")?.as_bytes()).ok()?;
    event.pointer("/requestContext/http/method")?;
    let body = text("response")?;
    let content_type = details.get("contentType").and_then(Value::as_str);
    let is_pending = details.get("status").and_then(Value::as_str) == Some("pending");
    if body.is_empty() || is_pending {
        return None;
    }
    let response = match content_type {
        Some(PRELUDE_TYPE) => match parse_prelude(body.as_bytes()) {
            Prelude::Whole(response) => response,
            Prelude::Incomplete | Prelude::Malformed => return None,
        },
        // The function URL sends other streams as they are.
        Some(other) => UrlResponse {
            status: 200,
            fields: vec![("Content-Type".to_owned(), other.to_owned())],
            head_len: None,
            body: body.as_bytes().to_vec(),
        },
        None => parse_response(body.as_bytes())?,
    };
    let fields = response.fields.iter();
    let fields: Vec<Value> = fields.map(|(name, value)| json!([name, value])).collect();
    let body = String::from_utf8_lossy(&response.body).into_owned();
    Some(json!({ "status": response.status, "headers": fields, "body": body }))
}

/// Returns the sample events as a JSON object.
fn samples() -> String {
    let members = samples::ALL.iter();
    let members: Vec<String> = members
        .map(|(name, event)| format!("\"{name}\": {}", event.trim()))
        .collect();
    format!("{{{}}}", members.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_small_and_loads_nothing_from_elsewhere() {
        assert!(PAGE.len() < 40_000, "{} bytes", PAGE.len());
        for part in [
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "document.write",
            "eval(",
            "http://",
            "https://",
        ] {
            assert!(!PAGE.contains(part), "{part}");
        }
        // The policy allows no style or script without the nonce.
        assert_eq!(PAGE.matches("nonce=\"NONCE\"").count(), 2);
        assert_eq!(
            PAGE.matches("<style").count() + PAGE.matches("<script").count(),
            2
        );
        assert!(!PAGE.contains(" style=\"") && !PAGE.contains(" onclick="));
    }

    #[test]
    fn samples_are_json() {
        let events: Value = json::parse(samples().as_bytes()).unwrap();
        for (name, event) in samples::ALL {
            let event: Value = json::parse(event.as_bytes()).unwrap();
            assert_eq!(events.get(name), Some(&event), "{name}");
        }
    }

    #[test]
    fn a_browser_gets_the_page_and_other_requests_are_for_the_function() {
        let check = |method: &str, target: &str, fields: &[(&str, &str)], want: bool| {
            let mut request = HttpRequest::default();
            request.method = method.to_owned();
            request.target = target.to_owned();
            for (name, value) in fields {
                request
                    .fields
                    .push(((*name).to_owned(), (*value).to_owned()));
            }
            assert_eq!(is_for_page(&request), want, "{method} {target} {fields:?}");
        };
        let html = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        let icon = ("Accept", "image/avif,image/webp,*/*;q=0.8");
        let destination = |name| ("Sec-Fetch-Dest", name);
        check("GET", "/", &[html], true);
        check("GET", "/", &[html, destination("document")], true);
        check("GET", "/favicon.ico", &[icon], true);
        check("GET", "/favicon.ico", &[icon, destination("image")], true);
        check("GET", "/favicon.ico", &[html], true);
        check("POST", "/_local/invoke", &[], true);
        check("GET", "/_local/", &[], true);
        // Scripts, other programs, other paths, and the host of the function.
        check("GET", "/", &[html, destination("empty")], false);
        check("GET", "/", &[("Accept", "*/*")], false);
        check("GET", "/", &[], false);
        check("GET", "/?", &[html], false);
        check("GET", "/page", &[html], false);
        check("GET", "/_local", &[html], false);
        check("POST", "/", &[html], false);
        for host in ["function.localhost", "Function.Localhost.:9000"] {
            for target in ["/", "/favicon.ico", "/_local/history"] {
                check("GET", target, &[html, ("Host", host)], false);
            }
        }
        check("GET", "/", &[html, ("Host", "other.localhost:9000")], true);
    }

    #[test]
    fn a_described_request_is_checked() {
        let check = |document: &str, want: &str| {
            let got = match web_request(document.as_bytes(), "localhost:1") {
                Ok((request, body)) => format!(
                    "{} {} {:?} {}",
                    request.method,
                    request.target,
                    request.fields,
                    String::from_utf8_lossy(&body)
                ),
                Err(text) => text,
            };
            assert!(got.contains(want), "{document}: {got}");
        };
        check(
            r#"{"method":"PUT","path":"/a?b=c","headers":[["X-A","1"]],"body":"hi"}"#,
            r#"PUT /a?b=c [("X-A", "1"), ("Host", "localhost:1")] hi"#,
        );
        check(
            r#"{"method":"GET","path":"/","headers":[["host","x"]]}"#,
            r#"GET / [("host", "x")] "#,
        );
        check("{", "expected a member's name in quotes");
        check("{}", "expected a method such as GET, found \"\"");
        check(r#"{"method":"A B","path":"/"}"#, "found \"A B\"");
        for path in ["", "a", "/a b", "/\u{e9}", "http://x/"] {
            let document = json!({ "method": "GET", "path": path }).to_string();
            check(&document, "expected a path that begins with /");
        }
        for (name, value) in [("", "1"), ("a b", "1"), ("a:", "1"), ("a", "1\r\nb: 2")] {
            let document = json!({ "method": "GET", "path": "/", "headers": [[name, value]] });
            check(
                &document.to_string(),
                "expected a header such as name: value",
            );
        }
    }
}
