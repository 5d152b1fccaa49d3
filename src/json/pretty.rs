//! JSON for people: over several lines.

use alloc::vec::Vec;

use super::{ToJson, scan, to_vec};

/// Writes `value` with a line for each element and member, indented by two spaces.
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
    let mut pos = 0;
    loop {
        let byte;
        (pos, byte) = scan::token(&text, pos);
        let start = pos;
        pos = pos.wrapping_add(1);
        match byte {
            0 => return out,
            b'"' => {
                pos = string_end(&text, pos);
                out.extend_from_slice(text.get(start..pos).unwrap_or_default());
            }
            b'{' | b'[' => {
                out.push(byte);
                let (close, next) = scan::token(&text, pos);
                // The closing bracket is two behind the opening one in ASCII.
                if next == byte.wrapping_add(2) {
                    out.push(next);
                    pos = close.wrapping_add(1);
                } else {
                    depth = depth.wrapping_add(1);
                    new_line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                new_line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            _ => out.push(byte),
        }
    }
}

fn new_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    for _ in 0..depth {
        out.extend_from_slice(b"  ");
    }
}

/// Behind the quote that ends the string which `pos` is in.
fn string_end(text: &[u8], mut pos: usize) -> usize {
    loop {
        pos = scan::plain(text, pos);
        let escape = scan::byte_at(text, pos) == b'\\';
        pos = pos.wrapping_add(if escape { 2 } else { 1 });
        if !escape {
            return pos;
        }
    }
}
