//! The Telemetry API: what a subscription may ask for, and the thread that delivers to one.

use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use crate::emulator::report::civil;
use crate::http1::connection::{receive, send};
use crate::json;
use crate::json::{Object, Value};

/// Records that may wait for a slow subscriber; what comes beyond that is dropped, and counted.
const QUEUE_LEN_MAX: usize = 10_000;
/// How long a subscriber may take for a batch before it is given up.
const DELIVERY_MAX: Duration = Duration::from_secs(1);

/// What a record is about, and what subscriptions choose by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    Platform,
    Function,
    Extension,
}

/// One record, as JSON.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) category: Category,
    pub(crate) json: Vec<u8>,
}

impl Record {
    pub(crate) fn new(category: Category, kind: &str, record: Value) -> Record {
        let mut object = Object::new();
        object.insert("time", civil(SystemTime::now()).rfc3339());
        object.insert("type", kind);
        object.insert("record", record);
        Record {
            category,
            json: json::to_vec(&object),
        }
    }
}

/// What a subscription asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) types: Vec<&'static str>,
    max_items: usize,
    max_bytes: usize,
    timeout: Duration,
    destination: Destination,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Destination {
    /// POST to this port and path.
    Http(u16, String),
    /// Lines to this port.
    Tcp(u16),
}

impl Subscription {
    /// Reads a request body; an error is what is wrong with it.
    pub(crate) fn parse(body: &[u8], api_port: u16) -> Result<Subscription, String> {
        let asked: Value = json::parse(body).map_err(|error| error.to_string())?;
        let schema = asked
            .get("schemaVersion")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !["2022-07-01", "2022-12-13", "2025-01-29"].contains(&schema) {
            return Err(format!("schemaVersion {schema:?} is not supported"));
        }
        let types = asked
            .get("types")
            .and_then(Value::as_array)
            .unwrap_or_default();
        let known = ["platform", "function", "extension"];
        let types: Option<Vec<&str>> = types
            .iter()
            .map(|kind| known.into_iter().find(|known| kind.as_str() == Some(known)))
            .collect();
        let types = types
            .filter(|types| !types.is_empty())
            .ok_or("types: some of platform, function, extension")?;
        let number = |name: &str, default: u64, min: u64, max: u64| {
            let value = match asked
                .get("buffering")
                .and_then(|buffering| buffering.get(name))
            {
                None => default,
                Some(value) => value.as_u64().unwrap_or(0),
            };
            if !(min..=max).contains(&value) {
                return Err(format!("buffering.{name}: {min} to {max}"));
            }
            usize::try_from(value).map_err(|error| error.to_string())
        };
        let max_items = number("maxItems", 10_000, 1000, 10_000)?;
        let max_bytes = number("maxBytes", 262_144, 262_144, 1_048_576)?;
        let timeout = number("timeoutMs", 1000, 25, 30_000)?;
        let timeout = Duration::from_millis(timeout.try_into().unwrap_or(1000));
        let destination = asked.get("destination");
        let member = |name: &str| destination.and_then(|destination| destination.get(name));
        let destination = match member("protocol").and_then(Value::as_str) {
            Some("HTTP") => member("URI")
                .and_then(Value::as_str)
                .and_then(http_destination),
            Some("TCP") => member("port")
                .and_then(Value::as_u64)
                .and_then(|port| u16::try_from(port).ok())
                .map(Destination::Tcp),
            _ => None,
        };
        let port = match &destination {
            Some(Destination::Http(port, _) | Destination::Tcp(port)) => *port,
            None => {
                return Err(
                    "destination: HTTP with a URI of sandbox.localdomain, or TCP with a port"
                        .to_owned(),
                );
            }
        };
        if port == 0 || port == 9001 || port == api_port {
            return Err(format!("destination: port {port} is taken"));
        }
        let destination = destination.ok_or("destination")?;
        Ok(Subscription {
            types,
            max_items,
            max_bytes,
            timeout,
            destination,
        })
    }

    fn wants(&self, category: Category) -> bool {
        self.types.contains(&match category {
            Category::Platform => "platform",
            Category::Function => "function",
            Category::Extension => "extension",
        })
    }
}

/// `http://sandbox.localdomain:PORT/PATH`: the environment itself, which is this machine.
fn http_destination(uri: &str) -> Option<Destination> {
    let rest = uri.strip_prefix("http://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let is_here = matches!(
        host,
        "sandbox.localdomain" | "sandbox" | "localhost" | "127.0.0.1"
    );
    let is_clean = !path.contains(|c: char| c.is_whitespace() || c.is_control());
    (is_here && is_clean).then_some(Destination::Http(port.parse().ok()?, format!("/{path}")))
}

/// A subscription with its thread.
#[derive(Debug)]
pub(crate) struct Subscriber {
    subscription: Subscription,
    queue: SyncSender<Record>,
    thread: JoinHandle<()>,
    /// Records that found the queue full, and their bytes.
    dropped: (u64, u64),
}

impl Subscriber {
    pub(crate) fn start(subscription: Subscription) -> io::Result<Subscriber> {
        let (queue, records) = sync_channel(QUEUE_LEN_MAX);
        let asked = subscription.clone();
        let thread = thread::Builder::new().name("emulator telemetry".to_owned());
        let thread = thread.spawn(move || deliver(&asked, &records))?;
        Ok(Subscriber {
            subscription,
            queue,
            thread,
            dropped: (0, 0),
        })
    }

    /// Queues a record, if it is one that was asked for.
    pub(crate) fn offer(&mut self, record: &Record) {
        if !self.subscription.wants(record.category) {
            return;
        }
        if self.dropped.0 > 0 {
            let (records, bytes) = self.dropped;
            let lost = crate::json!({
                "reason": "Consumer seems to have fallen behind as it has not acknowledged receipt of logs.",
                "droppedRecords": records,
                "droppedBytes": bytes,
            });
            let lost = Record::new(Category::Platform, "platform.logsDropped", lost);
            if self.queue.try_send(lost).is_ok() {
                self.dropped = (0, 0);
            }
        }
        if let Err(TrySendError::Full(record)) = self.queue.try_send(record.clone()) {
            let len = record.json.len().try_into().unwrap_or(u64::MAX);
            self.dropped = (
                self.dropped.0.saturating_add(1),
                self.dropped.1.saturating_add(len),
            );
        }
    }

    /// Delivers what is queued, and ends.
    pub(crate) fn end(self) {
        drop(self.queue);
        let _ = self.thread.join();
    }
}

/// Delivers batches until the queue's other end is dropped.
fn deliver(subscription: &Subscription, records: &Receiver<Record>) {
    let mut is_lost = false;
    while let Ok(first) = records.recv() {
        let limit = Instant::now().checked_add(subscription.timeout);
        let mut bytes = first.json.len();
        let mut batch = vec![first.json];
        let mut is_over = false;
        while batch.len() < subscription.max_items && bytes < subscription.max_bytes {
            let left = limit.map_or(Duration::ZERO, |limit| {
                limit.saturating_duration_since(Instant::now())
            });
            match records.recv_timeout(left) {
                Ok(record) => {
                    bytes = bytes.saturating_add(record.json.len());
                    batch.push(record.json);
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    is_over = true;
                    break;
                }
            }
        }
        // At the end nobody waits for a subscriber that is gone.
        if !(is_over && is_lost) {
            is_lost = send_batch(&subscription.destination, &batch).is_err();
        }
    }
}

fn send_batch(destination: &Destination, batch: &[Vec<u8>]) -> io::Result<()> {
    let connect = |port: u16| {
        let addr = (Ipv4Addr::LOCALHOST, port).into();
        let stream = TcpStream::connect_timeout(&addr, DELIVERY_MAX)?;
        stream.set_write_timeout(Some(DELIVERY_MAX))?;
        stream.set_read_timeout(Some(DELIVERY_MAX))?;
        Ok::<_, io::Error>(stream)
    };
    match destination {
        Destination::Tcp(port) => {
            let mut lines = batch.join(&b'\n');
            lines.push(b'\n');
            send(&connect(*port)?, [&lines, b"", b""]).map_err(|(_, errno)| errno.into())
        }
        Destination::Http(port, path) => {
            let body = [b"[".as_slice(), &batch.join(&b','), b"]"].concat();
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: sandbox.localdomain:{port}\r\n\
                 Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len(),
            );
            let stream = connect(*port)?;
            send(&stream, [head.as_bytes(), &body, b""])
                .map_err(|(_, errno)| io::Error::from(errno))?;
            let reply = receive(&stream, &mut Vec::new(), false, 1 << 16, &mut |_, _| ());
            reply
                .map(drop)
                .map_err(|fault| io::Error::other(fault.text()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    /// A subscription to everything, delivered to `listener`.
    fn subscription(listener: &TcpListener, protocol: &str) -> Subscription {
        let port = listener.local_addr().unwrap().port();
        let text = format!(
            r#"{{"schemaVersion":"2022-12-13","types":["platform","function","extension"],
            "buffering":{{"timeoutMs":25,"maxItems":10000,"maxBytes":1048576}},
            "destination":{{"protocol":"{protocol}","port":{port},"URI":"http://sandbox:{port}/"}}}}"#
        );
        Subscription::parse(text.as_bytes(), 0).unwrap()
    }

    fn record(text: &str) -> Record {
        Record::new(Category::Function, "function", Value::from(text))
    }

    #[test]
    fn records_come_over_tcp_a_line_each() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut subscriber = Subscriber::start(subscription(&listener, "TCP")).unwrap();
        subscriber.offer(&record("one"));
        subscriber.offer(&record("two"));
        subscriber.end();
        let mut text = String::new();
        // A batch is a connection, and two records are one or two.
        while text.lines().count() < 2 {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_to_string(&mut text).unwrap();
        }
        for (line, want) in text.lines().zip(["one", "two"]) {
            let end = format!(r#""type":"function","record":"{want}"}}"#);
            assert!(line.ends_with(&end), "{line}");
        }
    }

    #[test]
    fn a_slow_subscriber_hears_how_much_it_has_missed() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut subscriber = Subscriber::start(subscription(&listener, "HTTP")).unwrap();
        // Reads a batch, and then says that it has.
        let accept = || {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = BufReader::new(stream);
            let mut len = 0;
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).unwrap();
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    len = value.trim_end().parse().unwrap();
                }
            }
            let mut body = vec![0; len];
            stream.read_exact(&mut body).unwrap();
            (stream.into_inner(), String::from_utf8(body).unwrap())
        };
        let taken = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        subscriber.offer(&record("first"));
        let (mut stream, _) = accept();
        for _ in 0..QUEUE_LEN_MAX + 5 {
            subscriber.offer(&record("next"));
        }
        stream.write_all(taken).unwrap();
        let lost = loop {
            let (mut stream, body) = accept();
            stream.write_all(taken).unwrap();
            if let Some((_, lost)) = body.split_once("platform.logsDropped") {
                break lost.to_owned();
            }
            subscriber.offer(&record("last"));
        };
        let (_, lost) = lost.split_once(r#""droppedRecords":"#).unwrap();
        // All that were too many, unless some were taken meanwhile.
        assert!((b'1'..=b'5').contains(&lost.as_bytes()[0]), "{lost}");
    }

    #[test]
    fn subscriptions_are_checked() {
        let check = |body: &str, want: Result<&str, &str>| {
            let got = Subscription::parse(body.as_bytes(), 9100);
            match (got, want) {
                (Ok(subscription), Ok(types)) => assert_eq!(subscription.types.join(" "), types),
                (Err(error), Err(want)) => assert!(error.contains(want), "{error}"),
                (got, want) => panic!("{got:?}, {want:?} of {body}"),
            }
        };
        let body = |types: &str, more: &str| {
            format!(r#"{{"schemaVersion":"2022-12-13","types":{types}{more}}}"#)
        };
        let uri = |uri: &str| format!(r#","destination":{{"protocol":"HTTP","URI":"{uri}"}}"#);
        let here = uri("http://sandbox.localdomain:4243/x");
        let tcp = r#","destination":{"protocol":"TCP","port":4243}"#;
        check(
            &body(r#"["platform","function"]"#, &here),
            Ok("platform function"),
        );
        check(&body(r#"["extension"]"#, tcp), Ok("extension"));
        check("{", Err("expected"));
        check("{}", Err("schemaVersion"));
        check(&body("[]", &here), Err("types"));
        check(&body(r#"["platform","other"]"#, &here), Err("types"));
        check(&body(r#"["platform"]"#, ""), Err("destination"));
        check(
            &body(r#"["platform"]"#, &uri("http://example.com:1/")),
            Err("destination"),
        );
        check(
            &body(r#"["platform"]"#, &uri("https://sandbox.localdomain:1/")),
            Err("destination"),
        );
        check(
            &body(r#"["platform"]"#, &uri("http://sandbox.localdomain:9100/")),
            Err("taken"),
        );
        for (buffering, want) in [
            (r#""maxItems":1000"#, Ok("platform")),
            (r#""maxItems":999"#, Err("maxItems")),
            (r#""maxItems":10001"#, Err("maxItems")),
            (r#""maxBytes":1"#, Err("maxBytes")),
            (r#""timeoutMs":25,"maxBytes":1048576"#, Ok("platform")),
            (r#""timeoutMs":30001"#, Err("timeoutMs")),
            (r#""timeoutMs":"1""#, Err("timeoutMs")),
        ] {
            let more = format!(r#","buffering":{{{buffering}}}{tcp}"#);
            check(&body(r#"["platform"]"#, &more), want);
        }
    }
}
