//! Streamed responses in conversation with a scripted Runtime API (runtime-api.md section 3).

use std::io::{ErrorKind, Write};

use tiny_lambda::handler;
use tiny_lambda::json::{self, Value};
use tiny_lambda::{Context, Error, Responder, Result};

use super::play;
use crate::support::runtime_api::{
    ACCEPTED, GET_NEXT, NEXT, POST_ERROR, POST_RESPONSE, Request, Step, step, step_and_close,
};

const TYPE_FIELD: &str = "Lambda-Runtime-Function-Error-Type";
const BODY_FIELD: &str = "Lambda-Runtime-Function-Error-Body";

/// Streams the response of one invocation, then serves a second one; returns the request of the first.
#[track_caller]
fn stream(want: &'static str, f: impl Fn(Responder<'_>) -> Result<()> + Sync) -> Request {
    let script = [
        step(GET_NEXT, NEXT),
        step(want, ACCEPTED),
        step(GET_NEXT, NEXT.replace("\"7\"", "\"8\"")),
        step(POST_RESPONSE, ACCEPTED),
    ];
    let once = handler::streaming(move |text: String, _: &Context, out| {
        if text == "7" {
            return f(out);
        }
        out.json("plain");
        Ok(())
    });
    let (mut requests, _) = play(&script, &once);
    assert_eq!(requests[3].text(), "\"plain\"");
    assert_eq!(requests[3].field("Transfer-Encoding"), None);
    requests.swap_remove(1)
}

/// 12.1: 29 and 34.
#[test]
fn a_stream_has_the_headers_of_a_stream_its_chunks_and_no_trailers() {
    let request = stream(POST_RESPONSE, |out| {
        let mut body = out.start("text/plain")?;
        body.write_all(b"one ")?;
        body.flush()?;
        body.flush()?;
        body.write_all(b"two ")?;
        body.write_all(b"three")?;
        Ok(())
    });
    let fields: Vec<_> = request
        .fields
        .iter()
        .map(|(n, v)| format!("{n}: {v}"))
        .collect();
    assert_eq!(
        fields[2..],
        [
            "Content-Type: text/plain",
            "Lambda-Runtime-Function-Response-Mode: streaming",
            "Transfer-Encoding: chunked",
            "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
        ]
    );
    assert_eq!(request.chunks, [b"one ".as_slice(), b"two three"]);
    assert!(request.trailers.is_empty());
}

/// 12.1: 38.
#[test]
fn a_stream_sends_a_chunk_when_8_kb_are_buffered() {
    #[track_caller]
    fn check(writes: &[usize], chunks: &[usize]) {
        let writes = writes.to_vec();
        let request = stream(POST_RESPONSE, move |out| {
            let mut body = out.start("text/plain")?;
            for (i, &len) in writes.iter().enumerate() {
                body.write_all(&vec![b'a' + u8::try_from(i).unwrap(); len])?;
            }
            Ok(())
        });
        let got: Vec<_> = request.chunks.iter().map(Vec::len).collect();
        assert_eq!(got, chunks);
    }
    check(&[], &[]);
    check(&[0], &[]);
    check(&[8191], &[8191]);
    check(&[8192], &[8192]);
    check(&[8191, 1], &[8192]);
    check(&[8191, 8191, 1], &[16_382, 1]);
    check(&[1024; 20], &[8192, 8192, 4096]);
    check(&[8191, 8192], &[8191, 8192]);
    check(&[1, 1, 1], &[3]);
    check(&[100, 20_000, 5], &[100, 20_000, 5]);
    check(&[1_000_000], &[1_000_000]);
}

/// 12.1: 35.
#[test]
fn an_error_within_a_stream_is_in_its_trailers() {
    #[track_caller]
    fn check(request: &Request, error_type: &str, document: &str) {
        assert_eq!(request.text(), "part");
        let [(type_name, type_value), (body_name, body_value)] = &request.trailers[..] else {
            panic!("two trailers in {request:?}");
        };
        assert_eq!(
            (type_name.as_str(), type_value.as_str()),
            (TYPE_FIELD, error_type)
        );
        assert_eq!(body_name, BODY_FIELD);
        let text = String::from_utf8(decode_base64(body_value)).unwrap();
        assert!(text.contains(document), "{text}");
    }
    let request = stream(POST_RESPONSE, |out| {
        let mut body = out.start("text/plain")?;
        body.write_all(b"part")?;
        body.flush()?;
        Err(Error::new("OutOfLuck", "no more"))
    });
    check(
        &request,
        "Function.OutOfLuck",
        r#""errorMessage":"no more","errorType":"OutOfLuck""#,
    );
    let request = stream(POST_RESPONSE, |out| {
        let mut body = out.start("text/plain")?;
        body.write_all(b"part")?;
        body.flush()?;
        panic!("midway");
    });
    check(&request, "Runtime.Panic", "midway");
}

/// Go's `net/http`, which Lambda's server uses, accepts trailers of at most 4 KB.
#[test]
fn a_long_error_message_is_cut_to_fit_into_4_kb_of_trailers() {
    for letter in ["x", "\0", "\u{e9}", "\u{1f980}"] {
        let text = letter.repeat(5000);
        let request = stream(POST_RESPONSE, |out| {
            let mut body = out.start("text/plain")?;
            body.write_all(b"part")?;
            body.flush()?;
            Err(Error::new("X".repeat(300), &text))
        });
        let len: usize = request
            .trailers
            .iter()
            .map(|(name, value)| name.len() + value.len() + 4)
            .sum();
        assert!((1000..=4000).contains(&len), "{len}");
        let document = decode_base64(&request.trailers[1].1);
        let document: Value = json::parse(&document).unwrap();
        let message = document.get("errorMessage").and_then(Value::as_str);
        let start = message.unwrap().strip_suffix("...").unwrap();
        assert!(text.starts_with(start) && start.len() > 100, "{start}");
    }
}

#[test]
fn an_error_before_the_first_chunk_is_posted_as_a_function_error() {
    let request = stream(POST_ERROR, |out| {
        let mut body = out.start("text/plain")?;
        body.write_all(b"never seen")?;
        Err(Error::new("OutOfLuck", "no more"))
    });
    assert!(
        request.text().contains(r#""errorType":"OutOfLuck""#),
        "{}",
        request.text()
    );
    let request = stream(POST_ERROR, |out| {
        let _body = out.start("text/plain")?;
        panic!("early");
    });
    assert!(request.text().contains("early"), "{}", request.text());
    let request = stream(POST_ERROR, |_| {
        Err(Error::new("OutOfLuck", "no stream at all"))
    });
    assert!(
        request.text().contains("no stream at all"),
        "{}",
        request.text()
    );
}

/// 12.1: 36, 37, 39.
#[test]
fn a_streamed_web_response_begins_with_a_chunk_of_prelude_and_a_chunk_of_eight_nul_bytes() {
    let request = stream(POST_RESPONSE, |out| {
        let fields = [
            ("Content-Type", "text/html"),
            ("Set-Cookie", "a=1; Path=/"),
            ("Vary", "Accept"),
            ("set-cookie", "b=2"),
            ("vary", "Origin"),
        ];
        let mut body = out.start_http(201, &fields)?;
        body.write_all(b"<p>hello")?;
        Ok(())
    });
    let content_type = "application/vnd.awslambda.http-integration-response";
    assert_eq!(request.field("Content-Type"), Some(content_type));
    let prelude = r#"{"statusCode":201,"headers":{"Content-Type":"text/html","Vary":"Accept, Origin"},"cookies":["a=1; Path=/","b=2"]}"#;
    assert_eq!(request.chunks, [prelude.as_bytes(), &[0; 8], b"<p>hello"]);

    let request = stream(POST_RESPONSE, |out| out.start_http(204, &[]).map(drop));
    let prelude = r#"{"statusCode":204,"headers":{},"cookies":[]}"#;
    assert_eq!(request.chunks, [prelude.as_bytes(), &[0; 8]]);
}

/// 12.1: 36.
#[test]
fn a_stream_with_an_invalid_status_header_or_content_type_is_refused() {
    #[track_caller]
    fn check(status: u16, fields: &'static [(&'static str, &'static str)], want: &str) {
        let request = stream(POST_ERROR, |out| out.start_http(status, fields).map(drop));
        assert!(
            request.text().contains("Runtime.InvalidResponse"),
            "{}",
            request.text()
        );
        assert!(request.text().contains(want), "{}", request.text());
    }
    check(99, &[], "99 is not an HTTP status");
    check(600, &[], "600 is not an HTTP status");
    check(200, &[("a b", "c")], "a b");
    check(200, &[("", "c")], "cannot stand in an HTTP header");
    check(200, &[("a", "b\r\nX: y")], "cannot stand in an HTTP header");
    check(
        200,
        &[("Set-Cookie", "a\0")],
        "cannot stand in an HTTP header",
    );
    let long =
        "x".repeat(16_384 - r#"{"statusCode":200,"headers":{"a":""},"cookies":[]}"#.len() - 8);
    let request = stream(POST_RESPONSE, |out| {
        out.start_http(200, &[("a", &long)]).map(drop)
    });
    assert_eq!(request.body.len(), 16_384);
    let request = stream(POST_ERROR, |out| {
        out.start_http(200, &[("a", &(long.clone() + "x"))])
            .map(drop)
    });
    let want = "status and headers have 16385 bytes";
    assert!(request.text().contains(want), "{}", request.text());
    let request = stream(POST_ERROR, |out| out.start("text/plain\r\nX: y").map(drop));
    assert!(
        request.text().contains("cannot stand in an HTTP header"),
        "{}",
        request.text()
    );
}

#[test]
fn a_write_fails_if_the_caller_has_disconnected_and_the_next_invocation_is_served() {
    let script: [Step; 4] = [
        step(GET_NEXT, NEXT),
        // The server closes with unread bytes, which resets the connection.
        step_and_close("cut", ""),
        step(GET_NEXT, NEXT.replace("\"7\"", "\"8\"")),
        step(POST_RESPONSE, ACCEPTED),
    ];
    let endless = handler::streaming(|text: String, _: &Context, out| {
        if text == "8" {
            out.json("plain");
            return Ok(());
        }
        let mut body = out.start("text/plain")?;
        loop {
            if let Err(error) = body.write(&vec![b'x'; 100_000]) {
                let again = body.write(b"more").and_then(|_| body.flush());
                assert_eq!(again.map_err(|again| again.kind()), Err(error.kind()));
                assert!(matches!(
                    error.kind(),
                    ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
                ));
                return Err(error.into());
            }
        }
    });
    let (requests, _) = play(&script, &endless);
    assert_eq!(requests[3].text(), "\"plain\"");
}

fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = text.trim_end_matches('=').chars().flat_map(|c| {
        let value = ALPHABET.find(c).expect("a base64 digit");
        (0..6).rev().map(move |bit| value >> bit & 1 == 1)
    });
    std::iter::from_fn(|| {
        let byte: Vec<bool> = bits.by_ref().take(8).collect();
        (byte.len() == 8).then(|| byte.iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit)))
    })
    .collect()
}
