//! The types that are read with serde's derives, whose strings borrow from the text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Deserialize, Serialize};

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
