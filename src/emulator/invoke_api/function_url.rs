//! A function URL: web requests as HTTP API 2.0 events, and a function's answers as web responses. Pure.

use std::iter;
use std::net::IpAddr;
use std::time::SystemTime;

use crate::emulator::message::{Event, epoch_ms};
use crate::emulator::report::civil;
use crate::emulator::server::access;
use crate::emulator::server::exchange::Request;
use crate::encoding::{Escapes, base64, decode_base64, decode_percent_lossy};
use crate::json;
use crate::json::{Object, Value};

/// The content type of a streamed answer that begins with a prelude.
pub(crate) const PRELUDE_TYPE: &str = "application/vnd.awslambda.http-integration-response";
/// What stands between the prelude and the body.
const PRELUDE_END: [u8; 8] = [0; 8];
/// Within this many bytes the prelude has to end, as API Gateway has it.
pub(crate) const PRELUDE_LEN_MAX: usize = 16 * 1024;

/// A web response as a function describes it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WebResponse {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Header fields that concern one connection only, and so never pass a front door (RFC 9110, section
/// 7.6.1); the same for `Proxy-Connection`, which old clients send.
const HOP_BY_HOP: [&str; 7] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a field concerns one connection only: one of [`HOP_BY_HOP`], or one that `Connection` names.
fn is_hop_by_hop<'f>(name: &str, mut connection: impl Iterator<Item = &'f str>) -> bool {
    let is_known = HOP_BY_HOP
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    is_known
        || connection.any(|names| {
            names
                .split(',')
                .any(|other| other.trim().eq_ignore_ascii_case(name))
        })
}

/// The HTTP API 2.0 event of a request ("Working with AWS Lambda proxy integrations for HTTP
/// APIs"; "Invoking Lambda function URLs"). Where recorded events of function URLs say more than
/// those pages, the recordings are followed: `headers` has `cookie` too, and `x-amzn-trace-id`.
pub(crate) fn event(
    request: &Request,
    body: &[u8],
    source: IpAddr,
    invocation: &Event,
    now: SystemTime,
) -> Vec<u8> {
    let (path, query) = (request.path(), request.query());
    let host = request.header("host").unwrap_or_default();
    let agent = request.header("user-agent").unwrap_or_default();
    let time = civil(now).common_log();
    let mut headers = Object::new();
    let mut cookies = Vec::new();
    let mut is_chunked = false;
    for (name, value) in &request.fields {
        let name = name.to_ascii_lowercase();
        let connection = request.fields.iter();
        let connection = connection.filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
        is_chunked |= name == "transfer-encoding";
        if is_hop_by_hop(&name, connection.map(|(_, value)| value.as_str())) {
            continue;
        }
        if name == "cookie" {
            let pairs = value
                .split(';')
                .map(str::trim)
                .filter(|pair| !pair.is_empty());
            cookies.extend(pairs.map(str::to_owned));
        } else {
            add(&mut headers, &name, value);
        }
    }
    if !cookies.is_empty() {
        // RFC 6265, section 5.4: how a browser writes several cookies in one header.
        headers.insert("cookie", cookies.join("; "));
    }
    if is_chunked {
        // The body was collected, so that its length is known.
        headers.insert("content-length", body.len().to_string());
    }
    // An invocation that nobody traces has the root alone.
    let trace_id = match (request.text("x-amzn-trace-id"), &invocation.trace_id) {
        (Some(own), _) => own,
        (None, Some(trace_id)) => trace_id.split(';').next().unwrap_or_default(),
        (None, None) => "",
    };
    let source = source.to_string();
    let port = access::port_of(host).unwrap_or(80).to_string();
    for (name, value) in [
        ("x-amzn-trace-id", trace_id),
        ("x-forwarded-for", source.as_str()),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", port.as_str()),
    ] {
        headers.insert(name, value);
    }
    let mut parameters = Object::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = |text: &str| decode_percent_lossy(text.as_bytes(), Escapes::Form);
        add(&mut parameters, &decoded(name), &decoded(value));
    }
    let mut event = Object::new();
    event.insert("version", "2.0");
    event.insert("routeKey", "$default");
    event.insert("rawPath", path);
    event.insert("rawQueryString", query);
    if !cookies.is_empty() {
        event.insert(
            "cookies",
            cookies.into_iter().map(Value::from).collect::<Vec<_>>(),
        );
    }
    event.insert("headers", headers);
    if !parameters.is_empty() {
        event.insert("queryStringParameters", parameters);
    }
    event.insert(
        "requestContext",
        json!({
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": host.to_owned(),
            "domainPrefix": "local",
            "http": {
                "method": request.method.clone(),
                "path": path.to_owned(),
                "protocol": "HTTP/1.1",
                "sourceIp": source.clone(),
                "userAgent": agent.to_owned(),
            },
            "requestId": invocation.request_id.clone(),
            "routeKey": "$default",
            "stage": "$default",
            "time": time.clone(),
            "timeEpoch": epoch_ms(now),
        }),
    );
    let text = std::str::from_utf8(body)
        .ok()
        .filter(|_| is_text(request.header("content-type")));
    if !body.is_empty() {
        event.insert("body", text.map_or_else(|| base64(body), str::to_owned));
    }
    event.insert("isBase64Encoded", text.is_none() && !body.is_empty());
    json::to_vec(&event)
}

/// Adds a value to a map in which several of one name are joined by commas.
fn add(map: &mut Object, name: &str, value: &str) {
    let joined = match map.get(name).and_then(Value::as_str) {
        Some(earlier) => format!("{earlier},{value}"),
        None => value.to_owned(),
    };
    map.insert(name, joined);
}

/// Whether a body of this type is handed on as text, if it is UTF-8.
fn is_text(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else {
        return true;
    };
    let media = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let subtype = media.strip_prefix("application/").unwrap_or_default();
    media.starts_with("text/")
        || matches!(subtype, "json" | "xml" | "javascript" | "yaml")
        || ["+json", "+xml", "+yaml"]
            .iter()
            .any(|suffix| media.ends_with(suffix))
}

/// The web response that a whole answer stands for; `None`: it stands for none, and the caller
/// gets a 502. An answer without a `statusCode` is itself the body: a string as its text, all else as
/// JSON, and so is a member `body`, as recorded of function URLs.
pub(crate) fn response(answer: &[u8]) -> Option<WebResponse> {
    let value: Value = json::parse_replacing_surrogates(answer).ok()?;
    if value.get("statusCode").is_none() {
        let fields = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        let body = match value {
            Value::String(text) => text.into_bytes(),
            _ => answer.to_vec(),
        };
        return Some(WebResponse {
            status: 200,
            fields,
            body,
        });
    }
    let (status, mut fields) = head(&value)?;
    if !fields
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        fields.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    let body = match value.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) if value.get("isBase64Encoded") == Some(&Value::Bool(true)) => {
            decode_base64(text.as_bytes()).ok()?
        }
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(body) => json::to_vec(body),
    };
    Some(WebResponse {
        status,
        fields,
        body,
    })
}

/// How a streamed answer begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Prelude {
    /// It has not come whole.
    Unfinished,
    /// The response's head, with what has come of the body.
    Whole(WebResponse),
    Malformed,
}

/// Reads the prelude of a streamed answer: JSON, then eight NUL bytes.
pub(crate) fn prelude(bytes: &[u8]) -> Prelude {
    let end = bytes
        .windows(PRELUDE_END.len())
        .position(|window| window == PRELUDE_END);
    let Some((text, rest)) = end.and_then(|end| bytes.split_at_checked(end)) else {
        return if bytes.len() > PRELUDE_LEN_MAX {
            Prelude::Malformed
        } else {
            Prelude::Unfinished
        };
    };
    let body = rest.get(PRELUDE_END.len()..).unwrap_or_default().to_vec();
    let head = json::parse_replacing_surrogates::<Value>(text)
        .ok()
        .and_then(|value| {
            value.as_object()?;
            head(&value)
        });
    match head {
        Some((status, fields)) => Prelude::Whole(WebResponse {
            status,
            fields,
            body,
        }),
        None => Prelude::Malformed,
    }
}

/// Status and fields of a response; `None`: there is something in them that no response can have.
fn head(value: &Value) -> Option<(u16, Vec<(String, String)>)> {
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
    let mut push = |name: &str, value: &Value| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => return None,
        };
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        let is_name = !name.is_empty() && name.bytes().all(is_token);
        if !is_name || text.contains(['\r', '\n', '\0']) {
            return None;
        }
        // How the message is framed is between us and the client.
        let is_ours = ["content-length", "date"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known));
        if !is_ours && !is_hop_by_hop(name, iter::empty()) {
            fields.push((name.to_owned(), text));
        }
        Some(())
    };
    for map in ["headers", "multiValueHeaders"] {
        for (name, value) in value
            .get(map)
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Object::iter)
        {
            match value {
                Value::Array(values) => values.iter().try_for_each(|value| push(name, value))?,
                Value::Null => {}
                value => push(name, value)?,
            }
        }
    }
    for cookie in value
        .get("cookies")
        .and_then(Value::as_array)
        .unwrap_or_default()
    {
        push("Set-Cookie", cookie)?;
    }
    Some((status, fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    fn request(method: &str, target: &str, fields: &[(&str, &str)]) -> Request {
        let mut request = Request::default();
        request.method = method.to_owned();
        request.target = target.to_owned();
        request.fields = fields
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        request
    }

    fn event_of(request: &Request, body: &[u8]) -> Value {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_583_348_638_390);
        let invocation = Event {
            request_id: "id".to_owned(),
            trace_id: Some("Root=1-2-3;Parent=4;Sampled=0".to_owned()),
            ..Event::default()
        };
        let source = Ipv4Addr::LOCALHOST.into();
        json::parse(&event(request, body, source, &invocation, now)).unwrap()
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
    fn a_query_is_decoded_as_far_as_it_can_be() {
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
    fn a_path_is_handed_over_as_it_was_sent() {
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
    fn check(answer: &str, want: Option<Want<'_>>) {
        let got = response(answer.as_bytes());
        let want = want.map(|(status, fields, body)| WebResponse {
            status,
            fields: fields
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            body: body.into(),
        });
        assert_eq!(got, want, "{answer}");
    }

    #[test]
    fn an_answer_becomes_a_response() {
        let json = ("Content-Type", "application/json");
        check(
            r#"{"message":"hi"}"#,
            Some((200, &[json], r#"{"message":"hi"}"#)),
        );
        // As recorded of function URLs: a string is its text, all else is JSON.
        check(r#""hi""#, Some((200, &[json], "hi")));
        check(r#""a\"b\u00e9""#, Some((200, &[json], "a\"b\u{e9}")));
        for answer in [
            "3",
            "3.1",
            "true",
            "null",
            r#"["hello",3,true]"#,
            "[]",
            "{}",
        ] {
            check(answer, Some((200, &[json], answer)));
        }
        for (body, want) in [
            (r#"{"a":1}"#, r#"{"a":1}"#),
            (r#"["a",null]"#, r#"["a",null]"#),
            ("3", "3"),
            ("false", "false"),
            ("null", ""),
        ] {
            let answer = format!(r#"{{"statusCode":200,"body":{body}}}"#);
            check(&answer, Some((200, &[json], want)));
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
    fn what_is_no_response_is_refused() {
        for answer in [
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
            check(answer, None);
        }
    }

    #[test]
    fn a_streamed_answer_begins_with_a_prelude() {
        let whole = b"{\"statusCode\":201,\"cookies\":[\"a=1\"]}\0\0\0\0\0\0\0\0body";
        for cut in 0..whole.len() - 4 {
            assert_eq!(prelude(&whole[..cut]), Prelude::Unfinished, "{cut}");
        }
        let fields = vec![("Set-Cookie".to_owned(), "a=1".to_owned())];
        let want = WebResponse {
            status: 201,
            fields,
            body: b"body".to_vec(),
        };
        assert_eq!(prelude(whole), Prelude::Whole(want));
        assert_eq!(prelude(b"[]\0\0\0\0\0\0\0\0"), Prelude::Malformed);
        assert_eq!(prelude(b"\0\0\0\0\0\0\0\0"), Prelude::Malformed);
        assert_eq!(
            prelude(" ".repeat(PRELUDE_LEN_MAX + 1).as_bytes()),
            Prelude::Malformed
        );
    }
}
