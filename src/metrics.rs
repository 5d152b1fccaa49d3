//! CloudWatch metrics, written to the log in the embedded metric format.
//!
//! CloudWatch Logs makes metrics of log lines in this format (Amazon CloudWatch User Guide, "Specification:
//! Embedded metric format"). A function needs no permission and makes no call for it.
//!
//! ```
//! use tiny_lambda::metrics::{Metrics, Unit};
//! use tiny_lambda::{Context, Result};
//!
//! fn handle(cents: u64, _: &Context) -> Result<()> {
//!     let mut metrics = Metrics::new("Shop");
//!     metrics.dimension("service", "orders");
//!     metrics.cold_start();
//!     metrics.count("Orders", 1);
//!     metrics.add("Amount", Unit::None, cents);
//!     Ok(())
//! }
//! # handle(250, &Context::default()).unwrap();
//! ```
//!
//! A [`Metrics`] is one line of the log. The line is written when the value is dropped, so also if the handler
//! returns an error. If the handler panics, it is written too. It is not written if the process ends without
//! dropping the value: with `std::process::exit`, at a timeout, and with a panic in profile `tiny`.
//! [`Metrics::flush`] writes it before.
//!
//! The line goes to standard error in one write, so that it does not mix with whole lines that the function prints.
//! CloudWatch does not read a line that begins with other text, such as that of an `eprint!` without a line end.
//! It has no level: the log format and the log level do not change it.
//!
//! # What CloudWatch does not accept
//! CloudWatch drops metrics with invalid names, dimensions or values silently. Such an item is left out of the
//! line, and a line of the log says so: at level WARN in release builds. In debug builds its level is ERROR, and
//! [`Metrics::flush`] returns the error. If the value is dropped instead, the invocation fails with the error, so
//! that tests find the mistake.
//!
//! | item | what is accepted |
//! | --- | --- |
//! | namespace | 1 to 255 printable ASCII characters, not only spaces, not `:` or `AWS/` in front |
//! | name of a metric or property | 1 to 1,024 bytes, not only spaces, no control characters, not `_aws` |
//! | name of a dimension | 1 to 250 printable ASCII characters, not only spaces, not `:` in front, not `_aws` |
//! | value of a dimension | 1 to 1,024 printable ASCII characters, not only spaces |
//! | value of a metric | a number from -2^360 to 2^360 |
//! | unit of a metric | the same for all its values in a line |
//! | dimensions | at most 30 |
//! | set of dimensions | no name twice |
//! | sets of dimensions | no set twice, in any order of its names |
//! | line | at most 262,144 bytes |
//!
//! Units cannot be wrong, since [`Unit`] has all of them. A name stands for one thing in a line: a dimension, a
//! property or a metric. With an invalid namespace no line is written.
//!
//! # Metrics with constant names
//! [`metrics!`](crate::metrics!) writes a line at once. All its texts are constants, which are checked at compile
//! time, and its values are whole numbers. It makes a function 0.6 KB larger, `Metrics` 4.6 KB and a float 3.2 KB more.
//!
//! # Powertools
//! Powertools for AWS Lambda writes the same lines, so its dashboards work. [`Metrics::new`] and
//! [`Metrics::from_env`] read its environment variables `POWERTOOLS_SERVICE_NAME` and
//! `POWERTOOLS_METRICS_NAMESPACE`, and [`Metrics::cold_start`] has the names of its metric.

#[doc(hidden)]
pub use fixed::{are_distinct, begin_line, end_line, push_value};
#[cfg(debug_assertions)]
pub(crate) use line::take_error;
pub(crate) use line::write_all;
#[doc(hidden)]
pub use line::{DIMENSION_NAME, DIMENSION_VALUE, NAME, NAMESPACE};
pub use unit::Unit;
pub use value::MetricValue;

mod fixed;
mod line;
mod unit;
mod value;

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::error::Result;
use crate::json::{ToJson, Writer};
use crate::sys;
use line::{Kind, lock, refuse};
use value::Target;

/// The metrics of one line of the log, which is written when the value is dropped.
///
/// Each method returns the value again, so that calls can be chained:
///
/// ```
/// use tiny_lambda::metrics::{Metrics, Unit};
///
/// Metrics::new("Shop").dimension("service", "orders").add("Latency", Unit::Milliseconds, 12.5);
/// ```
///
/// Several values can exist at once, each with a line of its own, also outside of invocations.
#[derive(Debug)]
pub struct Metrics {
    /// The index of its line.
    index: usize,
}

impl Metrics {
    /// Begins a line in a namespace. If the environment variable `POWERTOOLS_SERVICE_NAME` is set, the line has
    /// the dimension `service` with its value.
    ///
    /// ```
    /// use tiny_lambda::metrics::Metrics;
    ///
    /// let mut metrics = Metrics::new("Shop");
    /// metrics.count("Orders", 1);
    /// ```
    pub fn new(namespace: &str) -> Metrics {
        let mut metrics = Metrics {
            index: line::open(namespace),
        };
        if let Some(service) = env(c"POWERTOOLS_SERVICE_NAME") {
            metrics.dimension("service", service);
        }
        metrics
    }

    /// Begins a line in the namespace of the environment variable `POWERTOOLS_METRICS_NAMESPACE`. See
    /// [`new`](Self::new).
    ///
    /// ```
    /// use tiny_lambda::metrics::Metrics;
    ///
    /// # if std::env::var_os("POWERTOOLS_METRICS_NAMESPACE").is_some() {
    /// let mut metrics = Metrics::from_env();
    /// metrics.count("Orders", 1);
    /// # }
    /// ```
    pub fn from_env() -> Metrics {
        Metrics::new(env(c"POWERTOOLS_METRICS_NAMESPACE").unwrap_or_default())
    }

    /// Sets a dimension of all metrics of the line, at most 30. CloudWatch keeps and charges the metrics of each
    /// combination of values separately, so a value such as a request ID belongs into a
    /// [`property`](Self::property).
    ///
    /// ```
    /// use tiny_lambda::metrics::Metrics;
    ///
    /// let mut metrics = Metrics::new("Shop");
    /// metrics.dimension("service", "orders").dimension("region", "eu-west-1");
    /// metrics.count("Orders", 1);
    /// ```
    pub fn dimension(&mut self, name: &str, value: &str) -> &mut Metrics {
        if line::DIMENSION_VALUE.allows(value) {
            self.set(name, line::DIMENSION, &json(value));
        } else {
            refuse(name, line::DIMENSION_VALUE.problem);
        }
        self
    }

    /// Sets the sets of dimensions by which CloudWatch keeps the metrics, instead of one set of all dimensions.
    /// An empty set stands for no dimension. Each name must have been set as a [`dimension`](Self::dimension).
    ///
    /// ```
    /// use tiny_lambda::metrics::Metrics;
    ///
    /// let mut metrics = Metrics::new("Shop");
    /// metrics.dimension("service", "orders").dimension("region", "eu-west-1");
    /// metrics.dimension_sets(&[&["service"], &["service", "region"], &[]]);
    /// metrics.count("Orders", 1);
    /// ```
    pub fn dimension_sets(&mut self, sets: &[&[&str]]) -> &mut Metrics {
        if let Some(line) = lock().get_mut(self.index) {
            line.set_dimension_sets(sets);
        }
        self
    }

    /// Sets a property: data that is in the line, for queries of the log, but belongs to no metric. Powertools
    /// calls it metadata.
    ///
    /// ```
    /// use tiny_lambda::json;
    /// use tiny_lambda::metrics::Metrics;
    ///
    /// let mut metrics = Metrics::new("Shop");
    /// metrics.property("order", &json!({ "id": "a1", "items": 3 }));
    /// metrics.count("Orders", 1);
    /// ```
    pub fn property<T: ToJson + ?Sized>(&mut self, name: &str, value: &T) -> &mut Metrics {
        let mut json = json(value);
        // In JSON, line ends can only be white space, which `RawJson` may have.
        for byte in &mut json {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        self.set(name, line::PROPERTY, &json);
        self
    }

    /// Adds a value to a metric with the unit `Count`.
    ///
    /// ```
    /// use tiny_lambda::metrics::Metrics;
    ///
    /// Metrics::new("Shop").count("Orders", 1).count("Items", 3);
    /// ```
    pub fn count(&mut self, name: &str, value: u64) -> &mut Metrics {
        self.add(name, Unit::Count, value)
    }

    /// Adds a value to a metric: any integer, a float, or several of them.
    ///
    /// A line has at most 100 metrics, and a metric at most 100 values. A line that is full is written, and the
    /// next one begins with the same dimensions and properties.
    ///
    /// ```
    /// use tiny_lambda::metrics::{Metrics, Unit};
    ///
    /// let mut metrics = Metrics::new("Shop");
    /// metrics.add("Size", Unit::Bytes, 512);
    /// metrics.add("Latency", Unit::Milliseconds, 12.5).add("Latency", Unit::Milliseconds, 11.25);
    /// metrics.add("Temperature", Unit::None, [-1, 3, 2]);
    /// ```
    // `inline(always)`: the other units' names are left out.
    #[inline(always)]
    pub fn add<V: MetricValue>(&mut self, name: &str, unit: Unit, value: V) -> &mut Metrics {
        value.add_to(&Target {
            metrics: self,
            name,
            kind: unit.definition(),
        });
        self
    }

    /// Does the same as [`add`](Self::add) for a metric that CloudWatch keeps per second (`StorageResolution` 1)
    /// instead of per minute.
    ///
    /// ```
    /// use tiny_lambda::metrics::{Metrics, Unit};
    ///
    /// Metrics::new("Shop").add_high_resolution("Latency", Unit::Milliseconds, 12.5);
    /// ```
    #[inline(always)]
    pub fn add_high_resolution<V: MetricValue>(
        &mut self,
        name: &str,
        unit: Unit,
        value: V,
    ) -> &mut Metrics {
        value.add_to(&Target {
            metrics: self,
            name,
            kind: unit.high_resolution_definition(),
        });
        self
    }

    /// Writes a line with the metric `ColdStart`, if the execution environment has not written one before.
    ///
    /// The line is that of Powertools: the unit is `Count`, the value 1, and the dimensions are `function_name` and,
    /// if it was set before, `service`.
    ///
    /// ```
    /// use tiny_lambda::metrics::Metrics;
    ///
    /// let mut metrics = Metrics::new("Shop");
    /// metrics.cold_start();
    /// ```
    pub fn cold_start(&mut self) -> &mut Metrics {
        static IS_WARM: AtomicBool = AtomicBool::new(false);

        if !IS_WARM.swap(true, Ordering::Relaxed) {
            self.write_cold_start();
        }
        self
    }

    fn write_cold_start(&self) {
        let texts = lock().get(self.index).map(|line| {
            let service = line.dimension("service").map(<[u8]>::to_vec);
            (line.namespace.clone(), service)
        });
        let Some((namespace, service)) = texts else {
            return;
        };
        // The problem of an invalid namespace is known already.
        if !namespace.is_empty() {
            let mut metrics = Metrics {
                index: line::open(&namespace),
            };
            if let Some(name) = env(c"AWS_LAMBDA_FUNCTION_NAME") {
                metrics.dimension("function_name", name);
            }
            if let Some(service) = service {
                metrics.set("service", line::DIMENSION, &service);
            }
            metrics.count("ColdStart", 1);
        }
    }

    /// Writes the line now, for example before `std::process::exit`. What is added afterwards begins another line
    /// with the same dimensions and properties.
    ///
    /// # Errors
    /// The first error about metrics on this thread that was not returned yet, in debug builds only.
    ///
    /// ```
    /// use tiny_lambda::metrics::Metrics;
    ///
    /// let mut metrics = Metrics::new("Shop");
    /// metrics.count("Orders", 1);
    /// metrics.flush()?;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    #[track_caller]
    pub fn flush(&mut self) -> Result<()> {
        if let Some(line) = lock().get_mut(self.index) {
            line.write();
        }
        #[cfg(debug_assertions)]
        line::take_error()?;
        Ok(())
    }

    #[inline(never)]
    fn set(&self, name: &str, kind: Kind, json: &[u8]) {
        if let Some(line) = lock().get_mut(self.index) {
            line.set(name, kind, json);
        }
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        line::close(self.index);
    }
}

/// Returns the value of an environment variable that is set and is text.
fn env(name: &core::ffi::CStr) -> Option<&'static str> {
    let value = sys::utf8::to_str(sys::env(name)?);
    value.filter(|value| !value.is_empty())
}

/// Returns a value as JSON.
fn json<T: ToJson + ?Sized>(value: &T) -> Vec<u8> {
    let mut w = Writer::default();
    value.to_json(&mut w);
    w.into_inner()
}

/// In release builds, no error is kept that the tests could compare.
#[cfg(all(test, debug_assertions))]
mod tests;
