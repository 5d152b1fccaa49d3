//! AWS Glue: jobs, crawlers and the Data Catalog.

use crate::events::field::event;
use crate::json::Number;

event! {
    /// The detail of an event of AWS Glue: a job run that ended, or that takes longer than the delay
    /// threshold (AWS Glue User Guide, "Automating AWS Glue with EventBridge").
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::glue::JobRunStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<JobRunStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_GLUE_JOB.as_bytes())?;
    /// assert_eq!(event.detail.get()?.job_name.get()?, "orders");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct JobRunStateChange {
        job_name: String as "jobName",
        severity: String,
        state: String,
        job_run_id: String as "jobRunId",
        message: String,
        // The next members are only in events about the delay threshold.
        notification_condition: NotificationCondition as "notificationCondition",
        started_on: String as "startedOn",
    }

    /// The delay threshold of a job.
    pub struct NotificationCondition {
        /// In minutes.
        notify_delay_after: Number as "NotifyDelayAfter",
    }

    /// The detail of an event of AWS Glue: a crawler that started, succeeded or failed.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::glue::CrawlerStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<CrawlerStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_GLUE_CRAWLER_SUCCEEDED.as_bytes())?;
    /// assert_eq!(event.detail.get()?.account_id.get()?, "123456789012");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct CrawlerStateChange {
        account_id: String as "accountId",
        crawler_name: String as "crawlerName",
        state: String,
        message: String,
        /// Only of a crawler that started.
        start_time: String as "startTime",
        /// Only of a crawler that failed.
        error_message: String as "errorMessage",
        cloud_watch_log_link: String as "cloudWatchLogLink",
        // The next members are only of a crawler that succeeded. The counts are decimal numbers.
        warning_message: String as "warningMessage",
        completion_date: String as "completionDate",
        running_time_sec: String as "runningTime (sec)",
        tables_created: String as "tablesCreated",
        tables_updated: String as "tablesUpdated",
        tables_deleted: String as "tablesDeleted",
        partitions_created: String as "partitionsCreated",
        partitions_updated: String as "partitionsUpdated",
        partitions_deleted: String as "partitionsDeleted",
    }

    /// The detail of an event of AWS Glue: a change of a table.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::glue::DataCatalogTableStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<DataCatalogTableStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_GLUE_TABLE.as_bytes())?;
    /// assert_eq!(event.detail.get()?.database_name.get()?, "shop");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct DataCatalogTableStateChange {
        database_name: String as "databaseName",
        changed_partitions: Vec<String> as "changedPartitions",
        type_of_change: String as "typeOfChange",
        table_name: String as "tableName",
    }

    /// The detail of an event of AWS Glue: a change of a database.
    ///
    /// ```
    /// use tiny_lambda::events::cloudwatch_events::glue::DataCatalogDatabaseStateChange;
    /// use tiny_lambda::events::{EventBridgeEvent, samples};
    /// use tiny_lambda::json;
    ///
    /// let event: EventBridgeEvent<DataCatalogDatabaseStateChange> =
    ///     json::parse(samples::EVENTBRIDGE_GLUE_DATABASE.as_bytes())?;
    /// assert_eq!(event.detail.get()?.database_name.get()?, "shop");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct DataCatalogDatabaseStateChange {
        database_name: String as "databaseName",
        type_of_change: String as "typeOfChange",
        changed_tables: Vec<String> as "changedTables",
    }
}

/// The detail of an event of AWS Glue: a job run that takes longer than the delay threshold.
pub type JobRunStatus = JobRunStateChange;

/// The detail of an event of AWS Glue: a crawler that started.
pub type CrawlerStarted = CrawlerStateChange;

/// The detail of an event of AWS Glue: a crawler that succeeded.
pub type CrawlerSucceeded = CrawlerStateChange;

/// The detail of an event of AWS Glue: a crawler that failed.
pub type CrawlerFailed = CrawlerStateChange;
