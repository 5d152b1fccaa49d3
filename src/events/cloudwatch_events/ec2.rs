//! Amazon EC2: changes of instances.

use crate::events::field::event;

event! {
    /// The detail of an event of Amazon EC2: a change of the state of an instance (Amazon EC2 User
    /// Guide, "Automate Amazon EC2 using EventBridge").
    pub struct InstanceStateChange {
        instance_id: String as "instance-id",
        /// `pending`, `running`, `stopping`, `stopped`, `shutting-down` or `terminated`
        state: String,
    }
}
