//! Packs executables for AWS Lambda: checks them, writes function.zip, and reads the linker's map.
//!
//! This is a part of `build.sh`, which compiles it alone, without the crate, and passes its messages on.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "this runs while a function is built: a panic is a failed build, not a failed function"
)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod deflate;
mod elf;
mod report;
#[path = "../../signing/sha256.rs"]
mod sha256;
#[cfg(test)]
mod tests;
mod zip;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: package uses-stdout EXECUTABLE
       package pack --arch ARCH --work FOLDER --out FOLDER --executables FILE
                    [--wrapper SCRIPT] [--max-zip BYTES] [--report]

uses-stdout   prints yes or no: whether EXECUTABLE uses std's standard output, as the linker's map says.
              The map is at EXECUTABLE.map if EXECUTABLE was just linked, and is kept for later
pack          makes function.zip and the files in it for each executable whose path is a line of FILE, in
              a folder of --out. With --wrapper all of them are in one package. --report prints what
              they consist of";

type Result<T, E = String> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["uses-stdout", executable] => uses_stdout(executable.as_ref()),
        ["pack", ref options @ ..] => Pack::parse(options).and_then(|pack| pack.run()),
        _ => Err(format!("unexpected arguments\n{USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("build.sh: {message}");
            ExitCode::FAILURE
        }
    }
}

fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes());
    written
        .and_then(|()| stdout.flush())
        .map_err(|e| format!("cannot write to standard output: {e}"))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Returns a digest in base64 (RFC 4648, section 4), as Lambda shows it in `CodeSha256`.
fn base64(digest: &[u8; 32]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in digest.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        // The last two bytes become three digits. Two zero bits pad the last digit.
        let bits = bits << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            text.push(DIGITS[bits >> (18 - 6 * digit) & 63].into());
        }
    }
    text.push('=');
    text
}

// ---- the linker's map ----

/// The path where the map of an executable is kept. It has the SHA-256 of the executable: cargo
/// does not link again what it has from an earlier build, such as one with other features, and then
/// the linker writes no map.
fn kept_map(executable: &Path) -> Result<PathBuf> {
    let hash = base64(&sha256::digest(&[&read(executable)?])).replace('/', "_");
    let name = format!("{}.{hash}", file_name(executable));
    Ok(executable.with_file_name("maps").join(name))
}

fn uses_stdout(executable: &Path) -> Result<()> {
    let kept = kept_map(executable)?;
    let mut map = executable.as_os_str().to_owned();
    map.push(".map");
    let map = PathBuf::from(map);
    if map.exists() {
        kept.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::rename(&map, &kept))
            .map_err(|e| format!("cannot move {} to {}: {e}", map.display(), kept.display()))?;
    }
    // There is none if one of the user's flags sends the map elsewhere.
    let uses_stdout = fs::read(kept).is_ok_and(|map| report::uses_stdout(&map));
    print(if uses_stdout { "yes\n" } else { "no\n" })
}

fn report(executable: &Path) -> Result<()> {
    let name = file_name(executable);
    let map = fs::read(kept_map(executable)?).map_err(|_| {
        format!(
            "cargo has {name} from an earlier build, without the linker's map: change a source and \
             build it again"
        )
    })?;
    print(&report::report(&name, &String::from_utf8_lossy(&map)))
}

// ---- packages ----

/// The options of `pack`.
#[derive(Default)]
struct Pack {
    /// AWS's name of the architecture.
    arch: String,
    /// A folder for temporary files.
    work: PathBuf,
    /// The folder of all packages.
    out: PathBuf,
    /// The script that starts the executable, for packages of several files.
    wrapper: Option<PathBuf>,
    max_zip: Option<usize>,
    report: bool,
    executables: Vec<PathBuf>,
}

impl Pack {
    fn parse(options: &[&str]) -> Result<Pack> {
        let mut pack = Pack::default();
        let mut options = options.iter();
        while let Some(option) = options.next() {
            let mut value = || options.next().ok_or(format!("{option} needs a value"));
            match *option {
                "--arch" => pack.arch = (*value()?).into(),
                "--work" => pack.work = value()?.into(),
                "--out" => pack.out = value()?.into(),
                "--wrapper" => pack.wrapper = Some(value()?.into()),
                "--max-zip" => {
                    let bytes = value()?.parse();
                    pack.max_zip = Some(bytes.map_err(|e| format!("--max-zip: {e}"))?);
                }
                "--report" => pack.report = true,
                "--executables" => {
                    let list = read(value()?.as_ref())?;
                    let list = String::from_utf8_lossy(&list);
                    pack.executables = list.lines().map(PathBuf::from).collect();
                }
                _ => return Err(format!("unknown option {option}\n{USAGE}")),
            }
        }
        Ok(pack)
    }

    fn run(&self) -> Result<()> {
        if self.wrapper.is_some() {
            self.make_package(&self.executables)?;
        } else {
            for executable in self.executables.chunks(1) {
                self.make_package(executable)?;
            }
        }
        if self.report {
            for executable in &self.executables {
                report(executable)?;
            }
        }
        Ok(())
    }

    /// Makes the package of these executables, and prints what is in it and how to deploy it.
    fn make_package(&self, executables: &[PathBuf]) -> Result<()> {
        let names: Vec<String> = executables.iter().map(|path| file_name(path)).collect();
        let folder = self.out.join(names.join("+"));
        let function = names.first().ok_or("no executable to pack")?;
        let mut files = self.files(executables)?;
        let zip = zip::write(&files)?;
        if let Some(max) = self.max_zip.filter(|max| zip.len() > *max) {
            return Err(format!(
                "the zip of {function} is {} bytes, more than the {max} that --max-zip allows",
                zip.len()
            ));
        }
        let hash = base64(&sha256::digest(&[&zip]));
        files.push(("function.zip".into(), zip));
        self.write(&files, &folder)
            .map_err(|e| format!("cannot write to {}: {e}", folder.display()))?;

        let shown = shown(&folder).display();
        let mut text = String::new();
        for (name, bytes) in &files {
            let _ = writeln!(text, "{shown}/{name}: {} bytes", bytes.len());
        }
        let _ = writeln!(text, "code hash: {hash}");
        let _ = writeln!(
            text,
            "aws lambda create-function --function-name {function} --runtime provided.al2023 \
             --architectures {} --handler {function} --role arn:aws:iam::ACCOUNT:role/ROLE \
             --zip-file {}",
            self.arch,
            quoted(&format!("fileb://{shown}/function.zip")),
        );
        print(&text)
    }

    /// Returns the files of the package.
    fn files(&self, executables: &[PathBuf]) -> Result<Vec<zip::File>> {
        let mut files = Vec::new();
        if let Some(script) = &self.wrapper {
            files.push(("bootstrap".into(), read(script)?));
        }
        for path in executables {
            let name = match (&self.wrapper, executables.len()) {
                (None, _) => "bootstrap".into(),
                (Some(_), 1) => "binary".into(),
                (Some(_), _) => file_name(path),
            };
            let executable = read(path)?;
            let loaded = elf::check(&executable, &self.arch)
                .map_err(|problem| format!("{} {problem}", path.display()))?;
            files.push((name, loaded.to_vec()));
        }
        Ok(files)
    }

    /// Writes the files to a folder, which appears with all of them or not at all.
    fn write(&self, files: &[zip::File], folder: &Path) -> io::Result<()> {
        let unfinished = self.work.join("package");
        fs::create_dir(&unfinished)?;
        for (name, bytes) in files {
            let path = unfinished.join(name);
            fs::write(&path, bytes)?;
            #[cfg(unix)]
            if name != "function.zip" {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
            }
        }
        fs::rename(unfinished, folder)
    }
}

/// Returns a path as it is shown: relative if it is below the current folder, unless that is the root.
fn shown(path: &Path) -> &Path {
    let current = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&current) {
        Ok(relative) if current.parent().is_some() => relative,
        _ => path,
    }
}

/// Returns `text` as one word of a shell command.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:+-".contains(c);
    if text.chars().all(is_plain) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
