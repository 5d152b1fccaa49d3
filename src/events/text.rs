//! Encoded texts as events carry them: the text as it came, and what it stands for.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::parsed;
use crate::encoding::{EncodingError, base64, decode_base64, decode_percent};
use crate::error::{Error, Result};
use crate::json::{self, FromJson, Reader, ToJson, Writer};

macro_rules! text {
    ($($(#[$attribute:meta])* $name:ident);* $(;)?) => {$(
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name(String);

        impl $name {
            /// The text as it came.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> $name {
                $name(text)
            }
        }

        impl FromJson for $name {
            fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
                r.attempt_replacing(true, String::from_json).map($name)
            }
        }

        impl ToJson for $name {
            fn to_json(&self, w: &mut Writer) {
                w.string(&self.0);
            }
        }
    )*};
}

text! {
    /// Bytes in base64 (RFC 4648, section 4).
    ///
    /// ```
    /// use tiny_lambda::events::Base64;
    ///
    /// assert_eq!(Base64::from(String::from("aGk=")).decode()?, b"hi");
    /// assert_eq!(Base64::encode(b"hi").as_str(), "aGk=");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    Base64;
    /// A text in which `+` is a space, and `%` and two digits a byte, as in a form: the key of an
    /// Amazon S3 object.
    ///
    /// ```
    /// use tiny_lambda::events::FormText;
    ///
    /// let key = FormText::from(String::from("summer+2026/caf%C3%A9.jpg"));
    /// assert_eq!(key.decode()?, "summer 2026/café.jpg");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    FormText;
}

impl Base64 {
    /// Encodes bytes.
    pub fn encode(bytes: &[u8]) -> Base64 {
        Base64(base64(bytes))
    }

    /// The bytes.
    ///
    /// # Errors
    /// If the text is malformed: where.
    #[track_caller]
    pub fn decode(&self) -> Result<Vec<u8>> {
        match decode_base64(self.0.as_bytes()) {
            Ok(bytes) => Ok(bytes),
            Err(error) => Err(malformed(error, &self.0)),
        }
    }

    /// The bytes as JSON.
    ///
    /// # Errors
    /// If the text is malformed, or the bytes are no JSON of this type: where.
    #[track_caller]
    pub fn json<T: FromJson>(&self) -> Result<T> {
        parsed("what base64 holds", &self.decode()?)
    }
}

impl FormText {
    /// The text that is meant.
    ///
    /// # Errors
    /// If an escape is malformed: where.
    #[track_caller]
    pub fn decode(&self) -> Result<String> {
        match decode_percent(&self.0, true) {
            Ok(text) => Ok(text.into_owned()),
            Err(error) => Err(malformed(error, &self.0)),
        }
    }
}

#[track_caller]
fn malformed(error: EncodingError, text: &str) -> Error {
    Error::unmarshal("a text", &error, text.as_bytes())
}
