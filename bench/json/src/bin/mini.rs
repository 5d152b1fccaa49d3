//! The works with a peer.
use json_bench::*;
use std::collections::BTreeMap;
use std::hint::black_box;
use miniserde::{Deserialize, Serialize, json};

fn from_slice<T: Deserialize>(text: &[u8]) -> Option<T> {
    json::from_str(std::str::from_utf8(text).unwrap()).ok()
}
fn to_string<T: Serialize>(value: &T) -> String {
    json::to_string(value)
}

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

works! {
    hello(HELLO) |text: &[u8]| drop(black_box(from_slice::<Hello>(text)));
    event(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<Event>(text)));
    compact(COMPACT) |text: &[u8]| drop(black_box(from_slice::<Event>(text)));
    event_tree(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<json::Value>(text)));
    compact_tree(COMPACT) |text: &[u8]| drop(black_box(from_slice::<json::Value>(text)));
    sqs_typed(sqs()) |text: &[u8]| drop(black_box(from_slice::<Sqs>(text)));
    records_typed(records()) |text: &[u8]| drop(black_box(from_slice::<Vec<Record>>(text)));
    write_event(HTTP_API) |text: &[u8]| {
        let value = keep!(EVENT: Event = from_slice(text).unwrap());
        drop(black_box(to_string(value)));
    };
    write_tree(HTTP_API) |text: &[u8]| {
        let value = keep!(TREE: json::Value = from_slice(text).unwrap());
        drop(black_box(to_string(value)));
    };
    write_records(records()) |text: &[u8]| {
        let value = keep!(RECORDS: Vec<Record> = from_slice(text).unwrap());
        drop(black_box(to_string(value)));
    };
    write_strings(strings()) |text: &[u8]| {
        let value = keep!(STRINGS: Vec<String> = from_slice(text).unwrap());
        drop(black_box(to_string(value)));
    };
}
