//! A word of warning before Lambda gives an invocation up.

use alloc::boxed::Box;
use alloc::sync::Arc;
use std::time::Duration;

use crate::context::Context;
use crate::sys;

/// Stack of the thread that waits, in bytes: it writes a line.
const STACK_LEN: usize = 64 * 1024;

/// Warns unless it is dropped before. See [`Context::warn_before_deadline`].
#[derive(Debug)]
#[must_use = "without it nobody waits for the deadline"]
pub struct DeadlineWarning(Option<(Arc<sys::Event>, sys::Thread)>);

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
            let over = Arc::new(sys::Event::default());
            let (theirs, cx) = (Arc::clone(&over), self.clone());
            let wait = move || {
                if !theirs.wait_ms(ms(left.saturating_sub(before))) {
                    let ms = ms(cx.remaining().unwrap_or_default());
                    crate::warn!(&cx, "still at work {ms} ms before the deadline");
                }
            };
            let thread = sys::Thread::spawn(STACK_LEN, Box::new(wait))?;
            Some((over, thread))
        });
        DeadlineWarning(guard)
    }
}

/// In milliseconds, which std counts in 128 bits.
fn ms(time: Duration) -> u64 {
    let ms = time.as_secs().saturating_mul(1000);
    ms.saturating_add(time.subsec_millis().into())
}

impl Drop for DeadlineWarning {
    fn drop(&mut self) {
        if let Some((over, thread)) = self.0.take() {
            over.set();
            // Nothing of an invocation outlives it.
            thread.join();
        }
    }
}
