//! Fault injection: a Runtime API with random faults from a seed, slow callers, signals, closed standard
//! streams. Every event gets one response, or its loss is logged.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::support::function::{command, example};
use crate::support::processes::wait_for_end;
use crate::support::runtime_api::{listen, next, refusal};
use crate::support::sockets::{reset_on_close, set_receive_buffer};

/// A random number generator: Marsaglia's xorshift64*.
struct Rng(u64);

impl Rng {
    /// A number below `n`.
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % n
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// What has become of an event, as the server knows it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// One whole response or error was received and accepted.
    Answered,
    /// One whole response or error was received, but its reply was lost or a refusal: the function logs it.
    Doubted,
    /// One whole response or error was received, and the reply was a status from 500: the function ends.
    Ended,
    /// No whole response or error was received because of a fault: the function logs it.
    Lost,
}

struct Server {
    rng: Rng,
    n_events: usize,
    /// The outcome of each event before the current one, by number.
    outcomes: BTreeMap<usize, Outcome>,
    /// The event that was sent, and whether the connection was closed after it.
    current: Option<(usize, bool)>,
    event: &'static str,
    /// Whether the connection ends with a reset.
    resets: bool,
}

/// How a connection ended.
#[derive(PartialEq, Eq)]
enum Conversation {
    /// The function will reconnect, or end.
    Over,
    /// The function has ended; `run` sends this.
    Exit,
}

/// Reads the head of a request: its first line, the length of its body unless it is chunked, and the error
/// type; `None` if it was cut.
fn read_head(stream: &mut BufReader<TcpStream>) -> Option<(String, Option<usize>, String)> {
    let (mut first, mut len, mut error_type) = (String::new(), None, String::new());
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => return Some((first, len, error_type)),
            line if first.is_empty() => first = line.to_owned(),
            line => {
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    len = Some(value.parse().unwrap());
                }
                if let Some(value) = line.strip_prefix("Lambda-Runtime-Function-Error-Type: ") {
                    value.clone_into(&mut error_type);
                }
            }
        }
        if first == "EXIT" {
            return Some((first, None, error_type));
        }
    }
}

/// Reads a body of `len` bytes, or a chunked body; returns false if it was cut.
fn read_body(stream: &mut BufReader<TcpStream>, len: Option<usize>) -> bool {
    let mut read = || -> std::io::Result<bool> {
        let Some(len) = len else {
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line)? == 0 {
                    return Ok(false);
                }
                let len = usize::from_str_radix(line.trim_end(), 16).unwrap();
                if len == 0 {
                    break;
                }
                stream.read_exact(&mut vec![0; len + 2])?;
            }
            // Trailers, and an empty line.
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                if stream.read_line(&mut line)? == 0 {
                    return Ok(false);
                }
            }
            return Ok(true);
        };
        stream.read_exact(&mut vec![0; len])?;
        Ok(true)
    };
    read().unwrap_or(false)
}

impl Server {
    /// Serves one connection until it ends.
    fn converse(&mut self, stream: TcpStream) -> Conversation {
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut stream = BufReader::new(stream);
        loop {
            let Some((line, len, error_type)) = read_head(&mut stream) else {
                return Conversation::Over;
            };
            let goes_on = match line.as_str() {
                "EXIT" => return Conversation::Exit,
                "GET /2018-06-01/runtime/invocation/next HTTP/1.1" => self.next(stream.get_mut()),
                _ => self.post(&line, len, &error_type, &mut stream),
            };
            if self.resets {
                self.resets = false;
                reset_on_close(stream.get_ref());
                return Conversation::Over;
            }
            if !goes_on {
                // The written bytes arrive, and unread bytes cause a reset.
                let _ = stream.get_ref().shutdown(Shutdown::Write);
                return Conversation::Over;
            }
        }
    }

    /// Replies to `next`, with or without a fault; returns false if the connection ends.
    fn next(&mut self, stream: &mut TcpStream) -> bool {
        let mut write = |bytes: &[u8]| stream.write_all(bytes).is_ok();
        if let Some((event, _)) = self.current.take() {
            // The event was lost, and is not sent again.
            self.outcomes.insert(event, Outcome::Lost);
        }
        let number = self.outcomes.len();
        if number == self.n_events {
            return write(refusal(500).as_bytes());
        }
        let events = ["echo", "echo", "error", "panic", "stream", "panic midway"];
        self.event = self.rng.pick(&events);
        let long = if self.rng.below(20) == 0 {
            "x".repeat(300_000)
        } else {
            String::new()
        };
        let is_echo = self.event == "echo";
        let event = format!("\"{}{}\"", self.event, if is_echo { &long } else { "" });
        let reply = next(&event).replace("8476a536", &format!("id-{number}-"));
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let mut sent = |closed| self.current = Some((number, closed));
        match self.rng.below(30) {
            0 => false,
            1 => {
                let cut = self.rng.below(reply.len().min(400));
                write(&reply.as_bytes()[..cut]);
                self.resets = self.rng.below(2) == 0;
                false
            }
            2 => {
                let garbage: Vec<u8> = (0..40)
                    .map(|_| self.rng.pick(b"HTP/1. 20\r\n:\0\xff"))
                    .collect();
                write(&garbage);
                false
            }
            3 => write(refusal(204).as_bytes()),
            4 => write(refusal(self.rng.pick(&[400, 404, 429, 502, 503])).as_bytes()),
            5 => {
                sent(false);
                let (head, _) = head.split_once("\r\nContent-Length").unwrap();
                let (a, b) = body.split_at(body.len() / 2);
                let chunks = [a, b].map(|part| format!("{:x};x=y\r\n{part}\r\n", part.len()));
                let chunks = chunks.concat();
                write(
                    format!(
                        "{head}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\nX: y\r\n\r\n"
                    )
                    .as_bytes(),
                )
            }
            6 => {
                sent(false);
                let (start, rest) = reply.as_bytes().split_at(reply.len().min(200));
                start.iter().all(|byte| write(&[*byte])) && write(rest)
            }
            7 => {
                sent(false);
                write(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n") && write(reply.as_bytes())
            }
            8 => {
                sent(false);
                write(
                    reply
                        .replace("OK\r\n", "OK\r\nconnection: close\r\n")
                        .as_bytes(),
                );
                false
            }
            9 => {
                sent(true);
                write(reply.as_bytes());
                false
            }
            _ => {
                sent(false);
                write(reply.as_bytes())
            }
        }
    }

    /// Reads a response or error and replies, with or without a fault; returns false if the connection ends.
    fn post(
        &mut self,
        line: &str,
        len: Option<usize>,
        error_type: &str,
        stream: &mut BufReader<TcpStream>,
    ) -> bool {
        let (number, _) = self.current.take().expect("one POST for an event");
        let path = format!("POST /2018-06-01/runtime/invocation/id-{number}-/");
        let call = line
            .strip_prefix(&path)
            .expect("a POST for the current event");
        let is_error = call.starts_with("error ");
        match self.event {
            "error" | "panic" => assert!(is_error, "{line} to {}", self.event),
            // A stream without a sent byte is a function error: the error of its first write, which the
            // handler returns. Its panic would come after that write.
            "stream" | "panic midway" if is_error => {
                assert_eq!(error_type, "Function.IoError", "{line} to {}", self.event);
            }
            _ => assert!(!is_error, "{line} to {}", self.event),
        }
        let fault = self.rng.below(20);
        if fault == 0 && len != Some(0) {
            self.outcomes.insert(number, Outcome::Lost);
            return false;
        }
        // A slow caller.
        if self.rng.below(10) == 0 {
            thread::sleep(Duration::from_millis(30));
        }
        if !read_body(stream, len) {
            self.outcomes.insert(number, Outcome::Lost);
            return false;
        }
        let accepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n";
        let refused = refusal(self.rng.pick(&[400, 403, 404, 410, 413, 429]));
        let (outcome, reply, goes_on) = match fault {
            1 => (Outcome::Doubted, String::new(), false),
            2 => {
                // Cut within the head: a reply that is cut in its body has a status.
                let cut = self.rng.below(accepted.find("\r\n\r\n").unwrap());
                (Outcome::Doubted, accepted[..cut].to_owned(), false)
            }
            11 => {
                self.resets = true;
                (Outcome::Doubted, String::new(), false)
            }
            3 => (Outcome::Doubted, "garbage\r\n\r\n".to_owned(), false),
            4 | 5 => (Outcome::Doubted, refused, true),
            6 => (Outcome::Ended, refusal(self.rng.pick(&[500, 503])), true),
            7 => (
                Outcome::Answered,
                format!("HTTP/1.1 100 Continue\r\n\r\n{accepted}"),
                true,
            ),
            8 => (
                Outcome::Answered,
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
                    .to_owned(),
                true,
            ),
            9 => (Outcome::Answered, refusal(204), true),
            10 => {
                let reply = "HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n{}";
                (Outcome::Answered, reply.to_owned(), false)
            }
            _ => (Outcome::Answered, accepted.to_owned(), true),
        };
        assert_eq!(self.outcomes.insert(number, outcome), None, "two responses");
        let _ = stream.get_mut().write_all(reply.as_bytes());
        goes_on
    }
}

/// Runs the function until its end, then sends `EXIT` to `addr`. `variant` chooses the program, whether a
/// signal interrupts it every millisecond, and which standard streams are closed.
fn run(addr: SocketAddr, variant: usize) -> (String, Option<i32>) {
    let close = ["", "<&-", ">&-", "<&- >&-"][variant % 4];
    let act = if variant % 8 < 4 { "timer" } else { "" };
    // `function_main` starts without std, which would open closed streams.
    let program = example(if variant % 3 == 0 {
        "function"
    } else {
        "function_main"
    });
    let mut command = command(Path::new("/bin/sh"), addr, &[("ACT", act)]);
    let run = format!("exec \"$0\" {close}");
    let child = command.args(["-c", &run]).arg(program).spawn().unwrap();
    let output = wait_for_end(child);
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(b"EXIT\r\n").unwrap();
    let said = String::from_utf8(output.stderr).expect("a log that is text");
    (said, output.status.code())
}

/// Serves `n_events` events, with a new process whenever one ends; returns the number of events per outcome.
fn serve(seed: u64, n_events: usize) -> [usize; 4] {
    let mut server = Server {
        rng: Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
        n_events,
        outcomes: BTreeMap::new(),
        current: None,
        event: "",
        resets: false,
    };
    let listener = listen();
    if seed % 2 == 0 {
        set_receive_buffer(&listener, 4096);
    }
    let addr = listener.local_addr().unwrap();
    let mut said = String::new();
    while server.outcomes.len() < n_events || server.current.is_some() {
        thread::scope(|scope| {
            let variant = server.rng.below(24);
            let function = scope.spawn(move || run(addr, variant));
            while server.converse(listener.accept().unwrap().0) != Conversation::Exit {}
            let (log, code) = function.join().unwrap();
            assert_eq!(code, Some(1), "seed {seed}: {log}");
            said += &log;
        });
        if let Some((event, _)) = server.current.take() {
            server.outcomes.insert(event, Outcome::Lost);
        }
    }
    // The events for which the function has logged an error.
    let complaint = "Runtime.LambdaRuntimeClientError: ";
    let logged: BTreeSet<usize> = said
        .lines()
        .filter(|line| line.contains(complaint))
        .filter_map(|line| {
            line.split("RequestId: id-")
                .nth(1)?
                .split('-')
                .next()?
                .parse()
                .ok()
        })
        .collect();
    let mut n_outcomes = [0; 4];
    for (event, outcome) in &server.outcomes {
        let is_log_expected = matches!(outcome, Outcome::Doubted | Outcome::Lost);
        assert!(
            *outcome == Outcome::Ended || logged.contains(event) == is_log_expected,
            "seed {seed}: event {event} is {outcome:?}, and the log says something else"
        );
        n_outcomes[match outcome {
            Outcome::Answered => 0,
            Outcome::Doubted => 1,
            Outcome::Ended => 2,
            Outcome::Lost => 3,
        }] += 1;
    }
    assert_eq!(server.outcomes.len(), n_events);
    n_outcomes
}

fn serve_all(n_seeds: u64, n_events: usize) {
    // SEED=… tries other seeds.
    let seed = std::env::var("SEED").map_or(1, |seed| seed.parse().expect("a number"));
    let seeds = seed..seed + n_seeds;
    let outcomes: Vec<[usize; 4]> = thread::scope(|scope| {
        let runs: Vec<_> = seeds
            .map(|seed| scope.spawn(move || serve(seed, n_events)))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let sums = [0, 1, 2, 3].map(|outcome| {
        outcomes
            .iter()
            .map(|outcomes| outcomes[outcome])
            .sum::<usize>()
    });
    println!("answered, doubted, ended, lost: {sums:?}");
    assert!(sums[0] > sums[1] && sums.iter().all(|&n| n > 0), "{sums:?}");
}

#[test]
fn every_event_gets_one_response_or_its_loss_is_logged() {
    serve_all(4, 150);
}

#[test]
#[ignore = "takes a minute"]
fn each_of_10_000_events_gets_one_response_or_its_loss_is_logged() {
    serve_all(8, 1250);
}
