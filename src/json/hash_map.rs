//! Hash maps and hash sets, which `core` and `alloc` do not have.

use alloc::string::String;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

use super::borrow::map;
use super::impls::{sets, write_members};
use super::{Error, FromJson, Reader, ToJson, Writer};

map!(FromJson<> from_json '_, HashMap<String, T, S>, S);

/// An object, whose members are in no particular order.
impl<N: AsRef<str>, T: ToJson, S> ToJson for HashMap<N, T, S> {
    fn to_json(&self, w: &mut Writer) {
        write_members(self, w);
    }
}

sets!(HashSet<T, S>, Eq Hash);
