//! Starts the processes of an environment (the Init phase) and ends them (the Shutdown phase).

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, Weak};
use std::time::{Duration, Instant, SystemTime};

use crate::emulator::environment::logs::LogSource;
use crate::emulator::environment::process::{self, ChildProcess, LaunchSpec};
use crate::emulator::environment::{Environment, EnvironmentState, ProcessStage};
use crate::emulator::message::FunctionError;
use crate::emulator::report::{self, ProcessExit};
use crate::emulator::runtime_api::extensions::{ExtensionState, RegisteredExtension};
use crate::emulator::settings::is_for_extensions;
use crate::emulator::time::epoch_ms;
use crate::json;
use crate::json::Value;
use crate::sys;

/// How long a runtime has after SIGTERM if there are internal extensions only.
const TERM_TIME_INTERNAL: Duration = Duration::from_millis(500);
/// How long a runtime has after SIGTERM if there are external extensions.
const TERM_TIME: Duration = Duration::from_millis(300);
/// How long Shutdown takes at most if there are external extensions.
const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(2);

/// The error type if no runtime can take an invocation.
pub(crate) const UNAVAILABLE: &str = "Runtime.Unavailable";

/// How Init ended.
pub(crate) enum InitResult {
    /// The runtime and all extensions wait for events. If they were started just now, this is how long
    /// that took.
    Ready(Option<Duration>),
    /// An error was reported, or nothing could be started. The number is the generation.
    Failed(u64, FunctionError),
    Exited(u64, ProcessExit),
    TimedOut,
    Closed,
}

impl Environment {
    /// Makes sure that a runtime waits for events, until `limit`. `phase` is `init`, or `invoke` if
    /// Init is part of an invocation.
    pub(crate) fn init(&self, phase: &str, limit: Option<Instant>) -> InitResult {
        let began = Instant::now();
        let mut state = self.lock();
        while state.is_in_transition() && !state.is_closed {
            state = self.wait(state);
        }
        if state.is_closed {
            return InitResult::Closed;
        }
        let is_ready = state.runtime.has_polled()
            && state.extensions.are_idle()
            && !self.log.allows_subscriptions();
        if is_ready && state.exit.is_none() && state.extension_exit.is_none() {
            return InitResult::Ready(None);
        }
        let generation = state.generation;
        if state.process.is_some() || !state.extension_processes.is_empty() {
            // A process ended between two invocations.
            drop(state);
            self.end_processes(generation, "FAILURE");
            state = self.lock();
        }
        state.stage = ProcessStage::Starting;
        drop(state);
        let result = self.launch(phase, began, limit);
        let mut state = self.lock();
        if state.stage == ProcessStage::Starting {
            state.stage = ProcessStage::Steady;
        }
        let generation = state.generation;
        drop(state);
        self.notify();
        let (status, error_type) = match &result {
            InitResult::Ready(_) | InitResult::Closed => return result,
            InitResult::TimedOut => ("timeout", ""),
            InitResult::Failed(_, error) => ("error", error.error_type.as_str()),
            InitResult::Exited(..) => ("error", "Runtime.ExitError"),
        };
        let took = began.elapsed();
        let line = report::init_report(took, phase, status, error_type);
        self.log.write_platform(&line, "platform.initReport", || {
            self.init_record(phase, status, error_type, Some(took))
        });
        if let InitResult::TimedOut = &result {
            self.end_processes(generation, "TIMEOUT");
        }
        result
    }

    /// Starts the extensions, then the runtime, and waits for them, as Lambda does.
    fn launch(&self, phase: &str, began: Instant, limit: Option<Instant>) -> InitResult {
        let mut state = self.lock();
        if state.is_closed {
            return InitResult::Closed;
        }
        let generation = state.generation;
        if self.settings.bootstrap.is_some() {
            state.runtime.reset();
        }
        self.log.write_platform("", "platform.initStart", || {
            let mut record = self.init_record(phase, "", "", None);
            if let Value::Object(record) = &mut record {
                record.insert("functionName", self.settings.name.as_str());
                record.insert("functionVersion", self.settings.version.as_str());
            }
            record
        });
        if let Err(error) = self.spawn_extensions(&mut state) {
            return InitResult::Failed(generation, error);
        }
        while !state.extensions.are_registered() {
            if let Some(error) = extension_error(&state) {
                return InitResult::Failed(generation, error);
            }
            if state.is_closed {
                return InitResult::Closed;
            }
            match self.wait_until(state, limit) {
                Some(again) => state = again,
                None => return InitResult::TimedOut,
            }
        }
        if let Err(error) = self.spawn_runtime(&mut state) {
            return InitResult::Failed(generation, error);
        }
        self.wait_for_runtime(state, phase, began, limit)
    }

    /// Waits until the runtime and all extensions wait for events.
    fn wait_for_runtime(
        &self,
        mut state: MutexGuard<'_, EnvironmentState>,
        phase: &str,
        began: Instant,
        limit: Option<Instant>,
    ) -> InitResult {
        let generation = state.generation;
        loop {
            if state.is_closed {
                return InitResult::Closed;
            }
            let init_error = state.init_error.take();
            if let Some(error) = init_error.or_else(|| extension_error(&state)) {
                return InitResult::Failed(generation, error);
            }
            if let Some(exit) = state.exit {
                return InitResult::Exited(generation, exit);
            }
            let is_ready = state.runtime.has_polled() && state.extensions.are_idle();
            if let Some(first_poll) = state.first_poll.filter(|_| is_ready) {
                state.suppress_init = false;
                // Init ends when the last of them waits.
                let end = if state.extensions.is_empty() {
                    first_poll
                } else {
                    Instant::now()
                };
                let took = end.saturating_duration_since(began);
                self.log_init(&state, phase, took);
                return InitResult::Ready(Some(took));
            }
            match self.wait_until(state, limit) {
                Some(again) => state = again,
                None if self.settings.bootstrap.is_some() => return InitResult::TimedOut,
                None => {
                    let error = FunctionError::new(UNAVAILABLE, "no runtime has called next");
                    return InitResult::Failed(generation, error);
                }
            }
        }
    }

    /// Writes about an Init phase that has succeeded.
    fn log_init(&self, state: &EnvironmentState, phase: &str, took: Duration) {
        for extension in state.extensions.iter() {
            self.log_extension(extension);
        }
        self.log.write_platform("", "platform.initRuntimeDone", || {
            self.init_record(phase, "success", "", None)
        });
        self.log.write_platform("", "platform.initReport", || {
            self.init_record(phase, "success", "", Some(took))
        });
        self.log.end_subscribing();
    }

    /// Returns the record of an event in the Init phase. Empty texts are left out.
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
            let metrics = crate::json!({ "durationMs": report::ms_value(took) });
            record.insert("metrics", metrics);
        }
        Value::Object(record)
    }

    fn log_extension(&self, extension: &RegisteredExtension) {
        let (name, state, events) = (
            &extension.name,
            extension.state.name(),
            extension.event_names(),
        );
        let text = format!(
            "EXTENSION\tName: {name}\tState: {state}\tEvents: [{}]",
            events.join(", ")
        );
        self.log.write_platform(&text, "platform.extension", || {
            let events: Vec<Value> = events.into_iter().map(Value::from).collect();
            crate::json!({ "name": name.clone(), "state": state, "events": events })
        });
    }

    /// Returns a function that applies `change` to the state when a process of this generation ends.
    fn on_exit(
        &self,
        generation: u64,
        change: impl FnOnce(&mut EnvironmentState, ProcessExit) + Send + 'static,
    ) -> impl FnOnce(ProcessExit) + Send + 'static {
        let weak = Weak::clone(&self.weak_self);
        move |exit| {
            if let Some(environment) = weak.upgrade() {
                let mut state = environment.lock();
                if state.generation == generation {
                    change(&mut state, exit);
                }
                drop(state);
                environment.notify();
            }
        }
    }

    fn spawn_runtime(&self, state: &mut EnvironmentState) -> Result<(), FunctionError> {
        let Some(bootstrap) = self.settings.bootstrap.as_deref() else {
            return Ok(());
        };
        let runner = self.settings.runner.as_deref();
        let on_exit = self.on_exit(state.generation, |state, exit| state.exit = Some(exit));
        let start = || {
            let program = std::path::absolute(bootstrap)?;
            let folder = self.settings.start_folder()?;
            let spec = LaunchSpec {
                program: &program,
                runner,
                folder: &folder,
                env: self.settings.process_env(self.api_addr, &folder),
                source: LogSource::Function,
            };
            ChildProcess::start(spec, &self.log, on_exit)
        };
        match start() {
            Ok(process) => {
                state.process = Some(process);
                Ok(())
            }
            Err(error) => {
                let reason = process::refusal_reason(bootstrap, runner);
                let text = reason.unwrap_or_else(|| format!("{}: {error}", bootstrap.display()));
                Err(FunctionError::new("Runtime.InvalidEntrypoint", &text))
            }
        }
    }

    fn spawn_extensions(&self, state: &mut EnvironmentState) -> Result<(), FunctionError> {
        let Some(folder) = self.settings.extensions.as_deref() else {
            return Ok(());
        };
        let launch_error = |path: &Path, error: io::Error| {
            let text = format!("{}: {error}", path.display());
            FunctionError::new("Extension.LaunchError", &text)
        };
        let programs = executables(folder).map_err(|error| launch_error(folder, error))?;
        for program in programs {
            let name = program.file_name().unwrap_or_default();
            let name = name.to_string_lossy().into_owned();
            let extension = name.clone();
            let on_exit = self.on_exit(state.generation, |state, exit| {
                if state.stage != ProcessStage::Stopping {
                    state.extensions.set_exited(&extension);
                    state.extension_exit = Some((extension, exit));
                }
            });
            let mut env = self.settings.process_env(self.api_addr, Path::new("/"));
            env.retain(|(name, _)| is_for_extensions(name));
            let spec = LaunchSpec {
                program: &program,
                runner: None,
                folder: Path::new("/"),
                env,
                source: LogSource::Extension,
            };
            state.extensions.add_external(&name);
            let process = ChildProcess::start(spec, &self.log, on_exit).map_err(|error| {
                match process::refusal_reason(&program, None) {
                    Some(text) => FunctionError::new("Extension.LaunchError", &text),
                    None => launch_error(&program, error),
                }
            })?;
            state.extension_processes.push((name, process));
        }
        Ok(())
    }

    /// Stops the processes, as Lambda does between invocations, or lets them continue.
    pub(crate) fn set_frozen(&self, state: &EnvironmentState, is_frozen: bool) {
        if self.settings.freeze {
            let signal = if is_frozen {
                sys::SIGSTOP
            } else {
                sys::SIGCONT
            };
            let extensions = state.extension_processes.iter();
            let extensions = extensions.map(|(_, process)| process);
            let processes = state.process.iter().chain(extensions);
            processes.for_each(|process| process.signal(signal));
        }
    }

    /// Ends the processes of a generation and forgets their state, unless that has been done. The
    /// runtime gets SIGTERM first if there is an extension.
    pub(crate) fn end_processes(&self, generation: u64, reason: &str) {
        let mut state = self.lock();
        let is_ending = matches!(state.stage, ProcessStage::Stopping | ProcessStage::Gone);
        if state.generation != generation || is_ending {
            return;
        }
        state.stage = ProcessStage::Stopping;
        self.set_frozen(&state, false);
        let began = Instant::now();
        let process = state.process.take();
        let extensions = std::mem::take(&mut state.extension_processes);
        let has_extensions = !state.extensions.is_empty();
        drop(state);
        if let Some(process) = process {
            if has_extensions {
                process.signal(sys::SIGTERM);
                let time = if extensions.is_empty() {
                    TERM_TIME_INTERNAL
                } else {
                    TERM_TIME
                };
                process.wait(began.checked_add(time).unwrap_or(began));
            }
            process.kill();
        }
        // Everything is delivered before the extensions get their last event, so that they can flush it.
        self.log.end_subscriptions();
        if !extensions.is_empty() {
            self.end_extensions(extensions, began, reason);
        }
        let mut state = self.lock();
        state.begin_generation(self.settings.bootstrap.is_some());
        drop(state);
        self.notify();
    }

    /// Sends the SHUTDOWN event to the extensions that want it, waits for those, and ends all of them.
    fn end_extensions(
        &self,
        mut processes: Vec<(String, ChildProcess)>,
        began: Instant,
        reason: &str,
    ) {
        let left = SHUTDOWN_TIME_MAX.saturating_sub(began.elapsed());
        let deadline = SystemTime::now().checked_add(left);
        let event = crate::json!({
            "eventType": "SHUTDOWN",
            "shutdownReason": reason.to_owned(),
            "deadlineMs": epoch_ms(deadline.unwrap_or(SystemTime::UNIX_EPOCH)),
        });
        let mut state = self.lock();
        state.extensions.send_shutdown(&json::to_vec(&event));
        let wants_shutdown: Vec<String> = state
            .extensions
            .iter()
            .filter(|extension| extension.wants_shutdown)
            .map(|extension| extension.name.clone())
            .collect();
        drop(state);
        self.notify();
        // The others are killed first: they are not waited for.
        processes.sort_by_key(|(name, _)| wants_shutdown.contains(name));
        let limit = began.checked_add(SHUTDOWN_TIME_MAX).unwrap_or(began);
        for (name, process) in processes {
            if wants_shutdown.contains(&name) {
                process.wait(limit);
            }
            process.kill();
        }
    }

    /// Ends the processes. The next invocation starts new ones, as in a new environment.
    pub(crate) fn replace(&self) {
        let mut state = self.lock();
        state.suppress_init = false;
        let generation = state.generation;
        drop(state);
        self.end_processes(generation, "SPINDOWN");
    }

    /// Ends the processes and everything that waits for them, for good.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.notify();
        let mut state = self.lock();
        while state.is_in_transition() {
            state = self.wait(state);
        }
        let generation = state.generation;
        drop(state);
        self.end_processes(generation, "SPINDOWN");
        let mut state = self.lock();
        state.stage = ProcessStage::Gone;
        state.long_polls.clear();
        drop(state);
        self.notify();
    }
}

impl EnvironmentState {
    /// Returns whether a thread is starting or ending the processes.
    fn is_in_transition(&self) -> bool {
        matches!(self.stage, ProcessStage::Starting | ProcessStage::Stopping)
    }

    /// Forgets what belonged to the processes that have ended.
    fn begin_generation(&mut self, has_bootstrap: bool) {
        self.generation = self.generation.saturating_add(1);
        self.stage = ProcessStage::Steady;
        let has_failed = self.runtime.has_failed();
        self.runtime.reset();
        if has_failed && has_bootstrap {
            // Late calls of the process that failed are refused until the next one starts.
            self.runtime.refuse_calls();
        }
        self.extensions.reset();
        self.last_exit = self.exit.take();
        self.extension_exit = None;
        self.first_poll = None;
        // The connections end with the process that polled.
        self.long_polls.clear();
        self.init_error = None;
    }
}

/// Returns the error of an extension, if one has failed.
pub(crate) fn extension_error(state: &EnvironmentState) -> Option<FunctionError> {
    if let Some((extension_state, (error_type, document))) = state.extensions.error() {
        let kind = if extension_state == ExtensionState::InitError {
            "Extension.InitError"
        } else {
            "Extension.ExitError"
        };
        if document.is_empty() {
            return Some(FunctionError::new(kind, error_type));
        }
        return Some(FunctionError {
            error_type: kind.to_owned(),
            document: document.clone(),
        });
    }
    let (name, exit) = state.extension_exit.as_ref()?;
    let text = format!("extension {name}: {}", report::exit_reason(*exit));
    Some(FunctionError::new("Extension.Crash", &text))
}

/// Returns the executable files of a folder, by name.
fn executables(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for entry in fs::read_dir(std::path::absolute(folder)?)? {
        let path = entry?.path();
        let metadata = fs::metadata(&path)?;
        if metadata.is_file() && metadata.permissions().mode() & 0o111 != 0 {
            programs.push(path);
        }
    }
    programs.sort();
    Ok(programs)
}
