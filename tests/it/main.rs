//! The tests of what a user can do: one binary, a file per subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]

mod client;
#[cfg(feature = "emulator")]
mod emulator;
mod json;
mod peer;
mod runtime;
