//! JSON Pointer (RFC 6901), for trees and for texts.

use crate::encoding::lengths::subtract;
use alloc::borrow::Cow;
use alloc::string::String;
use core::str::Split;

use super::{Error, FromJson, Kind, Reader, Value};

/// Reads the value at a JSON Pointer (RFC 6901), without building a tree. Returns `None` if there is no
/// such value.
///
/// ```
/// use tiny_lambda::json;
///
/// let event = br#"{"Records": [{"body": "hi"}, {"body": "ho"}]}"#;
/// assert_eq!(json::get(event, "/Records/1/body")?, Some(String::from("ho")));
/// assert_eq!(json::get::<u64>(event, "/Records/2")?, None);
/// # Ok::<(), json::Error>(())
/// ```
///
/// The whole text is checked. If a name occurs more than once in an object, the last value counts.
///
/// # Errors
/// If `text` is not JSON, or the value is not a `T`.
pub fn get<T: FromJson>(text: &[u8], pointer: &str) -> Result<Option<T>, Error> {
    let mut r = Reader::from_bytes(text)?;
    let mut whole = r.clone();
    whole.skip()?;
    whole.end()?;
    let Some(steps) = steps(pointer) else {
        return Ok(None);
    };
    for step in steps {
        match enter(r, step)? {
            Some(inner) => r = inner,
            None => return Ok(None),
        }
    }
    T::from_json(&mut r).map(Some)
}

/// Returns a reader at the member or element `step` of the next value.
fn enter<'j>(mut r: Reader<'j>, step: &str) -> Result<Option<Reader<'j>>, Error> {
    let mut found = None;
    match r.peek()? {
        Kind::Object => {
            let Some(name) = name_of_step(step) else {
                return Ok(None);
            };
            r.begin_object()?;
            while let Some(member) = r.next_member()? {
                if member == name {
                    found = Some(r.clone());
                }
                r.skip()?;
            }
        }
        Kind::Array => {
            let Some(mut index) = index_of_step(step) else {
                return Ok(None);
            };
            r.begin_array()?;
            while r.next_element()? {
                if index == 0 {
                    return Ok(Some(r));
                }
                index = subtract(index, 1);
                r.skip()?;
            }
        }
        _ => {}
    }
    Ok(found)
}

impl Value {
    /// Returns the value at a JSON Pointer (RFC 6901): `""` is this value, `"/a/0"` the first element of
    /// its member `a`. In a name, `~1` means a slash and `~0` a tilde.
    ///
    /// ```
    /// use tiny_lambda::json;
    ///
    /// let value = json!({ "a/b": [1, 2] });
    /// assert_eq!(value.pointer("/a~1b/1"), Some(&2.into()));
    /// assert_eq!(value.pointer("/c"), None);
    /// ```
    pub fn pointer(&self, pointer: &str) -> Option<&Value> {
        let mut value = self;
        for step in steps(pointer)? {
            value = match value {
                Value::Object(object) => object.get(&name_of_step(step)?)?,
                Value::Array(array) => array.get(index_of_step(step)?)?,
                _ => return None,
            };
        }
        Some(value)
    }
}

/// Returns the steps of a pointer as they are written. `None` if it is malformed.
fn steps(pointer: &str) -> Option<Split<'_, [char; 1]>> {
    // A pattern of one `char` in place of a list has a panic path in std.
    let mut steps = pointer.split(['/']);
    if steps.next() == Some("") {
        Some(steps)
    } else {
        None
    }
}

/// Decodes a step as a name. `None` if a tilde is not followed by 0 or 1 (RFC 6901, section 3).
fn name_of_step(step: &str) -> Option<Cow<'_, str>> {
    let mut parts = step.split(['~']);
    let first = parts.next()?;
    if first.len() == step.len() {
        return Some(Cow::Borrowed(step));
    }
    let mut name = String::from(first);
    for part in parts {
        let (character, rest) = match part.split_at_checked(1)? {
            ("0", rest) => ('~', rest),
            ("1", rest) => ('/', rest),
            _ => return None,
        };
        name.push(character);
        name.push_str(rest);
    }
    Some(Cow::Owned(name))
}

/// Parses a step as an index: digits without a leading zero (RFC 6901, section 4).
fn index_of_step(step: &str) -> Option<usize> {
    let canonical = step == "0" || matches!(step.bytes().next(), Some(b'1'..=b'9'));
    if canonical { step.parse().ok() } else { None }
}
