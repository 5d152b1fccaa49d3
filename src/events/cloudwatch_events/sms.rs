//! AWS Server Migration Service: jobs, as the detail of an event.

use alloc::string::String;

use crate::events::field::event;

event! {
    /// A job.
    pub struct JobStateChange {
        state: String,
        replication_run_id: String as "replication-run-id",
        replication_job_id: String as "replication-job-id",
        ami_id: String as "ami-id",
        version: String,
    }
}
