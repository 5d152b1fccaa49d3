//! Amazon ECR: scans and actions of images.

use super::field::event;
use super::{EventBridgeEvent, Map};
use crate::json::Number;

/// The event of a scan.
pub type EcrScanEvent = EventBridgeEvent<EcrScanEventDetail>;

/// The event of an action on an image.
pub type EcrImageActionEvent = EventBridgeEvent<EcrImageActionEventDetail>;

event! {
    /// The detail of an event of Amazon ECR: a scan of an image (Amazon ECR User Guide, "Amazon ECR
    /// events and EventBridge").
    pub struct EcrScanEventDetail {
        scan_status: String as "scan-status",
        repository_name: String as "repository-name",
        /// The number of findings of each severity: `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, …
        finding_severity_counts: Map<Number> as "finding-severity-counts",
        image_digest: String as "image-digest",
        image_tags: Vec<String> as "image-tags",
    }

    /// The detail of an event of Amazon ECR: an image that was pushed, deleted or replicated (the
    /// same page).
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
        /// Only for a replication.
        source_account: String as "source-account",
    }
}
