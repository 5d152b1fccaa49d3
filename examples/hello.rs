//! Greets the caller: a typed event and a typed response.

use tiny_lambda::{Context, Result, json_struct};

json_struct! { struct Request { name: String } }
json_struct! { struct Response { message: String } }

fn main() -> ! {
    tiny_lambda::run(hello)
}

fn hello(request: Request, _: &Context) -> Result<Response> {
    Ok(Response {
        message: format!("Hello, {}!", request.name),
    })
}
