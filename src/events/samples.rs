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
    /// A field for an AWS AppSync resolver.
    APPSYNC "appsync",
    /// A question of an HTTP API to its authorizer.
    AUTHORIZER_HTTP_API "authorizer_http_api",
    /// A question of a REST API to its token authorizer.
    AUTHORIZER_TOKEN "authorizer_token",
    /// An update of a custom resource.
    CLOUDFORMATION "cloudformation",
    /// Log events of a subscription.
    CLOUDWATCH_LOGS "cloudwatch_logs",
    /// A user who signs up.
    COGNITO_PRE_SIGNUP "cognito_pre_signup",
    /// A batch of changes of a table.
    DYNAMODB "dynamodb",
    /// An event of an event bus, a function's own.
    EVENTBRIDGE "eventbridge",
    /// An event of a schedule.
    EVENTBRIDGE_SCHEDULE "eventbridge_schedule",
    /// A batch of records for a delivery stream.
    FIREHOSE "firehose",
    /// A request to a function URL, with bytes.
    FUNCTION_URL "function_url",
    /// A request to an Amazon API Gateway HTTP API.
    HTTP_API "http_api",
    /// A batch of Amazon MSK's, of two partitions; the second record is no JSON.
    KAFKA "kafka",
    /// A batch of a stream's records; the second one is no JSON.
    KINESIS "kinesis",
    /// A request to Amazon VPC Lattice, event version 1.0.
    LATTICE_V1 "lattice_v1",
    /// A request to Amazon VPC Lattice, event version 2.0.
    LATTICE_V2 "lattice_v2",
    /// A batch of messages of a RabbitMQ broker.
    RABBITMQ "rabbitmq",
    /// A request to an Amazon API Gateway REST API.
    REST_API "rest_api",
    /// A new object in a bucket.
    S3 "s3",
    /// A step of a secret's rotation.
    SECRETSMANAGER "secretsmanager",
    /// A mail.
    SES "ses",
    /// A notification of a topic.
    SNS "sns",
    /// A batch of a queue's messages; the second one is no JSON.
    SQS "sqs",
    /// The beginning of a WebSocket connection to Amazon API Gateway.
    WEBSOCKET_CONNECT "websocket_connect",
    /// A message on a WebSocket connection to Amazon API Gateway.
    WEBSOCKET_MESSAGE "websocket_message",
}
