//! Random numbers and UUIDs from the kernel.
//!
//! Every call asks the kernel (`getrandom` on Linux). Nothing is kept in the process, because execution
//! environments that Lambda restores from one SnapStart snapshot would otherwise produce the same numbers.
//!
//! ```
//! use tiny_lambda::random;
//!
//! let key: [u8; 32] = random::bytes();
//! let order_id = random::uuid_v4();
//! assert_ne!(key, [0; 32]);
//! assert_eq!(order_id.len(), 36);
//! ```
//!
//! If the kernel has no random numbers, which does not happen on Lambda, the process writes a line to standard
//! error and ends with exit code 1: a number that can be guessed would be worse.

use alloc::string::String;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::encoding::hex_digit;
use crate::sys;

/// Returns `N` random bytes, which are fit for keys and tokens.
///
/// ```
/// let nonce = tiny_lambda::random::bytes::<12>();
/// assert_eq!(nonce.len(), 12);
/// ```
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// Fills `bytes` with random bytes, which are fit for keys and tokens.
///
/// ```
/// let mut key = vec![0; 64];
/// tiny_lambda::random::fill(&mut key);
/// assert_ne!(key, [0; 64]);
/// ```
pub fn fill(bytes: &mut [u8]) {
    if let Err(errno) = sys::fill_random(bytes) {
        let line = errno.message("ERROR no random numbers from the kernel: ");
        sys::write_stderr(line.as_bytes());
        sys::write_stderr(b"\n");
        sys::exit(1);
    }
}

/// Returns a new UUID of version 4, which consists of random bits (RFC 9562, section 5.4):
/// `919108f7-52d1-4320-9bac-f847db4148a8`.
///
/// ```
/// let id = tiny_lambda::random::uuid_v4();
/// assert_eq!(id.as_bytes()[14], b'4');
/// ```
pub fn uuid_v4() -> String {
    uuid(0x40, bytes())
}

/// Returns a new UUID of version 7, which begins with the time (RFC 9562, section 5.7):
/// `017f22e2-79b0-7cc3-98c4-dc0c0c07398f`. As the key of a database it keeps rows in the order of their creation.
///
/// The first 48 bits are the milliseconds since the Unix epoch, and the next 12 bits are the fraction of the
/// millisecond (section 6.2, method 3). Each UUID of a process is greater than those before it, also if the clock
/// is set back. 62 bits are random.
///
/// ```
/// use tiny_lambda::random::uuid_v7;
///
/// assert!(uuid_v7() < uuid_v7());
/// ```
pub fn uuid_v7() -> String {
    /// The time of the last UUID, in units of 1/4096 of a millisecond.
    static LAST: AtomicU64 = AtomicU64::new(0);

    let nanos = sys::unix_time_nanos();
    let fraction = ((nanos % 1_000_000) << 12) / 1_000_000;
    let now = (nanos / 1_000_000) << 12 | fraction;
    let mut last = LAST.load(Ordering::Relaxed);
    let time = loop {
        let time = now.max(last.wrapping_add(1));
        match LAST.compare_exchange_weak(last, time, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => break time,
            Err(newer) => last = newer,
        }
    };

    let [a, b, c, d, e, f, g, h] = ((time << 4) & !0xffff | time & 0x0fff).to_be_bytes();
    let [i, j, k, l, m, n, o, p] = bytes();
    uuid(0x70, [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
}

/// Returns the text of a UUID with this version in the high four bits of byte 6, and the variant of RFC 9562 in
/// the high two bits of byte 8 (sections 4.1 and 4.2).
fn uuid(version: u8, mut bytes: [u8; 16]) -> String {
    let [_, _, _, _, _, _, six, _, eight, ..] = &mut bytes;
    *six = *six & 0x0f | version;
    *eight = *eight & 0x3f | 0x80;

    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte] {
            text.push(char::from(hex_digit(digit)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn the_text_of_a_uuid_has_its_version_and_variant() {
        #[track_caller]
        fn check(version: u8, bytes: [u8; 16], want: &str) {
            assert_eq!(uuid(version, bytes), want);
        }
        check(0x40, [0; 16], "00000000-0000-4000-8000-000000000000");
        check(0x40, [0xff; 16], "ffffffff-ffff-4fff-bfff-ffffffffffff");
        check(0x70, [0xff; 16], "ffffffff-ffff-7fff-bfff-ffffffffffff");
        let bytes = core::array::from_fn(|i| u8::try_from(i * 17).unwrap());
        check(0x70, bytes, "00112233-4455-7677-8899-aabbccddeeff");
    }

    /// The version, and the bits of the variant.
    #[track_caller]
    fn check_form(uuid: &str, version: char) {
        assert_eq!(uuid.len(), 36, "{uuid}");
        for (index, c) in uuid.chars().enumerate() {
            let is_right = match index {
                8 | 13 | 18 | 23 => c == '-',
                14 => c == version,
                19 => matches!(c, '8' | '9' | 'a' | 'b'),
                _ => matches!(c, '0'..='9' | 'a'..='f'),
            };
            assert!(is_right, "{uuid}: character {index}");
        }
    }

    /// Miri is a thousand times slower.
    const N: usize = if cfg!(miri) { 10 } else { 10_000 };

    #[test]
    fn ten_thousand_uuids_differ() {
        for (make, version) in [(uuid_v4 as fn() -> String, '4'), (uuid_v7, '7')] {
            let mut uuids: Vec<String> = (0..N).map(|_| make()).collect();
            for uuid in &uuids {
                check_form(uuid, version);
            }
            uuids.sort();
            uuids.dedup();
            assert_eq!(uuids.len(), N);
        }
    }

    #[test]
    fn uuids_of_version_7_increase_on_each_thread_and_have_the_time() {
        let make = || {
            let uuids: Vec<String> = (0..N / 4).map(|_| uuid_v7()).collect();
            assert!(uuids.is_sorted_by(|a, b| a < b));
            uuids
        };
        let before_ms = sys::unix_time_ms();
        let mut uuids = std::thread::scope(|scope| {
            let threads = [0; 4].map(|_| scope.spawn(make));
            threads.map(|thread| thread.join().unwrap()).concat()
        });
        let n = uuids.len();
        uuids.sort();
        // Without the random bits, too: the time of each one is another.
        uuids.dedup_by_key(|uuid| String::from(&uuid[..18]));
        assert_eq!(uuids.len(), n);
        for uuid in [&uuids[0], &uuids[n - 1]] {
            let time_ms = u64::from_str_radix(&uuid[..13].replace('-', ""), 16).unwrap();
            // Other tests may have asked for so many UUIDs that their time is ahead of the clock.
            assert!((before_ms..before_ms + 60_000).contains(&time_ms), "{uuid}");
        }
    }

    #[test]
    fn every_byte_is_filled() {
        // A pipe of the kernel gives at most 256 bytes without a pause.
        for len in [0, 1, 7, 256, 257, if cfg!(miri) { 300 } else { 100_000 }] {
            let mut seen = alloc::vec![0_u8; len];
            for _ in 0..16 {
                let mut bytes = alloc::vec![0; len];
                fill(&mut bytes);
                seen.iter_mut()
                    .zip(bytes)
                    .for_each(|(seen, byte)| *seen |= byte);
            }
            // A byte is 0 sixteen times in a row with a probability of 2^-128.
            assert!(seen.iter().all(|byte| *byte != 0), "{len}");
        }
        assert_eq!(bytes::<0>(), [0_u8; 0]);
        assert_ne!(bytes::<16>(), bytes::<16>());
    }
}
