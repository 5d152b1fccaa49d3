//! Strings: borrowed where they stand for themselves, else unescaped (RFC 8259, section 7).

use alloc::borrow::Cow;
use alloc::string::String;

use super::{Error, ErrorKind, Reader, scan};

impl<'j> Reader<'j> {
    /// Reads a string.
    ///
    /// # Errors
    /// If something else comes next, or the string is not written as RFC 8259, section 7, has it.
    pub fn string(&mut self) -> Result<Cow<'j, str>, Error> {
        let string = self.begin_string()?;
        self.string_behind_quote(string)
    }

    /// As [`string`](Self::string), into a string of its own.
    pub(super) fn owned_string(&mut self) -> Result<String, Error> {
        let string = self.begin_string()?;
        match self.plain_string(string) {
            Some(string) => Ok(String::from(string)),
            None => self.escaped_string(string),
        }
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
        // Its end is looked for first, so that it takes its place at once.
        let len = string.len().wrapping_sub(scan::string(string).len());
        let mut out = String::with_capacity(len);
        match self.escapes(string, Some(&mut out)) {
            Some(behind) => self.rest = behind,
            None => return Err(self.problem()),
        }
        Ok(out)
    }

    /// What is behind the quote that ends a string, of which `rest` is left; that goes to `out`.
    #[cold]
    #[inline(never)]
    pub(super) fn escapes(
        &mut self,
        mut rest: &'j [u8],
        mut out: Option<&mut String>,
    ) -> Option<&'j [u8]> {
        loop {
            let start = rest;
            rest = scan::plain(start);
            if let Some(out) = &mut out {
                let plain = self.text.get(self.pos_of(start)..self.pos_of(rest));
                out.push_str(plain.unwrap_or_default());
            }
            match rest {
                [b'"', behind @ ..] => return Some(behind),
                [b'\\', behind @ ..] => {
                    let start = rest;
                    let (letter, behind) = behind.split_first().unwrap_or((&0, behind));
                    rest = behind;
                    let escape = scan::ESCAPES.iter().find(|escape| escape.0 == *letter);
                    let code = match escape {
                        Some(escape) => u32::from(escape.1),
                        None => unicode_escape(start, &mut rest),
                    };
                    let Some(character) = char::from_u32(code) else {
                        let (kind, message) = match code {
                            NO_ESCAPE => (ErrorKind::Syntax, "no such escape"),
                            NO_DIGIT => (ErrorKind::Syntax, "`\\u` needs four hexadecimal digits"),
                            _ => {
                                let message = "half of a surrogate pair is no character";
                                (ErrorKind::Surrogate, message)
                            }
                        };
                        return self.fail(start, Some(kind), message);
                    };
                    if let Some(out) = &mut out {
                        out.push(character);
                    }
                }
                [] => {
                    return self.fail(rest, Some(ErrorKind::End), "the text ends within a string");
                }
                _ => {
                    let message = "a control character in a string must be escaped";
                    return self.fail(rest, Some(ErrorKind::Syntax), message);
                }
            }
        }
    }
}

/// What [`unicode_escape`] says, instead of a character's code, of what is no escape.
const NO_ESCAPE: u32 = u32::MAX;
const NO_DIGIT: u32 = u32::MAX - 1;

/// Passes the escape that `start` begins with, if it is `\u` and four digits, and maybe the second
/// half of a surrogate pair; the code that it stands for.
#[cold]
#[inline(never)]
fn unicode_escape<'r>(start: &'r [u8], rest: &mut &'r [u8]) -> u32 {
    *rest = start;
    let code = code_unit(rest);
    if let (0xd800, [b'\\', b'u', ..]) = (code & 0xffff_fc00, *rest) {
        let low = code_unit(rest);
        if low & 0xffff_fc00 == 0xdc00 {
            return ((code & 0x3ff) << 10 | low & 0x3ff).wrapping_add(0x1_0000);
        }
        if low == NO_DIGIT {
            return low;
        }
    }
    code
}

/// Passes `\u` and four hexadecimal digits; their value.
fn code_unit(rest: &mut &[u8]) -> u32 {
    let [_, b'u', behind @ ..] = *rest else {
        return NO_ESCAPE;
    };
    let mut code = 0;
    let mut digits = behind;
    for _ in 0..4 {
        let [digit, behind @ ..] = digits else {
            return NO_DIGIT;
        };
        let Some(digit) = char::from(*digit).to_digit(16) else {
            return NO_DIGIT;
        };
        code = code << 4 | digit;
        digits = behind;
    }
    *rest = digits;
    code
}
