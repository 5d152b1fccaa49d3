//! The scanner: functions from an index in the text to the index behind what stands there.
//!
//! They take and return indices, so that loops over them keep everything in registers; that is
//! most of the reader's speed, in builds for size more than in others.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

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

/// The byte at `pos`; 0, which no token begins with, at the end.
#[inline(always)]
pub(super) fn byte_at(bytes: &[u8], pos: usize) -> u8 {
    match bytes.get(pos) {
        Some(&byte) => byte,
        None => 0,
    }
}

#[inline(always)]
pub(super) fn word_at(bytes: &[u8], pos: usize) -> Option<u64> {
    match bytes.get(pos..pos.wrapping_add(8)) {
        Some(&[a, b, c, d, e, f, g, h]) => Some(u64::from_le_bytes([a, b, c, d, e, f, g, h])),
        _ => None,
    }
}

/// Passes one space, if there is one: what is mostly in front of a value, if anything is.
#[inline(always)]
pub(super) fn space(bytes: &[u8], pos: usize) -> usize {
    if byte_at(bytes, pos) == b' ' {
        pos.wrapping_add(1)
    } else {
        pos
    }
}

/// Passes white space (RFC 8259, section 2); the index of what is behind it, and its byte.
#[inline(always)]
pub(super) fn token(bytes: &[u8], pos: usize) -> (usize, u8) {
    match bytes.get(pos) {
        Some(&byte) if byte > b' ' => (pos, byte),
        _ => white_space(bytes, pos),
    }
}

#[inline(never)]
fn white_space(bytes: &[u8], mut pos: usize) -> (usize, u8) {
    const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
    loop {
        match byte_at(bytes, pos) {
            b' ' => {}
            b'\n' | b'\r' | b'\t' => pos = pos.wrapping_add(1),
            byte => return (pos, byte),
        }
        // What follows is mostly one space, or an indentation.
        match word_at(bytes, pos) {
            Some(word) => {
                let spaces = (word ^ SPACES).trailing_zeros() / 8;
                pos = pos.wrapping_add(spaces as usize);
            }
            None => pos = space(bytes, pos),
        }
        let byte = byte_at(bytes, pos);
        if byte > b' ' {
            return (pos, byte);
        }
    }
}

/// As [`plain_inline`], a function of its own where that is smaller.
#[inline]
pub(super) fn plain(bytes: &[u8], pos: usize) -> usize {
    plain_inline(bytes, pos)
}

/// Passes the characters of a string that stand for themselves; what ends them is a quote, a
/// backslash, a control character or the end of the text.
#[inline(always)]
pub(super) fn plain_inline(bytes: &[u8], pos: usize) -> usize {
    let Some(mut rest) = bytes.get(pos..) else {
        return pos;
    };
    while let Some((word, behind)) = rest.split_first_chunk() {
        let special = specials(u64::from_le_bytes(*word));
        if special != 0 {
            let passed = bytes.len().wrapping_sub(rest.len());
            return passed.wrapping_add((special.trailing_zeros() / 8) as usize);
        }
        rest = behind;
    }
    plain_tail(bytes, bytes.len().wrapping_sub(rest.len()))
}

#[cold]
#[inline(never)]
fn plain_tail(bytes: &[u8], mut pos: usize) -> usize {
    while let Some(&byte) = bytes.get(pos) {
        if matches!(byte, b'"' | b'\\' | 0..=0x1f) {
            break;
        }
        pos = pos.wrapping_add(1);
    }
    pos
}

/// Which of eight bytes of a string do not stand for themselves: the lowest bit that is set is the
/// highest of the first such byte; bits above it mean nothing.
#[inline(always)]
pub(super) fn specials(bytes: u64) -> u64 {
    const TWOS: u64 = ONES << 1;
    const FIRST_PLAIN: u64 = u64::from_le_bytes([0x21; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    // A quote is 0x22: with bit 1 turned round it stands right above the control characters, which
    // only change places, so that one subtraction borrows for both.
    let quotes_and_controls = (bytes ^ TWOS).wrapping_sub(FIRST_PLAIN);
    let backslashes = (bytes ^ BACKSLASHES).wrapping_sub(ONES);
    (quotes_and_controls | backslashes) & !bytes & HIGHS
}

/// Passes a number (RFC 8259, section 6).
///
/// # Errors
/// The index where a digit is missing.
pub(super) fn number(bytes: &[u8], mut pos: usize) -> Result<usize, usize> {
    if byte_at(bytes, pos) == b'-' {
        pos = pos.wrapping_add(1);
    }
    // What follows a zero is not part of the number, even if it is a digit.
    pos = if byte_at(bytes, pos) == b'0' {
        pos.wrapping_add(1)
    } else {
        digits(bytes, pos)?
    };
    if byte_at(bytes, pos) == b'.' {
        pos = digits(bytes, pos.wrapping_add(1))?;
    }
    if matches!(byte_at(bytes, pos), b'e' | b'E') {
        pos = pos.wrapping_add(1);
        if matches!(byte_at(bytes, pos), b'+' | b'-') {
            pos = pos.wrapping_add(1);
        }
        pos = digits(bytes, pos)?;
    }
    Ok(pos)
}

/// Passes digits, of which there must be one.
#[inline(always)]
fn digits(bytes: &[u8], start: usize) -> Result<usize, usize> {
    let mut pos = start;
    while byte_at(bytes, pos).wrapping_sub(b'0') <= 9 {
        pos = pos.wrapping_add(1);
    }
    if pos == start { Err(pos) } else { Ok(pos) }
}

/// Passes `word` if it stands here.
#[inline(always)]
pub(super) fn word(bytes: &[u8], pos: usize, word: &[u8]) -> Option<usize> {
    let end = pos.wrapping_add(word.len());
    let mut at = pos;
    for &byte in word {
        if byte_at(bytes, at) != byte {
            return None;
        }
        at = at.wrapping_add(1);
    }
    Some(end)
}
