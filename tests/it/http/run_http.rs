//! Web functions that the runtime serves: from the event of each front door to its response.

use std::io::Write;

use tiny_lambda::emulator::{self, InvokeResponse};
use tiny_lambda::events::samples;
use tiny_lambda::http::{Request, Response, Router};
use tiny_lambda::json::Value;
use tiny_lambda::{Context, Error, Handler, Responder, Result, handler, json};

fn invoke(event: &str, f: impl Fn(Request, &Context) -> Result<Response> + Sync) -> InvokeResponse {
    emulator::invoke(&handler::http(f), event.as_bytes()).unwrap()
}

fn greet(request: Request, _: &Context) -> Result<Response> {
    Ok(Response::text(format!(
        "{} {}",
        request.method(),
        request.path()
    )))
}

#[test]
fn an_event_of_every_front_door_gets_a_web_response() {
    #[track_caller]
    fn check(event: &str, want: &str) {
        let reply = invoke(event, greet);
        assert!(!reply.is_error(), "{reply:?}");
        let body: Value = json::parse(&reply.body).unwrap();
        assert_eq!(body.get("statusCode").and_then(Value::as_i64), Some(200));
        assert_eq!(body.get("body").and_then(Value::as_str), Some(want));
    }
    check(samples::REST_API, "POST /orders/42");
    check(samples::HTTP_API, "POST /orders/42");
    check(samples::FUNCTION_URL, "PUT /orders/42");
    check(samples::ALB, "POST /orders/42");
    check(samples::ALB_MULTI_VALUE, "POST /orders/42");
    check(samples::LATTICE_V1, "POST /orders/42");
    check(samples::LATTICE_V2, "POST /orders/42");
    check(samples::WEBSOCKET_CONNECT, "GET /$connect");
    check(samples::WEBSOCKET_MESSAGE, "GET /send");
}

/// The events of all front doors, as requests with `HEAD`.
fn head_events() -> Vec<String> {
    let events = [
        samples::REST_API,
        samples::HTTP_API,
        samples::FUNCTION_URL,
        samples::ALB,
        samples::ALB_MULTI_VALUE,
        samples::LATTICE_V1,
        samples::LATTICE_V2,
    ];
    let is_method = |line: &&str| line.contains(r#""POST""#) || line.contains(r#""PUT""#);
    events
        .iter()
        .map(|event| {
            assert!(event.lines().any(|line| is_method(&line)), "{event}");
            event
                .replace(r#""POST""#, r#""HEAD""#)
                .replace(r#""PUT""#, r#""HEAD""#)
        })
        .collect()
}

#[test]
fn head_gets_the_length_that_get_has_at_every_front_door() {
    #[track_caller]
    fn check(response: &Response, want: Option<&str>) {
        let handler = handler::http(|_, _| Ok(response.clone()));
        let router = Router::new().get("/orders/42", |_, _| Ok(response.clone()));
        for event in head_events() {
            for handler in [&handler as &dyn Handler, &router] {
                let reply = emulator::invoke(handler, event.as_bytes()).unwrap();
                let got: Response = json::parse(&reply.body).unwrap();
                assert_eq!(got.status, response.status, "{event}");
                assert_eq!(got.headers.get("content-length"), want, "{event}");
                assert_eq!(
                    got.headers.get("content-type"),
                    response.headers.get("content-type")
                );
                assert!(got.body.is_empty(), "{got:?}");
                let text = String::from_utf8(reply.body).unwrap();
                assert!(
                    text.ends_with(r#""body":"","isBase64Encoded":false}"#),
                    "{text}"
                );
            }
            // `encode_response` does the same.
            let request = Request::from_event(event.as_bytes()).unwrap();
            let encoded = request.encode_response(response).unwrap();
            let got: Response = json::parse(&encoded).unwrap();
            assert_eq!(got.headers.get("content-length"), want);
            assert!(got.body.is_empty(), "{got:?}");
        }
    }
    check(&Response::text("h\u{e9}"), Some("3"));
    check(&Response::bytes("image/png", [0xff; 300]), Some("300"));
    check(&Response::json(&json!({ "ok": true })), Some("11"));
    check(&Response::text("no").with_status(404), Some("2"));
    check(&Response::new(200), Some("0"));
    // A length that the handler has set is kept: it may know it without making the body.
    check(
        &Response::text("").with_header("content-length", "7"),
        Some("7"),
    );
    // RFC 9110, section 8.6.
    check(&Response::new(204), None);
    check(&Response::new(304), None);
}

#[test]
fn the_error_of_a_head_request_has_no_body() {
    for event in head_events() {
        let reply = invoke(&event, |_, _| Err(Error::new("Db", "no password given")));
        let got: Response = json::parse(&reply.body).unwrap();
        assert_eq!((got.status, got.body.len()), (500, 0));
        assert_eq!(got.headers.get("content-length"), Some("21"));
        let reply = invoke(&event, |_, _| Ok(Response::new(99)));
        let got: Response = json::parse(&reply.body).unwrap();
        assert_eq!((got.status, got.body.len()), (500, 0));
    }
}

#[test]
fn a_router_is_a_handler() {
    let name = String::from("Ada");
    let router = Router::new()
        .json_errors()
        .post("/orders/{id}", |request, _| {
            Ok(json!({ "id": request.param::<u32>("id")?, "by": &*name }))
        });
    for event in [
        samples::REST_API,
        samples::HTTP_API,
        samples::ALB,
        samples::LATTICE_V2,
    ] {
        let reply = emulator::invoke(&router, event.as_bytes()).unwrap();
        let got: Response = json::parse(&reply.body).unwrap();
        assert_eq!(got, Response::json(&json!({ "id": 42, "by": "Ada" })));
    }
    let reply = emulator::invoke(&router, samples::FUNCTION_URL.as_bytes()).unwrap();
    let got: Response = json::parse(&reply.body).unwrap();
    assert_eq!((got.status, got.headers.get("allow")), (405, Some("POST")));
    assert_eq!(
        got.body.as_str(),
        Some(r#"{"message":"Method Not Allowed"}"#)
    );
    let reply = emulator::invoke(&router, b"null").unwrap();
    assert_eq!(reply.error_type.as_deref(), Some("Runtime.UnmarshalError"));
}

#[test]
fn a_direct_invoke_of_a_web_function_is_a_function_error_with_advice() {
    for event in ["null", r#"{"name": "Ada"}"#] {
        let reply = invoke(event, greet);
        assert_eq!(reply.error_type.as_deref(), Some("Runtime.UnmarshalError"));
        let body = String::from_utf8(reply.body).unwrap();
        assert!(body.contains("found another event: use `run`"), "{body}");
    }
}

#[test]
fn an_error_of_a_web_function_is_a_500_response_and_no_function_error() {
    let reply = invoke(samples::HTTP_API, |_, _| {
        Err(Error::new("Db", "no password given"))
    });
    assert!(!reply.is_error(), "{reply:?}");
    let body: Value = json::parse(&reply.body).unwrap();
    assert_eq!(body.get("statusCode").and_then(Value::as_i64), Some(500));
    assert!(!body.to_string().contains("password"), "{body}");
}

#[test]
fn a_web_response_may_be_streamed() {
    let stream = |request: Request, _: &Context, out: Responder<'_>| {
        let head = Response::new(200).with_header("Content-Type", "text/plain");
        let fields: Vec<_> = head.headers.iter().collect();
        let mut body = out.start_http(head.status, &fields)?;
        body.write_all(request.path().as_bytes())?;
        Ok(())
    };
    let event = samples::FUNCTION_URL.as_bytes();
    let reply = emulator::invoke(&handler::streaming(stream), event).unwrap();
    let body = String::from_utf8(reply.body).unwrap();
    let prelude = r#"{"statusCode":200,"headers":{"Content-Type":"text/plain"},"cookies":[]}"#;
    assert_eq!(body, format!("{prelude}\0\0\0\0\0\0\0\0/orders/42"));
}
