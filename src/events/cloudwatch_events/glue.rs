//! AWS Glue: jobs, crawlers and the Data Catalog.

use crate::events::field::event;
use crate::json::Number;

event! {
    /// The detail of an event of AWS Glue: a job run that ended (AWS Glue User Guide, "Automating
    /// AWS Glue with EventBridge").
    pub struct JobRunStateChange {
        job_name: String as "jobName",
        severity: String,
        state: String,
        job_run_id: String as "jobRunId",
        message: String,
    }

    /// The detail of an event of AWS Glue: a job run that takes longer than the delay threshold.
    pub struct JobRunStatus {
        job_name: String as "jobName",
        severity: String,
        notification_condition: NotificationCondition as "notificationCondition",
        state: String,
        job_run_id: String as "jobRunId",
        message: String,
        started_on: String as "startedOn",
    }

    /// The delay threshold of a job.
    pub struct NotificationCondition {
        /// In minutes.
        notify_delay_after: Number as "NotifyDelayAfter",
    }

    /// The detail of an event of AWS Glue: a crawler that started.
    pub struct CrawlerStarted {
        account_id: String as "accountId",
        crawler_name: String as "crawlerName",
        start_time: String as "startTime",
        state: String,
        message: String,
    }

    /// The detail of an event of AWS Glue: a crawler that succeeded. Its counts are decimal
    /// numbers.
    pub struct CrawlerSucceeded {
        account_id: String as "accountId",
        crawler_name: String as "crawlerName",
        state: String,
        message: String,
        warning_message: String as "warningMessage",
        completion_date: String as "completionDate",
        cloud_watch_log_link: String as "cloudWatchLogLink",
        running_time_sec: String as "runningTime (sec)",
        tables_created: String as "tablesCreated",
        tables_updated: String as "tablesUpdated",
        tables_deleted: String as "tablesDeleted",
        partitions_created: String as "partitionsCreated",
        partitions_updated: String as "partitionsUpdated",
        partitions_deleted: String as "partitionsDeleted",
    }

    /// The detail of an event of AWS Glue: a crawler that failed.
    pub struct CrawlerFailed {
        crawler_name: String as "crawlerName",
        error_message: String as "errorMessage",
        account_id: String as "accountId",
        cloud_watch_log_link: String as "cloudWatchLogLink",
        state: String,
        message: String,
    }

    /// The detail of an event of AWS Glue: a change of a table.
    pub struct DataCatalogTableStateChange {
        database_name: String as "databaseName",
        changed_partitions: Vec<String> as "changedPartitions",
        type_of_change: String as "typeOfChange",
        table_name: String as "tableName",
    }

    /// The detail of an event of AWS Glue: a change of a database.
    pub struct DataCatalogDatabaseStateChange {
        database_name: String as "databaseName",
        type_of_change: String as "typeOfChange",
        changed_tables: Vec<String> as "changedTables",
    }
}
