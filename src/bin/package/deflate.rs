//! Deflate (RFC 1951): blocks with dynamic Huffman codes, and stored blocks where these are shorter.
//!
//! The input is parsed into literals and matches by a shortest path: a step costs as many bits as its
//! codes have. The codes depend on the parse, so each segment is parsed several times, with the codes
//! of the pass before. The plain form is lazy matching, as in `gzip -9`, which makes the zip of `hello`
//! 854 bytes larger (2.2 %): more than `.ci/size-budget` allows. The output depends on the input alone,
//! not on the machine.
//!
//! The figures in this file are for the zip of `hello`, profile small, x86_64: 38,817 bytes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::iter;

/// How far back a match may begin, and how long it may be, in bytes.
const DISTANCE_MAX: usize = 32 << 10;
const MATCH_MIN: usize = 3;
const MATCH_MAX: usize = 258;

/// The most positions that are compared to find the matches at a position. With 256: 50 bytes more.
const TRIES_MAX: usize = 1024;

/// A match of this length is taken whole, which bounds the time for repetitive input.
const MATCH_GOOD: usize = 64;

/// How often each segment is parsed. With 2: 158 bytes more; with 7: none less.
const N_PASSES: usize = 5;

/// The bytes that are parsed at a time, which bounds the memory.
const SEGMENT_LEN: usize = 256 << 10;

/// The number of steps in the smallest block. With one block per segment: 443 bytes more.
const BLOCK_STEPS_MIN: usize = 448;

/// The numbers of symbols: literals and lengths, and distances. In tables of both, distances are last.
const N_LITERALS: usize = 286;
const N_DISTANCES: usize = 30;

/// The symbol that ends a block, and the one of the longest match.
const END: usize = 256;
const LONGEST: usize = N_LITERALS - 1;

/// The longest code of literals and distances, and of lengths of codes, in bits.
const CODE_LEN_MAX: u8 = 15;
const LENGTH_CODE_LEN_MAX: u8 = 7;

/// The largest stored block, in bytes.
const STORED_LEN_MAX: usize = 0xffff;

/// Returns `input` as a deflate stream.
pub(crate) fn deflate(input: &[u8]) -> Vec<u8> {
    if input.is_empty() {
        // A block with fixed codes: its type and its end.
        return vec![3, 0];
    }
    let mut chains = Chains {
        last: vec![None; 1 << 16],
        before: vec![None; Chains::RING_LEN],
    };
    let (mut blocks, mut steps, mut cheapest) = (Vec::new(), Vec::new(), Vec::new());
    for start in (0..input.len()).step_by(SEGMENT_LEN) {
        let end = input.len().min(start + SEGMENT_LEN);
        chains.steps(&input[..end], start, &mut steps);
        // Before any symbol is counted: matches cost less than literals.
        let mut costs = vec![(end - start, vec![8; N_LITERALS + N_DISTANCES])];
        let mut segment_blocks = Vec::new();
        for _ in 0..N_PASSES {
            let path = cheapest_path(&steps, &costs, &mut cheapest);
            segment_blocks = merge(path.chunks(BLOCK_STEPS_MIN).map(Block::new).collect());
            let costs_of = |block: &Block| (block.n_bytes, block.code_lengths.clone());
            let costs_before = costs;
            costs = segment_blocks.iter().map(costs_of).collect();
            if costs == costs_before {
                break;
            }
        }
        blocks.append(&mut segment_blocks);
    }
    let blocks = merge(blocks);
    let mut out = Bits::default();
    let mut rest = input;
    for (index, block) in blocks.iter().enumerate() {
        let (bytes, after) = rest.split_at(block.n_bytes);
        block.write(bytes, index + 1 == blocks.len(), &mut out);
        rest = after;
    }
    out.bytes
}

// ---- matches ----

/// Chains of positions whose three bytes have the same hash.
struct Chains {
    /// For each hash, the last position.
    last: Vec<Option<usize>>,
    /// For each position, the one before it in its chain. The array is a ring that is twice as large as
    /// the window, so that the entries of all positions in the window are intact.
    before: Vec<Option<usize>>,
}

impl Chains {
    const RING_LEN: usize = 2 * DISTANCE_MAX;

    fn insert(&mut self, input: &[u8], at: usize) {
        let hash = match input[at..] {
            [a, b, c, ..] => u32::from_le_bytes([a, b, c, 0]).wrapping_mul(0x9e37_79b1) >> 16,
            _ => 0,
        };
        self.before[at % Chains::RING_LEN] = self.last[hash as usize].replace(at);
    }

    /// Sets `steps` to the possible steps at each position of `input` from `start` on. Where the
    /// longest match is a good one, it is the only step, and the positions within it have none.
    fn steps(&mut self, input: &[u8], start: usize, steps: &mut Vec<Vec<Step>>) {
        let mut good_end = start;
        let steps_at = |at| {
            self.insert(input, at);
            if at < good_end {
                return Vec::new();
            }
            let mut steps = self.steps_at(input, at);
            let longest = steps[steps.len() - 1];
            if longest.len() >= MATCH_GOOD {
                good_end = at + longest.len();
                steps = vec![longest];
            }
            steps
        };
        steps.clear();
        steps.extend((start..input.len()).map(steps_at));
    }

    /// Returns a literal and, for each length, the nearest match.
    fn steps_at(&self, input: &[u8], at: usize) -> Vec<Step> {
        let ahead = &input[at..input.len().min(at + MATCH_MAX)];
        let before = |at: &usize| self.before[at % Chains::RING_LEN];
        let mut steps = vec![Step::Literal(ahead[0])];
        let mut longest = MATCH_MIN - 1;
        for from in iter::successors(before(&at), before).take(TRIES_MAX) {
            let distance = at - from;
            if distance > DISTANCE_MAX || longest >= ahead.len().min(MATCH_GOOD) {
                break;
            }
            // Most candidates differ in the byte that would make the match longer.
            if input[from + longest] != ahead[longest] {
                continue;
            }
            let pairs = input[from..].iter().zip(ahead);
            let len = pairs.take_while(|(a, b)| a == b).count();
            let (lengths, distance) = (longest as u16 + 1..=len as u16, distance as u16);
            steps.extend(lengths.map(|len| Step::Match { len, distance }));
            longest = longest.max(len);
        }
        steps
    }
}

/// Returns the cheapest path from the first position to the last one. `steps` has the steps that can be
/// taken at each position; `costs` has the length of each block in bytes, and its code lengths.
/// `cheapest` is a buffer: for each position, the cost of the cheapest path to it, and the last step of
/// that path.
fn cheapest_path(
    steps: &[Vec<Step>],
    costs: &[(usize, Vec<u8>)],
    cheapest: &mut Vec<(u32, Step)>,
) -> Vec<Step> {
    cheapest.clear();
    cheapest.resize(steps.len() + 1, (u32::MAX, Step::Literal(0)));
    cheapest[0].0 = 0;
    let (mut at, mut block_end) = (0, 0);
    for (n_bytes, code_lengths) in costs {
        block_end += n_bytes;
        while at < block_end {
            for step in &steps[at] {
                let cost = cheapest[at].0 + step.cost(code_lengths);
                let there = &mut cheapest[at + step.len()];
                if cost < there.0 {
                    *there = (cost, *step);
                }
            }
            at += 1;
        }
    }
    let mut path = Vec::new();
    while at > 0 {
        let step = cheapest[at].1;
        path.push(step);
        at -= step.len();
    }
    path.reverse();
    path
}

// ---- steps ----

#[derive(Clone, Copy)]
enum Step {
    Literal(u8),
    Match { len: u16, distance: u16 },
}

/// A symbol, the number of bits that follow it, and a number of which these are the lowest bits.
type Symbol = (usize, u32, u32);

impl Step {
    fn len(self) -> usize {
        match self {
            Step::Literal(_) => 1,
            Step::Match { len, .. } => len.into(),
        }
    }

    fn symbols(self) -> impl Iterator<Item = Symbol> {
        let (first, second) = match self {
            Step::Literal(byte) => ((byte.into(), 0, 0), None),
            Step::Match { len, distance } => {
                let length = match usize::from(len) {
                    MATCH_MAX => (LONGEST, 0, 0),
                    len => symbol(END + 1, len - MATCH_MIN, 2),
                };
                (
                    length,
                    Some(symbol(N_LITERALS, usize::from(distance) - 1, 1)),
                )
            }
        };
        iter::once(first).chain(second)
    }

    /// Returns the bits that the step takes.
    fn cost(self, code_lengths: &[u8]) -> u32 {
        let cost = |(symbol, n_bits, _): Symbol| match code_lengths[symbol] {
            // A symbol without a code may get one in the next pass.
            0 => u32::from(CODE_LEN_MAX) - 2,
            len => u32::from(len) + n_bits,
        };
        self.symbols().map(cost).sum()
    }
}

/// Returns the symbol of a number (section 3.2.5). The numbers from one power of two to the next share
/// `1 << symbols_log2` symbols; `first` is the symbol of 0.
fn symbol(first: usize, number: usize, symbols_log2: u32) -> Symbol {
    let n_bits = number.max(1).ilog2().saturating_sub(symbols_log2);
    let symbol = ((n_bits as usize) << symbols_log2) + (number >> n_bits);
    (first + symbol, n_bits, number as u32)
}

// ---- blocks ----

struct Block {
    steps: Vec<Step>,
    /// The bytes of the input.
    n_bytes: usize,
    /// How often each symbol occurs, and the bits that follow the symbols.
    counts: Vec<u32>,
    n_bits: u64,
    /// The length of each symbol's code, in bits; 0 for symbols that do not occur.
    code_lengths: Vec<u8>,
    /// In bits.
    len: u64,
    is_stored: bool,
}

impl Block {
    fn new(steps: &[Step]) -> Block {
        let mut counts = vec![0; N_LITERALS + N_DISTANCES];
        let mut n_bits = 0;
        for (symbol, n, _) in symbols(steps) {
            counts[symbol] += 1;
            n_bits += u64::from(n);
        }
        Block::with_counts(steps.to_vec(), counts, n_bits)
    }

    fn joined(first: &Block, second: &Block) -> Block {
        let pairs = first.counts.iter().zip(&second.counts);
        let mut counts: Vec<u32> = pairs.map(|(a, b)| a + b).collect();
        counts[END] = 1;
        let steps = [first.steps.as_slice(), &second.steps].concat();
        Block::with_counts(steps, counts, first.n_bits + second.n_bits)
    }

    fn with_counts(steps: Vec<Step>, counts: Vec<u32>, n_bits: u64) -> Block {
        let (literals, distances) = counts.split_at(N_LITERALS);
        let literals = code_lengths(literals, CODE_LEN_MAX);
        let code_lengths = [literals, code_lengths(distances, CODE_LEN_MAX)].concat();
        let mut head = Bits::default();
        write_code_lengths(&code_lengths, &mut head);
        let pairs = code_lengths.iter().zip(&counts);
        let codes_len: u64 = pairs.map(|(len, n)| u64::from(*len) * u64::from(*n)).sum();
        let dynamic_len = 3 + head.len as u64 + codes_len + n_bits;
        let n_bytes = steps.iter().map(|step| step.len()).sum();
        // The head has at most 5 bytes, padding included.
        let stored_len = (n_bytes as u64 + 5) * 8;
        let is_stored = n_bytes <= STORED_LEN_MAX && stored_len <= dynamic_len;
        Block {
            steps,
            n_bytes,
            counts,
            n_bits,
            code_lengths,
            len: if is_stored { stored_len } else { dynamic_len },
            is_stored,
        }
    }

    /// Writes the block, which encodes `bytes`.
    fn write(&self, bytes: &[u8], is_last: bool, out: &mut Bits) {
        out.push(is_last.into(), 1);
        if self.is_stored {
            out.push(0, 2);
            out.pad();
            out.push(bytes.len() as u32, 16);
            out.push(!(bytes.len() as u32), 16);
            out.bytes.extend_from_slice(bytes);
            out.pad();
            return;
        }
        out.push(2, 2);
        write_code_lengths(&self.code_lengths, out);
        let (literals, distances) = self.code_lengths.split_at(N_LITERALS);
        let codes = [codes(literals), codes(distances)].concat();
        for (symbol, n_bits, bits) in symbols(&self.steps) {
            let (code, len) = codes[symbol];
            out.push(code, len);
            out.push(bits, n_bits);
        }
    }
}

/// Returns the symbols of a block.
fn symbols(steps: &[Step]) -> impl Iterator<Item = Symbol> {
    let symbols = steps.iter().flat_map(|step| step.symbols());
    symbols.chain([(END, 0, 0)])
}

/// Joins neighbouring blocks while that makes the stream shorter: each time the two that save most.
fn merge(mut blocks: Vec<Block>) -> Vec<Block> {
    let join = |pair: &[Block]| {
        let joined = Block::joined(&pair[0], &pair[1]);
        (
            (pair[0].len + pair[1].len).saturating_sub(joined.len),
            joined,
        )
    };
    let mut pairs: Vec<(u64, Block)> = blocks.windows(2).map(join).collect();
    while let Some(at) = (0..pairs.len()).max_by_key(|at| pairs[*at].0) {
        let (saved, joined) = pairs.remove(at);
        if saved == 0 {
            break;
        }
        blocks.splice(at..at + 2, [joined]);
        for at in at.saturating_sub(1)..pairs.len().min(at + 1) {
            pairs[at] = join(&blocks[at..at + 2]);
        }
    }
    blocks
}

// ---- Huffman codes ----

/// Writes the head of a block with dynamic codes, without its type (section 3.2.7).
fn write_code_lengths(lengths: &[u8], out: &mut Bits) {
    /// The order in which the code lengths of code lengths are written.
    const ORDER: [usize; 19] = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ];
    let n_used = |lengths: &[u8], min: usize| {
        let last = lengths.iter().rposition(|len| *len > 0);
        last.map_or(min, |last| min.max(last + 1))
    };
    let (literals, distances) = lengths.split_at(N_LITERALS);
    let n_literals = n_used(literals, END + 1);
    let n_distances = n_used(distances, 1);
    let runs = runs(&[&literals[..n_literals], &distances[..n_distances]].concat());
    let mut counts = [0; ORDER.len()];
    for (symbol, ..) in &runs {
        counts[*symbol] += 1;
    }
    let lengths = code_lengths(&counts, LENGTH_CODE_LEN_MAX);
    let in_order = ORDER.map(|symbol| lengths[symbol]);
    let n_lengths = n_used(&in_order, 4);
    out.push((n_literals - END - 1) as u32, 5);
    out.push((n_distances - 1) as u32, 5);
    out.push((n_lengths - 4) as u32, 4);
    for len in &in_order[..n_lengths] {
        out.push((*len).into(), 3);
    }
    let codes = codes(&lengths);
    for (symbol, n_bits, bits) in runs {
        let (code, len) = codes[symbol];
        out.push(code, len);
        out.push(bits, n_bits);
    }
}

/// Returns code lengths as symbols: symbol 16 repeats the length before it, 17 and 18 are runs of
/// zeros.
fn runs(lengths: &[u8]) -> Vec<Symbol> {
    let mut runs = Vec::new();
    for run in lengths.chunk_by(|a, b| a == b) {
        let (len, mut left) = (usize::from(run[0]), run.len() as u32);
        if len > 0 {
            runs.push((len, 0, 0));
            left -= 1;
        }
        while left > 0 {
            let (n, symbol) = match (len, left) {
                (0, 11..) => (left.min(138), (18, 7, left.min(138) - 11)),
                (0, 3..) => (left, (17, 3, left - 3)),
                (1.., 3..) => (left.min(6), (16, 2, left.min(6) - 3)),
                _ => (1, (len, 0, 0)),
            };
            runs.push(symbol);
            left -= n;
        }
    }
    runs
}

/// Returns the code lengths of a Huffman code. If a code would be longer than `max`, the counts are made
/// more alike until none is, which costs a few bits per block, if any.
fn code_lengths(counts: &[u32], max: u8) -> Vec<u8> {
    let mut lengths = vec![0; counts.len()];
    let used = counts.iter().enumerate().filter(|(_, n)| **n > 0);
    let mut trees: BinaryHeap<_> = used
        .map(|(symbol, n)| Reverse((*n, vec![symbol])))
        .collect();
    if let (Some(Reverse((_, symbols))), 1) = (trees.peek(), trees.len()) {
        // A code has at least one bit, also if it is the only one.
        lengths[symbols[0]] = 1;
    }
    while let (Some(Reverse(a)), Some(Reverse(b))) = (trees.pop(), trees.pop()) {
        let symbols = [a.1, b.1].concat();
        for symbol in &symbols {
            lengths[*symbol] += 1;
        }
        trees.push(Reverse((a.0 + b.0, symbols)));
    }
    if lengths.iter().all(|len| *len <= max) {
        return lengths;
    }
    let counts: Vec<u32> = counts.iter().map(|n| n.div_ceil(2)).collect();
    code_lengths(&counts, max)
}

/// Returns the canonical codes of these lengths (section 3.2.2), each with its length. The first bit of
/// a code is its lowest one, since codes are written with the first bit first.
fn codes(lengths: &[u8]) -> Vec<(u32, u32)> {
    let mut codes = vec![(0, 0); lengths.len()];
    let mut next: u32 = 0;
    for len in 1..=CODE_LEN_MAX {
        next <<= 1;
        for (code, _) in codes.iter_mut().zip(lengths).filter(|(_, l)| **l == len) {
            let len = u32::from(len);
            *code = (next.reverse_bits() >> (u32::BITS - len), len);
            next += 1;
        }
    }
    codes
}

/// Bits that become bytes, the lowest bit first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    /// In bits.
    len: usize,
}

impl Bits {
    /// Appends the lowest `n` of `bits`.
    fn push(&mut self, bits: u32, n: u32) {
        for place in 0..n {
            if self.len % 8 == 0 {
                self.bytes.push(0);
            }
            let bit = (bits >> place & 1) as u8;
            self.bytes[self.len / 8] |= bit << (self.len % 8);
            self.len += 1;
        }
    }

    /// Appends zeros up to the end of the byte.
    fn pad(&mut self) {
        self.len = self.bytes.len() * 8;
    }
}
