//! [`Map`]: an object of an event whose member names AWS does not define.

use core::fmt;
use core::iter;
use core::marker::PhantomData;

use super::field::{read_error, unmarshal_error};
use crate::error::{Error, Result};
use crate::json::{self, FromJson, Kind, Object, Reader, ToJson, Value, Writer};
use crate::sys::utf8;

/// An object whose member names the sender chooses, in order. It is kept as JSON: a value is parsed
/// each time that the handler asks for it, and a value of an unexpected type is not an error until
/// then.
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
/// let mut map = map;
/// map.insert("c", &String::from("y"));
/// assert_eq!(json::to_vec(&map), br#"{"a":"x","b":null,"c":"y"}"#);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
pub struct Map<T> {
    json: String,
    /// The name of the member that has the map, as in `SqsMessage.messageAttributes`; empty if the
    /// map is not the value of a member of an event.
    name: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T> Map<T> {
    /// Returns the object with this JSON, which the member `name` has.
    fn new(json: String, name: &'static str) -> Map<T> {
        let of = PhantomData;
        Map { json, name, of }
    }

    /// Appends a member as its JSON text, which may begin with a comma and white space.
    pub(super) fn push(&mut self, text: &str) {
        let text = text.trim_start_matches([',', ' ', '\t', '\n', '\r']);
        self.json.truncate(self.json.len().saturating_sub(1));
        if self.json.len() > 1 {
            self.json.push(',');
        }
        self.json.push_str(text);
        self.json.push('}');
    }

    /// Writes the members into the object that `w` has begun.
    pub(super) fn write_members(&self, w: &mut Writer) {
        for (name, mut r) in members(&self.json) {
            w.name(&name);
            w.raw(r.raw().unwrap_or("null"));
        }
    }

    /// Returns the object with the members that `write` writes.
    fn with_members(write: impl FnOnce(&mut Writer)) -> Map<T> {
        let mut w = Writer::default();
        w.begin_object();
        write(&mut w);
        w.end_object();
        match utf8::to_string(w.into_inner()) {
            Ok(json) => Map::new(json, ""),
            // A `ToJson` of the user wrote something else than UTF-8.
            Err(_) => Map::default(),
        }
    }

    /// Returns whether the object has no members.
    ///
    /// ```
    /// use tiny_lambda::events::Map;
    ///
    /// assert!(Map::<u8>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        members(&self.json).next().is_none()
    }
}

// These do not depend on the type of the values, so they are compiled once.

/// Returns the names in the object `json`, and a reader at each value.
fn members(json: &str) -> impl Iterator<Item = (String, Reader<'_>)> {
    let mut r = Reader::new(json).replacing_surrogates();
    let mut has_begun = r.begin_object().is_ok();
    iter::from_fn(move || {
        let name = r.next_member().ok().filter(|_| has_begun)??;
        let value = r.clone();
        has_begun = r.skip().is_ok();
        Some((name.into_owned(), value))
    })
}

/// Returns a reader at the value of `name`; the last one if there are several.
#[inline(never)]
fn find<'j>(json: &'j str, name: &str) -> Option<Reader<'j>> {
    let members = members(json).filter(|member| member.0 == name);
    members.last().map(|member| member.1)
}

/// Returns the error about the value of `name` in `map`, the name of a member of an event and its
/// JSON. Without an error of the reader, there is no such value.
#[inline(never)]
#[track_caller]
fn value_error(map: (&str, &str), name: &str, error: Option<&json::Error>) -> Error {
    let dot = if map.0.is_empty() { "" } else { "." };
    let path = [map.0, dot, name].concat();
    match error {
        Some(error) => read_error(&path, map.1.as_bytes(), error),
        None => unmarshal_error(&path, " is missing"),
    }
}

impl<T> Map<T> {
    /// Appends the members of the object `json`. Of members with the same name, the last one is kept.
    fn append(&mut self, json: &str) {
        let mut all: Vec<_> = members(&self.json).chain(members(json)).collect();
        // From the last member to the first. The object's index makes this linear.
        let mut kept = Object::new();
        while let Some((name, mut r)) = all.pop() {
            if !kept.contains_key(&name) {
                kept.insert(name, r.raw().unwrap_or("null"));
            }
        }
        let mut kept: Vec<_> = kept.into_iter().collect();
        let extended = Map::<T>::with_members(|w| {
            while let Some((name, value)) = kept.pop() {
                w.name(&name);
                w.raw(value.as_str().unwrap_or("null"));
            }
        });
        self.json = extended.json;
    }
}

impl<T: FromJson> Map<T> {
    /// Returns the value of `name`; `None` if it is missing or not a `T`. [`value`](Map::value) returns an error
    /// that names it.
    ///
    /// ```
    /// use tiny_lambda::events::Map;
    /// use tiny_lambda::json;
    ///
    /// let map: Map<u8> = json::parse(br#"{"a": 1, "b": "x"}"#)?;
    /// assert_eq!((map.get("a"), map.get("b")), (Some(1), None));
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<T> {
        T::from_json(&mut find(&self.json, name)?).ok()
    }

    /// Returns the value of `name`.
    ///
    /// ```
    /// use tiny_lambda::events::Map;
    /// use tiny_lambda::json;
    ///
    /// let map: Map<u8> = json::parse(br#"{"a": 1, "b": "x"}"#)?;
    /// assert_eq!(map.value("a")?, 1);
    /// assert!(map.value("b").is_err());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` if it is missing or not a `T`. The message has the whole name, as in
    /// `SqsMessage.messageAttributes.Name`. Its path and offset are those in the map.
    #[track_caller]
    pub fn value(&self, name: &str) -> Result<T> {
        match find(&self.json, name) {
            Some(r) => self.read_value(name, r),
            None => Err(value_error((self.name, &self.json), name, None)),
        }
    }

    /// Reads the next value, which is that of `name`.
    #[track_caller]
    fn read_value(&self, name: &str, mut r: Reader<'_>) -> Result<T> {
        match T::from_json(&mut r) {
            Ok(value) => Ok(value),
            Err(error) => Err(value_error((self.name, &self.json), name, Some(&error))),
        }
    }

    /// Returns the names and values in order, without the values that are not a `T`.
    ///
    /// ```
    /// use tiny_lambda::events::Map;
    /// use tiny_lambda::json;
    ///
    /// let map: Map<u8> = json::parse(br#"{"a": 1, "b": "x"}"#)?;
    /// assert_eq!(map.iter().collect::<Vec<_>>(), [("a".to_owned(), 1)]);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (String, T)> {
        members(&self.json).filter_map(|(name, mut r)| Some((name, T::from_json(&mut r).ok()?)))
    }

    /// Returns the names and values in order.
    ///
    /// ```
    /// use tiny_lambda::events::Map;
    ///
    /// let map: Map<u8> = [("a", 1), ("b", 2)].into_iter().collect();
    /// assert_eq!(map.to_vec()?, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` if a value is not a `T`.
    #[track_caller]
    pub fn to_vec(&self) -> Result<Vec<(String, T)>> {
        let mut pairs = Vec::new();
        for (name, r) in members(&self.json) {
            let value = self.read_value(&name, r)?;
            pairs.push((name, value));
        }
        Ok(pairs)
    }
}

impl<T: ToJson> Map<T> {
    /// Sets the value of `name`, and removes its earlier value.
    ///
    /// ```
    /// use tiny_lambda::events::Map;
    ///
    /// let mut map = Map::default();
    /// map.insert("a", &1);
    /// map.insert("a", &2);
    /// assert_eq!(map.get("a"), Some(2));
    /// ```
    pub fn insert(&mut self, name: &str, value: &T) {
        let changed = Map::<T>::with_members(|w| {
            for (other, mut r) in members(&self.json).filter(|member| member.0 != name) {
                w.name(&other);
                w.raw(r.raw().unwrap_or("null"));
            }
            w.member(name, value);
        });
        self.json = changed.json;
    }
}

/// ```
/// use tiny_lambda::events::Map;
///
/// let map: Map<u32> = [("a", 1), ("b", 2)].into_iter().collect();
/// assert_eq!(map.get("b"), Some(2));
/// ```
impl<N: AsRef<str>, T: ToJson> FromIterator<(N, T)> for Map<T> {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(members: I) -> Map<T> {
        Map::with_members(|w| {
            for (name, value) in members {
                w.member(name.as_ref(), &value);
            }
        })
    }
}

impl<N: AsRef<str>, T: ToJson> Extend<(N, T)> for Map<T> {
    fn extend<I: IntoIterator<Item = (N, T)>>(&mut self, members: I) {
        let new: Map<T> = members.into_iter().collect();
        self.append(&new.json);
    }
}

impl<T> Default for Map<T> {
    fn default() -> Map<T> {
        Map::new(String::from("{}"), "")
    }
}

impl<T> Clone for Map<T> {
    fn clone(&self) -> Map<T> {
        Map::new(self.json.clone(), self.name)
    }
}

impl<T> fmt::Debug for Map<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = members(&self.json).map(|member| member.0);
        let values = members(&self.json).map(|member| ShowJson(member.1));
        f.debug_map().entries(names.zip(values)).finish()
    }
}

/// Shows the next value of a reader.
struct ShowJson<'j>(Reader<'j>);

impl fmt::Debug for ShowJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Value::from_json(&mut self.0.clone()) {
            Ok(value) => value.fmt(f),
            Err(_) => f.write_str("null"),
        }
    }
}

/// Maps are equal if they have the same names and values, whatever the white space.
impl<T> PartialEq for Map<T> {
    fn eq(&self, other: &Map<T>) -> bool {
        let value = |map: &Map<T>| json::parse_replacing_surrogates::<Value>(map.json.as_bytes());
        self.json == other.json || value(self) == value(other)
    }
}

/// Reads an object as its JSON.
#[inline(never)]
fn read_object(r: &mut Reader<'_>) -> Result<String, json::Error> {
    r.attempt(|r| {
        let kind = r.peek()?;
        let json = r.raw()?;
        if kind != Kind::Object {
            return Err(r.error_expected("an object"));
        }
        Ok(json.into())
    })
}

impl<T> FromJson for Map<T> {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        Map::read_named(r, "")
    }

    fn read_named(r: &mut Reader<'_>, name: &'static str) -> Result<Self, json::Error> {
        Ok(Map::new(read_object(r)?, name))
    }
}

impl<T> ToJson for Map<T> {
    fn to_json(&self, w: &mut Writer) {
        w.raw(&self.json);
    }
}
