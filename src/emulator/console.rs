//! Where an environment's log goes: to standard error if that is wanted, and its end to callers who ask.

use std::io::{self, Write};
use std::sync::Mutex;

use super::server::lock;

/// How much of a log callers get (`X-Amz-Log-Result`): "the last 4 KB of the execution log".
const TAIL_LEN_MAX: usize = 4096;

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Function,
    Extension,
}

#[derive(Debug)]
pub(super) struct Console {
    is_shown: bool,
    tail: Mutex<Vec<u8>>,
}

impl Console {
    pub(super) fn new(is_shown: bool) -> Console {
        Console {
            is_shown,
            tail: Mutex::default(),
        }
    }

    /// Writes a line about the function.
    pub(super) fn line(&self, line: &str) {
        self.bytes(&[line.as_bytes(), b"\n"].concat());
    }

    /// Writes what a process has written, whole lines in one piece.
    pub(super) fn output(&self, _source: Source, bytes: &[u8]) {
        self.bytes(bytes);
    }

    fn bytes(&self, bytes: &[u8]) {
        let mut tail = lock(&self.tail);
        tail.extend_from_slice(bytes);
        let too_much = tail.len().saturating_sub(TAIL_LEN_MAX);
        tail.drain(..too_much);
        drop(tail);
        if self.is_shown {
            let _ = io::stderr().lock().write_all(bytes);
        }
    }

    /// The end of what has been written since the last call.
    pub(super) fn take_tail(&self) -> Vec<u8> {
        std::mem::take(&mut lock(&self.tail))
    }
}
