//! The function of `hello.rs` without std's start-up code, which saves 4 KB and ten system calls.

#![cfg_attr(not(test), no_main)]

use tiny_lambda::{Context, Result, json_struct};

json_struct! { struct Request { name: String } }
json_struct! { struct Response { message: String } }

tiny_lambda::main!(tiny_lambda::run(hello));

fn hello(request: Request, _: &Context) -> Result<Response> {
    Ok(Response {
        message: format!("Hello, {}!", request.name),
    })
}
