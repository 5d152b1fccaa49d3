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

pub mod batch;
pub mod dynamodb;
pub mod eventbridge;
pub(crate) mod field;
pub mod kafka;
pub mod kinesis;
mod map;
pub mod s3;
pub mod samples;
pub mod sns;
pub mod sqs;
mod text;
mod time;

pub use field::Field;
pub use map::Map;
pub use text::{Base64, FormText};
pub use time::{EpochMicros, EpochMillis, EpochSeconds, Timestamp};
