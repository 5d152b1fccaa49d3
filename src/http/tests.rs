//! Requests and responses of each front door. A new front door is a row in each table.

use super::*;
use crate::context::Context;
use crate::error::Result;
use crate::events::samples;
use crate::json::{self, Value};
use crate::runtime::handler;
use crate::runtime::handler::Handler;
use crate::runtime::response::Responder;

/// Checks the values that all samples of requests have in common.
#[track_caller]
fn check(sample: &str, origin: Origin, tags: &[&str], query: &str) {
    let request = Request::from_event(sample.as_bytes()).unwrap();
    assert_eq!(request.origin(), origin);
    assert_eq!(request.query_string(), query);
    let query = request.query().unwrap();
    assert_eq!(query.get("color"), Some("deep blue"));
    assert_eq!(query.get_all("tag").last(), Some("c"));
    assert_eq!(
        request.headers().get_all("X-TAG").collect::<Vec<_>>(),
        tags,
        "{:?}",
        request.headers()
    );
    assert_eq!(request.cookie("session"), Some("31d4d96e"));
    assert_eq!(request.cookie("theme"), Some("dark"));
    assert_eq!(request.cookie("them"), None);
    assert_eq!(request.source_ip().as_deref(), Some("192.0.2.44"));
    if origin == Origin::WebSocket {
        return;
    }
    assert_eq!(request.path(), "/orders/42");
    let host = json::parse::<Value>(sample.as_bytes()).unwrap();
    let host = host.pointer("/headers/host").and_then(Value::as_str);
    assert!(host.is_none() || request.host().as_deref() == host);
    if origin == Origin::FunctionUrl {
        assert_eq!(request.method(), &Method::Put);
        assert_eq!(
            request.body().unwrap(),
            &Body::Bytes(vec![0, 1, 2, 0xfd, 0xfe, 0xff])
        );
    } else {
        assert_eq!(request.method(), &Method::Post);
        let body: Value = request.json().unwrap();
        assert_eq!(body.get("quantity").and_then(Value::as_i64), Some(2));
    }
}

#[test]
fn requests_of_all_front_doors_are_read_alike() {
    use samples::*;
    const ENCODED: &str = "color=deep%20blue&tag=a%26b&tag=c";
    check(REST_API, Origin::RestApi, &["one", "two"], ENCODED);
    check(HTTP_API, Origin::HttpApi, &["one,two"], ENCODED);
    check(FUNCTION_URL, Origin::FunctionUrl, &["one,two"], ENCODED);
    check(ALB, Origin::Alb, &["two"], "color=deep%20blue&tag=c");
    check(ALB_MULTI_VALUE, Origin::Alb, &["one", "two"], ENCODED);
    check(
        LATTICE_V1,
        Origin::LatticeV1,
        &["one, two"],
        "color=deep%20blue&tag=c",
    );
    check(LATTICE_V2, Origin::LatticeV2, &["one", "two"], ENCODED);
    check(
        WEBSOCKET_CONNECT,
        Origin::WebSocket,
        &["one", "two"],
        ENCODED,
    );
}

#[test]
fn parameters_variables_and_claims_are_found() {
    for sample in [samples::REST_API, samples::HTTP_API] {
        let request = Request::from_event(sample.as_bytes()).unwrap();
        assert_eq!(request.param::<u32>("id").unwrap(), 42);
        assert_eq!(
            request.param::<bool>("id").unwrap_err().error_type(),
            BAD_REQUEST
        );
        assert_eq!(
            request.param::<u32>("it").unwrap_err().error_message(),
            "the route has no parameter `it`"
        );
        assert_eq!(
            request.stage_variable("table").as_deref(),
            Some("orders-prod")
        );
        assert_eq!(request.claim("sub").as_deref(), Some("user-7"));
        assert_eq!(request.claim("name"), None);
        assert!(request.authorizer().is_some());
        assert!(
            request.event().contains(r#""body": null,"#)
                || request.event().contains(r#""body":null,"#)
        );
    }
    let request = Request::from_event(samples::HTTP_API.as_bytes()).unwrap();
    assert_eq!(request.raw_path(), "/prod/orders/42");
    let request = Request::from_event(samples::WEBSOCKET_MESSAGE.as_bytes()).unwrap();
    assert_eq!(request.path(), "/send");
    assert_eq!(
        request.host().as_deref(),
        Some("a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com")
    );
}

#[test]
fn the_origin_is_found_from_any_two_members() {
    #[track_caller]
    fn check(event: &str, want: Option<Origin>) {
        let got = Request::from_event(event.as_bytes());
        assert_eq!(
            got.as_ref().ok().map(Request::origin),
            want,
            "{event} {got:?}"
        );
    }
    // The event of a local emulator, with members of two front doors.
    let mixed = r#"{"httpMethod":"GET","type":null,"methodArn":null,"resource":null,
        "version":"2.0","rawPath":"/a","requestContext":{"http":{"method":"POST"}}}"#;
    check(mixed, Some(Origin::HttpApi));
    assert_eq!(
        Request::from_event(mixed.as_bytes()).unwrap().method(),
        &Method::Post
    );
    check(
        r#"{"version":"1.0","httpMethod":"GET","resource":"/","path":"/"}"#,
        Some(Origin::RestApi),
    );
    check(
        r#"{"httpMethod":"GET","path":"/","requestContext":{"elb":{}}}"#,
        Some(Origin::Alb),
    );
    check(
        r#"{"requestContext":{"connectionId":"a","eventType":"MESSAGE"}}"#,
        Some(Origin::WebSocket),
    );
    check(
        r#"{"version":"2.0","path":"/","method":"GET","requestContext":{"serviceNetworkArn":"a"}}"#,
        Some(Origin::LatticeV2),
    );
    check(
        r#"{"raw_path":"/","method":"GET"}"#,
        Some(Origin::LatticeV1),
    );
    for event in [
        "{}",
        "null",
        "[]",
        "\"hi\"",
        "1",
        r#"{"name":"Ada"}"#,
        r#"{"version":"2.0","requestContext":{}}"#,
    ] {
        check(event, None);
        let error = Request::from_event(event.as_bytes()).unwrap_err();
        assert_eq!(error.error_type(), "Runtime.UnmarshalError");
        assert!(
            error
                .error_message()
                .contains("found another event: use `run`"),
            "{error}"
        );
    }
}

#[test]
fn an_event_that_is_not_a_request_is_an_error() {
    #[track_caller]
    fn check(event: &[u8], want: &str) {
        let error = Request::from_event(event).unwrap_err();
        assert_eq!(error.error_type(), "Runtime.UnmarshalError");
        assert_eq!(error.error_message(), want);
    }
    check(
        br#"{"httpMethod":"GET","path":"/","headers":{"#,
        "REST API request: expected a member's name in quotes, found the end of the text at $.headers \
         (offset 42, line 1, column 43)",
    );
    check(
        b"{\"path\":\"\xff\"}",
        "HTTP request: not UTF-8 at $.path (offset 9, line 1, column 10): \u{fffd}\"}",
    );
}

#[test]
fn a_malformed_body_is_an_error_when_it_is_read() {
    #[track_caller]
    fn check(members: &str, want: Result<&[u8], &str>) {
        let event = format!(r#"{{"httpMethod":"GET","path":"/",{members}}}"#);
        let request = Request::from_event(event.as_bytes()).unwrap();
        let got = request.body().map(Body::as_bytes);
        let got = got.as_ref().map_err(crate::Error::error_message);
        assert_eq!(got.copied(), want, "{event}");
        assert_eq!(request.json::<Value>().is_err(), want != Ok(b"{}"));
        assert_eq!(request.form().is_err(), want.is_err());
        assert_eq!(request.limit_body(9).is_err(), want.is_err());
        assert_eq!(request.into_body().is_err(), want.is_err());
    }
    check(r#""body":"{}""#, Ok(b"{}"));
    check(r#""body":"e30=","isBase64Encoded":true"#, Ok(b"{}"));
    check(r#""body":"e30","is_base64_encoded":true"#, Ok(b"{}"));
    check(r#""body":null,"isBase64Encoded":true"#, Ok(b""));
    check(r#""isBase64Encoded":7"#, Ok(b""));
    check(r#""body":"","isBase64Encoded":null"#, Ok(b""));
    check(
        r#""body":"not in base64, but a text of more than forty bytes","isBase64Encoded":true"#,
        Err(
            "REST API request: $.isBase64Encoded is true, but $.body is malformed base64 at \
             offset 0: not in base64, but a text of more than f",
        ),
    );
    check(
        r#""body":{"a":1}"#,
        Err(
            "REST API request: expected a string, found an object at $.body \
             (offset 38, line 1, column 39): {\"a\":1}}",
        ),
    );
    check(
        r#""body":"","isBase64Encoded":"true""#,
        Err(
            "REST API request: expected a boolean, found a string at $.isBase64Encoded \
             (offset 59, line 1, column 60): \"true\"}",
        ),
    );
}

#[test]
fn unexpected_members_do_no_harm() {
    let event = r#"{"httpMethod":"GET","path":"/","version":7,"resource":[],"cookies":5,
        "headers":{"a":1,"b":null,"c":{"d":1},"e":[true,null,"x",["y"]]},"multiValueHeaders":{},
        "queryStringParameters":"q","pathParameters":"x","stageVariables":3,"isBase64Encoded":null,
        "requestContext":{"stage":[],"http":7,"domainName":{},"authorizer":"none"}}"#;
    let request = Request::from_event(event.as_bytes()).unwrap();
    let headers: Vec<_> = request.headers().iter().collect();
    assert_eq!(
        headers,
        [
            ("a", "1"),
            ("e", "true"),
            ("e", "x"),
            ("e", "y"),
            ("cookie", "5")
        ]
    );
    assert_eq!(request.query_string(), "");
    assert_eq!(request.path_parameter("x"), None);
    assert_eq!(request.stage_variable("x"), None);
    assert_eq!(request.host(), None);
    assert_eq!(request.claim("x"), None);
    assert_eq!(request.source_ip(), None);
    let request = Request::from_event(br#"{"resource":"/","path":7,"httpMethod":[1]}"#).unwrap();
    assert_eq!((request.method().as_str(), request.path()), ("[1]", "7"));
    let request = Request::from_event(br#"{"resource":"/","isBase64Encoded":false}"#).unwrap();
    assert_eq!((request.method().as_str(), request.path()), ("", ""));
}

/// Invokes an HTTP handler and returns its response in JSON.
fn invoke<R: IntoResponse>(
    event: &str,
    f: impl Fn(Request, &Context) -> Result<R> + Sync,
) -> Result<String> {
    let endpoint = crate::runtime::address::Endpoint::parse("127.0.0.1:1")?;
    let mut pending = crate::runtime::pending::PendingResponse::new(endpoint);
    let out = Responder::new(&mut pending);
    handler::http(f).handle(event.as_bytes(), &Context::default(), out)?;
    Ok(String::from_utf8(pending.body).unwrap())
}

/// 12.1: 47 and 49.
#[test]
fn responses_have_the_form_of_their_front_door() {
    #[track_caller]
    fn check(sample: &str, want: &str) {
        let got = invoke(sample, |_, _| {
            Ok(Response::text("h\u{e9}")
                .with_status(201)
                .with_header("X-One", "1")
                .with_cookie(Cookie::new("a", "b")?))
        });
        assert_eq!(got.unwrap(), want);
    }
    use samples::*;
    const COOKIE: &str = "a=b; Secure; HttpOnly; SameSite=Lax";
    let cookies = format!(
        r#"{{"statusCode":201,"headers":{{"Content-Type":"text/plain; charset=utf-8","X-One":"1"}},"cookies":["{COOKIE}"],"body":"hé","isBase64Encoded":false}}"#
    );
    check(HTTP_API, &cookies);
    check(FUNCTION_URL, &cookies);
    let multiple = format!(
        r#""multiValueHeaders":{{"Content-Type":["text/plain; charset=utf-8"],"X-One":["1"],"Set-Cookie":["{COOKIE}"]}},"body":"hé","isBase64Encoded":false}}"#
    );
    check(REST_API, &format!(r#"{{"statusCode":201,{multiple}"#));
    check(
        WEBSOCKET_CONNECT,
        &format!(r#"{{"statusCode":201,{multiple}"#),
    );
    check(
        ALB_MULTI_VALUE,
        &format!(r#"{{"statusCode":201,"statusDescription":"201 Created",{multiple}"#),
    );
    let single = format!(
        r#"{{"statusCode":201,"statusDescription":"201 Created","headers":{{"Content-Type":"text/plain; charset=utf-8","X-One":"1","Set-Cookie":"{COOKIE}"}},"body":"hé","isBase64Encoded":false}}"#
    );
    check(ALB, &single);
    check(LATTICE_V1, &single);
    check(LATTICE_V2, &single);
}

/// 12.1: 49 and 50.
#[test]
fn headers_of_one_name_are_joined_or_listed_and_cookies_are_never_joined() {
    #[track_caller]
    fn check(sample: &str, want: &str) {
        let got = invoke(sample, |_, _| {
            let mut response = Response::new(204);
            for (name, value) in [("Vary", "a"), ("X", "1"), ("vary", "b")] {
                response.headers.append(name, value);
            }
            response.headers.append("set-cookie", "a=1");
            response.headers.append("Set-Cookie", "b=2");
            Ok(response)
        });
        assert_eq!(got.unwrap(), want);
    }
    use samples::*;
    check(
        HTTP_API,
        r#"{"statusCode":204,"headers":{"Vary":"a, b","X":"1"},"cookies":["a=1","b=2"],"body":"","isBase64Encoded":false}"#,
    );
    let multiple = r#"{"statusCode":204,"multiValueHeaders":{"Vary":["a","b"],"X":["1"],"set-cookie":["a=1","b=2"]},"body":"","isBase64Encoded":false}"#;
    check(REST_API, multiple);
    // A REST API takes both kinds, and several cookies fit into one only.
    check(r#"{"httpMethod":"GET","path":"/"}"#, multiple);
    check(
        ALB,
        r#"{"statusCode":500,"statusDescription":"500 Internal Server Error","headers":{"Content-Type":"text/plain; charset=utf-8"},"body":"Internal Server Error","isBase64Encoded":false}"#,
    );
}

/// 12.1: 48.
#[test]
fn bytes_are_sent_in_base64_and_text_is_not() {
    #[track_caller]
    fn check(response: impl IntoResponse, want: &str) {
        let response = response.into_response();
        let got = invoke(samples::HTTP_API, |_, _| Ok(response.clone())).unwrap();
        let got: Value = json::parse(got.as_bytes()).unwrap();
        let member = |name| got.get(name).map(Value::to_string).unwrap_or_default();
        let content_type = got.pointer("/headers/Content-Type").map(Value::to_string);
        let got = [
            member("statusCode"),
            content_type.unwrap_or_default(),
            member("body"),
            member("isBase64Encoded"),
        ];
        assert_eq!(got.join(" "), want);
    }
    check("hi", r#"200 "text/plain; charset=utf-8" "hi" false"#);
    check(
        String::from("hi"),
        r#"200 "text/plain; charset=utf-8" "hi" false"#,
    );
    check(
        b"hi".to_vec(),
        r#"200 "application/octet-stream" "aGk=" true"#,
    );
    check(
        crate::json!({"a": 1}),
        r#"200 "application/json" "{\"a\":1}" false"#,
    );
    check((), r#"204  "" false"#);
    check((418, "hi"), r#"418 "text/plain; charset=utf-8" "hi" false"#);
    check(None::<&str>, r#"404  "" false"#);
    check(Some("hi"), r#"200 "text/plain; charset=utf-8" "hi" false"#);
    check(
        Err::<(), _>((400, "no")),
        r#"400 "text/plain; charset=utf-8" "no" false"#,
    );
    check(
        Response::html("<p>"),
        r#"200 "text/html; charset=utf-8" "<p>" false"#,
    );
    check(Response::redirect("/x"), r#"303  "" false"#);
}

#[test]
fn only_errors_of_the_caller_are_sent() {
    #[track_caller]
    fn check(f: impl Fn(Request) -> Result<Response> + Sync, status: i64, body: &str) {
        let response = invoke(samples::HTTP_API, |request, _| f(request)).unwrap();
        let response: Value = json::parse(response.as_bytes()).unwrap();
        assert_eq!(
            response.get("statusCode").and_then(Value::as_i64),
            Some(status)
        );
        assert_eq!(response.get("body").and_then(Value::as_str), Some(body));
    }
    const INTERNAL: &str = "Internal Server Error";
    check(
        |_| Err(crate::Error::new("Db", "password is hunter2")),
        500,
        INTERNAL,
    );
    check(
        |_| Ok("x".parse::<u8>().map(|_| Response::new(200))?),
        500,
        INTERNAL,
    );
    check(
        |r| r.json::<u8>().map(|_| Response::new(200)),
        400,
        "in the body: expected an integer, found an object at $ (offset 0, line 1, column 1)",
    );
    check(
        |r| r.limit_body(3).map(|()| Response::new(200)),
        413,
        "the body is longer than 3 bytes",
    );
    check(
        |r| r.limit_body(15).map(|()| Response::text("ok")),
        200,
        "ok",
    );
    // A response with an invalid header is an error: no value can start another header.
    check(
        |_| Ok(Response::new(200).with_header("a", "b\r\nc: d")),
        500,
        INTERNAL,
    );
    check(
        |_| Ok(Response::new(200).with_header("a\n", "b")),
        500,
        INTERNAL,
    );
    check(
        |_| Ok(Response::redirect("/\r\nSet-Cookie: a=b")),
        500,
        INTERNAL,
    );
    for status in [0, 99, 600, 65535] {
        let f = move |_| Ok(Response::new(status));
        check(f, 500, INTERNAL);
    }
    check(|_| Ok(Response::new(599)), 599, "");
    check(
        |r| {
            let form = r.with_body("a=%zz").form()?;
            Ok(Response::text(form.get("a").unwrap_or_default()))
        },
        200,
        "%zz",
    );
}

#[test]
fn a_router_finds_the_route_or_the_allowed_methods() {
    #[track_caller]
    fn check(router: &Router<'_>, method: &str, target: &str, want: Result<(u16, &str), &str>) {
        let request = Request::new(Method::from(method), target);
        let got = router.handle(request, &Context::default());
        let got = got.map(|got| {
            let text = got.headers.get("allow").or(got.body.as_str()).unwrap();
            (got.status, String::from(text))
        });
        let got = got
            .as_ref()
            .map(|got| (got.0, got.1.as_str()))
            .map_err(crate::Error::error_message);
        assert_eq!(got, want, "{method} {target}");
    }
    let router = Router::new()
        .get("/", |_, _| Ok("home"))
        .get("/users/{id}", |r, _| {
            Ok(format!("user {}", r.param::<u32>("id")?))
        })
        .put("/users/{id}", |_, _| Ok(()))
        .post("/users", |_, _| Ok((201, "new")))
        .route(Method::Other("PURGE".into()), "/cache", |_, _| Ok(()));
    let router = &router;
    check(router, "GET", "/", Ok((200, "home")));
    check(router, "GET", "/users/7?x=1", Ok((200, "user 7")));
    check(router, "HEAD", "/users/7", Ok((200, "")));
    check(router, "POST", "/users", Ok((201, "new")));
    check(router, "PURGE", "/cache", Ok((204, "")));
    check(router, "GET", "/users", Ok((405, "POST")));
    check(router, "DELETE", "/users/7", Ok((405, "GET, HEAD, PUT")));
    check(router, "GET", "/user", Ok((404, "")));
    check(router, "GET", "", Ok((404, "")));
    check(router, "get", "/", Ok((405, "GET, HEAD")));
    check(router, "GET", "/users/x", Err("malformed value of `id`"));
    check(router, "GET", "/users/%zz", Err("malformed value of `id`"));
}

/// Returns status and text of a router's response, or the message of its error.
#[track_caller]
fn route(router: &Router<'_>, method: &str, target: &str) -> String {
    let request = Request::new(Method::from(method), target);
    match router.handle(request, &Context::default()) {
        Ok(got) => format!("{} {}", got.status, got.body.as_str().unwrap()),
        Err(error) => error.error_message().to_owned(),
    }
}

#[test]
fn a_route_for_any_method_is_used_after_those_for_one() {
    let router = Router::new()
        .any("/a", |r, _| Ok(format!("any {}", r.method())))
        .get("/a", |_, _| Ok("get"))
        .any("/a/{x}", |_, _| Ok("any x"))
        .options("/a/b", |_, _| Ok("options b"))
        .head("/h", |_, _| Ok((204, ())))
        .get("/h", |_, _| Ok("get h"));
    let check = |line: &str, want: &str| {
        let (method, path) = line.split_once(' ').unwrap();
        assert_eq!(route(&router, method, path), want, "{line}");
    };
    check("GET /a", "200 get");
    check("HEAD /a", "200 ");
    check("POST /a", "200 any POST");
    check("PURGE /a", "200 any PURGE");
    check("OPTIONS /a", "200 any OPTIONS");
    check("OPTIONS /a/b", "200 options b");
    // The more specific pattern has no route for GET, so the other one is used.
    check("GET /a/b", "200 any x");
    check("HEAD /h", "204 ");
    check("GET /h", "200 get h");
    check("POST /h", "405 ");
    check("OPTIONS /h", "405 ");
    check("GET /b", "404 ");
}

#[test]
fn a_fallback_is_called_if_no_pattern_matches_the_path() {
    let orders = Router::new()
        .get("/", |_, _| Ok("orders"))
        .get("/{id}", |r, _| {
            Ok(format!("order {}", r.param::<u32>("id")?))
        })
        .fallback(|r, _| Ok((404, format!("no order {}", r.path()))));
    let tables = Router::new().get("/{id}", |r, _| {
        Ok(format!(
            "{} {}",
            r.param::<String>("shop")?,
            r.param::<String>("id")?
        ))
    });
    let router = Router::new()
        .nest("/shop/orders", orders)
        .nest("/{shop}/tables/", tables)
        .nest(
            "/",
            Router::new()
                .get("/", |_, _| Ok("home"))
                .get("/a", |_, _| Ok("a")),
        )
        .fallback(|_, _| Ok((404, "replaced")))
        .fallback(|r, _| Ok((404, format!("nothing {}", r.path()))));
    let check = |line: &str, want: &str| {
        let (method, path) = line.split_once(' ').unwrap();
        assert_eq!(route(&router, method, path), want, "{line}");
    };
    check("GET /", "200 home");
    check("GET /a", "200 a");
    check("GET /shop/orders", "200 orders");
    check("GET /shop/orders/", "404 no order /shop/orders/");
    check("GET /shop/orders/7", "200 order 7");
    check("GET /shop/orders/7/x", "404 no order /shop/orders/7/x");
    check("DELETE /shop/orders/7/x", "404 no order /shop/orders/7/x");
    check("POST /shop/orders/7", "405 ");
    check("GET /shop/tables/3", "200 shop 3");
    check("GET /shop", "404 nothing /shop");
    check("GET ", "404 nothing ");
    check("HEAD /shop", "404 ");
    let nested = Router::new().nest(
        "/v1",
        Router::new().nest("/a", Router::new().get("/b", |_, _| Ok("b"))),
    );
    assert_eq!(route(&nested, "GET", "/v1/a/b"), "200 b");
    assert_eq!(route(&nested, "GET", "/a/b"), "404 ");
}

#[test]
fn a_router_sends_errors_as_json_after_json_errors() {
    let router = Router::new()
        .json_errors()
        .get("/id/{id}", |r, _| Ok(r.param::<u32>("id")?.to_string()))
        .get("/none", |_, _| Ok(None::<u8>))
        .get("/teapot", |_, _| Ok((418, ())))
        .get("/own", |_, _| Ok((400, "own \"text\"")))
        .get("/db", |_, _| {
            Err::<(), _>(Error::new("Db", "password is hunter2"))
        })
        .get("/large", |r, _| r.with_body("four").limit_body(3))
        .get("/quote/{q}", |_, _| {
            Err::<(), _>(bad_request("a \"quote\"\n"))
        });
    for (line, want) in [
        ("GET /id/7", "200 7"),
        ("GET /id/x", r#"400 {"message":"malformed value of `id`"}"#),
        ("GET /quote/1", r#"400 {"message":"a \"quote\"\n"}"#),
        ("GET /nowhere", r#"404 {"message":"Not Found"}"#),
        ("GET /none", r#"404 {"message":"Not Found"}"#),
        ("PUT /none", r#"405 {"message":"Method Not Allowed"}"#),
        ("GET /teapot", r#"418 {"message":"Error"}"#),
        ("GET /own", r#"400 own "text""#),
        ("GET /db", r#"500 {"message":"Internal Server Error"}"#),
        (
            "GET /large",
            r#"413 {"message":"the body is longer than 3 bytes"}"#,
        ),
    ] {
        let (method, path) = line.split_once(' ').unwrap();
        assert_eq!(route(&router, method, path), want, "{line}");
        if want.contains('{') {
            let got = router.handle(
                Request::new(Method::from(method), path),
                &Context::default(),
            );
            let got = got.unwrap();
            let types: Vec<_> = got.headers.get_all("content-type").collect();
            assert_eq!(types, ["application/json"], "{line}");
            // The error is logged.
            assert_eq!(got.failure.is_some(), got.status == 500, "{line}");
            assert_eq!(
                got.headers.get("allow").is_some(),
                got.status == 405,
                "{line}"
            );
        }
    }
    // The caller of a HEAD request gets the length of the JSON.
    let got = router.handle(Request::new(Method::Head, "/nowhere"), &Context::default());
    assert_eq!(got.unwrap().headers.get("content-length"), Some("23"));
}

crate::json_struct! {
    #[derive(Debug)]
    struct Order { id: u32, note: Option<String> }
}

/// A type with an impl by hand.
struct Page<T>(Vec<T>);

impl<T: json::ToJson> json::ToJson for Page<T> {
    fn to_json(&self, w: &mut json::Writer) {
        w.begin_object();
        w.member("items", &self.0);
        w.end_object();
    }
}

/// A type of the user that does not implement `ToJson`.
struct Html;

impl IntoResponse for Html {
    fn into_response(self) -> Response {
        Response::html("<p>")
    }
}

#[test]
fn a_route_may_return_any_json() {
    #[track_caller]
    fn check(response: impl IntoResponse, want: &str) {
        let got = response.into_response();
        let kind = got.headers.get("content-type").unwrap_or("-");
        let kind = kind.split(';').next().unwrap();
        let body = got.body.as_str().unwrap_or("(bytes)");
        assert_eq!(format!("{} {kind} {body}", got.status), want);
    }
    const ORDER: &str = r#"{"id":7,"note":null}"#;
    let order = || Order { id: 7, note: None };
    let (reference, text) = (&order(), &String::from("text"));
    check(order(), &format!("200 application/json {ORDER}"));
    check(reference, &format!("200 application/json {ORDER}"));
    check(Box::new(order()), &format!("200 application/json {ORDER}"));
    check((201, order()), &format!("201 application/json {ORDER}"));
    check(
        (201_u16, Some(order())),
        &format!("201 application/json {ORDER}"),
    );
    check(
        Some((201, order())),
        &format!("201 application/json {ORDER}"),
    );
    check(vec![order()], &format!("200 application/json [{ORDER}]"));
    check(Page(vec![1, 2]), r#"200 application/json {"items":[1,2]}"#);
    check(None::<Order>, "404 - ");
    check((410, None::<Order>), "410 - ");
    check((202, ()), "202 - ");
    check(Err::<Order, _>((409, "taken")), "409 text/plain taken");
    check(
        Ok::<_, (u16, &str)>(order()),
        &format!("200 application/json {ORDER}"),
    );
    check(crate::json!({ "a": 1 }), r#"200 application/json {"a":1}"#);
    check(crate::json!("text"), r#"200 application/json "text""#);
    check(vec!["a", "b"], r#"200 application/json ["a","b"]"#);
    check(Vec::<Order>::new(), "200 application/json []");
    check([1, 2], "200 application/json [1,2]");
    check(42, "200 application/json 42");
    check(404_u16, "200 application/json 404");
    check(true, "200 application/json true");
    check((1_u8, 2), "200 application/json [1,2]");
    check(vec![(1_u16, 2)], "200 application/json [[1,2]]");
    check(("a", 1), r#"200 application/json ["a",1]"#);
    check(
        vec![(String::from("a"), 1)],
        r#"200 application/json {"a":1}"#,
    );
    check("text", "200 text/plain text");
    check(String::from("text"), "200 text/plain text");
    check(text, "200 text/plain text");
    check(alloc::borrow::Cow::Borrowed("text"), "200 text/plain text");
    check(Some("text"), "200 text/plain text");
    check(b"ab", "200 application/octet-stream ab");
    check(&[0xff_u8][..], "200 application/octet-stream (bytes)");
    check(vec![0xff_u8], "200 application/octet-stream (bytes)");
    check(Response::text("x"), "200 text/plain x");
    check((404, Response::text("x")), "404 text/plain x");
    check(None::<Response>, "404 - ");
    check(Html, "200 text/html <p>");
    check(
        Err::<Html, _>(order()),
        &format!("200 application/json {ORDER}"),
    );
    // A status that cannot be sent is an error, not another status.
    for status in [-1, 0, 70_000] {
        let response = (status, "x").into_response();
        let request = Request::new(Method::Get, "/");
        assert!(request.encode_response(&response).is_err(), "{status}");
    }
}

#[test]
fn cors_allows_the_listed_origins_only() {
    #[track_caller]
    fn check(cors: &Cors, method: Method, headers: &[(&str, &str)], want: &[(&str, &str)]) {
        let mut request = Request::new(method, "/");
        for (name, value) in headers {
            request = request.with_header(name, value);
        }
        let response = cors.handle(request, |_| Ok(Response::new(200))).unwrap();
        assert_eq!(response.headers.iter().collect::<Vec<_>>(), want);
    }
    const ORIGIN: (&str, &str) = ("Origin", "https://shop.example");
    const PREFLIGHT: (&str, &str) = ("Access-Control-Request-Method", "PUT");
    const ALLOW: &str = "Access-Control-Allow-Origin";
    const VARY: (&str, &str) = ("Vary", "Origin");
    let open = Cors::new(&["*"]).allow_credentials();
    check(&open, Method::Get, &[ORIGIN], &[(ALLOW, "*")]);
    check(&open, Method::Get, &[], &[]);
    let closed = Cors::new(&["https://a.example", "https://shop.example"])
        .allow_credentials()
        .allow_methods(&[Method::Put])
        .allow_headers(&["content-type", "x-a"])
        .expose_headers(&["etag"])
        .max_age(core::time::Duration::from_secs(600));
    check(
        &closed,
        Method::Get,
        &[ORIGIN],
        &[
            (ALLOW, ORIGIN.1),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", "etag"),
            VARY,
        ],
    );
    check(
        &closed,
        Method::Get,
        &[("Origin", "https://evil.example")],
        &[VARY],
    );
    check(
        &closed,
        Method::Options,
        &[ORIGIN, PREFLIGHT],
        &[
            ("Access-Control-Allow-Methods", "PUT"),
            ("Access-Control-Allow-Headers", "content-type, x-a"),
            ("Access-Control-Max-Age", "600"),
            (ALLOW, ORIGIN.1),
            ("Access-Control-Allow-Credentials", "true"),
            VARY,
        ],
    );
    check(
        &closed,
        Method::Options,
        &[("Origin", "https://evil.example"), PREFLIGHT],
        &[VARY],
    );
    // Without `Access-Control-Request-Method` it is not a preflight request.
    check(&closed, Method::Options, &[], &[VARY]);
}

#[test]
fn a_cookie_value_cannot_add_attributes() {
    for (name, value) in [
        ("a b", ""),
        ("", "x"),
        ("a", "b;c"),
        ("a", "b c"),
        ("a", "\r"),
        ("a", "\u{e9}"),
        ("a=", "b"),
    ] {
        assert!(Cookie::new(name, value).is_err(), "{name:?} {value:?}");
    }
    assert!(Cookie::new("a", "b").unwrap().path("/;x").is_err());
    assert!(Cookie::new("a", "b").unwrap().domain("x\n").is_err());
    let cookie = Cookie::new("a", "").unwrap().domain("example.com").unwrap();
    assert_eq!(
        cookie.same_site_none().without_http_only().to_string(),
        "a=; Domain=example.com; Secure; SameSite=None"
    );
    assert!(
        Cookie::new("a", "b")
            .unwrap()
            .same_site_strict()
            .to_string()
            .ends_with("SameSite=Strict")
    );
}

#[test]
fn a_webhook_error_is_a_response() {
    use crate::signing::webhook::WebhookError::{InvalidSecret, MissingHeader};

    let response = MissingHeader("X-Hub-Signature-256").into_response();
    let message = "webhook refused: missing header X-Hub-Signature-256";
    assert_eq!(
        (response.status, response.body.as_str()),
        (401, Some(message))
    );
    assert!(response.failure.is_none());
    let response = InvalidSecret.into_response();
    assert_eq!(response.status, 500);
    assert_eq!(response.body.as_str(), Some("Internal Server Error"));
    assert_eq!(response.failure.unwrap().error_type(), "WebhookError");
}
