//! Extensions: internal and external ones, their events, telemetry, and shutdown.

use std::fs;
use std::thread;
use std::time::Duration;

use tiny_lambda::emulator::{Emulator, Settings};
use tiny_lambda::json::{self, Value};

use crate::support::client::{Client, Reply};
use crate::support::folder::Folder;

use super::process::text;

const BASE: &str = "/2020-01-01/extension";
const RUNTIME: &str = "/2018-06-01/runtime";

fn register(client: &mut Client, name: &str, body: &str) -> Reply {
    let fields = format!("Lambda-Extension-Name: {name}\r\n");
    client.request(&format!("POST {BASE}/register"), &fields, body.as_bytes())
}

/// Returns the header line with the extension identifier.
fn identified(registered: &Reply) -> String {
    assert_eq!(registered.status, 200, "{registered:?}");
    let id = registered.field("Lambda-Extension-Identifier").unwrap();
    format!("Lambda-Extension-Identifier: {id}\r\n")
}

#[track_caller]
fn refused(reply: &Reply, error_type: &str) {
    assert_eq!(reply.status, 403, "{reply:?}");
    let body: Value = json::parse(&reply.body).unwrap();
    assert_eq!(
        body.get("errorType").and_then(Value::as_str),
        Some(error_type)
    );
}

/// 12.2: 19.
#[test]
fn an_invocation_ends_when_the_internal_extension_calls_next_again() {
    let emulator = Emulator::start().unwrap();
    let mut runtime = Client::connect(emulator.addr());
    let mut extension = Client::connect(emulator.addr());
    let registered = register(&mut extension, "inside", r#"{"events":["INVOKE"]}"#);
    let id = identified(&registered);
    let body: Value = json::parse(&registered.body).unwrap();
    assert_eq!(
        body.to_string(),
        r#"{"functionName":"function","functionVersion":"$LATEST","handler":"bootstrap"}"#
    );
    thread::scope(|scope| {
        let next = format!("GET {BASE}/event/next HTTP/1.1\r\nHost: h\r\n{id}\r\n");
        for event in ["1", "2"] {
            extension.send(next.as_bytes());
            let invocation = scope.spawn(|| emulator.invoke(event.as_bytes()));
            let got = runtime.request(&format!("GET {RUNTIME}/invocation/next"), "", b"");
            assert_eq!(got.text(), event);
            let heard = extension.reply(false);
            assert!(heard.field("Lambda-Extension-Event-Identifier").is_some());
            let heard: Value = json::parse(&heard.body).unwrap();
            let request_id = got.field("Lambda-Runtime-Aws-Request-Id").unwrap();
            for (pointer, want) in [
                ("/eventType", "INVOKE"),
                ("/requestId", request_id),
                ("/tracing/type", "X-Amzn-Trace-Id"),
                (
                    "/invokedFunctionArn",
                    got.field("Lambda-Runtime-Invoked-Function-Arn").unwrap(),
                ),
            ] {
                assert_eq!(
                    heard.pointer(pointer).and_then(Value::as_str),
                    Some(want),
                    "{heard}"
                );
            }
            let deadline = heard.get("deadlineMs").unwrap().to_string();
            assert_eq!(
                got.field("Lambda-Runtime-Deadline-Ms"),
                Some(deadline.as_str())
            );
            let line = format!("POST {RUNTIME}/invocation/{request_id}/response");
            assert_eq!(runtime.request(&line, "", b"0").status, 202);
            assert_eq!(invocation.join().unwrap().unwrap().body, b"0");
        }
    });
}

/// 12.2: 18.
#[test]
fn no_event_is_sent_before_every_extension_has_called_next() {
    let emulator = Emulator::start().unwrap();
    let mut extension = Client::connect(emulator.addr());
    let id = identified(&register(&mut extension, "inside", "{}"));
    let mut runtime = Client::connect(emulator.addr());
    thread::scope(|scope| {
        scope.spawn(|| emulator.invoke(b"1"));
        runtime
            .send(format!("GET {RUNTIME}/invocation/next HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        assert!(!runtime.has_come(Duration::from_millis(100)));
        let next = format!("GET {BASE}/event/next HTTP/1.1\r\nHost: h\r\n{id}\r\n");
        extension.send(next.as_bytes());
        let event = runtime.reply(false);
        let id = event.field("Lambda-Runtime-Aws-Request-Id").unwrap();
        let line = format!("POST {RUNTIME}/invocation/{id}/response");
        assert_eq!(runtime.request(&line, "", b"1").status, 202);
    });
}

/// 12.2: 17.
#[test]
fn invalid_calls_of_an_extension_are_refused() {
    let emulator = Emulator::start().unwrap();
    let client = &mut Client::connect(emulator.addr());
    refused(
        &register(client, "", "{}"),
        "Extension.InvalidExtensionName",
    );
    refused(&register(client, "a", "{"), "InvalidRequestFormat");
    refused(
        &register(client, "a", r#"{"configurationKeys":["x"]}"#),
        "InvalidRequestFormat",
    );
    refused(
        &register(client, "a", r#"{"events":["SHUTDOWN"]}"#),
        "Extension.InvalidEventType",
    );
    let id = identified(&register(client, "a", "{}"));
    refused(
        &register(client, "a", "{}"),
        "Extension.InvalidExtensionState",
    );
    let next = format!("GET {BASE}/event/next");
    refused(
        &client.request(&next, "", b""),
        "Extension.MissingExtensionIdentifier",
    );
    let other = "Lambda-Extension-Identifier: x\r\n";
    refused(
        &client.request(&next, other, b""),
        "Extension.InvalidExtensionIdentifier",
    );
    let other = "Lambda-Extension-Identifier: 01234567-89ab-4cde-8f01-23456789abcd\r\n";
    refused(
        &client.request(&next, other, b""),
        "Extension.UnknownExtensionIdentifier",
    );
    let init_error = format!("POST {BASE}/init/error");
    refused(
        &client.request(&init_error, &id, b""),
        "Extension.MissingHeader",
    );
    let mut runtime = Client::connect(emulator.addr());
    runtime.send(format!("GET {RUNTIME}/invocation/next HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
    // The runtime's `next` closes the registration as soon as it arrives.
    let limit = std::time::Instant::now() + Duration::from_secs(20);
    for i in 0.. {
        let late = register(client, &format!("late{i}"), "{}");
        if late.status == 403 && late.text().contains("RegistrationClosed")
            || std::time::Instant::now() > limit
        {
            refused(&late, "Extension.RegistrationClosed");
            break;
        }
    }
    let reply = Client::connect(emulator.addr()).request(&format!("GET {BASE}/register"), "", b"");
    assert_eq!((reply.status, reply.field("Allow")), (405, Some("POST")));
}

#[test]
fn an_init_error_of_an_extension_fails_the_invocation() {
    let emulator = Emulator::start().unwrap();
    let mut extension = Client::connect(emulator.addr());
    let id = identified(&register(&mut extension, "inside", "{}"));
    let line = format!("POST {BASE}/init/error");
    let fields = format!("{id}Lambda-Extension-Function-Error-Type: Extension.NoKey\r\n");
    let body = br#"{"errorMessage":"no key","errorType":"Extension.NoKey"}"#;
    assert_eq!(
        extension.request(&line, &fields, body).text(),
        "{\"status\":\"OK\"}\n"
    );
    let reply = emulator.invoke(b"{}").unwrap();
    assert_eq!(reply.error_type.as_deref(), Some("Extension.InitError"));
    assert_eq!(reply.body, body);
}

/// Not a test, but the extension that tests start: writes its events to a file.
#[test]
#[ignore = "is an extension, started by other tests"]
fn the_extension() {
    let addr = std::env::var("AWS_LAMBDA_RUNTIME_API")
        .unwrap()
        .parse()
        .unwrap();
    let var = |name: &str| std::env::var(name).unwrap();
    assert!(std::env::var("_HANDLER").is_err());
    let mut client = Client::connect(addr);
    let registered = register(&mut client, &var("EXTENSION"), &var("EVENTS"));
    let id = identified(&registered);
    let mut heard = String::new();
    loop {
        let event = client.request(&format!("GET {BASE}/event/next"), &id, b"");
        let event: Value = json::parse(&event.body).unwrap();
        let kind = event
            .get("eventType")
            .and_then(Value::as_str)
            .unwrap()
            .to_owned();
        heard += &kind;
        if let Some(reason) = event.get("shutdownReason").and_then(Value::as_str) {
            heard.extend([" ", reason]);
        }
        heard.push('\n');
        fs::write(var("HEARD"), &heard).unwrap();
        if kind == "SHUTDOWN" {
            return;
        }
    }
}

/// Starts a function with an external extension that registers for `events`.
fn extended(folder: &Folder, events: &str, script: impl FnOnce(&str) -> String) -> Emulator {
    let this = std::env::current_exe().unwrap();
    let name = "emulator::extensions::the_extension";
    let start = format!(
        "exec '{}' --ignored --exact {name} --nocapture",
        this.display()
    );
    let function = fs::read_to_string(folder.function()).unwrap();
    let function = folder.script(&script(function.trim_start_matches("#!/bin/sh\n").trim()));
    let opt = Folder::inside(folder, "extensions");
    let extension = opt.script(&start);
    fs::rename(&extension, opt.0.join("watcher")).unwrap();
    let mut settings = Settings::default();
    settings.bootstrap = Some(function);
    settings.extensions = Some(opt.0.clone());
    std::mem::forget(opt);
    settings.timeout = Duration::from_secs(5);
    let heard = folder.0.join("heard").to_str().unwrap().to_owned();
    for (name, value) in [
        ("EXTENSION", "watcher"),
        ("EVENTS", events),
        ("HEARD", &heard),
    ] {
        settings.env.push((name.to_owned(), value.to_owned()));
    }
    Emulator::start_with(settings).unwrap()
}

fn recorded_events(folder: &Folder) -> String {
    fs::read_to_string(folder.0.join("heard")).unwrap_or_default()
}

/// 12.2: 18 and 20.
#[test]
fn an_external_extension_gets_invoke_and_shutdown_events() {
    let folder = Folder::new("external");
    let events = r#"{"events":["INVOKE","SHUTDOWN"]}"#;
    let emulator = extended(&folder, events, str::to_owned);
    assert_eq!(emulator.invoke(b"1").unwrap().body, b"1");
    assert_eq!(emulator.invoke(b"2").unwrap().body, b"2");
    let failed = emulator.invoke(br#"{"do":"exit","code":3}"#).unwrap();
    assert_eq!(failed.error_type.as_deref(), Some("Runtime.ExitError"));
    // The next invocation begins when the environment and its extension have been reset.
    assert_eq!(emulator.invoke(b"3").unwrap().body, b"3");
    drop(emulator);
    assert_eq!(recorded_events(&folder), "INVOKE\nSHUTDOWN SPINDOWN\n");
}

/// 12.2: 16.
#[test]
fn the_runtime_gets_sigterm_only_if_there_is_an_extension() {
    let trap = |function: &str| {
        let run = function.trim_start_matches("exec ");
        format!("trap 'echo over >term; exit 0' TERM; {run} & wait")
    };
    let folder = Folder::new("sigterm");
    let emulator = extended(&folder, "{}", trap);
    assert_eq!(emulator.invoke(b"1").unwrap().body, b"1");
    drop(emulator);
    assert_eq!(fs::read_to_string(folder.0.join("term")).unwrap(), "over\n");
    assert_eq!(recorded_events(&folder), "");

    let folder = Folder::new("no sigterm");
    let function = fs::read_to_string(folder.function()).unwrap();
    let script = trap(function.trim_start_matches("#!/bin/sh\n").trim());
    let emulator = Emulator::spawn(folder.script(&script)).unwrap();
    assert_eq!(text(&emulator.invoke(b"1").unwrap()), "1");
    drop(emulator);
    assert!(!folder.0.join("term").exists());
}

/// 12.2: 20.
#[test]
fn a_timeout_sends_a_shutdown_event_to_the_extension() {
    let folder = Folder::new("told");
    let emulator = extended(&folder, r#"{"events":["SHUTDOWN"]}"#, str::to_owned);
    assert_eq!(emulator.invoke(b"1").unwrap().body, b"1");
    let slow = emulator.invoke(br#"{"do":"sleep"}"#).unwrap();
    assert_eq!(slow.error_type.as_deref(), Some("Sandbox.Timedout"));
    // The next invocation begins when the environment has been reset.
    assert_eq!(emulator.invoke(b"2").unwrap().body, b"2");
    assert_eq!(recorded_events(&folder), "SHUTDOWN TIMEOUT\n");
    drop(emulator);
    assert_eq!(recorded_events(&folder), "SHUTDOWN SPINDOWN\n");
}

#[test]
fn the_exit_of_an_extension_fails_the_invocation() {
    let folder = Folder::new("crash");
    let opt = Folder::inside(&folder, "extensions");
    let extension = opt.script("exit 4");
    fs::rename(extension, opt.0.join("dies")).unwrap();
    let mut settings = Settings::default();
    settings.bootstrap = Some(folder.function());
    settings.extensions = Some(opt.0.clone());
    let emulator = Emulator::start_with(settings).unwrap();
    let reply = emulator.invoke(b"{}").unwrap();
    assert_eq!(reply.error_type.as_deref(), Some("Extension.Crash"));
    assert!(
        text(&reply).contains("extension dies: exit status 4"),
        "{}",
        text(&reply)
    );
}

/// Accepts an HTTP request, replies, and returns its body.
fn taken(listener: &std::net::TcpListener) -> String {
    use std::io::{Read, Write};
    let (mut stream, _) = listener.accept().unwrap();
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let len = head.split_once("Content-Length: ").unwrap().1;
            let len: usize = len.lines().next().unwrap().parse().unwrap();
            if body.len() >= len {
                assert!(head.starts_with("POST /telemetry HTTP/1.1\r\n"), "{head}");
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    .unwrap();
                return body.to_owned();
            }
        }
        let n = stream.read(&mut part).unwrap();
        bytes.extend_from_slice(&part[..n]);
    }
}

/// 12.2: 21.
#[test]
fn a_telemetry_subscriber_gets_the_types_of_records_that_it_named() {
    let emulator = Emulator::start().unwrap();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut extension = Client::connect(emulator.addr());
    let id = identified(&register(
        &mut extension,
        "inside",
        r#"{"events":["INVOKE"]}"#,
    ));
    let put = |client: &mut Client, id: &str, body: &str| {
        client.request("PUT /2022-07-01/telemetry", id, body.as_bytes())
    };
    let subscription = format!(
        r#"{{"schemaVersion":"2022-12-13","types":["platform"],"buffering":{{"timeoutMs":25}},
            "destination":{{"protocol":"HTTP","URI":"http://sandbox.localdomain:{port}/telemetry"}}}}"#
    );
    refused(
        &put(&mut extension, "", &subscription),
        "Extension.MissingExtensionIdentifier",
    );
    let invalid = put(&mut extension, &id, "{}");
    assert_eq!(invalid.status, 400);
    assert!(invalid.text().contains("ValidationError"), "{invalid:?}");
    let reply = put(&mut extension, &id, &subscription);
    assert_eq!((reply.status, reply.text().as_str()), (200, "\"OK\""));
    let logs = extension.request("PUT /2020-08-15/logs", &id, b"{}");
    assert_eq!(logs.status, 202);
    assert!(logs.text().contains("Logs.NotSupported"), "{logs:?}");
    let mut runtime = Client::connect(emulator.addr());
    thread::scope(|scope| {
        let invocation = scope.spawn(|| emulator.invoke(b"1"));
        let next = format!("GET {BASE}/event/next HTTP/1.1\r\nHost: h\r\n{id}\r\n");
        extension.send(next.as_bytes());
        let get = format!("GET {RUNTIME}/invocation/next");
        let event = runtime.request(&get, "", b"");
        let request_id = event
            .field("Lambda-Runtime-Aws-Request-Id")
            .unwrap()
            .to_owned();
        let line = format!("POST {RUNTIME}/invocation/{request_id}/response");
        runtime.request(&line, "", b"0");
        runtime.send(format!("{get} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        extension.reply(false);
        // The extension calls `next` only after the event that the runtime is done.
        let mut records = Vec::new();
        let mut is_back = false;
        while !records.iter().any(|(kind, _)| kind == "platform.report") {
            let batch: Value = json::parse(taken(&listener).as_bytes()).unwrap();
            for record in batch.as_array().unwrap() {
                let kind = record
                    .get("type")
                    .and_then(Value::as_str)
                    .unwrap()
                    .to_owned();
                assert!(record.get("time").is_some());
                records.push((kind, record.get("record").unwrap().clone()));
            }
            if !is_back
                && records
                    .iter()
                    .any(|(kind, _)| kind == "platform.runtimeDone")
            {
                is_back = true;
                extension.send(next.as_bytes());
            }
        }
        invocation.join().unwrap().unwrap();
        let kinds: Vec<&str> = records.iter().map(|(kind, _)| kind.as_str()).collect();
        // The time of the runtime's `next` depends on threads; the order of the records after it does not.
        for want in [
            ["platform.telemetrySubscription", "platform.initReport"],
            ["platform.initStart", "platform.extension"],
            ["platform.initReport", "platform.start"],
            ["platform.start", "platform.runtimeDone"],
            ["platform.runtimeDone", "platform.report"],
        ] {
            let at = want.map(|kind| kinds.iter().position(|k| *k == kind).expect(kind));
            assert!(at[0] < at[1], "{want:?} in {kinds:?}");
        }
        let report = &records
            .iter()
            .find(|(kind, _)| kind == "platform.report")
            .unwrap()
            .1;
        assert_eq!(
            report.get("requestId").and_then(Value::as_str),
            Some(request_id.as_str())
        );
        assert_eq!(
            report.get("status").and_then(Value::as_str),
            Some("success")
        );
        assert!(
            report
                .pointer("/metrics/durationMs")
                .and_then(Value::as_f64)
                .is_some()
        );
        let late = put(&mut Client::connect(emulator.addr()), &id, &subscription);
        refused(&late, "Telemetry.SubscriptionClosed");
    });
}
