//! An executable that reads a document and writes one, with the types that a feature chooses. Its size less
//! that of the executable without a feature is what JSON costs.
use std::io::{Read, Write};
// The executables with and without JSON contain no backtrace machinery.
use tiny_lambda as _;

/// `Type` with tiny-lambda, or with serde_json if the feature `peer` is on.
#[cfg(any(feature = "hello", feature = "six", feature = "wide"))]
macro_rules! types {
    ($(pub struct $name:ident {$($field:ident: $type:ty),* $(,)?})*) => {
        $(
            #[cfg(not(feature = "peer"))]
            tiny_lambda::json_struct! { pub struct $name {$(pub $field: $type),*} }
            #[cfg(feature = "peer")]
            #[derive(serde::Deserialize, serde::Serialize)]
            pub struct $name {$(pub $field: $type),*}
        )*
    };
}

#[cfg(feature = "hello")]
types! {
    pub struct Event { name: String }
}
#[cfg(feature = "six")]
types! {
    pub struct Event {
        route_key: String,
        raw_path: String,
        raw_query_string: String,
        request_context: RequestContext,
        body: Option<String>,
        is_base64_encoded: bool,
    }
    pub struct RequestContext { http: Http, time_epoch: u64 }
    pub struct Http { method: String, path: String }
}
#[cfg(feature = "wide")]
types! {
    pub struct Event {
        version: String, id: String, source: String, account: String, time: String, region: String,
        resources: Vec<String>, detail_type: String, retries: u32, sequence: u64, delta: i64,
        urgent: bool, replay: Option<bool>, note: Option<String>, parent: Option<String>,
        score: Option<u32>, ports: Vec<u16>, labels: std::collections::BTreeMap<String, String>,
        owner: Person, reviewers: Vec<Person>, backup: Option<Person>, trace: String, tenant: String,
        stage: String, path: String, method: String, agent: String, ip: String, size: u64, checksum: String,
    }
    pub struct Person { name: String, email: Option<String>, age: u8 }
}
#[cfg(feature = "float")]
type Event = Vec<f64>;

fn main() {
    let mut text = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut text);
    #[cfg(any(feature = "hello", feature = "six", feature = "wide", feature = "float"))]
    let text = {
        #[cfg(not(feature = "peer"))]
        let value = tiny_lambda::json::parse::<Event>(&text);
        #[cfg(feature = "peer")]
        let value = serde_json::from_slice::<Event>(&text);
        match value {
            #[cfg(not(feature = "peer"))]
            Ok(value) => tiny_lambda::json::to_vec(&value),
            #[cfg(feature = "peer")]
            Ok(value) => serde_json::to_vec(&value).unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    };
    let _ = std::io::stdout().write_all(&text);
}
