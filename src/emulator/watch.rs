//! Watches the files that a function is built from. When one changes, builds the function again and replaces
//! its processes.

#[cfg(any(windows, all(test, target_os = "linux")))]
mod files_in_use;
mod ignore;
mod inputs;

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::emulator::environment::Environment;
use crate::emulator::environment::logs::print_line;
use crate::emulator::environment::process::{self, ProcessGroup};
use crate::emulator::scheduler::Scheduler;
use crate::emulator::watch::inputs::{BuildInputs, Snapshot};

/// Time between two snapshots of the inputs.
const INTERVAL: Duration = Duration::from_millis(250);
/// A change starts a build when no other change has followed it for this time, or after
/// [`SETTLE_ROUNDS_MAX`] such times: editors and Git write several files, or one in several steps.
const SETTLE_TIME: Duration = Duration::from_millis(50);
const SETTLE_ROUNDS_MAX: u32 = 20;
/// For so many snapshots after a build, a change counts as made by the build. Its output may go through a
/// pipe, such as one to tee(1), and arrive late.
const LATE_SNAPSHOTS: u32 = 4;
/// How much of a failed build's output callers get, in bytes at its end.
const OUTPUT_LEN_MAX: usize = 16 * 1024;
/// A file that changes with so many builds in a row is written by the build.
const BUILD_CHANGES_MAX: u8 = 4;
/// A file that changes with so many invocations in a row, and did not exist at the start, is written by
/// them.
const INVOCATION_CHANGES_MAX: u8 = 3;
/// The same for a file that existed at the start. A person may well save it after each build while
/// invocations run.
const INVOCATION_CHANGES_OLD_MAX: u8 = 12;

/// What is watched, and how it is built.
#[derive(Debug)]
pub(crate) struct Watcher {
    /// A shell command that builds the function; `None` if it is only started again.
    build: Option<String>,
    inputs: BuildInputs,
    /// The inputs before the first build.
    first: Snapshot,
    /// The processes of the build.
    pub(crate) group: Arc<ProcessGroup>,
}

impl Watcher {
    /// Takes a snapshot of the inputs in `folder` from which `build` makes `program`.
    pub(crate) fn new(
        folder: &Path,
        build: Option<String>,
        program: Option<&Path>,
        group: Arc<ProcessGroup>,
    ) -> Watcher {
        let inputs = BuildInputs::new(folder, program);
        let first = inputs.snapshot_before_build();
        Watcher {
            build,
            inputs,
            first,
            group,
        }
    }

    /// Builds the function. Returns the end of the build's output as an error.
    pub(crate) fn build(&self) -> Result<(), String> {
        let Some(build) = &self.build else {
            return Ok(());
        };
        #[cfg(windows)]
        self.inputs
            .program
            .iter()
            .for_each(|program| files_in_use::release(program));
        let mut command = shell(build);
        command.current_dir(&self.inputs.folder);
        let ran = process::run(command, &self.group);
        let (status, mut output) = ran.map_err(|error| format!("{build}: {error}"))?;
        let _ = io::stderr().lock().write_all(&output);
        if status.success() {
            return Ok(());
        }
        let start = output.len().saturating_sub(OUTPUT_LEN_MAX);
        Err(String::from_utf8_lossy(&output.split_off(start)).into_owned())
    }
}

/// Returns the command with which the system's shell runs `text`.
fn shell(text: &str) -> Command {
    let (program, options) = if cfg!(windows) {
        // With these options, cmd runs what is between the first and the last quote as it is (`cmd /?`).
        ("cmd", "/D /S /C")
    } else {
        ("sh", "-c")
    };
    let mut command = Command::new(program);
    #[cfg(windows)]
    std::os::windows::process::CommandExt::raw_arg(&mut command, format!("{options} \"{text}\""));
    #[cfg(not(windows))]
    command.args([options, text]);
    command
}

/// The state of the thread that watches.
pub(crate) struct WatchLoop {
    watcher: Watcher,
    scheduler: Arc<Scheduler>,
    environments: Vec<Arc<Environment>>,
    /// Ends when the thread has to stop.
    stopped: Receiver<()>,
    /// The last snapshot.
    seen: Snapshot,
    /// The changed files that are a reason to build.
    changed: Vec<PathBuf>,
    generated: GeneratedFiles,
    /// Whether the last build failed.
    is_broken: bool,
    /// The scheduler's activity right before the last snapshot.
    activity: (u64, bool),
    /// For how many more snapshots a change counts as made by the build.
    n_late: u32,
    /// Whether the last build has changed files.
    has_build_written: bool,
}

/// The error that ends a [`WatchLoop`].
struct StoppedError;

impl WatchLoop {
    pub(crate) fn new(
        watcher: Watcher,
        scheduler: Arc<Scheduler>,
        environments: Vec<Arc<Environment>>,
        stopped: Receiver<()>,
    ) -> WatchLoop {
        let seen = watcher.inputs.snapshot(false);
        let cause = match watcher.build {
            Some(_) => ChangeCause::Build,
            None => ChangeCause::Person,
        };
        let mut watch = WatchLoop {
            activity: scheduler.activity(),
            changed: seen.changed_since(&watcher.first),
            generated: GeneratedFiles::default(),
            watcher,
            scheduler,
            environments,
            stopped,
            seen,
            is_broken: false,
            n_late: 0,
            has_build_written: false,
        };
        watch.remove_generated(cause);
        watch
    }

    /// Watches until the thread has to stop. Invocations wait during a build, and fail with its output if
    /// it fails.
    pub(crate) fn run(mut self) {
        while let Ok(()) = self.wait_for_change().and_then(|()| self.settle()) {
            self.build();
        }
    }

    fn sleep(&self, time: Duration) -> Result<(), StoppedError> {
        match self.stopped.recv_timeout(time) {
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Err(StoppedError),
        }
    }

    /// Waits until a file changes that is a reason to build.
    fn wait_for_change(&mut self) -> Result<(), StoppedError> {
        while self.changed.is_empty() {
            self.sleep(INTERVAL)?;
            let activity_before = self.scheduler.activity();
            let now = self.watcher.inputs.snapshot(self.is_broken);
            self.changed = now.changed_since(&self.seen);
            self.seen = now;
            let activity = self.scheduler.activity();
            let (_, is_invoking) = activity;
            let cause = if activity != self.activity || is_invoking {
                ChangeCause::Invocation
            } else if self.n_late > 0 {
                ChangeCause::Build
            } else {
                ChangeCause::Person
            };
            self.activity = activity_before;
            self.n_late = self.n_late.saturating_sub(1);
            self.has_build_written |= !self.changed.is_empty();
            // A build's changes are counted once, when no more of them can follow.
            let may_follow =
                cause == ChangeCause::Build && (self.has_build_written || self.n_late > 0);
            if !(self.changed.is_empty() && may_follow) {
                self.remove_generated(cause);
            }
        }
        Ok(())
    }

    /// Waits until no further change follows.
    fn settle(&mut self) -> Result<(), StoppedError> {
        for _ in 0..SETTLE_ROUNDS_MAX {
            self.sleep(SETTLE_TIME)?;
            let now = self.watcher.inputs.snapshot(self.is_broken);
            let has_settled = now.changed_since(&self.seen).is_empty();
            self.seen = now;
            if has_settled {
                break;
            }
        }
        Ok(())
    }

    /// Builds the function, and replaces its processes if that succeeds.
    fn build(&mut self) {
        self.scheduler.pause();
        // The build may miss files that are saved from here on.
        let before = self.watcher.inputs.snapshot_before_build();
        let build_error = self.watcher.build().err();
        self.is_broken = build_error.is_some();
        let result = if self.is_broken {
            "the build failed"
        } else {
            for environment in &self.environments {
                environment.replace();
            }
            "started again"
        };
        let path = self.changed.first().map_or(Path::new(""), PathBuf::as_path);
        let folder = &self.watcher.inputs.folder;
        let path = path.strip_prefix(folder).unwrap_or(path);
        print_line(&format!("{} has changed: {result}", path.display()));
        self.seen = self.watcher.inputs.snapshot(self.is_broken);
        // The snapshot does not contain what later invocations change. Those count as activity.
        self.activity = self.scheduler.activity();
        self.scheduler.resume(build_error);
        self.changed = self.seen.changed_since(&before);
        self.n_late = LATE_SNAPSHOTS;
        self.has_build_written = !self.changed.is_empty();
        if self.has_build_written {
            self.remove_generated(ChangeCause::Build);
        }
    }

    fn remove_generated(&mut self, cause: ChangeCause) {
        let first = &self.watcher.first;
        self.generated.remove_from(&mut self.changed, cause, first);
    }
}

/// What may have changed a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum ChangeCause {
    /// Neither a build nor an invocation was running.
    Person,
    Build,
    Invocation,
}

/// Finds the files that builds or invocations write: counts how often each file has changed in a row while
/// they ran.
#[derive(Debug, Default)]
struct GeneratedFiles(HashMap<(PathBuf, ChangeCause), u8>);

impl GeneratedFiles {
    /// Counts the changes of `changed`, and removes the generated files from it. `first` is the snapshot
    /// of the start.
    fn remove_from(&mut self, changed: &mut Vec<PathBuf>, cause: ChangeCause, first: &Snapshot) {
        // The row of a file that has not changed this time ends.
        self.0
            .retain(|(path, other), _| *other != cause || changed.contains(path));
        changed.retain(|path| {
            let n_max = match cause {
                ChangeCause::Person => {
                    self.0.retain(|(other, _), _| other != path);
                    return true;
                }
                ChangeCause::Build => BUILD_CHANGES_MAX,
                ChangeCause::Invocation if first.has(path) => INVOCATION_CHANGES_OLD_MAX,
                ChangeCause::Invocation => INVOCATION_CHANGES_MAX,
            };
            let n = self.0.entry((path.clone(), cause)).or_default();
            *n = n.saturating_add(1);
            if *n == n_max {
                print_line(&format!(
                    "{} changes with each build or invocation; its changes start no build any more",
                    path.display()
                ));
            }
            *n < n_max
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_builds_or_invocations_write_start_no_build() {
        let first = BuildInputs::new(Path::new("/no/such/folder"), None).snapshot(true);
        let check = |rounds: &[(ChangeCause, &str, &str)]| {
            let mut generated = GeneratedFiles::default();
            for (i, (cause, changed, want)) in rounds.iter().enumerate() {
                let mut changed = changed.split_whitespace().map(PathBuf::from).collect();
                generated.remove_from(&mut changed, *cause, &first);
                let want: Vec<PathBuf> = want.split_whitespace().map(PathBuf::from).collect();
                assert_eq!(changed, want, "{i} of {rounds:?}");
            }
        };
        // Each build writes a file, until a person changes it.
        check(&[
            (ChangeCause::Person, "code", "code"),
            (ChangeCause::Build, "made", "made"),
            (ChangeCause::Build, "made", "made"),
            (ChangeCause::Build, "made", "made"),
            (ChangeCause::Build, "made", ""),
            (ChangeCause::Person, "code", "code"),
            (ChangeCause::Build, "made", ""),
            (ChangeCause::Person, "made", "made"),
            (ChangeCause::Build, "made", "made"),
        ]);
        // A person saves different files while builds run.
        check(&[
            (ChangeCause::Build, "a", "a"),
            (ChangeCause::Build, "a b", "a b"),
            (ChangeCause::Build, "a b", "a b"),
            (ChangeCause::Build, "b", "b"),
            (ChangeCause::Build, "a", "a"),
        ]);
        // Invocations write a file, and a person saves another while they run.
        check(&[
            (ChangeCause::Invocation, "log", "log"),
            (ChangeCause::Build, "", ""),
            (ChangeCause::Invocation, "log code", "log code"),
            (ChangeCause::Build, "", ""),
            (ChangeCause::Invocation, "log", ""),
            (ChangeCause::Invocation, "log code", "code"),
            (ChangeCause::Invocation, "", ""),
            (ChangeCause::Invocation, "log", "log"),
        ]);
    }
}
