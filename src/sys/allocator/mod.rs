//! The allocator of release builds for musl: small, and bounded by what the function holds.
//!
//! **What is guaranteed.** Lengths are rounded up to 8 bytes, those of more than 64 KB to 4 KB. Call
//! the bytes that the function holds at one time its *use*, and the most since the last `next` its
//! *peak*. Then
//! - while an invocation is served, the memory that this allocator has from the system is at most
//!   a sixteenth more than the peak, and 1 MB;
//! - when `next` is called, it is at most a sixteenth more than the use, and 1 MB.
//!
//! Added to that are the pages of which a part is held: a block never moves, so that a page goes
//! back only when nothing in it is held. An operation never waits for a thread that a `fork` has
//! left behind in the parent.
//!
//! **How it works.** Memory is divided into *chunks* of 128 KB (`chunk.rs`). A chunk's bitmap has a
//! bit for each 8 bytes, which says whether they are in use; an allocation takes the first run of
//! zeros that is long enough ("address-ordered first fit"), in the first chunk that has one. There are
//! no size classes: what one length leaves, any other can have, and neighbours join by themselves. 64
//! chunks are a *group*, with an upper bound of each chunk's longest run, so that a search passes over
//! full chunks.
//!
//! In front of the bitmaps, blocks of up to 1 KB that are freed wait in a *quick list* of their length
//! for the next allocation of that length. In the bitmap they are still in use. When the lists hold
//! more than 64 KB, all go to the bitmaps.
//!
//! The first blocks are cut from the *front*, 64 KB of the executable's own zeroed memory, one next to
//! the other. This takes few instructions and no system call. What is freed there serves the quick
//! lists only.
//!
//! A page that was ever used counts as resident. When the limits above would be passed, `purge` gives
//! back what it can: the quick lists go to the bitmaps, and pages without a granule in use go to the
//! system. It then waits until memory has grown by a sixteenth, so that its cost is shared by many
//! allocations.
//!
//! Blocks of more than 64 KB, or aligned to more than a page, are mappings of their own. They grow
//! without a copy, all others with one. Up to 1 MB of freed ones is kept for the next.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::mem::{self, MaybeUninit};
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

use chunk::{CHUNK_LEN, Chunk, GRANULE, PAGE_GRANULES, RUN_MAX};
use system::PAGE;

mod chunk;
mod system;

#[cfg_attr(not(test), global_allocator)]
static HEAP: Heap = Heap::new();

/// Gives memory back that the function does not hold any more. To be called before each `next`.
pub(crate) fn trim_heap() {
    HEAP.locked(State::trim);
}

/// Bytes of the front, from which the first blocks are cut. More than a small function needs.
const FRONT_LEN: usize = 64 << 10;

/// Longest block that lies in a chunk, in granules.
const CHUNKED_MAX: usize = (64 << 10) / GRANULE;

/// Longest block that has a quick list, in granules.
const QUICK_MAX: usize = 1024 / GRANULE;

/// Most granules in all quick lists.
const QUICK_LEN_MAX: usize = (64 << 10) / GRANULE;

/// Most bytes of freed mappings that are kept.
const KEPT_LEN_MAX: usize = 1 << 20;

/// What may be resident beyond the peak and a sixteenth of it, in bytes.
const SLACK: usize = 1 << 20;

/// Chunks of a group.
const GROUP_CHUNKS: usize = 64;

/// Groups that there can be: 32 GB, three times what Lambda offers.
const N_GROUPS: usize = 4096;

/// The granules that a block of `len` bytes takes.
fn granules(len: usize) -> usize {
    len.wrapping_add(GRANULE - 1) / GRANULE
}

/// The bytes that a mapping for `len` bytes takes. A `Layout` has no more than `isize::MAX`.
fn pages(len: usize) -> usize {
    len.wrapping_add(PAGE - 1) & !(PAGE - 1)
}

/// Whether such a block is a mapping of its own.
fn is_mapped(n: usize, align: usize) -> bool {
    n > CHUNKED_MAX || align > PAGE
}

/// Whether such a block has a quick list.
fn is_quick(n: usize, align: usize) -> bool {
    n <= QUICK_MAX && align <= GRANULE
}

/// A block in a quick list.
struct Quick {
    next: *mut Quick,
}

/// A freed mapping.
#[derive(Clone, Copy)]
struct Kept {
    next: *mut Kept,
    len: usize,
}

/// No fewer granules than the longest free run of a chunk has. The number is inverted, so that zeroed
/// memory is the bounds of untouched chunks.
#[derive(Clone, Copy)]
struct Bound(u16);

impl Bound {
    /// The bound of a chunk in which no page is dirty.
    const UNTOUCHED: Bound = Bound(0);

    #[expect(clippy::cast_possible_truncation, reason = "no more than u16::MAX")]
    fn new(run: usize) -> Bound {
        Bound(!(run as u16))
    }

    fn get(self) -> usize {
        (!self.0).into()
    }
}

struct Group {
    /// The first chunk; null if there is no such group yet, nor any behind it.
    base: *mut u8,
    /// No less than each of `bounds`.
    bound: Bound,
    bounds: [Bound; GROUP_CHUNKS],
}

impl Group {
    /// Makes the group, of new memory. False: there is none.
    #[cold]
    fn open(&mut self) -> bool {
        // Chunks are aligned to their length, and mappings to a page.
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

// In this order, so that what is touched first shares a page.
#[repr(C)]
struct State {
    /// Freed blocks, by their granules. There are none of 0 granules.
    quick: [*mut Quick; QUICK_MAX + 1],
    /// Granules in all of them.
    quick_len: usize,
    /// Bytes of the front that were cut, from its end, and the address of its first byte once there
    /// are any.
    cut: usize,
    front: usize,
    /// Bytes that are in use, those in quick lists included, and the most since `trim`.
    used: usize,
    peak: usize,
    /// Bytes of dirty pages and of mappings.
    resident: usize,
    /// What `resident` may be at least, so that `purge` is not called again at once.
    floor: usize,
    /// Freed mappings, and the bytes of all.
    kept: *mut Kept,
    kept_len: usize,
    groups: [Group; N_GROUPS],
}

impl State {
    /// What `resident` may be, in bytes.
    fn limit(&self) -> usize {
        let limit = self.peak.wrapping_add(self.peak / 16).wrapping_add(SLACK);
        limit.max(self.floor)
    }

    /// Takes the first block of the quick list of `n` granules; null: there is none.
    #[inline(always)]
    fn pop_quick(&mut self, n: usize) -> *mut u8 {
        let Some(list) = self.quick.get_mut(n) else {
            return ptr::null_mut();
        };
        let block = *list;
        if !block.is_null() {
            // SAFETY: what is in a list is a freed block, of which `push_quick` has made this.
            *list = unsafe { (*block).next };
            self.quick_len = self.quick_len.wrapping_sub(n);
        }
        block.cast()
    }

    /// Takes back a block of `n` granules, for which there is a quick list.
    ///
    /// # Safety
    /// The block has so many granules, and is given up.
    #[inline(always)]
    unsafe fn push_quick(&mut self, block: *mut u8, n: usize) {
        if let Some(list) = self.quick.get_mut(n) {
            let block: *mut Quick = block.cast();
            // SAFETY: each block has room for a pointer, is aligned for it, and is given up.
            unsafe { block.write(Quick { next: *list }) };
            *list = block;
            self.quick_len = self.quick_len.wrapping_add(n);
            if self.quick_len > QUICK_LEN_MAX {
                self.flush();
            }
        }
    }

    /// Takes a block for `layout` that no quick list has; null: there is no memory. `front` is where
    /// the front begins.
    // Apart, so that a block of a quick list costs no more than it needs.
    #[inline(never)]
    #[cold]
    fn take(&mut self, front: *mut u8, layout: Layout) -> *mut u8 {
        let (n, align) = (granules(layout.size()), layout.align());
        let len = n.wrapping_mul(GRANULE);
        if let (..=GRANULE, Some(at)) = (align, FRONT_LEN.wrapping_sub(self.cut).checked_sub(len)) {
            self.cut = self.cut.wrapping_add(len);
            self.front = front.addr();
            return front.wrapping_add(at);
        }
        if is_mapped(n, align) {
            return self.take_mapped(layout, false);
        }
        let Some((chunk, start)) = self.find(n, align.div_ceil(GRANULE)) else {
            return ptr::null_mut();
        };
        // SAFETY: `chunk` is one of a group, and whoever holds the lock has it alone.
        let dirty_len = unsafe { (*chunk).claim(start, n) };
        self.count(len, dirty_len);
        chunk.cast::<u8>().wrapping_add(start.wrapping_mul(GRANULE))
    }

    /// Finds the first place for `n` granules.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are few chunks, and runs are short"
    )]
    fn find(&mut self, n: usize, align: usize) -> Option<(*mut Chunk, usize)> {
        let mut index = 0_u32;
        for group in &mut self.groups {
            if group.base.is_null() && !group.open() {
                break;
            }
            if group.bound.get() >= n {
                let mut group_bound = 0;
                for (i, bound) in group.bounds.iter_mut().enumerate() {
                    if bound.get() >= n {
                        let chunk = Group::chunk(group.base, i);
                        // SAFETY: the chunk is one of this group; whoever holds the lock has it
                        // alone.
                        let header = unsafe { &mut *chunk };
                        match header.find(n, align) {
                            Ok(start) => {
                                header.index = index.wrapping_add(i as u32);
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
            index = index.wrapping_add(GROUP_CHUNKS as u32);
        }
        None
    }

    /// Frees `n` granules in the bitmap. Those of the front are in none, and stay unused.
    ///
    /// # Safety
    /// They are in use, begin at `block`, and are given up.
    unsafe fn release(&mut self, block: *mut u8, n: usize) {
        if block.addr().wrapping_sub(self.front) < FRONT_LEN {
            return;
        }
        let (chunk, start) = Chunk::of(block);
        // SAFETY: the block is in use, so that it lies in a chunk; whoever holds the lock has the
        // header alone.
        let chunk = unsafe { &mut *chunk };
        self.used = self.used.wrapping_sub(n.wrapping_mul(GRANULE));
        let index = chunk.index as usize;
        let run = chunk.free(start, n);
        if let Some(group) = self.groups.get_mut(index / GROUP_CHUNKS) {
            group.bound = Bound::new(group.bound.get().max(run));
            if let Some(bound) = group.bounds.get_mut(index % GROUP_CHUNKS) {
                *bound = Bound::new(bound.get().max(run));
            }
        }
    }

    /// Frees the blocks of the quick lists in the bitmap.
    #[cold]
    fn flush(&mut self) {
        for n in 1..=QUICK_MAX {
            let list = self
                .quick
                .get_mut(n)
                .map(|list| mem::replace(list, ptr::null_mut()));
            let mut block = list.unwrap_or(ptr::null_mut());
            while !block.is_null() {
                // SAFETY: a list has blocks that were freed, and that are in use in the bitmap.
                unsafe {
                    let next = (*block).next;
                    self.release(block.cast(), n);
                    block = next;
                }
            }
        }
        self.quick_len = 0;
    }

    /// Gives all memory back that no block in use lies in.
    #[cold]
    fn purge(&mut self) {
        self.flush();
        self.resident = self.resident.wrapping_sub(self.kept_len);
        self.kept_len = 0;
        while !self.kept.is_null() {
            // SAFETY: what is in the list is a freed mapping, of which `put_mapped` has made this.
            unsafe {
                let Kept { next, len } = *self.kept;
                system::unmap(self.kept.cast(), len);
                self.kept = next;
            }
        }
        for group in &mut self.groups {
            if group.base.is_null() {
                break;
            }
            for (i, bound) in group.bounds.iter_mut().enumerate() {
                // Where no run is as long as a page, no page is free.
                if (PAGE_GRANULES..=RUN_MAX).contains(&bound.get()) {
                    // SAFETY: the chunk is one of this group; whoever holds the lock has it alone.
                    let chunk = unsafe { &mut *Group::chunk(group.base, i) };
                    let (len, is_empty) = chunk.discard();
                    self.resident = self.resident.wrapping_sub(len);
                    if is_empty {
                        *bound = Bound::UNTOUCHED;
                    }
                }
            }
        }
        self.floor = self
            .resident
            .wrapping_add(self.resident / 16)
            .wrapping_add(SLACK / 2);
    }

    /// Makes the state good after a change that was never ended. The lists may have been cut, and
    /// what is in them is lost. A bitmap is always right about blocks that somebody holds, since each
    /// of its words is written at once; bounds that are too low only hide free granules.
    #[cold]
    fn abandon_lists(&mut self) {
        self.quick = [ptr::null_mut(); QUICK_MAX + 1];
        self.quick_len = 0;
        self.kept = ptr::null_mut();
        self.kept_len = 0;
    }

    /// Begins a new peak.
    fn trim(&mut self) {
        self.peak = self.used;
        self.floor = 0;
        if self.resident > self.limit() {
            self.purge();
        }
    }

    /// Notes that so many bytes more are in use, and resident. Less than 0 wraps around.
    fn count(&mut self, used: usize, resident: usize) {
        self.used = self.used.wrapping_add(used);
        self.peak = self.peak.max(self.used);
        self.resident = self.resident.wrapping_add(resident);
        if self.resident > self.limit() {
            self.purge();
        }
    }

    /// A mapping for `layout`.
    #[cold]
    fn take_mapped(&mut self, layout: Layout, is_zeroed: bool) -> *mut u8 {
        let (len, align) = (pages(layout.size()), layout.align());
        let mut old = Kept {
            next: self.kept,
            len: 0,
        };
        let block = if align > PAGE {
            map_aligned(len, align)
        } else if is_zeroed || self.kept.is_null() {
            system::map(len)
        } else {
            // SAFETY: what is in the list is a freed mapping, of which `put_mapped` has made this.
            unsafe {
                old = *self.kept;
                system::remap(self.kept.cast(), old.len, len)
            }
        };
        if block.is_null() {
            return block;
        }
        self.kept = old.next;
        self.kept_len = self.kept_len.wrapping_sub(old.len);
        self.count(len, len.wrapping_sub(old.len));
        block
    }

    /// Takes back a mapping of `len` bytes.
    ///
    /// # Safety
    /// `take_mapped` or `realloc` has given it out for as many, and nobody uses it any more.
    unsafe fn put_mapped(&mut self, block: *mut u8, len: usize) {
        self.used = self.used.wrapping_sub(len);
        let kept_len = self.kept_len.saturating_add(len);
        if kept_len <= KEPT_LEN_MAX {
            self.kept_len = kept_len;
            let next = mem::replace(&mut self.kept, block.cast());
            // SAFETY: the block is a page at least, and is given up.
            unsafe { self.kept.write(Kept { next, len }) };
        } else {
            self.resident = self.resident.wrapping_sub(len);
            // SAFETY: the caller gives the mapping up.
            unsafe { system::unmap(block, len) };
        }
    }

    /// Takes back a block that has no quick list.
    ///
    /// # Safety
    /// It was given out for `layout`, and is given up.
    #[inline(never)]
    #[cold]
    unsafe fn put(&mut self, block: *mut u8, layout: Layout) {
        let n = granules(layout.size());
        // SAFETY: the caller answers for the block.
        unsafe {
            if is_mapped(n, layout.align()) {
                self.put_mapped(block, pages(layout.size()));
            } else {
                self.release(block, n);
            }
        }
    }
}

#[repr(align(16))]
struct Front(UnsafeCell<MaybeUninit<[u8; FRONT_LEN]>>);

/// The allocator. It must not be moved once it has given out a block.
// In this order, so that what is touched first shares a page with what is touched always.
#[repr(C)]
pub(super) struct Heap {
    front: Front,
    is_locked: AtomicBool,
    state: UnsafeCell<State>,
}

// SAFETY: `state` and the chunks' headers are touched by who holds the lock alone, and a granule in
// use only by the owner of its block.
unsafe impl Sync for Heap {}

impl Heap {
    #[expect(clippy::large_stack_arrays, reason = "it is the value of a static")]
    pub(super) const fn new() -> Heap {
        const NONE: Group = Group {
            base: ptr::null_mut(),
            bound: Bound::UNTOUCHED,
            bounds: [Bound::UNTOUCHED; GROUP_CHUNKS],
        };
        Heap {
            front: Front(UnsafeCell::new(MaybeUninit::uninit())),
            is_locked: AtomicBool::new(false),
            state: UnsafeCell::new(State {
                quick: [ptr::null_mut(); QUICK_MAX + 1],
                quick_len: 0,
                cut: 0,
                front: 0,
                used: 0,
                peak: 0,
                resident: 0,
                floor: 0,
                kept: ptr::null_mut(),
                kept_len: 0,
                groups: [NONE; N_GROUPS],
            }),
        }
    }

    /// Calls `f`, which must not call this again, while no other thread is in here.
    #[inline(always)]
    fn locked<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        if self.is_locked.swap(true, Ordering::Acquire) {
            self.wait();
        }
        // SAFETY: whoever finds the lock taken waits, until the store below.
        let value = f(unsafe { &mut *self.state.get() });
        self.is_locked.store(false, Ordering::Release);
        value
    }

    /// Waits for the lock. Whoever has it needs some dozen instructions more, and maybe this
    /// processor: this thread yields. If that takes long, the other thread makes a system call or is
    /// not running, and this one sleeps.
    #[cold]
    fn wait(&self) {
        let mut yields = 100_u8;
        while self.is_locked.swap(true, Ordering::Acquire) {
            if let Some(less) = yields.checked_sub(1) {
                yields = less;
                std::thread::yield_now();
                continue;
            }
            super::sleep_ms(1);
            // After a `fork`, the child has only the thread that has called it. If another one had
            // the lock, it will never release it.
            if system::is_single_thread() {
                // SAFETY: no other thread exists.
                unsafe { (*self.state.get()).abandon_lists() };
                return;
            }
        }
    }
}

/// A mapping of `len` bytes that is aligned to `align`, which is more than a page.
fn map_aligned(len: usize, align: usize) -> *mut u8 {
    // `align` is a power of two, and the length with it no more than `isize::MAX` and a page: the sum
    // does not overflow.
    let begin = system::map(len.wrapping_add(align));
    if begin.is_null() {
        return begin;
    }
    let front = begin.addr().wrapping_neg() & align.wrapping_sub(1);
    let block = begin.wrapping_add(front);
    // SAFETY: these are the parts of the mapping that nobody gets. The second one is never empty.
    unsafe {
        if front != 0 {
            system::unmap(begin, front);
        }
        system::unmap(block.wrapping_add(len), align.wrapping_sub(front));
    }
    block
}

// SAFETY: a block is free in the bitmap or a mapping when it gets its owner, has the size and alignment
// that were asked for, and is free again when it is put back only. Nothing in here panics.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let n = granules(layout.size());
        self.locked(|state| {
            if is_quick(n, layout.align()) {
                let block = state.pop_quick(n);
                if !block.is_null() {
                    return block;
                }
            }
            state.take(self.front.0.get().cast(), layout)
        })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_mapped(granules(layout.size()), layout.align()) {
            // What the system has just given is zero already.
            return self.locked(|state| state.take_mapped(layout, true));
        }
        // SAFETY: the caller keeps the same contract.
        let block = unsafe { self.alloc(layout) };
        if !block.is_null() {
            // SAFETY: the block has so many bytes.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let n = granules(layout.size());
        // SAFETY: the block was given out for this layout, and the caller gives it up.
        self.locked(|state| unsafe {
            if is_quick(n, layout.align()) {
                state.push_quick(block, n);
            } else {
                state.put(block, layout);
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
                // SAFETY: `take_mapped` has given it out, for so many bytes.
                let block = unsafe { system::remap(block, old, new) };
                if !block.is_null() {
                    let more = new.wrapping_sub(old);
                    state.count(more, more);
                }
                block
            });
        }
        // SAFETY: the caller answers for `new_size`, as rounded up to the alignment.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, align) };
        // SAFETY: the old block is the caller's, and is given up only if there is a new one, which
        // is another; both have as many bytes as are copied.
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
