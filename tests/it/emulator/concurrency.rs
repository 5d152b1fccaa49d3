//! Several invocations at once: managed instances, many connections, slow clients.

use std::fs;
use std::io::{BufRead, BufReader, Write, copy, sink};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use tiny_lambda::emulator::{Emulator, Settings};
use tiny_lambda::json::{self, Value};

use crate::support::client::{Client, Reply};
use crate::support::folder::{Folder, path};
use crate::support::processes::signal;
use crate::support::runtime_api::HANG_TIMEOUT;

const NEXT: &str = "GET /2018-06-01/runtime/invocation/next";

fn concurrent(n: u32, timeout: Duration) -> Emulator {
    let mut settings = Settings::default();
    settings.concurrency = Some(n);
    settings.timeout = timeout;
    Emulator::start_with(settings).unwrap()
}

/// A worker of a runtime, with its connection.
struct Worker {
    client: Client,
    id: String,
}

impl Worker {
    fn connect(addr: SocketAddr) -> Worker {
        Worker {
            client: Client::connect(addr),
            id: String::new(),
        }
    }

    /// Waits for an event.
    fn next(&mut self) -> String {
        let reply = self.client.request(NEXT, "", b"");
        let id = reply.field("Lambda-Runtime-Aws-Request-Id").unwrap();
        id.clone_into(&mut self.id);
        reply.text()
    }

    fn post(&mut self, call: &str, body: &str) -> Reply {
        let line = format!("POST /2018-06-01/runtime/invocation/{}/{call}", self.id);
        self.client.request(&line, "", body.as_bytes())
    }
}

/// 12.2: 2.
#[test]
fn a_managed_instance_gets_one_event_per_waiting_worker() {
    let emulator = concurrent(3, Duration::from_secs(60));
    let addr = emulator.addr();
    let all = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut worker = Worker::connect(addr);
                let event = worker.next();
                // No worker responds before all have an event.
                all.wait();
                assert_eq!(worker.post("response", &format!("{event}!")).status, 202);
                assert_eq!(worker.post("response", "again").status, 400);
                assert_eq!(worker.post("error", "again").status, 400);
            });
        }
        for event in ["1", "2", "3"] {
            let emulator = &emulator;
            scope.spawn(move || {
                let reply = emulator.invoke(event.as_bytes()).unwrap();
                assert_eq!(String::from_utf8(reply.body).unwrap(), format!("{event}!"));
            });
        }
    });
}

/// 12.2: 25.
#[test]
fn a_managed_instance_goes_on_after_a_timeout_and_refuses_the_late_response() {
    let emulator = concurrent(2, Duration::from_millis(1500));
    let (mut slow, mut quick) = (
        Worker::connect(emulator.addr()),
        Worker::connect(emulator.addr()),
    );
    thread::scope(|scope| {
        let first = scope.spawn(|| emulator.invoke(b"1"));
        assert_eq!(slow.next(), "1");
        let second = scope.spawn(|| emulator.invoke(b"2"));
        assert_eq!(quick.next(), "2");
        assert_eq!(quick.post("response", "two").status, 202);
        assert_eq!(second.join().unwrap().unwrap().body, b"two");
        let timed_out = first.join().unwrap().unwrap();
        assert_eq!(timed_out.error_type.as_deref(), Some("Sandbox.Timedout"));
        let late = slow.post("response", "one");
        assert_eq!(late.status, 410);
        assert!(late.text().contains("InvokeTimeout"));
        let third = scope.spawn(|| emulator.invoke(b"3"));
        assert_eq!(slow.next(), "3");
        assert_eq!(slow.post("error", "{}").status, 202);
        assert!(third.join().unwrap().unwrap().is_error());
    });
}

#[test]
fn a_managed_instance_goes_on_after_a_malformed_response() {
    let emulator = concurrent(1, Duration::from_secs(60));
    let check = |request: &str, status: u16, error_type: &str| {
        let mut worker = Worker::connect(emulator.addr());
        thread::scope(|scope| {
            let invocation = scope.spawn(|| emulator.invoke(b"1"));
            worker.next();
            let request = request.replace('$', &worker.id);
            worker.client.send(request.as_bytes());
            worker.client.shut_write();
            assert_eq!(worker.client.reply(false).status, status);
            let reply = invocation.join().unwrap().unwrap();
            assert_eq!(reply.error_type.as_deref(), Some(error_type));
        });
    };
    let head = "POST /2018-06-01/runtime/invocation/$/response HTTP/1.1\r\nHost: h\r\n";
    let cut = format!("{head}Content-Length: 5\r\n\r\nabc");
    check(&cut, 400, "Runtime.TruncatedResponse");
    let mode = format!("{head}Lambda-Runtime-Function-Response-Mode: x\r\n\r\n");
    check(&mode, 400, "Runtime.InvalidResponseModeHeader");
    let long = "x".repeat(1024 * 1024 + 1);
    let error = head.replace("response", "error");
    let long = format!("{error}Content-Length: {}\r\n\r\n{long}", long.len());
    check(&long, 413, "Function.ResponseSizeTooLarge");
}

/// 12.2: 25.
#[test]
fn a_managed_instance_without_a_free_worker_rejects_invocations() {
    let mut emulator = concurrent(2, Duration::from_secs(60));
    let addr = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
    let mut only = Worker::connect(emulator.addr());
    thread::scope(|scope| {
        let taken = scope.spawn(|| emulator.invoke(b"1"));
        only.next();
        let line = "POST /2015-03-31/functions/function/invocations";
        let reply = Client::connect(addr).request(line, "", b"2");
        assert_eq!(reply.status, 400);
        assert!(reply.text().contains("Runtime.Unavailable"), "{reply:?}");
        only.post("response", "one");
        assert_eq!(taken.join().unwrap().unwrap().body, b"one");
    });
}

/// The command, with a limit of 128 file descriptors.
struct Limited {
    child: Child,
    addr: SocketAddr,
    log: thread::JoinHandle<()>,
}

impl Limited {
    fn start(folder: &Folder) -> Limited {
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -n 128; exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_emulator"))
            .args(["--timeout", "60", "--port", "0"])
            .arg(folder.function())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let addr = loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).unwrap(), 0);
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split('/').next().unwrap().parse().unwrap();
            }
        };
        Limited {
            child,
            addr,
            log: thread::spawn(move || drop(copy(&mut log, &mut sink()))),
        }
    }

    fn invoke(&self, event: &str) -> String {
        let line = "POST /2015-03-31/functions/function/invocations";
        let reply = Client::connect(self.addr).request(line, "", event.as_bytes());
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.text()
    }

    /// The processor time that it has used so far, in hundredths of a second.
    fn cpu_time(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let fields: Vec<&str> = fields.split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

/// Opens connections, and sends `start` on each.
fn flood(addr: SocketAddr, n: usize, start: &str) -> Vec<TcpStream> {
    let open = |_| {
        let mut stream = TcpStream::connect(addr).unwrap();
        let _ = stream.write_all(start.as_bytes());
        stream
    };
    (0..n).map(open).collect()
}

#[test]
fn idle_connections_do_not_keep_callers_out() {
    let folder = Folder::new("descriptors");
    let mut limited = Limited::start(&folder);
    let pid = limited.invoke(r#"{"do":"pid"}"#);
    let vars: Value = json::parse(limited.invoke(r#"{"do":"env"}"#).as_bytes()).unwrap();
    let api = vars.get("AWS_LAMBDA_RUNTIME_API").and_then(Value::as_str);
    let api: SocketAddr = api.unwrap().parse().unwrap();
    let call = "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: h\r\n";
    let body = format!("{call}Content-Length: 1000\r\n\r\n{{");
    let idle = "GET /2018-06-01/ping HTTP/1.1\r\nHost: h\r\n\r\n";
    let mut all = Vec::new();
    for start in ["", "GET / HTTP/1.1\r\nHost:", body.as_str(), idle] {
        for addr in [limited.addr, api] {
            if addr == limited.addr && start == idle {
                // The Invoke API would treat it as an event.
                continue;
            }
            all.push(flood(addr, 200, start));
            assert_eq!(
                limited.invoke(r#"{"do":"pid"}"#),
                pid,
                "{start:?} at {addr}"
            );
        }
    }
    // No request is served now.
    let before = limited.cpu_time();
    thread::sleep(Duration::from_secs(1));
    let used = limited.cpu_time() - before;
    assert!(used < 50, "{used} hundredths of a second");
    // A new process needs descriptors too.
    let ended = limited.invoke(r#"{"do":"exit","code":1}"#);
    assert!(ended.contains("Runtime.ExitError"), "{ended}");
    assert_ne!(limited.invoke(r#"{"do":"pid"}"#), pid);
    drop(all);
    limited.invoke("{}");
    signal("TERM", limited.child.id());
    assert_eq!(limited.child.wait().unwrap().code(), Some(143));
    limited.log.join().unwrap();
}

#[test]
fn connections_of_waiting_callers_are_not_closed_to_make_room() {
    let folder = Folder::new("descriptors busy");
    let mut limited = Limited::start(&folder);
    let meeting = Folder::inside(&folder, "meeting");
    let at = path(&meeting.0);
    // Returns when there is a second file.
    let meet = format!(r#"{{"do":"meet","at":"{at}","n":2}}"#);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| limited.invoke(&meet));
        let limit = Instant::now() + HANG_TIMEOUT;
        while fs::read_dir(&meeting.0).unwrap().count() < 1 {
            assert!(Instant::now() < limit, "the function was not invoked");
            thread::sleep(Duration::from_millis(5));
        }
        // More callers than there are descriptors for wait for their turn.
        let queued: Vec<_> = (0..60)
            .map(|_| scope.spawn(|| limited.invoke("7")))
            .collect();
        let all = flood(limited.addr, 60, "");
        thread::sleep(Duration::from_millis(300));
        fs::write(meeting.0.join("second"), "").unwrap();
        assert!(waiting.join().unwrap().parse::<u32>().is_ok());
        for caller in queued {
            assert_eq!(caller.join().unwrap(), "7");
        }
        drop(all);
    });
    signal("TERM", limited.child.id());
    limited.child.wait().unwrap();
    limited.log.join().unwrap();
}

/// The limits are ten seconds for a head and twenty for a body. A function has no such limit.
#[test]
fn a_client_that_sends_its_request_too_slowly_gets_408() {
    let mut emulator = concurrent(1, Duration::from_secs(60));
    let addr = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
    let mut worker = Worker::connect(emulator.addr());
    let call = "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: h\r\n";
    let body = format!("{call}Content-Length: 1000\r\n\r\n");
    let drips = |addr, start: &str, seconds: std::ops::Range<u64>| {
        let began = Instant::now();
        let mut client = Client::connect(addr);
        client.send(start.as_bytes());
        while !client.has_come(Duration::from_millis(500)) {
            client.send(b"x");
        }
        assert_eq!(client.reply(false).status, 408);
        let took = began.elapsed().as_secs();
        assert!(seconds.contains(&took), "{took} seconds for {start:?}");
    };
    thread::scope(|scope| {
        let invocation = scope.spawn(|| emulator.invoke(b"1"));
        worker.next();
        let line = format!(
            "POST /2018-06-01/runtime/invocation/{}/response HTTP/1.1\r\nHost: h\r\n\
             Content-Length: 2\r\n\r\n1",
            worker.id
        );
        worker.client.send(line.as_bytes());
        // An idle connection stays open.
        let mut idle = Client::connect(addr);
        let threads = [
            scope.spawn(|| drips(addr, "GET / HTTP/1.1\r\nHost: ", 10..19)),
            scope.spawn(|| drips(emulator.addr(), "GET /2018", 10..19)),
            scope.spawn(|| drips(addr, &body, 20..39)),
        ];
        for thread in threads {
            thread.join().unwrap();
        }
        worker.client.send(b"2");
        assert_eq!(worker.client.reply(false).status, 202);
        assert_eq!(invocation.join().unwrap().unwrap().body, b"12");
        let line = "POST /2015-03-31/functions/function/invocations";
        let dry = "X-Amz-Invocation-Type: DryRun\r\n";
        assert_eq!(idle.request(line, dry, b"{}").status, 204);
    });
}
