//! Amazon CloudWatch alarms: actions of alarms that changed their state.

use alloc::string::String;
use alloc::vec::Vec;

use super::Map;
use super::field::event;
use crate::json::{Number, Value};

event! {
    /// A change of state (Amazon CloudWatch User Guide, "Invoke a Lambda function from an alarm").
    pub struct CloudWatchAlarm {
        /// `aws.cloudwatch`
        source: String,
        alarm_arn: String as "alarmArn",
        account_id: String as "accountId",
        /// As in `2023-08-04T12:36:15.490+0000`.
        time: String,
        region: String,
        alarm_data: CloudWatchAlarmData as "alarmData",
        // As events of an event bus have them.
        version: String,
        id: String,
        detail_type: String as "detail-type",
        account: String,
        resources: Vec<String>,
        detail: CloudWatchAlarmData,
    }

    /// An alarm.
    pub struct CloudWatchAlarmData {
        alarm_name: String as "alarmName",
        state: CloudWatchAlarmState,
        previous_state: CloudWatchAlarmState as "previousState",
        configuration: CloudWatchAlarmConfiguration,
    }

    /// A state.
    pub struct CloudWatchAlarmState {
        /// `OK`, `ALARM` or `INSUFFICIENT_DATA`
        value: String,
        reason: String,
        /// JSON.
        reason_data: String as "reasonData",
        timestamp: String,
        actions_suppressed_by: String as "actionsSuppressedBy",
        actions_suppressed_reason: String as "actionsSuppressedReason",
        evaluation_state: String as "evaluationState",
    }

    /// What an alarm looks at: metrics, or other alarms.
    pub struct CloudWatchAlarmConfiguration {
        id: String,
        description: String,
        metrics: Vec<CloudWatchMetricDefinition>,
        alarm_rule: String as "alarmRule",
        actions_suppressor: String as "actionsSuppressor",
        /// In seconds.
        actions_suppressor_wait_period: i64 as "actionsSuppressorWaitPeriod",
        /// In seconds.
        actions_suppressor_extension_period: i64 as "actionsSuppressorExtensionPeriod",
    }

    /// A metric, or an expression of others.
    pub struct CloudWatchMetricDefinition {
        id: String,
        metric_stat: CloudWatchMetricStats as "metricStat",
        expression: String,
        label: String,
        return_data: bool as "returnData",
    }

    /// What is made of a metric.
    pub struct CloudWatchMetricStats {
        metric: CloudWatchMetric,
        /// In seconds.
        period: Number,
        stat: String,
        unit: String,
    }

    /// A metric.
    pub struct CloudWatchMetric {
        namespace: String,
        name: String,
        dimensions: Map<Value>,
    }
}
