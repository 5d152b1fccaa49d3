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
mod include;
mod plan;
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
use std::process::{Command, ExitCode};

use zip::File;

/// The most bytes that the files of a package may have (Lambda's quotas: 250 MB, with layers).
const UNZIPPED_LEN_MAX: u64 = 250 << 20;

/// The most bytes of a zip that Lambda's API takes (Lambda's quotas: 50 MB). Larger ones are uploaded to S3.
const ZIP_LEN_MAX: usize = 50 << 20;

const USAGE: &str = "\
Usage: package uses-stdout EXECUTABLE
       package pack --arch ARCH --work FOLDER --out FOLDER --executables FILE
                    [--wrapper SCRIPT | --extension] [--include FILE] [--max-zip SIZE] [--report]
       package invoke --work FOLDER --out FOLDER --executables FILE --emulator PROGRAM --event EVENT
                      [--wrapper SCRIPT] [--runner PROGRAM] [--services OPTIONS]

uses-stdout   prints yes or no: whether EXECUTABLE uses std's standard output, as the linker's map says.
              The map is at EXECUTABLE.map if EXECUTABLE was just linked, and is kept for later
pack          makes function.zip and the files in it for each executable of FILE, in a folder of --out. With
              --wrapper all of them are in one package. With --extension each has a layer.zip instead. The
              --include file has more files. --report prints what the executables consist of. In both files,
              US (0x1f) follows each path
invoke        runs each executable once in the local Lambda: PROGRAM of --emulator. OPTIONS are more of its
              options, each with US after it";

type Result<T, E = String> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match arguments().and_then(|args| run(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // The local Lambda has printed a message of its own.
            if !message.is_empty() {
                eprintln!("build.sh: {message}");
            }
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Vec<String>> {
    let args = std::env::args_os().skip(1).map(|arg| {
        let text = arg.into_string();
        text.map_err(|arg| format!("{}: expected UTF-8", arg.to_string_lossy()))
    });
    args.collect()
}

fn run(args: &[String]) -> Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["uses-stdout", executable] => uses_stdout(executable.as_ref()),
        ["pack", ref options @ ..] => Pack::parse(options).and_then(|pack| pack.run()),
        ["invoke", ref options @ ..] => Pack::parse(options).and_then(|pack| pack.invoke()),
        _ => Err(format!("unexpected arguments\n{USAGE}")),
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
    let hash = base64(&sha256::digest(&read(executable)?, &[])).replace('/', "_");
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

/// The options of `pack` and `invoke`.
#[derive(Default)]
struct Pack {
    /// AWS's name of the architecture.
    arch: String,
    /// A folder for temporary files. Its folder `replaced` has the earlier packages of the same names.
    work: PathBuf,
    /// The folder of all packages.
    out: PathBuf,
    /// The script that starts the executable, for packages of several files.
    wrapper: Option<PathBuf>,
    /// Whether the executables are extensions, each in a layer.
    extension: bool,
    /// Paths of more files, each with the character US after it.
    include: String,
    max_zip: Option<usize>,
    report: bool,
    executables: Vec<PathBuf>,
    /// The local Lambda, the event for it, and the program that starts executables in it.
    emulator: PathBuf,
    event: String,
    runner: Option<String>,
    /// Options of the local Lambda for its services, each with the character US after it.
    services: String,
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
                "--extension" => pack.extension = true,
                "--include" => pack.include = include::paths(read(value()?.as_ref())?)?,
                "--max-zip" => pack.max_zip = Some(bytes_of(value()?)?),
                "--report" => pack.report = true,
                "--executables" => {
                    let paths = include::paths(read(value()?.as_ref())?)?;
                    let paths = paths.split_terminator(include::US);
                    pack.executables = paths.map(PathBuf::from).collect();
                }
                "--emulator" => pack.emulator = value()?.into(),
                "--event" => pack.event = (*value()?).into(),
                "--runner" => pack.runner = Some((*value()?).into()),
                "--services" => pack.services = (*value()?).into(),
                _ => return Err(format!("unknown option {option}\n{USAGE}")),
            }
        }
        Ok(pack)
    }

    /// Returns the executables of each package.
    fn packages(&self) -> impl Iterator<Item = &[PathBuf]> {
        let n_each = if self.wrapper.is_some() {
            usize::MAX
        } else {
            1
        };
        self.executables.chunks(n_each)
    }

    /// Returns the folder of a package.
    fn folder(&self, executables: &[PathBuf]) -> PathBuf {
        let names: Vec<String> = executables.iter().map(|path| file_name(path)).collect();
        self.out.join(names.join("+"))
    }

    /// Makes all packages. The report is also printed if a zip is larger than `--max-zip`.
    fn run(&self) -> Result<()> {
        let mut too_large = Vec::new();
        for executables in self.packages() {
            too_large.extend(self.make_package(executables)?);
        }
        if self.report {
            for executable in &self.executables {
                report(executable)?;
            }
        }
        if too_large.is_empty() {
            Ok(())
        } else {
            Err(too_large.join("\nbuild.sh: "))
        }
    }

    /// Makes the package of these executables, and prints what is in it and how to deploy it. Returns a message
    /// instead if the zip is larger than `--max-zip`.
    fn make_package(&self, executables: &[PathBuf]) -> Result<Option<String>> {
        let folder = self.folder(executables);
        let name = file_name(executables.first().ok_or("no executable to pack")?);
        let zip_name = self.zip_name();
        let mut files = self.files(executables)?;
        let len = files
            .iter()
            .map(|file| file.bytes.len() as u64)
            .sum::<u64>();
        if len > UNZIPPED_LEN_MAX {
            return Err(format!(
                "the files of {name} have {len} bytes, more than the {UNZIPPED_LEN_MAX} (250 MB) that Lambda allows"
            ));
        }
        let zip = zip::write(&files)?;
        let (zip_len, hash) = (zip.len(), base64(&sha256::digest(&zip, &[])));
        files.push(File {
            name: zip_name.into(),
            mode: 0o644,
            bytes: zip,
        });

        let shown = shown(&folder).display();
        let mut text = String::new();
        for file in &files {
            let _ = writeln!(text, "{shown}/{}: {} bytes", file.name, file.bytes.len());
        }
        if let Some(max) = self.max_zip.filter(|max| zip_len > *max) {
            print(&text)?;
            return Ok(Some(format!(
                "the zip of {name} is {zip_len} bytes, more than the {max} that --max-zip allows"
            )));
        }
        self.write(&files, &folder)
            .map_err(|e| format!("cannot write to {}: {e}", folder.display()))?;
        if let Some(other) = self.replaced_arch(&folder) {
            eprintln!(
                "build.sh: {shown} had a package for {other}: this one for {} replaces it",
                self.arch
            );
        }
        let _ = writeln!(text, "code hash: {hash}");
        let zip = format!("{shown}/{zip_name}");
        text += &commands(&name, &self.arch, self.extension, &zip, zip_len);
        print(&text)?;
        Ok(None)
    }

    fn zip_name(&self) -> &'static str {
        if self.extension {
            "layer.zip"
        } else {
            "function.zip"
        }
    }

    /// Returns the files of the package.
    fn files(&self, executables: &[PathBuf]) -> Result<Vec<File>> {
        let mut files = Vec::new();
        if let Some(script) = &self.wrapper {
            // The system would look for a shell named "/bin/sh\r", so lines end with LF whatever Git has made of them.
            let mut bytes = read(script)?;
            bytes.retain(|byte| *byte != b'\r');
            files.push(File {
                name: "bootstrap".into(),
                mode: 0o755,
                bytes,
            });
        }
        for path in executables {
            let name = self.name_in_package(path, executables.len());
            if files.iter().any(|file| file.name == name) {
                return Err(format!(
                    "{name} cannot be one of several functions in a package: rename it"
                ));
            }
            let executable = read(path)?;
            let loaded = elf::check(&executable, &self.arch)
                .map_err(|problem| format!("{} {problem}", path.display()))?;
            files.push(File {
                name,
                mode: 0o755,
                bytes: loaded.to_vec(),
            });
        }
        let included = include::files(
            Path::new("."),
            &self.out,
            self.include.split_terminator(include::US),
        )?;
        let own = || {
            files
                .iter()
                .map(|file| &*file.name)
                .chain([self.zip_name()])
        };
        for File { name, .. } in &included {
            let taken = own()
                .find(|own| Path::new(own).starts_with(name) || Path::new(name).starts_with(own));
            if let Some(taken) = taken {
                return Err(format!(
                    "--include {name}: the package has a file named {taken}: rename yours"
                ));
            }
        }
        files.extend(included);
        Ok(files)
    }

    /// Returns the name of an executable in a package of `n_executables`.
    fn name_in_package(&self, executable: &Path, n_executables: usize) -> String {
        match (&self.wrapper, n_executables) {
            // Lambda starts each file of this folder of the layer ("Lambda Extensions API").
            _ if self.extension => format!("extensions/{}", file_name(executable)),
            (None, _) => "bootstrap".into(),
            (Some(_), 1) => "binary".into(),
            (Some(_), _) => file_name(executable),
        }
    }

    /// Writes the files to a folder, which appears with all of them or not at all.
    fn write(&self, files: &[File], folder: &Path) -> io::Result<()> {
        let unfinished = self.work.join("package");
        for file in files {
            let path = unfinished.join(&file.name);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(&path, &file.bytes)?;
            #[cfg(unix)]
            if file.name != self.zip_name() {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(&path, fs::Permissions::from_mode(file.mode))?;
            }
        }
        fs::rename(unfinished, folder)
    }

    /// Returns the architecture of the earlier package in `folder`, if it is another one.
    fn replaced_arch(&self, folder: &Path) -> Option<&'static str> {
        let replaced = self.work.join("replaced").join(folder.file_name()?);
        let folders = [replaced.join("extensions"), replaced];
        let files = folders.into_iter().flat_map(fs::read_dir).flatten();
        let bytes = files.filter_map(|file| fs::read(file.ok()?.path()).ok());
        let mut archs = bytes.filter_map(|bytes| elf::arch_of(&bytes));
        archs.find(|arch| *arch != self.arch)
    }

    /// Runs each function once in the local Lambda, which prints the responses.
    fn invoke(&self) -> Result<()> {
        let mut failed = false;
        for executables in self.packages() {
            let folder = self.folder(executables);
            for executable in executables {
                let mut command = Command::new(&self.emulator);
                let mut program = "bootstrap".to_owned();
                if let Some(runner) = &self.runner {
                    command.args(["--runner", runner]);
                    // qemu starts no script, so it starts the executable that bootstrap.sh would start.
                    program = self.name_in_package(executable, executables.len());
                }
                command.args(["--handler", &file_name(executable)]);
                command.args(self.services.split_terminator(include::US));
                // An event may begin with two hyphens, as an option does.
                command.arg(format!("--event={}", self.event));
                let status = command.arg(folder.join(program)).status();
                let status =
                    status.map_err(|e| format!("cannot run {}: {e}", self.emulator.display()))?;
                failed |= !status.success();
            }
        }
        if failed { Err(String::new()) } else { Ok(()) }
    }
}

/// Returns the number of bytes that a size such as `40000`, `40k` or `40KiB` stands for.
fn bytes_of(size: &str) -> Result<usize> {
    let wrong = || format!("--max-zip {size}: expected bytes, such as 40000, 40k, 40KiB or 1M");
    let n_digits = size.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = size.split_at(n_digits);
    let factor = match unit {
        "" => 1,
        "k" | "K" | "kB" | "KB" => 1_000,
        "M" | "MB" => 1_000_000,
        "ki" | "Ki" | "kiB" | "KiB" => 1 << 10,
        "Mi" | "MiB" => 1 << 20,
        _ => return Err(wrong()),
    };
    let number = number.parse::<usize>().map_err(|_| wrong())?;
    number.checked_mul(factor).ok_or_else(wrong)
}

/// Returns the commands of the AWS CLI that create a layer of this zip, or create a function and update it.
fn commands(name: &str, arch: &str, is_layer: bool, zip: &str, zip_len: usize) -> String {
    let file = format!("--zip-file {}", plan::quoted(&format!("fileb://{zip}")));
    let mut text = String::new();
    let (mut layer, mut create, mut update) = (file.clone(), file.clone(), file);
    if zip_len > ZIP_LEN_MAX {
        let _ = writeln!(
            text,
            "aws s3 cp {} s3://BUCKET/{name}.zip",
            plan::quoted(zip)
        );
        layer = format!("--content S3Bucket=BUCKET,S3Key={name}.zip");
        create = format!("--code S3Bucket=BUCKET,S3Key={name}.zip");
        update = format!("--s3-bucket BUCKET --s3-key {name}.zip");
    }
    let _ = if is_layer {
        writeln!(
            text,
            "aws lambda publish-layer-version --layer-name {name} --compatible-architectures {arch} {layer}"
        )
    } else {
        writeln!(
            text,
            "aws lambda create-function --function-name {name} --runtime provided.al2023 --architectures {arch} \
             --handler {name} --role arn:aws:iam::ACCOUNT:role/ROLE {create}\n\
             aws lambda update-function-code --function-name {name} --architectures {arch} {update}"
        )
    };
    text
}

/// Returns a path as it is shown: relative if it is below the current folder, unless that is the root.
fn shown(path: &Path) -> &Path {
    let current = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&current) {
        Ok(relative) if current.parent().is_some() => relative,
        _ => path,
    }
}
