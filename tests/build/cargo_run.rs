//! `cargo run`: the arguments of a function that serves itself, and `--watch`, which builds it again when a
//! source changes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::folder::{Folder, path};
use crate::support::processes::{signal, wait_until_gone};
use crate::support::watched::Watched;

#[test]
fn cargo_run_with_watch_builds_again_and_keeps_its_port() {
    let folder = Folder::new("cargo run");
    let elsewhere = Folder::new("cargo run elsewhere");
    let manifest = format!(
        "[package]\nname = \"watched\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         tiny-lambda = {{ path = \"{}\" }}\nelsewhere = {{ path = \"{}\" }}\n",
        env!("CARGO_MANIFEST_DIR"),
        path(&elsewhere.0),
    );
    fs::write(folder.0.join("Cargo.toml"), manifest).unwrap();
    fs::create_dir_all(folder.0.join("src")).unwrap();
    let manifest = "[package]\nname = \"elsewhere\"\nedition = \"2024\"\n";
    fs::write(elsewhere.0.join("Cargo.toml"), manifest).unwrap();
    fs::create_dir_all(elsewhere.0.join("src")).unwrap();
    let write_elsewhere = |value: &str| {
        let code = format!("pub fn value() -> &'static str {{ {value} }}");
        fs::write(elsewhere.0.join("src/lib.rs"), code).unwrap();
    };
    write_elsewhere("\"\"");
    let write = |value: &str| {
        let code = format!(
            "fn main() -> ! {{ tiny_lambda::run(|_: tiny_lambda::json::Value, _| Ok({value})) }}"
        );
        fs::write(folder.0.join("src/main.rs"), code).unwrap();
    };
    write("1");
    // A folder that is kept, so that the crate is built only once.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("watched");
    let mut watched = Watched::start(
        Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--offline", "--target-dir", path(&target)])
            .args(["--", "--watch", "--port=0"])
            .current_dir(&folder.0)
            .env("GREETING", "hello"),
    );
    assert_eq!(watched.invoke("{}"), "1");
    write("std::env::var(\"GREETING\")?");
    assert_eq!(watched.changed("{}", "1"), "\"hello\"");
    write("nothing_of_that_name");
    let broken = watched.changed("{}", "\"hello\"");
    assert!(broken.contains("Runtime.BuildError"), "{broken}");
    assert!(broken.contains("nothing_of_that_name"), "{broken}");
    // A file that only the error of a failed build names.
    write("include_str!(\"../an included text\")");
    let missing = watched.changed("{}", &broken);
    assert!(missing.contains("an included text"), "{missing}");
    fs::write(folder.0.join("an included text"), "2").unwrap();
    assert_eq!(watched.changed("{}", &missing), "\"2\"");
    fs::write(folder.0.join("an included text"), "33").unwrap();
    assert_eq!(watched.changed("{}", "\"2\""), "\"33\"");
    write("elsewhere::value()");
    assert_eq!(watched.changed("{}", "\"33\""), "\"\"");
    write_elsewhere("include_str!(\"text\")");
    let missing = watched.changed("{}", "\"\"");
    fs::write(elsewhere.0.join("src/text"), "4").unwrap();
    assert_eq!(watched.changed("{}", &missing), "\"4\"");
    write("std::process::id().to_string()");
    let id = watched.changed("{}", "\"4\"");
    // Files that no build reads.
    fs::write(folder.0.join("out.log"), "1").unwrap();
    fs::write(elsewhere.0.join("out.log"), "1").unwrap();
    thread::sleep(Duration::from_secs(1));
    assert_eq!(watched.invoke("{}"), id);
    // The function ends when the command is killed.
    signal("KILL", watched.child.id());
    watched.child.wait().unwrap();
    wait_until_gone(&[id.trim_matches('"')]);
}

/// Runs a built function without the environment of `cargo test`.
fn run(program: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).env_remove("PORT");
    command.output().unwrap()
}

#[test]
fn cargo_run_refuses_unknown_arguments_and_invokes_with_events_of_each_kind() {
    let folder = Folder::new("arguments");
    let manifest = format!(
        "[package]\nname = \"arguments\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         tiny-lambda = {{ path = \"{}\" }}\n",
        env!("CARGO_MANIFEST_DIR"),
    );
    fs::write(folder.0.join("Cargo.toml"), manifest).unwrap();
    fs::create_dir_all(folder.0.join("src")).unwrap();
    let code = "fn main() -> ! {
        tiny_lambda::init(|| match std::env::var(\"INIT\") {
            Ok(text) => Err(tiny_lambda::Error::msg(text)),
            Err(_) => Ok(()),
        });
        tiny_lambda::run(|event: tiny_lambda::json::Value, _| match event.as_str() {
            Some(\"fail\") => Err(tiny_lambda::Error::new(\"SoldOut\", \"no seat is left\")),
            Some(\"arguments\") => Ok(std::env::args().skip(1).collect()),
            _ => Ok(event),
        })
    }";
    fs::write(folder.0.join("src/main.rs"), code).unwrap();
    let file = folder.0.join("event.json");
    fs::write(&file, "[7]").unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("watched");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline"])
        .current_dir(&folder.0)
        .env("CARGO_TARGET_DIR", &target)
        .status();
    assert!(built.unwrap().success());
    let program = target.join("debug/arguments");

    let usage =
        "Usage: cargo run -- [OPTION...] | invoke EVENT   (cargo run -- --help lists the options)";
    let refused = |args: &[&str], want: &str| {
        let output = run(&program, args);
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(log, format!("arguments: {want}\n{usage}\n"));
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty());
    };
    refused(
        &["--prt", "9126"],
        "unknown option --prt; did you mean --port?",
    );
    refused(&["foo"], "unexpected argument foo");
    refused(
        &["--port", "x"],
        "--port x: expected a number from 0 to 65535",
    );
    refused(&["invoke"], "invoke needs a value");
    refused(
        &["invoke", "1", "--port", "9126"],
        "--port is for callers and cannot be used with invoke",
    );
    refused(
        &["--watch", "--prt"],
        "unknown option --prt; did you mean --port?",
    );

    let failed = |event: &str, want: &str| {
        let output = run(&program, &["invoke", event]);
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(log.contains(want), "{log}");
        assert_eq!(output.status.code(), Some(1), "{log}");
    };
    failed(
        "sqz",
        "arguments: sqz is not JSON, a file or a sample; did you mean sqs?",
    );
    failed("{", "arguments: the event is not JSON: ");
    failed("\"fail\"", "SoldOut: no seat is left");

    let at_file = format!("@{}", path(&file));
    for (args, want) in [
        (&["invoke", "[7]"][..], "[7]\n"),
        (&["invoke", path(&file)], "[7]\n"),
        (&["invoke", &at_file], "[7]\n"),
        (
            &["invoke", "\"arguments\"", "--", "--own", "x"],
            "[\"invoke\",\"\\\"arguments\\\"\",\"--\",\"--own\",\"x\"]\n",
        ),
        (&["invoke", "sqs"], "\"Records\""),
        (&["--help"], "Serves this function locally"),
        (&["--watch", "-h"], "Samples:\n  activemq alb "),
        (&["--list-samples"], "\nsqs\nsqs_api\n"),
    ] {
        let output = run(&program, args);
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(out.contains(want), "{args:?}: {out}");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
    }

    check_help_without_init(&program);
    check_full_output(&program);
}

/// Help needs no Init phase, which may fail without the network. Other arguments run it.
fn check_help_without_init(program: &Path) {
    for (args, code) in [
        (&["--help"][..], 0),
        (&["invoke", "1", "-h"], 0),
        (&["--list-samples"], 0),
        (&["invoke", "1"], 1),
    ] {
        let mut command = Command::new(program);
        let output = command.args(args).env("INIT", "no network").output();
        let output = output.unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(log.contains("no network"), code == 1, "{args:?}: {log}");
        assert_eq!(output.status.code(), Some(code), "{args:?}");
    }
}

fn check_full_output(program: &Path) {
    for (args, what) in [
        (&["--help"][..], "cannot write to standard output"),
        (
            &["invoke", "1"],
            "cannot write the response to standard output",
        ),
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(program);
        let output = command.args(args).stdout(full).output().unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        let want = format!("arguments: {what}: No space left on device (os error 28)\n");
        assert!(log.ends_with(&want), "{args:?}: {log}");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
    }
}
