//! Times in the formats of Lambda and HTTP. Pure functions.

use std::time::SystemTime;

/// Returns milliseconds since the Unix epoch, 0 for earlier times.
pub(crate) fn epoch_ms(time: SystemTime) -> u64 {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A point in time as a date and a time of day, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CivilTime {
    pub(crate) year: u64,
    /// 1 to 12.
    pub(crate) month: u64,
    pub(crate) day: u64,
    second_of_day: u64,
    millisecond: u64,
    /// Day of the week; 0 is Sunday.
    weekday: u64,
}

/// Returns the date and time of day of `time`, which is 1970 or later.
pub(crate) fn civil(time: SystemTime) -> CivilTime {
    let ms = epoch_ms(time);
    let seconds = ms / 1000;
    let days = seconds / 86_400;
    let (year, month, day) = date_of_day(days);
    CivilTime {
        year,
        month,
        day,
        second_of_day: seconds % 86_400,
        millisecond: ms % 1000,
        // 1970-01-01 was a Thursday.
        weekday: days.saturating_add(4) % 7,
    }
}

/// Returns year, month and day of a day, counted from 1970-01-01.
///
/// Years are taken to begin on 1 March, so that the leap day is the last day of a year and a 400-year
/// cycle always has 146,097 days (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`).
#[expect(
    clippy::arithmetic_side_effects,
    reason = "days of a u64 of milliseconds stay far below 2^64"
)]
fn date_of_day(days_since_epoch: u64) -> (u64, u64, u64) {
    let days = days_since_epoch + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    (year, month, day)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Returns `names[index]`.
fn name_of(names: &[&'static str], index: u64) -> &'static str {
    let name = usize::try_from(index).ok().and_then(|i| names.get(i));
    debug_assert!(name.is_some(), "no name has the index {index}");
    name.copied().unwrap_or_default()
}

impl CivilTime {
    fn month_name(&self) -> &'static str {
        name_of(&MONTHS, self.month.saturating_sub(1))
    }

    /// Returns the time of day: `17:00:00`.
    fn clock(&self) -> String {
        let (minutes, second) = (self.second_of_day / 60, self.second_of_day % 60);
        format!("{:02}:{:02}:{second:02}", minutes / 60, minutes % 60)
    }

    /// Returns `2026-11-22T17:00:00.000Z` (RFC 3339).
    pub(crate) fn rfc3339(&self) -> String {
        let CivilTime {
            year, month, day, ..
        } = self;
        let (clock, millisecond) = (self.clock(), self.millisecond);
        format!("{year:04}-{month:02}-{day:02}T{clock}.{millisecond:03}Z")
    }

    /// Returns `Sun, 22 Nov 2026 17:00:00 GMT` (RFC 9110, section 5.6.7).
    pub(crate) fn http_date(&self) -> String {
        let (weekday, month) = (name_of(&WEEKDAYS, self.weekday), self.month_name());
        let CivilTime { year, day, .. } = self;
        format!("{weekday}, {day:02} {month} {year:04} {} GMT", self.clock())
    }

    /// Returns `22/Nov/2026:17:00:00 +0000`, the time of an HTTP API 2.0 event.
    pub(crate) fn common_log(&self) -> String {
        let (year, month, day) = (self.year, self.month_name(), self.day);
        format!("{day:02}/{month}/{year:04}:{} +0000", self.clock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(ms: u64) -> CivilTime {
        civil(SystemTime::UNIX_EPOCH + Duration::from_millis(ms))
    }

    #[test]
    fn times() {
        for (ms, want) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_077_926_399_999, "2004-02-27T23:59:59.999Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_735_689_599_001, "2024-12-31T23:59:59.001Z"),
            (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(at(ms).rfc3339(), want);
        }
        assert_eq!(
            at(784_111_777_000).http_date(),
            "Sun, 06 Nov 1994 08:49:37 GMT"
        );
        assert_eq!(
            at(1_583_348_638_390).common_log(),
            "04/Mar/2020:19:03:58 +0000"
        );
    }
}
