//! A greeting on lambda_runtime, from the template of `cargo lambda new`.
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Request {
    name: String,
}

#[derive(Serialize)]
struct Response {
    message: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    run(service_fn(hello)).await
}

async fn hello(event: LambdaEvent<Request>) -> Result<Response, Error> {
    Ok(Response {
        message: format!("Hello, {}!", event.payload.name),
    })
}
