//! Writes zip files (APPNOTE.TXT, section 4.3) that are the same on each machine and at each time.

use crate::deflate::deflate;

/// A file in an archive.
pub(crate) struct File {
    /// Its path, with `/` between folders.
    pub(crate) name: String,
    /// The permissions, such as 0755.
    pub(crate) mode: u32,
    pub(crate) bytes: Vec<u8>,
}

/// Returns an archive of files, all of them dated 1980-01-01.
pub(crate) fn write(files: &[File]) -> Result<Vec<u8>, String> {
    let mut zip = Vec::new();
    let mut directory = Vec::new();
    for File { name, mode, bytes } in files {
        let (offset, len) = (len_32(&zip)?, len_32(bytes)?);
        let packed = deflate(bytes);
        // The fields that both headers have (sections 4.3.7 and 4.3.12).
        let mut common = Vec::new();
        // Bit 11: the name is UTF-8 (section 4.4.4), which is another encoding only beyond ASCII.
        let flags = if name.is_ascii() { 0 } else { 1 << 11 };
        // Version needed 2.0, method deflate, time 0:00, date 1980-01-01.
        push_16(&mut common, &[20, flags, 8, 0, (1 << 5) | 1]);
        push_32(&mut common, &[crc_32(bytes), len_32(&packed)?, len]);
        // No extra field.
        push_16(&mut common, &[len_16(name.len())?, 0]);

        zip.extend_from_slice(b"PK\x03\x04");
        zip.extend_from_slice(&common);
        zip.extend_from_slice(name.as_bytes());
        zip.extend_from_slice(&packed);

        directory.extend_from_slice(b"PK\x01\x02");
        // Made by version 3.0 on Unix (3), whose file mode is the upper half of the external attributes.
        push_16(&mut directory, &[u16::from_le_bytes([30, 3])]);
        directory.extend_from_slice(&common);
        // No comment, disk 0, no internal attributes.
        push_16(&mut directory, &[0, 0, 0]);
        push_32(&mut directory, &[(0o100_000 | mode) << 16, offset]);
        directory.extend_from_slice(name.as_bytes());
    }
    let offset = len_32(&zip)?;
    zip.extend_from_slice(&directory);
    // The end record (section 4.3.16): disk 0, no comment.
    zip.extend_from_slice(b"PK\x05\x06");
    let n_files = len_16(files.len())?;
    push_16(&mut zip, &[0, 0, n_files, n_files]);
    push_32(&mut zip, &[len_32(&directory)?, offset]);
    push_16(&mut zip, &[0]);
    Ok(zip)
}

fn push_16(out: &mut Vec<u8>, numbers: &[u16]) {
    out.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
}

fn push_32(out: &mut Vec<u8>, numbers: &[u32]) {
    out.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
}

fn len_16(len: usize) -> Result<u16, String> {
    u16::try_from(len).map_err(|_| "a zip file has at most 65,535 files and bytes per name".into())
}

fn len_32(bytes: &[u8]) -> Result<u32, String> {
    u32::try_from(bytes.len()).map_err(|_| "a zip file is smaller than 4 GiB".into())
}

/// Returns the CRC-32 of `bytes` (RFC 1952, section 8).
pub(crate) fn crc_32(bytes: &[u8]) -> u32 {
    /// For each byte, its effect on the checksum.
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut crc = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                crc = (crc >> 1) ^ ((crc & 1) * 0xedb8_8320);
                bit += 1;
            }
            table[byte] = crc;
            byte += 1;
        }
        table
    };
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)]
    })
}
