//! A word of warning before Lambda gives an invocation up.

use alloc::boxed::Box;
use alloc::sync::Arc;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::{Context, sys};

/// Stack of the thread that waits, in bytes: it writes a line.
const STACK_LEN: usize = 64 * 1024;

/// Warns unless it is dropped before. See [`Context::warn_before_deadline`].
#[derive(Debug)]
#[must_use = "without it nobody waits for the deadline"]
pub struct DeadlineWarning(Option<(Arc<IsOver>, sys::Thread)>);

/// Whether the guarded work is over, and who wants to know.
#[derive(Debug, Default)]
struct IsOver(Mutex<bool>, Condvar);

impl Context {
    /// Writes a line at level WARN `before` the deadline, if what this returns is still there then: a
    /// function that runs into its timeout is killed without a word of its own.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # let cx = &tiny_lambda::Context::default();
    /// let warning = cx.warn_before_deadline(Duration::from_millis(500));
    /// // What may take long.
    /// drop(warning);
    /// ```
    ///
    /// It takes a thread for as long as it waits. Where there is no deadline, or it has passed already,
    /// as with some local emulators, nothing is done.
    pub fn warn_before_deadline(&self, before: Duration) -> DeadlineWarning {
        let left = self.remaining().filter(|left| !left.is_zero());
        let guard = left.and_then(|left| {
            let is_over = Arc::new(IsOver::default());
            let (theirs, cx) = (Arc::clone(&is_over), self.clone());
            let wait = move || {
                if !theirs.is_over_within(left.saturating_sub(before)) {
                    let ms = cx.remaining().unwrap_or_default().as_millis();
                    crate::warn!(&cx, "still at work {ms} ms before the deadline");
                }
            };
            let thread = sys::Thread::spawn(STACK_LEN, Box::new(wait))?;
            Some((is_over, thread))
        });
        DeadlineWarning(guard)
    }
}

impl IsOver {
    fn is_over_within(&self, time: Duration) -> bool {
        let lock = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.1.wait_timeout_while(lock, time, |is_over| !*is_over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Drop for DeadlineWarning {
    fn drop(&mut self) {
        if let Some((is_over, thread)) = self.0.take() {
            *is_over.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            is_over.1.notify_one();
            // Nothing of an invocation outlives it.
            thread.join();
        }
    }
}
