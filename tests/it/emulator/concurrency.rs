//! The local Lambda with several invocations at once: several environments, and one that takes many.

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
    Emulator::with(settings).unwrap()
}

/// A worker of a runtime, on a connection of its own.
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
fn a_managed_instance_takes_as_many_events_as_workers_wait() {
    let emulator = concurrent(3, Duration::from_secs(60));
    let addr = emulator.addr();
    let all = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut worker = Worker::connect(addr);
                let event = worker.next();
                // Nobody answers before everybody has an event.
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
fn a_managed_instance_outlives_a_timeout_and_refuses_the_late_answer() {
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
fn a_managed_instance_reports_a_bad_answer_and_goes_on() {
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
fn a_managed_instance_without_a_free_worker_rejects() {
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

/// The command, with so few file descriptors that a hundred connections are too many.
struct Poor {
    child: Child,
    addr: SocketAddr,
    log: thread::JoinHandle<()>,
}

impl Poor {
    fn start(folder: &Folder) -> Poor {
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
        Poor {
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
fn connections_that_say_nothing_or_little_keep_nobody_out() {
    let folder = Folder::new("descriptors");
    let mut poor = Poor::start(&folder);
    let pid = poor.invoke(r#"{"do":"pid"}"#);
    let vars: Value = json::parse(poor.invoke(r#"{"do":"env"}"#).as_bytes()).unwrap();
    let api = vars.get("AWS_LAMBDA_RUNTIME_API").and_then(Value::as_str);
    let api: SocketAddr = api.unwrap().parse().unwrap();
    let call = "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: h\r\n";
    let body = format!("{call}Content-Length: 1000\r\n\r\n{{");
    let idle = "GET /2018-06-01/ping HTTP/1.1\r\nHost: h\r\n\r\n";
    let mut all = Vec::new();
    for start in ["", "GET / HTTP/1.1\r\nHost:", body.as_str(), idle] {
        for addr in [poor.addr, api] {
            if addr == poor.addr && start == idle {
                // There it would be an event.
                continue;
            }
            all.push(flood(addr, 200, start));
            assert_eq!(poor.invoke(r#"{"do":"pid"}"#), pid, "{start:?} at {addr}");
        }
    }
    // Nobody is at work now.
    let before = poor.cpu_time();
    thread::sleep(Duration::from_secs(1));
    let used = poor.cpu_time() - before;
    assert!(used < 50, "{used} hundredths of a second");
    // A new process needs descriptors too.
    let ended = poor.invoke(r#"{"do":"exit","code":1}"#);
    assert!(ended.contains("Runtime.ExitError"), "{ended}");
    assert_ne!(poor.invoke(r#"{"do":"pid"}"#), pid);
    drop(all);
    poor.invoke("{}");
    signal("TERM", poor.child.id());
    assert_eq!(poor.child.wait().unwrap().code(), Some(143));
    poor.log.join().unwrap();
}

#[test]
fn callers_that_wait_are_never_closed_to_make_room() {
    let folder = Folder::new("descriptors busy");
    let mut poor = Poor::start(&folder);
    let meeting = Folder::inside(&folder, "meeting");
    let at = path(&meeting.0);
    // Comes back when a second file is there.
    let meet = format!(r#"{{"do":"meet","at":"{at}","n":2}}"#);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| poor.invoke(&meet));
        let limit = Instant::now() + HANG_TIMEOUT;
        while fs::read_dir(&meeting.0).unwrap().count() < 1 {
            assert!(Instant::now() < limit, "the function was not invoked");
            thread::sleep(Duration::from_millis(5));
        }
        // More than there is room for wait for their turn as well.
        let queued: Vec<_> = (0..60).map(|_| scope.spawn(|| poor.invoke("7"))).collect();
        let all = flood(poor.addr, 60, "");
        thread::sleep(Duration::from_millis(300));
        fs::write(meeting.0.join("second"), "").unwrap();
        assert!(waiting.join().unwrap().parse::<u32>().is_ok());
        for caller in queued {
            assert_eq!(caller.join().unwrap(), "7");
        }
        drop(all);
    });
    signal("TERM", poor.child.id());
    poor.child.wait().unwrap();
    poor.log.join().unwrap();
}

/// Ten seconds for a head and twenty for a body that hardly comes; a function may take its time.
#[test]
fn a_caller_that_is_too_slow_gets_408() {
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
        // An idle connection stays, too.
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
