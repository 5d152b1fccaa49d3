//! Trees of JSON values.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::{Error, FromJson, Number, Object, Reader, ToJson, Writer, to_vec, to_vec_pretty};
use crate::sys::utf8;

/// Any JSON value, as a tree.
///
/// The methods `as_…` return `None` if the value is of another kind.
///
/// ```
/// use tiny_lambda::json::{self, Value};
///
/// let event: Value = json::parse(br#"{"Records": [{"body": "hi"}]}"#)?;
/// assert_eq!(event.pointer("/Records/0/body"), Some(&Value::from("hi")));
/// assert_eq!(event.get("Records").and_then(Value::as_array).map_or(0, <[Value]>::len), 1);
/// assert_eq!(event.to_string(), r#"{"Records":[{"body":"hi"}]}"#);
/// # Ok::<(), json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// a number, as its text
    Number(Number),
    /// a string
    String(String),
    /// an array
    Array(Vec<Value>),
    /// an object
    Object(Object),
}

/// Shows the value as in JSON: `{"a": [1, true, null]}`.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => value.fmt(f),
            Value::Number(value) => value.fmt(f),
            Value::String(value) => value.fmt(f),
            Value::Array(values) => values.fmt(f),
            Value::Object(object) => object.fmt(f),
        }
    }
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident -> $type:ty, $kind:ident($value:ident) => $result:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self) -> Option<$type> {
            match self {
                Value::$kind($value) => Some($result),
                _ => None,
            }
        }
    )*};
}

impl Value {
    /// Returns the member `name`, if this is an object that has one.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// let order = json!({ "id": "a1" });
    /// assert_eq!(order.get("id"), Some(&json!("a1")));
    /// assert_eq!(order.get("note"), None);
    /// ```
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_object()?.get(name)
    }

    /// Returns whether this is `null`.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// assert!(json!(null).is_null());
    /// ```
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    accessors! {
        /// Returns the boolean, if this is one.
        ///
        /// ```
        /// use tiny_lambda::json;
        ///
        /// assert_eq!(json!(true).as_bool(), Some(true));
        /// assert_eq!(json!("true").as_bool(), None);
        /// ```
        as_bool -> bool, Bool(value) => *value;

        /// Returns the number, if this is one.
        ///
        /// ```
        /// use tiny_lambda::json;
        ///
        /// assert_eq!(json!(7).as_number().map(|number| number.as_str()), Some("7"));
        /// ```
        as_number -> &Number, Number(value) => value;

        /// Returns the string, if this is one.
        ///
        /// ```
        /// use tiny_lambda::json;
        ///
        /// assert_eq!(json!("tea").as_str(), Some("tea"));
        /// assert_eq!(json!(7).as_str(), None);
        /// ```
        as_str -> &str, String(value) => value;

        /// Returns the array, if this is one.
        ///
        /// ```
        /// use tiny_lambda::json;
        ///
        /// assert_eq!(json!([1, 2]).as_array().map(|values| values.len()), Some(2));
        /// ```
        as_array -> &[Value], Array(value) => value;

        /// Returns the object, if this is one.
        ///
        /// ```
        /// use tiny_lambda::json;
        ///
        /// assert_eq!(json!({ "a": 1 }).as_object().map(|object| object.len()), Some(1));
        /// ```
        as_object -> &Object, Object(value) => value;
    }

    /// Returns the number, if this is one that is an integer and in range.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// assert_eq!(json!(-7).as_i64(), Some(-7));
    /// assert_eq!(json!(1.5).as_i64(), None);
    /// ```
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.to_i64()
    }

    /// Returns the number, if this is one that is an integer and in range.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// assert_eq!(json!(7).as_u64(), Some(7));
    /// assert_eq!(json!(-7).as_u64(), None);
    /// ```
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.to_u64()
    }

    /// Returns the float nearest to the number, if this is one and the float is finite.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// assert_eq!(json!(1.5).as_f64(), Some(1.5));
    /// ```
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.to_f64()
    }
}

/// JSON without white space; `{:#}` prints it over several lines.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if f.alternate() {
            to_vec_pretty(self)
        } else {
            to_vec(self)
        };
        f.write_str(utf8::text(&text))
    }
}

/// Reads JSON, as [`parse`](super::parse) does. `Value::from` makes a string of a text instead.
///
/// ```
/// use tiny_lambda::json;
///
/// assert_eq!("[1, true]".parse::<json::Value>()?, json!([1, true]));
/// # Ok::<(), json::Error>(())
/// ```
impl FromStr for Value {
    type Err = Error;

    fn from_str(json: &str) -> Result<Value, Error> {
        super::parse(json.as_bytes())
    }
}

impl FromJson for Value {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.tree()
    }

    placeholder!(Value::Null);
}

impl ToJson for Value {
    fn to_json(&self, w: &mut Writer) {
        match self {
            Value::Null => w.null(),
            Value::Bool(value) => w.bool(*value),
            Value::Number(value) => value.to_json(w),
            Value::String(value) => w.string(value),
            Value::Array(value) => value.to_json(w),
            Value::Object(value) => value.to_json(w),
        }
    }

    fn to_value(&self) -> Value {
        self.clone()
    }
}

macro_rules! from {
    ($($type:ty, $value:ident => $made:expr);* $(;)?) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Value {
                $made
            }
        }
    )*};
}

from! {
    (), _value => Value::Null;
    bool, value => Value::Bool(value);
    Number, value => Value::Number(value);
    &str, value => Value::String(String::from(value));
    String, value => Value::String(value);
    Cow<'_, str>, value => Value::String(value.into_owned());
    Object, value => Value::Object(value);
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(value: Vec<T>) -> Value {
        Value::Array(value.into_iter().map(Into::into).collect())
    }
}

/// `None` is `null`.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Value {
        Value::Array(values.into_iter().map(Into::into).collect())
    }
}

macro_rules! equal {
    ($($type:ty, $method:ident $other:ident => $value:expr);*) => {$(
        impl PartialEq<$type> for Value {
            fn eq(&self, $other: &$type) -> bool {
                self.$method() == Some($value)
            }
        }
    )*};
}

equal! {
    str, as_str other => other;
    &str, as_str other => *other;
    bool, as_bool other => *other;
    i64, as_i64 other => *other
}
