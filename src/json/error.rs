//! What is wrong with a JSON text, and where; built only when it happens, out of the readers' way.

use alloc::boxed::Box;
use alloc::string::String;
use core::error;
use core::fmt;
use core::str;

use super::read::DEPTH_MAX;
use super::read::lexer;
use crate::encoding::{Digits, decimal};

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

/// What is in front of each number of a place.
static PLACE: [&str; 3] = [" (offset ", ", line ", ", column "];

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
    #[inline(never)]
    pub(super) fn expected(mut kind: ErrorKind, what: &str, text: &str, offset: usize) -> Error {
        let rest = text.get(offset..).unwrap_or_default();
        let mut name = name_of(rest.as_bytes());
        if rest.is_empty() {
            kind = ErrorKind::End;
        }
        let mut quote = "";
        if name.is_empty() {
            // As many ones in front has the first of several bytes (RFC 3629, section 3).
            let len = rest
                .bytes()
                .next()
                .map_or(0, |first| first.leading_ones().max(1));
            name = rest.get(..len as usize).unwrap_or_default();
            quote = "`";
        }
        let sentence = ["expected ", what, ", found ", quote, name, quote];
        Error::new(kind, &sentence, text, offset)
    }

    /// A sentence of its own, in parts.
    #[inline(never)]
    pub(super) fn new(kind: ErrorKind, sentence: &[&str], json: &str, offset: usize) -> Error {
        let mut text = String::new();
        for part in sentence {
            push(&mut text, part);
        }
        let message_len = text.len();
        push(&mut text, AT);
        let before = json.as_bytes().get(..offset).unwrap_or_default();
        push_path(&mut text, kind, before);
        let path_end = text.len();
        let (mut line, mut column) = (1_usize, 1_usize);
        for byte in before {
            // Characters are counted, not what follows their first bytes.
            column = column.wrapping_add(usize::from(byte & 0xc0 != 0x80));
            if *byte == b'\n' {
                (line, column) = (line.wrapping_add(1), 1);
            }
        }
        for (name, number) in PLACE.iter().zip(&[offset, line, column]) {
            push(&mut text, name);
            push_number(&mut text, *number);
        }
        push(&mut text, ")");
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

    /// What is displayed.
    pub(crate) fn text(&self) -> &str {
        &self.0.text
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
    push(text, decimal(n as u64, &mut Digits::default()));
}

/// One function, where the code of `push_str` is in each that calls it.
#[inline(never)]
fn push(text: &mut String, part: &str) {
    text.push_str(part);
}

/// What a value is called that `rest` begins with, or what else is there; a character of which nothing
/// is known has no name.
fn name_of(rest: &[u8]) -> &'static str {
    match rest {
        [] => "the end of the text",
        [b'"', ..] => "a string",
        [b'{', ..] => "an object",
        [b'[', ..] => "an array",
        [b'-' | b'0'..=b'9', ..] => "a number",
        [0..=0x1f | 0x7f, ..] => "a control character",
        [0xef, 0xbb, 0xbf, ..] => "a byte order mark",
        _ if lexer::skip_literal(rest).is_none() => "",
        [b'n', ..] => "null",
        _ => "a boolean",
    }
}

/// Appends the path of what is after `before`, the front of a text, by reading that once more, so
/// that readers need not keep it.
fn push_path(text: &mut String, kind: ErrorKind, before: &[u8]) {
    const OBJECT: usize = usize::MAX;
    // Of each open container what is after its last bracket or comma, and the element's index.
    let mut steps = [(before, OBJECT); DEPTH_MAX as usize];
    let mut depth = 0_usize;
    let mut rest = before;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'"' => rest = lexer::skip_string(after).get(1..).unwrap_or_default(),
            b'{' | b'[' => {
                if let Some(step) = steps.get_mut(depth) {
                    *step = (after, if *byte == b'[' { 0 } else { OBJECT });
                }
                depth = depth.wrapping_add(1);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => {
                if let Some((next, index)) = steps.get_mut(depth.wrapping_sub(1)) {
                    (*next, *index) = (after, index.saturating_add(1));
                }
            }
            _ => {}
        }
    }
    if kind == ErrorKind::Missing {
        // It is the object that lacks a member, not the member in front of its end.
        depth = depth.saturating_sub(1);
    }
    push(text, "$");
    for &(next, index) in steps.get(..depth).unwrap_or_default() {
        if index != OBJECT {
            push(text, "[");
            push_number(text, index);
            push(text, "]");
        } else if let [b'"', name @ ..] = lexer::skip_long_white_space(next) {
            let len = name.len().wrapping_sub(lexer::skip_string(name).len());
            // One that goes on after the place is no name yet.
            if let Some((name, [_, ..])) = name.split_at_checked(len) {
                push_name(text, name);
            }
        }
    }
}

/// Appends the step of a path to the member of this name.
fn push_name(text: &mut String, name: &[u8]) {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
    let [open, close] = if !name.is_empty() && name.iter().all(plain) {
        [".", ""]
    } else {
        ["[\"", "\"]"]
    };
    push(text, open);
    push(text, str::from_utf8(name).unwrap_or_default());
    push(text, close);
}
