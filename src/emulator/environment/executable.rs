//! Checks whether a file can be started as an executable, and explains why not.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes at the beginning of a file that are read. They show its kind, contain the first line of a
/// script (execve(2)), and usually the program headers of an ELF file.
const START_LEN: u64 = 4096;
/// The reason on systems that start no ELF files.
const LINUX_EXECUTABLE: &str = if cfg!(windows) {
    "this is a Linux executable; start it in WSL, or run the function with cargo run"
} else {
    "this is a Linux executable; start it in a Linux container, or run the function with cargo run"
};

/// Returns why `path` cannot be started, if that is known. `runner` is the program that is to run it.
pub(crate) fn refusal_reason(path: &Path, runner: Option<&Path>) -> Option<String> {
    let shown = path.display();
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Some(format!("{shown}: no such file"));
        }
        Err(error) => return Some(format!("{shown}: {error}")),
    };
    if metadata.is_dir() {
        return Some(format!("{shown}: expected an executable, found a folder"));
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(START_LEN).read_to_end(&mut start));
    if let Err(error) = read {
        return Some(format!("{shown}: {error}"));
    }
    if let Some(runner) = runner {
        return match find_program(runner) {
            Ok(found) => refusal_reason(&found, None),
            Err(error) => Some(format!("runner {error}")),
        };
    }
    if !is_executable(&metadata) {
        return Some(format!(
            "{shown}: the file is not executable; run chmod +x on it"
        ));
    }
    let reason = match start.as_slice() {
        [0x7f, b'E', b'L', b'F', ..] if cfg!(any(target_os = "macos", windows)) => {
            Some(LINUX_EXECUTABLE.to_owned())
        }
        // The system itself says what it does not start.
        _ if cfg!(windows) => None,
        [b'#', b'!', ..] => script_refusal(&start),
        [0xcf, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..]
            if cfg!(target_os = "macos") =>
        {
            None
        }
        [0x7f, b'E', b'L', b'F', ..] => elf_refusal(&start, path),
        other => Some(unknown_kind(other).to_owned()),
    };
    reason.map(|reason| format!("{shown}: {reason}"))
}

/// Returns why a file that is neither a script nor ELF cannot be started.
fn unknown_kind(start: &[u8]) -> &'static str {
    match start {
        [] => "the file is empty",
        [0xef, 0xbb, 0xbf, b'#', b'!', ..] => {
            "the script begins with a byte order mark; save it as UTF-8 without one"
        }
        [b'M', b'Z', ..] => "this is a Windows executable; build it for Linux",
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => {
            "this is a macOS executable; build it for Linux"
        }
        _ => "expected an ELF file or a script that begins with #!",
    }
}

/// Returns why a script with this beginning cannot be started.
fn script_refusal(start: &[u8]) -> Option<String> {
    let line = start.split(|&b| b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line.get(2..).unwrap_or_default()).into_owned();
    let text = line.trim_matches([' ', '\t']);
    let interpreter = text.split([' ', '\t']).next().unwrap_or_default();
    if text.ends_with('\r') {
        return Some(format!(
            "the script has Windows line ends (CRLF), so its interpreter is {text:?}, which does not \
             exist; save it with LF, for example with `sed -i 's/\\r$//'`"
        ));
    }
    if interpreter.is_empty() {
        return Some("the script names no interpreter after #!".to_owned());
    }
    let problem = match fs::metadata(interpreter) {
        Ok(metadata) if metadata.is_dir() => "is a folder",
        Ok(metadata) if !is_executable(&metadata) => "is not executable",
        Ok(_) => return None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => "does not exist",
        Err(_) => "cannot be read",
    };
    Some(format!(
        "the script's interpreter {interpreter} {problem}; install it, or name another one after #!"
    ))
}

/// Architectures by their number in an ELF header (ELF gABI, `e_machine`), named as Rust names them. The
/// numbers in their files are little-endian.
const MACHINES: [(u64, &str); 6] = [
    (3, "i386"),
    (40, "arm"),
    (62, "x86_64"),
    (183, "aarch64"),
    (243, "riscv64"),
    (258, "loongarch64"),
];

/// Returns why the ELF file at `path`, which begins with `start`, cannot be started.
fn elf_refusal(start: &[u8], path: &Path) -> Option<String> {
    let Some(machine) = number(start, 18, 2) else {
        return Some("the ELF header is incomplete".to_owned());
    };
    let here = match std::env::consts::ARCH {
        "x86" => "i386",
        here => here,
    };
    match MACHINES.iter().find(|(number, _)| *number == machine) {
        Some((_, name)) if *name == here => {}
        Some((_, name)) => {
            return Some(format!(
                "the file is for the architecture {name}, but this machine is {here}; install \
                 qemu-{name} and add --runner qemu-{name}"
            ));
        }
        None => {
            return Some(format!(
                "the file is for an unknown architecture (ELF machine {machine}), but this \
                 machine is {here}; add --runner with a program that can run it"
            ));
        }
    }
    let loader = dynamic_loader(start, path)?;
    (!Path::new(&loader).exists()).then(|| {
        format!(
            "the file needs the dynamic loader {loader}, which does not exist here; build a \
             static executable, as build.sh does, or install the C library that has it"
        )
    })
}

/// Returns the path of the dynamic loader of an ELF file (ELF gABI, chapter 5); `None` for a static
/// executable. 32-bit files are not looked at, since Lambda does not run any.
fn dynamic_loader(start: &[u8], path: &Path) -> Option<String> {
    const CLASS_64_BIT: u64 = 2;
    const PT_INTERP: u64 = 3;

    if number(start, 4, 1)? != CLASS_64_BIT {
        return None;
    }
    let headers = number(start, 32, 8)?;
    let (header_len, n_headers) = (number(start, 54, 2)?, number(start, 56, 2)?);
    for i in 0..n_headers {
        let at = usize::try_from(headers.checked_add(i.checked_mul(header_len)?)?).ok()?;
        if number(start, at, 4)? != PT_INTERP {
            continue;
        }
        let offset = number(start, at.checked_add(8)?, 8)?;
        let len = number(start, at.checked_add(32)?, 8)?;
        let mut loader = vec![0; usize::try_from(len.min(START_LEN)).ok()?];
        let mut file = File::open(path).ok()?;
        file.seek(SeekFrom::Start(offset)).ok()?;
        file.read_exact(&mut loader).ok()?;
        let loader = String::from_utf8_lossy(&loader);
        return Some(loader.trim_end_matches('\0').to_owned());
    }
    None
}

/// Returns the little-endian number of `len` bytes at `offset`.
fn number(bytes: &[u8], offset: usize, len: usize) -> Option<u64> {
    let bytes = bytes.get(offset..offset.checked_add(len)?)?;
    let digits = bytes.iter().rev();
    Some(digits.fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// Returns whether a file may be executed. Windows has no such permission.
pub(crate) fn is_executable(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    let is_allowed = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let is_allowed = metadata.is_file();
    is_allowed
}

/// Returns the path of `program`: itself if it is a path, else the first program of that name in `PATH`.
pub(crate) fn find_program(program: &Path) -> io::Result<PathBuf> {
    let is_name = program.components().count() == 1;
    let found = if is_name {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&folders)
            .map(|folder| folder.join(program))
            .find(|path| path.is_file())
    } else {
        Some(std::path::absolute(program)?).filter(|path| path.is_file())
    };
    found.ok_or_else(|| {
        let text = format!("{}: no such program", program.display());
        io::Error::new(io::ErrorKind::NotFound, text)
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_that_cannot_be_started_is_refused_with_the_reason() {
        let dir = std::env::temp_dir().join(format!("tiny-lambda-process-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let check = |content: &[u8], mode: u32, want: Option<&str>| {
            let path = dir.join("bootstrap");
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let got = refusal_reason(&path, None);
            // macOS starts its own executables and no ELF files.
            let want = match content {
                [0x7f, ..] if cfg!(target_os = "macos") && mode == 0o755 => {
                    Some("a Linux executable")
                }
                [0xcf, ..] if cfg!(target_os = "macos") => None,
                _ => want,
            };
            match want {
                None => assert_eq!(got, None),
                Some(want) => assert!(got.as_ref().is_some_and(|g| g.contains(want)), "{got:?}"),
            }
        };
        let foreign: u8 = if cfg!(target_arch = "aarch64") {
            62
        } else {
            183
        };
        let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".to_vec();
        elf.extend([foreign, 0]);
        check(&elf, 0o755, Some("is for the architecture"));
        elf[18] = match std::env::consts::ARCH {
            "x86" => 3,
            "x86_64" => 62,
            _ => 183,
        };
        check(&elf, 0o755, None);
        check(&elf, 0o644, Some("chmod +x"));
        check(&elf, 0o755, None);
        // With one program header, at 64: the loader's name is at 120.
        elf.resize(128, 0);
        for (at, byte) in [
            (4, 2),
            (32, 64),
            (54, 56),
            (56, 1),
            (64, 3),
            (72, 120),
            (96, 8),
        ] {
            elf[at] = byte;
        }
        elf[120..].copy_from_slice(b"/no/ld.1");
        check(
            &elf,
            0o755,
            Some("needs the dynamic loader /no/ld.1, which"),
        );
        elf[120..].copy_from_slice(b"/bin/sh\0");
        check(&elf, 0o755, None);
        elf[32] = 255;
        check(&elf, 0o755, None);
        elf[18] = 40;
        check(&elf, 0o755, Some("--runner qemu-arm"));
        elf[18] = 99;
        check(&elf, 0o755, Some("(ELF machine 99)"));
        check(b"#!/bin/sh\n", 0o755, None);
        check(b"#! /bin/sh -eu\n", 0o755, None);
        check(b"#!/bin/sh", 0o755, None);
        check(b"#!/bin/sh\necho\r\n", 0o755, None);
        for line in [
            "#!/bin/sh\r\n",
            "#!/bin/sh -eu\r\n",
            "#!/usr/bin/env bash\r\necho\r\n",
        ] {
            check(line.as_bytes(), 0o755, Some("(CRLF)"));
            check(line.as_bytes(), 0o755, Some("\\r\""));
        }
        check(
            b"#!/no/such/bash\n",
            0o755,
            Some("interpreter /no/such/bash does not exist"),
        );
        check(b"#!/usr\n", 0o755, Some("interpreter /usr is a folder"));
        check(
            b"#!/etc/passwd\n",
            0o755,
            Some("/etc/passwd is not executable"),
        );
        check(b"#!\n", 0o755, Some("no interpreter"));
        check(b"\xef\xbb\xbf#!/bin/sh\n", 0o755, Some("byte order mark"));
        check(b"hello", 0o755, Some("expected an ELF file"));
        check(b"", 0o755, Some("the file is empty"));
        check(b"MZ\x90", 0o755, Some("a Windows executable"));
        check(b"\xcf\xfa\xed\xfe", 0o755, Some("a macOS executable"));
        check(b"\x7fELF", 0o755, Some("incomplete"));
        fs::remove_dir_all(&dir).unwrap();
        assert!(refusal_reason(&dir, None).unwrap().contains("no such file"));
        assert!(
            refusal_reason(&std::env::temp_dir(), None)
                .unwrap()
                .contains("found a folder")
        );
    }
}
