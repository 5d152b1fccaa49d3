//! HTTP/1.1 on a socket (RFC 9112). Heads and bodies are parsed from bytes; only `connection` uses
//! a socket.

pub(crate) mod body;
pub(crate) mod connection;
pub(crate) mod head;
pub(crate) mod scan;

/// Returns `a + b`. These are lengths of data in memory, so the sum cannot overflow.
const fn add(a: usize, b: usize) -> usize {
    debug_assert!(a.checked_add(b).is_some(), "lengths in memory");
    a.wrapping_add(b)
}

/// Returns `len - part`. A part is no longer than the whole, so this cannot overflow.
const fn subtract(len: usize, part: usize) -> usize {
    debug_assert!(part <= len, "a part is no longer than the whole");
    len.wrapping_sub(part)
}

/// Returns the first `len` bytes and the rest. There must be at least `len` bytes.
fn split(bytes: &[u8], len: usize) -> (&[u8], &[u8]) {
    debug_assert!(len <= bytes.len(), "a part is no longer than the whole");
    bytes.split_at_checked(len).unwrap_or_default()
}

/// Returns the bytes from `start` on. There must be at least `start` bytes.
fn skip(bytes: &[u8], start: usize) -> &[u8] {
    debug_assert!(start <= bytes.len(), "the start is within the bytes");
    bytes.get(start..).unwrap_or_default()
}

/// Moves `buf[from..to]` down to `dest`, where `dest <= from <= to <= buf.len()`.
fn move_down(buf: &mut [u8], from: usize, to: usize, dest: usize) {
    debug_assert!(dest <= from && from <= to && to <= buf.len());
    let area = buf.get_mut(dest..to).unwrap_or_default();
    let gap = subtract(from, dest);
    if gap <= area.len() {
        area.copy_within(gap.., 0);
    }
}

/// Removes `buf[start..end]`; the bytes after it move down. `Vec::drain` would do the same, but can
/// panic.
fn remove_range(buf: &mut alloc::vec::Vec<u8>, start: usize, end: usize) {
    let len = buf.len();
    move_down(buf, end, len, start);
    buf.truncate(subtract(len, subtract(end, start)));
}
