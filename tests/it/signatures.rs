//! AWS signatures of random requests, compared with those of botocore. `.ci/signatures` makes the rows.

use std::time::Duration;

use tiny_lambda::signing::sigv4::{Credentials, Signer};
use tiny_lambda::{json, json_struct};

json_struct! {
    struct Row {
        method: String,
        host: String,
        target: String,
        headers: Vec<[String; 2]>,
        body: String,
        region: String,
        service: String,
        id: String,
        secret: String,
        token: String,
        time: u64,
        expires: u64,
        want: String,
    }
}

#[test]
fn signatures_are_those_of_botocore() {
    let frozen = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/signatures.jsonl");
    let path = std::env::var("SIGNATURE_ROWS").unwrap_or_else(|_| frozen.into());
    let rows = std::fs::read_to_string(path).unwrap();
    let mut n_presigned = 0;
    for text in rows.lines() {
        let row: Row = json::parse(text.as_bytes()).unwrap();
        let headers = row.headers.iter();
        let headers: Vec<(&str, &str)> = headers.map(|[name, value]| (&**name, &**value)).collect();
        let credentials = Credentials::new(row.id, row.secret).with_session_token(row.token);
        let signer = Signer::new(credentials, row.region, row.service).at(row.time);
        if row.expires > 0 {
            let expires = Duration::from_secs(row.expires);
            let target = signer.presign(&row.method, &row.host, &row.target, &headers, expires);
            let target = target.unwrap();
            let (path, query) = target.split_once('?').unwrap();
            assert_eq!(Some(path), row.target.split('?').next());
            assert_eq!(sorted_pairs(query), sorted_pairs(&row.want), "{text}");
            n_presigned += 1;
        } else {
            let body = row.body.as_bytes();
            let added = signer.sign(&row.method, &row.host, &row.target, &headers, body);
            assert_eq!(added.last(), Some(&("Authorization", row.want)), "{text}");
        }
    }
    let n_rows = rows.lines().count();
    assert!(n_rows >= 60 && n_presigned >= 10);
    println!("signatures: {n_rows} requests, {n_presigned} of them presigned, equal to botocore's");
}

fn sorted_pairs(query: &str) -> Vec<&str> {
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    pairs
}
