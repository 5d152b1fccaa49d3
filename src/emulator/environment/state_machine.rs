//! The Runtime API as a state machine: which calls are allowed when. No socket, no clock, no process.
//!
//! Rules and names are those of AWS's own emulator. An ordinary function has one invocation at a time, a
//! Managed Instance (`is_concurrent`) several, each with a state of its own.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::emulator::message::InvocationEvent;

/// Invocations that have timed out and are remembered, so that a late response gets 410 and not 400.
const EXPIRED_MAX: usize = 1000;

/// The state of the runtime. The variants have the names that AWS's servers use in their messages about
/// refused calls, which are written with [`Debug`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuntimeState {
    /// The process runs and has not called yet.
    Started,
    /// The process has reported an init error. It may not call again.
    InitError,
    /// `restore/next` has been called and the snapshot is being taken.
    RestoreReady,
    /// The snapshot has been restored.
    Restoring,
    /// The restored process has reported an error.
    RuntimeRestoreErrorState,
    /// `next` waits, or may be called.
    Ready,
    /// An event has been handed out.
    Running,
    /// A response has begun.
    InvocationResponse,
    /// An error report has begun.
    InvocationErrorResponse,
    /// The response is complete and the runtime has not yet called `next`.
    RuntimeResponseSentState,
}

/// Why a call of the runtime is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuntimeCallError {
    /// The invocation does not exist, or is over (400).
    RequestId,
    /// The invocation has timed out, or the response belongs to an earlier attempt (410).
    Timeout,
    /// `Lambda-Runtime-Function-Response-Mode` is not `streaming` (400).
    ResponseMode,
    /// A call that would change the first state to the second is not allowed in the first (403).
    Transition(RuntimeState, RuntimeState),
    /// The connection was lost within the response (400).
    Truncated,
    /// The body is too long (413).
    TooLarge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InvocationStage {
    Queued,
    Running,
    Responding,
    Responded,
    Over,
}

/// An invocation from [`submit`](RuntimeStateMachine::submit) to [`remove`](RuntimeStateMachine::remove).
#[derive(Debug)]
pub(crate) struct TrackedInvocation<R> {
    event: Arc<InvocationEvent>,
    /// The channel to the caller.
    pub(crate) response: R,
    stage: InvocationStage,
    /// Whether the caller has got the beginning of a streamed response.
    pub(crate) has_started: bool,
    pub(crate) outcome: Option<InvocationOutcome>,
}

/// What the runtime posted at the end of an invocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InvocationOutcome {
    /// The error type, if it posted an error.
    pub(crate) error_type: Option<String>,
    /// Length of the body, in bytes.
    pub(crate) len: u64,
}

/// The runtime of one execution environment. `R` is the channel that takes a response to its caller.
#[derive(Debug)]
pub(crate) struct RuntimeStateMachine<R> {
    state: RuntimeState,
    is_concurrent: bool,
    invocations: Vec<TrackedInvocation<R>>,
    /// Request ids of invocations that have timed out, the oldest first.
    expired: VecDeque<String>,
}

impl<R: Clone> RuntimeStateMachine<R> {
    pub(crate) fn new(is_concurrent: bool) -> Self {
        RuntimeStateMachine {
            state: RuntimeState::Started,
            is_concurrent,
            invocations: Vec::new(),
            expired: VecDeque::new(),
        }
    }

    /// Forgets the state of the previous process.
    pub(crate) fn reset(&mut self) {
        *self = RuntimeStateMachine::new(self.is_concurrent);
    }

    /// Refuses all calls until the next [`reset`](Self::reset): no process runs.
    pub(crate) fn refuse_calls(&mut self) {
        self.state = RuntimeState::InitError;
    }

    /// Adds an invocation. The runtime gets its event with a later [`take_event`](Self::take_event).
    pub(crate) fn submit(&mut self, event: Arc<InvocationEvent>, response: R) {
        // A new attempt. Its attempt id distinguishes its response from a late one of an earlier attempt.
        self.expired.retain(|id| *id != event.request_id);
        self.invocations.push(TrackedInvocation {
            event,
            response,
            stage: InvocationStage::Queued,
            has_started: false,
            outcome: None,
        });
    }

    /// Handles a call of `GET next`. While an event is being handled this is not an error: the same event is
    /// handed out again.
    pub(crate) fn poll(&mut self) -> Result<(), RuntimeCallError> {
        match self.state {
            RuntimeState::Started | RuntimeState::Restoring | RuntimeState::Ready => {
                self.state = RuntimeState::Ready;
            }
            RuntimeState::RuntimeResponseSentState => {
                for invocation in &mut self.invocations {
                    if invocation.stage == InvocationStage::Responded {
                        invocation.stage = InvocationStage::Over;
                    }
                }
                self.state = RuntimeState::Ready;
            }
            RuntimeState::Running => {}
            from => return Err(RuntimeCallError::Transition(from, RuntimeState::Ready)),
        }
        Ok(())
    }

    /// Returns the event for a call of `GET next`; `None` if the call has to wait.
    pub(crate) fn take_event(&mut self) -> Option<Arc<InvocationEvent>> {
        let wanted = match self.state {
            RuntimeState::Ready => InvocationStage::Queued,
            RuntimeState::Running => InvocationStage::Running,
            _ => return None,
        };
        let found = self.invocations.iter_mut().find(|i| i.stage == wanted)?;
        found.stage = InvocationStage::Running;
        if !self.is_concurrent {
            self.state = RuntimeState::Running;
        }
        Some(Arc::clone(&found.event))
    }

    /// Begins a response or an error for invocation `id`, which changes the state to `to`. Makes the checks
    /// in the order of AWS's servers, and returns the channel to the caller.
    /// [`finish_response`](Self::finish_response) follows when the body has been read.
    pub(crate) fn begin_response(
        &mut self,
        id: &str,
        attempt_id: Option<&str>,
        to: RuntimeState,
        mode: Option<&str>,
    ) -> Result<R, RuntimeCallError> {
        if self.expired.iter().any(|expired| expired == id) {
            return Err(RuntimeCallError::Timeout);
        }
        let is_concurrent = self.is_concurrent;
        let takes_response = |stage| match stage {
            InvocationStage::Queued | InvocationStage::Over => false,
            InvocationStage::Running => true,
            // An ordinary function gets 403 for these, by the state below.
            InvocationStage::Responding | InvocationStage::Responded => !is_concurrent,
        };
        let mut invocations = self.invocations.iter_mut();
        let found = invocations.find(|i| i.event.request_id == id && takes_response(i.stage));
        let invocation = found.ok_or(RuntimeCallError::RequestId)?;
        let attempt_id = attempt_id.filter(|attempt_id| !attempt_id.is_empty());
        if attempt_id.is_some_and(|attempt_id| attempt_id != invocation.event.attempt_id) {
            return Err(RuntimeCallError::Timeout);
        }
        if !is_concurrent {
            if self.state != RuntimeState::Running {
                return Err(RuntimeCallError::Transition(self.state, to));
            }
            self.state = to;
        }
        invocation.stage = InvocationStage::Responding;
        if mode.is_some_and(|mode| mode != "streaming") {
            // An ordinary function stays in this state until the timeout, as on AWS.
            return Err(RuntimeCallError::ResponseMode);
        }
        Ok(invocation.response.clone())
    }

    /// Ends the response to `id`: all of it was received, or an error has replaced it.
    pub(crate) fn finish_response(&mut self, id: &str, outcome: InvocationOutcome) {
        use RuntimeState::{InvocationErrorResponse, InvocationResponse, RuntimeResponseSentState};

        let mut invocations = self.invocations.iter_mut();
        let is_it = |i: &&mut TrackedInvocation<R>| {
            i.event.request_id == id && i.stage == InvocationStage::Responding
        };
        if let Some(invocation) = invocations.find(is_it) {
            invocation.outcome = Some(outcome);
            invocation.stage = if self.is_concurrent {
                InvocationStage::Over
            } else {
                InvocationStage::Responded
            };
        }
        // An emulator that shuts down has removed the invocation. Its runtime may call `next` nevertheless.
        if matches!(self.state, InvocationResponse | InvocationErrorResponse) {
            self.state = RuntimeResponseSentState;
        }
    }

    /// Handles a call of `POST init/error`.
    pub(crate) fn init_error(&mut self) -> Result<(), RuntimeCallError> {
        match self.state {
            RuntimeState::Started => self.state = RuntimeState::InitError,
            RuntimeState::Restoring => self.state = RuntimeState::RuntimeRestoreErrorState,
            // A Managed Instance accepts it and does nothing.
            RuntimeState::Ready if self.is_concurrent => {}
            from => return Err(RuntimeCallError::Transition(from, RuntimeState::InitError)),
        }
        Ok(())
    }

    /// Handles a call of `GET restore/next`, which functions with SnapStart make.
    pub(crate) fn restore(&mut self) -> Result<(), RuntimeCallError> {
        if self.state != RuntimeState::Started {
            let to = RuntimeState::RestoreReady;
            return Err(RuntimeCallError::Transition(self.state, to));
        }
        self.state = RuntimeState::Restoring;
        Ok(())
    }

    /// Handles a call of `POST restore/error`, which functions with SnapStart make.
    pub(crate) fn restore_error(&mut self) -> Result<(), RuntimeCallError> {
        let to = RuntimeState::RuntimeRestoreErrorState;
        if self.state != RuntimeState::Restoring {
            return Err(RuntimeCallError::Transition(self.state, to));
        }
        self.state = to;
        Ok(())
    }

    pub(crate) fn find(&mut self, id: &str) -> Option<&mut TrackedInvocation<R>> {
        let mut invocations = self.invocations.iter_mut();
        invocations.find(|i| i.event.request_id == id)
    }

    /// Returns what `id` ended with if the runtime is done with it: an ordinary function has called `next`
    /// again.
    pub(crate) fn final_outcome(&mut self, id: &str) -> Option<InvocationOutcome> {
        match self.find(id) {
            Some(invocation) if invocation.stage != InvocationStage::Over => None,
            Some(invocation) => invocation.outcome.clone(),
            // The process has been replaced.
            None => Some(InvocationOutcome::default()),
        }
    }

    /// Forgets `id`, which is over.
    pub(crate) fn remove(&mut self, id: &str) -> Option<TrackedInvocation<R>> {
        let mut invocations = self.invocations.iter();
        let at = invocations.position(|i| i.event.request_id == id)?;
        Some(self.invocations.remove(at))
    }

    /// Notes that `id` has timed out while the process goes on.
    pub(crate) fn expire(&mut self, id: &str) {
        if self.expired.len() >= EXPIRED_MAX {
            self.expired.pop_front();
        }
        self.expired.push_back(id.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes the calls of `conversation` to a new state machine, and checks the result of each:
    /// `call -> result, ...`.
    #[track_caller]
    fn check(concurrent: bool, conversation: &str) {
        let mut machine = RuntimeStateMachine::new(concurrent);
        for step in conversation.split(',').map(str::trim) {
            let (call, want) = step.split_once(" -> ").expect("call -> result");
            let (verb, id) = call.split_once(' ').unwrap_or((call, ""));
            let refusal = |r: RuntimeCallError| match r {
                RuntimeCallError::RequestId => "400".to_owned(),
                RuntimeCallError::Timeout => "410".to_owned(),
                RuntimeCallError::ResponseMode => "mode".to_owned(),
                RuntimeCallError::Transition(from, to) => format!("403 {from:?} {to:?}"),
                other => panic!("{other:?}"),
            };
            let post = |m: &mut RuntimeStateMachine<()>, to, attempt_id, mode| {
                m.begin_response(id, attempt_id, to, mode).map(|()| {
                    let outcome = InvocationOutcome {
                        error_type: None,
                        len: 0,
                    };
                    m.finish_response(id, outcome);
                })
            };
            let done = |result: Result<(), RuntimeCallError>| {
                result.map_or_else(refusal, |()| "ok".to_owned())
            };
            let got = match verb {
                "event" => {
                    let event = InvocationEvent {
                        request_id: id.to_owned(),
                        attempt_id: "n".to_owned(),
                        ..InvocationEvent::default()
                    };
                    machine.submit(Arc::new(event), ());
                    "ok".to_owned()
                }
                "next" => match machine.poll() {
                    Ok(()) => machine
                        .take_event()
                        .map_or("wait".to_owned(), |e| e.request_id.clone()),
                    Err(r) => refusal(r),
                },
                "response" => done(post(
                    &mut machine,
                    RuntimeState::InvocationResponse,
                    None,
                    None,
                )),
                "stream" => done(post(
                    &mut machine,
                    RuntimeState::InvocationResponse,
                    None,
                    Some("streaming"),
                )),
                "buffered" => done(post(
                    &mut machine,
                    RuntimeState::InvocationResponse,
                    None,
                    Some("buffered"),
                )),
                "cut" => {
                    done(machine.begin_response(id, None, RuntimeState::InvocationResponse, None))
                }
                "error" => done(post(
                    &mut machine,
                    RuntimeState::InvocationErrorResponse,
                    None,
                    None,
                )),
                "echo" => done(post(
                    &mut machine,
                    RuntimeState::InvocationResponse,
                    Some("n"),
                    None,
                )),
                "empty-echo" => done(post(
                    &mut machine,
                    RuntimeState::InvocationResponse,
                    Some(""),
                    None,
                )),
                "wrong-echo" => done(post(
                    &mut machine,
                    RuntimeState::InvocationResponse,
                    Some("m"),
                    None,
                )),
                "init-error" => done(machine.init_error()),
                "restore" => done(machine.restore()),
                "restore-error" => done(machine.restore_error()),
                "expire" => {
                    machine.expire(id);
                    "ok".to_owned()
                }
                "reset" => {
                    machine.reset();
                    "ok".to_owned()
                }
                "over" => machine.final_outcome(id).is_some().to_string(),
                other => panic!("no such call: {other}"),
            };
            assert_eq!(got, want, "{step:?} in {conversation:?}");
        }
    }

    #[track_caller]
    fn classic(conversation: &str) {
        check(false, conversation);
    }

    #[test]
    fn events_are_handed_out_one_at_a_time() {
        classic("next -> wait, event a -> ok, next -> a, response a -> ok, next -> wait");
        classic(
            "event a -> ok, event b -> ok, next -> a, response a -> ok, next -> b, error b -> ok, \
             next -> wait",
        );
    }

    #[test]
    fn next_while_running_gives_the_same_event_again() {
        classic("event a -> ok, next -> a, next -> a, next -> a, response a -> ok, next -> wait");
    }

    #[test]
    fn an_invocation_is_over_when_next_is_called_again() {
        classic(
            "event a -> ok, next -> a, over a -> false, response a -> ok, over a -> false, \
             next -> wait, over a -> true",
        );
    }

    #[test]
    fn the_id_is_checked_before_the_state() {
        classic("next -> wait, response x -> 400, error x -> 400");
        classic("event a -> ok, response a -> 400, next -> a, response b -> 400, response a -> ok");
        classic("event a -> ok, next -> a, response a -> ok, next -> wait, response a -> 400");
    }

    #[test]
    fn an_invocation_has_one_response() {
        let begun = "event a -> ok, next -> a,";
        for (first, second, from, to) in [
            (
                "response",
                "response",
                "RuntimeResponseSentState",
                "InvocationResponse",
            ),
            (
                "response",
                "error",
                "RuntimeResponseSentState",
                "InvocationErrorResponse",
            ),
            (
                "error",
                "response",
                "RuntimeResponseSentState",
                "InvocationResponse",
            ),
            (
                "error",
                "error",
                "RuntimeResponseSentState",
                "InvocationErrorResponse",
            ),
            (
                "cut",
                "response",
                "InvocationResponse",
                "InvocationResponse",
            ),
            (
                "cut",
                "error",
                "InvocationResponse",
                "InvocationErrorResponse",
            ),
        ] {
            classic(&format!(
                "{begun} {first} a -> ok, {second} a -> 403 {from} {to}"
            ));
        }
    }

    #[test]
    fn a_cut_body_or_a_wrong_mode_leaves_the_state_stuck() {
        let stuck = "next -> 403 InvocationResponse Ready";
        classic(&format!(
            "event a -> ok, next -> a, cut a -> ok, {stuck}, {stuck}"
        ));
        classic(&format!(
            "event a -> ok, next -> a, buffered a -> mode, {stuck}"
        ));
        classic("event a -> ok, next -> a, buffered a -> mode, reset -> ok, next -> wait");
    }

    #[test]
    fn streaming_is_the_one_mode() {
        classic("event a -> ok, next -> a, stream a -> ok, next -> wait");
    }

    #[test]
    fn init_error_is_for_the_time_before_next() {
        classic("init-error -> ok, init-error -> 403 InitError InitError");
        classic("init-error -> ok, next -> 403 InitError Ready");
        classic("next -> wait, init-error -> 403 Ready InitError");
        classic("event a -> ok, next -> a, init-error -> 403 Running InitError");
        classic("init-error -> ok, reset -> ok, next -> wait");
    }

    #[test]
    fn the_attempt_id_is_checked_only_if_it_is_sent() {
        classic("event a -> ok, next -> a, echo a -> ok");
        classic("event a -> ok, next -> a, empty-echo a -> ok");
        classic("event a -> ok, next -> a, wrong-echo a -> 410, echo a -> ok");
        classic("event a -> ok, next -> a, wrong-echo b -> 400");
    }

    #[test]
    fn a_snap_start_function_restores_once() {
        check(
            false,
            "restore -> ok, next -> wait, restore -> 403 Ready RestoreReady",
        );
        check(
            false,
            "restore -> ok, restore-error -> ok, next -> 403 RuntimeRestoreErrorState Ready",
        );
        check(
            false,
            "restore -> ok, init-error -> ok, init-error -> 403 \
                            RuntimeRestoreErrorState InitError",
        );
        check(
            false,
            "restore-error -> 403 Started RuntimeRestoreErrorState",
        );
    }

    #[test]
    fn managed_instances_run_several_at_once() {
        check(
            true,
            "next -> wait, event a -> ok, event b -> ok, next -> a, next -> b, next -> wait, \
             response b -> ok, over b -> true, over a -> false, response b -> 400, error b -> 400, \
             error a -> ok, over a -> true",
        );
    }

    #[test]
    fn managed_instances_go_on_after_a_timeout_and_late_responses_get_410() {
        check(
            true,
            "event a -> ok, event b -> ok, next -> a, next -> b, expire a -> ok, \
             response a -> 410, response b -> ok, next -> wait, response c -> 400",
        );
    }

    #[test]
    fn managed_instances_are_not_stuck_by_a_bad_response() {
        check(
            true,
            "event a -> ok, next -> a, buffered a -> mode, next -> wait",
        );
        check(true, "next -> wait, init-error -> ok, next -> wait");
    }
}
