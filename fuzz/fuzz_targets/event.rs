//! Events: web requests from whoever sends them, and each typed event, read as far as they can be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tiny_lambda::events::{dynamodb, eventbridge, kafka, kinesis, s3, sns, sqs};
use tiny_lambda::http::Request;
use tiny_lambda::json::{self, FromJson, Value};
use tiny_lambda::Context;

fn show<T: FromJson + std::fmt::Debug>(bytes: &[u8]) {
    if let Ok(event) = json::parse::<T>(bytes) {
        let _ = format!("{event:?}");
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = Request::from_event(bytes) {
        let _ = (request.path(), request.host(), request.source_ip(), request.authorizer());
        let _ = (request.query(), request.form(), request.cookies().count(), request.cookie("a"));
        let _ = (request.claim("sub"), request.path_parameter("id"), request.param::<u8>("id"));
        let _ = (request.json::<Value>(), request.stage_variable("v"), request.event());
        let _ = format!("{request:?}");
    }
    show::<s3::S3Event>(bytes);
    show::<s3::S3BatchJobEvent>(bytes);
    show::<s3::S3ObjectLambdaEvent>(bytes);
    show::<sns::SnsEvent>(bytes);
    show::<eventbridge::EventBridgeEvent>(bytes);
    let cx = Context::default();
    if let Ok(event) = json::parse::<sqs::SqsEvent>(bytes) {
        let _ = sqs::each(&event, &cx, |m| m.json::<Value>().map(drop)).map(|r| json::to_vec(&r));
    }
    if let Ok(event) = json::parse::<kafka::KafkaEvent>(bytes) {
        let _ = kafka::each(&event, &cx, |r| Ok(drop(format!("{r:?}")))).map(|r| json::to_vec(&r));
    }
    if let Ok(event) = json::parse::<kinesis::KinesisEvent>(bytes) {
        let _ = kinesis::each(&event, &cx, |r| Ok(drop(format!("{r:?}")))).map(|r| json::to_vec(&r));
    }
    if let Ok(event) = json::parse::<dynamodb::DynamoDbEvent>(bytes) {
        let _ = dynamodb::each(&event, &cx, |r| Ok(drop(format!("{r:?}")))).map(|r| json::to_vec(&r));
    }
});
