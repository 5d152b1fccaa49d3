//! The local Lambda as a command: see `emulator --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tiny_lambda::emulator::cli(std::env::args_os().skip(1))
}
