//! Amazon CloudWatch Logs: events of a subscription, which come compressed.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::{event, parsed, unmarshal_error};
use super::{Base64, EpochMillis, Map};
use crate::Result;

event! {
    /// What a subscription delivers (Amazon CloudWatch Logs User Guide, "Real-time processing of log
    /// data with subscriptions"). [`LogsEvent::data`] opens it.
    pub struct LogsEvent {
        aws_logs: AwsLogs as "awslogs",
    }

    /// JSON in gzip in base64.
    pub struct AwsLogs {
        data: Base64,
    }

    /// Log events of one stream.
    pub struct LogData {
        owner: String,
        log_group: String as "logGroup",
        log_stream: String as "logStream",
        subscription_filters: Vec<String> as "subscriptionFilters",
        /// `DATA_MESSAGE`, or `CONTROL_MESSAGE` for a test of the subscription.
        message_type: String as "messageType",
        log_events: Vec<LogEntry> as "logEvents",
        policy_level: String as "policyLevel",
    }

    /// A log event.
    pub struct LogEntry {
        id: String,
        timestamp: EpochMillis,
        message: String,
        /// What the filter's pattern has found.
        extracted_fields: Map<String> as "extractedFields",
    }
}

/// Longest data that is unpacked, in bytes: a batch has a few megabytes at most, but a thousandth of
/// its length may be enough for it to come in.
const DATA_LEN_MAX: usize = 32 << 20;

impl LogsEvent {
    /// The log events.
    ///
    /// ```
    /// use tiny_lambda::events::{cloudwatch_logs::LogsEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: LogsEvent = json::parse(samples::CLOUDWATCH_LOGS.as_bytes())?;
    /// let data = event.data()?;
    /// assert_eq!(data.log_group.get()?, "/aws/lambda/orders");
    /// assert_eq!(data.log_events.get()?[1].message.get()?, "order b2: no tea left");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If it is not JSON in gzip in base64, or unpacks to more than 32 MB.
    pub fn data(&self) -> Result<LogData> {
        let packed = self.aws_logs.get()?.data.get()?.decode()?;
        let json = gzip::unpack(&packed, DATA_LEN_MAX)
            .map_err(|error| unmarshal_error("AwsLogs.data: ", error))?;
        parsed("AwsLogs.data", &json)
    }
}

/// Unpacking of gzip (RFC 1952) and what is in it (RFC 1951).
mod gzip {
    use alloc::vec::Vec;
    use core::fmt;

    /// Why data could not be unpacked.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) enum GzipError {
        Head,
        End,
        Block,
        Code,
        Distance,
        Check,
        TooLong,
    }

    impl fmt::Display for GzipError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(match self {
                GzipError::Head => "not gzip",
                GzipError::End => "gzip that ends too early",
                GzipError::Block => "gzip with a malformed block",
                GzipError::Code => "gzip with a code that stands for nothing",
                GzipError::Distance => "gzip that repeats what was not there",
                GzipError::Check => "gzip whose checksum is another",
                GzipError::TooLong => "gzip that unpacks to too much",
            })
        }
    }

    /// Unpacks one member, the whole of `bytes`, to no more than `len_max` bytes.
    pub(super) fn unpack(bytes: &[u8], len_max: usize) -> Result<Vec<u8>, GzipError> {
        const HAS_CHECK: u8 = 1 << 1;
        const HAS_EXTRA: u8 = 1 << 2;
        const HAS_NAME: u8 = 1 << 3;
        const HAS_COMMENT: u8 = 1 << 4;
        let (&[0x1f, 0x8b, 8, flags, _, _, _, _, _, _], mut rest) =
            bytes.split_first_chunk::<10>().ok_or(GzipError::Head)?
        else {
            return Err(GzipError::Head);
        };
        if flags & HAS_EXTRA != 0 {
            let (len, behind) = rest.split_first_chunk::<2>().ok_or(GzipError::End)?;
            let len = usize::from(u16::from_le_bytes(*len));
            rest = behind.get(len..).ok_or(GzipError::End)?;
        }
        for flag in [HAS_NAME, HAS_COMMENT] {
            if flags & flag != 0 {
                let end = rest.iter().position(|&byte| byte == 0);
                let end = end.ok_or(GzipError::End)?;
                rest = rest.get(end.saturating_add(1)..).ok_or(GzipError::End)?;
            }
        }
        if flags & HAS_CHECK != 0 {
            rest = rest.get(2..).ok_or(GzipError::End)?;
        }
        let mut bits = Bits {
            bytes: rest,
            held: 0,
            n_held: 0,
        };
        let out = inflate(&mut bits, len_max)?;
        let tail = bits.bytes.first_chunk::<8>().ok_or(GzipError::End)?;
        let [c0, c1, c2, c3, l0, l1, l2, l3] = *tail;
        let len = u32::from_le_bytes([l0, l1, l2, l3]);
        let is_right = u32::from_le_bytes([c0, c1, c2, c3]) == crc32(&out)
            && usize::try_from(len) == Ok(out.len());
        if is_right {
            Ok(out)
        } else {
            Err(GzipError::Check)
        }
    }

    /// The checksum of RFC 1952, section 8.
    fn crc32(bytes: &[u8]) -> u32 {
        let mut crc = !0_u32;
        for &byte in bytes {
            crc ^= u32::from(byte);
            for _ in 0..8 {
                let low = crc & 1;
                crc = crc >> 1 ^ 0xedb8_8320 & low.wrapping_neg();
            }
        }
        !crc
    }

    /// Bits of bytes, the lowest first.
    struct Bits<'b> {
        bytes: &'b [u8],
        held: u32,
        n_held: u32,
    }

    impl Bits<'_> {
        /// The next `n` bits, 16 at most.
        fn take(&mut self, n: u32) -> Result<u32, GzipError> {
            while self.n_held < n {
                let (&byte, rest) = self.bytes.split_first().ok_or(GzipError::End)?;
                self.bytes = rest;
                self.held |= u32::from(byte) << self.n_held;
                self.n_held = self.n_held.wrapping_add(8);
            }
            let bits = self.held & (1_u32 << n).wrapping_sub(1);
            self.held >>= n;
            self.n_held = self.n_held.wrapping_sub(n);
            Ok(bits)
        }

        /// Goes on at the next whole byte: fewer than eight bits are held between codes.
        fn align(&mut self) {
            self.held = 0;
            self.n_held = 0;
        }
    }

    /// A canonical Huffman code (RFC 1951, section 3.2.2).
    struct Code {
        /// How many codes there are of each length.
        counts: [u16; 16],
        /// What they stand for, in the order of codes.
        symbols: Vec<u16>,
    }

    impl Code {
        /// The code whose lengths these are, by symbol.
        fn new(lengths: &[u8]) -> Result<Code, GzipError> {
            let mut counts = [0_u16; 16];
            let mut symbols = Vec::with_capacity(lengths.len());
            for (len, count) in counts.iter_mut().enumerate().skip(1) {
                for (symbol, &of_symbol) in (0_u16..).zip(lengths) {
                    if usize::from(of_symbol) == len {
                        *count = count.wrapping_add(1);
                        symbols.push(symbol);
                    }
                }
            }
            // More codes than there are would be ambiguous.
            let mut free = 1_i32;
            for &count in counts.iter().skip(1) {
                free = free.wrapping_mul(2).wrapping_sub(i32::from(count));
                if free < 0 {
                    return Err(GzipError::Block);
                }
            }
            Ok(Code { counts, symbols })
        }

        /// Reads a symbol.
        fn read(&self, bits: &mut Bits<'_>) -> Result<u16, GzipError> {
            let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_u32);
            for &count in self.counts.iter().skip(1) {
                code |= bits.take(1)?;
                let count = u32::from(count);
                if let Some(at) = code.checked_sub(first).filter(|at| *at < count) {
                    let at = usize::try_from(index.wrapping_add(at)).unwrap_or(usize::MAX);
                    return self.symbols.get(at).copied().ok_or(GzipError::Code);
                }
                index = index.wrapping_add(count);
                first = first.wrapping_add(count) << 1;
                code <<= 1;
            }
            Err(GzipError::Code)
        }
    }

    /// Unpacks blocks up to the last one (RFC 1951, section 3.2.3).
    fn inflate(bits: &mut Bits<'_>, len_max: usize) -> Result<Vec<u8>, GzipError> {
        let mut out = Vec::new();
        loop {
            let is_last = bits.take(1)? == 1;
            match bits.take(2)? {
                0 => stored(bits, &mut out, len_max)?,
                1 => {
                    let lengths: Vec<u8> = [(8, 144), (9, 112), (7, 24), (8, 8)]
                        .into_iter()
                        .flat_map(|(len, n)| core::iter::repeat_n(len, n))
                        .collect();
                    let literals = Code::new(&lengths)?;
                    let distances = Code::new(&[5; 30])?;
                    compressed(bits, &literals, &distances, &mut out, len_max)?;
                }
                2 => {
                    let (literals, distances) = codes(bits)?;
                    compressed(bits, &literals, &distances, &mut out, len_max)?;
                }
                _ => return Err(GzipError::Block),
            }
            if is_last {
                return Ok(out);
            }
        }
    }

    fn stored(bits: &mut Bits<'_>, out: &mut Vec<u8>, len_max: usize) -> Result<(), GzipError> {
        bits.align();
        let (&[l0, l1, n0, n1], rest) =
            bits.bytes.split_first_chunk::<4>().ok_or(GzipError::End)?;
        if [l0, l1] != [!n0, !n1] {
            return Err(GzipError::Block);
        }
        let len = usize::from(u16::from_le_bytes([l0, l1]));
        let (data, rest) = rest.split_at_checked(len).ok_or(GzipError::End)?;
        if len > len_max.saturating_sub(out.len()) {
            return Err(GzipError::TooLong);
        }
        out.extend_from_slice(data);
        bits.bytes = rest;
        Ok(())
    }

    /// Reads the codes of a block that brings its own (RFC 1951, section 3.2.7).
    fn codes(bits: &mut Bits<'_>) -> Result<(Code, Code), GzipError> {
        const ORDER: [usize; 19] = [
            16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
        ];
        let mut count = |n: u32, base: usize| {
            let count = usize::try_from(bits.take(n)?).unwrap_or(0);
            Ok(count.saturating_add(base))
        };
        let (n_literals, n_distances, n_lengths) = (count(5, 257)?, count(5, 1)?, count(4, 4)?);
        let mut lengths = [0_u8; 19];
        for at in ORDER.into_iter().take(n_lengths) {
            let len = u8::try_from(bits.take(3)?).unwrap_or(0);
            if let Some(place) = lengths.get_mut(at) {
                *place = len;
            }
        }
        let code = Code::new(&lengths)?;
        let n = n_literals.saturating_add(n_distances);
        let mut lengths = Vec::with_capacity(n);
        while lengths.len() < n {
            let symbol = code.read(bits)?;
            let (len, times) = match symbol {
                16 => {
                    let last = lengths.last().copied().ok_or(GzipError::Block)?;
                    (last, bits.take(2)?.saturating_add(3))
                }
                17 => (0, bits.take(3)?.saturating_add(3)),
                18 => (0, bits.take(7)?.saturating_add(11)),
                _ => (u8::try_from(symbol).unwrap_or(0), 1),
            };
            lengths.extend((0..times).map(|_| len));
        }
        if lengths.len() != n {
            return Err(GzipError::Block);
        }
        let (literals, distances) = lengths.split_at_checked(n_literals).unwrap_or_default();
        // Without an end a block could not be one.
        if literals.get(256).is_none_or(|len| *len == 0) {
            return Err(GzipError::Block);
        }
        Ok((Code::new(literals)?, Code::new(distances)?))
    }

    /// The least length or distance of each symbol, and how many bits more it has (section 3.2.5).
    const LENGTHS: [(u16, u8); 29] = [
        (3, 0),
        (4, 0),
        (5, 0),
        (6, 0),
        (7, 0),
        (8, 0),
        (9, 0),
        (10, 0),
        (11, 1),
        (13, 1),
        (15, 1),
        (17, 1),
        (19, 2),
        (23, 2),
        (27, 2),
        (31, 2),
        (35, 3),
        (43, 3),
        (51, 3),
        (59, 3),
        (67, 4),
        (83, 4),
        (99, 4),
        (115, 4),
        (131, 5),
        (163, 5),
        (195, 5),
        (227, 5),
        (258, 0),
    ];
    const DISTANCES: [(u16, u8); 30] = [
        (1, 0),
        (2, 0),
        (3, 0),
        (4, 0),
        (5, 1),
        (7, 1),
        (9, 2),
        (13, 2),
        (17, 3),
        (25, 3),
        (33, 4),
        (49, 4),
        (65, 5),
        (97, 5),
        (129, 6),
        (193, 6),
        (257, 7),
        (385, 7),
        (513, 8),
        (769, 8),
        (1025, 9),
        (1537, 9),
        (2049, 10),
        (3073, 10),
        (4097, 11),
        (6145, 11),
        (8193, 12),
        (12289, 12),
        (16385, 13),
        (24577, 13),
    ];

    fn measure(bits: &mut Bits<'_>, table: &[(u16, u8)], symbol: u16) -> Result<usize, GzipError> {
        let entry = table.get(usize::from(symbol));
        let &(least, more) = entry.ok_or(GzipError::Code)?;
        let more = bits.take(u32::from(more))?;
        Ok(usize::from(least).saturating_add(usize::try_from(more).unwrap_or(0)))
    }

    fn compressed(
        bits: &mut Bits<'_>,
        literals: &Code,
        distances: &Code,
        out: &mut Vec<u8>,
        len_max: usize,
    ) -> Result<(), GzipError> {
        loop {
            let symbol = literals.read(bits)?;
            if symbol == 256 {
                return Ok(());
            }
            if let Ok(byte) = u8::try_from(symbol) {
                if out.len() >= len_max {
                    return Err(GzipError::TooLong);
                }
                out.push(byte);
                continue;
            }
            let len = measure(bits, &LENGTHS, symbol.wrapping_sub(257))?;
            let symbol = distances.read(bits)?;
            let distance = measure(bits, &DISTANCES, symbol)?;
            if len > len_max.saturating_sub(out.len()) {
                return Err(GzipError::TooLong);
            }
            let start = out.len().checked_sub(distance);
            let start = start.ok_or(GzipError::Distance)?;
            // What is repeated may reach into what the repetition itself has made.
            for at in (start..).take(len) {
                let byte = out.get(at).copied().ok_or(GzipError::Distance)?;
                out.push(byte);
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::encoding::decode_base64;
        use crate::events::samples;

        /// The data of the sample, which another program has packed.
        fn sample() -> Vec<u8> {
            let text = samples::CLOUDWATCH_LOGS.split('"').nth(5).unwrap();
            decode_base64(text.as_bytes()).unwrap()
        }

        #[test]
        fn members_of_all_kinds_are_unpacked() {
            #[track_caller]
            fn check(base64: &str, want: &[u8]) {
                let packed = decode_base64(base64.as_bytes()).unwrap();
                assert_eq!(unpack(&packed, 1 << 20).as_deref(), Ok(want));
            }
            // Empty, stored, by the fixed code, with a name in the head, with long repetitions.
            check("H4sIAAAAAAACAwMAAAAAAAAAAAA=", b"");
            check("H4sIAAAAAAACAwEFAPr/aGVsbG+GphA2BQAAAA==", b"hello");
            check("H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==", b"hello");
            check("H4sICAAAAAACA2EudHh0AMtIzcnJBwCGphA2BQAAAA==", b"hello");
            check("H4sIAAAAAAACA0tMHAXEAgAJGZeJLAEAAA==", &[b'a'; 300]);
        }

        #[test]
        fn every_prefix_and_every_changed_byte_is_refused_or_harmless() {
            let packed = sample();
            let whole = unpack(&packed, 1 << 20).unwrap();
            for end in 0..packed.len() {
                assert!(unpack(&packed[..end], 1 << 20).is_err(), "{end}");
            }
            for at in 0..packed.len() {
                for bit in 0..8 {
                    let mut changed = packed.clone();
                    changed[at] ^= 1 << bit;
                    // The head has bytes that say nothing; the rest is what the checksum is for.
                    match unpack(&changed, 1 << 20) {
                        Ok(out) => assert_eq!(out, whole),
                        Err(_) => assert!(at != 4 && at != 8 && at != 9),
                    }
                }
            }
        }

        #[test]
        fn no_more_is_unpacked_than_was_allowed() {
            let packed = sample();
            let len = unpack(&packed, 1 << 20).unwrap().len();
            assert_eq!(unpack(&packed, len).map(|out| out.len()), Ok(len));
            assert_eq!(unpack(&packed, len - 1), Err(GzipError::TooLong));
            assert_eq!(unpack(&packed, 0), Err(GzipError::TooLong));
        }
    }
}
