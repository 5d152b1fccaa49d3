//! Deflate (RFC 1951): blocks with dynamic Huffman codes, and stored blocks where these are shorter.
//!
//! The input is parsed into literals and matches by a shortest path: a step costs as many bits as its
//! codes have. The codes depend on the parse, so each segment is parsed several times, with the codes
//! of the pass before. The plain form is lazy matching, as in `gzip -9`, which makes the zip of `hello`
//! 1,057 bytes larger (2.7 %). The output depends on the input alone, not on the machine.
//!
//! The figures in this file are for the zip of `hello`, profile small, x86_64: 38,789 bytes.

/// How far back a match may begin, and how long it may be, in bytes.
const DISTANCE_MAX: usize = 32 << 10;
const MATCH_MIN: usize = 3;
const MATCH_MAX: usize = 258;

/// The most positions that are compared to find the matches at a position. With 256: 36 bytes more.
const TRIES_MAX: usize = 1024;

/// A match of this length is taken whole, which bounds the time for repetitive input.
const MATCH_GOOD: usize = 64;

/// How often each segment is parsed. With 2: 50 bytes more; with 6: none less.
const N_PASSES: usize = 5;

/// The bytes that are parsed at a time, which bounds the memory.
const SEGMENT_LEN: usize = 256 << 10;

/// The number of steps in the smallest block.
const BLOCK_STEPS_MIN: usize = 448;

/// The numbers of symbols: literals and lengths, distances, lengths of codes.
const N_LITERALS: usize = 286;
const N_DISTANCES: usize = 30;
const N_CODE_LENGTHS: usize = 19;

/// The symbol that ends a block.
const END: usize = 256;

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
    let mut chains = Chains::new();
    let mut blocks = Vec::new();
    let mut start = 0;
    while start < input.len() {
        let segment = Segment::new(input, start, &mut chains);
        let mut codes = vec![(segment.end, CodeLengths::before_counting())];
        let mut segment_blocks = Vec::new();
        for _ in 0..N_PASSES {
            let steps = segment.parse(input, &codes);
            segment_blocks = merge(steps.chunks(BLOCK_STEPS_MIN).map(Block::new).collect());
            codes.clear();
            let mut end = start;
            for block in &segment_blocks {
                end += block.counts.n_bytes;
                codes.push((end, block.counts.code_lengths()));
            }
        }
        blocks.append(&mut segment_blocks);
        start = segment.end;
    }
    let blocks = merge(blocks);
    let mut out = Bits::default();
    let mut rest = input;
    for (index, block) in blocks.iter().enumerate() {
        let (bytes, after) = rest.split_at(block.counts.n_bytes);
        block.write(bytes, index + 1 == blocks.len(), &mut out);
        rest = after;
    }
    out.into_bytes()
}

// ---- matches ----

#[derive(Clone, Copy)]
struct Match {
    len: u16,
    distance: u16,
}

/// Chains of positions whose three bytes have the same hash.
struct Chains {
    /// For each hash, the last position.
    last: Vec<Option<u32>>,
    /// For each position, the one before it in its chain. The array is a ring that is twice as large as
    /// the window, so that the entries of all positions in the window are intact.
    before: Vec<Option<u32>>,
}

impl Chains {
    const RING_LEN: usize = 2 * DISTANCE_MAX;

    fn new() -> Chains {
        Chains {
            last: vec![None; 1 << 16],
            before: vec![None; Chains::RING_LEN],
        }
    }

    fn insert(&mut self, input: &[u8], at: usize) {
        if let Some(&[a, b, c]) = input[at..].first_chunk() {
            let hash = u32::from_le_bytes([a, b, c, 0]).wrapping_mul(0x9e37_79b1) >> 16;
            let last = &mut self.last[hash as usize];
            self.before[at % Chains::RING_LEN] = last.replace(at as u32);
        } else {
            self.before[at % Chains::RING_LEN] = None;
        }
    }

    /// Appends the matches at a position to `matches`, the nearest first, each longer than the one
    /// before it. Returns the length of the last one, or less than `MATCH_MIN` if there is none.
    fn find(&self, input: &[u8], at: usize, matches: &mut Vec<Match>) -> usize {
        let ahead = &input[at..input.len().min(at + MATCH_MAX)];
        let before = |at: usize| self.before[at % Chains::RING_LEN].map(|before| before as usize);
        let chain = std::iter::successors(before(at), |from| before(*from));
        let mut longest = MATCH_MIN - 1;
        for from in chain.take(TRIES_MAX) {
            if at - from > DISTANCE_MAX || longest >= ahead.len().min(MATCH_GOOD) {
                break;
            }
            // Most candidates differ in the byte that would make the match longer.
            if input[from + longest] != ahead[longest] {
                continue;
            }
            let pairs = input[from..].iter().zip(ahead);
            let len = pairs.take_while(|(a, b)| a == b).count();
            if len > longest {
                longest = len;
                matches.push(Match {
                    len: len as u16,
                    distance: (at - from) as u16,
                });
            }
        }
        longest
    }
}

/// A part of the input that is parsed at a time, and its matches.
struct Segment {
    start: usize,
    end: usize,
    matches: Vec<Match>,
    /// For each position, the index of its first match; then the number of all matches.
    first_match: Vec<usize>,
}

impl Segment {
    fn new(input: &[u8], start: usize, chains: &mut Chains) -> Segment {
        let mut segment = Segment {
            start,
            end: input.len().min(start + SEGMENT_LEN),
            matches: Vec::new(),
            first_match: vec![0],
        };
        // Where the last good match ends.
        let mut taken_to = start;
        let mut at = start;
        while at < segment.end {
            chains.insert(input, at);
            if at >= taken_to {
                let longest = chains.find(input, at, &mut segment.matches);
                if longest >= MATCH_GOOD {
                    taken_to = at + longest;
                    segment.end = segment.end.max(taken_to);
                }
            }
            segment.first_match.push(segment.matches.len());
            at += 1;
        }
        segment
    }

    fn matches_at(&self, at: usize) -> &[Match] {
        let index = at - self.start;
        &self.matches[self.first_match[index]..self.first_match[index + 1]]
    }

    /// Returns the steps of the cheapest path through the segment. `codes` has the position where each
    /// block ends and its codes.
    fn parse(&self, input: &[u8], codes: &[(usize, CodeLengths)]) -> Vec<Step> {
        // For each position, the cost of the cheapest path to it, and the last step of that path.
        let mut cheapest = vec![(u32::MAX, Step::Literal(0)); self.end - self.start + 1];
        cheapest[0].0 = 0;
        let mut at = self.start;
        for (block_end, codes) in codes {
            while at < *block_end {
                let index = at - self.start;
                let here = cheapest[index].0;
                let mut reach = |step: Step| {
                    let there = &mut cheapest[index + step.len()];
                    let cost = here + codes.cost(step);
                    if cost < there.0 {
                        *there = (cost, step);
                    }
                };
                let matches = self.matches_at(at);
                if let Some(m) = matches.last().filter(|m| usize::from(m.len) >= MATCH_GOOD) {
                    reach(Step::Match(*m));
                    at += usize::from(m.len);
                    continue;
                }
                reach(Step::Literal(input[at]));
                let len_max = (self.end - at).min(MATCH_MAX) as u16;
                let mut shorter = MATCH_MIN as u16 - 1;
                for m in matches {
                    for len in shorter + 1..=m.len.min(len_max) {
                        reach(Step::Match(Match { len, ..*m }));
                    }
                    shorter = m.len;
                }
                at += 1;
            }
        }
        let mut steps = Vec::new();
        let mut index = self.end - self.start;
        while index > 0 {
            let step = cheapest[index].1;
            steps.push(step);
            index -= step.len();
        }
        steps.reverse();
        steps
    }
}

// ---- steps ----

#[derive(Clone, Copy)]
enum Step {
    Literal(u8),
    Match(Match),
}

impl Step {
    fn len(self) -> usize {
        match self {
            Step::Literal(_) => 1,
            Step::Match(m) => m.len.into(),
        }
    }
}

/// A symbol, and the number of bits that follow it: the lowest ones of the number that it stands for.
type Symbol = (usize, u32);

/// Returns the symbol of a number (section 3.2.5). The first `n_direct` numbers have a symbol each;
/// from then on, the numbers from one power of two to the next share `1 << symbols_log2` symbols.
fn symbol(number: usize, n_direct: usize, symbols_log2: u32) -> Symbol {
    if number < n_direct {
        return (number, 0);
    }
    let n_bits = number.ilog2() - symbols_log2;
    (
        ((n_bits as usize) << symbols_log2) + (number >> n_bits),
        n_bits,
    )
}

fn length_symbol(len: usize) -> Symbol {
    if len == MATCH_MAX {
        return (N_LITERALS - 1, 0);
    }
    let (symbol, n_bits) = symbol(len - MATCH_MIN, 8, 2);
    (END + 1 + symbol, n_bits)
}

fn distance_symbol(distance: usize) -> Symbol {
    symbol(distance - 1, 4, 1)
}

// ---- blocks ----

/// How often each symbol occurs in a block.
struct Counts {
    literals: Vec<u32>,
    distances: Vec<u32>,
    /// The bits that follow the symbols.
    n_bits: u64,
    /// The bytes of the input.
    n_bytes: usize,
}

impl Counts {
    fn new(steps: &[Step]) -> Counts {
        let mut counts = Counts {
            literals: vec![0; N_LITERALS],
            distances: vec![0; N_DISTANCES],
            n_bits: 0,
            n_bytes: 0,
        };
        counts.literals[END] = 1;
        for step in steps {
            counts.n_bytes += step.len();
            match *step {
                Step::Literal(byte) => counts.literals[usize::from(byte)] += 1,
                Step::Match(m) => {
                    let (length, n_length_bits) = length_symbol(m.len.into());
                    let (distance, n_distance_bits) = distance_symbol(m.distance.into());
                    counts.literals[length] += 1;
                    counts.distances[distance] += 1;
                    counts.n_bits += u64::from(n_length_bits + n_distance_bits);
                }
            }
        }
        counts
    }

    fn plus(&self, next: &Counts) -> Counts {
        let sums = |a: &[u32], b: &[u32]| a.iter().zip(b).map(|(a, b)| a + b).collect();
        let mut both = Counts {
            literals: sums(&self.literals, &next.literals),
            distances: sums(&self.distances, &next.distances),
            n_bits: self.n_bits + next.n_bits,
            n_bytes: self.n_bytes + next.n_bytes,
        };
        both.literals[END] = 1;
        both
    }

    fn code_lengths(&self) -> CodeLengths {
        CodeLengths {
            literals: code_lengths(&self.literals, CODE_LEN_MAX),
            distances: code_lengths(&self.distances, CODE_LEN_MAX),
        }
    }

    /// The length of a block with dynamic codes, in bits.
    fn dynamic_len(&self) -> u64 {
        let sum = |lengths: &[u8], counts: &[u32]| -> u64 {
            let pairs = lengths.iter().zip(counts);
            pairs.map(|(len, n)| u64::from(*len) * u64::from(*n)).sum()
        };
        let codes = self.code_lengths();
        let mut head = Bits::default();
        codes.write(&mut head);
        let symbols = sum(&codes.literals, &self.literals) + sum(&codes.distances, &self.distances);
        3 + head.len() + symbols + self.n_bits
    }

    /// The length as stored blocks, in bits. The head of each has at most 5 bytes, padding included.
    fn stored_len(&self) -> u64 {
        (self.n_bytes + 5 * self.n_bytes.div_ceil(STORED_LEN_MAX)) as u64 * 8
    }

    fn block_len(&self) -> u64 {
        self.dynamic_len().min(self.stored_len())
    }
}

struct Block {
    steps: Vec<Step>,
    counts: Counts,
    /// In bits.
    len: u64,
}

impl Block {
    fn new(steps: &[Step]) -> Block {
        let counts = Counts::new(steps);
        Block {
            steps: steps.to_vec(),
            len: counts.block_len(),
            counts,
        }
    }

    /// Writes the block, which stands for `bytes`.
    fn write(&self, bytes: &[u8], is_last: bool, out: &mut Bits) {
        if self.counts.stored_len() <= self.counts.dynamic_len() {
            let n_chunks = bytes.len().div_ceil(STORED_LEN_MAX);
            for (index, chunk) in bytes.chunks(STORED_LEN_MAX).enumerate() {
                out.push((is_last && index + 1 == n_chunks).into(), 1);
                out.push(0, 2);
                out.pad();
                out.push(chunk.len() as u32, 16);
                out.push(!(chunk.len() as u32) & 0xffff, 16);
                out.bytes.extend_from_slice(chunk);
            }
            return;
        }
        let lengths = self.counts.code_lengths();
        let (literals, distances) = (codes(&lengths.literals), codes(&lengths.distances));
        out.push(is_last.into(), 1);
        out.push(2, 2);
        lengths.write(out);
        for step in &self.steps {
            match *step {
                Step::Literal(byte) => out.push_code(literals[usize::from(byte)]),
                Step::Match(m) => {
                    let (symbol, n_bits) = length_symbol(m.len.into());
                    out.push_code(literals[symbol]);
                    out.push(u32::from(m.len) - MATCH_MIN as u32, n_bits);
                    let (symbol, n_bits) = distance_symbol(m.distance.into());
                    out.push_code(distances[symbol]);
                    out.push(u32::from(m.distance) - 1, n_bits);
                }
            }
        }
        out.push_code(literals[END]);
    }
}

/// Joins neighbouring blocks while that makes the stream shorter: each time the two that save most.
fn merge(mut blocks: Vec<Block>) -> Vec<Block> {
    let joined = |pair: &[Block]| {
        let counts = pair[0].counts.plus(&pair[1].counts);
        let len = counts.block_len();
        ((pair[0].len + pair[1].len).saturating_sub(len), len)
    };
    let mut pairs: Vec<(u64, u64)> = blocks.windows(2).map(joined).collect();
    while let Some(first) = (0..pairs.len()).max_by_key(|index| pairs[*index].0) {
        let (saved, len) = pairs.remove(first);
        if saved == 0 {
            break;
        }
        let mut second = blocks.remove(first + 1);
        let block = &mut blocks[first];
        block.counts = block.counts.plus(&second.counts);
        block.steps.append(&mut second.steps);
        block.len = len;
        for index in first.saturating_sub(1)..pairs.len().min(first + 1) {
            pairs[index] = joined(&blocks[index..index + 2]);
        }
    }
    blocks
}

// ---- Huffman codes ----

/// The length of each symbol's code, in bits; 0 for symbols that do not occur.
struct CodeLengths {
    literals: Vec<u8>,
    distances: Vec<u8>,
}

impl CodeLengths {
    /// Returns lengths for the first parse, before any symbol is counted: matches cost less than literals.
    fn before_counting() -> CodeLengths {
        CodeLengths {
            literals: vec![8; N_LITERALS],
            distances: vec![5; N_DISTANCES],
        }
    }

    /// The bits that a step takes.
    fn cost(&self, step: Step) -> u32 {
        // A symbol without a code may get one in the next pass.
        let code_len = |lengths: &[u8], symbol: usize| match lengths[symbol] {
            0 => u32::from(CODE_LEN_MAX) - 2,
            len => len.into(),
        };
        match step {
            Step::Literal(byte) => code_len(&self.literals, byte.into()),
            Step::Match(m) => {
                let (length, n_length_bits) = length_symbol(m.len.into());
                let (distance, n_distance_bits) = distance_symbol(m.distance.into());
                let n_bits = n_length_bits + n_distance_bits;
                code_len(&self.literals, length) + code_len(&self.distances, distance) + n_bits
            }
        }
    }

    /// Writes the head of a block with dynamic codes, without its type (section 3.2.7).
    fn write(&self, out: &mut Bits) {
        /// The order in which the code lengths of code lengths are written.
        const ORDER: [usize; N_CODE_LENGTHS] = [
            16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
        ];
        let n_used = |lengths: &[u8], min: usize| {
            let last = lengths.iter().rposition(|len| *len > 0);
            last.map_or(min, |last| min.max(last + 1))
        };
        let n_literals = n_used(&self.literals, END + 1);
        let n_distances = n_used(&self.distances, 1);
        let lengths = [&self.literals[..n_literals], &self.distances[..n_distances]].concat();
        let runs = runs(&lengths);
        let mut counts = [0; N_CODE_LENGTHS];
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
            out.push_code(codes[symbol]);
            out.push(bits, n_bits);
        }
    }
}

/// Returns code lengths as symbols, each with the number of bits that follow it and these bits:
/// symbol 16 repeats the length in front of it, 17 and 18 are runs of zeros.
fn runs(lengths: &[u8]) -> Vec<(usize, u32, u32)> {
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
                // Four and three: after six, the seventh would need a symbol of its own.
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

/// Returns the code lengths of a Huffman code. If a code would be longer than `max`, the counts are made
/// more alike until none is, which costs a few bits per block, if any.
fn code_lengths(counts: &[u32], max: u8) -> Vec<u8> {
    let mut leaves: Vec<(u32, usize)> = counts.iter().copied().zip(0..).collect();
    leaves.retain(|(n, _)| *n > 0);
    leaves.sort_unstable();
    loop {
        let depths = leaf_depths(leaves.iter().map(|(n, _)| *n).collect());
        if depths.iter().all(|depth| *depth <= max) {
            let mut lengths = vec![0; counts.len()];
            for ((_, symbol), depth) in leaves.iter().zip(depths) {
                lengths[*symbol] = depth;
            }
            return lengths;
        }
        for (n, _) in &mut leaves {
            *n = *n / 2 + 1;
        }
    }
}

/// Returns the depth of each leaf of the Huffman tree, at least 1. `weights` are those of the leaves, in
/// ascending order. The inner nodes are made in ascending order too, so that the lightest node is the
/// first leaf or the first inner node that has no parent yet (van Leeuwen, 1976).
fn leaf_depths(mut weights: Vec<u32>) -> Vec<u8> {
    let n_leaves = weights.len();
    let n_nodes = (2 * n_leaves).saturating_sub(1);
    let mut parents = vec![0; n_nodes];
    let (mut leaf, mut inner) = (0, n_leaves);
    for parent in n_leaves..n_nodes {
        let mut weight = 0;
        for _ in 0..2 {
            let is_leaf = leaf < n_leaves && (inner == parent || weights[leaf] <= weights[inner]);
            let lightest = if is_leaf { &mut leaf } else { &mut inner };
            parents[*lightest] = parent;
            weight += weights[*lightest];
            *lightest += 1;
        }
        weights.push(weight);
    }
    // A code has at least one bit, also if it is the only one.
    let mut depths = vec![u8::from(n_leaves == 1); n_nodes];
    for node in (0..n_nodes.saturating_sub(1)).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    depths.truncate(n_leaves);
    depths
}

/// Returns the canonical codes of these lengths (section 3.2.2), each with its length. The first bit of
/// a code is its lowest one, since codes are written with the first bit first.
fn codes(lengths: &[u8]) -> Vec<(u32, u8)> {
    let mut codes = vec![(0, 0); lengths.len()];
    let mut next: u32 = 0;
    for len in 1..=CODE_LEN_MAX {
        next <<= 1;
        for (code, _) in codes.iter_mut().zip(lengths).filter(|(_, l)| **l == len) {
            *code = (next.reverse_bits() >> (u32::BITS - u32::from(len)), len);
            next += 1;
        }
    }
    codes
}

/// Bits that become bytes, the lowest bit first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    /// The bits that are not in `bytes` yet, fewer than eight.
    pending: u64,
    n_pending: u32,
}

impl Bits {
    /// Appends the lowest `n` of `bits`.
    fn push(&mut self, bits: u32, n: u32) {
        let bits = u64::from(bits) & ((1 << n) - 1);
        self.pending |= bits << self.n_pending;
        self.n_pending += n;
        while self.n_pending >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.n_pending -= 8;
        }
    }

    fn push_code(&mut self, (code, len): (u32, u8)) {
        self.push(code, len.into());
    }

    /// Appends zeros up to the end of the byte.
    fn pad(&mut self) {
        self.push(0, self.n_pending.wrapping_neg() % 8);
    }

    fn len(&self) -> u64 {
        self.bytes.len() as u64 * 8 + u64::from(self.n_pending)
    }

    fn into_bytes(mut self) -> Vec<u8> {
        self.pad();
        self.bytes
    }
}
