//! Objects as lists of members in which each name occurs once: fast for the few members of most
//! objects, and not quadratic for a hostile one.

use crate::encoding::lengths::subtract;
use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{Error, FromJson, Reader};

/// Up to this many members, a new one is compared with each. The names of a larger object are sorted
/// once, at its end.
const COMPARED_MAX: usize = 32;

/// The initial capacity of a list: half of the objects in events have more than four members, with
/// which a `Vec` would begin.
pub(super) const USUAL_LEN: usize = 8;

/// Reads an object as a list. Of members with the same name, the last value is kept, at the place of
/// the first.
pub(super) fn read_members<N, T>(members: &mut Vec<(N, T)>, r: &mut Reader<'_>) -> Result<(), Error>
where
    N: AsRef<[u8]> + for<'n> From<Cow<'n, str>>,
    T: FromJson,
{
    // Bit n is set if a name has hash n. Most new names have a hash that is not set, and are not
    // compared with the others: to read a tree of an HTTP event takes 7 % fewer instructions
    // (`bench/json`, opt-level z).
    let mut hashes = 0_u64;
    r.attempt(|r| {
        r.begin_object()?;
        while let Some(name) = r.fast_next_name()? {
            let value = T::from_json(r)?;
            let hash = hash(&name);
            if hashes & hash != 0 && members.len() < COMPARED_MAX {
                let is_same = |member: &&mut (N, T)| member.0.as_ref() == name.as_bytes();
                if let Some(member) = members.iter_mut().find(is_same) {
                    member.1 = value;
                    continue;
                }
            }
            hashes |= hash;
            if members.is_empty() {
                members.reserve(USUAL_LEN);
            }
            members.push((name.into(), value));
        }
        Ok(())
    })?;
    if members.len() > COMPARED_MAX {
        remove_duplicates(members);
    }
    Ok(())
}

/// Returns the hash of a name, as one of 64 bits: its length and last byte, which differ in most
/// objects.
fn hash(name: &str) -> u64 {
    let last = usize::from(name.as_bytes().last().copied().unwrap_or_default());
    1 << (last.wrapping_mul(5).wrapping_add(name.len()) & 63)
}

/// Keeps the last of the members with the same name, at the place of the first.
fn remove_duplicates<N: AsRef<[u8]>, T>(members: &mut Vec<(N, T)>) {
    let names = members.iter().map(|member| member.0.as_ref());
    let firsts = first_indices(names.zip(0..).collect());
    for (index, first) in firsts.iter().enumerate() {
        // The last of them is swapped last.
        members.swap(index, *first);
    }
    let mut indices = firsts.iter().enumerate();
    members.retain(|_| indices.next().is_some_and(|(index, first)| index == *first));
}

/// Returns for each name, which comes with its index, the index of the first one that is the same.
#[inline(never)]
fn first_indices(mut names: Vec<(&[u8], usize)>) -> Vec<usize> {
    sort(&mut names);
    let mut firsts = alloc::vec![0; names.len()];
    let mut first: (&[u8], usize) = (&[], usize::MAX);
    // Equal names are next to each other, ordered by index.
    for (name, index) in names {
        if name != first.0 || first.1 == usize::MAX {
            first = (name, index);
        }
        if let Some(place) = firsts.get_mut(index) {
            *place = first.1;
        }
    }
    firsts
}

/// Sorts by heap sort, which is never quadratic. std's sorts can panic. The plain form is a `BTreeMap` from
/// each name to its index, which would replace this function and most of `first_indices`. It adds 1,000
/// bytes to the zip of a function that reads a `Value` (example `echo`).
fn sort(names: &mut [(&[u8], usize)]) {
    let mut rest = names;
    for parent in (0..rest.len() / 2).rev() {
        sift_down(rest, parent);
    }
    while rest.len() > 1 {
        let last = subtract(rest.len(), 1);
        rest.swap(0, last);
        let Some((front, _)) = rest.split_at_mut_checked(last) else {
            return;
        };
        sift_down(front, 0);
        rest = front;
    }
}

/// Moves a name down the heap until it is greater than its children.
fn sift_down(heap: &mut [(&[u8], usize)], mut parent: usize) {
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
