//! [`HeaderMap`]: the header fields of a request or response, in order.

use alloc::string::String;
use alloc::vec::{self, Vec};
use core::{fmt, slice};

use crate::http1::head::{is, is_token};
use crate::http1::scan::printable_prefix_len;

/// Header fields in order. Names are compared without regard to case (RFC 9110, section 5.1).
///
/// ```
/// use tiny_lambda::http::HeaderMap;
///
/// let mut headers = HeaderMap::new();
/// headers.append("Accept", "text/html");
/// headers.append("accept", "text/plain");
/// assert_eq!(headers.get("ACCEPT"), Some("text/html"));
/// assert_eq!(headers.get_all("accept").count(), 2);
/// headers.insert("Accept", "*/*");
/// assert_eq!(headers.iter().collect::<Vec<_>>(), [("Accept", "*/*")]);
/// headers.remove("accept");
/// assert!(headers.is_empty());
/// ```
///
/// Maps are equal if they have the same fields in the same order. Names are compared with their
/// case.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HeaderMap(Vec<(String, String)>);

impl HeaderMap {
    /// Returns an empty map.
    ///
    /// ```
    /// use tiny_lambda::http::HeaderMap;
    ///
    /// assert!(HeaderMap::new().is_empty());
    /// ```
    pub const fn new() -> HeaderMap {
        HeaderMap(Vec::new())
    }

    /// Returns the number of fields.
    ///
    /// ```
    /// use tiny_lambda::http::HeaderMap;
    ///
    /// let headers = HeaderMap::from_iter([("Accept", "text/html"), ("Accept", "text/plain")]);
    /// assert_eq!(headers.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no fields.
    ///
    /// ```
    /// use tiny_lambda::http::HeaderMap;
    ///
    /// assert!(!HeaderMap::from_iter([("Accept", "*/*")]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value of the first field called `name`.
    ///
    /// ```
    /// use tiny_lambda::http::HeaderMap;
    ///
    /// let headers = HeaderMap::from_iter([("Accept", "*/*")]);
    /// assert_eq!(headers.get("accept"), Some("*/*"));
    /// assert_eq!(headers.get("cookie"), None);
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// Returns the values of all fields called `name`, in order.
    ///
    /// ```
    /// use tiny_lambda::http::HeaderMap;
    ///
    /// let headers = HeaderMap::from_iter([("Via", "1.1 a"), ("Host", "b"), ("via", "1.1 c")]);
    /// assert_eq!(headers.get_all("via").collect::<Vec<_>>(), ["1.1 a", "1.1 c"]);
    /// ```
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |field| is(field.0.as_bytes(), name.as_bytes()))
            .map(|field| field.1)
    }

    /// Appends a field.
    ///
    /// ```
    /// use tiny_lambda::http::HeaderMap;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.append("Set-Cookie", "a=1");
    /// headers.append("Set-Cookie", "b=2");
    /// assert_eq!(headers.len(), 2);
    /// ```
    pub fn append(&mut self, name: &str, value: &str) {
        self.0.push((name.into(), value.into()));
    }

    /// Appends a field and removes the earlier fields of that name.
    ///
    /// ```
    /// use tiny_lambda::http::HeaderMap;
    ///
    /// let mut headers = HeaderMap::from_iter([("Accept", "text/html"), ("Accept", "text/plain")]);
    /// headers.insert("accept", "*/*");
    /// assert_eq!(headers, HeaderMap::from_iter([("accept", "*/*")]));
    /// ```
    pub fn insert(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.append(name, value);
    }

    /// Removes all fields called `name`.
    ///
    /// ```
    /// use tiny_lambda::http::HeaderMap;
    ///
    /// let mut headers = HeaderMap::from_iter([("Accept", "text/html"), ("Accept", "text/plain")]);
    /// headers.remove("accept");
    /// assert!(headers.is_empty());
    /// ```
    pub fn remove(&mut self, name: &str) {
        self.0
            .retain(|field| !is(field.0.as_bytes(), name.as_bytes()));
    }

    /// Replaces each control character of values, except the tab, with a space, which makes every value
    /// valid (RFC 9110, section 5.5).
    #[inline(never)]
    pub(super) fn replace_controls(&mut self) {
        for (_, value) in &mut self.0 {
            if !is_field_value(value) {
                let chars = value.chars();
                *value = chars.map(|c| if is_control(c) { ' ' } else { c }).collect();
            }
        }
    }

    /// Returns the names and values of the fields, in order.
    ///
    /// ```
    /// use tiny_lambda::http::HeaderMap;
    ///
    /// let headers = HeaderMap::from_iter([("Host", "a"), ("Accept", "*/*")]);
    /// let names: Vec<&str> = headers.iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["Host", "Accept"]);
    /// ```
    pub fn iter(&self) -> PairIter<'_> {
        PairIter(self.0.iter())
    }
}

/// An iterator over the names and values of a [`HeaderMap`] or a [`Query`](super::Query).
///
/// ```
/// use tiny_lambda::http::HeaderMap;
///
/// let headers = HeaderMap::from_iter([("Host", "a"), ("Accept", "*/*")]);
/// let mut fields = headers.iter();
/// assert_eq!((fields.len(), fields.next()), (2, Some(("Host", "a"))));
/// ```
#[derive(Debug, Clone)]
pub struct PairIter<'a>(pub(super) slice::Iter<'a, (String, String)>);

impl<'a> Iterator for PairIter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.0.next()?;
        Some((name, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for PairIter<'_> {}

impl IntoIterator for HeaderMap {
    type Item = (String, String);
    type IntoIter = vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a HeaderMap {
    type Item = (&'a str, &'a str);
    type IntoIter = PairIter<'a>;

    fn into_iter(self) -> PairIter<'a> {
        self.iter()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> Extend<(N, V)> for HeaderMap {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, fields: I) {
        for (name, value) in fields {
            self.append(name.as_ref(), value.as_ref());
        }
    }
}

/// ```
/// use tiny_lambda::http::HeaderMap;
///
/// let headers: HeaderMap = [("Accept", "text/html"), ("Accept", "text/plain")].into_iter().collect();
/// assert_eq!(headers.len(), 2);
/// ```
impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for HeaderMap {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.extend(fields);
        headers
    }
}

impl fmt::Debug for HeaderMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The message about a name that is not a token, or a value with control characters.
pub(super) const INVALID_HEADER: &str = "a header with characters that it cannot have";

/// Returns whether `name` is a valid field name: a token (RFC 9110, section 5.6.2).
pub(crate) fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_token)
}

/// Returns whether `value` is a valid field value: it has no control character except the tab
/// (RFC 9110, section 5.5), so that no value can start another field.
pub(crate) fn is_field_value(value: &str) -> bool {
    // To look at eight bytes at a time takes 4 % fewer instructions for an HTTP event (`bench/http`); the
    // plain form is the check of all bytes.
    let rest = value
        .as_bytes()
        .get(printable_prefix_len(value.as_bytes())..);
    let mut rest = rest.unwrap_or_default().iter();
    !rest.any(|byte| is_control(char::from(*byte)))
}

/// Returns whether `c` is a control character other than the tab.
fn is_control(c: char) -> bool {
    c != '\t' && c.is_ascii_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tokens_and_values_have_no_control_characters() {
        for name in ["a", "X-Y", "!#$%&'*+-.^_`|~09"] {
            assert!(is_field_name(name), "{name:?}");
        }
        for name in ["", "a b", "a:", "a\r\n", "\u{e9}", "a\0", "(a)"] {
            assert!(!is_field_name(name), "{name:?}");
        }
        for value in ["", "a b\tc", "\u{e9}\u{20ac}", "\"q\" ; x=1"] {
            assert!(is_field_value(value), "{value:?}");
        }
        for value in ["\r", "a\nb", "\0", "\u{7f}", "\u{1b}"] {
            assert!(!is_field_value(value), "{value:?}");
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
