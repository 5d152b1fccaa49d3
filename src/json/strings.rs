//! Strings: borrowed where they stand for themselves, else unescaped (RFC 8259, section 7).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::refuse::Problem;
use super::{Error, Reader, scan};

impl<'j> Reader<'j> {
    /// Reads a string.
    ///
    /// # Errors
    /// If something else comes next, or the string is not written as RFC 8259, section 7, has it.
    pub fn string(&mut self) -> Result<Cow<'j, str>, Error> {
        let string = self.begin_string()?;
        self.string_behind_quote(string)
    }

    /// As [`string`](Self::string), in place of another one.
    pub(super) fn string_into(&mut self, to: &mut String) -> Result<(), Error> {
        let string = self.begin_string()?;
        match self.plain_string(string) {
            Some(string) => *to = String::from(string),
            None => *to = self.escaped_string(string)?,
        }
        Ok(())
    }

    /// As [`string`](Self::string), without escapes.
    pub(super) fn borrowed_string(&mut self) -> Result<&'j str, Error> {
        let string = self.begin_string()?;
        if let Some(string) = self.plain_string(string) {
            return Ok(string);
        }
        self.escaped_string(string)?;
        Err(self.error("a string with escapes cannot be borrowed"))
    }

    /// What is behind the opening quote.
    #[inline]
    fn begin_string(&mut self) -> Result<&'j [u8], Error> {
        let [b'"', string @ ..] = self.next() else {
            return Err(self.expected_value("a string"));
        };
        self.start = self.offset();
        Ok(string)
    }

    /// Reads a string whose opening quote is in front of `string`.
    #[inline]
    pub(super) fn string_behind_quote(&mut self, string: &'j [u8]) -> Result<Cow<'j, str>, Error> {
        match self.plain_string(string) {
            Some(string) => Ok(Cow::Borrowed(string)),
            None => self.escaped_string(string).map(Cow::Owned),
        }
    }

    /// Reads a string whose opening quote is in front of `string`; `None`: not yet, since there is
    /// more in it than characters that stand for themselves.
    #[inline]
    fn plain_string(&mut self, string: &'j [u8]) -> Option<&'j str> {
        let end = scan::plain(string);
        let [b'"', behind @ ..] = end else {
            return None;
        };
        self.rest = behind;
        self.text.get(self.pos_of(string)..self.pos_of(end))
    }

    /// As [`plain_string`](Self::plain_string), where there may be escapes.
    #[cold]
    #[inline(never)]
    pub(super) fn escaped_string(&mut self, string: &'j [u8]) -> Result<String, Error> {
        match self.behind_string(string) {
            Some(behind) => self.rest = behind,
            None => return Err(self.problem()),
        }
        // It takes its place at once, and no more than it has in the text.
        let mut out = Vec::with_capacity(string.len().wrapping_sub(self.rest.len()));
        let mut rest = string;
        loop {
            let special = scan::plain(rest);
            let n_plain = rest.len().wrapping_sub(special.len());
            out.extend_from_slice(rest.get(..n_plain).unwrap_or_default());
            let [b'\\', ..] = special else { break };
            let (code, len) = scan::escape(special);
            match char::from_u32(code).unwrap_or_default() {
                character @ '\0'..='\x7f' => out.push(character as u8),
                character => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            rest = special.get(len..).unwrap_or_default();
        }
        Ok(String::from_utf8(out).unwrap_or_default())
    }

    /// Passes the rest of a string and the quote that ends it.
    #[cold]
    #[inline(never)]
    pub(super) fn behind_string(&mut self, mut rest: &'j [u8]) -> Option<&'j [u8]> {
        loop {
            rest = match scan::plain(rest) {
                [b'"', behind @ ..] => return Some(behind),
                [
                    b'\\',
                    b'"' | b'\\' | b'/' | b'n' | b't' | b'r' | b'b' | b'f',
                    behind @ ..,
                ] => behind,
                end => self.behind_escape(end)?,
            };
        }
    }

    /// Passes the escape in front of `rest`.
    #[inline(never)]
    pub(super) fn behind_escape(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        let problem = match rest {
            [b'\\', ..] => {
                let (code, len) = scan::escape(rest);
                match code {
                    scan::NO_ESCAPE => Problem::ESCAPE,
                    scan::NO_DIGIT => Problem::HEX_DIGITS,
                    0xd800..=0xdfff => Problem::SURROGATE,
                    _ => return rest.get(len..),
                }
            }
            [] => Problem::STRING_END,
            _ => Problem::CONTROL,
        };
        self.fail(rest, problem)
    }
}
