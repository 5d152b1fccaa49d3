//! The client and peers that misbehave: replies in pieces, stalls, floods, half-closed and reset connections.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::client::{OK, client, play, text};
use crate::support::runtime_api::{
    accept, check_elapsed, converse, listen, read_request, step, step_and_close,
};

/// A reply with everything that may be in one.
const WHOLE: &str = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\
    HTTP/1.1 200 OK\r\nX-A: b\r\n\tc\r\nTransfer-Encoding: chunked\r\n\r\n\
    1;x=\"y\"\r\nh\r\n01 \r\ni\r\n000\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n";

#[test]
fn a_reply_in_pieces_of_any_length_is_received() {
    for len in [1, 2, 3, 7, 50] {
        let listener = listen();
        let client = client(listener.local_addr().unwrap());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut stream = accept(&listener);
                stream.get_ref().set_nodelay(true).unwrap();
                for _ in 0..2 {
                    read_request(&mut stream);
                    for piece in WHOLE.as_bytes().chunks(len) {
                        stream.get_mut().write_all(piece).unwrap();
                        thread::sleep(Duration::from_millis(1));
                    }
                }
            });
            for _ in 0..2 {
                let reply = client.post("/").body("x").send().unwrap();
                assert_eq!((reply.status, reply.body.as_slice()), (200, &b"hi"[..]));
                let fields: Vec<_> = reply.headers.iter().collect();
                let want = [("X-A", "b  \tc"), ("Transfer-Encoding", "chunked")];
                assert_eq!(fields, want);
            }
        });
    }
}

#[test]
fn a_stall_after_any_byte_is_an_error_within_the_time_limit() {
    const LIMIT: Duration = Duration::from_millis(500);
    let lens: Vec<usize> = (0..WHOLE.len()).collect();
    // Fewer at once than the queue of a listener holds.
    for lens in lens.chunks(64) {
        let listener = listen();
        let addr = listener.local_addr().unwrap();
        let stall = move || {
            let begin = Instant::now();
            let error = client(addr).timeout(LIMIT).get("/").send().unwrap_err();
            assert_eq!(error.error_type(), "HttpClient.Timeout", "{error}");
            check_elapsed(begin, Duration::from_secs(10));
        };
        thread::scope(|scope| {
            let clients: Vec<_> = lens.iter().map(|_| scope.spawn(stall)).collect();
            let accept_one = |len: &usize| {
                let mut stream = accept(&listener);
                let part = &WHOLE.as_bytes()[..*len];
                stream.get_mut().write_all(part).unwrap();
                stream
            };
            let streams: Vec<_> = lens.iter().map(accept_one).collect();
            for client in clients {
                client.join().unwrap();
            }
            drop(streams);
        });
    }
}

#[test]
fn odd_replies_are_read_as_the_rfcs_say() {
    #[track_caller]
    fn check(reply: &str, want: &str) {
        // The next request shows that the client still works.
        let script = [
            step_and_close("GET / HTTP/1.1", reply),
            step("GET /next HTTP/1.1", OK),
        ];
        play(&script, |client| {
            let got = text(client.get("/").send());
            assert_eq!(got.as_deref(), Ok(want), "{:?}", reply.get(..200));
            assert_eq!(text(client.get("/next").send()).as_deref(), Ok("200 hi"));
        });
    }
    let with = |fields: &str, body: &str| format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{body}");
    // RFC 9110, section 8.6: equal lengths may be repeated.
    check(
        &with("Content-Length: 2\r\ncontent-length: 02", "hi"),
        "200 hi",
    );
    // RFC 9112, section 6.3: chunks override a length.
    let both = "Content-Length: 1\r\nTransfer-Encoding: chunked";
    check(&with(both, "2\r\nhi\r\n0\r\n\r\n"), "200 hi");
    check(&with("X:\r\n \r\n\t\r\nContent-Length: 2", "hi"), "200 hi");
    check(&with("X: \0\x01\r\nContent-Length:\t2 \t", "hi"), "200 hi");
    check("HTTP/1.1 200\nContent-Length: 2\n\nhi", "200 hi");
    check("HTTP/1.9 299 \r\nContent-Length: 2\r\n\r\nhi", "299 hi");
    check("HTTP/1.1 999 \0\r\nContent-Length: 2\r\n\r\nhi", "999 hi");
    let chunked = "Transfer-Encoding: Chunked";
    let size = "0".repeat(4000) + "2";
    check(
        &with(chunked, &format!("{size}\r\nhi\r\n0\r\n\r\n")),
        "200 hi",
    );
    // Floods that are just within the limits.
    let fields = "a:\r\n".repeat(200_000);
    check(&with(&format!("{fields}Content-Length: 2"), "hi"), "200 hi");
    check(
        &with(chunked, &format!("2\r\nhi\r\n0\r\n{fields}\r\n")),
        "200 hi",
    );
    let bytes = "1\r\nx\r\n".repeat(200_000);
    let want = "200 ".to_owned() + &"x".repeat(200_000);
    check(&with(chunked, &(bytes + "0\r\n\r\n")), &want);
}

#[test]
fn a_length_for_which_there_is_no_memory_is_an_error() {
    for (fields, want) in [
        ("Content-Length: 18446744073709551615\r\n\r\n", "no memory"),
        ("Content-Length: 9223372036854775807\r\n\r\n", "no memory"),
        (
            "Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n",
            "no memory",
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nfffffffffffffffe\r\n",
            "body too long",
        ),
    ] {
        let reply = format!("HTTP/1.1 200 OK\r\n{fields}");
        converse(&[step_and_close("GET / HTTP/1.1", reply)], |addr| {
            let client = client(addr).limit_body(usize::MAX);
            let error = client.get("/").send().unwrap_err();
            assert_eq!(error.error_type(), "HttpClient.InvalidReply", "{error}");
            assert!(error.error_message().contains(want), "{fields:?}: {error}");
        });
    }
}

#[test]
fn replies_that_nobody_has_requested_belong_to_no_request() {
    for pause in [None, Some(Duration::from_millis(50))] {
        let listener = listen();
        let client = client(listener.local_addr().unwrap());
        let stale = "HTTP/1.1 500 Stale\r\nContent-Length: 5\r\n\r\nstale".repeat(99);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut stream = accept(&listener);
                read_request(&mut stream);
                // In one segment, or after the client has put the connection aside.
                if let Some(pause) = pause {
                    stream.get_mut().write_all(OK.as_bytes()).unwrap();
                    thread::sleep(pause);
                    stream.get_mut().write_all(stale.as_bytes()).unwrap();
                } else {
                    let all = OK.to_owned() + &stale;
                    stream.get_mut().write_all(all.as_bytes()).unwrap();
                }
                let mut other = accept(&listener);
                assert_eq!(read_request(&mut other).line, "POST /2 HTTP/1.1");
                other.get_mut().write_all(OK.as_bytes()).unwrap();
                // A reset, because the client has not read all bytes, or an end.
                assert!(!matches!(stream.read(&mut [0]), Ok(1..)));
            });
            assert_eq!(text(client.get("/1").send()).as_deref(), Ok("200 hi"));
            thread::sleep(Duration::from_millis(200));
            assert_eq!(text(client.post("/2").send()).as_deref(), Ok("200 hi"));
        });
    }
}

#[test]
fn a_connection_that_is_half_closed_is_replaced() {
    let listener = listen();
    let client = client(listener.local_addr().unwrap());
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut stream = accept(&listener);
            read_request(&mut stream);
            stream.get_mut().write_all(OK.as_bytes()).unwrap();
            stream.get_ref().shutdown(Shutdown::Write).unwrap();
            let mut other = accept(&listener);
            read_request(&mut other);
            other.get_mut().write_all(OK.as_bytes()).unwrap();
            assert_eq!(stream.read(&mut [0]).unwrap(), 0, "nothing was sent");
            // Without a reply.
            read_request(&mut other);
            other.get_ref().shutdown(Shutdown::Write).unwrap();
            assert_eq!(other.read(&mut [0]).unwrap(), 0, "nothing was sent");
        });
        assert_eq!(text(client.get("/1").send()).as_deref(), Ok("200 hi"));
        thread::sleep(Duration::from_millis(50));
        assert_eq!(text(client.post("/2").send()).as_deref(), Ok("200 hi"));
        let begin = Instant::now();
        let error = client.post("/3").send().unwrap_err();
        assert!(
            error.error_message().ends_with("closed without a reply"),
            "{error}"
        );
        check_elapsed(begin, Duration::from_secs(5));
    });
}

/// The peer closes each connection after a reply that does not say so, at about the time of the next request.
#[test]
fn connections_that_are_closed_at_any_time_lose_no_get_and_repeat_no_post() {
    const N: usize = 300;
    let listener = listen();
    let client = client(listener.local_addr().unwrap());
    let received = Mutex::new(Vec::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            for i in 0.. {
                let mut stream = accept(&listener);
                let request = read_request(&mut stream);
                if request.line == "GET /end HTTP/1.1" {
                    stream.get_mut().write_all(OK.as_bytes()).unwrap();
                    break;
                }
                if request.line.starts_with("POST") {
                    received.lock().unwrap().push(request.text().to_owned());
                }
                stream.get_mut().write_all(OK.as_bytes()).unwrap();
                for _ in 0..i % 50 * 20 {
                    std::hint::spin_loop();
                }
            }
        });
        let mut n_failed = 0;
        for i in 0..N {
            assert_eq!(text(client.get("/").send()).as_deref(), Ok("200 hi"), "{i}");
            let body = i.to_string();
            match text(client.post("/").body(&body).send()) {
                Ok(reply) => assert_eq!(reply, "200 hi"),
                // The peer may have read it before it closed the connection.
                Err(error) => {
                    assert!(error.starts_with("HttpClient.InvalidReply: "), "{error}");
                    n_failed += 1;
                }
            }
        }
        client.get("/end").send().unwrap();
        let received = received.lock().unwrap();
        let different: BTreeSet<_> = received.iter().collect();
        assert_eq!(different.len(), received.len(), "a POST was repeated");
        assert!(received.len() + n_failed >= N, "{n_failed}");
    });
}

#[test]
fn time_limits_may_be_as_short_and_as_long_as_there_are() {
    let listener = listen();
    let addr = listener.local_addr().unwrap();
    for limit in [Duration::ZERO, Duration::from_nanos(1)] {
        let error = client(addr).timeout(limit).get("/").send().unwrap_err();
        let kinds = ["HttpClient.Timeout", "HttpClient.Unreachable"];
        assert!(kinds.contains(&error.error_type()), "{error}");
    }
    converse(&[step("POST / HTTP/1.1", OK)], |addr| {
        let client = client(addr).timeout(Duration::MAX);
        assert_eq!(
            text(client.post("/").body("x").send()).as_deref(),
            Ok("200 hi")
        );
    });
}
