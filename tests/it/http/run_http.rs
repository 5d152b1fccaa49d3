//! Web functions that the runtime serves: from the event of each front door to its response.

use std::io::Write;

use tiny_lambda::emulator::{self, InvokeResponse};
use tiny_lambda::events::samples;
use tiny_lambda::http::{Request, Response};
use tiny_lambda::json::{self, Value};
use tiny_lambda::{Context, Error, Responder, Result, handler};

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

#[test]
fn a_direct_invoke_of_a_web_function_is_a_function_error_with_advice() {
    for event in ["null", r#"{"name": "Ada"}"#] {
        let reply = invoke(event, greet);
        assert_eq!(reply.error_type.as_deref(), Some("Runtime.UnmarshalError"));
        let body = String::from_utf8(reply.body).unwrap();
        assert!(
            body.contains("this looks like a direct invoke; use `run`"),
            "{body}"
        );
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
