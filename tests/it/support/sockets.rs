//! Socket options that std does not have.

use std::ffi::{c_int, c_void};
use std::net::TcpStream;
use std::os::fd::AsRawFd;

/// Makes closing the connection send a reset.
pub(crate) fn reset_on_close(stream: &TcpStream) {
    let (level, name) = if cfg!(target_os = "linux") {
        (1, 13)
    } else {
        (0xffff, 0x80)
    };
    // `struct linger`: on, with a timeout of zero seconds.
    set_option(stream, level, name, [1, 0]);
}

/// Sets the length of the receive buffer, which limits the bytes that the system accepts before a read.
#[cfg(target_os = "linux")]
pub(crate) fn set_receive_buffer(socket: &impl AsRawFd, len: c_int) {
    let (sol_socket, so_rcvbuf) = (1, 8);
    set_option(socket, sol_socket, so_rcvbuf, [len]);
}

/// Sets an option whose value consists of `int`s.
#[expect(unsafe_code, reason = "std has no such options")]
fn set_option<const N: usize>(socket: &impl AsRawFd, level: c_int, name: c_int, value: [c_int; N]) {
    unsafe extern "C" {
        fn setsockopt(
            fd: c_int,
            level: c_int,
            name: c_int,
            value: *const c_void,
            len: u32,
        ) -> c_int;
    }
    let len = u32::try_from(size_of_val(&value)).unwrap();
    // SAFETY: `value` is readable for its `len` bytes; the descriptor is open (socket(7)).
    let set = unsafe { setsockopt(socket.as_raw_fd(), level, name, value.as_ptr().cast(), len) };
    assert_eq!(set, 0);
}
