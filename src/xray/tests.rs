//! Tests of subsegments and of their documents.

use super::*;
use crate::json::Value;
use alloc::format;
use alloc::string::ToString;
use core::net::{Ipv4Addr, Ipv6Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
const HEADER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

fn trace() -> Trace {
    Trace::parse(HEADER.as_bytes())
}

#[test]
fn a_header_is_a_trace_if_it_is_sampled_and_has_root_and_parent() {
    #[track_caller]
    fn check(header: &str, is_trace: bool) {
        let want = if is_trace { trace() } else { Trace::NONE };
        assert_eq!(Trace::parse(header.as_bytes()), want, "{header:?}");
        let cx = Context {
            xray_trace_id: Some(header.into()),
            ..Context::default()
        };
        assert_eq!(Trace::of(&cx), want);
        assert_eq!(want.is_sampled(), is_trace);
    }
    check(HEADER, true);
    assert_eq!(&trace().root, ROOT.as_bytes());
    assert_eq!(&trace().parent_id, b"53995c3f42cd8ad8");
    check(&format!("{HEADER};Lineage=1:a5d2c1f5:0"), true);
    check(&format!("Self=1-5759e988-0;{HEADER}"), true);
    check(&format!("{HEADER}\0\0\0"), true);
    let (root_and_parent, _) = HEADER.rsplit_once(';').unwrap();
    let (root, parent) = root_and_parent.split_once(';').unwrap();
    check(&format!("Sampled=1;{parent};{root}"), true);
    check(&format!(" {root} ;\t{parent}; Sampled=1 "), true);
    // Not sampled, undecided, requested.
    for sampled in [
        "",
        ";Sampled=0",
        ";Sampled=?",
        ";Sampled=",
        ";Sampled=10",
        ";sampled=1",
    ] {
        check(&format!("{root_and_parent}{sampled}"), false);
    }
    check(&format!("{root};Sampled=1"), false);
    check(&format!("{parent};Sampled=1"), false);
    check("", false);
    check(";;=;", false);
    check(&HEADER.replace("Root=", "Root"), false);
    check(&HEADER.replace("Root=", "XRoot="), false);
    check(&HEADER.replace("793;", "79;"), false);
    check(&HEADER.replace("793;", "7934;"), false);
    check(&HEADER.replace("793;", "79g;"), false);
    check(&HEADER.replace("793;", "79\";"), false);
    check(&HEADER.replace("8ad8", "8ad"), false);
    check(&HEADER.replace("8ad8", "8ad8a"), false);
    check(&HEADER.replace("8ad8", "8a\u{e9}"), false);
    // Cut off at any place.
    for end in 0..HEADER.len() {
        check(HEADER.get(..end).unwrap(), false);
    }
}

#[test]
fn names_have_the_characters_that_x_ray_takes() {
    #[track_caller]
    fn check(name: &str, want: &str) {
        assert_eq!(utf8::text(&restrict(name, NAME_LEN_MAX, is_in_name)), want);
    }
    check("DynamoDB", "DynamoDB");
    let all = "aZ09 _.:/%&#=+\\-@\u{e9}\u{df}\u{4e2d}";
    check(all, all);
    check("a?b;c*d(e)f!g$h~i^j<k>l", "a_b_c_d_e_f_g_h_i_j_k_l");
    check("a\tb\n\"c\"\0{}[]|`',\u{7f}", "a_b__c___________");
    check("", "_");
    check(&"x".repeat(200), &"x".repeat(200));
    check(&"x".repeat(201), &"x".repeat(200));
    check(&"\u{e9}".repeat(201), &"\u{e9}".repeat(200));
    for byte in 0..=0x7f_u8 {
        let is_allowed = byte.is_ascii_alphanumeric() || b" _.:/%&#=+\\-@".contains(&byte);
        assert_eq!(is_in_name(byte), is_allowed, "{byte}");
    }
}

#[test]
fn times_are_seconds_with_six_decimals() {
    #[track_caller]
    fn check(nanos: u64, want: &str) {
        assert_eq!(utf8::text(&seconds(nanos)), want);
    }
    check(1_700_000_000_123_456_789, "1700000000.123456");
    check(1_700_000_000_000_000_999, "1700000000.000000");
    check(1_700_000_000_000_001_000, "1700000000.000001");
    check(1_000_000_000_000_000_000, "1000000000.000000");
    // Ten digits: a number in JSON has no zeros in front.
    check(999_999_999_999_999_999, "1000000000.000000");
    check(0, "1000000000.000000");
    check(9_999_999_999_999_999_999, "9999999999.999999");
}

#[test]
fn the_daemons_address_has_the_forms_of_the_sdks() {
    #[track_caller]
    fn check(text: &str, want: Option<SocketAddr>) {
        assert_eq!(daemon_addr(text.as_bytes()), want, "{text:?}");
    }
    let v4 = |ip: [u8; 4], port| Some((Ipv4Addr::from(ip), port).into());
    check("169.254.79.129:2000", v4([169, 254, 79, 129], 2000));
    check("127.0.0.1:1", v4([127, 0, 0, 1], 1));
    check("localhost:2000", v4([127, 0, 0, 1], 2000));
    check("[::1]:2000", Some((Ipv6Addr::LOCALHOST, 2000).into()));
    check("udp:127.0.0.2:2001", v4([127, 0, 0, 2], 2001));
    check(
        "tcp:127.0.0.1:2000 udp:127.0.0.2:2001",
        v4([127, 0, 0, 2], 2001),
    );
    check(
        "udp:127.0.0.2:2001 tcp:127.0.0.1:2000",
        v4([127, 0, 0, 2], 2001),
    );
    for text in [
        "",
        " ",
        ":",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:0",
        "udp:127.0.0.1:0",
        "127.0.0.1:x",
        "1.2.3:2000",
        "tcp:127.0.0.1:2000",
        "udp:",
        "udp:tcp:127.0.0.1:1",
        "http://127.0.0.1:2000",
    ] {
        check(text, None);
    }
    assert_eq!(daemon_addr(b"127.0.0.1:\xff"), None);
    if cfg!(not(feature = "dns")) {
        check("xray.example.com:2000", None);
    }
}

/// Returns the datagram of a subsegment with these details.
fn datagram(name: &str, is_fault: bool, details: &Details) -> String {
    let start_nanos = 1_700_000_000_123_456_789;
    let mut span = Span::begin(&trace(), name).unwrap();
    span.datagram = {
        let mut w = Writer::new(start(&trace(), b"0123456789abcdef", start_nanos));
        w.string(utf8::text(&restrict(name, NAME_LEN_MAX, is_in_name)));
        w.raw(",\"end_time\":");
        w.into_inner()
    };
    span.start_nanos = start_nanos;
    let details = details.text(DOCUMENT_LEN_MAX - START_LEN_MAX);
    span.finish(1_700_000_001_000_000_000, is_fault, &details);
    CURRENT.set(span.outer);
    String::from_utf8(core::mem::take(&mut span.datagram)).unwrap()
}

/// Returns the document of a subsegment with what `f` adds.
fn document(f: impl FnOnce(&mut Subsegment)) -> Value {
    let mut subsegment = Subsegment::begin(&trace(), "test");
    f(&mut subsegment);
    let text = datagram("test", subsegment.details.is_fault, &subsegment.details);
    let (header, document) = text.split_once('\n').unwrap();
    assert_eq!(header, r#"{"format":"json","version":1}"#);
    assert!(document.len() <= DOCUMENT_LEN_MAX, "{}", document.len());
    json::parse(document.as_bytes()).unwrap()
}

#[test]
fn a_datagram_is_a_line_and_a_document() {
    let none = Details::default();
    let want = r#"{"format":"json","version":1}
{"type":"subsegment","id":"0123456789abcdef","trace_id":"1-5759e988-bd862e3fe1be46a994272793","parent_id":"53995c3f42cd8ad8","start_time":1700000000.123456,"name":"a\\b","end_time":1700000001.000000}"#;
    assert_eq!(datagram("a\\b", false, &none), want);
    let (front, _) = want.rsplit_once('}').unwrap();
    assert_eq!(
        datagram("a\\b", true, &none),
        [front, ",\"fault\":true}"].concat()
    );
    assert!(datagram(&"\u{10ffff}".repeat(300), true, &none).len() < START_LEN_MAX);
}

/// The clock may be set back while a subsegment lasts.
#[test]
fn a_subsegment_does_not_end_before_it_begins() {
    let mut span = Span::begin(&trace(), "x").unwrap();
    span.start_nanos = 1_700_000_000_000_000_000;
    span.finish(1_600_000_000_000_000_000, false, &[]);
    CURRENT.set(span.outer);
    assert!(utf8::text(&span.datagram).ends_with(r#","end_time":1700000000.000000}"#));
}

#[test]
fn details_are_members_of_the_document() {
    #[track_caller]
    fn check(f: impl FnOnce(&mut Subsegment), want: &[(&str, &str)]) {
        let document = document(f);
        let members = document.as_object().unwrap();
        let of_span = 7;
        let got: Vec<(&str, String)> = (members.iter().skip(of_span))
            .map(|(name, value)| (name, value.to_string()))
            .collect();
        let want: Vec<_> = want
            .iter()
            .map(|(name, text)| (*name, (*text).into()))
            .collect();
        assert_eq!(got, want);
    }
    check(|_| (), &[]);
    check(
        |it| {
            it.annotation("order-id", "a1")
                .annotation("n", 7_u8)
                .annotation("f", -0.5);
            it.annotation("ok", true)
                .annotation("s", String::from("\""))
                .annotation("", 1);
            it.annotation("nan", f64::NAN)
                .annotation("n", 8)
                .annotation("order id", "a2");
        },
        &[(
            "annotations",
            r#"{"order_id":"a2","n":8,"f":-0.5,"ok":true,"s":"\"","_":1}"#,
        )],
    );
    check(
        |it| {
            it.metadata("b", [1, 2])
                .metadata_in("shop", "\"", crate::json!({ "x": null }));
            it.metadata("c", ())
                .metadata_in("", "k", "v")
                .metadata_in("AWS.x", "k", 1);
            it.metadata_in("shop", "y", 1).metadata("b", "replaced");
        },
        &[(
            "metadata",
            r#"{"default":{"b":"replaced","c":null,"k":"v"},"shop":{"\"":{"x":null},"y":1}}"#,
        )],
    );
    check(
        |it| {
            it.aws("operation", "GetItem").aws("retries", 2).remote();
        },
        &[
            ("namespace", "\"aws\""),
            ("aws", r#"{"operation":"GetItem","retries":2}"#),
        ],
    );
    check(
        |it| {
            it.remote();
        },
        &[("namespace", "\"remote\"")],
    );
    check(
        |it| {
            it.http_request("GET", "https://x.test/\"")
                .http_response(204);
        },
        &[
            ("namespace", "\"remote\""),
            (
                "http",
                r#"{"request":{"method":"GET","url":"https://x.test/\""},"response":{"status":204}}"#,
            ),
        ],
    );
    check(
        |it| {
            it.aws("operation", "PutObject").http_response(200);
        },
        &[
            ("namespace", "\"aws\""),
            ("aws", r#"{"operation":"PutObject"}"#),
            ("http", r#"{"response":{"status":200}}"#),
        ],
    );
    check(
        |it| {
            it.set_fault().set_fault();
        },
        &[("fault", "true")],
    );
    check(
        |it| {
            it.set_throttle().set_error();
        },
        &[("error", "true"), ("throttle", "true")],
    );
}

/// As `apply_status_code` of AWS's SDK for Python has it.
#[test]
fn the_status_of_a_response_sets_flags() {
    for (status, want) in [
        (200, ""),
        (399, ""),
        (400, "error"),
        (404, "error"),
        (429, "error throttle"),
        (499, "error"),
        (500, "fault"),
        (599, "fault"),
    ] {
        let document = document(|it| {
            it.http_response(status);
        });
        let flags = ["error", "fault", "throttle"];
        let set = flags
            .into_iter()
            .filter(|flag| document.get(flag).is_some());
        assert_eq!(set.collect::<Vec<_>>().join(" "), want, "{status}");
    }
}

#[test]
fn errors_are_exceptions_of_the_cause() {
    let document = document(|it| {
        it.exception(&Error::new("NotFound", "no \"a1\""));
        it.exception(&Error::new("Late", "x".repeat(100_000)));
    });
    assert_eq!(document.get("fault"), Some(&Value::Bool(true)));
    let exceptions = document
        .pointer("/cause/exceptions")
        .unwrap()
        .as_array()
        .unwrap();
    let text = |index: usize, name| exceptions[index].get(name).unwrap().as_str().unwrap();
    assert_eq!(text(0, "type"), "NotFound");
    assert_eq!(text(0, "message"), "no \"a1\"");
    assert_eq!(text(1, "message").len(), 4_000 + "...".len());
    for index in 0..2 {
        assert_eq!(text(index, "id").len(), 16);
        assert!(text(index, "id").bytes().all(|b| b.is_ascii_hexdigit()));
    }
    assert_ne!(text(0, "id"), text(1, "id"));
}

#[test]
fn what_does_not_fit_in_a_document_is_left_out() {
    let long = |len: usize| "x".repeat(len);
    let left = document(|it| {
        it.metadata("long", long(62_000))
            .metadata("short", 1)
            .annotation("a", 1);
    });
    assert_eq!(
        left.pointer("/metadata/default/long")
            .unwrap()
            .as_str()
            .unwrap()
            .len(),
        62_000
    );
    assert_eq!(left.pointer("/annotations/a"), Some(&1.into()));

    let left = document(|it| {
        it.metadata("long", long(64_000))
            .metadata("short", 1)
            .annotation("a", 1);
    });
    assert_eq!(left.pointer("/metadata/default/long"), None);
    assert_eq!(left.pointer("/metadata/default/short"), Some(&1.into()));
    assert_eq!(left.pointer("/annotations/a"), Some(&1.into()));

    // Everything at once, with characters that JSON escapes.
    let left = document(|it| {
        for index in 0..200 {
            let text = "\u{1}".repeat(2_000);
            it.annotation(&format!("a{index}"), &text);
            it.metadata_in(&text, &text, index)
                .aws(&format!("b{index}"), &text);
            it.exception(&Error::new("X", &text))
                .http_request(&text, &text);
        }
    });
    assert!(left.get("aws").is_some() && left.get("cause").is_some());

    let left = document(|it| {
        it.annotation("a", "\u{e9}".repeat(1_001));
    });
    let value = left.pointer("/annotations/a").unwrap().as_str().unwrap();
    assert_eq!(value, "\u{e9}".repeat(1_000));
    let left = document(|it| {
        it.annotation(&long(501), 1);
    });
    assert_eq!(
        left.get("annotations").unwrap().get(&long(500)),
        Some(&1.into())
    );
}

#[test]
fn every_length_of_metadata_gives_a_whole_document() {
    for len in (62_500..64_200).step_by(if cfg!(miri) { 400 } else { 7 }) {
        let text = "x".repeat(len);
        document(|it| {
            it.annotation("a", 1).metadata("m", &text).metadata("n", 1);
        });
    }
}

#[test]
fn subsegments_are_nested_on_a_thread() {
    let outer = trace();
    let inner = outer.subsegment("a", || {
        let inner = Trace::current();
        assert_eq!(inner.root, outer.root);
        assert_ne!(inner.parent_id, outer.parent_id);
        subsegment("b", || {
            let innermost = Trace::current();
            assert_eq!(innermost.root, outer.root);
            assert_ne!(innermost.parent_id, inner.parent_id);
            let cx = Context {
                xray_trace_id: Some(HEADER.into()),
                ..Context::default()
            };
            assert_eq!(Trace::of(&cx), innermost);
            let cx = Context {
                xray_trace_id: Some(HEADER.replace("1-5", "1-6")),
                ..Context::default()
            };
            assert_eq!(Trace::of(&cx).parent_id, outer.parent_id);
            assert_eq!(Trace::of(&Context::default()), Trace::NONE);
        });
        assert_eq!(Trace::current(), inner);
        inner
    });
    assert_eq!(Trace::current(), Trace::NONE);
    // On another thread.
    let there = move || {
        assert_eq!(Trace::current(), Trace::NONE);
        inner.subsegment("c", || assert_eq!(Trace::current().root, inner.root));
        assert_eq!(Trace::current(), Trace::NONE);
    };
    std::thread::spawn(there).join().unwrap();
}

#[test]
fn a_panic_ends_its_subsegments() {
    let panics = |f: &dyn Fn()| catch_unwind(AssertUnwindSafe(f)).unwrap_err();
    drop(panics(&|| {
        trace().subsegment("a", || subsegment("b", || panic!("test")));
    }));
    assert_eq!(Trace::current(), Trace::NONE);
    drop(panics(&|| trace().subsegment_with("a", |_| panic!("test"))));
    assert_eq!(Trace::current(), Trace::NONE);
}

#[test]
fn without_a_trace_nothing_is_recorded() {
    assert_eq!(subsegment("a", || 7), 7);
    subsegment_with("a", |it| {
        assert!(!it.is_sampled());
        it.annotation("a", 1)
            .metadata("b", 2)
            .aws("c", 3)
            .http_request("GET", "/");
        it.exception(&Error::msg("d")).http_response(500);
        assert!(it.details.entries.is_empty() && it.details.exceptions.is_empty());
    });
    let error = try_subsegment("a", |_| Err::<u8, _>(Error::msg("x")));
    assert_eq!(error, Err(Error::msg("x")));
}

#[test]
fn debug_output_shows_the_ids() {
    let text = format!("{:?}", trace());
    assert!(
        text.contains(ROOT) && text.contains("53995c3f42cd8ad8"),
        "{text}"
    );
    assert!(format!("{:?}", Subsegment::begin(&Trace::NONE, "a")).contains("is_sampled: false"));
}

/// A loop in a function takes neither quadratic time nor a document that X-Ray refuses.
#[test]
fn an_object_has_a_bounded_number_of_members() {
    let mut details = Details::default();
    for n in 0..if cfg!(miri) { 60 } else { 5_000 } {
        details.annotate(&format!("key{n}"), json::to_vec(&n));
        details.set("metadata", "default", &format!("key{n}"), b"1");
    }
    // The first ones are kept, and can be replaced.
    details.annotate("key49", json::to_vec("new"));
    let n_of = |group: &str| {
        details
            .entries
            .iter()
            .filter(|it| it.group == group)
            .count()
    };
    assert_eq!(n_of("annotations"), ANNOTATIONS_MAX);
    assert_eq!(n_of("metadata"), if cfg!(miri) { 60 } else { MEMBERS_MAX });
    let text = details.text(DOCUMENT_LEN_MAX);
    assert!(utf8::text(&text).contains(r#""key49":"new"}"#));
}
