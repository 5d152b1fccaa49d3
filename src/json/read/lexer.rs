//! The lexer: functions that take the rest of a text and return the rest after a token.
//!
//! A rest is a slice of bytes, which is passed in two registers, and patterns on it need no bounds
//! checks beyond the slice's own length. The plain form is a position in the text.

use crate::encoding::digit_value;
use crate::encoding::lengths::skip;
use crate::sys::simd;

/// Skips white space (RFC 8259, section 2).
///
/// `inline(always)` here and in `json/read` saves 4 % of the instructions of an HTTP event and of an
/// SQS batch, for 300 bytes of zip (`inline` instead: 102,732 for 98,831 instructions).
#[inline(always)]
pub(in crate::json) fn skip_white_space(rest: &[u8]) -> &[u8] {
    match rest {
        [byte, ..] if *byte > b' ' => rest,
        _ => skip_long_white_space(rest),
    }
}

/// Does the same as [`skip_white_space`]. It is for the place after a colon, where most texts have one
/// space or none.
#[inline(always)]
pub(in crate::json) fn skip_white_space_after_colon(rest: &[u8]) -> &[u8] {
    match rest {
        [b' ', after @ ..] => skip_white_space(after),
        _ => skip_white_space(rest),
    }
}

/// Does the same as [`skip_white_space`], but is not inlined. A line end and indentation, the white space of most indented
/// texts, is skipped eight bytes at a time; the plain form is [`slow_skip_white_space`].
#[inline(never)]
pub(in crate::json) fn skip_long_white_space(mut rest: &[u8]) -> &[u8] {
    const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
    const INDENTATION: u64 = u64::from_le_bytes(*b"\n       ");
    let mut expected = INDENTATION;
    while let Some((word, after)) = rest.split_first_chunk() {
        let differences = u64::from_le_bytes(*word) ^ expected;
        if differences != 0 {
            let n_expected = (differences.trailing_zeros() / 8) as usize;
            rest = skip(rest, n_expected);
            break;
        }
        (rest, expected) = (after, SPACES);
    }
    match rest {
        [byte, ..] if *byte > b' ' => rest,
        _ => slow_skip_white_space(rest),
    }
}

/// Does the same as [`skip_white_space`], byte by byte.
#[inline(never)]
fn slow_skip_white_space(mut rest: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\r' | b'\t', after @ ..] = rest {
        rest = after;
    }
    rest
}

/// Skips unescaped characters of a string, up to a quote, a backslash, a control character or the end
/// of the text.
///
/// Sixteen bytes are looked at at once. Byte by byte, an HTTP event takes 72 % more instructions
/// (170,467 for 98,831) and an SQS batch 74 %.
#[inline]
pub(in crate::json) fn skip_unescaped(mut rest: &[u8]) -> &[u8] {
    while let Some((bytes, after)) = rest.split_first_chunk() {
        if let Some(n_plain) = simd::first_special(bytes) {
            return skip(rest, n_plain);
        }
        rest = after;
    }
    skip_unescaped_tail(rest)
}

/// Does the same as [`skip_unescaped`] for the last fifteen bytes of a text.
#[inline(never)]
fn skip_unescaped_tail(rest: &[u8]) -> &[u8] {
    // The zeros after the text are the end of the string at the latest.
    let n_plain = simd::first_special(&simd::padded(rest)).unwrap_or(0);
    skip(rest, n_plain)
}

/// Skips a string up to its closing quote. Escapes are not checked.
pub(in crate::json) fn skip_string(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = skip_unescaped(rest);
        let [b'\\', _, ..] = rest else { return rest };
        // Escapes often follow each other.
        while let [b'\\', _, after @ ..] = rest {
            rest = after;
        }
    }
}

/// Returned by [`decode_escape`] instead of a code if there is no such escape.
pub(in crate::json) const INVALID_ESCAPE: u32 = u32::MAX;
/// Returned by [`decode_escape`] instead of a code if `\u` is not followed by four hexadecimal digits.
pub(in crate::json) const INVALID_DIGIT: u32 = u32::MAX - 1;

/// Decodes the escape that `rest` begins with (RFC 8259, section 7). Returns its code point and its
/// length in bytes. The code point of an unpaired surrogate is the surrogate itself.
#[inline]
pub(in crate::json) fn decode_escape(rest: &[u8]) -> (u32, usize) {
    let code = match rest.get(1) {
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        // A slash may be escaped but does not have to be.
        Some(letter @ (b'"' | b'\\' | b'/')) => *letter,
        Some(b'u') => return decode_unicode_escape(rest),
        _ => return (INVALID_ESCAPE, 0),
    };
    (u32::from(code), 2)
}

/// Decodes `\u` and four hexadecimal digits, or two such escapes that form a surrogate pair.
#[inline(never)]
fn decode_unicode_escape(rest: &[u8]) -> (u32, usize) {
    let high = decode_code_unit(rest);
    // The high six bits of a surrogate: 0x36 for a high one, 0x37 for a low one.
    if let (0x36, Some(rest @ [b'\\', b'u', ..])) = (high >> 10, rest.get(6..)) {
        let low = decode_code_unit(rest);
        if low >> 10 == 0x37 {
            // Ten bits of each, and 0x10000 (RFC 2781, section 2.2). The constant removes the high six
            // bits of both surrogates: (0xd800 << 10) + 0xdc00 - 0x10000.
            return ((high << 10).wrapping_add(low).wrapping_sub(0x35f_dc00), 12);
        }
    }
    (high, 6)
}

/// Returns the value of the four hexadecimal digits after `\u`.
fn decode_code_unit(rest: &[u8]) -> u32 {
    let Some(digits) = rest.get(2..6) else {
        return INVALID_DIGIT;
    };
    let mut code = 0;
    for digit in digits {
        match digit_value(*digit) {
            digit @ 0..16 => code = code << 4 | u32::from(digit),
            _ => return INVALID_DIGIT,
        }
    }
    code
}

/// Skips `true`, `false` or `null`. `None` if `rest` begins with none of them.
#[inline(never)]
pub(in crate::json) fn skip_literal(rest: &[u8]) -> Option<&[u8]> {
    const TRUE: u32 = u32::from_le_bytes(*b"true");
    const NULL: u32 = u32::from_le_bytes(*b"null");
    const FALS: u32 = u32::from_le_bytes(*b"fals");
    let (word, after) = rest.split_first_chunk()?;
    match (u32::from_le_bytes(*word), after) {
        (TRUE | NULL, after) | (FALS, [b'e', after @ ..]) => Some(after),
        _ => None,
    }
}
