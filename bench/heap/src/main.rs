//! Prints million operations per second for a number of threads and a kind of blocks, the resident memory,
//! and the bytes held: `bench-heap THREADS small|mixed`.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

// Links the crate, and with it its allocator.
use tiny_lambda as _;

const N_SLOTS: usize = 1000;

/// xorshift64.
fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as usize
}

/// Replaces random blocks. Returns the bytes held at the end.
fn work(seed: u64, n: usize, is_mixed: bool) -> usize {
    let mut state = seed;
    let mut slots: Vec<Vec<u8>> = vec![Vec::new(); N_SLOTS];
    for _ in 0..n {
        let len_max = match (is_mixed, random(&mut state) % 100) {
            (true, 0) => 300_000,
            (true, 1..10) => 4096,
            _ => 256,
        };
        let len = 1 + random(&mut state) % len_max;
        let slot = random(&mut state) % N_SLOTS;
        let mut block = Vec::with_capacity(len);
        block.push(1);
        slots[slot] = black_box(block);
    }
    slots.iter().map(Vec::capacity).sum()
}

fn resident_kb() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4
}

fn main() {
    let mut args = std::env::args().skip(1);
    let n_threads: usize = args.next().expect("THREADS").parse().expect("a number");
    let is_mixed = args.next().expect("small or mixed") == "mixed";
    let n = if is_mixed { 500_000 } else { 2_000_000 } / n_threads;
    let start = Instant::now();
    let held: usize = thread::scope(|scope| {
        let threads: Vec<_> = (1..=n_threads)
            .map(|seed| scope.spawn(move || work(seed as u64, n, is_mixed)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let million = (n * n_threads) as f64 / start.elapsed().as_secs_f64() / 1e6;
    println!("{million:.2} {} {}", held >> 10, resident_kb());
}
