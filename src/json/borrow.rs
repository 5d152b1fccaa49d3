//! What borrows from the text that it is read from.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Error, Reader};

/// Reads one value, which must be the whole of `text` and may borrow from it.
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

/// What can be read from JSON and may borrow from its text; [`FromJson`](super::FromJson) is for
/// what stands on its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be borrowed from JSON",
    note = "`json_struct!` writes the impl for structs with a lifetime"
)]
pub trait BorrowJson<'j>: Sized {
    /// Reads exactly one value, or leaves the reader where it was, as [`Reader::attempt`] does.
    ///
    /// # Errors
    /// The reader's own, or one made by [`Reader::error_expected`] or [`Reader::error`].
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error>;

    /// Reads exactly one value in place of this one.
    #[doc(hidden)]
    fn read_json(&mut self, r: &mut Reader<'j>) -> Result<(), Error> {
        *self = Self::borrow_json(r)?;
        Ok(())
    }

    /// What a missing member stands for; `None` makes it an error.
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

/// A string without escapes; one that may have them is a `Cow<str>`.
impl<'j> BorrowJson<'j> for &'j str {
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error> {
        r.borrowed_string()
    }

    #[inline(always)]
    fn placeholder() -> Option<Self> {
        Some("")
    }
}

/// Borrowed unless there are escapes.
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

/// Of members with one name the last wins.
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
