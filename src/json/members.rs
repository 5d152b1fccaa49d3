//! Objects as lists of members, no name twice: fast for the few members of most objects, and not
//! quadratic for a hostile one.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Error, FromJson, Reader};

/// Up to how many members a new one is compared with each; above, all are sorted once.
pub(super) const COMPARED_MAX: usize = 32;

/// How many members there is place for at first: half of the objects in events have more than
/// four, which is where a list would begin.
pub(super) const USUAL_LEN: usize = 8;

/// Reads an object as a list; of members with one name the last wins, at the place of the first.
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

fn remove_duplicates<T>(members: &mut Vec<(String, T)>) {
    let names: Vec<&str> = members.iter().map(|member| &*member.0).collect();
    let mut len = 0_usize;
    for (index, place) in places(&names).into_iter().enumerate() {
        members.swap(index, place);
        len = len.max(place.wrapping_add(1));
    }
    members.truncate(len);
}

/// Where each of the members with these names is to go, one after the other, so that of those with
/// one name the last is left, at the place of the first. The others go behind all that are left.
#[inline(never)]
pub(super) fn places(names: &[&str]) -> Vec<usize> {
    let mut sorted: Vec<(&str, usize)> = Vec::with_capacity(names.len());
    sorted.extend(names.iter().enumerate().map(|(index, name)| (*name, index)));
    sort(&mut sorted);
    // The first with the same name.
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
    // Its place, once those before it that have a name again are gone.
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

/// Heap sort: a tenth of the code of std's, and never quadratic.
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

/// Moves a name down the heap until it is greater than those under it.
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
