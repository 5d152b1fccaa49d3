//! Impls of `FromJson` and `ToJson` for types of `core` and `alloc`.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::float;
use super::members::read_members;
use super::private::WebBody;
use super::{Error, FromJson, Reader, ToJson, Value, Writer};
use crate::encoding::{Digits, decimal};
use crate::sys::utf8;

/// `null`. Use [`Ignored`] for a value of any kind that is not needed.
impl FromJson for () {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.null()
    }

    placeholder!(());
}

/// `null`
impl ToJson for () {
    fn to_json(&self, w: &mut Writer) {
        w.null();
    }

    fn to_web_body(&self) -> (u16, WebBody) {
        (204, WebBody::Empty)
    }
}

/// A value of any kind, which is checked and dropped: for functions that do not need the event.
///
/// ```
/// use tiny_lambda::json::{self, Ignored};
///
/// assert_eq!(json::parse(br#"{"a": [1, 2]}"#), Ok(Ignored));
/// assert!(json::parse::<Ignored>(b"{").is_err());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ignored;

impl FromJson for Ignored {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.skip()?;
        Ok(Ignored)
    }

    placeholder!(Ignored);
}

impl FromJson for bool {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.bool()
    }

    placeholder!(false);
}

impl ToJson for bool {
    fn to_json(&self, w: &mut Writer) {
        w.bool(*self);
    }

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

macro_rules! integers {
    ($($type:ident $unsigned:ident $wide:ident $small:ident $({ $($more:tt)* })?),* $(,)?) => {$(
        /// An integer that is in range, in any notation: 60 is `60`, `60.0` or `6e1`.
        impl FromJson for $type {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_possible_wrap,
                clippy::cast_sign_loss,
                clippy::cast_lossless,
                reason = "the reader has checked the range; the cast back is two's complement"
            )]
            fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
                let negative_max = $type::MIN.wrapping_neg() as $unsigned as u64;
                r.integer(negative_max, $type::MAX as u64, stringify!($type)).map(|value| value as $type)
            }

            placeholder!(0);
        }

        impl ToJson for $type {
            #[allow(clippy::cast_lossless, reason = "the compiler does not know that usize fits in u64")]
            fn to_json(&self, w: &mut Writer) {
                w.$small(*self as $wide);
            }

            #[allow(clippy::cast_lossless, reason = "the compiler does not know that usize fits in u64")]
            fn to_log_field(&self, w: &mut Writer) {
                write_briefly(*self as i128, w);
            }

            fn to_value(&self) -> Value {
                Value::from(*self)
            }

            $($($more)*)?
        }
    )*};
}

/// Writes an integer of 64 bits with the function that writes the lengths of requests. It is slower than the writer's,
/// and makes a function that writes no other numbers 300 bytes smaller.
#[inline(always)]
fn write_briefly(value: i128, w: &mut Writer) {
    if value < 0 {
        w.raw("-");
    }
    let absolute = u64::try_from(value.unsigned_abs());
    debug_assert!(absolute.is_ok(), "64 bits");
    w.raw(utf8::text(decimal(
        absolute.unwrap_or(0),
        &mut Digits::default(),
    )));
}

integers!(
    u8 u8 u64 u64 {
        fn list_to_web_body(list: &[u8]) -> WebBody {
            WebBody::Bytes(list.into())
        }
    },
    u16 u16 u64 u64 {
        fn pair_to_web_body<T: ToJson>(pair: &(u16, T)) -> (u16, WebBody) {
            (pair.0, pair.1.to_web_body().1)
        }
    },
    u32 u32 u64 u64, u64 u64 u64 u64, usize usize u64 u64,
    i8 u8 i64 i64, i16 u16 i64 i64,
    i32 u32 i64 i64 {
        // The type of a status that is written as a literal, as in `(404, "no such order")`.
        fn pair_to_web_body<T: ToJson>(pair: &(i32, T)) -> (u16, WebBody) {
            let status = u16::try_from(pair.0).unwrap_or(u16::MAX);
            (status, pair.1.to_web_body().1)
        }
    },
    i64 u64 i64 i64, isize usize i64 i64,
);

macro_rules! wide_integers {
    ($($type:ident),*) => {$(
        /// An integer that is in range, in any notation: 60 is `60`, `60.0` or `6e1`.
        impl FromJson for $type {
            #[allow(
                clippy::cast_possible_wrap,
                clippy::cast_sign_loss,
                trivial_numeric_casts,
                reason = "the reader has checked the range; the cast back is two's complement"
            )]
            fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
                let negative_max = $type::MIN.wrapping_neg() as u128;
                let (negative, magnitude) =
                    r.wide_integer(negative_max, $type::MAX as u128, stringify!($type))?;
                let value = if negative {
                    magnitude.wrapping_neg()
                } else {
                    magnitude
                };
                Ok(value as $type)
            }

            placeholder!(0);
        }

        impl ToJson for $type {
            fn to_json(&self, w: &mut Writer) {
                w.$type(*self);
            }

            fn to_value(&self) -> Value {
                Value::from(*self)
            }
        }
    )*};
}

wide_integers!(u128, i128);

macro_rules! floats {
    ($($type:ident $bits:ident $format:ident),*) => {$(
        /// The nearest float; a number beyond the largest is an error, not infinity.
        impl FromJson for $type {
            fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
                let bits = r.float(&float::$format, stringify!($type))?;
                #[allow(
                    clippy::cast_possible_truncation,
                    trivial_numeric_casts,
                    reason = "the format has this number of bits"
                )]
                Ok($type::from_bits(bits as $bits))
            }

            placeholder!(0.0);
        }

        /// The shortest text that is read as the same float; `null` for infinities and NaN, which
        /// JSON does not have (RFC 8259, section 6).
        impl ToJson for $type {
            fn to_json(&self, w: &mut Writer) {
                w.float(self.to_bits().into(), &float::$format);
            }
        }

        /// `null` for infinities and NaN.
        impl From<$type> for Value {
            fn from(value: $type) -> Value {
                if !value.is_finite() {
                    return Value::Null;
                }
                ToJson::to_value(&value)
            }
        }
    )*};
}

floats!(f64 u64 F64, f32 u32 F32);

/// A string of one character.
impl FromJson for char {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.attempt(|r| {
            let string = r.string()?;
            let mut characters = string.chars();
            match (characters.next(), characters.next()) {
                (Some(character), None) => Ok(character),
                _ => Err(r.error_expected("a string of one character")),
            }
        })
    }

    placeholder!('\0');
}

impl ToJson for char {
    fn to_json(&self, w: &mut Writer) {
        w.string(self.encode_utf8(&mut [0; 4]));
    }
}

impl FromJson for String {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        let mut string = String::new();
        r.string_into(&mut string)?;
        Ok(string)
    }

    fn read_json(&mut self, r: &mut Reader<'_>) -> Result<(), Error> {
        r.string_into(self)
    }

    placeholder!(String::new());

    fn read_pairs<T: FromJson>(list: &mut Vec<(Self, T)>, r: &mut Reader<'_>) -> Result<(), Error> {
        read_members(list, r)
    }
}

macro_rules! string_pointers {
    ($($type:ty),*) => {$(
        impl FromJson for $type {
            fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
                String::from_json(r).map(Into::into)
            }

            placeholder!(Self::from(""));
        }
    )*};
}

string_pointers!(Box<str>, Rc<str>, Arc<str>);

macro_rules! addresses {
    ($($type:ty, $what:literal, $placeholder:expr);*) => {$(
        /// A string, such as the type's `Display` writes.
        impl FromJson for $type {
            fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
                r.attempt(|r| r.string()?.parse().map_err(|_| r.error_expected($what)))
            }

            placeholder!($placeholder);
        }

        /// A string.
        impl ToJson for $type {
            fn to_json(&self, w: &mut Writer) {
                w.string(&self.to_string());
            }
        }
    )*};
}

const NO_V4: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
const NO_V6: Ipv6Addr = Ipv6Addr::UNSPECIFIED;

addresses!(
    IpAddr, "an IP address", IpAddr::V4(NO_V4);
    Ipv4Addr, "an IPv4 address", NO_V4;
    Ipv6Addr, "an IPv6 address", NO_V6;
    SocketAddr, "an IP address and a port", SocketAddr::V4(SocketAddrV4::new(NO_V4, 0));
    SocketAddrV4, "an IPv4 address and a port", SocketAddrV4::new(NO_V4, 0);
    SocketAddrV6, "an IPv6 address and a port", SocketAddrV6::new(NO_V6, 0, 0, 0)
);

macro_rules! strings {
    ($($type:ty),*) => {$(
        impl ToJson for $type {
            fn to_json(&self, w: &mut Writer) {
                w.string(self);
            }

            fn to_value(&self) -> Value {
                Value::String(String::from(&**self))
            }

            fn to_web_body(&self) -> (u16, WebBody) {
                (200, WebBody::Text(String::from(&**self)))
            }

            fn pairs_to_json<T: ToJson>(pairs: &[(Self, T)], w: &mut Writer)
            where
                Self: Sized,
            {
                write_members(pairs.iter().map(|(name, value)| (name, value)), w);
            }

            fn pairs_to_value<T: ToJson>(pairs: &[(Self, T)]) -> Value
            where
                Self: Sized,
            {
                Value::Object(pairs.iter().map(|(name, value)| (&**name, value.to_value())).collect())
            }
        }
    )*};
}

strings!(String, &str, Cow<'_, str>);

/// A string.
impl ToJson for fmt::Arguments<'_> {
    fn to_json(&self, w: &mut Writer) {
        let mut text = String::new();
        // If a value's `Display` fails, the string has the text before it.
        let _ = text.write_fmt(*self);
        w.string(&text);
    }
}

impl ToJson for str {
    fn to_json(&self, w: &mut Writer) {
        w.string(self);
    }

    fn to_value(&self) -> Value {
        Value::String(String::from(self))
    }

    fn to_web_body(&self) -> (u16, WebBody) {
        (200, WebBody::Text(String::from(self)))
    }
}

macro_rules! owners {
    ($($type:ident),*) => {$(
        impl<T: FromJson> FromJson for $type<T> {
            fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
                T::from_json(r).map($type::new)
            }

            #[inline(always)]
            fn absent() -> Option<Self> {
                T::absent().map($type::new)
            }

            #[inline(always)]
            fn placeholder() -> Option<Self> {
                T::placeholder().map($type::new)
            }
        }
    )*};
}

owners!(Box, Rc, Arc);

macro_rules! pointers {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> ToJson for $type {
            fn to_json(&self, w: &mut Writer) {
                (**self).to_json(w);
            }

            fn to_log_field(&self, w: &mut Writer) {
                (**self).to_log_field(w);
            }

            fn to_value(&self) -> Value {
                (**self).to_value()
            }

            fn to_web_body(&self) -> (u16, WebBody) {
                (**self).to_web_body()
            }
        }
    )*};
}

// `?Sized` for a reference would include `&str`, which is the name in a list of pairs.
pointers! {
    [T: ToJson + ?Sized] Box<T>;
    [T: ToJson + ?Sized] Rc<T>;
    [T: ToJson + ?Sized] Arc<T>;
    [T: ToJson] &T;
    [T: ToJson + ?Sized] &mut T;
    [T: ToJson] &[T];
    ['d] &(dyn ToJson + 'd);
    ['d] &(dyn ToJson + Send + 'd);
    ['d] &(dyn ToJson + Sync + 'd);
    ['d] &(dyn ToJson + Send + Sync + 'd);
}

/// `None` is `null`.
impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self, w: &mut Writer) {
        match self {
            Some(value) => value.to_json(w),
            None => w.null(),
        }
    }

    fn to_log_field(&self, w: &mut Writer) {
        match self {
            Some(value) => value.to_log_field(w),
            None => w.null(),
        }
    }

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToJson::to_value)
    }

    fn to_web_body(&self) -> (u16, WebBody) {
        let body = self.as_ref().map(ToJson::to_web_body);
        body.unwrap_or((404, WebBody::Empty))
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

/// An array. A list of pairs of a `String` and a value is an object.
impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        let mut list = Vec::new();
        T::read_list(&mut list, r)?;
        Ok(list)
    }

    fn read_json(&mut self, r: &mut Reader<'_>) -> Result<(), Error> {
        self.clear();
        T::read_list(self, r)
    }

    placeholder!(Vec::new());
}

/// An array of exactly `N` elements.
impl<T: FromJson, const N: usize> FromJson for [T; N] {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.attempt(|r| {
            let at = r.at_next();
            let mut list = Vec::with_capacity(N);
            T::read_list(&mut list, r)?;
            <[T; N]>::try_from(list).map_err(|list| {
                at.error(&format!(
                    "expected an array of {N}, found one of {}",
                    list.len()
                ))
            })
        })
    }
}

macro_rules! lists {
    ($($type:ty $(, const $n:ident)?);*) => {$(
        /// An array. A list of pairs of a string and a value is an object.
        impl<T: ToJson $(, const $n: usize)?> ToJson for $type {
            fn to_json(&self, w: &mut Writer) {
                T::list_to_json(self, w);
            }

            fn to_value(&self) -> Value {
                T::list_to_value(self)
            }

            fn to_web_body(&self) -> (u16, WebBody) {
                (200, T::list_to_web_body(self))
            }
        }
    )*};
}

lists!(Vec<T>; [T]; [T; N], const N);

macro_rules! tuples {
    // A list of pairs of a name and a value is an object.
    (@from 2 $first:ident $second:ident) => {
        fn read_list(list: &mut Vec<Self>, r: &mut Reader<'_>) -> Result<(), Error> {
            $first::read_pairs(list, r)
        }
    };
    (@to 2 $first:ident $second:ident) => {
        fn list_to_json(list: &[Self], w: &mut Writer) {
            $first::pairs_to_json(list, w);
        }

        fn list_to_value(list: &[Self]) -> Value {
            $first::pairs_to_value(list)
        }

        fn to_web_body(&self) -> (u16, WebBody) {
            $first::pair_to_web_body(self)
        }
    };
    (@$direction:ident $($rest:tt)*) => {};
    ($n:tt $first:ident $first_index:tt $($type:ident $index:tt)*) => {
        /// An array with this number of elements.
        impl<$first: FromJson, $($type: FromJson),*> FromJson for ($first, $($type),*) {
            fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
                const WHAT: &str = concat!("an array of ", $n);
                r.attempt(|r| {
                    r.begin_array()?;
                    let tuple = (r.tuple_element::<$first>(WHAT)?, $(r.tuple_element::<$type>(WHAT)?),*);
                    r.tuple_end(WHAT)?;
                    Ok(tuple)
                })
            }

            #[inline(always)]
            fn placeholder() -> Option<Self> {
                Some(($first::placeholder()?, $($type::placeholder()?),*))
            }

            tuples!(@from $n $first $($type)*);
        }

        /// An array.
        impl<$first: ToJson, $($type: ToJson),*> ToJson for ($first, $($type),*) {
            fn to_json(&self, w: &mut Writer) {
                w.begin_array();
                w.element(&self.$first_index);
                $(w.element(&self.$index);)*
                w.end_array();
            }

            tuples!(@to $n $first $($type)*);
        }
    };
}

tuples!(1 A 0);
tuples!(2 A 0 B 1);
tuples!(3 A 0 B 1 C 2);
tuples!(4 A 0 B 1 C 2 D 3);
tuples!(5 A 0 B 1 C 2 D 3 E 4);
tuples!(6 A 0 B 1 C 2 D 3 E 4 F 5);

/// Writes an array.
pub(super) fn write_elements<T: ToJson>(list: &[T], w: &mut Writer) {
    w.begin_array();
    for value in list {
        w.element(value);
    }
    w.end_array();
}

/// Writes an object.
pub(super) fn write_members<'m, N: AsRef<str> + 'm, T: ToJson + 'm>(
    members: impl IntoIterator<Item = (&'m N, &'m T)>,
    w: &mut Writer,
) {
    w.begin_object();
    for (name, value) in members {
        w.member(name.as_ref(), value);
    }
    w.end_object();
}

/// Implements both traits for a set.
macro_rules! sets {
    ($set:ident<T $(, $hasher:ident)?>, $($bound:ident)*) => {
        /// An array. An element that occurs more than once is kept once.
        impl<T: FromJson $(+ $bound)* $(, $hasher: BuildHasher + Default)?> FromJson
            for $set<T $(, $hasher)?>
        {
            fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
                let mut set = Self::default();
                set.read_json(r)?;
                Ok(set)
            }

            fn read_json(&mut self, r: &mut Reader<'_>) -> Result<(), Error> {
                self.clear();
                r.elements(&mut |r| {
                    self.insert(T::from_json(r)?);
                    Ok(())
                })
            }

            placeholder!(Self::default());
        }

        /// An array.
        impl<T: ToJson $(, $hasher)?> ToJson for $set<T $(, $hasher)?> {
            fn to_json(&self, w: &mut Writer) {
                w.begin_array();
                for value in self {
                    w.element(value);
                }
                w.end_array();
            }
        }
    };
}
pub(super) use sets;

sets!(BTreeSet<T>, Ord);

/// Reads an array.
pub(super) fn read_elements<T: FromJson>(
    list: &mut Vec<T>,
    r: &mut Reader<'_>,
) -> Result<(), Error> {
    r.elements(&mut |r| {
        list.push(T::from_json(r)?);
        Ok(())
    })
}

impl<N: AsRef<str>, T: ToJson> ToJson for BTreeMap<N, T> {
    fn to_json(&self, w: &mut Writer) {
        write_members(self, w);
    }
}
