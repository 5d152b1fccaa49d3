//! Measures the effect of each compiler and linker option: build.sh unchanged, and with one change each.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::measure::{
    self, Effort, Figures, INSTRUCTIONS_START, INSTRUCTIONS_WARM, METRICS, SIZE, ZIP,
};
use crate::number::number;
use crate::rivals::{self, Arch, Folders};
use crate::{Progress, need_target, report};

/// The files that a row of the table may change.
const FILES: [&str; 3] = [
    "build.sh",
    "src/bin/package/flags.txt",
    "src/bin/package/release.toml",
];

/// A row of the table: a name, a profile, and replacements as pairs of old and new text. Each old text occurs once
/// in the files.
type Variant = (&'static str, &'static str, &'static [[&'static str; 2]]);

const OPT_LEVEL: &str = "opt_level=z";
const IMMEDIATE: [&str; 2] = [
    "profile.release.panic=\"immediate-abort\"' \\\n            -Z panic-immediate-abort",
    "profile.release.panic=\"abort\"'",
];
const FOR_SIZE: [&str; 2] = [
    "-Z build-std-features=optimize_for_size",
    "-Z build-std-features=",
];

/// Removes a flag: a `cfg` that nothing reads takes its place.
macro_rules! without {
    ($flag:literal) => {
        &[[concat!(" ", $flag, "\n"), " --cfg=removed\n"]]
    };
}

/// Adds a flag.
macro_rules! and {
    ($flag:literal) => {
        &[[
            "-Clink-arg=--build-id=none\n",
            concat!("-Clink-arg=--build-id=none\nany any ", $flag, "\n"),
        ]]
    };
}

#[rustfmt::skip]
const VARIANTS: &[Variant] = &[
    ("small", "small", &[]),
    ("small, opt-level s", "small", &[[OPT_LEVEL, "opt_level=s"]]),
    ("small, opt-level 2", "small", &[[OPT_LEVEL, "opt_level=2"]]),
    ("small, opt-level 3", "small", &[[OPT_LEVEL, "opt_level=3"]]),
    ("small, thin LTO", "small", &[["lto = \"fat\"", "lto = \"thin\""]]),
    ("small, 16 units", "small", &[["codegen-units = 1", "codegen-units = 16"]]),
    ("small, relocatable (PIE)", "small", without!("-Crelocation-model=static")),
    ("small, separate code pages", "small", without!("-Clink-arg=-znoseparate-code")),
    ("small, constants in their own segment", "small", without!("-Clink-arg=--no-rosegment")),
    ("small, relro", "small", without!("-Crelro-level=off")),
    ("small, build id", "small", without!("-Clink-arg=--build-id=none")),
    ("small, section headers", "small", without!("-Clink-arg=-znosectionheader")),
    ("small, equal code twice", "small", without!("-Clink-arg=--icf=all")),
    ("small, unwinding tables", "small", &[
        [" -Clink-arg=--no-eh-frame-hdr\n", " --cfg=removed\n"], ["[ \"$profile\" = unwind ] || add_flag", ":"]]),
    ("small, pages of 4 KB", "small", and!("-Clink-arg=-zmax-page-size=4096")),
    #[cfg(target_arch = "x86_64")]
    ("small, x86-64-v3", "small", and!("-Ctarget-cpu=x86-64-v3")),
    #[cfg(target_arch = "aarch64")]
    ("small, neoverse-n1", "small", and!("-Ctarget-cpu=neoverse-n1")),
    ("small, no locations in panic messages", "small", and!("-Zlocation-detail=none")),
    ("small, similar code side by side", "small", and!("-Clink-arg=--bp-compression-sort=function")),
    ("unwind", "unwind", &[]),
    ("tiny", "tiny", &[]),
    ("tiny, panics as in small, std for speed", "tiny", &[IMMEDIATE, FOR_SIZE]),
    ("tiny, panics as in small", "tiny", &[IMMEDIATE]),
    ("tiny, std for speed", "tiny", &[FOR_SIZE]),
    ("tiny, opt-level s", "tiny", &[[OPT_LEVEL, "opt_level=s"]]),
    ("tiny, opt-level 3", "tiny", &[[OPT_LEVEL, "opt_level=3"]]),
    ("tiny, functions in the linker's order", "tiny", without!("-Clink-arg=--bp-compression-sort=function")),
    ("tiny, more jump tables", "tiny", without!("-Cllvm-args=-min-jump-table-entries=16")),
    ("tiny, instructions reordered", "tiny", without!("-Cllvm-args=-enable-misched=false")),
];

/// The reasons for the options of the profiles, with the table's figures.
const WHY: &str = "\
The first row is cargo's default release profile. Each other row is build.sh with one change. Rows
with equal figures name an option that today's linker uses by default.

small has opt-level z. Level s saves an eighth of the instructions of a warm invocation, but adds a
sixth to the executable; level 3 saves more than a quarter and adds two thirds. The 3,500
instructions that level 3 saves take about one of the fifty microseconds of an invocation, while
each cold start loads all bytes. Code that computes much can have its own level:
[profile.release.package.NAME] in Cargo.toml.
Fat LTO and one codegen unit make the executable smaller and cost only build time. A fixed address
saves the relocations of each start. Nothing reads unwind tables where panics abort. Instructions of
newer processors save almost nothing. The locations in panic messages help readers of the log more
than their bytes cost.

tiny builds std from source. That alone saves nothing, but it allows panics that abort immediately
without a message, which is most of the difference to small. optimize_for_size executes no more
instructions.
";

/// Prints the table of options, and writes it to bench/results/.
pub fn print(folders: &Folders, progress: Progress) -> Result<(), String> {
    let columns: Vec<_> = METRICS
        .iter()
        .filter(|m| [SIZE, ZIP, INSTRUCTIONS_START, INSTRUCTIONS_WARM].contains(&m.key))
        .collect();
    let effort = Effort {
        counted_invocations: 100,
        ..crate::FULL_EFFORT
    };
    need_target(Arch::HOST);
    let mut texts = FILES.map(|_| String::new());
    for (file, text) in FILES.iter().zip(&mut texts) {
        let read = fs::read_to_string(folders.root.join(file));
        *text = read.map_err(|e| format!("{file}: {e}"))?;
    }
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    let cargos = ("cargo build --release", None);
    let ours = VARIANTS.iter().map(|variant| (variant.0, Some(variant)));
    for (name, variant) in [cargos].into_iter().chain(ours) {
        progress.say(name);
        let mut figures = Figures::default();
        let exe = match variant {
            Some(variant) => build(variant, texts.clone(), folders),
            None => build_by_cargo(folders),
        };
        match exe {
            Ok(exe) => {
                measure::sizes(&exe, &mut figures);
                measure::instructions(&exe, &folders.work, effort, &mut figures);
            }
            Err(problem) => figures.problem(&problem),
        }
        let found = figures.problems.iter();
        problems.extend(found.map(|problem| format!("{name}: {problem}")));
        if figures.values.is_empty() {
            continue;
        }
        let cell = |m: &&measure::Metric| {
            let value = figures.values.get(m.key);
            value.map_or("-".into(), |value| number(*value, m.digits))
        };
        rows.push((name, columns.iter().map(cell).collect()));
    }
    let heads: Vec<_> = columns.iter().map(|m| m.title.map(String::from)).collect();
    let mut text = format!(
        "Output of cargo run --release --manifest-path bench/Cargo.toml -- --knobs\n\
        examples/hello.rs, {}, {}\n\n",
        Arch::HOST.target(),
        report::rustc(),
    );
    report::push_table(&mut text, &heads, &rows);
    for problem in problems {
        let _ = writeln!(text, "not measured: {problem}");
    }
    text.push('\n');
    text.push_str(WHY);
    print!("{text}");
    report::write(
        folders,
        &format!("results/knobs-{}.txt", Arch::HOST.name()),
        &text,
    )
}

/// Builds `hello` with edited copies of the files. In that of build.sh, `here` is set to the path of the original.
fn build(
    (_, profile, edits): &Variant,
    mut texts: [String; 3],
    folders: &Folders,
) -> Result<PathBuf, String> {
    let work = folders.work.join("knobs");
    fs::create_dir_all(&work).map_err(|e| e.to_string())?;
    let here = "here=$(CDPATH='' cd -- \"$(dirname -- \"$0\")\" && pwd)";
    let root = format!("here='{}'", folders.root.display());
    let copies = ["flags.txt", "release.toml"].map(|name| {
        let original = format!("$here/src/bin/package/{name}");
        (original, work.join(name).display().to_string())
    });
    let copies = copies.iter().map(|(from, to)| (&**from, &**to));
    let edits = edits.iter().map(|[from, to]| (*from, *to));
    for (from, to) in edits.chain(copies).chain([(here, &*root)]) {
        let matches = texts.iter().map(|text| text.matches(from).count());
        if matches.sum::<usize>() != 1 {
            return Err(format!(
                "expected this text once in {}: {}",
                FILES.join(", "),
                from.trim()
            ));
        }
        texts = texts.map(|text| text.replace(from, to));
    }
    for (file, text) in FILES.iter().zip(&texts) {
        let name = Path::new(file).file_name().ok_or("a file without a name")?;
        fs::write(work.join(name), text).map_err(|e| e.to_string())?;
    }
    let changed = work.join("build.sh");
    let mut command = Command::new("sh");
    command
        .arg(&changed)
        .args(["--arch", Arch::HOST.name(), "--profile", profile])
        .arg("hello")
        .env("CARGO_TARGET_DIR", &work)
        // Some of the options are unstable.
        .env("RUSTC_BOOTSTRAP", "1");
    rivals::finish(command, &work.join("build.log"), None)?;
    Ok(work.join("lambda/hello/bootstrap"))
}

/// Builds `hello` with cargo's default release profile.
fn build_by_cargo(folders: &Folders) -> Result<PathBuf, String> {
    let work = folders.work.join("knobs");
    fs::create_dir_all(&work).map_err(|e| e.to_string())?;
    let target = Arch::HOST.target();
    let mut command = Command::new("cargo");
    command
        .args(["build", "--release", "--example", "hello"])
        .args(["--target", target, "--config", "profile.release.strip=true"])
        .arg("--manifest-path")
        .arg(folders.root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&work)
        .env("CARGO_ENCODED_RUSTFLAGS", "-Clinker=rust-lld");
    rivals::finish(command, &work.join("build.log"), None)?;
    Ok(work.join(target).join("release/examples/hello"))
}
