//! A failed read leaves the reader where it was, so that another type can be tried.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use tiny_lambda::events::sqs::SqsEvent;
use tiny_lambda::events::{self, dynamodb, eventbridge, iam};
use tiny_lambda::http::Request;
use tiny_lambda::json::{
    self, Base64, BorrowJson, EpochMillis, EpochSeconds, Error, FromJson, Ignored, IsoDuration,
    Millis, Number, Object, RawJson, Reader, Rfc3339, Seconds, Value,
};
use tiny_lambda::{ClientContext, json_enum, json_struct};

json_struct! {
    struct Inner { a: u8, b: Vec<Shape>, c: Option<Box<Inner>>, d: i8 = 7 }
}
json_struct! {
    struct Keeps { a: u8, rest: Object as .. }
}
json_struct! {
    struct Borrowed<'j> { a: &'j str, b: Option<Cow<'j, str>>, c: u8 }
}
json_struct! {
    struct Late { a: Two, b: u8 }
}
json_enum! {
    enum Two { A(Shape), B(u8) }
}
json_enum! {
    enum Shape { A(u8), B(Box<Inner>), Point }
}
json_enum! {
    enum Tagged as "type" { A(Inner) as "x", B }
}
json_enum! {
    enum Open { A, Other(String) as .. }
}

/// Every kind of value and every kind of syntax error; each type fails on some of them.
const TEXTS: [&str; 101] = [
    "null",
    "true",
    "false",
    "tru",
    "nul",
    "0",
    "-0",
    "-1",
    "-129",
    "256",
    "65536",
    "4294967296",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "-170141183460469231731687303715884105729",
    "60.5",
    "-60.5",
    "1e400",
    "-1e400",
    "1e-400",
    "1e99999999999999999999",
    "-",
    "-x",
    "1.",
    "1.x",
    "1e",
    "1e+",
    "01",
    "\"\"",
    "\"a\"",
    "\"ab\"",
    "\"a\\n\"",
    "\"ab",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83d\\uZZZZ\"",
    "\"\u{1}\"",
    "\"\0\"",
    "\"2024-13-01T00:00:00Z\"",
    "\"P1Y\"",
    "\"aGk\u{e9}\"",
    "[]",
    "[1",
    "[1,",
    "[1,]",
    "[1 2]",
    "[1,2,3]",
    "[1,256]",
    "[1,\"x\"]",
    "[[1],[\"x\"]]",
    "[{\"a\":1},{\"a\":{}}]",
    "[\"a\",1,{}]",
    "[1}",
    "[tru]",
    "[\"\\ud83d\"]",
    "{}",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{\"a\"}",
    "{\"a\" 1}",
    "{a:1}",
    "{\"a",
    "{\"a\":\"x\",\"b\":[{}, 5]}",
    "{\"a\":1,\"b\":[\"Point\",{\"A\":256}]}",
    "{\"a\":1,\"b\":[],\"c\":{\"a\":1,\"b\":[{\"B\":{\"a\":1}}]}}",
    "{\"a\":1,\"a\":{\"b\":[1,}}",
    "{\"a\":1]",
    "{\"\\ud83d\":1}",
    "{\"a\":1,\"x\":\"\\ud83d\"}",
    "{\"type\":\"x\"}",
    "{\"type\":\"x\",\"a\":1,\"b\":[7]}",
    "{\"type\":\"y\"}",
    "{\"type\":5}",
    "{\"type\":\"B\",\"x\":[}",
    "{\"A\":1,\"B\":2}",
    "{\"A\":\"x\"}",
    "{\"A\":1,}",
    "{\"B\":{\"a\":1,\"b\":{}}}",
    "{\"C\":1}",
    "{\"S\":1}",
    "{\"N\":\"x\"}",
    "{\"NULL\":false}",
    "{\"L\":[{}]}",
    "{\"NS\":[\"1\",2]}",
    "{\"httpMethod\":\"GET\"}",
    "{\"Records\":[{\"body\":tru}]}",
    "{\"detail\":[1,]}",
    "",
    "]",
    "}",
    ",",
    ":",
    "x",
    "\u{feff}1",
    "\0",
    "'a'",
];

/// Returns `TEXTS` and some deeply nested texts.
fn texts() -> Vec<String> {
    let mut texts = TEXTS.map(String::from).to_vec();
    for open in ["[", "{\"a\":", "[{\"b\":"] {
        texts.push(open.repeat(129));
        texts.push(open.repeat(40) + "tru");
    }
    texts
}

/// Returns what a caller would read next: the value, and what follows it.
fn outcome(mut r: Reader<'_>) -> (Result<String, Error>, usize, String) {
    let raw = r.raw().map(String::from);
    let offset = r.offset();
    let behind = [
        format!("{:?}", r.clone().next_element()),
        format!("{:?}", r.clone().next_member()),
        format!("{:?}", r.end()),
    ];
    (raw, offset, behind.concat())
}

/// Calls `read` on each text in each kind of place, and checks that a failure does not change the reader.
#[track_caller]
fn leaves_no_trace(name: &str, read: impl for<'j> Fn(&mut Reader<'j>) -> Option<Error>) {
    let mut n_failures = 0;
    for text in texts() {
        for (before, behind) in [
            ("", ""),
            (" \n\t ", " "),
            ("[", "]"),
            ("[ 0 , ", " , 1 ]"),
            ("{\"k\": ", "}"),
            ("{\"k\" :\n      ", ",\"l\":2}"),
        ] {
            let whole = format!("{before}{text}{behind}");
            let mut r = Reader::new(&whole);
            match before.as_bytes().first() {
                Some(b'[') => {
                    r.begin_array().unwrap();
                    if !r.next_element().unwrap() {
                        continue;
                    }
                    if before.contains('0') {
                        assert_eq!(u8::from_json(&mut r), Ok(0));
                        assert!(r.next_element().unwrap());
                    }
                }
                Some(b'{') => {
                    r.begin_object().unwrap();
                    assert_eq!(r.next_member().unwrap().as_deref(), Some("k"));
                }
                _ => {}
            }
            let (place, want) = (r.offset(), outcome(r.clone()));
            if let Some(error) = read(&mut r) {
                n_failures += 1;
                assert_eq!(r.offset(), place, "{name} from {whole:?}: {error}");
                assert_eq!(outcome(r.clone()), want, "{name} from {whole:?}: {error}");
                let again = read(&mut r).expect("the same error");
                assert_eq!(again, error, "{name} from {whole:?}");
                assert!(error.offset() >= place, "{name} from {whole:?}: {error}");
            }
        }
    }
    assert!(n_failures > 20, "{name}: {n_failures}");
}

macro_rules! types {
    ($($type:ty),* $(,)?) => {$(
        leaves_no_trace(stringify!($type), |r| <$type>::from_json(r).err());
    )*};
}

macro_rules! borrowed_types {
    ($($type:ty),* $(,)?) => {$(
        leaves_no_trace(stringify!($type), |r| <$type>::borrow_json(r).err());
    )*};
}

#[test]
fn a_failed_read_of_any_type_leaves_the_reader_where_it_was() {
    types!(
        u8,
        u16,
        u32,
        u64,
        u128,
        usize,
        i8,
        i16,
        i32,
        i64,
        i128,
        isize,
        f32,
        f64,
        bool,
        char,
        (),
        String,
        Ignored,
        Number,
        Value,
        Object,
        RawJson<'static>,
        Base64,
        Rfc3339,
        EpochSeconds,
        EpochMillis,
        Seconds,
        Millis,
        IsoDuration,
    );
    types!(
        Option<u8>, Box<u8>, Vec<u8>, Vec<Vec<u8>>, [u8; 3], (u8,), (u8, u8), (u8, String, Object),
        (u8, u8, u8, u8, u8, u8), Vec<(String, u8)>, BTreeMap<String, u8>, HashMap<String, u8>,
        Option<Box<Vec<Inner>>>, BTreeMap<String, Vec<Shape>>, Vec<(String, Tagged)>,
    );
    types!(
        Inner,
        Keeps,
        Late,
        Two,
        Shape,
        Tagged,
        Open,
        Vec<Inner>,
        ClientContext
    );
    types!(
        SqsEvent,
        eventbridge::EventBridgeEvent<Inner>,
        dynamodb::AttributeValue,
        events::Field<u8>,
        events::Map<u8>,
        events::Base64,
        events::FormText,
        events::Timestamp,
        events::EpochSeconds,
        iam::OneOrMany,
        Request,
    );
}

#[test]
fn a_failed_read_of_a_borrowing_type_leaves_the_reader_where_it_was() {
    borrowed_types!(
        &str,
        Cow<'_, str>,
        Box<&str>,
        Option<&str>,
        Vec<&str>,
        Borrowed<'_>
    );
    borrowed_types!(RawJson<'_>, BTreeMap<Cow<'_, str>, &str>, Vec<Borrowed<'_>>);
}

#[test]
fn a_failed_method_leaves_the_reader_where_it_was() {
    leaves_no_trace("null", |r| r.null().err());
    leaves_no_trace("bool", |r| r.bool().err());
    leaves_no_trace("number", |r| r.number().err());
    leaves_no_trace("string", |r| r.string().err());
    leaves_no_trace("begin_array", |r| {
        r.clone()
            .begin_array()
            .err()
            .and_then(|_| r.begin_array().err())
    });
    leaves_no_trace("peek", |r| {
        r.clone().skip().err().and_then(|_| r.peek().err())
    });
    leaves_no_trace("skip", |r| r.skip().err());
    leaves_no_trace("raw", |r| r.raw().err());
}

/// A type that tries others, as a user would write it.
#[derive(Debug, PartialEq)]
enum Scalar {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Time(Rfc3339),
    Text(String),
    List(Vec<Scalar>),
}

impl FromJson for Scalar {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
        i64::from_json(r)
            .map(Scalar::Signed)
            .or_else(|_| u64::from_json(r).map(Scalar::Unsigned))
            .or_else(|_| f64::from_json(r).map(Scalar::Float))
            .or_else(|_| Rfc3339::from_json(r).map(Scalar::Time))
            .or_else(|_| String::from_json(r).map(Scalar::Text))
            .or_else(|_| Vec::from_json(r).map(Scalar::List))
    }
}

#[test]
fn a_type_that_tries_several_others_accepts_only_json() {
    assert_eq!(json::parse(b"-5"), Ok(Scalar::Signed(-5)));
    assert_eq!(
        json::parse(b"18446744073709551615"),
        Ok(Scalar::Unsigned(u64::MAX))
    );
    assert_eq!(
        json::parse(b"18446744073709551616"),
        Ok(Scalar::Float(18_446_744_073_709_551_616.0))
    );
    assert_eq!(json::parse(b"1.5"), Ok(Scalar::Float(1.5)));
    assert_eq!(json::parse(b"\"2x\""), Ok(Scalar::Text("2x".into())));
    assert_eq!(
        json::parse(b"[1,[\"x\",-2.5]]"),
        Ok(Scalar::List(vec![
            Scalar::Signed(1),
            Scalar::List(vec![Scalar::Text("x".into()), Scalar::Float(-2.5)])
        ]))
    );
    for text in texts() {
        for behind in ["", "5", " 5", "\"x\"", "[]", ",1", ".5", "e1"] {
            let whole = format!("{text}{behind}");
            if json::parse::<Ignored>(whole.as_bytes()).is_err() {
                assert!(
                    json::parse::<Scalar>(whole.as_bytes()).is_err(),
                    "{whole:?}"
                );
                let list = format!("[{whole}]");
                if json::parse::<Ignored>(list.as_bytes()).is_err() {
                    assert!(
                        json::parse::<Vec<Scalar>>(list.as_bytes()).is_err(),
                        "{list:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_text_is_refused_if_a_failed_type_has_left_an_object_open() {
    /// Does not restore the reader when it fails.
    struct Point;
    impl FromJson for Point {
        fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
            r.begin_object()?;
            while let Some(name) = r.next_member()? {
                match &*name {
                    "x" => drop(u8::from_json(r)?),
                    _ => r.skip()?,
                }
            }
            Ok(Point)
        }
    }
    struct Either;
    impl FromJson for Either {
        fn from_json(r: &mut Reader<'_>) -> Result<Self, Error> {
            Point::from_json(r)
                .map(|_| Either)
                .or_else(|_| String::from_json(r).map(|_| Either))
        }
    }
    for text in [
        "{\"x\":\"a\"",
        "[{\"x\":\"a\"]",
        "{\"x\":\"a\" ",
        "{\"y\":{\"x\":\"a\"}",
    ] {
        assert!(json::parse::<Either>(text.as_bytes()).is_err(), "{text}");
        assert!(
            json::parse::<Vec<Either>>(text.as_bytes()).is_err(),
            "{text}"
        );
        assert!(
            json::parse::<Vec<(String, Either)>>(text.as_bytes()).is_err(),
            "{text}"
        );
    }
    let error = json::parse::<Either>(b"{\"x\":\"a\"").err().unwrap();
    assert_eq!(
        error.message(),
        "expected `]` or `}`, found the end of the text"
    );
}
