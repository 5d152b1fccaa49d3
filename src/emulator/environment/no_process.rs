//! Where processes cannot be led as Lambda does, which needs Linux: everything else works.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::emulator::environment::logs::{Console, Source};
use crate::emulator::report::Exit;

/// What would have to be started, and how.
#[derive(Debug)]
#[expect(dead_code, reason = "nobody reads it here")]
pub(crate) struct Launch<'l> {
    pub(crate) program: &'l Path,
    pub(crate) runner: Option<&'l Path>,
    pub(crate) dir: &'l Path,
    pub(crate) env: Vec<(String, OsString)>,
    pub(crate) source: Source,
}

/// There is none.
#[derive(Debug)]
pub(crate) enum Process {}

impl Process {
    pub(crate) fn start(
        _: Launch<'_>,
        _: &Arc<Console>,
        _: impl FnOnce(Exit) + Send + 'static,
    ) -> io::Result<Process> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn wait(&self, _: Instant) -> bool {
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

    pub(crate) fn peak_kb(&self, _: Duration) -> Option<u64> {
        match *self {}
    }
}

pub(crate) fn refusal(path: &Path, _: Option<&Path>) -> Option<String> {
    Some(format!(
        "{}: executables are run on Linux only",
        path.display()
    ))
}

/// Runs `command` to its end: how it ended, and what it has written.
pub(crate) fn run(mut command: Command, _: &Group) -> io::Result<(ExitStatus, Vec<u8>)> {
    let output = command.output()?;
    Ok((output.status, [output.stdout, output.stderr].concat()))
}

/// A command's processes cannot be ended here before it ends.
#[derive(Debug, Default)]
pub(crate) struct Group;

impl Group {
    pub(crate) fn end(&self) {}
}
