//! Bytes as text: base64 (RFC 4648, section 4) and percent-encoding (RFC 3986, section 2.1). Pure.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `bytes` in base64, padded.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (i, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let index = usize::try_from(bits >> shift & 63).unwrap_or(0);
            let letter = ALPHABET.get(index).copied().unwrap_or(b'=');
            text.push(char::from(if i > group.len() { b'=' } else { letter }));
        }
    }
    text
}

/// The bytes of base64 text, padded or not; `None`: it is none. Bits that padding leaves over have
/// to be zero (RFC 4648, section 3.5), so that a value has one text.
pub(crate) fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let padded = text.len() % 4 == 0;
    let mut text = match text {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] if padded => rest,
        _ => text,
    };
    let mut bytes = Vec::with_capacity(text.len().div_ceil(4).saturating_mul(3));
    while !text.is_empty() {
        let (group, rest) = text.split_at_checked(4).unwrap_or((text, &[]));
        text = rest;
        let mut bits = 0_u32;
        for i in 0..4 {
            let value = match group.get(i) {
                None => 0,
                Some(b @ b'A'..=b'Z') => b.wrapping_sub(b'A'),
                Some(b @ b'a'..=b'z') => b.wrapping_sub(b'a').wrapping_add(26),
                Some(b @ b'0'..=b'9') => b.wrapping_sub(b'0').wrapping_add(52),
                Some(b'+') => 62,
                Some(b'/') => 63,
                Some(_) => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        let [_, a, b, c] = bits.to_be_bytes();
        match (group.len(), b, c) {
            (4, ..) => bytes.extend([a, b, c]),
            (3, _, 0) => bytes.extend([a, b]),
            (2, 0, 0) => bytes.push(a),
            _ => return None,
        }
    }
    Some(bytes)
}

/// `text` with each `%` and two hexadecimal digits replaced by the byte that they stand for. What
/// is no such thing stays as it is.
pub(crate) fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let digit = |i: usize| char::from(*after.get(i)?).to_digit(16);
        if let (b'%', Some(high), Some(low)) = (first, digit(0), digit(1)) {
            bytes.push(u8::try_from(high << 4 | low).unwrap_or(0));
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
            assert_eq!(
                from_base64(text.as_bytes()).as_deref(),
                Some(bytes.as_bytes()),
                "{text}"
            );
            let bare = text.trim_end_matches('=');
            assert_eq!(
                from_base64(bare.as_bytes()).as_deref(),
                Some(bytes.as_bytes()),
                "{bare}"
            );
        }
        let all: Vec<u8> = (0..=255).collect();
        for len in 0..=all.len() {
            let text = base64(&all[..len]);
            assert_eq!(from_base64(text.as_bytes()).as_deref(), Some(&all[..len]));
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in [
            "Z", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zm 9v", "Zm9-", "Zg==Zg==",
        ] {
            assert_eq!(from_base64(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn percent_decoding() {
        for (text, want) in [
            ("", ""),
            ("a%20b", "a b"),
            ("%2F%2f", "//"),
            ("%", "%"),
            ("%2", "%2"),
            ("%zz%41", "%zzA"),
            ("a+b", "a+b"),
        ] {
            assert_eq!(
                percent_decoded(text.as_bytes()),
                want.as_bytes(),
                "{text:?}"
            );
        }
    }
}
