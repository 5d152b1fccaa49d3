//! Appended keys: fields of all later lines of an invocation.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::sync::atomic::{AtomicBool, Ordering};

use super::fields::{self, Field, after};
use super::{Level, is_written, write_line};
use crate::context::Context;
use crate::encoding::lengths::{add, prefix, subtract};
use crate::json::{ToJson, Writer};
use crate::sys::{SpinLock, utf8};

/// Bytes that the names and values of an invocation's keys have at most. CloudWatch takes lines of 256 KB.
const KEYS_LEN_MAX: usize = 16 * 1024;

/// Whether a key was appended. The linker leaves the code that runs then out of a function that appends no key, as
/// nothing sets this.
static HAS_KEYS: AtomicBool = AtomicBool::new(false);

/// The keys of all current invocations, in the order in which they were appended. A key is the start that [`start_of`]
/// returns for its invocation, its name, `=`, its value as JSON, and a byte 0, which the others do not have. A list of
/// structs makes a function 1 KB larger.
static KEYS: SpinLock<Vec<u8>> = SpinLock::new(Vec::new());

/// Whether a line says that keys are left out. The line has all keys, so a loop that appends keys must not log many.
static IS_FULL: AtomicBool = AtomicBool::new(false);

/// Bytes of a key's name that this line has at most.
const SHOWN_LEN_MAX: usize = 100;

use strategy::{limit, start_of};

/// A process whose panics abort serves one invocation at a time: its keys are those of all lines.
#[cfg(panic = "abort")]
mod strategy {
    use alloc::vec::Vec;

    use crate::context::Context;

    #[expect(clippy::unnecessary_wraps, reason = "the other strategy has an option")]
    #[inline(always)]
    pub(super) fn start_of(_: Option<&Context>) -> Option<Vec<u8>> {
        Some(Vec::new())
    }

    /// The keys of the only invocation have a limit already.
    pub(super) fn limit(_: &mut Vec<u8>) {}
}

#[cfg(panic = "unwind")]
mod strategy {
    use alloc::vec::Vec;

    use crate::context::{Context, current};

    /// Bytes that the keys of all invocations have at most. Only code that appends keys after its invocation has
    /// ended reaches this limit, as nothing removes these keys.
    const ALL_KEYS_LEN_MAX: usize = 4 * 1024 * 1024;

    /// Returns the start of the keys of the invocation of `cx`; without a context, of the one that this thread serves.
    pub(super) fn start_of(cx: Option<&Context>) -> Option<Vec<u8>> {
        let id = match cx {
            Some(cx) => cx.request_id.clone(),
            None => current::with_context(|cx| cx.request_id.clone())?,
        };
        let mut start = id.into_bytes();
        let is_known = !start.is_empty();
        start.push(b'\n');
        is_known.then_some(start)
    }

    /// Removes the oldest keys if the keys have too many bytes.
    pub(super) fn limit(keys: &mut Vec<u8>) {
        while keys.len() > ALL_KEYS_LEN_MAX {
            let mut bytes = keys.iter();
            let _ = bytes.by_ref().find(|byte| **byte == 0);
            *keys = bytes.as_slice().to_vec();
        }
    }
}

/// Returns the bytes before the first `end`, and those after it.
#[inline(never)]
fn cut(bytes: &[u8], end: u8) -> (&[u8], &[u8]) {
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        if *byte == end {
            return (prefix(bytes, subtract(bytes.len(), rest.len())), after);
        }
        rest = after;
    }
    (bytes, rest)
}

/// Removes the keys that begin with `start`. Returns how many bytes the names and values of the other keys of the
/// invocation have, whose keys begin with `of_invocation`.
#[inline(never)]
fn remove(keys: &mut Vec<u8>, of_invocation: &[u8], start: &[u8]) -> usize {
    let mut len = 0;
    let old = mem::take(keys);
    let mut rest = old.as_slice();
    while !rest.is_empty() {
        let (key, later) = cut(rest, 0);
        if after(key, start).is_none() {
            keys.extend_from_slice(prefix(rest, add(key.len(), 1)));
            if let Some(key) = after(key, of_invocation) {
                len = add(len, subtract(key.len(), 1));
            }
        }
        rest = later;
    }
    len
}

/// Returns a writer with what a key begins with: the start of its invocation's keys, its name and `=`.
#[inline(never)]
fn begin(of_invocation: &[u8], name: &str) -> Writer {
    let mut key = of_invocation.to_vec();
    fields::push_valid_name(&mut key, name);
    key.push(b'=');
    Writer::new(key)
}

/// Adds a field to all later lines of an invocation, also to the line about its error. Replaces the key of that name.
///
/// `cx` is the invocation's context, or `None` for the invocation that this thread serves. The keys of an invocation
/// are removed when it has ended. Outside of invocations nothing is appended in profile `unwind`; in the other
/// profiles, which serve one invocation at a time, the key is in all lines until the first invocation begins.
/// There the keys are also in lines without a context, on any thread.
///
/// A line's own field of the same name replaces the key in this line. Names are changed as in
/// [`write_with_fields`](super::write_with_fields).
///
/// The names and values (as JSON) of an invocation's keys have at most 16,384 bytes. A key beyond that is left out,
/// and a line at level WARN says so; the next one about that follows in a later invocation.
///
/// ```
/// use tiny_lambda::{Context, Result, info, log};
///
/// fn pay(order: String, cx: &Context) -> Result<()> {
///     log::append_key(cx, "order", &order);
///     info!(cx, "paid", cents = 250); // This line has `order`, too.
///     Ok(())
/// }
/// # pay("a1".into(), &Context::default())?;
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
pub fn append_key<'c, T: ToJson + ?Sized>(
    cx: impl Into<Option<&'c Context>>,
    name: &str,
    value: &T,
) {
    let cx = cx.into();
    if let (Some(of_invocation), false) = (start_of(cx), name.is_empty()) {
        let mut key = begin(&of_invocation, name);
        let start_len = key.out().len();
        // The value's own code may write log lines, so it runs before the lock is taken.
        value.to_log_field(&mut key);
        append(cx, &of_invocation, start_len, key.out());
    }
}

#[inline(never)]
fn append(cx: Option<&Context>, of_invocation: &[u8], start_len: usize, key: &mut Vec<u8>) {
    HAS_KEYS.store(true, Ordering::Relaxed);
    // JSON has no byte 0, but a value's own code may write one, which would end the key.
    for byte in &mut *key {
        if *byte == 0 {
            *byte = b' ';
        }
    }
    let start = prefix(key, start_len);
    let mut keys = KEYS.lock();
    let len = remove(&mut keys, of_invocation, start);
    let key_len = subtract(subtract(key.len(), of_invocation.len()), 1);
    if add(len, key_len) <= KEYS_LEN_MAX {
        key.push(0);
        keys.extend_from_slice(key);
        return limit(&mut keys);
    }
    drop(keys);
    if is_written(Level::Warn) && !IS_FULL.swap(true, Ordering::Relaxed) {
        let name = prefix(start, subtract(start_len, 1));
        let mut message =
            String::from("log key left out, as the keys would have more than 16384 bytes: ");
        let name = after(name, of_invocation).unwrap_or_default();
        message.push_str(utf8::valid_prefix(prefix(
            name,
            name.len().min(SHOWN_LEN_MAX),
        )));
        write_line(Level::Warn, cx, &message, None, &[]);
    }
}

/// Removes a key that [`append_key`] has appended, if there is one of that name. See there for `cx`.
///
/// ```
/// # let cx = &tiny_lambda::Context::default();
/// use tiny_lambda::log;
///
/// for record in ["a1", "a2"] {
///     log::append_key(cx, "record", record);
///     tiny_lambda::info!(cx, "stored");
/// }
/// log::remove_key(cx, "record");
/// ```
pub fn remove_key<'c>(cx: impl Into<Option<&'c Context>>, name: &str) {
    if let Some(of_invocation) = start_of(cx.into()) {
        let start = begin(&of_invocation, name).into_inner();
        remove(&mut KEYS.lock(), &of_invocation, &start);
    }
}

/// Removes the keys of an invocation that has ended, and those that were appended before the first one.
pub(crate) fn end_invocation(cx: &Context) {
    if HAS_KEYS.load(Ordering::Relaxed) {
        if let Some(start) = start_of(Some(cx)) {
            remove(&mut KEYS.lock(), &start, &start);
        }
        IS_FULL.store(false, Ordering::Relaxed);
    }
}

/// Writes the keys of an invocation to a line, except those that the line's own fields replace.
pub(super) fn write(w: &mut Writer, is_json: bool, cx: Option<&Context>, fields: &[Field<'_>]) {
    if HAS_KEYS.load(Ordering::Relaxed) {
        write_keys(w, is_json, cx, fields);
    }
}

#[inline(never)]
fn write_keys(w: &mut Writer, is_json: bool, cx: Option<&Context>, fields: &[Field<'_>]) {
    let Some(start) = start_of(cx) else {
        return;
    };
    let keys = KEYS.lock();
    let mut rest = keys.as_slice();
    while !rest.is_empty() {
        let (key, later) = cut(rest, 0);
        rest = later;
        let Some(key) = after(key, &start) else {
            continue;
        };
        let is_it =
            |(field, _): &Field<'_>| matches!(after(key, field.as_bytes()), Some([b'=', ..]));
        if !fields.iter().any(is_it) {
            let (name, value) = cut(key, b'=');
            fields::write_field(w, is_json, utf8::text(name), &Json(value));
        }
    }
}

/// A value that is JSON already.
struct Json<'j>(&'j [u8]);

impl fields::LogValue for Json<'_> {
    fn write(&self, w: &mut Writer) {
        w.out().extend_from_slice(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::line;

    fn cx(request_id: &str) -> Context {
        Context {
            request_id: request_id.into(),
            ..Context::default()
        }
    }

    /// Returns the fields of a line of the invocation.
    fn fields(cx: &Context, fields: &[Field<'_>]) -> String {
        let line = String::from_utf8(line(None, Level::Info, Some(cx), "", None, fields)).unwrap();
        let start = format!("INFO RequestId: {} ", cx.request_id);
        line.strip_prefix(start.as_str()).unwrap().into()
    }

    #[test]
    fn keys_are_those_of_their_invocation_until_it_ends() {
        let (a, b) = (&cx("keys-a"), &cx("keys-b"));
        assert_eq!(fields(a, &[]), "");
        append_key(a, "order", "a1");
        append_key(b, "order", &7);
        append_key(b, "message", &[1]);
        assert_eq!(fields(a, &[]), " order=a1");
        assert_eq!(fields(b, &[]), " order=7 message_=[1]");
        // A key is replaced by a later one, and for one line by a field.
        append_key(a, "order", "a2");
        append_key(a, "n", &1);
        assert_eq!(fields(a, &[]), " order=a2 n=1");
        assert_eq!(fields(a, &[("order", &3)]), " n=1 order=3");
        remove_key(b, "message");
        remove_key(b, "missing");
        assert_eq!(fields(b, &[]), " order=7");
        end_invocation(a);
        assert_eq!(fields(a, &[]), "");
        assert_eq!(fields(b, &[]), " order=7");
        end_invocation(b);
    }

    #[test]
    fn without_an_invocation_nothing_is_appended() {
        append_key(&Context::default(), "none", &1);
        append_key(None, "none", &1);
        append_key(&cx("keys-unnamed"), "", &1);
        remove_key(None, "none");
        assert!(!utf8::text(&KEYS.lock()).contains("none"));
    }

    #[test]
    fn the_keys_of_an_invocation_have_a_limit() {
        let cx = &cx("keys-limit");
        let longest = KEYS_LEN_MAX - "a".len() - 2;
        append_key(cx, "a", &"x".repeat(longest + 1));
        assert_eq!(fields(cx, &[]), "");
        append_key(cx, "a", &"x".repeat(longest));
        assert_eq!(fields(cx, &[]), format!(" a={}", "x".repeat(longest)));
        append_key(cx, "b", &1);
        assert_eq!(fields(cx, &[]).len(), longest + 3);
        // A key that is replaced does not count, and one that is left out has no old value.
        append_key(cx, "a", &1);
        append_key(cx, "b", &2);
        assert_eq!(fields(cx, &[]), " a=1 b=2");
        append_key(cx, "b", &"x".repeat(longest));
        assert_eq!(fields(cx, &[]), " a=1");
        end_invocation(cx);
    }

    /// A name is cut in the line that says so. The line is written once until an invocation ends.
    #[test]
    fn a_key_with_a_long_name_is_left_out() {
        let cx = &cx("keys-name");
        for n in 0..3 {
            append_key(cx, &"k".repeat(KEYS_LEN_MAX + n), &1);
        }
        assert_eq!(fields(cx, &[]), "");
        end_invocation(cx);
    }

    /// A byte 0 separates keys.
    #[test]
    fn a_value_that_writes_a_byte_0_is_one_key() {
        struct Zero;
        impl ToJson for Zero {
            fn to_json(&self, w: &mut Writer) {
                w.raw("[1,\0other=2]");
            }
        }
        let cx = &cx("keys-zero");
        append_key(cx, "zero", &Zero);
        append_key(cx, "n", &1);
        assert_eq!(fields(cx, &[]), " zero=[1, other=2] n=1");
        append_key(cx, "zero", &3);
        assert_eq!(fields(cx, &[]), " n=1 zero=3");
        end_invocation(cx);
    }

    #[test]
    fn a_value_may_log_while_it_is_appended_and_written() {
        struct Logs<'c>(&'c Context);
        impl ToJson for Logs<'_> {
            fn to_json(&self, w: &mut Writer) {
                append_key(self.0, "inner", &1);
                w.u64(2);
            }
        }
        let cx = &cx("keys-reentrant");
        append_key(cx, "outer", &Logs(cx));
        assert_eq!(
            fields(cx, &[("field", &Logs(cx))]),
            " inner=1 outer=2 field=2"
        );
        end_invocation(cx);
    }
}
