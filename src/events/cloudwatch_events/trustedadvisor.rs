//! AWS Trusted Advisor: checks, as the detail of an event.

use alloc::string::String;

use crate::events::Map;
use crate::events::field::event;

event! {
    /// A check (AWS Support User Guide, "Monitoring AWS Trusted Advisor check results with Amazon
    /// EventBridge").
    pub struct CheckItemRefreshNotification {
        check_name: String as "check-name",
        check_item_detail: Map<String> as "check-item-detail",
        /// `OK`, `WARN` or `ERROR`
        status: String,
        resource_id: String,
        uuid: String,
    }
}
