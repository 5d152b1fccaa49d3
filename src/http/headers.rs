//! [`HeaderMap`]: fields of a request's or response's head, in their order.

use alloc::string::String;
use alloc::vec::Vec;
use core::{fmt, mem};

use crate::http1::head::{is, is_token};

/// Header fields in their order; names are compared without case (RFC 9110, section 5.1).
///
/// ```
/// use tiny_lambda::http::HeaderMap;
///
/// let mut headers = HeaderMap::new();
/// headers.append("Accept", "text/html");
/// headers.append("accept", "text/plain");
/// assert_eq!(headers.get("ACCEPT"), Some("text/html"));
/// assert_eq!(headers.get_all("accept").count(), 2);
/// headers.set("Accept", "*/*");
/// assert_eq!(headers.iter().collect::<Vec<_>>(), [("Accept", "*/*")]);
/// ```
///
/// All names and values stand in one buffer, so that a head of twenty fields is not forty
/// allocations.
#[derive(Clone, Default)]
pub struct HeaderMap {
    text: String,
    fields: Vec<Field>,
}

/// Where a field stands in the buffer: its name, and right behind it its value.
#[derive(Clone, Copy)]
struct Field {
    name: usize,
    value: usize,
    end: usize,
}

impl HeaderMap {
    /// A head without fields.
    pub const fn new() -> HeaderMap {
        HeaderMap {
            text: String::new(),
            fields: Vec::new(),
        }
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The value of the first field called `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// The values of all fields called `name`.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |field| is(field.0.as_bytes(), name.as_bytes()))
            .map(|field| field.1)
    }

    /// Adds a field at the end.
    pub fn append(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        self.text.push_str(name);
        let middle = self.text.len();
        self.text.push_str(value);
        self.fields.push(Field {
            name: start,
            value: middle,
            end: self.text.len(),
        });
    }

    /// Adds a field at the end, and takes out those of its name that were there.
    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.append(name, value);
    }

    /// Takes out all fields called `name`.
    pub fn remove(&mut self, name: &str) {
        let text = self.text.as_str();
        self.fields
            .retain(|field| !is(field.name(text).as_bytes(), name.as_bytes()));
    }

    /// Puts a space in place of each control character but the tab, so that every value may be a
    /// field's (RFC 9110, section 5.5). Names must have none.
    #[inline(never)]
    pub(super) fn replace_controls(&mut self) {
        // One byte for one byte, so that the text stays UTF-8 and the fields where they are.
        let mut bytes = mem::take(&mut self.text).into_bytes();
        for byte in &mut bytes {
            if is_control(*byte) {
                *byte = b' ';
            }
        }
        self.text = String::from_utf8(bytes).unwrap_or_default();
    }

    /// Names and values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let text = self.text.as_str();
        self.fields
            .iter()
            .map(move |field| (field.name(text), field.value(text)))
    }
}

impl Field {
    fn name(self, text: &str) -> &str {
        text.get(self.name..self.value).unwrap_or_default()
    }

    fn value(self, text: &str) -> &str {
        text.get(self.value..self.end).unwrap_or_default()
    }
}

impl fmt::Debug for HeaderMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for HeaderMap {
    fn eq(&self, other: &HeaderMap) -> bool {
        self.iter().eq(other.iter())
    }
}

/// What is said of a name or value that is none.
pub(super) const NO_HEADER: &str = "a header with characters that it cannot have";

/// Whether `name` may name a field: a token (RFC 9110, section 5.6.2).
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_token)
}

/// Whether a field may have `value`: no control characters but the tab (RFC 9110, section 5.5),
/// so that no value can begin another field.
pub(super) fn is_value(value: &str) -> bool {
    !value.bytes().any(is_control)
}

/// Returns whether this is a control character, the tab apart.
fn is_control(byte: u8) -> bool {
    byte != b'\t' && byte.is_ascii_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tokens_and_values_have_no_control_characters() {
        for name in ["a", "X-Y", "!#$%&'*+-.^_`|~09"] {
            assert!(is_name(name), "{name:?}");
        }
        for name in ["", "a b", "a:", "a\r\n", "\u{e9}", "a\0", "(a)"] {
            assert!(!is_name(name), "{name:?}");
        }
        for value in ["", "a b\tc", "\u{e9}\u{20ac}", "\"q\" ; x=1"] {
            assert!(is_value(value), "{value:?}");
        }
        for value in ["\r", "a\nb", "\0", "\u{7f}", "\u{1b}"] {
            assert!(!is_value(value), "{value:?}");
        }
    }

    #[test]
    fn control_characters_in_a_value_become_spaces() {
        for byte in 0..=0x7f_u8 {
            let value = format!("\u{e9}{}b\tc", char::from(byte));
            let mut headers = HeaderMap::new();
            headers.append("a", "1");
            headers.append("b", &value);
            headers.append("c", "\u{20ac}");
            headers.replace_controls();
            let is_kept = byte == b'\t' || byte >= b' ' && byte != 0x7f;
            let want = if is_kept {
                value.as_str()
            } else {
                "\u{e9} b\tc"
            };
            let want = [("a", "1"), ("b", want), ("c", "\u{20ac}")];
            let valid: Vec<_> = headers.iter().collect();
            assert_eq!(valid, want, "{byte}");
        }
    }
}
