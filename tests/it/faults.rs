//! What a server may do, and what it may not: each reply on each call, in conversation with the loop.
//! A test's comment names the items of the conformance checklist for runtimes (12.1) that it proves.

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

use crate::malformed::{malformed, with};
use crate::peer::{
    ACCEPTED, GET_NEXT, NEXT, POST_ERROR, POST_RESPONSE, Step, accept, last, listen, next,
    read_request, refusal, reset, step,
};
use crate::runtime::play;

/// Doubles the number in a string.
fn double() -> impl Handler {
    handler::json(|text: String, _| Ok(text.parse::<u8>()? * 2))
}

/// The steps of one more invocation, which is served as if nothing had been.
fn served() -> [Step; 2] {
    [step(GET_NEXT, NEXT), step(POST_RESPONSE, ACCEPTED)]
}

/// Plays `script` and then a good invocation. The script fixes what is asked: a POST that was sent
/// twice, or a second answer, would be out of place.
#[track_caller]
fn survives(script: &[Step]) {
    let script = [script, &served()].concat();
    let (requests, _) = play(&script, &double());
    assert_eq!(requests.last().unwrap().text(), "14");
}

/// Plays `script`, at the end of which the runtime gives up; why. One that had waited for more than it
/// got would say so, and how long it waits before it asks again is for `runtime` to prove: this machine
/// may need long for a megabyte if there is much else to do.
fn gives_up(script: &[Step]) -> Error {
    play(script, &double()).1
}

/// Calls `f` with all of `inputs` at once: most of the time is pauses.
fn all<T: Sync>(inputs: &[T], f: impl Fn(&T) + Sync) {
    for inputs in inputs.chunks(32) {
        thread::scope(|scope| {
            for input in inputs {
                scope.spawn(|| f(input));
            }
        });
    }
}

/// Replies that are right, in forms that few servers have: an event of `"7"`, or nothing that matters.
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
        // The same length twice, lines that end with LF, a body that is longer with chunks in it.
        "200 OK\r\n<id>\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\n\"7\"",
        "200 OK\n<id>\nContent-Length: 3\n\n\"7\"",
        "200 OK\r\n<id>\r\nContent-Length: 0000000000000000003\r\n\r\n\"7\"",
        "200 OK\r\n<id>\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\n\"7\"",
        // What else may stand in a head, or around a chunk's size.
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

/// Replies that are right, and the last ones on their connection.
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
        // Both framings: taken, but the connection is not used again (RFC 9112, section 6.1).
        "HTTP/1.1 200 OK\r\n<id>\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\"7\"\r\n0\r\n\r\n",
        // Bytes behind a reply belong to nobody.
        "HTTP/1.1 200 OK\r\n<id>\r\nContent-Length: 3\r\n\r\n\"7\"HTTP/1.1 200 OK\r\n\r\n",
    ]
    .map(|reply| reply.replace("<id>", id))
    .to_vec()
}

/// 12.1: 11, 12, 22, 23.
#[test]
fn a_reply_may_have_any_form_that_http_has() {
    let replies = odd_but_right().into_iter().map(|reply| (reply, false));
    let closed = odd_and_closed().into_iter().map(|reply| (reply, true));
    let replies: Vec<_> = replies.chain(closed).collect();
    all(&replies, |(reply, closes)| {
        let on = |want| match closes {
            true => last(want, reply),
            false => step(want, reply),
        };
        // As `next`'s reply, as a response's, as an error's.
        let bad = next("\"x\"");
        survives(&[
            on(GET_NEXT),
            on(POST_RESPONSE),
            step(GET_NEXT, &bad),
            on(POST_ERROR),
        ]);
    });
}

/// A conversation of which every reply comes byte by byte, with each byte in a packet of its own.
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
fn a_reply_may_come_byte_by_byte() {
    for reply in odd_but_right() {
        byte_by_byte(&[&reply, &reply, &reply, ACCEPTED]);
    }
}

/// 12.1: 11 and 17.
#[test]
fn a_reply_to_next_may_be_cut_after_every_byte() {
    let replies = odd_but_right();
    let cuts: Vec<(&[u8], usize)> = [replies.first(), replies.last()]
        .into_iter()
        .flatten()
        .flat_map(|reply| (0..reply.len()).map(|cut| (reply.as_bytes(), cut)))
        .collect();
    all(&cuts, |(reply, cut)| {
        survives(&[last(GET_NEXT, &reply[..*cut])]);
    });
}

/// 12.1: 21, and what is written whole is not written again.
#[test]
fn a_reply_to_an_answer_may_be_cut_after_every_byte() {
    let replies = odd_but_right();
    let bad = next("\"x\"");
    for reply in [replies.first(), replies.last()].into_iter().flatten() {
        let mut script = Vec::new();
        for cut in 0..reply.len() {
            script.extend([step(GET_NEXT, NEXT), last(POST_RESPONSE, &reply[..cut])]);
            script.extend([step(GET_NEXT, &bad), last(POST_ERROR, &reply[..cut])]);
        }
        survives(&script);
    }
}

/// 12.1: 17, 18, 23, 24, 25.
#[test]
fn every_status_on_every_call() {
    let statuses: Vec<u16> = (200..=299).collect();
    all(&statuses, |&status| {
        let script = match status {
            // Nothing yet.
            204 => vec![step(GET_NEXT, refusal(204)), step(GET_NEXT, NEXT)],
            _ => vec![step(GET_NEXT, NEXT.replace("200", &status.to_string()))],
        };
        survives(&[&script[..], &[step(POST_RESPONSE, refusal(status))]].concat());
    });
    let bad = next("\"x\"");
    let statuses: Vec<u16> = (300..=599).collect();
    all(&statuses, |&status| {
        let refused = refusal(status);
        let told = |end: &Error, call: &str| {
            // This one has no body, whatever its head says.
            let why = if status == 304 { "" } else { "why" };
            let want = format!("{call}: status {status}: {why}");
            assert!(end.error_message().contains(&want), "{want:?} in {end}");
        };
        // On next: a broken server ends the runtime at once, others are asked three times.
        let n = if matches!(status, 403 | 500) { 1 } else { 3 };
        told(
            &gives_up(&vec![step(GET_NEXT, &refused); n]),
            "GET invocation/next",
        );
        // On an answer: a server that says it has failed ends the runtime, others do not.
        let script = [
            step(GET_NEXT, NEXT),
            step(POST_RESPONSE, &refused),
            step(GET_NEXT, &bad),
            step(POST_ERROR, &refused),
        ];
        if status < 500 {
            survives(&script);
        } else {
            told(&gives_up(&script[..2]), "POST response");
            told(&gives_up(&script[2..]), "POST error");
        }
    });
}

/// The steps of `n` replies to `next` that cannot be read: where it says of which invocation it is, that is
/// answered with an error. One that is cut off is only asked for again.
fn unreadable(n: usize, reply: &[u8], is_cut: bool) -> Vec<Step> {
    let mut steps = vec![last(GET_NEXT, reply)];
    if !is_cut && reply.windows(8).any(|bytes| bytes == b"8476a536") {
        steps.push(step(POST_ERROR, ACCEPTED));
    }
    vec![steps; n].concat()
}

/// 12.1: 17.
#[test]
fn a_reply_to_next_that_is_malformed_is_told_and_not_asked_for_without_end() {
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

/// What is left of an earlier invocation does not go into the error of one that cannot be read.
#[test]
fn the_error_of_a_reply_that_cannot_be_read_is_of_its_own_invocation() {
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
        last(GET_NEXT, &other),
        step(post_other, ACCEPTED),
        last(GET_NEXT, &nonce),
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
fn a_reply_to_an_answer_that_is_malformed_costs_no_other_invocation() {
    let bad = next("\"x\"");
    all(&malformed(), |(reply, _)| {
        survives(&[
            step(GET_NEXT, NEXT),
            last(POST_RESPONSE, reply),
            step(GET_NEXT, &bad),
            last(POST_ERROR, reply),
        ]);
    });
}

/// 12.1: 17 and 21. A reset, wherever it comes, costs at most the reply that it is in.
#[cfg(unix)]
#[test]
fn a_reset_costs_at_most_its_reply() {
    let bad = next("\"x\"");
    let cuts = |reply: &str| [0, 1, 20, reply.len() - 1].map(|cut| reply[..cut].to_owned());
    for part in cuts(NEXT) {
        survives(&[reset(GET_NEXT, &part)]);
        survives(&[reset(GET_NEXT, &part), reset(GET_NEXT, &part)]);
        // A connection that has served before is made anew without a word, and this counts anew.
        let served = [step(GET_NEXT, NEXT), step(POST_RESPONSE, ACCEPTED)];
        survives(&[&served[..], &vec![reset(GET_NEXT, &part); 2]].concat());
    }
    for part in cuts(ACCEPTED) {
        survives(&[step(GET_NEXT, NEXT), reset(POST_RESPONSE, &part)]);
        survives(&[step(GET_NEXT, &bad), reset(POST_ERROR, &part)]);
    }
    let end = gives_up(&vec![reset(GET_NEXT, ""); 3]);
    let message = end.error_message();
    assert!(
        message.contains("GET invocation/next: Connection reset"),
        "{end}"
    );
}

/// What nobody has asked for belongs to no request.
#[test]
fn what_follows_a_reply_is_dropped_with_its_connection() {
    let twice = |reply: &str| reply.repeat(2);
    survives(&[
        last(GET_NEXT, twice(NEXT)),
        last(POST_RESPONSE, twice(ACCEPTED)),
    ]);
    // A body where there can be none, and the end of an idle connection.
    let body = "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nwhy";
    survives(&[
        last(GET_NEXT, body),
        step(GET_NEXT, NEXT),
        last(POST_RESPONSE, body),
    ]);
    let idle = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let answered = ACCEPTED.to_owned() + idle;
    survives(&[step(GET_NEXT, NEXT), last(POST_RESPONSE, answered)]);
}

#[test]
fn a_body_that_does_not_end_is_left() {
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
        // An event of 64 MiB, a reply of 1 MiB to an answer: no more.
        let end = gives_up(&unreadable(3, endless(65 << 20, chunked).as_bytes(), false));
        assert!(
            end.error_message().ends_with("next: body too long"),
            "{end}"
        );
        let long = last(POST_RESPONSE, endless(2 << 20, chunked));
        survives(&[step(GET_NEXT, NEXT), long]);
    }
}

/// 12.1: 13.
#[test]
fn absurd_headers_are_survived() {
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
    deadline("9223372036854775807", "Some(false)");
    deadline("18446744073709551615", "Some(false)");
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

/// 12.1: 16. What a caller sends along is read only when it is asked for, and is an `Err` at worst.
#[test]
fn a_client_context_may_be_anything() {
    fn check<T: FromJson + Debug + Sync>(field: &[u8], want: &str) {
        for name in [
            "Lambda-Runtime-Client-Context",
            "Lambda-Runtime-Cognito-Identity",
        ] {
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
        }
    }
    let context = check::<ClientContext>;
    context(b"", "None");
    context(b"{}", "Some(ClientContext { client: None, ");
    context(
        b"{\"client\":{\"app_title\":null},\"custom\":{\"a\":[1]}}",
        "Some(",
    );
    // {"client":{"app_title":"x"}}, as cargo-lambda sends it.
    let client = "Some(ClientContext { client: Some(ClientApplication { installation_id: None, \
        app_title: Some(\"x\")";
    context(b"eyJjbGllbnQiOnsiYXBwX3RpdGxlIjoieCJ9fQ==", client);
    context(
        b"eyJjbGllbnQiOnsiYXBwX3RpdGxlIjoieCJ9fQ=",
        "expected a value, found `e`",
    );
    // A member of another type is None, and the others are read.
    context(
        b"{\"client\":7,\"custom\":{\"a\":1}}",
        "Some(ClientContext { client: None, custom: Some(Object([(\"a\", Number(1))])), environment: None, ",
    );
    context(
        b"{\"custom\":\"\xff\xfe\",\"env\":{\"b\":2}}",
        "Some(ClientContext { client: None, custom: None, environment: Some(Object([(\"b\", Number(2))])), ",
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
    check::<Value>(b"[{\"a\":1}]", "Some(Array([");
}

/// What is shown of it is cut at a character, where there are any.
#[test]
fn an_event_that_is_no_text_is_told() {
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

/// A server that has closed its connection while the handler was at work got nothing of the answer.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_of_which_nothing_was_taken_is_sent_again() {
    #[track_caller]
    fn check(what: &str, kb: usize, want: &'static str) {
        let listener = listen();
        let addr = listener.local_addr().unwrap().to_string();
        let (closed, is_closed) = mpsc::channel();
        let is_closed = Mutex::new(is_closed);
        let slow = handler::streaming(|what: String, _, out| {
            let await_close = || is_closed.lock().unwrap().recv().unwrap();
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
                let answer = read_request(&mut stream);
                assert_eq!(answer.line, want, "{what} {kb}");
                let is_long = answer.body.len() >= (kb << 10).min(100_000);
                assert!(is_long, "{what} {kb}: {}", answer.body.len());
                assert_eq!(
                    answer.trailers.len(),
                    if what.ends_with("fails") { 2 } else { 0 }
                );
                stream.get_mut().write_all(ACCEPTED.as_bytes()).unwrap();
                // And not once more.
                assert_eq!(read_request(&mut stream).line, GET_NEXT);
            }
            drop((listener, closed));
            assert!(runtime.join().unwrap().is_err());
        });
    }
    for kb in [0, 1, 100, 6000] {
        check("buffered", kb, POST_RESPONSE);
        check("error", kb, POST_ERROR);
        check("started early", kb, POST_RESPONSE);
        check("stream", kb, POST_RESPONSE);
        check("web stream", kb, POST_RESPONSE);
        check("stream that fails", kb, POST_RESPONSE);
    }
    check("stream in parts", 100, POST_RESPONSE);
    check("empty stream", 0, POST_RESPONSE);
}

/// The connection for an answer is tried until the deadline, and then the answer is given up.
#[test]
fn a_connection_that_is_refused_is_tried_until_the_deadline() {
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

/// The same to the eye of a client that does not look closely: the end of the connection, and then a
/// reset. But some of the answer was taken, and so it may not come again.
#[test]
fn an_answer_of_which_some_was_taken_is_not_sent_again() {
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
fn a_request_id_comes_back_as_it_came() {
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
fn the_invocations_nonce_is_sent_back_with_an_error_and_a_stream_too() {
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
fn an_early_refusal_of_a_long_response_is_read_and_nothing_more_is_posted() {
    let listener = listen();
    let addr = listener.local_addr().unwrap().to_string();
    thread::scope(|scope| {
        let long = handler::bytes(|_, _| Ok(vec![b'x'; 6 << 20]));
        let runtime = scope.spawn(move || Runtime::at(&addr).serve(&long));
        let mut stream = accept(&listener);
        assert_eq!(read_request(&mut stream).line, GET_NEXT);
        stream.get_mut().write_all(NEXT.as_bytes()).unwrap();
        // The head and no more: the refusal is on its way while the body still comes.
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

/// What is not answered, and stands still, is left after ten seconds; `next` before its first byte
/// is waited for without end (12.1: 9).
#[test]
fn a_reply_that_stands_still_is_left() {
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
    // One that moves is waited for, for longer than that.
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

/// Limits how much the system takes of a connection that nobody reads from.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "std has no such option")]
pub(crate) fn set_receive_buffer(socket: &impl std::os::fd::AsRawFd, len: std::ffi::c_int) {
    use std::ffi::{c_int, c_void};

    unsafe extern "C" {
        fn setsockopt(
            fd: c_int,
            level: c_int,
            name: c_int,
            value: *const c_void,
            len: u32,
        ) -> c_int;
    }
    let (sol_socket, so_rcvbuf) = (1, 8);
    let value = (&raw const len).cast();
    // SAFETY: `value` is readable for its four bytes; the descriptor is open (socket(7)).
    let set = unsafe { setsockopt(socket.as_raw_fd(), sol_socket, so_rcvbuf, value, 4) };
    assert_eq!(set, 0);
}

/// A caller that takes its time: Lambda's server reads a response as its caller does.
#[cfg(target_os = "linux")]
struct SlowCaller {
    event: &'static str,
    want: &'static str,
    /// Whether the invocation ends in half a minute.
    has_deadline: bool,
    /// Of the server's receive buffer, in bytes; 0: as the system has it.
    buffer_len: i32,
    /// Between the head and the body.
    pause: Duration,
    /// Read at one time, in bytes, and how long after that nothing is read.
    pace: (usize, Duration),
    /// In front of the reply.
    silence: Duration,
}

#[cfg(target_os = "linux")]
impl SlowCaller {
    /// Serves one invocation, and then a second one on the same connection: nothing was given up.
    fn is_waited_for(&self) {
        let listener = listen();
        if self.buffer_len > 0 {
            set_receive_buffer(&listener, self.buffer_len);
        }
        let addr = listener.local_addr().unwrap().to_string();
        let answer = handler::streaming(|what: String, _, out| {
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
            let runtime = scope.spawn(|| Runtime::at(&addr).serve(&answer));
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
            let answer = crate::peer::read_request_from(&mut slow);
            assert_eq!(answer.line, self.want, "{}", self.event);
            thread::sleep(self.silence);
            stream.get_mut().write_all(ACCEPTED.as_bytes()).unwrap();
            assert_eq!(read_request(&mut stream).line, GET_NEXT, "{}", self.event);
            stream.get_mut().write_all(refusal(500).as_bytes()).unwrap();
            drop(listener);
            assert!(runtime.join().unwrap().is_err());
        });
    }
}

/// Rests after each read.
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

/// 12.1: 21. As long as a part of an answer has not arrived there is no limit for its reply, nor until
/// the deadline: Lambda's own timeout ends it.
#[cfg(target_os = "linux")]
#[test]
fn a_slow_caller_is_waited_for() {
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
            // 15 seconds, and again with the system's own buffer read late.
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
            // All of it has arrived, and is read, and still there is no reply.
            add(SlowCaller {
                event,
                silence: late,
                ..usual
            });
        }
        // So much is acknowledged by the system that nobody has read.
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

/// Checks that the error of `f` names its place in this file.
#[track_caller]
fn check_place<T>(name: &str, f: impl Fn() -> tiny_lambda::Result<T>) {
    let error: Value =
        tiny_lambda::json::parse(&tiny_lambda::json::to_vec(&f().err().expect(name))).unwrap();
    let trace = error.get("stackTrace").and_then(Value::as_array).unwrap();
    let place = trace.first().and_then(Value::as_str).unwrap_or("none");
    assert!(place.starts_with("tests/it/faults.rs:"), "{name}: {place}");
}

/// A stack trace is for the function's own mistakes: it names the function's source, or nothing.
#[test]
#[expect(
    clippy::needless_question_mark,
    reason = "a `?` is what a function writes"
)]
fn a_stack_trace_never_names_a_source_file_of_this_crate() {
    use tiny_lambda::events::{Field, Map, sqs::SqsMessage};
    use tiny_lambda::http::{Method, Request};
    use tiny_lambda::json;

    /// The `stackTrace` of the error that is posted for `event`.
    #[track_caller]
    fn posted(handler: &dyn Handler, event: &str) -> Vec<String> {
        let script = [step(GET_NEXT, next(event)), step(POST_ERROR, ACCEPTED)];
        let (requests, _) = play(&script, handler);
        let error: Value = json::parse(&requests[1].body).unwrap();
        let trace = error.get("stackTrace").and_then(Value::as_array).unwrap();
        let places = trace.iter().map(|place| place.as_str().unwrap().to_owned());
        places.collect()
    }
    let odd = [
        posted(&double(), "7"),
        posted(&double(), "{"),
        posted(
            &handler::json(|event: SqsEvent, _| Ok(event.records.get()?.len())),
            "[]",
        ),
        posted(&handler::http(|_: Request, _| Ok("")), "[]"),
        posted(&handler::streaming(|_: u8, _, _| Ok(())), "[]"),
        posted(&handler::bytes(|_, _| Ok(vec![0; 7 << 20])), "7"),
        posted(
            &handler::bytes(|_, _| std::panic::resume_unwind(Box::new("gone"))),
            "7",
        ),
    ];
    for (i, places) in odd.iter().enumerate() {
        assert!(places.is_empty(), "{i}: {places:?}");
    }

    let request = Request::new(Method::Post, "/?a=%").with_body("x");
    check_place("json::parse", || Ok(json::parse::<u8>(b"x")?));
    check_place("std", || Ok("x".parse::<u8>()?));
    check_place("Request::json", || Ok(request.json::<u8>()?));
    check_place("Query::parse", || {
        Ok(Request::new(Method::Get, "/?a=b")
            .query()?
            .parse::<u8>("a")?)
    });
    check_place("Request::param", || Ok(request.param::<u8>("none")?));
    check_place("Request::limit_body", || Ok(request.limit_body(0)?));
    check_place("Field::get", || Ok(*Field::<u8>::default().get()?));
    check_place("Field::take", || Ok(Field::<u8>::default().take()?));
    check_place("Map::value", || Ok(Map::<u8>::default().value("a")?));
    check_place("SqsMessage::json", || {
        Ok(SqsMessage::default().json::<u8>()?)
    });
}

#[test]
#[expect(
    clippy::needless_question_mark,
    reason = "a `?` is what a function writes"
)]
fn the_error_of_a_function_of_events_and_http_names_the_place_that_called_it() {
    use tiny_lambda::events::cloudwatch_logs::{LogData, LogsEvent};
    use tiny_lambda::events::dynamodb::{DynamoDbEvent, DynamoDbStreamRecord};
    use tiny_lambda::events::kafka::KafkaEvent;
    use tiny_lambda::events::kinesis::KinesisEvent;
    use tiny_lambda::events::lambda_destinations::LambdaDestinationEvent;
    use tiny_lambda::events::{
        Base64, EpochSeconds, FormText, Map, Timestamp, cloudwatch_alarms, dynamodb, kafka,
        kinesis, sqs,
    };
    use tiny_lambda::http::{Cookie, Request, Response};
    use tiny_lambda::{Context, json};

    let odd = json::parse::<cloudwatch_alarms::CloudWatchAlarmState>(br#"{"reasonData":"x"}"#);
    let odd = odd.unwrap();
    check_place("CloudWatchAlarmState::data", || Ok(odd.data()?));
    let none = cloudwatch_alarms::CloudWatchAlarmState::default();
    check_place("CloudWatchAlarmState::data", || Ok(none.data()?));
    check_place("LogsEvent::data", || Ok(LogsEvent::default().data()?));
    for data in ["!", "aGk=", "H4sIAAAAAAAA"] {
        let data = Base64::from(String::from(data));
        check_place("LogData::from_base64", || Ok(LogData::from_base64(&data)?));
    }
    check_place("LogData::from_gzip", || Ok(LogData::from_gzip(b"x")?));
    let base64 = Base64::from(String::from("!"));
    check_place("Base64::decode", || Ok(base64.decode()?));
    check_place("Base64::json", || Ok(base64.json::<u8>()?));
    let text = FormText::from(String::from("%"));
    check_place("FormText::decode", || Ok(text.decode()?));
    let text = FormText::from(String::from("%ff"));
    check_place("FormText::decode", || Ok(text.decode()?));
    check_place("Timestamp::to_system_time", || {
        Ok(Timestamp::default().to_system_time()?)
    });
    let time = json::parse::<EpochSeconds>(b"1e99").unwrap();
    check_place(
        "EpochSeconds::to_system_time",
        || Ok(time.to_system_time()?),
    );
    let change = DynamoDbStreamRecord::default();
    check_place("DynamoDbStreamRecord::creation_time", || {
        Ok(change.creation_time()?)
    });
    let map = json::parse::<Map<u8>>(br#"{"a":"x"}"#).unwrap();
    check_place("Map::to_vec", || Ok(map.to_vec()?));
    check_place("LambdaDestinationEvent::batch", || {
        Ok(LambdaDestinationEvent::default().batch::<u8>()?)
    });
    check_place("Cookie::new", || Ok(Cookie::new("a", ";")?));
    let cookie = || Cookie::new("a", "b").unwrap();
    check_place("Cookie::path", || Ok(cookie().path(";")?));
    check_place("Cookie::domain", || Ok(cookie().domain(";")?));
    check_place("Request::from_event", || Ok(Request::from_event(b"{}")?));
    check_place("Request::from_event", || Ok(Request::from_event(b"\xff")?));
    check_place("Request::from_event", || Ok(Request::from_event(b"{")?));
    let event = br#"{"httpMethod":"GET","path":"/","body":7}"#;
    let odd = Request::from_event(event).unwrap();
    check_place("Request::body", || Ok(odd.body()?.len()));
    check_place("Request::form", || Ok(odd.form()?));
    check_place("Request::into_body", || Ok(odd.clone().into_body()?));
    check_place("Request::encode_response", || {
        Ok(odd.encode_response(&Response::new(0))?)
    });
    let split = Response::new(200).with_header("a", "b\n");
    check_place("Request::encode_response", || {
        Ok(odd.encode_response(&split)?)
    });
    let cx = Context::default();
    let sqs_event = || json::parse::<SqsEvent>(br#"{"Records":[{}]}"#).unwrap();
    check_place("sqs::each", || {
        Ok(sqs::each(&SqsEvent::default(), &cx, |_| Ok(()))?)
    });
    check_place("sqs::each", || {
        Ok(sqs::each(&sqs_event(), &cx, |_| Ok(()))?)
    });
    check_place("sqs::each_with_options", || {
        let options = sqs::EachOptions::default();
        Ok(sqs::each_with_options(&sqs_event(), &cx, options, |_| {
            Ok(())
        })?)
    });
    check_place("kinesis::each", || {
        Ok(kinesis::each(&KinesisEvent::default(), &cx, |_| Ok(()))?)
    });
    check_place("dynamodb::each", || {
        Ok(dynamodb::each(&DynamoDbEvent::default(), &cx, |_| Ok(()))?)
    });
    check_place("kafka::each", || {
        Ok(kafka::each(&KafkaEvent::default(), &cx, |_| Ok(()))?)
    });
}
