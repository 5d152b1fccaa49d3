//! Amazon Chime: messages to bots.

use alloc::string::String;

use super::Timestamp;
use super::field::event;

event! {
    /// A message, or an invitation (Amazon Chime SDK Developer Guide, "Chime events sent to bots").
    pub struct ChimeBotEvent {
        sender: ChimeBotEventSender as "Sender",
        discussion: ChimeBotEventDiscussion as "Discussion",
        /// `Invite`, `Mention` or `Remove`
        event_type: String as "EventType",
        inbound_https_endpoint: ChimeBotEventInboundHttpsEndpoint as "InboundHttpsEndpoint",
        event_timestamp: Timestamp as "EventTimestamp",
        message: String as "Message",
    }

    /// Who has sent it.
    pub struct ChimeBotEventSender {
        sender_id: String as "SenderId",
        /// `User`
        sender_id_type: String as "SenderIdType",
    }

    /// Where it was sent.
    pub struct ChimeBotEventDiscussion {
        discussion_id: String as "DiscussionId",
        /// `Room`
        discussion_type: String as "DiscussionType",
    }

    /// Where answers go.
    pub struct ChimeBotEventInboundHttpsEndpoint {
        /// `Persistent` or `ShortLived`
        endpoint_type: String as "EndpointType",
        url: String as "Url",
    }
}
