//! Functions of a package that vendors the crate: built from anywhere, and run in the local Lambda.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{Package, ROOT, stderr, stdout, targets_installed};

/// Returns a package with the binary `mine`, which returns its event, and the example `fails`.
fn vendoring(folder: &str) -> Package {
    let package = Package::new(folder);
    let output = vendor(&package);
    assert!(output.status.success(), "{}", stderr(&output));
    package.write(
        "Cargo.toml",
        "[package]\nname = \"mine\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\ntiny-lambda.path = \"vendor/tiny-lambda\"\n\
         [profile.release]\npanic = \"unwind\"\ndebug = true\ndebug-assertions = true\n",
    );
    package.write(
        "src/main.rs",
        "fn main() -> ! { tiny_lambda::run_bytes(|event, _| Ok(event.to_vec())) }",
    );
    package.write(
        "examples/fails.rs",
        "fn main() -> ! { tiny_lambda::run(|text: String, _| Ok(text.parse::<u8>()?)) }",
    );
    package
}

/// Copies the crate as the README says.
fn vendor(package: &Package) -> Output {
    let mut command = Command::new(Path::new(ROOT).join("build.sh"));
    command
        .args(["--vendor", "vendor/tiny-lambda"])
        .current_dir(&package.folder);
    command.output().unwrap()
}

/// Adds the paths of the files in a folder, relative to `root`.
fn add_files(root: &Path, folder: &str, files: &mut Vec<String>) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if folder.is_empty() {
            name
        } else {
            format!("{folder}/{name}")
        };
        if entry.path().is_dir() {
            add_files(root, &path, files);
        } else {
            files.push(path);
        }
    }
}

/// Returns the files that cargo would publish, without those that it writes itself.
fn packaged(folder: &Path) -> Vec<String> {
    let listed = Command::new(env!("CARGO"))
        .args(["package", "--list", "--allow-dirty", "--offline"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", stderr(&listed));
    let written = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml.orig"];
    let listed = stdout(&listed);
    let files = listed.lines().filter(|file| !written.contains(file));
    let mut files: Vec<_> = files.map(String::from).collect();
    files.sort();
    files
}

#[test]
fn a_vendored_copy_has_the_files_that_cargo_packages() {
    let package = Package::new("vendors/a copy");
    let output = vendor(&package);
    assert!(output.status.success(), "{}", stderr(&output));
    let want = "build.sh: copied tiny-lambda to vendor/tiny-lambda; [dependencies] of Cargo.toml: \
                tiny-lambda = { path = \"vendor/tiny-lambda\" }\n";
    assert_eq!(stderr(&output), want);
    let root = package.path("vendor/tiny-lambda");
    let mut copied = Vec::new();
    add_files(&root, "", &mut copied);
    copied.sort();
    assert_eq!(copied, packaged(Path::new(ROOT)));
    assert!(copied.len() < 500, "{} files", copied.len());
    for file in &copied {
        let is_ours = ["tests/", "bench/", "fuzz/", ".ci/"];
        let is_ours = is_ours.iter().any(|folder| file.starts_with(folder));
        let is_picture = [".png", ".svg"].iter().any(|end| file.ends_with(end));
        assert!(!is_ours && !is_picture, "{file}");
    }
    for script in ["build.sh", "bootstrap.sh"] {
        let mode = fs::metadata(root.join(script))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0o111, "{script}");
    }
    // An older copy is not mixed with a newer one.
    let output = vendor(&package);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let want = "build.sh: --vendor takes the path of a new folder: see the message above\n";
    assert!(stderr(&output).contains("vendor/tiny-lambda"));
    assert!(stderr(&output).ends_with(want), "{}", stderr(&output));

    let copy = |from: &Path, args: &[&str], code: i32| {
        let mut command = Command::new(from.join("build.sh"));
        let output = command
            .args(args)
            .current_dir(&package.folder)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    };
    // Files that tools leave beside the templates are neither copied nor published.
    for junk in [
        "cdk/node_modules/a/b.js",
        "cdk/cdk.out/tree.json",
        "cdk/package-lock.json",
        "sam/.aws-sam/build.toml",
        "terraform/.terraform/providers/a",
        "terraform/.terraform.lock.hcl",
        "terraform/terraform.tfstate",
        "terraform/terraform.tfstate.backup",
    ] {
        package.write(&format!("vendor/tiny-lambda/examples/deploy/{junk}"), "x");
    }
    let manifest = fs::read_to_string(package.path("Cargo.toml")).unwrap();
    package.write("Cargo.toml", &format!("{manifest}exclude = [\"vendor\"]\n"));
    assert_eq!(packaged(&root), copied);
    // A copy of the copy is the same, and the name may begin with a hyphen.
    for folder in ["-x", "a/b c/"] {
        copy(&root, &["--vendor", folder], 0);
        let mut again = Vec::new();
        add_files(&package.path(folder), "", &mut again);
        again.sort();
        assert_eq!(again, copied);
    }
    // A copy into a folder that is copied, or with wrong arguments, leaves nothing.
    copy(&root, &["--vendor=vendor/tiny-lambda/docs/x"], 1);
    assert!(!root.join("docs/x").exists());
    copy(&root, &["--vendor", "y", "--frobnicate"], 2);
    assert!(!package.path("y").exists());
}

/// As cargo does, build.sh builds the user's package, and not an example of the crate to which the script belongs.
#[test]
fn the_package_of_the_current_folder_is_built() {
    let package = vendoring("vendors/the current folder");
    fs::create_dir_all(package.path("src/a/b")).unwrap();
    std::os::unix::fs::symlink("vendor/tiny-lambda", package.path("a link")).unwrap();
    for (current, script, manifest, known) in [
        ("", "vendor/tiny-lambda", "Cargo.toml", " mine fails"),
        ("src/a/b", "vendor/tiny-lambda", "Cargo.toml", " mine fails"),
        ("", "a link", "Cargo.toml", " mine fails"),
        ("vendor", "vendor/tiny-lambda", "Cargo.toml", " mine fails"),
        (
            "vendor/tiny-lambda",
            "vendor/tiny-lambda",
            "vendor/tiny-lambda/Cargo.toml",
            " hello ",
        ),
        (
            "vendor/tiny-lambda/docs",
            "vendor/tiny-lambda",
            "vendor/tiny-lambda/Cargo.toml",
            " hello ",
        ),
        (
            "/",
            "vendor/tiny-lambda",
            "vendor/tiny-lambda/Cargo.toml",
            " hello ",
        ),
    ] {
        let mut command = Command::new(package.path(script).join("build.sh"));
        let output = command
            .args(["--offline", "absent"])
            .current_dir(package.path(current))
            .output();
        let said = stderr(&output.unwrap());
        let manifest = package.path(manifest);
        let want = format!(
            "build.sh: no example or binary \"absent\" in {}, which has",
            manifest.display()
        );
        assert!(
            said.starts_with(&want) && said.contains(known),
            "{current}: {said}"
        );
    }
}

/// Runs the README's commands for a new package, without the network.
#[test]
fn cargo_run_and_cargo_test_work_with_a_vendored_copy() {
    let package = vendoring("vendors/for cargo");
    package.write(
        "src/main.rs",
        "use tiny_lambda::{Context, Result};\nfn main() -> ! { tiny_lambda::run(double) }\n\
         fn double(n: u32, _: &Context) -> Result<u32> { Ok(n * 2) }\n\
         #[test]\nfn doubles() { assert_eq!(double(21, &Context::default()).unwrap(), 42) }\n",
    );
    let cargo = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(args).current_dir(&package.folder);
        command.env("CARGO_TARGET_DIR", package.path("target"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        stdout(&output)
    };
    let said = cargo(&["test", "--offline", "--bins"]);
    assert!(
        said.contains("test doubles ... ok") && said.contains(" 1 passed"),
        "{said}"
    );
    assert_eq!(cargo(&["run", "--offline", "--", "invoke", "21"]), "42\n");
}

/// Runs the vendored build.sh, with `event` on its standard input.
fn build(package: &Package, args: &[&str], event: &str) -> Output {
    let mut child = Command::new(package.path("vendor/tiny-lambda/build.sh"))
        .current_dir("/")
        .args(["--offline", "--manifest-path"])
        .arg(package.path("Cargo.toml"))
        .args(args)
        .env_remove("CARGO_TARGET_DIR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A script that does not read its input may have ended.
    let _ = child.stdin.take().unwrap().write_all(event.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn functions_of_a_package_that_vendors_the_crate_are_built_and_invoked_from_any_folder() {
    if !targets_installed() {
        return;
    }
    let package = vendoring("vendors/a function");
    let check = |args: &[&str], event: &str, responses: &[&str], code: i32| {
        let output = build(&package, args, event);
        let (said, log) = (stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(code), "{said} {log}");
        assert_eq!(said.lines().count(), responses.len(), "{said}");
        for (line, response) in said.lines().zip(responses) {
            assert!(line.contains(response), "{said}");
        }
        assert_eq!(log.matches("REPORT ").count(), responses.len(), "{log}");
        log
    };
    let log = check(&["--invoke", "{\"a\": [1]}"], "", &["{\"a\": [1]}"], 0);
    let zip = package.path("target/lambda/mine/function.zip");
    let line = format!(" --zip-file 'fileb://{}'\n", zip.display());
    assert!(log.contains(&line), "{log}");
    // The symbolizer of backtraces alone would be larger.
    let executable = package.path("target/lambda/mine/bootstrap");
    assert!(fs::metadata(executable).unwrap().len() < 100_000);

    let error = "\"errorType\":\"ParseIntError\"";
    check(&["--invoke=-", "mine"], "\"7\"", &["\"7\""], 0);
    check(
        &["--invoke", "\"7\"", "mine", "fails"],
        "",
        &["\"7\"", "7"],
        0,
    );
    check(&["--wrapper", "--invoke", "\"7\"", "fails"], "", &["7"], 0);
    check(
        &["--wrapper", "--invoke", "\"x\"", "mine", "fails"],
        "",
        &["\"x\"", error],
        1,
    );
    // The functions after one that fails run too, and each one gets the event from standard input.
    check(
        &["--wrapper", "--invoke", "-", "fails", "mine"],
        "\"x\"",
        &[error, "\"x\""],
        1,
    );
    package.write("an event.json", "{\"file\": 1}");
    let file = package.path("an event.json").display().to_string();
    let event = "{\"file\": 1}";
    check(&["--invoke", &file], "", &[event], 0);
    check(&[&format!("--invoke=@{file}")], "", &[event], 0);
    check(&["--invoke", "sqs", "fails"], "", &["UnmarshalError"], 1);
    let both = ["\"7\"", "7"];
    check(&["--invoke=@-", "mine", "fails"], "\"7\"", &both, 0);
    let other = if cfg!(target_arch = "x86_64") {
        "arm64"
    } else {
        "x86_64"
    };
    let qemu = ["aarch64", "x86_64"].map(|cpu| format!("qemu-{cpu}"))
        [usize::from(other == "x86_64")]
    .clone();
    if Command::new(&qemu).arg("--version").output().is_ok() {
        let args = ["--arch", other, "--invoke", "\"7\"", "mine", "fails"];
        check(&args, "", &["\"7\"", "7"], 0);
        let wrapped = [&["--wrapper"], &args[..]].concat();
        check(&wrapped, "", &["\"7\"", "7"], 0);
        check(&wrapped[..wrapped.len() - 1], "", &["\"7\""], 0);
    } else {
        eprintln!("skipped: no {qemu}");
    }
    let log = check(&["--report", "--invoke", "\"x\"", "fails"], "", &[error], 1);
    for part in [" .text\n", " libc\n", " tiny_lambda\n"] {
        assert!(log.contains(part), "{log}");
    }
}

/// A workspace whose copy of the crate is a member, since it lies below the root and is not excluded.
#[test]
fn functions_of_a_workspace_are_built_at_once_without_those_of_the_crate() {
    if !targets_installed() {
        return;
    }
    let package = Package::new("vendors/workspace\nwith a\ttab");
    let output = vendor(&package);
    assert!(output.status.success(), "{}", stderr(&output));
    fs::remove_dir_all(package.path("src")).unwrap();
    package.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"orders\", \"payments\"]\nresolver = \"3\"\n\
         metadata.target_directory = \"/no/such/folder\"\n",
    );
    for member in ["orders", "payments"] {
        let manifest = format!(
            "[package]\nname = \"{member}\"\nedition = \"2024\"\n[package.metadata]\ntarget_directory = \"/no/such\"\n\
             [dependencies]\ntiny-lambda.path = \"../vendor/tiny-lambda\"\n"
        );
        package.write(&format!("{member}/Cargo.toml"), &manifest);
        package.write(
            &format!("{member}/src/main.rs"),
            "fn main() -> ! { tiny_lambda::run_bytes(|event, _| Ok(event.to_vec())) }",
        );
    }
    let run = |args: &[&str]| {
        let output = build(&package, args, "");
        (output.status.code(), stdout(&output), stderr(&output))
    };
    let (code, said, log) = run(&[]);
    assert_eq!((code, &*said), (Some(1), ""), "{log}");
    assert!(log.ends_with("/Cargo.toml has orders payments\n"), "{log}");
    let (code, said, log) = run(&["--workspace", "--invoke=[7]"]);
    assert_eq!((code, &*said), (Some(0), "[7]\n[7]\n"), "{log}");
    for member in ["orders", "payments"] {
        let zip = package
            .path("target/lambda")
            .join(member)
            .join("function.zip");
        assert!(zip.exists(), "{}", zip.display());
    }
    // The folder's name is odd, so the program that reads cargo's JSON is not kept.
    let (code, said, log) = run(&["orders"]);
    assert_eq!(code, Some(0), "{log}");
    assert!(said.contains("--function-name orders "), "{said}");
}

/// A simulated macOS: the build is for Lambda, and a debug build for this machine is invoked.
#[test]
fn a_function_is_invoked_as_a_debug_build_where_the_system_is_not_linux() {
    if !targets_installed() {
        return;
    }
    let package = vendoring("vendors/not Linux");
    let real = super::find("uname");
    let script = format!(
        "case $1 in -s) echo Darwin ;; *) exec '{}' \"$@\" ;; esac",
        real.display()
    );
    package.write_script("bin/uname", &script);
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", package.path("bin").display());
    let vars = [("PATH", std::ffi::OsStr::new(&path))];
    for (args, said, code) in [
        (
            &["--invoke=\"7\"", "mine", "fails"][..],
            "\"7\"\n7\n",
            Some(0),
        ),
        (
            &["--invoke=\"x\"", "--secret=a=b", "fails"],
            "ParseIntError",
            Some(1),
        ),
        // The other architecture needs no qemu there.
        (&["--arch=arm64", "--invoke=\"7\""], "\"7\"\n", Some(0)),
    ] {
        let output = package.command(args, &vars).output().unwrap();
        let log = stderr(&output);
        assert_eq!(output.status.code(), code, "{log}");
        assert!(stdout(&output).contains(said), "{}", stdout(&output));
        assert!(
            log.contains("needs Linux: invoking a debug build of "),
            "{log}"
        );
        assert!(package.path("target/lambda/mine").exists(), "{log}");
    }
}

#[test]
fn a_wrong_event_is_reported_before_the_build() {
    if !targets_installed() {
        return;
    }
    let package = vendoring("vendors/events");
    // The log has one line: the message.
    package.write("cut.json", "[1,");
    let cut = package.path("cut.json").display().to_string();
    let end = "expected JSON: expected a value, found the end at offset 3";
    for (event, input, want) in [
        ("--5", "", "expected JSON, a file or a sample"),
        (
            "{\"a\":}",
            "",
            "expected JSON: expected a value, found `}` at offset 5",
        ),
        ("-", "[1,", end),
        (&cut, "", end),
        (&format!("@{cut}"), "", end),
        (
            "@no/such",
            "",
            "cannot read no/such: No such file or directory (os error 2)",
        ),
        ("sqss", "", "expected JSON, a file or a sample"),
    ] {
        let output = build(&package, &[&format!("--invoke={event}"), "mine"], input);
        assert_eq!(output.status.code(), Some(1));
        let log = stderr(&output);
        assert!(
            log.contains(want) && log.lines().count() == 1,
            "{event}: {log}"
        );
    }
}

#[test]
fn the_local_lambda_needs_no_vendored_sources_and_has_services() {
    if !targets_installed() {
        return;
    }
    let package = vendoring("vendors/sources");
    let manifest = fs::read_to_string(package.path("Cargo.toml")).unwrap();
    let manifest = manifest.replace("[workspace]", "[workspace]\nexclude = [\"vendor\"]");
    package.write("Cargo.toml", &manifest);
    // Vendored sources have what the user's package depends on, and not the optional dependency of this crate.
    fs::create_dir_all(package.path("sources")).unwrap();
    let config = "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"sources\"\n";
    package.write(".cargo/config.toml", config);
    let run = |args: &[&str]| {
        let output = package.command(args, &[]).output().unwrap();
        (stdout(&output), stderr(&output))
    };
    let (said, log) = run(&[
        "--invoke=7",
        "--secret",
        "a=b",
        "--parameter=/p=q r",
        "--xray",
        "mine",
    ]);
    assert_eq!(said, "7\n", "{log}");
    let (said, log) = run(&["--invoke=7", "--configuration=a=b", "mine"]);
    assert!(
        said.is_empty() && log.contains("emulator: --configuration"),
        "{log}"
    );
}
