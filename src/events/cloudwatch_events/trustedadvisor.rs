//! AWS Trusted Advisor: results of checks.

use crate::events::Map;
use crate::events::field::event;

event! {
    /// The detail of an event of AWS Trusted Advisor: the result of a check for a resource (AWS
    /// Support User Guide, "Monitoring AWS Trusted Advisor check results with Amazon EventBridge").
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::trustedadvisor::CheckItemRefreshNotification;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<CheckItemRefreshNotification> =
    ///     json::parse(samples::EVENTBRIDGE_TRUSTEDADVISOR.as_bytes())?;
    /// let value = event.detail.get()?.check_name.get()?;
    /// assert_eq!(value, "Low Utilization Amazon EC2 Instances");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CheckItemRefreshNotification {
        check_name: String as "check-name",
        check_item_detail: Map<String> as "check-item-detail",
        /// `OK`, `WARN` or `ERROR`
        status: String,
        resource_id: String,
        uuid: String,
    }
}
