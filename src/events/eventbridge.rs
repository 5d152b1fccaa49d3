//! Amazon EventBridge: events of rules, pipes and schedules.

use alloc::string::String;
use alloc::vec::Vec;

use super::Field;
use super::Timestamp;
use super::field::{ReadField, WriteField, read, write};
use crate::json::{self, FromJson, Reader, ToJson, Value, Writer};

/// An event of an event bus (Amazon EventBridge User Guide, "EventBridge events"), with a `T` as its
/// detail: any of the types of [`events`](super) that AWS services send this way, or one of your own.
///
/// ```
/// use tiny_lambda::events::{eventbridge::EventBridgeEvent, samples};
/// use tiny_lambda::{json, json_struct};
///
/// json_struct! { struct Placed { order: String, cents: u64 } }
///
/// let event: EventBridgeEvent<Placed> = json::parse(samples::EVENTBRIDGE.as_bytes())?;
/// assert_eq!(event.source.get()?, "com.example.shop");
/// assert_eq!(event.detail.get()?.cents, 500);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EventBridgeEvent<T = Value> {
    /// `0`
    pub version: Field<String>,
    /// Names the event.
    pub id: Field<String>,
    /// What kind of detail this is, such as `Scheduled Event`. `detail-type` in JSON.
    pub detail_type: Field<String>,
    /// Who has sent it: `aws.` and a service, or a word of your own.
    pub source: Field<String>,
    /// The account.
    pub account: Field<String>,
    /// When it happened.
    pub time: Field<Timestamp>,
    /// Where it happened.
    pub region: Field<String>,
    /// The ARNs of what it is about; of a schedule, the rule's own.
    pub resources: Field<Vec<String>>,
    /// What happened.
    pub detail: Field<T>,
    /// Of a replay from an archive, its name. `replay-name` in JSON.
    pub replay_name: Field<String>,
}

/// An event of a schedule, whose detail is empty.
pub type ScheduledEvent = EventBridgeEvent<Value>;

const PREFIX: &str = "EventBridgeEvent.";

const NAMES: &[&str] = &[
    "EventBridgeEvent.version",
    "EventBridgeEvent.id",
    "EventBridgeEvent.detail-type",
    "EventBridgeEvent.source",
    "EventBridgeEvent.account",
    "EventBridgeEvent.time",
    "EventBridgeEvent.region",
    "EventBridgeEvent.resources",
    "EventBridgeEvent.detail",
    "EventBridgeEvent.replay-name",
];

/// All members are missing.
impl<T> Default for EventBridgeEvent<T> {
    fn default() -> Self {
        EventBridgeEvent {
            version: Field::default(),
            id: Field::default(),
            detail_type: Field::default(),
            source: Field::default(),
            account: Field::default(),
            time: Field::default(),
            region: Field::default(),
            resources: Field::default(),
            detail: Field::default(),
            replay_name: Field::default(),
        }
    }
}

impl<T: FromJson> FromJson for EventBridgeEvent<T> {
    fn kind() -> Option<&'static str> {
        Some("EventBridgeEvent")
    }

    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        let mut event = EventBridgeEvent::default();
        let fields: &mut [&mut dyn ReadField] = &mut [
            &mut event.version,
            &mut event.id,
            &mut event.detail_type,
            &mut event.source,
            &mut event.account,
            &mut event.time,
            &mut event.region,
            &mut event.resources,
            &mut event.detail,
            &mut event.replay_name,
        ];
        read(r, PREFIX.len(), NAMES, &[], fields)?;
        Ok(event)
    }
}

impl<T: ToJson> ToJson for EventBridgeEvent<T> {
    fn to_json(&self, w: &mut Writer) {
        let fields: &[&dyn WriteField] = &[
            &self.version,
            &self.id,
            &self.detail_type,
            &self.source,
            &self.account,
            &self.time,
            &self.region,
            &self.resources,
            &self.detail,
            &self.replay_name,
        ];
        write(w, PREFIX.len(), NAMES, fields);
    }
}
