//! The scanner: functions from an index in the text to the index behind what stands there.
//!
//! They take and return indices, so that loops over them keep everything in registers; that is
//! most of the reader's speed, in builds for size more than in others.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// The byte at `pos`; 0, which no token begins with, at the end.
#[inline(always)]
pub(super) fn byte_at(bytes: &[u8], pos: usize) -> u8 {
    match bytes.get(pos) {
        Some(&byte) => byte,
        None => 0,
    }
}

#[inline(always)]
fn word_at(bytes: &[u8], pos: usize) -> Option<u64> {
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

/// Passes the characters of a string that stand for themselves; what ends them is a quote, a
/// backslash, a control character or the end of the text.
#[inline(always)]
pub(super) fn plain(bytes: &[u8], pos: usize) -> usize {
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

/// Where the name that begins at `start`, behind its quote, is in `names`; the length of `names`
/// if nowhere. It is compared as it is written.
#[inline(always)]
pub(super) fn position(names: &[Name], bytes: &[u8], start: usize) -> usize {
    let word = name_word(bytes, start);
    let mut index = 0;
    for name in names {
        if name.begins(word) && name.ends(bytes, start) {
            break;
        }
        index = usize::wrapping_add(index, 1);
    }
    index
}

#[inline(always)]
fn name_word(bytes: &[u8], start: usize) -> u64 {
    match word_at(bytes, start) {
        Some(word) => word,
        None => last_word(bytes, start),
    }
}

/// The last bytes of a text that has less than eight more, and zeros.
#[cold]
#[inline(never)]
fn last_word(bytes: &[u8], start: usize) -> u64 {
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(bytes.get(start..).unwrap_or_default()) {
        *to = *from;
    }
    u64::from_le_bytes(word)
}

/// The name of a struct's member, prepared to be found and to be written.
#[derive(Debug)]
pub struct Name {
    /// A bracket or a comma, the name in quotes and escaped as it must be, a colon.
    text: &'static [u8],
    /// What begins behind the opening quote: up to eight bytes, the closing quote included.
    first: u64,
    first_mask: u64,
}

impl Name {
    /// From what [`text`](Self::text) made.
    pub const fn new(text: &'static [u8]) -> Name {
        let (mut first, mut first_mask) = (0_u64, 0_u64);
        let [_, _, name @ .., _] = text else {
            return Name {
                text,
                first,
                first_mask,
            };
        };
        let mut rest = name;
        let mut shift = 0_u32;
        while let (true, [byte, behind @ ..]) = (shift < 64, rest) {
            first |= (*byte as u64) << shift;
            first_mask |= 0xff << shift;
            rest = behind;
            shift = shift.wrapping_add(8);
        }
        Name {
            text,
            first,
            first_mask,
        }
    }

    /// What is written of a member before its value, if it is the first or another one.
    pub const fn text<const LEN: usize>(name: &str, is_first: bool) -> [u8; LEN] {
        let mut text = [b'"'; LEN];
        let mut writer = ConstWriter { rest: &mut text };
        writer = writer.push(if is_first { b'{' } else { b',' }).push(b'"');
        let mut rest = name.as_bytes();
        while let [byte, behind @ ..] = rest {
            writer = match *byte {
                b'"' | b'\\' => writer.push(b'\\').push(*byte),
                0..=0x1f => {
                    let digit = *byte & 0x0f;
                    let zero = if digit < 10 {
                        b'0'
                    } else {
                        b'a'.wrapping_sub(10)
                    };
                    let high = b'0'.wrapping_add(*byte >> 4);
                    let writer = writer.push(b'\\').push(b'u').push(b'0').push(b'0');
                    writer.push(high).push(zero.wrapping_add(digit))
                }
                byte => writer.push(byte),
            };
            rest = behind;
        }
        writer.push(b'"').push(b':');
        text
    }

    /// How long [`text`](Self::text) is.
    pub const fn text_len(name: &str) -> usize {
        let mut len: usize = 4;
        let mut rest = name.as_bytes();
        while let [byte, behind @ ..] = rest {
            let escaped_len = match *byte {
                b'"' | b'\\' => 2,
                0..=0x1f => 6,
                _ => 1,
            };
            len = len.wrapping_add(escaped_len);
            rest = behind;
        }
        len
    }

    /// What is written of a member before its value.
    pub(super) fn as_text(&self) -> &'static [u8] {
        self.text
    }

    /// The name as it is written, without quotes.
    pub(super) fn name(&self) -> &'static [u8] {
        match self.text {
            [_, _, name @ .., _, _] => name,
            _ => &[],
        }
    }

    /// Whether this name, as it is written, begins at `start`, behind its quote.
    #[inline(always)]
    pub(super) fn is_at(&self, bytes: &[u8], start: usize) -> bool {
        self.begins(name_word(bytes, start)) && self.ends(bytes, start)
    }

    #[inline(always)]
    fn begins(&self, word: u64) -> bool {
        (word ^ self.first) & self.first_mask == 0
    }

    /// Whether what is behind the first eight bytes is right, too.
    #[inline(always)]
    fn ends(&self, bytes: &[u8], start: usize) -> bool {
        match self.text {
            [_, _, _, _, _, _, _, _, _, _, end @ .., _] if !end.is_empty() => {
                same(bytes.get(start.wrapping_add(8)..).unwrap_or_default(), end)
            }
            _ => true,
        }
    }
}

/// Whether `bytes` begins with `end`; faster than a call of `memcmp` for what names there are.
fn same(bytes: &[u8], end: &[u8]) -> bool {
    let (mut a, mut b) = (bytes, end);
    while let (Some((word_a, rest_a)), Some((word_b, rest_b))) =
        (a.split_first_chunk::<8>(), b.split_first_chunk::<8>())
    {
        if word_a != word_b {
            return false;
        }
        (a, b) = (rest_a, rest_b);
    }
    while let [byte_b, rest_b @ ..] = b {
        match a {
            [byte_a, rest_a @ ..] if byte_a == byte_b => (a, b) = (rest_a, rest_b),
            _ => return false,
        }
    }
    true
}

/// Fills an array in constant evaluation, byte by byte.
struct ConstWriter<'t> {
    rest: &'t mut [u8],
}

impl<'t> ConstWriter<'t> {
    const fn push(self, byte: u8) -> ConstWriter<'t> {
        match self.rest {
            [first, rest @ ..] => {
                *first = byte;
                ConstWriter { rest }
            }
            rest => ConstWriter { rest },
        }
    }
}
