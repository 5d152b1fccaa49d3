//! Objects as lists of members in which each name occurs once: fast for the few members of most
//! objects, and not quadratic for a hostile one.

use crate::encoding::lengths::add;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use super::name_index::NameIndex;
use super::{Error, Reader};

/// Up to this many members, a name is compared with each. The names of a larger object have an index.
const COMPARED_MAX: usize = 32;

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

/// Reads an object into a list that is empty, with `read` for the values. Of members with the same name, the last
/// value is kept, at the place of the first.
#[inline]
pub(super) fn read_members<N, T>(
    mut list: Vec<(N, T)>,
    r: &mut Reader<'_>,
    read: impl Fn(&mut Reader<'_>) -> Result<T, Error>,
) -> Result<Members<N, T>, Error>
where
    N: AsRef<[u8]> + for<'n> From<Cow<'n, str>>,
{
    // Bit n is set if a name has hash n. Most new names have a hash that is not set, and are not
    // compared with the others: to read a tree of an HTTP event takes 7 % fewer instructions
    // (`bench/json`, opt-level z).
    let mut hashes = 0_u64;
    r.attempt(|r| {
        r.begin_object()?;
        while list.len() < COMPARED_MAX {
            let Some(name) = r.fast_next_name()? else {
                return Ok(Members::Few(list));
            };
            let value = read(r)?;
            let hash = hash(&name);
            if hashes & hash != 0 {
                let is_same = |member: &&mut (N, T)| member.0.as_ref() == name.as_bytes();
                if let Some(member) = list.iter_mut().find(is_same) {
                    member.1 = value;
                    continue;
                }
            }
            hashes |= hash;
            if list.is_empty() {
                list.reserve(USUAL_LEN);
            }
            list.push((name.into(), value));
        }
        let mut members = Members::Few(list);
        while let Some(name) = r.next_name(r.replaces_surrogates)? {
            let value = read(r)?;
            members.set(name.into(), value);
        }
        Ok(members)
    })
}

/// Returns the hash of a name, as one of 64 bits: its length and last byte, which differ in most
/// objects.
fn hash(name: &str) -> u64 {
    let last = usize::from(name.as_bytes().last().copied().unwrap_or_default());
    1 << (last.wrapping_mul(5).wrapping_add(name.len()) & 63)
}
