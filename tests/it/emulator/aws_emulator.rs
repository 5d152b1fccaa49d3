//! The local Lambda compared with AWS's own emulator: the same calls, and a reason for every difference.
//!
//! It needs the path of AWS's emulator:
//! `AWS_LAMBDA_RIE=.../aws-lambda-rie cargo test --test it -- --ignored side_by_side`.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tiny_lambda::emulator::{Emulator, Settings};

use crate::support::client::Client;
use crate::support::folder::Folder;

use super::raw_requests;

const BASE: &str = "/2018-06-01/runtime";
const EXTENSION: &str = "/2020-01-01/extension";

/// Conversations of a runtime with the Runtime API. A call is `METHOD path & field | body`; `next` means
/// that call, and `$` the path of the invocation.
const CONVERSATIONS: [&[&str]; 7] = [
    &[
        "next",
        "next",
        "POST $/response|1",
        "POST $/response|1",
        "POST $/error|{}",
        "next?",
    ],
    &[
        "next",
        "POST #/invocation/unknown/response|1",
        "POST #/invocation/unknown/error|1",
        "POST $/error & Lambda-Runtime-Function-Error-Type: Function.Odd|{\"errorMessage\":\"m\"}",
        "POST $/response|1",
        "next?",
    ],
    &[
        "next",
        "POST $/response & Lambda-Runtime-Function-Response-Mode: buffered|1",
        "next",
        "POST $/response|2",
    ],
    &[
        "next",
        "POST $/response|TOO LONG",
        "POST $/error|{}",
        "next?",
    ],
    &["next", "POST #/init/error|{}", "POST $/response|1", "next?"],
    &[
        "GET /",
        "GET #",
        "GET #/invocation/x/response",
        "POST #/invocation/next",
        "PUT #/invocation/x/error",
        "GET #/init/error",
        "GET #/restore/next",
        "POST #/restore/error",
        "GET /2018-06-01/ping",
        "PUT /2020-08-15/logs|{}",
        "GET /2026-01-15/metadata/execution-environment",
    ],
    &[
        "POST @/register|{}",
        "POST @/register & Lambda-Extension-Name: a|{\"events\":[\"SHUTDOWN\"]}",
        "POST @/register & Lambda-Extension-Name: a|{\"events\":[\"OTHER\"]}",
        "POST @/register & Lambda-Extension-Name: a|{\"events\":[\"INVOKE\"]}",
        "POST @/register & Lambda-Extension-Name: a|{\"events\":[\"INVOKE\"]}",
        "GET @/event/next",
        "GET @/event/next & Lambda-Extension-Identifier: x",
        "GET @/event/next & Lambda-Extension-Identifier: 01234567-89ab-4cde-8f01-23456789abcd",
        "POST @/init/error & Lambda-Extension-Identifier: 01234567-89ab-4cde-8f01-23456789abcd",
    ],
];

/// The differences: the start of the call, a part of our reply, the reason.
const DIFFERENCES: [(&str, &str, &str); 2] = [
    (
        "next",
        "200 ",
        "production sends a trace and, since July 2026, the delivery's nonce",
    ),
    (
        "POST @/register",
        "functionName",
        "its function has another name and no handler",
    ),
];

/// Plays a conversation; returns the reply to each call, and last the response that the caller gets.
fn play(folder: &Folder, front: SocketAddr, api: SocketAddr, script: &[&str]) -> Vec<String> {
    let call = "POST /2015-03-31/functions/function/invocations";
    let mut caller = Client::connect(front);
    caller.send(
        format!("{call} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}").as_bytes(),
    );
    // AWS's emulator closes other connections until it has started its process.
    let started = folder.0.join("started");
    let limit = Instant::now() + Duration::from_secs(10);
    while !started.exists() && Instant::now() < limit {
        thread::yield_now();
    }
    let mut client = Client::connect(api);
    let mut id = String::new();
    let mut replies = Vec::new();
    for step in script {
        let (head, body) = step.split_once('|').unwrap_or((step, ""));
        let mut words = head.split(" & ");
        let line = match words.next().unwrap() {
            // The last `next` waits without a limit, and ends the invocation.
            "next?" => {
                let next = format!("GET {BASE}/invocation/next HTTP/1.1\r\nHost: h\r\n\r\n");
                client.send(next.as_bytes());
                break;
            }
            "next" => format!("GET {BASE}/invocation/next"),
            line => line
                .replace('$', &format!("{BASE}/invocation/{id}"))
                .replace('#', BASE)
                .replace('@', EXTENSION),
        };
        let fields: String = words.flat_map(|field| [field, "\r\n"]).collect();
        let body = body.replace("TOO LONG", &"x".repeat(6 * 1024 * 1024 + 101));
        let reply = client.request(&line, &fields, body.as_bytes());
        if let Some(new) = reply.field("Lambda-Runtime-Aws-Request-Id") {
            new.clone_into(&mut id);
        }
        let kind = reply.field("Content-Type").unwrap_or_default();
        let mut names: Vec<&str> = reply.fields.iter().map(|(name, _)| name.as_str()).collect();
        // The server may choose how it frames a body.
        names.retain(|name| !["Date", "Content-Length", "Transfer-Encoding"].contains(name));
        names.sort_unstable();
        replies.push(format!(
            "{} {kind} {names:?} {}",
            reply.status,
            reply.text(),
        ));
    }
    if script.contains(&"next?") {
        let reply = caller.reply(false);
        replies.push(format!("caller {} {}", reply.status, reply.text()));
    }
    replies
}

/// Sends the raw requests to the Runtime API of AWS's emulator, and compares the replies with ours.
fn compare_raw(api: SocketAddr, surprises: &mut Vec<String>) {
    for (request, ours, reason) in raw_requests::CHECKS {
        let theirs = raw_requests::exchange(api, request);
        match reason {
            None if theirs == ours => println!("same: {request:?}: {ours:?}"),
            Some(reason) if theirs != ours => {
                println!("{reason}: {request:?}: {ours:?}, not {theirs:?}");
            }
            _ => surprises.push(format!("{request:?}\n  ours:   {ours}\n  theirs: {theirs}")),
        }
    }
}

fn free_addr() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
}

#[test]
#[ignore = "needs AWS's emulator, whose path AWS_LAMBDA_RIE holds"]
fn side_by_side() {
    let rie = std::env::var("AWS_LAMBDA_RIE").expect("AWS_LAMBDA_RIE");
    let folder = Folder::new("side by side");
    let bootstrap = folder.script("echo $$ >new; mv new started; exec sleep 1000");
    let mut surprises = Vec::new();
    let mut is_raw_done = false;
    for script in CONVERSATIONS {
        let (front, api) = (free_addr(), free_addr());
        let mut theirs = Command::new(&rie)
            .args(["--runtime-interface-emulator-address", &front.to_string()])
            .args(["--runtime-api-address", &api.to_string()])
            .arg(&bootstrap)
            .current_dir(&folder.0)
            .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "4")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let limit = Instant::now() + Duration::from_secs(10);
        for addr in [front, api] {
            while TcpStream::connect(addr).is_err() && Instant::now() < limit {
                thread::yield_now();
            }
        }
        if !std::mem::replace(&mut is_raw_done, true) {
            compare_raw(api, &mut surprises);
        }
        let their_replies = play(&folder, front, api, script);
        // AWS's emulator does not end its function.
        let started = folder.0.join("started");
        let function = fs::read_to_string(&started).unwrap();
        for id in [&format!("-{}", theirs.id()), function.trim()] {
            let kill = Command::new("kill").args(["-KILL", "--", id]).status();
            assert!(kill.unwrap().success(), "kill {id}");
        }
        theirs.wait().unwrap();
        fs::remove_file(&started).unwrap();

        let mut settings = Settings::default();
        settings.bootstrap = Some(bootstrap.clone());
        settings.timeout = Duration::from_secs(4);
        let mut emulator = Emulator::start_with(settings).unwrap();
        let front = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
        let our_replies = play(&folder, front, emulator.addr(), script);
        fs::remove_file(&started).unwrap();

        for (step, (ours, theirs)) in script
            .iter()
            .chain(&["caller"])
            .zip(our_replies.iter().zip(&their_replies))
        {
            let step = if *step == "next?" { "caller" } else { step };
            let reason = DIFFERENCES
                .iter()
                .find(|(call, part, _)| step.starts_with(call) && ours.contains(part));
            match reason {
                _ if ours == theirs => println!("same: {step}: {ours}"),
                Some((_, _, reason)) => println!("{reason}: {step}: {ours}, not {theirs}"),
                None => surprises.push(format!("{step}\n  ours:   {ours}\n  theirs: {theirs}")),
            }
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}
