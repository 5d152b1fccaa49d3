//! The macros of the function's log. A line without a context needs the runtime, which knows the current
//! invocation.

use core::fmt;

use crate::log::{self, Level, LogValue};
use crate::runtime::panic;

/// Logs a message of the current invocation, if any. [`info!`](crate::info) and the like call this without
/// a context.
#[doc(hidden)]
pub fn log_current(level: Level, message: fmt::Arguments<'_>, fields: &[(&str, &dyn LogValue)]) {
    // Whether the DEBUG lines of the invocation are sampled is only known with its context.
    if log::is_written(level) || level == Level::Debug {
        log::write_fields(level, &panic::current_context(), message, fields);
    }
}

/// Logs a message at level TRACE.
///
/// Takes what `format!` takes, after a [`&Context`](crate::Context) if there is one and before fields, if any. See
/// [`log`](mod@crate::log).
///
/// ```
/// # let cx = &tiny_lambda::Context::default();
/// tiny_lambda::trace!(cx, "order {} accepted", 7);
/// tiny_lambda::trace!(cx, "order accepted", order = 7, user = "Ada");
/// tiny_lambda::trace!("the cache is empty");
/// ```
#[macro_export]
macro_rules! trace {
    ($($arg:tt)+) => {{ $crate::log_line!(Trace, $($arg)+); }};
}

/// Logs a message at level DEBUG.
///
/// Takes what `format!` takes, after a [`&Context`](crate::Context) if there is one and before fields, if any. See
/// [`log`](mod@crate::log).
///
/// ```
/// # let cx = &tiny_lambda::Context::default();
/// tiny_lambda::debug!(cx, "order {} accepted", 7);
/// tiny_lambda::debug!(cx, "order accepted", order = 7, user = "Ada");
/// tiny_lambda::debug!("the cache is empty");
/// ```
#[macro_export]
macro_rules! debug {
    ($($arg:tt)+) => {{ $crate::log_line!(Debug, $($arg)+); }};
}

/// Logs a message at level INFO.
///
/// Takes what `format!` takes, after a [`&Context`](crate::Context) if there is one and before fields, if any. See
/// [`log`](mod@crate::log).
///
/// ```
/// # let cx = &tiny_lambda::Context::default();
/// tiny_lambda::info!(cx, "order {} accepted", 7);
/// tiny_lambda::info!(cx, "order accepted", order = 7, user = "Ada");
/// tiny_lambda::info!("the cache is empty");
/// ```
#[macro_export]
macro_rules! info {
    ($($arg:tt)+) => {{ $crate::log_line!(Info, $($arg)+); }};
}

/// Logs a message at level WARN.
///
/// Takes what `format!` takes, after a [`&Context`](crate::Context) if there is one and before fields, if any. See
/// [`log`](mod@crate::log).
///
/// ```
/// # let cx = &tiny_lambda::Context::default();
/// tiny_lambda::warn!(cx, "order {} accepted", 7);
/// tiny_lambda::warn!(cx, "order accepted", order = 7, user = "Ada");
/// tiny_lambda::warn!("the cache is empty");
/// ```
#[macro_export]
macro_rules! warn {
    ($($arg:tt)+) => {{ $crate::log_line!(Warn, $($arg)+); }};
}

/// Logs a message at level ERROR.
///
/// Takes what `format!` takes, after a [`&Context`](crate::Context) if there is one and before fields, if any. See
/// [`log`](mod@crate::log).
///
/// ```
/// # let cx = &tiny_lambda::Context::default();
/// tiny_lambda::error!(cx, "order {} accepted", 7);
/// tiny_lambda::error!(cx, "order accepted", order = 7, user = "Ada");
/// tiny_lambda::error!("the cache is empty");
/// ```
#[macro_export]
macro_rules! error {
    ($($arg:tt)+) => {{ $crate::log_line!(Error, $($arg)+); }};
}

/// Logs a message with or without a context.
#[doc(hidden)]
#[macro_export]
macro_rules! log_line {
    ($level:ident, $text:literal $(,)?) => {
        $crate::log_current($crate::log::Level::$level, ::core::format_args!($text), &[])
    };
    ($level:ident, $text:literal, $($arg:tt)+) => {
        $crate::__log_arguments!(@next {[$level] $text [$($arg)+] [] [] []} $($arg)+)
    };
    // Fields before the message, as in `tracing`.
    ($level:ident, $name:ident = $($rest:tt)*) => { $crate::__log_arguments!(@order) };
    ($level:ident, % $($rest:tt)*) => { $crate::__log_arguments!(@order) };
    ($level:ident, ? $($rest:tt)*) => { $crate::__log_arguments!(@order) };
    ($level:ident, $text:literal $($rest:tt)*) => {
        ::core::compile_error!("expected `,` after the message")
    };
    ($level:ident, $cx:expr, $text:literal $(,)?) => {
        $crate::log::write($crate::log::Level::$level, $cx, ::core::format_args!($text))
    };
    ($level:ident, $cx:expr, $text:literal, $($arg:tt)+) => {
        $crate::__log_arguments!(@next {[$level $cx] $text [$($arg)+] [] [] []} $($arg)+)
    };
    ($level:ident, $cx:expr, $name:ident = $($rest:tt)*) => { $crate::__log_arguments!(@order) };
    ($level:ident, $cx:expr, % $($rest:tt)*) => { $crate::__log_arguments!(@order) };
    ($level:ident, $cx:expr, ? $($rest:tt)*) => { $crate::__log_arguments!(@order) };
    ($level:ident, $cx:expr, $text:literal $($rest:tt)*) => {
        ::core::compile_error!("expected `,` after the message")
    };
    // A message that another macro makes, such as `concat!`. Its names are arguments of the message.
    ($level:ident, $cx:expr, $($arg:tt)+) => {
        $crate::log::write($crate::log::Level::$level, $cx, ::core::format_args!($($arg)+))
    };
    ($level:ident, $($arg:tt)+) => {
        ::core::compile_error!(
            "expected a message in quotes, after an optional context: `info!(\"order {id}\")` or \
             `info!(cx, \"order {id}\")`"
        )
    };
}

/// Reads what follows the message: its arguments, then fields.
///
/// The state is `{[level cx] message [all tokens] [bindings of arguments] [values] [fields]}`. The values are
/// evaluated before the names of the fields are bound, so that a field may have the name of a variable. The message
/// captures the names that it uses, as `format_args!` refuses a named argument that the message does not use.
///
/// For each name there is a function, which is never called, and then a variable:
/// - The variable can have the name of a constant or a static, as the function hides them. Without the function, the
///   name would be a pattern that compares with the constant.
/// - Names of functions are not hygienic, those of variables are. If a macro of the user gets the message from its
///   caller and has the name itself, or the other way round, the message does not see the variable. It sees the
///   function, which is a compile error. Without the function, it would see another variable of that name.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_arguments {
    // There are no names.
    (@next {[$level:ident] $text:literal [$($arg:tt)*] $bindings:tt $values:tt []}) => {
        $crate::log_current($crate::log::Level::$level, ::core::format_args!($text, $($arg)*), &[])
    };
    (@next {[$level:ident $cx:expr] $text:literal [$($arg:tt)*] $bindings:tt $values:tt []}) => {
        $crate::log::write($crate::log::Level::$level, $cx, ::core::format_args!($text, $($arg)*))
    };
    (@next {[$level:ident] $text:literal $args:tt [$($binding:ident)*] [$($value:tt)*] $fields:tt}) => {
        match ($($value)*) {
            $crate::__log_arguments!(@pattern $($binding)* $fields) => {
                $crate::__log_arguments!(@bind $fields);
                $crate::log_current(
                    $crate::log::Level::$level,
                    ::core::format_args!($text $(, *$binding)*),
                    $crate::__log_arguments!(@fields $fields),
                )
            }
        }
    };
    (@next {[$level:ident $cx:expr] $text:literal $args:tt [$($binding:ident)*] [$($value:tt)*] $fields:tt}) => {
        match ($crate::log::context($cx), $($value)*) {
            $crate::__log_arguments!(@pattern __cx $($binding)* $fields) => {
                $crate::__log_arguments!(@bind $fields);
                $crate::log::write_fields(
                    $crate::log::Level::$level,
                    __cx,
                    ::core::format_args!($text $(, *$binding)*),
                    $crate::__log_arguments!(@fields $fields),
                )
            }
        }
    };
    (@pattern $($binding:ident)* [$({$field:ident [$($argument:ident)?] $name:tt $is_argument:tt})+]) => {
        ($($binding,)* $($field,)+)
    };
    (@bind [$({$field:ident [$($argument:ident)?] $name:tt $is_argument:tt})+]) => {
        $($(
            #[allow(dead_code, non_snake_case, reason = "it has the name of a field")]
            fn $argument(_: $crate::log::NameOfAnotherMacro) {}
            #[allow(unused_variables, non_snake_case, reason = "the message may use the name")]
            let $argument = $field;
        )?)+
    };
    (@fields [$({$field:ident $argument:tt ($($name:tt)*) $is_argument:tt})+]) => {
        $crate::log::fields::<{
            $crate::log::has_fields(
                &[$(($crate::log::name($($name)*), $is_argument)),+],
                &[$(::core::concat!(
                    "`", $($name)*, "` is a member of every log line: give the field another name"
                )),+],
            )
        }>(&[
            $($crate::log::FieldValue::<$is_argument>::field(
                &$field,
                const { $crate::log::name($($name)*) },
            )),+
        ])
    };

    (@next $state:tt $name:ident = % $value:expr $(, $($rest:tt)*)?) => {
        $crate::__log_arguments!(@named $state $name [::core::format_args!("{}", $value)] $($($rest)*)?)
    };
    (@next $state:tt $name:ident = ? $value:expr $(, $($rest:tt)*)?) => {
        $crate::__log_arguments!(@named $state $name [::core::format_args!("{:?}", $value)] $($($rest)*)?)
    };
    (@next $state:tt $name:ident = $value:expr $(, $($rest:tt)*)?) => {
        $crate::__log_arguments!(@named $state $name [$value] $($($rest)*)?)
    };
    (@next $state:tt % $name:ident $(, $($rest:tt)*)?) => {
        $crate::__log_arguments!(@named $state $name [::core::format_args!("{}", $name)] $($($rest)*)?)
    };
    (@next $state:tt ? $name:ident $(, $($rest:tt)*)?) => {
        $crate::__log_arguments!(@named $state $name [::core::format_args!("{:?}", $name)] $($($rest)*)?)
    };
    // A name in quotes. `literal` in place of `tt` would not compile for an argument such as `-n`, which begins like a
    // literal.
    (@next $state:tt $name:tt = % $value:expr $(, $($rest:tt)*)?) => {
        $crate::__log_arguments!(@field $state [] ($name) {false} [::core::format_args!("{}", $value)] $($($rest)*)?)
    };
    (@next $state:tt $name:tt = ? $value:expr $(, $($rest:tt)*)?) => {
        $crate::__log_arguments!(@field $state [] ($name) {false} [::core::format_args!("{:?}", $value)] $($($rest)*)?)
    };
    (@next $state:tt $name:tt = $value:expr $(, $($rest:tt)*)?) => {
        $crate::__log_arguments!(@field $state [] ($name) {false} [$value] $($($rest)*)?)
    };
    (@named {$head:tt $text:literal $($state:tt)*} $name:ident $value:tt $($rest:tt)*) => {
        $crate::__log_arguments!(
            @field {$head $text $($state)*} [$name] (::core::stringify!($name))
            {{ $crate::log::is_format_argument($text, $crate::log::name(::core::stringify!($name))) }}
            $value $($rest)*
        )
    };
    (
        @field {$head:tt $text:literal $args:tt $bindings:tt [$($values:tt)*] [$($fields:tt)*]}
        $argument:tt $name:tt {$($is_argument:tt)*} [$value:expr] $($rest:tt)*
    ) => {
        $crate::__log_arguments!(
            @next {
                $head $text $args $bindings
                [$($values)* $crate::log::value::<$($is_argument)*, _>(&$value),]
                [$($fields)* {__field $argument $name $($is_argument)*}]
            }
            $($rest)*
        )
    };

    // Mistakes.
    (@order) => {
        ::core::compile_error!("expected the message before the fields: `info!(cx, \"paid\", order = id)`")
    };
    (@next $state:tt $name:tt = $(, $($rest:tt)*)?) => {
        ::core::compile_error!(::core::concat!(
            "expected a value after `", ::core::stringify!($name), " =`"
        ))
    };
    (@next $state:tt % $name:ident . $($rest:tt)*) => { $crate::__log_arguments!(@unnamed) };
    (@next $state:tt ? $name:ident . $($rest:tt)*) => { $crate::__log_arguments!(@unnamed) };
    (@unnamed) => {
        ::core::compile_error!("a field that is not a variable needs a name: `id = %order.id`")
    };
    (@next $state:tt $name:ident $(. $part:ident)+ = $($rest:tt)*) => {
        ::core::compile_error!("a field's name with a dot must be in quotes: `\"user.id\" = id`")
    };
    (@next $state:tt $name:ident : $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "expected `=` after the field `", ::core::stringify!($name), "`, found `:`"
        ))
    };
    (@next {$head:tt $text:literal $args:tt $bindings:tt $values:tt [$($fields:tt)+]} $value:expr $(, $($rest:tt)*)?) => {
        ::core::compile_error!(
            "expected a field, `name = value`: the message's own arguments come before the fields"
        )
    };

    // An argument of the message.
    (@next {$head:tt $text:literal $args:tt [$($bindings:ident)*] [$($values:tt)*] []} $value:expr $(, $($rest:tt)*)?) => {
        $crate::__log_arguments!(
            @next {$head $text $args [$($bindings)* __argument] [$($values)* &$value,] []} $($($rest)*)?
        )
    };
    (@next $state:tt $($rest:tt)*) => {
        ::core::compile_error!(
            "expected fields with commas between them: `info!(\"paid\", order = id, cents = n)`"
        )
    };
}
