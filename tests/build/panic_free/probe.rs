//! Exported functions that call the pure parsers. tests/build/panic_free.rs adds this file to the crate,
//! and looks for panics in the assembly.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::http1::body::Body;
use crate::http1::head::{self, Framing, OnField};
use crate::sys::utf8;
use crate::{encoding, json};

#[unsafe(no_mangle)]
pub fn probe_head(bytes: &[u8], on_field: &mut OnField<'_>) -> Option<usize> {
    Some(head::response(bytes, on_field).ok()??.len)
}

#[unsafe(no_mangle)]
pub fn probe_chunked_body(buf: &mut Vec<u8>, on_trailer: &mut OnField<'_>) -> Option<usize> {
    let mut body = Body::new(Framing::Chunked, 0, 1 << 20).ok()?;
    body.advance(buf, on_trailer).ok()?;
    Some(body.range().len())
}

/// A typical reader: an object with a text and a number; other members are skipped.
#[unsafe(no_mangle)]
pub fn probe_json<'j>(bytes: &'j [u8]) -> Option<(Cow<'j, str>, &'j str)> {
    let mut r = json::Reader::from_bytes(bytes).ok()?;
    let (mut text, mut number) = (None, None);
    r.begin_object().ok()?;
    while let Some(name) = r.next_member().ok()? {
        match name.as_ref() {
            "text" => text = Some(r.string().ok()?),
            "number" => number = Some(r.number().ok()?),
            _ => r.skip().ok()?,
        }
    }
    r.end().ok()?;
    Some((text?, number?))
}

#[unsafe(no_mangle)]
pub fn probe_base64(text: &[u8]) -> Option<Vec<u8>> {
    encoding::decode_base64(text).ok()
}

#[unsafe(no_mangle)]
pub fn probe_percent(text: &str) -> Option<String> {
    utf8::to_string(encoding::decode_percent(text, true).ok()?).ok()
}

#[unsafe(no_mangle)]
pub fn probe_lossy(bytes: &[u8]) -> String {
    utf8::to_string_lossy(bytes)
}

/// The control: this function can panic.
#[unsafe(no_mangle)]
pub fn probe_control(bytes: &[u8], index: usize) -> u8 {
    bytes[index]
}
