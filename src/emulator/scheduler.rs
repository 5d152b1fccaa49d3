//! The scheduler: queues invocations, gives each to a free execution environment, and repeats asynchronous
//! ones that failed.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::emulator::environment::Environment;
use crate::emulator::history::History;
use crate::emulator::message::{
    FunctionError, InvocationEvent, ResponseReceiver, ResponseSender, response_channel,
};
use crate::emulator::report::{trace_id, uuid};
use crate::emulator::server::lock;
use crate::emulator::settings::Settings;
use crate::json;

/// Invocations that may wait for an environment. One more is throttled.
const QUEUE_LEN_MAX: usize = 1000;

/// The error for an invocation that finds the queue full.
#[derive(Debug)]
pub(crate) struct ThrottledError;

/// An invocation that waits for an environment.
#[derive(Debug, Clone)]
pub(crate) struct QueuedInvocation {
    /// Complete except for its deadline, which depends on when it begins.
    event: InvocationEvent,
    response: ResponseSender,
    /// How often the invocation is repeated if it fails.
    retries: u32,
}

/// Gives the invocations of a function to its execution environments.
#[derive(Debug)]
pub(crate) struct Scheduler {
    pub(crate) settings: Arc<Settings>,
    pub(crate) history: Arc<History>,
    queue: Mutex<Queue>,
    /// Wakes the thread that repeats invocations and the one that waits in [`pause`](Self::pause).
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<QueuedInvocation>,
    /// Invocations that are to be repeated, and when.
    retries: Vec<(Instant, QueuedInvocation)>,
    slots: Vec<Slot>,
    is_closed: bool,
    is_paused: bool,
    /// The output of a build that failed. Every invocation fails with it.
    build_error: Option<String>,
    /// How many invocations have begun.
    n_begun: u64,
}

/// Room for one invocation in an environment. A worker thread runs what is sent to it.
#[derive(Debug)]
struct Slot {
    /// Whether an invocation is running.
    is_busy: bool,
    /// Whether a runtime waits for an event. A slot without one is used only if no warm one is free.
    is_warm: bool,
    worker: Sender<QueuedInvocation>,
}

impl Scheduler {
    pub(crate) fn new(settings: Arc<Settings>) -> Scheduler {
        Scheduler {
            settings,
            history: Arc::default(),
            queue: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Adds room for one invocation. Returns its number and the invocations that a worker has to
    /// [run](Self::run_worker) there.
    pub(crate) fn add_slot(&self) -> (usize, Receiver<QueuedInvocation>) {
        let (worker, invocations) = channel();
        let mut queue = lock(&self.queue);
        let index = queue.slots.len();
        queue.slots.push(Slot {
            is_busy: false,
            is_warm: false,
            worker,
        });
        (index, invocations)
    }

    /// Returns an event with a new request id, as Lambda hands it to a runtime. Leaves out a byte order
    /// mark, with which editors on Windows begin files.
    pub(crate) fn new_event(&self, mut body: Vec<u8>) -> InvocationEvent {
        body.drain(..body.len().saturating_sub(json::without_bom(&body).len()));
        InvocationEvent {
            request_id: uuid(),
            attempt_id: uuid(),
            body,
            content_type: "application/json".to_owned(),
            function_arn: self.settings.arn(),
            trace_id: Some(trace_id(SystemTime::now(), self.settings.xray)),
            ..InvocationEvent::default()
        }
    }

    /// Queues a synchronous invocation. The returned channel receives its response.
    pub(crate) fn invoke(
        &self,
        event: InvocationEvent,
    ) -> Result<ResponseReceiver, ThrottledError> {
        self.enqueue(event, 0)
    }

    /// Queues an asynchronous invocation, which is repeated if it fails.
    pub(crate) fn invoke_async(&self, event: InvocationEvent) -> Result<(), ThrottledError> {
        self.enqueue(event, self.settings.async_retries).map(drop)
    }

    fn enqueue(
        &self,
        event: InvocationEvent,
        retries: u32,
    ) -> Result<ResponseReceiver, ThrottledError> {
        let mut queue = lock(&self.queue);
        if !queue.is_closed && queue.waiting.len() >= QUEUE_LEN_MAX {
            return Err(ThrottledError);
        }
        let recorder = self.history.begin(&event.request_id, &event.body);
        let (response, receiver) = response_channel(recorder);
        // A closed scheduler drops the sender, so that the caller sees a response that is cut off.
        if !queue.is_closed {
            queue.waiting.push_back(QueuedInvocation {
                event,
                response,
                retries,
            });
            queue.dispatch();
        }
        Ok(receiver)
    }

    /// Runs the invocations of slot `index`, one after the other, until the scheduler is closed.
    pub(crate) fn run_worker(
        &self,
        index: usize,
        invocations: &Receiver<QueuedInvocation>,
        environment: &Environment,
    ) {
        while let Ok(invocation) = invocations.recv() {
            let retry = (invocation.retries > 0).then(|| invocation.clone());
            let has_succeeded = environment.run_invocation(invocation.event, invocation.response);
            if let (false, Some(retry)) = (has_succeeded, retry) {
                self.retry_later(retry);
            }
            self.free_slot(index, environment.is_warm());
        }
    }

    /// Schedules an invocation that failed and may be repeated.
    fn retry_later(&self, mut invocation: QueuedInvocation) {
        // The first retry waits for the delay, the second twice as long, and so on.
        let n_attempts = self
            .settings
            .async_retries
            .saturating_sub(invocation.retries);
        let delay = self.settings.async_retry_delay;
        let delay = delay.saturating_mul(n_attempts.saturating_add(1));
        let Some(due) = Instant::now().checked_add(delay) else {
            return;
        };
        // The request id stays the same for all attempts.
        invocation.event.attempt_id = uuid();
        invocation.retries = invocation.retries.saturating_sub(1);
        let event = &invocation.event;
        let recorder = self.history.begin(&event.request_id, &event.body);
        invocation.response.recorder = recorder;
        let mut queue = lock(&self.queue);
        if !queue.is_closed {
            queue.retries.push((due, invocation));
        }
        drop(queue);
        self.changed.notify_all();
    }

    /// Queues retries when they are due, until the scheduler is closed.
    pub(crate) fn run_retries(&self) {
        let mut queue = lock(&self.queue);
        while !queue.is_closed {
            let wait = queue.enqueue_due_retries().unwrap_or(Duration::MAX);
            let waited = self.changed.wait_timeout(queue, wait);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn free_slot(&self, index: usize, is_warm: bool) {
        let mut queue = lock(&self.queue);
        if let Some(slot) = queue.slots.get_mut(index) {
            slot.is_busy = false;
            slot.is_warm = is_warm;
        }
        queue.dispatch();
        if queue.is_paused {
            self.changed.notify_all();
        }
    }

    /// Returns how many invocations have begun so far, and whether one is running.
    pub(crate) fn activity(&self) -> (u64, bool) {
        let queue = lock(&self.queue);
        (queue.n_begun, queue.has_busy_slot())
    }

    /// Lets no invocation begin any more, and waits until those that run have ended.
    pub(crate) fn pause(&self) {
        let mut queue = lock(&self.queue);
        queue.is_paused = true;
        let is_running = |queue: &mut Queue| queue.has_busy_slot() && !queue.is_closed;
        drop(self.changed.wait_while(queue, is_running));
    }

    /// Lets invocations begin again. Each fails with `build_error`, if there is one.
    pub(crate) fn resume(&self, build_error: Option<String>) {
        let mut queue = lock(&self.queue);
        queue.is_paused = false;
        queue.build_error = build_error;
        queue.dispatch();
    }

    /// Ends the workers. Callers of queued invocations see a response that is cut off.
    pub(crate) fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.is_closed = true;
        queue.waiting.clear();
        queue.retries.clear();
        queue.slots.clear();
        drop(queue);
        self.changed.notify_all();
    }
}

impl Queue {
    /// Gives waiting invocations to free slots, to warm ones first.
    fn dispatch(&mut self) {
        while !self.is_paused && !self.waiting.is_empty() {
            if let Some(text) = &self.build_error {
                let error = FunctionError::new("Runtime.BuildError", text);
                for invocation in self.waiting.drain(..) {
                    self.n_begun = self.n_begun.saturating_add(1);
                    invocation.response.send_error(error.clone());
                }
                return;
            }
            let free = self.slots.iter_mut().filter(|slot| !slot.is_busy);
            // The first warm one, or else the first one.
            let Some(slot) = free.min_by_key(|slot| !slot.is_warm) else {
                return;
            };
            let Some(invocation) = self.waiting.pop_front() else {
                return;
            };
            slot.is_busy = true;
            self.n_begun = self.n_begun.saturating_add(1);
            // The worker listens until its slot is removed.
            let sent = slot.worker.send(invocation);
            debug_assert!(sent.is_ok(), "a slot without a worker");
        }
    }

    fn has_busy_slot(&self) -> bool {
        self.slots.iter().any(|slot| slot.is_busy)
    }

    /// Queues the retries that are due. Returns the time until the next one.
    fn enqueue_due_retries(&mut self) -> Option<Duration> {
        let now = Instant::now();
        let retries = std::mem::take(&mut self.retries);
        let (due, later): (Vec<_>, Vec<_>) = retries.into_iter().partition(|(due, _)| *due <= now);
        self.retries = later;
        let due = due.into_iter().map(|(_, invocation)| invocation);
        self.waiting.extend(due);
        self.dispatch();
        let next = self.retries.iter().map(|(due, _)| *due).min()?;
        Some(next.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheduler() -> Scheduler {
        Scheduler::new(Arc::new(Settings {
            async_retry_delay: Duration::ZERO,
            ..Settings::default()
        }))
    }

    /// Queues an invocation whose event is `text`.
    fn invoke(scheduler: &Scheduler, text: &str) -> Result<ResponseReceiver, ThrottledError> {
        scheduler.invoke(scheduler.new_event(text.as_bytes().to_vec()))
    }

    /// Returns the event that the worker of a slot has got.
    fn got(worker: &Receiver<QueuedInvocation>) -> Option<String> {
        let invocation = worker.try_recv().ok()?;
        Some(String::from_utf8(invocation.event.body).unwrap())
    }

    #[test]
    fn warm_slots_are_used_before_cold_ones() {
        let scheduler = scheduler();
        let (_, first) = scheduler.add_slot();
        let (index, second) = scheduler.add_slot();
        for (text, want) in [("a", (Some("a"), None)), ("b", (None, Some("b")))] {
            let _response = invoke(&scheduler, text).unwrap();
            let found = (got(&first), got(&second));
            assert_eq!((found.0.as_deref(), found.1.as_deref()), want);
        }
        let _waits = invoke(&scheduler, "c").unwrap();
        assert_eq!((got(&first), got(&second)), (None, None));
        scheduler.free_slot(index, true);
        assert_eq!(got(&second).as_deref(), Some("c"));
        scheduler.free_slot(0, false);
        scheduler.free_slot(index, true);
        let _warm = invoke(&scheduler, "d").unwrap();
        assert_eq!((got(&first), got(&second).as_deref()), (None, Some("d")));
    }

    #[test]
    fn a_full_queue_throttles_and_a_closed_one_cuts_responses() {
        let scheduler = scheduler();
        let waiting: Vec<_> = (0..QUEUE_LEN_MAX)
            .map(|_| invoke(&scheduler, "a").unwrap())
            .collect();
        assert!(invoke(&scheduler, "b").is_err());
        scheduler.close();
        assert!(waiting.iter().all(|response| response.recv().is_err()));
        assert!(invoke(&scheduler, "c").unwrap().recv().is_err());
    }

    #[test]
    fn invocations_wait_while_the_function_is_built_and_fail_with_a_broken_build() {
        let scheduler = scheduler();
        let (_, worker) = scheduler.add_slot();
        scheduler.pause();
        let response = invoke(&scheduler, "a").unwrap();
        assert_eq!(got(&worker), None);
        scheduler.resume(Some("no such function".to_owned()));
        let part = response.recv().unwrap();
        assert!(
            format!("{part:?}").contains("Runtime.BuildError"),
            "{part:?}"
        );
        let (_, records) = scheduler.history.list();
        assert_eq!(records[0].get("status"), Some(&"error".into()));
        scheduler.resume(None);
        let _response = invoke(&scheduler, "b").unwrap();
        assert_eq!(got(&worker).as_deref(), Some("b"));
    }

    #[test]
    fn a_retry_has_the_same_request_id_and_another_attempt_id() {
        let scheduler = scheduler();
        let (_, worker) = scheduler.add_slot();
        let event = scheduler.new_event(b"a".to_vec());
        scheduler.invoke_async(event.clone()).unwrap();
        let first = worker.try_recv().unwrap();
        assert_eq!(first.retries, 2);
        scheduler.retry_later(first);
        scheduler.free_slot(0, true);
        assert_eq!(lock(&scheduler.queue).enqueue_due_retries(), None);
        let second = worker.try_recv().unwrap();
        assert_eq!(second.retries, 1);
        assert_eq!(second.event.request_id, event.request_id);
        assert_ne!(second.event.attempt_id, event.attempt_id);
        // The history has both attempts.
        second.response.recorder.push(b"second");
        let (_, records) = scheduler.history.list();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].get("requestId"), records[1].get("requestId"));
        let newest = format!("{:?}", scheduler.history.find("1"));
        assert!(newest.contains("second"), "{newest}");
    }
}
