//! JSON errors: a message, and the place as path, offset, line and column. Readers keep no path; it is
//! found by reading the text again when an error occurs.

use crate::encoding::lengths::{add, prefix, text_after, text_before};
use alloc::boxed::Box;
use alloc::string::String;
use core::error;
use core::fmt;
use core::str;

use super::read::DEPTH_MAX;
use super::read::lexer;
use crate::encoding::push_decimal;
use crate::sys::utf8;

/// An error of reading JSON: the problem and its place in the text.
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
/// It is as small as a pointer, so that a `Result` with it is returned in registers.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Detail>);

/// Separates the message from the path.
const AT: &str = " at ";

/// The text before each number of a place.
static PLACE: [&str; 3] = [" (offset ", ", line ", ", column "];

/// The parts of an [`Error`].
#[derive(Clone, PartialEq, Eq)]
struct Detail {
    kind: ErrorKind,
    /// The displayed text: the message, " at ", the path, and the numbers of the place.
    text: String,
    /// The length of the message, in bytes of `text`.
    message_len: usize,
    /// Where the path ends in `text`.
    path_end: usize,
    offset: usize,
    line: usize,
    column: usize,
}

/// The kind of an [`Error`].
///
/// ```
/// use tiny_lambda::json::{self, ErrorKind};
///
/// let kind = |text: &str| json::parse::<u8>(text.as_bytes()).unwrap_err().kind();
/// assert_eq!(kind("x"), ErrorKind::Syntax);
/// assert_eq!(kind(""), ErrorKind::End);
/// assert_eq!(kind("true"), ErrorKind::Type);
/// assert_eq!(kind("256"), ErrorKind::Range);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not JSON.
    Syntax,
    /// The text ends too early; it may have been truncated.
    End,
    /// The bytes are not UTF-8 (RFC 8259, section 8.1).
    Utf8,
    /// An escape is an unpaired surrogate, which is not a character (RFC 8259, section 8.2).
    Surrogate,
    /// More than 128 arrays and objects inside one another.
    Depth,
    /// The value is JSON but does not have the form that the type expects.
    Type,
    /// A number is outside the range of the type.
    Range,
    /// A required member is missing.
    Missing,
}

impl Error {
    /// Returns the error "expected `what`, found …", with the name of the token at `offset` in `text`.
    #[inline(never)]
    pub(super) fn expected(mut kind: ErrorKind, what: &str, text: &str, offset: usize) -> Error {
        let rest = text_after(text, offset);
        let mut name = name_of(rest.as_bytes());
        if rest.is_empty() {
            kind = ErrorKind::End;
        }
        let mut quote = "";
        if name.is_empty() {
            // A character. The first of several bytes begins with as many ones as there are bytes
            // (RFC 3629, section 3).
            let len = rest
                .bytes()
                .next()
                .map_or(0, |first| first.leading_ones().max(1));
            name = text_before(rest, len as usize);
            quote = "`";
        }
        let sentence = ["expected ", what, ", found ", quote, name, quote];
        Error::new(kind, &sentence, text, offset)
    }

    /// Returns an error at `offset` of the text `json`, with a message in parts.
    #[inline(never)]
    pub(super) fn new(kind: ErrorKind, sentence: &[&str], json: &str, offset: usize) -> Error {
        let mut text = String::new();
        for part in sentence {
            push(&mut text, part);
        }
        let message_len = text.len();
        push(&mut text, AT);
        let before = prefix(json.as_bytes(), offset);
        push_path(&mut text, kind, before);
        let path_end = text.len();
        let (mut line, mut column) = (1_usize, 1_usize);
        for byte in before {
            // A column is a character; the bytes after its first one begin with the bits 10.
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

    /// Returns the kind of the error.
    ///
    /// ```
    /// use tiny_lambda::json::{self, ErrorKind};
    ///
    /// assert_eq!(json::parse::<bool>(b"tru").unwrap_err().kind(), ErrorKind::Syntax);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the displayed text.
    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }

    /// Returns the message without the place.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// let error = json::parse::<bool>(b"1").unwrap_err();
    /// assert_eq!(error.message(), "expected a boolean, found a number");
    /// ```
    pub fn message(&self) -> &str {
        text_before(&self.0.text, self.0.message_len)
    }

    /// Returns the number of bytes before the place.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// assert_eq!(json::parse::<Vec<bool>>(b"[true, 1]").unwrap_err().offset(), 7);
    /// ```
    pub fn offset(&self) -> usize {
        self.0.offset
    }

    /// Returns the line of the place, counted from 1.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// assert_eq!(json::parse::<Vec<bool>>(b"[true,\n 1]").unwrap_err().line(), 2);
    /// ```
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// Returns the column of the place in characters, counted from 1.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// assert_eq!(json::parse::<Vec<bool>>(b"[true,\n 1]").unwrap_err().column(), 2);
    /// ```
    pub fn column(&self) -> usize {
        self.0.column
    }

    /// Returns the path from the outermost value, `$`, to the place: `$.Records[3].body`.
    ///
    /// A name with characters other than letters, digits, `_`, `-` and `$` is written as it is in the
    /// text: `$["a b"]`.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// let error = json::parse::<Vec<(String, u8)>>(br#"{"a": 1, "b": "x"}"#).unwrap_err();
    /// assert_eq!(error.path(), "$.b");
    /// ```
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

/// Appends an integer. `write!` would link std's formatting.
fn push_number(text: &mut String, n: usize) {
    push_decimal(text, n as u64);
}

/// Does the same as `push_str`, but is not inlined, which saves bytes in each caller.
#[inline(never)]
fn push(text: &mut String, part: &str) {
    text.push_str(part);
}

/// Returns the name of the token that `rest` begins with: a value, the end, or one of some characters. It
/// is empty for another character.
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

/// Appends the path of the place after `before`, the text before it.
fn push_path(text: &mut String, kind: ErrorKind, before: &[u8]) {
    const OBJECT: usize = usize::MAX;
    // For each open array or object, the rest after its last bracket or comma; and for an array, the
    // index of the element.
    let mut steps = [(before, OBJECT); DEPTH_MAX as usize];
    let mut depth = 0_usize;
    let mut rest = before;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            // A string without an end ends the text.
            b'"' => rest = lexer::skip_string(after).get(1..).unwrap_or_default(),
            b'{' | b'[' => {
                if let Some(step) = steps.get_mut(depth) {
                    *step = (after, if *byte == b'[' { 0 } else { OBJECT });
                }
                depth = add(depth, 1);
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
        // The path is that of the object, not that of its last member.
        depth = depth.saturating_sub(1);
    }
    push(text, "$");
    // A text that is not UTF-8 may be nested more deeply than a value. It has no path then.
    for &(next, index) in steps.get(..depth).unwrap_or_default() {
        if index != OBJECT {
            push(text, "[");
            push_number(text, index);
            push(text, "]");
        } else if let [b'"', name @ ..] = lexer::skip_long_white_space(next) {
            let len = name.len().wrapping_sub(lexer::skip_string(name).len());
            // A name that continues after the place is not complete.
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
    push(text, utf8::text(name));
    push(text, close);
}
