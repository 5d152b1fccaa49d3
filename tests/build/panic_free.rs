//! The parsers, and what a function uses beside its handler, cannot panic: in the assembly of the crate and std, no call
//! leads from a probe to a panicking function of std, except after a failed allocation.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use crate::copy;

/// A part of the name of every function of `core` that starts a panic.
const PANIC: &str = "4core9panicking";

/// The functions that are called after a failed or too large allocation.
const NO_MEMORY: [&str; 3] = [
    "handle_alloc_error",
    "raw_vec12handle_error",
    "17capacity_overflow",
];

/// The names that each function and constant of an assembly file mentions. A function that is called,
/// directly or through a pointer, is mentioned.
struct Mentions<'t>(BTreeMap<&'t str, BTreeSet<&'t str>>);

impl<'t> Mentions<'t> {
    fn of(assembly: &'t str) -> Mentions<'t> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_.$".contains(c);
        let mut mentions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut current = "";
        for line in assembly.lines() {
            let label = line.split_once(':').map(|(label, _)| label);
            if let Some(label) = label.filter(|label| label.chars().all(is_name)) {
                // Labels within a function belong to it.
                if ![".LBB", ".Ltmp", ".Lfunc_"]
                    .iter()
                    .any(|inner| label.starts_with(inner))
                {
                    current = label;
                }
                continue;
            }
            // Directives, such as unwind tables and section names, are not code.
            let line = line.trim_start();
            if line.starts_with('.')
                && ![".quad", ".xword", ".long"]
                    .iter()
                    .any(|d| line.starts_with(d))
            {
                continue;
            }
            let names = line.split(|c| !is_name(c)).filter(|name| !name.is_empty());
            mentions.entry(current).or_default().extend(names);
        }
        Mentions(mentions)
    }

    /// Returns a path of calls from `root` to a panic that does not go through a failed allocation, if any.
    fn panic(&self, root: &'t str) -> Option<Vec<&'t str>> {
        let mut ways = vec![vec![root]];
        let mut seen = BTreeSet::from([root]);
        while let Some(way) = ways.pop() {
            for &name in self.0.get(way.last()?).into_iter().flatten() {
                let way: Vec<_> = way.iter().copied().chain([name]).collect();
                if name.contains(PANIC) {
                    return Some(way);
                }
                if !NO_MEMORY.iter().any(|out| name.contains(out)) && seen.insert(name) {
                    ways.push(way);
                }
            }
        }
        None
    }
}

/// Compiles the crate with the probe and std to assembly, with the options of a function.
fn compile_probe() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("panic_free");
    let _ = fs::remove_dir_all(&dir);
    copy(&root.join("src"), &dir);
    fs::copy(
        root.join("tests/build/panic_free/probe.rs"),
        dir.join("probe.rs"),
    )
    .unwrap();
    let lib = dir.join("lib.rs");
    let text = fs::read_to_string(&lib).unwrap();
    fs::write(&lib, text + "\nmod probe;\n").unwrap();
    let assembly = dir.join("probe.s");
    let status = Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()))
        .args([
            "--edition=2024",
            "--crate-type=staticlib",
            "--crate-name=probe",
        ])
        .args(["-Copt-level=z", "-Clto=fat", "-Ccodegen-units=1"])
        .args(["-Cpanic=abort", "-Awarnings"])
        .arg(format!(
            "--emit=asm={},link={}",
            assembly.display(),
            dir.join("libprobe.a").display()
        ))
        .arg(lib)
        .env("CARGO_PKG_VERSION", env!("CARGO_PKG_VERSION"))
        .status()
        .unwrap();
    assert!(status.success());
    fs::read_to_string(assembly).unwrap()
}

#[test]
fn no_call_leads_from_a_probe_to_a_panic() {
    let assembly = compile_probe();
    let mentions = Mentions::of(&assembly);
    let probes: Vec<&str> = mentions
        .0
        .keys()
        .copied()
        .filter(|name| name.starts_with("probe_"))
        .collect();
    assert_eq!(
        probes,
        [
            "probe_base64",
            "probe_chunked_body",
            "probe_client",
            "probe_control",
            "probe_head",
            "probe_json",
            "probe_lossy",
            "probe_metrics",
            "probe_percent",
            "probe_services",
            "probe_sigv4",
            "probe_value",
            "probe_webhook",
            "probe_xray",
        ]
    );
    let ways: Vec<_> = probes
        .into_iter()
        .filter_map(|probe| mentions.panic(probe))
        .collect();
    // The control indexes an array, and proves that a panic is found.
    let (control, others): (Vec<_>, Vec<_>) =
        ways.into_iter().partition(|way| way[0] == "probe_control");
    assert_eq!(control.len(), 1);
    assert!(others.is_empty(), "{others:#?}");
}
