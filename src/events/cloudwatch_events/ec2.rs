//! Amazon EC2: instances, as the detail of an event.

use alloc::string::String;

use crate::events::field::event;

event! {
    /// An instance in another state (Amazon EC2 User Guide, "Automate Amazon EC2 with
    /// EventBridge").
    pub struct InstanceStateChange {
        instance_id: String as "instance-id",
        /// `pending`, `running`, `stopping`, `stopped`, `shutting-down` or `terminated`
        state: String,
    }
}
