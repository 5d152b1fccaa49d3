//! [`main!`](crate::main): a `main` that the C library calls directly, without std's start-up.

/// Defines a `main` without std's start-up, which runs the given expression.
///
/// This saves ten of the eighteen system calls up to the first `next`, and 4 KB of the zip. The plain form
/// is `fn main() -> ! { run(hello) }`.
///
/// ```no_run
/// #![cfg_attr(not(test), no_main)]
/// use tiny_lambda::{Context, Result, run};
///
/// tiny_lambda::main!(run(hello));
///
/// fn hello(name: String, _: &Context) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
/// ```
///
/// The expression must not return, as [`run`](crate::run) does not. It may be a block that does other
/// things first. The attribute `no_main` prevents rustc from making a `main` of its own, which `cargo test`
/// needs.
///
/// As with `fn main() -> !`, a write to a pipe without a reader is an error, and a panic is reported and
/// ends the process with exit code 101. The differences are:
/// - If the stack overflows, SIGSEGV ends the process without std's message. Lambda logs the signal.
/// - `std::env::args` is empty with musl. Lambda passes no arguments. Environment variables are there.
/// - The main thread has no name, and standard streams that are closed at the start stay closed.
#[macro_export]
macro_rules! main {
    ($run:expr $(;)?) => {
        #[cfg(not(test))]
        #[unsafe(no_mangle)]
        extern "C" fn main() -> ::core::ffi::c_int {
            $crate::run_without_std_start(|| $run)
        }
        // A `main` that tests never call.
        #[cfg(test)]
        fn main() {
            $run
        }
    };
}

/// Runs the expression of [`main!`](crate::main).
#[doc(hidden)]
pub fn run_without_std_start(run: fn() -> !) -> ! {
    crate::sys::ignore_broken_pipes();
    // A panic must not unwind into the C library.
    #[cfg(panic = "unwind")]
    {
        let _ = std::panic::catch_unwind(run);
        crate::sys::exit(101)
    }
    #[cfg(panic = "abort")]
    run()
}
