//! One execution environment: what its Runtime API, its processes and those who lead invocations through it share.

pub(crate) mod invocation;
pub(crate) mod lifecycle;
pub(crate) mod logs;
#[cfg(target_os = "linux")]
pub(crate) mod process;
#[cfg(not(target_os = "linux"))]
#[path = "no_process.rs"]
pub(crate) mod process;

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::emulator::environment::logs::Console;
use crate::emulator::environment::process::Process;
use crate::emulator::message::{Failure, Reply};
use crate::emulator::report::Exit;
use crate::emulator::runtime_api::extensions::{Extension, Extensions, Refusal};
use crate::emulator::runtime_api::state_machine::{Machine, Outcome};
use crate::emulator::server::access::Access;
use crate::emulator::server::fault_injection::Dice;
use crate::emulator::server::loan::{Later, Loan};
use crate::emulator::server::lock;
use crate::emulator::settings::Settings;
use crate::sys::Bell;

/// One execution environment. How it is started and ended stands in `lifecycle`, how an
/// invocation passes through it in `lead`.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) settings: Arc<Settings>,
    pub(crate) console: Arc<Console>,
    /// Who may call its Runtime API.
    pub(crate) access: Arc<Access>,
    /// What is to go wrong with its replies.
    pub(crate) dice: Dice,
    /// Where its Runtime API listens.
    pub(crate) api: SocketAddr,
    pub(crate) itself: Weak<Environment>,
    inner: Mutex<Inner>,
    /// Wakes the extensions that wait for an event.
    pub(crate) to_extensions: Condvar,
    /// Wakes those who lead an invocation.
    to_leader: Condvar,
    /// Wakes the one who looks at the runtime's connection meanwhile; `None`: nobody does.
    bell: Option<Bell>,
}

/// What the threads of an environment share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) machine: Machine<Reply>,
    pub(crate) extensions: Extensions,
    /// Counts the processes; who belongs to an earlier one has nothing to say any more.
    pub(crate) epoch: u64,
    pub(crate) stage: Stage,
    /// The replies to calls of `next` that wait for an event.
    pub(crate) nexts: Vec<Later>,
    pub(crate) process: Option<Process>,
    /// External extensions, by name.
    pub(crate) extension_processes: Vec<(String, Process)>,
    /// How the process ended, once it has.
    pub(crate) exit: Option<Exit>,
    /// How the one before it ended.
    pub(crate) last_exit: Option<Exit>,
    /// The extension that ended, if one has.
    pub(crate) extension_exit: Option<(String, Exit)>,
    /// When the runtime first called `next`.
    pub(crate) polled_at: Option<Instant>,
    /// What the runtime reported instead.
    pub(crate) init_error: Option<Failure>,
    /// The next Init belongs to an invocation ("suppressed init"): the last process died in one.
    pub(crate) suppress_init: bool,
    /// No further invocation is served.
    pub(crate) closed: bool,
    /// How many wait for `to_leader`.
    n_leaders: usize,
    /// Somebody waits for the bell.
    bell_is_awaited: bool,
}

/// What a leader hears who waits for the runtime's connection too.
pub(crate) enum Heard {
    /// Something has come on the connection, or its end.
    Call,
    /// There is news.
    News,
    /// The time has passed.
    Nothing,
}

/// What somebody is about to do with the processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing: they run, or there are none.
    Steady,
    Starting,
    Stopping,
    /// They are gone for good.
    Gone,
}

impl Environment {
    pub(crate) fn new(
        settings: Arc<Settings>,
        access: Arc<Access>,
        api: SocketAddr,
    ) -> Arc<Environment> {
        let concurrent = settings.concurrency.is_some();
        let mut machine = Machine::new(concurrent, settings.snap_start);
        if settings.bootstrap.is_some() {
            // Before the process is started nobody can speak for it.
            let _ = machine.init_error();
        }
        let inner = Inner {
            machine,
            extensions: Extensions::new(concurrent),
            epoch: 0,
            stage: Stage::Steady,
            nexts: Vec::new(),
            process: None,
            extension_processes: Vec::new(),
            exit: None,
            last_exit: None,
            extension_exit: None,
            polled_at: None,
            init_error: None,
            suppress_init: false,
            closed: false,
            n_leaders: 0,
            bell_is_awaited: false,
        };
        let console = Arc::new(Console::new(
            settings.log,
            settings.json_log_level.as_deref(),
        ));
        let dice = Dice::new(&settings.faults, settings.seed);
        Arc::new_cyclic(|itself| Environment {
            settings,
            access,
            dice,
            api,
            itself: Weak::clone(itself),
            console,
            inner: Mutex::new(inner),
            to_extensions: Condvar::new(),
            to_leader: Condvar::new(),
            // Those who lead several invocations at once would need one each.
            bell: (!concurrent).then(Bell::new).and_then(Result::ok),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// An extension has called `event/next`, and waits for an event; `None`: it belongs to the past.
    pub(crate) fn wait_for_extension_event(
        &self,
        id: Option<&str>,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let mut inner = self.lock();
        inner.extensions.identified(id).and_then(Extension::poll)?;
        let epoch = inner.epoch;
        drop(inner);
        self.news();
        let mut inner = self.lock();
        loop {
            if inner.stage == Stage::Gone || inner.epoch != epoch {
                return Ok(None);
            }
            if let Some(event) = inner.extensions.identified(id)?.take() {
                return Ok(Some(event));
            }
            inner = self
                .to_extensions
                .wait(inner)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The runtime has reported that it cannot start.
    pub(crate) fn init_failed(&self, failure: Failure) {
        self.lock().init_error = Some(failure);
        self.news();
    }

    /// The runtime has answered `id`.
    pub(crate) fn answered(&self, id: &str, outcome: Outcome) {
        let reply = self.lock().machine.finish_answer(id, outcome);
        // Of an ordinary function nothing is over before its next `next`, but its caller waits.
        if self.settings.concurrency.is_some() || matches!(reply, Some(Reply::Gathered(_))) {
            self.news();
        }
    }

    /// Whether a runtime waits for events.
    pub(crate) fn is_warm(&self) -> bool {
        let inner = self.lock();
        inner.machine.polled() && inner.exit.is_none()
    }

    /// There is news for those who lead an invocation.
    pub(crate) fn news(&self) {
        let mut inner = self.lock();
        let is_awaited = std::mem::take(&mut inner.bell_is_awaited);
        let n_leaders = inner.n_leaders;
        drop(inner);
        if n_leaders > 0 {
            self.to_leader.notify_all();
        }
        if let Some(bell) = self.bell.as_ref().filter(|_| is_awaited) {
            bell.ring();
        }
    }

    pub(crate) fn wait_for_news<'l>(
        &'l self,
        mut inner: MutexGuard<'l, Inner>,
    ) -> MutexGuard<'l, Inner> {
        inner.n_leaders = inner.n_leaders.saturating_add(1);
        let mut inner = self
            .to_leader
            .wait(inner)
            .unwrap_or_else(PoisonError::into_inner);
        inner.n_leaders = inner.n_leaders.saturating_sub(1);
        inner
    }

    /// The same until `limit`; `None`: it has passed.
    pub(crate) fn wait<'l>(
        &'l self,
        mut inner: MutexGuard<'l, Inner>,
        limit: Option<Instant>,
    ) -> Option<MutexGuard<'l, Inner>> {
        let Some(limit) = limit else {
            return Some(self.wait_for_news(inner));
        };
        let left = time_left(limit)?;
        inner.n_leaders = inner.n_leaders.saturating_add(1);
        let waited = self.to_leader.wait_timeout(inner, left);
        let mut inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        inner.n_leaders = inner.n_leaders.saturating_sub(1);
        Some(inner)
    }

    /// The same for one who has the runtime's connection on loan, and waits for that too.
    pub(crate) fn wait_with<'l>(
        &'l self,
        mut inner: MutexGuard<'l, Inner>,
        loan: &Loan,
        limit: Option<Instant>,
    ) -> (MutexGuard<'l, Inner>, Heard) {
        let left = limit.map_or(Some(Duration::MAX), time_left);
        let (Some(bell), Some(left)) = (&self.bell, left) else {
            return (inner, Heard::Nothing);
        };
        inner.bell_is_awaited = true;
        drop(inner);
        let is_call = bell.wait_with(loan.stream(), left);
        let mut inner = self.lock();
        // Taken away by whoever rings, perhaps just now.
        if !std::mem::take(&mut inner.bell_is_awaited) {
            bell.silence();
            return (inner, Heard::News);
        }
        let heard = if is_call { Heard::Call } else { Heard::Nothing };
        (inner, heard)
    }
}

fn time_left(limit: Instant) -> Option<Duration> {
    let left = limit.checked_duration_since(Instant::now());
    left.filter(|left| !left.is_zero())
}
