//! A function URL: web requests as HTTP API 2.0 events, and a function's answers as web responses. Pure.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::SystemTime;

use super::event::epoch_ms;
use super::exchange::Request;
use super::report::civil;
use crate::encoding::{base64, decode_base64, decode_percent};
use crate::json;
use crate::json::{Object, Value};

/// The content type of a streamed answer that begins with a prelude.
pub(super) const PRELUDE_TYPE: &str = "application/vnd.awslambda.http-integration-response";
/// What stands between the prelude and the body.
const PRELUDE_END: [u8; 8] = [0; 8];
/// Within this many bytes the prelude has to end, as API Gateway has it.
pub(super) const PRELUDE_LEN_MAX: usize = 16 * 1024;

/// A web response as a function describes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WebResponse {
    pub(super) status: u16,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// The HTTP API 2.0 event of a request ("Working with AWS Lambda proxy integrations for HTTP
/// APIs"; "Invoking Lambda function URLs").
pub(super) fn event(
    request: &Request,
    body: &[u8],
    source: IpAddr,
    request_id: &str,
    now: SystemTime,
) -> Vec<u8> {
    let (path, query) = (request.path(), request.query());
    let host = request.header("host").unwrap_or_default();
    let agent = request.header("user-agent").unwrap_or_default();
    let time = civil(now).common_log();
    let mut headers = Object::new();
    let mut cookies = Vec::new();
    for (name, value) in &request.fields {
        let name = name.to_ascii_lowercase();
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
    let source = source.to_string();
    for (name, value) in [
        ("x-forwarded-for", source.as_str()),
        ("x-forwarded-proto", "http"),
        (
            "x-forwarded-port",
            host.rsplit_once(':').map_or("80", |(_, port)| port),
        ),
    ] {
        headers.insert(name, value);
    }
    let mut parameters = Object::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        add(&mut parameters, &form_decoded(name), &form_decoded(value));
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
            "requestId": request_id.to_owned(),
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

/// A name or value of a query, in which `+` stands for a space (application/x-www-form-urlencoded).
fn form_decoded(text: &str) -> String {
    decode_percent(text, true).map_or_else(|_| text.to_owned(), Cow::into_owned)
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
/// gets a 502. An answer without a `statusCode` is itself the body, as JSON.
pub(super) fn response(answer: &[u8]) -> Option<WebResponse> {
    let value: Value = json::parse_replacing_surrogates(answer).ok()?;
    if value.get("statusCode").is_none() {
        let fields = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        return Some(WebResponse {
            status: 200,
            fields,
            body: answer.to_vec(),
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
        Some(_) => return None,
    };
    Some(WebResponse {
        status,
        fields,
        body,
    })
}

/// How a streamed answer begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Prelude {
    /// It has not come whole.
    Unfinished,
    /// The response's head, with what has come of the body.
    Whole(WebResponse),
    Malformed,
}

/// Reads the prelude of a streamed answer: JSON, then eight NUL bytes.
pub(super) fn prelude(bytes: &[u8]) -> Prelude {
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
        Some(number) => u16::try_from(number.as_u64()?).ok()?,
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
        let ours = [
            "connection",
            "content-length",
            "transfer-encoding",
            "keep-alive",
            "date",
        ];
        if !ours.iter().any(|known| name.eq_ignore_ascii_case(known)) {
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
        json::parse(&event(request, body, Ipv4Addr::LOCALHOST.into(), "id", now)).unwrap()
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
            ("/headers/cookie", "absent"),
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
        check(r#""hi""#, Some((200, &[json], r#""hi""#)));
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
        let framing = r#"{"statusCode":200,"headers":{"Content-Length":"99","Connection":"x"}}"#;
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
            r#"{"statusCode":200,"body":{}}"#,
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
