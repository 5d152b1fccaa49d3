//! Amazon ECR: scans of images, as the detail of an event: `EventBridgeEvent<EcrScanEventDetail>`.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use super::{EventBridgeEvent, Map};
use crate::json::Number;

/// An event of a scan.
pub type EcrScanEvent = EventBridgeEvent<EcrScanEventDetail>;

event! {
    /// A scan (Amazon ECR User Guide, "Amazon ECR events and EventBridge").
    pub struct EcrScanEventDetail {
        scan_status: String as "scan-status",
        repository_name: String as "repository-name",
        /// How many there are of each severity: `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, …
        finding_severity_counts: Map<Number> as "finding-severity-counts",
        image_digest: String as "image-digest",
        image_tags: Vec<String> as "image-tags",
    }
}
