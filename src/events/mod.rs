//! The events that AWS services send to functions: one module per service, with AWS's names.
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
//! Each member is a [`Field`]. A member that is missing, `null` or of another type than AWS
//! documents is an error only if the handler asks for it, and the error names the member. A member
//! that the type does not have is ignored. For such members, and for the input of an AWS Step
//! Functions state, which may be any JSON, take the event as a [`json::Value`](crate::json::Value).
//!
//! A field is changed by [`Field::set`] and [`Field::get_or_insert_default`]. A member that is missing
//! is not written, so a response has the members that the function sets. The types whose events are
//! sent back, those of [`cognito`] and the session state of [`lex`], keep members that they do not
//! have in a field `other`.
//!
//! [`Debug`](core::fmt::Debug) shows an event as in JSON: the names of the members that the event has,
//! with decoded base64, decoded keys and dates.
//!
//! A type that is part of an event is shown by the event's example. Test data is in [`samples`].
//!
//! Times and encoded values keep their text, and are decoded when the handler asks for the value:
//! [`Timestamp`], [`EpochSeconds`], [`EpochMillis`], [`EpochMicros`], [`Base64`] and [`FormText`].

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
mod encoded;
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
pub mod vpc_lattice;

pub use encoded::{Base64, EpochMicros, EpochMillis, EpochSeconds, FormText, Timestamp};
pub use eventbridge::EventBridgeEvent;
pub use field::Field;
pub use map::Map;
