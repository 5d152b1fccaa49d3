//! Socket options that std does not have.

use std::ffi::{c_int, c_void};
use std::net::TcpStream;
#[cfg(unix)]
use std::os::fd::AsRawFd as Socket;
#[cfg(windows)]
use std::os::windows::io::AsRawSocket as Socket;

/// Makes closing the connection send a reset.
pub(crate) fn reset_on_close(stream: &TcpStream) {
    let (level, name) = if cfg!(target_os = "linux") {
        (1, 13)
    } else {
        (0xffff, 0x80)
    };
    // `struct linger`: on, with a timeout of zero seconds. Its fields are `int`s, but on Windows `u_short`s.
    #[cfg(unix)]
    set_option(stream, level, name, [1_i32, 0]);
    #[cfg(windows)]
    set_option(stream, level, name, [1_u16, 0]);
}

/// Sets the length of the receive buffer, which limits the bytes that the system accepts before a read.
#[cfg(unix)]
pub(crate) fn set_receive_buffer(socket: &impl Socket, len: c_int) {
    let (sol_socket, so_rcvbuf) = if cfg!(target_os = "linux") {
        (1, 8)
    } else {
        (0xffff, 0x1002)
    };
    set_option(socket, sol_socket, so_rcvbuf, [len]);
}

/// Sets an option whose value consists of numbers.
#[expect(unsafe_code, reason = "std has no such options")]
fn set_option<const N: usize, T>(socket: &impl Socket, level: c_int, name: c_int, value: [T; N]) {
    #[cfg(unix)]
    type RawSocket = c_int;
    #[cfg(windows)]
    type RawSocket = std::os::windows::io::RawSocket;

    unsafe extern "system" {
        fn setsockopt(
            socket: RawSocket,
            level: c_int,
            name: c_int,
            value: *const c_void,
            len: u32,
        ) -> c_int;
    }
    #[cfg(unix)]
    let socket = socket.as_raw_fd();
    #[cfg(windows)]
    let socket = socket.as_raw_socket();
    let len = u32::try_from(size_of_val(&value)).unwrap();
    // SAFETY: `value` is readable for its `len` bytes; the descriptor is open (socket(7)).
    let set = unsafe { setsockopt(socket, level, name, value.as_ptr().cast(), len) };
    assert_eq!(set, 0);
}
