//! Finds what to build in cargo's metadata, checks events, and names the cause of failed builds.
//!
//! `build.sh` needs this before cargo starts, so it compiles this file alone, in half a second.

#[path = "json.rs"]
pub(crate) mod json;
#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use json::Json;

const USAGE: &str = "\
Usage: plan choose METADATA MANIFEST NAMES PACKAGES WORKSPACE FEATURES
       plan event EVENT SAMPLES COPY
       plan explain LOG TARGET INSTALL SYSROOT

choose    prints what to build as commands of a shell: NAMES in the package of MANIFEST or in its workspace,
          whose description by cargo is in the file METADATA. NAMES, PACKAGES and FEATURES are lists with
          spaces. WORKSPACE is empty, or all functions of the workspace are built
event     checks an event, and prints it as the local Lambda takes it. Standard input is copied to the file
          COPY; SAMPLES is the folder of the samples
explain   prints what to do if the output of cargo in the file LOG has a known error. INSTALL is the package of a
          C compiler for TARGET";

type Result<T, E = String> = std::result::Result<T, E>;

#[allow(dead_code, reason = "the packer has a main function of its own")]
pub(crate) fn main() -> ExitCode {
    let args: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        [
            "choose",
            metadata,
            manifest,
            names,
            packages,
            workspace,
            features,
        ] => read(metadata).and_then(|metadata| {
            let options = Options {
                manifest,
                names: names.split_whitespace().collect(),
                packages: packages.split_whitespace().collect(),
                is_workspace: !workspace.is_empty(),
                features: features.split([' ', ',']).collect(),
            };
            plan(&Json::parse(&metadata)?, &options)
        }),
        ["event", event, samples, copy] => check_event(event, samples, copy),
        ["explain", log, target, install, sysroot] => {
            read(log).map(|log| explain(&String::from_utf8_lossy(&log), target, install, sysroot))
        }
        _ => Err(format!("unexpected arguments\n{USAGE}")),
    };
    match result {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("build.sh: {message}");
            ExitCode::FAILURE
        }
    }
}

fn read(path: &str) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| format!("cannot read {path}: {e}"))
}

/// Returns `text` as one word of a shell command.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:+-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

// ---- what to build ----

pub(crate) struct Options<'o> {
    /// The path of the Cargo.toml, as the user gave it.
    pub(crate) manifest: &'o str,
    pub(crate) names: Vec<&'o str>,
    pub(crate) packages: Vec<&'o str>,
    /// Whether all functions of the workspace are built.
    pub(crate) is_workspace: bool,
    pub(crate) features: Vec<&'o str>,
}

/// A binary or example.
#[derive(Debug, Clone, Copy)]
struct Target<'m> {
    package: &'m Json,
    /// As in cargo's option: `bin` or `example`.
    kind: &'static str,
    name: &'m str,
}

/// Returns the assignments `target_dir`, `workspace`, `names` and `functions`. The last one has a line for each
/// function: `"$step" NAME KIND MANIFEST`.
fn plan(metadata: &Json, options: &Options<'_>) -> Result<String> {
    let chosen = choose(metadata, options)?;
    let mut text = String::new();
    for (variable, member) in [
        ("target_dir", "target_directory"),
        ("workspace", "workspace_root"),
    ] {
        let value = metadata.get(member).text();
        if value.is_empty() {
            return Err(format!("cargo's metadata has no {member}"));
        }
        let _ = writeln!(text, "{variable}={}", quoted(value));
    }
    let names: Vec<&str> = chosen.iter().map(|target| target.name).collect();
    let mut functions = String::new();
    for Target {
        package,
        kind,
        name,
    } in &chosen
    {
        let manifest = quoted(package.get("manifest_path").text());
        let _ = writeln!(functions, "\"$step\" {name} {kind} {manifest}");
    }
    let _ = writeln!(text, "names={}", quoted(&names.join(" ")));
    let _ = writeln!(text, "functions={}", quoted(&functions));
    Ok(text)
}

fn is_this_crate(package: &Json) -> bool {
    package.get("name").text() == "tiny-lambda"
}

/// Returns the binaries or examples of a package, by name.
fn targets<'m>(package: &'m Json, kind: &'static str) -> Vec<Target<'m>> {
    let has_kind = |target: &&Json| {
        target
            .get("kind")
            .elements()
            .iter()
            .any(|k| k.text() == kind)
    };
    let targets = package.get("targets").elements().iter().filter(has_kind);
    let target = |target: &'m Json| Target {
        package,
        kind,
        name: target.get("name").text(),
    };
    let mut targets: Vec<_> = targets.map(target).collect();
    targets.sort_by_key(|target| target.name);
    targets
}

/// Returns the binary that cargo would run: `default-run`, or the only one.
fn default_binary(package: &Json) -> Option<Target<'_>> {
    let binaries = targets(package, "bin");
    let default = package.get("default_run").text();
    match binaries[..] {
        [only] => Some(only),
        _ => binaries.into_iter().find(|target| target.name == default),
    }
}

/// Returns whether a package depends on this crate, itself or through other packages of the workspace.
fn is_function(package: &Json, all: &[Json]) -> bool {
    let dependencies = package.get("dependencies").elements().iter();
    let mut normal = dependencies.filter(|dependency| *dependency.get("kind") == Json::Null);
    normal.any(|dependency| {
        let is_member = |member: &&Json| {
            let folder = Path::new(member.get("manifest_path").text()).parent();
            let path = dependency.get("path").text();
            !path.is_empty() && folder == Some(Path::new(path))
        };
        is_this_crate(dependency)
            || all
                .iter()
                .find(is_member)
                .is_some_and(|member| is_function(member, all))
    })
}

/// Returns whether the features that a target requires are on.
fn has_features(target: &Target<'_>, given: &[&str]) -> bool {
    let package = target.package;
    let all = package.get("targets").elements().iter();
    let mut own = all.filter(|t| t.get("name").text() == target.name);
    let default = package.get("features").get("default").elements();
    let is_on = |feature: &Json| {
        let name = feature.text();
        let qualified = format!("{}/{name}", package.get("name").text());
        default.contains(feature) || given.contains(&name) || given.contains(&&*qualified)
    };
    own.all(|t| t.get("required-features").elements().iter().all(is_on))
}

/// Returns what `options` name.
fn choose<'m>(metadata: &'m Json, options: &Options<'_>) -> Result<Vec<Target<'m>>> {
    let manifest = options.manifest;
    let all = metadata.get("packages").elements();
    let is_same = |path: &str| match (fs::canonicalize(path), fs::canonicalize(manifest)) {
        (Ok(path), Ok(manifest)) => path == manifest,
        _ => path == manifest,
    };
    let own = all
        .iter()
        .find(|package| is_same(package.get("manifest_path").text()));
    let root = format!("{}/Cargo.toml", metadata.get("workspace_root").text());
    // A copy of this crate below the root of a workspace is a member, and its examples are not the user's.
    let members = all.iter().filter(|package| !is_this_crate(package));
    // Packages in which names are looked up: the first group that has the name decides.
    let groups: Vec<Vec<&Json>> = if !options.packages.is_empty() {
        let mut packages = Vec::new();
        for name in &options.packages {
            let mut with_name = all
                .iter()
                .filter(|package| package.get("name").text() == *name);
            packages.push(with_name.next().ok_or_else(|| {
                let names: Vec<&str> = all
                    .iter()
                    .map(|package| package.get("name").text())
                    .collect();
                format!(
                    "no package \"{name}\" in {manifest}, which has {}",
                    names.join(" ")
                )
            })?);
        }
        vec![packages]
    } else if options.is_workspace || own.is_none() {
        vec![members.collect()]
    } else if is_same(&root) {
        let others = members.filter(|package| Some(*package) != own);
        vec![own.into_iter().collect(), others.collect()]
    } else {
        vec![own.into_iter().collect()]
    };
    let in_first = || groups.first().into_iter().flatten();

    let mut chosen = Vec::new();
    if !options.names.is_empty() {
        for name in &options.names {
            chosen.push(find(name, &groups, manifest)?);
        }
    } else if options.is_workspace {
        for package in in_first().filter(|package| is_function(package, all)) {
            chosen.extend(targets(package, "bin"));
        }
        chosen.retain(|target| has_features(target, &options.features));
        if chosen.is_empty() {
            return Err(format!(
                "no binary in the workspace of {manifest} depends on tiny-lambda"
            ));
        }
    } else if options.packages.is_empty() && in_first().count() != 1 {
        let binaries: Vec<_> = in_first()
            .flat_map(|package| targets(package, "bin"))
            .collect();
        let [only] = binaries[..] else {
            let names = names_of(in_first());
            return Err(format!(
                "name what to build, or --workspace for all functions: {manifest} has{}",
                if names.is_empty() {
                    " no example or binary"
                } else {
                    &names
                }
            ));
        };
        chosen.push(only);
    } else {
        for package in in_first() {
            chosen.push(default_binary(package).ok_or_else(|| {
                let names = names_of([package]);
                let names = if names.is_empty() {
                    " no example or binary"
                } else {
                    &names
                };
                format!("name what to build: {manifest} has{names}")
            })?);
        }
    }
    for (i, target) in chosen.iter().enumerate() {
        let name = target.name;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if name.starts_with(['-', '.']) || !name.chars().all(is_allowed) {
            return Err(format!(
                "\"{name}\" cannot be the name of a function: rename it"
            ));
        }
        if chosen[..i].iter().any(|other| other.name == name) {
            return Err(ambiguous_name(
                name,
                chosen.iter().filter(|other| other.name == name),
            ));
        }
    }
    Ok(chosen)
}

/// Returns the names of all binaries and examples of packages in cargo's order, each after a space.
fn names_of<'m>(packages: impl IntoIterator<Item = impl std::borrow::Borrow<&'m Json>>) -> String {
    let packages: Vec<&Json> = packages
        .into_iter()
        .map(|package| *package.borrow())
        .collect();
    let mut names = String::new();
    for kind in ["bin", "example"] {
        for target in packages.iter().flat_map(|package| targets(package, kind)) {
            let _ = write!(names, " {}", target.name);
        }
    }
    names
}

/// Returns the message about a name that several packages have.
fn ambiguous_name<'m>(name: &str, targets: impl Iterator<Item = &'m Target<'m>>) -> String {
    let packages: Vec<&str> = targets
        .map(|target| target.package.get("name").text())
        .collect();
    format!(
        "several packages have \"{name}\": choose one by --package: {}",
        packages.join(" ")
    )
}

/// Returns the binary or example with a name. A binary wins over an example.
fn find<'m>(name: &str, groups: &[Vec<&'m Json>], manifest: &str) -> Result<Target<'m>> {
    for group in groups {
        for kind in ["bin", "example"] {
            let all = group.iter().flat_map(|package| targets(package, kind));
            let found: Vec<_> = all.filter(|target| target.name == name).collect();
            match found[..] {
                [] => {}
                [only] => return Ok(only),
                _ => return Err(ambiguous_name(name, found.iter())),
            }
        }
    }
    let names: String = groups.iter().map(names_of).collect();
    let names = if names.is_empty() { " none" } else { &names };
    Err(format!(
        "no example or binary \"{name}\" in {manifest}, which has{names}"
    ))
}

// ---- events ----

/// Checks an event as the local Lambda would after the build: JSON, a file, standard input, or a sample.
fn check_event(event: &str, samples: &str, copy: &str) -> Result<String> {
    let (bytes, result) = match (event, event.strip_prefix('@')) {
        ("-", _) | (_, Some("-")) => {
            let mut bytes = Vec::new();
            let read = io::stdin().read_to_end(&mut bytes);
            // Standard input can be read once, and there may be several functions.
            read.and_then(|_| fs::write(copy, &bytes))
                .map_err(|e| format!("cannot read the event from standard input: {e}"))?;
            (bytes, format!("@{copy}"))
        }
        (_, Some(path)) => (read(path)?, event.to_owned()),
        _ if is_sample(event, samples) => return Ok(event.to_owned()),
        _ if Path::new(event).exists() => (read(event)?, event.to_owned()),
        _ => (event.as_bytes().to_vec(), event.to_owned()),
    };
    match Json::parse(&bytes) {
        Ok(_) => Ok(result),
        Err(_) if is_word(event) && bytes == event.as_bytes() => Err(format!(
            "--invoke {event}: expected JSON, a file or a sample (see {samples})"
        )),
        Err(error) => Err(format!("--invoke {event}: expected JSON: {error}")),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
}

fn is_sample(name: &str, samples: &str) -> bool {
    is_word(name)
        && !name.contains(['/', '.'])
        && Path::new(samples).join(format!("{name}.json")).exists()
}

// ---- failed builds ----

/// Returns what to do about the known errors in the output of cargo.
fn explain(log: &str, target: &str, install: &str, sysroot: &str) -> String {
    let mut text = String::new();
    let mut say = |line: String| {
        let _ = writeln!(text, "build.sh: {line}");
    };
    let lower = log.to_ascii_lowercase();
    // The crate cc has had both forms of the message, and cmake has its own.
    let is_compiler_missing = ["failed to find tool", "is `cmake` not installed?"];
    if is_compiler_missing
        .iter()
        .any(|error| lower.contains(error))
    {
        let package = log.split("custom build command for `").nth(1);
        let package = package.and_then(|rest| rest.split([' ', '`']).next());
        let package = package.unwrap_or("a dependency");
        let variable = target.replace('-', "_");
        say(format!(
            "{package} needs a C compiler for {target}: set CC_{variable}=…, or install {install} (Debian, Fedora) or \
             musl-cross (Homebrew)"
        ));
    }
    if lower.contains("error: linker `cc` not found") {
        say(
            "cargo links the build scripts and procedural macros of dependencies for this machine, which needs the \
             linker cc: install a C compiler, such as gcc and libc6-dev (Debian) or gcc (Fedora)"
                .into(),
        );
    }
    if let Some((_, rest)) = log.split_once("rust-lld: error: unknown argument '") {
        let argument = rest.split('\'').next().unwrap_or_default();
        if argument.starts_with("-fuse-ld")
            || argument.starts_with("-Wl,")
            || argument.starts_with("--ld-path")
        {
            say(format!(
                "{argument} in RUSTFLAGS or in cargo's configuration is for a C compiler as the linker, and build.sh \
                 links with rust-lld: set it for your own machine only, as rustflags of [target.HOST] in \
                 .cargo/config.toml"
            ));
        }
    }
    let library = format!("{sysroot}/lib/rustlib/src/rust/library");
    if log.contains("rustlib/src/rust/library") || log.contains("required by package `std ") {
        let is_missing = [
            "no matching package",
            "failed to download",
            "unable to update",
            "--offline",
        ];
        if is_missing.iter().any(|error| lower.contains(error)) {
            let manifest = quoted(&format!("{library}/Cargo.toml"));
            say(format!(
                "--profile tiny compiles std, whose own dependencies are missing: type `cargo fetch --locked \
                 --manifest-path {manifest}` with a network, or add `--sync {manifest}` to your `cargo vendor`"
            ));
        }
    }
    text
}
