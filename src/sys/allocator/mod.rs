//! The global allocator of release builds for musl: small code, and memory bounded by what is in use.
//!
//! # Guarantees
//! Sizes are rounded up to 8 bytes (16 where panics unwind), those of more than 124 KB to whole pages.
//! *In use* are the bytes of all blocks that were allocated and not freed. The *peak* is the maximum of that
//! since the last `next`.
//! - During an invocation, the resident memory of this allocator is at most 17/16 of the peak plus
//!   1 MB.
//! - When `next` is called, it is at most 17/16 of the bytes in use plus 1 MB.
//!
//! The resident memory can be larger by two things. One is pages that are only partly in use, since a block
//! never moves and a page can be given back only as a whole. The other is the first chunk (128 KB).
//!
//! In the child of a `fork`, no call waits for a thread that exists only in the parent.
//!
//! # Design
//! - **Chunks** (`chunk.rs`) are 128 KB of memory with a bitmap, one bit per 8 bytes (a *granule*). An
//!   allocation takes the lowest address that fits (address-ordered first fit). Free neighbours need
//!   no merging: they are one run of zero bits. Chunks form *groups* of 64. An upper bound of the
//!   longest free run is stored per chunk and per group, so that a search skips full ones.
//! - **Free lists**: a freed block of at most 1 KB goes to the free list of its size class, one class
//!   per 8 bytes. It stays marked as used in the bitmap. If the lists have more than 64 KB, all their
//!   blocks are freed in the bitmaps.
//! - **The first chunk** is part of the executable's zeroed memory (`.bss`), so that no system call is
//!   needed for it. Until it is opened, blocks are cut from its end one after the other (bump
//!   allocation, 9 instructions; a search of the bitmap takes about 150), and its bitmap is not used.
//! - **Mappings**: a block of more than 124 KB, or aligned to more than a page, is an `mmap` of its
//!   own. It grows with `mremap`, without a copy.
//! - **Purge**: a page that was written to counts as resident. If the resident bytes pass the limit,
//!   the free lists are emptied and each page without a used granule is given back to the system.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::mem::{self, MaybeUninit};
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering, compiler_fence};

use chunk::{CHUNK_LEN, Chunk, GRANULE, HEADER_LEN, N_GRANULES, PAGE_GRANULES, RUN_MAX};
use system::PAGE;

mod chunk;
mod system;

#[cfg_attr(not(test), global_allocator)]
static HEAP: Heap = Heap::new();

/// Gives memory that is not in use back to the system. The runtime calls this before each `next`.
pub(crate) fn trim_heap() {
    HEAP.locked(State::trim);
}

/// Bytes of the first chunk that blocks can use, its header included. The rest is half a page, which
/// the lock and the first fields of `State` use: this saves one page of resident memory.
const FIRST_CHUNK_LEN: usize = CHUNK_LEN - PAGE / 2;

/// Bytes of the first chunk that can be cut.
const CUT_MAX: usize = FIRST_CHUNK_LEN - HEADER_LEN;

/// Longest block in a chunk, in granules. It fits the first chunk, so that no mapping is cut from it, and an
/// empty chunk at each alignment up to a page.
const CHUNKED_MAX: usize = {
    let aligned_max = CHUNK_LEN - HEADER_LEN.next_multiple_of(PAGE);
    if CUT_MAX < aligned_max {
        CUT_MAX / GRANULE
    } else {
        aligned_max / GRANULE
    }
};
const _: () = assert!(HEADER_LEN % GRANULE == 0 && CUT_MAX % GRANULE == 0);

/// Longest block that has a free list, in granules.
const LISTED_MAX: usize = 1024 / GRANULE;

/// Most granules in all free lists.
const LISTED_TOTAL_MAX: usize = (64 << 10) / GRANULE;

/// Resident bytes that are allowed in addition to 17/16 of the peak.
const SLACK: usize = 1 << 20;

/// Chunks per group.
const GROUP_CHUNKS: usize = 64;

/// Most groups: 32 GB of memory, three times Lambda's maximum.
const N_GROUPS: usize = 4096;

/// Returns the number of granules that a block of `len` bytes needs.
fn granules(len: usize) -> usize {
    len.wrapping_add(GRANULE - 1) / GRANULE
}

/// Rounds `len` up to whole pages. This cannot overflow: the size of a `Layout` is at most
/// `isize::MAX`.
fn pages(len: usize) -> usize {
    len.wrapping_add(PAGE - 1) & !(PAGE - 1)
}

/// Returns whether a block of `n` granules is a mapping of its own.
fn is_mapped(n: usize, align: usize) -> bool {
    n > CHUNKED_MAX || align > PAGE
}

/// Returns whether a block of `n` granules goes to a free list when it is freed.
fn is_listed(n: usize, align: usize) -> bool {
    n <= LISTED_MAX && align <= GRANULE
}

/// A block in a free list.
struct FreeBlock {
    next: *mut FreeBlock,
}

/// Upper bound of a chunk's longest free run, in granules. It is stored inverted, so that zeroed
/// memory means "all free".
#[derive(Clone, Copy)]
struct Bound(u16);

impl Bound {
    /// Bound of a chunk that has no resident page.
    const UNTOUCHED: Bound = Bound(0);

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a run is shorter than u16::MAX"
    )]
    const fn new(run: usize) -> Bound {
        Bound(!(run as u16))
    }

    fn get(self) -> usize {
        (!self.0).into()
    }
}

struct Group {
    /// Address of the first chunk. Null if the group has no memory yet; then no later group has any.
    base: *mut u8,
    /// Upper bound of all `bounds`.
    bound: Bound,
    bounds: [Bound; GROUP_CHUNKS],
}

impl Group {
    /// Maps the memory of a group. Returns false if there is none.
    fn open(&mut self) -> bool {
        // One chunk more than needed: chunks are aligned to their length, mappings only to a page.
        const LEN: usize = (GROUP_CHUNKS + 1) * CHUNK_LEN;
        let begin = system::map(LEN);
        if begin.is_null() {
            return false;
        }
        // SAFETY: these pages have just been mapped.
        unsafe { system::refuse_huge_pages(begin, LEN) };
        let addr = begin.expose_provenance().wrapping_add(CHUNK_LEN - 1) & !(CHUNK_LEN - 1);
        self.base = ptr::with_exposed_provenance_mut(addr);
        true
    }

    fn chunk(base: *mut u8, i: usize) -> *mut Chunk {
        base.wrapping_add(i.wrapping_mul(CHUNK_LEN)).cast()
    }
}

// `repr(C)`: the fields that every function uses are in the page that the first blocks are in.
#[repr(C)]
struct State {
    /// Free lists, indexed by the number of granules. Index 0 is not used.
    free_lists: [*mut FreeBlock; LISTED_MAX + 1],
    /// Granules in all free lists.
    listed: usize,
    /// Bytes that were cut from the end of the first chunk; `CUT_MAX` once it is open.
    cut: usize,
    /// Address of the first chunk; null before the first allocation.
    first_chunk: *mut u8,
    /// Bytes in use, blocks in free lists included, and the maximum since `trim`. What was cut from
    /// the first chunk is not counted before it is open.
    used: usize,
    peak: usize,
    /// Bytes of dirty pages and of mappings.
    resident: usize,
    /// `check_limit` must be called if `resident` is greater.
    limit: usize,
    /// The first group has one chunk, the first chunk. The others have `GROUP_CHUNKS`.
    groups: [Group; N_GROUPS],
}

impl State {
    /// Removes a block of `n` granules from its free list. Returns null if the list is empty.
    #[inline(always)]
    fn pop_free(&mut self, n: usize) -> *mut u8 {
        let Some(list) = self.free_lists.get_mut(n) else {
            return ptr::null_mut();
        };
        let block = *list;
        if !block.is_null() {
            // SAFETY: a block in a free list is not in use, and `push_free` has initialized it.
            *list = unsafe { (*block).next };
            self.listed = self.listed.wrapping_sub(n);
        }
        block.cast()
    }

    /// Adds a block of `n` granules to its free list.
    ///
    /// # Safety
    /// The block was allocated with `n` granules, and is not used any more.
    #[inline(always)]
    unsafe fn push_free(&mut self, block: *mut u8, n: usize) {
        if let Some(list) = self.free_lists.get_mut(n) {
            let block: *mut FreeBlock = block.cast();
            // SAFETY: each block has at least 8 bytes and is aligned to 8; this one is not used.
            unsafe { block.write(FreeBlock { next: *list }) };
            *list = block;
            self.listed = self.listed.wrapping_add(n);
            if self.listed > LISTED_TOTAL_MAX {
                self.flush();
            }
        }
    }

    /// Allocates a block if its free list is empty or if it has none. Returns null if there is no
    /// memory. `first_chunk` is the address of the first chunk.
    // Not inlined, and `alloc_in_chunk` is another function: neither a block from a free list nor one
    // that is cut saves registers for a search (130 instructions less to the first `next` of hello).
    #[inline(never)]
    fn slow_alloc(&mut self, first_chunk: *mut u8, layout: Layout) -> *mut u8 {
        let (n, align) = (granules(layout.size()), layout.align());
        let len = n.wrapping_mul(GRANULE);
        self.first_chunk = first_chunk;
        if let (..=GRANULE, Some(at)) = (align, CUT_MAX.wrapping_sub(self.cut).checked_sub(len)) {
            self.cut = self.cut.wrapping_add(len);
            return first_chunk.wrapping_add(HEADER_LEN).wrapping_add(at);
        }
        if is_mapped(n, align) {
            self.map_block(layout)
        } else {
            self.alloc_in_chunk(n, align)
        }
    }

    /// Allocates `n` granules in a chunk.
    #[inline(never)]
    fn alloc_in_chunk(&mut self, n: usize, align: usize) -> *mut u8 {
        let Some((chunk, start)) = self.find(n, align.div_ceil(GRANULE)) else {
            return ptr::null_mut();
        };
        // SAFETY: `chunk` belongs to a group, and this thread has the lock.
        let dirty_len = unsafe { (*chunk).mark_used(start, n) };
        self.count(n.wrapping_mul(GRANULE), dirty_len);
        chunk.cast::<u8>().wrapping_add(start.wrapping_mul(GRANULE))
    }

    /// Finds the first free run of `n` granules whose start is a multiple of `align` granules.
    fn find(&mut self, n: usize, align: usize) -> Option<(*mut Chunk, usize)> {
        self.open_first_chunk();
        let mut index = 0_usize;
        for group in &mut self.groups {
            if group.base.is_null() && !group.open() {
                break;
            }
            if group.bound.get() >= n {
                let mut group_bound = 0;
                for (i, bound) in group.bounds.iter_mut().enumerate() {
                    if bound.get() >= n {
                        let chunk = Group::chunk(group.base, i);
                        // SAFETY: the chunk belongs to this group, and this thread has the lock.
                        let header = unsafe { &mut *chunk };
                        match header.find(n, align) {
                            Ok(start) => {
                                header.index = index.wrapping_add(i);
                                *bound = Bound::new(bound.get().min(RUN_MAX));
                                return Some((chunk, start));
                            }
                            Err(longest) => *bound = Bound::new(longest),
                        }
                    }
                    group_bound = group_bound.max(bound.get());
                }
                group.bound = Bound::new(group_bound);
            }
            index = index.wrapping_add(GROUP_CHUNKS);
        }
        None
    }

    /// Starts to use the bitmap of the first chunk, and marks the blocks that were cut from it as used. From
    /// then on it is a chunk like the others, and its freed memory serves any size.
    fn open_first_chunk(&mut self) {
        let group = &mut self.groups[0];
        if !group.base.is_null() {
            return;
        }
        let chunk: *mut Chunk = self.first_chunk.cast();
        chunk.expose_provenance();
        let start = FIRST_CHUNK_LEN.wrapping_sub(self.cut) / GRANULE;
        // SAFETY: nothing is cut from the first `HEADER_LEN` bytes, and this thread has the lock.
        let dirty_len = unsafe {
            // If a `fork` has interrupted this call in the parent, the child starts again.
            chunk.write_bytes(0, 1);
            (*chunk).mark_used(start, N_GRANULES.wrapping_sub(start))
        };
        group.bounds = [Bound::new(0); GROUP_CHUNKS];
        group.bounds[0] = Bound::new(RUN_MAX);
        self.used = self.used.wrapping_add(self.cut);
        self.resident = self.resident.wrapping_add(dirty_len);
        self.cut = CUT_MAX;
        // `base` is set last: it means that all of the above is done.
        compiler_fence(Ordering::Release);
        group.base = self.first_chunk;
    }

    /// Marks `n` granules as free in the bitmap.
    ///
    /// # Safety
    /// They begin at `block`, are marked as used, and are not used any more.
    unsafe fn free_in_chunk(&mut self, block: *mut u8, n: usize) {
        self.open_first_chunk();
        let (chunk, start) = Chunk::of(block, self.first_chunk);
        // SAFETY: the block lies in a chunk, and this thread has the lock.
        let chunk = unsafe { &mut *chunk };
        self.used = self.used.wrapping_sub(n.wrapping_mul(GRANULE));
        let index = chunk.index;
        let run = chunk.mark_free(start, n);
        if let Some(group) = self.groups.get_mut(index / GROUP_CHUNKS) {
            group.bound = Bound::new(group.bound.get().max(run));
            if let Some(bound) = group.bounds.get_mut(index % GROUP_CHUNKS) {
                *bound = Bound::new(bound.get().max(run));
            }
        }
    }

    /// Empties the free lists: marks their blocks as free in the bitmaps.
    fn flush(&mut self) {
        for n in 1..=LISTED_MAX {
            loop {
                let block = self.pop_free(n);
                if block.is_null() {
                    break;
                }
                // SAFETY: a block in free list `n` has `n` granules, which are marked as used.
                unsafe { self.free_in_chunk(block, n) };
            }
        }
    }

    /// Gives all pages of chunks that have no used granule back to the system.
    fn purge(&mut self) {
        self.flush();
        for group in &mut self.groups {
            if group.base.is_null() {
                break;
            }
            for (i, bound) in group.bounds.iter_mut().enumerate() {
                // If no free run is as long as a page, no page is free. If the bound is greater than
                // `RUN_MAX`, the chunk is untouched.
                if (PAGE_GRANULES..=RUN_MAX).contains(&bound.get()) {
                    // SAFETY: the chunk belongs to this group, and this thread has the lock.
                    let chunk = unsafe { &mut *Group::chunk(group.base, i) };
                    let (len, is_empty) = chunk.purge();
                    self.resident = self.resident.wrapping_sub(len);
                    if is_empty {
                        *bound = Bound::UNTOUCHED;
                    }
                }
            }
        }
    }

    /// Repairs the state after another thread's call was interrupted by a `fork`.
    ///
    /// Free lists may be inconsistent, so that their blocks are given up. A bitmap is right for all
    /// blocks in use, since each of its words is written at once. A bound that is too low only hides
    /// free granules.
    fn abandon_lists(&mut self) {
        self.free_lists = [ptr::null_mut(); LISTED_MAX + 1];
        self.listed = 0;
    }

    /// Starts a new peak, and gives memory back if more than the limit is resident.
    fn trim(&mut self) {
        self.peak = self.used;
        self.limit = 0;
        if self.resident != 0 {
            self.check_limit();
        }
    }

    /// Adds to the bytes in use and to the resident bytes. A negative number wraps around.
    fn count(&mut self, used: usize, resident: usize) {
        self.used = self.used.wrapping_add(used);
        self.peak = self.peak.max(self.used);
        self.resident = self.resident.wrapping_add(resident);
        if self.resident > self.limit {
            self.check_limit();
        }
    }

    /// Computes the limit, and purges if more is resident. If much stays resident, the next purge
    /// comes after it has grown by a sixteenth, so that the cost is shared by many allocations.
    #[inline(never)]
    fn check_limit(&mut self) {
        let limit = |len: usize| len.wrapping_add(len / 16).wrapping_add(SLACK);
        self.limit = limit(self.peak);
        if self.resident > self.limit {
            self.purge();
            self.limit = limit(self.peak.max(self.resident));
        }
    }

    /// Allocates a block as a mapping of its own.
    fn map_block(&mut self, layout: Layout) -> *mut u8 {
        let (len, align) = (pages(layout.size()), layout.align());
        let block = if align > PAGE {
            map_aligned(len, align)
        } else {
            system::map(len)
        };
        if !block.is_null() {
            self.count(len, len);
        }
        block
    }

    /// Frees a block that has no free list.
    ///
    /// # Safety
    /// It was allocated with `layout`, and is not used any more.
    #[inline(never)]
    unsafe fn slow_dealloc(&mut self, block: *mut u8, layout: Layout) {
        let n = granules(layout.size());
        if is_mapped(n, layout.align()) {
            let len = pages(layout.size());
            self.count(len.wrapping_neg(), len.wrapping_neg());
            // SAFETY: `map_block` or `realloc` has mapped `len` bytes, which are not used any more.
            unsafe { system::unmap(block, len) };
        } else {
            // SAFETY: such a block lies in a chunk, and is not used any more.
            unsafe { self.free_in_chunk(block, n) };
        }
    }
}

/// The allocator. It must not be moved after the first allocation.
// Aligned to a page, so that the first chunk can be purged. `repr(C)`: the lock and the first fields of
// `state` fill its last page.
#[repr(C, align(4096))]
pub(super) struct Heap {
    first_chunk: UnsafeCell<MaybeUninit<[u8; FIRST_CHUNK_LEN]>>,
    is_locked: AtomicBool,
    state: UnsafeCell<State>,
}

// SAFETY: only the thread that has the lock accesses `state` and the headers of chunks. Only the
// owner of a block accesses its granules.
unsafe impl Sync for Heap {}

impl Heap {
    /// Returns a heap without memory, which is all zeros.
    pub(super) const fn new() -> Heap {
        // SAFETY: each field may be zero: null pointers, numbers, an open lock, and memory that may hold
        // anything.
        unsafe { mem::zeroed() }
    }

    /// Calls `f` with the lock held. `f` must not call this again.
    #[inline(always)]
    fn locked<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        if self.is_locked.swap(true, Ordering::Acquire) {
            self.wait();
        }
        // SAFETY: this thread has the lock until the store below.
        let value = f(unsafe { &mut *self.state.get() });
        self.is_locked.store(false, Ordering::Release);
        value
    }

    /// Waits for the lock. The thread that has it usually needs some dozen instructions, and perhaps
    /// this processor, so that this thread yields. After 100 times it sleeps for 1 ms each time: the
    /// other thread makes a system call or does not run.
    fn wait(&self) {
        let mut yields = 100_u8;
        while self.is_locked.swap(true, Ordering::Acquire) {
            if let Some(less) = yields.checked_sub(1) {
                yields = less;
                std::thread::yield_now();
                continue;
            }
            super::sleep_ms(1);
            // After a `fork`, the child has only the thread that called it. If another thread had
            // the lock in the parent, nobody releases it in the child.
            if system::is_single_thread() {
                // SAFETY: no other thread exists.
                unsafe { (*self.state.get()).abandon_lists() };
                return;
            }
        }
    }
}

/// Maps `len` bytes that are aligned to `align`, which is greater than a page.
fn map_aligned(len: usize, align: usize) -> *mut u8 {
    // The sum does not overflow: a `Layout` with this alignment has at most `isize::MAX` bytes.
    let begin = system::map(len.wrapping_add(align));
    if begin.is_null() {
        return begin;
    }
    let front = begin.addr().wrapping_neg() & align.wrapping_sub(1);
    let block = begin.wrapping_add(front);
    // SAFETY: these parts of the mapping are not in the block. The second one is never empty.
    unsafe {
        if front != 0 {
            system::unmap(begin, front);
        }
        system::unmap(block.wrapping_add(len), align.wrapping_sub(front));
    }
    block
}

// SAFETY: a block that is allocated was free or has just been mapped, has the requested size and
// alignment, and is not allocated again before it is freed. Nothing here panics.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let n = granules(layout.size());
        self.locked(|state| {
            if is_listed(n, layout.align()) {
                let block = state.pop_free(n);
                if !block.is_null() {
                    return block;
                }
            }
            state.slow_alloc(self.first_chunk.get().cast(), layout)
        })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the same contract.
        let block = unsafe { self.alloc(layout) };
        // A new mapping is zero already.
        if !block.is_null() && !is_mapped(granules(layout.size()), layout.align()) {
            // SAFETY: the block has so many bytes.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let n = granules(layout.size());
        // SAFETY: the block was allocated with this layout, and the caller does not use it any more.
        self.locked(|state| unsafe {
            if is_listed(n, layout.align()) {
                state.push_free(block, n);
            } else {
                state.slow_dealloc(block, layout);
            }
        });
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let (old, new) = (granules(layout.size()), granules(new_size));
        let align = layout.align();
        if old == new {
            return block;
        }
        if old.min(new) > CHUNKED_MAX && align <= PAGE {
            let (old, new) = (pages(layout.size()), pages(new_size));
            return self.locked(|state| {
                // SAFETY: the block is a mapping of `old` bytes.
                let block = unsafe { system::remap(block, old, new) };
                if !block.is_null() {
                    let more = new.wrapping_sub(old);
                    state.count(more, more);
                }
                block
            });
        }
        // SAFETY: the caller guarantees that `new_size`, rounded up to the alignment, is valid.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, align) };
        // SAFETY: the blocks do not overlap, and both have as many bytes as are copied. The old one
        // is freed only if there is a new one.
        unsafe {
            let new_block = self.alloc(new_layout);
            if !new_block.is_null() {
                ptr::copy_nonoverlapping(block, new_block, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            new_block
        }
    }
}

#[cfg(test)]
mod tests;
