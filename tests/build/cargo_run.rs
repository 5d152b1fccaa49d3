//! `cargo run -- --watch`: the local Lambda that builds its function again when a source changes.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::support::folder::{Folder, path};
use crate::support::processes::{signal, wait_until_gone};
use crate::support::watched::Watched;

#[test]
fn cargo_run_with_watch_builds_again_and_keeps_its_port() {
    let folder = Folder::new("cargo run");
    let elsewhere = Folder::new("cargo run elsewhere");
    let manifest = format!(
        "[package]\nname = \"watched\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         tiny-lambda = {{ path = \"{}\" }}\nelsewhere = {{ path = \"{}\" }}\n",
        env!("CARGO_MANIFEST_DIR"),
        path(&elsewhere.0),
    );
    fs::write(folder.0.join("Cargo.toml"), manifest).unwrap();
    fs::create_dir_all(folder.0.join("src")).unwrap();
    let manifest = "[package]\nname = \"elsewhere\"\nedition = \"2024\"\n";
    fs::write(elsewhere.0.join("Cargo.toml"), manifest).unwrap();
    fs::create_dir_all(elsewhere.0.join("src")).unwrap();
    let write_elsewhere = |value: &str| {
        let code = format!("pub fn value() -> &'static str {{ {value} }}");
        fs::write(elsewhere.0.join("src/lib.rs"), code).unwrap();
    };
    write_elsewhere("\"\"");
    let write = |value: &str| {
        let code = format!(
            "fn main() -> ! {{ tiny_lambda::run(|_: tiny_lambda::json::Value, _| Ok({value})) }}"
        );
        fs::write(folder.0.join("src/main.rs"), code).unwrap();
    };
    write("1");
    // A folder that is kept, so that the crate is built only once.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("watched");
    let mut watched = Watched::start(
        Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--offline", "--", "--watch", "--port=0"])
            .current_dir(&folder.0)
            .env("CARGO_TARGET_DIR", &target)
            .env("GREETING", "hello"),
    );
    assert_eq!(watched.invoke("{}"), "1");
    write("std::env::var(\"GREETING\")?");
    assert_eq!(watched.changed("{}", "1"), "\"hello\"");
    write("nothing_of_that_name");
    let broken = watched.changed("{}", "\"hello\"");
    assert!(broken.contains("Runtime.BuildError"), "{broken}");
    assert!(broken.contains("nothing_of_that_name"), "{broken}");
    // A file that only the error of a failed build names.
    write("include_str!(\"../an included text\")");
    let missing = watched.changed("{}", &broken);
    assert!(missing.contains("an included text"), "{missing}");
    fs::write(folder.0.join("an included text"), "2").unwrap();
    assert_eq!(watched.changed("{}", &missing), "\"2\"");
    fs::write(folder.0.join("an included text"), "33").unwrap();
    assert_eq!(watched.changed("{}", "\"2\""), "\"33\"");
    write("elsewhere::value()");
    assert_eq!(watched.changed("{}", "\"33\""), "\"\"");
    write_elsewhere("include_str!(\"text\")");
    let missing = watched.changed("{}", "\"\"");
    fs::write(elsewhere.0.join("src/text"), "4").unwrap();
    assert_eq!(watched.changed("{}", &missing), "\"4\"");
    write("std::process::id().to_string()");
    let id = watched.changed("{}", "\"4\"");
    // Files that no build reads.
    fs::write(folder.0.join("out.log"), "1").unwrap();
    fs::write(elsewhere.0.join("out.log"), "1").unwrap();
    thread::sleep(Duration::from_secs(1));
    assert_eq!(watched.invoke("{}"), id);
    // The function ends when the command is killed.
    signal("KILL", watched.child.id());
    watched.child.wait().unwrap();
    wait_until_gone(&[id.trim_matches('"')]);
}
