//! Bodies: the same, whatever the pieces in which they come; never longer than they may be.
#![no_main]
#![allow(dead_code, unexpected_cfgs, unused_imports)]

extern crate alloc;

#[path = "../../src/encoding/mod.rs"]
mod encoding;
#[path = "../../src/http1/mod.rs"]
mod http1;
#[path = "../../src/sys/mod.rs"]
mod sys;

use http1::body::{Body, BodyError};
use http1::head::Framing;
use libfuzzer_sys::fuzz_target;

const LEN_MAX: usize = 300;

type Read = Result<(Vec<u8>, Vec<u8>), BodyError>;

/// The body and what follows it; a connection that ends too early is an error.
fn read<'p>(framing: Framing, pieces: impl Iterator<Item = &'p [u8]>) -> Read {
    let mut buf = b"head".to_vec();
    let mut body = Body::new(framing, buf.len(), LEN_MAX)?;
    let mut done = body.advance(&mut buf, &mut |_, _| ())?;
    for piece in pieces {
        buf.extend_from_slice(piece);
        done = done || body.advance(&mut buf, &mut |_, _| ())?;
    }
    if !done {
        body.end()?;
    }
    assert_eq!(&buf[..4], b"head");
    let range = body.range();
    assert!(range.len() <= LEN_MAX);
    Ok((buf[range.clone()].to_vec(), buf[range.end..].to_vec()))
}

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (kind, len, bytes) = input;
    let framing = match kind % 4 {
        0 => Framing::Length(u64::from(len) * 2),
        1 => Framing::UntilClose,
        _ => Framing::Chunked,
    };
    let whole = read(framing, std::iter::once(bytes));
    let pieces = read(framing, bytes.chunks(usize::from(len % 16) + 1));
    match (whole, pieces) {
        (Err(_), Err(_)) => {}
        (whole, pieces) => assert_eq!(whole, pieces),
    }
});
