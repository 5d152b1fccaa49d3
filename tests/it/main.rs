//! The tests of what a user can do: one binary, a file per subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]

mod batches;
#[cfg(unix)]
mod bootstrap;
#[cfg(unix)]
mod build;
#[cfg(feature = "emulator")]
mod client;
mod concurrency;
#[cfg(feature = "emulator")]
mod emulator;
#[cfg(all(feature = "emulator", target_os = "linux"))]
mod emulator_aws;
#[cfg(all(feature = "emulator", target_os = "linux"))]
mod emulator_extension;
#[cfg(feature = "emulator")]
mod emulator_front;
#[cfg(feature = "emulator")]
mod emulator_many;
#[cfg(all(feature = "emulator", target_os = "linux"))]
mod emulator_process;
#[cfg(feature = "emulator")]
mod emulator_raw;
#[cfg(all(feature = "emulator", target_os = "linux"))]
mod emulator_watch;
mod event_types;
mod events;
mod faults;
mod figures;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(feature = "emulator")]
mod http;
mod http_doors;
mod http_forms;
mod imports;
mod json;
mod json_attempts;
mod json_lenient;
mod json_macros;
mod json_types;
mod json_ui;
#[cfg(unix)]
mod logs;
mod malformed;
mod panic_free;
mod peer;
#[cfg(unix)]
mod process;
mod runtime;
#[cfg(target_os = "linux")]
mod shutdown;
mod streaming;
mod tidy;
