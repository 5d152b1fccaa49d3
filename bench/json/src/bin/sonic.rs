//! Runs the works with sonic-rs.
use json_bench::*;
use serde::{Deserialize, Serialize};
use sonic_rs::{Value, from_slice, to_vec};
use std::hint::black_box;

#[path = "../owned.rs"]
mod owned;
use owned::*;
#[path = "../borrowed.rs"]
mod borrowed;

include!("../serde_works.rs");
