//! A Runtime API for measuring: it delivers one event a given number of times, checks each response
//! and measures its latency.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Connections that are served at once. The threads wait in `accept`, so that the latency of a client
/// that connects for each request does not include the start of a thread.
const N_THREADS: usize = 6;

/// The event that a function gets, how often, and the response that it must send.
#[derive(Clone)]
pub struct Load {
    pub event: Arc<[u8]>,
    pub response: Arc<[u8]>,
    pub n: usize,
}

impl Load {
    /// The event of `hello`, `n` times.
    pub fn hello(n: usize) -> Load {
        Load {
            event: br#"{"name":"Ada"}"#.as_slice().into(),
            response: br#"{"message":"Hello, Ada!"}"#.as_slice().into(),
            n,
        }
    }

    /// A JSON string of `len` bytes that the function must return, `n` times.
    pub fn echo(len: usize, n: usize) -> Load {
        let mut event = vec![b'x'; len];
        event[0] = b'"';
        event[len - 1] = b'"';
        let event: Arc<[u8]> = event.into();
        Load {
            response: event.clone(),
            event,
            n,
        }
    }
}

/// The progress of a function through its load.
#[derive(Default)]
struct State {
    n_sent: usize,
    /// When the first `GET next` was received.
    first_next: Option<Instant>,
    /// When the first event was sent.
    first_event: Option<Instant>,
    /// When the event was sent that has no response yet.
    sent: Option<Instant>,
    /// When a `GET next` was received after the last event.
    idle: Option<Instant>,
    latencies: Vec<Duration>,
    problem: Option<String>,
    is_closed: bool,
}

/// The measurements of a function that has served its load.
pub struct Served {
    pub first_next: Instant,
    /// Time from sending an event to receiving its response, for each invocation in order.
    pub latencies: Vec<Duration>,
    /// Time from the first event to the `GET next` after the last one.
    pub elapsed: Duration,
}

pub struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    listener: TcpListener,
    load: Load,
    state: Mutex<State>,
    changed: Condvar,
}

impl Server {
    pub fn start(load: Load) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            listener,
            state: Mutex::new(State {
                latencies: Vec::with_capacity(load.n),
                ..State::default()
            }),
            load,
            changed: Condvar::new(),
        });
        let threads = (0..N_THREADS)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.accept())
            })
            .collect();
        Ok(Server {
            addr,
            shared,
            threads,
        })
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Waits until the function has sent a `GET next` for which there is no event: it is idle then.
    /// Returns `None` if that takes longer than `timeout`.
    pub fn wait_idle(&self, timeout: Duration) -> Option<Result<Served, String>> {
        let state = self.shared.lock();
        let not_yet = |state: &mut State| state.idle.is_none() && state.problem.is_none();
        let (mut state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, timeout, not_yet)
            .expect("no thread panics with the lock");
        if let Some(problem) = state.problem.take() {
            return Some(Err(problem));
        }
        let idle = state.idle?;
        Some(Ok(Served {
            first_next: state.first_next.unwrap_or(idle),
            latencies: std::mem::take(&mut state.latencies),
            elapsed: idle - state.first_event.unwrap_or(idle),
        }))
    }
}

impl Drop for Server {
    /// The function must have ended: otherwise the threads would wait for its connections to close.
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        for _ in 0..self.threads.len() {
            let _ = TcpStream::connect(self.addr);
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics with the lock")
    }

    fn accept(&self) {
        let mut buf = Vec::new();
        while let Ok((stream, _)) = self.listener.accept() {
            if self.lock().is_closed {
                return;
            }
            if let Err(error) = self.serve(&stream, &mut buf)
                && error.kind() == io::ErrorKind::InvalidData
            {
                self.lock().problem = Some(error.to_string());
                self.changed.notify_all();
            }
        }
    }

    /// Serves requests until the peer closes the connection.
    fn serve(&self, mut stream: &TcpStream, buf: &mut Vec<u8>) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut filled = 0;
        while let Some(request) = Request::read(stream, buf, &mut filled)? {
            if request
                .line
                .starts_with("GET /2018-06-01/runtime/invocation/next ")
            {
                if !self.send_event(stream)? {
                    // Returns when the peer closes the connection: it sends nothing while it waits.
                    let _ = stream.read(&mut [0]);
                    return Ok(());
                }
            } else {
                self.check_response(&request)?;
                stream.write_all(
                    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n\
                    Date: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Length: 16\r\n\r\n\
                    {\"status\":\"OK\"}\n",
                )?;
            }
            let len = request.len;
            buf.copy_within(len..filled, 0);
            filled -= len;
        }
        Ok(())
    }

    /// Replies to `GET next` with the event. Returns false if there is none left.
    fn send_event(&self, mut stream: &TcpStream) -> io::Result<bool> {
        let mut state = self.lock();
        let now = Instant::now();
        state.first_next.get_or_insert(now);
        if state.n_sent == self.load.n {
            state.idle = Some(now);
            self.changed.notify_all();
            return Ok(false);
        }
        state.n_sent += 1;
        let mut reply = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
            Lambda-Runtime-Aws-Request-Id: {}\r\n\
            Lambda-Runtime-Deadline-Ms: 1795348800000\r\n\
            Lambda-Runtime-Invoked-Function-Arn: \
            arn:aws:lambda:eu-west-1:123456789012:function:hello\r\n\
            Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;\
            Parent=9a9197af755a6419;Sampled=1\r\n\
            Date: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Length: {}\r\n\r\n",
            request_id(state.n_sent),
            self.load.event.len()
        )
        .into_bytes();
        // Copying a short event is cheaper than writing two buffers.
        let mut rest: &[u8] = &self.load.event;
        if rest.len() < 4096 {
            reply.extend_from_slice(rest);
            rest = &[];
        }
        let now = Instant::now();
        state.first_event.get_or_insert(now);
        state.sent = Some(now);
        drop(state);
        let n = stream.write_vectored(&[IoSlice::new(&reply), IoSlice::new(rest)])?;
        stream.write_all(reply.get(n..).unwrap_or_default())?;
        stream.write_all(&rest[n.saturating_sub(reply.len())..])?;
        Ok(true)
    }

    /// Checks the response to the event that was sent last, and stores its latency.
    fn check_response(&self, request: &Request) -> io::Result<()> {
        let now = Instant::now();
        let mut state = self.lock();
        let path = format!(
            "POST /2018-06-01/runtime/invocation/{}/response ",
            request_id(state.n_sent)
        );
        if !request.line.starts_with(&path) {
            let body = String::from_utf8_lossy(&request.body);
            return Err(invalid(format!("unexpected {}: {body}", request.line)));
        }
        if request.body[..] != self.load.response[..] {
            let body = &request.body[..request.body.len().min(80)];
            let body = String::from_utf8_lossy(body);
            return Err(invalid(format!("wrong response: {body}")));
        }
        let Some(sent) = state.sent.take() else {
            return Err(invalid("two responses to one event".into()));
        };
        state.latencies.push(now - sent);
        Ok(())
    }
}

fn request_id(n: usize) -> String {
    format!("8476a536-e9f4-11e8-9739-{n:012x}")
}

fn invalid(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

struct Request<'b> {
    line: String,
    body: std::borrow::Cow<'b, [u8]>,
    /// Length of the request in the buffer, in bytes.
    len: usize,
}

impl Request<'_> {
    /// Reads a request into `buf`, whose first `filled` bytes are in use. Returns `None` if the peer has
    /// closed the connection.
    fn read<'b>(
        mut stream: &TcpStream,
        buf: &'b mut Vec<u8>,
        filled: &mut usize,
    ) -> io::Result<Option<Request<'b>>> {
        let mut more = |buf: &mut Vec<u8>, filled: &mut usize| -> io::Result<bool> {
            if buf.len() - *filled < 16 << 10 {
                buf.resize((buf.len() * 2).max(64 << 10), 0);
            }
            let n = stream.read(&mut buf[*filled..])?;
            *filled += n;
            Ok(n > 0)
        };
        let head_len = loop {
            let end = buf[..*filled].windows(4).position(|w| w == b"\r\n\r\n");
            if let Some(end) = end {
                break end + 4;
            }
            if !more(buf, filled)? {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&buf[..head_len]).into_owned();
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap_or_default().to_owned();
        let mut body_len = Some(0);
        for field in lines {
            let Some((name, value)) = field.split_once(':') else {
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                body_len = value.trim().parse().ok();
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                body_len = None;
            }
        }
        if let Some(body_len) = body_len {
            let len: usize = head_len + body_len;
            while *filled < len {
                if !more(buf, filled)? {
                    return Err(invalid("a request was cut short".into()));
                }
            }
            let body = buf[head_len..len].into();
            return Ok(Some(Request { line, body, len }));
        }
        loop {
            if let Some((body, chunks_len)) = dechunk(&buf[head_len..*filled]) {
                let (body, len) = (body.into(), head_len + chunks_len);
                return Ok(Some(Request { line, body, len }));
            }
            if !more(buf, filled)? {
                return Err(invalid("a request was cut short".into()));
            }
        }
    }
}

/// Decodes a chunked body (RFC 9112, section 7.1). Returns it with its encoded length, or `None` if it is
/// incomplete. Trailers are not expected.
fn dechunk(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut body, mut pos) = (Vec::new(), 0);
    loop {
        let line_len = bytes[pos..].windows(2).position(|w| w == b"\r\n")?;
        let line = std::str::from_utf8(&bytes[pos..pos + line_len]).ok()?;
        let size = line.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        pos += line_len + 2;
        body.extend_from_slice(bytes.get(pos..pos + size)?);
        pos += size + 2;
        if bytes.len() < pos {
            return None;
        }
        if size == 0 {
            return Some((body, pos));
        }
    }
}
