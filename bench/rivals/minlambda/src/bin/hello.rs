//! A greeting on minlambda.
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Request {
    name: String,
}

#[derive(Serialize)]
struct Response {
    message: String,
}

fn main() -> ! {
    minlambda::run_ok(|request: Request| Response {
        message: format!("Hello, {}!", request.name),
    })
}
