//! How one invocation is led through an environment, what its caller hears, and what is written about it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::emulator::environment::lifecycle::{Started, UNAVAILABLE, extension_failure};
use crate::emulator::environment::process::Process;
use crate::emulator::environment::{Environment, Heard};
use crate::emulator::message::{Event, Failure, Part, Reply, Start, epoch_ms, send_error};
use crate::emulator::report::{self, Exit, Report};
use crate::emulator::runtime_api::send_event;
use crate::emulator::runtime_api::state_machine::Outcome;
use crate::emulator::server::loan::{Later, Loan};
use crate::emulator::server::{Service, lock};
use crate::json;
use crate::json::Value;

/// How long Init may take before it is repeated as part of the invocation.
const INIT_MAX: Duration = Duration::from_secs(10);
/// How long a worker of a Managed Instance may take from its answer to its next `next`. It is at
/// once, or the worker is lost.
const WORKER_MAX: Duration = Duration::from_secs(1);

/// How long a caller that leads its invocation itself waits for its end, after the answer. What
/// takes longer another thread leads to its end, and the caller may come with another request.
const AFTER_ANSWER_MAX: Duration = Duration::from_millis(20);

/// An invocation that waits for an environment.
#[derive(Debug)]
pub(crate) struct Job {
    /// Complete but for its deadline, which depends on when it begins.
    pub(crate) event: Event,
    pub(crate) reply: Reply,
    /// How often it is repeated if it fails: nobody waits for its answer.
    pub(crate) retries: u32,
}

/// What is done with the answer, as soon as there is one.
pub(crate) type OnAnswer<'c> = &'c mut dyn FnMut((Start, Vec<u8>));

/// An invocation on its way through an environment.
#[derive(Debug)]
pub(crate) struct Led {
    event: Arc<Event>,
    reply: Reply,
    /// Of the process that it was given to.
    epoch: u64,
    began: Instant,
    /// Its timeout.
    limit: Option<Instant>,
    /// What Init took, where it was part of this.
    init: Option<Duration>,
    /// Extensions know that the runtime is done with it.
    is_told: bool,
    /// Where the runtime's answer is to be expected.
    loan: Option<Loan>,
}

/// How an invocation ended.
enum Ended {
    Answered(Outcome),
    /// There was nobody to answer it, or an extension failed.
    Failed(Failure),
    Exited(Exit),
    TimedOut,
    /// A Managed Instance had no worker for it.
    Rejected,
    Closed,
}

impl Environment {
    /// Leads one invocation through its life, and writes the lines that Lambda writes about it;
    /// false: it failed.
    pub(crate) fn serve(&self, event: Event, reply: Reply) -> bool {
        let (mut led, ended) = self.begin(event, reply);
        let ended = ended.or_else(|| self.wait_for_end(&mut led, &mut None));
        ended.is_some_and(|ended| self.conclude(&led, ended, &mut None))
    }

    /// The same on the caller's own thread: `on_answer` comes as soon as there is an answer, and
    /// nothing where the emulator ends. What is returned is not over then: somebody has to
    /// [`finish`](Self::finish) it.
    pub(crate) fn serve_caller(&self, event: Event, on_answer: OnAnswer<'_>) -> Option<Led> {
        let reply = Reply::Gathered(Arc::default());
        let (mut led, ended) = self.begin(event, reply);
        let caller = &mut Some(on_answer);
        match ended.or_else(|| self.wait_for_end(&mut led, caller)) {
            Some(ended) => {
                self.conclude(&led, ended, caller);
                led.pass_on(caller);
                None
            }
            None => Some(led),
        }
    }

    /// Leads an invocation to its end whose caller does not wait for it any more.
    pub(crate) fn finish(&self, mut led: Led) {
        if let Some(ended) = self.wait_for_end(&mut led, &mut None) {
            self.conclude(&led, ended, &mut None);
        }
    }

    /// Makes sure that there is a runtime, and gives it the event.
    fn begin(&self, mut event: Event, reply: Reply) -> (Led, Option<Ended>) {
        let settings = &*self.settings;
        let mut started = Started::Later;
        if !self.lock().suppress_init {
            started = self.start("init", Instant::now().checked_add(INIT_MAX));
        }
        let (id, version) = (&event.request_id, &settings.version);
        self.console.begin(id, settings.bootstrap.is_none());
        let line = format!("START RequestId: {id} Version: {version}");
        self.console.platform(&line, "platform.start", || {
            let mut record = record_of(&event);
            record.insert("version", version.as_str());
            Value::Object(record)
        });
        let began = Instant::now();
        let limit = began.checked_add(settings.timeout);
        let deadline = SystemTime::now().checked_add(settings.timeout);
        event.deadline_ms = deadline.map_or(u64::MAX, epoch_ms);
        let mut led = Led {
            event: Arc::new(event),
            reply,
            epoch: 0,
            began,
            limit,
            init: None,
            is_told: false,
            loan: None,
        };
        if let Started::Ready(took) = started {
            led.init = took;
        } else if let Started::Later = started {
            started = self.start("invoke", limit);
        }
        let ended = match started {
            Started::Ready(_) => self.hand_out(&mut led).err(),
            Started::Failed(epoch, failure) => {
                led.epoch = epoch;
                Some(Ended::Failed(failure))
            }
            Started::Exited(epoch, exit) => {
                led.epoch = epoch;
                Some(Ended::Exited(exit))
            }
            Started::Later => {
                led.epoch = self.lock().epoch;
                Some(Ended::TimedOut)
            }
            Started::Closed => Some(Ended::Closed),
        };
        (led, ended)
    }

    /// Hands out the event.
    fn hand_out(&self, led: &mut Led) -> Result<(), Ended> {
        let mut inner = self.lock();
        led.epoch = inner.epoch;
        let takers = if self.settings.concurrency.is_some() {
            let patience = Instant::now().checked_add(WORKER_MAX);
            while inner.nexts.is_empty() && inner.epoch == led.epoch {
                inner = self.wait(inner, patience).ok_or(Ended::Rejected)?;
            }
            inner.nexts.len().min(1)
        } else {
            // Who has asked more than once gets it more than once.
            inner.nexts.len()
        };
        self.freeze(&inner, false);
        let event = &led.event;
        inner.machine.submit(Arc::clone(event), led.reply.clone());
        let takers: Vec<Later> = inner.nexts.drain(..takers).collect();
        if !takers.is_empty() {
            inner.machine.take();
        }
        if !inner.extensions.is_empty() {
            inner.extensions.invoke(&invoke_event(event));
            self.to_extensions.notify_all();
        }
        // Who gets it will want the lock.
        drop(inner);
        for next in takers {
            led.loan = send_event(next, event);
        }
        Ok(())
    }

    /// Waits until everybody is done with the event. `None`: the caller has its answer, and should
    /// not wait for the rest.
    fn wait_for_end(&self, led: &mut Led, caller: &mut Option<OnAnswer<'_>>) -> Option<Ended> {
        let id = led.event.request_id.as_str();
        let mut patience = None;
        let mut inner = self.lock();
        loop {
            if inner.closed {
                return Some(Ended::Closed);
            }
            if caller.is_some() && patience.is_none() && inner.machine.outcome(id).is_some() {
                drop(inner);
                led.pass_on(caller);
                patience = Instant::now().checked_add(AFTER_ANSWER_MAX);
                inner = self.lock();
                continue;
            }
            if !led.is_told && inner.machine.is_over(id) {
                // Extensions wait for this record before they flush, and come back only then.
                led.is_told = true;
                let outcome = inner.machine.outcome(id).unwrap_or_default();
                let took = led.began.elapsed();
                self.console.platform("", "platform.runtimeDone", || {
                    runtime_done(&led.event, &outcome, took)
                });
            }
            let of_another = inner.last_exit.filter(|_| inner.epoch != led.epoch);
            if let Some(exit) = inner.exit.or(of_another) {
                return Some(Ended::Exited(exit));
            }
            if let Some(failure) = extension_failure(&inner) {
                return Some(Ended::Failed(failure));
            }
            if inner.machine.is_over(id) && inner.extensions.are_idle() {
                let outcome = inner.machine.outcome(id).unwrap_or_default();
                return Some(Ended::Answered(outcome));
            }
            let limit = match (led.limit, patience) {
                (Some(limit), Some(patience)) => Some(limit.min(patience)),
                (limit, patience) => limit.or(patience),
            };
            if let Some(loan) = &led.loan {
                let (again, heard) = self.wait_with(inner, loan, limit);
                inner = again;
                match heard {
                    Heard::News => {}
                    Heard::Nothing => led.loan = None,
                    Heard::Call => {
                        drop(inner);
                        led.loan = led.loan.take().and_then(|loan| self.attend(loan));
                        inner = self.lock();
                    }
                }
                continue;
            }
            match self.wait(inner, limit) {
                Some(again) => inner = again,
                None if limit != led.limit => return None,
                None => return Some(Ended::TimedOut),
            }
        }
    }

    /// Answers a call on the runtime's connection, which is usually its answer, or its next `next`.
    fn attend(&self, mut loan: Loan) -> Option<Loan> {
        let (request, mut exchange) = loan.request()?;
        let answered = self.answer(&request, &mut exchange);
        if !exchange.end() || answered.is_err() {
            loan.end();
            return None;
        }
        loan.is_here().then_some(loan)
    }

    /// Tells the caller what it has not been told yet, ends what has to be ended, and reports;
    /// false: it failed.
    fn conclude(&self, led: &Led, ended: Ended, caller: &mut Option<OnAnswer<'_>>) -> bool {
        let Led { event, epoch, .. } = led;
        let (id, epoch) = (event.request_id.as_str(), *epoch);
        self.console.finish(id);
        let settings = &*self.settings;
        let took = led.began.elapsed().min(settings.timeout);
        let (peak_kb, begun, outcome) = {
            let mut inner = self.lock();
            let extensions = inner.extension_processes.iter().map(|(_, process)| process);
            inner
                .process
                .iter()
                .chain(extensions)
                .for_each(Process::flush_log);
            let peak_kb = inner
                .process
                .as_ref()
                .and_then(|process| process.peak_kb(took));
            let (begun, outcome) = (inner.machine.has_begun(id), inner.machine.outcome(id));
            // From here on it is too late for an answer, if there has been none.
            if matches!(ended, Ended::TimedOut) && settings.concurrency.is_some() {
                inner.machine.expire(id);
            } else {
                inner.machine.remove(id);
            }
            (peak_kb, begun, outcome)
        };
        let mut fail = |reason, failure| {
            if settings.bootstrap.is_none() && settings.concurrency.is_none() {
                // Nothing takes its time to end: who hears of this finds the environment as new.
                self.end(epoch, reason);
            }
            if outcome.is_some() {
                // Only the process is in trouble; the caller has what it wanted.
            } else if begun {
                // A caller who is behind sees the answer cease, which says as much.
                led.reply.try_send(Part::End(Some(failure)));
            } else {
                send_error(&led.reply, failure);
            }
            led.pass_on(caller);
        };
        let mut report = Report {
            request_id: id.to_owned(),
            duration: took,
            init: led.init,
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
            }
            Ended::Failed(failure) => {
                report.failure = Some(("error", failure.error_type.clone()));
                fail("FAILURE", failure);
                self.end(epoch, "FAILURE");
            }
            Ended::Exited(exit) => {
                let text = format!("RequestId: {id} Error: {}", report::exit_text(exit));
                let failure = Failure::new("Runtime.ExitError", &text);
                report.failure = Some(("error", failure.error_type.clone()));
                last_words = Some(format!("{text}\n{}", failure.error_type));
                fail("FAILURE", failure);
                self.lock().suppress_init = settings.bootstrap.is_some();
                self.end(epoch, "FAILURE");
            }
            Ended::TimedOut => {
                let now = report::civil(SystemTime::now()).rfc3339();
                let seconds = settings.timeout.as_secs_f64();
                let text = format!("{now} {id} Task timed out after {seconds:.2} seconds");
                report.failure = Some(("timeout", String::new()));
                fail("TIMEOUT", Failure::new("Sandbox.Timedout", &text));
                last_words = Some(text);
                if settings.concurrency.is_none() {
                    self.lock().suppress_init = settings.bootstrap.is_some();
                    self.end(epoch, "TIMEOUT");
                }
            }
            Ended::Rejected => {
                let failure = Failure::new(UNAVAILABLE, "no worker waits for an event");
                report.failure = Some(("error", failure.error_type.clone()));
                fail("FAILURE", failure);
            }
            Ended::Closed => return true,
        }
        self.freeze(&self.lock(), true);
        let mut lines = format!("END RequestId: {id}\n{}", report.line());
        if let Some(words) = last_words {
            lines.push('\n');
            lines.push_str(&words);
        }
        self.console.platform(&lines, "platform.report", || {
            report.record(record_of(event))
        });
        // Nobody has to take it; who does not reads no further than the answer.
        led.reply.try_send(Part::Log(self.console.take_tail()));
        report.failure.is_none()
    }
}

impl Led {
    /// Gives the caller its answer, if it has not got it and there is one.
    fn pass_on(&self, caller: &mut Option<OnAnswer<'_>>) {
        if let (Reply::Gathered(gathering), Some(on_answer)) = (&self.reply, caller.as_mut()) {
            let answer = lock(gathering).take();
            if let Some(answer) = answer {
                on_answer(answer);
                *caller = None;
            }
        }
    }
}

/// What records of an invocation begin with.
fn record_of(event: &Event) -> json::Object {
    let mut record = json::Object::new();
    record.insert("requestId", event.request_id.as_str());
    if let Some(trace_id) = &event.trace_id {
        let tracing = crate::json!({ "type": "X-Amzn-Trace-Id", "value": trace_id.clone() });
        record.insert("tracing", tracing);
    }
    if let Some(tenant_id) = &event.tenant_id {
        record.insert("tenantId", tenant_id.as_str());
    }
    record
}

fn runtime_done(event: &Event, outcome: &Outcome, took: Duration) -> Value {
    let mut record = record_of(event);
    record.insert(
        "status",
        if outcome.error_type.is_some() {
            "error"
        } else {
            "success"
        },
    );
    if let Some(error_type) = &outcome.error_type {
        record.insert("errorType", error_type.as_str());
    }
    let metrics =
        crate::json!({ "durationMs": report::ms_value(took), "producedBytes": outcome.len });
    record.insert("metrics", metrics);
    Value::Object(record)
}

/// What extensions hear of an invocation; its payload is none of their business.
fn invoke_event(event: &Event) -> Vec<u8> {
    let mut heard = json::Object::new();
    heard.insert("eventType", "INVOKE");
    heard.insert("deadlineMs", event.deadline_ms);
    heard.insert("requestId", event.request_id.as_str());
    heard.insert("invokedFunctionArn", event.function_arn.as_str());
    if let Some(trace_id) = &event.trace_id {
        let tracing = crate::json!({ "type": "X-Amzn-Trace-Id", "value": trace_id.clone() });
        heard.insert("tracing", tracing);
    }
    json::to_vec(&heard)
}
