//! [`Map`]: an object of an event whose names are the sender's own.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::iter;
use core::marker::PhantomData;

use super::field::{checked, unmarshal_error};
use crate::error::Result;
use crate::json::{self, FromJson, Kind, Reader, ToJson, Value, Writer};

/// Names and values in their order. It is kept as its text, so that a value costs nothing, and can
/// be of an odd shape, until somebody asks for it; what is asked for is read each time.
///
/// ```
/// use tiny_lambda::events::Map;
/// use tiny_lambda::json;
///
/// let map: Map<String> = json::parse(br#"{"a": "x", "b": null, "c": 1}"#)?;
/// assert_eq!(map.get("a").as_deref(), Some("x"));
/// assert_eq!(map.get("c"), None);
/// assert_eq!(map.value("a")?, "x");
/// assert!(map.value("c").is_err() && map.value("d").is_err());
/// assert_eq!(map.iter().count(), 1);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
pub struct Map<T> {
    /// An object; nothing is one without members.
    json: String,
    values: PhantomData<fn() -> T>,
}

impl<T> Map<T> {
    fn text(&self) -> &str {
        if self.json.is_empty() {
            "{}"
        } else {
            &self.json
        }
    }

    /// Names, and where their values begin.
    fn members(&self) -> impl Iterator<Item = (String, Reader<'_>)> {
        let mut r = Reader::new(self.text()).replacing_surrogates();
        let mut has_begun = r.begin_object().is_ok();
        iter::from_fn(move || {
            let name = r.next_member().ok().filter(|_| has_begun)??;
            let value = r.clone();
            has_begun = r.skip().is_ok();
            Some((name.into_owned(), value))
        })
    }

    /// Where the value of `name` begins; of several the last one.
    fn find(&self, name: &str) -> Option<Reader<'_>> {
        let members = self.members().filter(|member| member.0 == name);
        members.last().map(|member| member.1)
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.members().next().is_none()
    }
}

impl<T: FromJson> Map<T> {
    /// The value of `name`, if it has one.
    pub fn get(&self, name: &str) -> Option<T> {
        T::from_json(&mut self.find(name)?).ok()
    }

    /// The value of `name`.
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` if there is none, or it is not a `T`.
    #[track_caller]
    pub fn value(&self, name: &str) -> Result<T> {
        match self.find(name) {
            Some(r) => read_value(name, r),
            None => Err(unmarshal_error(name, " is missing")),
        }
    }

    /// Names and values, in their order; those that are no `T` are left out.
    pub fn iter(&self) -> impl Iterator<Item = (String, T)> {
        self.members()
            .filter_map(|(name, mut r)| Some((name, T::from_json(&mut r).ok()?)))
    }

    /// Names and values, in their order.
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` if a value is not a `T`.
    #[track_caller]
    pub fn to_vec(&self) -> Result<Vec<(String, T)>> {
        let mut pairs = Vec::new();
        for (name, r) in self.members() {
            let value = read_value(&name, r)?;
            pairs.push((name, value));
        }
        Ok(pairs)
    }
}

impl<T: ToJson> Map<T> {
    /// Gives `name` a value; what it had is gone.
    pub fn insert(&mut self, name: &str, value: &T) {
        let mut w = Writer::default();
        w.begin_object();
        for (other, mut r) in self.members().filter(|member| member.0 != name) {
            w.name(&other);
            w.raw(r.raw().unwrap_or("null"));
        }
        w.member(name, value);
        w.end_object();
        // A writer writes text.
        self.json = String::from_utf8(w.into_inner()).unwrap_or_default();
    }
}

/// The value that comes next, the value of `name`.
#[track_caller]
fn read_value<T: FromJson>(name: &str, mut r: Reader<'_>) -> Result<T> {
    let text = r.raw().unwrap_or_default().as_bytes();
    checked(name, text, json::parse_replacing_surrogates(text))
}

impl<T> Default for Map<T> {
    fn default() -> Map<T> {
        Map {
            json: String::new(),
            values: PhantomData,
        }
    }
}

impl<T> Clone for Map<T> {
    fn clone(&self) -> Map<T> {
        Map {
            json: self.json.clone(),
            values: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Map<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// However it is written.
impl<T> PartialEq for Map<T> {
    fn eq(&self, other: &Map<T>) -> bool {
        let value = |map: &Map<T>| json::parse_replacing_surrogates::<Value>(map.text().as_bytes());
        self.text() == other.text() || value(self) == value(other)
    }
}

impl<T> FromJson for Map<T> {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        r.attempt(|r| {
            let kind = r.peek()?;
            let json = r.raw()?;
            if kind != Kind::Object {
                return Err(r.error_expected("an object"));
            }
            Ok(Map {
                json: json.into(),
                values: PhantomData,
            })
        })
    }
}

impl<T> ToJson for Map<T> {
    fn to_json(&self, w: &mut Writer) {
        w.raw(self.text());
    }
}
