//! Compressed data of a log subscription: anything may come, and nothing may take for ever.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tiny_lambda::events::Base64;
use tiny_lambda::events::cloudwatch_logs::LogsEvent;
use tiny_lambda::json;

fuzz_target!(|bytes: &[u8]| {
    // Nothing is learnt from what unpacks to megabytes, but time is spent on it.
    if bytes.len() > 4096 {
        return;
    }
    let mut event = br#"{"awslogs":{"data":"#.to_vec();
    event.extend_from_slice(&json::to_vec(&Base64::encode(bytes)));
    event.extend_from_slice(b"}}");
    let event: LogsEvent = json::parse(&event).expect("an event");
    if let Ok(data) = event.data() {
        let _ = format!("{data:?}");
    }
});
