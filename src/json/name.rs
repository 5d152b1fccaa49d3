//! Names of members, prepared in constant evaluation to be found and to be written.

use super::scan::word_at;

/// Where the name that begins at `start`, behind its quote, is in `names`; the length of `names`
/// if nowhere. It is compared as it is written.
#[inline]
pub(super) fn position(names: &[Name], bytes: &[u8], start: usize) -> usize {
    let word = name_word(bytes, start);
    let mut index = 0;
    for name in names {
        if name.begins(word) && name.ends(bytes, start) {
            break;
        }
        index = usize::wrapping_add(index, 1);
    }
    index
}

#[inline(always)]
fn name_word(bytes: &[u8], start: usize) -> u64 {
    match word_at(bytes, start) {
        Some(word) => word,
        None => last_word(bytes, start),
    }
}

/// The last bytes of a text that has less than eight more, and zeros.
#[cold]
#[inline(never)]
fn last_word(bytes: &[u8], start: usize) -> u64 {
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(bytes.get(start..).unwrap_or_default()) {
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
    pub(super) const fn is_rest(&self) -> bool {
        self.text.is_empty()
    }

    /// Checks, in constant evaluation, that only the last of `names` takes the rest.
    ///
    /// # Panics
    /// If another one does, which is a compile error then.
    pub const fn check(names: &[Name]) {
        let mut rest = names;
        while let [name, behind @ ..] = rest {
            assert!(
                !name.is_rest() || behind.is_empty(),
                "the field `as ..` must be the last"
            );
            rest = behind;
        }
    }

    /// Whether the first of `names` brings the opening bracket.
    pub const fn opens(names: &[Name]) -> bool {
        matches!(names, [first, ..] if !first.is_rest())
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

    /// What is written of a member before its value.
    pub(super) fn as_text(&self) -> &'static [u8] {
        self.text
    }

    /// The name as it is written, without quotes.
    pub(super) fn name(&self) -> &'static [u8] {
        match self.text {
            [_, _, name @ .., _, _] => name,
            _ => &[],
        }
    }

    /// Whether this name, as it is written, begins at `start`, behind its quote.
    #[inline(always)]
    pub(super) fn is_at(&self, bytes: &[u8], start: usize) -> bool {
        self.begins(name_word(bytes, start)) && self.ends(bytes, start)
    }

    #[inline(always)]
    fn begins(&self, word: u64) -> bool {
        (word ^ self.first) & self.first_mask == 0
    }

    /// Whether what is behind the first eight bytes is right, too.
    #[inline(always)]
    fn ends(&self, bytes: &[u8], start: usize) -> bool {
        match self.text {
            [_, _, _, _, _, _, _, _, _, _, end @ .., _] if !end.is_empty() => bytes
                .get(start.wrapping_add(8)..)
                .is_some_and(|rest| rest.starts_with(end)),
            _ => true,
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
