//! Hash maps, which `core` and `alloc` do not have.

use alloc::string::String;
use std::collections::HashMap;
use std::hash::BuildHasher;

use super::{Error, FromJson, Reader, ToJson, Writer};

/// An object. If a name occurs more than once, the last value counts.
impl<T: FromJson, S: BuildHasher + Default> FromJson for HashMap<String, T, S> {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        let mut map = HashMap::default();
        map.read_json(r)?;
        Ok(map)
    }

    fn read_json(&mut self, r: &mut Reader<'_>) -> Result<(), Error> {
        self.clear();
        r.members_with(&mut |name, r| {
            let value = T::from_json(r)?;
            self.insert(name.into_owned(), value);
            Ok(())
        })
    }

    #[inline(always)]
    fn placeholder() -> Option<Self> {
        Some(HashMap::default())
    }
}

/// An object, whose members are in no particular order.
impl<N: AsRef<str>, T: ToJson, S> ToJson for HashMap<N, T, S> {
    fn to_json(&self, w: &mut Writer) {
        w.begin_object();
        for (name, value) in self {
            w.member(name.as_ref(), value);
        }
        w.end_object();
    }
}
