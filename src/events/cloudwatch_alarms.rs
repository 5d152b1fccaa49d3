//! Amazon CloudWatch alarms: changes of state.

use super::Map;
use super::field::{event, parse_json};
use crate::error::Result;
use crate::json::{Number, Value};

event! {
    /// The event of an Amazon CloudWatch alarm: a change of its state (Amazon CloudWatch User
    /// Guide, "Invoke a Lambda function from an alarm").
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_alarms::CloudWatchAlarm;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CloudWatchAlarm = json::parse(samples::CLOUDWATCH_ALARM.as_bytes())?;
    /// assert_eq!(event.account_id.get()?, "123456789012");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CloudWatchAlarm {
        /// `aws.cloudwatch`
        source: String,
        alarm_arn: String as "alarmArn",
        account_id: String as "accountId",
        /// A time such as `2023-08-04T12:36:15.490+0000`.
        time: String,
        region: String,
        alarm_data: CloudWatchAlarmData as "alarmData",
        // The next members are those of events of an event bus.
        version: String,
        id: String,
        detail_type: String as "detail-type",
        account: String,
        resources: Vec<String>,
        detail: CloudWatchAlarmData,
    }

    /// An alarm: its states before and after the change, and its configuration.
    pub struct CloudWatchAlarmData {
        alarm_name: String as "alarmName",
        state: CloudWatchAlarmState,
        previous_state: CloudWatchAlarmState as "previousState",
        configuration: CloudWatchAlarmConfiguration,
    }

    /// A state of an alarm.
    pub struct CloudWatchAlarmState {
        /// `OK`, `ALARM` or `INSUFFICIENT_DATA`
        value: String,
        reason: String,
        /// JSON, which [`CloudWatchAlarmState::data`] parses.
        reason_data: String as "reasonData",
        timestamp: String,
        actions_suppressed_by: String as "actionsSuppressedBy",
        actions_suppressed_reason: String as "actionsSuppressedReason",
        evaluation_state: String as "evaluationState",
    }

    /// The metrics that an alarm watches, or other alarms if it is a composite alarm.
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

    /// A metric, or an expression over other metrics.
    pub struct CloudWatchMetricDefinition {
        id: String,
        metric_stat: CloudWatchMetricStats as "metricStat",
        expression: String,
        label: String,
        return_data: bool as "returnData",
    }

    /// A statistic of a metric.
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

    /// The values that put an alarm into its state.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_alarms::CloudWatchAlarmReasonData;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CloudWatchAlarmReasonData =
    ///     json::parse(samples::CLOUDWATCH_ALARM_REASON.as_bytes())?;
    /// assert_eq!(event.query_date.get()?, "2026-11-15T09:29:59.996+0000");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
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
        /// Only for a composite alarm.
        triggering_alarms: Vec<CloudWatchTriggeringAlarm> as "triggeringAlarms",
    }

    /// A data point that was evaluated.
    pub struct CloudWatchAlarmDatapoint {
        timestamp: String,
        sample_count: Number as "sampleCount",
        value: Number,
        threshold: Number,
    }

    /// An alarm that changed the state of a composite alarm.
    pub struct CloudWatchTriggeringAlarm {
        arn: String,
        state: CloudWatchAlarmState,
    }

    /// The notification of an alarm to an Amazon SNS topic (Amazon CloudWatch User Guide,
    /// "Notifying users on alarm changes"). It is JSON in
    /// [`SnsMessage::message`](super::sns::SnsMessage), which `message.json()` parses.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_alarms::CloudWatchAlarmNotification;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: CloudWatchAlarmNotification =
    ///     json::parse(samples::CLOUDWATCH_ALARM_NOTIFICATION.as_bytes())?;
    /// assert_eq!(event.alarm_name.get()?, "errors");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CloudWatchAlarmNotification {
        alarm_name: String as "AlarmName",
        alarm_description: String as "AlarmDescription",
        aws_account_id: String as "AWSAccountId",
        alarm_configuration_updated_timestamp: String as "AlarmConfigurationUpdatedTimestamp",
        /// `OK`, `ALARM` or `INSUFFICIENT_DATA`
        new_state_value: String as "NewStateValue",
        new_state_reason: String as "NewStateReason",
        /// A time such as `2015-06-03T17:43:27.123+0000`.
        state_change_time: String as "StateChangeTime",
        region: String as "Region",
        alarm_arn: String as "AlarmArn",
        old_state_value: String as "OldStateValue",
        ok_actions: Vec<String> as "OKActions",
        alarm_actions: Vec<String> as "AlarmActions",
        insufficient_data_actions: Vec<String> as "InsufficientDataActions",
        trigger: CloudWatchAlarmTrigger as "Trigger",
    }

    /// The metric or metrics that an alarm watches, and the condition for its state.
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

    /// A dimension of a metric.
    pub struct CloudWatchDimension {
        name: String,
        value: String,
    }

    /// A metric, or an expression over other metrics.
    pub struct CloudWatchMetricDataQuery {
        id: String as "Id",
        expression: String as "Expression",
        label: String as "Label",
        metric_stat: CloudWatchMetricStat as "MetricStat",
        /// In seconds.
        period: Number as "Period",
        return_data: bool as "ReturnData",
    }

    /// A statistic of a metric.
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
    /// Parses `reasonData`: the values that put the alarm into this state.
    ///
    /// # Errors
    /// If there is no `reasonData`, or it is not JSON of this type. The message has the offset.
    ///
    /// ```
    /// use tiny_lambda::events::{cloudwatch_alarms::CloudWatchAlarm, samples};
    /// use tiny_lambda::json;
    ///
    /// let alarm: CloudWatchAlarm = json::parse(samples::CLOUDWATCH_ALARM.as_bytes())?;
    /// let data = alarm.alarm_data.get()?.state.get()?.data()?;
    /// assert!(data.threshold.ok().is_some());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[track_caller]
    pub fn data(&self) -> Result<CloudWatchAlarmReasonData> {
        parse_json(
            "CloudWatchAlarmState.reasonData",
            self.reason_data.get()?.as_bytes(),
        )
    }
}
