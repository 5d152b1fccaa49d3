//! [`Body`]: text or bytes, and it is said which.

use alloc::string::String;
use alloc::vec::Vec;

/// What a request or response carries.
///
/// The type decides how a response's body travels inside JSON: text as it is, bytes in base64.
/// Nothing is guessed from the content or its type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// Text.
    Text(String),
    /// Bytes, which may happen to be text.
    Bytes(Vec<u8>),
}

impl Body {
    /// Its bytes, however it travels.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Body::Empty => &[],
            Body::Text(text) => text.as_bytes(),
            Body::Bytes(bytes) => bytes,
        }
    }

    /// Its text; `None` if it is not UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Body::Empty => Some(""),
            Body::Text(text) => Some(text),
            Body::Bytes(bytes) => core::str::from_utf8(bytes).ok(),
        }
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether its length is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its bytes, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Body::Empty => Vec::new(),
            Body::Text(text) => text.into_bytes(),
            Body::Bytes(bytes) => bytes,
        }
    }
}

macro_rules! from {
    ($($type:ty, $value:ident => $made:expr);* $(;)?) => {$(
        impl From<$type> for Body {
            fn from($value: $type) -> Body {
                $made
            }
        }
    )*};
}

from! {
    (), _value => Body::Empty;
    String, value => Body::Text(value);
    &str, value => Body::Text(value.into());
    Vec<u8>, value => Body::Bytes(value);
    &[u8], value => Body::Bytes(value.into());
}
