//! Gives back the text that it is given.
fn main() -> ! {
    minlambda::run_ok(|text: String| text)
}
