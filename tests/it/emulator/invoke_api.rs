//! The caller's side: the Invoke API with and without response streaming, and the function URL.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tiny_lambda::emulator::{Emulator, Settings};
use tiny_lambda::json::{self, Value};
use tiny_lambda::{Context, Error, Handler, handler};

use super::with_settings;
use crate::support::client::{Client, Reply};

const INVOKE: &str = "POST /2015-03-31/functions/function/invocations";

/// Serves `handler`, and calls `test` with the address for callers.
fn with(handler: &dyn Handler, test: impl FnOnce(SocketAddr)) {
    with_settings(Settings::default(), handler, test);
}

/// Returns the event and the context.
fn context() -> impl Handler {
    handler::json(|event: Value, cx: &Context| {
        Ok(tiny_lambda::json!({
            "event": event,
            "arn": cx.invoked_function_arn.clone(),
            "trace": cx.xray_trace_id.clone(),
            "client": cx.client_context.clone(),
            "tenant": cx.tenant_id.clone(),
        }))
    })
}

fn value(reply: &Reply) -> Value {
    json::parse(&reply.body).unwrap_or_else(|error| panic!("{error}: {reply:?}"))
}

#[track_caller]
fn has(value: &Value, pointer: &str, want: &str) {
    let got = value
        .pointer(pointer)
        .map_or("absent".to_owned(), Value::to_string);
    assert_eq!(got, want, "{pointer} of {value}");
}

/// 12.2: 22.
#[test]
fn the_invoke_api_passes_payload_context_and_qualifier_to_the_function() {
    with(&context(), |addr| {
        let mut client = Client::connect(addr);
        let fields = "X-Amzn-Trace-Id: Root=1-2-3;Sampled=0\r\nX-Amz-Tenant-Id: blue\r\n\
                      X-Amz-Client-Context: eyJjdXN0b20iOnsiYSI6IjEifX0=\r\n";
        let reply = client.request(INVOKE, fields, b"{\"a\":1}");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.field("X-Amz-Executed-Version"), Some("$LATEST"));
        assert_eq!(reply.field("Content-Type"), Some("application/json"));
        assert_eq!(reply.field("X-Amz-Function-Error"), None);
        assert!(
            reply
                .field("X-Amzn-RequestId")
                .is_some_and(|id| id.len() == 36)
        );
        let got = value(&reply);
        has(&got, "/event", r#"{"a":1}"#);
        has(&got, "/trace", r#""Root=1-2-3;Sampled=0""#);
        has(&got, "/tenant", r#""blue""#);
        has(&got, "/client", r#""{\"custom\":{\"a\":\"1\"}}""#);
        // JavaScript may write an unpaired surrogate: `{"custom":{"a":"\ud83d"}}`.
        let odd = "X-Amz-Client-Context: eyJjdXN0b20iOnsiYSI6Ilx1ZDgzZCJ9fQ==\r\n";
        let got = value(&client.request(INVOKE, odd, b"{}"));
        has(&got, "/client", r#""{\"custom\":{\"a\":\"\\ud83d\"}}""#);
        // Without a payload the event is an empty object. A function name has several forms.
        for name in [
            "function:PROD",
            "012345678912:function:function:PROD",
            "arn%3Aaws%3Alambda%3Aus-east-1%3A012345678912%3Afunction%3Afunction%3APROD",
            "function?Qualifier=PROD",
        ] {
            let (name, query) = name.split_once('?').unwrap_or((name, ""));
            let line = format!("POST /2015-03-31/functions/{name}/invocations?{query}");
            let got = value(&client.request(&line, "", b""));
            has(&got, "/event", "{}");
            let arn = got.get("arn").and_then(Value::as_str).unwrap();
            assert!(arn.ends_with(":function:function:PROD"), "{arn}");
        }
    });
}

#[test]
fn an_event_may_begin_with_a_byte_order_mark() {
    with(&context(), |addr| {
        let mut client = Client::connect(addr);
        let got = value(&client.request(INVOKE, "", b"\xef\xbb\xbf{\"a\":1}"));
        has(&got, "/event", r#"{"a":1}"#);
        for (body, want) in [
            (
                &b"\xef\xbb\xbf\xef\xbb\xbf{}"[..],
                "found a byte order mark",
            ),
            (b"{\xef\xbb\xbf}", "found a byte order mark"),
            (b"\xff\xfe{\0}\0", "found UTF-16"),
            (b"{\0}\0", "found UTF-16"),
            (b"\0{\0}", "found UTF-16"),
        ] {
            let reply = client.request(INVOKE, "", body);
            assert_eq!(reply.status, 400, "{body:?}");
            assert!(reply.text().contains(want), "{}", reply.text());
        }
    });
}

/// 12.2: 22.
#[test]
fn a_function_error_has_status_200_and_a_header() {
    let fail = handler::json(|(), _| Err::<(), _>(Error::new("NoStock", "sold out")));
    with(&fail, |addr| {
        let reply = Client::connect(addr).request(INVOKE, "", b"null");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.field("X-Amz-Function-Error"), Some("Unhandled"));
        has(&value(&reply), "/errorType", "\"NoStock\"");
    });
}

#[test]
fn the_log_tail_is_in_a_header_if_log_type_is_tail() {
    with(&context(), |addr| {
        let reply = Client::connect(addr).request(INVOKE, "X-Amz-Log-Type: Tail\r\n", b"{}");
        // base64 of "START RequestId: ".
        let log = reply.field("X-Amz-Log-Result").unwrap();
        assert!(log.starts_with("U1RBUlQgUmVxdWVzdElkOi"), "{log}");
    });
}

#[test]
fn the_log_tail_has_at_most_4_kb() {
    let log = handler::json(|text: String, cx: &Context| {
        tiny_lambda::info!(cx, "{text}");
        Ok(())
    });
    with(&log, |addr| {
        let event = format!("\"{}\"", "x".repeat(5000));
        let fields = "X-Amz-Log-Type: Tail\r\n";
        let reply = Client::connect(addr).request(INVOKE, fields, event.as_bytes());
        // base64 of 4096 bytes.
        let log = reply.field("X-Amz-Log-Result").unwrap();
        assert_eq!(log.len(), 4096_usize.div_ceil(3) * 4);
    });
}

#[test]
fn asynchronous_invocations_and_dry_runs_return_at_once() {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let keep = handler::json(move |event: Value, _| {
        sender.send(event.to_string())?;
        Ok(())
    });
    with(&keep, |addr| {
        let mut client = Client::connect(addr);
        let dry = client.request(INVOKE, "X-Amz-Invocation-Type: DryRun\r\n", b"\"dry\"");
        assert_eq!((dry.status, dry.text().as_str()), (204, ""));
        let event = client.request(INVOKE, "X-Amz-Invocation-Type: Event\r\n", b"\"event\"");
        assert_eq!((event.status, event.text().as_str()), (202, ""));
        assert_eq!(receiver.recv().unwrap(), "\"event\"");
    });
}

#[test]
fn an_invalid_request_gets_the_error_of_the_invoke_api() {
    with(&context(), |addr| {
        let check = |line: &str, fields: &str, body: &[u8], status: u16, error: &str| {
            let reply = Client::connect(addr).request(line, fields, body);
            assert_eq!(reply.status, status, "{reply:?}");
            assert_eq!(reply.field("X-Amzn-ErrorType"), Some(error));
            has(&value(&reply), "/Type", "\"User\"");
        };
        let other = "POST /2015-03-31/functions/other/invocations";
        check(other, "", b"{}", 404, "ResourceNotFoundException");
        check(INVOKE, "", b"{", 400, "InvalidRequestContentException");
        check(INVOKE, "", b"{} {}", 400, "InvalidRequestContentException");
        let kind = "X-Amz-Invocation-Type: Later\r\n";
        check(INVOKE, kind, b"{}", 400, "ValidationException");
        // Not base64, a number, an array, null, a string, half an object, two objects.
        for context in ["?", "MQ==", "W10=", "bnVsbA==", "ImEi", "eyJh", "e30=e30="] {
            let context = format!("X-Amz-Client-Context: {context}\r\n");
            let error = "InvalidRequestContentException";
            check(INVOKE, &context, b"{}", 400, error);
        }
        let too_long = vec![b' '; 6 * 1024 * 1024 + 101];
        check(INVOKE, "", &too_long, 413, "RequestTooLargeException");
        let event = "X-Amz-Invocation-Type: Event\r\n";
        check(
            INVOKE,
            event,
            &too_long[..1_048_577],
            413,
            "RequestTooLargeException",
        );
    });
}

#[test]
fn event_and_response_may_have_6_mb() {
    let echo = handler::bytes(|event, _| Ok(event.to_vec()));
    with(&echo, |addr| {
        let mut event = vec![b'x'; 6 * 1024 * 1024 + 98];
        event.insert(0, b'"');
        event.push(b'"');
        let reply = Client::connect(addr).request(INVOKE, "", &event);
        assert_eq!((reply.status, reply.body == event), (200, true));
    });
}

/// 12.2: 23.
#[test]
fn a_web_request_becomes_an_event_and_the_result_a_web_response() {
    let page = handler::json(|event: Value, _: &Context| {
        let path = event
            .get("rawPath")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        Ok(match path.as_str() {
            "/page" => tiny_lambda::json!({
                "statusCode": 201,
                "headers": { "Content-Type": "text/html" },
                "cookies": ["a=1", "b=2"],
                "body": "<p>",
            }),
            "/long" => tiny_lambda::json!({
                "statusCode": 200, "headers": { "content-length": "7" }, "body": "ab"
            }),
            "/none" => tiny_lambda::json!({ "statusCode": 204 }),
            "/bad" => tiny_lambda::json!({ "statusCode": 1 }),
            _ => event,
        })
    });
    with(&page, |addr| {
        let mut client = Client::connect(addr);
        let reply = client.request("GET /page", "", b"");
        assert_eq!((reply.status, reply.text().as_str()), (201, "<p>"));
        assert_eq!(reply.field("Content-Type"), Some("text/html"));
        let cookies = reply
            .fields
            .iter()
            .filter(|(name, _)| name == "Set-Cookie")
            .count();
        assert_eq!(cookies, 2);
        assert_eq!(client.request("GET /none", "", b"").status, 204);
        assert_eq!(client.request("HEAD /page", "", b"").status, 201);
        // The length that the function names is sent for HEAD only.
        for (line, want) in [("HEAD /long", "7"), ("GET /long", "2")] {
            let reply = client.request(line, "", b"");
            assert_eq!(reply.field("Content-Length"), Some(want), "{line}");
        }
        assert_eq!(client.request("GET /bad", "", b"").status, 502);
        let event = value(&client.request("PUT /x?a=b", "Content-Type: text/plain\r\n", b"hi"));
        has(&event, "/requestContext/http/method", "\"PUT\"");
        has(&event, "/queryStringParameters/a", "\"b\"");
        has(&event, "/body", "\"hi\"");
        client.send(b"GET /page HTTP/1.0\r\n\r\n");
        assert_eq!(client.reply(false).text(), "<p>");
        assert!(client.is_closed());
    });
}

/// Plays a runtime that streams; the caller reads each chunk before the next one is sent.
fn streams(chunks: &[&str], trailers: &str, content_type: &str, call: &str) -> Vec<u8> {
    let mut emulator = Emulator::start().unwrap();
    let addr = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
    let mut runtime = Client::connect(emulator.addr());
    let mut caller = Client::connect(addr);
    caller.send(
        format!("{call} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n").as_bytes(),
    );
    let next = runtime.request("GET /2018-06-01/runtime/invocation/next", "", b"");
    let id = next.field("Lambda-Runtime-Aws-Request-Id").unwrap();
    let head = format!(
        "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: h\r\n\
         Content-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\
         Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n"
    );
    runtime.send(head.as_bytes());
    let mut got = Vec::new();
    for (i, chunk) in chunks.iter().enumerate() {
        runtime.send(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes());
        if i == 0 {
            while !caller.line().is_empty() {}
        }
        // Each part arrives before the next one is sent.
        got.extend(caller.chunk().unwrap());
    }
    runtime.send(format!("0\r\n{trailers}\r\n").as_bytes());
    while let Some(chunk) = caller.chunk() {
        got.extend(chunk);
    }
    assert_eq!(runtime.reply(false).status, 202);
    got
}

#[test]
fn a_web_client_gets_each_part_of_a_stream_at_once() {
    let got = streams(&["one", "two", "three"], "", "text/plain", "GET /");
    assert_eq!(got, b"onetwothree");
    let head = "{\"statusCode\":200,\"headers\":{\"x\":\"y\"}}\0\0\0\0\0\0\0\0one";
    let kind = "application/vnd.awslambda.http-integration-response";
    assert_eq!(streams(&[head, "two"], "", kind, "GET /"), b"onetwo");
}

#[test]
fn a_client_of_the_invoke_api_gets_a_stream_in_frames() {
    let call = "POST /2021-11-15/functions/function/response-streaming-invocations";
    let got = streams(&["one", "two"], "", "text/plain", call);
    let text = String::from_utf8_lossy(&got);
    assert_eq!(text.matches("PayloadChunk").count(), 2, "{text}");
    assert_eq!(text.matches("InvokeComplete").count(), 1, "{text}");
    let trailers = "Lambda-Runtime-Function-Error-Type: Function.Half\r\n\
                    Lambda-Runtime-Function-Error-Body: e30=\r\n";
    let got = streams(&["one"], trailers, "text/plain", call);
    let text = String::from_utf8_lossy(&got);
    assert!(
        text.contains(r#"{"ErrorCode":"Function.Half","ErrorDetails":"{}""#),
        "{text}"
    );
}

/// A newcomer posts the event to the function URL, whose event a JSON function cannot read.
#[test]
fn the_error_of_a_function_that_expects_another_event_has_a_hint() {
    tiny_lambda::json_struct! { struct Named { name: String } }
    with(&handler::json(|named: Named, _| Ok(named.name)), |addr| {
        let mut client = Client::connect(addr);
        let reply = client.request("POST /", "", br#"{"name":"Ada"}"#);
        assert_eq!(reply.status, 502);
        has(&value(&reply), "/errorType", r#""Runtime.UnmarshalError""#);
        let hint = "\"this request was an event of a function URL; \
            POST /2015-03-31/functions/function/invocations sends its body as the event\"";
        has(&value(&reply), "/hint", hint);
        let reply = client.request(INVOKE, "", b"{}");
        has(&value(&reply), "/hint", "absent");
    });
}

/// Header lines of a request without `Host`, and the status of the reply.
const CALLERS: [(&str, u16); 13] = [
    ("Host: localhost\r\n", 200),
    ("Host: [::1]:9000\r\n", 200),
    ("Host: box\r\n", 200),
    ("Host: evil.example\r\n", 403),
    ("Host: evil.example:9000\r\n", 403),
    ("Host: localhost\r\nOrigin: http://localhost\r\n", 200),
    ("Host: localhost\r\nOrigin: http://evil.example\r\n", 403),
    ("Host: localhost\r\nOrigin: null\r\n", 403),
    ("Host: localhost\r\nOrigin: http://localhost:3000\r\n", 403),
    ("Host: localhost\r\nSec-Fetch-Site: none\r\n", 200),
    ("Host: localhost\r\nSec-Fetch-Site: cross-site\r\n", 403),
    (
        "Host: localhost\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\n",
        403,
    ),
    ("Host: localhost\r\nOrigin: http://app.example\r\n", 200),
];

#[test]
fn requests_of_foreign_pages_and_hosts_do_not_reach_the_function() {
    let count = AtomicUsize::new(0);
    let counting = handler::json(|_: Value, _| Ok(count.fetch_add(1, Ordering::SeqCst)));
    let mut settings = Settings::default();
    settings.hosts = vec!["Box".to_owned()];
    settings.allowed_origins = vec!["http://app.example".to_owned()];
    with_settings(settings, &counting, |addr| {
        for (fields, status) in CALLERS {
            let url = "GET /?a=b";
            let link = "GET /link";
            let stream = "POST /2021-11-15/functions/function/response-streaming-invocations";
            for line in [INVOKE, stream, url, link, "DELETE /a", "HEAD /b"] {
                let before = count.load(Ordering::SeqCst);
                let mut client = Client::connect(addr);
                let head = format!("{line} HTTP/1.1\r\n{fields}Content-Length: 0\r\n\r\n");
                client.send(head.as_bytes());
                let reply = client.reply(line.starts_with("HEAD"));
                assert_eq!(reply.status, status, "{head} {reply:?}");
                let calls = usize::from(status == 200);
                assert_eq!(count.load(Ordering::SeqCst) - before, calls, "{head}");
                if status == 403 && line.contains("/functions/") {
                    assert_eq!(
                        reply.field("X-Amzn-ErrorType"),
                        Some("AccessDeniedException")
                    );
                    assert!(reply.text().contains("--"), "{reply:?}");
                }
            }
        }
        let before = count.load(Ordering::SeqCst);
        for head in [
            "POST http://evil.example/a HTTP/1.1\r\nHost: localhost\r\n",
            "GET http://localhost@evil.example/a HTTP/1.1\r\nHost: localhost\r\n",
            "GET http://evil.example?x=/y HTTP/1.1\r\nHost: localhost\r\n",
            "GET /a HTTP/1.0\r\nOrigin: http://evil.example\r\n",
        ] {
            let mut client = Client::connect(addr);
            client.send(format!("{head}Content-Length: 0\r\n\r\n").as_bytes());
            assert_eq!(client.reply(false).status, 403, "{head}");
        }
        assert_eq!(count.load(Ordering::SeqCst), before);
    });
}

#[test]
fn invalid_hosts_and_origins_are_refused_at_the_start() {
    for (host, origin) in [("box:9000", "*"), ("box", "localhost:3000"), ("", "*")] {
        let mut settings = Settings::default();
        settings.hosts = vec![host.to_owned()];
        settings.allowed_origins = vec![origin.to_owned()];
        let error = Emulator::start_with(settings).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
    }
}

#[test]
fn the_runtime_api_refuses_requests_of_browsers() {
    let emulator = Emulator::start().unwrap();
    for line in [
        "GET /2018-06-01/runtime/invocation/next",
        "POST /2018-06-01/runtime/invocation/x/response",
        "POST /2020-01-01/extension/register",
        "PUT /2022-07-01/telemetry",
        "GET /2018-06-01/ping",
        "OPTIONS /2018-06-01/runtime/invocation/next",
    ] {
        for fields in [
            "Host: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n",
            "Host: localhost\r\nOrigin: null\r\n",
            "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n",
            "Host: evil.example\r\n",
        ] {
            let mut client = Client::connect(emulator.addr());
            let head = format!("{line} HTTP/1.1\r\n{fields}Content-Length: 0\r\n\r\n");
            client.send(head.as_bytes());
            assert_eq!(client.reply(false).status, 403, "{head}");
        }
    }
}

#[test]
fn a_page_of_an_allowed_origin_gets_cors_headers() {
    let preflights = handler::json(|event: Value, _| {
        let method = event.pointer("/requestContext/http/method").cloned();
        Ok(tiny_lambda::json!({ "statusCode": 200, "body": method }))
    });
    let mut settings = Settings::default();
    settings.allowed_origins = vec!["http://app.example".to_owned()];
    with_settings(settings, &preflights, |addr| {
        let mut client = Client::connect(addr);
        let origin = "Origin: http://app.example\r\n";
        let asked = format!(
            "{origin}Access-Control-Request-Method: POST\r\n\
             Access-Control-Request-Headers: authorization,x-amz-date\r\n\
             Access-Control-Request-Private-Network: true\r\n"
        );
        let options = INVOKE.replace("POST", "OPTIONS");
        let reply = client.request(&options, &asked, b"");
        assert_eq!(reply.status, 204);
        for (name, value) in [
            ("Access-Control-Allow-Origin", "http://app.example"),
            ("Access-Control-Allow-Methods", "GET, POST"),
            ("Access-Control-Allow-Headers", "authorization,x-amz-date"),
            ("Access-Control-Allow-Private-Network", "true"),
            ("Vary", "Origin"),
        ] {
            assert_eq!(reply.field(name), Some(value), "{name}");
        }
        // Responses and errors can be read too.
        for (body, status) in [(&b"{}"[..], 200), (b"{", 400)] {
            let reply = client.request(INVOKE, origin, body);
            assert_eq!(reply.status, status);
            let allowed = reply.field("Access-Control-Allow-Origin");
            assert_eq!(allowed, Some("http://app.example"));
            let exposed = reply.field("Access-Control-Expose-Headers").unwrap();
            assert!(exposed.contains("X-Amz-Function-Error"), "{exposed}");
        }
        assert_eq!(client.request(INVOKE, "", b"{}").field("Vary"), None);
        // The function URL has no CORS configuration: the preflight request reaches the function.
        let reply = client.request("OPTIONS /a", &asked, b"");
        assert_eq!((reply.status, reply.text().as_str()), (200, "OPTIONS"));
        assert_eq!(reply.field("Access-Control-Allow-Origin"), None);
        let private = reply.field("Access-Control-Allow-Private-Network");
        assert_eq!(private, Some("true"));
        // Other origins are refused.
        let foreign = asked.replace("app.example", "evil.example");
        let reply = client.request(&options, &foreign, b"");
        assert_eq!(reply.status, 403);
        assert_eq!(reply.field("Access-Control-Allow-Origin"), None);
    });
}

#[test]
fn paths_of_the_invoke_api_never_reach_the_function_as_web_requests() {
    let count = AtomicUsize::new(0);
    let counting = handler::json(|_: Value, _| Ok(count.fetch_add(1, Ordering::SeqCst)));
    with(&counting, |addr| {
        let mut client = Client::connect(addr);
        for (line, status) in [
            ("GET /2015-03-31/functions", 404),
            ("GET /2015-03-31/functions/", 404),
            ("GET /2015-03-31/functions/function/", 404),
            ("POST /2015-03-31/functions/function/invocations/", 404),
            ("POST /2015-03-31/functions//invocations", 404),
            ("GET /2015-03-31/functions/function/invocations", 405),
            ("PUT /2015-03-31/functions/function/invocations", 405),
            ("OPTIONS /2015-03-31/functions/function/invocations", 405),
            ("HEAD /2015-03-31/functions/function", 405),
            ("DELETE /2015-03-31/functions/function", 405),
            ("PUT /2015-03-31/functions/function/code", 404),
            ("PUT /2015-03-31/functions/function/configuration", 405),
            ("GET /2015-03-31/functions/function/configuration/", 404),
            ("GET /2014-11-13/functions/function/invoke-async/", 405),
            ("POST /2014-11-13/functions/function/invocations", 404),
            ("POST /2021-11-15/functions/function/invocations", 404),
            (
                "GET /2021-11-15/functions/function/response-streaming-invocations",
                405,
            ),
            ("GET /2018-06-01/runtime/invocation/next", 404),
            ("POST /2020-01-01/extension/register", 404),
            ("POST //2015-03-31/functions/function/invocations", 404),
            ("GET /%32015-03-31/functions", 404),
            ("POST /2015-03-31%2Ffunctions/function/invocations", 404),
            ("POST /%2f2015-03-31/functions/function/invocations", 404),
            ("GET /2015-03-31", 404),
            ("GET /2015-03-31?a=b", 404),
            ("GET /2099-12-31/anything", 404),
            ("GET /2015-03-31/functions/other", 404),
            ("GET /2015-03-31/functions/other/configuration", 404),
            ("POST /2014-11-13/functions/other/invoke-async/", 404),
            (
                "POST /2021-11-15/functions/other/response-streaming-invocations",
                404,
            ),
        ] {
            let reply = client.request(line, "", b"");
            assert_eq!(reply.status, status, "{line}");
            let error = if line.contains("other") {
                "ResourceNotFoundException"
            } else {
                "UnknownOperationException"
            };
            assert_eq!(reply.field("X-Amzn-ErrorType"), Some(error), "{line}");
            if !line.starts_with("HEAD") {
                has(&value(&reply), "/Type", "\"User\"");
            }
            assert_eq!(reply.field("Allow").is_some(), status == 405, "{line}");
        }
        assert_eq!(count.load(Ordering::SeqCst), 0);
        // Similar paths are web requests.
        for line in [
            "GET /2015-03-3",
            "GET /2015-03-311/a",
            "GET /a/2015-03-31/",
            "GET /1999-01-01/",
        ] {
            assert_eq!(client.request(line, "", b"").status, 200, "{line}");
        }
        assert_eq!(count.load(Ordering::SeqCst), 4);
    });
}

#[test]
fn get_function_says_that_the_function_is_active() {
    with(&context(), |addr| {
        let mut client = Client::connect(addr);
        for name in ["function", "function:PROD", "function?Qualifier=PROD"] {
            let (name, query) = name.split_once('?').unwrap_or((name, ""));
            let line = format!("GET /2015-03-31/functions/{name}/configuration?{query}");
            let reply = client.request(&line, "", b"");
            assert_eq!(reply.status, 200);
            let configuration = value(&reply);
            has(&configuration, "/State", "\"Active\"");
            has(&configuration, "/LastUpdateStatus", "\"Successful\"");
            has(&configuration, "/FunctionName", "\"function\"");
            has(&configuration, "/Version", "\"$LATEST\"");
            has(&configuration, "/Timeout", "60");
            has(&configuration, "/MemorySize", "128");
            has(&configuration, "/Environment", "absent");
            let arn = configuration.get("FunctionArn").and_then(Value::as_str);
            let end = if name.len() + query.len() > 8 {
                ":PROD"
            } else {
                ":function:function"
            };
            assert!(arn.is_some_and(|arn| arn.ends_with(end)), "{arn:?}");
            let line = format!("GET /2015-03-31/functions/{name}?{query}");
            let function = value(&client.request(&line, "", b""));
            assert_eq!(function.get("Configuration"), Some(&configuration));
            has(&function, "/Code/RepositoryType", "\"S3\"");
        }
    });
}

#[test]
fn a_qualifier_is_decoded_and_cannot_inject_a_header() {
    with(&context(), |addr| {
        let mut client = Client::connect(addr);
        for name in [
            "function?Qualifier=%24LATEST",
            "function%3A%24LATEST?",
            "function:$LATEST?",
        ] {
            let (name, query) = name.split_once('?').unwrap();
            let line = format!("POST /2015-03-31/functions/{name}/invocations?{query}");
            let got = value(&client.request(&line, "", b"{}"));
            let arn = got.get("arn").and_then(Value::as_str).unwrap();
            assert!(arn.ends_with(":function:function:$LATEST"), "{arn}");
        }
        for name in [
            "function?Qualifier=a%0D%0Ab:%20c",
            "function%3Aa%0D%0Ab",
            "function%3Aa%20b?",
            "function?Qualifier=%C3%A9",
        ] {
            let (name, query) = name.split_once('?').unwrap_or((name, ""));
            let line = format!("POST /2015-03-31/functions/{name}/invocations?{query}");
            let reply = client.request(&line, "", b"{}");
            assert_eq!(reply.status, 400, "{line}");
            let error = reply.field("X-Amzn-ErrorType");
            assert_eq!(error, Some("ValidationException"));
        }
    });
}

#[test]
fn each_invocation_type_has_its_status_and_limits() {
    let (sender, receiver) = std::sync::mpsc::sync_channel(9);
    let keep = handler::json(move |event: Value, _| {
        sender.send(event.to_string())?;
        Ok(())
    });
    with(&keep, |addr| {
        let mut client = Client::connect(addr);
        let stream = "POST /2021-11-15/functions/function/response-streaming-invocations";
        let dry = "X-Amz-Invocation-Type: DryRun\r\n";
        assert_eq!(client.request(stream, dry, b"0").status, 204);
        assert_eq!(client.request(INVOKE, dry, b"0").status, 204);
        for kind in ["Event", "event", "dryrun", "Later"] {
            let fields = format!("X-Amz-Invocation-Type: {kind}\r\n");
            let reply = client.request(stream, &fields, b"0");
            assert_eq!(reply.status, 400, "{kind}");
            let error = reply.field("X-Amzn-ErrorType");
            assert_eq!(error, Some("ValidationException"));
            assert!(
                reply.text().contains("[RequestResponse, DryRun]"),
                "{reply:?}"
            );
        }
        for path in ["invoke-async/", "invoke-async"] {
            let line = format!("POST /2014-11-13/functions/function/{path}");
            let reply = client.request(&line, "", b"\"later\"");
            assert_eq!((reply.status, reply.text().as_str()), (202, ""));
            assert_eq!(receiver.recv().unwrap(), "\"later\"");
            let reply = client.request(&line, "", b"{");
            assert_eq!(reply.status, 400);
        }
        assert_eq!(client.request(stream, "", b"1").status, 200);
        assert_eq!(receiver.recv().unwrap(), "1");
        assert!(receiver.try_recv().is_err());
    });
}

#[test]
fn the_error_for_a_body_that_is_not_json_has_advice() {
    with(&context(), |addr| {
        let reply = Client::connect(addr).request(INVOKE, "", b"\xd1\xe7");
        assert_eq!(reply.status, 400);
        let hint = "--cli-binary-format raw-in-base64-out";
        assert!(reply.text().contains(hint), "{reply:?}");
    });
}

#[test]
fn web_events_have_the_members_of_recorded_ones() {
    let echo = handler::json(|event: Value, cx: &Context| {
        let trace = cx.xray_trace_id.clone().unwrap_or_default();
        let body = tiny_lambda::json!({ "event": event, "trace": trace });
        Ok(tiny_lambda::json!({ "statusCode": 200, "body": body }))
    });
    with(&echo, |addr| {
        let mut client = Client::connect(addr);
        let fields = "Cookie: a=1; b=2\r\nConnection: keep-alive\r\nTE: trailers\r\n";
        let got = value(&client.request("GET /a%2Fb", fields, b""));
        has(&got, "/event/rawPath", "\"/a%2Fb\"");
        has(&got, "/event/headers/cookie", "\"a=1; b=2\"");
        has(&got, "/event/cookies", r#"["a=1","b=2"]"#);
        has(&got, "/event/headers/connection", "absent");
        has(&got, "/event/headers/te", "absent");
        let root = got.pointer("/event/headers/x-amzn-trace-id");
        let root = root.and_then(Value::as_str).unwrap();
        let trace = got.get("trace").and_then(Value::as_str).unwrap();
        assert!(root.starts_with("Root=1-") && !root.contains(';'), "{root}");
        assert!(trace.starts_with(root), "{trace}");
        // The trace id of the caller is kept.
        let own = "X-Amzn-Trace-Id: Root=1-5-6;Sampled=1\r\n";
        let got = value(&client.request("GET /", own, b""));
        has(&got, "/trace", "\"Root=1-5-6;Sampled=1\"");
        has(
            &got,
            "/event/headers/x-amzn-trace-id",
            "\"Root=1-5-6;Sampled=1\"",
        );
    });
}
