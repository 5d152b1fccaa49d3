//! Writes the function's log, one line per message, as text or as JSON.
//!
//! [`trace!`](crate::trace), [`debug!`](crate::debug), [`info!`](crate::info),
//! [`warn!`](crate::warn) and [`error!`](crate::error) log a message, usually of an invocation:
//!
//! ```
//! # let cx = &tiny_lambda::Context::default();
//! tiny_lambda::info!(cx, "order {} accepted", 7);
//! tiny_lambda::info!("the cache is empty");
//! ```
//!
//! A line has the request ID of its context. Without a context, it has that of the invocation that its
//! thread serves. With profile `small`, where a process serves one invocation at a time, it has the ID on every
//! thread. A line has no request ID outside of invocations, and never has one without a context in
//! profile `tiny`.
//!
//! The function's logging configuration decides what is written (AWS Lambda Developer Guide, "Configuring
//! advanced logging controls"):
//! - If the log format is JSON (`AWS_LAMBDA_LOG_FORMAT`), a line is an object with the members `timestamp`
//!   (UTC), `level`, `requestId`, `tenantId` and `message`. Lines below the log level
//!   (`AWS_LAMBDA_LOG_LEVEL`, INFO if it is not set) are left out.
//! - Otherwise a line is `INFO RequestId: 8476a536 order 7 accepted`. Lines of all levels are written.
//!
//! # Fields
//! `name = value` after the message and its arguments adds a field to the line:
//!
//! ```
//! # let cx = &tiny_lambda::Context::default();
//! # let (id, cents, user, reason) = ("a1", 250, "Ada", "no stock".parse::<u8>());
//! tiny_lambda::info!(cx, "paid {cents} cents", order = id, cents = cents);
//! tiny_lambda::warn!(cx, "not sent", "user.name" = user, attempts = [1, 2], reason = ?reason);
//! ```
//!
//! | form | value |
//! | --- | --- |
//! | `order = id`, `"order.id" = id` | what implements [`ToJson`], with its type |
//! | `order = %id`, `%id` | a string, the `Display` of the value |
//! | `order = ?id`, `?id` | a string, the `Debug` of the value |
//!
//! - If the log format is JSON, fields are members of the line's object: `"order":"a1","cents":250`.
//! - Otherwise they follow the message: ` order=a1 cents=250`. A string is in quotes, with the escapes of JSON, if
//!   it is empty or has ASCII white space or control characters, `=`, `"` or `\`. Arrays and objects are JSON.
//!
//! A name that the message uses in braces is an argument of the message, as in `format!`, and not a field:
//! `info!("order {id}", id = 7)` is `order 7`. If the message is not a literal but a macro such as `concat!`, all names
//! are arguments. A macro that gets the message from its caller must get the names that the message uses from there,
//! too: `($text:literal) => { info!($text, id = 7) }` does not compile for a message with `{id}`. The members that
//! every line has (`timestamp`, `level`, `requestId`, `tenantId`, `errorType`, `errorMessage`, `message`) cannot be
//! names of fields.
//!
//! [`append_key`] adds a field to all later lines of an invocation. [`write_with_fields`] takes levels and names that
//! are only known at run time.
//!
//! # Sampling
//! If the log format is JSON, `POWERTOOLS_LOGGER_SAMPLE_RATE` is the fraction of invocations whose DEBUG lines are
//! written although the log level is higher: `0.1` for a tenth. The decision depends on the request ID, so all DEBUG
//! lines of an invocation are written or none, and so it is when Lambda repeats the invocation. Lines of other levels
//! are not sampled. Lines without a context are not sampled in profile `tiny`, as they have no request ID.
//!
//! # Output
//! In the fields of a text line, ASCII control characters are written as in JSON, such as `\u001b`, since a terminal
//! interprets them. Messages are written unchanged, also those of errors and panics, so that they can have colours: pass
//! text that somebody sends to the function as a field. Characters that change the direction of text (U+202E) are written
//! unchanged too; the local Lambda escapes them.
//!
//! Lines go to standard error, in one write each. Lambda puts standard output and standard error into the
//! same log. Write errors are ignored, as there is nowhere to report them.
//!
//! # The `log` crate
//! Libraries that use the `log` crate write to the same log by this bridge:
//!
//! ```ignore
//! struct Bridge;
//!
//! impl log::Log for Bridge {
//!     fn enabled(&self, _: &log::Metadata<'_>) -> bool {
//!         true
//!     }
//!     fn log(&self, record: &log::Record<'_>) {
//!         match (record.level(), record.args()) {
//!             (log::Level::Error, text) => tiny_lambda::error!("{text}"),
//!             (log::Level::Warn, text) => tiny_lambda::warn!("{text}"),
//!             (log::Level::Info, text) => tiny_lambda::info!("{text}"),
//!             (log::Level::Debug, text) => tiny_lambda::debug!("{text}"),
//!             (log::Level::Trace, text) => tiny_lambda::trace!("{text}"),
//!         }
//!     }
//!     fn flush(&self) {}
//! }
//!
//! fn main() -> ! {
//!     log::set_logger(&Bridge).expect("the first logger");
//!     // In the text format the log level does not apply, so the bridge chooses one.
//!     log::set_max_level(log::LevelFilter::Info);
//!     tiny_lambda::run(|name: String, _| {
//!         log::info!("greeting {name}");
//!         Ok(format!("Hello, {name}!"))
//!     })
//! }
//! ```

mod fields;
mod keys;
mod sampling;

use crate::sys::utf8;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::str;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::context::Context;
use crate::context::current;
#[cfg(feature = "emulator")]
use crate::context::local;
use crate::encoding::time::write_rfc_3339;
use crate::error::Error;
use crate::http1::head;
use crate::json::{ToJson, Writer};
use crate::sys;

use fields::Field;
#[doc(hidden)]
pub use fields::{
    FieldValue, LogValue, NameOfAnotherMacro, context, fields, has_fields, is_format_argument,
    name, value,
};
pub(crate) use keys::end_invocation;
pub use keys::{append_key, remove_key};

/// The level of a log line, with Lambda's names and order.
///
/// ```
/// use tiny_lambda::log::Level;
///
/// assert!(Level::Warn < Level::Error);
/// assert_eq!(Level::Warn.to_string(), "WARN");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The steps of the code, in detail.
    Trace = 1,
    /// Details for finding mistakes.
    Debug,
    /// The normal course of the function.
    Info,
    /// A problem that does not fail the invocation.
    Warn,
    /// A problem that fails the invocation.
    Error,
    /// A problem that ends the process.
    Fatal,
}

/// The names of the levels from [`Level::Trace`] on.
static LEVEL_NAMES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

impl Level {
    fn name(self) -> &'static str {
        let name = LEVEL_NAMES.get((self as usize).saturating_sub(1));
        debug_assert!(name.is_some(), "every level has a name");
        name.copied().unwrap_or_default()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Logs a message of the invocation of `cx`, for a level that is only known at run time. See
/// [`info!`](crate::info) for the other levels.
///
/// ```
/// use tiny_lambda::log::{self, Level};
/// # let cx = &tiny_lambda::Context::default();
/// # let is_last_attempt = true;
/// let level = if is_last_attempt { Level::Error } else { Level::Warn };
/// log::write(level, cx, format_args!("attempt {} failed", 3));
/// ```
pub fn write(level: Level, cx: &Context, message: fmt::Arguments<'_>) {
    write_fields(level, cx, message, &[]);
}

/// Logs a message with fields, for a level or for names that are only known at run time. See the
/// [module](self#fields) for the form of fields.
///
/// A name that every line uses, such as `message`, gets an underscore behind it. White space, control characters, `=`,
/// `"` and `\` in a name become underscores. If two fields have the same name then, the line has the last one. A field
/// without a name is left out.
///
/// ```
/// use tiny_lambda::log::{self, Level};
/// # let cx = &tiny_lambda::Context::default();
/// # let is_last_attempt = true;
/// let level = if is_last_attempt { Level::Error } else { Level::Warn };
/// log::write_with_fields(level, cx, format_args!("not sent"), &[("order", &"a1"), ("attempt", &3)]);
/// ```
pub fn write_with_fields(
    level: Level,
    cx: &Context,
    message: fmt::Arguments<'_>,
    fields: &[(&str, &dyn ToJson)],
) {
    let names = field_names(fields);
    let mut free: Vec<Field<'_>> = Vec::new();
    for (name, (_, value)) in names.iter().zip(fields) {
        free.push((name, value));
    }
    write_fields(level, cx, message, &free);
}

/// Returns the names that fields have in a line. An empty name leaves the field out.
fn field_names(fields: &[(&str, &dyn ToJson)]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in fields {
        let name = fields::valid_name(name);
        for earlier in &mut names {
            if *earlier == name {
                earlier.clear();
            }
        }
        names.push(name);
    }
    names
}

/// Does the same as [`write_with_fields`] for names that the macros have checked.
#[doc(hidden)]
pub fn write_fields(level: Level, cx: &Context, message: fmt::Arguments<'_>, fields: &[Field<'_>]) {
    if is_written(level) || level == Level::Debug && sampling::is_sampled(cx) {
        let mut text = String::new();
        // If a value's `Display` fails, the line has the text before it.
        let _ = text.write_fmt(message);
        write_line(level, Some(cx), &text, None, fields);
    }
}

/// Logs an error, unless it was logged before. `cx` is the invocation that it belongs to, if any.
pub(crate) fn error(cx: Option<&Context>, error: &Error) {
    if is_written(Level::Error) && !error.is_logged() {
        write_line(Level::Error, cx, error.error_message(), Some(error), &[]);
    }
}

/// Logs an error at another level. The line has the request ID if the invocation of this thread is known.
pub(crate) fn report(level: Level, error: &Error) {
    if is_written(level) {
        let cx = current::log_context();
        write_line(level, cx.as_ref(), error.error_message(), Some(error), &[]);
    }
}

/// Writes a line in another format than that of this log. It ends with LF.
pub(crate) fn write_unchanged(line: &[u8]) {
    sys::write_stderr(line);
    #[cfg(feature = "emulator")]
    local::take_line(None, line);
}

/// Returns whether lines of this level are written.
pub(crate) fn is_written(level: Level) -> bool {
    level as usize >= level_min()
}

/// Returns the lowest level that is written. Reads the environment once.
#[inline(never)]
fn level_min() -> usize {
    /// 0: the environment has not been read.
    static LEVEL_MIN: AtomicUsize = AtomicUsize::new(0);

    let mut level_min = LEVEL_MIN.load(Ordering::Relaxed);
    if level_min == 0 {
        level_min = Level::Trace as usize;
        if is_json() {
            let name = sys::env(c"AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
            let index = LEVEL_NAMES
                .iter()
                .position(|known| head::is(name, known.as_bytes()));
            level_min = index.map_or(Level::Info as usize, |index| index.saturating_add(1));
        }
        LEVEL_MIN.store(level_min, Ordering::Relaxed);
    }
    level_min
}

/// Returns whether lines are JSON.
fn is_json() -> bool {
    sys::env(c"AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| head::is(format, b"json"))
}

fn write_line(
    level: Level,
    cx: Option<&Context>,
    message: &str,
    error: Option<&Error>,
    fields: &[Field<'_>],
) {
    let time = is_json().then(|| rfc_3339(sys::unix_time_ms()));
    let mut line = line(time, level, cx, message, error, fields);
    // Outside Lambda the line goes to a terminal or a file.
    if sys::env(sys::ENDPOINT_VARIABLE).is_some() {
        join_lines(&mut line);
    }
    line.push(b'\n');
    sys::write_stderr(&line);
    #[cfg(feature = "emulator")]
    if let Some(cx) = cx {
        local::take_line(Some(&cx.request_id), &line);
    }
}

/// Replaces each LF in a line by CR, which Amazon CloudWatch shows as a line break. After an LF it would
/// begin a new log event. A line in JSON contains no LF, except in a field's JSON between two tokens, where CR is
/// white space too.
fn join_lines(line: &mut [u8]) {
    for byte in line {
        if *byte == b'\n' {
            *byte = b'\r';
        }
    }
}

/// Returns a line: JSON if there is a time, text otherwise.
fn line(
    time: Option<[u8; 24]>,
    level: Level,
    cx: Option<&Context>,
    message: &str,
    error: Option<&Error>,
    fields: &[Field<'_>],
) -> Vec<u8> {
    let cx = cx.filter(|cx| !cx.request_id.is_empty());
    let mut w = Writer::new(Vec::new());
    if let Some(time) = &time {
        w.begin_object();
        w.member("timestamp", utf8::text(time));
    }
    let mut field = |json_name, text_prefix, value: &str, text_suffix| {
        if time.is_some() {
            return w.member(json_name, value);
        }
        w.raw(text_prefix);
        w.raw(value);
        w.raw(text_suffix);
    };
    field("level", "", level.name(), " ");
    if let Some(cx) = cx {
        field("requestId", "RequestId: ", &cx.request_id, " ");
        if let Some(tenant_id) = &cx.tenant_id {
            field("tenantId", "TenantId: ", tenant_id, " ");
        }
    }
    if let Some(error) = error {
        field("errorType", "", error.error_type(), ": ");
    }
    let name = error.map_or("message", |_| "errorMessage");
    field(name, "", message, "");
    keys::write(&mut w, time.is_some(), cx, fields);
    fields::write(&mut w, time.is_some(), fields);
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
    fn fields_with_the_same_name_are_one_field() {
        #[track_caller]
        fn check(names: &[&str], want: &[&str]) {
            let fields: Vec<(&str, &dyn ToJson)> =
                names.iter().map(|name| (*name, &1 as _)).collect();
            assert_eq!(field_names(&fields), want);
        }
        check(&["a", "b", "a"], &["", "b", "a"]);
        check(&["a b", "a_b", "a\"b"], &["", "", "a_b"]);
        check(&["message", "message_", ""], &["", "message_", ""]);
    }

    #[test]
    fn a_text_line_is_one_line() {
        #[track_caller]
        fn check(cx: Option<&Context>, error: Option<&Error>, want: &str) {
            let mut line = line(None, Level::Warn, cx, "a\nb", error, &[]);
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
            let line = line(time, Level::Info, cx, "a\n\"b\"", error, &[]);
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
    fn fields_follow_the_message() {
        let line = |time, error| {
            let fields: &[Field<'_>] = &[("order", &"a b"), ("", &0), ("cents", &250)];
            let line = line(time, Level::Info, None, "paid", error, fields);
            String::from_utf8(line).unwrap()
        };
        let time = Some(rfc_3339(0));
        let error = Error::new("Oops", "");
        let start = r#"{"timestamp":"1970-01-01T00:00:00.000Z","level":"INFO","#;
        assert_eq!(line(None, None), r#"INFO paid order="a b" cents=250"#);
        assert_eq!(
            line(None, Some(&error)),
            r#"INFO Oops: paid order="a b" cents=250"#
        );
        let fields = r#""order":"a b","cents":250}"#;
        assert_eq!(
            line(time, None),
            [start, r#""message":"paid","#, fields].concat()
        );
        let of_error = r#""errorType":"Oops","errorMessage":"paid","#;
        assert_eq!(line(time, Some(&error)), [start, of_error, fields].concat());
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
