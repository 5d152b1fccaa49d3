//! The header fields of a reply to `next`, read into a [`Context`] and an [`Invocation`].

use alloc::string::String;
use std::time::{Duration, SystemTime};

use crate::context::Context;
use crate::encoding::{parse_decimal, push_percent_escape};
use crate::http1::{head, scan};
use crate::sys::{self, utf8};

/// What a response has to repeat of the invocation that it belongs to, and its deadline.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// The request ID in the form that a path takes; empty if the reply had none.
    pub(crate) path_id: String,
    /// `Lambda-Runtime-Invocation-Id`, which identifies one attempt to deliver the event. The response
    /// repeats it. Empty if the reply had none.
    pub(crate) nonce: String,
    /// The deadline in milliseconds since the Unix epoch; 0 if the reply had none.
    pub(crate) deadline_ms: u64,
    /// The [`optional_texts`] that this reply has, one bit each, the first in the lowest bit.
    has_come: u8,
    /// One of the [`optional_texts`] has changed since this was set to false.
    pub(crate) has_new_texts: bool,
}

impl Invocation {
    pub(crate) const fn new() -> Invocation {
        Invocation {
            path_id: String::new(),
            nonce: String::new(),
            deadline_ms: 0,
            has_come: 0,
            has_new_texts: false,
        }
    }

    /// Becomes a copy of `other` without a new allocation if its strings are long enough.
    pub(crate) fn set(&mut self, other: &Invocation) {
        self.path_id.clone_from(&other.path_id);
        self.nonce.clone_from(&other.nonce);
        self.deadline_ms = other.deadline_ms;
    }

    /// Returns whether there is a deadline that has not passed.
    pub(crate) fn has_time_left(&self) -> bool {
        self.deadline_ms > sys::unix_time_ms()
    }

    /// Forgets the last invocation. The optional texts stay until [`end_head`](Self::end_head), since most
    /// of them are the same again.
    pub(crate) fn begin(&mut self, cx: &mut Context) {
        self.path_id.clear();
        self.nonce.clear();
        self.deadline_ms = 0;
        cx.request_id.clear();
        cx.deadline = None;
        self.has_come = 0;
    }

    /// Reads one header field of the reply to `next`. If a field occurs twice, the last one counts. Fields
    /// with other names are ignored.
    pub(crate) fn read_field(&mut self, cx: &mut Context, name: &[u8], value: &[u8]) {
        let is = |wanted: &[u8]| scan::is_name(name, wanted);
        let [arn, trace_id, client_context, identity, tenant_id] = optional_texts(cx);
        let (text, bit) = match name.len() {
            29 if is(b"lambda-runtime-aws-request-id") => {
                self.set_id(&mut cx.request_id, value);
                return;
            }
            26 if is(b"lambda-runtime-deadline-ms") => {
                let ms = parse_decimal(value);
                self.deadline_ms = ms.unwrap_or(0);
                // `None` if the system's clock cannot have this time.
                let deadline = |ms| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms));
                cx.deadline = ms.and_then(deadline);
                return;
            }
            28 if is(b"lambda-runtime-invocation-id") => {
                set_text(&mut self.nonce, value);
                return;
            }
            35 if is(b"lambda-runtime-invoked-function-arn") => (arn, 1),
            23 if is(b"lambda-runtime-trace-id") => (trace_id, 2),
            29 if is(b"lambda-runtime-client-context") => (client_context, 4),
            31 if is(b"lambda-runtime-cognito-identity") => (identity, 8),
            28 if is(b"lambda-runtime-aws-tenant-id") => (tenant_id, 16),
            _ => return,
        };
        self.has_come &= !bit;
        if !value.is_empty() {
            self.has_come |= bit;
            self.has_new_texts |= set_text(text.get_or_insert_default(), value);
        }
    }

    /// Sets the request ID. A path contains it as it was sent; characters that a path segment cannot have are
    /// percent-encoded.
    fn set_id(&mut self, text: &mut String, id: &[u8]) {
        text.clear();
        self.path_id.clear();
        let mut rest = id.iter().skip(scan::name_prefix_len(id));
        match utf8::to_str(id) {
            Some(id) if rest.all(|&b| is_segment_char(b)) => {
                text.push_str(id);
                self.path_id.push_str(id);
            }
            _ => {
                head::push_text(text, id);
                for &b in id {
                    if is_segment_char(b) {
                        self.path_id.push(char::from(b));
                    } else {
                        push_percent_escape(&mut self.path_id, b);
                    }
                }
            }
        }
    }

    /// Ends the head: a text that was not sent, or was empty, becomes `None`.
    pub(crate) fn end_head(&mut self, cx: &mut Context) {
        let mut bits = self.has_come;
        for text in optional_texts(cx) {
            if bits & 1 == 0 {
                self.has_new_texts |= text.take().is_some();
            }
            bits >>= 1;
        }
    }
}

/// Sets `text` to `value`. Returns whether it was another text.
///
/// A text that stays the same, as the ARN does, is only compared, which saves 3 % of the instructions of
/// an invocation (callgrind, `hello`). The plain form is `text.clear()` and `push_text`, which also checks
/// that the bytes are UTF-8.
fn set_text(text: &mut String, value: &[u8]) -> bool {
    let is_new = !scan::is_same(text.as_bytes(), value);
    if is_new {
        text.clear();
        head::push_text(text, value);
    }
    is_new
}

/// Returns the texts of a context that not every invocation has.
fn optional_texts(cx: &mut Context) -> [&mut Option<String>; 5] {
    [
        &mut cx.invoked_function_arn,
        &mut cx.xray_trace_id,
        &mut cx.client_context,
        &mut cx.identity,
        &mut cx.tenant_id,
    ]
}

/// Returns whether a path segment may contain `b` (RFC 3986, section 3.3).
fn is_segment_char(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&'..=b',' | b';' | b'='
        )
        || matches!(b, b':' | b'@' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    /// Reads `fields` into a context that held another invocation before.
    fn read(fields: &[(&str, &[u8])]) -> (Invocation, Context) {
        let (mut invocation, mut cx) = (Invocation::default(), Context::default());
        let all = "Aws-Request-Id Deadline-Ms Invoked-Function-Arn Trace-Id Client-Context \
                   Cognito-Identity Aws-Tenant-Id Invocation-Id";
        for name in all.split(' ') {
            invocation.read_field(&mut cx, format!("Lambda-Runtime-{name}").as_bytes(), b"1");
        }
        assert!(
            optional_texts(&mut cx)
                .iter()
                .all(|text| text.as_deref() == Some("1"))
        );
        assert!(cx.deadline.is_some());
        invocation.begin(&mut cx);
        for (name, value) in fields {
            invocation.read_field(&mut cx, name.as_bytes(), value);
        }
        invocation.end_head(&mut cx);
        (invocation, cx)
    }

    #[test]
    fn a_field_that_was_not_sent_is_none() {
        let (invocation, mut cx) = read(&[]);
        assert_eq!((invocation.path_id, invocation.nonce), Default::default());
        assert_eq!((cx.request_id.as_str(), cx.deadline), ("", None));
        assert!(optional_texts(&mut cx).iter().all(|text| text.is_none()));
        let (_, cx) = read(&[
            ("lambda-runtime-trace-id", b""),
            ("LAMBDA-RUNTIME-AWS-TENANT-ID", b"t"),
            ("lambda-runtime-client-context", b"1"),
            ("lambda-runtime-cognito-identity", b"1"),
            ("lambda-runtime-cognito-identity", b""),
        ]);
        assert_eq!(
            (cx.xray_trace_id, cx.tenant_id.as_deref()),
            (None, Some("t"))
        );
        assert_eq!(
            (cx.client_context.as_deref(), cx.identity),
            (Some("1"), None)
        );
    }

    #[test]
    fn a_deadline_is_milliseconds_or_none() {
        #[track_caller]
        fn check(value: &str, want_ms: Option<u64>) {
            let (_, cx) = read(&[("Lambda-Runtime-Deadline-Ms", value.as_bytes())]);
            let want = want_ms.map(|ms| SystemTime::UNIX_EPOCH + Duration::from_millis(ms));
            assert_eq!(cx.deadline, want, "{value:?}");
        }
        check("1542409706888", Some(1_542_409_706_888));
        check("600000", Some(600_000));
        check("0", Some(0));
        check("", None);
        check("-1", None);
        check("soon", None);
        check("1e3", None);
        check("18446744073709551616", None);
    }

    /// 12.1: 14.
    #[test]
    fn a_request_id_stays_as_it_is_unless_no_path_can_have_it() {
        #[track_caller]
        fn check(id: &[u8], want: &str) {
            assert_eq!(
                read(&[("Lambda-Runtime-Aws-Request-Id", id)]).0.path_id,
                want
            );
        }
        check(
            b"8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        );
        check(b"a:b@c;d=e", "a:b@c;d=e");
        check(b"a%20b", "a%20b");
        check(b"../x?y#z w", "..%2Fx%3Fy%23z%20w");
        check(b"\xc3\xa9\xff", "%C3%A9%FF");
    }
}
