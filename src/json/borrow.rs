//! Types that borrow from the text that they are read from.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Error, FromJson, Reader};

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
/// Those of [`parse`](super::parse).
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
    /// ```
    /// use tiny_lambda::json::{BorrowJson, Reader};
    ///
    /// assert_eq!(<&str>::borrow_json(&mut Reader::new(r#""a1""#))?, "a1");
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the reader, or one made by [`Reader::error_expected`] or [`Reader::error`].
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error>;

    /// Reads a value and stores it in `self`.
    #[doc(hidden)]
    fn read_json(&mut self, r: &mut Reader<'j>) -> Result<(), Error> {
        *self = Self::borrow_json(r)?;
        Ok(())
    }

    /// Returns the value of a field whose member is missing. `None` makes that an error.
    ///
    /// ```
    /// use tiny_lambda::json::BorrowJson;
    ///
    /// assert_eq!(Option::<&str>::absent(), Some(None));
    /// assert_eq!(<&str>::absent(), None);
    /// ```
    #[inline(always)]
    fn absent() -> Option<Self> {
        None
    }

    /// Does the same as [`FromJson::placeholder`](super::FromJson::placeholder).
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

    placeholder!("");
}

/// A string, borrowed unless it contains escapes.
impl<'j> BorrowJson<'j> for Cow<'j, str> {
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error> {
        r.string()
    }

    placeholder!(Cow::Borrowed(""));
}

/// Impls that are the same for types that own their data and for types that borrow.
macro_rules! impls {
    ($trait:ident<$($life:lifetime)?> $from:ident $reader:lifetime, $name:ty) => {
        /// `None` is `null` or a missing member.
        impl<$($life,)? T: $trait<$($life)?>> $trait<$($life)?> for Option<T> {
            fn $from(r: &mut Reader<$reader>) -> Result<Self, Error> {
                if r.null_if_next() {
                    Ok(None)
                } else {
                    T::$from(r).map(Some)
                }
            }

            #[inline(always)]
            fn absent() -> Option<Self> {
                Some(None)
            }
        }

        map!($trait<$($life)?> $from $reader, BTreeMap<$name, T>);
    };
}

/// Implements a trait for a map.
macro_rules! map {
    ($trait:ident<$($life:lifetime)?> $from:ident $reader:lifetime, $map:ty $(, $hasher:ident)?) => {
        /// An object. If a name occurs more than once, the last value counts.
        impl<$($life,)? T: $trait<$($life)?> $(, $hasher: BuildHasher + Default)?> $trait<$($life)?> for $map {
            fn $from(r: &mut Reader<$reader>) -> Result<Self, Error> {
                let mut map = Self::default();
                map.read_json(r)?;
                Ok(map)
            }

            fn read_json(&mut self, r: &mut Reader<$reader>) -> Result<(), Error> {
                self.clear();
                r.members_with(&mut |name, r| {
                    let value = T::$from(r)?;
                    self.insert(name.into(), value);
                    Ok(())
                })
            }

            placeholder!(Self::default());
        }
    };
}
pub(super) use map;

impls!(FromJson<> from_json '_, String);
impls!(BorrowJson<'j> borrow_json 'j, Cow<'j, str>);

impl<'j, T: BorrowJson<'j>> BorrowJson<'j> for Box<T> {
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error> {
        T::borrow_json(r).map(Box::new)
    }

    #[inline(always)]
    fn placeholder() -> Option<Self> {
        T::placeholder().map(Box::new)
    }
}

/// An array.
impl<'j, T: BorrowJson<'j>> BorrowJson<'j> for Vec<T> {
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error> {
        let mut list = Vec::new();
        BorrowJson::read_json(&mut list, r)?;
        Ok(list)
    }

    fn read_json(&mut self, r: &mut Reader<'j>) -> Result<(), Error> {
        self.clear();
        r.elements(&mut |r| {
            self.push(T::borrow_json(r)?);
            Ok(())
        })
    }

    placeholder!(Vec::new());
}
