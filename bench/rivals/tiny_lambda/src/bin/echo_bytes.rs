//! Returns the bytes that it receives.
use tiny_lambda::{Context, Result};

fn main() -> ! {
    tiny_lambda::run_bytes(echo)
}

fn echo(event: &[u8], _: &Context) -> Result<Vec<u8>> {
    Ok(event.to_vec())
}
