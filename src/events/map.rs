//! [`Map`]: an object of an event whose names are the sender's own.

use alloc::string::String;
use alloc::vec::Vec;

use super::Field;
use super::field::unmarshal_error;
use crate::Result;
use crate::json::{self, FromJson, Reader, ToJson, Writer};

/// Names and values in their order. A value of an odd shape is no error until it is asked for.
///
/// ```
/// use tiny_lambda::events::Map;
/// use tiny_lambda::json;
///
/// let map: Map<String> = json::parse(br#"{"a": "x", "b": null, "c": 1}"#)?;
/// assert_eq!(map.get("a").map(String::as_str), Some("x"));
/// assert_eq!(map.get("c"), None);
/// assert_eq!(map.value("a")?, "x");
/// assert!(map.value("c").is_err() && map.value("d").is_err());
/// assert_eq!(map.iter().count(), 1);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Map<T>(Vec<(String, Field<T>)>);

impl<T> Map<T> {
    /// The value of `name`, if it has one.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.field(name)?.ok()
    }

    /// The value of `name`.
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` if there is none, or it is not a `T`.
    pub fn value(&self, name: &str) -> Result<&T> {
        match self.field(name) {
            Some(field) => field.get(),
            None => Err(unmarshal_error(name, " is missing")),
        }
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values, in their order; those without a value are left out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0
            .iter()
            .filter_map(|(name, field)| Some((name.as_str(), field.ok()?)))
    }

    /// Gives `name` a value.
    pub fn insert(&mut self, name: &str, value: T) {
        match self.0.iter_mut().find(|member| member.0 == name) {
            Some(member) => member.1 = Field::from(value),
            None => self.0.push((name.into(), Field::from(value))),
        }
    }

    fn field(&self, name: &str) -> Option<&Field<T>> {
        let member = self.0.iter().find(|member| member.0 == name);
        member.map(|member| &member.1)
    }
}

impl<T> Default for Map<T> {
    fn default() -> Map<T> {
        Map(Vec::new())
    }
}

impl<T: FromJson> FromJson for Map<T> {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        Vec::from_json(r).map(Map)
    }
}

impl<T: ToJson> ToJson for Map<T> {
    fn to_json(&self, w: &mut Writer) {
        self.0.to_json(w);
    }
}
