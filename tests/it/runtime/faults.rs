//! Unusual and faulty servers: each kind of reply to each call.
//! A comment that begins with `12.1` names the items of the conformance checklist for runtimes that the
//! test proves.

use std::fmt::Debug;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tiny_lambda::events::sqs::SqsEvent;
use tiny_lambda::handler::{self, Handler};
use tiny_lambda::json::{FromJson, Value};
use tiny_lambda::{ClientContext, CognitoIdentity, Error, Runtime};

#[cfg(target_os = "linux")]
use crate::support::sockets::set_receive_buffer;

use super::play;
use crate::support::malformed_replies::{malformed, with};
use crate::support::runtime_api::{
    ACCEPTED, GET_NEXT, NEXT, POST_ERROR, POST_RESPONSE, Step, accept, listen, next, read_request,
    refusal, step, step_and_close, step_and_reset,
};

/// Doubles the number in a string.
fn double() -> impl Handler {
    handler::json(|text: String, _| Ok(text.parse::<u8>()? * 2))
}

/// The steps of an invocation that succeeds.
fn served() -> [Step; 2] {
    [step(GET_NEXT, NEXT), step(POST_RESPONSE, ACCEPTED)]
}

/// Plays `script`, and checks that the next invocation is served. A request that the script does not
/// have, such as a repeated POST, is a failure.
#[track_caller]
fn survives(script: &[Step]) {
    let script = [script, &served()].concat();
    let (requests, _) = play(&script, &double());
    assert_eq!(requests.last().unwrap().text(), "14");
}

/// Plays `script`, and returns the error with which the runtime ends. The time is not checked: a busy
/// machine may need long for a megabyte. `serve.rs` checks the times between attempts.
fn gives_up(script: &[Step]) -> Error {
    play(script, &double()).1
}

/// Calls `f` with up to 32 of `inputs` at the same time: most of the time they wait.
fn all<T: Sync>(inputs: &[T], f: impl Fn(&T) + Sync) {
    for inputs in inputs.chunks(32) {
        thread::scope(|scope| {
            for input in inputs {
                scope.spawn(|| f(input));
            }
        });
    }
}

/// Valid replies in unusual forms, with the event `"7"`.
fn odd_but_right() -> Vec<String> {
    let id = "Lambda-Runtime-Aws-Request-Id: 8476a536";
    [
        // 12.1: 11.
        "200 OK\r\n<id>\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\"7\"\r\n0\r\n\r\n",
        "200 OK\r\n<id>\r\ntransfer-encoding:CHUNKED\r\n\r\n1;a=\"b\"\r\n\"\r\n02\r\n7\"\r\n0\r\nX: y\r\nZ:\r\n\r\n",
        // 12.1: 12.
        "200 OK\r\nlambda-runtime-aws-request-id:8476a536\r\ncontent-length:3\r\n\r\n\"7\"",
        "200 OK\r\nLAMBDA-RUNTIME-AWS-REQUEST-ID:\t 8476a536 \t\r\nCONTENT-LENGTH:  3  \r\n\r\n\"7\"",
        // 12.1: 23.
        "202 Accepted\r\n<id>\r\nContent-Length: 3\r\n\r\n\"7\"",
        "299 \r\n<id>\r\nContent-Length: 3\r\n\r\n\"7\"",
        "200\r\n<id>\r\nContent-Length: 3\r\n\r\n\"7\"",
        // A repeated length, lines that end with LF, a length with leading zeros.
        "200 OK\r\n<id>\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\n\"7\"",
        "200 OK\n<id>\nContent-Length: 3\n\n\"7\"",
        "200 OK\r\n<id>\r\nContent-Length: 0000000000000000003\r\n\r\n\"7\"",
        "200 OK\r\n<id>\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\n\"7\"",
        // Folded lines, control characters, whitespace and extensions of a chunk size.
        "200 OK\r\nLambda-Runtime-Aws-Request-Id:\r\n 8476a536\r\nContent-Length: \n\t3\r\n\r\n\"7\"",
        "200 OK\r\nX: a\r\n\tb\r\n<id>\r\nY:\r\nContent-Length: 3\r\n\r\n\"7\"",
        "200 OK\r\nX: \0\u{1}\u{7f}\u{e9}\r\n<id>\r\nContent-Length: 3\r\n\r\n\"7\"",
        "200 \u{e9}t\u{e9} \t\r\n<id>\r\nContent-Encoding: gzip\r\nContent-Length:\t3\t\r\n\r\n\"7\"",
        "200 OK\r\n<id>\r\n<id>\r\nConnection:\r\nContent-Length: 3\r\n\r\n\"7\"",
        "200 OK\r\n<id>\r\nTransfer-Encoding: chunked\r\n\r\n0003\r\n\"7\"\r\n000\r\n\r\n",
        "200 OK\r\n<id>\r\nTransfer-Encoding: chunked\r\n\r\n3 \t;a\r\n\"7\"\r\n0 ;b\r\nX: y\r\n z\r\n\r\n",
        "200 OK\n<id>\nTransfer-Encoding: chunked\n\n3\n\"7\"\n0\n\n",
        // Interim replies.
        "100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n<id>\r\nContent-Length: 3\r\n\r\n\"7\"",
        "103 Early Hints\r\nContent-Length: 99\r\nLink: x\r\n\r\nHTTP/1.1 102 \r\n\r\nHTTP/1.1 200 OK\r\n<id>\r\n\
         Content-Length: 3\r\n\r\n\"7\"",
    ]
    .map(|reply| format!("HTTP/1.1 {}", reply.replace("<id>", id)))
    .to_vec()
}

/// Valid replies after which the connection is closed.
fn odd_and_closed() -> Vec<String> {
    let id = "Lambda-Runtime-Aws-Request-Id: 8476a536";
    [
        // 12.1: 11.
        "HTTP/1.1 200 OK\r\n<id>\r\n\r\n\"7\"",
        "HTTP/1.1 200 OK\r\n<id>\r\nConnection: close\r\nContent-Length: 3\r\n\r\n\"7\"",
        "HTTP/1.1 200 OK\r\n<id>\r\nconnection: x, CLOSE\r\n\r\n\"7\"",
        "HTTP/1.1 200 OK\r\n<id>\r\nConnection: Keep-Alive, close\r\nContent-Length: 3\r\n\r\n\"7\"",
        "HTTP/1.1 200 OK\r\n<id>\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 3\r\n\r\n\"7\"",
        "HTTP/1.0 200 OK\r\n<id>\r\n\r\n\"7\"",
        "HTTP/1.0 200 OK\r\n<id>\r\nContent-Length: 3\r\n\r\n\"7\"",
        // Both framings: the reply is read, and the connection is not used again (RFC 9112, section 6.1).
        "HTTP/1.1 200 OK\r\n<id>\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\"7\"\r\n0\r\n\r\n",
        // Bytes after the reply.
        "HTTP/1.1 200 OK\r\n<id>\r\nContent-Length: 3\r\n\r\n\"7\"HTTP/1.1 200 OK\r\n\r\n",
    ]
    .map(|reply| reply.replace("<id>", id))
    .to_vec()
}

/// 12.1: 11, 12, 22, 23.
#[test]
fn a_reply_may_have_any_form_that_http_allows() {
    let replies = odd_but_right().into_iter().map(|reply| (reply, false));
    let closed = odd_and_closed().into_iter().map(|reply| (reply, true));
    let replies: Vec<_> = replies.chain(closed).collect();
    all(&replies, |(reply, closes)| {
        let on = |want| match closes {
            true => step_and_close(want, reply),
            false => step(want, reply),
        };
        // The reply follows `next`, a response and an error.
        let bad = next("\"x\"");
        survives(&[
            on(GET_NEXT),
            on(POST_RESPONSE),
            step(GET_NEXT, &bad),
            on(POST_ERROR),
        ]);
    });
}

/// Sends each byte of `replies` in a packet of its own.
fn byte_by_byte(replies: &[&str]) {
    let listener = listen();
    let addr = listener.local_addr().unwrap().to_string();
    thread::scope(|scope| {
        let runtime = scope.spawn(move || Runtime::at(&addr).serve(&double()));
        let mut stream = accept(&listener);
        stream.get_ref().set_nodelay(true).unwrap();
        for reply in replies {
            let request = read_request(&mut stream);
            for byte in reply.as_bytes() {
                stream.get_mut().write_all(&[*byte]).unwrap();
            }
            if request.line == POST_RESPONSE {
                assert_eq!(request.text(), "14");
            }
        }
        drop((stream, listener));
        assert!(runtime.join().unwrap().is_err());
    });
}

/// 12.1: 11.
#[test]
fn a_reply_may_arrive_byte_by_byte() {
    all(&odd_but_right(), |reply| {
        byte_by_byte(&[reply, reply, reply, ACCEPTED]);
    });
}

/// 12.1: 11 and 17.
#[test]
fn next_is_sent_again_after_a_reply_cut_at_any_byte() {
    let replies = odd_but_right();
    let cuts: Vec<(&[u8], usize)> = [replies.first(), replies.last()]
        .into_iter()
        .flatten()
        .flat_map(|reply| (0..reply.len()).map(|cut| (reply.as_bytes(), cut)))
        .collect();
    all(&cuts, |(reply, cut)| {
        survives(&[step_and_close(GET_NEXT, &reply[..*cut])]);
    });
}

/// 12.1: 21. A POST that was sent whole is not sent again.
#[test]
fn a_post_is_not_sent_again_after_a_reply_cut_at_any_byte() {
    let replies = odd_but_right();
    let bad = next("\"x\"");
    for reply in [replies.first(), replies.last()].into_iter().flatten() {
        let mut script = Vec::new();
        for cut in 0..reply.len() {
            script.extend([
                step(GET_NEXT, NEXT),
                step_and_close(POST_RESPONSE, &reply[..cut]),
            ]);
            script.extend([
                step(GET_NEXT, &bad),
                step_and_close(POST_ERROR, &reply[..cut]),
            ]);
        }
        survives(&script);
    }
}

/// 12.1: 17, 18, 23, 24, 25.
#[test]
fn every_status_is_handled_on_every_call() {
    let statuses: Vec<u16> = (200..=299).collect();
    all(&statuses, |&status| {
        let script = match status {
            // No event yet.
            204 => vec![step(GET_NEXT, refusal(204)), step(GET_NEXT, NEXT)],
            _ => vec![step(GET_NEXT, NEXT.replace("200", &status.to_string()))],
        };
        survives(&[&script[..], &[step(POST_RESPONSE, refusal(status))]].concat());
    });
    let bad = next("\"x\"");
    let statuses: Vec<u16> = (300..=599).collect();
    all(&statuses, |&status| {
        let refused = refusal(status);
        let check_end = |end: &Error, call: &str| {
            // 304 has no body, whatever its head says.
            let why = if status == 304 { "" } else { "why" };
            let want = format!("{call}: status {status}: {why}");
            assert!(end.error_message().contains(&want), "{want:?} in {end}");
        };
        // `next`: 403 and 500 end the runtime at once, other errors after three attempts.
        let n = if matches!(status, 403 | 500) { 1 } else { 3 };
        check_end(
            &gives_up(&vec![step(GET_NEXT, &refused); n]),
            "GET invocation/next",
        );
        // A POST: a status from 500 ends the runtime, others do not.
        let script = [
            step(GET_NEXT, NEXT),
            step(POST_RESPONSE, &refused),
            step(GET_NEXT, &bad),
            step(POST_ERROR, &refused),
        ];
        if status < 500 {
            survives(&script);
        } else {
            check_end(&gives_up(&script[..2]), "POST response");
            check_end(&gives_up(&script[2..]), "POST error");
        }
    });
}

/// The steps of `n` malformed replies to `next`. If the reply has a request id, an error is posted. After a
/// cut reply, `next` is only sent again.
fn unreadable(n: usize, reply: &[u8], is_cut: bool) -> Vec<Step> {
    let mut steps = vec![step_and_close(GET_NEXT, reply)];
    if !is_cut && reply.windows(8).any(|bytes| bytes == b"8476a536") {
        steps.push(step(POST_ERROR, ACCEPTED));
    }
    vec![steps; n].concat()
}

/// 12.1: 17.
#[test]
fn a_malformed_reply_to_next_is_posted_as_an_error_and_three_in_a_row_end_the_runtime() {
    all(&malformed(), |(reply, want)| {
        let is_cut = want.contains("closed within");
        let (requests, end) = play(&unreadable(3, reply, is_cut), &double());
        let call = "GET invocation/next: ";
        let message = end.error_message();
        assert!(message.contains(call), "{message}");
        assert!(message.contains(want), "{want:?} in {message:?}");
        let errors = requests.iter().filter(|request| request.line == POST_ERROR);
        for error in errors {
            assert!(error.text().contains(call), "{}", error.text());
            assert!(error.text().contains(want), "{want:?} in {}", error.text());
            let kind = error.field("Lambda-Runtime-Function-Error-Type");
            assert_eq!(kind, Some("Runtime.LambdaRuntimeClientError"));
        }
        survives(&unreadable(1, reply, is_cut));
    });
}

#[test]
fn the_error_for_a_malformed_reply_has_nothing_of_an_earlier_invocation() {
    let traced = "OK\r\nLambda-Runtime-Trace-Id: Root=1-a\r\nLambda-Runtime-Invocation-Id: n-1";
    let other = with("Transfer-Encoding: chunked\r\n\r\nx\r\n");
    let other = String::from_utf8(other)
        .unwrap()
        .replace("8476a536", "other");
    let nonce = other.replace("OK\r\n", "OK\r\nLambda-Runtime-Invocation-Id: n-2\r\n");
    let post_other = "POST /2018-06-01/runtime/invocation/other/error HTTP/1.1";
    let script = [
        step(GET_NEXT, NEXT.replace("OK", traced)),
        step(POST_RESPONSE, ACCEPTED),
        step_and_close(GET_NEXT, &other),
        step(post_other, ACCEPTED),
        step_and_close(GET_NEXT, &nonce),
        step(post_other, ACCEPTED),
    ];
    let (requests, _) = play(&[&script[..], &served()].concat(), &double());
    let cause = "Lambda-Runtime-Function-XRay-Error-Cause";
    let nonce = "Lambda-Runtime-Invocation-Id";
    assert_eq!(
        (requests[3].field(cause), requests[3].field(nonce)),
        (None, None)
    );
    assert_eq!(requests[5].field(nonce), Some("n-2"));
}

/// 12.1: 21.
#[test]
fn a_malformed_reply_to_a_post_does_not_affect_the_next_invocation() {
    let bad = next("\"x\"");
    all(&malformed(), |(reply, _)| {
        survives(&[
            step(GET_NEXT, NEXT),
            step_and_close(POST_RESPONSE, reply),
            step(GET_NEXT, &bad),
            step_and_close(POST_ERROR, reply),
        ]);
    });
}

/// 12.1: 17 and 21.
#[test]
fn a_connection_reset_loses_at_most_its_reply() {
    let bad = next("\"x\"");
    let cuts = |reply: &str| [0, 1, 20, reply.len() - 1].map(|cut| reply[..cut].to_owned());
    let mut scripts = Vec::new();
    for part in cuts(NEXT) {
        scripts.push(vec![step_and_reset(GET_NEXT, &part)]);
        scripts.push(vec![
            step_and_reset(GET_NEXT, &part),
            step_and_reset(GET_NEXT, &part),
        ]);
        // A connection that has served an invocation is replaced without a log line, and attempts are
        // counted from the start.
        let served = [step(GET_NEXT, NEXT), step(POST_RESPONSE, ACCEPTED)];
        scripts.push([&served[..], &vec![step_and_reset(GET_NEXT, &part); 2]].concat());
    }
    for part in cuts(ACCEPTED) {
        scripts.push(vec![
            step(GET_NEXT, NEXT),
            step_and_reset(POST_RESPONSE, &part),
        ]);
        scripts.push(vec![
            step(GET_NEXT, &bad),
            step_and_reset(POST_ERROR, &part),
        ]);
    }
    all(&scripts, |script| survives(script));
    let end = gives_up(&vec![step_and_reset(GET_NEXT, ""); 3]);
    let message = end.error_message();
    assert!(
        message.contains("GET invocation/next: Connection reset"),
        "{end}"
    );
}

#[test]
fn bytes_after_a_reply_are_dropped_with_its_connection() {
    let twice = |reply: &str| reply.repeat(2);
    survives(&[
        step_and_close(GET_NEXT, twice(NEXT)),
        step_and_close(POST_RESPONSE, twice(ACCEPTED)),
    ]);
    // A body after 204, and a 408 on an idle connection.
    let body = "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nwhy";
    survives(&[
        step_and_close(GET_NEXT, body),
        step(GET_NEXT, NEXT),
        step_and_close(POST_RESPONSE, body),
    ]);
    let idle = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let replies = ACCEPTED.to_owned() + idle;
    survives(&[step(GET_NEXT, NEXT), step_and_close(POST_RESPONSE, replies)]);
}

#[test]
fn a_body_over_its_limit_is_given_up() {
    let endless = |len: usize, chunked: bool| {
        let head = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536\r\n";
        let (field, body) = if chunked {
            let chunk = format!("10000\r\n{}\r\n", "x".repeat(65536));
            ("Transfer-Encoding: chunked\r\n", chunk.repeat(len / 65536))
        } else {
            ("", "x".repeat(len))
        };
        [head, field, "\r\n", &body].concat()
    };
    for chunked in [false, true] {
        // The limits are 64 MiB for an event and 1 MiB for the reply to a POST.
        let end = gives_up(&unreadable(3, endless(65 << 20, chunked).as_bytes(), false));
        assert!(
            end.error_message().ends_with("next: body too long"),
            "{end}"
        );
        let long = step_and_close(POST_RESPONSE, endless(2 << 20, chunked));
        survives(&[step(GET_NEXT, NEXT), long]);
    }
}

/// 12.1: 13.
#[test]
fn invalid_header_values_of_next_are_survived() {
    #[track_caller]
    fn check(fields: &[u8], want: &str) {
        let head = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536\r\n";
        let next = [head, fields, b"\r\nContent-Length: 0\r\n\r\n"].concat();
        let script = [step(GET_NEXT, next), step(POST_RESPONSE, ACCEPTED)];
        let show = handler::bytes(|_, cx| {
            let texts = [
                &cx.client_context,
                &cx.identity,
                &cx.tenant_id,
                &cx.invoked_function_arn,
            ];
            let left = cx.remaining().map(|left| left.is_zero());
            Ok(format!("{left:?} {texts:?}").into_bytes())
        });
        let (requests, _) = play(&script, &show);
        assert_eq!(requests[1].text(), want);
    }
    let deadline = |value: &str, want: &str| {
        let field = format!("Lambda-Runtime-Deadline-Ms: {value}");
        check(
            field.as_bytes(),
            &format!("{want} [None, None, None, None]"),
        );
    };
    // 12.1: 45.
    deadline("0", "Some(true)");
    deadline("600000", "Some(true)");
    deadline("-1", "None");
    deadline("", "None");
    deadline("soon", "None");
    deadline("1e3", "None");
    deadline("99999999999999", "Some(false)");
    // On Windows, a SystemTime ends with the year 30828.
    let far = if cfg!(windows) { "None" } else { "Some(false)" };
    deadline("9223372036854775807", far);
    deadline("18446744073709551615", far);
    deadline("18446744073709551616", "None");
    deadline(
        "1\r\nLambda-Runtime-Deadline-Ms: 99999999999999",
        "Some(false)",
    );
    let check = |field: &[u8], want: &str| check(field, &format!("None {want}"));
    check(
        b"Lambda-Runtime-Client-Context:",
        "[None, None, None, None]",
    );
    check(
        b"Lambda-Runtime-Client-Context: {\"a\":\xff\xfe}",
        "[Some(\"{\\\"a\\\":\u{fffd}\u{fffd}}\"), None, None, None]",
    );
    check(
        b"Lambda-Runtime-Cognito-Identity: {",
        "[None, Some(\"{\"), None, None]",
    );
    check(
        b"Lambda-Runtime-Aws-Tenant-Id: \xc3\xa4",
        "[None, None, Some(\"\u{e4}\"), None]",
    );
    check(
        b"Lambda-Runtime-Invoked-Function-Arn: function-arn",
        "[None, None, None, Some(\"function-arn\")]",
    );
}

/// 12.1: 16. The caller may send any text.
#[test]
fn an_invalid_client_context_or_identity_is_an_error_only_if_it_is_parsed() {
    fn check<T: FromJson + Debug + Sync>(field: &[u8], want: &str) {
        let names = [
            "Lambda-Runtime-Client-Context",
            "Lambda-Runtime-Cognito-Identity",
        ];
        all(&names, |name| {
            let sent = [name.as_bytes(), b": ", field].concat();
            let next = [with(""), sent, b"\r\nContent-Length: 0\r\n\r\n".to_vec()].concat();
            let script = [step(GET_NEXT, next), step(POST_RESPONSE, ACCEPTED)];
            let show = handler::bytes(|_, cx| {
                let (context, identity) = (cx.parse_client_context(), cx.parse_identity());
                let [mine, other]: [Result<Option<T>, _>; 2] = if name.ends_with('y') {
                    [identity, context]
                } else {
                    [context, identity]
                };
                assert!(matches!(other, Ok(None)));
                let text = mine.map_or_else(|error| error.to_string(), |it| format!("{it:?}"));
                Ok(text.into_bytes())
            });
            let (requests, _) = play(&script, &show);
            assert!(
                requests[1].text().starts_with(want),
                "{}",
                requests[1].text()
            );
        });
    }
    let context = check::<ClientContext>;
    context(b"", "None");
    context(b"{}", "Some(ClientContext { client: None, ");
    context(
        b"{\"client\":{\"app_title\":null},\"custom\":{\"a\":[1]}}",
        "Some(",
    );
    // {"client":{"app_title":"x"}} in base64, as cargo-lambda sends it.
    let client = "Some(ClientContext { client: Some(ClientApplication { installation_id: None, \
        app_title: Some(\"x\")";
    context(b"eyJjbGllbnQiOnsiYXBwX3RpdGxlIjoieCJ9fQ==", client);
    context(
        b"eyJjbGllbnQiOnsiYXBwX3RpdGxlIjoieCJ9fQ=",
        "expected a value, found `e`",
    );
    // A member of the wrong type is `None`, and the others are read.
    context(
        b"{\"client\":7,\"custom\":{\"a\":1}}",
        "Some(ClientContext { client: None, custom: Some({\"a\": 1}), environment: None, ",
    );
    context(
        b"{\"custom\":\"\xff\xfe\",\"env\":{\"b\":2}}",
        "Some(ClientContext { client: None, custom: None, environment: Some({\"b\": 2}), ",
    );
    context(
        b"{\"env\":[1],\"w3c\":true,\"client\":{\"app_version_code\":7,\"app_title\":\"x\"}}",
        "Some(ClientContext { client: Some(ClientApplication { installation_id: None, \
         app_title: Some(\"x\"), app_version_name: None, app_version_code: None, \
         app_package_name: None }), custom: None, environment: None, w3c: None })",
    );
    context(b"{\"client\":[", "expected");
    context(b"{\"client\":7,}", "expected");
    context(b"{\"custom\":{\"\xff\":\"\0\"}}", "Some(");
    context(b"\xff", "expected a value");
    context(b"{", "expected");
    context(b"null", "expected an object, found null");
    context("[".repeat(100_000).as_bytes(), "more than 128 arrays");
    context(
        &[b"{\"custom\":{\"a\":", &vec![b'['; 100_000][..]].concat(),
        "more than 128 arrays",
    );
    check::<CognitoIdentity>(
        b"{\"cognitoIdentityId\":\"i\",\"cognitoIdentityPoolId\":\"p\"}",
        "Some(CognitoIdentity { identity_id: Some(\"i\"), identity_pool_id: Some(\"p\") })",
    );
    check::<CognitoIdentity>(
        b"{\"cognitoIdentityId\":7,\"cognitoIdentityPoolId\":\"p\"}",
        "Some(CognitoIdentity { identity_id: None, identity_pool_id: Some(\"p\") })",
    );
    check::<Value>(b"[{\"a\":1}]", "Some([{\"a\": 1}])");
}

/// The excerpt in the message is cut between characters.
#[test]
fn an_event_that_is_not_utf_8_is_an_unmarshal_error() {
    let mut texts: Vec<Vec<u8>> = Vec::new();
    for byte in [0, b'\n', b'{', b'"', 0x80, 0xb9, 0xc3, 0xf0, 0xff] {
        for len in [1, 3, 39, 40, 41, 300] {
            texts.push(vec![byte; len]);
            texts.push([b"{\"Records\":[{}],\"a\":", &vec![byte; len][..]].concat());
        }
    }
    for text in ["\u{e9}", "\u{20ac}", "\u{1f980}"] {
        texts.extend((0..5).map(|n| ("x".repeat(n) + &text.repeat(100)).into_bytes()));
    }
    let events: [&dyn Handler; 3] = [
        &handler::json(|_: Value, _| Ok(())),
        &handler::json(|_: SqsEvent, _| Ok(())),
        &handler::http(|_, _| Ok("")),
    ];
    all(&texts, |text| {
        let fields = format!("Content-Length: {}\r\n\r\n", text.len());
        let next = [&with(&fields), text.as_slice()].concat();
        let script = [step(GET_NEXT, next), step(POST_ERROR, ACCEPTED)];
        for handler in events {
            let (requests, _) = play(&script, handler);
            let error = requests[1].field("Lambda-Runtime-Function-Error-Type");
            assert_eq!(error, Some("Runtime.UnmarshalError"));
        }
    });
}

/// The server closes its connection while the handler runs, so it has read nothing of the POST.
#[test]
fn a_post_is_sent_again_if_the_server_has_read_nothing_of_it() {
    #[track_caller]
    fn check(what: &str, kb: usize, want: &'static str) {
        let listener = listen();
        let addr = listener.local_addr().unwrap().to_string();
        let (closed, is_closed) = mpsc::channel();
        let is_closed = Mutex::new(is_closed);
        let slow = handler::streaming(|what: String, _, out| {
            let await_close = || {
                is_closed.lock().unwrap().recv().unwrap();
                // Linux delivers the end of a loopback connection at once. Others have no such rule.
                if !cfg!(target_os = "linux") {
                    thread::sleep(Duration::from_millis(50));
                }
            };
            let text = vec![b'x'; kb << 10];
            if what == "started early" {
                let mut body = out.start("text/plain")?;
                body.write_all(b"early")?;
                await_close();
                return Ok(body.write_all(&text)?);
            }
            await_close();
            match what.as_str() {
                "buffered" => out.bytes(text),
                "stream" => out.start("text/plain")?.write_all(&text)?,
                "stream in parts" => {
                    let mut body = out.start("text/plain")?;
                    for part in text.chunks(1000) {
                        body.write_all(part)?;
                        body.flush()?;
                    }
                }
                "web stream" => out.start_http(200, &[])?.write_all(&text)?,
                "empty stream" => {
                    out.start("text/plain")?;
                }
                "stream that fails" => {
                    let mut body = out.start("text/plain")?;
                    body.write_all(&text)?;
                    body.flush()?;
                    return Err(Error::new("Late", "too late"));
                }
                _ => return Err(Error::new("Long", String::from_utf8(text)?)),
            }
            Ok(())
        });
        thread::scope(|scope| {
            let runtime = scope.spawn(|| Runtime::at(&addr).serve(&slow));
            for i in 0..4 {
                let mut stream = accept(&listener);
                assert_eq!(read_request(&mut stream).line, GET_NEXT);
                let event = next(&format!("\"{what}\""));
                stream.get_mut().write_all(event.as_bytes()).unwrap();
                if i % 2 == 1 {
                    stream.get_ref().shutdown(Shutdown::Both).unwrap();
                }
                drop(stream);
                closed.send(()).unwrap();
                let mut stream = accept(&listener);
                let request = read_request(&mut stream);
                assert_eq!(request.line, want, "{what} {kb}");
                let is_long = request.body.len() >= (kb << 10).min(100_000);
                assert!(is_long, "{what} {kb}: {}", request.body.len());
                assert_eq!(
                    request.trailers.len(),
                    if what.ends_with("fails") { 2 } else { 0 }
                );
                stream.get_mut().write_all(ACCEPTED.as_bytes()).unwrap();
                // The POST is not sent a third time.
                assert_eq!(read_request(&mut stream).line, GET_NEXT);
            }
            drop((listener, closed));
            assert!(runtime.join().unwrap().is_err());
        });
    }
    let mut rows = Vec::new();
    for kb in [0, 1, 100, 6000] {
        rows.extend([
            ("buffered", kb, POST_RESPONSE),
            ("error", kb, POST_ERROR),
            ("started early", kb, POST_RESPONSE),
            ("stream", kb, POST_RESPONSE),
            ("web stream", kb, POST_RESPONSE),
            ("stream that fails", kb, POST_RESPONSE),
        ]);
    }
    rows.push(("stream in parts", 100, POST_RESPONSE));
    rows.push(("empty stream", 0, POST_RESPONSE));
    all(&rows, |&(what, kb, want)| check(what, kb, want));
}

#[test]
fn connecting_for_a_post_is_retried_until_the_deadline() {
    #[track_caller]
    fn check(event: &'static str, want: &'static str, deadline_in_ms: u128, is_back: bool) {
        let listener = listen();
        let addr = listener.local_addr().unwrap();
        let (closed, is_closed) = mpsc::channel();
        let is_closed = Mutex::new(is_closed);
        let slow = handler::streaming(|what: String, _, out| {
            is_closed.lock().unwrap().recv().unwrap();
            match what.as_str() {
                "stream" => out.start("text/plain")?.write_all(b"text")?,
                "error" => return Err(Error::new("Oops", "oops")),
                _ => out.json("text"),
            }
            Ok(())
        });
        let at = addr.to_string();
        thread::scope(|scope| {
            let runtime = scope.spawn(|| {
                let start = Instant::now();
                (Runtime::at(&at).serve(&slow).unwrap_err(), start.elapsed())
            });
            let mut stream = accept(&listener);
            assert_eq!(read_request(&mut stream).line, GET_NEXT);
            let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
            let deadline = now.as_millis() + deadline_in_ms;
            let deadline = format!("OK\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n");
            let event = next(&format!("\"{event}\"")).replace("OK\r\n", &deadline);
            stream.get_mut().write_all(event.as_bytes()).unwrap();
            drop((listener, stream));
            closed.send(()).unwrap();
            if is_back {
                thread::sleep(Duration::from_secs(2));
                let listener = std::net::TcpListener::bind(addr).unwrap();
                let mut stream = accept(&listener);
                assert_eq!(read_request(&mut stream).line, want);
                stream.get_mut().write_all(ACCEPTED.as_bytes()).unwrap();
                assert_eq!(read_request(&mut stream).line, GET_NEXT);
                stream.get_mut().write_all(refusal(500).as_bytes()).unwrap();
                drop(listener);
            }
            let (error, took) = runtime.join().unwrap();
            let message = error.error_message();
            if is_back {
                assert!(message.contains("status 500"), "{message}");
            } else {
                assert!(message.contains("Connection refused"), "{message}");
                let limit = Duration::from_millis(u64::try_from(deadline_in_ms).unwrap());
                assert!(
                    (limit..limit * 5 + Duration::from_secs(5)).contains(&took),
                    "{took:?}"
                );
            }
        });
    }
    thread::scope(|scope| {
        for (event, want) in [
            ("buffered", POST_RESPONSE),
            ("error", POST_ERROR),
            ("stream", POST_RESPONSE),
        ] {
            scope.spawn(move || check(event, want, 30_000, true));
            scope.spawn(move || check(event, want, 1_000, false));
        }
    });
}

/// The client sees the end of the connection and then a reset, as in the test above. But the server has
/// read some bytes, so the POST must not be repeated.
#[test]
fn a_post_is_not_sent_again_if_the_server_has_read_some_of_it() {
    let listener = listen();
    let addr = listener.local_addr().unwrap().to_string();
    thread::scope(|scope| {
        let runtime = scope.spawn(move || Runtime::at(&addr).serve(&double()));
        for _ in 0..3 {
            let mut stream = accept(&listener);
            assert_eq!(read_request(&mut stream).line, GET_NEXT);
            stream.get_mut().write_all(NEXT.as_bytes()).unwrap();
            stream.get_mut().read_exact(&mut [0; 10]).unwrap();
            stream.get_ref().shutdown(Shutdown::Write).unwrap();
        }
        let mut stream = accept(&listener);
        assert_eq!(read_request(&mut stream).line, GET_NEXT);
        drop((listener, stream));
        assert!(runtime.join().unwrap().is_err());
    });
}

/// 12.1: 14.
#[test]
fn the_path_of_a_post_has_the_request_id_with_reserved_characters_escaped() {
    for (id, path) in [
        ("8476A536-e9f4", "8476A536-e9f4"),
        ("a%2Fb", "a%2Fb"),
        ("a/b", "a%2Fb"),
        ("a b?c#d", "a%20b%3Fc%23d"),
        ("a:b@c;d=e", "a:b@c;d=e"),
    ] {
        let line: &'static str =
            format!("POST /2018-06-01/runtime/invocation/{path}/response HTTP/1.1").leak();
        let script = [
            step(GET_NEXT, NEXT.replace("8476a536", id)),
            step(line, ACCEPTED),
        ];
        assert_eq!(play(&script, &double()).0[1].text(), "14");
    }
}

/// 12.1: 15.
#[test]
fn errors_and_streams_echo_the_invocation_id_header() {
    let with_nonce =
        |event: &str| next(event).replace("OK\r\n", "OK\r\nlambda-runtime-invocation-id: n-1\r\n");
    let script = [
        step(GET_NEXT, with_nonce("\"x\"")),
        step(POST_ERROR, ACCEPTED),
        step(GET_NEXT, next("\"x\"")),
        step(POST_ERROR, ACCEPTED),
        step(GET_NEXT, with_nonce("\"7\"")),
        step(POST_RESPONSE, ACCEPTED),
    ];
    let fail_or_stream = handler::streaming(|n: String, _, out| {
        n.parse::<u8>()?;
        out.start("text/plain").map(drop)
    });
    let (requests, _) = play(&script, &fail_or_stream);
    let nonces = [1, 3, 5].map(|i| requests[i].field("Lambda-Runtime-Invocation-Id"));
    assert_eq!(nonces, [Some("n-1"), None, Some("n-1")]);
}

/// 12.1: 24 and 28.
#[test]
fn a_refusal_that_arrives_before_the_end_of_a_long_response_is_read() {
    let listener = listen();
    let addr = listener.local_addr().unwrap().to_string();
    thread::scope(|scope| {
        let long = handler::bytes(|_, _| Ok(vec![b'x'; 6 << 20]));
        let runtime = scope.spawn(move || Runtime::at(&addr).serve(&long));
        let mut stream = accept(&listener);
        assert_eq!(read_request(&mut stream).line, GET_NEXT);
        stream.get_mut().write_all(NEXT.as_bytes()).unwrap();
        // Only the first line is read: the refusal is sent before the body has arrived.
        let mut line = String::new();
        std::io::BufRead::read_line(&mut stream, &mut line).unwrap();
        assert_eq!(line.trim_end(), POST_RESPONSE);
        stream.get_mut().write_all(refusal(413).as_bytes()).unwrap();
        stream.get_ref().shutdown(Shutdown::Both).unwrap();
        drop(stream);
        let mut stream = accept(&listener);
        assert_eq!(read_request(&mut stream).line, GET_NEXT);
        stream.get_mut().write_all(refusal(500).as_bytes()).unwrap();
        drop(listener);
        let end = runtime.join().unwrap().unwrap_err();
        assert!(end.error_message().contains("status 500"), "{end}");
    });
}

/// A connection without progress is given up after ten seconds; the first byte of a reply to `next` is
/// waited for without a limit (12.1: 9).
#[test]
fn a_reply_that_stalls_for_ten_seconds_is_given_up() {
    let stalled = |reply: &'static str| {
        move || {
            let listener = listen();
            let addr = listener.local_addr().unwrap().to_string();
            thread::scope(|scope| {
                let runtime = scope.spawn(move || Runtime::at(&addr).serve(&double()));
                let mut first = accept(&listener);
                assert_eq!(read_request(&mut first).line, GET_NEXT);
                let start = Instant::now();
                first.get_mut().write_all(reply.as_bytes()).unwrap();
                if reply == NEXT {
                    assert_eq!(read_request(&mut first).line, POST_RESPONSE);
                }
                let mut second = accept(&listener);
                assert_eq!(read_request(&mut second).line, GET_NEXT);
                let waited = start.elapsed();
                assert!((8..15).contains(&waited.as_secs()), "{waited:?}");
                second.get_mut().write_all(refusal(500).as_bytes()).unwrap();
                drop(listener);
                assert!(runtime.join().unwrap().is_err());
            });
        }
    };
    // A slow reply may take longer in total.
    let slow = || {
        let listener = listen();
        let addr = listener.local_addr().unwrap().to_string();
        thread::scope(|scope| {
            let runtime = scope.spawn(move || Runtime::at(&addr).serve(&double()));
            let mut stream = accept(&listener);
            assert_eq!(read_request(&mut stream).line, GET_NEXT);
            let pieces = [&NEXT[..9], &NEXT[9..70], &NEXT[70..]];
            for piece in pieces {
                thread::sleep(Duration::from_secs(4));
                stream.get_mut().write_all(piece.as_bytes()).unwrap();
            }
            assert_eq!(read_request(&mut stream).line, POST_RESPONSE);
            stream.get_mut().write_all(refusal(500).as_bytes()).unwrap();
            drop(listener);
            assert!(runtime.join().unwrap().is_err());
        });
    };
    thread::scope(|scope| {
        scope.spawn(slow);
        for reply in [NEXT, &NEXT[..30], &NEXT[..NEXT.len() - 1]] {
            scope.spawn(stalled(reply));
        }
    });
}

/// A slow caller: Lambda's server reads a response as fast as its caller does.
#[cfg(target_os = "linux")]
struct SlowCaller {
    event: &'static str,
    want: &'static str,
    /// Whether the deadline is in half a minute.
    has_deadline: bool,
    /// The length of the server's receive buffer in bytes; 0: the system's default.
    buffer_len: i32,
    /// The pause before the response is read.
    pause: Duration,
    /// The bytes of one read, and the pause before each read.
    pace: (usize, Duration),
    /// The pause before the reply.
    silence: Duration,
}

#[cfg(target_os = "linux")]
impl SlowCaller {
    /// Checks that the runtime waits: it calls `next` on the same connection after the reply.
    fn is_waited_for(&self) {
        let listener = listen();
        if self.buffer_len > 0 {
            set_receive_buffer(&listener, self.buffer_len);
        }
        let addr = listener.local_addr().unwrap().to_string();
        let handler = handler::streaming(|what: String, _, out| {
            let (kind, kb) = what.split_once(' ').unwrap_or(("buffered", "0"));
            let text = vec![b'x'; kb.parse::<usize>()? << 10];
            match kind {
                "stream" => {
                    let mut body = out.start("text/plain")?;
                    for part in text.chunks(64 << 10) {
                        body.write_all(part)?;
                    }
                }
                "error" => return Err(Error::new("Long", String::from_utf8(text)?)),
                _ => out.bytes(text),
            }
            Ok(())
        });
        let mut event = next(&format!("\"{}\"", self.event));
        if self.has_deadline {
            let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
            let deadline = format!("Lambda-Runtime-Deadline-Ms: {}", now.as_millis() + 30_000);
            event = event.replace("OK\r\n", &format!("OK\r\n{deadline}\r\n"));
        }
        thread::scope(|scope| {
            let runtime = scope.spawn(|| Runtime::at(&addr).serve(&handler));
            let mut stream = accept(&listener);
            assert_eq!(read_request(&mut stream).line, GET_NEXT);
            stream.get_mut().write_all(event.as_bytes()).unwrap();
            thread::sleep(self.pause);
            let pace = self.pace;
            let slow = SlowReader {
                stream: stream.get_ref().try_clone().unwrap(),
                pace,
            };
            let mut slow = std::io::BufReader::with_capacity(pace.0, slow);
            let request = crate::support::runtime_api::read_request_from(&mut slow);
            assert_eq!(request.line, self.want, "{}", self.event);
            thread::sleep(self.silence);
            stream.get_mut().write_all(ACCEPTED.as_bytes()).unwrap();
            assert_eq!(read_request(&mut stream).line, GET_NEXT, "{}", self.event);
            stream.get_mut().write_all(refusal(500).as_bytes()).unwrap();
            drop(listener);
            assert!(runtime.join().unwrap().is_err());
        });
    }
}

/// A reader that pauses before each read.
#[cfg(target_os = "linux")]
struct SlowReader {
    stream: std::net::TcpStream,
    pace: (usize, Duration),
}

#[cfg(target_os = "linux")]
impl Read for SlowReader {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        thread::sleep(self.pace.1);
        let len = buf.len().min(self.pace.0);
        self.stream.read(&mut buf[..len])
    }
}

/// 12.1: 21. There is no limit while a part of the response has not arrived, nor before the deadline:
/// Lambda's own timeout ends the invocation.
#[cfg(target_os = "linux")]
#[cfg_attr(
    tiny_lambda_portable,
    ignore = "only Linux tells whether the peer still reads"
)]
#[test]
fn a_slow_caller_is_waited_for_without_a_limit() {
    let usual = SlowCaller {
        event: "",
        want: POST_RESPONSE,
        has_deadline: false,
        buffer_len: 0,
        pause: Duration::ZERO,
        pace: (1 << 20, Duration::ZERO),
        silence: Duration::ZERO,
    };
    let late = Duration::from_secs(23);
    let at_400_kb_per_s = (20_000, Duration::from_millis(50));
    thread::scope(|scope| {
        let add = |caller: SlowCaller| {
            scope.spawn(move || caller.is_waited_for());
        };
        for event in ["buffered 6000", "stream 6000"] {
            // Reading takes 15 seconds; or nothing is read for 23 seconds.
            add(SlowCaller {
                event,
                pace: at_400_kb_per_s,
                ..usual
            });
            add(SlowCaller {
                event,
                pause: late,
                ..usual
            });
            // The response has been read, and the reply is late.
            add(SlowCaller {
                event,
                silence: late,
                ..usual
            });
        }
        // The system acknowledges so few bytes before they are read.
        for event in ["buffered 50", "stream 50"] {
            add(SlowCaller {
                event,
                pause: late,
                has_deadline: true,
                ..usual
            });
            add(SlowCaller {
                event,
                silence: late,
                has_deadline: true,
                ..usual
            });
            add(SlowCaller {
                event,
                pause: late,
                buffer_len: 4096,
                ..usual
            });
        }
        let want = POST_ERROR;
        add(SlowCaller {
            event: "error 100",
            want,
            pause: late,
            buffer_len: 4096,
            ..usual
        });
        add(SlowCaller {
            event: "error 1",
            want,
            silence: late,
            has_deadline: true,
            ..usual
        });
    });
}
