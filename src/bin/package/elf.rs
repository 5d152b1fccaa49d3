//! Checks that Lambda can start an executable (System V ABI, chapters 4 and 5).

const HEADER_LEN: usize = 64;
const PROGRAM_HEADER_LEN: usize = 56;

/// Types of program headers: a segment that is loaded, and the path of an interpreter.
const PT_LOAD: u64 = 1;
const PT_INTERP: u64 = 3;

/// Returns the part of an executable that is needed: all of it but the room that the linker leaves
/// at the end for section headers that it does not write.
///
/// # Errors
/// The file is not a static ELF executable for `arch`, AWS's name of the architecture. The text says
/// why and follows the name of the file in a message.
pub(crate) fn check<'a>(elf: &'a [u8], arch: &str) -> Result<&'a [u8], String> {
    if !is_elf(elf) {
        return Err("is not a 64-bit ELF file".into());
    }
    if !matches!(arch, "x86_64" | "arm64") {
        return Err(format!("cannot be checked: unknown architecture {arch}"));
    }
    if arch_of(elf) != Some(arch) {
        return Err(format!("is not for {arch}"));
    }
    let headers = usize::try_from(number(elf, 32, 8)).ok();
    let headers_len = number(elf, 56, 2) as usize * PROGRAM_HEADER_LEN;
    let headers = headers
        .and_then(|start| elf.get(start..)?.get(..headers_len))
        .ok_or("is cut off: it ends before its program headers do")?;
    // Section headers that flags of the user's have kept stay.
    let has_sections = number(elf, 40, 8) != 0;
    let mut needed_len = if has_sections { elf.len() } else { 0 };
    for header in headers.chunks(PROGRAM_HEADER_LEN) {
        match number(header, 0, 4) {
            PT_INTERP => return Err("is not static: it needs an interpreter".into()),
            PT_LOAD => {
                let end = number(header, 8, 8).checked_add(number(header, 32, 8));
                let end = end.and_then(|end| usize::try_from(end).ok());
                let end = end.filter(|end| *end <= elf.len());
                let end = end.ok_or("is cut off: it ends before a segment does")?;
                needed_len = end.max(needed_len);
            }
            _ => {}
        }
    }
    Ok(&elf[..needed_len])
}

fn is_elf(bytes: &[u8]) -> bool {
    // 64-bit, the lowest byte first, version 1.
    bytes.starts_with(b"\x7fELF\x02\x01\x01") && bytes.len() >= HEADER_LEN
}

/// Returns AWS's name of the architecture that an executable is for; `None` if it is none of Lambda's, or if the
/// file is not an executable.
pub(crate) fn arch_of(elf: &[u8]) -> Option<&'static str> {
    match is_elf(elf).then(|| number(elf, 18, 2))? {
        62 => Some("x86_64"),
        183 => Some("arm64"),
        _ => None,
    }
}

/// Returns the number in `n_bytes` bytes at an offset, the lowest byte first.
fn number(bytes: &[u8], offset: usize, n_bytes: usize) -> u64 {
    let bytes = bytes[offset..offset + n_bytes].iter().rev();
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An executable with one program header of this type, whose segment is all of the file but 8
    /// bytes.
    fn elf(machine: u8, segment_type: u8) -> Vec<u8> {
        let mut elf = vec![0; 128];
        elf[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        (elf[18], elf[32], elf[56]) = (machine, 64, 1);
        (elf[64], elf[64 + 32]) = (segment_type, 120);
        elf
    }

    #[track_caller]
    fn refused(elf: &[u8], arch: &str, want: &str) {
        assert_eq!(check(elf, arch), Err(want.to_owned()));
    }

    #[test]
    fn a_static_executable_is_cut_after_its_last_segment() {
        assert_eq!(check(&elf(62, 1), "x86_64"), Ok(&elf(62, 1)[..120]));
        assert_eq!(check(&elf(183, 1), "arm64").map(<[u8]>::len), Ok(120));
        let mut with_sections = elf(62, 1);
        with_sections[40] = 120;
        assert_eq!(check(&with_sections, "x86_64").map(<[u8]>::len), Ok(128));
    }

    #[test]
    fn other_files_are_refused() {
        let not_elf = "is not a 64-bit ELF file";
        refused(b"", "x86_64", not_elf);
        refused(b"#!/bin/sh\n", "x86_64", not_elf);
        refused(&elf(62, 1)[..63], "x86_64", not_elf);
        for (at, byte) in [(0, 0), (4, 1), (5, 2)] {
            let mut elf = elf(62, 1);
            elf[at] = byte;
            refused(&elf, "x86_64", not_elf);
        }
        refused(&elf(183, 1), "x86_64", "is not for x86_64");
        refused(&elf(62, 1), "arm64", "is not for arm64");
        refused(
            &elf(62, 3),
            "x86_64",
            "is not static: it needs an interpreter",
        );
        let unknown = "cannot be checked: unknown architecture riscv";
        refused(&elf(62, 1), "riscv", unknown);
    }

    #[test]
    fn a_file_that_is_cut_off_is_refused() {
        let no_headers = "is cut off: it ends before its program headers do";
        for len in 64..120 {
            refused(&elf(62, 1)[..len], "x86_64", no_headers);
        }
        let mut far = elf(62, 1);
        far[32..40].fill(0xff);
        refused(&far, "x86_64", no_headers);
        let no_segment = "is cut off: it ends before a segment does";
        let mut long = elf(62, 1);
        for offset in [64 + 8, 64 + 32] {
            long[offset..offset + 8].fill(0xff);
            refused(&long, "x86_64", no_segment);
        }
        long = elf(62, 1);
        long[64 + 32] = 129;
        refused(&long, "x86_64", no_segment);
    }
}
