//! Base64 and percent-encoding: what is read has one text, and what is written is read the same.
#![no_main]
#![allow(dead_code, unexpected_cfgs, unused_imports)]

extern crate alloc;

#[path = "../../src/encoding/mod.rs"]
mod encoding;

use encoding::{
    base64, decode_base64, decode_percent, parse_decimal, push_decimal, push_percent_encoded,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(decode_base64(&base64(bytes)).as_deref(), Ok(bytes));
    if let Ok(read) = decode_base64(bytes) {
        let padding = bytes.iter().rev().take_while(|&&b| b == b'=').count();
        let written = base64(&read);
        let bare =
            &written[..written.len() - written.iter().rev().take_while(|&&b| b == b'=').count()];
        assert_eq!(bare, &bytes[..bytes.len() - padding]);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let mut escaped = String::new();
        push_percent_encoded(&mut escaped, text);
        assert_eq!(
            decode_percent(&escaped, false).as_deref(),
            Ok(text.as_bytes())
        );
        assert_eq!(
            decode_percent(&escaped, true).as_deref(),
            Ok(text.as_bytes())
        );
        for is_form in [false, true] {
            let want = plainly(text, is_form);
            assert_eq!(
                decode_percent(text, is_form).ok().as_deref(),
                want.as_deref()
            );
        }
    }
    if let Some(number) = bytes.first_chunk() {
        let number = u64::from_le_bytes(*number);
        let mut digits = String::new();
        push_decimal(&mut digits, number);
        assert_eq!(digits, number.to_string());
        assert_eq!(parse_decimal(digits.as_bytes()), Some(number));
    }
});

/// The same, as one would write it down at first.
fn plainly(text: &str, is_form: bool) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&b, behind)) = rest.split_first() {
        rest = behind;
        out.push(match b {
            b'%' => {
                let (digits, behind) = rest.split_at_checked(2)?;
                rest = behind;
                let digits = std::str::from_utf8(digits).ok()?;
                u8::from_str_radix(digits.trim_start_matches('+'), 16)
                    .ok()
                    .filter(|_| !digits.starts_with('+'))?
            }
            b'+' if is_form => b' ',
            b => b,
        });
    }
    Some(out)
}
