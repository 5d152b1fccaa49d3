//! Signatures with a shared secret: webhooks, tokens, requests to AWS.
//!
//! [`webhook`] checks the signatures of GitHub, Slack, Stripe and Standard Webhooks. [`sigv4`] signs requests
//! to AWS services. For other signatures there are SHA-256 and HMAC. A signature with a shared secret is an HMAC
//! of the message. The receiver computes the HMAC again and compares the two with [`constant_time_eq`]:
//!
//! ```
//! use tiny_lambda::signing;
//!
//! let (secret, message) = (b"key", b"The quick brown fox jumps over the lazy dog");
//! let received = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
//! let expected = signing::hex(&signing::hmac_sha256(secret, message));
//! assert!(signing::constant_time_eq(expected.as_bytes(), received.as_bytes()));
//! ```
//!
//! The example `authorizer` checks tokens that are signed with HMAC (JSON Web Tokens, `HS256`). Signatures with
//! public keys need a crate: see `docs/jwt.md`.

mod sha256;
pub mod sigv4;
pub mod webhook;

use alloc::string::String;
use alloc::vec::Vec;
use core::hint::black_box;

use crate::encoding::{base64, decode_base64, hex_digit};
use sha256::BLOCK_LEN;

/// Returns the SHA-256 of `bytes` (FIPS 180-4).
///
/// ```
/// use tiny_lambda::signing::{hex, sha256};
///
/// let digest = sha256(b"abc");
/// assert_eq!(hex(&digest), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// ```
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha256::digest(bytes, &[])
}

/// Returns the HMAC of `message` with SHA-256 (RFC 2104). The key may have any length; RFC 2104, section 3,
/// advises at least 32 bytes.
///
/// ```
/// use tiny_lambda::signing::{hex, hmac_sha256};
///
/// let code = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
/// assert_eq!(hex(&code), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
/// ```
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    hmac(key, &[message])
}

/// Returns the HMAC of the parts of a message, one after the other.
fn hmac(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    let hashed;
    let key = if key.len() > BLOCK_LEN {
        hashed = sha256(key);
        &hashed
    } else {
        key
    };
    // The inner hash covers the padded key and the message. The outer hash covers the padded key and the inner hash.
    let mut block = [0x36; BLOCK_LEN];
    for (byte, key_byte) in block.iter_mut().zip(key) {
        *byte ^= key_byte;
    }
    let inner = sha256::digest(&block, message);
    for byte in &mut block {
        *byte ^= 0x36 ^ 0x5c;
    }
    sha256::digest(&block, &[&inner])
}

/// Returns `bytes` as lower-case hexadecimal digits.
///
/// ```
/// assert_eq!(tiny_lambda::signing::hex(&[0x0a, 0xff]), "0aff");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        for digit in [byte >> 4, *byte] {
            text.push(char::from(hex_digit(digit)));
        }
    }
    text
}

/// Returns a hash or code as lower-case hexadecimal digits.
fn hex_digits(bytes: &[u8; 32]) -> [u8; 64] {
    let mut digits = [0; 64];
    for (n, digit) in digits.iter_mut().enumerate() {
        let byte = bytes.get(n / 2).copied().unwrap_or(0);
        *digit = hex_digit(if n % 2 == 0 { byte >> 4 } else { byte });
    }
    digits
}

/// Returns whether `a` and `b` are equal, in a time that depends on their lengths only.
///
/// The time of `==` tells a caller how many bytes at the start of a signature were right, so that it can be
/// found byte by byte.
///
/// ```
/// use tiny_lambda::signing::constant_time_eq;
///
/// assert!(constant_time_eq(b"0aff", b"0aff"));
/// assert!(!constant_time_eq(b"0aff", b"0afe"));
/// assert!(!constant_time_eq(b"0aff", b"0af"));
/// ```
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |bits, (a, b)| {
        // Without `black_box` the compiler could end the loop at the first difference.
        black_box(bits | (a ^ b))
    });
    a.len() == b.len() && differences == 0
}

/// Decodes base64url without padding, as in JSON Web Tokens (RFC 4648, section 5; RFC 7515, section 2).
/// Returns `None` for anything else: padding, other characters, an impossible length, and bits that are set
/// after the last byte.
///
/// ```
/// use tiny_lambda::signing::decode_base64url;
///
/// assert_eq!(decode_base64url("-_8").as_deref(), Some([0xfb, 0xff].as_slice()));
/// assert_eq!(decode_base64url("+/8="), None);
/// ```
pub fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    let standard = text.bytes().map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        // These are not in the alphabet of base64url. `!` is in neither alphabet, so decoding fails.
        b'+' | b'/' | b'=' => b'!',
        byte => byte,
    });
    decode_base64(&standard.collect::<Vec<u8>>()).ok()
}

/// Returns `bytes` in base64url without padding, as in JSON Web Tokens (RFC 7515, section 2).
///
/// ```
/// assert_eq!(tiny_lambda::signing::encode_base64url(&[0xfb, 0xff]), "-_8");
/// ```
pub fn encode_base64url(bytes: &[u8]) -> String {
    let standard = base64(bytes);
    let digits = standard.iter().filter(|&&byte| byte != b'=');
    let url_safe = digits.map(|byte| match byte {
        b'+' => '-',
        b'/' => '_',
        byte => char::from(*byte),
    });
    url_safe.collect()
}

#[cfg(test)]
mod tests;
