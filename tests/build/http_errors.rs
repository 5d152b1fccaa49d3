//! Compiler errors for wrong handlers of web requests: they say what is expected, at the user's line.

use crate::json_macro_errors::{compile, refuses};

const USES: &str = "use tiny_lambda::http::{Request, Response, Router};
    use tiny_lambda::{Context, Result};
    struct Mine;
    tiny_lambda::json_struct! { struct Order { id: u32 } }
    async fn wait() {}";

/// Checks that `call` with `handler` is refused with `want`.
#[track_caller]
fn check(name: &str, handler: &str, call: &str, want: &[&str]) {
    let source = format!("{USES}\n{handler}\nfn go() {{\n {call} // HERE\n }}");
    for want in want {
        refuses(name, &source, want);
    }
}

#[test]
fn correct_handlers_of_web_requests_compile() {
    let source = format!(
        "{USES}
        struct Page;
        impl tiny_lambda::http::IntoResponse for Page {{
            fn into_response(self) -> Response {{ Response::html(\"\") }}
        }}
        fn order(_: Request, _: &Context) -> Result<Order> {{ Ok(Order {{ id: 7 }}) }}
        fn routes(name: &str) -> Router<'_> {{
            Router::new()
                .get(\"/\", |_, _| Ok(\"text\"))
                .get(\"/order\", order)
                .get(\"/page\", |_, _| Ok(Page))
                .get(\"/maybe\", |r, _| Ok(Some((201, Order {{ id: r.param(\"id\")? }}))))
                .any(\"/name\", move |_, _| Ok(name.to_owned()))
                .fallback(|r, cx| order(r, cx))
        }}
        fn fn_item() -> ! {{ tiny_lambda::run_http(order) }}
        fn closure() -> ! {{
            let name = String::new();
            tiny_lambda::run_http(|r: Request, _: &Context| Ok(format!(\"{{name}} {{}}\", r.path())))
        }}
        fn router() -> ! {{ tiny_lambda::run_http(Router::new().get(\"/\", order)) }}
        fn borrowing_router() -> ! {{
            let name = String::new();
            tiny_lambda::run_http(routes(&name))
        }}
        fn with_init() -> ! {{
            tiny_lambda::run_http_with_init(|| Ok(routes(\"x\")), Router::handle)
        }}
        fn handlers() {{
            let _ = tiny_lambda::handler::http(order);
            let _ = tiny_lambda::handler::http(|_, _| Ok(\"\"));
            let _ = tiny_lambda::handler::http(|r, _| Ok(r.path().to_owned()));
            fn serves(_: &dyn tiny_lambda::Handler) {{}}
            serves(&routes(\"x\"));
        }}
        fn main() {{}}"
    );
    let source = format!("#![allow(dead_code)]\n{source}");
    assert_eq!(compile("right_http", &source), Ok(()));
}

/// The calls that start a handler, with `HANDLER` in its place.
const CALLS: [(&str, &str); 5] = [
    ("run", "tiny_lambda::run_http(HANDLER);"),
    ("handler", "let _ = tiny_lambda::handler::http(HANDLER);"),
    ("get", "let _ = Router::new().get(\"/\", HANDLER);"),
    ("any", "let _ = Router::new().any(\"/\", HANDLER);"),
    ("fallback", "let _ = Router::new().fallback(HANDLER);"),
];

#[test]
fn a_return_type_that_is_no_response_is_named() {
    for (name, call) in CALLS {
        check(
            &format!("no_response_{name}"),
            "fn handle(_: Request, _: &Context) -> Result<Mine> { Ok(Mine) }",
            &call.replace("HANDLER", "handle"),
            &[
                "`Mine` cannot be sent as a web response",
                "neither a `Response` nor a type that implements `ToJson`",
                "`Response::json(&value)`",
            ],
        );
    }
    check(
        "no_response_closure",
        "",
        "let _ = Router::new().get(\"/\", |_, _| Ok(Mine));",
        &["`Mine` cannot be sent as a web response"],
    );
}

#[test]
fn an_async_handler_is_refused_with_block_on() {
    for (name, call) in CALLS {
        check(
            &format!("async_{name}"),
            "async fn handle(_: Request, _: &Context) -> Result<Response> { wait().await; Ok(Response::new(200)) }",
            &call.replace("HANDLER", "handle"),
            &[
                "does not handle web requests",
                "a handler is synchronous: instead of an `async fn`, call `block_on`",
            ],
        );
    }
}

#[test]
fn a_handler_that_returns_no_result_is_refused() {
    for (name, call) in CALLS {
        check(
            &format!("no_result_{name}"),
            "fn handle(_: Request, _: &Context) -> Response { Response::new(200) }",
            &call.replace("HANDLER", "handle"),
            &["Fn(Request, &Context) -> Result<R>` with `tiny_lambda::Result`"],
        );
    }
}

#[test]
fn a_handler_with_other_arguments_is_refused() {
    check(
        "json_handler",
        "fn handle(_: Order, _: &Context) -> Result<Order> { Ok(Order { id: 7 }) }",
        "tiny_lambda::run_http(handle);",
        &[
            "`Order` is not a web request",
            "a handler that takes its event as JSON is started by `run`",
        ],
    );
    for (name, call) in &CALLS[1..] {
        check(
            &format!("json_handler_{name}"),
            "fn handle(_: Order, _: &Context) -> Result<Order> { Ok(Order { id: 7 }) }",
            &call.replace("HANDLER", "handle"),
            &[
                "expected function signature `for<'a> fn(tiny_lambda::http::Request, &'a tiny_lambda::Context) -> _`",
            ],
        );
        check(
            &format!("one_argument_{name}"),
            "fn handle(_: Request) -> Result<Order> { Ok(Order { id: 7 }) }",
            &call.replace("HANDLER", "handle"),
            &["expected to take 2 arguments, but it takes 1 argument"],
        );
    }
    check(
        "router_in_handler",
        "",
        "let _ = tiny_lambda::handler::http(Router::new());",
        &["a `Router` is a handler already"],
    );
    check(
        "router_in_route",
        "",
        "let _ = Router::new().get(\"/\", Router::new());",
        &["`Router::nest`"],
    );
}
