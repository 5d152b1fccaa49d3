//! The types that are read with serde's derives, which own their strings.

use std::collections::BTreeMap;

use super::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
pub struct Event {
    #[serde(rename = "requestContext")]
    request_context: RequestContext,
    #[serde(rename = "rawPath")]
    raw_path: String,
    #[serde(rename = "rawQueryString")]
    raw_query_string: String,
    #[serde(rename = "routeKey")]
    route_key: String,
    body: Option<String>,
    #[serde(rename = "isBase64Encoded")]
    is_base64_encoded: bool,
}
#[derive(Deserialize, Serialize)]
pub struct RequestContext {
    http: Http,
    #[serde(rename = "timeEpoch")]
    time_epoch: u64,
}
#[derive(Deserialize, Serialize)]
pub struct Http { method: String, path: String }
#[derive(Deserialize, Serialize)]
pub struct Hello { name: String }
#[derive(Deserialize, Serialize)]
pub struct Sqs { #[serde(rename = "Records")]
    records: Vec<Message> }
#[derive(Deserialize, Serialize)]
pub struct Message {
    #[serde(rename = "messageId")]
    message_id: String,
    #[serde(rename = "receiptHandle")]
    receipt_handle: String,
    body: String,
    attributes: BTreeMap<String, String>,
    #[serde(rename = "messageAttributes")]
    message_attributes: BTreeMap<String, Attribute>,
    #[serde(rename = "md5OfBody")]
    md5_of_body: String,
    #[serde(rename = "eventSource")]
    event_source: String,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: String,
    #[serde(rename = "awsRegion")]
    aws_region: String,
}
#[derive(Deserialize, Serialize)]
pub struct Attribute {
    #[serde(rename = "stringValue")]
    string_value: Option<String>,
    #[serde(rename = "dataType")]
    data_type: String,
}
#[derive(Deserialize, Serialize)]
pub struct Record {
    id: u64,
    name: String,
    email: String,
    active: bool,
    balance: i64,
    tags: Vec<String>,
    address: Address,
}
#[derive(Deserialize, Serialize)]
pub struct Address { street: String, city: String, zip: String }
