//! The framing of `InvokeWithResponseStream`'s answer (application/vnd.amazon.eventstream). Pure.

/// The type byte of a header whose value is a string.
const STRING: u8 = 7;

/// One message: lengths and their checksum, headers, payload, checksum of all (AWS's "Event stream
/// encoding"). Header names are shorter than 256 bytes, values than 65,536.
pub(crate) fn message(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        head.extend_from_slice(name.as_bytes());
        head.push(STRING);
        head.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    // Two lengths and two checksums of four bytes each stand around it.
    let len = head.len().saturating_add(payload.len()).saturating_add(16);
    let mut message = Vec::with_capacity(len);
    message.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
    message.extend_from_slice(&u32::try_from(head.len()).unwrap_or(u32::MAX).to_be_bytes());
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message.extend_from_slice(&head);
    message.extend_from_slice(payload);
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message
}

/// A piece of the function's response.
pub(crate) fn payload_chunk(payload: &[u8]) -> Vec<u8> {
    let headers = [
        (":message-type", "event"),
        (":event-type", "PayloadChunk"),
        (":content-type", "application/octet-stream"),
    ];
    message(&headers, payload)
}

/// The end of the stream, with its error and its log in JSON.
pub(crate) fn invoke_complete(payload: &[u8]) -> Vec<u8> {
    let headers = [
        (":message-type", "event"),
        (":event-type", "InvokeComplete"),
        (":content-type", "application/json"),
    ];
    message(&headers, payload)
}

/// CRC-32 as gzip and PNG have it (RFC 1952, section 8).
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    let mut crc = u32::MAX;
    for &byte in bytes {
        let index = usize::from(crc.to_le_bytes()[0] ^ byte);
        crc = TABLE.get(index).copied().unwrap_or(0) ^ (crc >> 8);
    }
    !crc
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "computed by the compiler, which would say so"
)]
#[expect(clippy::cast_possible_truncation, reason = "an index below 256")]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1));
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_gzips() {
        for (text, want) in [("", 0), ("a", 0xe8b7_be43), ("123456789", 0xcbf4_3926)] {
            assert_eq!(crc32(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn a_message_is_framed_as_aws_documents_it() {
        // The empty message of AWS's test vectors, and one that was put together by hand.
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
