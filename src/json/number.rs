//! Numbers as their text, which is exact. They are converted when a value is asked for.

use crate::encoding::lengths::prefix;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::{self, FromStr};

use super::text::Text;
use super::{Error, FromJson, Reader, ToJson, Value, Writer};
use crate::sys::utf8;

/// A number as its text: nothing is rounded, and nothing overflows.
///
/// Two numbers are equal if their texts are: `1`, `1.0` and `1e0` are three numbers.
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
#[derive(Clone, PartialEq, Eq)]
pub struct Number(Text);

impl Number {
    /// Returns the number's text.
    ///
    /// ```
    /// use tiny_lambda::json::{self, Number};
    ///
    /// assert_eq!(json::parse::<Number>(b" 1.50 ")?.as_str(), "1.50");
    /// # Ok::<(), json::Error>(())
    /// ```
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the value if it is an integer and in range: 60 for `60`, and also for `60.0` and `6e1`.
    ///
    /// ```
    /// use tiny_lambda::json::{self, Number};
    ///
    /// assert_eq!(json::parse::<Number>(b"-6e1")?.to_i64(), Some(-60));
    /// assert_eq!(json::parse::<Number>(b"1.5")?.to_i64(), None);
    /// # Ok::<(), json::Error>(())
    /// ```
    pub fn to_i64(&self) -> Option<i64> {
        self.to()
    }

    /// Returns the value if it is an integer and in range: 60 for `60`, and also for `60.0` and `6e1`.
    ///
    /// ```
    /// use tiny_lambda::json::Number;
    ///
    /// assert_eq!(Number::from(u64::MAX).to_u64(), Some(u64::MAX));
    /// assert_eq!(Number::from(-1_i64).to_u64(), None);
    /// ```
    pub fn to_u64(&self) -> Option<u64> {
        self.to()
    }

    /// Returns the value if it is an integer and in range: 60 for `60`, and also for `60.0` and `6e1`.
    ///
    /// ```
    /// use tiny_lambda::json::Number;
    ///
    /// assert_eq!(Number::from(u64::MAX).to_i128(), Some(u64::MAX.into()));
    /// ```
    pub fn to_i128(&self) -> Option<i128> {
        self.to()
    }

    /// Returns the nearest float, unless that is infinite.
    ///
    /// ```
    /// use tiny_lambda::json::{self, Number};
    ///
    /// assert_eq!(json::parse::<Number>(b"1.50")?.to_f64(), Some(1.5));
    /// assert_eq!(json::parse::<Number>(b"1e400")?.to_f64(), None);
    /// # Ok::<(), json::Error>(())
    /// ```
    pub fn to_f64(&self) -> Option<f64> {
        self.to()
    }

    fn to<T: FromJson>(&self) -> Option<T> {
        T::from_json(&mut Reader::new(self.as_str())).ok()
    }

    /// Returns a float as the shortest text that is read as the same float; `None` if it is not finite.
    ///
    /// ```
    /// use tiny_lambda::json::Number;
    ///
    /// assert_eq!(Number::from_f64(0.1).map(|n| n.to_string()).as_deref(), Some("0.1"));
    /// assert_eq!(Number::from_f64(f64::NAN), None);
    /// ```
    pub fn from_f64(value: f64) -> Option<Number> {
        value
            .is_finite()
            .then(|| Number::written(|w| value.to_json(w)))
    }

    /// Returns the number that `write` writes.
    fn written(write: impl FnOnce(&mut Writer)) -> Number {
        let mut w = Writer::default();
        write(&mut w);
        Number::from_text(utf8::text(&w.into_inner()))
    }

    /// Returns the number that the first `len` bytes of a JSON text are, which must be one.
    #[inline(always)]
    pub(super) fn from_start(json: &[u8], len: usize) -> Number {
        let short = Text::short(json, len);
        Number(short.unwrap_or_else(|| Text::from(utf8::text(prefix(json, len)))))
    }

    /// Returns the number with this text, which must be one.
    fn from_text(text: &str) -> Number {
        Number(Text::from(text))
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads JSON, as [`parse`](super::parse) does.
///
/// ```
/// use tiny_lambda::json::{self, Number};
///
/// assert_eq!("1.50".parse::<Number>()?.to_f64(), Some(1.5));
/// assert!("1.".parse::<Number>().is_err());
/// # Ok::<(), json::Error>(())
/// ```
impl FromStr for Number {
    type Err = Error;

    fn from_str(json: &str) -> Result<Number, Error> {
        super::parse(json.as_bytes())
    }
}

impl FromJson for Number {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Number::from_text(r.number()?))
    }

    placeholder!(Number::from_text("0"));
}

impl ToJson for Number {
    fn to_json(&self, w: &mut Writer) {
        w.raw(self.as_str());
    }

    fn to_value(&self) -> Value {
        Value::Number(self.clone())
    }
}

macro_rules! from_integer {
    ($($type:ident)*) => {$(
        impl From<$type> for Number {
            fn from(value: $type) -> Number {
                Number::written(|w| value.to_json(w))
            }
        }

        impl From<$type> for Value {
            fn from(value: $type) -> Value {
                Value::Number(value.into())
            }
        }
    )*};
}

from_integer!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);
