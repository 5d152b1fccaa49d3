//! Figures that are promised: measured, and printed on a line that begins with `figure: `.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
#[cfg(target_os = "linux")]
use std::io::{BufRead, BufReader, Read, Write};
#[cfg(target_os = "linux")]
use std::net::TcpStream;
#[cfg(target_os = "linux")]
use std::process::Stdio;
use std::sync::Mutex;

use tiny_lambda::handler;

use crate::peer::{ACCEPTED, GET_NEXT, POST_RESPONSE, step};
#[cfg(target_os = "linux")]
use crate::peer::{accept, listen, read_request};
#[cfg(target_os = "linux")]
use crate::process::{aborting, becomes, command, ends, signal};
use crate::runtime::play;

thread_local! {
    static N_ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which counts what it gives to each thread.
struct Counting;

// In a release build for musl the crate brings its own, and there is only one.
#[cfg(any(debug_assertions, not(target_env = "musl")))]
#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: every call is the system allocator's with the same arguments, and counting allocates
// nothing: the counter is a constant at first, and has no destructor.
#[expect(unsafe_code, reason = "an allocator cannot be written without")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        N_ALLOCATIONS.set(N_ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps `alloc`'s contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        N_ALLOCATIONS.set(N_ALLOCATIONS.get() + 1);
        // SAFETY: as above; `block` came from `System`.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above; `block` came from `System`.
        unsafe { System.dealloc(block, layout) }
    }
}

/// `next`'s answer with every header that Lambda sends.
const NEXT: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
    Lambda-Runtime-Aws-Request-Id: 8476a536\r\n\
    Lambda-Runtime-Deadline-Ms: 1542409706888\r\n\
    Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-2:123456789012:function:hello\r\n\
    Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419\r\n\
    Lambda-Runtime-Client-Context: {\"client\":{}}\r\n\
    Lambda-Runtime-Cognito-Identity: {\"cognitoIdentityId\":\"id\"}\r\n\
    Date: Fri, 16 Nov 2018 22:55:06 GMT\r\nContent-Length: 13\r\n\r\n{\"answer\":42}";

#[test]
#[cfg(any(debug_assertions, not(target_env = "musl")))]
fn a_warm_invocation_allocates_nothing_of_the_runtimes_own() {
    const N: usize = 8;
    let script: Vec<_> = (0..N)
        .flat_map(|_| [step(GET_NEXT, NEXT), step(POST_RESPONSE, ACCEPTED)])
        .collect();
    // When the handler began and when it ended, in allocations of its thread.
    let spans = Mutex::new(Vec::with_capacity(N));
    let echo = handler::bytes(|event, _| {
        let begin = N_ALLOCATIONS.get();
        let answer = event.to_vec();
        spans.lock().unwrap().push((begin, N_ALLOCATIONS.get()));
        Ok(answer)
    });
    let (requests, _) = play(&script, &echo);
    assert_eq!(requests.last().unwrap().text(), "{\"answer\":42}");
    let spans = spans.lock().unwrap();
    assert_eq!(spans.len(), N);
    assert!(
        spans.iter().all(|(begin, end)| *end == *begin + 1),
        "its own, counted"
    );
    // From the end of one to the beginning of the next, the first one apart, which makes buffers.
    let between = spans.windows(2).skip(1).map(|pair| pair[1].0 - pair[0].1);
    let most = between.max().unwrap();
    println!("figure: heap allocations per warm invocation, bytes: {most} (at most 0)");
    assert_eq!(most, 0);
}

/// Serves `n` events to a function on one connection, as fast as it answers: each hundred has names of
/// up to 300 bytes, two of 300 KB, and five that are none.
#[cfg(target_os = "linux")]
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
        for answer in [reply.as_slice(), ACCEPTED.as_bytes()] {
            // A head, and the body that it announces.
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
            stream.get_mut().write_all(answer).unwrap();
        }
    }
}

/// Memory of a function that waits for the next event, as proc(5) has it in `status`, in KB.
#[cfg(target_os = "linux")]
fn memory_kb(pid: u32, field: &str) -> usize {
    becomes(pid, "S");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(field));
    let words = line.unwrap().split_whitespace();
    words.rev().nth(1).unwrap().parse().unwrap()
}

/// The largest event there is, and a response that is as large: each once in memory, and one megabyte
/// for all the rest. What they needed goes back with the second event that does not need it.
#[cfg(target_os = "linux")]
#[test]
fn a_large_event_takes_its_own_length_and_its_responses() {
    const LEN: usize = 6 << 20;
    let Some(hello) = aborting("hello") else {
        return;
    };
    let listener = listen();
    let mut command = command(&hello, listener.local_addr().unwrap(), &[]);
    command.stderr(Stdio::null());
    let child = command.spawn().unwrap();
    let mut stream = accept(&listener);
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
    assert_eq!(ends(child).status.code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes ten seconds"]
fn memory_after_100_000_invocations_is_what_it_was_after_100() {
    let Some(hello) = aborting("hello") else {
        return;
    };
    let listener = listen();
    let mut command = command(&hello, listener.local_addr().unwrap(), &[]);
    command.stderr(Stdio::null());
    let child = command.spawn().unwrap();
    let mut stream = accept(&listener);
    let memory = || memory_kb(child.id(), "RssAnon:");
    serve(&mut stream, 100);
    let before = memory();
    serve(&mut stream, 99_900);
    let after = memory();
    println!("figure: memory of hello after 100 invocations: {before} KB (at most 200)");
    println!("figure: memory of hello after 100,000 invocations: {after} KB (at most {before})");
    assert!(after <= before && before <= 200, "{before} KB, {after} KB");
    drop((stream, listener));
    assert_eq!(ends(child).status.code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn memory_after_a_freeze_is_what_it_was_before() {
    let Some(hello) = aborting("hello") else {
        return;
    };
    let listener = listen();
    let mut command = command(&hello, listener.local_addr().unwrap(), &[]);
    command.stderr(Stdio::null());
    let child = command.spawn().unwrap();
    let mut stream = accept(&listener);
    serve(&mut stream, 200);
    let before = memory_kb(child.id(), "RssAnon:");
    for _ in 0..20 {
        becomes(child.id(), "S");
        signal("-STOP", child.id());
        becomes(child.id(), "T");
        signal("-CONT", child.id());
        serve(&mut stream, 100);
    }
    let after = memory_kb(child.id(), "RssAnon:");
    println!("figure: memory of hello after 20 freezes: {after} KB (at most {before})");
    assert!(after <= before && before <= 200, "{before} KB, {after} KB");
    drop((stream, listener));
    assert_eq!(ends(child).status.code(), Some(1));
}
