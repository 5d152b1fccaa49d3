//! [`Body`]: the body of a request or response.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::sys::utf8;

/// The body of a request or response.
///
/// The variant decides how the body of a response is written in JSON: text as it is, bytes in
/// base64. Neither the content nor the `Content-Type` is looked at.
///
/// ```
/// use tiny_lambda::http::Body;
///
/// let body = Body::from("tea");
/// assert_eq!(body.as_str(), Some("tea"));
/// assert_eq!(body.as_bytes(), b"tea");
/// assert_eq!(Body::from(vec![0xff]).as_str(), None);
/// ```
///
/// `Debug` shows bytes as text too, and a body can be compared with a string:
///
/// ```
/// use tiny_lambda::http::Body;
///
/// let body = Body::from(b"tea\xff".as_slice());
/// assert_eq!(format!("{body:?}"), r#"Bytes(b"tea\xff")"#);
/// assert_eq!(Body::from("tea"), "tea");
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Body {
    /// No body.
    #[default]
    Empty,
    /// Text.
    Text(String),
    /// Bytes, whether or not they are text.
    Bytes(Vec<u8>),
}

impl Body {
    /// Returns the bytes of the body; those of text are its UTF-8.
    ///
    /// ```
    /// use tiny_lambda::http::Body;
    ///
    /// assert_eq!(Body::from("tea").as_bytes(), b"tea");
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Body::Empty => &[],
            Body::Text(text) => text.as_bytes(),
            Body::Bytes(bytes) => bytes,
        }
    }

    /// Returns the body as text; `None` if it is not UTF-8.
    ///
    /// ```
    /// use tiny_lambda::http::Body;
    ///
    /// assert_eq!(Body::from(b"tea".as_slice()).as_str(), Some("tea"));
    /// assert_eq!(Body::from(vec![0xff]).as_str(), None);
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Body::Empty => Some(""),
            Body::Text(text) => Some(text),
            Body::Bytes(bytes) => utf8::to_str(bytes),
        }
    }

    /// Returns the length of the body in bytes.
    ///
    /// ```
    /// use tiny_lambda::http::Body;
    ///
    /// assert_eq!(Body::from("thé").len(), 4);
    /// ```
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Returns whether the body has no bytes.
    ///
    /// ```
    /// use tiny_lambda::http::Body;
    ///
    /// assert!(Body::Empty.is_empty() && Body::from("").is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the bytes of the body without copying them.
    ///
    /// ```
    /// use tiny_lambda::http::Body;
    ///
    /// assert_eq!(Body::from("tea").into_bytes(), b"tea");
    /// ```
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Body::Empty => Vec::new(),
            Body::Text(text) => text.into_bytes(),
            Body::Bytes(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Empty => f.write_str("Empty"),
            Body::Text(text) => write!(f, "Text({text:?})"),
            Body::Bytes(bytes) => write!(f, "Bytes(b\"{}\")", bytes.escape_ascii()),
        }
    }
}

impl PartialEq<str> for Body {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Body {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

macro_rules! impl_from {
    ($($type:ty, $value:ident => $body:expr);* $(;)?) => {$(
        impl From<$type> for Body {
            fn from($value: $type) -> Body {
                $body
            }
        }
    )*};
}

impl_from! {
    (), _value => Body::Empty;
    String, value => Body::Text(value);
    &str, value => Body::Text(value.into());
    Vec<u8>, value => Body::Bytes(value);
    &[u8], value => Body::Bytes(value.into());
}
