//! Compiler errors for functions that are not handlers, and for errors that `?` does not convert: they say
//! what to write.

use crate::json_macro_errors::{compile, refuses};

/// Begins each source.
const USE: &str = "#![allow(unused)]
use tiny_lambda::events::sqs::SqsEvent;
use tiny_lambda::http::{Request, Response};
use tiny_lambda::{Context, Error, Responder, Result, json_struct};";

/// A row: a name, an item, a call that is refused, and what the messages contain.
type Refusal = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

fn refuse_handlers(rows: &[Refusal]) {
    for (name, item, call, want) in rows {
        let source = format!("{USE}\n{item}\nfn start() -> ! {{\n tiny_lambda::{call} // HERE\n}}");
        for want in *want {
            refuses(name, &source, want);
        }
    }
}

#[test]
fn the_error_of_an_async_handler_says_to_call_block_on() {
    const ASYNC: &str =
        "handlers are synchronous: instead of an `async fn`, write a `fn` that calls `block_on`";
    refuse_handlers(&[
        (
            "async_fn",
            "async fn f(name: String, cx: &Context) -> Result<String> { Ok(name) }",
            "run(f)",
            &[
                ASYNC,
                "expected `fn(event: E, cx: &Context) -> tiny_lambda::Result<R>`",
            ],
        ),
        (
            "async_closure",
            "",
            "run(async |name: String, cx: &Context| Ok(name))",
            &[ASYNC],
        ),
        (
            "async_block",
            "",
            "run(|name: String, cx| async move { Ok(name) })",
            &["expected `Result<_, Error>`, found `async` block"],
        ),
        (
            "async_with_init",
            "async fn f(n: &u32, name: String, cx: &Context) -> Result<String> { Ok(name) }",
            "run_with_init(|| Ok(7), f)",
            &[ASYNC, "expected `fn(shared: &S, event: E, cx: &Context)"],
        ),
        (
            "async_streaming",
            "async fn f(n: u32, cx: &Context, out: Responder<'_>) -> Result<()> { Ok(()) }",
            "run_streaming(f)",
            &[
                ASYNC,
                "expected `fn(event: E, cx: &Context, out: Responder<'_>)",
            ],
        ),
        (
            "async_bytes",
            "async fn f(event: &[u8], cx: &Context) -> Result<Vec<u8>> { Ok(vec![]) }",
            "run_bytes(f)",
            &[ASYNC, "expected `fn(event: &[u8], cx: &Context)"],
        ),
    ]);
}

#[test]
fn the_error_of_a_wrong_handler_says_what_to_write() {
    const RESULT: &str =
        "a handler returns `tiny_lambda::Result`: a plain value is returned in `Ok`";
    const OTHER_ERROR: &str = "is called as `|event, cx: &Context| Ok(f(event, cx)?)`";
    refuse_handlers(&[
        (
            "plain_value",
            "fn f(name: String, cx: &Context) -> String { name }",
            "run(f)",
            &[RESULT],
        ),
        (
            "no_value",
            "fn f(name: String, cx: &Context) {}",
            "run(f)",
            &[RESULT],
        ),
        (
            "plain_closure",
            "",
            "run(|name: String, cx| name)",
            &["expected `Result<_, Error>`, found `String`"],
        ),
        (
            "other_error",
            "fn f(name: String, cx: &Context) -> std::io::Result<String> { Ok(name) }",
            "run(f)",
            &[OTHER_ERROR],
        ),
        (
            "boxed_error",
            "fn f(name: String, cx: &Context) -> Result<String, Box<dyn std::error::Error>> { Ok(name) }",
            "run(f)",
            &[OTHER_ERROR],
        ),
        (
            "returned_response",
            "fn f(request: Request, cx: &Context) -> Result<Response> { Ok(Response::new(200)) }",
            "run(f)",
            &["a handler that returns `http::Response` is served by `run_http`"],
        ),
        (
            "no_context",
            "fn f(name: String) -> Result<String> { Ok(name) }",
            "run(f)",
            &["function is expected to take 2 arguments, but it takes 1 argument"],
        ),
        (
            "owned_context",
            "fn f(name: String, cx: Context) -> Result<String> { Ok(name) }",
            "run(f)",
            &["&'a tiny_lambda::Context) -> _`"],
        ),
        (
            "unreadable_event",
            "struct Mine;
            fn f(event: Mine, cx: &Context) -> Result<()> { Ok(()) }",
            "run(f)",
            &["`Mine` cannot be read from JSON", "`json_struct!`"],
        ),
        (
            "unwritable_response",
            "struct Mine;
            fn f(event: u8, cx: &Context) -> Result<Mine> { Ok(Mine) }",
            "run(f)",
            &["`Mine` cannot be written as JSON", "`json_struct!`"],
        ),
        (
            "not_sync",
            "",
            "run({ let n = std::cell::Cell::new(0); move |_: u8, cx: &Context| Ok(n.get()) })",
            &["`Cell<i32>` cannot be shared between threads safely"],
        ),
    ]);
}

#[test]
fn a_loop_over_a_field_says_to_call_get() {
    for (name, body) in [
        (
            "field",
            "for message in event.records { message.body.get()?; } // HERE",
        ),
        (
            "field_ref",
            "for message in &event.records { message.body.get()?; } // HERE",
        ),
        (
            "field_iter",
            "for message in event.records.iter() { message.body.get()?; } // HERE",
        ),
        (
            "field_iter_mut",
            "let mut event = event; event.records.iter_mut().for_each(drop); // HERE",
        ),
        (
            "field_into_iter",
            "let all: Vec<_> = event.records.into_iter().map(|m| m.body.get()).collect(); // HERE",
        ),
    ] {
        let source = format!(
            "{USE}\nfn f(event: SqsEvent, cx: &Context) -> Result<()> {{\n {body}\n Ok(())\n}}"
        );
        for want in [
            "a `Field` cannot be iterated, since its member may be missing",
            "call `.get()?` first, or `.ok()`",
            "`for record in event.records.get()?`",
        ] {
            refuses(name, &source, want);
        }
    }
    for (name, call) in [
        ("field_len", "event.records.len()"),
        ("field_is_empty", "event.records.is_empty()"),
        ("field_text_len", "text.len()"),
    ] {
        let source = format!(
            "{USE}\nfn f(event: SqsEvent, text: tiny_lambda::events::Field<String>) {{\n {call}; // HERE\n}}"
        );
        for want in [
            "a `Field` has no length, since its member may be missing",
            "call `.get()?` first, or `.ok()`",
        ] {
            refuses(name, &source, want);
        }
    }
    let source = format!(
        "{USE}\nfn f(event: SqsEvent, cx: &Context) -> Result<()> {{\n event.records.map(drop); // HERE\n Ok(())\n}}"
    );
    refuses(
        "field_map",
        &source,
        "`Vec<SqsMessage>: events::field::CallGetFirst`",
    );
}

#[test]
fn a_question_mark_that_cannot_convert_an_error_says_what_to_write() {
    for (name, error) in [
        ("box", "Box<dyn std::error::Error>"),
        ("box_send", "Box<dyn std::error::Error + Send + Sync>"),
        ("str", "&'static str"),
        ("string", "String"),
        // As `anyhow::Error`: it converts to a box, and does not implement `std::error::Error`.
        ("report", "Report"),
    ] {
        let report = "struct Report;
        impl From<Report> for Box<dyn std::error::Error + Send + Sync> {
            fn from(_: Report) -> Self { \"report\".into() }
        }";
        let source = |convert: &str| {
            format!(
                "{USE}\n{report}
                fn parse() -> Result<u8, {error}> {{ Ok(7) }}
                fn f(_: u8, cx: &Context) -> Result<u8> {{
                    Ok(parse(){convert}?) // HERE
                }}"
            )
        };
        let want = "write `.map_err(tiny_lambda::Error::boxed)?`";
        refuses(&format!("question_mark_{name}"), &source(""), want);
        let right = source(".map_err(Error::boxed)") + "\nfn main() {}";
        assert_eq!(compile(&format!("boxed_{name}"), &right), Ok(()));
    }
    let source = format!(
        "{USE}\nstruct Mine;
        fn parse() -> Result<u8, Mine> {{ Ok(7) }}
        fn f() -> Result<u8> {{
            parse().map_err(Error::boxed) // HERE
        }}"
    );
    refuses(
        "boxed_other",
        &source,
        "`Mine` is neither a boxed error nor text",
    );
    refuses(
        "boxed_other",
        &source,
        "`tiny_lambda::Error::msg` takes anything that implements `Display`",
    );
}

#[test]
fn a_log_line_without_a_message_says_what_to_write() {
    for (name, arguments) in [("log_context", "cx"), ("log_value", "name")] {
        let source = format!(
            "{USE}\nfn f(name: String, cx: &Context) {{\n tiny_lambda::info!({arguments}); // HERE\n}}"
        );
        refuses(
            name,
            &source,
            "expected a message in quotes, after an optional context",
        );
    }
}
