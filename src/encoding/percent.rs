//! Percent-encoding (RFC 3986, section 2.1).

use alloc::string::String;
use alloc::vec::Vec;

use super::EncodingError;
use super::decimal::{hex_digit, parse_number, push_hex};

/// The percent-escapes that [`decode_percent_lossy`] decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// None.
    None,
    /// All.
    All,
    /// All, and `+` is a space (URL Standard, "application/x-www-form-urlencoded parsing").
    Form,
    /// Only `%2F`, in a text whose other escapes have been decoded already.
    Slashes,
}

/// Decodes percent-escapes; in a form, `+` is a space too (URL Standard,
/// "application/x-www-form-urlencoded parsing").
pub(crate) fn decode_percent(text: &str, is_form: bool) -> Result<Vec<u8>, EncodingError> {
    let is_encoded = |&byte: &u8| byte == b'%' || is_form && byte == b'+';
    if !text.as_bytes().iter().any(is_encoded) {
        return Ok(text.into());
    }
    let escapes = if is_form { Escapes::Form } else { Escapes::All };
    match decode(text.as_bytes(), escapes) {
        (_, Some(offset)) => Err(EncodingError::PercentEscape(offset)),
        (bytes, None) => Ok(bytes),
    }
}

/// Decodes percent-escapes as browsers do (URL Standard, "percent-decode"): a `%` without two hexadecimal digits
/// is kept.
#[inline(never)]
pub(crate) fn decode_percent_lossy(text: &[u8], escapes: Escapes) -> Vec<u8> {
    decode(text, escapes).0
}

/// Returns the decoded bytes, and the offset of the first `%` without two hexadecimal digits.
fn decode(text: &[u8], escapes: Escapes) -> (Vec<u8>, Option<usize>) {
    let mut out = Vec::with_capacity(text.len());
    let mut malformed = None;
    let mut rest = text;
    while let Some((byte, after, is_malformed)) = split_first_decoded(rest, escapes) {
        if is_malformed {
            malformed = malformed.or(Some(text.len().saturating_sub(rest.len())));
        }
        out.push(byte);
        rest = after;
    }
    (out, malformed)
}

/// Returns the first byte, decoded, and the bytes after it. The last value is whether it is a `%` without two
/// hexadecimal digits.
fn split_first_decoded(text: &[u8], escapes: Escapes) -> Option<(u8, &[u8], bool)> {
    let (&byte, after) = text.split_first()?;
    if byte == b'+' && escapes == Escapes::Form {
        return Some((b' ', after, false));
    }
    if byte != b'%' || escapes == Escapes::None {
        return Some((byte, after, false));
    }
    let escape = after.split_at_checked(2).and_then(|(digits, after)| {
        let byte = u8::try_from(parse_number(digits, 16)?).ok()?;
        Some((byte, after))
    });
    match escape {
        Some((decoded, _)) if escapes == Escapes::Slashes && decoded != b'/' => {
            Some((byte, after, false))
        }
        Some((decoded, after)) => Some((decoded, after, false)),
        None => Some((byte, after, true)),
    }
}

/// Appends `text`, all but unreserved characters (RFC 3986, section 2.3) escaped.
pub(crate) fn push_percent_encoded(out: &mut String, text: &str) {
    for &byte in text.as_bytes() {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            push_percent_escape(out, byte);
        }
    }
}

/// Appends `text` decoded and encoded again, so that different encodings of the same bytes become equal.
pub(crate) fn push_percent_normalized(out: &mut Vec<u8>, text: &[u8], escapes: Escapes) {
    let mut rest = text;
    while let Some((byte, after, _)) = split_first_decoded(rest, escapes) {
        if is_unreserved(byte) {
            out.push(byte);
        } else {
            out.push(b'%');
            for digit in [byte >> 4, byte] {
                out.push(hex_digit(digit).to_ascii_uppercase());
            }
        }
        rest = after;
    }
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Appends a byte as `%XX`, in upper case as RFC 3986 recommends.
pub(crate) fn push_percent_escape(out: &mut String, byte: u8) {
    out.push('%');
    push_hex(out, byte);
}

#[cfg(test)]
mod tests {
    use super::EncodingError::*;
    use super::*;

    #[test]
    fn strict_decoding_refuses_malformed_escapes() {
        #[track_caller]
        fn check(text: &str, want: Result<&str, EncodingError>, want_form: &str) {
            let want = want.map(Vec::from);
            assert_eq!(decode_percent(text, false), want);
            if want.is_ok() {
                assert_eq!(decode_percent(text, true), Ok(want_form.into()));
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
    }

    #[test]
    fn lossy_decoding_keeps_malformed_escapes() {
        #[track_caller]
        fn check(text: &[u8], want_all: &str, want_form: &str, want_slashes: &str) {
            let decoded = |escapes| {
                let bytes = decode_percent_lossy(text, escapes);
                String::from_utf8_lossy(&bytes).into_owned()
            };
            assert_eq!(decoded(Escapes::All), want_all);
            assert_eq!(decoded(Escapes::Form), want_form);
            assert_eq!(decoded(Escapes::Slashes), want_slashes);
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
    fn encoding_and_decoding_returns_the_same_text() {
        for text in ["", "a/b c&d=e+f%", "\u{20ac}\0\u{7f}", "A-z.0_9~"] {
            let mut out = String::new();
            push_percent_encoded(&mut out, text);
            assert!(out.is_ascii());
            assert_eq!(decode_percent(&out, true), Ok(text.into()));
        }
        let mut out = String::new();
        push_percent_encoded(&mut out, "a /\u{e9}~");
        assert_eq!(out, "a%20%2F%C3%A9~");
    }

    #[test]
    fn normalizing_escapes_all_but_unreserved_characters() {
        #[track_caller]
        fn check(text: &str, want: &str, want_form: &str) {
            for (escapes, want) in [(Escapes::All, want), (Escapes::Form, want_form)] {
                let mut out = Vec::new();
                push_percent_normalized(&mut out, text.as_bytes(), escapes);
                assert_eq!(out, want.as_bytes());
            }
        }
        check("", "", "");
        check("A-z.0_9~", "A-z.0_9~", "A-z.0_9~");
        check("a+b%20c d", "a%2Bb%20c%20d", "a%20b%20c%20d");
        check("%41%c3%bc\u{fc}", "A%C3%BC%C3%BC", "A%C3%BC%C3%BC");
        check("%2f/%25", "%2F%2F%25", "%2F%2F%25");
        check("%ff", "%FF", "%FF");
        check("5%,%4", "5%25%2C%254", "5%25%2C%254");
    }
}
