//! What is wrong with a JSON text, and where; built only when it happens, out of the readers' way.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::error;
use core::fmt;

use super::write::push_u64;

/// Why a text was refused, as a sentence for the reader of a log.
///
/// ```
/// use tiny_lambda::json::{self, ErrorKind};
///
/// let error = json::parse::<Vec<bool>>(b"[true,\n 1]").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Type);
/// assert_eq!((error.offset(), error.line(), error.column()), (8, 2, 2));
/// assert_eq!(error.path(), "$[1]");
/// ```
///
/// As small as a pointer, so that carrying it upwards costs the way without an error nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Detail>);

#[derive(Clone, PartialEq, Eq)]
struct Detail {
    kind: ErrorKind,
    message: String,
    place: Place,
}

/// What an [`Error`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not JSON here.
    Syntax,
    /// The text ends too early: it may have been cut.
    End,
    /// The bytes are not UTF-8 (RFC 8259, section 8.1).
    Utf8,
    /// An escape stands for half of a surrogate pair, which is no character (RFC 8259, section 8.2).
    Surrogate,
    /// More than 128 arrays and objects inside one another.
    Depth,
    /// JSON, but not what the type asks for.
    Type,
    /// A number that the type cannot hold.
    Range,
    /// A member that must be there is not.
    Missing,
}

/// A place in a text, in the words of different readers.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    offset: usize,
    line: usize,
    column: usize,
    path: String,
}

/// What other values begin with than numbers, and what else has a name.
const BEGINNINGS: [(&str, &str); 7] = [
    ("\"", "a string"),
    ("{", "an object"),
    ("[", "an array"),
    ("true", "a boolean"),
    ("false", "a boolean"),
    ("null", "null"),
    ("\u{feff}", "a byte order mark"),
];

impl Error {
    /// "expected `what`, found" whatever is at `offset`.
    #[cold]
    #[inline(never)]
    pub(super) fn expected(kind: ErrorKind, what: &str, text: &str, offset: usize) -> Error {
        let rest = text.get(offset..).unwrap_or_default();
        let Some(&first) = rest.as_bytes().first() else {
            let sentence = ["expected ", what, ", found the end of the text"];
            return Error::new(ErrorKind::End, &sentence, text, offset);
        };
        let mut quote = "";
        let mut found = match first {
            b'-' | b'0'..=b'9' => "a number",
            0..=0x1f | 0x7f => "a control character",
            _ => {
                quote = "`";
                // As many ones in front has the first of several bytes (RFC 3629, section 3).
                let len = first.leading_ones().max(1) as usize;
                rest.get(..len).unwrap_or_default()
            }
        };
        for (beginning, name) in BEGINNINGS {
            if rest.starts_with(beginning) {
                (quote, found) = ("", name);
            }
        }
        let sentence = ["expected ", what, ", found ", quote, found, quote];
        Error::new(kind, &sentence, text, offset)
    }

    /// A sentence of its own, in parts.
    #[cold]
    #[inline(never)]
    pub(super) fn new(kind: ErrorKind, sentence: &[&str], text: &str, offset: usize) -> Error {
        let mut message = String::new();
        for part in sentence {
            message.push_str(part);
        }
        let place = locate(kind, text, offset);
        Error(Box::new(Detail {
            kind,
            message,
            place,
        }))
    }

    /// What this is about.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was expected and what was found, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Bytes in front of the place.
    pub fn offset(&self) -> usize {
        self.0.place.offset
    }

    /// The line of the place, counted from 1.
    pub fn line(&self) -> usize {
        self.0.place.line
    }

    /// The place's character in its line, counted from 1.
    pub fn column(&self) -> usize {
        self.0.place.column
    }

    /// The way from the outermost value, `$`, to the one in question: `$.Records[3].body`.
    ///
    /// A name with other characters than letters, digits, `_`, `-` and `$` is written as it stands
    /// in the text: `$["a b"]`.
    pub fn path(&self) -> &str {
        &self.0.place.path
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand, so that a function that reports errors links no formatting of integers.
        let Detail { message, place, .. } = &*self.0;
        let mut line = message.clone();
        line.push_str(" at ");
        line.push_str(&place.path);
        line.push_str(" (offset ");
        push_number(&mut line, place.offset);
        line.push_str(", line ");
        push_number(&mut line, place.line);
        line.push_str(", column ");
        push_number(&mut line, place.column);
        line.push(')');
        f.write_str(&line)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for Error {}

fn push_number(line: &mut String, n: usize) {
    push_u64(n as u64, &mut |digits| line.push_str(digits));
}

/// The way from an open container to what is read in it.
enum Step<'t> {
    /// To no member yet.
    Object,
    /// To the member whose name is written so.
    Member(&'t str),
    Element(usize),
}

/// Finds line, column and path of `offset` by reading the text up to there once more, so that
/// readers need not keep them.
fn locate(kind: ErrorKind, text: &str, offset: usize) -> Place {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    let (mut line, mut column) = (1_usize, 1_usize);
    let mut steps = Vec::new();
    // Where the string begins that is read, if one is; and whether its next byte is escaped.
    let mut string: Option<usize> = None;
    let mut escaped = false;
    for (at, &byte) in before.iter().enumerate() {
        // Characters are counted, not what follows their first bytes.
        column = column.wrapping_add(usize::from(byte & 0xc0 != 0x80));
        if byte == b'\n' {
            line = line.wrapping_add(1);
            column = 1;
        }
        if let Some(start) = string {
            if escaped || byte == b'\\' {
                escaped = !escaped;
            } else if byte == b'"' {
                string = None;
                if let Some(step @ Step::Object) = steps.last_mut() {
                    *step = Step::Member(text.get(start..at).unwrap_or_default());
                }
            }
            continue;
        }
        match byte {
            b'"' => string = Some(at.wrapping_add(1)),
            b'{' => steps.push(Step::Object),
            b'[' => steps.push(Step::Element(0)),
            b'}' | b']' => drop(steps.pop()),
            b',' => match steps.last_mut() {
                Some(Step::Element(index)) => *index = index.wrapping_add(1),
                Some(step) => *step = Step::Object,
                None => {}
            },
            _ => {}
        }
    }
    if kind == ErrorKind::Missing {
        // It is the object that lacks a member, not the member in front of its end.
        steps.pop();
    }
    let mut path = String::from("$");
    for step in steps {
        push_step(&mut path, step);
    }
    Place {
        offset,
        line,
        column,
        path,
    }
}

fn push_step(path: &mut String, step: Step<'_>) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
    match step {
        Step::Object => {}
        Step::Member(name) if !name.is_empty() && name.bytes().all(plain) => {
            path.push('.');
            path.push_str(name);
        }
        Step::Member(name) => {
            path.push_str("[\"");
            path.push_str(name);
            path.push_str("\"]");
        }
        Step::Element(index) => {
            path.push('[');
            push_number(path, index);
            path.push(']');
        }
    }
}
