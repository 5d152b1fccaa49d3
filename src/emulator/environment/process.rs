//! The function's process: started as Lambda does, killed with all its children, its log read from one pipe.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::emulator::environment::logs::{Console, Source};
use crate::emulator::report::Exit;
use crate::emulator::server::lock;
use crate::sys;

/// Longest piece of log that is read, or held back for the end of its line, at once.
const LOG_READ_LEN: usize = 64 * 1024;

/// The peak of a process's memory is looked at again after an invocation of this length, in which
/// it may have touched some megabytes, and after this time in any case.
const PEAK_BUSY_MIN: Duration = Duration::from_millis(1);
const PEAK_AGE_MAX: Duration = Duration::from_millis(10);

/// What is to be started, and how.
#[derive(Debug)]
pub(crate) struct Launch<'l> {
    pub(crate) program: &'l Path,
    /// What runs it, if the system does not.
    pub(crate) runner: Option<&'l Path>,
    pub(crate) dir: &'l Path,
    /// All its variables.
    pub(crate) env: Vec<(String, OsString)>,
    /// Whose output it is.
    pub(crate) source: Source,
}

/// A running process and the threads that watch it. [`kill`](Self::kill) it, or it stays.
#[derive(Debug)]
pub(crate) struct Process {
    id: u32,
    life: Arc<(Mutex<Life>, Condvar)>,
    log: Arc<Log>,
    /// What the system tells about it (proc(5)).
    status: Option<File>,
    /// The peak of its memory in KB, and when that was looked at.
    peak: Mutex<Option<(u64, Instant)>>,
    watcher: Option<JoinHandle<()>>,
}

/// How far a process has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    /// It can be signalled: its id is its own, even if it has just ended.
    Running,
    /// Its id may be another's.
    Ended,
    /// And everything that it wrote has been logged.
    Over,
}

impl Process {
    /// Starts a program. `on_exit` is called once, on another thread, after all that the process
    /// wrote has been logged.
    pub(crate) fn start(
        launch: Launch<'_>,
        console: &Arc<Console>,
        on_exit: impl FnOnce(Exit) + Send + 'static,
    ) -> io::Result<Process> {
        let mut command = match launch.runner {
            Some(runner) => {
                let mut command = Command::new(find_program(runner)?);
                command.arg(launch.program);
                command
            }
            None => Command::new(launch.program),
        };
        let (from_process, to_us) = sys::pipe()?;
        command
            .current_dir(launch.dir)
            .env_clear()
            .envs(launch.env)
            .stdin(Stdio::null())
            .stdout(Stdio::from(to_us.try_clone()?))
            .stderr(Stdio::from(to_us.try_clone()?))
            .process_group(0);
        let log = Arc::new(Log {
            console: Arc::clone(console),
            source: launch.source,
            from_process: File::from(from_process),
            to_us: File::from(to_us),
            closed: AtomicBool::new(false),
            unfinished: Mutex::new(Vec::new()),
        });
        let life = Arc::new((Mutex::new(Life::Running), Condvar::new()));
        let (tell, started) = channel();
        let (its_log, its_life) = (Arc::clone(&log), Arc::clone(&life));
        let watcher = thread::Builder::new()
            .name("emulator watch".to_owned())
            .spawn(move || {
                // On this thread, which ends after the process: the kernel kills the process when the
                // thread that started it ends.
                let child = spawn(&mut command);
                // Its ends of the pipe are the child's alone.
                drop(command);
                let (child, reader) = match child {
                    Ok(child) => match Arc::clone(&its_log).read_on_a_thread() {
                        Ok(reader) => (child, reader),
                        Err(error) => {
                            let _ = watch(child, &its_life.0);
                            let _ = tell.send(Err(error));
                            return;
                        }
                    },
                    Err(error) => {
                        let _ = tell.send(Err(error));
                        return;
                    }
                };
                let _ = tell.send(Ok(child.id()));
                let guard = Guard::over(child.id());
                sys::wait_for_exit(child.id());
                drop(guard);
                let status = watch(child, &its_life.0);
                its_log.end();
                let _ = reader.join();
                *lock(&its_life.0) = Life::Over;
                its_life.1.notify_all();
                on_exit(exit(status));
            })?;
        let lost = |_| Err(io::Error::other("the thread that starts it has ended"));
        let id = started.recv().unwrap_or_else(lost)?;
        Ok(Process {
            id,
            life,
            log,
            status: File::open(format!("/proc/{id}/status")).ok(),
            peak: Mutex::new(None),
            watcher: Some(watcher),
        })
    }

    /// Sends a signal to the process and its children, unless it has ended.
    pub(crate) fn signal(&self, signal: i32) {
        let life = lock(&self.life.0);
        if *life == Life::Running {
            sys::kill_group(self.id, signal);
        }
    }

    /// Waits until the process is gone, but not longer than until `limit`; whether it is.
    pub(crate) fn wait(&self, limit: Instant) -> bool {
        let mut life = lock(&self.life.0);
        while *life != Life::Over {
            let left = limit.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.life.1.wait_timeout(life, left);
            life = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Kills the process and its children, and waits until they are gone.
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

    /// The most memory that the process has had resident so far, in KB; `None` once it has ended.
    /// What is known is taken where it was `busy` for so short a time since that little can have
    /// changed: looking is what takes longest in a short invocation.
    pub(crate) fn peak_kb(&self, busy: Duration) -> Option<u64> {
        let mut peak = lock(&self.peak);
        if let Some((kb, at)) = *peak {
            if busy < PEAK_BUSY_MIN && at.elapsed() < PEAK_AGE_MAX {
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

/// Starts `command` so that it ends with this thread, and with this process.
fn spawn(command: &mut Command) -> io::Result<Child> {
    sys::end_with_parent(command);
    command.spawn()
}

/// Ends `child` and the processes that it has started, and waits for it.
fn watch(mut child: Child, life: &Mutex<Life>) -> io::Result<ExitStatus> {
    let mut life = lock(life);
    // Its id, which is the group's too, stays taken until it is waited for below.
    sys::kill_group(child.id(), sys::SIGKILL);
    *life = Life::Ended;
    child.wait()
}

/// A process that kills a process group when this process ends without having done so, as SIGKILL
/// makes it end. The kernel kills the first process of the group then, but not the processes that
/// that one has started.
#[derive(Debug)]
struct Guard(Child);

impl Guard {
    /// `None`: there is no shell, or no process to be had. Nothing but the guard is missing then.
    fn over(group: u32) -> Option<Guard> {
        // Nothing is ever written to its standard input, which ends with this process. It has a group
        // of its own, so that no terminal and no function ends it.
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
        child.ok().map(Guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `command` to its end: how it ended, and what it has written. `group` ends it earlier.
pub(crate) fn run(mut command: Command, group: &Group) -> io::Result<(ExitStatus, Vec<u8>)> {
    let (from_process, to_us) = sys::pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::from(to_us.try_clone()?))
        .stderr(Stdio::from(to_us))
        .process_group(0);
    let mut state = lock(&group.0);
    if state.is_over {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let mut child = spawn(&mut command)?;
    state.id = Some(child.id());
    drop(state);
    // Its ends of the pipe are the child's alone.
    drop(command);
    let guard = Guard::over(child.id());
    let mut text = Vec::new();
    let read = File::from(from_process).read_to_end(&mut text);
    sys::wait_for_exit(child.id());
    drop(guard);
    // The id stays taken until the child is waited for.
    lock(&group.0).id = None;
    let status = child.wait()?;
    read.map(|_| (status, text))
}

/// The process group of a command that [`run`] runs.
#[derive(Debug, Default)]
pub(crate) struct Group(Mutex<GroupState>);

#[derive(Debug, Default)]
struct GroupState {
    id: Option<u32>,
    is_over: bool,
}

impl Group {
    /// Kills the command, and lets no other one run.
    pub(crate) fn end(&self) {
        let mut state = lock(&self.0);
        state.is_over = true;
        if let Some(id) = state.id {
            sys::kill_group(id, sys::SIGKILL);
        }
    }
}

fn exit(status: io::Result<ExitStatus>) -> Exit {
    match status {
        Ok(status) => Exit {
            code: status.code(),
            signal: status.signal(),
            core_dumped: status.core_dumped(),
        },
        Err(_) => Exit {
            code: None,
            signal: None,
            core_dumped: false,
        },
    }
}

/// What the process writes to its standard output and error, which are one pipe, in its order.
#[derive(Debug)]
struct Log {
    console: Arc<Console>,
    source: Source,
    from_process: File,
    /// Keeps the pipe open, and wakes its reader at the end.
    to_us: File,
    closed: AtomicBool,
    /// The line that has no end yet. Its lock is held while the pipe is read.
    unfinished: Mutex<Vec<u8>>,
}

impl Log {
    fn read_on_a_thread(self: Arc<Self>) -> io::Result<JoinHandle<()>> {
        thread::Builder::new()
            .name("emulator log".to_owned())
            .spawn(move || {
                while !self.closed.load(Ordering::SeqCst) {
                    sys::is_readable(&self.from_process, true);
                    self.flush();
                }
            })
    }

    /// Logs whole lines of what the pipe holds now.
    fn flush(&self) {
        let mut unfinished = lock(&self.unfinished);
        let mut scratch = vec![0; LOG_READ_LEN];
        // A closed pipe was written to by `end`, whose byte is no output.
        while !self.closed.load(Ordering::SeqCst) && sys::is_readable(&self.from_process, false) {
            let Ok(n @ 1..) = (&self.from_process).read(&mut scratch) else {
                break;
            };
            unfinished.extend_from_slice(scratch.get(..n).unwrap_or_default());
            let end = match unfinished.iter().rposition(|&b| b == b'\n') {
                Some(at) => at.saturating_add(1),
                None if unfinished.len() > LOG_READ_LEN => unfinished.len(),
                None => continue,
            };
            let lines: Vec<u8> = unfinished.drain(..end).collect();
            self.console.output(self.source, &lines);
        }
    }

    /// Logs what is left, and ends the reader.
    fn end(&self) {
        self.flush();
        let mut unfinished = lock(&self.unfinished);
        if !unfinished.is_empty() {
            unfinished.push(b'\n');
            self.console.output(self.source, &unfinished);
            unfinished.clear();
        }
        self.closed.store(true, Ordering::SeqCst);
        let _ = (&self.to_us).write_all(b"\n");
    }
}

/// Why `path` cannot be started, in a sentence, as far as that can be told beforehand.
pub(crate) fn refusal(path: &Path, runner: Option<&Path>) -> Option<String> {
    let shown = path.display();
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Some(format!("{shown}: there is no such file"));
        }
        Err(error) => return Some(format!("{shown}: {error}")),
    };
    if metadata.is_dir() {
        return Some(format!("{shown} is a folder, not an executable"));
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(START_LEN).read_to_end(&mut start));
    if let Err(error) = read {
        return Some(format!("{shown}: {error}"));
    }
    if let Some(runner) = runner {
        return match find_program(runner) {
            Ok(found) => refusal(&found, None),
            Err(error) => Some(error.to_string()),
        };
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return Some(format!("{shown} is not executable: chmod +x it"));
    }
    match start.as_slice() {
        [b'#', b'!', ..] => script_refusal(&start).map(|why| format!("{shown} {why}")),
        [0x7f, b'E', b'L', b'F', ..] if start.len() >= 20 => {
            elf_refusal(path, &start).map(|why| format!("{shown} {why}"))
        }
        other => {
            let why = match other {
                [] => "it is empty",
                [0x7f, b'E', b'L', b'F', ..] => "it is cut off within the head of an ELF file",
                [0xef, 0xbb, 0xbf, b'#', b'!', ..] => {
                    "it begins with a byte order mark: save it as UTF-8 without one"
                }
                [b'M', b'Z', ..] => "it is one for Windows: build it for Linux",
                [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => {
                    "it is one for macOS: build it for Linux"
                }
                _ => "it begins neither with ELF nor with #!",
            };
            Some(format!("{shown} is no executable: {why}"))
        }
    }
}

/// Bytes of a file that its kind is told by, and in which a script's first line ends (execve(2)) and an
/// ELF file has its program headers.
const START_LEN: u64 = 4096;

/// Why a script with that beginning cannot be started.
fn script_refusal(start: &[u8]) -> Option<String> {
    let line = start.split(|&b| b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line.get(2..).unwrap_or_default()).into_owned();
    let text = line.trim_matches([' ', '\t']);
    let interpreter = text.split([' ', '\t']).next().unwrap_or_default();
    if text.ends_with('\r') {
        return Some(format!(
            "has Windows line ends (CRLF): its first line asks for {text:?}, which does not exist; \
             save it with LF, such as by `sed -i 's/\\r$//'`"
        ));
    }
    if interpreter.is_empty() {
        return Some("names no interpreter behind #!".to_owned());
    }
    let why = match fs::metadata(interpreter) {
        Ok(metadata) if metadata.is_dir() => "is a folder",
        Ok(metadata) if metadata.permissions().mode() & 0o111 == 0 => "is not executable",
        Ok(_) => return None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => "does not exist here",
        Err(_) => "cannot be looked at",
    };
    Some(format!(
        "asks in its first line for the interpreter {interpreter}, which {why}: install it, or name \
         another behind #!"
    ))
}

/// Why the ELF file `path` with that beginning cannot be started (ELF gABI, chapters 4 and 5).
fn elf_refusal(path: &Path, start: &[u8]) -> Option<String> {
    let [_, _, _, _, class, order, ..] = start else {
        return None;
    };
    let is_little = *order == 1;
    // A number at `at` in `bytes`, so many bytes long.
    let number = |at: usize, len: usize| -> Option<u64> {
        let bytes = start.get(at..at.checked_add(len)?)?;
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if is_little {
            bytes.iter().rev().fold(0, add)
        } else {
            bytes.iter().fold(0, add)
        })
    };
    let machine = number(18, 2).unwrap_or(0);
    let names = [
        (3, "i386"),
        (8, "mips"),
        (20, "ppc"),
        (21, "ppc64"),
        (22, "s390x"),
        (40, "arm"),
        (62, "x86_64"),
        (183, "aarch64"),
        (243, "riscv64"),
        (258, "loongarch64"),
    ];
    let name = names
        .iter()
        .find(|(n, _)| *n == machine)
        .map(|(_, name)| *name);
    if name != Some(std::env::consts::ARCH) {
        let here = std::env::consts::ARCH;
        return Some(match name {
            Some(name) => format!(
                "is for the architecture {name}, and this machine is {here}: install qemu-{name} and \
                 give it with --runner qemu-{name}"
            ),
            None => format!(
                "is for an unknown architecture (ELF machine {machine}), and this machine is {here}: \
                 give a program that runs it with --runner"
            ),
        });
    }
    // The programs that are to be loaded before it: of 64-bit files only, as Lambda has no other.
    if *class != 2 {
        return None;
    }
    let (headers, len, n) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    for i in 0..n {
        let at = usize::try_from(headers.checked_add(i.checked_mul(len)?)?).ok()?;
        // PT_INTERP
        if number(at, 4)? == 3 {
            let (offset, size) = (
                number(at.checked_add(8)?, 8)?,
                number(at.checked_add(32)?, 8)?,
            );
            let mut loader = vec![0; usize::try_from(size.min(START_LEN)).ok()?];
            File::open(path)
                .ok()?
                .read_exact_at(&mut loader, offset)
                .ok()?;
            let loader = String::from_utf8_lossy(&loader)
                .trim_end_matches('\0')
                .to_owned();
            return (!Path::new(&loader).exists()).then(|| {
                format!(
                    "needs the dynamic loader {loader}, which does not exist here: build it as a \
                     static executable, as build.sh does, or install the C library that it is for"
                )
            });
        }
    }
    None
}

/// Where `program` is: itself if it is a path, else the first of that name in `PATH`.
fn find_program(program: &Path) -> io::Result<PathBuf> {
    let is_name = program.components().count() == 1;
    let paths = std::env::var_os("PATH")
        .filter(|_| is_name)
        .unwrap_or_default();
    let candidate = if is_name {
        std::env::split_paths(&paths)
            .map(|dir| dir.join(program))
            .find(|path| path.is_file())
    } else {
        Some(std::path::absolute(program)?).filter(|path| path.is_file())
    };
    candidate.ok_or_else(|| {
        let text = format!("{}: there is no such program", program.display());
        io::Error::new(io::ErrorKind::NotFound, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_started_is_told_in_a_sentence() {
        let dir = std::env::temp_dir().join(format!("tiny-lambda-process-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let check = |content: &[u8], mode: u32, want: Option<&str>| {
            let path = dir.join("bootstrap");
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let got = refusal(&path, None);
            match want {
                None => assert_eq!(got, None),
                Some(want) => assert!(got.as_ref().is_some_and(|g| g.contains(want)), "{got:?}"),
            }
        };
        let foreign: u8 = if cfg!(target_arch = "x86_64") {
            183
        } else {
            62
        };
        let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".to_vec();
        elf.extend([foreign, 0]);
        check(&elf, 0o755, Some("is for the architecture"));
        elf[18] = 245 - foreign;
        check(&elf, 0o755, None);
        check(&elf, 0o644, Some("chmod +x"));
        check(&elf, 0o755, None);
        // With one program header, at 64: the loader's name is at 120.
        elf.resize(128, 0);
        for (at, byte) in [
            (4, 2),
            (32, 64),
            (54, 56),
            (56, 1),
            (64, 3),
            (72, 120),
            (96, 8),
        ] {
            elf[at] = byte;
        }
        elf[120..].copy_from_slice(b"/no/ld.1");
        check(
            &elf,
            0o755,
            Some("needs the dynamic loader /no/ld.1, which"),
        );
        elf[120..].copy_from_slice(b"/bin/sh\0");
        check(&elf, 0o755, None);
        elf[32] = 255;
        check(&elf, 0o755, None);
        elf[18] = 3;
        check(&elf, 0o755, Some("--runner qemu-i386"));
        elf[18] = 99;
        check(&elf, 0o755, Some("(ELF machine 99)"));
        check(b"#!/bin/sh\n", 0o755, None);
        check(b"#! /bin/sh -eu\n", 0o755, None);
        check(b"#!/bin/sh", 0o755, None);
        check(b"#!/bin/sh\necho\r\n", 0o755, None);
        for line in [
            "#!/bin/sh\r\n",
            "#!/bin/sh -eu\r\n",
            "#!/usr/bin/env bash\r\necho\r\n",
        ] {
            check(line.as_bytes(), 0o755, Some("(CRLF)"));
            check(line.as_bytes(), 0o755, Some("\\r\""));
        }
        check(
            b"#!/no/such/bash\n",
            0o755,
            Some("the interpreter /no/such/bash, which does not"),
        );
        check(
            b"#!/usr\n",
            0o755,
            Some("interpreter /usr, which is a folder"),
        );
        check(
            b"#!/etc/passwd\n",
            0o755,
            Some("/etc/passwd, which is not executable"),
        );
        check(b"#!\n", 0o755, Some("no interpreter"));
        check(b"\xef\xbb\xbf#!/bin/sh\n", 0o755, Some("byte order mark"));
        check(b"hello", 0o755, Some("is no executable"));
        check(b"", 0o755, Some("is no executable: it is empty"));
        check(b"MZ\x90", 0o755, Some("for Windows"));
        check(b"\xcf\xfa\xed\xfe", 0o755, Some("for macOS"));
        check(b"\x7fELF", 0o755, Some("is no executable"));
        fs::remove_dir_all(&dir).unwrap();
        assert!(refusal(&dir, None).unwrap().contains("no such file"));
        assert!(
            refusal(&std::env::temp_dir(), None)
                .unwrap()
                .contains("is a folder")
        );
    }
}
