//! A child process: started as Lambda starts it, killed with all its descendants, its log read from one pipe.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::emulator::environment::executable::find_program;
pub(crate) use crate::emulator::environment::executable::refusal_reason;
use crate::emulator::environment::logs::{EnvironmentLog, LogSource};
use crate::emulator::report::ProcessExit;
use crate::emulator::server::lock;
use crate::sys;

/// Bytes of a log that are read at once, and the longest line that is held back until it ends.
const LOG_READ_LEN: usize = 64 * 1024;

/// The peak memory of a process is read again after an invocation of this length, in which the process
/// may have touched some megabytes, and after [`PEAK_AGE_MAX`] in any case.
const PEAK_BUSY_MIN: Duration = Duration::from_millis(1);
const PEAK_AGE_MAX: Duration = Duration::from_millis(10);

/// The command that starts a process.
#[derive(Debug)]
pub(crate) struct LaunchSpec<'l> {
    pub(crate) program: &'l Path,
    /// The program that runs it; `None`: the system does.
    pub(crate) runner: Option<&'l Path>,
    /// The folder in which it starts.
    pub(crate) folder: &'l Path,
    /// All its variables. It inherits none.
    pub(crate) env: Vec<(String, OsString)>,
    pub(crate) source: LogSource,
}

/// A running process and the threads that watch it. It runs until it ends or is [killed](Self::kill).
#[derive(Debug)]
pub(crate) struct ChildProcess {
    id: u32,
    shared: Arc<SharedState>,
    log: Arc<LogPipe>,
    /// `/proc/ID/status` (proc(5)).
    status: Option<File>,
    /// The peak memory in KB, and when it was read.
    peak: Mutex<Option<(u64, Instant)>>,
    watcher: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct SharedState {
    state: Mutex<ChildState>,
    is_over: Condvar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChildState {
    /// The process may be signalled: no other process has its id, even if it has just ended.
    Running,
    /// Another process may have its id.
    Ended,
    /// It has ended, and everything that it wrote has been logged.
    Logged,
}

impl ChildProcess {
    /// Starts a program. `on_exit` is called once, on another thread, when the process has ended and
    /// everything that it wrote has been logged.
    pub(crate) fn start(
        spec: LaunchSpec<'_>,
        log: &Arc<EnvironmentLog>,
        on_exit: impl FnOnce(ProcessExit) + Send + 'static,
    ) -> io::Result<ChildProcess> {
        let mut command = match spec.runner {
            Some(runner) => {
                let mut command = Command::new(find_program(runner)?);
                command.arg(spec.program);
                command
            }
            None => Command::new(spec.program),
        };
        let (reader, writer) = sys::pipe()?;
        command
            .current_dir(spec.folder)
            .env_clear()
            .envs(spec.env)
            .stdin(Stdio::null())
            .stdout(Stdio::from(writer.try_clone()?))
            .stderr(Stdio::from(writer.try_clone()?))
            .process_group(0);
        let log = Arc::new(LogPipe {
            log: Arc::clone(log),
            source: spec.source,
            reader: File::from(reader),
            writer: File::from(writer),
            is_closed: AtomicBool::new(false),
            unfinished_line: Mutex::new(Vec::new()),
        });
        let shared = Arc::new(SharedState {
            state: Mutex::new(ChildState::Running),
            is_over: Condvar::new(),
        });
        let (sender, started) = channel();
        let for_thread = (Arc::clone(&log), Arc::clone(&shared));
        let watcher = thread::Builder::new()
            .name("emulator watch".to_owned())
            .spawn(move || {
                // The kernel kills the process when the thread that started it ends, so this thread
                // does both.
                let (log, shared) = for_thread;
                match start_child(command, &log, &shared) {
                    Ok((child, log_thread)) => {
                        let _ = sender.send(Ok(child.id()));
                        let exit = watch_child(child, log_thread, &log, &shared);
                        on_exit(exit);
                    }
                    Err(error) => drop(sender.send(Err(error))),
                }
            })?;
        let lost = |_| Err(io::Error::other("the thread that starts the process ended"));
        let id = started.recv().unwrap_or_else(lost)?;
        Ok(ChildProcess {
            id,
            shared,
            log,
            status: File::open(format!("/proc/{id}/status")).ok(),
            peak: Mutex::new(None),
            watcher: Some(watcher),
        })
    }

    /// Sends a signal to the process and its descendants, unless it has ended.
    pub(crate) fn signal(&self, signal: i32) {
        let state = lock(&self.shared.state);
        if *state == ChildState::Running {
            sys::kill_group(self.id, signal);
        }
    }

    /// Waits until the process has ended, but not longer than until `limit`. Returns whether it has.
    pub(crate) fn wait(&self, limit: Instant) -> bool {
        let mut state = lock(&self.shared.state);
        while *state != ChildState::Logged {
            let left = limit.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.is_over.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Kills the process and its descendants, and waits until they have ended.
    pub(crate) fn kill(mut self) {
        self.signal(sys::SIGKILL);
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
    }

    /// Logs what the process has written so far.
    pub(crate) fn flush_log(&self) {
        self.log.flush();
    }

    /// Returns the peak of the process's resident memory in KB; `None` once it has ended.
    ///
    /// Returns the last value if the process was `busy` for so short a time since that little can have
    /// changed. Reading it takes longer than the rest of a short invocation.
    pub(crate) fn peak_kb(&self, busy: Duration) -> Option<u64> {
        let mut peak = lock(&self.peak);
        if let Some((kb, read_at)) = *peak {
            if busy < PEAK_BUSY_MIN && read_at.elapsed() < PEAK_AGE_MAX {
                return Some(kb);
            }
        }
        let kb = self.read_peak_kb()?;
        *peak = Some((kb, Instant::now()));
        Some(kb)
    }

    fn read_peak_kb(&self) -> Option<u64> {
        let mut content = [0; 4096];
        let len = self.status.as_ref()?.read_at(&mut content, 0).ok()?;
        let status = String::from_utf8_lossy(content.get(..len)?);
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix("kB")?.trim_end().parse().ok()
    }
}

/// Starts the process, and the thread that reads its log.
fn start_child(
    mut command: Command,
    log: &Arc<LogPipe>,
    shared: &SharedState,
) -> io::Result<(Child, JoinHandle<()>)> {
    let child = spawn(&mut command)?;
    // Closes our copies of the pipe's end to write to.
    drop(command);
    match Arc::clone(log).read_on_a_thread() {
        Ok(log_thread) => Ok((child, log_thread)),
        Err(error) => {
            let _ = kill_and_wait(child, &shared.state);
            Err(error)
        }
    }
}

/// Waits until the process ends, kills its descendants, and logs what is left of its output.
fn watch_child(
    child: Child,
    log_thread: JoinHandle<()>,
    log: &LogPipe,
    shared: &SharedState,
) -> ProcessExit {
    let guard = OrphanGuard::start(child.id());
    sys::wait_for_exit(child.id());
    drop(guard);
    let status = kill_and_wait(child, &shared.state);
    log.end();
    let _ = log_thread.join();
    *lock(&shared.state) = ChildState::Logged;
    shared.is_over.notify_all();
    process_exit(status)
}

/// Starts `command` so that the kernel kills it when this thread or this process ends.
fn spawn(command: &mut Command) -> io::Result<Child> {
    sys::end_with_parent(command);
    command.spawn()
}

/// Kills a process and its descendants, and waits for it.
fn kill_and_wait(mut child: Child, state: &Mutex<ChildState>) -> io::Result<ExitStatus> {
    let mut state = lock(state);
    // No other process can get its id, which is the group's too, before `wait` returns.
    sys::kill_group(child.id(), sys::SIGKILL);
    *state = ChildState::Ended;
    child.wait()
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
    command
        .stdin(Stdio::null())
        .stdout(Stdio::from(writer.try_clone()?))
        .stderr(Stdio::from(writer))
        .process_group(0);
    let mut state = lock(&group.0);
    if state.is_ended {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let mut child = spawn(&mut command)?;
    state.id = Some(child.id());
    drop(state);
    // Closes our copies of the pipe's end to write to.
    drop(command);
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

fn process_exit(status: io::Result<ExitStatus>) -> ProcessExit {
    let status = status.ok();
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
    source: LogSource,
    reader: File,
    /// Keeps the pipe open, and wakes its reader at the end.
    writer: File,
    is_closed: AtomicBool,
    /// The line that has not ended yet. The lock is held while the pipe is read.
    unfinished_line: Mutex<Vec<u8>>,
}

impl LogPipe {
    fn read_on_a_thread(self: Arc<Self>) -> io::Result<JoinHandle<()>> {
        thread::Builder::new()
            .name("emulator log".to_owned())
            .spawn(move || {
                while !self.is_closed.load(Ordering::SeqCst) {
                    sys::is_readable(&self.reader, true);
                    self.flush();
                }
            })
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
            self.log.write_output(self.source, &lines);
        }
    }

    /// Logs what is left, and ends the reading thread.
    fn end(&self) {
        self.flush();
        let mut unfinished = lock(&self.unfinished_line);
        if !unfinished.is_empty() {
            unfinished.push(b'\n');
            self.log.write_output(self.source, &unfinished);
            unfinished.clear();
        }
        self.is_closed.store(true, Ordering::SeqCst);
        let _ = (&self.writer).write_all(b"\n");
    }
}
