//! A scan of JSON strings and a check of UTF-8 that compare sixteen bytes at once, with instructions that every x86_64
//! (SSE2) and every arm64 (NEON) processor has.
//!
//! The plain form of the scan is `bytes.iter().position(..)`. With it the SQS example (`examples/sqs_batch`) takes
//! 465,971 instructions per event instead of 268,429.

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use core::arch::aarch64::{
    vandq_u8, vceqq_u8, vcgeq_u8, vcleq_u8, vdupq_n_u8, veorq_u8, vget_lane_u64, vld1q_u8,
    vorrq_u8, vreinterpret_u64_u8, vreinterpretq_u16_u8, vshrn_n_u16,
};
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::{
    _mm_add_epi8, _mm_and_si128, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_max_epu8, _mm_min_epu8,
    _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_xor_si128,
};

use core::ptr;

/// Has `LANE_LEN` bits for each of sixteen bytes.
#[cfg(target_arch = "x86_64")]
type LaneMask = u16;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
type LaneMask = u64;
#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little")
))]
const LANE_LEN: u32 = LaneMask::BITS / 16;

/// Returns the index of the first byte that cannot stand unescaped in a JSON string: a quote, a backslash
/// or a control character (RFC 8259, section 7).
///
/// Flipping bit 1 maps the quote (0x22) to 0x20 and the control characters (0x00 to 0x1f) to each other,
/// so one comparison with 0x20 finds all of them.
#[inline(always)]
pub(crate) fn first_special(bytes: &[u8; 16]) -> Option<usize> {
    // SAFETY: every x86_64 processor has SSE2, and the sixteen bytes that are read are those of `bytes`.
    #[cfg(target_arch = "x86_64")]
    let (specials, shift) = unsafe {
        let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
        let backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x5c));
        let flipped = _mm_xor_si128(bytes, _mm_set1_epi8(2));
        let below = _mm_cmpeq_epi8(flipped, _mm_min_epu8(flipped, _mm_set1_epi8(0x20)));
        let specials = _mm_or_si128(backslashes, below);
        // One bit per byte.
        (_mm_movemask_epi8(specials), 0)
    };
    // SAFETY: as above. Every system that Rust runs on has NEON on aarch64.
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    let (specials, shift) = unsafe {
        let bytes = vld1q_u8(bytes.as_ptr());
        let backslashes = vceqq_u8(bytes, vdupq_n_u8(0x5c));
        let flipped = veorq_u8(bytes, vdupq_n_u8(2));
        let below = vcleq_u8(flipped, vdupq_n_u8(0x20));
        let specials = vreinterpretq_u16_u8(vorrq_u8(backslashes, below));
        // Four bits per byte.
        let nibbles = vreinterpret_u64_u8(vshrn_n_u16(specials, 4));
        (vget_lane_u64(nibbles, 0), 2)
    };
    #[cfg(not(any(
        target_arch = "x86_64",
        all(target_arch = "aarch64", target_endian = "little")
    )))]
    let (specials, shift) = {
        let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
        let bits = bytes.iter().rev().map(|byte| u32::from(is_special(byte)));
        (bits.fold(0, |specials, bit| specials << 1 | bit), 0)
    };
    match specials {
        0 => None,
        _ => Some((specials.trailing_zeros() >> shift) as usize),
    }
}

/// Returns the length of the whole characters at the start of sixteen bytes: 16 if all are ASCII. Returns 0 if the bytes
/// are not UTF-8, or if that takes a closer look: if a character has four bytes, or begins with 0xe0, 0xe1 or 0xed.
#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little")
))]
#[inline(always)]
pub(crate) fn utf8_len(bytes: &[u8; 16]) -> usize {
    // Bytes from 0x80, 0xc0 and 0xe0 on, and bytes that take a closer look.
    // SAFETY: as in `first_special`.
    #[cfg(target_arch = "x86_64")]
    let (high, lead, lead_of_three, rare) = unsafe {
        let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
        let all = |byte: u8| _mm_set1_epi8(i8::from_ne_bytes([byte]));
        // One bit per byte.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the mask has sixteen bits"
        )]
        let mask = |bytes| _mm_movemask_epi8(bytes) as LaneMask;
        let high = mask(bytes);
        if high == 0 {
            return 16;
        }
        let twice = _mm_add_epi8(bytes, bytes);
        let lead = _mm_and_si128(bytes, twice);
        let lead_of_three = _mm_and_si128(lead, _mm_add_epi8(twice, twice));
        let overlong = _mm_cmpeq_epi8(_mm_and_si128(bytes, all(0xde)), all(0xc0));
        let surrogate = _mm_cmpeq_epi8(bytes, all(0xed));
        let lead_of_four = _mm_cmpeq_epi8(_mm_max_epu8(bytes, all(0xf0)), bytes);
        let rare = _mm_or_si128(_mm_or_si128(overlong, surrogate), lead_of_four);
        (high, mask(lead), mask(lead_of_three), mask(rare))
    };
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    let (high, lead, lead_of_three, rare) = unsafe {
        let bytes = vld1q_u8(bytes.as_ptr());
        // Four bits per byte.
        let mask = |bytes| {
            let nibbles = vshrn_n_u16(vreinterpretq_u16_u8(bytes), 4);
            vget_lane_u64(vreinterpret_u64_u8(nibbles), 0)
        };
        let high = mask(vcgeq_u8(bytes, vdupq_n_u8(0x80)));
        if high == 0 {
            return 16;
        }
        let lead = vcgeq_u8(bytes, vdupq_n_u8(0xc0));
        let lead_of_three = vcgeq_u8(bytes, vdupq_n_u8(0xe0));
        let overlong = vceqq_u8(vandq_u8(bytes, vdupq_n_u8(0xde)), vdupq_n_u8(0xc0));
        let surrogate = vceqq_u8(bytes, vdupq_n_u8(0xed));
        let lead_of_four = vcgeq_u8(bytes, vdupq_n_u8(0xf0));
        let rare = vorrq_u8(vorrq_u8(overlong, surrogate), lead_of_four);
        (high, mask(lead), mask(lead_of_three), mask(rare))
    };
    // The first byte is the lowest lane, so shifting left moves to the next byte.
    let expected = lead << LANE_LEN | lead_of_three << (2 * LANE_LEN);
    let continuations = high ^ lead;
    if (continuations ^ expected) | rare != 0 {
        return 0;
    }
    // A character may begin in the last byte, or one of three in the last but one.
    let n_last = lead >> (LaneMask::BITS - 1);
    let n_last_two = lead_of_three >> (LaneMask::BITS - 2 - LANE_LEN) & 2;
    #[allow(clippy::cast_possible_truncation, reason = "the number is 0, 1 or 2")]
    let n_left = (n_last | n_last_two) as usize;
    16_usize.wrapping_sub(n_left)
}

/// Does the same, but sees only that all bytes are ASCII.
#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little")
)))]
pub(crate) fn utf8_len(bytes: &[u8; 16]) -> usize {
    if bytes.is_ascii() { 16 } else { 0 }
}

/// Returns the bytes, of which there are at most sixteen, and zeros after them.
#[inline(never)]
pub(crate) fn padded(few: &[u8]) -> [u8; 16] {
    let mut bytes = [0; 16];
    let len = few.len().min(bytes.len());
    // SAFETY: both have at least `len` bytes, and they do not overlap, as the array is a local variable.
    unsafe { ptr::copy_nonoverlapping(few.as_ptr(), bytes.as_mut_ptr(), len) };
    bytes
}
