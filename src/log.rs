//! The function's log: a line per event, each in one write, as text or as JSON.
//!
//! [`trace!`](crate::trace), [`debug!`](crate::debug), [`info!`](crate::info),
//! [`warn!`](crate::warn) and [`error!`](crate::error) write a line for an invocation:
//!
//! ```
//! # let cx = &tiny_lambda::Context::default();
//! tiny_lambda::info!(cx, "order {} taken", 7);
//! ```
//!
//! Where the function's log format is JSON (`AWS_LAMBDA_LOG_FORMAT`), a line is an object with
//! `timestamp`, `level`, `requestId`, `tenantId` and `message`, and lines below the function's log
//! level (`AWS_LAMBDA_LOG_LEVEL`) are left out; as text, each line is written (AWS Lambda Developer
//! Guide, "Configuring advanced logging controls"). Lines go to standard error, which Lambda has in
//! the same log as standard output. One that cannot be written is lost: nobody is left to tell.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::str;
use core::sync::atomic::{AtomicU8, Ordering};

use crate::context::Context;
use crate::encoding::time::write_rfc_3339;
use crate::error::Error;
use crate::http1::head;
use crate::json::Writer;
use crate::sys;

/// How much a line matters. Lambda's own order and names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Level {
    Trace = 1,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

/// The names of the levels, in order from [`Level::Trace`] on.
static NAMES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

impl Level {
    fn name(self) -> &'static str {
        let index = usize::from(self as u8).wrapping_sub(1);
        NAMES.get(index).copied().unwrap_or_default()
    }
}

/// Writes a line at level TRACE for the invocation of a [`Context`]: `trace!(cx, "...", ...)`.
#[macro_export]
macro_rules! trace {
    ($cx:expr, $($arg:tt)+) => {
        $crate::log::write($crate::log::Level::Trace, $cx, ::core::format_args!($($arg)+))
    };
}

/// Writes a line at level DEBUG for the invocation of a [`Context`]: `debug!(cx, "...", ...)`.
#[macro_export]
macro_rules! debug {
    ($cx:expr, $($arg:tt)+) => {
        $crate::log::write($crate::log::Level::Debug, $cx, ::core::format_args!($($arg)+))
    };
}

/// Writes a line at level INFO for the invocation of a [`Context`]: `info!(cx, "...", ...)`.
#[macro_export]
macro_rules! info {
    ($cx:expr, $($arg:tt)+) => {
        $crate::log::write($crate::log::Level::Info, $cx, ::core::format_args!($($arg)+))
    };
}

/// Writes a line at level WARN for the invocation of a [`Context`]: `warn!(cx, "...", ...)`.
#[macro_export]
macro_rules! warn {
    ($cx:expr, $($arg:tt)+) => {
        $crate::log::write($crate::log::Level::Warn, $cx, ::core::format_args!($($arg)+))
    };
}

/// Writes a line at level ERROR for the invocation of a [`Context`]: `error!(cx, "...", ...)`.
#[macro_export]
macro_rules! error {
    ($cx:expr, $($arg:tt)+) => {
        $crate::log::write($crate::log::Level::Error, $cx, ::core::format_args!($($arg)+))
    };
}

/// Writes a line for the invocation of `cx`; [`info!`](crate::info) and its like are shorter.
pub fn write(level: Level, cx: &Context, text: fmt::Arguments<'_>) {
    if let Some(is_json) = format(level) {
        let mut message = String::new();
        // A value that cannot be displayed is told as far as it gets.
        let _ = message.write_fmt(text);
        put(is_json, level, Some(cx), &message, None);
    }
}

/// Writes an error of an invocation, or of the runtime where there is none, unless that was done.
pub(crate) fn error(cx: Option<&Context>, error: &Error) {
    if error.is_logged() {
        return;
    }
    if let Some(is_json) = format(Level::Error) {
        put(
            is_json,
            Level::Error,
            cx,
            error.error_message(),
            Some(error),
        );
    }
}

/// Whether a line of this level is JSON; `None`: it is not wanted.
fn format(level: Level) -> Option<bool> {
    let (is_json, level_min, _) = settings();
    (!is_json || level as u8 >= level_min).then_some(is_json)
}

/// What the function's logging configuration says: whether lines are JSON, and from which level on
/// they are wanted; and whether they go to Lambda's log, and not to a terminal or a file as where
/// there is no Runtime API. The environment is read once.
// In a frame of its own, as are others of so many variables: near ones take shorter instructions.
#[inline(never)]
fn settings() -> (bool, u8, bool) {
    const JSON: u8 = 0x80;
    const ON_LAMBDA: u8 = 0x40;
    static SETTINGS: AtomicU8 = AtomicU8::new(0);
    let mut bits = SETTINGS.load(Ordering::Relaxed);
    if bits == 0 {
        bits = Level::Info as u8;
        if let Some(name) = sys::env(c"AWS_LAMBDA_LOG_LEVEL") {
            for (level, known) in (1..).zip(&NAMES) {
                if head::is(name, known.as_bytes()) {
                    bits = level;
                }
            }
        }
        if sys::env(c"AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| head::is(format, b"json")) {
            bits |= JSON;
        }
        if sys::env(c"AWS_LAMBDA_RUNTIME_API").is_some() {
            bits |= ON_LAMBDA;
        }
        SETTINGS.store(bits, Ordering::Relaxed);
    }
    (
        bits & JSON != 0,
        bits & !(JSON | ON_LAMBDA),
        bits & ON_LAMBDA != 0,
    )
}

/// Writes a line.
fn put(is_json: bool, level: Level, cx: Option<&Context>, message: &str, error: Option<&Error>) {
    let time = is_json.then(|| rfc_3339(sys::unix_time_ms()));
    let mut line = line(time, level, cx, message, error);
    if settings().2 {
        join_lines(&mut line);
    }
    line.push(b'\n');
    sys::write_stderr(&line);
    #[cfg(feature = "emulator")]
    if let (Some(listener), Some(cx)) = (LISTENER.get(), cx) {
        listener(&cx.request_id, &line);
    }
}

/// Gets each line of an invocation, with its request id: an emulator in this process, which has no
/// pipe to read the log from.
#[cfg(feature = "emulator")]
pub(crate) static LISTENER: std::sync::OnceLock<fn(&str, &[u8])> = std::sync::OnceLock::new();

/// Joins the lines of one message by CR, which Amazon CloudWatch shows as the end of a line: each LF
/// would begin an event of its own. JSON has none.
fn join_lines(line: &mut [u8]) {
    for byte in line {
        if *byte == b'\n' {
            *byte = b'\r';
        }
    }
}

/// Of what may stand in a line, the name in JSON, and what stands around it in text.
static PARTS: [(&str, &str, &str); 6] = [
    ("level", "", " "),
    ("requestId", "RequestId: ", " "),
    ("tenantId", "TenantId: ", " "),
    ("errorType", "", ": "),
    ("errorMessage", "", ""),
    ("message", "", ""),
];

/// A line as text, or as JSON where there is a time.
fn line(
    time: Option<[u8; 24]>,
    level: Level,
    cx: Option<&Context>,
    message: &str,
    error: Option<&Error>,
) -> Vec<u8> {
    let cx = cx.filter(|cx| !cx.request_id.is_empty());
    let tenant_id = cx.and_then(|cx| cx.tenant_id.as_deref());
    let error_type = error.map(Error::error_type);
    let values = [
        Some(level.name()),
        cx.map(|cx| &*cx.request_id),
        tenant_id,
        error_type,
        error_type.and(Some(message)),
        error_type.xor(Some(message)),
    ];
    let mut w = Writer::new(Vec::new());
    if let Some(time) = &time {
        w.begin_object();
        w.member("timestamp", str::from_utf8(time).unwrap_or_default());
    }
    for ((name, front, behind), value) in PARTS.iter().zip(&values) {
        match value {
            Some(value) if time.is_some() => w.member(name, *value),
            Some(value) => [front, value, behind].iter().for_each(|text| w.raw(text)),
            None => {}
        }
    }
    if time.is_some() {
        w.end_object();
    }
    w.into_inner()
}

/// Returns a time in milliseconds since the Unix epoch as `2026-11-22T17:30:00.123Z`.
fn rfc_3339(time_ms: u64) -> [u8; 24] {
    let secs = i64::try_from(time_ms / 1000).unwrap_or(i64::MAX);
    let ms = u32::try_from(time_ms % 1000).unwrap_or(0);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    write_rfc_3339(&mut text, secs, Some(ms));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cx(tenant_id: Option<&str>) -> Context {
        Context {
            request_id: "8476a536".into(),
            tenant_id: tenant_id.map(Into::into),
            ..Context::default()
        }
    }

    #[test]
    fn a_text_line_is_one_line() {
        #[track_caller]
        fn check(cx: Option<&Context>, error: Option<&Error>, want: &str) {
            let mut line = line(None, Level::Warn, cx, "a\nb", error);
            join_lines(&mut line);
            assert_eq!(String::from_utf8(line).unwrap(), want);
        }
        check(None, None, "WARN a\rb");
        check(Some(&Context::default()), None, "WARN a\rb");
        check(Some(&cx(None)), None, "WARN RequestId: 8476a536 a\rb");
        check(
            Some(&cx(Some("t"))),
            None,
            "WARN RequestId: 8476a536 TenantId: t a\rb",
        );
        let error = Error::new("Oops", "");
        check(
            Some(&cx(None)),
            Some(&error),
            "WARN RequestId: 8476a536 Oops: a\rb",
        );
    }

    #[test]
    fn a_json_line_has_the_members_that_lambda_looks_for() {
        #[track_caller]
        fn check(cx: Option<&Context>, error: Option<&Error>, want: &str) {
            let time = Some(rfc_3339(1_700_000_000_123));
            let line = line(time, Level::Info, cx, "a\n\"b\"", error);
            let start = r#"{"timestamp":"2023-11-14T22:13:20.123Z","level":"INFO","#;
            assert_eq!(String::from_utf8(line).unwrap(), [start, want].concat());
        }
        check(None, None, r#""message":"a\n\"b\""}"#);
        check(
            Some(&cx(None)),
            None,
            r#""requestId":"8476a536","message":"a\n\"b\""}"#,
        );
        let want = r#""requestId":"8476a536","tenantId":"t","message":"a\n\"b\""}"#;
        check(Some(&cx(Some("t"))), None, want);
        let error = Error::new("Oops", "");
        check(
            None,
            Some(&error),
            r#""errorType":"Oops","errorMessage":"a\n\"b\""}"#,
        );
    }

    #[test]
    fn a_time_is_a_date_of_the_gregorian_calendar() {
        #[track_caller]
        fn check(time_ms: u64, want: &str) {
            assert_eq!(rfc_3339(time_ms), want.as_bytes());
        }
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_782_399_999, "2000-02-28T23:59:59.999Z");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z");
        check(951_868_800_000, "2000-03-01T00:00:00.000Z");
        check(1_709_164_800_000, "2024-02-29T00:00:00.000Z");
        check(1_735_689_599_000, "2024-12-31T23:59:59.000Z");
        check(1_763_769_600_000, "2025-11-22T00:00:00.000Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
        check(4_107_456_000_000, "2100-02-28T00:00:00.000Z");
        check(253_402_300_799_999, "9999-12-31T23:59:59.999Z");
    }
}
