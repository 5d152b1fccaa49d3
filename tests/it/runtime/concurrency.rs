//! Several invocations at once in one process, as on Lambda Managed Instances (12.1: 8 and 44).

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Barrier;
use std::thread;

use tiny_lambda::json::Value;
use tiny_lambda::{Context, Error, Handler, Runtime, handler};

use crate::support::runtime_api::{
    ACCEPTED, GET_NEXT, Request, accept, listen, next, read_request, refusal,
};

const N: usize = 4;

/// The server's end of the connection of one worker.
struct Peer(BufReader<TcpStream>);

impl Peer {
    /// Accepts the connection of the next worker, which calls `next`.
    fn accept(listener: &TcpListener) -> Peer {
        let mut peer = Peer(accept(listener));
        assert_eq!(peer.read().line, GET_NEXT);
        peer
    }

    fn read(&mut self) -> Request {
        read_request(&mut self.0)
    }

    fn write(&mut self, reply: &str) {
        self.0.get_mut().write_all(reply.as_bytes()).unwrap();
    }

    /// Sends an event with a request id and a tenant id.
    fn invoke(&mut self, id: &str, event: &str) {
        let named = format!("{id}\r\nLambda-Runtime-Aws-Tenant-Id: tenant-{id}");
        self.write(&next(event).replace("8476a536", &named));
    }

    /// Reads and accepts the response or error of an event. The worker then calls `next`.
    fn complete(&mut self, id: &str, call: &str) -> Request {
        let request = self.read();
        let line = format!("POST /2018-06-01/runtime/invocation/{id}/{call} HTTP/1.1");
        assert_eq!(request.line, line);
        self.write(ACCEPTED);
        assert_eq!(self.read().line, GET_NEXT);
        request
    }
}

/// Runs a runtime with `N` workers against `api`; returns the error that ended it.
fn converse(handler: &dyn Handler, api: impl FnOnce(&TcpListener)) -> Error {
    let listener = listen();
    let addr = listener.local_addr().unwrap().to_string();
    thread::scope(|scope| {
        let runtime = Runtime::at(&addr).concurrency(N);
        let runtime = scope.spawn(move || runtime.serve(handler));
        api(&listener);
        drop(listener);
        runtime.join().unwrap().unwrap_err()
    })
}

#[test]
fn concurrent_invocations_get_their_own_event_and_context() {
    // No handler returns before all have begun.
    let all = Barrier::new(N);
    let who = handler::bytes(|event, cx: &Context| {
        all.wait();
        Ok([
            event,
            format!(" {} {:?}", cx.request_id, cx.tenant_id).as_bytes(),
        ]
        .concat())
    });
    let end = converse(&who, |listener| {
        // All workers wait before the first event.
        let mut peers: Vec<Peer> = (0..N).map(|_| Peer::accept(listener)).collect();
        for round in 0..3 {
            for (i, peer) in peers.iter_mut().enumerate() {
                peer.invoke(&format!("{round}-{i}"), &format!("event {i}"));
            }
            for (i, peer) in peers.iter_mut().enumerate() {
                let id = format!("{round}-{i}");
                let response = peer.complete(&id, "response");
                let want = format!("event {i} {id} Some(\"tenant-{id}\")");
                assert_eq!(response.text(), want);
            }
        }
    });
    assert_eq!(end.error_message(), "no worker is left");
}

#[test]
fn the_failure_of_one_worker_does_not_affect_the_others() {
    let fail = handler::json(|what: String, _| match what.as_str() {
        "panic" => panic!("of one worker"),
        "error" => Err(Error::new("NoStock", "sold out")),
        _ => Ok(what),
    });
    converse(&fail, |listener| {
        let mut peers: Vec<Peer> = (0..N).map(|_| Peer::accept(listener)).collect();
        let mut last = peers.pop().unwrap();
        // One ends because of status 500, one panics, one fails, one loses its connection and reconnects.
        peers[0].write(&refusal(500));
        peers[1].invoke("a", "\"panic\"");
        let error = peers[1].complete("a", "error");
        assert!(error.text().contains(": of one worker"), "{}", error.text());
        peers[2].invoke("b", "\"error\"");
        peers[2].complete("b", "error");
        drop(last);
        last = Peer::accept(listener);
        for (i, peer) in peers.iter_mut().skip(1).chain([&mut last]).enumerate() {
            let id = format!("c-{i}");
            peer.invoke(&id, "\"fine\"");
            assert_eq!(peer.complete(&id, "response").text(), "\"fine\"");
        }
    });
}

/// Reading and writing JSON of the greatest depth is what needs the most stack.
#[test]
fn the_deepest_allowed_event_fits_on_the_stack_of_every_worker() {
    let echo = handler::json(|value: Value, _| Ok(value));
    converse(&echo, |listener| {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        let mut peers: Vec<Peer> = (0..N).map(|_| Peer::accept(listener)).collect();
        for peer in &mut peers {
            peer.invoke("a", &deep(128));
            assert_eq!(peer.complete("a", "response").text(), deep(128));
            peer.invoke("b", &deep(100_000));
            let error = peer.complete("b", "error");
            assert!(error.text().contains("more than 128 arrays"));
        }
    });
}

#[cfg(unix)]
mod process {
    use super::*;
    use crate::support::function::{command, example};
    use crate::support::processes::wait_for_end;
    use tiny_lambda::json;

    /// Starts the function with this `AWS_LAMBDA_MAX_CONCURRENCY`; returns its log.
    fn log(n: &str, api: impl FnOnce(&TcpListener)) -> String {
        let listener = listen();
        let vars = [
            ("AWS_LAMBDA_MAX_CONCURRENCY", n),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ];
        let addr = listener.local_addr().unwrap();
        let child = command(&example("function"), addr, &vars).spawn();
        thread::scope(|scope| {
            let child = scope.spawn(|| wait_for_end(child.unwrap()));
            api(&listener);
            drop(listener);
            String::from_utf8(child.join().unwrap().stderr).unwrap()
        })
    }

    #[test]
    fn concurrent_log_lines_of_any_length_are_whole_and_name_their_invocation() {
        let log = log("4", |listener| {
            let mut peers: Vec<Peer> = (0..N).map(|_| Peer::accept(listener)).collect();
            for (i, peer) in peers.iter_mut().enumerate() {
                peer.invoke(&format!("id-{i}"), "\"log much\"");
            }
            for (i, peer) in peers.iter_mut().enumerate() {
                peer.complete(&format!("id-{i}"), "response");
            }
        });
        let mut ids = Vec::new();
        for line in log.lines() {
            let line: Value = json::parse(line.as_bytes()).expect("a whole line");
            let text = |name| line.get(name).and_then(Value::as_str).map(str::to_owned);
            if let Some(id) = text("requestId") {
                assert_eq!(text("tenantId"), Some(format!("tenant-{id}")));
                assert_eq!(text("message").unwrap().len(), 1 << 20);
                ids.push(id);
            }
        }
        ids.sort();
        assert_eq!(ids, ["id-0", "id-1", "id-2", "id-3"]);
    }

    /// 12.1: 19.
    #[test]
    fn the_trace_id_is_in_the_environment_only_if_there_is_one_worker() {
        #[track_caller]
        fn check(n: &str, n_workers: usize, want: &str) {
            log(n, |listener| {
                let mut peers: Vec<Peer> = (0..n_workers).map(|_| Peer::accept(listener)).collect();
                let peer = &mut peers[0];
                let traced = "a\r\nLambda-Runtime-Trace-Id: Root=1";
                peer.write(&next("\"trace\"").replace("8476a536", traced));
                assert_eq!(peer.complete("a", "response").text(), want, "{n}");
                // There are no other workers.
                listener.set_nonblocking(true).unwrap();
                assert!(listener.accept().is_err(), "{n}");
            });
        }
        check("2", 2, "null");
        for n in ["1", "0", "", "-2", "many", "2 "] {
            check(n, 1, "\"Root=1\"");
        }
    }

    /// std's threads have 2 MB too, so a handler that works alone works with others. Only the used part
    /// takes memory.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_stack_of_a_worker_has_2_mb() {
        const N: usize = 16;
        let listener = listen();
        let vars = [("AWS_LAMBDA_MAX_CONCURRENCY", "16")];
        let addr = listener.local_addr().unwrap();
        let child = command(&example("function"), addr, &vars).spawn();
        let child = child.unwrap();
        let mut peers: Vec<Peer> = (0..N).map(|_| Peer::accept(&listener)).collect();
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", child.id())).unwrap();
        // Finds the stacks: each is a writable mapping without a file.
        let lens = maps.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            let (from, to) = words.next()?.split_once('-')?;
            let is_stack = words.next() == Some("rw-p") && words.nth(2) == Some("0");
            let at = |text| usize::from_str_radix(text, 16).ok();
            is_stack.then_some(at(to)? - at(from)?)
        });
        let n_stacks = lens.filter(|len| (2 << 20..(2 << 20) + (100 << 10)).contains(len));
        assert_eq!(n_stacks.count(), N - 1, "{maps}");
        for peer in &mut peers {
            peer.invoke("a", "\"deep\"");
            peer.complete("a", "response");
        }
        drop((peers, listener));
        assert_eq!(wait_for_end(child).status.code(), Some(1));
    }
}
