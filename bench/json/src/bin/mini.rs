//! Runs the works with miniserde, which cannot skip a document.
use json_bench::*;
use miniserde::{Deserialize, Serialize, json};
use std::hint::black_box;

#[path = "../owned.rs"]
mod owned;
use owned::*;

macro_rules! types {
    ($($item:item)*) => {
        $(#[derive(Deserialize, Serialize)] $item)*
    };
}
include!("../kinds.rs");

type Tree = json::Value;
const CAN_SKIP: bool = false;

fn read<T: Deserialize>(text: &[u8]) -> T {
    json::from_str(std::str::from_utf8(text).unwrap()).unwrap()
}
fn write<T: Serialize>(value: &T) -> String {
    json::to_string(value)
}
fn skip(_: &[u8]) {}

fn main() {
    measure_kinds();
}
