//! Lines, and what is left out of them.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::line::{DIMENSION_NAME, DIMENSION_VALUE, NAME, NAMESPACE, Rule, lock, take_error};
use super::unit::ALL;
use super::{Metrics, Unit, are_distinct};
use crate::json::{self, RawJson, Value};

/// Returns the line of metrics that `add` adds to.
fn line(add: impl FnOnce(&mut Metrics)) -> String {
    let mut metrics = Metrics::new("Shop");
    add(&mut metrics);
    take(&metrics)
}

fn take(metrics: &Metrics) -> String {
    let line = lock()[metrics.index].take_metrics(1_700_000_000_000);
    String::from_utf8(line).unwrap()
}

#[test]
fn a_line_is_in_the_embedded_metric_format() {
    #[track_caller]
    fn check(add: impl FnOnce(&mut Metrics), dimensions: &str, metrics: &str, members: &str) {
        let got = line(add);
        let head =
            r#"{"_aws":{"Timestamp":1700000000000,"CloudWatchMetrics":[{"Namespace":"Shop","#;
        let want =
            format!("{head}\"Dimensions\":{dimensions},\"Metrics\":[{metrics}]}}]}},{members}}}\n");
        assert_eq!(got, want);
        json::parse::<Value>(got.as_bytes()).unwrap();
        take_error().unwrap();
    }
    let orders = r#"{"Name":"Orders","Unit":"Count"}"#;
    check(
        |m| {
            m.count("Orders", 1);
        },
        "[[]]",
        orders,
        r#""Orders":1"#,
    );
    check(
        |m| {
            m.count("Orders", 1)
                .dimension("service", "a\"b")
                .dimension("x", "1");
        },
        r#"[["service","x"]]"#,
        orders,
        r#""Orders":1,"service":"a\"b","x":"1""#,
    );
    // The last value of a dimension or property holds.
    check(
        |m| {
            m.dimension("service", "a").dimension("service", "b");
            m.property("p", "a")
                .property("p", &1)
                .count("Orders", u64::MAX);
        },
        r#"[["service"]]"#,
        orders,
        r#""service":"b","p":1,"Orders":18446744073709551615"#,
    );
    check(
        |m| {
            m.dimension("a", "1").dimension("b\\", "2");
            m.dimension_sets(&[&["a"], &["a", "b\\"], &[]])
                .count("Orders", 1);
        },
        r#"[["a"],["a","b\\"],[]]"#,
        orders,
        r#""a":"1","b\\":"2","Orders":1"#,
    );
    check(
        |m| {
            m.count("Orders", 1)
                .add("Überlast", Unit::None, i64::MIN)
                .count("Orders", 2);
            m.add_high_resolution("t", Unit::Seconds, 0.5)
                .count("Orders", 3);
        },
        "[[]]",
        concat!(
            r#"{"Name":"Orders","Unit":"Count"},{"Name":"Überlast","Unit":"None"},"#,
            r#"{"Name":"t","Unit":"Seconds","StorageResolution":1}"#,
        ),
        r#""Orders":[1,2,3],"Überlast":-9223372036854775808,"t":0.5"#,
    );
    // `RawJson` keeps white space.
    let raw: RawJson = json::parse(b"{\n\"a\":\r\n1}").unwrap();
    check(
        |m| {
            m.property("p", &raw)
                .property("q", "a\nb")
                .count("Orders", 1);
        },
        "[[]]",
        orders,
        "\"p\":{ \"a\":  1},\"q\":\"a\\nb\",\"Orders\":1",
    );
}

#[test]
fn values_are_integers_and_floats_one_or_several() {
    #[track_caller]
    fn check<V: super::MetricValue>(value: V, want: &str) {
        let line = line(|m| {
            m.add("n", Unit::None, value);
        });
        assert!(line.ends_with(&format!(",\"n\":{want}}}\n")), "{line}");
        take_error().unwrap();
    }
    check(0, "0");
    check(-1_i8, "-1");
    check(255_u8, "255");
    check(-7_i16, "-7");
    check(7_u16, "7");
    check(i32::MIN, "-2147483648");
    check(u32::MAX, "4294967295");
    check(isize::MIN, "-9223372036854775808");
    check(usize::MAX, "18446744073709551615");
    check(u128::MAX, "340282366920938463463374607431768211455");
    check(i128::MIN, "-170141183460469231731687303715884105728");
    check(0.1_f32, "0.1");
    check(-12.5, "-12.5");
    check(2_f64.powi(360), "2.3485425827738332e108");
    check([1, 2], "[1,2]");
    check(vec![0.5], "0.5");
    check([[1, 2].as_slice(), &[]].as_slice(), "[1,2]");
}

#[test]
fn units_have_cloudwatchs_names() {
    assert_eq!(ALL.len(), 27);
    for unit in ALL {
        let line = line(|m| {
            m.add("n", *unit, 1).add_high_resolution("h", *unit, 1);
        });
        let want = format!(
            "[{{\"Name\":\"n\",\"Unit\":\"{unit}\"}},{{\"Name\":\"h\",\"Unit\":\"{unit}\",\"StorageResolution\":1}}]"
        );
        assert!(line.contains(&want), "{line}");
        assert_eq!(
            format!("{unit:?}").replace("PerSecond", "/Second"),
            unit.as_str()
        );
    }
}

/// Checks that what `add` adds is left out, and what was added before is not.
#[track_caller]
fn check_left_out(add: impl FnOnce(&mut Metrics), want: &str) {
    let got = line(|m| {
        m.count("Orders", 1).dimension("a", "1").property("p", &1);
        add(m);
    });
    let rest = ",\"Orders\":1,\"a\":\"1\",\"p\":1}\n";
    assert!(got.ends_with(rest) && got.contains("[[\"a\"]]"), "{got}");
    let error = take_error().unwrap_err();
    assert_eq!(error.error_type(), "Runtime.InvalidMetric");
    assert_eq!(error.error_message(), want);
    take_error().unwrap();
}

#[test]
fn invalid_names_and_dimensions_are_left_out_with_an_error() {
    let long = &*"n".repeat(1025);
    let name = "not a name, so it is left out";
    check_left_out(
        |m| {
            m.count("", 1);
        },
        &format!("\"\": {name}"),
    );
    check_left_out(
        |m| {
            m.count("  ", 1);
        },
        &format!("\"  \": {name}"),
    );
    check_left_out(
        |m| {
            m.count("a\nb", 1);
        },
        &format!("\"a\nb\": {name}"),
    );
    check_left_out(
        |m| {
            m.count("_aws", 1);
        },
        &format!("\"_aws\": {name}"),
    );
    check_left_out(
        |m| {
            m.count(long, 1);
        },
        &format!("\"{long}\": {name}"),
    );
    check_left_out(
        |m| {
            m.property("", &1);
        },
        &format!("\"\": {name}"),
    );
    let dimension = "not a name of a dimension, so it is left out";
    check_left_out(
        |m| {
            m.dimension(":b", "1");
        },
        &format!("\":b\": {dimension}"),
    );
    check_left_out(
        |m| {
            m.dimension("ü", "1");
        },
        &format!("\"ü\": {dimension}"),
    );
    check_left_out(
        |m| {
            m.dimension("_aws", "1");
        },
        &format!("\"_aws\": {dimension}"),
    );
    let value =
        "its value is empty, longer than 1024 characters or not printable ASCII, so it is left out";
    for text in ["", " ", "Zürich", "a\tb", long] {
        check_left_out(
            |m| {
                m.dimension("city", text);
            },
            &format!("\"city\": {value}"),
        );
    }
}

#[test]
fn invalid_values_and_names_of_two_kinds_are_left_out_with_an_error() {
    let other = "the name has another kind or unit before, so it is left out";
    check_left_out(
        |m| {
            m.add("Orders", Unit::None, 1);
        },
        &format!("\"Orders\": {other}"),
    );
    check_left_out(
        |m| {
            m.add_high_resolution("Orders", Unit::Count, 1);
        },
        &format!("\"Orders\": {other}"),
    );
    check_left_out(
        |m| {
            m.count("a", 1);
        },
        &format!("\"a\": {other}"),
    );
    check_left_out(
        |m| {
            m.dimension("p", "1");
        },
        &format!("\"p\": {other}"),
    );
    check_left_out(
        |m| {
            m.property("Orders", &1);
        },
        &format!("\"Orders\": {other}"),
    );
    let number = "the value is not a number from -2^360 to 2^360, so it is left out";
    for value in [f64::NAN, f64::INFINITY, -f64::INFINITY, 2.4e108, f64::MIN] {
        check_left_out(
            |m| {
                m.add("f", Unit::None, value);
            },
            &format!("\"f\": {number}"),
        );
    }
    check_left_out(
        |m| {
            m.add("f", Unit::None, f32::NAN);
        },
        &format!("\"f\": {number}"),
    );
    let set = "in a set, but not a dimension, so the sets are left out";
    check_left_out(
        |m| {
            m.dimension_sets(&[&["a", "b"]]);
        },
        &format!("\"b\": {set}"),
    );
    check_left_out(
        |m| {
            m.dimension_sets(&[&["a"], &["a", "a"]]);
        },
        "\"a\": in a set twice, so the sets are left out",
    );
    // Only the first error is kept.
    check_left_out(
        |m| {
            m.count("", 1).count("a", 1);
        },
        "\"\": not a name, so it is left out",
    );
}

#[test]
fn a_repeated_set_of_dimensions_is_left_out_with_an_error() {
    #[track_caller]
    fn check(sets: &[&[&str]], want: &str, problem: &str) {
        let line = line(|m| {
            m.dimension("a", "1").dimension("b", "2").count("Orders", 1);
            m.dimension_sets(sets);
        });
        assert!(
            line.contains(&format!("\"Dimensions\":{want},\"Metrics\"")),
            "{line}"
        );
        let error = take_error().unwrap_err();
        let is_twice = "a set that is there twice, so one of them is left out";
        assert_eq!(error.error_message(), format!("\"{problem}\": {is_twice}"));
    }
    check(&[&["a"], &["a"]], r#"[["a"]]"#, "a");
    check(
        &[&["a", "b"], &["a"], &["b", "a"]],
        r#"[["a"],["b","a"]]"#,
        "a\", \"b",
    );
    check(&[&[], &["b"], &[], &[]], r#"[["b"],[]]"#, "");
}

#[test]
fn a_line_has_at_most_30_dimensions() {
    let line = line(|m| {
        for n in 0..31 {
            m.dimension(&format!("d{n}"), "1")
                .property(&format!("p{n}"), &1);
        }
        m.count("Orders", 1);
    });
    assert!(line.contains("\"d29\"") && !line.contains("\"d30\"") && line.contains("\"p30\""));
    let error = take_error().unwrap_err();
    assert_eq!(
        error.error_message(),
        "\"d30\": a line has at most 30 dimensions, so it is left out"
    );
}

/// The lines that are full go to standard error; tests/it/runtime/logs.rs reads them.
#[test]
fn a_full_line_is_written_and_the_next_one_keeps_its_dimensions() {
    #[track_caller]
    fn check(n_metrics: usize, n_values: usize, want: &[usize]) {
        let line = line(|m| {
            m.dimension("a", "1").property("p", &1);
            for metric in 0..n_metrics {
                for value in 0..n_values {
                    m.count(&format!("m{metric}"), value as u64);
                }
            }
        });
        assert!(line.contains("[[\"a\"]]") && line.contains("\"a\":\"1\",\"p\":1,"));
        let line: Value = json::parse(line.as_bytes()).unwrap();
        let values = line
            .as_object()
            .unwrap()
            .iter()
            .skip(3)
            .map(|(_, values)| values.as_array().map_or(1, <[Value]>::len));
        assert_eq!(values.collect::<Vec<_>>(), want);
    }
    check(100, 1, &[1; 100]);
    check(101, 1, &[1]);
    check(250, 2, &[2; 50]);
    check(1, 100, &[100]);
    check(1, 101, &[1]);
    check(2, 250, &[50]);
}

#[test]
fn an_invalid_namespace_writes_no_line() {
    for (namespace, is_valid) in [
        ("Shop", true),
        ("Shop/eu west.1_#-:", true),
        ("AWS", true),
        ("", false),
        (" ", false),
        (":Shop", false),
        ("AWS/Lambda", false),
        ("Läden", false),
        ("a\nb", false),
        (&*"n".repeat(255), true),
        (&*"n".repeat(256), false),
    ] {
        let mut metrics = Metrics::new(namespace);
        metrics.count("Orders", 1);
        assert_eq!(!take(&metrics).is_empty(), is_valid, "{namespace}");
        assert_eq!(metrics.flush().is_ok(), is_valid, "{namespace}");
    }
    assert!(Metrics::from_env().flush().is_err());
}

#[test]
fn a_line_without_metrics_is_not_written() {
    assert_eq!(
        line(|m| {
            m.dimension("a", "1").property("p", &1);
        }),
        ""
    );
}

#[test]
fn a_line_that_is_too_long_is_not_written() {
    #[track_caller]
    fn check(len: usize, want: Result<(), &str>) {
        let mut metrics = Metrics::new("Shop");
        metrics.count("n", 1).property("p", "");
        let len_before = lock()[metrics.index].take_metrics(1_700_000_000_000).len();
        metrics
            .count("n", 1)
            .property("p", &"x".repeat(len - len_before));
        let error = metrics
            .flush()
            .map_err(|error| String::from(error.error_message()));
        assert_eq!(error, want.map_err(String::from));
    }
    check(262_144, Ok(()));
    check(
        262_145,
        Err("\"Shop\": a line has more than 262144 bytes, so it is not written"),
    );
}

#[test]
fn a_line_can_be_flushed_several_times() {
    let mut metrics = Metrics::new("Shop");
    metrics.dimension("a", "1").count("n", 1).flush().unwrap();
    assert_eq!(take(&metrics), "");
    metrics.flush().unwrap();
    metrics.count("n", 2);
    let line = take(&metrics);
    let want = r#""Dimensions":[["a"]],"Metrics":[{"Name":"n","Unit":"Count"}]}]},"a":"1","n":2}"#;
    assert!(line.ends_with(&format!("{want}\n")));
}

/// A closed line is used again, and does not keep anything.
#[test]
fn several_lines_can_be_open() {
    let mut first = Metrics::new("First");
    first.dimension("a", "1");
    let mut second = Metrics::new("Second");
    second.count("s", 1);
    first.count("f", 1);
    assert!(take(&second).contains("\"Second\",\"Dimensions\":[[]]"));
    assert!(take(&first).contains("\"First\",\"Dimensions\":[[\"a\"]]"));
    drop(first);
    let third = Metrics::new("Third").count("t", 1).index;
    assert!(third < 1000);
    assert_eq!(take(&second), "");
}

#[test]
fn rules_have_limits() {
    #[track_caller]
    fn check(rule: &Rule, len_max: usize) {
        assert!(rule.allows(&"n".repeat(len_max)));
        assert!(!rule.allows(&"n".repeat(len_max + 1)));
        assert!(rule.allows(" ~") && !rule.allows("a\u{7f}") && !rule.allows("a\u{1f}"));
        assert!(
            rule.allows_constant("a")
                && !rule.allows_constant("a\"")
                && !rule.allows_constant("\\")
        );
        assert!(!rule.allows_constant("_aws"));
    }
    check(&NAMESPACE, 255);
    check(&NAME, 1024);
    check(&DIMENSION_NAME, 250);
    check(&DIMENSION_VALUE, 1024);
    assert!(NAME.allows(":ü") && DIMENSION_VALUE.allows(":") && DIMENSION_NAME.allows("AWS/"));
}

#[test]
fn names_are_distinct() {
    #[track_caller]
    fn check(names: &[&str], want: bool) {
        assert_eq!(are_distinct(names), want, "{names:?}");
    }
    check(&[], true);
    check(&["a"], true);
    check(&["a", "ab", "b", ""], true);
    check(&["a", "b", "a"], false);
    check(&["b", "a", "a"], false);
}
