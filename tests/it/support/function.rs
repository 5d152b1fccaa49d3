//! A function as a process: the examples, started as Lambda starts a function.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::processes::ends;
use super::runtime_api::{Request, Step, converse};

/// Returns the path of an example as `cargo test` has built it: its panics unwind.
pub(crate) fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        // `cargo test` has built them, unless it was asked for this test binary only.
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--offline", "--examples"]);
        cargo.arg("--manifest-path");
        cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
        assert!(cargo.status().unwrap().success());
        let this = std::env::current_exe().unwrap();
        this.ancestors().nth(2).unwrap().join("examples")
    });
    folder.join(name)
}

/// The command that starts `program` as Lambda would, with some `vars` more. A proxy is named to
/// show that nobody asks it (12.1: 3); every other variable is missing (2).
pub(crate) fn command(program: &Path, addr: SocketAddr, vars: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.env("AWS_LAMBDA_RUNTIME_API", addr.to_string());
    command.env("http_proxy", "http://127.0.0.1:1");
    command.envs(vars.iter().copied());
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped());
    command.stderr(Stdio::piped());
    command
}

/// Plays `script` to a process, which ends when the script has. Returns what the Runtime API was
/// asked, the exit code, and what the process has said.
pub(crate) fn play(
    program: &Path,
    vars: &[(&str, &str)],
    script: &[Step],
) -> (Vec<Request>, Option<i32>, String) {
    let mut output = None;
    let requests = converse(script, |addr| {
        output = Some(ends(command(program, addr, vars).spawn().unwrap()));
    });
    let output = output.unwrap();
    assert_eq!(output.stdout, b"");
    let said = String::from_utf8(output.stderr).expect("a log that is text");
    (requests, output.status.code(), said)
}
