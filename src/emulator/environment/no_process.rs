//! Replaces `process` on systems other than Linux, macOS and FreeBSD, where the local Lambda cannot run executables.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use crate::emulator::environment::logs::EnvironmentLog;
use crate::emulator::report::ProcessExit;

/// A process. There is none.
#[derive(Debug)]
pub(crate) enum ChildProcess {}

impl ChildProcess {
    pub(crate) fn start(
        _: Command,
        _: &'static str,
        _: &Arc<EnvironmentLog>,
        _: impl FnOnce(ProcessExit) + Send + 'static,
    ) -> io::Result<ChildProcess> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn wait(&self, _: Duration) {
        match *self {}
    }

    pub(crate) fn kill(self) {
        match self {}
    }

    pub(crate) fn signal(&self, _: i32) {
        match *self {}
    }

    pub(crate) fn flush_log(&self) {
        match *self {}
    }

    pub(crate) fn peak_kb(&self) -> Option<u64> {
        match *self {}
    }
}

pub(crate) fn find_program(program: &Path) -> io::Result<PathBuf> {
    Ok(program.to_owned())
}

pub(crate) fn is_executable(metadata: &Metadata) -> bool {
    metadata.is_file()
}

pub(crate) fn refusal_reason(path: &Path, _: Option<&Path>) -> Option<String> {
    let path = path.display();
    Some(format!(
        "{path}: executables are run on Linux, macOS and FreeBSD only; on Windows use WSL"
    ))
}

/// Runs a command to its end. Returns its status and its output.
pub(crate) fn run(mut command: Command, _: &ProcessGroup) -> io::Result<(ExitStatus, Vec<u8>)> {
    let output = command.output()?;
    Ok((output.status, [output.stdout, output.stderr].concat()))
}

/// A command that [`run`] runs. It cannot be ended early here.
#[derive(Debug, Default)]
pub(crate) struct ProcessGroup;

impl ProcessGroup {
    pub(crate) fn end(&self) {}
}
