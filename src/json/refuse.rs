//! What the reader says against a text: each error in a function of its own, out of the way.

use super::name::Names;
use super::{Error, ErrorKind, Reader};

impl<'j> Reader<'j> {
    /// An error about the string, number or raw text that was read last: "expected `what`, found a
    /// string at …".
    ///
    /// For impls of [`FromJson`](super::FromJson) by hand; see there.
    #[cold]
    #[inline(never)]
    pub fn error_expected(&self, what: &str) -> Error {
        Error::expected(ErrorKind::Type, what, self.text, self.start)
    }

    /// An error about the string, number or raw text that was read last, with a sentence of its own
    /// in front of the place.
    #[cold]
    #[inline(never)]
    pub fn error(&self, message: &str) -> Error {
        Error::new(ErrorKind::Type, &[message], self.text, self.start)
    }

    /// Refuses an object, which has just ended, for the first of the members that are missing.
    ///
    /// # Errors
    /// If there is one.
    #[doc(hidden)]
    pub fn end_fields(&self, names: &Names, missing: &[u64]) -> Result<(), Error> {
        let mut first = 0_usize;
        for word in missing {
            if *word != 0 {
                let index = first.wrapping_add(word.trailing_zeros() as usize);
                return Err(self.error_missing(names, index));
            }
            first = first.wrapping_add(64);
        }
        Ok(())
    }

    /// That the member `index` of `names` was not there: the object has just ended.
    #[cold]
    #[inline(never)]
    pub(super) fn error_missing(&self, names: &Names, index: usize) -> Error {
        let sentence = ["missing member `", names.name(index), "`"];
        let end = self.offset().saturating_sub(1);
        Error::new(ErrorKind::Missing, &sentence, self.text, end)
    }

    /// That the number read last is beyond `type_name`.
    #[cold]
    #[inline(never)]
    pub(super) fn out_of_range(&self, type_name: &str) -> Error {
        let sentence = ["number out of range for ", type_name];
        Error::new(ErrorKind::Range, &sentence, self.text, self.start)
    }

    #[cold]
    #[inline(never)]
    pub(super) fn expected(&self, what: &str) -> Error {
        self.expected_at(self.rest, what)
    }

    #[cold]
    #[inline(never)]
    pub(super) fn expected_at(&self, rest: &[u8], what: &str) -> Error {
        Error::expected(ErrorKind::Syntax, what, self.text, self.pos_of(rest))
    }

    /// That another kind of value comes next, or none at all.
    #[cold]
    #[inline(never)]
    pub(super) fn expected_value(&self, what: &str) -> Error {
        match self.clone().skip() {
            Ok(()) => Error::expected(ErrorKind::Type, what, self.text, self.offset()),
            Err(error) => error,
        }
    }

    /// Stops at `rest`: what is wrong there, or, without a kind, what was expected.
    ///
    /// Functions that skip say so, since what they return is in registers then.
    #[cold]
    pub(super) fn fail(
        &mut self,
        rest: &'j [u8],
        kind: Option<ErrorKind>,
        what: &'static str,
    ) -> Option<&'j [u8]> {
        (self.rest, self.problem) = (rest, (kind, what));
        None
    }

    /// The error that [`fail`](Self::fail) was told.
    #[cold]
    #[inline(never)]
    pub(super) fn problem(&self) -> Error {
        match self.problem {
            (Some(kind), message) => self.error_at(kind, message),
            (None, what) => self.expected(what),
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn error_at(&self, kind: ErrorKind, message: &str) -> Error {
        Error::new(kind, &[message], self.text, self.offset())
    }

    /// That what comes next is something else.
    #[cold]
    #[inline(never)]
    pub(super) fn not_an_integer(&mut self) -> Error {
        match self.clone().number() {
            Ok(number) => {
                let sentence = ["expected an integer, found ", number];
                Error::new(ErrorKind::Type, &sentence, self.text, self.start)
            }
            Err(error) if error.kind() == ErrorKind::Type => self.expected_value("an integer"),
            Err(error) => error,
        }
    }
}

impl Error {
    /// That `bytes` are not UTF-8.
    #[cold]
    #[inline(never)]
    pub(super) fn not_utf8(bytes: &[u8], valid_len: usize) -> Error {
        let valid = bytes.get(..valid_len).unwrap_or_default();
        let text = core::str::from_utf8(valid).unwrap_or_default();
        Error::new(ErrorKind::Utf8, &["not UTF-8"], text, text.len())
    }
}
