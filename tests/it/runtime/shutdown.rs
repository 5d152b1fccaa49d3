//! Shutdown: hooks, the internal extension that they need, and SIGTERM (12.1: 5, 6, 40).

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::time::{Duration, Instant};

use crate::programs;
use crate::support::function::command;
use crate::support::processes::{signal, wait_for_end, wait_for_state};
use crate::support::runtime_api::{
    GET_NEXT, GET_RESTORE, accept, listen, next, read_request, refusal, within,
};

const POST_REGISTER: &str = "POST /2020-01-01/extension/register HTTP/1.1";
const GET_EVENT: &str = "GET /2020-01-01/extension/event/next HTTP/1.1";
const REGISTERED: &str = "HTTP/1.1 200 OK\r\nlambda-extension-identifier: id-1\r\n\
    Content-Length: 2\r\n\r\n{}";

/// A function with shutdown hooks that waits for its first event, the connection of its extension if the
/// registration succeeded, and the connection of the runtime.
struct Function {
    child: Child,
    extension: Option<BufReader<TcpStream>>,
    runtime: BufReader<TcpStream>,
    // Kept so that no other test gets the port.
    listener: TcpListener,
}

fn start(program: &std::path::Path, act: &str, registered: &str) -> Function {
    let listener = listen();
    let addr = listener.local_addr().unwrap();
    let child = command(program, addr, &[("ACT", act)]).spawn().unwrap();
    let mut extension = accept(&listener);
    let request = read_request(&mut extension);
    assert_eq!(request.line, POST_REGISTER);
    assert_eq!(
        request.field("Lambda-Extension-Name"),
        Some("tiny-lambda-shutdown")
    );
    assert_eq!(request.text(), r#"{"events":[]}"#);
    extension
        .get_mut()
        .write_all(registered.as_bytes())
        .unwrap();
    let extension = (registered == REGISTERED).then(|| {
        let request = read_request(&mut extension);
        assert_eq!(request.line, GET_EVENT);
        assert_eq!(request.field("Lambda-Extension-Identifier"), Some("id-1"));
        extension
    });
    let mut runtime = accept(&listener);
    assert_eq!(read_request(&mut runtime).line, GET_NEXT);
    Function {
        child,
        extension,
        runtime,
        listener,
    }
}

impl Function {
    /// Reads the log up to a line that begins with `want`.
    fn says(&mut self, want: &str) {
        let log = BufReader::new(self.child.stderr.as_mut().unwrap());
        let mut lines = log.lines().map(Result::unwrap);
        assert!(lines.any(|line| line.starts_with(want)), "{want}");
    }

    /// Sends SIGTERM; returns the log from then on, the exit code, and the time until the end.
    fn terminate(self) -> (String, Option<i32>, Duration) {
        let start = Instant::now();
        signal("TERM", self.child.id());
        let output = wait_for_end(self.child);
        let took = start.elapsed();
        let said = String::from_utf8(output.stderr).unwrap();
        (said, output.status.code(), took)
    }

    /// Sends SIGTERM and checks that the hooks run; returns the time until the end.
    fn terminates(self) -> Duration {
        let (said, code, took) = self.terminate();
        assert_eq!((said.as_str(), code), (SAID, Some(0)));
        took
    }
}

const SAID: &str = "shut down first\nshut down last\n";

/// The time after which Lambda kills a runtime with an internal extension.
const LIMIT: Duration = Duration::from_millis(500);

#[test]
fn shutdown_hooks_run_while_the_function_waits_for_an_event() {
    for (program, _) in programs() {
        within(LIMIT, || {
            let mut function = start(&program, "shutdown", REGISTERED);
            // Both connections stay open, and no request is sent on them.
            let extension = function.extension.take();
            let took = function.terminates();
            let mut rest = String::new();
            extension.unwrap().read_line(&mut rest).unwrap();
            assert_eq!(rest, "");
            took
        });
    }
}

/// 12.1: 46. The snapshot keeps the extension identifier, and each restored process calls `next` again.
#[test]
fn the_internal_extension_calls_next_again_after_a_restore() {
    for (program, _) in programs() {
        let listener = listen();
        let vars = [
            ("ACT", "shutdown-snapshot"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"),
        ];
        let child = command(&program, listener.local_addr().unwrap(), &vars).spawn();
        let mut before = accept(&listener);
        assert_eq!(read_request(&mut before).line, POST_REGISTER);
        before.get_mut().write_all(REGISTERED.as_bytes()).unwrap();
        assert_eq!(read_request(&mut before).line, GET_EVENT);
        let mut restore = accept(&listener);
        assert_eq!(read_request(&mut restore).line, GET_RESTORE);
        drop(before);
        let restored = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        restore.get_mut().write_all(restored.as_bytes()).unwrap();
        let mut extension = accept(&listener);
        let request = read_request(&mut extension);
        assert_eq!(request.line, GET_EVENT);
        assert_eq!(request.field("Lambda-Extension-Identifier"), Some("id-1"));
        let mut runtime = accept(&listener);
        assert_eq!(read_request(&mut runtime).line, GET_NEXT);
        let child = child.unwrap();
        signal("TERM", child.id());
        let output = wait_for_end(child);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("after 1\n{SAID}"));
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn shutdown_hooks_run_while_a_handler_runs_and_nothing_is_posted() {
    for (program, _) in programs() {
        within(LIMIT, || {
            let mut function = start(&program, "shutdown", REGISTERED);
            let event = next("\"wait\"");
            function
                .runtime
                .get_mut()
                .write_all(event.as_bytes())
                .unwrap();
            function.says("waiting");
            let mut runtime = BufReader::new(function.runtime.get_ref().try_clone().unwrap());
            let took = function.terminates();
            let mut rest = String::new();
            runtime.read_line(&mut rest).unwrap();
            assert_eq!(rest, "");
            took
        });
    }
}

#[test]
fn a_sigterm_during_a_freeze_is_handled_after_it() {
    for (program, _) in programs() {
        let function = start(&program, "shutdown", REGISTERED);
        let id = function.child.id();
        signal("STOP", id);
        wait_for_state(id, "T");
        signal("TERM", id);
        signal("CONT", id);
        let output = wait_for_end(function.child);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), SAID);
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn a_panic_in_a_shutdown_hook_is_logged_and_the_exit_code_is_not_0() {
    for (program, aborts) in programs() {
        within(LIMIT, || {
            let (said, code, took) = start(&program, "shutdown-panic", REGISTERED).terminate();
            assert!(said.contains(": too late"), "{said}");
            assert_eq!(code, Some(if aborts { 101 } else { 1 }));
            took
        });
    }
}

#[test]
fn a_failed_registration_is_logged_and_sigterm_still_runs_the_hooks() {
    for (program, _) in programs() {
        for refused in [
            refusal(403),
            refusal(404),
            refusal(500),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "garbage\r\n".to_owned(),
        ] {
            within(LIMIT, || {
                let mut function = start(&program, "shutdown", &refused);
                let addr = function.listener.local_addr().unwrap();
                let error = "ERROR Runtime.LambdaRuntimeClientError";
                function.says(&format!("{error}: Extensions API at {addr}: "));
                // A SIGTERM that is sent nevertheless runs the hooks.
                function.terminates()
            });
        }
    }
}

#[test]
fn without_shutdown_hooks_no_extension_is_registered_and_sigterm_ends_the_process() {
    use std::os::unix::process::ExitStatusExt;
    for (program, _) in programs() {
        let listener = listen();
        let child = command(&program, listener.local_addr().unwrap(), &[])
            .spawn()
            .unwrap();
        let mut runtime = accept(&listener);
        assert_eq!(read_request(&mut runtime).line, GET_NEXT);
        signal("TERM", child.id());
        assert_eq!(wait_for_end(child).status.signal(), Some(15));
    }
}

#[cfg(feature = "emulator")]
mod emulated {
    use super::*;
    use crate::support::folder::Folder;
    use tiny_lambda::emulator::{Emulator, Settings};

    /// The function logs to a file.
    #[test]
    fn the_local_lambda_runs_shutdown_hooks_at_its_end_and_after_a_timeout() {
        for (n, (program, _)) in programs().into_iter().enumerate() {
            let folder = Folder::new(&format!("shutdown {n}"));
            let exec = format!("exec '{}' 2>>log", program.display());
            let mut settings = Settings::default();
            settings.bootstrap = Some(folder.script(&exec));
            settings.env.push(("ACT".to_owned(), "shutdown".to_owned()));
            // Long enough for the other invocations and the start of a process.
            settings.timeout = Duration::from_millis(1500);
            let emulator = Emulator::start_with(settings).unwrap();
            assert_eq!(emulator.invoke(b"\"a\"").unwrap().body, b"\"a\"");
            let slow = emulator.invoke(b"\"wait\"").unwrap();
            assert_eq!(slow.error_type.as_deref(), Some("Sandbox.Timedout"));
            assert_eq!(emulator.invoke(b"\"b\"").unwrap().body, b"\"b\"");
            drop(emulator);
            let log = std::fs::read_to_string(folder.0.join("log")).unwrap();
            assert_eq!(log, format!("waiting\n{SAID}{SAID}"));
        }
    }
}
