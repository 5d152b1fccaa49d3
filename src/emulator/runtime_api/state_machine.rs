//! The Runtime API as a state machine: who may call what, and when. No socket, no clock, no process.
//!
//! Rules and names are those of AWS's own emulator: for ordinary functions one invocation at a
//! time, for Managed Instances (`concurrent`) several, each with a life of its own.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::emulator::message::Event;

/// How many invocations that ran into their timeout are remembered, so that a late answer gets
/// 410 and not 400.
const EXPIRED_MAX: usize = 1000;

/// Where the runtime is. The names appear in the messages of refused calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// The process runs, and has not called yet.
    Started,
    /// It has reported that it cannot start; nothing else may follow.
    InitError,
    /// `restore/next` has been called, the snapshot is being taken.
    RestoreReady,
    /// The snapshot has been restored.
    Restoring,
    /// The restored process has reported that it cannot go on.
    RestoreError,
    /// `next` waits, or may be called.
    Ready,
    /// An event has been handed out.
    Running,
    /// A response has begun.
    Response,
    /// An error report has begun.
    ErrorResponse,
    /// The answer has been taken, and the runtime has not yet called `next`.
    ResponseSent,
}

impl State {
    /// The literal name that AWS's servers use.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Started => "Started",
            State::InitError => "InitError",
            State::RestoreReady => "RestoreReady",
            State::Restoring => "Restoring",
            State::RestoreError => "RuntimeRestoreErrorState",
            State::Ready => "Ready",
            State::Running => "Running",
            State::Response => "InvocationResponse",
            State::ErrorResponse => "InvocationErrorResponse",
            State::ResponseSent => "RuntimeResponseSentState",
        }
    }
}

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No such invocation, or it is over (400).
    RequestId,
    /// The invocation ran into its timeout, or this answer belongs to an earlier attempt (410).
    Timeout,
    /// `Lambda-Runtime-Function-Response-Mode` is not `streaming` (400).
    ResponseMode,
    /// Not now (403).
    Transition(State, State),
}

/// The two ways to answer an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Response,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Queued,
    Running,
    Answering,
    Answered,
    Over,
}

#[derive(Debug)]
struct Invocation<R> {
    event: Arc<Event>,
    /// What takes the answer to the caller.
    reply: R,
    stage: Stage,
    /// The caller has got the beginning of a streamed answer.
    begun: bool,
    outcome: Option<Outcome>,
}

/// What an invocation was answered with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The kind of error, if it was one.
    pub(crate) error_type: Option<String>,
    /// Bytes of the body.
    pub(crate) len: u64,
}

/// The runtime of one execution environment, as the Runtime API sees it.
#[derive(Debug)]
pub(crate) struct Machine<R> {
    state: State,
    concurrent: bool,
    /// `next` has been called: the Init phase is over for the runtime.
    polled: bool,
    snap_start: bool,
    invocations: Vec<Invocation<R>>,
    expired: VecDeque<String>,
}

impl<R: Clone> Machine<R> {
    pub(crate) fn new(concurrent: bool, snap_start: bool) -> Self {
        Machine {
            state: State::Started,
            concurrent,
            polled: false,
            snap_start,
            invocations: Vec::new(),
            expired: VecDeque::new(),
        }
    }

    /// A new process begins; what the old one held is forgotten.
    pub(crate) fn reset(&mut self) {
        *self = Machine::new(self.concurrent, self.snap_start);
    }

    /// Whether the runtime has called `next` since it was started.
    pub(crate) fn polled(&self) -> bool {
        self.polled
    }

    /// Offers an event; the runtime gets it with its next [`take`](Self::take).
    pub(crate) fn submit(&mut self, event: Arc<Event>, reply: R) {
        let stage = Stage::Queued;
        // Another attempt: its answer is told from a late one by the nonce.
        self.expired.retain(|id| *id != event.request_id);
        self.invocations.push(Invocation {
            event,
            reply,
            stage,
            begun: false,
            outcome: None,
        });
    }

    /// `GET next` has come. While an event is out this is no error: it is handed out again.
    pub(crate) fn poll(&mut self) -> Result<(), Refusal> {
        match self.state {
            State::Started | State::Restoring | State::Ready => self.state = State::Ready,
            State::ResponseSent => {
                for invocation in &mut self.invocations {
                    if invocation.stage == Stage::Answered {
                        invocation.stage = Stage::Over;
                    }
                }
                self.state = State::Ready;
            }
            State::Running => {}
            from => return Err(Refusal::Transition(from, State::Ready)),
        }
        self.polled = true;
        Ok(())
    }

    /// The event for a `GET next` that waits; `None`: not yet.
    pub(crate) fn take(&mut self) -> Option<Arc<Event>> {
        let wanted = match self.state {
            State::Ready => Stage::Queued,
            State::Running => Stage::Running,
            _ => return None,
        };
        let found = self.invocations.iter_mut().find(|i| i.stage == wanted)?;
        found.stage = Stage::Running;
        if !self.concurrent {
            self.state = State::Running;
        }
        Some(Arc::clone(&found.event))
    }

    /// An answer to invocation `id` begins: checks it in the order of AWS's servers and says where
    /// it goes. The body may then be read; [`finish_answer`](Self::finish_answer) follows.
    pub(crate) fn begin_answer(
        &mut self,
        id: &str,
        nonce: Option<&str>,
        kind: Kind,
        mode: Option<&str>,
    ) -> Result<R, Refusal> {
        if self.expired.iter().any(|expired| expired == id) {
            return Err(Refusal::Timeout);
        }
        let concurrent = self.concurrent;
        let invocation = self
            .invocations
            .iter_mut()
            .find(|i| {
                i.event.request_id == id
                    && match i.stage {
                        Stage::Queued | Stage::Over => false,
                        Stage::Running => true,
                        Stage::Answering | Stage::Answered => !concurrent,
                    }
            })
            .ok_or(Refusal::RequestId)?;
        if nonce.is_some_and(|nonce| !nonce.is_empty() && nonce != invocation.event.nonce) {
            return Err(Refusal::Timeout);
        }
        if !concurrent {
            let to = match kind {
                Kind::Response => State::Response,
                Kind::Error => State::ErrorResponse,
            };
            if self.state != State::Running {
                return Err(Refusal::Transition(self.state, to));
            }
            self.state = to;
        }
        invocation.stage = Stage::Answering;
        if kind == Kind::Response && mode.is_some_and(|mode| mode != "streaming") {
            // Ordinary functions: the state is stuck until the timeout, as on AWS.
            return Err(Refusal::ResponseMode);
        }
        Ok(invocation.reply.clone())
    }

    /// The caller has got the beginning of the answer to `id`.
    pub(crate) fn mark_begun(&mut self, id: &str) {
        for invocation in self
            .invocations
            .iter_mut()
            .filter(|i| i.event.request_id == id)
        {
            invocation.begun = true;
        }
    }

    /// The answer to `id` has been taken whole, or has been replaced by an error: what takes it to
    /// its caller.
    pub(crate) fn finish_answer(&mut self, id: &str, outcome: Outcome) -> Option<R> {
        let answered =
            |i: &&mut Invocation<R>| i.event.request_id == id && i.stage == Stage::Answering;
        let invocation = self.invocations.iter_mut().find(answered)?;
        invocation.outcome = Some(outcome);
        if self.concurrent {
            invocation.stage = Stage::Over;
        } else {
            invocation.stage = Stage::Answered;
            self.state = State::ResponseSent;
        }
        Some(invocation.reply.clone())
    }

    /// Whether the runtime has reported that it cannot start.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.state, State::InitError | State::RestoreError)
    }

    /// `POST init/error` has come.
    pub(crate) fn init_error(&mut self) -> Result<(), Refusal> {
        match self.state {
            State::Started => self.state = State::InitError,
            State::Restoring => self.state = State::RestoreError,
            // Managed Instances take it and do nothing.
            State::Ready if self.concurrent => {}
            from => return Err(Refusal::Transition(from, State::InitError)),
        }
        Ok(())
    }

    /// `GET restore/next` has come; `None`: there is no such path, as this is no SnapStart function.
    pub(crate) fn restore(&mut self) -> Option<Result<(), Refusal>> {
        if !self.snap_start {
            return None;
        }
        Some(match self.state {
            State::Started => {
                self.state = State::Restoring;
                Ok(())
            }
            from => Err(Refusal::Transition(from, State::RestoreReady)),
        })
    }

    /// `POST restore/error` has come; `None` as for [`restore`](Self::restore).
    pub(crate) fn restore_error(&mut self) -> Option<Result<(), Refusal>> {
        if !self.snap_start {
            return None;
        }
        Some(match self.state {
            State::Restoring => {
                self.state = State::RestoreError;
                Ok(())
            }
            from => Err(Refusal::Transition(from, State::RestoreError)),
        })
    }

    /// What takes the answer to `id` to its caller.
    pub(crate) fn reply_of(&self, id: &str) -> Option<R> {
        Some(self.find(id)?.reply.clone())
    }

    fn find(&self, id: &str) -> Option<&Invocation<R>> {
        self.invocations.iter().find(|i| i.event.request_id == id)
    }

    /// Whether the caller has got the beginning of the answer to `id`.
    pub(crate) fn has_begun(&self, id: &str) -> bool {
        self.find(id).is_some_and(|i| i.begun)
    }

    /// Whether the runtime has answered `id` and come back for more.
    pub(crate) fn is_over(&self, id: &str) -> bool {
        self.find(id).is_none_or(|i| i.stage == Stage::Over)
    }

    /// What `id` has been answered with; the runtime may not have called `next` yet.
    pub(crate) fn outcome(&self, id: &str) -> Option<Outcome> {
        self.find(id)?.outcome.clone()
    }

    /// Forgets `id`, which is over.
    pub(crate) fn remove(&mut self, id: &str) {
        self.invocations.retain(|i| i.event.request_id != id);
    }

    /// Gives up `id`, which ran into its timeout while the process lives on.
    pub(crate) fn expire(&mut self, id: &str) {
        self.remove(id);
        if self.expired.len() >= EXPIRED_MAX {
            self.expired.pop_front();
        }
        self.expired.push_back(id.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays `calls` (words of a small language) to a new machine; says what each came to.
    #[track_caller]
    fn check(concurrent: bool, snap_start: bool, conversation: &str) {
        let mut machine = Machine::new(concurrent, snap_start);
        for step in conversation.split(',').map(str::trim) {
            let (call, want) = step.split_once(" -> ").expect("call -> result");
            let (verb, id) = call.split_once(' ').unwrap_or((call, ""));
            let refusal = |r: Refusal| match r {
                Refusal::RequestId => "400".to_owned(),
                Refusal::Timeout => "410".to_owned(),
                Refusal::ResponseMode => "mode".to_owned(),
                Refusal::Transition(from, to) => format!("403 {} {}", from.name(), to.name()),
            };
            let answer = |m: &mut Machine<()>, kind, nonce, mode| {
                m.begin_answer(id, nonce, kind, mode).map(|()| {
                    let outcome = Outcome {
                        error_type: None,
                        len: 0,
                    };
                    m.finish_answer(id, outcome);
                })
            };
            let done =
                |result: Result<(), Refusal>| result.map_or_else(refusal, |()| "ok".to_owned());
            let got = match verb {
                "event" => {
                    let event = Event {
                        request_id: id.to_owned(),
                        nonce: "n".to_owned(),
                        ..Event::default()
                    };
                    machine.submit(Arc::new(event), ());
                    "ok".to_owned()
                }
                "next" => match machine.poll() {
                    Ok(()) => machine
                        .take()
                        .map_or("wait".to_owned(), |e| e.request_id.clone()),
                    Err(r) => refusal(r),
                },
                "response" => done(answer(&mut machine, Kind::Response, None, None)),
                "stream" => done(answer(
                    &mut machine,
                    Kind::Response,
                    None,
                    Some("streaming"),
                )),
                "buffered" => done(answer(&mut machine, Kind::Response, None, Some("buffered"))),
                "cut" => done(machine.begin_answer(id, None, Kind::Response, None)),
                "error" => done(answer(&mut machine, Kind::Error, None, None)),
                "echo" => done(answer(&mut machine, Kind::Response, Some("n"), None)),
                "empty-echo" => done(answer(&mut machine, Kind::Response, Some(""), None)),
                "wrong-echo" => done(answer(&mut machine, Kind::Response, Some("m"), None)),
                "init-error" => done(machine.init_error()),
                "restore" => machine.restore().map_or("404".to_owned(), done),
                "restore-error" => machine.restore_error().map_or("404".to_owned(), done),
                "expire" => {
                    machine.expire(id);
                    "ok".to_owned()
                }
                "reset" => {
                    machine.reset();
                    "ok".to_owned()
                }
                "over" => machine.is_over(id).to_string(),
                other => panic!("no such call: {other}"),
            };
            assert_eq!(got, want, "{step:?} in {conversation:?}");
        }
    }

    #[track_caller]
    fn classic(conversation: &str) {
        check(false, false, conversation);
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
    fn an_invocation_is_answered_once() {
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
    fn the_nonce_is_checked_only_where_it_is_echoed() {
        classic("event a -> ok, next -> a, echo a -> ok");
        classic("event a -> ok, next -> a, empty-echo a -> ok");
        classic("event a -> ok, next -> a, wrong-echo a -> 410, echo a -> ok");
        classic("event a -> ok, next -> a, wrong-echo b -> 400");
    }

    #[test]
    fn restore_is_for_snap_start() {
        classic("restore -> 404, restore-error -> 404, next -> wait");
        check(
            false,
            true,
            "restore -> ok, next -> wait, restore -> 403 Ready RestoreReady",
        );
        check(
            false,
            true,
            "restore -> ok, restore-error -> ok, next -> 403 RuntimeRestoreErrorState Ready",
        );
        check(
            false,
            true,
            "restore -> ok, init-error -> ok, init-error -> 403 \
                            RuntimeRestoreErrorState InitError",
        );
        check(
            false,
            true,
            "restore-error -> 403 Started RuntimeRestoreErrorState",
        );
    }

    #[test]
    fn managed_instances_run_several_at_once() {
        check(
            true,
            false,
            "next -> wait, event a -> ok, event b -> ok, next -> a, next -> b, next -> wait, \
             response b -> ok, over b -> true, over a -> false, response b -> 400, error b -> 400, \
             error a -> ok, over a -> true",
        );
    }

    #[test]
    fn managed_instances_answer_a_timed_out_invocation_with_410_and_go_on() {
        check(
            true,
            false,
            "event a -> ok, event b -> ok, next -> a, next -> b, expire a -> ok, \
             response a -> 410, response b -> ok, next -> wait, response c -> 400",
        );
    }

    #[test]
    fn managed_instances_are_not_stuck_by_a_bad_answer() {
        check(
            true,
            false,
            "event a -> ok, next -> a, buffered a -> mode, next -> wait",
        );
        check(true, false, "next -> wait, init-error -> ok, next -> wait");
    }
}
