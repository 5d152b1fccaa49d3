//! Values that events carry as text: [`Timestamp`], [`EpochSeconds`], [`EpochMillis`],
//! [`EpochMicros`], [`Base64`] and [`FormText`].
//!
//! These types keep the text as it was sent and decode it when the handler asks for the value. So
//! malformed text does not make an event unreadable, and an event is written as it was read. The
//! types of [`json`](crate::json) with the same names hold the decoded value. Use those in your own
//! types: they refuse malformed text when the event is read.

use core::convert;
use core::fmt::{self, Debug, Display};
use core::hash::{Hash, Hasher};
use core::str::FromStr;
use std::time::SystemTime;

use super::field::parse_json;
use crate::encoding::{EncodingError, base64, decode_base64, decode_percent};
use crate::error::{Error, Result};
use crate::json::{self, FromJson, Kind, Number, Reader, ToJson, Writer, time};
use crate::sys::utf8;

/// A text, and the name of the member that has it, as in `S3Object.key`. The name is for errors and is
/// not compared; it is empty if the text is not the value of a member of an event.
#[derive(Clone, Default)]
struct Named {
    text: String,
    name: &'static str,
}

impl Named {
    fn new(text: String) -> Named {
        Named { text, name: "" }
    }

    /// Returns the error that the text cannot be decoded. Without a name, the text is called `what`.
    #[track_caller]
    fn error(&self, what: &str, problem: &dyn Display) -> Error {
        let name = if self.name.is_empty() {
            what
        } else {
            self.name
        };
        Error::unmarshal(name, problem, self.text.as_bytes())
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Named) -> bool {
        self.text == other.text
    }
}

impl Eq for Named {}

impl Hash for Named {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// Defines types that hold a text. In parentheses are the type that `From` converts, and the functions
/// that convert it to the text, read the text, and write it.
macro_rules! encoded {
    ($($(#[$attribute:meta])* $name:ident($source:ty, $from:expr, $read:expr, $write:expr);)*) => {$(
        $(#[$attribute])*
        #[derive(Clone, PartialEq, Eq, Hash, Default)]
        pub struct $name(Named);

        impl $name {
            /// Returns the text as it was sent. A number in a JSON string has its quotes.
            ///
            /// ```
            #[doc = concat!("use tiny_lambda::events::", stringify!($name), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($name), "::default().as_str(), \"\");")]
            /// ```
            pub fn as_str(&self) -> &str {
                &self.0.text
            }
        }

        impl From<$source> for $name {
            fn from(value: $source) -> $name {
                $name(Named::new($from(value)))
            }
        }

        impl FromJson for $name {
            fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
                Self::read_named(r, "")
            }

            fn read_named(r: &mut Reader<'_>, name: &'static str) -> Result<Self, json::Error> {
                let text = $read(r)?;
                Ok($name(Named { text, name }))
            }
        }

        /// Writes the text as it was sent.
        impl ToJson for $name {
            fn to_json(&self, w: &mut Writer) {
                $write(w, &self.0.text);
            }
        }
    )*};
}

encoded! {
    /// A time in the format of RFC 3339, the usual one of ISO 8601: `2026-11-15T09:30:00.000Z`.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use tiny_lambda::events::Timestamp;
    ///
    /// let time = Timestamp::from(String::from("1970-01-02T01:00:00.5+01:00"));
    /// assert_eq!(time.to_system_time()?, UNIX_EPOCH + Duration::from_millis(86_400_500));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    Timestamp(String, convert::identity, read_text, Writer::string);
    /// A time in seconds since the Unix epoch, which may have a fraction. AWS sends it as a number
    /// or as a string.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use tiny_lambda::events::EpochSeconds;
    /// use tiny_lambda::json;
    ///
    /// let time: EpochSeconds = json::parse(b"1545084650.987")?;
    /// assert_eq!(time.to_system_time()?, UNIX_EPOCH + Duration::from_millis(1_545_084_650_987));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    EpochSeconds(u64, decimal, read_number, write_number);
    /// A time in milliseconds since the Unix epoch. AWS sends it as a number or as a string.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use tiny_lambda::events::EpochMillis;
    ///
    /// let time = EpochMillis::from(1500);
    /// assert_eq!(time.to_system_time()?, UNIX_EPOCH + Duration::from_millis(1500));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    EpochMillis(u64, decimal, read_number, write_number);
    /// A time in microseconds since the Unix epoch. AWS sends it as a number or as a string.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use tiny_lambda::events::EpochMicros;
    ///
    /// let time = EpochMicros::from(1500);
    /// assert_eq!(time.to_system_time()?, UNIX_EPOCH + Duration::from_micros(1500));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    EpochMicros(u64, decimal, read_number, write_number);
    /// Bytes in base64 (RFC 4648, section 4).
    ///
    /// ```
    /// use tiny_lambda::events::Base64;
    ///
    /// assert_eq!(Base64::from(String::from("aGk=")).decode()?, b"hi");
    /// assert_eq!(Base64::encode(b"hi").as_str(), "aGk=");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    Base64(String, convert::identity, read_text, Writer::string);
    /// Text that is encoded as in a form: `+` is a space, and `%` and two hexadecimal digits are a
    /// byte. The key of an Amazon S3 object is such a text.
    ///
    /// ```
    /// use tiny_lambda::events::FormText;
    ///
    /// let key = FormText::from(String::from("summer+2026/caf%C3%A9.jpg"));
    /// assert_eq!(key.decode()?, "summer 2026/café.jpg");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    FormText(String, convert::identity, read_text, Writer::string);
}

/// Reads a string. An escape for one half of a surrogate pair becomes U+FFFD.
fn read_text(r: &mut Reader<'_>) -> Result<String, json::Error> {
    r.attempt_replacing(true, String::from_json)
}

fn decimal(number: u64) -> String {
    String::from(Number::from(number).as_str())
}

/// Reads the JSON of a number, or of a string, which may hold a number.
fn read_number(r: &mut Reader<'_>) -> Result<String, json::Error> {
    r.attempt(|r| {
        let kind = r.peek()?;
        let json = r.raw()?;
        match kind {
            Kind::Number | Kind::String => Ok(json.into()),
            _ => Err(r.error_expected("a number or a string")),
        }
    })
}

fn write_number(w: &mut Writer, json: &str) {
    w.raw(if json.is_empty() { "0" } else { json });
}

/// Implements `Debug`: it shows the decoded value, or the text as it was sent if that cannot be decoded.
macro_rules! show {
    ($($name:ident($value:ident) $shown:expr;)*) => {$(
        impl Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let $value = self;
                match $shown {
                    Some(shown) => f.write_str(&shown),
                    None => f.write_str(&self.0.text),
                }
            }
        }
    )*};
}

show! {
    Timestamp(time) Some(format!("{:?}", time.0.text));
    EpochSeconds(time) date(time.to_system_time());
    EpochMillis(time) date(time.to_system_time());
    EpochMicros(time) date(time.to_system_time());
    Base64(text) Some(match text.decode().map(String::from_utf8) {
        Ok(Ok(text)) => format!("{text:?}"),
        Ok(Err(error)) => format!("b\"{}\"", error.as_bytes().escape_ascii()),
        Err(_) => format!("{:?}", text.0.text),
    });
    FormText(text) Some(format!("{:?}", text.decode().unwrap_or(text.0.text.clone())));
}

/// Returns the RFC 3339 text of a time of the years 0 to 9999.
fn date(time: Result<SystemTime>) -> Option<String> {
    let text = json::Rfc3339(time.ok()?).to_string();
    (text != "null").then_some(text)
}

/// Shows the time as it was sent: `2026-11-15T09:30:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    /// Takes a time as [`to_system_time`](Timestamp::to_system_time) does.
    #[track_caller]
    fn from_str(text: &str) -> Result<Timestamp> {
        let time = Timestamp(Named::new(text.into()));
        time.to_system_time()?;
        Ok(time)
    }
}

/// Makes the text in UTC, with milliseconds or nanoseconds unless these are zero. The text of a time
/// outside the years 0 to 9999 is `null`, which cannot be decoded.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Timestamp {
        Timestamp(Named::new(json::Rfc3339(time).to_string()))
    }
}

impl Timestamp {
    /// Returns the time, to the nanosecond. Further digits are cut off, and a leap second is the
    /// second after it.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use tiny_lambda::events::Timestamp;
    ///
    /// let time = Timestamp::from("1970-01-02T00:00:00Z".to_owned());
    /// assert_eq!(time.to_system_time()?, UNIX_EPOCH + Duration::from_secs(86_400));
    /// assert!(Timestamp::from("yesterday".to_owned()).to_system_time().is_err());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the text has another format, or there is no such day or time.
    #[track_caller]
    pub fn to_system_time(&self) -> Result<SystemTime> {
        match time::rfc_3339(&self.0.text) {
            Some(time) => Ok(time),
            None => Err(self.0.error("a time", &"expected an RFC 3339 time")),
        }
    }
}

/// The time types and their units: the power of ten that makes it nanoseconds, and its name in
/// errors.
macro_rules! impl_epoch {
    ($($name:ident $scale:literal $expected:literal),*) => {$(
        impl $name {
            /// Returns the time, to the nanosecond. Further digits are cut off.
            ///
            /// ```
            /// use std::time::UNIX_EPOCH;
            #[doc = concat!("use tiny_lambda::events::", stringify!($name), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($name), "::from(0).to_system_time()?, UNIX_EPOCH);")]
            /// # Ok::<(), tiny_lambda::Error>(())
            /// ```
            ///
            /// # Errors
            /// If the text is not a number, or `SystemTime` cannot represent the time.
            #[track_caller]
            pub fn to_system_time(&self) -> Result<SystemTime> {
                match since_epoch(&self.0.text, $scale) {
                    Some(time) => Ok(time),
                    None => Err(self.0.error("a time", &$expected)),
                }
            }
        }

        /// Shows the number as it was sent, without the quotes of a string.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let number = self.0.text.trim_matches('"');
                f.write_str(if number.is_empty() { "0" } else { number })
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// Takes a number as [`to_system_time`](Self::to_system_time) does.
            #[track_caller]
            fn from_str(text: &str) -> Result<$name> {
                let time: $name = parse_json("a time", text.as_bytes())?;
                time.to_system_time()?;
                Ok(time)
            }
        }

        /// Makes the number, a decimal if the time is between two units.
        impl From<SystemTime> for $name {
            fn from(time: SystemTime) -> $name {
                $name(Named::new(time::number_since_epoch(time, $scale)))
            }
        }
    )*};
}

impl_epoch!(
    EpochSeconds 9 "expected seconds since 1970",
    EpochMillis 6 "expected milliseconds since 1970",
    EpochMicros 3 "expected microseconds since 1970"
);

/// Returns the time of a JSON number, or of a JSON string that holds one; `scale` is that of
/// [`time::since_epoch`].
fn since_epoch(json: &str, scale: i32) -> Option<SystemTime> {
    let mut r = Reader::new(json.trim_matches('"'));
    let number = r.number().ok()?;
    r.end().ok()?;
    time::since_epoch(number, scale)
}

impl Base64 {
    /// Encodes bytes.
    ///
    /// ```
    /// use tiny_lambda::events::Base64;
    ///
    /// assert_eq!(Base64::encode(b"hi").as_str(), "aGk=");
    /// ```
    pub fn encode(bytes: &[u8]) -> Base64 {
        Base64(Named::new(utf8::into_text(base64(bytes))))
    }

    /// Returns the decoded bytes.
    ///
    /// ```
    /// use tiny_lambda::events::Base64;
    ///
    /// assert_eq!(Base64::from("aGk=".to_owned()).decode()?, b"hi");
    /// assert!(Base64::from("?".to_owned()).decode().is_err());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the text is malformed. The message has the offset.
    #[track_caller]
    pub fn decode(&self) -> Result<Vec<u8>> {
        match decode_base64(self.0.text.as_bytes()) {
            Ok(bytes) => Ok(bytes),
            Err(error) => Err(self.0.error("a text", &error)),
        }
    }

    /// Parses the decoded bytes as JSON.
    ///
    /// ```
    /// use tiny_lambda::events::Base64;
    ///
    /// assert_eq!(Base64::encode(b"[1, 2]").json::<Vec<u8>>()?, [1, 2]);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the text is malformed, or the bytes are not the JSON of a `T`. The message has the offset.
    #[track_caller]
    pub fn json<T: FromJson>(&self) -> Result<T> {
        let name = match self.0.name {
            "" => "the JSON in base64",
            name => name,
        };
        parse_json(name, &self.decode()?)
    }
}

impl FormText {
    /// Returns the decoded text.
    ///
    /// ```
    /// use tiny_lambda::events::FormText;
    ///
    /// assert_eq!(FormText::from("a+b%21".to_owned()).decode()?, "a b!");
    /// assert!(FormText::from("%2".to_owned()).decode().is_err());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// If an escape is malformed, or the decoded bytes are not UTF-8.
    #[track_caller]
    pub fn decode(&self) -> Result<String> {
        let decoded = decode_percent(&self.0.text, true);
        let to_text = |bytes| utf8::to_string(bytes).map_err(|_| EncodingError::PercentUtf8);
        match decoded.and_then(to_text) {
            Ok(text) => Ok(text),
            Err(error) => Err(self.0.error("a text", &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    /// Nanoseconds since the epoch.
    fn nanos(time: SystemTime) -> i128 {
        match time.duration_since(UNIX_EPOCH) {
            Ok(span) => i128::try_from(span.as_nanos()).unwrap(),
            Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap(),
        }
    }

    #[test]
    fn rfc_3339_times_are_decoded() {
        #[track_caller]
        fn check(text: &str, want: Option<i128>) {
            let got = Timestamp::from(text.to_string())
                .to_system_time()
                .ok()
                .map(nanos);
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
        // On Windows, a SystemTime begins with the year 1601.
        let first = (!cfg!(windows)).then_some(-62_162_035_200_000);
        check("0000-03-01T00:00:00Z", first);
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
    fn digits_after_nanoseconds_are_cut_off() {
        let time = Timestamp::from("1970-01-01T00:00:00.1234567899Z".to_string());
        // On Windows, a SystemTime has steps of 100 ns.
        let want = if cfg!(windows) {
            123_456_700
        } else {
            123_456_789
        };
        assert_eq!(nanos(time.to_system_time().unwrap()), want);
    }

    #[test]
    fn seconds_and_milliseconds_are_decoded_in_every_form() {
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
    fn only_a_number_or_a_string_is_read() {
        for text in ["true", "[]", "{}"] {
            let error = json::parse::<EpochMillis>(text.as_bytes()).unwrap_err();
            let want = "expected a number or a string, found";
            assert!(error.message().starts_with(want), "{error}");
        }
    }

    #[test]
    fn a_time_is_made_from_a_number() {
        let time = EpochMillis::from(1500).to_system_time().unwrap();
        assert_eq!(nanos(time), 1_500_000_000);
    }
}
