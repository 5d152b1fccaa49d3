//! Times and durations in JSON: what is read is written and read the same.
#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use tiny_lambda::events;
use tiny_lambda::json::{self, FromJson, ToJson};

fn again<T: FromJson + ToJson + PartialEq + Debug>(text: &[u8]) {
    if let Ok(value) = json::parse::<T>(text) {
        let written = json::to_vec(&value);
        // Beyond the years that the form has.
        if written != b"null" {
            assert_eq!(
                json::parse::<T>(&written).as_ref(),
                Ok(&value),
                "{written:?}"
            );
        }
    }
}

fuzz_target!(|text: &str| {
    let quoted = json::to_vec(text);
    for json in [text.as_bytes(), &quoted] {
        again::<json::Rfc3339>(json);
        again::<json::EpochSeconds>(json);
        again::<json::EpochMillis>(json);
        again::<json::Seconds>(json);
        again::<json::Millis>(json);
        again::<json::IsoDuration>(json);
        if let Ok(time) = json::parse::<events::EpochSeconds>(json) {
            let _ = time.to_system_time();
        }
        if let Ok(time) = json::parse::<events::EpochMillis>(json) {
            let _ = time.to_system_time();
        }
    }
    let _ = events::Timestamp::from(text.to_owned()).to_system_time();
});
