//! Strings: borrowed from the text if they contain no escapes, else decoded (RFC 8259, section 7).

use crate::encoding::lengths::{skip, subtract};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::json::read::errors::ReadError;
use crate::json::{Error, Reader, read::lexer};
use crate::sys::{simd, utf8};

impl<'j> Reader<'j> {
    /// Reads a string.
    ///
    /// ```
    /// use std::borrow::Cow;
    /// use tiny_lambda::json::Reader;
    ///
    /// assert!(matches!(Reader::new(r#""a""#).string()?, Cow::Borrowed("a")));
    /// assert_eq!(Reader::new(r#""\u20ac""#).string()?, "\u{20ac}");
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the next value is not a string, or is malformed (RFC 8259, section 7).
    pub fn string(&mut self) -> Result<Cow<'j, str>, Error> {
        let string = self.begin_string()?;
        self.string_after_quote(string, self.replaces_surrogates)
    }

    /// Reads a string into an existing one.
    pub(in crate::json) fn string_into(&mut self, to: &mut String) -> Result<(), Error> {
        let string = self.begin_string()?;
        match self.plain_string(string) {
            Some(string) => *to = String::from(string),
            None => *to = self.escaped_string(string, self.replaces_surrogates)?,
        }
        Ok(())
    }

    /// Reads a string that has no escapes.
    pub(in crate::json) fn borrowed_string(&mut self) -> Result<&'j str, Error> {
        let string = self.begin_string()?;
        if let Some(string) = self.plain_string(string) {
            return Ok(string);
        }
        Err(self.error_not_borrowable(string))
    }

    /// Returns the error that a string contains escapes or is malformed.
    #[inline(never)]
    fn error_not_borrowable(&mut self, string: &'j [u8]) -> Error {
        match self.skip_string(string) {
            Some(_) => self.error("a string with escapes cannot be borrowed"),
            None => self.last_error(),
        }
    }

    /// Returns the rest after the opening quote.
    #[inline]
    fn begin_string(&mut self) -> Result<&'j [u8], Error> {
        let rest = lexer::skip_white_space(self.rest);
        let [b'"', string @ ..] = rest else {
            return Err(self.error_expected_next("a string"));
        };
        self.start = self.pos_of(rest);
        Ok(string)
    }

    /// Reads a string whose opening quote has been read; `string` is the rest after it.
    #[inline]
    pub(in crate::json) fn string_after_quote(
        &mut self,
        string: &'j [u8],
        replace: bool,
    ) -> Result<Cow<'j, str>, Error> {
        match self.plain_string(string) {
            Some(string) => Ok(Cow::Borrowed(string)),
            None => self.escaped_string(string, replace).map(Cow::Owned),
        }
    }

    /// Does the same as [`string_after_quote`](Self::string_after_quote) for a string without escapes. Returns
    /// `None` and reads nothing if there are escapes or errors.
    #[inline]
    fn plain_string(&mut self, string: &'j [u8]) -> Option<&'j str> {
        let end = lexer::skip_unescaped(string);
        let [b'"', after @ ..] = end else {
            return None;
        };
        self.rest = after;
        self.text.get(self.pos_of(string)..self.pos_of(end))
    }

    /// Does the same as [`string_after_quote`](Self::string_after_quote) for a string that may have escapes.
    /// The escape of an unpaired surrogate becomes U+FFFD if `replace` is set; otherwise it is an error.
    /// Another policy for escapes belongs here; `lexer::decode_escape` knows which escapes exist.
    #[inline(never)]
    pub(in crate::json) fn escaped_string(
        &mut self,
        string: &'j [u8],
        replace: bool,
    ) -> Result<String, Error> {
        // A decoded string is not longer than its text, so the text is copied and decoded in place.
        // Sixteen bytes are copied at once, so the copy has room for sixteen more.
        let text_len = subtract(string.len(), lexer::skip_string(string).len());
        let with_more = string.get(..text_len.wrapping_add(16)).unwrap_or(string);
        let mut out = Vec::from(with_more);
        let mut place = out.as_mut_slice();
        let mut rest = string;
        loop {
            let (mut bytes, n_read) = match rest {
                [b'"', after @ ..] => {
                    self.rest = after;
                    break;
                }
                [b'\\', ..] => {
                    let (code, n_read) = lexer::decode_escape(rest);
                    let is_half = matches!(code, 0xd800..=0xdfff);
                    if code > 0x10_ffff || is_half && !replace {
                        return Err(self.error_in_string(rest));
                    }
                    (utf8(if is_half { 0xfffd } else { code }), n_read)
                }
                [byte @ b' '..=0xff, ..] => {
                    if let (Some(copy), Some(bytes)) = (place.first_chunk_mut(), rest.first_chunk())
                    {
                        *copy = *bytes;
                        let n_plain = simd::first_special(bytes).unwrap_or(bytes.len());
                        rest = skip(rest, n_plain);
                        place = place.get_mut(n_plain..).unwrap_or_default();
                        continue;
                    }
                    (u32::from(*byte), 1)
                }
                _ => return Err(self.error_in_string(rest)),
            };
            rest = skip(rest, n_read);
            while let [first, after @ ..] = place {
                [*first, ..] = bytes.to_le_bytes();
                place = after;
                bytes >>= 8;
                if bytes == 0 {
                    break;
                }
            }
        }
        let n_left = place.len();
        out.truncate(subtract(out.len(), n_left));
        Ok(utf8::into_text(out))
    }

    /// Returns the error of a string that cannot be read further than to `rest`. A surrogate there is the error only if
    /// the rest of the string is well-formed.
    #[inline(never)]
    fn error_in_string(&mut self, rest: &'j [u8]) -> Error {
        match self.skip_string(rest) {
            Some(_) => self.error_at(rest, ReadError::SURROGATE),
            None => self.last_error(),
        }
    }

    /// Skips the rest of a string, its closing quote included.
    #[inline(never)]
    pub(in crate::json) fn skip_string(&mut self, mut rest: &'j [u8]) -> Option<&'j [u8]> {
        loop {
            rest = match lexer::skip_unescaped(rest) {
                [b'"', after @ ..] => return Some(after),
                [
                    b'\\',
                    b'"' | b'\\' | b'/' | b'n' | b't' | b'r' | b'b' | b'f',
                    after @ ..,
                ] => after,
                end => self.skip_escape(end)?,
            };
        }
    }

    /// Skips the escape that `rest` begins with.
    #[inline(never)]
    pub(in crate::json) fn skip_escape(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        let read_error = match rest {
            [b'\\', ..] => {
                let (code, len) = lexer::decode_escape(rest);
                match code {
                    lexer::INVALID_ESCAPE => ReadError::ESCAPE,
                    lexer::INVALID_DIGIT => ReadError::HEX_DIGITS,
                    _ => return rest.get(len..),
                }
            }
            [] => ReadError::STRING_END,
            _ => ReadError::CONTROL,
        };
        self.set_error(rest, read_error)
    }
}

/// Returns the UTF-8 bytes of a code point (RFC 3629, section 3), the first in the lowest byte.
fn utf8(code: u32) -> u32 {
    let mut rest = code;
    let mut bytes = 0;
    let mut first_max = 0x7f;
    // A continuation byte takes six bits. The first byte has room for one bit less with each.
    while rest > first_max {
        bytes = (bytes | 0x80 | rest & 0x3f) << 8;
        rest >>= 6;
        first_max = first_max >> 1 & 0x1f;
    }
    // The first of several bytes begins with as many ones as there are bytes.
    bytes | rest | (0xff ^ (first_max << 1 | 1))
}
