//! An index of the names of a large object's members.

use alloc::vec::Vec;

use crate::sys;

/// The members of a list as a digital search tree (Knuth, volume 3, section 6.3): a search begins at the first member, and
/// goes on to one of two next members, by a bit of the name's hash.
///
/// A client may send names that have the same hash, with which the tree would be a list. So each index has a random key, and
/// the client would have to guess it.
///
/// The plain form is a `BTreeMap` from each name to its position, with a second copy of the names.
#[derive(Debug, Clone)]
pub(super) struct NameIndex {
    /// The next members of each member, two for each, or 0: the first member is never a next one.
    pub(super) links: Vec<usize>,
    /// Members that were removed. The list still has them, with a name that no search finds.
    pub(super) n_removed: usize,
    /// The key of the hashes.
    key: u64,
}

impl NameIndex {
    /// Returns an index without names.
    pub(super) fn new() -> NameIndex {
        NameIndex {
            links: Vec::new(),
            n_removed: 0,
            key: u64::from(sys::random_u32() >> 2 | 1),
        }
    }

    /// Returns the bits of a name, the first one in the lowest place.
    pub(super) fn hash(&self, name: &[u8]) -> u64 {
        hash(name, self.key)
    }

    /// Returns the index of the link from a member to the next one by the lowest of `bits`.
    pub(super) fn link(position: usize, bits: u64) -> usize {
        position.wrapping_mul(2) | usize::from(bits & 1 != 0)
    }
}

/// Returns the hash of a name, which is below 2^32, with a key below 2^30.
///
/// The bytes, increased by 1, are the coefficients of a polynomial, and the hash is its value at the key, modulo the prime
/// 2^31 - 1. Two names are two polynomials, and these have the same value for at most as many keys as the longer name has
/// bytes (Carter and Wegman, "Universal classes of hash functions", 1979).
pub(super) fn hash(name: &[u8], key: u64) -> u64 {
    name.iter().fold(0, |hash: u64, byte| {
        let sum = hash.wrapping_add(u64::from(*byte)).wrapping_add(1);
        let product = sum.wrapping_mul(key);
        // 2^31 is 1 modulo the prime. The sum is below 2^32, since the key is below 2^30.
        (product & 0x7fff_ffff).wrapping_add(product >> 31)
    })
}
