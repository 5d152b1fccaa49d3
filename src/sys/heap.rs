//! An allocator for one function and few threads: a tenth of the code and of the instructions of musl's.
//!
//! Blocks of up to 128 KB are of one of 48 lengths, which are at most a quarter apart (16 bytes, if
//! that is more). They are cut from an arena that lies in the executable's own memory, which no
//! system call has to ask for, and when that is used up from chunks of 1 MB. A block that is freed
//! waits in its length's list for the next of that length; it is never split, merged or given back,
//! so that each length keeps what it has had at most at one time. What was never cut was never
//! touched, and takes no memory.
//!
//! Longer blocks are the system's own, in steps of 64 KB: they grow without a copy. One that is
//! freed is kept for the next long one, whatever its length, and goes back to the system if an
//! invocation has come and gone without a use for it: a page costs more to get than to copy.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::mem::{self, MaybeUninit};
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

#[cfg_attr(not(test), global_allocator)]
static HEAP: Heap = Heap::new();

/// To be called once for each invocation: gives long blocks back for which there was no use since
/// the last time.
pub(crate) fn trim_heap() {
    HEAP.trim();
}

/// What each block is aligned to, and the shortest one; in bytes.
const STEP: usize = 16;

/// Longest block of a list, in bytes.
const LISTED_LEN_MAX: usize = 128 << 10;

/// Lengths that have a list.
const N_CLASSES: usize = Class::of(LISTED_LEN_MAX).index.wrapping_add(1);

/// More than a small function needs, in bytes.
const ARENA_LEN: usize = 256 << 10;

/// What the length of a block of the system's own is a multiple of, in bytes.
const LONG_STEP: usize = 64 << 10;

/// What is asked of the system when the arena is used up, in bytes.
const CHUNK_LEN: usize = 1 << 20;

/// The length that a block gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Class {
    /// Among all lengths; `N_CLASSES` and more is a block of the system's own.
    index: usize,
    /// In bytes. Of a block of the system's own, nothing that means anything.
    len: usize,
}

impl Class {
    /// Up to 128 bytes in steps of 16, then in four steps to each power of two.
    // It is ten instructions.
    #[inline(always)]
    const fn of(len: usize) -> Class {
        let last = len.saturating_sub(1);
        let shift = (last | 64).ilog2().wrapping_sub(2);
        let step = last >> shift;
        Class {
            index: step.wrapping_add((shift as usize).wrapping_sub(4).wrapping_mul(4)),
            len: step.wrapping_add(1) << shift,
        }
    }
}

/// The length of a block of the system's own, for `len` bytes. A `Layout` has no more than
/// `isize::MAX`, and twice that where it is aligned, so that this cannot overflow.
fn long(len: usize) -> usize {
    len.wrapping_add(LONG_STEP - 1) & !(LONG_STEP - 1)
}

/// A block that is free.
struct Free {
    next: *mut Free,
}

/// A free block of the system's own.
struct FreeLong {
    next: *mut FreeLong,
    len: usize,
}

struct State {
    /// The free blocks of each length.
    free: [*mut Free; N_CLASSES],
    /// The rest of the arena or of the chunk: where it begins, null before the first block, and
    /// how many bytes it has.
    rest: *mut u8,
    rest_len: usize,
    /// Free blocks of the system's own: those that were freed since `trim` was called last, and
    /// those from before.
    recent: *mut FreeLong,
    older: *mut FreeLong,
}

#[repr(align(16))]
struct Arena(UnsafeCell<MaybeUninit<[u8; ARENA_LEN]>>);

/// The allocator. It must not be moved once it has given out a block.
// In this order, so that what is touched first shares a page with what is touched always.
#[repr(C)]
pub(super) struct Heap {
    is_locked: AtomicBool,
    state: UnsafeCell<State>,
    arena: Arena,
}

// SAFETY: `state` is touched by who holds the lock alone, and no byte of `arena` but by the owner of
// the block that it is part of.
unsafe impl Sync for Heap {}

impl Heap {
    pub(super) const fn new() -> Heap {
        Heap {
            is_locked: AtomicBool::new(false),
            state: UnsafeCell::new(State {
                free: [ptr::null_mut(); N_CLASSES],
                rest: ptr::null_mut(),
                rest_len: 0,
                recent: ptr::null_mut(),
                older: ptr::null_mut(),
            }),
            arena: Arena(UnsafeCell::new(MaybeUninit::uninit())),
        }
    }

    /// Calls `f`, which must not call this again, while no other thread is in here.
    #[inline(always)]
    fn locked<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        while self.is_locked.swap(true, Ordering::Acquire) {
            give_way();
        }
        // SAFETY: nobody else has got past the loop above, nor does before the store below.
        let value = f(unsafe { &mut *self.state.get() });
        self.is_locked.store(false, Ordering::Release);
        value
    }

    /// A block of `len` bytes at least, aligned to `STEP`; null: there is no memory.
    fn take(&self, len: usize) -> *mut u8 {
        let class = Class::of(len);
        if class.index >= N_CLASSES {
            return self.take_long(long(len));
        }
        self.locked(|state| {
            let Some(first) = state.free.get_mut(class.index) else {
                return ptr::null_mut();
            };
            let block = *first;
            if block.is_null() {
                return self.cut(state, class.len);
            }
            // SAFETY: what is in a list is a free block, which `put` has made a `Free` of.
            *first = unsafe { (*block).next };
            block.cast()
        })
    }

    /// A new block of `len` bytes, which is a multiple of `STEP`.
    fn cut(&self, state: &mut State, len: usize) -> *mut u8 {
        if state.rest_len < len {
            // What is left was never touched, so that nothing is lost with it but addresses.
            (state.rest, state.rest_len) = if state.rest.is_null() {
                (self.arena.0.get().cast(), ARENA_LEN)
            } else {
                let chunk = system::map(CHUNK_LEN);
                if chunk.is_null() {
                    return chunk;
                }
                (chunk, CHUNK_LEN)
            };
        }
        let block = state.rest;
        // SAFETY: `len` is no more than what is left, nor than an arena or a chunk has.
        state.rest = unsafe { block.add(len) };
        state.rest_len = state.rest_len.wrapping_sub(len);
        block
    }

    /// Takes back a block of `len` bytes.
    ///
    /// # Safety
    /// `take` has given it out for as many bytes, or for others of the same class, and nobody uses
    /// it any more.
    unsafe fn put(&self, block: *mut u8, len: usize) {
        let class = Class::of(len);
        if class.index >= N_CLASSES {
            // SAFETY: `take_long` has given it out, and the caller gives it up.
            return unsafe { self.put_long(block.cast(), long(len)) };
        }
        self.locked(|state| {
            if let Some(first) = state.free.get_mut(class.index) {
                let block: *mut Free = block.cast();
                // SAFETY: each block has room for a pointer and is aligned for it; this one is
                // nobody's any more.
                unsafe { block.write(Free { next: *first }) };
                *first = block;
            }
        });
    }

    /// A block of `len` bytes, which is a multiple of `LONG_STEP`.
    #[cold]
    fn take_long(&self, len: usize) -> *mut u8 {
        let kept = self.locked(|state| {
            let list = if state.recent.is_null() {
                &mut state.older
            } else {
                &mut state.recent
            };
            let block = *list;
            if !block.is_null() {
                // SAFETY: what is in a list is a free block, which `put_long` has written.
                *list = unsafe { (*block).next };
            }
            block
        });
        if kept.is_null() {
            return system::map(len);
        }
        // SAFETY: the block is this call's alone now; its length is what it was mapped for.
        unsafe {
            let kept_len = (*kept).len;
            let block = system::remap(kept.cast(), kept_len, len);
            if block.is_null() {
                self.put_long(kept, kept_len);
            }
            block
        }
    }

    /// Takes back a block of the system's own.
    ///
    /// # Safety
    /// `take_long` has given it out, it has `len` bytes, and nobody uses it any more.
    #[cold]
    unsafe fn put_long(&self, block: *mut FreeLong, len: usize) {
        self.locked(|state| {
            let next = state.recent;
            // SAFETY: the block has room for this, begins with a page, and is nobody's any more.
            unsafe { block.write(FreeLong { next, len }) };
            state.recent = block;
        });
    }

    /// Gives the blocks back to the system that were free already when this was called last.
    fn trim(&self) {
        let mut block = self.locked(|state| {
            let recent = mem::replace(&mut state.recent, ptr::null_mut());
            mem::replace(&mut state.older, recent)
        });
        while !block.is_null() {
            // SAFETY: the block was free, and is in no list any more; it was mapped for its length.
            unsafe {
                let FreeLong { next, len } = block.read();
                system::unmap(block.cast(), len);
                block = next;
            }
        }
    }
}

/// Whoever has the lock needs a dozen instructions more, and maybe this processor.
#[cold]
fn give_way() {
    std::thread::yield_now();
}

/// What a block that is aligned to more than `STEP` has in front of it: where it begins.
struct Front(*mut u8);

/// Where it stands.
fn front_of(aligned: *mut u8) -> *mut Front {
    let end: *mut Front = aligned.cast();
    end.wrapping_sub(1)
}

/// Bytes to take for such a block, which may begin `align` bytes further on. A `Layout` is of no
/// more than `isize::MAX` bytes, as rounded up to its alignment, so that this cannot overflow.
fn padded(layout: Layout) -> usize {
    layout.size().wrapping_add(layout.align())
}

/// A block that is aligned as `layout` has it.
#[cold]
fn take_aligned(heap: &Heap, layout: Layout) -> *mut u8 {
    let block = heap.take(padded(layout));
    if block.is_null() {
        return block;
    }
    let align = layout.align();
    let gap = align.wrapping_sub(block.addr() & align.wrapping_sub(1));
    // SAFETY: the gap is no more than `align`, which was taken on top, and no less than `STEP`, as
    // `block` is a multiple of that: room for a `Front`, which is aligned as the block is.
    unsafe {
        let aligned = block.add(gap);
        front_of(aligned).write(Front(block));
        aligned
    }
}

// SAFETY: a block is cut or mapped for one owner, has the size and alignment that were asked for,
// and is put into one list, from which it is taken by one owner again. Nothing in here panics.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > STEP {
            return take_aligned(self, layout);
        }
        self.take(layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= STEP && Class::of(layout.size()).index >= N_CLASSES {
            // What the system has just given is zero already.
            return system::map(long(layout.size()));
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
        let (mut begin, mut len) = (block, layout.size());
        if layout.align() > STEP {
            // SAFETY: `take_aligned` has written it there, and has taken so many bytes.
            begin = unsafe { front_of(block).read().0 };
            len = padded(layout);
        }
        // SAFETY: `take` has given it for `len` bytes, or `realloc` has kept it within its class.
        unsafe { self.put(begin, len) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let (old, new) = (Class::of(layout.size()), Class::of(new_size));
        if layout.align() <= STEP {
            if old.index >= N_CLASSES && new.index >= N_CLASSES {
                // SAFETY: `take_long` has given it out, for so many bytes.
                return unsafe { system::remap(block, long(layout.size()), long(new_size)) };
            }
            if old.index == new.index {
                return block;
            }
        }
        // SAFETY: the caller answers for `new_size`, as rounded up to the alignment.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
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

/// Memory from the system, which comes zeroed.
#[cfg(not(miri))]
mod system {
    use core::ptr;

    use super::super::Errno;
    use super::super::call::{call, call_long};

    #[cfg(target_arch = "x86_64")]
    mod number {
        pub(super) const MMAP: usize = 9;
        pub(super) const MUNMAP: usize = 11;
        pub(super) const MREMAP: usize = 25;
    }
    // All newer architectures share one table.
    #[cfg(not(target_arch = "x86_64"))]
    mod number {
        pub(super) const MMAP: usize = 222;
        pub(super) const MUNMAP: usize = 215;
        pub(super) const MREMAP: usize = 216;
    }

    fn or_null(result: Result<usize, Errno>) -> *mut u8 {
        ptr::with_exposed_provenance_mut(result.unwrap_or(0))
    }

    #[cold]
    pub(super) fn map(len: usize) -> *mut u8 {
        const PROT_READ_WRITE: usize = 1 | 2;
        const MAP_PRIVATE_ANONYMOUS: usize = 2 | 0x20;
        const NO_FD: usize = usize::MAX;
        let args = [0, len, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, NO_FD, 0];
        // SAFETY: new pages alone, wherever there is room for them (mmap(2)).
        or_null(unsafe { call_long(number::MMAP, args) })
    }

    /// # Safety
    /// `map` or `remap` has given it, for as many bytes.
    #[cold]
    pub(super) unsafe fn unmap(addr: *mut u8, len: usize) {
        // SAFETY: these pages are the caller's, who gives them up (munmap(2)). They were mapped, so
        // that this cannot fail.
        let _ = unsafe { call(number::MUNMAP, [addr.addr(), len, 0]) };
    }

    /// # Safety
    /// `map` or `remap` has given it, for `old` bytes.
    #[cold]
    pub(super) unsafe fn remap(addr: *mut u8, old: usize, new: usize) -> *mut u8 {
        const MREMAP_MAYMOVE: usize = 1;
        if old == new {
            return addr;
        }
        let args = [addr.expose_provenance(), old, new, MREMAP_MAYMOVE, 0, 0];
        // SAFETY: these pages are the caller's, who takes what comes for them (mremap(2)).
        or_null(unsafe { call_long(number::MREMAP, args) })
    }
}

/// The same for Miri, which knows no system calls.
#[cfg(miri)]
mod system {
    use core::alloc::{GlobalAlloc, Layout};
    use core::ptr;
    use std::alloc::System;

    /// `None`: more than there can be.
    fn pages(len: usize) -> Option<Layout> {
        Layout::from_size_align(len, 4096).ok()
    }

    pub(super) fn map(len: usize) -> *mut u8 {
        // SAFETY: no test asks for nothing.
        pages(len).map_or(ptr::null_mut(), |layout| unsafe {
            System.alloc_zeroed(layout)
        })
    }

    /// # Safety
    /// As above.
    pub(super) unsafe fn unmap(addr: *mut u8, len: usize) {
        if let Some(layout) = pages(len) {
            // SAFETY: `map` has given it, for as many bytes.
            unsafe { System.dealloc(addr, layout) };
        }
    }

    /// # Safety
    /// As above.
    pub(super) unsafe fn remap(addr: *mut u8, old: usize, new: usize) -> *mut u8 {
        // As with the system; Miri's own moves each time.
        if old == new {
            return addr;
        }
        // SAFETY: `map` has given it, for as many bytes.
        pages(old).map_or(ptr::null_mut(), |layout| unsafe {
            System.realloc(addr, layout, new)
        })
    }
}

#[cfg(test)]
mod tests;
