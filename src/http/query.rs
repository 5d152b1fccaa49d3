//! [`Pairs`]: names and values of a query or a form.

use alloc::string::String;
use alloc::vec::Vec;
use core::str::{self, FromStr};

use super::bad_request;
use crate::encoding::{Escapes, decode_percent_lossy};
use crate::error::{Error, Result};

/// The names and values of a query or a form, decoded, in their order; a name may be there more
/// than once.
///
/// They are decoded as browsers do it (URL Standard): a `%` without two hexadecimal digits is kept,
/// and bytes that are not UTF-8 become U+FFFD.
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
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Reads pairs of names and values (URL Standard, "application/x-www-form-urlencoded parsing"),
    /// which never fails.
    pub(super) fn read(text: &[u8]) -> Pairs {
        let mut pairs = Vec::new();
        for pair in text.split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |&b| b == b'=');
            let mut half = || {
                let text = halves.next().unwrap_or_default();
                decode_percent_lossy(text, Escapes::Form)
            };
            pairs.push((half(), half()));
        }
        Pairs(pairs)
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// All values of `name`.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |pair| pair.0 == name)
            .map(|pair| pair.1)
    }

    /// The first value of `name` as a `T`.
    ///
    /// # Errors
    /// `Http.BadRequest` if it is none.
    #[track_caller]
    pub fn parse<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(malformed(name)),
        }
    }

    /// Names and values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|pair| (pair.0.as_str(), pair.1.as_str()))
    }
}

#[track_caller]
pub(super) fn malformed(name: &str) -> Error {
    bad_request(format_args!("malformed value of `{name}`"))
}

/// The parts of `text` between ASCII characters `at`. std's own search for characters is 700 bytes.
pub(super) fn split(text: &str, at: u8) -> impl Iterator<Item = &str> {
    let parts = text.as_bytes().split(move |&b| b == at);
    parts.map(|part| str::from_utf8(part).unwrap_or_default())
}

/// What stands before and behind the first ASCII character `at`; nothing is behind none.
pub(super) fn split_once(text: &str, at: u8) -> (&str, &str) {
    let place = text.bytes().position(|b| b == at);
    let halves = place.and_then(|place| text.split_at_checked(place));
    halves.map_or((text, ""), |(front, behind)| {
        (front, behind.get(1..).unwrap_or_default())
    })
}
