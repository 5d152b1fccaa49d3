//! `cargo tiny-lambda build`: build.sh of a dependency.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::{Package, ROOT, find, stderr, stdout, targets_installed};

const COMMAND: &str = env!("CARGO_BIN_EXE_cargo-tiny-lambda");

/// Returns a package that returns its event, with these dependencies, and copies of the crate in `one` and `two`.
fn package(folder: &str, dependencies: &str) -> Package {
    let package = Package::new(folder);
    for copy in ["one", "two"] {
        let mut command = Command::new(Path::new(ROOT).join("build.sh"));
        command
            .args(["--vendor", copy])
            .current_dir(&package.folder);
        assert!(command.output().unwrap().status.success());
    }
    let manifest = format!(
        "[package]\nname = \"mine\"\nedition = \"2024\"\n[workspace]\nexclude = [\"one\", \"two\"]\n\
         [dependencies]\n{dependencies}"
    );
    package.write("Cargo.toml", &manifest);
    package.write(
        "src/main.rs",
        "fn main() -> ! { tiny_lambda::run_bytes(|event, _| Ok(event.to_vec())) }",
    );
    package
}

/// Runs the command as cargo does, with the name of the subcommand.
fn run(package: &Package, args: &[&str]) -> Output {
    let mut command = Command::new(COMMAND);
    command
        .arg("tiny-lambda")
        .args(args)
        .current_dir(&package.folder);
    command.env("CARGO_TARGET_DIR", package.path("target"));
    command.env("CARGO_HOME", package.path("cargo home"));
    command.output().unwrap()
}

#[track_caller]
fn check(output: &Output, code: i32, said: &str, log: &str) {
    let (got, got_log) = (stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{got}{got_log}");
    assert!(got.contains(said), "{got}");
    assert!(got_log.contains(log), "{got_log}");
}

#[test]
fn the_command_prints_its_help_and_refuses_what_it_does_not_know() {
    let package = Package::new("cargo command/alone");
    let help = "Usage: cargo tiny-lambda build [OPTION...] [NAME...]\n";
    let version = concat!("cargo-tiny-lambda ", env!("CARGO_PKG_VERSION"), "\n");
    check(&run(&package, &["--help"]), 0, help, "");
    check(&run(&package, &["--version"]), 0, version, "");
    let wrong = "cargo tiny-lambda: expected `build`, found";
    check(
        &run(&package, &[]),
        2,
        "",
        &format!("{wrong} nothing\n{help}"),
    );
    let args = ["biuld", "--arch=arm64"];
    check(
        &run(&package, &args),
        2,
        "",
        &format!("{wrong} \"biuld\"\n{help}"),
    );
    // Without cargo, the first argument is the command.
    let output = Command::new(COMMAND).arg("-h").output().unwrap();
    check(&output, 0, help, "");
    let none = "cargo tiny-lambda: no package depends on tiny-lambda: add it to [dependencies] of Cargo.toml\n";
    check(&run(&package, &["build"]), 1, "", none);
    let failed = "cargo tiny-lambda: cargo metadata failed: see the message above\n";
    let args = ["build", "--manifest-path", "absent/Cargo.toml"];
    check(&run(&package, &args), 1, "", failed);
    // The help needs no package.
    for help in ["--help", "-h"] {
        let args = ["build", help, "--manifest-path", "absent/Cargo.toml"];
        let output = run(&package, &args);
        check(&output, 0, "Usage: build.sh [OPTION...] [NAME...]\n", "");
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn the_script_of_the_dependency_gets_the_arguments() {
    let package = package("cargo command/path", "tiny-lambda.path = \"one\"\n");
    let version = concat!("tiny-lambda ", env!("CARGO_PKG_VERSION"), "\n");
    check(&run(&package, &["build", "--version"]), 0, version, "");
    check(
        &run(&package, &["build", "--arch", "riscv"]),
        2,
        "",
        "build.sh: unknown architecture riscv",
    );
    let mut elsewhere = Command::new(COMMAND);
    elsewhere
        .args(["build", "--offline"])
        .arg("--manifest-path=../Cargo.toml");
    let output = elsewhere
        .arg("absent")
        .current_dir(package.path("two"))
        .output();
    check(
        &output.unwrap(),
        1,
        "",
        "build.sh: no example or binary \"absent\" in ../Cargo.toml",
    );

    // The system has no shell.
    let mut command = Command::new(COMMAND);
    command.arg("build").current_dir(&package.folder);
    command.env("PATH", package.path("no programs"));
    command
        .env("CARGO", env!("CARGO"))
        .env("RUSTC", find("rustc"));
    let log = "cargo tiny-lambda: build.sh needs a POSIX shell, and PATH has no sh: on Windows, use WSL\n";
    check(&command.output().unwrap(), 1, "", log);
}

#[test]
fn two_versions_are_named_instead_of_one_being_chosen() {
    let dependencies = "a = { package = \"tiny-lambda\", path = \"one\" }\n\
                        b = { package = \"tiny-lambda\", path = \"two\" }\n";
    let package = package("cargo command/two", dependencies);
    let manifest = fs::read_to_string(package.path("two/Cargo.toml")).unwrap();
    let line = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"");
    package.write(
        "two/Cargo.toml",
        &manifest.replacen(line, "version = \"99.0.0\"", 1),
    );
    let log =
        "cargo tiny-lambda: expected one tiny-lambda, found several: run build.sh of one of [";
    check(&run(&package, &["build"]), 1, "", log);
}

/// Cargo keeps a checkout in its own folder, where nothing is written.
#[test]
fn a_function_with_the_crate_from_git_is_built_and_invoked() {
    if !targets_installed() {
        return;
    }
    let package = package("cargo command/git", "");
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        command.args(args).current_dir(package.path("one")).output()
    };
    if git(&["init", "--quiet"]).is_err() {
        eprintln!("skipped: no git");
        return;
    }
    for args in [&["add", "--all"][..], &["commit", "--quiet", "--message=x"]] {
        assert!(git(args).unwrap().status.success());
    }
    let url = package
        .path("one")
        .display()
        .to_string()
        .replace(' ', "%20");
    let manifest = fs::read_to_string(package.path("Cargo.toml")).unwrap();
    package.write(
        "Cargo.toml",
        &format!("{manifest}tiny-lambda.git = \"file://{url}\"\n"),
    );
    check(
        &run(&package, &["build", "--invoke=[7]"]),
        0,
        "[7]",
        "REPORT ",
    );
    assert!(package.path("target/lambda/mine/function.zip").exists());
}

/// `cargo vendor` copies what a package needs, and build.sh runs there.
#[test]
fn the_script_of_a_vendored_dependency_runs() {
    let package = package("cargo command/vendor", "tiny-lambda.path = \"one\"\n");
    // This is what cargo writes: the sources of a registry, replaced by a folder with checksums.
    package.write("one/.cargo-checksum.json", "{\"files\":{}}");
    fs::create_dir(package.path("sources")).unwrap();
    fs::rename(package.path("one"), package.path("sources/tiny-lambda")).unwrap();
    let config = "[source.crates-io]\nreplace-with = \"sources\"\n[source.sources]\ndirectory = \"sources\"\n";
    package.write(".cargo/config.toml", config);
    let manifest = fs::read_to_string(package.path("Cargo.toml")).unwrap();
    let version = concat!("tiny-lambda = \"", env!("CARGO_PKG_VERSION"), "\"\n");
    package.write(
        "Cargo.toml",
        &manifest.replace("tiny-lambda.path = \"one\"\n", version),
    );
    check(
        &run(&package, &["build", "--offline", "--version"]),
        0,
        "tiny-lambda ",
        "",
    );
    let wrong = "build.sh: no example or binary \"absent\" in ";
    check(
        &run(&package, &["build", "--offline", "absent"]),
        1,
        "",
        wrong,
    );
}

/// `cargo install` installs each binary whose features are on.
#[test]
fn cargo_installs_the_command_and_the_local_lambda_alone() {
    let manifest = fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).unwrap();
    let names = manifest.split("[[bin]]\nname = ").skip(1);
    let names: Vec<_> = names.filter_map(|rest| rest.lines().next()).collect();
    assert_eq!(names, ["\"emulator\"", "\"cargo-tiny-lambda\""]);
}
