//! gzip (RFC 1952) and DEFLATE (RFC 1951): the decompressor. Pure functions, `core` and `alloc` only.

use crate::encoding::lengths::{prefix, skip};
use alloc::vec::Vec;
use core::error;
use core::fmt;

/// An error of [`gunzip`]: the data is not valid gzip, or decompresses to more than the limit.
///
/// ```
/// use tiny_lambda::encoding::gunzip;
///
/// let error = gunzip(b"plain text", 100).unwrap_err();
/// assert_eq!(error.to_string(), "not gzip: the data does not begin with the bytes 1f 8b");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GzipError(GzipErrorKind);

/// The kinds of a [`GzipError`], each with a message in its `Display`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GzipErrorKind {
    NotGzip,
    Method,
    ReservedFlags,
    HeaderCheck,
    End,
    Block,
    Code,
    Distance,
    Check,
    Length,
    Trailing,
    TooLong,
}

type Result<T> = core::result::Result<T, GzipErrorKind>;

impl GzipError {
    /// Returns whether the data decompresses to more than the limit.
    ///
    /// ```
    /// use tiny_lambda::encoding::gunzip;
    ///
    /// assert!(!gunzip(b"plain text", 100).unwrap_err().is_too_long());
    /// ```
    pub fn is_too_long(&self) -> bool {
        self.0 == GzipErrorKind::TooLong
    }
}

impl fmt::Display for GzipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            GzipErrorKind::NotGzip => "not gzip: the data does not begin with the bytes 1f 8b",
            GzipErrorKind::Method => "gzip with a compression method other than deflate",
            GzipErrorKind::ReservedFlags => "gzip with reserved flags set",
            GzipErrorKind::HeaderCheck => "gzip with a header whose checksum does not match",
            GzipErrorKind::End => "gzip data ends too early",
            GzipErrorKind::Block => "gzip with a malformed deflate block",
            GzipErrorKind::Code => "gzip with an invalid deflate code",
            GzipErrorKind::Distance => "gzip with a deflate distance that is too far back",
            GzipErrorKind::Check => "gzip data whose checksum does not match",
            GzipErrorKind::Length => "gzip data whose length does not match",
            GzipErrorKind::Trailing => "gzip with other data after its last member",
            GzipErrorKind::TooLong => "gzip data decompresses to more than the limit",
        })
    }
}

impl error::Error for GzipError {}

/// Decompresses gzip data to at most `max_len` bytes.
///
/// All members are read and their contents are joined (RFC 1952, section 2.2). The header's optional
/// fields are skipped; the header's checksum, each member's CRC-32 and its length are checked. As
/// the RFC demands, data before, between or after members is an error, zero padding included, and so
/// are reserved flags.
///
/// A few bytes of gzip can decompress to a thousand times as many. So choose a `max_len` for which the
/// function has memory: `events::cloudwatch_logs` uses 32 MB. The result's capacity may be up to twice its
/// length.
///
/// ```
/// use tiny_lambda::encoding::gunzip;
///
/// // Made by Python's `gzip.compress(b"hello")`.
/// let packed = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0";
/// assert_eq!(gunzip(packed, 1 << 20)?, b"hello");
/// assert!(gunzip(packed, 4).unwrap_err().is_too_long());
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// If the data is not gzip from its first to its last byte, or decompresses to more than `max_len`
/// bytes.
pub fn gunzip(bytes: &[u8], max_len: usize) -> core::result::Result<Vec<u8>, GzipError> {
    members(bytes, max_len).map_err(GzipError)
}

/// Decompresses all members and joins their contents.
fn members(bytes: &[u8], max_len: usize) -> Result<Vec<u8>> {
    let mut out = Output {
        bytes: Vec::new(),
        start: 0,
        max_len,
    };
    let mut rest = member(bytes, &mut out)?;
    while !rest.is_empty() {
        out.start = out.bytes.len();
        rest = match member(rest, &mut out) {
            Err(GzipErrorKind::NotGzip) => return Err(GzipErrorKind::Trailing),
            result => result?,
        };
    }
    Ok(out.bytes)
}

/// The first bytes of each member (RFC 1952, section 2.3.1, ID1 and ID2).
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Decompresses the member that `bytes` begins with and appends its content to `out`. Returns the
/// bytes after the member.
fn member<'b>(bytes: &'b [u8], out: &mut Output) -> Result<&'b [u8]> {
    let mut bits = Bits {
        bytes: skip_header(bytes)?,
        held: 0,
        n_held: 0,
    };
    inflate(&mut bits, out)?;
    let content = skip(&out.bytes, out.start);
    let trailer = bits.bytes.split_first_chunk::<8>();
    let ([crc @ .., l0, l1, l2, l3], rest) = trailer.ok_or(GzipErrorKind::End)?;
    if *crc != crc32(content).to_le_bytes() {
        return Err(GzipErrorKind::Check);
    }
    // ISIZE is the length modulo 2^32.
    let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]);
    if content.len() as u64 & 0xffff_ffff != length.into() {
        return Err(GzipErrorKind::Length);
    }
    Ok(rest)
}

/// Returns the bytes after a member's header (RFC 1952, section 2.3).
fn skip_header(bytes: &[u8]) -> Result<&[u8]> {
    const HAS_CHECK: u8 = 1 << 1;
    const HAS_EXTRA: u8 = 1 << 2;
    const HAS_NAME: u8 = 1 << 3;
    const HAS_COMMENT: u8 = 1 << 4;
    const RESERVED: u8 = 0b1110_0000;
    const END: GzipErrorKind = GzipErrorKind::End;
    const DEFLATE: u8 = 8;

    // One byte may be the first of a member that was cut off.
    if bytes.is_empty() || !MAGIC.starts_with(bytes.get(..2).unwrap_or(bytes)) {
        return Err(GzipErrorKind::NotGzip);
    }
    let (&[_, _, method, flags, ..], mut rest) = bytes.split_first_chunk::<10>().ok_or(END)?;
    if method != DEFLATE {
        return Err(GzipErrorKind::Method);
    }
    if flags & RESERVED != 0 {
        return Err(GzipErrorKind::ReservedFlags);
    }
    if flags & HAS_EXTRA != 0 {
        let (len, after) = rest.split_first_chunk::<2>().ok_or(END)?;
        let len = usize::from(u16::from_le_bytes(*len));
        rest = after.get(len..).ok_or(END)?;
    }
    for flag in [HAS_NAME, HAS_COMMENT] {
        if flags & flag != 0 {
            let end = rest.iter().position(|&byte| byte == 0).ok_or(END)?;
            rest = rest.get(end.saturating_add(1)..).ok_or(END)?;
        }
    }
    if flags & HAS_CHECK != 0 {
        let header_len = bytes.len().saturating_sub(rest.len());
        let (check, after) = rest.split_first_chunk::<2>().ok_or(END)?;
        // CRC16: the two low bytes of the header's CRC-32.
        let want = crc32(prefix(bytes, header_len));
        if u32::from(u16::from_le_bytes(*check)) != want & 0xffff {
            return Err(GzipErrorKind::HeaderCheck);
        }
        rest = after;
    }
    Ok(rest)
}

/// Returns the CRC-32 (RFC 1952, section 8), computed four bits at a time: a table of 16 entries is a
/// sixteenth of the usual one for a byte at a time.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    /// Divides by the polynomial for one bit.
    const fn divide(crc: u32) -> u32 {
        crc >> 1 ^ 0xedb8_8320 & (crc & 1).wrapping_neg()
    }
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut rest: &mut [u32] = &mut table;
        let mut nibble = 0;
        while let [entry, after @ ..] = rest {
            *entry = divide(divide(divide(divide(nibble))));
            nibble = u32::wrapping_add(nibble, 1);
            rest = after;
        }
        table
    };
    let nibble = |crc: u32| {
        let entry = TABLE.get((crc & 0xf) as usize).copied();
        crc >> 4 ^ entry.unwrap_or_default()
    };
    let update = |crc, byte: &u8| nibble(nibble(crc ^ u32::from(*byte)));
    !bytes.iter().fold(!0, update)
}

/// The decompressed content.
struct Output {
    /// The content of earlier members, then that of this one.
    bytes: Vec<u8>,
    /// Where this member's content begins: distances do not reach further back.
    start: usize,
    /// The greatest length of `bytes`.
    max_len: usize,
}

impl Output {
    /// Makes sure that `len` more bytes are within the limit.
    fn check_room(&self, len: usize) -> Result<()> {
        if len > self.max_len.saturating_sub(self.bytes.len()) {
            return Err(GzipErrorKind::TooLong);
        }
        Ok(())
    }

    /// Appends bytes.
    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.check_room(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends `len` bytes, each a copy of the byte `distance` before it.
    fn repeat(&mut self, distance: usize, len: usize) -> Result<()> {
        self.check_room(len)?;
        let from = self.bytes.len().checked_sub(distance);
        let from = from.filter(|from| *from >= self.start);
        let from = from.ok_or(GzipErrorKind::Distance)?;
        // The copied range may overlap the copy.
        for at in (from..).take(len) {
            let byte = *self.bytes.get(at).ok_or(GzipErrorKind::Distance)?;
            self.bytes.push(byte);
        }
        Ok(())
    }
}

/// Reads bits, the lowest bit of each byte first (RFC 1951, section 3.1.1).
struct Bits<'b> {
    /// The bytes that are not read yet.
    bytes: &'b [u8],
    /// Bits that are read but not taken, the next one lowest.
    held: u32,
    /// The number of these bits.
    n_held: u32,
}

impl Bits<'_> {
    /// Takes the next `n` bits, 16 at most.
    fn take(&mut self, n: u32) -> Result<u32> {
        while self.n_held < n {
            let (&byte, rest) = self.bytes.split_first().ok_or(GzipErrorKind::End)?;
            self.bytes = rest;
            self.held |= u32::from(byte) << self.n_held;
            self.n_held = self.n_held.wrapping_add(8);
        }
        let bits = self.held & (1_u32 << n).wrapping_sub(1);
        self.held >>= n;
        self.n_held = self.n_held.wrapping_sub(n);
        Ok(bits)
    }

    /// Drops the rest of the current byte. Fewer than eight bits are held between calls.
    fn align(&mut self) {
        self.held = 0;
        self.n_held = 0;
    }
}

/// A canonical Huffman code (RFC 1951, section 3.2.2).
struct Code {
    /// The number of codes of each length; no code has length 0.
    counts: [u32; 16],
    /// The symbols, ordered by their codes.
    symbols: Vec<u16>,
}

impl Code {
    /// Makes the code in which symbol `i` has a code of `lengths[i]` bits, 0 for a symbol without
    /// a code.
    fn new(lengths: &[u8]) -> Result<Code> {
        let mut counts = [0_u32; 16];
        for len in lengths.iter().filter(|len| **len != 0) {
            let count = counts.get_mut(usize::from(*len));
            let count = count.ok_or(GzipErrorKind::Block)?;
            *count = count.wrapping_add(1);
        }
        // The number of codes of the current length that are not the prefix of a code yet. If there are
        // too few, the code is over-subscribed.
        let mut free = 1_u32;
        // Where in `symbols` the symbols of each length begin.
        let mut places = [0_usize; 16];
        let mut n_symbols = 0_usize;
        for (count, place) in counts.iter().zip(&mut places).skip(1) {
            let after = free.wrapping_mul(2).checked_sub(*count);
            free = after.ok_or(GzipErrorKind::Block)?;
            *place = n_symbols;
            n_symbols = n_symbols.wrapping_add(*count as usize);
        }
        let mut symbols = alloc::vec![0; n_symbols];
        for (symbol, len) in (0..).zip(lengths).filter(|(_, len)| **len != 0) {
            if let Some(place) = places.get_mut(usize::from(*len)) {
                if let Some(entry) = symbols.get_mut(*place) {
                    *entry = symbol;
                }
                *place = place.wrapping_add(1);
            }
        }
        Ok(Code { counts, symbols })
    }

    /// Reads a symbol, bit by bit. Codes of the same length are consecutive numbers: `first` is the
    /// first code of the current length, and `index` is the place of its symbol.
    fn read(&self, bits: &mut Bits<'_>) -> Result<u16> {
        let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_u32);
        for &count in self.counts.iter().skip(1) {
            code |= bits.take(1)?;
            if let Some(at) = code.checked_sub(first).filter(|at| *at < count) {
                let symbol = self.symbols.get(index.wrapping_add(at) as usize);
                return symbol.copied().ok_or(GzipErrorKind::Code);
            }
            index = index.wrapping_add(count);
            first = first.wrapping_add(count) << 1;
            code <<= 1;
        }
        Err(GzipErrorKind::Code)
    }
}

/// Decompresses blocks up to the last one (RFC 1951, section 3.2.3).
fn inflate(bits: &mut Bits<'_>, out: &mut Output) -> Result<()> {
    // Made once, since a block with the fixed codes may have as few as ten bits.
    let mut fixed = None;
    loop {
        let is_last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => stored(bits, out)?,
            1 => {
                let made = fixed.take().map_or_else(fixed_codes, Ok)?;
                let (literals, distances) = fixed.insert(made);
                compressed(bits, literals, distances, out)?;
            }
            2 => {
                let (literals, distances) = codes(bits)?;
                compressed(bits, &literals, &distances, out)?;
            }
            _ => return Err(GzipErrorKind::Block),
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Returns the fixed codes for literals and distances (RFC 1951, section 3.2.6).
fn fixed_codes() -> Result<(Code, Code)> {
    let lengths: Vec<u8> = [(8, 144), (9, 112), (7, 24), (8, 8)]
        .into_iter()
        .flat_map(|(len, n)| core::iter::repeat_n(len, n))
        .collect();
    Ok((Code::new(&lengths)?, Code::new(&[5; 30])?))
}

/// Copies a block that is not compressed (RFC 1951, section 3.2.4).
fn stored(bits: &mut Bits<'_>, out: &mut Output) -> Result<()> {
    bits.align();
    let header = bits.bytes.split_first_chunk::<4>();
    let (&[l0, l1, n0, n1], rest) = header.ok_or(GzipErrorKind::End)?;
    if [l0, l1] != [!n0, !n1] {
        return Err(GzipErrorKind::Block);
    }
    let len = usize::from(u16::from_le_bytes([l0, l1]));
    let (data, rest) = rest.split_at_checked(len).ok_or(GzipErrorKind::End)?;
    out.push(data)?;
    bits.bytes = rest;
    Ok(())
}

/// Reads the codes for literals and distances at the beginning of a block with dynamic codes (RFC 1951,
/// section 3.2.7).
fn codes(bits: &mut Bits<'_>) -> Result<(Code, Code)> {
    const ORDER: [usize; 19] = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ];
    let mut count = |n: u32, base: usize| Ok(base.saturating_add(bits.take(n)? as usize));
    let (n_literals, n_distances, n_lengths) = (count(5, 257)?, count(5, 1)?, count(4, 4)?);
    if n_literals > 286 {
        return Err(GzipErrorKind::Block);
    }
    let mut lengths = [0; 19];
    for at in ORDER.into_iter().take(n_lengths) {
        let [len, ..] = bits.take(3)?.to_le_bytes();
        if let Some(place) = lengths.get_mut(at) {
            *place = len;
        }
    }
    let code = Code::new(&lengths)?;
    let n = n_literals.saturating_add(n_distances);
    let mut lengths = Vec::with_capacity(n);
    while lengths.len() < n {
        let [symbol, _] = code.read(bits)?.to_le_bytes();
        let (len, times) = match symbol {
            16 => {
                let last = *lengths.last().ok_or(GzipErrorKind::Block)?;
                (last, bits.take(2)?.saturating_add(3))
            }
            17 => (0, bits.take(3)?.saturating_add(3)),
            18 => (0, bits.take(7)?.saturating_add(11)),
            len => (len, 1),
        };
        lengths.extend((0..times).map(|_| len));
    }
    if lengths.len() != n {
        return Err(GzipErrorKind::Block);
    }
    let (literals, distances) = lengths.split_at_checked(n_literals).unwrap_or_default();
    // A block without an end-of-block symbol has no end.
    if literals.get(256).is_none_or(|len| *len == 0) {
        return Err(GzipErrorKind::Block);
    }
    Ok((Code::new(literals)?, Code::new(distances)?))
}

/// The least length of each length symbol, and the number of its extra bits (RFC 1951, section 3.2.5).
const LENGTHS: [u16; 29] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
];
const LENGTH_BITS: [u32; 29] = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];

/// The least distance of each distance symbol, and the number of its extra bits.
const DISTANCES: [u16; 30] = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
    2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_BITS: [u32; 30] = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
];

/// Reads the extra bits of `symbol` and returns the length or distance.
fn measure(bits: &mut Bits<'_>, least: &[u16], n_bits: &[u32], symbol: u16) -> Result<usize> {
    let symbol = usize::from(symbol);
    let entry = least.get(symbol).zip(n_bits.get(symbol));
    let (least, n_bits) = entry.ok_or(GzipErrorKind::Code)?;
    Ok(usize::from(*least).wrapping_add(bits.take(*n_bits)? as usize))
}

/// Decompresses a block up to its end-of-block symbol (RFC 1951, section 3.2.5).
fn compressed(
    bits: &mut Bits<'_>,
    literals: &Code,
    distances: &Code,
    out: &mut Output,
) -> Result<()> {
    loop {
        let symbol = literals.read(bits)?;
        if symbol == END_OF_BLOCK {
            return Ok(());
        }
        if let Ok(byte) = u8::try_from(symbol) {
            out.push(&[byte])?;
            continue;
        }
        let symbol = symbol.wrapping_sub(FIRST_LENGTH);
        let len = measure(bits, &LENGTHS, &LENGTH_BITS, symbol)?;
        let symbol = distances.read(bits)?;
        let distance = measure(bits, &DISTANCES, &DISTANCE_BITS, symbol)?;
        out.repeat(distance, len)?;
    }
}

/// The symbol after the 256 literals (RFC 1951, section 3.2.5).
const END_OF_BLOCK: u16 = 256;
/// The symbol of the least length.
const FIRST_LENGTH: u16 = 257;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::decode_base64;

    const MAX_LEN: usize = 1 << 20;

    fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
        gunzip(packed, MAX_LEN).map_err(|error| error.0)
    }

    fn packed(base64: &str) -> Vec<u8> {
        decode_base64(base64.as_bytes()).unwrap()
    }

    /// A text that is compressed with dynamic codes, made by Python's zlib at level 9.
    const DYNAMIC: &str = "H4sIAAAAAAACAy3QyRXDMAgA0ZbMFidQTbzb/ReQSKMLt/k8mPK7rCW5rFtprtteltt+lOd+nBV5nFe98rzumvO6n3rnf3zyKZkoSYVWiIVayIVeAKQL0giF0LEdQiEUQiEUQiG0E9oIgzAIGxdAGIRBGIRBWCesEQ7hEA7h4wsQDuEQDuGd8EYEREAEREDE+CREQAREdCIa8QNz61hriAEAAA==";

    /// The text of [`DYNAMIC`].
    fn dynamic() -> Vec<u8> {
        let digits = "abcdefghij";
        let parts = (0..60).map(|i| format!("{i}:{};", &digits[i % 10..10.min(i % 10 + 3)]));
        parts.collect::<String>().into_bytes()
    }

    /// The vectors were made by Python's gzip and zlib modules.
    #[test]
    fn members_of_all_kinds_are_decompressed() {
        #[track_caller]
        fn check(base64: &str, want: &[u8]) {
            assert_eq!(unpack(&packed(base64)).as_deref(), Ok(want));
        }
        // Empty, stored, with the fixed codes, with a name, with a long repetition.
        check("H4sIAAAAAAACAwMAAAAAAAAAAAA=", b"");
        check("H4sIAAAAAAACAwEFAPr/aGVsbG+GphA2BQAAAA==", b"hello");
        check("H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==", b"hello");
        check("H4sICAAAAAACA2EudHh0AMtIzcnJBwCGphA2BQAAAA==", b"hello");
        check("H4sIAAAAAAACA0tMHAXEAgAJGZeJLAEAAA==", &[b'a'; 300]);
        check(
            "H4sIAAAAAAACA8tIzcnJV8hAkACAiPnlEQAAAA==",
            b"hello hello hello",
        );
        check(DYNAMIC, &dynamic());
        // Several blocks, with a full flush and a sync flush between them.
        check(
            "H4sIAAAAAAACA0pMSk4EIwAAAAD//0pJTQMAAAD//wMAl4qOYwwAAAA=",
            b"abcabcabcdef",
        );
        // Every optional field: text flag, extra field, name, comment, header checksum.
        check(
            "H4sIHwEAAAACAwYAQUICAHh5YS50eHQAbm90ZQDK1svIBACsKpPYAgAAAA==",
            b"hi",
        );
        check("H4sIAgAAAAACAyUVy8gEAKwqk9gCAAAA", b"hi");
    }

    #[test]
    fn the_contents_of_all_members_are_joined() {
        #[track_caller]
        fn check(members: &[&str], want: Result<&[u8]>) {
            let packed: Vec<u8> = members.iter().flat_map(|member| packed(member)).collect();
            assert_eq!(unpack(&packed).as_deref().map_err(|p| *p), want);
        }
        let hello = "H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==";
        let empty = "H4sIAAAAAAACAwMAAAAAAAAAAAA=";
        let all_fields = "H4sIHwEAAAACAwYAQUICAHh5YS50eHQAbm90ZQDK1svIBACsKpPYAgAAAA==";
        check(&[hello, hello], Ok(b"hellohello"));
        check(&[empty, hello, empty, all_fields], Ok(b"hellohi"));
        // Miri is a thousand times slower.
        let n_empty = if cfg!(miri) { 2 } else { 50 };
        check(&[empty; 50][..n_empty], Ok(b""));
        // The second member's distance reaches into the first one.
        check(
            &[
                "H4sIAAAAAAACA0tMSk5JTUvPAABQKu+uCAAAAA==",
                "H4sIAAAAAAACA0uE0gBQKu+uCAAAAA==",
            ],
            Err(GzipErrorKind::Distance),
        );
        // No data may be between or after members, and zeros are data (RFC 1952, section 2.2).
        check(&[hello, "AA=="], Err(GzipErrorKind::Trailing));
        check(&[hello, "AAAAAAAAAAAAAAAA"], Err(GzipErrorKind::Trailing));
        check(&[hello, "AA==", hello], Err(GzipErrorKind::Trailing));
        check(&[hello, "Z2FyYmFnZQ=="], Err(GzipErrorKind::Trailing));
        check(&[hello, "Hw=="], Err(GzipErrorKind::End));
        check(&[hello, "H4s="], Err(GzipErrorKind::End));
        check(&[hello, "H4sIAAAAAAACAw=="], Err(GzipErrorKind::End));
    }

    #[test]
    fn data_that_violates_the_rfc_is_refused() {
        #[track_caller]
        fn check(base64: &str, at: usize, byte: u8, want: GzipErrorKind) {
            let mut packed = packed(base64);
            packed[at] = byte;
            assert_eq!(unpack(&packed), Err(want));
        }
        let hello = "H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==";
        check(hello, 0, 0x1e, GzipErrorKind::NotGzip);
        check(hello, 1, 0x8c, GzipErrorKind::NotGzip);
        check(hello, 2, 7, GzipErrorKind::Method);
        for flags in [0x20, 0x40, 0x80, 0xe0, 0xe1] {
            check(hello, 3, flags, GzipErrorKind::ReservedFlags);
        }
        check(hello, 17, 0, GzipErrorKind::Check);
        check(hello, 21, 6, GzipErrorKind::Length);
        check(hello, 24, 1, GzipErrorKind::Length);
        // Block type 3.
        check(hello, 10, 0x07, GzipErrorKind::Block);
        // A changed name and checksum of the header.
        let all_fields = "H4sIHwEAAAACAwYAQUICAHh5YS50eHQAbm90ZQDK1svIBACsKpPYAgAAAA==";
        check(all_fields, 18, b'b', GzipErrorKind::HeaderCheck);
        check(all_fields, 29, 0, GzipErrorKind::HeaderCheck);
        assert_eq!(unpack(b""), Err(GzipErrorKind::NotGzip));
        assert_eq!(unpack(b"\x1f"), Err(GzipErrorKind::End));
        assert_eq!(unpack(b"{}"), Err(GzipErrorKind::NotGzip));
        assert_eq!(unpack(&[0; 20]), Err(GzipErrorKind::NotGzip));
    }

    #[test]
    fn data_that_was_cut_or_changed_is_refused_or_has_the_same_content() {
        for (base64, ignored) in [
            (DYNAMIC, &[4, 5, 6, 7, 8, 9][..]),
            (
                "H4sIHwEAAAACAwYAQUICAHh5YS50eHQAbm90ZQDK1svIBACsKpPYAgAAAA==",
                &[],
            ),
        ] {
            let packed = packed(base64);
            let whole = unpack(&packed).unwrap();
            // Miri is a thousand times slower.
            let (step, bit_step) = if cfg!(miri) { (90, 5) } else { (1, 1) };
            for end in (0..packed.len()).step_by(step) {
                assert!(unpack(&packed[..end]).is_err(), "{end}");
            }
            for at in (0..packed.len()).step_by(step) {
                for bit in (0..8).step_by(bit_step) {
                    let mut changed = packed.clone();
                    changed[at] ^= 1 << bit;
                    // Time, level and system say nothing about the content, unless the header
                    // has a checksum; nor do some bits of the deflate data.
                    match unpack(&changed) {
                        Ok(out) => assert_eq!(out, whole),
                        Err(_) => assert!(!ignored.contains(&at), "{at}"),
                    }
                }
            }
        }
    }

    #[test]
    fn random_bytes_after_a_header_are_refused_or_within_the_limit() {
        let mut seed = 7_u64;
        // Miri is a thousand times slower.
        for len in (0..400).step_by(if cfg!(miri) { 150 } else { 1 }) {
            let mut packed = packed("H4sIAAAAAAACAw==");
            for _ in 0..len {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                packed.push((seed >> 56) as u8);
            }
            if let Ok(out) = gunzip(&packed, 1000) {
                assert!(out.len() <= 1000);
            }
        }
    }

    #[test]
    fn content_beyond_the_limit_is_an_error() {
        let packed = packed(DYNAMIC);
        let len = dynamic().len();
        assert_eq!(gunzip(&packed, len).map(|out| out.len()), Ok(len));
        for max_len in [0, 1, len / 2, len - 1] {
            assert!(gunzip(&packed, max_len).unwrap_err().is_too_long());
        }
        // The limit is that of all members together.
        let twice = [&packed[..], &packed].concat();
        assert_eq!(gunzip(&twice, 2 * len).map(|out| out.len()), Ok(2 * len));
        assert!(gunzip(&twice, 2 * len - 1).unwrap_err().is_too_long());
    }
}
