//! The only unsafe code: what the operating system offers and std does not, or only with a copy
//! or with kilobytes.
#![allow(unsafe_code)]

#[cfg(all(
    feature = "allocator",
    target_os = "linux",
    target_pointer_width = "64",
    any(test, all(not(debug_assertions), target_env = "musl"))
))]
mod allocator;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod syscall;
/// The system's allocator, which is the better one to look for mistakes with, and elsewhere than
/// with musl: it knows itself what to give back.
#[cfg(not(all(
    feature = "allocator",
    target_os = "linux",
    target_pointer_width = "64",
    any(test, all(not(debug_assertions), target_env = "musl"))
)))]
mod allocator {
    pub(crate) fn trim_heap() {}
}
#[cfg(all(feature = "emulator", target_os = "linux"))]
mod child;
mod os;
#[cfg(target_os = "linux")]
mod signal;
pub(crate) mod simd;
mod socket;
mod thread;
#[cfg(all(not(debug_assertions), target_env = "musl"))]
mod unwinding;

pub(crate) use allocator::trim_heap;
#[cfg(all(feature = "emulator", target_os = "linux"))]
pub(crate) use child::*;
pub(crate) use os::*;
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

/// Nobody waits for two things at once there.
#[cfg(all(feature = "emulator", not(target_os = "linux")))]
#[derive(Debug)]
pub(crate) enum Bell {}

#[cfg(all(feature = "emulator", not(target_os = "linux")))]
impl Bell {
    pub(crate) fn new() -> std::io::Result<Bell> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn ring(&self) {
        match *self {}
    }

    pub(crate) fn silence(&self) {
        match *self {}
    }

    pub(crate) fn wait_with(&self, _: &std::net::TcpStream, _: core::time::Duration) -> bool {
        match *self {}
    }
}
