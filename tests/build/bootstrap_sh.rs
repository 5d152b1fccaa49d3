//! bootstrap.sh: the executable of a package that it starts, and its message if there is none.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Returns a folder with bootstrap.sh as `bootstrap`, a file that is not executable, and `files`, which
/// print their names and process ids. The files are links: a file that this process has just written may
/// be open in a child process of another thread, and cannot be started then.
fn package(name: &str, files: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let outside = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("bootstrap")
        .join(name);
    let _ = fs::remove_dir_all(&outside);
    let package = outside.join("the package");
    fs::create_dir_all(package.join("folder")).unwrap();
    symlink(root.join("bootstrap.sh"), package.join("bootstrap")).unwrap();
    symlink(root.join("LICENSE"), package.join("notes.txt")).unwrap();
    for file in files.iter().chain(&["../outside", "folder/inside"]) {
        symlink(root.join("tests/build/name.sh"), package.join(file)).unwrap();
    }
    package
}

fn start(package: &Path, handler: Option<&str>) -> Output {
    let mut command = Command::new(package.join("bootstrap"));
    command
        .env_clear()
        .current_dir("/")
        .env("LAMBDA_TASK_ROOT", package);
    command.envs(handler.map(|handler| ("_HANDLER", handler)));
    command.output().unwrap()
}

#[test]
fn the_executable_that_the_handler_names_is_started_or_else_binary() {
    let package = package(
        "names",
        &["binary", "hello", "hello.world", "-n", "two words"],
    );
    let check = |handler: Option<&str>, want: &str| {
        let output = start(&package, handler);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let name = said.split_once(|c: char| c.is_ascii_digit()).unwrap().0;
        assert_eq!(name.trim_end(), want, "{handler:?}");
        assert!(said.trim_end().ends_with("/the package"), "{said}");
    };
    check(Some("hello"), "hello");
    check(Some("hello.handler"), "hello");
    check(Some("hello.world"), "hello.world");
    check(Some("two words"), "two words");
    check(Some("-n"), "-n");
    check(None, "binary");
    check(Some(""), "binary");
    check(Some("absent"), "binary");
    check(Some("binary.handler"), "binary");
    check(Some("hello/"), "binary");
    check(Some("notes.txt"), "binary");
    check(Some("folder"), "binary");
    check(Some("folder/inside"), "binary");
    check(Some("../outside"), "binary");
    check(Some("./../outside"), "binary");
    check(Some(".."), "binary");
    check(Some("/bin/echo"), "binary");
    check(Some("bootstrap"), "binary");
    check(Some("bootstrap.handler"), "binary");
    check(Some("*"), "binary");
}

#[test]
fn a_package_without_an_executable_exits_with_127_and_a_message() {
    let package = package("nothing", &[]);
    let output = start(&package, Some("absent"));
    assert_eq!(output.status.code(), Some(127));
    let want = format!(
        "bootstrap: {} holds no executable named \"absent\" and none named \"binary\": correct the \
         handler setting\n",
        package.display()
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), want);
}

#[test]
fn the_executable_replaces_the_process_of_the_script() {
    let package = package("exec", &["binary"]);
    let script = Command::new(package.join("bootstrap"))
        .env("LAMBDA_TASK_ROOT", &package)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let id = script.id();
    let output = script.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains(&format!(" {id} ")),
        "SIGTERM goes to {id}, not to {said}"
    );
}
