//! Runs the works with serde_json.
use json_bench::*;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{from_slice, to_vec};
use std::hint::black_box;

#[path = "../owned.rs"]
mod owned;
use owned::*;
#[path = "../borrowed.rs"]
mod borrowed;

macro_rules! types {
    ($($item:item)*) => {
        $(#[derive(Deserialize, Serialize)] $item)*
    };
}
include!("../kinds.rs");

type Tree = serde_json::Value;
const CAN_SKIP: bool = true;

fn read<T: DeserializeOwned>(text: &[u8]) -> T {
    from_slice(text).unwrap()
}
fn write<T: Serialize>(value: &T) -> Vec<u8> {
    to_vec(value).unwrap()
}
fn skip(text: &[u8]) {
    black_box(read::<IgnoredAny>(text));
}

macro_rules! read_borrowed {
    ($text:expr, $type:ty) => {
        from_slice::<$type>($text).unwrap()
    };
}

fn main() {
    measure_kinds();
    borrowed!(read_borrowed);
}
