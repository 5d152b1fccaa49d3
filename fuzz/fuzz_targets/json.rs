//! JSON: what is read is written and read the same; skipping finds the same ends as reading.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tiny_lambda::json::{self, Ignored, Reader, Value};

fuzz_target!(|bytes: &[u8]| {
    let value = json::parse::<Value>(bytes);
    match &value {
        Ok(value) => {
            let text = json::to_vec(value);
            let again: Value = json::parse(&text).expect("what we write is JSON");
            assert_eq!(text, json::to_vec(&again));
            let _ = (
                value.as_i64(),
                value.as_u64(),
                value.as_f64(),
                value.as_str(),
            );
            let _ = (value.pointer("/a/0/b"), format!("{value}"));
        }
        Err(error) => assert!(!error.to_string().is_empty() && error.offset() <= bytes.len()),
    }
    let ignored = json::parse::<Ignored>(bytes);
    assert!(
        ignored.is_ok() || value.is_err(),
        "skipping is no stricter than reading"
    );
    if let Ok(mut r) = Reader::from_bytes(bytes) {
        if let Ok(raw) = r.raw() {
            assert!(json::parse::<Ignored>(raw.as_bytes()).is_ok());
        }
    }
    let _ = json::parse::<String>(bytes);
    let _ = json::parse::<Vec<u8>>(bytes);
    let _ = json::parse::<f64>(bytes);
    let _ = json::parse::<i128>(bytes);
    let _ = json::parse::<Vec<(String, Option<bool>)>>(bytes);
});
