//! The local Lambda's callers: the Invoke API, its streaming sister, and the function URL.

use std::net::SocketAddr;
use std::thread;

use tiny_lambda::emulator::Emulator;
use tiny_lambda::json::{self, Value};
use tiny_lambda::{Context, Error, Handler, Runtime, handler};

use crate::client::{Client, Reply};

const INVOKE: &str = "POST /2015-03-31/functions/function/invocations";

/// Serves `handler` to callers of the address that `test` gets.
fn with(handler: &dyn Handler, test: impl FnOnce(SocketAddr)) {
    let mut emulator = Emulator::start().unwrap();
    let addr = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
    let api = emulator.addr().to_string();
    thread::scope(|scope| {
        scope.spawn(move || drop(Runtime::at(&api).serve(handler)));
        test(addr);
        drop(emulator);
    });
}

/// An event back, with what Lambda said about it.
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
fn an_invocation_is_answered_as_by_lambda() {
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
        // No payload is an empty object; names come in several forms.
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
            (b"\xff\xfe{\0}\0", "it is UTF-16"),
            (b"{\0}\0", "it is UTF-16"),
            (b"\0{\0}", "it is UTF-16"),
        ] {
            let reply = client.request(INVOKE, "", body);
            assert_eq!(reply.status, 400, "{body:?}");
            assert!(reply.text().contains(want), "{}", reply.text());
        }
    });
}

/// 12.2: 22.
#[test]
fn an_error_has_status_200_and_a_header() {
    let fail = handler::json(|(), _| Err::<(), _>(Error::new("NoStock", "sold out")));
    with(&fail, |addr| {
        let reply = Client::connect(addr).request(INVOKE, "", b"null");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.field("X-Amz-Function-Error"), Some("Unhandled"));
        has(&value(&reply), "/errorType", "\"NoStock\"");
    });
}

#[test]
fn the_log_comes_with_the_answer_if_it_is_asked_for() {
    with(&context(), |addr| {
        let reply = Client::connect(addr).request(INVOKE, "X-Amz-Log-Type: Tail\r\n", b"{}");
        // base64 of "START RequestId: ".
        let log = reply.field("X-Amz-Log-Result").unwrap();
        assert!(log.starts_with("U1RBUlQgUmVxdWVzdElkOi"), "{log}");
    });
}

#[test]
fn events_and_dry_runs_are_only_accepted() {
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
fn a_bad_request_gets_the_apis_own_error() {
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
        let context = "X-Amz-Client-Context: ?\r\n";
        check(
            INVOKE,
            context,
            b"{}",
            400,
            "InvalidRequestContentException",
        );
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
fn six_megabytes_go_in_and_out() {
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
fn a_web_request_becomes_an_event_and_its_answer_a_response() {
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

/// Plays a runtime that streams, chunk by chunk, and waits for `on` between them.
fn streams(chunks: &[&str], trailers: &str, content_type: &str, call: &str) -> Vec<u8> {
    let mut emulator = Emulator::start().unwrap();
    let addr = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
    let mut runtime = Client::connect(emulator.addr());
    let mut caller = Client::connect(addr);
    caller.send(format!("{call} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").as_bytes());
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
fn a_stream_reaches_the_web_client_part_by_part() {
    let got = streams(&["one", "two", "three"], "", "text/plain", "GET /");
    assert_eq!(got, b"onetwothree");
    let head = "{\"statusCode\":200,\"headers\":{\"x\":\"y\"}}\0\0\0\0\0\0\0\0one";
    let kind = "application/vnd.awslambda.http-integration-response";
    assert_eq!(streams(&[head, "two"], "", kind, "GET /"), b"onetwo");
}

#[test]
fn a_stream_reaches_the_api_client_in_frames() {
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

#[test]
fn a_browser_gets_a_page_where_the_function_has_none() {
    let fail = handler::json(|name: String, _| Ok(name));
    with(&fail, |addr| {
        let mut client = Client::connect(addr);
        let page = client.request("GET /", "Accept: text/html,*/*\r\n", b"");
        assert_eq!(page.status, 200);
        assert!(page.text().starts_with("<!doctype html>"), "{page:?}");
        // Nobody else does, and on no other path.
        assert_eq!(client.request("GET /", "Accept: */*\r\n", b"").status, 502);
        assert_eq!(
            client
                .request("GET /x", "Accept: text/html\r\n", b"")
                .status,
            502
        );
    });
}
