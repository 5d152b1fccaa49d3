//! Sixteen bytes at once, by what every processor of Lambda's architectures has.

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use core::arch::aarch64::{
    vceqq_u8, vcleq_u8, vdupq_n_u8, veorq_u8, vget_lane_u64, vld1q_u8, vorrq_u8,
    vreinterpret_u64_u8, vreinterpretq_u16_u8, vshrn_n_u16,
};
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::{
    _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    _mm_xor_si128,
};

use core::ptr;

/// The index of the first byte that does not stand for itself in a JSON string: a quote, a
/// backslash or a control character (RFC 8259, section 7).
// A quote is 0x22: with bit 1 turned round it stands right above the control characters.
#[inline(always)]
pub(crate) fn first_special(bytes: &[u8; 16]) -> Option<usize> {
    // SAFETY: SSE2 is part of x86_64, and the sixteen bytes that are read are those of `bytes`.
    #[cfg(target_arch = "x86_64")]
    let (specials, shift) = unsafe {
        let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
        let backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x5c));
        let turned = _mm_xor_si128(bytes, _mm_set1_epi8(2));
        let others = _mm_cmpeq_epi8(turned, _mm_min_epu8(turned, _mm_set1_epi8(0x20)));
        let specials = _mm_or_si128(backslashes, others);
        // A bit for each byte.
        (_mm_movemask_epi8(specials), 0)
    };
    // SAFETY: as above, of NEON and Linux on aarch64.
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    let (specials, shift) = unsafe {
        let bytes = vld1q_u8(bytes.as_ptr());
        let backslashes = vceqq_u8(bytes, vdupq_n_u8(0x5c));
        let turned = veorq_u8(bytes, vdupq_n_u8(2));
        let others = vcleq_u8(turned, vdupq_n_u8(0x20));
        let specials = vreinterpretq_u16_u8(vorrq_u8(backslashes, others));
        // Half of each byte, which is four bits.
        let halves = vreinterpret_u64_u8(vshrn_n_u16(specials, 4));
        (vget_lane_u64(halves, 0), 2)
    };
    #[cfg(any(
        target_arch = "x86_64",
        all(target_arch = "aarch64", target_endian = "little")
    ))]
    return match specials {
        0 => None,
        _ => Some((specials.trailing_zeros() >> shift) as usize),
    };
    #[cfg(not(any(
        target_arch = "x86_64",
        all(target_arch = "aarch64", target_endian = "little")
    )))]
    bytes
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
}

/// As [`first_special`], of sixteen bytes or less; what is behind them is not looked at.
#[inline(always)]
pub(crate) fn first_special_of_few(few: &[u8]) -> Option<usize> {
    let mut bytes = [b' '; 16];
    let len = few.len().min(bytes.len());
    // SAFETY: both have so many bytes, and the array is nobody else's.
    unsafe { ptr::copy_nonoverlapping(few.as_ptr(), bytes.as_mut_ptr(), len) };
    first_special(&bytes)
}
