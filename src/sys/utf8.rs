//! A check that bytes are UTF-8 (RFC 3629), sixteen bytes at once.
//!
//! The plain form is `str::from_utf8`. To read strings that are not ASCII takes 1.53 times the instructions then, and to
//! skip them 2.1 times ("non-ASCII strings" in `bench/json`, opt-level 3).

use super::simd;
use alloc::string::String;
use alloc::vec::Vec;
use core::str;

/// Returns `bytes` as a text if they are UTF-8.
pub(crate) fn to_str(bytes: &[u8]) -> Option<&str> {
    let text = valid_prefix(bytes);
    (text.len() == bytes.len()).then_some(text)
}

/// Returns `bytes` as a text, or unchanged if they are not UTF-8.
pub(crate) fn to_string(bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    match to_str(&bytes) {
        Some(_) => Ok(into_text(bytes)),
        None => Err(bytes),
    }
}

/// Returns bytes that must be UTF-8 as a text. A broken promise panics in debug builds; in release builds the text ends
/// before the first error.
pub(crate) fn text(bytes: &[u8]) -> &str {
    let text = valid_prefix(bytes);
    debug_assert!(text.len() == bytes.len(), "the bytes are UTF-8");
    text
}

/// Does the same as [`text`] for owned bytes.
pub(crate) fn into_text(mut bytes: Vec<u8>) -> String {
    bytes.truncate(text(&bytes).len());
    // SAFETY: the bytes that are left have been checked.
    unsafe { String::from_utf8_unchecked(bytes) }
}

/// Returns `bytes` as a text, in which U+FFFD replaces what is not UTF-8, as in `String::from_utf8_lossy`.
pub(crate) fn to_string_lossy(bytes: &[u8]) -> String {
    let mut text = String::new();
    push_lossy(&mut text, bytes);
    text
}

/// Appends `bytes` as a text. Each part that is not UTF-8 becomes one U+FFFD, as in `String::from_utf8_lossy`.
pub(crate) fn push_lossy(text: &mut String, bytes: &[u8]) {
    let mut rest = bytes;
    loop {
        let valid = valid_prefix(rest);
        text.push_str(valid);
        let invalid = rest.get(valid.len()..).unwrap_or_default();
        if invalid.is_empty() {
            return;
        }
        text.push('\u{fffd}');
        rest = invalid.get(invalid_len(invalid)..).unwrap_or_default();
    }
}

/// Returns the longest prefix of `bytes` that is UTF-8.
#[inline(never)]
pub(crate) fn valid_prefix(bytes: &[u8]) -> &str {
    let mut rest = bytes;
    // A block that takes a closer look is checked character by character. The next one begins where at most this many
    // bytes are left.
    let mut block_at = rest.len();
    while !rest.is_empty() {
        let block = match rest.first_chunk() {
            Some(block) => *block,
            None => simd::padded(rest),
        };
        let mut n_valid = 0;
        if rest.len() <= block_at {
            n_valid = simd::utf8_len(&block);
            if n_valid == 0 {
                block_at = rest.len().saturating_sub(block.len());
            } else if n_valid == block.len() {
                n_valid = n_valid.max(ascii_len(rest));
            }
        }
        if n_valid == 0 {
            n_valid = sequence_len(first_four(&block));
            if n_valid == 0 {
                break;
            }
        }
        rest = rest.get(n_valid..).unwrap_or_default();
    }
    let len = bytes.len().wrapping_sub(rest.len());
    let valid = bytes.get(..len).unwrap_or_default();
    // SAFETY: these bytes have been checked.
    unsafe { str::from_utf8_unchecked(valid) }
}

/// Returns the length of the ASCII characters that `bytes` begin with, rounded down to a multiple of 32.
#[inline(always)]
fn ascii_len(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk::<32>() {
        if !block.is_ascii() {
            break;
        }
        rest = after;
    }
    bytes.len().wrapping_sub(rest.len())
}

/// Returns the first four bytes, the first of them in the lowest byte.
fn first_four([first, second, third, fourth, ..]: &[u8; 16]) -> u32 {
    u32::from_le_bytes([*first, *second, *third, *fourth])
}

/// Returns the length of the character that the bytes of `word` begin with, the lowest first, or 0 if there is none
/// (RFC 3629, section 4).
fn sequence_len(word: u32) -> usize {
    if word & 0x80 == 0 {
        return 1;
    }
    // The first byte begins with as many ones as there are bytes. The two first bytes exclude code points that have
    // shorter sequences, surrogates, and code points above 0x10ffff.
    let len = (!word << 24).leading_zeros();
    let starts_character = matches!(
        word.swap_bytes() >> 16,
        0xc200..=0xdfff | 0xe0a0..=0xed9f | 0xee00..=0xefff | 0xf090..=0xf48f
    );
    let others = (word ^ 0x8080_8000) & 0xc0c0_c000;
    if starts_character && others.wrapping_shl(len.wrapping_mul(8).wrapping_neg()) == 0 {
        len as usize
    } else {
        0
    }
}

/// Returns the length of the part at the start of `bytes` that becomes one U+FFFD: the bytes with which a character could
/// begin, or one (Unicode Standard 16, section 3.9, "U+FFFD Substitution of Maximal Subparts").
fn invalid_len(bytes: &[u8]) -> usize {
    // A character is longer than this start of it, and its third and fourth bytes may be 0x80.
    for (len, others) in [(3, 0x8000_0000), (2, 0x8080_0000)] {
        if let Some(start) = bytes.get(..len) {
            if sequence_len(first_four(&simd::padded(start)) | others) > len {
                return len;
            }
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    /// The first and last byte of each kind, and the bytes that limit a second byte.
    const BYTES: [u8; 26] = [
        0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
        0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xff,
    ];

    #[track_caller]
    fn check(bytes: &[u8]) {
        let valid = str::from_utf8(bytes);
        assert_eq!(to_str(bytes), valid.ok(), "{bytes:x?}");
        let valid_len = valid.map_or_else(|error| error.valid_up_to(), str::len);
        assert_eq!(valid_prefix(bytes).len(), valid_len, "{bytes:x?}");
        let mut text = String::from("a");
        push_lossy(&mut text, bytes);
        let want = format!("a{}", String::from_utf8_lossy(bytes));
        assert_eq!(text, want, "{bytes:x?}");
    }

    #[test]
    fn utf8_is_what_std_says_at_every_position() {
        let around = [
            "",
            "a",
            "\u{e9}\u{e9}",
            "\u{65e5}\u{672c}\u{8a9e}",
            "0123456789abcdef",
        ];
        // Miri is a thousand times slower.
        let (byte_step, code_step) = if cfg!(miri) { (13, 250_007) } else { (1, 7) };
        for (index, first) in BYTES.iter().enumerate().step_by(byte_step) {
            for second in BYTES.into_iter().step_by(byte_step) {
                for third in BYTES.into_iter().step_by(byte_step) {
                    let bytes = [*first, second, third, BYTES[(index * 7) % 26]];
                    for before in around {
                        let start = [before.as_bytes(), &bytes].concat();
                        check(&start);
                        check(&[&start, &b"a"[..]].concat());
                        check(&[&start, "\u{e9}0123456789abcdef".as_bytes()].concat());
                    }
                }
            }
        }
        for code in (0..=0x11_0000)
            .step_by(code_step)
            .filter_map(char::from_u32)
        {
            for n_before in [0, 12, 13, 14, 15, 33] {
                let text = format!("{}{code}{code}", "a".repeat(n_before));
                check(text.as_bytes());
                check(text.as_bytes().get(..text.len() - 1).unwrap());
            }
        }
    }
}
