//! Times as events carry them: the text as it came, and the moment that it stands for.

use alloc::string::String;
use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::json::{self, FromJson, Kind, Reader, ToJson, Writer};
use crate::{Error, Result};

/// A time in RFC 3339's form, which is the common one of ISO 8601: `2026-11-15T09:30:00.000Z`.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use tiny_lambda::events::Timestamp;
///
/// let time = Timestamp::from(String::from("1970-01-02T01:00:00.5+01:00"));
/// assert_eq!(time.to_system_time()?, UNIX_EPOCH + Duration::from_millis(86_400_500));
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timestamp(String);

impl Timestamp {
    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment, to the nanosecond; digits behind that are cut off.
    ///
    /// # Errors
    /// If the text has another form, or no such day or time exists. A 60th second, which the clock
    /// of a computer does not have, is the one behind it.
    pub fn to_system_time(&self) -> Result<SystemTime> {
        rfc_3339(self.0.as_bytes()).ok_or_else(|| malformed("an RFC 3339 time", &self.0))
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Timestamp {
        Timestamp(text)
    }
}

impl FromJson for Timestamp {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        String::from_json(r).map(Timestamp)
    }
}

impl ToJson for Timestamp {
    fn to_json(&self, w: &mut Writer) {
        w.string(&self.0);
    }
}

macro_rules! epoch {
    ($($(#[$attribute:meta])* $name:ident $nanos:literal $what:literal);* $(;)?) => {$(
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name(String);

        impl $name {
            /// The number as it came, in quotes if it was a string.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The moment, to the nanosecond; digits behind that are cut off.
            ///
            /// # Errors
            /// If it is no number, or beyond the clock.
            pub fn to_system_time(&self) -> Result<SystemTime> {
                let (negative, span) = decimal(self.0.trim_matches('"'), $nanos)
                    .ok_or_else(|| malformed($what, &self.0))?;
                let time = if negative {
                    UNIX_EPOCH.checked_sub(span)
                } else {
                    UNIX_EPOCH.checked_add(span)
                };
                time.ok_or_else(|| malformed($what, &self.0))
            }
        }

        /// A number, or a string that holds one.
        impl FromJson for $name {
            fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
                let kind = r.peek()?;
                let text = r.raw()?;
                match kind {
                    Kind::Number | Kind::String => Ok($name(text.into())),
                    _ => Err(r.error_expected($what)),
                }
            }
        }

        /// As it came.
        impl ToJson for $name {
            fn to_json(&self, w: &mut Writer) {
                w.raw(if self.0.is_empty() { "0" } else { &self.0 });
            }
        }
    )*};
}

epoch! {
    /// A time in seconds since the Unix epoch, maybe with a fraction; AWS writes it as a number or
    /// as a string.
    EpochSeconds 9 "seconds since 1970";
    /// A time in milliseconds since the Unix epoch; AWS writes it as a number or as a string.
    EpochMillis 6 "milliseconds since 1970";
    /// A time in microseconds since the Unix epoch; AWS writes it as a number or as a string.
    EpochMicros 3 "microseconds since 1970";
}

#[cold]
fn malformed(what: &str, text: &str) -> Error {
    Error::unmarshal("a time", &format_args!("expected {what}"), text.as_bytes())
}

/// A decimal number times a power of ten in nanoseconds, and whether it is negative. Without
/// floats, which would round what fits, and bring 16 KB.
fn decimal(text: &str, power: i32) -> Option<(bool, Duration)> {
    let negative = text.starts_with('-');
    let text = text.strip_prefix('-').unwrap_or(text);
    let exponent_at = text.bytes().position(|b| matches!(b, b'e' | b'E'));
    let (mantissa, exponent) = match exponent_at {
        Some(at) => (
            text.get(..at)?,
            text.get(at.checked_add(1)?..)?.parse().ok()?,
        ),
        None => (text, 0_i32),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() {
        return None;
    }
    // Digits up to this place are whole nanoseconds.
    let whole_len = i32::try_from(whole.len()).ok()?;
    let places = whole_len.checked_add(exponent)?.checked_add(power)?;
    let mut digits = whole.bytes().chain(fraction.bytes());
    let mut nanos = 0_u128;
    for _ in 0..places.clamp(0, 40) {
        let digit = match digits.next() {
            Some(byte) => char::from(byte).to_digit(10)?,
            None => 0,
        };
        nanos = nanos.checked_mul(10)?.checked_add(u128::from(digit))?;
    }
    if !digits.all(|byte| byte.is_ascii_digit()) || places > 40 && nanos != 0 {
        return None;
    }
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let nanos = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some((negative, Duration::new(seconds, nanos)))
}

/// Reads a time (RFC 3339, section 5.6).
fn rfc_3339(text: &[u8]) -> Option<SystemTime> {
    let (date_time, rest) = text.split_at_checked(19)?;
    let separators = [(4, b"-"), (7, b"-"), (10, b"T"), (13, b":"), (16, b":")];
    for (at, separator) in separators {
        let byte = date_time.get(at)?.to_ascii_uppercase();
        if !(separator.contains(&byte) || at == 10 && byte == b' ') {
            return None;
        }
    }
    let number = |from: usize, to: usize| digits(date_time.get(from..to)?);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let days_of_month = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days_of_month).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut nanos = 0;
    let mut rest = rest;
    if let [b'.', fraction @ ..] = rest {
        let len = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
        let (fraction, behind) = fraction.split_at_checked(len)?;
        if len == 0 {
            return None;
        }
        let mut unit = 100_000_000_u32;
        for byte in fraction {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            nanos = digit.checked_mul(unit)?.checked_add(nanos)?;
            unit /= 10;
        }
        rest = behind;
    }
    let offset_minutes = match rest {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h @ .., b':', m1, m2] if h.len() == 2 => {
            let (hours, minutes) = (digits(h)?, digits(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours.checked_mul(60)?.checked_add(minutes)?;
            if *sign == b'-' {
                offset.checked_neg()?
            } else {
                offset
            }
        }
        _ => return None,
    };
    let minutes = days_since_1970(year, month, day)?
        .checked_mul(24)?
        .checked_add(hour)?
        .checked_mul(60)?
        .checked_add(minute)?
        .checked_sub(offset_minutes)?;
    let seconds = minutes.checked_mul(60)?.checked_add(second)?;
    let span = Duration::from_secs(seconds.unsigned_abs());
    let whole = if seconds < 0 {
        UNIX_EPOCH.checked_sub(span)?
    } else {
        UNIX_EPOCH.checked_add(span)?
    };
    whole.checked_add(Duration::new(0, nanos))
}

fn digits(text: &[u8]) -> Option<i64> {
    let mut value = 0_i64;
    for byte in text {
        let digit = char::from(*byte).to_digit(10)?;
        value = value.checked_mul(10)?.checked_add(i64::from(digit))?;
    }
    Some(value)
}

/// Days from 1970-01-01 on in the Gregorian calendar. The year begins in March here, so that the
/// leap day is its last one.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let (year, month) = if month > 2 {
        (year, month.checked_sub(3)?)
    } else {
        (year.checked_sub(1)?, month.checked_add(9)?)
    };
    let leap_days = year
        .div_euclid(4)
        .checked_sub(year.div_euclid(100))?
        .checked_add(year.div_euclid(400))?;
    let days_of_months = month.checked_mul(153)?.checked_add(2)? / 5;
    year.checked_mul(365)?
        .checked_add(leap_days)?
        .checked_add(days_of_months)?
        .checked_add(day)?
        // 0000-03-01 is 719,468 days before 1970, and days count from 1.
        .checked_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    /// Nanoseconds since the epoch.
    fn nanos(time: SystemTime) -> i128 {
        match time.duration_since(UNIX_EPOCH) {
            Ok(span) => i128::try_from(span.as_nanos()).unwrap(),
            Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap(),
        }
    }

    #[test]
    fn times_of_rfc_3339_are_moments() {
        #[track_caller]
        fn check(text: &str, want: Option<i128>) {
            let got = Timestamp(text.to_string()).to_system_time().ok().map(nanos);
            assert_eq!(got, want.map(|millis| millis * 1_000_000), "{text}");
        }
        check("1970-01-01T00:00:00Z", Some(0));
        check("1970-01-01t00:00:00.001z", Some(1));
        check("1969-12-31T23:59:59.999Z", Some(-1));
        check("2000-02-29T12:00:00Z", Some(951_825_600_000));
        check("2019-01-02T12:45:07.000Z", Some(1_546_433_107_000));
        check("2026-11-15T09:30:00+01:30", Some(1_794_729_600_000));
        check("2026-11-14T22:30:00-09:30", Some(1_794_729_600_000));
        check("1900-03-01T00:00:00Z", Some(-2_203_891_200_000));
        check("0000-03-01T00:00:00Z", Some(-62_162_035_200_000));
        check("9999-12-31T23:59:59Z", Some(253_402_300_799_000));
        check("2016-12-31T23:59:60Z", Some(1_483_228_800_000));
        check("2026-02-29T00:00:00Z", None);
        check("1900-02-29T00:00:00Z", None);
        check("2026-13-01T00:00:00Z", None);
        check("2026-04-31T00:00:00Z", None);
        check("2026-00-01T00:00:00Z", None);
        check("2026-01-00T00:00:00Z", None);
        check("2026-01-01T24:00:00Z", None);
        check("2026-01-01T00:60:00Z", None);
        check("2026-01-01T00:00:61Z", None);
        check("2026-01-01T00:00:00", None);
        check("2026-01-01T00:00:00.Z", None);
        check("2026-01-01T00:00:00+1:00", None);
        check("2026-01-01T00:00:00+24:00", None);
        check("2026-01-01", None);
        check("2026-1-01T00:00:00ZZ", None);
        check("", None);
        check("20\u{e9}6-01-01T00:00:00Z", None);
    }

    #[test]
    fn digits_behind_nanoseconds_are_cut_off() {
        let time = Timestamp("1970-01-01T00:00:00.1234567899Z".to_string());
        assert_eq!(nanos(time.to_system_time().unwrap()), 123_456_789);
    }

    #[test]
    fn seconds_and_milliseconds_are_moments_however_they_are_written() {
        #[track_caller]
        fn check(json: &str, want: Option<i128>) {
            let got = json::parse::<EpochSeconds>(json.as_bytes()).unwrap();
            assert_eq!(json::to_vec(&got), json.as_bytes());
            assert_eq!(got.to_system_time().ok().map(nanos), want, "{json}");
            let got = json::parse::<EpochMillis>(json.as_bytes()).unwrap();
            let want = want.map(|nanos| nanos / 1000);
            assert_eq!(got.to_system_time().ok().map(nanos), want, "{json}");
        }
        check("0", Some(0));
        check("1", Some(1_000_000_000));
        check("\"1523232000\"", Some(1_523_232_000_000_000_000));
        check("1545084650.987", Some(1_545_084_650_987_000_000));
        check("1.48064202E9", Some(1_480_642_020_000_000_000));
        check("15e-1", Some(1_500_000_000));
        check("-1.5", Some(-1_500_000_000));
        check("0e99", Some(0));
        check("1e99", None);
        check("1e-99", Some(0));
        check("\"soon\"", None);
        check("\"1.x\"", None);
        check("\"\"", None);
        check("\"1e\"", None);
    }

    #[test]
    fn what_is_no_number_and_no_string_is_refused() {
        for text in ["true", "[]", "{}"] {
            let error = json::parse::<EpochMillis>(text.as_bytes()).unwrap_err();
            assert!(
                error
                    .message()
                    .starts_with("expected milliseconds since 1970, found"),
                "{error}"
            );
        }
    }
}
