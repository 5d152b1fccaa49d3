//! [`Errno`]: why a system call failed.

use alloc::string::String;
use std::io;

use crate::encoding::push_decimal;

/// Why a system call failed: the value of `errno` (errno(3)).
///
/// The plain form is std's `io::Error`, whose texts and conversions are 4 KB of the executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errno(pub(super) i32);

// These are Linux's numbers, which are the same on x86_64 and arm64. On other systems an error whose
// number differs is shown without its name.
impl Errno {
    const NAMES: [(Errno, &'static str); 8] = [
        (Errno::BROKEN_PIPE, "Broken pipe"),
        (Errno(101), "Network unreachable"),
        (Errno::CONNECTION_RESET, "Connection reset"),
        (Errno::TIMED_OUT, "Timed out"),
        (Errno(111), "Connection refused"),
        (Errno(113), "Host unreachable"),
        (Errno(24), "Too many open files"),
        (Errno(12), "Out of memory"),
    ];
    pub(crate) const BROKEN_PIPE: Errno = Errno(32);
    pub(crate) const CONNECTION_RESET: Errno = Errno(104);
    pub(super) const TIMED_OUT: Errno = Errno(110);

    /// Returns whether a signal interrupted the call (`EINTR`), so that the caller repeats it.
    pub(crate) fn is_interrupted(self) -> bool {
        self == Errno(4)
    }

    /// Returns whether the socket's timeout passed (`EAGAIN`: 11 on Linux, 35 on macOS). The caller may
    /// repeat the call.
    pub(crate) fn is_would_block(self) -> bool {
        matches!(self, Errno(11 | 35))
    }

    /// Returns `prefix` followed by the error's name and number: `cannot send: Broken pipe (os error 32)`.
    pub(crate) fn message(self, prefix: &str) -> String {
        let mut text = String::from(prefix);
        let known = Errno::NAMES.iter().find(|(errno, _)| *errno == self);
        text.push_str(known.map_or("Error", |(_, name)| name));
        text.push_str(" (os error ");
        push_decimal(&mut text, self.0.unsigned_abs().into());
        text.push(')');
        text
    }
}

impl From<Errno> for io::Error {
    fn from(errno: Errno) -> io::Error {
        io::Error::from_raw_os_error(errno.0)
    }
}
