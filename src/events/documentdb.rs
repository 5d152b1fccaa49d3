//! Amazon DocumentDB: changes of documents.

use super::Map;
use super::field::event;
use crate::json::Value;

event! {
    /// The event of Amazon DocumentDB: a batch of changes (AWS Lambda Developer Guide, "Using AWS
    /// Lambda with Amazon DocumentDB"). A batch fails as a whole.
    ///
    /// ```
    /// use tiny_lambda::events::documentdb::DocumentDbEvent;
    /// use tiny_lambda::{events::samples, json};
    ///
    /// let event: DocumentDbEvent = json::parse(samples::DOCUMENTDB.as_bytes())?;
    /// let value = event.event_source_arn.get()?;
    /// assert_eq!(value, "arn:aws:rds:eu-central-1:123456789012:cluster:orders");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub struct DocumentDbEvent {
        event_source_arn: String as "eventSourceArn",
        /// `aws:docdb`
        event_source: String as "eventSource",
        events: Vec<DocumentDbInnerEvent>,
    }

    /// A change, which is in a member of its own.
    pub struct DocumentDbInnerEvent {
        event: DocumentDbChange,
    }

    /// A change of a document or collection. Values are in MongoDB's extended JSON: `{"$oid":
    /// "…"}`.
    pub struct DocumentDbChange {
        /// The resume token of the change stream.
        id: Map<Value> as "_id",
        cluster_time: Map<Value> as "clusterTime",
        document_key: Map<Value> as "documentKey",
        /// Only if the event source mapping asks for it.
        full_document: Map<Value> as "fullDocument",
        ns: DocumentDbNamespace,
        /// The new name, if a collection was renamed.
        to: DocumentDbNamespace,
        /// `insert`, `update`, `replace`, `delete`, `drop`, `dropDatabase`, `rename` or
        /// `invalidate`
        operation_type: String as "operationType",
        update_description: Map<Value> as "updateDescription",
        lsid: Value,
        txn_number: Value as "txnNumber",
    }

    /// A collection.
    pub struct DocumentDbNamespace {
        db: String,
        coll: String,
    }
}
