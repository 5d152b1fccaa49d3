//! Compares JSON in tests.

use std::fmt::Write as _;

use crate::emulator::invoke::BodyText;
use crate::json::{self, Number, ToJson, Value};

/// The largest number of differences that a message lists.
const N_DIFFERENCES_MAX: usize = 20;

/// The largest number of characters of a value that a difference shows.
const N_CHARS_MAX: usize = 200;

/// Asserts that JSON text has an expected value. White space and the order of members do not matter, and
/// numbers are equal if their values are.
///
/// `found` is the text: an [`InvokeResponse`](super::InvokeResponse), an [`http::Body`](crate::http::Body),
/// bytes or a string. `expected` is a value, such as one of [`json!`](crate::json!) or a struct: a string stands
/// for a JSON string.
///
/// ```
/// use tiny_lambda::{emulator, handler, json, json_struct};
///
/// json_struct! { struct Total { currency: String, total: f64 } }
///
/// let total = handler::json(|prices: Vec<f64>, _| Ok(Total {
///     currency: "EUR".into(),
///     total: prices.iter().sum(),
/// }));
/// let response = emulator::invoke(&total, "[1.5, 2.5]")?;
/// emulator::assert_json_eq(&response, json!({ "total": 4, "currency": "EUR" }));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
/// If the text is not JSON or has another value. The message lists the differences by their path:
///
/// ```text
/// the JSON differs from what was expected:
///   $.total: expected 5, found 4
///   $.currency: expected nothing, found "EUR"
/// found: {"currency":"EUR","total":4}
/// ```
#[track_caller]
pub fn assert_json_eq(found: impl AsRef<[u8]>, expected: impl ToJson) {
    let found = found.as_ref();
    if let Some(text) = difference(found, &expected.to_value()) {
        #[expect(clippy::panic, reason = "an assertion of tests")]
        {
            panic!("{text}\nfound: {}", BodyText(found));
        }
    }
}

/// Returns the message about the differences; `None` if there are none.
fn difference(found: &[u8], expected: &Value) -> Option<String> {
    let found = match json::parse::<Value>(found) {
        Ok(found) => found,
        Err(error) => return Some(format!("expected JSON: {error}")),
    };
    let mut differences = Vec::new();
    compare("$", Some(&found), Some(expected), &mut differences);
    if differences.is_empty() {
        return None;
    }
    let mut text = "the JSON differs from what was expected:".to_owned();
    for difference in differences.iter().take(N_DIFFERENCES_MAX) {
        let _ = write!(text, "\n  {difference}");
    }
    let n_more = differences.len().saturating_sub(N_DIFFERENCES_MAX);
    if n_more > 0 {
        let _ = write!(text, "\n  and {n_more} more");
    }
    if let (Value::Object(_) | Value::Array(_), Value::String(_)) = (&found, expected) {
        text.push_str(
            "\n  a string is not parsed: write json!({ ... }), or parse it with json::parse",
        );
    }
    Some(text)
}

/// Adds the differences between the values at `path`; `None` is a value that is missing.
fn compare(
    path: &str,
    found: Option<&Value>,
    expected: Option<&Value>,
    differences: &mut Vec<String>,
) {
    match (found, expected) {
        (Some(Value::Object(found)), Some(Value::Object(expected))) => {
            for (name, value) in expected {
                compare(
                    &member(path, name),
                    found.get(name),
                    Some(value),
                    differences,
                );
            }
            for (name, value) in found {
                if expected.get(name).is_none() {
                    compare(&member(path, name), Some(value), None, differences);
                }
            }
        }
        (Some(Value::Array(found)), Some(Value::Array(expected))) => {
            for index in 0..found.len().max(expected.len()) {
                let path = format!("{path}[{index}]");
                compare(&path, found.get(index), expected.get(index), differences);
            }
        }
        (Some(Value::Number(found)), Some(Value::Number(expected)))
            if is_same_number(found, expected) => {}
        (found, expected) if found == expected => {}
        (found, expected) => {
            let (expected, found) = (text_of(expected), text_of(found));
            differences.push(format!("{path}: expected {expected}, found {found}"));
        }
    }
}

/// Returns whether two numbers have the same value. Integers of up to 128 bits are compared exactly, others
/// as the nearest floats.
fn is_same_number(a: &Number, b: &Number) -> bool {
    match (a.to_i128(), b.to_i128()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b || a.to_f64().is_some() && a.to_f64() == b.to_f64(),
    }
}

/// Returns the JSON of a value, which is cut off if it is long.
fn text_of(value: Option<&Value>) -> String {
    let mut text = value.map_or("nothing".to_owned(), Value::to_string);
    if let Some((end, _)) = text.char_indices().nth(N_CHARS_MAX) {
        text.truncate(end);
        text.push_str("...");
    }
    text
}

/// Returns the path of a member.
fn member(path: &str, name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !name.is_empty() && name.bytes().all(is_plain) {
        return format!("{path}.{name}");
    }
    format!("{path}[{}]", Value::from(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the differences, one on a line.
    #[track_caller]
    fn check(found: &str, expected: &str, want: &[&str]) {
        let text = difference(found.as_bytes(), &expected.parse().unwrap());
        let text = text.unwrap_or_default();
        let lines: Vec<&str> = text.lines().skip(1).map(str::trim_start).collect();
        assert_eq!(lines, want);
    }

    #[test]
    fn white_space_order_and_notation_do_not_matter() {
        check(
            r#"{"a":1,"b":[true,null]}"#,
            r#" {"b": [true, null], "a": 1} "#,
            &[],
        );
        check("[1.0, 100, -0, 1e2]", "[1, 1e2, 0, 100.0]", &[]);
        check(r#""\u0041""#, r#""A""#, &[]);
    }

    #[test]
    fn each_difference_has_its_path() {
        check("1", "2", &["$: expected 2, found 1"]);
        check(
            r#"{"a":{"b":[1,"x"]},"c":2,"d e":3}"#,
            r#"{"a":{"b":[1,"y",4]},"f":null}"#,
            &[
                r#"$.a.b[1]: expected "y", found "x""#,
                "$.a.b[2]: expected 4, found nothing",
                "$.f: expected null, found nothing",
                "$.c: expected nothing, found 2",
                r#"$["d e"]: expected nothing, found 3"#,
            ],
        );
        check("[[]]", "[{}]", &["$[0]: expected {}, found []"]);
        for (found, expected) in [("{}", r#""{}""#), ("[]", r#""text""#)] {
            let difference = format!("$: expected {expected}, found {found}");
            let hint = "a string is not parsed: write json!({ ... }), or parse it with json::parse";
            check(found, expected, &[&difference, hint]);
        }
        check("7", r#""7""#, &[r#"$: expected "7", found 7"#]);
        check(
            "9007199254740993",
            "9007199254740992",
            &["$: expected 9007199254740992, found 9007199254740993"],
        );
        let at_limit = "\u{e9}".repeat(N_CHARS_MAX - 2);
        check(
            &format!("\"{at_limit}\""),
            &format!("\"{at_limit}x\""),
            &[&format!(
                "$: expected \"{at_limit}x..., found \"{at_limit}\""
            )],
        );
        let many = format!("[{}0]", "1,".repeat(N_DIFFERENCES_MAX + 2));
        let text = difference(many.as_bytes(), &"[]".parse().unwrap()).unwrap();
        assert!(text.ends_with("\n  and 3 more"), "{text}");
    }

    #[test]
    #[should_panic(
        expected = "expected JSON: expected a value, found the end of the text at $ (offset 0, line 1, column 1)\nfound: \"\""
    )]
    fn text_that_is_not_json_fails() {
        assert_json_eq("", ());
    }
}
