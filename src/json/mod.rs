//! Reads and writes JSON (RFC 8259): as your own types, as trees of values, or piece by piece.
//!
//! The reader accepts only what the RFC allows, and loses nothing: a [`Number`] keeps its text, and
//! an [`Object`] keeps the order of its members.
//!
//! Where the RFC leaves a choice, all types behave in the same way:
//!
//! | in the text | what happens |
//! | --- | --- |
//! | the same name twice in an object | the last value counts |
//! | `"\ud800"`, an unpaired surrogate | can be skipped and kept as a [`RawJson`]; an error in a string; U+FFFD in events, in web requests and in names that [`Reader::next_member`] returns |
//! | bytes that are not UTF-8 | an error, with their offset |
//! | a byte order mark | an error; [`Request::json`](crate::http::Request::json) skips one before a body |
//! | arrays and objects more than 128 levels deep | an error |
//! | an integer outside the range of its type | an error, never wrapped or rounded |
//! | `60.0`, `6e1` | 60 as an integer; `60.5` is an error |
//! | `1e400` | an error as an `f64`; kept as a [`Number`] |
//! | `-0` | kept as a [`Number`] and as an `f64`; 0 as an integer |
//!
//! ```
//! use tiny_lambda::json;
//!
//! let numbers: Vec<u8> = json::parse(b"[1, 2, 3]")?;
//! assert_eq!(numbers, [1, 2, 3]);
//! assert_eq!(json::to_vec(&numbers), b"[1,2,3]");
//!
//! let error = json::parse::<Vec<u8>>(br#"[1, "2"]"#).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "expected an integer, found a string at $[1] (offset 4, line 1, column 5)"
//! );
//! # Ok::<(), json::Error>(())
//! ```

/// Defines `placeholder` in an impl of [`FromJson`] or [`BorrowJson`].
macro_rules! placeholder {
    ($value:expr) => {
        #[inline(always)]
        fn placeholder() -> Option<Self> {
            Some($value)
        }
    };
}

mod base64;
mod borrow;
mod error;
mod field_names;
mod float;
mod hash_map;
mod impls;
mod json_enum;
mod json_struct;
mod macros;
mod members;
#[cfg(feature = "miniserde")]
mod mini;
#[doc(hidden)]
pub mod mistakes;
mod name_index;
mod number;
mod object;
mod pointer;
mod pretty;
#[doc(hidden)]
pub mod private;
mod raw;
mod read;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod time;
mod value;
mod words;
mod write;

pub use base64::Base64;
pub use borrow::{BorrowJson, parse_borrowed};
pub use error::{Error, ErrorKind};
pub use impls::Ignored;
#[cfg(feature = "miniserde")]
pub use mini::Mini;
pub use number::Number;
pub use object::{Object, ObjectIter};
pub use pointer::get;
pub use pretty::to_vec_pretty;
pub use raw::RawJson;
pub use read::{Kind, Reader};
pub use time::{EpochMillis, EpochSeconds, IsoDuration, Millis, Rfc3339, Seconds};
pub use value::Value;
pub use write::Writer;

use alloc::vec::Vec;

/// Reads `text`, which must be one value, as a `T`.
///
/// ```
/// use tiny_lambda::json;
///
/// assert_eq!(json::parse::<Vec<u8>>(b"[1, 2]")?, [1, 2]);
/// # Ok::<(), json::Error>(())
/// ```
///
/// # Errors
/// If `text` is not JSON or not a `T`, or continues after the value.
pub fn parse<T: FromJson>(text: &[u8]) -> Result<T, Error> {
    let mut r = Reader::from_bytes(text)?;
    let value = T::from_json(&mut r)?;
    r.end()?;
    Ok(value)
}

/// Does the same as [`parse`], but the escape of an unpaired surrogate in a string becomes U+FFFD.
pub(crate) fn parse_replacing_surrogates<T: FromJson>(text: &[u8]) -> Result<T, Error> {
    let mut r = Reader::from_bytes(text)?.replacing_surrogates();
    let value = T::from_json(&mut r)?;
    r.end()?;
    Ok(value)
}

/// Does the same as [`parse`], but a byte order mark before the value is skipped, as RFC 8259, section 8.1, allows:
/// programs on Windows write one into files and bodies. Offsets in errors include the mark.
pub(crate) fn parse_after_bom<T: FromJson>(text: &[u8]) -> Result<T, Error> {
    let mut r = Reader::from_bytes(text)?;
    r.rest = without_bom(r.rest);
    let value = T::from_json(&mut r)?;
    r.end()?;
    Ok(value)
}

/// Returns `text` without a byte order mark in UTF-8 at its beginning.
pub(crate) fn without_bom(text: &[u8]) -> &[u8] {
    match text {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        _ => text,
    }
}

/// Writes `value` as JSON without white space.
///
/// ```
/// use tiny_lambda::json;
///
/// assert_eq!(json::to_vec(&[Some("a"), None]), br#"["a",null]"#);
/// ```
pub fn to_vec<T: ToJson + ?Sized>(value: &T) -> Vec<u8> {
    let mut w = Writer::default();
    value.to_json(&mut w);
    w.into_inner()
}

/// A type that can be read from JSON.
///
/// [`json_struct!`](crate::json_struct) and [`json_enum!`](crate::json_enum) implement this trait. An
/// impl by hand takes a few lines:
/// ```
/// use tiny_lambda::json::{self, FromJson, Reader};
///
/// #[derive(Debug, PartialEq)]
/// struct Hex(u32);
///
/// impl FromJson for Hex {
///     fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
///         r.attempt(|r| {
///             let text = r.string()?;
///             u32::from_str_radix(&text, 16).map(Hex).map_err(|_| r.error_expected("a hex number"))
///         })
///     }
/// }
/// assert_eq!(json::parse::<Hex>(br#""ff""#)?, Hex(255));
/// assert_eq!(
///     json::parse::<Vec<Hex>>(br#"["x"]"#).unwrap_err().to_string(),
///     "expected a hex number, found a string at $[0] (offset 1, line 1, column 2)"
/// );
/// # Ok::<(), json::Error>(())
/// ```
///
/// A generic struct reads its members one by one. An enum whose variants have fields reads one member
/// from a clone of the [`Reader`] first.
/// ```
/// use tiny_lambda::json::{self, FromJson, Reader};
///
/// #[derive(Debug, PartialEq)]
/// struct Page<T> {
///     items: Vec<T>,
///     next: Option<String>,
/// }
///
/// impl<T: FromJson> FromJson for Page<T> {
///     fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
///         r.attempt(|r| {
///             let (mut items, mut next) = (None, None);
///             r.begin_object()?;
///             while let Some(name) = r.next_member()? {
///                 match &*name {
///                     "items" => items = Some(FromJson::from_json(r)?),
///                     "next" => next = FromJson::from_json(r)?,
///                     _ => r.skip()?,
///                 }
///             }
///             let items = items.ok_or_else(|| r.error("missing member `items`"))?;
///             Ok(Page { items, next })
///         })
///     }
/// }
/// let page: Page<u8> = json::parse(br#"{"items": [1, 2], "total": 2}"#)?;
/// assert_eq!(page, Page { items: vec![1, 2], next: None });
///
/// tiny_lambda::json_struct! { struct Kind { kind: String } }
/// tiny_lambda::json_struct! { struct Circle { radius: u32 } }
///
/// #[derive(Debug, PartialEq)]
/// enum Shape {
///     Circle { radius: u32 },
///     Point,
/// }
///
/// impl FromJson for Shape {
///     fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
///         r.attempt(|r| match &*Kind::from_json(&mut r.clone())?.kind {
///             "circle" => Circle::from_json(r).map(|circle| Shape::Circle { radius: circle.radius }),
///             "point" => r.skip().map(|()| Shape::Point),
///             kind => Err(r.error(&format!("unknown kind `{kind}`"))),
///         })
///     }
/// }
/// assert_eq!(json::parse::<Shape>(br#"{"kind": "circle", "radius": 2}"#)?, Shape::Circle { radius: 2 });
/// assert!(json::parse::<Shape>(br#"{"kind": "line"}"#).is_err());
/// # Ok::<(), json::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from JSON",
    label = "does not implement `FromJson`",
    note = "`json_struct!` and `json_enum!` write the impl; by hand it takes a few lines"
)]
pub trait FromJson: Sized {
    /// Reads one value. If it fails, the reader must not move; an impl that calls several methods of
    /// the reader uses [`Reader::attempt`] for that.
    ///
    /// ```
    /// use tiny_lambda::json::{FromJson, Reader};
    ///
    /// assert_eq!(u8::from_json(&mut Reader::new("7"))?, 7);
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the reader, or one made by [`Reader::error_expected`] or [`Reader::error`].
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error>;

    /// Reads a value and stores it in `self`.
    #[doc(hidden)]
    fn read_json(&mut self, r: &mut Reader<'_>) -> Result<(), Error> {
        *self = Self::from_json(r)?;
        Ok(())
    }

    /// Reads the value of a member of an event, which has a name such as `SqsMessage.messageAttributes`. A type
    /// that keeps JSON keeps the name too, for the errors of its values.
    #[doc(hidden)]
    #[inline]
    fn read_named(r: &mut Reader<'_>, _name: &'static str) -> Result<Self, Error> {
        Self::from_json(r)
    }

    /// Returns the value of a field whose member is missing. `None`, which most types return, makes that
    /// an error.
    ///
    /// ```
    /// use tiny_lambda::json::FromJson;
    ///
    /// assert_eq!(Option::<u8>::absent(), Some(None));
    /// assert_eq!(u8::absent(), None);
    /// ```
    #[inline(always)]
    fn absent() -> Option<Self> {
        None
    }

    /// Returns a placeholder that is used until the field is read. Without one, a struct has to find
    /// and read the field's member before the others.
    #[doc(hidden)]
    #[inline(always)]
    fn placeholder() -> Option<Self> {
        None
    }

    // The functions that `json_struct!` calls for a field. They belong to this trait, so that a type
    // which does not implement it is a single compile error.

    #[doc(hidden)]
    fn read_json_field(r: &mut Reader<'_>, field: &mut Self) -> Result<(), Error> {
        field.read_json(r)
    }

    /// Inserts the field's index into the set of required members, unless its member may be missing.
    #[doc(hidden)]
    #[inline(always)]
    fn require_field(missing: &mut [u64], index: usize) {
        if Self::absent().is_none() {
            private::insert_bit(missing, index);
        }
    }

    /// Returns the first value of a field: the placeholder, or the member's value if the type has none.
    #[doc(hidden)]
    #[inline(always)]
    fn init_field(r: &Reader<'_>, names: &private::Names, index: usize) -> Result<Self, Error> {
        match Self::placeholder_field() {
            Some(value) => Ok(value),
            None => private::read_ahead(r, names, index, Self::from_json),
        }
    }

    /// Resets a field to the value of a missing member, if the member may be missing.
    #[doc(hidden)]
    #[inline(always)]
    fn reset_field(field: &mut Self) {
        if let Some(absent) = Self::absent() {
            *field = absent;
        }
    }

    /// Returns the placeholder of a field: the value of a missing member, or [`Self::placeholder`].
    #[doc(hidden)]
    #[inline(always)]
    fn placeholder_field() -> Option<Self> {
        match Self::absent() {
            None => Self::placeholder(),
            absent => absent,
        }
    }

    /// Returns the name of this type in error messages, if it has one.
    #[doc(hidden)]
    fn kind() -> Option<&'static str> {
        None
    }

    /// Reads a list of these into an empty one: from an array, or from an object if these are pairs of
    /// a name and a value.
    #[doc(hidden)]
    fn read_list(list: &mut Vec<Self>, r: &mut Reader<'_>) -> Result<(), Error> {
        impls::read_elements(list, r)
    }

    /// Reads a list of pairs whose first part is one of these.
    #[doc(hidden)]
    fn read_pairs<T: FromJson>(list: &mut Vec<(Self, T)>, r: &mut Reader<'_>) -> Result<(), Error> {
        impls::read_elements(list, r)
    }
}

/// A type that can be written as JSON.
///
/// [`json_struct!`](crate::json_struct) and [`json_enum!`](crate::json_enum) implement this trait. An
/// impl by hand takes a few lines:
///
/// ```
/// use tiny_lambda::json::{self, ToJson, Writer};
///
/// struct Point(i32, i32);
///
/// impl ToJson for Point {
///     fn to_json(&self, w: &mut Writer) {
///         w.begin_object();
///         w.member("x", &self.0);
///         w.member("y", &self.1);
///         w.end_object();
///     }
/// }
/// assert_eq!(json::to_vec(&[Point(1, -2)]), br#"[{"x":1,"y":-2}]"#);
/// ```
///
/// A generic struct needs the trait of its parameters, and an enum whose variants have fields is a `match`:
///
/// ```
/// use tiny_lambda::json::{self, ToJson, Writer};
///
/// struct Page<T> {
///     items: Vec<T>,
/// }
///
/// impl<T: ToJson> ToJson for Page<T> {
///     fn to_json(&self, w: &mut Writer) {
///         w.begin_object();
///         w.member("items", &self.items);
///         w.end_object();
///     }
/// }
/// assert_eq!(json::to_vec(&Page { items: vec![1] }), br#"{"items":[1]}"#);
///
/// enum Shape {
///     Circle { radius: u32 },
///     Point,
/// }
///
/// impl ToJson for Shape {
///     fn to_json(&self, w: &mut Writer) {
///         w.begin_object();
///         match self {
///             Shape::Circle { radius } => {
///                 w.member("kind", "circle");
///                 w.member("radius", radius);
///             }
///             Shape::Point => w.member("kind", "point"),
///         }
///         w.end_object();
///     }
/// }
/// let shapes = [Shape::Circle { radius: 2 }, Shape::Point];
/// assert_eq!(json::to_vec(&shapes), br#"[{"kind":"circle","radius":2},{"kind":"point"}]"#);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as JSON",
    label = "does not implement `ToJson`",
    note = "`json_struct!` and `json_enum!` write the impl; by hand it takes a few lines",
    note = "a handler that returns `http::Response` is served by `run_http`"
)]
pub trait ToJson {
    /// Writes one value.
    ///
    /// ```
    /// use tiny_lambda::json::{ToJson, Writer};
    ///
    /// let mut w = Writer::default();
    /// [1, 2].to_json(&mut w);
    /// assert_eq!(w.into_inner(), b"[1,2]");
    /// ```
    fn to_json(&self, w: &mut Writer);

    /// Writes the value as a field of a log line. Integers have a shorter function for it than that of
    /// [`to_json`](Self::to_json), which is fast.
    #[doc(hidden)]
    fn to_log_field(&self, w: &mut Writer) {
        self.to_json(w);
    }

    /// Returns the value as a tree. [`json!`](crate::json!) calls this for expressions.
    ///
    /// ```
    /// use tiny_lambda::json::{ToJson, Value};
    ///
    /// assert_eq!("tea".to_value(), Value::from("tea"));
    /// ```
    fn to_value(&self) -> Value {
        // A `RawJson` may contain an unpaired surrogate.
        parse_replacing_surrogates(&to_vec(self)).unwrap_or_default()
    }

    /// Returns whether this is a `None`, which a struct with the word `skip_none` leaves out.
    #[doc(hidden)]
    fn is_absent(&self) -> bool
    where
        Self: Sized,
    {
        false
    }

    /// Writes a list of these: as an array, or as an object if these are pairs of a name and a value.
    #[doc(hidden)]
    fn list_to_json(list: &[Self], w: &mut Writer)
    where
        Self: Sized,
    {
        impls::write_elements(list, w);
    }

    /// Returns a list of these as a tree.
    #[doc(hidden)]
    fn list_to_value(list: &[Self]) -> Value
    where
        Self: Sized,
    {
        Value::Array(list.iter().map(ToJson::to_value).collect())
    }

    /// Returns the status and the body with which a web function sends the value: JSON, unless it is text,
    /// bytes or nothing. See [`IntoResponse`](crate::http::IntoResponse).
    #[doc(hidden)]
    fn to_web_body(&self) -> (u16, private::WebBody) {
        (200, private::WebBody::Json(to_vec(self)))
    }

    /// Returns the body with which a web function sends a list of these.
    #[doc(hidden)]
    fn list_to_web_body(list: &[Self]) -> private::WebBody
    where
        Self: Sized,
    {
        private::WebBody::Json(to_vec(list))
    }

    /// Returns the status and the body with which a web function sends a pair whose first part is one of
    /// these.
    #[doc(hidden)]
    fn pair_to_web_body<T: ToJson>(pair: &(Self, T)) -> (u16, private::WebBody)
    where
        Self: Sized,
    {
        (200, private::WebBody::Json(to_vec(pair)))
    }

    /// Writes a list of pairs whose first part is one of these.
    #[doc(hidden)]
    fn pairs_to_json<T: ToJson>(pairs: &[(Self, T)], w: &mut Writer)
    where
        Self: Sized,
    {
        impls::write_elements(pairs, w);
    }

    /// Returns a list of pairs whose first part is one of these as a tree.
    #[doc(hidden)]
    fn pairs_to_value<T: ToJson>(pairs: &[(Self, T)]) -> Value
    where
        Self: Sized,
    {
        Value::Array(pairs.iter().map(ToJson::to_value).collect())
    }
}
