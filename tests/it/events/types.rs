//! The event type of each sample.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use tiny_lambda::events::cloudwatch_events as bus;
use tiny_lambda::events::eventbridge::EventBridgeEvent as On;
use tiny_lambda::events::*;
use tiny_lambda::json::{self, FromJson, ToJson};

/// Reads an event as a type, and writes it back.
pub(crate) type Again = fn(&[u8]) -> Result<Vec<u8>, json::Error>;

fn again<T: FromJson + ToJson>(event: &[u8]) -> Result<Vec<u8>, json::Error> {
    json::parse::<T>(event).map(|event| json::to_vec(&event))
}

/// Reads an event as a type, and returns what `Debug` shows.
pub(crate) type Show = fn(&[u8]) -> String;

fn show<T: FromJson + Debug>(event: &[u8]) -> String {
    format!("{:?}", json::parse::<T>(event).unwrap())
}

macro_rules! row {
    ($name:literal, $type:ty) => {
        ($name, stringify!($type), again::<$type>, show::<$type>)
    };
}

/// The prefix of the samples' names, the name of their type, a function that reads and writes it, and one
/// that shows it.
pub(crate) type Row = (&'static str, &'static str, Again, Show);

/// The types by prefix of the sample's name. The longest matching prefix decides.
const TYPES: &[Row] = &[
    row!("activemq", activemq::ActiveMqEvent),
    row!("alb", alb::AlbTargetGroupRequest),
    row!("alb_response", alb::AlbTargetGroupResponse),
    row!("apigw", apigw::ApiGatewayProxyRequest),
    row!(
        "apigw-custom-auth",
        apigw::ApiGatewayCustomAuthorizerRequest
    ),
    row!(
        "apigw-custom-auth-request-type",
        apigw::ApiGatewayCustomAuthorizerRequestTypeRequest
    ),
    row!(
        "apigw-custom-auth-response",
        apigw::ApiGatewayCustomAuthorizerResponse
    ),
    row!("apigw-response", apigw::ApiGatewayProxyResponse),
    row!("apigw-sam-http", apigw::ApiGatewayV2HttpRequest),
    row!("apigw-v2", apigw::ApiGatewayV2HttpRequest),
    row!(
        "apigw-v2-custom-authorizer",
        apigw::ApiGatewayV2CustomAuthorizerV2Request
    ),
    row!(
        "apigw-v2-custom-authorizer-v1",
        apigw::ApiGatewayCustomAuthorizerRequestTypeRequest
    ),
    row!("apigw-websocket", apigw::ApiGatewayWebsocketProxyRequest),
    row!("appsync", appsync::AppSyncDirectResolverEvent),
    row!("appsync-invoke", appsync::AppSyncResolverTemplate),
    row!(
        "appsync-lambda-auth-request",
        appsync::AppSyncLambdaAuthorizerRequest
    ),
    row!(
        "appsync-lambda-auth-response",
        appsync::AppSyncLambdaAuthorizerResponse
    ),
    row!(
        "appsync_authorizer",
        appsync::AppSyncLambdaAuthorizerRequest
    ),
    row!(
        "appsync_authorizer_response",
        appsync::AppSyncLambdaAuthorizerResponse
    ),
    row!("appsync_events", appsync::AppSyncEventsRequest),
    row!("appsync_template", appsync::AppSyncResolverTemplate),
    row!(
        "authorizer_http_api",
        apigw::ApiGatewayV2CustomAuthorizerV2Request
    ),
    row!(
        "authorizer_request",
        apigw::ApiGatewayCustomAuthorizerRequestTypeRequest
    ),
    row!(
        "authorizer_response",
        apigw::ApiGatewayCustomAuthorizerResponse
    ),
    row!(
        "authorizer_simple_response",
        apigw::ApiGatewayV2CustomAuthorizerSimpleResponse
    ),
    row!("authorizer_token", apigw::ApiGatewayCustomAuthorizerRequest),
    row!(
        "authorizer_websocket",
        apigw::ApiGatewayCustomAuthorizerRequestTypeRequest
    ),
    row!("autoscaling", On<autoscaling::AutoScalingDetail>),
    row!("bedrock_agent", bedrock_agent_runtime::AgentEvent),
    row!(
        "bedrock_agent_response",
        bedrock_agent_runtime::AgentResponse
    ),
    row!("client_vpn", clientvpn::ClientVpnConnectionHandlerRequest),
    row!(
        "client_vpn_response",
        clientvpn::ClientVpnConnectionHandlerResponse
    ),
    row!("clientvpn", clientvpn::ClientVpnConnectionHandlerRequest),
    row!(
        "cloudformation",
        cloudformation::CloudFormationCustomResourceRequest
    ),
    row!(
        "cloudformation-custom-resource-provider-response",
        cloudformation::CloudFormationProviderResponse
    ),
    row!(
        "cloudformation-custom-resource-response",
        cloudformation::CloudFormationCustomResourceResponse
    ),
    row!(
        "cloudformation_provider_response",
        cloudformation::CloudFormationProviderResponse
    ),
    row!(
        "cloudformation_response",
        cloudformation::CloudFormationCustomResourceResponse
    ),
    row!("cloudtrail", On<cloudwatch_events::AwsApiCall>),
    row!("cloudwatch-alarm", cloudwatch_alarms::CloudWatchAlarm),
    row!("cloudwatch-cloudtrail", cloudwatch_events::AwsApiCall),
    row!("cloudwatch_alarm", cloudwatch_alarms::CloudWatchAlarm),
    row!(
        "cloudwatch_alarm_notification",
        cloudwatch_alarms::CloudWatchAlarmNotification
    ),
    row!(
        "cloudwatch_alarm_reason",
        cloudwatch_alarms::CloudWatchAlarmReasonData
    ),
    row!("cloudwatch_logs", cloudwatch_logs::LogsEvent),
    row!("cloudwatch_logs_data", cloudwatch_logs::LogData),
    row!("code_commit", code_commit::CodeCommitEvent),
    row!("codebuild", On<codebuild::CodeBuildEventDetail>),
    row!("codedeploy", On<codedeploy::CodeDeployEventDetail>),
    row!("codedeploy-lifecycle", codedeploy::CodeDeployLifecycleEvent),
    row!("codedeploy_lifecycle", codedeploy::CodeDeployLifecycleEvent),
    row!(
        "codepipeline",
        On<codepipeline_cloudwatch::CodePipelineCloudWatchEventDetail>
    ),
    row!("codepipeline_job", codepipeline_job::CodePipelineJobEvent),
    row!("cognito", cognito::CognitoEvent),
    row!(
        "cognito-event-userpools-create",
        cognito::CognitoEventUserPoolsCreateAuthChallenge
    ),
    row!(
        "cognito-event-userpools-define",
        cognito::CognitoEventUserPoolsDefineAuthChallenge
    ),
    row!(
        "cognito-event-userpools-migrate",
        cognito::CognitoEventUserPoolsMigrateUser
    ),
    row!(
        "cognito-event-userpools-postauth",
        cognito::CognitoEventUserPoolsPostAuthentication
    ),
    row!(
        "cognito-event-userpools-preauth",
        cognito::CognitoEventUserPoolsPreAuthentication
    ),
    row!(
        "cognito-event-userpools-presignup",
        cognito::CognitoEventUserPoolsPreSignup
    ),
    row!(
        "cognito-event-userpools-pretokengen",
        cognito::CognitoEventUserPoolsPreTokenGen
    ),
    row!(
        "cognito-event-userpools-pretokengen-v2",
        cognito::CognitoEventUserPoolsPreTokenGenV2
    ),
    row!(
        "cognito-event-userpools-verify",
        cognito::CognitoEventUserPoolsVerifyAuthChallenge
    ),
    row!(
        "cognito_create",
        cognito::CognitoEventUserPoolsCreateAuthChallenge
    ),
    row!(
        "cognito_custom_message",
        cognito::CognitoEventUserPoolsCustomMessage
    ),
    row!(
        "cognito_custom_sender",
        cognito::CognitoEventUserPoolsCustomSender
    ),
    row!(
        "cognito_define",
        cognito::CognitoEventUserPoolsDefineAuthChallenge
    ),
    row!(
        "cognito_inbound",
        cognito::CognitoEventUserPoolsInboundFederation
    ),
    row!("cognito_migrate", cognito::CognitoEventUserPoolsMigrateUser),
    row!(
        "cognito_post_authentication",
        cognito::CognitoEventUserPoolsPostAuthentication
    ),
    row!(
        "cognito_post_confirmation",
        cognito::CognitoEventUserPoolsPostConfirmation
    ),
    row!(
        "cognito_pre_authentication",
        cognito::CognitoEventUserPoolsPreAuthentication
    ),
    row!(
        "cognito_pre_signup",
        cognito::CognitoEventUserPoolsPreSignup
    ),
    row!(
        "cognito_token_generation",
        cognito::CognitoEventUserPoolsPreTokenGen
    ),
    row!(
        "cognito_token_generation_v2",
        cognito::CognitoEventUserPoolsPreTokenGenV2
    ),
    row!(
        "cognito_verify",
        cognito::CognitoEventUserPoolsVerifyAuthChallenge
    ),
    row!("config", config::ConfigEvent),
    row!("connect", connect::ConnectEvent),
    row!(
        "controltower",
        On<cloudwatch_events::CloudTrailRecord<controltower::ServiceEventDetails>>
    ),
    row!("documentdb", documentdb::DocumentDbEvent),
    row!("dynamodb", dynamodb::DynamoDbEvent),
    row!("dynamodb-event-record", dynamodb::DynamoDbEventRecord),
    row!("ecr", On<ecr_scan::EcrScanEventDetail>),
    row!("ecr_image_action", On<ecr_scan::EcrImageActionEventDetail>),
    row!("eventbridge", eventbridge::EventBridgeEvent),
    row!("eventbridge_ec2", On<bus::ec2::InstanceStateChange>),
    row!(
        "eventbridge_ecs",
        On<bus::ecs::ContainerInstanceStateChange>
    ),
    row!("eventbridge_emr_cluster", On<bus::emr::ClusterStateChange>),
    row!(
        "eventbridge_emr_instance_group",
        On<bus::emr::InstanceGroupStateChange>
    ),
    row!(
        "eventbridge_emr_policy",
        On<bus::emr::AutoScalingPolicyStateChange>
    ),
    row!("eventbridge_emr_step", On<bus::emr::StepStatusChange>),
    row!(
        "eventbridge_gamelift_accept",
        On<bus::gamelift::AcceptMatch>
    ),
    row!(
        "eventbridge_gamelift_accept_completed",
        On<bus::gamelift::AcceptMatchCompleted>
    ),
    row!(
        "eventbridge_gamelift_cancelled",
        On<bus::gamelift::MatchmakingCancelled>
    ),
    row!(
        "eventbridge_gamelift_failed",
        On<bus::gamelift::MatchmakingFailed>
    ),
    row!(
        "eventbridge_gamelift_potential_match",
        On<bus::gamelift::PotentialMatchCreated>
    ),
    row!(
        "eventbridge_gamelift_searching",
        On<bus::gamelift::MatchmakingSearching>
    ),
    row!(
        "eventbridge_gamelift_succeeded",
        On<bus::gamelift::MatchmakingSucceeded>
    ),
    row!(
        "eventbridge_gamelift_timed_out",
        On<bus::gamelift::MatchmakingTimedOut>
    ),
    row!(
        "eventbridge_glue_crawler_failed",
        On<bus::glue::CrawlerFailed>
    ),
    row!(
        "eventbridge_glue_crawler_started",
        On<bus::glue::CrawlerStarted>
    ),
    row!(
        "eventbridge_glue_crawler_succeeded",
        On<bus::glue::CrawlerStateChange>
    ),
    row!(
        "eventbridge_glue_database",
        On<bus::glue::DataCatalogDatabaseStateChange>
    ),
    row!("eventbridge_glue_job", On<bus::glue::JobRunStateChange>),
    row!("eventbridge_glue_job_status", On<bus::glue::JobRunStatus>),
    row!(
        "eventbridge_glue_table",
        On<bus::glue::DataCatalogTableStateChange>
    ),
    row!("eventbridge_health", On<bus::health::Event>),
    row!("eventbridge_kms", On<bus::kms::CmkEvent>),
    row!("eventbridge_schedule", On),
    row!(
        "eventbridge_ssm_association",
        On<bus::ssm::Ec2StateManagerAssociationStateChange>
    ),
    row!(
        "eventbridge_ssm_automation",
        On<bus::ssm::Ec2AutomationExecutionStatusChange>
    ),
    row!(
        "eventbridge_ssm_automation_step",
        On<bus::ssm::Ec2AutomationStepStatusChange>
    ),
    row!("eventbridge_ssm_calendar", On<bus::ssm::StateChange>),
    row!(
        "eventbridge_ssm_command",
        On<bus::ssm::Ec2CommandStatusChange>
    ),
    row!(
        "eventbridge_ssm_command_invocation",
        On<bus::ssm::Ec2CommandInvocationStatusChange>
    ),
    row!(
        "eventbridge_ssm_compliance",
        On<bus::ssm::ConfigurationComplianceStateChange>
    ),
    row!(
        "eventbridge_ssm_instance_association",
        On<bus::ssm::Ec2StateManagerInstanceAssociationStateChange>
    ),
    row!(
        "eventbridge_ssm_parameter",
        On<bus::ssm::ParameterStoreStateChange>
    ),
    row!(
        "eventbridge_ssm_window",
        On<bus::ssm::MaintenanceWindowDetail>
    ),
    row!(
        "eventbridge_ssm_window_execution",
        On<bus::ssm::MaintenanceWindowExecutionStateChange>
    ),
    row!(
        "eventbridge_ssm_window_invocation",
        On<bus::ssm::MaintenanceWindowTaskTargetInvocationStateChange>
    ),
    row!(
        "eventbridge_ssm_window_target",
        On<bus::ssm::MaintenanceWindowTargetRegistration>
    ),
    row!(
        "eventbridge_ssm_window_task",
        On<bus::ssm::MaintenanceWindowTaskExecutionStateChange>
    ),
    row!("eventbridge_tag", On<bus::tag::TagChangeOnResource>),
    row!(
        "eventbridge_trustedadvisor",
        On<bus::trustedadvisor::CheckItemRefreshNotification>
    ),
    row!("firehose", firehose::KinesisFirehoseEvent),
    row!("firehose_response", firehose::KinesisFirehoseResponse),
    row!(
        "function_url",
        lambda_function_urls::LambdaFunctionUrlRequest
    ),
    row!("http_api", apigw::ApiGatewayV2HttpRequest),
    row!("http_api_response", apigw::ApiGatewayV2HttpResponse),
    row!(
        "iot-custom-auth-request",
        iot::IotCoreCustomAuthorizerRequest
    ),
    row!(
        "iot-custom-auth-response",
        iot::IotCoreCustomAuthorizerResponse
    ),
    row!("iot_authorizer", iot::IotCoreCustomAuthorizerRequest),
    row!(
        "iot_authorizer_response",
        iot::IotCoreCustomAuthorizerResponse
    ),
    row!("iot_provisioning", iot::IotPreProvisionHookRequest),
    row!(
        "iot_provisioning_response",
        iot::IotPreProvisionHookResponse
    ),
    // AWS IoT 1-Click and Amazon Lex V1 have ended; the shared test data still has their events.
    row!("iot_1_click", json::Value),
    row!("kafka", kafka::KafkaEvent),
    row!("kinesis", kinesis::KinesisEvent),
    row!("kinesis-firehose", firehose::KinesisFirehoseEvent),
    row!(
        "lambda_destination",
        lambda_destinations::LambdaDestinationEvent
    ),
    row!("lattice_response", vpc_lattice::VpcLatticeResponse),
    row!("lattice_v1", vpc_lattice::VpcLatticeRequestV1),
    row!("lattice_v2", vpc_lattice::VpcLatticeRequestV2),
    row!("lex-", json::Value),
    row!("lex_v2", lex::LexV2Event),
    row!("lex_v2_response", lex::LexV2Response),
    row!("rabbitmq", rabbitmq::RabbitMqEvent),
    row!("rest_api", apigw::ApiGatewayProxyRequest),
    row!("rest_api_response", apigw::ApiGatewayProxyResponse),
    row!("s3", s3::S3Event),
    row!("s3-object-lambda", s3::S3ObjectLambdaEvent),
    row!("s3_batch", s3::S3BatchJobEvent),
    row!("s3_batch_response", s3::S3BatchJobResponse),
    row!("s3_eventbridge", On<s3::S3EventBridgeDetail>),
    row!("s3_object_lambda", s3::S3ObjectLambdaEvent),
    row!("s3_test", s3::S3TestEvent),
    row!(
        "secretsmanager",
        secretsmanager::SecretsManagerSecretRotationEvent
    ),
    row!("ses", ses::SimpleEmailEvent),
    row!("ses_disposition", ses::SimpleEmailDisposition),
    row!("sns", sns::SnsEvent),
    row!("sqs", sqs::SqsEvent),
    row!("sqs-api", sqs::SqsApiEvent),
    row!("sqs_api", sqs::SqsApiEvent),
    row!("websocket", apigw::ApiGatewayWebsocketProxyRequest),
];

pub(crate) fn type_of(name: &str) -> &'static Row {
    TYPES
        .iter()
        .filter(|(prefix, ..)| name.starts_with(prefix))
        .max_by_key(|(prefix, ..)| prefix.len())
        .unwrap_or_else(|| panic!("{name} has no type"))
}

/// Returns the source files in `folder` and its subfolders.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Returns the types made by `event!` that no other type has as a member, as `module::Type`.
fn outermost() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/events");
    let mut types = BTreeSet::new();
    for path in sources(&folder) {
        let text = fs::read_to_string(&path).unwrap();
        let module = path.file_stem().unwrap().to_str().unwrap();
        if module == "iam" {
            // Policies are parts of responses.
            continue;
        }
        let is_name = |c: char| c.is_ascii_alphanumeric();
        // The types of Amazon Cognito's triggers are in a table.
        let triggers = text.split_once("\ntriggers! {").map(|(_, rest)| rest);
        let triggers = triggers
            .and_then(|rest| rest.split_once("\n}"))
            .map_or("", |t| t.0);
        let members: BTreeSet<&str> = text
            .lines()
            .filter(|line| line.starts_with("        ") && !line.trim().starts_with("//"))
            .filter_map(|line| line.split_once(':'))
            .flat_map(|(_, of)| of.split(|c| !is_name(c)))
            .chain(triggers.split(|c| !is_name(c)))
            .collect();
        let names = text
            .lines()
            .filter_map(|line| line.strip_prefix("    pub struct "));
        let names = names.filter_map(|line| line.split(|c| !is_name(c)).next());
        let triggers = triggers
            .lines()
            .filter_map(|line| line.strip_prefix("    Cognito"))
            .filter_map(|line| line.split(' ').next())
            .map(|name| format!("{module}::Cognito{name}"));
        types.extend(
            names
                .filter(|name| !members.contains(name))
                .map(|name| format!("{module}::{name}"))
                .chain(triggers),
        );
    }
    types
}

#[test]
fn every_event_type_has_a_sample() {
    let have: BTreeSet<_> = samples::ALL
        .iter()
        .flat_map(|(name, _)| type_of(name).1.split(['<', '>', ' ']))
        .filter_map(|path| path.rsplit_once("::"))
        .map(|(module, name)| format!("{}::{name}", module.rsplit("::").next().unwrap()))
        .collect();
    let types = outermost();
    assert!(types.len() > 100, "{types:?}");
    let lacking: Vec<_> = types.difference(&have).collect();
    assert!(lacking.is_empty(), "{lacking:#?}");
}
