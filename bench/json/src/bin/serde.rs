//! Runs the works with serde_json.
use json_bench::*;
use std::hint::black_box;
use serde_json::{Value, from_slice, to_vec};
use serde::{Deserialize, Serialize};

#[path = "../owned.rs"]
mod owned;
use owned::*;
#[path = "../borrowed.rs"]
mod borrowed;

include!("../serde_works.rs");
