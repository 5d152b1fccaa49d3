//! What each option of the compiler and the linker brings.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::measure::{
    self, Effort, Figures, INSTRUCTIONS_START, INSTRUCTIONS_WARM, METRICS, SIZE, ZIP,
};
use crate::rivals::{self, Arch, Folders};
use crate::{Progress, need_target, report};

/// Options of one build of examples/hello.rs.
#[derive(Clone)]
struct Options {
    opt_level: &'static str,
    lto: &'static str,
    units: &'static str,
    panic: &'static str,
    /// For rustc, after those that every build has.
    rustc: Vec<&'static str>,
    linker: Vec<&'static str>,
    /// Leaves out the tables for the unwinder.
    no_eh_frame: bool,
    /// Builds std too: these are its features, and this is how panics end.
    std: Option<(&'static str, bool)>,
}

/// All that profile `small` has; the other lines of the table differ from this one.
fn small() -> Options {
    Options {
        opt_level: "z",
        lto: "fat",
        units: "1",
        panic: "abort",
        rustc: vec!["-Crelocation-model=static"],
        linker: vec![
            "-znoseparate-code",
            "-znorelro",
            "--build-id=none",
            "--no-eh-frame-hdr",
            "--icf=all",
        ],
        no_eh_frame: true,
        std: None,
    }
}

fn without(mut options: Options, linker: &str) -> Options {
    options.linker.retain(|option| *option != linker);
    options
}

/// Name and options of each line.
#[expect(clippy::too_many_lines, reason = "a table")]
fn variants() -> Vec<(&'static str, Options)> {
    let eh_frame = Options {
        no_eh_frame: false,
        ..without(small(), "--no-eh-frame-hdr")
    };
    let plain = Options {
        rustc: vec![],
        linker: vec![],
        ..eh_frame.clone()
    };
    let with_linker = |option| {
        let mut options = small();
        options.linker.push(option);
        options
    };
    let with_rustc = |option| {
        let mut options = small();
        options.rustc.push(option);
        options
    };
    vec![
        (
            "cargo's release profile",
            Options {
                opt_level: "3",
                lto: "false",
                units: "16",
                panic: "unwind",
                ..plain.clone()
            },
        ),
        ("z, fat LTO, 1 unit, abort", plain.clone()),
        ("small: all of the options", small()),
        (
            "small, opt-level s",
            Options {
                opt_level: "s",
                ..small()
            },
        ),
        (
            "small, opt-level 2",
            Options {
                opt_level: "2",
                ..small()
            },
        ),
        (
            "small, opt-level 3",
            Options {
                opt_level: "3",
                ..small()
            },
        ),
        (
            "small, thin LTO",
            Options {
                lto: "thin",
                ..small()
            },
        ),
        (
            "small, 16 units",
            Options {
                units: "16",
                ..small()
            },
        ),
        (
            "small, relocatable (PIE)",
            Options {
                rustc: vec![],
                ..small()
            },
        ),
        (
            "small, separate code pages",
            without(small(), "-znoseparate-code"),
        ),
        ("small, relro", without(small(), "-znorelro")),
        ("small, build id", without(small(), "--build-id=none")),
        ("small, unwinding tables", eh_frame),
        ("small, equal code twice", without(small(), "--icf=all")),
        ("small, pages of 4 KB", with_linker("-zmax-page-size=4096")),
        (
            "small, relocations packed",
            with_linker("--pack-dyn-relocs=relr"),
        ),
        (
            "small, x86-64-v3 or neoverse-n1",
            with_rustc(if cfg!(target_arch = "x86_64") {
                "-Ctarget-cpu=x86-64-v3"
            } else {
                "-Ctarget-cpu=neoverse-n1"
            }),
        ),
        (
            "small, no places in panics",
            with_rustc("-Zlocation-detail=none"),
        ),
        (
            "unwind: small that catches panics",
            Options {
                panic: "unwind",
                no_eh_frame: false,
                ..without(small(), "--no-eh-frame-hdr")
            },
        ),
        (
            "std built too",
            Options {
                std: Some(("", false)),
                ..small()
            },
        ),
        (
            "std built too, optimize_for_size",
            Options {
                std: Some(("optimize_for_size", false)),
                ..small()
            },
        ),
        (
            "std built too, immediate abort",
            Options {
                std: Some(("", true)),
                ..small()
            },
        ),
        (
            "tiny: immediate abort, for size",
            Options {
                std: Some(("optimize_for_size", true)),
                ..small()
            },
        ),
        (
            "tiny, opt-level s",
            Options {
                opt_level: "s",
                std: Some(("optimize_for_size", true)),
                ..small()
            },
        ),
        (
            "tiny, opt-level 3",
            Options {
                opt_level: "3",
                std: Some(("optimize_for_size", true)),
                ..small()
            },
        ),
    ]
}

/// Discards what only an unwinder reads.
const NO_EH_FRAME: &str = "SECTIONS { /DISCARD/ : { *(.eh_frame) *(.eh_frame_hdr) *(.gcc_except_table*) } } INSERT AFTER .text;\n";

/// Prints the table of options.
pub fn print(folders: &Folders, progress: Progress) {
    let columns: Vec<_> = METRICS
        .iter()
        .filter(|m| [SIZE, ZIP, INSTRUCTIONS_START, INSTRUCTIONS_WARM].contains(&m.key))
        .collect();
    let effort = Effort {
        counted_invocations: 100,
        ..crate::FULL_EFFORT
    };
    need_target(Arch::HOST);
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for (name, options) in variants() {
        progress.say(name);
        let mut figures = Figures::default();
        match build(&options, folders) {
            Ok(exe) => {
                measure::sizes(&exe, &mut figures);
                measure::instructions(&exe, &folders.work, effort, &mut figures);
            }
            Err(problem) => figures.problems.push(problem),
        }
        let cell = |m: &&measure::Metric| {
            let value = figures.values.get(m.key);
            value.map_or("-".into(), |value| report::number(*value, m.digits))
        };
        rows.push((name, columns.iter().map(cell).collect()));
        problems.extend(
            figures
                .problems
                .iter()
                .map(|problem| format!("{name}: {problem}")),
        );
    }
    let heads: Vec<_> = columns.iter().map(|m| m.title.map(String::from)).collect();
    let mut text = String::new();
    report::push_table(&mut text, &heads, &rows);
    print!("{text}");
    for problem in problems {
        println!("not measured: {problem}");
    }
}

fn build(options: &Options, folders: &Folders) -> Result<PathBuf, String> {
    let work = folders.work.join("knobs");
    fs::create_dir_all(&work).map_err(|e| e.to_string())?;
    let script = work.join("no-eh-frame.ld");
    fs::write(&script, NO_EH_FRAME).map_err(|e| e.to_string())?;
    let mut flags: Vec<String> = vec!["-Clinker=rust-lld".into(), "-Clinker-flavor=ld.lld".into()];
    flags.extend(options.rustc.iter().map(ToString::to_string));
    flags.extend(
        options
            .linker
            .iter()
            .map(|option| format!("-Clink-arg={option}")),
    );
    if options.no_eh_frame {
        flags.push(format!("-Clink-arg=-T{}", script.display()));
    }
    let mut command = Command::new("cargo");
    command
        .args([
            "build",
            "--release",
            "--example",
            "hello",
            "--target",
            Arch::HOST.target(),
        ])
        .arg("--manifest-path")
        .arg(folders.root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&work)
        // Also where an option of rustc is not stable yet.
        .env("RUSTC_BOOTSTRAP", "1");
    for (key, value) in [
        ("opt-level", options.opt_level),
        ("lto", options.lto),
        ("codegen-units", options.units),
        ("panic", options.panic),
        ("strip", "true"),
    ] {
        let is_bare = value.parse::<u32>().is_ok() || value.parse::<bool>().is_ok();
        let quote = if is_bare { "" } else { "\"" };
        command
            .arg("--config")
            .arg(format!("profile.release.{key}={quote}{value}{quote}"));
    }
    if let Some((features, is_immediate)) = options.std {
        command.arg("-Zbuild-std=std,panic_abort");
        command.arg(format!("-Zbuild-std-features={features}"));
        if is_immediate {
            command.args([
                "-Zpanic-immediate-abort",
                "--config",
                "profile.release.panic=\"immediate-abort\"",
            ]);
        }
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    rivals::finish(command, &work.join("build.log"), None)?;
    let out = work
        .join(Arch::HOST.target())
        .join("release/examples/hello");
    let kept = work.join("hello");
    fs::copy(&out, &kept).map_err(|e| format!("{}: {e}", out.display()))?;
    Ok(kept)
}
