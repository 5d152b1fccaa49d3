//! The writer: JSON without white space into one growing buffer; it cannot fail.

use alloc::vec::Vec;

use super::ToJson;
use super::field_names::Names;
use super::read::lexer;
use crate::encoding::{Digits, decimal, hex_digit, push_base64};

/// Writes values one after the other into a `Vec<u8>`, which may be used again.
///
/// Who writes an impl of [`ToJson`] calls the method of the value's kind, or `begin_array`,
/// [`element`](Self::element) for each, `end_array`; and the same for objects with
/// [`member`](Self::member). Commas come by themselves.
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
    /// Writes after what is in `out`.
    pub fn new(out: Vec<u8>) -> Writer {
        Writer { out }
    }

    /// What was written.
    pub fn into_inner(self) -> Vec<u8> {
        self.out
    }

    /// Writes `null`.
    pub fn null(&mut self) {
        self.raw("null");
    }

    /// Writes `true` or `false`.
    pub fn bool(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// Writes an integer.
    pub fn u64(&mut self, value: u64) {
        self.raw(decimal(value, &mut Digits::default()));
    }

    /// Writes an integer.
    pub fn i64(&mut self, value: i64) {
        if value < 0 {
            self.raw("-");
        }
        self.u64(value.unsigned_abs());
    }

    /// Writes an integer.
    pub fn u128(&mut self, value: u128) {
        // `decimal` takes 64 bits, so the digits are written in groups of 19.
        const GROUP: u128 = 10_u128.pow(19);
        let (high, low) = (value / GROUP, (value % GROUP) as u64);
        if high == 0 {
            return self.u64(low);
        }
        self.u128(high);
        let digits = &mut Digits::default();
        let digits = decimal(low, digits);
        let zeros = "000000000000000000".get(digits.len().saturating_sub(1)..);
        self.raw(zeros.unwrap_or_default());
        self.raw(digits);
    }

    /// Writes an integer.
    pub fn i128(&mut self, value: i128) {
        if value < 0 {
            self.raw("-");
        }
        self.u128(value.unsigned_abs());
    }

    /// Writes a string in quotes. Only what must be is escaped (RFC 8259, section 7): quotes,
    /// backslashes and control characters.
    pub fn string(&mut self, value: &str) {
        self.out.push(b'"');
        let mut rest = value.as_bytes();
        loop {
            let special = lexer::skip_unescaped(rest);
            let n_plain = rest.len().wrapping_sub(special.len());
            self.out
                .extend_from_slice(rest.get(..n_plain).unwrap_or_default());
            let [byte, after @ ..] = special else { break };
            self.escape(*byte);
            rest = after;
        }
        self.out.push(b'"');
    }

    /// Writes a string in quotes that holds `bytes` in base64.
    pub(crate) fn base64(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        push_base64(&mut self.out, bytes);
        self.out.push(b'"');
    }

    /// Writes `json` as it stands; it must be JSON, which nobody checks.
    pub fn raw(&mut self, json: &str) {
        self.out.extend_from_slice(json.as_bytes());
    }

    /// Writes `[`.
    pub fn begin_array(&mut self) {
        self.out.push(b'[');
    }

    /// Writes one element of an array.
    pub fn element<T: ToJson + ?Sized>(&mut self, value: &T) {
        self.comma();
        value.to_json(self);
    }

    /// Writes `]`.
    pub fn end_array(&mut self) {
        self.out.push(b']');
    }

    /// Writes `{`.
    pub fn begin_object(&mut self) {
        self.out.push(b'{');
    }

    /// Writes one member of an object.
    pub fn member<T: ToJson + ?Sized>(&mut self, name: &str, value: &T) {
        self.name(name);
        value.to_json(self);
    }

    /// Writes the name of a member, whose value must follow.
    pub fn name(&mut self, name: &str) {
        self.comma();
        self.string(name);
        self.out.push(b':');
    }

    /// Writes all of a member of a struct that is in front of its value.
    #[doc(hidden)]
    pub fn field(&mut self, names: &Names, index: usize) {
        self.out.extend_from_slice(names.text(index));
    }

    /// Writes the members of the object that `write` writes, and `}`, into an open object that
    /// has a member already.
    pub(super) fn continue_object(&mut self, write: impl FnOnce(&mut Writer)) {
        let bracket = self.out.len();
        write(self);
        match self.out.get_mut(bracket..) {
            Some([_, b'}']) => drop(self.out.remove(bracket)),
            Some([bracket, ..]) => *bracket = b',',
            _ => self.end_object(),
        }
    }

    /// Writes `}`.
    pub fn end_object(&mut self) {
        self.out.push(b'}');
    }

    /// Writes a comma unless the innermost container was only just begun. No value ends in an
    /// opening bracket, so the last byte tells.
    fn comma(&mut self) {
        if !matches!(self.out.last(), Some(b'[' | b'{')) {
            self.out.push(b',');
        }
    }

    fn escape(&mut self, byte: u8) {
        let letter = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            _ => {
                self.raw(if byte < 0x10 { "\\u000" } else { "\\u001" });
                return self.out.push(hex_digit(byte));
            }
        };
        self.out.extend_from_slice(&[b'\\', letter]);
    }
}
