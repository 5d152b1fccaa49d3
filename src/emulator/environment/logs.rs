//! Where an environment's log goes: to standard error if that is wanted, to subscribers, and its end to callers who ask.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, Weak};
use std::time::SystemTime;

use crate::emulator::report::civil;
use crate::emulator::runtime_api::telemetry::{Category, Record, Subscriber, Subscription};
use crate::emulator::server::lock;
use crate::json;
use crate::json::{Object, Value};
use crate::log;

/// Writes a line for the developer to standard error. Ignores write errors, where `eprintln!` panics:
/// a reader of the other end that has left is no reason to end.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// How much of a log callers get (`X-Amz-Log-Result`): "the last 4 KB of the execution log".
const TAIL_LEN_MAX: usize = 4096;
/// Records of an Init phase that are kept for who subscribes in the course of it.
const HISTORY_LEN_MAX: usize = 1000;

/// The invocations that a runtime in this process may serve, by request id, and where their log goes.
static IN_PROCESS: Mutex<Vec<(String, Weak<Console>)>> = Mutex::new(Vec::new());

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Function,
    Extension,
}

/// The log of an environment.
#[derive(Debug)]
pub(crate) struct Console {
    is_shown: bool,
    /// What is shown is shown by a terminal, which control characters would command.
    is_terminal: bool,
    /// Records are JSON, and so is what is written for people.
    is_json: bool,
    /// The least level that is let through where lines are JSON.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "no processes there")
    )]
    level: String,
    tail: Mutex<Vec<u8>>,
    listeners: Mutex<Listeners>,
}

#[derive(Debug, Default)]
struct Listeners {
    subscribers: Vec<Subscriber>,
    /// What a new one has missed; `None`: nobody may subscribe any more.
    history: Option<Vec<Record>>,
    /// The invocation that lines belong to.
    request_id: String,
}

impl Console {
    pub(crate) fn new(is_shown: bool, log_level: Option<&str>) -> Console {
        Console {
            is_shown,
            is_terminal: is_shown && io::stderr().is_terminal(),
            is_json: log_level.is_some(),
            level: log_level.unwrap_or_default().to_owned(),
            tail: Mutex::default(),
            listeners: Mutex::new(Listeners {
                history: Some(Vec::new()),
                ..Listeners::default()
            }),
        }
    }

    /// Nobody may subscribe any more.
    pub(crate) fn close(&self) {
        lock(&self.listeners).history = None;
    }

    /// Whether somebody may still subscribe.
    pub(crate) fn is_open(&self) -> bool {
        lock(&self.listeners).history.is_some()
    }

    /// From now on `subscription` gets records too.
    pub(crate) fn subscribe(&self, name: &str, subscription: Subscription) -> io::Result<()> {
        let types: Vec<Value> = subscription
            .types
            .iter()
            .copied()
            .map(Value::from)
            .collect();
        let mut subscriber = Subscriber::start(subscription)?;
        let mut listeners = lock(&self.listeners);
        for record in listeners.history.iter().flatten() {
            subscriber.offer(record);
        }
        listeners.subscribers.push(subscriber);
        drop(listeners);
        let text = format!(
            "TELEMETRY\tName: {name}\tState: Subscribed\tTypes: {}",
            Value::Array(types.clone())
        );
        self.platform(
            &text,
            "platform.telemetrySubscription",
            || crate::json!({ "name": name.to_owned(), "state": "Subscribed", "types": types }),
        );
        Ok(())
    }

    /// Delivers what is left to subscribers, and forgets them. Another Init may follow: who
    /// subscribes in the course of it gets all of it.
    pub(crate) fn end_subscriptions(&self) {
        let mut listeners = lock(&self.listeners);
        listeners.history = Some(Vec::new());
        let subscribers = std::mem::take(&mut listeners.subscribers);
        drop(listeners);
        subscribers.into_iter().for_each(Subscriber::end);
    }

    /// Lines that follow belong to this invocation; with `is_in_process`, those too that a runtime in
    /// this process writes about it.
    pub(crate) fn begin(self: &Arc<Self>, request_id: &str, is_in_process: bool) {
        if self.is_json {
            request_id.clone_into(&mut lock(&self.listeners).request_id);
        }
        if is_in_process {
            lock(&IN_PROCESS).push((request_id.to_owned(), Arc::downgrade(self)));
            log::LISTENER.get_or_init(|| hear_in_process);
        }
    }

    /// The invocation is over.
    pub(crate) fn finish(&self, request_id: &str) {
        lock(&IN_PROCESS).retain(|(id, console)| {
            let is_own = std::ptr::eq(console.as_ptr(), self);
            console.strong_count() > 0 && !(is_own && id == request_id)
        });
    }

    /// Writes about the function: `text` for people, a record for machines. An empty text is none.
    pub(crate) fn platform(&self, text: &str, kind: &str, record: impl FnOnce() -> Value) {
        let mut listeners = lock(&self.listeners);
        let is_heard = !listeners.subscribers.is_empty() || listeners.history.is_some();
        if is_heard || self.is_json {
            let record = Record::new(Category::Platform, kind, record());
            if self.is_json {
                self.write(&[&record.json, &b"\n"[..]].concat(), self.is_shown);
            }
            listeners.hear(&record);
        }
        drop(listeners);
        if !self.is_json && !text.is_empty() {
            self.write(&[text.as_bytes(), b"\n"].concat(), self.is_shown);
        }
    }

    /// Writes what a process has written, whole lines in one piece.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "no processes there")
    )]
    pub(crate) fn output(&self, source: Source, bytes: &[u8]) {
        self.take_in(source, bytes, self.is_shown);
    }

    fn take_in(&self, source: Source, bytes: &[u8], is_shown: bool) {
        let mut listeners = lock(&self.listeners);
        let is_heard = !listeners.subscribers.is_empty() || listeners.history.is_some();
        if !is_heard && !self.is_json {
            drop(listeners);
            return self.write(bytes, is_shown);
        }
        let (category, kind) = match source {
            Source::Function => (Category::Function, "function"),
            Source::Extension => (Category::Extension, "extension"),
        };
        for line in bytes.split_inclusive(|&b| b == b'\n') {
            let text =
                String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line)).into_owned();
            if !self.is_json {
                listeners.hear(&Record::new(category, kind, Value::String(text)));
                continue;
            }
            let Some(object) = json_line(&text, &self.level, &listeners.request_id) else {
                continue;
            };
            self.write(&[&json::to_vec(&object), &b"\n"[..]].concat(), is_shown);
            listeners.hear(&Record::new(category, kind, Value::Object(object)));
        }
        drop(listeners);
        if !self.is_json {
            self.write(bytes, is_shown);
        }
    }

    fn write(&self, bytes: &[u8], is_shown: bool) {
        let bytes = &*with_newlines(bytes);
        let mut tail = lock(&self.tail);
        tail.extend_from_slice(bytes);
        let too_much = tail.len().saturating_sub(TAIL_LEN_MAX);
        tail.drain(..too_much);
        drop(tail);
        if is_shown && self.is_terminal {
            let _ = io::stderr()
                .lock()
                .write_all(for_terminal(bytes).as_bytes());
        } else if is_shown {
            let _ = io::stderr().lock().write_all(bytes);
        }
    }

    /// The end of what has been written since the last call.
    pub(crate) fn take_tail(&self) -> Vec<u8> {
        std::mem::take(&mut lock(&self.tail))
    }
}

impl Listeners {
    fn hear(&mut self, record: &Record) {
        for subscriber in &mut self.subscribers {
            subscriber.offer(record);
        }
        if let Some(history) = &mut self.history {
            if history.len() < HISTORY_LEN_MAX {
                history.push(record.clone());
            }
        }
    }
}

/// Takes a line that a runtime in this process has written to standard error.
fn hear_in_process(request_id: &str, line: &[u8]) {
    let consoles = lock(&IN_PROCESS);
    let is_its = |(id, _): &&(String, Weak<Console>)| id == request_id;
    let console = consoles
        .iter()
        .rev()
        .find(is_its)
        .and_then(|c| c.1.upgrade());
    drop(consoles);
    if let Some(console) = console {
        console.take_in(Source::Function, line, false);
    }
}

/// The same with LF at the end of each line. A runtime joins the lines of a message by CR, for
/// CloudWatch; here each would overwrite the one before.
fn with_newlines(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'\r') {
        return Cow::Borrowed(bytes);
    }
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' if rest.peek() == Some(&b'\n') => {}
            b'\r' => text.push(b'\n'),
            _ => text.push(byte),
        }
    }
    Cow::Owned(text)
}

/// The same as a terminal may get it: colours work, but what else a control character would do, such
/// as to erase or to rename the window, is shown as `\\x1b`. A function logs what strangers send it.
fn for_terminal(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..).unwrap_or_default();
        let colour = behind
            .strip_prefix('[')
            .filter(|_| c == '\x1b')
            .and_then(|inside| {
                let is_other = |c: char| !matches!(c, '0'..='9' | ';' | ':');
                inside
                    .find(is_other)
                    .and_then(|at| inside.get(at..)?.strip_prefix('m'))
            });
        if let Some(behind) = colour {
            let len = rest.len().saturating_sub(behind.len());
            shown.push_str(rest.get(..len).unwrap_or_default());
            rest = behind;
            continue;
        }
        if c.is_control() && !matches!(c, '\n' | '\t') {
            let _ = write!(shown, "\\x{:02x}", u32::from(c));
        } else {
            shown.push(c);
        }
        rest = behind;
    }
    shown
}

/// Log levels, from the least to the most.
pub(crate) const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// A line of the function where its log format is JSON ("Configuring JSON and plain text log
/// formats"): an object stays what it is, anything else is wrapped; `None`: its level is too low.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "no processes there")
)]
fn json_line(text: &str, least: &str, request_id: &str) -> Option<Object> {
    let rank = |level: &str| {
        LEVELS
            .iter()
            .position(|known| known.eq_ignore_ascii_case(level))
    };
    let parsed = json::parse_replacing_surrogates(text.as_bytes());
    let object = if let Ok(Value::Object(object)) = parsed {
        object
    } else {
        let mut wrapped = Object::new();
        wrapped.insert("timestamp", civil(SystemTime::now()).rfc3339());
        wrapped.insert("level", "INFO");
        wrapped.insert("message", text);
        if !request_id.is_empty() {
            wrapped.insert("requestId", request_id);
        }
        wrapped
    };
    let level = object.get("level").and_then(Value::as_str).and_then(rank);
    (level.or_else(|| rank("INFO")) >= rank(least)).then_some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_lf() {
        let check = |text: &str, want: &str| {
            assert_eq!(&*with_newlines(text.as_bytes()), want.as_bytes());
        };
        check("", "");
        check("a\nb\n", "a\nb\n");
        check("a\rb\n", "a\nb\n");
        check("a\r\nb\r\n", "a\nb\n");
        check("a\r\r\nb\r", "a\n\nb\n");
    }

    #[test]
    fn a_terminal_gets_text_and_colours() {
        let check = |text: &[u8], want: &str| assert_eq!(for_terminal(text), want);
        check(
            "a\tb\nc \u{e9}\u{1f600}".as_bytes(),
            "a\tb\nc \u{e9}\u{1f600}",
        );
        check(b"\x1b[1;31mred\x1b[m", "\x1b[1;31mred\x1b[m");
        check(b"\x1b[2Jgone", "\\x1b[2Jgone");
        check(b"\x1b]0;title\x07", "\\x1b]0;title\\x07");
        check(b"\x1b[31", "\\x1b[31");
        check(b"\x1b", "\\x1b");
        check(b"a\x08b\x7f\0", "a\\x08b\\x7f\\x00");
        check("\u{9b}2J".as_bytes(), "\\x9b2J");
        check(b"\xff", "\u{fffd}");
    }

    #[test]
    fn lines_are_wrapped_and_filtered_where_the_format_is_json() {
        let check = |text: &str, least: &str, want: Option<&str>| {
            let got = json_line(text, least, "id").map(|mut object| {
                object.remove("timestamp");
                Value::Object(object).to_string()
            });
            assert_eq!(got.as_deref(), want, "{text}");
        };
        let wrapped = r#"{"level":"INFO","message":"hi","requestId":"id"}"#;
        check("hi", "INFO", Some(wrapped));
        check("hi", "TRACE", Some(wrapped));
        check("hi", "WARN", None);
        check(
            "[1]",
            "INFO",
            Some(r#"{"level":"INFO","message":"[1]","requestId":"id"}"#),
        );
        check(r#"{"level":"debug"}"#, "INFO", None);
        check(
            r#"{"level":"debug"}"#,
            "DEBUG",
            Some(r#"{"level":"debug"}"#),
        );
        check(r#"{"level":"odd"}"#, "INFO", Some(r#"{"level":"odd"}"#));
        check(r#"{"a":1}"#, "ERROR", None);
        check(
            r#"{"level":"FATAL"}"#,
            "ERROR",
            Some(r#"{"level":"FATAL"}"#),
        );
    }
}
