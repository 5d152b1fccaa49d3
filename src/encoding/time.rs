//! The calendar: dates, times of day, and RFC 3339 text. Pure functions on numbers, without a clock.
//!
//! Times are seconds since the Unix epoch, 1970-01-01T00:00:00Z, without leap seconds; before it they are
//! negative. Dates are of the Gregorian calendar, which is also used for the years before it existed.

/// Seconds of a day.
pub(crate) const DAY_SECS: i64 = 86_400;

/// The first second of the year 0, and the first second after the year 9999. RFC 3339 has no other years.
pub(crate) const YEAR_0_SECS: i64 = -62_167_219_200;
pub(crate) const YEAR_10000_SECS: i64 = 253_402_300_800;

/// Years are counted from 1 March of the year -400 here, so that no number is negative and the leap day is
/// the last day of a year.
const DAYS_TO_EPOCH: i64 = 719_468 + 146_097;

/// Days in 400 years, after which the calendar repeats.
const DAYS_PER_ERA: u32 = 146_097;

/// A date of a year from 0 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: i64,
    /// 1 to 31.
    pub(crate) day: i64,
}

/// Returns the date of a day, counted from 1970-01-01. The day must be of a year from 0 to 9999.
///
/// A century has a quarter of `DAYS_PER_ERA`, and a year a quarter of 1,461 days, rounded (Cassio Neri and
/// Lorenz Schneider, "Euclidean affine functions and their application to calendar algorithms").
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a day of these years has seven digits"
)]
pub(crate) fn date_of_day(days_since_epoch: i64) -> Date {
    let days = u32::try_from(days_since_epoch + DAYS_TO_EPOCH).unwrap_or(0);
    let quarter_days = 4 * days + 3;
    let (century, day_of_century) = (quarter_days / DAYS_PER_ERA, quarter_days % DAYS_PER_ERA / 4);
    let quarter_days = 4 * day_of_century + 3;
    let (year_of_century, day_of_year) = (quarter_days / 1_461, quarter_days % 1_461 / 4);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let is_next_year = month_from_march >= 10;
    let month = if is_next_year {
        month_from_march - 9
    } else {
        month_from_march + 3
    };
    Date {
        year: i64::from(century * 100 + year_of_century + u32::from(is_next_year)) - 400,
        month: month.into(),
        day: (day_of_year - (153 * month_from_march + 2) / 5 + 1).into(),
    }
}

/// Returns the day of a date, counted from 1970-01-01 (`days_from_civil` of the same page).
#[expect(clippy::arithmetic_side_effects, reason = "a year has four digits")]
pub(crate) fn day_of_date(date: Date) -> i64 {
    let year = date.year + 400 - i64::from(date.month <= 2);
    let month_from_march = (date.month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - DAYS_TO_EPOCH
}

/// Returns how many days a month has.
pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Writes a time in UTC in the format of RFC 3339 (section 5.6) over the zeros of `text`. That is
/// `0000-00-00T00:00:00Z`, or with a `fraction` a text with that many decimals, such as
/// `0000-00-00T00:00:00.000Z` for milliseconds. A time before the year 0 or after the year 9999 becomes the
/// first or last second with a year of four digits.
pub(crate) fn write_rfc_3339(text: &mut [u8], secs: i64, fraction: Option<u32>) {
    let secs = secs.clamp(YEAR_0_SECS, YEAR_10000_SECS.saturating_sub(1));
    let date = date_of_day(secs.div_euclid(DAY_SECS));
    let second = secs.rem_euclid(DAY_SECS);
    let numbers = [
        fraction.unwrap_or(0).into(),
        second % 60,
        second / 60 % 60,
        second / 3600,
        date.day,
        date.month,
        date.year,
    ];
    let first = usize::from(fraction.is_none());
    let mut numbers = numbers.get(first..).unwrap_or_default().iter();
    let mut number = 0;
    // Numbers are written from the end of the text: a number follows each separator.
    for byte in text.iter_mut().rev() {
        if *byte == b'0' {
            *byte = b'0' | u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        } else {
            number = numbers.next().copied().unwrap_or(0);
        }
    }
}

/// Reads a time in the format of RFC 3339 (section 5.6). Returns seconds since the Unix epoch and nanoseconds.
/// A leap second (`:60`) counts as the second after it. Digits after the ninth decimal are cut off. `None` if
/// the text has another form or there is no such time.
pub(crate) fn parse_rfc_3339(text: &str) -> Option<(i64, u32)> {
    let mut rest = Scanner(text.as_bytes());
    let year = rest.number(4)?;
    rest.one_of(b"-")?;
    let month = rest.number(2)?;
    rest.one_of(b"-")?;
    let day = rest.number(2)?;
    rest.one_of(b"Tt ")?;
    let hour = rest.number(2)?;
    rest.one_of(b":")?;
    let minute = rest.number(2)?;
    rest.one_of(b":")?;
    let second = rest.number(2)?;
    let nanos = match rest.one_of(b".") {
        Some(_) => rest.nanos()?,
        None => 0,
    };
    let offset_secs = match rest.one_of(b"Zz+-")? {
        sign @ (b'+' | b'-') => {
            let hours = rest.number(2)?;
            rest.one_of(b":")?;
            let minutes = rest.number(2)?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            let secs = secs_of_time(hours, minutes, 0);
            if sign == b'-' {
                secs.checked_neg()?
            } else {
                secs
            }
        }
        _ => 0,
    };
    let is_valid = rest.0.is_empty()
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 60;
    if !is_valid {
        return None;
    }
    let secs = day_of_date(Date { year, month, day })
        .checked_mul(DAY_SECS)?
        .checked_add(secs_of_time(hour, minute, second))?
        .checked_sub(offset_secs)?;
    Some((secs, nanos))
}

/// Returns the seconds since midnight; each number has two digits.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "the numbers have two digits"
)]
fn secs_of_time(hour: i64, minute: i64, second: i64) -> i64 {
    hour * 3600 + minute * 60 + second
}

/// The unread rest of a text of digits and separators.
pub(crate) struct Scanner<'t>(pub(crate) &'t [u8]);

impl Scanner<'_> {
    /// Reads exactly `n_digits` digits, at most 18.
    pub(crate) fn number(&mut self, n_digits: usize) -> Option<i64> {
        let mut value = 0_i64;
        for _ in 0..n_digits {
            value = value.checked_mul(10)?.checked_add(self.digit()?.into())?;
        }
        Some(value)
    }

    pub(crate) fn digit(&mut self) -> Option<u8> {
        match self.0 {
            [digit @ b'0'..=b'9', rest @ ..] => {
                self.0 = rest;
                Some(digit.wrapping_sub(b'0'))
            }
            _ => None,
        }
    }

    /// Reads the decimals of a second, at least one, as nanoseconds. Digits after the ninth are cut off.
    pub(crate) fn nanos(&mut self) -> Option<u32> {
        let mut value = 0_u32;
        let mut unit = 1_000_000_000_u32;
        let mut next = Some(self.digit()?);
        while let Some(digit) = next {
            unit /= 10;
            value = value.checked_add(u32::from(digit).checked_mul(unit)?)?;
            next = self.digit();
        }
        Some(value)
    }

    /// Reads one byte if it is one of `bytes`.
    pub(crate) fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        match self.0 {
            [byte, rest @ ..] if bytes.contains(byte) => {
                self.0 = rest;
                Some(*byte)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_of_date_is_the_inverse_of_date_of_day() {
        let first = YEAR_0_SECS / DAY_SECS;
        let mut last = YEAR_10000_SECS / DAY_SECS - 1;
        if cfg!(miri) {
            // Miri is a thousand times slower: February of a leap year is enough.
            last = first + 61;
        }
        let mut want = Date {
            year: 0,
            month: 1,
            day: 1,
        };
        for day in first..=last {
            assert_eq!(date_of_day(day), want, "{day}");
            assert_eq!(day_of_date(want), day);
            want.day += 1;
            if want.day > days_in_month(want.year, want.month) {
                (want.month, want.day) = (want.month + 1, 1);
            }
            if want.month > 12 {
                (want.year, want.month) = (want.year + 1, 1);
            }
        }
        assert!(want.year == 10_000 || cfg!(miri));
    }

    #[test]
    fn times_are_written_in_the_format_of_rfc_3339() {
        #[track_caller]
        fn check(secs: i64, fraction: Option<u32>, want: &str) {
            let zeros = |byte: u8| if byte.is_ascii_digit() { b'0' } else { byte };
            let mut text: alloc::vec::Vec<u8> = want.bytes().map(zeros).collect();
            write_rfc_3339(&mut text, secs, fraction);
            assert_eq!(core::str::from_utf8(&text), Ok(want));
        }
        check(0, None, "1970-01-01T00:00:00Z");
        check(1_700_000_000, Some(123), "2023-11-14T22:13:20.123Z");
        check(1_700_000_000, Some(7), "2023-11-14T22:13:20.000000007Z");
        check(-1, Some(999), "1969-12-31T23:59:59.999Z");
        check(951_825_600, None, "2000-02-29T12:00:00Z");
        check(YEAR_0_SECS, None, "0000-01-01T00:00:00Z");
        check(YEAR_10000_SECS - 1, None, "9999-12-31T23:59:59Z");
        check(i64::MAX, None, "9999-12-31T23:59:59Z");
        check(i64::MIN, None, "0000-01-01T00:00:00Z");
    }
}
