//! Amazon CloudWatch alarms: actions of alarms that changed their state.

use alloc::string::String;
use alloc::vec::Vec;

use super::Map;
use super::field::{event, parse_json};
use crate::error::Result;
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
        /// JSON; [`CloudWatchAlarmState::data`] reads it.
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

    /// Why an alarm has its state, in figures: of a metric alarm, or of a composite one.
    pub struct CloudWatchAlarmReasonData {
        version: String,
        query_date: String as "queryDate",
        start_date: String as "startDate",
        unit: String,
        statistic: String,
        /// In seconds.
        period: Number,
        recent_datapoints: Vec<Number> as "recentDatapoints",
        recent_lower_thresholds: Vec<Number> as "recentLowerThresholds",
        recent_upper_thresholds: Vec<Number> as "recentUpperThresholds",
        threshold: Number,
        evaluated_datapoints: Vec<CloudWatchAlarmDatapoint> as "evaluatedDatapoints",
        /// Of composite alarms.
        triggering_alarms: Vec<CloudWatchTriggeringAlarm> as "triggeringAlarms",
    }

    /// A figure that was looked at.
    pub struct CloudWatchAlarmDatapoint {
        timestamp: String,
        sample_count: Number as "sampleCount",
        value: Number,
        threshold: Number,
    }

    /// An alarm that has caused another one.
    pub struct CloudWatchTriggeringAlarm {
        arn: String,
        state: CloudWatchAlarmState,
    }

    /// What an alarm tells a topic of Amazon SNS: JSON in
    /// [`SnsMessage::message`](super::sns::SnsMessage), so that `message.json()` reads it (Amazon
    /// CloudWatch User Guide, "Notifying users on alarm changes").
    pub struct CloudWatchAlarmNotification {
        alarm_name: String as "AlarmName",
        alarm_description: String as "AlarmDescription",
        aws_account_id: String as "AWSAccountId",
        alarm_configuration_updated_timestamp: String as "AlarmConfigurationUpdatedTimestamp",
        /// `OK`, `ALARM` or `INSUFFICIENT_DATA`
        new_state_value: String as "NewStateValue",
        new_state_reason: String as "NewStateReason",
        /// As in `2015-06-03T17:43:27.123+0000`.
        state_change_time: String as "StateChangeTime",
        region: String as "Region",
        alarm_arn: String as "AlarmArn",
        old_state_value: String as "OldStateValue",
        ok_actions: Vec<String> as "OKActions",
        alarm_actions: Vec<String> as "AlarmActions",
        insufficient_data_actions: Vec<String> as "InsufficientDataActions",
        trigger: CloudWatchAlarmTrigger as "Trigger",
    }

    /// What an alarm looks at.
    pub struct CloudWatchAlarmTrigger {
        metric_name: String as "MetricName",
        namespace: String as "Namespace",
        statistic_type: String as "StatisticType",
        statistic: String as "Statistic",
        unit: String as "Unit",
        dimensions: Vec<CloudWatchDimension> as "Dimensions",
        metrics: Vec<CloudWatchMetricDataQuery> as "Metrics",
        /// In seconds.
        period: Number as "Period",
        evaluation_periods: Number as "EvaluationPeriods",
        datapoints_to_alarm: Number as "DatapointsToAlarm",
        comparison_operator: String as "ComparisonOperator",
        threshold: Number as "Threshold",
        treat_missing_data: String as "TreatMissingData",
        evaluate_low_sample_count_percentile: String as "EvaluateLowSampleCountPercentile",
    }

    /// A dimension.
    pub struct CloudWatchDimension {
        name: String,
        value: String,
    }

    /// A metric, or an expression of others.
    pub struct CloudWatchMetricDataQuery {
        id: String as "Id",
        expression: String as "Expression",
        label: String as "Label",
        metric_stat: CloudWatchMetricStat as "MetricStat",
        /// In seconds.
        period: Number as "Period",
        return_data: bool as "ReturnData",
    }

    /// What is made of a metric.
    pub struct CloudWatchMetricStat {
        metric: CloudWatchNotifiedMetric as "Metric",
        /// In seconds.
        period: Number as "Period",
        stat: String as "Stat",
        unit: String as "Unit",
    }

    /// A metric.
    pub struct CloudWatchNotifiedMetric {
        dimensions: Vec<CloudWatchDimension> as "Dimensions",
        metric_name: String as "MetricName",
        namespace: String as "Namespace",
    }
}

impl CloudWatchAlarmState {
    /// The figures behind the state.
    ///
    /// # Errors
    /// If there are none, or they are no JSON: where.
    #[track_caller]
    pub fn data(&self) -> Result<CloudWatchAlarmReasonData> {
        parse_json(
            "CloudWatchAlarmState.reasonData",
            self.reason_data.get()?.as_bytes(),
        )
    }
}
