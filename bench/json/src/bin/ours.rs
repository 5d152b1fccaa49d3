//! Runs the works with tiny-lambda.
use json_bench::*;
use std::collections::BTreeMap;
use std::hint::black_box;
use tiny_lambda::json::{self, FromJson, Ignored, ToJson, Value as Tree};

tiny_lambda::json_struct! {
    pub struct Event {
        request_context: RequestContext as "requestContext",
        raw_path: String as "rawPath",
        raw_query_string: String as "rawQueryString",
        route_key: String as "routeKey",
        body: Option<String>,
        is_base64_encoded: bool as "isBase64Encoded",
    }
}
tiny_lambda::json_struct! {
    pub struct RequestContext { http: Http, time_epoch: u64 as "timeEpoch" }
}
tiny_lambda::json_struct! { pub struct Http { method: String, path: String } }
tiny_lambda::json_struct! { pub struct Hello { name: String } }
tiny_lambda::json_struct! { pub struct Sqs { records: Vec<Message> as "Records" } }
tiny_lambda::json_struct! {
    pub struct Message {
        message_id: String as "messageId",
        receipt_handle: String as "receiptHandle",
        body: String,
        attributes: BTreeMap<String, String>,
        message_attributes: BTreeMap<String, Attribute> as "messageAttributes",
        md5_of_body: String as "md5OfBody",
        event_source: String as "eventSource",
        event_source_arn: String as "eventSourceARN",
        aws_region: String as "awsRegion",
    }
}
tiny_lambda::json_struct! {
    pub struct Attribute {
        string_value: Option<String> as "stringValue",
        data_type: String as "dataType",
    }
}
tiny_lambda::json_struct! {
    pub struct Record {
        id: u64,
        name: String,
        email: String,
        active: bool,
        balance: i64,
        tags: Vec<String>,
        address: Address,
    }
}
tiny_lambda::json_struct! { pub struct Address { street: String, city: String, zip: String } }

mod borrowed {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    tiny_lambda::json_struct! {
        pub struct Event<'j> {
            request_context: RequestContext<'j> as "requestContext",
            raw_path: &'j str as "rawPath",
            raw_query_string: &'j str as "rawQueryString",
            route_key: &'j str as "routeKey",
            body: Option<Cow<'j, str>>,
            is_base64_encoded: bool as "isBase64Encoded",
        }
    }
    tiny_lambda::json_struct! {
        pub struct RequestContext<'j> { http: Http<'j>, time_epoch: u64 as "timeEpoch" }
    }
    tiny_lambda::json_struct! { pub struct Http<'j> { method: &'j str, path: &'j str } }
    tiny_lambda::json_struct! { pub struct Sqs<'j> { records: Vec<Message<'j>> as "Records" } }
    tiny_lambda::json_struct! {
        pub struct Message<'j> {
            message_id: &'j str as "messageId",
            receipt_handle: &'j str as "receiptHandle",
            body: Cow<'j, str>,
            attributes: BTreeMap<Cow<'j, str>, &'j str>,
            message_attributes: BTreeMap<Cow<'j, str>, Attribute<'j>> as "messageAttributes",
            md5_of_body: &'j str as "md5OfBody",
            event_source: &'j str as "eventSource",
            event_source_arn: &'j str as "eventSourceARN",
            aws_region: &'j str as "awsRegion",
        }
    }
    tiny_lambda::json_struct! {
        pub struct Attribute<'j> {
            string_value: Option<&'j str> as "stringValue",
            data_type: &'j str as "dataType",
        }
    }
    tiny_lambda::json_struct! {
        pub struct Record<'j> {
            id: u64,
            name: &'j str,
            email: &'j str,
            active: bool,
            balance: i64,
            tags: Vec<&'j str>,
            address: Address<'j>,
        }
    }
    tiny_lambda::json_struct! {
        pub struct Address<'j> { street: &'j str, city: &'j str, zip: &'j str }
    }
}

macro_rules! types {
    ($(pub struct $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {
        $(tiny_lambda::json_struct! { pub struct $name { $($field: $type),* } })*
    };
}
include!("../kinds.rs");

const CAN_SKIP: bool = true;

fn read<T: FromJson>(text: &[u8]) -> T {
    json::parse(text).unwrap()
}
fn write<T: ToJson>(value: &T) -> Vec<u8> {
    json::to_vec(value)
}
fn skip(text: &[u8]) {
    black_box(read::<Ignored>(text));
}

macro_rules! read_borrowed {
    ($text:expr, $type:ty) => {
        json::parse_borrowed::<$type>($text).unwrap()
    };
}

fn main() {
    measure_kinds();
    borrowed!(read_borrowed);
}
