//! The last invocations, which the page of the local Lambda shows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use crate::emulator::report::{InvocationReport, ms_value};
use crate::emulator::server::lock;
use crate::emulator::services::xray::Subsegment;
use crate::emulator::time::epoch_ms;
use crate::json;
use crate::json::{Object, Value};

/// The number of invocations that are kept.
const RECORDS_MAX: usize = 50;
/// The length of the start of an event or a response that is kept, in bytes.
const BODY_LEN_MAX: usize = 256 * 1024;
/// The longest event from which a title is made, in bytes.
const TITLED_LEN_MAX: usize = 16 * 1024;
/// The longest title, and the longest name of a subsegment, in characters.
const TITLE_LEN_MAX: usize = 100;
/// The number of subsegments of an invocation that are kept.
const SUBSEGMENTS_MAX: usize = 200;

/// The last invocations. They take at most 50 MB, since logs and lines about metrics have at most 64 KB each.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<HistoryState>);

#[derive(Debug, Default)]
struct HistoryState {
    /// The number of times that a record was added or changed.
    n_changes: u64,
    /// The number of the next record.
    next: u64,
    records: VecDeque<Record>,
}

/// One invocation, or one attempt of an invocation that is repeated.
#[derive(Debug)]
struct Record {
    number: u64,
    request_id: String,
    began_ms: u64,
    title: String,
    event: CutBody,
    response: CutBody,
    content_type: Option<String>,
    /// The error type and the error document.
    error: Option<(String, Vec<u8>)>,
    is_over: bool,
    report: InvocationReport,
    log: Vec<u8>,
    /// Lines about metrics.
    metrics: String,
    /// The subsegments in the order in which a tree shows them.
    subsegments: Vec<Value>,
}

/// The beginning of a body.
#[derive(Debug, Default)]
struct CutBody {
    bytes: Vec<u8>,
    /// The length of the whole body, in bytes.
    len: usize,
}

impl CutBody {
    fn push(&mut self, bytes: &[u8]) {
        let room = BODY_LEN_MAX.saturating_sub(self.bytes.len());
        let kept = bytes.get(..room).unwrap_or(bytes);
        self.bytes.extend_from_slice(kept);
        self.len = self.len.saturating_add(bytes.len());
    }

    fn is_cut(&self) -> bool {
        self.len > self.bytes.len()
    }
}

/// Writes the record of one invocation.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    history: Arc<History>,
    number: u64,
}

impl History {
    /// Adds an invocation.
    pub(crate) fn begin(self: &Arc<Self>, request_id: &str, event: &[u8]) -> Recorder {
        let mut body = CutBody::default();
        body.push(event);
        let mut state = lock(&self.0);
        let number = state.next;
        state.next = number.saturating_add(1);
        state.n_changes = state.n_changes.saturating_add(1);
        if state.records.len() >= RECORDS_MAX {
            state.records.pop_front();
        }
        state.records.push_back(Record {
            number,
            request_id: request_id.to_owned(),
            began_ms: epoch_ms(SystemTime::now()),
            title: title(event),
            event: body,
            response: CutBody::default(),
            content_type: None,
            error: None,
            is_over: false,
            report: InvocationReport::default(),
            log: Vec::new(),
            metrics: String::new(),
            subsegments: Vec::new(),
        });
        drop(state);
        Recorder {
            history: Arc::clone(self),
            number,
        }
    }

    /// Returns the number of changes so far, and the invocations as JSON, the newest first.
    pub(crate) fn list(&self) -> (u64, Vec<Value>) {
        let state = lock(&self.0);
        let records = state.records.iter().rev();
        let records = records.map(|record| Value::Object(record.summary()));
        (state.n_changes, records.collect())
    }

    /// Returns an invocation as JSON. `name` is its number, or a request ID.
    pub(crate) fn find(&self, name: &str) -> Option<Object> {
        let state = lock(&self.0);
        let has_name = |it: &&Record| it.request_id == name || it.number.to_string() == name;
        let record = state.records.iter().rev().find(has_name);
        record.map(Record::details)
    }
}

impl Recorder {
    fn change(&self, change: impl FnOnce(&mut Record)) {
        let mut state = lock(&self.history.0);
        state.n_changes = state.n_changes.saturating_add(1);
        let mut records = state.records.iter_mut();
        // The record may have been removed, since only the last ones are kept.
        if let Some(record) = records.find(|it| it.number == self.number) {
            change(record);
        }
    }

    /// Records the content type of a response.
    pub(crate) fn set_content_type(&self, content_type: Option<&str>) {
        self.change(|record| record.content_type = content_type.map(str::to_owned));
    }

    /// Records a part of a response.
    pub(crate) fn push(&self, bytes: &[u8]) {
        self.change(|record| record.response.push(bytes));
    }

    /// Records the error of an invocation that failed.
    pub(crate) fn fail(&self, error_type: &str, document: &[u8]) {
        let document = document.get(..BODY_LEN_MAX).unwrap_or(document);
        let error = (error_type.to_owned(), document.to_vec());
        self.change(|record| {
            record.error = Some(error);
            record.is_over = true;
        });
    }

    /// Records the end of an invocation.
    pub(crate) fn end(
        &self,
        report: &InvocationReport,
        log: &[u8],
        metric_lines: &str,
        subsegments: &[Subsegment],
    ) {
        let subsegments = flat(subsegments);
        self.change(|record| {
            record.report = report.clone();
            record.log = log.to_vec();
            record.metrics = metric_lines.to_owned();
            record.subsegments = subsegments;
            record.is_over = true;
        });
    }
}

impl Record {
    fn status(&self) -> &'static str {
        match &self.report.failure {
            Some((status, _)) => status,
            None if self.error.is_some() => "error",
            None if self.is_over => "success",
            None => "pending",
        }
    }

    /// Returns what a list of invocations shows.
    fn summary(&self) -> Object {
        let report = &self.report;
        let mut object = Object::new();
        object.insert("number", self.number);
        object.insert("requestId", self.request_id.as_str());
        object.insert("time", self.began_ms);
        object.insert("title", self.title.as_str());
        object.insert("status", self.status());
        let error_type = self.error.as_ref().map(|(error_type, _)| error_type);
        object.insert("errorType", error_type.cloned());
        // An invocation that no environment has run has no report.
        if !report.request_id.is_empty() {
            object.insert("durationMs", ms_value(report.duration));
            object.insert("initMs", report.init_time.map(ms_value));
            object.insert("isCold", report.is_cold);
            object.insert("peakKb", report.peak_kb);
            object.insert("memoryMb", report.memory_mb);
        }
        object
    }

    fn details(&self) -> Object {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut object = self.summary();
        for (name, body) in [("event", &self.event), ("response", &self.response)] {
            let body =
                json!({ "text": text(&body.bytes), "len": body.len, "isCut": body.is_cut() });
            object.insert(name, body);
        }
        object.insert("contentType", self.content_type.clone());
        let document = self.error.as_ref().map(|(_, document)| text(document));
        object.insert("error", document);
        object.insert("log", text(&self.log));
        object.insert("metrics", self.metrics.as_str());
        object.insert("subsegments", self.subsegments.clone());
        object
    }
}

/// Returns a short text by which a developer recognizes an event.
fn title(event: &[u8]) -> String {
    let parsed = Some(event).filter(|event| event.len() <= TITLED_LEN_MAX);
    let parsed = parsed.and_then(|event| json::parse_replacing_surrogates::<Value>(event).ok());
    let parsed = parsed.unwrap_or_default();
    let member = |pointer| parsed.pointer(pointer).and_then(Value::as_str);
    let either = |a, b| member(a).or_else(|| member(b));
    let method = either("/requestContext/http/method", "/httpMethod");
    let path = either("/rawPath", "/path");
    if let (Some(method), Some(path)) = (method, path) {
        let query = member("/rawQueryString").filter(|query| !query.is_empty());
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        return cut(&format!("{method} {path}{query}"));
    }
    let kinds = [
        "/Records/0/eventSource",
        "/Records/0/EventSource",
        "/eventSource",
        "/detail-type",
        "/triggerSource",
    ];
    let kind = kinds.iter().find_map(|pointer| member(pointer));
    let start = event.get(..TITLED_LEN_MAX).unwrap_or(event);
    let text = String::from_utf8_lossy(start);
    cut(kind.unwrap_or(&text))
}

/// Returns the beginning of a text with single spaces for white space.
fn cut(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().take(TITLE_LEN_MAX).collect();
    let mut rest = words.join(" ");
    if let Some((end, _)) = rest.char_indices().nth(TITLE_LEN_MAX) {
        rest.truncate(end);
        rest.push('…');
    }
    rest
}

/// Returns the first subsegments of a tree as a list in which each has a depth.
fn flat(subsegments: &[Subsegment]) -> Vec<Value> {
    let mut list = Vec::new();
    let start = |it: &Subsegment| it.document.get("start_time").and_then(Value::as_f64);
    let first = subsegments.iter().filter_map(start).reduce(f64::min);
    let mut waiting: Vec<(usize, &Subsegment)> =
        subsegments.iter().rev().map(|it| (0, it)).collect();
    while let Some((depth, it)) = waiting.pop().filter(|_| list.len() < SUBSEGMENTS_MAX) {
        let offset = start(it)
            .zip(first)
            .map(|(start, first)| (start - first) * 1000.0);
        let mut name = cut(&it.name);
        if let Some(namespace) = &it.namespace {
            name = format!("{name} ({})", cut(namespace));
        }
        list.push(json!({
            "depth": depth,
            "name": name,
            "startMs": offset,
            "durationMs": it.duration.map(ms_value),
            "isFailed": it.is_error || it.is_fault || it.is_throttle,
        }));
        let inner = it.subsegments.iter().rev();
        waiting.extend(inner.map(|it| (depth.saturating_add(1), it)));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::samples;

    #[test]
    fn a_title_names_the_request_or_the_source_of_an_event() {
        let check = |event: &str, want: &str| assert_eq!(title(event.as_bytes()), want, "{event}");
        check(
            samples::HTTP_API,
            "POST /prod/orders/42?color=deep%20blue&tag=a%26b&tag=c",
        );
        check(samples::SQS, "aws:sqs");
        check(samples::SNS, "aws:sns");
        check(samples::S3, "aws:s3");
        check(r#"{"detail-type": "Order placed"}"#, "Order placed");
        check("{\n  \"name\": \"Ada\"\n}", r#"{ "name": "Ada" }"#);
        check("", "");
        check("[", "[");
        let (n, long) = (TITLE_LEN_MAX, "é".repeat(TITLE_LEN_MAX + 1));
        check(&long, &format!("{}…", "é".repeat(n)));
        check(&"é".repeat(n), &"é".repeat(n));
        // No title is read from a long event.
        let event = |len| format!(r#"{{"detail-type":"a","b":"{}"}}"#, "b".repeat(len));
        let room = TITLED_LEN_MAX - event(0).len();
        check(&event(room), "a");
        assert!(title(event(room + 1).as_bytes()).starts_with("{\"detail-type"));
    }

    #[test]
    fn a_record_that_is_no_longer_kept_does_not_change() {
        let history = Arc::new(History::default());
        let first = history.begin("first", b"1");
        for _ in 0..RECORDS_MAX {
            history.begin("same", b"2");
        }
        first.push(b"late");
        assert!(history.find("first").is_none());
        let (n_changes, records) = history.list();
        assert_eq!(records.len(), RECORDS_MAX);
        assert_eq!(n_changes, 2 + RECORDS_MAX as u64);
        // Attempts of one invocation share its request ID. A search by this ID finds the last attempt.
        let newest = history.find("same").unwrap();
        assert_eq!(newest.get("number"), Some(&(RECORDS_MAX as u64).into()));
    }

    #[test]
    fn a_response_that_fails_midway_has_a_part_and_an_error() {
        let history = Arc::new(History::default());
        let recorder = history.begin("id", b"1");
        let has = |pointer: &str, want: &str| {
            let details = Value::Object(history.find("id").unwrap());
            let got = details.pointer(pointer).and_then(Value::as_str);
            assert_eq!(got, Some(want), "{pointer} of {details}");
        };
        has("/status", "pending");
        recorder.push(b"a part");
        has("/response/text", "a part");
        recorder.fail("Function.X", b"{}");
        has("/status", "error");
        has("/errorType", "Function.X");
        has("/error", "{}");
        has("/response/text", "a part");
        let report = InvocationReport {
            failure: Some(("timeout", String::new())),
            ..InvocationReport::default()
        };
        recorder.end(&report, b"log", "", &[]);
        has("/status", "timeout");
        has("/log", "log");
    }
}
