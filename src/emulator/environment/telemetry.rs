//! The Telemetry API: reads subscriptions, and delivers records to each subscriber on a thread.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use crate::emulator::time::civil;
use crate::http1::connection::receive;
use crate::json;
use crate::json::{Object, Value};

/// Records that may wait for a slow subscriber. Further records are dropped and counted.
const QUEUE_LEN_MAX: usize = 10_000;
/// How long a subscriber may take for a batch, which is lost after that.
const DELIVERY_MAX: Duration = Duration::from_secs(1);

/// One record.
#[derive(Debug, Clone)]
pub(crate) struct TelemetryRecord {
    /// The stream that it belongs to: one of [`CATEGORIES`].
    category: &'static str,
    /// The record as JSON text.
    pub(crate) json: Vec<u8>,
}

/// The streams of records. A subscription names those that it wants.
const CATEGORIES: [&str; 3] = ["platform", "function", "extension"];

impl TelemetryRecord {
    /// Returns a record of the type `kind`: `function`, `extension`, or `platform.` and a name.
    pub(crate) fn new(kind: &'static str, record: Value) -> TelemetryRecord {
        let mut object = Object::new();
        object.insert("time", civil(SystemTime::now()).rfc3339());
        object.insert("type", kind);
        object.insert("record", record);
        TelemetryRecord {
            category: kind.split_once('.').map_or(kind, |(category, _)| category),
            json: json::to_vec(&object),
        }
    }
}

/// A checked subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TelemetrySubscription {
    pub(crate) types: Vec<&'static str>,
    max_items: usize,
    max_bytes: usize,
    timeout: Duration,
    destination: TelemetryDestination,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum TelemetryDestination {
    /// A POST to this port and path for each batch.
    Http(u16, String),
    /// A connection to this port for each batch, with a line for each record.
    Tcp(u16),
}

impl TelemetrySubscription {
    /// Reads the body of a request. Returns what is wrong with it as an error.
    pub(crate) fn parse(body: &[u8], api_port: u16) -> Result<TelemetrySubscription, String> {
        let asked: Value = json::parse(body).map_err(|error| error.to_string())?;
        let text = |pointer| asked.pointer(pointer).and_then(Value::as_str);
        let schema = text("/schemaVersion").unwrap_or_default();
        if !["2022-07-01", "2022-12-13", "2025-01-29"].contains(&schema) {
            return Err(format!("schemaVersion {schema:?} is not supported"));
        }
        let types = asked.get("types").and_then(Value::as_array);
        let known = |kind: &Value| CATEGORIES.into_iter().find(|name| *kind == **name);
        let types: Option<Vec<&str>> = types.unwrap_or_default().iter().map(known).collect();
        let types = types
            .filter(|types| !types.is_empty())
            .ok_or("types: expected platform, function or extension")?;
        let number = |name: &str, default: u64, min: u64, max: u64| {
            let value = asked.pointer(&format!("/buffering/{name}"));
            let value = value.map_or(default, |value| value.as_u64().unwrap_or(0));
            if !(min..=max).contains(&value) {
                return Err(format!("buffering.{name}: expected {min} to {max}"));
            }
            Ok(value)
        };
        let max_items = number("maxItems", 10_000, 1000, 10_000)?;
        let max_bytes = number("maxBytes", 262_144, 262_144, 1_048_576)?;
        let timeout_ms = number("timeoutMs", 1000, 25, 30_000)?;
        let port = asked.pointer("/destination/port").and_then(Value::as_u64);
        let destination = match text("/destination/protocol") {
            Some("HTTP") => text("/destination/URI").and_then(http_destination),
            Some("TCP") => port
                .and_then(|port| port.try_into().ok())
                .map(TelemetryDestination::Tcp),
            _ => None,
        };
        let destination = destination.ok_or(
            "destination: expected HTTP with a URI of sandbox.localdomain, or TCP with a port",
        )?;
        let (TelemetryDestination::Http(port, _) | TelemetryDestination::Tcp(port)) = &destination;
        if *port == 0 {
            return Err("destination: expected a port from 1 to 65535, found 0".to_owned());
        }
        // 9001 is the Runtime API's port on Lambda.
        if [9001, api_port].contains(port) {
            return Err(format!("destination: port {port} is taken"));
        }
        Ok(TelemetrySubscription {
            types,
            max_items: usize::try_from(max_items).unwrap_or(usize::MAX),
            max_bytes: usize::try_from(max_bytes).unwrap_or(usize::MAX),
            timeout: Duration::from_millis(timeout_ms),
            destination,
        })
    }
}

/// Reads a URI of the environment itself: `http://sandbox.localdomain:PORT/PATH`.
fn http_destination(uri: &str) -> Option<TelemetryDestination> {
    let rest = uri.strip_prefix("http://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let is_here = matches!(
        host,
        "sandbox.localdomain" | "sandbox" | "localhost" | "127.0.0.1"
    );
    let is_clean = !path.contains(|c: char| c.is_whitespace() || c.is_control());
    (is_here && is_clean).then_some(TelemetryDestination::Http(
        port.parse().ok()?,
        format!("/{path}"),
    ))
}

/// A subscriber and the thread that delivers to it.
#[derive(Debug)]
pub(crate) struct Subscriber {
    subscription: TelemetrySubscription,
    queue: SyncSender<TelemetryRecord>,
    thread: JoinHandle<()>,
    /// How many records were dropped since the last report about that, and their length in bytes.
    dropped: (u64, u64),
}

impl Subscriber {
    pub(crate) fn start(subscription: TelemetrySubscription) -> io::Result<Subscriber> {
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

    /// Queues a record if the subscription wants it.
    pub(crate) fn offer(&mut self, record: &TelemetryRecord) {
        if !self.subscription.types.contains(&record.category) {
            return;
        }
        if self.dropped.0 > 0 {
            let (records, bytes) = self.dropped;
            let lost = json!({
                "reason": "Consumer seems to have fallen behind as it has not acknowledged receipt of logs.",
                "droppedRecords": records,
                "droppedBytes": bytes,
            });
            let lost = TelemetryRecord::new("platform.logsDropped", lost);
            if self.queue.try_send(lost).is_ok() {
                self.dropped = (0, 0);
            }
        }
        if let Err(TrySendError::Full(record)) = self.queue.try_send(record.clone()) {
            let len = record.json.len().try_into().unwrap_or(u64::MAX);
            let (n_records, n_bytes) = self.dropped;
            self.dropped = (n_records.saturating_add(1), n_bytes.saturating_add(len));
        }
    }

    /// Delivers what is queued, and ends the thread.
    pub(crate) fn end(self) {
        drop(self.queue);
        let _ = self.thread.join();
    }
}

/// Delivers batches until the sending end of the queue is dropped.
fn deliver(subscription: &TelemetrySubscription, records: &Receiver<TelemetryRecord>) {
    let mut is_lost = false;
    while let Ok(first) = records.recv() {
        let began = Instant::now();
        let mut bytes = first.json.len();
        let mut batch = vec![first.json];
        let mut is_over = false;
        while batch.len() < subscription.max_items && bytes < subscription.max_bytes {
            let left = subscription.timeout.saturating_sub(began.elapsed());
            let received = records.recv_timeout(left);
            is_over = matches!(received, Err(RecvTimeoutError::Disconnected));
            let Ok(record) = received else {
                break;
            };
            bytes = bytes.saturating_add(record.json.len());
            batch.push(record.json);
        }
        // A subscriber that did not accept a batch does not get the last one: Shutdown would wait for it.
        if !(is_over && is_lost) {
            is_lost = send_batch(&subscription.destination, &batch).is_err();
        }
    }
}

fn send_batch(destination: &TelemetryDestination, batch: &[Vec<u8>]) -> io::Result<()> {
    let connect = |port: u16| {
        let addr = (Ipv4Addr::LOCALHOST, port).into();
        let stream = TcpStream::connect_timeout(&addr, DELIVERY_MAX)?;
        stream.set_write_timeout(Some(DELIVERY_MAX))?;
        stream.set_read_timeout(Some(DELIVERY_MAX))?;
        Ok::<_, io::Error>(stream)
    };
    match destination {
        TelemetryDestination::Tcp(port) => {
            let mut lines = batch.join(&b'\n');
            lines.push(b'\n');
            connect(*port)?.write_all(&lines)
        }
        TelemetryDestination::Http(port, path) => {
            let body = [b"[".as_slice(), &batch.join(&b','), b"]"].concat();
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: sandbox.localdomain:{port}\r\n\
                 Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len(),
            );
            let mut stream = connect(*port)?;
            stream.write_all(&[head.as_bytes(), &body].concat())?;
            let reply = receive(
                &stream,
                &mut Vec::new(),
                false,
                0,
                false,
                1 << 16,
                &mut |_, _| (),
            );
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
    fn subscription(listener: &TcpListener, protocol: &str) -> TelemetrySubscription {
        let port = listener.local_addr().unwrap().port();
        let text = format!(
            r#"{{"schemaVersion":"2022-12-13","types":["platform","function","extension"],
            "buffering":{{"timeoutMs":25,"maxItems":10000,"maxBytes":1048576}},
            "destination":{{"protocol":"{protocol}","port":{port},"URI":"http://sandbox:{port}/"}}}}"#
        );
        TelemetrySubscription::parse(text.as_bytes(), 0).unwrap()
    }

    fn record(text: &str) -> TelemetryRecord {
        TelemetryRecord::new("function", Value::from(text))
    }

    #[test]
    fn records_come_over_tcp_on_a_line_each() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut subscriber = Subscriber::start(subscription(&listener, "TCP")).unwrap();
        subscriber.offer(&record("one"));
        subscriber.offer(&record("two"));
        subscriber.end();
        let mut text = String::new();
        // Two records are delivered in one batch or in two, and each batch has a connection.
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
    fn a_slow_subscriber_is_told_how_much_was_dropped() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut subscriber = Subscriber::start(subscription(&listener, "HTTP")).unwrap();
        // Reads a batch.
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
        // Those that did not fit, unless some were taken meanwhile.
        assert!((b'1'..=b'5').contains(&lost.as_bytes()[0]), "{lost}");
    }

    #[test]
    fn subscriptions_are_checked() {
        let check = |body: &str, want: Result<&str, &str>| {
            let got = TelemetrySubscription::parse(body.as_bytes(), 9100);
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
        for destination in [
            &uri("http://sandbox.localdomain:0/"),
            r#","destination":{"protocol":"TCP","port":0}"#,
        ] {
            check(
                &body(r#"["platform"]"#, destination),
                Err("expected a port from 1 to 65535, found 0"),
            );
        }
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
