//! A strict reader of zip files: both headers of a file must agree, and there are no gaps.

use std::io::Write;
use std::process::{Command, Stdio};

/// A file in an archive.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) mode: u32,
    pub(super) bytes: Vec<u8>,
}

/// Reads an archive of deflated Unix files with no extra fields and no comments (APPNOTE.TXT,
/// section 4.3), all dated 1980-01-01.
pub(super) fn read(zip: &[u8]) -> Vec<Entry> {
    let end = zip.len() - 22;
    assert_eq!(&zip[end..end + 8], b"PK\x05\x06\0\0\0\0", "end record");
    assert_eq!(&zip[end + 20..], b"\0\0", "comment");
    let n_entries = u16_at(zip, end + 8);
    assert_eq!(u16_at(zip, end + 10), n_entries);
    let directory = u32_at(zip, end + 16);
    let mut central = directory;
    let mut local = 0;
    let mut entries = Vec::new();
    for _ in 0..n_entries {
        assert_eq!(&zip[central..central + 4], b"PK\x01\x02");
        assert_eq!(u16_at(zip, central + 4) >> 8, 3, "made on Unix");
        assert_eq!(u32_at(zip, central + 42), local, "entries without gaps");
        assert_eq!(&zip[local..local + 4], b"PK\x03\x04");
        // The fields from "version needed" to "extra field length" are the same in both headers.
        let both = &zip[local + 4..local + 30];
        assert_eq!(both, &zip[central + 6..central + 32]);
        let name = &zip[central + 46..central + 46 + u16_at(both, 22)];
        // Bit 11: the name is UTF-8.
        let flags = if name.is_ascii() { 0 } else { 8 };
        assert_eq!(
            both[..10],
            [20, 0, 0, flags, 8, 0, 0, 0, 33, 0],
            "deflate, 1980-01-01"
        );
        let (packed_len, len) = (u32_at(both, 14), u32_at(both, 18));
        let (name_len, extra_len) = (u16_at(both, 22), u16_at(both, 24));
        assert_eq!(extra_len, 0);
        assert_eq!(zip[central + 32..central + 38], [0; 6], "comment, disk");
        assert_eq!(&zip[local + 30..local + 30 + name_len], name);
        local += 30 + name_len;
        let packed = &zip[local..local + packed_len];
        let bytes = inflate(packed, &both[10..14], &both[18..22]);
        assert_eq!(bytes.len(), len);
        entries.push(Entry {
            name: String::from_utf8(name.to_vec()).unwrap(),
            mode: u32::try_from(u32_at(zip, central + 38) >> 16).unwrap(),
            bytes,
        });
        local += packed_len;
        central += 46 + name_len;
    }
    assert_eq!(local, directory, "nothing between entries and directory");
    assert_eq!(central, end, "nothing between directory and end");
    assert_eq!(u32_at(zip, end + 12), end - directory);
    entries
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u16_at(bytes, at) | u16_at(bytes, at + 2) << 16
}

/// Unpacks with gzip, which also checks the CRC-32 and the length (RFC 1952).
pub(super) fn inflate(packed: &[u8], crc: &[u8], len: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip")
        .arg("-dc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = gzip.stdin.take().unwrap();
    let stream = [b"\x1f\x8b\x08\0\0\0\0\0\0\x03", packed, crc, len].concat();
    let writer = std::thread::spawn(move || stdin.write_all(&stream).unwrap());
    let output = gzip.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "gzip finds the stream broken");
    output.stdout
}
