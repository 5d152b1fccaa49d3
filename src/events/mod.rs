//! The events that AWS services send, as types: one module per service, names as AWS has them.
//!
//! ```no_run
//! use tiny_lambda::events::s3::S3Event;
//! use tiny_lambda::{Context, Result};
//!
//! fn main() -> ! {
//!     tiny_lambda::run(uploaded)
//! }
//! fn uploaded(event: S3Event, _: &Context) -> Result<()> {
//!     for record in event.records.get()? {
//!         println!("{}", record.s3.get()?.object.get()?.key.get()?.decode()?);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Each member is a [`Field`]: one that is missing, `null` or not what AWS documents is an error
//! only for a handler that asks for it, and then says which it was. Members that a type does not
//! name are ignored; where they matter, take the event as a [`json::Value`](crate::json::Value),
//! which is also what the input of an AWS Step Functions state is: any JSON.
//!
//! Values that are encoded in JSON keep their text beside what it stands for: [`Timestamp`],
//! [`EpochSeconds`], [`EpochMillis`], [`Base64`], [`FormText`].

pub mod activemq;
pub mod alb;
pub mod apigw;
pub mod appsync;
pub mod autoscaling;
pub mod batch;
pub mod bedrock_agent_runtime;
pub mod clientvpn;
pub mod cloudformation;
pub mod cloudwatch_alarms;
pub mod cloudwatch_events;
pub mod cloudwatch_logs;
pub mod code_commit;
pub mod codebuild;
pub mod codedeploy;
pub mod codepipeline_cloudwatch;
pub mod codepipeline_job;
pub mod cognito;
pub mod config;
pub mod connect;
pub mod controltower;
pub mod documentdb;
pub mod dynamodb;
pub mod ecr_scan;
pub mod eventbridge;
pub(crate) mod field;
pub mod firehose;
pub mod iam;
pub mod iot;
pub mod kafka;
pub mod kinesis;
pub mod lambda_destinations;
pub mod lambda_function_urls;
pub mod lex;
mod map;
pub mod rabbitmq;
pub mod s3;
pub mod samples;
pub mod secretsmanager;
pub mod ses;
pub mod sns;
pub mod sqs;
mod text;
mod time;
pub mod vpc_lattice;

pub use eventbridge::EventBridgeEvent;
pub use field::Field;
pub use map::Map;
pub use text::{Base64, FormText};
pub use time::{EpochMicros, EpochMillis, EpochSeconds, Timestamp};
