//! An object as a list of members in their order.

use alloc::string::String;
use alloc::vec::{self, Vec};
use core::slice;

use super::members::read_members;
use super::{Error, FromJson, Reader, ToJson, Value, Writer};

/// The members of an object, in their order; no name is there twice.
///
/// A list, not a map: lookup reads it from front to back, which for the few members of an event
/// is as fast, and a hash map would add 16 KB to the executable.
///
/// ```
/// use tiny_lambda::json::{self, Object};
///
/// let mut object: Object = json::parse(br#"{"b": 1, "a": 2, "b": 3}"#)?;
/// assert_eq!(object.get("b"), Some(&3.into()));
/// object.insert("c", true);
/// object.remove("b");
/// assert_eq!(json::to_vec(&object), br#"{"a":2,"c":true}"#);
/// # Ok::<(), json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// An object without members.
    pub const fn new() -> Object {
        Object(Vec::new())
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the member `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|member| member.0 == name)
            .map(|member| &member.1)
    }

    /// The value of the member `name`.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0
            .iter_mut()
            .find(|member| member.0 == name)
            .map(|member| &mut member.1)
    }

    /// Sets a member, at its place if it is there, else at the end. Returns the value it had.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        if let Some(place) = self.get_mut(&name) {
            return Some(core::mem::replace(place, value));
        }
        self.0.push((name, value));
        None
    }

    /// Takes a member out. Returns the value it had.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let index = self.0.iter().position(|member| member.0 == name)?;
        Some(self.0.remove(index).1)
    }

    /// The members in their order.
    pub fn iter(&self) -> slice::Iter<'_, (String, Value)> {
        self.0.iter()
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = &'a (String, Value);
    type IntoIter = slice::Iter<'a, (String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// Of members with one name the last wins.
impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(members: I) -> Object {
        let mut object = Object::new();
        for (name, value) in members {
            object.insert(name, value);
        }
        object
    }
}

impl FromJson for Object {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        read_members(r).map(Object)
    }

    fn blank() -> Option<Self> {
        Some(Object::new())
    }
}

impl ToJson for Object {
    fn to_json(&self, w: &mut Writer) {
        self.0.to_json(w);
    }

    fn to_value(&self) -> Value {
        Value::Object(self.clone())
    }
}
