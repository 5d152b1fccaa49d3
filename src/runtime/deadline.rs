//! [`Context::warn_before_deadline`]: a log line before Lambda ends an invocation at its deadline.

use alloc::boxed::Box;
use alloc::sync::Arc;
use std::time::Duration;

use crate::context::Context;
use crate::sys::{Event, Thread};

/// The stack of the thread that waits, in bytes. The thread only logs a line.
const STACK_LEN: usize = 64 * 1024;

/// Cancels the warning when it is dropped. See [`Context::warn_before_deadline`].
///
/// ```
/// use std::time::Duration;
/// use tiny_lambda::{Context, DeadlineWarning};
///
/// let warning: DeadlineWarning = Context::default().warn_before_deadline(Duration::from_secs(1));
/// drop(warning);
/// ```
#[derive(Debug)]
#[must_use = "dropping the guard cancels the warning"]
pub struct DeadlineWarning(Option<(Arc<Event>, Thread)>);

impl Context {
    /// Logs a warning if an invocation is about to run into its timeout.
    ///
    /// Logs one line at level WARN `before` the deadline, unless the returned guard has been dropped by
    /// then. Lambda kills a function that reaches its timeout, so nothing can be logged afterwards.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # let cx = &tiny_lambda::Context::default();
    /// let warning = cx.warn_before_deadline(Duration::from_millis(500));
    /// // Code that may take long.
    /// drop(warning);
    /// ```
    ///
    /// A thread waits until the guard is dropped. Does nothing if the invocation has no deadline or the
    /// deadline has passed, as with some local emulators, or if the system has no more threads.
    pub fn warn_before_deadline(&self, before: Duration) -> DeadlineWarning {
        let left = self.remaining().filter(|left| !left.is_zero());
        DeadlineWarning(left.and_then(|left| {
            let cancelled = Arc::new(Event::default());
            let (is_cancelled, cx) = (Arc::clone(&cancelled), self.clone());
            let wait_and_warn = move || {
                if !is_cancelled.wait_ms(as_ms(left.saturating_sub(before))) {
                    let ms = cx.remaining().map_or(0, as_ms);
                    crate::warn!(&cx, "still running {ms} ms before the deadline");
                }
            };
            let thread = Thread::spawn(STACK_LEN, Box::new(wait_and_warn))?;
            Some((cancelled, thread))
        }))
    }
}

fn as_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Drop for DeadlineWarning {
    fn drop(&mut self) {
        if let Some((cancelled, thread)) = self.0.take() {
            cancelled.set();
            // Joined, so that no thread of this invocation runs during the next one.
            thread.join();
        }
    }
}
