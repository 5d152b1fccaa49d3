//! How one invocation runs in an environment, what its caller gets, and what is logged about it.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::emulator::environment::lifecycle::{InitResult, UNAVAILABLE, extension_error};
use crate::emulator::environment::process::ChildProcess;
use crate::emulator::environment::state_machine::InvocationOutcome;
use crate::emulator::environment::{Environment, EnvironmentState};
use crate::emulator::message::{FunctionError, InvocationEvent, ResponsePart, ResponseSender};
use crate::emulator::report::{self, InvocationReport, ProcessExit};
use crate::emulator::time::{civil, epoch_ms};
use crate::json;
use crate::json::Value;

/// How long Init may take before it is repeated as part of the invocation.
const INIT_TIME_MAX: Duration = Duration::from_secs(10);
/// How long an invocation of a Managed Instance waits for a call of `next`. A worker calls it right
/// after its last response.
const POLL_TIME_MAX: Duration = Duration::from_secs(1);

/// An invocation that has begun.
#[derive(Debug)]
struct RunningInvocation {
    event: Arc<InvocationEvent>,
    response: ResponseSender,
    /// The generation of the process that got the event.
    generation: u64,
    began: Instant,
    /// When the function's timeout ends it.
    limit: Option<Instant>,
    /// How long Init took, if it was part of this invocation.
    init_time: Option<Duration>,
}

/// How an invocation ended.
enum InvocationEnd {
    /// The runtime has sent a response or an error.
    Done(InvocationOutcome),
    Failed(InvocationFailure),
    /// The environment was closed.
    Closed,
}

/// Why an invocation ended without a response.
enum InvocationFailure {
    /// No runtime could take it, or an extension failed.
    Error(FunctionError),
    Exited(ProcessExit),
    TimedOut,
    /// No worker of a Managed Instance was free.
    Rejected,
}

/// The consequences of a failure for the caller, the processes and the log.
struct FailureEffects {
    error: FunctionError,
    /// The status and the error type of the REPORT line.
    report_status: (&'static str, String),
    /// The reason for which the processes end; `None` if they go on.
    shutdown_reason: Option<&'static str>,
    /// Whether the next Init is part of an invocation.
    suppress_init: bool,
    /// Lines that follow the REPORT line.
    last_lines: Option<String>,
}

impl From<InvocationFailure> for InvocationEnd {
    fn from(failure: InvocationFailure) -> InvocationEnd {
        InvocationEnd::Failed(failure)
    }
}

impl Environment {
    /// Runs one invocation and writes the lines that Lambda writes about it. Returns false if it failed.
    pub(crate) fn run_invocation(&self, event: InvocationEvent, response: ResponseSender) -> bool {
        let (invocation, end) = self.begin(event, response);
        let end = match end {
            Some(end) => end,
            None => self.wait_for_end(&invocation),
        };
        self.conclude(&invocation, end)
    }

    /// Makes sure that there is a runtime, and gives it the event. Returns an end if that failed.
    fn begin(
        &self,
        mut event: InvocationEvent,
        response: ResponseSender,
    ) -> (RunningInvocation, Option<InvocationEnd>) {
        let settings = &*self.settings;
        let mut init = InitResult::TimedOut;
        if !self.lock().suppress_init {
            init = self.init("init", Instant::now().checked_add(INIT_TIME_MAX));
        }
        let (id, version) = (&event.request_id, &settings.version);
        self.log.begin(id, settings.bootstrap.is_none());
        let line = format!("START RequestId: {id} Version: {version}");
        self.log.write_platform(&line, "platform.start", || {
            let mut record = record_of(&event);
            record.insert("version", version.as_str());
            Value::Object(record)
        });
        let began = Instant::now();
        let limit = began.checked_add(settings.timeout);
        let deadline = SystemTime::now().checked_add(settings.timeout);
        event.deadline_ms = deadline.map_or(u64::MAX, epoch_ms);
        let mut invocation = RunningInvocation {
            event: Arc::new(event),
            response,
            generation: 0,
            began,
            limit,
            init_time: None,
        };
        if let InitResult::Ready(took) = init {
            invocation.init_time = took;
        } else if let InitResult::TimedOut = init {
            init = self.init("invoke", limit);
        }
        let failure = match init {
            InitResult::Ready(_) => match self.hand_out(&mut invocation) {
                Ok(()) => return (invocation, None),
                Err(failure) => failure,
            },
            InitResult::Failed(generation, error) => {
                invocation.generation = generation;
                InvocationFailure::Error(error)
            }
            InitResult::Exited(generation, exit) => {
                invocation.generation = generation;
                InvocationFailure::Exited(exit)
            }
            InitResult::TimedOut => {
                invocation.generation = self.lock().generation;
                InvocationFailure::TimedOut
            }
            InitResult::Closed => return (invocation, Some(InvocationEnd::Closed)),
        };
        (invocation, Some(failure.into()))
    }

    /// Gives the event to the runtime and to the extensions.
    fn hand_out(&self, invocation: &mut RunningInvocation) -> Result<(), InvocationFailure> {
        let event = &invocation.event;
        let mut state = self.lock();
        invocation.generation = state.generation;
        let n_polls = if self.settings.concurrency.is_some() {
            let limit = Instant::now().checked_add(POLL_TIME_MAX);
            while state.long_polls.is_empty() && state.generation == invocation.generation {
                let waited = self.wait_until(state, limit);
                state = waited.ok_or(InvocationFailure::Rejected)?;
            }
            state.long_polls.len().min(1)
        } else {
            // A runtime that has called `next` more than once gets the event more than once.
            state.long_polls.len()
        };
        self.set_frozen(&state, false);
        state
            .runtime
            .submit(Arc::clone(event), invocation.response.clone());
        if n_polls > 0 {
            state.runtime.take_event();
        }
        for long_poll in state.long_polls.drain(..n_polls) {
            // Fails if the thread of the call has ended, and so has the connection.
            let _ = long_poll.try_send(Arc::clone(event));
        }
        if !state.extensions.is_empty() {
            state.extensions.send_invoke(&invoke_event(event));
            drop(state);
            self.notify();
        }
        Ok(())
    }

    /// Waits until the runtime and the extensions are done with the event.
    fn wait_for_end(&self, invocation: &RunningInvocation) -> InvocationEnd {
        let id = invocation.event.request_id.as_str();
        let mut is_runtime_done = false;
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return InvocationEnd::Closed;
            }
            if !is_runtime_done && state.runtime.is_over(id) {
                // Extensions wait for this record before they flush and call `event/next`.
                is_runtime_done = true;
                let outcome = state.runtime.outcome(id).unwrap_or_default();
                let took = invocation.began.elapsed();
                self.log.write_platform("", "platform.runtimeDone", || {
                    runtime_done(&invocation.event, &outcome, took)
                });
            }
            let has_ended = state.generation != invocation.generation;
            if let Some(exit) = state.exit.or(state.last_exit.filter(|_| has_ended)) {
                return InvocationFailure::Exited(exit).into();
            }
            if let Some(error) = extension_error(&state) {
                return InvocationFailure::Error(error).into();
            }
            if state.runtime.is_over(id) && state.extensions.are_idle() {
                let outcome = state.runtime.outcome(id).unwrap_or_default();
                return InvocationEnd::Done(outcome);
            }
            match self.wait_until(state, invocation.limit) {
                Some(again) => state = again,
                None => return InvocationFailure::TimedOut.into(),
            }
        }
    }

    /// Tells the caller what it has not been told yet, ends processes if necessary, and writes the
    /// report. Returns false if the invocation failed.
    fn conclude(&self, invocation: &RunningInvocation, end: InvocationEnd) -> bool {
        let event = &invocation.event;
        let id = event.request_id.as_str();
        self.log.finish(id);
        let took = invocation.began.elapsed().min(self.settings.timeout);
        let mut state = self.lock();
        let peak_kb = flush_logs(&state, took);
        let has_started = state.runtime.has_started(id);
        let outcome = state.runtime.outcome(id);
        // From here on a response comes too late.
        let is_timeout = matches!(end, InvocationEnd::Failed(InvocationFailure::TimedOut));
        if is_timeout && self.settings.concurrency.is_some() {
            state.runtime.expire(id);
        } else {
            state.runtime.remove(id);
        }
        drop(state);
        let mut report = InvocationReport {
            request_id: id.to_owned(),
            duration: took,
            init_time: invocation.init_time,
            memory_mb: self.settings.memory_mb,
            peak_kb,
            failure: None,
            trace_id: event.trace_id.clone(),
            event_len: event.body.len(),
            response_len: outcome.as_ref().map_or(0, |outcome| outcome.len),
        };
        let mut last_lines = None;
        match end {
            InvocationEnd::Closed => return true,
            InvocationEnd::Done(outcome) => {
                report.failure = outcome.error_type.map(|error_type| ("error", error_type));
            }
            InvocationEnd::Failed(failure) => {
                let mut effects = self.effects_of(id, failure);
                last_lines = effects.last_lines.take();
                report.failure = Some(mem::take(&mut effects.report_status));
                self.fail(invocation, effects, has_started, outcome.is_some());
            }
        }
        self.set_frozen(&self.lock(), true);
        let mut lines = format!("END RequestId: {id}\n{}", report.line());
        if let Some(last_lines) = last_lines {
            lines.push('\n');
            lines.push_str(&last_lines);
        }
        self.log.write_platform(&lines, "platform.report", || {
            report.record(record_of(event))
        });
        // A caller that does not want the log has stopped reading.
        let tail = ResponsePart::LogTail(self.log.take_tail());
        invocation.response.try_send(tail);
        report.failure.is_none()
    }

    fn effects_of(&self, id: &str, failure: InvocationFailure) -> FailureEffects {
        let error_effects = |error: FunctionError| FailureEffects {
            report_status: ("error", error.error_type.clone()),
            error,
            shutdown_reason: Some("FAILURE"),
            suppress_init: false,
            last_lines: None,
        };
        match failure {
            InvocationFailure::Error(error) => error_effects(error),
            InvocationFailure::Exited(exit) => {
                let text = format!("RequestId: {id} Error: {}", report::exit_text(exit));
                let error = FunctionError::new("Runtime.ExitError", &text);
                FailureEffects {
                    suppress_init: true,
                    last_lines: Some(format!("{text}\n{}", error.error_type)),
                    ..error_effects(error)
                }
            }
            InvocationFailure::TimedOut => {
                let now = civil(SystemTime::now()).rfc3339();
                let seconds = self.settings.timeout.as_secs_f64();
                let text = format!("{now} {id} Task timed out after {seconds:.2} seconds");
                // The other invocations of a Managed Instance go on.
                let ends = self.settings.concurrency.is_none();
                FailureEffects {
                    error: FunctionError::new("Sandbox.Timedout", &text),
                    report_status: ("timeout", String::new()),
                    shutdown_reason: ends.then_some("TIMEOUT"),
                    suppress_init: ends,
                    last_lines: Some(text),
                }
            }
            InvocationFailure::Rejected => FailureEffects {
                shutdown_reason: None,
                ..error_effects(FunctionError::new(
                    UNAVAILABLE,
                    "no worker waits for an event",
                ))
            },
        }
    }

    /// Sends the error to a caller that has no whole response yet, and ends the processes if necessary.
    fn fail(
        &self,
        invocation: &RunningInvocation,
        effects: FailureEffects,
        has_started: bool,
        has_response: bool,
    ) {
        let settings = &*self.settings;
        let end_processes = || {
            if let Some(reason) = effects.shutdown_reason {
                self.end_processes(invocation.generation, reason);
            }
        };
        if effects.suppress_init {
            self.lock().suppress_init = settings.bootstrap.is_some();
        }
        let has_no_process = settings.bootstrap.is_none() && settings.concurrency.is_none();
        if has_no_process {
            // This takes no time, and a caller that has got the error finds a new environment.
            end_processes();
        }
        if has_response {
            // Only the process failed.
        } else if has_started {
            // A caller that is too slow for this part sees the response cut off instead.
            let end = ResponsePart::End(Some(effects.error));
            invocation.response.try_send(end);
        } else {
            invocation.response.send_error(effects.error);
        }
        if !has_no_process {
            // Ending a process may take seconds.
            end_processes();
        }
    }
}

/// Logs what the processes have written so far. Returns the peak memory of the function's process.
fn flush_logs(state: &EnvironmentState, took: Duration) -> Option<u64> {
    let extensions = state.extension_processes.iter();
    let extensions = extensions.map(|(_, process)| process);
    let processes = state.process.iter().chain(extensions);
    processes.for_each(ChildProcess::flush_log);
    let process = state.process.as_ref()?;
    process.peak_kb(took)
}

/// Returns the members that every record of an invocation begins with.
fn record_of(event: &InvocationEvent) -> json::Object {
    let mut record = json::Object::new();
    record.insert("requestId", event.request_id.as_str());
    insert_tracing(&mut record, event);
    if let Some(tenant_id) = &event.tenant_id {
        record.insert("tenantId", tenant_id.as_str());
    }
    record
}

fn insert_tracing(record: &mut json::Object, event: &InvocationEvent) {
    if let Some(trace_id) = &event.trace_id {
        let tracing = crate::json!({ "type": "X-Amzn-Trace-Id", "value": trace_id.clone() });
        record.insert("tracing", tracing);
    }
}

fn runtime_done(event: &InvocationEvent, outcome: &InvocationOutcome, took: Duration) -> Value {
    let mut record = record_of(event);
    let is_error = outcome.error_type.is_some();
    record.insert("status", if is_error { "error" } else { "success" });
    if let Some(error_type) = &outcome.error_type {
        record.insert("errorType", error_type.as_str());
    }
    let metrics =
        crate::json!({ "durationMs": report::ms_value(took), "producedBytes": outcome.len });
    record.insert("metrics", metrics);
    Value::Object(record)
}

/// Returns what extensions get about an invocation: everything but its payload.
fn invoke_event(event: &InvocationEvent) -> Vec<u8> {
    let mut document = json::Object::new();
    document.insert("eventType", "INVOKE");
    document.insert("deadlineMs", event.deadline_ms);
    document.insert("requestId", event.request_id.as_str());
    document.insert("invokedFunctionArn", event.function_arn.as_str());
    insert_tracing(&mut document, event);
    json::to_vec(&document)
}
