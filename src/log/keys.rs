//! Appended keys: fields of all later lines of an invocation.

use alloc::string::String;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::fields::{self, Field};
use super::{Level, is_written, write_line};
use crate::context::Context;
use crate::encoding::lengths::add;
use crate::encoding::push_decimal;
use crate::json::{ToJson, Writer};
use crate::sys::utf8;

/// Bytes that the names and values of an invocation's keys have at most. CloudWatch takes lines of 256 KB.
const KEYS_LEN_MAX: usize = 16 * 1024;

/// Keys of all invocations at most. Only code that appends keys after its invocation has ended reaches this limit,
/// as nothing removes these keys. The oldest key is removed then.
const N_KEYS_MAX: usize = 16 * 1024;

/// What a line and the end of an invocation do with keys, once a key was appended. It is called through these pointers
/// so that a function that appends no key does not contain it. The plain form is a direct call.
static HOOKS: OnceLock<Hooks> = OnceLock::new();

struct Hooks {
    write: fn(&mut Writer, bool, Option<&Context>, &[Field<'_>]),
    end_invocation: fn(&Context),
}

/// The keys of all current invocations, in the order in which they were appended.
static KEYS: Mutex<Vec<Key>> = Mutex::new(Vec::new());

/// Whether a line says that keys are left out. The line has all keys, so a loop that appends keys must not log many.
static IS_FULL: AtomicBool = AtomicBool::new(false);

struct Key {
    owner: Owner,
    name: String,
    value: Json,
}

/// A value that is JSON already.
struct Json(Vec<u8>);

impl ToJson for Json {
    fn to_json(&self, w: &mut Writer) {
        w.raw(utf8::text(&self.0));
    }
}

use strategy::{Owner, owner};

/// A process whose panics abort serves one invocation at a time: its keys are those of all lines.
#[cfg(panic = "abort")]
mod strategy {
    use crate::context::Context;

    pub(super) type Owner = ();

    #[expect(clippy::unnecessary_wraps, reason = "the other strategy has an option")]
    pub(super) fn owner(_: Option<&Context>) -> Option<Owner> {
        Some(())
    }
}

#[cfg(panic = "unwind")]
mod strategy {
    use alloc::string::String;

    use crate::context::{Context, current};

    /// The request ID of the invocation.
    pub(super) type Owner = String;

    /// Returns the invocation of `cx`; without a context, the one that this thread serves.
    pub(super) fn owner(cx: Option<&Context>) -> Option<Owner> {
        let id = match cx {
            Some(cx) => cx.request_id.clone(),
            None => current::with_context(|cx| cx.request_id.clone())?,
        };
        (!id.is_empty()).then_some(id)
    }
}

fn lock() -> MutexGuard<'static, Vec<Key>> {
    KEYS.lock().unwrap_or_else(PoisonError::into_inner)
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
    // The value's own code may write log lines, so it runs before the lock is taken.
    let mut w = Writer::new(Vec::new());
    value.to_json(&mut w);
    append(cx.into(), name, Json(w.into_inner()));
}

fn append(cx: Option<&Context>, name: &str, value: Json) {
    let (Some(owner), false) = (owner(cx), name.is_empty()) else {
        return;
    };
    HOOKS.get_or_init(|| Hooks {
        write: write_keys,
        end_invocation: remove_keys,
    });
    let name = fields::valid_name(name);
    let mut keys = lock();
    let mut len = add(name.len(), value.0.len());
    keys.retain(|key| {
        if key.owner != owner {
            return true;
        }
        let is_other = key.name != name;
        if is_other {
            len = add(len, add(key.name.len(), key.value.0.len()));
        }
        is_other
    });
    if len <= KEYS_LEN_MAX {
        if keys.len() >= N_KEYS_MAX {
            keys.remove(0);
        }
        return keys.push(Key { owner, name, value });
    }
    drop(keys);
    if is_written(Level::Warn) && !IS_FULL.swap(true, Ordering::Relaxed) {
        let mut message = String::from("log key left out, as the keys would have more than ");
        push_decimal(&mut message, KEYS_LEN_MAX as u64);
        message.push_str(" bytes: ");
        message.extend(name.chars().take(100));
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
    if let Some(owner) = owner(cx.into()) {
        let name = fields::valid_name(name);
        lock().retain(|key| key.owner != owner || key.name != name);
    }
}

/// Removes the keys of an invocation that has ended, and those that were appended before the first one.
pub(crate) fn end_invocation(cx: &Context) {
    if let Some(hooks) = HOOKS.get() {
        (hooks.end_invocation)(cx);
    }
}

fn remove_keys(cx: &Context) {
    if let Some(owner) = owner(Some(cx)) {
        lock().retain(|key| key.owner != owner);
    }
    IS_FULL.store(false, Ordering::Relaxed);
}

/// Writes the keys of an invocation to a line, except those that the line's own fields replace.
pub(super) fn write(w: &mut Writer, is_json: bool, cx: Option<&Context>, fields: &[Field<'_>]) {
    if let Some(hooks) = HOOKS.get() {
        (hooks.write)(w, is_json, cx, fields);
    }
}

fn write_keys(w: &mut Writer, is_json: bool, cx: Option<&Context>, fields: &[Field<'_>]) {
    if let Some(owner) = owner(cx) {
        for key in lock().iter() {
            if key.owner == owner && fields.iter().all(|(field, _)| *field != key.name) {
                fields::write_field(w, is_json, &key.name, &key.value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Level, line};

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
        assert!(lock().iter().all(|key| !["none", ""].contains(&&*key.name)));
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
