//! Writes JSON over several lines, for people.

use crate::encoding::lengths::{add, prefix, subtract};
use alloc::vec::Vec;

use super::{ToJson, read::lexer, to_vec};

/// Writes `value` as JSON with a line for each element and member, indented by two spaces.
///
/// ```
/// use tiny_lambda::json;
///
/// let value = tiny_lambda::json!({ "a": [1, {}], "b": "x" });
/// assert_eq!(
///     String::from_utf8_lossy(&json::to_vec_pretty(&value)),
///     "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"x\"\n}"
/// );
/// # Ok::<(), json::Error>(())
/// ```
pub fn to_vec_pretty<T: ToJson + ?Sized>(value: &T) -> Vec<u8> {
    let text = to_vec(value);
    let mut out = Vec::with_capacity(text.len().saturating_mul(2));
    let mut depth = 0_usize;
    let mut rest = &*text;
    while let [byte, after @ ..] = lexer::skip_white_space(rest) {
        rest = after;
        match byte {
            b'"' => {
                // A `ToJson` may have written a string without an end.
                rest = lexer::skip_string(after).get(1..).unwrap_or_default();
                out.push(b'"');
                let len = subtract(after.len(), rest.len());
                out.extend_from_slice(prefix(after, len));
            }
            b'{' | b'[' => {
                out.push(*byte);
                match lexer::skip_white_space(after) {
                    // In ASCII, `]` is `[` + 2 and `}` is `{` + 2.
                    [closing, after @ ..] if *closing == byte.wrapping_add(2) => {
                        out.push(*closing);
                        rest = after;
                    }
                    _ => {
                        depth = add(depth, 1);
                        new_line(&mut out, depth);
                    }
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(*byte);
            }
            b',' => {
                out.push(b',');
                new_line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            _ => out.push(*byte),
        }
    }
    out
}

/// Begins a line.
fn new_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    for _ in 0..depth {
        out.extend_from_slice(b"  ");
    }
}
