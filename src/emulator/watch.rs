//! Watching the inputs of a function's build: when one changes it is built again, and its processes are replaced.

mod ignore;
mod inputs;

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::emulator::environment::Environment;
use crate::emulator::environment::logs::print_line;
use crate::emulator::environment::process::{self, ProcessGroup};
use crate::emulator::scheduler::Scheduler;
use crate::emulator::watch::inputs::{Inputs, Snapshot};

/// How often the inputs are looked at.
const INTERVAL: Duration = Duration::from_millis(250);
/// A change is acted on when nothing has followed it for this time, and after this many times in any
/// case: editors and Git write several files, or one in several steps.
const SETTLE: Duration = Duration::from_millis(50);
const SETTLES_MAX: u32 = 20;
/// In so many looks after a build a change is taken for one by the build.
const LATE_LOOKS: u32 = 4;
/// How much of a failed build's output callers get: its end.
const TEXT_LEN_MAX: usize = 16 * 1024;
/// A file whose content changes with each of so many builds in a row is written by the build, and by
/// no person.
const BUILD_CHANGES_MAX: u8 = 4;
/// The same of a file that changes whenever invocations run, and was not there at the start.
const INVOCATION_CHANGES_MAX: u8 = 3;
/// The same of one that was: a person may well save it after each build while invocations run.
const INVOCATION_CHANGES_OLD_MAX: u8 = 12;

/// What is watched, and what is done about it.
#[derive(Debug)]
pub(crate) struct Watcher {
    folder: PathBuf,
    /// A shell command that builds the function; `None`: it is only started again.
    build: Option<String>,
    inputs: Inputs,
    /// The inputs before the first build.
    first: Snapshot,
    /// That of the build's processes.
    group: Arc<ProcessGroup>,
}

/// The thread that watches; dropping it ends it, and a build that it runs.
#[derive(Debug)]
pub(crate) struct WatchThread {
    stop: Option<Sender<()>>,
    group: Arc<ProcessGroup>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for WatchThread {
    fn drop(&mut self) {
        self.stop = None;
        self.group.end();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Watcher {
    /// Looks at the inputs in `folder` of what `build` makes: `program`.
    pub(crate) fn new(
        folder: PathBuf,
        build: Option<String>,
        program: Option<PathBuf>,
        group: Arc<ProcessGroup>,
    ) -> Watcher {
        let inputs = Inputs::new(&folder, program.as_deref());
        let first = inputs.look_before_build();
        Watcher {
            folder,
            build,
            inputs,
            first,
            group,
        }
    }

    /// Builds the function; an error is what the build has written.
    pub(crate) fn build(&self) -> Result<(), String> {
        let Some(build) = &self.build else {
            return Ok(());
        };
        let mut command = Command::new("sh");
        command.arg("-c").arg(build).current_dir(&self.folder);
        let ran = process::run(command, &self.group);
        let (status, text) = ran.map_err(|error| format!("{build}: {error}"))?;
        let _ = io::stderr().lock().write_all(&text);
        if status.success() {
            return Ok(());
        }
        let start = text.len().saturating_sub(TEXT_LEN_MAX);
        Err(String::from_utf8_lossy(text.get(start..).unwrap_or_default()).into_owned())
    }

    /// Watches from now on. While it is built invocations wait; what they get if that fails is an
    /// error with the build's output.
    pub(crate) fn start(
        self,
        scheduler: Arc<Scheduler>,
        environments: Vec<Arc<Environment>>,
    ) -> io::Result<WatchThread> {
        let (stop, stopped) = channel();
        let group = Arc::clone(&self.group);
        let thread = thread::Builder::new()
            .name("emulator watch folder".to_owned())
            .spawn(move || self.watch(&scheduler, &environments, &stopped))?;
        Ok(WatchThread {
            stop: Some(stop),
            group,
            thread: Some(thread),
        })
    }

    fn watch(
        self,
        scheduler: &Scheduler,
        environments: &[Arc<Environment>],
        stopped: &Receiver<()>,
    ) {
        let has_stopped = |wait| stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout);
        let mut seen = self.inputs.look(false);
        let mut changed = seen.changed_since(&self.first);
        let mut own = OwnChanges::default();
        let ran = if self.build.is_some() {
            Ran::Build
        } else {
            Ran::Nothing
        };
        own.leave_out(&mut changed, ran, &self.first);
        let mut is_broken = false;
        let mut begun = scheduler.activity();
        // What a build has written may go through a pipe, such as one to tee(1), and arrive later: in
        // how many looks that may be, and whether something has.
        let (mut n_late, mut has_written) = (0_u32, false);
        loop {
            if changed.is_empty() {
                if has_stopped(INTERVAL) {
                    return;
                }
                let now = self.inputs.look(is_broken);
                changed = now.changed_since(&seen);
                let activity = scheduler.activity();
                let ran = if activity != begun || activity.1 {
                    Ran::Invocation
                } else if n_late > 0 {
                    Ran::Build
                } else {
                    Ran::Nothing
                };
                begun = activity;
                n_late = n_late.saturating_sub(1);
                // What the build has changed has been counted, and more may follow.
                has_written |= !changed.is_empty();
                let is_undecided = ran == Ran::Build && (has_written || n_late > 0);
                if !(changed.is_empty() && is_undecided) {
                    own.leave_out(&mut changed, ran, &self.first);
                }
                seen = now;
                continue;
            }
            for _ in 0..SETTLES_MAX {
                if has_stopped(SETTLE) {
                    return;
                }
                let now = self.inputs.look(is_broken);
                let goes_on = !now.changed_since(&seen).is_empty();
                seen = now;
                if !goes_on {
                    break;
                }
            }
            scheduler.pause();
            // What is saved from here on may come too late for the build.
            let before = self.inputs.look_before_build();
            let broken = self.build().err();
            is_broken = broken.is_some();
            if !is_broken {
                for environment in environments {
                    environment.replace();
                }
            }
            let result = if is_broken {
                "the build failed"
            } else {
                "started again"
            };
            let name = changed.first().map_or(Path::new(""), |path| {
                path.strip_prefix(&self.folder).unwrap_or(path)
            });
            print_line(&format!("{} has changed: {result}", name.display()));
            // Invocations that begin from here on count as activity.
            begun = scheduler.activity();
            scheduler.resume(broken);
            seen = self.inputs.look(is_broken);
            changed = seen.changed_since(&before);
            (n_late, has_written) = (LATE_LOOKS, !changed.is_empty());
            if !changed.is_empty() {
                own.leave_out(&mut changed, Ran::Build, &self.first);
            }
        }
    }
}

/// What ran when a file changed, and may have changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Ran {
    Nothing,
    Build,
    Invocation,
}

/// How often files have changed in a row while something ran.
#[derive(Debug, Default)]
struct OwnChanges(HashMap<(PathBuf, Ran), u8>);

impl OwnChanges {
    /// Keeps the paths whose change is one to act on.
    fn leave_out(&mut self, changed: &mut Vec<PathBuf>, ran: Ran, first: &Snapshot) {
        // Where the same has run and a file has not changed, its row ends.
        self.0
            .retain(|(path, kind), _| *kind != ran || changed.contains(path));
        changed.retain(|path| {
            let n_max = match ran {
                Ran::Nothing => {
                    self.0.retain(|(other, _), _| other != path);
                    return true;
                }
                Ran::Build => BUILD_CHANGES_MAX,
                Ran::Invocation if first.has(path) => INVOCATION_CHANGES_OLD_MAX,
                Ran::Invocation => INVOCATION_CHANGES_MAX,
            };
            let n = self.0.entry((path.clone(), ran)).or_default();
            *n = n.saturating_add(1);
            if *n == n_max {
                let name = path.display();
                print_line(&format!(
                    "{name} changes with each build or invocation: that alone is no reason to build"
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
    fn a_file_that_changes_with_each_build_or_invocation_is_left_alone() {
        let first = Inputs::new(Path::new("/no/such/folder"), None).look(true);
        let check = |rounds: &[(Ran, &str, &str)]| {
            let mut own = OwnChanges::default();
            for (i, (ran, changed, want)) in rounds.iter().enumerate() {
                let mut changed = changed.split_whitespace().map(PathBuf::from).collect();
                own.leave_out(&mut changed, *ran, &first);
                let want: Vec<PathBuf> = want.split_whitespace().map(PathBuf::from).collect();
                assert_eq!(changed, want, "{i} of {rounds:?}");
            }
        };
        // Each build writes a file, until a person changes it.
        check(&[
            (Ran::Nothing, "code", "code"),
            (Ran::Build, "made", "made"),
            (Ran::Build, "made", "made"),
            (Ran::Build, "made", "made"),
            (Ran::Build, "made", ""),
            (Ran::Nothing, "code", "code"),
            (Ran::Build, "made", ""),
            (Ran::Nothing, "made", "made"),
            (Ran::Build, "made", "made"),
        ]);
        // A person saves while builds run, now this and now that.
        check(&[
            (Ran::Build, "a", "a"),
            (Ran::Build, "a b", "a b"),
            (Ran::Build, "a b", "a b"),
            (Ran::Build, "b", "b"),
            (Ran::Build, "a", "a"),
        ]);
        // Invocations write a file, and a person saves another while they run.
        check(&[
            (Ran::Invocation, "log", "log"),
            (Ran::Build, "", ""),
            (Ran::Invocation, "log code", "log code"),
            (Ran::Build, "", ""),
            (Ran::Invocation, "log", ""),
            (Ran::Invocation, "log code", "code"),
            (Ran::Invocation, "", ""),
            (Ran::Invocation, "log", "log"),
        ]);
    }
}
