//! A function with its execution environments: invocations queue here, and a thread leads each through one of them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::emulator::environment::Environment;
use crate::emulator::environment::invocation::{Job, Led, OnAnswer};
use crate::emulator::message::{Answer, Event, Failure, Reply, answer_way, send_error};
use crate::emulator::report::{trace_id, uuid};
use crate::emulator::server::access::Access;
use crate::emulator::server::lock;
use crate::emulator::settings::Settings;
use crate::json;

/// Invocations that may wait for an environment; one more is throttled.
const QUEUE_LEN_MAX: usize = 1000;

/// All environments are busy, and the queue is full.
#[derive(Debug)]
pub(crate) struct Throttled;

/// A function, set up and ready to be invoked.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) settings: Arc<Settings>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// What is to be repeated, and when.
    later: Vec<(Instant, Job)>,
    /// One for each worker, in the order of their creation.
    places: Vec<Place>,
    closed: bool,
    /// None is begun for the time being.
    paused: bool,
    /// Why none can be served: what a build that failed has written.
    broken: Option<String>,
    /// How many invocations have begun.
    n_begun: u64,
}

/// Room for one invocation in an environment, and the worker that leads those that come here.
#[derive(Debug)]
struct Place {
    environment: Arc<Environment>,
    use_: Use,
    /// A caller has led this one, but not to its end.
    left: Option<Led>,
}

/// What a place is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Nothing, and there may be no process: it is begun only where others do not suffice.
    Cold,
    /// A runtime waits there.
    Warm,
    /// An invocation is being led.
    Busy,
}

/// What a worker has to do.
enum Work {
    Job(Job),
    /// An invocation that cannot be served, and why.
    Broken(Job, String),
    /// One that a caller has begun to lead.
    Rest(Led),
}

impl Function {
    pub(crate) fn new(settings: Arc<Settings>) -> Function {
        Function {
            settings,
            queue: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn environment(&self, api: SocketAddr, access: Arc<Access>) -> Arc<Environment> {
        Environment::new(Arc::clone(&self.settings), access, api)
    }

    /// Makes room for one invocation in `environment`; somebody has to [`work`](Self::work) there.
    pub(crate) fn add_place(&self, environment: &Arc<Environment>) -> usize {
        let mut queue = lock(&self.queue);
        queue.places.push(Place {
            environment: Arc::clone(environment),
            use_: Use::Cold,
            left: None,
        });
        queue.places.len().saturating_sub(1)
    }

    /// An event as Lambda hands it to a runtime, with a new id. A byte order mark, with which editors
    /// on Windows begin files, is left out.
    pub(crate) fn event(&self, mut body: Vec<u8>) -> Event {
        body.drain(..body.len().saturating_sub(json::without_bom(&body).len()));
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
    pub(crate) fn invoke(&self, event: Event) -> Result<Answer, Throttled> {
        self.queue(event, 0)
    }

    /// The same for one whose answer nobody waits for: it is repeated if it fails.
    pub(crate) fn invoke_unattended(&self, event: Event) -> Result<(), Throttled> {
        self.queue(event, self.settings.async_retries).map(drop)
    }

    fn queue(&self, event: Event, retries: u32) -> Result<Answer, Throttled> {
        let (reply, answer) = answer_way();
        let mut queue = lock(&self.queue);
        // Of a function that is being shut down the answer is that nothing comes.
        if !queue.closed {
            if queue.jobs.len() >= QUEUE_LEN_MAX {
                return Err(Throttled);
            }
            queue.jobs.push_back(Job {
                event,
                reply,
                retries,
            });
        }
        drop(queue);
        self.changed.notify_all();
        Ok(answer)
    }

    /// Leads an invocation on the caller's own thread, if a runtime waits for one and no other does:
    /// `on_answer` comes as soon as there is an answer, and nothing where the emulator ends.
    /// What is returned has to be queued.
    pub(crate) fn lead(&self, event: Event, on_answer: OnAnswer<'_>) -> Option<Event> {
        let mut queue = lock(&self.queue);
        let is_held_up = queue.closed || queue.paused || queue.broken.is_some();
        let is_warm = |place: &Place| place.use_ == Use::Warm;
        let at = match queue.places.iter().position(is_warm) {
            Some(at) if !is_held_up && queue.jobs.is_empty() => at,
            _ => return Some(event),
        };
        let Some(environment) = queue.occupy(at) else {
            return Some(event);
        };
        drop(queue);
        match environment.serve_caller(event, on_answer) {
            None => self.leave(at, environment.is_warm()),
            Some(led) => {
                if let Some(place) = lock(&self.queue).places.get_mut(at) {
                    place.left = Some(led);
                }
                self.changed.notify_all();
            }
        }
        None
    }

    /// Leads invocations through place number `at`, one after the other, until the end.
    pub(crate) fn work(&self, at: usize, environment: &Environment) {
        while let Some(work) = self.take(at) {
            match work {
                Work::Broken(job, text) => {
                    send_error(&job.reply, Failure::new("Runtime.BuildError", &text));
                }
                Work::Job(Job {
                    event,
                    reply,
                    retries,
                }) => {
                    let again = (retries > 0).then(|| event.clone());
                    let reply_again = reply.clone();
                    if let (false, Some(event)) = (environment.serve(event, reply), again) {
                        self.repeat(event, reply_again, retries);
                    }
                }
                Work::Rest(led) => environment.finish(led),
            }
            self.leave(at, environment.is_warm());
        }
    }

    /// Queues an invocation again that has failed, for later; `retries` is how often that may be.
    fn repeat(&self, mut event: Event, reply: Reply, retries: u32) {
        // The second time takes twice as long as the first, and so on.
        let times = self.settings.async_retries.saturating_sub(retries);
        let delay = self.settings.async_retry_delay;
        let delay = delay.saturating_mul(times.saturating_add(1));
        let Some(at) = Instant::now().checked_add(delay) else {
            return;
        };
        // The same id, but another attempt.
        event.nonce = uuid();
        let job = Job {
            event,
            reply,
            retries: retries.saturating_sub(1),
        };
        lock(&self.queue).later.push((at, job));
        self.changed.notify_all();
    }

    /// Nothing is led through place number `at` any more.
    fn leave(&self, at: usize, is_warm: bool) {
        let mut queue = lock(&self.queue);
        if let Some(place) = queue.places.get_mut(at) {
            place.use_ = if is_warm { Use::Warm } else { Use::Cold };
        }
        let is_awaited = queue.paused || !queue.jobs.is_empty();
        drop(queue);
        if is_awaited {
            self.changed.notify_all();
        }
    }

    /// How many invocations have begun so far, and whether one is under way.
    pub(crate) fn activity(&self) -> (u64, bool) {
        let queue = lock(&self.queue);
        (queue.n_begun, queue.n_places(Use::Busy) > 0)
    }

    /// Lets no invocation begin any more, and waits for those that have.
    pub(crate) fn pause(&self) {
        let mut queue = lock(&self.queue);
        queue.paused = true;
        while queue.n_places(Use::Busy) > 0 && !queue.closed {
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets invocations begin again, or fail over what is `broken`.
    pub(crate) fn resume(&self, broken: Option<String>) {
        let mut queue = lock(&self.queue);
        queue.paused = false;
        queue.broken = broken;
        drop(queue);
        self.changed.notify_all();
    }

    /// Waits for something to do in place number `at`; `None`: this is the end.
    fn take(&self, at: usize) -> Option<Work> {
        let mut queue = lock(&self.queue);
        loop {
            let due = queue.take_due();
            let place = queue.places.get_mut(at)?;
            let use_ = place.use_;
            if let Some(led) = place.left.take() {
                return Some(Work::Rest(led));
            }
            if queue.closed {
                return None;
            }
            let is_wanted = match use_ {
                Use::Busy => false,
                Use::Warm => true,
                Use::Cold => queue.jobs.len() > queue.n_places(Use::Warm),
            };
            if is_wanted && !queue.paused {
                if let Some(job) = queue.jobs.pop_front() {
                    queue.occupy(at)?;
                    return Some(match &queue.broken {
                        Some(text) => Work::Broken(job, text.clone()),
                        None => Work::Job(job),
                    });
                }
            }
            queue = match due {
                None => self
                    .changed
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(due) => {
                    let waited = self.changed.wait_timeout(queue, due);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Ends the work. What is queued is dropped, which its callers notice.
    pub(crate) fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.closed = true;
        queue.jobs.clear();
        queue.later.clear();
        drop(queue);
        self.changed.notify_all();
    }
}

impl Queue {
    fn n_places(&self, use_: Use) -> usize {
        let places = self.places.iter().filter(|place| place.use_ == use_);
        places.count()
    }

    /// Queues what is to be repeated by now; how long it is to the next of them.
    fn take_due(&mut self) -> Option<Duration> {
        let now = Instant::now();
        let (due, later) = std::mem::take(&mut self.later)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.later = later;
        let due: Vec<(Instant, Job)> = due;
        self.jobs.extend(due.into_iter().map(|(_, job)| job));
        let next = self.later.iter().map(|(at, _)| *at).min()?;
        Some(next.saturating_duration_since(now))
    }

    /// An invocation begins in place number `at`.
    fn occupy(&mut self, at: usize) -> Option<Arc<Environment>> {
        let place = self.places.get_mut(at)?;
        place.use_ = Use::Busy;
        self.n_begun = self.n_begun.wrapping_add(1);
        Some(Arc::clone(&place.environment))
    }
}
