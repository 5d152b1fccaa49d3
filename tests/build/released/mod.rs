//! Functions as Lambda gets them: built by build.sh in the profiles `small`, whose panics abort, and
//! `unwind`. The tests of a process in `tests/it/runtime/` run here again, with these functions.

mod concurrency;
#[cfg(target_os = "linux")]
mod figures;
#[path = "../../it/runtime/logs.rs"]
mod logs;
#[path = "../../it/runtime/process.rs"]
mod process;
#[cfg(target_os = "linux")]
#[path = "../../it/runtime/shutdown.rs"]
mod shutdown;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Returns the path of an example in the profile `small`: its panics abort. `None` if the target is not installed.
fn aborting(name: &str) -> Option<PathBuf> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = BUILT.get_or_init(|| released("small", &["function", "function_main", "hello"]));
    Some(folder.as_ref()?.join(name).join("bootstrap"))
}

/// Returns the path of `examples/function.rs` in the profile `unwind`.
fn unwinding() -> Option<PathBuf> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = BUILT.get_or_init(|| released("unwind", &["function"]));
    Some(folder.as_ref()?.join("function/bootstrap"))
}

/// Builds examples with build.sh, and returns the folder that has them.
fn released(profile: &str, names: &[&str]) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("released-{profile}"));
    let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("build.sh"))
        .args(["--offline", "--profile", profile])
        .args(names)
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("is missing") || !cfg!(target_os = "linux") {
        println!("skipped, for a function as Lambda gets it: {said}");
        return None;
    }
    assert!(output.status.success(), "{said}");
    Some(target.join("lambda"))
}

/// The functions that the tests of a process start, and whether their panics abort: with std's start-up
/// and without, in each profile that says what a panic was.
pub(crate) fn programs() -> Vec<(PathBuf, bool)> {
    let small = ["function", "function_main"].map(aborting);
    let small = small.into_iter().flatten().map(|program| (program, true));
    let unwind = unwinding().map(|program| (program, false));
    small.chain(unwind).collect()
}
