//! AWS KMS: keys, as the detail of an event.

use alloc::string::String;

use crate::events::field::event;

event! {
    /// A key that was rotated, has lost its imported material, or was deleted (AWS KMS Developer
    /// Guide, "Monitoring with Amazon EventBridge").
    pub struct CmkEvent {
        key_id: String as "key-id",
    }
}
