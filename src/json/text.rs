//! Texts that are stored in place if they are short: numbers, and the names of an object's members.

use crate::encoding::lengths::prefix;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::fmt;

use crate::sys::utf8;

/// A text of up to 22 bytes is stored in place, in the 24 bytes that a string takes too, without an
/// allocation.
///
/// The plain form is `String`, with an allocation for each name of an object. To read a tree of an HTTP
/// event takes 58 % more instructions then at opt-level 3, and 16 % more at z (`bench/json`).
#[derive(Clone)]
pub(super) enum Text {
    /// The bytes after the first `len` are arbitrary.
    Short {
        len: u8,
        bytes: [u8; SHORT_LEN_MAX],
    },
    Long(Box<str>),
}

const SHORT_LEN_MAX: usize = 22;

impl Text {
    /// A name that no JSON text has, since it is not UTF-8.
    pub(super) const NO_NAME: Text = Text::Short {
        len: 1,
        bytes: [0xff; SHORT_LEN_MAX],
    };

    /// Returns the first `len` bytes of a JSON text, if they are short. More bytes are copied, always as many: that takes
    /// fewer instructions than a call of `memcpy` for each text.
    #[inline(always)]
    pub(super) fn short(json: &[u8], len: usize) -> Option<Text> {
        if len > SHORT_LEN_MAX {
            return None;
        }
        let bytes = *json.first_chunk()?;
        let len = u8::try_from(len).ok()?;
        Some(Text::Short { len, bytes })
    }

    pub(super) fn as_str(&self) -> &str {
        utf8::text(self.as_ref())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        let mut bytes = [0; SHORT_LEN_MAX];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(text.as_bytes());
                Text::Short { len, bytes }
            }
            _ => Text::Long(text.into()),
        }
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Text {
        Text::from(&*text)
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        match self {
            Text::Short { len, bytes } => prefix(bytes, (*len).into()),
            Text::Long(text) => text.as_bytes(),
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Text {}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
