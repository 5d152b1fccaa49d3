//! Encodings that events use: gzip, and within the crate base64, percent-encoding, numbers as text,
//! times, and lengths of data. Pure functions that use `core` and `alloc` only.

mod base64;
mod decimal;
mod gzip;
pub(crate) mod lengths;
mod percent;
pub(crate) mod time;

pub(crate) use base64::{base64, decode_base64, push_base64};
pub(crate) use decimal::{
    ASCII, Digits, GROUP, decimal, digit_value, eight_digits, hex_digit, n_leading_zeros,
    parse_decimal, parse_number, push_decimal, push_hex, short_digits,
};
#[cfg(feature = "emulator")]
pub(crate) use gzip::crc32;
pub use gzip::{GzipError, gunzip};
pub(crate) use percent::{
    Escapes, decode_percent, decode_percent_lossy, push_percent_encoded, push_percent_escape,
    push_percent_normalized,
};

use core::error;
use core::fmt;

/// Why a text could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EncodingError {
    /// The length of a base64 text is 4n + 1 without its padding, which no data has.
    Base64Length,
    /// The group of four characters at this offset has a character that is not in the alphabet, a
    /// `=` that is not padding, or bits that are set after the last byte.
    Base64Character(usize),
    /// The `%` at this offset is not followed by two hexadecimal digits.
    PercentEscape(usize),
    /// The bytes of percent-escapes are not UTF-8.
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

#[cfg(test)]
mod tests {
    use super::EncodingError::*;

    #[test]
    fn error_messages_contain_the_offset() {
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
