//! The helpers for tests of functions: one invocation with the data of a context, one web request through each
//! front door, and comparisons of the response.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use tiny_lambda::emulator::{self, FrontDoor, InvokeRequest, assert_json_eq};
use tiny_lambda::events::samples;
use tiny_lambda::http::{Body, Method, Origin, Request, Response};
use tiny_lambda::json;
use tiny_lambda::json::Value;
use tiny_lambda::{Context, Error, Responder, Result, handler};

#[test]
fn an_event_may_be_bytes_text_or_json() {
    let echo = handler::bytes(|event, _| Ok(event.to_vec()));
    let check = |request: InvokeRequest| {
        assert_eq!(emulator::invoke(&echo, request).unwrap().text(), "[7]");
    };
    check(b"[7]".into());
    check(b"[7]".as_slice().into());
    check(b"[7]".to_vec().into());
    check((&b"[7]".to_vec()).into());
    check("[7]".into());
    check("[7]".to_owned().into());
    check((&"[7]".to_owned()).into());
    check(json!([7]).into());
    check((&json!([7])).into());
}

#[test]
fn a_request_sets_the_data_of_the_context() {
    let context = handler::json(|(), cx: &Context| {
        let deadline = cx.deadline_ms();
        Ok(json!({
            "request_id": cx.request_id,
            "deadline_ms": deadline,
            "invoked_function_arn": cx.invoked_function_arn,
            "xray_trace_id": cx.xray_trace_id,
            "client_context": cx.client_context,
            "identity": cx.identity,
            "tenant_id": cx.tenant_id,
        }))
    });
    let request = InvokeRequest::new("null")
        .with_request_id("8476a536")
        .with_deadline(SystemTime::UNIX_EPOCH + Duration::from_millis(1_542_409_706_888))
        .with_invoked_function_arn("arn:aws:lambda:eu-west-1:1:function:f:prod")
        .with_xray_trace_id("Root=1-2-3")
        .with_client_context(json!({ "custom": { "cart": 7 } }))
        .with_identity(r#"{"cognitoIdentityId":"eu-west-1:1"}"#)
        .with_tenant_id("blue");
    assert_json_eq(
        emulator::invoke(&context, request).unwrap(),
        json!({
            "request_id": "8476a536",
            "deadline_ms": 1_542_409_706_888_u64,
            "invoked_function_arn": "arn:aws:lambda:eu-west-1:1:function:f:prod",
            "xray_trace_id": "Root=1-2-3",
            "client_context": r#"{"custom":{"cart":7}}"#,
            "identity": r#"{"cognitoIdentityId":"eu-west-1:1"}"#,
            "tenant_id": "blue",
        }),
    );
}

#[test]
fn a_response_is_text_or_json_and_an_error_of_the_function_is_an_error() {
    let half = handler::json(|n: u32, _| match n % 2 {
        0 => Ok(n / 2),
        _ => Err(Error::new("Odd", format!("{n} is odd"))),
    });
    let reply = emulator::invoke(&half, "8").unwrap();
    assert_eq!(reply.text(), "4");
    assert_eq!(reply.json::<u8>().unwrap(), 4);
    assert_eq!(reply.error_message(), None);
    assert_eq!(
        reply.json::<String>().unwrap_err().to_string(),
        "expected a string, found a number at $ (offset 0, line 1, column 1) in the response 4"
    );
    let reply = emulator::invoke(&half, "7").unwrap();
    assert_eq!(reply.error_message().as_deref(), Some("7 is odd"));
    assert_eq!(
        reply.json::<Value>().unwrap_err().to_string(),
        "the invocation failed with Function.Odd: 7 is odd"
    );
    let document: Value = json::parse(&reply.body).unwrap();
    assert_eq!(document.get("errorType"), Some(&json!("Odd")));
}

#[test]
fn debug_shows_the_body_as_text() {
    #[track_caller]
    fn check(body: &[u8], want: &str) {
        let echo = handler::bytes(|event, _| Ok(event.to_vec()));
        let reply = emulator::invoke(&echo, body).unwrap();
        let debug = format!("{reply:?}");
        let want = format!("InvokeResponse {{ body: {want}, content_type: ");
        assert!(debug.starts_with(&want), "{debug}");
    }
    check(br#"{"a":"b"}"#, r#"{"a":"b"}"#);
    check(b"say \"hi\"", r#""say \"hi\"""#);
    check(b"\x89PNG\n", r#"b"\x89PNG\n""#);
}

#[test]
#[should_panic(
    expected = "the JSON differs from what was expected:\n  $.a: expected 2, found 1\nfound: {\"a\":1}"
)]
fn an_unexpected_response_fails_with_the_differences() {
    let echo = handler::bytes(|event, _| Ok(event.to_vec()));
    let reply = emulator::invoke(&echo, json!({ "a": 1 })).unwrap();
    assert_json_eq(&reply, json!({ "a": 2 }));
}

/// Responds with what a handler sees of a request.
fn seen(request: Request, _: &Context) -> Result<Value> {
    let query: Vec<_> = request
        .query()?
        .iter()
        .map(|(n, v)| json!([n, v]))
        .collect();
    let tags: Vec<&str> = request.headers().get_all("x-tag").collect();
    let cookies: Vec<_> = request.cookies().map(|(n, v)| json!([n, v])).collect();
    Ok(json!({
        "method": request.method().to_string(),
        "path": request.path(),
        "query": query,
        "tags": tags.join("|"),
        "cookies": cookies,
        "id": request.path_parameter("id"),
        "source": request.source_ip(),
        "body": format!("{:?}", request.body()?),
    }))
}

#[test]
fn one_request_arrives_through_each_front_door() {
    let function = handler::http(seen);
    // This form has several values of a header.
    let event = br#"{"requestContext":{"elb":{}},"httpMethod":"PUT","path":"/a%20b/c%2Fd",
        "multiValueHeaders":{"X-Tag":["one","two"],"Cookie":["a=1; b=2"]},
        "multiValueQueryStringParameters":{"x":["1","2"],"y":["%C3%A9+z"]},"body":"tea"}"#;
    let request = Request::from_event(event).unwrap();
    let request = request.with_param("id", "c/d");
    let all = json!([["x", "1"], ["x", "2"], ["y", "\u{e9} z"]]);
    let last = json!([["x", "2"], ["y", "\u{e9} z"]]);
    let (raw, decoded) = ("/a%20b/c%2Fd", "/a b/c%2Fd");
    for (front_door, path, query, tags, id) in [
        (FrontDoor::RestApi, raw, &all, "one|two", Some("c/d")),
        (FrontDoor::HttpApiV1, decoded, &all, "one|two", Some("c/d")),
        (FrontDoor::HttpApi, decoded, &all, "one,two", Some("c/d")),
        (FrontDoor::FunctionUrl, raw, &all, "one,two", Some("c/d")),
        (FrontDoor::Alb, raw, &last, "two", None),
        (FrontDoor::AlbMultiValue, raw, &all, "one|two", None),
        (FrontDoor::LatticeV1, raw, &last, "one, two", None),
        (FrontDoor::LatticeV2, raw, &all, "one|two", None),
    ] {
        assert!(FrontDoor::HTTP.contains(&front_door));
        let response = emulator::invoke_http(&function, front_door, &request).unwrap();
        assert_eq!(response.status, 200, "{front_door:?}");
        let want = json!({
            "method": "PUT",
            "path": path,
            "query": query,
            "tags": tags,
            "cookies": [["a", "1"], ["b", "2"]],
            "id": id,
            "source": "192.0.2.1",
            "body": r#"Text("tea")"#,
        });
        println!("{front_door:?}");
        assert_json_eq(&response.body, want);
    }
}

#[test]
fn an_event_has_the_origin_and_the_body_of_its_request() {
    #[track_caller]
    fn check(front_door: FrontDoor, origin: Origin) {
        for body in [
            Body::Empty,
            Body::from("tea"),
            Body::from(b"\xff".as_slice()),
        ] {
            let request = Request::new(Method::Get, "/").with_body(body.clone());
            let event = front_door.event(&request);
            let read = Request::from_event(event.as_bytes()).unwrap();
            assert_eq!(read.origin(), origin, "{event}");
            let read = read.into_body().unwrap();
            // Load balancers and VPC Lattice send an empty text in place of no body.
            let is_same = read == body || body.is_empty() && read.is_empty();
            assert!(is_same, "{event}");
        }
    }
    check(FrontDoor::RestApi, Origin::RestApi);
    check(FrontDoor::HttpApiV1, Origin::RestApi);
    check(FrontDoor::HttpApi, Origin::HttpApi);
    check(FrontDoor::FunctionUrl, Origin::FunctionUrl);
    check(FrontDoor::Alb, Origin::Alb);
    check(FrontDoor::AlbMultiValue, Origin::Alb);
    check(FrontDoor::LatticeV1, Origin::LatticeV1);
    check(FrontDoor::LatticeV2, Origin::LatticeV2);
    check(FrontDoor::WebSocket, Origin::WebSocket);
}

/// The members of an event and of its `requestContext` are those of the sample.
#[test]
fn each_member_of_an_event_is_in_the_sample_of_its_front_door() {
    /// Returns the paths of the members, without those of maps.
    fn paths(prefix: &str, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        for (name, value) in value.as_object().unwrap() {
            let path = format!("{prefix}/{name}");
            if matches!(name, "requestContext" | "http" | "identity" | "elb") {
                found.extend(paths(&path, value));
            }
            found.push(path);
        }
        found
    }
    #[track_caller]
    fn check(front_door: FrontDoor, target: &str, sample: &str) {
        let request = Request::new(Method::Get, target).with_header("Cookie", "a=1");
        let request = match target {
            "/$connect?a=1" => request,
            _ => request.with_body("tea"),
        };
        let event: Value = front_door.event(&request).parse().unwrap();
        let sample = paths("", &sample.parse().unwrap());
        for path in paths("", &event) {
            assert!(sample.contains(&path), "{path} in {event}");
        }
    }
    let target = "/orders/42?a=1";
    check(FrontDoor::RestApi, target, samples::REST_API);
    check(FrontDoor::HttpApi, target, samples::HTTP_API);
    check(FrontDoor::FunctionUrl, target, samples::FUNCTION_URL);
    check(FrontDoor::Alb, target, samples::ALB);
    check(FrontDoor::AlbMultiValue, target, samples::ALB_MULTI_VALUE);
    check(FrontDoor::LatticeV1, target, samples::LATTICE_V1);
    check(FrontDoor::LatticeV2, target, samples::LATTICE_V2);
    check(
        FrontDoor::WebSocket,
        "/$connect?a=1",
        samples::WEBSOCKET_CONNECT,
    );
    check(FrontDoor::WebSocket, "/send", samples::WEBSOCKET_MESSAGE);
}

#[test]
fn the_path_of_a_request_through_a_websocket_is_its_route() {
    let route = handler::http(|request: Request, _: &Context| {
        Ok(Response::text(format!(
            "{} {:?}",
            request.path(),
            request.query()?.get("a")
        )))
    });
    for (target, want) in [
        ("/$connect?a=1", r#"/$connect Some("1")"#),
        ("/send?a=1", "/send None"),
        ("/", "/$default None"),
    ] {
        let request = Request::new(Method::Get, target);
        let response = emulator::invoke_http(&route, FrontDoor::WebSocket, &request).unwrap();
        assert_eq!(response.body, want);
    }
}

#[test]
fn streamed_and_inferred_web_responses_are_read_and_others_are_errors() {
    let request = Request::new(Method::Get, "/");
    let stream = handler::streaming(|_: Request, _: &Context, out: Responder<'_>| {
        let mut body = out.start_http(201, &[("X-A", "b")])?;
        body.write_all(b"tea")?;
        Ok(())
    });
    let response = emulator::invoke_http(&stream, FrontDoor::FunctionUrl, &request).unwrap();
    assert_eq!(
        (response.status, response.headers.get("x-a")),
        (201, Some("b"))
    );
    assert_eq!(response.body, "tea");

    let plain = handler::json(|_: Value, _: &Context| Ok(json!({ "a": 1 })));
    let response = emulator::invoke_http(&plain, FrontDoor::HttpApi, &request).unwrap();
    assert_eq!(response.body, r#"{"a":1}"#);
    assert_eq!(
        response.headers.get("content-type"),
        Some("application/json")
    );
    let error = emulator::invoke_http(&plain, FrontDoor::Alb, &request).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("missing member `statusCode`"), "{error}");
    assert!(error.ends_with(r#"in the response {"a":1}"#), "{error}");

    let fail = handler::json(|_: Value, _: &Context| -> Result<()> {
        Err(Error::new("Down", "no database"))
    });
    for &front_door in FrontDoor::HTTP {
        let error = emulator::invoke_http(&fail, front_door, &request).unwrap_err();
        let want = "the invocation failed with Function.Down: no database";
        assert_eq!(error.to_string(), want);
    }
}
