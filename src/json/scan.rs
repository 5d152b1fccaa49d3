//! The scanner: functions from what is left of a text to what is behind that which it begins with.
//!
//! They take and return slices, which are two registers and need no other bounds than their own;
//! that is most of the reader's speed.

const ONES: u64 = u64::from_le_bytes([1; 8]);
pub(super) const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// The letters behind a backslash, and what they stand for (RFC 8259, section 7). A slash
/// may be escaped, but need not be.
pub(super) const ESCAPES: [(u8, u8); 8] = [
    (b'"', b'"'),
    (b'\\', b'\\'),
    (b'n', b'\n'),
    (b'r', b'\r'),
    (b't', b'\t'),
    (b'b', 0x08),
    (b'f', 0x0c),
    (b'/', b'/'),
];

/// Passes white space (RFC 8259, section 2); what is behind it.
#[inline(always)]
pub(super) fn token(rest: &[u8]) -> &[u8] {
    match rest {
        [byte, ..] if *byte > b' ' => rest,
        _ => white_space(rest),
    }
}

/// As [`token`], where mostly one space is in front, if anything is: behind a colon.
#[inline(always)]
pub(super) fn token_behind_space(rest: &[u8]) -> &[u8] {
    match rest {
        [b' ', behind @ ..] => token(behind),
        _ => token(rest),
    }
}

/// As [`token`], a function of its own.
#[inline(never)]
pub(super) fn white_space(mut rest: &[u8]) -> &[u8] {
    const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
    loop {
        // Mostly it is a new line and an indentation.
        if let [b'\n', behind @ ..] = rest {
            rest = behind;
        }
        if let Some(word) = rest.first_chunk() {
            let n_spaces = (u64::from_le_bytes(*word) ^ SPACES).trailing_zeros() / 8;
            rest = rest.get(n_spaces as usize..).unwrap_or_default();
        }
        match rest {
            [byte, ..] if *byte > b' ' => return rest,
            [b' ' | b'\n' | b'\r' | b'\t', behind @ ..] => rest = behind,
            _ => return rest,
        }
    }
}

/// As [`plain_inline`], a function of its own where that is smaller.
#[inline]
pub(super) fn plain(rest: &[u8]) -> &[u8] {
    plain_inline(rest)
}

/// Passes the characters of a string that stand for themselves; what ends them is a quote, a
/// backslash, a control character or the end of the text.
#[inline(always)]
pub(super) fn plain_inline(mut rest: &[u8]) -> &[u8] {
    while let Some((word, behind)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        // Of the bits that tell, those of characters beyond ASCII are sorted out only here.
        let suspects = suspects(word);
        if suspects & HIGHS != 0 {
            let specials = suspects & !word & HIGHS;
            if specials != 0 {
                let n_plain = (specials.trailing_zeros() / 8) as usize;
                return rest.get(n_plain..).unwrap_or_default();
            }
        }
        rest = behind;
    }
    plain_tail(rest)
}

/// Passes a string up to its closing quote, its escapes unchecked.
pub(super) fn string(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = plain(rest);
        match rest {
            [b'\\', _, behind @ ..] => rest = behind,
            _ => return rest,
        }
    }
}

#[cold]
#[inline(never)]
fn plain_tail(mut rest: &[u8]) -> &[u8] {
    while let [byte, behind @ ..] = rest {
        if matches!(byte, b'"' | b'\\' | 0..=0x1f) {
            break;
        }
        rest = behind;
    }
    rest
}

/// Which of eight bytes of a string do not stand for themselves: of the bits that are the highest
/// of their bytes, and that are not set in `bytes`, the lowest that is set in the result is that of
/// the first such byte; bits above it mean nothing.
#[inline(always)]
pub(super) fn suspects(bytes: u64) -> u64 {
    const TWOS: u64 = ONES << 1;
    const FIRST_PLAIN: u64 = u64::from_le_bytes([0x21; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    // A quote is 0x22: with bit 1 turned round it stands right above the control characters, which
    // only change places, so that one subtraction borrows for both.
    let quotes_and_controls = (bytes ^ TWOS).wrapping_sub(FIRST_PLAIN);
    let backslashes = (bytes ^ BACKSLASHES).wrapping_sub(ONES);
    quotes_and_controls | backslashes
}

/// Passes `true`, `false` or `null`.
#[inline]
pub(super) fn literal(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [b't', b'r', b'u', b'e', behind @ ..]
        | [b'n', b'u', b'l', b'l', behind @ ..]
        | [b'f', b'a', b'l', b's', b'e', behind @ ..] => Some(behind),
        _ => None,
    }
}
