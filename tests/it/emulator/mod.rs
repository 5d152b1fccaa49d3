//! The local Lambda: the Runtime API that a function sees, the Invoke API that a caller sees, processes,
//! and the command.
//!
//! A new request of a function is a row in `raw_requests.rs`; a new option of the command or message
//! about one is a row in `process.rs`.

#[cfg(unix)]
mod aws_emulator;
#[cfg(unix)]
mod concurrency;
#[cfg(unix)]
mod extensions;
mod invoke;
mod invoke_api;
mod page;
#[cfg(unix)]
mod process;
mod raw_requests;
mod runtime_api;
mod services;
#[cfg(unix)]
mod watch;
