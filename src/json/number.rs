//! A number as its text, which is exact, until somebody asks for a value.

use alloc::boxed::Box;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str;

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
#[derive(Clone)]
pub struct Number(Text);

/// Most numbers fit in the place that other values need anyway: no allocation then, and an array
/// of small ones takes no more memory than one of strings.
#[derive(Clone)]
enum Text {
    Short { len: u8, bytes: [u8; SHORT_LEN_MAX] },
    Long(Box<str>),
}

const SHORT_LEN_MAX: usize = 22;

impl Number {
    /// As it stands in the text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Short { len, bytes } => {
                let text = bytes.get(..usize::from(*len)).unwrap_or_default();
                str::from_utf8(text).unwrap_or_default()
            }
            Text::Long(text) => text,
        }
    }

    /// Its value, if it is exactly an integer and in range: `60`, and also `60.0` and `6e1`.
    pub fn to_i64(&self) -> Option<i64> {
        self.to()
    }

    /// Its value, if it is exactly an integer and in range: `60`, and also `60.0` and `6e1`.
    pub fn to_u64(&self) -> Option<u64> {
        self.to()
    }

    /// Its value, if it is exactly an integer and in range: `60`, and also `60.0` and `6e1`.
    pub fn to_i128(&self) -> Option<i128> {
        self.to()
    }

    /// The float nearest to it, unless that is infinite.
    pub fn to_f64(&self) -> Option<f64> {
        self.to()
    }

    fn to<T: FromJson>(&self) -> Option<T> {
        T::from_json(&mut Reader::new(self.as_str())).ok()
    }

    /// A float as the shortest text that reads as the same; `None` if it is not finite.
    pub fn from_f64(value: f64) -> Option<Number> {
        value
            .is_finite()
            .then(|| Number::written(|w| value.to_json(w)))
    }

    /// What `write` writes, which must be a number.
    fn written(write: impl FnOnce(&mut Writer)) -> Number {
        let mut w = Writer::default();
        write(&mut w);
        Number::from_text(str::from_utf8(&w.into_inner()).unwrap_or_default())
    }

    /// From a text that is a number.
    fn from_text(text: &str) -> Number {
        let mut bytes = [0; SHORT_LEN_MAX];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(text.as_bytes());
                Number(Text::Short { len, bytes })
            }
            _ => Number(Text::Long(text.into())),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Number {}

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

impl FromJson for Number {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Number::from_text(r.number()?))
    }

    #[inline(always)]
    fn placeholder() -> Option<Self> {
        Some(Number::from_text("0"))
    }
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
                Number::written(|w| w.$type(value))
            }
        }
    )*};
}

from_integer!(u64 i64 u128 i128);
