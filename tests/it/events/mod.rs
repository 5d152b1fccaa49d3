//! Events of AWS services, and the responses that some of them want.
//!
//! A new event type is a row in `types.rs`; its samples are then read and written by `samples.rs`.

mod batches;
mod fields;
mod responses;
mod samples;
mod types;
