//! The sample events: each is read and written back, and read with any member missing or changed.

use std::fs;
use std::path::Path;

use tiny_lambda::events::{self, samples};
use tiny_lambda::http::Request;
use tiny_lambda::json::{self, FromJson, ToJson, Value};

use super::types::type_of;
use crate::support::function::{command, example};
use crate::support::processes::wait_for_end;
use crate::support::runtime_api::{
    ACCEPTED, GET_NEXT, POST_ERROR, POST_RESPONSE, converse, next, step,
};

/// Returns all samples with their names: those of the crate, and those of the shared test data if it
/// exists.
pub(super) fn all() -> Vec<(String, Vec<u8>)> {
    let own = samples::ALL.iter();
    let mut all: Vec<_> = own
        .map(|(name, text)| ((*name).to_string(), text.as_bytes().to_vec()))
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/events");
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let name = name.strip_prefix("example-").unwrap_or(name);
            all.push((name.to_string(), fs::read(&path).unwrap()));
        }
    }
    all
}

/// Whether each member of `part` is in `whole` with the same value. A member that is `null` differs from
/// one that is missing.
pub(super) fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(name, value)| whole.get(name).is_some_and(|other| is_part(value, other))),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(a, b)| is_part(a, b))
        }
        _ => part == whole,
    }
}

/// Adds the paths of the members of `whole` that `part` does not have.
fn lacks(part: &Value, whole: &Value, path: &str, found: &mut Vec<String>) {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            for (name, value) in whole {
                let path = format!("{path}.{name}");
                match part.get(name) {
                    Some(part) => lacks(part, value, &path, found),
                    None => found.push(path),
                }
            }
        }
        (Value::Array(part), Value::Array(whole)) => {
            for (part, whole) in part.iter().zip(whole) {
                lacks(part, whole, path, found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_sample_is_written_as_it_was_read() {
    let all = all();
    let mut lacking = Vec::new();
    for (name, text) in &all {
        let whole: Value = json::parse(text).unwrap();
        let written = (type_of(name).2)(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let part: Value = json::parse(&written).unwrap();
        assert!(is_part(&part, &whole), "{name}: {part}");
        lacks(&part, &whole, name, &mut lacking);
    }
    // A member that AWS does not document.
    lacking.retain(|path| !path.ends_with(".otherField"));
    assert!(lacking.is_empty(), "{lacking:#?}");
    assert!(all.len() >= samples::ALL.len());
}

/// Values of the wrong type for most members.
const ODD: [&str; 6] = [
    "null",
    r#"[{"odd": [1, {}]}]"#,
    "7",
    "true",
    r#""odd""#,
    "{}",
];

/// Calls `f` once for each change of one member of `value`: without it, with each value of `ODD`, and with
/// an additional unknown member.
pub(super) fn each_change(value: &Value, f: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                let mut changed = object.clone();
                changed.remove(name);
                f(&format!("without {name}"), &Value::Object(changed));
                for odd in ODD {
                    let mut changed = object.clone();
                    let with: Value = json::parse(odd.as_bytes()).unwrap();
                    changed.insert(name, with);
                    f(&format!("{odd} for {name}"), &Value::Object(changed));
                }
                let mut changed = object.clone();
                changed.insert("neverHeardOf", 7);
                f(&format!("unknown beside {name}"), &Value::Object(changed));
                each_change(inner, &mut |how, inner| {
                    let mut changed = object.clone();
                    changed.insert(name, inner.clone());
                    f(&format!("{how} in {name}"), &Value::Object(changed));
                });
            }
        }
        Value::Array(array) => {
            for (index, inner) in array.iter().enumerate() {
                each_change(inner, &mut |how, inner| {
                    let mut changed = array.clone();
                    changed[index] = inner.clone();
                    f(how, &Value::Array(changed));
                });
            }
        }
        _ => {}
    }
}

#[test]
fn an_event_is_read_if_any_member_is_missing_unknown_or_of_the_wrong_type() {
    let mut n = 0;
    for (name, text) in all() {
        let whole: Value = json::parse(&text).unwrap();
        let read = type_of(&name).2;
        each_change(&whole, &mut |how, changed| {
            let written = read(&json::to_vec(changed))
                .unwrap_or_else(|error| panic!("{name}, {how}: {error}"));
            let part: Value = json::parse(&written).unwrap();
            assert!(is_part(&part, changed), "{name}, {how}: {part}");
            n += 1;
        });
    }
    assert!(n > 5000, "{n}");
}

/// The samples of web requests.
fn requests() -> Vec<(String, Vec<u8>)> {
    let prefixes = [
        "alb",
        "apigw-request",
        "apigw-console",
        "apigw-rest",
        "apigw-sam",
        "apigw-v2-request",
        "apigw-websocket",
        "http_api",
        "rest_api",
        "function_url",
        "lattice",
        "websocket",
    ];
    let mut all = all();
    all.retain(|(name, _)| {
        prefixes.iter().any(|prefix| name.starts_with(prefix)) && !name.ends_with("response")
    });
    assert!(all.len() >= 9, "{}", all.len());
    all
}

#[test]
fn every_sample_of_a_web_request_is_read_as_a_request() {
    for (name, text) in requests() {
        let request = Request::from_event(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(request.path().starts_with('/'), "{name}");
        request
            .query()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        request
            .body()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn a_web_request_is_read_if_any_member_is_missing_unknown_or_of_the_wrong_type() {
    for (name, text) in requests() {
        let whole: Value = json::parse(&text).unwrap();
        each_change(&whole, &mut |how, changed| {
            let request = Request::from_event(&json::to_vec(changed))
                .unwrap_or_else(|error| panic!("{name}, {how}: {error}"));
            let is_about_body = ["body", "isBase64Encoded", "is_base64_encoded"]
                .iter()
                .any(|member| how.ends_with(member));
            if let Err(error) = request.body() {
                assert!(is_about_body, "{name}, {how}: {error}");
            }
            // No getter panics.
            let _ = (request.query(), request.authorizer(), request.claim("sub"));
            let _ = (request.host(), request.source_ip(), request.cookie("a"));
            let _ = (
                request.path_parameter("id"),
                request.stage_variable("table"),
            );
            let event: Value = json::parse(request.event().as_bytes()).unwrap();
            assert_eq!(event.get("neverHeardOf"), changed.get("neverHeardOf"));
        });
    }
}

#[test]
fn the_error_of_a_field_names_its_type_member_and_place() {
    #[track_caller]
    fn check<T: std::fmt::Debug>(got: tiny_lambda::Result<T>, want: &str) {
        assert_eq!(got.unwrap_err().to_string(), want);
    }
    let event: events::sqs::SqsEvent =
        json::parse(br#"{"Records": [{"messageId": null, "body": {"a": "a long and odd body for an SQS message"}}]}"#)
            .unwrap();
    let message = &event.records.get().unwrap()[0];
    check(
        message.message_id.get(),
        "Runtime.UnmarshalError: SqsMessage.messageId is null",
    );
    check(
        message.aws_region.get(),
        "Runtime.UnmarshalError: SqsMessage.awsRegion is missing",
    );
    check(
        message.body.get(),
        "Runtime.UnmarshalError: SqsMessage.body: expected a string, found an object at \
         $.Records[0].body (offset 41, line 1, column 42): {\"a\": \"a long and odd body for an SQS me",
    );
}

#[cfg(feature = "emulator")]
#[test]
fn an_unmarshal_error_has_the_event_type_the_place_and_the_text() {
    #[track_caller]
    fn check(handler: &dyn tiny_lambda::Handler, want: &str) {
        let event = br#"[1,"and so on, and so on, and so on, for long"]"#;
        let reply = tiny_lambda::emulator::invoke(handler, event).unwrap();
        let error: Value = json::parse(&reply.body).unwrap();
        let message = error.get("errorMessage").and_then(Value::as_str);
        assert_eq!(message, Some(want));
    }
    let queue = tiny_lambda::handler::json(|_: tiny_lambda::events::sqs::SqsEvent, _| Ok(()));
    let want = "SqsEvent: expected an object, found an array at $ (offset 0, line 1, column 1): \
                [1,\"and so on, and so on, and so on, for";
    check(&queue, want);
    // The message does not begin with a type that is not an event type of the crate.
    let sum = tiny_lambda::handler::json(|list: Vec<u8>, _| Ok(list.len()));
    let want = "expected an integer, found a string at $[1] (offset 3, line 1, column 4)";
    check(&sum, want);
}

#[test]
fn the_log_shows_the_start_of_an_unreadable_event_unless_lambda_log_event_is_off() {
    #[track_caller]
    fn check(program: &str, event: &str, want_post: &'static str, want: &str) {
        for (vars, is_shown) in [
            (&[][..], true),
            (&[("LAMBDA_LOG_EVENT", "on")], true),
            (&[("LAMBDA_LOG_EVENT", "off")], false),
        ] {
            let script = [step(GET_NEXT, next(event)), step(want_post, ACCEPTED)];
            let mut output = None;
            let requests = converse(&script, |addr| {
                let mut command = command(&example(program), addr, vars);
                output = Some(wait_for_end(command.spawn().unwrap()));
            });
            let said = String::from_utf8(output.unwrap().stderr).unwrap();
            let shown: Vec<_> = said
                .lines()
                .filter_map(|line| line.split_once("the event begins with "))
                .map(|(_, shown)| shown)
                .collect();
            let begins = &event[..event.len().min(256)];
            assert_eq!(shown, vec![begins; usize::from(is_shown)], "{said}");
            assert!(said.contains(want), "{said}");
            // The message is not in the web response; it is in the function error.
            let posted: Value = json::parse(&requests[1].body).unwrap();
            let posted = posted.get("errorMessage").and_then(Value::as_str);
            let is_posted = posted.is_some_and(|posted| posted.contains(want));
            assert_eq!(is_posted, want_post == POST_ERROR);
        }
    }
    let long = format!(r#"{{"Records": null, "more": "{}"}}"#, "x".repeat(300));
    check(
        "sqs_batch",
        r#"{"Records": 7}"#,
        POST_ERROR,
        "SqsEvent.Records: expected an array, found a number at $.Records (offset 12, line 1, column 13): 7",
    );
    check("sqs_batch", &long, POST_ERROR, "SqsEvent.Records is null");
    check(
        "sqs_batch",
        r#"["Records"]"#,
        POST_ERROR,
        r#"SqsEvent: expected an object, found an array at $ (offset 0, line 1, column 1): ["Records"]"#,
    );
    check(
        "http",
        r#"{"name":"Ada"}"#,
        POST_ERROR,
        "found another event: use `run`",
    );
    check(
        "http",
        r#"{"httpMethod":"POST","path":"/orders","body":["tea"]}"#,
        POST_RESPONSE,
        "REST API request: expected a string, found an array at $.body (offset 45, line 1, column 46): [",
    );
}

/// Reads `text` as an event of type `T`.
pub(super) fn read<T: FromJson>(text: &str) -> T {
    json::parse(text.as_bytes()).unwrap()
}

/// Members that AWS sends although its documentation does not have them.
#[test]
fn undocumented_members_that_aws_sends_are_read() {
    let record: events::s3::S3EventRecord =
        read(r#"{"restoreEventData":{"lifecycleRestoreStorageClass":"GLACIER"}}"#);
    let restore = record.restore_event_data.get().unwrap();
    assert_eq!(
        restore.lifecycle_restore_storage_class.get().unwrap(),
        "GLACIER"
    );

    let identity: events::appsync::AppSyncIdentity = read(r#"{"user":"AIDA1","username":"u"}"#);
    assert_eq!(identity.user.get().unwrap(), "AIDA1");

    let migrated: events::cognito::CognitoEventUserPoolsMigrateUser = read(
        r#"{"request":{"userAttributes":{"email":"a@b"}},
            "response":{"enableSMSMFA":true,"userAttributes":{"email":"c@d"}}}"#,
    );
    let (request, response) = (
        migrated.request.get().unwrap(),
        migrated.response.get().unwrap(),
    );
    let email = |attributes: &events::Map<String>| attributes.get("email").unwrap();
    assert_eq!(email(request.user_attributes.get().unwrap()), "a@b");
    assert_eq!(email(response.user_attributes.get().unwrap()), "c@d");
    assert_eq!(response.enable_sms_mfa.get().unwrap(), &true);

    for name in ["correlationId", "correlationID"] {
        let message: events::activemq::ActiveMqMessage = read(&format!(r#"{{"{name}":"c1"}}"#));
        assert_eq!(message.correlation_id.get().unwrap(), "c1");
    }

    let failed: events::lambda_destinations::LambdaDestinationEvent = read(
        r#"{"requestPayload":[1],"responsePayload":"done",
            "payload":"{\"Records\":[{\"messageId\":\"m1\"}]}",
            "KafkaBatchInfo":{"batchSize":2,"recordInfo":{"orders-0":{"firstRecordOffset":"7"}}}}"#,
    );
    assert_eq!(failed.request_payload.get().unwrap(), &read::<Value>("[1]"));
    assert_eq!(failed.response_payload.get().unwrap(), &Value::from("done"));
    let batch: events::sqs::SqsEvent = failed.batch().unwrap();
    assert_eq!(
        batch.records.get().unwrap()[0].message_id.get().unwrap(),
        "m1"
    );
    let kafka = failed.kafka_batch_info.get().unwrap();
    let partition = kafka.record_info.get().unwrap().get("orders-0").unwrap();
    assert_eq!(
        partition.first_record_offset.get().unwrap(),
        &Value::from("7")
    );
    let failed: events::lambda_destinations::LambdaDestinationEvent =
        read(r#"{"payload":{"Records":[]}}"#);
    assert!(failed.batch::<events::sqs::SqsEvent>().is_ok());
    assert!(failed.batch::<Vec<u8>>().is_err());

    let changed: events::EventBridgeEvent<
        events::cloudwatch_events::ecs::ContainerInstanceStateChange,
    > = read(samples::EVENTBRIDGE_ECS);
    let instance = changed.detail.get().unwrap();
    assert_eq!(instance.status.get().unwrap(), "ACTIVE");
    let resources = instance.remaining_resources.get().unwrap();
    assert_eq!(resources[0].integer_value.get().unwrap().as_str(), "1024");
    assert_eq!(resources[1].string_set_value.get().unwrap().len(), 2);
}

#[test]
fn the_creation_time_of_a_dynamodb_record_is_in_the_unit_of_its_precision() {
    #[track_caller]
    fn check(members: &str, want_ms: Option<u64>) {
        let record: events::dynamodb::DynamoDbStreamRecord = read(&format!("{{{members}}}"));
        let time = record.creation_time().ok();
        let ms = time.map(|time| {
            time.duration_since(std::time::UNIX_EPOCH)
                .unwrap()
                .as_millis()
        });
        assert_eq!(ms, want_ms.map(u128::from), "{members}");
    }
    const AT: &str = r#""ApproximateCreationDateTime""#;
    const PRECISION: &str = r#""ApproximateCreationDateTimePrecision""#;
    check(&format!("{AT}:1480642020"), Some(1_480_642_020_000));
    check(&format!("{AT}:1480642020.5"), Some(1_480_642_020_500));
    check(&format!("{AT}:1.48064202E9"), Some(1_480_642_020_000));
    check(&format!(r#"{AT}:"1480642020""#), Some(1_480_642_020_000));
    check(&format!("{AT}:7,{PRECISION}:null"), Some(7000));
    check(&format!(r#"{AT}:7,{PRECISION}:"MILLISECOND""#), Some(7));
    check(&format!(r#"{AT}:"7",{PRECISION}:"MILLISECOND""#), Some(7));
    check(&format!(r#"{AT}:7000,{PRECISION}:"MICROSECOND""#), Some(7));
    check(&format!(r#"{AT}:7,{PRECISION}:"FORTNIGHT""#), None);
    check(&format!("{AT}:7,{PRECISION}:7"), None);
    check("", None);
}

#[test]
fn kafka_header_bytes_are_read_as_signed_or_unsigned_numbers() {
    #[track_caller]
    fn check(headers: &str, want: Option<&[u8]>) {
        let record: events::kafka::KafkaRecord = read(&format!(r#"{{"headers":{headers}}}"#));
        assert_eq!(record.header("h").as_deref(), want, "{headers}");
    }
    check(r#"[{"h":[104,105]}]"#, Some(b"hi"));
    check(
        r#"[{"h":[-61,-87,-128,-1,127]}]"#,
        Some(&[0xc3, 0xa9, 0x80, 0xff, 0x7f]),
    );
    check(
        r#"[{"h":[195,169,128,255,0]}]"#,
        Some(&[0xc3, 0xa9, 0x80, 0xff, 0]),
    );
    check(r#"[{"h":[]}]"#, Some(b""));
    check(r#"[{"h":[1]},{"other":[2]},{"h":[3]}]"#, Some(&[3]));
    check(r#"[{"other":null},{"h":[3]}]"#, Some(&[3]));
    check(r#"[{"other":"text","h":[3]}]"#, Some(&[3]));
    check(r#"[{"h":[256]}]"#, None);
    check(r#"[{"h":[-129]}]"#, None);
    check(r#"[{"h":null}]"#, None);
    check("[]", None);
    check("null", None);
}

/// The constants were made with Python's gzip module.
#[test]
fn cloudwatch_log_data_is_read_from_a_kinesis_record_and_from_an_event() {
    const CONTROL: &str = "H4sIAAAAAAACAzWOXQuCMBSG/8rYtUQfUOBdiHmRJaTQRUgsPblDc5NtJiH+92bauXt4X97z9LQGY1gF2acB6tMgOWeXJL6fwjTdRyH1qOok6DERqi07Zgseq8q4QKgq0qptXDZRajWwekLTPkyhsbGo5AGFBW2of8t/vfAN0o7YUyynukWnYVntxla77Wa9nM/7640C15jMemTW80nAoXihrAgHJiwn6klKt4SSjZ/JESUYNAs65MMX3kiur+sAAAA=";
    const TWO_MEMBERS: &str = "H4sIAAAAAAACA6tWyk0tLk5MTw2pLEhVslJycQxxjPd1DQ52dHdV0lHKL89LLQIKGwLZOfnp7kX5pQVAbjqEG1xSlJqYC+QXA/nFpUnFyUWZBSWZ+XluAADl0rRXAAAAH4sIAAAAAAACA8vMKUktKlayilZKU4rVUcrJT3ctS80rAYlUK2WmKFkpGSrpKJVk5qYWlyTmFihZGZqbGRsZQIGOElC8ODE9FaiuJDVRIbNYIb+0RKk2thYA/OGwIFgAAAA=";
    use tiny_lambda::events::cloudwatch_logs::LogData;

    let data = |text: &str| {
        let event: events::kinesis::KinesisEvent = read(&format!(
            r#"{{"Records":[{{"kinesis":{{"data":"{text}"}}}}]}}"#
        ));
        let record = &event.records.get().unwrap()[0];
        LogData::from_base64(record.kinesis.get().unwrap().data.get().unwrap())
    };
    let control = data(CONTROL).unwrap();
    assert!(control.is_control_message());
    assert_eq!(control.owner.get().unwrap(), "CloudwatchLogs");
    let two = data(TWO_MEMBERS).unwrap();
    assert!(!two.is_control_message());
    assert_eq!(
        two.log_events.get().unwrap()[0].message.get().unwrap(),
        "tea is out"
    );
    assert!(data("aGVsbG8=").is_err());
    assert!(data("?").is_err());
    // The same data, from a subscription that invokes the function.
    let event: events::cloudwatch_logs::LogsEvent =
        read(&format!(r#"{{"awslogs":{{"data":"{TWO_MEMBERS}"}}}}"#));
    assert_eq!(event.data().unwrap(), two);
}

#[test]
fn responses_are_read_as_they_were_written() {
    use tiny_lambda::events::apigw::{
        ApiGatewayCustomAuthorizerResponse, ApiGatewayV2CustomAuthorizerSimpleResponse,
    };
    use tiny_lambda::events::batch::{BatchResponse, TimeWindowResponse};
    use tiny_lambda::events::firehose::{KinesisFirehoseResponse, KinesisFirehoseResponseRecord};
    use tiny_lambda::events::kafka::KafkaBatchResponse;

    #[track_caller]
    fn check<T: FromJson + ToJson + PartialEq + std::fmt::Debug>(response: &T) {
        let text = json::to_vec(response);
        assert_eq!(&json::parse::<T>(&text).unwrap(), response);
    }
    let failed = || BatchResponse {
        failures: vec!["a".into(), "b".into()],
        ..BatchResponse::default()
    };
    check(&BatchResponse::default());
    check(&failed());
    for batch in [BatchResponse::default(), failed()] {
        for state in [Value::Null, read(r#"{"sum":[1,{"a":null}]}"#)] {
            let batch = batch.clone();
            check(&TimeWindowResponse { state, batch });
        }
    }
    check(&KafkaBatchResponse::default());
    check(&KafkaBatchResponse {
        failures: vec![("orders-0".into(), 7), ("a \"b\"-1".into(), i64::MAX)],
        ..KafkaBatchResponse::default()
    });
    check(&ApiGatewayCustomAuthorizerResponse::allow("ada", "arn:*"));
    check(&ApiGatewayCustomAuthorizerResponse::deny("ada", "arn:*"));
    check(&ApiGatewayV2CustomAuthorizerSimpleResponse::new(true));
    for record in [
        KinesisFirehoseResponseRecord::ok("1", b"tea"),
        KinesisFirehoseResponseRecord::dropped("2"),
        KinesisFirehoseResponseRecord::failed("3"),
    ] {
        check(&record);
        let mut response = KinesisFirehoseResponse::default();
        response.records = vec![record].into();
        check(&response);
    }
    // The samples have the other responses.
    let of_samples = samples::ALL
        .iter()
        .filter(|(name, _)| name.contains("response"));
    let mut n = 0;
    for (name, text) in of_samples {
        let written = (type_of(name).2)(text.as_bytes()).unwrap();
        assert_eq!((type_of(name).2)(&written).unwrap(), written, "{name}");
        n += 1;
    }
    assert!(n > 15, "{n}");
}

#[test]
fn a_malformed_value_is_an_error_and_the_reader_does_not_move() {
    use tiny_lambda::events::batch::{BatchResponse, TimeWindowResponse};
    use tiny_lambda::events::kafka::KafkaBatchResponse;

    #[track_caller]
    fn check<T: FromJson + std::fmt::Debug>(text: &str) {
        let mut r = json::Reader::new(text);
        let start = r.offset();
        T::from_json(&mut r).unwrap_err();
        assert_eq!(r.offset(), start, "{text}");
    }
    for text in [
        "[]",
        "7",
        "null",
        r#"{"batchItemFailures":7}"#,
        r#"{"batchItemFailures":[7]}"#,
        r#"{"batchItemFailures":[{}]}"#,
        r#"{"batchItemFailures":[{"itemIdentifier":true}]}"#,
        r#"{"batchItemFailures":[{"itemIdentifier":[]}]"#,
        r#"{"batchItemFailures":[]"#,
    ] {
        check::<BatchResponse>(text);
        check::<TimeWindowResponse>(text);
        check::<KafkaBatchResponse>(text);
    }
    for text in [
        "[]",
        r#"{"S":7}"#,
        r#"{"S":"a","N":"1"}"#,
        r#"{"L":[{"S":"a"},7]}"#,
        "{}",
    ] {
        check::<events::dynamodb::AttributeValue>(text);
    }
    for text in ["7", "[{}]", "{\"a\":", "{\"a\" 7}"] {
        check::<events::Map<u8>>(text);
        check::<events::sqs::SqsEvent>(text);
        check::<events::EventBridgeEvent>(text);
    }
    for text in ["true", "[1]", "{}"] {
        check::<events::EpochSeconds>(&format!("{text} "));
    }
    for text in [r#"{"batchItemFailures":null}"#, "{}", r#"{"more":[1]}"#] {
        assert_eq!(read::<BatchResponse>(text), BatchResponse::default());
        assert_eq!(
            read::<KafkaBatchResponse>(text),
            KafkaBatchResponse::default()
        );
    }
}
