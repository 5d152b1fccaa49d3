//! `build.sh --new`: packages that begin as an example of the crate, and work at once.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs};

use super::{Package, ROOT, find, stderr, stdout, targets_installed};

/// Examples that need a feature, or are for our tests.
const NO_BASES: [&str; 4] = ["function", "function_main", "hello_main", "json_miniserde"];

/// Runs the build.sh in the folder `script`, in the folder of the package.
fn build(package: &Package, script: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(script.join("build.sh"));
    command.args(args).current_dir(&package.folder);
    command.output().unwrap()
}

/// Returns an empty folder.
fn empty(folder: &str) -> Package {
    let package = Package::new(folder);
    fs::remove_dir_all(&package.folder).unwrap();
    fs::create_dir(&package.folder).unwrap();
    package
}

/// Creates a package, and returns the commands that are printed.
#[track_caller]
fn create(package: &Package, args: &[&str]) -> Vec<String> {
    let output = build(package, Path::new(ROOT), args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    stdout(&output).lines().map(String::from).collect()
}

/// Returns the names of the examples that can be the base, from the message about an unknown one.
fn bases(package: &Package) -> Vec<String> {
    let output = build(package, Path::new(ROOT), &["--new=a", "--from=absent"]);
    let said = stderr(&output);
    let said = said.strip_prefix("build.sh: unknown example absent: expected one of ");
    let names = said.unwrap().lines().next().unwrap();
    names.split(' ').map(String::from).collect()
}

#[test]
fn a_wrong_name_folder_or_example_creates_nothing() {
    let package = empty("new/wrong");
    package.write("taken/x", "");
    package.write("a file", "");
    let letters = "expected letters, digits, - and _, first a letter";
    for (args, want) in [
        (&["--new", "1a"][..], letters),
        (&["--new=a b"], letters),
        (&["--new", "x/café"], letters),
        (&["--new", "a.b"], letters),
        (&["--new", "."], letters),
        (&["--new", "-a"], letters),
        (&["--new=/"], letters),
        (&["--new=tiny-lambda"], "its dependency has that name"),
        (&["--new=a", "b"], "found also b"),
        (&["--from", "http"], "--from http needs --new"),
        (&["--s3", "hello"], "--from s3 needs --new"),
        (
            &["--new=a", "--http", "--from", "sqs"],
            "--new begins with one example: found http and sqs",
        ),
        (
            &["--new=a", "--from=htt"],
            "unknown example htt: expected one of authorizer ",
        ),
        (
            &["--new=a", "--from=../src/lib"],
            "unknown example ../src/lib",
        ),
        (
            &["--new=a", "--from=hello_main"],
            "unknown example hello_main",
        ),
    ] {
        let output = build(&package, Path::new(ROOT), args);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(want), "{args:?}: {said}");
        assert!(said.ends_with("\nUsage: build.sh [OPTION...] [NAME...]\n"));
    }
    let exists = "--new takes the path of a new folder";
    for (new, want) in [
        ("taken", &*format!("build.sh: {exists}: taken exists\n")),
        ("./taken/", &format!("build.sh: {exists}: ./taken exists\n")),
        (
            "fn",
            "error: invalid package name `fn`: it is a Rust keyword\n\
             build.sh: cargo cannot create fn: see the message above\n",
        ),
    ] {
        let output = build(&package, Path::new(ROOT), &["--new", new]);
        assert_eq!((output.status.code(), &*stderr(&output)), (Some(1), want));
    }
    assert!(package.path("taken/x").exists());
    assert_eq!(fs::read_dir(&package.folder).unwrap().count(), 2);
}

/// The commands that are printed are those of the package's README, and work in it at once.
#[test]
fn a_new_package_is_tested_run_and_built() {
    if !targets_installed() {
        return;
    }
    let package = empty("new/whole");
    for (args, name, response) in [
        (
            &["--new", "greeter"][..],
            "greeter",
            "{\"message\":\"Hello, Ada!\"}\n",
        ),
        (
            &["--http", "--new=-a/b/shop/"],
            "-a/b/shop",
            "Welcome, stranger!",
        ),
    ] {
        let commands = create(&package, args);
        let folder = package.path(name);
        assert_eq!(commands.len(), 4, "{commands:?}");
        assert!(commands[0].ends_with(name), "{commands:?}");
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        for command in &commands[1..] {
            assert!(readme.contains(&format!("\n{command}\n```\n")), "{readme}");
        }
        let ignored = fs::read_to_string(folder.join(".gitignore")).unwrap();
        assert_eq!(ignored, "/target\n");
        let run = |command: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-c", command]).current_dir(&folder);
            shell.env("CARGO_NET_OFFLINE", "true");
            shell.env("CARGO_TARGET_DIR", folder.join("target"));
            let output = shell.output().unwrap();
            assert!(output.status.success(), "{command}: {}", stderr(&output));
            stdout(&output)
        };
        let said = run(&commands[1]);
        assert!(said.contains(" 1 passed"), "{said}");
        let (_, event) = commands[3].split_once("--invoke ").unwrap();
        let said = run(&format!("{} -- invoke {event}", commands[2]));
        assert!(said.contains(response), "{said}");
        let said = run(&commands[3]);
        assert!(said.contains(response), "{said}");
        let name = folder.file_name().unwrap().to_str().unwrap();
        let zip = format!("target/lambda/{name}/function.zip");
        assert!(folder.join(zip).exists());
    }
}

/// A machine without a C compiler, such as a container. `.ci/clean` also runs the other commands.
#[test]
fn a_package_is_tested_without_a_c_compiler() {
    if !targets_installed() {
        return;
    }
    let package = empty("new/without cc");
    let tools = package.path("tools");
    fs::create_dir(&tools).unwrap();
    for tool in "cargo cat cp dirname env find grep mkdir mv rm rustc sed sh tr uname".split(' ') {
        symlink(find(tool), tools.join(tool)).unwrap();
    }
    let run = |folder: &Path, command: &str| {
        let mut shell = Command::new(find("sh"));
        shell.args(["-c", command]).current_dir(folder);
        shell.env("PATH", &tools).env("CARGO_NET_OFFLINE", "true");
        shell.env("CARGO_TARGET_DIR", package.path("target"));
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{command}: {}", stderr(&output));
        output
    };
    let output = run(
        &package.folder,
        &format!("'{ROOT}/build.sh' --new \"a 'b\"/shop"),
    );
    let said = stderr(&output);
    let option = format!("--target {}-unknown-linux-musl", env::consts::ARCH);
    let want =
        format!("build.sh: this machine has no cc, so cargo needs {option}; after you install it");
    assert!(said.starts_with(&want), "{said}");
    let said = stdout(&output);
    let commands: Vec<&str> = said.lines().collect();
    let [enter, test, cargo_run, build] = commands[..] else {
        panic!("{said}");
    };
    assert_eq!(enter, "cd 'a '\\''b/shop'");
    let in_package = |command: &str| run(&package.folder, &format!("{enter} && {command}"));
    assert_eq!(test, format!("cargo test {option}"));
    let said = stdout(&in_package(test));
    assert!(said.contains(" 1 passed"), "{said}");
    assert_eq!(cargo_run, format!("cargo run {option}"));
    let readme = fs::read_to_string(package.path("a 'b/shop").join("README.md")).unwrap();
    for command in [test, cargo_run, build] {
        assert!(readme.contains(&format!("\n{command}\n```\n")), "{readme}");
    }
}

/// The copy of the crate in a workspace has a path that shells, TOML and Markdown read in other ways.
#[test]
fn a_path_with_quotes_and_spaces_is_quoted() {
    let package = empty("new/quotes");
    package.write(
        "Cargo.toml",
        "[workspace]\nmembers = []\nresolver = \"3\"\n",
    );
    let copy = "the \"vendor's\" \\ copy";
    let output = build(&package, Path::new(ROOT), &["--vendor", copy]);
    assert!(output.status.success(), "{}", stderr(&output));
    let output = build(&package, &package.path(copy), &["--new=shop", "--sqs"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    let command = said.lines().last().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &command.replace("--invoke sqs", "--version")]);
    let output = shell.current_dir(package.path("shop")).output().unwrap();
    assert!(
        stdout(&output).starts_with("tiny-lambda "),
        "{command}: {}",
        stderr(&output)
    );
    let readme = fs::read_to_string(package.path("shop").join("README.md")).unwrap();
    assert!(readme.contains(&format!("(<../{copy}/README")), "{readme}");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--offline", "--format-version=1"]);
    let output = cargo.current_dir(package.path("shop")).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Each example in one workspace, whose members share a copy of the crate.
#[test]
fn each_example_becomes_a_package_without_warnings_whose_command_works() {
    let package = empty("new/each");
    package.write(
        "Cargo.toml",
        "[workspace]\nmembers = []\nexclude = [\"vendor\"]\nresolver = \"3\"\n",
    );
    let names = bases(&package);
    let mut examples = Vec::new();
    for file in fs::read_dir(Path::new(ROOT).join("examples")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        examples.extend(name.strip_suffix(".rs").map(String::from));
    }
    examples.retain(|name| !NO_BASES.contains(&&**name));
    examples.sort();
    assert_eq!(names, examples);

    let mut commands = Vec::new();
    for name in &names {
        let printed = create(&package, &["--new", &format!("the-{name}"), "--from", name]);
        commands.push(printed.last().unwrap().clone());
        assert!(!package.path(&format!("the-{name}/vendor")).exists());
    }
    // A word before `_` names an example. A script within the workspace copies nothing.
    let script = package.path("vendor/tiny-lambda");
    let output = build(&package, &script, &["--new", "more/and/queue", "--sqs"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let manifest = fs::read_to_string(package.path("more/and/queue/Cargo.toml")).unwrap();
    let line = "\ntiny-lambda = { path = \"../../../vendor/tiny-lambda\" }\n";
    assert!(manifest.contains(line), "{manifest}");
    let source =
        |folder: &str| fs::read_to_string(package.path(folder).join("src/main.rs")).unwrap();
    assert_eq!(source("more/and/queue"), source("the-sqs_batch"));

    let target = package.path("target");
    for args in [&["build"][..], &["check", "--tests"]] {
        let mut command = Command::new(env!("CARGO"));
        command.args(args).args(["--offline", "--workspace"]);
        command.current_dir(&package.folder);
        command
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTFLAGS", "-D warnings");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    }
    for (name, command) in names.iter().zip(&commands) {
        let Some((_, arguments)) = command.split_once("/build.sh --invoke ") else {
            // `--invoke` does not pass the variable on that these need.
            assert!(
                ["authorizer", "github_webhook"].contains(&&**name),
                "{name}"
            );
            assert_eq!(command, "../vendor/tiny-lambda/build.sh");
            continue;
        };
        let program = target.join("debug").join(format!("the-{name}"));
        let command = format!("'{}' invoke {arguments}", program.display());
        let mut shell = Command::new("sh");
        let output = shell.args(["-c", &command]).output().unwrap();
        assert!(output.status.success(), "{command}: {}", stderr(&output));
    }
}
