//! Objects of a tree, as a list of members in order.

use crate::encoding::lengths::{add, subtract};
use alloc::string::String;
use alloc::vec::{self, Vec};
use core::{fmt, mem, slice};

use super::members::{COMPARED_MAX, Members, push};
use super::read::lexer;
use super::text::Text;
use super::{Error, FromJson, Reader, ToJson, Value, Writer};

/// The members of an object, in order. Each name occurs once. Two objects are equal if they have the
/// same members, in any order (RFC 8259, section 4: "an unordered collection").
///
/// The members are in a list. A lookup compares the names one after the other, which is fast for the few
/// members of an event. An object of more than 32 members also has an index, so that a lookup, an insertion and
/// a removal take about as long as in a `BTreeMap`, whatever the names are.
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
#[derive(Clone)]
pub struct Object(pub(super) Members<Text, Slot>);

/// A value; `None` for a member of a large object that was removed. It stays in the list, so that the others keep
/// their positions.
type Slot = Option<Value>;

/// A member.
pub(super) type Member = (Text, Slot);

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
        Object(Members::Few(Vec::new()))
    }

    /// Returns the number of members.
    ///
    /// ```
    /// use tiny_lambda::json::Object;
    ///
    /// assert_eq!(Object::from_iter([("a", 1), ("b", 2)]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.iter().len()
    }

    /// Returns whether there is no member.
    ///
    /// ```
    /// use tiny_lambda::json::Object;
    ///
    /// assert!(!Object::from_iter([("a", 1)]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        self.get(name).is_some()
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
        let position = self.0.find(name.as_bytes());
        self.0.list().get(position)?.1.as_ref()
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
        let position = self.0.find(name.as_bytes());
        self.0.list_mut().get_mut(position)?.1.as_mut()
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
        let position = self.0.find(name.as_bytes());
        let indexed = match &mut self.0 {
            Members::Few(list) => {
                // `Vec::remove` has a panic path.
                let mut others = list.iter_mut().skip(position);
                let mut place = others.next()?;
                for member in others {
                    mem::swap(place, member);
                    place = member;
                }
                return list.pop()?.1;
            }
            Members::Many(indexed) => indexed,
        };
        let member = indexed.list.get_mut(position)?;
        member.0 = Text::NO_NAME;
        let value = member.1.take();
        indexed.index.n_removed = add(indexed.index.n_removed, 1);
        // The list is made anew if half of it is removed, so that each removal pays for two members.
        if indexed.index.n_removed > indexed.list.len() / 2 {
            self.rebuild();
        }
        value
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
        let (list, n_removed) = match &self.0 {
            Members::Few(list) => (list, 0),
            Members::Many(indexed) => (&indexed.list, indexed.index.n_removed),
        };
        ObjectIter {
            list: list.iter(),
            len: subtract(list.len(), n_removed),
        }
    }

    /// Returns the object of these members. If there are no more than [`COMPARED_MAX`], their names differ. Of members with
    /// the same name, the last value is kept, at the place of the first.
    #[inline]
    pub(super) fn from_members(list: Vec<Member>) -> Object {
        let is_large = list.len() > COMPARED_MAX;
        let mut object = Object(Members::Few(list));
        if is_large {
            object.rebuild();
        }
        object
    }

    /// Sets each member anew, without those that are removed.
    #[inline(never)]
    fn rebuild(&mut self) {
        let mut old = mem::take(self);
        for (name, value) in old.0.list_mut() {
            if value.is_some() {
                self.0.set(mem::replace(name, Text::NO_NAME), value.take());
            }
        }
    }

    fn set(&mut self, name: &str, value: Value) -> Option<Value> {
        self.0.set(Text::from(name), Some(value))?
    }

    /// Sets a member of an object that has no index.
    #[inline]
    pub(super) fn set_without_index(&mut self, name: &str, value: Value) {
        if let Members::Few(list) = &mut self.0 {
            match list
                .iter_mut()
                .find(|member| member.0.as_ref() == name.as_bytes())
            {
                Some(member) => member.1 = Some(value),
                None => push(list, Text::from(name), Some(value)),
            }
        }
    }

    /// Writes the members, without brackets.
    pub(super) fn write_members(&self, w: &mut Writer) {
        for (name, value) in self.iter().members() {
            w.name_bytes(name.as_ref());
            value.to_json(w);
        }
    }
}

impl Default for Object {
    fn default() -> Object {
        Object::new()
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        let is_in_other = |(name, value)| other.get(name) == Some(value);
        self.len() == other.len() && self.iter().all(is_in_other)
    }
}

impl Eq for Object {}

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
pub struct ObjectIter<'o> {
    list: slice::Iter<'o, (Text, Slot)>,
    /// Members that are not removed.
    len: usize,
}

impl<'o> ObjectIter<'o> {
    fn members(self) -> impl Iterator<Item = (&'o Text, &'o Value)> {
        self.list
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }
}

impl<'o> Iterator for ObjectIter<'o> {
    type Item = (&'o str, &'o Value);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (name, value) = self.list.next()?;
            if let Some(value) = value {
                self.len = subtract(self.len, 1);
                return Some((name.as_str(), value));
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }
}

impl ExactSizeIterator for ObjectIter<'_> {}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = vec::IntoIter<(String, Value)>;

    fn into_iter(mut self) -> Self::IntoIter {
        let named = |(name, value): (Text, Slot)| {
            let value = value?;
            Some((String::from(name.as_str()), value))
        };
        let list = mem::take(self.0.list_mut());
        let members: Vec<_> = list.into_iter().filter_map(named).collect();
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

/// Members that exist get the new value; the others are appended.
impl<N: AsRef<str>, V: Into<Value>> Extend<(N, V)> for Object {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, members: I) {
        for (name, value) in members {
            self.insert(name, value);
        }
    }
}

impl FromJson for Object {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        match lexer::skip_white_space(r.rest) {
            [b'{', ..] => {}
            _ => return Err(r.error_expected_next("an object")),
        }
        match r.tree()? {
            Value::Object(object) => Ok(object),
            _ => Ok(Object::new()),
        }
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
