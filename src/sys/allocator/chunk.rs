//! A chunk: 128 KB of memory, and the bitmap that says which of it is in use.
//!
//! Bit `i` stands for granule `i`, the chunk's bytes `8 * i .. 8 * i + 8`: 1 is in use, 0 is free. A
//! block is a row of granules. Nothing else is noted of a block: its owner knows its length. So two
//! free blocks that are neighbours are one longer run of zeros at once, whatever they were.
//!
//! A chunk that is all zero is an empty one, so that new pages need no preparation.

use super::system::{self, PAGE};

/// Bytes that one bit stands for: a block's length and address are multiples of this.
///
/// 16 if panics unwind: the toolchain's libunwind writes to Rust's exception object with instructions that need
/// that alignment, as every `malloc` gives it, although the object's type asks for 8.
pub(super) const GRANULE: usize = if cfg!(all(panic = "unwind", not(test))) {
    16
} else {
    8
};

/// Bytes of a chunk, which is aligned to this: clearing an address's lower bits finds its chunk.
pub(super) const CHUNK_LEN: usize = 128 << 10;

/// Granules of a chunk.
pub(super) const N_GRANULES: usize = CHUNK_LEN / GRANULE;

/// Granules of a page.
pub(super) const PAGE_GRANULES: usize = PAGE / GRANULE;

/// Granules at a chunk's front that are its header. Their bits stay 0 and mean nothing.
const HEADER_GRANULES: usize = size_of::<Chunk>().div_ceil(GRANULE);

/// Free granules of an empty chunk.
pub(super) const RUN_MAX: usize = N_GRANULES - HEADER_GRANULES;

const WORD_BITS: usize = 64;

/// Words of the bitmap.
const N_WORDS: usize = N_GRANULES / WORD_BITS;

/// The header, which lies in the chunk's first bytes.
#[repr(C)]
pub(super) struct Chunk {
    /// The bitmap, and a word of zeros behind it, so that the end of a block is in a word too.
    used: [u64; N_WORDS + 1],
    /// A bit for each page that may be resident.
    dirty: u64,
    /// Which chunk this is among all.
    pub(super) index: u32,
    /// All words of the bitmap before this one have no free granule but the header's.
    first: u32,
}

impl Chunk {
    /// Returns the chunk that `block` lies in, and the block's granule.
    pub(super) fn of(block: *mut u8) -> (*mut Chunk, usize) {
        let offset = block.addr() & (CHUNK_LEN - 1);
        // The chunk's memory was exposed when it came from the system. A block's own pointer may be
        // valid for the block only.
        let chunk = core::ptr::with_exposed_provenance_mut(block.addr().wrapping_sub(offset));
        (chunk, offset / GRANULE)
    }

    /// Returns the first granule from `at` on whose bit is 0 (`flip` all ones) or 1 (`flip` 0); any
    /// number of at least `until` if there is none before that, or `N_GRANULES` if there is none.
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
                // The word behind the bitmap is no granule.
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

    /// Returns the first of `n` granules that are free and begin at a multiple of `align`; `Err` has
    /// the length of the longest run that is free, if none of them will do.
    pub(super) fn find(&mut self, n: usize, align: usize) -> Result<usize, usize> {
        let from = (self.first as usize).wrapping_mul(WORD_BITS);
        let mut at = self.next_free(from.max(HEADER_GRANULES));
        #[expect(clippy::cast_possible_truncation, reason = "there are 256 words")]
        {
            self.first = (at / WORD_BITS) as u32;
        }
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

    /// Takes `n` granules from `start` on, which are free. Returns the bytes of the pages that are
    /// dirty from now on.
    pub(super) fn claim(&mut self, start: usize, n: usize) -> usize {
        self.flip(start, n);
        let last = start.wrapping_add(n).wrapping_sub(1) / PAGE_GRANULES;
        let up_to_last = (2_u64 << last).wrapping_sub(1);
        // The header's page is dirty too.
        let pages = up_to_last & u64::MAX << (start / PAGE_GRANULES) | 1;
        let clean = pages & !self.dirty;
        self.dirty |= pages;
        len_of(clean)
    }

    /// Changes the bits of `n` granules from `start` on, which are all 0 or all 1.
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

    /// Frees `n` granules from `start` on. Returns the length of the free run that they are part of.
    pub(super) fn free(&mut self, start: usize, n: usize) -> usize {
        self.flip(start, n);
        let mut index = start / WORD_BITS;
        #[expect(clippy::cast_possible_truncation, reason = "there are 256 words")]
        {
            self.first = self.first.min(index as u32);
        }
        // The last granule in use in front of `start`.
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

    /// Gives the dirty pages back to the system that no granule in use lies in: the bytes they have,
    /// and whether the chunk is empty. The header's own page goes only with all others.
    pub(super) fn discard(&mut self) -> (usize, bool) {
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
            // SAFETY: the pages are this chunk's, and no granule in use lies in them. If the
            // header's page is one of them, the header says what a zeroed one says.
            unsafe { system::discard(at, n) };
        }
        (len, is_empty)
    }
}

/// Bytes of the pages that have a bit in `pages`.
// There are few. `count_ones` is 90 bytes more where the processor does not have it.
fn len_of(mut pages: u64) -> usize {
    let mut len = 0_usize;
    while pages != 0 {
        pages &= pages.wrapping_sub(1);
        len = len.wrapping_add(PAGE);
    }
    len
}
