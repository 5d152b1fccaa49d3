//! [`Map`]: an object of an event whose member names AWS does not define.

use core::fmt;
use core::iter;
use core::marker::PhantomData;

use super::field::{name_error, unmarshal_error};
use crate::error::Result;
use crate::json::{self, FromJson, Kind, Reader, ToJson, Value, Writer};

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
pub struct Map<T>(String, PhantomData<fn() -> T>);

impl<T> Map<T> {
    /// Returns the object with the members that `write` writes.
    fn with_members(write: impl FnOnce(&mut Writer)) -> Map<T> {
        let mut w = Writer::default();
        w.begin_object();
        write(&mut w);
        w.end_object();
        match String::from_utf8(w.into_inner()) {
            Ok(json) => Map(json, PhantomData),
            // A `ToJson` of the user wrote something else than UTF-8.
            Err(_) => Map::default(),
        }
    }

    /// Returns the names, and a reader at each value.
    fn members(&self) -> impl Iterator<Item = (String, Reader<'_>)> {
        let mut r = Reader::new(&self.0).replacing_surrogates();
        let mut has_begun = r.begin_object().is_ok();
        iter::from_fn(move || {
            let name = r.next_member().ok().filter(|_| has_begun)??;
            let value = r.clone();
            has_begun = r.skip().is_ok();
            Some((name.into_owned(), value))
        })
    }

    /// Returns a reader at the value of `name`; the last one if there are several.
    fn find(&self, name: &str) -> Option<Reader<'_>> {
        let members = self.members().filter(|member| member.0 == name);
        members.last().map(|member| member.1)
    }

    /// Returns whether the object has no members.
    ///
    /// ```
    /// use tiny_lambda::events::Map;
    ///
    /// assert!(Map::<u8>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.members().next().is_none()
    }
}

impl<T: FromJson> Map<T> {
    /// Returns the value of `name`; `None` if it is missing or not a `T`.
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
        T::from_json(&mut self.find(name)?).ok()
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
    /// `Runtime.UnmarshalError` if it is missing or not a `T`.
    #[track_caller]
    pub fn value(&self, name: &str) -> Result<T> {
        match self.find(name) {
            Some(r) => read_value(name, r),
            None => Err(unmarshal_error(name, " is missing")),
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
        self.members()
            .filter_map(|(name, mut r)| Some((name, T::from_json(&mut r).ok()?)))
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
        for (name, r) in self.members() {
            let value = read_value(&name, r)?;
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
        *self = Map::with_members(|w| {
            for (other, mut r) in self.members().filter(|member| member.0 != name) {
                w.name(&other);
                w.raw(r.raw().unwrap_or("null"));
            }
            w.member(name, value);
        });
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
        for (name, value) in members {
            self.insert(name.as_ref(), &value);
        }
    }
}

/// Reads the next value, which is that of `name`.
#[track_caller]
fn read_value<T: FromJson>(name: &str, mut r: Reader<'_>) -> Result<T> {
    let text = r.raw().unwrap_or_default().as_bytes();
    name_error(name, text, json::parse_replacing_surrogates(text))
}

impl<T> Default for Map<T> {
    fn default() -> Map<T> {
        Map(String::from("{}"), PhantomData)
    }
}

impl<T> Clone for Map<T> {
    fn clone(&self) -> Map<T> {
        Map(self.0.clone(), PhantomData)
    }
}

impl<T> fmt::Debug for Map<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Maps are equal if they have the same names and values, whatever the white space.
impl<T> PartialEq for Map<T> {
    fn eq(&self, other: &Map<T>) -> bool {
        let value = |map: &Map<T>| json::parse_replacing_surrogates::<Value>(map.0.as_bytes());
        self.0 == other.0 || value(self) == value(other)
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
            Ok(Map(json.into(), PhantomData))
        })
    }
}

impl<T> ToJson for Map<T> {
    fn to_json(&self, w: &mut Writer) {
        w.raw(&self.0);
    }
}
