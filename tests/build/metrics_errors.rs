//! Compiler errors for wrong `metrics!`: they are about the user's line.

use crate::json_macro_errors::{compile, refuses};

#[track_caller]
fn check(name: &str, args: &str, want: &str) {
    let source = format!("fn f() {{\n    tiny_lambda::metrics!({args}); // HERE\n}}");
    refuses(&format!("metrics_{name}"), &source, want);
}

#[test]
fn constants_that_cloudwatch_does_not_accept_do_not_compile() {
    check(
        "namespace",
        r#""", {}, "n": Count = 1"#,
        "invalid namespace",
    );
    check(
        "aws",
        r#""AWS/Lambda", {}, "n": Count = 1"#,
        "invalid namespace",
    );
    let dimension = "invalid name of a dimension";
    check(
        "dimension",
        r#""Shop", { ":a": "1" }, "n": Count = 1"#,
        dimension,
    );
    check(
        "reserved",
        r#""Shop", { "_aws": "1" }, "n": Count = 1"#,
        dimension,
    );
    check(
        "value",
        r#""Shop", { "a": "ü" }, "n": Count = 1"#,
        "invalid value of a dimension",
    );
    check(
        "blank",
        r#""Shop", {}, " ": Count = 1"#,
        "invalid name of a metric",
    );
    check(
        "quote",
        r#""Shop", {}, "a\"b": Count = 1"#,
        "invalid name of a metric",
    );
    check(
        "second",
        r#""Shop", {}, "n": Count = 1, "a\n": Count = 1"#,
        "invalid name of a metric",
    );
    check(
        "twice",
        r#""Shop", {}, "n": Count = 1, "n": None = 1"#,
        "a name is used twice",
    );
    check(
        "both",
        r#""Shop", { "n": "1" }, "n": Count = 1"#,
        "a name is used twice",
    );
    check(
        "unit",
        r#""Shop", {}, "n": Counts = 1"#,
        "`Counts` is no unit of `tiny_lambda::metrics::Unit`",
    );
    check(
        "float",
        r#""Shop", {}, "n": Count = 0.5"#,
        "`{float}` cannot be a value in `metrics!`",
    );
    check(
        "float_note",
        r#""Shop", {}, "n": Count = 0.5"#,
        "`Metrics::add` takes floats",
    );
    check(
        "wide",
        r#""Shop", {}, "n": Count = 1_u128"#,
        "expected an integer of up to 64 bits",
    );
}

#[test]
fn the_error_of_wrong_arguments_says_what_to_write() {
    let form = r#"expected constants like `metrics!("Shop", { "service": "orders" }, "Orders": Count = 1)`"#;
    check(
        "no_unit",
        r#""Shop", {}, "n": 1"#,
        r#"expected a unit of `tiny_lambda::metrics::Unit` after the name: `"n": Count = 1`"#,
    );
    check(
        "no_second_unit",
        r#""Shop", {}, "n": Count = 1, "m": 2"#,
        form,
    );
    check(
        "text",
        r#""Shop", {}, "n": Count = "1""#,
        "`&str` cannot be a value in `metrics!`",
    );
    check(
        "text_label",
        r#""Shop", {}, "n": Count = "1""#,
        "expected an integer of up to 64 bits",
    );
    check("no_dimensions", r#""Shop", "n": Count = 1"#, form);
    check("none", r#""Shop", {}"#, "expected constants like");
    check(
        "variable",
        r#"name, {}, "n": Count = 1"#,
        "expected constants like",
    );
}

#[test]
fn the_error_of_a_value_that_is_no_number_says_what_is_one() {
    #[track_caller]
    fn check(name: &str, value: &str, want: &str) {
        let source = format!(
            "use tiny_lambda::metrics::{{Metrics, Unit}};
            fn f(metrics: &mut Metrics) {{
                metrics.add(\"n\", Unit::None, {value}); // HERE
            }}"
        );
        refuses(&format!("metric_value_{name}"), &source, want);
    }
    check("text", "\"1\"", "`str` cannot be the value of a metric");
    check(
        "duration",
        "std::time::Duration::ZERO",
        "expected an integer, a float, or several of them",
    );
}

#[test]
fn metrics_with_limits_and_final_commas_compile() {
    let metrics = |n| {
        (0..n)
            .map(|n| format!("\"m{n}\": Count = {n},"))
            .collect::<Vec<_>>()
            .concat()
    };
    let dimensions = |n| {
        (0..n)
            .map(|n| format!("\"d{n}\": \"1\","))
            .collect::<Vec<_>>()
            .concat()
    };
    let source = |n_dimensions, n_metrics| {
        let (dimensions, metrics) = (dimensions(n_dimensions), metrics(n_metrics));
        format!("fn main() {{ tiny_lambda::metrics!(\"Shop\", {{ {dimensions} }}, {metrics}) }}")
    };
    compile("metrics_limits", &source(30, 100)).unwrap();
    let message = compile("metrics_31", &source(31, 1)).unwrap_err();
    assert!(message.contains("at most 30 dimensions"), "{message}");
    let message = compile("metrics_101", &source(0, 101)).unwrap_err();
    assert!(message.contains("at most 100 metrics"), "{message}");
}
