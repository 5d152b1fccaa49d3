//! How one invocation runs in an environment, what its caller gets, and what is logged about it.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::emulator::environment::Environment;
use crate::emulator::environment::in_process;
use crate::emulator::environment::lifecycle::{InitResult, InvocationFailure, UNAVAILABLE};
use crate::emulator::environment::logs::without_nulls;
use crate::emulator::environment::process::ChildProcess;
use crate::emulator::environment::state_machine::InvocationOutcome;
use crate::emulator::message::{
    FunctionError, InvocationData, InvocationEvent, ResponsePart, ResponseSender,
};
use crate::emulator::report::{self, InvocationReport};
use crate::emulator::services::xray::{self, Subsegment};
use crate::emulator::time::{civil, epoch_ms};
use crate::json;
use crate::json::{Object, Value};
use crate::sys;

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
    is_cold: bool,
}

/// The consequences of a failure for the caller, the processes and the log.
struct FailureEffects {
    error: FunctionError,
    /// The reason for which the processes end; `None` if they go on.
    shutdown_reason: Option<&'static str>,
    /// Whether the next Init is part of an invocation.
    suppress_init: bool,
    /// Lines that follow the REPORT line, each after a line end.
    last_lines: String,
}

impl Environment {
    /// Runs one invocation and writes the lines that Lambda writes about it. Returns false if it failed.
    pub(crate) fn run_invocation(&self, event: InvocationEvent, response: ResponseSender) -> bool {
        let (mut invocation, init) = self.begin(event, response);
        let end = init
            .and_then(|_| self.hand_out(&mut invocation))
            .and_then(|()| self.wait_for_end(&invocation));
        self.conclude(&invocation, end)
    }

    /// Makes sure that there is a runtime.
    fn begin(
        &self,
        mut event: InvocationEvent,
        response: ResponseSender,
    ) -> (RunningInvocation, InitResult) {
        let settings = &*self.settings;
        let is_cold = settings.bootstrap.is_some() && !self.is_warm();
        let (mut generation, mut init) = (0, Err(InvocationFailure::TimedOut));
        if !self.lock().suppress_init {
            (generation, init) = self.init("init", Instant::now().checked_add(INIT_TIME_MAX));
        }
        let init_time = *init.as_ref().unwrap_or(&None);
        let (id, version) = (&event.request_id, &settings.version);
        self.log.begin(id);
        if settings.bootstrap.is_none() {
            in_process::begin(&event, &self.log, &self.services);
        }
        self.services.begin_invocation();
        self.begin_trace(&event);
        let line = format!("START RequestId: {id} Version: {version}");
        let mut start = record_of(&event);
        start.insert("version", version.as_str());
        self.log
            .write_platform(&line, "platform.start", start.into());
        let began = Instant::now();
        let limit = began.checked_add(settings.timeout);
        let deadline = SystemTime::now().checked_add(settings.timeout);
        event.deadline_ms = deadline.map_or(u64::MAX, epoch_ms);
        if let Err(InvocationFailure::TimedOut) = init {
            (generation, init) = self.init("invoke", limit);
        }
        let invocation = RunningInvocation {
            event: Arc::new(event),
            response,
            generation,
            began,
            limit,
            init_time,
            is_cold,
        };
        (invocation, init)
    }

    /// Receives the subsegments of an invocation that is sampled.
    fn begin_trace(&self, event: &InvocationEvent) {
        let header = event.trace_id.as_deref().unwrap_or_default();
        let settings = &*self.settings;
        let is_received = settings.xray || settings.bootstrap.is_none();
        if is_received && header.contains("Sampled=1") {
            match self.services.xray() {
                Ok(xray) => xray.begin(&event.request_id, header),
                Err(error) => {
                    let line = format!("X-Ray: cannot listen on loopback: {error}\n");
                    self.log.write_note(&line);
                }
            }
        }
    }

    /// Returns the subsegments of an invocation that has ended, and shows them in the log.
    fn finish_trace(&self, event: &InvocationEvent) -> Vec<Subsegment> {
        let Some(xray) = self.services.started_xray() else {
            return Vec::new();
        };
        let traced = xray.finish(&event.request_id);
        let mut lines = String::new();
        if !traced.subsegments.is_empty() {
            lines.push_str("X-Ray subsegments:\n");
            lines.push_str(&xray::tree_text(&traced.subsegments));
        }
        for problem in &traced.problems {
            lines.push_str("X-Ray: ");
            lines.push_str(problem);
            lines.push('\n');
        }
        self.log.write_note(&lines);
        traced.subsegments
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
        self.send_freeze_signal(&state, sys::SIGCONT);
        state
            .runtime
            .submit(Arc::clone(event), invocation.response.clone());
        if n_polls > 0 {
            state.runtime.take_event();
        }
        for long_poll in state.long_polls.drain(..n_polls) {
            // Fails if the thread of the call, and with it the connection, has ended.
            let _ = long_poll.try_send(Arc::clone(event));
        }
        state.extensions.send("INVOKE", &invoke_event(event));
        drop(state);
        self.notify();
        Ok(())
    }

    /// Waits until the runtime and the extensions are done with the event.
    fn wait_for_end(
        &self,
        invocation: &RunningInvocation,
    ) -> Result<InvocationOutcome, InvocationFailure> {
        let id = invocation.event.request_id.as_str();
        let mut is_runtime_done = false;
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return Err(InvocationFailure::Closed);
            }
            let outcome = state.runtime.final_outcome(id);
            if let (Some(outcome), false) = (&outcome, is_runtime_done) {
                // Extensions wait for this record before they flush and call `event/next`.
                is_runtime_done = true;
                let record = runtime_done(&invocation.event, outcome, invocation.began.elapsed());
                self.log.write_platform("", "platform.runtimeDone", record);
            }
            let has_ended = state.generation != invocation.generation;
            if let Some(exit) = state.exit.or(state.last_exit.filter(|_| has_ended)) {
                return Err(InvocationFailure::Exited(exit));
            }
            if let Some(error) = state.extensions.error() {
                return Err(error.into());
            }
            if let Some(outcome) = outcome.filter(|_| state.extensions.are_idle()) {
                return Ok(outcome);
            }
            let waited = self.wait_until(state, invocation.limit);
            state = waited.ok_or(InvocationFailure::TimedOut)?;
        }
    }

    /// Sends an error to a caller that has no complete response, ends processes if necessary, and writes
    /// the report. Returns false if the invocation failed.
    fn conclude(
        &self,
        invocation: &RunningInvocation,
        end: Result<InvocationOutcome, InvocationFailure>,
    ) -> bool {
        let event = &invocation.event;
        let id = event.request_id.as_str();
        in_process::finish(id, &self.log);
        let took = invocation.began.elapsed().min(self.settings.timeout);
        let mut state = self.lock();
        state.processes().for_each(ChildProcess::flush_log);
        let peak_kb = state.process.as_ref().and_then(ChildProcess::peak_kb);
        // From here on a response is too late.
        let tracked = state.runtime.remove(id);
        let is_timeout = matches!(end, Err(InvocationFailure::TimedOut));
        if is_timeout && self.settings.concurrency.is_some() {
            state.runtime.expire(id);
        }
        drop(state);
        let has_started = tracked.as_ref().is_some_and(|tracked| tracked.has_started);
        let posted = tracked.and_then(|tracked| tracked.outcome);
        let mut report = InvocationReport {
            request_id: id.to_owned(),
            duration: took,
            init_time: invocation.init_time,
            is_cold: invocation.is_cold,
            memory_mb: self.settings.memory_mb,
            peak_kb,
            failure: None,
            trace_id: event.trace_id.clone(),
            event_len: event.body.len(),
            response_len: posted.as_ref().map_or(0, |posted| posted.len),
        };
        let mut last_lines = String::new();
        match end {
            Ok(outcome) => {
                report.failure = outcome.error_type.map(|error_type| ("error", error_type));
            }
            Err(failure) => {
                let Some(mut effects) = self.effects_of(id, failure) else {
                    return true;
                };
                report.failure = Some(if is_timeout {
                    ("timeout", String::new())
                } else {
                    ("error", effects.error.error_type.clone())
                });
                last_lines = mem::take(&mut effects.last_lines);
                self.fail(invocation, effects, has_started, posted.is_some());
            }
        }
        self.send_freeze_signal(&self.lock(), sys::SIGSTOP);
        let lines = format!("END RequestId: {id}\n{}{last_lines}", report.line());
        let record = report.record(record_of(event));
        self.log.write_platform(&lines, "platform.report", record);
        let subsegments = self.finish_trace(event);
        let has_succeeded = report.failure.is_none();
        let (metrics, metric_lines) = self.log.take_metrics();
        let data = InvocationData {
            report,
            log: self.log.take(),
            metrics,
            metric_lines,
            subsegments,
        };
        // A caller that does not want the data has stopped reading.
        invocation.response.try_send(ResponsePart::Report(data));
        has_succeeded
    }

    /// Returns the consequences of a failure; `None` if the environment was closed, which has none.
    fn effects_of(&self, id: &str, failure: InvocationFailure) -> Option<FailureEffects> {
        let mut effects = FailureEffects {
            error: FunctionError::new(UNAVAILABLE, "no worker waits for an event"),
            shutdown_reason: Some("FAILURE"),
            suppress_init: false,
            last_lines: String::new(),
        };
        match failure {
            InvocationFailure::Error(error) => effects.error = error,
            InvocationFailure::Exited(exit) => {
                let text = format!("RequestId: {id} Error: {}", report::exit_text(exit));
                effects.error = FunctionError::new("Runtime.ExitError", &text);
                effects.suppress_init = true;
                effects.last_lines = format!("\n{text}\nRuntime.ExitError");
            }
            InvocationFailure::TimedOut => {
                let now = civil(SystemTime::now()).rfc3339();
                let seconds = self.settings.timeout.as_secs_f64();
                let text = format!("{now} {id} Task timed out after {seconds:.2} seconds");
                effects.error = FunctionError::new("Sandbox.Timedout", &text);
                // The other invocations of a Managed Instance go on.
                effects.suppress_init = self.settings.concurrency.is_none();
                effects.shutdown_reason = effects.suppress_init.then_some("TIMEOUT");
                effects.last_lines = format!("\n{text}");
            }
            InvocationFailure::Rejected => effects.shutdown_reason = None,
            InvocationFailure::Closed => return None,
        }
        Some(effects)
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

/// Returns the members that every record of an invocation begins with.
fn record_of(event: &InvocationEvent) -> Object {
    let mut record = Object::new();
    record.insert("requestId", event.request_id.as_str());
    record.insert("tracing", tracing(event));
    record.insert("tenantId", event.tenant_id.clone());
    record
}

fn tracing(event: &InvocationEvent) -> Option<Value> {
    let trace_id = event.trace_id.as_ref()?;
    Some(json!({ "type": "X-Amzn-Trace-Id", "value": trace_id }))
}

fn runtime_done(event: &InvocationEvent, outcome: &InvocationOutcome, took: Duration) -> Value {
    let mut record = record_of(event);
    let is_error = outcome.error_type.is_some();
    record.insert("status", if is_error { "error" } else { "success" });
    record.insert("errorType", outcome.error_type.clone());
    let metrics = json!({ "durationMs": report::ms_value(took), "producedBytes": outcome.len });
    record.insert("metrics", metrics);
    record.into()
}

/// Returns what extensions get about an invocation: everything but its payload.
fn invoke_event(event: &InvocationEvent) -> Vec<u8> {
    let document = json!({
        "eventType": "INVOKE",
        "deadlineMs": event.deadline_ms,
        "requestId": event.request_id,
        "invokedFunctionArn": event.function_arn,
        "tracing": tracing(event),
    });
    json::to_vec(&without_nulls(document))
}
