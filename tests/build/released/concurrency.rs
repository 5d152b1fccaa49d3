//! `AWS_LAMBDA_MAX_CONCURRENCY` where panics abort (12.1: 8).

use tiny_lambda::json::{self, Value};

use super::aborting;
use crate::support::function::play;
use crate::support::runtime_api::{ACCEPTED, GET_NEXT, POST_INIT_ERROR, POST_RESPONSE, next, step};

/// A panic would end all invocations of the process. If it served them one at a time, Lambda would
/// refuse callers (runtime-api.md 4.1, "No free worker").
#[test]
fn a_build_whose_panics_abort_posts_an_init_error_if_max_concurrency_is_above_1() {
    let programs = ["function", "function_main"].map(aborting);
    for program in programs.into_iter().flatten() {
        for n in ["2", "4", "1000000"] {
            let script = [step(POST_INIT_ERROR, ACCEPTED)];
            let vars = [("AWS_LAMBDA_MAX_CONCURRENCY", n)];
            let (requests, code, said) = play(&program, &vars, &script);
            let error = json::parse::<Value>(&requests[0].body).unwrap();
            let text = |name| error.get(name).and_then(Value::as_str).unwrap();
            assert_eq!(text("errorType"), "Runtime.Concurrency");
            let message = text("errorMessage");
            let want = format!("AWS_LAMBDA_MAX_CONCURRENCY is {n}, but this build serves one");
            assert!(message.starts_with(&want), "{message}");
            assert!(message.contains("--profile unwind"), "{message}");
            assert_eq!(code, Some(1));
            assert_eq!(said, format!("ERROR Runtime.Concurrency: {message}\n"));
        }
        // Emulators set 1 for every function; only a number above 1 means several.
        for n in [
            "1",
            "0",
            "",
            "-2",
            "many",
            "2 ",
            "+3",
            "2.5",
            "99999999999999999999999",
        ] {
            let script = [step(GET_NEXT, next("\"a\"")), step(POST_RESPONSE, ACCEPTED)];
            let vars = [("AWS_LAMBDA_MAX_CONCURRENCY", n)];
            let (requests, ..) = play(&program, &vars, &script);
            assert_eq!(requests[1].text(), "\"a\"", "{n}");
        }
    }
}
