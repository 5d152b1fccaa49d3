//! A function as a process: Init, snapshots, panics, signals, standard streams. A comment that begins
//! with `12.1` names the items of the conformance checklist for runtimes that the test proves.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::SystemTime;
#[cfg(unix)]
use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    process::Command,
};

use tiny_lambda::json::{self, Value};

use crate::programs;
use crate::support::function::{command, example, play};
use crate::support::malformed_replies;
use crate::support::processes::wait_for_end;
#[cfg(unix)]
use crate::support::processes::{signal, wait_for_state};
use crate::support::runtime_api::{
    ACCEPTED, GET_NEXT, GET_RESTORE, NEXT, POST_ERROR, POST_INIT_ERROR, POST_RESPONSE,
    POST_RESTORE_ERROR, Request, Step, accept, converse, listen, next, read_request, refusal, step,
    step_and_close,
};

const TYPE_FIELD: &str = "Lambda-Runtime-Function-Error-Type";

/// Returns `errorType` and `errorMessage` of a posted error, and checks its header.
#[track_caller]
fn posted(request: &Request) -> (String, String) {
    let body: Value = json::parse(&request.body).unwrap();
    let text = |name| body.get(name).and_then(Value::as_str).unwrap().to_owned();
    let (kind, message) = (text("errorType"), text("errorMessage"));
    let header = request.field(TYPE_FIELD).unwrap();
    assert!(
        header.ends_with(kind.as_str()) && header.contains('.'),
        "{header}"
    );
    (kind, message)
}

#[test]
fn the_handler_gets_a_reference_to_the_result_of_init() {
    for (program, _) in programs() {
        let script = [step(GET_NEXT, next("2")), step(POST_RESPONSE, ACCEPTED)];
        let (requests, code, _) = play(&program, &[("ACT", "init")], &script);
        assert_eq!((requests[1].text(), code), ("42", Some(1)));
    }
}

#[test]
fn handlers_of_every_kind_get_a_reference_to_the_result_of_init() {
    #[track_caller]
    fn check(act: &str, event: &str, want: &str) {
        for (program, _) in programs() {
            let script = [step(GET_NEXT, next(event)), step(POST_RESPONSE, ACCEPTED)];
            let (requests, code, _) = play(&program, &[("ACT", act)], &script);
            let text = requests[1].text();
            assert!(text.contains(want), "{act}: {text}");
            assert_eq!(code, Some(1), "{act}");
        }
    }
    const WEB: &str = r#"{"httpMethod":"GET","path":"/a","resource":"/a"}"#;
    check("init-http", WEB, r#""body":"42/a""#);
    check("init-router", WEB, r#""body":"42""#);
    check("router", WEB, r#""body":"42""#);
    check("init-streaming", "2", "42");
    check("init-bytes", "2", "42");
}

/// 12.1: 4 and 30.
#[test]
fn an_init_error_is_posted_once_and_the_exit_code_is_1() {
    #[track_caller]
    fn check(act: &str, post: &Step, want: (&str, &str)) {
        for (program, _) in programs() {
            let (requests, code, said) =
                play(&program, &[("ACT", act)], std::slice::from_ref(post));
            let (kind, message) = posted(&requests[0]);
            assert_eq!((kind.as_str(), code), (want.0, Some(1)));
            assert!(message.contains(want.1), "{message}");
            // A refusal may be logged too.
            assert!((1..=2).contains(&said.lines().count()), "{said}");
        }
    }
    let accepted = step(POST_INIT_ERROR, ACCEPTED);
    check("init-error", &accepted, ("NoTable", "TABLE is not set"));
    for kind in ["http", "streaming", "bytes"] {
        let act = format!("init-{kind}-error");
        check(&act, &accepted, ("NoTable", "TABLE is not set"));
    }
    check("init-panic", &accepted, ("Runtime.Panic", ": no table"));
    check(
        "init-http-panic",
        &accepted,
        ("Runtime.Panic", ": no table"),
    );
    check("init-panics", &accepted, ("Runtime.Panic", "panicked at "));
    // No reply changes the result.
    for status in [200, 400, 403, 404, 413, 500, 503] {
        let refused = step(POST_INIT_ERROR, refusal(status));
        check("init-error", &refused, ("NoTable", "TABLE is not set"));
    }
    let cut = step_and_close(POST_INIT_ERROR, "");
    check("init-error", &cut, ("NoTable", "TABLE is not set"));
}

/// Outside of Lambda nobody gets the error document, so the log has the place.
#[test]
fn an_init_error_of_a_local_run_names_its_place() {
    for act in ["init-error", "init-http-error", "init-bytes-error"] {
        let mut command = command(
            &example("function"),
            ([127, 0, 0, 1], 1).into(),
            &[("ACT", act)],
        );
        let output = command
            .env_remove("AWS_LAMBDA_RUNTIME_API")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let start =
            "ERROR NoTable: TABLE is not set; the Init phase has failed at examples/function.rs:";
        assert!(
            said.starts_with(start) && said.lines().count() == 1,
            "{said}"
        );
        assert_eq!(output.status.code(), Some(1));
    }
}

const SNAP_START: (&str, &str) = ("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");

/// 12.1: 7 and 46.
#[test]
fn restore_next_is_called_between_the_snapshot_hooks_and_its_connection_is_not_used_again() {
    for (program, _) in programs() {
        let listener = listen();
        let addr = listener.local_addr().unwrap();
        let child = command(&program, addr, &[("ACT", "snapshot"), SNAP_START]).spawn();
        let mut before = accept(&listener);
        assert_eq!(read_request(&mut before).line, GET_RESTORE);
        let restored = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        before.get_mut().write_all(restored.as_bytes()).unwrap();
        let mut after = accept(&listener);
        assert_eq!(read_request(&mut after).line, GET_NEXT);
        assert_eq!(before.read(&mut [0]).unwrap(), 0, "closed by the function");
        after.get_mut().write_all(refusal(500).as_bytes()).unwrap();
        let output = wait_for_end(child.unwrap());
        let said = String::from_utf8(output.stderr).unwrap();
        let hooks: Vec<_> = said.lines().take(4).collect();
        assert_eq!(hooks, ["before 2", "before 1", "after 1", "after 2"]);
        assert_eq!(output.status.code(), Some(1));
    }
}

/// 12.1: 7.
#[test]
fn without_snapstart_no_snapshot_hook_runs_and_restore_next_is_not_called() {
    for (program, _) in programs() {
        for vars in [
            &[("ACT", "snapshot")][..],
            &[
                ("ACT", "snapshot"),
                ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ],
        ] {
            let (_, _, said) = play(&program, vars, &[step(GET_NEXT, refusal(500))]);
            assert!(!said.contains("before"), "{said}");
        }
    }
}

/// 12.1: 7.
#[test]
fn the_error_of_a_snapshot_hook_is_posted_once_and_the_exit_code_is_1() {
    #[track_caller]
    fn check(act: &str, script: &[Step], kind: &str, message: &str) {
        for (program, aborts) in programs() {
            let (requests, code, said) = play(&program, &[("ACT", act), SNAP_START], script);
            // A refusal may be logged too.
            assert!((1..=2).contains(&said.lines().count()), "{said}");
            let posted = posted(requests.last().unwrap());
            let kind = if aborts && act.ends_with("panic") {
                "Runtime.Panic"
            } else {
                kind
            };
            assert_eq!((posted.0.as_str(), code), (kind, Some(1)));
            assert!(posted.1.contains(message), "{}", posted.1);
        }
    }
    let init_error = [step(POST_INIT_ERROR, ACCEPTED)];
    let kind = "Runtime.BeforeSnapshotError";
    check("before-error", &init_error, kind, "Open: still open");
    check("before-panic", &init_error, kind, "still open");
    let restore_error = [
        step_and_close(GET_RESTORE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        step(POST_RESTORE_ERROR, ACCEPTED),
    ];
    let kind = "Runtime.AfterRestoreError";
    check("after-error", &restore_error, kind, "Seed: no seed");
    check("after-panic", &restore_error, kind, "no seed");
    // The error is posted once, whatever the reply is.
    for reply in [200, 400, 403, 404, 413, 500, 503].map(refusal) {
        let script = [restore_error[0].clone(), step(POST_RESTORE_ERROR, reply)];
        check("after-error", &script, kind, "Seed: no seed");
    }
    let script = [
        restore_error[0].clone(),
        step_and_close(POST_RESTORE_ERROR, ""),
    ];
    check("after-error", &script, kind, "Seed: no seed");
}

/// 12.1: 7.
#[test]
fn a_refused_restore_next_ends_the_process_with_a_log_line() {
    let program = example("function");
    for answer in [refusal(403), refusal(404), refusal(500), String::new()] {
        let script = [step_and_close(GET_RESTORE, &answer)];
        let (_, code, said) = play(&program, &[("ACT", "snapshot"), SNAP_START], &script);
        assert_eq!(code, Some(1));
        assert!(said.contains("GET restore/next: "), "{said}");
    }
}

/// 12.1: 31.
#[test]
fn a_panic_is_posted_once_with_its_place() {
    for (program, aborts) in programs() {
        for (event, want) in [
            ("panic", ": of the handler"),
            ("panic in a panic", ": a value that is not a string"),
        ] {
            let event = next(&format!("\"{event}\""));
            let mut script = vec![step(GET_NEXT, event), step(POST_ERROR, ACCEPTED)];
            if aborts {
                // The hook opens a connection, because the worker's may be in use.
                script[0].hangs_up = true;
            } else {
                script.extend([step(GET_NEXT, NEXT), step(POST_RESPONSE, ACCEPTED)]);
            }
            let (requests, code, said) = play(&program, &[], &script);
            let (kind, message) = posted(&requests[1]);
            assert_eq!(kind, "Runtime.Panic");
            assert!(
                message.starts_with("panicked at examples/function.rs:"),
                "{message}"
            );
            assert!(message.ends_with(want), "{message}");
            assert!(said.contains(&message), "{said}");
            assert_eq!(code, Some(if aborts { 101 } else { 1 }));
        }
    }
}

/// 12.1: 21 and 31. The process ends with the second panic; the first one is its cause.
#[test]
fn a_panic_during_a_panic_posts_the_first_one_and_ends_the_process() {
    for (program, _) in programs() {
        let event = next("\"panic while panicking\"");
        let script = [step_and_close(GET_NEXT, event), step(POST_ERROR, ACCEPTED)];
        let (requests, code, said) = play(&program, &[], &script);
        let (kind, message) = posted(&requests[1]);
        assert_eq!((kind.as_str(), code), ("Runtime.Panic", Some(101)));
        assert!(message.ends_with(": of the handler"), "{message}");
        assert!(
            said.contains(&message) && said.lines().count() == 1,
            "{said}"
        );

        let event = next("\"panic while panicking midway\"");
        let script = [step(GET_NEXT, event), step(POST_RESPONSE, ACCEPTED)];
        let (requests, code, said) = play(&program, &[], &script);
        assert_eq!((requests[1].text(), code), ("part", Some(101)));
        assert_eq!(requests[1].trailers[0].1, "Runtime.Panic");
        let line = "ERROR RequestId: 8476a536 Runtime.Panic: panicked at ";
        assert!(
            said.starts_with(line) && said.ends_with(": midway\n"),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

/// Plays one invocation that ends with a panic; returns the posted `errorMessage` and the log.
#[track_caller]
fn panics(program: &Path, ends: bool, event: &str) -> (String, String) {
    let event = next(&format!("\"{event}\""));
    let mut script = vec![step(GET_NEXT, event), step(POST_ERROR, ACCEPTED)];
    if ends {
        script[0].hangs_up = true;
    } else {
        script.extend([step(GET_NEXT, NEXT), step(POST_RESPONSE, ACCEPTED)]);
    }
    let (requests, code, said) = play(program, &[], &script);
    assert_eq!(code, Some(if ends { 101 } else { 1 }), "{said}");
    let (kind, message) = posted(&requests[1]);
    assert_eq!(kind, "Runtime.Panic");
    (message, said)
}

/// 12.1: 31. std ends the process when a panic reaches a function that cannot unwind.
#[test]
fn a_panic_that_cannot_unwind_is_posted_and_ends_the_process() {
    for (program, aborts) in programs() {
        for event in ["panic through C", "caught, then through C"] {
            if event.starts_with("caught") && aborts {
                continue;
            }
            let (message, said) = panics(&program, true, event);
            assert!(message.ends_with(": of the handler"), "{message}");
            assert_eq!(said.matches(&message).count(), 1, "{said}");
        }
        let (message, said) = panics(&program, true, "panic through C in a thread");
        assert!(message.ends_with(": of the handler"), "{message}");
        assert!(said.contains(&message), "{said}");
    }
}

/// 12.1: 31.
#[test]
fn a_resumed_panic_is_posted_with_the_text_of_its_payload_and_logged_once() {
    for (program, aborts) in programs() {
        if aborts {
            continue;
        }
        for (event, want) in [
            ("resumed String", "panicked: of a thread, 1"),
            ("resumed str", "panicked: of a thread, 1"),
            ("resumed error", "panicked: of a thread, 1"),
            ("resumed other", "panicked: a value that is not a string"),
            ("resumed bomb", "panicked: a value that is not a string"),
        ] {
            let (message, said) = panics(&program, false, event);
            assert_eq!(message, want, "{event}");
            let line = format!("ERROR RequestId: 8476a536 Runtime.Panic: {want}\n");
            assert_eq!(said.matches(&line).count(), 1, "{said}");
        }
        let (message, said) = panics(&program, false, "caught, then another");
        assert!(message.ends_with(": of the handler"), "{message}");
        for text in ["that is caught", "of the handler"] {
            assert_eq!(said.matches(text).count(), 1, "{said}");
        }
    }
}

/// 12.1: 31. The error of a later invocation does not name the caught panic.
#[test]
fn a_panic_that_the_handler_catches_is_logged_and_not_posted() {
    for (program, aborts) in programs() {
        if aborts {
            continue;
        }
        let script = [
            step(GET_NEXT, next("\"caught\"")),
            step(POST_RESPONSE, ACCEPTED),
            step(GET_NEXT, next("\"resumed other\"")),
            step(POST_ERROR, ACCEPTED),
            step(GET_NEXT, next("\"caught, then an error\"")),
            step(POST_ERROR, ACCEPTED),
        ];
        let (requests, _, said) = play(&program, &[], &script);
        assert_eq!(requests[1].text(), "\"went on\"");
        let (_, message) = posted(&requests[3]);
        assert_eq!(message, "panicked: a value that is not a string");
        assert_eq!(posted(&requests[5]).1, "sold out");
        let line = "ERROR RequestId: 8476a536 Runtime.Panic: panicked at examples/function.rs:";
        assert_eq!(said.matches(line).count(), 2, "{said}");
        assert_eq!(said.matches(": that is caught").count(), 2, "{said}");
        // Two lines for the caught panics, two for the errors, one because the Runtime API is unreachable.
        assert_eq!(said.lines().count(), 5, "{said}");
    }
}

/// 12.1: 31.
#[test]
fn one_panic_is_posted_if_several_threads_panic_at_once() {
    for (program, aborts) in programs() {
        for _ in 0..if aborts { 20 } else { 1 } {
            if aborts {
                let (message, said) = panics(&program, true, "panics in threads");
                assert!(message.ends_with(": of one of the threads"), "{message}");
                let line = "Runtime.Panic: panicked at examples/function.rs:";
                assert!(said.lines().all(|it| it.contains(line)), "{said}");
                continue;
            }
            let script = [
                step(GET_NEXT, next("\"panics in threads\"")),
                step(POST_RESPONSE, ACCEPTED),
            ];
            let (requests, _, said) = play(&program, &[], &script);
            assert_eq!(requests[1].text(), "true");
            assert_eq!(
                said.matches(": of one of the threads\n").count(),
                8,
                "{said}"
            );
            assert_eq!(said.lines().count(), 9, "{said}");
        }
    }
}

/// The hook is called once, before the error is logged and posted.
#[test]
fn the_panic_hook_of_the_function_is_called_first() {
    #[track_caller]
    fn check(act: &str, event: &str, want: &[&str]) {
        for (program, aborts) in programs() {
            let event = next(&format!("\"{event}\""));
            let mut script = [step(GET_NEXT, event), step(POST_ERROR, ACCEPTED)];
            script[0].hangs_up = aborts;
            let (requests, code, said) = play(&program, &[("ACT", act)], &script);
            let (_, message) = posted(&requests[1]);
            assert!(message.ends_with(": of the handler"), "{message}");
            let mut lines: Vec<_> = want.iter().map(|name| format!("hook {name}")).collect();
            lines.push(format!(
                "ERROR RequestId: 8476a536 Runtime.Panic: {message}"
            ));
            let said: Vec<_> = said.lines().take(want.len() + 1).collect();
            if !aborts {
                assert_eq!(said, lines, "{act}");
            }
            // The line is shorter if panics abort: the hook does not know tenant and trace.
            assert_eq!(said[..want.len()], lines[..want.len()], "{act}");
            assert!(said[want.len()].ends_with(&message), "{said:?}");
            assert_eq!(code, Some(if aborts { 101 } else { 1 }));
        }
    }
    check("", "panic", &[]);
    check("hook", "panic", &["before run"]);
    check("hook-init", "panic", &["in init"]);
    check("hooks", "panic", &["in init", "before init"]);
    check("", "chain hook", &["in the handler"]);
    check("hook", "chain hook", &["in the handler", "before run"]);
    check(
        "hooks",
        "chain hook",
        &["in the handler", "in init", "before init"],
    );
}

/// 12.1: 20. Output without a line end is written before the runtime waits, and when the process ends.
#[test]
fn standard_output_is_flushed_before_next_and_at_the_end() {
    for (program, aborts) in programs() {
        // After Init and after an invocation, while the process waits for the next event.
        let listener = listen();
        let addr = listener.local_addr().unwrap();
        let mut child = command(&program, addr, &[("ACT", "print")])
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut stream = accept(&listener);
        for want in ["printed in main", "a part"] {
            assert_eq!(read_request(&mut stream).line, GET_NEXT);
            let mut printed = vec![0; want.len()];
            stdout.read_exact(&mut printed).unwrap();
            assert_eq!(printed, want.as_bytes());
            if want == "a part" {
                break;
            }
            let event = next("\"print part\"");
            stream.get_mut().write_all(event.as_bytes()).unwrap();
            assert_eq!(read_request(&mut stream).line, POST_RESPONSE);
            stream.get_mut().write_all(ACCEPTED.as_bytes()).unwrap();
        }
        drop((listener, stream));
        wait_for_end(child);

        // A panic that ends the process does not wait for the lock: its holder waits for the panicking
        // thread.
        let of_lock_holder = if aborts { "" } else { "a part, true" };
        for (act, event, want) in [
            ("", "panic in a thread while printing", of_lock_holder),
            ("", "print part, panic", "a part"),
            ("", "print part, error", "a part"),
            ("", "panic while printing", ""),
            ("print-init-error", "", "printed in main"),
        ] {
            let mut script = vec![step(GET_NEXT, next(&format!("\"{event}\"")))];
            script[0].hangs_up = aborts && event.contains("panic");
            script.push(step(POST_ERROR, ACCEPTED));
            if act == "print-init-error" {
                script = vec![step(POST_INIT_ERROR, ACCEPTED)];
            }
            let mut output = None;
            converse(&script, |addr| {
                let child = command(&program, addr, &[("ACT", act)]).spawn().unwrap();
                output = Some(wait_for_end(child));
            });
            let printed = String::from_utf8(output.unwrap().stdout).unwrap();
            assert_eq!(printed, want, "{act} {event}");
        }
    }
}

/// 12.1: 31 and 35.
#[test]
fn a_panic_in_another_thread_ends_the_open_stream_only_if_panics_abort() {
    for (program, aborts) in programs() {
        let event = next("\"panic in a thread midway\"");
        let script = [step(GET_NEXT, event), step(POST_RESPONSE, ACCEPTED)];
        let (requests, code, said) = play(&program, &[], &script);
        assert_eq!(requests.len(), 2);
        assert!(said.contains(": of a thread\n"), "{said}");
        if aborts {
            assert_eq!((requests[1].text(), code), ("part", Some(101)));
            assert_eq!(requests[1].trailers[0].1, "Runtime.Panic");
            assert_eq!(said.lines().count(), 1, "{said}");
        } else {
            assert_eq!((requests[1].text(), code), ("part, true\n", Some(1)));
            assert!(requests[1].trailers.is_empty());
        }
        if !aborts {
            continue;
        }
        // The trailers are never sent within a chunk that another thread is sending.
        for _ in 0..5 {
            let event = next("\"panic beside a thread that streams\"");
            let script = [step(GET_NEXT, event), step(POST_RESPONSE, ACCEPTED)];
            let (requests, code, _) = play(&program, &[], &script);
            assert!(requests[1].text().starts_with("partxxx"));
            assert_eq!(requests[1].trailers[0].1, "Runtime.Panic");
            assert_eq!(code, Some(101));
        }
    }
}

/// Lambda sees the end of the process, and reports it to the caller.
#[test]
fn abort_exit_stack_overflow_and_no_memory_end_the_process_without_a_post() {
    for (program, _) in programs() {
        for event in ["abort", "exit", "overflow", "out of memory"] {
            let script = [step(GET_NEXT, next(&format!("\"{event}\"")))];
            let (requests, code, _) = play(&program, &[], &script);
            assert_eq!(requests.len(), 1);
            assert_eq!(code, (event == "exit").then_some(3), "{event}");
        }
    }
}

/// 12.1: 30. Servers accept error documents and heads of up to 1 MiB.
#[test]
fn a_long_error_message_is_cut() {
    for (program, _) in programs() {
        for letter in ["x", "\\u0001", "\u{e9}", "\u{1f980}"] {
            let event = next(&format!("\"much {letter}\""));
            let event = event.replace("OK\r\n", "OK\r\nLambda-Runtime-Trace-Id: Root=1\r\n");
            let script = [step(GET_NEXT, event), step(POST_ERROR, ACCEPTED)];
            let (requests, _, said) = play(&program, &[], &script);
            let (_, message) = posted(&requests[1]);
            assert!((100_000..140_000).contains(&message.len()));
            assert!(message.ends_with("..."));
            assert!(requests[1].body.len() < 1 << 20);
            let fields = requests[1].fields.iter();
            assert!(fields.map(|(n, v)| n.len() + v.len()).sum::<usize>() < 1000);
            assert!(said.lines().next().unwrap().contains(&message));
        }
    }
}

#[test]
fn a_panic_before_run_is_logged() {
    for (program, aborts) in programs() {
        let unused = SocketAddr::from(([127, 0, 0, 1], 1));
        let output = wait_for_end(
            command(&program, unused, &[("ACT", "panic")])
                .spawn()
                .unwrap(),
        );
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("of main"), "{said}");
        // `None`: the process ends with SIGABRT.
        let code = if aborts { None } else { Some(101) };
        assert_eq!(output.status.code(), code, "{}", program.display());
    }
}

#[cfg(unix)]
#[test]
fn a_write_to_a_closed_standard_output_is_an_error_and_not_a_signal() {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    for (program, _) in programs() {
        let script = [
            step(GET_NEXT, next("\"print\"")),
            step(POST_RESPONSE, ACCEPTED),
        ];
        let requests = converse(&script, |addr| {
            let (stdout, reader) = UnixStream::pair().unwrap();
            drop(reader);
            let mut command = command(&program, addr, &[]);
            wait_for_end(command.stdout(OwnedFd::from(stdout)).spawn().unwrap());
        });
        assert_eq!(requests[1].text(), "true");
    }
}

/// 12.1: 31.
#[test]
fn a_panic_in_another_thread_ends_the_process_only_if_panics_abort() {
    let event = next("\"panic in a thread\"");
    for (program, aborts) in programs() {
        if aborts {
            let script = [step_and_close(GET_NEXT, &event), step(POST_ERROR, ACCEPTED)];
            let (requests, code, _) = play(&program, &[], &script);
            assert!(posted(&requests[1]).1.ends_with(": of a thread"));
            assert_eq!(code, Some(101));
        } else {
            let script = [step(GET_NEXT, &event), step(POST_RESPONSE, ACCEPTED)];
            assert_eq!(play(&program, &[], &script).0[1].text(), "true");
        }
    }
}

/// 12.1: 31 and 35.
#[test]
fn a_panic_within_a_stream_is_in_its_trailers() {
    for (program, aborts) in programs() {
        let script = [
            step(GET_NEXT, next("\"panic midway\"")),
            step(POST_RESPONSE, ACCEPTED),
        ];
        let (requests, code, said) = play(&program, &[], &script);
        assert_eq!(requests[1].text(), "part");
        let names: Vec<_> = requests[1].trailers.iter().map(|(n, _)| &**n).collect();
        assert_eq!(names, [TYPE_FIELD, "Lambda-Runtime-Function-Error-Body"]);
        assert_eq!(requests[1].trailers[0].1, "Runtime.Panic");
        assert!(said.contains(": midway"), "{said}");
        assert_eq!(code, Some(if aborts { 101 } else { 1 }));
    }
}

#[test]
fn warn_before_deadline_logs_only_if_the_handler_is_still_running() {
    #[track_caller]
    fn check(event: &str, deadline_in: Option<i64>, n_want: usize) {
        for (program, _) in programs() {
            let mut next = next(&format!("\"{event}\""));
            if let Some(ms) = deadline_in {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                let ms = i64::try_from(now.unwrap().as_millis()).unwrap() + ms;
                let field = format!("OK\r\nLambda-Runtime-Deadline-Ms: {ms}\r\n");
                next = next.replace("OK\r\n", &field);
            }
            let script = [step(GET_NEXT, &next), step(POST_RESPONSE, ACCEPTED)];
            let (_, _, said) = play(&program, &[], &script);
            let said: Vec<_> = said
                .lines()
                .filter(|line| line.starts_with("WARN"))
                .collect();
            assert_eq!(said.len(), n_want, "{said:?}");
            let start = "WARN RequestId: 8476a536 still running ";
            let end = " ms before the deadline";
            assert!(
                said.iter()
                    .all(|line| line.starts_with(start) && line.ends_with(end))
            );
        }
    }
    thread::scope(|scope| {
        scope.spawn(|| check("late", Some(3000), 1));
        scope.spawn(|| check("in time", Some(600_000), 0));
        scope.spawn(|| check("late", Some(-5), 0));
        scope.spawn(|| check("late", None, 0));
    });
}

/// 12.1: 19.
#[test]
fn the_trace_id_is_in_the_environment_during_its_invocation() {
    let traced = |id: &str| {
        let field = format!("OK\r\nLambda-Runtime-Trace-Id: {id}\r\n");
        next("\"trace\"").replace("OK\r\n", &field)
    };
    let long = format!("Root=1;Lineage={}", "x".repeat(200));
    let script = [
        step(GET_NEXT, traced("Root=1-a")),
        step(POST_RESPONSE, ACCEPTED),
        step(GET_NEXT, traced("Root=1")),
        step(POST_RESPONSE, ACCEPTED),
        step(GET_NEXT, next("\"trace\"")),
        step(POST_RESPONSE, ACCEPTED),
        step(GET_NEXT, traced(&long)),
        step(POST_RESPONSE, ACCEPTED),
        step(GET_NEXT, traced("")),
        step(POST_RESPONSE, ACCEPTED),
    ];
    for (program, _) in programs() {
        let (requests, ..) = play(&program, &[], &script);
        let responses: Vec<_> = requests
            .iter()
            .skip(1)
            .step_by(2)
            .map(Request::text)
            .collect();
        let long = format!("\"{long}\"");
        assert_eq!(
            responses,
            ["\"Root=1-a\"", "\"Root=1\"", "null", &long, "null"]
        );
    }
}

/// 12.1: 9. The function is frozen while it waits, runs the handler, sends and receives.
#[cfg(unix)]
#[test]
fn a_freeze_at_any_point_changes_nothing() {
    for (program, _) in programs() {
        let listener = listen();
        let child = command(&program, listener.local_addr().unwrap(), &[]).spawn();
        let child = child.unwrap();
        let id = child.id();
        let freeze = || {
            signal("STOP", id);
            wait_for_state(id, "T");
            signal("CONT", id);
            wait_for_state(id, "S");
        };
        let mut stream: BufReader<TcpStream> = accept(&listener);
        let long = next(&format!("\"{}\"", "x".repeat(4 << 20)));
        for _ in 0..3 {
            assert_eq!(read_request(&mut stream).line, GET_NEXT);
            freeze();
            let (a, b) = long.as_bytes().split_at(20);
            let (b, c) = b.split_at(1 << 20);
            for part in [a, b, c] {
                stream.get_mut().write_all(part).unwrap();
                if part.len() != c.len() {
                    freeze();
                }
            }
            // The response is larger than the socket buffers, so the function waits for the reader.
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            assert_eq!(line.trim_end(), POST_RESPONSE);
            freeze();
            let mut len = 0;
            while line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).unwrap();
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    len = value.trim_end().parse().unwrap();
                }
            }
            let mut body = vec![0; len];
            stream.read_exact(&mut body).unwrap();
            assert_eq!(len, (4 << 20) + 2);
            freeze();
            stream.get_mut().write_all(ACCEPTED.as_bytes()).unwrap();
        }
        assert_eq!(read_request(&mut stream).line, GET_NEXT);
        signal("KILL", id);
        let output = wait_for_end(child);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

/// Each freeze interrupts the current system call, which may fail with EINTR.
#[cfg(unix)]
#[test]
fn repeated_freezes_change_nothing() {
    let events = ["echo", "stream", "error"].map(|event| next(&format!("\"{event}\"")));
    let long = next(&format!("\"{}\"", "x".repeat(400_000)));
    let mut script = Vec::new();
    for _ in 0..20 {
        for (event, call) in events.iter().chain([&long]).zip([
            POST_RESPONSE,
            POST_RESPONSE,
            POST_ERROR,
            POST_RESPONSE,
        ]) {
            script.extend([step(GET_NEXT, event), step(call, ACCEPTED)]);
        }
    }
    for (program, _) in programs() {
        let requests = converse(&script, |addr| {
            let child = command(&program, addr, &[]).spawn().unwrap();
            let freezes = "while kill -STOP $0 && kill -CONT $0; do :; done";
            let id = child.id().to_string();
            let mut freezes = Command::new("sh")
                .args(["-c", freezes, &id])
                .spawn()
                .unwrap();
            let output = wait_for_end(child);
            let _ = freezes.kill();
            freezes.wait().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(said.matches("NoStock: sold out").count(), 20, "{said}");
            assert_eq!((said.lines().count(), output.status.code()), (21, Some(1)));
        });
        for (i, want) in [(1, "\"echo\""), (3, "onetwothree")] {
            assert_eq!(requests[i].text(), want);
        }
        assert_eq!(requests[7].body.len(), 400_002);
    }
}

/// Serves 300 invocations to a process that a timer interrupts every millisecond. The server closes
/// every third connection, so that many are made.
#[cfg(target_os = "linux")]
#[test]
fn a_timer_signal_every_millisecond_changes_nothing() {
    let long = next(&format!("\"{}\"", "x".repeat(400_000)));
    let events = ["echo", "stream", "error", "log"].map(|event| next(&format!("\"{event}\"")));
    for (program, _) in programs() {
        let mut script = Vec::new();
        for i in 0..300 {
            let (event, call) = match i % 20 {
                0 => (&long, POST_RESPONSE),
                n if n % 4 == 2 => (&events[2], POST_ERROR),
                n => (&events[n % 4], POST_RESPONSE),
            };
            script.push(step(GET_NEXT, event));
            script.push(match i % 3 {
                0 => step_and_close(call, ACCEPTED),
                _ => step(call, ACCEPTED),
            });
        }
        let vars = [("ACT", "timer"), ("AWS_LAMBDA_LOG_LEVEL", "ERROR")];
        let (_, code, said) = play(&program, &vars, &script);
        assert_eq!(code, Some(1));
        assert_eq!(said.matches("NoStock: sold out").count(), 75, "{said}");
        let complaints = said.lines().filter(|line| line.contains("ClientError"));
        // The runtime ends because the server has stopped.
        let complaints: Vec<_> = complaints.collect();
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(
            complaints[0].contains("Connection refused"),
            "{complaints:?}"
        );
    }
}

/// A connection must not get the descriptor of a closed standard stream: printed text would go to the
/// Runtime API.
#[cfg(target_os = "linux")]
#[cfg_attr(
    tiny_lambda_portable,
    ignore = "std gives a socket the number of a closed stream"
)]
#[test]
fn standard_streams_may_be_closed() {
    let check = |program: &Path, aborts: bool, closed: u8| {
        let close = ["<&-", ">&-", "2>&-"];
        let close = (0..3).filter(|n| closed >> n & 1 == 1).map(|n| close[n]);
        let run = format!("exec \"$0\" {}", close.collect::<Vec<_>>().join(" "));
        let mut script = Vec::new();
        for (event, call) in [
            ("echo", POST_RESPONSE),
            ("print", POST_RESPONSE),
            ("log", POST_RESPONSE),
            ("error", POST_ERROR),
            ("stream", POST_RESPONSE),
        ] {
            let event = next(&format!("\"{event}\""));
            // Each event uses a new connection.
            script.extend([step(GET_NEXT, event), step_and_close(call, ACCEPTED)]);
        }
        let requests = converse(&script, |addr| {
            let mut command = command(Path::new("/bin/sh"), addr, &[]);
            command.args(["-c", &run]).arg(program);
            let output = wait_for_end(command.spawn().unwrap());
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(said.contains("sold out"), closed & 4 == 0, "{said}");
            let printed = if closed & 2 == 0 { "a line\n" } else { "" };
            assert_eq!(String::from_utf8(output.stdout).unwrap(), printed);
        });
        let texts = [1, 3, 9].map(|i| requests[i].text());
        assert_eq!(texts, ["\"echo\"", "false", "onetwothree"], "{run}");
        for (event, call) in [("panic", POST_ERROR), ("panic midway", POST_RESPONSE)] {
            let event = next(&format!("\"{event}\""));
            let mut script = [step(GET_NEXT, event), step(call, ACCEPTED)];
            // The panic hook opens a connection.
            script[0].hangs_up = aborts && call == POST_ERROR;
            converse(&script, |addr| {
                let mut command = command(Path::new("/bin/sh"), addr, &[]);
                command.args(["-c", &run]).arg(program);
                let code = wait_for_end(command.spawn().unwrap()).status.code();
                assert_eq!(code, Some(if aborts { 101 } else { 1 }));
            });
        }
    };
    thread::scope(|scope| {
        for (program, aborts) in programs() {
            for closed in 0..8 {
                let program = program.clone();
                scope.spawn(move || check(&program, aborts, closed));
            }
        }
    });
}

/// Connections get low descriptors, because standard streams are closed.
#[cfg(target_os = "linux")]
#[test]
fn child_processes_of_a_handler_do_not_inherit_connections() {
    for (program, _) in programs() {
        let run = "exec \"$0\" <&- >&-";
        let script = [
            step(GET_NEXT, next("\"descriptors\"")),
            step(POST_RESPONSE, ACCEPTED),
        ];
        let requests = converse(&script, |addr| {
            let mut command = command(Path::new("/bin/sh"), addr, &[]);
            command.args(["-c", run]).arg(&program);
            wait_for_end(command.spawn().unwrap());
        });
        let links = requests[1].text();
        assert!(!links.contains("socket:"), "{links}");
    }
}

/// The line names the invocation if the reply does.
#[test]
fn a_malformed_reply_to_next_is_one_log_line() {
    #[track_caller]
    fn check(rest: &str, is_posted: bool, want: &str) {
        for (program, _) in programs() {
            let reply = malformed_replies::with(rest);
            let mut script = vec![step_and_close(GET_NEXT, &reply)];
            if is_posted {
                script.push(step(POST_ERROR, ACCEPTED));
            }
            script.push(step(GET_NEXT, refusal(500)));
            let (requests, code, said) = play(&program, &[], &script);
            let lines: Vec<_> = said.lines().collect();
            assert_eq!((lines.len(), code), (2, Some(1)), "{said}");
            assert!(lines[0].ends_with(want), "{said}");
            assert!(
                lines[1].ends_with("GET invocation/next: status 500: why"),
                "{said}"
            );
            let start = if is_posted {
                "ERROR RequestId: 8476a536 Runtime.LambdaRuntimeClientError: "
            } else {
                "ERROR Runtime.LambdaRuntimeClientError: "
            };
            assert!(lines[0].starts_with(start), "{said}");
            if is_posted {
                let (kind, message) = posted(&requests[1]);
                assert_eq!(kind, "Runtime.LambdaRuntimeClientError");
                assert!(lines[0].ends_with(&message), "{message}");
            }
        }
    }
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    check(
        "Content-Length: 99999999\r\n\r\n",
        true,
        "next: body too long",
    );
    check(
        &format!("{chunked}x\r\n"),
        true,
        "next: malformed chunk size",
    );
    check(
        &format!("{chunked}2\r\n\"7\"\r\n"),
        true,
        "next: malformed chunk end",
    );
    check("no field\r\n\r\n", true, "next: malformed header line");
    // After a cut reply the server sends the event again.
    check(
        "Content-Length: 3\r\n\r\n\"",
        false,
        "next: connection closed within the body",
    );
    check(
        "Content-Len",
        false,
        "next: connection closed within the head",
    );
}
