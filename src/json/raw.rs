//! JSON that is kept as its text.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use super::{BorrowJson, Error, FromJson, Reader, ToJson, Writer};

/// A value as its text, which is checked but not decoded: for values that are passed on unchanged.
///
/// ```
/// use tiny_lambda::json::{self, RawJson};
///
/// tiny_lambda::json_struct! { struct Envelope { to: String, detail: RawJson<'static> } }
///
/// let envelope: Envelope = json::parse(br#"{"to": "x", "detail": {"a": [1.50]}}"#)?;
/// assert_eq!(envelope.detail.as_str(), r#"{"a": [1.50]}"#);
/// assert_eq!(json::to_vec(&envelope), br#"{"to":"x","detail":{"a": [1.50]}}"#);
/// assert!(RawJson::new("[1, 2").is_err());
/// # Ok::<(), json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RawJson<'j>(Cow<'j, str>);

impl<'j> RawJson<'j> {
    /// Returns the value with this text.
    ///
    /// ```
    /// use tiny_lambda::json::RawJson;
    ///
    /// assert!(RawJson::new("[1, 2]").is_ok());
    /// assert!(RawJson::new("[1, 2").is_err());
    /// ```
    ///
    /// # Errors
    /// If `json` is not one JSON value.
    pub fn new(json: &'j str) -> Result<RawJson<'j>, Error> {
        let mut r = Reader::new(json);
        let raw = RawJson::borrow_json(&mut r)?;
        r.end()?;
        Ok(raw)
    }

    /// Returns the text without white space around it.
    ///
    /// ```
    /// use tiny_lambda::json::RawJson;
    ///
    /// assert_eq!(RawJson::new(" [1, 2] ")?.as_str(), "[1, 2]");
    /// # Ok::<(), tiny_lambda::json::Error>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RawJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromJson for RawJson<'static> {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(RawJson(Cow::Owned(String::from(r.raw()?))))
    }

    placeholder!(RawJson(Cow::Borrowed("null")));
}

impl<'j> BorrowJson<'j> for RawJson<'j> {
    fn borrow_json(r: &mut Reader<'j>) -> Result<Self, Error> {
        Ok(RawJson(Cow::Borrowed(r.raw()?)))
    }

    placeholder!(RawJson(Cow::Borrowed("null")));
}

impl ToJson for RawJson<'_> {
    fn to_json(&self, w: &mut Writer) {
        w.raw(&self.0);
    }
}
