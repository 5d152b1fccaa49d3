//! An index of the names of a large object's members.

use alloc::vec::Vec;

/// The members of a list as a digital search tree (Knuth, volume 3, section 6.3): a search begins at the first member, and
/// goes on to one of two next members, by a bit of the name's hash.
///
/// A client may send names that have the same hash. After the bits of the hash come those of the hash of the name without
/// its first byte, and so on. Names of the same length have a different hash at the latest where it begins with the last byte
/// in which they differ, so hostile names do not make the tree a list.
///
/// The plain form is a `BTreeMap` from each name to its position, with a second copy of the names. A function that inserts
/// members has 949 bytes less without an index, and 353 more with a crit-bit tree, which is as fast.
#[derive(Debug, Clone, Default)]
pub(super) struct NameIndex {
    /// The next members of each member, two for each, or 0: the first member is never a next one.
    links: Vec<usize>,
    /// Members that were removed. The list still has them, with a name that no search finds.
    pub(super) n_removed: usize,
}

impl NameIndex {
    /// Searches a name. Returns its position, or the index of the link which would lead to it.
    #[inline(never)]
    pub(super) fn find<N: AsRef<[u8]>, T>(
        &self,
        list: &[(N, T)],
        name: &[u8],
    ) -> Result<usize, usize> {
        let (mut position, mut rest) = (0, name);
        // The highest bit that is set is not one of the hash.
        let mut bits = 1;
        while let Some(member) = list.get(position) {
            if member.0.as_ref() == name {
                break;
            }
            if bits == 1 {
                bits = hash(rest) | 1 << 63;
                rest = rest.get(1..).unwrap_or_default();
            }
            let link = position.wrapping_mul(2) | usize::from(bits & 1 != 0);
            bits >>= 1;
            match self.links.get(link) {
                None | Some(0) => return Err(link),
                Some(next) => position = *next,
            }
        }
        Ok(position)
    }

    /// Adds the members that are not in the index yet.
    #[inline(never)]
    pub(super) fn update<N: AsRef<[u8]>, T>(&mut self, list: &[(N, T)]) {
        while let Some((name, _)) = list.get(self.links.len() / 2) {
            let link = self.find(list, name.as_ref()).unwrap_or_else(|link| link);
            let new = self.links.len() / 2;
            if let Some(link) = self.links.get_mut(link) {
                *link = new;
            }
            self.links.extend_from_slice(&[0; 2]);
        }
    }
}

/// Returns the hash of a name. Each step is a bijection, so that names which differ in one byte have different hashes.
pub(super) fn hash(name: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash = name.iter().fold(0, step);
    hash ^ hash >> 32
}
