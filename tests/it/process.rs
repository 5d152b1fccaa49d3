//! A function as a process: its Init, its snapshots, its panics, its signals. Each test that
//! begins with `12.1` names the items of the conformance checklist for runtimes that it proves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::SystemTime;

use tiny_lambda::json::{self, Value};

use crate::peer::{
    ACCEPTED, GET_NEXT, GET_RESTORE, NEXT, PATIENCE, POST_ERROR, POST_INIT_ERROR, POST_RESPONSE,
    POST_RESTORE_ERROR, Request, Step, accept, converse, last, listen, next, read_request, refusal,
    step,
};

const TYPE_FIELD: &str = "Lambda-Runtime-Function-Error-Type";

/// The function in tests/function, or an example, as `cargo run` has it: its panics unwind.
pub(crate) fn unwinding(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        // `cargo test` has built them, unless it was asked for this test binary only.
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--offline", "--examples"]);
        cargo.arg("--manifest-path");
        cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
        assert!(cargo.status().unwrap().success());
        let this = std::env::current_exe().unwrap();
        this.ancestors().nth(2).unwrap().join("examples")
    });
    folder.join(name)
}

/// The same as Lambda gets them: their panics abort. `None` where their target is not installed.
pub(crate) fn aborting(name: &str) -> Option<PathBuf> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = BUILT.get_or_init(|| released("small", &["function", "function_main", "hello"]));
    Some(folder.as_ref()?.join(name).join("bootstrap"))
}

/// The function in its other profile, in which panics unwind.
fn unwinding_in_lambda() -> Option<PathBuf> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = BUILT.get_or_init(|| released("unwind", &["function"]));
    Some(folder.as_ref()?.join("function/bootstrap"))
}

/// The folder of examples as Lambda gets them. `None` where their target is not installed.
fn released(profile: &str, names: &[&str]) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("process-{profile}"));
    let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("build.sh"))
        .args(["--offline", "--profile", profile])
        .args(names)
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("is missing") || !cfg!(target_os = "linux") {
        println!("skipped, for a function as Lambda gets it: {said}");
        return None;
    }
    assert!(output.status.success(), "{said}");
    Some(target.join("lambda"))
}

/// All of them, with std's start-up and without, in each profile that says what a panic was, and
/// whether panics abort.
pub(crate) fn all() -> Vec<(PathBuf, bool)> {
    let both = |name: &'static str| {
        let aborting = aborting(name).map(|program| (program, true));
        [(unwinding(name), false)].into_iter().chain(aborting)
    };
    let in_lambda = unwinding_in_lambda().map(|program| (program, false));
    both("function")
        .chain(both("function_main"))
        .chain(in_lambda)
        .collect()
}

/// The command that starts `program` as Lambda would, with some `vars` more. A proxy is named to
/// show that nobody asks it (12.1: 3); every other variable is missing (2).
pub(crate) fn command(program: &Path, addr: SocketAddr, vars: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.env("AWS_LAMBDA_RUNTIME_API", addr.to_string());
    command.env("http_proxy", "http://127.0.0.1:1");
    command.envs(vars.iter().copied());
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped());
    command.stderr(Stdio::piped());
    command
}

/// Sends a signal by name.
pub(crate) fn signal(name: &str, pid: u32) {
    let kill = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(kill.unwrap().success());
}

/// Waits for the end of a process; one that does not come is a failure.
pub(crate) fn ends(child: Child) -> Output {
    let id = child.id();
    let (ended, has_ended) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let late = has_ended.recv_timeout(PATIENCE);
        if late == Err(mpsc::RecvTimeoutError::Timeout) {
            signal("-KILL", id);
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    watch.join().unwrap();
    output
}

/// Plays `script` to a process, which ends when the script has. Returns what the Runtime API was
/// asked, the exit code, and what the process has said.
pub(crate) fn play(
    program: &Path,
    vars: &[(&str, &str)],
    script: &[Step],
) -> (Vec<Request>, Option<i32>, String) {
    let mut output = None;
    let requests = converse(script, |addr| {
        output = Some(ends(command(program, addr, vars).spawn().unwrap()));
    });
    let output = output.unwrap();
    assert_eq!(output.stdout, b"");
    let said = String::from_utf8(output.stderr).expect("a log that is text");
    (requests, output.status.code(), said)
}

/// `errorType` and `errorMessage` of an error that was posted, which has the same in its header.
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
fn what_init_makes_is_lent_to_the_handler() {
    for (program, _) in all() {
        let script = [step(GET_NEXT, next("2")), step(POST_RESPONSE, ACCEPTED)];
        let (requests, code, _) = play(&program, &[("ACT", "init")], &script);
        assert_eq!((requests[1].text(), code), ("42", Some(1)));
    }
}

/// 12.1: 4 and 30.
#[test]
fn a_failed_init_is_posted_once_and_the_process_ends_with_1() {
    #[track_caller]
    fn check(act: &str, answer: &Step, want: (&str, &str)) {
        for (program, _) in all() {
            let (requests, code, said) =
                play(&program, &[("ACT", act)], std::slice::from_ref(answer));
            let (kind, message) = posted(&requests[0]);
            assert_eq!((kind.as_str(), code), (want.0, Some(1)));
            assert!(message.contains(want.1), "{message}");
            // A refusal may be told too.
            assert!((1..=2).contains(&said.lines().count()), "{said}");
        }
    }
    let accepted = step(POST_INIT_ERROR, ACCEPTED);
    check("init-error", &accepted, ("NoTable", "TABLE is not set"));
    check("init-panic", &accepted, ("Runtime.Panic", ": no table"));
    check("init-panics", &accepted, ("Runtime.Panic", "panicked at "));
    // Whatever comes back: there is nothing else to be done about it.
    for status in [200, 400, 403, 404, 413, 500, 503] {
        let refused = step(POST_INIT_ERROR, refusal(status));
        check("init-error", &refused, ("NoTable", "TABLE is not set"));
    }
    let cut = last(POST_INIT_ERROR, "");
    check("init-error", &cut, ("NoTable", "TABLE is not set"));
}

const SNAP_START: (&str, &str) = ("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");

/// 12.1: 7 and 46.
#[test]
fn a_snapshot_is_taken_between_the_hooks_and_its_connection_is_not_used_again() {
    for (program, _) in all() {
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
        let output = ends(child.unwrap());
        let said = String::from_utf8(output.stderr).unwrap();
        let hooks: Vec<_> = said.lines().take(4).collect();
        assert_eq!(hooks, ["before 2", "before 1", "after 1", "after 2"]);
        assert_eq!(output.status.code(), Some(1));
    }
}

/// 12.1: 7.
#[test]
fn without_snap_start_there_are_no_hooks_and_no_restore() {
    for (program, _) in all() {
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
fn a_failed_hook_is_posted_and_the_process_ends_with_1() {
    #[track_caller]
    fn check(act: &str, script: &[Step], kind: &str, message: &str) {
        for (program, aborts) in all() {
            let (requests, code, said) = play(&program, &[("ACT", act), SNAP_START], script);
            // A refusal may be told too.
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
        last(GET_RESTORE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        step(POST_RESTORE_ERROR, ACCEPTED),
    ];
    let kind = "Runtime.AfterRestoreError";
    check("after-error", &restore_error, kind, "Seed: no seed");
    check("after-panic", &restore_error, kind, "no seed");
    // Whatever comes back, it is posted once: there is nothing else to be done about it.
    for answer in [200, 400, 403, 404, 413, 500, 503].map(refusal) {
        let script = [restore_error[0].clone(), step(POST_RESTORE_ERROR, answer)];
        check("after-error", &script, kind, "Seed: no seed");
    }
    let script = [restore_error[0].clone(), last(POST_RESTORE_ERROR, "")];
    check("after-error", &script, kind, "Seed: no seed");
}

/// 12.1: 7.
#[test]
fn a_snapshot_that_is_refused_ends_the_process_with_a_line() {
    let program = unwinding("function");
    for answer in [refusal(403), refusal(404), refusal(500), String::new()] {
        let script = [last(GET_RESTORE, &answer)];
        let (_, code, said) = play(&program, &[("ACT", "snapshot"), SNAP_START], &script);
        assert_eq!(code, Some(1));
        assert!(said.contains("GET restore/next: "), "{said}");
    }
}

/// 12.1: 31.
#[test]
fn a_panic_is_posted_once_with_its_place() {
    for (program, aborts) in all() {
        for (event, want) in [
            ("panic", ": of the handler"),
            ("panic in a panic", ": a value that is not a string"),
        ] {
            let event = next(&format!("\"{event}\""));
            let mut script = vec![step(GET_NEXT, event), step(POST_ERROR, ACCEPTED)];
            if aborts {
                // From a connection of its own, as the worker's may be in the middle of anything.
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

/// 12.1: 21 and 31. The process cannot go on after the second panic; the first one is the reason.
#[test]
fn a_panic_while_panicking_is_posted_and_the_end() {
    for (program, _) in all() {
        let event = next("\"panic while panicking\"");
        let script = [last(GET_NEXT, event), step(POST_ERROR, ACCEPTED)];
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

/// Plays one invocation that a panic ends; what was posted as `errorMessage`, what the log has.
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

/// 12.1: 31. std ends the process at such a function; the panic that came to it is the reason.
#[test]
fn a_panic_that_cannot_unwind_is_posted_and_the_end() {
    for (program, _) in all() {
        for event in ["panic through C", "caught, then through C"] {
            if event.starts_with("caught") && is_aborting(&program) {
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

fn is_aborting(program: &Path) -> bool {
    program.to_string_lossy().contains("process-small")
}

/// 12.1: 31.
#[test]
fn a_panic_is_posted_with_the_text_of_its_payload_and_logged_once() {
    for (program, aborts) in all() {
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

/// 12.1: 31. A panic that the handler catches is logged, and not taken for that of another invocation.
#[test]
fn a_panic_that_the_handler_catches_is_in_the_log_and_nowhere_else() {
    for (program, aborts) in all() {
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
        // Those, the other two errors, and that the Runtime API has gone.
        assert_eq!(said.lines().count(), 5, "{said}");
    }
}

/// 12.1: 31.
#[test]
fn of_several_threads_that_panic_at_once_one_is_posted() {
    for (program, aborts) in all() {
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

/// A hook that the function has set is called once, before the error is logged and posted.
#[test]
fn a_panic_hook_of_the_function_is_called_first() {
    #[track_caller]
    fn check(act: &str, event: &str, want: &[&str]) {
        for (program, aborts) in all() {
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
            // Where panics abort, tenant and trace are not known.
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

/// 12.1: 20. What is printed without the end of a line is there before the runtime waits, and when
/// the process ends.
#[test]
fn what_is_printed_is_flushed_before_next_and_at_the_end() {
    for (program, aborts) in all() {
        // Init, then an invocation; both while the process waits for the next event.
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
        ends(child);

        // A panic that ends the process does not wait for the thread that holds the lock, which waits
        // for it.
        let of_a_holder = if aborts { "" } else { "a part, true" };
        for (act, event, want) in [
            ("", "panic in a thread while printing", of_a_holder),
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
                output = Some(ends(child));
            });
            let printed = String::from_utf8(output.unwrap().stdout).unwrap();
            assert_eq!(printed, want, "{act} {event}");
        }
    }
}

/// 12.1: 31 and 35.
#[test]
fn a_panic_of_another_thread_ends_the_open_stream_and_nothing_else() {
    for (program, aborts) in all() {
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
        // The trailers never come within a chunk that another thread is sending.
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

/// Lambda sees the process end, and tells the caller.
#[test]
fn what_no_runtime_survives_is_the_end_at_once_and_no_answer() {
    for (program, _) in all() {
        for event in ["abort", "exit", "overflow", "out of memory"] {
            let script = [step(GET_NEXT, next(&format!("\"{event}\"")))];
            let (requests, code, _) = play(&program, &[], &script);
            assert_eq!(requests.len(), 1);
            assert_eq!(code, (event == "exit").then_some(3), "{event}");
        }
    }
}

/// 12.1: 30, and what servers take: error documents of 1 MiB, heads of as much.
#[test]
fn an_error_with_much_to_say_is_cut() {
    for (program, _) in all() {
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
fn a_panic_before_there_is_anybody_to_tell_is_in_the_log() {
    for (program, aborts) in all() {
        let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
        let output = ends(
            command(&program, nobody, &[("ACT", "panic")])
                .spawn()
                .unwrap(),
        );
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("of main"), "{said}");
        // None: a signal, which is SIGABRT.
        let code = if aborts { None } else { Some(101) };
        assert_eq!(output.status.code(), code, "{}", program.display());
    }
}

#[test]
fn a_write_to_standard_output_that_nobody_reads_is_an_error() {
    for (program, _) in all() {
        let script = [
            step(GET_NEXT, next("\"print\"")),
            step(POST_RESPONSE, ACCEPTED),
        ];
        let requests = converse(&script, |addr| {
            let (stdout, reader) = UnixStream::pair().unwrap();
            drop(reader);
            let mut command = command(&program, addr, &[]);
            ends(command.stdout(OwnedFd::from(stdout)).spawn().unwrap());
        });
        assert_eq!(requests[1].text(), "true");
    }
}

/// 12.1: 31.
#[test]
fn a_panic_of_another_thread_is_that_threads_own_or_else_the_end() {
    let event = next("\"panic in a thread\"");
    for (program, aborts) in all() {
        if aborts {
            let script = [last(GET_NEXT, &event), step(POST_ERROR, ACCEPTED)];
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
fn a_panic_within_a_stream_is_told_in_its_trailers() {
    for (program, aborts) in all() {
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
fn a_warning_comes_before_the_deadline_and_only_then() {
    #[track_caller]
    fn check(event: &str, deadline_in: Option<i64>, n_want: usize) {
        for (program, _) in all() {
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
    check("late", Some(3000), 1);
    check("in time", Some(600_000), 0);
    check("late", Some(-5), 0);
    check("late", None, 0);
}

/// 12.1: 19.
#[test]
fn the_trace_is_in_the_environment_while_it_is_known() {
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
    for (program, _) in all() {
        let (requests, ..) = play(&program, &[], &script);
        let answers: Vec<_> = requests
            .iter()
            .skip(1)
            .step_by(2)
            .map(Request::text)
            .collect();
        let long = format!("\"{long}\"");
        assert_eq!(
            answers,
            ["\"Root=1-a\"", "\"Root=1\"", "null", &long, "null"]
        );
    }
}

/// Reads the state of a process until it is that.
#[cfg(target_os = "linux")]
pub(crate) fn becomes(pid: u32, state: &str) {
    let limit = std::time::Instant::now() + PATIENCE;
    while std::time::Instant::now() < limit {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        if stat.rsplit_once(") ").unwrap().1.starts_with(state) {
            return;
        }
        thread::yield_now();
    }
    panic!("process {pid} never came to be {state}");
}

/// 12.1: 9, and freezes while the function waits, is at work, sends and receives.
#[cfg(target_os = "linux")]
#[test]
fn a_freeze_at_any_point_changes_nothing() {
    for (program, _) in all() {
        let listener = listen();
        let child = command(&program, listener.local_addr().unwrap(), &[]).spawn();
        let child = child.unwrap();
        let id = child.id();
        let freeze = || {
            signal("-STOP", id);
            becomes(id, "T");
            signal("-CONT", id);
            becomes(id, "S");
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
            // It echoes more than a socket takes, and waits for its reader.
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
        signal("-KILL", id);
        let output = ends(child);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

/// Each of them interrupts whatever call the process is in, which fails with EINTR where it may.
#[cfg(target_os = "linux")]
#[test]
fn a_storm_of_freezes_changes_nothing() {
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
    for (program, _) in all() {
        let requests = converse(&script, |addr| {
            let child = command(&program, addr, &[]).spawn().unwrap();
            let storm = "while kill -STOP $0 && kill -CONT $0; do :; done";
            let id = child.id().to_string();
            let mut storm = Command::new("sh").args(["-c", storm, &id]).spawn().unwrap();
            let output = ends(child);
            let _ = storm.kill();
            storm.wait().unwrap();
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
fn a_timer_signal_changes_nothing() {
    let long = next(&format!("\"{}\"", "x".repeat(400_000)));
    let events = ["echo", "stream", "error", "log"].map(|event| next(&format!("\"{event}\"")));
    for (program, _) in all() {
        let mut script = Vec::new();
        for i in 0..300 {
            let (event, call) = match i % 20 {
                0 => (&long, POST_RESPONSE),
                n if n % 4 == 2 => (&events[2], POST_ERROR),
                n => (&events[n % 4], POST_RESPONSE),
            };
            script.push(step(GET_NEXT, event));
            script.push(match i % 3 {
                0 => last(call, ACCEPTED),
                _ => step(call, ACCEPTED),
            });
        }
        let vars = [("ACT", "timer"), ("AWS_LAMBDA_LOG_LEVEL", "ERROR")];
        let (_, code, said) = play(&program, &vars, &script);
        assert_eq!(code, Some(1));
        assert_eq!(said.matches("NoStock: sold out").count(), 75, "{said}");
        let complaints = said.lines().filter(|line| line.contains("ClientError"));
        // It ends because the server has gone.
        let complaints: Vec<_> = complaints.collect();
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(
            complaints[0].contains("Connection refused"),
            "{complaints:?}"
        );
    }
}

/// The numbers of standard streams that are closed are not those of connections: nothing that is
/// printed goes to the Runtime API, and nothing that it sends is lost.
#[cfg(target_os = "linux")]
#[test]
fn standard_streams_may_be_closed() {
    for (program, aborts) in all() {
        for closed in 0..8 {
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
                // Each on a connection of its own.
                script.extend([step(GET_NEXT, event), last(call, ACCEPTED)]);
            }
            let requests = converse(&script, |addr| {
                let mut command = command(Path::new("/bin/sh"), addr, &[]);
                command.args(["-c", &run]).arg(&program);
                let output = ends(command.spawn().unwrap());
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
                // The hook has a connection of its own.
                script[0].hangs_up = aborts && call == POST_ERROR;
                converse(&script, |addr| {
                    let mut command = command(Path::new("/bin/sh"), addr, &[]);
                    command.args(["-c", &run]).arg(&program);
                    let code = ends(command.spawn().unwrap()).status.code();
                    assert_eq!(code, Some(if aborts { 101 } else { 1 }));
                });
            }
        }
    }
}

/// A connection is not inherited by the processes that a handler starts, whatever its number.
#[cfg(target_os = "linux")]
#[test]
fn connections_are_closed_in_the_processes_of_a_handler() {
    for (program, _) in all() {
        let run = "exec \"$0\" <&- >&-";
        let script = [
            step(GET_NEXT, next("\"descriptors\"")),
            step(POST_RESPONSE, ACCEPTED),
        ];
        let requests = converse(&script, |addr| {
            let mut command = command(Path::new("/bin/sh"), addr, &[]);
            command.args(["-c", run]).arg(&program);
            ends(command.spawn().unwrap());
        });
        let links = requests[1].text();
        assert!(!links.contains("socket:"), "{links}");
    }
}

/// One line for each reply to `next` that cannot be read, with the invocation if that is known.
#[test]
fn a_reply_to_next_that_cannot_be_read_is_one_line() {
    #[track_caller]
    fn check(rest: &str, is_posted: bool, want: &str) {
        for (program, _) in all() {
            let reply = crate::malformed::with(rest);
            let mut script = vec![last(GET_NEXT, &reply)];
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
    // What is cut off is handed out again.
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
