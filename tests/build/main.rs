//! Tests that compile something with cargo, build.sh or rustc: they take minutes on a fresh clone. All
//! other tests are in `tests/it/`.
//!
//! A new option or message of build.sh is a row in `build_sh.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]

#[cfg(unix)]
mod bootstrap_sh;
#[cfg(unix)]
mod build_sh;
#[cfg(all(feature = "emulator", target_os = "linux"))]
mod cargo_run;
mod json_macro_errors;
mod panic_free;
#[cfg(unix)]
mod released;
#[allow(dead_code, reason = "`tests/it/` needs the rest")]
#[path = "../it/support/mod.rs"]
mod support;

#[cfg(unix)]
use released::programs;
