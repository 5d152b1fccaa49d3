//! The fields of events: how they are changed, and what `Debug`, `Display` and errors show.

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tiny_lambda::events::cloudformation::CloudFormationCustomResourceRequest;
use tiny_lambda::events::dynamodb::{AttributeValue, DynamoDbEvent};
use tiny_lambda::events::kafka::KafkaEvent;
use tiny_lambda::events::lambda_function_urls::LambdaFunctionUrlRequest;
use tiny_lambda::events::s3::S3Event;
use tiny_lambda::events::sqs::{SqsEvent, SqsMessage};
use tiny_lambda::events::{
    Base64, EpochMicros, EpochMillis, EpochSeconds, EventBridgeEvent, Field, FormText, Map,
    Timestamp, samples,
};
use tiny_lambda::json::{self, FromJson, ToJson, Value};

use super::samples::{all, read};
use super::types::type_of;

#[test]
fn a_field_is_changed_and_taken() {
    #[track_caller]
    fn check(json: &str, change: impl FnOnce(&mut SqsMessage), want: &str) {
        let mut message: SqsMessage = read(json);
        change(&mut message);
        assert_eq!(String::from_utf8(json::to_vec(&message)).unwrap(), want);
    }
    // The member is missing, null, of the wrong type, or present.
    for body in ["{}", r#"{"body":null}"#, r#"{"body":7}"#, r#"{"body":"a"}"#] {
        check(body, |m| m.body.set("b"), r#"{"body":"b"}"#);
        check(body, |m| m.body.set(String::from("b")), r#"{"body":"b"}"#);
        check(
            body,
            |m| m.body.set(Some("b".to_owned())),
            r#"{"body":"b"}"#,
        );
        check(body, |m| m.body.set(None), "{}");
        check(body, |m| m.body.set(Field::default()), "{}");
        check(body, |m| drop(m.body.take()), "{}");
        let got = body.contains("\"a\"").then_some("a");
        let want = got.map_or(r#"{"body":"!"}"#, |_| r#"{"body":"a!"}"#);
        check(body, |m| m.body.get_or_insert_default().push('!'), want);
        let want_with = if got.is_some() {
            want
        } else {
            r#"{"body":"b!"}"#
        };
        let b = String::from("b");
        check(
            body,
            |m| m.body.get_or_insert_with(|| b).push('!'),
            want_with,
        );
        check(body, |m| assert_eq!(m.body.take().as_deref(), got), "{}");
        let unchanged = |m: &mut SqsMessage| match m.body.get_mut() {
            Ok(body) => assert_eq!(Some(&**body), got),
            Err(error) => assert_eq!(error, m.body.get().unwrap_err()),
        };
        check(body, unchanged, body);
        let appended = |m: &mut SqsMessage| drop(m.body.get_mut().map(|body| body.push('!')));
        check(body, appended, if got.is_some() { want } else { body });
    }
    let mut n = Field::<u64>::default();
    n.set(7);
    assert_eq!(n, Field::from(Some(7)));
    n.set(None);
    assert!(n.is_absent());
}

#[test]
fn the_error_of_a_value_in_a_map_has_the_whole_name() {
    #[track_caller]
    fn check<T: Debug>(got: tiny_lambda::Result<T>, want: &str) {
        assert_eq!(got.unwrap_err().error_message(), want);
    }
    let event: SqsEvent = read(
        r#"{"Records": [{"messageAttributes": {"shop": 7, "a b": {"stringValue": ["x"]}},
            "attributes": {}}, {}, {"messageAttributes": null}]}"#,
    );
    let messages = event.records.get().unwrap();
    let attributes = messages[0].message_attributes.get().unwrap();
    check(
        attributes.value("Name"),
        "SqsMessage.messageAttributes.Name is missing",
    );
    check(
        attributes.clone().value("Name"),
        "SqsMessage.messageAttributes.Name is missing",
    );
    check(
        attributes.value("shop"),
        "SqsMessage.messageAttributes.shop: expected an object, found a number at $.shop (offset 9, \
         line 1, column 10): 7, \"a b\": {\"stringValue\": [\"x\"]}}",
    );
    check(
        attributes.to_vec(),
        "SqsMessage.messageAttributes.shop: expected an object, found a number at $.shop (offset 9, \
         line 1, column 10): 7, \"a b\": {\"stringValue\": [\"x\"]}}",
    );
    check(
        attributes.value("a b").unwrap().string_value.get(),
        "SqsMessageAttribute.stringValue: expected a string, found an array at \
         $[\"a b\"].stringValue (offset 35, line 1, column 36): [\"x\"]",
    );
    check(
        messages[1].message_attributes.get(),
        "SqsMessage.messageAttributes is missing",
    );
    check(
        messages[2].message_attributes.get(),
        "SqsMessage.messageAttributes is null",
    );
    // A changed map keeps its name.
    let mut message = messages[0].clone();
    let attributes = message.message_attributes.get_mut().unwrap();
    attributes.insert("more", &read("{}"));
    check(
        attributes.value("Name"),
        "SqsMessage.messageAttributes.Name is missing",
    );
    check(
        attributes.value("more").unwrap().data_type.get(),
        "SqsMessageAttribute.dataType is missing",
    );

    let event: LambdaFunctionUrlRequest = read(samples::FUNCTION_URL);
    check(
        event.headers.get().unwrap().value("x-none"),
        "ApiGatewayV2HttpRequest.headers.x-none is missing",
    );
    let event: DynamoDbEvent = read(samples::DYNAMODB);
    let change = event.records.get().unwrap()[0].dynamodb.get().unwrap();
    check(
        change.keys.get().unwrap().value("none"),
        "DynamoDbStreamRecord.Keys.none is missing",
    );
    let event: KafkaEvent = read(samples::KAFKA);
    check(
        event.records.get().unwrap().value("none-0"),
        "KafkaEvent.records.none-0 is missing",
    );
    let event: EventBridgeEvent<Map<String>> = read(r#"{"detail": {}}"#);
    check(
        event.detail.get().unwrap().value("order"),
        "EventBridgeEvent.detail.order is missing",
    );
    let event: CloudFormationCustomResourceRequest = read(samples::CLOUDFORMATION);
    check(
        event.resource_properties.get().unwrap().value("Topic"),
        "CloudFormationCustomResourceRequest.ResourceProperties.Topic is missing",
    );
    // A map that is not a member of an event has no name.
    check(read::<Map<u8>>("{}").value("a"), "a is missing");
}

#[test]
fn a_map_is_extended_as_by_insertions_and_not_quadratically() {
    let first = [("a", 1), ("b", 2), ("\u{e9}\"", 3), ("c", 4)];
    let more = [("b", 5), ("d", 6), ("\u{e9}\"", 7), ("d", 8)];
    let mut extended: Map<u32> = first.into_iter().collect();
    let mut inserted = extended.clone();
    extended.extend(more);
    for (name, value) in more {
        inserted.insert(name, &value);
    }
    assert_eq!(json::to_vec(&extended), json::to_vec(&inserted));
    extended.extend([("", 0); 0]);
    assert_eq!(json::to_vec(&extended), json::to_vec(&inserted));

    // The test takes minutes if each insertion searches the whole list.
    let n = 50_000;
    let members = || (0..n).map(|index| (index.to_string(), index));
    let mut map = Map::default();
    map.extend(members());
    map.extend(members());
    let want: Vec<_> = members().collect();
    assert_eq!(map.to_vec().unwrap(), want);
}

#[test]
fn the_error_of_a_member_of_the_wrong_type_has_the_path_from_the_root() {
    #[track_caller]
    fn check<T: Debug>(got: tiny_lambda::Result<T>, want: &str) {
        let error = got.unwrap_err();
        assert!(error.error_message().starts_with(want), "{error}");
    }
    let event: S3Event = read(
        r#"{"Records":[{},{},{"s3":{"bucket":{}}},{"s3":{"object":{"size":"7"},"bucket":[]}}]}"#,
    );
    let records = event.records.get().unwrap();
    let s3 = records[3].s3.get().unwrap();
    check(
        s3.object.get().unwrap().size.get(),
        "S3Object.size: expected an integer, found a string at $.Records[3].s3.object.size (offset ",
    );
    check(
        s3.bucket.get(),
        "S3Entity.bucket: expected an object, found an array at $.Records[3].s3.bucket (offset ",
    );
    check(
        records[2]
            .s3
            .get()
            .unwrap()
            .bucket
            .get()
            .unwrap()
            .name
            .get(),
        "S3Bucket.name is missing",
    );
    let event: KafkaEvent = read(r#"{"records":{"a-0":[{"offset":1},{"offset":[]}]}}"#);
    let records = event.records.get().unwrap().value("a-0").unwrap();
    check(
        records[1].offset.get(),
        "KafkaRecord.offset: expected an integer, found an array at $.a-0[1].offset (offset ",
    );
    let event: KafkaEvent = read(r#"{"records":{"a-0":[{"offset":1},7]}}"#);
    check(
        event.records.get().unwrap().value("a-0"),
        "KafkaEvent.records.a-0: expected an object, found a number at $.a-0[1] (offset ",
    );
}

#[test]
fn the_error_of_an_encoded_value_names_its_member() {
    #[track_caller]
    fn check<T: Debug>(got: tiny_lambda::Result<T>, want: &str) {
        assert_eq!(got.unwrap_err().error_message(), want);
    }
    let event: S3Event =
        read(r#"{"Records":[{"eventTime":"soon","s3":{"object":{"key":"a%2","versionId":"1"}}}]}"#);
    let record = &event.records.get().unwrap()[0];
    let time = record.event_time.get().unwrap();
    check(
        time.to_system_time(),
        "S3EventRecord.eventTime: expected an RFC 3339 time: soon",
    );
    let key = record
        .s3
        .get()
        .unwrap()
        .object
        .get()
        .unwrap()
        .key
        .get()
        .unwrap();
    let want = "S3Object.key: malformed percent-encoding at offset 1: a%2";
    check(key.decode(), want);
    check(key.clone().decode(), want);

    let event: tiny_lambda::events::kinesis::KinesisEvent = read(
        r#"{"Records":[{"kinesis":{"data":"a?","approximateArrivalTimestamp":"soon"}},
            {"kinesis":{"data":"aGk="}}]}"#,
    );
    let records = event.records.get().unwrap();
    let record = records[0].kinesis.get().unwrap();
    let data = record.data.get().unwrap();
    check(
        data.decode(),
        "KinesisRecord.data: malformed base64 at offset 0: a?",
    );
    check(
        data.json::<u8>(),
        "KinesisRecord.data: malformed base64 at offset 0: a?",
    );
    let time = record.approximate_arrival_timestamp.get().unwrap();
    let want = "KinesisRecord.approximateArrivalTimestamp: expected seconds since 1970: \"soon\"";
    check(time.to_system_time(), want);
    let record = records[1].kinesis.get().unwrap();
    check(
        record.data.get().unwrap().json::<u8>(),
        "KinesisRecord.data: expected a value, found `h` at $ (offset 0, line 1, column 1): hi",
    );
    // The name is not a part of the value.
    assert_eq!(record.data, Field::from(Base64::encode(b"hi")));
    // A text that is not a member of an event has no name.
    check(
        Base64::from("?".to_owned()).decode(),
        "a text: malformed base64: its length is impossible: ?",
    );
    check(
        Timestamp::from("soon".to_owned()).to_system_time(),
        "a time: expected an RFC 3339 time: soon",
    );
}

#[test]
fn debug_of_an_event_reads_like_its_json() {
    #[track_caller]
    fn check<T: FromJson + Debug>(json: &str, want: &str) {
        assert_eq!(format!("{:?}", read::<T>(json)), want);
    }
    check::<SqsEvent>("{}", "{}");
    check::<SqsEvent>(r#"{"Records": 7}"#, r#"{"Records": 7}"#);
    check::<SqsEvent>(
        r#"{"Records":[{"messageId":null,"body":"a \"b\"","attributes":{
            "SentTimestamp":"1794735000000","ApproximateReceiveCount":1},
            "messageAttributes":{"a":{"binaryValue":"aGk="},"b":[true,null,1.50]},"unknown":1}]}"#,
        concat!(
            r#"{"Records": [{"messageId": null, "body": "a \"b\"", "#,
            r#""attributes": {"ApproximateReceiveCount": 1, "SentTimestamp": 2026-11-15T09:30:00Z}, "#,
            r#""messageAttributes": {"a": {"binaryValue": "aGk="}, "b": [true, null, 1.50]}}]}"#,
        ),
    );
    // A member that no field has is shown if the event keeps it.
    check::<tiny_lambda::events::cognito::CognitoEventUserPoolsPreSignup>(
        r#"{"new":{"a":1},"response":{"autoConfirmUser":false,"more":"b"}}"#,
        r#"{"response": {"autoConfirmUser": false, "more": "b"}, "new": {"a": 1}}"#,
    );
    check::<EventBridgeEvent>(
        r#"{"detail-type":"Placed","time":"2026-11-15T09:30:00Z","detail":{"cents":5}}"#,
        r#"{"detail-type": "Placed", "time": "2026-11-15T09:30:00Z", "detail": {"cents": 5}}"#,
    );
    check::<S3Event>(
        r#"{"Records":[{"s3":{"object":{"key":"a+b/caf%C3%A9.jpg","size":1}}}]}"#,
        r#"{"Records": [{"s3": {"object": {"key": "a b/café.jpg", "size": 1}}}]}"#,
    );
    let message: SqsMessage = read(r#"{"body":"a"}"#);
    assert_eq!(format!("{message:#?}"), "{\n    \"body\": \"a\",\n}");
    assert_eq!(format!("{:?}", SqsMessage::default().body), "missing");
}

/// No name of a type of the crate is shown, such as `Field` or `String(..)`.
#[test]
fn debug_of_each_sample_has_no_name_of_a_wrapper() {
    let all = all();
    for (name, text) in &all {
        let shown = (type_of(name).3)(text);
        let text = String::from_utf8_lossy(text);
        let wrappers = "Field Ok( Err( Object Array( String( Some( One( Many( missing";
        for wrapper in wrappers.split(' ').filter(|word| !text.contains(word)) {
            assert!(!shown.contains(wrapper), "{name}: {wrapper} in {shown}");
        }
        // Only names that the event has are shown: none is absent.
        let before_colons = shown.match_indices("\": ").map(|(at, _)| &shown[..at]);
        for member in before_colons.filter_map(|before| before.rsplit('"').next()) {
            assert!(text.contains(member), "{name}: {member:?} in {shown}");
        }
    }
    assert!(all.len() > 100, "{}", all.len());
}

#[test]
fn debug_of_an_encoded_value_shows_what_is_encoded() {
    #[track_caller]
    fn check<T: FromJson + Debug>(json: &str, want: &str) {
        assert_eq!(format!("{:?}", read::<T>(json)), want);
    }
    check::<Base64>(r#""aGk=""#, r#""hi""#);
    check::<Base64>(r#""aGkK""#, r#""hi\n""#);
    check::<Base64>(r#""AP8=""#, r#"b"\x00\xff""#);
    check::<Base64>(r#""a?""#, r#""a?""#);
    check::<FormText>(r#""a+b%21""#, r#""a b!""#);
    check::<FormText>(r#""a%2""#, r#""a%2""#);
    check::<FormText>(r#""a%ff""#, r#""a%ff""#);
    check::<Timestamp>(
        r#""2026-11-15T09:30:00.000Z""#,
        r#""2026-11-15T09:30:00.000Z""#,
    );
    check::<Timestamp>(r#""soon""#, r#""soon""#);
    check::<EpochSeconds>("1545084650.987", "2018-12-17T22:10:50.987Z");
    check::<EpochSeconds>("1.48064202E9", "2016-12-02T01:27:00Z");
    check::<EpochMillis>(r#""1545084650987""#, "2018-12-17T22:10:50.987Z");
    check::<EpochMicros>("1545084650987654", "2018-12-17T22:10:50.987654000Z");
    check::<EpochMillis>("-1", "1969-12-31T23:59:59.999Z");
    // Not a time, and not a time of the years 0 to 9999.
    check::<EpochMillis>(r#""soon""#, r#""soon""#);
    check::<EpochSeconds>("1e12", "1e12");
    check::<json::EpochMillis>("1545084650987", "2018-12-17T22:10:50.987Z");
    check::<json::EpochSeconds>("1.5", "1970-01-01T00:00:01.500Z");
    check::<json::Rfc3339>(r#""1970-01-01T00:00:01+00:00""#, "1970-01-01T00:00:01Z");
    check::<json::Seconds>("1.5", "1.5");
    check::<json::IsoDuration>(r#""PT90S""#, "PT1M30S");
    check::<AttributeValue>(
        r#"{"L":[{"N":"1.50"},{"NULL":true}]}"#,
        r#"{"L": [{"N": "1.50"}, {"NULL": true}]}"#,
    );
    check::<Value>(r#"{"a":[1,"b",null,{}]}"#, r#"{"a": [1, "b", null, {}]}"#);
}

/// `Display` shows what AWS sends, and `FromStr` reads that again.
#[test]
fn a_time_is_displayed_as_it_was_sent_and_parsed_again() {
    #[track_caller]
    fn check<T>(json: &str, want: &str)
    where
        T: FromJson + ToJson + Display + FromStr<Err: Debug> + PartialEq + Debug,
    {
        let time: T = read(json);
        assert_eq!(time.to_string(), want);
        let again: T = want.parse().unwrap();
        assert_eq!(again.to_string(), want);
        assert_eq!(json::to_vec(&again), want_json(json, want));
    }
    fn want_json(json: &str, want: &str) -> Vec<u8> {
        match json.parse::<f64>() {
            Ok(_) => want.as_bytes().to_vec(),
            // A number in a string is displayed as the number.
            Err(_) if want.parse::<f64>().is_ok() => want.as_bytes().to_vec(),
            Err(_) => json::to_vec(want),
        }
    }
    check::<Timestamp>(
        r#""2026-11-15T09:30:00.000+01:30""#,
        "2026-11-15T09:30:00.000+01:30",
    );
    check::<EpochSeconds>("1545084650.987", "1545084650.987");
    check::<EpochSeconds>("1.48064202E9", "1.48064202E9");
    check::<EpochMillis>("1545084650987", "1545084650987");
    check::<EpochMillis>(r#""1545084650987""#, "1545084650987");
    check::<EpochMicros>("-1", "-1");
    check::<json::Rfc3339>(r#""2026-11-15T09:30:00.5Z""#, "2026-11-15T09:30:00.500Z");
    check::<json::EpochSeconds>("1545084650.987", "1545084650.987");
    check::<json::EpochMillis>("1545084650987", "1545084650987");
    check::<json::Seconds>("1.5", "1.5");
    check::<json::Millis>("1500", "1500");
    check::<json::IsoDuration>(r#""P1DT2H30M""#, "P1DT2H30M");
    assert_eq!(EpochMillis::default().to_string(), "0");
}

#[test]
fn a_text_that_is_no_time_is_not_parsed() {
    #[track_caller]
    fn check<T: FromStr<Err: Display> + Debug>(text: &str, want: &str) {
        let error = text.parse::<T>().unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    }
    check::<Timestamp>("yesterday", "expected an RFC 3339 time: yesterday");
    for text in ["", "soon", "7\"", "\"7", "[7]", "7 8", "\"soon\""] {
        check::<EpochSeconds>(text, "Runtime.UnmarshalError: a time: ");
        check::<EpochMillis>(text, "Runtime.UnmarshalError: a time: ");
        check::<EpochMicros>(text, "Runtime.UnmarshalError: a time: ");
        check::<json::EpochSeconds>(text, " at $ (offset ");
        check::<json::Rfc3339>(text, " at $ (offset ");
        check::<json::IsoDuration>(text, " at $ (offset ");
    }
}

#[test]
fn a_time_is_made_from_a_system_time() {
    #[track_caller]
    fn check(time: SystemTime, want: [&str; 4]) {
        let got = [
            Timestamp::from(time).to_string(),
            EpochSeconds::from(time).to_string(),
            EpochMillis::from(time).to_string(),
            EpochMicros::from(time).to_string(),
        ];
        assert_eq!(got, want);
        assert_eq!(Timestamp::from(time).to_system_time().unwrap(), time);
        assert_eq!(EpochSeconds::from(time).to_system_time().unwrap(), time);
        assert_eq!(EpochMillis::from(time).to_system_time().unwrap(), time);
        assert_eq!(EpochMicros::from(time).to_system_time().unwrap(), time);
    }
    check(UNIX_EPOCH, ["1970-01-01T00:00:00Z", "0", "0", "0"]);
    check(
        UNIX_EPOCH + Duration::from_millis(1_545_084_650_987),
        [
            "2018-12-17T22:10:50.987Z",
            "1545084650.987",
            "1545084650987",
            "1545084650987000",
        ],
    );
    check(
        UNIX_EPOCH + Duration::from_nanos(1_000_000_001),
        [
            "1970-01-01T00:00:01.000000001Z",
            "1.000000001",
            "1000.000001",
            "1000000.001",
        ],
    );
    check(
        UNIX_EPOCH - Duration::from_millis(500),
        ["1969-12-31T23:59:59.500Z", "-0.5", "-500", "-500000"],
    );
}
