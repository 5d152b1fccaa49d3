//! [`Error`]: what a handler reports, made by `?` from any other error.

use alloc::borrow::Cow;
use alloc::string::String;
use core::any;
use core::error;
use core::fmt::{self, Display, Write};

use crate::json::{ToJson, Writer};

/// Sources of an error that are told: more are a mistake, or a circle.
const SOURCES_MAX: usize = 32;

/// What a handler returns.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// A function error: a type name and a sentence, for the reader of a log.
///
/// `?` makes one from any [`std::error::Error`], under the name of its type and with the messages
/// of its sources:
///
/// ```
/// fn parse(text: &str) -> tiny_lambda::Result<u8> {
///     Ok(text.parse()?)
/// }
/// let error = parse("300").unwrap_err();
/// assert_eq!(error.error_type(), "ParseIntError");
/// assert_eq!(error.error_message(), "number too large to fit in target type");
/// ```
///
/// It is no `std::error::Error` itself: that is what lets `?` take every type that is one.
///
/// Lambda sends both to the caller, as `errorType` and `errorMessage`. An AWS Step Functions
/// state machine matches `ErrorEquals` with the type. Names that begin with `Runtime.` are those
/// of Lambda and of this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    error_type: Cow<'static, str>,
    message: String,
}

impl Error {
    /// An error of a type of your own naming, such as `"OrderNotFound"`.
    ///
    /// ```
    /// let error = tiny_lambda::Error::new("OrderNotFound", format_args!("no order {}", 7));
    /// assert_eq!(error.to_string(), "OrderNotFound: no order 7");
    /// ```
    pub fn new(error_type: impl Into<Cow<'static, str>>, message: impl Display) -> Error {
        Error {
            error_type: error_type.into(),
            message: text(&message),
        }
    }

    /// The name of its type: what the caller sees as `errorType`.
    pub fn error_type(&self) -> &str {
        &self.error_type
    }

    /// The sentence: what the caller sees as `errorMessage`.
    pub fn error_message(&self) -> &str {
        &self.message
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error_type)?;
        f.write_str(": ")?;
        f.write_str(&self.message)
    }
}

/// The error document of the Runtime API (AWS Lambda Developer Guide, "Using the Lambda runtime API
/// for custom runtimes", `ErrorRequest`).
impl ToJson for Error {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        w.member("errorMessage", self.error_message());
        w.member("errorType", self.error_type());
        w.member::<[&str]>("stackTrace", &[]);
        w.end_object();
    }
}

impl<E: error::Error> From<E> for Error {
    fn from(error: E) -> Error {
        // The last place where the type is known.
        Error {
            error_type: short_name(any::type_name::<E>()),
            message: with_sources(&error),
        }
    }
}

/// What `value` displays, as far as it gets: `to_string` would panic where `Display` fails.
fn text(value: &dyn Display) -> String {
    let mut text = String::new();
    let _ = write!(text, "{value}");
    text
}

/// The message of an error and those of its sources, none of them told twice in a row.
fn with_sources(error: &dyn error::Error) -> String {
    let mut message = text(&error);
    let mut source = error.source();
    for _ in 0..SOURCES_MAX {
        let Some(error) = source else { break };
        let more = text(&error);
        if !message.ends_with(more.as_str()) {
            message.push_str(": ");
            message.push_str(&more);
        }
        source = error.source();
    }
    message
}

/// The last part of a type's path: `ParseIntError`. One that is only `Error` keeps the name of its
/// crate, or of its module where the crate is the standard library: `serde_json::Error`,
/// `io::Error`.
fn short_name(path: &'static str) -> Cow<'static, str> {
    let path = path.trim_start_matches('&').trim_start_matches("mut ");
    let path = path.split('<').next().unwrap_or(path);
    let mut parts = path.split("::");
    let last = path.rsplit("::").next().unwrap_or(path);
    if last != "Error" {
        return Cow::Borrowed(last);
    }
    let owner = match parts.next() {
        Some("std" | "core" | "alloc") => parts.next(),
        first => first,
    };
    match owner {
        Some(owner) if owner != last => Cow::Owned([owner, last].join("::")),
        _ => Cow::Borrowed(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;
    use alloc::string::ToString;

    #[test]
    fn a_type_is_named_by_its_last_part() {
        #[track_caller]
        fn check(path: &'static str, want: &str) {
            assert_eq!(short_name(path), want, "{path}");
        }
        check("core::num::error::ParseIntError", "ParseIntError");
        check("my_function::orders::NotFound", "NotFound");
        check("serde_json::error::Error", "serde_json::Error");
        check("std::io::error::Error", "io::Error");
        check("my_function::Error", "my_function::Error");
        check("Error", "Error");
        check("&core::num::error::ParseIntError", "ParseIntError");
        check("a::Wrapper<b::Error>", "Wrapper");
        check("", "");
    }

    #[derive(Debug)]
    struct Chain(&'static str, Option<Box<Chain>>);
    impl fmt::Display for Chain {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }
    impl error::Error for Chain {
        fn source(&self) -> Option<&(dyn error::Error + 'static)> {
            self.1.as_deref().map(|source| source as &dyn error::Error)
        }
    }

    #[test]
    fn sources_are_told_in_order_and_once() {
        #[track_caller]
        fn check(messages: &[&'static str], want: &str) {
            let chain = |source, message: &&'static str| Some(Box::new(Chain(message, source)));
            let error: Error = (*messages.iter().rev().fold(None, chain).unwrap()).into();
            assert_eq!((error.error_type(), error.error_message()), ("Chain", want));
        }
        check(&["a"], "a");
        check(
            &["cannot read", "no such file"],
            "cannot read: no such file",
        );
        check(&["cannot read: gone", "gone"], "cannot read: gone");
        check(&["a", "b", "c"], "a: b: c");
    }

    #[derive(Debug)]
    struct Broken;
    impl fmt::Display for Broken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("as far as")?;
            Err(fmt::Error)
        }
    }
    impl error::Error for Broken {}

    #[test]
    fn an_error_that_cannot_be_displayed_is_no_panic() {
        assert_eq!(Error::from(Broken).to_string(), "Broken: as far as");
    }
}
