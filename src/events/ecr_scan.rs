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
    ///
    /// ```
    /// use tiny_lambda::events::ecr_scan::EcrScanEventDetail;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<EcrScanEventDetail> =
    ///     json::parse(samples::ECR_SCAN.as_bytes())?;
    /// assert_eq!(event.detail.get()?.scan_status.get()?, "COMPLETE");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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
    ///
    /// ```
    /// use tiny_lambda::events::ecr_scan::EcrImageActionEventDetail;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<EcrImageActionEventDetail> =
    ///     json::parse(samples::ECR_IMAGE_ACTION.as_bytes())?;
    /// assert_eq!(event.detail.get()?.action_type.get()?, "PUSH");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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
