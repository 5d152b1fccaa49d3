//! Amazon Connect: contact flows.

use super::Map;
use super::field::event;
use crate::json::{Number, Value};

event! {
    /// The event of Amazon Connect: a flow that invokes the function (Amazon Connect Administrator
    /// Guide, "Grant Amazon Connect access to your AWS Lambda functions"). The response is a flat
    /// object of strings, a [`ConnectResponse`].
    ///
    /// ```
    /// use tiny_lambda::events::connect::ConnectEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: ConnectEvent = json::parse(samples::CONNECT.as_bytes())?;
    /// assert_eq!(event.name.get()?, "ContactFlowEvent");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct ConnectEvent {
        details: ConnectDetails as "Details",
        /// `ContactFlowEvent`
        name: String as "Name",
    }

    /// The contact, and the parameters of the flow block.
    pub struct ConnectDetails {
        contact_data: ConnectContactData as "ContactData",
        parameters: Map<String> as "Parameters",
    }

    /// A contact.
    pub struct ConnectContactData {
        attributes: Map<String> as "Attributes",
        /// `VOICE`, `CHAT`, `TASK` or `EMAIL`
        channel: String as "Channel",
        contact_id: String as "ContactId",
        customer_endpoint: ConnectEndpoint as "CustomerEndpoint",
        customer_id: String as "CustomerId",
        description: String as "Description",
        initial_contact_id: String as "InitialContactId",
        initiation_method: String as "InitiationMethod",
        instance_arn: String as "InstanceARN",
        language_code: String as "LanguageCode",
        media_streams: Value as "MediaStreams",
        name: String as "Name",
        previous_contact_id: String as "PreviousContactId",
        queue: ConnectQueue as "Queue",
        references: Map<Value> as "References",
        related_contact_id: String as "RelatedContactId",
        segment_attributes: Map<Value> as "SegmentAttributes",
        system_endpoint: ConnectEndpoint as "SystemEndpoint",
        tags: Map<String> as "Tags",
    }

    /// An endpoint of a contact.
    pub struct ConnectEndpoint {
        address: String as "Address",
        /// `TELEPHONE_NUMBER`
        endpoint_type: String as "Type",
    }

    /// A queue.
    pub struct ConnectQueue {
        arn: String as "ARN",
        name: String as "Name",
        outbound_caller_id: Value as "OutboundCallerId",
        queue_position: Number as "QueuePosition",
    }
}

/// The response to a [`ConnectEvent`].
pub type ConnectResponse = Map<String>;
