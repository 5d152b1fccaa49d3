//! A function with its execution environments: invocations queue here, and a thread leads each through one of them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::SystemTime;

use super::environment::Environment;
use super::event::{Answer, Event, Failure, answer_way, send_error};
use super::lead::Job;
use super::report::{trace_id, uuid};
use super::server::lock;
use super::settings::Settings;

/// Invocations that may wait for an environment; one more is throttled.
const QUEUE_LEN_MAX: usize = 1000;

/// All environments are busy, and the queue is full.
#[derive(Debug)]
pub(super) struct Throttled;

/// A function, set up and ready to be invoked.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) settings: Arc<Settings>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Environments with a runtime that waits; a cold one starts only when these do not suffice.
    warm: usize,
    closed: bool,
    /// Invocations that are being led.
    n_busy: usize,
    /// None is begun for the time being.
    paused: bool,
    /// Why none can be served: what a build that failed has written.
    broken: Option<String>,
}

impl Function {
    pub(super) fn new(settings: Arc<Settings>) -> Function {
        Function {
            settings,
            queue: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(super) fn environment(&self, api: SocketAddr) -> Arc<Environment> {
        Environment::new(Arc::clone(&self.settings), api)
    }

    /// An event as Lambda hands it to a runtime, with a new id.
    pub(super) fn event(&self, body: Vec<u8>) -> Event {
        Event {
            request_id: uuid(),
            nonce: uuid(),
            body,
            content_type: "application/json".to_owned(),
            function_arn: self.settings.arn(),
            trace_id: Some(trace_id(SystemTime::now())),
            ..Event::default()
        }
    }

    /// Queues an invocation; its answer comes out of what is returned.
    pub(super) fn invoke(&self, event: Event) -> Result<Answer, Throttled> {
        let (reply, answer) = answer_way();
        let mut queue = lock(&self.queue);
        // Of a function that is being shut down the answer is that nothing comes.
        if !queue.closed {
            if queue.jobs.len() >= QUEUE_LEN_MAX {
                return Err(Throttled);
            }
            queue.jobs.push_back(Job { event, reply });
        }
        drop(queue);
        self.changed.notify_all();
        Ok(answer)
    }

    /// Leads invocations through `environment`, one after the other, until the end.
    pub(super) fn work(&self, environment: &Environment) {
        while let Some((job, broken)) = self.take(environment.is_warm()) {
            match broken {
                Some(text) => send_error(&job.reply, Failure::new("Runtime.BuildError", &text)),
                None => environment.serve(job),
            }
            let mut queue = lock(&self.queue);
            queue.n_busy = queue.n_busy.saturating_sub(1);
            if queue.paused {
                self.changed.notify_all();
            }
        }
    }

    /// Lets no invocation begin any more, and waits for those that have.
    pub(super) fn pause(&self) {
        let mut queue = lock(&self.queue);
        queue.paused = true;
        while queue.n_busy > 0 && !queue.closed {
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets invocations begin again, or fail over what is `broken`.
    pub(super) fn resume(&self, broken: Option<String>) {
        let mut queue = lock(&self.queue);
        queue.paused = false;
        queue.broken = broken;
        drop(queue);
        self.changed.notify_all();
    }

    fn take(&self, is_warm: bool) -> Option<(Job, Option<String>)> {
        let mut queue = lock(&self.queue);
        queue.warm = queue.warm.saturating_add(is_warm.into());
        let job = loop {
            if queue.closed {
                break None;
            }
            if !queue.paused && (is_warm || queue.jobs.len() > queue.warm) {
                if let Some(job) = queue.jobs.pop_front() {
                    queue.n_busy = queue.n_busy.saturating_add(1);
                    break Some((job, queue.broken.clone()));
                }
            }
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        };
        queue.warm = queue.warm.saturating_sub(is_warm.into());
        job
    }

    /// Ends the work. What is queued is dropped, which its callers notice.
    pub(super) fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.closed = true;
        queue.jobs.clear();
        drop(queue);
        self.changed.notify_all();
    }
}
