//! The only unsafe code: what the operating system offers and std does not, or only with a copy
//! or with kilobytes.
#![allow(unsafe_code)]

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod call;
#[cfg(all(
    feature = "allocator",
    target_os = "linux",
    target_pointer_width = "64",
    any(test, all(not(debug_assertions), target_env = "musl"))
))]
mod heap;
/// The system's allocator, which is the better one to look for mistakes with, and elsewhere than
/// with musl: it knows itself what to give back.
#[cfg(not(all(
    feature = "allocator",
    target_os = "linux",
    target_pointer_width = "64",
    any(test, all(not(debug_assertions), target_env = "musl"))
)))]
mod heap {
    pub(crate) fn trim_heap() {}
}
mod own;
#[cfg(all(feature = "emulator", target_os = "linux"))]
mod process;
#[cfg(target_os = "linux")]
mod signal;
pub(crate) mod simd;
mod socket;
mod thread;
#[cfg(all(not(debug_assertions), target_env = "musl", panic = "abort"))]
mod unwind;
#[cfg(all(
    not(debug_assertions),
    target_env = "musl",
    target_feature = "crt-static",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    panic = "unwind"
))]
mod unwinder;

pub(crate) use heap::trim_heap;
pub(crate) use own::*;
#[cfg(all(feature = "emulator", target_os = "linux"))]
pub(crate) use process::*;
#[cfg(target_os = "linux")]
pub(crate) use signal::*;
pub(crate) use socket::*;
pub(crate) use thread::*;

/// Linux's numbers, for processes that there are none of elsewhere.
#[cfg(all(feature = "emulator", not(target_os = "linux")))]
pub(crate) const SIGTERM: i32 = 15;
#[cfg(all(feature = "emulator", not(target_os = "linux")))]
pub(crate) const SIGCONT: i32 = 18;
#[cfg(all(feature = "emulator", not(target_os = "linux")))]
pub(crate) const SIGSTOP: i32 = 19;

#[cfg(all(feature = "emulator", not(target_os = "linux")))]
pub(crate) fn descriptor_limit() -> Option<usize> {
    None
}

#[cfg(all(feature = "emulator", not(target_os = "linux")))]
pub(crate) fn raise_descriptor_limit() {}

/// Elsewhere nobody knows.
#[cfg(all(feature = "emulator", not(target_os = "linux")))]
pub(crate) fn is_readable(_: &std::net::TcpStream, _: bool) -> bool {
    false
}

/// Where there are no signals to be had, nothing comes out of this pipe.
#[cfg(all(feature = "emulator", not(target_os = "linux")))]
pub(crate) fn interrupts() -> std::io::Result<std::net::TcpStream> {
    Err(std::io::ErrorKind::Unsupported.into())
}
