//! [`Errno`]: why a system call failed.

use alloc::string::String;
use std::io;

use crate::encoding::push_decimal;

/// Why a system call failed: the value of `errno` (errno(3)).
///
/// The plain form is std's `io::Error`, whose texts and conversions are 4 KB of the executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errno(pub(super) i32);

/// Returns the number that an error has on this system; `bsd` also has those of macOS.
const fn number(linux: i32, bsd: i32, windows: i32) -> Errno {
    Errno(if cfg!(windows) {
        windows
    } else if cfg!(target_os = "linux") {
        linux
    } else {
        bsd
    })
}

impl Errno {
    const NAMES: [(Errno, &'static str); 8] = [
        (Errno::BROKEN_PIPE, "Broken pipe"),
        (number(101, 51, 10_051), "Network unreachable"),
        (Errno::CONNECTION_RESET, "Connection reset"),
        (Errno::TIMED_OUT, "Timed out"),
        (Errno::CONNECTION_REFUSED, "Connection refused"),
        (number(113, 65, 10_065), "Host unreachable"),
        (number(24, 24, 10_024), "Too many open files"),
        (number(12, 12, 8), "Out of memory"),
    ];
    pub(crate) const BROKEN_PIPE: Errno = number(32, 32, 109);
    pub(crate) const CONNECTION_RESET: Errno = number(104, 54, 10_054);
    /// Nothing listens at the address.
    pub(crate) const CONNECTION_REFUSED: Errno = number(111, 61, 10_061);
    pub(crate) const TIMED_OUT: Errno = number(110, 60, 10_060);
    pub(super) const WOULD_BLOCK: Errno = number(11, 35, 10_035);
    /// No socket reports this error (`EDEADLK`).
    const NEVER: Errno = number(35, 11, 35);
    pub(super) const INTERRUPTED: Errno = number(4, 4, 10_004);

    /// Returns whether a signal interrupted the call (`EINTR`), so that the caller repeats it.
    pub(crate) fn is_interrupted(self) -> bool {
        self == Errno::INTERRUPTED
    }

    /// Returns whether the socket's timeout passed (`EAGAIN`). The caller may repeat the call.
    pub(crate) fn is_would_block(self) -> bool {
        // The second number saves 16 bytes of the zip of `hello` in profile `tiny`.
        matches!(self, Errno::WOULD_BLOCK | Errno::NEVER)
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
