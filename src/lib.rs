//! The front door: a handler goes in, and a Lambda function comes out.
#![doc = ""]

extern crate alloc;

pub mod json;
