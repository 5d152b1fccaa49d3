//! Events: web requests from whoever sends them, and each typed event, read as far as they can be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tiny_lambda::Context;
use tiny_lambda::events::*;
use tiny_lambda::http::{Request, Response};
use tiny_lambda::json::{self, FromJson, Value};

fn show<T: FromJson + std::fmt::Debug>(bytes: &[u8]) {
    if let Ok(event) = json::parse::<T>(bytes) {
        let _ = format!("{event:?}");
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = Request::from_event(bytes) {
        let _ = (
            request.path(),
            request.host(),
            request.source_ip(),
            request.authorizer(),
        );
        let _ = (
            request.query(),
            request.form(),
            request.cookies().count(),
            request.cookie("a"),
        );
        let _ = (
            request.claim("sub"),
            request.path_parameter("id"),
            request.param::<u8>("id"),
        );
        let _ = (
            request.json::<Value>(),
            request.stage_variable("v"),
            request.event(),
        );
        let _ = format!("{request:?}");
        let body = request.body().map_or(&[][..], |body| body.as_bytes());
        let mut response = Response::bytes("text/plain", body);
        for (name, value) in request.headers().iter() {
            response = response.with_header(name, value);
        }
        if let Ok(answer) = request.encode_response(&response) {
            assert!(json::parse::<Value>(&answer).is_ok());
        }
    }
    show::<activemq::ActiveMqEvent>(bytes);
    show::<alb::AlbTargetGroupRequest>(bytes);
    show::<apigw::ApiGatewayProxyRequest>(bytes);
    show::<apigw::ApiGatewayV2HttpRequest>(bytes);
    show::<apigw::ApiGatewayWebsocketProxyRequest>(bytes);
    show::<apigw::ApiGatewayCustomAuthorizerRequest>(bytes);
    show::<apigw::ApiGatewayCustomAuthorizerRequestTypeRequest>(bytes);
    show::<apigw::ApiGatewayV2CustomAuthorizerV2Request>(bytes);
    show::<appsync::AppSyncLambdaAuthorizerRequest>(bytes);
    show::<bedrock_agent_runtime::AgentEvent>(bytes);
    show::<clientvpn::ClientVpnConnectionHandlerRequest>(bytes);
    show::<cloudformation::CloudFormationCustomResourceRequest>(bytes);
    show::<cloudwatch_alarms::CloudWatchAlarm>(bytes);
    show::<code_commit::CodeCommitEvent>(bytes);
    show::<codebuild::CodeBuildEventDetail>(bytes);
    show::<codedeploy::CodeDeployLifecycleEvent>(bytes);
    show::<codepipeline_job::CodePipelineJobEvent>(bytes);
    show::<cognito::CognitoEvent>(bytes);
    show::<config::ConfigEvent>(bytes);
    show::<connect::ConnectEvent>(bytes);
    show::<documentdb::DocumentDbEvent>(bytes);
    show::<ecr_scan::EcrScanEventDetail>(bytes);
    show::<eventbridge::EventBridgeEvent>(bytes);
    show::<firehose::KinesisFirehoseEvent>(bytes);
    show::<iot::IotCoreCustomAuthorizerRequest>(bytes);
    show::<lex::LexV2Event>(bytes);
    show::<rabbitmq::RabbitMqEvent>(bytes);
    show::<s3::S3BatchJobEvent>(bytes);
    show::<s3::S3Event>(bytes);
    show::<s3::S3ObjectLambdaEvent>(bytes);
    show::<secretsmanager::SecretsManagerSecretRotationEvent>(bytes);
    show::<ses::SimpleEmailEvent>(bytes);
    show::<sns::SnsEvent>(bytes);
    show::<sqs::SqsApiEvent>(bytes);
    show::<vpc_lattice::VpcLatticeRequestV1>(bytes);
    show::<vpc_lattice::VpcLatticeRequestV2>(bytes);
    show::<s3::S3TestEvent>(bytes);
    show::<lambda_destinations::LambdaDestinationEvent>(bytes);
    show::<cloudwatch_events::ecs::ContainerInstanceStateChange>(bytes);
    show::<batch::TimeWindowResponse>(bytes);
    show::<kafka::KafkaBatchResponse>(bytes);
    if let Ok(unpacked) = tiny_lambda::encoding::gunzip(bytes, 1 << 20) {
        assert!(unpacked.len() <= 1 << 20);
    }
    let cx = Context::default();
    if let Ok(event) = json::parse::<sqs::SqsEvent>(bytes) {
        for on in [false, true] {
            let options = sqs::EachOptions::default().continue_other_groups(on);
            let response = sqs::each_with_options(&event, &cx, options, |m| m.json::<Value>().map(drop));
            let _ = response.map(|r| json::to_vec(&r));
        }
    }
    if let Ok(event) = json::parse::<kafka::KafkaEvent>(bytes) {
        let _ = kafka::each(&event, &cx, |r| {
            Ok(drop((format!("{r:?}"), r.headers().count())))
        })
        .map(|r| json::to_vec(&r));
    }
    if let Ok(event) = json::parse::<kinesis::KinesisEvent>(bytes) {
        let _ =
            kinesis::each(&event, &cx, |r| Ok(drop(format!("{r:?}")))).map(|r| json::to_vec(&r));
    }
    if let Ok(event) = json::parse::<dynamodb::DynamoDbEvent>(bytes) {
        let _ =
            dynamodb::each(&event, &cx, |r| Ok(drop(format!("{r:?}")))).map(|r| json::to_vec(&r));
    }
});
