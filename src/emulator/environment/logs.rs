//! The log of an environment: it goes to standard error, to telemetry subscribers, and to callers that want its end.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::SystemTime;

use crate::emulator::environment::telemetry::{Subscriber, TelemetryRecord, TelemetrySubscription};
use crate::emulator::server::lock;
use crate::emulator::services::metrics::{self, Metric, MetricLine};
use crate::emulator::settings::Settings;
use crate::emulator::time::civil;
use crate::json;
use crate::json::{Object, Value};

/// Writes a line for the developer to standard error. Ignores write errors, where `eprintln!` would
/// panic: the emulator goes on if the pipe is closed.
pub(crate) fn print_line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Log levels, from the lowest to the highest.
pub(crate) const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// The length of the end of an invocation's log that is kept, in bytes.
const LOG_LEN_MAX: usize = 64 * 1024;
/// Records of an Init phase that are kept for later subscribers.
const HISTORY_LEN_MAX: usize = 1000;

/// Length of the metrics that are kept for an invocation: that of their lines, times their number.
const METRICS_LEN_MAX: usize = 4 * 1024 * 1024;

/// The log of one environment.
#[derive(Debug)]
pub(crate) struct EnvironmentLog {
    /// Whether the log goes to standard error.
    is_printed: bool,
    /// Whether lines about what the function sent to local services, and its metrics, go to standard error.
    prints_notes: bool,
    /// Whether standard error is a terminal, which would interpret control characters.
    is_terminal: bool,
    /// The lowest level that is logged in JSON; `None` if the log format is text.
    json_level: Option<String>,
    tail: Mutex<Vec<u8>>,
    state: Mutex<LogState>,
}

#[derive(Debug, Default)]
struct LogState {
    subscribers: Vec<Subscriber>,
    /// The records that a new subscriber gets first; `None` if nothing may subscribe any more.
    history: Option<Vec<TelemetryRecord>>,
    /// The invocation that lines belong to.
    request_id: String,
    /// The metrics in the lines since the last invocation ended, and their length.
    metrics: Vec<Metric>,
    metrics_len: usize,
    /// Lines of text: one for each of these metrics, and one for each value that CloudWatch would ignore.
    metric_lines: String,
}

impl EnvironmentLog {
    /// Returns the log of an environment with these settings.
    pub(crate) fn new(settings: &Settings) -> EnvironmentLog {
        let prints_notes = settings.log || settings.prints_notes;
        let json_level = settings.json_log_level.as_deref();
        EnvironmentLog {
            is_printed: settings.log,
            prints_notes,
            is_terminal: prints_notes && io::stderr().is_terminal(),
            json_level: json_level.map(str::to_owned),
            tail: Mutex::default(),
            state: Mutex::new(LogState {
                history: Some(Vec::new()),
                ..LogState::default()
            }),
        }
    }

    /// Refuses subscriptions from now on.
    pub(crate) fn end_subscribing(&self) {
        lock(&self.state).history = None;
    }

    /// Returns whether extensions may still subscribe.
    pub(crate) fn allows_subscriptions(&self) -> bool {
        lock(&self.state).history.is_some()
    }

    /// Adds a subscription of the extension `name`.
    pub(crate) fn subscribe(
        &self,
        name: &str,
        subscription: TelemetrySubscription,
    ) -> io::Result<()> {
        let types = Value::from(subscription.types.clone());
        let mut subscriber = Subscriber::start(subscription)?;
        let mut state = lock(&self.state);
        for record in state.history.iter().flatten() {
            subscriber.offer(record);
        }
        state.subscribers.push(subscriber);
        drop(state);
        let text = format!("TELEMETRY\tName: {name}\tState: Subscribed\tTypes: {types}");
        let record = json!({ "name": name, "state": "Subscribed", "types": types });
        self.write_platform(&text, "platform.telemetrySubscription", record);
        Ok(())
    }

    /// Delivers what is left to the subscribers, and removes them. Extensions may subscribe again
    /// during the next Init.
    pub(crate) fn end_subscriptions(&self) {
        let mut state = lock(&self.state);
        state.history = Some(Vec::new());
        let subscribers = std::mem::take(&mut state.subscribers);
        drop(state);
        subscribers.into_iter().for_each(Subscriber::end);
    }

    /// Assigns the lines that follow to an invocation.
    pub(crate) fn begin(&self, request_id: &str) {
        request_id.clone_into(&mut lock(&self.state).request_id);
    }

    /// Returns the metrics in the lines since the last call, and lines that show them.
    pub(crate) fn take_metrics(&self) -> (Vec<Metric>, String) {
        let mut state = lock(&self.state);
        state.metrics_len = 0;
        let lines = std::mem::take(&mut state.metric_lines);
        (std::mem::take(&mut state.metrics), lines)
    }

    /// Writes a line of an extension that the local Lambda plays itself.
    pub(crate) fn write_extension_line(&self, line: &str, is_printed: bool) {
        self.write_lines("extension", format!("{line}\n").as_bytes(), is_printed);
    }

    /// Writes lines about an invocation that Lambda does not write. A log in JSON has no place for them, so
    /// they only go to standard error then.
    pub(crate) fn write_note(&self, lines: &str) {
        if self.json_level.is_none() {
            self.write(lines.as_bytes(), self.prints_notes);
        } else if self.prints_notes {
            self.print(lines.as_bytes());
        }
    }

    /// Writes what Lambda logs about the function: `text` in text logs, unless it is empty, and a record of
    /// the type `kind` in JSON logs and for subscribers. Members of `record` that are null are left out.
    pub(crate) fn write_platform(&self, text: &str, kind: &'static str, record: Value) {
        let record = TelemetryRecord::new(kind, without_nulls(record));
        if self.json_level.is_some() {
            self.write_line(&record.json, self.is_printed);
        } else if !text.is_empty() {
            self.write_line(text.as_bytes(), self.is_printed);
        }
        lock(&self.state).publish(&record);
    }

    /// Writes whole lines of a process's output, which become records of the type `kind`.
    pub(crate) fn write_output(&self, kind: &'static str, lines: &[u8]) {
        self.write_lines(kind, lines, self.is_printed);
    }

    pub(crate) fn write_lines(&self, kind: &'static str, lines: &[u8], is_printed: bool) {
        let mut notes = String::new();
        let mut state = lock(&self.state);
        for line in lines.split_inclusive(|&b| b == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let text = String::from_utf8_lossy(line).into_owned();
            let metrics = metrics::read_line(&text).filter(|_| kind == "function");
            let record = match &self.json_level {
                None => Value::String(text),
                Some(level) => match json_log_line(&text, level, &state.request_id) {
                    Some(object) => object.into(),
                    None => continue,
                },
            };
            if self.json_level.is_some() {
                self.write_line(&json::to_vec(&record), is_printed);
            }
            if let Some(metrics) = metrics {
                notes.push_str(&state.add_metrics(metrics, line.len()));
            }
            state.publish(&TelemetryRecord::new(kind, record));
        }
        drop(state);
        if self.json_level.is_none() {
            self.write(lines, is_printed);
        }
        if self.prints_notes {
            self.print(notes.as_bytes());
        }
    }

    fn write_line(&self, line: &[u8], is_printed: bool) {
        self.write(&[line, b"\n"].concat(), is_printed);
    }

    fn write(&self, bytes: &[u8], is_printed: bool) {
        let bytes = &lines_with_lf(bytes);
        let mut tail = lock(&self.tail);
        tail.extend_from_slice(bytes);
        let excess = tail.len().saturating_sub(LOG_LEN_MAX);
        tail.drain(..excess);
        drop(tail);
        if is_printed {
            self.print(bytes);
        }
    }

    fn print(&self, bytes: &[u8]) {
        if self.is_terminal {
            let text = escape_for_terminal(bytes);
            let _ = io::stderr().lock().write_all(text.as_bytes());
        } else {
            let _ = io::stderr().lock().write_all(bytes);
        }
    }

    /// Returns the last bytes of the log that was written since the last call.
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut lock(&self.tail))
    }
}

impl LogState {
    /// Keeps the metrics of a line. Returns lines that show them.
    fn add_metrics(&mut self, found: MetricLine, line_len: usize) -> String {
        let mut lines = String::new();
        for metric in &found.metrics {
            let _ = writeln!(lines, "METRIC {}", metric.line());
        }
        for problem in &found.problems {
            let _ = writeln!(
                lines,
                "METRIC ignored by CloudWatch: {}",
                metrics::one_line(problem)
            );
        }
        if self.metric_lines.len().saturating_add(lines.len()) <= LOG_LEN_MAX {
            self.metric_lines.push_str(&lines);
        }
        // Each metric has the properties of its line.
        let len = line_len.saturating_mul(found.metrics.len());
        if self.metrics_len.saturating_add(len) <= METRICS_LEN_MAX {
            self.metrics_len = self.metrics_len.saturating_add(len);
            self.metrics.extend(found.metrics);
        }
        lines
    }

    fn publish(&mut self, record: &TelemetryRecord) {
        for subscriber in &mut self.subscribers {
            subscriber.offer(record);
        }
        let history = self.history.as_mut();
        if let Some(history) = history.filter(|history| history.len() < HISTORY_LEN_MAX) {
            history.push(record.clone());
        }
    }
}

/// Replaces CR and CRLF by LF. A runtime separates the lines of one message by CR, for CloudWatch; on a
/// terminal each line would overwrite the previous one.
fn lines_with_lf(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' if rest.peek() == Some(&b'\n') => {}
            b'\r' => text.push(b'\n'),
            _ => text.push(byte),
        }
    }
    text
}

/// Escapes control characters as `\x1b`, except in colours: they could erase the screen, rename the window or reverse
/// the text, and a function may log text that anyone on the Internet has sent.
fn escape_for_terminal(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut escaped = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(c) = rest.chars().next() {
        let len = colour_len(rest).unwrap_or(c.len_utf8());
        let (piece, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
        rest = after;
        if piece.len() == c.len_utf8() && metrics::is_control(c) && !matches!(c, '\n' | '\t') {
            let _ = match u32::from(c) {
                code @ ..=0xff => write!(escaped, "\\x{code:02x}"),
                code => write!(escaped, "\\u{{{code:x}}}"),
            };
        } else {
            escaped.push_str(piece);
        }
    }
    escaped
}

/// Returns the length of the colour sequence that `text` begins with (ECMA-48, SGR).
fn colour_len(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\x1b[")?;
    let is_other = |c: char| !matches!(c, '0'..='9' | ';' | ':');
    let rest = parameters.get(parameters.find(is_other)?..)?;
    let after = rest.strip_prefix('m')?;
    text.len().checked_sub(after.len())
}

/// Leaves out the members of an object that are null.
pub(crate) fn without_nulls(record: Value) -> Value {
    match record {
        Value::Object(object) => {
            let members = object.into_iter();
            Value::Object(members.filter(|(_, value)| *value != Value::Null).collect())
        }
        other => other,
    }
}

/// Returns a line of the function as a JSON log has it ("Configuring JSON and plain text log formats"):
/// an object stays as it is, anything else is wrapped. Returns `None` if its level is too low.
fn json_log_line(text: &str, level_min: &str, request_id: &str) -> Option<Object> {
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
    (level.or_else(|| rank("INFO")) >= rank(level_min)).then_some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_of_an_invocation_are_bounded() {
        let line = r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"n","Metrics":[{"Name":"a"},{"Name":"b"}]}]},"a":1,"b":2}"#;
        let mut state = LogState::default();
        let mut add = |line_len| {
            let text = state.add_metrics(metrics::read_line(line).unwrap(), line_len);
            assert_eq!(text, "METRIC n a 1\nMETRIC n b 2\n");
            state.metrics.len()
        };
        assert_eq!(add(METRICS_LEN_MAX / 2 - 1), 2);
        assert_eq!(add(2), 2);
        assert_eq!(add(1), 4);
        assert_eq!(add(1), 4);
    }

    #[test]
    fn lines_end_with_lf() {
        let check = |text: &str, want: &str| {
            assert_eq!(&*lines_with_lf(text.as_bytes()), want.as_bytes());
        };
        check("", "");
        check("a\nb\n", "a\nb\n");
        check("a\rb\n", "a\nb\n");
        check("a\r\nb\r\n", "a\nb\n");
        check("a\r\r\nb\r", "a\n\nb\n");
    }

    #[test]
    fn a_terminal_gets_text_and_colours() {
        let check = |text: &[u8], want: &str| assert_eq!(escape_for_terminal(text), want);
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
        check(
            "\u{202e}a\u{2066}\u{2028}…".as_bytes(),
            "\\u{202e}a\\u{2066}\\u{2028}…",
        );
        check(b"\xff", "\u{fffd}");
    }

    #[test]
    fn lines_are_wrapped_and_filtered_where_the_format_is_json() {
        let check = |text: &str, least: &str, want: Option<&str>| {
            let got = json_log_line(text, least, "id").map(|mut object| {
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
