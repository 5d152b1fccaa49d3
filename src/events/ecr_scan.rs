//! Amazon ECR: scans of images, as the detail of an event: `EventBridgeEvent<EcrScanEventDetail>`.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use super::{EventBridgeEvent, Map};
use crate::json::Number;

/// An event of a scan.
pub type EcrScanEvent = EventBridgeEvent<EcrScanEventDetail>;

/// An event of an image.
pub type EcrImageActionEvent = EventBridgeEvent<EcrImageActionEventDetail>;

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

    /// An image that was pushed, deleted or replicated.
    pub struct EcrImageActionEventDetail {
        /// `PUSH`, `DELETE`, `REPLICATE`
        action_type: String as "action-type",
        /// `SUCCESS`
        result: String,
        repository_name: String as "repository-name",
        image_digest: String as "image-digest",
        image_tag: String as "image-tag",
        manifest_media_type: String as "manifest-media-type",
        artifact_media_type: String as "artifact-media-type",
        /// Of replications.
        source_account: String as "source-account",
    }
}
