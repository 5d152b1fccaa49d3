//! Converts floats from and to decimal text exactly, in a tenth of the bytes of std's conversions.
//!
//! Short decimals, which nearly all floats in events are, take a few multiplications. For the others
//! integers of up to 3072 bits are used, which takes thousands of instructions but is simple.

use alloc::string::String;
use core::cmp::Ordering;

use crate::encoding::{Digits, decimal, push_decimal};

/// A binary format of IEEE 754.
struct Format {
    /// The number of bits of the significand, the hidden bit included.
    precision: u32,
    /// The exponent of the smallest subnormal number.
    exponent_min: i32,
    /// The bits of infinity.
    infinity: u64,
}

const F64: Format = Format {
    precision: 53,
    exponent_min: -1074,
    infinity: 0x7ff << 52,
};
const F32: Format = Format {
    precision: 24,
    exponent_min: -149,
    infinity: 0xff << 23,
};

/// Powers of ten that an `f64` holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Up to this, an `f64` holds every integer exactly.
const INTEGER_MAX: u64 = 1 << 53;

/// A decimal number: digits, and the power of ten of the last one.
struct Decimal<'t> {
    /// The digits, which may include a decimal point.
    digits: &'t [u8],
    /// The power of ten of the last digit.
    exponent: i64,
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
        let end = number.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let (digits, exponent) = number
            .split_at_checked(end.unwrap_or(number.len()))
            .unwrap_or_default();
        let point = digits
            .iter()
            .rev()
            .position(|&byte| byte == b'.')
            .unwrap_or(0);
        let after_point = i64::try_from(point).unwrap_or(i64::MAX);
        Decimal {
            digits,
            exponent: self::exponent(exponent).wrapping_sub(after_point),
        }
    }

    /// Returns the number if it is an integer.
    fn integer<T: Magnitude>(&self) -> Result<T, IntegerError> {
        let (mut digits, mut exponent) = (self.digits, self.exponent);
        while let [before @ .., last @ (b'0' | b'.')] = digits {
            exponent = exponent.wrapping_add(i64::from(*last == b'0'));
            digits = before;
        }
        if exponent < 0 && !digits.is_empty() {
            return Err(IntegerError::Fraction);
        }
        let mut value = T::ZERO;
        for digit in values(digits) {
            value = value.with_digit(digit)?;
        }
        // A value other than 0 is too large after 39 steps at the latest.
        while exponent > 0 && value != T::ZERO {
            exponent = exponent.wrapping_sub(1);
            value = value.with_digit(0)?;
        }
        Ok(value)
    }

    /// Returns the values of the digits.
    fn values(&self) -> impl Iterator<Item = u8> + use<'_> {
        values(self.digits)
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
    let (negative, decimal) = Decimal::with_sign(number);
    Ok((negative, decimal.integer()?))
}

/// Returns the float nearest to a JSON number. `None` if it is infinite.
pub(super) fn parse_f64(number: &str) -> Option<f64> {
    let (negative, decimal) = Decimal::with_sign(number);
    let magnitude = match fast_path(&decimal) {
        Some(value) => value,
        None => f64::from_bits(nearest(&decimal, &F64)?),
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// As [`parse_f64`]. The number is not converted to an `f64` first, since that would round twice.
pub(super) fn parse_f32(number: &str) -> Option<f32> {
    let (negative, decimal) = Decimal::with_sign(number);
    let magnitude = f32::from_bits(u32::try_from(nearest(&decimal, &F32)?).ok()?);
    Some(if negative { -magnitude } else { magnitude })
}

/// Returns the float, if the number is an integer of up to 2^53 multiplied or divided by a power of ten
/// that is exact. One operation, which rounds once, is correct then (Clinger, "How to read floating
/// point numbers accurately").
fn fast_path(decimal: &Decimal<'_>) -> Option<f64> {
    let mut value = 0_u64;
    for digit in decimal.values() {
        value = value.checked_mul(10)?.checked_add(digit.into())?;
    }
    if value > INTEGER_MAX {
        return None;
    }
    let power = POWERS.get(usize::try_from(decimal.exponent.unsigned_abs()).ok()?)?;
    #[expect(clippy::cast_precision_loss, reason = "not above 2^53")]
    let value = value as f64;
    Some(if decimal.exponent < 0 {
        value / power
    } else {
        value * power
    })
}

/// Returns the bits of the nearest positive float. `None` if it is infinite.
///
/// The number is a fraction of two big integers. Its quotient has 64 bits, which are rounded to the
/// precision of the format.
fn nearest(decimal: &Decimal<'_>, format: &Format) -> Option<u64> {
    /// The middle between two floats has up to 768 digits. Of the digits after these only matters
    /// whether one of them is not zero.
    const DIGITS_MAX: usize = 770;
    let mut numerator = BigInteger::from(0);
    let mut exponent = decimal.exponent;
    let mut n_digits = 0_usize;
    let mut more = false;
    for digit in decimal.values() {
        if n_digits < DIGITS_MAX {
            numerator.multiply_add(10, digit.into());
            n_digits = n_digits.wrapping_add(usize::from(n_digits > 0 || digit != 0));
        } else {
            more |= digit != 0;
            exponent = exponent.saturating_add(1);
        }
    }
    if n_digits == 0 {
        return Some(0);
    }
    if more {
        numerator.multiply_add(10, 1);
        exponent = exponent.saturating_sub(1);
    }
    let magnitude = exponent.saturating_add(i64::try_from(n_digits).ok()?);
    if magnitude > 310 {
        return None;
    }
    if magnitude < -330 {
        return Some(0);
    }
    let exponent = i32::try_from(exponent).ok()?;
    let mut denominator = BigInteger::from(1);
    let power = if exponent < 0 {
        &mut denominator
    } else {
        &mut numerator
    };
    power.multiply_by_power_of_5(exponent.unsigned_abs());

    // Compute the first 64 bits of the quotient, by long division, and whether a remainder is left.
    let shift = denominator.bits().wrapping_sub(numerator.bits());
    if shift > 0 {
        numerator.shift_left(shift.unsigned_abs());
    } else {
        denominator.shift_left(shift.unsigned_abs());
    }
    let mut quotient = 0_u64;
    for _ in 0..64 {
        quotient = quotient << 1 | u64::from(numerator.subtract_if_not_less(&denominator));
        numerator.shift_left(1);
    }
    let inexact = !numerator.is_zero();
    let lead = quotient.leading_zeros();
    let quotient = quotient << lead;
    let exponent = exponent
        .wrapping_sub(shift)
        .wrapping_sub(63)
        .wrapping_sub(signed(lead));
    round(quotient, exponent, inexact, format)
}

/// Returns the bits of the float nearest to `significand * 2^exponent`, or to a number that is greater
/// by less than 1 in `significand` if `inexact`. The middle between two floats is rounded to the even
/// one. `None` if the result is infinite.
fn round(significand: u64, exponent: i32, inexact: bool, format: &Format) -> Option<u64> {
    // The number of low bits of the significand that the format does not have.
    let drop = signed(64_u32.wrapping_sub(format.precision));
    let drop = drop
        .max(format.exponent_min.wrapping_sub(exponent))
        .unsigned_abs();
    if drop > 64 {
        return Some(0);
    }
    let kept = significand.checked_shr(drop).unwrap_or(0);
    let half = 1_u64 << drop.wrapping_sub(1);
    let dropped = significand & (half | half.wrapping_sub(1));
    let up = match dropped.cmp(&half) {
        Ordering::Less => false,
        Ordering::Equal => inexact || kept & 1 == 1,
        Ordering::Greater => true,
    };
    let place = exponent
        .wrapping_add(signed(drop))
        .wrapping_sub(format.exponent_min);
    let exponent_bits = u64::from(place.unsigned_abs()) << format.precision.wrapping_sub(1);
    let bits = exponent_bits.wrapping_add(kept).wrapping_add(u64::from(up));
    (bits < format.infinity).then_some(bits)
}

/// Appends the shortest text that is read as this float, which must be finite.
pub(super) fn write_f64(value: f64, text: &mut String) {
    if value.is_sign_negative() {
        text.push('-');
    }
    match short_digits(value.abs()) {
        Some((digits, after_point)) => {
            let buffer = &mut Digits::default();
            let digits = decimal(digits, buffer);
            let n_digits = i32::try_from(digits.len()).unwrap_or(0);
            push_digits(digits.as_bytes(), n_digits.wrapping_sub(after_point), text);
        }
        None => write(value.abs().to_bits(), &F64, text),
    }
}

/// Appends the shortest text that is read as this float, which must be finite.
pub(super) fn write_f32(value: f32, text: &mut String) {
    if value.is_sign_negative() {
        text.push('-');
    }
    write(u64::from(value.abs().to_bits()), &F32, text);
}

/// Appends the shortest text that is read as the float with these bits, which must be finite and
/// positive.
fn write(bits: u64, format: &Format, text: &mut String) {
    let hidden = 1_u64 << format.precision.wrapping_sub(1);
    let place = i32::try_from(bits >> format.precision.wrapping_sub(1)).unwrap_or(0);
    let mut significand = bits & hidden.wrapping_sub(1);
    let mut exponent = format.exponent_min;
    if place > 0 {
        significand |= hidden;
        exponent = exponent.wrapping_add(place).wrapping_sub(1);
    }
    if significand == 0 {
        return text.push_str("0.0");
    }
    let mut digits = [0; 17];
    let (len, point) = shortest(significand, exponent, hidden, format, &mut digits);
    push_digits(digits.get(..len).unwrap_or_default(), point, text);
}

/// Returns the digits of a float that is a short decimal, as most floats in events are, and the number
/// of digits after the point.
fn short_digits(magnitude: f64) -> Option<(u64, i32)> {
    const DIGITS_MAX: f64 = 1e15;
    if magnitude != 0.0 && magnitude < 1e-5 {
        return None;
    }
    for (after_point, power) in (0..16).zip(POWERS) {
        let scaled = magnitude * power;
        if scaled >= DIGITS_MAX {
            break;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            clippy::float_cmp,
            reason = "positive and below 10^15; the very same float is wanted"
        )]
        {
            let digits = (scaled + 0.5) as u64;
            // `digits` and `power` are exact, and the division rounds once, as in `fast_path`: the text
            // is read as this float. No other decimal with up to 15 digits is.
            if digits as f64 / power == magnitude {
                return Some((digits, after_point));
            }
        }
    }
    None
}

/// Appends digits with a decimal point after the first `point` of them, or in scientific notation if
/// the point is far from them.
fn push_digits(digits: &[u8], point: i32, text: &mut String) {
    let mut push = |digits: &[u8]| text.extend(digits.iter().map(|&digit| char::from(digit)));
    let n_digits = i32::try_from(digits.len()).unwrap_or(0);
    if (-3..=16).contains(&point) {
        let zeros = point.wrapping_neg().max(0).unsigned_abs() as usize;
        let (before, after) = digits
            .split_at_checked(point.max(0).unsigned_abs() as usize)
            .unwrap_or((digits, &[]));
        push(if before.is_empty() { b"0" } else { before });
        let missing = point.wrapping_sub(n_digits).max(0).unsigned_abs() as usize;
        push(b"0000000000000000".get(..missing).unwrap_or_default());
        push(b".");
        push(b"000".get(..zeros).unwrap_or_default());
        push(if after.is_empty() { b"0" } else { after });
        return;
    }
    let (first, rest) = digits.split_at_checked(1).unwrap_or_default();
    push(first);
    if !rest.is_empty() {
        push(b".");
        push(rest);
    }
    push(b"e");
    let exponent = point.wrapping_sub(1);
    if exponent < 0 {
        push(b"-");
    }
    push_decimal(text, u64::from(exponent.unsigned_abs()));
}

/// Computes the fewest digits that are nearer to the float than to its neighbours, and of these the
/// nearest (Steele and White, "How to print floating-point numbers accurately"). Returns their number
/// and the number of digits before the point.
///
/// The value is `numerator / denominator`. `above` and `below` are half the distances to its
/// neighbours, with the same denominator.
fn shortest(
    significand: u64,
    exponent: i32,
    hidden: u64,
    format: &Format,
    digits: &mut [u8; 17],
) -> (usize, i32) {
    // The neighbour below a power of two is at half the distance.
    let uneven = significand == hidden && exponent > format.exponent_min;
    let mut numerator = BigInteger::from(significand);
    let mut denominator = BigInteger::from(1);
    let mut above = BigInteger::from(1);
    let mut below = BigInteger::from(1);
    let extra = 1_u32.wrapping_add(u32::from(uneven));
    numerator.shift_left(extra);
    denominator.shift_left(extra);
    above.shift_left(u32::from(uneven));
    if exponent < 0 {
        denominator.shift_left(exponent.unsigned_abs());
    } else {
        for integer in [&mut numerator, &mut above, &mut below] {
            integer.shift_left(exponent.unsigned_abs());
        }
    }
    // The middle between two floats is rounded to the even one.
    let inclusive = significand & 1 == 0;

    // An estimate of log10 of the value: 1233 / 4096 is log10(2). It is exact or one too low, which the
    // loop below corrects.
    let log2 = 63_i32
        .wrapping_sub(signed(significand.leading_zeros()))
        .wrapping_add(exponent);
    let mut point = log2.wrapping_mul(1233) >> 12;
    if point < 0 {
        for integer in [&mut numerator, &mut above, &mut below] {
            integer.multiply_by_power_of_10(point.unsigned_abs());
        }
    } else {
        denominator.multiply_by_power_of_10(point.unsigned_abs());
    }
    while reaches(&numerator, &above, &denominator, inclusive) {
        denominator.multiply_add(10, 0);
        point = point.wrapping_add(1);
    }
    let mut len = 0;
    for place in digits.iter_mut() {
        for integer in [&mut numerator, &mut above, &mut below] {
            integer.multiply_add(10, 0);
        }
        let mut digit = b'0';
        while numerator.subtract_if_not_less(&denominator) {
            digit = digit.wrapping_add(1);
        }
        len = usize::wrapping_add(len, 1);
        let low = match numerator.cmp(&below) {
            Ordering::Less => true,
            Ordering::Equal => inclusive,
            Ordering::Greater => false,
        };
        let high = reaches(&numerator, &above, &denominator, inclusive);
        if low || high {
            // Take the nearer of this digit and the next one.
            numerator.shift_left(1);
            let up = high && (!low || numerator.cmp(&denominator) != Ordering::Less);
            *place = digit.wrapping_add(u8::from(up));
            break;
        }
        *place = digit;
    }
    if carry(digits, &mut len) {
        point = point.wrapping_add(1);
    }
    (len, point)
}

/// Carries if the last of the first `len` digits was a nine and has been rounded up: zeros at the end
/// are removed. Returns whether all digits were nines, which become a single one.
fn carry(digits: &mut [u8; 17], len: &mut usize) -> bool {
    while let Some((last, before)) = digits.get_mut(..*len).and_then(<[u8]>::split_last_mut) {
        if *last <= b'9' {
            break;
        }
        let Some(previous) = before.last_mut() else {
            *last = b'1';
            return true;
        };
        *previous = previous.wrapping_add(1);
        *len = before.len();
    }
    false
}

/// Returns whether `numerator + above` is greater than `denominator`, or equal if `inclusive`.
fn reaches(
    numerator: &BigInteger,
    above: &BigInteger,
    denominator: &BigInteger,
    inclusive: bool,
) -> bool {
    let mut sum = numerator.clone();
    sum.add(above);
    match sum.cmp(denominator) {
        Ordering::Less => false,
        Ordering::Equal => inclusive,
        Ordering::Greater => true,
    }
}

/// Converts a count of bits or digits, which is small.
fn signed(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A natural number of up to 3072 bits: enough for 770 digits or 5^1100, and 64 bits more.
#[derive(Clone)]
struct BigInteger {
    /// The least significant limb is the first. The limbs from `len` on are zero.
    limbs: [u64; BigInteger::LIMBS],
    /// The number of limbs that may not be zero.
    len: usize,
}

impl BigInteger {
    const LIMBS: usize = 48;

    fn from(value: u64) -> BigInteger {
        let mut limbs = [0; BigInteger::LIMBS];
        let [first, ..] = &mut limbs;
        *first = value;
        BigInteger { limbs, len: 1 }
    }

    /// Returns the limbs that may not be zero, and one more for a carry.
    fn used(&mut self) -> &mut [u64] {
        let len = self.len.wrapping_add(1).min(BigInteger::LIMBS);
        self.limbs.get_mut(..len).unwrap_or_default()
    }

    /// Updates `len` after a change of [`used`](Self::used).
    fn trim(&mut self) {
        if self.limbs.get(self.len).is_some_and(|&limb| limb != 0) {
            self.len = self.len.wrapping_add(1);
        }
    }

    fn is_zero(&self) -> bool {
        self.limbs.iter().take(self.len).all(|&limb| limb == 0)
    }

    /// Returns the number of bits without leading zeros.
    fn bits(&self) -> i32 {
        let mut bits = 0;
        for (index, limb) in (0_u32..).zip(self.limbs.iter().take(self.len)) {
            if *limb != 0 {
                bits = index
                    .wrapping_mul(64)
                    .wrapping_add(64)
                    .wrapping_sub(limb.leading_zeros());
            }
        }
        signed(bits)
    }

    /// Multiplies by `factor` and adds `summand`.
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    fn multiply_add(&mut self, factor: u64, summand: u64) {
        let mut carry = u128::from(summand);
        for limb in self.used() {
            carry = u128::from(*limb)
                .wrapping_mul(u128::from(factor))
                .wrapping_add(carry);
            *limb = carry as u64;
            carry >>= 64;
        }
        self.trim();
    }

    fn multiply_by_power_of_5(&mut self, mut power: u32) {
        /// The greatest power of 5 that fits in 64 bits.
        const STEP: u32 = 27;
        while power > 0 {
            let step = power.min(STEP);
            self.multiply_add(5_u64.wrapping_pow(step), 0);
            power = power.wrapping_sub(step);
        }
    }

    fn multiply_by_power_of_10(&mut self, power: u32) {
        self.multiply_by_power_of_5(power);
        self.shift_left(power);
    }

    fn shift_left(&mut self, bits: u32) {
        let n_limbs = (bits / 64) as usize;
        if n_limbs > 0 {
            let end = self.len.wrapping_add(n_limbs).min(BigInteger::LIMBS);
            let source_len = end.saturating_sub(n_limbs);
            self.limbs.copy_within(..source_len, n_limbs);
            self.limbs
                .iter_mut()
                .take(n_limbs)
                .for_each(|limb| *limb = 0);
            self.len = end;
        }
        let bits = bits % 64;
        if bits > 0 {
            let mut carry = 0;
            for limb in self.used() {
                let shifted = *limb << bits | carry;
                carry = *limb >> 64_u32.wrapping_sub(bits);
                *limb = shifted;
            }
            self.trim();
        }
    }

    fn add(&mut self, other: &BigInteger) {
        self.len = self.len.max(other.len);
        let mut carry = false;
        for (limb, other) in self.used().iter_mut().zip(&other.limbs) {
            let (sum, first) = limb.overflowing_add(*other);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            *limb = sum;
            carry = first | second;
        }
        self.trim();
    }

    /// Subtracts `other`, unless it is greater. Returns whether it was subtracted.
    fn subtract_if_not_less(&mut self, other: &BigInteger) -> bool {
        if self.cmp(other) == Ordering::Less {
            return false;
        }
        let mut borrow = false;
        for (limb, other) in self.limbs.iter_mut().take(self.len).zip(&other.limbs) {
            let (difference, first) = limb.overflowing_sub(*other);
            let (difference, second) = difference.overflowing_sub(u64::from(borrow));
            *limb = difference;
            borrow = first | second;
        }
        true
    }

    fn cmp(&self, other: &BigInteger) -> Ordering {
        let len = self.len.max(other.len);
        let limbs = self.limbs.iter().take(len).rev();
        limbs.cmp(other.limbs.iter().take(len).rev())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    /// `text` reads as std reads it, and what it is written as is what std writes.
    #[track_caller]
    fn check(text: &str) {
        let want: f64 = text.parse().unwrap();
        let got = parse_f64(text).unwrap_or(f64::INFINITY.copysign(want));
        assert_eq!(got.to_bits(), want.to_bits(), "{text}");
        if want.is_finite() {
            let want_text = format!("{want:?}");
            let mut written = String::new();
            write_f64(want, &mut written);
            assert_eq!(written, want_text, "{text}");
            if !want.is_sign_negative() {
                // The long way, too.
                written.clear();
                write(want.to_bits(), &F64, &mut written);
                assert_eq!(written, want_text, "{text}");
            }
        }
        let want: f32 = text.parse().unwrap();
        let got = parse_f32(text).unwrap_or(f32::INFINITY.copysign(want));
        assert_eq!(got.to_bits(), want.to_bits(), "{text} as f32");
        if want.is_finite() {
            let want_text = format!("{want:?}");
            let mut written = String::new();
            write_f32(want, &mut written);
            assert_eq!(written, want_text, "{text} as f32");
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
