//! [`Error`]: what a handler reports, made by `?` from any other error.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::any;
use core::error;
use core::fmt::{self, Display, Write};
use core::panic::Location;
use core::str;
use std::panic::PanicHookInfo;

use crate::encoding::{Digits, decimal, push_decimal, push_hex};
use crate::http1::head::push_text;
use crate::json::{ToJson, Writer};

/// Longest error cause sent to X-Ray, in bytes: the Runtime API keeps 64 KB.
const CAUSE_LEN_MAX: usize = 60 * 1024;

/// Longest message that is kept, in bytes. Lambda's server takes error documents of up to 1 MB, and a
/// byte of a message may be six in JSON.
const MESSAGE_LEN_MAX: usize = 128 * 1024;

/// Sources of an error that are told: more are a mistake, or a circle.
const SOURCES_MAX: usize = 32;

/// Bytes of an event that an error about it shows of the place where it is odd.
const SHOWN_LEN_MAX: usize = 40;

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
/// of Lambda and of this crate. Of a message, the first 128 KB are kept.
// A pointer, since a `Result` of one word is a third of the code of one of ten.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    error_type: Cow<'static, str>,
    message: String,
    place: Place,
    /// The log has it already.
    #[cfg(panic = "unwind")]
    is_logged: bool,
}

/// Where in the source an error was made.
#[derive(Clone, Default)]
struct Place {
    /// Empty where nobody knows.
    file: Cow<'static, str>,
    line: u32,
    column: u32,
}

impl Place {
    /// A place in the function's source. A place in this crate's says nothing to the reader of the
    /// function's error, and is left out.
    fn of(at: &'static Location<'static>) -> Place {
        const OWN_FOLDER: &[u8] = file!()
            .as_bytes()
            .split_at(file!().len() - "error.rs".len())
            .0;
        if at.file().as_bytes().starts_with(OWN_FOLDER) {
            return Place::default();
        }
        Place {
            file: at.file().into(),
            line: at.line(),
            column: at.column(),
        }
    }

    /// `file:line:column`; empty where nobody knows.
    fn text(&self) -> String {
        let mut text = String::from(&*self.file);
        if text.is_empty() {
            return text;
        }
        for number in [self.line, self.column] {
            text.push(':');
            push_decimal(&mut text, number.into());
        }
        text
    }
}

impl Error {
    /// An error of a type of your own naming, such as `"OrderNotFound"`.
    ///
    /// ```
    /// let error = tiny_lambda::Error::new("OrderNotFound", format_args!("no order {}", 7));
    /// assert_eq!(error.to_string(), "OrderNotFound: no order 7");
    /// ```
    #[track_caller]
    pub fn new(error_type: impl Into<Cow<'static, str>>, message: impl Display) -> Error {
        Error::at(error_type.into(), &message, Location::caller())
    }

    /// As [`new`](Self::new), once for all types.
    #[inline(never)]
    fn at(
        error_type: Cow<'static, str>,
        message: &dyn Display,
        at: &'static Location<'static>,
    ) -> Error {
        Error::make(error_type, text(message), Place::of(at))
    }

    /// The same error with the place of this call, for a function that returns an error it has kept.
    #[track_caller]
    pub(crate) fn here(mut self) -> Error {
        self.0.place = Place::of(Location::caller());
        self
    }

    /// Makes an error of the crate from parts of a message: formatting is kilobytes.
    pub(crate) fn of(error_type: &'static str, message: &[&str]) -> Error {
        let mut text = String::new();
        for part in message {
            text.push_str(part);
        }
        Error::make(error_type.into(), text, Place::default())
    }

    fn make(error_type: Cow<'static, str>, message: String, place: Place) -> Error {
        let mut error = Error(Box::new(Inner {
            error_type,
            message,
            place,
            #[cfg(panic = "unwind")]
            is_logged: false,
        }));
        error.shorten(MESSAGE_LEN_MAX);
        error
    }

    /// Cuts a message that has more than `len` bytes, and says so by three dots.
    pub(crate) fn shorten(&mut self, mut len: usize) {
        let message = &mut self.0.message;
        if message.len() > len {
            while !message.is_char_boundary(len) {
                len = len.wrapping_sub(1);
            }
            message.truncate(len);
            message.push_str("...");
        }
    }

    /// The type of an error about an event.
    pub(crate) const UNMARSHAL: &'static str = "Runtime.UnmarshalError";

    /// An event, or a member of one, that is odd: what it should be or is called, what is wrong with
    /// it and where, and how it goes on there.
    #[track_caller]
    pub(crate) fn unmarshal(name: &str, problem: &dyn Display, there: &[u8]) -> Error {
        let mut message = String::from(name);
        let _ = write!(message, ": {problem}");
        if !there.is_empty() {
            message.push_str(": ");
            let mut end = there.len().min(SHOWN_LEN_MAX);
            // Not within a character, which has four bytes at most (RFC 3629, section 3): there may be
            // no text at all.
            for _ in 1..4 {
                let is_within = there.get(end).is_some_and(|byte| byte & 0xc0 == 0x80);
                end = end.saturating_sub(is_within.into());
            }
            push_text(&mut message, there.get(..end).unwrap_or_default());
        }
        Error::new(Error::UNMARSHAL, message)
    }

    /// The message of a panic whose payload is no text.
    pub(crate) const NO_TEXT: &'static str = "a value that is no text";

    /// The error that a panic is posted as.
    pub(crate) fn from_panic(info: &PanicHookInfo<'_>) -> Error {
        let payload = info.payload();
        let text = match (
            payload.downcast_ref::<&str>(),
            payload.downcast_ref::<String>(),
        ) {
            (Some(text), _) => text,
            (_, Some(text)) => text.as_str(),
            _ => Error::NO_TEXT,
        };
        let mut error = Error::panic("panicked");
        let Inner { message, place, .. } = &mut *error.0;
        if let Some(at) = info.location() {
            *place = Place {
                file: String::from(at.file()).into(),
                line: at.line(),
                column: at.column(),
            };
            message.push_str(" at ");
            message.push_str(&place.text());
        }
        message.push_str(": ");
        message.push_str(text);
        error.shorten(MESSAGE_LEN_MAX);
        error
    }

    /// A panic of which no more is known.
    pub(crate) fn panic(message: &str) -> Error {
        Error(Box::new(Inner {
            error_type: "Runtime.Panic".into(),
            message: message.into(),
            place: Place::default(),
            #[cfg(panic = "unwind")]
            is_logged: false,
        }))
    }

    /// Says that the log has this error, so that it is not logged again when it is posted.
    #[cfg(panic = "unwind")]
    pub(crate) fn set_logged(&mut self) {
        self.0.is_logged = true;
    }

    /// Whether the log has this error already. Only the error of a panic that unwinds is logged before
    /// it is posted.
    pub(crate) fn is_logged(&self) -> bool {
        #[cfg(panic = "unwind")]
        return self.0.is_logged;
        #[cfg(not(panic = "unwind"))]
        false
    }

    /// The same under another name; the one that it had goes into the message.
    pub(crate) fn with_type(mut self, error_type: &'static str) -> Error {
        self.0.message = text(&self);
        self.0.error_type = error_type.into();
        self
    }

    /// The name of its type: what the caller sees as `errorType`.
    pub fn error_type(&self) -> &str {
        &self.0.error_type
    }

    /// The sentence: what the caller sees as `errorMessage`.
    pub fn error_message(&self) -> &str {
        &self.0.message
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.error_type())?;
        f.write_str(": ")?;
        f.write_str(self.error_message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("error_type", &self.0.error_type)
            .field("message", &self.0.message)
            .field("place", &self.0.place.text())
            .finish()
    }
}

/// The error document of the Runtime API (AWS Lambda Developer Guide, "Using the Lambda runtime API
/// for custom runtimes", `ErrorRequest`). Its stack trace is the place where the error was made.
impl ToJson for Error {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        w.member("errorMessage", self.error_message());
        w.member("errorType", self.error_type());
        w.name("stackTrace");
        w.begin_array();
        let place = self.0.place.text();
        if !place.is_empty() {
            w.string(&place);
        }
        w.end_array();
        w.end_object();
    }
}

impl Error {
    /// What X-Ray is told, in the letters that a header can have; empty if that is too long.
    pub(crate) fn xray_cause(&self) -> String {
        let mut w = Writer::new(Vec::new());
        self.write_cause(&mut w);
        let cause = w.into_inner();
        let mut header = String::new();
        for unit in str::from_utf8(&cause).unwrap_or_default().encode_utf16() {
            match unit.to_be_bytes() {
                [0, byte @ b' '..=b'~'] => header.push(char::from(byte)),
                [high, low] => {
                    header.push_str("\\u");
                    push_hex(&mut header, high);
                    push_hex(&mut header, low);
                }
            }
        }
        if header.len() > CAUSE_LEN_MAX {
            header.clear();
        }
        header
    }

    /// The same as JSON: one exception, whose stack is the place where it was made.
    fn write_cause(&self, w: &mut Writer) {
        const BEGIN: &str = r#"{"working_directory":"","exceptions":[{"type":"#;
        const NO_STACK: &str = r#","stack":[]}],"paths":[]}"#;
        w.raw(BEGIN);
        w.string(self.error_type());
        w.raw(r#","message":"#);
        w.string(self.error_message());
        let Place { file, line, .. } = &self.0.place;
        if file.is_empty() {
            return w.raw(NO_STACK);
        }
        w.raw(r#","stack":[{"path":"#);
        w.string(file);
        w.raw(r#","line":"#);
        w.raw(decimal((*line).into(), &mut Digits::default()));
        w.raw(r#","label":""}]}],"paths":["#);
        w.string(file);
        w.raw("]}");
    }
}

impl<E: error::Error> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Error {
        // The last place where the type is known.
        let error_type = short_name(any::type_name::<E>());
        let place = Place::of(Location::caller());
        Error::make(error_type, with_sources(&error), place)
    }
}

/// What `value` displays, as far as it gets: `to_string` would panic where `Display` fails.
fn text(value: &dyn Display) -> String {
    /// `format!` brings its own way to write to a `String`; another one would be 400 bytes.
    struct AsFarAsItGets<'v>(&'v dyn Display);
    impl Display for AsFarAsItGets<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let _ = self.0.fmt(f);
            Ok(())
        }
    }
    format!("{}", AsFarAsItGets(value))
}

/// The message of an error and those of its sources, none of them told twice in a row.
pub(crate) fn with_sources(error: &dyn error::Error) -> String {
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
/// crate, or of its module where the crate is the standard library or this one:
/// `serde_json::Error`, `io::Error`, `json::Error`. By characters, since looking for texts would
/// bring 4 KB.
fn short_name(path: &'static str) -> Cow<'static, str> {
    let path = path.trim_start_matches('&');
    let path = path.strip_prefix("mut ").unwrap_or(path);
    let path = path.split('<').next().unwrap_or(path);
    let last = path.rsplit(':').next().unwrap_or(path);
    if last != "Error" {
        return Cow::Borrowed(last);
    }
    // Between two colons there is an empty part.
    let mut parts = path.split(':').step_by(2);
    let owner = match parts.next() {
        Some("std" | "core" | "alloc" | "tiny_lambda") => parts.next(),
        first => first,
    };
    match owner {
        Some(owner) if owner != last => Cow::Owned([owner, "::", last].concat()),
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
        check("tiny_lambda::json::error::Error", "json::Error");
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
