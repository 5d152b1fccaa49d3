//! [`main!`](crate::main): the way from the C library to the function, without std's start-up.

/// The `main` of a function that does without std's start-up, which is ten of the eighteen system
/// calls to the first `next`, and 4 KB of the zip: the C library calls it, and it runs the
/// expression that it is given.
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
/// The expression is one that does not come back, as [`run`](crate::run) and its like do not; a
/// block may do other things first. The attribute in front keeps rustc from making a `main` of its
/// own, but where `cargo test` needs one.
///
/// The rest is as with `fn main() -> !`: writes to a pipe that nobody reads are errors, and
/// a panic is reported and ends the process with 101. What is not as with it:
/// - A stack that overflows ends the process by SIGSEGV without std's line about it. Lambda's log
///   says so much itself.
/// - `std::env::args` is empty with musl; Lambda gives no arguments. Variables are there.
/// - The main thread has no name, and standard streams that are closed at the start stay closed.
#[macro_export]
macro_rules! main {
    ($run:expr $(;)?) => {
        #[cfg(not(test))]
        #[unsafe(no_mangle)]
        extern "C" fn main() -> ::core::ffi::c_int {
            $crate::start(|| $run)
        }
        // The one that a test never calls.
        #[cfg(test)]
        fn main() {
            $run
        }
    };
}

/// What [`main!`](crate::main) calls.
#[doc(hidden)]
pub fn start(run: fn() -> !) -> ! {
    crate::sys::ignore_broken_pipes();
    // Nothing may unwind into C.
    #[cfg(panic = "unwind")]
    {
        let _ = std::panic::catch_unwind(run);
        crate::sys::exit(101)
    }
    #[cfg(panic = "abort")]
    run()
}
