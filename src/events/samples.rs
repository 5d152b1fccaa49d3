//! Sample events, written from the shapes that AWS documents, for tests and local calls.
//!
//! A function links only those that it names.
//!
//! ```
//! use tiny_lambda::events::samples;
//! use tiny_lambda::http::Request;
//!
//! let request = Request::from_event(samples::HTTP_API.as_bytes())?;
//! assert_eq!(request.path(), "/orders/42");
//! # Ok::<(), tiny_lambda::Error>(())
//! ```

macro_rules! samples {
    ($($(#[$attribute:meta])* $name:ident $file:literal),* $(,)?) => {
        $(
            $(#[$attribute])*
            pub const $name: &str = include_str!(concat!("samples/", $file, ".json"));
        )*

        /// All of them, with their names.
        pub const ALL: &[(&str, &str)] = &[$(($file, $name)),*];
    };
}

samples! {
    /// A batch of messages of an Apache ActiveMQ broker.
    ACTIVEMQ "activemq",
    /// A request to an Application Load Balancer.
    ALB "alb",
    /// A request to an Application Load Balancer whose target group has multi-value headers.
    ALB_MULTI_VALUE "alb_multi_value",
    /// An answer to an Application Load Balancer.
    ALB_RESPONSE "alb_response",
    /// A field for an AWS AppSync resolver.
    APPSYNC "appsync",
    /// A question of an AWS AppSync API to its authorizer.
    APPSYNC_AUTHORIZER "appsync_authorizer",
    /// The answer to it.
    APPSYNC_AUTHORIZER_RESPONSE "appsync_authorizer_response",
    /// Messages that are published to a channel of an AWS AppSync Events API.
    APPSYNC_EVENTS "appsync_events",
    /// What a mapping template of an AWS AppSync resolver hands on.
    APPSYNC_TEMPLATE "appsync_template",
    /// A question of an HTTP API to its authorizer.
    AUTHORIZER_HTTP_API "authorizer_http_api",
    /// A question of a REST API to its request authorizer.
    AUTHORIZER_REQUEST "authorizer_request",
    /// An answer of an authorizer: a policy.
    AUTHORIZER_RESPONSE "authorizer_response",
    /// A simple answer to an HTTP API: yes or no.
    AUTHORIZER_SIMPLE_RESPONSE "authorizer_simple_response",
    /// A question of a REST API to its token authorizer.
    AUTHORIZER_TOKEN "authorizer_token",
    /// A question of a WebSocket API to its authorizer.
    AUTHORIZER_WEBSOCKET "authorizer_websocket",
    /// An instance that Amazon EC2 Auto Scaling has launched.
    AUTOSCALING "autoscaling",
    /// What an agent for Amazon Bedrock wants done.
    BEDROCK_AGENT "bedrock_agent",
    /// The answer to it.
    BEDROCK_AGENT_RESPONSE "bedrock_agent_response",
    /// A client that wants to connect to AWS Client VPN.
    CLIENT_VPN "client_vpn",
    /// The answer to it.
    CLIENT_VPN_RESPONSE "client_vpn_response",
    /// An update of a custom resource.
    CLOUDFORMATION "cloudformation",
    /// What a function behind the CDK's provider framework answers.
    CLOUDFORMATION_PROVIDER_RESPONSE "cloudformation_provider_response",
    /// What a custom resource answers.
    CLOUDFORMATION_RESPONSE "cloudformation_response",
    /// A call of an AWS API, which AWS CloudTrail tells.
    CLOUDTRAIL "cloudtrail",
    /// An alarm of Amazon CloudWatch that has changed its state.
    CLOUDWATCH_ALARM "cloudwatch_alarm",
    /// What an alarm tells a topic of Amazon SNS: the message of the notification.
    CLOUDWATCH_ALARM_NOTIFICATION "cloudwatch_alarm_notification",
    /// The figures behind an alarm's state, which are JSON within JSON.
    CLOUDWATCH_ALARM_REASON "cloudwatch_alarm_reason",
    /// Log events of a subscription.
    CLOUDWATCH_LOGS "cloudwatch_logs",
    /// What Amazon CloudWatch Logs has put into gzip and base64.
    CLOUDWATCH_LOGS_DATA "cloudwatch_logs_data",
    /// A push to a repository of AWS CodeCommit.
    CODE_COMMIT "code_commit",
    /// A build of AWS CodeBuild that has ended.
    CODEBUILD "codebuild",
    /// A deployment of AWS CodeDeploy.
    CODEDEPLOY "codedeploy",
    /// A hook of a deployment of AWS CodeDeploy.
    CODEDEPLOY_LIFECYCLE "codedeploy_lifecycle",
    /// A run of an action of AWS CodePipeline.
    CODEPIPELINE "codepipeline",
    /// A job of AWS CodePipeline.
    CODEPIPELINE_JOB "codepipeline_job",
    /// A question to be made.
    COGNITO_CREATE_AUTH_CHALLENGE "cognito_create_auth_challenge",
    /// A message that goes out.
    COGNITO_CUSTOM_MESSAGE "cognito_custom_message",
    /// A message that a sender of your own delivers.
    COGNITO_CUSTOM_SENDER "cognito_custom_sender",
    /// What to ask a user next.
    COGNITO_DEFINE_AUTH_CHALLENGE "cognito_define_auth_challenge",
    /// A user who comes from another provider of identities.
    COGNITO_INBOUND_FEDERATION "cognito_inbound_federation",
    /// A user who may be known elsewhere.
    COGNITO_MIGRATE_USER "cognito_migrate_user",
    /// A user who has signed in.
    COGNITO_POST_AUTHENTICATION "cognito_post_authentication",
    /// A user who was confirmed.
    COGNITO_POST_CONFIRMATION "cognito_post_confirmation",
    /// A user who signs in to Amazon Cognito.
    COGNITO_PRE_AUTHENTICATION "cognito_pre_authentication",
    /// A user who signs up.
    COGNITO_PRE_SIGNUP "cognito_pre_signup",
    /// A sync of a data set of Amazon Cognito.
    COGNITO_SYNC "cognito_sync",
    /// A token that is made.
    COGNITO_TOKEN_GENERATION "cognito_token_generation",
    /// Two tokens that are made.
    COGNITO_TOKEN_GENERATION_V2 "cognito_token_generation_v2",
    /// An answer to be looked at.
    COGNITO_VERIFY_AUTH_CHALLENGE "cognito_verify_auth_challenge",
    /// A change that an AWS Config rule looks at.
    CONFIG "config",
    /// A contact flow of Amazon Connect.
    CONNECT "connect",
    /// A new account of AWS Control Tower.
    CONTROLTOWER "controltower",
    /// Changes of a collection of Amazon DocumentDB.
    DOCUMENTDB "documentdb",
    /// A batch of changes of a table.
    DYNAMODB "dynamodb",
    /// An image that was pushed to Amazon ECR.
    ECR_IMAGE_ACTION "ecr_image_action",
    /// A scan of an image in Amazon ECR.
    ECR_SCAN "ecr_scan",
    /// An event of an event bus, a function's own.
    EVENTBRIDGE "eventbridge",
    /// An instance in another state.
    EVENTBRIDGE_EC2 "eventbridge_ec2",
    /// A container instance of Amazon ECS in another state.
    EVENTBRIDGE_ECS "eventbridge_ecs",
    /// A cluster of Amazon EMR.
    EVENTBRIDGE_EMR_CLUSTER "eventbridge_emr_cluster",
    /// A group of instances of Amazon EMR.
    EVENTBRIDGE_EMR_INSTANCE_GROUP "eventbridge_emr_instance_group",
    /// A scaling policy of Amazon EMR.
    EVENTBRIDGE_EMR_POLICY "eventbridge_emr_policy",
    /// A step of Amazon EMR.
    EVENTBRIDGE_EMR_STEP "eventbridge_emr_step",
    /// A player who has answered.
    EVENTBRIDGE_GAMELIFT_ACCEPT "eventbridge_gamelift_accept",
    /// All players have answered.
    EVENTBRIDGE_GAMELIFT_ACCEPT_COMPLETED "eventbridge_gamelift_accept_completed",
    /// Tickets that were taken back.
    EVENTBRIDGE_GAMELIFT_CANCELLED "eventbridge_gamelift_cancelled",
    /// Tickets with an error.
    EVENTBRIDGE_GAMELIFT_FAILED "eventbridge_gamelift_failed",
    /// A match that may be.
    EVENTBRIDGE_GAMELIFT_POTENTIAL_MATCH "eventbridge_gamelift_potential_match",
    /// Tickets that wait for a match.
    EVENTBRIDGE_GAMELIFT_SEARCHING "eventbridge_gamelift_searching",
    /// A match with its session.
    EVENTBRIDGE_GAMELIFT_SUCCEEDED "eventbridge_gamelift_succeeded",
    /// Tickets without a match.
    EVENTBRIDGE_GAMELIFT_TIMED_OUT "eventbridge_gamelift_timed_out",
    /// A crawler of AWS Glue that has failed.
    EVENTBRIDGE_GLUE_CRAWLER_FAILED "eventbridge_glue_crawler_failed",
    /// A crawler of AWS Glue that has begun.
    EVENTBRIDGE_GLUE_CRAWLER_STARTED "eventbridge_glue_crawler_started",
    /// A crawler of AWS Glue that has ended well.
    EVENTBRIDGE_GLUE_CRAWLER_SUCCEEDED "eventbridge_glue_crawler_succeeded",
    /// A database of the AWS Glue catalogue.
    EVENTBRIDGE_GLUE_DATABASE "eventbridge_glue_database",
    /// A job of AWS Glue that has ended.
    EVENTBRIDGE_GLUE_JOB "eventbridge_glue_job",
    /// A job of AWS Glue that takes long.
    EVENTBRIDGE_GLUE_JOB_STATUS "eventbridge_glue_job_status",
    /// A table of the AWS Glue catalogue.
    EVENTBRIDGE_GLUE_TABLE "eventbridge_glue_table",
    /// What AWS Health says.
    EVENTBRIDGE_HEALTH "eventbridge_health",
    /// A key of AWS KMS.
    EVENTBRIDGE_KMS "eventbridge_kms",
    /// An event of a schedule.
    EVENTBRIDGE_SCHEDULE "eventbridge_schedule",
    /// An association of AWS Systems Manager.
    EVENTBRIDGE_SSM_ASSOCIATION "eventbridge_ssm_association",
    /// An automation of AWS Systems Manager.
    EVENTBRIDGE_SSM_AUTOMATION "eventbridge_ssm_automation",
    /// A step of an automation of AWS Systems Manager.
    EVENTBRIDGE_SSM_AUTOMATION_STEP "eventbridge_ssm_automation_step",
    /// A calendar of changes of AWS Systems Manager.
    EVENTBRIDGE_SSM_CALENDAR "eventbridge_ssm_calendar",
    /// A command of AWS Systems Manager.
    EVENTBRIDGE_SSM_COMMAND "eventbridge_ssm_command",
    /// A command on one instance of AWS Systems Manager.
    EVENTBRIDGE_SSM_COMMAND_INVOCATION "eventbridge_ssm_command_invocation",
    /// Whether a resource is as it should be.
    EVENTBRIDGE_SSM_COMPLIANCE "eventbridge_ssm_compliance",
    /// An association of one instance of AWS Systems Manager.
    EVENTBRIDGE_SSM_INSTANCE_ASSOCIATION "eventbridge_ssm_instance_association",
    /// A parameter of AWS Systems Manager.
    EVENTBRIDGE_SSM_PARAMETER "eventbridge_ssm_parameter",
    /// A maintenance window of AWS Systems Manager.
    EVENTBRIDGE_SSM_WINDOW "eventbridge_ssm_window",
    /// A run of a maintenance window of AWS Systems Manager.
    EVENTBRIDGE_SSM_WINDOW_EXECUTION "eventbridge_ssm_window_execution",
    /// A task of a maintenance window on one target of AWS Systems Manager.
    EVENTBRIDGE_SSM_WINDOW_INVOCATION "eventbridge_ssm_window_invocation",
    /// A target of a maintenance window of AWS Systems Manager.
    EVENTBRIDGE_SSM_WINDOW_TARGET "eventbridge_ssm_window_target",
    /// A task of a maintenance window of AWS Systems Manager.
    EVENTBRIDGE_SSM_WINDOW_TASK "eventbridge_ssm_window_task",
    /// Tags that have changed.
    EVENTBRIDGE_TAG "eventbridge_tag",
    /// A check of AWS Trusted Advisor.
    EVENTBRIDGE_TRUSTEDADVISOR "eventbridge_trustedadvisor",
    /// A batch of records for a delivery stream.
    FIREHOSE "firehose",
    /// A batch of records of Amazon MSK for a delivery stream.
    FIREHOSE_MSK "firehose_msk",
    /// The answer to a delivery stream.
    FIREHOSE_RESPONSE "firehose_response",
    /// A request to a function URL, with bytes.
    FUNCTION_URL "function_url",
    /// A request to an Amazon API Gateway HTTP API.
    HTTP_API "http_api",
    /// An answer to an Amazon API Gateway HTTP API or a function URL.
    HTTP_API_RESPONSE "http_api_response",
    /// A device that wants to connect to AWS IoT Core.
    IOT_AUTHORIZER "iot_authorizer",
    /// The answer to it.
    IOT_AUTHORIZER_RESPONSE "iot_authorizer_response",
    /// A device that AWS IoT Core is to know.
    IOT_PROVISIONING "iot_provisioning",
    /// The answer to it.
    IOT_PROVISIONING_RESPONSE "iot_provisioning_response",
    /// A batch of Amazon MSK's, of two partitions; the second record is no JSON.
    KAFKA "kafka",
    /// A batch of a stream's records; the second one is no JSON.
    KINESIS "kinesis",
    /// An asynchronous invocation that has failed for good.
    LAMBDA_DESTINATION "lambda_destination",
    /// An answer to Amazon VPC Lattice.
    LATTICE_RESPONSE "lattice_response",
    /// A request to Amazon VPC Lattice, event version 1.0.
    LATTICE_V1 "lattice_v1",
    /// A request to Amazon VPC Lattice, event version 2.0.
    LATTICE_V2 "lattice_v2",
    /// What a bot of Amazon Lex V2 asks.
    LEX_V2 "lex_v2",
    /// The answer to it.
    LEX_V2_RESPONSE "lex_v2_response",
    /// A batch of messages of a RabbitMQ broker.
    RABBITMQ "rabbitmq",
    /// A request to an Amazon API Gateway REST API.
    REST_API "rest_api",
    /// An answer to an Amazon API Gateway REST API.
    REST_API_RESPONSE "rest_api_response",
    /// A new object in a bucket.
    S3 "s3",
    /// A task of Amazon S3 Batch Operations.
    S3_BATCH "s3_batch",
    /// The answer to it.
    S3_BATCH_RESPONSE "s3_batch_response",
    /// A new object in a bucket, as an event bus tells it.
    S3_EVENTBRIDGE "s3_eventbridge",
    /// A request to Amazon S3 Object Lambda.
    S3_OBJECT_LAMBDA "s3_object_lambda",
    /// Objects that were restored, moved and not replicated.
    S3_RESTORE "s3_restore",
    /// What Amazon S3 sends to a queue or topic when notifications are configured.
    S3_TEST "s3_test",
    /// A step of a secret's rotation.
    SECRETSMANAGER "secretsmanager",
    /// A mail.
    SES "ses",
    /// What a function that decides about a mail answers.
    SES_DISPOSITION "ses_disposition",
    /// A notification of a topic.
    SNS "sns",
    /// A batch of a queue's messages; the second one is no JSON.
    SQS "sqs",
    /// Messages as Amazon SQS itself returns them.
    SQS_API "sqs_api",
    /// The beginning of a WebSocket connection to Amazon API Gateway.
    WEBSOCKET_CONNECT "websocket_connect",
    /// A message on a WebSocket connection to Amazon API Gateway.
    WEBSOCKET_MESSAGE "websocket_message",
}
