//! JSON (RFC 8259): read, written and kept as values; `core` and `alloc` only.
//!
//! Nothing is tolerated that the RFC does not allow, and nothing is lost: numbers keep their text
//! until a type asks for a value, objects keep the order of their members.
//!
//! What the RFC leaves open is decided thus, everywhere the same:
//!
//! | in the text | what happens |
//! | --- | --- |
//! | a member twice in one object | the last one wins |
//! | `"\ud800"`, half of a surrogate pair | skipped and kept as a [`RawJson`]; refused where it is read as a string, which cannot hold it; U+FFFD in events, in web requests and in names that [`Reader::next_member`] returns |
//! | bytes that are not UTF-8 | refused, with their offset |
//! | a byte order mark | refused; [`Request::json`](crate::http::Request::json) skips one in front of a body |
//! | more than 128 arrays and objects inside one another | refused |
//! | an integer beyond its type | refused, never wrapped or rounded |
//! | `60.0`, `6e1` | 60 as an integer; `60.5` is refused |
//! | `1e400` | refused as an `f64`, kept as a [`Number`] |
//! | `-0` | kept, as a [`Number`] and as an `f64`; 0 as an integer |
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
pub(crate) mod time;
mod value;
mod write;

pub use base64::Base64;
pub use borrow::{BorrowJson, parse_borrowed};
pub use error::{Error, ErrorKind};
pub use impls::Ignored;
#[cfg(feature = "miniserde")]
pub use mini::Mini;
pub use number::Number;
pub use object::{Members, Object};
pub use pointer::get;
pub use pretty::to_vec_pretty;
pub use raw::RawJson;
pub use read::{Kind, Reader};
pub use time::{EpochMillis, EpochSeconds, IsoDuration, Millis, Rfc3339, Seconds};
pub use value::Value;
pub use write::Writer;

use alloc::vec::Vec;

/// Reads one value, which must be the whole of `text`.
///
/// # Errors
/// Says what was expected, what was found, and where, if `text` is not JSON, is not a `T`, or goes
/// on after the value.
pub fn parse<T: FromJson>(text: &[u8]) -> Result<T, Error> {
    let mut r = Reader::from_bytes(text)?;
    let value = T::from_json(&mut r)?;
    r.end()?;
    Ok(value)
}

/// As [`parse`], but strings have U+FFFD in place of an escape for half of a surrogate pair.
pub(crate) fn parse_replacing_surrogates<T: FromJson>(text: &[u8]) -> Result<T, Error> {
    let mut r = Reader::from_bytes(text)?.replacing_surrogates();
    let value = T::from_json(&mut r)?;
    r.end()?;
    Ok(value)
}

/// As [`parse`], but a byte order mark in front is skipped, as RFC 8259, section 8.1, allows: for
/// files and bodies, which programs on Windows begin so. Offsets in errors count the mark.
pub(crate) fn parse_after_bom<T: FromJson>(text: &[u8]) -> Result<T, Error> {
    let mut r = Reader::from_bytes(text)?;
    r.rest = without_bom(r.rest);
    let value = T::from_json(&mut r)?;
    r.end()?;
    Ok(value)
}

/// What is after a byte order mark in UTF-8, if `text` begins with one.
pub(crate) fn without_bom(text: &[u8]) -> &[u8] {
    match text {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        _ => text,
    }
}

/// Writes `value` without white space.
pub fn to_vec<T: ToJson + ?Sized>(value: &T) -> Vec<u8> {
    let mut w = Writer::default();
    value.to_json(&mut w);
    w.into_inner()
}

/// What can be read from JSON.
///
/// `json_struct!` writes this impl for structs; a value with a form of its own takes a few lines:
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from JSON",
    label = "does not implement `FromJson`",
    note = "`json_struct!` and `json_enum!` write the impl; by hand it takes a few lines"
)]
pub trait FromJson: Sized {
    /// Reads exactly one value, or leaves the reader where it was.
    ///
    /// [`Reader::attempt`] sees to the latter where more than one method of the reader is called.
    ///
    /// # Errors
    /// The reader's own, or one made by [`Reader::error_expected`] or [`Reader::error`].
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error>;

    /// Reads exactly one value in place of this one.
    #[doc(hidden)]
    fn read_json(&mut self, r: &mut Reader<'_>) -> Result<(), Error> {
        *self = Self::from_json(r)?;
        Ok(())
    }

    /// What a missing member stands for; `None`, which is what most types say, makes it an error.
    #[inline(always)]
    fn absent() -> Option<Self> {
        None
    }

    /// Any value, to stand in a field until that is read; without one, a struct has to look for the
    /// field's member before it begins.
    #[doc(hidden)]
    #[inline(always)]
    fn placeholder() -> Option<Self> {
        None
    }

    // What `json_struct!` does with a field. These are functions of this trait, not of a helper with
    // a bound, so that a type which cannot be read is one error for the compiler.

    #[doc(hidden)]
    fn read_json_field(r: &mut Reader<'_>, field: &mut Self) -> Result<(), Error> {
        field.read_json(r)
    }

    /// Puts the member `index` into the set of those that must be there, if it must.
    #[doc(hidden)]
    #[inline(always)]
    fn require_field(missing: &mut [u64], index: usize) {
        if Self::absent().is_none() {
            private::insert_bit(missing, index);
        }
    }

    /// What stands in a field until its member is read: any value, if the type knows one.
    #[doc(hidden)]
    #[inline(always)]
    fn init_field(r: &Reader<'_>, names: &private::Names, index: usize) -> Result<Self, Error> {
        match Self::placeholder_field() {
            Some(value) => Ok(value),
            None => private::read_ahead(r, names, index, Self::from_json),
        }
    }

    /// Puts what a missing member stands for into its field, if it may be missing.
    #[doc(hidden)]
    #[inline(always)]
    fn reset_field(field: &mut Self) {
        if let Some(absent) = Self::absent() {
            *field = absent;
        }
    }

    /// Any value of the type, if it knows one.
    #[doc(hidden)]
    #[inline(always)]
    fn placeholder_field() -> Option<Self> {
        match Self::absent() {
            None => Self::placeholder(),
            absent => absent,
        }
    }

    /// What it is called where others have named it: a type that stands for itself has no name.
    #[doc(hidden)]
    fn kind() -> Option<&'static str> {
        None
    }

    /// How a list of these is read, into an empty one: as an array, but of pairs with a name in
    /// front, as an object.
    #[doc(hidden)]
    fn read_list(list: &mut Vec<Self>, r: &mut Reader<'_>) -> Result<(), Error> {
        impls::read_elements(list, r)
    }

    /// How a list of pairs with one of these in front is read.
    #[doc(hidden)]
    fn read_pairs<T: FromJson>(list: &mut Vec<(Self, T)>, r: &mut Reader<'_>) -> Result<(), Error> {
        impls::read_elements(list, r)
    }
}

/// What can be written as JSON.
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as JSON",
    label = "does not implement `ToJson`",
    note = "`json_struct!` and `json_enum!` write the impl; by hand it takes a few lines"
)]
pub trait ToJson {
    /// Writes exactly one value.
    fn to_json(&self, w: &mut Writer);

    /// The same as a tree, which is what `json!` puts in its places.
    fn to_value(&self) -> Value {
        // A `RawJson` may have half of a surrogate pair in it.
        parse_replacing_surrogates(&to_vec(self)).unwrap_or_default()
    }

    /// How a list of these is written: as an array, but of pairs with a name in front, as an object.
    #[doc(hidden)]
    fn list_to_json(list: &[Self], w: &mut Writer)
    where
        Self: Sized,
    {
        impls::write_elements(list, w);
    }

    /// How a list of these becomes a tree.
    #[doc(hidden)]
    fn list_to_value(list: &[Self]) -> Value
    where
        Self: Sized,
    {
        Value::Array(list.iter().map(ToJson::to_value).collect())
    }

    /// How a list of pairs with one of these in front is written.
    #[doc(hidden)]
    fn pairs_to_json<T: ToJson>(pairs: &[(Self, T)], w: &mut Writer)
    where
        Self: Sized,
    {
        impls::write_elements(pairs, w);
    }

    /// How a list of pairs with one of these in front becomes a tree.
    #[doc(hidden)]
    fn pairs_to_value<T: ToJson>(pairs: &[(Self, T)]) -> Value
    where
        Self: Sized,
    {
        Value::Array(pairs.iter().map(ToJson::to_value).collect())
    }
}
