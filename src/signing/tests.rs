//! Published vectors. Those of SHA-256 are in `sha256.rs`.

use super::*;

/// The test cases 1 to 7 of RFC 4231, section 4; of case 5 it has the first 128 bits only.
#[test]
fn hmacs_are_those_of_rfc_4231() {
    #[track_caller]
    fn check(key: &[u8], message: &[u8], want: &str) {
        let got = hex(&hmac_sha256(key, message));
        assert!(got.starts_with(want), "{got}");
    }
    check(
        &[0x0b; 20],
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    );
    check(
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
    check(
        &[0xaa; 20],
        &[0xdd; 50],
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    );
    check(
        &(1..=25).collect::<Vec<u8>>(),
        &[0xcd; 50],
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    );
    check(
        &[0x0c; 20],
        b"Test With Truncation",
        "a3b6167473100ee06e0c796c2955552b",
    );
    check(
        &[0xaa; 131],
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    );
    check(
        &[0xaa; 131],
        b"This is a test using a larger than block-size key and a larger than block-size data. \
          The key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    );
}

/// A key of 64 bytes is used as it is, and one of 65 bytes is hashed (RFC 2104, section 2).
#[test]
fn a_key_longer_than_a_block_is_hashed() {
    let key = [7; 65];
    assert_eq!(hmac_sha256(&key, b"m"), hmac_sha256(&sha256(&key), b"m"));
    let key = [7; 64];
    assert_ne!(hmac_sha256(&key, b"m"), hmac_sha256(&sha256(&key), b"m"));
    assert_eq!(hmac_sha256(b"k", b"m"), hmac_sha256(b"k\0", b"m"));
}

#[test]
fn every_different_byte_is_found() {
    let bytes: Vec<u8> = (0..=255).collect();
    assert!(constant_time_eq(&bytes, &bytes));
    assert!(constant_time_eq(b"", b""));
    for index in 0..bytes.len() {
        assert!(!constant_time_eq(&bytes, &bytes[..index]), "{index}");
        assert!(!constant_time_eq(&bytes[..index], &bytes), "{index}");
        for bit in 0..8 {
            let mut other = bytes.clone();
            other[index] ^= 1 << bit;
            assert!(!constant_time_eq(&bytes, &other), "{index} {bit}");
        }
    }
}

/// RFC 7515, appendix A.1.
#[test]
fn the_signature_of_a_token_is_that_of_rfc_7515() {
    let key = decode_base64url(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    );
    let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                  eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let code = hmac_sha256(&key.unwrap(), signed.as_bytes());
    assert_eq!(
        encode_base64url(&code),
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
}

#[test]
fn base64url_has_one_form_for_each_value() {
    #[track_caller]
    fn check(text: &str, want: Option<&[u8]>) {
        assert_eq!(decode_base64url(text).as_deref(), want, "{text:?}");
        assert!(want.is_none_or(|bytes| encode_base64url(bytes) == text));
    }
    check("", Some(b""));
    check("Zg", Some(b"f"));
    check("Zm8", Some(b"fo"));
    check("Zm9v", Some(b"foo"));
    check("-_-_", Some(&[0xfb, 0xff, 0xbf]));
    for text in [
        "Z", "Zg==", "Zm8=", "Zh", "Zm9", "+/+/", "Zm 8", "Zm8\n", "Zm9v!", "Zm9vZ", "\u{e9}", ".",
    ] {
        check(text, None);
    }
}
