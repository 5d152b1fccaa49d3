//! The local Lambda as a command.
fn main() {}
