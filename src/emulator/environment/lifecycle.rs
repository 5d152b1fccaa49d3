//! Starts the processes of an environment (the Init phase) and ends them (the Shutdown phase).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{MutexGuard, Weak};
use std::time::{Duration, Instant, SystemTime};

use crate::context::local::Service;
use crate::emulator::environment::extensions::{ExtensionState, RegisteredExtension};
use crate::emulator::environment::process::{self, ChildProcess};
use crate::emulator::environment::{Environment, EnvironmentState, ProcessStage};
use crate::emulator::message::FunctionError;
use crate::emulator::report::{self, ProcessExit};
use crate::emulator::settings::{LocalAddrs, is_for_extensions};
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

/// Why an invocation ended without a response.
pub(crate) enum InvocationFailure {
    /// No runtime could take it, or an extension failed.
    Error(FunctionError),
    Exited(ProcessExit),
    TimedOut,
    /// No worker of a Managed Instance was free.
    Rejected,
    /// The environment was closed.
    Closed,
}

impl From<FunctionError> for InvocationFailure {
    fn from(error: FunctionError) -> InvocationFailure {
        InvocationFailure::Error(error)
    }
}

/// How Init ended. If the runtime and the extensions were started just now, the duration is how long that
/// took.
pub(crate) type InitResult = Result<Option<Duration>, InvocationFailure>;

impl Environment {
    /// Makes sure that a runtime waits for events, until `limit`. `phase` is `init`, or `invoke` if
    /// Init is part of an invocation. Returns the generation of the process too.
    pub(crate) fn init(&self, phase: &str, limit: Option<Instant>) -> (u64, InitResult) {
        let began = Instant::now();
        let mut state = self.lock();
        while state.is_in_transition() && !state.is_closed {
            state = self.wait(state);
        }
        let mut generation = state.generation;
        if state.is_closed {
            return (generation, Err(InvocationFailure::Closed));
        }
        let has_exited =
            |extension: &RegisteredExtension| extension.state == ExtensionState::Exited;
        let has_failed = state.exit.is_some() || state.extensions.all.iter().any(has_exited);
        let is_ready = state.is_idle() && !self.log.allows_subscriptions();
        if is_ready && !has_failed {
            return (generation, Ok(None));
        }
        if state.processes().next().is_some() {
            // A process ended between two invocations.
            drop(state);
            self.end_processes(generation, "FAILURE");
            state = self.lock();
            generation = state.generation;
        }
        state.stage = ProcessStage::Starting;
        let result = self.launch(state, phase, began, limit);
        self.update(|state| {
            if state.stage == ProcessStage::Starting {
                state.stage = ProcessStage::Steady;
            }
        });
        let (status, error_type) = match &result {
            Err(InvocationFailure::TimedOut) => ("timeout", None),
            Err(InvocationFailure::Error(error)) => ("error", Some(error.error_type.as_str())),
            Err(InvocationFailure::Exited(_)) => ("error", Some("Runtime.ExitError")),
            Ok(_) | Err(InvocationFailure::Rejected | InvocationFailure::Closed) => {
                return (generation, result);
            }
        };
        let took = began.elapsed();
        let line = report::init_report(took, phase, status, error_type.unwrap_or_default());
        let report = self.init_record(phase, status, error_type, Some(took));
        self.log
            .write_platform(&line, "platform.initReport", report);
        if let Err(InvocationFailure::TimedOut) = &result {
            self.end_processes(generation, "TIMEOUT");
        }
        (generation, result)
    }

    /// Starts the extensions, then the runtime, and waits for them, as Lambda does.
    fn launch(
        &self,
        mut state: MutexGuard<'_, EnvironmentState>,
        phase: &str,
        began: Instant,
        limit: Option<Instant>,
    ) -> InitResult {
        if self.settings.bootstrap.is_some() {
            state.runtime.reset();
            state.first_poll = None;
        }
        let record = json!({
            "initializationType": self.settings.initialization_type(),
            "phase": phase,
            "functionName": self.settings.name,
            "functionVersion": self.settings.version,
        });
        self.log.write_platform("", "platform.initStart", record);
        self.spawn_extensions(&mut state)?;
        while !state.extensions.are_registered() {
            state.check_init()?;
            let waited = self.wait_until(state, limit);
            state = waited.ok_or(InvocationFailure::TimedOut)?;
        }
        self.spawn_runtime(&mut state)?;
        loop {
            state.check_init()?;
            if let Some(first_poll) = state.first_poll.filter(|_| state.is_idle()) {
                state.suppress_init = false;
                // Init ends when the runtime and all extensions wait.
                let end = if state.extensions.all.is_empty() {
                    first_poll
                } else {
                    Instant::now()
                };
                let took = end.saturating_duration_since(began);
                self.log_init(&state, phase, took);
                return Ok(Some(took));
            }
            let waited = self.wait_until(state, limit);
            state = waited.ok_or_else(|| match self.settings.bootstrap {
                Some(_) => InvocationFailure::TimedOut,
                None => FunctionError::new(UNAVAILABLE, "no runtime has called next").into(),
            })?;
        }
    }

    /// Logs an Init phase that has succeeded.
    fn log_init(&self, state: &EnvironmentState, phase: &str, took: Duration) {
        for extension in &state.extensions.all {
            let (name, wanted) = (&extension.name, &extension.wanted);
            let state = format!("{:?}", extension.state);
            let events = wanted.join(", ");
            let text = format!("EXTENSION\tName: {name}\tState: {state}\tEvents: [{events}]");
            let record = json!({ "name": name, "state": state, "events": wanted });
            self.log.write_platform(&text, "platform.extension", record);
        }
        for (kind, took) in [
            ("platform.initRuntimeDone", None),
            ("platform.initReport", Some(took)),
        ] {
            let record = self.init_record(phase, "success", None, took);
            self.log.write_platform("", kind, record);
        }
        self.log.end_subscribing();
    }

    /// Returns the record of an event at the end of the Init phase.
    fn init_record(
        &self,
        phase: &str,
        status: &str,
        error_type: Option<&str>,
        took: Option<Duration>,
    ) -> Value {
        json!({
            "initializationType": self.settings.initialization_type(),
            "phase": phase,
            "status": status,
            "errorType": error_type,
            "metrics": took.map(|took| json!({ "durationMs": report::ms_value(took) })),
        })
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
                environment.update(|state| {
                    if state.generation == generation {
                        change(state, exit);
                    }
                });
            }
        }
    }

    /// Starts the local services, and returns the addresses that the process gets in its environment variables.
    fn local_addrs(&self) -> io::Result<LocalAddrs> {
        let xray = self.settings.xray.then(|| self.services.xray());
        Ok(LocalAddrs {
            api: self.api_addr,
            services: Some(self.services.addr(Service::ParametersAndSecrets)?),
            xray: xray.transpose()?.map(|xray| xray.addr()),
        })
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
            let mut command = match runner {
                Some(runner) => Command::new(process::find_program(runner)?),
                None => Command::new(&program),
            };
            command.args(runner.map(|_| &program)).current_dir(&folder);
            let env = self.settings.process_env(&self.local_addrs()?, &folder);
            command.env_clear().envs(env);
            ChildProcess::start(command, "function", &self.log, on_exit)
        };
        let started = start();
        let failed = |error| launch_error("Runtime.InvalidEntrypoint", bootstrap, runner, &error);
        state.process = Some(started.map_err(failed)?);
        Ok(())
    }

    fn spawn_extensions(&self, state: &mut EnvironmentState) -> Result<(), FunctionError> {
        let Some(folder) = self.settings.extensions.as_deref() else {
            return Ok(());
        };
        let error_type = "Extension.LaunchError";
        let failed =
            |error| FunctionError::new(error_type, &format!("{}: {error}", folder.display()));
        let programs = executables(folder).map_err(failed)?;
        let addrs = self.local_addrs().map_err(failed)?;
        for program in programs {
            let name = program.file_name().unwrap_or_default();
            let name = name.to_string_lossy().into_owned();
            let extension = name.clone();
            let on_exit = self.on_exit(state.generation, move |state, exit| {
                if state.stage != ProcessStage::Stopping {
                    state.extensions.set_exited(&extension, exit);
                }
            });
            let mut env = self.settings.process_env(&addrs, Path::new("/"));
            env.retain(|(name, _)| is_for_extensions(name));
            let mut command = Command::new(&program);
            command.current_dir("/").env_clear().envs(env);
            state.extensions.add_external(&name);
            let started = ChildProcess::start(command, "extension", &self.log, on_exit);
            let failed = |error| launch_error(error_type, &program, None, &error);
            let process = started.map_err(failed)?;
            state.extension_processes.push((name, process));
        }
        Ok(())
    }

    /// Sends SIGSTOP or SIGCONT to the processes, if they are stopped between invocations as on Lambda.
    pub(crate) fn send_freeze_signal(&self, state: &EnvironmentState, signal: i32) {
        if self.settings.freeze {
            state.processes().for_each(|process| process.signal(signal));
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
        self.send_freeze_signal(&state, sys::SIGCONT);
        let began = Instant::now();
        let process = state.process.take();
        let extensions = std::mem::take(&mut state.extension_processes);
        let has_extensions = !state.extensions.all.is_empty();
        drop(state);
        if let Some(process) = process {
            if has_extensions {
                process.signal(sys::SIGTERM);
                let time = if extensions.is_empty() {
                    TERM_TIME_INTERNAL
                } else {
                    TERM_TIME
                };
                process.wait(time.saturating_sub(began.elapsed()));
            }
            process.kill();
        }
        // Everything is delivered before the extensions get their last event, so that they can flush it.
        self.log.end_subscriptions();
        if !extensions.is_empty() {
            self.end_extensions(extensions, began, reason);
        }
        self.services.begin_environment();
        self.update(|state| state.begin_generation(&self.settings));
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
        let event = json!({
            "eventType": "SHUTDOWN",
            "shutdownReason": reason,
            "deadlineMs": epoch_ms(deadline.unwrap_or(SystemTime::UNIX_EPOCH)),
        });
        let mut state = self.lock();
        state.extensions.send("SHUTDOWN", &json::to_vec(&event));
        let extensions = state.extensions.all.iter();
        let waiting = extensions.filter(|extension| extension.wanted.contains(&"SHUTDOWN"));
        let waiting: Vec<String> = waiting.map(|extension| extension.name.clone()).collect();
        drop(state);
        self.notify();
        // The other extensions are killed first, without waiting for them.
        processes.sort_by_key(|(name, _)| waiting.contains(name));
        for (name, process) in processes {
            if waiting.contains(&name) {
                process.wait(SHUTDOWN_TIME_MAX.saturating_sub(began.elapsed()));
            }
            process.kill();
        }
    }

    /// Ends the processes. The next invocation starts new ones, as in a new environment.
    pub(crate) fn replace(&self) {
        let generation = self.update(|state| {
            state.suppress_init = false;
            state.generation
        });
        self.end_processes(generation, "SPINDOWN");
    }

    /// Ends the processes and everything that waits for them. No invocation runs here any more.
    pub(crate) fn close(&self) {
        self.update(|state| state.is_closed = true);
        let mut state = self.lock();
        while state.is_in_transition() {
            state = self.wait(state);
        }
        let generation = state.generation;
        drop(state);
        self.end_processes(generation, "SPINDOWN");
        self.update(|state| {
            state.stage = ProcessStage::Gone;
            state.long_polls.clear();
        });
    }
}

impl EnvironmentState {
    /// Returns whether a thread is starting or ending the processes.
    fn is_in_transition(&self) -> bool {
        matches!(self.stage, ProcessStage::Starting | ProcessStage::Stopping)
    }

    /// Returns whether the runtime has called `next` and all extensions wait.
    fn is_idle(&self) -> bool {
        self.first_poll.is_some() && self.extensions.are_idle()
    }

    /// Returns an error if Init has failed.
    fn check_init(&mut self) -> Result<(), InvocationFailure> {
        if self.is_closed {
            return Err(InvocationFailure::Closed);
        }
        let init_error = self.init_error.take();
        if let Some(error) = init_error.or_else(|| self.extensions.error()) {
            return Err(error.into());
        }
        self.exit
            .map_or(Ok(()), |exit| Err(InvocationFailure::Exited(exit)))
    }
}

/// Returns the error for a program that could not be started.
fn launch_error(
    error_type: &str,
    program: &Path,
    runner: Option<&Path>,
    error: &io::Error,
) -> FunctionError {
    let reason = process::refusal_reason(program, runner);
    let text = reason.unwrap_or_else(|| format!("{}: {error}", program.display()));
    FunctionError::new(error_type, &text)
}

/// Returns the executable files of a folder, by name.
fn executables(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for entry in fs::read_dir(std::path::absolute(folder)?)? {
        let path = entry?.path();
        let metadata = fs::metadata(&path)?;
        if metadata.is_file() && process::is_executable(&metadata) {
            programs.push(path);
        }
    }
    programs.sort();
    Ok(programs)
}
