//! Objects as lists of members in which each name occurs once: fast for the few members of most
//! objects, and not quadratic for a hostile one.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Error, FromJson, Reader};

/// Up to this many members, a new one is compared with each. The names of a larger object are sorted
/// once, at its end.
pub(super) const COMPARED_MAX: usize = 32;

/// The initial capacity of a list: half of the objects in events have more than four members, with
/// which a `Vec` would begin.
pub(super) const USUAL_LEN: usize = 8;

/// Reads an object as a list. Of members with the same name, the last value is kept, at the place of
/// the first.
pub(super) fn read_members<T: FromJson>(
    members: &mut Vec<(String, T)>,
    r: &mut Reader<'_>,
) -> Result<(), Error> {
    r.members_with(&mut |name, r| {
        let value = T::from_json(r)?;
        if members.len() < COMPARED_MAX {
            if let Some(member) = members.iter_mut().find(|member| member.0 == name) {
                member.1 = value;
                return Ok(());
            }
        }
        if members.is_empty() {
            members.reserve(USUAL_LEN);
        }
        members.push((name.into_owned(), value));
        Ok(())
    })?;
    if members.len() > COMPARED_MAX {
        remove_duplicates(members);
    }
    Ok(())
}

/// Keeps the last of the members with the same name, at the place of the first.
fn remove_duplicates<T>(members: &mut Vec<(String, T)>) {
    let names: Vec<&str> = members.iter().map(|member| &*member.0).collect();
    let mut len = 0_usize;
    for (index, place) in places(&names).into_iter().enumerate() {
        members.swap(index, place);
        len = len.max(place.wrapping_add(1));
    }
    members.truncate(len);
}

/// Returns the place to which each of the members with these names is swapped, in order, to keep the
/// last of those with the same name at the place of the first. The others go after those that are kept.
#[inline(never)]
pub(super) fn places(names: &[&str]) -> Vec<usize> {
    let mut sorted: Vec<(&str, usize)> = Vec::with_capacity(names.len());
    sorted.extend(names.iter().enumerate().map(|(index, name)| (*name, index)));
    sort(&mut sorted);
    // The index of the first member with the same name. Members with the same name are next to each
    // other, ordered by index.
    let mut places = alloc::vec![0; names.len()];
    let mut first = ("", usize::MAX);
    for (name, index) in sorted {
        if name != first.0 || first.1 == usize::MAX {
            first = (name, index);
        }
        if let Some(place) = places.get_mut(index) {
            *place = first.1;
        }
    }
    // The place of that first member: the number of different names before it.
    let mut len = 0_usize;
    for index in 0..places.len() {
        let first = places.get(index).copied().unwrap_or_default();
        let mut place = places.get(first).copied().unwrap_or_default();
        if first == index {
            place = len;
            len = len.wrapping_add(1);
        }
        if let Some(to) = places.get_mut(index) {
            *to = place;
        }
    }
    places
}

/// Sorts by heap sort, which is never quadratic. std's sorts can panic; a `BTreeMap` from each name to
/// its place would replace this function and half of `places`, but adds 1,000 bytes to the zip of a
/// function that reads a `Value` (example `echo`).
fn sort(names: &mut [(&str, usize)]) {
    let mut rest = names;
    for parent in (0..rest.len() / 2).rev() {
        sift_down(rest, parent);
    }
    while rest.len() > 1 {
        let last = rest.len().wrapping_sub(1);
        rest.swap(0, last);
        let Some((front, _)) = rest.split_at_mut_checked(last) else {
            return;
        };
        sift_down(front, 0);
        rest = front;
    }
}

/// Moves a name down the heap until it is greater than its children.
fn sift_down(heap: &mut [(&str, usize)], mut parent: usize) {
    loop {
        let left = parent.wrapping_mul(2).wrapping_add(1);
        let right = left.wrapping_add(1);
        let greater = if heap.get(right) > heap.get(left) {
            right
        } else {
            left
        };
        if heap.get(greater) <= heap.get(parent) {
            return;
        }
        heap.swap(parent, greater);
        parent = greater;
    }
}
