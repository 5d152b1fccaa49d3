//! Where processes cannot be led as Lambda does, which needs Linux: everything else works.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use super::console::Console;
use super::report::Exit;
use super::settings::Settings;

/// There is none.
#[derive(Debug)]
pub(super) enum Process {}

impl Process {
    pub(super) fn start(
        _: &Settings,
        _: &Arc<Console>,
        _: &Path,
        _: SocketAddr,
        _: impl FnOnce(Exit) + Send + 'static,
    ) -> io::Result<Process> {
        Err(io::ErrorKind::Unsupported.into())
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

    pub(super) fn peak_kb(&self) -> Option<u64> {
        match *self {}
    }
}

pub(super) fn refusal(path: &Path, _: Option<&Path>) -> Option<String> {
    Some(format!(
        "{}: executables are run on Linux only",
        path.display()
    ))
}
