//! The writer: writes JSON without white space into a growing buffer. It cannot fail.

use crate::encoding::lengths::{add, prefix, skip, subtract};
use alloc::vec::Vec;

use super::ToJson;
use super::field_names::{Names, escape_letter};
use super::float::{self, Format};
use super::read::lexer;
use crate::encoding::{ASCII, GROUP, eight_digits, hex_digit, n_leading_zeros, push_base64};
use crate::sys::push_prefix;

/// Six groups of eight digits. As a constant they are initialized without a loop.
const EMPTY: [[u8; 8]; 6] = [[0; 8]; 6];

/// Writes JSON values into a `Vec<u8>`.
///
/// An impl of [`ToJson`] calls the method for its kind of value. For an array it calls `begin_array`,
/// [`element`](Self::element) for each element and `end_array`; for an object, `begin_object`,
/// [`member`](Self::member) and `end_object`. The writer adds the commas.
///
/// ```
/// use tiny_lambda::json::{ToJson, Writer};
///
/// let mut w = Writer::new(Vec::with_capacity(64));
/// w.begin_object();
/// w.member("id", &7);
/// w.member("tags", ["a", "b"].as_slice());
/// w.end_object();
/// assert_eq!(w.into_inner(), br#"{"id":7,"tags":["a","b"]}"#);
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// Returns a writer that appends to `out`.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::new(b"data: ".to_vec());
    /// w.u64(7);
    /// assert_eq!(w.into_inner(), b"data: 7");
    /// ```
    pub fn new(out: Vec<u8>) -> Writer {
        Writer { out }
    }

    /// Returns the JSON that was written, after the bytes that [`new`](Self::new) took.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// assert_eq!(Writer::default().into_inner(), b"");
    /// ```
    pub fn into_inner(self) -> Vec<u8> {
        self.out
    }

    /// Returns what was written, to change it.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Writes `null`.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.null();
    /// assert_eq!(w.into_inner(), b"null");
    /// ```
    pub fn null(&mut self) {
        self.raw("null");
    }

    /// Writes `true` or `false`.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.bool(true);
    /// assert_eq!(w.into_inner(), b"true");
    /// ```
    pub fn bool(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// Writes an integer.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.u64(u64::MAX);
    /// assert_eq!(w.into_inner(), b"18446744073709551615");
    /// ```
    pub fn u64(&mut self, value: u64) {
        // Three groups of digits, and room to copy 24 bytes from where the digits begin. A group at a time takes a
        // third of the instructions of `encoding::decimal` for long numbers ("integers" in `bench/json`).
        let mut groups = EMPTY;
        let [high, middle, low, ..] = &mut groups;
        let mut rest = value;
        let mut start = 24_usize;
        for group in [low, middle, high] {
            let digits = eight_digits(rest % GROUP);
            *group = (digits | ASCII).to_le_bytes();
            rest /= GROUP;
            start = subtract(start, 8);
            if rest == 0 {
                start = add(start, n_leading_zeros(digits));
                break;
            }
        }
        if let Some(digits) = skip(groups.as_flattened(), start).first_chunk::<24>() {
            push_prefix(&mut self.out, digits, subtract(24, start));
        }
    }

    /// Writes an integer.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.i64(-7);
    /// assert_eq!(w.into_inner(), b"-7");
    /// ```
    pub fn i64(&mut self, value: i64) {
        if value < 0 {
            self.out.push(b'-');
        }
        self.u64(value.unsigned_abs());
    }

    /// Writes an integer.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.u128(1 << 64);
    /// assert_eq!(w.into_inner(), b"18446744073709551616");
    /// ```
    pub fn u128(&mut self, value: u128) {
        if let Ok(value) = u64::try_from(value) {
            return self.u64(value);
        }
        let group = u128::from(GROUP);
        self.u128(value.div_euclid(group));
        let rest = u64::try_from(value.rem_euclid(group)).unwrap_or(0);
        let digits = eight_digits(rest) | ASCII;
        self.out.extend_from_slice(&digits.to_le_bytes());
    }

    /// Writes an integer.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.i128(-1 << 64);
    /// assert_eq!(w.into_inner(), b"-18446744073709551616");
    /// ```
    pub fn i128(&mut self, value: i128) {
        if value < 0 {
            self.out.push(b'-');
        }
        self.u128(value.unsigned_abs());
    }

    /// Writes the float with these bits; `null` if it is not finite.
    #[inline]
    pub(super) fn float(&mut self, bits: u64, format: &Format) {
        float::write(bits, format, &mut self.out);
    }

    /// Writes a string in quotes. Quotes, backslashes and control characters, which must be escaped
    /// (RFC 8259, section 7), are escaped.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.string("a\"b");
    /// assert_eq!(w.into_inner(), br#""a\"b""#);
    /// ```
    pub fn string(&mut self, value: &str) {
        self.string_bytes(value.as_bytes());
    }

    /// Does the same as [`string`](Self::string) for the bytes of a text.
    ///
    /// Escapes are often next to each other, or at the end. So from the first escape on, the next byte and the last
    /// twelve bytes are written one by one. The plain form is without the inner loop: a short string with four
    /// escapes takes 1.6 times the instructions then ("escaped strings" in `bench/json`, opt-level 3).
    fn string_bytes(&mut self, mut rest: &[u8]) {
        self.out.push(b'"');
        while !rest.is_empty() {
            let special = lexer::skip_unescaped(rest);
            let n_plain = subtract(rest.len(), special.len());
            self.out.extend_from_slice(prefix(rest, n_plain));
            rest = special;
            while let [byte, after @ ..] = rest {
                match byte {
                    b'"' | b'\\' | 0..=0x1f => self.escape(*byte),
                    _ if after.len() < 12 => self.out.push(*byte),
                    _ => break,
                }
                rest = after;
            }
        }
        self.out.push(b'"');
    }

    /// Writes `bytes` as a string of base64.
    pub(crate) fn base64(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        push_base64(&mut self.out, bytes);
        self.out.push(b'"');
    }

    /// Writes `json` unchanged. It must be a JSON value, which is not checked.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.begin_array();
    /// w.raw("1.50");
    /// w.end_array();
    /// assert_eq!(w.into_inner(), b"[1.50]");
    /// ```
    pub fn raw(&mut self, json: &str) {
        self.out.extend_from_slice(json.as_bytes());
    }

    /// Writes `[`.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.begin_array();
    /// w.element(&1);
    /// w.end_array();
    /// assert_eq!(w.into_inner(), b"[1]");
    /// ```
    pub fn begin_array(&mut self) {
        self.out.push(b'[');
    }

    /// Writes one element of an array.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.begin_array();
    /// w.element("a");
    /// w.element(&1);
    /// w.end_array();
    /// assert_eq!(w.into_inner(), br#"["a",1]"#);
    /// ```
    pub fn element<T: ToJson + ?Sized>(&mut self, value: &T) {
        self.comma();
        value.to_json(self);
    }

    /// Writes `]`.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.begin_array();
    /// w.end_array();
    /// assert_eq!(w.into_inner(), b"[]");
    /// ```
    pub fn end_array(&mut self) {
        self.out.push(b']');
    }

    /// Writes `{`.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.begin_object();
    /// w.member("a", &1);
    /// w.end_object();
    /// assert_eq!(w.into_inner(), br#"{"a":1}"#);
    /// ```
    pub fn begin_object(&mut self) {
        self.out.push(b'{');
    }

    /// Writes one member of an object.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.begin_object();
    /// w.member("id", "a1");
    /// w.member("count", &2);
    /// w.end_object();
    /// assert_eq!(w.into_inner(), br#"{"id":"a1","count":2}"#);
    /// ```
    pub fn member<T: ToJson + ?Sized>(&mut self, name: &str, value: &T) {
        self.name(name);
        value.to_json(self);
    }

    /// Writes the name of a member. Write its value next.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.begin_object();
    /// w.name("n");
    /// w.u64(1);
    /// w.end_object();
    /// assert_eq!(w.into_inner(), br#"{"n":1}"#);
    /// ```
    pub fn name(&mut self, name: &str) {
        self.name_bytes(name.as_bytes());
    }

    /// Does the same as [`name`](Self::name) for the bytes of a text.
    pub(super) fn name_bytes(&mut self, name: &[u8]) {
        self.comma();
        self.string_bytes(name);
        self.out.push(b':');
    }

    /// Writes the text of a struct's member before its value.
    #[doc(hidden)]
    pub fn field(&mut self, names: &Names, index: usize) {
        self.out.extend_from_slice(names.text(index));
    }

    /// Does the same as [`field`](Self::field) for a struct that leaves members out, so that any may be the first.
    #[doc(hidden)]
    pub fn sparse_field(&mut self, names: &Names, index: usize) {
        self.comma();
        self.out.extend_from_slice(skip(names.text(index), 1));
    }

    /// Continues an open object, which has a member, with the members of the object that `write`
    /// writes, and closes it.
    pub(super) fn continue_object(&mut self, write: impl FnOnce(&mut Writer)) {
        let bracket = self.out.len();
        write(self);
        match self.out.get_mut(bracket..) {
            Some([bracket, b'}']) => {
                *bracket = b'}';
                self.out.pop();
            }
            Some([bracket, ..]) => *bracket = b',',
            _ => self.end_object(),
        }
    }

    /// Writes `}`.
    ///
    /// ```
    /// use tiny_lambda::json::Writer;
    ///
    /// let mut w = Writer::default();
    /// w.begin_object();
    /// w.end_object();
    /// assert_eq!(w.into_inner(), b"{}");
    /// ```
    pub fn end_object(&mut self) {
        self.out.push(b'}');
    }

    /// Writes a comma, unless the innermost array or object is empty: then the last byte is an opening
    /// bracket, with which no value ends.
    fn comma(&mut self) {
        if !matches!(self.out.last(), Some(b'[' | b'{')) {
            self.out.push(b',');
        }
    }

    /// Writes the escape of a quote, a backslash or a control character.
    fn escape(&mut self, byte: u8) {
        let letter = escape_letter(byte);
        if letter == 0 {
            self.raw(if byte < 0x10 { "\\u000" } else { "\\u001" });
            return self.out.push(hex_digit(byte));
        }
        self.out.extend_from_slice(&[b'\\', letter]);
    }
}
