//! The events that AWS services send, as types.

pub mod samples;
