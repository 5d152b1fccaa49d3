//! C in dependencies: the compiler that build.sh finds, its message if there is none, and the names that only
//! glibc has.

use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fs};

use super::{Package, ROOT, find, stderr, targets_installed, tools};

/// Returns rustc's names of this machine's architecture and the other one.
fn architectures() -> (&'static str, &'static str) {
    match env::consts::ARCH {
        "x86_64" => ("x86_64", "aarch64"),
        _ => ("aarch64", "x86_64"),
    }
}

/// Returns the variable that names the linker of build scripts, which is a C compiler, and its value. The folder
/// gets what it needs.
fn linker(tools: &Path) -> (String, PathBuf) {
    symlink(find("ld"), tools.join("ld")).unwrap();
    let cpu = env::consts::ARCH.to_uppercase();
    let name = format!("CARGO_TARGET_{cpu}_UNKNOWN_LINUX_GNU_LINKER");
    (name, find("cc"))
}

/// Scripts stand in for the compilers, and the package's build script prints the compiler that cargo gives it.
#[test]
fn a_c_compiler_is_found_unless_the_user_names_one() {
    if !targets_installed() || !cfg!(target_os = "linux") {
        return;
    }
    let package = Package::new("C");
    package.write(
        "build.rs",
        "fn main() {\n    for (name, value) in std::env::vars() {\n        \
         if name.ends_with(\"_unknown_linux_musl\") && !name.starts_with(\"CARGO\") {\n            \
         println!(\"cargo::warning={name}={value}\");\n        }\n    }\n    \
         println!(\"cargo::rerun-if-changed=always\");\n}\n",
    );
    let tools = tools(&package, "");
    let (linker_name, linker) = linker(&tools);
    let (here, other) = architectures();
    let check = |cpu: &str, compilers: &str, vars: &[(&str, &str)], want: &[String]| {
        for compiler in compilers.split_whitespace() {
            package.write_script(&format!("tools/{compiler}"), "");
        }
        let mut all = vec![
            ("PATH", tools.as_os_str()),
            (&*linker_name, linker.as_os_str()),
        ];
        all.extend(vars.iter().map(|(name, value)| (*name, OsStr::new(*value))));
        let output = package
            .command(&["--arch", cpu, "one"], &all)
            .output()
            .unwrap();
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        let set = said
            .lines()
            .filter_map(|line| line.split_once("warning: scratch@0.0.0: "));
        let mut set: Vec<_> = set.map(|(_, set)| set.to_owned()).collect();
        set.sort();
        assert_eq!(set, want, "{cpu} {compilers} {vars:?}");
        for compiler in compilers.split_whitespace() {
            fs::remove_file(tools.join(compiler)).unwrap();
        }
    };
    let want = |cpu: &str, ar: &str, cc: &str| {
        let flags = "-U_FORTIFY_SOURCE -D__NO_INLINE__";
        let ar = (!ar.is_empty()).then(|| format!("AR_{cpu}_unknown_linux_musl={ar}"));
        let others = [
            format!("CC_{cpu}_unknown_linux_musl={cc}"),
            format!("CFLAGS_{cpu}_unknown_linux_musl={flags}"),
        ];
        ar.into_iter().chain(others).collect::<Vec<_>>()
    };
    let gnu = format!("{other}-linux-gnu-gcc {other}-linux-gnu-ar");
    let musl = format!("{here}-linux-musl-gcc");
    check(here, "", &[], &[]);
    check(here, &gnu, &[], &[]);
    check(here, "gcc ar", &[], &want(here, "ar", "gcc"));
    check(here, "cc ar", &[], &want(here, "", "cc"));
    check(here, "musl-gcc gcc ar", &[], &want(here, "", "musl-gcc"));
    check(
        here,
        &format!("{musl} musl-gcc gcc"),
        &[],
        &want(here, "", &musl),
    );
    check(other, "musl-gcc gcc ar", &[], &[]);
    let (cc, ar) = gnu.split_once(' ').unwrap();
    check(other, &gnu, &[], &want(other, ar, cc));
    for name in ["CC", "TARGET_CC"] {
        check(here, "gcc ar", &[(name, "mine")], &[]);
    }
    let name = format!("CC_{here}_unknown_linux_musl");
    check(
        here,
        "gcc ar",
        &[(&name, "mine")],
        &[format!("{name}=mine")],
    );
    check(
        here,
        "gcc",
        &[("CFLAGS", "-O1")],
        &want(here, "", "gcc")[..1],
    );
    // The table `env` of cargo's configuration does not win against variables.
    for value in ["'mine'", "{ value = 'mine' }"] {
        package.write(".cargo/config.toml", &format!("[env]\n{name} = {value}\n"));
        check(here, "gcc ar", &[], &[format!("{name}=mine")]);
    }
    package.write(".cargo/config.toml", "");
}

/// The crate `ring` of this test fails as the crate cc does if there is no compiler.
#[test]
fn a_failed_build_names_the_crate_and_the_variable_of_a_missing_c_compiler() {
    if !targets_installed() || !cfg!(target_os = "linux") {
        return;
    }
    let package = Package::new("C fails");
    let tools = tools(&package, "");
    let (linker_name, linker) = linker(&tools);
    let (here, other) = architectures();
    package.write(
        "ring/Cargo.toml",
        "[package]\nname = \"ring\"\nversion = \"0.17.14\"\nedition = \"2024\"\n",
    );
    package.write("ring/src/lib.rs", "");
    let manifest = fs::read_to_string(package.path("Cargo.toml")).unwrap();
    package.write(
        "Cargo.toml",
        &format!("{manifest}[dependencies]\nring.path = \"ring\"\n"),
    );
    let vars = [
        ("PATH", tools.as_os_str()),
        (&*linker_name, linker.as_os_str()),
    ];
    let package_of_other = format!("gcc-{}-linux-gnu", other.replace('_', "-"));
    for (cpu, install) in [(here, "gcc"), (other, &package_of_other)] {
        let fail = |error: &str| {
            let script = format!("fn main() {{ eprintln!({error:?}); std::process::exit(1) }}\n");
            package.write("ring/build.rs", &script);
            let args = ["--arch", cpu, "scratch"];
            stderr(&package.command(&args, &vars).output().unwrap())
        };
        let tool = format!("{cpu}-linux-musl-gcc");
        let said = fail(&format!(
            "error occurred in cc-rs: failed to find tool \"{tool}\": No such file or directory (os error 2)"
        ));
        let want = format!(
            "\nbuild.sh: ring needs a C compiler for {cpu}-unknown-linux-musl: set CC_{cpu}_unknown_linux_musl=…, or \
             install {install} (Debian, Fedora) or musl-cross (Homebrew)\n\
             build.sh: cargo could not build scratch: see the messages above\n"
        );
        assert!(said.ends_with(&want), "{said}");
        // Another error gets no hint.
        let said = fail("expected a file, found none");
        assert!(!said.contains("needs a C compiler"), "{said}");
    }
}

/// C that was compiled with the headers of glibc may call functions that only glibc has.
#[test]
fn names_of_glibc_are_linked_to_functions_of_musl() {
    if !targets_installed() {
        return;
    }
    let script = fs::read_to_string(Path::new(ROOT).join("src/bin/package/glibc.ld")).unwrap();
    let names: Vec<_> = script
        .lines()
        .filter_map(|line| line.strip_prefix("PROVIDE(")?.split(' ').next())
        .collect();
    assert!(names.len() > 50, "{names:?}");
    let package = Package::new("glibc");
    let declared = names.join("();\nfn ");
    let used = names.join(" as usize, ");
    let code = format!(
        "unsafe extern \"C\" {{\nfn {declared}();\n}}\nfn main() {{ std::hint::black_box([{used} as usize]); }}\n"
    );
    package.write("src/main.rs", &code);
    for args in [
        &["--profile=small"][..],
        &["--profile=unwind"],
        &["--arch=arm64"],
    ] {
        package.build(args, &[], "scratch");
    }
}
