//! One execution environment: a process (or a runtime from outside) behind a Runtime API, led through Init, Invoke and what goes wrong.

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use super::console::Console;
use super::event::{Event, Failure, Part, Reply, epoch_ms, send_error};
use super::process::{self, Process};
use super::report::{self, Exit, Report, error_document};
use super::server::lock;
use super::settings::Settings;
use super::state::{Machine, Outcome};
use crate::sys;

/// How long Init may take before it is repeated as part of the invocation.
const INIT_MAX: Duration = Duration::from_secs(10);

/// How long a worker of a Managed Instance may take from its answer to its next `next`. It is at
/// once, or the worker is lost.
const WORKER_MAX: Duration = Duration::from_secs(1);

/// An invocation that waits for an environment.
#[derive(Debug)]
pub(super) struct Job {
    /// Complete but for its deadline, which depends on when it begins.
    pub(super) event: Event,
    pub(super) reply: Reply,
}

/// The kind of error where nobody can take an invocation.
pub(super) const UNAVAILABLE: &str = "Runtime.Unavailable";

/// One execution environment.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) settings: Arc<Settings>,
    /// Where its Runtime API listens.
    api: SocketAddr,
    itself: Weak<Environment>,
    console: Arc<Console>,
    inner: Mutex<Inner>,
    /// Wakes those who wait in `next`.
    to_runtime: Condvar,
    /// Wakes those who lead an invocation.
    to_leader: Condvar,
}

/// What the threads of an environment share.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) machine: Machine<Reply>,
    /// Counts the processes; who belongs to an earlier one has nothing to say any more.
    epoch: u64,
    /// Calls of `next` that wait.
    n_waiting: usize,
    closed: bool,
    process: Option<Process>,
    /// How the process ended, once it has.
    exit: Option<Exit>,
    /// How the one before it ended.
    last_exit: Option<Exit>,
    /// When the runtime first called `next`.
    polled_at: Option<Instant>,
    /// What the runtime reported instead.
    init_error: Option<Failure>,
    /// Somebody starts the process; others who need it wait.
    starting: bool,
    /// The next Init belongs to an invocation ("suppressed init"): the last process died in one.
    suppress_init: bool,
}

/// How Init ended.
enum Started {
    /// The runtime has called `next`; after how long, where it was started just now.
    Ready(Option<Duration>),
    /// The runtime, or nobody, has said why it cannot start. The number is that of the process.
    Failed(u64, Failure),
    Exited(u64, Exit),
    /// Not yet, or not in time.
    Later,
    Closed,
}

/// How an invocation ended.
enum Ended {
    Answered(Outcome),
    /// There was nobody to answer it.
    InitFailed(Failure),
    Exited(Exit),
    TimedOut,
    /// A Managed Instance had no worker for it.
    Rejected,
    Closed,
}

impl Environment {
    pub(super) fn new(settings: Arc<Settings>, api: SocketAddr) -> Arc<Environment> {
        let inner = Inner {
            machine: Machine::new(settings.concurrency.is_some(), false),
            epoch: 0,
            n_waiting: 0,
            closed: false,
            process: None,
            exit: None,
            last_exit: None,
            polled_at: None,
            init_error: None,
            starting: false,
            suppress_init: false,
        };
        let console = Arc::new(Console::new(settings.log));
        Arc::new_cyclic(|itself| Environment {
            settings,
            api,
            itself: Weak::clone(itself),
            console,
            inner: Mutex::new(inner),
            to_runtime: Condvar::new(),
            to_leader: Condvar::new(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// The runtime has called `next`, and waits for an event; `None`: it belongs to the past.
    pub(super) fn wait_for_event(&self, mut inner: MutexGuard<'_, Inner>) -> Option<Arc<Event>> {
        let epoch = inner.epoch;
        if inner.polled_at.is_none() {
            inner.polled_at = Some(Instant::now());
        }
        inner.n_waiting = inner.n_waiting.saturating_add(1);
        self.to_leader.notify_all();
        loop {
            if inner.closed || inner.epoch != epoch {
                return None;
            }
            if let Some(event) = inner.machine.take() {
                inner.n_waiting = inner.n_waiting.saturating_sub(1);
                return Some(event);
            }
            inner = self
                .to_runtime
                .wait(inner)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The runtime has reported that it cannot start.
    pub(super) fn init_failed(&self, failure: Failure) {
        self.lock().init_error = Some(failure);
        self.to_leader.notify_all();
    }

    /// The runtime has answered `id`.
    pub(super) fn answered(&self, id: &str, outcome: Outcome) {
        self.lock().machine.finish_answer(id, outcome);
        self.to_leader.notify_all();
    }

    /// Ends the process, and whoever waits here.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        let epoch = inner.epoch;
        drop(inner);
        self.kill(epoch);
        self.to_leader.notify_all();
    }

    /// Whether a process is there, or need not be waited for.
    pub(super) fn is_warm(&self) -> bool {
        let inner = self.lock();
        inner.machine.polled() && inner.exit.is_none()
    }

    /// Leads one invocation through its life, and writes the lines that Lambda writes about it.
    pub(super) fn serve(&self, job: Job) {
        let Job { mut event, reply } = job;
        let settings = &*self.settings;
        let mut started = Started::Later;
        if !self.lock().suppress_init {
            started = self.start("init", Instant::now().checked_add(INIT_MAX));
        }
        self.console.line(&format!(
            "START RequestId: {} Version: {}",
            event.request_id, settings.version
        ));
        let began = Instant::now();
        let limit = began.checked_add(settings.timeout);
        let deadline = SystemTime::now().checked_add(settings.timeout);
        event.deadline_ms = deadline.map_or(u64::MAX, epoch_ms);
        let event = Arc::new(event);
        let mut init = None;
        if let Started::Ready(took) = started {
            init = took;
        } else if let Started::Later = started {
            started = self.start("invoke", limit);
        }
        let (epoch, ended) = match started {
            Started::Ready(_) => self.run(&event, &reply, limit),
            Started::Failed(epoch, failure) => (epoch, Ended::InitFailed(failure)),
            Started::Exited(epoch, exit) => (epoch, Ended::Exited(exit)),
            Started::Later => (self.lock().epoch, Ended::TimedOut),
            Started::Closed => return,
        };
        let took = began.elapsed().min(settings.timeout);
        self.conclude(epoch, &event, &reply, ended, took, init);
    }

    /// Makes sure that a runtime waits for events, until `limit`. `phase` is for the line that is
    /// written where Init does not come to that.
    fn start(&self, phase: &str, limit: Option<Instant>) -> Started {
        let began = Instant::now();
        let mut inner = self.lock();
        while inner.starting && !inner.closed {
            inner = self
                .to_leader
                .wait(inner)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if inner.closed {
            return Started::Closed;
        }
        if inner.machine.polled() && inner.exit.is_none() {
            return Started::Ready(None);
        }
        inner.starting = true;
        let epoch = inner.epoch;
        let has_remains = inner.process.is_some();
        drop(inner);
        if has_remains {
            // Of a process that ended between two invocations.
            self.kill(epoch);
        }
        let started = match self.spawn() {
            Ok(epoch) => self.wait_for_next(epoch, began, limit),
            Err((epoch, failure)) => Started::Failed(epoch, failure),
        };
        let mut inner = self.lock();
        inner.starting = false;
        let epoch = inner.epoch;
        drop(inner);
        self.to_leader.notify_all();
        let (status, error_type) = match &started {
            Started::Ready(_) | Started::Closed => return started,
            Started::Later => ("timeout", ""),
            Started::Failed(_, failure) => ("error", failure.error_type.as_str()),
            Started::Exited(..) => ("error", "Runtime.ExitError"),
        };
        self.console.line(&report::init_report(
            began.elapsed(),
            phase,
            status,
            error_type,
        ));
        if let Started::Later = &started {
            self.kill(epoch);
        }
        started
    }

    /// Starts the process, where there is one to be started; its number, or why there is none.
    fn spawn(&self) -> Result<u64, (u64, Failure)> {
        let mut inner = self.lock();
        let epoch = inner.epoch;
        let Some(bootstrap) = self.settings.bootstrap.as_deref() else {
            return Ok(epoch);
        };
        let itself = Weak::clone(&self.itself);
        let on_exit = move |exit| {
            let Some(environment) = itself.upgrade() else {
                return;
            };
            let mut inner = environment.lock();
            if inner.epoch == epoch {
                inner.exit = Some(exit);
            }
            drop(inner);
            environment.to_leader.notify_all();
        };
        match Process::start(&self.settings, &self.console, bootstrap, self.api, on_exit) {
            Ok(process) => {
                inner.process = Some(process);
                Ok(epoch)
            }
            Err(error) => {
                let text = process::refusal(bootstrap, self.settings.runner.as_deref())
                    .unwrap_or_else(|| format!("{}: {error}", bootstrap.display()));
                let error_type = "Runtime.InvalidEntrypoint".to_owned();
                let document = error_document(&error_type, &text);
                Err((
                    epoch,
                    Failure {
                        error_type,
                        document,
                    },
                ))
            }
        }
    }

    fn wait_for_next(&self, epoch: u64, began: Instant, limit: Option<Instant>) -> Started {
        let mut inner = self.lock();
        loop {
            if inner.closed {
                return Started::Closed;
            }
            if let Some(failure) = inner.init_error.take() {
                return Started::Failed(epoch, failure);
            }
            if let Some(exit) = inner.exit {
                return Started::Exited(epoch, exit);
            }
            if let (true, Some(at)) = (inner.machine.polled(), inner.polled_at) {
                inner.suppress_init = false;
                return Started::Ready(Some(at.saturating_duration_since(began)));
            }
            match self.wait(inner, limit) {
                Some(again) => inner = again,
                None if self.settings.bootstrap.is_some() => return Started::Later,
                None => {
                    let error_type = UNAVAILABLE.to_owned();
                    let document = error_document(&error_type, "no runtime has called next");
                    return Started::Failed(
                        epoch,
                        Failure {
                            error_type,
                            document,
                        },
                    );
                }
            }
        }
    }

    /// Hands out the event, and waits for the end of the invocation.
    fn run(&self, event: &Arc<Event>, reply: &Reply, limit: Option<Instant>) -> (u64, Ended) {
        let id = event.request_id.as_str();
        let mut inner = self.lock();
        let epoch = inner.epoch;
        if self.settings.concurrency.is_some() {
            let patience = Instant::now().checked_add(WORKER_MAX);
            while inner.machine.n_queued() >= inner.n_waiting && inner.epoch == epoch {
                match self.wait(inner, patience) {
                    Some(again) => inner = again,
                    None => return (epoch, Ended::Rejected),
                }
            }
        }
        if let Some(process) = inner.process.as_ref().filter(|_| self.settings.freeze) {
            process.signal(sys::SIGCONT);
        }
        inner.machine.submit(Arc::clone(event), reply.clone());
        self.to_runtime.notify_all();
        let ended = loop {
            if inner.closed {
                break Ended::Closed;
            }
            if let Some(exit) = inner
                .exit
                .or(inner.last_exit.filter(|_| inner.epoch != epoch))
            {
                break Ended::Exited(exit);
            }
            if inner.machine.is_over(id) {
                break Ended::Answered(inner.machine.outcome(id).unwrap_or_default());
            }
            match self.wait(inner, limit) {
                Some(again) => inner = again,
                None => break Ended::TimedOut,
            }
        };
        (epoch, ended)
    }

    /// Waits for news until `limit`; `None`: it has passed.
    fn wait<'l>(
        &self,
        inner: MutexGuard<'l, Inner>,
        limit: Option<Instant>,
    ) -> Option<MutexGuard<'l, Inner>> {
        let Some(limit) = limit else {
            return Some(
                self.to_leader
                    .wait(inner)
                    .unwrap_or_else(PoisonError::into_inner),
            );
        };
        let left = limit
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())?;
        let waited = self.to_leader.wait_timeout(inner, left);
        Some(waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Tells the caller what it has not been told yet, ends what has to be ended, and reports.
    fn conclude(
        &self,
        epoch: u64,
        event: &Event,
        reply: &Reply,
        ended: Ended,
        took: Duration,
        init: Option<Duration>,
    ) {
        let id = event.request_id.as_str();
        let settings = &*self.settings;
        let (peak_kb, outcome) = {
            let inner = self.lock();
            if let Some(process) = &inner.process {
                process.flush_log();
            }
            (
                inner.process.as_ref().and_then(Process::peak_kb),
                inner.machine.outcome(id),
            )
        };
        let mut report = Report {
            request_id: id.to_owned(),
            duration: took,
            init,
            memory_mb: settings.memory_mb,
            peak_kb,
            failure: None,
            trace_id: event.trace_id.clone(),
            event_len: event.body.len(),
            response_len: outcome.as_ref().map_or(0, |outcome| outcome.len),
        };
        let mut last_words = None;
        match ended {
            Ended::Answered(outcome) => {
                report.failure = outcome.error_type.map(|error_type| ("error", error_type));
                self.lock().machine.remove(id);
            }
            Ended::InitFailed(failure) => {
                report.failure = Some(("error", failure.error_type.clone()));
                self.fail(id, reply, failure);
                self.kill(epoch);
            }
            Ended::Exited(exit) => {
                let text = format!("RequestId: {id} Error: {}", report::exit_text(exit));
                let error_type = "Runtime.ExitError".to_owned();
                let document = error_document(&error_type, &text);
                report.failure = Some(("error", error_type.clone()));
                last_words = Some(format!("{text}\n{error_type}"));
                self.fail(
                    id,
                    reply,
                    Failure {
                        error_type,
                        document,
                    },
                );
                self.lock().suppress_init = settings.bootstrap.is_some();
                self.kill(epoch);
            }
            Ended::TimedOut => {
                let now = report::civil(SystemTime::now()).rfc3339();
                let seconds = settings.timeout.as_secs_f64();
                let text = format!("{now} {id} Task timed out after {seconds:.2} seconds");
                let error_type = "Sandbox.Timedout".to_owned();
                let document = error_document(&error_type, &text);
                report.failure = Some(("timeout", String::new()));
                last_words = Some(text);
                self.fail(
                    id,
                    reply,
                    Failure {
                        error_type,
                        document,
                    },
                );
                if settings.concurrency.is_some() {
                    self.lock().machine.expire(id);
                } else {
                    self.lock().suppress_init = settings.bootstrap.is_some();
                    self.kill(epoch);
                }
            }
            Ended::Rejected => {
                let error_type = UNAVAILABLE.to_owned();
                let document = error_document(&error_type, "no worker waits for an event");
                report.failure = Some(("error", error_type.clone()));
                self.fail(
                    id,
                    reply,
                    Failure {
                        error_type,
                        document,
                    },
                );
            }
            Ended::Closed => return,
        }
        if settings.freeze {
            if let Some(process) = &self.lock().process {
                process.signal(sys::SIGSTOP);
            }
        }
        self.console.line(&format!("END RequestId: {id}"));
        self.console.line(&report.line());
        if let Some(words) = last_words {
            self.console.line(&words);
        }
        // Nobody has to take it; who does not reads no further than the answer.
        let _ = reply.try_send(Part::Log(self.console.take_tail()));
    }

    /// Tells the caller that the invocation failed, unless it has been answered.
    fn fail(&self, id: &str, reply: &Reply, failure: Failure) {
        let inner = self.lock();
        let (begun, answered) = (
            inner.machine.has_begun(id),
            inner.machine.outcome(id).is_some(),
        );
        drop(inner);
        if answered {
            // Only the process is in trouble; the caller has what it wanted.
        } else if begun {
            let _ = reply.send(Part::End(Some(failure)));
        } else {
            send_error(reply, failure);
        }
    }

    /// Ends process number `epoch` and forgets what belonged to it, unless that has been done.
    fn kill(&self, epoch: u64) {
        let mut inner = self.lock();
        if inner.epoch != epoch {
            return;
        }
        inner.epoch = epoch.wrapping_add(1);
        inner.machine.reset();
        inner.last_exit = inner.exit.take();
        inner.polled_at = None;
        inner.n_waiting = 0;
        inner.init_error = None;
        let process = inner.process.take();
        drop(inner);
        self.to_runtime.notify_all();
        if let Some(process) = process {
            process.kill();
        }
    }
}
