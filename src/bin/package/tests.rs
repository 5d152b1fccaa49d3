//! Tests of deflate and zip files against an inflater and a reader that accept nothing malformed.

use super::deflate::deflate;
use super::zip::{self, File, crc_32};

/// Reads bits, the lowest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> usize {
        let bit = self.bytes[self.at / 8] >> (self.at % 8) & 1;
        self.at += 1;
        bit.into()
    }

    fn bits(&mut self, n: u32) -> usize {
        (0..n).map(|place| self.bit() << place).sum()
    }

    /// Reads a symbol bit by bit. `lengths` are those of the canonical codes (RFC 1951, section 3.2.2).
    fn symbol(&mut self, lengths: &[usize]) -> usize {
        let (mut code, mut first) = (0, 0);
        for len in 1..=15 {
            code = code << 1 | self.bit();
            let mut with_len = (0..lengths.len()).filter(|symbol| lengths[*symbol] == len);
            let n = with_len.clone().count();
            if code < first + n {
                return with_len.nth(code - first).unwrap();
            }
            first = (first + n) << 1;
        }
        panic!("no such code");
    }
}

/// Asserts that codes of these lengths are complete: a single code, or each string of bits begins with one.
fn assert_complete(lengths: &[usize]) {
    let used = lengths.iter().filter(|len| **len > 0);
    let sum: usize = used.clone().map(|len| 1 << (15 - len)).sum();
    assert!(sum == 1 << 15 || used.count() <= 1, "{lengths:?}");
}

/// Inflates a whole stream, and returns the type of each of its blocks too.
fn inflate(stream: &[u8]) -> (Vec<u8>, Vec<usize>) {
    const LENGTHS: [(usize, u32); 29] = bases::<29>(3, 8, 4);
    const DISTANCES: [(usize, u32); 30] = bases::<30>(1, 4, 2);
    const ORDER: [usize; 19] = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ];
    let mut bits = Bits {
        bytes: stream,
        at: 0,
    };
    let (mut out, mut types) = (Vec::new(), Vec::new());
    loop {
        let is_last = bits.bit() == 1;
        types.push(bits.bits(2));
        let (literals, distances) = match types[types.len() - 1] {
            0 => {
                bits.at = bits.at.next_multiple_of(8);
                let len = bits.bits(16);
                assert_eq!(bits.bits(16), !len & 0xffff);
                out.extend((0..len).map(|_| bits.bits(8) as u8));
                (Vec::new(), Vec::new())
            }
            1 => {
                let lens = [(8, 144), (9, 112), (7, 24), (8, 8)];
                let literals = lens.iter().flat_map(|(len, n)| vec![*len; *n]);
                (literals.collect(), vec![5; 30])
            }
            2 => {
                let (n_literals, n_distances) = (bits.bits(5) + 257, bits.bits(5) + 1);
                assert!(n_literals <= 286 && n_distances <= 30);
                let n_lengths = bits.bits(4) + 4;
                let mut lengths = [0; 19];
                for symbol in &ORDER[..n_lengths] {
                    lengths[*symbol] = bits.bits(3);
                }
                assert_complete(&lengths);
                let mut all: Vec<usize> = Vec::new();
                while all.len() < n_literals + n_distances {
                    let (len, n) = match bits.symbol(&lengths) {
                        16 => (all[all.len() - 1], 3 + bits.bits(2)),
                        17 => (0, 3 + bits.bits(3)),
                        18 => (0, 11 + bits.bits(7)),
                        len => (len, 1),
                    };
                    all.resize(all.len() + n, len);
                }
                assert_eq!(all.len(), n_literals + n_distances);
                let distances = all.split_off(n_literals);
                assert_complete(&all);
                assert_complete(&distances);
                (all, distances)
            }
            _ => panic!("a block of type 3"),
        };
        while !literals.is_empty() {
            match bits.symbol(&literals) {
                256 => break,
                literal @ 0..256 => out.push(literal as u8),
                length => {
                    let (base, n_bits) = LENGTHS[length - 257];
                    let len = base + bits.bits(n_bits);
                    let (base, n_bits) = DISTANCES[bits.symbol(&distances)];
                    let distance = base + bits.bits(n_bits);
                    for _ in 0..len {
                        out.push(out[out.len() - distance]);
                    }
                }
            }
        }
        if is_last {
            break;
        }
    }
    assert_eq!(bits.at.div_ceil(8), stream.len(), "bytes behind the stream");
    (out, types)
}

/// The tables of section 3.2.5: `n_direct` symbols without more bits, then each number of bits for
/// `n_each` symbols.
const fn bases<const N: usize>(first: usize, n_direct: usize, n_each: usize) -> [(usize, u32); N] {
    let mut bases = [(0, 0); N];
    let (mut symbol, mut base) = (0, first);
    while symbol < N {
        let n_bits = if symbol < n_direct {
            0
        } else {
            (symbol - n_direct) / n_each + 1
        };
        bases[symbol] = (base, n_bits as u32);
        base += 1 << n_bits;
        symbol += 1;
    }
    // The longest match has a symbol of its own.
    if N == 29 {
        bases[28] = (258, 0);
    }
    bases
}

#[track_caller]
fn check(input: &[u8], len_max: usize) -> Vec<usize> {
    let stream = deflate(input);
    let (output, types) = inflate(&stream);
    assert!(output == input, "{} bytes", input.len());
    assert!(
        stream.len() <= len_max,
        "{} bytes become {}",
        input.len(),
        stream.len()
    );
    types
}

/// Bytes that no code makes shorter.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// The second number of each is what `gzip -9` makes of the input, without its head and trailer, or
/// the number in a comment.
#[test]
fn streams_inflate_to_their_input_and_are_short() {
    check(b"", 2);
    // gzip chooses fixed codes: 3.
    check(b"a", 6);
    // Likewise: 8.
    check(b"abcabcabcabc", 17);
    check(&vec![0; 70_000], 87);
    check(include_bytes!("../../../LICENSE"), 635);
    let source = concat!(
        include_str!("deflate.rs"),
        include_str!("tests.rs"),
        include_str!("main.rs"),
    );
    check(source.as_bytes(), source.len() / 3);
}

#[test]
fn bytes_that_no_code_makes_shorter_are_stored() {
    for len in [4096, 65_536] {
        // One more than needed, since they may begin anywhere.
        let n_blocks_max = usize::div_ceil(len, 65_535) + 1;
        let types = check(&noise(len), len + 5 * n_blocks_max);
        assert!(types.iter().all(|block_type| *block_type == 0), "{types:?}");
    }
    // Text after it has codes again.
    let text = b"the quick brown fox jumps over the lazy dog; ".repeat(100);
    let types = check(&[noise(50_000), text].concat(), 50_300);
    assert_eq!(types, [0, 2]);
}

#[test]
fn matches_reach_as_far_as_they_may() {
    let noise = noise(40_000);
    // The largest distance that a match may have, then one byte more.
    for (between, len_max) in [(32_768 - 300, 32_820), (32_769 - 300, 33_100)] {
        let input = [&noise[..300], &noise[300..300 + between], &noise[..300]].concat();
        check(&input, len_max);
    }
    // Each length of a run: the longest match, and one more.
    for len in [2, 3, 4, 63, 64, 65, 258, 259, 260, 261, 516, 517, 518] {
        check(&vec![7; len], 20);
    }
}

/// Lengths around 64 KB, where stored blocks end, and around 256 KB, which are parsed at a time.
#[test]
fn lengths_at_borders() {
    let mut input = noise(65_537);
    for (at, byte) in input.iter_mut().enumerate() {
        if at % 97 < 80 {
            *byte = b'x';
        }
    }
    for len in [65_535, 65_537] {
        check(&input[..len], len / 4);
    }
    for len in (1 << 18) - 1..=(1 << 18) + 1 {
        check(&vec![0; len], 300);
    }
}

/// Counts that would make codes of more than 15 bits.
#[test]
fn codes_have_at_most_15_bits() {
    let mut input = Vec::new();
    let (mut a, mut b) = (1, 1);
    for byte in 0..20_u8 {
        // No three bytes occur twice, so that there are almost no matches.
        input.extend(vec![byte; a]);
        (a, b) = (b, a + b);
    }
    let mut state = 1_usize;
    for at in (1..input.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        input.swap(at, (state >> 33) % (at + 1));
    }
    check(&input, input.len() * 2 / 5);
}

/// Repetitive input takes no longer than other input: a limit that a parse of each byte would exceed
/// many times over, even without optimisation.
#[test]
fn repetitive_input_is_fast() {
    let start = std::time::Instant::now();
    let stream = deflate(&vec![0; 4 << 20]);
    assert!(stream.len() < 4200, "{} bytes", stream.len());
    let elapsed = start.elapsed();
    assert!(elapsed.as_secs() < 10, "{elapsed:?}");
}

#[test]
fn known_checksums() {
    assert_eq!(crc_32(b""), 0);
    assert_eq!(crc_32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn zip_files_have_the_mode_of_each_file_and_a_fixed_date() {
    let text = b"abcabcabcabc".to_vec();
    let file = |name: &str, mode, bytes| File {
        name: name.into(),
        mode,
        bytes,
    };
    let files = [file("bootstrap", 0o755, text), file("é", 0o644, Vec::new())];
    let zip = zip::write(&files).unwrap();
    let packed = files.each_ref().map(|file| deflate(&file.bytes));
    let u32_at = |at: usize| u32::from_le_bytes(*zip[at..].first_chunk().unwrap());
    let u16_at = |at: usize| u16::from_le_bytes(*zip[at..].first_chunk().unwrap());
    let (mut local, mut central) = (0, zip.len() - 22 - 46 - 9 - 46 - 2);
    assert_eq!(
        u32_at(zip.len() - 6) as usize,
        central,
        "where the directory is"
    );
    for (File { name, mode, bytes }, packed) in files.iter().zip(&packed) {
        assert_eq!(zip[local..local + 4], *b"PK\x03\x04");
        assert_eq!(zip[central..central + 4], *b"PK\x01\x02");
        assert_eq!(u16_at(central + 4) >> 8, 3, "made on Unix");
        assert_eq!(u32_at(central + 38) >> 16, 0o100_000 | mode);
        assert_eq!(u32_at(central + 42) as usize, local);
        for head in [local + 4, central + 6] {
            let flags = if name.is_ascii() { 0 } else { 8 };
            assert_eq!(zip[head..head + 10], [20, 0, 0, flags, 8, 0, 0, 0, 33, 0]);
            assert_eq!(u32_at(head + 10), crc_32(bytes));
            assert_eq!(u32_at(head + 14) as usize, packed.len());
            assert_eq!(u32_at(head + 18) as usize, bytes.len());
            assert_eq!(u16_at(head + 22) as usize, name.len());
            assert_eq!(u16_at(head + 24), 0, "no extra field");
        }
        local += 30 + name.len();
        assert_eq!(zip[local - name.len()..local], *name.as_bytes());
        assert_eq!(zip[local..local + packed.len()], packed[..]);
        local += packed.len();
        central += 46 + name.len();
        assert_eq!(zip[central - name.len()..central], *name.as_bytes());
    }
    assert_eq!(central, zip.len() - 22);
    let end = [*b"PK\x05\x06", [0; 4], [2, 0, 2, 0]].concat();
    assert_eq!(zip[central..central + 12], end);
}
