//! The scanner: functions from what is left of a text to what is behind that which it begins with.
//!
//! They take and return slices, which are two registers and need no other bounds than their own;
//! that is most of the reader's speed.

use crate::encoding::digit_value;
use crate::sys::simd;

/// Passes white space (RFC 8259, section 2); what is after it.
#[inline(always)]
pub(in crate::json) fn skip_white_space(rest: &[u8]) -> &[u8] {
    match rest {
        [byte, ..] if *byte > b' ' => rest,
        _ => skip_long_white_space(rest),
    }
}

/// As [`skip_white_space`], where mostly one space is in front, if anything is: after a colon.
#[inline(always)]
pub(in crate::json) fn skip_white_space_after_colon(rest: &[u8]) -> &[u8] {
    match rest {
        [b' ', after @ ..] => skip_white_space(after),
        _ => skip_white_space(rest),
    }
}

/// As [`skip_white_space`], a function of its own.
#[inline(never)]
pub(in crate::json) fn skip_long_white_space(mut rest: &[u8]) -> &[u8] {
    const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
    const INDENTATION: u64 = u64::from_le_bytes(*b"\n       ");
    // Mostly it is a new line and an indentation.
    let mut usual = INDENTATION;
    while let Some((word, after)) = rest.split_first_chunk() {
        let others = u64::from_le_bytes(*word) ^ usual;
        if others != 0 {
            let n_usual = (others.trailing_zeros() / 8) as usize;
            rest = rest.get(n_usual..).unwrap_or_default();
            break;
        }
        (rest, usual) = (after, SPACES);
    }
    match rest {
        [byte, ..] if *byte > b' ' => rest,
        _ => slow_skip_white_space(rest),
    }
}

/// As [`skip_white_space`], whatever the white space is.
#[inline(never)]
fn slow_skip_white_space(mut rest: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\r' | b'\t', after @ ..] = rest {
        rest = after;
    }
    rest
}

/// Passes the characters of a string that stand for themselves; what ends them is a quote, a
/// backslash, a control character or the end of the text.
#[inline]
pub(in crate::json) fn skip_unescaped(mut rest: &[u8]) -> &[u8] {
    while let Some((bytes, after)) = rest.split_first_chunk() {
        if let Some(n_plain) = simd::first_special(bytes) {
            return rest.get(n_plain..).unwrap_or_default();
        }
        rest = after;
    }
    skip_unescaped_tail(rest)
}

#[inline(never)]
fn skip_unescaped_tail(rest: &[u8]) -> &[u8] {
    match simd::first_special_of_few(rest) {
        None => &[],
        Some(n_plain) => rest.get(n_plain..).unwrap_or_default(),
    }
}

/// Passes a string up to its closing quote, its escapes unchecked.
pub(in crate::json) fn skip_string(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = skip_unescaped(rest);
        match rest {
            [b'\\', _, after @ ..] => rest = after,
            _ => return rest,
        }
    }
}

/// What [`decode_escape`] says of what is no escape, instead of a code.
pub(in crate::json) const INVALID_ESCAPE: u32 = u32::MAX;
pub(in crate::json) const INVALID_DIGIT: u32 = u32::MAX - 1;

/// The code that the escape in front of `rest` stands for, and its length: with `\u`, of a character
/// or of half of a surrogate pair that lacks the other (RFC 8259, section 7).
#[inline]
pub(in crate::json) fn decode_escape(rest: &[u8]) -> (u32, usize) {
    let code = match rest.get(1) {
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        // A slash may be escaped, but need not be.
        Some(letter @ (b'"' | b'\\' | b'/')) => *letter,
        Some(b'u') => return decode_unicode_escape(rest),
        _ => return (INVALID_ESCAPE, 0),
    };
    (u32::from(code), 2)
}

#[inline(never)]
fn decode_unicode_escape(rest: &[u8]) -> (u32, usize) {
    let high = decode_code_unit(rest);
    if let (0x36, Some(rest @ [b'\\', b'u', ..])) = (high >> 10, rest.get(6..)) {
        let low = decode_code_unit(rest);
        if low >> 10 == 0x37 {
            // Of both, the six bits are taken away that say which half it is.
            return ((high << 10).wrapping_add(low).wrapping_sub(0x35f_dc00), 12);
        }
    }
    (high, 6)
}

/// The value of the four hexadecimal digits after `\u`.
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

/// Passes `true`, `false` or `null`.
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
