//! The values of metrics.

use alloc::vec::Vec;

use crate::encoding::{Digits, decimal};
use crate::json::ToJson;
use crate::metrics::line::{Kind, refuse};
use crate::metrics::{Metrics, json};

/// The greatest value of a metric, 2^360 (Amazon CloudWatch API Reference, "MetricDatum").
const VALUE_MAX: f64 = f64::from_bits((1023 + 360) << 52);

/// The metric that gets a value.
#[doc(hidden)]
#[derive(Debug)]
pub struct Target<'m> {
    pub(super) metrics: &'m Metrics,
    pub(super) name: &'m str,
    pub(super) kind: Kind,
}

/// A value of a metric: an integer, a float, or several of them in an array, slice or `Vec`.
///
/// ```
/// use tiny_lambda::metrics::{Metrics, Unit};
///
/// let mut metrics = Metrics::new("Shop");
/// metrics.add("Size", Unit::Bytes, 512_u16);
/// metrics.add("Latency", Unit::Seconds, vec![0.25, 0.5]);
/// ```
///
/// A float that is not finite or is beyond ±2^360 is left out with a line in the log
/// ([rules](mod@crate::metrics#what-cloudwatch-does-not-accept)).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a metric",
    label = "expected an integer, a float, or several of them"
)]
pub trait MetricValue: Sealed {
    #[doc(hidden)]
    fn add_to(&self, target: &Target<'_>);
}

/// Keeps the types with values those of this module.
pub trait Sealed {}

impl Target<'_> {
    fn add(&self, json: &[u8]) {
        self.metrics.set(self.name, self.kind, json);
    }

    /// Adds a number that is written as JSON writes it.
    fn add_json<T: ToJson>(&self, value: &T) {
        self.add(&json(value));
    }
}

/// A whole number of up to 64 bits.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a value in `metrics!`",
    label = "expected an integer of up to 64 bits",
    note = "`Metrics::add` takes floats and several values"
)]
pub trait WholeNumber: Copy {
    /// Returns the sign and the absolute value.
    #[doc(hidden)]
    fn parts(self) -> (&'static str, u64);
}

/// Appends a whole number.
#[inline(never)]
pub(super) fn push_number(out: &mut Vec<u8>, (sign, absolute): (&str, u64)) {
    out.extend_from_slice(sign.as_bytes());
    out.extend_from_slice(decimal(absolute, &mut Digits::default()));
}

macro_rules! whole_numbers {
    ($($type:ty, $value:ident => $parts:expr;)*) => {$(
        impl WholeNumber for $type {
            fn parts(self) -> (&'static str, u64) {
                let $value = self;
                $parts
            }
        }
        impl Sealed for $type {}
        impl MetricValue for $type {
            fn add_to(&self, target: &Target<'_>) {
                let mut text = Vec::new();
                push_number(&mut text, self.parts());
                target.add(&text);
            }
        }
    )*};
}

/// Returns the sign of a number with this absolute value.
fn signed(is_negative: bool, absolute: u64) -> (&'static str, u64) {
    (if is_negative { "-" } else { "" }, absolute)
}

whole_numbers! {
    u8, n => ("", n.into());
    u16, n => ("", n.into());
    u32, n => ("", n.into());
    u64, n => ("", n);
    usize, n => ("", n as u64);
    i8, n => signed(n < 0, n.unsigned_abs().into());
    i16, n => signed(n < 0, n.unsigned_abs().into());
    i32, n => signed(n < 0, n.unsigned_abs().into());
    i64, n => signed(n < 0, n.unsigned_abs());
    isize, n => signed(n < 0, n.unsigned_abs() as u64);
}

macro_rules! other_numbers {
    ($($type:ty, $value:ident => $is_allowed:expr;)*) => {$(
        impl Sealed for $type {}
        impl MetricValue for $type {
            fn add_to(&self, target: &Target<'_>) {
                let $value = *self;
                if $is_allowed {
                    target.add_json(self);
                } else {
                    refuse(target.name, "the value is not a number from -2^360 to 2^360, so it is left out");
                }
            }
        }
    )*};
}

// A comparison with NaN is false.
other_numbers! {
    u128, _n => true;
    i128, _n => true;
    f32, n => n.is_finite();
    f64, n => (-VALUE_MAX..=VALUE_MAX).contains(&n);
}

macro_rules! several {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> Sealed for $type {}
        impl<$($generics)*> MetricValue for $type {
            fn add_to(&self, target: &Target<'_>) {
                for value in self {
                    value.add_to(target);
                }
            }
        }
    )*};
}

several! {
    [V: MetricValue] [V];
    [V: MetricValue] Vec<V>;
    [V: MetricValue, const N: usize] [V; N];
}

impl<V: MetricValue + ?Sized> Sealed for &V {}

impl<V: MetricValue + ?Sized> MetricValue for &V {
    fn add_to(&self, target: &Target<'_>) {
        (**self).add_to(target);
    }
}
