//! Tags of resources, as the detail of an event.

use alloc::string::String;
use alloc::vec::Vec;

use crate::events::Map;
use crate::events::field::event;
use crate::json::{Number, Value};

event! {
    /// Tags that have changed (AWS Resource Groups and Tags, "Monitor tag changes with serverless
    /// workflows and Amazon EventBridge").
    pub struct TagChangeOnResource {
        changed_tag_keys: Vec<String> as "changed-tag-keys",
        service: String,
        resource_type: String as "resource-type",
        version: Number,
        version_timestamp: Value as "version-timestamp",
        tags: Map<String>,
    }
}
