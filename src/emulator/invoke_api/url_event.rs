//! Converts HTTP requests to HTTP API 2.0 events, and the responses of functions to HTTP responses. Pure.

use std::net::IpAddr;
use std::time::SystemTime;

use crate::emulator::invoke_api::JSON;
use crate::emulator::message::InvocationEvent;
use crate::emulator::server::access;
use crate::emulator::server::exchange::HttpRequest;
use crate::emulator::time::{civil, epoch_ms};
use crate::encoding::{Escapes, base64, decode_base64, decode_percent_lossy};
use crate::json;
use crate::json::{Object, Value};
use crate::runtime::api::{HTTP_INTEGRATION, is_field_name};
use crate::runtime::streaming::{PRELUDE_END, PRELUDE_LEN_MAX};
use crate::sys::utf8;

/// The content type of a streamed response that begins with a prelude.
pub(crate) const PRELUDE_TYPE: &str = HTTP_INTEGRATION;
/// An HTTP response as a function describes it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UrlResponse {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    /// The value of `Content-Length`, which is sent in the response to a `HEAD` request only.
    pub(crate) head_len: Option<usize>,
    pub(crate) body: Vec<u8>,
}

impl UrlResponse {
    /// Returns the fields, followed by `last`.
    pub(super) fn fields_with<'f>(&'f self, last: (&'f str, &'f str)) -> Vec<(&'f str, &'f str)> {
        let fields = self.fields.iter();
        let fields = fields.map(|(name, value)| (name.as_str(), value.as_str()));
        fields.chain([last]).collect()
    }
}

/// Header fields that concern one connection only, and so never pass a gateway (RFC 9110, section
/// 7.6.1), and `Proxy-Connection`, which old clients send.
const HOP_BY_HOP: [&str; 7] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Returns the HTTP API 2.0 event of a request ("Working with AWS Lambda proxy integrations for HTTP
/// APIs"; "Invoking Lambda function URLs"). Recorded events of function URLs win over those pages:
/// `headers` has `cookie` too, and `x-amzn-trace-id`.
pub(super) fn http_event(
    request: &HttpRequest,
    body: &[u8],
    source: IpAddr,
    invocation: &InvocationEvent,
    now: SystemTime,
) -> Vec<u8> {
    let (path, query) = (request.path(), request.query());
    let source = source.to_string();
    let (mut headers, cookies) = event_headers(request, body.len());
    // The headers that a function URL adds. The header of a trace that is not sampled has the root alone.
    let new_trace_id = invocation.trace_id.as_deref().unwrap_or_default();
    let new_root = new_trace_id.split(';').next().unwrap_or_default();
    let own_trace_id = request.non_empty_header("x-amzn-trace-id");
    let host = request.header("host").unwrap_or_default();
    let port = access::port_of(host).unwrap_or(80);
    headers.insert("x-amzn-trace-id", own_trace_id.unwrap_or(new_root));
    headers.insert("x-forwarded-for", source.as_str());
    headers.insert("x-forwarded-proto", "http");
    headers.insert("x-forwarded-port", port.to_string());
    let mut parameters = Object::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = |text: &str| {
            utf8::to_string_lossy(&decode_percent_lossy(text.as_bytes(), Escapes::Form))
        };
        insert_joined(&mut parameters, &decoded(name), &decoded(value));
    }
    let mut event = Object::new();
    event.insert("version", "2.0");
    event.insert("routeKey", "$default");
    event.insert("rawPath", path);
    event.insert("rawQueryString", query);
    if !cookies.is_empty() {
        event.insert("cookies", json!(cookies));
    }
    event.insert("headers", headers);
    if !parameters.is_empty() {
        event.insert("queryStringParameters", parameters);
    }
    let context = json!({
        "accountId": "anonymous",
        "apiId": "local",
        "domainName": host,
        "domainPrefix": "local",
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": source,
            "userAgent": request.header("user-agent").unwrap_or_default(),
        },
        "requestId": invocation.request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": civil(now).common_log(),
        "timeEpoch": epoch_ms(now),
    });
    event.insert("requestContext", context);
    let text = std::str::from_utf8(body).ok();
    let text = text.filter(|_| request.header("content-type").is_none_or(is_text));
    if !body.is_empty() {
        event.insert(
            "body",
            text.map_or_else(|| utf8::into_text(base64(body)), str::to_owned),
        );
    }
    event.insert("isBase64Encoded", text.is_none() && !body.is_empty());
    json::to_vec(&event)
}

/// Returns the member `headers` of a request's event, and the request's cookies.
fn event_headers(request: &HttpRequest, body_len: usize) -> (Object, Vec<String>) {
    let mut headers = Object::new();
    let mut cookies = Vec::new();
    // A `Connection` field names further fields that concern one connection only.
    let named = request
        .headers("connection")
        .flat_map(|names| names.split(','));
    let hop_by_hop: Vec<&str> = HOP_BY_HOP.into_iter().chain(named).collect();
    for (name, value) in &request.fields {
        let name = name.to_ascii_lowercase();
        if hop_by_hop
            .iter()
            .any(|field| field.trim().eq_ignore_ascii_case(&name))
        {
            continue;
        }
        if name == "cookie" {
            let pairs = value.split(';').map(str::trim);
            let pairs = pairs.filter(|pair| !pair.is_empty());
            cookies.extend(pairs.map(str::to_owned));
        } else {
            insert_joined(&mut headers, &name, value);
        }
    }
    if !cookies.is_empty() {
        // RFC 6265, section 5.4: browsers write all cookies in one header.
        headers.insert("cookie", cookies.join("; "));
    }
    if request.header("transfer-encoding").is_some() {
        // The body has been read, so its length is known.
        headers.insert("content-length", body_len.to_string());
    }
    (headers, cookies)
}

/// Inserts a value. Several values of one name are joined by commas.
fn insert_joined(map: &mut Object, name: &str, value: &str) {
    let joined = match map.get(name).and_then(Value::as_str) {
        Some(earlier) => format!("{earlier},{value}"),
        None => value.to_owned(),
    };
    map.insert(name, joined);
}

/// Returns whether a body of this type is passed on as text if it is UTF-8.
fn is_text(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    let media_type = media_type.trim().to_ascii_lowercase();
    let application = media_type.strip_prefix("application/").unwrap_or_default();
    let suffixes = ["+json", "+xml", "+yaml"];
    media_type.starts_with("text/")
        || matches!(application, "json" | "xml" | "javascript" | "yaml")
        || suffixes.iter().any(|suffix| media_type.ends_with(suffix))
}

/// Returns the HTTP response that a function's response describes; `None` if it describes none, and the
/// client gets a 502.
///
/// A response without `statusCode` is itself the body: a string as its text, anything else as JSON. The
/// same holds for a member `body`. This was recorded from function URLs.
pub(crate) fn parse_response(response: &[u8]) -> Option<UrlResponse> {
    let json_type = || (JSON.0.to_owned(), JSON.1.to_owned());
    let value: Value = json::parse_replacing_surrogates(response).ok()?;
    if value.get("statusCode").is_none() {
        let body = match value {
            Value::String(text) => text.into_bytes(),
            _ => response.to_vec(),
        };
        return Some(UrlResponse {
            status: 200,
            fields: vec![json_type()],
            head_len: None,
            body,
        });
    }
    let mut head = parse_head(&value)?;
    let is_content_type = |(name, _): &(String, String)| name.eq_ignore_ascii_case(JSON.0);
    if !head.fields.iter().any(is_content_type) {
        head.fields.push(json_type());
    }
    head.body = match value.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) if value.get("isBase64Encoded") == Some(&Value::Bool(true)) => {
            decode_base64(text.as_bytes()).ok()?
        }
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(body) => json::to_vec(body),
    };
    Some(head)
}

/// The beginning of a streamed response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Prelude {
    /// More bytes are needed.
    Incomplete,
    /// The response's head, and the part of its body that was received.
    Whole(UrlResponse),
    Malformed,
}

/// Parses the prelude of a streamed response: JSON, then eight NUL bytes.
pub(crate) fn parse_prelude(bytes: &[u8]) -> Prelude {
    let mut windows = bytes.windows(PRELUDE_END.len());
    let end = windows.position(|window| window == PRELUDE_END);
    let Some((text, rest)) = end.and_then(|end| bytes.split_at_checked(end)) else {
        return if bytes.len() > PRELUDE_LEN_MAX {
            Prelude::Malformed
        } else {
            Prelude::Incomplete
        };
    };
    let value = json::parse_replacing_surrogates::<Value>(text).ok();
    let value = value.filter(|value| value.as_object().is_some());
    match value.as_ref().and_then(parse_head) {
        Some(mut response) => {
            response.body = rest.get(PRELUDE_END.len()..).unwrap_or_default().to_vec();
            Prelude::Whole(response)
        }
        None => Prelude::Malformed,
    }
}

/// Returns a response with status and fields and without a body; `None` if a response cannot have them.
fn parse_head(value: &Value) -> Option<UrlResponse> {
    let status = match value.get("statusCode") {
        None => 200,
        Some(Value::String(text)) => text.parse().ok()?,
        // Some languages write every number with a fraction.
        Some(number) => (200..=599).find(|&status| number.as_f64() == Some(f64::from(status)))?,
    };
    if !(200..=599).contains(&status) {
        return None;
    }
    let mut fields = Vec::new();
    for map in ["headers", "multiValueHeaders"] {
        let members = value.get(map).and_then(Value::as_object);
        for (name, value) in members.into_iter().flat_map(Object::iter) {
            match value {
                Value::Array(values) => values
                    .iter()
                    .try_for_each(|value| push_field(&mut fields, name, value))?,
                Value::Null => {}
                value => push_field(&mut fields, name, value)?,
            }
        }
    }
    let cookies = value.get("cookies").and_then(Value::as_array);
    for cookie in cookies.unwrap_or_default() {
        push_field(&mut fields, "Set-Cookie", cookie)?;
    }
    let headers = value.get("headers").and_then(Value::as_object);
    let mut headers = headers.into_iter().flat_map(Object::iter);
    let len = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    Some(UrlResponse {
        status,
        fields,
        head_len: len.and_then(|(_, len)| len.as_str()?.parse().ok()),
        body: Vec::new(),
    })
}

/// Adds a header field; returns `None` if name or value is malformed. Leaves out the fields that the
/// server sets itself, and those that concern one connection only.
fn push_field(fields: &mut Vec<(String, String)>, name: &str, value: &Value) -> Option<()> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    if !is_field_name(name) || text.contains(['\r', '\n', '\0']) {
        return None;
    }
    let mut dropped = ["content-length", "date"].into_iter().chain(HOP_BY_HOP);
    if !dropped.any(|dropped| name.eq_ignore_ascii_case(dropped)) {
        fields.push((name.to_owned(), text));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    fn request(method: &str, target: &str, fields: &[(&str, &str)]) -> HttpRequest {
        let mut request = HttpRequest::default();
        request.method = method.to_owned();
        request.target = target.to_owned();
        request.fields = fields
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        request
    }

    fn event_of(request: &HttpRequest, body: &[u8]) -> Value {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_583_348_638_390);
        let invocation = InvocationEvent {
            request_id: "id".to_owned(),
            trace_id: Some("Root=1-2-3;Parent=4;Sampled=0".to_owned()),
            ..InvocationEvent::default()
        };
        let source = Ipv4Addr::LOCALHOST.into();
        json::parse(&http_event(request, body, source, &invocation, now)).unwrap()
    }

    #[track_caller]
    fn has(event: &Value, pointer: &str, want: &str) {
        let got = event
            .pointer(pointer)
            .map_or("absent".to_owned(), Value::to_string);
        assert_eq!(got, want, "{pointer} of {event}");
    }

    #[test]
    fn a_request_becomes_an_http_api_event() {
        let event = event_of(
            &request(
                "GET",
                "/a%20b/c?x=1&y=%C3%A9+z&x=2&flag",
                &[
                    ("Host", "localhost:9000"),
                    ("User-Agent", "test"),
                    ("Cookie", "a=1; b=2"),
                    ("X-Two", "1"),
                    ("x-two", "2"),
                ],
            ),
            b"",
        );
        for (pointer, want) in [
            ("/version", r#""2.0""#),
            ("/routeKey", r#""$default""#),
            ("/rawPath", r#""/a%20b/c""#),
            ("/rawQueryString", r#""x=1&y=%C3%A9+z&x=2&flag""#),
            (
                "/queryStringParameters",
                r#"{"x":"1,2","y":"é z","flag":""}"#,
            ),
            ("/cookies", r#"["a=1","b=2"]"#),
            ("/headers/cookie", r#""a=1; b=2""#),
            ("/headers/x-amzn-trace-id", r#""Root=1-2-3""#),
            ("/headers/x-forwarded-for", r#""127.0.0.1""#),
            ("/headers/x-forwarded-proto", r#""http""#),
            ("/headers/x-two", r#""1,2""#),
            ("/headers/host", r#""localhost:9000""#),
            ("/headers/x-forwarded-port", r#""9000""#),
            ("/requestContext/http/method", r#""GET""#),
            ("/requestContext/http/sourceIp", r#""127.0.0.1""#),
            ("/requestContext/http/userAgent", r#""test""#),
            ("/requestContext/time", r#""04/Mar/2020:19:03:58 +0000""#),
            ("/requestContext/timeEpoch", "1583348638390"),
            ("/body", "absent"),
            ("/isBase64Encoded", "false"),
        ] {
            has(&event, pointer, want);
        }
        let bare = event_of(&request("GET", "/", &[]), b"");
        has(&bare, "/queryStringParameters", "absent");
        has(&bare, "/cookies", "absent");
        has(&bare, "/headers/cookie", "absent");
        has(&bare, "/headers/x-forwarded-port", r#""80""#);
    }

    #[test]
    fn malformed_escapes_in_a_query_are_kept() {
        for (query, want) in [
            ("id=7&t=%%URL%%", r#"{"id":"7","t":"%%URL%%"}"#),
            ("a=50%&b=5%2", r#"{"a":"50%","b":"5%2"}"#),
            ("a=x%20y%", r#"{"a":"x y%"}"#),
            ("a=caf%E9", "{\"a\":\"caf\u{fffd}\"}"),
            ("caf%C3%A9+=%2B%3d%26", r#"{"café ":"+=&"}"#),
            ("a=%0A%25%32", r#"{"a":"\n%2"}"#),
            ("a&=b&&c==d", r#"{"a":"","":"b","c":"=d"}"#),
        ] {
            let event = event_of(&request("GET", &format!("/?{query}"), &[]), b"");
            has(&event, "/queryStringParameters", want);
            has(&event, "/rawQueryString", &format!("{query:?}"));
        }
    }

    #[test]
    fn a_path_stays_as_it_was_sent() {
        for path in [
            "/pa2%Fth/1",
            "/a%2Fb",
            "/%",
            "/a//b/",
            "/caf%C3%A9",
            "/100%25",
            "/a+b",
        ] {
            let event = event_of(&request("GET", path, &[]), b"");
            has(&event, "/rawPath", &format!("{path:?}"));
            has(&event, "/requestContext/http/path", &format!("{path:?}"));
        }
    }

    #[test]
    fn fields_of_one_connection_do_not_reach_the_function() {
        let fields = [
            ("Host", "[::1]"),
            ("Connection", "keep-alive, X-Hop"),
            ("connection", "X-Other"),
            ("Keep-Alive", "timeout=5"),
            ("Proxy-Connection", "keep-alive"),
            ("TE", "trailers"),
            ("Trailer", "X-Sum"),
            ("Transfer-Encoding", "chunked"),
            ("Upgrade", "h2c"),
            ("X-Hop", "1"),
            ("x-other", "1"),
            ("Sec-Fetch-Site", "none"),
            ("X-Amzn-Trace-Id", "Root=1-5-6;Sampled=1"),
            ("X-Forwarded-For", "203.0.113.9"),
            ("Cookie", "a=1"),
            ("Cookie", "b=2; c=3"),
        ];
        let event = event_of(&request("POST", "/", &fields), b"hello");
        let headers = r#"{"host":"[::1]","sec-fetch-site":"none","x-amzn-trace-id":"Root=1-5-6;Sampled=1","x-forwarded-for":"127.0.0.1","cookie":"a=1; b=2; c=3","content-length":"5","x-forwarded-proto":"http","x-forwarded-port":"80"}"#;
        has(&event, "/headers", headers);
        has(&event, "/cookies", r#"["a=1","b=2","c=3"]"#);
    }

    #[test]
    fn a_body_is_text_or_base64() {
        let check = |content_type, body: &[u8], want: &str, encoded: &str| {
            let event = event_of(
                &request("POST", "/", &[("Content-Type", content_type)]),
                body,
            );
            has(&event, "/body", want);
            has(&event, "/isBase64Encoded", encoded);
        };
        check("text/plain", b"hi", r#""hi""#, "false");
        check("application/json; charset=utf-8", b"{}", r#""{}""#, "false");
        check("application/problem+json", b"{}", r#""{}""#, "false");
        check(
            "application/x-www-form-urlencoded",
            b"a=1",
            r#""YT0x""#,
            "true",
        );
        check("image/png", b"hi", r#""aGk=""#, "true");
        check("text/plain", b"\xff", r#""/w==""#, "true");
    }

    type Want<'a> = (u16, &'a [(&'a str, &'a str)], &'a str);

    #[track_caller]
    fn check(response: &str, want: Option<Want<'_>>) {
        let got = parse_response(response.as_bytes());
        let want = want.map(|(status, fields, body)| UrlResponse {
            head_len: response.contains("Content-Length").then_some(99),
            status,
            fields: fields
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            body: body.into(),
        });
        assert_eq!(got, want, "{response}");
    }

    #[test]
    fn a_functions_response_becomes_an_http_response() {
        let json = ("Content-Type", "application/json");
        check(
            r#"{"message":"hi"}"#,
            Some((200, &[json], r#"{"message":"hi"}"#)),
        );
        // Recorded from function URLs: a string is sent as its text, anything else as JSON.
        check(r#""hi""#, Some((200, &[json], "hi")));
        check(r#""a\"b\u00e9""#, Some((200, &[json], "a\"b\u{e9}")));
        for response in [
            "3",
            "3.1",
            "true",
            "null",
            r#"["hello",3,true]"#,
            "[]",
            "{}",
        ] {
            check(response, Some((200, &[json], response)));
        }
        for (body, want) in [
            (r#"{"a":1}"#, r#"{"a":1}"#),
            (r#"["a",null]"#, r#"["a",null]"#),
            ("3", "3"),
            ("false", "false"),
            ("null", ""),
        ] {
            let response = format!(r#"{{"statusCode":200,"body":{body}}}"#);
            check(&response, Some((200, &[json], want)));
        }
        check(r#"{"statusCode":418.0}"#, Some((418, &[json], "")));
        check(r#"{"statusCode":2e2}"#, Some((200, &[json], "")));
        check(r#"{"statusCode":204}"#, Some((204, &[json], "")));
        check(
            r#"{"statusCode":"404","body":"no"}"#,
            Some((404, &[json], "no")),
        );
        check(
            r#"{"statusCode":200,"headers":{"content-type":"text/html","x-n":1},
                "cookies":["a=1","b=2"],"body":"PGI+","isBase64Encoded":true}"#,
            Some((
                200,
                &[
                    ("content-type", "text/html"),
                    ("x-n", "1"),
                    ("Set-Cookie", "a=1"),
                    ("Set-Cookie", "b=2"),
                ],
                "<b>",
            )),
        );
        let framing = r#"{"statusCode":200,"headers":{"Content-Length":"99","Connection":"x",
            "TE":"x","trailer":"x","Upgrade":"x","Proxy-Connection":"x","Keep-Alive":"x",
            "transfer-encoding":"chunked","Date":"x"}}"#;
        check(framing, Some((200, &[json], "")));
    }

    #[test]
    fn malformed_responses_are_refused() {
        for response in [
            "",
            "not json",
            r#"{"statusCode":99}"#,
            r#"{"statusCode":100}"#,
            r#"{"statusCode":600}"#,
            r#"{"statusCode":70000}"#,
            r#"{"statusCode":null}"#,
            r#"{"statusCode":200,"headers":{"a b":"c"}}"#,
            r#"{"statusCode":200,"headers":{"a":"b\r\nc: d"}}"#,
            r#"{"statusCode":200,"headers":{"a":{}}}"#,
            r#"{"statusCode":200,"cookies":["a\nb"]}"#,
            r#"{"statusCode":200.5}"#,
            r#"{"statusCode":200,"body":"?","isBase64Encoded":true}"#,
        ] {
            check(response, None);
        }
    }

    #[test]
    fn a_streamed_response_begins_with_a_prelude() {
        let whole = b"{\"statusCode\":201,\"cookies\":[\"a=1\"]}\0\0\0\0\0\0\0\0body";
        for cut in 0..whole.len() - 4 {
            assert_eq!(parse_prelude(&whole[..cut]), Prelude::Incomplete, "{cut}");
        }
        let fields = vec![("Set-Cookie".to_owned(), "a=1".to_owned())];
        let want = UrlResponse {
            head_len: None,
            status: 201,
            fields,
            body: b"body".to_vec(),
        };
        assert_eq!(parse_prelude(whole), Prelude::Whole(want));
        assert_eq!(parse_prelude(b"[]\0\0\0\0\0\0\0\0"), Prelude::Malformed);
        assert_eq!(parse_prelude(b"\0\0\0\0\0\0\0\0"), Prelude::Malformed);
        assert_eq!(
            parse_prelude(" ".repeat(PRELUDE_LEN_MAX + 1).as_bytes()),
            Prelude::Malformed
        );
    }
}
