//! Reads the event of an HTTP API and writes the response with lambda_http, as its own runtime does.

use std::hint::black_box;

use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Error, LambdaEvent, Request, RequestExt, Service, service_fn};

async fn greet(request: Request) -> Result<String, Error> {
    let name = request.headers().get("x-tag").and_then(|v| v.to_str().ok()).unwrap_or_default();
    Ok(format!("{} {} {name}", request.method(), request.raw_http_path()))
}

#[unsafe(no_mangle)]
#[inline(never)]
fn work(event: &[u8]) -> Vec<u8> {
    let request: LambdaRequest = serde_json::from_slice(event).expect("a request");
    let event = LambdaEvent::new(request, lambda_http::Context::default());
    let mut adapter = Adapter::from(service_fn(greet));
    let response = futures_executor::block_on(adapter.call(event)).expect("a response");
    serde_json::to_vec(&response).expect("an answer")
}

fn main() {
    let event = std::fs::read(std::env::args().nth(1).expect("an event")).expect("an event");
    let n: usize = std::env::args().nth(2).expect("how often").parse().expect("a number");
    for _ in 0..n {
        black_box(work(black_box(&event)));
    }
    println!("{}", String::from_utf8(work(&event)).expect("text"));
}
