//! One execution environment: what its Runtime API, its processes and those who lead invocations through it share.

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::access::Access;
use super::console::Console;
use super::event::{Failure, Reply};
use super::extension::{Extension, Extensions, Refusal};
use super::fault::Dice;
use super::loan::{Later, Loan};
use super::process::Process;
use super::report::Exit;
use super::server::lock;
use super::settings::Settings;
use super::state::{Machine, Outcome};
use crate::sys::Bell;

/// One execution environment. How it is started and ended stands in `lifecycle`, how an
/// invocation passes through it in `lead`.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) settings: Arc<Settings>,
    pub(super) console: Arc<Console>,
    /// Who may call its Runtime API.
    pub(super) access: Arc<Access>,
    /// What is to go wrong with its replies.
    pub(super) dice: Dice,
    /// Where its Runtime API listens.
    pub(super) api: SocketAddr,
    pub(super) itself: Weak<Environment>,
    inner: Mutex<Inner>,
    /// Wakes the extensions that wait for an event.
    pub(super) to_extensions: Condvar,
    /// Wakes those who lead an invocation.
    to_leader: Condvar,
    /// Wakes the one who looks at the runtime's connection meanwhile; `None`: nobody does.
    bell: Option<Bell>,
}

/// What the threads of an environment share.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) machine: Machine<Reply>,
    pub(super) extensions: Extensions,
    /// Counts the processes; who belongs to an earlier one has nothing to say any more.
    pub(super) epoch: u64,
    pub(super) stage: Stage,
    /// The replies to calls of `next` that wait for an event.
    pub(super) nexts: Vec<Later>,
    pub(super) process: Option<Process>,
    /// External extensions, by name.
    pub(super) extension_processes: Vec<(String, Process)>,
    /// How the process ended, once it has.
    pub(super) exit: Option<Exit>,
    /// How the one before it ended.
    pub(super) last_exit: Option<Exit>,
    /// The extension that ended, if one has.
    pub(super) extension_exit: Option<(String, Exit)>,
    /// When the runtime first called `next`.
    pub(super) polled_at: Option<Instant>,
    /// What the runtime reported instead.
    pub(super) init_error: Option<Failure>,
    /// The next Init belongs to an invocation ("suppressed init"): the last process died in one.
    pub(super) suppress_init: bool,
    /// No further invocation is served.
    pub(super) closed: bool,
    /// How many wait for `to_leader`.
    n_leaders: usize,
    /// Somebody waits for the bell.
    bell_is_awaited: bool,
}

/// What a leader hears who waits for the runtime's connection too.
pub(super) enum Heard {
    /// Something has come on the connection, or its end.
    Call,
    /// There is news.
    News,
    /// The time has passed.
    Nothing,
}

/// What somebody is about to do with the processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing: they run, or there are none.
    Steady,
    Starting,
    Stopping,
    /// They are gone for good.
    Gone,
}

impl Environment {
    pub(super) fn new(
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

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// An extension has called `event/next`, and waits for an event; `None`: it belongs to the past.
    pub(super) fn wait_for_extension_event(
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
    pub(super) fn init_failed(&self, failure: Failure) {
        self.lock().init_error = Some(failure);
        self.news();
    }

    /// The runtime has answered `id`.
    pub(super) fn answered(&self, id: &str, outcome: Outcome) {
        let reply = self.lock().machine.finish_answer(id, outcome);
        // Of an ordinary function nothing is over before its next `next`, but its caller waits.
        if self.settings.concurrency.is_some() || matches!(reply, Some(Reply::Gathered(_))) {
            self.news();
        }
    }

    /// Whether a runtime waits for events.
    pub(super) fn is_warm(&self) -> bool {
        let inner = self.lock();
        inner.machine.polled() && inner.exit.is_none()
    }

    /// There is news for those who lead an invocation.
    pub(super) fn news(&self) {
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

    pub(super) fn wait_for_news<'l>(
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
    pub(super) fn wait<'l>(
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
    pub(super) fn wait_with<'l>(
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
