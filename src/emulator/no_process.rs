//! Where processes cannot be led as Lambda does, which needs Linux: everything else works.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::console::{Console, Source};
use super::report::Exit;

/// What would have to be started, and how.
#[derive(Debug)]
#[expect(dead_code, reason = "nobody reads it here")]
pub(super) struct Launch<'l> {
    pub(super) program: &'l Path,
    pub(super) runner: Option<&'l Path>,
    pub(super) dir: &'l Path,
    pub(super) env: Vec<(String, OsString)>,
    pub(super) source: Source,
}

/// There is none.
#[derive(Debug)]
pub(super) enum Process {}

impl Process {
    pub(super) fn start(
        _: Launch<'_>,
        _: &Arc<Console>,
        _: impl FnOnce(Exit) + Send + 'static,
    ) -> io::Result<Process> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn wait(&self, _: Instant) -> bool {
        match *self {}
    }

    pub(super) fn kill(self) {
        match self {}
    }

    pub(super) fn signal(&self, _: i32) {
        match *self {}
    }

    pub(super) fn flush_log(&self) {
        match *self {}
    }

    pub(super) fn peak_kb(&self, _: Duration) -> Option<u64> {
        match *self {}
    }
}

pub(super) fn refusal(path: &Path, _: Option<&Path>) -> Option<String> {
    Some(format!(
        "{}: executables are run on Linux only",
        path.display()
    ))
}

/// Runs `command` to its end: how it ended, and what it has written.
pub(super) fn run(mut command: Command, _: &Group) -> io::Result<(ExitStatus, Vec<u8>)> {
    let output = command.output()?;
    Ok((output.status, [output.stdout, output.stderr].concat()))
}

/// A command's processes cannot be ended here before it ends.
#[derive(Debug, Default)]
pub(super) struct Group;

impl Group {
    pub(super) fn end(&self) {}
}
