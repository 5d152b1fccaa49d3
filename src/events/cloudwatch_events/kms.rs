//! AWS KMS: changes of keys.

use crate::events::field::event;

event! {
    /// The detail of an event of AWS KMS: a key that was rotated or deleted, or whose imported key
    /// material expired (AWS KMS Developer Guide, "Monitor KMS keys with Amazon EventBridge").
    pub struct CmkEvent {
        key_id: String as "key-id",
    }
}
