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

/// The message is for a build that needs the crate cc and has no compiler.
#[test]
fn a_failed_build_names_the_package_of_a_missing_c_compiler() {
    if !targets_installed() || !cfg!(target_os = "linux") {
        return;
    }
    let package = Package::new("C fails");
    let tools = tools(&package, "");
    let (linker_name, linker) = linker(&tools);
    let (here, other) = architectures();
    package.write("src/main.rs", "fn main() { nonsense }");
    let locked = "version = 4\n[[package]]\nname = \"cc\"\nversion = \"0.0.0\"\n\
                  [[package]]\nname = \"scratch\"\nversion = \"0.0.0\"\ndependencies = [\"cc\"]\n";
    package.write(
        "cc/Cargo.toml",
        "[package]\nname = \"cc\"\nedition = \"2024\"\n",
    );
    package.write("cc/src/lib.rs", "");
    let manifest = fs::read_to_string(package.path("Cargo.toml")).unwrap();
    package.write(
        "Cargo.toml",
        &format!("{manifest}[build-dependencies]\ncc.path = \"cc\"\n"),
    );
    package.write("Cargo.lock", locked);
    for (cpu, arch, name) in [
        (
            here,
            if here == "x86_64" { "x86_64" } else { "arm64" },
            "gcc".to_owned(),
        ),
        (
            other,
            if other == "x86_64" { "x86_64" } else { "arm64" },
            format!("gcc-{}-linux-gnu", other.replace('_', "-")),
        ),
    ] {
        let vars = [
            ("PATH", tools.as_os_str()),
            (&*linker_name, linker.as_os_str()),
        ];
        let output = package
            .command(&["--arch", cpu, "scratch"], &vars)
            .output()
            .unwrap();
        let want = format!(
            "\nbuild.sh: if the build needs a C compiler for {arch}: install {name} (Debian, Fedora) or musl-cross \
             (Homebrew)\nbuild.sh: cargo could not build scratch: see the messages above\n"
        );
        assert!(stderr(&output).ends_with(&want), "{}", stderr(&output));
        // A compiler that is there was not missing.
        let vars = [&vars[..], &[("CC", OsStr::new("mine"))]].concat();
        let output = package
            .command(&["--arch", cpu, "scratch"], &vars)
            .output()
            .unwrap();
        assert!(
            !stderr(&output).contains("needs a C compiler"),
            "{}",
            stderr(&output)
        );
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
