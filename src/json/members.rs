//! Objects as lists of members, no name twice: fast for the few members of most objects, and not
//! quadratic for a hostile one.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Error, FromJson, Reader};

/// Up to how many members a new one is compared with each; above, all are sorted once.
const COMPARED_MAX: usize = 32;

/// How many members there is place for at first: half of the objects in events have more than
/// four, which is where a list would begin.
const USUAL_LEN: usize = 8;

/// Reads an object as a list; of members with one name the last wins, at the place of the first.
pub(super) fn read_members<T: FromJson>(r: &mut Reader<'_>) -> Result<Vec<(String, T)>, Error> {
    let mut members: Vec<(String, T)> = Vec::new();
    r.begin_object()?;
    while let Some(name) = r.next_member()? {
        let value = T::from_json(r)?;
        if members.len() < COMPARED_MAX {
            if let Some(member) = members.iter_mut().find(|member| member.0 == name) {
                member.1 = value;
                continue;
            }
        }
        if members.is_empty() {
            members.reserve(USUAL_LEN);
        }
        members.push((name.into_owned(), value));
    }
    if members.len() > COMPARED_MAX {
        remove_duplicates(&mut members);
    }
    Ok(members)
}

#[cold]
fn remove_duplicates<T>(members: &mut Vec<(String, T)>) {
    let mut names: Vec<(&str, usize)> = Vec::with_capacity(members.len());
    names.extend(
        members
            .iter()
            .enumerate()
            .map(|(index, member)| (&*member.0, index)),
    );
    sort(&mut names);
    // Each but the first of those with one name, with the place of the first.
    let mut duplicates: Vec<(usize, usize)> = Vec::new();
    let mut first = ("", usize::MAX);
    for (name, index) in names {
        if first == (name, first.1) && first.1 != usize::MAX {
            duplicates.push((index, first.1));
        } else {
            first = (name, index);
        }
    }
    // In their order, so that the last is the last to take the place.
    for (index, place) in &duplicates {
        members.swap(*index, *place);
    }
    let mut removed = alloc::vec![false; members.len()];
    for (index, _) in duplicates {
        if let Some(removed) = removed.get_mut(index) {
            *removed = true;
        }
    }
    let mut removed = removed.iter();
    members.retain(|_| removed.next() == Some(&false));
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
