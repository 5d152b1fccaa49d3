//! Replaces `process` on Windows and other systems. std starts and kills a process here. The descendants of a process
//! are not killed, and no signals are sent.

use std::io::{self, Read};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
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

/// Time between two checks of a process and its output. std has no wait with a limit for either.
const INTERVAL: Duration = Duration::from_millis(10);
/// Bytes of a log that are read at once, and the longest line that is held back until it ends.
const LOG_READ_LEN: usize = 64 * 1024;

/// A running process and the thread that watches it. It runs until it ends or is [killed](Self::kill).
#[derive(Debug)]
pub(crate) struct ChildProcess {
    child: Arc<Mutex<Child>>,
    log: Arc<LogPipes>,
    watcher: JoinHandle<()>,
    /// Disconnects when the process has ended and everything that it wrote has been logged.
    ended: Receiver<()>,
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
        // Windows can tell whether a pipe holds bytes. On other systems a read could block, so nothing is logged.
        let output = || {
            if cfg!(windows) {
                Stdio::piped()
            } else {
                Stdio::inherit()
            }
        };
        command.stdin(Stdio::null()).stdout(output());
        let mut child = command.stderr(output()).spawn()?;
        let log = Arc::new(LogPipes {
            log: Arc::clone(log),
            kind,
            out: Mutex::new((child.stdout.take(), Vec::new())),
            err: Mutex::new((child.stderr.take(), Vec::new())),
        });
        let child = Arc::new(Mutex::new(child));
        let (sender, ended) = channel();
        let (pipes, watched) = (Arc::clone(&log), Arc::clone(&child));
        let watch = move || {
            let status = wait_for_exit(&watched, &pipes);
            pipes.end();
            drop(sender);
            on_exit(ProcessExit {
                code: status.and_then(|status| status.code()),
                signal: None,
                core_dumped: false,
            });
        };
        let watcher = thread::Builder::new().name("emulator watch".to_owned());
        Ok(ChildProcess {
            watcher: watcher.spawn(watch)?,
            child,
            log,
            ended,
        })
    }

    /// Waits until the process has ended, but not longer than `time`.
    pub(crate) fn wait(&self, time: Duration) {
        let _ = self.ended.recv_timeout(time);
    }

    /// Kills the process, and waits until it has ended.
    pub(crate) fn kill(self) {
        let _ = lock(&self.child).kill();
        let _ = self.watcher.join();
    }

    /// Does nothing: there are no signals.
    #[expect(clippy::unused_self, reason = "the function of process.rs uses it")]
    pub(crate) fn signal(&self, _: i32) {}

    /// Logs what the process has written so far.
    pub(crate) fn flush_log(&self) {
        self.log.flush();
    }

    /// Returns the peak of the process's resident memory in KB; `None` if it is not known.
    pub(crate) fn peak_kb(&self) -> Option<u64> {
        sys::peak_kb(&lock(&self.child))
    }
}

/// Logs the output of a process until it ends. Returns its status, if that is known.
fn wait_for_exit(child: &Mutex<Child>, log: &LogPipes) -> Option<ExitStatus> {
    loop {
        let waited = lock(child).try_wait();
        match waited {
            Ok(None) if !log.flush() => thread::sleep(INTERVAL),
            Ok(None) => {}
            Ok(status) => return status,
            Err(_) => return None,
        }
    }
}

/// A pipe to which a process writes, and the line from it that has not ended yet.
type LogPipe<P> = (Option<P>, Vec<u8>);

/// The standard output and the standard error of a process.
#[derive(Debug)]
struct LogPipes {
    log: Arc<EnvironmentLog>,
    /// The type of telemetry records that the output becomes.
    kind: &'static str,
    out: Mutex<LogPipe<ChildStdout>>,
    err: Mutex<LogPipe<ChildStderr>>,
}

impl LogPipes {
    /// Logs the whole lines that the pipes hold now. Returns whether a pipe held anything.
    fn flush(&self) -> bool {
        let has_out = self.read(&self.out, |pipe| sys::has_input(pipe));
        let has_err = self.read(&self.err, |pipe| sys::has_input(pipe));
        has_out || has_err
    }

    fn read<P: Read>(&self, pipe: &Mutex<LogPipe<P>>, has_input: impl Fn(&P) -> bool) -> bool {
        let mut pipe = lock(pipe);
        let (Some(from), unfinished) = &mut *pipe else {
            return false;
        };
        let mut scratch = vec![0; LOG_READ_LEN];
        let mut has_read = false;
        while has_input(from) {
            let Ok(n @ 1..) = from.read(&mut scratch) else {
                break;
            };
            has_read = true;
            unfinished.extend_from_slice(scratch.get(..n).unwrap_or_default());
            let end = match unfinished.iter().rposition(|&b| b == b'\n') {
                Some(at) => at.saturating_add(1),
                None if unfinished.len() > LOG_READ_LEN => unfinished.len(),
                None => continue,
            };
            let lines: Vec<u8> = unfinished.drain(..end).collect();
            self.log.write_output(self.kind, &lines);
        }
        has_read
    }

    /// Logs what is left.
    fn end(&self) {
        self.flush();
        for mut unfinished in [
            lock(&self.out).1.split_off(0),
            lock(&self.err).1.split_off(0),
        ] {
            if !unfinished.is_empty() {
                unfinished.push(b'\n');
                self.log.write_output(self.kind, &unfinished);
            }
        }
    }
}

/// Runs a command to its end. Returns its status and its output.
pub(crate) fn run(mut command: Command, _: &ProcessGroup) -> io::Result<(ExitStatus, Vec<u8>)> {
    let output = command.stdin(Stdio::null()).output()?;
    Ok((output.status, [output.stdout, output.stderr].concat()))
}

/// A command that [`run`] runs. It cannot be ended early here.
#[derive(Debug, Default)]
pub(crate) struct ProcessGroup;

impl ProcessGroup {
    /// Does nothing: Ctrl-C in a console ends the command too.
    #[expect(clippy::unused_self, reason = "the function of process.rs uses it")]
    pub(crate) fn end(&self) {}
}
