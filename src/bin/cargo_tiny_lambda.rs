//! `cargo tiny-lambda build`: runs the `build.sh` of the tiny-lambda that the current package depends on.

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a panic is a failed build, not a failed function"
)]
#[path = "package/json.rs"]
mod json;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use json::Json;

const USAGE: &str = "Usage: cargo tiny-lambda build [OPTION...] [NAME...]\n";

const HELP: &str = "
Builds functions for AWS Lambda with the build.sh of the tiny-lambda that your package depends on, so that both have
the same version. All arguments go to it: `cargo tiny-lambda build --help` lists them.

Options:
  --help       print this text
  --version    print the version of this command
";

fn main() -> ExitCode {
    let mut args: Vec<OsString> = std::env::args_os().skip(1).collect();
    // Cargo passes the name of its subcommand.
    if args.first().is_some_and(|arg| arg == "tiny-lambda") {
        args.remove(0);
    }
    let version = concat!("cargo-tiny-lambda ", env!("CARGO_PKG_VERSION"), "\n");
    match args.first().map(|arg| arg.to_string_lossy()).as_deref() {
        Some("build") => build(args.get(1..).unwrap_or_default()).unwrap_or_else(|message| {
            eprintln!("cargo tiny-lambda: {message}");
            ExitCode::FAILURE
        }),
        Some("--help" | "-h" | "help") => print(&format!("{USAGE}{HELP}")),
        Some("--version" | "-V") => print(version),
        found => {
            let found = found.map_or("nothing".into(), |found| format!("\"{found}\""));
            eprint!("cargo tiny-lambda: expected `build`, found {found}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn print(text: &str) -> ExitCode {
    let printed = io::stdout().write_all(text.as_bytes());
    printed.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn build(args: &[OsString]) -> Result<ExitCode, String> {
    let is_help = |arg: &OsString| arg == "--help" || arg == "-h";
    let is_help = args.iter().take_while(|arg| *arg != "--").any(is_help);
    let script = match script(args, is_help) {
        // Outside of a package there is no build.sh.
        Err(_) if is_help => return Ok(print(include_str!("package/help.txt"))),
        script => script?,
    };
    let status = Command::new("sh").arg(&script).args(args).status();
    let status = status.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            "build.sh needs a POSIX shell, and PATH has no sh: on Windows, use WSL".into()
        }
        _ => format!("cannot start sh: {error}"),
    })?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

/// Returns the path of `build.sh` in the folder where cargo keeps tiny-lambda. If `is_quiet`, cargo prints no errors.
fn script(args: &[OsString], is_quiet: bool) -> Result<PathBuf, String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--format-version", "1"]);
    let mut rest = args.iter().take_while(|arg| *arg != "--");
    while let Some(arg) = rest.next() {
        if arg == "--manifest-path" {
            cargo.arg(arg).args(rest.next());
        } else if arg == "--offline" || arg.to_string_lossy().starts_with("--manifest-path=") {
            cargo.arg(arg);
        }
    }
    if !is_quiet {
        cargo.stderr(Stdio::inherit());
    }
    let output = cargo.output();
    let output = output.map_err(|error| format!("cannot start cargo: {error}"))?;
    if !output.status.success() {
        return Err("cargo metadata failed: see the message above".into());
    }
    let metadata = Json::parse(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
    let packages = metadata.get("packages").elements().iter();
    let ours = packages.filter(|package| package.get("name").text() == "tiny-lambda");
    let folders: Vec<&Path> = ours
        .filter_map(|package| Path::new(package.get("manifest_path").text()).parent())
        .collect();
    match folders[..] {
        [folder] => Ok(folder.join("build.sh")),
        [] => {
            Err("no package depends on tiny-lambda: add it to [dependencies] of Cargo.toml".into())
        }
        _ => Err(format!(
            "expected one tiny-lambda, found several: run build.sh of one of {folders:?}"
        )),
    }
}
