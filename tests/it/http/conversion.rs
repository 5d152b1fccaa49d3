//! Conversion between events and web requests, and between web responses and what each front door reads.

use tiny_lambda::Context;
use tiny_lambda::http::{Body, Cors, Method, Request, Response, Router};
use tiny_lambda::json::{self, Value};

/// Checks the request that a handler gets: origin, method and path in `line`, query and headers.
#[track_caller]
fn check_request(event: &str, line: &str, query: &[(&str, &str)], headers: &[(&str, &str)]) {
    let request = Request::from_event(event.as_bytes()).unwrap();
    let origin = request.origin();
    let got = format!("{origin:?} {} {}", request.method(), request.path());
    assert_eq!(got, line);
    let got = request.query().unwrap();
    assert_eq!(got.iter().collect::<Vec<_>>(), query);
    assert_eq!(request.headers().iter().collect::<Vec<_>>(), headers);
}

#[test]
fn a_query_has_the_pairs_that_the_caller_has_sent() {
    #[track_caller]
    fn check(event: &str, want: &[(&str, &str)]) {
        let request = Request::from_event(event.as_bytes()).unwrap();
        let got = request.query().unwrap();
        assert_eq!(got.iter().collect::<Vec<_>>(), want, "{event}");
    }
    // A REST API decodes the query, a load balancer does not, and the others pass it on as one string.
    let rest = |parameters: &str| {
        format!(r#"{{"httpMethod":"GET","resource":"/","path":"/",{parameters}}}"#)
    };
    let alb = |parameters: &str| {
        format!(r#"{{"httpMethod":"GET","path":"/","requestContext":{{"elb":{{}}}},{parameters}}}"#)
    };
    let url = |query: &str| {
        format!(
            r#"{{"version":"2.0","rawPath":"/","rawQueryString":"{query}","requestContext":{{"http":{{"method":"GET"}}}}}}"#
        )
    };
    // Values that look encoded but are not: decoding them would be a second decoding.
    let decoded = [("a b", "1+2 %20&=#\u{e9}"), ("e", "")];
    check(
        &rest(r#""queryStringParameters":{"a b":"1+2 %20&=#\u00e9","e":""}"#),
        &decoded,
    );
    check(
        &rest(
            r#""queryStringParameters":{"a b":"last"},"multiValueQueryStringParameters":{"a b":["1+2 %20&=#\u00e9"],"e":[""]}"#,
        ),
        &decoded,
    );
    check(
        &alb(r#""queryStringParameters":{"a%20b":"1%2B2+%2520%26%3D%23%C3%A9","e":""}"#),
        &decoded,
    );
    check(
        &alb(
            r#""multiValueQueryStringParameters":{"a+b":["1%2b2%20%2520%26=%23%c3%a9"],"e":[""]}"#,
        ),
        &decoded,
    );
    check(&url("a+b=1%2B2+%2520%26=%23%C3%A9&e="), &decoded);
    check(&url("a%20b=1%2B2+%2520%26%3D%23%C3%A9&&e&"), &decoded);
    // A name that occurs more than once.
    let twice = [("a", "1"), ("a", "2"), ("b", "3"), ("a", "1")];
    check(&url("a=1&a=2&b=3&a=1"), &twice);
    let listed = r#""multiValueQueryStringParameters":{"a":["1","2"],"b":["3"]}"#;
    check(&rest(listed), &twice[..3]);
    check(&alb(listed), &twice[..3]);
    // An event without a query has it in many forms.
    for none in [
        "{}",
        "null",
        "[]",
        r#""""#,
        "7",
        r#"{"a":null}"#,
        r#"{"a":[]}"#,
    ] {
        check(&rest(&format!(r#""queryStringParameters":{none}"#)), &[]);
        check(
            &alb(&format!(r#""multiValueQueryStringParameters":{none}"#)),
            &[],
        );
    }
    check(&url(""), &[]);
    // Test events written by hand may have only one of the members.
    check(
        r#"{"version":"2.0","rawPath":"/","rawQueryString":"","queryStringParameters":{"a":"1,2"}}"#,
        &[("a", "1,2")],
    );
    check(r#"{"raw_path":"/p?a=%31","method":"GET"}"#, &[("a", "1")]);
    // A bad escape is kept, and bytes that are not UTF-8 become U+FFFD (URL Standard).
    for (query, want) in [
        ("a=%", [("a", "%")]),
        ("a=%2", [("a", "%2")]),
        ("%zz=1", [("%zz", "1")]),
        ("a=%ff", [("a", "\u{fffd}")]),
        ("a=caf%E9", [("a", "caf\u{fffd}")]),
        ("utm_term=%%URL%%", [("utm_term", "%%URL%%")]),
        ("a=50%&", [("a", "50%")]),
        ("a=%2541", [("a", "%41")]),
        ("a=1;b=2", [("a", "1;b=2")]),
        ("=b==", [("", "b==")]),
        ("a", [("a", "")]),
    ] {
        check(&url(query), &want);
        let request = Request::from_event(url(query).as_bytes()).unwrap();
        assert_eq!(request.query_string(), query);
        let form = request.with_body(query).form().unwrap();
        assert_eq!(form.iter().collect::<Vec<_>>(), want, "{query}");
        if let Some((name, value)) = query.trim_end_matches('&').split_once('=') {
            let parameter = format!(r#""queryStringParameters":{{"{name}":"{value}"}}"#);
            check(&alb(&parameter), &want);
            let parameter = format!(r#""queryStringParameters":{{"{name}":"{value}"}}"#);
            check(&rest(&parameter), &[(name, value)]);
        }
    }
    // A form may have bytes that are not UTF-8.
    let request = Request::new(Method::Post, "/").with_body(&b"a=caf\xE9&b=%E9+1"[..]);
    let form = request.form().unwrap();
    assert_eq!(
        form.iter().collect::<Vec<_>>(),
        [("a", "caf\u{fffd}"), ("b", "\u{fffd} 1")]
    );
}

#[test]
fn method_path_and_headers_are_read_from_each_form_of_event() {
    let check = check_request;
    check(
        r#"{"httpMethod":"PURGE","resource":"/{p+}","path":"/a%20b/\u00e9","headers":{"X-A":"\u00e9 \u20ac"},
            "multiValueHeaders":{"X-A":["\u00e9 \u20ac","2"],"x-b":["3"]},"requestContext":{"stage":"prod","path":"/prod/a%20b/\u00e9"}}"#,
        "RestApi PURGE /a%20b/\u{e9}",
        &[],
        &[("X-A", "\u{e9} \u{20ac}"), ("X-A", "2"), ("x-b", "3")],
    );
    // Either member may come first, and the other one may have any value.
    for (headers, multiple) in [
        (r#"{"a":"1"}"#, "null"),
        (r#"{"a":"1"}"#, "{}"),
        (r#"{"a":"1"}"#, r#"{"a":[]}"#),
        (r#"{"a":"2"}"#, r#"{"a":["1"]}"#),
        ("null", r#"{"a":["1"]}"#),
        (r#"{"a":"1"}"#, "7"),
    ] {
        for (first, second) in [
            (
                format!(r#""headers":{headers}"#),
                format!(r#""multiValueHeaders":{multiple}"#),
            ),
            (
                format!(r#""multiValueHeaders":{multiple}"#),
                format!(r#""headers":{headers}"#),
            ),
        ] {
            check(
                &format!(r#"{{"httpMethod":"HEAD","path":"/",{first},{second}}}"#),
                "RestApi HEAD /",
                &[],
                &[("a", "1")],
            );
        }
    }
    // The path of an HTTP API begins with the stage, except for the stage `$default`.
    let http_api = |stage: &str, path: &str| {
        format!(
            r#"{{"version":"2.0","rawPath":"{path}","rawQueryString":"","headers":{{"a":"1,2"}},"cookies":["c=1","d=2; e"],"requestContext":{{"stage":"{stage}","domainName":"x.execute-api.eu-west-1.amazonaws.com","http":{{"method":"OPTIONS"}}}}}}"#
        )
    };
    for (stage, path, want) in [
        ("prod", "/prod/a%2Fb", "/a%2Fb"),
        ("prod", "/prod", "/"),
        ("prod", "/prod/", "/"),
        ("prod", "/products", "/products"),
        ("$default", "/prod", "/prod"),
        ("prod", "/", "/"),
    ] {
        check(
            &http_api(stage, path),
            &format!("HttpApi OPTIONS {want}"),
            &[],
            &[("a", "1,2"), ("cookie", "c=1; d=2; e")],
        );
    }
    check(
        r#"{"version":"2.0","rawPath":"//a/../b","requestContext":{"stage":"$default","domainName":"x.lambda-url.eu-west-1.on.aws","http":{"method":"get"}}}"#,
        "FunctionUrl get //a/../b",
        &[],
        &[],
    );
    check(
        r#"{"method":"PATCH","raw_path":"/a?b=c","headers":{"host":"h"},"is_base64_encoded":false}"#,
        "LatticeV1 PATCH /a",
        &[("b", "c")],
        &[("host", "h")],
    );
    // `serviceNetworkArn` marks an event of VPC Lattice.
    check(
        r#"{"version":"2.0","method":"GET","path":"/a","rawQueryString":"b=c","requestContext":{"serviceNetworkArn":"a"}}"#,
        "LatticeV2 GET /a",
        &[("b", "c")],
        &[],
    );
    check(
        r#"{"version":"2.0","method":"DELETE","path":"/a","headers":{"host":["h"],"x":["1","2"]},"queryStringParameters":{"b":["c"]},"requestContext":{"serviceNetworkArn":"a"}}"#,
        "LatticeV2 DELETE /a",
        &[("b", "c")],
        &[("host", "h"), ("x", "1"), ("x", "2")],
    );
}

/// Converts a response for the front door that has sent `event`; returns the JSON or the error message.
fn convert(event: &str, response: &Response) -> String {
    let request = Request::from_event(event.as_bytes()).unwrap();
    match request.encode_response(response) {
        Ok(json) => String::from_utf8(json).unwrap(),
        Err(error) => error.error_message().to_owned(),
    }
}

const ALB: &str = r#"{"httpMethod":"GET","path":"/","requestContext":{"elb":{}},"headers":{}}"#;
const ALB_MULTI: &str =
    r#"{"httpMethod":"GET","path":"/","requestContext":{"elb":{}},"multiValueHeaders":{}}"#;
const LATTICE: &str = r#"{"version":"2.0","method":"GET","path":"/"}"#;
const REST: &str = r#"{"httpMethod":"GET","path":"/","headers":{}}"#;
const URL: &str = r#"{"version":"2.0","rawPath":"/","requestContext":{"http":{}}}"#;

#[test]
fn a_response_has_the_members_that_its_front_door_requires() {
    #[track_caller]
    fn check(event: &str, response: &Response, want: &str) {
        assert_eq!(convert(event, response), want);
    }
    // A load balancer requires the member `headers` even if it is empty.
    let empty = Response::new(204);
    check(
        ALB,
        &empty,
        r#"{"statusCode":204,"statusDescription":"204 No Content","headers":{},"body":"","isBase64Encoded":false}"#,
    );
    check(
        ALB_MULTI,
        &empty,
        r#"{"statusCode":204,"statusDescription":"204 No Content","multiValueHeaders":{},"body":"","isBase64Encoded":false}"#,
    );
    let want = r#"{"statusCode":204,"body":"","isBase64Encoded":false}"#;
    check(REST, &empty, want);
    check(URL, &empty, want);
    for (status, want) in [
        (200, Some("200 OK")),
        (308, Some("308 Permanent Redirect")),
        (451, Some("451 Unavailable For Legal Reasons")),
        (502, Some("502 Bad Gateway")),
        // A status without a reason phrase has no description, which would need both.
        (299, None),
        (306, None),
        (418, None),
        (511, None),
        (599, None),
    ] {
        for event in [ALB, ALB_MULTI, LATTICE] {
            let written = convert(event, &Response::new(status));
            let written: Value = json::parse(written.as_bytes()).unwrap();
            let description = written
                .get("statusDescription")
                .map(|text| text.as_str().unwrap());
            assert_eq!(description, want, "{status}");
        }
    }
    let n_described = (100..600)
        .filter(|&status| convert(ALB, &Response::new(status)).contains("statusDescription"))
        .count();
    assert_eq!(n_described, 37, "the statuses that have a reason phrase");
    // The type of the body decides, not its content: text that looks like base64, bytes that look like text.
    let text = Response::new(200).with_body("aGk=\u{0}\u{e9}\"");
    check(
        URL,
        &text,
        "{\"statusCode\":200,\"body\":\"aGk=\\u0000\u{e9}\\\"\",\"isBase64Encoded\":false}",
    );
    let bytes = Response::new(200).with_body(&b"hi\xff"[..]);
    check(
        URL,
        &bytes,
        r#"{"statusCode":200,"body":"aGn/","isBase64Encoded":true}"#,
    );
    let none = Response::new(200).with_body(Vec::new());
    check(
        URL,
        &none,
        r#"{"statusCode":200,"body":"","isBase64Encoded":true}"#,
    );
    // A redirect may have any location.
    for location in ["/a?b=c#d", "https://example.com/\u{e9}", "../x", ""] {
        let header = json::to_vec(location);
        let header = String::from_utf8(header).unwrap();
        check(
            URL,
            &Response::redirect(location),
            &format!(
                r#"{{"statusCode":303,"headers":{{"Location":{header}}},"body":"","isBase64Encoded":false}}"#
            ),
        );
    }
}

#[test]
fn a_response_with_an_invalid_header_or_status_is_an_error() {
    #[track_caller]
    fn check(response: &Response, want: &str) {
        for event in [ALB, ALB_MULTI, REST, URL] {
            assert_eq!(convert(event, response), want);
        }
    }
    const HEADER: &str = "a header with characters that it cannot have";
    for (name, value) in [
        ("a", "b\r\nSet-Cookie: c"),
        ("a", "b\nc"),
        ("a", "b\rc"),
        ("a", "\0"),
        ("a\r\nb", "c"),
        ("a b", "c"),
        ("", "c"),
        ("a:", "c"),
        ("\u{e9}", "c"),
    ] {
        check(&Response::new(200).with_header(name, value), HEADER);
    }
    check(&Response::redirect("/a\r\nSet-Cookie: b=c"), HEADER);
    for status in [0, 99, 600, 1000] {
        check(
            &Response::new(status),
            &format!("status {status} is not in 100 to 599"),
        );
    }
}

#[test]
fn router_and_cors_respond_to_what_no_handler_serves() {
    #[track_caller]
    fn check(method: Method, target: &str, fields: &[(&str, &str)], want: &str) {
        let cors = Cors::new(&["https://shop.example"]).allow_credentials();
        let router = Router::new()
            .get("/items/{id}", |r, _| {
                Ok(format!("item {}", r.param::<String>("id")?))
            })
            .post("/items", |r, _| {
                r.json::<u8>().map(|n| (201, n.to_string()))
            });
        let mut request = Request::new(method, target);
        for (name, value) in fields {
            request = match *name {
                "body" => request.with_body(*value),
                name => request.with_header(name, value),
            };
        }
        let handler = |request| router.handle(request, &Context::default());
        let got = cors.handle(request, handler).unwrap();
        let allow = |name| got.headers.get(name).unwrap_or("-").to_owned();
        let got = format!(
            "{} {} {} {} {}",
            got.status,
            got.body.as_str().unwrap(),
            allow("Allow"),
            allow("Access-Control-Allow-Origin"),
            allow("Access-Control-Allow-Credentials"),
        );
        assert_eq!(got, want, "{target}");
    }
    const SHOP: (&str, &str) = ("origin", "https://shop.example");
    check(
        Method::Get,
        "/items/a%2Fb%20%C3%A9+",
        &[],
        "200 item a/b \u{e9}+ - - -",
    );
    check(Method::Head, "/items/7", &[], "200  - - -");
    check(Method::Get, "/items/", &[], "404  - - -");
    check(Method::Get, "//items/7", &[], "404  - - -");
    check(Method::Delete, "/items/7", &[], "405  GET, HEAD - -");
    check(Method::Options, "/items", &[], "405  POST - -");
    check(Method::Options, "/nowhere", &[], "404  - - -");
    check(
        Method::Get,
        "/items/7",
        &[SHOP],
        "200 item 7 - https://shop.example true",
    );
    check(
        Method::Options,
        "/items",
        &[SHOP, ("access-control-request-method", "POST")],
        "204  - https://shop.example true",
    );
    // Errors of the caller have the CORS headers, so that its script can read them.
    check(
        Method::Post,
        "/items",
        &[SHOP, ("body", "[1]")],
        "400 in the body: expected an integer, found an array at $ (offset 0, line 1, column 1) \
         - https://shop.example true",
    );
    check(
        Method::Get,
        "/items/%zz",
        &[SHOP],
        "200 item %zz - https://shop.example true",
    );
}

#[test]
fn a_body_has_the_bytes_that_were_sent() {
    #[track_caller]
    fn check(members: &str, want: &Body) {
        for base in [
            r#""httpMethod":"PUT","path":"/""#,
            r#""httpMethod":"PUT","path":"/","requestContext":{"elb":{}}"#,
            r#""version":"2.0","rawPath":"/","requestContext":{"http":{"method":"PUT"}}"#,
            r#""version":"2.0","path":"/","method":"PUT""#,
        ] {
            let event = format!("{{{base},{members}}}");
            let request = Request::from_event(event.as_bytes()).unwrap();
            assert_eq!(request.body().unwrap(), want);
        }
    }
    check(
        r#""body":"/+8=","isBase64Encoded":true"#,
        &Body::Bytes(vec![0xff, 0xef]),
    );
    check(
        r#""body":"","isBase64Encoded":true"#,
        &Body::Bytes(Vec::new()),
    );
    check(
        r#""isBase64Encoded":false,"body":"\u00e9\r\n\u0000""#,
        &Body::Text("\u{e9}\r\n\0".into()),
    );
    check(r#""body":null,"isBase64Encoded":false"#, &Body::Empty);
    check(r#""x":1"#, &Body::Empty);
}
