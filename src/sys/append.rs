//! Appends short parts of constant length to a vector, which takes no call of `memcpy`.
//!
//! The plain form is `Vec::extend_from_slice` and `Vec::truncate`. At opt-level z that is three calls and copies
//! byte by byte: a third of the instructions of a written integer ("integers" in `bench/json`).

use alloc::vec::Vec;
use core::ptr;

/// Appends the first `len` bytes. There must be at least `len`.
#[inline(always)]
pub(crate) fn push_prefix<const N: usize>(out: &mut Vec<u8>, bytes: &[u8; N], len: usize) {
    debug_assert!(len <= N, "a part is no longer than the whole");
    out.reserve(N);
    let end = out.len();
    // SAFETY: there is room for N bytes after the first `end`, and they do not overlap with `bytes`, since `out` is
    // borrowed mutably. The length grows by no more than the N bytes that are initialized.
    unsafe {
        ptr::copy_nonoverlapping(bytes.as_ptr(), out.as_mut_ptr().add(end), N);
        out.set_len(end.wrapping_add(len.min(N)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_are_appended() {
        let mut out = Vec::new();
        for len in 0..=8 {
            push_prefix(&mut out, b"abcdefgh", len);
        }
        assert_eq!(out, b"aababcabcdabcdeabcdefabcdefgabcdefgh");
    }
}
