//! The framing of a response stream (application/vnd.amazon.eventstream). Pure functions.

use crate::encoding::crc32;

/// The type of a header whose value is a string.
const STRING: u8 = 7;

/// Returns one message: lengths and their checksum, headers, payload, checksum of everything ("Event
/// stream encoding"). Header names must be shorter than 256 bytes, and all of it than 4 GB.
fn message(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, value) in headers {
        push_len::<1>(&mut head, name.len());
        head.extend_from_slice(name.as_bytes());
        head.push(STRING);
        push_len::<2>(&mut head, value.len());
        head.extend_from_slice(value.as_bytes());
    }
    // Two lengths and two checksums, of four bytes each.
    let len = head.len().saturating_add(payload.len()).saturating_add(16);
    let mut message = Vec::with_capacity(len);
    push_len::<4>(&mut message, len);
    push_len::<4>(&mut message, head.len());
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message.extend_from_slice(&head);
    message.extend_from_slice(payload);
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message
}

/// Appends a length as a big-endian number of `N` bytes.
fn push_len<const N: usize>(bytes: &mut Vec<u8>, len: usize) {
    let digits = len.to_be_bytes();
    let (high, low) = digits.split_at(digits.len().saturating_sub(N));
    debug_assert!(
        high.iter().all(|&b| b == 0),
        "{len} has more than {N} bytes"
    );
    bytes.extend_from_slice(low);
}

/// Returns the message for a part of the function's response.
pub(super) fn payload_chunk(payload: &[u8]) -> Vec<u8> {
    event("PayloadChunk", "application/octet-stream", payload)
}

/// Returns the message that ends the stream. Its payload is JSON with the error and the log.
pub(super) fn invoke_complete(payload: &[u8]) -> Vec<u8> {
    event("InvokeComplete", "application/json", payload)
}

fn event(event_type: &str, content_type: &str, payload: &[u8]) -> Vec<u8> {
    let headers = [
        (":message-type", "event"),
        (":event-type", event_type),
        (":content-type", content_type),
    ];
    message(&headers, payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_framed_as_aws_documents_it() {
        // The empty message of AWS's test vectors, and a handwritten message.
        assert_eq!(
            message(&[], b""),
            b"\0\0\0\x10\0\0\0\0\x05\xc2\x48\xeb\x7d\x98\xc8\xff"
        );
        let got = message(&[("k", "v")], b"{}");
        assert_eq!(&got[..8], b"\0\0\0\x18\0\0\0\x06");
        assert_eq!(&got[12..20], b"\x01k\x07\0\x01v{}");
        assert_eq!(got[20..], crc32(&got[..20]).to_be_bytes());
        assert_eq!(got[8..12], crc32(&got[..8]).to_be_bytes());
    }
}
