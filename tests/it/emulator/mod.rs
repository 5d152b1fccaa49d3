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

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use tiny_lambda::emulator::{Emulator, Settings};
use tiny_lambda::{Handler, Runtime};

/// Serves `handler`, and calls `test` with the address for callers.
fn with_settings(mut settings: Settings, handler: &dyn Handler, test: impl FnOnce(SocketAddr)) {
    // Long enough for a busy machine.
    settings.timeout = Duration::from_secs(60);
    let mut emulator = Emulator::start_with(settings).unwrap();
    let addr = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
    let api = emulator.addr().to_string();
    thread::scope(|scope| {
        scope.spawn(move || drop(Runtime::at(&api).serve(handler)));
        test(addr);
        drop(emulator);
    });
}
