//! Members found by their names, and values that are skipped.

use alloc::borrow::Cow;

use crate::json::field_names::{self, NO_FIELD, Names};
use crate::json::read::DEPTH_MAX;
use crate::json::read::errors::Problem;
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
        let mut rest = lexer::token(self.rest);
        if let [b'}', behind @ ..] = rest {
            self.close(behind);
            return Ok(None);
        }
        if !self.first {
            let [b',', behind @ ..] = rest else {
                return Err(self.refuse(rest, Problem::MEMBER));
            };
            rest = lexer::token(behind);
        }
        self.first = false;
        match rest {
            [b'"', name @ ..] => self.name_behind_quote(name, replace).map(Some),
            _ => Err(self.refuse(rest, Problem::NAME)),
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
    fn name_behind_quote(&mut self, name: &'j [u8], replace: bool) -> Result<Cow<'j, str>, Error> {
        let name = self.string_behind_quote(name, replace)?;
        match self.behind_colon(self.rest) {
            Some(behind) => self.rest = behind,
            None => return Err(self.problem()),
        }
        Ok(name)
    }

    /// The name of a member that no field takes, behind whose opening quote
    /// [`fields`](Self::fields) has stopped.
    pub(in crate::json) fn rest_name(&mut self) -> Result<Cow<'j, str>, Error> {
        self.name_behind_quote(self.rest, self.replaces_surrogates)
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
        let behind = 'object: {
            if let [b'}', behind @ ..] = rest {
                break 'object behind;
            }
            loop {
                // Members mostly come in order.
                if let Some(behind) = names.behind(next, rest) {
                    self.rest = behind;
                } else {
                    next = self.find_field(names, rest)?;
                    if next == NO_FIELD {
                        break self.rest;
                    }
                }
                take(next, self)?;
                private::take(missing, next);
                next = next.wrapping_add(1);
                match self.next() {
                    [b',', behind @ ..] => rest = lexer::token(behind),
                    [b'}', behind @ ..] => break behind,
                    rest => return Err(self.refuse(rest, Problem::MEMBER)),
                }
            }
        };
        self.close(behind);
        match private::first(missing) {
            None => Ok(()),
            Some(index) => Err(self.error_missing(names, index)),
        }
    }

    /// Which of the names a member has that is in front of `rest` or comes after: the reader is in
    /// front of its value then, or of its name, if that is to be kept. [`NO_FIELD`]: there is none,
    /// and it is behind the object's end.
    #[inline(never)]
    fn find_field(&mut self, names: &Names, mut rest: &'j [u8]) -> Result<usize, Error> {
        let mut hashes = names.hashes();
        loop {
            let Some(candidate) = self.members(rest, hashes, names.hashes()) else {
                return Err(self.problem());
            };
            let [b'"', name @ ..] = candidate else {
                self.rest = candidate.get(1..).unwrap_or_default();
                return Ok(NO_FIELD);
            };
            if let Some((index, behind)) = names.find(candidate) {
                self.rest = behind;
                return Ok(index);
            }
            let index = self.odd_field(names, name)?;
            if index != NO_FIELD {
                return Ok(index);
            }
            (rest, hashes) = (candidate, 0);
        }
    }

    /// As [`find_field`](Self::find_field), for one member, behind whose opening quote `name` is:
    /// it has another name, or one that is not followed by a colon at once, has escapes or is to be
    /// kept.
    #[inline(never)]
    fn odd_field(&mut self, names: &Names, name: &'j [u8]) -> Result<usize, Error> {
        if !matches!(lexer::plain(name), [b'"', b':', ..]) {
            // A name with half of a surrogate pair is no field's, so it need not be an error.
            let text = self.name_behind_quote(name, true)?;
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
        let (rest, depth) = (lexer::token(self.rest), self.depth);
        let Some(behind) = self.value(rest) else {
            self.depth = depth;
            return Err(self.problem());
        };
        self.rest = behind;
        Ok(())
    }

    /// Passes the value in front of `rest`; what is behind it.
    pub(in crate::json) fn value(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        match rest {
            [b'"', string @ ..] => self.behind_string(string),
            [b'{', ..] => self.object(rest),
            [b'[', ..] => self.array(rest),
            [b'-' | b'0'..=b'9', ..] => self.behind_number(rest),
            _ => self.literal(rest),
        }
    }

    /// Passes the object in front of `rest`.
    #[inline(never)]
    fn object(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        let rest = self.enter(rest)?;
        let end = match rest {
            [b'}', ..] => rest,
            _ => self.members(rest, 0, 0)?,
        };
        self.depth = self.depth.wrapping_sub(1);
        end.get(1..)
    }

    /// Passes the array in front of `rest`.
    #[inline(never)]
    fn array(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        let mut rest = self.enter(rest)?;
        if !matches!(rest, [b']', ..]) {
            loop {
                rest = lexer::white_space(self.value(rest)?);
                match rest {
                    [b',', behind @ ..] => rest = lexer::white_space(behind),
                    [b']', ..] => break,
                    _ => return self.fail(rest, Problem::ELEMENT),
                }
            }
        }
        self.depth = self.depth.wrapping_sub(1);
        rest.get(1..)
    }

    /// Passes the bracket in front of `rest`.
    #[inline]
    fn enter(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        if self.depth >= DEPTH_MAX {
            return self.fail(rest, Problem::DEPTH);
        }
        self.depth = self.depth.wrapping_add(1);
        Some(lexer::token(rest.get(1..)?))
    }

    /// Passes `true`, `false` or `null`.
    #[inline(never)]
    fn literal(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        match lexer::literal(rest) {
            None => self.fail(rest, Problem::VALUE),
            behind => behind,
        }
    }

    /// Passes the members in front of `rest`, up to the bracket that ends the object or to one whose
    /// name has one of the hashes; for the first one, those are others.
    fn members(
        &mut self,
        mut rest: &'j [u8],
        mut hashes: u64,
        next_hashes: u64,
    ) -> Option<&'j [u8]> {
        'member: loop {
            let [b'"', name @ ..] = rest else {
                return self.fail(rest, Problem::NAME);
            };
            if hashes != 0 && field_names::may_be_one(hashes, name) {
                return Some(rest);
            }
            // A name, then its value if that is a string, too.
            let mut string = name;
            let mut is_name = true;
            rest = loop {
                let end = lexer::plain(string);
                if is_name {
                    is_name = false;
                    let value = match end {
                        [b'"', b':', value @ ..] => value,
                        // Written otherwise, it may be one nevertheless.
                        [b'\\', ..] if hashes != 0 => return Some(rest),
                        _ => {
                            let behind = self.behind_string(end)?;
                            self.behind_colon(behind)?
                        }
                    };
                    hashes = next_hashes;
                    match lexer::token_behind_space(value) {
                        [b'"', behind @ ..] => string = behind,
                        value => break self.value(value)?,
                    }
                } else {
                    match end {
                        [b'"', b',', behind @ ..] => {
                            rest = lexer::token(behind);
                            continue 'member;
                        }
                        [b'"', behind @ ..] => break behind,
                        _ => break self.behind_string(end)?,
                    }
                }
            };
            rest = lexer::token(rest);
            match rest {
                [b',', behind @ ..] => rest = lexer::token(behind),
                [b'}', ..] => return Some(rest),
                _ => return self.fail(rest, Problem::MEMBER),
            }
        }
    }

    /// Passes the number in front of `rest` (RFC 8259, section 6).
    #[inline(never)]
    pub(in crate::json) fn behind_number(&mut self, mut rest: &'j [u8]) -> Option<&'j [u8]> {
        if let [b'-', behind @ ..] = rest {
            rest = behind;
        }
        rest = match rest {
            // What follows a zero is not part of the number, even if it is a digit.
            [b'0', behind @ ..] => behind,
            _ => self.behind_digits(rest)?,
        };
        if let [b'.', behind @ ..] = rest {
            rest = self.behind_digits(behind)?;
        }
        if let [b'e' | b'E', behind @ ..] = rest {
            rest = match behind {
                [b'+' | b'-', behind @ ..] => behind,
                _ => behind,
            };
            rest = self.behind_digits(rest)?;
        }
        Some(rest)
    }

    /// Passes digits, of which there must be one.
    fn behind_digits(&mut self, mut rest: &'j [u8]) -> Option<&'j [u8]> {
        let start = rest.len();
        while let [b'0'..=b'9', behind @ ..] = rest {
            rest = behind;
        }
        if rest.len() == start {
            return self.fail(rest, Problem::DIGIT);
        }
        Some(rest)
    }

    /// Passes a colon and the space that mostly follows, if there is one.
    #[inline]
    fn behind_colon(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        match rest {
            [b':', b' ', behind @ ..] | [b':', behind @ ..] => Some(behind),
            rest => match lexer::white_space(rest) {
                [b':', behind @ ..] => Some(behind),
                rest => self.fail(rest, Problem::COLON),
            },
        }
    }
}
