//! What is wrong with a JSON text, and where; built only when it happens, out of the readers' way.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::error;
use core::fmt;

use crate::encoding::push_u64;

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

/// What is between a message and a path.
const AT: &str = " at ";

#[derive(Clone, PartialEq, Eq)]
struct Detail {
    kind: ErrorKind,
    /// What is displayed: the message, " at ", the path, and the rest of the place.
    text: String,
    message_len: usize,
    path_end: usize,
    offset: usize,
    line: usize,
    column: usize,
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
        let (beginning, name) = match first {
            b'"' => ("", "a string"),
            b'{' => ("", "an object"),
            b'[' => ("", "an array"),
            b'-' | b'0'..=b'9' => ("", "a number"),
            0..=0x1f | 0x7f => ("", "a control character"),
            b't' => ("true", "a boolean"),
            b'f' => ("false", "a boolean"),
            b'n' => ("null", "null"),
            _ => ("\u{feff}", "a byte order mark"),
        };
        let (quote, found) = if rest.starts_with(beginning) {
            ("", name)
        } else {
            // As many ones in front has the first of several bytes (RFC 3629, section 3).
            let len = first.leading_ones().max(1) as usize;
            ("`", rest.get(..len).unwrap_or_default())
        };
        let sentence = ["expected ", what, ", found ", quote, found, quote];
        Error::new(kind, &sentence, text, offset)
    }

    /// A sentence of its own, in parts.
    #[cold]
    #[inline(never)]
    pub(super) fn new(kind: ErrorKind, sentence: &[&str], json: &str, offset: usize) -> Error {
        let mut text = String::new();
        for part in sentence {
            text.push_str(part);
        }
        let message_len = text.len();
        text.push_str(AT);
        let (line, column) = push_path(&mut text, kind, json, offset);
        let path_end = text.len();
        for (name, number) in [
            (" (offset ", offset),
            (", line ", line),
            (", column ", column),
        ] {
            text.push_str(name);
            push_number(&mut text, number);
        }
        text.push(')');
        Error(Box::new(Detail {
            kind,
            text,
            message_len,
            path_end,
            offset,
            line,
            column,
        }))
    }

    /// What this is about.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was expected and what was found, without the place.
    pub fn message(&self) -> &str {
        self.0.text.get(..self.0.message_len).unwrap_or_default()
    }

    /// Bytes in front of the place.
    pub fn offset(&self) -> usize {
        self.0.offset
    }

    /// The line of the place, counted from 1.
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// The place's character in its line, counted from 1.
    pub fn column(&self) -> usize {
        self.0.column
    }

    /// The way from the outermost value, `$`, to the one in question: `$.Records[3].body`.
    ///
    /// A name with other characters than letters, digits, `_`, `-` and `$` is written as it stands
    /// in the text: `$["a b"]`.
    pub fn path(&self) -> &str {
        let start = self.0.message_len.wrapping_add(AT.len());
        let path = self.0.text.get(start..self.0.path_end);
        path.unwrap_or_default()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for Error {}

/// By hand, so that a function that reports errors links no formatting of integers.
fn push_number(text: &mut String, n: usize) {
    push_u64(n as u64, &mut |digits| text.push_str(digits));
}

/// The way from an open container to what is read in it.
enum Step<'t> {
    /// To no member yet.
    Object,
    /// To the member whose name is written so.
    Member(&'t str),
    Element(usize),
}

/// Appends the path of `offset`, and finds its line and column, by reading the JSON up to there
/// once more, so that readers need not keep them.
fn push_path(text: &mut String, kind: ErrorKind, json: &str, offset: usize) -> (usize, usize) {
    let before = json.as_bytes().get(..offset).unwrap_or_default();
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
                    *step = Step::Member(json.get(start..at).unwrap_or_default());
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
    text.push('$');
    for step in steps {
        push_step(text, step);
    }
    (line, column)
}

fn push_step(text: &mut String, step: Step<'_>) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
    match step {
        Step::Object => {}
        Step::Member(name) if !name.is_empty() && name.bytes().all(plain) => {
            text.push('.');
            text.push_str(name);
        }
        Step::Member(name) => {
            text.push_str("[\"");
            text.push_str(name);
            text.push_str("\"]");
        }
        Step::Element(index) => {
            text.push('[');
            push_number(text, index);
            text.push(']');
        }
    }
}
