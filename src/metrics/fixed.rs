//! The macro for metrics whose texts are constants.

use alloc::vec::Vec;

use crate::log;
use crate::metrics::line::{Rule, push};
use crate::metrics::value::{WholeNumber, push_number};
use crate::sys;

/// Writes a line with metrics whose texts are constants and whose values are whole numbers.
///
/// The arguments are the namespace, the dimensions, and the metrics with their [`Unit`](crate::metrics::Unit) and
/// value, an integer of up to 64 bits. The line is written at once.
///
/// ```
/// # let cents = 250_u64;
/// tiny_lambda::metrics!("Shop", { "service": "orders" }, "Orders": Count = 1, "Amount": None = cents);
/// tiny_lambda::metrics!("Shop", {}, "Orders": Count = 1);
/// ```
///
/// Names and values that CloudWatch does not accept
/// ([rules](mod@crate::metrics#what-cloudwatch-does-not-accept)), and those with `"` or `\`, do not compile:
///
/// ```compile_fail
/// tiny_lambda::metrics!("AWS/Lambda", {}, "Orders": Count = 1);
/// ```
#[macro_export]
macro_rules! metrics {
    (
        $namespace:literal, { $($dimension:literal : $value:literal),* $(,)? },
        $first:literal : $first_unit:ident = $first_number:expr
        $(, $name:literal : $unit:ident = $number:expr)* $(,)?
    ) => {{
        const _: () = {
            use $crate::metrics::{DIMENSION_NAME, DIMENSION_VALUE, NAME, NAMESPACE, are_distinct};
            ::core::assert!(NAMESPACE.allows_constant($namespace), "invalid namespace");
            $(
                ::core::assert!(DIMENSION_NAME.allows_constant($dimension), "invalid name of a dimension");
                ::core::assert!(DIMENSION_VALUE.allows_constant($value), "invalid value of a dimension");
            )*
            ::core::assert!(NAME.allows_constant($first), "invalid name of a metric");
            $(::core::assert!(NAME.allows_constant($name), "invalid name of a metric");)*
            const DIMENSIONS: &[&str] = &[$($dimension),*];
            const METRICS: &[&str] = &[$first $(, $name)*];
            const NAMES: &[&str] = &[$($dimension,)* $first $(, $name)*];
            ::core::assert!(DIMENSIONS.len() <= 30, "a line has at most 30 dimensions");
            ::core::assert!(METRICS.len() <= 100, "a line has at most 100 metrics");
            ::core::assert!(are_distinct(NAMES), "a name is used twice");
        };
        let mut __line = $crate::metrics::begin_line();
        $crate::metrics::push_value(
            &mut __line,
            ::core::concat!(
                ",\"CloudWatchMetrics\":[{\"Namespace\":\"", $namespace, "\",\"Dimensions\":[[",
                $crate::metric_names!($($dimension),*), "]],\"Metrics\":[",
                "{\"Name\":\"", $first, "\",\"Unit\":\"", $crate::metric_unit!($first_unit), "\"}",
                $(",{\"Name\":\"", $name, "\",\"Unit\":\"", $crate::metric_unit!($unit), "\"}",)*
                "]}]}", $(",\"", $dimension, "\":\"", $value, "\"",)* ",\"", $first, "\":"
            ),
            $first_number,
        );
        $($crate::metrics::push_value(&mut __line, ::core::concat!(",\"", $name, "\":"), $number);)*
        $crate::metrics::end_line(__line);
    }};
    ($namespace:literal, {$($dimensions:tt)*}, $name:literal : $value:literal $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "expected a unit of `tiny_lambda::metrics::Unit` after the name: `\"", $name, "\": Count = ",
            ::core::stringify!($value), "`"
        ))
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "expected constants like `metrics!(\"Shop\", { \"service\": \"orders\" }, \"Orders\": Count = 1)`; \
             `Metrics` takes texts that are no constants"
        )
    };
}

/// Expands to names in quotes, separated by commas.
#[doc(hidden)]
#[macro_export]
macro_rules! metric_names {
    () => { "" };
    ($first:literal $(, $name:literal)*) => { ::core::concat!("\"", $first, "\"" $(, ",\"", $name, "\"")*) };
}

impl Rule {
    /// Returns whether a text is allowed and is the same in JSON.
    #[doc(hidden)]
    pub const fn allows_constant(&self, text: &str) -> bool {
        let mut bytes = text.as_bytes();
        while let [first, rest @ ..] = bytes {
            if matches!(first, b'"' | b'\\') {
                return false;
            }
            bytes = rest;
        }
        self.allows(text) && !is_same(text.as_bytes(), b"_aws")
    }
}

/// Returns whether no two texts are the same.
#[doc(hidden)]
pub const fn are_distinct(mut texts: &[&str]) -> bool {
    while let [first, others @ ..] = texts {
        let mut rest = others;
        while let [other, after @ ..] = rest {
            if is_same(first.as_bytes(), other.as_bytes()) {
                return false;
            }
            rest = after;
        }
        texts = others;
    }
    true
}

const fn is_same(mut a: &[u8], mut b: &[u8]) -> bool {
    while let ([first_a, rest_a @ ..], [first_b, rest_b @ ..]) = (a, b) {
        if *first_a != *first_b {
            return false;
        }
        (a, b) = (rest_a, rest_b);
    }
    a.is_empty() && b.is_empty()
}

#[doc(hidden)]
#[inline(never)]
pub fn begin_line() -> Vec<u8> {
    let mut line = Vec::new();
    push(&mut line, "{\"_aws\":{\"Timestamp\":");
    push_number(&mut line, ("", sys::unix_time_ms()));
    line
}

#[doc(hidden)]
pub fn push_value<V: WholeNumber>(line: &mut Vec<u8>, text: &'static str, value: V) {
    push(line, text);
    push_number(line, value.parts());
}

#[doc(hidden)]
#[inline(never)]
pub fn end_line(mut line: Vec<u8>) {
    push(&mut line, "}\n");
    log::write_unchanged(&line);
}
