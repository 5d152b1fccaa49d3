//! The works with a peer.
use json_bench::*;
use std::collections::BTreeMap;
use std::hint::black_box;
use serde::{Deserialize, Serialize};
use serde_json::{from_slice, to_vec};

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
mod borrowed {
    use super::*;
    use std::borrow::Cow;

#[derive(Deserialize, Serialize)]
pub struct Event<'j> {
    #[serde(borrow, rename = "requestContext")]
    request_context: RequestContext<'j>,
    #[serde(rename = "rawPath")]
    raw_path: &'j str,
    #[serde(rename = "rawQueryString")]
    raw_query_string: &'j str,
    #[serde(rename = "routeKey")]
    route_key: &'j str,
    #[serde(borrow)]
    body: Option<Cow<'j, str>>,
    #[serde(rename = "isBase64Encoded")]
    is_base64_encoded: bool,
}
#[derive(Deserialize, Serialize)]
pub struct RequestContext<'j> {
    #[serde(borrow)]
    http: Http<'j>,
    #[serde(rename = "timeEpoch")]
    time_epoch: u64,
}
#[derive(Deserialize, Serialize)]
pub struct Http<'j> { method: &'j str, path: &'j str }
#[derive(Deserialize, Serialize)]
pub struct Hello<'j> { name: &'j str }
#[derive(Deserialize, Serialize)]
pub struct Sqs<'j> { #[serde(rename = "Records")]
    #[serde(borrow)]
    records: Vec<Message<'j>> }
#[derive(Deserialize, Serialize)]
pub struct Message<'j> {
    #[serde(rename = "messageId")]
    message_id: &'j str,
    #[serde(rename = "receiptHandle")]
    receipt_handle: &'j str,
    #[serde(borrow)]
    body: Cow<'j, str>,
    #[serde(borrow)]
    attributes: BTreeMap<&'j str, &'j str>,
    #[serde(rename = "messageAttributes")]
    #[serde(borrow)]
    message_attributes: BTreeMap<&'j str, Attribute<'j>>,
    #[serde(rename = "md5OfBody")]
    md5_of_body: &'j str,
    #[serde(rename = "eventSource")]
    event_source: &'j str,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: &'j str,
    #[serde(rename = "awsRegion")]
    aws_region: &'j str,
}
#[derive(Deserialize, Serialize)]
pub struct Attribute<'j> {
    #[serde(rename = "stringValue")]
    #[serde(borrow)]
    string_value: Option<&'j str>,
    #[serde(rename = "dataType")]
    data_type: &'j str,
}
#[derive(Deserialize, Serialize)]
pub struct Record<'j> {
    id: u64,
    name: &'j str,
    email: &'j str,
    active: bool,
    balance: i64,
    #[serde(borrow)]
    tags: Vec<&'j str>,
    #[serde(borrow)]
    address: Address<'j>,
}
#[derive(Deserialize, Serialize)]
pub struct Address<'j> { street: &'j str, city: &'j str, zip: &'j str }
}

works! {
    hello(HELLO) |text: &[u8]| drop(black_box(from_slice::<Hello>(text)));
    event(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<Event>(text)));
    compact(COMPACT) |text: &[u8]| drop(black_box(from_slice::<Event>(text)));
    event_skip(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<serde::de::IgnoredAny>(text)));
    compact_skip(COMPACT) |text: &[u8]| drop(black_box(from_slice::<serde::de::IgnoredAny>(text)));
    event_tree(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<serde_json::Value>(text)));
    compact_tree(COMPACT) |text: &[u8]| drop(black_box(from_slice::<serde_json::Value>(text)));
    sqs_typed(sqs()) |text: &[u8]| drop(black_box(from_slice::<Sqs>(text)));
    records_typed(records()) |text: &[u8]| drop(black_box(from_slice::<Vec<Record>>(text)));
    event_borrowed(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<borrowed::Event>(text)));
    sqs_borrowed(sqs()) |text: &[u8]| drop(black_box(from_slice::<borrowed::Sqs>(text)));
    records_borrowed(records()) |text: &[u8]| drop(black_box(from_slice::<Vec<borrowed::Record>>(text)));
    strings_borrowed(strings()) |text: &[u8]| drop(black_box(from_slice::<Vec<&str>>(text)));
    write_event(HTTP_API) |text: &[u8]| {
        let value = keep!(EVENT: Event = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_tree(HTTP_API) |text: &[u8]| {
        let value = keep!(TREE: serde_json::Value = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_records(records()) |text: &[u8]| {
        let value = keep!(RECORDS: Vec<Record> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_strings(strings()) |text: &[u8]| {
        let value = keep!(STRINGS: Vec<String> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
}
