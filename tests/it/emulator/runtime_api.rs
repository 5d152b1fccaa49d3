//! The Runtime API as scripted runtimes see it: the reply to each call, and what the caller gets.

use std::io;
use std::thread;
use std::time::Duration;

use tiny_lambda::emulator::{self, Emulator, InjectedFault, InvokeResponse, Settings};
use tiny_lambda::{Error, handler};

use crate::support::client::Client;

const BASE: &str = "/2018-06-01/runtime";
const OK: &str = "202 {\"status\":\"OK\"}\n";

/// Settings with a timeout that a busy machine does not reach.
fn patient() -> Settings {
    let mut settings = Settings::default();
    settings.timeout = Duration::from_secs(60);
    settings
}

/// Settings for a conversation that runs into its timeout.
fn short() -> Settings {
    let mut settings = patient();
    settings.timeout = Duration::from_secs(1);
    settings
}

/// Plays a runtime: sends each request on one connection, and compares the status and the body. A request
/// is `METHOD path [field: value]*` with an optional body after `|`; `next` means that call, and `$`
/// the path of its invocation.
fn play(client: &mut Client, script: &[(&str, &str)]) {
    let mut id = String::new();
    for &(request, want) in script {
        let (head, body) = request.split_once('|').unwrap_or((request, ""));
        let mut words = head.split(" & ");
        let line = words.next().unwrap().trim();
        let line = match line {
            "next" => format!("GET {BASE}/invocation/next"),
            line => line.replace('$', &format!("{BASE}/invocation/{id}")),
        };
        let fields: String = words.flat_map(|field| [field.trim(), "\r\n"]).collect();
        let reply = client.request(&line, &fields, body.as_bytes());
        if let Some(new) = reply.field("Lambda-Runtime-Aws-Request-Id") {
            new.clone_into(&mut id);
        }
        let got = format!("{} {}", reply.status, reply.text());
        assert_eq!(got, want.replace("$ID", &id), "{request}");
    }
}

/// Plays a runtime while an invocation waits; returns the result of the invocation.
#[track_caller]
fn invoked(settings: Settings, script: &[(&str, &str)]) -> InvokeResponse {
    let emulator = Emulator::start_with(settings).unwrap();
    let mut client = Client::connect(emulator.addr());
    thread::scope(|scope| {
        let invocation = scope.spawn(|| emulator.invoke(b"{\"n\":1}"));
        play(&mut client, script);
        invocation.join().unwrap().unwrap()
    })
}

#[track_caller]
fn responds(settings: Settings, script: &[(&str, &str)], want: &str) {
    let reply = invoked(settings, script);
    assert!(!reply.is_error(), "{reply:?}");
    assert_eq!(String::from_utf8_lossy(&reply.body), want);
}

#[track_caller]
fn fails(settings: Settings, script: &[(&str, &str)], error_type: &str, want: &str) {
    let reply = invoked(settings, script);
    let body = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.error_type.as_deref(), Some(error_type), "{body}");
    assert!(body.contains(want), "{body}");
}

fn refused(from: &str, to: &str) -> String {
    format!(
        "403 {{\"errorMessage\":\"State transition from {from} to {to} failed for runtime. Error: \
         State transition is not allowed\",\"errorType\":\"InvalidStateTransition\"}}\n"
    )
}

const EVENT: (&str, &str) = ("next", "200 {\"n\":1}");
const UNKNOWN_ID: &str =
    "400 {\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}\n";

#[test]
fn a_test_invokes_a_handler_with_one_line() {
    let double = handler::json(|n: u32, _| Ok(n * 2));
    let reply = emulator::invoke(&double, b"21").unwrap();
    assert_eq!(
        (reply.body.as_slice(), reply.is_error()),
        (&b"42"[..], false)
    );
    let reply = emulator::invoke(&double, b"\"x\"").unwrap();
    assert_eq!(reply.error_type.as_deref(), Some("Runtime.UnmarshalError"));
    let fail = handler::json(|(), _| Err::<(), _>(Error::new("NoStock", "sold out")));
    let reply = emulator::invoke(&fail, b"null").unwrap();
    assert_eq!(reply.error_type.as_deref(), Some("Function.NoStock"));
    assert!(
        reply.body.starts_with(b"{\"errorMessage\":\"sold out\""),
        "{reply:?}"
    );
}

/// 12.2: 4.
#[test]
fn the_reply_to_next_has_the_headers_of_lambda() {
    let settings = patient();
    let emulator = Emulator::start_with(settings).unwrap();
    let mut client = Client::connect(emulator.addr());
    thread::scope(|scope| {
        let invocation = scope.spawn(|| emulator.invoke(b"{}"));
        let next = client.request(&format!("GET {BASE}/invocation/next"), "", b"");
        let field = |name: &str| {
            next.field(&format!("Lambda-Runtime-{name}"))
                .unwrap_or_default()
        };
        let id = field("Aws-Request-Id");
        assert_eq!(id.len(), 36);
        assert_ne!(field("Invocation-Id"), "");
        assert!(field("Trace-Id").starts_with("Root=1-"), "{next:?}");
        let arn = ":012345678912:function:function";
        assert!(field("Invoked-Function-Arn").ends_with(arn), "{next:?}");
        assert_eq!(next.field("Content-Type"), Some("application/json"));
        let now = std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap()
            .as_millis();
        let left = field("Deadline-Ms")
            .parse::<u128>()
            .unwrap()
            .saturating_sub(now);
        assert!((1..=60_000).contains(&left), "{left}");
        for absent in ["Client-Context", "Cognito-Identity", "Aws-Tenant-Id"] {
            assert_eq!(field(absent), "");
        }
        client.request(&format!("POST {BASE}/invocation/{id}/response"), "", b"1");
        invocation.join().unwrap().unwrap();
    });
}

/// 12.2: 2 and 3.
#[test]
fn next_gives_the_same_event_until_there_is_a_response() {
    responds(
        patient(),
        &[EVENT, EVENT, EVENT, ("POST $/response|42", OK)],
        "42",
    );
}

/// 12.2: 5 and 12.
#[test]
fn a_posted_error_is_passed_on_unchanged_and_its_type_is_normalised() {
    let check = |request: &str, error_type: &str, want: &str| {
        fails(patient(), &[EVENT, (request, OK)], error_type, want);
    };
    let header = "Lambda-Runtime-Function-Error-Type";
    check(
        &format!("POST $/error & {header}: Function.Odd|not json"),
        "Function.Odd",
        "not json",
    );
    check(
        &format!("POST $/error & {header}: Unhandled|{{}}"),
        "Runtime.Unknown",
        "{}",
    );
    check(
        &format!("POST $/error & {header}: Function.x|{{}}"),
        "Function.Unknown",
        "{}",
    );
    check("POST $/error|{}", "Runtime.Unknown", "{}");
    let made = r#"{"errorType":"Function.Odd","errorMessage":""}"#;
    check(
        &format!("POST $/error & {header}: Function.Odd"),
        "Function.Odd",
        made,
    );
}

/// 12.2: 6.
#[test]
fn a_post_is_checked_in_the_order_id_state_mode_size() {
    let too_long = "x".repeat(6 * 1024 * 1024 + 101);
    let mode = "Lambda-Runtime-Function-Response-Mode: buffered";
    responds(
        patient(),
        &[
            EVENT,
            (
                &format!("POST {BASE}/invocation/unknown/response & {mode}|{too_long}"),
                UNKNOWN_ID,
            ),
            (
                &format!("POST {BASE}/invocation/unknown/error|{{}}"),
                UNKNOWN_ID,
            ),
            ("POST $/response|1", OK),
            (
                &format!("POST $/response & {mode}|{too_long}"),
                &refused("RuntimeResponseSentState", "InvocationResponse"),
            ),
            (
                "POST $/error|{}",
                &refused("RuntimeResponseSentState", "InvocationErrorResponse"),
            ),
        ],
        "1",
    );
    let bad_mode = "400 {\"errorMessage\":\"Invalid function response mode\",\
                    \"errorType\":\"InvalidFunctionResponseMode\"}\n";
    fails(
        short(),
        &[
            EVENT,
            (&format!("POST $/response & {mode}|{too_long}"), bad_mode),
            ("next", &refused("InvocationResponse", "Ready")),
            (
                "POST $/error|{}",
                &refused("InvocationResponse", "InvocationErrorResponse"),
            ),
        ],
        "Sandbox.Timedout",
        "Task timed out after 1.00 seconds",
    );
}

/// 12.2: 7 and 8.
#[test]
fn a_response_may_have_6_mb_and_100_bytes() {
    let longest = "x".repeat(6 * 1024 * 1024 + 100);
    responds(
        patient(),
        &[EVENT, (&format!("POST $/response|{longest}"), OK)],
        &longest,
    );
    let too_long = format!("{longest}x");
    let refusal = "413 {\"errorMessage\":\"Exceeded maximum allowed payload size (6291556 \
                   bytes).\",\"errorType\":\"RequestEntityTooLarge\"}\n";
    let sent = "RuntimeResponseSentState";
    fails(
        patient(),
        &[
            EVENT,
            (&format!("POST $/response|{too_long}"), refusal),
            ("POST $/error|{}", &refused(sent, "InvocationErrorResponse")),
        ],
        "Function.ResponseSizeTooLarge",
        "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    );
}

/// 12.2: 10.
#[test]
fn the_invocation_id_is_compared_only_if_it_is_echoed() {
    let gone = "410 {\"errorMessage\":\"Invoke timeout\",\"errorType\":\"InvokeTimeout\"}\n";
    responds(
        patient(),
        &[
            EVENT,
            (
                "POST $/response & Lambda-Runtime-Invocation-Id: other|1",
                gone,
            ),
            ("POST $/error & Lambda-Runtime-Invocation-Id: other|1", gone),
            ("POST $/response & Lambda-Runtime-Invocation-Id: |2", OK),
        ],
        "2",
    );
}

/// 12.2: 11.
#[test]
fn an_init_error_is_accepted_only_before_next_and_is_the_result_of_the_first_invocation() {
    let header = "Lambda-Runtime-Function-Error-Type: Function.NoTable";
    let init_error = format!("POST {BASE}/init/error & {header}|{{\"errorMessage\":\"no table\"}}");
    fails(
        patient(),
        &[(&init_error, OK)],
        "Function.NoTable",
        "{\"errorMessage\":\"no table\"}",
    );
    let init_error = format!("POST {BASE}/init/error|{{}}");
    responds(
        patient(),
        &[
            EVENT,
            (&init_error, &refused("Running", "InitError")),
            ("POST $/response|1", OK),
        ],
        "1",
    );
    let emulator = Emulator::start().unwrap();
    play(
        &mut Client::connect(emulator.addr()),
        &[
            (&init_error, OK),
            (&init_error, &refused("InitError", "InitError")),
            ("next", &refused("InitError", "Ready")),
        ],
    );
}

#[test]
fn an_unknown_path_gets_404_and_a_wrong_method_405() {
    let emulator = Emulator::start().unwrap();
    let not_found = "404 404 page not found\n";
    play(
        &mut Client::connect(emulator.addr()),
        &[
            ("GET /", not_found),
            ("GET /2018-06-01/runtime", not_found),
            ("GET /2018-06-01/runtime/invocation/x", not_found),
            ("POST /2018-06-01/runtime/invocation/x/other", not_found),
            ("GET /2018-06-02/runtime/invocation/next", not_found),
            ("GET /2018-06-01/runtime/restore/next", not_found),
            ("POST /2018-06-01/runtime/restore/error", not_found),
            ("POST /2018-06-01/runtime/invocation/next", "405 "),
            ("GET /2018-06-01/runtime/invocation/x/response", "405 "),
            ("PUT /2018-06-01/runtime/invocation/x/error", "405 "),
            ("GET /2018-06-01/runtime/init/error", "405 "),
            ("GET /2018-06-01/ping", "200 pong"),
            (
                "GET /2026-01-15/metadata/execution-environment",
                "401 Unauthorized\n",
            ),
            (
                "GET /2026-01-15/metadata/execution-environment & Authorization: Bearer local",
                "200 {\"AvailabilityZoneID\":\"use1-az1\"}",
            ),
        ],
    );
    let mut client = Client::connect(emulator.addr());
    let reply = client.request("GET /2018-06-01/runtime/init/error", "", b"");
    assert_eq!(reply.field("Allow"), Some("POST"));
}

#[test]
fn malformed_http_is_refused_and_the_connection_is_closed() {
    let emulator = Emulator::start().unwrap();
    let next = format!("GET {BASE}/invocation/next HTTP/1.1\r\n");
    let long = "x".repeat(1 << 20);
    for (request, status, text) in [
        (format!("{next}\r\n"), 400, "missing required Host header"),
        ("nonsense\r\n\r\n".to_owned(), 400, "Bad Request"),
        (
            format!("{next}Host: h\r\nno field\r\n\r\n"),
            400,
            "Bad Request",
        ),
        (
            format!("{next}Host: h\r\nContent-Length: x\r\n\r\n"),
            400,
            "Bad Request",
        ),
        (
            format!("{next}Host: h\r\nX: {long}\r\n\r\n"),
            431,
            "Request Header Fields Too Large",
        ),
    ] {
        let mut client = Client::connect(emulator.addr());
        client.send(request.as_bytes());
        let reply = client.reply(false);
        assert_eq!(reply.status, status, "{reply:?}");
        assert!(reply.text().contains(text), "{reply:?}");
        assert_eq!(reply.field("Connection"), Some("close"));
        assert!(client.is_closed());
    }
}

/// Plays a runtime that sends exactly these bytes, with the path of the invocation for `$`.
#[track_caller]
fn sends(settings: Settings, request: &str, want: &str) -> InvokeResponse {
    let emulator = Emulator::start_with(settings).unwrap();
    let mut client = Client::connect(emulator.addr());
    thread::scope(|scope| {
        let invocation = scope.spawn(|| emulator.invoke(b"{\"n\":1}"));
        let next = client.request(&format!("GET {BASE}/invocation/next"), "", b"");
        let id = next.field("Lambda-Runtime-Aws-Request-Id").unwrap();
        let path = format!("{BASE}/invocation/{id}");
        for part in request.replace('$', &path).split_inclusive("||") {
            client.send(part.trim_end_matches("||").as_bytes());
            if part.ends_with("||") {
                assert_eq!(client.reply(false).status, 100);
            }
        }
        if want.is_empty() {
            client.shut_write();
            assert!(client.is_closed());
        } else {
            assert_eq!(client.reply(false).status.to_string(), want);
        }
        invocation.join().unwrap().unwrap()
    })
}

/// 12.2: 1.
#[test]
fn a_response_may_be_chunked_and_expect_100_continue() {
    let chunked = "POST $/response HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
                   2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    assert_eq!(sends(patient(), chunked, "202").body, b"abc");
    let held = "POST $/response HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\
                Content-Length: 3\r\n\r\n||abc";
    assert_eq!(sends(patient(), held, "202").body, b"abc");
    let absolute = "POST http://h:1$/response HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n1";
    assert_eq!(sends(patient(), absolute, "202").body, b"1");
}

#[test]
fn a_cut_response_gets_no_reply_and_the_invocation_times_out() {
    for cut in [
        "POST $/response HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc",
        "POST $/response HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ] {
        let reply = sends(short(), cut, "");
        assert_eq!(
            reply.error_type.as_deref(),
            Some("Sandbox.Timedout"),
            "{cut}"
        );
    }
}

/// 12.2: 9.
#[test]
fn a_streamed_response_is_passed_on_with_the_error_from_its_trailers() {
    let stream = |trailers: &str| {
        format!(
            "POST $/response HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\
             Content-Type: text/plain\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n\
             Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\
             \r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n{trailers}\r\n"
        )
    };
    let reply = sends(patient(), &stream(""), "202");
    assert_eq!(
        (reply.body.as_slice(), reply.error_type),
        (&b"abcdef"[..], None)
    );
    assert_eq!(reply.content_type.as_deref(), Some("text/plain"));
    let failed = stream(
        "lambda-runtime-function-error-type: Function.StreamFailed\r\n\
         lambda-runtime-function-error-body: eyJlcnJvck1lc3NhZ2UiOiJoYWxmIn0=\r\n",
    );
    let reply = sends(patient(), &failed, "202");
    assert_eq!(reply.error_type.as_deref(), Some("Function.StreamFailed"));
    assert_eq!(reply.body, br#"{"errorMessage":"half"}"#);
}

#[test]
fn a_timeout_is_a_function_error_and_the_late_response_is_refused() {
    let emulator = Emulator::start_with(short()).unwrap();
    let mut client = Client::connect(emulator.addr());
    thread::scope(|scope| {
        let first = scope.spawn(|| emulator.invoke(b"1"));
        let next = client.request(&format!("GET {BASE}/invocation/next"), "", b"");
        let id = next
            .field("Lambda-Runtime-Aws-Request-Id")
            .unwrap()
            .to_owned();
        let reply = first.join().unwrap().unwrap();
        assert_eq!(reply.error_type.as_deref(), Some("Sandbox.Timedout"));
        let late = client.request(&format!("POST {BASE}/invocation/{id}/response"), "", b"1");
        assert_eq!(format!("{} {}", late.status, late.text()), UNKNOWN_ID);
        let second = scope.spawn(|| emulator.invoke(b"2"));
        play(
            &mut client,
            &[("next", "200 2"), ("POST $/response|two", OK)],
        );
        assert_eq!(second.join().unwrap().unwrap().body, b"two");
    });
}

#[test]
fn dropping_the_emulator_ends_waiting_callers_and_runtimes() {
    let emulator = Emulator::start().unwrap();
    let mut waiting = Client::connect(emulator.addr());
    waiting.send(format!("GET {BASE}/invocation/next HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
    let mut idle = Client::connect(emulator.addr());
    let addr = emulator.addr();
    drop(emulator);
    assert!(waiting.is_closed());
    assert!(idle.is_closed());
    let refused = std::net::TcpStream::connect(addr).map_err(|error| error.kind());
    assert!(
        matches!(refused, Err(io::ErrorKind::ConnectionRefused)),
        "{refused:?}"
    );
}

/// The reply to `next` while something goes wrong, and to the response that follows.
fn faulty(fault: InjectedFault) -> (String, String) {
    let mut settings = patient();
    settings.faults = vec![(fault, 1.0)];
    let emulator = Emulator::start_with(settings).unwrap();
    let mut client = Client::connect(emulator.addr());
    let mut got = (String::new(), String::new());
    thread::scope(|scope| {
        let invocation = scope.spawn(|| emulator.invoke(b"{}"));
        let next = client.request(&format!("GET {BASE}/invocation/next"), "", b"");
        let id = next
            .field("Lambda-Runtime-Aws-Request-Id")
            .unwrap_or("x")
            .to_owned();
        got.0 = format!("{} {:?}", next.status, next.fields);
        let line = format!("POST {BASE}/invocation/{id}/response");
        let reply = client.request(&line, "", b"1");
        got.1 = format!("{} {}", reply.status, reply.text());
        let _ = invocation.join();
    });
    got
}

/// 12.2: 4 and 5.
#[test]
fn faults_strike_where_they_are_asked_to() {
    let (next, reply) = faulty(InjectedFault::LowerCase);
    assert!(next.contains("lambda-runtime-aws-request-id"), "{next}");
    assert_eq!(reply, OK);
    let (next, _) = faulty(InjectedFault::Chunked);
    assert!(next.contains("chunked"), "{next}");
    let (next, _) = faulty(InjectedFault::EmptyHeaders);
    assert!(
        next.contains("(\"Lambda-Runtime-Client-Context\", \"\")"),
        "{next}"
    );
    let (next, _) = faulty(InjectedFault::NoHeaders);
    assert!(
        !next.contains("Deadline") && next.contains("Aws-Request-Id"),
        "{next}"
    );
    let (next, _) = faulty(InjectedFault::Clock);
    assert!(
        next.contains("(\"Lambda-Runtime-Deadline-Ms\", \"600000\")"),
        "{next}"
    );
    assert_eq!(faulty(InjectedFault::Status200).1, "200 ");
    assert!(faulty(InjectedFault::Status413).1.starts_with("413 "));
    assert!(faulty(InjectedFault::Split).1.starts_with("202 "));
    assert!(faulty(InjectedFault::Slow).1.starts_with("202 "));
}

#[test]
fn our_own_runtime_gets_through_most_faults() {
    let echo = handler::bytes(|event, _| Ok(event.to_vec()));
    let mut settings = patient();
    settings.faults = [
        InjectedFault::CutAfter,
        InjectedFault::Split,
        InjectedFault::Chunked,
        InjectedFault::LowerCase,
        InjectedFault::Clock,
    ]
    .map(|fault| (fault, 0.5))
    .to_vec();
    settings.faults.push((InjectedFault::Status204, 0.2));
    let emulator = Emulator::start_with(settings).unwrap();
    let addr = emulator.addr().to_string();
    thread::scope(|scope| {
        scope.spawn(|| drop(tiny_lambda::Runtime::at(&addr).serve(&echo)));
        for i in 0..50 {
            let event = i.to_string();
            assert_eq!(
                emulator.invoke(event.as_bytes()).unwrap().body,
                event.as_bytes()
            );
        }
        drop(emulator);
    });
}

/// 12.2: 13.
#[test]
fn a_snapstart_runtime_is_restored_once_after_its_init() {
    let snap_start = || {
        let mut settings = patient();
        settings.snap_start = true;
        settings
    };
    let restore = format!("GET {BASE}/restore/next");
    responds(
        snap_start(),
        &[
            (&restore, "200 "),
            EVENT,
            (&restore, &refused("Running", "RestoreReady")),
            ("POST $/response|1", OK),
        ],
        "1",
    );
    let error = format!(
        "POST {BASE}/restore/error & Lambda-Runtime-Function-Error-Type: Runtime.AfterRestoreError|{{}}"
    );
    fails(
        snap_start(),
        &[(&restore, "200 "), (&error, OK)],
        "Runtime.AfterRestoreError",
        "{}",
    );
}

/// 12.2: 8.
#[test]
fn a_streamed_response_may_have_200_mb_if_the_caller_reads_a_stream() {
    let mut emulator = Emulator::start_with(patient()).unwrap();
    let front = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
    let stream = |n_chunks: u32, call: &str| {
        let mut caller = Client::connect(front);
        caller.send(
            format!("{call} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n").as_bytes(),
        );
        let mut runtime = Client::connect(emulator.addr());
        let next = runtime.request(&format!("GET {BASE}/invocation/next"), "", b"");
        let id = next
            .field("Lambda-Runtime-Aws-Request-Id")
            .unwrap()
            .to_owned();
        let head = format!(
            "POST {BASE}/invocation/{id}/response HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\n\
             Transfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n\r\n"
        );
        runtime.send(head.as_bytes());
        let reading = thread::spawn(move || caller.body_len());
        let chunk = [b"100000\r\n", vec![b'x'; 0x10_0000].as_slice(), b"\r\n"].concat();
        for _ in 0..n_chunks {
            runtime.send(&chunk);
        }
        runtime.send(b"0\r\n\r\n");
        let status = runtime.reply(false).status;
        // The invocation ends here.
        runtime.send(format!("GET {BASE}/invocation/next HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        (status, reading.join().unwrap(), runtime)
    };
    let (status, len, runtime) = stream(200, "GET /");
    assert_eq!((status, len), (202, Some(200 << 20)));
    drop(runtime);
    let (status, len, runtime) = stream(7, "POST /2015-03-31/functions/function/invocations");
    assert_eq!(status, 202);
    assert!(
        len.is_some_and(|len| len < 1000),
        "an error document, not {len:?}"
    );
    drop(runtime);
    let (status, len, _runtime) = stream(201, "GET /");
    assert_eq!((status, len), (413, None));
}
