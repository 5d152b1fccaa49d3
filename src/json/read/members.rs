//! Members of objects, read by their names, and values that are skipped.

use crate::encoding::lengths::{add, skip};
use alloc::borrow::Cow;

use crate::json::field_names::{self, NO_FIELD, Names};
use crate::json::read::DEPTH_MAX;
use crate::json::read::errors::ReadError;
use crate::json::{Error, Reader, private, read::lexer};

/// A function that reads a member's value. Its first argument is the name.
type ReadMember<'j, 't> = dyn FnMut(Cow<'j, str>, &mut Reader<'j>) -> Result<(), Error> + 't;

impl<'j> Reader<'j> {
    /// Reads the name of the next member, whose value must be read next. Returns `None` at the end of
    /// the object.
    ///
    /// The escape of an unpaired surrogate becomes U+FFFD, so that a member which the caller skips
    /// cannot be an error. [`Reader`] has an example.
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// let mut r = Reader::new(r#"{"a": 1}"#);
    /// r.begin_object()?;
    /// assert_eq!(r.next_member()?.as_deref(), Some("a"));
    /// assert_eq!(r.number()?, "1");
    /// assert_eq!(r.next_member()?, None);
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the reader is neither at a member nor at the end of the object.
    pub fn next_member(&mut self) -> Result<Option<Cow<'j, str>>, Error> {
        self.next_name(true)
    }

    /// Does the same as [`next_member`](Self::next_member). An unpaired surrogate in the name becomes U+FFFD
    /// if `replace` is set; otherwise it is an error.
    pub(in crate::json) fn next_name(
        &mut self,
        replace: bool,
    ) -> Result<Option<Cow<'j, str>>, Error> {
        match self.begin_name()? {
            Some(name) => self.name_after_quote(name, replace).map(Some),
            None => Ok(None),
        }
    }

    /// Reads what is before a name, and its opening quote. Returns the rest after it, or `None` at the
    /// end of the object.
    fn begin_name(&mut self) -> Result<Option<&'j [u8]>, Error> {
        let mut rest = lexer::skip_white_space(self.rest);
        if let [b'}', after @ ..] = rest {
            self.close(after);
            return Ok(None);
        }
        if !self.first {
            let [b',', after @ ..] = rest else {
                return Err(self.error_at(rest, ReadError::MEMBER));
            };
            rest = lexer::skip_white_space(after);
        }
        self.first = false;
        match rest {
            [b'"', name @ ..] => Ok(Some(name)),
            _ => Err(self.error_at(rest, ReadError::NAME)),
        }
    }

    /// Reads an object. `read` is called with the name of each member and reads its value.
    #[inline]
    pub(in crate::json) fn members_with(
        &mut self,
        read: &mut ReadMember<'j, '_>,
    ) -> Result<(), Error> {
        self.attempt(|r| {
            r.begin_object()?;
            while let Some(name) = r.next_name(r.replaces_surrogates)? {
                read(name, r)?;
            }
            Ok(())
        })
    }

    /// Reads a member's name and the colon. The opening quote has been read; `name` is the rest after
    /// it.
    pub(super) fn name_after_quote(
        &mut self,
        name: &'j [u8],
        replace: bool,
    ) -> Result<Cow<'j, str>, Error> {
        let name = self.string_after_quote(name, replace)?;
        match self.skip_colon(self.rest) {
            Some(after) => self.rest = after,
            None => return Err(self.last_error()),
        }
        Ok(name)
    }

    /// Reads the name of a member that no field has. [`fields`](Self::fields) has read its opening
    /// quote.
    pub(in crate::json) fn rest_name(&mut self) -> Result<Cow<'j, str>, Error> {
        self.name_after_quote(self.rest, self.replaces_surrogates)
    }

    /// Reads an object. `read` is called with the index of the name of each member that is in `names`
    /// and reads its value; other members are skipped. The set `missing` holds the indices of the
    /// members that are required; the ones that are found are removed.
    ///
    /// # Errors
    /// Those of `read`; and if the next value is not an object, or a required member is missing.
    #[doc(hidden)]
    pub fn fields(
        &mut self,
        names: &Names,
        missing: &mut [u64],
        read: &mut dyn FnMut(usize, &mut Reader<'j>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // In a user's own struct an unpaired surrogate is an error, within an event too.
        self.attempt_replacing(false, |r| r.fields_of_object(names, missing, read))
    }

    #[inline(always)]
    fn fields_of_object(
        &mut self,
        names: &Names,
        missing: &mut [u64],
        read: &mut dyn FnMut(usize, &mut Reader<'j>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.begin_object()?;
        self.first = false;
        let mut next = 0;
        let mut rest = self.next();
        let after = 'object: {
            if let [b'}', after @ ..] = rest {
                break 'object after;
            }
            loop {
                // Most texts have the members in the order of the fields.
                if let Some(after) = names.skip_name(next, rest) {
                    self.rest = after;
                } else {
                    next = self.find_field(names, rest)?;
                    if next == NO_FIELD {
                        break self.rest;
                    }
                }
                read(next, self)?;
                private::remove_bit(missing, next);
                next = add(next, 1);
                match self.next() {
                    [b',', after @ ..] => rest = lexer::skip_white_space(after),
                    [b'}', after @ ..] => break after,
                    rest => return Err(self.error_at(rest, ReadError::MEMBER)),
                }
            }
        };
        self.close(after);
        match private::first_bit(missing) {
            None => Ok(()),
            Some(index) => Err(self.error_missing(names, index)),
        }
    }

    /// Finds the next member that is in `names`; `rest` begins with a member. Returns the name's index,
    /// and moves the reader to the value. If all other members are kept, it may return the index of
    /// the field that keeps them, and the reader has read the opening quote of the name then.
    ///
    /// Returns [`NO_FIELD`] if there is none, and moves the reader after the object's end.
    #[inline(never)]
    fn find_field(&mut self, names: &Names, mut rest: &'j [u8]) -> Result<usize, Error> {
        // Names whose hash no field has are skipped without a comparison. Without this filter a feed takes 18 % more
        // instructions, a webhook 29 % and audit records 18 % (`bench/json`, opt-level 3), since they have many members
        // that no field has.
        let mut hashes = names.hashes();
        loop {
            let Some(candidate) = self.skip_members(rest, hashes, names.hashes()) else {
                return Err(self.last_error());
            };
            let [b'"', name @ ..] = candidate else {
                self.rest = skip(candidate, 1);
                return Ok(NO_FIELD);
            };
            if let Some((index, after)) = names.find(candidate) {
                self.rest = after;
                return Ok(index);
            }
            let index = self.slow_find_field(names, name)?;
            if index != NO_FIELD {
                return Ok(index);
            }
            (rest, hashes) = (candidate, 0);
        }
    }

    /// Does the same as [`find_field`](Self::find_field) for one member, whose name may have escapes or
    /// white space before the colon, or belong to no field. `name` is the rest after its opening quote.
    #[inline(never)]
    fn slow_find_field(&mut self, names: &Names, name: &'j [u8]) -> Result<usize, Error> {
        if !matches!(lexer::skip_unescaped(name), [b'"', b':', ..]) {
            // A name with an unpaired surrogate is not that of a field, so it is not an error.
            let text = self.name_after_quote(name, true)?;
            if let Some(index) = names.position(&text) {
                return Ok(index);
            }
        }
        self.rest = name;
        Ok(names.rest())
    }

    /// Reads any value and drops it. It is checked as if it were kept, except that unpaired surrogates
    /// are allowed (RFC 8259, section 8.2).
    ///
    /// ```
    /// use tiny_lambda::json::Reader;
    ///
    /// let mut r = Reader::new(r#"{"a": [1, 2]}"#);
    /// r.skip()?;
    /// r.end()?;
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the value is not JSON.
    pub fn skip(&mut self) -> Result<(), Error> {
        let (rest, depth) = (lexer::skip_white_space(self.rest), self.depth);
        let Some(after) = self.skip_value(rest) else {
            self.depth = depth;
            return Err(self.last_error());
        };
        self.rest = after;
        Ok(())
    }

    /// Skips the value that `rest` begins with.
    pub(in crate::json) fn skip_value(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        match rest {
            [b'"', string @ ..] => self.skip_string(string),
            [b'{', ..] => self.skip_object(rest),
            [b'[', ..] => self.skip_array(rest),
            [b'-' | b'0'..=b'9', ..] => self.skip_number(rest),
            _ => self.skip_literal(rest),
        }
    }

    /// Skips the object that `rest` begins with.
    #[inline(never)]
    fn skip_object(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        let rest = self.skip_bracket(rest)?;
        let end = match rest {
            [b'}', ..] => rest,
            _ => self.skip_members(rest, 0, 0)?,
        };
        self.depth = self.depth.wrapping_sub(1);
        end.get(1..)
    }

    /// Skips the array that `rest` begins with.
    #[inline(never)]
    fn skip_array(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        let mut rest = self.skip_bracket(rest)?;
        if !matches!(rest, [b']', ..]) {
            loop {
                rest = lexer::skip_long_white_space(self.skip_value(rest)?);
                match rest {
                    [b',', after @ ..] => rest = lexer::skip_long_white_space(after),
                    [b']', ..] => break,
                    _ => return self.set_error(rest, ReadError::ELEMENT),
                }
            }
        }
        self.depth = self.depth.wrapping_sub(1);
        rest.get(1..)
    }

    /// Skips an opening bracket and the white space after it.
    #[inline]
    pub(super) fn skip_bracket(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        if self.depth >= DEPTH_MAX {
            return self.set_error(rest, ReadError::DEPTH);
        }
        self.depth = self.depth.wrapping_add(1);
        Some(lexer::skip_white_space(rest.get(1..)?))
    }

    /// Skips `true`, `false` or `null`.
    #[inline(never)]
    pub(super) fn skip_literal(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        match lexer::skip_literal(rest) {
            None => self.set_error(rest, ReadError::VALUE),
            after => after,
        }
    }

    /// Skips members up to the object's closing bracket, or up to the first one whose name may be one
    /// of those with `hashes`. `hashes` are for the member that `rest` begins with, `next_hashes` for
    /// those after it: a first member that is not a field is skipped with 0.
    fn skip_members(
        &mut self,
        mut rest: &'j [u8],
        mut hashes: u64,
        next_hashes: u64,
    ) -> Option<&'j [u8]> {
        'member: loop {
            let [b'"', name @ ..] = rest else {
                return self.set_error(rest, ReadError::NAME);
            };
            if hashes != 0 && field_names::may_contain(hashes, name) {
                return Some(rest);
            }
            // One loop reads the name, and then the value if that is a string, so that
            // `skip_unescaped` is inlined only once.
            let mut string = name;
            let mut is_name = true;
            rest = loop {
                let end = lexer::skip_unescaped(string);
                if is_name {
                    is_name = false;
                    let value = match end {
                        [b'"', b':', value @ ..] => value,
                        // A name with escapes may be one of the names too.
                        [b'\\', ..] if hashes != 0 => return Some(rest),
                        _ => {
                            let after = self.skip_string(end)?;
                            self.skip_colon(after)?
                        }
                    };
                    hashes = next_hashes;
                    match lexer::skip_white_space_after_colon(value) {
                        [b'"', after @ ..] => string = after,
                        value => break self.skip_value(value)?,
                    }
                } else {
                    match end {
                        [b'"', b',', after @ ..] => {
                            rest = lexer::skip_white_space(after);
                            continue 'member;
                        }
                        [b'"', after @ ..] => break after,
                        _ => break self.skip_string(end)?,
                    }
                }
            };
            rest = lexer::skip_white_space(rest);
            match rest {
                [b',', after @ ..] => rest = lexer::skip_white_space(after),
                [b'}', ..] => return Some(rest),
                _ => return self.set_error(rest, ReadError::MEMBER),
            }
        }
    }

    /// Skips the number that `rest` begins with (RFC 8259, section 6).
    #[inline(never)]
    pub(in crate::json) fn skip_number(&mut self, mut rest: &'j [u8]) -> Option<&'j [u8]> {
        if let [b'-', after @ ..] = rest {
            rest = after;
        }
        rest = match rest {
            // A leading zero ends the integer part: a digit after it is not part of the number.
            [b'0', after @ ..] => after,
            _ => self.skip_digits(rest)?,
        };
        if let [b'.', after @ ..] = rest {
            rest = self.skip_digits(after)?;
        }
        if let [b'e' | b'E', after @ ..] = rest {
            rest = match after {
                [b'+' | b'-', after @ ..] => after,
                _ => after,
            };
            rest = self.skip_digits(rest)?;
        }
        Some(rest)
    }

    /// Skips one or more digits.
    fn skip_digits(&mut self, mut rest: &'j [u8]) -> Option<&'j [u8]> {
        let start = rest.len();
        while let [b'0'..=b'9', after @ ..] = rest {
            rest = after;
        }
        if rest.len() == start {
            return self.set_error(rest, ReadError::DIGIT);
        }
        Some(rest)
    }

    /// Skips a colon, and one space after it if there is one.
    #[inline]
    fn skip_colon(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        match rest {
            [b':', b' ', after @ ..] | [b':', after @ ..] => Some(after),
            rest => match lexer::skip_long_white_space(rest) {
                [b':', after @ ..] => Some(after),
                rest => self.set_error(rest, ReadError::COLON),
            },
        }
    }
}
