//! Times as events carry them: the text as it came, and the moment that it stands for.

use alloc::string::String;
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::json::{self, FromJson, Kind, Reader, ToJson, Writer, time};

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
    #[track_caller]
    pub fn to_system_time(&self) -> Result<SystemTime> {
        match time::rfc_3339(&self.0) {
            Some(time) => Ok(time),
            None => Err(malformed("an RFC 3339 time", &self.0)),
        }
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Timestamp {
        Timestamp(text)
    }
}

impl FromJson for Timestamp {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        r.attempt_replacing(true, String::from_json).map(Timestamp)
    }
}

impl ToJson for Timestamp {
    fn to_json(&self, w: &mut Writer) {
        w.string(&self.0);
    }
}

macro_rules! epoch {
    ($($(#[$attribute:meta])* $name:ident $scale:literal $what:literal);* $(;)?) => {$(
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
            #[track_caller]
            pub fn to_system_time(&self) -> Result<SystemTime> {
                match since_epoch(&self.0, $scale) {
                    Some(time) => Ok(time),
                    None => Err(malformed($what, &self.0)),
                }
            }
        }

        /// A number, or a string that holds one.
        impl FromJson for $name {
            fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
                r.attempt(|r| {
                    let kind = r.peek()?;
                    let text = r.raw()?;
                    match kind {
                        Kind::Number | Kind::String => Ok($name(text.into())),
                        _ => Err(r.error_expected($what)),
                    }
                })
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

#[track_caller]
fn malformed(what: &str, text: &str) -> Error {
    Error::unmarshal("a time", &format_args!("expected {what}"), text.as_bytes())
}

/// The moment of a number, or of one in quotes; `scale` as of [`time::since_epoch`].
fn since_epoch(text: &str, scale: i32) -> Option<SystemTime> {
    let mut r = Reader::new(text.trim_matches('"'));
    let number = r.number().ok()?;
    r.end().ok()?;
    time::since_epoch(number, scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use std::time::UNIX_EPOCH;

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
