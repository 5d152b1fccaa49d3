//! AWS Health: events of AWS services.

use crate::events::Map;
use crate::events::field::event;
use crate::json::Value;

event! {
    /// The detail of an event of AWS Health (AWS Health User Guide, "Reference: AWS Health events
    /// Amazon EventBridge schema").
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::health::Event;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<Event> =
    ///     json::parse(samples::EVENTBRIDGE_HEALTH.as_bytes())?;
    /// assert_eq!(event.detail.get()?.service.get()?, "EC2");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct Event {
        event_arn: String as "eventArn",
        service: String,
        event_type_code: String as "eventTypeCode",
        /// `issue`, `accountNotification`, `scheduledChange` or `investigation`
        event_type_category: String as "eventTypeCategory",
        event_scope_code: String as "eventScopeCode",
        communication_id: String as "communicationId",
        /// A time such as `Fri, 27 Jan 2023 06:02:51 GMT`.
        start_time: String as "startTime",
        end_time: String as "endTime",
        last_updated_time: String as "lastUpdatedTime",
        status_code: String as "statusCode",
        event_region: String as "eventRegion",
        event_description: Vec<EventDescription> as "eventDescription",
        event_metadata: Map<Value> as "eventMetadata",
        affected_entities: Vec<Entity> as "affectedEntities",
        affected_account: String as "affectedAccount",
        page: String,
        total_pages: String as "totalPages",
    }

    /// A description in one language.
    pub struct EventDescription {
        language: String,
        latest_description: String as "latestDescription",
    }

    /// A resource that is affected.
    pub struct Entity {
        entity_value: String as "entityValue",
        entity_arn: String as "entityArn",
        status: String,
        last_updated_time: String as "lastUpdatedTime",
        tags: Map<String>,
    }
}
