//! Objects as lists of members in which each name occurs once: fast for the few members of most
//! objects, and not quadratic for a hostile one.

use crate::encoding::lengths::add;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::name_index::NameIndex;
use super::{Error, FromJson, Reader};

/// Up to this many members, a name is compared with each. The names of a larger object have an index.
pub(super) const COMPARED_MAX: usize = 32;

/// The initial capacity of a list: half of the objects in events have more than four members, with
/// which a `Vec` would begin.
const USUAL_LEN: usize = 8;

/// The members of an object, in order.
#[derive(Clone)]
pub(super) enum Members<N, T> {
    /// A list without an index.
    Few(Vec<(N, T)>),
    Many(Box<Indexed<N, T>>),
}

/// A list with an index of its names.
#[derive(Clone)]
pub(super) struct Indexed<N, T> {
    pub(super) list: Vec<(N, T)>,
    pub(super) index: NameIndex,
}

impl<N: AsRef<[u8]>, T> Members<N, T> {
    pub(super) fn list(&self) -> &[(N, T)] {
        match self {
            Members::Few(list) => list,
            Members::Many(indexed) => &indexed.list,
        }
    }

    pub(super) fn list_mut(&mut self) -> &mut Vec<(N, T)> {
        match self {
            Members::Few(list) => list,
            Members::Many(indexed) => &mut indexed.list,
        }
    }

    fn index(&self) -> Option<&NameIndex> {
        match self {
            Members::Few(_) => None,
            Members::Many(indexed) => Some(&indexed.index),
        }
    }

    /// Returns the position of `name` in the list.
    pub(super) fn position(&self, name: &[u8]) -> Option<usize> {
        let candidate = self.index().map(|index| index.candidate(name));
        let mut position = candidate.unwrap_or_default();
        loop {
            if self.list().get(position)?.0.as_ref() == name {
                return Some(position);
            }
            if candidate.is_some() {
                return None;
            }
            position = add(position, 1);
        }
    }

    /// Sets a member, in place if it exists, else at the end. Returns its earlier value.
    pub(super) fn set(&mut self, name: N, value: T) -> Option<T> {
        if let Some(position) = self.position(name.as_ref()) {
            let member = self.list_mut().get_mut(position)?;
            return Some(mem::replace(&mut member.1, value));
        }
        self.push(name, value);
        self.update_index();
        None
    }

    /// Adds a member whose name is new. The caller calls [`update_index`](Self::update_index).
    pub(super) fn push(&mut self, name: N, value: T) {
        let list = self.list_mut();
        if list.is_empty() {
            list.reserve(USUAL_LEN);
        }
        list.push((name, value));
    }

    /// Adds the members to the index that are not in it yet, if there are so many that there is one.
    pub(super) fn update_index(&mut self) {
        match self {
            Members::Many(indexed) => indexed.update_index(),
            Members::Few(list) if list.len() > COMPARED_MAX => {
                let (list, index) = (mem::take(list), NameIndex::new());
                let mut indexed = Box::new(Indexed { list, index });
                indexed.update_index();
                *self = Members::Many(indexed);
            }
            Members::Few(_) => {}
        }
    }
}

impl<N: AsRef<[u8]>, T> Indexed<N, T> {
    /// Adds the names that are not in the index yet.
    #[inline(never)]
    fn update_index(&mut self) {
        let name = |position: usize| Some(self.list.get(position)?.0.as_ref());
        while let Some(new) = name(self.index.len) {
            let candidate = name(self.index.candidate(new));
            self.index.insert(new, candidate.unwrap_or_default());
        }
    }
}

/// Reads an object into a list that is empty. Of members with the same name, the last value is kept, at the place of
/// the first.
pub(super) fn read_members<T: FromJson>(
    list: &mut Vec<(String, T)>,
    r: &mut Reader<'_>,
) -> Result<(), Error> {
    let mut members = Members::Few(mem::take(list));
    // Bit n is set if a name has hash n, see `Reader::tree_object`.
    let mut hashes = 0_u64;
    r.members_with(&mut |name, r| {
        let value = T::from_json(r)?;
        let hash = hash(name.as_bytes());
        if hashes & hash == 0 && members.list().len() < COMPARED_MAX {
            members.push(name.into(), value);
        } else {
            members.set(name.into(), value);
        }
        hashes |= hash;
        Ok(())
    })?;
    *list = mem::take(members.list_mut());
    Ok(())
}

/// Returns the hash of a name, as one of 64 bits: its length, and its first and last byte, which differ in most objects.
pub(super) fn hash(name: &[u8]) -> u64 {
    let byte = |byte: Option<&u8>| usize::from(byte.copied().unwrap_or_default());
    let (first, last) = (byte(name.first()), byte(name.last()));
    let sum = first.wrapping_mul(11).wrapping_add(last.wrapping_mul(5));
    1 << (sum.wrapping_add(name.len()) & 63)
}
