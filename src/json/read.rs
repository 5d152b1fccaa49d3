//! The pull reader: the grammar of RFC 8259, one method per kind of value, no copies where none is needed.

use alloc::borrow::Cow;
use alloc::string::String;
use core::str;

use super::error::{Error, ErrorKind};
use super::name::{self, Name};
use super::{FromJson, scan, to_vec};

/// Deepest nesting accepted, so that a hostile event cannot exhaust the stack.
const DEPTH_MAX: u32 = 128;

const NAME: &str = "a member's name in quotes";

/// Reads a text from front to back, each value when its type is asked for.
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
/// Strings come out as [`Cow`]: borrowed from the text unless there is an escape in them. A clone
/// looks ahead; it costs a few words.
#[derive(Debug, Clone)]
pub struct Reader<'j> {
    text: &'j str,
    pos: usize,
    /// Where the value that was read last begins, for errors about it.
    start: usize,
    depth: u32,
    /// Whether nothing was read yet in the innermost container.
    first: bool,
}

/// What comes next in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Begins at the front of `text`.
    pub fn new(text: &'j str) -> Reader<'j> {
        Reader {
            text,
            pos: 0,
            start: 0,
            depth: 0,
            first: false,
        }
    }

    /// Begins at the front of `bytes`.
    ///
    /// # Errors
    /// If they are not UTF-8, all of them: no byte is looked at twice for that.
    pub fn from_bytes(bytes: &'j [u8]) -> Result<Reader<'j>, Error> {
        match str::from_utf8(bytes) {
            Ok(text) => Ok(Reader::new(text)),
            Err(error) => Err(not_utf8(bytes, error.valid_up_to())),
        }
    }

    /// The value that begins at `pos`, to which another reader of `text` has come.
    pub(crate) fn at(text: &'j str, pos: usize) -> Reader<'j> {
        Reader {
            pos,
            ..Reader::new(text)
        }
    }

    /// What comes next, which is not read yet.
    ///
    /// # Errors
    /// If it cannot be the beginning of a value.
    pub fn peek(&mut self) -> Result<Kind, Error> {
        match self.token() {
            b'"' => Ok(Kind::String),
            b'{' => Ok(Kind::Object),
            b'[' => Ok(Kind::Array),
            b'-' | b'0'..=b'9' => Ok(Kind::Number),
            b't' | b'f' => Ok(Kind::Bool),
            b'n' => Ok(Kind::Null),
            _ => Err(self.expected("a value")),
        }
    }

    /// Reads `null`.
    ///
    /// # Errors
    /// If something else comes next.
    pub fn null(&mut self) -> Result<(), Error> {
        if self.word(b"null") {
            Ok(())
        } else {
            Err(self.expected_value("null"))
        }
    }

    /// Reads `null` if it comes next, and says whether it did.
    pub fn null_if_next(&mut self) -> bool {
        self.token() == b'n' && self.word(b"null")
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    /// If something else comes next.
    pub fn bool(&mut self) -> Result<bool, Error> {
        if self.word(b"true") {
            Ok(true)
        } else if self.word(b"false") {
            Ok(false)
        } else {
            Err(self.expected_value("a boolean"))
        }
    }

    /// Reads a number, as its text.
    ///
    /// # Errors
    /// If something else comes next, or it is not written as RFC 8259, section 6, has it.
    pub fn number(&mut self) -> Result<&'j str, Error> {
        if !matches!(self.token(), b'-' | b'0'..=b'9') {
            return Err(self.expected_value("a number"));
        }
        self.start = self.pos;
        match scan::number(self.text.as_bytes(), self.pos) {
            Ok(end) => self.pos = end,
            Err(at) => return Err(self.expected_at(at, "a digit")),
        }
        Ok(self.since(self.start))
    }

    /// Reads an integer as its two's complement, if it is in `-negative_max..=positive_max`.
    pub(super) fn integer(
        &mut self,
        negative_max: u64,
        positive_max: u64,
        type_name: &str,
    ) -> Result<u64, Error> {
        let bytes = self.text.as_bytes();
        let negative = self.token() == b'-';
        self.start = self.pos;
        let mut pos = self.pos.wrapping_add(usize::from(negative));
        let first = scan::byte_at(bytes, pos).wrapping_sub(b'0');
        if first > 9 {
            return Err(self.not_an_integer());
        }
        let mut value = u64::from(first);
        let mut fits = true;
        pos = pos.wrapping_add(1);
        // What follows a zero is not part of the number, even if it is a digit.
        loop {
            let digit = scan::byte_at(bytes, pos).wrapping_sub(b'0');
            if first == 0 || digit > 9 {
                break;
            }
            let sum = value
                .checked_mul(10)
                .and_then(|tenfold| tenfold.checked_add(u64::from(digit)));
            fits &= sum.is_some();
            value = sum.unwrap_or(0);
            pos = pos.wrapping_add(1);
        }
        if matches!(scan::byte_at(bytes, pos), b'.' | b'e' | b'E') {
            return Err(self.not_an_integer());
        }
        self.pos = pos;
        if !fits || value > if negative { negative_max } else { positive_max } {
            return Err(self.out_of_range(type_name));
        }
        Ok(if negative {
            value.wrapping_neg()
        } else {
            value
        })
    }

    /// Reads a string.
    ///
    /// # Errors
    /// If something else comes next, or the string is not written as RFC 8259, section 7, has it.
    pub fn string(&mut self) -> Result<Cow<'j, str>, Error> {
        Ok(match self.begin_string()? {
            Some(string) => Cow::Borrowed(string),
            None => Cow::Owned(self.escaped_string()?),
        })
    }

    /// As [`string`](Self::string), into a string of its own.
    pub(super) fn owned_string(&mut self) -> Result<String, Error> {
        match self.begin_string()? {
            Some(string) => Ok(String::from(string)),
            None => self.escaped_string(),
        }
    }

    /// Reads `[`. [`next_element`](Self::next_element) follows, until it says no.
    ///
    /// # Errors
    /// If something else comes next, or 128 arrays and objects are open already.
    pub fn begin_array(&mut self) -> Result<(), Error> {
        self.open(b'[', "an array")
    }

    /// Whether an element comes next; otherwise the array has ended.
    ///
    /// # Errors
    /// If neither is the case.
    pub fn next_element(&mut self) -> Result<bool, Error> {
        let token = self.token();
        if token == b']' {
            self.close(self.pos);
            return Ok(false);
        }
        if !self.first {
            if token != b',' {
                return Err(self.expected("`,` or `]`"));
            }
            self.pos = self.pos.wrapping_add(1);
        }
        self.first = false;
        Ok(true)
    }

    /// Reads `{`. [`next_member`](Self::next_member) follows, until it says no.
    ///
    /// # Errors
    /// If something else comes next, or 128 arrays and objects are open already.
    pub fn begin_object(&mut self) -> Result<(), Error> {
        self.open(b'{', "an object")
    }

    /// The name of the next member, whose value must be read then; `None`: the object has ended.
    ///
    /// # Errors
    /// If neither is the case.
    pub fn next_member(&mut self) -> Result<Option<Cow<'j, str>>, Error> {
        let Some(start) = self.begin_member()? else {
            return Ok(None);
        };
        self.pos = start;
        let name = match self.plain_string() {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(self.escaped_string()?),
        };
        self.colon()?;
        Ok(Some(name))
    }

    /// The index in `names` of the next member that has one, from where `next` says that it will
    /// be, since members mostly come in order. Others are skipped; the length of `names`: the
    /// object has ended.
    #[doc(hidden)]
    pub fn next_field(&mut self, names: &[Name], next: usize) -> Result<usize, Error> {
        let Some(start) = self.begin_member()? else {
            return Ok(names.len());
        };
        match names.get(next) {
            Some(name) if name.is_at(self.text.as_bytes(), start) => {
                self.field_behind_name(name, start)?;
                Ok(next)
            }
            _ => self.find_field(names, start),
        }
    }

    /// As [`next_field`](Self::next_field), for a name that begins at `start` and is not the one
    /// that comes next in order.
    #[inline(never)]
    fn find_field(&mut self, names: &[Name], mut start: usize) -> Result<usize, Error> {
        let bytes = self.text.as_bytes();
        loop {
            let mut index = name::position(names, bytes, start);
            if let Some(name) = names.get(index) {
                self.field_behind_name(name, start)?;
                return Ok(index);
            }
            self.pos = scan::plain(bytes, start);
            if scan::byte_at(bytes, self.pos) == b'"' {
                self.pos = self.pos.wrapping_add(1);
            } else {
                self.pos = start;
                index = self.escaped_field(names)?;
            }
            self.colon()?;
            if index < names.len() {
                return Ok(index);
            }
            if let [before @ .., last] = names {
                if last.is_rest() {
                    self.pos = start;
                    return Ok(before.len());
                }
            }
            self.skip()?;
            match self.begin_member()? {
                Some(next) => start = next,
                None => return Ok(index),
            }
        }
    }

    /// The name of the member that no field took, up to whose opening quote
    /// [`next_field`](Self::next_field) has read.
    pub(super) fn rest_name(&mut self) -> Result<String, Error> {
        let name = match self.plain_string() {
            Some(name) => String::from(name),
            None => self.escaped_string()?,
        };
        self.colon()?;
        Ok(name)
    }

    #[inline]
    fn field_behind_name(&mut self, name: &Name, start: usize) -> Result<(), Error> {
        self.pos = start.wrapping_add(name.name().len()).wrapping_add(1);
        self.colon()
    }

    /// As [`next_field`](Self::next_field), for a name with escapes in it: where it is in `names`
    /// when it is written with those escapes only that must be.
    #[cold]
    #[inline(never)]
    fn escaped_field(&mut self, names: &[Name]) -> Result<usize, Error> {
        let name = to_vec(&self.escaped_string()?);
        Ok(name::position(names, &name, 1))
    }

    /// Reads one value, whatever it is, and checks it as if it were kept.
    ///
    /// # Errors
    /// If it is not JSON.
    pub fn skip(&mut self) -> Result<(), Error> {
        let bytes = self.text.as_bytes();
        let mut pos = self.pos;
        // Containers that were opened here; bit n is whether the n-th innermost is an object.
        let mut opened = 0_u32;
        let mut objects = 0_u128;
        let mut name_next = false;
        loop {
            let byte;
            (pos, byte) = scan::token(bytes, pos);
            match byte {
                b'"' => {
                    let start = pos.wrapping_add(1);
                    pos = scan::plain_inline(bytes, start);
                    if scan::byte_at(bytes, pos) == b'"' {
                        pos = pos.wrapping_add(1);
                    } else {
                        pos = self.skip_escapes(pos)?;
                    }
                    if name_next {
                        name_next = false;
                        let byte;
                        (pos, byte) = scan::token(bytes, pos);
                        if byte != b':' {
                            return Err(self.expected_at(pos, "`:`"));
                        }
                        pos = scan::space(bytes, pos.wrapping_add(1));
                        continue;
                    }
                }
                _ if name_next => return Err(self.expected_at(pos, NAME)),
                open @ (b'{' | b'[') => {
                    if self.depth.wrapping_add(opened) >= DEPTH_MAX {
                        return Err(self.too_deep(pos));
                    }
                    opened = opened.wrapping_add(1);
                    objects = objects << 1 | u128::from(open == b'{');
                    let byte;
                    (pos, byte) = scan::token(bytes, pos.wrapping_add(1));
                    // The closing bracket is two behind the opening one in ASCII.
                    if byte != open.wrapping_add(2) {
                        name_next = open == b'{';
                        continue;
                    }
                }
                b'-' | b'0'..=b'9' => match scan::number(bytes, pos) {
                    Ok(end) => pos = end,
                    Err(at) => return Err(self.expected_at(at, "a digit")),
                },
                first => {
                    let word: &[u8] = match first {
                        b't' => b"true",
                        b'f' => b"false",
                        _ => b"null",
                    };
                    match scan::word(bytes, pos, word) {
                        Some(end) => pos = end,
                        None => return Err(self.expected_at(pos, "a value")),
                    }
                }
            }
            // Behind a value.
            loop {
                if opened == 0 {
                    self.pos = pos;
                    return Ok(());
                }
                let object = objects & 1 == 1;
                let byte;
                (pos, byte) = scan::token(bytes, pos);
                pos = pos.wrapping_add(1);
                if byte == b',' {
                    name_next = object;
                    break;
                }
                if byte != if object { b'}' } else { b']' } {
                    let what = if object { "`,` or `}`" } else { "`,` or `]`" };
                    return Err(self.expected_at(pos.wrapping_sub(1), what));
                }
                opened = opened.wrapping_sub(1);
                objects >>= 1;
            }
        }
    }

    /// The text of one value, read as [`skip`](Self::skip) does.
    ///
    /// # Errors
    /// If it is not JSON.
    pub fn raw(&mut self) -> Result<&'j str, Error> {
        self.token();
        let start = self.pos;
        self.skip()?;
        self.start = start;
        Ok(self.since(start))
    }

    /// Checks that only white space is left.
    ///
    /// # Errors
    /// If there is more.
    pub fn end(&mut self) -> Result<(), Error> {
        if self.pos < self.text.len() {
            self.token();
            if self.pos < self.text.len() {
                return Err(self.expected("the end of the text"));
            }
        }
        Ok(())
    }

    /// Bytes read so far.
    pub fn offset(&self) -> usize {
        self.pos
    }

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
        self.error_at(ErrorKind::Type, self.start, message)
    }

    /// That the member `index` of `names` was not there: the object has just ended.
    #[doc(hidden)]
    #[cold]
    #[inline(never)]
    pub fn error_missing(&self, names: &[Name], index: usize) -> Error {
        let name = names.get(index).map_or(&[][..], Name::name);
        let name = str::from_utf8(name).unwrap_or_default();
        let sentence = ["missing member `", name, "`"];
        let end = self.pos.saturating_sub(1);
        Error::new(ErrorKind::Missing, &sentence, self.text, end)
    }

    /// That the number read last is beyond `type_name`.
    #[cold]
    #[inline(never)]
    pub(super) fn out_of_range(&self, type_name: &str) -> Error {
        let sentence = ["number out of range for ", type_name];
        Error::new(ErrorKind::Range, &sentence, self.text, self.start)
    }

    /// Reads one more element of a tuple, `what`.
    pub(super) fn tuple_element<T: FromJson>(&mut self, what: &str) -> Result<T, Error> {
        if self.next_element()? {
            return T::from_json(self);
        }
        let end = self.pos.saturating_sub(1);
        Err(Error::expected(ErrorKind::Type, what, self.text, end))
    }

    /// Reads the end of a tuple, `what`.
    pub(super) fn tuple_end(&mut self, what: &str) -> Result<(), Error> {
        if self.next_element()? {
            Err(self.expected_value(what))
        } else {
            Ok(())
        }
    }

    /// A reader whose errors are about the value that comes next.
    pub(super) fn at_next(&mut self) -> Reader<'j> {
        self.token();
        Reader {
            start: self.pos,
            ..self.clone()
        }
    }

    /// Whether nothing was read since [`at_next`](Self::at_next).
    pub(super) fn is_at_start(&self) -> bool {
        self.pos == self.start
    }

    // What the methods above are made of.

    /// Passes white space; the byte behind it.
    #[inline(always)]
    fn token(&mut self) -> u8 {
        let (pos, byte) = scan::token(self.text.as_bytes(), self.pos);
        self.pos = pos;
        byte
    }

    /// The text from `start` to here. Both are beside ASCII bytes, so there always is one.
    #[inline]
    fn since(&self, start: usize) -> &'j str {
        self.text.get(start..self.pos).unwrap_or_default()
    }

    /// Passes `word` if it comes next.
    fn word(&mut self, word: &[u8]) -> bool {
        self.token();
        let Some(end) = scan::word(self.text.as_bytes(), self.pos, word) else {
            return false;
        };
        self.start = self.pos;
        self.pos = end;
        true
    }

    fn open(&mut self, bracket: u8, what: &str) -> Result<(), Error> {
        if self.token() != bracket {
            return Err(self.expected_value(what));
        }
        if self.depth >= DEPTH_MAX {
            return Err(self.too_deep(self.pos));
        }
        self.depth = self.depth.wrapping_add(1);
        self.start = self.pos;
        self.pos = self.pos.wrapping_add(1);
        self.first = true;
        Ok(())
    }

    /// Passes what is in front of a member's name and its opening quote; or the object's end.
    #[inline(always)]
    fn begin_member(&mut self) -> Result<Option<usize>, Error> {
        let bytes = self.text.as_bytes();
        let (mut pos, mut byte) = scan::token(bytes, self.pos);
        if byte == b'}' {
            self.close(pos);
            return Ok(None);
        }
        if !self.first {
            if byte != b',' {
                return Err(self.expected_at(pos, "`,` or `}`"));
            }
            (pos, byte) = scan::token(bytes, pos.wrapping_add(1));
        }
        self.first = false;
        if byte != b'"' {
            return Err(self.expected_at(pos, NAME));
        }
        Ok(Some(pos.wrapping_add(1)))
    }

    #[inline]
    fn close(&mut self, bracket: usize) {
        self.pos = bracket.wrapping_add(1);
        self.depth = self.depth.wrapping_sub(1);
        self.first = false;
    }

    #[inline]
    fn colon(&mut self) -> Result<(), Error> {
        if self.token() != b':' {
            return Err(self.expected("`:`"));
        }
        self.pos = scan::space(self.text.as_bytes(), self.pos.wrapping_add(1));
        Ok(())
    }

    /// Reads a string; `None`: only its quote, since there are escapes in it.
    #[inline]
    fn begin_string(&mut self) -> Result<Option<&'j str>, Error> {
        if self.token() != b'"' {
            return Err(self.expected_value("a string"));
        }
        self.start = self.pos;
        self.pos = self.pos.wrapping_add(1);
        Ok(self.plain_string())
    }

    /// Reads a string whose opening quote is passed; `None`: not yet, since there are escapes in it.
    #[inline]
    fn plain_string(&mut self) -> Option<&'j str> {
        let bytes = self.text.as_bytes();
        let end = scan::plain(bytes, self.pos);
        if scan::byte_at(bytes, end) != b'"' {
            return None;
        }
        let string = self.text.get(self.pos..end);
        self.pos = end.wrapping_add(1);
        string
    }

    /// Reads a string whose opening quote is passed, and which has escapes in it.
    #[cold]
    #[inline(never)]
    fn escaped_string(&mut self) -> Result<String, Error> {
        let mut string = String::new();
        self.string_with_escapes(Some(&mut string))?;
        Ok(string)
    }

    /// Goes on in a string that is skipped, as [`string_with_escapes`](Self::string_with_escapes).
    #[cold]
    #[inline(never)]
    fn skip_escapes(&self, pos: usize) -> Result<usize, Error> {
        let mut reader = Reader {
            pos,
            ..self.clone()
        };
        reader.string_with_escapes(None)?;
        Ok(reader.pos)
    }

    /// Reads what is left of a string, its closing quote included.
    fn string_with_escapes(&mut self, mut out: Option<&mut String>) -> Result<(), Error> {
        let bytes = self.text.as_bytes();
        loop {
            let start = self.pos;
            self.pos = scan::plain(bytes, start);
            if let Some(out) = &mut out {
                out.push_str(self.since(start));
            }
            match scan::byte_at(bytes, self.pos) {
                b'"' => {
                    self.pos = self.pos.wrapping_add(1);
                    return Ok(());
                }
                b'\\' => {
                    let character = self.escape()?;
                    if let Some(out) = &mut out {
                        out.push(character);
                    }
                }
                _ => return Err(self.bad_string()),
            }
        }
    }

    /// Reads an escape (RFC 8259, section 7).
    fn escape(&mut self) -> Result<char, Error> {
        let start = self.pos;
        let byte = scan::byte_at(self.text.as_bytes(), start.wrapping_add(1));
        self.pos = start.wrapping_add(2);
        match scan::ESCAPES.iter().find(|escape| escape.0 == byte) {
            Some(&(_, character)) => Ok(char::from(character)),
            None if byte == b'u' => self.unicode_escape(start),
            None => Err(self.error_at(ErrorKind::Syntax, start, "no such escape")),
        }
    }

    /// Reads the four digits behind `\u`, and the second escape of a surrogate pair.
    fn unicode_escape(&mut self, start: usize) -> Result<char, Error> {
        let mut code = self.four_digits(start)?;
        let second = scan::word(self.text.as_bytes(), self.pos, b"\\u");
        if let (0xd800, Some(digits)) = (code & 0xfc00, second) {
            self.pos = digits;
            let low = self.four_digits(start)?;
            if low & 0xfc00 == 0xdc00 {
                code = ((code & 0x3ff) << 10 | low & 0x3ff).wrapping_add(0x1_0000);
            }
        }
        let Some(character) = char::from_u32(code) else {
            let message = "half of a surrogate pair is no character";
            return Err(self.error_at(ErrorKind::Surrogate, start, message));
        };
        Ok(character)
    }

    fn four_digits(&mut self, start: usize) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let byte = scan::byte_at(self.text.as_bytes(), self.pos);
            let Some(digit) = char::from(byte).to_digit(16) else {
                let message = "`\\u` needs four hexadecimal digits";
                return Err(self.error_at(ErrorKind::Syntax, start, message));
            };
            code = code << 4 | digit;
            self.pos = self.pos.wrapping_add(1);
        }
        Ok(code)
    }

    // Errors, out of line.

    #[cold]
    #[inline(never)]
    fn expected(&self, what: &str) -> Error {
        self.expected_at(self.pos, what)
    }

    #[cold]
    #[inline(never)]
    fn expected_at(&self, offset: usize, what: &str) -> Error {
        Error::expected(ErrorKind::Syntax, what, self.text, offset)
    }

    /// That another kind of value comes next, or none at all.
    #[cold]
    #[inline(never)]
    fn expected_value(&self, what: &str) -> Error {
        match self.clone().skip() {
            Ok(()) => Error::expected(ErrorKind::Type, what, self.text, self.pos),
            Err(error) => error,
        }
    }

    #[cold]
    #[inline(never)]
    fn error_at(&self, kind: ErrorKind, offset: usize, message: &str) -> Error {
        Error::new(kind, &[message], self.text, offset)
    }

    #[cold]
    #[inline(never)]
    fn too_deep(&self, offset: usize) -> Error {
        let message = "more than 128 arrays and objects deep";
        self.error_at(ErrorKind::Depth, offset, message)
    }

    /// That a string ends too early, or has in it what must be escaped.
    #[cold]
    #[inline(never)]
    fn bad_string(&self) -> Error {
        let (kind, message) = if self.pos == self.text.len() {
            (ErrorKind::End, "the text ends within a string")
        } else {
            let message = "a control character in a string must be escaped";
            (ErrorKind::Syntax, message)
        };
        self.error_at(kind, self.pos, message)
    }

    /// That what comes next is something else.
    #[cold]
    #[inline(never)]
    fn not_an_integer(&mut self) -> Error {
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

#[cold]
#[inline(never)]
fn not_utf8(bytes: &[u8], valid_len: usize) -> Error {
    let valid = bytes.get(..valid_len).unwrap_or_default();
    let text = str::from_utf8(valid).unwrap_or_default();
    Error::new(ErrorKind::Utf8, &["not UTF-8"], text, text.len())
}
