//! Objects of a tree, as a list of members in order.

use alloc::string::String;
use alloc::vec::{self, Vec};
use core::{fmt, mem, slice};

use super::members::{USUAL_LEN, read_members};
use super::text::Text;
use super::{Error, FromJson, Reader, ToJson, Value, Writer};

/// The members of an object, in order. Each name occurs once. Two objects are equal if they have the
/// same members in the same order.
///
/// The members are in a list, not in a map. A lookup compares the names one after the other, which is as
/// fast for the few members of an event. A hash map would add 16 KB to the executable.
///
/// ```
/// use tiny_lambda::json::{self, Object};
///
/// let mut object: Object = json::parse(br#"{"b": 1, "a": 2, "b": 3}"#)?;
/// assert_eq!(object.get("b"), Some(&3.into()));
/// object.insert("c", true);
/// object.remove("b");
/// assert!(object.contains_key("a") && !object.contains_key("b"));
/// assert_eq!(json::to_vec(&object), br#"{"a":2,"c":true}"#);
/// # Ok::<(), json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Object(Vec<(Text, Value)>);

/// Shows the members as in JSON: `{"a": 1}`.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl Object {
    /// Returns an object without members.
    ///
    /// ```
    /// use tiny_lambda::json::Object;
    ///
    /// assert!(Object::new().is_empty());
    /// ```
    pub const fn new() -> Object {
        Object(Vec::new())
    }

    /// Returns the number of members.
    ///
    /// ```
    /// use tiny_lambda::json::Object;
    ///
    /// assert_eq!(Object::from_iter([("a", 1), ("b", 2)]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no member.
    ///
    /// ```
    /// use tiny_lambda::json::Object;
    ///
    /// assert!(!Object::from_iter([("a", 1)]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether there is a member `name`.
    ///
    /// ```
    /// use tiny_lambda::json::Object;
    ///
    /// let object = Object::from_iter([("a", 1)]);
    /// assert!(object.contains_key("a") && !object.contains_key("b"));
    /// ```
    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Returns the value of the member `name`.
    ///
    /// ```
    /// use tiny_lambda::json::Object;
    ///
    /// let object = Object::from_iter([("a", "x")]);
    /// assert_eq!(object.get("a").and_then(|value| value.as_str()), Some("x"));
    /// assert_eq!(object.get("b"), None);
    /// ```
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(self.position(name)?).map(|member| &member.1)
    }

    /// Returns the value of the member `name`, to be changed.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// let mut object: json::Object = json::parse(br#"{"n": 1}"#)?;
    /// if let Some(n) = object.get_mut("n") {
    ///     *n = 2.into();
    /// }
    /// assert_eq!(object.get("n"), Some(&2.into()));
    /// # Ok::<(), json::Error>(())
    /// ```
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let index = self.position(name)?;
        self.0.get_mut(index).map(|member| &mut member.1)
    }

    /// Sets a member, in place if it exists, else at the end. Returns its earlier value.
    ///
    /// ```
    /// use tiny_lambda::json::Object;
    ///
    /// let mut object = Object::new();
    /// assert_eq!(object.insert("a", 1), None);
    /// assert_eq!(object.insert("a", "x"), Some(1.into()));
    /// ```
    pub fn insert(&mut self, name: impl AsRef<str>, value: impl Into<Value>) -> Option<Value> {
        self.set(name.as_ref(), value.into())
    }

    /// Removes a member and returns its value. The order of the others stays.
    ///
    /// ```
    /// use tiny_lambda::json::Object;
    ///
    /// let mut object = Object::from_iter([("a", 1)]);
    /// assert_eq!(object.remove("a"), Some(1.into()));
    /// assert_eq!(object.remove("a"), None);
    /// ```
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let index = self.position(name)?;
        Some(self.0.remove(index).1)
    }

    /// Returns an iterator over the names and values, in order.
    ///
    /// ```
    /// use tiny_lambda::json::Object;
    ///
    /// let object: Object = [("a", 1), ("b", 2)].into_iter().collect();
    /// let names: Vec<&str> = object.iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["a", "b"]);
    /// ```
    pub fn iter(&self) -> ObjectIter<'_> {
        ObjectIter(self.0.iter())
    }

    fn set(&mut self, name: &str, value: Value) -> Option<Value> {
        if let Some(place) = self.get_mut(name) {
            return Some(mem::replace(place, value));
        }
        if self.0.is_empty() {
            self.0.reserve(USUAL_LEN);
        }
        self.0.push((Text::from(name), value));
        None
    }

    fn position(&self, name: &str) -> Option<usize> {
        let is_name = |member: &(Text, Value)| member.0.as_ref() == name.as_bytes();
        self.0.iter().position(is_name)
    }

    /// Writes the members, without brackets.
    pub(super) fn write_members(&self, w: &mut Writer) {
        for (name, value) in &self.0 {
            w.name_bytes(name.as_ref());
            value.to_json(w);
        }
    }
}

/// An iterator over the names and values of an [`Object`], in order. Returned by [`Object::iter`].
///
/// ```
/// use tiny_lambda::json::Object;
///
/// let object = Object::from_iter([("a", 1), ("b", 2)]);
/// let mut members = object.iter();
/// assert_eq!(members.len(), 2);
/// assert_eq!(members.next(), Some(("a", &1.into())));
/// ```
#[derive(Debug, Clone, Default)]
pub struct ObjectIter<'o>(slice::Iter<'o, (Text, Value)>);

impl<'o> Iterator for ObjectIter<'o> {
    type Item = (&'o str, &'o Value);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.0.next()?;
        Some((name.as_str(), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for ObjectIter<'_> {}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        let named = |(name, value): (Text, Value)| (String::from(name.as_str()), value);
        let members: Vec<_> = self.0.into_iter().map(named).collect();
        members.into_iter()
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = (&'a str, &'a Value);
    type IntoIter = ObjectIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// If a name occurs more than once, the last value counts.
impl<N: AsRef<str>, V: Into<Value>> FromIterator<(N, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(members: I) -> Object {
        let mut object = Object::new();
        object.extend(members);
        object
    }
}

/// ObjectIter that exist get the new value; the others are appended.
impl<N: AsRef<str>, V: Into<Value>> Extend<(N, V)> for Object {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, members: I) {
        for (name, value) in members {
            self.insert(name, value);
        }
    }
}

impl FromJson for Object {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        let mut members = Vec::new();
        read_members(&mut members, r)?;
        Ok(Object(members))
    }

    placeholder!(Object::new());
}

impl ToJson for Object {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        self.write_members(w);
        w.end_object();
    }

    fn to_value(&self) -> Value {
        Value::Object(self.clone())
    }
}
