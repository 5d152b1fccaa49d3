//! A function that can be set at run time.

use core::marker::PhantomData;
use core::mem;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// A function that is called if it was set.
///
/// If an executable never sets it, the linker removes its calls. If an executable never calls it, the linker removes the
/// code that it would call. The plain form is `OnceLock<fn() -> R>`.
#[derive(Debug)]
pub(crate) struct AtomicFn<R = ()>(AtomicPtr<()>, PhantomData<fn() -> R>);

impl<R> AtomicFn<R> {
    pub(crate) const fn new() -> AtomicFn<R> {
        AtomicFn(AtomicPtr::new(ptr::null_mut()), PhantomData)
    }

    pub(crate) fn set(&self, f: fn() -> R) {
        self.0.store(f as *mut (), Ordering::Relaxed);
    }

    /// Returns what the function returns; `None` if it was not set.
    pub(crate) fn call(&self) -> Option<R> {
        let f = self.0.load(Ordering::Relaxed);
        if f.is_null() {
            return None;
        }
        // SAFETY: a pointer that is not null comes from `set`, which makes it of a `fn() -> R`.
        let f = unsafe { mem::transmute::<*mut (), fn() -> R>(f) };
        Some(f())
    }
}
