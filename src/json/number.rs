//! A number as its text, which is exact, until somebody asks for a value.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use super::write::{push_u64, push_u128};
use super::{Error, FromJson, Reader, ToJson, Value, Writer};

/// A number as it stands in the text: nothing is rounded, nothing overflows.
///
/// Equal are those that are written alike: `1`, `1.0` and `1e0` are three numbers.
/// ```
/// use tiny_lambda::json::{self, Number};
///
/// let number: Number = json::parse(b"18446744073709551616")?; // 2^64
/// assert_eq!(number.to_u64(), None);
/// assert_eq!(number.to_i128(), Some(1 << 64));
/// assert_eq!(number.to_f64(), Some(18446744073709551616.0));
/// assert_eq!(number.as_str(), "18446744073709551616");
/// # Ok::<(), json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Box<str>);

impl Number {
    /// As it stands in the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its value, if it is written as an integer and in range.
    pub fn to_i64(&self) -> Option<i64> {
        self.to()
    }

    /// Its value, if it is written as an integer and in range.
    pub fn to_u64(&self) -> Option<u64> {
        self.to()
    }

    /// Its value, if it is written as an integer and in range.
    pub fn to_i128(&self) -> Option<i128> {
        self.to()
    }

    /// The float nearest to it, unless that is infinite.
    pub fn to_f64(&self) -> Option<f64> {
        self.to()
    }

    fn to<T: FromJson>(&self) -> Option<T> {
        T::from_json(&mut Reader::new(&self.0)).ok()
    }

    /// A float as the shortest text that reads as the same; `None` if it is not finite.
    pub fn from_f64(value: f64) -> Option<Number> {
        value
            .is_finite()
            .then(|| Number::from_text(&super::to_vec(&value)))
    }

    /// What a writer of integers or floats made.
    fn from_text(text: &[u8]) -> Number {
        Number(core::str::from_utf8(text).unwrap_or_default().into())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromJson for Number {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Number(r.number()?.into()))
    }
}

impl ToJson for Number {
    fn to_json(&self, w: &mut Writer) {
        w.raw(&self.0);
    }

    fn to_value(&self) -> Value {
        Value::Number(self.clone())
    }
}

impl From<u128> for Number {
    fn from(value: u128) -> Number {
        let mut text = String::new();
        push_u128(value, &mut |digits| text.push_str(digits));
        Number(text.into_boxed_str())
    }
}

impl From<i128> for Number {
    fn from(value: i128) -> Number {
        let mut text = String::new();
        if value < 0 {
            text.push('-');
        }
        push_u128(value.unsigned_abs(), &mut |digits| text.push_str(digits));
        Number(text.into_boxed_str())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Number {
        let mut text = String::new();
        push_u64(value, &mut |digits| text.push_str(digits));
        Number(text.into_boxed_str())
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        let mut w = Writer::default();
        w.i64(value);
        Number::from_text(&w.into_inner())
    }
}
