//! What Lambda writes about an invocation: ids, durations, log lines and error documents. Pure functions.

use std::collections::hash_map::RandomState;
use std::fmt::Write;
use std::hash::BuildHasher;
use std::time::{Duration, SystemTime};

use crate::emulator::time::epoch_ms;
use crate::json;
use crate::json::Value;

/// Returns a random UUID, version 4.
pub(crate) fn uuid() -> String {
    // The keys of a `RandomState` are random numbers of the system.
    let random = || RandomState::new().hash_one(0_u8);
    let (high, low) = (random(), random());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        ((low >> 48) & 0x3fff) | 0x8000,
        low & 0xffff_ffff_ffff,
    )
}

/// Returns a new X-Ray trace: `Root=1-<time>-<24 hex>;Parent=<16 hex>;Sampled=0`.
pub(crate) fn trace_id(now: SystemTime, is_sampled: bool) -> String {
    let seconds = epoch_ms(now) / 1000;
    let random = || RandomState::new().hash_one(1_u8);
    let (a, b, parent) = (random(), random(), random());
    format!(
        "Root=1-{seconds:08x}-{:08x}{b:016x};Parent={parent:016x};Sampled={}",
        a >> 32,
        u8::from(is_sampled),
    )
}

/// Returns milliseconds with two decimals, rounded: `1.23`.
pub(crate) fn ms(duration: Duration) -> String {
    let hundredths = duration.as_micros().saturating_add(5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Returns the milliseconds that are billed: whole ones, rounded up.
pub(crate) fn billed_ms(duration: Duration) -> u128 {
    duration.as_nanos().div_ceil(1_000_000)
}

/// What the REPORT line says about an invocation.
#[derive(Debug, Clone, Default)]
pub(crate) struct InvocationReport {
    pub(crate) request_id: String,
    pub(crate) duration: Duration,
    /// How long Init took, if it was part of this invocation.
    pub(crate) init_time: Option<Duration>,
    /// Whether no runtime waited for an event when this invocation began.
    pub(crate) is_cold: bool,
    pub(crate) memory_mb: u32,
    /// The peak resident memory; `None` if the emulator has not started the process.
    pub(crate) peak_kb: Option<u64>,
    /// The status, `timeout` or `error`, and the error type.
    pub(crate) failure: Option<(&'static str, String)>,
    /// The X-Ray tracing header.
    pub(crate) trace_id: Option<String>,
    /// Lengths of the event and the response, in bytes.
    pub(crate) event_len: usize,
    pub(crate) response_len: u64,
}

impl InvocationReport {
    /// Returns the line in Lambda's words and order. `Peak memory`, `Event` and `Response` are added,
    /// since Lambda's whole MB say little about functions of this size.
    pub(crate) fn line(&self) -> String {
        let mut line = format!(
            "REPORT RequestId: {}\tDuration: {} ms\tBilled Duration: {} ms\tMemory Size: {} MB",
            self.request_id,
            ms(self.duration),
            billed_ms(self.billed_time()),
            self.memory_mb,
        );
        if let Some(kb) = self.peak_kb {
            let _ = write!(line, "\tMax Memory Used: {} MB", kb.div_ceil(1024));
        }
        if let Some(init) = self.init_time {
            let _ = write!(line, "\tInit Duration: {} ms", ms(init));
        }
        if let Some(kb) = self.peak_kb {
            let _ = write!(line, "\tPeak memory: {kb} KB");
        }
        let (event_len, response_len) = (self.event_len, self.response_len);
        let _ = write!(line, "\tEvent: {event_len} B\tResponse: {response_len} B");
        if let Some((status, error_type)) = &self.failure {
            let _ = write!(line, "\tStatus: {status}");
            if !error_type.is_empty() {
                let _ = write!(line, "\tError Type: {error_type}");
            }
        }
        let trace_id = self.trace_id.as_deref().unwrap_or_default();
        if trace_id.contains("Sampled=1") {
            let mut parts = trace_id.split(';');
            let root = parts.find_map(|part| part.strip_prefix("Root="));
            let root = root.unwrap_or_default();
            let _ = write!(line, "\nXRAY TraceId: {root}\tSampled: true");
        }
        line
    }

    /// Returns the time that is billed. Init is billed since 1 August 2025.
    fn billed_time(&self) -> Duration {
        let init_time = self.init_time.unwrap_or_default();
        self.duration.saturating_add(init_time)
    }

    /// Returns the report as a telemetry record. `record` has the members that name the invocation.
    pub(crate) fn record(&self, mut record: json::Object) -> Value {
        let mut metrics = json::Object::new();
        metrics.insert("durationMs", ms_value(self.duration));
        let billed_ms = u64::try_from(billed_ms(self.billed_time()));
        metrics.insert("billedDurationMs", billed_ms.unwrap_or(u64::MAX));
        metrics.insert("memorySizeMB", self.memory_mb);
        if let Some(kb) = self.peak_kb {
            metrics.insert("maxMemoryUsedMB", kb.div_ceil(1024));
        }
        if let Some(init) = self.init_time {
            metrics.insert("initDurationMs", ms_value(init));
        }
        let (status, error_type) = match &self.failure {
            None => ("success", ""),
            Some((status, error_type)) => (*status, error_type.as_str()),
        };
        record.insert("status", status);
        if !error_type.is_empty() {
            record.insert("errorType", error_type);
        }
        record.insert("metrics", metrics);
        Value::Object(record)
    }
}

/// Returns milliseconds as a JSON number.
pub(crate) fn ms_value(duration: Duration) -> Value {
    let number = json::parse(ms(duration).as_bytes());
    debug_assert!(number.is_ok(), "milliseconds are a JSON number");
    number.unwrap_or_default()
}

/// Returns the line about an Init phase that failed. `phase` is `init`, or `invoke` if Init was part of an
/// invocation.
pub(crate) fn init_report(took: Duration, phase: &str, status: &str, error_type: &str) -> String {
    let mut line = format!(
        "INIT_REPORT Init Duration: {} ms\tPhase: {phase}\tStatus: {status}",
        ms(took)
    );
    if !error_type.is_empty() {
        let _ = write!(line, "\tError Type: {error_type}");
    }
    line
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProcessExit {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) core_dumped: bool,
}

/// Returns Lambda's message about an exit: `Runtime exited with error: exit status 1`.
pub(crate) fn exit_text(exit: ProcessExit) -> String {
    match exit.code {
        Some(0) => "Runtime exited without providing a reason".to_owned(),
        _ => format!("Runtime exited with error: {}", exit_reason(exit)),
    }
}

/// Returns the reason of an exit: `exit status 1`, `signal: killed`. The words are those of Go, the
/// language of Lambda's servers.
pub(crate) fn exit_reason(exit: ProcessExit) -> String {
    // The signals from 1 on.
    const SIGNALS: [&str; 15] = [
        "hangup",
        "interrupt",
        "quit",
        "illegal instruction",
        "trace/breakpoint trap",
        "aborted",
        "bus error",
        "floating point exception",
        "killed",
        "user defined signal 1",
        "segmentation fault",
        "user defined signal 2",
        "broken pipe",
        "alarm clock",
        "terminated",
    ];
    let name = |number: i32| SIGNALS.get(usize::try_from(number.checked_sub(1)?).ok()?);
    let mut text = match (exit.code, exit.signal) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(number)) => match name(number) {
            Some(name) => format!("signal: {name}"),
            None => format!("signal: signal {number}"),
        },
        (None, None) => "unknown".to_owned(),
    };
    if exit.core_dumped {
        text.push_str(" (core dumped)");
    }
    text
}

/// Returns `{"errorType":...,"errorMessage":...}`, the error document that Lambda itself writes.
pub(crate) fn error_document(error_type: &str, message: &str) -> Vec<u8> {
    json::to_vec(&json!({ "errorType": error_type, "errorMessage": message }))
}

/// Returns `{"errorMessage":...,"errorType":...}` and a line end: the body with which AWS's servers refuse
/// a call.
pub(crate) fn refusal_document(error_type: &str, message: &str) -> Vec<u8> {
    let document = json!({ "errorMessage": message, "errorType": error_type });
    let mut document = json::to_vec(&document);
    document.push(b'\n');
    document
}

/// Returns the error type for a header `Lambda-Runtime-Function-Error-Type`, as AWS does: the header itself
/// if it contains `Runtime.` or `Function.` and a word that begins with a capital letter, else an unknown
/// type.
pub(crate) fn error_type(header: &str) -> String {
    let has_reason = |category: &str| {
        header.split(category).skip(1).any(|reason| {
            let mut letters = reason.bytes();
            letters.next().is_some_and(|b| b.is_ascii_uppercase())
                && letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        })
    };
    if has_reason("Runtime.") || has_reason("Function.") {
        header.to_owned()
    } else if header.starts_with("Function.") {
        "Function.Unknown".to_owned()
    } else {
        "Runtime.Unknown".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (us, want, billed) in [
            (0, "0.00", 0),
            (4, "0.00", 1),
            (5, "0.01", 1),
            (1234, "1.23", 2),
            (1235, "1.24", 2),
            (999_999, "1000.00", 1000),
            (3_000_000, "3000.00", 3000),
        ] {
            let duration = Duration::from_micros(us);
            assert_eq!(
                (ms(duration).as_str(), billed_ms(duration)),
                (want, billed),
                "{us} µs"
            );
        }
    }

    #[test]
    fn report_lines_are_lambdas() {
        let report = InvocationReport {
            request_id: "id".to_owned(),
            duration: Duration::from_micros(1234),
            memory_mb: 128,
            ..InvocationReport::default()
        };
        assert_eq!(
            report.line(),
            "REPORT RequestId: id\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\
             \tEvent: 0 B\tResponse: 0 B"
        );
        let report = InvocationReport {
            init_time: Some(Duration::from_micros(610)),
            peak_kb: Some(332),
            failure: Some(("error", "Runtime.ExitError".to_owned())),
            trace_id: Some("Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1".to_owned()),
            ..report
        };
        assert_eq!(
            report.line(),
            "REPORT RequestId: id\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\
             \tMax Memory Used: 1 MB\tInit Duration: 0.61 ms\tPeak memory: 332 KB\tEvent: 0 B\
             \tResponse: 0 B\tStatus: error\tError Type: Runtime.ExitError\n\
             XRAY TraceId: 1-5bef4de7-ad49b0e87f6ef6c87fc2e700\tSampled: true"
        );
        assert_eq!(
            init_report(Duration::from_secs(10), "init", "timeout", ""),
            "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"
        );
    }

    #[test]
    fn exits_are_described_in_lambdas_words() {
        let check = |code, signal, core_dumped, want: &str| {
            assert_eq!(
                exit_text(ProcessExit {
                    code,
                    signal,
                    core_dumped
                }),
                want
            );
        };
        check(
            Some(0),
            None,
            false,
            "Runtime exited without providing a reason",
        );
        check(
            Some(1),
            None,
            false,
            "Runtime exited with error: exit status 1",
        );
        check(
            Some(101),
            None,
            false,
            "Runtime exited with error: exit status 101",
        );
        check(
            None,
            Some(9),
            false,
            "Runtime exited with error: signal: killed",
        );
        check(
            None,
            Some(6),
            false,
            "Runtime exited with error: signal: aborted",
        );
        check(
            None,
            Some(11),
            true,
            "Runtime exited with error: signal: segmentation fault (core dumped)",
        );
        check(
            None,
            Some(15),
            false,
            "Runtime exited with error: signal: terminated",
        );
        check(
            None,
            Some(31),
            false,
            "Runtime exited with error: signal: signal 31",
        );
    }

    #[test]
    fn error_types_are_normalised() {
        for (header, want) in [
            ("Function.ValueError", "Function.ValueError"),
            ("Runtime.UnmarshalError", "Runtime.UnmarshalError"),
            ("my Runtime.Panic!", "my Runtime.Panic!"),
            ("Function.lower", "Function.Unknown"),
            ("Function.", "Function.Unknown"),
            ("Function.X", "Function.Unknown"),
            ("Runtime.X1", "Runtime.Unknown"),
            ("Runtime.", "Runtime.Unknown"),
            ("Unhandled", "Runtime.Unknown"),
            ("unhandled", "Runtime.Unknown"),
            ("", "Runtime.Unknown"),
        ] {
            assert_eq!(error_type(header), want, "{header:?}");
        }
    }

    #[test]
    fn ids_are_uuids_of_version_4_and_differ() {
        let (a, b) = (uuid(), uuid());
        assert_ne!(a, b);
        let shape: Vec<usize> = a.split('-').map(str::len).collect();
        assert_eq!(shape, [8, 4, 4, 4, 12], "{a}");
        assert!(
            a.as_bytes()[14] == b'4' && b"89ab".contains(&a.as_bytes()[19]),
            "{a}"
        );
    }

    #[test]
    fn error_documents_escape_their_texts() {
        assert_eq!(
            error_document("Runtime.ExitError", "a \"b\""),
            br#"{"errorType":"Runtime.ExitError","errorMessage":"a \"b\""}"#
        );
    }
}
