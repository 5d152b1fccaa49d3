//! The scanner: functions from what is left of a text to what is behind that which it begins with.
//!
//! They take and return slices, which are two registers and need no other bounds than their own;
//! that is most of the reader's speed.

use crate::encoding::digit_value;
use crate::sys::simd;

/// Passes white space (RFC 8259, section 2); what is behind it.
#[inline(always)]
pub(in crate::json) fn token(rest: &[u8]) -> &[u8] {
    match rest {
        [byte, ..] if *byte > b' ' => rest,
        _ => white_space(rest),
    }
}

/// As [`token`], where mostly one space is in front, if anything is: behind a colon.
#[inline(always)]
pub(in crate::json) fn token_behind_space(rest: &[u8]) -> &[u8] {
    match rest {
        [b' ', behind @ ..] => token(behind),
        _ => token(rest),
    }
}

/// As [`token`], a function of its own.
#[inline(never)]
pub(in crate::json) fn white_space(mut rest: &[u8]) -> &[u8] {
    const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
    const INDENTATION: u64 = u64::from_le_bytes(*b"\n       ");
    // Mostly it is a new line and an indentation.
    let mut usual = INDENTATION;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let others = u64::from_le_bytes(*word) ^ usual;
        if others != 0 {
            let n_usual = (others.trailing_zeros() / 8) as usize;
            rest = rest.get(n_usual..).unwrap_or_default();
            break;
        }
        (rest, usual) = (behind, SPACES);
    }
    match rest {
        [byte, ..] if *byte > b' ' => rest,
        _ => odd_white_space(rest),
    }
}

/// As [`token`], whatever the white space is.
#[inline(never)]
fn odd_white_space(mut rest: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\r' | b'\t', behind @ ..] = rest {
        rest = behind;
    }
    rest
}

/// Passes the characters of a string that stand for themselves; what ends them is a quote, a
/// backslash, a control character or the end of the text.
#[inline]
pub(in crate::json) fn plain(mut rest: &[u8]) -> &[u8] {
    while let Some((bytes, behind)) = rest.split_first_chunk() {
        if let Some(n_plain) = simd::first_special(bytes) {
            return rest.get(n_plain..).unwrap_or_default();
        }
        rest = behind;
    }
    plain_tail(rest)
}

#[inline(never)]
fn plain_tail(rest: &[u8]) -> &[u8] {
    match simd::first_special_of_few(rest) {
        None => &[],
        Some(n_plain) => rest.get(n_plain..).unwrap_or_default(),
    }
}

/// Passes a string up to its closing quote, its escapes unchecked.
pub(in crate::json) fn string(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = plain(rest);
        match rest {
            [b'\\', _, behind @ ..] => rest = behind,
            _ => return rest,
        }
    }
}

/// What [`escape`] says of what is no escape, instead of a code.
pub(in crate::json) const NO_ESCAPE: u32 = u32::MAX;
pub(in crate::json) const NO_DIGIT: u32 = u32::MAX - 1;

/// The code that the escape in front of `rest` stands for, and its length: with `\u`, of a character
/// or of half of a surrogate pair that lacks the other (RFC 8259, section 7).
#[inline]
pub(in crate::json) fn escape(rest: &[u8]) -> (u32, usize) {
    let code = match rest.get(1) {
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        // A slash may be escaped, but need not be.
        Some(letter @ (b'"' | b'\\' | b'/')) => *letter,
        Some(b'u') => return unicode_escape(rest),
        _ => return (NO_ESCAPE, 0),
    };
    (u32::from(code), 2)
}

#[inline(never)]
fn unicode_escape(rest: &[u8]) -> (u32, usize) {
    let high = code_unit(rest);
    if let (0x36, Some(rest @ [b'\\', b'u', ..])) = (high >> 10, rest.get(6..)) {
        let low = code_unit(rest);
        if low >> 10 == 0x37 {
            // Of both, the six bits are taken away that say which half it is.
            return ((high << 10).wrapping_add(low).wrapping_sub(0x35f_dc00), 12);
        }
    }
    (high, 6)
}

/// The value of the four hexadecimal digits behind `\u`.
fn code_unit(rest: &[u8]) -> u32 {
    let Some(digits) = rest.get(2..6) else {
        return NO_DIGIT;
    };
    let mut code = 0;
    for digit in digits {
        match digit_value(*digit) {
            digit @ 0..16 => code = code << 4 | u32::from(digit),
            _ => return NO_DIGIT,
        }
    }
    code
}

/// Passes `true`, `false` or `null`.
#[inline(never)]
pub(in crate::json) fn literal(rest: &[u8]) -> Option<&[u8]> {
    const TRUE: u32 = u32::from_le_bytes(*b"true");
    const NULL: u32 = u32::from_le_bytes(*b"null");
    const FALS: u32 = u32::from_le_bytes(*b"fals");
    let (word, behind) = rest.split_first_chunk()?;
    match (u32::from_le_bytes(*word), behind) {
        (TRUE | NULL, behind) | (FALS, [b'e', behind @ ..]) => Some(behind),
        _ => None,
    }
}
