//! Tags: changes of the tags of resources.

use crate::events::Map;
use crate::events::field::event;
use crate::json::{Number, Value};

event! {
    /// The detail of an event about tags of a resource that changed (Tagging AWS Resources and Tag
    /// Editor User Guide, "Monitor tag changes with serverless workflows and Amazon EventBridge").
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::tag::TagChangeOnResource;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<TagChangeOnResource> =
    ///     json::parse(samples::EVENTBRIDGE_TAG.as_bytes())?;
    /// assert_eq!(event.detail.get()?.service.get()?, "ec2");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct TagChangeOnResource {
        changed_tag_keys: Vec<String> as "changed-tag-keys",
        service: String,
        resource_type: String as "resource-type",
        version: Number,
        version_timestamp: Value as "version-timestamp",
        tags: Map<String>,
    }
}
