//! Objects as lists of members in which each name occurs once: fast for the few members of most
//! objects, and not quadratic for a hostile one.

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

    /// Returns the position of `name` in the list. If there is none, returns the complement of the link which would lead
    /// to it in the index: a position that no list has.
    ///
    /// One loop for both kinds of lists saves 16 to 192 bytes, and one number instead of a `Result` 32 to 64 bytes, in
    /// functions that use an object as a map.
    #[inline(never)]
    pub(super) fn find(&self, name: &[u8]) -> usize {
        let (list, index) = match self {
            Members::Few(list) => (list, None),
            Members::Many(indexed) => (&indexed.list, Some(&indexed.index)),
        };
        let mut bits = index.map_or(0, |index| index.hash(name));
        let mut position = 0;
        while let Some(member) = list.get(position) {
            if member.0.as_ref() == name {
                return position;
            }
            position = match index {
                None => position.wrapping_add(1),
                Some(index) => {
                    let link = NameIndex::link(position, bits);
                    bits = bits.rotate_right(1);
                    match index.links.get(link) {
                        None | Some(0) => return !link,
                        Some(next) => *next,
                    }
                }
            };
        }
        usize::MAX
    }

    /// Sets a member, in place if it exists, else at the end. Returns its earlier value.
    pub(super) fn set(&mut self, name: N, value: T) -> Option<T> {
        let position = self.find(name.as_ref());
        let list = self.list_mut();
        if let Some(member) = list.get_mut(position) {
            return Some(mem::replace(&mut member.1, value));
        }
        push(list, name, value);
        if list.len() > COMPARED_MAX {
            self.update_index();
        }
        None
    }

    /// Adds the members that are not in the index yet.
    #[inline(never)]
    fn update_index(&mut self) {
        if let Members::Few(list) = self {
            let (list, index) = (mem::take(list), NameIndex::new());
            *self = Members::Many(Box::new(Indexed { list, index }));
        }
        while let Members::Many(indexed) = &*self {
            let new = indexed.index.links.len() / 2;
            let Some((name, _)) = indexed.list.get(new) else {
                break;
            };
            let link = !self.find(name.as_ref());
            if let Members::Many(indexed) = self {
                if let Some(link) = indexed.index.links.get_mut(link) {
                    *link = new;
                }
                indexed.index.links.extend_from_slice(&[0; 2]);
            }
        }
    }
}

/// Adds a member to a list.
pub(super) fn push<N, T>(list: &mut Vec<(N, T)>, name: N, value: T) {
    if list.is_empty() {
        list.reserve(USUAL_LEN);
    }
    list.push((name, value));
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
            push(members.list_mut(), name.into(), value);
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
