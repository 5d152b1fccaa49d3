//! Gives back the bytes that it is given.
use tiny_lambda::{Context, Result};

fn main() -> ! {
    tiny_lambda::run_bytes(echo)
}

fn echo(event: &[u8], _: &Context) -> Result<Vec<u8>> {
    Ok(event.to_vec())
}
