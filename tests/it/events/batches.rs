//! Partial batch failures: which records are retried.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use tiny_lambda::events::batch::BatchResponse;
use tiny_lambda::events::{dynamodb, kafka, kinesis, samples, sqs};
use tiny_lambda::json::{self, FromJson};
use tiny_lambda::{Context, Error, Result};

fn read<T: FromJson>(sample: &str) -> T {
    json::parse(sample.as_bytes()).unwrap()
}

fn cx(seconds: u64) -> Context {
    let mut cx = Context::default();
    cx.deadline = SystemTime::now().checked_add(Duration::from_secs(seconds));
    cx
}

/// The event of a queue with a message for each body; `obey` does what the body says.
fn messages(queue: &str, bodies: &[&str]) -> sqs::SqsEvent {
    let records = bodies.iter().enumerate().map(|(id, body)| {
        format!(
            r#"{{"messageId":"m{id}","body":"{body}","eventSourceARN":"arn:aws:sqs:r:1:{queue}"}}"#
        )
    });
    let records: Vec<_> = records.collect();
    read(&format!(r#"{{"Records":[{}]}}"#, records.join(",")))
}

fn obey(body: &str) -> Result<()> {
    match body {
        "ok" => Ok(()),
        "panic" => panic!("out of tea"),
        _ => Err(Error::new("Refused", body)),
    }
}

/// 12.1: 51.
#[test]
fn only_failed_messages_are_retried_and_in_a_fifo_queue_also_the_later_ones() {
    #[track_caller]
    fn check(queue: &str, bodies: &[&str], want_handled: usize, want: &[&str]) {
        let handled = RefCell::new(0);
        let event = messages(queue, bodies);
        let response = sqs::each(&event, &cx(60), |message| {
            *handled.borrow_mut() += 1;
            obey(message.body.get()?)
        });
        assert_eq!(response.unwrap().failures, want);
        assert_eq!(handled.into_inner(), want_handled);
    }
    check("orders", &[], 0, &[]);
    check("orders", &["ok", "ok"], 2, &[]);
    check("orders", &["ok", "no", "ok", "no"], 4, &["m1", "m3"]);
    check("orders", &["panic", "ok"], 2, &["m0"]);
    check(
        "orders.fifo",
        &["ok", "no", "ok", "ok"],
        2,
        &["m1", "m2", "m3"],
    );
    check("orders.fifo", &["ok", "ok"], 2, &[]);
    check("fifo", &["no", "ok"], 2, &["m0"]);
}

/// The event of a queue with messages of a group and a body. Some groups mean a member that is
/// missing (`-`, `none`), `null` or a number (`odd`).
fn grouped(queue: &str, messages: &[(&str, &str)]) -> sqs::SqsEvent {
    let records = messages.iter().enumerate().map(|(id, (group, body))| {
        let attributes = match *group {
            "-" => "{}".to_string(),
            "none" => "null".to_string(),
            "null" => r#"{"MessageGroupId":null}"#.to_string(),
            "odd" => r#"{"MessageGroupId":7}"#.to_string(),
            group => format!(r#"{{"MessageGroupId":"{group}","SequenceNumber":"1{id}"}}"#),
        };
        format!(
            r#"{{"messageId":"m{id}","body":"{body}","attributes":{attributes}{queue}}}"#,
            queue = match queue {
                "" => String::new(),
                queue => format!(r#","eventSourceARN":"arn:aws:sqs:r:1:{queue}""#),
            }
        )
    });
    let records: Vec<_> = records.collect();
    read(&format!(r#"{{"Records":[{}]}}"#, records.join(",")))
}

#[test]
fn with_continue_other_groups_only_the_failed_message_group_stops() {
    #[track_caller]
    fn check(queue: &str, messages: &[(&str, &str)], want_handled: &[&str], want: &[&str]) {
        let handled = RefCell::new(Vec::new());
        let event = grouped(queue, messages);
        let options = sqs::EachOptions::default().continue_other_groups(true);
        let response = sqs::each_with_options(&event, &cx(60), options, |message| {
            handled.borrow_mut().push(message.message_id.get()?.clone());
            obey(message.body.get()?)
        });
        assert_eq!(response.unwrap().failures, want);
        assert_eq!(handled.into_inner(), want_handled);
    }
    let fifo = "orders.fifo";
    check(fifo, &[], &[], &[]);
    // The first, a middle and the last message fail; groups are interleaved.
    check(
        fifo,
        &[("a", "no"), ("b", "ok"), ("a", "ok"), ("c", "ok")],
        &["m0", "m1", "m3"],
        &["m0", "m2"],
    );
    check(
        fifo,
        &[
            ("a", "ok"),
            ("b", "no"),
            ("a", "ok"),
            ("b", "ok"),
            ("b", "no"),
            ("a", "no"),
        ],
        &["m0", "m1", "m2", "m5"],
        &["m1", "m3", "m4", "m5"],
    );
    check(fifo, &[("a", "ok"), ("b", "no")], &["m0", "m1"], &["m1"]);
    check(
        fifo,
        &[("a", "panic"), ("a", "ok"), ("b", "ok")],
        &["m0", "m2"],
        &["m0", "m1"],
    );
    // All groups fail.
    check(
        fifo,
        &[("a", "no"), ("b", "no"), ("a", "ok"), ("b", "ok")],
        &["m0", "m1"],
        &["m0", "m1", "m2", "m3"],
    );
    // A message without a group may be in any of them.
    for none in ["-", "null", "none", "odd", ""] {
        check(
            fifo,
            &[(none, "no"), ("a", "ok"), (none, "ok")],
            &["m0"],
            &["m0", "m1", "m2"],
        );
        check(
            fifo,
            &[(none, "ok"), ("a", "no"), (none, "ok"), ("b", "ok")],
            &["m0", "m1", "m3"],
            &["m1", "m2"],
        );
    }
    // Without the queue's name, the sequence number shows that it is a FIFO queue.
    check(
        "",
        &[("a", "no"), ("a", "ok"), ("b", "ok")],
        &["m0", "m2"],
        &["m0", "m1"],
    );
    // A fair queue has groups, but no order.
    check(
        "orders",
        &[("a", "no"), ("a", "ok")],
        &["m0", "m1"],
        &["m0"],
    );
}

#[test]
fn all_message_groups_stop_by_default_and_at_the_deadline() {
    let event = grouped("orders.fifo", &[("a", "no"), ("b", "ok")]);
    let obey = |message: &sqs::SqsMessage| obey(message.body.get()?);
    let want = ["m0", "m1"];
    assert_eq!(sqs::each(&event, &cx(60), obey).unwrap().failures, want);
    for on in [false, true] {
        let options = sqs::EachOptions::default().continue_other_groups(on);
        let response = sqs::each_with_options(&event, &cx(60), options, obey).unwrap();
        assert_eq!(response.failures.len(), if on { 1 } else { 2 });
    }
    let mut late = Context::default();
    late.deadline = SystemTime::now().checked_add(Duration::from_millis(300));
    let event = grouped("orders.fifo", &[("a", "ok"), ("b", "ok"), ("c", "ok")]);
    let options = sqs::EachOptions::default().continue_other_groups(true);
    let response = sqs::each_with_options(&event, &late, options, |_| {
        std::thread::sleep(Duration::from_millis(310));
        Ok(())
    });
    assert_eq!(response.unwrap().failures, ["m1", "m2"]);
}

#[test]
fn records_that_were_not_handled_before_the_deadline_are_retried() {
    #[track_caller]
    fn check(deadline: Option<SystemTime>, want_handled: usize, want: usize) {
        let mut cx = Context::default();
        cx.deadline = deadline;
        let handled = RefCell::new(0);
        let event = messages("orders", &["ok"; 5]);
        let response = sqs::each(&event, &cx, |_| {
            *handled.borrow_mut() += 1;
            // Longer than the time left without the margin, which is a tenth.
            let end = SystemTime::now() + Duration::from_millis(620);
            while want != 0 && SystemTime::now() < end {
                std::thread::yield_now();
            }
            Ok(())
        });
        assert_eq!(response.unwrap().failures.len(), want);
        assert_eq!(handled.into_inner(), want_handled);
    }
    check(
        SystemTime::now().checked_add(Duration::from_millis(600)),
        1,
        4,
    );
    check(
        SystemTime::now().checked_add(Duration::from_secs(600)),
        5,
        0,
    );
    // No deadline, and the past deadline that some emulators send.
    check(None, 5, 0);
    check(Some(SystemTime::UNIX_EPOCH), 5, 0);
}

#[test]
fn an_sqs_batch_fails_as_a_whole_if_a_message_has_no_id() {
    #[track_caller]
    fn check(event: &str, want: &str) {
        let error = sqs::each(&read(event), &cx(60), |_| Ok(())).unwrap_err();
        assert!(error.error_message().starts_with(want), "{error}");
    }
    check("{}", "SqsEvent.Records is missing");
    check(r#"{"Records": null}"#, "SqsEvent.Records is null");
    check(
        r#"{"Records": [7]}"#,
        "SqsEvent.Records: expected an object, found a number at $.Records[0]",
    );
    check(
        r#"{"Records": [{"body": ""}]}"#,
        "SqsMessage.messageId is missing at $.Records[0]",
    );
    check(
        r#"{"Records": [{"messageId": "a"}, {"messageId": null}]}"#,
        "SqsMessage.messageId is null at $.Records[1]",
    );
    check(
        r#"{"Records": [{"messageId": "a"}, {"messageId": 7}]}"#,
        "SqsMessage.messageId: expected a string, found a number at $.Records[1].messageId (",
    );
    check(
        r#"{"Records": [{"messageId": "a"}, {"messageId": ""}]}"#,
        "SqsMessage.messageId is empty at $.Records[1]",
    );
}

#[test]
fn a_stream_is_retried_from_its_first_failed_record() {
    let event: kinesis::KinesisEvent = read(samples::KINESIS);
    let response = kinesis::each(&event, &cx(60), |record| {
        record
            .kinesis
            .get()?
            .data
            .get()?
            .json::<json::Value>()
            .map(drop)
    });
    let response = response.unwrap();
    assert_eq!(
        response.failures,
        ["49590338271490256608559692540925702759324208523137515618"]
    );
    assert_eq!(
        json::to_vec(&response),
        br#"{"batchItemFailures":[{"itemIdentifier":"49590338271490256608559692540925702759324208523137515618"}]}"#
    );

    let event: dynamodb::DynamoDbEvent = read(samples::DYNAMODB);
    let response = dynamodb::each(&event, &cx(60), |_| obey("no")).unwrap();
    assert_eq!(response.failures, ["4421584500000000017450439091"]);
    assert_eq!(
        json::to_vec(&dynamodb::each(&event, &cx(60), |_| Ok(())).unwrap()),
        br#"{"batchItemFailures":[]}"#
    );
}

/// 12.1: 51.
#[test]
fn each_kafka_partition_is_retried_from_its_own_first_failed_record() {
    let event: kafka::KafkaEvent = read(samples::KAFKA);
    let response = kafka::each(&event, &cx(60), |record| {
        record.value.get()?.json::<json::Value>().map(drop)
    });
    let response = response.unwrap();
    assert_eq!(response.failures, [("orders-0".to_string(), 16)]);
    assert_eq!(
        json::to_vec(&response),
        br#"{"batchItemFailures":[{"itemIdentifier":{"partition":"orders-0","offset":16}}]}"#
    );
    let handled = RefCell::new(Vec::new());
    let response = kafka::each(&event, &cx(60), |record| {
        handled.borrow_mut().push(*record.offset.get()?);
        obey("no")
    });
    assert_eq!(response.unwrap().failures.len(), 2);
    assert_eq!(handled.into_inner(), [15, 7]);
}

#[test]
fn a_record_with_a_member_of_the_wrong_type_fails_alone() {
    const QUEUE: &str = r#"{"Records": [
        {"messageId": "m0", "body": 7, "attributes": [], "messageAttributes": "none"},
        {"messageId": "m1", "body": "ok", "eventSourceARN": 7},
        {"messageId": "m2", "body": null},
        {"messageId": "m3"},
        {"messageId": "m1", "body": "twice"}]}"#;
    const TOPIC: &str = r#"{"records": {
        "a-0": [{"offset": 1, "value": 7}, {"offset": 2, "value": "b2s="}],
        "b-0": [{"offset": 3, "value": "b2s=", "headers": 7}, {"offset": 4, "value": null}],
        "c-0": [], "d-0": [{"offset": 5, "value": "b2s=", "partition": "0"}]}}"#;
    const STREAM: &str = r#"{"Records": [
        {"kinesis": {"sequenceNumber": "1", "data": "b2s="}, "eventID": 7},
        {"kinesis": {"sequenceNumber": "2", "data": ["odd"]}},
        {"kinesis": {"sequenceNumber": "3", "data": "b2s="}}]}"#;
    let response = sqs::each(&read(QUEUE), &cx(60), |message| obey(message.body.get()?));
    // An id that occurs twice is a failure if one of its messages has failed.
    assert_eq!(response.unwrap().failures, ["m0", "m2", "m3", "m1"]);

    let response = kafka::each(&read(TOPIC), &cx(60), |record| {
        record.value.get()?.decode().map(drop)
    });
    let failures = [("a-0".to_string(), 1), ("b-0".to_string(), 4)];
    assert_eq!(response.unwrap().failures, failures);

    let handle =
        |record: &kinesis::KinesisEventRecord| record.kinesis.get()?.data.get()?.decode().map(drop);
    let response = kinesis::each(&read(STREAM), &cx(60), handle).unwrap();
    assert_eq!(response.failures, ["2"]);
}

#[test]
fn a_batch_without_records_succeeds() {
    let none = r#"{"Records": [], "records": {}}"#;
    let sqs = sqs::each(&read(none), &cx(60), |_| obey("no")).unwrap();
    let kinesis = kinesis::each(&read(none), &cx(60), |_| obey("no")).unwrap();
    let dynamodb = dynamodb::each(&read(none), &cx(60), |_| obey("no")).unwrap();
    for response in [sqs, kinesis, dynamodb] {
        assert_eq!(json::to_vec(&response), br#"{"batchItemFailures":[]}"#);
    }
    let kafka = kafka::each(&read(none), &cx(60), |_| obey("no")).unwrap();
    assert_eq!(json::to_vec(&kafka), br#"{"batchItemFailures":[]}"#);
}

#[test]
fn a_stream_batch_fails_as_a_whole_if_a_record_has_no_sequence_number() {
    #[track_caller]
    fn check(record: &str, want: &str) {
        let event = format!(r#"{{"Records": [{record}]}}"#);
        let error = kinesis::each(&read(&event), &cx(60), |_| Ok(())).unwrap_err();
        assert!(error.error_message().starts_with(want), "{error}");
    }
    check(
        "{}",
        "KinesisEventRecord.kinesis is missing at $.Records[0]",
    );
    check(
        r#"{"kinesis": {"sequenceNumber": "1"}}, {"kinesis": null}"#,
        "KinesisEventRecord.kinesis is null at $.Records[1]",
    );
    check(
        r#"{"kinesis": {"sequenceNumber": "1"}}, {"kinesis": {}}"#,
        "KinesisRecord.sequenceNumber is missing at $.Records[1]",
    );
    check(
        r#"{"kinesis": {"sequenceNumber": ""}}"#,
        "KinesisRecord.sequenceNumber is empty at $.Records[0]",
    );
    check(
        r#"{"kinesis": {"sequenceNumber": 1}}"#,
        "KinesisRecord.sequenceNumber: expected a string, found a number",
    );
    for (record, want) in [
        ("{}", "DynamoDbEventRecord.dynamodb is missing"),
        (
            r#"{"dynamodb": {}}"#,
            "DynamoDbStreamRecord.SequenceNumber is missing",
        ),
        (
            r#"{"dynamodb": {"SequenceNumber": ""}}"#,
            "DynamoDbStreamRecord.SequenceNumber is empty",
        ),
    ] {
        let whole = r#"{"dynamodb": {"SequenceNumber": "1"}}"#;
        let event = format!(r#"{{"Records": [{whole}, {record}]}}"#);
        let error = dynamodb::each(&read(&event), &cx(60), |_| Ok(())).unwrap_err();
        assert_eq!(error.error_message(), format!("{want} at $.Records[1]"));
    }
    let event = read(r#"{"records": {"tea-0": [{"offset": 1}, {"offset": null}]}}"#);
    let error = kafka::each(&event, &cx(60), |_| Ok(())).unwrap_err();
    let want = "KafkaRecord.offset is null at $.records[\"tea-0\"][1]";
    assert_eq!(error.error_message(), want);
}

/// The identifiers and errors of the failed records, one entry for each entry of `failures`.
#[test]
fn a_response_tells_why_each_record_failed() {
    const REFUSED: &str = "Refused: no";
    const PANIC: &str = "Runtime.Panic: out of tea";
    const AFTER: &str = "Runtime.BatchCut: not handled after a record that failed";
    const LATE: &str = "Runtime.BatchCut: no time left";
    /// A panic has its place if another test in this process has set the panic hook.
    fn shown(error: &Error) -> String {
        let text = error.to_string();
        match text.strip_prefix("Runtime.Panic: panicked") {
            Some(panic) => format!("Runtime.Panic: {}", panic.rsplit(": ").next().unwrap()),
            None => text,
        }
    }
    #[track_caller]
    fn check(response: &BatchResponse, want: &[(&str, &str)]) {
        let errors = response.errors.iter();
        let got: Vec<_> = errors.map(|(id, e)| (id.clone(), shown(e))).collect();
        let want = want.iter().map(|(id, e)| (id.to_string(), e.to_string()));
        assert_eq!(got, want.collect::<Vec<_>>());
        assert!(response.failures.iter().eq(got.iter().map(|(id, _)| id)));
        // They are neither sent nor compared.
        let sent: BatchResponse = json::parse(&json::to_vec(response)).unwrap();
        assert!(sent.errors.is_empty());
        assert_eq!(&sent, response);
    }
    let run = |queue: &str, bodies: &[&str]| {
        let event = messages(queue, bodies);
        sqs::each(&event, &cx(60), |message| obey(message.body.get()?)).unwrap()
    };
    check(&run("orders", &["ok", "ok"]), &[]);
    check(
        &run("orders", &["no", "ok", "panic"]),
        &[("m0", REFUSED), ("m2", PANIC)],
    );
    check(
        &run("orders.fifo", &["ok", "no", "ok"]),
        &[("m1", REFUSED), ("m2", AFTER)],
    );
    let mut late = Context::default();
    late.deadline = SystemTime::now().checked_add(Duration::from_millis(300));
    let response = sqs::each(&messages("orders", &["ok"; 3]), &late, |_| {
        std::thread::sleep(Duration::from_millis(310));
        Ok(())
    });
    check(&response.unwrap(), &[("m1", LATE), ("m2", LATE)]);

    let event: kinesis::KinesisEvent = read(samples::KINESIS);
    let response = kinesis::each(&event, &cx(60), |_| obey("no")).unwrap();
    let id = event.records.get().unwrap()[0].kinesis.get().unwrap();
    check(&response, &[(id.sequence_number.get().unwrap(), REFUSED)]);
    let event: dynamodb::DynamoDbEvent = read(samples::DYNAMODB);
    let response = dynamodb::each(&event, &cx(60), |_| obey("no")).unwrap();
    check(&response, &[("4421584500000000017450439091", REFUSED)]);

    let event: kafka::KafkaEvent = read(samples::KAFKA);
    let response = kafka::each(&event, &cx(60), |_| obey("no")).unwrap();
    let errors = response.errors.iter();
    let got: Vec<_> = errors.map(|(id, e)| (id.clone(), e.to_string())).collect();
    assert!(got.iter().all(|(_, error)| error == REFUSED));
    assert!(response.failures.iter().eq(got.iter().map(|(id, _)| id)));
    assert_eq!(got.len(), 2);
    let sent: kafka::KafkaBatchResponse = json::parse(&json::to_vec(&response)).unwrap();
    assert_eq!(sent, response);
    assert_eq!(sent, kafka::KafkaBatchResponse::from(response.failures));
}
