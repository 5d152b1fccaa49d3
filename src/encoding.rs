//! Base64 (RFC 4648): pure.

use alloc::vec::Vec;

/// Appends `bytes` in base64, with padding (RFC 4648, section 4).
pub(crate) fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let at = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = (at(0) << 16) | (at(1) << 8) | at(2);
        for (i, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = ALPHABET.get((bits >> shift & 63) as usize);
            out.push(if i <= group.len() {
                *digit.unwrap_or(&b'=')
            } else {
                b'='
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_the_vectors_of_rfc_4648_section_10() {
        #[track_caller]
        fn check(text: &str, want: &str) {
            let mut out = Vec::new();
            push_base64(&mut out, text.as_bytes());
            assert_eq!(out, want.as_bytes(), "{text}");
        }
        check("", "");
        check("f", "Zg==");
        check("fo", "Zm8=");
        check("foo", "Zm9v");
        check("foob", "Zm9vYg==");
        check("fooba", "Zm9vYmE=");
        check("foobar", "Zm9vYmFy");
        check("\u{ff}\u{3bf}", "w7/Ovw==");
    }
}
