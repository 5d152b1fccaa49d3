//! Trees of values.

use crate::encoding::lengths::{add, subtract};
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use crate::json::members::{COMPARED_MAX, hash};
use crate::json::object::Member;
use crate::json::read::errors::ReadError;
use crate::json::text::Text;
use crate::json::{Error, Number, Object, Reader, Value, read::lexer};

/// The elements and members of all arrays and objects that are open. At the end of an array or object, its own are
/// moved to a list of their number, so that a list is allocated once and has no unused capacity.
///
/// The plain form is [`Value::from_json`](crate::json::FromJson) for each value, into a `Vec` that grows. With it, a tree
/// of a feed takes 32 % more instructions at opt-level 3 (20.4 M for 15.5 M) and 41 % at z (`bench/json`).
#[derive(Default)]
struct Open {
    elements: Vec<Value>,
    members: Vec<Member>,
    /// The depth of the whole value.
    depth: u32,
}

impl<'j> Reader<'j> {
    /// Reads any value.
    pub(in crate::json) fn tree(&mut self) -> Result<Value, Error> {
        let (before, depth, first) = (self.rest, self.depth, self.first);
        let rest = self.next();
        let mut open = Open {
            depth,
            ..Open::default()
        };
        let Some((value, after)) = self.any_tree_value(rest, &mut open) else {
            (self.rest, self.depth, self.first) = (before, depth, first);
            return Err(self.last_error());
        };
        self.start = self.pos_of(rest);
        self.rest = after;
        Ok(value)
    }

    /// Reads the value that `rest` begins with. Returns it and the rest after it, or `None` after
    /// [`set_error`](Self::set_error), as the functions do that skip a value.
    ///
    /// `inline(always)` saves 4 % of the instructions of a feed; it is only for members, since it adds 900 bytes.
    #[inline(always)]
    fn tree_value(&mut self, rest: &'j [u8], open: &mut Open) -> Option<(Value, &'j [u8])> {
        Some(match rest {
            [b'"', string @ ..] => {
                let end = lexer::skip_unescaped(string);
                if let [b'"', after @ ..] = end {
                    let text = self.text.get(self.pos_of(string)..self.pos_of(end));
                    (Value::String(String::from(text.unwrap_or_default())), after)
                } else {
                    let text = self.escaped_string(string, self.replaces_surrogates);
                    (Value::String(text.ok()?), self.rest)
                }
            }
            [b'{', ..] => (Value::Object(self.tree_object(rest, open)?), self.rest),
            [b'[', ..] => (Value::Array(self.tree_array(rest, open)?), self.rest),
            [b'-' | b'0'..=b'9', ..] => {
                let after = self.skip_number(rest)?;
                let len = subtract(rest.len(), after.len());
                (Value::Number(Number::from_start(rest, len)), after)
            }
            _ => {
                let after = self.skip_literal(rest)?;
                let value = match rest {
                    [b'n', ..] => Value::Null,
                    _ => Value::Bool(matches!(rest, [b't', ..])),
                };
                (value, after)
            }
        })
    }

    /// Does the same as [`tree_value`](Self::tree_value), but is not inlined.
    #[inline(never)]
    fn any_tree_value(&mut self, rest: &'j [u8], open: &mut Open) -> Option<(Value, &'j [u8])> {
        self.tree_value(rest, open)
    }

    /// Reads the array that `rest` begins with, and moves the reader after it.
    #[inline(never)]
    fn tree_array(&mut self, rest: &'j [u8], open: &mut Open) -> Option<Vec<Value>> {
        let n_outer = open.elements.len();
        let mut rest = self.skip_bracket(rest)?;
        if !matches!(rest, [b']', ..]) {
            loop {
                let (value, after) = self.any_tree_value(rest, open)?;
                open.elements.push(value);
                rest = lexer::skip_white_space(after);
                match rest {
                    [b',', after @ ..] => rest = lexer::skip_white_space(after),
                    [b']', ..] => break,
                    _ => {
                        self.set_error(rest, ReadError::ELEMENT);
                        return None;
                    }
                }
            }
        }
        self.close(rest.get(1..)?);
        Some(split_off(
            &mut open.elements,
            n_outer,
            self.depth == open.depth,
        ))
    }

    /// Reads the object that `rest` begins with, and moves the reader after it.
    #[inline(never)]
    fn tree_object(&mut self, rest: &'j [u8], open: &mut Open) -> Option<Object> {
        let n_outer = open.members.len();
        let mut rest = self.skip_bracket(rest)?;
        // Bit n is set if a name has hash n. Most new names have a hash that is not set, and are not compared with the
        // others. A hash of the length and the last byte alone takes 7 % more instructions for a tree of a feed.
        let mut hashes = 0_u64;
        if !matches!(rest, [b'}', ..]) {
            loop {
                let [b'"', string @ ..] = rest else {
                    self.set_error(rest, ReadError::NAME);
                    return None;
                };
                let end = lexer::skip_unescaped(string);
                let (value, hash) = if let [b'"', b':', after @ ..] = end {
                    let len = subtract(string.len(), end.len());
                    match Text::short(string, len) {
                        Some(name) => open.members.push((name, None)),
                        None => self.add_name(string, end, open),
                    }
                    (after, hash(string.get(..len)?))
                } else {
                    self.slow_tree_name(string, open)?
                };
                let mut position = subtract(open.members.len(), 1);
                if hashes & hash != 0 {
                    position = find_last(&mut open.members, n_outer);
                }
                hashes |= hash;
                let value = lexer::skip_white_space_after_colon(value);
                let (value, after) = self.tree_value(value, open)?;
                // Two arms, so that no code drops what a new member has.
                match &mut open.members.get_mut(position)?.1 {
                    Some(earlier) => *earlier = value,
                    new => *new = Some(value),
                }
                rest = lexer::skip_white_space(after);
                match rest {
                    [b',', after @ ..] => rest = lexer::skip_white_space(after),
                    [b'}', ..] => break,
                    _ => {
                        self.set_error(rest, ReadError::MEMBER);
                        return None;
                    }
                }
            }
        }
        self.close(rest.get(1..)?);
        let members = split_off(&mut open.members, n_outer, self.depth == open.depth);
        Some(Object::from_members(members))
    }

    /// Adds a member whose name is the text from `name` up to `end`.
    #[inline(never)]
    fn add_name(&self, name: &[u8], end: &[u8], open: &mut Open) {
        let name = self.text.get(self.pos_of(name)..self.pos_of(end));
        let name = Text::from(name.unwrap_or_default());
        open.members.push((name, None));
    }

    /// Reads a name that has escapes or is followed by white space, and adds a member with it. `name` is the rest after its
    /// opening quote. Returns the rest after the colon, and the name's hash.
    #[inline(never)]
    fn slow_tree_name(&mut self, name: &'j [u8], open: &mut Open) -> Option<(&'j [u8], u64)> {
        let name = self.name_after_quote(name, self.replaces_surrogates).ok()?;
        open.members.push((Text::from(&*name), None));
        Some((self.rest, hash(name.as_bytes())))
    }
}

/// Removes the elements after the first `n_kept` and returns them. `is_outermost` is whether nothing more is added: the
/// list itself is returned then, unless three quarters of it would be unused.
fn split_off<T>(list: &mut Vec<T>, n_kept: usize, is_outermost: bool) -> Vec<T> {
    if is_outermost && list.len() >= list.capacity() / 4 {
        return mem::take(list);
    }
    list.split_off(n_kept.min(list.len()))
}

/// Returns the position of the first member with the same name as the last one. If that is another one, the last one is
/// removed. The members of a large object are not compared; [`Object::from_members`] finds the same names.
#[inline(never)]
fn find_last(members: &mut Vec<Member>, start: usize) -> usize {
    let last = subtract(members.len(), 1);
    let own = members.get(start..).unwrap_or_default();
    if let Some((new, others)) = own.split_last().filter(|_| own.len() <= COMPARED_MAX) {
        if let Some(position) = others.iter().position(|other| other.0 == new.0) {
            members.truncate(last);
            return add(start, position);
        }
    }
    last
}
