//! HTTP/1.1 on a socket (RFC 9112): heads and bodies are read from bytes, sockets are thin.

pub(crate) mod body;
pub(crate) mod connection;
pub(crate) mod head;
pub(crate) mod scan;

/// Moves `buf[from..to]` down to `dest`. A range that is none is left alone: it would be a mistake
/// of ours, and is no reason to panic.
fn move_down(buf: &mut [u8], from: usize, to: usize, dest: usize) {
    let area = buf.get_mut(dest..to).unwrap_or_default();
    let gap = from.saturating_sub(dest);
    if gap <= area.len() {
        area.copy_within(gap.., 0);
    }
}

/// Forgets what stands between `at` and `from`: what follows moves down.
fn cut_out(buf: &mut alloc::vec::Vec<u8>, at: usize, from: usize) {
    let len = buf.len();
    move_down(buf, from, len, at);
    buf.truncate(len.saturating_sub(from.saturating_sub(at)));
}
