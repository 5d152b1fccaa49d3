//! A type for bytes that are a string of base64 in JSON.

use alloc::vec::Vec;

use super::{Error, FromJson, Reader, ToJson, Writer};
use crate::encoding::decode_base64;

/// Bytes that are a string of base64 in JSON (RFC 4648, section 4), as in the APIs of AWS. The padding
/// may be missing.
///
/// ```
/// use tiny_lambda::json::{self, Base64};
///
/// let data: Base64 = json::parse(br#""aGVsbG8=""#)?;
/// assert_eq!(data.0, b"hello");
/// assert_eq!(json::to_vec(&data), br#""aGVsbG8=""#);
/// # Ok::<(), json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Base64(pub Vec<u8>);

impl FromJson for Base64 {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.attempt(|r| {
            let text = r.string()?;
            decode_base64(text.as_bytes())
                .map(Base64)
                .map_err(|_| r.error_expected("base64"))
        })
    }

    placeholder!(Base64(Vec::new()));
}

impl ToJson for Base64 {
    fn to_json(&self, w: &mut Writer) {
        w.base64(&self.0);
    }
}
