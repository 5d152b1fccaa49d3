//! The local Lambda with several invocations at once: several environments, and one that takes many.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use tiny_lambda::emulator::{Emulator, Settings};

use crate::client::{Client, Reply};

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
