//! One execution environment: the state that its Runtime API, its processes and its invocations share.

mod executable;
pub(crate) mod extensions;
mod in_process;
pub(crate) mod invocation;
pub(crate) mod lifecycle;
pub(crate) mod logs;
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
pub(crate) mod process;
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
#[path = "portable_process.rs"]
pub(crate) mod process;
pub(crate) mod state_machine;
pub(crate) mod telemetry;

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use crate::emulator::environment::extensions::ExtensionRegistry;
use crate::emulator::environment::logs::EnvironmentLog;
use crate::emulator::environment::process::ChildProcess;
use crate::emulator::environment::state_machine::RuntimeStateMachine;
use crate::emulator::message::{FunctionError, InvocationEvent, ResponseSender};
use crate::emulator::report::ProcessExit;
use crate::emulator::server::lock;
use crate::emulator::services::LocalServices;
use crate::emulator::settings::Settings;

/// One execution environment. `lifecycle` starts and ends it, `invocation` runs an invocation in it.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) settings: Arc<Settings>,
    pub(crate) log: Arc<EnvironmentLog>,
    /// The local services that the function can call, without the Runtime API.
    pub(crate) services: Arc<LocalServices>,
    /// Where its Runtime API listens.
    pub(crate) api_addr: SocketAddr,
    weak_self: Weak<Environment>,
    state: Mutex<EnvironmentState>,
    /// Wakes every thread that waits for a change of the state: those of invocations, of extensions'
    /// long polls, and those that start and end processes.
    changed: Condvar,
}

/// The state that the threads of an environment share.
#[derive(Debug)]
pub(crate) struct EnvironmentState {
    pub(crate) runtime: RuntimeStateMachine<ResponseSender>,
    pub(crate) extensions: ExtensionRegistry,
    /// Counts the processes that were started. A thread that belongs to an earlier one changes nothing.
    pub(crate) generation: u64,
    pub(crate) stage: ProcessStage,
    /// The calls of `next` that wait for an event. Each has a thread of its own; dropping the sender
    /// closes its connection.
    pub(crate) long_polls: Vec<SyncSender<Arc<InvocationEvent>>>,
    pub(crate) process: Option<ChildProcess>,
    /// External extensions, by name.
    pub(crate) extension_processes: Vec<(String, ChildProcess)>,
    /// How the process ended, if it has.
    pub(crate) exit: Option<ProcessExit>,
    /// How the process of the previous generation ended.
    pub(crate) last_exit: Option<ProcessExit>,
    /// When the runtime first called `next`, which ends its Init phase.
    pub(crate) first_poll: Option<Instant>,
    /// The init error that the runtime reported.
    pub(crate) init_error: Option<FunctionError>,
    /// Whether the next Init is part of an invocation, since the last process died in one
    /// ("suppressed init").
    pub(crate) suppress_init: bool,
    /// Whether the environment runs no further invocations.
    pub(crate) is_closed: bool,
}

/// The operation on the processes that a thread has in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcessStage {
    /// They run, or there are none.
    Steady,
    Starting,
    Stopping,
    /// They have ended, and none is started any more.
    Gone,
}

impl Environment {
    /// Returns an environment whose Runtime API listens on `api_addr`. `services` makes its local services,
    /// which write to the log.
    pub(crate) fn new(
        settings: Arc<Settings>,
        api_addr: SocketAddr,
        services: impl FnOnce(Arc<EnvironmentLog>) -> Arc<LocalServices>,
    ) -> Arc<Environment> {
        let state = Mutex::new(EnvironmentState::new(&settings));
        let log = Arc::new(EnvironmentLog::new(&settings));
        let services = services(Arc::clone(&log));
        Arc::new_cyclic(|weak_self| Environment {
            settings,
            log,
            services,
            api_addr,
            weak_self: Weak::clone(weak_self),
            state,
            changed: Condvar::new(),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, EnvironmentState> {
        lock(&self.state)
    }

    /// Changes the state, and wakes the threads that wait for a change.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut EnvironmentState) -> T) -> T {
        let result = change(&mut self.lock());
        self.notify();
        result
    }

    /// Wakes the threads that wait for a change of the state.
    pub(crate) fn notify(&self) {
        self.changed.notify_all();
    }

    /// Waits for a change of the state.
    pub(crate) fn wait<'l>(
        &self,
        state: MutexGuard<'l, EnvironmentState>,
    ) -> MutexGuard<'l, EnvironmentState> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change of the state until `limit`. Returns `None` if that has passed.
    pub(crate) fn wait_until<'l>(
        &self,
        state: MutexGuard<'l, EnvironmentState>,
        limit: Option<Instant>,
    ) -> Option<MutexGuard<'l, EnvironmentState>> {
        let Some(limit) = limit else {
            return Some(self.wait(state));
        };
        let left = limit.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        let waited = self.changed.wait_timeout(state, left);
        Some(waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Returns whether a runtime waits for events.
    pub(crate) fn is_warm(&self) -> bool {
        let state = self.lock();
        state.first_poll.is_some() && state.exit.is_none()
    }
}

impl EnvironmentState {
    fn new(settings: &Settings) -> EnvironmentState {
        let is_concurrent = settings.concurrency.is_some();
        let mut runtime = RuntimeStateMachine::new(is_concurrent);
        if settings.bootstrap.is_some() {
            // No process runs before the first invocation.
            runtime.refuse_calls();
        }
        EnvironmentState {
            runtime,
            extensions: ExtensionRegistry::new(is_concurrent),
            generation: 0,
            stage: ProcessStage::Steady,
            long_polls: Vec::new(),
            process: None,
            extension_processes: Vec::new(),
            exit: None,
            last_exit: None,
            first_poll: None,
            init_error: None,
            suppress_init: false,
            is_closed: false,
        }
    }

    /// Forgets what belonged to the processes, which have ended. The connections of long polls are closed.
    fn begin_generation(&mut self, settings: &Settings) {
        *self = EnvironmentState {
            generation: self.generation.saturating_add(1),
            last_exit: self.exit,
            suppress_init: self.suppress_init,
            is_closed: self.is_closed,
            ..EnvironmentState::new(settings)
        };
    }

    /// Returns whether the processes have ended and none is started any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.stage == ProcessStage::Gone
    }

    /// Returns the process of the function and those of its extensions.
    pub(crate) fn processes(&self) -> impl Iterator<Item = &ChildProcess> {
        let extensions = self.extension_processes.iter();
        self.process
            .iter()
            .chain(extensions.map(|(_, process)| process))
    }

    /// Adds a call of `next` that waits. The returned channel receives the event.
    pub(crate) fn add_long_poll(&mut self) -> Receiver<Arc<InvocationEvent>> {
        let (sender, receiver) = sync_channel(1);
        self.long_polls.push(sender);
        receiver
    }
}
