//! Input from programs in other languages that RFC 8259 leaves open: unpaired surrogates, byte order marks,
//! `null` for a missing member.

use tiny_lambda::events::batch::BatchResponse;
use tiny_lambda::events::dynamodb::AttributeValue;
use tiny_lambda::events::iam::OneOrMany;
use tiny_lambda::events::sqs::{self, SqsEvent};
use tiny_lambda::events::{EventBridgeEvent, FormText, Map, Timestamp, samples, sns};
use tiny_lambda::http::{Method, Request, Response};
use tiny_lambda::json::{self, Value};
use tiny_lambda::{Context, json_struct};

json_struct! {
    #[derive(Debug, PartialEq)]
    struct Own { a: String, n: u8 = 7 }
}

/// Strings with an unpaired surrogate, and the same with the replacement character.
const HALVES: [(&str, &str); 6] = [
    (r"\ud83d", "\u{fffd}"),
    (r"x\udE00y", "x\u{fffd}y"),
    (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
    (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
    (r"\uD83D\u0041", "\u{fffd}A"),
    (r"\ud83d\\", "\u{fffd}\\"),
];

#[test]
fn an_unpaired_surrogate_makes_at_most_one_record_fail() {
    for (half, want) in HALVES {
        let body = r#"{\"a\":\"ok\"}"#;
        let inner = half.replace('\\', r"\\");
        let event = format!(
            r#"{{"Records":[
                {{"messageId":"1","body":"{body}","{half}":[{{"x":"{half}"}}]}},
                {{"messageId":"2","body":"{half}"}},
                {{"messageId":"3","body":"{{\"a\":\"{inner}\"}}"}},
                {{"messageId":"4","body":"{body}","messageAttributes":{{"{half}":{{"stringValue":"{half}"}}}}}}
            ]}}"#
        );
        let event: SqsEvent = json::parse(event.as_bytes()).unwrap();
        let records = event.records.get().unwrap();
        assert_eq!(records[1].body.get().unwrap(), want);
        let names: Vec<_> = records[3]
            .message_attributes
            .get()
            .unwrap()
            .iter()
            .collect();
        assert_eq!(names[0].0, want);
        assert_eq!(names[0].1.string_value.get().unwrap(), want);
        let response = sqs::each(&event, &Context::default(), |message| {
            let own: Own = message.json()?;
            assert_eq!(own.a, "ok");
            Ok(())
        });
        assert_eq!(
            json::to_vec(&response.unwrap()),
            br#"{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"3"}]}"#
        );
    }
}

#[test]
fn an_unpaired_surrogate_is_replaced_in_events_and_an_error_in_json_struct() {
    for (half, want) in HALVES {
        let event = format!(r#"{{"source":"{half}","detail":{{"a":"{half}","n":1}}}}"#);
        let own: EventBridgeEvent<Own> = json::parse(event.as_bytes()).unwrap();
        assert_eq!(own.source.get().unwrap(), want);
        let error = own.detail.get().unwrap_err();
        let message = error.error_message();
        assert!(
            message.contains("half of a surrogate pair at $.detail.a"),
            "{message}"
        );
        let tree: EventBridgeEvent<Value> = json::parse(event.as_bytes()).unwrap();
        assert_eq!(tree.detail.get().unwrap().pointer("/a"), Some(&want.into()));

        // An SNS notification in the body of an SQS message, and a map.
        let envelope = format!(r#"{{"Message":"{half}","Subject":"s"}}"#);
        let body = String::from_utf8(json::to_vec(envelope.as_str())).unwrap();
        let event = format!(r#"{{"Records":[{{"body":{body}}}]}}"#);
        let event: SqsEvent = json::parse(event.as_bytes()).unwrap();
        let notification: sns::SnsMessage = event.records.get().unwrap()[0].json().unwrap();
        assert_eq!(notification.message.get().unwrap(), want);
        assert_eq!(notification.subject.get().unwrap(), "s");

        let map: Map<String> =
            json::parse(format!(r#"{{"{half}":"{half}","b":"c"}}"#).as_bytes()).unwrap();
        assert_eq!(
            (map.get(want).as_deref(), map.get("b").as_deref()),
            (Some(want), Some("c"))
        );
        assert_eq!(map.value(want).unwrap(), want);
        assert_eq!(
            map.to_vec().unwrap()[0],
            (want.to_string(), want.to_string())
        );
    }
}

#[test]
fn an_unpaired_surrogate_is_replaced_in_every_type_that_events_are_made_of() {
    for (half, want) in HALVES {
        let text = format!("\"{half}\"");
        let text = text.as_bytes();
        assert_eq!(json::parse::<Timestamp>(text).unwrap().as_str(), want);
        let one: OneOrMany = json::parse(text).unwrap();
        assert_eq!(one.as_slice(), [want]);
        let list = format!("[\"{half}\"]");
        let many: OneOrMany = json::parse(list.as_bytes()).unwrap();
        assert_eq!(many.as_slice(), [want]);
        let key: FormText = json::parse(text).unwrap();
        assert_eq!(key, FormText::from(want.to_string()));
        let value = format!(r#"{{"M":{{"a":{{"L":[{{"S":"{half}"}}]}}}}}}"#);
        let escaped = String::from_utf8(json::to_vec(want)).unwrap();
        let plain = value.replace(&format!("\"{half}\""), &escaped);
        assert_eq!(
            json::parse::<AttributeValue>(value.as_bytes()),
            json::parse::<AttributeValue>(plain.as_bytes())
        );
        let failures = format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"{half}"}}]}}"#);
        let response: BatchResponse = json::parse(failures.as_bytes()).unwrap();
        assert_eq!(response.failures, [want]);
    }
}

#[test]
fn an_event_with_a_unpaired_surrogate_anywhere_is_read() {
    let mut n_read = 0;
    for (name, sample) in samples::ALL {
        for (at, _) in sample.match_indices('"').step_by(7) {
            // An escaped quote neither opens nor closes a string.
            if at > 0 && sample.as_bytes()[at - 1] == b'\\' {
                continue;
            }
            let text = format!("{}\"\\ud83d{}", &sample[..at], &sample[at + 1..]);
            let Ok(json::Ignored) = json::parse(text.as_bytes()) else {
                continue; // It was a closing quote.
            };
            n_read += 1;
            assert!(
                json::parse::<SqsEvent>(text.as_bytes()).is_ok(),
                "{name}: {text}"
            );
            assert!(
                json::parse::<EventBridgeEvent<Value>>(text.as_bytes()).is_ok(),
                "{name}: {text}"
            );
        }
    }
    assert!(n_read > 100, "{n_read}");
}

#[test]
fn a_web_request_with_a_unpaired_surrogate_is_read() {
    for (half, want) in HALVES {
        let event = format!(
            r#"{{"version":"2.0","rawPath":"/p","rawQueryString":"","{half}":"{half}",
            "headers":{{"x-a":"{half}","x-b":"b"}},"cookies":["c={half}"],"body":"{half}",
            "pathParameters":{{"id":"{half}"}},"stageVariables":{{"{half}":"1","v":"{half}"}},
            "requestContext":{{"http":{{"method":"GET","path":"/p","sourceIp":"1.2.3.4"}},
            "authorizer":{{"jwt":{{"claims":{{"sub":"{half}"}}}}}}}}}}"#
        );
        let request = Request::from_event(event.as_bytes()).unwrap();
        assert_eq!(request.headers().get("x-a"), Some(want));
        assert_eq!(request.headers().get("x-b"), Some("b"));
        assert_eq!(request.body().unwrap().as_str(), Some(want));
        assert_eq!(request.path_parameter("id").as_deref(), Some(want));
        assert_eq!(request.stage_variable("v").as_deref(), Some(want));
        assert_eq!(request.claim("sub").as_deref(), Some(want));
        let claims = request.authorizer().unwrap();
        assert_eq!(claims.pointer("/jwt/claims/sub"), Some(&want.into()));
        let event = format!(
            r#"{{"httpMethod":"GET","path":"/","resource":"/","body":null,
            "queryStringParameters":{{"q":"{half}","{half}":"v"}},
            "requestContext":{{"identity":{{"userAgent":"{half}"}}}}}}"#
        );
        let request = Request::from_event(event.as_bytes()).unwrap();
        assert_eq!(request.query().unwrap().get("q"), Some(want));
        assert_eq!(request.query().unwrap().get(want), Some("v"));
    }
    // A response that a test reads back.
    for (half, want) in HALVES {
        let sent = format!(
            r#"{{"statusCode":200,"headers":{{"x-a":"{half}"}},"cookies":["c={half}"],"body":"{half}"}}"#
        );
        let response: Response = json::parse(sent.as_bytes()).unwrap();
        assert_eq!(response.body.as_str(), Some(want));
        assert_eq!(response.headers.get("x-a"), Some(want));
    }
    // JSON in the body is not an event: an unpaired surrogate is an error there.
    let request = Request::new(Method::Post, "/").with_body(r#"{"a":"\ud83d"}"#);
    let error = request.json::<Own>().unwrap_err();
    assert!(
        error.error_message().contains("at $.a (offset 6"),
        "{}",
        error.error_message()
    );
    let request = Request::new(Method::Post, "/").with_body(r#"{"a":"x","b":"\ud83d"}"#);
    assert_eq!(request.json::<Own>().unwrap().a, "x");
}

#[test]
fn a_byte_order_mark_is_skipped_only_at_the_start_of_a_body() {
    let own = || Own {
        a: "x".into(),
        n: 1,
    };
    let text = "\u{feff} {\"a\":\"x\",\"n\":1}";
    let request = Request::new(Method::Post, "/").with_body(text);
    assert_eq!(request.json::<Own>().unwrap(), own());
    let request = Request::new(Method::Post, "/").with_body(text.as_bytes().to_vec());
    assert_eq!(request.json::<Own>().unwrap(), own());
    let record = json::to_vec(&tiny_lambda::json!({ "Records": [{ "body": text }] }));
    let event: SqsEvent = json::parse(&record).unwrap();
    assert_eq!(
        event.records.get().unwrap()[0].json::<Own>().unwrap(),
        own()
    );
    assert!(json::parse::<Own>(text.as_bytes()).is_err());
    for bad in [
        "\u{feff}\u{feff}{\"a\":\"x\"}",
        " \u{feff}{\"a\":\"x\"}",
        "{\u{feff}\"a\":\"x\"}",
        "{\"a\":\u{feff}\"x\"}",
        "{\"a\":\"x\"}\u{feff}",
        "\u{feff}",
    ] {
        let request = Request::new(Method::Post, "/").with_body(bad);
        let error = request.json::<Own>().unwrap_err();
        assert_eq!(error.error_type(), "Http.BadRequest", "{bad:?}");
    }
    // The offset counts the mark, which is part of the body. In a string it is a character.
    let request = Request::new(Method::Post, "/").with_body("\u{feff}{\"a\":5}");
    let error = request.json::<Own>().unwrap_err();
    assert!(
        error.error_message().contains("at $.a (offset 8, line 1"),
        "{}",
        error.error_message()
    );
    let request = Request::new(Method::Post, "/").with_body("{\"a\":\"\u{feff}x\"}");
    assert_eq!(request.json::<Own>().unwrap().a, "\u{feff}x");
}

#[test]
fn null_gives_a_member_its_default() {
    json_struct! {
        #[derive(Debug, PartialEq)]
        struct Defaults {
            n: u32 = 5,
            s: String as "S" = "x".into(),
            list: Vec<u8> = vec![1],
            own: Own = Own { a: "d".into(), n: 9 },
            flag: bool = true,
            option: Option<u8> = Some(3),
            plain: Option<u8>,
        }
    }
    json_struct! {
        #[derive(Debug, PartialEq)]
        struct Borrowed<'j> { a: &'j str = "d", n: u8 = 4, b: std::borrow::Cow<'j, str> = "e".into() }
    }
    let want = || Defaults {
        n: 5,
        s: "x".into(),
        list: vec![1],
        own: Own {
            a: "d".into(),
            n: 9,
        },
        flag: true,
        option: Some(3),
        plain: None,
    };
    for text in [
        "{}",
        r#"{"n":null,"S":null,"list":null,"own":null,"flag":null,"option":null,"plain":null}"#,
        r#"{"n": null , "flag" :null,"list"	:
 null}"#,
        // The last of several members with one name counts.
        r#"{"n":6,"S":"y","list":[2,3],"flag":false,"n":null,"S":null,"list":null,"flag":null}"#,
    ] {
        assert_eq!(
            json::parse::<Defaults>(text.as_bytes()),
            Ok(want()),
            "{text}"
        );
        let list = format!("[{text},{text}]");
        assert_eq!(
            json::parse::<Vec<Defaults>>(list.as_bytes()),
            Ok(vec![want(), want()])
        );
    }
    let got: Defaults = json::parse(br#"{"n":null,"n":6,"own":{"a":"z","n":null}}"#).unwrap();
    assert_eq!(
        (got.n, got.own),
        (
            6,
            Own {
                a: "z".into(),
                n: 7
            }
        )
    );
    let got: Borrowed = json::parse_borrowed(br#"{"a":null,"n":null,"b":null}"#).unwrap();
    assert_eq!(
        got,
        Borrowed {
            a: "d",
            n: 4,
            b: "e".into()
        }
    );
    let error = json::parse::<Defaults>(br#"{"n":nul}"#)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "expected a value, found `n` at $.n (offset 5, line 1, column 6)"
    );
    let error = json::parse::<Own>(br#"{"a":null}"#)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "expected a string, found null at $.a (offset 5, line 1, column 6)"
    );
}
