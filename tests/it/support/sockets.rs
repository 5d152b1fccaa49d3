//! Socket options that std does not have.

use std::net::TcpStream;

/// Makes closing the connection send a reset.
#[expect(unsafe_code, reason = "`TcpStream::set_linger` is not stable")]
pub(crate) fn reset_on_close(stream: &TcpStream) {
    use std::ffi::{c_int, c_void};
    use std::os::fd::AsRawFd;

    unsafe extern "C" {
        fn setsockopt(
            fd: c_int,
            level: c_int,
            name: c_int,
            value: *const c_void,
            len: u32,
        ) -> c_int;
    }
    let (level, name) = if cfg!(target_os = "linux") {
        (1, 13)
    } else {
        (0xffff, 0x80)
    };
    // `struct linger`: on, with a timeout of zero seconds.
    let linger: [c_int; 2] = [1, 0];
    // SAFETY: `linger` is readable for its eight bytes; the descriptor is open (socket(7)).
    let set = unsafe { setsockopt(stream.as_raw_fd(), level, name, linger.as_ptr().cast(), 8) };
    assert_eq!(set, 0);
}

/// Sets the length of the receive buffer, which limits the bytes that the system accepts before a read.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "std has no such option")]
pub(crate) fn set_receive_buffer(socket: &impl std::os::fd::AsRawFd, len: std::ffi::c_int) {
    use std::ffi::{c_int, c_void};

    unsafe extern "C" {
        fn setsockopt(
            fd: c_int,
            level: c_int,
            name: c_int,
            value: *const c_void,
            len: u32,
        ) -> c_int;
    }
    let (sol_socket, so_rcvbuf) = (1, 8);
    let value = (&raw const len).cast();
    // SAFETY: `value` is readable for its four bytes; the descriptor is open (socket(7)).
    let set = unsafe { setsockopt(socket.as_raw_fd(), sol_socket, so_rcvbuf, value, 4) };
    assert_eq!(set, 0);
}
