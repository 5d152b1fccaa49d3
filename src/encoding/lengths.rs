//! Sums, differences and parts of data in memory that exist by the caller's promise. A broken promise
//! panics in debug builds. In release builds it gives a wrong number or nothing, since the runtime may
//! not contain a panic.

/// Returns `a + b`. These are lengths of data in memory, so the sum cannot overflow.
pub(crate) const fn add(a: usize, b: usize) -> usize {
    debug_assert!(a.checked_add(b).is_some(), "lengths in memory");
    a.wrapping_add(b)
}

/// Returns `len - part`. A part is no longer than the whole, so this cannot overflow.
pub(crate) const fn subtract(len: usize, part: usize) -> usize {
    debug_assert!(part <= len, "a part is no longer than the whole");
    len.wrapping_sub(part)
}

/// Returns the first `len` bytes and the rest. There must be at least `len` bytes.
pub(crate) fn split(bytes: &[u8], len: usize) -> (&[u8], &[u8]) {
    debug_assert!(len <= bytes.len(), "a part is no longer than the whole");
    bytes.split_at_checked(len).unwrap_or_default()
}

/// Returns the first `len` elements. There must be at least `len`.
pub(crate) fn prefix<T>(elements: &[T], len: usize) -> &[T] {
    debug_assert!(len <= elements.len(), "a part is no longer than the whole");
    elements.get(..len).unwrap_or_default()
}

/// Returns the bytes from `start` on. There must be at least `start` bytes.
pub(crate) fn skip(bytes: &[u8], start: usize) -> &[u8] {
    debug_assert!(start <= bytes.len(), "the start is within the bytes");
    bytes.get(start..).unwrap_or_default()
}

/// Returns the part of a text up to the offset `end`, which must be within it, between two characters.
pub(crate) fn text_before(text: &str, end: usize) -> &str {
    debug_assert!(text.is_char_boundary(end), "an offset of the text");
    text.get(..end).unwrap_or_default()
}

/// Returns the part of a text from the offset `start` on, which must be within it, between two characters.
pub(crate) fn text_after(text: &str, start: usize) -> &str {
    debug_assert!(text.is_char_boundary(start), "an offset of the text");
    text.get(start..).unwrap_or_default()
}
