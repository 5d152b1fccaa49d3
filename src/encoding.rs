//! Encodings that events use: [`gunzip`] for gzip, and within the crate base64 (RFC 4648),
//! percent-encoding (RFC 3986) and decimal digits. Pure functions, `core` and `alloc` only.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::error;
use core::fmt;
use core::str;

// With its path: the fuzz targets include this file by a path of their own.
#[path = "encoding/gzip.rs"]
mod gzip;

#[cfg(feature = "emulator")]
pub(crate) use gzip::crc32;
pub use gzip::{GzipError, gunzip};

/// Why a text is not what it should encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EncodingError {
    /// A base64 text with one character too many or too few.
    Base64Length,
    /// A character that base64 does not have, `=` in the middle, or bits behind the last byte:
    /// the offset of the group of four that it is in.
    Base64Character(usize),
    /// A `%` without two hexadecimal digits: its offset.
    PercentEscape(usize),
    /// Percent-escapes that are not UTF-8.
    PercentUtf8,
}

impl fmt::Display for EncodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, offset) = match self {
            EncodingError::Base64Length => {
                return f.write_str("malformed base64: its length is impossible");
            }
            EncodingError::PercentUtf8 => {
                return f.write_str("malformed percent-encoding: not UTF-8");
            }
            EncodingError::Base64Character(offset) => ("malformed base64 at offset ", offset),
            EncodingError::PercentEscape(offset) => {
                ("malformed percent-encoding at offset ", offset)
            }
        };
        f.write_str(text)?;
        fmt::Display::fmt(offset, f)
    }
}

impl error::Error for EncodingError {}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What no character of the alphabet stands for.
const NONE: u8 = 0xff;

/// The six bits that each byte stands for.
const BITS: [u8; 256] = {
    let mut bits = [NONE; 256];
    let mut rest: &[u8] = ALPHABET;
    let mut value = 0;
    while let [byte, behind @ ..] = rest {
        #[expect(clippy::indexing_slicing, reason = "a u8 is less than 256")]
        {
            bits[*byte as usize] = value;
        }
        value = value.wrapping_add(1);
        rest = behind;
    }
    bits
};

/// `bytes` in base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    push_base64(&mut out, bytes);
    // The alphabet is ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// Appends `bytes` in base64 with padding (RFC 4648, section 4).
pub(crate) fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len().div_ceil(3).saturating_mul(4));
    let letter = |bits: u32| {
        let index = (bits & 0x3f) as usize;
        ALPHABET.get(index).copied().unwrap_or(b'=')
    };
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let group = [bits >> 18, bits >> 12, bits >> 6, bits].map(letter);
        let letters = chunk.len().wrapping_add(1);
        out.extend_from_slice(group.get(..letters).unwrap_or_default());
        out.extend_from_slice(b"==".get(chunk.len().wrapping_sub(1)..).unwrap_or_default());
    }
}

/// Reads base64 (RFC 4648, section 4), padded or not, and nothing but that: no line ends, no other
/// alphabet, and no set bits behind the last byte (section 3.5), so that a value has one text.
pub(crate) fn decode_base64(text: &[u8]) -> Result<Vec<u8>, EncodingError> {
    let is_whole = text.len() % 4 == 0;
    let text = match text {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] if is_whole => rest,
        _ => text,
    };
    let mut out = Vec::with_capacity(text.len().div_ceil(4).saturating_mul(3));
    let mut groups = text.chunks_exact(4);
    for (index, group) in groups.by_ref().enumerate() {
        let [_, a, b, c] = group_bits(group, index)?.to_be_bytes();
        out.extend_from_slice(&[a, b, c]);
    }
    let rest = groups.remainder();
    if rest.len() == 1 {
        return Err(EncodingError::Base64Length);
    }
    if !rest.is_empty() {
        let index = text.len() / 4;
        let unused = if rest.len() == 2 { 4 } else { 2 };
        let bits = group_bits(rest, index)?;
        if bits & (1_u32 << unused).wrapping_sub(1) != 0 {
            return Err(EncodingError::Base64Character(index.saturating_mul(4)));
        }
        let bytes = (bits >> unused).to_be_bytes();
        let len = rest.len().wrapping_sub(1);
        out.extend_from_slice(bytes.get(4_usize.wrapping_sub(len)..).unwrap_or_default());
    }
    Ok(out)
}

/// The bits of up to four characters, the first in front.
fn group_bits(group: &[u8], index: usize) -> Result<u32, EncodingError> {
    let mut bits = 0_u32;
    for &byte in group {
        match BITS.get(usize::from(byte)) {
            Some(&value) if value != NONE => bits = bits << 6 | u32::from(value),
            _ => return Err(EncodingError::Base64Character(index.saturating_mul(4))),
        }
    }
    Ok(bits)
}

/// Which percent-escapes of a text are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// All of them.
    All,
    /// All of them, and `+` is a space (URL Standard, "application/x-www-form-urlencoded parsing").
    Form,
    /// `%2F` alone: everything else has been decoded already.
    Slashes,
}

/// Reads percent-escapes (RFC 3986, section 2.1); in a form, `+` is a space too (URL Standard,
/// "application/x-www-form-urlencoded parsing").
pub(crate) fn decode_percent(text: &str, is_form: bool) -> Result<Cow<'_, str>, EncodingError> {
    let special = |&byte: &u8| byte == b'%' || is_form && byte == b'+';
    if !text.as_bytes().iter().any(special) {
        return Ok(Cow::Borrowed(text));
    }
    let escapes = if is_form { Escapes::Form } else { Escapes::All };
    match unescape(text.as_bytes(), escapes) {
        (_, Some(offset)) => Err(EncodingError::PercentEscape(offset)),
        (bytes, None) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Owned(text)),
            Err(_) => Err(EncodingError::PercentUtf8),
        },
    }
}

/// Reads percent-escapes as browsers do (URL Standard, "percent-decode" and "UTF-8 decode without
/// BOM"): a `%` without two hexadecimal digits is kept, and bytes that are not UTF-8 become U+FFFD.
#[inline(never)]
pub(crate) fn decode_percent_lossy(text: &[u8], escapes: Escapes) -> String {
    String::from_utf8_lossy(&unescape(text, escapes).0).into_owned()
}

/// Returns the decoded bytes, and the offset of the first `%` without two hexadecimal digits.
fn unescape(text: &[u8], escapes: Escapes) -> (Vec<u8>, Option<usize>) {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut out = Vec::with_capacity(text.len());
    let mut malformed = None;
    let mut rest = text;
    while let [byte, behind @ ..] = rest {
        let mut byte = *byte;
        let offset = text.len().saturating_sub(rest.len());
        rest = behind;
        if byte == b'+' && escapes == Escapes::Form {
            byte = b' ';
        }
        if byte == b'%' {
            let escape = match behind {
                [high, low, after @ ..] => digit(*high)
                    .zip(digit(*low))
                    .and_then(|(high, low)| u8::try_from(high << 4 | low).ok())
                    .map(|byte| (byte, after)),
                _ => None,
            };
            match escape {
                Some((decoded, _)) if escapes == Escapes::Slashes && decoded != b'/' => {}
                Some((decoded, after)) => (byte, rest) = (decoded, after),
                None => malformed = malformed.or(Some(offset)),
            }
        }
        out.push(byte);
    }
    (out, malformed)
}

/// Appends `text` with all but unreserved characters (RFC 3986, section 2.3) escaped.
pub(crate) fn push_percent_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            push_percent_escape(out, byte);
        }
    }
}

/// Appends a byte as `%XX`.
pub(crate) fn push_percent_escape(out: &mut String, byte: u8) {
    out.push('%');
    push_hex(out, byte);
}

/// Appends a byte in two hexadecimal digits.
pub(crate) fn push_hex(out: &mut String, byte: u8) {
    for nibble in [byte >> 4, byte & 0x0f] {
        let zero = if nibble < 10 { b'0' } else { b'A' - 10 };
        out.push(char::from(zero.wrapping_add(nibble)));
    }
}

/// Appends the decimal digits of `value`.
pub(crate) fn push_decimal(text: &mut String, value: u64) {
    text.push_str(decimal(value, &mut Digits::default()));
}

/// Hands `push` the decimal digits of `value`.
pub(crate) fn push_u64(value: u64, push: &mut dyn FnMut(&str)) {
    push(decimal(value, &mut Digits::default()));
}

/// Room for the decimal digits of any `u64`.
pub(crate) type Digits = [u8; 20];

/// The decimal digits of `value`, which are written to the end of `digits`.
#[inline(never)]
pub(crate) fn decimal(value: u64, digits: &mut Digits) -> &str {
    let mut start = digits.len();
    let mut rest = value;
    for digit in digits.iter_mut().rev() {
        let remainder = (rest % 10) as u8;
        *digit = b'0'.wrapping_add(remainder);
        rest /= 10;
        start = start.wrapping_sub(1);
        if rest == 0 {
            break;
        }
    }
    digits
        .get(start..)
        .and_then(|digits| str::from_utf8(digits).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::EncodingError::*;
    use super::*;

    #[test]
    fn base64_is_written_and_read_as_rfc_4648_has_it() {
        #[track_caller]
        fn check(bytes: &[u8], text: &str) {
            let mut out = Vec::new();
            push_base64(&mut out, bytes);
            assert_eq!(String::from_utf8_lossy(&out), text);
            assert_eq!(base64(bytes), text);
            let bare = text.trim_end_matches('=');
            assert_eq!(decode_base64(bare.as_bytes()).as_deref(), Ok(bytes));
            assert_eq!(decode_base64(text.as_bytes()).as_deref(), Ok(bytes));
        }
        check(b"", "");
        check(b"f", "Zg==");
        check(b"fo", "Zm8=");
        check(b"foo", "Zm9v");
        check(b"foob", "Zm9vYg==");
        check(b"fooba", "Zm9vYmE=");
        check(b"foobar", "Zm9vYmFy");
        check(&[0xff, 0xef, 0xbe], "/+++");
        check(&[0; 4], "AAAAAA==");
    }

    #[test]
    fn every_length_and_byte_survives_base64() {
        for len in 0..70 {
            for first in 0..=0xff_u8 {
                let bytes: Vec<u8> = (0..len).map(|i: u8| first.wrapping_add(i)).collect();
                let mut out = Vec::new();
                push_base64(&mut out, &bytes);
                assert_eq!(decode_base64(&out), Ok(bytes));
            }
        }
    }

    #[test]
    fn malformed_base64_is_refused_with_its_place() {
        #[track_caller]
        fn check(text: &str, want: EncodingError) {
            assert_eq!(decode_base64(text.as_bytes()), Err(want), "{text}");
        }
        check("Z", Base64Length);
        check("Zm9vZ", Base64Length);
        check("Zg=", Base64Character(0));
        check("Zm9v====", Base64Character(4));
        check("====", Base64Character(0));
        check("Z===", Base64Character(0));
        check("Zg==Zg==", Base64Character(0));
        check("Zm9vZ\n==", Base64Character(4));
        check("Zm9vZm-_", Base64Character(4));
        check("Zm9vZm9\u{e9}", Base64Character(4));
        // Bits behind the last byte.
        check("Zh==", Base64Character(0));
        check("Zm9=", Base64Character(0));
    }

    #[test]
    fn percent_escapes_are_read_and_nothing_is_guessed() {
        #[track_caller]
        fn check(text: &str, want: Result<&str, EncodingError>, want_form: &str) {
            assert_eq!(decode_percent(text, false).as_deref().map_err(|e| *e), want);
            if want.is_ok() {
                assert_eq!(decode_percent(text, true).as_deref(), Ok(want_form));
            }
        }
        check("", Ok(""), "");
        check("a b", Ok("a b"), "a b");
        check("a+b%20c", Ok("a+b c"), "a b c");
        check("%E2%82%ac%2B", Ok("\u{20ac}+"), "\u{20ac}+");
        check("%25%32%35", Ok("%25"), "%25");
        check("%", Err(PercentEscape(0)), "");
        check("ab%4", Err(PercentEscape(2)), "");
        check("%4g", Err(PercentEscape(0)), "");
        check("%+1", Err(PercentEscape(0)), "");
        check("%\u{e9}", Err(PercentEscape(0)), "");
        check("%ff", Err(PercentUtf8), "");
    }

    #[test]
    fn a_bad_escape_is_kept_and_bad_utf_8_is_replaced() {
        #[track_caller]
        fn check(text: &[u8], want_all: &str, want_form: &str, want_slashes: &str) {
            assert_eq!(decode_percent_lossy(text, Escapes::All), want_all);
            assert_eq!(decode_percent_lossy(text, Escapes::Form), want_form);
            assert_eq!(decode_percent_lossy(text, Escapes::Slashes), want_slashes);
        }
        check(b"", "", "", "");
        check(b"a+b%20c%2Fd", "a+b c/d", "a b c/d", "a+b%20c/d");
        check(b"%%URL%%", "%%URL%%", "%%URL%%", "%%URL%%");
        check(b"50%", "50%", "50%", "50%");
        check(b"%4", "%4", "%4", "%4");
        check(b"%4g%41", "%4gA", "%4gA", "%4g%41");
        check(b"%+1", "%+1", "% 1", "%+1");
        check(b"%%41", "%A", "%A", "%%41");
        check(b"%25%32%66", "%2f", "%2f", "%25%32%66");
        check(b"%252F%2f", "%2F/", "%2F/", "%252F/");
        check(b"caf%E9", "caf\u{fffd}", "caf\u{fffd}", "caf%E9");
        check(b"caf\xE9", "caf\u{fffd}", "caf\u{fffd}", "caf\u{fffd}");
        // One U+FFFD for each maximal part of a sequence (Encoding Standard, "UTF-8 decoder").
        check(
            b"%E2%82x%F0%9F",
            "\u{fffd}x\u{fffd}",
            "\u{fffd}x\u{fffd}",
            "%E2%82x%F0%9F",
        );
        check(b"%C0%AF", "\u{fffd}\u{fffd}", "\u{fffd}\u{fffd}", "%C0%AF");
        check(
            b"%ED%A0%80",
            "\u{fffd}\u{fffd}\u{fffd}",
            "\u{fffd}\u{fffd}\u{fffd}",
            "%ED%A0%80",
        );
        check(b"%EF%BB%BFa", "\u{feff}a", "\u{feff}a", "%EF%BB%BFa");
    }

    #[test]
    fn every_text_survives_percent_encoding() {
        for text in ["", "a/b c&d=e+f%", "\u{20ac}\0\u{7f}", "A-z.0_9~"] {
            let mut out = String::new();
            push_percent_encoded(&mut out, text);
            assert!(out.is_ascii());
            assert_eq!(decode_percent(&out, true).as_deref(), Ok(text));
        }
        let mut out = String::new();
        push_percent_encoded(&mut out, "a /\u{e9}~");
        assert_eq!(out, "a%20%2F%C3%A9~");
    }

    #[test]
    fn errors_say_where() {
        use alloc::string::ToString;
        assert_eq!(
            Base64Character(8).to_string(),
            "malformed base64 at offset 8"
        );
        assert_eq!(
            PercentEscape(3).to_string(),
            "malformed percent-encoding at offset 3"
        );
    }
}
