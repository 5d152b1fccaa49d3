//! A scripted Runtime API: the requests that it expects, in order, and its replies.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::sockets::reset_on_close;

/// A reply to `next`: an invocation with the request id 8476a536 and the event `"7"`.
pub(crate) const NEXT: &str = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536\r\n\
    Content-Length: 3\r\n\r\n\"7\"";

/// Returns `NEXT` with another event.
pub(crate) fn next(event: &str) -> String {
    let (head, _) = NEXT.split_once("Content-Length").unwrap();
    format!("{head}Content-Length: {}\r\n\r\n{event}", event.len())
}

/// Returns a reply with this status and the body `why`.
pub(crate) fn refusal(status: u16) -> String {
    // These statuses have no body (RFC 9110, sections 15.3.5 and 15.4.5).
    let why = if matches!(status, 204 | 304) {
        ""
    } else {
        "why"
    };
    format!("HTTP/1.1 {status} Reason\r\nContent-Length: 3\r\n\r\n{why}")
}

/// The reply to an accepted POST (runtime-api.md 2.1).
pub(crate) const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n\
    Content-Length: 16\r\n\r\n{\"status\":\"OK\"}\n";

pub(crate) const GET_NEXT: &str = "GET /2018-06-01/runtime/invocation/next HTTP/1.1";
pub(crate) const POST_RESPONSE: &str =
    "POST /2018-06-01/runtime/invocation/8476a536/response HTTP/1.1";
pub(crate) const POST_ERROR: &str = "POST /2018-06-01/runtime/invocation/8476a536/error HTTP/1.1";

pub(crate) const POST_INIT_ERROR: &str = "POST /2018-06-01/runtime/init/error HTTP/1.1";
pub(crate) const GET_RESTORE: &str = "GET /2018-06-01/runtime/restore/next HTTP/1.1";
pub(crate) const POST_RESTORE_ERROR: &str = "POST /2018-06-01/runtime/restore/error HTTP/1.1";

/// One step of a script: reads a request whose first line is `want`, and replies.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) want: &'static str,
    pub(crate) reply: Vec<u8>,
    /// Closes the connection after the reply; the next step accepts a new one.
    pub(crate) hangs_up: bool,
    /// Closes the connection with a reset.
    pub(crate) resets: bool,
}

/// Returns a step after which the connection stays open.
pub(crate) fn step(want: &'static str, reply: impl AsRef<[u8]>) -> Step {
    Step {
        want,
        reply: reply.as_ref().to_vec(),
        hangs_up: false,
        resets: false,
    }
}

/// Returns a step that resets the connection after its reply.
pub(crate) fn step_and_reset(want: &'static str, reply: impl AsRef<[u8]>) -> Step {
    Step {
        resets: true,
        ..step(want, reply)
    }
}

/// Returns a step that closes the connection after its reply; with `want` of "cut", within the request.
pub(crate) fn step_and_close(want: &'static str, reply: impl AsRef<[u8]>) -> Step {
    Step {
        hangs_up: true,
        ..step(want, reply)
    }
}

/// A request as it was received.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) line: String,
    /// The header fields, in order.
    pub(crate) fields: Vec<(String, String)>,
    /// The body without its framing.
    pub(crate) body: Vec<u8>,
    /// The trailer section of a chunked body.
    pub(crate) trailers: Vec<(String, String)>,
    /// The chunks of a chunked body.
    pub(crate) chunks: Vec<Vec<u8>>,
}

impl Request {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self
            .fields
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} twice in {self:?}");
        value
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body that is text")
    }
}

/// Plays `script` to `function`, then closes the port. Returns the requests.
pub(crate) fn converse(script: &[Step], function: impl FnOnce(SocketAddr) + Send) -> Vec<Request> {
    converse_on(listen(), script, function)
}

/// Does the same as [`converse`] at the address of `listener`.
pub(crate) fn converse_on(
    listener: TcpListener,
    script: &[Step],
    function: impl FnOnce(SocketAddr) + Send,
) -> Vec<Request> {
    let addr = listener.local_addr().unwrap();
    thread::scope(|scope| {
        let function = scope.spawn(move || function(addr));
        let mut requests = Vec::new();
        let mut stream: Option<BufReader<TcpStream>> = None;
        for step in script {
            let stream_now = stream.get_or_insert_with(|| accept(&listener));
            if step.want == "cut" {
                // Closes the connection with unread bytes.
                let _ = stream_now.get_mut().read(&mut [0; 64]).unwrap();
                requests.push(Request::default());
                stream = None;
                continue;
            }
            let request = read_request(stream_now);
            assert_eq!(
                request.line,
                step.want,
                "step {} of the script",
                requests.len()
            );
            requests.push(request);
            // The function may have closed the connection; the test checks that.
            let _ = stream_now.get_mut().write_all(&step.reply);
            if step.resets {
                reset_on_close(stream_now.get_ref());
                stream = None;
                continue;
            }
            if step.hangs_up {
                let _ = stream_now.get_ref().shutdown(Shutdown::Both);
                stream = None;
            }
        }
        drop((listener, stream));
        function.join().expect("the function does not panic");
        requests
    })
}

/// Listens at an address in 127.0.0.0/8 that no other test uses; at 127.0.0.1 if that is not possible.
///
/// A runtime whose server has stopped tries to reconnect for a while. If the servers differed only in the
/// port, the system could give that port to another test meanwhile, and the runtime would talk to the
/// server of that test.
pub(crate) fn listen() -> TcpListener {
    static N_SERVERS: AtomicU16 = AtomicU16::new(0);

    let [high, low] = N_SERVERS.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    // Not 0 and not 255: 127.0.0.0 is the network, and 127.255.255.255 is its broadcast address.
    let process = u8::try_from(std::process::id() % 254 + 1).unwrap();
    let unique = TcpListener::bind((Ipv4Addr::new(127, process, high, low), 0));
    unique
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .unwrap()
}

/// The time after which a wait is a failure: longer than a busy machine needs for anything.
pub(crate) const HANG_TIMEOUT: Duration = Duration::from_secs(60);

/// Checks that `act`, which returns the time that it took, takes less than `limit` in one of five runs. A
/// busy machine makes a function slow now and then; a function that waits wrongly is slow each time.
#[track_caller]
pub(crate) fn within(limit: Duration, mut act: impl FnMut() -> Duration) {
    let took: Vec<Duration> = (0..5)
        .map(|_| act())
        .take_while(|took| *took >= limit)
        .collect();
    assert!(took.len() < 5, "{took:?}");
}

/// Checks that less than `limit` has passed since `begin`.
#[track_caller]
pub(crate) fn check_elapsed(begin: Instant, limit: Duration) {
    let took = begin.elapsed();
    assert!(took < limit, "{took:?}");
}

/// Accepts a connection. No connection, and no bytes on it, within `HANG_TIMEOUT` are failures.
pub(crate) fn accept(listener: &TcpListener) -> BufReader<TcpStream> {
    // std has no `accept` with a timeout.
    listener.set_nonblocking(true).unwrap();
    let limit = Instant::now() + HANG_TIMEOUT;
    let stream = loop {
        match listener.accept() {
            Ok((stream, _)) => break stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < limit => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("no connection: {error}"),
        }
    };
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(HANG_TIMEOUT)).unwrap();
    BufReader::new(stream)
}

pub(crate) fn read_request(stream: &mut BufReader<TcpStream>) -> Request {
    read_request_from(stream)
}

/// Reads a request from any reader.
pub(crate) fn read_request_from(stream: &mut impl BufRead) -> Request {
    let line = read_line(stream);
    let mut request = Request {
        line,
        fields: read_fields(stream),
        ..Request::default()
    };
    if let Some(len) = request.field("Content-Length") {
        assert_eq!(request.field("Transfer-Encoding"), None);
        request.body = vec![0; len.parse().expect("a length")];
        stream.read_exact(&mut request.body).expect("a whole body");
    } else if request.field("Transfer-Encoding") == Some("chunked") {
        loop {
            let len = usize::from_str_radix(&read_line(stream), 16).expect("a chunk size");
            if len == 0 {
                break;
            }
            let mut chunk = vec![0; len];
            stream.read_exact(&mut chunk).expect("a whole chunk");
            assert_eq!(read_line(stream), "");
            request.body.extend_from_slice(&chunk);
            request.chunks.push(chunk);
        }
        request.trailers = read_fields(stream);
    }
    request
}

fn read_fields(stream: &mut impl BufRead) -> Vec<(String, String)> {
    let lines = std::iter::from_fn(|| Some(read_line(stream)).filter(|line| !line.is_empty()));
    lines
        .map(|line| {
            let (name, value) = line.split_once(": ").expect("a field");
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

fn read_line(stream: &mut impl BufRead) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).expect("a line");
    line.strip_suffix("\r\n")
        .unwrap_or_else(|| panic!("no line: {line:?}"))
        .to_owned()
}
