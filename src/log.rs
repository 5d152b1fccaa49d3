//! Lines in the function's log: each is one event, in one write.

use alloc::vec::Vec;

use crate::sys;

/// Writes `ERROR RequestId: <id> <text…>` to standard error; without an invocation, without an id.
/// A log that cannot be written to is not an error: there is nobody left to tell.
#[cold]
pub(crate) fn error(request_id: &str, text: &[&str]) {
    let mut line = Vec::new();
    line.extend_from_slice(b"ERROR ");
    if !request_id.is_empty() {
        line.extend_from_slice(b"RequestId: ");
        push(&mut line, request_id);
        line.push(b' ');
    }
    for text in text {
        push(&mut line, text);
    }
    line.push(b'\n');
    sys::write_stderr(&line);
}

/// Every line is an event of its own, so those of one text are joined by CR, which Amazon
/// CloudWatch shows as the end of a line.
fn push(line: &mut Vec<u8>, text: &str) {
    line.extend(text.bytes().map(|b| if b == b'\n' { b'\r' } else { b }));
}
