//! `Runtime::serve` in conversation with a scripted Runtime API.

use std::time::{Duration, Instant, SystemTime};

use tiny_lambda::handler::{self, Handler};
use tiny_lambda::json::{self, Value};
use tiny_lambda::{Context, Error, Runtime};

use super::play;
use crate::support::runtime_api::{
    ACCEPTED, GET_NEXT, NEXT, POST_ERROR, POST_RESPONSE, Step, converse, step, step_and_close,
    within,
};

/// Doubles the number in a string.
fn double() -> impl Handler {
    handler::json(|text: String, _| Ok(text.parse::<u8>()? * 2))
}

/// 12.1: 10, 27, 29.
#[test]
fn next_and_response_use_one_connection() {
    let script = [
        step(GET_NEXT, NEXT),
        step(POST_RESPONSE, ACCEPTED),
        step(GET_NEXT, NEXT),
        step(POST_RESPONSE, ACCEPTED),
    ];
    let (mut host, mut end) = (String::new(), None);
    let requests = converse(&script, |addr| {
        host = addr.to_string();
        end = Runtime::at(&host).serve(&double()).err();
    });
    let end = end.expect("the Runtime API has gone");
    let fields: Vec<_> = requests[0]
        .fields
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        fields,
        ["Host", "User-Agent"],
        "a GET has no body and no other header"
    );
    assert_eq!(requests[0].field("Host"), Some(host.as_str()));
    let agent = concat!("tiny-lambda/", env!("CARGO_PKG_VERSION"));
    assert_eq!(requests[1].field("User-Agent"), Some(agent));
    assert_eq!(requests[1].field("Content-Type"), Some("application/json"));
    let fields = requests[1].fields.iter().map(|(name, _)| name.as_str());
    let fields: Vec<_> = fields.collect();
    assert_eq!(
        fields,
        ["Host", "User-Agent", "Content-Type", "Content-Length"]
    );
    assert_eq!(requests[1].text(), "14");
    assert_eq!(requests[3].text(), "14");
    assert_eq!(end.error_type(), "Runtime.LambdaRuntimeClientError");
    assert!(
        end.error_message()
            .contains("GET invocation/next: cannot connect: "),
        "{end}"
    );
}

/// 12.1: 21 and 30.
#[test]
fn a_function_error_is_posted_and_the_next_invocation_is_served() {
    let script = [
        step(GET_NEXT, NEXT.replace("\"7\"", "\"x\"")),
        step(POST_ERROR, ACCEPTED),
        step(GET_NEXT, NEXT),
        step(POST_RESPONSE, ACCEPTED),
    ];
    let (requests, _) = play(&script, &double());
    let error = &requests[1];
    assert_eq!(error.field("Content-Type"), Some("application/json"));
    let header = error.field("Lambda-Runtime-Function-Error-Type");
    assert_eq!(header, Some("Function.ParseIntError"));
    // The place is that of the `?`.
    let start = r#"{"errorMessage":"invalid digit found in string","errorType":"ParseIntError","stackTrace":["tests/it/runtime/serve.rs:"#;
    assert!(error.text().starts_with(start), "{}", error.text());
    assert_eq!(
        error.field("Lambda-Runtime-Function-XRay-Error-Cause"),
        None
    );
    assert_eq!(requests[3].text(), "14");
}

#[test]
fn an_event_of_the_wrong_type_is_an_unmarshal_error_with_its_place() {
    #[track_caller]
    fn check(event: &str, want: &str) {
        let next = NEXT.replace("3\r\n\r\n\"7\"", &format!("{}\r\n\r\n{event}", event.len()));
        let script = [step(GET_NEXT, next), step(POST_ERROR, ACCEPTED)];
        let first = handler::json(|texts: Vec<(String, String)>, _| Ok(texts));
        let (requests, _) = play(&script, &first);
        let error = &requests[1];
        let header = error.field("Lambda-Runtime-Function-Error-Type");
        assert_eq!(header, Some("Runtime.UnmarshalError"));
        assert!(
            error
                .text()
                .contains(r#""errorType":"Runtime.UnmarshalError""#)
        );
        assert!(error.text().contains(want), "{}", error.text());
    }
    check(
        r#"{"a":"b","c":7}"#,
        "expected a string, found a number at $.c (offset 13, line 1, column 14)",
    );
    check("", "(offset 0, line 1, column 1)");
    check("{\"a\":\n\"b\"} x", "(offset 11, line 2, column 6)");
    check("{\"a\": \u{1}}", "(offset 6");
}

#[test]
fn a_handler_of_bytes_gets_and_returns_any_bytes() {
    let next = NEXT.replace("\"7\"", "\0{]");
    let script = [step(GET_NEXT, next), step(POST_RESPONSE, ACCEPTED)];
    let reverse = handler::bytes(|event, _| Ok(event.iter().rev().copied().collect()));
    let (requests, _) = play(&script, &reverse);
    assert_eq!(requests[1].body, b"]{\0");
    assert_eq!(
        requests[1].field("Content-Type"),
        Some("application/octet-stream")
    );
}

/// 12.1: 32.
#[test]
fn the_error_of_a_traced_invocation_has_its_xray_cause_in_a_header() {
    #[track_caller]
    fn check(trace: &str, message: &str, want: Option<&str>) {
        let traced = format!("OK\r\nLambda-Runtime-Trace-Id: {trace}");
        let next = NEXT.replace("OK", &traced);
        let script = [step(GET_NEXT, next), step(POST_ERROR, ACCEPTED)];
        let fail = handler::json(|_: String, _| -> tiny_lambda::Result<()> {
            Err(Error::new("NoStock", message))
        });
        let (requests, _) = play(&script, &fail);
        let cause = requests[1].field("Lambda-Runtime-Function-XRay-Error-Cause");
        assert_eq!(cause.is_some(), want.is_some(), "{cause:?}");
        let (Some(cause), Some(want)) = (cause, want) else {
            return;
        };
        assert!(cause.len() < 64 << 10 && cause.bytes().all(|b| matches!(b, b' '..=b'~')));
        assert!(cause.contains(want), "{want} in {cause}");
        let cause: Value = json::parse(cause.as_bytes()).unwrap();
        let text = |pointer| cause.pointer(pointer).and_then(Value::as_str);
        assert_eq!(text("/exceptions/0/type"), Some("NoStock"));
        assert_eq!(text("/exceptions/0/message"), Some(message));
        assert_eq!(text("/exceptions/0/stack/0/path"), Some(file!()));
        assert_eq!(text("/paths/0"), Some(file!()));
        let line = cause.pointer("/exceptions/0/stack/0/line");
        assert!(line.and_then(Value::as_u64) > Some(0));
    }
    let trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1";
    check(trace, "sold out", Some(r#""message":"sold out""#));
    check(trace, "a\r\n\0b", Some(r"a\r\n\u0000b"));
    check(
        trace,
        "\u{e9}\u{1f980}\u{7f}",
        Some(r"\u00E9\uD83E\uDD80\u007F"),
    );
    check(trace, &"x".repeat(59 << 10), Some("xxx"));
    check(trace, &"x".repeat(60 << 10), None);
    // The header is not sent if the invocation is not traced.
    check("", "sold out", None);
}

/// 12.1: 33.
#[test]
fn the_unit_value_is_sent_as_null() {
    let script = [step(GET_NEXT, NEXT), step(POST_RESPONSE, ACCEPTED)];
    let (requests, _) = play(&script, &handler::json(|_: String, _| Ok(())));
    assert_eq!(requests[1].text(), "null");
}

/// 12.1: 12, 15, 16.
#[test]
fn the_context_has_every_header_of_next() {
    let next = "HTTP/1.1 200 OK\r\n\
        Lambda-Runtime-Aws-Request-Id: 8476a536\r\n\
        lambda-runtime-deadline-ms:1542409706888\r\n\
        LAMBDA-RUNTIME-INVOKED-FUNCTION-ARN: arn:aws:lambda:us-east-2:123456789012:function:f\r\n\
        Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1\r\n\
        Lambda-Runtime-Client-Context: {\"custom\":{}}\r\n\
        Lambda-Runtime-Cognito-Identity: {\"cognitoIdentityId\":\"i\"}\r\n\
        Lambda-Runtime-Aws-Tenant-Id: t-1\r\n\
        Lambda-Runtime-Invocation-Id: nonce-1\r\n\
        Content-Type: application/json\r\nContent-Length: 4\r\n\r\nnull";
    let script = [
        step(GET_NEXT, next),
        step(POST_RESPONSE, ACCEPTED),
        step(GET_NEXT, NEXT),
        step(POST_RESPONSE, ACCEPTED),
    ];
    let show = handler::bytes(|_, cx: &Context| {
        let deadline = cx
            .deadline
            .map(|at| at.duration_since(SystemTime::UNIX_EPOCH).unwrap());
        let texts = [
            Some(&cx.request_id),
            cx.invoked_function_arn.as_ref(),
            cx.xray_trace_id.as_ref(),
            cx.client_context.as_ref(),
            cx.identity.as_ref(),
            cx.tenant_id.as_ref(),
        ];
        Ok(format!("{:?} {texts:?}", deadline.map(|at| at.as_millis())).into_bytes())
    });
    let (requests, _) = play(&script, &show);
    assert_eq!(
        requests[1].text(),
        r#"Some(1542409706888) [Some("8476a536"), Some("arn:aws:lambda:us-east-2:123456789012:function:f"), Some("Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1"), Some("{\"custom\":{}}"), Some("{\"cognitoIdentityId\":\"i\"}"), Some("t-1")]"#
    );
    assert_eq!(
        requests[1].field("Lambda-Runtime-Invocation-Id"),
        Some("nonce-1")
    );
    assert_eq!(
        requests[3].text(),
        r#"None [Some("8476a536"), None, None, None, None, None]"#
    );
    assert_eq!(requests[3].field("Lambda-Runtime-Invocation-Id"), None);
}

/// 12.1: 31.
#[test]
fn a_panic_is_posted_with_its_place_and_the_next_invocation_is_served() {
    let script = [
        step(GET_NEXT, NEXT.replace("\"7\"", "200")),
        step(POST_ERROR, ACCEPTED),
        step(GET_NEXT, NEXT.replace("\"7\"", "  1")),
        step(POST_RESPONSE, ACCEPTED),
    ];
    let pick = handler::json(|n: usize, _| Ok([1, 2, 3][n]));
    let (requests, _) = play(&script, &pick);
    let error = &requests[1];
    assert_eq!(
        error.field("Lambda-Runtime-Function-Error-Type"),
        Some("Runtime.Panic")
    );
    let text = error.text();
    assert!(text.contains(r#""errorType":"Runtime.Panic""#), "{text}");
    assert!(
        text.contains(&format!("panicked at {}:", file!())),
        "{text}"
    );
    assert!(text.contains("the len is 3 but the index is 200"), "{text}");
    assert_eq!(requests[3].text(), "2");
}

#[test]
fn a_panic_payload_that_panics_when_it_is_dropped_is_survived() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let script = [
        step(GET_NEXT, NEXT),
        step(POST_ERROR, ACCEPTED),
        step(GET_NEXT, NEXT),
    ];
    let throw =
        handler::json(|_: String, _| -> tiny_lambda::Result<()> { std::panic::panic_any(Bomb) });
    let (requests, _) = play(
        &[&script[..], &[step(POST_ERROR, ACCEPTED)]].concat(),
        &throw,
    );
    assert!(
        requests[3].text().contains("a value that is not a string"),
        "{}",
        requests[3].text()
    );
}

/// 12.1: 26.
#[test]
fn a_response_over_6_mb_is_a_function_error_and_is_not_sent() {
    const LEN_MAX: usize = 6 * 1024 * 1024 + 100;
    let of_len =
        handler::json(|len: String, _| Ok("x".repeat(LEN_MAX - 2 + len.parse::<usize>()? - 7)));
    let script = [
        step(GET_NEXT, NEXT),
        step(POST_RESPONSE, ACCEPTED),
        step(GET_NEXT, NEXT.replace("\"7\"", "\"8\"")),
        step(POST_ERROR, ACCEPTED),
    ];
    let (requests, _) = play(&script, &of_len);
    assert_eq!(requests[1].body.len(), LEN_MAX);
    let error = requests[3].text();
    assert!(error.contains("Function.ResponseSizeTooLarge"), "{error}");
    assert!(error.contains("6291557 bytes"), "{error}");
    assert!(error.contains("6291556"), "{error}");
}

#[test]
fn a_connection_that_the_server_closes_between_requests_is_replaced() {
    let script = [
        step_and_close(GET_NEXT, NEXT.replace("OK", "OK\r\nConnection: close")),
        step_and_close(
            POST_RESPONSE,
            ACCEPTED.replace("Accepted", "Accepted\r\nConnection: close"),
        ),
        step_and_close(GET_NEXT, ""),
        step(GET_NEXT, NEXT),
        step_and_close(POST_RESPONSE, ACCEPTED),
        step(GET_NEXT, NEXT),
        step(POST_RESPONSE, ACCEPTED),
    ];
    let (requests, _) = play(&script, &double());
    assert_eq!(requests[6].text(), "14");
}

#[test]
fn the_next_invocation_is_served_after_a_refused_response() {
    for status in [
        "400 Bad Request",
        "403 Forbidden",
        "410 Gone",
        "413 Too Large",
        "404 Not Found",
    ] {
        let refusal = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}");
        let script = [
            step(GET_NEXT, NEXT),
            step(POST_RESPONSE, &refusal),
            step(GET_NEXT, NEXT.replace("\"7\"", "  7")),
            step(POST_ERROR, &refusal),
            step(GET_NEXT, NEXT),
            step(POST_RESPONSE, ACCEPTED),
        ];
        assert_eq!(play(&script, &double()).0[5].text(), "14", "{status}");
    }
}

/// 12.1: 13, 18, 25.
#[test]
fn status_500_and_repeated_errors_of_next_end_the_runtime() {
    #[track_caller]
    fn check(script: &[Step], want: &str) {
        let (_, end) = play(script, &double());
        assert!(end.error_message().contains(want), "{end}");
    }
    let failure = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops";
    let forbidden = failure.replace("500 Internal Server Error", "403 Forbidden");
    check(
        &[step(GET_NEXT, failure)],
        "GET invocation/next: status 500: oops",
    );
    check(
        &[step(GET_NEXT, forbidden)],
        "GET invocation/next: status 403: oops",
    );
    let script = [step(GET_NEXT, NEXT), step(POST_RESPONSE, failure)];
    check(&script, "POST response: status 500: oops");
    let script = [
        step(GET_NEXT, NEXT.replace("\"7\"", "  7")),
        step(POST_ERROR, failure),
    ];
    check(&script, "POST error: status 500: oops");
    let nameless = NEXT.replace("Lambda-Runtime-Aws-Request-Id: 8476a536", "x: y");
    check(
        &[step(GET_NEXT, nameless)],
        "reply without Lambda-Runtime-Aws-Request-Id",
    );
    let late = "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n";
    check(
        &[
            step(GET_NEXT, late),
            step(GET_NEXT, late),
            step(GET_NEXT, late),
        ],
        "status 503: ",
    );
}

#[test]
fn next_is_sent_again_after_204_and_after_a_cut_reply() {
    let script = [
        step(GET_NEXT, "HTTP/1.1 204 No Content\r\n\r\n"),
        step(GET_NEXT, "HTTP/1.1 204 No Content\r\n\r\n"),
        step_and_close(GET_NEXT, "HTTP/1.1 2"),
        step_and_close(GET_NEXT, NEXT.strip_suffix("\"").unwrap()),
        step(GET_NEXT, NEXT),
        step(POST_RESPONSE, ACCEPTED),
    ];
    assert_eq!(play(&script, &double()).0[5].text(), "14");
}

#[test]
fn a_response_that_was_sent_whole_is_not_sent_again_without_a_reply() {
    let script = [
        step(GET_NEXT, NEXT),
        step_and_close(POST_RESPONSE, ""),
        step(GET_NEXT, NEXT),
        step_and_close(POST_RESPONSE, "HTTP/1.1 202"),
        step(GET_NEXT, NEXT),
        step(POST_RESPONSE, ACCEPTED),
    ];
    assert_eq!(play(&script, &double()).0[5].text(), "14");
}

#[test]
fn an_unusable_address_ends_the_runtime_within_a_second() {
    #[track_caller]
    fn check(endpoint: &str, want: &str) {
        within(Duration::from_secs(1), || {
            let start = Instant::now();
            let end = Runtime::at(endpoint)
                .serve(&double())
                .expect_err("nothing is there");
            let took = start.elapsed();
            assert!(end.error_message().contains(want), "{end}");
            assert!(end.error_message().contains(endpoint), "{end}");
            took
        });
    }
    check("127.0.0.1:1", "cannot connect: Connection refused");
    check("no address", "it must be host:port");
    check("", "AWS_LAMBDA_RUNTIME_API is \"\"");
    // A label of a host name has at most 63 characters, so no name server is asked.
    let name = format!("{}.example:9001", "x".repeat(64));
    let why = if cfg!(feature = "dns") {
        "its host name has no address"
    } else {
        "(other names need the feature `dns`)"
    };
    check(&name, why);
}

/// Uses the names in /etc/hosts, which need no name server.
#[cfg(all(feature = "dns", unix))]
#[test]
fn a_host_name_is_looked_up() {
    use std::net::{IpAddr, TcpListener};
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let mut n_names = 0;
    for line in hosts.lines() {
        let mut words = line.split('#').next().unwrap().split_whitespace();
        let Some(Ok(ip)) = words.next().map(str::parse::<IpAddr>) else {
            continue;
        };
        let listener = TcpListener::bind((ip, 0));
        let (true, Ok(listener)) = (ip.is_loopback(), listener) else {
            continue;
        };
        for name in words.filter(|name| *name != "localhost") {
            n_names += 1;
            let endpoint = format!("{name}:{}", listener.local_addr().unwrap().port());
            std::thread::scope(|scope| {
                let end = scope.spawn(|| Runtime::at(&endpoint).serve(&double()));
                let mut stream = crate::support::runtime_api::accept(&listener);
                let request = crate::support::runtime_api::read_request(&mut stream);
                assert_eq!(request.line, GET_NEXT);
                assert_eq!(request.field("Host"), Some(endpoint.as_str()));
                let end_it = crate::support::runtime_api::refusal(500);
                std::io::Write::write_all(stream.get_mut(), end_it.as_bytes()).unwrap();
                assert!(end.join().unwrap().is_err());
            });
        }
    }
    println!("names in /etc/hosts: {n_names}");
}
