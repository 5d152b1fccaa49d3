//! Decimal and hexadecimal numbers, printed and parsed without std's formatting machinery, which
//! adds several KB to an executable.

use crate::encoding::lengths::{skip, subtract};
use alloc::string::String;

/// A buffer for the decimal digits of any `u64`.
pub(crate) type Digits = [u8; 20];

/// Returns the decimal digits of `value`, which are written to the end of `digits`.
#[inline(never)]
pub(crate) fn decimal(value: u64, digits: &mut Digits) -> &[u8] {
    let mut start = digits.len();
    let mut rest = value;
    for digit in digits.iter_mut().rev() {
        let remainder = (rest % 10) as u8;
        *digit = b'0'.wrapping_add(remainder);
        rest /= 10;
        start = start.wrapping_sub(1);
        if rest == 0 {
            break;
        }
    }
    skip(digits, start)
}

/// Returns the decimal digits of `value`, which must be below 10^8, and their number.
pub(crate) fn short_digits(value: u64) -> ([u8; 8], usize) {
    let digits = eight_digits(value);
    let n_zeros = n_leading_zeros(digits);
    (
        ((digits | ASCII) >> (n_zeros << 3)).to_le_bytes(),
        subtract(8, n_zeros),
    )
}

/// Returns the number of zeros that eight digits begin with. The number 0 has a digit, too.
pub(crate) fn n_leading_zeros(digits: u64) -> usize {
    ((digits | 1 << 56).trailing_zeros() / 8) as usize
}

/// Greater by one than eight digits.
pub(crate) const GROUP: u64 = 100_000_000;

/// The digit `0` in each byte.
pub(crate) const ASCII: u64 = 0x3030_3030_3030_3030;

/// Returns the eight decimal digits of `value`, which must be below 10^8. The first is in the low byte.
/// Divides two numbers at once, then four and eight, by multiplying them by an inverse.
pub(crate) fn eight_digits(value: u64) -> u64 {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = (fours.wrapping_mul(10_486) >> 20) & 0x0000_007f_0000_007f;
    // The remainders, `fours - 100 * hundreds`, are moved up by two bytes.
    let twos = (fours << 16).wrapping_sub(hundreds.wrapping_mul((100 << 16) - 1));
    let tens = (twos.wrapping_mul(103) >> 10) & 0x000f_000f_000f_000f;
    (twos << 8).wrapping_sub(tens.wrapping_mul((10 << 8) - 1))
}

/// Appends the decimal digits of `value`.
pub(crate) fn push_decimal(text: &mut String, value: u64) {
    if value >= 10 {
        push_decimal(text, value / 10);
    }
    text.push(char::from(b'0'.wrapping_add((value % 10) as u8)));
}

/// Returns the lower-case hexadecimal digit of the low four bits of `value`.
pub(crate) const fn hex_digit(value: u8) -> u8 {
    let nibble = value & 0x0f;
    let zero = if nibble < 10 { b'0' } else { b'a' - 10 };
    zero.wrapping_add(nibble)
}

/// Appends a byte as two upper-case hexadecimal digits.
pub(crate) fn push_hex(out: &mut String, byte: u8) {
    for digit in [byte >> 4, byte] {
        out.push(char::from(hex_digit(digit).to_ascii_uppercase()));
    }
}

/// Parses a number that consists of decimal digits only.
pub(crate) fn parse_decimal(text: &[u8]) -> Option<u64> {
    parse_number(text, 10)
}

/// Returns the value of a digit, up to 15 for hexadecimal ones of either case. The value of other
/// bytes is 16 or more.
#[inline]
pub(crate) fn digit_value(byte: u8) -> u8 {
    match byte.wrapping_sub(b'0') {
        digit @ 0..=9 => digit,
        // Setting bit 5 makes a letter lower-case.
        _ => (byte | 0x20).wrapping_sub(b'a').saturating_add(10),
    }
}

/// Parses a number that consists of digits of `radix`, which is 16 at most, in either case.
pub(crate) fn parse_number(text: &[u8], radix: u8) -> Option<u64> {
    let mut number = 0_u64;
    for b in text {
        let digit = digit_value(*b);
        if digit >= radix {
            return None;
        }
        number = number
            .checked_mul(radix.into())?
            .checked_add(digit.into())?;
    }
    (!text.is_empty()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn decimals_are_printed_and_parsed() {
        let mut values = alloc::vec![0, 1, 9, u64::MAX];
        // Miri is a thousand times slower.
        for power in (1..20).step_by(if cfg!(miri) { 6 } else { 1 }) {
            let value = 10_u64.pow(power);
            values.extend([value - 1, value, value + 1]);
        }
        for value in values {
            let mut text = String::from("n=");
            push_decimal(&mut text, value);
            assert_eq!(text, "n=".to_string() + &value.to_string());
            assert_eq!(parse_decimal(&text.as_bytes()[2..]), Some(value));
        }
    }

    #[test]
    fn eight_digits_are_those_of_the_number() {
        for value in (0..100_000_000).step_by(997).chain(0..10_000) {
            let want = alloc::format!("{value:08}");
            assert_eq!(
                (eight_digits(value) | ASCII).to_le_bytes(),
                *want.as_bytes()
            );
        }
    }

    #[test]
    fn numbers_consist_of_digits_only() {
        #[track_caller]
        fn check(text: &str, want_decimal: Option<u64>, want_hexadecimal: Option<u64>) {
            assert_eq!(parse_decimal(text.as_bytes()), want_decimal);
            assert_eq!(parse_number(text.as_bytes(), 16), want_hexadecimal);
        }
        check("10", Some(10), Some(16));
        check("0010", Some(10), Some(16));
        check("fF", None, Some(255));
        check("g", None, None);
        check("G", None, None);
        check("", None, None);
        check("+1", None, None);
        check(" 1", None, None);
        check("0x1", None, None);
        check("@", None, None);
        check("`", None, None);
        check("18446744073709551615", Some(u64::MAX), None);
        check("18446744073709551616", None, None);
        check("ffffffffffffffff", None, Some(u64::MAX));
    }

    #[test]
    fn hexadecimal_digits_are_lower_case() {
        // Miri is a thousand times slower.
        for value in (0..=255_u8).step_by(if cfg!(miri) { 15 } else { 1 }) {
            let text = [hex_digit(value >> 4), hex_digit(value)];
            assert_eq!(
                String::from_utf8_lossy(&text),
                alloc::format!("{value:02x}")
            );
        }
    }
}
