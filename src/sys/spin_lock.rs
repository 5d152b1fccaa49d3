//! A lock for short work.

use core::cell::UnsafeCell;
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};

use super::sleep_ms;

/// A value that one thread at a time uses, for a few microseconds. The other threads look every millisecond.
///
/// The plain form is std's `Mutex`, which also wakes the waiting threads and records panics. It is 250 bytes more.
pub(crate) struct SpinLock<T> {
    is_locked: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `lock` gives the value to one thread at a time. `T` is `Sync`, as threads may share a guard.
unsafe impl<T: Send + Sync> Sync for SpinLock<T> {}

impl<T> SpinLock<T> {
    pub(crate) const fn new(value: T) -> SpinLock<T> {
        SpinLock {
            is_locked: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// Waits until no other thread uses the value. A thread that locks twice waits forever.
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        while self.is_locked.swap(true, Ordering::Acquire) {
            sleep_ms(1);
        }
        Guard { lock: self }
    }
}

impl<T> fmt::Debug for SpinLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpinLock").finish_non_exhaustive()
    }
}

/// The right to use the value. Dropping it unlocks the lock, also in a panic.
#[derive(Debug)]
pub(crate) struct Guard<'l, T> {
    lock: &'l SpinLock<T>,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock has one guard at a time, and this borrow ends before the guard does.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`. The guard is borrowed exclusively, so there is no other borrow of the value.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.lock.is_locked.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn one_thread_at_a_time_uses_the_value() {
        static SUM: SpinLock<(u32, u32)> = SpinLock::new((0, 0));
        let rounds = if cfg!(miri) { 10 } else { 10_000 };
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        let mut sums = SUM.lock();
                        let (a, b) = *sums;
                        assert_eq!(a, b);
                        sums.0 = a + 1;
                        sums.1 = b + 1;
                    }
                });
            }
        });
        assert_eq!(*SUM.lock(), (4 * rounds, 4 * rounds));
    }

    #[test]
    fn a_panic_unlocks_the_lock() {
        static LOCK: SpinLock<u8> = SpinLock::new(1);
        let panicked = thread::spawn(|| {
            let _guard = LOCK.lock();
            panic!("on purpose");
        });
        assert!(panicked.join().is_err());
        assert_eq!(*LOCK.lock(), 1);
    }
}
