//! A chunk: 128 KB of memory with a bitmap of the used parts.
//!
//! Bit `i` tells whether granule `i`, the chunk's bytes `8 * i .. 8 * i + 8`, is used (1) or free (0). A block
//! is a run of granules. Nothing else is stored about a block, since its owner knows its length. So two
//! free neighbours are one longer run of zeros, whatever their lengths were.
//!
//! A chunk of zeros is an empty chunk, so that new memory needs no initialization.

use super::system::{self, PAGE};

/// Bytes of a granule, which has one bit in the bitmap. A block's length and address are multiples of this.
///
/// 16 if panics unwind: the toolchain's libunwind writes to Rust's exception object with instructions that need
/// that alignment, as every `malloc` gives it, although the object's type asks for 8.
pub(super) const GRANULE: usize = if cfg!(all(panic = "unwind", not(test))) {
    16
} else {
    8
};

/// Bytes of a chunk. All chunks but the first one are aligned to this.
pub(super) const CHUNK_LEN: usize = 128 << 10;

/// Granules of a chunk.
pub(super) const N_GRANULES: usize = CHUNK_LEN / GRANULE;

/// Granules of a page.
pub(super) const PAGE_GRANULES: usize = PAGE / GRANULE;

/// Granules of the header, at the start of the chunk. Their bits are always 0 and never read.
const HEADER_GRANULES: usize = size_of::<Chunk>().div_ceil(GRANULE);

/// Bytes of the header's granules.
pub(super) const HEADER_LEN: usize = HEADER_GRANULES * GRANULE;

/// Free granules of an empty chunk.
pub(super) const RUN_MAX: usize = N_GRANULES - HEADER_GRANULES;

const WORD_BITS: usize = 64;

/// Words in the bitmap.
const N_WORDS: usize = N_GRANULES / WORD_BITS;

/// The header of a chunk, at its start.
#[repr(C)]
pub(super) struct Chunk {
    /// The bitmap, and a word of zeros after it, so that each end of a block lies in a word.
    used: [u64; N_WORDS + 1],
    /// A bit per page: 1 if the page may be resident.
    dirty: u64,
    /// Index of this chunk: its group's index times 64, plus its index in the group.
    pub(super) index: usize,
    /// No word of the bitmap before this one has a free granule, except those of the header.
    first: usize,
}

impl Chunk {
    /// Returns the chunk that contains `block`, and the index of the block's first granule.
    pub(super) fn of(block: *mut u8, front: *mut u8) -> (*mut Chunk, usize) {
        let mut offset = block.addr().wrapping_sub(front.addr());
        if offset >= CHUNK_LEN {
            offset = block.addr() & (CHUNK_LEN - 1);
        }
        // Exposed provenance: the pointer of a block may be valid for the block only. The memory of
        // each chunk was exposed when it was mapped.
        let chunk = core::ptr::with_exposed_provenance_mut(block.addr().wrapping_sub(offset));
        (chunk, offset / GRANULE)
    }

    /// Returns the first granule at or after `at` whose bit is 0 (`flip` = all ones) or 1 (`flip` = 0).
    /// If there is none before `until`, returns any number from `until` to `N_GRANULES`.
    fn next(&self, at: usize, until: usize, flip: u64) -> usize {
        let index = at / WORD_BITS;
        let Some([word, rest @ ..]) = self.used.get(index..) else {
            return N_GRANULES;
        };
        let mut begin = index.wrapping_mul(WORD_BITS);
        let mut word = (word ^ flip) & u64::MAX << (at % WORD_BITS);
        let mut rest = rest.iter();
        while word == 0 {
            begin = begin.wrapping_add(WORD_BITS);
            if begin >= until {
                // The word after the bitmap has no granules.
                return begin.min(N_GRANULES);
            }
            match rest.next() {
                Some(next) => word = next ^ flip,
                None => return N_GRANULES,
            }
        }
        begin.wrapping_add(word.trailing_zeros() as usize)
    }

    fn next_free(&self, at: usize) -> usize {
        self.next(at, N_GRANULES, u64::MAX)
    }

    /// Returns the start of the first free run of `n` granules that begins at a multiple of `align`. If
    /// there is none, `Err` is the length of the longest free run.
    pub(super) fn find(&mut self, n: usize, align: usize) -> Result<usize, usize> {
        let from = self.first.wrapping_mul(WORD_BITS);
        let mut at = self.next_free(from.max(HEADER_GRANULES));
        self.first = at / WORD_BITS;
        let mut longest = 0;
        while at < N_GRANULES {
            let mask = align.wrapping_sub(1);
            let start = at.wrapping_add(mask) & !mask;
            let wanted_end = start.wrapping_add(n);
            let end = self.next(at, wanted_end, 0);
            if end >= wanted_end {
                return Ok(start);
            }
            longest = longest.max(end.wrapping_sub(at));
            at = self.next_free(end);
        }
        Err(longest)
    }

    /// Marks `n` granules from `start` as used, which are free. Returns the bytes of the pages that
    /// become dirty.
    pub(super) fn mark_used(&mut self, start: usize, n: usize) -> usize {
        self.flip(start, n);
        let last = start.wrapping_add(n).wrapping_sub(1) / PAGE_GRANULES;
        let up_to_last = (2_u64 << last).wrapping_sub(1);
        // The header makes its page dirty too.
        let pages = up_to_last & u64::MAX << (start / PAGE_GRANULES) | 1;
        let clean = pages & !self.dirty;
        self.dirty |= pages;
        len_of(clean)
    }

    /// Inverts the bits of `n` granules from `start`.
    fn flip(&mut self, start: usize, n: usize) {
        let end = start.wrapping_add(n);
        let head = u64::MAX << (start % WORD_BITS);
        let tail = !(u64::MAX << (end % WORD_BITS));
        match self.used.get_mut(start / WORD_BITS..=end / WORD_BITS) {
            Some([word]) => *word ^= head & tail,
            Some([first, between @ .., last]) => {
                *first ^= head;
                for word in between {
                    *word = !*word;
                }
                *last ^= tail;
            }
            _ => {}
        }
    }

    /// Marks `n` granules from `start` as free, which are used. Returns the length of the free run that
    /// contains them.
    pub(super) fn mark_free(&mut self, start: usize, n: usize) -> usize {
        self.flip(start, n);
        let mut index = start / WORD_BITS;
        self.first = self.first.min(index);
        // Search backwards for the last used granule before `start`.
        let mut mask = !(u64::MAX << (start % WORD_BITS));
        let mut begin = HEADER_GRANULES;
        while let Some(word) = self.used.get(index) {
            let word = word & mask;
            if word != 0 {
                let zeros = word.leading_zeros() as usize;
                begin = index
                    .wrapping_add(1)
                    .wrapping_mul(WORD_BITS)
                    .wrapping_sub(zeros);
                break;
            }
            index = index.wrapping_sub(1);
            mask = u64::MAX;
        }
        let end = self.next(start.wrapping_add(n), N_GRANULES, 0);
        end.wrapping_sub(begin)
    }

    /// Gives the dirty pages without a used granule back to the system. Returns their bytes, and whether
    /// the whole chunk is free. The page of the header is given back only in that case.
    pub(super) fn purge(&mut self) -> (usize, bool) {
        const N_PAGES: usize = CHUNK_LEN / PAGE;
        const ALL: u64 = (1 << N_PAGES) - 1;
        let mut free = 0;
        let mut begin = N_GRANULES;
        while begin != 0 {
            let end = begin;
            begin = begin.wrapping_sub(PAGE_GRANULES);
            free = free << 1 | u64::from(self.next(begin, end, 0) >= end);
        }
        let is_empty = free == ALL;
        if !is_empty {
            free &= !1;
        }
        let mut pages = free & self.dirty;
        self.dirty &= !free;
        self.first = 0;
        let base: *mut u8 = core::ptr::with_exposed_provenance_mut((&raw mut *self).addr());
        let mut len = 0_usize;
        while pages != 0 {
            let begin = pages.trailing_zeros();
            let n = (!(pages >> begin)).trailing_zeros();
            pages &= pages.wrapping_add(1 << begin);
            let at = base.wrapping_add((begin as usize).wrapping_mul(PAGE));
            let n = (n as usize).wrapping_mul(PAGE);
            len = len.wrapping_add(n);
            // SAFETY: the pages belong to this chunk, and no granule in them is used. If the header's
            // page is among them, the header is what an empty chunk has: zeros, once read again.
            unsafe { system::discard(at, n) };
        }
        (len, is_empty)
    }
}

/// Returns the bytes of the pages whose bits are set.
// A loop, since there are few. `count_ones` is 90 bytes longer without the `popcnt` feature.
fn len_of(mut pages: u64) -> usize {
    let mut len = 0_usize;
    while pages != 0 {
        pages &= pages.wrapping_sub(1);
        len = len.wrapping_add(PAGE);
    }
    len
}
