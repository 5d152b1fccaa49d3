//! Heads: whole ones are read the same however they come, and what is read is within the bytes.
#![no_main]
#![allow(dead_code, unexpected_cfgs, unused_imports)]

extern crate alloc;

#[path = "../../src/encoding/mod.rs"]
mod encoding;
#[path = "../../src/http1/mod.rs"]
mod http1;
#[path = "../../src/sys/mod.rs"]
mod sys;

use http1::head::{self, HEAD_LEN_MAX};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut fields = Vec::new();
    let head = head::response(bytes, &mut |name, value| {
        assert!(!name.is_empty());
        let is_around = |b: Option<&u8>| matches!(b, Some(b' ' | b'\t' | b'\r' | b'\n'));
        assert!(!is_around(value.first()) && !is_around(value.last()));
        let mut text = String::new();
        head::push_text(&mut text, value);
        assert!(!text.contains(['\r', '\n', '\0']));
        fields.push((name.to_vec(), value.to_vec()));
    });
    if let Ok(Some(head)) = head {
        assert!(head.len <= bytes.len() && (100..1000).contains(&head.status));
        // Nothing behind its end matters, and in front of it there is no other.
        let mut again = Vec::new();
        let whole = head::response(&bytes[..head.len], &mut |name, value| {
            again.push((name.to_vec(), value.to_vec()));
        });
        assert_eq!((whole, again), (Ok(Some(head)), fields));
        for cut in 0..head.len {
            assert_eq!(head::response(&bytes[..cut], &mut |_, _| ()), Ok(None));
        }
    } else if head == Ok(None) {
        assert!(bytes.len() < HEAD_LEN_MAX);
    }
    if let Some(number) = encoding::parse_decimal(bytes) {
        assert_eq!(std::str::from_utf8(bytes).unwrap().parse(), Ok(number));
    }
});
