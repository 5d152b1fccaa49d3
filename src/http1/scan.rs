//! Looking through bytes eight at a time, which is a fifth of the work at any level of optimisation: pure.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// How many bytes in front of the first there are that is a control character (RFC 5234, appendix
/// B.1, less the DEL) or not of ASCII, or all.
// Once for all that is sought.
#[inline(never)]
pub(super) fn before_odd(bytes: &[u8]) -> usize {
    let (passed, rest) = words(bytes, |word| word.wrapping_sub(ONES << 5) | word);
    let is_odd = |b: &u8| !matches!(b, b' '..=0x7f);
    let tail = rest.iter().position(is_odd).unwrap_or(rest.len());
    passed.wrapping_add(tail)
}

/// How many letters, digits and hyphens there are in front of anything else: what most names of
/// fields consist of, and most identifiers. Of the last seven bytes, none is counted.
#[inline(never)]
pub(crate) fn plain(bytes: &[u8]) -> usize {
    /// What makes the highest bit of each byte that is not less than `from`.
    const fn up_to_high(from: u8) -> u64 {
        u64::from_le_bytes([0x80_u8.wrapping_sub(from); 8])
    }
    // Of what is outside, none or both are set.
    let is_within = |bytes: u64, first: u8, last: u8| {
        bytes.wrapping_add(up_to_high(first)) ^ bytes.wrapping_add(up_to_high(last.wrapping_add(1)))
    };
    let (passed, _) = words(bytes, |word| {
        let is_letter = is_within(word | ONES << 5, b'a', b'z');
        let is_digit = is_within(word, b'0', b'9');
        let is_no_hyphen = (word ^ u64::from_le_bytes([b'-'; 8])).wrapping_add(up_to_high(1));
        word | is_no_hyphen & !(is_letter | is_digit)
    });
    passed
}

/// How many bytes are in front of the first that is sought, and what follows them if none of eight
/// is. In eight of them, `first_of` sets the highest bit of the first one; bits above it mean
/// nothing.
#[inline(always)]
fn words(bytes: &[u8], first_of: impl Fn(u64) -> u64) -> (usize, &[u8]) {
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let found = first_of(u64::from_le_bytes(*word)) & HIGHS;
        if found != 0 {
            let passed = bytes.len().wrapping_sub(rest.len());
            return (
                passed.wrapping_add((found.trailing_zeros() / 8) as usize),
                &[],
            );
        }
        rest = behind;
    }
    (bytes.len().wrapping_sub(rest.len()), rest)
}

/// Whether the name of a field is `word`, which is of letters and hyphens, whatever their case. No
/// token (RFC 9110, section 5.6.2) has a character that differs from one of those in bit 5 alone.
pub(crate) fn is_name(name: &[u8], word: &[u8]) -> bool {
    is_same_but(name, word, ONES << 5)
}

/// Whether two texts are the same. `==` goes byte by byte with musl.
pub(crate) fn is_same(a: &[u8], b: &[u8]) -> bool {
    is_same_but(a, b, 0)
}

/// Whether two texts differ in no bits but those of each eight bytes that are `ignored`.
#[inline(never)]
fn is_same_but(a: &[u8], b: &[u8], ignored: u64) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0_usize;
    loop {
        let end = at.wrapping_add(8);
        let (Some(a_word), Some(b_word)) = (word(a.get(at..end)), word(b.get(at..end))) else {
            break;
        };
        if (a_word ^ b_word) & !ignored != 0 {
            return false;
        }
        at = end;
    }
    // The last eight bytes, of which some are seen again.
    let last = a.len().wrapping_sub(8);
    if let (Some(a), Some(b)) = (word(a.get(last..)), word(b.get(last..))) {
        return (a ^ b) & !ignored == 0;
    }
    let [ignored, ..] = ignored.to_le_bytes();
    a.iter().zip(b).all(|(a, b)| a | ignored == b | ignored)
}

/// What `bytes` begin with.
#[inline(always)]
fn word(bytes: Option<&[u8]>) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte at every place of a text that is longer than two words.
    #[test]
    fn the_first_that_is_sought_is_found_wherever_it_stands() {
        for byte in 0..=255_u8 {
            for at in 0..19 {
                let mut text = [b'a'; 27];
                text[at] = byte;
                let (all, text) = (24, &text);
                let is_plain = byte.is_ascii_alphanumeric() || byte == b'-';
                assert_eq!(
                    plain(text),
                    if is_plain { all } else { at },
                    "{byte} at {at}"
                );
                let text = &text[..19];
                let is_odd = !matches!(byte, b' '..=0x7f);
                let want = if is_odd { at } else { 19 };
                assert_eq!(before_odd(text), want, "{byte} at {at}");
            }
        }
    }

    /// What stands behind must not be taken for it, nor hide it.
    #[test]
    fn the_first_of_two_is_found() {
        for first in 0..=255 {
            for second in 0..=255_u8 {
                let text = [b'a', first, second, b'a', b'a', second, b'a', b'a'];
                let check = |got: usize, is_sought: fn(u8) -> bool| {
                    let at = text.iter().position(|&b| is_sought(b));
                    assert_eq!(got, at.unwrap_or(8), "{first} {second}");
                };
                check(plain(&text), |b| !(b.is_ascii_alphanumeric() || b == b'-'));
                check(before_odd(&text), |b| !matches!(b, b' '..=0x7f));
            }
        }
    }

    #[test]
    fn texts_are_the_same_if_each_byte_is() {
        let text = *b"Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700";
        for len in 0..=text.len() {
            let text = &text[..len];
            assert!(is_same(text, text));
            assert!(!is_same(text, &text[..len.saturating_sub(1)]) || len == 0);
            for at in 0..len {
                let mut other = text.to_vec();
                other[at] ^= 32;
                assert!(!is_same(text, &other), "{len} {at}");
            }
        }
    }

    #[test]
    fn a_name_is_known_in_any_case() {
        #[track_caller]
        fn check(name: &str, word: &str, want: bool) {
            assert_eq!(is_name(name.as_bytes(), word.as_bytes()), want);
        }
        check("Transfer-ENCODING", "transfer-encoding", true);
        check("transfer-encoding", "transfer-encoding", true);
        check("date", "Date", true);
        check("dat", "date", false);
        check("dates", "date", false);
        for at in 0..17 {
            let mut name = *b"transfer-encoding";
            name[at] = b'0';
            assert!(!is_name(&name, b"transfer-encoding"), "{at}");
        }
    }
}
