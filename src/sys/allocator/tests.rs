//! Tests of the allocator. Each test has a heap of its own, which is never freed.
//!
//! `.ci/miri` runs those that Miri can run, with smaller amounts.

use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::slice;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use super::{CHUNKED_MAX, CUT_MAX, FIRST_CHUNK_LEN, GRANULE, Heap, PAGE, State};

/// Miri is a hundred times slower.
fn rounds(n: usize) -> usize {
    if cfg!(miri) { n / 500 } else { n }
}

/// Longest block that lies in a chunk, in bytes.
const CHUNKED_LEN_MAX: usize = CHUNKED_MAX * GRANULE;

fn new_heap() -> &'static Heap {
    // Not a `Box`: it is large, and moving a `Box` would invalidate pointers to the first chunk.
    // SAFETY: the memory has this type's layout, an empty heap is all zero, and it is never freed.
    unsafe { &*std::alloc::alloc_zeroed(Layout::new::<Heap>()).cast() }
}

/// Returns a heap whose first chunk is open and free.
fn heap() -> &'static Heap {
    let heap = new_heap();
    heap.locked(|state| {
        state.first_chunk = heap.first_chunk.get().cast();
        state.open_first_chunk();
    });
    heap
}

/// Numbers that look random, the same each time (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % n
    }

    /// Mostly short, seldom long, sometimes aligned to more than any block is.
    fn layout(&mut self) -> Layout {
        let len_max = match self.below(100) {
            0 => 3 * CHUNKED_LEN_MAX,
            1..10 => 4096,
            _ => 200,
        };
        let align = if self.below(10) == 0 {
            1 << self.below(14)
        } else {
            8
        };
        Layout::from_size_align(1 + self.below(len_max), align).unwrap()
    }
}

/// A block, and the byte that it is full of.
struct Block<'h> {
    heap: &'h Heap,
    at: *mut u8,
    layout: Layout,
    byte: u8,
}

// SAFETY: a block belongs to the thread that holds it; the heap takes it back from any thread.
unsafe impl Send for Block<'_> {}

impl<'h> Block<'h> {
    fn new(heap: &'h Heap, layout: Layout, byte: u8) -> Block<'h> {
        let is_zeroed = byte % 4 == 0;
        // SAFETY: the size of each layout here is greater than 0.
        let at = unsafe {
            if is_zeroed {
                heap.alloc_zeroed(layout)
            } else {
                heap.alloc(layout)
            }
        };
        let mut block = Block {
            heap,
            at,
            layout,
            byte: 0,
        };
        if is_zeroed {
            block.check();
        }
        block.byte = byte;
        block.fill();
        block
    }

    fn fill(&self) {
        assert!(!self.at.is_null());
        assert_eq!(self.at.addr() % self.layout.align(), 0);
        // SAFETY: this owns the block, which has so many bytes.
        unsafe { self.at.write_bytes(self.byte, self.layout.size()) };
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: this owns the block, and so many bytes of it were written.
        unsafe { slice::from_raw_parts(self.at, self.layout.size()) }
    }

    #[track_caller]
    fn check(&self) {
        // One comparison of slices is fast in Miri and in a debug build. The bytes are compared with themselves
        // moved by one, because a second buffer would be measured along with this heap.
        let bytes = self.bytes();
        let is_whole = bytes.first() == Some(&self.byte) && bytes[1..] == bytes[..bytes.len() - 1];
        assert!(is_whole, "{:?} is not all {}", self.layout, self.byte);
    }

    #[track_caller]
    fn resize(&mut self, len: usize) {
        let old_len = self.layout.size();
        // SAFETY: the block was allocated on this heap with this layout, and `len` is greater than 0.
        self.at = unsafe { self.heap.realloc(self.at, self.layout, len) };
        self.layout = Layout::from_size_align(len.min(old_len), self.layout.align()).unwrap();
        self.check();
        self.layout = Layout::from_size_align(len, self.layout.align()).unwrap();
        self.fill();
    }
}

impl Drop for Block<'_> {
    fn drop(&mut self) {
        self.check();
        // SAFETY: the block was allocated on this heap with this layout, and is not used any more.
        unsafe { self.heap.dealloc(self.at, self.layout) };
    }
}

fn bytes(len: usize) -> Layout {
    Layout::array::<u8>(len).unwrap()
}

#[test]
fn threads_get_whole_aligned_blocks_that_do_not_overlap() {
    const N_THREADS: u64 = 4;
    let heap = heap();
    let left_behind = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for seed in 1..=N_THREADS {
            let (heap, left_behind) = (heap, &left_behind);
            scope.spawn(move || {
                let mut random = Random(seed);
                let mut blocks = Vec::new();
                for round in 0..rounds(20_000) {
                    match random.below(5) {
                        0 | 1 => {
                            let byte = u8::try_from(round % 251).unwrap();
                            blocks.push(Block::new(heap, random.layout(), byte));
                        }
                        2 if !blocks.is_empty() => {
                            let i = random.below(blocks.len());
                            blocks[i].resize(random.layout().size());
                        }
                        3 if !blocks.is_empty() => {
                            // Exchanges a block of this thread for one that another thread has allocated.
                            let block = blocks.swap_remove(random.below(blocks.len()));
                            let mut left_behind = left_behind.lock().unwrap();
                            left_behind.push(block);
                            let i = random.below(left_behind.len());
                            blocks.push(left_behind.swap_remove(i));
                        }
                        4 if !blocks.is_empty() => {
                            blocks.swap_remove(random.below(blocks.len()));
                        }
                        _ => {}
                    }
                }
            });
        }
    });
}

#[test]
fn a_thread_that_waits_long_for_the_lock_sleeps_until_it_is_free() {
    let heap = heap();
    let has_lock = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            heap.locked(|_| {
                has_lock.wait();
                thread::sleep(Duration::from_millis(100));
            });
        });
        has_lock.wait();
        drop(Block::new(heap, Layout::new::<[u64; 4]>(), 7));
    });
}

/// Runs `f` on the state of a heap that no other thread uses.
fn state<T>(heap: &Heap, f: impl FnOnce(&State) -> T) -> T {
    heap.locked(|state| f(state))
}

#[test]
fn an_empty_heap_is_all_zero() {
    static NEW: Heap = Heap::new();
    let start = core::mem::offset_of!(Heap, is_locked);
    let at = (&raw const NEW).cast::<u8>().wrapping_add(start);
    // This alignment puts the start of the state into the page in which the first chunk ends.
    assert!(at.addr() % PAGE == PAGE / 2);
    let len = size_of::<Heap>() - start;
    // For Miri, padding has no value.
    if !cfg!(miri) {
        // SAFETY: nobody uses this heap; its front is not read. It is a static of zeros, padding included.
        let bytes = unsafe { slice::from_raw_parts(at, len) };
        assert!(bytes.iter().all(|byte| *byte == 0));
    }
}

#[test]
fn a_block_takes_its_length_rounded_up_to_eight() {
    #[track_caller]
    fn check(len: usize, align: usize, want: usize) {
        let heap = heap();
        let layout = Layout::from_size_align(len, align).unwrap();
        let block = Block::new(heap, layout, 1);
        assert_eq!(state(heap, |state| state.used), want, "{layout:?}");
        drop(block);
        heap.locked(State::flush);
        assert_eq!(state(heap, |state| state.used), 0, "{layout:?}");
    }
    // Miri is a thousand times slower.
    let (n_short, step) = if cfg!(miri) { (17, 40_001) } else { (300, 997) };
    let long = (step..=CHUNKED_LEN_MAX).step_by(step);
    for len in (1..n_short).chain(long) {
        check(len, 1, len.next_multiple_of(8));
    }
    check(40, 16, 40);
    check(8, 64, 8);
    check(100, 4096, 104);
    check(CHUNKED_LEN_MAX, 4096, CHUNKED_LEN_MAX);
    let mapped = CHUNKED_LEN_MAX + 1;
    check(mapped, 1, mapped.next_multiple_of(4096));
    check(1, 8192, 4096);
    check(10_000, 1 << 20, 12_288);
}

#[test]
fn freed_memory_serves_blocks_of_any_length() {
    let heap = heap();
    let blocks: Vec<_> = (0..64).map(|_| Block::new(heap, bytes(1000), 3)).collect();
    let first = blocks[0].at;
    let behind = Block::new(heap, bytes(8), 5);
    drop(blocks);
    heap.locked(State::flush);
    // Sixty-four neighbours have become one run.
    let long = Block::new(heap, bytes(64_000), 7);
    assert_eq!(long.at, first);
    drop(long);
    assert_eq!(Block::new(heap, bytes(2000), 9).at, first);
    drop(behind);
}

#[test]
fn a_block_stays_where_it_is_if_its_rounded_length_stays() {
    for (old, new) in [
        (1, 8),
        (8, 1),
        (2000, 1993),
        (CHUNKED_LEN_MAX - 7, CHUNKED_LEN_MAX),
    ] {
        let heap = heap();
        let mut block = Block::new(heap, bytes(old), 3);
        let at = block.at;
        block.resize(new);
        assert_eq!(block.at, at, "{old} {new}");
        block.resize(new + 8);
    }
}

#[test]
fn a_free_run_is_found_at_each_place_and_of_each_length() {
    // Each start and each length around the bitmap's words, in a full chunk with one hole.
    for (offset, n) in [
        (0, 1),
        (0, 64),
        (1, 63),
        (63, 2),
        (5, 128),
        (63, 130),
        (32, 200),
    ] {
        let heap = heap();
        // Miri is a thousand times slower: the blocks before and after the hole are enough.
        let (n_blocks, n_before) = if cfg!(miri) {
            (300, 128)
        } else {
            (20_000, 1024)
        };
        let full: Vec<_> = (0..n_blocks)
            .map(|_| Block::new(heap, bytes(8), 1))
            .collect();
        let mut full: Vec<_> = full.into_iter().map(Some).collect();
        let from = n_before + offset;
        for block in full.iter_mut().skip(from).take(n) {
            *block = None;
        }
        heap.locked(State::flush);
        // The blocks are neighbours, so the address of the first one gives the address of the hole.
        let first = full[0].as_ref().unwrap().at.addr();
        let block = Block::new(heap, bytes(n * 8), 1);
        assert_eq!(block.at.addr(), first + from * 8, "{offset} {n}");
        if cfg!(miri) {
            break;
        }
    }
}

#[test]
fn the_first_blocks_are_cut_from_the_first_chunk_which_serves_any_length_once_open() {
    let heap = new_heap();
    let first_chunk = heap.first_chunk.get().addr();
    let is_first = |block: &Block<'_>| block.at.addr().wrapping_sub(first_chunk) < FIRST_CHUNK_LEN;
    let mut blocks = Vec::new();
    let mut len = 0;
    for i in 0.. {
        let n = 8 + i % 300 * 8;
        if len + n > CUT_MAX {
            break;
        }
        len += n;
        blocks.push(Block::new(heap, bytes(n), u8::try_from(i % 251).unwrap()));
        assert!(blocks.iter().all(is_first), "{len}");
        assert_eq!(state(heap, |state| (state.cut, state.used)), (len, 0));
    }
    // The first block that does not fit opens the chunk.
    let next = Block::new(heap, bytes(CUT_MAX), 3);
    assert!(!is_first(&next));
    assert_eq!(state(heap, |state| state.used), len + CUT_MAX);
    drop(blocks);
    heap.locked(State::flush);
    assert_eq!(state(heap, |state| state.used), CUT_MAX);
    for n in [8, 100, 1000, 2000, CUT_MAX] {
        assert!(is_first(&Block::new(heap, bytes(n), 3)), "{n}");
        heap.locked(State::flush);
    }
    drop(next);
    heap.locked(State::purge);
    // The pages that contain the header and the first fields of the state.
    let rest = (0, 2 * PAGE);
    assert_eq!(state(heap, |state| (state.used, state.resident)), rest);
}

#[test]
fn a_block_without_a_free_list_serves_another_length_as_soon_as_it_is_freed() {
    let heap = new_heap();
    let held = Block::new(heap, bytes(100), 3);
    let long = Block::new(heap, bytes(8192), 5);
    let at = long.at.addr();
    let last = Block::new(heap, bytes(100), 3);
    drop(long);
    let places = [3000, 1500, 3600].map(|len| Block::new(heap, bytes(len), 7).at.addr());
    let hole = state(heap, |state| state.first_chunk.addr() + super::HEADER_LEN);
    // The lowest address is taken first, and each is free again.
    assert_eq!(places, [hole; 3]);
    let low = Block::new(heap, bytes(last.at.addr() - hole), 9);
    assert_eq!(Block::new(heap, bytes(8192), 7).at.addr(), at);
    drop((held, low, last));
}

#[test]
fn aligned_blocks_are_not_cut() {
    let heap = new_heap();
    for align in [16, 32, PAGE, 2 * PAGE] {
        let layout = Layout::from_size_align(8, align).unwrap();
        let cut = state(heap, |state| state.cut);
        let block = Block::new(heap, layout, 3);
        let now = state(heap, |state| state.cut);
        // The first one opens the first chunk.
        assert!(now == cut || now == CUT_MAX, "{align}");
        drop(block);
    }
}

#[test]
fn an_interrupted_opening_of_the_first_chunk_starts_again() {
    let heap = new_heap();
    let blocks = [100, 2000, 3000].map(|len| Block::new(heap, bytes(len), 7));
    heap.locked(|state| {
        let cut = state.cut;
        state.open_first_chunk();
        // As if `base` and `cut` had not been written.
        state.groups[0].base = core::ptr::null_mut();
        state.cut = cut;
    });
    let others = [100, 2000, 3000].map(|len| Block::new(heap, bytes(len), 9));
    drop((others, blocks));
}

#[test]
fn a_freed_mapping_goes_back_to_the_system_at_once() {
    let heap = heap();
    let before = state(heap, |state| state.resident);
    let block = Block::new(heap, bytes(CHUNKED_LEN_MAX + 1), 1);
    let len = (CHUNKED_LEN_MAX + 1).next_multiple_of(PAGE);
    assert_eq!(state(heap, |state| state.resident), before + len);
    drop(block);
    assert_eq!(state(heap, |state| state.resident), before);
}

#[test]
fn a_block_grows_and_shrinks_across_every_limit() {
    for align in [1, 16, 32, 4096, 1 << 20] {
        let heap = heap();
        let layout = Layout::from_size_align(1, align).unwrap();
        let mut block = Block::new(heap, layout, 9);
        for len in [16, 100, 5000, CHUNKED_LEN_MAX, CHUNKED_LEN_MAX + 1, 700_000] {
            block.resize(len);
        }
        for len in [300_000, CHUNKED_LEN_MAX + 1, CHUNKED_LEN_MAX, 5000, 1] {
            block.resize(len);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "Miri ends if there is no memory")]
fn alloc_returns_null_if_there_is_no_memory() {
    #[track_caller]
    fn check(len: usize, align: usize) {
        let heap = heap();
        let layout = Layout::from_size_align(len, align).unwrap();
        // SAFETY: the size of the layout is greater than 0.
        let block = unsafe { heap.alloc(layout) };
        assert!(block.is_null(), "{layout:?}");
        // SAFETY: as above.
        assert!(unsafe { heap.alloc_zeroed(layout) }.is_null());
        if len > 1 {
            let small = Layout::from_size_align(1, 1).unwrap();
            let small = Block::new(heap, small, 1);
            // SAFETY: the block is of this layout; a failure leaves it as it is.
            let grown = unsafe { heap.realloc(small.at, small.layout, len) };
            assert!(grown.is_null());
        }
    }
    let max = isize::MAX.unsigned_abs();
    check(max, 1);
    check(max - 4096, 16);
    check(max - 63, 64);
    check(1, 1 << 62);
    check(1 << 62, 1 << 62);
    check(1 << 48, 8);
}

/// Runs `f` in a process in which no other test runs: the memory measured is the process's.
#[cfg(not(miri))]
fn alone(name: &str, f: impl FnOnce()) {
    const ALONE: &str = "TINY_LAMBDA_TEST_ALONE";
    let name = std::format!("sys::allocator::tests::{name}");
    if std::env::var_os(ALONE).is_some() {
        return f();
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text = std::string::String::from_utf8_lossy(&output.stdout);
    let errors = std::string::String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{errors}"
    );
}

/// Anonymous memory that is resident, in bytes.
#[cfg(not(miri))]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let kb = line.unwrap().split_whitespace().nth(1);
    kb.unwrap().parse::<usize>().unwrap() << 10
}

/// A list whose nodes are the measured heap's blocks, so that nothing else grows with it.
#[cfg(not(miri))]
struct List<'h> {
    heap: &'h Heap,
    last: *mut Node,
}

#[cfg(not(miri))]
struct Node {
    before: *mut Node,
    layout: Layout,
}

#[cfg(not(miri))]
impl List<'_> {
    fn new(heap: &Heap) -> List<'_> {
        let last = core::ptr::null_mut();
        List { heap, last }
    }

    fn push(&mut self, len: usize) {
        let layout = Layout::from_size_align(len.max(size_of::<Node>()), 8).unwrap();
        // SAFETY: the layout has room for a node.
        unsafe {
            let node: *mut Node = self.heap.alloc(layout).cast();
            assert!(!node.is_null());
            node.cast::<u8>().write_bytes(1, layout.size());
            let before = self.last;
            node.write(Node { before, layout });
            self.last = node;
        }
    }

    /// Frees all but each `n`th node.
    fn thin(&mut self, n: usize) {
        let mut node = core::mem::replace(&mut self.last, core::ptr::null_mut());
        let mut i = 0;
        while !node.is_null() {
            // SAFETY: each node is of this heap and its layout, and is in one list.
            unsafe {
                let Node { before, layout } = node.read();
                i += 1;
                if i % n == 0 {
                    (*node).before = self.last;
                    self.last = node;
                } else {
                    self.heap.dealloc(node.cast(), layout);
                }
                node = before;
            }
        }
    }
}

#[cfg(not(miri))]
impl Drop for List<'_> {
    fn drop(&mut self) {
        self.thin(usize::MAX);
    }
}

#[cfg(not(miri))]
const MB: usize = 1 << 20;

/// Divides the amounts of the long tests in a debug build, which takes a minute for all of them. The gate
/// runs these tests in a release build too.
#[cfg(not(miri))]
const SCALE: usize = if cfg!(debug_assertions) { 4 } else { 1 };

/// Returns the most memory that `held` bytes may take: a quarter more, or 2 MB more if that is larger.
#[cfg(not(miri))]
fn bound(held: usize) -> usize {
    held + (held / 4).max(2 * MB)
}

#[track_caller]
#[cfg(not(miri))]
fn check_resident(what: &str, now: usize, max: usize) {
    assert!(
        now <= max,
        "{what}: {} KB, at most {} KB",
        now >> 10,
        max >> 10
    );
}

#[test]
#[cfg(not(miri))]
fn resident_memory_is_bounded_by_the_bytes_in_use() {
    alone("resident_memory_is_bounded_by_the_bytes_in_use", || {
        let heap = heap();
        let before = resident();
        let now = || resident().saturating_sub(before);
        for _ in 0..2000 / SCALE {
            drop(Block::new(heap, bytes(MB), 4));
        }
        check_resident("zeroed blocks in turn", now(), 4 * MB);

        for len in [
            32, 56, 100, 256, 333, 1000, 1025, 4096, 5000, 9000, 20_000, 33_000, 70_000, 100_000,
        ] {
            heap.locked(State::trim);
            let mut list = List::new(heap);
            let held = 16 * MB / SCALE;
            for _ in 0..held / len {
                list.push(len);
            }
            check_resident("blocks of one length", now(), bound(held));
            drop(list);
            heap.locked(State::trim);
            check_resident("after blocks of one length", now(), 4 * MB);
        }

        let vecs: Vec<_> = (0..60).map(|_| Block::new(heap, bytes(MB), 1)).collect();
        drop(vecs);
        let long = Block::new(heap, bytes(60 * MB), 1);
        check_resident("one of 60 MB after sixty of 1 MB", now(), 64 * MB);
        drop(long);
        heap.locked(State::trim);
        check_resident("after that", now(), 4 * MB);

        for len in [
            32, 48, 64, 100, 150, 256, 400, 1000, 2500, 5000, 9000, 30_000, 70_000, 300_000,
        ] {
            let mut list = List::new(heap);
            let held = 64 * MB / SCALE;
            for _ in 0..held / len {
                list.push(len);
            }
            check_resident("blocks of each length in turn", now(), bound(held));
        }
        heap.locked(State::trim);
        check_resident("after that", now(), 4 * MB);

        // The memory between few remaining blocks serves another length.
        let mut list = List::new(heap);
        let held = 16 * MB / SCALE;
        for _ in 0..held / 64 {
            list.push(64);
        }
        list.thin(100);
        let mut other = List::new(heap);
        for _ in 0..held / 128 {
            other.push(128);
        }
        check_resident("between remaining blocks", now(), bound(held) + 2 * MB);
        drop(list);
        drop(other);
        heap.locked(State::trim);
        check_resident("at the end", now(), 4 * MB);
    });
}

#[test]
#[cfg(not(miri))]
fn resident_memory_is_bounded_with_random_blocks_on_many_threads() {
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    alone(
        "resident_memory_is_bounded_with_random_blocks_on_many_threads",
        || {
            for n_threads in [1, 2, 8, 16] {
                let heap = heap();
                let before = resident();
                let (held, peak) = (AtomicUsize::new(0), AtomicUsize::new(0));
                thread::scope(|scope| {
                    for seed in 0..n_threads {
                        let (heap, held, peak) = (heap, &held, &peak);
                        scope.spawn(move || {
                            let mut random = Random(seed as u64 + 1);
                            let mut blocks: Vec<Block<'_>> = Vec::new();
                            for i in 0..1_000_000 / SCALE / n_threads {
                                // The number of blocks swings, and so does their length.
                                let n_max = 4000 / n_threads
                                    * (1 + i * 10 * SCALE * n_threads / 1_000_000 % 3);
                                if blocks.len() > n_max
                                    || random.below(2) == 0 && !blocks.is_empty()
                                {
                                    let block = blocks.swap_remove(random.below(blocks.len()));
                                    held.fetch_sub(block.layout.size(), Relaxed);
                                } else {
                                    let block = Block::new(heap, random.layout(), 4);
                                    let len = block.layout.size();
                                    peak.fetch_max(held.fetch_add(len, Relaxed) + len, Relaxed);
                                    blocks.push(block);
                                }
                                if i % (20_000 / SCALE) == 0 {
                                    let (now, peak) = (resident() - before, peak.load(Relaxed));
                                    // A thread of a test has memory of its own.
                                    let max = peak + peak / 4 + 2 * MB + n_threads * (256 << 10);
                                    assert!(now <= max, "{n_threads}: {now}, at most {max}");
                                }
                            }
                        });
                    }
                });
                heap.locked(State::trim);
                let now = resident().saturating_sub(before);
                assert!(
                    now <= 2 * MB + n_threads * (256 << 10),
                    "{n_threads}: {now} at the end"
                );
            }
        },
    );
}

#[cfg(not(miri))]
unsafe extern "C" {
    safe fn fork() -> i32;
    fn _exit(status: i32) -> !;
    safe fn alarm(secs: u32) -> u32;
    fn waitpid(process: i32, status: *mut i32, options: i32) -> i32;
}

#[test]
#[cfg(not(miri))]
fn a_fork_while_another_thread_allocates_does_not_hang_the_child() {
    use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

    alone(
        "a_fork_while_another_thread_allocates_does_not_hang_the_child",
        || {
            let heap = heap();
            let is_over = AtomicBool::new(false);
            thread::scope(|scope| {
                for seed in 1..=3 {
                    let (heap, is_over) = (heap, &is_over);
                    scope.spawn(move || {
                        let mut random = Random(seed);
                        while !is_over.load(Relaxed) {
                            let mut list = List::new(heap);
                            for _ in 0..200 {
                                list.push(random.below(5000));
                            }
                        }
                    });
                }
                let mut failed = 0;
                for _ in 0..300 / SCALE {
                    let old: [_; 4] =
                        core::array::from_fn(|i| Block::new(heap, bytes(100 << (3 * i)), 7));
                    let child = fork();
                    if child == 0 {
                        alarm(10);
                        drop(old);
                        let mut list = List::new(heap);
                        for i in 0..300 {
                            list.push(i * 7);
                        }
                        drop(list);
                        heap.locked(State::trim);
                        // SAFETY: the child ends.
                        unsafe { _exit(0) };
                    }
                    let mut status = 1;
                    // SAFETY: the status is written to a variable.
                    unsafe { waitpid(child, &raw mut status, 0) };
                    failed += i32::from(status != 0);
                }
                is_over.store(true, Relaxed);
                assert_eq!(failed, 0);
            });
        },
    );
}

/// A test cannot fork at each moment, but it can fork while the lock is held, so that nobody releases it.
#[test]
#[cfg(not(miri))]
fn a_lock_without_an_owner_is_taken_over_by_the_only_thread_of_a_child() {
    let heap = heap();
    let mut status = 1;
    let old = Block::new(heap, bytes(50), 7);
    let child = heap.locked(|state| {
        // In the middle of a change.
        state.free_lists[3] = core::ptr::dangling_mut();
        let child = fork();
        if child != 0 {
            state.free_lists[3] = core::ptr::null_mut();
        }
        child
    });
    if child == 0 {
        // The closure above has released it.
        heap.is_locked
            .store(true, core::sync::atomic::Ordering::Relaxed);
        alarm(10);
        let new = Block::new(heap, bytes(24), 8);
        drop(old);
        drop(new);
        // SAFETY: the child ends.
        unsafe { _exit(0) };
    }
    // SAFETY: the status is written to a variable.
    unsafe { waitpid(child, &raw mut status, 0) };
    assert_eq!(status, 0);
}
