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

impl Error {
    /// "expected `what`, found" whatever is at `offset`.
    #[cold]
    #[inline(never)]
    pub(super) fn expected(kind: ErrorKind, what: &str, text: &str, offset: usize) -> Error {
        let rest = text.get(offset..).unwrap_or_default();
        let mut message = String::from("expected ");
        message.push_str(what);
        message.push_str(", found ");
        let mut kind = kind;
        match rest.as_bytes().first() {
            None => {
                kind = ErrorKind::End;
                message.push_str("the end of the text");
            }
            Some(b'"') => message.push_str("a string"),
            Some(b'{') => message.push_str("an object"),
            Some(b'[') => message.push_str("an array"),
            Some(b'-' | b'0'..=b'9') => message.push_str("a number"),
            Some(b't') if rest.starts_with("true") => message.push_str("a boolean"),
            Some(b'f') if rest.starts_with("false") => message.push_str("a boolean"),
            Some(b'n') if rest.starts_with("null") => message.push_str("null"),
            Some(0..=0x1f | 0x7f) => message.push_str("a control character"),
            Some(_) if rest.starts_with('\u{feff}') => message.push_str("a byte order mark"),
            Some(_) => {
                message.push('`');
                message.extend(rest.chars().next());
                message.push('`');
            }
        }
        Error::new(kind, message, text, offset)
    }

    /// A sentence of its own.
    #[cold]
    #[inline(never)]
    pub(super) fn new(kind: ErrorKind, message: String, text: &str, offset: usize) -> Error {
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

/// Where in an open container the walk is.
enum Step<'j> {
    Element(usize),
    Member(Option<&'j str>),
}

/// Finds line, column and path of `offset` by reading the text up to there once more, so that
/// readers need not keep them.
fn locate(kind: ErrorKind, text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let newlines = before.bytes().filter(|&byte| byte == b'\n').count();
    // Characters since the last newline: bytes that are not the second or later of one (RFC 3629).
    let line = before.bytes().rev().take_while(|&byte| byte != b'\n');
    let column = line.filter(|byte| byte & 0xc0 != 0x80).count();
    let mut place = Place {
        offset,
        line: newlines.saturating_add(1),
        column: column.saturating_add(1),
        path: String::from("$"),
    };
    let mut steps = steps_to(before);
    if kind == ErrorKind::Missing {
        // It is the object that lacks a member, not the member in front of its end.
        if let Some(Step::Member(name)) = steps.last_mut() {
            *name = None;
        }
    }
    for step in steps {
        match step {
            Step::Element(index) => {
                place.path.push('[');
                push_number(&mut place.path, index);
                place.path.push(']');
            }
            Step::Member(None) => {}
            Step::Member(Some(name)) if is_plain(name) => {
                place.path.push('.');
                place.path.push_str(name);
            }
            Step::Member(Some(name)) => {
                place.path.push_str("[\"");
                place.path.push_str(name);
                place.path.push_str("\"]");
            }
        }
    }
    place
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'))
}

/// The containers that are open at the end of `before`, which is JSON as far as it goes.
fn steps_to(before: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = before;
    while let Some(at) = rest.find(['"', '{', '[', '}', ']', ',']) {
        let (token, behind) = rest
            .split_at_checked(at)
            .unwrap_or_default()
            .1
            .split_at_checked(1)
            .unwrap_or_default();
        rest = behind;
        match (token, steps.last_mut()) {
            ("{", _) => steps.push(Step::Member(None)),
            ("[", _) => steps.push(Step::Element(0)),
            ("}" | "]", _) => drop(steps.pop()),
            (",", Some(Step::Element(index))) => *index = index.saturating_add(1),
            (",", Some(Step::Member(name))) => *name = None,
            ("\"", last) => {
                let Some(len) = string_len(rest) else { break };
                let (string, behind) = rest.split_at_checked(len).unwrap_or_default();
                rest = behind.get(1..).unwrap_or_default();
                if let Some(Step::Member(name @ None)) = last {
                    *name = Some(string);
                }
            }
            _ => {}
        }
    }
    steps
}

/// Bytes up to the quote that ends the string.
fn string_len(rest: &str) -> Option<usize> {
    let mut escaped = false;
    rest.bytes().position(|byte| {
        let end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        end
    })
}
