//! Tests of the allocator, on heaps of their own.
//!
//! Miri takes a minute for them: `MIRIFLAGS=-Zmiri-ignore-leaks cargo +nightly miri test --lib heap`,
//! since a heap is for as long as the process, and gives no chunk back.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::slice;
use std::sync::Mutex;
use std::thread;

use super::{CHUNK_LEN, Class, Heap, LISTED_LEN_MAX, N_CLASSES, STEP};

/// Miri is a hundred times slower.
fn rounds(n: usize) -> usize {
    if cfg!(miri) { n / 500 } else { n }
}

fn heap() -> Box<Heap> {
    Box::new(Heap::new())
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
            0 => 3 * LISTED_LEN_MAX,
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

// SAFETY: a block belongs to who has it, on whichever thread.
unsafe impl Send for Block<'_> {}

impl<'h> Block<'h> {
    fn new(heap: &'h Heap, layout: Layout, byte: u8) -> Block<'h> {
        let is_zeroed = byte % 4 == 0;
        // SAFETY: no layout here is of no bytes.
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
        // SAFETY: the block is this one's, and has so many bytes.
        unsafe { self.at.write_bytes(self.byte, self.layout.size()) };
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: the block is this one's, and so many bytes of it were written.
        unsafe { slice::from_raw_parts(self.at, self.layout.size()) }
    }

    #[track_caller]
    fn check(&self) {
        // Compared as a whole, which Miri and a debug build are quick at, and with itself: another
        // allocator's memory would be measured along with this one's.
        let bytes = self.bytes();
        let is_whole = bytes.first() == Some(&self.byte) && bytes[1..] == bytes[..bytes.len() - 1];
        assert!(is_whole, "{:?} is not all {}", self.layout, self.byte);
    }

    #[track_caller]
    fn resize(&mut self, len: usize) {
        let old_len = self.layout.size();
        // SAFETY: the block is of this heap and this layout, and `len` is a length.
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
        // SAFETY: the block is of this heap and this layout, and nobody uses it any more.
        unsafe { self.heap.dealloc(self.at, self.layout) };
    }
}

fn bytes(len: usize) -> Layout {
    Layout::array::<u8>(len).unwrap()
}

#[test]
fn a_length_has_its_class() {
    #[track_caller]
    fn check(len: usize, index: usize, class_len: usize) {
        let class = Class {
            index,
            len: class_len,
        };
        assert_eq!(Class::of(len), class, "{len}");
    }
    check(1, 0, 16);
    check(16, 0, 16);
    check(17, 1, 32);
    check(128, 7, 128);
    check(129, 8, 160);
    check(161, 9, 192);
    check(256, 11, 256);
    check(257, 12, 320);
    check(8192, 31, 8192);
    check(LISTED_LEN_MAX, N_CLASSES - 1, LISTED_LEN_MAX);
    assert_eq!(N_CLASSES, 48);
    assert!(Class::of(LISTED_LEN_MAX + 1).index >= N_CLASSES);
    assert!(Class::of(usize::MAX).index >= N_CLASSES);
    for len in (1..=LISTED_LEN_MAX).step_by(if cfg!(miri) { 997 } else { 1 }) {
        let class = Class::of(len);
        let waste = class.len - len;
        assert!(class.len % STEP == 0 && (waste < STEP || waste < len / 4));
    }
}

#[test]
fn blocks_are_whole_aligned_and_nobody_elses_on_any_thread() {
    const N_THREADS: u64 = 4;
    let heap = heap();
    let left_behind = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for seed in 1..=N_THREADS {
            let (heap, left_behind) = (&*heap, &left_behind);
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
                            // One that another thread has made, for one of this thread's.
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
fn a_million_blocks_take_no_more_memory_than_as_many_as_live_at_once() {
    let heap = heap();
    let mut random = Random(7);
    // No list can get longer than this, and all lists together no longer than the arena.
    let mut blocks: [Option<Block<'_>>; 32] = [const { None }; 32];
    for _ in 0..rounds(1_000_000) {
        let (i, len) = (random.below(32), 1 + random.below(1024));
        blocks[i] = None;
        blocks[i] = Some(Block::new(&heap, bytes(len), 1));
    }
    drop(blocks);
    let arena = heap.arena.0.get().addr();
    // SAFETY: nobody else has this heap.
    let rest = unsafe { (*heap.state.get()).rest.addr() };
    assert!((arena..arena + super::ARENA_LEN).contains(&rest));
}

#[test]
fn the_arena_comes_first_and_then_chunks() {
    let heap = heap();
    let len = 100 << 10;
    let blocks: Vec<_> = (0..30)
        .map(|byte| Block::new(&heap, bytes(len), byte))
        .collect();
    let arena = heap.arena.0.get().addr();
    let in_arena =
        |block: &&Block<'_>| (arena..arena + super::ARENA_LEN).contains(&block.at.addr());
    assert_eq!(blocks.iter().filter(in_arena).count(), 2);
    // SAFETY: nobody else has this heap.
    let rest_len = unsafe { (*heap.state.get()).rest_len };
    // Nine in each of three chunks, and the last in a fourth.
    assert_eq!(rest_len, CHUNK_LEN - Class::of(len).len);
}

#[test]
fn a_block_is_resized_in_place_within_its_class() {
    let heap = heap();
    let mut block = Block::new(&heap, bytes(129), 3);
    let at = block.at;
    block.resize(160);
    assert_eq!(block.at, at);
    block.resize(161);
    assert_ne!(block.at, at);
    // The old place is the next one's.
    assert_eq!(Block::new(&heap, bytes(130), 5).at, at);
}

#[test]
fn a_block_grows_and_shrinks_across_every_limit() {
    for align in [1, 16, 32, 4096, 1 << 20] {
        let heap = heap();
        let layout = Layout::from_size_align(1, align).unwrap();
        let mut block = Block::new(&heap, layout, 9);
        for len in [16, 100, 5000, LISTED_LEN_MAX, LISTED_LEN_MAX + 1, 700_000] {
            block.resize(len);
        }
        for len in [300_000, LISTED_LEN_MAX + 1, LISTED_LEN_MAX, 5000, 1] {
            block.resize(len);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "Miri ends where there is no memory")]
fn what_cannot_be_had_is_null() {
    #[track_caller]
    fn check(len: usize, align: usize) {
        let heap = heap();
        let layout = Layout::from_size_align(len, align).unwrap();
        // SAFETY: the layout is not of no bytes.
        let block = unsafe { heap.alloc(layout) };
        assert!(block.is_null(), "{layout:?}");
        // SAFETY: as above.
        assert!(unsafe { heap.alloc_zeroed(layout) }.is_null());
        if len > 1 {
            let small = Layout::from_size_align(1, 1).unwrap();
            let small = Block::new(&heap, small, 1);
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

#[test]
#[cfg_attr(miri, ignore = "Miri has no /proc")]
fn long_blocks_go_back_to_the_system() {
    // The memory measured is the process's, so this one runs in a process in which no other test does.
    const ALONE: &str = "TINY_LAMBDA_TEST_ALONE";
    const NAME: &str = "sys::heap::tests::long_blocks_go_back_to_the_system";
    if std::env::var_os(ALONE).is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let text = std::string::String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return;
    }
    let resident_kb = || -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:"));
        let kb = line.unwrap().split_whitespace().nth(1);
        kb.unwrap().parse().unwrap()
    };
    let heap = heap();
    let before = resident_kb();
    for _ in 0..16 {
        let mut block = Block::new(&heap, bytes(10 << 20), 1);
        block.resize(32 << 20);
    }
    for _ in 0..2 {
        heap.trim();
    }
    let after = resident_kb();
    assert!(after < before + 1024, "{before} KB, then {after} KB");
}

#[test]
fn a_long_block_is_kept_until_there_was_no_use_for_it_from_one_call_to_the_next() {
    let heap = heap();
    let take = |len: usize| Block::new(&heap, bytes(len), 2).at.addr();
    // SAFETY: nobody else has this heap.
    let n_kept = || unsafe {
        let state = &*heap.state.get();
        usize::from(!state.recent.is_null()) + usize::from(!state.older.is_null())
    };
    let first = take(1 << 20);
    assert_eq!(take(1 << 20), first);
    heap.trim();
    assert_eq!(take(1 << 20), first);
    heap.trim();
    assert_eq!(n_kept(), 1);
    // One of another length is made of it.
    take(3 << 20);
    take(200 << 10);
    heap.trim();
    assert_eq!(n_kept(), 1);
    heap.trim();
    assert_eq!(n_kept(), 0);
    // One that must be zero is not one that was used.
    take(1 << 20);
    let zeroed = Block::new(&heap, bytes(1 << 20), 4);
    assert_eq!(n_kept(), 1);
    drop(zeroed);
}
