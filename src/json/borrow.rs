//! Types that borrow from the text that they are read from.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Error, Reader};

/// Reads `text`, which must be one value, as a `T`, which may borrow from it.
///
/// ```
/// use tiny_lambda::json;
///
/// let names: Vec<&str> = json::parse_borrowed(br#"["Ada", "Grace"]"#)?;
/// assert_eq!(names, ["Ada", "Grace"]);
/// # Ok::<(), json::Error>(())
/// ```
///
/// # Errors
/// As [`parse`](super::parse).
pub fn parse_borrowed<'j, T: BorrowJson<'j>>(text: &'j [u8]) -> Result<T, Error> {
    let mut r = Reader::from_bytes(text)?;
    let value = T::borrow_json(&mut r)?;
    r.end()?;
    Ok(value)
}

/// A type that can be read from JSON and may borrow from the text. [`FromJson`](super::FromJson) is for
/// types that own their data.
///
/// [`json_struct!`](crate::json_struct) implements this trait for structs with a lifetime. By hand:
/// ```
/// use tiny_lambda::json::{self, BorrowJson, Reader};
///
/// struct Id<'j>(&'j str);
///
/// impl<'j> BorrowJson<'j> for Id<'j> {
///     fn borrow_json(r: &mut Reader<'j>) -> Result<Self, json::Error> {
///         <&str>::borrow_json(r).map(Id)
///     }
/// }
/// assert_eq!(json::parse_borrowed::<Id>(br#""a1""#)?.0, "a1");
/// # Ok::<(), json::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be borrowed from JSON",
    note = "`json_struct!` writes the impl for structs with a lifetime"
)]
pub trait BorrowJson<'j>: Sized {
    /// Reads one value. If it fails, the reader must not move; an impl that calls several methods of
    /// the reader uses [`Reader::attempt`] for that.
    ///
    /// # Errors
    /// Those of the reader, or one made by [`Reader::error_expected`] or [`Reader::error`].
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error>;

    /// Reads one value into this one.
    #[doc(hidden)]
    fn read_json(&mut self, r: &mut Reader<'j>) -> Result<(), Error> {
        *self = Self::borrow_json(r)?;
        Ok(())
    }

    /// Returns the value of a field whose member is missing. `None` makes that an error.
    #[inline(always)]
    fn absent() -> Option<Self> {
        None
    }

    /// As [`FromJson::placeholder`](super::FromJson::placeholder).
    #[doc(hidden)]
    #[inline(always)]
    fn placeholder() -> Option<Self> {
        None
    }
}

/// A string without escapes. Use a `Cow<str>` for a string that may contain some.
impl<'j> BorrowJson<'j> for &'j str {
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error> {
        r.borrowed_string()
    }

    #[inline(always)]
    fn placeholder() -> Option<Self> {
        Some("")
    }
}

/// A string, borrowed unless it contains escapes.
impl<'j> BorrowJson<'j> for Cow<'j, str> {
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error> {
        r.string()
    }

    #[inline(always)]
    fn placeholder() -> Option<Self> {
        Some(Cow::Borrowed(""))
    }
}

impl<'j, T: BorrowJson<'j>> BorrowJson<'j> for Box<T> {
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error> {
        T::borrow_json(r).map(Box::new)
    }

    #[inline(always)]
    fn placeholder() -> Option<Self> {
        T::placeholder().map(Box::new)
    }
}

/// `None` is `null` or a missing member.
impl<'j, T: BorrowJson<'j>> BorrowJson<'j> for Option<T> {
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error> {
        if r.null_if_next() {
            Ok(None)
        } else {
            T::borrow_json(r).map(Some)
        }
    }

    #[inline(always)]
    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// An array.
impl<'j, T: BorrowJson<'j>> BorrowJson<'j> for Vec<T> {
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error> {
        let mut list = Vec::new();
        list.read_json(r)?;
        Ok(list)
    }

    fn read_json(&mut self, r: &mut Reader<'j>) -> Result<(), Error> {
        self.clear();
        r.elements(&mut |r| {
            self.push(T::borrow_json(r)?);
            Ok(())
        })
    }

    #[inline(always)]
    fn placeholder() -> Option<Self> {
        Some(Vec::new())
    }
}

/// An object. If a name occurs more than once, the last value counts.
impl<'j, T: BorrowJson<'j>> BorrowJson<'j> for BTreeMap<Cow<'j, str>, T> {
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error> {
        let mut map = BTreeMap::new();
        map.read_json(r)?;
        Ok(map)
    }

    fn read_json(&mut self, r: &mut Reader<'j>) -> Result<(), Error> {
        self.clear();
        r.members_with(&mut |name, r| {
            let value = T::borrow_json(r)?;
            self.insert(name, value);
            Ok(())
        })
    }

    #[inline(always)]
    fn placeholder() -> Option<Self> {
        Some(BTreeMap::new())
    }
}
