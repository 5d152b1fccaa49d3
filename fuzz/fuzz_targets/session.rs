//! The whole loop against a Runtime API that says anything: no panic, and no second answer to an event.
//!
//! An input is a way to handle events and, each behind a byte 0xFE, what the API does with a request:
//! a byte of how, and the bytes that it answers. When there are no more, it answers 500, which ends
//! the loop.
#![no_main]

use std::ffi::{c_int, c_long, c_void};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tiny_lambda::{Context, Error, Responder, Result, Runtime, handler};

/// Behind what is announced and does not come: the connection is closed then.
const PATIENCE: Duration = Duration::from_millis(5);

const END: &[u8] = b"HTTP/1.1 500 End\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

const CUTS: u8 = 1; // closes within the request
const HANGS_UP: u8 = 2; // closes behind the answer
const HALF: u8 = 4; // ends its half of the connection behind the answer
const CRUMBS: u8 = 8; // sends byte by byte

// The runtime pauses between attempts by `poll` without descriptors; nobody has time for that here.
unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
}
#[unsafe(no_mangle)]
extern "C" fn poll(fds: *mut c_void, n: usize, timeout_ms: c_int) -> c_int {
    const SYS_POLL: c_long = 7;
    if n == 0 {
        return 0;
    }
    (unsafe { syscall(SYS_POLL, fds, n, timeout_ms) }) as c_int
}

struct Api {
    listener: TcpListener,
    /// Has the runtime serve once more, in one of several ways.
    start: Sender<u8>,
}

fn api() -> &'static Api {
    static API: OnceLock<Api> = OnceLock::new();
    API.get_or_init(|| {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        let (start, ways): (_, Receiver<u8>) = channel();
        thread::spawn(move || {
            let runtime = Runtime::at(&addr.to_string());
            for way in ways {
                let end = serve(&runtime, way);
                assert!(end.is_err());
                let mut stream = TcpStream::connect(addr).unwrap();
                stream.write_all(b"EXIT / HTTP/1.1\r\n\r\n").unwrap();
            }
        });
        Api { listener, start }
    })
}

fn serve(runtime: &Runtime, way: u8) -> Result<()> {
    let seen = |cx: &Context| {
        assert!(!cx.request_id.is_empty());
        for text in [
            &cx.invoked_function_arn,
            &cx.client_context,
            &cx.identity,
            &cx.tenant_id,
        ] {
            assert!(
                text.as_ref()
                    .is_none_or(|t| !t.is_empty() && !t.contains(['\r', '\n', '\0']))
            );
        }
        let _ = cx.remaining();
    };
    match way % 4 {
        0 => runtime.serve(&handler::bytes(|event, cx| {
            seen(cx);
            Ok(event.to_vec())
        })),
        1 => runtime.serve(&handler::bytes(|event, cx| {
            seen(cx);
            Err(Error::new("Test", String::from_utf8_lossy(event)))
        })),
        2 => runtime.serve(&handler::json(|event: tiny_lambda::json::Value, cx| {
            seen(cx);
            Ok(event)
        })),
        _ => runtime.serve(&handler::streaming(
            |event: tiny_lambda::json::Value, cx, out: Responder<'_>| {
                seen(cx);
                let mut body = out.start("text/plain")?;
                body.write_all(event.to_string().as_bytes())?;
                body.flush()?;
                Ok(body.write_all(b"end")?)
            },
        )),
    }
}

/// The line of a request, and whether all of it came; `None`: the connection has ended, or nothing
/// came for a while.
fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, bool)> {
    let line_of = |stream: &mut BufReader<TcpStream>| {
        let mut line = String::new();
        let n = stream.read_line(&mut line).ok()?;
        (n > 0 && line.ends_with('\n')).then(|| line.trim_end().to_owned())
    };
    let (mut first, mut len, mut chunked) = (String::new(), 0_usize, false);
    loop {
        let line = line_of(stream)?;
        if line.is_empty() {
            break;
        }
        if first.is_empty() {
            first = line;
            continue;
        }
        let (name, value) = line.split_once(": ").expect("a field");
        match name {
            "Content-Length" => len = value.parse().expect("a length"),
            "Transfer-Encoding" => chunked = value == "chunked",
            "Lambda-Runtime-Function-Error-Type" => assert_ne!(value, "Runtime.Panic"),
            _ => {}
        }
    }
    let body = |stream: &mut BufReader<TcpStream>| -> Option<()> {
        if !chunked {
            return stream.read_exact(&mut vec![0; len]).ok();
        }
        while let n @ 1.. = usize::from_str_radix(&line_of(stream)?, 16).expect("a chunk size") {
            stream.read_exact(&mut vec![0; n + 2]).ok()?;
        }
        while !line_of(stream)?.is_empty() {}
        Some(())
    };
    let is_whole = body(stream).is_some();
    Some((first, is_whole))
}

fuzz_target!(|input: &[u8]| {
    let Some((way, script)) = input.split_first() else {
        return;
    };
    let mut steps = script.split(|&b| b == 0xfe).skip(1);
    let api = api();
    api.start.send(*way).unwrap();
    // How many events the API may have handed out, and how many whole answers it has got.
    let (mut n_events, mut n_answers) = (0, 0);
    loop {
        let (stream, _) = api.listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        let mut stream = BufReader::new(stream);
        // Whoever connects has something to say, be it that the runtime has ended.
        let _ = stream.fill_buf();
        stream.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        loop {
            let step = steps.next();
            let how = step
                .and_then(|step| step.first())
                .copied()
                .unwrap_or(HANGS_UP);
            let answer = step.and_then(|step| step.get(1..)).unwrap_or_default();
            if step.is_some() && how & CUTS != 0 {
                // It may be the word of the runtime's end, which must not be missed.
                let mut start = [0; 4];
                if stream.read_exact(&mut start).is_ok() && &start == b"EXIT" {
                    return;
                }
                break;
            }
            let Some((line, is_whole)) = read(&mut stream) else {
                break;
            };
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["EXIT", ..] => return,
                ["GET", "/2018-06-01/runtime/invocation/next", "HTTP/1.1"] => n_events += 1,
                ["POST", path, "HTTP/1.1"] => {
                    let id = path
                        .strip_prefix("/2018-06-01/runtime/invocation/")
                        .expect("a path");
                    assert!(id.ends_with("/response") || id.ends_with("/error"));
                    n_answers += usize::from(is_whole);
                    assert!(n_answers <= n_events, "a second answer");
                }
                _ => panic!("{line}"),
            }
            let answer = if step.is_some() { answer } else { END };
            let sent = if how & CRUMBS != 0 && answer.len() < 300 {
                answer
                    .iter()
                    .try_for_each(|&b| stream.get_mut().write_all(&[b]))
            } else {
                stream.get_mut().write_all(answer)
            };
            if sent.is_err() || how & HANGS_UP != 0 {
                break;
            }
            if how & HALF != 0 {
                let _ = stream.get_ref().shutdown(Shutdown::Write);
            }
        }
    }
});
