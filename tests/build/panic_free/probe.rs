//! Exported functions that call the parsers, signatures, metrics, services and clients. tests/build/panic_free.rs adds
//! this file to the crate, and looks for panics in the assembly.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::http1::body::Body;
use crate::http1::head::{self, Framing, OnField};
use crate::signing::{sigv4, webhook};
use crate::sys::utf8;
use crate::{encoding, http, json, metrics, services, xray};

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

/// Reads, changes and writes a tree.
#[unsafe(no_mangle)]
pub fn probe_value(text: &str, pointer: &str) -> Option<Vec<u8>> {
    let mut value = text.parse::<json::Value>().ok()?;
    if let json::Value::Object(object) = &mut value {
        object.insert(text, pointer);
        object.insert("n", 7_u64);
        object.insert("x", json::Number::from_f64(1.5).map(json::Value::Number));
        if let Some(member) = object.get_mut(pointer) {
            *member = json::Value::from(false);
        }
        object.remove(text);
        object.extend(object.clone());
    }
    let part = value.pointer(pointer)?;
    let number = json::Value::from(alloc::vec![part.as_i64()?, part.as_f64()? as i64]);
    Some([json::to_vec(part), json::to_vec_pretty(&number)].concat())
}

#[unsafe(no_mangle)]
pub fn probe_webhook(secret: &str, body: &[u8], value: Option<&str>) -> bool {
    let header = |_: &str| value;
    webhook::github(secret, body, header).is_ok()
        || webhook::slack(secret, body, header).is_ok()
        || webhook::stripe(secret, body, header).is_ok()
        || webhook::standard_webhooks(secret, body, header).is_ok()
}

#[unsafe(no_mangle)]
pub fn probe_sigv4(target: &str, body: &[u8]) -> Option<String> {
    let signer = sigv4::Signer::from_env("s3").ok()?;
    let headers = [("Content-Type", target)];
    let mut text = signer
        .presign("GET", target, target, &headers, Duration::from_secs(60))
        .ok()?;
    for (name, value) in signer.sign("PUT", target, target, &headers, body) {
        text.extend([name, &value]);
    }
    Some(text + &sigv4::encode(target))
}

#[unsafe(no_mangle)]
pub fn probe_metrics(name: &str, value: f64) -> bool {
    let mut metrics = metrics::Metrics::from_env();
    metrics
        .dimension(name, name)
        .dimension_sets(&[&[name]])
        .property(name, name);
    metrics
        .count(name, 1)
        .add(name, metrics::Unit::Milliseconds, value)
        .cold_start();
    metrics.add_high_resolution(name, metrics::Unit::None, 1_u64);
    metrics.flush().is_ok()
}

#[unsafe(no_mangle)]
pub fn probe_xray(name: &str, f: fn()) {
    xray::subsegment_with(name, |segment| {
        segment
            .annotation(name, 1_u64)
            .metadata(name, name)
            .aws(name, name)
            .set_fault();
        segment.http_request("GET", name).http_response(200);
        f();
    });
    let _ = xray::try_subsegment(name, |_| crate::Result::<()>::Err(crate::Error::msg(name)));
}

#[unsafe(no_mangle)]
pub fn probe_services(name: &str) -> Option<json::Value> {
    let text = services::parameter(name).ok()? + &services::secret(name).ok()?;
    let list = services::Parameter::new(name).version(1).list().ok()?;
    let flags = services::Configuration::new(name, &text, name)
        .flag(name)
        .flags()
        .ok()?;
    let zone = services::metadata().ok()?.availability_zone_id;
    let secret = services::Secret::new(&zone?)
        .version_stage(name)
        .bytes()
        .ok()?;
    (list.len() > secret.len()).then_some(())?;
    flags.get(name)?.attribute(name).ok()?
}

#[unsafe(no_mangle)]
pub fn probe_client(address: &str, value: &json::Value) -> Option<json::Value> {
    let client = http::client::Client::new(address)
        .ok()?
        .timeout(Duration::from_secs(1));
    let request = client
        .post(address)
        .header("x", address)
        .query("q", address)
        .json(value);
    request.send().ok()?.error_for_status().ok()?.json().ok()
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
