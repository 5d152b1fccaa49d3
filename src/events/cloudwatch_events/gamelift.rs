//! Amazon GameLift FlexMatch: matchmaking.

use crate::events::Timestamp;
use crate::events::field::event;
use crate::json::{Number, Value};

event! {
    /// The detail of an event of FlexMatch: tickets for which a match is searched (Amazon GameLift
    /// Servers FlexMatch Developer Guide, "FlexMatch matchmaking events").
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::gamelift::MatchmakingSearching;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<MatchmakingSearching> =
    ///     json::parse(samples::EVENTBRIDGE_GAMELIFT_SEARCHING.as_bytes())?;
    /// assert_eq!(event.detail.get()?.tickets.get()?[0].ticket_id.get()?, "ticket-1");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct MatchmakingSearching {
        tickets: Vec<Ticket>,
        estimated_wait_millis: Value as "estimatedWaitMillis",
        searching_type: String as "type",
        game_session_info: GameSessionInfo as "gameSessionInfo",
    }

    /// The detail of an event of FlexMatch: a potential match.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::gamelift::PotentialMatchCreated;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<PotentialMatchCreated> =
    ///     json::parse(samples::EVENTBRIDGE_GAMELIFT_POTENTIAL_MATCH.as_bytes())?;
    /// assert_eq!(event.detail.get()?.match_id.get()?, "m1");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct PotentialMatchCreated {
        tickets: Vec<Ticket>,
        /// In seconds.
        acceptance_timeout: Number as "acceptanceTimeout",
        rule_evaluation_metrics: Vec<RuleEvaluationMetric> as "ruleEvaluationMetrics",
        acceptance_required: bool as "acceptanceRequired",
        created_type: String as "type",
        game_session_info: GameSessionInfo as "gameSessionInfo",
        match_id: String as "matchId",
    }

    /// The detail of an event of FlexMatch: players who accepted or rejected a match.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::gamelift::AcceptMatch;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<AcceptMatch> =
    ///     json::parse(samples::EVENTBRIDGE_GAMELIFT_ACCEPT.as_bytes())?;
    /// assert_eq!(event.detail.get()?.match_id.get()?, "m1");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AcceptMatch {
        tickets: Vec<Ticket>,
        match_type: String as "type",
        game_session_info: GameSessionInfo as "gameSessionInfo",
        match_id: String as "matchId",
    }

    /// The detail of an event of FlexMatch: all players responded, or the time for that has passed.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::gamelift::AcceptMatchCompleted;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<AcceptMatchCompleted> =
    ///     json::parse(samples::EVENTBRIDGE_GAMELIFT_ACCEPT_COMPLETED.as_bytes())?;
    /// assert_eq!(event.detail.get()?.acceptance.get()?, "TimedOut");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct AcceptMatchCompleted {
        tickets: Vec<Ticket>,
        acceptance: String,
        completed_type: String as "type",
        game_session_info: GameSessionInfo as "gameSessionInfo",
        match_id: String as "matchId",
    }

    /// The detail of an event of FlexMatch: a match and its game session.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::gamelift::MatchmakingSucceeded;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<MatchmakingSucceeded> =
    ///     json::parse(samples::EVENTBRIDGE_GAMELIFT_SUCCEEDED.as_bytes())?;
    /// assert_eq!(event.detail.get()?.match_id.get()?, "m1");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct MatchmakingSucceeded {
        tickets: Vec<Ticket>,
        succeeded_type: String as "type",
        game_session_info: GameSessionInfo as "gameSessionInfo",
        match_id: String as "matchId",
    }

    /// The detail of an event of FlexMatch: tickets for which no match was found in time.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::gamelift::MatchmakingTimedOut;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<MatchmakingTimedOut> =
    ///     json::parse(samples::EVENTBRIDGE_GAMELIFT_TIMED_OUT.as_bytes())?;
    /// assert_eq!(event.detail.get()?.reason.get()?, "TimedOut");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct MatchmakingTimedOut {
        reason: String,
        tickets: Vec<Ticket>,
        rule_evaluation_metrics: Vec<RuleEvaluationMetric> as "ruleEvaluationMetrics",
        out_type: String as "type",
        message: String,
        game_session_info: GameSessionInfo as "gameSessionInfo",
    }

    /// The detail of an event of FlexMatch: tickets that were cancelled.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::gamelift::MatchmakingCancelled;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<MatchmakingCancelled> =
    ///     json::parse(samples::EVENTBRIDGE_GAMELIFT_CANCELLED.as_bytes())?;
    /// assert_eq!(event.detail.get()?.reason.get()?, "Cancelled");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct MatchmakingCancelled {
        reason: String,
        tickets: Vec<Ticket>,
        rule_evaluation_metrics: Vec<RuleEvaluationMetric> as "ruleEvaluationMetrics",
        cancelled_type: String as "type",
        message: String,
        game_session_info: GameSessionInfo as "gameSessionInfo",
    }

    /// The detail of an event of FlexMatch: tickets that failed with an error.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::gamelift::MatchmakingFailed;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<MatchmakingFailed> =
    ///     json::parse(samples::EVENTBRIDGE_GAMELIFT_FAILED.as_bytes())?;
    /// assert_eq!(event.detail.get()?.custom_event_data.get()?, "order a1");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct MatchmakingFailed {
        tickets: Vec<Ticket>,
        custom_event_data: String as "customEventData",
        failed_type: String as "type",
        reason: String,
        message: String,
        game_session_info: GameSessionInfo as "gameSessionInfo",
        match_id: String as "matchId",
    }

    /// A matchmaking ticket.
    pub struct Ticket {
        ticket_id: String as "ticketId",
        start_time: Timestamp as "startTime",
        players: Vec<Player>,
    }

    /// A player.
    pub struct Player {
        player_id: String as "playerId",
        team: String,
        accepted: bool,
        player_session_id: String as "playerSessionId",
    }

    /// A game session.
    pub struct GameSessionInfo {
        game_session_arn: String as "gameSessionArn",
        ip_address: String as "ipAddress",
        port: Value,
        players: Vec<Player>,
    }

    /// The numbers of times that a rule passed and failed.
    pub struct RuleEvaluationMetric {
        rule_name: String as "ruleName",
        passed_count: i64 as "passedCount",
        failed_count: i64 as "failedCount",
    }
}
