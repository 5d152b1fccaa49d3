//! Runs the works with serde_json.
use json_bench::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, from_slice, to_vec};
use std::hint::black_box;

#[path = "../owned.rs"]
mod owned;
use owned::*;
#[path = "../borrowed.rs"]
mod borrowed;

include!("../serde_works.rs");
