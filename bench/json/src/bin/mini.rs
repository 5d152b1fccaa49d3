//! Runs the works with miniserde.
use json_bench::*;
use std::hint::black_box;
use miniserde::{Deserialize, Serialize, json};

fn from_slice<T: Deserialize>(text: &[u8]) -> Option<T> {
    json::from_str(std::str::from_utf8(text).unwrap()).ok()
}
fn to_string<T: Serialize>(value: &T) -> String {
    json::to_string(value)
}

#[path = "../owned.rs"]
mod owned;
use owned::*;

works! {
    hello(HELLO) |text: &[u8]| drop(black_box(from_slice::<Hello>(text)));
    event(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<Event>(text)));
    compact(COMPACT) |text: &[u8]| drop(black_box(from_slice::<Event>(text)));
    event_tree(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<json::Value>(text)));
    compact_tree(COMPACT) |text: &[u8]| drop(black_box(from_slice::<json::Value>(text)));
    sqs_typed(sqs()) |text: &[u8]| drop(black_box(from_slice::<Sqs>(text)));
    records_typed(records()) |text: &[u8]| drop(black_box(from_slice::<Vec<Record>>(text)));
    write_event(HTTP_API) |text: &[u8]| {
        let value = keep!(EVENT: Event = from_slice(text).unwrap());
        drop(black_box(to_string(value)));
    };
    write_tree(HTTP_API) |text: &[u8]| {
        let value = keep!(TREE: json::Value = from_slice(text).unwrap());
        drop(black_box(to_string(value)));
    };
    write_records(records()) |text: &[u8]| {
        let value = keep!(RECORDS: Vec<Record> = from_slice(text).unwrap());
        drop(black_box(to_string(value)));
    };
    write_strings(strings()) |text: &[u8]| {
        let value = keep!(STRINGS: Vec<String> = from_slice(text).unwrap());
        drop(black_box(to_string(value)));
    };
}
