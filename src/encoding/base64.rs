//! Base64 (RFC 4648, section 4).

use crate::encoding::lengths::prefix;
use alloc::vec::Vec;

use super::EncodingError;

/// The characters of the 64 values, in their order.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Marks a byte in [`VALUES`] that is not in the alphabet.
const INVALID: u8 = 0xff;

/// The value of each byte that is in the alphabet, the inverse of [`ALPHABET`].
const VALUES: [u8; 256] = {
    let mut values = [INVALID; 256];
    let mut rest: &[u8] = ALPHABET;
    let mut value = 0;
    while let [byte, after @ ..] = rest {
        #[expect(clippy::indexing_slicing, reason = "a u8 is less than 256")]
        {
            values[*byte as usize] = value;
        }
        value = value.wrapping_add(1);
        rest = after;
    }
    values
};

/// Returns `bytes` in base64, with padding.
pub(crate) fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    push_base64(&mut out, bytes);
    out
}

/// Appends `bytes` in base64, with padding.
pub(crate) fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len().div_ceil(3).saturating_mul(4));
    let character = |bits: u32| {
        let index = (bits & 0x3f) as usize;
        ALPHABET.get(index).copied().unwrap_or(b'=')
    };
    // Three bytes are four groups of six bits.
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let group = [bits >> 18, bits >> 12, bits >> 6, bits].map(character);
        // A last chunk of one or two bytes has two or three characters and is padded to four.
        let n_characters = chunk.len().wrapping_add(1);
        out.extend_from_slice(prefix(&group, n_characters));
        out.extend_from_slice(b"==".get(chunk.len().wrapping_sub(1)..).unwrap_or_default());
    }
}

/// Decodes base64 with or without padding.
///
/// Line ends, other alphabets and set bits after the last byte (section 3.5) are errors, so that
/// each value has one encoding.
pub(crate) fn decode_base64(text: &[u8]) -> Result<Vec<u8>, EncodingError> {
    let is_whole = text.len() % 4 == 0;
    let text = match text {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] if is_whole => rest,
        _ => text,
    };
    let mut out = Vec::with_capacity(text.len().div_ceil(4).saturating_mul(3));
    let mut groups = text.chunks_exact(4);
    for (index, group) in groups.by_ref().enumerate() {
        push_group(&mut out, group, index)?;
    }
    let rest = groups.remainder();
    if rest.len() == 1 {
        return Err(EncodingError::Base64Length);
    }
    if !rest.is_empty() {
        // `A` has the value 0, so the missing characters become zero bytes, which are removed.
        // A byte there that is not zero contains bits that are set after the last byte.
        let mut last = *b"AAAA";
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        let index = text.len() / 4;
        push_group(&mut out, &last, index)?;
        for _ in rest.len()..4 {
            if out.pop() != Some(0) {
                return Err(EncodingError::Base64Character(index.saturating_mul(4)));
            }
        }
    }
    Ok(out)
}

/// Appends the three bytes that a group of four characters encodes. `index` counts the groups.
fn push_group(out: &mut Vec<u8>, group: &[u8], index: usize) -> Result<(), EncodingError> {
    let mut bits = 0_u32;
    for &byte in group {
        match VALUES.get(usize::from(byte)) {
            Some(&value) if value != INVALID => bits = bits << 6 | u32::from(value),
            _ => return Err(EncodingError::Base64Character(index.saturating_mul(4))),
        }
    }
    let [_, bytes @ ..] = bits.to_be_bytes();
    out.extend_from_slice(&bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::EncodingError::*;
    use super::*;

    #[test]
    fn base64_is_encoded_and_decoded_as_in_rfc_4648() {
        #[track_caller]
        fn check(bytes: &[u8], text: &str) {
            let mut out = Vec::new();
            push_base64(&mut out, bytes);
            assert_eq!(String::from_utf8_lossy(&out), text);
            assert_eq!(base64(bytes), text.as_bytes());
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
    fn encoding_and_decoding_returns_the_same_bytes() {
        // Miri is a thousand times slower.
        let (len_step, first_step) = if cfg!(miri) { (23, 90) } else { (1, 1) };
        for len in (0..70).step_by(len_step) {
            for first in (0..=0xff_u8).step_by(first_step) {
                let bytes: Vec<u8> = (0..len).map(|i: u8| first.wrapping_add(i)).collect();
                let mut out = Vec::new();
                push_base64(&mut out, &bytes);
                assert_eq!(decode_base64(&out), Ok(bytes));
            }
        }
    }

    #[test]
    fn malformed_base64_is_an_error_with_its_offset() {
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
        // Bits are set after the last byte.
        check("Zh==", Base64Character(0));
        check("Zm9=", Base64Character(0));
    }
}
