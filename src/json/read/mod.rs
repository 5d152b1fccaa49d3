//! The pull reader: reads values of each kind, arrays and objects, when the caller asks for them.

pub(in crate::json) mod errors;
pub(in crate::json) mod lexer;
pub(in crate::json) mod members;
mod strings;
mod tree;

use crate::encoding::lengths::{skip, subtract};
use core::mem;

use crate::json::float::{self, Format, IntegerError, Magnitude};
use crate::json::read::errors::ReadError;
use crate::json::{Error, ErrorKind, FromJson};
use crate::sys::utf8;

/// The deepest nesting accepted, so that a hostile event cannot exhaust the stack.
pub(in crate::json) const DEPTH_MAX: u32 = 128;

/// A pull reader: reads one value after another from a text, each as the type that is asked for.
///
/// ```
/// use tiny_lambda::json::Reader;
///
/// let mut r = Reader::new(r#"{"name": "Ada", "born": 1815}"#);
/// let mut name = String::new();
/// r.begin_object()?;
/// while let Some(member) = r.next_member()? {
///     match &*member {
///         "name" => name = r.string()?.into_owned(),
///         _ => r.skip()?,
///     }
/// }
/// r.end()?;
/// assert_eq!(name, "Ada");
/// # Ok::<(), tiny_lambda::json::Error>(())
/// ```
///
/// A string is a [`Cow`](alloc::borrow::Cow): borrowed from the text unless it contains escapes. To
/// look ahead, read from a clone, which copies a few words.
///
/// A method that reads or skips a value does not move the reader if it fails. Nor does the
/// `from_json` of any type of this crate, so that a function can try one type after another; an impl
/// that is written by hand uses [`attempt`](Self::attempt) for that.
#[derive(Debug, Clone)]
pub struct Reader<'j> {
    pub(in crate::json) text: &'j str,
    /// The part of `text` that is not read yet.
    pub(in crate::json) rest: &'j [u8],
    /// The offset of the value that was read last, for errors about it; after an error, the offset of
    /// the error.
    pub(in crate::json) start: usize,
    /// How many arrays and objects are open.
    pub(in crate::json) depth: u32,
    /// Whether nothing has been read of the innermost array or object.
    pub(in crate::json) first: bool,
    /// The error at `start`, if [`set_error`](Self::set_error) was called.
    pub(in crate::json) read_error: &'static ReadError,
    /// Whether the escape of an unpaired surrogate in a string becomes U+FFFD; otherwise it is an
    /// error.
    pub(in crate::json) replaces_surrogates: bool,
}

/// The kind of a value. Returned by [`Reader::peek`].
///
/// ```
/// use tiny_lambda::json::{Kind, Reader};
///
/// assert_eq!(Reader::new("[1]").peek()?, Kind::Array);
/// assert_eq!(Reader::new("1").peek()?, Kind::Number);
/// # Ok::<(), tiny_lambda::json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// a number
    Number,
    /// a string
    String,
    /// `[`
    Array,
    /// `{`
    Object,
}

impl<'j> Reader<'j> {
    /// Returns a reader of `text`.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// assert_eq!(Reader::new(" 7 ").number()?, "7");
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    pub fn new(text: &'j str) -> Reader<'j> {
        Reader {
            text,
            rest: text.as_bytes(),
            start: 0,
            depth: 0,
            first: false,
            read_error: ReadError::VALUE,
            replaces_surrogates: false,
        }
    }

    /// Returns the same reader, for which the escape of an unpaired surrogate becomes U+FFFD: for events
    /// and web requests, which AWS passes on as a client has written them.
    pub(crate) fn replacing_surrogates(self) -> Reader<'j> {
        Reader {
            replaces_surrogates: true,
            ..self
        }
    }

    /// Returns a reader of `bytes`.
    ///
    /// ```
    /// use tiny_lambda::json::{ErrorKind, Reader};
    ///
    /// assert_eq!(Reader::from_bytes(b"7")?.number()?, "7");
    /// assert_eq!(Reader::from_bytes(b"\"\xff\"").unwrap_err().kind(), ErrorKind::Utf8);
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `bytes` are not UTF-8. All of them are checked here, so that no byte is checked twice.
    pub fn from_bytes(bytes: &'j [u8]) -> Result<Reader<'j>, Error> {
        match utf8::to_str(bytes) {
            Some(text) => Ok(Reader::new(text)),
            None => Err(Error::not_utf8(bytes)),
        }
    }

    /// Returns a reader of the value at offset `pos`, where another reader of `text` has been; as
    /// [`replacing_surrogates`](Self::replacing_surrogates).
    pub(crate) fn at(text: &'j str, pos: usize) -> Reader<'j> {
        Reader {
            rest: skip(text.as_bytes(), pos),
            ..Reader::new(text).replacing_surrogates()
        }
    }

    /// Calls `read`. If it fails, the reader is moved back to where it was.
    ///
    /// An impl of [`FromJson`] that is written by hand uses this if it calls several methods of the
    /// reader or checks the value, so that a caller can try another type after an error.
    /// ```
    /// use tiny_lambda::json::{FromJson, Reader};
    ///
    /// let mut r = Reader::new(r#"{"x": 1}"#);
    /// let failed = r.attempt(|r| {
    ///     r.begin_object()?;
    ///     r.next_member()?;
    ///     r.string()
    /// });
    /// assert_eq!(failed.unwrap_err().path(), "$.x");
    /// assert_eq!(r.offset(), 0);
    /// let members: Vec<(String, u8)> = Vec::from_json(&mut r)?;
    /// assert_eq!(members, [(String::from("x"), 1)]);
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of `read`.
    #[inline]
    pub fn attempt<T>(
        &mut self,
        read: impl FnOnce(&mut Reader<'j>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (rest, depth, first) = (self.rest, self.depth, self.first);
        let result = read(self);
        if result.is_err() {
            (self.rest, self.depth, self.first) = (rest, depth, first);
        }
        result
    }

    /// Does the same as [`attempt`](Self::attempt). Within `read`, the escape of an unpaired surrogate becomes U+FFFD
    /// if `replaces_surrogates` is set; otherwise it is an error.
    #[inline]
    pub(crate) fn attempt_replacing<T>(
        &mut self,
        replaces_surrogates: bool,
        read: impl FnOnce(&mut Reader<'j>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let outer = mem::replace(&mut self.replaces_surrogates, replaces_surrogates);
        let result = self.attempt(read);
        self.replaces_surrogates = outer;
        result
    }

    /// Returns the kind of the next value, from its first character. Nothing is read.
    ///
    /// ```
    /// use tiny_lambda::json::{Kind, Reader};
    ///
    /// let mut r = Reader::new("7");
    /// assert_eq!(r.peek()?, Kind::Number);
    /// assert_eq!(r.number()?, "7");
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the reader is not at a value.
    pub fn peek(&mut self) -> Result<Kind, Error> {
        match lexer::skip_white_space(self.rest) {
            [b'"', ..] => Ok(Kind::String),
            [b'{', ..] => Ok(Kind::Object),
            [b'[', ..] => Ok(Kind::Array),
            [b'-' | b'0'..=b'9', ..] => Ok(Kind::Number),
            [b't' | b'f', ..] => Ok(Kind::Bool),
            [b'n', ..] => Ok(Kind::Null),
            rest => Err(self.error_at(rest, ReadError::VALUE)),
        }
    }

    /// Reads `null`.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// Reader::new("null").null()?;
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the next value is not `null`.
    pub fn null(&mut self) -> Result<(), Error> {
        if self.literal_from(b'n') {
            Ok(())
        } else {
            Err(self.error_expected_next("null"))
        }
    }

    /// Reads `null` if it is the next value. Returns whether it was.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// assert!(Reader::new("null").null_if_next());
    /// assert!(!Reader::new("0").null_if_next());
    /// ```
    pub fn null_if_next(&mut self) -> bool {
        self.literal_from(b'n')
    }

    /// Reads `true` or `false`.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// assert!(Reader::new("true").bool()?);
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the next value is neither.
    pub fn bool(&mut self) -> Result<bool, Error> {
        if self.literal_from(b't') {
            Ok(true)
        } else if self.literal_from(b'f') {
            Ok(false)
        } else {
            Err(self.error_expected_next("a boolean"))
        }
    }

    /// Reads a number and returns its text.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// assert_eq!(Reader::new("1.50").number()?, "1.50");
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the next value is not a number, or is malformed (RFC 8259, section 6).
    pub fn number(&mut self) -> Result<&'j str, Error> {
        let rest = lexer::skip_white_space(self.rest);
        let [b'-' | b'0'..=b'9', ..] = rest else {
            return Err(self.error_expected_next("a number"));
        };
        let Some(after) = self.skip_number(rest) else {
            return Err(self.last_error());
        };
        self.start = self.pos_of(rest);
        self.rest = after;
        Ok(self.since(self.start))
    }

    /// Reads an integer in `-negative_max..=positive_max` and returns its two's complement.
    pub(in crate::json) fn integer(
        &mut self,
        negative_max: u64,
        positive_max: u64,
        type_name: &str,
    ) -> Result<u64, Error> {
        let number = lexer::skip_white_space(self.rest);
        let (mut negative, digits) = match number {
            [b'-', digits @ ..] => (true, digits),
            _ => (false, number),
        };
        let mut rest = digits;
        let mut value = 0_u64;
        while let [digit @ b'0'..=b'9', after @ ..] = rest {
            let digit = u64::from(digit.wrapping_sub(b'0'));
            value = value.wrapping_mul(10).wrapping_add(digit);
            rest = after;
            // A leading zero ends the integer part: a digit after it is not part of the number.
            if value == 0 {
                break;
            }
        }
        let n_digits = subtract(digits.len(), rest.len());
        let max = if negative { negative_max } else { positive_max };
        // Nineteen digits fit in 64 bits. Longer numbers, `60.0` and `6e1`, which AWS sends too, and
        // errors are left to `wide_integer`, which reads them once more.
        let is_plain =
            matches!(n_digits, 1..20) && value <= max && !matches!(rest, [b'.' | b'e' | b'E', ..]);
        if is_plain {
            self.start = self.pos_of(number);
            self.rest = rest;
        } else {
            (negative, value) = self.wide_integer(negative_max, positive_max, type_name)?;
        }
        Ok(if negative {
            value.wrapping_neg()
        } else {
            value
        })
    }

    /// Reads an integer in any notation. Returns whether it is negative, and its magnitude, which is at
    /// most the given one for its sign.
    #[inline(never)]
    pub(in crate::json) fn wide_integer<T: Magnitude>(
        &mut self,
        negative_max: T,
        positive_max: T,
        type_name: &str,
    ) -> Result<(bool, T), Error> {
        let rest = lexer::skip_white_space(self.rest);
        let [b'-' | b'0'..=b'9', ..] = rest else {
            return Err(self.error_expected_next("an integer"));
        };
        let Some(after) = self.skip_number(rest) else {
            return Err(self.last_error());
        };
        self.start = self.pos_of(rest);
        let number = self.text.get(self.start..self.pos_of(after));
        let number = number.unwrap_or_default();
        match float::exact_integer(number) {
            Ok((negative, magnitude))
                if magnitude <= if negative { negative_max } else { positive_max } =>
            {
                self.rest = after;
                Ok((negative, magnitude))
            }
            Err(IntegerError::Fraction) => Err(self.error_not_an_integer(number)),
            _ => Err(self.error_out_of_range(type_name)),
        }
    }

    /// Reads a number as the bits of the nearest float.
    pub(in crate::json) fn float(
        &mut self,
        format: &Format,
        type_name: &str,
    ) -> Result<u64, Error> {
        let number = lexer::skip_white_space(self.rest);
        if let Some((bits, rest)) = float::parse_short(number, format) {
            self.start = self.pos_of(number);
            self.rest = rest;
            return Ok(bits);
        }
        self.attempt(|r| {
            let number = r.number()?;
            float::parse(number, format).ok_or_else(|| r.error_out_of_range(type_name))
        })
    }

    /// Reads `[`, the start of an array. Call [`next_element`](Self::next_element) before each element.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// let (mut r, mut n) = (Reader::new("[1, 2]"), 0);
    /// r.begin_array()?;
    /// while r.next_element()? {
    ///     r.number()?;
    ///     n += 1;
    /// }
    /// r.end()?;
    /// assert_eq!(n, 2);
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the next value is not an array, or 128 arrays and objects are open already.
    pub fn begin_array(&mut self) -> Result<(), Error> {
        self.open(b'[', "an array")
    }

    /// Reads the comma before the next element, if any. Returns false at the end of the array, which is
    /// read then.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// let mut r = Reader::new("[true]");
    /// r.begin_array()?;
    /// assert!(r.next_element()? && r.bool()?);
    /// assert!(!r.next_element()?);
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the reader is neither at an element nor at the end of the array.
    pub fn next_element(&mut self) -> Result<bool, Error> {
        match lexer::skip_white_space(self.rest) {
            [b']', after @ ..] => {
                self.close(after);
                return Ok(false);
            }
            rest if self.first => (self.rest, self.first) = (rest, false),
            [b',', after @ ..] => self.rest = after,
            rest => return Err(self.error_at(rest, ReadError::ELEMENT)),
        }
        Ok(true)
    }

    /// Reads an array. `read` is called for each element and reads it.
    #[inline]
    pub(in crate::json) fn elements(
        &mut self,
        read: &mut dyn FnMut(&mut Reader<'j>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.attempt(|r| {
            r.begin_array()?;
            while r.next_element()? {
                read(r)?;
            }
            Ok(())
        })
    }

    /// Reads `{`, the start of an object. Call [`next_member`](Self::next_member) before each value;
    /// [`Reader`] has an example.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// let mut r = Reader::new("{}");
    /// r.begin_object()?;
    /// assert_eq!(r.next_member()?, None);
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the next value is not an object, or 128 arrays and objects are open already.
    pub fn begin_object(&mut self) -> Result<(), Error> {
        self.open(b'{', "an object")
    }

    /// Reads any value and returns its text. It is checked as in [`skip`](Self::skip).
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// let mut r = Reader::new("[[1,  2], 3]");
    /// r.begin_array()?;
    /// assert!(r.next_element()?);
    /// assert_eq!(r.raw()?, "[1,  2]");
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the value is not JSON.
    pub fn raw(&mut self) -> Result<&'j str, Error> {
        let start = self.pos_of(lexer::skip_white_space(self.rest));
        self.skip()?;
        self.start = start;
        Ok(self.since(start))
    }

    /// Reads the end of the text.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// let mut r = Reader::new("1 2");
    /// r.number()?;
    /// assert_eq!(r.end().unwrap_err().offset(), 2);
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If something other than white space is left, or an array or object is still open.
    pub fn end(&mut self) -> Result<(), Error> {
        let mut rest = self.rest;
        if !rest.is_empty() {
            rest = lexer::skip_long_white_space(rest);
        }
        if !rest.is_empty() {
            return Err(self.error_at(rest, ReadError::END));
        }
        if self.depth != 0 {
            return Err(self.error_at(rest, ReadError::BRACKET));
        }
        self.rest = rest;
        Ok(())
    }

    /// Returns the number of bytes that have been read.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// let mut r = Reader::new("12 ");
    /// r.number()?;
    /// assert_eq!(r.offset(), 2);
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    pub fn offset(&self) -> usize {
        self.pos_of(self.rest)
    }

    /// Reads one more element of a tuple, which errors call `what`.
    pub(in crate::json) fn tuple_element<T: FromJson>(&mut self, what: &str) -> Result<T, Error> {
        if self.next_element()? {
            return T::from_json(self);
        }
        let end = self.offset().saturating_sub(1);
        Err(Error::expected(ErrorKind::Type, what, self.text, end))
    }

    /// Reads the end of a tuple, which errors call `what`.
    pub(in crate::json) fn tuple_end(&mut self, what: &str) -> Result<(), Error> {
        if self.next_element()? {
            Err(self.error_expected_next(what))
        } else {
            Ok(())
        }
    }

    /// Skips white space and returns a copy of the reader whose errors are about the next value.
    pub(in crate::json) fn at_next(&mut self) -> Reader<'j> {
        self.next();
        Reader {
            start: self.offset(),
            ..self.clone()
        }
    }

    /// Returns whether nothing has been read since [`at_next`](Self::at_next).
    pub(in crate::json) fn is_at_start(&self) -> bool {
        self.offset() == self.start
    }

    // Helpers.

    /// Skips white space and returns the rest after it.
    #[inline(always)]
    pub(in crate::json) fn next(&mut self) -> &'j [u8] {
        self.rest = lexer::skip_white_space(self.rest);
        self.rest
    }

    /// Returns the text from `start` to here. Both are next to ASCII bytes, so they are character
    /// boundaries.
    #[inline]
    pub(crate) fn since(&self, start: usize) -> &'j str {
        self.text.get(start..self.offset()).unwrap_or_default()
    }

    /// Returns the offset of `rest`, which is a suffix of the text.
    #[inline(always)]
    pub(in crate::json) fn pos_of(&self, rest: &[u8]) -> usize {
        subtract(self.text.len(), rest.len())
    }

    /// Reads the literal that begins with `first`, if it is next. Returns whether it was.
    fn literal_from(&mut self, first: u8) -> bool {
        let rest = lexer::skip_white_space(self.rest);
        if rest.first() != Some(&first) {
            return false;
        }
        let Some(after) = lexer::skip_literal(rest) else {
            return false;
        };
        self.start = self.pos_of(rest);
        self.rest = after;
        true
    }

    /// Reads an opening bracket.
    fn open(&mut self, bracket: u8, what: &str) -> Result<(), Error> {
        let rest = lexer::skip_white_space(self.rest);
        match rest {
            [first, after @ ..] if *first == bracket => {
                if self.depth >= DEPTH_MAX {
                    return Err(self.error_at(rest, ReadError::DEPTH));
                }
                self.depth = self.depth.wrapping_add(1);
                self.start = self.pos_of(rest);
                self.rest = after;
                self.first = true;
                Ok(())
            }
            _ => Err(self.error_expected_next(what)),
        }
    }

    /// Moves to `after`, the rest after a closing bracket.
    #[inline]
    pub(in crate::json) fn close(&mut self, after: &'j [u8]) {
        self.rest = after;
        self.depth = self.depth.wrapping_sub(1);
        self.first = false;
    }
}
