//! Runs the works with simd-json.
use json_bench::*;
use std::hint::black_box;
use serde::{Deserialize, Serialize};
use simd_json::{serde::from_slice, serde::to_vec};

#[path = "../owned.rs"]
mod owned;
use owned::*;
#[path = "../borrowed.rs"]
mod borrowed;

works! {
    hello(HELLO) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Hello>(&mut text))); };
    event(HTTP_API) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Event>(&mut text))); };
    compact(COMPACT) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Event>(&mut text))); };
    event_skip(HTTP_API) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<serde::de::IgnoredAny>(&mut text))); };
    compact_skip(COMPACT) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<serde::de::IgnoredAny>(&mut text))); };
    event_tree(HTTP_API) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<simd_json::OwnedValue>(&mut text))); };
    compact_tree(COMPACT) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<simd_json::OwnedValue>(&mut text))); };
    sqs_typed(sqs()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Sqs>(&mut text))); };
    records_typed(records()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<Record>>(&mut text))); };
    event_borrowed(HTTP_API) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<borrowed::Event>(&mut text))); };
    sqs_borrowed(sqs()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<borrowed::Sqs>(&mut text))); };
    records_borrowed(records()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<borrowed::Record>>(&mut text))); };
    strings_borrowed(strings()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<&str>>(&mut text))); };
    write_event(HTTP_API) |text: &[u8]| {
        let value = keep!(EVENT: Event = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_tree(HTTP_API) |text: &[u8]| {
        let value = keep!(TREE: simd_json::OwnedValue = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_records(records()) |text: &[u8]| {
        let value = keep!(RECORDS: Vec<Record> = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_strings(strings()) |text: &[u8]| {
        let value = keep!(STRINGS: Vec<String> = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
    read_prices(prices()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<f64>>(&mut text))); };
    read_long_floats(long_floats()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<f64>>(&mut text))); };
    read_small_floats(small_floats()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<f64>>(&mut text))); };
    read_embedding(embedding()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<f32>>(&mut text))); };
    read_integers(integers()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<i64>>(&mut text))); };
    read_polygons(polygons()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<Vec<Vec<[f64; 2]>>>>(&mut text))); };
    read_escapes(escapes()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<String>>(&mut text))); };
    read_escapes_only(escapes_only()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<String>>(&mut text))); };
    read_non_ascii(non_ascii()) |text: &[u8]| { let mut text = text.to_vec(); drop(black_box(from_slice::<Vec<String>>(&mut text))); };
    write_prices(prices()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f64> = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_long_floats(long_floats()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f64> = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_small_floats(small_floats()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f64> = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_embedding(embedding()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f32> = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_integers(integers()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<i64> = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_polygons(polygons()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<Vec<Vec<[f64; 2]>>> = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_escapes(escapes()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<String> = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_escapes_only(escapes_only()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<String> = from_slice(&mut text.to_vec()).unwrap());
        drop(black_box(to_vec(value)));
    };
}
