//! Deflates standard input to standard output (RFC 1951), some 4 % smaller than gzip -9: of all ways to
//! write the input as literals and matches it takes the shortest, by the codes that came of the round
//! before. Behind the stream come CRC-32 and length, as with gzip (RFC 1952, section 2.3).
//!
//! `build.sh` compiles it for itself. What it writes depends on its input alone, and on no machine.

use std::io::{self, Read, Write};
use std::ops::Range;

/// How far back a match may begin, and how long it may be, in bytes.
const DISTANCE_MAX: usize = 32 << 10;
const MATCH_MIN: usize = 3;
const MATCH_MAX: usize = 258;

/// Places that are tried for a match.
const TRIES_MAX: usize = 256;

/// Rounds of parsing and counting symbols anew, and those among them that choose the blocks.
const ROUNDS: usize = 12;
const SPLITS: [usize; 2] = [3, 7];

/// Literals and lengths, the end of a block among them; distances; lengths of codes.
const N_LITERALS: usize = 286;
const N_DISTANCES: usize = 30;
const N_LENGTHS: usize = 19;
const END: usize = 256;

/// Fractions of a bit in which costs are counted.
const BIT: u64 = 256;

/// One literal, of length 1, or one match.
#[derive(Clone, Copy)]
struct Step {
    len: u16,
    /// 0: a literal.
    distance: u16,
}

/// A symbol, and the bits behind it: how many, and which.
struct Symbol {
    code: usize,
    n_bits: u32,
    bits: usize,
}

/// Symbols that stand for more numbers the further they go (RFC 1951, section 3.2.5).
fn symbol(n: usize, direct: usize, per_octave: u32) -> Symbol {
    if n < direct {
        return Symbol {
            code: n,
            n_bits: 0,
            bits: 0,
        };
    }
    let n_bits = n.ilog2() - per_octave;
    let code = ((n_bits as usize) << per_octave) + (n >> n_bits);
    Symbol {
        code,
        n_bits,
        bits: n & ((1 << n_bits) - 1),
    }
}

fn length_symbol(len: usize) -> Symbol {
    if len == MATCH_MAX {
        return Symbol {
            code: 285,
            n_bits: 0,
            bits: 0,
        };
    }
    let symbol = symbol(len - MATCH_MIN, 8, 2);
    Symbol {
        code: symbol.code + 257,
        ..symbol
    }
}

fn distance_symbol(distance: usize) -> Symbol {
    symbol(distance - 1, 4, 1)
}

/// For each place of the input, the matches that begin there, nearest and shortest first.
struct Matches {
    starts: Vec<u32>,
    all: Vec<Step>,
}

impl Matches {
    fn find(input: &[u8]) -> Matches {
        const NONE: u32 = u32::MAX;
        let hash = |at: usize| {
            let bytes = u32::from_le_bytes([input[at], input[at + 1], input[at + 2], 0]);
            (bytes.wrapping_mul(0x9e37_79b1) >> 16) as usize
        };
        let mut last = vec![NONE; 1 << 16];
        let mut previous = vec![NONE; input.len()];
        let mut matches = Matches {
            starts: vec![0],
            all: Vec::new(),
        };
        for at in 0..input.len() {
            let len_max = MATCH_MAX.min(input.len() - at);
            if len_max >= MATCH_MIN {
                let hash = hash(at);
                let mut candidate = last[hash];
                (previous[at], last[hash]) = (candidate, at as u32);
                let mut best = MATCH_MIN - 1;
                for _ in 0..TRIES_MAX {
                    let from = candidate as usize;
                    if candidate == NONE || at - from > DISTANCE_MAX || best == len_max {
                        break;
                    }
                    if input[from + best] == input[at + best] {
                        let pairs = input[from..].iter().zip(&input[at..at + len_max]);
                        let len = pairs.take_while(|(a, b)| a == b).count();
                        if len > best {
                            best = len;
                            let distance = (at - from) as u16;
                            matches.all.push(Step {
                                len: len as u16,
                                distance,
                            });
                        }
                    }
                    candidate = previous[from];
                }
            }
            matches.starts.push(matches.all.len() as u32);
        }
        matches
    }

    fn at(&self, at: usize) -> &[Step] {
        &self.all[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

/// How often each symbol occurs in a part of the input, and where that is.
#[derive(Clone)]
struct Block {
    range: Range<usize>,
    literals: [u32; N_LITERALS],
    distances: [u32; N_DISTANCES],
    /// Bits behind the symbols.
    n_bits: u64,
}

impl Block {
    fn new(range: Range<usize>) -> Block {
        let mut literals = [0; N_LITERALS];
        literals[END] = 1;
        Block {
            range,
            literals,
            distances: [0; N_DISTANCES],
            n_bits: 0,
        }
    }

    fn count(&mut self, input: &[u8], steps: &[Step]) {
        *self = Block::new(self.range.clone());
        let mut at = self.range.start;
        while at < self.range.end {
            let step = steps[at];
            if step.distance == 0 {
                self.literals[usize::from(input[at])] += 1;
            } else {
                let (length, distance) = symbols(step);
                self.literals[length.code] += 1;
                self.distances[distance.code] += 1;
                self.n_bits += u64::from(length.n_bits + distance.n_bits);
            }
            at += usize::from(step.len);
        }
    }

    fn with(&self, next: &Block) -> Block {
        let mut both = self.clone();
        both.range.end = next.range.end;
        for (sum, n) in both.literals.iter_mut().zip(next.literals) {
            *sum += n;
        }
        both.literals[END] = 1;
        for (sum, n) in both.distances.iter_mut().zip(next.distances) {
            *sum += n;
        }
        both.n_bits += next.n_bits;
        both
    }

    /// In bits, with its codes.
    fn len(&self) -> u64 {
        let mut bits = Bits::default();
        let (literals, distances) = self.write_head(&mut bits, false);
        let sum = |lengths: &[u8], counts: &[u32]| -> u64 {
            let pairs = lengths.iter().zip(counts);
            pairs.map(|(len, n)| u64::from(*len) * u64::from(*n)).sum()
        };
        let symbols = sum(&literals, &self.literals) + sum(&distances, &self.distances);
        bits.len + symbols + self.n_bits
    }

    /// Writes what stands in front of the symbols (section 3.2.7); the lengths of their codes.
    fn write_head(&self, out: &mut Bits, is_last: bool) -> (Vec<u8>, Vec<u8>) {
        /// The order in which the lengths of the codes of lengths come.
        const ORDER: [usize; N_LENGTHS] = [
            16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
        ];
        let used = |lengths: &[u8], min: usize| {
            lengths
                .iter()
                .rposition(|len| *len > 0)
                .map_or(min, |last| min.max(last + 1))
        };
        let literals = code_lengths(&self.literals, 15);
        let distances = code_lengths(&self.distances, 15);
        let (n_literals, n_distances) = (used(&literals, 257), used(&distances, 1));
        let lengths = [&literals[..n_literals], &distances[..n_distances]].concat();
        let runs = runs(&lengths);
        let mut counts = [0; N_LENGTHS];
        for (symbol, ..) in &runs {
            counts[*symbol] += 1;
        }
        let codes = Codes::new(code_lengths(&counts, 7));
        let in_order = ORDER.map(|symbol| codes.lengths[symbol]);
        let n_codes = used(&in_order, 4);
        out.push(usize::from(is_last), 1);
        out.push(2, 2);
        out.push(n_literals - 257, 5);
        out.push(n_distances - 1, 5);
        out.push(n_codes - 4, 4);
        for len in &in_order[..n_codes] {
            out.push(usize::from(*len), 3);
        }
        for (symbol, n_bits, bits) in runs {
            codes.write(out, symbol);
            out.push(bits, n_bits);
        }
        (literals, distances)
    }

    fn write(&self, out: &mut Bits, input: &[u8], steps: &[Step], is_last: bool) {
        let (literals, distances) = self.write_head(out, is_last);
        let (literals, distances) = (Codes::new(literals), Codes::new(distances));
        let mut at = self.range.start;
        while at < self.range.end {
            let step = steps[at];
            if step.distance == 0 {
                literals.write(out, usize::from(input[at]));
            } else {
                let (length, distance) = symbols(step);
                literals.write(out, length.code);
                out.push(length.bits, length.n_bits);
                distances.write(out, distance.code);
                out.push(distance.bits, distance.n_bits);
            }
            at += usize::from(step.len);
        }
        literals.write(out, END);
    }

    /// What the symbols cost, in fractions of a bit.
    fn costs(&self) -> Costs {
        let literals = costs(&self.literals);
        let distances = costs(&self.distances);
        let mut costs = Costs {
            literals: [0; 256],
            lengths: [0; MATCH_MAX + 1],
            distances: [0; 30],
        };
        costs.literals.copy_from_slice(&literals[..256]);
        for len in MATCH_MIN..=MATCH_MAX {
            let symbol = length_symbol(len);
            costs.lengths[len] = literals[symbol.code] + u64::from(symbol.n_bits) * BIT;
        }
        for (code, cost) in costs.distances.iter_mut().enumerate() {
            *cost = distances[code] + (code as u64 / 2).saturating_sub(1) * BIT;
        }
        costs
    }
}

fn symbols(step: Step) -> (Symbol, Symbol) {
    (
        length_symbol(step.len.into()),
        distance_symbol(step.distance.into()),
    )
}

struct Costs {
    literals: [u64; 256],
    lengths: [u64; MATCH_MAX + 1],
    distances: [u64; N_DISTANCES],
}

/// What the best code would be for symbols that occur so often.
fn costs(counts: &[u32]) -> Vec<u64> {
    let all = log2(counts.iter().sum::<u32>().max(1));
    counts
        .iter()
        .map(|n| if *n == 0 { all } else { all - log2(*n) })
        .collect()
}

/// The logarithm to base 2, in fractions of a bit: in whole numbers, which are the same everywhere.
fn log2(n: u32) -> u64 {
    let mut mantissa = u64::from(n) << (31 - n.ilog2());
    let mut log = u64::from(n.ilog2());
    let mut unit = BIT;
    while unit > 1 {
        unit /= 2;
        mantissa = (mantissa * mantissa) >> 31;
        log *= 2;
        if mantissa >> 32 != 0 {
            mantissa /= 2;
            log += 1;
        }
    }
    log
}

/// The shortest way through the input, as the steps that begin at each place that it touches.
fn parse(input: &[u8], matches: &Matches, blocks: &[Block]) -> Vec<Step> {
    let mut best = vec![
        (
            u64::MAX,
            Step {
                len: 1,
                distance: 0
            }
        );
        input.len() + 1
    ];
    best[0].0 = 0;
    for block in blocks {
        let costs = block.costs();
        for at in block.range.clone() {
            let before = best[at].0;
            let mut reach = |len: usize, distance: u16, cost: u64| {
                let there = &mut best[at + len];
                if before + cost < there.0 {
                    *there = (
                        before + cost,
                        Step {
                            len: len as u16,
                            distance,
                        },
                    );
                }
            };
            reach(1, 0, costs.literals[usize::from(input[at])]);
            let mut from = MATCH_MIN;
            for step in matches.at(at) {
                let distance = distance_symbol(step.distance.into()).code;
                for len in from..=usize::from(step.len) {
                    reach(
                        len,
                        step.distance,
                        costs.lengths[len] + costs.distances[distance],
                    );
                }
                from = usize::from(step.len) + 1;
            }
        }
    }
    // Backwards it is known; a step is put where it begins.
    let mut steps = vec![
        Step {
            len: 1,
            distance: 0
        };
        input.len()
    ];
    let mut at = input.len();
    while at > 0 {
        let step = best[at].1;
        at -= usize::from(step.len);
        steps[at] = step;
    }
    steps
}

/// Blocks whose symbols differ: neighbours become one where that is shorter.
fn split(input: &[u8], steps: &[Step]) -> Vec<Block> {
    let part_len = (input.len() / 64).max(512);
    let mut blocks = Vec::new();
    let mut start = 0;
    while start < input.len() {
        let mut end = start;
        while end < input.len() && end - start < part_len {
            end += usize::from(steps[end].len);
        }
        let mut block = Block::new(start..end);
        block.count(input, steps);
        blocks.push((block.len(), block));
        start = end;
    }
    let gain = |pair: &[(u64, Block)]| {
        let both = pair[0].1.with(&pair[1].1);
        let len = both.len();
        ((pair[0].0 + pair[1].0).saturating_sub(len), len, both)
    };
    let mut gains: Vec<_> = blocks.windows(2).map(gain).collect();
    loop {
        let best = (0..gains.len()).max_by_key(|at| gains[*at].0);
        let Some(at) = best.filter(|at| gains[*at].0 > 0) else {
            return blocks.into_iter().map(|(_, block)| block).collect();
        };
        let (_, len, both) = gains.remove(at);
        blocks[at] = (len, both);
        blocks.remove(at + 1);
        for changed in at.saturating_sub(1)..(at + 1).min(gains.len()) {
            gains[changed] = gain(&blocks[changed..changed + 2]);
        }
    }
}

/// Has each block begin where a step does, and counts its symbols.
fn recount(input: &[u8], steps: &[Step], blocks: &mut Vec<Block>) {
    let mut start = 0;
    for block in &mut *blocks {
        let mut end = start;
        while end < block.range.end {
            end += usize::from(steps[end].len);
        }
        block.range = start..end;
        block.count(input, steps);
        start = end;
    }
    blocks.retain(|block| !block.range.is_empty());
}

pub(crate) fn deflate(input: &[u8]) -> Vec<u8> {
    if input.is_empty() {
        // A block of fixed codes, and its end.
        return vec![3, 0];
    }
    let matches = Matches::find(input);
    let mut whole = Block::new(0..input.len());
    // To begin with, all matches are as good as each other, and better than literals.
    whole.literals = [1; N_LITERALS];
    whole.distances = [1; N_DISTANCES];
    let mut blocks = vec![whole];
    let mut best: Option<(u64, Vec<Block>, Vec<Step>)> = None;
    for round in 0..ROUNDS {
        let steps = parse(input, &matches, &blocks);
        if SPLITS.contains(&round) {
            blocks = split(input, &steps);
        } else {
            recount(input, &steps, &mut blocks);
        }
        let len = blocks.iter().map(Block::len).sum();
        if best.as_ref().is_none_or(|best| len < best.0) {
            best = Some((len, blocks.clone(), steps));
        }
    }
    let mut out = Bits::default();
    if let Some((_, blocks, steps)) = best {
        let last = blocks.len().saturating_sub(1);
        for (index, block) in blocks.iter().enumerate() {
            block.write(&mut out, input, &steps, index == last);
        }
    }
    out.bytes
}

/// Lengths of codes for symbols that occur so often, none longer than `max`, and no better ones of that
/// kind: by packages and merges (Larmore and Hirschberg, 1990).
fn code_lengths(counts: &[u32], max: usize) -> Vec<u8> {
    let mut lengths = vec![0; counts.len()];
    let mut leaves: Vec<(u64, Vec<usize>)> = Vec::new();
    for (symbol, n) in counts.iter().enumerate() {
        if *n > 0 {
            leaves.push((u64::from(*n), vec![symbol]));
        }
    }
    if leaves.len() < 2 {
        // A code of one symbol has a bit, too.
        for (_, symbols) in leaves {
            lengths[symbols[0]] = 1;
        }
        return lengths;
    }
    leaves.sort();
    let mut packages: Vec<(u64, Vec<usize>)> = Vec::new();
    for _ in 0..max {
        let pairs = packages.chunks_exact(2);
        let mut level: Vec<_> = pairs
            .map(|pair| (pair[0].0 + pair[1].0, [&pair[0].1[..], &pair[1].1].concat()))
            .collect();
        level.extend(leaves.iter().cloned());
        level.sort_by_key(|(weight, _)| *weight);
        packages = level;
    }
    for (_, symbols) in &packages[..2 * leaves.len() - 2] {
        for symbol in symbols {
            lengths[*symbol] += 1;
        }
    }
    lengths
}

/// Lengths of codes as symbols, with the bits behind them: 16 repeats the last one, 17 and 18 are zeros.
fn runs(lengths: &[u8]) -> Vec<(usize, u32, usize)> {
    let mut runs = Vec::new();
    for run in lengths.chunk_by(|a, b| a == b) {
        let (len, mut left) = (usize::from(run[0]), run.len());
        if len > 0 {
            runs.push((len, 0, 0));
            left -= 1;
        }
        while left > 0 {
            let (n, symbol) = match (len, left) {
                (0, 11..) => (left.min(138), (18, 7, left.min(138) - 11)),
                (0, 3..) => (left, (17, 3, left - 3)),
                // Seven are four and three.
                (1.., 7) => (4, (16, 2, 1)),
                (1.., 3..) => (left.min(6), (16, 2, left.min(6) - 3)),
                _ => (1, (len, 0, 0)),
            };
            runs.push(symbol);
            left -= n;
        }
    }
    runs
}

/// Codes of these lengths, each in front of those of greater length (section 3.2.2).
struct Codes {
    lengths: Vec<u8>,
    codes: Vec<usize>,
}

impl Codes {
    fn new(lengths: Vec<u8>) -> Codes {
        let mut codes = vec![0; lengths.len()];
        let mut next = 0_usize;
        for len in 1..=15_u32 {
            next <<= 1;
            for (code, _) in codes
                .iter_mut()
                .zip(&lengths)
                .filter(|(_, l)| u32::from(**l) == len)
            {
                // They come with the first bit first.
                *code = next.reverse_bits() >> (usize::BITS - len);
                next += 1;
            }
        }
        Codes { lengths, codes }
    }

    fn write(&self, out: &mut Bits, symbol: usize) {
        out.push(self.codes[symbol], self.lengths[symbol].into());
    }
}

/// Bits that become bytes, the lowest first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    len: u64,
}

impl Bits {
    fn push(&mut self, bits: usize, n: u32) {
        for at in 0..n {
            if self.len % 8 == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((bits >> at & 1) as u8) << (self.len % 8);
            }
            self.len += 1;
        }
    }
}

/// RFC 1952, section 8.
pub(crate) fn crc_32(input: &[u8]) -> u32 {
    !input.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (crc & 1).wrapping_neg() & 0xedb8_8320
        })
    })
}

fn main() -> io::Result<()> {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    let mut out = deflate(&input);
    for number in [crc_32(&input), input.len() as u32] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    io::stdout().write_all(&out)
}
