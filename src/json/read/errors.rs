//! The reader's errors. Each is built in a function that is not inlined, so that the readers stay
//! short.

use crate::json::field_names::Names;
use crate::json::{Error, ErrorKind, Reader, read::lexer};
use crate::sys::utf8;

/// An error in a text: a kind and a message. Without a kind, it is a syntax error, and the text is
/// what was expected.
#[derive(Debug)]
pub(in crate::json) struct ReadError(Option<ErrorKind>, &'static str);

impl ReadError {
    pub(in crate::json) const VALUE: &ReadError = &ReadError(None, "a value");
    pub(in crate::json) const NAME: &ReadError = &ReadError(None, "a member's name in quotes");
    pub(in crate::json) const COLON: &ReadError = &ReadError(None, "`:`");
    pub(in crate::json) const MEMBER: &ReadError = &ReadError(None, "`,` or `}`");
    pub(in crate::json) const ELEMENT: &ReadError = &ReadError(None, "`,` or `]`");
    pub(in crate::json) const DIGIT: &ReadError = &ReadError(None, "a digit");
    pub(in crate::json) const END: &ReadError = &ReadError(None, "the end of the text");
    pub(in crate::json) const BRACKET: &ReadError = &ReadError(None, "`]` or `}`");
    pub(in crate::json) const DEPTH: &ReadError = &ReadError(
        Some(ErrorKind::Depth),
        "more than 128 arrays and objects deep",
    );
    pub(in crate::json) const STRING_END: &ReadError =
        &ReadError(Some(ErrorKind::End), "unterminated string");
    pub(in crate::json) const CONTROL: &ReadError = &ReadError(
        Some(ErrorKind::Syntax),
        "a control character in a string must be escaped",
    );
    pub(in crate::json) const ESCAPE: &ReadError =
        &ReadError(Some(ErrorKind::Syntax), "no such escape");
    pub(in crate::json) const HEX_DIGITS: &ReadError = &ReadError(
        Some(ErrorKind::Syntax),
        "`\\u` needs four hexadecimal digits",
    );
    pub(in crate::json) const SURROGATE: &ReadError =
        &ReadError(Some(ErrorKind::Surrogate), "half of a surrogate pair");
}

impl<'j> Reader<'j> {
    /// Returns an error about the string, number or raw text that was read last: "expected `what`,
    /// found a string at …".
    ///
    /// For impls of [`FromJson`](crate::json::FromJson) that are written by hand; see its example.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// let mut r = Reader::new(r#""x""#);
    /// r.string()?;
    /// let error = r.error_expected("a hex number");
    /// assert_eq!(error.message(), "expected a hex number, found a string");
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    #[inline(never)]
    pub fn error_expected(&self, what: &str) -> Error {
        Error::expected(ErrorKind::Type, what, self.text, self.start)
    }

    /// Returns an error about the string, number or raw text that was read last, with this message
    /// before the place.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// let mut r = Reader::new(r#""b""#);
    /// assert_eq!(r.string()?, "b");
    /// assert_eq!(
    ///     r.error("unknown grade").to_string(),
    ///     "unknown grade at $ (offset 0, line 1, column 1)"
    /// );
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    #[inline(never)]
    pub fn error(&self, message: &str) -> Error {
        Error::new(ErrorKind::Type, &[message], self.text, self.start)
    }

    /// Returns an error about the object that was read last: it has no member `index` of `names`.
    #[inline(never)]
    pub(in crate::json) fn error_missing(&self, names: &Names, index: usize) -> Error {
        let sentence = ["missing member `", names.name(index), "`"];
        let end = self.offset().saturating_sub(1);
        Error::new(ErrorKind::Missing, &sentence, self.text, end)
    }

    /// Returns the error that the number read last does not fit in `type_name`.
    #[inline(never)]
    pub(in crate::json) fn error_out_of_range(&self, type_name: &str) -> Error {
        let sentence = ["number out of range for ", type_name];
        Error::new(ErrorKind::Range, &sentence, self.text, self.start)
    }

    /// Returns the error that `what` was expected, and the next value is of another kind or missing.
    #[inline(never)]
    pub(in crate::json) fn error_expected_next(&mut self, what: &str) -> Error {
        let (rest, depth) = (lexer::skip_white_space(self.rest), self.depth);
        let after = self.skip_value(rest);
        self.depth = depth;
        if after.is_none() {
            return self.last_error();
        }
        self.start = self.pos_of(rest);
        self.error_expected(what)
    }

    /// Records an error before `rest`. The reader does not move.
    ///
    /// The functions that skip return `None` then, and their caller calls
    /// [`last_error`](Self::last_error). So their result fits in registers, which that of a
    /// `Result` would not.
    pub(in crate::json) fn set_error(
        &mut self,
        rest: &'j [u8],
        read_error: &'static ReadError,
    ) -> Option<&'j [u8]> {
        (self.start, self.read_error) = (self.pos_of(rest), read_error);
        None
    }

    /// Returns the error that [`set_error`](Self::set_error) has recorded.
    #[inline(never)]
    pub(in crate::json) fn last_error(&self) -> Error {
        match *self.read_error {
            ReadError(Some(kind), text) => Error::new(kind, &[text], self.text, self.start),
            ReadError(None, what) => {
                Error::expected(ErrorKind::Syntax, what, self.text, self.start)
            }
        }
    }

    /// Returns an error before `rest`.
    #[inline(never)]
    pub(in crate::json) fn error_at(
        &mut self,
        rest: &'j [u8],
        read_error: &'static ReadError,
    ) -> Error {
        self.set_error(rest, read_error);
        self.last_error()
    }

    /// Returns the error that the number read last is not an integer.
    #[inline(never)]
    pub(in crate::json) fn error_not_an_integer(&self, number: &str) -> Error {
        let sentence = ["expected an integer, found ", number];
        Error::new(ErrorKind::Type, &sentence, self.text, self.start)
    }
}

impl Error {
    /// Returns the error that `bytes` are not UTF-8.
    #[inline(never)]
    pub(in crate::json) fn not_utf8(bytes: &[u8]) -> Error {
        let text = utf8::valid_prefix(bytes);
        Error::new(ErrorKind::Utf8, &["not UTF-8"], text, text.len())
    }
}
