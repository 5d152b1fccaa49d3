//! The client for plain HTTP: what it sends, which replies it takes, and how it ends.

use std::io::{BufRead, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tiny_lambda::Error;
use tiny_lambda::http::client::{Client, Reply};
use tiny_lambda::json;

use crate::support::malformed_replies::malformed;
use crate::support::runtime_api::{
    Request, Step, accept, check_elapsed, converse, listen, read_request, step, step_and_close,
    within,
};

pub(super) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// Plays `script` to `f` with a client for it. Returns the requests.
pub(super) fn play(script: &[Step], f: impl FnOnce(&Client) + Send) -> Vec<Request> {
    converse(script, |addr| f(&client(addr)))
}

pub(super) fn client(addr: SocketAddr) -> Client {
    Client::new(&addr.to_string()).unwrap()
}

pub(super) fn text(result: Result<Reply, Error>) -> Result<String, String> {
    match result {
        Ok(reply) => Ok(format!("{} {}", reply.status, reply.text().unwrap())),
        Err(error) => Err(error.error_type().to_owned() + ": " + error.error_message()),
    }
}

#[test]
fn an_address_is_numeric() {
    #[track_caller]
    fn check(address: &str, want: Result<&str, &str>) {
        let got = Client::new(address).map(|client| client.addr().to_string());
        let got = got.map_err(|error| {
            assert_eq!(error.error_type(), "HttpClient.InvalidRequest");
            // A user or a query is not shown.
            let shown = if address.contains(['@', '?']) {
                "..."
            } else {
                address
            };
            let start = format!("invalid address \"{shown}\": ");
            let message = error.error_message();
            message.strip_prefix(&start).expect(message).to_owned()
        });
        match want {
            Ok(addr) => assert_eq!(got.as_deref(), Ok(addr)),
            Err(part) => assert!(got.as_ref().is_err_and(|why| why.contains(part)), "{got:?}"),
        }
    }
    check("127.0.0.1:2772", Ok("127.0.0.1:2772"));
    check("http://127.0.0.1:2772", Ok("127.0.0.1:2772"));
    check("HTTP://127.0.0.1:2772/", Ok("127.0.0.1:2772"));
    check("http://10.0.3.7", Ok("10.0.3.7:80"));
    check("localhost:2773", Ok("127.0.0.1:2773"));
    check("http://LOCALHOST/a/b", Ok("127.0.0.1:80"));
    check("[::1]:8080", Ok("[::1]:8080"));
    check("https://127.0.0.1", Err("there is no TLS"));
    check("HTTPS://example.test", Err("there is no TLS"));
    if cfg!(not(feature = "dns")) {
        check(
            "example.test",
            Err("there is no resolver: use an IP address or localhost"),
        );
        check("http://example.test:80/a", Err("there is no resolver"));
        check("ftp://127.0.0.1", Err("port"));
    }
    check("", Err("host:port"));
    check(":80", Err("host:port"));
    check("127.0.0.1:x", Err("port"));
    for port in ["65536", "0", "00", "-1", ""] {
        for host in ["127.0.0.1", "[::1]", "localhost", "http://127.0.0.1"] {
            let address = format!("{host}:{port}");
            check(&address, Err("its port must be 1 to 65535"));
            check(&(address + "/a"), Err("its port must be 1 to 65535"));
        }
    }
    check("127.0.0.1:1", Ok("127.0.0.1:1"));
    check("127.0.0.1:65535", Ok("127.0.0.1:65535"));
    check("user@127.0.0.1", Err("expected host:port"));
    check("127.0.0.1/a?b", Err("expected host:port"));
    check("127.0.0.1\r\nX: y", Err("expected host:port"));
}

#[test]
fn no_message_has_a_password_of_an_address_or_a_field_of_a_request() {
    for address in [
        "http://ada:hunter2@127.0.0.1/",
        "https://ada:hunter2@example.test",
        "ada:hunter2@example.test:80",
        "127.0.0.1/?key=hunter2",
        "https://example.test?key=hunter2",
    ] {
        let error = Client::new(address).unwrap_err();
        assert!(
            error
                .error_message()
                .starts_with("invalid address \"...\": "),
            "{error}"
        );
    }
    let client = Client::new("127.0.0.1:80").unwrap();
    let request = client.post("/a?key=hunter2").query("k", "hunter2");
    let request = request.header("Authorization", "hunter2").body(b"hunter2");
    let shown = format!("{request:?}");
    assert!(
        shown.contains("\"POST\"") && shown.contains("\"/a\""),
        "{shown}"
    );
    let bytes = format!("{:?}", b"hunter2");
    assert!(
        !shown.contains("hunter2") && !shown.contains(&bytes),
        "{shown}"
    );
}

#[test]
fn a_request_has_the_method_path_fields_and_body_that_were_given() {
    let script = [
        step("GET /a?b=c HTTP/1.1", OK),
        step("GET / HTTP/1.1", OK),
        step("POST /a HTTP/1.1", OK),
        step("POST /empty HTTP/1.1", OK),
        step("POST /json HTTP/1.1", OK),
        step("PURGE /x HTTP/1.1", OK),
        step("GET /q?a=1&n%20m=%26%3D%2F HTTP/1.1", OK),
        step("GET /host HTTP/1.1", OK),
        step("GET /?page=2&a=1 HTTP/1.1", OK),
        step("POST /type HTTP/1.1", OK),
        step("POST /bytes HTTP/1.1", OK),
    ];
    let mut host = String::new();
    let requests = play(&script, |client| {
        host = client.addr().to_string();
        let send = |request: tiny_lambda::http::client::RequestBuilder<'_>| {
            assert_eq!(text(request.send()), Ok("200 hi".to_owned()));
        };
        send(
            client
                .get("/a?b=c")
                .header("X-Name", "a b\t\u{e9}")
                .header("x-name", ""),
        );
        send(client.get(""));
        send(
            client
                .post("/a")
                .header("Content-Type", "image/png")
                .body(b"\r\n\0\xff"),
        );
        send(client.post("/empty"));
        send(client.post("/json").json(&json!({ "id": 7 })));
        send(client.request("PURGE", "/x"));
        send(client.get("/q").query("a", "1").query("n m", "&=/"));
        send(client.get("/host").header("Host", "shop.internal"));
        send(client.get("?page=2").query("a", "1"));
        // One field, wherever it is set.
        send(
            client
                .post("/type")
                .json(&1)
                .header("content-type", "text/x"),
        );
        send(client.post("/bytes").json(&1).body("x"));
    });
    let fields = |n: usize| {
        let fields = requests[n].fields.iter();
        fields.map(|(n, v)| format!("{n}: {v}")).collect::<Vec<_>>()
    };
    let host = format!("Host: {host}");
    assert_eq!(
        fields(0),
        [host.as_str(), "X-Name: a b\t\u{e9}", "x-name: "]
    );
    assert_eq!(fields(1), [host.as_str()]);
    assert_eq!(
        fields(2),
        [
            host.as_str(),
            "Content-Length: 4",
            "Content-Type: image/png"
        ]
    );
    assert_eq!(requests[2].body, b"\r\n\0\xff");
    assert_eq!(fields(3), [host.as_str(), "Content-Length: 0"]);
    assert_eq!(
        fields(4),
        [
            host.as_str(),
            "Content-Length: 8",
            "Content-Type: application/json"
        ]
    );
    assert_eq!(requests[4].text(), r#"{"id":7}"#);
    assert_eq!(fields(5), [host.as_str()]);
    assert_eq!(fields(7), ["Host: shop.internal"]);
    assert_eq!(fields(9)[2..], ["content-type: text/x"]);
    assert_eq!(fields(10)[1..], ["Content-Length: 1"]);
}

#[test]
fn a_path_in_the_address_is_before_each_path() {
    let script = [
        step("GET /api/v1/x HTTP/1.1", OK),
        step("GET /api/v1 HTTP/1.1", OK),
    ];
    converse(&script, |addr| {
        let client = Client::new(&format!("http://{addr}/api/v1/")).unwrap();
        client.get("/x").send().unwrap();
        client.get("").send().unwrap();
    });
}

#[test]
fn what_could_break_a_request_is_refused_before_anything_is_sent() {
    #[track_caller]
    fn check(request: tiny_lambda::http::client::RequestBuilder<'_>, part: &str) {
        let error = request.send().unwrap_err();
        assert_eq!(error.error_type(), "HttpClient.InvalidRequest");
        assert!(error.error_message().contains(part), "{error}");
        assert!(!error.error_message().contains(['\r', '\n']), "{error:?}");
    }
    let listener = listen();
    let client = client(listener.local_addr().unwrap());
    for value in ["a\r\nX-Admin: 1", "\n", "\0", "\u{7f}", "a\rb"] {
        check(
            client.get("/").header("X", value),
            "a header with characters",
        );
    }
    for name in ["", "a b", "a:", "X\r\nY", "\u{e9}"] {
        check(
            client.get("/").header(name, "x"),
            "a header with characters",
        );
    }
    check(client.get("/").header("content-length", "5"), "itself");
    check(
        client.post("/").header("Transfer-Encoding", "chunked"),
        "itself",
    );
    for name in ["Host", "Content-Type"] {
        let twice = client
            .get("/")
            .header(name, "x")
            .header(&name.to_lowercase(), "x");
        check(twice, "Host and Content-Type cannot be repeated");
    }
    for value in ["Upgrade", "", "close, TE"] {
        check(
            client.get("/").header("connection", value),
            "Connection must be close or keep-alive",
        );
    }
    for path in ["a", "/a b", "/\u{e9}", "/a#b", "http://127.0.0.1/"] {
        check(client.get(path), "path");
    }
    for method in ["", "G T", "GET\r\n", "GET:"] {
        let error = client.request(method, "/").send().unwrap_err();
        assert!(error.error_message().contains("method"), "{error}");
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nothing was sent");
}

#[test]
fn replies_of_every_framing_are_received() {
    #[track_caller]
    fn check(method: &str, reply: &str, is_closed: bool, want: &str) {
        let line: &'static str = String::leak(format!("{method} / HTTP/1.1"));
        let first = if is_closed {
            step_and_close(line, reply)
        } else {
            step(line, reply)
        };
        // The next request shows whether the connection was used again.
        let script = [first, step("GET /next HTTP/1.1", OK)];
        play(&script, |client| {
            assert_eq!(
                text(client.request(method, "/").send()).as_deref(),
                Ok(want),
                "{reply:?}"
            );
            assert_eq!(text(client.get("/next").send()).as_deref(), Ok("200 hi"));
        });
    }
    check("GET", OK, false, "200 hi");
    check(
        "GET",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        false,
        "200 ",
    );
    check("GET", "HTTP/1.1 204 No Content\r\n\r\n", false, "204 ");
    check(
        "GET",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        false,
        "304 ",
    );
    check(
        "HEAD",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        false,
        "200 ",
    );
    check(
        "HEAD",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        false,
        "200 ",
    );
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\nh\r\n1\r\ni\r\n0\r\nX: y\r\n\r\n";
    check("GET", chunked, false, "200 hi");
    let interim =
        format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{OK}");
    check("POST", &interim, false, "200 hi");
    check(
        "GET",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        true,
        "200 hi",
    );
    check(
        "GET",
        "HTTP/1.1 200 OK\r\n\r\nuntil the end",
        true,
        "200 until the end",
    );
    check(
        "GET",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        true,
        "200 hi",
    );
    check(
        "GET",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nwhy",
        false,
        "404 why",
    );
}

#[test]
fn a_connection_with_bytes_after_the_reply_is_not_used_again() {
    let more = format!("{OK}HTTP/1.1 500 Stale\r\n\r\n");
    let script = [
        step_and_close("GET /a HTTP/1.1", more),
        step("GET /b HTTP/1.1", OK),
    ];
    play(&script, |client| {
        assert_eq!(text(client.get("/a").send()).as_deref(), Ok("200 hi"));
        assert_eq!(text(client.get("/b").send()).as_deref(), Ok("200 hi"));
    });
}

/// RFC 9112, section 9.6: after a request with `close`, a client sends no other request on the connection.
#[test]
fn a_request_with_connection_close_has_a_connection_of_its_own() {
    let first = listen();
    let addr = first.local_addr().unwrap();
    let client = client(addr);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut kept = accept(&first);
            read_request(&mut kept);
            kept.get_mut().write_all(OK.as_bytes()).unwrap();
            // The reply to /b does not say that its connection is closed.
            let mut own = accept(&first);
            let request = read_request(&mut own);
            assert_eq!(request.line, "GET /b HTTP/1.1");
            assert_eq!(request.field("Connection"), Some("Close"));
            own.get_mut().write_all(OK.as_bytes()).unwrap();
            assert_eq!(own.read(&mut [0]).unwrap(), 0, "the client closes it");
            let request = read_request(&mut kept);
            assert_eq!(request.line, "GET /c HTTP/1.1");
            assert_eq!(request.field("Connection"), Some("keep-alive"));
            kept.get_mut().write_all(OK.as_bytes()).unwrap();
        });
        for request in [
            client.get("/a"),
            client.get("/b").header("Connection", "Close"),
            client.get("/c").header("Connection", "keep-alive"),
        ] {
            assert_eq!(text(request.send()).as_deref(), Ok("200 hi"));
        }
    });
}

#[test]
fn header_fields_of_a_reply_are_in_order_and_the_body_is_json() {
    let reply = "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b\u{e9}\r\nContent-Length: 5\r\n\r\n[1,2]";
    play(&[step("GET / HTTP/1.1", reply)], |client| {
        let reply = client.get("/").send().unwrap().error_for_status().unwrap();
        assert!(reply.is_success());
        assert_eq!(
            reply.headers.get_all("Set-Cookie").collect::<Vec<_>>(),
            ["a=1", "b\u{e9}"]
        );
        assert_eq!(reply.json::<Vec<u8>>().unwrap(), [1, 2]);
        let error = reply.json::<String>().unwrap_err();
        assert_eq!(error.error_type(), "HttpClient.InvalidReply");
        assert!(
            error.error_message().contains("expected a string"),
            "{error}"
        );
    });
}

#[test]
fn a_status_is_an_error_if_that_is_wanted() {
    let reply = "HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\nlater\r\n\0.\n";
    play(&[step("GET /a?key=secret HTTP/1.1", reply)], |client| {
        let error = client
            .get("/a?key=secret")
            .send()
            .unwrap()
            .error_for_status()
            .unwrap_err();
        assert_eq!(error.error_type(), "HttpClient.Status");
        let addr = client.addr();
        assert_eq!(
            error.error_message(),
            format!("GET http://{addr}/a: status 503: later   .")
        );
    });
}

#[test]
fn malformed_and_cut_replies_are_errors() {
    for (reply, want) in malformed() {
        let script = [step_and_close("GET / HTTP/1.1", reply.clone())];
        play(&script, |client| {
            let error = client.get("/").send().expect_err(want);
            let shown = String::from_utf8_lossy(&reply[..reply.len().min(80)]).into_owned();
            assert_eq!(error.error_type(), "HttpClient.InvalidReply", "{shown:?}");
            assert!(error.error_message().contains(want), "{shown:?}: {error}");
        });
    }
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    for end in 0..whole.len() {
        play(
            &[step_and_close("POST / HTTP/1.1", &whole[..end])],
            |client| {
                let error = client.post("/").send().expect_err("a cut reply");
                assert!(
                    error.error_message().contains("connection closed"),
                    "{end}: {error}"
                );
            },
        );
    }
}

#[test]
fn the_body_of_a_reply_has_a_limit() {
    let of = |len: usize| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{}",
            "x".repeat(len)
        )
    };
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n";
    let until_close = "HTTP/1.1 200 OK\r\n\r\n123456789";
    for (reply, is_ok) in [
        (of(8).as_str(), true),
        (of(9).as_str(), false),
        (chunked, false),
        (until_close, false),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            false,
        ),
    ] {
        converse(&[step_and_close("GET / HTTP/1.1", reply)], |addr| {
            let result = client(addr).limit_body(8).get("/").send();
            assert_eq!(result.is_ok(), is_ok, "{reply}");
            let error = result.err();
            assert!(error.is_none_or(|error| error.error_message().ends_with("body too long")));
        });
    }
}

/// Serves one connection: reads a request, then writes a byte of `bytes` every 20 ms until the client closes it.
fn trickle(bytes: &'static [u8], f: impl FnOnce(SocketAddr)) {
    let listener = listen();
    let addr = listener.local_addr().unwrap();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut stream = accept(&listener);
            read_request(&mut stream);
            for byte in bytes.iter().cycle() {
                if is_over.load(Ordering::SeqCst) || stream.get_mut().write_all(&[*byte]).is_err() {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        f(addr);
        is_over.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_slow_peer_is_an_error_within_the_time_limit() {
    const LIMIT: Duration = Duration::from_millis(300);
    for bytes in [
        // A status line that does not end, a header field that does not end, and a body that does not end.
        b"HTTP/1.1 200 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".as_slice(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nxxxxxxxxxxxxxxxxxxxxxx",
    ] {
        trickle(bytes, |addr| {
            let begin = Instant::now();
            let error = client(addr).timeout(LIMIT).get("/").send().unwrap_err();
            let took = begin.elapsed();
            assert_eq!(error.error_type(), "HttpClient.Timeout", "{error}");
            // The clock has milliseconds.
            assert!(took + Duration::from_millis(2) >= LIMIT, "{took:?}");
            assert!(took < Duration::from_secs(5), "{took:?}");
        });
    }
    // A peer that accepts the connection and says nothing.
    let listener = listen();
    let addr = listener.local_addr().unwrap();
    within(Duration::from_secs(1), || {
        let begin = Instant::now();
        let error = client(addr).timeout(LIMIT).get("/").send().unwrap_err();
        assert_eq!(error.error_type(), "HttpClient.Timeout", "{error}");
        begin.elapsed()
    });
}

/// The system takes some megabytes of a request that nobody reads, so a longer one has to wait.
#[test]
fn a_peer_that_does_not_read_is_an_error_within_the_time_limit() {
    let listener = listen();
    let addr = listener.local_addr().unwrap();
    let body = vec![b'x'; 64 << 20];
    let begin = Instant::now();
    let client = client(addr).timeout(Duration::from_millis(300));
    let error = client.post("/").body(&body).send().unwrap_err();
    assert_eq!(error.error_type(), "HttpClient.Timeout", "{error}");
    check_elapsed(begin, Duration::from_secs(20));
}

/// The time at which such a request ends is not past the largest number.
#[test]
fn the_longest_time_limit_does_not_end_a_request() {
    let listener = listen();
    let addr = listener.local_addr().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = listener.accept().unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .unwrap();
            let _ = stream.read(&mut [0; 1024]);
        });
        let client = client(addr).timeout(Duration::MAX);
        assert_eq!(client.get("/").send().unwrap().body, b"ok");
    });
}

/// A peer that reads all the time does not prolong a request.
#[test]
fn a_request_that_is_being_read_ends_at_the_time_limit() {
    let listener = listen();
    let client = client(listener.local_addr().unwrap()).timeout(Duration::from_millis(20));
    let body = vec![0; 512 << 20];
    thread::scope(|scope| {
        let peer = scope.spawn(|| {
            let mut buffer = vec![0; 1 << 20];
            let (mut stream, _) = listener.accept().unwrap();
            let mut n_read = 0;
            while let Ok(n @ 1..) = stream.read(&mut buffer) {
                n_read += n;
            }
            n_read
        });
        let error = client.post("/").body(&body).send().unwrap_err();
        assert_eq!(error.error_type(), "HttpClient.Timeout", "{error}");
        let n_read = peer.join().unwrap();
        assert!(n_read < body.len(), "{n_read}");
    });
}

#[test]
fn a_refused_connection_is_an_error_at_once() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let error = client(addr).get("/a").send().unwrap_err();
    assert_eq!(error.error_type(), "HttpClient.Unreachable");
    let start = format!("GET http://{addr}/a: cannot connect: ");
    assert!(error.error_message().starts_with(&start), "{error}");
}

/// Nothing was sent, so the error is not that of a reply that is late.
#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_is_not_accepted_in_time_is_an_error_of_its_own() {
    const LIMIT: Duration = Duration::from_millis(300);
    let listener = listen();
    let addr = listener.local_addr().unwrap();
    // Linux ignores new connections while the queue of the listener is full (listen(2)).
    let mut queued = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&addr, Duration::from_millis(100)) {
        queued.push(stream);
    }
    let begin = Instant::now();
    let error = client(addr).timeout(LIMIT).get("/a").send().unwrap_err();
    let took = begin.elapsed();
    assert_eq!(error.error_type(), "HttpClient.Unreachable");
    let want = format!("GET http://{addr}/a: cannot connect: Timed out (os error 110)");
    assert_eq!(error.error_message(), want);
    assert!(took + Duration::from_millis(2) >= LIMIT, "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn an_idle_connection_that_the_peer_has_closed_is_replaced() {
    for method in ["GET", "POST"] {
        let second: &'static str = String::leak(format!("{method} /2 HTTP/1.1"));
        let script = [step_and_close("GET /1 HTTP/1.1", OK), step(second, OK)];
        play(&script, |client| {
            client.get("/1").send().unwrap();
            thread::sleep(Duration::from_millis(50));
            assert_eq!(
                text(client.request(method, "/2").send()).as_deref(),
                Ok("200 hi")
            );
        });
    }
}

#[test]
fn an_idempotent_request_is_repeated_once_on_a_new_connection() {
    // The peer reads the request on the kept connection and hangs up without a reply.
    let script = [
        step("GET /1 HTTP/1.1", OK),
        step_and_close("PUT /2 HTTP/1.1", ""),
        step("PUT /2 HTTP/1.1", OK),
    ];
    play(&script, |client| {
        client.get("/1").send().unwrap();
        let sent = client.request("PUT", "/2").body("x").send();
        assert_eq!(text(sent).as_deref(), Ok("200 hi"));
    });
    // The peer has sent an interim reply, but no byte of the final one.
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
    let script = [
        step("GET /1 HTTP/1.1", OK),
        step_and_close("GET /2 HTTP/1.1", interim),
        step("GET /2 HTTP/1.1", OK),
    ];
    play(&script, |client| {
        client.get("/1").send().unwrap();
        assert_eq!(text(client.get("/2").send()).as_deref(), Ok("200 hi"));
    });
    // It hangs up on the new connection, too.
    let script = [
        step("GET /1 HTTP/1.1", OK),
        step_and_close("GET /2 HTTP/1.1", ""),
        step_and_close("GET /2 HTTP/1.1", ""),
    ];
    play(&script, |client| {
        client.get("/1").send().unwrap();
        let error = client.get("/2").send().unwrap_err();
        assert!(
            error
                .error_message()
                .ends_with("connection closed without a reply"),
            "{error}"
        );
    });
    // A part of a reply has arrived.
    let script = [
        step("GET /1 HTTP/1.1", OK),
        step_and_close("GET /2 HTTP/1.1", "HTTP"),
    ];
    play(&script, |client| {
        client.get("/1").send().unwrap();
        assert!(client.get("/2").send().is_err());
    });
    // The first request of a connection.
    play(&[step_and_close("GET / HTTP/1.1", "")], |client| {
        assert!(client.get("/").send().is_err());
    });
}

/// A connection on which bytes were not read is reset when it is closed (RFC 2525, section 2.17).
#[test]
fn a_request_is_not_repeated_after_a_reset_within_the_reply() {
    for part in [
        "H",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",
    ] {
        let listener = listen();
        let client = client(listener.local_addr().unwrap());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut stream = accept(&listener);
                read_request(&mut stream);
                stream.get_mut().write_all(OK.as_bytes()).unwrap();
                stream.get_mut().read_exact(&mut [0; 3]).unwrap();
                stream.get_mut().write_all(part.as_bytes()).unwrap();
                thread::sleep(Duration::from_millis(50));
                drop(stream);
                listener.set_nonblocking(true).unwrap();
                thread::sleep(Duration::from_millis(100));
                assert!(
                    listener.accept().is_err(),
                    "{part:?}: there is no second request"
                );
            });
            client.get("/1").send().unwrap();
            let error = client.get("/2").send().unwrap_err();
            assert_eq!(
                error.error_type(),
                "HttpClient.InvalidReply",
                "{part:?}: {error}"
            );
        });
    }
}

#[test]
fn a_reply_that_switches_protocols_is_an_error_that_says_so() {
    let reply = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n";
    play(&[step_and_close("GET / HTTP/1.1", reply)], |client| {
        let error = client.get("/").send().unwrap_err();
        assert_eq!(error.error_type(), "HttpClient.InvalidReply");
        let want = "unexpected status 101: the client does not switch protocols";
        assert!(error.error_message().ends_with(want), "{error}");
    });
}

#[test]
fn a_post_that_the_peer_has_read_is_not_repeated() {
    let script = [
        step("GET /1 HTTP/1.1", OK),
        step_and_close("POST /2 HTTP/1.1", ""),
    ];
    play(&script, |client| {
        client.get("/1").send().unwrap();
        let error = client.post("/2").body("x").send().unwrap_err();
        assert_eq!(error.error_type(), "HttpClient.InvalidReply");
    });
}

#[test]
fn a_reply_that_comes_before_the_whole_request_was_read_is_received() {
    let listener = listen();
    let addr = listener.local_addr().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut stream = accept(&listener);
            stream.fill_buf().unwrap();
            let reply = b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            stream.get_mut().write_all(reply).unwrap();
            // Reads the rest, so that the connection is not reset before the client has the reply.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let client = client(addr);
        let reply = client.post("/").body(&vec![b'x'; 4 << 20]).send().unwrap();
        assert_eq!(reply.status, 413);
        drop(client);
    });
}

/// The request is longer than what the system takes of a request that nobody reads.
#[test]
fn a_reply_is_received_while_the_peer_does_not_read_the_request() {
    const REPLY: &[u8] =
        b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig";
    const INTERIM: &str =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    let hints = |len| {
        format!(
            "HTTP/1.1 103 Early Hints\r\nLink: {}\r\n\r\n",
            "x".repeat(len)
        )
    };
    let body = vec![b'x'; 64 << 20];
    for (pause, is_reset, interim) in [
        (0, false, String::new()),
        (200, false, String::new()),
        (200, true, String::new()),
        (200, false, INTERIM.to_owned()),
        // More than one head, and longer in total than what is examined at once.
        (200, false, INTERIM.repeat(8)),
        (200, false, hints(10_000).repeat(4)),
        (200, false, hints(100_000)),
        (0, false, hints(10_000).repeat(4)),
    ] {
        let listener = listen();
        let client = client(listener.local_addr().unwrap()).timeout(Duration::from_secs(30));
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut stream = accept(&listener);
                stream.fill_buf().unwrap();
                stream.get_mut().write_all(interim.as_bytes()).unwrap();
                thread::sleep(Duration::from_millis(pause));
                stream.get_mut().write_all(REPLY).unwrap();
                // The connection stays open, or it is reset because there are bytes that were not read.
                while !is_reset && !is_over.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(10));
                }
            });
            let begin = Instant::now();
            let got = text(client.post("/").body(&body).send());
            is_over.store(true, Ordering::SeqCst);
            let len = interim.len();
            assert_eq!(got.as_deref(), Ok("413 big"), "{pause} {is_reset} {len}");
            check_elapsed(begin, Duration::from_secs(10));
        });
    }
}

/// An interim reply does not stop the request: the peer still reads it, however slowly.
#[test]
fn an_interim_reply_does_not_end_a_long_request() {
    let listener = listen();
    let client = client(listener.local_addr().unwrap());
    let body = vec![b'x'; 16 << 20];
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut stream = accept(&listener);
            stream.fill_buf().unwrap();
            let hints = format!("HTTP/1.1 103 Early\r\nLink: {}\r\n\r\n", "x".repeat(9000));
            for part in [
                "H",
                "TTP/1.1 102 Proc",
                "essing\r\n\r\n",
                &hints,
                &hints,
                "HTTP/1.1 1",
            ] {
                stream.get_mut().write_all(part.as_bytes()).unwrap();
                thread::sleep(Duration::from_millis(200));
            }
            assert_eq!(read_request(&mut stream).body.len(), body.len());
            stream.get_mut().write_all(b"03\r\n\r\n").unwrap();
            stream.get_mut().write_all(OK.as_bytes()).unwrap();
        });
        assert_eq!(
            text(client.post("/").body(&body).send()).as_deref(),
            Ok("200 hi")
        );
    });
}

/// Status 101 is no interim reply after which the peer reads the rest of the request.
#[test]
fn a_reply_that_switches_protocols_ends_a_request_that_is_not_read() {
    let listener = listen();
    let client = client(listener.local_addr().unwrap()).timeout(Duration::from_secs(30));
    let body = vec![b'x'; 64 << 20];
    thread::scope(|scope| {
        let peer = scope.spawn(|| {
            let mut stream = accept(&listener);
            stream.fill_buf().unwrap();
            let reply = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";
            stream.get_mut().write_all(reply).unwrap();
            stream
        });
        let begin = Instant::now();
        let error = client.post("/").body(&body).send().unwrap_err();
        assert!(error.error_message().contains("status 101"), "{error}");
        check_elapsed(begin, Duration::from_secs(10));
        drop(peer.join());
    });
}

#[test]
fn threads_share_a_client() {
    let listener = listen();
    let client = client(listener.local_addr().unwrap());
    thread::scope(|scope| {
        scope.spawn(|| {
            // Both requests are there before the first reply, so they are on two connections.
            let mut streams = [accept(&listener), accept(&listener)];
            for stream in &mut streams {
                read_request(stream);
            }
            for stream in &mut streams {
                stream.get_mut().write_all(OK.as_bytes()).unwrap();
            }
        });
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(client.get("/").send().unwrap().body, b"hi"));
        }
    });
}
