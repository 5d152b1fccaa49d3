//! The macros of the function's log. A line without a context needs the runtime, which knows the current
//! invocation.

use core::fmt;

use crate::log::{self, Level};
use crate::runtime::panic;

/// Logs a message of the current invocation, if any. [`info!`](crate::info) and the like call this without
/// a context.
#[doc(hidden)]
pub fn log_current(level: Level, message: fmt::Arguments<'_>) {
    if log::is_written(level) {
        log::write(level, &panic::current_context(), message);
    }
}

/// Logs a message at level TRACE.
///
/// Takes what `format!` takes, after a [`&Context`](crate::Context) if there is one. See
/// [`log`](mod@crate::log).
///
/// ```
/// # let cx = &tiny_lambda::Context::default();
/// tiny_lambda::trace!(cx, "order {} accepted", 7);
/// tiny_lambda::trace!("the cache is empty");
/// ```
#[macro_export]
macro_rules! trace {
    ($($arg:tt)+) => { $crate::log_line!(Trace, $($arg)+) };
}

/// Logs a message at level DEBUG.
///
/// Takes what `format!` takes, after a [`&Context`](crate::Context) if there is one. See
/// [`log`](mod@crate::log).
///
/// ```
/// # let cx = &tiny_lambda::Context::default();
/// tiny_lambda::debug!(cx, "order {} accepted", 7);
/// tiny_lambda::debug!("the cache is empty");
/// ```
#[macro_export]
macro_rules! debug {
    ($($arg:tt)+) => { $crate::log_line!(Debug, $($arg)+) };
}

/// Logs a message at level INFO.
///
/// Takes what `format!` takes, after a [`&Context`](crate::Context) if there is one. See
/// [`log`](mod@crate::log).
///
/// ```
/// # let cx = &tiny_lambda::Context::default();
/// tiny_lambda::info!(cx, "order {} accepted", 7);
/// tiny_lambda::info!("the cache is empty");
/// ```
#[macro_export]
macro_rules! info {
    ($($arg:tt)+) => { $crate::log_line!(Info, $($arg)+) };
}

/// Logs a message at level WARN.
///
/// Takes what `format!` takes, after a [`&Context`](crate::Context) if there is one. See
/// [`log`](mod@crate::log).
///
/// ```
/// # let cx = &tiny_lambda::Context::default();
/// tiny_lambda::warn!(cx, "order {} accepted", 7);
/// tiny_lambda::warn!("the cache is empty");
/// ```
#[macro_export]
macro_rules! warn {
    ($($arg:tt)+) => { $crate::log_line!(Warn, $($arg)+) };
}

/// Logs a message at level ERROR.
///
/// Takes what `format!` takes, after a [`&Context`](crate::Context) if there is one. See
/// [`log`](mod@crate::log).
///
/// ```
/// # let cx = &tiny_lambda::Context::default();
/// tiny_lambda::error!(cx, "order {} accepted", 7);
/// tiny_lambda::error!("the cache is empty");
/// ```
#[macro_export]
macro_rules! error {
    ($($arg:tt)+) => { $crate::log_line!(Error, $($arg)+) };
}

/// Logs a message with or without a context.
#[doc(hidden)]
#[macro_export]
macro_rules! log_line {
    ($level:ident, $text:literal $(, $($arg:tt)*)?) => {
        $crate::log_current($crate::log::Level::$level, ::core::format_args!($text $(, $($arg)*)?))
    };
    ($level:ident, $cx:expr, $($arg:tt)+) => {
        $crate::log::write($crate::log::Level::$level, $cx, ::core::format_args!($($arg)+))
    };
    ($level:ident, $($arg:tt)+) => {
        ::core::compile_error!(
            "expected a message in quotes, after an optional context: `info!(\"order {id}\")` or \
             `info!(cx, \"order {id}\")`"
        )
    };
}
