//! Names of members, prepared in constant evaluation to be found and to be written.

use core::str;

/// The names of a struct's members.
#[derive(Debug)]
pub struct Names {
    all: &'static [Name],
    /// Bit n is set if a name's [`hash`] is n, so that most other names are told by one look.
    hashes: u64,
    /// Whether the last takes all other members.
    has_rest: bool,
}

impl Names {
    /// Prepared in constant evaluation.
    ///
    /// # Panics
    /// If another one than the last takes the rest, which is a compile error then.
    pub const fn new(names: &'static [Name]) -> Names {
        let (mut hashes, mut has_rest) = (0, false);
        let mut rest = names;
        while let [name, behind @ ..] = rest {
            assert!(!has_rest, "the field `as ..` must be the last");
            has_rest = name.is_rest();
            hashes |= match name.text {
                [] | [_, _, b'"', ..] => u64::MAX,
                [_, _, first, second, ..] => 1 << hash(*first, *second),
                _ => 0,
            };
            rest = behind;
        }
        Names {
            all: names,
            hashes,
            has_rest,
        }
    }

    /// What [`may_be_one`] asks for.
    #[inline(always)]
    pub(super) fn hashes(&self) -> u64 {
        self.hashes
    }

    /// How many words it takes to have a bit for each.
    pub const fn n_words(&self) -> usize {
        self.all.len().div_ceil(64)
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether the last takes all other members.
    pub(super) const fn has_rest(&self) -> bool {
        self.has_rest
    }

    /// Whether the first of them brings the opening bracket.
    pub const fn opens(&self) -> bool {
        matches!(self.all, [first, ..] if !first.is_rest())
    }

    /// What is written of a member before its value.
    #[inline]
    pub(super) fn text(&self, index: usize) -> &'static [u8] {
        self.all.get(index).map_or(&[], |name| name.text)
    }

    /// One of them as it is written, without quotes.
    pub(super) fn name(&self, index: usize) -> &'static str {
        match self.text(index) {
            [_, _, name @ .., _, _] => str::from_utf8(name).unwrap_or_default(),
            _ => "",
        }
    }

    /// What is behind this name, if `rest` begins with it, in quotes.
    #[inline(always)]
    pub(super) fn behind<'r>(&self, index: usize, rest: &'r [u8]) -> Option<&'r [u8]> {
        self.all.get(index)?.behind(rest)
    }

    /// Which name it is that `rest` begins with, in quotes, and what is behind it. It is compared
    /// as it is written.
    pub(super) fn find<'r>(&self, rest: &'r [u8]) -> Option<(usize, &'r [u8])> {
        let mut index = 0;
        loop {
            if let Some(behind) = self.all.get(index)?.behind(rest) {
                return Some((index, behind));
            }
            index = usize::wrapping_add(index, 1);
        }
    }
}

/// Whether names with these hashes may have the one that `rest` begins with, if it is written without
/// escapes that need not be.
#[inline(always)]
pub(super) fn may_be_one(hashes: u64, rest: &[u8]) -> bool {
    match rest {
        [first, second, ..] => hashes >> hash(*first, *second) & 1 != 0,
        _ => false,
    }
}

/// Six bits of the first two bytes of a name and its closing quote. Of the names in AWS's sample
/// events that stand in one object, this factor tells most apart.
#[inline(always)]
const fn hash(first: u8, second: u8) -> u8 {
    first.wrapping_mul(9).wrapping_add(second) & 63
}

/// What is left of a text, if that is less than eight bytes, and zeros.
#[cold]
#[inline(never)]
fn last_word(rest: &[u8]) -> u64 {
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(rest) {
        *to = *from;
    }
    u64::from_le_bytes(word)
}

/// The name of a struct's member, prepared to be found and to be written.
#[derive(Debug)]
pub struct Name {
    /// A bracket or a comma, the name in quotes and escaped as it must be, a colon.
    text: &'static [u8],
    /// What begins behind the opening quote: up to eight bytes, the closing quote included.
    first: u64,
    first_mask: u64,
}

/// How a field's name becomes a member's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "each is an example of itself")]
pub enum Case {
    /// As it is.
    Verbatim,
    /// `unit_price` becomes `unitPrice`.
    camelCase,
    /// `unit_price` becomes `UnitPrice`.
    PascalCase,
}

impl Name {
    /// Not a name: says that the members which no other field takes are kept.
    pub const REST: Name = Name {
        text: b"",
        first: u64::MAX,
        first_mask: u64::MAX,
    };

    /// Whether this is [`REST`](Self::REST).
    const fn is_rest(&self) -> bool {
        self.text.is_empty()
    }

    /// From what [`text`](Self::text) made.
    pub const fn new(text: &'static [u8]) -> Name {
        let (mut first, mut first_mask) = (0_u64, 0_u64);
        let [_, _, name @ .., _] = text else {
            return Name {
                text,
                first,
                first_mask,
            };
        };
        let mut rest = name;
        let mut shift = 0_u32;
        while let (true, [byte, behind @ ..]) = (shift < 64, rest) {
            first |= (*byte as u64) << shift;
            first_mask |= 0xff << shift;
            rest = behind;
            shift = shift.wrapping_add(8);
        }
        Name {
            text,
            first,
            first_mask,
        }
    }

    /// What is written of a member before its value, if it is the first or another one.
    pub const fn text<const LEN: usize>(name: &str, case: Case, is_first: bool) -> [u8; LEN] {
        let mut text = [b'"'; LEN];
        let mut out = ConstWriter {
            rest: &mut text,
            len: 0,
        };
        out.member(name, case, is_first);
        text
    }

    /// How long [`text`](Self::text) is.
    pub const fn text_len(name: &str, case: Case) -> usize {
        let mut out = ConstWriter {
            rest: &mut [],
            len: 0,
        };
        out.member(name, case, true);
        out.len
    }

    /// What is behind this name, if `rest` begins with it, in quotes.
    #[inline]
    fn behind<'r>(&self, rest: &'r [u8]) -> Option<&'r [u8]> {
        let [_, rest @ ..] = rest else {
            return None;
        };
        let word = match rest.first_chunk() {
            Some(word) => u64::from_le_bytes(*word),
            None => last_word(rest),
        };
        if (word ^ self.first) & self.first_mask != 0 {
            return None;
        }
        match self.text {
            // What is behind the first eight bytes must be right, too.
            [_, _, _, _, _, _, _, _, _, _, end @ .., _] if !end.is_empty() => {
                rest.get(8..)?.strip_prefix(end)
            }
            text => rest.get(text.len().wrapping_sub(3)..),
        }
    }
}

/// Fills an array in constant evaluation, byte by byte, and counts what did not fit, too.
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
        self.len = self.len.wrapping_add(1);
    }

    const fn member(&mut self, name: &str, case: Case, is_first: bool) {
        self.push(if is_first { b'{' } else { b',' });
        self.push(b'"');
        let mut upper = matches!(case, Case::PascalCase);
        let mut rest = name.as_bytes();
        while let [byte, behind @ ..] = rest {
            rest = behind;
            if matches!(case, Case::Verbatim) {
                self.escaped(*byte);
            } else if *byte == b'_' {
                upper = true;
            } else {
                self.escaped(if upper {
                    byte.to_ascii_uppercase()
                } else {
                    *byte
                });
                upper = false;
            }
        }
        self.push(b'"');
        self.push(b':');
    }

    /// As the writer escapes, so that a name in the text can be written anew and compared.
    const fn escaped(&mut self, byte: u8) {
        let short = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..=0x1f => {
                self.push(b'\\');
                self.push(b'u');
                self.push(b'0');
                self.push(b'0');
                self.push(if byte < 0x10 { b'0' } else { b'1' });
                let digit = byte & 0x0f;
                self.push(digit.wrapping_add(if digit < 10 { b'0' } else { b'a' - 10 }));
                return;
            }
            _ => return self.push(byte),
        };
        self.push(b'\\');
        self.push(short);
    }
}
