//! The exact JSON of responses for each front door. A row changes only if AWS reads another form.

use tiny_lambda::emulator::{self, FrontDoor};
use tiny_lambda::handler;
use tiny_lambda::http::{Cookie, Method, Request, Response};
use tiny_lambda::json;

use FrontDoor::{
    Alb, AlbMultiValue, FunctionUrl, HttpApi, HttpApiV1, LatticeV1, LatticeV2, RestApi, WebSocket,
};

const API_GATEWAY_1: &[FrontDoor] = &[RestApi, HttpApiV1];
const FORMAT_2: &[FrontDoor] = &[HttpApi, FunctionUrl];
const SINGLE: &[FrontDoor] = &[Alb, LatticeV1, LatticeV2];

/// Checks the JSON of `respond`'s response for each of `front_doors`.
#[track_caller]
fn check(front_doors: &[FrontDoor], respond: impl Fn() -> Response + Sync, want: &str) {
    let respond = handler::http(|_, _| Ok(respond()));
    for front_door in front_doors {
        let request = Request::new(Method::Get, "/");
        let reply = emulator::invoke(&respond, front_door.event(&request)).unwrap();
        assert_eq!(reply.text(), want, "{front_door:?}");
    }
}

#[test]
fn text() {
    let respond = || Response::text("tea \u{e9}\"");
    check(
        API_GATEWAY_1,
        respond,
        r#"{"statusCode":200,"multiValueHeaders":{"Content-Type":["text/plain; charset=utf-8"]},"body":"tea é\"","isBase64Encoded":false}"#,
    );
    check(
        &[FORMAT_2, &[WebSocket]].concat(),
        respond,
        r#"{"statusCode":200,"headers":{"Content-Type":"text/plain; charset=utf-8"},"body":"tea é\"","isBase64Encoded":false}"#,
    );
    check(
        SINGLE,
        respond,
        r#"{"statusCode":200,"statusDescription":"200 OK","headers":{"Content-Type":"text/plain; charset=utf-8"},"body":"tea é\"","isBase64Encoded":false}"#,
    );
    check(
        &[AlbMultiValue],
        respond,
        r#"{"statusCode":200,"statusDescription":"200 OK","multiValueHeaders":{"Content-Type":["text/plain; charset=utf-8"]},"body":"tea é\"","isBase64Encoded":false}"#,
    );
}

#[test]
fn bytes() {
    let respond = || Response::bytes("image/png", [0x89, b'P']).with_status(203);
    check(
        API_GATEWAY_1,
        respond,
        r#"{"statusCode":203,"multiValueHeaders":{"Content-Type":["image/png"]},"body":"iVA=","isBase64Encoded":true}"#,
    );
    check(
        FORMAT_2,
        respond,
        r#"{"statusCode":203,"headers":{"Content-Type":"image/png"},"body":"iVA=","isBase64Encoded":true}"#,
    );
    check(
        SINGLE,
        respond,
        r#"{"statusCode":203,"headers":{"Content-Type":"image/png"},"body":"iVA=","isBase64Encoded":true}"#,
    );
    check(
        &[AlbMultiValue],
        respond,
        r#"{"statusCode":203,"multiValueHeaders":{"Content-Type":["image/png"]},"body":"iVA=","isBase64Encoded":true}"#,
    );
}

#[test]
fn nothing() {
    let respond = || Response::new(204);
    let want = r#"{"statusCode":204,"body":"","isBase64Encoded":false}"#;
    check(&[API_GATEWAY_1, FORMAT_2].concat(), respond, want);
    check(&[WebSocket], respond, want);
    check(
        SINGLE,
        respond,
        r#"{"statusCode":204,"statusDescription":"204 No Content","headers":{},"body":"","isBase64Encoded":false}"#,
    );
    check(
        &[AlbMultiValue],
        respond,
        r#"{"statusCode":204,"statusDescription":"204 No Content","multiValueHeaders":{},"body":"","isBase64Encoded":false}"#,
    );
}

#[test]
fn several_headers_and_cookies() {
    let respond = || {
        let mut response = Response::json(&json!([1]))
            .with_status(201)
            .with_cookie(Cookie::new("a", "1").unwrap())
            .with_cookie(Cookie::new("b", "2").unwrap());
        response.headers.append("X-Tag", "one");
        response.headers.append("X-Tag", "two");
        response
    };
    let cookies = || {
        let response = respond();
        let values: Vec<String> = response
            .headers
            .get_all("set-cookie")
            .map(|value| format!("{value:?}"))
            .collect();
        values.join(",")
    };
    let multiple = format!(
        r#""multiValueHeaders":{{"Content-Type":["application/json"],"Set-Cookie":[{}],"X-Tag":["one","two"]}},"body":"[1]","isBase64Encoded":false}}"#,
        cookies()
    );
    check(
        API_GATEWAY_1,
        respond,
        &format!(r#"{{"statusCode":201,{multiple}"#),
    );
    check(
        &[AlbMultiValue],
        respond,
        &format!(r#"{{"statusCode":201,"statusDescription":"201 Created",{multiple}"#),
    );
    check(
        FORMAT_2,
        respond,
        &format!(
            r#"{{"statusCode":201,"headers":{{"Content-Type":"application/json","X-Tag":"one, two"}},"cookies":[{}],"body":"[1]","isBase64Encoded":false}}"#,
            cookies()
        ),
    );
    // Only one `Set-Cookie` can be sent there.
    check(
        SINGLE,
        respond,
        r#"{"statusCode":500,"statusDescription":"500 Internal Server Error","headers":{"Content-Type":"text/plain; charset=utf-8"},"body":"Internal Server Error","isBase64Encoded":false}"#,
    );
}
