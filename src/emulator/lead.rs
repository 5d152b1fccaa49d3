//! How one invocation is led through an environment, what its caller hears, and what is written about it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::environment::Environment;
use super::event::{Event, Failure, Part, Reply, epoch_ms, send_error};
use super::lifecycle::{Started, UNAVAILABLE, extension_failure};
use super::process::Process;
use super::report::{self, Exit, Report};
use super::state::Outcome;
use crate::json;
use crate::json::Value;

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
    /// Leads one invocation through its life, and writes the lines that Lambda writes about it.
    pub(super) fn serve(&self, job: Job) {
        let Job { mut event, reply } = job;
        let settings = &*self.settings;
        let mut started = Started::Later;
        if !self.lock().suppress_init {
            started = self.start("init", Instant::now().checked_add(INIT_MAX));
        }
        let (id, version) = (&event.request_id, &settings.version);
        self.console.begin(id);
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
        let event = Arc::new(event);
        let mut init = None;
        if let Started::Ready(took) = started {
            init = took;
        } else if let Started::Later = started {
            started = self.start("invoke", limit);
        }
        let (epoch, ended) = match started {
            Started::Ready(_) => self.run(&event, &reply, limit),
            Started::Failed(epoch, failure) => (epoch, Ended::Failed(failure)),
            Started::Exited(epoch, exit) => (epoch, Ended::Exited(exit)),
            Started::Later => (self.lock().epoch, Ended::TimedOut),
            Started::Closed => return,
        };
        let took = began.elapsed().min(settings.timeout);
        self.conclude(epoch, &event, &reply, ended, took, init);
    }

    /// Hands out the event, and waits until everybody is done with it.
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
        self.freeze(&inner, false);
        let began = Instant::now();
        inner.machine.submit(Arc::clone(event), reply.clone());
        if !inner.extensions.is_empty() {
            inner.extensions.invoke(&invoke_event(event));
        }
        // Who is woken wants the lock.
        drop(inner);
        self.to_runtime.notify_all();
        let mut inner = self.lock();
        let mut is_told = false;
        let ended = loop {
            if inner.closed {
                break Ended::Closed;
            }
            if !is_told && inner.machine.is_over(id) {
                // Extensions wait for this record before they flush, and come back only then.
                is_told = true;
                let outcome = inner.machine.outcome(id).unwrap_or_default();
                let took = began.elapsed();
                self.console.platform("", "platform.runtimeDone", || {
                    runtime_done(event, &outcome, took)
                });
            }
            let of_another = inner.last_exit.filter(|_| inner.epoch != epoch);
            if let Some(exit) = inner.exit.or(of_another) {
                break Ended::Exited(exit);
            }
            if let Some(failure) = extension_failure(&inner) {
                break Ended::Failed(failure);
            }
            if inner.machine.is_over(id) && inner.extensions.are_idle() {
                break Ended::Answered(inner.machine.outcome(id).unwrap_or_default());
            }
            match self.wait(inner, limit) {
                Some(again) => inner = again,
                None => break Ended::TimedOut,
            }
        };
        (epoch, ended)
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
            let extensions = inner.extension_processes.iter().map(|(_, process)| process);
            inner
                .process
                .iter()
                .chain(extensions)
                .for_each(Process::flush_log);
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
            Ended::Failed(failure) => {
                report.failure = Some(("error", failure.error_type.clone()));
                self.fail(id, reply, failure);
                self.end(epoch, "FAILURE");
            }
            Ended::Exited(exit) => {
                let text = format!("RequestId: {id} Error: {}", report::exit_text(exit));
                let failure = Failure::new("Runtime.ExitError", &text);
                report.failure = Some(("error", failure.error_type.clone()));
                last_words = Some(format!("{text}\n{}", failure.error_type));
                self.fail(id, reply, failure);
                self.lock().suppress_init = settings.bootstrap.is_some();
                self.end(epoch, "FAILURE");
            }
            Ended::TimedOut => {
                let now = report::civil(SystemTime::now()).rfc3339();
                let seconds = settings.timeout.as_secs_f64();
                let text = format!("{now} {id} Task timed out after {seconds:.2} seconds");
                report.failure = Some(("timeout", String::new()));
                self.fail(id, reply, Failure::new("Sandbox.Timedout", &text));
                last_words = Some(text);
                if settings.concurrency.is_some() {
                    self.lock().machine.expire(id);
                } else {
                    self.lock().suppress_init = settings.bootstrap.is_some();
                    self.end(epoch, "TIMEOUT");
                }
            }
            Ended::Rejected => {
                let failure = Failure::new(UNAVAILABLE, "no worker waits for an event");
                report.failure = Some(("error", failure.error_type.clone()));
                self.fail(id, reply, failure);
            }
            Ended::Closed => return,
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
            // A caller who is behind sees the answer cease, which says as much.
            let _ = reply.try_send(Part::End(Some(failure)));
        } else {
            send_error(reply, failure);
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
