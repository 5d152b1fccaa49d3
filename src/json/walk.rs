//! Members found by their names, and values that are skipped: one loop for both.

use alloc::borrow::Cow;

use super::name::{self, Names};
use super::read::{DEPTH_MAX, TOO_DEEP};
use super::{Error, ErrorKind, Reader, scan, support, to_vec};

const NAME: &str = "a member's name in quotes";

impl<'j> Reader<'j> {
    /// The name of the next member, whose value must be read then; `None`: the object has ended.
    ///
    /// # Errors
    /// If neither is the case.
    pub fn next_member(&mut self) -> Result<Option<Cow<'j, str>>, Error> {
        match self.begin_member()? {
            Some([_, name @ ..]) => self.name_behind_quote(name).map(Some),
            _ => Ok(None),
        }
    }

    /// The name of a member, whose opening quote is in front of `name`.
    #[inline]
    fn name_behind_quote(&mut self, name: &'j [u8]) -> Result<Cow<'j, str>, Error> {
        let name = self.string_behind_quote(name)?;
        self.colon()?;
        Ok(name)
    }

    /// The name of a member that no field takes, behind whose opening quote
    /// [`next_field`](Self::next_field) has stopped.
    pub(super) fn rest_name(&mut self) -> Result<Cow<'j, str>, Error> {
        self.name_behind_quote(self.rest)
    }

    /// The index in `names` of the next member that has one, from where `next` says that it will
    /// be, since members mostly come in order. Others are skipped; the length of `names`: the
    /// object has ended. What it finds is taken out of the set of those that are missing.
    #[doc(hidden)]
    #[inline(never)]
    pub fn next_field(
        &mut self,
        names: &Names,
        next: usize,
        missing: &mut [u64],
    ) -> Result<usize, Error> {
        let index = match self.begin_member()? {
            None => names.len(),
            Some(name) => match names.behind(next, name) {
                Some(behind) => {
                    self.rest = behind;
                    self.colon()?;
                    next
                }
                None => self.find_field(names, name)?,
            },
        };
        support::take(missing, index);
        Ok(index)
    }

    /// As [`next_field`](Self::next_field), for members that begin with one whose name is not that
    /// which comes next in order.
    #[inline(never)]
    fn find_field(&mut self, names: &Names, mut name: &'j [u8]) -> Result<usize, Error> {
        let room = DEPTH_MAX.wrapping_sub(self.depth);
        loop {
            match self.walk(name, Some(names), room) {
                None => return Err(self.problem()),
                Some([b'}', behind @ ..]) => {
                    self.close(behind);
                    return Ok(names.len());
                }
                Some(found) => name = found,
            }
            if let Some((index, behind)) = names.find(name) {
                self.rest = behind;
                self.colon()?;
                return Ok(index);
            }
            if let Some(index) = self.odd_field(names, name)? {
                return Ok(index);
            }
            match self.begin_member()? {
                None => return Ok(names.len()),
                Some(next) => name = next,
            }
        }
    }

    /// As [`next_field`](Self::next_field), for the member in front of `rest`, whose name may have
    /// escapes or be kept; `None`: it is skipped.
    #[cold]
    #[inline(never)]
    fn odd_field(&mut self, names: &Names, rest: &'j [u8]) -> Result<Option<usize>, Error> {
        let name = rest.get(1..).unwrap_or_default();
        if let ([b'"', behind @ ..], false) = (scan::plain(name), names.has_rest()) {
            self.rest = behind;
            self.colon()?;
            self.skip()?;
            return Ok(None);
        }
        // As it is written with those escapes only that must be.
        let text = to_vec(&self.escaped_string(name)?);
        let found = names.find(&text).map(|found| found.0);
        if found.is_none() && names.has_rest() {
            self.rest = name;
            return Ok(Some(names.len().wrapping_sub(1)));
        }
        self.colon()?;
        if found.is_none() {
            self.skip()?;
        }
        Ok(found)
    }

    /// Reads one value, whatever it is, and checks it as if it were kept.
    ///
    /// # Errors
    /// If it is not JSON.
    pub fn skip(&mut self) -> Result<(), Error> {
        let room = DEPTH_MAX.wrapping_sub(self.depth);
        let rest = self.next();
        match self.walk(rest, None, room) {
            Some(behind) => self.rest = behind,
            None => return Err(self.problem()),
        }
        Ok(())
    }

    /// Passes the value in front of `rest`; what is behind it. Or, with names, the members of an
    /// object in front of `rest`, up to its end or to one that those names may have.
    ///
    /// So many arrays and objects may be inside one another as there is room for.
    fn walk(
        &mut self,
        mut rest: &'j [u8],
        names: Option<&Names>,
        mut room: u32,
    ) -> Option<&'j [u8]> {
        match rest {
            _ if names.is_some() => {}
            [b'"', string @ ..] => return self.escapes(string, None),
            [open @ (b'{' | b'['), behind @ ..] => {
                if room == 0 {
                    return self.fail(rest, Some(ErrorKind::Depth), TOO_DEEP);
                }
                room = room.wrapping_sub(1);
                rest = scan::white_space(behind);
                match rest {
                    // The closing bracket is two behind the opening one in ASCII.
                    [close, behind @ ..] if *close == open.wrapping_add(2) => return Some(behind),
                    _ => {}
                }
                if *open == b'[' {
                    loop {
                        rest = scan::white_space(self.walk(rest, None, room)?);
                        match rest {
                            [b',', behind @ ..] => rest = scan::white_space(behind),
                            [b']', behind @ ..] => return Some(behind),
                            _ => return self.fail(rest, None, "`,` or `]`"),
                        }
                    }
                }
            }
            [b'-' | b'0'..=b'9', ..] => {
                return self.behind_number(rest);
            }
            _ => {
                let behind = scan::literal(rest);
                return behind.or_else(|| self.fail(rest, None, "a value"));
            }
        }
        let hashes = names.map_or(0, Names::hashes);
        'member: loop {
            let [b'"', name @ ..] = rest else {
                return self.fail(rest, None, NAME);
            };
            if name::may_be_one(hashes, name) {
                return Some(rest);
            }
            // A name, then its value if that is a string, too.
            let mut string = name;
            let mut is_name = true;
            rest = loop {
                let end = scan::plain_inline(string);
                if is_name {
                    is_name = false;
                    let value = match end {
                        [b'"', b':', behind @ ..] => behind,
                        // Written otherwise, it may be one nevertheless.
                        [b'\\', ..] if names.is_some() => return Some(rest),
                        _ => self.behind_name(end)?,
                    };
                    match scan::token_behind_space(value) {
                        [b'"', behind @ ..] => string = behind,
                        value => break self.walk(value, None, room)?,
                    }
                } else {
                    match end {
                        [b'"', b',', behind @ ..] => {
                            rest = scan::token(behind);
                            continue 'member;
                        }
                        [b'"', behind @ ..] => break behind,
                        _ => break self.escapes(end, None)?,
                    }
                }
            };
            rest = scan::token(rest);
            match rest {
                [b',', behind @ ..] => rest = scan::token(behind),
                [b'}', ..] if names.is_some() => return Some(rest),
                [b'}', behind @ ..] => return Some(behind),
                _ => return self.fail(rest, None, "`,` or `}`"),
            }
        }
    }

    /// Passes the number in front of `rest` (RFC 8259, section 6).
    pub(super) fn behind_number(&mut self, mut rest: &'j [u8]) -> Option<&'j [u8]> {
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
            return self.fail(rest, None, "a digit");
        }
        Some(rest)
    }

    /// What is behind a name, of which `rest` is left and which nobody looks for, and the colon.
    #[cold]
    #[inline(never)]
    fn behind_name(&mut self, rest: &'j [u8]) -> Option<&'j [u8]> {
        match scan::white_space(self.escapes(rest, None)?) {
            [b':', behind @ ..] => Some(behind),
            rest => self.fail(rest, None, "`:`"),
        }
    }

    /// Passes what is in front of a member; what its opening quote begins, or `None`: the object has
    /// ended.
    #[inline(always)]
    fn begin_member(&mut self) -> Result<Option<&'j [u8]>, Error> {
        let mut rest = self.next();
        if let [b'}', behind @ ..] = rest {
            self.close(behind);
            return Ok(None);
        }
        if !self.first {
            let [b',', behind @ ..] = rest else {
                return Err(self.expected_at(rest, "`,` or `}`"));
            };
            rest = scan::token(behind);
        }
        self.first = false;
        match rest {
            [b'"', ..] => Ok(Some(rest)),
            _ => Err(self.expected_at(rest, NAME)),
        }
    }

    /// Passes a colon and the space that mostly follows, if there is one.
    #[inline]
    fn colon(&mut self) -> Result<(), Error> {
        self.rest = match self.rest {
            [b':', b' ', behind @ ..] | [b':', behind @ ..] => behind,
            rest => match scan::white_space(rest) {
                [b':', behind @ ..] => behind,
                rest => return Err(self.expected_at(rest, "`:`")),
            },
        };
        Ok(())
    }
}
