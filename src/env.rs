//! Environment variables of a type, for the settings of a function.
//!
//! The Init phase reads them, so that a deployment with a wrong setting fails at once and not in some invocation.
//! [`all`] reports every wrong variable in one error:
//!
//! ```
//! use tiny_lambda::{Result, env};
//!
//! struct Settings {
//!     table: String,
//!     port: u16,
//!     timeout_s: Option<u64>,
//! }
//!
//! fn settings() -> Result<Settings> {
//!     let (table, port, timeout_s) = env::all((
//!         env::required("TABLE_NAME"),
//!         env::or("PORT", 8080),
//!         env::optional("TIMEOUT_S"),
//!     ))?;
//!     Ok(Settings { table, port, timeout_s })
//! }
//! # // A test cannot set variables of its own process without unsafe code.
//! # assert_eq!(
//! #     settings().err().unwrap().error_message(),
//! #     "environment variable TABLE_NAME: expected String, found nothing: it is not set"
//! # );
//! ```
//!
//! `tiny_lambda::init(settings)` or `tiny_lambda::run_with_init(settings, …)` calls it.
//!
//! No error contains the value of a variable, since it may be a secret.

use alloc::string::String;
use core::any;
use core::str::FromStr;
use std::env;
use std::ffi::{OsStr, OsString};

use crate::encoding::lengths::text_after;
use crate::encoding::{Digits, decimal};
use crate::error::{Error, Result};
use crate::sys::utf8;

/// The `errorType` of a variable that is missing or malformed.
const ERROR_TYPE: &str = "Runtime.EnvironmentError";

/// Returns the value of a variable that must be set.
///
/// ```no_run
/// let port = tiny_lambda::env::required::<u16>("PORT")?;
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// `Runtime.EnvironmentError`: the variable is not set, is empty, is not UTF-8 or is not a `T`. The message has
/// the name of the variable, the type and the reason, but not the value.
#[track_caller]
pub fn required<T: FromStr>(name: &str) -> Result<T> {
    required_value(name, env::var_os(name))
}

/// Returns the value of a variable; `None` if it is not set or empty. (A template for AWS CloudFormation can leave
/// a variable empty, but not leave it out.)
///
/// ```
/// assert_eq!(tiny_lambda::env::optional::<u16>("SURELY_NOT_SET")?, None);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// `Runtime.EnvironmentError`: the value is not UTF-8 or is not a `T`. See [`required`].
#[track_caller]
pub fn optional<T: FromStr>(name: &str) -> Result<Option<T>> {
    optional_value(name, env::var_os(name))
}

/// Returns the value of a variable, or `default` if it is not set or empty.
///
/// ```
/// assert_eq!(tiny_lambda::env::or("SURELY_NOT_SET", 8080_u16)?, 8080);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// # Errors
/// `Runtime.EnvironmentError`: the value is not UTF-8 or is not a `T`. See [`required`].
#[track_caller]
pub fn or<T: FromStr>(name: &str, default: T) -> Result<T> {
    Ok(optional(name)?.unwrap_or(default))
}

/// Returns the values of all results, or one error with the messages of all errors.
///
/// `results` is a tuple of up to twelve results of this crate: of this module's functions, or of other checks.
///
/// ```
/// use tiny_lambda::{Error, env};
///
/// assert_eq!(env::all((Ok(1), Ok("a")))?, (1, "a"));
///
/// let wrong = |name| Err::<u8, _>(Error::new("Wrong", name));
/// let error = env::all((wrong("A"), Ok(1), wrong("B"))).unwrap_err();
/// assert_eq!(error.error_message(), "A; B");
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// A single error is returned as it is. Several errors become one `Runtime.EnvironmentError` with all messages.
#[track_caller]
pub fn all<R: Results>(results: R) -> Result<R::Values> {
    results.values()
}

/// A tuple of results, the argument of [`all`].
///
/// ```
/// fn count(results: impl tiny_lambda::env::Results<Values = (u8, u16)>) -> tiny_lambda::Result<u32> {
///     let (a, b) = tiny_lambda::env::all(results)?;
///     Ok(u32::from(a) + u32::from(b))
/// }
/// assert_eq!(count((Ok(1), Ok(2))), Ok(3));
/// ```
#[diagnostic::on_unimplemented(
    message = "`env::all` takes a tuple of one to twelve results",
    label = "not a tuple of `tiny_lambda::Result`"
)]
pub trait Results: private::Sealed {
    /// The tuple of the values.
    type Values;

    #[doc(hidden)]
    #[track_caller]
    fn values(self) -> Result<Self::Values>;
}

mod private {
    pub trait Sealed {}
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest),*> private::Sealed for (Result<$first>, $(Result<$rest>,)*) {}

        impl<$first, $($rest),*> Results for (Result<$first>, $(Result<$rest>,)*) {
            type Values = ($first, $($rest,)*);

            #[expect(non_snake_case, reason = "a variable has the name of its type")]
            #[track_caller]
            fn values(self) -> Result<Self::Values> {
                match self {
                    (Ok($first), $(Ok($rest),)*) => Ok(($first, $($rest,)*)),
                    ($first, $($rest,)*) => Err(join(&mut [$first.err(), $($rest.err(),)*])),
                }
            }
        }

        tuples! { $($rest)* }
    };
    () => {};
}

tuples! { A B C D E F G H I J K L }

/// Returns the error itself if there is only one, and otherwise an error with the messages of all.
#[track_caller]
fn join(errors: &mut [Option<Error>]) -> Error {
    let mut errors = errors.iter_mut().filter_map(Option::take);
    let first = errors.next();
    debug_assert!(first.is_some(), "there is an error");
    let mut first = first.unwrap_or_else(|| Error::of(ERROR_TYPE, &[]));
    for error in errors {
        let messages = [first.error_message(), "; ", error.error_message()];
        first = Error::of(ERROR_TYPE, &messages).here();
    }
    first
}

#[track_caller]
fn required_value<T: FromStr>(name: &str, value: Option<OsString>) -> Result<T> {
    let found = match value {
        Some(_) => "an empty value",
        None => "nothing: it is not set",
    };
    match optional_value(name, value)? {
        Some(value) => Ok(value),
        None => Err(error(name, any::type_name::<T>(), &[found])),
    }
}

#[track_caller]
fn optional_value<T: FromStr>(name: &str, value: Option<OsString>) -> Result<Option<T>> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let text = value.to_str();
    match text.and_then(|text| text.parse().ok()) {
        Some(value) => Ok(Some(value)),
        None => Err(malformed(name, any::type_name::<T>(), &value)),
    }
}

/// Returns the error for a value that is not UTF-8 or not of the type.
#[inline(never)]
#[track_caller]
fn malformed(name: &str, type_name: &'static str, value: &OsStr) -> Error {
    let digits = &mut Digits::default();
    let len = decimal(value.len() as u64, digits);
    let what = match value.to_str() {
        Some(_) => " bytes that are no such value (not shown)",
        None => " bytes that are not UTF-8 (not shown)",
    };
    error(name, type_name, &[utf8::text(len), what])
}

#[inline(never)]
#[track_caller]
fn error(name: &str, type_name: &'static str, found: &[&str]) -> Error {
    let mut message = String::from("environment variable ");
    for part in [name, ": expected ", last_part(type_name), ", found "] {
        message.push_str(part);
    }
    for part in found {
        message.push_str(part);
    }
    Error::of(ERROR_TYPE, &[&message]).here()
}

/// Returns a type's name without the path before it.
fn last_part(type_name: &'static str) -> &'static str {
    let bytes = type_name.as_bytes();
    let end = bytes.iter().position(|b| *b == b'<');
    let path = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
    let colon = path.iter().rposition(|b| *b == b':');
    text_after(type_name, colon.map_or(0, |colon| colon.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Debug;
    use core::net::SocketAddr;

    /// Checks what `required` and `optional` return for a value. The error's message ends with `want`.
    #[track_caller]
    fn check<T: FromStr + PartialEq + Debug>(value: Option<&[u8]>, want: Result<T, &str>) {
        let value = || value.map(os_string);
        let want = want.map_err(|end| {
            let message = ["environment variable X: expected ", end].concat();
            Error::new("Runtime.EnvironmentError", message)
        });
        assert_eq!(required_value::<T>("X", value()), want, "{:?}", value());
        let is_empty = value().is_none_or(|value| value.is_empty());
        let want = if is_empty { Ok(None) } else { want.map(Some) };
        assert_eq!(optional_value::<T>("X", value()), want, "{:?}", value());
    }

    /// Makes a value that may be no UTF-8.
    #[cfg(unix)]
    fn os_string(bytes: &[u8]) -> OsString {
        std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
    }

    #[cfg(not(unix))]
    fn os_string(bytes: &[u8]) -> OsString {
        if let Ok(text) = core::str::from_utf8(bytes) {
            return text.into();
        }
        let lossy = bytes.iter().map(|byte| match byte {
            0..=0x7f => u16::from(*byte),
            // A surrogate alone is no text. std counts three bytes for it.
            _ => 0xd800,
        });
        std::os::windows::ffi::OsStringExt::from_wide(&lossy.collect::<alloc::vec::Vec<_>>())
    }

    #[test]
    fn a_value_has_the_type_that_is_expected() {
        check(Some(b"8080"), Ok(8080_u16));
        check(Some(b"-1"), Ok(-1_i8));
        check(Some(b"true"), Ok(true));
        check(Some(b"0.5"), Ok(0.5_f64));
        check(Some(b" text "), Ok(String::from(" text ")));
        check(Some("\u{e9}".as_bytes()), Ok('\u{e9}'));
        check::<SocketAddr>(Some(b"[::1]:80"), Ok("[::1]:80".parse().unwrap()));
    }

    #[test]
    fn an_error_names_the_variable_the_type_and_the_reason_but_not_the_value() {
        check::<u16>(None, Err("u16, found nothing: it is not set"));
        check::<u16>(Some(b""), Err("u16, found an empty value"));
        check::<String>(None, Err("String, found nothing: it is not set"));
        check::<String>(Some(b""), Err("String, found an empty value"));
        let no_utf8 = " bytes that are not UTF-8 (not shown)";
        let (one, three) = if cfg!(unix) { ("1", "3") } else { ("3", "5") };
        check::<String>(
            Some(b"\xff"),
            Err(&["String, found ", one, no_utf8].concat()),
        );
        check::<u16>(
            Some(b"80\xff"),
            Err(&["u16, found ", three, no_utf8].concat()),
        );
        let other = " bytes that are no such value (not shown)";
        check::<u16>(Some(b"hunter2"), Err(&["u16, found 7", other].concat()));
        check::<u16>(Some(b"65536"), Err(&["u16, found 5", other].concat()));
        check::<u16>(Some(b"80 "), Err(&["u16, found 3", other].concat()));
        check::<bool>(Some(b"yes"), Err(&["bool, found 3", other].concat()));
        check::<SocketAddr>(Some(b"::1"), Err(&["SocketAddr, found 3", other].concat()));
        check::<core::num::NonZero<u8>>(Some(b"0"), Err(&["NonZero<u8>, found 1", other].concat()));
    }

    #[test]
    fn variables_of_the_process_are_read() {
        // Cargo sets it for tests.
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(required("CARGO_PKG_VERSION"), Ok(String::from(version)));
        assert_eq!(
            optional("CARGO_PKG_VERSION"),
            Ok(Some(String::from(version)))
        );
        assert_eq!(or("CARGO_PKG_VERSION", String::new()), Ok(version.into()));
        assert!(or("CARGO_PKG_VERSION", 7_u8).is_err());
        // Names that no variable can have.
        for name in ["", "=", "A=B", "A\0B", "SURELY_NOT_SET"] {
            assert_eq!(or(name, 7_u8), Ok(7), "{name:?}");
            assert_eq!(optional::<u8>(name), Ok(None), "{name:?}");
            assert!(required::<u8>(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn all_errors_are_reported_at_once() {
        let ok = || or("SURELY_NOT_SET", 7_u8);
        let wrong = |name| required::<u16>(name);
        assert_eq!(all((ok(),)), Ok((7,)));
        assert_eq!(all((ok(), Ok("a"), ok())), Ok((7, "a", 7)));
        let message = |error: Error| String::from(error.error_message());
        let one = all((ok(), wrong("NOT_SET_A"))).map_err(message);
        let a = "environment variable NOT_SET_A: expected u16, found nothing: it is not set";
        assert_eq!(one, Err(a.into()));
        let three = (
            wrong("NOT_SET_A"),
            ok(),
            wrong("NOT_SET_B"),
            wrong("NOT_SET_A"),
        );
        let three = all(three).map_err(message);
        let want = [a, &a.replace("_A", "_B"), a].join("; ");
        assert_eq!(three, Err(want));
        let twelve = all((
            wrong("L"),
            wrong("K"),
            wrong("J"),
            wrong("I"),
            wrong("H"),
            wrong("G"),
            wrong("F"),
            wrong("E"),
            wrong("D"),
            wrong("C"),
            wrong("B"),
            wrong("A"),
        ));
        assert_eq!(
            twelve.map_err(message).unwrap_err().matches("; ").count(),
            11
        );
    }

    /// The type of an error with a name of its own is kept.
    #[test]
    fn a_single_error_is_returned_as_it_is() {
        let error = Error::new("ShortSecret", "x");
        assert_eq!(all((Err::<u8, _>(error.clone()),)), Err(error));
    }
}
