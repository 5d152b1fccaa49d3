//! Types for times and durations in the forms that AWS writes.
//!
//! This module uses `std` for [`SystemTime`], which `core` does not have.

use super::{Error, FromJson, Reader, ToJson, Writer, float};
use crate::encoding::time::{
    Scanner, YEAR_0_SECS, YEAR_10000_SECS, parse_rfc_3339, write_rfc_3339,
};
use crate::encoding::{Digits, decimal};
use crate::sys::{self, utf8};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::{self, FromStr};
use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

macro_rules! field_types {
    ($($(#[$attribute:meta])* $name:ident($inner:ty) $quote:literal $shown:ident;)*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        /// Shows the text that is written, without quotes.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(utf8::text(&super::to_vec(self)).trim_matches('"'))
            }
        }

        /// Shows a time as in RFC 3339, and a duration as `Display` does.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&$shown(self.0), f)
            }
        }

        /// Reads what `Display` shows, and every other form that is read as JSON.
        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<$name, Error> {
                super::parse([$quote, text, $quote].concat().as_bytes())
            }
        }

        impl From<$name> for $inner {
            fn from(value: $name) -> $inner {
                value.0
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> $name {
                $name(value)
            }
        }
    )*};
}

field_types! {
    /// A time as in RFC 3339: `"2024-06-04T16:04:58.217Z"`.
    ///
    /// It is read with any offset from UTC and up to nine digits of the second (more are cut off); a
    /// leap second is read as the next second. It is written in UTC, with milliseconds or nanoseconds
    /// unless these are zero. A time outside the years 0 to 9999 is written as `null`.
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use tiny_lambda::json::{self, Rfc3339};
    ///
    /// let time: Rfc3339 = json::parse(br#""2024-06-04T18:04:58.217+02:00""#)?;
    /// assert_eq!(time.0, UNIX_EPOCH + Duration::from_millis(1717517098217));
    /// assert_eq!(json::to_vec(&time), br#""2024-06-04T16:04:58.217Z""#);
    /// # Ok::<(), json::Error>(())
    /// ```
    Rfc3339(SystemTime) "\"" Rfc3339;

    /// A time as seconds since the Unix epoch, an integer or a decimal, both of which AWS sends:
    /// `1717517098`, `1717517098.217`, `1.717517098217E9`. Exact to the nanosecond.
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use tiny_lambda::json::{self, EpochSeconds};
    ///
    /// let time: EpochSeconds = json::parse(b"1717517098.217")?;
    /// assert_eq!(time.0, UNIX_EPOCH + Duration::from_millis(1717517098217));
    /// # Ok::<(), json::Error>(())
    /// ```
    EpochSeconds(SystemTime) "" Rfc3339;

    /// A time as milliseconds since the Unix epoch, an integer or a decimal: `1717517098217`.
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use tiny_lambda::json::{self, EpochMillis};
    ///
    /// let time: EpochMillis = json::parse(b"1717517098217")?;
    /// assert_eq!(time.0, UNIX_EPOCH + Duration::from_millis(1717517098217));
    /// # Ok::<(), json::Error>(())
    /// ```
    EpochMillis(SystemTime) "" Rfc3339;

    /// A duration in seconds, an integer or a decimal. Exact to the nanosecond.
    /// ```
    /// use std::time::Duration;
    /// use tiny_lambda::json::{self, Seconds};
    ///
    /// assert_eq!(json::parse::<Seconds>(b"1.5")?.0, Duration::from_millis(1500));
    /// # Ok::<(), json::Error>(())
    /// ```
    Seconds(Duration) "" Seconds;

    /// A duration in milliseconds, an integer or a decimal.
    /// ```
    /// use std::time::Duration;
    /// use tiny_lambda::json::{self, Millis};
    ///
    /// assert_eq!(json::parse::<Millis>(b"1500")?.0, Duration::from_millis(1500));
    /// # Ok::<(), json::Error>(())
    /// ```
    Millis(Duration) "" Millis;

    /// A duration as in ISO 8601, in weeks or smaller units: `"P1DT2H30M"`, `"PT0.5S"`, `"P2W"`. Years
    /// and months, whose length varies, are an error.
    /// ```
    /// use std::time::Duration;
    /// use tiny_lambda::json::{self, IsoDuration};
    ///
    /// let duration: IsoDuration = json::parse(br#""P1DT2H30M""#)?;
    /// assert_eq!(duration.0, Duration::from_secs(95_400));
    /// assert_eq!(json::to_vec(&duration), br#""P1DT2H30M""#);
    /// # Ok::<(), json::Error>(())
    /// ```
    IsoDuration(Duration) "\"" IsoDuration;
}

/// Returns a number of seconds (`scale` 9) or milliseconds (`scale` 6) in nanoseconds. Fractions of a
/// nanosecond are cut off. `None` if the result does not fit in an `i128`.
fn nanos(number: &str, scale: i32) -> Option<i128> {
    let (digits, exponent) = match number.find(['e', 'E']) {
        Some(at) => {
            let (digits, exponent) = number.split_at_checked(at)?;
            (digits, float::exponent(exponent.as_bytes()))
        }
        None => (number, 0),
    };
    let mut value = 0_i128;
    let mut power = i64::from(scale).saturating_add(exponent);
    let mut after_point = false;
    for byte in digits.bytes() {
        match byte {
            b'.' => after_point = true,
            b'0'..=b'9' if after_point && power <= 0 => {}
            b'0'..=b'9' => {
                let digit = i128::from(byte.wrapping_sub(b'0'));
                value = value.checked_mul(10)?.checked_add(digit)?;
                power = power.saturating_sub(i64::from(after_point));
            }
            _ => {}
        }
    }
    while power > 0 && value != 0 {
        value = value.checked_mul(10)?;
        power = power.wrapping_sub(1);
    }
    while power < 0 && value != 0 {
        value /= 10;
        power = power.wrapping_add(1);
    }
    if number.starts_with('-') {
        value.checked_neg()
    } else {
        Some(value)
    }
}

/// Returns the duration of so many nanoseconds, if it fits.
fn duration_of(nanos: impl TryInto<u128>) -> Option<Duration> {
    let nanos = nanos.try_into().ok()?;
    let secs = u64::try_from(nanos / 1_000_000_000).ok()?;
    let nanos = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(secs, nanos))
}

/// Returns the nanoseconds of a duration.
fn nanos_of_duration(duration: Duration) -> i128 {
    let nanos = i128::try_from(duration.as_nanos());
    debug_assert!(nanos.is_ok(), "a duration has 94 bits");
    nanos.unwrap_or(i128::MAX)
}

/// Returns the time so many nanoseconds after the Unix epoch, if the system's clock has it.
fn time_of(nanos: i128) -> Option<SystemTime> {
    let duration = duration_of(nanos.unsigned_abs())?;
    if nanos < 0 {
        UNIX_EPOCH.checked_sub(duration)
    } else {
        UNIX_EPOCH.checked_add(duration)
    }
}

/// Returns the nanoseconds between the Unix epoch and a time.
fn nanos_of(time: SystemTime) -> i128 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => nanos_of_duration(after),
        Err(error) => nanos_of_duration(error.duration()).wrapping_neg(),
    }
}

/// Returns the whole seconds between the Unix epoch and a time, and the nanoseconds after them.
///
/// The plain form divides the result of [`nanos_of`], and the division of 128 bits is 560 bytes more.
fn secs_and_nanos(time: SystemTime) -> (i64, u32) {
    let secs = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (secs(after), after.subsec_nanos()),
        Err(error) => {
            let before = error.duration();
            match before.subsec_nanos() {
                0 => (secs(before).wrapping_neg(), 0),
                nanos => (!secs(before), 1_000_000_000_u32.wrapping_sub(nanos)),
            }
        }
    }
}

/// Returns the time so many seconds (`scale` 9) or milliseconds (`scale` 6) after the Unix epoch, if the
/// system's clock has it.
pub(crate) fn since_epoch(number: &str, scale: i32) -> Option<SystemTime> {
    nanos(number, scale).and_then(time_of)
}

/// Returns a time as a number of seconds (`scale` 9), milliseconds (`scale` 6) or microseconds (`scale` 3)
/// after the Unix epoch.
pub(crate) fn number_since_epoch(time: SystemTime, scale: u32) -> String {
    let mut w = Writer::default();
    write_nanos(&mut w, nanos_of(time), scale);
    String::from(utf8::text(&w.into_inner()))
}

/// Writes nanoseconds as seconds or milliseconds: as an integer if that is exact, else as a decimal.
#[expect(clippy::arithmetic_side_effects, reason = "a power of ten is not zero")]
fn write_nanos(w: &mut Writer, nanos: i128, scale: u32) {
    let unit = 10_u128.pow(scale);
    let magnitude = nanos.unsigned_abs();
    if nanos < 0 {
        w.raw("-");
    }
    w.u128(magnitude / unit);
    let fraction = magnitude % unit;
    if fraction != 0 {
        w.raw(".");
        let digits = &mut Digits::default();
        let digits = utf8::text(decimal(u64::try_from(fraction).unwrap_or(0), digits));
        let zeros = "000000000".get(digits.len()..scale as usize);
        w.raw(zeros.unwrap_or_default());
        w.raw(digits.trim_end_matches('0'));
    }
}

macro_rules! now {
    ($($name:ident)*) => {$(
        impl $name {
            /// Returns the time of the system's clock, in whole milliseconds.
            ///
            /// A function that calls this instead of [`SystemTime::now`] is 15 KB smaller: std's clock brings the
            /// messages of its errors with it.
            ///
            /// ```
            /// use std::time::{Duration, SystemTime};
            #[doc = concat!("use tiny_lambda::json::", stringify!($name), ";")]
            ///
            #[doc = concat!("let age = SystemTime::now().duration_since(", stringify!($name), "::now().0)?;")]
            /// assert!(age < Duration::from_secs(60));
            /// # Ok::<(), std::time::SystemTimeError>(())
            /// ```
            pub fn now() -> $name {
                let since_epoch = Duration::from_millis(sys::unix_time_ms());
                // No clock is so late that the sum overflows.
                $name(UNIX_EPOCH.checked_add(since_epoch).unwrap_or(UNIX_EPOCH))
            }
        }
    )*};
}

now! { Rfc3339 EpochSeconds EpochMillis }

macro_rules! numbers {
    ($($name:ident $scale:literal $what:literal, $zero:expr, $from:ident, $to:ident;)*) => {$(
        impl FromJson for $name {
            fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
                r.attempt(|r| {
                    let value = nanos(r.number()?, $scale).and_then($from);
                    value.map($name).ok_or_else(|| r.error_out_of_range($what))
                })
            }

            placeholder!($name($zero));
        }

        impl ToJson for $name {
            fn to_json(&self, w: &mut Writer) {
                write_nanos(w, $to(self.0), $scale);
            }
        }
    )*};
}

numbers! {
    EpochSeconds 9 "a time", UNIX_EPOCH, time_of, nanos_of;
    EpochMillis 6 "a time", UNIX_EPOCH, time_of, nanos_of;
    Seconds 9 "a duration", Duration::ZERO, duration_of, nanos_of_duration;
    Millis 6 "a duration", Duration::ZERO, duration_of, nanos_of_duration;
}

impl FromJson for Rfc3339 {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.attempt(|r| {
            let time = rfc_3339(&r.string()?);
            time.map(Rfc3339)
                .ok_or_else(|| r.error_expected("a time as in RFC 3339"))
        })
    }

    placeholder!(Rfc3339(UNIX_EPOCH));
}

impl ToJson for Rfc3339 {
    fn to_json(&self, w: &mut Writer) {
        let (secs, nanos) = secs_and_nanos(self.0);
        if !(YEAR_0_SECS..YEAR_10000_SECS).contains(&secs) {
            return w.null();
        }
        let (zeros, fraction) = match nanos {
            0 => ("0000-00-00T00:00:00Z", None),
            _ if nanos % 1_000_000 == 0 => ("0000-00-00T00:00:00.000Z", Some(nanos / 1_000_000)),
            _ => ("0000-00-00T00:00:00.000000000Z", Some(nanos)),
        };
        let mut text = Vec::from(zeros);
        write_rfc_3339(&mut text, secs, fraction);
        w.string(utf8::text(&text));
    }
}

/// Parses a time as in RFC 3339.
pub(crate) fn rfc_3339(text: &str) -> Option<SystemTime> {
    let (secs, nanos) = parse_rfc_3339(text)?;
    time_of(
        i128::from(secs)
            .checked_mul(1_000_000_000)?
            .checked_add(nanos.into())?,
    )
}

impl FromJson for IsoDuration {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.attempt(|r| {
            let duration = iso_duration(&r.string()?).and_then(duration_of);
            duration
                .map(IsoDuration)
                .ok_or_else(|| r.error_expected("a duration as in ISO 8601"))
        })
    }

    placeholder!(IsoDuration(Duration::ZERO));
}

impl ToJson for IsoDuration {
    fn to_json(&self, w: &mut Writer) {
        let secs = self.0.as_secs();
        let (days, hours, minutes) = (secs / 86_400, secs / 3600 % 24, secs / 60 % 60);
        let rest = Duration::new(secs % 60, self.0.subsec_nanos());
        w.raw("\"P");
        write_unit(w, days, "D");
        if (hours, minutes, rest) != (0, 0, Duration::ZERO) || days == 0 {
            w.raw("T");
        }
        write_unit(w, hours, "H");
        write_unit(w, minutes, "M");
        if !rest.is_zero() || secs == 0 {
            write_nanos(w, nanos_of_duration(rest), 9);
            w.raw("S");
        }
        w.raw("\"");
    }
}

/// Writes a number and its unit, unless the number is zero.
fn write_unit(w: &mut Writer, value: u64, unit: &str) {
    if value != 0 {
        w.u64(value);
        w.raw(unit);
    }
}

/// Parses a duration as in ISO 8601, in weeks or smaller units. Returns nanoseconds.
fn iso_duration(text: &str) -> Option<u128> {
    // Each unit may occur once, in this order; hours and smaller units follow a `T`.
    const UNITS: [(u8, u128); 5] = [
        (b'W', 604_800),
        (b'D', 86_400),
        (b'H', 3600),
        (b'M', 60),
        (b'S', 1),
    ];
    let mut rest = Scanner(text.as_bytes().strip_prefix(b"P")?);
    let mut units: &[(u8, u128)] = &UNITS;
    let mut total = 0_u128;
    let mut in_time = false;
    let mut ended = false;
    while !rest.0.is_empty() && !ended {
        if !in_time && rest.one_of(b"T").is_some() {
            in_time = true;
        }
        let mut value = u128::from(rest.digit()?);
        while let Some(digit) = rest.digit() {
            value = value.checked_mul(10)?.checked_add(digit.into())?;
        }
        let mut nanos = 0;
        if rest.one_of(b".,").is_some() {
            nanos = rest.nanos()?.into();
            // Only the last number may have a fraction.
            ended = true;
        }
        let unit = rest.one_of(if in_time { b"HMS" } else { b"WD" })?;
        let unit_secs = loop {
            let (first, after) = units.split_first()?;
            units = after;
            if first.0 == unit {
                break first.1;
            }
        };
        let value = value.checked_mul(1_000_000_000)?.checked_add(nanos)?;
        total = total.checked_add(value.checked_mul(unit_secs)?)?;
        ended |= unit == b'S';
    }
    // `P` and `PT` alone are not durations.
    let last = text.bytes().next_back()?;
    if rest.0.is_empty() && !matches!(last, b'P' | b'T') {
        Some(total)
    } else {
        None
    }
}
