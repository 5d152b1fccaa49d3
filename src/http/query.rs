//! [`Query`]: the names and values of a query or a form.

use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::str::FromStr;

use super::{PairIter, bad_request};
use crate::encoding::{Escapes, decode_percent_lossy};
use crate::error::{Error, Result};
use crate::sys::utf8;

/// The decoded names and values of a query or a form, in order. A name may occur more than once.
///
/// Decoding never fails (URL Standard, "application/x-www-form-urlencoded parsing"): a `%` without
/// two hexadecimal digits is kept, and bytes that are not UTF-8 become U+FFFD.
///
/// ```
/// use tiny_lambda::http::{Method, Request};
///
/// let request = Request::new(Method::Get, "/items?tag=a%20b&tag=c&page=2");
/// let query = request.query()?;
/// assert_eq!(query.get("tag"), Some("a b"));
/// assert_eq!(query.get_all("tag").collect::<Vec<_>>(), ["a b", "c"]);
/// assert_eq!(query.parse::<u32>("page")?, Some(2));
/// assert_eq!(query.parse::<u32>("limit")?, None);
/// assert!(query.parse::<bool>("page").is_err());
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes the bytes of a query or a form.
    pub(super) fn from_bytes(text: &[u8]) -> Query {
        let mut pairs = Vec::new();
        for pair in text.split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |&b| b == b'=');
            let mut half = || {
                let text = halves.next().unwrap_or_default();
                utf8::to_string_lossy(&decode_percent_lossy(text, Escapes::Form))
            };
            pairs.push((half(), half()));
        }
        Query(pairs)
    }

    /// Returns the first value of `name`.
    ///
    /// ```
    /// use tiny_lambda::http::Query;
    ///
    /// let query = Query::from("tag=a%20b&tag=c");
    /// assert_eq!(query.get("tag"), Some("a b"));
    /// assert_eq!(query.get("page"), None);
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// Returns all values of `name`, in order.
    ///
    /// ```
    /// use tiny_lambda::http::Query;
    ///
    /// let query = Query::from("tag=a&page=2&tag=c");
    /// assert_eq!(query.get_all("tag").collect::<Vec<_>>(), ["a", "c"]);
    /// ```
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |pair| pair.0 == name)
            .map(|pair| pair.1)
    }

    /// Parses the first value of `name`; `None` if there is no value.
    ///
    /// ```
    /// use tiny_lambda::http::Query;
    ///
    /// let query = Query::from("page=2&limit=many");
    /// assert_eq!(query.parse::<u32>("page")?, Some(2));
    /// assert_eq!(query.parse::<u32>("offset")?, None);
    /// assert_eq!(query.parse::<u32>("limit").unwrap_err().error_type(), "Http.BadRequest");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Http.BadRequest` if the value cannot be parsed.
    #[track_caller]
    pub fn parse<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(malformed_value(name)),
        }
    }

    /// Returns the names and values, in order.
    ///
    /// ```
    /// use tiny_lambda::http::Query;
    ///
    /// let query = Query::from("tag=a&page=2");
    /// assert_eq!(query.iter().collect::<Vec<_>>(), [("tag", "a"), ("page", "2")]);
    /// ```
    pub fn iter(&self) -> PairIter<'_> {
        PairIter(self.0.iter())
    }
}

/// Decodes a query without its `?`.
impl From<&str> for Query {
    fn from(text: &str) -> Query {
        Query::from_bytes(text.as_bytes())
    }
}

impl FromStr for Query {
    type Err = Infallible;

    fn from_str(text: &str) -> core::result::Result<Query, Infallible> {
        Ok(text.into())
    }
}

impl IntoIterator for Query {
    type Item = (String, String);
    type IntoIter = alloc::vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Query {
    type Item = (&'a str, &'a str);
    type IntoIter = PairIter<'a>;

    fn into_iter(self) -> PairIter<'a> {
        self.iter()
    }
}

impl<N: Into<String>, V: Into<String>> Extend<(N, V)> for Query {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        let pairs = pairs.into_iter();
        let pairs = pairs.map(|(name, value)| (name.into(), value.into()));
        self.0.extend(pairs);
    }
}

/// Takes names and values that are decoded already.
///
/// ```
/// use tiny_lambda::http::Query;
///
/// let query: Query = [("tag", "a b"), ("tag", "c")].into_iter().collect();
/// assert_eq!(query, Query::from("tag=a%20b&tag=c"));
/// ```
impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Query {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Query {
        let mut query = Query::default();
        query.extend(pairs);
        query
    }
}

/// Returns the error about a value that cannot be parsed.
#[track_caller]
pub(super) fn malformed_value(name: &str) -> Error {
    bad_request(format_args!("malformed value of `{name}`"))
}

/// Splits `text` at each ASCII character `at`. `str::split` would add 700 bytes for its search.
pub(super) fn split(text: &str, at: u8) -> impl Iterator<Item = &str> {
    let parts = text.as_bytes().split(move |&b| b == at);
    parts.map(|part| utf8::to_str(part).unwrap_or_default())
}

/// Splits `text` at the first ASCII character `at`; without one the second part is empty.
pub(super) fn split_once(text: &str, at: u8) -> (&str, &str) {
    let index = text.bytes().position(|b| b == at);
    let halves = index.and_then(|index| text.split_at_checked(index));
    halves.map_or((text, ""), |(before, after)| {
        (before, after.get(1..).unwrap_or_default())
    })
}
