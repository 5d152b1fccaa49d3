//! Reads the event of an HTTP API and writes the response with this crate.

use std::hint::black_box;

use tiny_lambda::http::{IntoResponse, Request};

#[unsafe(no_mangle)]
#[inline(never)]
fn work(event: &[u8]) -> Vec<u8> {
    let request = Request::from_event(event).expect("a request");
    let name = request.header("x-tag").unwrap_or_default();
    let body = format!("{} {} {name}", request.method(), request.path());
    request.encode_response(&body.into_response()).expect("an answer")
}

fn main() {
    let event = std::fs::read(std::env::args().nth(1).expect("an event")).expect("an event");
    let n: usize = std::env::args().nth(2).expect("how often").parse().expect("a number");
    for _ in 0..n {
        black_box(work(black_box(&event)));
    }
    println!("{}", String::from_utf8(work(&event)).expect("text"));
}
