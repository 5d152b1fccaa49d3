//! The memory that hello takes: measured, and printed on a line that begins with `figure: `.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};

use super::aborting;
use crate::support::function::command;
use crate::support::processes::{signal, wait_for_end, wait_for_state};
use crate::support::runtime_api::{ACCEPTED, GET_NEXT, accept, listen, read_request};

/// Serves `n` events to a function on one connection, without pauses. Of each hundred events, two have
/// names of 300 KB, five have a number instead of a name, and the others have names of up to 300 bytes.
fn serve(stream: &mut BufReader<TcpStream>, n: usize) {
    let mut reply = Vec::new();
    let mut request = Vec::new();
    for i in 0..n {
        let len = if i % 50 == 7 { 300_000 } else { i % 100 * 3 };
        let name = match i % 20 {
            3 => "0".repeat(len + 1),
            _ => format!("\"{}\"", "x".repeat(len)),
        };
        reply.clear();
        write!(
            reply,
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-{i:05}\r\n\
             Lambda-Runtime-Deadline-Ms: 1542409706888\r\n\
             Lambda-Runtime-Trace-Id: Root=1-{i:05}\r\nContent-Length: {}\r\n\r\n{{\"name\":{name}}}",
            name.len() + 9
        )
        .unwrap();
        for reply in [reply.as_slice(), ACCEPTED.as_bytes()] {
            // Reads a head, and a body of its length.
            let mut len = 0;
            request.clear();
            while !request.ends_with(b"\r\n\r\n") {
                let start = request.len();
                assert!(stream.read_until(b'\n', &mut request).unwrap() > 0);
                if let Some(value) = request[start..].strip_prefix(b"Content-Length: ") {
                    len = std::str::from_utf8(value).unwrap().trim().parse().unwrap();
                }
            }
            request.resize(len, 0);
            stream.read_exact(&mut request).unwrap();
            stream.get_mut().write_all(reply).unwrap();
        }
    }
}

/// Starts a function, and returns its Runtime API, its process, and its connection to that API.
fn start(function: &Path) -> (TcpListener, Child, BufReader<TcpStream>) {
    let listener = listen();
    let mut command = command(function, listener.local_addr().unwrap(), &[]);
    let child = command.stderr(Stdio::null()).spawn().unwrap();
    let stream = accept(&listener);
    (listener, child, stream)
}

/// Returns a memory field of /proc/PID/status (proc(5)) in KB, when the function waits for an event.
fn memory_kb(pid: u32, field: &str) -> usize {
    wait_for_state(pid, "S");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(field));
    let words = line.unwrap().split_whitespace();
    words.rev().nth(1).unwrap().parse().unwrap()
}

/// The largest event and a response of the same length are in memory once each, with at most 1 MB for the
/// rest. The memory is freed after the second small event.
#[test]
fn peak_memory_is_the_length_of_the_event_and_the_response_and_1_mb() {
    const LEN: usize = 6 << 20;
    let Some(hello) = aborting("hello") else {
        return;
    };
    let (listener, child, mut stream) = start(&hello);
    let name = "x".repeat(LEN - 40);
    for name in [&name, "Ada", &name, &name, "Ada", "Ada", "Ada"] {
        let event = format!("{{\"name\":\"{name}\"}}");
        let reply = format!(
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id\r\nContent-Length: {}\r\n\r\n{event}",
            event.len()
        );
        assert_eq!(read_request(&mut stream).line, GET_NEXT);
        stream.get_mut().write_all(reply.as_bytes()).unwrap();
        let response = read_request(&mut stream);
        assert!(response.text().starts_with("{\"message\":\"Hello, "));
        assert_eq!(response.body.len(), name.len() + 22);
        stream.get_mut().write_all(ACCEPTED.as_bytes()).unwrap();
    }
    let peak = memory_kb(child.id(), "VmHWM:");
    let most = (2 * LEN + (1 << 20)) >> 10;
    println!("figure: peak memory of hello with 6 MB in and out: {peak} KB (at most {most})");
    let after = memory_kb(child.id(), "RssAnon:");
    println!("figure: memory of hello after 6 MB in and out: {after} KB (at most 200)");
    assert!(peak <= most && after <= 200, "{peak} KB, {after} KB");
    drop((stream, listener));
    assert_eq!(wait_for_end(child).status.code(), Some(1));
}

#[test]
#[ignore = "takes ten seconds"]
fn memory_after_100_000_invocations_is_what_it_was_after_100() {
    let Some(hello) = aborting("hello") else {
        return;
    };
    let (listener, child, mut stream) = start(&hello);
    let memory = || memory_kb(child.id(), "RssAnon:");
    serve(&mut stream, 100);
    let before = memory();
    serve(&mut stream, 99_900);
    let after = memory();
    println!("figure: memory of hello after 100 invocations: {before} KB (at most 200)");
    println!("figure: memory of hello after 100,000 invocations: {after} KB (at most {before})");
    assert!(after <= before && before <= 200, "{before} KB, {after} KB");
    drop((stream, listener));
    assert_eq!(wait_for_end(child).status.code(), Some(1));
}

#[test]
fn memory_after_a_freeze_is_what_it_was_before() {
    let Some(hello) = aborting("hello") else {
        return;
    };
    let (listener, child, mut stream) = start(&hello);
    serve(&mut stream, 200);
    let before = memory_kb(child.id(), "RssAnon:");
    for _ in 0..20 {
        wait_for_state(child.id(), "S");
        signal("STOP", child.id());
        wait_for_state(child.id(), "T");
        signal("CONT", child.id());
        serve(&mut stream, 100);
    }
    let after = memory_kb(child.id(), "RssAnon:");
    println!("figure: memory of hello after 20 freezes: {after} KB (at most {before})");
    assert!(after <= before && before <= 200, "{before} KB, {after} KB");
    drop((stream, listener));
    assert_eq!(wait_for_end(child).status.code(), Some(1));
}
