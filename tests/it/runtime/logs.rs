//! The log of a function: formats, levels, one write per line, and readers that are slow or gone.

use std::io::{Read, Write};
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
use std::time::Duration;

use tiny_lambda::json::{self, Value};

use crate::programs;
use crate::support::function::{command, example, play};
use crate::support::processes::wait_for_end;
use crate::support::runtime_api::{
    ACCEPTED, GET_NEXT, HANG_TIMEOUT, POST_ERROR, POST_INIT_ERROR, POST_RESPONSE, Step, accept,
    converse, listen, next, read_request, refusal, step, step_and_close,
};

/// Returns the lines that are logged for one invocation with a tenant id.
fn logged(vars: &[(&str, &str)], event: &str) -> Vec<String> {
    let next = next(event).replace("OK\r\n", "OK\r\nLambda-Runtime-Aws-Tenant-Id: t-1\r\n");
    let script = [step(GET_NEXT, next), step(POST_RESPONSE, ACCEPTED)];
    let mut said = Vec::new();
    for (program, _) in programs() {
        let (_, _, lines) = play(&program, vars, &script);
        let mut lines: Vec<_> = lines.lines().map(str::to_owned).collect();
        // The line about the unreachable Runtime API, which some levels leave out.
        lines.retain(|line| !line.contains("GET invocation/next"));
        said.push(lines);
    }
    let first = said.swap_remove(0);
    assert!(said.iter().all(|lines| lines.len() == first.len()));
    first
}

/// 12.1: 41.
#[test]
fn a_text_log_has_all_levels_and_one_line_per_message() {
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
fn a_json_log_has_the_levels_from_aws_lambda_log_level_up() {
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

/// With a panic hook that finds the invocation, or where panics unwind, the request ID is known.
#[test]
fn a_line_without_a_context_has_the_request_id_of_the_invocation_of_its_thread() {
    let script = [
        step(GET_NEXT, next("\"log without context\"")),
        step(POST_RESPONSE, ACCEPTED),
    ];
    for (program, aborts) in programs() {
        let lines = |format: &str, level: &str| {
            let vars = [
                ("ACT", "log"),
                ("AWS_LAMBDA_LOG_FORMAT", format),
                ("AWS_LAMBDA_LOG_LEVEL", level),
            ];
            let (_, _, log) = play(&program, &vars, &script);
            let lines = log
                .lines()
                .filter(|line| !line.contains("GET invocation/next"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let in_thread = if aborts { "RequestId: 8476a536 " } else { "" };
        assert_eq!(
            lines("Text", "ERROR"),
            [
                "INFO before run",
                "TRACE RequestId: 8476a536 at 1",
                "DEBUG RequestId: 8476a536 at 2",
                "INFO RequestId: 8476a536 at 3",
                "WARN RequestId: 8476a536 at 4",
                "ERROR RequestId: 8476a536 at 5",
                &format!("INFO {in_thread}in a thread"),
            ]
        );
        let of_level = lines("JSON", "WARN");
        let read = |line: &String| json::parse::<Value>(line.as_bytes()).unwrap();
        let of_level: Vec<_> = of_level.iter().map(read).collect();
        assert_eq!(of_level.len(), 2, "{of_level:?}");
        for (line, (level, message)) in of_level.iter().zip([("WARN", "at 4"), ("ERROR", "at 5")]) {
            let text = |name| line.get(name).and_then(Value::as_str);
            assert_eq!(text("level"), Some(level));
            assert_eq!(text("message"), Some(message));
            assert_eq!(text("requestId"), Some("8476a536"));
        }
        let before = &lines("JSON", "INFO")[0];
        assert!(
            before.contains("before run") && !before.contains("requestId"),
            "{before}"
        );
    }
}

/// 12.1: 41.
#[test]
fn fields_are_words_in_a_text_log_and_members_with_types_in_a_json_log() {
    assert_eq!(
        logged(&[], "\"log fields\""),
        [
            "INFO RequestId: 8476a536 TenantId: t-1 paid 7 order=\"a 1\" cents=250 none=null shown=8476a536",
            "ERROR RequestId: 8476a536 TenantId: t-1 refused reason=\"two\\nlines\" tags=[\"a\",\"b\"]",
        ]
    );
    let lines = logged(&[("AWS_LAMBDA_LOG_FORMAT", "JSON")], "\"log fields\"");
    let ends = [
        r#""message":"paid 7","order":"a 1","cents":250,"none":null,"shown":"8476a536"}"#,
        r#""message":"refused","reason":"two\nlines","tags":["a","b"]}"#,
    ];
    assert_eq!(lines.len(), ends.len(), "{lines:?}");
    for (line, end) in lines.iter().zip(ends) {
        assert!(line.ends_with(end), "{line}");
        json::parse::<Value>(line.as_bytes()).unwrap();
    }
}

/// The request ID 8476a536 is above half of all.
#[test]
fn debug_lines_are_sampled_at_a_higher_log_level() {
    #[track_caller]
    fn check(format: &str, level: &str, rate: &str, want: &[&str]) {
        let vars = [
            ("AWS_LAMBDA_LOG_FORMAT", format),
            ("AWS_LAMBDA_LOG_LEVEL", level),
            ("POWERTOOLS_LOGGER_SAMPLE_RATE", rate),
        ];
        let lines = logged(&vars, "\"log\"");
        let of_line = |line: &String| {
            let line: Value = json::parse(line.as_bytes()).unwrap();
            line.get("level")
                .and_then(Value::as_str)
                .unwrap()
                .to_owned()
        };
        let levels: Vec<_> = lines.iter().map(of_line).collect();
        assert_eq!(levels, want, "{level} {rate}");
    }
    check(
        "JSON",
        "",
        "1",
        &["DEBUG", "INFO", "WARN", "ERROR", "FATAL"],
    );
    check("JSON", "ERROR", "0.6", &["DEBUG", "ERROR", "FATAL"]);
    check("JSON", "ERROR", "0.5", &["ERROR", "FATAL"]);
    check("JSON", "ERROR", "half", &["ERROR", "FATAL"]);
}

/// The keys are also in the line about the error, and not in those of the next invocation.
#[test]
fn appended_keys_are_in_all_later_lines_of_their_invocation() {
    for (program, aborts) in programs() {
        let script = [
            step(GET_NEXT, next("\"log keys\"")),
            step(POST_ERROR, ACCEPTED),
            step(GET_NEXT, next("\"log without context\"")),
            step(POST_RESPONSE, ACCEPTED),
        ];
        let (_, _, log) = play(&program, &[], &script);
        let lines: Vec<_> = log.lines().collect();
        let start = "RequestId: 8476a536";
        assert_eq!(
            lines[..4],
            [
                format!("INFO {start} first order=a1 part=1"),
                format!("INFO {start} second order=a1 cents=250"),
                format!("ERROR {start} Refused: no stock order=a1"),
                format!("TRACE {start} at 1"),
            ]
        );
        assert!(!lines[4..].concat().contains("order"), "{log}");

        let mut script = vec![
            step(GET_NEXT, next("\"panic with keys\"")),
            step(POST_ERROR, ACCEPTED),
        ];
        // The panic hook opens a connection of its own.
        script[0].hangs_up = aborts;
        if !aborts {
            script.push(step(GET_NEXT, next("\"error\"")));
            script.push(step(POST_ERROR, ACCEPTED));
        }
        let (_, _, log) = play(&program, &[], &script);
        let lines: Vec<_> = log.lines().collect();
        assert!(
            lines[0].contains("panicked") && lines[0].ends_with(" order=a1"),
            "{log}"
        );
        assert!(!lines[1..].concat().contains("order"), "{log}");
    }
}

#[test]
fn a_message_of_1_mb_is_one_line() {
    let lines = logged(&[], "\"log much\"");
    let lens: Vec<_> = lines.iter().map(String::len).collect();
    assert_eq!(
        lens,
        ["INFO RequestId: 8476a536 TenantId: t-1 ".len() + (1 << 20)]
    );
}

/// 12.1: 2 and 3: `command` sets a proxy, and no variable that is not necessary.
#[test]
fn a_successful_invocation_logs_nothing() {
    assert_eq!(logged(&[], "\"echo\""), [""; 0]);
}

/// 12.1: 43. The descriptor is for managed runtimes, and for one writer.
#[test]
fn lambda_telemetry_log_fd_is_ignored() {
    for descriptor in ["1", "2", "3", "-1", "x"] {
        let lines = logged(&[("_LAMBDA_TELEMETRY_LOG_FD", descriptor)], "\"log\"");
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[0], "TRACE RequestId: 8476a536 TenantId: t-1 at 1");
    }
}

/// Returns the ERROR lines of the process that plays `script`, in both log formats.
fn error_lines(program: &Path, vars: &[(&str, &str)], script: &[Step]) -> [Vec<String>; 2] {
    ["Text", "JSON"].map(|format| {
        let vars = [vars, &[("AWS_LAMBDA_LOG_FORMAT", format)]].concat();
        let (_, _, log) = play(program, &vars, script);
        let is_error = |line: &&str| match format {
            "JSON" => {
                let line: Value = json::parse(line.as_bytes()).expect(line);
                line.get("level").and_then(Value::as_str) == Some("ERROR")
            }
            _ => line.starts_with("ERROR "),
        };
        log.lines().filter(is_error).map(str::to_owned).collect()
    })
}

/// The causes of the table in the README.
#[test]
fn each_failure_is_one_error_line() {
    /// Checks that there is one line, with `want`. The line about the end of the script does not count.
    #[track_caller]
    fn check(program: &Path, vars: &[(&str, &str)], script: &[Step], want: &str) {
        for mut lines in error_lines(program, vars, script) {
            lines.retain(|line| want.contains("/next") || !line.contains("GET invocation/next"));
            assert_eq!(lines.len(), 1, "{want}: {lines:#?}");
            assert!(lines[0].contains(want), "{want}: {lines:#?}");
        }
    }
    let failed = |event: &str| [step(GET_NEXT, next(event)), step(POST_ERROR, ACCEPTED)];
    for (program, aborts) in programs() {
        for (event, want) in [
            ("\"error\"", "sold out"),
            ("7", "expected a string, found a number at $ (offset 0"),
            ("{", "(offset 1, line 1, column 2)"),
            ("\"too large\"", "Lambda takes no more than 6291556"),
            ("\"panic\"", "of the handler"),
        ] {
            let mut script = failed(event);
            // The panic hook opens a connection of its own.
            script[0].hangs_up = aborts && event.contains("panic");
            check(&program, &[], &script, want);
        }
        for (act, want) in [
            ("init-error", "TABLE is not set"),
            ("init-panic", "no table"),
        ] {
            let script = [step(POST_INIT_ERROR, ACCEPTED)];
            check(&program, &[("ACT", act)], &script, want);
        }
        check(&program, &[], &[], "GET invocation/next: cannot connect");
        // Each malformed reply is a failure of its own; after the third one the process ends.
        let nonsense = vec![step_and_close(GET_NEXT, "nonsense\r\n\r\n")];
        let named = next("7").replace("Content-Length: 1", "Content-Length: x");
        let named = vec![step_and_close(GET_NEXT, named), step(POST_ERROR, ACCEPTED)];
        for once in [nonsense, named] {
            let script = [once.clone(), once.clone(), once].concat();
            for lines in error_lines(&program, &[], &script) {
                assert_eq!(lines.len(), 3, "{lines:#?}");
                let is_about_next = |line: &String| line.contains("GET invocation/next: ");
                assert!(lines.iter().all(is_about_next), "{lines:#?}");
            }
        }
        let refused = step_and_close(GET_NEXT, refusal(403));
        check(&program, &[], &[refused], "GET invocation/next: status 403");
    }
}

/// The type of an AWS event shows the start of the event in the same line.
#[test]
fn an_event_of_aws_of_the_wrong_shape_is_one_error_line() {
    for (name, event, post, want) in [
        (
            "sqs_batch",
            "[7]",
            POST_ERROR,
            "SqsEvent: expected an object, found an array",
        ),
        (
            "sqs_batch",
            "{\"Records\":7}",
            POST_ERROR,
            "SqsEvent.Records: expected an array",
        ),
        ("http", "[7]", POST_ERROR, "found another event: use `run`"),
        (
            "http",
            "{\"httpMethod\":\"POST\",\"path\":\"/orders\",\"body\":[\"tea\"]}",
            POST_RESPONSE,
            "body",
        ),
    ] {
        let script = [step(GET_NEXT, next(event)), step(post, ACCEPTED)];
        for (vars, shows_event) in [(&[][..], true), (&[("LAMBDA_LOG_EVENT", "off")], false)] {
            for mut lines in error_lines(&example(name), vars, &script) {
                lines.retain(|line| !line.contains("GET invocation/next"));
                assert_eq!(lines.len(), 1, "{lines:#?}");
                assert!(lines[0].contains(want), "{want}: {lines:#?}");
                let shown = lines[0].contains("; the event begins with ");
                assert_eq!(shown, shows_event, "{lines:#?}");
            }
        }
    }
}

/// 12.1: 41.
#[test]
fn a_function_continues_if_the_reader_of_its_log_has_closed_the_pipe() {
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
            assert_eq!(wait_for_end(child).status.code(), Some(1));
        });
    }
}

/// 12.1: 41. A datagram socket shows each write as one datagram.
#[cfg(unix)]
#[test]
fn a_log_line_is_written_with_one_write() {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixDatagram;

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
                    wait_for_end(child);
                    ours.set_nonblocking(true).unwrap();
                    let mut writes = Vec::new();
                    let mut line = [0; 4096];
                    while let Ok(len) = ours.recv(&mut line) {
                        writes.push(String::from_utf8(line[..len].to_vec()).unwrap());
                    }
                    // One line says that the Runtime API is unreachable, unless a panic has ended the process.
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

/// 12.1: 20 and 41. The line is not lost, and is written before the response is sent.
#[test]
fn a_function_waits_for_a_slow_reader_of_its_log() {
    for (program, _) in programs() {
        let listener = listen();
        let addr = listener.local_addr().unwrap();
        let mut child = command(&program, addr, &[]).spawn().unwrap();
        let mut log = child.stderr.take().unwrap();
        let mut stream = accept(&listener);
        assert_eq!(read_request(&mut stream).line, GET_NEXT);
        let event = next("\"log much\"");
        stream.get_mut().write_all(event.as_bytes()).unwrap();
        // A pipe holds only a part of the line.
        let brief = Some(Duration::from_millis(100));
        stream.get_ref().set_read_timeout(brief).unwrap();
        assert!(stream.get_mut().read(&mut [0]).is_err());
        stream
            .get_ref()
            .set_read_timeout(Some(HANG_TIMEOUT))
            .unwrap();
        let start = "INFO RequestId: 8476a536 ";
        let mut line = vec![0; start.len() + (1 << 20) + 1];
        log.read_exact(&mut line).unwrap();
        assert!(line.starts_with(start.as_bytes()) && line.ends_with(b"xx\n"));
        assert_eq!(read_request(&mut stream).line, POST_RESPONSE);
        stream.get_mut().write_all(ACCEPTED.as_bytes()).unwrap();
        assert_eq!(read_request(&mut stream).line, GET_NEXT);
        stream.get_mut().write_all(refusal(500).as_bytes()).unwrap();
        assert_eq!(wait_for_end(child).status.code(), Some(1));
    }
}

/// 12.1: 41. The next file that is opened would get the descriptor of standard error.
#[cfg(unix)]
#[test]
fn a_function_whose_standard_error_is_closed_goes_on_and_logs_nowhere() {
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
            assert_eq!(wait_for_end(closed.spawn().unwrap()).status.code(), Some(1));
        });
        assert_eq!(requests[1].text(), "null");
    }
}

/// The tail has the lines of its own invocation between START and END, and none of another function's.
#[cfg(feature = "emulator")]
#[test]
fn the_log_tail_has_the_lines_of_a_function_in_this_process() {
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

/// Returns the log of one invocation that ends with `event`, and the lines in it that are metrics.
fn metrics(program: &Path, vars: &[(&str, &str)], event: &str, ends: bool) -> (String, Vec<Value>) {
    let call = if event.contains("error") || event.contains("panic") || event.contains("posted") {
        POST_ERROR
    } else {
        POST_RESPONSE
    };
    let event = next(&format!("\"{}\"", event.trim_end_matches(", posted")));
    let mut script = [step(GET_NEXT, event), step(call, ACCEPTED)];
    script[0].hangs_up = ends;
    let vars = [vars, &[("AWS_LAMBDA_FUNCTION_NAME", "orders-prod")]].concat();
    let mut output = None;
    converse(&script, |addr| {
        let child = command(program, addr, &vars).spawn().unwrap();
        output = Some(wait_for_end(child));
    });
    let log = String::from_utf8(output.unwrap().stderr).unwrap();
    let lines = log.lines().filter(|line| line.starts_with("{\"_aws\":"));
    let lines = lines
        .map(|line| json::parse(line.as_bytes()).expect(line))
        .collect();
    (log, lines)
}

/// Returns the line without its timestamp, which must be the current time.
fn without_time(line: &Value) -> String {
    let time = line.get("_aws").and_then(|aws| aws.get("Timestamp"));
    let time_ms = time.and_then(Value::as_u64).expect("a timestamp");
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let age_ms = now.as_millis().saturating_sub(time_ms.into());
    assert!(age_ms < 60_000, "{time_ms}");
    let text = String::from_utf8(json::to_vec(line)).unwrap();
    text.replace(&format!("\"Timestamp\":{time_ms},"), "")
}

/// Whatever ends the invocation, each line is written once and whole. Neither the log format nor text that the
/// function prints changes it.
#[test]
fn metrics_are_written_also_if_the_invocation_fails() {
    let want = [
        r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"Shop","Dimensions":[["service"]],"Metrics":[{"Name":"Calls","Unit":"Count"},{"Name":"Stock","Unit":"None"}]}]},"service":"orders","Calls":1,"Stock":-7}"#,
        r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"Shop","Dimensions":[["function_name"]],"Metrics":[{"Name":"ColdStart","Unit":"Count"}]}]},"function_name":"orders-prod","ColdStart":1}"#,
        r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"Shop","Dimensions":[["text"]],"Metrics":[{"Name":"Orders","Unit":"Count"},{"Name":"Latency","Unit":"Milliseconds"},{"Name":"Size","Unit":"Bytes/Second","StorageResolution":1}]}]},"text":"a\"b","order":[1,2],"Orders":1,"Latency":12.5,"Size":[-1,2]}"#,
        r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"Other","Dimensions":[[]],"Metrics":[{"Name":"Latency","Unit":"Seconds"}]}]},"Latency":1}"#,
    ];
    for (program, aborts) in programs() {
        for (format, event) in [
            ("Text", "metrics"),
            ("JSON", "metrics, error"),
            ("Text", "metrics, panic"),
            ("JSON", "metrics, panic in a panic"),
        ] {
            let vars = [
                ("AWS_LAMBDA_LOG_FORMAT", format),
                ("AWS_LAMBDA_LOG_LEVEL", "ERROR"),
            ];
            let ends = event.contains("panic in") || aborts && event.contains("panic");
            let (log, lines) = metrics(&program, &vars, event, ends);
            let mut got: Vec<_> = lines.iter().map(without_time).collect();
            // The values are dropped in the reverse order, the panic hook writes them in this one.
            got[2..].sort();
            let mut want = want;
            want[2..].sort_unstable();
            assert_eq!(got, want, "{event}: {log}");
        }
    }
}

/// As Powertools does it: the service is a dimension of each line, also of that of the cold start.
#[test]
fn the_cold_start_is_counted_once_with_powertools_names() {
    let script = [
        step(GET_NEXT, next("\"metrics\"")),
        step(POST_RESPONSE, ACCEPTED),
        step(GET_NEXT, next("\"metrics\"")),
        step(POST_RESPONSE, ACCEPTED),
    ];
    let vars = [
        ("AWS_LAMBDA_FUNCTION_NAME", "orders-prod"),
        ("POWERTOOLS_SERVICE_NAME", "orders"),
    ];
    for (program, _) in programs() {
        let mut output = None;
        converse(&script, |addr| {
            let child = command(&program, addr, &vars).spawn().unwrap();
            output = Some(wait_for_end(child));
        });
        let log = String::from_utf8(output.unwrap().stderr).unwrap();
        let cold_starts: Vec<_> = log
            .lines()
            .filter(|line| line.contains("ColdStart"))
            .collect();
        assert_eq!(cold_starts.len(), 1, "{log}");
        let line: Value = json::parse(cold_starts[0].as_bytes()).unwrap();
        assert_eq!(
            without_time(&line),
            r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"Shop","Dimensions":[["function_name","service"]],"Metrics":[{"Name":"ColdStart","Unit":"Count"}]}]},"function_name":"orders-prod","service":"orders","ColdStart":1}"#
        );
        let n_services = log.matches("\"Dimensions\":[[\"service\"").count();
        assert_eq!(n_services, 6, "{log}");
    }
}

#[test]
fn a_full_line_of_metrics_is_written_and_the_next_one_begins() {
    for (program, _) in programs() {
        let (log, lines) = metrics(&program, &[], "metrics, full", false);
        let mut n_metrics = 0;
        let mut n_values = 0;
        for line in &lines {
            let members = line.as_object().unwrap();
            let n = |value: &Value| value.as_array().map_or(1, <[Value]>::len);
            let largest = members.iter().map(|(_, value)| n(value)).max();
            assert!(members.len() <= 103 && largest <= Some(100), "{log}");
            n_metrics += members
                .iter()
                .filter(|(name, _)| name.parse::<u8>().is_ok())
                .count();
            n_values += members.get("Latency").map_or(0, n);
        }
        assert_eq!((n_metrics, n_values), (250, 250 + 2), "{log}");
        // Two with constants, three of 250 metrics and one value, three of 250 values and one before.
        assert_eq!(lines.len(), 8, "{log}");
    }
}

/// A test of a function in a debug build finds what CloudWatch would drop silently. In release builds the
/// invocation succeeds.
#[test]
fn invalid_metrics_fail_the_invocation_in_debug_builds_and_are_warnings_otherwise() {
    for (program, _) in programs() {
        let is_debug = program.components().any(|part| part.as_os_str() == "debug");
        for (event, n) in [("metrics, invalid", 2), ("metrics, invalid, flush", 1)] {
            let event = if is_debug {
                format!("{event}, posted")
            } else {
                event.to_owned()
            };
            let (log, lines) = metrics(&program, &[], &event, false);
            assert_eq!(lines.len(), 4, "{log}");
            let level = if is_debug { "ERROR " } else { "WARN " };
            let about_metrics = log
                .lines()
                .filter(|line| line.contains("Runtime.InvalidMetric: "));
            let about_metrics: Vec<_> = about_metrics.collect();
            assert_eq!(about_metrics.len(), n, "{log}");
            let start = format!("{level}RequestId: 8476a536 Runtime.InvalidMetric: ");
            assert!(
                about_metrics.iter().all(|line| line.starts_with(&start)),
                "{log}"
            );
        }
    }
}
