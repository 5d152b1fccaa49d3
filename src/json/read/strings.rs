//! Strings: borrowed where they stand for themselves, else unescaped (RFC 8259, section 7).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::json::read::errors::ReadError;
use crate::json::{Error, Reader, read::lexer};
use crate::sys::simd;

impl<'j> Reader<'j> {
    /// Reads a string.
    ///
    /// # Errors
    /// If something else comes next, or the string is not written as RFC 8259, section 7, has it.
    pub fn string(&mut self) -> Result<Cow<'j, str>, Error> {
        let string = self.begin_string()?;
        self.string_after_quote(string, self.replaces_surrogates)
    }

    /// As [`string`](Self::string), in place of another one.
    pub(in crate::json) fn string_into(&mut self, to: &mut String) -> Result<(), Error> {
        let string = self.begin_string()?;
        match self.plain_string(string) {
            Some(string) => *to = String::from(string),
            None => *to = self.escaped_string(string, self.replaces_surrogates)?,
        }
        Ok(())
    }

    /// As [`string`](Self::string), without escapes.
    pub(in crate::json) fn borrowed_string(&mut self) -> Result<&'j str, Error> {
        let string = self.begin_string()?;
        if let Some(string) = self.plain_string(string) {
            return Ok(string);
        }
        Err(self.error_not_borrowable(string))
    }

    /// That a string has escapes, or another error in it.
    #[inline(never)]
    fn error_not_borrowable(&mut self, string: &'j [u8]) -> Error {
        match self.skip_string(string) {
            Some(_) => self.error("a string with escapes cannot be borrowed"),
            None => self.last_error(),
        }
    }

    /// What is after the opening quote.
    #[inline]
    fn begin_string(&mut self) -> Result<&'j [u8], Error> {
        let rest = lexer::skip_white_space(self.rest);
        let [b'"', string @ ..] = rest else {
            return Err(self.error_expected_next("a string"));
        };
        self.start = self.pos_of(rest);
        Ok(string)
    }

    /// Reads a string whose opening quote is in front of `string`.
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

    /// Reads a string whose opening quote is in front of `string`; `None`: not yet, since there is
    /// more in it than characters that stand for themselves.
    #[inline]
    fn plain_string(&mut self, string: &'j [u8]) -> Option<&'j str> {
        let end = lexer::skip_unescaped(string);
        let [b'"', after @ ..] = end else {
            return None;
        };
        self.rest = after;
        self.text.get(self.pos_of(string)..self.pos_of(end))
    }

    /// As [`plain_string`](Self::plain_string), where there may be escapes. One that stands for
    /// half of a surrogate pair becomes U+FFFD if `replace` is set; otherwise it is an error.
    #[inline(never)]
    pub(in crate::json) fn escaped_string(
        &mut self,
        string: &'j [u8],
        replace: bool,
    ) -> Result<String, Error> {
        let Some(behind_string) = self.skip_string(string) else {
            return Err(self.last_error());
        };
        // It needs no more than it has in the text, so it is decoded in a copy of that; sixteen bytes
        // are copied whole, so there are some more.
        let text_len = string.len().wrapping_sub(behind_string.len());
        let with_more = string.get(..text_len.wrapping_add(16)).unwrap_or(string);
        let mut out = Vec::from(with_more);
        let mut len = 0_usize;
        let mut rest = string;
        while let Some(place) = out.get_mut(len..) {
            if let (Some(place), Some((bytes, after))) =
                (place.first_chunk_mut(), rest.split_first_chunk())
            {
                *place = *bytes;
                let Some(n_plain) = simd::first_special(bytes) else {
                    len = len.wrapping_add(bytes.len());
                    rest = after;
                    continue;
                };
                len = len.wrapping_add(n_plain);
                rest = rest.get(n_plain..).unwrap_or_default();
            }
            let (mut bytes, n_read) = match rest {
                [] | [b'"', ..] => break,
                [b'\\', ..] => {
                    let (code, n_read) = lexer::decode_escape(rest);
                    let is_half = matches!(code, 0xd800..=0xdfff);
                    if is_half && !replace {
                        return Err(self.error_at(rest, ReadError::SURROGATE));
                    }
                    (utf8(if is_half { 0xfffd } else { code }), n_read)
                }
                [byte, ..] => (u32::from(*byte), 1),
            };
            rest = rest.get(n_read..).unwrap_or_default();
            loop {
                let [byte, ..] = bytes.to_le_bytes();
                if let Some(place) = out.get_mut(len) {
                    *place = byte;
                }
                len = len.wrapping_add(1);
                bytes >>= 8;
                if bytes == 0 {
                    break;
                }
            }
        }
        self.rest = behind_string;
        out.truncate(len);
        Ok(String::from_utf8(out).unwrap_or_default())
    }

    /// Passes the rest of a string and the quote that ends it.
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

    /// Passes the escape in front of `rest`.
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

/// A character's bytes (RFC 3629, section 3), the first one lowest.
fn utf8(code: u32) -> u32 {
    let mut rest = code;
    let mut bytes = 0;
    let mut first_max = 0x7f;
    while rest > first_max {
        bytes = (bytes | 0x80 | rest & 0x3f) << 8;
        rest >>= 6;
        first_max = first_max >> 1 & 0x1f;
    }
    // As many ones in front as there are bytes, if there are several.
    bytes | rest | (0xff ^ (first_max << 1 | 1))
}
