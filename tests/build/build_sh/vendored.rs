//! Functions of a package that vendors the crate: built from anywhere, and run in the local Lambda.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{Package, ROOT, stderr, stdout, targets_installed};
use crate::copy;

/// Returns a package with the binary `mine`, which returns its event, and the example `fails`.
fn vendoring(folder: &str) -> Package {
    let package = Package::new(folder);
    let parts = [
        "Cargo.toml",
        "README.md",
        "build.sh",
        "bootstrap.sh",
        "src",
        "examples",
    ];
    for path in parts {
        let vendored = package.path("vendor/tiny-lambda").join(path);
        copy(&Path::new(ROOT).join(path), &vendored);
    }
    package.write(
        "Cargo.toml",
        "[package]\nname = \"mine\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\ntiny-lambda.path = \"vendor/tiny-lambda\"\n\
         [profile.release]\npanic = \"unwind\"\ndebug = true\ndebug-assertions = true\n",
    );
    package.write(
        "src/main.rs",
        "fn main() -> ! { tiny_lambda::run_bytes(|event, _| Ok(event.to_vec())) }",
    );
    package.write(
        "examples/fails.rs",
        "fn main() -> ! { tiny_lambda::run(|text: String, _| Ok(text.parse::<u8>()?)) }",
    );
    package
}

/// Runs the vendored build.sh, with `event` on its standard input.
fn build(package: &Package, args: &[&str], event: &str) -> Output {
    let mut child = Command::new(package.path("vendor/tiny-lambda/build.sh"))
        .current_dir("/")
        .args(["--offline", "--manifest-path"])
        .arg(package.path("Cargo.toml"))
        .args(args)
        .env_remove("CARGO_TARGET_DIR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A script that does not read its input may have ended.
    let _ = child.stdin.take().unwrap().write_all(event.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn functions_of_a_package_that_vendors_the_crate_are_built_and_invoked_from_any_folder() {
    if !targets_installed() {
        return;
    }
    let package = vendoring("vendors/a function");
    let check = |args: &[&str], event: &str, responses: &[&str], code: i32| {
        let output = build(&package, args, event);
        let (said, log) = (stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(code), "{said} {log}");
        assert_eq!(said.lines().count(), responses.len(), "{said}");
        for (line, response) in said.lines().zip(responses) {
            assert!(line.contains(response), "{said}");
        }
        assert_eq!(log.matches("REPORT ").count(), responses.len(), "{log}");
        log
    };
    let log = check(&["--invoke", "{\"a\": [1]}"], "", &["{\"a\": [1]}"], 0);
    let zip = package.path("target/lambda/mine/function.zip");
    let line = format!(" --zip-file 'fileb://{}'\n", zip.display());
    assert!(log.contains(&line), "{log}");
    // The symbolizer of backtraces alone would be larger.
    let executable = package.path("target/lambda/mine/bootstrap");
    assert!(fs::metadata(executable).unwrap().len() < 100_000);

    let error = "\"errorType\":\"ParseIntError\"";
    check(&["--invoke=-", "mine"], "\"7\"", &["\"7\""], 0);
    check(
        &["--invoke", "\"7\"", "mine", "fails"],
        "",
        &["\"7\"", "7"],
        0,
    );
    check(&["--wrapper", "--invoke", "\"7\"", "fails"], "", &["7"], 0);
    check(
        &["--wrapper", "--invoke", "\"x\"", "mine", "fails"],
        "",
        &["\"x\"", error],
        1,
    );
    let log = check(&["--report", "--invoke", "\"x\"", "fails"], "", &[error], 1);
    for part in [" .text\n", " libc\n", " tiny_lambda\n"] {
        assert!(log.contains(part), "{log}");
    }
}
