//! Runs the works with simd-json, which changes the text that it reads: the copy is counted.
use json_bench::*;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use simd_json::{serde::from_slice, serde::to_vec};
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

type Tree = simd_json::OwnedValue;
const CAN_SKIP: bool = true;

fn read<T: DeserializeOwned>(text: &[u8]) -> T {
    from_slice(&mut text.to_vec()).unwrap()
}
fn write<T: Serialize>(value: &T) -> Vec<u8> {
    to_vec(value).unwrap()
}
fn skip(text: &[u8]) {
    black_box(read::<IgnoredAny>(text));
}

macro_rules! read_borrowed {
    ($text:expr, $type:ty) => {
        from_slice::<$type>(&mut $text.to_vec()).unwrap()
    };
}

fn main() {
    measure_kinds();
    borrowed!(read_borrowed);
}
