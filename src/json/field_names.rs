//! The names of a struct's members, prepared in constant evaluation for reading and writing.

use crate::encoding::lengths::add;
use core::str;

use super::Writer;
use crate::encoding::hex_digit;
use crate::sys::utf8;

/// The names of a struct's members.
#[derive(Debug)]
pub struct Names {
    all: &'static [Name],
    /// Bit n is set if a name has [`hash`] n, so that most other names are skipped after one test.
    hashes: u64,
    /// The index of the field that keeps all other members, or [`NO_FIELD`].
    rest: usize,
}

/// The hash of a name that is too short to have one, and of the field that keeps other members.
const ANY: u8 = u8::MAX;

/// An index that is not that of a name.
pub(super) const NO_FIELD: usize = usize::MAX;

impl Names {
    /// Prepares names, in constant evaluation.
    ///
    /// # Panics
    /// If a field other than the last keeps other members, or two names are equal. The panic is a
    /// compile error then.
    pub const fn new(names: &'static [Name]) -> Names {
        let (mut hashes, mut rest) = (0, NO_FIELD);
        let (mut left, mut index) = (names, 0_usize);
        while let [name, after @ ..] = left {
            assert!(rest == NO_FIELD, "the field `as ..` must be the last");
            if name.is_rest() {
                rest = index;
            }
            let mut others = after;
            while let [other, more @ ..] = others {
                if name.is_same(other) {
                    if let [_, _, name @ .., _, _] = name.text {
                        duplicate("two fields", name);
                    }
                }
                others = more;
            }
            hashes |= match name.hash {
                ANY => u64::MAX,
                hash => 1 << hash,
            };
            (left, index) = (after, add(index, 1));
        }
        Names {
            all: names,
            hashes,
            rest,
        }
    }

    /// Returns the hashes for [`may_contain`].
    #[inline(always)]
    pub(super) fn hashes(&self) -> u64 {
        self.hashes
    }

    /// Returns the number of words in a bit set with a bit for each name.
    pub const fn n_words(&self) -> usize {
        self.all.len().div_ceil(64)
    }

    /// Returns the index of the field that keeps all other members, or [`NO_FIELD`].
    #[inline(always)]
    pub(super) fn rest(&self) -> usize {
        self.rest
    }

    /// Returns whether the text of the first name contains the opening bracket.
    pub const fn opens(&self) -> bool {
        matches!(self.all, [first, ..] if !first.is_rest())
    }

    /// Returns the text of a member before its value.
    #[inline]
    pub(super) fn text(&self, index: usize) -> &'static [u8] {
        self.all.get(index).map_or(&[], |name| name.text)
    }

    /// Returns a name as it is written, without quotes.
    pub(super) fn name(&self, index: usize) -> &'static str {
        match self.text(index) {
            [_, _, name @ .., _, _] => utf8::text(name),
            _ => "",
        }
    }

    /// Returns the index of a decoded name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        // Names are compared as the writer writes them, with only those escapes that are required.
        let mut w = Writer::default();
        w.name(name);
        let [_, written @ ..] = &*w.into_inner() else {
            return None;
        };
        (0..self.all.len()).find(|index| self.skip_name(*index, written).is_some())
    }

    /// See [`Name::skip_name`].
    #[inline(always)]
    pub(super) fn skip_name<'r>(&self, index: usize, rest: &'r [u8]) -> Option<&'r [u8]> {
        self.all.get(index)?.skip_name(rest)
    }

    /// Returns the index of the name that `rest` begins with, and the rest after it.
    #[inline(always)]
    pub(super) fn find<'r>(&self, rest: &'r [u8]) -> Option<(usize, &'r [u8])> {
        let [_, first, second, ..] = rest else {
            return None;
        };
        let hash = hash(*first, *second);
        for (index, name) in self.all.iter().enumerate() {
            if name.hash == hash || name.hash == ANY {
                if let Some(after) = name.skip_name(rest) {
                    return Some((index, after));
                }
            }
        }
        None
    }
}

/// Returns whether the name that `rest` begins with has one of these hashes. A name with unneeded
/// escapes may have another hash.
#[inline(always)]
pub(super) fn may_contain(hashes: u64, rest: &[u8]) -> bool {
    match rest {
        [first, second, ..] => hashes >> hash(*first, *second) & 1 != 0,
        _ => false,
    }
}

/// Returns the hash of a name, six bits of its first two bytes. With this factor, the fewest names of
/// the same object in AWS's sample events collide.
#[inline(always)]
const fn hash(first: u8, second: u8) -> u8 {
    first.wrapping_mul(9).wrapping_add(second) & 63
}

/// The name of a struct's member, prepared for reading and writing.
#[derive(Debug)]
pub struct Name {
    /// A bracket or a comma, the name in quotes with its escapes, and a colon.
    text: &'static [u8],
    /// The first and the last eight bytes of the name in quotes and the colon.
    first: u64,
    last: u64,
    /// The number of bits of `first` that are not those of the name, if that has less than eight bytes.
    excess: u8,
    hash: u8,
}

/// Returns whether two texts are equal, in constant evaluation.
pub(super) const fn is_same(mut text: &[u8], mut other: &[u8]) -> bool {
    while let ([byte, rest @ ..], [other_byte, other_rest @ ..]) = (text, other) {
        if *byte != *other_byte {
            return false;
        }
        (text, other) = (rest, other_rest);
    }
    text.is_empty() && other.is_empty()
}

/// How the name of a field or variant becomes its name in JSON: by the rules of serde's `rename_all`, for
/// ASCII letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// `unit_price` and `UnitPrice` stay as they are.
    Verbatim,
    /// `unitPrice`
    Camel,
    /// `UnitPrice`
    Pascal,
    /// `unit_price`
    Snake,
    /// `UNIT_PRICE`
    ScreamingSnake,
    /// `unit-price`
    Kebab,
    /// `UNIT-PRICE`
    ScreamingKebab,
    /// The variant `UnitPrice` becomes `unitprice`; fields stay as they are.
    Lower,
    /// The variant `UnitPrice` becomes `UNITPRICE`, the field `unit_price` `UNIT_PRICE`.
    Upper,
}

impl Case {
    /// Returns whether words are separated in this case.
    const fn separates_words(self) -> bool {
        use Case::{Kebab, ScreamingKebab, ScreamingSnake, Snake};
        matches!(self, Snake | ScreamingSnake | Kebab | ScreamingKebab)
    }

    /// Returns whether all letters are uppercase in this case.
    const fn is_upper(self) -> bool {
        use Case::{ScreamingKebab, ScreamingSnake, Upper};
        matches!(self, Upper | ScreamingSnake | ScreamingKebab)
    }

    /// Returns the byte for a `_` in a name.
    const fn underscore(self) -> u8 {
        match self {
            Case::Kebab | Case::ScreamingKebab => b'-',
            _ => b'_',
        }
    }
}

/// Returns the length of [`variant_text`].
pub const fn variant_len(name: &str, case: Case) -> usize {
    let mut out = ConstWriter {
        rest: &mut [],
        len: 0,
    };
    out.variant(name, case);
    out.len
}

/// Returns the name of an enum's variant in JSON, in constant evaluation.
pub const fn variant_text<const LEN: usize>(name: &str, case: Case) -> [u8; LEN] {
    let mut text = [0; LEN];
    let mut out = ConstWriter {
        rest: &mut text,
        len: 0,
    };
    out.variant(name, case);
    text
}

impl Name {
    /// The name of the field that keeps all members which no other field has.
    pub const REST: Name = Name::new(b"");

    /// Returns whether this is [`REST`](Self::REST).
    const fn is_rest(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns whether two names are equal. The bracket or comma before them may differ.
    const fn is_same(&self, other: &Name) -> bool {
        if self.first != other.first || self.last != other.last {
            return false;
        }
        match (self.text, other.text) {
            ([_, text @ ..], [_, other @ ..]) => is_same(text, other),
            _ => false,
        }
    }

    /// Returns the name whose text [`text`](Self::text) has made.
    pub const fn new(text: &'static [u8]) -> Name {
        let (mut first, mut last, mut excess) = (0_u64, 0_u64, 64_u8);
        let mut this_hash = ANY;
        if let [_, quoted @ ..] = text {
            let mut rest = quoted;
            while let [byte, after @ ..] = rest {
                if excess > 0 {
                    first = first >> 8 | (*byte as u64) << 56;
                    excess = excess.wrapping_sub(8);
                }
                last = last >> 8 | (*byte as u64) << 56;
                rest = after;
            }
            first >>= excess & 63;
            match quoted {
                [_, b'"', ..] => {}
                [_, first, second, ..] => this_hash = hash(*first, *second),
                _ => {}
            }
        }
        Name {
            text,
            first,
            last,
            excess,
            hash: this_hash,
        }
    }

    /// Returns the text of a member before its value, which depends on whether it is the first.
    pub const fn text<const LEN: usize>(name: &str, case: Case, is_first: bool) -> [u8; LEN] {
        let mut text = [0; LEN];
        let mut out = ConstWriter {
            rest: &mut text,
            len: 0,
        };
        out.member(name, case, is_first);
        text
    }

    /// Returns the length of [`text`](Self::text).
    pub const fn text_len(name: &str, case: Case) -> usize {
        let mut out = ConstWriter {
            rest: &mut [],
            len: 0,
        };
        out.member(name, case, true);
        out.len
    }

    /// Skips this name, if `rest` begins with it in quotes and with a colon, and one space after it.
    ///
    /// Up to sixteen bytes are compared as two words, since `==` compares byte by byte with musl. If the text
    /// has less than eight bytes, the bits of other bytes are shifted out. With the plain form,
    /// `name == quoted`, an HTTP event takes 4 % more instructions, an SQS batch 6 %, a list of records
    /// 14 %. Without the shift, a list of records takes 5 % more (`bench/json`, opt-level z).
    #[inline]
    fn skip_name<'r>(&self, rest: &'r [u8]) -> Option<&'r [u8]> {
        let [_, quoted @ ..] = self.text else {
            return None;
        };
        let (name, after) = rest.split_at_checked(quoted.len())?;
        let is_same = match rest.first_chunk() {
            Some(word) if quoted.len() <= 16 => {
                let others = (u64::from_le_bytes(*word) ^ self.first) << (self.excess & 63);
                let last = name.get(quoted.len().wrapping_sub(8)..);
                match last.and_then(|last| last.first_chunk()) {
                    Some(word) if u64::from_le_bytes(*word) != self.last => false,
                    _ => others == 0,
                }
            }
            _ => name == quoted,
        };
        if !is_same {
            return None;
        }
        match after {
            [b' ', after @ ..] => Some(after),
            _ => Some(after),
        }
    }
}

/// Reports that two fields or variants have the same name, in constant evaluation.
///
/// # Panics
/// Always. In constant evaluation a panic is a compile error.
#[allow(clippy::panic, reason = "the panic is a compile error")]
pub(super) const fn duplicate(what: &str, name: &[u8]) -> ! {
    let mut text = [0; 256];
    let mut out = ConstWriter {
        rest: &mut text,
        len: 0,
    };
    out.text(what);
    out.text(" have the same name in JSON: `");
    out.bytes(name);
    out.text("`");
    let len = out.len;
    if let Some((text, _)) = text.split_at_checked(len) {
        if let Ok(text) = str::from_utf8(text) {
            panic!("{}", text);
        }
    }
    panic!("{}", what);
}

/// Writes "one of" and names in backticks. Returns the length of the whole text, even if it does not fit.
pub(super) const fn one_of(names: &[&str], text: &mut [u8]) -> usize {
    let mut out = ConstWriter { rest: text, len: 0 };
    out.text("one of");
    let mut rest = names;
    while let [name, after @ ..] = rest {
        out.text(" `");
        out.text(name);
        out.text("`");
        rest = after;
    }
    out.len
}

/// Writes into an array in constant evaluation. It also counts the bytes that do not fit.
struct ConstWriter<'t> {
    rest: &'t mut [u8],
    len: usize,
}

impl ConstWriter<'_> {
    const fn push(&mut self, byte: u8) {
        if let Some(place) = self.rest.split_at_mut_checked(self.len) {
            if let [first, ..] = place.1 {
                *first = byte;
            }
        }
        self.len = add(self.len, 1);
    }

    const fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    const fn bytes(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            self.push(*byte);
            rest = after;
        }
    }

    /// Writes the text of a member before its value.
    const fn member(&mut self, name: &str, case: Case, is_first: bool) {
        self.push(if is_first { b'{' } else { b',' });
        self.push(b'"');
        self.field(name, case);
        self.push(b'"');
        self.push(b':');
    }

    /// Writes the name of a field in a case.
    const fn field(&mut self, name: &str, case: Case) {
        // Camel case begins with a lowercase letter, wherever the first word begins.
        let (mut is_first, mut begins_word) = (true, true);
        let mut rest = name.as_bytes();
        while let [byte, after @ ..] = rest {
            rest = after;
            match case {
                Case::Camel | Case::Pascal if *byte == b'_' => begins_word = true,
                Case::Camel | Case::Pascal => {
                    self.escaped(match (begins_word, is_first, case) {
                        (_, true, Case::Camel) => byte.to_ascii_lowercase(),
                        (true, ..) => byte.to_ascii_uppercase(),
                        _ => *byte,
                    });
                    (is_first, begins_word) = (false, false);
                }
                _ if *byte == b'_' => self.push(case.underscore()),
                _ if case.is_upper() => self.escaped(byte.to_ascii_uppercase()),
                _ => self.escaped(*byte),
            }
        }
    }

    /// Writes the name of a variant in a case.
    const fn variant(&mut self, name: &str, case: Case) {
        let mut is_first = true;
        let mut rest = name.as_bytes();
        while let [byte, after @ ..] = rest {
            rest = after;
            if byte.is_ascii_uppercase() && !is_first && case.separates_words() {
                self.push(case.underscore());
            }
            self.push(match case {
                _ if *byte == b'_' => case.underscore(),
                Case::Camel if is_first => byte.to_ascii_lowercase(),
                Case::Verbatim | Case::Pascal | Case::Camel => *byte,
                _ if case.is_upper() => byte.to_ascii_uppercase(),
                _ => byte.to_ascii_lowercase(),
            });
            is_first = false;
        }
    }

    /// Escapes as the [`Writer`] does, so that names can be compared as they are written.
    const fn escaped(&mut self, byte: u8) {
        let short = escape_letter(byte);
        if short != 0 {
            self.push(b'\\');
            return self.push(short);
        }
        if byte > 0x1f {
            return self.push(byte);
        }
        self.push(b'\\');
        self.push(b'u');
        self.push(b'0');
        self.push(b'0');
        self.push(if byte < 0x10 { b'0' } else { b'1' });
        self.push(hex_digit(byte));
    }
}

/// Returns the letter after the backslash in the short escape of a byte, or 0 if there is none (RFC 8259,
/// section 7).
pub(super) const fn escape_letter(byte: u8) -> u8 {
    match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => 0,
    }
}
