//! Objects of a tree, as a list of members in order.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::{self, Vec};
use core::{fmt, mem, slice};

use super::members::{COMPARED_MAX, USUAL_LEN, places};
use super::read::errors::ReadError;
use super::{Error, FromJson, Reader, ToJson, Value, Writer, read::lexer};

/// The members of an object, in order. Each name occurs once.
///
/// A list, not a map: a lookup compares the names one after the other, which for the few members of
/// an event is as fast, and a hash map would add 16 KB to the executable.
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
#[derive(Clone, Default)]
pub struct Object(Vec<Slot>);

/// A member's value, and the length of its name in bytes.
///
/// The names of all members are one string, the value of the first slot, which is not a member. The
/// plain form is `Vec<(String, Value)>`, with an allocation for each name. To read a tree would then
/// take 5 % more instructions for an HTTP event, 25 % for the sample events together and 42 % for a
/// list of records (`bench/json`, opt-level z).
#[derive(Debug, Clone, Default)]
struct Slot {
    name_len: usize,
    value: Value,
}

/// The initial capacity of the names, in bytes.
const USUAL_NAMES_LEN: usize = 64;

impl Object {
    /// Returns an object without members.
    pub const fn new() -> Object {
        Object(Vec::new())
    }

    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// Returns whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether there is a member `name`.
    pub fn contains_key(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Returns the value of the member `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let (index, _) = self.find(name)?;
        self.0.get(index).map(|slot| &slot.value)
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
        let (index, _) = self.find(name)?;
        self.0.get_mut(index).map(|slot| &mut slot.value)
    }

    /// Sets a member, in place if it exists, else at the end. Returns its earlier value.
    pub fn insert(&mut self, name: impl AsRef<str>, value: impl Into<Value>) -> Option<Value> {
        self.set(name.as_ref(), value.into())
    }

    /// Removes a member and returns its value. The order of the others stays.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let (index, start) = self.find(name)?;
        let names = self.names_mut()?;
        let after = names.split_off(start);
        names.push_str(after.get(name.len()..).unwrap_or_default());
        Some(self.0.remove(index).value)
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
    pub fn iter(&self) -> Members<'_> {
        match &*self.0 {
            [names, slots @ ..] => Members {
                names: names.value.as_str().unwrap_or_default(),
                slots: slots.iter(),
            },
            [] => Members::default(),
        }
    }

    fn set(&mut self, name: &str, value: Value) -> Option<Value> {
        if let Some(place) = self.get_mut(name) {
            return Some(mem::replace(place, value));
        }
        self.push(name, value);
        None
    }

    /// Appends a member, whose name must be new.
    fn push(&mut self, name: &str, value: Value) {
        if self.0.is_empty() {
            self.0.reserve(USUAL_LEN);
            let names = String::with_capacity(USUAL_NAMES_LEN);
            self.0.push(Slot {
                name_len: 0,
                value: Value::String(names),
            });
        }
        if let Some(names) = self.names_mut() {
            names.push_str(name);
        }
        self.0.push(Slot {
            name_len: name.len(),
            value,
        });
    }

    /// Returns the names of all members. `None` if there has never been a member.
    fn names_mut(&mut self) -> Option<&mut String> {
        match self.0.first_mut() {
            Some(Slot {
                value: Value::String(names),
                ..
            }) => Some(names),
            _ => None,
        }
    }

    /// Returns the index of the member's slot, and the offset of its name in the names.
    fn find(&self, name: &str) -> Option<(usize, usize)> {
        find(self.iter().names, &self.0, name)
    }
}

/// As [`Object::find`], before the names are in the first slot.
fn find(names: &str, slots: &[Slot], name: &str) -> Option<(usize, usize)> {
    let mut start = 0_usize;
    for (index, slot) in slots.iter().enumerate() {
        let end = start.wrapping_add(slot.name_len);
        // The first slot is not a member.
        if slot.name_len == name.len()
            && names.as_bytes().get(start..end) == Some(name.as_bytes())
            && index > 0
        {
            return Some((index, start));
        }
        start = end;
    }
    None
}

/// An iterator over the names and values of an [`Object`], in order. Returned by [`Object::iter`].
#[derive(Debug, Clone, Default)]
pub struct Members<'o> {
    /// The names of the members that are left.
    names: &'o str,
    slots: slice::Iter<'o, Slot>,
}

impl<'o> Iterator for Members<'o> {
    type Item = (&'o str, &'o Value);

    fn next(&mut self) -> Option<Self::Item> {
        let slot = self.slots.next()?;
        let (name, after) = self.names.split_at_checked(slot.name_len)?;
        self.names = after;
        Some((name, &slot.value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.slots.size_hint()
    }
}

impl ExactSizeIterator for Members<'_> {}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = vec::IntoIter<(String, Value)>;

    fn into_iter(mut self) -> Self::IntoIter {
        let mut slots = mem::take(&mut self.0).into_iter();
        let names = slots.next().map(|slot| slot.value);
        let mut names = names.as_ref().and_then(Value::as_str).unwrap_or_default();
        let mut members = Vec::with_capacity(slots.len());
        for slot in slots {
            let (name, after) = names.split_at_checked(slot.name_len).unwrap_or_default();
            names = after;
            members.push((String::from(name), slot.value));
        }
        members.into_iter()
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = (&'a str, &'a Value);
    type IntoIter = Members<'a>;

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

/// Two objects are equal if they have the same members in the same order.
impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        self.iter().eq(other)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members: Vec<_> = self.iter().collect();
        f.debug_tuple("Object").field(&members).finish()
    }
}

impl FromJson for Object {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.attempt(read)
    }

    #[inline(always)]
    fn placeholder() -> Option<Self> {
        Some(Object::new())
    }
}

/// Reads an object. The names are compared as they are read, up to [`COMPARED_MAX`] members; then
/// all of them at the end.
#[inline(always)]
fn read(r: &mut Reader<'_>) -> Result<Object, Error> {
    r.begin_object()?;
    let mut rest = r.next();
    if let [b'}', after @ ..] = rest {
        r.close(after);
        return Ok(Object::new());
    }
    let mut names = String::with_capacity(USUAL_NAMES_LEN);
    let mut slots = Vec::with_capacity(USUAL_LEN);
    slots.push(Slot::default());
    // Bit n is set if a name has hash n. Most new names have a hash that is not set, and are not
    // compared with the others.
    let mut hashes = 0_u64;
    let after = loop {
        let name = name(r, rest)?;
        let value = Value::from_json(r)?;
        let hash = hash(&name);
        let mut earlier = None;
        if hashes & hash != 0 && slots.len() <= COMPARED_MAX {
            earlier = find(&names, &slots, &name);
        }
        if let Some(slot) = earlier.and_then(|(index, _)| slots.get_mut(index)) {
            slot.value = value;
        } else {
            hashes |= hash;
            names.push_str(&name);
            let name_len = name.len();
            slots.push(Slot { name_len, value });
        }
        match r.next() {
            [b',', after @ ..] => rest = lexer::skip_white_space(after),
            [b'}', after @ ..] => break after,
            rest => return Err(r.error_at(rest, ReadError::MEMBER)),
        }
    };
    r.close(after);
    if slots.len() > COMPARED_MAX {
        remove_duplicates(&mut names, &mut slots);
    }
    if let Some(slot) = slots.first_mut() {
        slot.value = Value::String(names);
    }
    Ok(Object(slots))
}

/// Reads the name of the member that `rest` begins with, and the colon.
#[inline]
fn name<'j>(r: &mut Reader<'j>, rest: &'j [u8]) -> Result<Cow<'j, str>, Error> {
    let [b'"', name @ ..] = rest else {
        return Err(r.error_at(rest, ReadError::NAME));
    };
    let end = lexer::skip_unescaped(name);
    if let [b'"', b':', b' ', after @ ..] | [b'"', b':', after @ ..] = end {
        r.rest = after;
        let name = r.text.get(r.pos_of(name)..r.pos_of(end));
        return Ok(Cow::Borrowed(name.unwrap_or_default()));
    }
    let name = r.escaped_string(name, r.replaces_surrogates)?;
    match r.next() {
        [b':', after @ ..] => r.rest = after,
        rest => return Err(r.error_at(rest, ReadError::COLON)),
    }
    Ok(Cow::Owned(name))
}

/// Keeps the last of the members with the same name, at the place of the first.
#[inline(never)]
fn remove_duplicates(names: &mut String, slots: &mut Vec<Slot>) {
    let members = slots.get_mut(1..).unwrap_or_default();
    let all_names = mem::take(names);
    let mut rest = &*all_names;
    let name_of = |slot: &Slot| {
        let (name, after) = rest.split_at_checked(slot.name_len).unwrap_or_default();
        rest = after;
        name
    };
    let list: Vec<&str> = members.iter().map(name_of).collect();
    let mut len = 0_usize;
    for (index, place) in places(&list).iter().enumerate() {
        members.swap(index, *place);
        if let (true, Some(name)) = (*place == len, list.get(index)) {
            names.push_str(name);
            len = len.wrapping_add(1);
        }
    }
    slots.truncate(len.wrapping_add(1));
}

/// Returns the hash of a name, as one of 64 bits: its length and last byte, which differ in most
/// objects.
fn hash(name: &str) -> u64 {
    let last = usize::from(name.as_bytes().last().copied().unwrap_or_default());
    1 << (last.wrapping_mul(5).wrapping_add(name.len()) & 63)
}

impl ToJson for Object {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        for (name, value) in self {
            w.member(name, value);
        }
        w.end_object();
    }

    fn to_value(&self) -> Value {
        Value::Object(self.clone())
    }
}
