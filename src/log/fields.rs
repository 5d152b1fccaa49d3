//! The fields of a log line: `order = id` in [`info!`](crate::info) and the like.
//!
//! A macro cannot look into the message, so constant functions find the names that the message uses.

use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use crate::context::Context;
use crate::encoding::lengths::add;
use crate::json::{ToJson, Writer};
use crate::sys::utf8;

/// The name and the value of a field.
pub(super) type Field<'f> = (&'f str, &'f dyn LogValue);

/// A value of a field. With [`ToJson`] itself as the type, a function contains its other methods, too: 700 bytes for a
/// string and a number.
#[doc(hidden)]
pub trait LogValue {
    /// Writes the value as JSON.
    fn write(&self, w: &mut Writer);
}

impl<T: ToJson> LogValue for T {
    fn write(&self, w: &mut Writer) {
        self.to_log_field(w);
    }
}

/// The members of a JSON line that are not fields, each with a `=` behind it. A list makes a function 150 bytes larger.
const RESERVED_NAMES: &[u8] = b"timestamp=level=requestId=tenantId=errorType=errorMessage=message=";

/// Returns whether every line uses this name.
const fn is_reserved(name: &[u8]) -> bool {
    let mut rest = RESERVED_NAMES;
    let mut is_start = true;
    while let [byte, later @ ..] = rest {
        if is_start && matches!(after(rest, name), Some([b'=', ..])) {
            return true;
        }
        is_start = *byte == b'=';
        rest = later;
    }
    false
}

/// Returns what follows `start`, if a text begins with it. The plain form is `strip_prefix`.
#[inline(never)]
pub(super) const fn after<'t>(mut text: &'t [u8], mut start: &[u8]) -> Option<&'t [u8]> {
    while let [want, start_rest @ ..] = start {
        match text {
            [byte, rest @ ..] if *byte == *want => (text, start) = (rest, start_rest),
            _ => return None,
        }
    }
    Some(text)
}

/// Returns whether a byte needs no quotes in a text line (logfmt).
const fn is_plain(byte: u8) -> bool {
    !matches!(byte, 0..=b' ' | b'"' | b'=' | b'\\' | 0x7f)
}

/// Writes the fields of a line after its message. One without a name is an argument of the message.
pub(super) fn write(w: &mut Writer, is_json: bool, fields: &[Field<'_>]) {
    for (name, value) in fields {
        if !name.is_empty() {
            write_field(w, is_json, name, *value);
        }
    }
}

/// Writes a field as a member of the open object, or as ` name=value`. Then the value is JSON, or a string without its
/// quotes if it is a single word.
#[inline(never)]
pub(super) fn write_field(w: &mut Writer, is_json: bool, name: &str, value: &dyn LogValue) {
    if is_json {
        w.name(name);
        return value.write(w);
    }
    w.raw(" ");
    w.raw(name);
    w.raw("=");
    let start = w.out().len();
    value.write(w);
    let out = w.out();
    // Removes the quotes around a single word. The pattern tells the compiler the slice's length, so nothing can panic.
    if let Some(text @ [b'"', _, .., b'"']) = out.get_mut(start..) {
        if is_single_word(text) {
            text.copy_within(1.., 0);
            out.pop();
            out.pop();
        }
    }
}

/// Returns whether a text between quotes needs none in a text line.
fn is_single_word(text: &[u8]) -> bool {
    matches!(text, [_, word @ .., _] if word.iter().all(|byte| is_plain(*byte)))
}

/// Returns a name that a field can have. See [`push_valid_name`].
pub(super) fn valid_name(name: &str) -> String {
    let mut valid = Vec::new();
    push_valid_name(&mut valid, name);
    String::from(utf8::text(&valid))
}

/// Appends a name that a field can have: with an underscore behind it if every line has a member of that name, and for
/// each character that would need quotes in a text line.
pub(super) fn push_valid_name(out: &mut Vec<u8>, name: &str) {
    for byte in name.bytes() {
        out.push(if is_plain(byte) { byte } else { b'_' });
    }
    if is_reserved(name.as_bytes()) {
        out.push(b'_');
    }
}

/// The value of a `name = value` in a log macro: a field, or an argument of the message.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a log field",
    label = "does not implement `ToJson`",
    note = "a field is written as JSON; `name = %value` writes its `Display`, and `name = ?value` its `Debug`"
)]
pub trait FieldValue<const IS_FORMAT_ARGUMENT: bool> {
    /// Returns the field; one without a name if the value is an argument of the message.
    fn field<'f>(value: &'f &'f Self, name: &'f str) -> (&'f str, &'f dyn LogValue);
}

impl<T: ?Sized> FieldValue<true> for T {
    fn field<'f>(_: &'f &'f Self, _: &'f str) -> (&'f str, &'f dyn LogValue) {
        ("", &())
    }
}

impl<T: ToJson> FieldValue<false> for T {
    fn field<'f>(value: &'f &'f Self, name: &'f str) -> (&'f str, &'f dyn LogValue) {
        (name, *value)
    }
}

macro_rules! unsized_values {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> FieldValue<false> for $type {
            fn field<'f>(value: &'f &'f Self, name: &'f str) -> (&'f str, &'f dyn LogValue) {
                (name, value)
            }
        }
    )*};
}

// With one impl for all types, whose field is the reference to the value, two fields take 50 bytes more of the zip.
unsized_values! {
    [] str;
    [T: ToJson] [T];
    ['d] dyn ToJson + 'd;
    ['d] dyn ToJson + Send + 'd;
    ['d] dyn ToJson + Sync + 'd;
    ['d] dyn ToJson + Send + Sync + 'd;
}

/// Returns `value`. The compiler reports a value that cannot be a field here, where the user has written it.
#[doc(hidden)]
pub fn value<const IS_FORMAT_ARGUMENT: bool, T>(value: &T) -> &T
where
    T: FieldValue<IS_FORMAT_ARGUMENT> + ?Sized,
{
    value
}

/// Returns the fields of a line; nothing if there are none, so that the function does not contain [`write`].
#[doc(hidden)]
pub fn fields<'f, const HAS_FIELDS: bool>(fields: &'f [Field<'f>]) -> &'f [Field<'f>] {
    if HAS_FIELDS { fields } else { &[] }
}

/// Returns `cx`, which may be the `&mut` or `&Arc` of a context.
#[doc(hidden)]
pub fn context(cx: &Context) -> &Context {
    cx
}

/// The parameter of the functions that the macros define for the names of fields. Nothing has this type. The compiler
/// names it if a message uses the name of a field that belongs to another macro.
#[doc(hidden)]
#[derive(Debug)]
pub enum NameOfAnotherMacro {}

/// Returns a name without the `r#` of a raw identifier.
#[doc(hidden)]
pub const fn name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', plain @ ..] => match str::from_utf8(plain) {
            Ok(plain) => plain,
            Err(_) => name,
        },
        _ => name,
    }
}

/// Returns whether a line has fields: names that are not arguments of the message.
///
/// Panics, which is a compiler error, if a field has the name of another one or of a member of every line. The
/// second list has the messages for the latter.
#[doc(hidden)]
pub const fn has_fields(mut names: &[(&str, bool)], mut messages: &[&str]) -> bool {
    let mut has_fields = false;
    while let ([(name, is_argument), later @ ..], [message, later_messages @ ..]) =
        (names, messages)
    {
        has_fields |= !*is_argument;
        assert!(
            is_word(name),
            "a field's name has no blanks, quotes, `=` or `\\`"
        );
        assert!(
            *is_argument || !is_reserved(name.as_bytes()),
            "{}",
            *message
        );
        let mut others = later;
        while let [(other, _), rest @ ..] = others {
            assert!(
                !is_same(other, name),
                "two fields of a log line have the same name"
            );
            others = rest;
        }
        (names, messages) = (later, later_messages);
    }
    has_fields
}

const fn is_word(name: &str) -> bool {
    let mut bytes = name.as_bytes();
    while let [byte, rest @ ..] = bytes {
        if !is_plain(*byte) {
            return false;
        }
        bytes = rest;
    }
    !name.is_empty()
}

const fn is_same(a: &str, b: &str) -> bool {
    matches!(after(a.as_bytes(), b.as_bytes()), Some([]))
}

/// Returns whether `message` uses the argument `name`: in `{name}`, `{name:?}`, or as the width or precision in
/// `{:name$}` (the grammar is in the documentation of [`std::fmt`]).
#[doc(hidden)]
pub const fn is_format_argument(message: &str, name: &str) -> bool {
    let mut text = message.as_bytes();
    loop {
        text = match text {
            [b'{', b'{', rest @ ..] => rest,
            [b'{', argument @ ..] => {
                if is_used_by(argument, name) {
                    return true;
                }
                argument
            }
            [_, rest @ ..] => rest,
            [] => return false,
        };
    }
}

/// Returns whether an argument of a message, without its opening brace, uses `name`.
const fn is_used_by(argument: &[u8], name: &str) -> bool {
    let mut text = argument;
    let mut is_first = true;
    loop {
        // A digit is a position, a number or the flag `0`, which may stand before a width's name.
        let is_word_start =
            matches!(text, [byte, ..] if is_in_word(*byte) && !byte.is_ascii_digit());
        if is_word_start {
            let is_name = after(text, name.as_bytes()).is_some();
            let mut word_len = 0;
            while let [byte, rest @ ..] = text {
                if !is_in_word(*byte) {
                    break;
                }
                word_len = add(word_len, 1);
                text = rest;
            }
            let ends_argument = matches!(text, [b'}' | b':', ..])
                || matches!(text, [byte, ..] if byte.is_ascii_whitespace());
            let is_count = matches!(text, [b'$', ..]);
            if is_name && word_len == name.len() && (is_count || is_first && ends_argument) {
                return true;
            }
            is_first = false;
        }
        text = match text {
            [] | [b'}', ..] => return false,
            // A fill can be any character.
            [b':', fill @ ..] => {
                is_first = false;
                after_fill(fill)
            }
            [_, rest @ ..] => rest,
        };
    }
}

/// Returns whether a byte occurs in identifiers. In UTF-8 the characters outside of ASCII consist of bytes from
/// 0x80 on.
const fn is_in_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// Returns the format of an argument without its fill, which is a character before `<`, `^` or `>`.
const fn after_fill(format: &[u8]) -> &[u8] {
    let [_, rest @ ..] = format else {
        return format;
    };
    let mut rest = rest;
    while let [0x80..=0xbf, after @ ..] = rest {
        rest = after;
    }
    match rest {
        [b'<' | b'^' | b'>', ..] => rest,
        _ => format,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_argument_where_the_message_uses_it() {
        #[track_caller]
        fn check(message: &str, name: &str, want: bool) {
            assert_eq!(is_format_argument(message, name), want, "{message:?}");
        }
        for used in [
            "{x}",
            "a{x}b",
            "{x:?}",
            "{ x }",
            "{x :>5}",
            "{x:}",
            "{0}{x}",
            "{{{x}}}",
            "{:x$}",
            "{:.x$}",
            "{:>x$.y$}",
            "{y:0x$}",
            "{y:é>x$}",
            "{y:}>x$}",
            "{y:{<x$}",
            "{y:+#0x$.1e}",
            "{y:5.x$}",
            "{}{x:#?}",
        ] {
            check(used, "x", true);
        }
        for unused in [
            "", "x", "{", "{}", "{y}", "{xy}", "{yx}", "{{x}}", "{{{y}x}}", "{y:x}", "{y:x?}",
            "{:#x}", "{y:x<5}", "{:xy$}", "{:yx$}", "{:.*}", "{x", "{x.y}", "{0:1$}x$", "{éx}",
            "{xé}",
        ] {
            check(unused, "x", false);
        }
        check("{größe:>5}", "größe", true);
        check("{größe}", "gr", false);
        check("{type}", name("r#type"), true);
    }

    #[test]
    fn a_name_is_written_without_the_prefix_of_a_raw_identifier() {
        assert_eq!(name("r#type"), "type");
        assert_eq!(name("r"), "r");
        assert_eq!(name("order"), "order");
    }

    #[test]
    fn a_name_that_a_line_cannot_have_is_changed() {
        #[track_caller]
        fn check(name: &str, want: &str) {
            assert_eq!(valid_name(name), want);
        }
        check("order", "order");
        check("user.id-größe", "user.id-größe");
        check("a b=\"c\"\\\n", "a_b__c___");
        let names = utf8::text(RESERVED_NAMES).split_terminator('=');
        assert_eq!(names.clone().count(), 7);
        for name in names {
            check(name, &format!("{name}_"));
            check(&name[1..], &name[1..]);
        }
        check("", "");
        check("Message", "Message");
    }

    #[test]
    fn a_value_of_a_text_line_has_quotes_if_it_is_not_a_word() {
        #[track_caller]
        fn check(value: &dyn LogValue, want: &str) {
            let mut w = Writer::default();
            write(&mut w, false, &[("", &1), ("a", value)]);
            assert_eq!(utf8::text(&w.into_inner()), format!(" a={want}"));
        }
        check(&"a1", "a1");
        check(&"größe", "größe");
        check(&"", r#""""#);
        check(&"a b", r#""a b""#);
        check(&"a=b", r#""a=b""#);
        check(&"a\"b", r#""a\"b""#);
        check(&"a\\b", r#""a\\b""#);
        check(&"a\nb\u{1b}", r#""a\nb\u001b""#);
        check(&"\u{7f}", "\"\u{7f}\"");
        check(&"\"", r#""\"""#);
        check(&250, "250");
        check(&-1.5, "-1.5");
        check(&f64::NAN, "null");
        check(&true, "true");
        check(&None::<u8>, "null");
        check(&Some("a"), "a");
        check(&["a", "b c"], r#"["a","b c"]"#);
        let list: &dyn ToJson = &["a"];
        check(&list, r#"["a"]"#);
        check(&[&"a" as &dyn ToJson, &1], r#"["a",1]"#);
        check(&crate::json!({ "a": "b" }), r#"{"a":"b"}"#);
        check(&format_args!("{}-{:?}", 1, "x"), r#""1-\"x\"""#);
    }
}
