//! Times in the formats of Lambda and HTTP. Pure functions.

use std::time::{Duration, SystemTime};

use crate::encoding::time::{DAY_SECS, Date, YEAR_10000_SECS, date_of_day};

/// Returns the time since the Unix epoch, zero for earlier times.
pub(crate) fn since_epoch(time: SystemTime) -> Duration {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default()
}

/// Returns milliseconds since the Unix epoch, 0 for earlier times.
pub(crate) fn epoch_ms(time: SystemTime) -> u64 {
    u64::try_from(since_epoch(time).as_millis()).unwrap_or(u64::MAX)
}

/// A point in time from 1970 to 9999, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CivilTime {
    pub(crate) date: Date,
    /// Milliseconds since the Unix epoch.
    ms: i64,
}

/// Returns the date and time of day of `time`, from 1970 to 9999.
pub(crate) fn civil(time: SystemTime) -> CivilTime {
    let ms = i64::try_from(epoch_ms(time)).unwrap_or(i64::MAX);
    let ms = ms.min(YEAR_10000_SECS.saturating_mul(1000).saturating_sub(1));
    let date = date_of_day(ms / 1000 / DAY_SECS);
    CivilTime { date, ms }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Returns `names[index]`.
fn name_of(names: &[&'static str], index: i64) -> &'static str {
    let name = usize::try_from(index).ok().and_then(|i| names.get(i));
    debug_assert!(name.is_some(), "no name has the index {index}");
    name.copied().unwrap_or_default()
}

impl CivilTime {
    fn month_name(&self) -> &'static str {
        name_of(&MONTHS, self.date.month.saturating_sub(1))
    }

    /// Returns the time of day: `17:00:00`.
    fn clock(&self) -> String {
        let second = self.ms / 1000;
        let (hours, minutes) = (second / 3600 % 24, second / 60 % 60);
        format!("{hours:02}:{minutes:02}:{:02}", second % 60)
    }

    /// Returns `2026-11-22T17:00:00.000Z` (RFC 3339).
    pub(crate) fn rfc3339(&self) -> String {
        let Date { year, month, day } = self.date;
        let (clock, millisecond) = (self.clock(), self.ms % 1000);
        format!("{year:04}-{month:02}-{day:02}T{clock}.{millisecond:03}Z")
    }

    /// Returns `Sun, 22 Nov 2026 17:00:00 GMT` (RFC 9110, section 5.6.7).
    pub(crate) fn http_date(&self) -> String {
        // 1970-01-01 was a Thursday.
        let days = self.ms / 1000 / DAY_SECS;
        let weekday = name_of(&WEEKDAYS, days.saturating_add(4) % 7);
        let month = self.month_name();
        let Date { year, day, .. } = self.date;
        format!("{weekday}, {day:02} {month} {year:04} {} GMT", self.clock())
    }

    /// Returns `22/Nov/2026:17:00:00 +0000`, the time of an HTTP API 2.0 event.
    pub(crate) fn common_log(&self) -> String {
        let (year, month, day) = (self.date.year, self.month_name(), self.date.day);
        format!("{day:02}/{month}/{year:04}:{} +0000", self.clock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
