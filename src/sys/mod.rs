//! The only unsafe code: functions of the operating system that std does not offer, or that cost a copy or
//! kilobytes of code through std.
//!
//! All files but `append.rs`, `atomic_fn.rs`, `errno.rs`, `simd.rs`, `spin_lock.rs`, `utf8.rs` and `portable.rs` are for
//! 64-bit Linux, where functions run.
//! `portable.rs` has the same items for the systems on which functions are only developed. `child.rs`, `environment.rs`
//! and `signal.rs` are also for macOS and FreeBSD. `RUSTFLAGS='--cfg tiny_lambda_portable'` selects `portable.rs` on
//! Linux, for tests.
#![allow(unsafe_code)]

use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

#[cfg(all(
    feature = "allocator",
    target_os = "linux",
    target_pointer_width = "64",
    not(tiny_lambda_portable),
    any(test, all(not(debug_assertions), target_env = "musl"))
))]
mod allocator;
/// Other allocators than this crate's give memory back to the system by themselves. Debug builds use the
/// system's allocator too, because tools that look for memory errors know it.
#[cfg(not(all(
    feature = "allocator",
    target_os = "linux",
    target_pointer_width = "64",
    not(tiny_lambda_portable),
    any(test, all(not(debug_assertions), target_env = "musl"))
)))]
mod allocator {
    pub(crate) fn trim_heap() {}
}
mod append;
mod atomic_fn;
#[cfg(all(
    feature = "emulator",
    any(target_os = "linux", target_os = "macos", target_os = "freebsd")
))]
mod child;
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
mod environment;
mod errno;
#[cfg(all(
    target_os = "linux",
    target_pointer_width = "64",
    not(tiny_lambda_portable)
))]
mod os;
#[cfg(not(all(
    target_os = "linux",
    target_pointer_width = "64",
    not(tiny_lambda_portable)
)))]
mod portable;
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
mod signal;
pub(crate) mod simd;
#[cfg(all(
    target_os = "linux",
    target_pointer_width = "64",
    not(tiny_lambda_portable)
))]
mod socket;
mod spin_lock;
#[cfg(all(
    target_os = "linux",
    target_pointer_width = "64",
    not(tiny_lambda_portable)
))]
mod syscall;
#[cfg(all(
    target_os = "linux",
    target_pointer_width = "64",
    not(tiny_lambda_portable)
))]
mod thread;
#[cfg(all(not(debug_assertions), target_env = "musl"))]
mod unwinding;
pub(crate) mod utf8;

pub(crate) use allocator::trim_heap;
pub(crate) use append::push_prefix;
pub(crate) use atomic_fn::AtomicFn;
#[cfg(all(
    feature = "emulator",
    any(target_os = "linux", target_os = "macos", target_os = "freebsd")
))]
pub(crate) use child::*;
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
pub(crate) use environment::*;
pub(crate) use errno::Errno;
#[cfg(not(all(
    target_os = "linux",
    target_pointer_width = "64",
    not(tiny_lambda_portable)
)))]
pub(crate) use portable::*;
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
pub(crate) use signal::*;
pub(crate) use spin_lock::SpinLock;
#[cfg(all(
    target_os = "linux",
    target_pointer_width = "64",
    not(tiny_lambda_portable)
))]
pub(crate) use {os::*, socket::*, thread::*};

/// Returns whether this thread has claimed the end of the process before. If not, claims it; if another thread
/// has claimed it, blocks forever.
fn has_claimed_exit() -> bool {
    /// The address of `HERE` in the thread that ends the process.
    static OWNER: AtomicUsize = AtomicUsize::new(0);
    std::thread_local! {
        /// Its address identifies a thread.
        static HERE: Cell<u8> = const { Cell::new(0) };
    }
    let here = HERE.with(|here| ptr::from_ref(here).addr());
    let claimed = OWNER.compare_exchange(0, here, Ordering::Relaxed, Ordering::Relaxed);
    while claimed.is_err_and(|owner| owner != here) {
        sleep_ms(u16::MAX);
    }
    claimed.is_err()
}

/// The environment variable with the address of the Runtime API.
pub(crate) const ENDPOINT_VARIABLE: &core::ffi::CStr = c"AWS_LAMBDA_RUNTIME_API";
