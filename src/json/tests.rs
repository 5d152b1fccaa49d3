//! Tests of reading and writing: tables of texts and what becomes of them.

use crate::json;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt::Debug;
use core::mem;
use std::collections::HashMap;

use super::members::{COMPARED_MAX, Members};
use super::name_index::hash;
use super::read::lexer;
use super::*;

/// `text` reads as `want`, and what `want` is written as reads as `want` again.
#[track_caller]
fn reads<T: FromJson + ToJson + PartialEq + Debug>(text: &str, want: T) {
    assert_eq!(parse::<T>(text.as_bytes()).as_ref(), Ok(&want), "{text}");
    let written = to_vec(&want);
    assert_eq!(
        parse::<T>(&written),
        Ok(want),
        "{}",
        String::from_utf8_lossy(&written)
    );
}

/// Checks that `text` is not a `T`, and that the error message is `want`.
#[track_caller]
fn refuses<T: FromJson + Debug>(text: impl AsRef<[u8]>, want: &str) {
    let text = text.as_ref();
    let error = parse::<T>(text).expect_err(&String::from_utf8_lossy(text));
    assert_eq!(error.to_string(), want, "{}", String::from_utf8_lossy(text));
}

#[track_caller]
fn writes<T: ToJson + ?Sized>(value: &T, want: &str) {
    assert_eq!(String::from_utf8(to_vec(value)).unwrap(), want);
    assert_eq!(value.to_value().to_string(), want, "as a tree");
}

/// Text that is not UTF-8 may be nested more deeply than a value, and strings may have no end.
#[test]
fn the_error_for_a_text_that_is_not_utf_8_has_a_path_if_the_text_has_one() {
    let check = |text: &[u8], want: &str| {
        let error = parse::<Value>(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Utf8);
        assert!(error.to_string().starts_with(want), "{error}");
    };
    check(b"{\"a\":[1,\xff", "not UTF-8 at $.a[1] ");
    check(b"[\"a\xff", "not UTF-8 at $[0] ");
    for depth in [127, 128, 129, 1000] {
        check(&[&*b"[".repeat(depth), b"\xff"].concat(), "not UTF-8 at $");
        check(
            &[&*b"[\"".repeat(depth), b"\xff"].concat(),
            "not UTF-8 at $",
        );
    }
}

#[test]
fn scalars_read_and_write() {
    reads("null", ());
    reads(" true\n", true);
    reads("\tfalse\r\n", false);
    reads("\"\"", String::new());
    reads("\"x\"", 'x');
    reads("\"\u{10348}\"", '\u{10348}');
    reads("null", None::<u8>);
    reads("1", Some(1_u8));
    reads("\"b\"", Box::new(String::from("b")));
}

#[test]
fn integers_at_and_beyond_the_limits_of_their_types() {
    reads("0", 0_u8);
    reads("-0", 0_u8);
    reads("-0", 0_i64);
    reads("255", u8::MAX);
    reads("-128", i8::MIN);
    reads("65535", u16::MAX);
    reads("-32768", i16::MIN);
    reads("4294967295", u32::MAX);
    reads("-2147483648", i32::MIN);
    reads("18446744073709551615", u64::MAX);
    reads("-9223372036854775808", i64::MIN);
    reads("18446744073709551615", usize::MAX);
    reads("9223372036854775807", isize::MAX);
    reads("340282366920938463463374607431768211455", u128::MAX);
    reads("-170141183460469231731687303715884105728", i128::MIN);
    reads("10000000000000000000", 10_u128.pow(19));
    reads("100000000000000000000000000000000000000", 10_u128.pow(38));
    let place = "at $ (offset 0, line 1, column 1)";
    refuses::<u8>("256", &format!("number out of range for u8 {place}"));
    refuses::<u8>("-1", &format!("number out of range for u8 {place}"));
    refuses::<i8>("128", &format!("number out of range for i8 {place}"));
    refuses::<i8>("-129", &format!("number out of range for i8 {place}"));
    refuses::<u64>(
        "18446744073709551616",
        &format!("number out of range for u64 {place}"),
    );
    refuses::<u64>(
        "99999999999999999999999",
        &format!("number out of range for u64 {place}"),
    );
    refuses::<i64>(
        "9223372036854775808",
        &format!("number out of range for i64 {place}"),
    );
    refuses::<i64>(
        "-9223372036854775809",
        &format!("number out of range for i64 {place}"),
    );
    refuses::<u128>("-1", &format!("number out of range for u128 {place}"));
    refuses::<i64>(
        "\"1\"",
        &format!("expected an integer, found a string {place}"),
    );
    refuses::<i64>(
        "01",
        "expected the end of the text, found a number at $ (offset 1, line 1, column 2)",
    );
    refuses::<Vec<f64>>(
        "[-01]",
        "expected `,` or `]`, found a number at $[0] (offset 3, line 1, column 4)",
    );
    refuses::<i64>(
        "-",
        "expected a digit, found the end of the text at $ (offset 1, line 1, column 2)",
    );
    refuses::<i64>(
        "-x",
        "expected a digit, found `x` at $ (offset 1, line 1, column 2)",
    );
}

#[test]
fn an_integer_may_have_a_point_and_an_exponent_if_it_is_exact() {
    #[track_caller]
    fn check<T: FromJson + PartialEq + Debug>(text: &str, want: T) {
        assert_eq!(parse::<T>(text.as_bytes()).as_ref(), Ok(&want), "{text}");
        let list = format!("[ {text} , {text}]");
        let got = parse::<[Option<Box<T>>; 2]>(list.as_bytes()).unwrap();
        assert_eq!(got[0].as_deref(), Some(&want), "{list}");
        assert_eq!(got[1].as_deref(), Some(&want), "{list}");
    }
    #[track_caller]
    fn all(text: &str, want: i8) {
        check(text, want);
        check(text, i16::from(want));
        check(text, i32::from(want));
        check(text, i64::from(want));
        check(text, isize::from(want));
        check(text, i128::from(want));
        if let Ok(want) = u8::try_from(want) {
            check(text, want);
            check(text, u16::from(want));
            check(text, u32::from(want));
            check(text, u64::from(want));
            check(text, usize::from(want));
            check(text, u128::from(want));
        }
    }
    for sixty in [
        "60.0",
        "6e1",
        "6E1",
        "6e+1",
        "600e-1",
        "60.000",
        "0.6e2",
        "0.006e4",
        "60e0",
        "6.0e1",
        "60000000000000000000000000000000000000000000e-42",
        "60e-0",
        "60.0e00",
    ] {
        all(sixty, 60);
        all(&format!("-{sixty}"), -60);
    }
    for zero in [
        "-0.0",
        "0.0",
        "0e0",
        "0e400",
        "0e-400",
        "0.000e99999999999999999999",
        "-0e-99999999999999999999",
    ] {
        all(zero, 0);
    }
    check("1E2", 100_u8);
    check("2.55e2", u8::MAX);
    check("-128.0", i8::MIN);
    check("9007199254740993.0", 9_007_199_254_740_993_i64);
    check("18446744073709551615.0", u64::MAX);
    check("1844674407370955161.5e1", u64::MAX);
    check("9223372036854775807.0", i64::MAX);
    check("-9223372036854775808.0", i64::MIN);
    check("340282366920938463463374607431768211455.0", u128::MAX);
    check("-170141183460469231731687303715884105728.0", i128::MIN);
    check("1e38", 10_u128.pow(38));
    check("1.8446744073709551616e19", 1_i128 << 64);
    let long = format!("60.{}", "0".repeat(1_000_000));
    check(&long, 60_u8);
}

#[test]
fn fractions_and_integers_out_of_range_are_errors() {
    #[track_caller]
    fn fails<T: FromJson + Debug>(text: &str, want: &str) {
        refuses::<T>(text, &format!("{want} at $ (offset 0, line 1, column 1)"));
        let list = format!("[0,{text}]");
        let error = parse::<Vec<T>>(list.as_bytes()).unwrap_err();
        assert_eq!((error.offset(), error.path()), (3, "$[1]"), "{list}");
    }
    for text in [
        "60.5",
        "-60.5",
        "1e-1",
        "1e-400",
        "0.1e0",
        "600e-3",
        "1e-99999999999999999999",
        "60.0000000000000000000000000001",
    ] {
        fails::<u8>(text, &format!("expected an integer, found {text}"));
        fails::<i64>(text, &format!("expected an integer, found {text}"));
        fails::<u64>(text, &format!("expected an integer, found {text}"));
        fails::<i128>(text, &format!("expected an integer, found {text}"));
    }
    for text in [
        "1e400",
        "1e40",
        "-1e400",
        "1e99999999999999999999",
        "256e40",
        "340282366920938463463374607431768211456.0",
    ] {
        fails::<u8>(text, "number out of range for u8");
        fails::<i64>(text, "number out of range for i64");
        fails::<u128>(text, "number out of range for u128");
        fails::<i128>(text, "number out of range for i128");
    }
    fails::<u8>("256.0", "number out of range for u8");
    fails::<u8>("-1.0", "number out of range for u8");
    fails::<i8>("128.0", "number out of range for i8");
    fails::<u64>("18446744073709551616.0", "number out of range for u64");
    fails::<i64>("9223372036854775808.0", "number out of range for i64");
    fails::<i64>("-9223372036854775809.0", "number out of range for i64");
    fails::<u128>("-1.0", "number out of range for u128");
    fails::<i128>(
        "170141183460469231731687303715884105728.0",
        "number out of range for i128",
    );
    refuses::<u8>(
        "1.",
        "expected a digit, found the end of the text at $ (offset 2, line 1, column 3)",
    );
    refuses::<u8>(
        "1.0e",
        "expected a digit, found the end of the text at $ (offset 4, line 1, column 5)",
    );
    refuses::<i128>(
        "1ex",
        "expected a digit, found `x` at $ (offset 2, line 1, column 3)",
    );
    let number: Number = parse(b"60.0").unwrap();
    assert_eq!(
        (number.to_i64(), number.to_u64(), number.to_i128()),
        (Some(60), Some(60), Some(60))
    );
    assert_eq!(number.as_str(), "60.0");
    assert_eq!(parse::<Number>(b"60.5").unwrap().to_i64(), None);
}

#[test]
fn an_unpaired_surrogate_is_an_error_only_where_it_is_read() {
    const HALVES: [&str; 14] = [
        r"\ud83d",
        r"\ude00",
        r"\ud83d\ud83d",
        r"\ude00\ud83d",
        r"a\ud83d",
        r"\ud83d\u0041",
        r"\uD83Dx",
        r"\ud83d\n",
        r"\ud83d\\",
        r"\ud83d\\u",
        r"\uDFFF",
        r"\ud83d \ude00",
        r"\ud83d\ud83d\ude00",
        r"\ud83d\ue000",
    ];
    crate::json_struct! { #[derive(Debug, PartialEq)] struct A { a: u8 } }
    crate::json_struct! { #[derive(Debug, PartialEq)] struct S { a: String } }
    crate::json_struct! { #[derive(Debug)] struct Rest { a: u8, rest: Object as .. } }
    for half in HALVES {
        for text in [
            format!(r#"{{"a":1,"other":"{half}"}}"#),
            format!(r#"{{"other":"{half}","a":1}}"#),
            format!(r#"{{"{half}":1,"a":1}}"#),
            format!(r#"{{"a":1,"{half}" : [{{"{half}":"{half}"}}]}}"#),
            format!(r#"{{"b":[1,{{"c":["{half}"]}}],"a":1}}"#),
        ] {
            assert_eq!(parse::<A>(text.as_bytes()), Ok(A { a: 1 }), "{text}");
            assert_eq!(parse::<Ignored>(text.as_bytes()), Ok(Ignored), "{text}");
            assert_eq!(get(text.as_bytes(), "/a"), Ok(Some(1)), "{text}");
            let raw: RawJson = parse(text.as_bytes()).unwrap();
            assert_eq!(to_vec(&raw), text.as_bytes());
            assert!(!raw.to_value().is_null(), "{text}");
            let is_surrogate = |result: Result<(), Error>| {
                let error = result.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Surrogate, "{text}: {error}");
                assert!(text[error.offset()..].starts_with("\\u"), "{text}: {error}");
            };
            is_surrogate(parse::<Value>(text.as_bytes()).map(drop));
            is_surrogate(parse::<Rest>(text.as_bytes()).map(drop));
            is_surrogate(parse::<BTreeMap<String, Value>>(text.as_bytes()).map(drop));
            is_surrogate(parse::<Vec<(String, Value)>>(text.as_bytes()).map(drop));
            let mut r = Reader::new(&text).replacing_surrogates();
            let value = Value::from_json(&mut r).unwrap().to_string();
            assert!(value.contains('\u{fffd}'), "{value}");
        }
        let text = format!(r#"{{"a":"{half}"}}"#);
        let error = parse::<S>(text.as_bytes()).unwrap_err();
        assert_eq!(
            (error.kind(), error.path()),
            (ErrorKind::Surrogate, "$.a"),
            "{text}"
        );
        let quoted = format!("\"{half}\"");
        assert!(parse::<String>(quoted.as_bytes()).is_err());
        assert!(parse_borrowed::<Cow<'_, str>>(quoted.as_bytes()).is_err());
        let mut r = Reader::new(&quoted).replacing_surrogates();
        let string = r.string().unwrap();
        assert!(string.contains('\u{fffd}') && r.end().is_ok(), "{string}");
    }
    let mut r =
        Reader::new(r#""\ud83dx\ude00\ud83d\ude00\ud83d\u0041\ud83d""#).replacing_surrogates();
    assert_eq!(
        r.string().unwrap(),
        "\u{fffd}x\u{fffd}\u{1f600}\u{fffd}A\u{fffd}"
    );
    // A malformed escape is still an error, also in a value that is skipped.
    for (bad, offset) in [
        (r"\u12", 1),
        (r"\u12g4", 1),
        (r"\ud83d\uZZZZ", 7),
        (r"\ud83d\u12", 7),
        (r"\ud83d\x", 7),
        (r"\ud83d\", 8),
        (r"\ud8", 1),
    ] {
        let text = format!("\"{bad}\"");
        for error in [
            parse::<String>(text.as_bytes()).unwrap_err(),
            parse::<Ignored>(text.as_bytes()).map(drop).unwrap_err(),
            parse::<Value>(text.as_bytes()).map(drop).unwrap_err(),
        ] {
            assert!(
                matches!(error.kind(), ErrorKind::Syntax | ErrorKind::End),
                "{text}: {error}"
            );
            if bad != r"\ud83d\" {
                assert_eq!(error.offset(), offset, "{text}: {error}");
            }
        }
        let object = format!(r#"{{"x":{text},"a":1}}"#);
        assert!(parse::<A>(object.as_bytes()).is_err(), "{object}");
        let object = format!(r#"{{{text}:1,"a":1}}"#);
        assert!(parse::<A>(object.as_bytes()).is_err(), "{object}");
    }
}

#[test]
fn floats_are_read_to_the_nearest_and_written_shortest() {
    for text in [
        "0.0",
        "-0.0",
        "1.0",
        "-1.5",
        "0.1",
        "1e300",
        "5e-324",
        "1.7976931348623157e308",
    ] {
        let value: f64 = text.parse().unwrap();
        assert_eq!(
            parse::<f64>(text.as_bytes()).map(f64::to_bits),
            Ok(value.to_bits())
        );
        assert_eq!(to_vec(&value), text.as_bytes());
    }
    assert_eq!(to_vec(&1e22_f64), b"1e22");
    assert_eq!(to_vec(&0.1_f32), b"0.1");
    reads("3", 3.0_f64);
    reads("1e2", 100.0_f32);
    writes(&f64::NAN, "null");
    writes(&f64::NEG_INFINITY, "null");
    refuses::<f64>(
        "1e400",
        "number out of range for f64 at $ (offset 0, line 1, column 1)",
    );
    refuses::<f32>(
        "-1e39",
        "number out of range for f32 at $ (offset 0, line 1, column 1)",
    );
}

#[test]
fn all_escapes_of_rfc_8259_are_read_and_others_are_errors() {
    reads(
        r#""\"\\\/\b\f\n\r\t""#,
        String::from("\"\\/\u{8}\u{c}\n\r\t"),
    );
    reads(
        r#""\u0041\u00e9\u20AC\ud834\uDD1e""#,
        String::from("A\u{e9}\u{20ac}\u{1d11e}"),
    );
    reads(
        r#""\ud800\udc00\udbff\udfff""#,
        String::from("\u{10000}\u{10ffff}"),
    );
    reads(r#""\u0000""#, String::from("\0"));
    reads("\"\u{7f}\u{2028}\"", String::from("\u{7f}\u{2028}"));
    refuses::<String>(
        r#""a\x""#,
        "no such escape at $ (offset 2, line 1, column 3)",
    );
    refuses::<String>(
        r#""\u12g4""#,
        "`\\u` needs four hexadecimal digits at $ (offset 1, line 1, column 2)",
    );
    for lone in [
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800x""#,
        r#""\ud800\n""#,
        r#""\ud800\u0041""#,
        r#""\ud800 \udc00""#,
        r#""\ud800\ud800""#,
        r#""\ud800\ue000""#,
    ] {
        refuses::<String>(
            lone,
            "half of a surrogate pair at $ (offset 1, line 1, column 2)",
        );
    }
    refuses::<String>(
        "\"a\nb\"",
        "a control character in a string must be escaped at $ (offset 2, line 1, column 3)",
    );
    refuses::<String>(
        "\"ab",
        "unterminated string at $ (offset 3, line 1, column 4)",
    );
    refuses::<String>("\"ab\\", "no such escape at $ (offset 3, line 1, column 4)");
    refuses::<String>(b"\"a\xff\"", "not UTF-8 at $ (offset 2, line 1, column 3)");
    refuses::<String>(
        b"\xef\xbb\xbf\"a\"",
        "expected a value, found a byte order mark at $ (offset 0, line 1, column 1)",
    );
}

#[test]
fn a_string_takes_no_more_memory_than_its_text() {
    for escape in ["\\n", "\\u0000", "\\ud834\\udd1e", "a\\\""] {
        let text = format!("\"{}\"", escape.repeat(6_000_000 / escape.len()));
        let string: String = parse(text.as_bytes()).unwrap();
        assert!(string.capacity() <= text.len(), "{escape}");
    }
    for open in ["[", "{\"a\":", "[{\"\":"] {
        let text = open.repeat(6_000_000 / open.len());
        let error = parse::<Value>(text.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Depth, "{open}");
        assert_eq!(parse::<Ignored>(text.as_bytes()), Err(error), "{open}");
    }
}

#[test]
fn special_bytes_are_found_at_every_position() {
    for special in ['"', '\\', '\n', '\0', '\u{1f}'] {
        for before in 0..20 {
            for after in 0..20 {
                let string = format!(
                    "{}{special}{}",
                    "a!#".repeat(before),
                    "\u{e9}z".repeat(after)
                );
                let text = to_vec(&string);
                assert_eq!(parse::<String>(&text).as_ref(), Ok(&string));
                assert_eq!(parse::<Value>(&text), Ok(Value::String(string)));
            }
        }
    }
    for byte in 0..=0xff_u8 {
        let special = matches!(byte, 0..=0x1f | b'"' | b'\\');
        for at in 0..40 {
            let mut bytes = [b'~'; 40];
            bytes[at] = byte;
            let n_left = if special { 40 - at } else { 0 };
            assert_eq!(
                lexer::skip_unescaped(&bytes).len(),
                n_left,
                "{byte:#x} at {at}"
            );
            // The first one counts.
            bytes[at..].fill(byte);
            assert_eq!(
                lexer::skip_unescaped(&bytes).len(),
                n_left,
                "{byte:#x} from {at}"
            );
        }
    }
}

#[test]
fn escapes_are_read_and_written_at_every_offset() {
    // The character, its escape as it is written, and others that are read.
    let rows: &[(char, &str, &[&str])] = &[
        ('"', r#"\""#, &[r"\u0022"]),
        ('\\', r"\\", &[r"\u005c", r"\u005C"]),
        ('/', "/", &[r"\/", r"\u002f"]),
        ('\n', r"\n", &[r"\u000a"]),
        ('\t', r"\t", &[r"\u0009"]),
        ('\r', r"\r", &[r"\u000D"]),
        ('\u{8}', r"\b", &[r"\u0008"]),
        ('\u{c}', r"\f", &[r"\u000c"]),
        ('\0', r"\u0000", &[]),
        ('\u{1f}', r"\u001f", &[r"\u001F"]),
        ('\u{7f}', "\u{7f}", &[r"\u007f"]),
        ('\u{80}', "\u{80}", &[r"\u0080"]),
        ('\u{7ff}', "\u{7ff}", &[r"\u07ff"]),
        ('\u{800}', "\u{800}", &[r"\u0800"]),
        ('\u{20ac}', "\u{20ac}", &[r"\u20ac", r"\u20AC"]),
        ('\u{ffff}', "\u{ffff}", &[r"\uffff"]),
        ('\u{10000}', "\u{10000}", &[r"\ud800\udc00"]),
        ('\u{10ffff}', "\u{10ffff}", &[r"\udbff\udfff"]),
    ];
    for (character, written, others) in rows {
        for plain in ["a", "\u{e9}", "\u{65e5}x", "\u{1f600}"] {
            let plain: Vec<char> = plain.chars().cycle().take(40).collect();
            for (at, n_times, n_after) in
                (0..40).flat_map(|at| (1..4).flat_map(move |n| [0, 1, 15, 40].map(|m| (at, n, m))))
            {
                let before: String = plain.iter().take(at).collect();
                let after: String = plain.iter().take(n_after).collect();
                let with = |part: &str| [&before, &*part.repeat(n_times), &after].concat();
                let want = with(&character.to_string());
                let json = format!("\"{}\"", with(written));
                assert_eq!(to_vec(&want), json.as_bytes());
                for escape in others.iter().chain([written]) {
                    // The string is the end of the document, or more follows.
                    let json = format!("\"{}\"", with(escape));
                    assert_eq!(parse::<String>(json.as_bytes()).as_ref(), Ok(&want));
                    let json = format!("[{json},\"{}\"]", "x".repeat(20));
                    let mut r = Reader::new(&json);
                    r.begin_array().unwrap();
                    assert!(r.next_element().unwrap());
                    assert_eq!(r.string().unwrap(), want);
                    assert!(r.next_element().unwrap());
                    assert_eq!(r.string().unwrap().len(), 20);
                }
            }
        }
    }
}

#[test]
fn the_first_error_of_a_string_with_escapes_is_reported() {
    let any: &[&str] = &["", "\"", "\\y\"", "\\udc00 \u{1}\"", &"a".repeat(40)];
    // A surrogate is the error only if the rest is well-formed.
    let well_formed: &[&str] = &["\"", "\\ud800 \\udc00\"", &("a".repeat(40) + "\"")];
    for (wrong, message, rests) in [
        ("\\x", "no such escape", any),
        ("\\u12g4", "`\\u` needs four hexadecimal digits", any),
        (
            "\u{1f}",
            "a control character in a string must be escaped",
            any,
        ),
        ("\\ud800", "half of a surrogate pair", well_formed),
    ] {
        for before in ["\\n", "\\u00e9", "\u{e9}\\\\"] {
            for (at, rest) in (0..40).flat_map(|at| rests.iter().map(move |rest| (at, rest))) {
                let before = [before, &"a".repeat(at)].concat();
                let json = format!("\"{before}{wrong} {rest}");
                let error = parse::<String>(json.as_bytes()).unwrap_err();
                assert_eq!(error.message(), message, "{json}");
                assert_eq!(error.offset(), before.len() + 1, "{json}");
            }
        }
    }
}

#[test]
fn a_failed_read_does_not_move_the_reader() {
    // What is after the mistake would be a value by itself.
    for text in [
        "[1 \"x\"",
        "{\"a\" true",
        "[[[1 2",
        "{\"a\":1 null",
        "[1.\"x\"",
    ] {
        let mut r = Reader::new(text);
        assert!(r.null().is_err() && r.bool().is_err(), "{text}");
        assert!(r.number().is_err() && r.string().is_err(), "{text}");
        assert!(u8::from_json(&mut r).is_err(), "{text}");
        assert_eq!(r.offset(), 0, "{text}");
    }
    let mut r = Reader::new("1.\"x\"");
    assert!(u8::from_json(&mut r).is_err());
    assert!(r.string().is_err());
}

#[test]
fn only_required_characters_are_escaped() {
    writes(
        "\"\\/\u{8}\u{c}\n\r\t\0\u{1f}\u{7f}\u{e9}\u{2028}",
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}\u{e9}\u{2028}\"",
    );
    writes(&'\u{10}', "\"\\u0010\"");
    writes(&Cow::Borrowed("cow"), "\"cow\"");
}

#[test]
fn containers_read_and_write() {
    reads("[]", Vec::<u8>::new());
    reads(" [ 1 , 2 ] ", vec![1, 2]);
    reads("[1,2]", [1, 2]);
    reads("[[1,\"a\"],[2,\"b\"]]", vec![(1, 'a'), (2, 'b')]);
    reads("[1,2,3,4,5,6]", (1, 2, 3, 4, 5, 6));
    reads("[1]", (1,));
    reads(
        r#"{"a":1,"b":2,"a":3}"#,
        BTreeMap::from([("a".to_string(), 3), ("b".to_string(), 2)]),
    );
    reads(
        r#"{"a":1,"a":3}"#,
        HashMap::<_, _>::from([("a".to_string(), 3)]),
    );
    reads(
        r#"{"b":1,"a":2,"b":3}"#,
        vec![("b".to_string(), 3), ("a".to_string(), 2)],
    );
    reads("{}", Vec::<(String, u8)>::new());
    writes(&[("a", 1), ("b", 2)], r#"{"a":1,"b":2}"#);
    writes(&(1, "a", None::<u8>), r#"[1,"a",null]"#);
    writes([Some(&1)].as_slice(), "[1]");
    refuses::<[u8; 3]>(
        "[1, 2]",
        "expected an array of 3, found one of 2 at $ (offset 0, line 1, column 1)",
    );
    refuses::<(u8, u8)>(
        "[1]",
        "expected an array of 2, found `]` at $[0] (offset 2, line 1, column 3)",
    );
    refuses::<(u8, u8)>(
        "[1,2,3]",
        "expected an array of 2, found a number at $[2] (offset 5, line 1, column 6)",
    );
    refuses::<Vec<u8>>(
        "[1,]",
        "expected a value, found `]` at $[1] (offset 3, line 1, column 4)",
    );
    refuses::<Vec<u8>>(
        "[1 2]",
        "expected `,` or `]`, found a number at $[0] (offset 3, line 1, column 4)",
    );
    refuses::<Vec<u8>>(
        "[1",
        "expected `,` or `]`, found the end of the text at $[0] (offset 2, line 1, column 3)",
    );
    refuses::<Value>(
        r#"{"a":1,}"#,
        "expected a member's name in quotes, found `}` at $ (offset 7, line 1, column 8)",
    );
    refuses::<Value>(
        r#"{"a" 1}"#,
        "expected `:`, found a number at $.a (offset 5, line 1, column 6)",
    );
    refuses::<Value>(
        "[1] 2",
        "expected the end of the text, found a number at $ (offset 4, line 1, column 5)",
    );
    refuses::<Value>(
        "",
        "expected a value, found the end of the text at $ (offset 0, line 1, column 1)",
    );
}

#[test]
fn nesting_deeper_than_128_is_an_error() {
    crate::json_struct! { #[derive(Debug)] struct A { a: u8 } }
    let skipped = |depth| {
        format!(
            r#"{{"x":{}{},"a":1}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    assert!(parse::<A>(skipped(127).as_bytes()).is_ok());
    assert_eq!(
        parse::<A>(skipped(128).as_bytes()).unwrap_err().kind(),
        ErrorKind::Depth
    );
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse::<Value>(nested(128).as_bytes()).is_ok());
    assert!(parse::<Ignored>(nested(128).as_bytes()).is_ok());
    for text in [nested(129), "[".repeat(100_000), r#"{"a":"#.repeat(100_000)] {
        for error in [
            parse::<Value>(text.as_bytes()).unwrap_err(),
            parse::<Ignored>(text.as_bytes()).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Depth);
            assert_eq!(error.message(), "more than 128 arrays and objects deep");
        }
    }
}

#[test]
fn errors_have_path_and_offset() {
    #[track_caller]
    fn check(text: &str, path: &str, offset: usize) {
        let error =
            parse::<BTreeMap<String, Vec<BTreeMap<String, u8>>>>(text.as_bytes()).unwrap_err();
        assert_eq!(
            (error.path(), error.offset()),
            (path, offset),
            "{text}: {error}"
        );
    }
    check(
        r#"{"Records":[{},{"a":1,"body":"x"}]}"#,
        "$.Records[1].body",
        29,
    );
    check(r#"{"a":[{"]}\"":1},{"x y":null}]}"#, r#"$.a[1]["x y"]"#, 24);
    check("{\n \"a\":[\n{\"b\":[1]}]}", "$.a[0].b", 14);
    check(r#"{"a":[],"b":7}"#, "$.b", 12);
}

#[test]
fn an_error_after_a_tree_is_at_its_start() {
    for (text, offset) in [
        (r#"[1, [2, {"a": 3}]]"#, 4),
        (r#"[1,  {"a": [2, 3]}]"#, 5),
        (r#"[1, "a\n"]"#, 4),
        ("[1, \n 2]", 6),
        ("[1, null]", 4),
        ("[1, []]", 4),
        ("[1, {}]", 4),
    ] {
        let mut r = Reader::new(text);
        r.begin_array().unwrap();
        assert!(r.next_element().unwrap());
        assert_eq!(Value::from_json(&mut r).unwrap(), json!(1));
        assert!(r.next_element().unwrap());
        Value::from_json(&mut r).unwrap();
        let error = r.error("not for this function");
        assert_eq!((error.path(), error.offset()), ("$[1]", offset), "{text}");
    }
}

#[test]
fn json_builds_values() {
    let (name, list) = ("n", vec![1, 2]);
    writes(&crate::json!(null), "null");
    writes(&crate::json!([]), "[]");
    writes(&crate::json!({}), "{}");
    writes(
        &crate::json!([null, [], {}, 1 + 1, name, list, [list.len(),],]),
        r#"[null,[],{},2,"n",[1,2],[2]]"#,
    );
    writes(
        &crate::json!({ "a": null, (name): {}, "b": [true], "c": list[0], "d": -1.5, "a": Some("again"), }),
        r#"{"a":"again","n":{},"b":[true],"c":1,"d":-1.5}"#,
    );
    assert_eq!(
        crate::json!({ "x": [1, "2", true] }).pointer("/x/1"),
        Some(&"2".into())
    );
}

#[test]
fn pointers_follow_rfc_6901() {
    // Section 5 of the RFC has this document and these pointers.
    let text = br#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
    let value: Value = parse(text).unwrap();
    assert_eq!(value.pointer(""), Some(&value));
    assert_eq!(value.pointer("/foo/0").unwrap(), &"bar");
    for (pointer, want) in [
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ("/k\"l", 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ] {
        assert_eq!(value.pointer(pointer).unwrap(), &want, "{pointer}");
    }
    for nothing in [
        "foo", "/foo/2", "/foo/00", "/foo/-", "/foo/+1", "/foo/0/x", "/m~2n", "/m~", "/none",
    ] {
        assert_eq!(value.pointer(nothing), None, "{nothing}");
    }
}

#[test]
fn get_finds_the_same_value_as_value_pointer() {
    let text = br#"{"a":{"x":1},"b~/":[0,{"c":[true]}],"a":{"x":2,"x":3}}"#;
    let tree: Value = parse(text).unwrap();
    for pointer in [
        "",
        "/a",
        "/a/x",
        "/b~0~1",
        "/b~0~1/1/c/0",
        "/b~0~1/2",
        "/a/y",
        "/a/x/z",
        "a",
        "/b~2",
    ] {
        assert_eq!(
            get::<Value>(text, pointer).as_ref(),
            Ok(&tree.pointer(pointer).cloned()),
            "{pointer}"
        );
    }
    assert_eq!(get(text, "/a/x"), Ok(Some(3)));
    let error = get::<u8>(text, "/b~0~1/1/c").unwrap_err().to_string();
    assert_eq!(
        error,
        r#"expected an integer, found an array at $["b~/"][1].c (offset 27, line 1, column 28)"#
    );
    assert!(get::<u8>(br#"{"a":1}x"#, "/a").is_err());
}

#[test]
fn pretty_printing_changes_white_space_only() {
    let text = r#"{"a":[],"b":{},"c":[1,[2,{"d":"[{\",\\"}],null],"e":{"f":-1.50}}"#;
    let value: Value = parse(text.as_bytes()).unwrap();
    let pretty = to_vec_pretty(&value);
    assert_eq!(parse::<Value>(&pretty).as_ref(), Ok(&value));
    assert_eq!(
        to_vec_pretty(&RawJson::new(core::str::from_utf8(&pretty).unwrap()).unwrap()),
        pretty
    );
    assert_eq!(alloc::format!("{value:#}").into_bytes(), pretty);
    assert_eq!(to_vec_pretty(&"a\"\\"), b"\"a\\\"\\\\\"");
}

#[test]
fn object_methods_change_one_member_only() {
    let mut object: Object = parse(br#"{"a": 1, "": 2, "bc": {}}"#).unwrap();
    assert_eq!(format!("{object:?}"), r#"{"a": 1, "": 2, "bc": {}}"#);
    assert_eq!(object.remove(""), Some(2.into()));
    assert_eq!((object.remove(""), object.get("abc")), (None, None));
    *object.get_mut("bc").unwrap() = true.into();
    assert_eq!(
        object,
        Object::from_iter([("a", Value::from(1)), ("bc", true.into())])
    );
    assert_ne!(
        object,
        Object::from_iter([("ab", Value::from(1)), ("c", true.into())])
    );
    assert_eq!(
        object.clone().into_iter().next(),
        Some((String::from("a"), 1.into()))
    );
    assert_eq!(
        (object.remove("a"), object.remove("bc")),
        (Some(1.into()), Some(true.into()))
    );
    assert_eq!((object.len(), object), (0, Object::new()));
}

#[test]
fn duplicate_names_keep_the_last_value_at_the_first_place() {
    for n in 0..70 {
        for again in 0..n {
            let names = || (0..n).map(|index| "x".repeat(index));
            let all = names().chain(names().nth(again)).enumerate();
            let members: Vec<_> = all
                .map(|(index, name)| format!(r#""{name}": {index}"#))
                .collect();
            let text = format!("{{{}}}", members.join(","));
            let place = |index| if index == again { n } else { index };
            let want: Vec<_> = names().zip((0..n).map(place)).collect();
            assert_eq!(
                parse::<Vec<(String, usize)>>(text.as_bytes()).unwrap(),
                want
            );
            let want: Object = want.into_iter().collect();
            assert_eq!(parse::<Object>(text.as_bytes()).unwrap(), want);
        }
    }
}

#[test]
fn trees_have_the_names_of_their_text() {
    // Names of up to 22 bytes are copied with the bytes after them, unless the text ends before those.
    for len in 0..50 {
        for (plain, escaped) in [
            ("x", "\\u0078"),
            ("é", "\\u00e9"),
            ("\u{1f600}", "\\ud83d\\ude00"),
        ] {
            let (plain, escaped) = (plain.repeat(len), escaped.repeat(len));
            let other = "y".repeat(len + 1);
            for (text, want) in [
                (
                    format!(r#"{{"{escaped}":1}}"#),
                    format!(r#"{{"{plain}":1}}"#),
                ),
                (
                    format!(
                        r#" {{ "{plain}" : [ {{ "{other}" :1, "{plain}":-2.5e3 , "{other}": [] }} ] }} "#
                    ),
                    format!(r#"{{"{plain}":[{{"{other}":[],"{plain}":-2.5e3}}]}}"#),
                ),
                (
                    format!(
                        r#"{{"{plain}":1,"{other}":{{"{plain}":"a"}},"{escaped}":true,"":null}}"#
                    ),
                    match len {
                        0 => format!(r#"{{"":null,"{other}":{{"":"a"}}}}"#),
                        _ => format!(r#"{{"{plain}":true,"{other}":{{"{plain}":"a"}},"":null}}"#),
                    },
                ),
            ] {
                assert_eq!(
                    parse::<Value>(text.as_bytes()).unwrap().to_string(),
                    want,
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn trees_have_no_unused_capacity() {
    // The outermost list may have some: up to three times its length.
    for n in 0..70 {
        let values = |n: usize| (0..n).collect::<Value>().to_string();
        let lists: Vec<_> = (0..n).map(values).collect();
        let Ok(Value::Array(outer)) = format!("[{}]", lists.join(",")).parse() else {
            panic!("an array");
        };
        assert!(outer.capacity() <= 4 * n.max(1), "{n}");
        for (n, inner) in outer.iter().enumerate() {
            let Value::Array(inner) = inner else {
                panic!("an array");
            };
            assert_eq!((inner.len(), inner.capacity()), (n, n));
        }
    }
}

#[test]
fn names_that_differ_in_one_byte_have_different_hashes() {
    for suffix in ["", "\0", "a", "customer/000001", "\u{10ffff}"] {
        for prefix in ["", "\0", "a", "customer/"] {
            let name = |byte: u8| [prefix.as_bytes(), &[byte], suffix.as_bytes()].concat();
            for key in [1, 3, 0x1234_5677, (1 << 30) - 1] {
                let hashes: BTreeSet<_> = (0..=255).map(|byte| hash(&name(byte), key)).collect();
                assert_eq!(hashes.len(), 256, "{prefix:?} {suffix:?} {key}");
            }
        }
    }
}

#[test]
fn names_of_zeros_and_of_different_lengths_have_different_hashes() {
    // For a few keys this is not so: (1 << 30) - 1 has only 62 powers.
    for key in [3, 0x1234_5677] {
        let hashes: BTreeSet<_> = (0..1000).map(|len| hash(&vec![0; len], key)).collect();
        assert_eq!(hashes.len(), 1000, "{key}");
    }
    // The hash stays below 2^32, so that no product overflows.
    for byte in 0..=255 {
        assert!(hash(&[byte; 1000], (1 << 30) - 1) < 1 << 32);
    }
}

#[test]
fn hostile_names_are_not_in_a_long_chain() {
    /// Texts for which a hash without a key, the FNV of 64 bits with the multiplier 0x9e37_79b9_7f4a_7c15 from 0, has one
    /// result, also after each other and after zeros.
    const ALIKE: [&str; 16] = [
        r"~V?+eI)]eI)]L<?+'3'33/K'?+L<O{f^",
        r"~Vso5Y'3'3Nf5Yso'3'3@@?+@@MQK'eI",
        r"3/Bj)]BjX8gsZb@@'3'3f^5Y'3)]YMO{",
        r"|,[w3/6nL<6nf^@@'3'3~Vso4Dp0(Hgs",
        r"3/L<W#|,gs|,YM4D'3(H?+BjK'qE3/~V",
        r"rZqE?+gseIMQ5YZb'3(H?+Nf*rf^d4Bj",
        r"eIL<)]NfAU5Y[wqE'3(HW#YM|,YM|,O{",
        r"O{@@5Yp0YM4DW#L<'3)]?+ZbNf@@|,Nf",
        r"BjAUd4?+4DW#6nNf'3)]@@eI*r*r6n5Y",
        r"6nW#eIeIeIYMd4MQ'3*r)]rZp0MQ5Y4D",
        r"5YYMYMAU5Yp0qEW#'3*r*rW#'3NfrZ[w",
        r"?+sosof^f^W#L<6n'3*reIp0@@W#YM)]",
        r"d4Zb'3~VqEAUgsNf'33/AUqEeI6ngsd4",
        r"4D?+@@~V~V*rqE|,'33/X8[wrZ6nX8eI",
        r"L<p0Nf'3AUgsgs*r'33/so4DYM[wd4*r",
        r"YM?+)](H@@W#gsNf'33/|,gs)]rZ|,|,",
    ];

    /// A name that counts how often it is compared.
    struct Counted<'n>(String, &'n Cell<u32>);

    impl AsRef<[u8]> for Counted<'_> {
        fn as_ref(&self) -> &[u8] {
            self.1.set(self.1.get() + 1);
            self.0.as_bytes()
        }
    }

    let names = |prefix: &str| -> Vec<String> {
        let pair = |n: usize| [prefix, ALIKE[n / 16], ALIKE[n % 16]].concat();
        (0..256).map(pair).collect()
    };
    let lengths = (0..256).map(|len| "\0".repeat(len)).collect();
    for names in [
        names(""),
        names(&"\0".repeat(16)),
        names("customer/"),
        lengths,
    ] {
        let n_compared = Cell::new(0);
        let mut members = Members::Few(Vec::new());
        for name in names {
            assert_eq!(members.set(Counted(name, &n_compared), ()), None);
        }
        n_compared.set(0);
        for (position, (name, ())) in members.list().iter().enumerate() {
            assert_eq!(members.find(name.0.as_bytes()), position);
        }
        // A tree of random names has an average depth of about eight.
        assert!(
            n_compared.get() < 256 * 20,
            "{} comparisons",
            n_compared.get()
        );
    }
}

#[test]
fn a_removed_name_is_inserted_at_the_end() {
    let names: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    let mut object: Object = names.iter().map(|name| (name, 0)).collect();
    for name in &names {
        assert_eq!(object.remove(name), Some(0.into()), "{name}");
        assert_eq!(object.get(name), None, "{name}");
        assert_eq!(object.insert(name, 1), None, "{name}");
        assert_eq!(object.iter().last(), Some((&**name, &1.into())));
        let shown: BTreeMap<&str, i64> = object
            .iter()
            .map(|(name, value)| (name, value.as_i64().unwrap()))
            .collect();
        assert_eq!(format!("{object:?}").len(), format!("{shown:?}").len());
        assert_eq!(object.clone().into_iter().len(), 40);
    }
    assert!(object.iter().map(|member| member.0).eq(&names));
}

#[test]
fn removed_members_take_no_memory_for_long() {
    let capacity = |object: &mut Object| object.0.list_mut().capacity();
    for n_kept in [0, 1, 40] {
        let name = |n: usize| format!("a name of more than 22 bytes {n}");
        let mut object: Object = (0..n_kept).map(|n| (name(n), n)).collect();
        let mut largest = 0;
        for n in n_kept..20_000 {
            object.insert(name(n), n);
            largest = largest.max(capacity(&mut object));
            assert_eq!(object.remove(&name(n)), Some(n.into()));
        }
        assert!(largest <= 4 * n_kept.max(COMPARED_MAX), "{largest}");

        object.extend((n_kept..20_000).map(|n| (name(n), n)));
        for n in n_kept..20_000 {
            assert_eq!(object.remove(&name(n)), Some(n.into()));
        }
        let kept = capacity(&mut object);
        assert!(kept <= 4 * n_kept.max(COMPARED_MAX), "{kept}");
        assert_eq!(object.len(), n_kept);
    }
}

#[test]
fn objects_of_any_length_behave_like_a_list_of_members() {
    // Names of which many begin with another one, at bits that an index compares.
    let letters = ["", "a", "b", "\0", "\u{7f}", "é", "\u{10ffff}", "a\0"];
    let names: Vec<String> = (0..512)
        .map(|n| letters[n / 64].to_owned() + letters[n / 8 % 8] + letters[n % 8])
        .collect();
    let mut random = 1_u64;
    let mut below = |n: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(random >> 33).unwrap() % n
    };
    // The object grows to each length, and shrinks.
    for n_names in [1, 2, 31, 32, 33, 34, 65, 130, 512] {
        let (mut object, mut list) = (Object::new(), Vec::<(&str, Value)>::new());
        for step in 0..2000_u32 {
            let name = &*names[below(n_names)];
            let position = list.iter().position(|member| member.0 == name);
            let is_growing = step / 500 % 2 == 0;
            match below(4) {
                0 if !is_growing => {
                    let want = position.map(|position| list.remove(position).1);
                    assert_eq!(object.remove(name), want);
                }
                1 if is_growing => {
                    let want = position.map(|position| &mut list[position].1);
                    let got = object.get_mut(name);
                    assert_eq!(got, want);
                    if let (Some(got), Some(want)) = (got, want) {
                        (*got, *want) = (json!(null), json!(null));
                    }
                }
                2 => {
                    let want =
                        position.map(|position| mem::replace(&mut list[position].1, step.into()));
                    if want.is_none() {
                        list.push((name, step.into()));
                    }
                    assert_eq!(object.insert(name, step), want);
                }
                _ => {
                    let want = position.map(|position| &list[position].1);
                    assert_eq!(
                        (object.get(name), object.contains_key(name)),
                        (want, want.is_some())
                    );
                }
            }
            assert_eq!(
                (object.len(), object.is_empty()),
                (list.len(), list.is_empty())
            );
            if step % 50 == 0 {
                assert!(
                    object
                        .iter()
                        .eq(list.iter().map(|(name, value)| (*name, value)))
                );
                assert_eq!(object.iter().len(), list.len());
                let same: Object = list.iter().cloned().collect();
                assert_eq!(object, same);
                assert_eq!(to_vec(&object), to_vec(&same));
                assert_eq!(parse::<Object>(&to_vec(&object)).unwrap(), same);
                let owned: Vec<_> = object.clone().into_iter().collect();
                assert!(
                    owned
                        .iter()
                        .map(|(name, value)| (&**name, value))
                        .eq(object.iter())
                );
                list.reverse();
                assert_eq!(object, list.iter().cloned().collect());
                if let Some(first) = list.first_mut() {
                    let value = mem::replace(&mut first.1, json!("other"));
                    assert_ne!(object, list.iter().cloned().collect());
                    list[0].1 = value;
                    assert_ne!(object, list.iter().skip(1).cloned().collect());
                }
                list.reverse();
            }
        }
    }
}

#[test]
fn an_object_adds_nothing_to_the_size_of_a_value() {
    assert_eq!(size_of::<Object>(), size_of::<Vec<u8>>());
    assert_eq!(
        size_of::<Value>(),
        size_of::<usize>() + size_of::<Vec<u8>>()
    );
}

#[test]
fn a_large_object_that_the_macro_makes_is_like_one_that_is_read() {
    let made = json!({
        "a0": 0, "a1": 0, "a2": 0, "a3": 0, "a4": 0, "a5": 0, "a6": 0, "a7": 0, "a8": 0, "a9": 0,
        "b0": 0, "b1": 0, "b2": 0, "b3": 0, "b4": 0, "b5": 0, "b6": 0, "b7": 0, "b8": 0, "b9": 0,
        "c0": 0, "c1": 0, "c2": 0, "c3": 0, "c4": 0, "c5": 0, "c6": 0, "c7": 0, "c8": 0, "c9": 0,
        "d0": 0, "d1": 0, "d2": 0, "d3": 0, "d4": 0, "a1": null, "d4": [1],
    });
    let Value::Object(mut made) = made else {
        panic!("not an object");
    };
    assert_eq!(parse::<Object>(&to_vec(&made)).unwrap(), made);
    assert_eq!(
        (made.len(), made.get("a1"), made.get("d4")),
        (35, Some(&json!(null)), Some(&json!([1])))
    );
    assert_eq!(
        (made.insert("e", 1), made.remove("a0"), made.insert("d4", 2)),
        (None, Some(json!(0)), Some(json!([1])))
    );
    assert_eq!(
        (made.len(), made.get("e"), made.get("a0")),
        (35, Some(&json!(1)), None)
    );
}

#[test]
fn an_object_of_100_000_members_is_not_quadratic() {
    let n = 100_000_u32;
    let mut text = String::from("{");
    for index in 0..n {
        text.extend([
            "\"",
            &(index % (n / 2)).to_string(),
            "\":",
            &index.to_string(),
            ",",
        ]);
    }
    text += "\"0\":true}";
    let object: Object = parse(text.as_bytes()).unwrap();
    assert_eq!(object.len(), n as usize / 2);
    assert_eq!(object.get("0"), Some(&true.into()));
    for (index, (name, value)) in object.iter().enumerate().skip(1) {
        assert_eq!(*name, index.to_string());
        assert_eq!(*value, Value::from(index + n as usize / 2));
    }
    let list: Vec<(String, Value)> = parse(text.as_bytes()).unwrap();
    assert!(object.into_iter().eq(list));

    // Names in order, in the opposite order and without one, which all begin with the same letters.
    for step in [1, n - 1, 38_603] {
        let names = || {
            (0..n).map(|index| {
                format!(
                    "a long name of {}",
                    u64::from(index) * u64::from(step) % u64::from(n)
                )
            })
        };
        let mut object = Object::new();
        for name in names() {
            assert_eq!(object.insert(&name, true), None);
        }
        for name in names() {
            assert_eq!(object.get(&name), Some(&true.into()));
        }
        // Half are removed in order; the others are replaced by themselves, at the end.
        for name in names().skip(1).step_by(2) {
            assert!(object.remove(&name).is_some());
        }
        for name in names().step_by(2) {
            assert!(object.remove(&name).is_some());
            assert_eq!(object.insert(&name, false), None);
        }
        assert_eq!(object.len(), n as usize / 2);
        assert!(object.iter().map(|member| member.0).eq(names().step_by(2)));
    }

    // The names that a tree of their letters would have at the greatest depth.
    let names = || (0..1000).map(|len| "x".repeat(len));
    let mut object = names().map(|name| (name, 1)).collect::<Object>();
    assert!(names().all(|name| object.remove(&name).is_some()));
}
