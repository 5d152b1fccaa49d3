//! A function as a process: the examples, started as Lambda starts a function.

use std::env::consts::EXE_SUFFIX;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::processes::wait_for_end;
use super::runtime_api::{Request, Step, converse};

/// Returns the path of an example as `cargo test` has built it: its panics unwind.
pub(crate) fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        // `cargo test` has built the examples, `cargo test --test it` has not.
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--offline", "--examples"]);
        cargo.arg("--manifest-path");
        cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
        assert!(cargo.status().unwrap().success());
        let this = std::env::current_exe().unwrap();
        this.ancestors().nth(2).unwrap().join("examples")
    });
    folder.join(format!("{name}{EXE_SUFFIX}"))
}

/// Returns the command that starts `program` as Lambda would, with `vars`. A proxy is set, which must not
/// be used (12.1: 3); no other variable is set (12.1: 2).
pub(crate) fn command(program: &Path, addr: SocketAddr, vars: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    // Windows finds the library of its sockets by this variable.
    command.envs(std::env::vars_os().filter(|(name, _)| name == "SystemRoot"));
    command.env("AWS_LAMBDA_RUNTIME_API", addr.to_string());
    command.env("http_proxy", "http://127.0.0.1:1");
    command.envs(vars.iter().copied());
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped());
    command.stderr(Stdio::piped());
    command
}

/// Plays `script` to a process, which ends after the script. Returns the requests, the exit code, and the
/// log.
pub(crate) fn play(
    program: &Path,
    vars: &[(&str, &str)],
    script: &[Step],
) -> (Vec<Request>, Option<i32>, String) {
    let mut output = None;
    let requests = converse(script, |addr| {
        output = Some(wait_for_end(command(program, addr, vars).spawn().unwrap()));
    });
    let output = output.unwrap();
    assert_eq!(output.stdout, b"");
    let said = String::from_utf8(output.stderr).expect("a log that is text");
    (requests, output.status.code(), said)
}
