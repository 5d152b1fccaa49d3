//! [`Error`]: the error of a handler, which `?` makes from any other error.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::any::{self, Any};
use core::error;
use core::fmt::{self, Display, Write};
use core::iter;
use core::panic::Location;
use std::panic::PanicHookInfo;

use crate::encoding::{Digits, decimal, push_decimal, push_hex};
use crate::http1::head::push_text;
use crate::json::{ToJson, Writer};
use crate::sys::utf8;

/// The longest error cause sent to X-Ray, in bytes. The Runtime API keeps 64 KB.
const CAUSE_LEN_MAX: usize = 60 * 1024;

/// The longest message kept, in bytes. Lambda's server accepts error documents of up to 1 MB, and JSON may
/// need six bytes for one byte of the message.
const MESSAGE_LEN_MAX: usize = 128 * 1024;

/// The number of sources of an error that its message includes. A longer chain is a mistake or a cycle.
const N_SOURCES_MAX: usize = 32;

/// How many bytes of an event its error shows from the place where parsing failed.
const EXCERPT_LEN_MAX: usize = 40;

/// The result of a handler.
///
/// ```
/// fn half(n: u32, _: &tiny_lambda::Context) -> tiny_lambda::Result<u32> {
///     Ok(n / 2)
/// }
/// # let _ = half;
/// ```
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// A function error: an error type and a message.
///
/// `?` makes one from any [`std::error::Error`]. The error type is the name of that type, and the message
/// includes the messages of its sources. For other errors, such as `Box<dyn std::error::Error>`,
/// `anyhow::Error` and text, write `.map_err(Error::boxed)?`: see [`boxed`](Self::boxed).
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
/// It does not implement `std::error::Error` itself, since `?` could not convert every error then (E0119).
///
/// Lambda sends both to the caller, as `errorType` and `errorMessage`. The log has both as an ERROR line.
/// An AWS Step Functions state machine compares `ErrorEquals` with the error type. Error types that begin
/// with `Runtime.` are those of Lambda and of this crate. A message is cut off after 128 KB.
// Boxed, since code that passes on a `Result` of one word has a third of the size of code for ten words.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    error_type: Cow<'static, str>,
    message: String,
    place: Place,
    /// The error was logged, so it is not logged again when it is posted.
    is_logged: bool,
}

/// The place in the source where an error was made.
#[derive(Clone, Default)]
struct Place {
    /// Empty if the place is not known.
    file: String,
    line: u32,
    column: u32,
}

impl Place {
    fn of(at: &Location<'_>) -> Place {
        Place {
            file: at.file().into(),
            line: at.line(),
            column: at.column(),
        }
    }

    /// Returns the place of a call in the function's source. A place in this crate's source, or in std's,
    /// does not help the reader of the function's log, so it counts as not known.
    fn of_call(at: &Location<'_>) -> Place {
        const OWN_FOLDER: &[u8] = file!()
            .as_bytes()
            .split_at(file!().len() - "error.rs".len())
            .0;
        /// The end of the file in which std calls a function that was passed by its name, as in
        /// `map_err(Error::boxed)`.
        const CALLS_OF_STD: &[u8] = b"/core/src/ops/function.rs";

        let file = at.file().as_bytes();
        // The plain form is `ends_with`, which is 124 bytes more: the runtime has a copy that is inlined.
        let end = file.len().wrapping_sub(CALLS_OF_STD.len());
        if file.starts_with(OWN_FOLDER) || file.get(end..) == Some(CALLS_OF_STD) {
            return Place::default();
        }
        Place::of(at)
    }

    /// Returns `file:line:column`; `None` if the place is not known.
    fn text(&self) -> Option<String> {
        if self.file.is_empty() {
            return None;
        }
        let mut text = self.file.clone();
        for number in [self.line, self.column] {
            text.push(':');
            push_decimal(&mut text, number.into());
        }
        Some(text)
    }
}

impl Error {
    /// Makes an error of a type that you name, such as `"OrderNotFound"`.
    ///
    /// ```
    /// let error = tiny_lambda::Error::new("OrderNotFound", format_args!("no order {}", 7));
    /// assert_eq!(error.to_string(), "OrderNotFound: no order 7");
    /// ```
    #[track_caller]
    pub fn new(error_type: impl Into<Cow<'static, str>>, message: impl Display) -> Error {
        Error::at(error_type.into(), &message, Location::caller())
    }

    /// Returns an error with this text and the error type `Error`. [`bail!`](crate::bail) and
    /// [`ensure!`](crate::ensure) return one.
    ///
    /// ```
    /// use tiny_lambda::{Error, Result};
    ///
    /// fn first(items: &[u8]) -> Result<u8> {
    ///     items.first().copied().ok_or_else(|| Error::msg("no item"))
    /// }
    /// assert_eq!(first(&[]).unwrap_err().to_string(), "Error: no item");
    /// ```
    #[track_caller]
    pub fn msg(message: impl Display) -> Error {
        Error::at(UNNAMED.into(), &message, Location::caller())
    }

    /// Converts an error that `?` does not convert, because its type does not implement
    /// [`std::error::Error`]: `Box<dyn Error>`, `Box<dyn Error + Send + Sync>`, `anyhow::Error` and the like,
    /// `String` and `&str`.
    ///
    /// ```
    /// use tiny_lambda::{Error, Result};
    ///
    /// fn parse(text: &str) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
    ///     Ok(text.parse()?)
    /// }
    /// fn double(text: &str) -> Result<u8> {
    ///     let n = parse(text).map_err(Error::boxed)?;
    ///     n.checked_mul(2).ok_or("too large").map_err(Error::boxed)
    /// }
    /// assert_eq!(double("x").unwrap_err().to_string(), "Error: invalid digit found in string");
    /// assert_eq!(double("200").unwrap_err().to_string(), "Error: too large");
    /// ```
    ///
    /// The error type is the name of `error`'s type, such as `anyhow::Error`, and `Error` for a box or text:
    /// a box does not know the name of the type in it. The message includes the messages of the sources. A
    /// box that `?` has made from an `Error` becomes that error again.
    ///
    /// The stack trace has the place of the call. If std makes the call, as in `.map_err(Error::boxed)`, the
    /// place is not known; `.map_err(|error| Error::boxed(error))` keeps it.
    #[track_caller]
    pub fn boxed<E: IntoBoxed<M>, M>(error: E) -> Error {
        Error::from_box(
            error.into_boxed(),
            any::type_name::<E>(),
            Location::caller(),
        )
    }

    /// The body of [`boxed`](Self::boxed), compiled once for all types.
    #[inline(never)]
    fn from_box(
        error: Box<dyn error::Error>,
        type_name: &'static str,
        at: &'static Location<'static>,
    ) -> Error {
        let error = match error.downcast::<Boxed>() {
            Ok(boxed) => return boxed.0,
            Err(error) => error,
        };
        let error_type = match short_name(type_name) {
            Cow::Borrowed("Box" | "str" | "String" | "Cow") => UNNAMED.into(),
            name => name,
        };
        Error::make(error_type, with_sources(&*error), Place::of_call(at))
    }

    /// The body of [`new`](Self::new), compiled once for all types.
    #[inline(never)]
    fn at(
        error_type: Cow<'static, str>,
        message: &dyn Display,
        at: &'static Location<'static>,
    ) -> Error {
        Error::make(error_type, display_text(message), Place::of_call(at))
    }

    /// Replaces the place of the error by that of this call, for a function that returns a stored error.
    #[track_caller]
    pub(crate) fn here(mut self) -> Error {
        self.0.place = Place::of_call(Location::caller());
        self
    }

    /// Makes an error of this crate from the parts of its message. The plain form is `format!`, which adds
    /// kilobytes to a function that does not use it otherwise.
    pub(crate) fn of(error_type: &'static str, message: &[&str]) -> Error {
        let message = message.iter().copied().collect();
        Error::make(error_type.into(), message, Place::default())
    }

    fn make(error_type: Cow<'static, str>, message: String, place: Place) -> Error {
        let mut error = Error(Box::new(Inner {
            error_type,
            message,
            place,
            is_logged: false,
        }));
        error.shorten(MESSAGE_LEN_MAX);
        error
    }

    /// Cuts a message off if it has more than `len` bytes, and appends three dots then.
    pub(crate) fn shorten(&mut self, mut len: usize) {
        let message = &mut self.0.message;
        if message.len() > len {
            // Position 0 is a boundary, so this ends.
            while !message.is_char_boundary(len) {
                len = len.saturating_sub(1);
            }
            message.truncate(len);
            message.push_str("...");
        }
    }

    /// The error type of an event that cannot be read.
    pub(crate) const UNMARSHAL: &'static str = "Runtime.UnmarshalError";

    /// Makes the error for an event or a member that cannot be read. Its message has the name or type, the
    /// problem, and the start of `rest`, the JSON from the place of the problem on.
    #[track_caller]
    pub(crate) fn unmarshal(name: &str, problem: &dyn Display, rest: &[u8]) -> Error {
        let mut message = String::from(name);
        let _ = write!(message, ": {problem}");
        if !rest.is_empty() {
            message.push_str(": ");
            let mut end = rest.len().min(EXCERPT_LEN_MAX);
            // Ends before a character that would be cut. A character has at most four bytes (RFC 3629,
            // section 3). `rest` may be no UTF-8, so the loop is bounded.
            for _ in 1..4 {
                let is_within = rest.get(end).is_some_and(|byte| byte & 0xc0 == 0x80);
                end = end.saturating_sub(is_within.into());
            }
            push_text(&mut message, rest.get(..end).unwrap_or(rest));
        }
        Error::new(Error::UNMARSHAL, message)
    }

    /// Appends the place of an array's element to the message. `array` is the path of the array.
    pub(crate) fn at_element(mut self, array: &str, index: usize) -> Error {
        let message = &mut self.0.message;
        for text in [" at ", array, "["] {
            message.push_str(text);
        }
        push_decimal(message, index as u64);
        message.push(']');
        self
    }

    /// Returns the error for the log, with `start` of the event at the end of the message.
    pub(crate) fn with_event(&self, start: &[u8]) -> Error {
        let mut message = self.0.message.clone();
        message.push_str("; the event begins with ");
        push_text(&mut message, start);
        Error::make(self.0.error_type.clone(), message, Place::default())
    }

    /// The error type of a panic.
    const PANIC: &'static str = "Runtime.Panic";

    /// Stands for the message of a panic whose payload is not a string.
    pub(crate) const NO_TEXT: &'static str = "a value that is not a string";

    /// Makes the error as which a panic is posted.
    pub(crate) fn from_panic(info: &PanicHookInfo<'_>) -> Error {
        let text = payload_text(info.payload()).unwrap_or(Error::NO_TEXT);
        let place = info.location().map_or_else(Place::default, Place::of);
        let mut message = String::from("panicked");
        if let Some(place) = place.text() {
            message.push_str(" at ");
            message.push_str(&place);
        }
        message.push_str(": ");
        message.push_str(text);
        Error::make(Error::PANIC.into(), message, place)
    }

    /// Makes the error of a panic whose place is not known.
    #[cfg(panic = "unwind")]
    pub(crate) fn panic(message: String) -> Error {
        Error::make(Error::PANIC.into(), message, Place::default())
    }

    /// Records that the error was logged.
    pub(crate) fn set_logged(&mut self) {
        self.0.is_logged = true;
    }

    /// Returns whether the error was logged. The error of a panic that unwinds, and that about an event, are
    /// logged before they are posted.
    pub(crate) fn is_logged(&self) -> bool {
        self.0.is_logged
    }

    /// Replaces the error type. The former one becomes the start of the message.
    pub(crate) fn with_type(mut self, error_type: &'static str) -> Error {
        self.0.message = display_text(&self);
        self.0.error_type = error_type.into();
        self
    }

    /// Returns the error type, which the caller sees as `errorType`.
    ///
    /// ```
    /// let error = tiny_lambda::Error::new("OrderNotFound", "no order 7");
    /// assert_eq!(error.error_type(), "OrderNotFound");
    /// ```
    pub fn error_type(&self) -> &str {
        &self.0.error_type
    }

    /// Returns the message, which the caller sees as `errorMessage`.
    ///
    /// ```
    /// let error = tiny_lambda::Error::new("OrderNotFound", "no order 7");
    /// assert_eq!(error.error_message(), "no order 7");
    /// ```
    pub fn error_message(&self) -> &str {
        &self.0.message
    }
}

/// Compares what the caller receives: the error type and the message.
///
/// ```
/// use tiny_lambda::{Error, Result};
///
/// let result: Result<u32> = Err(Error::new("OrderNotFound", "no order 7"));
/// assert_eq!(result, Err(Error::new("OrderNotFound", "no order 7")));
/// ```
impl PartialEq for Error {
    fn eq(&self, other: &Error) -> bool {
        self.error_type() == other.error_type() && self.error_message() == other.error_message()
    }
}

impl Eq for Error {}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type(), self.error_message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("error_type", &self.0.error_type)
            .field("message", &self.0.message)
            .field("place", &self.0.place.text().unwrap_or_default())
            .finish()
    }
}

/// Writes the error document of the Runtime API (AWS Lambda Developer Guide, "Using the Lambda runtime API
/// for custom runtimes", `ErrorRequest`). Its stack trace is the place where the error was made.
impl ToJson for Error {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        w.member("errorMessage", self.error_message());
        w.member("errorType", self.error_type());
        w.name("stackTrace");
        w.begin_array();
        if let Some(place) = self.0.place.text() {
            w.string(&place);
        }
        w.end_array();
        w.end_object();
    }
}

impl Error {
    /// Returns the error cause for X-Ray as a header value: JSON in printable ASCII. Returns an empty text
    /// if it would be too long.
    pub(crate) fn xray_cause(&self) -> String {
        let mut w = Writer::new(Vec::new());
        self.write_cause(&mut w);
        let cause = w.into_inner();
        let mut header = String::new();
        for unit in utf8::to_str(&cause).unwrap_or_default().encode_utf16() {
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

    /// Returns the error for the log of a local run, with the place at the end of the message. Nobody gets the error
    /// document, which has the place otherwise.
    #[cfg(all(debug_assertions, feature = "emulator"))]
    pub(crate) fn with_place(&self) -> Error {
        let place = self.0.place.text();
        let at = place.map(|place| ["; the Init phase has failed at ", &place].concat());
        let message = [self.error_message(), &at.unwrap_or_default()].concat();
        Error::make(self.0.error_type.clone(), message, Place::default())
    }

    /// Writes the error cause: one exception, whose stack is the place where it was made.
    fn write_cause(&self, w: &mut Writer) {
        let Place { file, line, .. } = &self.0.place;
        w.raw(r#"{"working_directory":"","exceptions":[{"type":"#);
        w.string(self.error_type());
        w.raw(r#","message":"#);
        w.string(self.error_message());
        if file.is_empty() {
            return w.raw(r#","stack":[]}],"paths":[]}"#);
        }
        w.raw(r#","stack":[{"path":"#);
        w.string(file);
        w.raw(r#","line":"#);
        w.raw(utf8::text(decimal((*line).into(), &mut Digits::default())));
        w.raw(r#","label":""}]}],"paths":["#);
        w.string(file);
        w.raw("]}");
    }
}

/// The error type of an error that has no name. JavaScript and Python have such a general type, too: `Error`
/// and `Exception`.
const UNNAMED: &str = "Error";

/// Every [`std::error::Error`]. It exists for its diagnostic, which cannot be attached to std's trait.
// Compilers from 1.95 on show only the label for a `?`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `std::error::Error`, so `?` cannot convert it to `tiny_lambda::Error`",
    label = "for a boxed error, `anyhow::Error` or text, write `.map_err(tiny_lambda::Error::boxed)?`",
    note = "an error type of your own implements `std::error::Error`"
)]
pub trait StdError: error::Error {}

#[diagnostic::do_not_recommend]
impl<E: error::Error> StdError for E {}

/// Converts any [`std::error::Error`]; this is what `?` calls.
impl<E: StdError> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Error {
        // The name is taken here, since only here the type is known.
        let error_type = short_name(any::type_name::<E>());
        let place = Place::of_call(Location::caller());
        Error::make(error_type, with_sources(&error), place)
    }
}

/// The argument of [`Error::boxed`]. `M` distinguishes the impls, which could overlap otherwise (E0119).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a boxed error nor text",
    label = "cannot be converted to `Box<dyn std::error::Error>`",
    note = "`tiny_lambda::Error::msg` takes anything that implements `Display`"
)]
pub trait IntoBoxed<M> {
    fn into_boxed(self) -> Box<dyn error::Error>;
}

#[derive(Debug)]
pub enum SendSync {}

#[derive(Debug)]
pub enum Local {}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn error::Error + Send + Sync>>> IntoBoxed<SendSync> for E {
    fn into_boxed(self) -> Box<dyn error::Error> {
        self.into()
    }
}

impl IntoBoxed<Local> for Box<dyn error::Error> {
    fn into_boxed(self) -> Box<dyn error::Error> {
        self
    }
}

impl IntoBoxed<Local> for Box<dyn error::Error + Send> {
    fn into_boxed(self) -> Box<dyn error::Error> {
        self
    }
}

/// An [`Error`] as a [`std::error::Error`], in a box.
#[derive(Debug)]
struct Boxed(Error);

impl Display for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl error::Error for Boxed {}

/// For `?` in a function that returns a boxed error.
///
/// ```
/// use tiny_lambda::events::Field;
///
/// fn name(field: &Field<String>) -> Result<&str, Box<dyn std::error::Error + Send + Sync>> {
///     Ok(field.get()?)
/// }
/// assert!(name(&Field::default()).is_err());
/// ```
impl From<Error> for Box<dyn error::Error + Send + Sync> {
    fn from(error: Error) -> Self {
        Box::new(Boxed(error))
    }
}

/// For `?` in a function that returns a boxed error.
impl From<Error> for Box<dyn error::Error> {
    fn from(error: Error) -> Self {
        Box::new(Boxed(error))
    }
}

/// A value of which [`bail!`](crate::bail) makes an error. The trait whose `how()` the compiler finds first for
/// a `&&&BailValue` says how: as `?` does, else by [`Error::boxed`], else by [`Error::msg`] (David Tolnay,
/// "Autoref-based stable specialization").
#[derive(Debug)]
pub struct BailValue<'v, T>(pub &'v T);

/// Makes an error as `?` does.
#[derive(Debug)]
pub struct ByFrom;

/// Makes an error by [`Error::boxed`].
#[derive(Debug)]
pub struct ByBox;

/// Makes an error by [`Error::msg`].
#[derive(Debug)]
pub struct ByText;

/// The values that `?` converts.
pub trait BailFrom {
    /// Returns how to make the error.
    fn how(&self) -> ByFrom {
        ByFrom
    }
}

impl<T> BailFrom for &&BailValue<'_, T> where Error: From<T> {}

/// The values that [`Error::boxed`] takes.
pub trait BailBoxed<M> {
    /// Returns how to make the error.
    fn how(&self) -> ByBox {
        ByBox
    }
}

impl<T: IntoBoxed<M>, M> BailBoxed<M> for &BailValue<'_, T> {}

/// The values that may have a text.
pub trait BailText {
    /// Returns how to make the error.
    fn how(&self) -> ByText {
        ByText
    }
}

impl<T> BailText for BailValue<'_, T> {}

#[allow(clippy::unused_self, reason = "`how()` returns it for its type")]
impl ByFrom {
    /// Makes the error.
    #[doc(hidden)]
    #[track_caller]
    pub fn make<T>(self, value: T) -> Error
    where
        Error: From<T>,
    {
        Error::from(value)
    }
}

#[allow(clippy::unused_self, reason = "`how()` returns it for its type")]
impl ByBox {
    /// Makes the error.
    #[doc(hidden)]
    #[track_caller]
    pub fn make<T: IntoBoxed<M>, M>(self, value: T) -> Error {
        Error::boxed(value)
    }
}

#[allow(clippy::unused_self, reason = "`how()` returns it for its type")]
impl ByText {
    /// Makes the error.
    #[doc(hidden)]
    #[track_caller]
    pub fn make(self, value: impl Display) -> Error {
        Error::msg(value)
    }
}

/// Returns an [`Error`] from the enclosing function. The arguments are those of `format!`, or a value that `?`,
/// [`Error::boxed`] or [`Error::msg`] converts.
///
/// ```
/// use tiny_lambda::{Error, Result, bail};
///
/// fn reserve(n: u32) -> Result<u32> {
///     match n {
///         0 => bail!("nothing to reserve"),
///         101.. => bail!("{n} seats are more than {}", 100),
///         13 => bail!(Error::new("Unlucky", "no such seat")),
///         n => Ok(n),
///     }
/// }
/// assert_eq!(reserve(200).unwrap_err().error_message(), "200 seats are more than 100");
/// assert_eq!(reserve(13).unwrap_err().error_type(), "Unlucky");
/// ```
#[macro_export]
macro_rules! bail {
    ($text:literal $(, $($arg:tt)*)?) => {
        return ::core::result::Result::Err(
            $crate::Error::msg(::core::format_args!($text $(, $($arg)*)?))
        )
    };
    ($error:expr $(,)?) => {
        match $error {
            __error => {
                #[allow(unused_imports, reason = "one of them has the method")]
                use $crate::{BailBoxed as _, BailFrom as _, BailText as _};
                let __how = (&&&$crate::BailValue(&__error)).how();
                return ::core::result::Result::Err(__how.make(__error));
            }
        }
    };
    ($text:expr, $($arg:tt)*) => {
        return ::core::result::Result::Err(
            $crate::Error::msg(::core::format_args!($text, $($arg)*))
        )
    };
}

/// Returns an error from the enclosing function if a condition does not hold. The arguments after the condition
/// are those of [`bail!`](crate::bail). Without them, the message contains the condition.
///
/// ```
/// use tiny_lambda::{Result, ensure};
///
/// fn half(n: u32) -> Result<u32> {
///     ensure!(n != 0);
///     ensure!(n % 2 == 0, "{n} is odd");
///     Ok(n / 2)
/// }
/// assert_eq!(half(7).unwrap_err().error_message(), "7 is odd");
/// assert_eq!(half(0).unwrap_err().error_message(), "condition failed: `n != 0`");
/// ```
#[macro_export]
macro_rules! ensure {
    ($condition:expr $(,)?) => {
        if !$condition {
            $crate::bail!("condition failed: `{}`", ::core::stringify!($condition));
        }
    };
    ($condition:expr, $($error:tt)+) => {
        if !$condition {
            $crate::bail!($($error)+);
        }
    };
}

/// Returns the message of a panic if its payload is a string.
pub(crate) fn payload_text(payload: &(dyn Any + Send)) -> Option<&str> {
    match payload.downcast_ref::<&str>() {
        Some(text) => Some(text),
        None => payload.downcast_ref::<String>().map(String::as_str),
    }
}

/// Returns what `value` displays. If its `Display` fails, returns the text before the failure;
/// `to_string` would panic.
fn display_text(value: &dyn Display) -> String {
    let mut text = String::new();
    let _ = write!(text, "{value}");
    text
}

/// Returns the message of an error followed by those of its sources. A message that ends with the one of
/// its source includes it already.
pub(crate) fn with_sources(error: &dyn error::Error) -> String {
    let mut message = display_text(&error);
    let sources = iter::successors(error.source(), |error| error.source());
    for error in sources.take(N_SOURCES_MAX) {
        let more = display_text(&error);
        if !ends_with_words(&message, &more) {
            if !message.is_empty() {
                message.push_str(": ");
            }
            message.push_str(&more);
        }
    }
    message
}

/// Returns whether `message` ends with `words`, and they do not begin within a word of it.
fn ends_with_words(message: &str, words: &str) -> bool {
    let before = message.strip_suffix(words).map(str::as_bytes);
    before.is_some_and(|before| {
        let is_within = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
        words.is_empty() || !before.last().is_some_and(is_within)
    })
}

/// Returns the last part of a type's path: `ParseIntError`. A type called `Error` keeps the name of its
/// crate, or of its module if the crate is the standard library or this one: `serde_json::Error`,
/// `io::Error`, `json::Error`.
///
/// Splits by single characters, since std's search for strings is 4 KB.
fn short_name(path: &'static str) -> Cow<'static, str> {
    // Splits at bytes: searching a text for characters adds 1.4 KB to a function.
    let part = |bytes: &'static [u8]| utf8::text(bytes);
    let is_colon = |byte: &u8| *byte == b':';
    let mut path = path;
    while let Some(rest) = path.strip_prefix('&') {
        path = rest;
    }
    let path = path.strip_prefix("mut ").unwrap_or(path).as_bytes();
    let path = path.split(|byte| *byte == b'<').next().unwrap_or(path);
    let last = part(path.rsplit(is_colon).next().unwrap_or(path));
    if last != "Error" {
        return Cow::Borrowed(last);
    }
    // Each second part is the empty one between two colons.
    let mut parts = path.split(is_colon).step_by(2).map(part);
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
    fn messages_of_sources_are_in_order_and_once() {
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
        check(&["wrong context", "text"], "wrong context: text");
        check(&["caf\u{e9}s", "s"], "caf\u{e9}s: s");
        check(&["cannot read gone", "gone"], "cannot read gone");
        check(&["gone", "gone", "a"], "gone: a");
        check(&["a", "", "b"], "a: b");
        check(&["", "b"], "b");
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
    fn an_error_that_cannot_be_displayed_does_not_panic() {
        assert_eq!(Error::from(Broken).to_string(), "Broken: as far as");
    }

    /// Converts as `anyhow::Error` does, and does not implement `std::error::Error` either.
    struct Report(Chain);

    impl From<Report> for Box<dyn error::Error + Send + Sync> {
        fn from(report: Report) -> Self {
            Box::new(report.0)
        }
    }

    #[test]
    fn a_boxed_error_has_the_messages_of_its_sources_and_a_general_type() {
        #[track_caller]
        fn check(error: Error, error_type: &str, message: &str) {
            let got = (error.error_type(), error.error_message());
            assert_eq!(got, (error_type, message));
        }
        type DynBox = Box<dyn error::Error>;
        type SendBox = Box<dyn error::Error + Send + Sync>;
        let chain = || Chain("cannot read", Some(Box::new(Chain("gone", None))));
        check(Error::boxed("no item"), "Error", "no item");
        check(Error::boxed(String::from("no item")), "Error", "no item");
        check(Error::boxed(Cow::Borrowed("no item")), "Error", "no item");
        check(Error::boxed(DynBox::from("no item")), "Error", "no item");
        let text = "cannot read: gone";
        check(Error::boxed(DynBox::from(chain())), "Error", text);
        check(Error::boxed(SendBox::from(chain())), "Error", text);
        let send: Box<dyn error::Error + Send> = Box::new(chain());
        check(Error::boxed(send), "Error", text);
        check(Error::boxed(Report(chain())), "Report", text);
        check(Error::boxed(chain()), "Chain", text);
        check(Error::msg("no item"), "Error", "no item");
        // An `Error` that a `?` has put into a box, and its place, come out of it again.
        let made = Error::new("NoStock", "sold out");
        for error in [
            Error::boxed(DynBox::from(made.clone())),
            Error::boxed(SendBox::from(made.clone())),
        ] {
            assert_eq!(error.0.place.text(), made.0.place.text());
            check(error, "NoStock", "sold out");
        }
        let boxed = SendBox::from(made);
        assert_eq!(boxed.to_string(), "NoStock: sold out");
    }

    #[test]
    fn bail_and_ensure_take_what_those_of_anyhow_take() {
        fn check(n: u32) -> Result<u32> {
            let limit = 9;
            let chain = || Chain("cannot read", Some(Box::new(Chain("gone", None))));
            match n {
                0 => bail!("nothing"),
                1 => bail!("{n} of {limit}"),
                2 => bail!("{} of at most {limit}", n,),
                3 => bail!(fmt::Error),
                4 => bail!(Error::new("Four", "4"),),
                5 => ensure!(n == 6),
                6 => ensure!(n == 7, "{n} of {}", limit),
                7 => ensure!(n == 8, Error::new("Seven", "7")),
                8..=10 => ensure!(n < limit || n == 10, "too many"),
                11 => bail!(String::from("{n}")),
                12 => bail!("{n}".trim()),
                13 => bail!(concat!("{}", " off {}"), n, limit),
                14 => ensure!(n == 0, concat!("{}", " of {}"), n, limit),
                15 => ensure!(n == 0, String::from("text"),),
                16 => bail!(Box::<dyn error::Error>::from(chain())),
                17 => bail!(Box::new(chain()) as Box<dyn error::Error + Send>),
                18 => bail!(Box::<dyn error::Error + Send + Sync>::from(chain())),
                19 => bail!(Report(chain())),
                20 => bail!(chain()),
                21 => bail!(Cow::Borrowed("text")),
                22 => bail!(format_args!("{n} of {}", limit)),
                // It implements `Display` and nothing else.
                _ => bail!(n),
            }
            Ok(n)
        }
        let all: Vec<_> = (0..24)
            .map(|n| check(n).map_err(|error| error.to_string()))
            .collect();
        let refused = |text: &str| Err(String::from(text));
        assert_eq!(
            all,
            [
                refused("Error: nothing"),
                refused("Error: 1 of 9"),
                refused("Error: 2 of at most 9"),
                refused("fmt::Error: an error occurred when formatting an argument"),
                refused("Four: 4"),
                refused("Error: condition failed: `n == 6`"),
                refused("Error: 6 of 9"),
                refused("Seven: 7"),
                Ok(8),
                refused("Error: too many"),
                Ok(10),
                refused("Error: {n}"),
                refused("Error: {n}"),
                refused("Error: 13 off 9"),
                refused("Error: 14 of 9"),
                refused("Error: text"),
                refused("Error: cannot read: gone"),
                refused("Error: cannot read: gone"),
                refused("Error: cannot read: gone"),
                refused("Report: cannot read: gone"),
                refused("Chain: cannot read: gone"),
                refused("Error: text"),
                refused("Error: 22 of 9"),
                refused("Error: 23"),
            ]
        );
    }
}
