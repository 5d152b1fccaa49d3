//! Converts floats from and to decimal text: to the nearest float, and to the shortest text.
//!
//! Both directions multiply a 64-bit integer by the first 128 bits of a power of ten. Reading (Lemire,
//! "Number Parsing at a Gigabyte per Second", 2021) thus has bounds for the number. Only if the bounds
//! round to different floats, or if the digits do not fit in 64 bits, big integers decide. Writing is
//! Schubfach (Giulietti, "The Schubfach way to render doubles", 2020), which needs no big integers.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "all operands are bounded; an overflow would be found by the tests, which try all floats"
)]

use crate::encoding::lengths::{prefix, skip, split};
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::encoding::{ASCII, GROUP, eight_digits, short_digits};
use crate::sys::push_prefix;

/// A binary format of IEEE 754.
pub(super) struct Format {
    /// The number of bits of the significand, the hidden bit included.
    precision: u32,
    /// The exponent of the smallest subnormal number.
    exponent_min: i32,
    /// The bits of infinity.
    infinity: u64,
}

pub(super) const F64: Format = Format {
    precision: 53,
    exponent_min: -1074,
    infinity: 0x7ff << 52,
};
pub(super) const F32: Format = Format {
    precision: 24,
    exponent_min: -149,
    infinity: 0xff << 23,
};

impl Format {
    /// Returns the bit of the sign, which is above those of infinity.
    #[inline]
    fn sign(&self) -> u64 {
        self.infinity + (1 << (self.precision - 1))
    }

    /// Returns the integer and the power of two whose product is the positive float with these bits.
    #[inline]
    fn decode(&self, bits: u64) -> (u64, i32) {
        let hidden = 1 << (self.precision - 1);
        let fraction = bits & (hidden - 1);
        match signed(bits >> (self.precision - 1)) {
            0 => (fraction, self.exponent_min),
            exponent => (hidden | fraction, self.exponent_min + exponent - 1),
        }
    }
}

/// Every 27th power of ten, from 10^-351 to 10^324: its first 192 bits. The test
/// `powers_of_ten_are_exact` computes them.
const POWERS: [[u64; 3]; 26] = [
    [
        0x8049_a4ac_0c58_11ae,
        0x205b_896d_777d_6278,
        0xac26_1e9f_5141_430b,
    ],
    [
        0xcf42_894a_5dce_35ea,
        0x5206_4cac_8286_75b9,
        0x475f_2b7d_7df1_ad7a,
    ],
    [
        0xa76c_5823_38ed_2621,
        0xaf2a_f2b8_0af6_f24e,
        0x657c_8f4d_4332_3a36,
    ],
    [
        0x873e_4f75_e222_4e68,
        0x5a77_44a6_e804_a291,
        0xcc35_eddf_cf09_96d7,
    ],
    [
        0xda7f_5bf5_9096_6848,
        0xaf39_a475_506a_899e,
        0xa302_94cc_2934_e662,
    ],
    [
        0xb080_392c_c434_9dec,
        0xbd8d_794d_96aa_cfb3,
        0xfe13_a5c8_6af6_4418,
    ],
    [
        0x8e93_8662_882a_f53e,
        0x547e_b47b_7282_ee9c,
        0x41b0_230e_1421_487d,
    ],
    [
        0xe658_29b3_046b_0afa,
        0x0cb4_a5a3_112a_5112,
        0xa3b5_61b1_cb20_8396,
    ],
    [
        0xba12_1a46_50e4_ddeb,
        0x92f3_4d62_616c_e413,
        0x21a0_183e_1058_3cd3,
    ],
    [
        0x964e_858c_91ba_2655,
        0x3a6a_07f8_d510_f86f,
        0xe908_2f25_e9c5_e9ec,
    ],
    [
        0xf2d5_6790_ab41_c2a2,
        0xfae2_7299_423f_b9c3,
        0x3695_dad7_e885_8901,
    ],
    [
        0xc428_d05a_a475_1e4c,
        0xaa97_e14c_3c26_b886,
        0x9684_2dc9_5323_f5a8,
    ],
    [
        0x9e74_d1b7_91e0_7e48,
        0x775e_a264_cf55_347d,
        0xca49_f1c0_5120_c9c7,
    ],
    [
        0x8000_0000_0000_0000,
        0x0000_0000_0000_0000,
        0x0000_0000_0000_0000,
    ],
    [
        0xcecb_8f27_f420_0f3a,
        0x0000_0000_0000_0000,
        0x0000_0000_0000_0000,
    ],
    [
        0xa70c_3c40_a64e_6c51,
        0x9990_90b6_5f67_d924,
        0x0000_0000_0000_0000,
    ],
    [
        0x86f0_ac99_b4e8_dafd,
        0x69a0_28bb_3ded_71a3,
        0xdf9f_9156_27c0_4e28,
    ],
    [
        0xda01_ee64_1a70_8de9,
        0xe80e_6f48_20cc_9495,
        0xd74b_aad0_3bc1_d8d3,
    ],
    [
        0xb01a_e745_b101_e9e4,
        0x5ec0_5dcf_f72e_7f8f,
        0xc04c_79ff_e324_301f,
    ],
    [
        0x8e41_ade9_fbeb_c27d,
        0x1458_8f13_be84_7307,
        0x23bd_6a20_59c0_02f5,
    ],
    [
        0xe5d3_ef28_2a24_2e81,
        0x8f16_68c8_a86d_a5fa,
        0xf0b5_ccf5_176e_cc7c,
    ],
    [
        0xb9a7_4a06_37ce_2ee1,
        0x6d95_3e2b_d717_3692,
        0x88ef_b003_7ac0_8bde,
    ],
    [
        0x95f8_3d0a_1fb6_9cd9,
        0x4abd_af10_1564_f98e,
        0x0d5a_4af7_b3a9_8e47,
    ],
    [
        0xf24a_01a7_3cf2_dccf,
        0xbc63_3b39_673c_8cec,
        0x3d9c_44cd_2f36_917c,
    ],
    [
        0xc3b8_3581_09e8_4f07,
        0x0a86_2f80_ec47_00c8,
        0x0260_6ea0_1029_dc37,
    ],
    [
        0x9e19_db92_b4e3_1ba9,
        0x6c07_a2c2_6a83_46d1,
        0x4944_d9f5_2cd0_dec2,
    ],
];

/// The powers of five up to 5^26, shifted so that the first bit is 1.
#[expect(
    clippy::indexing_slicing,
    reason = "computed by the compiler, which reports a panic as an error"
)]
const POWERS_OF_5: [u64; 27] = {
    let mut powers = [0; 27];
    let (mut index, mut power) = (0, 1_u64);
    while index < powers.len() {
        powers[index] = power << power.leading_zeros();
        power *= 5;
        index += 1;
    }
    powers
};

/// The first 128 bits of a power of ten, which is `significand * 2^(exponent - 127)`. The bits after
/// them are cut off.
struct PowerOfTen {
    significand: u128,
    exponent: i32,
    is_exact: bool,
}

impl PowerOfTen {
    /// Returns 10^`exponent`, which must be from -351 to 350.
    fn new(exponent: i32) -> Option<PowerOfTen> {
        let index = usize::try_from(exponent + 351).ok()?;
        // A division by 27 for an index up to 701, in half of the instructions.
        let row = (index * 1_214) >> 15;
        let [first, second, third] = *POWERS.get(row)?;
        // The bits of a power of five are those of the power of ten.
        let factor = *POWERS_OF_5.get(index - 27 * row)?;
        let carry = (u128::from(factor) * u128::from(third)) >> 64;
        let (high, low) = multiply(factor, u128::from(first) << 64 | u128::from(second));
        let (low, overflow) = low.overflowing_add(carry);
        let high = u128::from(high + u64::from(overflow)) << 64 | low >> 64;
        // The product has 256 or 255 bits. The last 64 are not computed.
        let significand = match high >> 127 {
            0 => high << 1 | low << 64 >> 127,
            _ => high,
        };
        Some(PowerOfTen {
            significand,
            // 1741647 / 2^19 is the logarithm of ten to the base two.
            exponent: (exponent * 1_741_647) >> 19,
            // 5^55 has 128 bits.
            is_exact: (0..=55).contains(&exponent),
        })
    }
}

/// Returns the product: its first 64 bits, and the 128 after them.
fn multiply(a: u64, b: u128) -> (u64, u128) {
    const LOW: u128 = u64::MAX as u128;
    let low = u128::from(a) * (b & LOW);
    let high = u128::from(a) * (b >> 64) + (low >> 64);
    let first = (high >> 64) as u64;
    (first, high << 64 | low & LOW)
}

/// A decimal number: digits, and the power of ten of the last one.
struct Decimal<'t> {
    /// The digits, which may include a decimal point.
    digits: &'t [u8],
    /// The power of ten of the last digit.
    exponent: i64,
    /// The value of the first digits, as many as fit.
    significand: u64,
    /// The number of digits that do not fit.
    n_cut: i64,
}

impl Decimal<'_> {
    /// Parses a JSON number. Returns whether it is negative, and its magnitude.
    fn with_sign(number: &str) -> (bool, Decimal<'_>) {
        match number.as_bytes() {
            [b'-', digits @ ..] => (true, Decimal::new(digits)),
            digits => (false, Decimal::new(digits)),
        }
    }

    /// Parses a JSON number without its sign.
    fn new(number: &[u8]) -> Decimal<'_> {
        /// If the digits so far are not above this, another one fits in 64 bits.
        const ROOM: u64 = (u64::MAX - 9) / 10;
        let (mut significand, mut n_cut, mut n_after_point) = (0, 0, 0);
        let (mut digits, mut exponent, mut after_point) = (number, 0, 0);
        for (at, byte) in number.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                n_after_point += after_point;
                if significand <= ROOM && n_cut == 0 {
                    significand = significand * 10 + u64::from(digit);
                } else {
                    n_cut += 1;
                }
            } else if *byte == b'.' {
                after_point = 1;
            } else {
                let (before, after) = split(number, at);
                (digits, exponent) = (before, self::exponent(after));
                break;
            }
        }
        Decimal {
            digits,
            exponent: exponent - n_after_point,
            significand,
            n_cut,
        }
    }
}

/// Returns the values of the digits in `text`.
fn values(text: &[u8]) -> impl Iterator<Item = u8> + use<'_> {
    let values = text.iter().map(|byte| byte.wrapping_sub(b'0'));
    values.filter(|value| *value < 10)
}

/// Returns the value of the exponent of a JSON number, which begins with `e`. It is at most 2^50, which
/// is as good as infinite, since no text has as many digits.
pub(super) fn exponent(text: &[u8]) -> i64 {
    const MAX: i64 = 1 << 50;
    let mut power = 0_i64;
    for digit in values(text) {
        power = power.wrapping_mul(10).wrapping_add(digit.into()).min(MAX);
    }
    if matches!(text, [_, b'-', ..]) {
        power.wrapping_neg()
    } else {
        power
    }
}

/// Why a number is not an integer of a type.
pub(super) enum IntegerError {
    /// It has a fraction.
    Fraction,
    /// It does not fit in the type.
    TooLarge,
}

/// An unsigned integer type. Two of them, since the code for 128 bits is longer and most functions do
/// not need it.
pub(super) trait Magnitude: Copy + PartialOrd {
    /// 0.
    const ZERO: Self;
    /// Returns the number with another decimal digit appended, if it fits.
    fn with_digit(self, digit: u8) -> Result<Self, IntegerError>;
}

macro_rules! magnitudes {
    ($($type:ident)*) => {$(
        impl Magnitude for $type {
            const ZERO: Self = 0;

            fn with_digit(self, digit: u8) -> Result<Self, IntegerError> {
                let value = self.checked_mul(10);
                let value = value.and_then(|value| value.checked_add(Self::from(digit)));
                value.ok_or(IntegerError::TooLarge)
            }
        }
    )*};
}

magnitudes!(u64 u128);

/// Parses a JSON number that is an integer. Returns whether it is negative, and its magnitude.
pub(super) fn exact_integer<T: Magnitude>(number: &str) -> Result<(bool, T), IntegerError> {
    let (is_negative, number) = match number.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let position = |is_end: fn(&u8) -> bool| number.iter().position(is_end).unwrap_or(number.len());
    let n_before_point = position(|byte| !byte.is_ascii_digit());
    let (digits, exponent) = split(number, position(|byte| matches!(byte, b'e' | b'E')));
    // The digits that belong to the integer. If this is negative, zeros come before the first one.
    let mut n_left = self::exponent(exponent).saturating_add_unsigned(n_before_point as u64);
    let mut value = Ok(T::ZERO);
    for digit in values(digits) {
        if n_left > 0 {
            value = value.and_then(|value| value.with_digit(digit));
        } else if digit > 0 {
            return Err(IntegerError::Fraction);
        }
        n_left = n_left.wrapping_sub(1);
    }
    let mut value = value?;
    // A value other than 0 is too large after 39 steps at the latest.
    while n_left > 0 && value != T::ZERO {
        n_left = n_left.wrapping_sub(1);
        value = value.with_digit(0)?;
    }
    Ok((is_negative, value))
}

/// Returns the bits of the float nearest to a JSON number. `None` if it is infinite.
pub(super) fn parse(number: &str, format: &Format) -> Option<u64> {
    let (is_negative, decimal) = Decimal::with_sign(number);
    let bits = nearest(&decimal, format)?;
    Some(if is_negative {
        bits | format.sign()
    } else {
        bits
    })
}

/// Parses a number of up to 19 digits, which nearly all floats in events have, from the front of `text`.
/// Returns the float's bits, and the rest after the number. One pass takes half of the instructions of
/// [`parse`] and of the check that it is a number ("prices" in `bench/json`).
pub(super) fn parse_short<'t>(text: &'t [u8], format: &Format) -> Option<(u64, &'t [u8])> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let mut significand = 0;
    let mut rest = skip_digits(digits, &mut significand);
    let n_before = digits.len() - rest.len();
    let mut n_after = 0;
    if let [b'.', fraction @ ..] = rest {
        rest = skip_digits(fraction, &mut significand);
        n_after = fraction.len() - rest.len();
        if n_after == 0 {
            return None;
        }
    }
    let is_short = matches!((digits, n_before), ([b'0', ..], 1) | ([b'1'..=b'9', ..], _))
        && n_before + n_after < 20;
    if !is_short {
        return None;
    }
    let digits = prefix(digits, digits.len() - rest.len());
    let mut exponent = 0;
    if let [b'e' | b'E', after @ ..] = rest {
        let (is_below, after) = match after {
            [b'-', after @ ..] => (true, after),
            [b'+', after @ ..] | after => (false, after),
        };
        let mut power = 0;
        rest = skip_digits(after, &mut power);
        if !(1..10).contains(&(after.len() - rest.len())) {
            return None;
        }
        exponent = i64::try_from(power).ok()?;
        if is_below {
            exponent = -exponent;
        }
    }
    let decimal = Decimal {
        digits,
        exponent: exponent - i64::try_from(n_after).ok()?,
        significand,
        n_cut: 0,
    };
    let bits = nearest(&decimal, format)?;
    Some((
        if is_negative {
            bits | format.sign()
        } else {
            bits
        },
        rest,
    ))
}

/// Skips digits, and appends them to `value`. Overflow wraps.
fn skip_digits<'t>(mut text: &'t [u8], value: &mut u64) -> &'t [u8] {
    while let [digit @ b'0'..=b'9', after @ ..] = text {
        *value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        text = after;
    }
    text
}

/// Returns the bits of the nearest positive float. `None` if it is infinite.
fn nearest(decimal: &Decimal<'_>, format: &Format) -> Option<u64> {
    /// An `f64` holds every integer up to this, and every power of ten up to 10^22.
    const EXACT_MAX: u64 = 1 << 53;
    if decimal.significand == 0 {
        return Some(0);
    }
    // One operation with exact operands rounds once (Clinger, "How to read floating point numbers
    // accurately"). This takes a third of the instructions of the general algorithm below.
    let is_f64 = format.precision == F64.precision;
    if is_f64 && decimal.significand <= EXACT_MAX && (-19..=0).contains(&decimal.exponent) {
        let power = 10_u64.pow(signed(decimal.exponent).unsigned_abs());
        #[expect(clippy::cast_precision_loss, reason = "both are exact")]
        return Some((decimal.significand as f64 / power as f64).to_bits());
    }
    let exponent = decimal.exponent + decimal.n_cut;
    // Floats lie between 10^-325 and 10^309, and the significand is below 10^20.
    let Some(power) = PowerOfTen::new(signed(exponent.clamp(-400, 400))) else {
        return (exponent < 0).then_some(0);
    };
    let lead = decimal.significand.leading_zeros();
    let significand = decimal.significand << lead;
    // The first 64 bits of the number, whose last one is worth 2^`exponent`, and a lower bound for the
    // rest.
    let (first, rest) = multiply(significand, power.significand);
    let exponent = power.exponent + 1 - signed(lead);
    let bits = round(first, exponent, !power.is_exact || rest != 0, format)?;
    // The bits that the power lacks add less than `significand` to `rest`. That matters if the sum carries
    // into `first`, and the next one is rounded to another float.
    let is_certain = decimal.n_cut == 0
        && (power.is_exact
            || rest.checked_add(significand.into()).is_some()
            || first
                .checked_add(1)
                .and_then(|next| round(next, exponent, true, format))
                == Some(bits));
    let up = !is_certain && is_rounded_up(decimal, bits, format);
    let bits = bits + u64::from(up);
    (bits < format.infinity).then_some(bits)
}

/// Returns the bits of the float nearest to `significand * 2^exponent`, or to a number that is greater
/// by less than 1 in `significand` if `inexact`. The middle between two floats is rounded to the even
/// one. `None` if the result is infinite.
fn round(significand: u64, exponent: i32, inexact: bool, format: &Format) -> Option<u64> {
    // The number of low bits of the significand that the format does not have.
    let drop = signed(64 - format.precision) - signed(significand.leading_zeros());
    let drop = drop.max(format.exponent_min - exponent);
    let place = exponent + drop - format.exponent_min;
    let drop = drop.unsigned_abs();
    if drop > 64 {
        return Some(0);
    }
    let kept = significand.checked_shr(drop).unwrap_or(0);
    let half = 1_u64 << (drop - 1);
    let up = match (significand & (half | (half - 1))).cmp(&half) {
        Ordering::Less => false,
        Ordering::Equal => inexact || kept & 1 == 1,
        Ordering::Greater => true,
    };
    let bits = (u64::from(place.unsigned_abs()) << (format.precision - 1)) + kept + u64::from(up);
    (bits < format.infinity).then_some(bits)
}

/// Returns whether the number is rounded up to the float after the one with these bits. That is so if it is
/// above the middle between the two, or in the middle and the float after is even.
#[inline(never)]
fn is_rounded_up(decimal: &Decimal<'_>, bits: u64, format: &Format) -> bool {
    /// The middle between two floats has up to 768 digits. Of the digits after these it only matters
    /// whether one of them is not zero.
    const DIGITS_MAX: usize = 770;
    let mut number = BigInteger::from(0);
    let mut exponent = decimal.exponent;
    let mut has_more = false;
    let digits = values(decimal.digits).skip_while(|digit| *digit == 0);
    for (index, digit) in digits.enumerate() {
        if index < DIGITS_MAX {
            number.multiply_add(10, digit.into());
        } else {
            has_more |= digit != 0;
            exponent += 1;
        }
    }
    if has_more {
        number.multiply_add(10, 1);
        exponent -= 1;
    }
    let (significand, power_of_two) = format.decode(bits);
    let mut middle = BigInteger::from(2 * significand + 1);
    // Compares `number * 10^exponent` with `middle * 2^(power_of_two - 1)` as integers.
    let exponent = signed(exponent);
    let shift = exponent - (power_of_two - 1);
    let larger = if exponent < 0 {
        &mut middle
    } else {
        &mut number
    };
    larger.multiply_by_power(5, 27, exponent.unsigned_abs());
    let larger = if shift < 0 { &mut middle } else { &mut number };
    larger.multiply_by_power(2, 63, shift.unsigned_abs());
    match number.cmp(&middle) {
        Ordering::Less => false,
        Ordering::Equal => significand & 1 == 1,
        Ordering::Greater => true,
    }
}

/// Appends the shortest text that is read as the float with these bits, and of the shortest the nearest;
/// `null` if it is not finite.
///
/// `inline(always)`: with the format known, this takes 12 instructions less.
#[inline(always)]
pub(super) fn write(bits: u64, format: &Format, out: &mut Vec<u8>) {
    let magnitude = bits & !format.sign();
    if magnitude >= format.infinity {
        return out.extend_from_slice(b"null");
    }
    if magnitude != bits {
        out.push(b'-');
    }
    if magnitude == 0 {
        return out.extend_from_slice(b"0.0");
    }
    let (significand, power_of_two) = format.decode(magnitude);
    let hundredths = hundredths(magnitude, format);
    push_positive(hundredths, significand, power_of_two, format, out);
}

/// Returns the float as a number of hundredths, if it is that short a decimal, as an amount of money is. This
/// takes a third of the instructions of [`shortest`].
#[inline]
fn hundredths(bits: u64, format: &Format) -> Option<u64> {
    /// 2^52.
    const BIAS: f64 = 4_503_599_627_370_496.0;
    let value = f64::from_bits(bits);
    if format.precision != F64.precision || value >= 1e13 {
        return None;
    }
    // The sum is rounded to an integer, which its low bits contain: floats from 2^52 to 2^53 have no fraction.
    let sum = value * 100.0 + BIAS;
    #[expect(clippy::float_cmp, reason = "the very same float is wanted")]
    // The division has exact operands and rounds once, so the text is read as this float. No other decimal with
    // up to 15 digits is.
    ((sum - BIAS) / 100.0 == value).then_some(sum.to_bits() ^ BIAS.to_bits())
}

/// Appends a number of hundredths or, if there is none, the shortest decimal that is read as the float
/// `significand * 2^power_of_two`.
#[inline(never)]
fn push_positive(
    hundredths: Option<u64>,
    significand: u64,
    power_of_two: i32,
    format: &Format,
    out: &mut Vec<u8>,
) {
    let (number, exponent) = match hundredths {
        Some(number) => (number, -2),
        None => quick_shortest(significand, power_of_two)
            .unwrap_or_else(|| shortest(significand, power_of_two, format)),
    };
    push_decimal(number, exponent, out);
}

/// Does the same as [`shortest`], with 64 bits after the point and a third of the instructions ("coordinates"
/// in `bench/json`). `None` if that leaves the result open, as in the middle between two decimals, or if the
/// neighbours may not be equally far.
fn quick_shortest(significand: u64, power_of_two: i32) -> Option<(u64, i32)> {
    const TEN: u64 = 10 << 60;
    // The numbers that are compared are wrong by less than 2 in the last place.
    let differ = |a: u64, b: u64| a.wrapping_sub(b).wrapping_add(4) > 8;

    let (exponent, power) = unit(power_of_two, 0)?;
    let (integer, rest) = multiply(significand << power.shift, power.ceiling);
    let fraction = (rest >> 64) as u64;
    let digit = integer % 10;
    // Both have 60 bits after the point: the last digit with the fraction, and half the distance between
    // two floats, which is below 5.
    let last = digit << 60 | fraction >> 4;
    let half = (power.ceiling >> 64) as u64 >> (5 - power.shift);
    if integer < 10
        || significand.is_power_of_two()
        || !differ(last, half)
        || !differ(last + half, TEN)
    {
        return None;
    }
    // With a digit less, at most one of the two candidates around the value is read as this float.
    let number = if last < half {
        integer - digit
    } else if last + half > TEN {
        integer - digit + 10
    } else if differ(fraction, 1 << 63) {
        integer + (fraction >> 63)
    } else {
        return None;
    };
    Some((number, exponent))
}

/// A unit in the last place of a float, in units of 10^exponent: `ceiling * 2^(shift - 128)`, or less by one in
/// `ceiling`.
struct Unit {
    ceiling: u128,
    /// From 1 to 4.
    shift: u32,
}

/// Returns the greatest power of ten that is not above 2^`power_of_two`, the distance between the two middles to
/// the neighbours of a float, and that distance in its unit. The `correction` is subtracted from the logarithm
/// of the distance, in units of 2^-22.
#[inline(always)]
fn unit(power_of_two: i32, correction: i32) -> Option<(i32, Unit)> {
    // 1262611 / 2^22 is the logarithm of 2.
    let exponent = (power_of_two * 1_262_611 - correction) >> 22;
    let power = PowerOfTen::new(-exponent);
    debug_assert!(power.is_some(), "the table has all powers of finite floats");
    let power = power?;
    let unit = Unit {
        ceiling: power.significand + u128::from(!power.is_exact),
        shift: ((power_of_two + power.exponent + 1) & 7).unsigned_abs(),
    };
    Some((exponent, unit))
}

/// Returns the integer and the power of ten whose product is the shortest decimal that is read as the float
/// `significand * 2^power_of_two`, and of the shortest the nearest. Zeros may be at its end.
#[cold]
#[inline(never)]
fn shortest(significand: u64, power_of_two: i32, format: &Format) -> (u64, i32) {
    // The neighbour below a power of two is at half the distance: the middles are at 3/4 of it.
    let is_uneven =
        significand == 1 << (format.precision - 1) && power_of_two > format.exponent_min;
    let Some((exponent, unit)) = unit(power_of_two, if is_uneven { 524_031 } else { 0 }) else {
        return (1, 0);
    };
    // Divides by the power of ten. The lowest bit is set if there is a remainder.
    let scale = |number: u64| {
        let (first, rest) = multiply(number << unit.shift, unit.ceiling);
        first | u64::from(rest >> 64 > 1)
    };
    // The float and the range of the numbers that are read as this float, in units of a quarter. A number in
    // the middle between two floats is read as the one with the even significand.
    let is_odd = significand & 1;
    let lower = scale(4 * significand - 2 + u64::from(is_uneven)) + is_odd;
    let value = scale(4 * significand);
    let upper = scale(4 * significand + 2) - is_odd;
    let in_range = |number: u64| lower <= 4 * number && 4 * number <= upper;

    // With a digit less, at most one of two candidates is in the range.
    let (below, above) = (value / 40 * 10, value / 40 * 10 + 10);
    if below > 0 && in_range(below) != in_range(above) {
        let number = if in_range(below) { below } else { above };
        return (number, exponent);
    }
    let (below, above) = (value / 4, value / 4 + 1);
    let is_above = match (in_range(below), in_range(above)) {
        // If two are equally near, std chooses the greater one.
        (true, true) | (false, false) => value >= 4 * below + 2,
        (_, is_in_range) => is_in_range,
    };
    (if is_above { above } else { below }, exponent)
}

/// Appends `number * 10^exponent` without the zeros at its end. The decimal point is among the digits or
/// near them, as std prints it, or the notation is scientific. `number` is not zero and below 10^17.
#[inline(always)]
fn push_decimal(mut number: u64, mut exponent: i32, out: &mut Vec<u8>) {
    const N_DIGITS: usize = 17;
    if number < GROUP * GROUP {
        if number < GROUP {
            number *= GROUP;
            exponent -= 8;
        }
        while number < GROUP * GROUP {
            number *= 10;
            exponent -= 1;
        }
    }
    let (first, rest) = (number / (GROUP * GROUP), number % (GROUP * GROUP));
    let (middle, low) = (eight_digits(rest / GROUP), eight_digits(rest % GROUP));
    let n_zeros = match low {
        0 => 8 + middle.leading_zeros() / 8,
        _ => low.leading_zeros() / 8,
    };
    let n_digits = N_DIGITS - n_zeros as usize;
    let groups = [first << 56, middle, low, 0, 0, 0].map(|group| (group | ASCII).to_le_bytes());
    let digits = skip(groups.as_flattened(), 7);

    // The text, of up to 23 bytes. Parts are copied to it with some bytes more, since a copy of constant length takes
    // no call of `memcpy`. The parts after them replace those bytes.
    let mut text = [0; 48];
    let point = signed(N_DIGITS) + exponent;
    let is_scientific = !(-3..=16).contains(&point);
    let mut len;
    if (-3..=0).contains(&point) {
        let n_zeros = point.unsigned_abs() as usize;
        copy::<5>(b"0.000", &mut text, 0);
        copy::<24>(digits, &mut text, 2 + n_zeros);
        len = 2 + n_zeros + n_digits;
    } else {
        let n_before = match point {
            1..=16 => point.unsigned_abs() as usize,
            _ => 1,
        };
        copy::<24>(digits, &mut text, 0);
        copy::<1>(b".", &mut text, n_before);
        copy::<16>(skip(digits, n_before), &mut text, n_before + 1);
        // Digits that the number does not have are zeros.
        len = 1 + n_digits.max(n_before + 1);
    }
    if is_scientific {
        if n_digits == 1 {
            len = 1;
        }
        let exponent = (point - 1).unsigned_abs();
        let n_letters = if point < 1 { 2 } else { 1 };
        copy::<2>(b"e-", &mut text, len);
        let (exponent, n_digits) = short_digits(exponent.into());
        copy::<8>(&exponent, &mut text, len + n_letters);
        len += n_letters + n_digits;
    }
    if let Some(text) = text.first_chunk::<24>() {
        push_prefix(out, text, len);
    }
}

/// Copies the first `N` bytes to the offset `start` of `text`. There must be as many, and as much room.
fn copy<const N: usize>(bytes: &[u8], text: &mut [u8], start: usize) {
    let bytes = bytes.first_chunk::<N>();
    let place = text.get_mut(start..).and_then(<[u8]>::first_chunk_mut);
    debug_assert!(bytes.is_some() && place.is_some(), "both have N bytes");
    if let (Some(bytes), Some(place)) = (bytes, place) {
        *place = *bytes;
    }
}

/// Converts a count of bits or digits, which is small.
fn signed(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

/// A natural number of any length.
struct BigInteger {
    /// The least significant limb is the first. The last one is not zero.
    limbs: Vec<u64>,
}

impl BigInteger {
    fn from(value: u64) -> BigInteger {
        BigInteger {
            limbs: [value].into(),
        }
    }

    /// Multiplies by `factor` and adds `summand`.
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    fn multiply_add(&mut self, factor: u64, summand: u64) {
        let mut carry = u128::from(summand);
        for limb in &mut self.limbs {
            carry += u128::from(*limb) * u128::from(factor);
            *limb = carry as u64;
            carry >>= 64;
        }
        if carry > 0 {
            self.limbs.push(carry as u64);
        }
    }

    /// Multiplies by `base` to the power of `exponent`. `base` to the power of `step` fits in 64 bits.
    fn multiply_by_power(&mut self, base: u64, step: u32, mut exponent: u32) {
        while exponent > 0 {
            let n = exponent.min(step);
            self.multiply_add(base.pow(n), 0);
            exponent -= n;
        }
    }

    fn cmp(&self, other: &BigInteger) -> Ordering {
        let by_len = self.limbs.len().cmp(&other.limbs.len());
        by_len.then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    /// Checks that std reads the same float, and writes the same text.
    #[track_caller]
    fn check(text: &str) {
        let want: f64 = text.parse().unwrap();
        let sign = u64::from(want.is_sign_negative()) << 63;
        let got = parse(text, &F64).unwrap_or(F64.infinity | sign);
        assert_eq!(got, want.to_bits(), "{text}");
        let want: f32 = text.parse().unwrap();
        let sign = u64::from(want.is_sign_negative()) << 31;
        let got = parse(text, &F32).unwrap_or(F32.infinity | sign);
        assert_eq!(got, want.to_bits().into(), "{text} as f32");
        check_f64(text.parse().unwrap());
        check_f32(text.parse().unwrap());
    }

    #[track_caller]
    fn check_f64(value: f64) {
        let value = value.abs();
        if value.is_finite() {
            assert_eq!(written(value.to_bits(), &F64), format!("{value:?}"));
        }
    }

    #[track_caller]
    fn check_f32(value: f32) {
        let value = value.abs();
        if value.is_finite() {
            assert_eq!(written(value.to_bits().into(), &F32), format!("{value:?}"));
        }
    }

    fn written(bits: u64, format: &Format) -> String {
        let mut out = Vec::new();
        write(bits, format, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    fn low(bits: u64) -> u32 {
        bits as u32
    }

    /// Computes the first 128 bits of a power of ten anew.
    fn power_of_ten(exponent: i32) -> u128 {
        let mut limbs = [0_u32; 80];
        if exponent >= 0 {
            // The first limb is the least significant.
            limbs[0] = 1;
            for _ in 0..exponent {
                let mut carry = 0;
                for limb in &mut limbs {
                    carry += u64::from(*limb) * 10;
                    *limb = low(carry);
                    carry >>= 32;
                }
            }
        } else {
            // The integer 2^2559, divided by ten again and again. What is cut off stays below the first
            // 1300 bits.
            limbs[79] = 1 << 31;
            for _ in exponent..0 {
                let mut rest = 0;
                for limb in limbs.iter_mut().rev() {
                    rest = rest << 32 | u64::from(*limb);
                    *limb = low(rest / 10);
                    rest %= 10;
                }
            }
        }
        let bits = limbs
            .iter()
            .rev()
            .flat_map(|limb| (0..32).rev().map(move |n| limb >> n & 1));
        let first = bits.skip_while(|bit| *bit == 0).chain([0; 128]).take(128);
        first.fold(0, |bits, bit| bits << 1 | u128::from(bit))
    }

    #[test]
    fn powers_of_ten_are_exact() {
        for exponent in -351..=350 {
            let power = PowerOfTen::new(exponent).unwrap();
            assert_eq!(power.significand, power_of_ten(exponent), "10^{exponent}");
        }
        assert!(PowerOfTen::new(-352).is_none() && PowerOfTen::new(351).is_none());
    }

    #[test]
    fn random_floats_are_read_and_written_as_std_does() {
        let mut random = 1_u64;
        for _ in 0..if cfg!(debug_assertions) {
            30_000
        } else {
            10_000_000
        } {
            // Knuth's linear congruential generator, whose high bits are mixed into the low ones.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let bits = random ^ random >> 33;
            check_f64(f64::from_bits(bits));
            check_f32(f32::from_bits(low(bits)));
            let value = f64::from_bits(bits);
            if value.is_finite() {
                check(&format!("{value:e}"));
                check(&format!("{}.{}", bits >> 40, bits & 0xffff));
                check(&format!("{}e{}", bits, (bits >> 20) % 700));
                check(&format!("{}e-{}", bits, (bits >> 20) % 700));
            }
        }
    }

    #[test]
    fn floats_are_read_and_written_as_std_does() {
        for text in [
            "0",
            "-0.0",
            "1",
            "0.1",
            "0.3",
            "-1.5",
            "123456.789",
            "1e22",
            "1e23",
            "9007199254740993",
            "9007199254740992.5",
            // In the middle between two floats, with more digits than fit in 64 bits.
            "1700100000000000000000",
            "100000000000000000000000",
            "1000000000000000000000000e-1",
            "33776997205278720000000000",
            "5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2.2250738585072011e-308",
            "2.2250738585072014e-308",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "1e309",
            "-1e400",
            "1e-400",
            "8.41e21",
            "2e-44",
            "1.1754942e-38",
            "3.4028235e38",
            "3.4028236e38",
            "1e-45",
            "7e-46",
            "0.000001",
            "0.00001",
            "123456789012345680",
            "9999999999999998",
            "1e16",
            "99999999999999990",
            "0.1e1000000000000000000000",
            "0e99999999999999999999999",
            "1e-99999999999999999999999",
            "179769313486231580793728971405301e276",
            "6.631236846766476e-316",
            "4.35e-43",
            // Hard to read (Clinger, Paxson and Kahan, "A Program for Testing IEEE Decimal-Binary Conversion";
            // Lemire's `fast_double_parser`).
            "5e-20",
            "67e14",
            "985e15",
            "7693e-42",
            "55895e-16",
            "996622e-44",
            "7038531e-32",
            "60419369e-46",
            "702990899e-48",
            "6930161142e-48",
            "25933168707e-13",
            "428896593056e-5",
            "9214843084008499",
            "6929495644600919.5",
            "3.7455744005952583e15",
            "62.5364939768271845828",
            "8.10109172351e-10",
            "1.50000000000000011102230246251565",
            "0.500000000000000166533453693773481063544750213623046875",
            "3.518437208883201171875e13",
            "7.2057594037927933e16",
            // Hard to write (the tests of Adams's Ryu).
            "-2.109808898695963e16",
            "4.940656e-318",
            "1.18575755e-316",
            "2.989102097996e-312",
            "9.0608011534336e15",
            "4.708356024711512e18",
            "9.409340012568248e18",
            "2.9802322387695312e-8",
            "5.764607523034235e39",
            "1.152921504606847e40",
            "2.305843009213694e40",
            "9007199254740991",
            "9007199254740994",
            "9.5367431640625e-7",
            "5.684341886080802e-14",
            "33554432",
            "8.999999e9",
            "3.4366717e10",
            "1.8014398509481984e16",
            "9.0072e15",
        ] {
            check(text);
        }
    }

    #[test]
    fn floats_of_every_exponent_are_read_and_written_as_std_does() {
        for exponent in -345..320 {
            for digits in [
                "1",
                "9",
                "5",
                "17976931348623157",
                "22250738585072014",
                "4503599627370497.5",
            ] {
                check(&format!("{digits}e{exponent}"));
            }
        }
        for exponent in -1074..1024 {
            let power = 2_f64.powi(exponent);
            for bits in [
                power.to_bits(),
                power.to_bits().wrapping_sub(1),
                power.to_bits() + 1,
            ] {
                let value = f64::from_bits(bits);
                if !value.is_finite() {
                    continue;
                }
                check(&format!("{value:e}"));
                // The exact middle between two floats, with hundreds of digits, and beside it.
                if value > 0.0 && exponent % 7 == 0 {
                    let exact = format!("{value:.1100}");
                    check(&exact);
                    check(&format!("{exact}1"));
                }
            }
        }
        // Halfway between two subnormals, and a digit far after that.
        check(&format!("{:.1080}5", 5e-324_f64));
    }
}
