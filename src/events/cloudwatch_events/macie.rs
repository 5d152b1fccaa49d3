//! Amazon Macie Classic: alerts, as the detail of an event.

use alloc::string::String;
use alloc::vec::Vec;

use crate::events::Map;
use crate::events::field::event;
use crate::json::{Number, Value};

event! {
    /// An alert.
    pub struct Alert {
        notification_type: String as "notification-type",
        name: String,
        tags: Vec<String>,
        url: String,
        alert_arn: String as "alert-arn",
        risk_score: i64 as "risk-score",
        trigger: Trigger,
        created_at: String as "created-at",
        actor: String,
        /// Its names are those of buckets, addresses and regions.
        summary: Map<Value>,
    }

    /// An alert that has changed.
    pub struct AlertUpdated {
        notification_type: String as "notification-type",
        name: String,
        tags: Vec<String>,
        url: String,
        alert_arn: String as "alert-arn",
        risk_score: i64 as "risk-score",
        created_at: String as "created-at",
        actor: String,
        trigger: UpdatedTrigger,
    }

    /// What has set it off.
    pub struct Trigger {
        rule_arn: String as "rule-arn",
        alert_type: String as "alert-type",
        created_at: String as "created-at",
        description: String,
        risk: i64,
    }

    /// What has changed it.
    pub struct UpdatedTrigger {
        alert_type: String as "alert-type",
        features: Map<FeatureInfo>,
    }

    /// What was seen.
    pub struct FeatureInfo {
        name: String,
        description: String,
        narrative: String,
        anomalous: bool,
        multiplier: Number,
        excession_times: Vec<String>,
        risk: i64,
    }
}
