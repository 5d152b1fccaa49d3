//! Tests through the public API, a folder per subject. Tests that compile something are in `tests/build/`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]

#[cfg(feature = "emulator")]
mod emulator;
mod events;
mod http;
mod imports;
mod json;
mod runtime;
mod services;
mod signatures;
mod support;
mod threads;
mod tidy;

/// The functions that the tests of a process start, and whether their panics abort: the examples as
/// `cargo test` has built them. `tests/build/` runs the same tests with functions as Lambda gets them.
fn programs() -> Vec<(std::path::PathBuf, bool)> {
    ["function", "function_main"]
        .map(|name| (support::function::example(name), false))
        .into()
}
