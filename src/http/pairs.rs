//! [`Pairs`]: names and values of a query or a form.

use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

use super::bad_request;
use crate::Result;
use crate::encoding::{EncodingError, decode_percent};

/// The names and values of a query or a form, decoded, in their order; a name may be there more
/// than once.
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
    /// Reads pairs of names and values (URL Standard, "application/x-www-form-urlencoded parsing").
    pub(super) fn read(text: &str) -> Result<Pairs, EncodingError> {
        let mut pairs = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode_percent(name, true)?.into_owned();
            pairs.push((name, decode_percent(value, true)?.into_owned()));
        }
        Ok(Pairs(pairs))
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

#[cold]
pub(super) fn malformed(name: &str) -> crate::Error {
    bad_request(format_args!("malformed value of `{name}`"))
}
