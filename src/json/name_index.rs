//! An index of the names of a large object's members.

use crate::encoding::lengths::add;
use alloc::vec::Vec;

/// The positions of names in a list, as a crit-bit tree: a binary tree in which each node compares one bit, the
/// first one in which the names on its two sides differ (D. J. Bernstein, "Crit-bit trees"). A path has at most
/// as many nodes as its name has bits, whatever the other names are, so that hostile names cannot make a search
/// slow. The names are in the list only.
///
/// The plain form is a `BTreeMap` from each name to its position, with a second copy of the names.
#[derive(Debug, Clone)]
pub(super) struct NameIndex {
    root: Link,
    nodes: Vec<Node>,
    /// The position of the name that is added next.
    pub(super) len: usize,
    /// Names that were removed. The list still has them.
    pub(super) n_removed: usize,
}

/// The index of a node; or a position in the list, inverted. No list is so long that the two overlap.
type Link = usize;

#[derive(Debug, Clone)]
struct Node {
    /// The bit that is compared: the index of its byte times 8, plus its place in the byte, from the highest bit.
    bit: usize,
    /// The names whose bit is 0, and those whose bit is 1.
    links: [Link; 2],
}

impl Node {
    /// Returns the links on the side of `name` and on the other one.
    fn links(&mut self, name: &[u8]) -> (&mut Link, &mut Link) {
        let [zero, one] = &mut self.links;
        if has_bit(name, self.bit) {
            (one, zero)
        } else {
            (zero, one)
        }
    }
}

#[inline(never)]
fn has_bit(name: &[u8], bit: usize) -> bool {
    byte(name, bit / 8) << (bit % 8) & 0x80 != 0
}

/// Returns a byte of a name. After its end there are bytes that UTF-8 does not have, so that no name is the
/// beginning of another one.
fn byte(name: &[u8], index: usize) -> u8 {
    name.get(index).copied().unwrap_or(0xFF)
}

impl NameIndex {
    /// Returns the index of a list that has one name, at position 0.
    pub(super) const fn new() -> NameIndex {
        NameIndex {
            root: !0,
            nodes: Vec::new(),
            len: 1,
            n_removed: 0,
        }
    }

    /// Returns the position at which `name` is if the list has it. The list may have another name there.
    pub(super) fn candidate(&self, name: &[u8]) -> usize {
        !self.walk(name, usize::MAX).link
    }

    /// Adds `name`, which is not in the list and will be at `position`. `candidate` is the name at the position
    /// that [`candidate`](Self::candidate) returned.
    pub(super) fn insert(&mut self, name: &[u8], candidate: &[u8]) {
        let bit = first_difference(name, candidate);
        let path = self.walk(name, bit);
        let mut node = Node {
            bit,
            links: [path.link; 2],
        };
        *node.links(name).0 = !self.len;
        let index = self.nodes.len();
        *self.link(path.parent, name) = index;
        self.nodes.push(node);
        self.len = add(self.len, 1);
    }

    /// Removes `name`, which is in the list and is not the only one.
    pub(super) fn remove(&mut self, name: &[u8]) {
        let path = self.walk(name, usize::MAX);
        if let Some(node) = self.nodes.get_mut(path.parent) {
            let other = *node.links(name).1;
            *self.link(path.grandparent, name) = other;
        }
        self.n_removed = add(self.n_removed, 1);
    }

    /// Follows `name` from the root to the first node that compares `bit` or one after it, or to a position.
    fn walk(&self, name: &[u8], bit: usize) -> Path {
        let mut path = Path {
            grandparent: usize::MAX,
            parent: usize::MAX,
            link: self.root,
        };
        while let Some(node) = self.nodes.get(path.link).filter(|node| node.bit < bit) {
            let [zero, one] = node.links;
            path = Path {
                grandparent: path.parent,
                parent: path.link,
                link: if has_bit(name, node.bit) { one } else { zero },
            };
        }
        path
    }

    /// Returns the link of a node on the side of `name`, or the root if there is no such node.
    fn link(&mut self, node: usize, name: &[u8]) -> &mut Link {
        match self.nodes.get_mut(node) {
            Some(node) => node.links(name).0,
            None => &mut self.root,
        }
    }
}

/// The end of a walk: a link, and the nodes before it, or `usize::MAX`.
struct Path {
    grandparent: usize,
    parent: usize,
    link: Link,
}

/// Returns the first bit in which two different names differ, as [`Node::bit`] has it.
fn first_difference(a: &[u8], b: &[u8]) -> usize {
    let mut index = 0;
    while byte(a, index) == byte(b, index) && index < a.len() {
        index = add(index, 1);
    }
    let bits = byte(a, index) ^ byte(b, index);
    add(index.wrapping_mul(8), bits.leading_zeros() as usize)
}
