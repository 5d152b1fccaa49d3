//! Runs the works with tiny-lambda.
use json_bench::*;
use std::collections::BTreeMap;
use std::hint::black_box;
use tiny_lambda::json::{self, Ignored, Value};

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

works! {
    event_borrowed(HTTP_API) |text: &[u8]| drop(black_box(json::parse_borrowed::<borrowed::Event>(text)));
    sqs_borrowed(sqs()) |text: &[u8]| drop(black_box(json::parse_borrowed::<borrowed::Sqs>(text)));
    records_borrowed(records()) |text: &[u8]| drop(black_box(json::parse_borrowed::<Vec<borrowed::Record>>(text)));
    strings_borrowed(strings()) |text: &[u8]| drop(black_box(json::parse_borrowed::<Vec<&str>>(text)));
    hello(HELLO) |text: &[u8]| drop(black_box(json::parse::<Hello>(text)));
    event(HTTP_API) |text: &[u8]| drop(black_box(json::parse::<Event>(text)));
    compact(COMPACT) |text: &[u8]| drop(black_box(json::parse::<Event>(text)));
    event_skip(HTTP_API) |text: &[u8]| drop(black_box(json::parse::<Ignored>(text)));
    compact_skip(COMPACT) |text: &[u8]| drop(black_box(json::parse::<Ignored>(text)));
    event_tree(HTTP_API) |text: &[u8]| drop(black_box(json::parse::<Value>(text)));
    compact_tree(COMPACT) |text: &[u8]| drop(black_box(json::parse::<Value>(text)));
    sqs_typed(sqs()) |text: &[u8]| drop(black_box(json::parse::<Sqs>(text)));
    records_typed(records()) |text: &[u8]| drop(black_box(json::parse::<Vec<Record>>(text)));
    write_event(HTTP_API) |text: &[u8]| {
        let value = keep!(EVENT: Event = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
    write_tree(HTTP_API) |text: &[u8]| {
        let value = keep!(TREE: Value = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
    write_records(records()) |text: &[u8]| {
        let value = keep!(RECORDS: Vec<Record> = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
    write_strings(strings()) |text: &[u8]| {
        let value = keep!(STRINGS: Vec<String> = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
    read_prices(prices()) |text: &[u8]| drop(black_box(json::parse::<Vec<f64>>(text)));
    read_long_floats(long_floats()) |text: &[u8]| drop(black_box(json::parse::<Vec<f64>>(text)));
    read_small_floats(small_floats()) |text: &[u8]| drop(black_box(json::parse::<Vec<f64>>(text)));
    read_embedding(embedding()) |text: &[u8]| drop(black_box(json::parse::<Vec<f32>>(text)));
    read_integers(integers()) |text: &[u8]| drop(black_box(json::parse::<Vec<i64>>(text)));
    read_polygons(polygons()) |text: &[u8]| drop(black_box(json::parse::<Vec<Vec<Vec<[f64; 2]>>>>(text)));
    read_escapes(escapes()) |text: &[u8]| drop(black_box(json::parse::<Vec<String>>(text)));
    read_escapes_only(escapes_only()) |text: &[u8]| drop(black_box(json::parse::<Vec<String>>(text)));
    read_non_ascii(non_ascii()) |text: &[u8]| drop(black_box(json::parse::<Vec<String>>(text)));
    write_prices(prices()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f64> = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
    write_long_floats(long_floats()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f64> = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
    write_small_floats(small_floats()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f64> = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
    write_embedding(embedding()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f32> = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
    write_integers(integers()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<i64> = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
    write_polygons(polygons()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<Vec<Vec<[f64; 2]>>> = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
    write_escapes(escapes()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<String> = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
    write_escapes_only(escapes_only()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<String> = json::parse(text).unwrap());
        drop(black_box(json::to_vec(value)));
    };
}
