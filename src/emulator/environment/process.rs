//! A child process: started as Lambda starts it, killed with all its descendants, its log read from one pipe.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub(crate) use crate::emulator::environment::executable::{
    find_program, is_executable, refusal_reason,
};
use crate::emulator::environment::logs::EnvironmentLog;
use crate::emulator::report::ProcessExit;
use crate::emulator::server::lock;
use crate::sys;

/// Bytes of a log that are read at once, and the longest line that is held back until it ends.
const LOG_READ_LEN: usize = 64 * 1024;

/// A running process and the thread that watches it. It runs until it ends or is [killed](Self::kill).
#[derive(Debug)]
pub(crate) struct ChildProcess {
    id: u32,
    state: Arc<Mutex<ProcessState>>,
    log: Arc<LogPipe>,
    watcher: JoinHandle<()>,
    /// Disconnects when the process has ended and everything that it wrote has been logged.
    ended: Receiver<io::Result<u32>>,
}

#[derive(Debug, Clone, Copy)]
enum ProcessState {
    /// The process may be signalled: no other process has its id, even if it has just ended.
    Running,
    /// It has been reaped. The peak of its resident memory in KB is known on some systems.
    Ended(Option<u64>),
}

impl ChildProcess {
    /// Starts a process. `kind` is the type of telemetry records that its output becomes. `on_exit` is called
    /// once, on another thread, when the process has ended and everything that it wrote has been logged.
    pub(crate) fn start(
        mut command: Command,
        kind: &'static str,
        log: &Arc<EnvironmentLog>,
        on_exit: impl FnOnce(ProcessExit) + Send + 'static,
    ) -> io::Result<ChildProcess> {
        let (reader, writer) = sys::pipe()?;
        set_output(&mut command, writer.try_clone()?)?;
        let log = Arc::new(LogPipe {
            log: Arc::clone(log),
            kind,
            reader: File::from(reader),
            writer: File::from(writer),
            is_closed: AtomicBool::new(false),
            unfinished_line: Mutex::new(Vec::new()),
        });
        let state = Arc::new(Mutex::new(ProcessState::Running));
        let (sender, ended) = channel();
        let (pipe, shared) = (Arc::clone(&log), Arc::clone(&state));
        let watch = move || {
            let ended = thread::scope(|scope| {
                let reader = thread::Builder::new().name("emulator log".to_owned());
                let reading = reader.spawn_scoped(scope, || pipe.read_to_end());
                // The kernel kills the process when the thread that started it ends, so this thread does
                // both.
                let child = reading.and_then(|_| spawn(command));
                let ended = child.map(|child| {
                    let _ = sender.send(Ok(child.id()));
                    watch_child(child, &shared)
                });
                pipe.end();
                ended
            });
            match ended {
                Ok(exit) => {
                    drop(sender);
                    on_exit(exit);
                }
                Err(error) => drop(sender.send(Err(error))),
            }
        };
        let watcher = thread::Builder::new().name("emulator watch".to_owned());
        let watcher = watcher.spawn(watch)?;
        Ok(ChildProcess {
            id: ended.recv().map_err(io::Error::other)??,
            state,
            log,
            watcher,
            ended,
        })
    }

    /// Sends a signal to the process and its descendants, unless it has ended.
    pub(crate) fn signal(&self, signal: i32) {
        let state = lock(&self.state);
        if matches!(*state, ProcessState::Running) {
            sys::kill_group(self.id, signal);
        }
    }

    /// Waits until the process has ended, but not longer than `time`.
    pub(crate) fn wait(&self, time: Duration) {
        let _ = self.ended.recv_timeout(time);
    }

    /// Kills the process and its descendants, and waits until they have ended.
    pub(crate) fn kill(self) {
        self.signal(sys::SIGKILL);
        let _ = self.watcher.join();
    }

    /// Logs what the process has written so far.
    pub(crate) fn flush_log(&self) {
        self.log.flush();
    }

    /// Returns the peak of the process's resident memory in KB. Linux does not tell that of a process that has ended.
    pub(crate) fn peak_kb(&self) -> Option<u64> {
        match *lock(&self.state) {
            ProcessState::Running => sys::peak_kb(self.id),
            ProcessState::Ended(peak_kb) => peak_kb,
        }
    }
}

/// Connects the output of a process to the end of a pipe, and gives the process a group of its own.
fn set_output(command: &mut Command, writer: OwnedFd) -> io::Result<()> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::from(writer.try_clone()?))
        .stderr(Stdio::from(writer))
        .process_group(0);
    Ok(())
}

/// Waits until the process ends, and kills its descendants.
fn watch_child(child: Child, state: &Mutex<ProcessState>) -> ProcessExit {
    let guard = OrphanGuard::start(child.id());
    sys::wait_for_exit(child.id());
    drop(guard);
    let mut state = lock(state);
    // No other process can get its id, which is the group's too, before `reap` returns.
    sys::kill_group(child.id(), sys::SIGKILL);
    let (status, peak_kb) =
        sys::reap(child).map_or((None, None), |(status, peak)| (Some(status), peak));
    *state = ProcessState::Ended(peak_kb);
    process_exit(status)
}

/// Starts `command` so that the kernel kills it when this thread or this process ends. Closes this process's
/// copies of the pipe's end that the command writes to.
fn spawn(mut command: Command) -> io::Result<Child> {
    sys::end_with_parent(&mut command);
    command.spawn()
}

/// A shell that kills a process group if this process ends without having done so, for example by
/// SIGKILL. The kernel kills the first process of the group then, but not its descendants.
#[derive(Debug)]
struct OrphanGuard(Child);

impl OrphanGuard {
    /// Returns `None` if there is no shell or no process can be started. Only the guard is missing then.
    fn start(group: u32) -> Option<OrphanGuard> {
        // Nothing is written to the guard's standard input, which closes when this process ends. The
        // guard has a group of its own, so that neither a terminal nor a function ends it.
        let child = Command::new("/bin/sh")
            .args(["-c", "read -r _; kill -s KILL -- \"-$0\""])
            .arg(group.to_string())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        child.ok().map(OrphanGuard)
    }
}

impl Drop for OrphanGuard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a command to its end. Returns its status and its output. `group` can end it earlier.
pub(crate) fn run(mut command: Command, group: &ProcessGroup) -> io::Result<(ExitStatus, Vec<u8>)> {
    let (reader, writer) = sys::pipe()?;
    set_output(&mut command, writer)?;
    let mut state = lock(&group.0);
    if state.is_ended {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let mut child = spawn(command)?;
    state.id = Some(child.id());
    drop(state);
    let guard = OrphanGuard::start(child.id());
    let mut text = Vec::new();
    let read = File::from(reader).read_to_end(&mut text);
    sys::wait_for_exit(child.id());
    drop(guard);
    // No other process can get the id before `wait` returns.
    lock(&group.0).id = None;
    let status = child.wait()?;
    read.map(|_| (status, text))
}

/// The process group of a command that [`run`] runs.
#[derive(Debug, Default)]
pub(crate) struct ProcessGroup(Mutex<GroupState>);

#[derive(Debug, Default)]
struct GroupState {
    id: Option<u32>,
    is_ended: bool,
}

impl ProcessGroup {
    /// Kills the command, and lets no other one start.
    pub(crate) fn end(&self) {
        let mut state = lock(&self.0);
        state.is_ended = true;
        if let Some(id) = state.id {
            sys::kill_group(id, sys::SIGKILL);
        }
    }
}

fn process_exit(status: Option<ExitStatus>) -> ProcessExit {
    ProcessExit {
        code: status.and_then(|status| status.code()),
        signal: status.and_then(|status| status.signal()),
        core_dumped: status.is_some_and(|status| status.core_dumped()),
    }
}

/// The pipe that a process's standard output and standard error write to. One pipe keeps their order.
#[derive(Debug)]
struct LogPipe {
    log: Arc<EnvironmentLog>,
    /// The type of telemetry records that the output becomes.
    kind: &'static str,
    reader: File,
    /// Keeps the pipe open, and wakes its reader at the end.
    writer: File,
    is_closed: AtomicBool,
    /// The line that has not ended yet. The lock is held while the pipe is read.
    unfinished_line: Mutex<Vec<u8>>,
}

impl LogPipe {
    /// Logs the lines that are written, until [`end`](Self::end).
    fn read_to_end(&self) {
        while !self.is_closed.load(Ordering::SeqCst) {
            sys::is_readable(&self.reader, true);
            self.flush();
        }
    }

    /// Logs the whole lines that the pipe holds now.
    fn flush(&self) {
        let mut unfinished = lock(&self.unfinished_line);
        let mut scratch = vec![0; LOG_READ_LEN];
        // The only byte in a closed pipe is that of `end`, which is not output.
        while !self.is_closed.load(Ordering::SeqCst) && sys::is_readable(&self.reader, false) {
            let Ok(n @ 1..) = (&self.reader).read(&mut scratch) else {
                break;
            };
            unfinished.extend_from_slice(scratch.get(..n).unwrap_or_default());
            let end = match unfinished.iter().rposition(|&b| b == b'\n') {
                Some(at) => at.saturating_add(1),
                None if unfinished.len() > LOG_READ_LEN => unfinished.len(),
                None => continue,
            };
            let lines: Vec<u8> = unfinished.drain(..end).collect();
            self.log.write_output(self.kind, &lines);
        }
    }

    /// Logs what is left, and ends the reading thread.
    fn end(&self) {
        self.flush();
        let mut unfinished = lock(&self.unfinished_line);
        if !unfinished.is_empty() {
            unfinished.push(b'\n');
            self.log.write_output(self.kind, &unfinished);
            unfinished.clear();
        }
        self.is_closed.store(true, Ordering::SeqCst);
        let _ = (&self.writer).write_all(b"\n");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::emulator::Settings;

    #[test]
    #[cfg_attr(miri, ignore = "Miri starts no processes")]
    fn the_peak_of_memory_is_that_of_the_process() {
        let log = Arc::new(EnvironmentLog::new(&Settings::default()));
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec sleep 600"]);
        let process = ChildProcess::start(command, "function", &log, drop).unwrap();
        // A shell needs more than 100 KB, and less than 100 MB.
        let is_plausible = |kb: u64| (100..100_000).contains(&kb);
        // The memory grows after the start.
        let limit = Instant::now() + Duration::from_secs(60);
        while !process.peak_kb().is_some_and(is_plausible) {
            assert!(Instant::now() < limit, "{:?}", process.peak_kb());
            thread::yield_now();
        }
        process.signal(sys::SIGKILL);
        process.wait(Duration::from_secs(60));
        let at_end = process.peak_kb();
        if cfg!(all(target_os = "linux", not(tiny_lambda_portable))) {
            assert_eq!(at_end, None);
        } else {
            assert!(at_end.is_some_and(is_plausible), "{at_end:?}");
        }
        process.kill();
    }
}
