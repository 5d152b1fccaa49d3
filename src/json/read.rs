//! The pull reader: the grammar of RFC 8259, one method per kind of value, no copies where none is needed.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::str;

use super::FromJson;
use super::error::{Error, ErrorKind};

/// Deepest nesting accepted, so that a hostile event cannot exhaust the stack.
const DEPTH_MAX: u32 = 128;

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
            _ => Err(self.expected(ErrorKind::Syntax, "a value")),
        }
    }

    /// Reads `null`.
    ///
    /// # Errors
    /// If something else comes next.
    pub fn null(&mut self) -> Result<(), Error> {
        if self.word("null") {
            Ok(())
        } else {
            Err(self.expected_value("null"))
        }
    }

    /// Reads `null` if it comes next, and says whether it did.
    pub fn null_if_next(&mut self) -> bool {
        self.token() == b'n' && self.word("null")
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    /// If something else comes next.
    pub fn bool(&mut self) -> Result<bool, Error> {
        if self.word("true") {
            Ok(true)
        } else if self.word("false") {
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
        if self.byte() == b'-' {
            self.advance();
        }
        if self.byte() == b'0' {
            self.advance();
            if self.byte().is_ascii_digit() {
                return Err(self.error_at(ErrorKind::Syntax, self.start, "a number begins with 0"));
            }
        } else {
            self.digits()?;
        }
        if self.byte() == b'.' {
            self.advance();
            self.digits()?;
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.advance();
            if matches!(self.byte(), b'+' | b'-') {
                self.advance();
            }
            self.digits()?;
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
        let token = self.token();
        self.start = self.pos;
        let negative = token == b'-';
        if negative {
            self.advance();
        }
        let first_digit = self.pos;
        let mut value = 0_u64;
        let mut exact = true;
        loop {
            let digit = self.byte().wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            let (tenfold, overflow) = value.overflowing_mul(10);
            let (sum, carry) = tenfold.overflowing_add(u64::from(digit));
            exact &= !(overflow | carry);
            value = sum;
            self.advance();
        }
        let end = self.pos;
        if matches!(self.byte(), b'.' | b'e' | b'E')
            || end == first_digit
            || self.zero_leads(first_digit)
        {
            return Err(self.not_an_integer());
        }
        let max = if negative { negative_max } else { positive_max };
        if !exact || value > max {
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
        if self.token() != b'"' {
            return Err(self.expected_value("a string"));
        }
        self.start = self.pos;
        self.advance();
        self.string_behind_quote()
    }

    /// Reads `[`. [`next_element`](Self::next_element) follows, until it says no.
    ///
    /// # Errors
    /// If something else comes next, or 128 arrays and objects are open already.
    pub fn begin_array(&mut self) -> Result<(), Error> {
        if self.token() != b'[' {
            return Err(self.expected_value("an array"));
        }
        self.open()
    }

    /// Whether an element comes next; otherwise the array has ended.
    ///
    /// # Errors
    /// If neither is the case.
    pub fn next_element(&mut self) -> Result<bool, Error> {
        let token = self.token();
        if token == b']' {
            self.close();
            return Ok(false);
        }
        self.comma_unless_first(token, "`,` or `]`")?;
        Ok(true)
    }

    /// Reads `{`. [`next_member`](Self::next_member) follows, until it says no.
    ///
    /// # Errors
    /// If something else comes next, or 128 arrays and objects are open already.
    pub fn begin_object(&mut self) -> Result<(), Error> {
        if self.token() != b'{' {
            return Err(self.expected_value("an object"));
        }
        self.open()
    }

    /// The name of the next member, whose value must be read then; `None`: the object has ended.
    ///
    /// # Errors
    /// If neither is the case.
    pub fn next_member(&mut self) -> Result<Option<Cow<'j, str>>, Error> {
        let token = self.token();
        if token == b'}' {
            self.close();
            return Ok(None);
        }
        self.comma_unless_first(token, "`,` or `}`")?;
        self.begin_name()?;
        let name = self.string_behind_quote()?;
        self.colon()?;
        Ok(Some(name))
    }

    /// The index in `names` of the next member that has one; others are skipped.
    ///
    /// `next` is where to look first, and is kept up to date: members mostly come in order.
    #[doc(hidden)]
    pub fn next_field(&mut self, names: &[&str], next: &mut usize) -> Result<Option<usize>, Error> {
        loop {
            let Some(name) = self.next_member()? else {
                return Ok(None);
            };
            if let Some(index) = position(names, *next, &name) {
                *next = index.wrapping_add(1);
                return Ok(Some(index));
            }
            self.skip()?;
        }
    }

    /// Reads one value, whatever it is, and checks it as if it were kept.
    ///
    /// # Errors
    /// If it is not JSON.
    pub fn skip(&mut self) -> Result<(), Error> {
        let floor = self.depth;
        // Bit n is whether the n-th innermost container is an object.
        let mut objects = 0_u128;
        'value: loop {
            match self.token() {
                b'"' => {
                    self.advance();
                    self.skip_string()?;
                }
                open @ (b'{' | b'[') => {
                    self.open()?;
                    objects = objects << 1 | u128::from(open == b'{');
                    let token = self.token();
                    if open == b'{' && token != b'}' {
                        self.skip_name()?;
                        continue 'value;
                    }
                    if open == b'[' && token != b']' {
                        continue 'value;
                    }
                }
                b'-' | b'0'..=b'9' => drop(self.number()?),
                b't' if self.word("true") => {}
                b'f' if self.word("false") => {}
                b'n' if self.word("null") => {}
                _ => return Err(self.expected(ErrorKind::Syntax, "a value")),
            }
            while self.depth > floor {
                let object = objects & 1 == 1;
                match self.token() {
                    b',' => {
                        self.advance();
                        if object {
                            self.skip_name()?;
                        }
                        continue 'value;
                    }
                    b'}' if object => self.close(),
                    b']' if !object => self.close(),
                    _ if object => return Err(self.expected(ErrorKind::Syntax, "`,` or `}`")),
                    _ => return Err(self.expected(ErrorKind::Syntax, "`,` or `]`")),
                }
                objects >>= 1;
            }
            return Ok(());
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
        self.token();
        if self.pos == self.text.len() {
            return Ok(());
        }
        Err(self.expected(ErrorKind::Syntax, "the end of the text"))
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

    /// That a member which must be there was not: the object has just ended.
    #[doc(hidden)]
    #[cold]
    #[inline(never)]
    pub fn error_missing(&self, name: &str) -> Error {
        let message = format!("missing member `{name}`");
        self.error_at(ErrorKind::Missing, self.pos.saturating_sub(1), &message)
    }

    /// That the number read last is beyond `type_name`.
    #[cold]
    #[inline(never)]
    pub(super) fn out_of_range(&self, type_name: &str) -> Error {
        let message = format!("number out of range for {type_name}");
        self.error_at(ErrorKind::Range, self.start, &message)
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

    // What the methods above are made of.

    /// The byte at hand; 0, which no token begins with, at the end.
    #[inline]
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.pos).copied().unwrap_or(0)
    }

    #[inline]
    fn advance(&mut self) {
        self.pos = self.pos.wrapping_add(1);
    }

    /// Passes white space (RFC 8259, section 2); then as [`byte`](Self::byte).
    #[inline]
    fn token(&mut self) -> u8 {
        loop {
            let byte = self.byte();
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return byte;
            }
            self.advance();
        }
    }

    /// The text from `start` to here. Both are beside ASCII bytes, so there always is one.
    #[inline]
    fn since(&self, start: usize) -> &'j str {
        self.text.get(start..self.pos).unwrap_or_default()
    }

    /// Passes `word` if it comes next.
    fn word(&mut self, word: &str) -> bool {
        self.token();
        let end = self.pos.wrapping_add(word.len());
        let found = self.text.as_bytes().get(self.pos..end) == Some(word.as_bytes());
        if found {
            self.start = self.pos;
            self.pos = end;
        }
        found
    }

    /// Passes digits, of which there must be one.
    fn digits(&mut self) -> Result<(), Error> {
        if !self.byte().is_ascii_digit() {
            return Err(self.expected(ErrorKind::Syntax, "a digit"));
        }
        while self.byte().is_ascii_digit() {
            self.advance();
        }
        Ok(())
    }

    fn zero_leads(&self, first_digit: usize) -> bool {
        self.pos.wrapping_sub(first_digit) > 1
            && self.text.as_bytes().get(first_digit) == Some(&b'0')
    }

    fn open(&mut self) -> Result<(), Error> {
        if self.depth == DEPTH_MAX {
            return Err(self.error_at(
                ErrorKind::Depth,
                self.pos,
                "more than 128 arrays and objects deep",
            ));
        }
        self.depth = self.depth.wrapping_add(1);
        self.start = self.pos;
        self.first = true;
        self.advance();
        Ok(())
    }

    #[inline]
    fn close(&mut self) {
        self.depth = self.depth.wrapping_sub(1);
        self.first = false;
        self.advance();
    }

    #[inline]
    fn comma_unless_first(&mut self, token: u8, expected: &str) -> Result<(), Error> {
        if self.first {
            self.first = false;
        } else if token == b',' {
            self.advance();
        } else {
            return Err(self.expected(ErrorKind::Syntax, expected));
        }
        Ok(())
    }

    #[inline]
    fn begin_name(&mut self) -> Result<(), Error> {
        if self.token() != b'"' {
            return Err(self.expected(ErrorKind::Syntax, "a member's name in quotes"));
        }
        self.advance();
        Ok(())
    }

    #[inline]
    fn colon(&mut self) -> Result<(), Error> {
        if self.token() != b':' {
            return Err(self.expected(ErrorKind::Syntax, "`:`"));
        }
        self.advance();
        Ok(())
    }

    fn skip_name(&mut self) -> Result<(), Error> {
        self.begin_name()?;
        self.skip_string()?;
        self.colon()
    }

    /// Passes the characters of a string that stand for themselves, and says what ends them: a
    /// quote, a backslash, a control character, or 0 for the end.
    fn run(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        let mut pos = self.pos;
        while let Some(chunk) = bytes.get(pos..).and_then(<[u8]>::first_chunk::<8>) {
            let special = specials(u64::from_le_bytes(*chunk));
            if special != 0 {
                pos = pos.wrapping_add(special.trailing_zeros() as usize / 8);
                self.pos = pos;
                return self.byte();
            }
            pos = pos.wrapping_add(8);
        }
        self.pos = pos;
        loop {
            match self.byte() {
                byte @ (b'"' | b'\\' | 0..=0x1f) => return byte,
                _ => self.advance(),
            }
        }
    }

    /// Reads a string whose opening quote is passed.
    #[inline]
    fn string_behind_quote(&mut self) -> Result<Cow<'j, str>, Error> {
        let start = self.pos;
        if self.run() == b'"' {
            let string = self.since(start);
            self.advance();
            return Ok(Cow::Borrowed(string));
        }
        let mut string = String::new();
        self.string_with_escapes(start, Some(&mut string))?;
        Ok(Cow::Owned(string))
    }

    /// Passes a string whose opening quote is passed.
    #[inline]
    fn skip_string(&mut self) -> Result<(), Error> {
        let start = self.pos;
        if self.run() == b'"' {
            self.advance();
            return Ok(());
        }
        self.string_with_escapes(start, None)
    }

    /// Goes on in a string from the first byte that does not stand for itself.
    #[cold]
    #[inline(never)]
    fn string_with_escapes(
        &mut self,
        start: usize,
        mut out: Option<&mut String>,
    ) -> Result<(), Error> {
        let mut run_start = start;
        loop {
            let end = self.byte();
            if let Some(out) = &mut out {
                out.push_str(self.since(run_start));
            }
            match end {
                b'"' => {
                    self.advance();
                    return Ok(());
                }
                b'\\' => {
                    let character = self.escape()?;
                    if let Some(out) = &mut out {
                        out.push(character);
                    }
                }
                _ if self.pos >= self.text.len() => {
                    return Err(self.error_at(
                        ErrorKind::End,
                        self.pos,
                        "the text ends within a string",
                    ));
                }
                _ => {
                    let message = "a control character in a string must be escaped";
                    return Err(self.error_at(ErrorKind::Syntax, self.pos, message));
                }
            }
            run_start = self.pos;
            self.run();
        }
    }

    /// Reads an escape (RFC 8259, section 7) that begins here.
    fn escape(&mut self) -> Result<char, Error> {
        let start = self.pos;
        self.advance();
        let byte = self.byte();
        self.advance();
        let character = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(start),
            _ => return Err(self.error_at(ErrorKind::Syntax, start, "no such escape")),
        };
        Ok(character)
    }

    /// Reads the four digits behind `\u`, and the second escape of a surrogate pair.
    fn unicode_escape(&mut self, start: usize) -> Result<char, Error> {
        let mut code = self.four_digits(start)?;
        if code & 0xfc00 == 0xd800
            && self
                .text
                .as_bytes()
                .get(self.pos..)
                .unwrap_or_default()
                .starts_with(b"\\u")
        {
            self.pos = self.pos.wrapping_add(2);
            let low = self.four_digits(start)?;
            if low & 0xfc00 == 0xdc00 {
                code = ((code & 0x3ff) << 10 | low & 0x3ff).wrapping_add(0x1_0000);
            }
        }
        char::from_u32(code).ok_or_else(|| {
            self.error_at(
                ErrorKind::Surrogate,
                start,
                "half of a surrogate pair is no character",
            )
        })
    }

    fn four_digits(&mut self, start: usize) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = char::from(self.byte()).to_digit(16) else {
                return Err(self.error_at(
                    ErrorKind::Syntax,
                    start,
                    "`\\u` needs four hexadecimal digits",
                ));
            };
            code = code << 4 | digit;
            self.advance();
        }
        Ok(code)
    }

    // Errors, out of line.

    #[cold]
    #[inline(never)]
    fn expected(&self, kind: ErrorKind, what: &str) -> Error {
        Error::expected(kind, what, self.text, self.pos)
    }

    /// That another kind of value comes next, or none at all.
    #[cold]
    #[inline(never)]
    fn expected_value(&self, what: &str) -> Error {
        let kind = match self.clone().skip() {
            Ok(()) => ErrorKind::Type,
            Err(error) => return error,
        };
        self.expected(kind, what)
    }

    #[cold]
    #[inline(never)]
    fn error_at(&self, kind: ErrorKind, offset: usize, message: &str) -> Error {
        Error::new(kind, String::from(message), self.text, offset)
    }

    /// That what begins at `start` is something else.
    #[cold]
    #[inline(never)]
    fn not_an_integer(&mut self) -> Error {
        self.pos = self.start;
        if matches!(self.byte(), b'-' | b'0'..=b'9') {
            return match self.number() {
                Ok(number) => {
                    let message = format!("expected an integer, found {number}");
                    self.error_at(ErrorKind::Type, self.start, &message)
                }
                Err(error) => error,
            };
        }
        self.expected_value("an integer")
    }
}

#[cold]
#[inline(never)]
fn not_utf8(bytes: &[u8], valid_len: usize) -> Error {
    let valid = bytes.get(..valid_len).unwrap_or_default();
    let text = str::from_utf8(valid).unwrap_or_default();
    Error::new(ErrorKind::Utf8, String::from("not UTF-8"), text, valid_len)
}

/// Where `name` is in `names`, looking from `next` on and then in front of it.
fn position(names: &[&str], next: usize, name: &str) -> Option<usize> {
    let mut index = next;
    for _ in names {
        if index >= names.len() {
            index = 0;
        }
        if names.get(index).is_some_and(|candidate| *candidate == name) {
            return Some(index);
        }
        index = index.wrapping_add(1);
    }
    None
}

/// Which of eight bytes of a string do not stand for themselves: the lowest bit that is set is the
/// highest of the first such byte; bits above it mean nothing.
#[inline]
pub(super) fn specials(bytes: u64) -> u64 {
    const TWOS: u64 = u64::from_le_bytes([2; 8]);
    const QUOTES: u64 = u64::from_le_bytes([0x21; 8]);
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    // A quote is 0x22: with bit 1 turned round it stands right above the control characters, which
    // only change places, so that one subtraction borrows for both.
    let quotes_and_controls = (bytes ^ TWOS).wrapping_sub(QUOTES);
    let backslashes = (bytes ^ BACKSLASHES).wrapping_sub(ONES);
    (quotes_and_controls | backslashes) & !bytes & HIGHS
}
