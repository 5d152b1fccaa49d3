//! Returns the text that it receives.
use tiny_lambda::{Context, Result};

fn main() -> ! {
    tiny_lambda::run(echo)
}

fn echo(text: String, _: &Context) -> Result<String> {
    Ok(text)
}
