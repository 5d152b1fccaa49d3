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
#[cfg(all(feature = "emulator", unix))]
mod cargo_run;
mod handler_errors;
mod http_errors;
mod json_macro_errors;
mod log_macro_errors;
mod metrics_errors;
mod panic_free;
#[cfg(unix)]
mod released;
#[allow(dead_code, reason = "`tests/it/` needs the rest")]
#[path = "../it/support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;

#[cfg(unix)]
use released::programs;

/// Copies a file, or a folder with all that is in it. Does nothing if there is none.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for file in fs::read_dir(from).unwrap() {
            let name = file.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else if from.exists() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}
