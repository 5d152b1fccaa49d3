//! A function's log: its formats and levels, one write per line, and a reader who is slow or has gone.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use tiny_lambda::json::{self, Value};

use crate::programs;
use crate::support::function::{command, play};
use crate::support::processes::ends;
use crate::support::runtime_api::{
    ACCEPTED, GET_NEXT, PATIENCE, POST_ERROR, POST_RESPONSE, accept, converse, listen, next,
    read_request, refusal, step,
};

/// What was logged for one invocation, of a tenant, up to the end of the Runtime API.
fn logged(vars: &[(&str, &str)], event: &str) -> Vec<String> {
    let next = next(event).replace("OK\r\n", "OK\r\nLambda-Runtime-Aws-Tenant-Id: t-1\r\n");
    let script = [step(GET_NEXT, next), step(POST_RESPONSE, ACCEPTED)];
    let mut said = Vec::new();
    for (program, _) in programs() {
        let (_, _, lines) = play(&program, vars, &script);
        let mut lines: Vec<_> = lines.lines().map(str::to_owned).collect();
        // What says that the Runtime API has gone, unless that is not FATAL enough.
        lines.retain(|line| !line.contains("GET invocation/next"));
        said.push(lines);
    }
    let first = said.swap_remove(0);
    assert!(said.iter().all(|lines| lines.len() == first.len()));
    first
}

/// 12.1: 41.
#[test]
fn a_text_log_has_every_level_and_a_line_per_event() {
    for vars in [
        &[][..],
        &[("AWS_LAMBDA_LOG_LEVEL", "ERROR")],
        &[("AWS_LAMBDA_LOG_FORMAT", "Text")],
        &[("AWS_LAMBDA_LOG_FORMAT", "xml")],
    ] {
        assert_eq!(
            logged(vars, "\"log\""),
            [
                "TRACE RequestId: 8476a536 TenantId: t-1 at 1",
                "DEBUG RequestId: 8476a536 TenantId: t-1 at 2",
                "INFO RequestId: 8476a536 TenantId: t-1 at 3\rand more",
                "WARN RequestId: 8476a536 TenantId: t-1 at \"4\"",
                "ERROR RequestId: 8476a536 TenantId: t-1 at 5",
                "FATAL RequestId: 8476a536 TenantId: t-1 at 6",
            ]
        );
    }
}

/// 12.1: 42.
#[test]
fn a_json_log_has_the_levels_that_were_asked_for() {
    #[track_caller]
    fn check(level: &str, n_want: usize) {
        let vars = [
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_LEVEL", level),
        ];
        let lines = logged(&vars, "\"log\"");
        let all = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
        let messages = ["at 1", "at 2", "at 3\nand more", "at \"4\"", "at 5", "at 6"];
        let want: Vec<_> = all.iter().zip(messages).skip(6 - n_want).collect();
        assert_eq!(lines.len(), n_want, "{lines:?}");
        for (line, (level, message)) in lines.iter().zip(want) {
            let line: Value = json::parse(line.as_bytes()).unwrap();
            let text = |name| line.get(name).and_then(Value::as_str);
            assert_eq!(text("level"), Some(*level));
            assert_eq!(text("message"), Some(message));
            assert_eq!(text("requestId"), Some("8476a536"));
            assert_eq!(text("tenantId"), Some("t-1"));
            let time = text("timestamp").unwrap().as_bytes();
            assert_eq!((time[10], time[23], time.len()), (b'T', b'Z', 24));
        }
    }
    check("TRACE", 6);
    check("debug", 5);
    check("INFO", 4);
    check("", 4);
    check("nonsense", 4);
    check("WARN", 3);
    check("Error", 2);
    check("FATAL", 1);
}

/// 12.1: 41.
#[test]
fn a_line_of_any_length_is_one_line() {
    let lines = logged(&[], "\"log much\"");
    let lens: Vec<_> = lines.iter().map(String::len).collect();
    assert_eq!(
        lens,
        ["INFO RequestId: 8476a536 TenantId: t-1 ".len() + (1 << 20)]
    );
}

/// 12.1: 2 and 3: as `command` has it, there is a proxy, and no other variable.
#[test]
fn success_says_nothing() {
    assert_eq!(logged(&[], "\"echo\""), [""; 0]);
}

/// 12.1: 43. It is for managed runtimes, and for one writer.
#[test]
fn the_telemetry_descriptor_is_left_alone() {
    for descriptor in ["1", "2", "3", "-1", "x"] {
        let lines = logged(&[("_LAMBDA_TELEMETRY_LOG_FD", descriptor)], "\"log\"");
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[0], "TRACE RequestId: 8476a536 TenantId: t-1 at 1");
    }
}

/// 12.1: 41.
#[test]
fn a_log_that_nobody_reads_is_survived() {
    for (program, _) in programs() {
        let script = [
            step(GET_NEXT, next("\"log much\"")),
            step(POST_RESPONSE, ACCEPTED),
            step(GET_NEXT, next("\"error\"")),
            step(POST_ERROR, ACCEPTED),
        ];
        converse(&script, |addr| {
            let mut child = command(&program, addr, &[]).spawn().unwrap();
            drop((child.stdout.take(), child.stderr.take()));
            assert_eq!(ends(child).status.code(), Some(1));
        });
    }
}

/// 12.1: 41. A socket of datagrams keeps the writes apart.
#[test]
fn a_line_is_written_in_one_write() {
    let n_lines = [("log", 6), ("error", 1), ("panic midway", 1)];
    for (program, aborts) in programs() {
        for vars in [
            &[][..],
            &[
                ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
                ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
            ],
        ] {
            for (event, n_lines) in n_lines {
                let call = if event == "error" {
                    POST_ERROR
                } else {
                    POST_RESPONSE
                };
                let event = next(&format!("\"{event}\""));
                let script = [step(GET_NEXT, event), step(call, ACCEPTED)];
                converse(&script, |addr| {
                    let (ours, theirs) = UnixDatagram::pair().unwrap();
                    let mut command = command(&program, addr, vars);
                    command.stderr(OwnedFd::from(theirs));
                    let child = command.spawn().unwrap();
                    drop(command);
                    ends(child);
                    ours.set_nonblocking(true).unwrap();
                    let mut writes = Vec::new();
                    let mut line = [0; 4096];
                    while let Ok(len) = ours.recv(&mut line) {
                        writes.push(String::from_utf8(line[..len].to_vec()).unwrap());
                    }
                    // And that the Runtime API has gone, unless a panic was the end.
                    let is_end = |line: &String| line.contains("GET invocation/next");
                    assert_eq!(
                        writes.iter().filter(|line| is_end(line)).count(),
                        usize::from(!(aborts && call == POST_RESPONSE && n_lines == 1))
                    );
                    writes.retain(|line| !is_end(line));
                    assert_eq!(writes.len(), n_lines, "{writes:?}");
                    for line in &writes {
                        assert_eq!(line.find('\n'), Some(line.len() - 1), "{line:?}");
                    }
                });
            }
        }
    }
}

/// 12.1: 20 and 41. It is not lost, and it comes before the answer.
#[test]
fn a_reader_of_the_log_who_is_slow_is_waited_for() {
    for (program, _) in programs() {
        let listener = listen();
        let addr = listener.local_addr().unwrap();
        let mut child = command(&program, addr, &[]).spawn().unwrap();
        let mut log = child.stderr.take().unwrap();
        let mut stream = accept(&listener);
        assert_eq!(read_request(&mut stream).line, GET_NEXT);
        let event = next("\"log much\"");
        stream.get_mut().write_all(event.as_bytes()).unwrap();
        // A pipe holds a small part of the line.
        let brief = Some(Duration::from_millis(100));
        stream.get_ref().set_read_timeout(brief).unwrap();
        assert!(stream.get_mut().read(&mut [0]).is_err());
        stream.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        let start = "INFO RequestId: 8476a536 ";
        let mut line = vec![0; start.len() + (1 << 20) + 1];
        log.read_exact(&mut line).unwrap();
        assert!(line.starts_with(start.as_bytes()) && line.ends_with(b"xx\n"));
        assert_eq!(read_request(&mut stream).line, POST_RESPONSE);
        stream.get_mut().write_all(ACCEPTED.as_bytes()).unwrap();
        assert_eq!(read_request(&mut stream).line, GET_NEXT);
        stream.get_mut().write_all(refusal(500).as_bytes()).unwrap();
        assert_eq!(ends(child).status.code(), Some(1));
    }
}

/// 12.1: 41. What is opened next would take the place of standard error.
#[test]
fn a_log_that_was_closed_before_the_start_goes_nowhere() {
    for (program, _) in programs() {
        let script = [
            step(GET_NEXT, next("\"log\"")),
            step(POST_RESPONSE, ACCEPTED),
            step(GET_NEXT, next("\"error\"")),
            step(POST_ERROR, ACCEPTED),
        ];
        let requests = converse(&script, |addr| {
            let mut closed = Command::new("sh");
            closed
                .args(["-c", "exec \"$0\" <&- >&- 2>&-"])
                .arg(&program);
            closed.env("AWS_LAMBDA_RUNTIME_API", addr.to_string());
            assert_eq!(ends(closed.spawn().unwrap()).status.code(), Some(1));
        });
        assert_eq!(requests[1].text(), "null");
    }
}

/// What a function in this process logs stands in the end of the log that its caller gets, between
/// START and END, and no other's does.
#[cfg(feature = "emulator")]
#[test]
fn a_function_in_this_process_has_its_lines_in_the_log_tail() {
    use tiny_lambda::emulator::Emulator;
    use tiny_lambda::{Context, Error, Runtime, handler, info};

    let function = handler::json(|event: String, cx: &Context| {
        info!(cx, "about {event}\nin two lines");
        match event.as_str() {
            "fail" => Err(Error::new("NoStock", "sold out")),
            _ => Ok(event),
        }
    });
    let tail = |addr, event: &str| {
        let line = "POST /2015-03-31/functions/function/invocations";
        let mut client = crate::support::client::Client::connect(addr);
        let body = format!("\"{event}\"");
        let reply = client.request(line, "X-Amz-Log-Type: Tail\r\n", body.as_bytes());
        let log = reply.field("X-Amz-Log-Result").unwrap().to_owned();
        let bytes: Vec<u8> = json::parse::<json::Base64>(format!("\"{log}\"").as_bytes())
            .unwrap()
            .0;
        String::from_utf8(bytes).unwrap()
    };
    std::thread::scope(|scope| {
        let mut emulators = Vec::new();
        for _ in 0..2 {
            let mut emulator = Emulator::start().unwrap();
            let api = emulator.addr().to_string();
            let function = &function;
            scope.spawn(move || drop(Runtime::at(&api).serve(function)));
            let addr = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
            emulators.push((emulator, addr));
        }
        for (event, other, words) in [
            ("alpha", "fail", ""),
            ("fail", "alpha", "NoStock: sold out"),
        ] {
            for (_, addr) in &emulators {
                let tail = tail(*addr, event);
                let at = |text: &str| tail.find(text).unwrap_or_else(|| panic!("{text}: {tail}"));
                let line = format!(" about {event}\nin two lines\n");
                assert!(at("START ") < at(&line) && at(&line) < at("END "), "{tail}");
                assert!(at(words) < at("END ") && !tail.contains(other), "{tail}");
            }
        }
        drop(emulators);
    });
}
