//! build.sh: the packages that it makes, its messages, and the tools that it needs.

mod c_compiler;
mod cargo_command;
mod new;
mod vendored;
mod zip;

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A program without std, which is linked quickly.
const NO_STD: &str = "#![no_std]\n#![no_main]\n\
    #[link(name = \"c\")]\nunsafe extern \"C\" {}\n\
    #[unsafe(no_mangle)]\nextern \"C\" fn main() -> i32 { 0 }\n\
    #[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n";

/// A package with one binary and two examples, in its own folder.
struct Package {
    folder: PathBuf,
}

impl Package {
    fn new(folder: &str) -> Package {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("build")
            .join(folder);
        let _ = fs::remove_dir_all(&folder);
        let package = Package { folder };
        package.write(
            "Cargo.toml",
            "[package]\nname = \"scratch\"\nedition = \"2024\"\n[workspace]\n",
        );
        package.write("src/main.rs", NO_STD);
        package.write("examples/one.rs", &NO_STD.replace("{ 0 }", "{ 1 }"));
        package.write("examples/two.rs", "fn main() { panic!(\"two\") }");
        package
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn write_script(&self, path: &str, text: &str) -> PathBuf {
        self.write(path, &format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
        self.path(path)
    }

    /// Returns the command that runs build.sh for this package, without the RUSTFLAGS of the environment and the
    /// variables that choose a C compiler.
    fn command(&self, args: &[&str], vars: &[(&str, &OsStr)]) -> Command {
        let mut command = Command::new(Path::new(ROOT).join("build.sh"));
        command.current_dir(&self.folder);
        command.args(["--offline", "--manifest-path=Cargo.toml"]);
        command.args(args);
        for (name, _) in env::vars_os() {
            let is_for_c = ["CC", "AR", "CFLAGS", "TARGET_"];
            let text = name.to_string_lossy();
            if text.contains("RUSTFLAGS") || is_for_c.iter().any(|start| text.starts_with(start)) {
                command.env_remove(name);
            }
        }
        command.env("CARGO_TARGET_DIR", self.path("target"));
        command.envs(vars.iter().copied());
        command
    }

    /// Builds; returns `function.zip` of the folder `name`, and the output.
    #[track_caller]
    fn build(&self, args: &[&str], vars: &[(&str, &OsStr)], name: &str) -> (Vec<u8>, String) {
        let output = self.command(args, vars).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        let zip = self.path("target/lambda").join(name).join("function.zip");
        (fs::read(zip).unwrap(), stdout(&output))
    }

    /// Checks that a build fails, its last line on standard error, and that no files are left.
    #[track_caller]
    fn check_refused(&self, args: &[&str], vars: &[(&str, &OsStr)], want: &str) {
        let output = self.command(args, vars).output().unwrap();
        assert_eq!(stdout(&output), "", "{args:?}");
        self.check_failed(&output, args, want);
    }

    /// Checks that arguments are wrong: the message, the usage, and the exit code.
    #[track_caller]
    fn check_usage(&self, args: &[&str], want: &str) {
        let output = self.command(args, &[]).output().unwrap();
        let usage = "Usage: build.sh [OPTION...] [NAME...]";
        let want = format!("build.sh: {want}\n{usage}\n");
        assert_eq!(stderr(&output), want, "{args:?}");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(stdout(&output), "", "{args:?}");
        assert!(self.leftovers().is_empty(), "{:?}", self.leftovers());
    }

    #[track_caller]
    fn check_failed(&self, output: &Output, args: &[&str], want: &str) {
        let stderr = stderr(output);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        let last = stderr.lines().last().unwrap_or_default();
        let last = last.replace(self.folder.to_str().unwrap(), "FOLDER");
        assert_eq!(last, format!("build.sh: {want}"), "{args:?}: {stderr}");
        assert!(self.leftovers().is_empty(), "{:?}", self.leftovers());
    }

    /// The packages in target/lambda, and the temporary files.
    fn leftovers(&self) -> Vec<PathBuf> {
        let list = |folder: &str| {
            let files = fs::read_dir(self.path(folder)).into_iter().flatten();
            files.map(|file| file.unwrap().path())
        };
        let packages = list("target/lambda").filter(|path| !path.ends_with(".build"));
        let kept = "emulator emulator.version incremental package package.version plan plan.version printing";
        let temporary = list("target/lambda/.build")
            .filter(|path| !kept.split(' ').any(|name| path.ends_with(name)));
        packages.chain(temporary).collect()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Whether the standard library for both architectures is installed; no test downloads it.
fn targets_installed() -> bool {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = PathBuf::from(stdout(&output.unwrap()).trim());
    let installed = ["x86_64", "aarch64"].iter().all(|arch| {
        let lib = format!("lib/rustlib/{arch}-unknown-linux-musl/lib");
        sysroot.join(lib).exists()
    });
    if !installed {
        eprintln!("skipped: `rustup target add` x86_64- and aarch64-unknown-linux-musl for this");
    }
    installed
}

fn find(tool: &str) -> PathBuf {
    env::split_paths(&env::var_os("PATH").unwrap())
        .map(|folder| folder.join(tool))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("no {tool} in PATH"))
}

/// A folder with the programs that build.sh may need: no C compiler, linker, awk, gzip or zip.
fn tools(package: &Package, without: &str) -> PathBuf {
    let folder = package.path("tools");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    let needed = "cargo cat cksum cp env find grep mkdir mv rm rustc rustup sed sh tr uname";
    for tool in needed.split_whitespace().filter(|tool| *tool != without) {
        symlink(find(tool), folder.join(tool)).unwrap();
    }
    folder
}

#[test]
fn wrong_arguments_are_refused_with_the_usage() {
    let package = Package::new("asked wrongly");
    let check = |args: &[&str], want: &str| package.check_usage(args, want);
    check(&["--frobnicate"], "unknown option --frobnicate");
    for (wrong, meant) in [
        ("--prfile", "--profile"),
        ("--profiles", "--profile"),
        ("--proflie", "--profile"),
        ("--prafile", "--profile"),
        ("--arhc", "--arch"),
        ("-arch", "--arch"),
        ("--max_zip=4k", "--max-zip"),
        ("--manifest", "--manifest-path"),
        ("--ofline", "--offline"),
        ("--includ", "--include"),
        ("--optlevel", "--opt-level"),
        ("--wrapper=yes", "--wrapper"),
        ("--workspaces", "--workspace"),
        ("--packge", "--package"),
        ("--vender", "--vendor"),
        ("--htpp", "--http"),
        ("--form", "--from"),
        ("--verison", "--version"),
        ("--hlep", "--help"),
    ] {
        let want = format!("unknown option {wrong}: did you mean {meant}?");
        check(&[wrong, "small"], &want);
    }
    for option in "arch configuration features from include invoke manifest-path max-zip new opt-level package \
                   parameter profile secret vendor"
        .split_whitespace()
        .map(|name| format!("--{name}"))
    {
        let want = format!("{option} needs a value");
        check(&[&option], &want);
        check(&[&option, ""], &want);
        check(&[&option, "--report"], &want);
        check(&[&format!("{option}=")], &want);
    }
    for option in [
        "--parameter=a=b",
        "--secret=a=b",
        "--configuration=a/b/c=d",
        "--xray",
    ] {
        let name = option.split('=').next().unwrap();
        check(&[option], &format!("{name} needs --invoke"));
        if option != "--xray" {
            let want = format!("{name} takes NAME=VALUE, not \"a\"");
            check(&[name, "a", "--invoke={}"], &want);
        }
    }
    check(
        &["--arch", "riscv"],
        "unknown architecture riscv: x86_64 or arm64",
    );
    check(
        &["--profile=fast"],
        "unknown profile fast: small, unwind or tiny",
    );
    for level in ["4", "zz", "-1", "fast"] {
        let want = format!("unknown level {level}: 0, 1, 2, 3, s or z");
        check(&["--opt-level", level], &want);
    }
    for size in [
        "k",
        "4g",
        "4 k",
        "1.5M",
        "-4",
        "4KBB",
        "40,000",
        "0x10",
        "4b",
        "9999999999",
    ] {
        let want =
            format!("--max-zip takes bytes, such as 40000, 40k, 40KiB or 1M, not \"{size}\"");
        check(&["--max-zip", size], &want);
    }
    let size = "--max-zip takes bytes, such as 40000, 40k, 40KiB or 1M, not \"4\n5\"";
    check(&["--max-zip", "4\n5"], size);
    for name in ["../one", "", "-", "one two", ".build", "..", "one\ntwo"] {
        let want = format!("\"{name}\" cannot be the name of an example or binary");
        check(&[name], &want);
        check(&["--", name], &want);
    }
    let name = "\"--report\" cannot be the name of an example or binary";
    check(&["one", "--", "--report"], name);
}

#[test]
fn the_help_names_each_option_and_what_is_fixed() {
    let ask = |option: &str| {
        let mut command = Command::new(Path::new(ROOT).join("build.sh"));
        let output = command
            .args(["--report", option, "--frobnicate"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let help = ask("--help");
    assert_eq!(help, ask("-h"));
    let script = fs::read_to_string(Path::new(ROOT).join("build.sh")).unwrap();
    let patterns = script.lines().map(str::trim_start);
    let mut n_options = 0;
    for pattern in patterns.filter(|line| line.starts_with("--") && line.contains(") ")) {
        let option = pattern.split(['=', ')', ' ']).next().unwrap();
        if option.len() > 2 && !option.ends_with('*') {
            assert!(help.contains(&format!("\n  {option} ")), "{option}");
            n_options += 1;
        }
    }
    assert!(n_options > 10, "{n_options}");
    for text in [
        "opt-level",
        "panic",
        "lto",
        "codegen-units",
        "incremental",
        "strip",
        "debug",
    ] {
        assert!(
            help.split("are fixed: ").nth(1).unwrap().contains(text),
            "{text}"
        );
    }
    for text in ["sqs", "@FILE", "40KiB", "CC_TARGET"] {
        assert!(help.contains(text), "{text}");
    }
    assert_eq!(
        ask("-V"),
        concat!("tiny-lambda ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

/// Nothing is built instead: `--help | true` did that.
#[test]
fn a_text_that_cannot_be_printed_ends_the_script() {
    let package = Package::new("full");
    for option in ["--help", "--version"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = package.command(&[option], &[]);
        let output = command.stdout(full).output().unwrap();
        assert!(!output.status.success(), "{option}");
        assert!(
            !stderr(&output).contains("build.sh: "),
            "{}",
            stderr(&output)
        );
        assert!(package.leftovers().is_empty());
    }
    // The script is found through a link too.
    let link = package.path("link to build.sh");
    symlink(Path::new(ROOT).join("build.sh"), &link).unwrap();
    let output = Command::new(link).arg("--version").output().unwrap();
    let version = concat!("tiny-lambda ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(stdout(&output), version, "{}", stderr(&output));
}

#[test]
fn a_wrong_name_or_manifest_is_refused_in_one_line() {
    let package = Package::new("no such name");
    let check = |args: &[&str], want: &str| package.check_refused(args, &[], want);
    check(
        &["one", "three"],
        "no example or binary \"three\" in Cargo.toml, which has scratch one two",
    );
    check(
        &["--manifest-path", "no where/Cargo.toml", "--", "one"],
        "no file at no where/Cargo.toml: --manifest-path takes the path of a Cargo.toml",
    );
    package.write("all/Cargo.toml", "[workspace]\nmembers = []\n");
    check(
        &["--manifest-path=all/Cargo.toml", "one"],
        "no example or binary \"one\" in all/Cargo.toml, which has none",
    );
    package.write("src/bin/other.rs", "fn main() {}");
    check(
        &[],
        "name what to build: Cargo.toml has other scratch one two",
    );
    package.write("member/Cargo.toml", "[package]\nname = \"member\"\n");
    package.write("member/src/main.rs", "fn main() {}");
    package.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"member\"]\nresolver = \"3\"\n",
    );
    check(
        &["one"],
        "no example or binary \"one\" in Cargo.toml, which has member",
    );
    check(
        &["--workspace"],
        "no binary in the workspace of Cargo.toml depends on tiny-lambda",
    );
    check(
        &["-p", "other"],
        "no package \"other\" in Cargo.toml, which has member",
    );
    check(
        &["--manifest-path", "member/Cargo.toml", "other"],
        "no example or binary \"other\" in \
        member/Cargo.toml, which has member",
    );
    package.write("Cargo.toml", "[package");
    check(&[], "cargo cannot read Cargo.toml: see the message above");
}

#[test]
fn a_missing_tool_or_target_is_reported_with_its_remedy() {
    let package = Package::new("not there");
    let check = |without: &str, vars: &[(&str, &OsStr)], want: &str| {
        let tools = tools(&package, without);
        let path = [&[("PATH", tools.as_os_str())], vars].concat();
        package.check_refused(&[], &path, want);
    };
    let rustup = "install Rust with rustup, see https://rustup.rs";
    check("cargo", &[], &format!("needs cargo: {rustup}"));
    check("rustc", &[], &format!("needs rustc: {rustup}"));
    check("cksum", &[], "needs cksum or sha256sum");
    let unwritable = package.path("Cargo.toml/target");
    check(
        "",
        &[("CARGO_TARGET_DIR", unwritable.as_os_str())],
        "cannot write to FOLDER/Cargo.toml/target/lambda: set CARGO_TARGET_DIR to a folder where that \
         is allowed",
    );

    // A toolchain with rust-lld, but without the target.
    let host = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let lld = format!("lib/rustlib/{host}/bin/rust-lld");
    package.write_script(&format!("sysroot/{lld}"), "");
    let script = format!(
        "case $* in *sysroot*) echo '{}' ;; *) echo 'host: {host}' ;; esac",
        package.path("sysroot").display(),
    );
    let rustc = package.write_script("rustc", &script);
    let vars = [("RUSTC", rustc.as_os_str())];
    let target = format!("{}-unknown-linux-musl", env::consts::ARCH);
    check(
        "",
        &vars,
        &format!(
            "the target {target} is missing: type `rustup target add {target}`, or leave out --offline"
        ),
    );
    // The folder of this toolchain has only rust-lld, so the check comes before anything is installed or built.
    for (version, profile, want) in [
        (
            "1.85.1",
            "tiny",
            Some("tiny needs Rust 1.91 or newer, this is 1.85"),
        ),
        (
            "1.90.0-nightly",
            "tiny",
            Some("tiny needs Rust 1.91 or newer, this is 1.90"),
        ),
        (
            "1.84.0",
            "small",
            Some("small needs Rust 1.85 or newer, this is 1.84"),
        ),
        (
            "1.84.0",
            "unwind",
            Some("unwind needs Rust 1.85 or newer, this is 1.84"),
        ),
        ("1.85.0", "unwind", None),
        ("1.91.0-beta.1", "tiny", None),
        ("1.100.0", "tiny", None),
        ("2.0.0", "tiny", None),
    ] {
        let fields = format!("echo 'release: {version}'; echo 'host: {host}'");
        let old = script.replace(&format!("echo 'host: {host}'"), &fields);
        let old = package.write_script("old rustc", &old);
        let vars = [("RUSTC", old.as_os_str())];
        let missing = format!(
            "the target {target} is missing: type `rustup target add {target}`, or leave out --offline"
        );
        package.check_refused(&["--profile", profile], &vars, want.unwrap_or(&missing));
    }
    let online = |without: &str, rustup: Option<&str>, want: &str| {
        let tools = tools(&package, without);
        if let Some(script) = rustup {
            package.write_script("tools/rustup", script);
        }
        let output = Command::new(Path::new(ROOT).join("build.sh"))
            .current_dir(&package.folder)
            .args(["--manifest-path", "Cargo.toml"])
            .envs([("RUSTC", rustc.as_os_str()), ("PATH", tools.as_os_str())])
            .output()
            .unwrap();
        assert_eq!(stderr(&output), want);
        assert_eq!(output.status.code(), Some(1));
    };
    online(
        "rustup",
        None,
        &format!(
            "build.sh: the target {target} is missing, and rustup, which could add it, is not installed: see \
             https://rustup.rs\n"
        ),
    );
    online(
        "rustup",
        Some("echo $* >&2; exit 1"),
        &format!(
            "build.sh: adding the target {target} with rustup\n--quiet target add {target}\n\
             build.sh: rustup could not add it: type `rustup target add {target}`\n"
        ),
    );
}

#[test]
fn both_architectures_give_a_valid_zip_without_a_c_compiler() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("no compiler");
    // As in Debian's busybox, which has another program for checksums than POSIX.
    let tools = tools(&package, "cksum");
    symlink(find("sha256sum"), tools.join("sha256sum")).unwrap();
    let path = [("PATH", tools.as_os_str())];
    for (arch, machine) in [("x86_64", 62), ("arm64", 183)] {
        let (zip, said) = package.build(&["--arch", arch], &path, "scratch");
        assert!(
            said.contains(&format!(" --architectures {arch} ")),
            "{said}"
        );
        let executable = fs::read(package.path("target/lambda/scratch/bootstrap")).unwrap();
        let [bootstrap] = <[_; 1]>::try_from(zip::read(&zip)).ok().unwrap();
        assert_eq!((&*bootstrap.name, bootstrap.mode), ("bootstrap", 0o100_755));
        assert!(bootstrap.bytes == executable);
        assert_eq!(executable[18], machine);
        check_elsewhere(&package.path("target/lambda/scratch/function.zip"), &said);
    }
}

/// Checks an archive with the programs that are installed: they read it and compute its hash.
fn check_elsewhere(zip: &Path, said: &str) {
    let python = "import sys, zipfile\n\
        archive = zipfile.ZipFile(sys.argv[1])\n\
        assert archive.testzip() is None\n\
        assert archive.getinfo('bootstrap').external_attr == 0o100755 << 16";
    let readers: [(&str, &[&str]); 2] = [("unzip", &["-t"]), ("python3", &["-c", python])];
    for (reader, args) in readers {
        match Command::new(reader).args(args).arg(zip).output() {
            Ok(output) => assert!(output.status.success(), "{reader}: {}", stderr(&output)),
            Err(_) => eprintln!("skipped: no {reader}"),
        }
    }
    // The hash that AWS shows as CodeSha256.
    if let Ok(mut base64) = Command::new("base64")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    {
        let sum = Command::new("sha256sum").arg(zip).output().unwrap();
        let digits = stdout(&sum);
        let digest = (0..64)
            .step_by(2)
            .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap());
        base64
            .stdin
            .take()
            .unwrap()
            .write_all(&digest.collect::<Vec<_>>())
            .unwrap();
        let hash = stdout(&base64.wait_with_output().unwrap());
        assert!(said.contains(&format!("\ncode hash: {hash}")), "{said}");
    }
}

#[test]
fn an_executable_that_lambda_cannot_start_is_refused() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("not startable");
    let tools = tools(&package, "cargo");
    let built = package.path("target/x86_64-unknown-linux-musl/release");
    fs::create_dir_all(&built).unwrap();
    let cargo = find("cargo");
    let script = "case $1 in rustc) ;; *) exec '{}' \"$@\" ;; esac";
    package.write_script(
        "tools/cargo",
        &script.replace("{}", cargo.to_str().unwrap()),
    );
    let check = |executable: &[u8], want: &str| {
        fs::write(built.join("scratch"), executable).unwrap();
        let path = [("PATH", tools.as_os_str())];
        let said = format!("{}/scratch {want}", built.display());
        let said = said.replace(package.folder.to_str().unwrap(), "FOLDER");
        package.check_refused(&["--arch", "x86_64"], &path, &said);
    };
    // The head of an ELF file with one program header, whose first byte is its type.
    let mut elf = [0; 120];
    elf[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    (elf[18], elf[32], elf[56]) = (62, 64, 1);
    elf[64] = 3;
    check(&elf, "is not static: it needs an interpreter");
    elf[18] = 183;
    check(&elf, "is not for x86_64");
    elf[4] = 1;
    check(&elf, "is not a 64-bit ELF file");
    check(b"", "is not a 64-bit ELF file");
    check(b"#!/bin/sh", "is not a 64-bit ELF file");
}

#[test]
fn two_folders_give_the_same_bytes() {
    if !targets_installed() {
        return;
    }
    let here = Package::new("here");
    let there = Package::new("over there/the same");
    let args = ["two", "--max-zip", "1000000"];
    assert!(here.build(&args, &[], "two").0 == there.build(&args, &[], "two").0);
    let executable = fs::read(here.path("target/lambda/two/bootstrap")).unwrap();
    let folder = here.folder.to_str().unwrap().as_bytes();
    assert!(
        !executable
            .windows(folder.len())
            .any(|window| window == folder)
    );
}

#[test]
fn a_wrapped_package_holds_the_script_and_each_executable() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("wrapped");
    let names = |zip: &[u8]| {
        let entries = zip::read(zip).into_iter();
        let script = fs::read(Path::new(ROOT).join("bootstrap.sh")).unwrap();
        let checked = entries.map(|entry| {
            assert_eq!(entry.mode, 0o100_755, "{}", entry.name);
            assert_eq!(entry.name == "bootstrap", entry.bytes == script);
            entry.name
        });
        checked.collect::<Vec<_>>().join(" ")
    };
    let (zip, said) = package.build(&["--wrapper", "one"], &[], "one");
    assert_eq!(names(&zip), "bootstrap binary");
    assert!(said.contains(" --handler one "), "{said}");
    let (zip, _) = package.build(&["--wrapper", "one", "scratch", "one"], &[], "one+scratch");
    assert_eq!(names(&zip), "bootstrap one scratch");
    let _ = fs::remove_dir_all(package.path("target/lambda"));
    package.write("src/bin/bootstrap.rs", "fn main() {}");
    let args = ["--wrapper", "one", "bootstrap"];
    let want = "bootstrap cannot be one of several functions in a package: rename it";
    package.check_refused(&args, &[], want);
}

/// Returns the names and modes of the files in a package, and checks that the files beside the zip are the same.
fn contents(package: &Package, name: &str) -> String {
    let folder = package.path("target/lambda").join(name);
    let layer = fs::read(folder.join("layer.zip"));
    let entries = zip::read(
        &layer
            .or_else(|_| fs::read(folder.join("function.zip")))
            .unwrap(),
    );
    let checked = entries.into_iter().map(|entry| {
        let path = folder.join(&entry.name);
        assert!(fs::read(&path).unwrap() == entry.bytes, "{}", entry.name);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode, entry.mode, "{}", entry.name);
        format!("{} {:o}\n", entry.name, entry.mode & 0o777)
    });
    checked.collect()
}

#[test]
fn an_extension_is_packed_as_a_layer() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("extension");
    package.write_script("extensions/other", "true");
    let args = [
        "--extension",
        "--include=extensions",
        "--arch=x86_64",
        "one",
        "scratch",
    ];
    let output = package.command(&args, &[]).output().unwrap();
    let said = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    for name in ["one", "scratch"] {
        let files = format!("extensions/{name} 755\nextensions/other 755\n");
        assert_eq!(contents(&package, name), files);
        let zip = format!("target/lambda/{name}/layer.zip");
        let command = format!(
            "aws lambda publish-layer-version --layer-name {name} --compatible-architectures x86_64 \
             --zip-file fileb://{zip}\n"
        );
        assert!(said.contains(&command), "{said}");
        assert!(!package.path(&zip).with_file_name("function.zip").exists());
    }
    assert!(!said.contains("create-function"), "{said}");
    // The folder has one package, and a message names the architecture of the one before.
    let output = package
        .command(&["--arch=arm64", "one"], &[])
        .output()
        .unwrap();
    let want = "target/lambda/one had a package for x86_64: this one for arm64 replaces it";
    assert!(stderr(&output).contains(want), "{}", stderr(&output));
    assert!(!package.path("target/lambda/one/layer.zip").exists());

    for old in ["extensions", "target/lambda"] {
        fs::remove_dir_all(package.path(old)).unwrap();
    }
    package.write("extensions", "");
    let args = ["--extension", "--include=extensions", "one"];
    let want = "--include extensions: the package has a file named extensions/one: rename yours";
    package.check_refused(&args, &[], want);
    for (args, want) in [
        (
            ["--extension", "--wrapper", "one"],
            "--extension makes layers, and --wrapper packages",
        ),
        (
            ["--extension", "--invoke={}", "one"],
            "--invoke runs functions",
        ),
    ] {
        let output = package.command(&args, &[]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(want), "{}", stderr(&output));
    }
}

#[test]
fn included_files_are_beside_the_executable() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("includes");
    package.write("settings.toml", "a = 1");
    package.write("data/z.txt", "z");
    package.write("data/deep/é.txt", "é");
    package.write_script("data/run", "true");
    fs::set_permissions(
        package.path("data/z.txt"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    let args = [
        "--include=settings.toml",
        "--include",
        "./data/",
        "--include=data/run",
        "one",
    ];
    let (first, said) = package.build(&args, &[], "one");
    let included = "data/deep/é.txt 644\ndata/run 755\ndata/z.txt 644\nsettings.toml 644\n";
    assert_eq!(
        contents(&package, "one"),
        format!("bootstrap 755\n{included}")
    );
    assert!(
        said.contains("target/lambda/one/data/z.txt: 1 bytes\n"),
        "{said}"
    );
    check_elsewhere(&package.path("target/lambda/one/function.zip"), &said);
    let args = ["--include=data", "--include=settings.toml", "one"];
    assert!(package.build(&args, &[], "one").0 == first);

    let args = ["--wrapper", "--include=data/z.txt", "one", "scratch"];
    package.build(&args, &[], "one+scratch");
    let files = "bootstrap 755\none 755\nscratch 755\ndata/z.txt 644\n";
    assert_eq!(contents(&package, "one+scratch"), files);
    let _ = fs::remove_dir_all(package.path("target/lambda"));
    package.write("one/file", "");
    let args = ["--wrapper", "--include=one", "one", "scratch"];
    let want = "--include one/file: the package has a file named one: rename yours";
    package.check_refused(&args, &[], want);
    // A wrong path is reported before anything is compiled: the message is the only line.
    for args in [
        &["--include=absent", "one"][..],
        &["--include=data", "--include", "absent"],
    ] {
        let output = package.command(args, &[]).output().unwrap();
        let want = "build.sh: cannot read absent: --include takes the path of a file or folder\n";
        assert_eq!(stderr(&output), want);
        assert_eq!(output.status.code(), Some(1));
    }
    let name = "data\nsettings.toml";
    package.write(name, "");
    let want = format!("--include {name}: expected a name without control characters and `\\`");
    let output = package
        .command(&["--include", name, "one"], &[])
        .output()
        .unwrap();
    assert!(
        stderr(&output).ends_with(&format!("build.sh: {want}\n")),
        "{}",
        stderr(&output)
    );
    let want = "--include target/lambda: expected other files, found the folder of all packages";
    package.check_refused(&["--include=target", "one"], &[], want);
}

#[test]
fn a_package_for_the_other_architecture_is_replaced_with_a_message() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("replaced");
    for wrapper in [&[][..], &["--wrapper"]] {
        for (arch, other) in [
            ("arm64", None),
            ("aarch64", None),
            ("amd64", Some(())),
            ("arm64", Some(())),
        ] {
            let args = [wrapper, &["--arch", arch, "one"]].concat();
            let output = package.command(&args, &[]).output().unwrap();
            let said = stderr(&output);
            assert!(output.status.success(), "{said}");
            let (old, new) = match arch {
                "amd64" => ("arm64", "x86_64"),
                _ => ("x86_64", "arm64"),
            };
            let want = format!(
                "build.sh: target/lambda/one had a package for {old}: this one for {new} replaces it\n"
            );
            assert_eq!(said.contains(&want), other.is_some(), "{args:?}: {said}");
            for command in ["create-function", "update-function-code"] {
                let line = format!("aws lambda {command} --function-name one ");
                let text = stdout(&output);
                let line = text.lines().find(|l| l.starts_with(&line)).unwrap();
                assert!(line.contains(&format!(" --architectures {new} ")), "{line}");
            }
        }
        let _ = fs::remove_dir_all(package.path("target/lambda"));
    }
}

#[test]
fn the_level_of_optimization_is_passed_to_the_compiler() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("levels");
    let manifest = fs::read_to_string(package.path("Cargo.toml")).unwrap();
    package.write(
        "Cargo.toml",
        &format!("{manifest}[profile.release]\nopt-level = 1\n"),
    );
    let cargo = find("cargo");
    let script = format!(
        "case $1 in rustc) shift && set -- rustc -v \"$@\" ;; esac\nexec '{}' \"$@\"",
        cargo.display()
    );
    let tools = tools(&package, "cargo");
    package.write_script("tools/cargo", &script);
    for (args, want) in [
        (&[][..], "opt-level=z"),
        (&["--opt-level=s"], "opt-level=s"),
        (&["--opt-level", "3"], "opt-level=3"),
    ] {
        let args = [args, &["one"]].concat();
        let output = package
            .command(&args, &[("PATH", tools.as_os_str())])
            .output()
            .unwrap();
        let said = stderr(&output);
        assert!(
            output.status.success() && said.contains(want),
            "{args:?}: {said}"
        );
        assert!(!said.contains("opt-level=1"), "{said}");
    }
}

#[test]
fn a_missing_qemu_is_reported_before_the_build() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("no qemu");
    let (arch, cpu) = match env::consts::ARCH {
        "x86_64" => ("arm64", "aarch64"),
        _ => ("x86_64", "x86_64"),
    };
    let tools = tools(&package, "");
    let path = [("PATH", tools.as_os_str())];
    let args = ["--arch", arch, "--invoke={}", "absent"];
    let want = format!(
        "--invoke needs qemu-{cpu} for {arch}: install qemu-user, as Debian and Fedora name the package"
    );
    package.check_refused(&args, &path, &want);
    // Either name is accepted, and then the name of the function is looked at.
    for name in [format!("qemu-{cpu}-static"), format!("qemu-{cpu}")] {
        package.write_script(&format!("tools/{name}"), "");
        let want = "no example or binary \"absent\" in Cargo.toml, which has scratch one two";
        package.check_refused(&args, &path, want);
        fs::remove_file(tools.join(name)).unwrap();
    }
}

/// posh refuses what POSIX leaves open; the other shells are those of systems without dash.
#[test]
fn every_shell_runs_the_script() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("shells");
    let mut first = None;
    for shell in ["sh", "dash", "busybox ash", "posh", "mksh", "yash", "bash"] {
        let mut words = shell.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command.args(words).arg(Path::new(ROOT).join("build.sh"));
        command
            .args(["--offline", "--report"])
            .current_dir(&package.folder);
        command.env("CARGO_TARGET_DIR", package.path("target"));
        let Ok(output) = command.output() else {
            eprintln!("skipped: no {shell}");
            continue;
        };
        let said = stdout(&output);
        assert!(output.status.success(), "{shell}: {}", stderr(&output));
        assert_eq!(*first.get_or_insert(said.clone()), said, "{shell}");
    }
}

/// Git may have written CRLF, and the system would look for a shell named "/bin/sh\r".
#[test]
fn a_wrapper_with_windows_line_ends_has_lf_in_the_package() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("windows");
    let vendored = package.path("vendored");
    for name in ["build.sh", "Cargo.toml", "src"] {
        crate::copy(&Path::new(ROOT).join(name), &vendored.join(name));
    }
    let script = fs::read_to_string(Path::new(ROOT).join("bootstrap.sh")).unwrap();
    fs::write(vendored.join("bootstrap.sh"), script.replace('\n', "\r\n")).unwrap();
    let output = Command::new("sh")
        .arg(vendored.join("build.sh"))
        .args([
            "--offline",
            "--wrapper",
            "--manifest-path=Cargo.toml",
            "one",
        ])
        .current_dir(&package.folder)
        .env("CARGO_TARGET_DIR", package.path("target"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let packed = fs::read_to_string(package.path("target/lambda/one/bootstrap")).unwrap();
    assert_eq!(packed, script);
}

#[test]
fn rustflags_are_kept_except_target_cpu_native() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("flags");
    package.write(
        "src/main.rs",
        &format!("{NO_STD}#[cfg(flagged)]\ncompile_error!(\"flagged\");\n"),
    );
    let run = |vars: &[(&str, &str)], config: &str| {
        package.write(".cargo/config.toml", config);
        let vars = vars.iter().map(|(name, value)| (*name, OsStr::new(value)));
        let output = package
            .command(&[], &vars.collect::<Vec<_>>())
            .output()
            .unwrap();
        let last = stderr(&output)
            .lines()
            .last()
            .unwrap_or_default()
            .to_owned();
        (
            output.status.success(),
            stderr(&output).contains("error: flagged"),
            last,
        )
    };
    let check = |vars: &[(&str, &str)], config: &str, kept: bool| {
        let (built, flagged, last) = run(vars, config);
        assert_eq!((built, flagged), (!kept, kept), "{vars:?} {config}: {last}");
    };
    let target = format!("{}-unknown-linux-musl", env::consts::ARCH);
    check(&[("RUSTFLAGS", "--cfg  flagged")], "", true);
    check(
        &[("RUSTFLAGS", "")],
        "build.rustflags = ['--cfg', 'flagged']",
        false,
    );
    check(&[("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1fflagged")], "", true);
    check(&[("CARGO_BUILD_RUSTFLAGS", "--cfg flagged")], "", true);
    check(&[], "build.rustflags = ['--cfg', 'flagged']", true);
    check(
        &[],
        "target.'cfg(unix)'.rustflags = ['--cfg', 'flagged']",
        true,
    );
    check(
        &[],
        &format!("target.{target}.rustflags = ['--cfg', 'flagged']"),
        true,
    );
    check(
        &[],
        &format!("target.{target}.linker = '/no/such/linker'"),
        false,
    );

    // The flag tells a C compiler which linker to call, but build.sh calls the linker itself.
    let flags = [("RUSTFLAGS", OsStr::new("-Clink-arg=-fuse-ld=mold"))];
    let said = stderr(&package.command(&["one"], &flags).output().unwrap());
    let want = "\nbuild.sh: -fuse-ld=mold in RUSTFLAGS or in cargo's configuration is for a C compiler as the linker";
    assert!(said.contains(want), "{said}");

    let refused = |vars: &[(&str, &str)], config: &str| {
        let (built, _, last) = run(vars, config);
        let want = "build.sh: target-cpu=native is refused, ";
        assert!(
            !built && last.starts_with(want),
            "{vars:?} {config}: {last}"
        );
    };
    refused(&[("RUSTFLAGS", "-C target-cpu=native")], "");
    refused(&[("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-cpu=native")], "");
    refused(&[("CARGO_BUILD_RUSTFLAGS", "-Ctarget-cpu=native")], "");
    refused(&[], "build.rustflags = '-Ctarget-cpu=native'");
    refused(
        &[],
        "target.'cfg(unix)'.rustflags = ['-C', 'target-cpu=native']",
    );
    let variable = format!(
        "CARGO_TARGET_{}_RUSTFLAGS",
        target.replace('-', "_").to_uppercase()
    );
    refused(&[(&variable, "-Ctarget-cpu=native")], "");
}

/// build.sh reads the linker's map of the executable, which cargo may have from an earlier build. The
/// function prints whether it was built without the flush.
#[test]
fn a_function_that_prints_flushes_its_output_whatever_was_built_before() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("prints");
    package.write(
        "Cargo.toml",
        "[package]\nname = \"scratch\"\nedition = \"2024\"\n[workspace]\n[features]\nloud = []\n",
    );
    package.write(
        "src/main.rs",
        "fn main() -> ! {\n    #[cfg(feature = \"loud\")]\n    \
         println!(\"{}\", option_env!(\"TINY_LAMBDA_STDOUT_IS_UNUSED\").is_some());\n    \
         std::process::abort()\n}\n",
    );
    // The variable of the user is not passed on.
    let vars = [("TINY_LAMBDA_STDOUT_IS_UNUSED", OsStr::new("1"))];
    for is_loud in [true, false, true, false] {
        let args: &[&str] = if is_loud { &["--features=loud"] } else { &[] };
        let output = package.command(args, &vars).output().unwrap();
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        let is_told = said.contains("build.sh: scratch uses standard output");
        assert_eq!(is_told, is_loud, "{said}");
        let bootstrap = package.path("target/lambda/scratch/bootstrap");
        let printed = Command::new(bootstrap).output().unwrap();
        assert_eq!(stdout(&printed), if is_loud { "false\n" } else { "" });
    }
}

#[test]
fn a_failed_build_leaves_no_package() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("fails");
    package.build(&["one"], &[], "one");
    package.build(&["one"], &[], "one");
    // The sizes and reports of both functions are printed in spite of the error.
    let args = ["one", "scratch", "--report", "--max-zip=99"];
    let output = package.command(&args, &[]).output().unwrap();
    let (said, log) = (stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(1), "{log}");
    for name in ["one", "scratch"] {
        let path = format!("target/lambda/{name}/function.zip: ");
        let line = said.lines().find_map(|line| line.strip_prefix(&path));
        let bytes = line.unwrap().strip_suffix(" bytes").unwrap();
        let want = format!(
            "build.sh: the zip of {name} is {bytes} bytes, more than the 99 that --max-zip allows\n"
        );
        assert!(log.contains(&want), "{log}");
    }
    assert!(
        said.contains(" .text\n") && !said.contains("create-function"),
        "{said}"
    );
    assert!(package.leftovers().is_empty());
    package.build(&["one", "--max-zip=2KiB"], &[], "one");

    package.build(&["one"], &[], "one");
    package.write("examples/one.rs", "fn main() { nonsense }");
    package.check_refused(
        &["one"],
        &[],
        "cargo could not build one: see the messages above",
    );

    // A packer that does nothing, as an empty file does, and the folder of a script with the same process number.
    let packer = package.path("target/lambda/.build/package");
    let intact = fs::read(&packer).unwrap();
    fs::write(&packer, "").unwrap();
    let want = "FOLDER/target/lambda/.build/package is damaged: remove it";
    package.check_refused(&["scratch"], &[], want);
    fs::write(&packer, intact).unwrap();
    let script = "mkdir -p target/lambda/.build/work.$$/replaced && exec \"$@\"";
    let command = package.command(&["scratch"], &[]);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", script, "sh"])
        .arg(command.get_program())
        .args(command.get_args());
    shell
        .current_dir(&package.folder)
        .env("CARGO_TARGET_DIR", package.path("target"));
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    fs::remove_dir_all(package.path("target/lambda/scratch")).unwrap();

    // SIGTERM while cargo runs: the script waits for cargo, then cleans up. SIGINT would do the same, but
    // a shell in the background ignores it.
    let tools = tools(&package, "cargo");
    let cargo = find("cargo");
    package.write_script(
        "tools/cargo",
        &format!(
            "case $1 in rustc) kill -TERM $PPID ;; *) exec '{}' \"$@\" ;; esac",
            cargo.display()
        ),
    );
    let output = package
        .command(&["two"], &[("PATH", tools.as_os_str())])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(143));
    assert!(package.leftovers().is_empty(), "{:?}", package.leftovers());
}
