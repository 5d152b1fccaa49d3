//! Sample events and responses, for tests and local invocations. They were written from AWS's
//! documentation.
//!
//! A function contains only the samples that it uses.
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

        /// The names and texts of all samples.
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
    /// The response to an Application Load Balancer.
    ALB_RESPONSE "alb_response",
    /// The event for an AWS AppSync resolver: a field.
    APPSYNC "appsync",
    /// The event for a Lambda authorizer of an AWS AppSync API.
    APPSYNC_AUTHORIZER "appsync_authorizer",
    /// The response of a Lambda authorizer of an AWS AppSync API.
    APPSYNC_AUTHORIZER_RESPONSE "appsync_authorizer_response",
    /// Messages that are published to a channel of an AWS AppSync Events API.
    APPSYNC_EVENTS "appsync_events",
    /// The data that a request mapping template of AWS AppSync passes to a function.
    APPSYNC_TEMPLATE "appsync_template",
    /// The event of an HTTP API for a Lambda authorizer.
    AUTHORIZER_HTTP_API "authorizer_http_api",
    /// The event of a REST API for a Lambda authorizer of type `REQUEST`.
    AUTHORIZER_REQUEST "authorizer_request",
    /// The response of a Lambda authorizer: a policy.
    AUTHORIZER_RESPONSE "authorizer_response",
    /// The simple response of a Lambda authorizer to an HTTP API.
    AUTHORIZER_SIMPLE_RESPONSE "authorizer_simple_response",
    /// The event of a REST API for a Lambda authorizer of type `TOKEN`.
    AUTHORIZER_TOKEN "authorizer_token",
    /// The event of a WebSocket API for a Lambda authorizer.
    AUTHORIZER_WEBSOCKET "authorizer_websocket",
    /// An instance that Amazon EC2 Auto Scaling launched.
    AUTOSCALING "autoscaling",
    /// An action of an Amazon Bedrock agent.
    BEDROCK_AGENT "bedrock_agent",
    /// The response to an Amazon Bedrock agent.
    BEDROCK_AGENT_RESPONSE "bedrock_agent_response",
    /// A client that connects to AWS Client VPN.
    CLIENT_VPN "client_vpn",
    /// The response to AWS Client VPN.
    CLIENT_VPN_RESPONSE "client_vpn_response",
    /// An update of a custom resource.
    CLOUDFORMATION "cloudformation",
    /// The response of a function of the CDK's provider framework.
    CLOUDFORMATION_PROVIDER_RESPONSE "cloudformation_provider_response",
    /// The response for a custom resource.
    CLOUDFORMATION_RESPONSE "cloudformation_response",
    /// A call of an AWS API that AWS CloudTrail recorded.
    CLOUDTRAIL "cloudtrail",
    /// A change of state of an Amazon CloudWatch alarm.
    CLOUDWATCH_ALARM "cloudwatch_alarm",
    /// The message of the notification of an alarm to an Amazon SNS topic.
    CLOUDWATCH_ALARM_NOTIFICATION "cloudwatch_alarm_notification",
    /// The values that put an alarm into its state: `reasonData`, which is JSON in JSON.
    CLOUDWATCH_ALARM_REASON "cloudwatch_alarm_reason",
    /// Log events of a subscription.
    CLOUDWATCH_LOGS "cloudwatch_logs",
    /// The log events of [`CLOUDWATCH_LOGS`] after decompression.
    CLOUDWATCH_LOGS_DATA "cloudwatch_logs_data",
    /// A push to an AWS CodeCommit repository.
    CODE_COMMIT "code_commit",
    /// An AWS CodeBuild build that ended.
    CODEBUILD "codebuild",
    /// An AWS CodeDeploy deployment.
    CODEDEPLOY "codedeploy",
    /// A lifecycle hook of an AWS CodeDeploy deployment.
    CODEDEPLOY_LIFECYCLE "codedeploy_lifecycle",
    /// An execution of an AWS CodePipeline action.
    CODEPIPELINE "codepipeline",
    /// An AWS CodePipeline job.
    CODEPIPELINE_JOB "codepipeline_job",
    /// The Amazon Cognito trigger to create a challenge.
    COGNITO_CREATE_AUTH_CHALLENGE "cognito_create_auth_challenge",
    /// The Amazon Cognito trigger to customize a message.
    COGNITO_CUSTOM_MESSAGE "cognito_custom_message",
    /// The Amazon Cognito trigger to send a message.
    COGNITO_CUSTOM_SENDER "cognito_custom_sender",
    /// The Amazon Cognito trigger to choose the next challenge.
    COGNITO_DEFINE_AUTH_CHALLENGE "cognito_define_auth_challenge",
    /// The Amazon Cognito trigger for a user of an identity provider.
    COGNITO_INBOUND_FEDERATION "cognito_inbound_federation",
    /// The Amazon Cognito trigger to migrate a user.
    COGNITO_MIGRATE_USER "cognito_migrate_user",
    /// The Amazon Cognito trigger after a user has signed in.
    COGNITO_POST_AUTHENTICATION "cognito_post_authentication",
    /// The Amazon Cognito trigger after a user was confirmed.
    COGNITO_POST_CONFIRMATION "cognito_post_confirmation",
    /// The Amazon Cognito trigger before a user signs in.
    COGNITO_PRE_AUTHENTICATION "cognito_pre_authentication",
    /// The Amazon Cognito trigger before a user signs up.
    COGNITO_PRE_SIGNUP "cognito_pre_signup",
    /// A data set that Amazon Cognito Sync synchronizes.
    COGNITO_SYNC "cognito_sync",
    /// The Amazon Cognito trigger before an ID token is generated.
    COGNITO_TOKEN_GENERATION "cognito_token_generation",
    /// The Amazon Cognito trigger before an ID and an access token are generated.
    COGNITO_TOKEN_GENERATION_V2 "cognito_token_generation_v2",
    /// The Amazon Cognito trigger to verify the response to a challenge.
    COGNITO_VERIFY_AUTH_CHALLENGE "cognito_verify_auth_challenge",
    /// A resource for a custom AWS Config rule.
    CONFIG "config",
    /// The event of an Amazon Connect flow.
    CONNECT "connect",
    /// An account that AWS Control Tower created.
    CONTROLTOWER "controltower",
    /// Changes of an Amazon DocumentDB collection.
    DOCUMENTDB "documentdb",
    /// A batch of changes of an Amazon DynamoDB table.
    DYNAMODB "dynamodb",
    /// An image that was pushed to Amazon ECR.
    ECR_IMAGE_ACTION "ecr_image_action",
    /// A scan of an image in Amazon ECR.
    ECR_SCAN "ecr_scan",
    /// An application's event on an event bus.
    EVENTBRIDGE "eventbridge",
    /// A change of the state of an Amazon EC2 instance.
    EVENTBRIDGE_EC2 "eventbridge_ec2",
    /// A change of an Amazon ECS container instance.
    EVENTBRIDGE_ECS "eventbridge_ecs",
    /// A change of an Amazon EMR cluster.
    EVENTBRIDGE_EMR_CLUSTER "eventbridge_emr_cluster",
    /// A change of an Amazon EMR instance group.
    EVENTBRIDGE_EMR_INSTANCE_GROUP "eventbridge_emr_instance_group",
    /// A change of an Amazon EMR scaling policy.
    EVENTBRIDGE_EMR_POLICY "eventbridge_emr_policy",
    /// A change of an Amazon EMR step.
    EVENTBRIDGE_EMR_STEP "eventbridge_emr_step",
    /// A player who accepted or rejected a match.
    EVENTBRIDGE_GAMELIFT_ACCEPT "eventbridge_gamelift_accept",
    /// A match to which all players responded.
    EVENTBRIDGE_GAMELIFT_ACCEPT_COMPLETED "eventbridge_gamelift_accept_completed",
    /// Tickets that were cancelled.
    EVENTBRIDGE_GAMELIFT_CANCELLED "eventbridge_gamelift_cancelled",
    /// Tickets that failed with an error.
    EVENTBRIDGE_GAMELIFT_FAILED "eventbridge_gamelift_failed",
    /// A potential match.
    EVENTBRIDGE_GAMELIFT_POTENTIAL_MATCH "eventbridge_gamelift_potential_match",
    /// Tickets for which a match is searched.
    EVENTBRIDGE_GAMELIFT_SEARCHING "eventbridge_gamelift_searching",
    /// A match and its game session.
    EVENTBRIDGE_GAMELIFT_SUCCEEDED "eventbridge_gamelift_succeeded",
    /// Tickets for which no match was found in time.
    EVENTBRIDGE_GAMELIFT_TIMED_OUT "eventbridge_gamelift_timed_out",
    /// An AWS Glue crawler that failed.
    EVENTBRIDGE_GLUE_CRAWLER_FAILED "eventbridge_glue_crawler_failed",
    /// An AWS Glue crawler that started.
    EVENTBRIDGE_GLUE_CRAWLER_STARTED "eventbridge_glue_crawler_started",
    /// An AWS Glue crawler that succeeded.
    EVENTBRIDGE_GLUE_CRAWLER_SUCCEEDED "eventbridge_glue_crawler_succeeded",
    /// A change of a database in the AWS Glue Data Catalog.
    EVENTBRIDGE_GLUE_DATABASE "eventbridge_glue_database",
    /// An AWS Glue job run that ended.
    EVENTBRIDGE_GLUE_JOB "eventbridge_glue_job",
    /// An AWS Glue job run that takes longer than its threshold.
    EVENTBRIDGE_GLUE_JOB_STATUS "eventbridge_glue_job_status",
    /// A change of a table in the AWS Glue Data Catalog.
    EVENTBRIDGE_GLUE_TABLE "eventbridge_glue_table",
    /// An event of AWS Health.
    EVENTBRIDGE_HEALTH "eventbridge_health",
    /// A change of an AWS KMS key.
    EVENTBRIDGE_KMS "eventbridge_kms",
    /// The event of a schedule.
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
    /// A change of the compliance of a resource.
    EVENTBRIDGE_SSM_COMPLIANCE "eventbridge_ssm_compliance",
    /// An association of one instance of AWS Systems Manager.
    EVENTBRIDGE_SSM_INSTANCE_ASSOCIATION "eventbridge_ssm_instance_association",
    /// A parameter of AWS Systems Manager.
    EVENTBRIDGE_SSM_PARAMETER "eventbridge_ssm_parameter",
    /// A maintenance window of AWS Systems Manager.
    EVENTBRIDGE_SSM_WINDOW "eventbridge_ssm_window",
    /// An execution of a maintenance window of AWS Systems Manager.
    EVENTBRIDGE_SSM_WINDOW_EXECUTION "eventbridge_ssm_window_execution",
    /// A task of a maintenance window on one target of AWS Systems Manager.
    EVENTBRIDGE_SSM_WINDOW_INVOCATION "eventbridge_ssm_window_invocation",
    /// A target of a maintenance window of AWS Systems Manager.
    EVENTBRIDGE_SSM_WINDOW_TARGET "eventbridge_ssm_window_target",
    /// A task of a maintenance window of AWS Systems Manager.
    EVENTBRIDGE_SSM_WINDOW_TASK "eventbridge_ssm_window_task",
    /// A change of the tags of a resource.
    EVENTBRIDGE_TAG "eventbridge_tag",
    /// The result of an AWS Trusted Advisor check.
    EVENTBRIDGE_TRUSTEDADVISOR "eventbridge_trustedadvisor",
    /// A batch of records of an Amazon Data Firehose stream.
    FIREHOSE "firehose",
    /// A batch of Amazon MSK records of an Amazon Data Firehose stream.
    FIREHOSE_MSK "firehose_msk",
    /// The response to Amazon Data Firehose.
    FIREHOSE_RESPONSE "firehose_response",
    /// A request to a function URL, whose body is bytes.
    FUNCTION_URL "function_url",
    /// A request to an Amazon API Gateway HTTP API.
    HTTP_API "http_api",
    /// The response to an Amazon API Gateway HTTP API or a function URL.
    HTTP_API_RESPONSE "http_api_response",
    /// A device that connects to AWS IoT Core.
    IOT_AUTHORIZER "iot_authorizer",
    /// The response of a custom authorizer of AWS IoT Core.
    IOT_AUTHORIZER_RESPONSE "iot_authorizer_response",
    /// A device that AWS IoT Core provisions.
    IOT_PROVISIONING "iot_provisioning",
    /// The response of a pre-provisioning hook of AWS IoT Core.
    IOT_PROVISIONING_RESPONSE "iot_provisioning_response",
    /// A batch of Amazon MSK records of two partitions. The second record is not JSON.
    KAFKA "kafka",
    /// A batch of records of a Kinesis data stream. The second record is not JSON.
    KINESIS "kinesis",
    /// A record of an asynchronous invocation that failed.
    LAMBDA_DESTINATION "lambda_destination",
    /// The response to Amazon VPC Lattice.
    LATTICE_RESPONSE "lattice_response",
    /// A request to Amazon VPC Lattice, event version 1.0.
    LATTICE_V1 "lattice_v1",
    /// A request to Amazon VPC Lattice, event version 2.0.
    LATTICE_V2 "lattice_v2",
    /// The event of an Amazon Lex V2 bot.
    LEX_V2 "lex_v2",
    /// The response to an Amazon Lex V2 bot.
    LEX_V2_RESPONSE "lex_v2_response",
    /// A batch of messages of a RabbitMQ broker.
    RABBITMQ "rabbitmq",
    /// A request to an Amazon API Gateway REST API.
    REST_API "rest_api",
    /// The response to an Amazon API Gateway REST API.
    REST_API_RESPONSE "rest_api_response",
    /// A notification of a new object in an Amazon S3 bucket.
    S3 "s3",
    /// A task of Amazon S3 Batch Operations.
    S3_BATCH "s3_batch",
    /// The response to Amazon S3 Batch Operations.
    S3_BATCH_RESPONSE "s3_batch_response",
    /// An event of a new object in an Amazon S3 bucket, on an event bus.
    S3_EVENTBRIDGE "s3_eventbridge",
    /// A request to Amazon S3 Object Lambda.
    S3_OBJECT_LAMBDA "s3_object_lambda",
    /// Objects that were restored, moved, or not replicated.
    S3_RESTORE "s3_restore",
    /// The event that Amazon S3 sends to a queue or topic when notifications are configured.
    S3_TEST "s3_test",
    /// A step of the rotation of a secret.
    SECRETSMANAGER "secretsmanager",
    /// A received email.
    SES "ses",
    /// The response of a function to an Amazon SES rule.
    SES_DISPOSITION "ses_disposition",
    /// A notification of an Amazon SNS topic.
    SNS "sns",
    /// A batch of Amazon SQS messages. The second message is not JSON.
    SQS "sqs",
    /// The result of the Amazon SQS API call `ReceiveMessage`.
    SQS_API "sqs_api",
    /// A connection to an Amazon API Gateway WebSocket API that opens.
    WEBSOCKET_CONNECT "websocket_connect",
    /// A message to an Amazon API Gateway WebSocket API.
    WEBSOCKET_MESSAGE "websocket_message",
}
