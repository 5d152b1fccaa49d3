//! Members found by their names, and values that are skipped.

use alloc::borrow::Cow;

use crate::json::field_names::{self, NO_FIELD, Names};
use crate::json::read::DEPTH_MAX;
use crate::json::read::errors::ReadError;
use crate::json::{Error, Reader, private, read::lexer};

/// Reads a member's value, and is given its name.
type TakeMember<'j, 't> = dyn FnMut(Cow<'j, str>, &mut Reader<'j>) -> Result<(), Error> + 't;

impl<'j> Reader<'j> {
    /// The name of the next member, whose value must be read then; `None`: the object has ended.
    /// An escape in it for half of a surrogate pair becomes U+FFFD, so that members which the
    /// caller does not know cannot fail.
    ///
    /// # Errors
    /// If neither is the case.
    pub fn next_member(&mut self) -> Result<Option<Cow<'j, str>>, Error> {
        self.next_name(true)
    }

    /// As [`next_member`](Self::next_member); `replace` says whether half of a surrogate pair in
    /// the name becomes U+FFFD or is an error.
    pub(in crate::json) fn next_name(
        &mut self,
        replace: bool,
    ) -> Result<Option<Cow<'j, str>>, Error> {
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
            [b'"', name @ ..] => self.name_after_quote(name, replace).map(Some),
            _ => Err(self.error_at(rest, ReadError::NAME)),
        }
    }

    /// Reads an object, each value by `take`, which is given the name.
    #[inline]
    pub(in crate::json) fn members_with(
        &mut self,
        take: &mut TakeMember<'j, '_>,
    ) -> Result<(), Error> {
        self.attempt(|r| {
            r.begin_object()?;
            while let Some(name) = r.next_name(r.replaces_surrogates)? {
                take(name, r)?;
            }
            Ok(())
        })
    }

    /// The name of a member, whose opening quote is in front of `name`.
    fn name_after_quote(&mut self, name: &'j [u8], replace: bool) -> Result<Cow<'j, str>, Error> {
        let name = self.string_after_quote(name, replace)?;
        match self.skip_colon(self.rest) {
            Some(after) => self.rest = after,
            None => return Err(self.last_error()),
        }
        Ok(name)
    }

    /// The name of a member that no field takes, after whose opening quote
    /// [`fields`](Self::fields) has stopped.
    pub(in crate::json) fn rest_name(&mut self) -> Result<Cow<'j, str>, Error> {
        self.name_after_quote(self.rest, self.replaces_surrogates)
    }

    /// Reads an object: each member that has one of the names is read by `take`, which is given
    /// the name's index; others are skipped. What was there is taken out of the set `missing`.
    ///
    /// # Errors
    /// `take`'s own; and if no object comes next, or one of the members is not there.
    #[doc(hidden)]
    pub fn fields(
        &mut self,
        names: &Names,
        missing: &mut [u64],
        take: &mut dyn FnMut(usize, &mut Reader<'j>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // A user's own struct refuses half of a surrogate pair, also inside an event.
        self.attempt_replacing(false, |r| r.fields_of_object(names, missing, take))
    }

    #[inline(always)]
    fn fields_of_object(
        &mut self,
        names: &Names,
        missing: &mut [u64],
        take: &mut dyn FnMut(usize, &mut Reader<'j>) -> Result<(), Error>,
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
                // Members mostly come in order.
                if let Some(after) = names.skip_name(next, rest) {
                    self.rest = after;
                } else {
                    next = self.find_field(names, rest)?;
                    if next == NO_FIELD {
                        break self.rest;
                    }
                }
                take(next, self)?;
                private::remove_bit(missing, next);
                next = next.wrapping_add(1);
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

    /// Which of the names a member has that is in front of `rest` or comes after: the reader is in
    /// front of its value then, or of its name, if that is to be kept. [`NO_FIELD`]: there is none,
    /// and it is after the object's end.
    #[inline(never)]
    fn find_field(&mut self, names: &Names, mut rest: &'j [u8]) -> Result<usize, Error> {
        let mut hashes = names.hashes();
        loop {
            let Some(candidate) = self.skip_members(rest, hashes, names.hashes()) else {
                return Err(self.last_error());
            };
            let [b'"', name @ ..] = candidate else {
                self.rest = candidate.get(1..).unwrap_or_default();
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

    /// As [`find_field`](Self::find_field), for one member, after whose opening quote `name` is:
    /// it has another name, or one that is not followed by a colon at once, has escapes or is to be
    /// kept.
    #[inline(never)]
    fn slow_find_field(&mut self, names: &Names, name: &'j [u8]) -> Result<usize, Error> {
        if !matches!(lexer::skip_unescaped(name), [b'"', b':', ..]) {
            // A name with half of a surrogate pair is no field's, so it need not be an error.
            let text = self.name_after_quote(name, true)?;
            if let Some(index) = names.position(&text) {
                return Ok(index);
            }
        }
        self.rest = name;
        Ok(names.rest())
    }

    /// Reads one value, whatever it is, and checks it as if it were kept, except that an escape for
    /// half of a surrogate pair is allowed (RFC 8259, section 8.2).
    ///
    /// # Errors
    /// If it is not JSON.
    pub fn skip(&mut self) -> Result<(), Error> {
        let (rest, depth) = (lexer::skip_white_space(self.rest), self.depth);
        let Some(after) = self.skip_value(rest) else {
            self.depth = depth;
            return Err(self.last_error());
        };
        self.rest = after;
        Ok(())
    }

    /// Passes the value in front of `rest`; what is after it.
    pub(in crate::json) fn skip_value(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        match rest {
            [b'"', string @ ..] => self.skip_string(string),
            [b'{', ..] => self.skip_object(rest),
            [b'[', ..] => self.skip_array(rest),
            [b'-' | b'0'..=b'9', ..] => self.skip_number(rest),
            _ => self.skip_literal(rest),
        }
    }

    /// Passes the object in front of `rest`.
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

    /// Passes the array in front of `rest`.
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

    /// Passes the bracket in front of `rest`.
    #[inline]
    fn skip_bracket(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        if self.depth >= DEPTH_MAX {
            return self.set_error(rest, ReadError::DEPTH);
        }
        self.depth = self.depth.wrapping_add(1);
        Some(lexer::skip_white_space(rest.get(1..)?))
    }

    /// Passes `true`, `false` or `null`.
    #[inline(never)]
    fn skip_literal(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        match lexer::skip_literal(rest) {
            None => self.set_error(rest, ReadError::VALUE),
            after => after,
        }
    }

    /// Passes the members in front of `rest`, up to the bracket that ends the object or to one whose
    /// name has one of the hashes; for the first one, those are others.
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
            // A name, then its value if that is a string, too.
            let mut string = name;
            let mut is_name = true;
            rest = loop {
                let end = lexer::skip_unescaped(string);
                if is_name {
                    is_name = false;
                    let value = match end {
                        [b'"', b':', value @ ..] => value,
                        // Written otherwise, it may be one nevertheless.
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

    /// Passes the number in front of `rest` (RFC 8259, section 6).
    #[inline(never)]
    pub(in crate::json) fn skip_number(&mut self, mut rest: &'j [u8]) -> Option<&'j [u8]> {
        if let [b'-', after @ ..] = rest {
            rest = after;
        }
        rest = match rest {
            // What follows a zero is not part of the number, even if it is a digit.
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

    /// Passes digits, of which there must be one.
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

    /// Passes a colon and the space that mostly follows, if there is one.
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
