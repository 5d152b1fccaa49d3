//! Returns the text that it receives.
fn main() -> ! {
    minlambda::run_ok(|text: String| text)
}
