//! Local services: the requests that functions send to extensions, and what becomes of each reply. A scripted peer
//! plays the extension; `call_services` in `examples/function.rs` is the function.

use std::io::{BufRead, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tiny_lambda::json;
use tiny_lambda::json::Value;

use crate::support::function::{command, example};
use crate::support::processes::wait_for_end;
use crate::support::runtime_api::{
    ACCEPTED, GET_NEXT, POST_ERROR, POST_RESPONSE, Request, Step, accept, check_elapsed,
    converse_on, listen, next, read_request, step, step_and_close,
};

const NOT_READY: &str = "not ready to serve traffic, please wait";
const FAILED: &str = "an unexpected error occurred while executing request";

/// Returns a reply with this status and body.
fn reply(status: u16, body: &str) -> String {
    let len = body.len();
    format!(
        "HTTP/1.1 {status} Reason\r\nContent-Type: text/plain\r\nContent-Length: {len}\r\n\r\n{body}"
    )
}

/// Invokes the function, which makes `calls`, with a service at `port`. Returns its response, or the type and the
/// message of its error.
fn invoke(
    port: u16,
    vars: &[(&str, &str)],
    calls: &[&str],
    deadline: Option<Duration>,
) -> Result<Value, String> {
    let port = port.to_string();
    let api = format!("127.0.0.1:{port}");
    let mut all = vec![
        ("ACT", "services"),
        ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", &port),
        ("AWS_APPCONFIG_EXTENSION_HTTP_PORT", &port),
        ("AWS_LAMBDA_METADATA_API", &api),
        ("AWS_LAMBDA_METADATA_TOKEN", "metadata-token"),
        ("AWS_SESSION_TOKEN", "session/token+="),
    ];
    for var in vars {
        all.retain(|(name, _)| *name != var.0);
        all.push(*var);
    }
    let event = json::to_vec(
        &calls
            .iter()
            .map(|call| Value::from(*call))
            .collect::<Vec<_>>(),
    );
    let mut event = next(&String::from_utf8(event).unwrap());
    if let Some(deadline) = deadline {
        let time = SystemTime::now() + deadline;
        let ms = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_millis();
        event = event.replace(
            "Content-Length",
            &format!("Lambda-Runtime-Deadline-Ms: {ms}\r\nContent-Length"),
        );
    }
    // The kind of the POST is not known before, so the path is not checked here.
    let mut posted = None;
    let listener = listen();
    let addr = listener.local_addr().unwrap();
    thread::scope(|scope| {
        let posted = &mut posted;
        // The listener is dropped at the end, which ends the function.
        scope.spawn(move || {
            let mut stream = accept(&listener);
            assert_eq!(read_request(&mut stream).line, GET_NEXT);
            stream.get_mut().write_all(event.as_bytes()).unwrap();
            *posted = Some(read_request(&mut stream));
            stream.get_mut().write_all(ACCEPTED.as_bytes()).unwrap();
        });
        let mut command = command(&example("function"), addr, &all);
        let output = wait_for_end(command.spawn().unwrap());
        assert_eq!(output.status.code(), Some(1), "the Runtime API has gone");
    });
    let posted = posted.unwrap();
    let body: Value = json::parse(&posted.body).unwrap();
    if posted.line == POST_RESPONSE {
        return Ok(body);
    }
    assert_eq!(posted.line, POST_ERROR);
    // Each error names the line of the function that made the call.
    let places = body.get("stackTrace").and_then(Value::as_array).unwrap();
    let is_call = |place: &Value| {
        let place = place.as_str().unwrap();
        place.starts_with("examples") && place.contains("function.rs:")
    };
    assert!(
        places.len() == 1 && places.iter().all(is_call),
        "{places:?} of {calls:?}"
    );
    let text = |name| body.get(name).and_then(Value::as_str).unwrap().to_owned();
    Err(text("errorType") + ": " + &text("errorMessage"))
}

/// Plays `script` to the function, which makes `calls`. Returns the requests and the function's result.
fn play(script: &[Step], calls: &[&str]) -> (Vec<Request>, Result<Value, String>) {
    let mut result = None;
    let requests = converse_on(localhost(), script, |addr| {
        result = Some(invoke(addr.port(), &[], calls, None));
    });
    (requests, result.unwrap())
}

/// The services are called at 127.0.0.1, so the peers differ in the port only.
fn localhost() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
}

/// Checks that `call` sends one request with `line`, and returns `want` after `body` with status 200.
#[track_caller]
fn check(call: &str, line: &'static str, body: &str, want: Result<Value, &str>) {
    let (_, got) = play(&[step(line, reply(200, body))], &[call]);
    let want = want.map(|value| json!([value])).map_err(str::to_owned);
    assert_eq!(got, want, "{call}");
}

const GET_P: &str = "GET /systemsmanager/parameters/get?name=p&withDecryption=true HTTP/1.1";
const GET_S: &str = "GET /secretsmanager/get?secretId=s HTTP/1.1";
const GET_C: &str = "GET /applications/c/environments/e/configurations/p HTTP/1.1";
const GET_METADATA: &str = "GET /2026-01-15/metadata/execution-environment HTTP/1.1";

/// A reply of the extension, as recorded.
const P: &str = r#"{"Parameter":{"ARN":"arn:aws:ssm:us-east-1:123456789012:parameter/p","DataType":"text",
    "LastModifiedDate":"2022-11-16T08:22:40.362Z","Name":"/p","Selector":null,"SourceResult":null,"Type":"String",
    "Value":"v \"1\"","Version":1},"ResultMetadata":{}}"#;
const S: &str = r#"{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:s-MFUBmH",
    "CreatedDate":"2022-11-16T08:22:40.499Z","Name":"s","SecretBinary":null,"SecretString":"[1,2]",
    "VersionId":"b1c367b9-7f53-4a47-82c4-be51a054b953","VersionStages":["AWSCURRENT"],"ResultMetadata":{}}"#;
const B: &str = r#"{"Name":"s","SecretBinary":"AP8=","SecretString":null}"#;

#[test]
fn a_parameter_is_read_in_each_form() {
    check("parameter p", GET_P, P, Ok("v \"1\"".into()));
    let line = "GET /systemsmanager/parameters/get?name=%2Fdb%2Furl%20%26%C3%A9&withDecryption=true HTTP/1.1";
    check("parameter /db/url &\u{e9}", line, P, Ok("v \"1\"".into()));
    let line = "GET /systemsmanager/parameters/get?name=p&version=3&label=x%20y&withDecryption=true HTTP/1.1";
    check("version p", line, P, Ok("v \"1\"".into()));
    let line = "GET /systemsmanager/parameters/get?name=p&label=x%20y HTTP/1.1";
    check("label p", line, P, Ok("v \"1\"".into()));
    let value = |value: &str| format!(r#"{{"Parameter":{{"Value":"{value}"}}}}"#);
    check(
        "list p",
        GET_P,
        &value("a,b c,"),
        Ok(json!(["a", "b c", ""])),
    );
    check(
        "parameter-json p",
        GET_P,
        &value(" [1, 2]"),
        Ok(json!([1, 2])),
    );
    check("parameter p", GET_P, &value(""), Ok("".into()));
}

#[test]
fn a_secret_is_read_in_each_form() {
    // The text counts if a reply has both, in whatever order, and `null` stands for nothing.
    for body in [
        r#"{"SecretBinary":null,"SecretString":"v"}"#,
        r#"{"SecretString":"v","SecretBinary":null}"#,
        r#"{"SecretBinary":"AA==","SecretString":"v"}"#,
        r#"{"SecretString":"v","SecretBinary":"AA=="}"#,
        r#"{"Secret\u0053tring" : "v", "Value":"w"}"#,
    ] {
        check("secret s", GET_S, body, Ok("v".into()));
    }
    check("secret s", GET_S, S, Ok("[1,2]".into()));
    check("secret-json s", GET_S, S, Ok(json!([1, 2])));
    check("bytes s", GET_S, B, Ok(json!([0, 255])));
    check("bytes s", GET_S, S, Ok(json!([91, 49, 44, 50, 93])));
    let line = "GET /secretsmanager/get?secretId=a%2Fs&versionId=b1&versionStage=A%2FB HTTP/1.1";
    check("version-id a/s", line, S, Ok("[1,2]".into()));
    check(
        "secret s",
        GET_S,
        B,
        Err("SecretError: secret \"s\": it is binary: use `bytes`"),
    );
}

#[test]
fn a_configuration_is_read_in_each_form() {
    let line = "GET /applications/shop%2F1/environments/prod%261/configurations/a%20b%2Fc HTTP/1.1";
    check(
        "configuration shop/1",
        line,
        "any text\r\n",
        Ok("any text\r\n".into()),
    );
    check("configuration-bytes c", GET_C, "x", Ok(json!([120])));
    check("configuration-json c", GET_C, "\u{feff}[1]", Ok(json!([1])));
    let flags = r#"{"a b":{"enabled":true,"limit":3,"_variant":"x"},"c":{"enabled":false}}"#;
    check("flags c", GET_C, flags, Ok(json!([true, false, 3])));
    let after_bom = format!("\u{feff}{flags}");
    check("flags c", GET_C, &after_bom, Ok(json!([true, false, 3])));
    let one = "GET /applications/c/environments/e/configurations/p?flag=a%20b HTTP/1.1";
    check(
        "flag c",
        one,
        r#"{"enabled":true,"limit":4}"#,
        Ok(json!([true, false, 4])),
    );
    check(
        "flag c",
        one,
        r#"{"a b":{"enabled":true}}"#,
        Ok(json!([true, false, null])),
    );
    let two = "GET /applications/c/environments/e/configurations/p?flag=a%20b&flag=c HTTP/1.1";
    check(
        "two c",
        two,
        r#"{"c":{"enabled":true}}"#,
        Ok(json!([false, true, null])),
    );
    let (requests, _) = play(&[step(one, reply(200, "{}"))], &["context c"]);
    let context = requests[0]
        .fields
        .iter()
        .filter(|(name, _)| name == "Context");
    assert_eq!(
        context.map(|(_, value)| value).collect::<Vec<_>>(),
        ["user=ada", "country=GB"]
    );
    let (_, got) = play(&[], &["bad-context c"]);
    let want = "ConfigurationError: configuration \"c/e/p\": the context has control characters";
    assert_eq!(got, Err(want.to_owned()));
}

#[test]
fn metadata_is_read_and_kept_during_an_invocation() {
    let body = r#"{"AvailabilityZoneID":"use1-az1","Rack":7}"#;
    check("metadata", GET_METADATA, body, Ok("use1-az1".into()));
    check("metadata", GET_METADATA, "{}", Ok(Value::Null));
    check(
        "metadata-json",
        GET_METADATA,
        body,
        Ok(json!({ "AvailabilityZoneID": "use1-az1", "Rack": 7 })),
    );
    let calls = ["metadata", "metadata"];
    let mut result = None;
    let requests = converse_on(
        localhost(),
        &[step(GET_METADATA, reply(200, body))],
        |addr| {
            result = Some(invoke(
                addr.port(),
                &[],
                &calls,
                Some(Duration::from_secs(60)),
            ));
        },
    );
    assert_eq!(result, Some(Ok(json!(["use1-az1", "use1-az1"]))));
    assert_eq!(
        requests[0].field("Authorization"),
        Some("Bearer metadata-token")
    );
    // Outside of an invocation, as before a snapshot, nothing is kept.
    let script = [
        step(GET_METADATA, reply(200, body)),
        step(GET_METADATA, reply(200, body)),
    ];
    converse_on(localhost(), &script, |addr| {
        let vars = [("ACT", "services-init")];
        let got = invoke(
            addr.port(),
            &vars,
            &["metadata"],
            Some(Duration::from_secs(60)),
        );
        assert_eq!(got, Ok(json!(["use1-az1"])));
    });
}

#[test]
fn the_token_is_sent_and_one_connection_is_used() {
    // All requests are on one connection, since no step closes it.
    let script = [
        step(GET_P, reply(200, P)),
        step(GET_S, reply(200, S)),
        step(GET_P, reply(200, P)),
    ];
    let (requests, result) = play(&script, &["parameter p", "secret s", "parameter p"]);
    assert!(result.is_ok());
    for request in requests {
        assert_eq!(
            request.field("X-Aws-Parameters-Secrets-Token"),
            Some("session/token+=")
        );
        assert_eq!(request.field("Host"), Some("localhost"));
    }
    // The extension has closed the connection in between.
    let script = [
        step_and_close(GET_P, reply(200, P)),
        step_and_close(GET_P, ""),
        step(GET_P, reply(200, P)),
    ];
    let (_, result) = play(
        &[script[0].clone(), script[2].clone()],
        &["parameter p", "parameter p"],
    );
    assert!(result.is_ok(), "{result:?}");
    let script = [
        step(GET_P, reply(200, P)),
        script[1].clone(),
        script[2].clone(),
    ];
    let (_, result) = play(&script, &["parameter p", "parameter p"]);
    assert!(result.is_ok(), "{result:?}");
}

/// The statuses and texts are those of the extension, of the agent, and of AWS.
#[test]
fn an_error_names_service_value_and_reason() {
    #[track_caller]
    fn check(call: &str, line: &'static str, status: u16, body: &str, want: &str) {
        let (_, got) = play(&[step(line, reply(status, body))], &[call]);
        assert_eq!(got, Err(want.to_owned()));
    }
    check(
        "parameter p",
        GET_P,
        400,
        FAILED,
        &format!("ParameterError: parameter \"p\": status 400: {FAILED}"),
    );
    check(
        "secret s",
        GET_S,
        500,
        "",
        "SecretError: secret \"s\": status 500",
    );
    let missing = r#"{"__type":"ParameterNotFound"}"#;
    let want = format!("ParameterNotFound: parameter \"p\": not found: {missing}");
    check("parameter p", GET_P, 400, missing, &want);
    let missing = "ResourceNotFoundException: Secrets Manager can't find the specified secret.\n";
    let want = format!(
        "SecretNotFound: secret \"s\": not found: {}",
        missing.trim()
    );
    check("secret s", GET_S, 400, missing, &want);
    let denied = r#"{"__type":"AccessDeniedException","Message":"User: arn:aws:sts::1:assumed-role/r is not authorized"}"#;
    let want = format!("SecretAccessDenied: secret \"s\": access denied: {denied}");
    check("secret s", GET_S, 400, denied, &want);
    let want = "ParameterAccessDenied: parameter \"p\": access denied: no";
    check("parameter p", GET_P, 403, "no", want);
    check(
        "parameter p",
        GET_P,
        401,
        "bad token",
        "ParameterError: parameter \"p\": status 401: bad token",
    );
    let want = "ConfigurationNotFound: configuration \"c/e/p\": not found: {}";
    check("configuration-json c", GET_C, 404, "{}", want);
    let want = "ConfigurationError: configuration \"c/e/p\": status 502: a b";
    check("configuration-json c", GET_C, 502, "a\nb", want);
    let want = "MetadataError: metadata: status 401: Unauthorized";
    check("metadata", GET_METADATA, 401, "Unauthorized", want);
    // A redirect or another success has no value either. Its body may be the secret, so it is not shown.
    for status in [201, 206, 302] {
        let want = format!("SecretError: secret \"s\": status {status}");
        check("secret s", GET_S, status, S, &want);
        let want = format!("ParameterError: parameter \"p\": status {status}");
        check("parameter p", GET_P, status, P, &want);
    }
    // The text is cut off, and bytes that are not text are marked.
    let (_, got) = play(&[step(GET_S, reply(500, &"x".repeat(5000)))], &["secret s"]);
    assert_eq!(
        got.unwrap_err().len(),
        "SecretError: secret \"s\": status 500: ".len() + 1024
    );
}

#[test]
fn a_reply_without_a_value_is_an_error_at_the_place_where_it_is_missing() {
    for (body, place) in [
        (r#"{"Parameter":{}}"#, "$.Parameter"),
        (
            r#"{"SecretString":"hunter2","Parameter":{"Name":"hunter2"},"n":1}"#,
            "$.Parameter",
        ),
        (r#"{"Parameter":"hunter2"}"#, "$.Parameter"),
        (r#"{"Parameter":null}"#, "$"),
    ] {
        let want =
            format!("ParameterError: parameter \"p\": malformed reply: unexpected JSON at {place}");
        check("parameter p", GET_P, body, Err(&want));
    }
}

#[test]
fn a_reply_that_cannot_be_read_is_an_error_without_the_value() {
    let at = |call: &str, line, body: &str, want: &str| check(call, line, body, Err(want));
    let malformed = "ParameterError: parameter \"p\": malformed reply: unexpected JSON at ";
    at("parameter p", GET_P, "<html>", &format!("{malformed}$"));
    at("parameter p", GET_P, "", &format!("{malformed}$"));
    at(
        "parameter p",
        GET_P,
        r#"{"Parameter":{"Value":"hun"#,
        &format!("{malformed}$.Parameter.Value"),
    );
    at(
        "parameter p",
        GET_P,
        r#"{"Parameter":{"Value":[7]}}"#,
        &format!("{malformed}$.Parameter.Value"),
    );
    at(
        "parameter p",
        GET_P,
        r#"{"Parameter":{"Value":null}}"#,
        &format!("{malformed}$.Parameter.Value"),
    );
    at("parameter p", GET_P, "{}", &format!("{malformed}$"));
    let malformed = "SecretError: secret \"s\": malformed reply: ";
    at(
        "secret s",
        GET_S,
        "{",
        &format!("{malformed}unexpected JSON at $"),
    );
    at(
        "secret s",
        GET_S,
        "{}",
        &format!("{malformed}it has neither SecretString nor SecretBinary"),
    );
    at(
        "bytes s",
        GET_S,
        "{}",
        &format!("{malformed}it has neither SecretString nor SecretBinary"),
    );
    let body = r#"{"SecretBinary":"hunter2"}"#;
    at(
        "bytes s",
        GET_S,
        body,
        "SecretError: secret \"s\": its binary value is not base64",
    );
    let form = "its JSON does not have the requested form at ";
    let body = r#"{"SecretString":"[1, \"hunter2\"]"}"#;
    at(
        "secret-json s",
        GET_S,
        body,
        &format!("SecretError: secret \"s\": {form}$[1]"),
    );
    let body = r#"{"Parameter":{"Value":"[1, 99999]"}}"#;
    at(
        "parameter-json p",
        GET_P,
        body,
        &format!("ParameterError: parameter \"p\": {form}$[1]"),
    );
    let start = "ConfigurationError: configuration \"c/e/p\": ";
    for (call, body, want) in [
        (
            "configuration-json c",
            "",
            "expected a value, found the end of the text at $",
        ),
        ("flags c", "[]", "expected an object"),
        ("flags c", r#"{"a":{}}"#, "missing member `enabled` at $.a"),
        (
            "flags c",
            r#"{"a":{"enabled":"yes"}}"#,
            "expected a boolean, found a string at $.a.enabled",
        ),
    ] {
        let (_, got) = play(&[step(GET_C, reply(200, body))], &[call]);
        let got = got.unwrap_err();
        assert!(got.starts_with(&format!("{start}{want}")), "{got}");
    }
    let latin = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xe9";
    let line = "GET /applications/c/environments/prod%261/configurations/a%20b%2Fc HTTP/1.1";
    let (_, got) = play(&[step(line, latin)], &["configuration c"]);
    assert!(
        got.unwrap_err()
            .ends_with("expected text, found bytes that are not UTF-8")
    );
    let (_, got) = play(&[step(GET_METADATA, reply(200, "[]"))], &["metadata"]);
    assert_eq!(
        got,
        Err("MetadataError: metadata: malformed reply: unexpected JSON at $".to_owned())
    );
}

/// The error is that of the form which the reply has: one flag, or flags by name.
#[test]
fn a_malformed_flag_is_an_error_about_its_own_form() {
    let start = "ConfigurationError: configuration \"c/e/p\": ";
    let one = "GET /applications/c/environments/e/configurations/p?flag=a%20b HTTP/1.1";
    for (body, want) in [
        (
            r#"{"enabled":"yes"}"#,
            "expected a boolean, found a string at $.enabled",
        ),
        (r#"{"limit":3}"#, "missing member `enabled` at $ "),
        (
            r#"{"a b":{"enabled":"yes"}}"#,
            "expected a boolean, found a string at $[\"a b\"].enabled",
        ),
        (r#"{"a b":{}}"#, "missing member `enabled` at $[\"a b\"]"),
        ("[]", "expected an object, found an array at $ "),
        (
            "{",
            "expected a member's name in quotes, found the end of the text at $ ",
        ),
    ] {
        let (_, got) = play(&[step(one, reply(200, body))], &["flag c"]);
        let got = got.unwrap_err();
        assert!(got.starts_with(&format!("{start}{want}")), "{got}");
    }
}

#[test]
fn a_reply_that_is_cut_or_too_long_is_an_error() {
    let too_long = "HTTP/1.1 200 OK\r\nContent-Length: 4194305\r\n\r\n";
    let interim = "HTTP/1.1 102 Processing\r\n\r\n".repeat(100);
    let flood = "HTTP/1.1 200 OK\r\n".to_owned() + &"X: y\r\n".repeat(200_000);
    for (bytes, want) in [
        ("", "connection closed without a reply"),
        (
            "HTTP/1.1 200 OK\r\nContent-Le",
            "connection closed within the head",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
            "connection closed within the body",
        ),
        ("SSH-2.0-OpenSSH\r\n", "malformed status line"),
        (too_long, "body too long"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            "malformed Content-Length",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            "body too long",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX\r\n\r\n",
            "malformed trailer",
        ),
        (&interim, "unexpected interim reply"),
        (&flood, "head of over 1 MiB"),
    ] {
        let (_, got) = play(&[step_and_close(GET_P, bytes)], &["parameter p"]);
        assert_eq!(got, Err(format!("ParameterError: parameter \"p\": {want}")));
    }
}

#[test]
fn an_odd_reply_has_a_value() {
    let len = P.len();
    let chunks = format!("{len:x}\r\n{P}\r\n0\r\nX-Sum: 1\r\n\r\n");
    let stale = format!("{}HTTP/1.1 500 Stale\r\n\r\n", reply(200, P));
    for bytes in [
        format!("HTTP/1.1 100 Continue\r\n\r\n{}", reply(200, P)),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"),
        format!("HTTP/1.1 200 OK\r\nX: \0\r\n y\r\n\r\n{P}"),
        format!("HTTP/1.0 200 OK\nContent-Length: {len}\nContent-Length: {len}\n\n{P}"),
        // A reply and a second one without a request.
        stale,
    ] {
        // Each of them ends the connection, so the second request is on a new one.
        let script = [step_and_close(GET_P, &bytes), step(GET_S, reply(200, S))];
        let (_, got) = play(&script, &["parameter p", "secret s"]);
        assert_eq!(got, Ok(json!(["v \"1\"", "[1,2]"])), "{bytes}");
    }
}

/// No text of a service exhausts the stack or breaks the line of the error.
#[test]
fn a_hostile_body_is_an_error() {
    let deep = "[".repeat(1 << 20);
    for body in [&deep, &format!(r#"{{"Parameter":{{"Value":{deep}"#)] {
        let (_, got) = play(&[step(GET_P, reply(200, body))], &["parameter p"]);
        let got = got.unwrap_err();
        let want = "ParameterError: parameter \"p\": malformed reply: unexpected JSON at $";
        assert!(got.starts_with(want), "{got}");
    }
    let calls = ["configuration-json c", "flags c"];
    for call in calls {
        let (_, got) = play(&[step(GET_C, reply(200, &deep))], &[call]);
        let got = got.unwrap_err();
        assert!(got.starts_with("ConfigurationError: "), "{got}");
    }
    let (_, got) = play(&[step(GET_S, reply(500, "a\r\n\0b"))], &["secret s"]);
    let want = "SecretError: secret \"s\": status 500: a   b";
    assert_eq!(got, Err(want.to_owned()));
}

#[test]
fn a_call_is_repeated_while_the_extension_is_not_ready() {
    let not_ready = step(GET_P, reply(400, NOT_READY));
    let script = [
        not_ready.clone(),
        not_ready.clone(),
        step(GET_P, reply(200, P)),
    ];
    let (_, got) = play(&script, &["parameter p"]);
    assert_eq!(got, Ok(json!(["v \"1\""])));
    // It closes the connection after each reply.
    let script = [
        step_and_close(GET_P, reply(400, NOT_READY)),
        step_and_close(GET_P, reply(400, NOT_READY)),
        step(GET_P, reply(200, P)),
    ];
    let (_, got) = play(&script, &["parameter p"]);
    assert_eq!(got, Ok(json!(["v \"1\""])));
    // It is never ready: six requests at most, with pauses of 10, 20, 40, 80 and 160 ms. Fewer, if the machine is slow.
    let is_over = AtomicBool::new(false);
    let listener = localhost();
    let port = listener.local_addr().unwrap().port();
    thread::scope(|scope| {
        let peer = scope.spawn(|| {
            let mut stream = accept(&listener);
            let mut times = Vec::new();
            while !is_over.load(Ordering::SeqCst)
                && stream.fill_buf().is_ok_and(|bytes| !bytes.is_empty())
            {
                read_request(&mut stream);
                times.push(Instant::now());
                stream
                    .get_mut()
                    .write_all(reply(400, NOT_READY).as_bytes())
                    .unwrap();
            }
            times
        });
        let got = invoke(port, &[], &["secret s"], None);
        is_over.store(true, Ordering::SeqCst);
        assert_eq!(
            got,
            Err(format!(
                "SecretError: secret \"s\": status 400: {NOT_READY}"
            ))
        );
        let times = peer.join().unwrap();
        assert!((2..=6).contains(&times.len()), "{times:?}");
    });
}

#[test]
fn a_slow_extension_is_an_error_before_the_deadline() {
    for bytes in ["", "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"] {
        let is_over = AtomicBool::new(false);
        let listener = localhost();
        let port = listener.local_addr().unwrap().port();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut stream = accept(&listener);
                read_request(&mut stream);
                stream.get_mut().write_all(bytes.as_bytes()).unwrap();
                while !is_over.load(Ordering::SeqCst) {
                    // One byte at a time is no progress.
                    if !bytes.is_empty() && stream.get_mut().write_all(b"x").is_err() {
                        break;
                    }
                    thread::sleep(Duration::from_millis(20));
                }
            });
            let begin = Instant::now();
            let got = invoke(
                port,
                &[],
                &["parameter p"],
                Some(Duration::from_millis(1500)),
            );
            is_over.store(true, Ordering::SeqCst);
            let want = "ParameterError: parameter \"p\": no whole reply in time";
            assert_eq!(got, Err(want.to_owned()));
            check_elapsed(begin, Duration::from_secs(8));
        });
    }
}

/// The system takes some megabytes of a request that nobody reads, so a longer one has to wait.
#[test]
fn a_name_that_the_extension_does_not_read_is_an_error_before_the_deadline() {
    let listener = localhost();
    let port = listener.local_addr().unwrap().port();
    let call = format!("parameter {}", "/".repeat(5_000_000));
    let begin = Instant::now();
    let got = invoke(port, &[], &[&call], Some(Duration::from_millis(1500)));
    let got = got.unwrap_err();
    // Messages of this length are cut off.
    let start = got.get(..30).unwrap();
    assert!(start.starts_with("ParameterError: parameter"), "{start}");
    check_elapsed(begin, Duration::from_secs(60));
}

#[test]
fn a_missing_extension_is_an_error_that_says_what_to_add() {
    let listener = localhost();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let refused = "cannot connect: Connection refused (os error 111); the function needs the layer of the AWS ";
    for (call, start, page) in [
        (
            "parameter p",
            "ParameterError: parameter \"p\"",
            "ps-integration-lambda-extensions.html",
        ),
        (
            "secret s",
            "SecretError: secret \"s\"",
            "ps-integration-lambda-extensions.html",
        ),
        (
            "flags c",
            "ConfigurationError: configuration \"c/e/p\"",
            "lambda-extensions-versions.html",
        ),
    ] {
        let got = invoke(port, &[], &[call], None).unwrap_err();
        if cfg!(target_os = "linux") {
            assert!(
                got.starts_with(&format!("{start}: {refused}")) && got.ends_with(page),
                "{got}"
            );
        }
    }
    let got = invoke(port, &[], &["metadata"], None).unwrap_err();
    assert!(
        got.starts_with("MetadataError: metadata: cannot connect: "),
        "{got}"
    );
}

#[test]
fn a_missing_or_malformed_variable_is_an_error() {
    let check = |var: (&str, &str), call: &str, want: &str| {
        let got = invoke(1, &[var], &[call], None).unwrap_err();
        assert!(got.starts_with(want), "{got}");
    };
    let token = "AWS_SESSION_TOKEN is not set or has control characters: functions with SnapStart have none";
    for value in ["", "a\r\nX: y"] {
        check(
            ("AWS_SESSION_TOKEN", value),
            "secret s",
            &format!("SecretError: secret \"s\": {token}"),
        );
    }
    check(
        ("AWS_LAMBDA_METADATA_TOKEN", ""),
        "metadata",
        "MetadataError: metadata: AWS_LAMBDA_METADATA_TOKEN is not set",
    );
    check(
        ("AWS_LAMBDA_METADATA_API", ""),
        "metadata",
        "MetadataError: metadata: AWS_LAMBDA_METADATA_API is not set",
    );
    for value in ["x", "0", "65536", "-1", " 1", "2772x"] {
        check(
            ("AWS_APPCONFIG_EXTENSION_HTTP_PORT", value),
            "flags c",
            "ConfigurationError: configuration \"c/e/p\": AWS_APPCONFIG_EXTENSION_HTTP_PORT is not a port number",
        );
        for (call, of) in [
            ("parameter p", "ParameterError: parameter \"p\""),
            ("secret s", "SecretError: secret \"s\""),
        ] {
            let want = format!("{of}: PARAMETERS_SECRETS_EXTENSION_HTTP_PORT is not a port number");
            check(
                ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", value),
                call,
                &want,
            );
        }
    }
    for port in ["0", "65536", ""] {
        check(
            ("AWS_LAMBDA_METADATA_API", &format!("127.0.0.1:{port}")),
            "metadata",
            "MetadataError: metadata: AWS_LAMBDA_METADATA_API: its port must be 1 to 65535",
        );
    }
    let want = "MetadataError: metadata: AWS_LAMBDA_METADATA_API: its host must be";
    if cfg!(not(feature = "dns")) {
        check(
            ("AWS_LAMBDA_METADATA_API", "example.test:80"),
            "metadata",
            want,
        );
    }
}
