//! [`Method`]: the method of a request.

use alloc::string::String;
use core::convert::Infallible;
use core::fmt;
use core::str::FromStr;

/// The method of a request (RFC 9110, section 9; RFC 5789). Methods are case-sensitive.
///
/// ```
/// use tiny_lambda::http::Method;
///
/// assert_eq!(Method::from("PATCH"), Method::Patch);
/// assert_eq!(Method::from("PURGE").as_str(), "PURGE");
/// assert_eq!("GET".parse(), Ok(Method::Get));
/// assert!(Method::Get == "GET" && Method::Get != "get");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
    /// `PATCH`
    Patch,
    /// Any other method, as it was sent.
    Other(String),
}

/// The methods that have a variant, and their names.
const NAMED: [(&str, Method); 7] = [
    ("GET", Method::Get),
    ("HEAD", Method::Head),
    ("POST", Method::Post),
    ("PUT", Method::Put),
    ("DELETE", Method::Delete),
    ("OPTIONS", Method::Options),
    ("PATCH", Method::Patch),
];

impl Method {
    /// Returns the name of the method, such as `GET`.
    ///
    /// ```
    /// use tiny_lambda::http::Method;
    ///
    /// assert_eq!(Method::Get.as_str(), "GET");
    /// ```
    pub fn as_str(&self) -> &str {
        if let Method::Other(name) = self {
            return name;
        }
        let named = NAMED.iter().find(|(_, method)| method == self);
        named.map_or("", |(name, _)| name)
    }
}

impl PartialEq<str> for Method {
    fn eq(&self, name: &str) -> bool {
        self.as_str() == name
    }
}

impl PartialEq<&str> for Method {
    fn eq(&self, name: &&str) -> bool {
        self.as_str() == *name
    }
}

impl AsRef<str> for Method {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Method {
    fn from(name: &str) -> Method {
        match NAMED.iter().find(|named| named.0 == name) {
            Some((_, method)) => method.clone(),
            None => Method::Other(name.into()),
        }
    }
}

impl From<String> for Method {
    fn from(name: String) -> Method {
        match Method::from(name.as_str()) {
            Method::Other(_) => Method::Other(name),
            method => method,
        }
    }
}

impl FromStr for Method {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Method, Infallible> {
        Ok(name.into())
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
