//! Functions as processes: their environment, every kind of exit, and the command `emulator`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tiny_lambda::emulator::{Emulator, InvokeResponse, Settings};
use tiny_lambda::json::{self, Value};
use tiny_lambda::{Context, Error, Runtime, handler};

use crate::support::client::Client;
use crate::support::folder::{Folder, path};
use crate::support::processes::{is_alive, is_ignored, signal, wait_until_gone};

impl Folder {
    /// Writes a function: a script that starts `the_function` below in this test binary.
    pub(crate) fn function(&self) -> PathBuf {
        let this = std::env::current_exe().unwrap();
        let name = "emulator::process::the_function";
        self.script(&format!(
            "exec '{}' --ignored --exact {name} --nocapture",
            this.display()
        ))
    }
}

/// Not a test, but the function that tests start: does what its event names.
#[test]
#[ignore = "is a function, started by other tests"]
fn the_function() {
    let act = handler::json(|event: Value, _: &Context| {
        let verb = event.get("do").and_then(Value::as_str).unwrap_or("echo");
        match verb {
            "exit" => {
                let code = event.get("code").and_then(Value::as_i64).unwrap();
                std::process::exit(code.try_into().unwrap())
            }
            "abort" => std::process::abort(),
            "sleep" => loop {
                std::thread::park();
            },
            "write" => {
                let to = event.get("to").and_then(Value::as_str).unwrap();
                std::fs::write(to, "").unwrap();
            }
            "print" => {
                eprintln!("to standard error");
                println!("to standard output");
            }
            "env" => {
                let vars = std::env::vars().map(|(name, value)| (name, Value::from(value)));
                let vars: Vec<_> = vars.collect();
                return Ok(Value::Object(vars.into_iter().collect()));
            }
            // Returns when `n` processes have reached this point.
            "meet" => {
                let at = event.get("at").and_then(Value::as_str).unwrap().to_owned();
                let n = event.get("n").and_then(Value::as_u64).unwrap();
                fs::write(format!("{at}/{}", std::process::id()), "").unwrap();
                while (fs::read_dir(&at).unwrap().count() as u64) < n {
                    std::thread::yield_now();
                }
                return Ok(Value::from(std::process::id()));
            }
            // Sends a request to the extension, and returns the reply's status and body.
            "get" => {
                let variable = |name| std::env::var(name).unwrap();
                let port = variable("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT")
                    .parse()
                    .unwrap();
                let mut client = Client::connect(([127, 0, 0, 1], port).into());
                let target = event.get("target").and_then(Value::as_str).unwrap();
                let token = variable("AWS_SESSION_TOKEN");
                let field = format!("X-Aws-Parameters-Secrets-Token: {token}\r\n");
                let reply = client.request(&format!("GET {target}"), &field, b"");
                return Ok(Value::from(format!("{} {}", reply.status, reply.text())));
            }
            // Sends datagrams to the X-Ray daemon. `ROOT` stands for the trace.
            "trace" => {
                let header = std::env::var("_X_AMZN_TRACE_ID").unwrap();
                let root = header
                    .split(';')
                    .next()
                    .unwrap()
                    .trim_start_matches("Root=");
                let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
                let Some(Value::Array(datagrams)) = event.get("datagrams") else {
                    panic!("no datagrams");
                };
                for datagram in datagrams.iter().filter_map(Value::as_str) {
                    let datagram = datagram.replace("ROOT", root);
                    let addr = std::env::var("AWS_XRAY_DAEMON_ADDRESS").unwrap();
                    socket.send_to(datagram.as_bytes(), addr).unwrap();
                }
                return Ok(Value::from(header));
            }
            "log" => println!("{}", event.get("line").and_then(Value::as_str).unwrap()),
            "pid" => return Ok(Value::from(std::process::id())),
            "fail" => return Err(Error::new("NoStock", "sold out")),
            _ => {}
        }
        Ok(event)
    });
    let endpoint = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let _ = Runtime::at(&endpoint).serve(&act);
}

pub(crate) fn text(reply: &InvokeResponse) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}

fn emulator(bootstrap: PathBuf, timeout: Duration) -> Emulator {
    let mut settings = Settings::default();
    settings.bootstrap = Some(bootstrap);
    settings.timeout = timeout;
    Emulator::start_with(settings).unwrap()
}

/// A timeout for functions that do not run into it.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn an_executable_is_started_once_for_many_invocations() {
    let folder = Folder::new("often");
    let emulator = emulator(folder.function(), LONG);
    let pid = emulator.invoke(br#"{"do":"pid"}"#).unwrap();
    assert_eq!(
        emulator.invoke(br#"{"a":[1]}"#).unwrap().body,
        br#"{"a":[1]}"#
    );
    let failed = emulator.invoke(br#"{"do":"fail"}"#).unwrap();
    assert_eq!(failed.error_type.as_deref(), Some("Function.NoStock"));
    assert_eq!(emulator.invoke(br#"{"do":"pid"}"#).unwrap(), pid);
    drop(emulator);
    assert!(!is_alive(&text(&pid)));
}

/// 12.2: 24.
#[test]
fn a_process_gets_the_environment_variables_of_lambda_and_no_others() {
    let folder = Folder::new("environment");
    let mut settings = Settings::default();
    settings.bootstrap = Some(folder.function());
    settings.timeout = LONG;
    settings.env.push(("TABLE".to_owned(), "orders".to_owned()));
    let emulator = Emulator::start_with(settings).unwrap();
    let reply = emulator.invoke(br#"{"do":"env"}"#).unwrap();
    let vars: Value = json::parse(&reply.body).unwrap();
    let var = |name: &str| {
        vars.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(var("TABLE"), "orders");
    assert_eq!(var("LAMBDA_TASK_ROOT"), folder.0.to_str().unwrap());
    assert_eq!(var("PWD"), folder.0.to_str().unwrap());
    assert_eq!(var("AWS_LAMBDA_RUNTIME_API"), emulator.addr().to_string());
    assert_eq!(var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "128");
    assert!(var("AWS_LAMBDA_LOG_STREAM_NAME").contains("/[$LATEST]"));
    for inherited in ["HOME", "CARGO", "USER", "CARGO_MANIFEST_DIR"] {
        assert_eq!(var(inherited), "", "{inherited}");
    }
}

#[test]
fn a_failed_asynchronous_invocation_is_repeated_with_the_same_request_id() {
    let folder = Folder::new("again");
    let function = fs::read_to_string(folder.function()).unwrap();
    let function = function.trim_start_matches("#!/bin/sh\n").to_owned();
    // Fails twice, then starts the function.
    let script = format!("echo run >>runs; [ $(wc -l <runs) -gt 2 ] || exit 1\n{function}");
    let mut settings = Settings::default();
    settings.bootstrap = Some(folder.script(&script));
    settings.timeout = LONG;
    settings.async_retry_delay = Duration::from_millis(1);
    let mut emulator = Emulator::start_with(settings).unwrap();
    let addr = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
    let line = "POST /2015-03-31/functions/function/invocations";
    let kind = "X-Amz-Invocation-Type: Event\r\n";
    let event = br#"{"do":"write","to":"done"}"#;
    let accepted = Client::connect(addr).request(line, kind, event);
    assert_eq!(accepted.status, 202);
    let limit = Instant::now() + LONG;
    while !folder.0.join("done").exists() {
        assert!(Instant::now() < limit, "it did not come to anything");
        std::thread::yield_now();
    }
    let runs = fs::read_to_string(folder.0.join("runs")).unwrap();
    assert_eq!(runs.lines().count(), 3);
}

/// 12.2: 24.
#[test]
fn the_address_of_the_api_and_the_task_root_may_be_set() {
    let folder = Folder::new("elsewhere");
    let root = Folder::inside(&folder, "root");
    let mut settings = Settings::default();
    settings.bootstrap = Some(folder.function());
    settings.timeout = LONG;
    settings.api_host = [127, 9, 0, 1].into();
    settings.task_root = Some(root.0.clone());
    let emulator = Emulator::start_with(settings.clone()).unwrap();
    let reply = emulator.invoke(br#"{"do":"env"}"#).unwrap();
    let vars: Value = json::parse(&reply.body).unwrap();
    let api = vars.get("AWS_LAMBDA_RUNTIME_API").and_then(Value::as_str);
    assert!(api.unwrap().starts_with("127.9.0.1:"), "{vars}");
    for name in ["LAMBDA_TASK_ROOT", "PWD"] {
        assert_eq!(vars.get(name).and_then(Value::as_str), root.0.to_str());
    }
    // An address for documentation (RFC 5737), which no host has.
    settings.api_host = [192, 0, 2, 1].into();
    let error = Emulator::start_with(settings).unwrap_err().to_string();
    assert!(error.contains("cannot listen on 192.0.2.1"), "{error}");
}

/// 12.2: 11.
#[test]
fn an_init_error_ends_the_process() {
    let folder = Folder::new("last word");
    let emulator = emulator(folder.script("exec sleep 1000"), LONG);
    let line = "POST /2018-06-01/runtime/init/error";
    let next = "GET /2018-06-01/runtime/invocation/next";
    let mut client = Client::connect(emulator.addr());
    std::thread::scope(|scope| {
        let invocation = scope.spawn(|| emulator.invoke(b"{}"));
        // There is no connection to the API before the process is started.
        while client.request(line, "", b"{}").status != 202 {}
        assert!(invocation.join().unwrap().unwrap().is_error());
    });
    for (line, to) in [(line, "InitError"), (next, "Ready")] {
        let reply = client.request(line, "", b"");
        let want = format!("State transition from InitError to {to} failed");
        assert_eq!(reply.status, 403, "{reply:?}");
        assert!(reply.text().contains(&want), "{reply:?}");
    }
}

#[track_caller]
fn check_exit(script: &str, want: &str) {
    let folder = Folder::new(&format!("ends {}", script.replace('/', " ")));
    let emulator = emulator(folder.script(script), LONG);
    for _ in 0..2 {
        let reply = emulator.invoke(b"{}").unwrap();
        assert_eq!(
            reply.error_type.as_deref(),
            Some("Runtime.ExitError"),
            "{script}"
        );
        let body: Value = json::parse(&reply.body).unwrap();
        let message = body.get("errorMessage").and_then(Value::as_str).unwrap();
        let (id, what) = message.split_once(" Error: ").unwrap();
        assert_eq!(id.len(), "RequestId: ".len() + 36);
        assert!(what.starts_with(want), "{what}");
    }
}

/// 12.2: 14.
#[test]
fn an_exit_before_next_is_reported_as_by_lambda() {
    check_exit("exit 0", "Runtime exited without providing a reason");
    check_exit("exit 3", "Runtime exited with error: exit status 3");
    check_exit("kill -KILL $$", "Runtime exited with error: signal: killed");
    check_exit(
        "kill -SEGV $$",
        "Runtime exited with error: signal: segmentation fault",
    );
    check_exit(
        "kill -TERM $$",
        "Runtime exited with error: signal: terminated",
    );
}

/// 12.2: 14.
#[test]
fn an_exit_within_an_invocation_is_reported_and_the_next_one_gets_a_new_process() {
    let folder = Folder::new("within");
    let emulator = emulator(folder.function(), LONG);
    let first = emulator.invoke(br#"{"do":"pid"}"#).unwrap();
    for (event, want) in [
        (
            r#"{"do":"exit","code":0}"#,
            "Runtime exited without providing a reason",
        ),
        (
            r#"{"do":"exit","code":7}"#,
            "Runtime exited with error: exit status 7",
        ),
        (
            r#"{"do":"abort"}"#,
            "Runtime exited with error: signal: aborted",
        ),
    ] {
        let reply = emulator.invoke(event.as_bytes()).unwrap();
        assert_eq!(reply.error_type.as_deref(), Some("Runtime.ExitError"));
        assert!(text(&reply).contains(want), "{}", text(&reply));
    }
    let second = emulator.invoke(br#"{"do":"pid"}"#).unwrap();
    assert!(!second.is_error());
    assert_ne!(first, second);
}

/// 12.2: 15.
#[test]
fn a_timeout_kills_the_process_and_its_children() {
    let folder = Folder::new("timeout");
    let this = folder.function();
    let start = fs::read_to_string(&this).unwrap();
    // A child that would outlive the function.
    let start = start.replace("exec ", "sleep 1000 & echo $! >child; exec ");
    fs::write(&this, start).unwrap();
    let emulator = emulator(this, Duration::from_secs(3));
    let pid = text(&emulator.invoke(br#"{"do":"pid"}"#).unwrap());
    let child = fs::read_to_string(folder.0.join("child")).unwrap();
    assert!(is_alive(&pid) && is_alive(child.trim()));
    let reply = emulator.invoke(br#"{"do":"sleep"}"#).unwrap();
    assert_eq!(reply.error_type.as_deref(), Some("Sandbox.Timedout"));
    assert!(
        text(&reply).contains(" Task timed out after 3.00 seconds\""),
        "{}",
        text(&reply)
    );
    // The next invocation begins when the process has ended.
    let next = text(&emulator.invoke(br#"{"do":"pid"}"#).unwrap());
    assert_ne!(next, pid);
    assert!(!is_alive(&pid) && !is_alive(child.trim()));
    drop(emulator);
    assert!(!is_alive(&next));
}

/// Runs the command; `input` is its standard input.
fn command(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_emulator"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn the_command_continues_if_the_reader_of_its_standard_error_has_closed_the_pipe() {
    let folder = Folder::new("unread");
    let function = folder.function();
    let event = ["--env", "AWS_REGION=x", "--timeout", "60", "--event", "1"];
    let call = [&event[..], &[path(&function)]].concat();
    for (args, code) in [(&["--nope"][..], 2), (&["/no/such/file"], 1), (&call, 0)] {
        let (reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
        drop(reader);
        let status = Command::new(env!("CARGO_BIN_EXE_emulator"))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::os::fd::OwnedFd::from(writer))
            .status();
        assert_eq!(status.unwrap().code(), Some(code), "{args:?}");
    }
}

/// 12.2: 26.
#[test]
fn the_command_prints_responses_and_reports() {
    let folder = Folder::new("command");
    let function = folder.function();
    let file = folder.0.join("event.json");
    fs::write(&file, "{\"from\":\"a file\"}").unwrap();
    let file = format!("@{}", path(&file));
    let events = [
        "--event",
        r#"{"do":"print"}"#,
        "--event",
        &file,
        "--event",
        "-",
        "--event",
        file.trim_start_matches('@'),
    ];
    let args = [&["--timeout", "60"], &events[..], &[path(&function)]].concat();
    let output = command(&args, "[1]");
    let (out, log) = (String::from_utf8(output.stdout).unwrap(), output.stderr);
    let log = String::from_utf8(log).unwrap();
    assert_eq!(
        out, "{\"do\":\"print\"}\n{\"from\":\"a file\"}\n[1]\n{\"from\":\"a file\"}\n",
        "{log}"
    );
    assert_eq!(output.status.code(), Some(0));
    let lines: Vec<&str> = log.lines().collect();
    let starts = |text: &str| lines.iter().filter(|line| line.starts_with(text)).count();
    assert_eq!(
        [
            starts("START RequestId: "),
            starts("END RequestId: "),
            starts("REPORT RequestId: ")
        ],
        [4, 4, 4]
    );
    let at = |text: &str| {
        lines
            .iter()
            .position(|line| line.starts_with(text))
            .expect(text)
    };
    // The output of the function is between START and END, in the order in which it was written.
    let order = [
        "START",
        "to standard error",
        "to standard output",
        "END",
        "REPORT",
    ];
    assert!(order.map(at).is_sorted(), "{log}");
    let report = lines[at("REPORT")];
    for part in [
        "Duration: ",
        "Billed Duration: ",
        "Memory Size: 128 MB",
        "Max Memory Used: ",
        "Init Duration: ",
        "Peak memory: ",
        "Event: 14 B",
        "Response: 14 B",
    ] {
        assert!(report.contains(part), "{part} in {report}");
    }
    assert_eq!(log.matches("Init Duration").count(), 1);
}

#[test]
fn the_command_warns_of_reserved_variables() {
    let folder = Folder::new("vain variables");
    let function = folder.function();
    let args = [
        "--timeout=60",
        "--env=TABLE=orders",
        "--env=AWS_LAMBDA_FUNCTION_NAME=other",
        "--env=AWS_REGION=nowhere",
        "--event=1",
        path(&function),
    ];
    let log = String::from_utf8(command(&args, "").stderr).unwrap();
    let warnings: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("has no effect"))
        .collect();
    assert_eq!(warnings.len(), 2, "{log}");
    for name in ["AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION"] {
        let names = warnings.iter().filter(|line| line.contains(name)).count();
        assert_eq!(names, 1, "{log}");
    }
}

#[test]
fn the_command_exits_with_1_if_an_invocation_was_an_error() {
    let folder = Folder::new("errors");
    let function = folder.function();
    let run = |event: &str| {
        let output = command(&["--timeout", "60", "--event", event, path(&function)], "");
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, log) = run(r#"{"do":"fail"}"#);
    assert_eq!(code, Some(1));
    assert!(
        log.contains("\tStatus: error\tError Type: Function.NoStock"),
        "{log}"
    );
    let (code, log) = run(r#"{"do":"exit","code":9}"#);
    assert_eq!(code, Some(1));
    assert!(log.contains("Error: Runtime exited with error: exit status 9\nRuntime.ExitError\n"));
    let quick = [
        "--timeout=0.5",
        "--event={\"do\":\"sleep\"}",
        path(&function),
    ];
    let log = String::from_utf8(command(&quick, "").stderr).unwrap();
    assert!(log.contains("Task timed out after 0.50 seconds\n"), "{log}");
    assert!(log.contains("\tStatus: timeout"), "{log}");
    let hint = "emulator: the timeout is 0.5 seconds; --timeout SECONDS changes it\n";
    assert!(log.ends_with(hint), "{log}");
}

#[test]
fn an_error_of_the_command_is_one_line_and_the_usage_if_arguments_are_wrong() {
    let folder = Folder::new("wrong");
    let plain = folder.0.join("plain");
    fs::write(&plain, "hello").unwrap();
    let script = folder.script("exit 0");
    let check = |args: &[&str], code: i32, want: &str| {
        let output = command(args, "");
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{log}");
        assert!(output.stdout.is_empty());
        let lines: Vec<&str> = log.lines().collect();
        let usage = &["Usage: emulator [OPTION...] BOOTSTRAP (--help lists the options)"];
        let (first, rest) = lines.split_first().unwrap();
        assert!(first.contains(want), "{log}");
        assert_eq!(rest, if code == 2 { &usage[..] } else { &[] });
    };
    check(&[], 2, "no BOOTSTRAP given");
    check(&["--nonsense"], 2, "emulator: unknown option --nonsense");
    check(&["--timout=1", "b"], 2, "did you mean --timeout?");
    check(&["/no/such/file"], 1, "/no/such/file: no such file");
    check(
        &[path(&folder.0)],
        1,
        "expected an executable, found a folder",
    );
    check(
        &[path(&plain)],
        1,
        "the file is not executable; run chmod +x on it",
    );
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o755)).unwrap();
    check(&[path(&plain)], 1, "expected an ELF file or a script");
    for (text, want) in [
        (
            "#!/bin/bash\r\nexit 0\r\n",
            "(CRLF), so its interpreter is \"/bin/bash\\r\"",
        ),
        ("#!/no/such/sh\n", "interpreter /no/such/sh does not exist"),
        ("#!\n", "names no interpreter"),
        ("", "is empty"),
        ("MZ", "this is a Windows executable"),
    ] {
        let wrong = folder.0.join("wrong start");
        fs::write(&wrong, text).unwrap();
        fs::set_permissions(&wrong, fs::Permissions::from_mode(0o755)).unwrap();
        check(&[path(&wrong)], 1, want);
    }
    check(
        &["--extensions", "/no/such/folder", path(&script)],
        1,
        "extensions /no/such/folder: no such folder",
    );
    check(
        &["--task-root", "/no/such/folder", path(&script)],
        1,
        "task root /no/such/folder: no such folder",
    );
    check(
        &["--watch", path(&plain), path(&script)],
        1,
        "plain: no such folder",
    );
    check(
        &[path(&script), "invoke"],
        2,
        "bootstrap and invoke; use --event EVENT to invoke it once",
    );
    check(
        &["--runner", "no-such-runner", path(&script)],
        1,
        "runner no-such-runner: no such program",
    );
    let message = "the event is not JSON: expected a member's name in quotes";
    check(&["--event", "{", path(&script)], 1, message);
    let message = "sqz is not JSON, a file or a sample; did you mean sqs?";
    check(&["--event", "sqz", path(&script)], 1, message);
    check(
        &["--event", "@/no/such/file", path(&script)],
        1,
        "cannot read the file /no/such/file: ",
    );
    let utf_16 = script.with_file_name("utf-16.json");
    fs::write(&utf_16, b"\xff\xfe{\0}\0").unwrap();
    let event = format!("@{}", utf_16.display());
    check(
        &["--event", &event, path(&script)],
        1,
        "expected UTF-8, found UTF-16, which `>` writes in Windows PowerShell 5",
    );
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    check(
        &["--port", &port, path(&script)],
        1,
        "is in use; choose another with --port, such as --port ",
    );
}

/// Extensions are started with the first invocation, whose caller gets the reason.
#[test]
fn windows_line_ends_of_an_extension_or_bootstrap_are_reported() {
    let folder = Folder::new("extension wrong");
    let extensions = Folder::inside(&folder, "extensions");
    let script = extensions.script("exit 0");
    fs::write(&script, "#!/bin/sh\r\nexit 0\r\n").unwrap();
    let mut settings = Settings::default();
    settings.bootstrap = Some(folder.function());
    settings.extensions = Some(extensions.0.clone());
    let emulator = Emulator::start_with(settings).unwrap();
    let reply = emulator.invoke(b"{}").unwrap();
    assert!(
        text(&reply).contains("Windows line ends"),
        "{}",
        text(&reply)
    );
}

/// Lambda needs CR between the lines of a message; in a terminal it would overwrite the line.
#[test]
fn a_log_message_of_several_lines_has_newlines() {
    let folder = Folder::new("lines");
    let function = folder.function();
    let script = fs::read_to_string(&function).unwrap();
    let script = script.replace("exec ", "printf 'one\\rtwo\\r\\nthree\\n' >&2; exec ");
    fs::write(&function, script).unwrap();
    let output = command(&["--timeout", "60", "--event", "{}", path(&function)], "");
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(
        log.contains("one\ntwo\nthree\n") && !log.contains('\r'),
        "{log:?}"
    );
}

/// The function is busy, and has a child process.
#[test]
fn the_command_leaves_no_process_behind_whichever_signal_ends_it() {
    for (name, code) in [
        ("INT", Some(130)),
        ("TERM", Some(143)),
        ("HUP", Some(129)),
        ("QUIT", Some(131)),
        ("KILL", None),
        ("ABRT", None),
    ] {
        if is_ignored(name) {
            continue;
        }
        for more in [&[][..], &["--freeze"], &["--runner", "env"]] {
            let folder = Folder::new(&format!("behind {name} {}", more.concat()));
            let function = folder.function();
            let script = fs::read_to_string(&function).unwrap();
            let script = script.replace("exec ", "sleep 1000 & echo $! >child; exec ");
            fs::write(&function, script).unwrap();
            let mut child = Command::new(env!("CARGO_BIN_EXE_emulator"))
                .args(["--timeout", "60", "--event", r#"{"do":"pid"}"#])
                .args(["--event", r#"{"do":"sleep"}"#])
                .args(more)
                .arg(&function)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
            let mut pid = String::new();
            std::io::BufRead::read_line(&mut out, &mut pid).unwrap();
            let grandchild = fs::read_to_string(folder.0.join("child")).unwrap();
            assert!(is_alive(pid.trim()) && is_alive(grandchild.trim()));
            signal(name, child.id());
            assert_eq!(child.wait().unwrap().code(), code, "{name}");
            if code.is_some() {
                assert!(!is_alive(pid.trim()), "{name}");
            }
            wait_until_gone(&[pid.trim(), grandchild.trim()]);
        }
    }
}

/// The extension has a child process, and Init has not ended.
#[test]
fn extensions_end_when_the_command_is_killed() {
    for name in ["HUP", "KILL"] {
        if is_ignored(name) {
            continue;
        }
        let folder = Folder::new(&format!("extensions {name}"));
        let extensions = Folder::inside(&folder, "extensions");
        let pids = folder.0.join("pids");
        extensions.script(&format!(
            "sleep 1000 & echo $$ $! >'{0}.new'; mv '{0}.new' '{0}'; wait",
            path(&pids)
        ));
        let mut child = Command::new(env!("CARGO_BIN_EXE_emulator"))
            .args(["--event", "{}", "--extensions", path(&extensions.0)])
            .arg(folder.function())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let limit = Instant::now() + LONG;
        while !pids.exists() {
            assert!(Instant::now() < limit, "no extension was started");
            std::thread::sleep(Duration::from_millis(5));
        }
        let pids = fs::read_to_string(pids).unwrap();
        let pids: Vec<&str> = pids.split_whitespace().collect();
        assert!(pids.len() == 2 && pids.iter().all(|pid| is_alive(pid)));
        signal(name, child.id());
        child.wait().unwrap();
        wait_until_gone(&pids);
    }
}

/// The process is tied to the emulator, not to the thread that has started it.
#[test]
fn a_function_outlives_the_thread_that_has_started_it() {
    let folder = Folder::new("thread");
    let emulator = emulator(folder.function(), LONG);
    let call = || text(&emulator.invoke(br#"{"do":"pid"}"#).unwrap());
    let pid = std::thread::scope(|scope| scope.spawn(call).join().unwrap());
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(call(), pid);
}

#[test]
fn a_command_started_with_nohup_survives_sighup() {
    let folder = Folder::new("nohup");
    let script = "trap '' HUP; exec \"$0\" --timeout 60 --event '{\"do\":\"pid\"}' \
                  --event '{\"do\":\"sleep\"}' \"$1\"";
    let mut child = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_emulator")])
        .arg(folder.function())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut pid = String::new();
    std::io::BufRead::read_line(&mut out, &mut pid).unwrap();
    signal("HUP", child.id());
    std::thread::sleep(Duration::from_millis(100));
    assert!(is_alive(pid.trim()) && child.try_wait().unwrap().is_none());
    signal("TERM", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(!is_alive(pid.trim()));
}

#[test]
fn concurrent_callers_get_an_environment_each_and_the_rest_wait() {
    let folder = Folder::new("environments");
    let mut settings = Settings::default();
    settings.bootstrap = Some(folder.function());
    settings.timeout = LONG;
    settings.environments = 3;
    let emulator = Emulator::start_with(settings).unwrap();
    let meeting = folder.0.join("meeting");
    fs::create_dir(&meeting).unwrap();
    let meet = format!(r#"{{"do":"meet","at":"{}","n":3}}"#, path(&meeting));
    let pids: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
        let invoke = || text(&emulator.invoke(meet.as_bytes()).unwrap());
        let threads: Vec<_> = (0..9).map(|_| scope.spawn(invoke)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(pids.len(), 3, "{pids:?}");
    // A warm environment is preferred to a new one.
    let one = text(&emulator.invoke(br#"{"do":"pid"}"#).unwrap());
    assert!(pids.contains(&one), "{one} of {pids:?}");
}

/// Waits until the state of a process in /proc is `state`.
#[track_caller]
fn wait_for_state(pid: &str, state: char) {
    let limit = Instant::now() + Duration::from_secs(20);
    while Instant::now() < limit {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        if stat
            .rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with(state))
        {
            return;
        }
        std::thread::yield_now();
    }
    panic!("process {pid} did not reach the state {state}");
}

/// 12.2: 27.
#[test]
fn with_freeze_a_function_is_stopped_between_invocations() {
    let folder = Folder::new("freeze");
    let mut settings = Settings::default();
    settings.bootstrap = Some(folder.function());
    settings.timeout = LONG;
    settings.freeze = true;
    let emulator = Emulator::start_with(settings).unwrap();
    for _ in 0..3 {
        let pid = text(&emulator.invoke(br#"{"do":"pid"}"#).unwrap());
        wait_for_state(&pid, 'T');
    }
}

/// 12.2: 26.
#[test]
fn a_json_log_has_platform_records_and_wrapped_lines() {
    let folder = Folder::new("json log");
    let function = folder.function();
    let args = [
        "--timeout",
        "60",
        "--json-log",
        "info",
        "--event",
        r#"{"do":"print"}"#,
    ];
    let output = command(&[&args[..], &[path(&function)]].concat(), "");
    let log = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| json::parse(line.as_bytes()).expect(line))
        .collect();
    let kinds: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.get("type").and_then(Value::as_str))
        .collect();
    for kind in [
        "platform.initStart",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    let printed = |text: &str| {
        let is_it = |line: &&Value| line.get("message").and_then(Value::as_str) == Some(text);
        lines
            .iter()
            .find(is_it)
            .unwrap_or_else(|| panic!("{text} in {log}"))
    };
    let line = printed("to standard error");
    assert_eq!(line.get("level").and_then(Value::as_str), Some("INFO"));
    assert!(line.get("requestId").is_some() && line.get("timestamp").is_some());
}

#[test]
fn help_and_the_list_of_samples_go_to_standard_output() {
    for (args, want) in [
        (&["--help"][..], "Usage: emulator [OPTION...] BOOTSTRAP\n"),
        (&["-h", "--nonsense"], "Samples:\n  activemq alb "),
        (&["--list-samples"], "\nsqs\nsqs_api\n"),
        (&["b", "-V"], "emulator "),
    ] {
        let output = command(args, "");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(output.stderr.is_empty(), "{args:?}");
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(out.contains(want), "{out}");
    }
}

#[test]
fn a_sample_event_can_be_given_by_name() {
    let folder = Folder::new("sample");
    let function = folder.function();
    let output = command(&["--timeout", "60", "--event", "sqs", path(&function)], "");
    let out: Value = json::parse(&output.stdout).unwrap();
    let sample: Value = json::parse(tiny_lambda::events::samples::SQS.as_bytes()).unwrap();
    assert_eq!(out, sample);
}

#[test]
fn an_init_of_over_ten_seconds_is_repeated_within_the_invocation() {
    let folder = Folder::new("init");
    // The first start is slow, the second is not.
    let slow = "[ -e ready ] || { touch ready; exec sleep 1000; }";
    let function = fs::read_to_string(folder.function()).unwrap();
    let function = function.trim_start_matches("#!/bin/sh\n").to_owned();
    let script = folder.script(&format!("{slow}\n{function}"));
    let output = command(&["--timeout", "60", "--event", "[7]", path(&script)], "");
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.stdout, b"[7]\n", "{log}");
    let line = log.lines().next().unwrap_or_default();
    let line = line.strip_prefix("INIT_REPORT Init Duration: ");
    let (took_ms, rest) = line.and_then(|line| line.split_once(" ms")).expect(&log);
    // Init ends after ten seconds; a busy machine notices it later.
    let took_ms: f64 = took_ms.parse().expect(&log);
    assert!((10_000.0..15_000.0).contains(&took_ms), "{log}");
    assert_eq!(rest, "\tPhase: init\tStatus: timeout", "{log}");
    let report = log.lines().find(|line| line.starts_with("REPORT")).unwrap();
    assert!(!report.contains("Init Duration"), "{report}");
}
