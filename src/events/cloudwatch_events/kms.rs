//! AWS KMS: changes of keys.

use crate::events::field::event;

event! {
    /// The detail of an event of AWS KMS: a key that was rotated or deleted, or whose imported key
    /// material expired (AWS KMS Developer Guide, "Monitor KMS keys with Amazon EventBridge").
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::kms::CmkEvent;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<CmkEvent> =
    ///     json::parse(samples::EVENTBRIDGE_KMS.as_bytes())?;
    /// assert_eq!(event.detail.get()?.key_id.get()?, "00006a58-5b1c-4d7e-9f20-3a6c8e0d5eb8");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CmkEvent {
        key_id: String as "key-id",
    }
}
