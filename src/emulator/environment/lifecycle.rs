//! How an environment's processes are started (Init), and ended (Shutdown).

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::{Duration, Instant, SystemTime};

use crate::emulator::environment::logs::Source;
use crate::emulator::environment::process::{self, Launch, Process};
use crate::emulator::environment::{Environment, Inner, Stage};
use crate::emulator::message::{Failure, epoch_ms};
use crate::emulator::report::{self, Exit};
use crate::emulator::runtime_api::extensions::{Extension, Phase};
use crate::emulator::settings::is_for_extensions;
use crate::json;
use crate::json::Value;
use crate::sys;

/// How long a runtime has after SIGTERM, where there are internal extensions only.
const TERM_MAX_INTERNAL: Duration = Duration::from_millis(500);
/// The same where there are external ones.
const TERM_MAX: Duration = Duration::from_millis(300);
/// How long Shutdown takes at most where there are external extensions.
const SHUTDOWN_MAX: Duration = Duration::from_secs(2);

/// The kind of error where nobody can take an invocation.
pub(crate) const UNAVAILABLE: &str = "Runtime.Unavailable";

/// How Init ended.
pub(crate) enum Started {
    /// The runtime has called `next`, and so have all extensions; after how long, where they were
    /// started just now.
    Ready(Option<Duration>),
    /// The runtime, or nobody, has said why it cannot start. The number is that of the process.
    Failed(u64, Failure),
    Exited(u64, Exit),
    /// Not yet, or not in time.
    Later,
    Closed,
}

impl Environment {
    /// Makes sure that a runtime waits for events, until `limit`. `phase` is for the line that is
    /// written where Init does not come to that.
    pub(crate) fn start(&self, phase: &str, limit: Option<Instant>) -> Started {
        let began = Instant::now();
        let mut inner = self.lock();
        while matches!(inner.stage, Stage::Starting | Stage::Stopping) && !inner.closed {
            inner = self.wait_for_news(inner);
        }
        if inner.closed {
            return Started::Closed;
        }
        let is_ready =
            inner.machine.polled() && inner.extensions.are_idle() && !self.console.is_open();
        if is_ready && inner.exit.is_none() && inner.extension_exit.is_none() {
            return Started::Ready(None);
        }
        let epoch = inner.epoch;
        if inner.process.is_some() || !inner.extension_processes.is_empty() {
            // Somebody ended between two invocations.
            drop(inner);
            self.end(epoch, "FAILURE");
            inner = self.lock();
        }
        inner.stage = Stage::Starting;
        drop(inner);
        let started = self.launch(phase, began, limit);
        let mut inner = self.lock();
        if inner.stage == Stage::Starting {
            inner.stage = Stage::Steady;
        }
        let epoch = inner.epoch;
        drop(inner);
        self.news();
        let (status, error_type) = match &started {
            Started::Ready(_) | Started::Closed => return started,
            Started::Later => ("timeout", ""),
            Started::Failed(_, failure) => ("error", failure.error_type.as_str()),
            Started::Exited(..) => ("error", "Runtime.ExitError"),
        };
        let took = began.elapsed();
        let line = report::init_report(took, phase, status, error_type);
        self.console.platform(&line, "platform.initReport", || {
            self.init_record(phase, status, error_type, Some(took))
        });
        if let Started::Later = &started {
            self.end(epoch, "TIMEOUT");
        }
        started
    }

    /// Starts what there is to be started, in Lambda's order, and waits for it.
    fn launch(&self, phase: &str, began: Instant, limit: Option<Instant>) -> Started {
        let mut inner = self.lock();
        if inner.closed {
            return Started::Closed;
        }
        let epoch = inner.epoch;
        if self.settings.bootstrap.is_some() {
            inner.machine.reset();
        }
        self.console.platform("", "platform.initStart", || {
            let mut record = self.init_record(phase, "", "", None);
            if let Value::Object(record) = &mut record {
                record.insert("functionName", self.settings.name.as_str());
                record.insert("functionVersion", self.settings.version.as_str());
            }
            record
        });
        if let Err(failure) = self.spawn_extensions(&mut inner) {
            return Started::Failed(epoch, failure);
        }
        while !inner.extensions.are_registered() {
            if let Some(failure) = extension_failure(&inner) {
                return Started::Failed(epoch, failure);
            }
            if inner.closed {
                return Started::Closed;
            }
            match self.wait(inner, limit) {
                Some(again) => inner = again,
                None => return Started::Later,
            }
        }
        if let Err(failure) = self.spawn_runtime(&mut inner) {
            return Started::Failed(epoch, failure);
        }
        loop {
            if inner.closed {
                return Started::Closed;
            }
            if let Some(failure) = inner
                .init_error
                .take()
                .or_else(|| extension_failure(&inner))
            {
                return Started::Failed(epoch, failure);
            }
            if let Some(exit) = inner.exit {
                return Started::Exited(epoch, exit);
            }
            if let (true, Some(at), true) = (
                inner.machine.polled(),
                inner.polled_at,
                inner.extensions.are_idle(),
            ) {
                inner.suppress_init = false;
                for extension in inner.extensions.iter() {
                    self.tell_extension(extension);
                }
                // Init ends with the last of them.
                let at = if inner.extensions.is_empty() {
                    at
                } else {
                    Instant::now()
                };
                let took = at.saturating_duration_since(began);
                self.console.platform("", "platform.initRuntimeDone", || {
                    self.init_record(phase, "success", "", None)
                });
                self.console.platform("", "platform.initReport", || {
                    self.init_record(phase, "success", "", Some(took))
                });
                self.console.close();
                return Started::Ready(Some(took));
            }
            match self.wait(inner, limit) {
                Some(again) => inner = again,
                None if self.settings.bootstrap.is_some() => return Started::Later,
                None => {
                    let failure = Failure::new(UNAVAILABLE, "no runtime has called next");
                    return Started::Failed(epoch, failure);
                }
            }
        }
    }

    /// What records of the Init phase say.
    fn init_record(
        &self,
        phase: &str,
        status: &str,
        error_type: &str,
        took: Option<Duration>,
    ) -> Value {
        let mut record = json::Object::new();
        record.insert("initializationType", self.settings.initialization_type());
        record.insert("phase", phase);
        for (name, text) in [("status", status), ("errorType", error_type)] {
            if !text.is_empty() {
                record.insert(name, text);
            }
        }
        if let Some(took) = took {
            record.insert(
                "metrics",
                crate::json!({ "durationMs": report::ms_value(took) }),
            );
        }
        Value::Object(record)
    }

    fn tell_extension(&self, extension: &Extension) {
        let (name, state, events) = (&extension.name, extension.phase.name(), extension.hears());
        let text = format!(
            "EXTENSION\tName: {name}\tState: {state}\tEvents: [{}]",
            events.join(", ")
        );
        self.console.platform(&text, "platform.extension", || {
            let events: Vec<Value> = events.into_iter().map(Value::from).collect();
            crate::json!({ "name": name.clone(), "state": state, "events": events })
        });
    }

    fn spawn_runtime(&self, inner: &mut Inner) -> Result<(), Failure> {
        let Some(bootstrap) = self.settings.bootstrap.as_deref() else {
            return Ok(());
        };
        let (epoch, itself) = (inner.epoch, Weak::clone(&self.itself));
        let on_exit = move |exit| {
            let Some(environment) = itself.upgrade() else {
                return;
            };
            let mut inner = environment.lock();
            if inner.epoch == epoch {
                inner.exit = Some(exit);
            }
            drop(inner);
            environment.news();
        };
        let start = |bootstrap: &Path| {
            let bootstrap = std::path::absolute(bootstrap)?;
            let folder = match &self.settings.task_root {
                Some(folder) => std::path::absolute(folder)?,
                None => bootstrap.parent().unwrap_or(Path::new("/")).to_owned(),
            };
            let launch = Launch {
                program: &bootstrap,
                runner: self.settings.runner.as_deref(),
                dir: &folder,
                env: self.settings.process_env(self.api, &folder),
                source: Source::Function,
            };
            Process::start(launch, &self.console, on_exit)
        };
        match start(bootstrap) {
            Ok(process) => {
                inner.process = Some(process);
                Ok(())
            }
            Err(error) => {
                let text = process::refusal(bootstrap, self.settings.runner.as_deref())
                    .unwrap_or_else(|| format!("{}: {error}", bootstrap.display()));
                Err(Failure::new("Runtime.InvalidEntrypoint", &text))
            }
        }
    }

    fn spawn_extensions(&self, inner: &mut Inner) -> Result<(), Failure> {
        let Some(dir) = self.settings.extensions.as_deref() else {
            return Ok(());
        };
        let refused = |path: &Path, error: io::Error| {
            Failure::new(
                "Extension.LaunchError",
                &format!("{}: {error}", path.display()),
            )
        };
        let programs = executables(dir).map_err(|error| refused(dir, error))?;
        for program in programs {
            let name = program
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let (epoch, itself) = (inner.epoch, Weak::clone(&self.itself));
            let extension = name.clone();
            let on_exit = move |exit| {
                let Some(environment) = itself.upgrade() else {
                    return;
                };
                let mut inner = environment.lock();
                if inner.epoch == epoch && inner.stage != Stage::Stopping {
                    inner.extensions.exited(&extension);
                    inner.extension_exit = Some((extension, exit));
                }
                drop(inner);
                environment.news();
            };
            let mut env = self.settings.process_env(self.api, Path::new("/"));
            env.retain(|(name, _)| is_for_extensions(name));
            let launch = Launch {
                program: &program,
                runner: None,
                dir: Path::new("/"),
                env,
                source: Source::Extension,
            };
            inner.extensions.launched(&name);
            let process = Process::start(launch, &self.console, on_exit).map_err(|error| {
                match process::refusal(&program, None) {
                    Some(text) => Failure::new("Extension.LaunchError", &text),
                    None => refused(&program, error),
                }
            })?;
            inner.extension_processes.push((name, process));
        }
        Ok(())
    }

    /// Stops the processes where they are, as Lambda does between invocations, or lets them go on.
    pub(crate) fn freeze(&self, inner: &Inner, is_frozen: bool) {
        if self.settings.freeze {
            let signal = if is_frozen {
                sys::SIGSTOP
            } else {
                sys::SIGCONT
            };
            let extensions = inner.extension_processes.iter().map(|(_, process)| process);
            inner
                .process
                .iter()
                .chain(extensions)
                .for_each(|process| process.signal(signal));
        }
    }

    /// Ends process number `epoch` and its extensions, and forgets what belonged to them, unless
    /// that has been done. Only where there is an extension does anybody hear of it.
    pub(crate) fn end(&self, epoch: u64, reason: &str) {
        let mut inner = self.lock();
        if inner.epoch != epoch || matches!(inner.stage, Stage::Stopping | Stage::Gone) {
            return;
        }
        inner.stage = Stage::Stopping;
        self.freeze(&inner, false);
        let began = Instant::now();
        let process = inner.process.take();
        let mut extensions = std::mem::take(&mut inner.extension_processes);
        let is_told = !inner.extensions.is_empty();
        drop(inner);
        if let Some(process) = process {
            if is_told {
                process.signal(sys::SIGTERM);
                let share = if extensions.is_empty() {
                    TERM_MAX_INTERNAL
                } else {
                    TERM_MAX
                };
                process.wait(began.checked_add(share).unwrap_or(began));
            }
            process.kill();
        }
        // Extensions that flush at the end have everything by then.
        self.console.end_subscriptions();
        if !extensions.is_empty() {
            let deadline =
                SystemTime::now().checked_add(SHUTDOWN_MAX.saturating_sub(began.elapsed()));
            let event = crate::json!({
                "eventType": "SHUTDOWN",
                "shutdownReason": reason.to_owned(),
                "deadlineMs": epoch_ms(deadline.unwrap_or(SystemTime::UNIX_EPOCH)),
            });
            let mut inner = self.lock();
            inner.extensions.shut_down(&json::to_vec(&event));
            let told: Vec<String> = inner
                .extensions
                .iter()
                .filter(|e| e.hears_shutdown)
                .map(|e| e.name.clone())
                .collect();
            drop(inner);
            self.to_extensions.notify_all();
            // Who did not ask to be told is not waited for.
            extensions.sort_by_key(|(name, _)| told.contains(name));
            let limit = began.checked_add(SHUTDOWN_MAX).unwrap_or(began);
            for (name, process) in extensions {
                if told.contains(&name) {
                    process.wait(limit);
                }
                process.kill();
            }
        }
        let mut inner = self.lock();
        inner.epoch = epoch.wrapping_add(1);
        inner.stage = Stage::Steady;
        let has_failed = inner.machine.has_failed();
        inner.machine.reset();
        if has_failed && self.settings.bootstrap.is_some() {
            // Whoever speaks for the process that failed has nothing to say before the next one.
            let _ = inner.machine.init_error();
        }
        inner.extensions.reset();
        inner.last_exit = inner.exit.take();
        inner.extension_exit = None;
        inner.polled_at = None;
        // Their connections end with the process that asked.
        inner.nexts.clear();
        inner.init_error = None;
        drop(inner);
        self.to_extensions.notify_all();
        self.news();
    }

    /// Ends the processes; the next invocation starts them again, as a new environment would.
    pub(crate) fn replace(&self) {
        let mut inner = self.lock();
        inner.suppress_init = false;
        let epoch = inner.epoch;
        drop(inner);
        self.end(epoch, "SPINDOWN");
    }

    /// Ends the processes for good, and whoever waits here.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        drop(inner);
        self.news();
        let mut inner = self.lock();
        while matches!(inner.stage, Stage::Starting | Stage::Stopping) {
            inner = self.wait_for_news(inner);
        }
        let epoch = inner.epoch;
        drop(inner);
        self.end(epoch, "SPINDOWN");
        let mut inner = self.lock();
        inner.stage = Stage::Gone;
        inner.nexts.clear();
        drop(inner);
        self.to_extensions.notify_all();
        self.news();
    }
}

/// What an extension came to, if one came to anything.
pub(crate) fn extension_failure(inner: &Inner) -> Option<Failure> {
    if let Some((phase, (error_type, document))) = inner.extensions.error() {
        let kind = if phase == Phase::InitError {
            "Extension.InitError"
        } else {
            "Extension.ExitError"
        };
        if document.is_empty() {
            return Some(Failure::new(kind, error_type));
        }
        return Some(Failure {
            error_type: kind.to_owned(),
            document: document.clone(),
        });
    }
    let (name, exit) = inner.extension_exit.as_ref()?;
    let text = format!("extension {name}: {}", report::exit_reason(*exit));
    Some(Failure::new("Extension.Crash", &text))
}

/// The executable files of a folder, by name.
fn executables(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for entry in fs::read_dir(std::path::absolute(dir)?)? {
        let path = entry?.path();
        let metadata = fs::metadata(&path)?;
        if metadata.is_file() && metadata.permissions().mode() & 0o111 != 0 {
            programs.push(path);
        }
    }
    programs.sort();
    Ok(programs)
}
