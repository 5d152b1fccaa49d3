use serde::{Deserialize, Serialize};
use tiny_lambda::{Context, Result};

#[derive(Deserialize)]
struct Request {
    name: String,
}

#[derive(Serialize)]
struct Response {
    message: String,
}

fn main() -> ! {
    tiny_lambda::run_bytes(|event, cx| {
        let response = hello(serde_json::from_slice(event)?, cx)?;
        Ok(serde_json::to_vec(&response)?)
    })
}

fn hello(request: Request, _: &Context) -> Result<Response> {
    Ok(Response {
        message: format!("Hello, {}!", request.name),
    })
}
