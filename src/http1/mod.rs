//! HTTP/1.1 on a socket (RFC 9112). Heads and bodies are parsed from bytes; only `connection` and
//! `exchange` use a socket.

pub(crate) mod address;
pub(crate) mod body;
pub(crate) mod connection;
pub(crate) mod exchange;
pub(crate) mod head;
pub(crate) mod scan;

use crate::encoding::lengths::subtract;

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
#[inline]
pub(crate) fn remove_range(buf: &mut alloc::vec::Vec<u8>, start: usize, end: usize) {
    let len = buf.len();
    move_down(buf, end, len, start);
    buf.truncate(subtract(len, subtract(end, start)));
}
