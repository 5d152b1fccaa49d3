//! Measures the effect of each compiler and linker option: build.sh unchanged, and with one change each.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::measure::{
    self, Effort, Figures, INSTRUCTIONS_START, INSTRUCTIONS_WARM, METRICS, SIZE, ZIP,
};
use crate::number::number;
use crate::rivals::{self, Arch, Folders};
use crate::{Progress, need_target, report};

/// A row of the table: a name, a profile, and the replacements in build.sh as pairs of old and new text.
type Variant = (&'static str, &'static str, &'static [[&'static str; 2]]);

const OPT_LEVEL: &str = "profile.release.opt-level=\"z\"";
const IMMEDIATE: [&str; 2] = [
    "profile.release.panic=\"immediate-abort\"' \\\n            -Z panic-immediate-abort",
    "profile.release.panic=\"abort\"'",
];
const FOR_SIZE: [&str; 2] = [
    "-Z build-std-features=optimize_for_size",
    "-Z build-std-features=",
];

/// Removes a flag from build.sh.
macro_rules! without {
    ($flag:literal) => {
        &[[concat!("add_flag ", $flag, "\n"), ":\n"]]
    };
}

/// Adds a flag to build.sh.
macro_rules! and {
    ($flag:literal) => {
        &[[
            "add_flag -Clink-arg=--build-id=none\n",
            concat!(
                "add_flag -Clink-arg=--build-id=none\nadd_flag ",
                $flag,
                "\n"
            ),
        ]]
    };
}

#[rustfmt::skip]
const VARIANTS: &[Variant] = &[
    ("small", "small", &[]),
    ("small, opt-level s", "small", &[[OPT_LEVEL, "profile.release.opt-level=\"s\""]]),
    ("small, opt-level 2", "small", &[[OPT_LEVEL, "profile.release.opt-level=2"]]),
    ("small, opt-level 3", "small", &[[OPT_LEVEL, "profile.release.opt-level=3"]]),
    ("small, thin LTO", "small", &[["lto=\"fat\"", "lto=\"thin\""]]),
    ("small, 16 units", "small", &[["codegen-units=1", "codegen-units=16"]]),
    ("small, relocatable (PIE)", "small", without!("-Crelocation-model=static")),
    ("small, separate code pages", "small", without!("-Clink-arg=-znoseparate-code")),
    ("small, constants in their own segment", "small", without!("-Clink-arg=--no-rosegment")),
    ("small, relro", "small", without!("-Crelro-level=off")),
    ("small, build id", "small", without!("-Clink-arg=--build-id=none")),
    ("small, section headers", "small", without!("-Clink-arg=-znosectionheader")),
    ("small, equal code twice", "small", without!("-Clink-arg=--icf=all")),
    ("small, unwinding tables", "small", &[["if [ \"$profile\" != unwind ]; then", "if false; then"]]),
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
    ("tiny, opt-level s", "tiny", &[[OPT_LEVEL, "profile.release.opt-level=\"s\""]]),
    ("tiny, opt-level 3", "tiny", &[[OPT_LEVEL, "profile.release.opt-level=3"]]),
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
    let script = fs::read_to_string(folders.root.join("build.sh"));
    let script = script.map_err(|e| format!("build.sh: {e}"))?;
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    let cargos = ("cargo build --release", None);
    let ours = VARIANTS.iter().map(|variant| (variant.0, Some(variant)));
    for (name, variant) in [cargos].into_iter().chain(ours) {
        progress.say(name);
        let mut figures = Figures::default();
        let exe = match variant {
            Some(variant) => build(variant, &script, folders),
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

/// Builds `hello` with an edited copy of build.sh. In the copy, `here` is set to the path of the original.
fn build(
    (_, profile, edits): &Variant,
    script: &str,
    folders: &Folders,
) -> Result<PathBuf, String> {
    let work = folders.work.join("knobs");
    fs::create_dir_all(&work).map_err(|e| e.to_string())?;
    let mut script = script.to_owned();
    let here = "here=$(CDPATH='' cd -- \"$(dirname -- \"$0\")\" && pwd)";
    let root = format!("here='{}'", folders.root.display());
    let edits = edits.iter().map(|[from, to]| (*from, *to));
    for (from, to) in edits.chain([(here, root.as_str())]) {
        if script.matches(from).count() != 1 {
            return Err(format!(
                "expected this text once in build.sh: {}",
                from.trim()
            ));
        }
        script = script.replace(from, to);
    }
    let changed = work.join("build.sh");
    fs::write(&changed, script).map_err(|e| e.to_string())?;
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
