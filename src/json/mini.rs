//! Types that derive the traits of miniserde.

use miniserde::{Deserialize, Serialize, json};

use super::{Error, FromJson, Reader, ToJson, Writer};

/// Reads and writes a type that derives the traits of miniserde.
///
/// ```
/// use miniserde::{Deserialize, Serialize};
/// use tiny_lambda::json::{self, Mini};
///
/// #[derive(Deserialize, Serialize)]
/// struct Order {
///     id: String,
/// }
///
/// let Mini(order): Mini<Order> = json::parse(br#"{"id": "a1"}"#)?;
/// assert_eq!(order.id, "a1");
/// assert_eq!(json::to_vec(&Mini(order)), br#"{"id":"a1"}"#);
/// # Ok::<(), json::Error>(())
/// ```
///
/// This crate checks that the text is JSON, with its own errors. miniserde checks that it is a `T`; its
/// errors do not say what is wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mini<T>(pub T);

impl<T: Deserialize> FromJson for Mini<T> {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.attempt(|r| {
            let value = json::from_str(r.raw()?);
            value
                .map(Mini)
                .map_err(|_| r.error_expected("a value that miniserde can read as the type"))
        })
    }
}

impl<T: Serialize> ToJson for Mini<T> {
    fn to_json(&self, w: &mut Writer) {
        w.raw(&json::to_string(&self.0));
    }
}
