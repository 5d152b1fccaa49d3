//! A function that can be set at run time.

use core::mem;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// A function that is called if it was set.
///
/// The linker removes the call from a function that never sets it. The plain form is `OnceLock<fn()>`.
#[derive(Debug)]
pub(crate) struct AtomicFn(AtomicPtr<()>);

impl AtomicFn {
    pub(crate) const fn new() -> AtomicFn {
        AtomicFn(AtomicPtr::new(ptr::null_mut()))
    }

    pub(crate) fn set(&self, f: fn()) {
        self.0.store(f as *mut (), Ordering::Relaxed);
    }

    pub(crate) fn call(&self) {
        let f = self.0.load(Ordering::Relaxed);
        if !f.is_null() {
            // SAFETY: a pointer that is not null comes from `set`, which makes it of a `fn()`.
            let f = unsafe { mem::transmute::<*mut (), fn()>(f) };
            f();
        }
    }
}
