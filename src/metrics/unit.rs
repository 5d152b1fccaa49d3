//! The units of CloudWatch.

use core::fmt;

use crate::metrics::line::Kind;

macro_rules! units {
    ($($(#[$doc:meta])* $unit:ident = $name:literal,)*) => {
        /// The unit of a metric: the 27 units that CloudWatch knows (Amazon CloudWatch API Reference,
        /// "MetricDatum").
        ///
        /// ```
        /// use tiny_lambda::metrics::Unit;
        ///
        /// assert_eq!(Unit::BytesPerSecond.as_str(), "Bytes/Second");
        /// assert_eq!(Unit::None.to_string(), "None");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Unit {
            $($(#[$doc])* #[doc = concat!("`", $name, "`.")] $unit,)*
        }

        // `inline(always)`: a constant unit is one text then, without the table.
        impl Unit {
            /// Returns the name that CloudWatch has for the unit.
            ///
            /// ```
            /// assert_eq!(tiny_lambda::metrics::Unit::CountPerSecond.as_str(), "Count/Second");
            /// ```
            #[inline(always)]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Unit::$unit => $name,)*
                }
            }

            /// Returns the end of the definition of a metric with this unit.
            #[inline(always)]
            pub(super) fn definition(self) -> Kind {
                match self {
                    $(Unit::$unit => concat!(",\"Unit\":\"", $name, "\"}"),)*
                }
            }

            /// Does the same as `definition` for a metric of high resolution.
            #[inline(always)]
            pub(super) fn high_resolution_definition(self) -> Kind {
                match self {
                    $(Unit::$unit => concat!(",\"Unit\":\"", $name, "\",\"StorageResolution\":1}"),)*
                }
            }
        }

        /// Expands to the name of a unit as a literal, for [`metrics!`](crate::metrics!).
        #[doc(hidden)]
        #[macro_export]
        macro_rules! metric_unit {
            $(($unit) => { $name };)*
            ($other:ident) => {
                ::core::compile_error!(::core::concat!(
                    "`", ::core::stringify!($other), "` is no unit of `tiny_lambda::metrics::Unit`"
                ))
            };
        }

        #[cfg(test)]
        pub(super) const ALL: &[Unit] = &[$(Unit::$unit),*];
    };
}

units! {
    Seconds = "Seconds",
    Microseconds = "Microseconds",
    Milliseconds = "Milliseconds",
    Bytes = "Bytes",
    Kilobytes = "Kilobytes",
    Megabytes = "Megabytes",
    Gigabytes = "Gigabytes",
    Terabytes = "Terabytes",
    Bits = "Bits",
    Kilobits = "Kilobits",
    Megabits = "Megabits",
    Gigabits = "Gigabits",
    Terabits = "Terabits",
    Percent = "Percent",
    Count = "Count",
    BytesPerSecond = "Bytes/Second",
    KilobytesPerSecond = "Kilobytes/Second",
    MegabytesPerSecond = "Megabytes/Second",
    GigabytesPerSecond = "Gigabytes/Second",
    TerabytesPerSecond = "Terabytes/Second",
    BitsPerSecond = "Bits/Second",
    KilobitsPerSecond = "Kilobits/Second",
    MegabitsPerSecond = "Megabits/Second",
    GigabitsPerSecond = "Gigabits/Second",
    TerabitsPerSecond = "Terabits/Second",
    CountPerSecond = "Count/Second",
    None = "None",
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
